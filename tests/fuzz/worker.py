"""Runs cases in a process that may end, and tells each on a line of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.fuzz.run import fuzz


def main(reader: str, seed: str, first: str, cases: str, keep: str) -> None:
    """Runs the cases."""
    for case in range(int(first), int(first) + int(cases)):
        found = fuzz(reader, 1, int(seed), first=case, keep=Path(keep) if keep else None, inside=True)
        sys.stdout.write(json.dumps({"counts": found.counts, "failures": found.failures}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
