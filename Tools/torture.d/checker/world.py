"""The program's history made again from what came from outside, as SPEC 3 to 5 have it.

It takes the records of a log that came from outside and makes everything else itself: boundaries, derived
events, transitions, runs and sends. It tries every instant that could matter: all local midnights, all tops of
the hour, and t and t + L for every instant t that a partner's facts name and every rolling length L. Two things
are left out because nothing can change there: at a mere top of the hour no membership is evaluated, and no
workflow looks again before anything has moved since it last found nobody.
"""

import hashlib
import heapq
from collections import deque
from typing import NamedTuple

from . import instants
from .conditions import View, holds
from .facts import Fact, Facts, is_changed_by
from .program import Program, cap, max_age, repeats, sends_email
from .zone import Zone

DEPTH = 8
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Record(NamedTuple):
    """A record of the log as it has to be; `content` is that of derived events alone."""

    seq: int
    kind: str
    at: int
    history: bool
    content: dict


class Transition(NamedTuple):
    seq: int
    at: int
    segment: str
    partner: int
    entered: bool


class Stay:
    """A partner's stay in a segment that lasts."""

    def __init__(self, since, step, by_definition):
        self.since, self.step, self.by_definition = since, step, by_definition


class Partner:
    def __init__(self, name, number):
        self.name, self.number = name, number
        self.events, self.sent = [], []
        self.facts = None
        self.edges = set()
        self.stays = {}
        self.acted = {}  # workflow id: step
        self.decided = {}  # (kind, source): how many


