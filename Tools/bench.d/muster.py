"""Running Muster: the binary under test, what a run cost, and what it answered."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ZONE = "America/New_York"
UTC = dt.timezone.utc


class Trouble(Exception):
    """A figure that can't be measured, with the reason."""


class OutOfTime(Trouble):
    """A run was ended because it took longer than it may."""


def binary():
    path = Path(os.environ.get("MUSTER", ROOT / ".build/release/muster"))
    found = shutil.which(str(path))
    if not found:
        sys.exit(f"bench: there is no {path}: build it (swift build -c release), or set MUSTER")
    return str(Path(found).resolve())


@dataclass
class Cost:
    """What a run of a program cost; seconds and bytes."""

    wall: float
    user: float
    system: float
    peak: int  # resident, mapped pages included
    anonymous: int  # resident, without mapped pages; sampled
    read: int
    written: int

    @property
    def cpu(self):
        return self.user + self.system


def compiled(scratch, name, *libraries):
    """A program of bench.d in C, compiled once a scratch directory."""
    target = scratch / name
    if not target.exists():
        done = subprocess.run(["cc", "-O2", "-o", target, HERE / f"{name}.c", *libraries],
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise Trouble(f"{name}.c can't be compiled: {done.stderr.strip()}")
    return target


def measured(scratch, words, stdin=None, limit=None, accept=(0,)):
    """Runs a program: its output and its Cost."""
    with tempfile.NamedTemporaryFile("r", dir=scratch) as figures, \
            tempfile.TemporaryFile(dir=scratch) as errors:
        words = [str(word) for word in words]
        child = subprocess.Popen([compiled(scratch, "measure"), figures.name, *words],
                                 stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=errors, process_group=0)
        try:
            output, _ = child.communicate(timeout=limit)
        except BaseException as error:
            # Asked first, because a peer has a server to stop.
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise OutOfTime(f"not done after {limit:.0f} s") from None
            raise
        if child.returncode not in accept:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()[-500:]
            raise Trouble(f"{' '.join(words[:4])}: exit {child.returncode}: {said}")
        return output, Cost(**json.loads(figures.read()))


def disk(path):
    """Bytes that a file or directory takes up on the disk."""
    path = Path(path)
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_blocks * 512 for file in files if file.exists())


class Store:
    """A fresh store with a program in force."""

    def __init__(self, scratch, program, name="store"):
        self.scratch, self.path, self.muster = scratch, scratch / name, binary()
        shutil.rmtree(self.path, ignore_errors=True)
        self.run("init", "--timezone", ZONE, "--currency", "USD", "--name", "bench")
        self.run("apply", program)

    def run(self, *words, **options):
        """A command: its output as text, and its Cost."""
        output, cost = measured(self.scratch, [self.muster, *words, "--store", self.path],
                                **options)
        return output.decode(), cost

    def ingest(self, events, **options):
        """Feeds a file: the summary and the Cost. A summary with refused lines is Trouble."""
        output, cost = self.run("ingest", events, "--summary-json", **options)
        summary = json.loads(output)
        if summary["rejected"]:
            raise Trouble(f"{summary['rejected']} lines of the workload were refused")
        return summary, cost

    def stats(self):
        rows = (line.split() for line in self.run("stats")[0].splitlines())
        return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}

    def digest(self):
        """A short hash of all memberships, runs and sends."""
        return self.run("digest")[0].split()[0][:16]

    def members(self):
        """Segment → how many are in it now."""
        rows = self.run("segments", "--format", "csv")[0].splitlines()[1:]
        return {row.split(",")[0]: int(row.split(",")[2]) for row in rows}

    def transitions(self):
        """(segment, partner, at, entered) of all, at in microseconds."""
        for line in self.run("digest", "--dump")[0].splitlines():
            kind, _, rest = line.partition("\t")
            if kind != "member":
                continue
            segment, partner, first, last = rest.split("\t")
            yield segment, partner, instant(first), True
            if last and last != "-":
                yield segment, partner, instant(last), False

    def sent(self):
        """(source, partner, at, reason) of all; the reason is None where it was not held back."""
        rows = self.run("sends", "--format", "csv")[0].splitlines()
        head = rows[0].split(",")
        at = {name: head.index(name) for name in ("source", "partner", "decided_at", "status",
                                                  "reason")}
        for row in rows[1:]:
            cells = row.split(",")
            held = cells[at["reason"]] if cells[at["status"]] == "suppressed" else None
            yield cells[at["source"]], cells[at["partner"]], instant(cells[at["decided_at"]]), held

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def instant(text):
    """Microseconds since 1970 of a time that Muster printed."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = dt.datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp()
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6])


def written(at):
    """An instant in microseconds as Muster reads it."""
    moment = dt.datetime.fromtimestamp(at // 1_000_000, UTC)
    fraction = f".{at % 1_000_000:06}" if at % 1_000_000 else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
