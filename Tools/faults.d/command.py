"""The command line: which faults, the copy that is built, and which test found each."""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import catalog

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
BUNDLE = ".build/release/musterPackageTests.xctest"
# The fast ones first; ModelTests tests the tests' own model, and the examples are run again by others.
SUITES = ("WireTests", "FeedbackTests", "DefinitionsTests", "ScenariosTests", "EngineTests", "DeliveryTests",
          "StoreTests", "CLITests", "SchemaTests")
FAILED = re.compile(r"^(?:✘|\S+ )?\s*Test (.+?) (?:recorded an issue|failed)", re.MULTILINE)


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

    def run(self, words, fault):
        """Runs a command to its end: its status and output. One that takes too long has hung, and is ended."""
        surroundings = {**os.environ, "MUSTER_FAULT": str(fault.number if fault else 0),
                        "MUSTER": str(self.root / ".build/release/muster")}
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(words, cwd=self.root, env=surroundings, stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            try:
                status = process.wait(self.seconds)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()
            output.seek(0)
            return status, output.read().decode(errors="replace")

    def suite(self, name, fault):
        """Which test of a suite finds the fault; nil where none does."""
        status, output = self.run([BUNDLE, "--testing-library", "swift-testing", "--filter", rf"^{name}\."], fault)
        if status == 0:
            return None
        if status is None:
            return f"{name} hung"
        found = FAILED.findall(output)
        crash = f"{name} crashed ({status})" if status < 0 else f"{name}: {output[-300:]}"
        return f"{name}: {found[0]}" if found else crash

    def torture(self, fault):
        if not (self.root / "Tools/torture").exists():
            return None
        status, output = self.run(["Tools/torture"], fault)
        found = [line for line in output.splitlines() if line.startswith("torture: ")]
        return None if status == 0 else "hung" if status is None else found[0] if found else output[-300:]

    def search(self, fault, suites, tortures):
        """The first test that finds the fault, or nil."""
        for name in suites:
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
    healthy = runner.search(None, suites, tortures)
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
