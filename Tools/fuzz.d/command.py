"""The command line of Tools/fuzz: builds the fuzzer, gathers examples, runs targets."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
BUILD = HERE / ".build"


def targets():
    """The names in Targets.swift."""
    text = (HERE / "Sources/Fuzz/Targets.swift").read_text()
    table = text[text.index("= ["):text.index("\n]\n")]
    return re.findall(r'"(\w+)": ', table)


def modules(manifest):
    """What each of a package's modules imports, as its manifest declares it."""
    starts = r"\.(?:target|executableTarget|systemLibrary|testTarget)\("
    found = {}
    for text in re.split(starts, manifest.read_text())[1:]:
        declared = re.search(r"dependencies: \[(.*?)\]", text, re.S)
        found[re.search(r'name: "(\w+)"', text)[1]] = sorted(set(re.findall(r'"(\w+)"', declared[1] if declared else "")))
    return found


def strayed():
    """Where this package has another idea of the program's modules than the program."""
    program, own = modules(PROJECT / "Package.swift"), modules(HERE / "Package.swift")
    for name, imports in own.items():
        if name != "Fuzz" and program.get(name) != imports:
            yield f"{name} imports {', '.join(imports) or 'nothing'} here, {', '.join(program.get(name, []))} in the program"
        if not (HERE / "Sources" / name).is_dir():
            yield f"Tools/fuzz.d/Sources/{name} is missing"


def examples():
    """Bytes to begin with, by target; what has none begins with nothing."""
    found = {name: [] for name in targets()}
    example = PROJECT / "Tools/example"
    lines = (example / "events.ndjson").read_bytes().splitlines()
    kinds = {re.search(rb'"type": ?"([^"]*)"', line)[1]: line for line in lines if b'"type"' in line}
    found["events"] = list(kinds.values())
    found["json"] = [*kinds.values(), b'[1.5e-3,"\\u00e9\\ud83d\\ude00",null,true,{"a":[]}]']
    found["times"] = [b"2026-03-01T15:00:00.123456789+05:45", b"2026-03-01T15:00:00Z", b"2024-02-29"]
    found["amounts"] = [b"12.345678", b"1e5", b"-0", b"999999999999.999999", b"a@example.com"]
    found["zones"] = [Path("/usr/share/zoneinfo", name).read_bytes() for name in (
        "UTC", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York")]
    definitions = [example / "program.yaml", example / "reactivation.yaml"]
    found["definitions"] = [path.read_bytes() for path in definitions]
    text = (example / "program.yaml").read_text()
    # One segment at a time reaches further than the whole file.
    head, _, rest = text.partition("\nsegments:\n")
    for part in re.split(r"\n(?=  - id: )", rest):
        found["definitions"].append(b"segments:\n" + part.encode())
    found["canonical"] = [
        b'{"id":"s","match":{"all":[{"original_joined":{"days_ago":{"from":0,"to":30}}},{"revenue":{"greater_than":0}}]}}',
        b'{"do":[{"send_email":"t"}],"id":"w","segment":"s","state":"active"}',
        b'{"id":"a","on":{"tag_assigned":"vip"},"do":[{"add_tag":"x"}]}', b'{"id":"t","subject":"s","text":"{{name}}"}']
    found["scenarios"] = [path.read_bytes() for path in sorted((example / "scenarios").glob("*.yaml"))]
    found["templates"] = [b"Hello {{name}}, {{#tags}}{{.}}, {{/tags}}{{^email}}none{{/email}}", b"{{{attributes.x}}}{{=<% %>=}}<%name%>"]
    found["cloudevents"] = [b'{"specversion":"1.0","id":"1","source":"/s","type":"action.recorded","subject":"p",'
                            b'"time":"2026-03-15T12:00:00Z","data":{"amount":"1"}}']
    found["segment"] = [b'{"type":"track","event":"Order Completed","messageId":"m","userId":"u",'
                        b'"timestamp":"2026-03-15T12:00:00Z","properties":{"total":1}}',
                        b'{"type":"identify","messageId":"n","userId":"u","timestamp":"2026-03-15T12:00:00Z",'
                        b'"traits":{"email":"a@b.c","name":"N"}}']
    found["sendgrid"] = [b'[{"email":"a@b.c","timestamp":1773576000,"event":"bounce","sg_event_id":"x","partner":"p"}]']
    found["ses"] = [b'{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"a@b.c"}],'
                    b'"timestamp":"2026-03-15T12:00:00.000Z","feedbackId":"f"},"mail":{"messageId":"m","tags":{"partner":["p"]}}}']
    found["mail"] = [(
        b"Message-ID: <r@x>\r\nDate: Sun, 15 Mar 2026 12:00:00 +0000\r\nContent-Type: multipart/report; "
        b"report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\r\nNo.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.c\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nMessage-ID: <snd_"
        b"0123456789abcdefghjkmnpqrs@x>\r\n\r\n--b--\r\n")]
    found["export"] = [
        b'{"record":"clock","at":"2026-03-01T00:00:00Z","history":false}',
        b'{"record":"event","at":"2026-03-01T00:00:00Z","event":{"id":"1"}}', b'{"record":"restore","sends":3}']
    return found


def prepare(name, inputs):
    """The directory of a target's inputs, with the examples in it."""
    corpus = BUILD / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(inputs):
        (corpus / f"example-{number}").write_bytes(text)
    for find in (HERE / "found").glob(f"{name}-*"):
        shutil.copy(find, corpus)
    return corpus


def fuzz(name, given, fuzzer):
    """Runs one target; true where it found something."""
    finds = BUILD / "finds"
    finds.mkdir(exist_ok=True)
    surroundings = {**os.environ, "FUZZ_TARGET": name, "SWIFT_BACKTRACE": "enable=no"}
    if given.again:
        return subprocess.run([fuzzer, given.again], env=surroundings).returncode != 0
    corpus = prepare(name, examples()[name])
    done = subprocess.run(
        [fuzzer, corpus, f"-max_total_time={given.seconds}", f"-artifact_prefix={finds}/{name}-", "-timeout=10",
         f"-seed={given.seed}", "-max_len=16384", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"],
        env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
    count = re.search(r"number_of_executed_units: (\d+)", done.stdout)
    print(f"{name}: {count[1] if count else '?'} inputs, {'found something' if done.returncode else 'nothing found'}",
          flush=True)
    if done.returncode:
        print(done.stdout[-3000:])
        print(f"  again: Tools/fuzz {name} --again FILE, with the file named above")
    return done.returncode != 0


def main(about):
    reader = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("targets", nargs="*", metavar="TARGET")
    reader.add_argument("--seconds", type=int, default=30, help="for each target (30)")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--again", metavar="FILE", help="this input alone")
    reader.add_argument("--list", action="store_true")
    reader.add_argument("--check", action="store_true", help="whether the package has the program's modules as they are")
    given = reader.parse_args()
    there = targets()
    if given.check:
        faults = list(strayed())
        print("\n".join(faults) or "as in the program")
        sys.exit(1 if faults else 0)
    if given.list or not given.targets:
        print("\n".join(there))
        return
    chosen = there if given.targets == ["all"] else given.targets
    for name in chosen:
        if name not in there:
            reader.error(f"there is no target {name}; there are {', '.join(there)}")
    subprocess.run(["swift", "build", "--package-path", HERE, "-c", "release", "--product", "Fuzz"],
                   check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    fuzzer = BUILD / "release" / "Fuzz"
    found = [fuzz(name, given, fuzzer) for name in chosen]
    sys.exit(1 if any(found) else 0)
