"""Row columns that a rule derives before it filters: matched earlier rows, first-in-first-out, look-ups."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.flow import eaten
from thbscreen.compile.order import stable_order
from thbscreen.compile.rational import Column, whole
from thbscreen.compile.where import as_fraction, length_of
from thbscreen.compile.windows import group_ids, rank_bounds
from thbscreen.model.text import fold
from thbscreen.rules import ast, bundle

if TYPE_CHECKING:
    from thbscreen.compile.view import View

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


def forwarded(view: View, item: ast.ForwardedWithin) -> Column:
    """Cents of each credit that left its account in time, first in first out, each cent once.

    On the axis of all credits of an account added up, debits eat from the left. Debits that no seen
    credit covers eat the opening balance: the part by which debits ever led credits. So a credit
    from C0 to C1 has lost, by any moment, min(C1, eaten) - C0 of itself. Both ends of the length count.

    Source: docs/explanation/pass-through.md
    """
    length = length_of(item.within)
    credits = np.where(view.credit, view.cents, 0)
    credited, spent = view.once(
        "eaten", lambda: eaten(view.account_number, credits, np.where(view.credit, 0, view.cents))
    )
    until = _last_within(view, length)
    left = np.minimum(credited, spent[until]) - (credited - credits)
    return whole(np.clip(left, 0, None), view.credit & view.amount.known)


def _last_within(view: View, length: ast.Length) -> I64:
    """Gives per row the last row of the account at most a length later (that instant included)."""

    def make() -> I64:
        later = view.before(np.arange(view.size), replace(length, count=-length.count))
        group = view.account_number
        return rank_bounds(group, view.time, group, later) - 1

    return view.once(("last within", length), make)


def follows(view: View, item: ast.Follows) -> I64:
    """Latest earlier row of the account that passes, per row; -1 where there is none in time."""
    out = np.full(view.size, -1, np.int64)
    anchors = view.rows(item.where)
    # Accounts without any such row are left out at once: often that is nearly all of them.
    has = np.zeros(len(view.rows_per_account), np.bool_)
    has[view.account_number[anchors]] = True
    rows = view.rows_of_accounts(np.flatnonzero(has))
    anchor = np.zeros(view.size, np.bool_)
    anchor[anchors] = True
    group = view.account_number[rows]
    if item.same:
        known = np.all([view.identity(field)[rows] >= 0 for field in item.same], axis=0)
        rows, group = rows[known], group[known]
        group = group_ids([group, *(view.identity(f)[rows] for f in item.same)])
        order = stable_order(group)
        rows, group = rows[order], group[order]
    found = _latest(group, anchor[rows], [view.identity(f)[rows] for f in item.different])
    matched = np.flatnonzero(found >= 0)
    later, earlier = rows[matched], rows[found[matched]]
    length = length_of(item.within)
    earliest = view.before(later, length)
    in_time = view.time[earlier] >= earliest
    out[later[in_time]] = earlier[in_time]
    return out


def _latest(group: I64, anchor: Bool, different: list[I64]) -> I64:
    """Position of the latest earlier anchor of the group that differs in the given codes, -1 for none.

    At most one code may have to differ. Then it is the latest anchor, or, where that agrees with the row, the
    anchor just before the run of equal codes that the latest one ends.
    """
    n = len(group)
    position = np.arange(n, dtype=np.int64)
    for code in different:
        anchor = anchor & (code >= 0)
    seen = np.maximum.accumulate(np.where(anchor, position, -1)) if n else position
    before = np.concatenate([np.full(1, -1, np.int64), seen[:-1]])[:n]
    first = np.concatenate([[True], group[1:] != group[:-1]])[:n] if n else np.zeros(0, np.bool_)
    start = np.maximum.accumulate(np.where(first, position, 0)) if n else position
    before = np.where(before >= start, before, -1)
    if not different:
        return before
    code = different[0]
    anchors = np.flatnonzero(anchor)
    run_start = np.zeros(len(anchors), np.int64)
    if len(anchors):
        change = np.ones(len(anchors), np.bool_)
        change[1:] = (code[anchors[1:]] != code[anchors[:-1]]) | (group[anchors[1:]] != group[anchors[:-1]])
        run_start = np.maximum.accumulate(np.where(change, np.arange(len(anchors)), 0))
    previous = np.full(n, -1, np.int64)
    has = run_start > 0
    previous[anchors[has]] = anchors[run_start[has] - 1]
    ok = before >= 0
    latest = np.maximum(before, 0)
    agrees = ok & (code[latest] == code)
    other = np.where(agrees, previous[latest], before)
    other = np.where((other >= start) & ok, other, -1)
    return np.where(code >= 0, other, -1)


def first_seen(view: View, item: ast.FirstSeen) -> tuple[Bool, Bool]:
    """Tells per row whether the account had no such value in the time before, and where that is known."""
    value = view.identity(item.field)
    length = length_of(item.over)
    rows = np.flatnonzero(value >= 0)
    group = group_ids([view.account[rows], value[rows]])
    order = stable_order(group)
    rows, group = rows[order], group[order]
    earliest = view.before(np.arange(view.size), length)
    seen = np.zeros(view.size, np.bool_)
    again = group[1:] == group[:-1]
    seen[rows[1:]] = again & (view.time[rows[:-1]] >= earliest[rows[1:]])
    return ~seen, (value >= 0) & (seen | (earliest >= view.context.first))


def since_previous(view: View, item: ast.SincePrevious) -> I64:
    """Row of the account's previous row that passes, per row; -1 where there is none."""
    return _latest(view.account, view.where(item.where), [])


