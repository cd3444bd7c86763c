"""The benchmark still runs; what it measures is read by people."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_the_benchmark_prints_every_line_of_its_table(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "scan.py"), "--rows", "20000", "--repeat", "1"]
    done = subprocess.run([*command, "--dir", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[2].strip() for line in done.stdout.splitlines() if line.startswith("| 20,000")]
    assert rows == [
        "read and reduce",
        "read and keep",
        "load the rules (part of the scan)",
        "thbscreen scan, all rules",
        "DuckDB SQL, 5 windows",
    ]
