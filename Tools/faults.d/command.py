"""The command line: which faults, the copy that is built, and which test found each."""

import argparse
import collections
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import catalog

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
BUNDLE = ".build/release/musterPackageTests.xctest"
# What Swift Testing ends with where a filter fits no test (EX_UNAVAILABLE).
NO_TESTS = 69
# The fast ones first; ModelTests tests the tests' own model, and TortureTests is run by kinds at the end.
SUITES = ("ThreadsTests", "DefinitionsTests", "FeedbackTests", "WireTests", "DeliveryTests", "ScenariosTests",
          "EngineTests", "StoreTests", "CLITests", "SchemaTests")
FAST = 4
# The suite that is likely to find a fault of a module.
NEAREST = {"Core": "EngineTests", "Engine": "EngineTests", "Store": "StoreTests", "LMDB": "StoreTests",
           "Delivery": "DeliveryTests", "muster": "CLITests"}
COLOUR = re.compile("\x1b\\[[0-9;]*m")
FAILED = re.compile(r"✘\S* Test (?!run with)(?:case passing .* to )?(.+?) (?:recorded an issue|failed)")


class Copy:
    """A copy of the project with all faults in it, each behind its switch."""

    def __init__(self, root):
        self.root = root

    def update(self, faults):
        """Brings the copy up to date; what has not changed keeps its time, so that little is built anew."""
        wanted = {}
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                cwd=PROJECT, check=True, capture_output=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (PROJECT / name).is_file():
                wanted[name] = (PROJECT / name).read_bytes()
        if (PROJECT / "Package.resolved").is_file():
            wanted["Package.resolved"] = (PROJECT / "Package.resolved").read_bytes()
        for path, source in catalog.sources(faults, PROJECT).items():
            wanted[path] = source.encode()
        for path in [path for path in self.root.rglob("*") if path.is_file()]:
            name = str(path.relative_to(self.root))
            if not name.startswith(".build/") and name not in wanted:
                path.unlink()
        for name, content in wanted.items():
            path = self.root / name
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                shutil.copymode(PROJECT / name, path) if (PROJECT / name).is_file() else None

    def build(self):
        subprocess.run(["swift", "build", "--configuration", "release", "--build-tests"], cwd=self.root, check=True,
                       stdin=subprocess.DEVNULL, stdout=sys.stderr)


class Runner:
    """Runs tests with one fault turned on."""

    def __init__(self, root, seconds):
        self.root, self.seconds = root, seconds

    def run(self, words, fault, ends=None):
        """Runs a command until it ends, or prints a line in which the pattern `ends` is found.

        Gives its status (nil where it was stopped), and its last lines. One that takes too long has hung.
        """
        surroundings = {**os.environ, "MUSTER_FAULT": str(fault.number if fault else 0),
                        "MUSTER": str(self.root / ".build/release/muster")}
        process = subprocess.Popen(words, cwd=self.root, env=surroundings, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        timer = threading.Timer(self.seconds, lambda: os.killpg(process.pid, signal.SIGKILL))
        timer.start()
        lines = collections.deque(maxlen=2_000)
        try:
            for line in process.stdout:
                lines.append(COLOUR.sub("", line.decode(errors="replace")))
                if ends and ends.search(lines[-1]):
                    return None, lines
            status = process.wait()
            return (None if not timer.is_alive() else status), lines
        finally:
            timer.cancel()
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.stdout.close()
            process.wait()

    def suite(self, name, fault):
        """Which test of a suite finds the fault; nil where none does."""
        status, lines = self.run([BUNDLE, "--testing-library", "swift-testing", "--filter", rf"^{name}[./]",
                                  "--skip", "TortureTests"], fault, FAILED)
        if status == NO_TESTS:
            sys.exit(f"faults: there are no tests in {name}")
        if status == 0:
            return None
        failed = FAILED.search(lines[-1]) if lines else None
        if failed:
            return f"{name}: {failed[1]}"
        return f"{name} hung" if status is None else f"{name} crashed ({status})"

    def torture(self, fault):
        """Which kind of trial finds the fault."""
        _, listed = self.run(["Tools/torture", "--list"], None)
        for kind in [line.split()[0] for line in listed]:
            status, lines = self.run(["Tools/torture", kind], fault, re.compile("^torture: "))
            if status != 0:
                said = lines[-1].strip()[:200] if lines else ""
                return f"Tools/torture {kind}: {said or ('hung' if status is None else status)}"
        return None

    def search(self, fault, suites, tortures):
        """The first test that finds the fault, or nil."""
        nearest = NEAREST.get(fault.file.split("/")[0]) if fault else None
        fast, slow = suites[:FAST], sorted(suites[FAST:], key=lambda name: name != nearest)
        for name in [*fast, *slow]:
            found = self.suite(name, fault)
            if found:
                return found
        return self.torture(fault) if tortures else None


def choose(faults, given):
    if given.only:
        unknown = set(given.only) - {fault.number for fault in faults}
        if unknown:
            sys.exit(f"faults: there is no fault {min(unknown)}")
        return [fault for fault in faults if fault.number in given.only]
    if given.sample:
        return random.Random(given.seed).sample(faults, min(given.sample, len(faults)))
    return faults


def main(about):
    reader = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--only", type=int, action="append", metavar="NUMBER", help="this one; may be repeated")
    reader.add_argument("--sample", type=int, help="so many of them")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--check", action="store_true", help="see that each one's text is there, and run nothing")
    reader.add_argument("--work", type=Path, default=PROJECT / ".build-faults", help="where the copy is")
    reader.add_argument("--suite", action="append", help="these suites alone; else all, and Tools/torture")
    reader.add_argument("--no-build", action="store_true", help="the copy is as it should be")
    reader.add_argument("--trust", action="store_true", help="do not run the tests without a fault first")
    reader.add_argument("--seconds", type=int, default=900, help="a suite that takes longer has hung")
    given = reader.parse_args()
    faults = catalog.read(HERE / "faults.txt")
    try:
        catalog.sources(faults, PROJECT)
    except catalog.Outdated as error:
        sys.exit(f"faults: {error}")
    if given.check:
        print(f"{len(faults)} faults, all in place")
        return
    chosen = choose(faults, given)
    copy = Copy(given.work.resolve())
    if not given.no_build:
        copy.update(faults)
        copy.build()
    runner = Runner(copy.root, given.seconds)
    suites, tortures = given.suite or SUITES, not given.suite
    healthy = runner.search(None, suites, tortures) if not given.trust else None
    if healthy:
        sys.exit(f"faults: without any fault the tests fail already: {healthy}")
    missed = []
    for fault in chosen:
        start = time.monotonic()
        found = runner.search(fault, suites, tortures)
        if not found:
            missed.append(fault)
        print(f"{fault.number} {fault.words}: {'found by ' + found if found else 'NOT FOUND'} "
              f"({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{len(chosen) - len(missed)} of {len(chosen)} faults found")
    for fault in missed:
        print(f"not found: {fault.number} {fault.path}: {fault.words}")
    sys.exit(1 if missed else 0)
