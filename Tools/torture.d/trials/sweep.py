"""Bit rot, byte after byte: a flipped bit in each byte of the data file of `rot`'s store.

A trial is a stretch of bytes. Flipped all together they mostly lie where something is kept, and the audit finds
that; then each is flipped alone, and has to be found too or to change no answer. Where the audit finds nothing in the
whole stretch, no answer may differ, the store can be written further, and nothing of the stretch is ever read.
"""

from trials import rot

ABOUT = "a bit of every byte of the data file flipped in turn: audit finds it, or no answer changes"
SHORT = 6
STRETCH = 64
# One of so many flips that the audit finds is also met by other commands.
USED_EVERY = 8


def total(trial):
    return rot.total(trial) // STRETCH


def trial(trial):
    source, answers = rot.store_of(trial)
    data = (source / "data.mdb").read_bytes()
    places = range(trial.number * STRETCH, (trial.number + 1) * STRETCH)
    found = sum(rot.flip(trial, data, [at], answers, look_at_one) for at in places) \
        if rot.flip(trial, data, places, answers, look_at_all) else 0
    trial.counts = {"bytes": STRETCH, "found by audit": found}


def look_at_all(trial, store, answers):
    """Whether the audit finds a whole stretch of flips."""
    if rot.limited(trial, ["audit"], store).status != 0:
        return True
    rot.demand_same(trial, store, answers, range(len(rot.QUESTIONS)))
    rot.demand_writable(trial, store)
    return False


def look_at_one(trial, store, answers):
    """Whether the audit finds one flip."""
    audit = rot.limited(trial, ["audit", "--format", "ndjson"], store)
    if audit.status == 0:
        rot.demand_same(trial, store, answers, [trial.random.randrange(len(rot.QUESTIONS))])
        return False
    if trial.random.randrange(USED_EVERY) == 0:
        rot.use(trial, store, None if rot.hides_rows(audit) else answers)
    return True
