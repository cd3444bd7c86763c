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
Later = Callable[[I64], dict[str, Any]]


@dataclass
class Rows:
    """Rows that a rule looks at.

    Attributes:
        height: how many.
        columns: one array per name; see `aggregate.rows_of` and `sequence.rows_of_sequence`.
        later: gives further columns (tx_id, roles, matched rows) at some of the rows; most rows never
            contribute to a hit, and nobody asks this of them.
    """

    height: int
    columns: dict[str, npt.NDArray[Any]]
    later: tuple[Later, ...] = ()
    _all: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Rows:
        """Gives the rows of a frame; text, lists and roles are looked up where they are asked for."""
        others = [c for c in frame.columns if _LATER.match(c)]
        plain = [c for c in frame.columns if c not in others]

        def later(rows: I64) -> dict[str, Any]:
            return frame.select(others)[rows].to_dict() if others else {}

        return cls(frame.height, {c: frame[c].to_numpy() for c in plain}, (later,))

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
        return pl.DataFrame(self.columns | self.at(np.arange(self.height, dtype=np.int64)))


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
