"""The same input gives the same bytes, however it comes in and wherever it is read (SPEC 1, the central law)."""

import hashlib
import json
import os
from pathlib import Path

import workshop
from trial import PROJECT, demand

ABOUT = "the same input in other pieces, batches, locales, time zones, hash seeds, directories: the same log and digest"
SHORT = 5

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC")
BATCHES = (1, 7, 1_000, 8_000)
LOCALES = ("C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.UTF-8", "ar_EG.UTF-8", "ja_JP.SJIS")
PLACES = ("Pacific/Apia", "Asia/Kathmandu", ":/nonexistent", "UTC-14", "")
# Logs of released formats, by export (`program.ndjson`) and what must come of it (`is.json`).
GOLDEN = PROJECT / "Tests/CLITests/GoldenLogs"


def trial(trial):
    if trial.number == 0:
        for log in sorted(GOLDEN.iterdir()):
            golden(trial, log)
    random = trial.random
    zone = random.choice(ZONES)
    lines = workshop.history(random, random.choice((300, 900, 1_500)), partners=random.choice((5, 40, 200)))
    reference = workshop.found(trial, "reference", zone)
    workshop.take_in(trial, reference, lines)
    wanted = outcome(trial, reference)
    for number in range(3):
        store = workshop.found(trial, f"variant-{number}", zone)
        words = feed(trial, store, lines)
        there = outcome(trial, store, **surroundings(random))
        demand(there == wanted, f"{there}, not {wanted}, from {words}")
    # A batch an event costs a flush an event: the first of the history will do.
    singly, together = (workshop.found(trial, name, zone) for name in ("singly", "together"))
    workshop.take_in(trial, singly, lines[:50], "--batch", "1")
    workshop.take_in(trial, together, lines[:50])
    demand(outcome(trial, singly) == outcome(trial, together), "batches of 1 decide otherwise")
    workshop.check(trial, reference)


def outcome(trial, store, **how):
    """What must be the same: the digest, and every byte of the log."""
    log = trial.must("export", "--log", "--store", store, **how).output
    return {**workshop.digest(trial, store, **how), "log": hashlib.sha256(log).hexdigest()}


def surroundings(random):
    """Variables that may not change an answer."""
    chosen = {"LC_ALL": random.choice(LOCALES), "LANG": random.choice(LOCALES), "TZ": random.choice(PLACES),
              "COLUMNS": str(random.randint(1, 300)), "MUSTER_UNKNOWN": "x" * random.randrange(5_000)}
    if random.random() < 0.5:
        chosen["SWIFT_DETERMINISTIC_HASHING"] = "1"
    return {"environment": chosen}


def feed(trial, store, lines):
    """Feeds the lines in one of many ways; gives the way in words."""
    random = trial.random
    binary = random.choice(binaries(trial))
    batch = random.choice(BATCHES)
    mask = random.choice(("022", "077", "002"))
    place = random.choice(("/", str(trial.directory), "/usr/share"))
    around = surroundings(random)["environment"]
    pieces = random.choice((1, 1, 2, 5))
    ends = sorted(random.randrange(len(lines) + 1) for _ in range(pieces - 1)) + [len(lines)]
    words = f"pieces {ends}, batch {batch}, {binary}, umask {mask}, in {place}, {around}"
    begin = 0
    for end in ends:
        # A batch of 1 flushes for each event: not for long inputs.
        size = max(batch, (end - begin) // 60, 1)
        done = trial.run(["sh", "-c", f'umask {mask}; cd "{place}"; exec "$@"', "sh", binary, "ingest", "--store", store,
                          "--batch", size], input=b"".join(lines[begin:end]), environment=around)
        demand(done.status == 0, f"{words}: {done}")
        # What was taken in already changes nothing.
        begin = max(0, end - random.choice((0, 0, 10)))
    return words


def binaries(trial):
    """The binary, and one of a debug build where there is one of the same sources."""
    debug = Path(os.environ.get("MUSTER_DEBUG", PROJECT / ".build-check/debug/muster"))
    if not debug.exists():
        return [trial.muster_path]
    newest = max(path.stat().st_mtime for path in (PROJECT / "Sources").rglob("*.swift"))
    if "MUSTER_DEBUG" not in os.environ and debug.stat().st_mtime < newest:
        return [trial.muster_path]
    return [trial.muster_path, str(debug)]


def golden(trial, log):
    """A log of an earlier release decides what it decided, and its records have the same bytes."""
    wanted = json.loads((log / "is.json").read_text())
    store = trial.directory / log.name
    trial.must("import", log / "program.ndjson", "--store", store)
    # The first record says which format it is of, and the hashes cover it.
    records = [line for line in trial.must("export", "--log", "--store", store).output.splitlines(keepends=True)
               if line.startswith(b'{"seq"')][1:]
    there = {**workshop.digest(trial, store, **surroundings(trial.random)),
             "records": hashlib.sha256(b"".join(records)).hexdigest()}
    demand(there == wanted, f"the golden log {log.name} comes to {there}, not {wanted}")
    exported = trial.must("export", "--store", store).output
    demand(exported == (log / "program.ndjson").read_bytes(), f"the golden log {log.name} is exported otherwise")
