"""What crash trials make their stores of: scripts of commands that can be said again, definitions and histories.

A script is a list of steps. Saying all of it again after any accident has to lead to the same store: that
is the promise (SPEC 8), and what trials compare with an uninterrupted run.
"""

import copy
import json
import shutil
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random

from trial import demand

# All statuses that the specification knows (SPEC 7).
STATUSES = (0, 1, 64, 65, 66, 73, 74, 75)

DEFINITIONS = """\
templates:
  - { id: hello, subject: "Hello {{partner}}", text: "Hello" }
  - { id: bye, subject: "Bye {{partner}}", text: "Bye" }
  - { id: thanks, subject: "Thanks {{partner}}", text: "Thanks" }
segments:
  - { id: core, match: { all: [{ segment: { any_of: [earners] } }, { tag: { none_of: [vip] } }] } }
  - { id: earners, match: { revenue: { greater_than: 100 } } }
  - { id: fresh, match: { tagged: { tag: seen, last_days: 1 } } }
  - { id: mailed, match: { email: { activity: sent, at_least: 2 } } }
  - { id: recent, match: { tagged: { tag: seen, within: { minutes: 90 } } } }
  - { id: vips, match: { tag: { any_of: [vip] } } }
workflows:
  - { id: celebrate, segment: earners, do: [{ send_email: thanks }], state: active }
  - { id: warm-up, segment: fresh, do: [{ add_tag: warm }], state: active }
automations:
  - { id: core-in, on: { segment_entered: core }, do: [{ add_tag: core }], state: active }
  - { id: gone, on: { segment_left: recent }, do: [{ send_email: bye }], state: active }
  - { id: vip-welcome, on: { tag_assigned: vip }, do: [{ send_email: hello }], state: active }
"""

# Applied later: new ids alone, so that applying DEFINITIONS again changes nothing.
MORE = """\
segments:
  - { id: idle, match: { actions: { over: { last_days: 2 }, equals: 0 } } }
workflows:
  - { id: nudge, segment: idle, do: [{ send_email: hello }], state: active }
"""

BEGIN = datetime(2026, 3, 1, tzinfo=timezone.utc)


def stamp(moment):
    """An instant as input has it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def history(random, count, prefix="e", partners=12, begin=BEGIN, days=3.0):
    """Lines of events over some days, a few of them late, repeated or wrong."""
    step = days * 86_400 / max(count, 1)
    lines = []
    for index in range(count):
        late = random.randrange(40_000) if random.random() < 0.08 else 0
        at = begin + timedelta(seconds=max(0, int(index * step + random.random() * step) - late))
        event = {"id": f"{prefix}-{index}", "partner": f"p{random.randrange(partners)}", "time": stamp(at)}
        event |= random.choice([
            {"type": "partner.updated", "email": f"{event['partner']}@example.com"},
            {"type": "partner.updated", "email": f"{event['partner']}@example.com"},
            {"type": "action.recorded", "amount": f"{random.randrange(60)}.25"},
            {"type": "action.recorded", "amount": f"{random.randrange(60)}.25"},
            {"type": "tag.assigned", "tag": "vip"},
            {"type": "tag.removed", "tag": "vip"},
            {"type": "tag.assigned", "tag": "seen"},
            {"type": "tag.assigned", "tag": "seen"},
            {"type": "email.unsubscribed"},
        ])
        lines.append(json.dumps(event, separators=(",", ":")))
        if random.random() < 0.03:
            lines.append(random.choice(lines))
        if random.random() < 0.02:
            lines.append('{"id":"wrong","type":"action.recorded","partner":"p1"}')
    return lines


class Step:
    """A command of a script, and the files that it makes (`makes`: a directory that must not be there)."""

    def __init__(self, *words, statuses=(0,), makes=None, lines=None):
        self.words, self.statuses, self.makes, self.lines = words, statuses, makes, lines

    def __repr__(self):
        return " ".join(map(str, self.words))


def script(directory, random, events=60, emits=True, copies=True, batch=None):
    """Writes the files of a script into a directory and returns its steps.

    Everything happens to `store`. A store that emits its sends can't deliver them, so a script does one of the two.
    """
    directory = Path(directory)
    first = history(random, events, "a")
    second = history(random, events // 2, "b", begin=BEGIN + timedelta(days=5), days=1.5)
    (directory / "program.yaml").write_text(DEFINITIONS)
    (directory / "more.yaml").write_text(MORE)
    (directory / "first.ndjson").write_text("".join(line + "\n" for line in first))
    (directory / "second.ndjson").write_text("".join(line + "\n" for line in second))
    emit = ["--emit", "acks"] + (["--emit", "sends"] if emits else [])
    batches = batch or (random.choice([1, 5, 20]), random.choice([3, 10]))

    def ingest(name, lines, size):
        return Step("ingest", name, "--batch", size, "--rejects", "/dev/null", *emit, "--store", "store",
                    statuses=(0, 65), lines=lines)

    deliver = Step("deliver", "--to", "maildir:mail", "--from", "a@example.com", "--max-age", "99999d",
                   "--store", "store")
    steps = [
        Step("init", "--timezone", "America/New_York", "--currency", "USD", "--name", "acme", "--store", "store",
             makes="store"),
        Step("apply", "program.yaml", "--store", "store"),
        ingest("first.ndjson", first, batches[0]),
        Step("advance", "--to", "2026-03-05", "--store", "store"),
        *([] if emits else [deliver]),
        Step("apply", "more.yaml", "--store", "store"),
        ingest("second.ndjson", second, batches[1]),
        *([] if emits else [deliver]),
    ]
    if copies:
        steps += [
            Step("backup", "backup", "--store", "store", makes="backup"),
            Step("restore", "backup", "--store", "restored", makes="restored"),
            Step("import", "export.ndjson", "--store", "imported", makes="imported"),
        ]
    return steps


class Told:
    """What the commands of a script have told so far: it may never be taken back."""

    def __init__(self):
        self.lines = {}  # acknowledged lines, by the file
        self.sequence = 0  # of the last record acknowledged
        self.sends = []  # lines of sends printed, in their order, repetitions left out

    def note(self, step, output):
        """Takes in what a command printed before it ended, whole lines alone."""
        for line in output.decode().splitlines(keepends=True):
            if not line.endswith("\n") or not line.startswith("{"):
                continue
            row = json.loads(line)
            if "committed" in row:
                self.sequence = max(self.sequence, row["committed"])
                self.lines[step.words[1]] = (max(row["lines"], self.lines.get(step.words[1], (0,))[0]), step.lines)
            elif "send" in row and line not in self.sends:
                self.sends.append(line)

    def acknowledged(self):
        """The lines that were acknowledged."""
        return [line for count, lines in self.lines.values() for line in lines[:count]]


def export(trial, store="store"):
    """What came from outside, as lines."""
    return trial.must("export", "--store", store).output


def log(trial, store="store"):
    """Every record as the store holds it, without the blocks' hashes: an earlier log is the beginning of a later one."""
    lines = trial.must("export", "--log", "--store", store).output.splitlines(keepends=True)
    return b"".join(line for line in lines if line.startswith(b'{"seq"'))


