<<<<<<<< HEAD:Tools/torture.d/workshop.py
"""Stores to torture: definitions that set everything in motion, made-up histories, and what is asked of all."""
========
"""What crash trials make their stores of: scripts of commands that can be said again, definitions and histories.
>>>>>>>> crash:Tools/torture.d/scripts.py

import json
import os
import subprocess
import time
from datetime import datetime, timedelta, timezone

from trial import Failure, demand

START = datetime(2026, 2, 20, tzinfo=timezone.utc)

DEFINITIONS = """\
templates:
  - { id: hello, subject: "Hello {{#name}}{{.}}{{/name}}", text: "Hello {{#name}}{{.}}{{/name}}, {{#tags}}{{.}} {{/tags}}",
      html: "<p>Hello <b>{{#name}}{{.}}{{/name}}</b></p>" }
  - { id: bye, subject: "Bye {{#name}}{{.}}{{/name}}", text: "Bye. {{#attributes.tier}}Your tier was {{.}}.{{/attributes.tier}}" }
  - { id: thanks, subject: "Thanks, {{name}}", text: "Thank you." }
segments:
  - { id: core, match: { all: [{ segment: { any_of: [earners] } }, { tag: { none_of: [vip] } }] } }
  - { id: earners, match: { revenue: { over: { last_days: 20 }, greater_than: 100 } } }
  - { id: busy, match: { clicks: { over: { within: { hours: 36 } }, at_least: 5 } } }
  - { id: fresh, match: { tagged: { tag: seen, last_days: 1 } } }
  - { id: mailed, match: { email: { activity: sent, over: { within: { days: 3 } }, at_least: 2 } } }
  - { id: quiet, match: { all: [{ original_joined: { days_ago: { from: 3, to: 9 } } },
                                { actions: { over: { since: original_joined }, equals: 0 } }] } }
  - { id: recent, match: { tagged: { tag: seen, within: { minutes: 90 } } } }
  - { id: waiting, match: { contract_stage: { any_of: [awaiting_advertiser_approval] } } }
  - { id: tiers, match: { any: [{ attribute: { name: tier, any_of: [gold, 3] } },
                                { event: { name: logged_in, where: [{ name: total, at_least: 50 }], at_least: 2 } }] } }
  - { id: vips, match: { tag: { any_of: [vip] } } }
workflows:
  - { id: celebrate, segment: earners, do: [{ send_email: thanks }], state: active }
  - { id: few, segment: busy, do: [{ send_email: hello }], cap: 2, state: active }
  - { id: reactivate, segment: quiet, do: [{ send_email: bye }, { add_tag: nudged }], repeat: on_reentry, state: active }
  - { id: take, segment: waiting, do: [{ accept_application: { template_term: { any_of: [standard] } } }], state: active }
  - { id: warm-up, segment: fresh, do: [{ add_tag: warm }], state: active }
automations:
  - { id: core-in, on: { segment_entered: core }, do: [{ add_tag: core }, { send_email: hello }], state: active }
  - { id: gone, on: { segment_left: recent }, do: [{ send_email: bye }], state: active }
  - { id: nudge, on: { tag_assigned: nudged }, do: [{ remove_tag: nudged }], state: active }
  - { id: vip-welcome, on: { tag_assigned: vip }, do: [{ send_email: hello }], state: active }
