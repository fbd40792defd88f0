"""Random event lines: in order, late, given twice, and wrong ones with the code that refuses them (SPEC 2)."""

from checker import instants

from . import pools
from .conditions import Number, written

OFFSETS = (0, 0, 0, 120, -300, 345, 840)


class Line:
    """A line of input as bytes without its end, and its outcome: accepted, duplicate, or the code of a refusal."""

    def __init__(self, text, outcome):
        self.text, self.outcome = text, outcome


class Events:
    """Makes lines, most of them about `topics`; keeps time, and what it has said so far."""

    def __init__(self, chance, start, topics, late=0.1, duplicates=0.05, wrong=0.05, gap=3 * 3600):
        self.chance, self.now, self.gap, self.topics = chance, start, gap, topics
        self.rates = (wrong, duplicates, late)
        self.number = 0
        self.accepted = []  # (id, fields) so far
        self.actions = []  # times of actions, to take back
        self.sends = []  # ids of sends, told by the trial
        self.marks = [start]  # instants near which something flips
        self.greeted = set()  # partners that had an event

    def line(self):
        wrong, duplicates, late = self.rates
        kind = self.chance.random()
        if kind < wrong:
            return self.wrong()
        if kind < wrong + duplicates and self.accepted:
            return self.again()
        if kind < wrong + duplicates + late:
            return self.fresh(self.late())
        self.now = self.next()
        return self.fresh(self.now)

    # Times

    def next(self):
        """When the next event happens: soon, at once, or exactly where something flips."""
        kind = self.chance.random()
        if kind < 0.1:
            return self.now
        if kind < 0.3:
            length = instants.length(self.chance.choice(pools.LENGTHS))
            edge = self.chance.choice(self.marks[-20:]) + length + self.chance.choice((-1, 0, 0, 1))
            if self.now <= edge <= self.now + 8 * instants.DAY:
                return edge
        if kind < 0.45:
            hour = 1800 * instants.SECOND
            return -(-self.now // hour) * hour + self.chance.choice((0, 0, 1, hour, hour - 1))
        gap = self.chance.expovariate(1) * self.gap
        if self.chance.random() < 0.3:
            return self.now + int(gap) * instants.SECOND
        return self.now + int(gap * instants.SECOND)

    def late(self):
        """Before `now`: by seconds, hours or days, sometimes exactly when something else happened, or just as
        late as some limit allows."""
        kind = self.chance.random()
        if kind < 0.2:
            return self.chance.choice(self.marks)
        if kind < 0.4:
            return (
                self.now - instants.length(self.chance.choice(pools.LENGTHS)) - self.chance.choice((0, 0, 1))
            )
        return self.now - int(
            self.chance.expovariate(1) * self.chance.choice((60, 86_400, 10 * 86_400)) * instants.SECOND
        )

    def time(self, instant):
        """An instant as senders write it: with any offset, and digits beyond the microsecond, which are cut."""
        offset = self.chance.choice(OFFSETS)
        text = instants.written(instant + offset * 60 * instants.SECOND)
        if "." in text and self.chance.random() < 0.3:
            text = text[:-1].ljust(26, "0") + f"{self.chance.randint(0, 999):03}Z"
        if offset or self.chance.random() < 0.1:
            sign = "-" if offset < 0 else "+"
            text = f"{text[:-1]}{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
        return text

    # Lines

    def fresh(self, instant):
        self.number += 1
        fields = {"id": f"e{self.number}", **self.content(instant)}
        self.accepted.append(fields)
        self.marks.append(instant)
        return Line(self.text(fields), "accepted")

    def text(self, fields):
        """A line: keys in any order, sometimes with blanks, nulls and fields that nobody knows."""
        fields = dict(fields)
        kind = self.chance.random()
        if kind < 0.1:
            names = list(fields)
            self.chance.shuffle(names)
            fields = {name: fields[name] for name in names}
        text = written(fields)
        return (text if kind < 0.8 else text.replace('": ', '":').replace(', "', ',"')).encode()

    def again(self):
        """An id that is there already: with the same content, or with other."""
        fields = dict(self.chance.choice(self.accepted))
        if self.chance.random() < 0.7:
            fields["time"] = self.time(instants.parse(fields["time"]))
            return Line(self.text(fields), "duplicate")
        fields["time"] = self.time(instants.parse(fields["time"]) + 1)
        if "original_time" in fields:
            del fields["original_time"]
        return Line(self.text(fields), "id_conflict")

    def wrong(self):
        """A line that is refused, and its code."""
        fields = {"id": f"wrong{self.number}", **self.content(self.now)}
        kind = self.chance.randint(0, 8)
        text = written(fields)
        if kind == 0:
            return Line(text[:-1].encode(), "bad_json")
        if kind == 1:
            return Line(text.encode() + b"\xff", "bad_utf8")
        if kind == 2:
            return Line((text[:-1] + ', "id": "x"}').encode(), "duplicate_key")
        if kind == 3:
            return Line((text[:-1] + ', "more": ' + "[" * 40 + "]" * 40 + "}").encode(), "too_deep")
        if kind == 4:
            del fields[self.chance.choice(("id", "type", "partner", "time"))]
            return Line(written(fields).encode(), "missing_field")
        if kind == 5:
            fields["time"] = self.chance.choice(
                (
                    "yesterday",
                    "2024-02-30T00:00:00Z",
                    "2024-01-01T00:00:60Z",
                    5,
                    "1969-12-31T23:59:59Z",
                    "2024-01-01",
                )
            )
            return Line(written(fields).encode(), "bad_field")
        if kind == 6:
            fields["type"] = "action.recored"
            return Line(written(fields).encode(), "unknown_type")
        if kind == 7:
            fields["time"] = "9998-01-01T00:00:00Z"
            fields.pop("original_time", None)
            return Line(written(fields).encode(), "future_time")
        fields = {key: fields[key] for key in ("id", "partner", "time")}
        fields |= {
            "type": "action.recorded",
            "amount": self.chance.choice((Number("-1"), "1000000000000", "0.0000001", "ten", True)),
        }
        return Line(written(fields).encode(), "bad_field")

    def content(self, instant):
        """Type, partner, time and fields of an event."""
        choice = self.chance.choice
        # A few partners have most of the events.
        partner = pools.PARTNERS[min(int(self.chance.expovariate(0.25)), len(pools.PARTNERS) - 1)]
        maker = choice(self.makers()[choice(self.topics if self.chance.random() < 0.75 else pools.TOPICS)])
        if partner not in self.greeted:
            self.greeted.add(partner)
            maker = choice((maker, self.greeting, self.greeting, self.greeting))
        kind, fields = maker(instant)
        base = {"type": kind, "partner": partner, "time": self.time(instant)}
        if self.chance.random() < 0.1:
            fields = {**fields, "extra": choice(("kept", None, {"any": [1, None]}))}
        return {**base, **fields}

    def makers(self):
        """All kinds of events by topic."""
        choice, some = self.chance.choice, self.maybe
        return {
            "stage": [
                lambda at: ("relationship.changed", {"stage": choice(pools.STAGES)}),
                lambda at: ("relationship.changed", {"stage": choice(("new", "outreach", "joined"))}),
                lambda at: ("partner.joined", {}),
            ],
            "contract": [
                lambda at: (
                    "contract.changed",
                    {
                        "stage": choice(pools.CONTRACT_STAGES[:7]),
                        **some("contract", pools.CONTRACTS),
                        **some("template_term", pools.TERMS),
                    },
                ),
                lambda at: (
                    "partner.joined",
                    {**some("contract", pools.CONTRACTS), **some("template_term", pools.TERMS)},
                ),
                lambda at: (
                    "application.submitted",
                    {**some("contract", pools.CONTRACTS), "template_term": choice(pools.TERMS)},
                ),
            ],
            "name": [self.update],
            "group": [
                lambda at: ("group.joined", {"group": choice(pools.GROUPS)}),
                lambda at: ("group.left", {"group": choice(pools.GROUPS)}),
            ],
            "tag": [
                *2
                * [
                    lambda at: (
                        "tag.assigned",
                        {"tag": choice(pools.TAGS), **some("source", ("manual", "bulk", "api"))},
                    )
                ],
                lambda at: ("tag.removed", {"tag": choice(pools.TAGS)}),
            ],
            "money": [self.action, self.action, self.reversal],
            "clicks": [lambda at: ("click.recorded", some("count", (1, 2, 3)))],
            "mail": [self.mail, self.mail, self.mail, self.update],
            "custom": [self.custom],
            "attribute": [self.update],
        }

    def maybe(self, key, pool):
        kind = self.chance.random()
        return {key: self.chance.choice(pool)} if kind < 0.6 else {key: None} if kind < 0.65 else {}

    def amount(self):
        amount = self.chance.choice(pools.AMOUNTS)
        return {
            "amount": amount if self.chance.random() < 0.5 else Number(amount),
            **self.maybe("currency", ("USD",)),
        }

    def action(self, instant):
        self.actions.append(instant)
        return "action.recorded", self.amount()

    def reversal(self, instant):
        fields = self.amount()
        originals = [one for one in self.actions[-10:] if one <= instant]
        if originals and self.chance.random() < 0.7:
            fields["original_time"] = self.time(self.chance.choice(originals))
        return "action.reversed", fields

    def custom(self, instant):
        properties = {name: self.value(instant) for name in pools.PROPERTIES if self.chance.random() < 0.6}
        return "custom.recorded", {
            "name": self.chance.choice(pools.EVENTS),
            **({"properties": properties} if properties else {}),
        }

    def greeting(self, instant):
        """Most partners begin with an address."""
        return "partner.updated", {"name": self.chance.choice(pools.NAMES), "email": "first@example.com"}

    def update(self, instant):
        fields = {}
        if self.chance.random() < 0.4:
            fields["name"] = self.chance.choice((*pools.NAMES, None))
        if self.chance.random() < 0.6:
            fields["email"] = self.chance.choice(
                ("first@example.com", "first@example.com", "a@b.c", "x@y.z", None)
            )
        if self.chance.random() < 0.6:
            fields["attributes"] = {
                name: self.value(instant) for name in pools.ATTRIBUTES if self.chance.random() < 0.6
            }
        return "partner.updated", fields

    def value(self, instant):
        """A value of an attribute or property: also dates near `instant`, before it and after it."""
        kind = self.chance.random()
        if kind < 0.3:
            return Number(self.chance.choice(pools.NUMBERS))
        if kind < 0.5:
            return self.chance.choice(pools.TEXTS)
        if kind < 0.6:
            return self.chance.choice((True, False, None))
        near = instant + int(self.chance.gauss(0, 3) * instants.DAY)
        if kind < 0.8:
            return self.time(near)
        return instants.written(near)[:10] if kind < 0.98 else "2024-02-30"

    def mail(self, instant):
        kind = self.chance.choice(
            (
                "delivered",
                "opened",
                "clicked",
                "bounced",
                "opened",
                "bounced",
                "complained",
                "unsubscribed",
                "resubscribed",
            )
        )
        fields = self.maybe("source", pools.SOURCES)
        if self.sends and self.chance.random() < 0.5:
            fields["send"] = self.chance.choice(self.sends)
        elif self.chance.random() < 0.6:
            fields["send"] = self.chance.choice(("snd_x", "snd_y"))
        if kind == "bounced":
            fields |= self.maybe("kind", ("hard", "soft"))
        return f"email.{kind}", fields


def text_of(lines):
    """Lines as one input."""
    return b"".join(line.text + b"\n" for line in lines)


def count(lines):
    """How many lines have to be accepted, found duplicate and rejected."""
    outcomes = [line.outcome for line in lines]
    accepted, duplicate = outcomes.count("accepted"), outcomes.count("duplicate")
    return accepted, duplicate, len(lines) - accepted - duplicate
