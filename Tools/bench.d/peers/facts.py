"""What the peers read out of a line: one flat record of what the event changes.

The peers are spared what they don't need: names, other attributes, contract terms and the
properties of custom events are kept in the line alone. Of several facts about one thing the latest
by (time, order of arrival) wins, as in Muster, so a late event changes what it should.
"""

import datetime as dt
import json
from typing import NamedTuple, Optional
from zoneinfo import ZoneInfo

ZONE = "America/New_York"
HOUR = 3_600_000_000
DAY = 24 * HOUR
# A trigger that is later than this sends nothing (SPEC 5, `max_age`).
AGE_MAX = DAY
EPOCH = dt.date(1970, 1, 1).toordinal()
COVERS = ("unsubscribed", "complained", "bounced", "resubscribed")


class Event(NamedTuple):
    """Times in microseconds since 1970, days as numbers since then, money in cents."""

    id: str
    partner: int
    at: int
    now: int  # the engine clock when it was taken in
    today: int  # the local day of `now`
    line: str
    day: int  # local, of the event or of what it takes back
    column: Optional[str] = None  # of `days`, else None
    count: int = 0
    cents: int = 0
    stage: Optional[str] = None
    contract: Optional[str] = None
    contract_stage: Optional[str] = None
    tag: Optional[str] = None
    tag_on: bool = False
    group: Optional[str] = None
    group_on: bool = False
    has_tier: bool = False
    tier: Optional[str] = None
    reach: Optional[str] = None  # "address", or one of COVERS
    address: Optional[str] = None


class Calendar:
    """Local days of instants; the zone's offsets are whole hours."""

    def __init__(self, zone=ZONE):
        self.zone, self.known = ZoneInfo(zone), {}

    def day(self, at):
        hour = at // HOUR
        found = self.known.get(hour)
        if found is None:
            moment = dt.datetime.fromtimestamp(hour * 3600, self.zone)
            found = self.known[hour] = moment.date().toordinal() - EPOCH
        return found

    def is_midnight(self, boundary):
        return self.day(boundary) != self.day(boundary - 1)


def fold(rows):
    """The address, and whether the partner is suppressed, from (kind, address) in order of facts.

    A new address ends all hard bounces; what they covered holds again (SPEC 2)."""
    address, covers = None, []
    for kind, given in rows:
        if kind != "address":
            covers.append(kind)
        else:
            if given != address:
                covers = [cover for cover in covers if cover != "bounced"]
            address = given
    return address, bool(covers) and covers[-1] != "resubscribed"


class Reader:
    """Turns lines into events; numbers the partners in the order in which they first appear."""

    def __init__(self, calendar):
        self.calendar = calendar
        self.names, self.numbers = [], {}
        self.now = 0
        self.hours = {}

    def instant(self, text):
        hour = text[:13]
        base = self.hours.get(hour)
        if base is None:
            moment = dt.datetime.fromisoformat(hour + ":00:00+00:00")
            base = self.hours[hour] = int(moment.timestamp()) * 1_000_000
        if text[-1] == "Z":
            rest = text[19:-1]
        elif text.endswith("+00:00"):
            rest = text[19:-6]
        else:
            raise ValueError(f"the peers read UTC only: {text}")
        at = base + int(text[14:16]) * 60_000_000 + int(text[17:19]) * 1_000_000
        return at + int((rest[1:] + "000000")[:6]) if rest else at

    def read(self, line):
        event = json.loads(line)
        at = self.instant(event["time"])
        if at > self.now:
            self.now = at
        name = event["partner"]
        partner = self.numbers.get(name)
        if partner is None:
            partner = self.numbers[name] = len(self.names)
            self.names.append(name)
        day, changes = self.calendar.day(at), {}
        kind, _, what = event["type"].partition(".")
        if kind == "action":
            sign = 1 if what == "recorded" else -1
            if "original_time" in event:
                day = self.calendar.day(self.instant(event["original_time"]))
            whole, _, part = str(event["amount"]).partition(".")
            cents = int(whole) * 100 + int((part + "00")[:2])
            changes = {"column": "actions", "count": sign, "cents": sign * cents}
        elif kind == "click":
            changes = {"column": "clicks", "count": event.get("count", 1)}
        elif kind == "custom":
            changes = {"column": "custom_" + event["name"], "count": 1}
        elif kind == "email":
            if what in ("opened", "clicked", "delivered"):
                changes = {"column": "mail_" + what, "count": 1}
            elif what in COVERS and event.get("kind") != "soft":
                changes = {"reach": what}
        elif kind == "tag":
            changes = {"tag": event["tag"], "tag_on": what == "assigned"}
        elif kind == "group":
            changes = {"group": event["group"], "group_on": what == "joined"}
        elif kind == "relationship":
            changes = {"stage": event["stage"]}
        elif kind == "contract":
            changes = {"contract": event.get("contract", "default"),
                       "contract_stage": event["stage"]}
        elif kind == "application":
            changes = {"contract": event.get("contract", "default"),
                       "contract_stage": "awaiting_advertiser_approval"}
        elif (kind, what) == ("partner", "joined"):
            changes = {"stage": "joined", "contract": event.get("contract", "default"),
                       "contract_stage": "joined"}
        else:
            if "email" in event:
                changes = {"reach": "address", "address": event["email"]}
            if "tier" in (event.get("attributes") or ()):
                changes |= {"has_tier": True, "tier": event["attributes"]["tier"]}
        today = self.calendar.day(self.now)
        return Event(event["id"], partner, at, self.now, today, line, day, **changes)
