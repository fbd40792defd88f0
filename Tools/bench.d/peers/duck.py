"""Peer: DuckDB with a dirty set, a statement a table and an hour, one commit an hour.

Rows go in as lists, a column each, reduced by the client to what counts at the end of the hour. Day sums
are appended, not merged, because appending is what DuckDB is good at: the evaluation adds them up.
"""

import time

import duckdb

from peers.decide import Decider, reason
from peers.facts import fold
from peers.translate import COLUMNS, SQL, words_of


class DuckDB:
    name = "DuckDB, dirty set"
    exact = False

    def __init__(self, scratch, program):
        self.program, self.decider = program, Decider(program)
        self.path = scratch / "peer.duckdb"
        self.base = duckdb.connect(str(self.path))
        self.words = range(words_of(program))
        bits = "".join(f", bits{n} BIGINT DEFAULT 0" for n in self.words)
        for statement in f"""
            CREATE TABLE events (id VARCHAR PRIMARY KEY, line VARCHAR);
            CREATE TABLE partners (partner INTEGER, stage VARCHAR, stage_at BIGINT DEFAULT -1,
                joined INTEGER, joined_at BIGINT DEFAULT {1 << 62}, tier VARCHAR,
                tier_at BIGINT DEFAULT -1, email VARCHAR, suppressed BOOLEAN DEFAULT false,
                acted INTEGER DEFAULT 0{bits});
            CREATE TABLE days (partner INTEGER, day INTEGER,
                {', '.join(f'{column} INTEGER' for column in COLUMNS)});
            CREATE TABLE tags (partner INTEGER, tag VARCHAR, moment BIGINT, day INTEGER, is_on BOOLEAN,
                PRIMARY KEY (partner, tag));
            CREATE TABLE groups (partner INTEGER, name VARCHAR, moment BIGINT, is_on BOOLEAN,
                PRIMARY KEY (partner, name));
            CREATE TABLE contracts (partner INTEGER, contract VARCHAR, moment BIGINT, stage VARCHAR,
                PRIMARY KEY (partner, contract));
            CREATE TABLE reach (partner INTEGER, moment BIGINT, seq BIGINT, kind VARCHAR,
                address VARCHAR);
            CREATE TABLE transitions (segment SMALLINT, moment BIGINT, partner INTEGER,
                entered BOOLEAN);
            CREATE TABLE sends (source VARCHAR, partner INTEGER, moment BIGINT, reason VARCHAR);
            CREATE TEMP TABLE dirty (partner INTEGER)""".split(";"):
            self.base.execute(statement)
        # Prepared, because planning the evaluation takes longer than running it for a few.
        for name, who in (("few", "(SELECT partner FROM dirty)"), ("everybody", None)):
            self.base.execute(f"PREPARE {name} AS " + SQL(program, "$today").changed(who))
        self.known = set()
        self.seq = 0

    def insert(self, table, rows, after=""):
        """Appends rows of all columns of a table."""
        if rows:
            lists = [list(column) for column in zip(*rows)]
            self.base.execute(f"INSERT INTO {table} SELECT "
                              + ", ".join("unnest(?)" for _ in lists) + after, lists)

    def update(self, columns, rows, where=""):
        """Sets columns of partners; a row is the partner and the values."""
        if rows:
            lists = [list(column) for column in zip(*rows)]
            names = ["partner", *columns]
            given = ", ".join(f"unnest(?) AS {name}" for name in names)
            sets = ", ".join(f"{name} = u.{name}" for name in columns)
            self.base.execute(f"UPDATE partners SET {sets} FROM (SELECT {given}) u "
                              f"WHERE u.partner = partners.partner{where}", lists)

    def apply(self, events):
        """Takes events into the tables; returns those whose ids were new."""
        unique = {}
        for event in events:
            unique.setdefault(event.id, event)
        lists = [list(unique), [event.line for event in unique.values()]]
        taken = self.base.execute("INSERT INTO events SELECT unnest(?), unnest(?) "
                                  "ON CONFLICT DO NOTHING RETURNING id", lists).fetchall()
        taken = {row[0] for row in taken}
        fresh = [event for event in unique.values() if event.id in taken]
        new = {event.partner for event in fresh} - self.known
        if new:
            self.known |= new
            self.base.execute("INSERT INTO partners (partner) SELECT unnest(?)", [list(new)])
        days, latest, joined, reach = {}, {}, {}, []

        def keep(kind, key, event, *values):
            if key not in latest.setdefault(kind, {}) or event.at >= latest[kind][key][0]:
                latest[kind][key] = event.at, *values

        for event in fresh:
            partner = event.partner
            if event.column:
                row = days.setdefault((partner, event.day), [0] * len(COLUMNS))
                row[COLUMNS.index(event.column)] += event.count
                row[0] += event.cents
            if event.stage:
                keep("stage", partner, event, event.stage)
                if event.stage == "joined" and event.at < joined.get(partner, (1 << 62,))[0]:
                    joined[partner] = event.at, event.day
            if event.contract:
                keep("contract", (partner, event.contract), event, event.contract_stage)
            if event.tag:
                keep("tag", (partner, event.tag), event, event.day, event.tag_on)
            if event.group:
                keep("group", (partner, event.group), event, event.group_on)
            if event.has_tier:
                keep("tier", partner, event, event.tier)
            if event.reach:
                self.seq += 1
                reach.append((partner, event.at, self.seq, event.reach, event.address))

        def facts(kind):
            return latest.get(kind, {}).items()

        self.insert("days", [(*key, *row) for key, row in days.items()])
        self.update(("stage_at", "stage"), [(key, *row) for key, row in facts("stage")],
                    " AND partners.stage_at <= u.stage_at")
        self.update(("joined_at", "joined"), [(key, *row) for key, row in joined.items()],
                    " AND partners.joined_at > u.joined_at")
        self.update(("tier_at", "tier"), [(key, *row) for key, row in facts("tier")],
                    " AND partners.tier_at <= u.tier_at")
        self.insert("contracts", [(*key, *row) for key, row in facts("contract")],
                    " ON CONFLICT DO UPDATE SET moment = excluded.moment, stage = excluded.stage "
                    "WHERE contracts.moment <= excluded.moment")
        self.insert("tags", [(*key, *row) for key, row in facts("tag")],
                    " ON CONFLICT DO UPDATE SET moment = excluded.moment, day = excluded.day, "
                    "is_on = excluded.is_on WHERE tags.moment <= excluded.moment")
        self.insert("groups", [(*key, *row) for key, row in facts("group")],
                    " ON CONFLICT DO UPDATE SET moment = excluded.moment, is_on = excluded.is_on "
                    "WHERE groups.moment <= excluded.moment")
        if reach:
            self.insert("reach", reach)
            rows = {}
            for partner, *fact in self.base.execute(
                    "SELECT partner, kind, address FROM reach WHERE partner IN "
                    "(SELECT unnest(?)) ORDER BY partner, moment, seq",
                    [list({row[0] for row in reach})]).fetchall():
                rows.setdefault(partner, []).append(fact)
            self.update(("email", "suppressed"),
                        [(partner, *fold(facts)) for partner, facts in rows.items()])
        return fresh

    def store(self, events):
        self.base.execute("BEGIN")
        self.apply(events)
        self.base.execute("COMMIT")

    def take(self, events, at, today, midnight, hour):
        run = self.base.execute
        run("BEGIN")
        fresh = self.apply(events) if events else []
        tagged = [event for event in fresh if event.tag_on and event.tag in self.decider.tagged]
        sends = []
        if tagged:
            state = {partner: rest for partner, *rest in run(
                "SELECT partner, email, suppressed FROM partners WHERE partner IN "
                "(SELECT unnest(?))", [[event.partner for event in tagged]]).fetchall()}
            for event in tagged:
                held = reason(*state[event.partner], self.decider.stale(event))
                sends += [(automation, event.partner, at, held)
                          for automation in self.decider.tagged[event.tag]]
        if midnight:
            rows = run(f"EXECUTE everybody(today := {today})").fetchall()
        else:
            run("DELETE FROM dirty")
            self.insert("dirty", [(partner,) for partner in {event.partner for event in fresh}])
            rows = run(f"EXECUTE few(today := {today})").fetchall()
        moves, fired, updates = self.decider.settle(rows, at, hour)
        self.update(("acted", *(f"bits{n}" for n in self.words)), updates)
        self.insert("transitions", moves)
        self.insert("sends", sends + fired)
        run("COMMIT")

    # Answers.

    def members(self):
        kept = ", ".join(f"bits{n}" for n in self.words)
        return self.decider.counts(self.base.execute(f"SELECT {kept} FROM partners").fetchall())

    def past(self, segment, at):
        begun = time.perf_counter()
        rows = self.base.execute(
            "SELECT partner FROM transitions WHERE segment = ? AND moment <= ? GROUP BY partner "
            "HAVING arg_max(entered, moment)", (segment, at)).fetchall()
        return len(rows), time.perf_counter() - begun

    def transitions(self):
        return self.base.execute(
            "SELECT segment, partner, moment, entered FROM transitions").fetchall()

    def sent(self):
        return self.base.execute("SELECT source, partner, moment, reason FROM sends").fetchall()

    def disk(self):
        self.base.execute("CHECKPOINT")
        return self.path.stat().st_blocks * 512

    def close(self):
        self.base.close()
