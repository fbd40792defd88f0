"""Mail through servers that fail at every step, from a sender that is killed in every state (SPEC 10).

Of 200 sends none may be lost, and none may go out twice unless it was in doubt before: taken by a server whose answer
was lost, or under way when the sender died. What is in doubt of a workflow is `unknown`, and stays so until the
operator says otherwise. The wall clock is moved ahead between the runs, so that what was refused for the
moment is tried again.
"""

import json
import re
import signal
import time

import servers
import workshop
from trial import HERE, demand

ABOUT = "200 mails to a mail server, a webhook and a Maildir that fail at every step, the sender killed: none lost, none twice"
SHORT = 3

DEFINITIONS = """\
templates:
  - { id: now, subject: "Now, {{name}}", text: "For {{partner}}." }
  - { id: hourly, subject: "Hello {{name}}", text: "For {{partner}}.", html: "<p>For {{partner}}.</p>" }
segments:
  - { id: on, match: { tag: { any_of: [on] } } }
workflows:
  - { id: hourly, segment: on, do: [{ send_email: hourly }], state: active }
automations:
  - { id: now, on: { tag_assigned: on }, do: [{ send_email: now }], state: active }
"""
PARTNERS = 100
# In these states of a send nothing more is to be done.
DONE = {"delivered", "failed", "suppressed", "unknown"}
TARGETS = ("smtp", "webhook", "maildir")


def trial(trial):
    delivery = Delivery(trial, TARGETS[trial.number % len(TARGETS)])
    delivery.feed(0, PARTNERS)
    for _ in range(7):
        delivery.chaos()
    delivery.feed(PARTNERS, PARTNERS + 5)
    delivery.calm()
    delivery.judge()
    delivery.release_unknown()
    delivery.judge()
    trial.must("audit", "--store", delivery.store)
    workshop.check(trial, delivery.store)


