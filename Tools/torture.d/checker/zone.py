"""A time zone as the store states it: offsets from UTC and their changes (SPEC 1, 3)."""

from bisect import bisect_right

from .instants import SECOND


class Zone:
    """Local days and hours of a zone.

    A local day begins at the first instant at which the local clock shows it or a later date, and ends where
    the next one begins: a skipped date is empty, and a clock put back over midnight brings no day back.
    """

    def __init__(self, initial_offset, changes):
        self.at = [at for at, _ in changes]
        self.offsets = [initial_offset] + [offset for _, offset in changes]
        self.starts = {}

    def start(self, day):
        """The first instant of a local day."""
        if day not in self.starts:
            midnight = day * 86_400
            # The first stretch of one offset that reaches past the day's beginning on the local clock.
            place = max(0, bisect_right(self.at, midnight - 2 * 86_400) - 1)
            while place < len(self.at) and self.at[place] + self.offsets[place] <= midnight:
                place += 1
            start = midnight - self.offsets[place]
            if place > 0:
                start = max(start, self.at[place - 1])
            self.starts[day] = start * SECOND
        return self.starts[day]

    def day(self, instant):
        """The local date of an instant."""
        seconds = instant // SECOND
        day = (seconds + self.offsets[bisect_right(self.at, seconds)]) // 86_400
        while self.start(day + 1) <= instant:
            day += 1
        while self.start(day) > instant:
            day -= 1
        return day

    def next_day(self, instant):
        """The next first instant of a local date."""
        return self.start(self.day(instant) + 1)

    def next_hour(self, instant):
        """The next instant at which the local clock shows minute 0 of an hour."""
        second = instant // SECOND + 1
        place = bisect_right(self.at, second)
        while True:
            offset = self.offsets[place]
            top = -(-(second + offset) // 3600) * 3600 - offset
            if place == len(self.at) or top < self.at[place]:
                return top * SECOND
            second = self.at[place]
            place += 1

    def is_hour(self, instant):
        return self.next_hour(instant - 1) == instant
