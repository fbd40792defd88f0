"""Losses of power."""

import copy
import hashlib
import itertools
import json
import tempfile
from pathlib import Path
from random import Random

import images
import scripts
import shim
from disk import Disk
from trial import Failure, demand

ABOUT = "power lost at any moment: the images that the disk may hold then, opened, checked and fed again"
SHORT = 60

# Images of one moment that a trial looks at, and how many trials go by between two that say the script again.
IMAGES = 5
WHOLE_EVERY = 10
TRIALS_PER_SCRIPT = 20

_plans = {}


class Plan:
    """A script that was recorded: the uninterrupted run, all changes, and what each step left."""

    def __init__(self, trial, number):
        there = trial.directory
        trial.directory = Path(tempfile.mkdtemp(prefix="power-plan-", dir=there.parent))
        random = Random(f"power/{trial.seed}/{number}")
        emits = number % 3 != 2
        events = random.choice([16, 40, 120])
        self.files = trial.directory
        self.steps = scripts.script(trial.directory, random, events=events, emits=emits)
        self.calls, ended = [], itertools.count()
        record = trial.directory / "record"

        def run(words):
            done, number = shim.run(trial, words, record=record), next(ended)
            self.calls += shim.recorded(record, number)
            # The end of the process tells too.
            self.calls.append(shim.Call("x", "", step=number))
            return done

        self.whole_copies = set()  # hashes of the data files of copies that were checked
        self.reference = scripts.Reference(trial, self.steps, run=run)
        trial.directory = there


def plan(trial):
    number = trial.number // TRIALS_PER_SCRIPT
    if (trial.seed, number) not in _plans:
        _plans.clear()
        _plans[trial.seed, number] = Plan(trial, number)
    return _plans[trial.seed, number]


def trial(trial):
    made, random = plan(trial), trial.random
    # An evenly spread sequence of moments, whatever the number of trials.
    moment = int(trial.number * 0.6180339887 % 1 * (len(made.calls) + 1))
    told, ended = scripts.Told(), -1
    disk = Disk()
    for call in made.calls[:moment]:
        disk.do(call)
        if call.kind == "a":
            told.note(made.steps[call.step], call.data)
        elif call.kind == "x":
            ended = call.step
    if moment < len(made.calls):
        disk.do(made.calls[moment], in_flight=True)
    seen = set()
    for number in range(IMAGES):
        kind = images.KINDS[(trial.number + number) % len(images.KINDS)]
        image = images.imagine(disk, kind, random)
        name = hashlib.sha256(repr(sorted(image.items())).encode()).digest()
        if name in seen:
            continue
        seen.add(name)
        trial.counts["images"] = len(seen)
        there, trial.directory = trial.directory, trial.directory / str(number)
        try:
            images.write(trial.directory, made.files, image, random)
            look(trial, made, ended, told)
            if number == 0 and trial.number % WHOLE_EVERY == 0:
                told_later = copy.deepcopy(told)
                scripts.say_again(trial, made.steps, told_later)
                scripts.demand_same(trial, made.reference, told_later)
        except Failure as failure:
            moment_words = made.calls[moment] if moment < len(made.calls) else "the end"
            raise Failure(f"image {number}, {kind}, power lost during {moment_words}, "
                          f"{made.steps[min(ended + 1, len(made.steps) - 1)]}: {failure}") from None
        finally:
            trial.directory = there


def look(trial, made, ended, told):
    """Checks one image: what ended before is there, and nothing else than a part of the uninterrupted run."""
    for number, step in enumerate(made.steps):
        if step.makes in (None, "store"):
            continue
        if number <= ended or (trial.directory / step.makes).exists():
            content = hashlib.sha256((trial.directory / step.makes / "data.mdb").read_bytes()).digest()
            if content not in made.whole_copies:
                digest = trial.must("digest", "--store", step.makes).text
                demand(digest == made.reference.digest, f"{step.makes} is another store")
                made.whole_copies.add(content)
    audit = trial.muster("audit", "--store", "store")
    if ended < 0 and audit.status == 66:
        return
    demand(audit.status == 0, f"audit: {audit}")
    log = scripts.log(trial)
    demand(made.reference.log is None or made.reference.log.startswith(log),
           "the log is none of the uninterrupted run")
    count = len(log.splitlines())
    demand(ended < 0 or count >= made.reference.lengths[ended],
           f"{made.steps[max(ended, 0)]} had ended, and the log has {count} records")
    scripts.demand_told(trial, told, records=log)
    if made.reference.delivers:
        demand_mailed(trial)


def demand_mailed(trial):
    """Demands that the mails that the store calls delivered are on disk."""
    rows = trial.must("sends", "--status", "delivered", "--format", "ndjson", "--store", "store").text
    for line in rows.splitlines():
        send = json.loads(line)["send"]
        demand((trial.directory / "mail" / "new" / send).exists(), f"is delivered, and lost: {send}")
