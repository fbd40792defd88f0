"""A call that fails, and then a loss of power."""

import copy
import errno
import shutil
import tempfile
from pathlib import Path
from random import Random

import images
import scripts
import shim
from disk import Disk
from trial import Failure, demand

ABOUT = "a write or flush fails, other commands follow, and power is lost: what was told is there, nothing is damaged"
SHORT = 12

IMAGES = 2
# `meta`: a write of a meta page, which LMDB answers by putting the old one back.
FAULTS = [("meta", "EIO", "after"), ("write", "EIO", "once"), ("meta", "EIO", "after"), ("sync", "EIO", "after"),
          ("meta", "EIO", "kill"), ("sync", "EIO", "once"), ("write", "ENOSPC", "half"), ("write", "EIO", "kill")]

# What comes after the fault: not what failed, so that other pages are written.
AFTERWARDS = [["advance", "--to", "2026-03-09", "--store", "store"],
              ["ingest", "other.ndjson", "--batch", "2", "--emit", "acks", "--store", "store"],
              ["apply", "other.yaml", "--store", "store"]]

OTHER = "segments: [{ id: other, match: { clicks: { at_least: 1 } } }]\n"

_plans = {}


def plan(trial):
    """An uninterrupted run whose stages trials begin at."""
    if trial.seed not in _plans:
        there = trial.directory
        trial.directory = Path(tempfile.mkdtemp(prefix="shock-plan-", dir=there.parent))
        random = Random(f"shock/{trial.seed}")
        steps = scripts.script(trial.directory, random, events=30, copies=False, batch=(4, 4))
        others = scripts.history(random, 20, "c", days=8)
        (trial.directory / "other.ndjson").write_text("".join(f"{line}\n" for line in others))
        (trial.directory / "other.yaml").write_text(OTHER)
        _plans[trial.seed] = scripts.Reference(trial, steps, keeps_stages=True), others
        trial.directory = there
    return _plans[trial.seed]


def metas_of(trial, step, record):
    """Which writes of a step are those of meta pages, by their numbers from 1."""
    shim.run(trial, step.words, record=record)
    writes = [call for call in shim.recorded(record, step) if call.kind == "w"]
    return [number for number, call in enumerate(writes, 1) if call.is_durable]


def trial(trial):
    (reference, others), random = plan(trial), trial.random
    number = random.randrange(1, len(reference.steps))
    step = reference.steps[number]
    told = scripts.begin_at(trial, reference, number)
    disk = Disk()
    disk.load(trial.directory)
    call, error, how = FAULTS[trial.number % len(FAULTS)]
    record = trial.directory.parent / f"{trial.directory.name}-record"
    if call == "meta":
        metas = metas_of(trial, step, record)
        call, when = "write", random.choice(metas)
        shutil.rmtree(trial.directory)
        scripts.begin_at(trial, reference, number)
    else:
        when = random.randrange(1, 12)
    fault = f"{call}:{when}:{getattr(errno, error)}:{how}"
    shim.run(trial, step.words, fault=fault, record=record)
    calls = shim.recorded(record, step)
    for words in random.sample(AFTERWARDS, 2):
        after = scripts.Step(*words, statuses=(0, 65), lines=others)
        done = shim.run(trial, words, record=record)
        demand(done.status in after.statuses, f"{step}, {fault}, then {after}: {done}")
        calls += shim.recorded(record, after)
    # Power is lost after the fault, mostly soon after.
    first = next((index for index, call in enumerate(calls) if call.step is not step), len(calls))
    moment = min(len(calls), first + int(random.random() ** 2 * (len(calls) - first + 1)))
    for call in calls[:moment]:
        disk.do(call)
        if call.kind == "a":
            told.note(call.step, call.data)
    if moment < len(calls):
        disk.do(calls[moment], in_flight=True)
    files = reference.stages[0][0]
    there = trial.directory
    for image in range(IMAGES):
        kind = images.KINDS[(trial.number // len(FAULTS) + image) % len(images.KINDS)]
        trial.directory = there.parent / f"{there.name}-{image}"
        try:
            contents = images.imagine(disk, kind, random)
            store = {name: contents[name] for name in contents if name.startswith("store")}
            images.write(trial.directory, files, store, random)
            audit = trial.muster("audit", "--store", "store")
            demand(audit.status == 0, f"audit: {audit}")
            scripts.demand_told(trial, told)
            told_later = copy.deepcopy(told)
            scripts.say_again(trial, reference.steps, told_later)
            audit = trial.muster("audit", "--store", "store")
            demand(audit.status == 0, f"audit after all was said again: {audit}")
            scripts.demand_told(trial, told_later)
        except Failure as failure:
            raise Failure(f"{step}, {fault}, then lost power during {calls[moment:moment + 1]}, {kind}: "
                          f"{failure}") from None
        finally:
            shutil.rmtree(trial.directory, ignore_errors=True)
            trial.directory = there
