"""A mail server that fails where it is told to, for tests of delivery.

Prints its port. What it takes is appended to FILE as lines of JSON. Faults of the session are options; faults of
one mail are asked for by the local part of its recipient, STEP-WHAT or STEP-WHAT+ANY: the step is mail, rcpt, data, body or dot, what happens there
a code such as 451, "drop" (the connection is closed) or "stall" (no answer). With --dice chance decides on the faults of
sessions and mails (Tools/torture delivery).
"""

import argparse
import asyncio
import json
import random
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

WORDS = {
    "450": "450 4.2.1 try again later",
    "452": "452 4.2.2 mailbox full",
    "550": "550 5.1.1 no such user",
    "clear": "550 5.1.1 \x1b[2Jno such user",
    "host": "550 user unknown at relay.example.com",
    "relay": "550 relay not permitted",
    "551": "551 5.7.1 relaying denied",
    "552": "552 that is too much",
    "553": "553 5.1.8 bad sender",
    "554": "554 5.6.0 content rejected",
}


def words(code):
    return WORDS.get(code, f"{code} as you like it")


class Dice:
    """What goes wrong by chance: with each mail at a rate, with each session seldom."""

    STEPS = {
        "greet": ("drop", "421", "554", "stall"),
        "ehlo": ("drop", "stall"),
        "starttls": ("drop", "454"),
        "mail": ("drop", "421", "451", "452"),
        "rcpt": ("drop", "421", "450", "550", "552", "stall"),
        "data": ("drop", "421", "451", "554", "stall"),
        "body": ("drop",),
        "dot": ("drop", "drop", "stall", "451", "452", "550", "554", "slow", "slow"),
    }

    def __init__(self, seed, rate):
        self.random, self.rate = random.Random(seed), rate

    def roll(self, step):
        rate = self.rate / (25 if step in ("greet", "ehlo", "starttls") else 5)
        return self.random.choice(self.STEPS[step]) if self.random.random() < rate else None


class Handler:
    def __init__(self, path):
        self.path = path

    async def handle_DATA(self, server, session, envelope):
        fault = server.fault_at("dot")
        if fault == "drop":
            self.note(session, envelope, answered=False)
            server.transport.abort()
            return "250 never sent"
        if fault == "stall":
            self.note(session, envelope, answered=False)
            await server.stall()
            return "250 never sent"
        if fault == "slow":
            self.note(session, envelope, answered=True)
            await asyncio.sleep(0.3)
            return "250 2.0.0 taken"
        if fault:
            # Only a mailbox can be full of a mail that was taken in already.
            return "552 5.2.2 mailbox full" if fault == "552" else words(fault)
        self.note(session, envelope, answered=True)
        return "250 2.0.0 taken"

    def note(self, session, envelope, answered):
        row = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "options": envelope.mail_options,
            "data": envelope.original_content.decode("utf-8", "surrogateescape"),
            "tls": session.ssl is not None,
            "user": getattr(session, "user_name", None),
            "peer": session.peer[1],
            "answered": answered,
        }
        with open(self.path, "a") as file:
            file.write(json.dumps(row) + "\n")


class Server(SMTP):
    def __init__(self, *arguments, options, **keywords):
        super().__init__(*arguments, **keywords)
        self.options = options
        self.recipient = ""

    def fault_at(self, step):
        name, _, what = self.recipient.partition("@")[0].partition("+")[0].partition("-")
        if name == step:
            return what
        return self.options.dice.roll(step) if self.options.dice else None

    async def stall(self):
        """Gives no answer, and in the end hangs up."""
        await asyncio.sleep(self.options.stall)
        self.transport.abort()

    async def fail_at(self, step):
        """Whether the step was dealt with."""
        fault = self.fault_at(step)
        if fault == "drop":
            self.transport.abort()
        elif fault == "stall":
            await self.stall()
        elif fault:
            await self.push(words(fault))
            if fault == "421":
                self.transport.close()
        return fault is not None

    def session_fault(self, step):
        return getattr(self.options, step) or (self.options.dice and self.options.dice.roll(step))

    async def _handle_client(self):
        # Not again when the session has turned to TLS.
        fault = None if self._tls_protocol else self.session_fault("greet")
        if fault == "drop":
            self.transport.abort()
        elif fault == "stall":
            await self.stall()
        elif fault:
            await self.push(words(fault))
            self.transport.close()
        else:
            await super()._handle_client()

    async def smtp_EHLO(self, hostname):
        fault = self.session_fault("ehlo")
        if fault:
            await self.stall() if fault == "stall" else self.transport.abort()
            return
        await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, argument):
        fault = self.session_fault("starttls")
        if fault == "drop":
            self.transport.abort()
        elif fault:
            await self.push(words(fault))
        else:
            await super().smtp_STARTTLS(argument)

    async def smtp_MAIL(self, argument):
        # The recipient is not known yet, so the sender's address asks.
        self.recipient = (argument or "").partition("<")[2].partition(">")[0]
        if not await self.fail_at("mail"):
            await super().smtp_MAIL(argument)

    async def smtp_RCPT(self, argument):
        self.recipient = (argument or "").partition("<")[2].partition(">")[0]
        if not await self.fail_at("rcpt"):
            await super().smtp_RCPT(argument)

    async def smtp_DATA(self, argument):
        if await self.fail_at("data"):
            return
        if self.fault_at("body") == "drop":
            await self.push("354 go on")
            # Chance also befalls short mails.
            await self._reader.readexactly(100 if self.options.dice else 1000)
            self.transport.abort()
            return
        await super().smtp_DATA(argument)


def authenticator(server, session, envelope, mechanism, data):
    session.user_name = data.login.decode()
    good = data.login == b"user@example.com" and data.password == b"secret"
    return AuthResult(success=good, handled=False)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--implicit", action="store_true")
    parser.add_argument("--auth", action="store_true")
    parser.add_argument("--ascii", action="store_true", help="offer no SMTPUTF8")
    parser.add_argument("--greet")
    parser.add_argument("--ehlo")
    parser.add_argument("--starttls")
    parser.add_argument("--stall", type=float, default=600, help="so many seconds")
    parser.add_argument("--dice", help="a seed for faults by chance")
    parser.add_argument("--rate", type=float, default=0.3, help="how many mails they befall")
    options = parser.parse_args()
    options.dice = options.dice and Dice(options.dice, options.rate)
    context = None
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    handler = Handler(options.file)

    def make():
        return Server(
            handler,
            options=options,
            hostname="localhost",
            enable_SMTPUTF8=not options.ascii,
            tls_context=None if options.implicit else context,
            authenticator=authenticator if options.auth else None,
            auth_required=options.auth,
            auth_require_tls=not options.implicit,
        )

    server = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", options.port, ssl=context if options.implicit else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
