"""Money that an account moved on: which credit each debit was paid from, first in first out.

Source: docs/explanation/pass-through.md
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.order import distinct, stable_order
from thbscreen.compile.rational import Column, whole
from thbscreen.compile.where import length_of
from thbscreen.compile.windows import group_ids

if TYPE_CHECKING:
    from thbscreen.compile.view import View
    from thbscreen.rules import ast

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
_KEY_LIMIT = 2**62


@dataclass(frozen=True)
class Moved:
    """What `passed_on` found.

    Attributes:
        cents: per row; missing on rows of neither side.
        share: per row of the target, see `ast.PassedOn`.
        row, other: pairs of a row and a row of the other side that it shares money with, both ways round.
    """

    cents: Column
    share: Column
    row: I64
    other: I64


def eaten(group: I64, inflow: I64, outflow: I64) -> tuple[I64, I64]:
    """Gives, per row, a group's inflows added up so far, and how much of them outflows have eaten.

    On the axis of a group's inflows added up, outflows eat from the left. What outflows take that no
    inflow seen so far covers is the opening balance: the part by which outflows ever led.

    Args:
        group: group numbers; rows of a group stand together, in their order of time.
        inflow: cents that came in per row, 0 on other rows.
        outflow: cents that went out per row, 0 on other rows.
    """
    if len(group) == 0:
        return inflow, outflow
    new = np.concatenate([[True], group[1:] != group[:-1]])
    number = np.cumsum(new) - 1
    begins = np.flatnonzero(new)
    came, went = np.cumsum(inflow), np.cumsum(outflow)
    came -= (came[begins] - inflow[begins])[number]
    went -= (went[begins] - outflow[begins])[number]
    return came, went - np.maximum(_largest_so_far(number, went - came), 0)


def _largest_so_far(number: I64, values: I64) -> I64:
    """Gives per row the largest value of its group up to the row; groups are numbered 0, 1, 2... in order."""
    low, high = int(values.min()), int(values.max())
    span = high - low + 1
    if (int(number[-1]) + 1) * span < _KEY_LIMIT:
        # every value of a later group is larger than all before it, so one pass serves all groups
        lifted = number * span
        found: I64 = np.maximum.accumulate(values - low + lifted) - lifted + low
        return found
    return pl.DataFrame({"g": number, "v": values}).select(pl.col("v").cum_max().over("g"))["v"].to_numpy()


def pieces(group: I64, inflow: I64, outflow: I64) -> tuple[I64, I64, I64]:
    """Cuts all money into pieces that came in by one row and went out by one later row, first in first out.

    Args:
        group: dense group numbers, never decreasing; rows of a group stand in their order of time.
        inflow: cents that came in per row, 0 on other rows.
        outflow: cents that went out per row, 0 on other rows.

    Returns:
        Row of the inflow, row of the outflow, cents; one entry per pair that shares money.
    """
    none = np.zeros(0, np.int64)
    if len(group) == 0:
        return none, none, none
    credited, spent = eaten(group, inflow, outflow)
    first = np.concatenate([[True], group[1:] != group[:-1]])
    last = np.concatenate([group[1:] != group[:-1], [True]])
    totals = credited[last]
    offset = (np.cumsum(totals) - totals)[np.cumsum(first) - 1]
    before = np.where(first, 0, np.concatenate([[0], spent[:-1]]))
    giving, taking = np.flatnonzero(inflow > 0), np.flatnonzero(spent > before)
    filled = (offset + credited)[giving]
    starts, ends = (offset + before)[taking], (offset + spent)[taking]
    cuts = distinct(np.concatenate([filled, ends]))
    lows = np.concatenate([[0], cuts[:-1]]) if len(cuts) else cuts
    source = np.searchsorted(filled, cuts)
    target = np.searchsorted(ends, cuts)
    ok = (source < len(filled)) & (target < len(ends))
    source, target, lows, cuts = source[ok], target[ok], lows[ok], cuts[ok]
    low = np.maximum(lows, starts[target]) if len(target) else lows
    cents = cuts - low
    real = cents > 0
    return giving[source[real]], taking[target[real]], cents[real]


def passed_on(view: View, item: ast.PassedOn) -> Moved:
    """Finds the money that went from rows of the source into rows of the target in time."""
    amount = view.cents
    busy = np.zeros(len(view.rows_per_account), np.int64)
    busy[view.account_number[view.rows(item.source)]] |= 1
    busy[view.account_number[view.rows(item.target)]] |= 2
    source, target = view.where(item.source), view.where(item.target)
    rows = view.rows_of_accounts(np.flatnonzero(busy == 3))
    if item.same is None:
        group = group_ids([view.account[rows]])
        inflow, outflow = view.credit[rows], ~view.credit[rows]
    else:
        purse = view.identity(item.same)
        rows = rows[(source | target)[rows] & (purse[rows] >= 0)]
        group = group_ids([view.account[rows], purse[rows]])
        order = stable_order(group)
        rows, group = rows[order], group[order]
        inflow, outflow = source[rows], target[rows] & ~source[rows]
    cents = amount[rows]
    came, went, part = pieces(group, np.where(inflow, cents, 0), np.where(outflow, cents, 0))
    came, went = rows[came], rows[went]
    length = length_of(item.within)
    latest = view.before(came, replace(length, count=-length.count))
    ok = source[came] & target[went] & (view.time[went] <= latest)
    if item.elsewhere is not None:
        place = view.identity(item.elsewhere)
        ok &= (place[came] >= 0) & (place[went] >= 0) & (place[came] != place[went])
    came, went, part = came[ok], went[ok], part[ok]
    total = np.zeros(view.size, np.int64)
    np.add.at(total, came, part)
    np.add.at(total, went, part)
    share = _share(view, came, went, part, amount)
    known = (source | target) & view.amount.known
    return Moved(whole(total, known), share, np.concatenate([came, went]), np.concatenate([went, came]))


def _share(view: View, came: I64, went: I64, part: I64, amount: I64) -> Column:
    """Gives, per row that took money, the share of its sources' euros that its counterparty got."""
    taken, had = np.zeros(view.size, np.int64), np.zeros(view.size, np.int64)
    pair = group_ids([came, view.code("cp_account_id")[went] + 1])
    sums = np.bincount(pair, weights=part, minlength=1).astype(np.int64) if len(pair) else pair
    np.add.at(taken, went, sums[pair])
    np.add.at(had, went, amount[came])
    return Column(taken, np.maximum(had, 1), had > 0)
