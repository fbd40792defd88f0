"""Many processes on one store (SPEC 8, promise 3): what is read beside a writer is whole, and stays what it was."""

import json
import os
import queue
import signal
import struct
import subprocess
import threading
import time

import workshop
from trial import Failure, demand

ABOUT = "readers asked, stopped and killed beside a writer, other writers, backups, restores, a map that others enlarge"
SHORT = 4

SEGMENTS = ("busy", "core", "earners", "fresh", "mailed", "quiet", "recent", "tiers", "vips", "waiting")
BUSY = 75


def trial(trial):
    (beside, backups, growth, stale)[trial.number % 4](trial)


class Writer:
    """A long `ingest` that is fed bit by bit, and its acknowledgements."""

    def __init__(self, trial, store, *options):
        self.process = workshop.start(trial, "ingest", "--store", store, "--emit", "acks", *options,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.acknowledged = queue.Queue()
        self.committed = self.lines = 0
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            row = json.loads(line)
            demand(row["committed"] >= self.committed, "acknowledgements go back")
            self.committed, self.lines = row["committed"], row["lines"]
            self.acknowledged.put(row)

    def feed(self, lines, pause=lambda: 0):
        """Feeds lines from a thread of its own."""
        def write():
            for line in lines:
                try:
                    self.process.stdin.write(line)
                    self.process.stdin.flush()
                except BrokenPipeError:
                    return
                time.sleep(pause())
        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        return thread

    def say(self, line):
        """Feeds one line, and waits for its acknowledgement."""
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self.acknowledged.get(timeout=60)

    def end(self):
        self.process.stdin.close()
        status = workshop.stop(self.process)
        demand(status == 0, f"ingest ends with {status}: {self.process.stderr.read()[-1_000:]}")
        self.process.stderr.close()


def beside(trial):
    """Questions, other writers, and stopped processes while an ingest is at work."""
    random = trial.random
    store = workshop.found(trial)
    lines = workshop.history(random, 1_500)
    writer = Writer(trial, store, "--batch", random.choice((3, 20, 100)), "--wait", "60s")
    feeding = writer.feed(lines, lambda: random.choice((0, 0, 0, 0.01)))
    asked, stopped = {}, []
    deadline = time.monotonic() + 60
    workshop.eventually("an acknowledgement", lambda: writer.committed > 2)
    while feeding.is_alive() and time.monotonic() < deadline:
        way = random.random()
        if way < 0.5:
            ask(trial, store, writer, asked)
        elif way < 0.65:
            reader = export(trial, store)
            time.sleep(random.uniform(0, 0.05))
            if random.random() < 0.5 and len(stopped) < 3:
                reader.send_signal(signal.SIGSTOP)
                stopped.append(reader)
            else:
                end(reader)
        elif way < 0.8:
            other = trial.muster("advance", "--store", store, "--to", "2026-02-20T00:00:00Z", "--wait", "30s")
            demand(other.status == 0, f"a second writer had no turn: {other}")
        elif way < 0.9:
            stop_writer(trial, store, writer)
        else:
            segments = workshop.rows(trial, "segments", "--store", store)
            demand(len(segments) == len(SEGMENTS), f"{segments}")
    feeding.join(60)
    writer.end()
    for reader in stopped:
        end(reader)
    seqs = workshop.rows(trial, "stats", "--store", store)[0]
    demand(seqs["seq"] >= writer.committed, f"acknowledged up to {writer.committed}, but there is {seqs}")
    summary = workshop.take_in(trial, store, lines)
    demand(summary["duplicates"] == len(lines), f"taken in again: {summary}")
    for question, answer in asked.items():
        again = answered(trial, store, question)
        demand(again == answer, f"members {question}: {answer!r} then, {again!r} now")
    # The same without anybody beside it.
    alone = workshop.found(trial, "alone")
    workshop.take_in(trial, alone, lines)
    demand(workshop.digest(trial, alone)["digest"] == workshop.digest(trial, store)["digest"],
           "who else was there has changed the decisions")
    workshop.check(trial, store)


def ask(trial, store, writer, asked):
    """A question about the past, which has one answer for ever."""
    random, segment = trial.random, trial.random.choice(SEGMENTS)
    now = workshop.rows(trial, "stats", "--store", store)[0]["now"]
    if random.random() < 0.5 or not now:
        question = (segment, "--seq", str(random.randint(2, max(2, writer.committed))))
    else:
        # At `now` itself more may happen yet.
        day = workshop.START.replace(day=random.randint(20, 27), hour=random.randrange(24))
        if workshop.stamp(day) >= now:
            return
        question = (segment, "--at", workshop.stamp(day))
    answer = answered(trial, store, question)
    demand(asked.setdefault(question, answer) == answer, f"members {question}: {asked[question]!r}, then {answer!r}")


def answered(trial, store, question):
    return trial.must("members", *question, "--store", store, "--format", "ndjson").text


def export(trial, store):
    """A reader that stops in the middle of its snapshot, because nobody takes what it prints."""
    reader, end_of_pipe = os.pipe()
    process = workshop.start(trial, "export", "--log", "--store", store, stdin=subprocess.DEVNULL, stdout=end_of_pipe,
                             stderr=subprocess.DEVNULL)
    os.close(end_of_pipe)
    process.pipe = reader
    return process


def end(reader):
    reader.kill()
    reader.wait()
    os.close(reader.pipe)


def stop_writer(trial, store, writer):
    """Whoever wants to write while the writer is stopped gets its turn or the documented status, and never hangs."""
    writer.process.send_signal(signal.SIGSTOP)
    try:
        other = trial.muster("advance", "--store", store, "--to", "2026-02-20T00:00:00Z", "--wait", "1s", timeout=30)
        demand(other.status in (0, BUSY), f"beside a stopped writer: {other}")
        # Readers do not care.
        trial.must("segments", "--store", store, timeout=30)
    finally:
        writer.process.send_signal(signal.SIGCONT)


def backups(trial):
    """Backups of a busy store are clean and prefixes of it; one restored and fed again decides the same."""
    random = trial.random
    store = workshop.found(trial)
    lines = workshop.history(random, 1_200)
    writer = Writer(trial, store, "--batch", random.choice((3, 20, 100)), "--wait", "60s")
    feeding = writer.feed(lines, lambda: random.choice((0, 0.002)))
    workshop.eventually("an acknowledgement", lambda: writer.committed > 2)
    made = []
    while len(made) < 3:
        before, place = writer.committed, trial.directory / f"backup-{len(made)}"
        trial.must("backup", "--store", store, place)
        made.append((before, place))
        time.sleep(random.uniform(0, 0.4))
    feeding.join(60)
    writer.end()
    whole = records(trial, store)
    for before, place in made:
        trial.must("audit", "--store", place)
        part = records(trial, place)
        demand(len(part) >= before, f"a backup made after record {before} was acknowledged ends at {len(part)}")
        demand(part == whole[:len(part)], "a backup is no prefix of its store")
    _, place = random.choice(made)
    restored = trial.directory / "restored"
    trial.must("restore", place, "--store", restored)
    held = trial.muster("deliver", "--store", restored, "--to", f"maildir:{trial.directory}/box", "--from", "a@acme.example")
    demand(held.status == 1 and b"release" in held.errors, f"a restored store is delivered from: {held}")
    workshop.take_in(trial, restored, lines)
    demand(workshop.digest(trial, restored)["digest"] == workshop.digest(trial, store)["digest"],
           "restored and fed again it decides otherwise")
    workshop.check(trial, store)
    workshop.check(trial, restored)


def records(trial, store):
    lines = trial.must("export", "--log", "--store", store).output.splitlines()
    return [line for line in lines if line.startswith(b'{"seq"')]


def growth(trial):
    """One process enlarges the map while others have the store open; they go on."""
    random = trial.random
    store = workshop.found(trial)
    idle = Writer(trial, store, "--wait", "60s")
    idle.say(b'{"id":"i1","type":"partner.updated","partner":"x","time":"2026-02-20T00:00:00Z","email":"x@example.com"}\n')
    box = trial.directory / "box"
    mailer = workshop.start(trial, "deliver", "--store", store, "--follow", "--to", f"maildir:{box}", "--from",
                            "a@acme.example", "--max-age", "100000d", "--wait", "60s", stdin=subprocess.DEVNULL,
                            stderr=subprocess.PIPE)
    filler = "x" * 1_000
    count = 50_000 + random.randrange(40_000)
    big = trial.directory / "big"
    with big.open("w") as file:
        for number in range(count):
            file.write(f'{{"id":"b{number}","type":"click.recorded","partner":"p{number % 500}",'
                       f'"time":"2026-02-21T00:00:00Z","note":"{filler}"}}\n')
    reader = export(trial, store)
    with big.open("rb") as file:
        feeding = workshop.start(trial, "ingest", "--store", store, "--batch", random.choice((5_000, 20_000)), "--wait",
                                 "60s", stdin=file, stderr=subprocess.PIPE)
        while feeding.poll() is None:
            trial.must("segments", "--store", store)
    demand(feeding.returncode == 0, f"ingest ends with {feeding.returncode}: {feeding.stderr.read()[-500:]}")
    feeding.stderr.close()
    demand((store / "data.mdb").stat().st_size > 52 << 20, "the map did not have to grow")
    idle.say(b'{"id":"i2","type":"tag.assigned","partner":"x","time":"2026-02-21T00:00:00Z","tag":"vip"}\n')
    workshop.eventually("the mail of what came after", lambda: len(list((box / "new").iterdir())) == 1)
    mailer.send_signal(signal.SIGTERM)
    demand(workshop.stop(mailer) == 0, f"deliver did not end well: {mailer.stderr.read()[-500:]}")
    mailer.stderr.close()
    idle.end()
    end(reader)
    demand(trial.must("members", "vips", "--store", store).text == "x\n", "the line after the growth is lost")
    trial.must("audit", "--store", store)


def stale(trial):
    """A reader that is killed in the middle of its snapshot pins no pages for good."""
    random = trial.random
    lines = workshop.history(random, 700)
    sizes = {}
    for name in ("alone", "beside"):
        store = workshop.found(trial, name)
        workshop.take_in(trial, store, workshop.history(random, 1_500, prefix="f"))
        writer = Writer(trial, store, "--wait", "60s")
        if name == "beside":
            kill_in_snapshot(trial, store)
            # Any command that opens the store sweeps up after the dead.
            trial.must("stats", "--store", store)
        before = (store / "data.mdb").stat().st_size
        for line in lines:
            writer.say(line)
        sizes[name] = (store / "data.mdb").stat().st_size - before
        writer.end()
    demand(sizes["beside"] <= 2 * sizes["alone"] + (1 << 20), f"dead readers make the store grow: {sizes}")


def kill_in_snapshot(trial, store):
    """Kills a reader when LMDB's list of readers says that it has a snapshot.

    On a busy machine a reader may be done before the list is looked at: then another one is started.
    """
    for _ in range(50):
        reader = workshop.start(trial, "audit", "--store", store, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while reader.poll() is None:
            if has_snapshot(store, reader.pid):
                reader.kill()
                reader.wait()
                return
    raise Failure("the reader was never seen to read")


def has_snapshot(store, process):
    """Whether a process has one, as LMDB's list of readers says.

    In LMDB 0.9 the list's head takes 128 bytes and each slot 64, which begin with the snapshot and the process.
    """
    slots = (store / "lock.mdb").read_bytes()[128:]
    return any(
        reader == process and snapshot != 2**64 - 1
        for snapshot, reader in (
            struct.unpack_from("<Qi", slots, offset) for offset in range(0, len(slots) - 64, 64)))
