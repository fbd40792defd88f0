"""The library that stands between the program and the system: calls.c, compiled when it is needed."""

import os
import struct
import subprocess
import tempfile
from pathlib import Path

from trial import HERE, Failure

_made = {}


def library(trial):
    """The compiled library."""
    if "path" not in _made:
        place = Path(tempfile.mkdtemp(prefix="shim-", dir=trial.directory.parent)) / "calls.so"
        compiler = os.environ.get("CC", "cc")
        done = subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", place, HERE / "calls.c", "-ldl"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"{compiler}: {done.stderr}")
        _made["path"] = place
    return _made["path"]


def run(trial, words, **settings):
    """Runs the binary in the trial's directory with the library; settings are those of calls.c without TORTURE_."""
    surroundings = {"LD_PRELOAD": str(library(trial)), "TORTURE_ROOT": str(trial.directory)}
    surroundings |= {f"TORTURE_{name.upper()}": str(value) for name, value in settings.items()}
    return trial.run([trial.muster_path, *words], environment=surroundings)


class Call:
    """A recorded change: kind (calls.c), path below the root, and what it did."""

    def __init__(self, kind, path, offset=0, data=b"", is_durable=False, step=0):
        self.kind, self.path, self.offset, self.data = kind, path, offset, data
        self.is_durable, self.step = is_durable, step

    def __repr__(self):
        words = f" {self.offset}+{len(self.data)}" if self.kind == "w" else ""
        return f"{self.kind}{' durably' if self.is_durable else ''} {self.path}{words} (step {self.step})"


def recorded(path, step):
    """The changes of a record, which is removed."""
    rows, at, calls = path.read_bytes() if path.exists() else b"", 0, []
    path.unlink(missing_ok=True)
    while at < len(rows):
        kind, flags, path_length, offset, length = struct.unpack_from("<cBHQQ", rows, at)
        at += 20
        name = os.path.normpath(rows[at:at + path_length].decode() or ".")
        at += path_length
        calls.append(Call(kind.decode(), "" if name == "." else name, offset, rows[at:at + length], flags & 1 == 1, step))
        at += length
    return calls
