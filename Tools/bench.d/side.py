"""Muster beside its peers: the same input in one run on one machine, and the same answers."""

import itertools
import json

import instants
from muster import HERE, OutOfTime, Store, Trouble, measured, written
from peers import install
from peers.drive import LAST_DAYS, answers
from peers.facts import HOUR, Calendar, Reader
from report import amount, median, quantile

MIB = 1 << 20
ALL = ("members", "transitions", "transitions_hash", "sends", "pairs", "pairs_hash")
# What an evaluation at the top of the hour can't get wrong.
HOURLY = ("members", "pairs", "pairs_hash")
WORKFLOWS = {f"w{n:02}" for n in range(20)}

LEFT_OUT = """What the peers leave out: names, most attributes, contract terms and properties are kept in \
the line alone; money is in cents, not six decimals; no line is checked; the hash chain, versions of \
definitions, runs, caps, causes, explanations, replay and late events in their place \
(`--corrected`) are missing; ids of partners and their order live in the client. Hourly peers see \
neither what comes and goes within an hour nor the instant at which it happened, mail automations up to \
an hour late, and find a late trigger stale only for tags. The Python loop keeps its state in memory: \
after a crash it has its log alone."""


def peer(bench, name, path, load, program, *mode):
    """Runs a peer once: its answers, with its cost."""
    directory = bench.scratch / "peer"
    bench.fresh(directory)
    words = [install.python_for(name), HERE / "peers/drive.py", name, path, program, directory,
             load.end, *mode]
    output, cost = measured(bench.scratch, words, limit=bench.given.limit)
    found = json.loads(output)
    found["cpu"] = cost.cpu + found.get("server_cpu", 0)
    # A server's processes beside those of its client.
    found["peak"] = cost.peak + found.get("server_memory", 0)
    bench.report.keep("peer", peer=name, mode=mode, program=program.name, **found)
    return found


def repeated(bench, name, run, *results):
    """Results of several runs, fewer once they have taken long enough; equal in their answers."""
    results = list(results)
    while len(results) < bench.given.runs:
        if results and sum(found["seconds"] for found in results) > bench.given.patience:
            break
        results.append(run())
        bench.report.say(f"{name}: {results[-1]['seconds']:.1f} s")
        agree(f"{name}, twice", results[0], results[-1], ALL)
    return results


def agree(what, one, other, keys):
    for key in keys:
        if one.get(key) != other.get(key):
            raise Trouble(f"{what}: {key} differ: {str(one.get(key))[:300]} and "
                          f"{str(other.get(key))[:300]}")


def muster(bench, path, load, program):
    """Muster's run: ingest, and the clock to the end."""
    store = Store(bench.scratch, program, "side")
    summary, cost = store.ingest(path, limit=bench.given.limit)
    _, last = store.run("advance", "--to", written(load.end), "--force")
    found = {"seconds": cost.wall + last.wall, "cpu": cost.cpu + last.cpu, "peak": cost.peak,
             "disk": store.stats()["bytes"], "digest": store.digest(),
             "lines": summary["lines"]}
    bench.report.keep("muster", program=program.name, **found)
    found |= answers(store.members(), store.transitions(), list(store.sent()), WORKFLOWS)
    return found, store


def hour_by_hour(bench, path, load, program):
    """Milliseconds of the last days' hours and midnights, fed as the peers are."""
    reader, first = Reader(Calendar()), load.end - (LAST_DAYS * 24 + 12) * HOUR
    head = bench.scratch / "side-head.ndjson"
    store = Store(bench.scratch, program, "side-hours")
    with path.open(encoding="utf-8") as lines, head.open("w", encoding="utf-8") as before:
        for line in lines:
            if reader.read(line).now >= first:
                rest = itertools.chain([line], lines)
                break
            before.write(line)
        else:
            rest = []
        before.flush()
        store.ingest(head)
        hours, midnights = instants.busy(store, rest)
    store.run("advance", "--to", written(load.end), "--force")
    return {"hour_ms": hours, "midnight_ms": midnights, "digest": store.digest()}


