"""Running the program on what means harm: limits, and what each end must look like."""

import os
import re
import time

from trial import Failure, demand

MEMORY = 1 << 30
SECONDS = 30
DOCUMENTED = {0, 1, 64, 65, 66, 73, 74}


def run(trial, words, input=b"", allowed=DOCUMENTED, environment=None, memory=MEMORY, seconds=SECONDS):
    """Runs the program in bounded memory and time; it must end with one of some statuses, and with a message.

    Nothing but the store may change: see `Watch`.
    """
    start = time.monotonic()
    done = trial.run(["prlimit", f"--as={memory}", "--core=0", trial.muster_path, *words], input=input,
                     timeout=seconds, environment={"SWIFT_BACKTRACE": "enable=no", **(environment or {})})
    shown = " ".join(str(word) for word in words)[:300]
    demand(done.status in allowed, f"muster {shown}: {done}")
    demand(b"fault of muster" not in done.errors, f"muster {shown}: {done}")
    if done.status != 0:
        demand(done.errors.strip() or done.output.strip(), f"muster {shown}: no message: {done}")
    control = re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", done.errors)
    demand(not control, f"muster {shown}: control characters on standard error: {done.errors[:500]!r}")
    done.seconds = time.monotonic() - start
    return done


class Watch:
    """What lies in a directory, to see that nothing beside the allowed names was written."""

    def __init__(self, directory, *allowed):
        self.directory, self.allowed = directory, set(allowed)
        self.before = self.look()

    def look(self):
        found = {}
        for folder, folders, files in os.walk(self.directory):
            if folder == str(self.directory):
                folders[:] = [name for name in folders if name not in self.allowed]
                files = [name for name in files if name not in self.allowed]
            for name in folders + files:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found[path] = (status.st_size if name in files else 0, name in files and status.st_mtime_ns)
        return found

    def demand_same(self, what):
        after = self.look()
        changed = {path for path in self.before.keys() | after.keys() if self.before.get(path) != after.get(path)}
        if changed:
            raise Failure(f"{what} changed what is not its own: {', '.join(sorted(changed))}")


def mutate(random, text, rounds=None, tokens=()):
    """The text with some bytes flipped, cut, doubled, moved, or taken from a list of awkward ones."""
    text = bytearray(text)
    for _ in range(rounds or random.choice([1, 1, 2, 3, 8])):
        at = random.randrange(len(text) + 1)
        end = min(len(text), at + random.choice([1, 1, 2, 4, 16, 64]))
        kind = random.randrange(7)
        if kind == 0 and at < len(text):
            text[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del text[at:end]
        elif kind == 2:
            text[at:at] = text[at:end] * random.choice([1, 2, 50])
        elif kind == 3:
            text[at:at] = bytes(random.randrange(256) for _ in range(random.choice([1, 2, 8])))
        elif kind == 4 and text:
            other = random.randrange(len(text))
            text[at:end] = text[other:other + end - at]
        else:
            text[at:end if kind == 5 else at] = random.choice(list(tokens) or AWKWARD)
    return bytes(text)


AWKWARD = [
    b"\x00", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\\ud800",
    b"\\u0000", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"-1", b"0", b"1e400",
    b"1e-400", b"9" * 40, b"9223372036854775808", b"18446744073709551616", b"-0", b"0.0000001", b"1" * 400,
    b"9999-12-31T23:59:59.999999999Z", b"1969-12-31T23:59:59Z", b"2026-02-30T00:00:00Z", b"2026-03-01T00:00:60Z",
    b"2026-03-01T00:00:00+24:00", b"0000-00-00", b"../../etc/passwd", b"%s%n", b"{{", b"}}", b"{{{", b"<!--",
    b"&a", b"*a", b"!!binary", b"- " * 40, b"? ", b"|\n", b">\n", b"---\n", b"...\n", b"\t", b"#", b"%YAML 9.9\n",
    b"A" * 300, b"\xc3\xa9" * 60, b"[" * 100, b"muster:", b"snd_", b"\x1b[2J", b"\xf4\x8f\xbf\xbf",
]
