"""What the case folders of a run say: contributing movements, who is named, whose accounts are whose."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.errors import DataError
from thbscreen.report.folder import Row, RunFolder

#: Movements of one case that are shown; the file in the case folder has all.
MOST_ROWS = 60
#: Ids that can name a folder; others come from no scan.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: Columns of a movement that are shown, as in evidence.csv.
_SHOWN = (
    "booking_local", "account_id", "direction", "amount", "currency", "tx_type", "cp_name", "cp_account_id",
    "remittance_info", "merchant_name", "location_city", "rules", "tx_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Movements:
    """Movements behind a case.

    Attributes:
        all: how many there are.
        rows: the shown ones, in the order of time; texts in the order of `columns`.
        columns: names of the columns.
        weeks: per week with movements: days from 1970-01-01 to its Monday, euro cents in, euro cents out.
    """

    all: int
    rows: list[list[str]]
    columns: tuple[str, ...]
    weeks: list[list[int]]


def movements(run: RunFolder, case_id: str) -> Movements | None:
    """Gives the movements of a case; None where the run folder has no folder for it.

    Shown are the rows that count for most rules, then the largest, in the order of time. Money in and out is
    told from the ledger in which a movement stands.

    Raises:
        DataError: the file cannot be read.
    """
    frame = _csv(run, case_id, "evidence.csv", ("booking_local", "direction", "amount_eur", "rules"))
    if frame is None:
        return None
    columns = tuple(c for c in _SHOWN if c in frame.columns and frame[c].drop_nulls().len())
    weight = pl.col("rules").fill_null("").str.count_matches(r"\+")
    cents = (
        pl.col("amount_eur").fill_null("0").str.replace(".", "", literal=True).cast(pl.Int64, strict=False)
    )
    frame = frame.with_row_index("_at").with_columns(_weight=weight, _cents=cents.fill_null(0).abs())
    picked = frame.sort("_weight", "_cents", "_at", descending=[True, True, False]).head(MOST_ROWS)
    shown = picked.sort("_at").select(pl.col(columns).fill_null(""))
    return Movements(frame.height, [list(r) for r in shown.rows()], columns, _weeks(frame))


def _weeks(frame: pl.DataFrame) -> list[list[int]]:
    date = pl.col("booking_local").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    monday = date.dt.truncate("1w").cast(pl.Int32)
    into = pl.when(pl.col("direction") == "credit").then(pl.col("_cents")).otherwise(0)
    out = pl.when(pl.col("direction") == "debit").then(pl.col("_cents")).otherwise(0)
    rows = frame.group_by(week=monday).agg(into=into.sum(), out=out.sum()).drop_nulls("week").sort("week")
    return [list(r) for r in rows.rows()]


def named(run: RunFolder, case_id: str) -> list[Row] | None:
    """Gives who is named by the hits of an alert, the subject first; None where there is no case folder.

    Returns:
        Rows of members.csv: member_id, role, rules (JSON text), n_hits, handling.

    Raises:
        DataError: the file cannot be read.
    """
    frame = _csv(run, case_id, "members.csv", ("member_id", "role", "rules", "n_hits", "handling"))
    return None if frame is None else frame.to_dicts()


def _csv(run: RunFolder, case_id: str, name: str, needed: Sequence[str]) -> pl.DataFrame | None:
    path: Path = run.path / "cases" / case_id / name
    if not _SAFE.fullmatch(case_id) or not path.is_file():
        return None
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError):
        frame = pl.DataFrame()
    if not set(needed) <= set(frame.columns):
        raise DataError(f"{run.name}/cases/{case_id}/{name}: the file cannot be read", hint="scan again")
    return frame


def json_file(run: RunFolder, name: str) -> dict[str, Any] | None:
    """Gives a JSON file of the run folder; None where there is none.

    Raises:
        DataError: the file cannot be read.
    """
    path = run.path / name
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise DataError(f"{run.name}/{name}: the file cannot be read", hint="scan again")
    return found
