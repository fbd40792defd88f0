"""Whether a condition holds for a partner at an instant: SPEC 4, line by line, with no thought of speed."""

from decimal import Decimal

from . import instants
from .facts import MILLION, dated_text, millionths


class View:
    """A partner's facts as seen at an instant."""

    def __init__(self, facts, now, zone, named):
        self.facts, self.now, self.zone, self.today = facts, now, zone, zone.day(now)
        self.named = named  # whether the partner is in another segment


def single(value):
    """The key and the value of an object with one key."""
    (item,) = value.items()
    return item


def holds(condition, view):
    key, value = single(condition)
    return LEAVES[key](value, view)


# Values: `any_of` asks for at least one of the partner's, `none_of` is its negation, `all_of` asks for each.


def values_test(value, own):
    key, wanted = single(value)
    if key == "any_of":
        return any(one in own for one in wanted)
    if key == "none_of":
        return not any(one in own for one in wanted)
    if key == "all_of":
        return all(one in own for one in wanted)
    return any(text_test(key, wanted, one) for one in own)


def text_test(key, wanted, text):
    """`equals` is exact, the others ignore case."""
    if key == "equals":
        return text == wanted
    text, wanted = text.casefold(), wanted.casefold()
    return {
        "contains": wanted in text,
        "starts_with": text.startswith(wanted),
        "ends_with": text.endswith(wanted),
    }[key]


def own_values(*values):
    return [value for value in values if value is not None]


def contract_with(value, view):
    """One contract that meets all of it at once."""

    def meets(identity, contract):
        own = {
            "stage": [contract["stage"]],
            "template_term": own_values(contract["term"]),
            "contract": [identity],
        }
        return all(values_test(test, own[key]) for key, test in value.items() if test is not None)

    return any(meets(*one) for one in view.facts.contracts.items())


# Dates


def date_test(condition, when, view):
    """A date condition on a Dated, or on None. D is `view.today`, d the date."""
    kind, value = ("today", True) if condition == "today" else single(condition)
    if kind == "is_set":
        return (when is not None) == value
    if when is None:
        return False
    if kind == "within":
        return when.instant <= view.now < when.instant + instants.length(value)
    if kind == "longer_ago_than":
        return view.now >= when.instant + instants.length(value)
    d, today = when.day, view.today
    if kind == "today":
        return d == today
    if kind == "days_ago":
        if isinstance(value, dict):
            return today - int(value["to"]) <= d <= today - int(value["from"])
        return d == today - int(value)
    if kind == "last_days":
        return today - int(value) <= d <= today
    if kind == "last_months":
        return instants.months_before(today, int(value)) <= d <= today
    if kind == "more_than_days_ago":
        return d < today - int(value)
    if kind == "on":
        return d == instants.parse_date(value)
    if kind == "before":
        return d < instants.parse_date(value)
    if kind == "after":
        return d > instants.parse_date(value)
    if kind == "between":
        return instants.parse_date(value[0]) <= d <= instants.parse_date(value[1])
    raise ValueError(f"no date condition: {kind}")


def since_test(key, own, value, view):
    """`tagged` and `grouped`: on since when; false without it."""
    condition = {name: part for name, part in value.items() if name != key}
    when = own.get(value[key])
    return when is not None and date_test(condition, when, view)


# Sums and counts over a window

COMPARISONS = {
    "greater_than": lambda number, bound: number > bound,
    "at_least": lambda number, bound: number >= bound,
    "less_than": lambda number, bound: number < bound,
    "at_most": lambda number, bound: number <= bound,
    "equals": lambda number, bound: number == bound,
    "not_equals": lambda number, bound: number != bound,
}


def compare(value, total, default=None):
    """The one comparison that a leaf has, on a total in millionths."""
    for key, holds_for in COMPARISONS.items():
        if key in value:
            return holds_for(total, millionths(value[key]))
    if "between" in value:
        return millionths(value["between"][0]) <= total <= millionths(value["between"][1])
    return total >= default


