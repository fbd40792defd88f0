"""Instants as whole microseconds since 1970 in UTC, and local dates as whole days since 1970."""

import calendar
import datetime
import re
from functools import lru_cache

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime.date(1970, 1, 1).toordinal()

DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)\Z", re.ASCII)
TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))\Z", re.ASCII
)


def day_number(year, month, day):
    """Days since 1970, or None where there is no such date."""
    try:
        return datetime.date(year, month, day).toordinal() - EPOCH
    except ValueError:
        return None


def date_of(day):
    """The calendar date of a day number."""
    return datetime.date.fromordinal(day + EPOCH)


@lru_cache(maxsize=None)
def parse_date(text):
    """The day number of an RFC 3339 date, or None."""
    found = DATE.match(text)
    return day_number(*map(int, found.groups())) if found else None


def parse(text):
    """The instant of an RFC 3339 date-time, cut to the microsecond (SPEC 2), or None."""
    found = TIME.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, sign, hours, minutes = found.groups()[6:]
    days = day_number(year, month, day)
    if days is None or hour > 23 or minute > 59 or second > 59:
        return None
    offset = 0
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        offset = (int(hours) * 3600 + int(minutes) * 60) * (1 if sign == "+" else -1)
    micros = int((fraction or "0").ljust(9, "0")[:6])
    return (days * 86_400 + hour * 3600 + minute * 60 + second - offset) * SECOND + micros


def written(instant):
    """An instant as outputs have it: RFC 3339 in UTC, a fraction only where there is one (SPEC 7)."""
    seconds, micros = divmod(instant, SECOND)
    days, rest = divmod(seconds, 86_400)
    fraction = f".{micros:06}".rstrip("0") if micros else ""
    return f"{date_of(days).isoformat()}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}{fraction}Z"


@lru_cache(maxsize=None)
def months_before(day, months):
    """The date so many calendar months before, clamped to its month's end (SPEC 4, `last_months`)."""
    date = date_of(day)
    year, month = divmod(date.year * 12 + date.month - 1 - months, 12)
    if year < 1:
        return -EPOCH
    last = calendar.monthrange(year, month + 1)[1]
    return day_number(year, month + 1, min(date.day, last))


def length(value):
    """A length of time such as {days: 1, hours: 12} in microseconds; a day is 24 hours."""
    minutes = sum(
        int(value.get(unit) or 0) * each for unit, each in (("days", 1440), ("hours", 60), ("minutes", 1))
    )
    return minutes * 60 * SECOND
