"""Row order, files, buckets, workers and threads change nothing, to the byte."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from thbscreen import screening
from thbscreen.engine import run, tables
from thbscreen.rules.pack import load_pack
from thbscreen.screening import ScreenResult, screen

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data"


def _bytes(folder: Path) -> dict[str, str]:
    names = [f"{t.name}.parquet" for t in tables.PUBLISHED]
    return {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names}


@cache
def _rules() -> tuple[str, ...]:
    """The stable rules and every fifth other one; the whole pack is for the slow test."""
    rules = load_pack(tests=False).rules
    stable = [rule.id for rule in rules if rule.status == "stable"]
    return (*stable, *[rule.id for rule in rules if rule.status != "stable"][::5])


def _screen(folder: Path, **options) -> ScreenResult:
    return screen([folder], only=_rules(), **options)


@pytest.fixture(scope="module")
def part(tmp_path_factory) -> Path:
    """The planted groups of the sample and every fifth other ledger: enough for each stage to have work."""
    folder = tmp_path_factory.mktemp("part")
    truth = json.loads((ROOT / "tests/expected/sample_data/truth.json").read_text(encoding="utf-8"))
    planted = [a for group in truth["groups"] for m in group["members"] for a in m["account_ids"]]
    rows = pl.read_parquet(SAMPLE / "transactions.parquet")
    others = rows["account_id"].unique().sort().gather_every(5).to_list()
    rows.filter(pl.col("account_id").is_in([*planted, *others])).write_parquet(
        folder / "transactions.parquet"
    )
    for name in ("accounts", "parties", "account_parties"):
        (folder / f"{name}.csv").write_bytes((SAMPLE / f"{name}.csv").read_bytes())
    return folder


@pytest.fixture(scope="module")
def found(part, tmp_path_factory) -> ScreenResult:
    result = _screen(part, out=tmp_path_factory.mktemp("reference") / "out")
    assert result.networks.height > 0
    assert result.alerts.height > 0
    return result


@pytest.fixture(scope="module")
def reference(found) -> dict[str, str]:
    return _bytes(found.out)


def _shuffled(source: Path, folder: Path) -> Path:
    """The same data with rows shuffled, transactions cut into three files, one of them CSV."""
    rows = pl.read_parquet(source / "transactions.parquet").sample(fraction=1, shuffle=True, seed=5)
    third = rows.height // 3
    rows[:third].write_parquet(folder / "transactions_b.parquet")
    rows[third : 2 * third].write_parquet(folder / "transactions_a.parquet")
    rest = rows[2 * third :].with_columns(pl.col("booking_ts").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    rest.write_csv(folder / "transactions_c.csv")
    for name in ("accounts", "parties", "account_parties"):
        table = pl.read_csv(source / f"{name}.csv", infer_schema=False)
        table.sample(fraction=1, shuffle=True, seed=7).write_csv(folder / f"{name}.csv")
    return folder


@pytest.mark.parametrize(
    "options", [{"buckets": 1}, {"buckets": 7}, {"buckets": 7, "workers": 2}, {"buckets": 3, "workers": 1}]
)
def test_buckets_and_workers_change_no_byte(part, reference, tmp_path, options, monkeypatch):
    monkeypatch.setattr(screening, "ROWS_PER_WORKER", 1)  # so few rows would get no process of their own
    _screen(part, out=tmp_path / "out", **options)
    assert _bytes(tmp_path / "out") == reference


def test_one_thread_gives_the_same_bytes(part, reference, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "THREADS", 1)
    _screen(part, out=tmp_path / "out", buckets=5)
    assert _bytes(tmp_path / "out") == reference


def test_shuffled_rows_in_other_files_and_formats_change_no_byte(part, reference, tmp_path):
    (tmp_path / "data").mkdir()
    _screen(_shuffled(part, tmp_path / "data"), out=tmp_path / "out", buckets=2)
    assert _bytes(tmp_path / "out") == reference


@pytest.mark.slow
def test_the_whole_sample_shuffled_and_split_changes_no_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(screening, "ROWS_PER_WORKER", 1)
    (tmp_path / "data").mkdir()
    screen([SAMPLE], out=tmp_path / "one")
    screen([_shuffled(SAMPLE, tmp_path / "data")], out=tmp_path / "two", buckets=7, workers=2)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")


def test_an_unrelated_account_changes_no_hit(part, found, tmp_path):
    """A stranger with ordinary movements leaves all other findings as they were."""
    rows = pl.read_parquet(part / "transactions.parquet")
    stranger = rows.head(50).with_columns(
        pl.lit("ZZ-STRANGER").alias("account_id"),
        pl.format("ZZ{}", pl.int_range(pl.len())).alias("tx_id"),
        pl.lit(None, dtype=pl.String).alias("cp_account_id"),
        pl.lit(None, dtype=pl.String).alias("device_id"),
        pl.lit("other").alias("tx_type"),
    )
    folder = tmp_path / "data"
    folder.mkdir()
    pl.concat([rows, stranger]).write_parquet(folder / "transactions.parquet")
    for name in ("accounts", "parties", "account_parties"):
        (folder / f"{name}.csv").write_bytes((part / f"{name}.csv").read_bytes())
    after = _screen(folder)
    assert after.hits.filter(pl.col("subject_id") != "ZZ-STRANGER").equals(found.hits)
    assert after.alerts.equals(found.alerts)
    assert after.networks.equals(found.networks)
