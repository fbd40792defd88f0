"""Decisions from changed segment bits, for peers that take them outside of their database."""

from peers.facts import AGE_MAX

ALL = (1 << 64) - 1


def bits_of(number):
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


def reason(email, suppressed, stale=False):
    """Why an automation's mail is held back, or None (SPEC 5)."""
    if stale:
        return "stale_trigger"
    if email is None:
        return "no_address"
    return "suppressed" if suppressed else None


class Decider:
    def __init__(self, program):
        self.program = program
        self.owing = {}  # segment → workflows as a mask, and those of them that repeat
        for number, workflow in enumerate(program.workflows):
            owed, again = self.owing.get(workflow.segment, (0, 0))
            bit = 1 << number
            self.owing[workflow.segment] = owed | bit, again | bit * workflow.reentry
        self.tagged, self.entered, self.left = {}, {}, {}
        table = {"tag_assigned": self.tagged, "segment_entered": self.entered,
                 "segment_left": self.left}
        for automation in program.automations:
            table[automation.kind].setdefault(automation.what, []).append(automation.id)

    def moves(self, old, new):
        """(segment, entered) of what differs, by segment."""
        return [(segment, bool(new >> segment & 1)) for segment in bits_of(old ^ new)]

    def fired(self, moves):
        """The automations that these transitions set off."""
        return [automation for segment, entered in moves
                for automation in (self.entered if entered else self.left).get(segment, ())]

    def acted(self, acted, moves):
        """The mask of workflows that acted, less those that an entry lets act again."""
        for segment, entered in moves:
            if entered and segment in self.owing:
                acted &= ~self.owing[segment][1]
        return acted

    def due(self, bits, acted):
        """The workflows whose turn it is, as a mask."""
        due = 0
        for segment, (owed, _) in self.owing.items():
            if bits >> segment & 1:
                due |= owed
        return due & ~acted

    def stale(self, event):
        return event.now - event.at > AGE_MAX
