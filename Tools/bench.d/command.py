"""The command line: which figures, at what sizes, in which scratch directory."""

import argparse
import datetime as dt
import json
import shlex
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import definitions
import estimate
import figures
import growth
import probe
import side
from muster import HERE, Store, Trouble, binary
from peers import install
from report import Report
from workload import Workload

# In the order of `all`: what only reads the large store comes before what moves its clock.
FIGURES = {
    "ingest": figures.ingest, "history": figures.history, "members": figures.members,
    "replay": figures.replay, "opening": figures.opening, "single": figures.single,
    "hours": figures.hours, "growth": growth.growth, "peers": side.peers,
}
SMALL = {"partners": 300, "events": 1500, "days": 8, "store_partners": 300,
         "store_events": 1200, "growth_events": 300, "runs": 1, "singles": 10, "tail": 100,
         "segments": [14], "only": ["python", "sqlite"]}


class Bench:
    """What the figures share: sizes, the scratch directory, the report, and a large store."""

    def __init__(self, given, scratch, report):
        self.given, self.scratch, self.report = given, scratch, report
        self._large = self._later = None

    def load(self):
        return Workload(self.given.partners, self.given.events, self.given.days)

    def loads(self):
        """The sizes of ingest."""
        large = Workload(1_000_000, 20_000_000, self.given.days)
        return [self.load(), large] if self.given.large else [self.load()]

    def program(self, count, sends, kind="wide"):
        path = self.scratch / f"program-{kind}-{count}-{'sends' if sends else 'plain'}.json"
        return path if path.exists() else definitions.write(path, count, sends, kind)

    def fresh(self, directory):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()

    def heading(self, title):
        found = probe.disk(self.scratch, mebibytes=1 if self.given.is_small else 64)
        self.report.keep("disk", before=title, **found)
        self.report.text(f"### {title}")
        self.report.text(f"The disk just then: {found['sync_ms']:.2g} ms to sync 4 KiB, "
                         f"{found['write_mb_s']:.0f} MB/s.")

    def large_store(self):
        """A store of many partners, made once a run: the store, and what was fed to it."""
        if self._large is None:
            load = figures.large_load(self.given)
            path = self.scratch / "program-large.json"
            path.write_text(json.dumps(figures.large_program(self)), encoding="utf-8")
            self.report.say(f"making a store of {load}")
            store = Store(self.scratch, path, "large")
            store.ingest(load.scattered(self.scratch))
            self.report.say(f"it holds {store.stats()['partners']:,} partners")
            self._large, self._later = (store, load), load.end
        return self._large

    def later(self, days=1):
        """An instant after everything that the large store has seen."""
        self._later += days * 86_400_000_000
        return self._later


def arguments(description):
    parser = argparse.ArgumentParser(
        prog="Tools/bench", description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("figures", nargs="+", choices=["all", "small", *FIGURES], metavar="FIGURE",
        help=f"all, small, or some of {', '.join(FIGURES)}")
    add("--partners", type=int, default=100_000, help="of ingest, history and peers (100000)")
    add("--events", type=int, default=1_000_000, help="of the same (1000000)")
    add("--days", type=int, default=90, help="that all events but those of growth span (90)")
    add("--large", action="store_true",
        help="ingest and history also with 1,000,000 partners and 20,000,000 events")
    add("--store-partners", type=int, default=1_000_000,
        help="of members, replay, opening, single, hours (1000000)")
    add("--store-events", type=int, default=5_000_000, help="of the same (5000000)")
    add("--growth-events", type=int, default=100_000, help="the smallest size of growth (100000)")
    add("--segments", type=int, nargs="+", default=[14, 100],
        help="of ingest, history and peers (14 100)")
    add("--only", nargs="+", choices=install.PEERS, metavar="PEER",
        help=f"some of the peers: {', '.join(install.PEERS)}")
    add("--install", action="store_true",
        help="install the peers that are missing: postgresql-15 by apt, duckdb by pip")
    add("--runs", type=int, default=5, help="repetitions of each figure (5)")
    add("--singles", type=int, default=200, help="lone events (200)")
    add("--tail", type=int, default=100_000, help="events since the start before a kill (100000)")
    add("--limit", type=float, default=3600, metavar="SECONDS",
        help="give a peer up after so long (3600)")
    add("--patience", type=float, default=1200, metavar="SECONDS",
        help="don't repeat a peer any more after so long in all (1200)")
    add("--scratch", type=Path, help="keep and use again inputs and stores in this directory")
    add("--out", type=Path, help="where raw values and tables go (Tools/bench-runs/DATE/LABEL)")
    add("--label", help="the name of that directory (the figures)")
    given = parser.parse_args()
    if given.figures == ["small"]:
        vars(given).update(SMALL)
        given.figures = list(FIGURES)
        given.label = given.label or "small"
        given.is_small = True
    else:
        given.is_small = False
        if "all" in given.figures:
            given.figures = list(FIGURES)
            given.label = given.label or "all"
        given.figures = [name for name in FIGURES if name in given.figures]
    return given


def run(given, scratch):
    label = given.label or "-".join(given.figures)
    out = given.out or HERE.parent / "bench-runs" / dt.date.today().isoformat() / label
    if given.is_small and not given.out:
        out = scratch / "report"
    report = Report(out, shlex.join(["Tools/bench", *sys.argv[1:]]))
    bench = Bench(given, scratch, report)
    if not given.is_small:
        estimate.say(bench)
    for name in given.figures:
        FIGURES[name](bench)
    report.say("done" if given.is_small and not given.out else f"done: {out}")


def made(given):
    """A scratch directory of our own: on the disk that is measured, or in memory where all that
    matters is that everything works."""
    memory = Path("/dev/shm")
    if given.is_small and memory.is_dir() and shutil.disk_usage(memory).free > 1 << 28:
        return Path(tempfile.mkdtemp(prefix="muster-bench-", dir=memory))
    return Path(tempfile.mkdtemp(prefix="muster-bench-"))


def main(description):
    given = arguments(description)
    binary()
    # Ended from outside, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if given.install:
        install.install()
    scratch = (given.scratch or made(given)).resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        run(given, scratch)
    except Trouble as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if not given.scratch:
            shutil.rmtree(scratch, ignore_errors=True)
