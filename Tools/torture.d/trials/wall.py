"""Under the wall clock, with events that lie ahead of it: they are applied at `now`, and windows over them open
when their time comes. Chance comes from the seed; the instants lie about the moment at which the trial runs.
"""

import time

import checker
from checker import instants
from invent import pools
from invent.definitions import Definitions
from invent.events import Events, text_of
from trial import demand

ABOUT = "the wall clock: events up to five minutes ahead of it, mixed with the event clock; then the checker"
SHORT = 3
AHEAD = 280 * instants.SECOND  # less than the five minutes that are allowed, by what a slow machine takes
LENGTHS = [{"minutes": 1}, {"minutes": 2}, {"minutes": 3}, {"hours": 1}]


class Soon(Events):
    """Events that follow each other by seconds, from a minute ago until nearly five minutes ahead."""

    def next(self):
        return min(self.now + self.chance.randint(0, 3 * instants.SECOND), self.latest)

    def late(self):
        return self.now - self.chance.randint(0, 90 * instants.SECOND)


def trial(trial):
    chance = trial.random
    wall = time.time_ns() // 1000
    day = instants.date_of(wall // instants.DAY)
    topics = pools.topics(chance)
    events = Soon(chance, wall - 60 * instants.SECOND, topics, wrong=0)
    events.latest = wall + AHEAD
    definitions = Definitions(chance, (day, day), topics, segments=10, lengths=LENGTHS)
    store = trial.directory / "store"
    trial.must("init", "--timezone", chance.choice(pools.ZONES)[0], "--currency", "USD", "--store", store)
    fed = []
    for part in range(4):
        if part < 2:
            (trial.directory / "rules.json").write_text(definitions.file())
            trial.must("apply", "rules.json", "--prune", "--store", store)
            definitions.change()
        lines = [events.line() for _ in range(60)]
        clock = "wall" if part < 3 else "event"
        done = trial.muster("ingest", "--clock", clock, "--store", store, input=text_of(lines))
        conflicts = any(line.outcome == "id_conflict" for line in lines)
        demand(done.status == (65 if conflicts else 0), f"ingest: {done}")
        fed += [line.text for line in lines if line.outcome == "accepted"]
    trial.must("advance", "--to", instants.written(wall + AHEAD), "--store", store)
    checker.check(trial, store, acked=fed)
