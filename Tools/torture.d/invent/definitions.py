"""Random definitions: segments that name each other, workflows, chains of automations, changes of them."""

from . import pools
from .conditions import Conditions, some, written

TEMPLATES = ["hello", "again"]


class Definitions:
    """Definitions in force; `change` makes others of them."""

    def __init__(
        self,
        chance,
        span,
        topics,
        segments=8,
        workflows=3,
        automations=3,
        rolling=True,
        lengths=pools.LENGTHS,
    ):
        self.chance, self.conditions = chance, Conditions(chance, span, topics, rolling, lengths)
        self.counts = (segments, workflows, automations)
        self.templates = {name: 0 for name in TEMPLATES}
        self.segments = {}
        for number in range(segments):
            self.segments[f"s{number}"] = self.match(number)
        self.workflows = {f"w{number + 1}": self.workflow() for number in range(workflows)}
        self.automations = {f"a{number + 1}": self.automation() for number in range(automations)}

    def match(self, number):
        """A condition that may name segments of lower numbers, so there are no circles."""
        return self.conditions.condition([name for name in self.segments if int(name[1:]) < number])

    def actions(self):
        def one():
            kind = self.chance.random()
            if kind < 0.6:
                return {"send_email": self.chance.choice(TEMPLATES)}
            if kind < 0.75:
                return {"add_tag": self.chance.choice(pools.TAGS)}
            if kind < 0.9:
                return {"remove_tag": self.chance.choice(pools.TAGS)}
            return self.chance.choice(
                (
                    "accept_application",
                    {"accept_application": {"template_term": {"any_of": some(self.chance, pools.TERMS)}}},
                )
            )

        return [one() for _ in range(self.chance.choice((1, 1, 2, 3)))]

    def state(self):
        return self.chance.choice(("active",) * 6 + ("paused", "draft"))

    def workflow(self):
        workflow = {
            "segment": self.chance.choice(list(self.segments)),
            "do": self.actions(),
            "state": self.state(),
        }
        if self.chance.random() < 0.4:
            workflow["repeat"] = self.chance.choice(("never", "on_reentry"))
        if self.chance.random() < 0.12:
            workflow["cap"] = self.chance.randint(1, 4)
        return workflow

    def automation(self):
        if self.chance.random() < 0.3:
            # A link of a chain of tags, which may lead back to itself.
            return {
                "on": {"tag_assigned": self.chance.choice(pools.TAGS)},
                "state": "active",
                "do": [
                    {"add_tag": self.chance.choice(pools.TAGS)},
                    *self.actions()[: self.chance.randint(0, 1)],
                ],
            }
        trigger = self.chance.choice(("tag_assigned", "segment_entered", "segment_entered", "segment_left"))
        what = self.chance.choice(pools.TAGS if trigger == "tag_assigned" else list(self.segments))
        automation = {"on": {trigger: what}, "do": self.actions(), "state": self.state()}
        if self.chance.random() < 0.3:
            automation["max_age"] = self.chance.choice(pools.LENGTHS)
        return automation

    def change(self):
        """Changes some of the definitions, as an operator would, and may drop or bring back others."""
        segments, workflows, automations = self.counts
        for _ in range(self.chance.randint(1, 3)):
            kind = self.chance.randint(0, 6)
            if kind <= 1:
                number = self.chance.randrange(segments)
                self.segments[f"s{number}"] = self.match(number)
            elif kind == 2 and workflows:
                self.workflows[f"w{self.chance.randrange(workflows) + 1}"] = self.workflow()
            elif kind == 3 and automations:
                self.automations[f"a{self.chance.randrange(automations) + 1}"] = self.automation()
            elif kind == 4:
                self.templates[self.chance.choice(TEMPLATES)] += 1
            elif kind == 5:
                self.drop()
            else:
                for one in (*self.workflows.values(), *self.automations.values()):
                    if self.chance.random() < 0.3:
                        one["state"] = self.state()

    def drop(self):
        """Takes out a workflow or an automation, or a segment that nothing names."""
        pool = self.chance.choice((self.workflows, self.automations, self.segments))
        if pool is self.segments:
            rest = written([self.workflows, self.automations, self.segments])
            free = [name for name in self.segments if rest.count(f'"{name}"') == 1]
            if len(self.segments) > 3 and free:
                del self.segments[self.chance.choice(free)]
        elif pool:
            del pool[self.chance.choice(list(pool))]

    def file(self):
        """The definition file, as JSON."""

        def listed(pool):
            return [{"id": name, **one} for name, one in pool.items()]

        return (
            written(
                {
                    "templates": [
                        {"id": name, "subject": f"{name} {version}", "text": "Hi"}
                        for name, version in self.templates.items()
                    ],
                    "segments": [{"id": name, "match": match} for name, match in self.segments.items()],
                    "workflows": listed(self.workflows),
                    "automations": listed(self.automations),
                }
            )
            + "\n"
        )
