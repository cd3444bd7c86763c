"""Writing tables and texts so that equal results are equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.io.digest import sha256_file
from thbscreen.report.text import neutralised

#: Groups of this many rows; fixed, as the default follows the memory at hand.
ROW_GROUP = 100_000
TIME = "%Y-%m-%dT%H:%M:%S%.fZ"


@dataclass(frozen=True, slots=True)
class Written:
    """One file of the run folder: path inside it and, for tables, its rows."""

    path: str
    rows: int | None = None


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Writes a table; the bytes depend on its content and the version of polars alone."""
    frame.rechunk().write_parquet(
        path, compression="zstd", compression_level=3, statistics=False, row_group_size=ROW_GROUP
    )


def write_ndjson(frame: pl.DataFrame, path: Path) -> None:
    """Writes a table as one JSON object per line, values exact."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in _iso(frame).iter_rows(named=True):
            stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_plain) + "\n")


def write_csv(frame: pl.DataFrame, path: Path, *, neutral_already: bool = False) -> None:
    """Writes a table for spreadsheets.

    Lists become JSON text, text that a spreadsheet would run begins with an apostrophe, and hidden
    characters are shown; the exact values are in the other formats.

    Args:
        frame: the table.
        path: file to write.
        neutral_already: text from the data has its apostrophes; other text columns are numbers.
    """
    path.write_text(csv_text(frame, neutral_already=neutral_already), encoding="utf-8", newline="")


def csv_text(frame: pl.DataFrame, *, neutral_already: bool = False) -> str:
    """Gives a table as `write_csv` writes it."""
    cells = flat(_iso(frame))
    shown = cells if neutral_already else neutralised(cells)
    return shown.write_csv(quote_style="non_numeric", line_terminator="\n")


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Gives the frame with lists and structures as JSON text."""
    return frame.with_columns(
        pl.Series(name, [None if v is None else _json(v) for v in frame[name].to_list()], dtype=pl.String)
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List | pl.Struct)
    )


def write_json(data: Mapping[str, Any], path: Path) -> None:
    """Writes plain data as JSON with sorted keys."""
    path.write_text(
        json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n",
        encoding="utf-8",
        newline="\n",
    )


def described(folder: Path, written: Sequence[Written]) -> list[dict[str, Any]]:
    """Gives name, SHA-256, bytes and rows of every file, in name order."""
    out = []
    for item in sorted(written, key=lambda w: w.path):
        path = folder / item.path
        out.append(
            {"file": item.path, "sha256": sha256_file(path), "bytes": path.stat().st_size, "rows": item.rows}
        )
    return out


def _iso(frame: pl.DataFrame) -> pl.DataFrame:
    times = [c for c, t in frame.schema.items() if isinstance(t, pl.Datetime)]
    return frame.with_columns(pl.col(times).dt.strftime(TIME)) if times else frame


def _json(value: Any) -> str:
    """Gives JSON for a cell that people look at: what cannot be seen is escaped, as JSON does it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text if text.isprintable() else json.dumps(value, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    """Gives what JSON does not know: times inside lists, and lists that are still columns."""
    if isinstance(value, pl.Series):
        return value.to_list()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