class Delivery:
    """One store whose sends go to one kind of target, and what is known of each send."""

    def __init__(self, trial, kind):
        self.trial, self.kind, self.random = trial, kind, trial.random
        self.store = workshop.found(trial, definitions=DEFINITIONS)
        self.taken = trial.directory / "taken"
        self.shim = self.compile()
        self.runs = self.days = 0
        # How often the operator was told of a doubt, by send; and how often it said to take up the unknown.
        self.doubts = {}
        self.allowed_again = False
        self.lost_answers = set()
        self.certificate = servers.certificate(trial) if kind == "smtp" else None

    def compile(self):
        shim = self.trial.directory / "clock.so"
        done = self.trial.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, HERE / "clock.c", "-ldl"])
        demand(done.status == 0, f"the clock can't be compiled: {done}")
        return shim

    def feed(self, first, end):
        """Partners with a send of the automation and one of the workflow each; some can't be mailed."""
        lines = []
        for number in range(first, end):
            partner = f"p{number}"
            address = f"rcpt-550@n{number}.example.com" if number % 25 == 7 else f"{partner}@example.com"
            for row in ({"type": "partner.updated", "name": f"Partner {number}", "email": address},
                        {"type": "tag.assigned", "tag": "on"}):
                event = {"id": f"{partner}-{row['type']}", "partner": partner, "time": "2026-03-01T12:10:00Z", **row}
                lines.append(json.dumps(event).encode() + b"\n")
        workshop.take_in(self.trial, self.store, lines)
        hour = 13 if first == 0 else 16
        self.trial.must("advance", "--store", self.store, "--to", f"2026-03-01T{hour}:00:00Z")

    # The target

    def serve(self, rate):
        """Starts the target's server, which fails with that rate of mails; gives it and deliver's options."""
        seed = self.random.randrange(10**9)
        if self.kind == "maildir":
            return None, ["--to", f"maildir:{self.trial.directory}/box"]
        if self.kind == "webhook":
            server = servers.Server(self.trial, "webhook_server.py", self.taken, servers.SECRET)
            return server, ["--to", f"http://127.0.0.1:{server.port}/dice/{seed}/{rate}"]
        words, options = [], []
        secure = self.random.random()
        if secure < 0.5:
            cert, key = self.certificate
            words = ["--cert", cert, "--key", key]
            if secure < 0.2:
                options = ["--ca-file", cert, "--require-tls"]
        server = servers.Server(self.trial, "smtp_server.py", self.taken, "--dice", seed, "--rate", rate,
                                "--stall", 1, *words)
        return server, ["--to", f"smtp://127.0.0.1:{server.port}", *options]

    def rows(self):
        """What was taken so far: (send, whether the answer went out), in order."""
        if self.kind == "maildir":
            return []
        if not self.taken.exists():
            return []
        taken = []
        for line in self.taken.read_text().split("\n")[:-1]:
            row = json.loads(line)
            if self.kind == "webhook":
                if row["answer"] in ("200", "slow", "drop"):
                    demand(row["signed"] == [True], f"a request is not signed: {row}")
                    taken.append((row["id"], row["answer"] != "drop"))
            else:
                send = re.search(r"Message-ID: <(snd_[0-9a-z]{26})@acme\.example>\r\n", row["data"])
                demand(send, f"a mail without its Message-ID: {row['data'][:500]}")
                taken.append((send[1], row["answered"]))
        return taken

    # Runs of deliver

    def start(self, options, *more):
        self.runs += 1
        self.days += 1
        parallel = self.random.choice((1, 4, 16))
        return workshop.start(
            self.trial, "deliver", "--store", self.store, "--from", "Acme <a@acme.example>", "--max-age", "100000d",
            "--parallel", parallel, *options, *more,
            environment={"LD_PRELOAD": str(self.shim), "MUSTER_CLOCK_AHEAD": str(self.days * 86_400),
                         "MUSTER_WEBHOOK_SECRET": servers.SECRET},
            stdin=-3, stdout=-3, stderr=(self.trial.directory / f"deliver-{self.runs}").open("w"))

    def chaos(self):
        """One run that goes wrong in one of many ways."""
        before = len(self.rows())
        server, options = self.serve(self.random.choice((0.1, 0.4, 0.9)))
        way = self.random.choice(("kill", "kill", "kill", "twice", "once", "run", "gone", "untrusted", "beside"))
        if way == "untrusted" and not (self.kind == "smtp" and "--ca-file" not in options):
            way = "kill"
        try:
            if way == "run":
                status = workshop.stop(self.start(options, "--limit", self.random.randint(1, 40)), 60)
                demand(status in (0, 74), f"deliver ends with {status}: {self.said()}")
            else:
                process = self.start(options, "--follow", *(["--require-tls"] if way == "untrusted" else []))
                time.sleep(self.random.uniform(0.02, 0.9))
                self.end(process, way, server)
            if way == "gone":
                # Some answers may have been on their way when the server went.
                self.lost_answers = {send for send, _ in self.rows()[before:]}
            if way == "untrusted":
                demand(len(self.rows()) == before, "a server without a certificate to trust was given mail")
        finally:
            if server:
                server.end()
        self.note_doubts(before)

    def end(self, process, way, server):
        """Ends a run that would go on for ever."""
        if way == "kill":
            process.kill()
            process.wait()
            return
        if way == "gone" and server:
            server.end()
            time.sleep(self.random.uniform(0, 0.5))
        if way == "beside":
            # What somebody else writes meanwhile takes the results in.
            self.trial.must("advance", "--store", self.store, "--to", f"2026-03-01T14:{self.runs + 10}:00Z")
        process.send_signal(signal.SIGTERM)
        if way == "twice":
            time.sleep(self.random.uniform(0, 0.2))
            process.send_signal(signal.SIGTERM)
        status = workshop.stop(process, 60)
        # One that had not begun yet knows nothing of signals.
        may_die = way == "twice" or not self.said()
        demand(status in ((0, 74, -signal.SIGTERM) if may_die else (0, 74)),
               f"deliver, ended {way}, has status {status}: {self.said()}")

    def said(self):
        return (self.trial.directory / f"deliver-{self.runs}").read_text()[-1_000:]

    def note_doubts(self, before):
        """Which sends were in doubt after a run: taken without an answer, or under way when it died."""
        doubtful = {send for send, answered in self.rows()[before:] if not answered}
        doubtful |= self.lost_answers - {row["send"] for row in self.sends("--status", "delivered")}
        self.lost_answers = set()
        doubtful |= {row["send"] for row in self.sends("--status", "claimed")}
        for send in doubtful:
            self.doubts[send] = self.doubts.get(send, 0) + 1

    def calm(self, *more):
        """Delivers to a target that works until nothing is left to do."""
        left = None
        while True:
            before = len(self.rows())
            server, options = self.serve(0)
            try:
                status = workshop.stop(self.start(options, *more), 60)
            finally:
                if server:
                    server.end()
            demand(status == 0, f"deliver ends with {status} though all is well: {self.said()}")
            self.note_doubts(before)
            there, left = left, [row for row in self.sends() if row["status"] not in DONE]
            if not left:
                return
            demand(there is None or len(left) < len(there), f"nothing becomes of {len(left)} sends: {left[:2]}")

    def release_unknown(self):
        """The operator has the unknown taken up again: these may arrive twice."""
        self.allowed_again = True
        self.calm("--retry-unknown")
        demand(not self.sends("--status", "unknown"), "sends are unknown after --retry-unknown to a server that works")

    # The verdict

    def sends(self, *words):
        return workshop.rows(self.trial, "sends", "--store", self.store, *words)

    def judge(self):
        """Nothing is lost, nothing came twice without a doubt, and the log says what the ledger says."""
        rows = {row["send"]: row for row in self.sends()}
        self.trial.counts["mails"] = len(rows)
        demand(len(rows) == 2 * (PARTNERS + 5), f"{len(rows)} sends were decided")
        taken = {}
        for send, _ in self.rows():
            taken[send] = taken.get(send, 0) + 1
        strange = set(taken) - set(rows)
        demand(not strange, f"mails that nobody decided: {sorted(strange)[:3]}")
        if self.kind == "maildir":
            taken = {path.name: 1 for path in (self.trial.directory / "box/new").iterdir()}
        for send, row in rows.items():
            count, doubts = taken.get(send, 0), self.doubts.get(send, 0)
            about = f"{row}: taken {count} times, in doubt after {doubts} runs"
            if row["status"] == "delivered":
                demand(count >= 1, f"lost, though delivered: {about}")
            if count and not doubts:
                demand(row["status"] == "delivered", f"the server took it and said so: {about}")
            if row["status"] in ("failed", "suppressed", "unknown"):
                demand(row.get("reason"), f"without a reason: {about}")
            demand(count <= 1 + doubts, f"twice without a doubt: {about}")
            if row["kind"] == "workflow" and not self.allowed_again:
                demand(count <= 1, f"a workflow's mail twice, though nobody said so: {about}")
        self.judge_log(rows)

    def judge_log(self, rows):
        """Each result is an event of the log, once."""
        told = []
        for line in self.trial.must("export", "--store", self.store).text.splitlines():
            record = json.loads(line)
            if record["record"] == "event" and record["event"]["id"].startswith("muster:"):
                told.append(record["event"]["id"])
        demand(len(told) == len(set(told)), "a result is told twice")
        wanted = {f"muster:{send}:delivered" for send, row in rows.items() if row["status"] == "delivered"}
        wanted |= {f"muster:{send}:bounced" for send, row in rows.items() if row["status"] == "failed"}
        demand(set(told) == wanted, f"the log tells of other results: {sorted(set(told) ^ wanted)[:4]}")
