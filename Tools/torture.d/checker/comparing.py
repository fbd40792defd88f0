"""Comparing what a store says with the world made again."""

from decimal import Decimal

from trial import Failure, demand

from . import instants
from .store import read_json


def differ(what, expected, told, naming="the store"):
    """Fails with the first difference of two lists of rows."""
    if expected == told:
        return
    place = next(
        (place for place, pair in enumerate(zip(expected, told)) if pair[0] != pair[1]),
        min(len(expected), len(told)),
    )

    def at(rows):
        return rows[place] if place < len(rows) else "nothing"

    raise Failure(
        f"{what} {place + 1} of {len(expected)} has to be {at(expected)}, "
        f"but {naming} has {at(told)} ({len(told)} in all)"
    )


def check_log(world, records):
    """The engine's own records stand where they have to, and say what they have to."""
    told = [
        (
            int(record["seq"]),
            record["kind"],
            None if record["at"] is None else instants.parse(record["at"]),
            record["history"],
            derived(record),
        )
        for record in records
    ]
    differ("record", [tuple(record) for record in world.records], told)


def derived(record):
    if record["kind"] != "derived_event":
        return None
    content = dict(record["content"])
    content["depth"] = int(content["depth"])
    return content


def check_dump(world, store):
    """Every stay in every segment, every run and every send, from the lines that the digest is made of."""
    stays = world.stays + [
        (segment, partner.number, stay.since, None)
        for partner in world.partners
        for segment, stay in partner.stays.items()
    ]
    never = 2**63
    stays.sort(key=lambda stay: (stay[0], stay[2], stay[1], never if stay[3] is None else stay[3]))
    expected = [
        [
            "member",
            segment,
            world.partners[number].name,
            instants.written(since),
            "" if until is None else instants.written(until),
        ]
        for segment, number, since, until in stays
    ]
    expected += [
        [
            "run",
            run["workflow"],
            run["at"],
            str(run["members"]),
            str(run["with_address"]),
            str(run["sent"]),
            "blocked" if run["blocked"] else "done",
        ]
        for run in world.runs
    ]
    expected += [
        [
            "send",
            send["send"],
            send["kind"],
            send["source"],
            send["partner"],
            send["to"] or "",
            send["template"],
            str(send["template_version"]),
            send["decided_at"],
            send["reason"] or "pending",
        ]
        for send in world.sends
    ]
    dump = store.ask("digest", "--dump")
    told = [line.split("\t") for line in dump.decode().splitlines()]
    for kind in ("member", "run", "send"):
        differ(
            f"{kind}: line",
            [row for row in expected if row[0] == kind],
            [row for row in told if row[0] == kind],
        )
    differ("line of the dump", expected, told)
    return len(expected)


FIELDS = ("send", "source", "kind", "partner", "to", "template", "template_version", "decided_at", "seq")


def check_sends(world, store):
    """The set of decisions: each once, in order, with its id, time and record; suppressed ones stay so."""
    rows = store.rows("sends", "--format", "ndjson")
    differ(
        "send",
        [{key: send[key] for key in FIELDS} for send in world.sends],
        [{key: row.get(key) for key in FIELDS} for row in rows],
    )
    demand(len({row["send"] for row in rows}) == len(rows), "a send stands there twice")
    for send, row in zip(world.sends, rows):
        if send["reason"] is not None:
            demand(
                row["status"] == "suppressed" and row["reason"] == send["reason"],
                f"{row['send']} has to be suppressed for {send['reason']}, but is {row['status']} {row.get('reason')}",
            )


def check_stats(world, store):
    (row,) = store.rows("stats", "--format", "ndjson")
    for key, number in (
        ("seq", world.seq),
        ("partners", len(world.partners)),
        ("sends", len(world.sends)),
        ("runs", len(world.runs)),
        ("halts", len(world.halts)),
        ("segments", len(world.program.segments)),
    ):
        demand(row[key] == number, f"stats says {row[key]} {key}; there have to be {number}")


# Invariant 1


def canonical(fields):
    """What an event says: instants and amounts by value, null as absent except where it removes (SPEC 2.1)."""
    updating = fields.get("type") == "partner.updated"
    said = {}
    for key, value in fields.items():
        if key in ("time", "original_time") and isinstance(value, str):
            value = instants.parse(value)
        elif key == "amount" and value is not None:
            value = Decimal(value)
        elif key == "properties" and isinstance(value, dict):
            value = {name: one for name, one in value.items() if one is not None}
        elif value is None and not (updating and key in ("name", "email")):
            continue
        said[key] = value
    return said


def check_acked(records, acked):
    """Each acknowledged line is in the log, under its id and with what it said."""
    there = {record["content"]["id"]: record for record in records if record["kind"] == "event"}
    for line in acked:
        if not line.strip():
            continue
        fields = read_json(line)
        record = there.get(fields["id"])
        demand(record is not None, f"acknowledged, but not in the log: {line!r}")
        if not mapped(fields):
            demand(
                canonical(record["content"]) == canonical(fields),
                f"acknowledged was {line!r}, but the log has {record['content']}",
            )


def check_order(records, acked):
    """The log holds these events, no others, in this order, each applied when the event clock says (SPEC 3).

    What `deliver` reports is the program's own and stands in between.
    """
    events = [
        record
        for record in records
        if record["kind"] == "event" and not record["content"]["id"].startswith("muster:")
    ]
    differ(
        "event",
        [read_json(line)["id"] for line in acked],
        [record["content"]["id"] for record in events],
        "the log",
    )
    now = None
    for record in records:
        if record["kind"] == "event":
            time = instants.parse(record["content"]["time"])
            due = time if now is None else max(now, time)
            demand(
                instants.parse(record["at"]) == due,
                f"record {record['seq']} is applied at {record['at']} instead of {instants.written(due)}",
            )
        if record["kind"] in ("event", "clock"):
            now = instants.parse(record["at"])


def mapped(fields):
    """Whether a line is of another envelope, whose fields stand elsewhere."""
    return "specversion" in fields or "messageId" in fields


def check_emitted(world, emitted, whole=False):
    """Each send printed is one decided, with what it says; printing twice is allowed, leaving one out is not."""
    printed = set()
    decided = {send["send"]: send for send in world.sends}
    for line in emitted.splitlines():
        row = read_json(line)
        if "send" not in row:
            continue
        send = decided.get(row["send"])
        demand(send is not None, f"emitted, but not decided: {line!r}")
        differ("emitted send", [{key: send[key] for key in FIELDS}], [{key: row.get(key) for key in FIELDS}])
        demand(send["reason"] is None, f"emitted, but suppressed: {line!r}")
        printed.add(row["send"])
    if whole:
        for send in world.sends:
            demand(send["reason"] is not None or send["send"] in printed, f"never emitted: {send}")
