"""Checks of completeness: days, months, kinds, columns and texts that seem to be missing."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.checks.facts import Facts, Result
from thbscreen.io.checks.gather import PLACES
from thbscreen.model.expected import CARD, CASH, EXPECTED, TRANSFER

if TYPE_CHECKING:
    from collections.abc import Callable

#: Share of filled cells below which a column is mostly empty.
SPARSE = 0.5
#: Weeks in which a day of the week must occur, and share of them with movements, to be expected always.
WEEKS, ALWAYS = 4, 0.8
#: Movements on a usual day from which on a drop is told, and share of the usual that is a drop.
USUAL, DROP = 20, 0.2
#: Share of accounts or customers without anything that is worth telling.
IDLE = 0.1
#: Movements by month of a kind that is always there.
OFTEN = 10
#: Movements from which on the absence of a whole kind says something.
ENOUGH = 1000
#: Lengths at which fields of fixed size end; the first three also where longer texts were put together.
CUTS = (35, 70, 140, 18, 20, 24, 25, 27, 30, 32, 40, 50, 60, 64, 65, 66, 80, 100, 105, 120, 128, 160, 200,
        210, 250, 254, 255, 256, 280)  # fmt: skip
#: Texts that are needed, share of one length, and how much more frequent than its neighbours it is.
TEXTS, CUT, PEAK = 100, 0.01, 5


def by_day(facts: Facts) -> dict[dt.date, int]:
    """Gives the number of movements of each local day that has any."""
    return dict(facts.days.select("day", "len").iter_rows())


def weekdays(days: dict[dt.date, int]) -> dict[int, list[tuple[dt.date, int]]]:
    """Gives all days from the first to the last by day of the week, with their movements."""
    first, last = min(days), max(days)
    out: dict[int, list[tuple[dt.date, int]]] = {}
    for n in range((last - first).days + 1):
        day = first + dt.timedelta(n)
        out.setdefault(day.weekday(), []).append((day, days.get(day, 0)))
    return out


def empty_columns(facts: Facts) -> Result | str:
    """Q101."""
    if "tx_type" not in facts.seen.columns:
        return "column tx_type is absent or empty"
    kinds = facts.seen.kinds()
    weak: list[str] = []
    details: list[str] = []
    judged = 0
    for column, where in sorted(EXPECTED.items()):
        rows = kinds.filter(pl.col("tx_type").is_in(where))
        total = int(rows["rows"].sum())
        if column not in facts.seen.columns or not total:
            continue
        judged += 1
        filled = int(rows[f"n:{column}"].sum()) / total
        if filled < SPARSE:
            weak.append(column)
            details.append(f"{column} {filled:.0%}")
    if not judged:
        return "no column that belongs on the kinds of movement that are there"
    places = [place for column in weak for place in facts.seen.places.get(f"empty {column}", [])[:1]]
    return Result(len(weak), judged, bool(weak), places[:PLACES], details, tuple(weak))


def empty_days(facts: Facts) -> Result | str:
    """Q102."""
    always = [
        found
        for found in weekdays(by_day(facts)).values()
        if len(found) >= WEEKS and sum(n > 0 for _, n in found) >= ALWAYS * len(found)
    ]
    if not always:
        return "no day of the week has movements in four weeks or more"
    missing = sorted(day for found in always for day, n in found if not n)
    return Result(len(missing), sum(map(len, always)), bool(missing), (), [str(d) for d in missing])


def empty_months(facts: Facts) -> Result | str:
    """Q103."""
    have = {day.year * 12 + day.month - 1 for day in by_day(facts)}
    months = range(min(have), max(have) + 1)
    if len(months) < 3:
        return "the period is shorter than three months"
    missing = [m for m in months if m not in have]
    return Result(len(missing), len(months), bool(missing), (), [_month(m) for m in missing])


def _month(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def thin_days(facts: Facts) -> Result | str:
    """Q104."""
    judged, thin = 0, []
    for found in weekdays(by_day(facts)).values():
        usual = median(n for _, n in found)
        if len(found) < WEEKS or usual < USUAL:
            continue
        judged += len(found)
        thin += [day for day, n in found if 0 < n < DROP * usual]
    if not judged:
        return "no day of the week has twenty movements in four weeks or more"
    return Result(len(thin), judged, bool(thin), (), [str(d) for d in sorted(thin)])


def idle_accounts(facts: Facts) -> Result | str:
    """Q105."""
    if not facts.accounts.height:
        return "no accounts file"
    used = facts.seen.accounts()["account_id"].unique()
    idle = ~facts.accounts["account_id"].is_in(used.implode())
    count = int(idle.sum())
    found = count >= IDLE * facts.accounts.height
    return Result(count, facts.accounts.height, found and count > 0, side_places(facts, "accounts", idle))


def side_places(facts: Facts, table: str, mask: pl.Series) -> list[tuple[str, int]]:
    """Gives file and row of the first rows of a side table that a mask marks."""
    places = facts.places.get(table)
    if places is None or places.height != len(mask):
        return []
    return [(file, row) for file, row in places.filter(mask).head(PLACES).iter_rows()]


def lost_kinds(facts: Facts) -> Result | str:
    """Q106."""
    columns = [c for c in ("tx_type", "channel") if c in facts.seen.columns]
    if not columns:
        return "columns tx_type and channel are absent or empty"
    kinds = facts.seen.kinds()
    months = sorted(kinds["month"].unique())[1:-1]  # the first and the last may be parts of a month
    if len(months) < 4:
        return "the period is shorter than six months"
    count, judged, details = 0, 0, []
    for column in columns:
        by = kinds.drop_nulls(column).group_by(column, "month").agg(pl.col("rows").sum())
        for (kind,), rows in sorted(by.partition_by(column, as_dict=True).items()):
            had = dict(rows.select("month", "rows").iter_rows())
            often = [m for m in months if had.get(m, 0) >= OFTEN]
            if len(often) < 0.75 * len(months):
                continue
            judged += len(months)
            missing = [m for m in months if not had.get(m, 0)]
            count += len(missing)
            details += [f"{kind} in {_month(m)}" for m in missing]
    if not judged:
        return "no kind of movement is there each month"
    return Result(count, judged, bool(count), (), details)


def absent_kinds(facts: Facts) -> Result | str:
    """Q107."""
    if "tx_type" not in facts.seen.columns:
        return "column tx_type is absent or empty"
    if facts.seen.rows < ENOUGH:
        return f"fewer than {ENOUGH:,} movements"
    there = set(facts.seen.kinds()["tx_type"].drop_nulls())
    groups = {"cash": CASH, "cards": CARD, "transfers": TRANSFER}
    absent = [name for name, kinds in groups.items() if not there & set(kinds)]
    return Result(len(absent), len(groups), bool(absent), (), absent)


def cut_texts(facts: Facts) -> Result | str:
    """Q108."""
    lengths = facts.seen.lengths()
    if not lengths:
        return "columns remittance_info and cp_name are absent or empty"
    judged, count, details, columns = 0, 0, [], []
    for column, by_length in lengths.items():
        total = sum(n for length, n in by_length.items() if length)
        if total < TEXTS:
            continue
        judged += total
        for cut in CUTS:
            n = by_length.get(cut, 0)
            beside = max(by_length.get(cut - 1, 0), by_length.get(cut + 1, 0), 1)
            ends = cut == max(by_length) or cut in CUTS[:3]
            if ends and n >= CUT * total and n >= PEAK * beside and n >= USUAL:
                count += n
                details.append(f"{column} at {cut}")
                columns.append(column)
    if not judged:
        return f"fewer than {TEXTS} texts"
    return Result(count, judged, bool(count), (), details, tuple(dict.fromkeys(columns)))


def no_times(facts: Facts) -> Result | str:
    """Q109."""
    return Result(facts.seen.rows - facts.timed, facts.seen.rows, facts.timed == 0)


def stretches(days: dict[dt.date, int], apart: int) -> list[dict[dt.date, int]]:
    """Cuts days into stretches between which more than `apart` days lie."""
    ordered = sorted(days)
    out = [{ordered[0]: days[ordered[0]]}]
    for before, day in pairwise(ordered):
        if (day - before).days > apart:
            out.append({})
        out[-1][day] = days[day]
    return out


COMPLETENESS: dict[str, Callable[[Facts], Result | str]] = {
    "Q101": empty_columns, "Q102": empty_days, "Q103": empty_months, "Q104": thin_days, "Q105": idle_accounts,
    "Q106": lost_kinds, "Q107": absent_kinds, "Q108": cut_texts, "Q109": no_times,
}  # fmt: skip
