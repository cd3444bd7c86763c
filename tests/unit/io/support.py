"""Small files and shortcuts for the tests of thbscreen.io."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONE = "Asia/Nicosia"
HEADER = "tx_id,account_id,booking_ts,direction,amount,currency\n"
ROW = "N1,A1,2026-01-05T10:00:00Z,credit,12.50,EUR\n"
ANY_SHARE = Limits(reject_share=1.0)
#: Makes the slow tests of damaged files longer: THBSCREEN_FUZZ=50 pytest -m slow tests/unit/io
FUZZ = int(os.environ.get("THBSCREEN_FUZZ", "1"))


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Writes one file and gives its path."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def transactions(folder: Path, text: str | bytes, limits: Limits = ANY_SHARE) -> Dataset:
    """Opens a folder that holds one transactions.csv."""
    write(folder, "transactions.csv", text)
    return open_dataset([folder], None, zone=ZONE, limits=limits)


def rows(dataset: Dataset, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Reads everything that is to be screened."""
    frame = pl.concat(dataset.chunks(columns))
    return frame.filter(~pl.col("_row").is_in(dataset.drop_rows().implode()))


def mapped(
    folder: Path, data: str | bytes, mapping: str, limits: Limits = ANY_SHARE, name: str = "export.csv"
) -> Dataset:
    """Opens one file with one mapping."""
    path = write(folder, name, data)
    declared = write(folder, "map.yaml", mapping)
    return open_dataset([path], declared, zone=ZONE, limits=limits)


def reasons(dataset: Dataset) -> list[tuple[int | None, str | None, str]]:
    """Gives row, column and code of refused rows."""
    rejects = dataset.report().rejects
    return [
        (row, column, text.split(":")[0])
        for row, column, text in rejects.select("row", "column", "reason").iter_rows()
    ]
