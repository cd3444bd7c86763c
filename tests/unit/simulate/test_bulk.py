from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from thbscreen.model import catalogue
from thbscreen.simulate.bulk import make_bulk


def test_the_same_rows_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    make_bulk(tmp_path / "a.parquet", 1_050_000, 3)
    make_bulk(tmp_path / "b.parquet", 1_050_000, 3)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_bulk_rows_are_canonical_unique_and_above_zero(tmp_path: Path) -> None:
    make_bulk(tmp_path / "a.parquet", 60_000, 3)
    t = pl.read_parquet(tmp_path / "a.parquet")
    assert t.height == 60_000
    assert t["tx_id"].n_unique() == 60_000
    assert set(t.columns) <= {f.name for f in catalogue.TRANSACTIONS}
    assert set(t["tx_type"]) <= set(catalogue.TX_TYPES)
    assert t.filter(pl.col("amount") <= 0).is_empty()
    assert t["account_id"].n_unique() == 1200


def test_no_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        make_bulk(tmp_path / "a.parquet", 0, 3)
