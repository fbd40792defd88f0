"""Muster's definitions as Python and as SQL, so that the peers can't drift away from them.

A program of the *shared* kind (definitions.py) is read as it stands. Sums become *aggregates*: one
for each distinct column and window, however many segments compare it. In both languages a partner's
segments are one number a partner, a bit each (SQL: two numbers of 50 bits, so that they stay positive).
"""

from dataclasses import dataclass, field

import definitions

# What is counted a partner and a day, in the order of the columns of the peers' `days`.
COLUMNS = ("revenue", "actions", "clicks",
           *(f"custom_{name}" for name in definitions.CUSTOM),
           *(f"mail_{name}" for name in definitions.MAIL))
BITS = 50
COMPARISONS = {"greater_than": ">", "at_least": ">=", "less_than": "<", "at_most": "<=",
               "equals": "="}


@dataclass
class Automation:
    id: str
    kind: str  # tag_assigned, segment_entered, segment_left
    what: object  # a tag, or a segment's number


@dataclass
class Workflow:
    id: str
    segment: int
    reentry: bool


@dataclass
class Program:
    segments: list
    workflows: list
    automations: list
    aggregates: list = field(default_factory=list)  # (column, window)

    def aggregate(self, column, window):
        key = (column, window)
        if key not in self.aggregates:
            self.aggregates.append(key)
        return self.aggregates.index(key)


def read(whole):
    """A Program of the definitions as JSON."""
    ids = [segment["id"] for segment in whole["segments"]]
    workflows = [Workflow(w["id"], ids.index(w["segment"]), w["repeat"] == "on_reentry")
                 for w in whole.get("workflows", ())]
    automations = []
    for automation in whole.get("automations", ()):
        (kind, what), = automation["on"].items()
        automations.append(Automation(
            automation["id"], kind, what if kind == "tag_assigned" else ids.index(what)))
    return Program(whole["segments"], workflows, automations)


def window(over):
    """A window as first and last day: of now ("ago"), of joining ("joined"), or of all time."""
    if over == "all_time":
        return ("always",)
    (kind, value), = over.items()
    if kind == "last_days":
        return ("ago", 0, value)
    if kind == "days_ago":
        return ("ago", value["from"], value["to"])
    if kind == "since":
        return ("joined", 0, None)
    if kind == "days_after_joining":
        return ("joined", value["from"], value["to"])
    raise ValueError(f"no window that the peers share: {over}")


def dates(condition):
    """A date condition as bounds on how many days ago: at least, at most (None: no bound)."""
    (kind, value), = condition.items()
    if kind == "days_ago":
        return value["from"], value["to"]
    if kind == "last_days":
        return 0, value
    if kind == "more_than_days_ago":
        return value + 1, None
    raise ValueError(f"no date condition that the peers share: {condition}")


class Language:
    """Walks conditions; what a leaf looks like is for the languages to say."""

    def __init__(self, program):
        self.program = program

    def condition(self, match):
        (kind, value), = match.items()
        if kind in ("all", "any"):
            word = " and " if kind == "all" else " or "
            return "(" + word.join(self.condition(part) for part in value) + ")"
        if kind == "not":
            return f"(not {self.condition(value)})"
        if kind in ("revenue", "actions", "clicks", "event", "email"):
            return self.sum(kind, value)
        if kind in ("relationship_stage", "contract_stage", "tag"):
            return self.any(kind, value["any_of"])
        if kind == "group":
            return f"(not {self.any(kind, value['none_of'])})"
        if kind == "original_joined":
            return self.date("joined", value)
        if kind == "tagged":
            when = {name: test for name, test in value.items() if name != "tag"}
            return self.date(f"tag:{value['tag']}", when)
        if kind == "attribute" and value["name"] == "tier":
            return self.tier(value["equals"])
        raise ValueError(f"no leaf that the peers share: {kind}")

    def sum(self, kind, value):
        column = {"event": "custom_" + value.get("name", ""),
                  "email": "mail_" + value.get("activity", "")}.get(kind, kind)
        over = window(value["over"])
        number = self.program.aggregate(column, over)
        (word, bound), = ((word, bound) for word, bound in value.items() if word in COMPARISONS)
        # Money is kept in cents.
        bound *= 100 if kind == "revenue" else 1
        return self.compare(number, over, COMPARISONS[word], bound)

    def bits(self):
        return [self.condition(segment["match"]) for segment in self.program.segments]


