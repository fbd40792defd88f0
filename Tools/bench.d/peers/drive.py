"""Feeds a peer hour by hour, as its engineer's own service would, and takes down what it came to.

Runs in a process of its own for each peer, so that its memory and CPU time are its own:

    python3 drive.py PEER EVENTS PROGRAM SCRATCH END [ROLLUPS]

All peers get every event of an hour in one call, in the order of arrival, then the boundary. The answers go
to standard output as one JSON object.
"""

import hashlib
import json
import signal
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from peers import translate  # noqa: E402
from peers.facts import HOUR, Calendar, Event, Reader  # noqa: E402

SINGLES = 200
# Hours and midnights are timed in the last days, when the peers hold the most.
LAST_DAYS = 7


def peer(name, scratch, program):
    if name in ("python", "python-hourly"):
        from peers.python_loop import PythonLoop
        return PythonLoop(scratch, program, exact=name == "python")
    if name == "sqlite":
        from peers.sqlite import SQLite
        return SQLite(scratch, program)
    if name == "duckdb":
        from peers.duck import DuckDB
        return DuckDB(scratch, program)
    if name in ("postgres", "postgres-trigger"):
        from peers.postgres import Postgres
        return Postgres(scratch, program, exact=name == "postgres-trigger")
    raise SystemExit(f"no peer {name}")


class Drive:
    def __init__(self, peer, calendar):
        self.peer, self.calendar = peer, calendar
        self.midnights, self.hours = [], []

    def boundary(self, events, at):
        midnight = self.calendar.is_midnight(at)
        if not events and not midnight:
            return
        begun = time.perf_counter()
        self.peer.take(events, at, self.calendar.day(at), midnight, True)
        (self.midnights if midnight else self.hours).append(
            (time.perf_counter() - begun) * 1e3)

    def feed(self, reader, lines, end):
        """All lines, and all boundaries up to `end`, a top of the hour."""
        batch, boundary = [], None
        for line in lines:
            event = reader.read(line)
            if boundary is None:
                boundary = (event.now // HOUR + 1) * HOUR
            while event.now >= boundary:
                self.boundary(batch, boundary)
                batch = []
                boundary += HOUR
            batch.append(event)
        while boundary is not None and boundary <= end:
            self.boundary(batch, boundary)
            batch = []
            boundary += HOUR


def rollups(peer, reader, lines):
    """Ingest alone: facts and day sums kept, 10,000 events a commit, no membership."""
    batch = []
    for line in lines:
        batch.append(reader.read(line))
        if len(batch) == 10_000:
            peer.store(batch)
            batch = []
    if batch:
        peer.store(batch)


def singles(peer, reader, calendar, end):
    """Milliseconds from one tag event to its durable send, after the end; the partner is fresh."""
    now, times = end + HOUR // 2, []
    number = len(reader.names)
    reader.names.append("lone")
    day = calendar.day(now)
    first = Event("lone", number, now, now, day, "{}\n", day, reach="address",
                  address="lone@example.com")
    peer.take([first], now, day, False, False)
    for count in range(SINGLES + 1):
        ident = f"lone-{count}"
        line = json.dumps({"id": ident, "type": "tag.assigned", "partner": "lone",
                           "tag": "vip"}) + "\n"
        begun = time.perf_counter()
        peer.take([Event(ident, number, now, now, day, line, day, tag="vip", tag_on=True)], now,
                  day, False, False)
        times.append((time.perf_counter() - begun) * 1e3)
    return times[1:]


def digest(rows):
    """A hash that does not depend on the order."""
    whole = 0
    for row in rows:
        text = "\t".join(map(str, row)).encode()
        whole += int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
    return f"{whole & (1 << 64) - 1:016x}"


def counted(sends, workflows):
    """Sends as the comparison wants them: (source, partner, at, reason) with names."""
    sources, pairs = {}, set()
    for source, partner, _, held in sends:
        all_and_held = sources.setdefault(source, [0, 0])
        all_and_held[0] += 1
        all_and_held[1] += held is not None
        if source in workflows:
            pairs.add((source, partner))
    return {"sends": dict(sorted(sources.items())), "pairs": len(pairs), "pairs_hash": digest(pairs)}


def answers(members, transitions, sends, workflows):
    """What is compared; partners and segments by name, instants in microseconds."""
    transitions = list(transitions)
    return {"members": members, "transitions": len(transitions),
            "transitions_hash": digest(transitions), **counted(sends, workflows)}


def main():
    name, events, definitions, scratch, end = sys.argv[1:6]
    end, scratch = int(end), Path(scratch)
    # Ended from outside, it still stops its server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = translate.read(json.loads(Path(definitions).read_text()))
    chosen = peer(name, scratch, program)
    calendar = Calendar()
    reader, drive = Reader(calendar), Drive(chosen, calendar)
    try:
        with open(events, encoding="utf-8") as lines:
            begun = time.perf_counter()
            if sys.argv[6:] == ["rollups"]:
                rollups(chosen, reader, lines)
            else:
                drive.feed(reader, lines, end)
            found = {"name": chosen.name, "exact": chosen.exact,
                     "seconds": time.perf_counter() - begun}
        if hasattr(chosen, "server"):
            found["server_memory"] = chosen.server.memory()
            found["server_cpu"] = chosen.server.cpu()
        found["disk"] = chosen.disk()
        if sys.argv[6:] != ["rollups"]:
            found |= asked(chosen, program, reader, drive, end)
    finally:
        chosen.close()
    print(json.dumps(found))


def asked(chosen, program, reader, drive, end):
    """What the peer answers once it has everything, and how long single answers take."""
    ids, names = [segment["id"] for segment in program.segments], reader.names
    members = chosen.members()
    found = answers(
        dict(zip(ids, members)),
        ((ids[s], names[p], at, bool(entered)) for s, p, at, entered in chosen.transitions()),
        [(source, names[p], at, held) for source, p, at, held in chosen.sent()],
        {workflow.id for workflow in program.workflows})
    # The day on which half of the time has gone, an hour after its midnight: hourly peers put down what
    # happened before it at that instant.
    half = end - len(drive.midnights) // 2 * 24 * HOUR
    while not drive.calendar.is_midnight(half):
        half += HOUR
    half += HOUR
    largest = max(range(len(ids)), key=lambda segment: (members[segment], -segment))
    past = [chosen.past(largest, half - 1 if chosen.exact else half) for _ in range(5)]
    found["past"] = {"segment": ids[largest], "before": half, "members": past[0][0]}
    found["past_ms"] = [seconds * 1e3 for _, seconds in past]
    found["midnight_ms"] = drive.midnights[-LAST_DAYS:]
    found["hour_ms"] = drive.hours[-LAST_DAYS * 23:]
    found["single_ms"] = singles(chosen, reader, drive.calendar, end)
    return found


if __name__ == "__main__":
    main()
