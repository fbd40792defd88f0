"""Questions about the present and the future, beside members: their answers are the naive ones (SPEC 6)."""

import copy

from . import instants
from .comparing import differ
from .facts import Facts


def check_questions(world, store, chance):
    """Asks for all segments' sizes, a partner now and at a past instant, a preview, and what time alone brings."""
    check_sizes(world, store)
    if world.partners:
        partner = chance.choice(world.partners)
        check_partner(world, store, partner)
        first = next(record.at for record in world.records if record.seq == partner.events[0].seq)
        check_partner(world, store, partner, chance.randint(first, world.now))
    if world.program.segments:
        check_preview(world, store, chance.choice(list(world.program.segments)))
    if world.now is not None and world.program.timed:
        check_forecast(
            world, store, chance.choice(world.program.timed), world.now + chance.randint(1, 20 * instants.DAY)
        )


def check_sizes(world, store):
    told = [(row["segment"], int(row["members"])) for row in store.rows("segments", "--format", "ndjson")]
    differ("segment", [(segment, len(world.members(segment))) for segment in world.program.segments], told)


def written(moment):
    return None if moment is None else instants.written(moment.instant)


def check_partner(world, store, partner, instant=None):
    """A partner's state and memberships, now or as the engine knew them at an instant."""
    words, zone, stays = (
        ("partner", partner.name),
        world.zone,
        {name: stay.since for name, stay in partner.stays.items()},
    )
    facts = partner.facts
    if instant is not None:
        words += ("--at", instants.written(instant))
        last = max(record.seq for record in world.records if record.at is None or record.at <= instant)
        facts = Facts(
            partner.name,
            [fact for fact in partner.events if fact.seq <= last],
            [one for one in partner.sent if one[0] <= instant],
            zone,
        )
        stays = {}
        for move in world.transitions:
            if move.partner == partner.number and move.at <= instant:
                stays.pop(move.segment, None)
                if move.entered:
                    stays[move.segment] = move.at
    expected = {
        "partner": partner.name,
        "name": facts.name,
        "email": facts.address,
        "suppressed": facts.suppression,
        "relationship_stage": facts.stage,
        "last_transition": written(facts.last_transition),
        "original_joined": written(facts.original_joined),
        "contracts": [
            {"contract": name, "stage": contract["stage"], "template_term": contract["term"]}
            for name, contract in sorted(facts.contracts.items())
        ],
        "tags": [{"tag": tag, "since": written(since)} for tag, since in sorted(facts.tags.items())],
        "groups": [
            {"group": group, "since": written(since)} for group, since in sorted(facts.groups.items())
        ],
        "attributes": facts.attributes,
        "memberships": [(segment, instants.written(since)) for segment, since in sorted(stays.items())],
        "sends": [
            send["send"]
            for send in world.sends
            if send["partner"] == partner.name
            and (instant is None or instants.parse(send["decided_at"]) <= instant)
        ],
    }
    (row,) = store.rows(*words, "--format", "ndjson")
    told = {key: row.get(key) for key in expected}
    told["memberships"] = [(stay["segment"], stay["since"]) for stay in row["memberships"]]
    told["sends"] = [send["send"] for send in row["sends"]]
    differ(f"{words}: part", sorted(expected.items()), sorted(told.items()))


def check_preview(world, store, segment):
    """Who is in a segment, with address and suppression, and which workflows have mailed them."""
    mailed = {}
    for send in world.sends:
        if send["kind"] == "workflow":
            mailed.setdefault(send["partner"], set()).add(send["source"])
    expected = [
        (partner.name, partner.facts.address, partner.facts.suppression, sorted(mailed.get(partner.name, ())))
        for partner in world.partners
        if segment in partner.stays
    ]
    rows = store.rows("preview", segment, "--format", "ndjson")
    told = [(row["partner"], row["to"], row["suppressed"], row["emailed_by"]) for row in rows]
    differ(f"preview {segment}: row", expected, told)


def check_forecast(world, store, segment, to):
    """Who enters and leaves by the passing of time alone, with what workflows and automations then do."""
    future = copy.deepcopy(world)
    first = len(future.transitions)
    future.pass_time(to, False)
    expected = [
        (world.partners[move.partner].name, "enters" if move.entered else "leaves", instants.written(move.at))
        for move in future.transitions[first:]
        if move.segment == segment
    ]
    rows = store.rows("forecast", segment, "--to", instants.written(to), "--format", "ndjson")
    differ(
        f"forecast {segment} --to {instants.written(to)}: row",
        expected,
        [(row["partner"], row["change"], row["at"]) for row in rows],
    )
