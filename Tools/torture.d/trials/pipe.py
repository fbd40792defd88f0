"""An `ingest` of a pipe that is asked to stop, and killed while it stops."""

import json
import signal
import subprocess
import time

import workshop
from trial import demand

ABOUT = "a piped ingest asked to stop: what it was given is there; killed while it stops: what it told is there"
SHORT = 4


def trial(trial):
    random = trial.random
    lines = workshop.history(random, random.choice([200, 2_000, 8_000]))
    whole = workshop.found(trial, "whole")
    workshop.take_in(trial, whole, lines)
    store = workshop.found(trial)
    emits = random.random() < 0.7

    given = lines[:random.randrange(1, len(lines))]
    told = stopped(trial, store, given, emits, is_killed=trial.number % 2 == 1)
    there = {row["content"]["id"] for row in records(trial, store)}
    for line in given[:told["lines"]]:
        demand(json.loads(line)["id"] in there, f"was acknowledged or handed over, and is not there: {line}")
    demand_emitted(trial, store, told["sends"], is_whole=False)

    options = ["--emit", "sends"] if emits else []
    again = trial.must("ingest", "--store", store, *options, input=b"".join(lines))
    if emits:
        demand_emitted(trial, store, told["sends"] + again.output.splitlines(), is_whole=True)
    demand(workshop.digest(trial, store) == workshop.digest(trial, whole), "not the store of an uninterrupted run")
    workshop.check(trial, store)


def stopped(trial, store, lines, emits, is_killed):
    """Hands lines over to a pipe and has its reader stop: how many lines are to be there, and the sends it printed."""
    random = trial.random
    name = random.choice(["SIGINT", "SIGTERM"])
    options = ["--emit", "acks", "--batch", random.choice([1, 20, 100_000])] + (["--emit", "sends"] if emits else [])
    with open(trial.directory / "printed", "w+b") as printed:
        process = workshop.start(trial, "ingest", "--store", store, *options, stdin=subprocess.PIPE, stdout=printed,
                                 stderr=subprocess.PIPE)
        # Behind this the pipe holds what the process has not read yet; it stays open.
        process.stdin.write(b"".join(lines))
        process.stdin.flush()
        if len(lines) < 1_000 or random.random() < 0.5:
            time.sleep(random.uniform(0, 0.1))
        process.send_signal(getattr(signal, name))
        if is_killed:
            time.sleep(random.uniform(0, 0.03))
            process.kill()
        status = workshop.stop(process)
        printed.seek(0)
        rows = [line for line in printed.read().splitlines(keepends=True) if line.endswith(b"\n")]
    if status == -signal.SIGKILL:
        trial.counts["killed"] = 1
        count = max((json.loads(row)["lines"] for row in rows if b'"committed"' in row), default=0)
    elif status == -getattr(signal, name):
        # So early that nothing was listening for it yet.
        trial.counts["stopped at once"] = 1
        demand(not rows, f"something was told before {name} was heard: {rows[:1]}")
        count = 0
    else:
        demand(status == 0, f"status {status} after {name}: {process.stderr.read().decode()}")
        count = len(lines)
    return {"lines": count, "sends": [row.strip() for row in rows if b'"send"' in row]}


def records(trial, store):
    """The events of the log."""
    rows = trial.must("export", "--log", "--store", store).text.splitlines()
    return [row for row in map(json.loads, rows) if row.get("kind") == "event"]


def demand_emitted(trial, store, printed, is_whole):
    """Demands that the sends printed are those of the store; all of them where the last run came to its end."""
    there = trial.must("sends", "--format", "ndjson", "--store", store).output.splitlines()
    demand(set(printed) <= set(there), "a send was printed that is not there")
    pending = {row for row in there if json.loads(row)["status"] != "suppressed"}
    demand(not is_whole or pending <= set(printed), "a send was never printed")
