"""The command line: which kinds of trial, how many of each, and what they found."""

import argparse
import importlib
import math
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from trial import HERE, PROJECT, Failure, Trial

# A module in trials/ has ABOUT (a line), SHORT (how many trials a change must pass), `trial(trial)`, which
# raises Failure where it finds something, and, where there is an end to the trials, `total(trial)`: how many
# there are, found out in a directory of its own.

# How long the short form of a kind goes on at most, however slow the machine is; one trial is always made.
SHORT_SECONDS = 60
# How often a long run says how far it is.
PROGRESS_SECONDS = 600


def kinds():
    """The kinds of trial by name, in the order of their names."""
    names = sorted(path.stem for path in (HERE / "trials").glob("*.py") if path.stem != "__init__")
    return {name: importlib.import_module(f"trials.{name}") for name in names}


class Tally:
    """What came of the trials of one kind so far."""

    def __init__(self, name):
        self.name, self.start, self.told = name, time.monotonic(), 0
        self.made, self.found, self.counts = 0, 0, Counter()

    @property
    def seconds(self):
        return time.monotonic() - self.start

    def __str__(self):
        counted = "".join(f", {number:,} {what}" for what, number in self.counts.items())
        return f"{self.name}: {self.made:,} trials, {self.found} found something{counted}, {self.seconds:.0f} s"

    def tell_progress(self):
        """Says now and then how far it is."""
        if self.seconds >= self.told + PROGRESS_SECONDS:
            self.told = self.seconds
            print(f"torture: so far {self}", file=sys.stderr, flush=True)


class Torture:
    """A run over some kinds of trial: counts, time, and what was found."""

    def __init__(self, given, scratch):
        self.given, self.scratch = given, scratch
        self.muster = Path(os.environ.get("MUSTER", PROJECT / ".build/release/muster")).resolve()
        self.failures = 0

    def make(self, name, number):
        directory = self.scratch / f"{name}-{number}"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        return Trial(name, self.given.seed, number, directory, self.muster)

    def numbers(self, module, name):
        """The numbers of the trials to make: all of them in the long form, else some, spread evenly."""
        if self.given.only is not None:
            return iter([self.given.only])
        total = None
        if hasattr(module, "total"):
            trial = self.make(name, "total")
            total = module.total(trial)
            shutil.rmtree(trial.directory)
        if self.given.hours is not None:
            return iter(range(total)) if total is not None else iter(range(10**12))
        count = self.given.count or module.SHORT
        if total is None or count >= total:
            return iter(range(count if total is None else total))
        return iter([index * total // count for index in range(count)])

    def seconds(self, kinds):
        """How long each of so many kinds may take."""
        if self.given.hours is not None:
            return self.given.hours * 3600 / kinds
        return math.inf if self.given.count or self.given.only is not None else SHORT_SECONDS

    def kind(self, name, module, seconds):
        """Makes the trials of one kind, as many as go into so many seconds; one interrupted says what it did."""
        tally = Tally(name)
        try:
            self.trials(name, module, seconds, tally)
        finally:
            self.failures += tally.found
            print(f"{tally}: {module.ABOUT}", flush=True)

    def trials(self, name, module, seconds, tally):
        for number in self.numbers(module, name):
            if tally.made > 0 and tally.seconds > seconds:
                break
            trial = self.make(name, number)
            tally.tell_progress()
            tally.made += 1
            try:
                module.trial(trial)
            except Exception as error:
                tally.found += 1
                words = str(error) if isinstance(error, Failure) else traceback.format_exc()
                print(f"torture: {name} {number}: {words}\n"
                      f"  again: Tools/torture {name} --seed {self.given.seed} --only {number}", file=sys.stderr)
                if self.given.only is not None:
                    print(f"  kept: {trial.directory}", file=sys.stderr)
                    continue
            tally.counts.update(trial.counts)
            if self.given.only is None:
                shutil.rmtree(trial.directory, ignore_errors=True)


def main(about):
    reader = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("kinds", nargs="*", metavar="KIND")
    reader.add_argument("--hours", type=float, help="the long form, for so long altogether")
    reader.add_argument("--count", type=int, help="so many trials of each kind instead of its short form")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--only", type=int, help="this trial alone, and keep its directory")
    reader.add_argument("--list", action="store_true")
    reader.add_argument("--scratch", help="where trials work; else a temporary directory")
    given = reader.parse_args()
    there = kinds()
    if given.list:
        for name, module in there.items():
            print(f"{name} ({module.SHORT}): {module.ABOUT}")
        return
    unknown = [name for name in given.kinds if name not in there]
    if unknown:
        reader.error(f"there is no kind {unknown[0]}; there are {', '.join(there)}")
    chosen = {name: there[name] for name in given.kinds or there}
    scratch = Path(tempfile.mkdtemp(prefix="muster-torture-", dir=given.scratch))
    torture = Torture(given, scratch)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for name, module in chosen.items():
            torture.kind(name, module, torture.seconds(len(chosen)))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if given.only is None:
            shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if torture.failures else 0)
