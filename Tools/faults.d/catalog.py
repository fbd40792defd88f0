"""The faults as written down in faults.txt, and how they are put into the code behind switches."""

import re
from dataclasses import dataclass
from pathlib import Path

HEAD = re.compile(r"(\d+) (\S+): (.+)")
EXPRESSION, STATEMENTS = "⟪⟫", "⟦⟧"
MARKED = re.compile(r"⟪(?P<right>.*?)⇒(?P<wrong>.*?)⟫|⟦(?P<before>.*?)⇒(?P<after>.*?)⟧", re.DOTALL)

# In every file with a fault outside Core: whether the fault of this number is turned on.
DECLARATION = '\n\n@_silgen_name("muster_fault") private func musterFault(_ number: Int32) -> Bool\n'

# Added to the copy's Core, which everything is linked with: modules below it reach the function by its symbol.
SWITCH = """import Glibc

private let chosen = getenv("MUSTER_FAULT").map { Int32(atoi($0)) } ?? 0

@_silgen_name("muster_fault") public func musterFault(_ number: Int32) -> Bool {
    number == chosen
}
"""


class Outdated(Exception):
    """A fault's text is not in the code, or more than once."""


@dataclass
class Fault:
    number: int
    file: str
    words: str
    text: str = ""

    @property
    def path(self):
        return f"Sources/{self.file}"

    def place(self, source):
        """Where the text stands in a file's source: its span, and that of the marked part within."""
        marked = MARKED.search(self.text)
        if not marked:
            raise Outdated(f"fault {self.number} marks nothing: {self.text}")
        right = marked["right"] if marked["right"] is not None else marked["before"]
        parts = (self.text[:marked.start()], right, self.text[marked.end():])
        patterns = [r"\s+".join(map(re.escape, part.split())) for part in parts]
        # Blanks at the seams as anywhere; none where the two sides touch.
        seams = [r"\s*", r"\s*"]
        found = list(re.finditer(
            f"(?P<head>{patterns[0]}){seams[0]}(?P<right>{patterns[1]}){seams[1]}(?:{patterns[2]})", source))
        if len(found) != 1:
            raise Outdated(f"fault {self.number} ({self.words}): its text is in {self.path} {len(found)} times, "
                           f"not once:\n{self.text}")
        return found[0].span("right")

    def switched(self, right):
        """The marked part with both readings in it."""
        marked = MARKED.search(self.text)
        if marked["right"] is not None:
            return f"(musterFault({self.number}) ? ({marked['wrong'].strip()}) : ({right}))"
        return f"if musterFault({self.number}) {{\n{marked['after'].strip()}\n}} else {{\n{right}\n}}"


def read(path):
    """The faults of a file, in its order."""
    faults = []
    for line in Path(path).read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == " ":
            faults[-1].text += line + "\n"
            continue
        head = HEAD.fullmatch(line)
        if not head:
            raise ValueError(f"no head of a fault: {line}")
        faults.append(Fault(int(head[1]), head[2], head[3]))
    numbers = [fault.number for fault in faults]
    if len(set(numbers)) != len(numbers):
        raise ValueError("two faults have one number")
    return faults


def sources(faults, root):
    """The changed files with all switches in them, as a map of paths to texts."""
    by_path = {}
    for fault in faults:
        by_path.setdefault(fault.path, []).append(fault)
    changed, outdated = {}, []
    for path, those in by_path.items():
        source = (root / path).read_text()
        places = []
        for fault in those:
            try:
                places.append((fault.place(source), fault))
            except Outdated as error:
                outdated.append(str(error))
        places.sort(key=lambda place: place[0])
        for (_, end), (start, _) in zip((place[0] for place in places), (place[0] for place in places[1:])):
            if start < end:
                outdated.append(f"two faults in {path} overlap")
        for (start, end), fault in reversed(places):
            source = source[:start] + fault.switched(source[start:end]) + source[end:]
        changed[path] = source if path.startswith("Sources/Core/") else source + DECLARATION
    if outdated:
        raise Outdated("\n".join(outdated))
    changed["Sources/Core/FaultSwitch.swift"] = SWITCH
    return changed
