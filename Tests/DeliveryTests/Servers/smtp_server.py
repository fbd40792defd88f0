"""A mail server that fails where it is told to, for tests of delivery.

Prints its port. What it takes is appended to FILE as lines of JSON. Faults of the session are options; faults of
one mail are asked for by the local part of its recipient, STEP-WHAT: the step is mail, rcpt, data, body or dot, what happens there
a code such as 451, "drop" (the connection is closed) or "stall" (no answer).
"""

import argparse
import asyncio
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

WORDS = {
    "450": "450 4.2.1 try again later",
    "452": "452 4.2.2 mailbox full",
    "550": "550 5.1.1 no such user",
    "551": "551 5.7.1 relaying denied",
    "552": "552 that is too much",
    "553": "553 5.1.8 bad sender",
    "554": "554 5.6.0 content rejected",
}


def words(code):
    return WORDS.get(code, f"{code} as you like it")


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
            await asyncio.sleep(600)
        if fault:
            # Only a mailbox can be full of a mail that was taken in already.
            return "552 5.2.2 mailbox full" if fault == "552" else words(fault)
        self.note(session, envelope, answered=True)
        return "250 2.0.0 taken"

    def note(self, session, envelope, answered):
        row = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
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
        name, _, what = self.recipient.partition("@")[0].partition("-")
        return what if name == step else None

    async def fail_at(self, step):
        """Whether the step was dealt with."""
        fault = self.fault_at(step)
        if fault == "drop":
            self.transport.abort()
        elif fault == "stall":
            await asyncio.sleep(600)
        elif fault:
            await self.push(words(fault))
        return fault is not None

    async def _handle_client(self):
        if self.options.greet == "drop":
            self.transport.abort()
        elif self.options.greet == "stall":
            await asyncio.sleep(600)
        elif self.options.greet:
            await self.push(words(self.options.greet))
            self.transport.close()
        else:
            await super()._handle_client()

    async def smtp_EHLO(self, hostname):
        if self.options.ehlo == "drop":
            self.transport.abort()
            return
        await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, argument):
        if self.options.starttls == "drop":
            self.transport.abort()
        elif self.options.starttls:
            await self.push(words(self.options.starttls))
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
            await self._reader.readexactly(1000)
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
    parser.add_argument("--greet")
    parser.add_argument("--ehlo")
    parser.add_argument("--starttls")
    options = parser.parse_args()
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
            enable_SMTPUTF8=True,
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
