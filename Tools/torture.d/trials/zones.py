"""Time zones: local days of every IANA zone from 1970 to 2037, against Python's zoneinfo.

Partners join on chosen local days; a segment holds each of them for one whole local day, some days or years later. Its
stays, from the digest's dump, must begin and end where Python says that local days do: at every change of the
offset, at month ends and leap days, and on days by chance. The number of a trial is the zone.
"""

import json
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

from trial import demand

ABOUT = "local days of every zone, 1970 to 2037, begin and end where zoneinfo says"
SHORT = 14

# A 30-minute DST, a skipped day, midnights that do not exist, negative DST, +5:45, odd offsets before 1972, and more.
NAMED = ["Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Asia/Beirut", "Europe/Dublin", "Asia/Kathmandu",
         "Africa/Monrovia", "Pacific/Kwajalein", "America/Scoresbysund", "Antarctica/Troll", "Africa/Casablanca",
         "America/Havana", "Asia/Pyongyang", "Asia/Gaza"]
FIRST, LAST = date(1970, 1, 10), date(2037, 12, 20)
NEAR, FAR = 7, 6575
# Events may not lie ahead of the wall clock; from here on the partner joined FAR days before.
TURN = date(2020, 1, 1)
EPOCH = date(1970, 1, 1)


def names():
    """All zones, those with names above where the short form looks."""
    rest = sorted(available_timezones() - set(NAMED))
    total = len(rest) + len(NAMED)
    for index, name in enumerate(NAMED):
        rest.insert(index * total // SHORT, name)
    return rest


def total(trial):
    return len(names())


def offset(zone, second):
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=second)
    return int(moment.astimezone(zone).utcoffset().total_seconds())


def stretches(zone):
    """The stretches of constant offset, as (first second, offset), found by looking at every three hours."""
    found = [(-10**10, offset(zone, -864_000))]
    second = -864_000
    while second < 2_145_916_800:
        after = second + 10_800
        if offset(zone, after) != found[-1][1]:
            low, high = second, after
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(zone, middle) == found[-1][1] else (low, middle)
            found.append((high, offset(zone, high)))
        second = after
    return found


def beginning(found, day):
    """The first second at which the local date is this day or a later one."""
    number = (day - EPOCH).days
    best = None
    for index, (first, shift) in enumerate(found):
        second = max(first, number * 86_400 - shift)
        end = found[index + 1][0] if index + 1 < len(found) else 10**11
        if second < end and (best is None or second < best):
            best = second
    return best


def chosen(random, found):
    """The days that are looked at."""
    days = set()
    for first, shift in found[1:]:
        day = EPOCH + timedelta(seconds=first + shift)
        days |= {day + timedelta(days=step) for step in (-1, 0, 1, 2)}
    for year in range(1970, 2038):
        month = random.randrange(1, 13)
        days |= {date(year, 12, 31), date(year, 3, 1), date(year, 3, 1) - timedelta(days=1), date(year, month, 1)}
    days |= {FIRST + timedelta(days=random.randrange((LAST - FIRST).days)) for _ in range(60)}
    return sorted(day for day in days if FIRST <= day <= LAST)


def text(second):
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def trial(trial):
    name = names()[trial.number]
    zone, store = ZoneInfo(name), trial.directory / "store"
    trial.must("init", "--timezone", name, "--currency", "USD", "--store", store)
    rules = trial.directory / "rules.json"
    rules.write_text(json.dumps({"segments": [
        {"id": "near", "match": {"original_joined": {"days_ago": NEAR}}},
        {"id": "far", "match": {"original_joined": {"days_ago": FAR}}}]}))
    trial.must("apply", rules, "--store", store)

    found = stretches(zone)
    events, expected = [], set()
    for day in chosen(trial.random, found):
        segment, back = ("near", NEAR) if day < TURN else ("far", FAR)
        joined = day - timedelta(days=back)
        first, end = beginning(found, joined), beginning(found, joined + timedelta(days=1))
        if first == end or first < 0:
            continue  # Nobody joins on a day that there was not.
        partner = f"{day}"
        second = trial.random.choice([first, end - 1, (first + end) // 2])
        events.append((second, {"id": partner, "type": "partner.joined", "partner": partner, "time": text(second)}))
        enters, leaves = beginning(found, day), beginning(found, day + timedelta(days=1))
        if enters < leaves:
            expected.add(("member", segment, partner, text(enters), text(leaves)))
    events.sort(key=lambda event: event[0])
    lines = "".join(json.dumps(line) + "\n" for _, line in events)
    trial.must("ingest", "--store", store, input=lines.encode())
    trial.must("advance", "--to", "2037-12-28T00:00:00Z", "--force", "--store", store, timeout=300)

    days = {line["partner"] for _, line in events}
    dump = trial.must("digest", "--dump", "--store", store).text.splitlines()
    stays = {tuple(line.split("\t")) for line in dump if line.startswith("member\t")}
    # Each partner is in the other segment as well, on a day that nobody chose.
    stays = {stay for stay in stays if (stay[1] == "near") == (stay[2] < str(TURN))}
    demand(days, "no day was looked at")
    wrong = sorted(stays ^ expected, key=lambda stay: stay[2])
    demand(not wrong, f"{name}: {len(wrong)} stays differ, the first: {wrong[:2]}; "
                      f"{'zoneinfo' if wrong and wrong[0] in expected else 'muster'} has it alone")
    audit = trial.must("audit", "--store", store)
    demand(b"all agrees" in audit.errors + audit.output, f"audit: {audit}")
