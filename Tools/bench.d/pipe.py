"""`muster ingest` fed line by line through a pipe, as a service would."""

import json
import os
import subprocess
import time

from muster import Trouble


class Pipe:
    """With `emit` acks each feed waits until its lines are durable; with sends, `line` reads one."""

    def __init__(self, store, emit):
        self.child = subprocess.Popen(
            [store.muster, "ingest", "--emit", emit, "--store", str(store.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
        self.output = os.fdopen(os.dup(self.child.stdout.fileno()), "rb")
        self.lines = 0

    def write(self, text):
        view = memoryview(text)
        while view:
            view = view[self.child.stdin.write(view):]

    def line(self):
        text = self.output.readline()
        if not text:
            raise Trouble("ingest ended before it answered")
        return text

    def feed(self, lines):
        """Milliseconds from the first byte until all lines (bytes each) are durable."""
        self.lines += len(lines)
        text = b"".join(lines)
        begun = time.perf_counter()
        self.write(text)
        while json.loads(self.line())["lines"] < self.lines:
            pass
        return (time.perf_counter() - begun) * 1e3

    def kill(self):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.output.close()

    def close(self):
        self.child.stdin.close()
        self.output.read()
        self.output.close()
        if self.child.wait():
            raise Trouble(f"ingest ended with {self.child.returncode}")
