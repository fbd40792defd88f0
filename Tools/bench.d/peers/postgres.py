"""Peer: PostgreSQL 15, with batches and a dirty set, or with a trigger that evaluates at every event.

A throw-away cluster of its own, reached through a socket, with the usual settings of a small server.
All work is done in the database; the client copies the hour's events in and calls a function.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from peers import postgres_sql
from peers.places import POSTGRES
from peers.translate import COLUMNS

SETTINGS = {"shared_buffers": "512MB", "work_mem": "64MB", "max_wal_size": "4GB",
            "maintenance_work_mem": "128MB", "effective_cache_size": "4GB", "jit": "off",
            "plan_cache_mode": "force_generic_plan",
            "listen_addresses": "''", "random_page_cost": "1.1"}


class Server:
    """A cluster in a temporary directory; PostgreSQL refuses to run as root, so as `postgres`."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(self.directory, entry.pw_uid, entry.pw_gid)
        self.data = self.directory / "data"
        try:
            self._run("initdb", "-D", self.data, "-U", "bench", "-A", "trust", "--locale=C",
                      "--encoding=UTF8")
            options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
            self._run("pg_ctl", "-D", self.data, "-w", "-l", self.directory / "server.log",
                      "-o", f"{options} -k {self.directory}", "start")
        except BaseException:
            self.stop()
            raise

    def _run(self, program, *words):
        subprocess.run([POSTGRES / program, *map(str, words)], check=True, user=self.user,
                       group=self.user, extra_groups=[] if self.user else None,
                       cwd=self.directory, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def processes(self):
        parent = (self.data / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *children]

    def memory(self):
        """Bytes of all processes, what they share counted once."""
        whole = 0
        for process in self.processes():
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    whole += int(line.split()[1]) * 1024
        return whole

    def cpu(self):
        """Seconds that the processes that now run have used."""
        ticks = 0
        for process in self.processes():
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.directory, ignore_errors=True)


class Psql:
    """A session. Every call waits for the rows of its last statement."""

    END = "-- done --"

    def __init__(self, directory):
        self.child = subprocess.Popen(
            [POSTGRES / "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
             "-h", directory, "-U", "bench", "-d", "postgres"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def run(self, text):
        self.child.stdin.write(f"{text}\nSELECT '{self.END}';\n")
        self.child.stdin.flush()
        rows = []
        for line in self.child.stdout:
            if line == self.END + "\n":
                return rows
            rows.append(line[:-1].split("\t"))
        raise SystemExit("psql ended early")

    def close(self):
        self.child.stdin.close()
        self.child.wait()


def escaped(value):
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return str(value)


class Postgres:
    def __init__(self, scratch, program, exact):
        self.program, self.exact = program, exact
        self.name = "PostgreSQL, trigger" if exact else "PostgreSQL, dirty set"
        self.server = Server()
        try:
            self.session = Psql(self.server.directory)
            self.session.run(postgres_sql.schema(program, exact))
        except BaseException:
            self.server.stop()
            raise
        self.seq = 0

    def rows(self, events):
        """The events as COPY takes them."""
        lines = []
        for n, e in enumerate(events):
            column = COLUMNS.index(e.column) if e.column else None
            lines.append("\t".join(map(escaped, (
                n, e.id, e.line.rstrip("\n"), e.partner, e.at, e.now, e.today, e.day, column,
                e.count, e.cents, e.stage, e.contract, e.contract_stage, e.tag, e.tag_on, e.group,
                e.group_on, e.has_tier, e.tier, e.reach, e.address))))
        return "COPY staged FROM STDIN;\n" + "\n".join(lines) + "\n\\.\n" if lines else ""

    def store(self, events):
        self.session.run(f"BEGIN;\n{self.rows(events)}SELECT FROM absorb();\nCOMMIT;\n"
                         "VACUUM staged, fresh;")

    def take(self, events, at, today, midnight, hour):
        self.session.run(f"BEGIN;\n{self.rows(events)}SELECT FROM settle({at}, {today}, "
                         f"{midnight}, {hour}, absorb());\nCOMMIT;")
        if midnight:
            self.session.run("VACUUM staged, fresh, changed, moves;")

    # Answers.

    def members(self):
        counts = [0] * len(self.program.segments)
        for segment, count in self.session.run(
                "SELECT s.segment, count(*) FROM segments s JOIN partners p ON "
                f"({postgres_sql.word(self.program, 's.word', 'p.bits')} >> s.bit) & 1 = 1 "
                "GROUP BY 1;"):
            counts[int(segment)] = int(count)
        return counts

    def past(self, segment, at):
        begun = time.perf_counter()
        rows = self.session.run(
            "SELECT partner FROM (SELECT DISTINCT ON (partner) partner, entered FROM transitions "
            f"WHERE segment = {segment} AND at <= {at} ORDER BY partner, at DESC, number DESC) x "
            "WHERE entered;")
        return len(rows), time.perf_counter() - begun

    def transitions(self):
        for segment, partner, at, entered in self.session.run(
                "SELECT segment, partner, at, entered FROM transitions;"):
            yield int(segment), int(partner), int(at), entered == "t"

    def sent(self):
        return [(source, int(partner), int(at), reason or None) for source, partner, at, reason
                in self.session.run("SELECT source, partner, at, reason FROM sends;")]

    def disk(self):
        self.session.run("CHECKPOINT;")
        return int(self.session.run("SELECT pg_database_size('postgres');")[0][0])

    def close(self):
        try:
            self.session.close()
        finally:
            self.server.stop()
