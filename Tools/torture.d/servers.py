"""The servers that delivery is tortured with: those of the tests (Tests/DeliveryTests/Servers), which fail by chance."""

import json
import subprocess

from trial import PROJECT, Failure

SCRIPTS = PROJECT / "Tests/DeliveryTests/Servers"
# Debian's own, which has aiosmtpd.
PYTHON = "/usr/bin/python3"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class Server:
    """A server at work, until `end`; what it took are lines of a file."""

    def __init__(self, trial, script, taken, *arguments):
        self.taken = taken
        self.process = subprocess.Popen([PYTHON, SCRIPTS / script, taken, *map(str, arguments)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=(taken.parent / "server-said").open("a"))
        said = self.process.stdout.readline().strip()
        if not said.isdigit():
            raise Failure(f"{script} does not start: run Tools/setup")
        self.port = int(said)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def rows(self):
        """What it took so far; a line that it was killed in is none."""
        if not self.taken.exists():
            return []
        return [json.loads(line) for line in self.taken.read_text().split("\n")[:-1]]


def certificate(trial):
    """A certificate that nobody trusts, and its key."""
    cert, key = trial.directory / "cert.pem", trial.directory / "key.pem"
    done = trial.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1",
                      "-addext", "subjectAltName=IP:127.0.0.1"])
    if done.status != 0:
        raise Failure(f"no certificate: {done}")
    return cert, key
