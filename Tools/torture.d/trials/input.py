"""Hostile input: lines, definitions, templates, scenarios, zone files, exports, stores, command lines.

Whatever comes in, the program ends by itself with a documented status and a message, in bounded memory and time,
and writes nothing but its store; a good line after a bad one is taken in. Each trial is one kind of input, in turn.
"""

import json
import re
import shutil
import time

import checker
import hostile
import specimen
from hostile import AWKWARD, Watch, mutate
from trial import PROJECT, demand

ABOUT = "hostile lines, definitions, templates, zones, exports, stores and command lines do no harm"
SHORT = 32

CODES = {"bad_json", "bad_utf8", "too_long", "too_deep", "duplicate_key", "missing_field", "bad_field",
         "unknown_type", "future_time", "id_conflict"}
LINE_MAX = 1 << 20


# Stores

def prepared(trial):
    """A copy of a small store, made once for all trials of a run; its place is `trial.directory / "store"`."""
    place = trial.directory.parent / "input-specimen"
    if not (place / "done").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        specimen.make(trial, place / "store")
        trial.must("export", "--store", place / "store")
        (place / "export.ndjson").write_bytes(trial.must("export", "--store", place / "store").output)
        (place / "done").touch()
        shutil.rmtree(trial.directory / "specimen")
    shutil.copytree(place / "store", trial.directory / "store")
    return place


def fresh(trial, name="store"):
    trial.must("init", "--timezone", "Europe/Berlin", "--currency", "USD", "--store", trial.directory / name)


# Lines

def good(number, **more):
    return json.dumps({"id": f"good-{number}", "type": "click.recorded", "partner": "p1",
                       "time": "2026-03-15T12:00:00Z", **more}).encode()


def event(random, number):
    """A valid line of some type."""
    kinds = [
        ("partner.updated", {"name": "Ada", "email": "ada@example.com", "attributes": {"a": 1, "b": "x", "c": None}}),
        ("relationship.changed", {"stage": "outreach"}),
        ("contract.changed", {"contract": "c", "stage": "joined", "template_term": "t"}),
        ("partner.joined", {}), ("application.submitted", {"template_term": "t"}),
        ("action.recorded", {"amount": "12.345678", "currency": "USD"}),
        ("action.reversed", {"amount": 3, "original_time": "2026-03-01T00:00:00+01:00"}),
        ("click.recorded", {"count": 7}), ("tag.assigned", {"tag": "vip", "source": "api"}),
        ("group.left", {"group": "g"}), ("email.bounced", {"send": "snd_x", "kind": "soft"}),
        ("custom.recorded", {"name": "visit", "properties": {"page": 1, "ok": True, "x": "y"}}),
    ]
    kind, fields = random.choice(kinds)
    return json.dumps({"id": f"e{number}", "type": kind, "partner": f"p{random.randrange(5)}",
                       "time": "2026-03-15T12:00:00Z", **fields, "extra": {"deep": [1, {"x": None}]}}).encode()


