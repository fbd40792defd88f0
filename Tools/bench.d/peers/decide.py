"""Decisions from changed segment bits, for peers that take them outside of their database."""

from peers.facts import AGE_MAX
from peers.translate import BITS, words_of

MASK = (1 << BITS) - 1


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

    def settle(self, rows, at, hour):
        """What follows from rows of an evaluation (translate.SQL.changed): transitions, sends, and
        (partner, acted, words of bits) to keep."""
        words = range(words_of(self.program))
        moves, sends, updates = [], [], []
        for partner, acted, email, suppressed, *bits in rows:
            old = sum(bits[n] << n * BITS for n in words)
            new = sum(bits[len(words) + n] << n * BITS for n in words)
            moved = self.moves(old, new)
            moves += [(segment, at, partner, entered) for segment, entered in moved]
            sends += [(automation, partner, at, reason(email, suppressed))
                      for automation in self.fired(moved)]
            acted = self.acted(acted, moved)
            if hour and email is not None and not suppressed:
                due = self.due(new, acted)
                acted |= due
                sends += [(self.program.workflows[workflow].id, partner, at, None)
                          for workflow in bits_of(due)]
            updates.append((partner, acted, *(new >> n * BITS & MASK for n in words)))
        return moves, sends, updates

    def counts(self, rows):
        """Members of each segment from rows of words of bits."""
        counts = [0] * len(self.program.segments)
        for row in rows:
            for segment in bits_of(sum(word << n * BITS for n, word in enumerate(row))):
                counts[segment] += 1
        return counts
