"""Kills at system calls."""

import shutil
import tempfile
from pathlib import Path
from random import Random

import calls
import scripts

ABOUT = "killed at every system call that touches the store or tells somebody, some again while they recover"
SHORT = 75

_plans = {}


def plan(trial):
    """The uninterrupted runs of a seed, and all points: (run, number of the step, call, number of the call)."""
    if trial.seed not in _plans:
        there, points = trial.directory, []
        for emits in (True, False):
            trial.directory = Path(tempfile.mkdtemp(prefix="syscall-plan-", dir=there.parent))
            random = Random(f"syscall/{trial.seed}")
            steps = scripts.script(trial.directory, random, events=16, emits=emits, copies=emits, batch=(6, 4))
            reference = scripts.Reference(trial, steps, keeps_stages=True)
            for number, step in enumerate(steps):
                # The second run differs from the first by its deliveries.
                if emits or step.words[0] == "deliver":
                    points += [(reference, number, *point) for point in counted(trial, reference, number)]
        trial.directory = there
        _plans[trial.seed] = points
    return _plans[trial.seed]


def counted(trial, reference, number):
    shutil.rmtree(trial.directory)
    trial.directory.mkdir()
    scripts.begin_at(trial, reference, number)
    return calls.touching(trial, reference.steps[number], trial.directory)


def total(trial):
    return len(plan(trial))


def trial(trial):
    points = plan(trial)
    reference, number, call, when = points[trial.number]
    step = reference.steps[number]
    told = scripts.begin_at(trial, reference, number)
    told.note(step, calls.killed(trial, step, call, when).output)
    scripts.demand_told(trial, told)
    if trial.random.random() < 0.25 and step.words[0] != "init" and scripts.make_way(trial, step):
        _, _, call, when = trial.random.choice([point for point in points if point[:2] == (reference, number)])
        # Recovery need not come so far: what was done is not done again.
        told.note(step, calls.killed(trial, step, call, when, may_end=True).output)
        scripts.demand_told(trial, told)
    again = scripts.to_say_again(reference, number, trial.random)
    scripts.say_again(trial, again, told)
    scripts.demand_same(trial, reference, told, again)
