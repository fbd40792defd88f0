"""Calls that fail."""

import errno

import scripts
import shim
from trial import demand

ABOUT = "each call that touches the store fails once, from then on, or is cut short: a documented end, nothing lost"
SHORT = 70

# What may go wrong with a call of a kind (calls.c).
FAULTS = {
    "open": [("EIO", "once"), ("EMFILE", "once"), ("EACCES", "once")],
    "create": [("ENOSPC", "once"), ("EIO", "on")],
    "write": [("ENOSPC", "once"), ("ENOSPC", "on"), ("EDQUOT", "on"), ("EIO", "once"), ("EIO", "after"),
              ("EINTR", "once"), ("ENOSPC", "half")],
    "sync": [("EIO", "once"), ("EIO", "on"), ("EIO", "after"), ("ENOSPC", "once"), ("EINTR", "once")],
    "truncate": [("ENOSPC", "once"), ("EIO", "once")],
    "room": [("ENOSPC", "once"), ("EDQUOT", "on"), ("EIO", "once")],
    "rename": [("EIO", "once"), ("ENOSPC", "once"), ("EIO", "after")],
    "mkdir": [("ENOSPC", "once"), ("EIO", "on")],
    "remove": [("EIO", "once"), ("EIO", "on")],
    "map": [("ENOMEM", "once"), ("ENOMEM", "on")],
    "read": [("EIO", "once"), ("EINTR", "once")],
    "lock": [("EINTR", "once"), ("ENOLCK", "once")],
    "tell": [("ENOSPC", "once"), ("EIO", "on"), ("EINTR", "once"), ("EIO", "half")],
}


def watched(trial, step):
    """The calls of a step, and all that may go wrong with each: (call, its number, error, how)."""
    count = trial.directory / "count"
    done = shim.run(trial, step.words, count=count)
    demand(done.status in step.statuses, f"counting: {done}")
    seen = {}
    for call in count.read_text().split():
        seen[call] = seen.get(call, 0) + 1
        for error, how in FAULTS[call]:
            yield call, seen[call], error, how


def total(trial):
    return len(scripts.points(trial, watched))


def trial(trial):
    reference, number, call, when, error, how = scripts.points(trial, watched)[trial.number]
    step = reference.steps[number]
    told = scripts.begin_at(trial, reference, number)
    fault = f"{call}:{when}:{getattr(errno, error)}:{how}"
    done = shim.run(trial, step.words, fault=fault)
    told.note(step, done.output)
    words = f"{step}, {call} {when} {error} {how}"
    scripts.demand_documented(done, words)
    scripts.demand_told(trial, told)
    if done.status in step.statuses and step.words[0] != "deliver":
        # It says that all is done, so all has to be.
        demand(done.output == reference.outputs[number], f"{words}: ends well and told less: {done}")
        there = len(scripts.log(trial).splitlines())
        demand(there == reference.lengths[number], f"{words}: ends well and lacks records")
    if step.words[0] == "ingest" and b"nothing of the batch was stored" in done.errors:
        there = len(scripts.log(trial).splitlines())
        demand(there == max(told.sequence, reference.lengths[number - 1]),
               f"{words}: there is more than it says: {done}")
    again = scripts.to_say_again(reference, number, trial.random)
    scripts.say_again(trial, again, told)
    scripts.demand_same(trial, reference, told, again)
