"""Maps that can't grow."""

import json

import scripts
import shim
from trial import demand

ABOUT = "the map may not grow, or the writer is killed when it does; then all is fed again"
SHORT = 1

EVENTS = 150_000
BATCH = 10_000

# The map has 64 MiB at first. LMDB maps the lock file and the data file, and then the larger data file.
GROWTH = 3


def trial(trial):
    (trial.directory / "program.yaml").write_text(scripts.DEFINITIONS)
    trial.must("init", "--timezone", "UTC", "--currency", "USD", "--store", "store")
    trial.must("apply", "program.yaml", "--store", "store")
    with open(trial.directory / "events.ndjson", "w") as file:
        for number in range(EVENTS):
            seconds = number * 86_400 // EVENTS
            time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            # Long ids: the log alone is larger than the map.
            file.write(f'{{"id":"{number:0250}","type":"click.recorded","partner":"p{number % 50}",'
                       f'"time":"2026-03-01T{time}Z"}}\n')
    words = ["ingest", "events.ndjson", "--batch", BATCH, "--emit", "acks", "--store", "store"]
    acknowledged = 0
    how = ("once", "kill", "on")[trial.number % 3]
    done = shim.run(trial, words, fault=f"map:{GROWTH}:12:{how}")
    demand(done.status == (-9 if how == "kill" else 74), f"{how}: {done}")
    for line in done.output.decode().splitlines(keepends=True):
        if line.endswith("\n"):
            acknowledged = max(acknowledged, json.loads(line)["committed"])
    demand(acknowledged > 0, "there was no commit before the map had to grow")
    demand(len(scripts.log(trial).splitlines()) == acknowledged,
           f"{acknowledged} records were acknowledged, and others are there")
    trial.must(*words)
    demand(len(scripts.log(trial).splitlines()) == EVENTS + 2, "after feeding again there are other records")
    done = trial.muster("audit", "--store", "store")
    demand(done.status == 0, f"audit: {done}")