def demand_told(trial, told, store="store", records=None):
    """Demands that what was acknowledged and emitted is there; asks a store that nobody has fed since."""
    if told.sequence:
        records = (log(trial, store) if records is None else records).splitlines()
        demand(len(records) >= told.sequence,
               f"record {told.sequence} was acknowledged, and the log ends at {len(records)}")
        ids = {json.loads(record)["content"]["id"] for record in records if b'"kind":"event"' in record}
        for line in told.acknowledged():
            event = json.loads(line)
            demand(event["id"] in ids or event["id"] == "wrong", f"was acknowledged and is not there: {line}")
    if told.sends:
        there = set(trial.must("sends", "--format", "ndjson", "--store", store).text.splitlines(keepends=True))
        for send in told.sends:
            demand(send in there, f"was emitted and is not there: {send}")


def check(trial, store="store", told=None, asks_checker=True):
    """Ends a trial: the store's own audit, and the independent checker.

    It need not be asked where the log is the very one of an uninterrupted run that it was asked about.
    """
    done = trial.muster("audit", "--store", store)
    demand(done.status == 0, f"audit of {store}: {done}")
    if not asks_checker:
        return
    try:
        import checker
    except ImportError:
        return
    known = {}
    if told is not None and told.sequence:
        known["acked"] = [line.encode() for line in told.acknowledged() if '"id":"wrong"' not in line]
    if told is not None and told.sends:
        known["sends"] = "".join(told.sends).encode()
    checker.check(trial, store, **known)


class Reference:
    """An uninterrupted run of a script: what each step left and printed, with a copy of the directory before it."""

    def __init__(self, trial, steps, keeps_stages=False, run=None):
        self.steps, self.told, self.seconds = steps, Told(), []
        self.outputs, self.lengths = [], []  # what each step printed, and how long the log was then
        self.stages = []  # (directory, what was told) before each step
        self.delivers = any(step.words[0] == "deliver" for step in steps)
        for number, step in enumerate(steps):
            prepare(trial, step)
            if keeps_stages:
                place = trial.directory.parent / f"{trial.directory.name}-stages" / str(number)
                shutil.copytree(trial.directory, place)
                self.stages.append((place, copy.deepcopy(self.told)))
            begun = time.monotonic()
            done = run(step.words) if run else trial.muster(*step.words)
            self.seconds.append(time.monotonic() - begun)
            demand(done.status in step.statuses, f"{step}: {done}")
            self.told.note(step, done.output)
            self.outputs.append(done.output)
            self.lengths.append(len(log(trial).splitlines()))
        # Results of deliveries have the wall clock's time in them.
        self.log = None if self.delivers else log(trial)
        self.digest = trial.must("digest", "--store", "store").text
        check(trial, told=self.told)


