"""A converted folder holds the details of customers as they were read: a later scan may have a key."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from thbscreen.io.dataset import open_dataset
from thbscreen.model.keys import Key
from thbscreen.report.converted import convert

ZONE = "Asia/Nicosia"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "transactions.csv").write_text(
        "tx_id,account_id,booking_ts,direction,amount,currency\nT1,A1,2026-05-04T10:00:00Z,debit,10.00,EUR\n"
    )
    (folder / "parties.csv").write_text(
        "party_id,kind,phone,email_hash\n"
        f"P1,natural,+357 99 123456,{'a' * 64}\nP2,natural,99123456,\nP3,natural,99 654321,\n"
    )
    return folder


@pytest.mark.parametrize("key", [None, Key(b"k" * 32)])
def test_a_converted_folder_gives_the_digests_that_the_files_give(data: Path, key: Key | None) -> None:
    out = data.parent / "tables"
    convert([data], out, zone=ZONE)
    one, two = (
        open_dataset([folder], None, zone=ZONE, home="CY", key=key).parties.sort("party_id")
        for folder in (data, out)
    )
    assert one["phone_hash"].to_list() == two["phone_hash"].to_list()
    assert one["email_hash"].to_list() == two["email_hash"].to_list()
    assert one["phone_hash"].n_unique() == 2


def test_a_converted_folder_holds_no_digest_that_was_not_given(data: Path) -> None:
    out = data.parent / "tables"
    convert([data], out, zone=ZONE)
    parties = pl.read_parquet(out / "parties.parquet")
    assert parties["email_hash"].drop_nulls().to_list() == ["a" * 64]
    assert "phone_hash" not in parties.columns or not parties["phone_hash"].count()
