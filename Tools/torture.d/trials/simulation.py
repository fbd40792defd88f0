"""A program's life from one seed: definitions, events, every kind of trouble; the checker has the last word.

To find out which trouble matters, leave kinds out: `WITHOUT=kills,history Tools/torture simulation …`
"""

import datetime
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import checker
from checker import instants
from invent import pools
from invent.definitions import Definitions
from invent.events import Events, count, text_of
from sink import Sink
from trial import Done, demand

ABOUT = (
    "definitions, events, late ones, jumps, changes, kills, failing deliveries from a seed; then the checker"
)
SHORT = 16
TROUBLES = (
    "late",
    "duplicates",
    "wrong",
    "history",
    "jumps",
    "changes",
    "kills",
    "stops",
    "copies",
    "rolling",
    "zones",
)
SECRET = {"MUSTER_WEBHOOK_SECRET": "whsec_" + "c2VjcmV0" * 4}


def trial(trial):
    Simulation(trial).live()


class Simulation:
    """One life. Each matter has random numbers of its own, so that leaving one out changes the others little."""

    def __init__(self, trial):
        self.trial, self.store = trial, trial.directory / "store"
        self.fate = self.chance("fate")
        without = os.environ.get("WITHOUT", "").split(",")
        self.troubles = {name for name in TROUBLES if self.fate.random() < 0.6 and name not in without}
        # Sends are handed out, or delivered, or neither.
        self.outlet = self.fate.choice(("emit", "deliver", None))
        if self.outlet in without:
            self.outlet = None
        self.zone, near = self.fate.choice(pools.ZONES)
        day = datetime.date.fromisoformat(near) - datetime.timedelta(days=self.fate.randint(1, 12))
        start = instants.parse(f"{day.isoformat()}T{self.fate.randint(0, 23):02}:00:00Z")
        has = self.troubles.__contains__
        topics = pools.topics(self.fate)
        self.events = Events(
            self.chance("events"),
            start,
            topics,
            late=0.12 * has("late"),
            duplicates=0.06 * has("duplicates"),
            wrong=0.06 * has("wrong"),
            gap=self.fate.choice((600, 3600, 7200, 20_000)),
        )
        span = (day - datetime.timedelta(days=10), day + datetime.timedelta(days=30))
        self.definitions = Definitions(
            self.chance("definitions"),
            span,
            topics,
            segments=self.fate.randint(6, 14),
            workflows=self.fate.randint(1, 4),
            automations=self.fate.choice((0, 2, 4, 7)),
            rolling=has("rolling"),
        )
        self.fed, self.emitted, self.answers, self.diffs = [], b"", [], []
        self.applied = self.advanced = 0

    def chance(self, name):
        return random.Random(f"{self.trial.kind}/{self.trial.seed}/{self.trial.number}/{name}")

    def live(self):
        self.trial.must(
            "init", "--timezone", self.zone, "--currency", "USD", "--name", "acme", "--store", self.store
        )
        if self.fate.random() < 0.3:
            self.ingest()
        self.apply()
        for _ in range(self.fate.randint(5, 10)):
            self.step()
        if self.outlet == "emit":
            self.trial_ingest([], ())
        checked = checker.check(
            self.trial,
            self.store,
            acked=self.fed,
            whole=True,
            answers=self.answers,
            sends=self.emitted if self.outlet == "emit" else None,
        )
        self.check_diffs(checked.world)

    def step(self):
        kind = self.fate.random()
        has = self.troubles.__contains__
        if kind < 0.12 and has("changes"):
            self.definitions.change()
            self.apply()
        elif kind < 0.25 and has("jumps"):
            self.advance()
        elif kind < 0.32 and has("copies") and self.outlet != "deliver":
            self.copy()
        elif kind < 0.36 and has("zones"):
            self.refresh_zone()
        elif kind < 0.45 and self.outlet == "deliver":
            self.deliver()
        elif kind < 0.5:
            self.answers += checker.remember(self.trial, self.store, count=2)
        else:
            self.ingest()

    # What an operator does

    def apply(self):
        self.applied += 1
        (self.trial.directory / f"rules-{self.applied}.json").write_text(self.definitions.file())
        words = (
            f"rules-{self.applied}.json",
            *("--prune",) * (self.fate.random() < 0.8),
            "--store",
            self.store,
        )
        foreseen = self.trial.must("diff", *words, "--format", "ndjson").output.splitlines()
        self.trial.must("apply", *words)
        if foreseen:
            (stats,) = checker.Store(self.trial, self.store).rows("stats", "--format", "ndjson")
            self.diffs.append((int(stats["seq"]), [json.loads(row) for row in foreseen]))

    def check_diffs(self, world):
        """What each `diff` foresaw is what `apply` then did."""
        for seq, rows in self.diffs:
            foreseen = {(row["change"], row["segment"], row["partner"]) for row in rows if "partner" in row}
            moved = {
                ("won" if move.entered else "lost", move.segment, world.partners[move.partner].name)
                for move in world.transitions
                if move.seq == seq
            }
            demand(foreseen == moved, f"diff before record {seq} is off by {foreseen ^ moved}")

    def advance(self):
        hours = self.fate.choice((0.5, 1, 5, 30, 24 * 8, 24 * 40))
        self.events.now += int(self.fate.random() * hours * 3600 * instants.SECOND)
        self.trial.must("advance", "--to", instants.written(self.events.now), "--store", self.store)

    def copy(self):
        """Goes on with a copy: an export imported, or a backup restored."""
        self.advanced += 1
        new = self.trial.directory / f"store-{self.advanced}"
        if self.fate.random() < 0.5:
            export = self.trial.must("export", "--store", self.store)
            (self.trial.directory / "export.ndjson").write_bytes(export.output)
            self.trial.must("import", "export.ndjson", "--store", new)
        else:
            self.trial.must("backup", "backup", "--store", self.store)
            self.trial.must("restore", "backup", "--store", new)
            shutil.rmtree(self.trial.directory / "backup")
        self.store = new
        if self.outlet == "emit":
            held = self.trial.muster("ingest", "--emit", "sends", "--store", new, input=b"")
            mark = re.search(rb"--release (\d+)", held.errors)
            demand(held.status == 1 and not held.output and mark, f"a copy emits unreleased: {held}")
            self.trial.must("deliver", "--release", mark[1].decode(), "--store", new)

    def refresh_zone(self):
        """New rules for the zone: those of any other, as if its government had changed its mind."""
        rules = self.trial.directory / "zones" / self.zone
        rules.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(f"/usr/share/zoneinfo/{self.fate.choice(pools.ZONES)[0]}", rules)
        surroundings = {"TZDIR": str(self.trial.directory / "zones")}
        self.trial.must("timezone", "--refresh", "--store", self.store, environment=surroundings)

    def deliver(self):
        """Delivery to a webhook that fails in many ways, or into a Maildir."""
        common = ("--max-age", "30000d", "--store", self.store, "--limit", str(self.fate.choice((1, 5, 100))))
        if self.fate.random() < 0.3:
            checker.documented(
                self.trial.muster("deliver", "--to", "maildir:mail", "--from", "a@b.c", *common), "deliver"
            )
        else:
            with Sink(self.fate.random()) as sink:
                checker.documented(
                    self.trial.muster(
                        "deliver",
                        "--to",
                        sink.address,
                        "--allow-host",
                        "127.0.0.1",
                        *common,
                        environment=SECRET,
                    ),
                    "deliver",
                )
        rows = self.trial.must("sends", "--format", "ndjson", "--limit", "5", "--store", self.store).output
        self.events.sends = [json.loads(row)["send"] for row in rows.splitlines()]

    # Input

    def ingest(self):
        lines = [self.events.line() for _ in range(self.fate.choice((1, 10, 40, 100, 160)))]
        words = ["--batch", str(self.fate.choice((1, 3, 17, 1000)))]
        if "history" in self.troubles and self.fate.random() < 0.4:
            words.append("--history")
        kind = self.fate.random()
        if kind < 0.3 and "kills" in self.troubles:
            self.killed(lines, words)
            self.trial_ingest(lines, words, again=True)
        else:
            self.trial_ingest(lines, words)
        self.fed += [line.text for line in lines if line.outcome == "accepted"]

    def words(self, words):
        emit = ("--emit", "sends") if self.outlet == "emit" else ()
        return [self.trial.muster_path, "ingest", "--store", str(self.store), *words, *emit]

    def trial_ingest(self, lines, words, again=False):
        """Feeds lines to the end, and compares the summary with what each line has to become."""
        done = (
            self.fed_in_pieces(lines, words)
            if "stops" in self.troubles and self.fate.random() < 0.2
            else self.trial.run([*self.words([*words, "--summary-json"])], input=text_of(lines))
        )
        accepted, duplicates, rejected = count(lines)
        demand(done.status == (65 if rejected else 0), f"ingest: {done}")
        *printed, summary = done.output.splitlines()
        self.emitted += b"".join(row + b"\n" for row in printed)
        told = json.loads(summary)
        if again:
            told["duplicates"] -= accepted - told["accepted"]
            told["accepted"] = accepted
        demand(
            (told["lines"], told["accepted"], told["duplicates"], told["rejected"])
            == (len(lines), accepted, duplicates, rejected),
            f"of {len(lines)} lines {accepted} are to be accepted, {duplicates} duplicate and {rejected} rejected: {told}",
        )
        codes = [json.loads(row)["code"] for row in done.errors.splitlines() if row.startswith(b'{"line"')]
        wanted = [line.outcome for line in lines if line.outcome not in ("accepted", "duplicate")]
        demand(codes == wanted, f"rejected for {codes} instead of {wanted}")

    def fed_in_pieces(self, lines, words):
        """Feeds through a pipe in pieces, and stops and continues the program in between."""
        words = self.words([*words, "--summary-json"])
        errors = open(self.trial.directory / "errors", "w+b")
        output = open(self.trial.directory / "output", "w+b")
        program = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=output, stderr=errors, cwd=self.trial.directory
        )
        text = text_of(lines)
        cuts = sorted(self.fate.randint(0, len(text)) for _ in range(3))
        for first, last in zip([0, *cuts], [*cuts, len(text)]):
            program.stdin.write(text[first:last])
            program.stdin.flush()
            program.send_signal(signal.SIGSTOP)
            time.sleep(self.fate.random() * 0.01)
            program.send_signal(signal.SIGCONT)
        program.stdin.close()
        status = program.wait(timeout=120)
        return Done(status, (output.seek(0), output.read())[1], (errors.seek(0), errors.read())[1])

    def killed(self, lines, words):
        """Kills an ingest somewhere, and looks whether what it had acknowledged is there."""
        source = self.trial.directory / "input.ndjson"
        source.write_bytes(text_of(lines))
        output = self.trial.directory / "output"
        with open(source, "rb") as given, open(output, "wb") as printed:
            program = subprocess.Popen(
                self.words([*words, "--emit", "acks"]),
                stdin=given,
                stdout=printed,
                stderr=subprocess.DEVNULL,
                cwd=self.trial.directory,
            )
            try:
                program.wait(timeout=self.fate.random() * 0.06)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        acknowledged, sends = checker.acknowledged(output.read_bytes())
        self.emitted += sends
        acked = [line.text for line in lines[:acknowledged] if line.outcome == "accepted"]
        checker.check_log(self.trial, self.store, acked)
