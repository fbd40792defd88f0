"""Muster's own figures: ingest beside the floor, and what is asked of a large store."""

import random

import definitions
import instants
from muster import Store, Trouble, compiled, measured, written
from pipe import Pipe
from report import amount, median, quantile, spread
from workload import Workload

BATCH = 100_000  # lines a commit of the floor; as `ingest --batch` by default
MIB = 1 << 20


def floor(bench, path):
    """Costs of reading, parsing and appending the same bytes to LMDB."""
    program = compiled(bench.scratch, "floor", "-llmdb")
    directory, costs = bench.scratch / "floor-store", []
    for _ in range(bench.given.runs):
        bench.fresh(directory)
        costs.append(measured(bench.scratch, [program, path, directory, BATCH])[1])
        bench.report.keep("floor", input=path.name, **vars(costs[-1]))
    return costs


def ingest_row(bench, name, program, path, base=None, hashes=None, pipe=False):
    """Feeds a file `runs` times; a table's row. Digests must agree, also with earlier `hashes`."""
    hashes = set() if hashes is None else hashes
    costs, sizes, lines, sends = [], [], 0, 0
    for _ in range(bench.given.runs):
        store = Store(bench.scratch, program)
        if pipe:
            with open(path, "rb") as file:
                summary, cost = store.ingest("-", stdin=file)
        else:
            summary, cost = store.ingest(path)
        lines, sends = summary["lines"], summary["sends"]
        costs.append(cost)
        sizes.append(store.stats()["bytes"])
        hashes.add(store.digest())
        partners = store.stats()["partners"]
        bench.report.keep("ingest", name=name, input=path.name, lines=lines, sends=sends,
                          partners=partners, bytes=sizes[-1], digest=sorted(hashes)[0],
                          **vars(cost))
        store.remove()
    if len(hashes) != 1:
        raise Trouble(f"{name}: digests differ between runs or kinds of input: {sorted(hashes)}")
    rate = lines / median(cost.wall for cost in costs)
    share = f"{rate * median(c.wall for c in base) / lines:.2f}" if base else "–"
    return [name, spread([lines / cost.wall for cost in costs], 1e-3), share,
            median(cost.cpu for cost in costs) / lines * 1e6,
            median(cost.written for cost in costs) / lines / 4096,
            median(sizes) / lines, median(cost.peak for cost in costs) / MIB,
            median(cost.anonymous for cost in costs) / partners, amount(sends),
            next(iter(hashes))]


INGEST_HEAD = ["thousand events/s (from–to)", "of the floor", "CPU µs an event",
               "4 KiB pages written an event", "bytes an event on disk", "peak MiB",
               "bytes of memory a partner", "sends", "digest"]


def floor_row(bench, path, costs, lines):
    size = path.stat().st_size / lines
    return ["floor: read, parse, append to LMDB", spread([lines / c.wall for c in costs], 1e-3),
            "1", median(c.cpu for c in costs) / lines * 1e6,
            median(c.written for c in costs) / lines / 4096, size,
            median(c.peak for c in costs) / MIB, "–", "–", "–"]


def ingest(bench):
    """Durable ingest, no workflows: 14 and 100 segments, ids that ascend and random ones, a pipe."""
    for load in bench.loads():
        bench.heading(f"Durable ingest: {load}")
        ascending, scattered = load.ascending(bench.scratch), load.scattered(bench.scratch)
        base = floor(bench, ascending)
        rows = [floor_row(bench, ascending, base, load.events)]
        for count in bench.given.segments:
            program, hashes = bench.program(count, False), set()
            for kind, path, pipe in (("ascending ids", ascending, False),
                                     ("random ids", scattered, False),
                                     ("random ids, standard input", scattered, True)):
                rows.append(ingest_row(bench, f"{count} segments, {kind}", program, path, base,
                                       hashes, pipe))
        bench.report.table("ingest", INGEST_HEAD, rows)


def history(bench):
    """The same with 20 workflows and 10 automations, over all the hours of the days."""
    for load in bench.loads():
        bench.heading(f"Whole history with sends: {load}")
        path = load.scattered(bench.scratch)
        base = floor(bench, path)
        rows = [floor_row(bench, path, base, load.events)]
        for count in bench.given.segments:
            rows.append(ingest_row(bench, f"{count} segments, 20 workflows, 10 automations",
                                   bench.program(count, True), path, base))
        bench.report.table("history", INGEST_HEAD, rows)


# A large store, shared by the figures below in one run.


def timed(bench, name, store, *words, times=None):
    """Wall milliseconds of a command, the whole process; a table's row."""
    costs, output = [], ""
    for _ in range(times or bench.given.runs):
        output, cost = store.run(*words)
        costs.append(cost)
        bench.report.keep("command", name=name, words=[str(word) for word in words],
                          **vars(cost))
    return [name, spread([cost.wall * 1e3 for cost in costs]),
            median(cost.cpu for cost in costs) * 1e3, median(c.peak for c in costs) / MIB,
            median(c.anonymous for c in costs) / MIB], output


