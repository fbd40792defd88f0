"""Random conditions over random histories: at every flip and a microsecond to either side of it, and at any
other instants, the program's members are the naive ones; as it was known then, and in hindsight.

A store is asked at some instants; `muster test` is asked at many more, for all segments, in one process.
"""

import datetime
import json

import checker
from checker import instants
from invent import pools
from invent.conditions import written
from invent.definitions import Definitions
from invent.events import Events, text_of
from trial import demand

ABOUT = "random conditions and histories: members at flips ±1 µs and at any instants are the naive ones"
SHORT = 4
FLIPS, OTHERS, ASKED = 120, 60, 6


def trial(trial):
    chance = trial.random
    zone, near = chance.choice(pools.ZONES)
    day = datetime.date.fromisoformat(near) - datetime.timedelta(days=chance.randint(1, 12))
    start = instants.parse(f"{day.isoformat()}T{chance.randint(0, 23):02}:30:00Z")
    span = (day - datetime.timedelta(days=10), day + datetime.timedelta(days=40))
    topics = pools.topics(chance)
    definitions = Definitions(chance, span, topics, segments=24, workflows=2, automations=2)
    events = Events(
        chance,
        start,
        topics,
        late=chance.choice((0, 0.1, 0.3)),
        duplicates=0,
        wrong=0,
        gap=chance.choice((600, 3600, 10_000)),
    )
    lines = [events.line() for _ in range(250)]
    end = events.now + int(chance.random() * 40 * instants.DAY)
    store = trial.directory / "store"
    (trial.directory / "rules.json").write_text(definitions.file())
    trial.must("init", "--timezone", zone, "--currency", "USD", "--name", "acme", "--store", store)
    trial.must("apply", "rules.json", "--store", store)
    trial.must("ingest", "--store", store, "--batch", "64", input=text_of(lines))
    trial.must("advance", "--to", instants.written(end), "--store", store)
    checked = checker.check(trial, store, thorough=False, questions=ASKED)
    world = checked.world
    trial.counts = {"comparisons": checked.compared + ask_scenario(trial, world, lines, zone)}


def moments(world, chance):
    """Flips and the microseconds beside them, and any other instants."""
    first = next(record.at for record in world.records if record.at is not None)
    flips = sorted({move.at for move in world.transitions})
    asked = {flip + aside for flip in chance.sample(flips, min(FLIPS, len(flips))) for aside in (-1, 0, 1)}
    asked |= {chance.randint(first, world.now) for _ in range(OTHERS)}
    return sorted(one for one in asked if first <= one <= world.now)


def ask_scenario(trial, world, lines, zone):
    """Lets the same happen in a scenario, with what the naive world says as its expectation."""
    asked = moments(world, trial.random)
    steps = {}
    for record, line in zip(
        [record for record in world.records if record.kind == "event"], lines, strict=True
    ):
        steps.setdefault(record.at, ([], []))[0].append(line.text.decode())
    expected = Timeline(world)
    for instant in asked:
        steps.setdefault(instant, ([], []))[1].append(written(expected.at(instant)))
    rows = []
    for at, (events, members) in sorted(steps.items()):
        parts = [f'"at": "{instants.written(at)}"']
        if events:
            parts.append(f'"events": [{", ".join(events)}]')
        if members:
            parts.append(f'"expect": {{"members": {members[0]}}}')
        rows.append("{" + ", ".join(parts) + "}")
    text = (
        '{"scenario": "model", "definitions": ["rules.json"], "program": '
        + json.dumps({"name": "acme", "timezone": zone, "currency": "USD"})
        + ', "steps": [\n'
        + ",\n".join(rows)
        + "]}\n"
    )
    (trial.directory / "model.json").write_text(text)
    done = checker.documented(trial.muster("test", "model.json"), "test")
    demand(done.status == 0, f"the naive members at {len(asked)} instants differ: {done}")
    return len(asked) * len(world.program.segments) * len(world.partners)


class Timeline:
    """Who is in which segment as time goes on; asked in ascending order."""

    def __init__(self, world):
        self.world, self.place = world, 0
        self.members = {segment: set() for segment in world.program.segments}

    def at(self, instant):
        moves = self.world.transitions
        while self.place < len(moves) and moves[self.place].at <= instant:
            move = moves[self.place]
            (self.members[move.segment].add if move.entered else self.members[move.segment].discard)(
                move.partner
            )
            self.place += 1
        return {
            segment: [self.world.partners[number].name for number in sorted(there)]
            for segment, there in self.members.items()
        }