_points = {}


def points(trial, seen):
    """All points at which an accident may happen in the uninterrupted runs of a seed: (run, number of the step, ...).

    What follows the step's number is what `seen(trial, step)` gives, which says a step once more and watches it.
    """
    if (key := (trial.kind, trial.seed)) not in _points:
        there, found = trial.directory, []
        for emits in (True, False):
            trial.directory = Path(tempfile.mkdtemp(prefix=f"{trial.kind}-plan-", dir=there.parent))
            steps = script(trial.directory, Random("/".join(map(str, key))), events=16, emits=emits, copies=emits,
                           batch=(6, 4))
            reference = Reference(trial, steps, keeps_stages=True)
            for number, step in enumerate(steps):
                # The second run differs from the first by its deliveries, and in that its batches are stored behind each other.
                if emits or step.words[0] in ("deliver", "ingest"):
                    shutil.rmtree(trial.directory)
                    trial.directory.mkdir()
                    begin_at(trial, reference, number)
                    found += [(reference, number, *point) for point in seen(trial, step)]
        trial.directory = there
        _points[key] = found
    return _points[key]


def begin_at(trial, reference, number):
    """Puts a trial where an uninterrupted run stood before a step; what had been told by then."""
    place, told = reference.stages[number]
    shutil.copytree(place, trial.directory, dirs_exist_ok=True)
    return copy.deepcopy(told)


def prepare(trial, step):
    """Makes what a step reads and no earlier step has made."""
    if "export.ndjson" in step.words:
        (trial.directory / "export.ndjson").write_bytes(export(trial))


def make_way(trial, step):
    """Does what an operator does before saying a step again; false where there is nothing left to do.

    What a broken-off backup, restore or import has left under another name is removed, as its message says.
    """
    prepare(trial, step)
    if not step.makes or step.words[0] == "init":
        return True
    shutil.rmtree(trial.directory / f"{step.makes}.unfinished", ignore_errors=True)
    return not (trial.directory / step.makes).exists()


def say_again(trial, steps, told):
    """Says a whole script again after an accident: it has to go through."""
    for step in steps:
        if not make_way(trial, step):
            continue
        done = trial.muster(*step.words)
        statuses = (0, 73) if step.words[0] == "init" else step.statuses
        demand(done.status in statuses, f"after the accident: {step}: {done}")
        told.note(step, done.output)


def to_say_again(reference, number, random):
    """The steps that lead from an accident in a step to the end: a copy alone, else all that write the store."""
    step = reference.steps[number]
    if step.makes and step.words[0] != "init":
        return [step]
    writing = [step for step in reference.steps if not step.makes or step.words[0] == "init"]
    return writing if random.random() < 0.5 else writing[number:]


def demand_same(trial, reference, told, steps=None, asks_checker=False):
    """Demands that the store is that of the uninterrupted run, and that the copies that steps make are whole."""
    demand(reference.log is None or log(trial) == reference.log, "the log is not that of an uninterrupted run")
    digest = trial.must("digest", "--store", "store").text
    demand(digest == reference.digest, "the digest is not that of an uninterrupted run")
    if steps and steps[0].makes not in (None, "store"):
        told = None
    demand(told is None or sorted(told.sends) == sorted(reference.told.sends),
           "other sends were emitted than in an uninterrupted run")
    for step in steps or reference.steps:
        if step.makes and step.makes != "store":
            demand(trial.must("digest", "--store", step.makes).text == digest, f"{step.makes} is another store")
            check(trial, step.makes, asks_checker=False)
    if reference.delivers:
        demand_delivered(trial)
    check(trial, told=told, asks_checker=asks_checker)


def demand_delivered(trial):
    """Demands that each send was mailed once, or is listed as unknown; an automation's may be there twice."""
    mails = {}
    for mail in (trial.directory / "mail" / "new").iterdir():
        words = mail.read_text()
        send = words[words.lower().index("x-muster-send:"):].split(None, 2)[1]
        mails[send] = mails.get(send, 0) + 1
    rows = trial.must("sends", "--format", "ndjson", "--store", "store").text.splitlines()
    for send in map(json.loads, rows):
        count, status = mails.pop(send["send"], 0), send["status"]
        if status == "delivered":
            demand(count == 1 or count > 1 and send["kind"] == "automation", f"{count} mails of {send}")
        else:
            # An automation's send whose sender was killed waits for its next attempt.
            waits = status == "pending" and send["kind"] == "automation"
            demand((status == "unknown" or waits) and count <= 1 or status == "suppressed" and count == 0,
                   f"{count} mails of {send}")
    demand(not mails, f"mails that nobody decided: {mails}")


def demand_documented(done, step):
    """Demands that a command that met a fault ended as the specification says, and with a message."""
    demand(done.status in STATUSES, f"no documented end: {step}: {done}")
    demand(done.status in (0, 65) or done.errors.strip(), f"no message: {step}: {done}")