COMMAND_HEAD = ["ms (from–to)", "CPU ms", "peak MiB", "MiB without mapped pages"]


def members(bench):
    """Who was in the largest segment at random past instants, as a count and as a list."""
    store, load = bench.large_store()
    bench.heading(f"Members of the past: {load}")
    chance = random.Random(11)
    rows = []
    for number in range(bench.given.runs):
        at = load.end - int(chance.random() * load.days / 2 * instants.DAY)
        count, output = timed(bench, f"`members --at`, count, instant {number + 1}", store,
                              "members", "everybody", "--at", written(at), "--count")
        listed, whole = timed(bench, f"the same, all {int(output):,} ids", store, "members",
                              "everybody", "--at", written(at))
        if len(whole.splitlines()) != int(output):
            raise Trouble(f"{written(at)}: {output.strip()} counted, others listed")
        rows += [count, listed]
    rows.append(timed(bench, "`members` now, count", store, "members", "everybody", "--count")[0])
    bench.report.table("members of a segment of all partners", COMMAND_HEAD, rows)


def opening(bench):
    """Opening a store: for a question, for ingest, and for ingest after kill -9 with a long tail."""
    store, load = bench.large_store()
    bench.heading(f"Opening a store: {load}")
    rows = [timed(bench, "start alone: `--version`", store, "--version")[0]]
    rows.append(timed(bench, "question: `partner p1`", store, "partner", "p1")[0])
    rows.append(timed(bench, "question: `segments`", store, "segments")[0])
    rows.append(timed(bench, "to write: `ingest` of nothing", store, "ingest", "/dev/null")[0])
    at = bench.later()
    costs = []
    for number in range(bench.given.runs):
        pipe = Pipe(store, "acks")
        pipe.feed([f'{{"id":"tail-{at}-{number}-{n}","type":"click.recorded","partner":"p{n % 997}",'
                   f'"time":"{written(at)}"}}\n'.encode() for n in range(bench.given.tail)])
        pipe.kill()
        costs.append(store.run("ingest", "/dev/null")[1])
        bench.report.keep("opening after kill -9", tail=bench.given.tail, **vars(costs[-1]))
    rows.append([f"to write, after kill -9 behind {bench.given.tail:,} events",
                 spread([cost.wall * 1e3 for cost in costs]),
                 median(cost.cpu for cost in costs) * 1e3,
                 median(cost.peak for cost in costs) / MIB,
                 median(cost.anonymous for cost in costs) / MIB])
    bench.report.table("opening, whole process", COMMAND_HEAD, rows)


def replay(bench):
    """`audit`: the whole log again from nothing, compared with what is stored."""
    store, load = bench.large_store()
    bench.heading(f"Replay: {load}")
    row, _ = timed(bench, "`audit`", store, "audit")
    records = store.stats()["seq"]
    seconds = row[2] / 1e3
    bench.report.table("replay, whole process", COMMAND_HEAD, [row])
    bench.report.text(f"{records:,} records, {amount(records / seconds / 1e3)} thousand a second "
                      "of CPU time, the start of the process included")


def hours(bench):
    """A midnight and a quiet hour, between a line and its acknowledgement."""
    store, load = bench.large_store()
    bench.heading(f"Boundaries: {load}")
    before, runs = store.stats()["seq"], bench.given.runs
    same, quiet, midnights = instants.quiet(store, instants.local_midnight(bench.later()), runs)
    records = store.stats()["seq"] - before
    # The clock has moved on; a year later no window of the program still holds anything.
    still, idle = instants.idle(store, bench.later(days=runs + 400), runs * 5)
    bench.later(days=1 + runs * 5 // 24)
    bench.report.keep("boundaries", same=same, hours=quiet, midnights=midnights, still=still, idle=idle)
    partners = store.stats()["partners"]
    bench.report.table(
        f"a line to its acknowledgement, {partners:,} partners", ["ms (from–to)"],
        [["half an hour later, what leaves its windows then included", spread(same)],
         ["past the top of the hour, the same", spread(quiet)],
         [f"past a midnight ({records:,} records in all)", spread(midnights)],
         ["half an hour later, nothing due", spread(still)],
         ["past the top of the hour, nothing due", spread(idle)]])


def single(bench):
    """One event from standard input to its durable send on standard output."""
    store, load = bench.large_store()
    bench.heading(f"One event to its send: {load}")
    times = instants.single(store, bench.later(), bench.given.singles)
    bench.report.keep("single", times=times)
    bench.report.table("one event to its durable send", ["ms"],
                       [["median", median(times)], ["99th", quantile(times, 0.99)]])


def large_program(bench):
    """100 segments with sends, and one segment that everybody is in."""
    whole = definitions.program(100, True)
    whole["segments"].append({"id": "everybody", "match": {"group": {"none_of": ["nobody"]}}})
    return whole


def large_load(given):
    """Skew 1, so that nearly every partner has events."""
    return Workload(given.store_partners, given.store_events, given.days, skew=1.0)