class World:
    def __init__(self):
        self.now, self.seq, self.in_history = None, 0, False
        self.zone, self.name, self.program = None, None, Program()
        self.partners, self.numbers = [], {}
        self.edges, self.queue, self.step, self.moved = [], deque(), 0, False
        self.context_seq, self.context_history, self.unrecorded = 0, False, False
        self.records, self.transitions, self.sends, self.runs, self.halts = [], [], [], [], []
        self.stays = []  # (segment, partner number, since, until or None), as they end
        self.programs = []  # (seq, at, segments in force, zone): for answers with hindsight
        self.lives = {}  # segment: [from, to or None] in engine time, the latest last

    # Records from outside

    def take(self, kind, at, history, content):
        """Takes in a record that came from outside; `at` is its engine time."""
        if kind == "program":
            self.name = content["name"]
            self.zone = Zone(
                int(content["initial_offset"]), [tuple(map(int, one)) for one in content["changes"]]
            )
            self.append("program", False)
        elif kind == "event":
            self.pass_time(at, history)
            self.in_history = history
            self.append("event", history)
            self.context_seq, self.context_history, self.unrecorded = self.seq, history, False
            self.process(
                self.partner(content["partner"]), content["type"], instants.parse(content["time"]), content, 0
            )
            self.drain()
        elif kind == "clock":
            self.pass_time(at, history)
            self.in_history = history
            self.append("clock", history)
        elif kind == "restore":
            self.append("restore", self.in_history)
        else:
            self.in_history = False
            self.append(kind, False)
            self.context_seq, self.context_history, self.unrecorded = self.seq, False, False
            if kind == "definitions":
                self.program.apply(content["changes"])
            else:
                self.zone = Zone(
                    int(content["initial_offset"]), [tuple(map(int, one)) for one in content["changes"]]
                )
            self.redefine()

    def append(self, kind, history, content=None):
        self.seq += 1
        self.records.append(Record(self.seq, kind, self.now, history, content))

    def partner(self, name):
        if name not in self.numbers:
            self.numbers[name] = len(self.partners)
            self.partners.append(Partner(name, len(self.partners)))
        return self.partners[self.numbers[name]]

    def redefine(self):
        """New definitions or zone rules: members are moved at once, and nothing fires (SPEC 5)."""
        self.moved = True
        for segment, life in self.lives.items():
            if segment not in self.program.segments and life[-1][1] is None:
                life[-1][1] = self.now
                for partner in self.partners:
                    self.leave(partner, segment)
        for segment in self.program.segments:
            life = self.lives.setdefault(segment, [])
            if not life or life[-1][1] is not None:
                life.append([self.now, None])
        for partner in self.partners:
            self.refresh(partner)
            self.evaluate(partner, by_definition=True)
        self.programs.append((self.seq, self.now, dict(self.program.segments), self.zone))

    # Time (SPEC 3)

    def pass_time(self, to, history):
        """Processes every boundary after `now` up to an instant, each at its own."""
        if self.now is None:
            self.now = to
            return
        # What lies before the first record that is not history still belongs to it.
        history = history or self.in_history
        while True:
            while self.edges and self.edges[0][0] <= self.now:
                heapq.heappop(self.edges)
            ahead = [self.zone.next_day(self.now)]
            if self.moved:
                ahead.append(self.zone.next_hour(self.now))
            if self.edges:
                ahead.append(self.edges[0][0])
            if min(ahead) > to:
                break
            self.boundary(min(ahead), history)
        self.now = max(self.now, to)

    def boundary(self, instant, history):
        is_midnight = self.zone.start(self.zone.day(instant)) == instant
        self.now = instant
        self.context_seq, self.context_history, self.unrecorded = self.seq + 1, history, True
        due = set()
        while self.edges and self.edges[0][0] == instant:
            due.add(heapq.heappop(self.edges)[1])
        firings = []
        segments = self.program.timed if is_midnight else self.program.rolling
        for partner in self.partners if is_midnight else [self.partners[number] for number in sorted(due)]:
            firings += self.fired(self.evaluate(partner, segments), instant)
        self.fire(firings, 0)
        self.drain()
        if self.zone.is_hour(instant):
            self.run_workflows()

    def record_boundary(self):
        """A boundary that decides anything first appends a clock record of its own."""
        if self.unrecorded:
            self.unrecorded = False
            self.append("boundary", self.context_history)

    # Events and what follows from them

    def process(self, partner, kind, time, fields, depth):
        partner.events.append(Fact(time, self.seq, self.now, kind, fields))
        self.refresh(partner)
        self.moved = True
        moves = self.evaluate(partner)
        firings = []
        if kind == "tag.assigned":
            firings += [(partner, one, time) for one in self.program.fired_by("tag_assigned", fields["tag"])]
        self.fire(firings + self.fired(moves, time), depth)

    def refresh(self, partner):
        partner.facts = Facts(partner.name, partner.events, partner.sent, self.zone)
        for instant in partner.facts.instants:
            for edge in {instant, *(instant + length for length in self.program.lengths)} - partner.edges:
                partner.edges.add(edge)
                heapq.heappush(self.edges, (edge, partner.number))

    def verdicts(self, partner, segments):
        """Whether a partner is in each segment now; those that others name are evaluated before them."""
        known = {}

        def named(segment):
            if segment not in known:
                known[segment] = holds(self.program.segments[segment], view)
            return known[segment]

        view = View(partner.facts, self.now, self.zone, named)
        return {segment: named(segment) for segment in segments}

    def evaluate(self, partner, segments=None, by_definition=False):
        """Moves a partner in and out of segments, by segment id; gives the transitions."""
        first = len(self.transitions)
        for segment, is_in in self.verdicts(
            partner, self.program.segments if segments is None else segments
        ).items():
            if is_in and segment not in partner.stays:
                self.step += 1
                partner.stays[segment] = Stay(self.now, self.step, by_definition)
                self.note(partner, segment, True)
            elif not is_in:
                self.leave(partner, segment)
        return self.transitions[first:]

    def leave(self, partner, segment):
        stay = partner.stays.pop(segment, None)
        if stay:
            self.stays.append((segment, partner.number, stay.since, self.now))
            self.note(partner, segment, False)

    def note(self, partner, segment, entered):
        self.moved = True
        seq = max(self.context_seq, self.seq)
        self.transitions.append(Transition(seq, self.now, segment, partner.number, entered))

    def fired(self, transitions, cause):
        """What transitions set off: (partner, automation, time of the cause)."""
        return [
            (self.partners[move.partner], one, cause)
            for move in transitions
            for one in self.program.fired_by(
                "segment_entered" if move.entered else "segment_left", move.segment
            )
        ]

    def fire(self, firings, depth):
        """Fires the triggers of one evaluation, then evaluates again for whom a send was decided."""
        mailed = set()
        for partner, automation, cause in firings:
            if depth >= DEPTH:
                self.record_boundary()
                self.halts.append((self.now, automation["id"], partner.number))
                continue
            stale = self.now - cause > max_age(automation)
            for action in automation["do"]:
                if isinstance(action, dict) and "send_email" in action:
                    reason = self.suppression(partner.facts, stale)
                    self.send("automation", automation["id"], partner, action["send_email"], reason)
                    if reason is None:
                        mailed.add(partner.number)
                elif not stale:
                    self.enqueue(action, partner, "automation", automation["id"], depth + 1)
        self.evaluate_again(mailed, depth + 1)

    def evaluate_again(self, mailed, depth):
        firings = []
        for number in sorted(mailed):
            firings += self.fired(self.evaluate(self.partners[number]), self.now)
        if firings:
            self.fire(firings, depth)

    def suppression(self, facts, stale):
        """Why an automation's email is not mailed; where several hold, in this order (SPEC 5)."""
        if self.context_history:
            return "history"
        if stale:
            return "stale_trigger"
        if facts.address is None:
            return "no_address"
        return facts.suppression

    def send(self, kind, source, partner, template, reason):
        self.record_boundary()
        ordinal = partner.decided.get((kind, source), 0)
        partner.decided[kind, source] = ordinal + 1
        self.sends.append(
            {
                "send": send_id(self.name, kind, source, partner.name, ordinal),
                "source": source,
                "kind": kind,
                "partner": partner.name,
                "to": partner.facts.address,
                "template": template,
                "template_version": self.program.versions["template", template],
                "decided_at": instants.written(self.now),
                "seq": self.context_seq,
                "reason": reason,
            }
        )
        if reason is None:
            partner.sent.append((self.now, source))
            self.refresh(partner)
        self.moved = True

    def enqueue(self, action, partner, kind, source, depth):
        """Queues the derived events of an action (SPEC 5)."""
        key, value = (action, None) if isinstance(action, str) else next(iter(action.items()))
        events = []
        if key == "add_tag":
            events.append({"type": "tag.assigned", "tag": value, "source": "automation"})
        elif key == "remove_tag":
            events.append({"type": "tag.removed", "tag": value, "source": "automation"})
        else:
            terms = value["template_term"]["any_of"] if isinstance(value, dict) else None
            for identity, contract in sorted(partner.facts.contracts.items()):
                if contract["stage"] == "awaiting_advertiser_approval" and (
                    terms is None or contract["term"] in terms
                ):
                    events.append({"type": "partner.joined", "contract": identity})
        for event in events:
            self.queue.append((partner, kind, source, depth, event))

    def drain(self):
        """Appends and evaluates derived events one at a time, first in, first out."""
        outer = self.context_seq
        while self.queue:
            partner, kind, source, depth, event = self.queue.popleft()
            self.record_boundary()
            content = {"kind": kind, "source": source, "depth": depth, "partner": partner.name, "event": event}
            time = max([self.now, *(fact.time for fact in partner.events if is_changed_by(event, fact))])
            if time > self.now:
                content["time"] = instants.written(time)
            self.append("derived_event", self.context_history, content)
            self.context_seq = self.seq
            self.process(partner, event["type"], time, event, depth)
        self.context_seq = outer

    # Workflows (SPEC 5)

    def run_workflows(self):
        """All active workflows on one snapshot: all choose their partners before any acts."""
        chosen = []
        for workflow in self.program.workflows:
            if workflow.get("state") != "active":
                continue
            members = [partner for partner in self.partners if workflow["segment"] in partner.stays]
            with_address = sum(partner.facts.address is not None for partner in members)
            blocked = sends_email(workflow) and with_address > cap(workflow)
            partners = (
                [] if blocked else [partner for partner in members if self.is_eligible(partner, workflow)]
            )
            if blocked or partners:
                chosen.append((workflow, partners, len(members), with_address, blocked))
        self.moved = bool(chosen)
        mailed = set()
        for workflow, partners, members, with_address, blocked in chosen:
            self.record_boundary()
            sent = 0
            for partner in partners:
                for action in workflow["do"]:
                    if isinstance(action, dict) and "send_email" in action:
                        reason = "history" if self.context_history else None
                        self.send("workflow", workflow["id"], partner, action["send_email"], reason)
                        sent += 1
                        if reason is None:
                            mailed.add(partner.number)
                    else:
                        self.enqueue(action, partner, "workflow", workflow["id"], 1)
                self.step += 1
                partner.acted[workflow["id"]] = self.step
            self.runs.append(
                {
                    "workflow": workflow["id"],
                    "at": instants.written(self.now),
                    "members": members,
                    "with_address": with_address,
                    "sent": sent,
                    "blocked": blocked,
                }
            )
        self.evaluate_again(mailed, 1)
        self.drain()

    def is_eligible(self, partner, workflow):
        """A member whom it can reach and has not acted on, or not since it last entered."""
        if sends_email(workflow) and not partner.facts.reachable:
            return False
        acted, stay = partner.acted.get(workflow["id"]), partner.stays[workflow["segment"]]
        return acted is None or (
            repeats(workflow) == "on_reentry" and not stay.by_definition and stay.step > acted
        )

    # Questions

    def members(self, segment):
        """Who is in a segment now: partner id and since."""
        return {
            partner.name: partner.stays[segment].since
            for partner in self.partners
            if segment in partner.stays
        }

    def members_until(self, segment, last):
        """Who was in a segment after all transitions for which `last` is true."""
        found = {}
        for move in self.transitions:
            if move.segment == segment and last(move):
                found.pop(move.partner, None)
                if move.entered:
                    found[move.partner] = move.at
        return {self.partners[number].name: since for number, since in sorted(found.items())}

    def members_at(self, segment, instant):
        return self.members_until(segment, lambda move: move.at <= instant)

    def members_after(self, segment, seq):
        return self.members_until(segment, lambda move: move.seq <= seq)

    def members_known(self, segment, instant, known_at):
        """Who was in a segment at an instant given all records up to `known_at`, late events in their place; those
        from ahead of the clock stand where they were applied."""
        *_, (_, _, segments, zone) = [one for one in self.programs if one[1] is None or one[1] <= known_at]
        last_seq = max((record.seq for record in self.records if record.at is None or record.at <= known_at))
        found = []
        for partner in self.partners:
            events = [
                fact for fact in partner.events if fact.seq <= last_seq and min(fact.time, fact.at) <= instant
            ]
            if events:
                sent = [one for one in partner.sent if one[0] <= instant]
                facts = Facts(partner.name, events, sent, zone)
                view = View(facts, instant, zone, lambda name: holds(segments[name], view))
                if holds(segments[segment], view):
                    found.append(partner.name)
        return found


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def send_id(program, kind, source, partner, ordinal):
    """The id of a send: a pure function of these (SPEC 5; the bytes are Schemas/FORMAT.md's)."""
    parts = b"".join(varint(len(text.encode())) + text.encode() for text in (program, kind, source, partner))
    bits = int.from_bytes(hashlib.sha256(parts + varint(ordinal)).digest(), "big") >> (256 - 130)
    return "snd_" + "".join(ALPHABET[bits >> (5 * place) & 31] for place in range(25, -1, -1))
