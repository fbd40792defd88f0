"""How long the figures will take: a short run of Muster here, and rates of the peers from before."""

import shutil

import figures
from muster import Store
from workload import Workload

# Seconds a peer takes for a million events with 14 and with 100 segments, measured once.
PEERS = {"python": {14: 60, 100: 150}, "sqlite": {14: 100, 100: 250},
         "postgres": {14: 150, 100: 350}, "postgres-trigger": {14: 320, 100: 1500},
         "duckdb": {14: 300, 100: 900}}
GENERATED = 8e-6  # seconds an event to make the input, with both sorts of ids


def rates(bench):
    """Number of segments → seconds an event of Muster, from 20,000 of them."""
    load = Workload(2000, 20_000, days=30)
    found = {}
    for count in (14, 100):
        store = Store(bench.scratch, bench.program(count, True), "rates")
        found[count] = store.ingest(load.scattered(bench.scratch))[1].wall / load.events
        shutil.rmtree(store.path)
    return found


def seconds(bench):
    """Figure → seconds, roughly."""
    given = bench.given
    rate = rates(bench)
    few, many = rate[14], rate[100]
    # Other numbers lie between these; cost grows less than they do.
    chosen = sum(rate[14 if count < 50 else 100] for count in given.segments)
    events = sum(load.events for load in bench.loads())
    store = figures.large_load(given).events
    found = {
        "ingest": events * (GENERATED + given.runs * (1e-6 + 3 * chosen)),
        "history": events * (GENERATED + given.runs * (1e-6 + chosen)),
        # Made by whichever of these comes first.
        "members": 10 * given.runs, "replay": given.runs * store * many, "opening": 20 * given.runs,
        "single": 10, "hours": 10 * given.runs,
        "growth": given.growth_events * (20 * GENERATED + given.runs * (33 * few + 5 * many)),
        "peers": 0,
    }
    for name, times in PEERS.items():
        if given.only and name not in given.only:
            continue
        for count in given.segments:
            one = min(given.limit, times[14 if count < 50 else 100] * given.events / 1e6)
            found["peers"] += one * max(1, min(given.runs, given.patience / one))
    found["peers"] += given.events * (given.runs * 4 * chosen + 4e-4)
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
