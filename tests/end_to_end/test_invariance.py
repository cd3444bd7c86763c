"""Row order, files, buckets, workers and threads change nothing, to the byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from thbscreen.engine import run, tables
from thbscreen.screening import screen

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data"


def _bytes(folder: Path) -> dict[str, str]:
    names = [f"{t.name}.parquet" for t in tables.PUBLISHED]
    return {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in names}


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("reference") / "out"
    screen([SAMPLE], out=out)
    return _bytes(out)


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory) -> Path:
    """The sample with rows shuffled, transactions cut into three files, one of them CSV."""
    folder = tmp_path_factory.mktemp("shuffled")
    rows = pl.read_parquet(SAMPLE / "transactions.parquet").sample(fraction=1, shuffle=True, seed=5)
    third = rows.height // 3
    rows[:third].write_parquet(folder / "transactions_b.parquet")
    rows[third : 2 * third].write_parquet(folder / "transactions_a.parquet")
    rest = rows[2 * third :].with_columns(pl.col("booking_ts").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    rest.write_csv(folder / "transactions_c.csv")
    for name in ("accounts", "parties", "account_parties"):
        table = pl.read_csv(SAMPLE / f"{name}.csv", infer_schema=False)
        table.sample(fraction=1, shuffle=True, seed=7).write_csv(folder / f"{name}.csv")
    return folder


@pytest.mark.parametrize(
    "options", [{"buckets": 1}, {"buckets": 7}, {"buckets": 7, "workers": 2}, {"buckets": 3, "workers": 1}]
)
def test_buckets_and_workers_change_no_byte(reference, tmp_path, options):
    screen([SAMPLE], out=tmp_path / "out", **options)
    assert _bytes(tmp_path / "out") == reference


def test_one_thread_gives_the_same_bytes(reference, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "THREADS", 1)
    screen([SAMPLE], out=tmp_path / "out", buckets=5)
    assert _bytes(tmp_path / "out") == reference


def test_shuffled_rows_in_other_files_and_formats_change_no_byte(reference, shuffled, tmp_path):
    screen([shuffled], out=tmp_path / "out", buckets=2)
    assert _bytes(tmp_path / "out") == reference


def test_an_unrelated_account_changes_no_hit(tmp_path):
    """A stranger with ordinary movements leaves all other findings as they were."""
    before = screen([SAMPLE])
    rows = pl.read_parquet(SAMPLE / "transactions.parquet")
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
        (folder / f"{name}.csv").write_bytes((SAMPLE / f"{name}.csv").read_bytes())
    after = screen([folder])
    assert after.hits.filter(pl.col("subject_id") != "ZZ-STRANGER").equals(before.hits)
    assert after.alerts.equals(before.alerts)
    assert after.networks.equals(before.networks)