def window_test(window, view):
    """What says of a Dated whether it counts; None where the window asks for a joining that never was."""
    if window is None or window == "all_time":
        return lambda when: True
    joined = view.facts.original_joined
    if isinstance(window, dict) and "since" in window:
        return joined and (lambda when: joined.day <= when.day <= view.today)
    if isinstance(window, dict) and "days_after_joining" in window:
        first, last = (int(window["days_after_joining"][end]) for end in ("from", "to"))
        return joined and (lambda when: joined.day + first <= when.day <= joined.day + last)
    return lambda when: date_test(window, when, view)


def measure(value, view, moments, default=None):
    """Compares the sum of (Dated, millionths) over the window, which who never joined may not have."""
    counts = window_test(value.get("over"), view)
    return counts is not None and compare(
        value, sum([amount for when, amount in moments if counts(when)]), default
    )


def email(value, view):
    source = value.get("source")
    return measure(
        value,
        view,
        [
            (when, MILLION)
            for activity, own, when in view.facts.mail
            if activity == value["activity"] and (source is None or own == source)
        ],
        MILLION,
    )


def custom(value, view):
    tests = value.get("where") or []
    return measure(
        value,
        view,
        [
            (when, MILLION)
            for name, properties, when in view.facts.custom
            if name == value["name"] and all(property_test(test, properties, view) for test in tests)
        ],
        MILLION,
    )


# Attributes and properties


def property_test(value, own, view):
    """A test on one attribute or property; a comparison with a value of another type is false."""
    key, wanted = single({key: part for key, part in value.items() if key != "name"})
    found = own.get(value["name"])
    if key in ("equals", "any_of"):
        return any(same(found, one) for one in (wanted if key == "any_of" else [wanted]))
    if key in ("not_equals", "none_of"):
        return not any(same(found, one) for one in (wanted if key == "none_of" else [wanted]))
    if key == "exists":
        return (found is not None) == wanted
    if key == "date":
        return date_test(wanted, dated_text(found, view.zone), view)
    if key in ("contains", "starts_with", "ends_with"):
        return isinstance(found, str) and text_test(key, wanted, found)
    if not isinstance(found, Decimal):
        return False
    if key == "between":
        return wanted[0] <= found <= wanted[1]
    return COMPARISONS[key](found, wanted)


def same(found, wanted):
    return type(found) is type(wanted) and found == wanted


LEAVES = {
    "all": lambda parts, view: all(holds(part, view) for part in parts),
    "any": lambda parts, view: any(holds(part, view) for part in parts),
    "not": lambda part, view: not holds(part, view),
    "relationship_stage": lambda value, view: values_test(value, own_values(view.facts.stage)),
    "prospecting_stage": lambda value, view: values_test(value, own_values(view.facts.stage)),
    "contract_stage": lambda value, view: values_test(
        value, [contract["stage"] for contract in view.facts.contracts.values()]
    ),
    "template_term": lambda value, view: values_test(value, view.facts.terms),
    "contract": lambda value, view: values_test(value, list(view.facts.contracts)),
    "partner": lambda value, view: values_test(value, [view.facts.partner]),
    "group": lambda value, view: values_test(value, list(view.facts.groups)),
    "tag": lambda value, view: values_test(value, list(view.facts.tags)),
    "partner_name": lambda value, view: values_test(value, own_values(view.facts.name)),
    "contract_with": contract_with,
    "last_transition": lambda value, view: date_test(value, view.facts.last_transition, view),
    "original_joined": lambda value, view: date_test(value, view.facts.original_joined, view),
    "tagged": lambda value, view: since_test("tag", view.facts.tags, value, view),
    "grouped": lambda value, view: since_test("group", view.facts.groups, value, view),
    "revenue": lambda value, view: measure(value, view, view.facts.revenue),
    "actions": lambda value, view: measure(value, view, view.facts.actions),
    "clicks": lambda value, view: measure(value, view, view.facts.clicks),
    "email": email,
    "event": custom,
    "attribute": lambda value, view: property_test(value, view.facts.attributes, view),
    "segment": lambda value, view: (
        any(map(view.named, value["any_of"]))
        if "any_of" in value
        else not any(map(view.named, value["none_of"]))
    ),
}
