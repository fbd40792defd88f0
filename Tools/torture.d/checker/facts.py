"""What is known of one partner, read off the whole list of its events and sends (SPEC 2)."""

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from . import instants

MILLION = 1_000_000


@lru_cache(maxsize=None)
def millionths(number):
    """A number with at most six decimal places as a whole number of millionths: money is exact."""
    return int(Decimal(number).scaleb(6))


class Fact(NamedTuple):
    """An event as the log has it; facts about one thing are ordered by (time, seq). `at` is its engine time."""

    time: int
    seq: int
    at: int
    type: str
    fields: dict


def is_changed_by(event, fact):
    """Whether a derived event changes what an earlier event says: then it counts as of no earlier time (SPEC 2, 5)."""
    if event["type"] == "partner.joined":
        if fact.type in ("relationship.changed", "partner.joined"):
            return True
        contract = fact.fields.get("contract")
        return fact.type in ("contract.changed", "application.submitted") and event["contract"] == (
            "default" if contract is None else contract
        )
    return fact.type in ("tag.assigned", "tag.removed") and fact.fields["tag"] == event["tag"]


class Dated(NamedTuple):
    """An instant and its local date."""

    instant: int
    day: int


def dated_text(value, zone):
    """The moment that a text names in RFC 3339, else None.

    A date alone counts from its first local instant (SPEC 4), so one that the zone skips is the day after it.
    """
    if not isinstance(value, str):
        return None
    day = instants.parse_date(value)
    instant = instants.parse(value) if day is None else zone.start(day)
    return None if instant is None else Dated(instant, zone.day(instant))


class Facts:
    """A partner's state. It is built anew from the list after each event; nothing is carried over."""

    def __init__(self, partner, events, sent, zone):
        """`events` are Facts in any order; `sent` the (instant, source) of sends that were not suppressed."""
        self.partner, self.zone = partner, zone
        self.name = self.address = self.suppression = None
        self.attributes, self.contracts = {}, {}
        self.tags, self.groups = {}, {}  # what is on, and since when
        self.stages = []  # the relationship history: (stage, Dated), equal neighbours merged
        self.revenue, self.actions, self.clicks = [], [], []  # (Dated, millionths)
        self.mail = []  # (activity, source, Dated)
        self.custom = []  # (name, properties, Dated)
        self.instants = set()  # all from which rolling time may be reckoned
        covers, counted = [], set()
        for fact in sorted(events, key=lambda fact: fact[:2]):
            self.take(fact, covers, counted)
        for instant, source in sent:
            self.mail.append(("sent", source, self.dated(instant)))
        self.suppression = covers[-1] if covers and covers[-1] != "resubscribed" else None
        self.original_joined = next((when for stage, when in self.stages if stage == "joined"), None)

    def dated(self, instant):
        self.instants.add(instant)
        return Dated(instant, self.zone.day(instant))

    def take(self, fact, covers, counted):
        fields, when = fact.fields, self.dated(fact.time)
        kind, _, what = fact.type.partition(".")
        if fact.type == "partner.updated":
            before = self.address
            self.update(fields)
            # A hard bounce also ends when the address changes, and what it covered holds again.
            if self.address != before:
                covers[:] = [cover for cover in covers if cover != "bounced"]
        elif fact.type == "relationship.changed":
            self.enter(fields["stage"], when)
        elif fact.type == "contract.changed":
            self.contract(fields, fields["stage"])
        elif fact.type == "partner.joined":
            self.enter("joined", when)
            self.contract(fields, "joined")
        elif fact.type == "application.submitted":
            self.contract(fields, "awaiting_advertiser_approval")
        elif fact.type == "action.recorded":
            self.revenue.append((when, millionths(fields["amount"])))
            self.actions.append((when, MILLION))
        elif fact.type == "action.reversed":
            original = fields.get("original_time")
            if original is not None:
                when = self.dated(instants.parse(original))
            self.revenue.append((when, -millionths(fields["amount"])))
            self.actions.append((when, -MILLION))
        elif fact.type == "click.recorded":
            count = fields.get("count")
            self.clicks.append((when, MILLION if count is None else millionths(count)))
        elif fact.type == "tag.assigned":
            self.tags[fields["tag"]] = when  # since its latest assignment
        elif fact.type == "tag.removed":
            self.tags.pop(fields["tag"], None)
        elif fact.type == "group.joined":
            self.groups.setdefault(fields["group"], when)
        elif fact.type == "group.left":
            self.groups.pop(fields["group"], None)
        elif fact.type == "custom.recorded":
            properties = {
                name: value for name, value in (fields.get("properties") or {}).items() if value is not None
            }
            self.note_dates(properties)
            self.custom.append((fields["name"], properties, when))
        elif kind == "email":
            # One result counts per send and activity: the earliest.
            send = fields.get("send")
            if send is None or (send, what) not in counted:
                self.mail.append((what, fields.get("source"), when))
            counted.add((send, what))
            if what in ("unsubscribed", "complained", "resubscribed") or (
                what == "bounced" and fields.get("kind") != "soft"
            ):
                covers.append(what)
        else:
            raise ValueError(f"the log holds an event of an unknown type: {fact.type}")

    def update(self, fields):
        """What is given is set, and null removes."""
        if "name" in fields:
            self.name = fields["name"]
        if "email" in fields:
            self.address = fields["email"]
        attributes = fields.get("attributes") or {}
        self.note_dates(attributes)
        for name, value in attributes.items():
            if value is None:
                self.attributes.pop(name, None)
            else:
                self.attributes[name] = value

    def note_dates(self, values):
        for value in values.values():
            when = dated_text(value, self.zone)
            if when:
                self.instants.add(when.instant)

    def enter(self, stage, when):
        if not self.stages or self.stages[-1][0] != stage:
            self.stages.append((stage, when))

    def contract(self, fields, stage):
        """A contract event without `template_term` leaves the term as it was."""
        identity = fields.get("contract")
        contract = self.contracts.setdefault("default" if identity is None else identity, {"term": None})
        contract["stage"] = stage
        if fields.get("template_term") is not None:
            contract["term"] = fields["template_term"]

    @property
    def stage(self):
        return self.stages[-1][0] if self.stages else None

    @property
    def last_transition(self):
        return self.stages[-1][1] if self.stages else None

    @property
    def terms(self):
        return [contract["term"] for contract in self.contracts.values() if contract["term"] is not None]

    @property
    def reachable(self):
        return self.address is not None and self.suppression is None
