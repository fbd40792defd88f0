"""What a trial works with, and how it says that it found something."""

import os
import random
import signal
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent


class Failure(Exception):
    """A trial found something: a promise that was not kept."""


def demand(holds, words):
    """Fails the trial with these words where something does not hold."""
    if not holds:
        raise Failure(words)


class Done:
    """How a command ended: status (negative: the signal), and what it wrote, as bytes."""

    def __init__(self, status, output, errors):
        self.status, self.output, self.errors = status, output, errors

    @property
    def text(self):
        return self.output.decode(errors="replace")

    def __repr__(self):
        return f"status {self.status}\n{self.text[-2000:]}\n{self.errors.decode(errors='replace')[-2000:]}"


class Trial:
    """One trial: its number, its own random numbers, its empty directory, and the binary."""

    def __init__(self, kind, seed, number, directory, muster):
        self.kind, self.seed, self.number = kind, seed, number
        self.directory, self.muster_path = Path(directory), str(muster)
        self.random = random.Random(f"{kind}/{seed}/{number}")
        self.counts = {}  # what the trial did how often, for the line that is printed at the end

    def run(self, arguments, input=b"", environment=None, timeout=120):
        """Runs any program to its end. One that hangs has failed."""
        surroundings = {**os.environ, **(environment or {})}
        with subprocess.Popen([str(word) for word in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd=self.directory, env=surroundings,
                              start_new_session=True) as program:
            try:
                output, errors = program.communicate(input, timeout)
            except subprocess.TimeoutExpired:
                # What it has started too, or its pipes would stay open.
                os.killpg(program.pid, signal.SIGKILL)
                raise Failure(f"hangs: {' '.join(map(str, arguments))}") from None
        return Done(program.returncode, output, errors)

    def muster(self, *words, **how):
        """Runs the binary: `muster("members", "vips", "--store", store)`."""
        return self.run([self.muster_path, *words], **how)

    def must(self, *words, **how):
        """Runs the binary, which has to end with status 0."""
        done = self.muster(*words, **how)
        demand(done.status == 0, f"muster {' '.join(map(str, words))}: {done}")
        return done
