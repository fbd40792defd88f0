"""The independent checker: asserts on a store what no trouble may take away (README.md, "What it survives").

It shares no code with the program. It reads a store through documented outputs alone, makes the program's
history again from what came from outside (world.py, conditions.py, facts.py: the rules, line by line), and
compares:

1. what was acknowledged is there: `acked`, `sends`;
2. the log is 1…n without holes, and its chain of hashes holds;
3. what is stored is what a replay gives: `audit`, and an export imported again has the same digest;
4. membership at every instant is the naive one, flips to the microsecond;
5. the decided sends are exactly the naive ones, each once, in order, under their ids; runs and derived events
   too;
6. answers about the past are those given before (`answers`), and those of a store that holds only that prefix;
7. every command ends as documented.
"""

import random

from trial import demand

from . import comparing, instants, past
from .past import remember
from .questions import check_questions
from .store import OUTSIDE, Store, documented, read_json
from .world import World

__all__ = ["check", "check_log", "acknowledged", "remember", "documented", "Checked", "Store"]


class Checked:
    """What a check found: the world made again, and how much was compared."""

    def __init__(self, world, records):
        self.world, self.records, self.compared = world, records, 0


def check_log(trial, store, acked):
    """Asserts only that the log is whole and holds these lines of input: quick, between two steps of a trial."""
    comparing.check_acked(Store(trial, store).log(), acked)


def acknowledged(output):
    """How many lines `--emit acks` has acknowledged in an output that may end anywhere, and the sends in it."""
    lines, sends = 0, b""
    for row in output.splitlines(keepends=True):
        if row.endswith(b"\n"):
            told = read_json(row)
            if "committed" in told:
                lines = int(told["lines"])
            elif "send" in told:
                sends += row
    return lines, sends


def check(trial, store, acked=None, sends=None, answers=None, whole=False, thorough=True, questions=2):
    """Asserts the seven invariants on a store; raises trial.Failure with what is wrong.

    `acked`: lines of input (bytes) that were accepted or found duplicate, and acknowledged.
    `sends`: NDJSON that `ingest --emit sends` printed, bytes; rows may stand there twice.
    `whole`: whether `acked` is all that was ever fed, in this order and under the event clock, and `sends` has
    been printed to its end.
    `answers`: what `remember` gave earlier in the trial.
    `questions`: how many segments to ask each kind of question about the past; 0 for no questions at all.
    `thorough`: whether to make further stores too, of an export and of a prefix.
    """
    asked = Store(trial, store)
    records = asked.log()
    world = replay(records)
    checked = Checked(world, records)
    comparing.check_log(world, records)
    checked.compared += comparing.check_dump(world, asked)
    comparing.check_sends(world, asked)
    comparing.check_stats(world, asked)
    if acked is not None:
        comparing.check_acked(records, acked)
        if whole:
            comparing.check_order(records, acked)
    if sends is not None:
        comparing.check_emitted(world, sends, whole)
    audit = documented(trial.muster("audit", "--store", store), "audit")
    demand(audit.status == 0, f"audit: {audit}")
    chance = random.Random(f"{records[-1]['bytes']} {len(records)}")
    if questions:
        check_questions(world, asked, chance)
        checked.compared += past.check_past(world, asked, chance, questions)
    past.check_answers(asked, answers or [])
    if thorough:
        past.check_exchange(trial, asked)
        past.check_prefix(trial, asked, world, chance)
    return checked


def replay(records):
    """The world that follows from the records that came from outside."""
    world = World()
    for record in records:
        if record["kind"] in OUTSIDE:
            at = None if record["at"] is None else instants.parse(record["at"])
            world.take(record["kind"], at, record["history"], record["content"])
    return world
