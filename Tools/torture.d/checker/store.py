"""What a store says of itself, through the program's documented outputs."""

import base64
import hashlib
import json
import struct
from decimal import Decimal

from trial import demand

from . import instants

KINDS = {
    1: "program",
    2: "event",
    3: "derived_event",
    4: "clock",
    5: "boundary",
    6: "definitions",
    7: "timezone",
    8: "restore",
}
OUTSIDE = ("program", "event", "clock", "definitions", "timezone", "restore")
BLOCK = 1024
STATUSES = (0, 1, 64, 65, 66, 73, 74, 75)
UNSET = -(2**63)


def read_json(line):
    """A line of output. Numbers are exact."""
    return json.loads(line, parse_int=Decimal, parse_float=Decimal)


def documented(done, *words):
    """Fails where a command ended otherwise than SPEC 7 says, or refused without a word."""
    demand(done.status in STATUSES, f"muster {' '.join(map(str, words))} ended undocumented: {done}")
    demand(
        done.status in (0, 1) or done.errors.strip(),
        f"muster {' '.join(map(str, words))} ended without a word: {done}",
    )
    return done


class Store:
    """Asks the binary about one store, which does not change meanwhile: the same question is asked once."""

    def __init__(self, trial, path):
        self.trial, self.path, self.known = trial, path, {}

    def ask(self, *words):
        """A question that has an answer."""
        if words not in self.known:
            done = documented(self.trial.muster(*words, "--store", self.path), *words)
            demand(done.status == 0, f"muster {' '.join(map(str, words))}: {done}")
            self.known[words] = done.output
        return self.known[words]

    def rows(self, *words):
        return [read_json(line) for line in self.ask(*words).splitlines()]

    def log(self):
        """All records, once numbers, times and the chain of hashes have been found right (invariant 2)."""
        records, blocks = [], []
        for row in self.rows("export", "--log"):
            (blocks if "block" in row else records).append(row)
        check_chain(records, blocks)
        return records


def check_chain(records, blocks):
    """The log is 1…n without holes, and its hashes are what Schemas/FORMAT.md says."""
    demand(records, "the log is empty")
    hashes, before, latest = [], b"", UNSET
    for first in range(0, len(records), BLOCK):
        chain = hashlib.sha256(before)
        for place, record in enumerate(records[first : first + BLOCK], first + 1):
            demand(record["seq"] == place, f"record {place} of the log has the seq {record['seq']}")
            stored = base64.b64decode(record["bytes"])
            latest = check_head(record, stored, latest)
            chain.update(struct.pack(">QI", place, len(stored)) + stored)
        before = chain.digest()
        hashes.append((min(first + BLOCK, len(records)), before.hex()))
    if len(records) % BLOCK == 0 and len(blocks) > len(hashes):
        hashes.append((len(records), hashlib.sha256(before).hexdigest()))
    told = [(int(block["last_seq"]), block["hash"]) for block in blocks]
    demand(told == hashes, f"the hashes of the log's blocks are {hashes}, but the store says {told}")


def check_head(record, stored, latest):
    """What stands in a record's first ten bytes is what the export says; engine time never goes back."""
    kind, flags, biased = struct.unpack(">BBQ", stored[:10])
    at = biased - 2**63
    told = UNSET if record["at"] is None else instants.parse(record["at"])
    demand(
        KINDS.get(kind) == record["kind"] and at == told and bool(flags & 1) == record["history"],
        f"record {record['seq']} is exported as {record['kind']} at {record['at']}, but its bytes say otherwise",
    )
    demand(at >= latest, f"engine time goes back at record {record['seq']}")
    return at
