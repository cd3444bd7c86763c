"""`python -m tests.fuzz`: damages files and reports what the readers make of them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.run import Outcome, fuzz
from tests.fuzz.seeds import SEEDS


def main(arguments: list[str] | None = None) -> int:
    """Runs the cases; 1 when a reader failed on one of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, metavar="N", help="cases for each reader")
    parser.add_argument("--reader", action="append", choices=sorted(SEEDS), help="this one alone")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="where chance begins")
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="N", help="the first case")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write the smallest failing files there")
    options = parser.parse_args(arguments)
    failed = 0
    for reader in options.reader or list(SEEDS):
        began = time.process_time()
        found = fuzz(reader, options.cases, options.seed, first=options.first, keep=options.keep)
        failed += len(found.failures)
        _say(_line(reader, found, time.process_time() - began))
        for failure in found.failures:
            _say(f"  FAILED {failure}")
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _line(reader: str, found: Outcome, seconds: float) -> str:
    told = ", ".join(f"{n} {what}" for what, n in sorted(found.counts.items()))
    return (
        f"{reader:8} {sum(found.counts.values())} cases: {told}; {seconds:.0f} s; held against {found.oracle}"
    )


if __name__ == "__main__":
    sys.exit(main())
