"""How time and memory grow, each cause times ten, as a table and a plot."""

import shutil
from dataclasses import replace

import plot
from muster import Store, written
from report import amount, median
from workload import Workload

FACTORS = (1, 3, 10)
MIB = 1 << 20


class Point:
    """What one store of one size cost; `ask` times a past membership and opening to write."""

    def __init__(self, bench, program, path, lines, runs):
        costs = []
        for _ in range(runs):
            store = Store(bench.scratch, program, "growth")
            costs.append(store.ingest(path)[1])
        self.store = store
        self.cpu = median(cost.cpu for cost in costs) / lines * 1e6
        self.memory = median(cost.anonymous for cost in costs) / MIB
        self.bytes = store.stats()["bytes"] / lines

    def ask(self, at, runs):
        store = self.store
        members = store.members()
        largest = max(members, key=members.get)
        words = ("members", largest, "--at", written(at))
        self.members = median(store.run(*words)[1].wall * 1e3 for _ in range(runs))
        self.opening = median(store.run("ingest", "/dev/null")[1].wall * 1e3 for _ in range(runs))

    def row(self, name):
        return [name, self.cpu, self.memory, self.bytes, self.members, self.opening]


HEAD = ["CPU µs an event", "MiB without mapped pages", "bytes an event on disk",
        "past members, ms", "opening to write, ms"]


def split(path, first, then):
    """The first lines of a file, and those that come next, as two files."""
    heads = [path.with_suffix(f".{first}.head"), path.with_suffix(f".{first}.next")]
    with path.open("rb") as source:
        for target, count in zip(heads, (first, then)):
            with target.open("wb") as file:
                file.writelines(line for line, _ in zip(source, range(count)))
    return heads


def growth(bench):
    """Events, partners, segments and history, each times 3 and 10."""
    events, runs = bench.given.growth_events, bench.given.runs
    base = Workload(max(100, events // 10), events, days=30)
    bench.heading(f"Growth from {base}, 14 segments; `--growth-events {events}`")
    rows, lines = [], {}

    def cause(name, points):
        """Rows of one cause; a point is a label and a Point."""
        found = [point.cpu for _, point in points]
        lines[name] = found
        for factor, (label, point) in zip(FACTORS, points):
            rows.append(point.row(f"{name} × {factor}: {label}"))
            bench.report.keep("growth", cause=name, factor=factor, label=label, cpu=point.cpu,
                              memory=point.memory, bytes=point.bytes, members=point.members,
                              opening=point.opening)
        bench.report.say(f"{name}: {', '.join(amount(cpu) for cpu in found)} µs an event")

    def measured(load, count):
        point = Point(bench, bench.program(count, False), load.scattered(bench.scratch), load.events,
                      runs)
        point.ask(load.end - 15 * 86_400_000_000, runs)
        return point

    cause("events", [(f"{events * factor:,}", measured(replace(base, events=events * factor), 14))
                     for factor in FACTORS])
    # Enough events for the most partners, and all partners alike, so that all of them are there.
    crowd = replace(base, events=events * 3, skew=1.0)
    cause("partners", [(f"{base.partners * factor:,}",
                        measured(replace(crowd, partners=base.partners * factor), 14))
                       for factor in FACTORS])
    cause("segments", [(str(10 * factor), measured(base, 10 * factor)) for factor in FACTORS])

    # History: what the next events cost in a store that already holds so many.
    whole = replace(base, events=events * 11, days=90)
    following = []
    for factor in FACTORS:
        head, tail = split(whole.scattered(bench.scratch), events * factor, events)
        point = Point(bench, bench.program(14, False), head, events * factor, 1)
        kept = point.store.path.with_name("growth-kept")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(point.store.path, kept)
        nothing = [point.store.run("ingest", "/dev/null")[1] for _ in range(runs)]
        costs = []
        for _ in range(runs):
            shutil.rmtree(point.store.path)
            shutil.copytree(kept, point.store.path)
            costs.append(point.store.ingest(tail)[1])
        # Opening is a figure of its own.
        point.cpu = (median(c.cpu for c in costs) - median(c.cpu for c in nothing)) / events * 1e6
        point.memory = median(cost.anonymous for cost in costs) / MIB
        point.ask(whole.end - 89 * 86_400_000_000, runs)
        following.append((f"the next {events:,} after {events * factor:,}", point))
        shutil.rmtree(kept)
    cause("history", following)
    bench.report.table("growth", HEAD, rows)
    picture = bench.report.folder / "growth.svg"
    picture.write_text(plot.growth(FACTORS, lines), encoding="utf-8")
    bench.report.text(f"The plot: {picture.name}")