def crafted():
    """Lines that no chance would find, each with the code it must be refused with, or None where either will do."""
    def with_field(key, value):
        return ('{"id":"h","type":"action.recorded","partner":"p","time":"2026-03-15T12:00:00Z","amount":"1",'
                f'"{key}":{value}}}').encode()

    yield b"[" * 100_000, None
    yield b'{"a":' * 100_000, "too_deep"
    yield b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"
    yield b"\xef\xbb\xbf" + good("bom"), "bad_json"
    yield b"\x00" * 1000, "bad_json"
    yield good("nul")[:-1] + b"\x00}", "bad_json"
    yield good("utf8")[:-2] + b'\xed\xa0\x80"}', "bad_utf8"
    yield good("pair", extra="?").replace(b"?", b"\\ud800"), "bad_json"
    yield b'{"id":"a","id":"b"}', "duplicate_key"
    yield b'{"id":"a","\\u0069d":"b"}', "duplicate_key"
    yield b"{" + b",".join(b'"k%d":1' % n for n in range(90_000)) + b',"k0":2}', "duplicate_key"
    yield good("long") + b" " * LINE_MAX, "too_long"
    yield b'"' * LINE_MAX, "bad_json"
    yield b'"' * (LINE_MAX + 1), "too_long"
    yield with_field("x", "9" * 100_000), None
    yield with_field("x", "1e" + "9" * 100_000), None
    yield with_field("x", "0." + "0" * 900_000 + "1"), None
    yield with_field("x", json.dumps("\u0000" * 100_000)), None
    yield with_field("currency", '"EUR"'), "bad_field"
    for amount in ["-1", "1e12", "0.0000001", "1e-7", '"1e400"', '"NaN"', '" 1"', '""', "[]", "true",
                   '"1' + "0" * 400 + '"', "1e99999999999999999999", "-0.0000001"]:
        line = good("amount", amount=0).replace(b"click.recorded", b"action.recorded")
        yield line.replace(b'"amount": 0', b'"amount": ' + amount.encode()), "bad_field"
    for moment in ["1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "10000-01-01T00:00:00Z",
                   "2026-03-15T12:00:60Z", "2026-02-29T00:00:00Z", "2026-03-15 12:00:00Z", "2026-03-15T12:00:00",
                   "2026-03-15T12:00:00.1234567890Z", "2026-03-15T24:00:00Z", "", "now", "9" * 400]:
        yield good("time").replace(b"2026-03-15T12:00:00Z", moment.encode()), "bad_field"
    yield good("time").replace(b"2026-03-15T12:00:00Z", b"9999-12-31T23:59:59Z"), "future_time"
    yield good("time").replace(b"2026-03-15T12:00:00Z", b"9999-12-31T23:59:59-23:59"), "bad_field"
    for name in [b"", b"x" * 256, b"\\u0000", b"a\\nb", b"\\u007f", b"muster:x", b"\\u0085"]:
        yield good("id").replace(b"good-id", name), "bad_field"
    for count in [b"0", b"-1", b"1.5", b"9223372036854775808", b"1e400", b'"1"', b"[]"]:
        yield good("count", count=1).replace(b'"count": 1', b'"count": ' + count), None
    for address in [b"", b"a", b"a@b@c", b"a b@c", b"a\\r\\nBcc: x@y@z", b"x" * 251 + b"@b.c"]:
        line = good("mail", email="?").replace(b"click.recorded", b"partner.updated")
        yield line.replace(b'"?"', b'"' + address + b'"'), "bad_field"
    yield b'{"id":"t","type":"' + b"x" * 900_000 + b'","partner":"p","time":"2026-03-15T12:00:00Z"}', "unknown_type"


def ingest(trial, lines, *more):
    """Feeds lines, and demands one reject for each that is refused, in their order, with a number and a message."""
    done = hostile.run(trial, ["ingest", "--store", trial.directory / "store", "--summary-json", "--rejects",
                               trial.directory / "rejects", *more], input=b"\n".join(lines) + b"\n", allowed={0, 65})
    summary = json.loads(done.output)
    rejects = [json.loads(line) for line in (trial.directory / "rejects").read_bytes().splitlines()]
    demand(summary["lines"] == summary["accepted"] + summary["duplicates"] + summary["rejected"],
           f"the summary does not add up: {summary}")
    demand(len(rejects) == summary["rejected"], f"{len(rejects)} rejects for {summary}")
    demand((done.status == 65) == bool(rejects), f"status {done.status} with {len(rejects)} rejects")
    for reject in rejects:
        demand(reject["code"] in CODES and reject["message"] and 1 <= reject["line"] <= len(lines),
               f"an odd reject: {str(reject)[:500]}")
    return summary, {reject["line"]: reject for reject in rejects}


def demand_good(trial, count):
    """All the good lines between the bad ones are in the log."""
    log = trial.must("export", "--store", trial.directory / "store").output
    there = {int(number) for number in re.findall(rb'"id":"good-(\d+)"', log)}
    demand(there == set(range(count)), f"good lines are missing: {sorted(set(range(count)) - there)[:5]}")


