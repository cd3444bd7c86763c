"""The benchmark still runs; what it measures is read by people."""

from __future__ import annotations

import importlib.util
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


def test_a_reading_too_short_for_the_clock_gives_no_cpu_ratio() -> None:
    spec = importlib.util.spec_from_file_location("benchmark_scan", ROOT / "benchmarks" / "scan.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    short, long = module.Result(0.5, 0.0, 1, {}), module.Result(1.0, 2.0, 1, {})
    assert module.ratio(long, short) == "2.0 / -"
    assert module.ratio(long, long) == "1.0 / 1.0"
    assert module.ratio(long, None) == "-"