class Python(Language):
    """An expression over a partner's object `p`, the sums `a0`, `a1`, … and today's number `D`."""

    def any(self, kind, values):
        if kind == "relationship_stage":
            return f"(p.stage in {tuple(values)!r})"
        held = {"contract_stage": "p.contract_stages()", "tag": "p.tags", "group": "p.groups"}[kind]
        return "(" + " or ".join(f"({value!r} in {held})" for value in values) + ")"

    def tier(self, value):
        return f"(p.tier == {value!r})"

    def date(self, what, condition):
        first, last = dates(condition)
        day = "p.joined" if what == "joined" else f"p.tags.get({what[4:]!r})"
        held = "p.joined is not None" if what == "joined" else f"{what[4:]!r} in p.tags"
        tests = [held, f"{day} <= D - {first}"]
        if last is not None:
            tests.append(f"{day} >= D - {last}")
        return "(" + " and ".join(tests) + ")"

    def compare(self, number, over, sign, bound):
        test = f"a{number} {'==' if sign == '=' else sign} {bound}"
        return f"(p.joined is not None and {test})" if over[0] == "joined" else f"({test})"

    def function(self):
        """`evaluate(p, D)`: the partner's segments as one number. One pass over its days."""
        bits = self.bits()
        count = len(self.program.aggregates)
        lines = ["def evaluate(p, D):"]
        if count:
            lines.append(f"    {' = '.join(f'a{n}' for n in range(count))} = 0")
        windows = {}
        for number, (column, over) in enumerate(self.program.aggregates):
            windows.setdefault(over, []).append((number, COLUMNS.index(column)))
        lines.append("    joined = p.joined")
        lines.append("    for day, row in p.days.items():")
        for over, sums in windows.items():
            tests = {"always": lambda: "True",
                     "ago": lambda: f"D - {over[2]} <= day <= D - {over[1]}",
                     "joined": lambda: "joined is not None and "
                     + (f"joined + {over[1]} <= day" if over[2] is None
                        else f"joined + {over[1]} <= day <= joined + {over[2]}")}
            lines.append(f"        if {tests[over[0]]()}:")
            lines += [f"            a{number} += row[{column}]" for number, column in sums]
        lines.append("        pass")
        # In groups, because an expression may nest only so deep.
        lines.append("    bits = 0")
        for number, bit in enumerate(bits):
            lines.append(f"    if {bit}: bits |= {1 << number}")
        lines.append("    return bits")
        space = {}
        exec("\n".join(lines), space)  # noqa: S102: our own words
        return space["evaluate"]


