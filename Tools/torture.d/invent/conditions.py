"""Random conditions over every leaf, operator, window and comparison of SPEC 4."""

import datetime
import json

from . import pools


class Number(str):
    """A number as it is to be written."""


def some(chance, pool, most=3):
    return chance.sample(pool, chance.randint(1, min(most, len(pool))))


class Conditions:
    """Makes conditions; `span` is the first and last date worth naming, `topics` what most of them are about."""

    def __init__(self, chance, span, topics, rolling=True, lengths=pools.LENGTHS):
        self.chance, self.span, self.topics, self.rolling = chance, span, topics, rolling
        self.lengths = lengths

    def condition(self, segments=(), depth=0):
        if depth < 3 and self.chance.random() < (0.45 if depth == 0 else 0.3):
            kind = self.chance.choice(("all", "all", "any", "any", "not"))
            if kind == "not":
                return {"not": self.condition(segments, depth + 1)}
            return {kind: [self.condition(segments, depth + 1) for _ in range(self.chance.randint(1, 3))]}
        return self.leaf(segments)

    def leaf(self, segments=()):
        makers = self.leaves()
        if segments:
            makers["segment"] = 2 * [
                lambda: {
                    "segment": {self.chance.choice(("any_of", "none_of")): some(self.chance, segments, 2)}
                }
            ]
        topics = (
            [*self.topics, *("segment",) * bool(segments)] if self.chance.random() < 0.8 else list(makers)
        )
        return self.chance.choice([maker for topic in topics for maker in makers[topic]])()

    def leaves(self):
        """All leaves by topic."""
        return {
            "stage": [
                lambda: {
                    self.chance.choice(("relationship_stage", "prospecting_stage")): self.values(
                        pools.STAGES, False
                    )
                },
                lambda: {"last_transition": self.date(True)},
                lambda: {"original_joined": self.date(True)},
            ],
            "contract": [
                lambda: {"contract_stage": self.values(pools.CONTRACT_STAGES[:7])},
                lambda: {"template_term": self.term()},
                lambda: {"contract": self.values(pools.CONTRACTS)},
                self.contract_with,
            ],
            "name": [
                lambda: {"partner": self.values(pools.PARTNERS, False)},
                lambda: {"partner_name": self.text(pools.NAMES, pools.NAME_PARTS, anyof=True)},
            ],
            "group": [
                lambda: {"group": self.values(pools.GROUPS)},
                lambda: {"grouped": self.since("group", pools.GROUPS)},
            ],
            "tag": [
                lambda: {"tag": self.values(pools.TAGS)},
                lambda: {"tag": {"any_of": [self.chance.choice(pools.TAGS)]}},
                *2 * [lambda: {"tagged": self.since("tag", pools.TAGS)}],
            ],
            "money": [
                lambda: {"revenue": {**self.window(), **self.comparison(pools.LIMITS)}},
                lambda: {"actions": {**self.window(), **self.comparison(pools.COUNTS)}},
            ],
            "clicks": [lambda: {"clicks": {**self.window(), **self.comparison(pools.COUNTS)}}],
            "mail": [self.email],
            "custom": [self.event],
            "attribute": [lambda: {"attribute": self.property(pools.ATTRIBUTES)}],
        }

    def values(self, pool, several=True):
        kinds = ("any_of", "any_of", "none_of", "all_of") if several else ("any_of", "any_of", "none_of")
        return {self.chance.choice(kinds): some(self.chance, pool)}

    def text(self, whole, parts, anyof=False):
        kind = self.chance.choice(("equals", "contains", "starts_with", "ends_with") + anyof * ("any_of",))
        if kind == "any_of":
            return {kind: some(self.chance, whole, 2)}
        return {kind: self.chance.choice(whole if kind == "equals" else parts)}

    def term(self):
        return (
            self.text(pools.TERMS, pools.TERM_PARTS)
            if self.chance.random() < 0.5
            else self.values(pools.TERMS)
        )

    def contract_with(self):
        tests = {}
        if self.chance.random() < 0.7:
            tests["stage"] = {"any_of": some(self.chance, pools.CONTRACT_STAGES[:6])}
        if self.chance.random() < 0.5:
            tests["template_term"] = self.term()
        if not tests or self.chance.random() < 0.4:
            tests["contract"] = self.values(pools.CONTRACTS)
        return {"contract_with": tests}

    def a_date(self):
        first, last = self.span
        return (first + datetime.timedelta(days=self.chance.randint(0, (last - first).days))).isoformat()

    def date(self, may_ask_set=False):
        choice = self.chance.choice
        first, last = sorted((self.a_date(), self.a_date()))
        near = choice(pools.DAYS)
        makers = [
            lambda: "today",
            lambda: {"days_ago": choice(pools.DAYS)},
            lambda: {"days_ago": {"from": near, "to": near + choice(pools.DAYS)}},
            lambda: {"last_days": choice(pools.DAYS)},
            lambda: {"last_days": choice(pools.DAYS)},
            lambda: {"last_months": choice((0, 1, 1, 2, 6))},
            lambda: {"more_than_days_ago": choice(pools.DAYS)},
            lambda: {choice(("on", "before", "after")): self.a_date()},
            lambda: {"between": [first, last]},
        ]
        if self.rolling:
            makers += 4 * [lambda: {choice(("within", "longer_ago_than")): choice(self.lengths)}]
        if may_ask_set:
            makers.append(lambda: {"is_set": choice((True, False))})
        return choice(makers)()

    def since(self, key, pool):
        condition = self.date()
        if condition == "today":
            condition = {"days_ago": 0}
        return {key: self.chance.choice(pool), **condition}

    def window(self):
        kind = self.chance.randint(0, 9)
        near = self.chance.choice(pools.DAYS)
        if kind == 0:
            return {}
        if kind == 1:
            return {"over": "all_time"}
        if kind == 2:
            return {"over": {"since": "original_joined"}}
        if kind == 3:
            return {
                "over": {"days_after_joining": {"from": near, "to": near + self.chance.choice(pools.DAYS)}}
            }
        return {"over": self.date()}

    def comparison(self, pool):
        if self.chance.random() < 0.4:
            return self.chance.choice(
                (
                    {"at_least": Number("1")},
                    {"greater_than": Number("0")},
                    {"equals": Number("0")},
                    {"less_than": Number("2")},
                )
            )
        if self.chance.random() < 0.15:
            return {"between": sorted((Number(self.chance.choice(pool)) for _ in range(2)), key=float)}
        kind = self.chance.choice(
            ("greater_than", "at_least", "less_than", "at_most", "equals", "not_equals")
        )
        return {kind: Number(self.chance.choice(pool))}

    def email(self):
        value = {"activity": self.chance.choice(("sent",) + tuple(pools.ACTIVITIES))}
        if self.chance.random() < 0.4:
            value["source"] = self.chance.choice(pools.SOURCES)
        return {
            "email": {
                **value,
                **self.window(),
                **(self.comparison(pools.COUNTS) if self.chance.random() < 0.6 else {}),
            }
        }

    def event(self):
        value = {"name": self.chance.choice(pools.EVENTS)}
        if self.chance.random() < 0.6:
            value["where"] = [self.property(pools.PROPERTIES) for _ in range(self.chance.randint(1, 2))]
        return {
            "event": {
                **value,
                **self.window(),
                **(self.comparison(pools.COUNTS) if self.chance.random() < 0.6 else {}),
            }
        }

    def value(self):
        return self.chance.choice(
            (
                Number(self.chance.choice(pools.NUMBERS)),
                self.chance.random() < 0.5,
                self.chance.choice(pools.TEXTS),
                self.chance.choice(pools.TEXTS),
            )
        )

    def property(self, names):
        choice = self.chance.choice
        numbers = sorted((Number(choice(pools.NUMBERS)) for _ in range(2)), key=float)
        test = choice(
            (
                lambda: {"equals": self.value()},
                lambda: {"not_equals": self.value()},
                lambda: {choice(("any_of", "none_of")): [self.value(), self.value()]},
                lambda: self.text(pools.TEXTS[:3], ["OLD", "s", "o"]),
                lambda: {
                    choice(("greater_than", "at_least", "less_than", "at_most")): Number(
                        choice(pools.NUMBERS)
                    )
                },
                lambda: {"between": numbers},
                lambda: {"exists": choice((True, False))},
                lambda: {"date": self.date(True)},
                lambda: {"date": self.date(True)},
            )
        )()
        return {"name": choice(names), **test}


def written(value):
    """A definition as JSON, its numbers as they are meant to be written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {written(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
