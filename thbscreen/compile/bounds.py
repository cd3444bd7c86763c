"""Groups that cannot be a hit, found before any window is built.

A line such as `deposits >= 3` or `pay >= 800 EUR` compares a window with a number. No window of a group
holds more than the whole group does: where even that is too little for a hit and for a near miss, the group
is left out. What is left out can change no hit and no near miss of others, for a rule looks at one group at
a time; rules that compare groups with each other, or measure over wider ones, leave nothing out.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from thbscreen.compile.order import numbered_by_value
from thbscreen.compile.where import as_fraction, constant
from thbscreen.compile.windows import group_ids
from thbscreen.rules import ast

if TYPE_CHECKING:
    from thbscreen.compile.view import View

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
#: A window that misses one line by at most this share of the threshold is a near miss.
NEAR = 0.25
#: Counted once per row at most.
COUNTED = frozenset({"count", "distinct", "days_active", "months_active"})
#: Sums in floating point are exact far above any sum of money; the slack costs nothing.
_SLACK = 1e-9


@dataclass(frozen=True)
class Bound:
    """A measure and what a group must reach in it, over all its rows, to matter."""

    measure: ast.Measure
    least: int


def bounds(detect: ast.Aggregate) -> tuple[Bound, ...]:
    """Lists what every group of a rule must reach; empty when groups depend on each other."""
    if any(m.kind == "peers" for m in detect.measures):
        return ()
    measures = {m.name: m for m in detect.measures}
    found = []
    for line in detect.flag_when:
        if not (
            isinstance(line, ast.Compare) and isinstance(line.left, ast.Name) and line.op in {">=", ">", "=="}
        ):
            continue
        measure = measures.get(line.left.name)
        if measure is None or measure.compared is not None:
            continue
        if measure.kind not in {*COUNTED, "sum", "largest"}:
            continue
        if measure.for_each not in {None, detect.for_each}:
            continue
        try:
            wanted = as_fraction(constant(line.right))
        except TypeError:
            continue
        least = ceil(wanted * (1 - Fraction(NEAR)))
        if least > 0:
            found.append(Bound(measure, least))
    return tuple(found)


def least_rows(detect: ast.Aggregate) -> int:
    """Gives how many rows a group needs at least to be a hit or a near miss."""
    return max((b.least for b in bounds(detect) if b.measure.kind in COUNTED), default=1)


def candidates(view: View, detect: ast.Aggregate) -> I64 | None:
    """Gives the rows of the accounts that can matter to a rule over accounts; None for all rows.

    Args:
        view: of a bucket; the rule's derived columns are in use.
        detect: groups rows by account, or by account and more.
    """
    if detect.for_each[0] != "account_id" or any(
        m.for_each is not None and "account_id" not in m.for_each for m in detect.measures
    ):
        return None
    kept: Bool | None = None
    for bound in sorted(bounds(detect), key=lambda b: b.measure.kind not in COUNTED):
        measure = bound.measure
        if kept is not None and not kept.any():
            break
        if not measure.where.conditions:
            if measure.kind in COUNTED:
                enough = view.rows_per_account >= bound.least
                kept = enough if kept is None else kept & enough
            continue
        rows = view.rows(measure.where)
        if kept is not None:
            rows = rows[kept[view.account_number[rows]]]
        enough = _reach(view, bound, rows)
        kept = enough if kept is None else kept & enough
    if kept is None or kept.all():
        return None
    return view.rows_of_accounts(np.flatnonzero(kept))


def _reach(view: View, bound: Bound, rows: I64) -> Bool:
    """Tells which accounts of a bucket reach a bound in rows that count for its measure."""
    measure, size = bound.measure, len(view.rows_per_account)
    account = view.account_number[rows]
    if measure.kind in COUNTED:
        if measure.kind == "distinct" and measure.field is not None:
            account = account[view.value_codes(measure.field)[1][rows]]
        return np.bincount(account, minlength=size) >= bound.least
    column = view.number(measure.field or "").at(rows)
    values = np.where(column.known, np.maximum(column.num, 0), 0)
    if not column.is_whole():
        values //= np.where(column.known, column.den, 1)
    return reaches(bound, account, values, size)


def reaches(bound: Bound, group: I64, values: I64, size: int) -> Bool:
    """Tells which groups may reach a bound in their rows.

    Args:
        bound: of a measure.
        group: number of the group of each row that counts.
        values: of these rows: cents, or what is counted.
        size: number of groups.
    """
    kind = bound.measure.kind
    if kind in COUNTED:
        enough = np.bincount(group, minlength=size) >= bound.least
        if kind == "count" or bound.least < 2:
            return enough
        rows = enough[group]
        pair = group_ids([group[rows], numbered_by_value(values[rows])])
        one_each = np.zeros(int(pair.max(initial=-1)) + 1, np.int64)
        one_each[pair] = group[rows]
        return np.bincount(one_each, minlength=size) >= bound.least
    values = np.maximum(values, 0)
    if kind == "sum":
        total = np.bincount(group, weights=values, minlength=size)
        return total * (1 + _SLACK) >= bound.least
    largest = np.zeros(size, np.int64)
    np.maximum.at(largest, group, values)
    return largest >= bound.least
