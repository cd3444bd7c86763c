"""Raw results of rules: hits with their contributing rows, and who plays which role in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from thbscreen.compile.rational import Column
    from thbscreen.rules import ast

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
MEMBERS = {"hit": pl.Int64, "role": pl.Int64, "code": pl.Int64, "n": pl.Int64, "amount": pl.Int64}
_NO_IDS = pl.List(pl.String)


@dataclass
class Judged:
    """Raw results of one rule: codes and integers, no strings but transaction ids.

    Attributes:
        hits: one row per hit: k0.. key codes; starts, ends, w_starts, w_ends (UTC microseconds); episodes;
            amount and tx_ids of the whole episode (the shown window is the part from w_starts to w_ends);
            first and last (of these rows); m0n/m0d/m0k.. measures as exact fractions; c0l/c0r/c0h..
            leaf lines. Without any column when there is no hit.
        members: hit (row number in hits), role (position in rule.roles), code, n, amount.
        near: nearest miss per group: k0.., w_starts, w_ends, line, left, right, distance, tx_ids; without any
            column when there is none.
        steps: hit, tx_id, step (position in `steps.step_names`), of rules that prove something.
    """

    hits: pl.DataFrame = field(default_factory=pl.DataFrame)
    members: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MEMBERS))
    near: pl.DataFrame = field(default_factory=pl.DataFrame)
    steps: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def is_empty(self) -> bool:
        """True without a hit and without a near miss."""
        return self.hits.height == 0 and self.near.height == 0


@dataclass(frozen=True)
class Line:
    """One leaf line judged on windows."""

    left: F64
    right: F64
    holds: Bool

    def take(self, kept: I64) -> Line:
        """Gives the line on some of the windows."""
        return Line(self.left[kept], self.right[kept], self.holds[kept])


@dataclass(frozen=True)
class Part:
    """Contributing rows, one per pair of a hit and a row.

    Attributes:
        owner: number of the hit.
        row: position among the rule's rows.
        amount, time: cents and UTC microseconds.
        later: tx_id, roles, and the columns of `steps.matched_rows`; no tx_id for rules over customers.
    """

    owner: I64
    row: I64
    amount: I64
    time: I64
    later: Mapping[str, Any]


def contributions(part: Part, n: int) -> dict[str, pl.Series]:
    """Gives, per hit, sorted ids, sum, and first and last time of its contributing rows (each row once).

    Args:
        part: the pairs.
        n: number of hits.
    """
    if "tx_id" not in part.later:
        return {
            "amount": pl.Series([0] * n, dtype=pl.Int64),
            "tx_ids": pl.Series([[]] * n, dtype=_NO_IDS),
            "first": pl.Series([None] * n, dtype=pl.Int64),
            "last": pl.Series([None] * n, dtype=pl.Int64),
        }
    once = _once(part)
    owner, time = part.owner[once], part.time[once]
    amount = np.zeros(n, np.int64)
    np.add.at(amount, owner, part.amount[once])
    first, last = np.full(n, np.iinfo(np.int64).max), np.full(n, np.iinfo(np.int64).min)
    np.minimum.at(first, owner, time)
    np.maximum.at(last, owner, time)
    ids = [pl.DataFrame({"hit": owner, "id": part.later["tx_id"].gather(once)})]
    for name in [c for c in part.later if c[0] == "x" and c[1:].isdigit()]:
        ids.append(_matched(part, name, owner, once, first, last))
    every = pl.concat(ids) if len(ids) == 1 else pl.concat(ids).unique()
    lists = every.lazy().sort("hit", "id").group_by("hit", maintain_order=True).agg(tx_ids="id").collect()
    known = np.bincount(owner, minlength=n) > 0
    tx_ids = lists["tx_ids"]
    if not known.all():
        place = np.full(n, -1, np.int64)
        place[lists["hit"].to_numpy()] = np.arange(lists.height)
        tx_ids = tx_ids.gather(pl.Series(place).replace(-1, None)).fill_null(pl.Series([[]], dtype=_NO_IDS))
    missing = pl.Series(~known).arg_true()
    return {
        "amount": pl.Series(amount),
        "tx_ids": tx_ids,
        "first": pl.Series(first).scatter(missing, None),
        "last": pl.Series(last).scatter(missing, None),
    }


def _once(part: Part) -> I64:
    """Gives the pairs without repetition."""
    owner, row = part.owner, part.row
    if bool(np.all((owner[1:] > owner[:-1]) | ((owner[1:] == owner[:-1]) & (row[1:] > row[:-1])))):
        return np.arange(len(owner), dtype=np.int64)
    pair = owner * (int(row.max(initial=0)) + 1) + row
    first: I64 = np.unique(pair, return_index=True)[1].astype(np.int64)
    return first


def _matched(part: Part, name: str, owner: I64, once: I64, first: I64, last: I64) -> pl.DataFrame:
    """Gives the ids of the rows that others rest on, and stretches first and last to their times."""
    lists, low, high = (part.later[c].gather(once) for c in (name, f"y{name[1:]}low", f"y{name[1:]}high"))
    known = low.is_not_null().to_numpy()
    np.minimum.at(first, owner[known], low.drop_nulls().to_numpy())
    np.maximum.at(last, owner[known], high.drop_nulls().to_numpy())
    return pl.DataFrame({"hit": owner, "id": lists}).explode("id", empty_as_null=True).drop_nulls()


def measure_columns(columns: list[Column], best: I64) -> dict[str, npt.NDArray[np.generic]]:
    """Gives the measures at the shown windows as exact fractions with a mask."""
    out: dict[str, npt.NDArray[np.generic]] = {}
    for i, column in enumerate(columns):
        at = column.take(best)
        out |= {f"m{i}n": at.num, f"m{i}d": at.den, f"m{i}k": at.known}
    return out


def line_columns(leaves: list[Line], best: I64) -> dict[str, npt.NDArray[np.generic]]:
    """Gives each leaf line's sides and truth at the shown windows."""
    out: dict[str, npt.NDArray[np.generic]] = {}
    for i, line in enumerate(leaves):
        out |= {f"c{i}l": line.left[best], f"c{i}r": line.right[best], f"c{i}h": line.holds[best]}
    return out


def member_rows(part: Part, rule: ast.Rule, only: Mapping[int, Bool] | None = None) -> pl.DataFrame:
    """Counts, per hit and role, who plays it in the contributing rows.

    Args:
        part: the pairs.
        rule: names the roles.
        only: per role, which pairs count for it; all without an entry.
    """
    once = _once(part)
    parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in MEMBERS}
    for i, _ in enumerate(rule.roles):
        code = np.asarray(part.later[f"r{i}"], np.int64)
        at = once[code[once] >= 0]
        if only is not None and i in only:
            at = np.flatnonzero(only[i] & (code >= 0))
            at = at[
                np.unique(
                    part.owner[at] * (int(part.row.max(initial=0)) + 1) + part.row[at], return_index=True
                )[1]
            ]
        width = int(code.max(initial=0)) + 1
        found, place = np.unique(part.owner[at] * width + code[at], return_inverse=True)
        amount = np.zeros(len(found), np.int64)
        np.add.at(amount, place, part.amount[at])
        parts["hit"].append(found // width)
        parts["role"].append(np.full(len(found), i, np.int64))
        parts["code"].append(found % width)
        parts["n"].append(np.bincount(place, minlength=len(found)).astype(np.int64))
        parts["amount"].append(amount)
    none = np.zeros(0, np.int64)
    return pl.DataFrame(
        {name: np.concatenate([none, *found]) for name, found in parts.items()}, schema=MEMBERS
    )