def compare(bench, load, count):
    """All systems over one program: their results by name, answers checked."""
    path, program = load.scattered(bench.scratch), bench.program(count, True, "shared")
    ours = repeated(bench, f"Muster, {count} segments",
                    lambda: muster(bench, path, load, program)[0])
    exact = peer(bench, "python", path, load, program)
    hourly = peer(bench, "python-hourly", path, load, program)
    bench.report.say(f"the plain loop that all must agree with: {exact['seconds']:.1f} s")
    agree("Muster and a plain loop", ours[0], exact, ALL)
    agree("Muster and an hourly loop", ours[0], hourly, HOURLY)
    _, store = muster(bench, path, load, program)
    past = exact["past"]
    words = ("members", past["segment"], "--at", written(past["before"] - 1))
    asked = [store.run(*words) for _ in range(max(5, bench.given.runs))]
    if len(asked[0][0].splitlines()) != past["members"]:
        raise Trouble(f"{' '.join(words)}: {len(asked[0][0].splitlines())}, a plain loop "
                      f"{past['members']}")
    singles = instants.single(store, load.end + HOUR // 2, bench.given.singles)
    timed = hour_by_hour(bench, path, load, program)
    if timed["digest"] != ours[0]["digest"]:
        raise Trouble("fed hour by hour, the digest is another")
    plain = [Store(bench.scratch, bench.program(count, False, "shared"), "side").ingest(path)[1]
             for _ in range(bench.given.runs)]
    ours[0] |= timed | {"name": "Muster", "exact": True, "single_ms": singles, "past": past,
                        "past_ms": [cost.wall * 1e3 for _, cost in asked],
                        "rollups": [cost.wall for cost in plain]}
    results = {"muster": ours}
    for name in install.PEERS:
        if bench.given.only and name not in bench.given.only:
            continue
        if why := install.missing(name):
            bench.report.text(f"**{name} is skipped: {why}.**")
            continue
        try:
            found = repeated(bench, f"{name}, {count} segments",
                             lambda: peer(bench, name, path, load, program),
                             *([exact] if name == "python" else []))
            found[0]["rollups"] = [peer(bench, name, path, load, program, "rollups")["seconds"]
                                   for _ in range(bench.given.runs if found[0]["seconds"] < 60
                                                  else 1)]
        except OutOfTime as error:
            bench.report.text(f"**{name}, {count} segments, is skipped: {error}.**")
            continue
        model = exact if found[0]["exact"] else hourly
        agree(f"{name} and its model", found[0], model, (*ALL, "past"))
        results[name] = found
    return results


def cells(results, value, smaller=True):
    """The medians of all systems, with how many times better Muster does."""
    ours = value(results["muster"])
    row = []
    for name, found in results.items():
        theirs = value(found)
        if theirs is None:
            row.append("–")
        elif name == "muster":
            row.append(amount(theirs))
        else:
            ratio = theirs / ours if smaller else ours / theirs
            row.append(f"{amount(theirs)} (× {amount(ratio)})")
    return row


def peers(bench):
    """Beside SQLite, PostgreSQL, DuckDB and plain Python, with workflows and automations."""
    load = bench.load()
    for count in bench.given.segments:
        bench.heading(f"Beside peers, {count} segments: {load}")
        results = compare(bench, load, count)
        events = results["muster"][0]["lines"]

        def of(key):
            return lambda found: median(found[0][key])

        def every(key, scale=1.0):
            return lambda found: median(one[key] for one in found) * scale

        rows = [
            ["membership is fresh at every", *("event" if found[0]["exact"] else "hour"
                                               for found in results.values())],
            ["whole history with sends, s", *cells(results, every("seconds"))],
            ["CPU of that, s", *cells(results, every("cpu"))],
            ["ingest alone, thousand events/s*", *cells(
                results, lambda found: events / median(found[0]["rollups"]) / 1e3, False)],
            ["a midnight with its hour, ms", *cells(results, of("midnight_ms"))],
            ["an hour with its events, ms", *cells(results, of("hour_ms"))],
            ["one event to its send, ms, median", *cells(results, of("single_ms"))],
            ["the same, 99th", *cells(results, lambda f: quantile(f[0]["single_ms"], 0.99))],
            [f"{results['muster'][0]['past']['members']:,} members at a past hour, ms†",
             *cells(results, of("past_ms"))],
            ["bytes an event on disk", *cells(results, every("disk", 1 / events))],
            ["peak memory, MiB", *cells(results, every("peak", 1 / MIB))],
            ["transitions", *(f"{found[0]['transitions']:,}" for found in results.values())],
            ["sends", *(f"{sum(a for a, _ in found[0]['sends'].values()):,}"
                        for found in results.values())],
            ["runs", *(str(len(found)) for found in results.values())],
        ]
        bench.report.table(f"{count} segments, 20 workflows, 10 automations",
                           [found[0]["name"] for found in results.values()], rows)
    bench.report.text(
        "Medians; in parentheses how many times better Muster does. Checked: all member counts and "
        "(workflow, partner) pairs are the same everywhere; exact systems came to the same "
        "transitions with their instants and the same sends, hourly ones to those of an hourly "
        "loop. * Muster keeps membership here too, and so does the trigger; the others only facts and "
        "day sums. "
        "† Muster: the whole process.")
    bench.report.text(LEFT_OUT)
