"""Figures of single instants: one event to its send, an hour, a midnight."""

import time

from muster import written
from peers.facts import HOUR, Calendar, Reader
from pipe import Pipe

DAY = 24 * HOUR


def single(store, at, count):
    """Milliseconds from a tag on standard input to the durable send on standard output."""
    pipe = Pipe(store, "sends")
    head = f'"partner":"lone","time":"{written(at)}"'
    pipe.write(f'{{"id":"lone-{at}","type":"partner.updated",{head},'
               '"email":"lone@example.com"}\n'.encode())
    times = []
    for number in range(count + 1):
        line = (f'{{"id":"lone-{at}-{number}","type":"tag.assigned",{head},'
                f'"tag":"vip","source":"api"}}\n').encode()
        begun = time.perf_counter()
        pipe.write(line)
        while b'"partner":"lone"' not in pipe.line():
            pass
        times.append((time.perf_counter() - begun) * 1e3)
    pipe.close()
    return times[1:]


def quiet(store, first_midnight, days):
    """Milliseconds for a line that only comes later, passes an hour without events, or passes a midnight."""
    pipe = Pipe(store, "acks")
    same, hours, midnights = [], [], []
    click(pipe, first_midnight - HOUR // 2)
    for day in range(days):
        midnight = first_midnight + day * DAY
        click(pipe, midnight - HOUR // 2 + 1)
        midnights.append(click(pipe, midnight + 1))
        click(pipe, midnight + 6 * HOUR)
        for hour in range(6, 11):
            same.append(click(pipe, midnight + hour * HOUR + HOUR // 2))
            hours.append(click(pipe, midnight + (hour + 1) * HOUR + 1))
        click(pipe, midnight + DAY - HOUR + 1)
    pipe.close()
    return same, hours, midnights


def idle(store, start, count):
    """The same within an hour and past the top of one, from a start so late that nothing is due."""
    pipe = Pipe(store, "acks")
    same, hours = [], []
    first = (start // HOUR + 1) * HOUR
    click(pipe, first)
    for hour in range(first, first + count * HOUR, HOUR):
        same.append(click(pipe, hour + HOUR // 2))
        hours.append(click(pipe, hour + HOUR + 1))
    pipe.close()
    return same, hours


def click(pipe, at):
    """Milliseconds until a click of the partner `lone` at an instant is durable."""
    return pipe.feed([f'{{"id":"quiet-{at}","type":"click.recorded","partner":"lone",'
                      f'"time":"{written(at)}"}}\n'.encode()])


def busy(store, lines):
    """Feeds lines hour by hour, as the peers get them: milliseconds of hours and of midnights.

    A batch ends with the first line of the next hour, which is what makes the boundary pass."""
    pipe, calendar = Pipe(store, "acks"), Calendar()
    reader = Reader(calendar)
    hours, midnights, batch, boundary = [], [], [], None
    for line in lines:
        now = reader.read(line).now
        batch.append(line.encode())
        if boundary is None or now >= boundary:
            midnight = boundary is not None and any(
                calendar.is_midnight(at) for at in range(boundary, now + 1, HOUR))
            took = pipe.feed(batch)
            if boundary is not None:
                (midnights if midnight else hours).append(took)
            batch, boundary = [], (now // HOUR + 1) * HOUR
    if batch:
        pipe.feed(batch)
    pipe.close()
    return hours, midnights


def local_midnight(at):
    """The first local midnight after an instant."""
    calendar = Calendar()
    boundary = (at // HOUR + 1) * HOUR
    while not calendar.is_midnight(boundary):
        boundary += HOUR
    return boundary