def crafted_lines(trial):
    fresh(trial)
    lines, codes = [], {}
    for number, (line, code) in enumerate(crafted()):
        codes[len(lines) + 1] = code
        lines += [line, good(number)]
    _, rejects = ingest(trial, lines)
    demand_good(trial, len(lines) // 2)
    for number, code in codes.items():
        if code is not None:
            found = rejects.get(number, {}).get("code")
            demand(found == code, f"line {number}, {lines[number - 1][:120]!r}: {found} where {code} should be")
    demand(not any(number % 2 == 0 for number in rejects), "a good line is refused")


def at_the_limits(trial):
    """What README.md's table of limits allows is taken, and one more is refused."""
    fresh(trial)

    def line(kind="click.recorded", **fields):
        # The question marks become the line's number.
        return json.dumps({"id": "limit-??", "type": kind, "partner": "p1", "time": "2026-03-15T12:00:00Z",
                           **fields}).encode()

    def sized(size):
        return line(extra="x" * (size - len(line(extra=""))))

    def nested_in(levels):
        return line(x=1)[:-2] + b"[" * levels + b"]" * levels + b"}"

    def mail(size):
        return line("partner.updated", email="x" * (size - 4) + "@b.c")

    pairs = [
        (sized(LINE_MAX), sized(LINE_MAX + 1)),
        (nested_in(31), nested_in(32)),
        (line(id="n" * 255), line(id="n" * 256)),
        (line(partner="n" * 255), line(partner="n" * 256)),
        (line("tag.assigned", tag="é" * 127 + "n"), line("tag.assigned", tag="é" * 128)),
        (line("action.recorded", amount="999999999999.999999"), line("action.recorded", amount="1000000000000")),
        (line("action.recorded", amount="0.000001"), line("action.recorded", amount="0.0000001")),
        (line(count=10**15), line(count=10**15 + 1)),
        (mail(254), mail(255)),
        (line("partner.updated", name="n" * 1000), line("partner.updated", name="n" * 1001)),
        (line(time="1970-01-01T00:00:00Z"), line(time="1969-12-31T23:59:59.999999Z")),
        (line(time="2026-03-15T12:00:00.123456789Z"), line(time="2026-03-15T12:00:00.1234567890Z")),
    ]
    lines = [line.replace(b"??", b"%02d" % index) for index, line in enumerate(sum(pairs, ()))]
    _, rejects = ingest(trial, lines)
    for number, line in enumerate(lines):
        demand((number + 1 in rejects) == (number % 2 == 1), f"{line[:150]!r} of {len(line)} bytes at a limit: "
               f"{str(rejects.get(number + 1, 'taken'))[:300]}")

    def definitions(text):
        (trial.directory / "limit.json").write_text(json.dumps(text))
        return hostile.run(trial, ["apply", "limit.json", "--store", trial.directory / "store"], allowed={0, 65}).status

    def segment(**more):
        return {"segments": [{"id": "s", "match": {"tag": {"any_of": ["x"]}}, **more}]}

    def template(text):
        return {"templates": [{"id": "t", "subject": "s", "text": text}]}

    def nested(levels):
        match = {"tag": {"any_of": ["x"]}}
        for _ in range(levels):
            match = {"not": match}
        return segment(match=match)

    for allowed, refused in [
        (segment(id="é" * 50), segment(id="é" * 51)),
        (segment(match={"original_joined": {"days_ago": 100_000}}), segment(match={"original_joined": {"days_ago": 100_001}})),
        (template("x" * (256 << 10)), template("x" * ((256 << 10) + 1))),
        (template("{{#name}}" * 16 + "{{/name}}" * 16), template("{{#name}}" * 17 + "{{/name}}" * 17)),
        (nested(90), nested(100)),
    ]:
        demand(definitions(allowed) == 0, f"{str(allowed)[:200]} is refused at a limit")
        demand(definitions(refused) == 65, f"{str(refused)[:200]} is taken beyond a limit")


def unescaped(text):
    def value(match):
        if match[1]:
            return bytes([int(match[1], 16)])
        return match[3] * int(match[2]) if match[2] else b"\\"
    return re.sub(rb"\\(?:x(..)|\{(\d+)\|([^}]*)\}|\\)", value, text)


def json_cases(trial):
    """The cases after JSONTestSuite as values in events: what is JSON is taken."""
    fresh(trial)
    lines, kinds = [], {}
    for line in (PROJECT / "Tests/WireTests/json-cases.txt").read_bytes().split(b"\n"):
        if not line or line.startswith(b"#"):
            continue
        kind, name, text = line.split(b" ", 2)
        text = unescaped(text)
        # A line feed is a blank of JSON's, but ends a line.
        text = text.replace(b"\n", b" ") if kind == b"y" else text
        if b"\n" in text:
            continue
        kinds[len(lines) + 1] = kind, name
        lines += [good(f"c{len(lines)}")[:-1] + b', "extra": ' + text + b"}", good(len(lines) // 2)]
    _, rejects = ingest(trial, lines)
    demand_good(trial, len(lines) // 2)
    for number, (kind, name) in kinds.items():
        refused = rejects.get(number)
        if kind == b"y":
            demand(not refused or refused["code"] == "duplicate_key", f"{name.decode()} is refused: {refused}")
        elif kind == b"n":
            demand(refused, f"{name.decode()} is taken")


def mutated_lines(trial):
    fresh(trial)
    random, lines = trial.random, []
    for number in range(300):
        bad = mutate(random, event(random, number)).replace(b"\n", b" ")
        lines += [bad[:LINE_MAX], good(number)]
    _, rejects = ingest(trial, lines, "--batch", str(random.choice([1, 7, 1000])))
    demand_good(trial, 300)
    demand(not any(number % 2 == 0 for number in rejects), "a good line is refused")
    taken = [line for number, line in enumerate(lines, 1) if number not in rejects and line.strip()]
    checker.check(trial, trial.directory / "store", acked=taken, thorough=False)


def mutated_envelopes(trial):
    fresh(trial)
    seeds = {
        "cloudevents": [b'{"specversion":"1.0","id":"1","source":"/s","type":"action.recorded","subject":"p",'
                        b'"time":"2026-03-15T12:00:00Z","data":{"amount":"1"}}'],
        "segment": [b'{"type":"track","event":"Order Completed","messageId":"m","userId":"u",'
                    b'"timestamp":"2026-03-15T12:00:00Z","properties":{"total":1,"a":{"b":[1]}}}',
                    b'{"type":"identify","messageId":"n","userId":"u","timestamp":"2026-03-15T12:00:00Z",'
                    b'"traits":{"email":"a@b.c","name":"N","x":1}}'],
        "sendgrid": [b'[{"email":"a@b.c","timestamp":1773576000,"event":"bounce","sg_event_id":"x","partner":"p",'
                     b'"type":"blocked","send":"snd_x"}]'],
        "ses": [b'{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":'
                b'"a@b.c"}],"timestamp":"2026-03-15T12:00:00.000Z","feedbackId":"f"},"mail":{"messageId":"m",'
                b'"tags":{"partner":["p"]}}}'],
    }
    for name, texts in seeds.items():
        lines = []
        for number in range(100):
            lines.append(mutate(trial.random, trial.random.choice(texts)).replace(b"\n", b" "))
        hostile.run(trial, ["ingest", "--input", name, "--store", trial.directory / "store"],
                    input=b"\n".join(lines), allowed={0, 65})
    trial.must("audit", "--store", trial.directory / "store")


REPORT = (b"From: MAILER-DAEMON@x\r\nMessage-ID: <r1@x>\r\nDate: Sun, 15 Mar 2026 12:00:00 +0000\r\n"
          b"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\r\nNo.\r\n--b\r\n"
          b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.c\r\n"
          b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no\r\n\r\n--b\r\n"
          b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nTWVzc2FnZS1JRDogPHNuZF94QHk+DQo=\r\n--b--\r\n")


def mails(trial):
    fresh(trial)
    folder = trial.directory / "mail"
    (folder / "new").mkdir(parents=True)
    (folder / "cur").mkdir()
    tokens = [*AWKWARD, b"--b\r\n", b"--b--", b"\r\n\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n",
              b"Content-Transfer-Encoding: quoted-printable\r\n", b"=?utf-8?B?////?=", b"=\r\n", b"From \n"]
    for number in range(40):
        (folder / "new" / f"{number}.x").write_bytes(mutate(trial.random, REPORT, tokens=tokens))
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    (folder / "new" / "nested").write_bytes(nested + REPORT)
    (folder / "new" / "header").write_bytes(b"A: " + b"x\r\n " * 300_000 + b"\r\n\r\n")
    (folder / "new" / "loop").symlink_to("loop")
    (trial.directory / "mbox").write_bytes(mutate(trial.random, (b"From x\n" + REPORT + b"\n") * 5, tokens=tokens))
    watch = Watch(trial.directory, "store")
    for path in ("mail", "mbox"):
        hostile.run(trial, ["ingest", "--input", "dsn", path, "--store", trial.directory / "store"],
                    allowed={0, 65, 66, 74})
    watch.demand_same("reading mail")
    trial.must("audit", "--store", trial.directory / "store")


def endless_line(trial):
    """A line without an end: memory stays bounded, and what follows is taken in."""
    fresh(trial)
    size = trial.random.choice([3, 40]) << 20
    byte = trial.random.choice([b"x", b"[", b" ", b'"', b"\x00", b"\xff"])
    lines = [good(0), byte * size, good(1)]
    done = hostile.run(trial, ["ingest", "--store", trial.directory / "store"], input=b"\n".join(lines),
                       allowed={0, 65}, memory=600 << 20)
    demand(len(done.errors) < 4 * LINE_MAX, "the reject repeats too much of the line")
    demand_good(trial, 2)
    for empty in (b"", b"\n", b"\r\n" * 1000, b" \t\r\n"):
        done = hostile.run(trial, ["ingest", "--store", trial.directory / "store"], input=empty, allowed={0})


# Definitions, templates, scenarios

def bombs():
    yield b"[" * 100_000
    yield b"{a: " * 100_000
    yield b"- " * 100_000
    yield b"? " * 50_000
    yield b"a:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 1500))
    yield b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(12))
    yield b"segments: &a\n  - {id: x, match: *a}\n"
    yield b"segments: [{id: x, match: {all: [" + b"{not: " * 500 + b"{tag: {any_of: [x]}}" + b"}" * 500 + b"]}}]\n"
    yield b'{"segments":' + b"[" * 100_000
    yield b"\x00" * 1000
    yield b"\xff\xfe" + "segments: []".encode("utf-16-le")
    yield b"%TAG ! tag:x,2000:\n---\n!foo bar\n"
    yield b"segments: [{id: ../../etc/passwd, match: {tag: {any_of: [x]}}}]\n"
    yield b"segments: [{id: \"a\\u0000b\", match: {tag: {any_of: [x]}}}]\n"
    yield b"segments: [{id: x, match: {tag: {any_of: [" + b"a," * 200_000 + b"a]}}}]\n"
    yield b"segments:\n" + b"".join(b"  - {id: s%d, match: {tag: {any_of: [t%d]}}}\n" % (n, n) for n in range(4000))
    yield b"segments:\n" + b"".join(
        b"  - {id: s%d, match: {segment: {any_of: [s%d]}}}\n" % (n, n + 1) for n in range(2000)) + \
        b"  - {id: s2000, match: {tag: {any_of: [t]}}}\n"
    yield b"segments:\n" + b"".join(
        b"  - {id: s%d, match: {segment: {any_of: [s%d]}}}\n" % (n, (n + 1) % 500) for n in range(500))
    for number in (b"1e400", b"-1", b"99999999999999999999", b"2147483648", b"9223372036854775807", b"1e15", b".inf",
                   b"0x7fffffffffffffff", b"1.5", b"''"):
        yield (b"segments: [{id: x, match: {original_joined: {days_ago: " + number + b"}}},"
               b"{id: y, match: {last_transition: {within: {days: " + number + b"}}}},"
               b"{id: z, match: {original_joined: {last_months: " + number + b"}}},"
               b"{id: w, match: {revenue: {over: {days_after_joining: {from: 0, to: " + number +
               b"}}, at_least: " + number + b"}}}]\n")
        yield b"automations: [{id: a, on: {tag_assigned: x}, do: [{add_tag: y}], max_age: {hours: " + number + b"}}]\n"
        yield (b"templates: [{id: t, subject: s, text: t}]\nsegments: [{id: s, match: {tag: {any_of: [x]}}}]\n"
               b"workflows: [{id: w, segment: s, do: [{send_email: t}], cap: " + number + b"}]\n")
    yield b"program: {name: specimen, timezone: ../../../etc/passwd, currency: USD}\n"
    yield b"program: {unsubscribe_base: \"javascript:alert(1)\"}\n"


def apply(trial, files):
    """Applies files; where they are refused the store is as before, and each error names a place."""
    store = trial.directory / "store"
    before = trial.must("export", "--store", store).output
    words = trial.random.choice([["apply"], ["apply", "--prune"], ["diff", "--count"], ["simulate", "--definitions"]])
    if words[0] == "simulate":
        files = files[:1]
    done = hostile.run(trial, [*words, *files, "--store", store], allowed={0, 65})
    if done.status == 65:
        text = done.errors.decode(errors="replace")
        demand(re.search(r"error: \S*:\d+:\d+: ", text), f"no place is named: {text[:500]}")
        demand("\n  fix: " in text, f"no mending is named: {text[:500]}")
    if done.status == 65 or words[0] != "apply":
        demand(trial.must("export", "--store", store).output == before, f"{words[0]} changed the store")
    done = hostile.run(trial, ["ingest", "--store", store], input=good(f"after{trial.number}"), allowed={0})
    return done


def bombed_definitions(trial):
    prepared(trial)
    all_bombs = list(bombs())
    for _ in range(4):
        (trial.directory / "bomb.yaml").write_bytes(trial.random.choice(all_bombs))
        watch = Watch(trial.directory, "store")
        start = time.monotonic()
        apply(trial, ["bomb.yaml"])
        watch.demand_same("apply")
        (trial.directory / "store.time").write_text(str(time.monotonic() - start))


def mutated_definitions(trial):
    prepared(trial)
    text = (PROJECT / "Tools/example/program.yaml").read_bytes()
    tokens = [*AWKWARD, b"days_ago: { from: 9, to: 1 }", b"within: { days: 99999 }", b"all: []", b"not:", b"any_of: []",
              b"segment: { any_of: [vip] }", b"&x ", b"*x", b"<<: *x"]
    for _ in range(3):
        (trial.directory / "program.yaml").write_bytes(mutate(trial.random, text, tokens=tokens))
        apply(trial, ["program.yaml"])
    trial.must("audit", "--store", trial.directory / "store")


def templates(trial):
    """Templates: refused with a place, or rendered in bounds; none can add a header or read a file."""
    prepared(trial)
    random = trial.random
    parts = ["{{name}}", "{{{name}}}", "{{&name}}", "{{#name}}", "{{/name}}", "{{^name}}", "{{>/etc/passwd}}", "{{! x }}",
             "{{=<% %>=}}", "<%name%>", "{{#tags}}", "{{.}}", "{{/tags}}", "{{attributes.country}}", "{{constants.x}}",
             "{{unsubscribe_url}}", "{{", "}}", "{{{", "\r\nBcc: x@y.z\r\n", "\x00", "é", "{{#tags}}" * 50 + "{{/tags}}" * 50,
             "{{partner}}" * 100, "{{a.b.c.d}}", "{{#contract}}", "{{/contract}}", "{{contract.stage}}", "x" * 500]
    text = "".join(random.choice(parts) for _ in range(random.choice([1, 3, 10, 60])))
    subject = "".join(random.choice(parts) for _ in range(random.choice([1, 2])))
    (trial.directory / "t.json").write_text(json.dumps({"templates": [
        {"id": "hostile", "subject": subject, "text": text, "html": text}]}))
    store = trial.directory / "store"
    watch = Watch(trial.directory, "store")
    done = hostile.run(trial, ["apply", "t.json", "--store", store], allowed={0, 65})
    if done.status == 0:
        hostile.run(trial, ["ingest", "--store", store], allowed={0}, input=json.dumps(
            {"id": "n", "type": "partner.updated", "partner": "p1", "time": "2026-03-15T12:00:00Z",
             "name": "N\u2028{{partner}}<script>", "attributes": {"country": "{{#tags}}" * 20}}).encode())
        mail = hostile.run(trial, ["send-test", "hostile", "--partner", "p1", "--to", "a@b.c", "--from", "c@d.e",
                                   "--target", "stdout", "--store", store])
        if mail.status == 0:
            headers = mail.output.partition(b"\n\n")[0].lower()
            demand(b"\nbcc:" not in headers and b"root:x:0" not in mail.output, f"a template did harm: {mail}")
    watch.demand_same("a template")


def scenarios(trial):
    files = sorted((PROJECT / "Tools/example/scenarios").glob("*.yaml"))
    text = trial.random.choice(files).read_bytes()
    (trial.directory / "one.yaml").write_bytes(mutate(trial.random, text, tokens=[*AWKWARD, b"definitions: [/dev/zero]"]))
    outside = trial.random.choice(["/etc/passwd", "../../../etc/passwd", "one.yaml", "/", "/dev/null", "two.yaml", ""])
    (trial.directory / "two.yaml").write_text(
        f"scenario: x\ndefinitions: [{json.dumps(outside)}]\nsteps: [{{at: 9999-12-31T23:59:59Z}}]\n")
    (trial.directory / "three.yaml").write_text(
        "scenario: far\nsegments: [{id: s, match: {original_joined: {days_ago: 1}}}]\nsteps:\n"
        "  - {at: 1970-01-01T00:00:00Z, events: [{type: partner.joined, partner: p}]}\n  - {at: 9999-12-31T23:59:59Z}\n")
    watch = Watch(trial.directory)
    for name in ("one.yaml", "two.yaml", "three.yaml"):
        done = hostile.run(trial, ["test", name])
        demand(len(done.errors) < 100_000, "test says too much")
    watch.demand_same("test")


# Files

def zones(trial):
    """Zone files by way of TZDIR: refused with a message, or taken and then consistent."""
    folder = trial.directory / "zones"
    folder.mkdir()
    name = trial.random.choice(["America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia", "UTC"])
    with open(f"/usr/share/zoneinfo/{name}", "rb") as file:
        text = file.read()
    for number in range(6):
        (folder / f"Z{number}").write_bytes(mutate(trial.random, text, tokens=[
            *AWKWARD, b"\x00" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"EST5EDT4,M3.2.0/167,M11.1.0/-167",
            b"\nAAA0BBB,J1/0,J365/23\n", b"\n<+24>-24:59:59\n"]))
    (folder / "Z6").write_bytes(b"")
    (folder / "Z7").symlink_to("Z7")
    (folder / "Z8").write_bytes(b"TZif2" + b"\xff" * 1000)
    environment = {"TZDIR": str(folder)}
    names = [f"Z{number}" for number in range(9)] + ["../outside", "/etc/passwd", "..", ".", "", "a\x07b", "x" * 5000, "\u202e"]
    watch = Watch(trial.directory, *(f"store{number}" for number in range(len(names))))
    for number, zone in enumerate(names):
        store = trial.directory / f"store{number}"
        done = hostile.run(trial, ["init", "--timezone", zone, "--currency", "USD", "--store", store],
                           environment=environment)
        if done.status == 0:
            line = json.dumps({"id": "1", "type": "partner.joined", "partner": "p", "time": "2026-01-01T00:00:00Z"})
            hostile.run(trial, ["ingest", "--store", store], input=line.encode(), allowed={0})
            hostile.run(trial, ["advance", "--to", "2026-03-01T00:00:00Z", "--store", store], allowed={0})
            (folder / zone).write_bytes(mutate(trial.random, text))
            hostile.run(trial, ["timezone", "--refresh", "--store", store], environment=environment)
            hostile.run(trial, ["audit", "--store", store], allowed={0})
        else:
            demand(b"error: " in done.errors or b"Error: " in done.errors, f"no message: {done}")
    watch.before = {path: status for path, status in watch.before.items() if "/zones/" not in path}
    after = watch.look()
    demand(all(path in watch.before or "/zones/" in path for path in after), "a zone wrote a file")


def imports(trial):
    """Mutated exports: taken in and sound, or refused with the line, and nothing is left."""
    place = prepared(trial)
    lines = (place / "export.ndjson").read_bytes().splitlines(keepends=True)
    random = trial.random
    for number in range(4):
        changed = list(lines)
        for _ in range(random.choice([1, 1, 3])):
            at = random.choice([0, 1, 2, random.randrange(len(changed))])
            kind = random.randrange(4)
            if kind == 0:
                changed[at] = mutate(random, changed[at])
            elif kind == 1:
                del changed[at]
            elif kind == 2:
                changed.insert(random.randrange(len(changed)), changed[at])
            else:
                changed[at] = re.sub(rb'"at":"[^"]*"', b'"at":"' + random.choice(
                    [b"9999-12-31T23:59:59Z", b"1970-01-01T00:00:00Z", b"2026-03-05T00:00:00Z", b"x"]) + b'"', changed[at])
        (trial.directory / "export").write_bytes(b"".join(changed))
        name = f"new{number}"
        watch = Watch(trial.directory, name)
        done = hostile.run(trial, ["import", "export", "--store", trial.directory / name], memory=2 << 30, seconds=90)
        watch.demand_same("import")
        if done.status == 0:
            hostile.run(trial, ["audit", "--store", trial.directory / name], allowed={0}, seconds=90)
        else:
            demand(b"error: " in done.errors, f"no message: {done}")
            demand(not (trial.directory / name).exists(), "a refused import left a store")


def backups(trial):
    """Odd things in the place of backups and targets."""
    prepared(trial)
    here, random = trial.directory, trial.random
    (here / "file").write_bytes(b"x")
    (here / "folder").mkdir()
    (here / "full").mkdir()
    (here / "full" / "thing").write_bytes(b"y")
    (here / "noise").mkdir()
    (here / "noise" / "data.mdb").write_bytes(random.randbytes(random.choice([0, 1, 4095, 8192, 100_000])))
    (here / "cut").mkdir()
    data = (here / "store" / "data.mdb").read_bytes()
    (here / "cut" / "data.mdb").write_bytes(data[:random.randrange(len(data))])
    (here / "link").symlink_to("link")
    (here / "fifo").mkdir()
    places = ["file", "folder", "full", "noise", "cut", "link", "nowhere", "/dev/null", "/proc/self", "", "store"]
    for source in places:
        watch = Watch(here, "made", "lock.mdb", "store", "noise", "cut", "made.unfinished")
        for words in (["restore", source, "--store", "made"], ["segments", "--store", source],
                      ["ingest", "--store", source]):
            done = hostile.run(trial, words, memory=2 << 30)
            if source != "store" or words[0] == "restore":
                demand(done.status != 0 or source == "store" or source == "cut", f"{words} is taken: {done}")
        watch.demand_same(f"restore of {source}")
        shutil.rmtree(here / "made", ignore_errors=True)
    for target in ("file", "full", "link", "/dev/null", "/proc/x", "store", ""):
        watch = Watch(here, "store", "noise", "cut")
        done = hostile.run(trial, ["backup", target, "--store", "store"])
        demand(done.status != 0, f"backup to {target!r} is taken")
        watch.demand_same(f"backup to {target}")


# Command lines

COMMANDS = ["init", "apply", "diff", "test", "ingest", "advance", "members", "partner", "segments", "preview", "forecast",
            "sends", "runs", "explain", "audit", "simulate", "digest", "templates", "report", "backup", "restore",
            "export", "import", "send-test", "timezone", "stats", "schema", "help"]
WORDS = ["--at", "--to", "--store", "--limit", "--since", "--until", "--format", "ndjson", "csv", "--seq", "--known-at",
         "--corrected", "--count", "--force", "--prune", "--definitions", "--source", "--partner", "--status", "--wait",
         "--batch", "--clock", "wall", "--input", "cloudevents", "--strict", "--history", "--emit", "sends", "acks",
         "member", "send", "workflow", "quiet", "p1", "celebrate", "2026-03-05", "2026-03-05T00:00:00Z", "", "-", "--",
         "-1", "0", "9" * 30, "nowhere", "9999-12-31T23:59:59Z", "1970-01-01", "é", "\x1b[2J", "%s%n", "x" * 5000,
         "--help", "--version", "--from", "list", "show", "partner-reactivation", "--intervals", "7,21", "events",
         "--refresh", "--release", "--log", "--dump", "--rate", "1/s", "stdout", "--name", "--timezone", "UTC",
         "--currency", "USD", "--summary-json", "--rejects", "/dev/null"]


def command_lines(trial):
    prepared(trial)
    (trial.directory / "here").mkdir()
    for number in range(12):
        words = [trial.random.choice(COMMANDS)] + [trial.random.choice(WORDS) for _ in range(trial.random.randrange(5))]
        if "--store" not in words:
            words += ["--store", "store"]
        # A far advance is allowed to take its time; these have none.
        if "--force" in words and any(word.startswith("9999") for word in words):
            continue
        hostile.run(trial, words, seconds=60)
    for words in (["members", "quiet", "--at", "garbage"], ["nonsense"], ["members", "--limit", "-5", "quiet"]):
        done = hostile.run(trial, [*words, "--store", "store"])
        demand(done.status == 64, f"{words}: {done}")


KINDS = [crafted_lines, json_cases, mutated_lines, bombed_definitions, mutated_definitions, templates, scenarios, zones,
         imports, backups, command_lines, mutated_envelopes, mails, endless_line, at_the_limits, bombed_definitions]


def trial(trial):
    KINDS[trial.number % len(KINDS)](trial)
