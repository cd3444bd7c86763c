"""The benchmark still runs; what it measures is read by people."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import polars as pl
import pytest

from thbscreen.compile.pack import compile_pack
from thbscreen.engine.prepare import prepare
from thbscreen.engine.run import Runner
from thbscreen.io.dataset import open_dataset
from thbscreen.rules.pack import load_pack
from thbscreen.simulate.bulk import make_bulk_world

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_the_benchmark_prints_every_line_of_its_table(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "scan.py"), "--rows", "20000", "--repeat", "1"]
    done = subprocess.run([*command, "--dir", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in done.stdout.splitlines()
        if line.startswith("| 20,000")
    ]
    five = ["thbscreen scan, 5 windows", "DuckDB SQL, 5 windows", "naive polars, 5 windows"]
    assert [row[1] for row in cells] == [
        "read and reduce",
        "read and keep",
        "load the rules (part of the scan)",
        "thbscreen scan, all rules",
        *five,
        *five,
    ]
    rules, sql, _ = (row[2:] for row in cells[-3:])
    passed_on = 2  # the rule counts each cent once, the SQL does not
    assert rules[:passed_on] + rules[passed_on + 1 :] == sql[:passed_on] + sql[passed_on + 1 :]
    assert all(int(count.replace(",", "")) > 0 for count in rules)


def judged(folder: Path, rows: int) -> tuple[float, float]:
    """Gives the processor seconds of preparing and judging, and of a few plain queries alone."""
    make_bulk_world(folder, rows, 5)
    pack = load_pack(tests=False)
    compiled = compile_pack(pack)
    began = time.process_time()
    prepared = prepare(open_dataset([folder], None, zone=pack.profile.time_zone), compiled)
    Runner(prepared, compiled).run()
    scan = time.process_time() - began
    began = time.process_time()
    for _ in range(5):
        table = pl.read_parquet(folder / "transactions.parquet").sort("account_id", "booking_ts")
        table.select(pl.col("remittance_info").str.to_lowercase().str.contains("rent|massage|ticket").sum())
        euros = pl.col("amount").cast(pl.Float64)
        table.rolling("booking_ts", period="7d", group_by="account_id").agg(pl.len(), euros.sum())
    return scan, time.process_time() - began


@pytest.mark.slow
def test_judging_grows_with_the_rows_and_stays_near_a_few_plain_queries(tmp_path: Path) -> None:
    sizes = {}
    for rows in (40_000, 160_000):
        (tmp_path / str(rows)).mkdir()
        sizes[rows] = judged(tmp_path / str(rows), rows)
    small, large = sizes[40_000], sizes[160_000]
    assert large[0] < 6 * small[0], sizes  # four times the rows
    assert large[0] < 60 * large[1] / 5, sizes  # the whole pack beside one sort, one window and one search


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


def drawing() -> ModuleType:
    """Gives the module that draws the plots of the benchmark."""
    spec = importlib.util.spec_from_file_location("benchmark_drawn", ROOT / "benchmarks" / "drawn.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_plot_of_growth_shows_every_point_of_every_series_and_the_straight_line() -> None:
    drawn = drawing()
    scan = drawn.Series("scan", ((1_000_000, 20.0), (10_000_000, 180.0), (50_000_000, 900.0)))
    read = drawn.Series("read", ((1_000_000, 0.2), (10_000_000, 0.0)))
    page = drawn.growth("CPU seconds", "s", [scan, read], "Invented.", "scan")
    root = ElementTree.fromstring(page)
    space = "{http://www.w3.org/2000/svg}"
    words = [text.text for text in root.iter(f"{space}text")]
    assert {"scan", "read", "1 M", "10 M", "100 M", "10", "1 k"} <= set(words)
    assert len(list(root.iter(f"{space}circle"))) == 3 + 1  # the points and the one in the key
    assert page.count("stroke-dasharray") == 1
    assert drawn.growth("CPU seconds", "s", [], "Invented.") == drawn.growth(
        "CPU seconds", "s", [], "Invented."
    )


def test_bars_grow_with_their_numbers_and_leave_out_what_took_no_tick() -> None:
    page = drawing().bars("Side by side", {"read": 0.2, "scan": 20.0, "no tick": 0.0}, "s", "Invented.")
    wide = [
        float(bar.get("width", 0))
        for bar in ElementTree.fromstring(page).iter("{http://www.w3.org/2000/svg}rect")
    ]
    assert len(wide) == 2
    assert wide[0] < wide[1]
    assert "0.2 s" in page
    assert "no tick" not in page
