"""The input of the benchmark: events by Tools/generate, made once a scratch directory."""

import datetime as dt
import subprocess
from dataclasses import dataclass

from muster import ROOT, UTC

START = dt.date(2025, 1, 6)
SEED = 7


@dataclass(frozen=True)
class Workload:
    """Skew 1 has all partners alike; the larger, the more a few do most."""

    partners: int
    events: int
    days: int = 90
    skew: float = 2.0
    late: float = 0.01
    duplicates: float = 0.002

    @property
    def name(self):
        return (f"events-{self.partners}-{self.events}-{self.days}-{self.skew:g}-{self.late:g}"
                f"-{self.duplicates:g}")

    @property
    def end(self):
        """Half a day after the last event, at a top of the hour; microseconds since 1970."""
        noon = dt.datetime.combine(START, dt.time(12), UTC) + dt.timedelta(days=self.days)
        return int(noon.timestamp()) * 1_000_000

    def ascending(self, scratch):
        """The file with ids that ascend in time."""
        path = scratch / f"{self.name}.ndjson"
        if not path.exists():
            words = [ROOT / "Tools/generate", "--partners", self.partners, "--events", self.events,
                     "--days", self.days, "--skew", self.skew, "--late", self.late,
                     "--duplicates", self.duplicates, "--seed", SEED, "--start", START]
            with path.with_suffix(".part").open("wb") as file:
                subprocess.run(list(map(str, words)), stdout=file, check=True)
            path.with_suffix(".part").rename(path)
        return path

    def scattered(self, scratch):
        """The same events with random ids of ten digits; a repeated line stays one."""
        path = scratch / f"{self.name}-random.ndjson"
        if not path.exists():
            with self.ascending(scratch).open("rb") as source, \
                    path.with_suffix(".part").open("wb") as file:
                for line in source:
                    _, _, _, ident, rest = line.split(b'"', 4)
                    # An odd factor: no two of them become alike.
                    number = int(ident[1:]) * 0x9e3779b97f4a7c15 & 0xff_ffff_ffff
                    file.write(b'{"id":"%010x"%s' % (number, rest))
            path.with_suffix(".part").rename(path)
        return path

    def __str__(self):
        return (f"{self.events:,} events about {self.partners:,} partners over {self.days} days, "
                f"skew {self.skew:g}, {self.late:.1%} late, {self.duplicates:.1%} repeated")
