"""Rows of one rule: numbers per row at once, and what only contributing rows are asked for later."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

I64 = npt.NDArray[np.int64]
#: Ids, roles, and the columns of `steps.matched_rows`.
_LATER = re.compile(r"^(tx_id|[rxz]\d+|y\d+(low|high))$")
_KEY = re.compile(r"^k\d+$")
Later = Callable[[I64], dict[str, Any]]


@dataclass
class Rows:
    """Rows that a rule looks at.

    Attributes:
        height: how many.
        columns: one array per name; see `aggregate.rows_of` and `sequence.rows_of_sequence`.
        later: gives further columns (tx_id, roles, matched rows) at some of the rows; most rows never
            contribute to a hit, and nobody asks this of them.
        texts: of keys that have no code in the whole run, the text of each number.
    """

    height: int
    columns: dict[str, npt.NDArray[Any]]
    later: tuple[Later, ...] = ()
    texts: dict[str, pl.Series] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Rows:
        """Gives the rows of a frame; text, lists and roles are looked up where they are asked for."""
        others = [c for c in frame.columns if _LATER.match(c)]
        keys = {c: numbered(frame[c]) for c in frame.columns if _KEY.match(c) and frame[c].dtype == pl.String}
        plain = [c for c in frame.columns if c not in others and c not in keys]

        def later(rows: I64) -> dict[str, Any]:
            return frame.select(others)[rows].to_dict() if others else {}

        columns = {c: frame[c].to_numpy() for c in plain} | {c: found[0] for c, found in keys.items()}
        return cls(frame.height, columns, (later,), {c: found[1] for c, found in keys.items()})

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Gives a column of numbers."""
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        """Tells whether there is such a column of numbers."""
        return name in self.columns

    def at(self, rows: I64) -> dict[str, Any]:
        """Gives the later columns of some rows."""
        out: dict[str, Any] = {}
        for later in self.later:
            out |= later(rows)
        return out

    def frame(self) -> pl.DataFrame:
        """Gives every column of every row, to travel to another bucket's rows."""
        keys = {name: self.key(name, self.columns[name]) for name in self.texts}
        return pl.DataFrame(self.columns | keys | self.at(np.arange(self.height, dtype=np.int64)))

    def key(self, name: str, values: I64) -> pl.Series:
        """Gives values of a key as they are published: texts, or codes of the run."""
        if name not in self.texts:
            return pl.Series(values)
        return self.texts[name].gather(pl.Series(values).replace(-1, None))


def numbered(texts: pl.Series) -> tuple[I64, pl.Series]:
    """Numbers texts in their order, -1 where missing, and gives the text of each number."""
    number = texts.rank("dense").cast(pl.Int64) - 1
    return number.fill_null(-1).to_numpy(), texts.drop_nulls().unique().sort()


def later_columns(
    ids: pl.Series, rows: I64, codes: Mapping[str, Callable[[], I64]], matched: Later | None
) -> tuple[Later, ...]:
    """Gives how the later columns of some rows of a bucket are looked up.

    Args:
        ids: tx_id of every row of the bucket.
        rows: those of the rule.
        codes: per column of roles, gives the codes of every row of the bucket.
        matched: gives the columns of `steps.matched_rows` at rows of the bucket; None without any.
    """

    def named(asked: I64) -> dict[str, Any]:
        at = rows[asked]
        return {"tx_id": ids.gather(at)} | {name: code()[at] for name, code in codes.items()}

    if matched is None:
        return (named,)
    return (named, lambda asked: matched(rows[asked]))
