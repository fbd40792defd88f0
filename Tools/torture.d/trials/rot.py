"""Bit rot: one flipped bit in the data file of a small store.

Either `audit` finds it, or it lies where nothing is kept: then every answer is what it was, and the store can be
written further and still audits. Where it lies in a row, and not in what LMDB keeps of its pages, the answer is what it
was, or none. What any command does with a damaged store ends in a documented status with a
message: no signal, no hang, no memory without bound. The short form spreads its flips over the file; the number of a
trial is the byte, and chance chooses the bit. `sweep` goes through all bytes.
"""

import json
import shutil

import checker
import specimen
from trial import Failure, demand

ABOUT = "one bit of the data file flipped: audit finds it, or no answer changes"
SHORT = 500

QUESTIONS = [
    ["digest"],
    ["sends", "--format", "ndjson"],
    ["report"],
    ["export", "--log"],
    ["members", "quiet", "--at", "2026-03-08", "--format", "ndjson"],
    ["runs"],
    ["partner", "p5"],
    ["segments"],
    ["stats"],
    ["explain", "member", "quiet", "p3"],
    ["members", "quiet", "--at", "2026-03-05", "--known-at", "2026-03-10"],
    ["forecast", "quiet", "--to", "2026-03-20"],
    ["preview", "quiet"],
    ["timezone"],
]
LINE = (b'{"id":"after","type":"action.recorded","partner":"p1","time":"2026-03-14T13:00:00Z","amount":"5"}\n'
        b'{"id":"new","type":"partner.joined","partner":"new","time":"2026-03-14T13:00:00Z"}\n')
WRITES = [
    (["ingest"], LINE),
    (["advance", "--to", "2026-03-16"], b""),
    (["deliver", "--to", "stdout", "--from", "a@example.com", "--max-age", "9999d"], b""),
    (["backup", "copy"], b""),
]
DOCUMENTED = {0, 1, 65, 73, 74}
MEMORY = 4 << 30


def store_of(trial):
    """The undamaged store, made once for all trials of a run, with what it answers."""
    place = trial.directory.parent / "rot-specimen"
    if not (place / "answers.json").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        specimen.make(trial, place / "store")
        for name in ("lock.mdb", "turnstile.lock", "writer.lock", "deliver.lock"):
            (place / "store" / name).unlink(missing_ok=True)
        answers = [trial.must(*words, "--store", place / "store").text for words in QUESTIONS]
        (place / "answers.json").write_text(json.dumps(answers))
    return place / "store", json.loads((place / "answers.json").read_text())


def total(trial):
    return (store_of(trial)[0] / "data.mdb").stat().st_size


def limited(trial, words, store, input=b""):
    """Runs a command on a damaged store, with bounded memory and time, and looks at how it ended."""
    done = trial.run(["prlimit", f"--as={MEMORY}", "--core=0", trial.muster_path, *words, "--store", store],
                     input=input, timeout=30, environment={"SWIFT_BACKTRACE": "enable=no"})
    demand(done.status in DOCUMENTED, f"muster {' '.join(words)} on the damaged store: {done}")
    if done.status not in (0, 1):
        demand(b"error: " in done.errors, f"muster {' '.join(words)} ends without a message: {done}")
        demand(b"impossible" not in done.errors, f"muster {' '.join(words)} runs into a check of its own: {done}")
    demand(len(done.errors) < 20_000, f"muster {' '.join(words)} says too much")
    return done


def trial(trial):
    source, answers = store_of(trial)
    data = (source / "data.mdb").read_bytes()
    flip(trial, data, [trial.number % len(data)], answers, look)


def flip(trial, data, places, answers, judge):
    """Makes a store of the data with one bit flipped, by chance, in the byte at each place, and has it judged."""
    damaged, bits = bytearray(data), [trial.random.randrange(8) for _ in places]
    for at, bit in zip(places, bits):
        damaged[at] ^= 1 << bit
    store = trial.directory / "store"
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir()
    (store / "data.mdb").write_bytes(damaged)
    at = places[0]
    words = f"bit {bits[0]} of byte {at} (page {at // 4096}, byte {at % 4096})"
    if len(places) > 1:
        words += f" and one in each of the {len(places) - 1} bytes behind it"
    try:
        return judge(trial, store, answers)
    except Failure as failure:
        raise Failure(f"{words} flipped: {failure}") from None


def look(trial, store, answers):
    audit = limited(trial, ["audit", "--format", "ndjson"], store)
    if audit.status != 0:
        use(trial, store, None if hides_rows(audit) else answers)
        return
    # Not found: nothing may differ. Chance chooses what is asked, now and then all.
    chosen = range(len(QUESTIONS)) if trial.number % 16 == 0 else [trial.random.randrange(len(QUESTIONS))]
    demand_same(trial, store, answers, chosen)
    if trial.number % 4 == 0:
        demand_writable(trial, store)
    if trial.number % 64 == 0:
        checker.check(trial, store, thorough=False)


def hides_rows(audit):
    """Whether an audit found what LMDB keeps of its pages wrong: any row may be out of sight then."""
    if audit.status != 1:
        return True
    row = json.loads(audit.text)
    return "expected" in row and row["expected"].endswith("can be read from here on") \
        and not row["found"].endswith("is not what was written")


def use(trial, store, answers):
    """Does any other thing with a store whose damage the audit found: that may fail, but in order."""
    index = trial.random.randrange(len(QUESTIONS))
    done = limited(trial, QUESTIONS[index], store)
    if answers is not None and done.status == 0:
        demand(done.text == answers[index], f"muster {' '.join(QUESTIONS[index])} answers otherwise")
    words, input = trial.random.choice(WRITES)
    limited(trial, words, store, input)


def demand_same(trial, store, answers, chosen):
    """Demands that a store in which the audit found nothing answers these questions as it did."""
    for index in chosen:
        done = limited(trial, QUESTIONS[index], store)
        words = " ".join(QUESTIONS[index])
        demand(done.status == 0, f"audit finds nothing, and muster {words} fails: {done}")
        demand(done.text == answers[index], f"audit finds nothing, and muster {words} answers otherwise")


def demand_writable(trial, store):
    """Demands that a store in which the audit found nothing can be written, and that it finds nothing then."""
    for words, input in WRITES[:2]:
        done = limited(trial, words, store, input)
        demand(done.status == 0, f"audit finds nothing, and muster {' '.join(words)} fails: {done}")
    after = limited(trial, ["audit"], store)
    demand(after.status == 0, f"audit found nothing, but does after two commits: {after}")
