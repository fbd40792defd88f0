"""What is measured goes to the terminal, as raw values to raw.ndjson, as tables to report.md."""

import json
import os
import platform
import statistics
import subprocess
import time


def amount(value):
    """Three digits that count, with a comma at thousands."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


class Report:
    def __init__(self, folder, command):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.raw = (folder / "raw.ndjson").open("a", encoding="utf-8")
        self.page = (folder / "report.md").open("a", encoding="utf-8")
        self.begun = time.monotonic()
        self.text(f"`{command}`, {time.strftime('%Y-%m-%d %H:%M')}, {machine()}.")

    def say(self, text):
        """On the terminal alone: how far it is."""
        print(f"[{time.monotonic() - self.begun:6.0f} s] {text}", flush=True)

    def text(self, text=""):
        print(text, flush=True)
        print(text + "\n", file=self.page, flush=True)

    def keep(self, figure, **values):
        """One raw measurement."""
        print(json.dumps({"figure": figure, **values}, default=str), file=self.raw, flush=True)

    def table(self, title, head, rows):
        """A Markdown table; numbers are written with three digits."""
        lines = [f"| {' | '.join([title, *head])} |", "|" + "---|" * (len(head) + 1)]
        for name, *cells in rows:
            cells = [cell if isinstance(cell, str) else amount(cell) for cell in cells]
            lines.append(f"| {' | '.join([name, *cells])} |")
        self.text("\n".join(lines))


def median(values):
    values = list(values)
    return statistics.median(values) if values else None


def spread(values, scale=1.0):
    """The median with the smallest and the largest, in words."""
    values = [value * scale for value in values]
    if len(values) < 2:
        return amount(values[0]) if values else "–"
    return f"{amount(median(values))} ({amount(min(values))}–{amount(max(values))})"


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def machine():
    model = "?"
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True,
                            text=True, cwd=os.path.dirname(__file__)).stdout.strip()
    return f"{os.cpu_count()} cores of {model}, Linux {platform.release()}, commit {commit or '?'}"