def most_common(view: View, item: ast.MostCommon) -> I64:
    """The account's most frequent code among the rows that pass, on every row; -1 without any."""
    code = view.code(item.field)
    keep = view.where(item.where) & (code >= 0)
    table = (
        pl.DataFrame({"a": view.account[keep], "v": code[keep]})
        .group_by("a", "v")
        .len()
        .sort(["a", "len", "v"], descending=[False, True, False])
        .unique("a", keep="first", maintain_order=True)
    )
    by_account = np.full(view.context.dimensions.height, -1, np.int64)
    by_account[table["a"].to_numpy()] = table["v"].to_numpy()
    return by_account[view.account]


def lookup_values(found: bundle.WordList) -> pl.Series:
    """Gives the distinct values of a map in text order; the position is the code."""
    return pl.Series("v", sorted({value for value, _ in found.entries}), dtype=pl.String)


def lookup_codes(view: View, item: ast.Lookup) -> I64:
    """Code of the map's value per row; texts are compared folded; -1 where the map has none."""
    found = view.context.compiled.lists[item.list_name]
    code_of = {v: i for i, v in enumerate(lookup_values(found))}
    table = {fold(text): code_of[value] for value, text in found.entries}
    by_code = view.once(
        ("lookup", item.field, item.list_name),
        lambda: np.array([table.get(fold(s), -1) for s in view.dictionary(item.field)] + [-1], np.int64),
    )
    return by_code[view.code(item.field)]


def fact(view: View, item: ast.Fact) -> Column:
    """The dated fact in force on each row's local booking day; unknown where none is."""
    profile = view.context.compiled.pack.profile
    values = dict(profile.facts)[item.fact]
    num = np.zeros(view.size, np.int64)
    den = np.ones(view.size, np.int64)
    known = np.zeros(view.size, np.bool_)
    for dated in values:
        first = _day(dated.valid_from, -(2**40))
        last = _day(dated.valid_to, 2**40)
        rows = (view.local_day >= first) & (view.local_day <= last)
        fraction = as_fraction(dated.value)
        num[rows], den[rows] = fraction.numerator, fraction.denominator
        known |= rows
    return Column(num, den, known)


def _day(text: str | None, default: int) -> int:
    return default if text is None else (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days
