"""How long the figures will take: a short run of Muster here, and rates of the peers from before."""

import shutil

import figures
from muster import Store
from workload import Workload

# Seconds a peer takes for a million events with 14 and with 100 segments, measured once.
PEERS = {"python": (60, 150), "sqlite": (100, 250), "postgres": (150, 350),
         "postgres-trigger": (320, 1500), "duckdb": (300, 900)}
GENERATED = 8e-6  # seconds an event to make the input, with both sorts of ids


def rates(bench):
    """Seconds an event of Muster with 14 and 100 segments, from 20,000 of them."""
    load = Workload(2000, 20_000, days=30)
    found = []
    for count in (14, 100):
        store = Store(bench.scratch, bench.program(count, True), "rates")
        found.append(store.ingest(load.scattered(bench.scratch))[1].wall / load.events)
        shutil.rmtree(store.path)
    return found


def seconds(bench):
    """Figure → seconds, roughly."""
    given = bench.given
    few, many = rates(bench)
    both = few + many
    events = sum(load.events for load in bench.loads())
    store = figures.large_load(given).events
    found = {
        "ingest": events * (GENERATED + given.runs * (1e-6 + 3 * both)),
        "history": events * (GENERATED + given.runs * (1e-6 + both)),
        # Made by whichever of these comes first.
        "members": 10 * given.runs, "replay": given.runs * store * many, "opening": 20 * given.runs,
        "single": 10, "hours": 10 * given.runs,
        "growth": given.growth_events * (20 * GENERATED + given.runs * (33 * few + 5 * many)),
        "peers": 0,
    }
    for name, times in PEERS.items():
        if given.only and name not in given.only:
            continue
        for count, time in zip((14, 100), times):
            if count in given.segments:
                one = min(given.limit, time * given.events / 1e6)
                found["peers"] += one * max(1, min(given.runs, given.patience / one))
    found["peers"] += given.events * (given.runs * 4 * both + 4e-4)
    if {"members", "replay", "opening", "single", "hours"} & set(given.figures):
        first = next(name for name in given.figures
                     if name in ("members", "replay", "opening", "single", "hours"))
        found[first] += store * (GENERATED + many)
    return {name: found[name] for name in given.figures}


def say(bench):
    expected = seconds(bench)
    for name, time in expected.items():
        bench.report.say(f"{name}: about {max(1, round(time / 60))} min")
    bench.report.say(f"in all about {max(1, round(sum(expected.values()) / 60))} min")
