"""Checks a store by hand: python3 Tools/torture.d/checker STORE."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import checker  # noqa: E402
from trial import PROJECT, Failure, Trial  # noqa: E402


def main():
    reader = argparse.ArgumentParser(
        description="Replays a store by a second reading of the rules, and compares all."
    )
    reader.add_argument("store", type=Path)
    given = reader.parse_args()
    muster = Path(os.environ.get("MUSTER", PROJECT / ".build/release/muster")).resolve()
    with tempfile.TemporaryDirectory(prefix="muster-check-") as directory:
        try:
            checked = checker.check(Trial("check", 0, 0, directory, muster), given.store.resolve())
        except Failure as failure:
            print(f"checker: {failure}")
            sys.exit(1)
    world = checked.world
    print(
        f"the store is right: {len(checked.records)} records, {len(world.partners)} partners, "
        f"{len(world.transitions)} transitions, {len(world.runs)} runs, {len(world.sends)} sends"
    )


main()
