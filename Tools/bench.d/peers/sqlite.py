"""Peer: SQLite with a dirty set, the strongest of them.

At the top of the hour the partners with events are evaluated by one SELECT over rolled-up days, at
midnight everybody; what changed goes into a table of transitions. Write-ahead log, full synchronization,
one commit an hour.
"""

import sqlite3
import time

from peers.decide import Decider, reason
from peers.facts import fold
from peers.translate import COLUMNS, SQL, words_of


class SQLite:
    name = "SQLite, dirty set"
    exact = False

    def __init__(self, scratch, program):
        self.program, self.decider = program, Decider(program)
        self.path = scratch / "peer.sqlite"
        self.base = sqlite3.connect(self.path, isolation_level=None, cached_statements=256)
        words = words_of(program)
        self.words = range(words)
        self.base.executescript(f"""
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;
            PRAGMA temp_store = MEMORY;
            CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, line TEXT);
            CREATE TABLE partners (partner INTEGER PRIMARY KEY, stage TEXT,
                stage_at INTEGER DEFAULT -1, joined INTEGER, joined_at INTEGER,
                tier TEXT, tier_at INTEGER DEFAULT -1, email TEXT, suppressed INTEGER DEFAULT 0,
                acted INTEGER DEFAULT 0
                {''.join(f', bits{n} INTEGER DEFAULT 0' for n in self.words)});
            CREATE TABLE days (partner INTEGER, day INTEGER,
                {', '.join(f'{column} INTEGER DEFAULT 0' for column in COLUMNS)},
                PRIMARY KEY (partner, day)) WITHOUT ROWID;
            CREATE TABLE tags (partner INTEGER, tag TEXT, at INTEGER, day INTEGER, is_on INTEGER,
                PRIMARY KEY (partner, tag)) WITHOUT ROWID;
            CREATE TABLE groups (partner INTEGER, name TEXT, at INTEGER, is_on INTEGER,
                PRIMARY KEY (partner, name)) WITHOUT ROWID;
            CREATE TABLE contracts (partner INTEGER, contract TEXT, at INTEGER, stage TEXT,
                PRIMARY KEY (partner, contract)) WITHOUT ROWID;
            CREATE TABLE reach (partner INTEGER, at INTEGER, seq INTEGER, kind TEXT, address TEXT,
                PRIMARY KEY (partner, at, seq)) WITHOUT ROWID;
            CREATE TABLE transitions (segment INTEGER, at INTEGER, partner INTEGER,
                entered INTEGER, PRIMARY KEY (segment, at, partner)) WITHOUT ROWID;
            CREATE TABLE sends (number INTEGER PRIMARY KEY, source TEXT, partner INTEGER,
                at INTEGER, reason TEXT);
            CREATE TEMP TABLE dirty (partner INTEGER PRIMARY KEY);""")
        self.some = SQL(program, ":today").changed("(SELECT partner FROM dirty)")
        self.all = SQL(program, ":today").changed(None)
        self.known = set()
        self.counted = {
            column: f"INSERT INTO days (partner, day, {column}, revenue) VALUES (?, ?, ?, ?) "
            f"ON CONFLICT DO UPDATE SET {column} = {column} + excluded.{column}, "
            "revenue = revenue + excluded.revenue" for column in COLUMNS if column != "revenue"}

    def apply(self, event):
        """Takes one event into the tables; False if its id is known."""
        run = self.base.execute
        seq = run("INSERT OR IGNORE INTO events (id, line) VALUES (?, ?)",
                  (event.id, event.line))
        if not seq.rowcount:
            return False
        partner, at = event.partner, event.at
        if partner not in self.known:
            self.known.add(partner)
            run("INSERT INTO partners (partner) VALUES (?)", (partner,))
        if event.column:
            run(self.counted[event.column], (partner, event.day, event.count, event.cents))
        if event.stage:
            run("UPDATE partners SET stage = ?, stage_at = ? WHERE partner = ? AND stage_at <= ?",
                (event.stage, at, partner, at))
            if event.stage == "joined":
                run("UPDATE partners SET joined = ?, joined_at = ? WHERE partner = ? AND "
                    "(joined_at IS NULL OR joined_at > ?)", (event.day, at, partner, at))
        if event.contract:
            run("INSERT INTO contracts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "at = excluded.at, stage = excluded.stage WHERE at <= excluded.at",
                (partner, event.contract, at, event.contract_stage))
        if event.tag:
            run("INSERT INTO tags VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "at = excluded.at, day = excluded.day, is_on = excluded.is_on "
                "WHERE at <= excluded.at", (partner, event.tag, at, event.day, event.tag_on))
        if event.group:
            run("INSERT INTO groups VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "at = excluded.at, is_on = excluded.is_on WHERE at <= excluded.at",
                (partner, event.group, at, event.group_on))
        if event.has_tier:
            run("UPDATE partners SET tier = ?, tier_at = ? WHERE partner = ? AND tier_at <= ?",
                (event.tier, at, partner, at))
        if event.reach:
            run("INSERT INTO reach VALUES (?, ?, ?, ?, ?)",
                (partner, at, seq.lastrowid, event.reach, event.address))
            rows = run("SELECT kind, address FROM reach WHERE partner = ? ORDER BY at, seq",
                       (partner,)).fetchall()
            run("UPDATE partners SET email = ?, suppressed = ? WHERE partner = ?",
                (*fold(rows), partner))
        return True

    def store(self, events):
        self.base.execute("BEGIN IMMEDIATE")
        for event in events:
            self.apply(event)
        self.base.execute("COMMIT")

    def take(self, events, at, today, midnight, hour):
        run = self.base.execute
        run("BEGIN IMMEDIATE")
        tagged, dirty = [], set()
        for event in events:
            if self.apply(event):
                dirty.add((event.partner,))
                if event.tag_on and event.tag in self.decider.tagged:
                    tagged.append(event)
        sends = []
        for event in tagged:
            email, suppressed = run("SELECT email, suppressed FROM partners WHERE partner = ?",
                                    (event.partner,)).fetchone()
            held = reason(email, suppressed, self.decider.stale(event))
            sends += [(automation, event.partner, at, held)
                      for automation in self.decider.tagged[event.tag]]
        if midnight:
            rows = run(self.all, {"today": today}).fetchall()
        else:
            run("DELETE FROM dirty")
            self.base.executemany("INSERT INTO dirty VALUES (?)", dirty)
            rows = run(self.some, {"today": today}).fetchall()
        moves, fired, updates = self.decider.settle(rows, at, hour)
        kept = "".join(f", bits{n} = ?{n + 3}" for n in self.words)
        self.base.executemany(f"UPDATE partners SET acted = ?2{kept} WHERE partner = ?1", updates)
        self.base.executemany("INSERT INTO transitions VALUES (?, ?, ?, ?)", moves)
        self.base.executemany(
            "INSERT INTO sends (source, partner, at, reason) VALUES (?, ?, ?, ?)", sends + fired)
        run("COMMIT")

    # Answers.

    def members(self):
        kept = ", ".join(f"bits{n}" for n in self.words)
        return self.decider.counts(self.base.execute(f"SELECT {kept} FROM partners").fetchall())

    def past(self, segment, at):
        begun = time.perf_counter()
        rows = self.base.execute(
            "SELECT partner FROM (SELECT partner, max(at), entered FROM transitions "
            "WHERE segment = ? AND at <= ? GROUP BY partner) WHERE entered", (segment, at)).fetchall()
        return len(rows), time.perf_counter() - begun

    def transitions(self):
        for segment, partner, at, entered in self.base.execute(
                "SELECT segment, partner, at, entered FROM transitions"):
            yield segment, partner, at, bool(entered)

    def sent(self):
        return self.base.execute("SELECT source, partner, at, reason FROM sends")

    def disk(self):
        self.base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_blocks * 512

    def close(self):
        self.base.close()
