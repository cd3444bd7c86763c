"""A small dataset in memory: inline rule tests and calls from Python use it in place of files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl

from thbscreen.model import catalogue
from thbscreen.model.clock import clock

_EPOCH = dt.datetime(1970, 1, 1)  # wall-clock arithmetic
_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "enum": pl.String(),
    "money": pl.Int64(),
    "time": pl.Datetime("us", "UTC"),
    "date": pl.Date(),
    "flag": pl.Boolean(),
    "whole": pl.Int64(),
    "share": pl.Float64(),
}
Row = Mapping[str, str | None]


@dataclass
class MemorySource:
    """Canonical tables held in memory; see `thbscreen.engine.prepare.Source`."""

    transactions: pl.DataFrame
    accounts: pl.DataFrame
    parties: pl.DataFrame
    account_parties: pl.DataFrame

    def chunks(self, columns: Collection[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yields all transactions at once."""
        del columns
        if self.transactions.height:
            yield self.transactions

    def drop_rows(self) -> pl.Series:
        """Nothing is dropped."""
        return pl.Series(dtype=pl.Int64)


def local_instant(text: str, zone: str) -> tuple[dt.datetime, bool]:
    """Reads a local date or time and tells whether it has a time of day."""
    has_time = len(text.strip()) > 10
    wall = dt.datetime.fromisoformat(text.strip())
    micro = int((wall - _EPOCH) / dt.timedelta(microseconds=1))
    utc = int(clock(zone).utc(np.array([micro], np.int64))[0])
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=utc), has_time


def _value(kind: str, text: str | None, zone: str) -> object:
    if text is None:
        return None
    match kind:
        case "money":
            return int(Decimal(text.replace("EUR", "").replace(" ", "")) * 100)
        case "whole":
            return int(text)
        case "flag":
            return text == "true"
        case "date":
            return dt.date.fromisoformat(text)
        case "time":
            return local_instant(text, zone)[0]
        case _:
            return text


def _frame(table: str, rows: Sequence[Row], zone: str, extra: Mapping[str, Sequence[object]]) -> pl.DataFrame:
    data: dict[str, pl.Series] = {}
    for field in catalogue.TABLES[table]:
        if field.name in extra:
            data[field.name] = pl.Series(field.name, extra[field.name], dtype=_TYPES[field.kind])
        elif any(field.name in r for r in rows) or field.required:
            values = [_value(field.kind, r.get(field.name), zone) for r in rows]
            data[field.name] = pl.Series(field.name, values, dtype=_TYPES[field.kind])
    return pl.DataFrame(data)


def from_rows(
    transactions: Sequence[Row], accounts: Sequence[Row], parties: Sequence[Row], zone: str
) -> MemorySource:
    """Builds a dataset from rows of text.

    Args:
        transactions: account_id and booking_ts are needed; tx_id defaults to T01, T02, ... in row order,
            direction to credit; amounts are euros.
        accounts: canonical accounts.
        parties: a row may name account_id: the party then holds it, and party_id defaults to C-<account_id>.
        zone: zone of the times.
    """
    tx = [{"tx_id": f"T{i:02d}", "direction": "credit", **r} for i, r in enumerate(transactions, 1)]
    times = [local_instant(str(r["booking_ts"]), zone) for r in tx]
    cents = [_value("money", r.get("amount_eur"), zone) for r in tx]
    extra: dict[str, Sequence[object]] = {
        "booking_ts": [t for t, _ in times],
        "has_time": [h for _, h in times],
        "amount": [1 if c is None else c for c in cents],
        "amount_eur": cents,
        "currency": ["EUR"] * len(tx),
        "source_file": ["memory"] * len(tx),
        "source_row": list(range(1, len(tx) + 1)),
    }
    frame = _frame("transactions", tx, zone, extra).with_columns(
        pl.Series("_row", range(len(tx)), dtype=pl.Int64)
    )
    held = [{"party_id": f"C-{r.get('account_id')}", "kind": "natural", **r} for r in parties]
    links = [
        {"account_id": r["account_id"], "party_id": r["party_id"], "role": "holder"}
        for r in held
        if r.get("account_id")
    ]
    known = {str(r["account_id"]) for r in accounts}
    implied = [{"account_id": r["account_id"]} for r in links if r["account_id"] not in known]
    return MemorySource(
        frame,
        _frame("accounts", [*accounts, *implied], zone, {}),
        _frame("parties", held, zone, {}),
        _frame("account_parties", links, zone, {}),
    )
