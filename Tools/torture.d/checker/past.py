"""Questions about the past: their answers are the naive ones, and do not change (SPEC 6)."""

import hashlib
import shutil

from trial import Failure, demand

from . import instants
from .comparing import differ
from .store import Store


def lives_at(world, segment, instant):
    """Whether a segment existed at an instant, beyond doubt: strictly after it came and before it went."""
    return any(
        (since is None or since < instant) and (until is None or instant < until)
        for since, until in world.lives[segment]
    )


def instants_of(world, segment, chance, count):
    """Instants to ask about: a segment's flips, a microsecond to either side of them, and any others."""
    first = next((record.at for record in world.records if record.at is not None), None)
    if first is None:
        return []
    flips = sorted({move.at for move in world.transitions if move.segment == segment})
    asked = set()
    for flip in chance.sample(flips, min(count, len(flips))):
        asked |= {flip - 1, flip, flip + 1}
    asked |= {chance.randint(first, world.now) for _ in range(count)}
    return sorted(one for one in asked if first <= one <= world.now and lives_at(world, segment, one))


def listed(rows):
    return {row["partner"]: instants.parse(row["since"]) for row in rows}


def check_past(world, store, chance, questions=2):
    """Asks for members at instants, after records, and with hindsight, in so many segments each; gives how many
    partners were compared."""
    compared = 0

    def some():
        return chance.sample(list(world.program.segments), min(len(world.program.segments), questions))

    def ask(segment, *asked):
        nonlocal compared
        compared += len(world.partners)
        return store.rows("members", segment, *asked, "--format", "ndjson")

    for segment in some():
        for instant in instants_of(world, segment, chance, 1):
            asked = ("--at", instants.written(instant))
            same(
                f"members {segment} {asked}", world.members_at(segment, instant), listed(ask(segment, *asked))
            )
    for segment in some():
        defined = min(seq for seq, _, segments, _ in world.programs if segment in segments)
        seq = chance.randint(defined, world.seq)
        if all(segment in segments for since, _, segments, _ in world.programs if since >= defined):
            same(
                f"members {segment} --seq {seq}",
                world.members_after(segment, seq),
                listed(ask(segment, "--seq", str(seq))),
            )
    for segment in some():
        for instant in chance.sample(found := instants_of(world, segment, chance, 1), min(2, len(found))):
            known_at = chance.choice((world.now, chance.randint(instant, world.now)))
            if lives_at(world, segment, known_at):
                asked = ("--at", instants.written(instant), "--known-at", instants.written(known_at))
                told = [row["partner"] for row in ask(segment, *asked)]
                same(f"members {segment} {asked}", world.members_known(segment, instant, known_at), told)
    return compared


def same(question, expected, told):
    if expected != told:
        missing = [one for one in expected if one not in told]
        surplus = [one for one in told if one not in expected]
        raise Failure(
            f"{question}: missing {missing[:5]}, too many {surplus[:5]}; "
            f"has to be {str(expected)[:600]}, is {str(told)[:600]}"
        )


def remember(trial, path, count=4):
    """Answers about the past of a store as it is, for `check(answers=…)` later in the trial."""
    store = Store(trial, path)
    (stats,) = store.rows("stats", "--format", "ndjson")
    if stats.get("now") is None:
        return []
    now, seq = instants.parse(stats["now"]), int(stats["seq"])
    segments = [row["segment"] for row in store.rows("segments", "--format", "ndjson")]
    answers = []
    for segment in trial.random.sample(segments, min(count, len(segments))):
        before = instants.written(now - trial.random.randint(1, 3 * instants.DAY))
        for words in (
            ("members", segment, "--seq", str(seq)),
            ("members", segment, "--at", before),
            ("members", segment, "--at", before, "--known-at", instants.written(now - 1)),
        ):
            done = trial.muster(*words, "--store", path, "--format", "ndjson")
            if done.status == 0:
                answers.append((words, done.output))
    return answers


def check_answers(store, answers):
    for words, output in answers:
        now = store.ask(*words, "--format", "ndjson")
        demand(now == output, f"the answer to {' '.join(words)} was {output!r} and is now {now!r}")


def imported(trial, lines):
    """A store made of an export."""
    copy = trial.directory / "checker.copy"
    shutil.rmtree(copy, ignore_errors=True)
    (trial.directory / "checker.ndjson").write_bytes(b"".join(lines))
    trial.must("import", "checker.ndjson", "--store", copy)
    return Store(trial, copy)


def check_exchange(trial, store):
    """What came from outside makes the same store again (SPEC 7)."""
    twin = imported(trial, [store.ask("export")])
    digest = hashlib.sha256(store.ask("digest", "--dump")).hexdigest()
    demand(twin.ask("digest").decode().strip() == digest, "an export, imported again, has another digest")
    shutil.rmtree(twin.path)


def check_prefix(trial, store, world, chance):
    """A store that holds only the first records gives the answers that the whole store gives about them."""
    lines = store.ask("export").splitlines(keepends=True)
    outside = [record.seq for record in world.records if record.kind not in ("derived_event", "boundary")]
    place = chance.randint(1, len(lines))
    twin = imported(trial, lines[:place])
    (stats,) = twin.rows("stats", "--format", "ndjson")
    seq = int(stats["seq"])
    last = world.seq if place == len(lines) else outside[place] - 1
    demand(outside[place - 1] <= seq <= last, f"{place} records from outside make {seq} records")
    for row in twin.rows("segments", "--format", "ndjson")[:3]:
        words = ("members", row["segment"], "--format", "ndjson")
        if row["segment"] in world.program.segments:
            before, then = twin.ask(*words), store.ask(*words, "--seq", str(seq))
            demand(
                before == then,
                f"after record {seq} {row['segment']} had {before!r}, and in hindsight {then!r}",
            )
    before = [row["send"] for row in twin.rows("sends", "--format", "ndjson")]
    differ("send of a prefix", [send["send"] for send in world.sends[: len(before)]], before)
    shutil.rmtree(twin.path)