class SQL(Language):
    """Conditions over `p` (partners), `a` (sums), `t` (tags), `g` (groups), `c` (contracts).

    `today` stands for today's number, a parameter or a variable in the dialect at hand."""

    def __init__(self, program, today):
        super().__init__(program)
        self.today = today
        self.tags, self.groups, self.stages = [], [], []

    def _pivot(self, kept, value):
        if value not in kept:
            kept.append(value)
        return kept.index(value)

    def any(self, kind, values):
        if kind == "relationship_stage":
            return "coalesce(p.stage IN (" + ", ".join(map(quoted, values)) + "), false)"
        table, kept = {"contract_stage": ("c", self.stages), "tag": ("t", self.tags),
                       "group": ("g", self.groups)}[kind]
        tests = (f"{table}.v{self._pivot(kept, value)} IS NOT NULL" for value in values)
        return "(" + " or ".join(tests) + ")"

    def tier(self, value):
        return f"coalesce(p.tier = {quoted(value)}, false)"

    def date(self, what, condition):
        first, last = dates(condition)
        day = "p.joined" if what == "joined" else f"t.v{self._pivot(self.tags, what[4:])}"
        tests = [f"{day} <= {self.today} - {first}"]
        if last is not None:
            tests.append(f"{day} >= {self.today} - {last}")
        return f"coalesce({' and '.join(tests)}, false)"

    def compare(self, number, over, sign, bound):
        test = f"coalesce(a.a{number}, 0) {sign} {bound}"
        return f"(p.joined IS NOT NULL and {test})" if over[0] == "joined" else f"({test})"

    def _within(self, over):
        if over[0] == "always":
            return "true"
        if over[0] == "ago":
            return f"d.day BETWEEN {self.today} - {over[2]} AND {self.today} - {over[1]}"
        if over[2] is None:
            return f"d.day >= q.joined + {over[1]}"
        return f"d.day BETWEEN q.joined + {over[1]} AND q.joined + {over[2]}"

    def evaluation(self, who):
        """A SELECT of partner, `acted`, address, kept bits and new bits.

        `who` is what `partner IN` takes, such as (SELECT partner FROM dirty), or None for all."""
        bits = self.bits()
        some = f" WHERE %s.partner IN {who}" if who else "%.0s"
        sums = ", ".join(
            f"sum(d.{column}) FILTER (WHERE {self._within(over)}) AS a{number}"
            for number, (column, over) in enumerate(self.program.aggregates))
        words = []
        for first in range(0, len(bits), BITS):
            terms = (f"CASE WHEN {bit} THEN {1 << number} ELSE 0 END"
                     for number, bit in enumerate(bits[first:first + BITS]))
            words.append("(" + " + ".join(terms) + f") AS new{first // BITS}")

        def pivot(name, table, value, column, kept):
            columns = "".join(
                f", max(CASE WHEN {name}.{column} = {quoted(one)} THEN {value} END) AS v{number}"
                for number, one in enumerate(kept))
            return (f" LEFT JOIN (SELECT {name}.partner{columns} FROM {table} {name}"
                    f"{some % name} GROUP BY {name}.partner) {name} ON {name}.partner = p.partner")

        kept = ", ".join(f"p.bits{n}" for n in range(words_of(self.program)))
        return (
            f"SELECT p.partner, p.acted, p.email, p.suppressed, {kept}, {', '.join(words)} "
            "FROM partners p"
            + (f" LEFT JOIN (SELECT d.partner, {sums} FROM days d JOIN partners q ON "
               f"q.partner = d.partner{some % 'd'} GROUP BY d.partner) a ON a.partner = p.partner"
               if sums else "")
            + pivot("t", "tags", "CASE WHEN t.is_on THEN t.day END", "tag", self.tags)
            + pivot("g", "groups", "CASE WHEN g.is_on THEN 1 END", "name", self.groups)
            + pivot("c", "contracts", "1", "stage", self.stages) + some % "p")

    def changed(self, who):
        """Of the evaluation, those whose segments differ, or to whom a workflow owes a mail."""
        inner = self.evaluation(who)
        differs = " or ".join(f"new{n} <> bits{n}" for n in range(words_of(self.program)))
        owed = " or ".join(
            f"((new{w.segment // BITS} & {1 << w.segment % BITS}) <> 0 and (acted & {1 << n}) = 0)"
            for n, w in enumerate(self.program.workflows))
        owes = f" or (email IS NOT NULL and not suppressed and ({owed}))" if owed else ""
        # Materialized, or the databases work the bits out again for every word of the condition.
        return f"WITH e AS MATERIALIZED ({inner}) SELECT * FROM e WHERE {differs}{owes}"


def words_of(program):
    """How many numbers of BITS bits hold the segments."""
    return (len(program.segments) + BITS - 1) // BITS


def quoted(text):
    return "'" + text.replace("'", "''") + "'"
