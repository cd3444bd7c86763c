"""What the whole pack costs beside its first rules, and what one more rule costs, on the same data.

    python benchmarks/pack.py --rows 1000000 --dir /tmp/bench

The first rules are those of status `stable`, the pack with which the program began. Every scan runs in a
process of its own; CPU seconds are compared, since they depend least on what else the machine does.
Needs an installed checkout with the `dev` extra.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

#: A row rule and rules with windows that others share, each measured on top of the first rules.
ONE_MORE = {
    "one row rule (THB-CSE-013)": "THB-CSE-013",
    "one windowed rule (THB-SEX-001)": "THB-SEX-001",
    "one windowed rule (THB-ML-002)": "THB-ML-002",
}


def first_rules() -> list[str]:
    """Gives the ids of the stable rules that nothing switches off."""
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415  # keeps the measuring process small

    return [rule.id for rule in load_pack().rules if rule.status == "stable"]


def child(data: Path, out: Path, only: list[str]) -> None:
    """Scans once and prints CPU and wall seconds, rules and hits as JSON."""
    from thbscreen import screen  # noqa: PLC0415

    began, cpu = time.perf_counter(), time.process_time()
    result = screen([data], out=out, only=only)
    print(
        json.dumps(
            {
                "cpu": time.process_time() - cpu,
                "wall": time.perf_counter() - began,
                "rules": len(result.pack.rules),
                "hits": result.hits.height,
            }
        )
    )


def measure(data: Path, folder: Path, only: list[str], repeat: int) -> dict[str, float]:
    """Gives the run with the median CPU time."""
    runs = []
    for _ in range(repeat):
        out = folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        command = [sys.executable, __file__, "--child", str(data), str(out), *only]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    shutil.rmtree(folder / "out", ignore_errors=True)
    middle = statistics.median_low([run["cpu"] for run in runs])
    return next(run for run in runs if run["cpu"] == middle)


def main() -> None:
    """Prints the table."""
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    from thbscreen.simulate.bulk import make_bulk_world  # noqa: PLC0415

    data = given.dir / f"pack-{given.rows}"
    if not data.is_dir():
        data.mkdir(parents=True)
        make_bulk_world(data, given.rows, 7)
    first = first_rules()
    base = measure(data, given.dir, first, given.repeat)
    print("| what | rules | hits | CPU s | wall s | × first | CPU per further rule |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    cases = {
        "first rules": first,
        **{name: [*first, rule] for name, rule in ONE_MORE.items()},
        "whole pack": [],
    }
    for name, only in cases.items():
        run = base if only == first else measure(data, given.dir, only, given.repeat)
        more = run["rules"] - base["rules"]
        each = f"{(run['cpu'] - base['cpu']) / more / base['cpu']:.1%} of the scan" if more else ""
        print(
            f"| {name} | {run['rules']} | {run['hits']:,} | {run['cpu']:.1f} | {run['wall']:.1f} "
            f"| {run['cpu'] / base['cpu']:.2f} | {each} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
