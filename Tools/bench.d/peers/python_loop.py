"""Peer: a plain loop in Python, state in dictionaries, the lines in a log that is synced hourly.

It holds no state through a crash but the log. *Exact* evaluates a partner after each of its events,
as Muster does; *hourly* evaluates at the top of the hour those who had events, which is what the
databases do, so it says what they must come to.
"""

import os
import time

from peers.decide import Decider, bits_of, reason
from peers.facts import fold
from peers.translate import COLUMNS, Python

REVENUE, ACTIONS = COLUMNS.index("revenue"), COLUMNS.index("actions")


class Partner:
    __slots__ = ("days", "stage", "stage_at", "joined", "joined_at", "contracts", "tags", "tag_at",
                 "groups", "group_at", "tier", "tier_at", "reach", "email", "suppressed", "bits",
                 "acted")

    def __init__(self):
        self.days, self.contracts, self.tags, self.tag_at = {}, {}, {}, {}
        self.groups, self.group_at, self.reach = set(), {}, []
        self.stage = self.joined = self.joined_at = self.tier = self.email = None
        self.stage_at = self.tier_at = -1
        self.suppressed, self.bits, self.acted = False, 0, 0

    def contract_stages(self):
        return {stage for _, stage in self.contracts.values()}

    def apply(self, event):
        at = event.at
        if event.column:
            row = self.days.get(event.day)
            if row is None:
                row = self.days[event.day] = [0] * len(COLUMNS)
            row[COLUMNS.index(event.column)] += event.count
            row[REVENUE] += event.cents
        if event.stage:
            if at >= self.stage_at:
                self.stage, self.stage_at = event.stage, at
            if event.stage == "joined" and (self.joined_at is None or at < self.joined_at):
                self.joined, self.joined_at = event.day, at
        if event.contract and at >= self.contracts.get(event.contract, (-1,))[0]:
            self.contracts[event.contract] = at, event.contract_stage
        if event.tag and at >= self.tag_at.get(event.tag, -1):
            self.tag_at[event.tag] = at
            if event.tag_on:
                self.tags[event.tag] = event.day
            else:
                self.tags.pop(event.tag, None)
        if event.group and at >= self.group_at.get(event.group, -1):
            self.group_at[event.group] = at
            (self.groups.add if event.group_on else self.groups.discard)(event.group)
        if event.has_tier and at >= self.tier_at:
            self.tier, self.tier_at = event.tier, at
        if event.reach:
            self.reach.append((at, len(self.reach), event.reach, event.address))
            if len(self.reach) > 1 and at < self.reach[-2][0]:
                self.reach.sort(key=lambda fact: fact[:2])
            self.email, self.suppressed = fold(fact[2:] for fact in self.reach)


class PythonLoop:
    name = "Python dictionaries"
    exact = True

    def __init__(self, scratch, program, exact=True):
        self.exact = exact
        self.program, self.decider = program, Decider(program)
        self.evaluate = Python(program).function()
        self.path = scratch / "log.ndjson"
        self.log = self.path.open("w", encoding="utf-8")
        self.partners, self.ids = {}, set()
        self.history = [[] for _ in program.segments]
        self.sends = []

    def evaluated(self, partner, number, at, day, stale=False):
        """Notes the partner's transitions, and what they set off."""
        bits = self.evaluate(partner, day)
        if bits != partner.bits:
            moves = self.decider.moves(partner.bits, bits)
            partner.bits = bits
            partner.acted = self.decider.acted(partner.acted, moves)
            for segment, entered in moves:
                self.history[segment].append((number, at, entered))
            for automation in self.decider.fired(moves):
                held = reason(partner.email, partner.suppressed, stale)
                self.sends.append((automation, number, at, held))

    def assigned(self, event, partner, at):
        """What a tag's assignment sets off."""
        held = reason(partner.email, partner.suppressed, self.decider.stale(event))
        for automation in self.decider.tagged[event.tag]:
            self.sends.append((automation, event.partner, at, held))

    def store(self, events):
        """The events and what they change alone."""
        for event in events:
            if event.id not in self.ids:
                self.ids.add(event.id)
                self.log.write(event.line)
                self.partners.setdefault(event.partner, Partner()).apply(event)
        self.log.flush()
        os.fdatasync(self.log.fileno())

    def take(self, events, at, day, midnight, hour):
        dirty, tagged = {}, []
        for event in events:
            if event.id in self.ids:
                continue
            self.ids.add(event.id)
            self.log.write(event.line)
            partner = self.partners.get(event.partner)
            if partner is None:
                partner = self.partners[event.partner] = Partner()
            partner.apply(event)
            dirty[event.partner] = partner
            if event.tag_on and event.tag in self.decider.tagged:
                if self.exact:
                    self.assigned(event, partner, event.now)
                else:
                    tagged.append((event, partner))
            if self.exact:
                self.evaluated(partner, event.partner, event.now, event.today,
                               self.decider.stale(event))
        for event, partner in tagged:
            self.assigned(event, partner, at)
        if midnight:
            dirty = self.partners
        if midnight or not self.exact:
            for number, partner in dirty.items():
                self.evaluated(partner, number, at, day)
        if hour:
            for number, partner in dirty.items():
                if partner.email is None or partner.suppressed or not partner.bits:
                    continue
                due = self.decider.due(partner.bits, partner.acted)
                partner.acted |= due
                for workflow in bits_of(due):
                    self.sends.append((self.program.workflows[workflow].id, number, at, None))
        self.log.flush()
        os.fdatasync(self.log.fileno())

    # Answers.

    def members(self):
        counts = [0] * len(self.program.segments)
        for partner in self.partners.values():
            for segment in bits_of(partner.bits):
                counts[segment] += 1
        return counts

    def past(self, segment, at):
        """Who was in a segment: how many, and the seconds it took."""
        begun = time.perf_counter()
        inside = set()
        for number, when, entered in self.history[segment]:
            if when > at:
                break
            (inside.add if entered else inside.discard)(number)
        return len(inside), time.perf_counter() - begun

    def transitions(self):
        """(segment, partner, at, entered) of all."""
        for segment, moves in enumerate(self.history):
            for number, at, entered in moves:
                yield segment, number, at, entered

    def sent(self):
        """(source, partner, at, reason) of all."""
        return self.sends

    def disk(self):
        return self.path.stat().st_blocks * 512

    def close(self):
        self.log.close()
