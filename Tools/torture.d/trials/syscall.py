"""Kills at system calls."""

import calls
import scripts

ABOUT = "killed at every system call that touches the store or tells somebody, some again while they recover"
SHORT = 75


def watched(trial, step):
    """The calls of a step that touch the store or tell somebody: (call, its number)."""
    return calls.touching(trial, step, trial.directory)


def total(trial):
    return len(scripts.points(trial, watched))


def trial(trial):
    points = scripts.points(trial, watched)
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