"""

# What comes in, and how often.
KINDS = (("address", 6), ("action", 8), ("click", 6), ("vip", 3), ("unvip", 3), ("seen", 4), ("joined", 3),
         ("applied", 2), ("tier", 3), ("login", 3), ("unsubscribed", 1), ("resubscribed", 1), ("opened", 2),
         ("bounced", 1), ("reversed", 1), ("renamed", 2), ("group", 1), ("stage", 2))


def stamp(moment):
    return moment.isoformat().replace("+00:00", "Z")


def fields(kind, random, partner, moment):
    """What an event of a kind says beside its id, partner and time."""
    if kind == "address":
        return {"type": "partner.updated", "name": f"Partner {partner}", "email": f"{partner}@example.com"}
    if kind == "action":
        return {"type": "action.recorded", "amount": f"{random.randrange(90)}.{random.randrange(100):02}"}
    if kind == "reversed":
        return {"type": "action.reversed", "amount": "5.5",
                "original_time": stamp(moment - timedelta(hours=random.randrange(72)))}
    if kind == "click":
        return {"type": "click.recorded", "count": random.randint(1, 4)}
    if kind in ("vip", "seen"):
        return {"type": "tag.assigned", "tag": kind}
    if kind == "unvip":
        return {"type": "tag.removed", "tag": "vip"}
    if kind == "joined":
        return {"type": "partner.joined"}
    if kind == "applied":
        return {"type": "application.submitted", "contract": random.choice("abc"),
                "template_term": random.choice(("standard", "premium"))}
    if kind == "tier":
        return {"type": "partner.updated", "attributes": {"tier": random.choice(("gold", "silver", 3, None))}}
    if kind == "login":
        return {"type": "custom.recorded", "name": "logged_in", "properties": {"total": random.randrange(100)}}
    if kind == "renamed":
        return {"type": "partner.updated", "name": random.choice(("Zoë", "Ада", "O'Neil & Søn", "İsmail"))}
    if kind == "group":
        return {"type": "group.joined", "group": random.choice(("creators", "agencies"))}
    if kind == "stage":
        return {"type": "relationship.changed", "stage": random.choice(("new", "outreach", "in_discussion"))}
    return {"type": f"email.{kind}"}


def history(random, count, partners=40, days=20, prefix="e", start=START):
    """Lines of so many events over so many days, some of them late, for about so many partners."""
    kinds, weights = zip(*KINDS)
    lines, moment = [], start
    for number in range(count):
        moment += timedelta(seconds=random.randrange(1, max(3, 2 * days * 86_400 // count)),
                            microseconds=random.choice((0, 0, 1, 999_999)))
        happened = moment - timedelta(seconds=random.randrange(120_000) if random.random() < 0.08 else 0)
        partner = f"p{min(random.randrange(partners), random.randrange(partners))}"
        kind = random.choices(kinds, weights)[0]
        event = {"id": f"{prefix}{number}", "partner": partner, "time": stamp(happened),
                 **fields(kind, random, partner, happened)}
        lines.append(json.dumps(event, ensure_ascii=random.random() < 0.5).encode() + b"\n")
    return lines


def found(trial, name="store", zone="America/New_York", definitions=DEFINITIONS):
    """Makes a store with definitions in force; gives its directory."""
    store = trial.directory / name
    trial.must("init", "--store", store, "--timezone", zone, "--currency", "USD", "--name", "acme")
    (trial.directory / "program.yaml").write_text(definitions)
    trial.must("apply", "--store", store, trial.directory / "program.yaml")
    return store


def take_in(trial, store, lines, *options, **how):
    """Feeds lines to `ingest`, which must take them all; gives its summary."""
    done = trial.must("ingest", "--store", store, "--summary-json", *options, input=b"".join(lines), **how)
    return json.loads(done.text.splitlines()[-1])


def digest(trial, store, **how):
    return json.loads(trial.must("digest", "--store", store, "--format", "ndjson", **how).text)


def rows(trial, *words, **how):
    """The rows of an answer."""
    return [json.loads(line) for line in trial.must(*words, "--format", "ndjson", **how).text.splitlines()]


def check(trial, store, **known):
    """The independent checker; where it is not there yet, the store's own audit."""
    try:
        import checker
    except ImportError:
        trial.must("audit", "--store", store)
        return
    checker.check(trial, store, **known)


def start(trial, *words, environment=None, **how):
    """Starts the binary beside the trial, as a `subprocess.Popen`; `stop` ends it."""
    return subprocess.Popen([trial.muster_path, *map(str, words)], cwd=trial.directory,
                            env={**os.environ, **(environment or {})}, **how)


def stop(process, seconds=60):
    """Waits for a process that should come to its end; gives its status."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Failure(f"hangs: {' '.join(process.args)}") from None


def eventually(what, holds, seconds=30):
    """Asks again and again until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        demand(time.monotonic() < deadline, f"did not come in {seconds} s: {what}")
        time.sleep(0.01)
