"""The definitions in force, as definition records made them (SPEC 5)."""

from . import instants

TIMED = ("last_transition", "original_joined", "tagged", "grouped")
MEASURES = ("revenue", "actions", "clicks", "email", "event")


class Program:
    """Definitions by kind and id, with their versions."""

    def __init__(self):
        self.definitions = {kind: {} for kind in ("program", "template", "segment", "workflow", "automation")}
        self.versions = {}
        self.refresh()

    def apply(self, changes):
        for change in changes:
            key = (change["kind"], change["id"])
            self.versions[key] = int(change["version"])
            if change["definition"] is None:
                self.definitions[change["kind"]].pop(change["id"], None)
            else:
                self.definitions[change["kind"]][change["id"]] = change["definition"]
        self.refresh()

    def refresh(self):
        # Byte order of ids is the order of code points.
        self.segments = {
            name: self.definitions["segment"][name]["match"] for name in sorted(self.definitions["segment"])
        }
        self.workflows = [self.definitions["workflow"][name] for name in sorted(self.definitions["workflow"])]
        self.automations = [
            self.definitions["automation"][name] for name in sorted(self.definitions["automation"])
        ]
        self.timed = [name for name in self.segments if self.is_timed(name)]
        self.rolling = [name for name in self.segments if self.is_rolling(name)]
        self.lengths = set(lengths(list(self.segments.values())))

    def is_timed(self, name):
        """Whether time alone can move somebody in or out of a segment."""
        return is_timed(self.segments[name], self.is_timed)

    def is_rolling(self, name):
        """Whether a segment, or one that it names, looks at rolling time."""
        match = self.segments[name]
        return any(lengths(match)) or any(map(self.is_rolling, named_in(match)))

    def fired_by(self, trigger, what):
        """The active automations that a trigger fires, by id."""
        return [
            one for one in self.automations if one.get("state") == "active" and one["on"].get(trigger) == what
        ]


def is_timed(condition, named):
    ((key, value),) = condition.items()
    if key in ("all", "any"):
        return any(is_timed(part, named) for part in value)
    if key == "not":
        return is_timed(value, named)
    if key == "segment":
        return any(map(named, value.get("any_of") or value.get("none_of")))
    if key in MEASURES:
        return value.get("over") not in (None, "all_time") or any(
            "date" in test for test in value.get("where") or []
        )
    return key in TIMED or (key == "attribute" and "date" in value)


def named_in(condition):
    """The segments that a condition names."""
    ((key, value),) = condition.items()
    if key == "segment":
        return value.get("any_of") or value.get("none_of")
    parts = value if key in ("all", "any") else [value] if key == "not" else []
    return [name for part in parts for name in named_in(part)]


def lengths(value):
    """Every rolling length in a condition."""
    if isinstance(value, list):
        for part in value:
            yield from lengths(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key in ("within", "longer_ago_than") and isinstance(part, dict):
                yield instants.length(part)
            else:
                yield from lengths(part)


# What definitions leave out


def sends_email(definition):
    return any(isinstance(action, dict) and "send_email" in action for action in definition["do"])


def repeats(workflow):
    return workflow.get("repeat") or ("never" if sends_email(workflow) else "on_reentry")


def cap(workflow):
    return int(workflow.get("cap") or 10_000)


def max_age(automation):
    return instants.length(automation.get("max_age") or {"hours": 24})
