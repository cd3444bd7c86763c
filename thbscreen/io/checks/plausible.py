"""Checks of plausibility: days, times, amounts, directions and opening days that are hard to believe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.checks import gather
from thbscreen.io.checks.complete import by_day, side_places, stretches
from thbscreen.io.checks.facts import Facts, Result
from thbscreen.io.checks.gather import IN_ONLY, OUT_ONLY

if TYPE_CHECKING:
    from collections.abc import Callable

#: A stretch of days more than a year away from the others holds test rows or wrong dates if it is this small.
FAR, FEW = 366, 0.01
#: Shares above which they are told.
MIDNIGHT, ROUND, ONE_WAY, SAME_DAY = 0.2, 0.9, 0.98, 0.2
#: Movements, and accounts, that are needed to judge shares.
SOME, MANY = 20, 100
#: Shares from which on they are told.
APART, WRONG = 0.001, 0.01


def future(facts: Facts) -> Result | str:
    """Q201."""
    if facts.now is None:
        return "the day of the run was not given"
    until = facts.now.date()
    count = sum(n for day, n in by_day(facts).items() if day > until)
    last = facts.seen.places.get("last", []) if count else []
    return Result(count, facts.seen.rows, bool(count), last)


def far_days(facts: Facts) -> Result | str:
    """Q202."""
    parts = stretches(by_day(facts), FAR)
    main = max(parts, key=lambda part: sum(part.values()))
    others = [part for part in parts if part is not main]
    count = sum(sum(part.values()) for part in others)
    places = [
        *(facts.seen.places.get("first", []) if parts[0] is not main else []),
        *(facts.seen.places.get("last", []) if parts[-1] is not main else []),
    ]
    found = 0 < count <= FEW * facts.seen.rows or 0 < 2 * count < min(facts.seen.rows, 2 * SOME)
    return Result(count, facts.seen.rows, found, places if found else ())


def at_midnight(facts: Facts) -> Result | str:
    """Q203."""
    if not facts.timed:
        return "no movement has a time of day"
    return Result(facts.midnight, facts.timed, facts.midnight > MIDNIGHT * facts.timed)


def round_amounts(facts: Facts) -> Result | str:
    """Q204."""
    if facts.priced < SOME:
        return f"fewer than {SOME} amounts in euros"
    return Result(facts.round, facts.priced, facts.round > ROUND * facts.priced)


def no_cents(facts: Facts) -> Result | str:
    """Q205."""
    if facts.priced < MANY:
        return f"fewer than {MANY} amounts in euros"
    whole = facts.priced - facts.seen.counts["cents"]
    return Result(whole, facts.priced, whole == facts.priced)


def one_way(facts: Facts) -> Result | str:
    """Q206."""
    rows = facts.seen.rows
    if rows < MANY:
        return f"fewer than {MANY} movements"
    credits = facts.seen.counts["credit"]
    most, way = max((credits, "credits"), (rows - credits, "debits"))
    return Result(most, rows, most >= ONE_WAY * rows, (), [way] if most >= ONE_WAY * rows else ())


def without_euros(facts: Facts) -> Result | str:
    """Q207."""
    count = facts.seen.counts["no euros"]
    return Result(count, facts.seen.rows, bool(count), facts.seen.places.get("no euros", []))


def never_euros(facts: Facts) -> Result | str:
    """Q208."""
    foreign = facts.seen.rows - facts.seen.counts["euro"]
    return Result(foreign, facts.seen.rows, foreign == facts.seen.rows)


def one_amount(facts: Facts) -> Result | str:
    """Q209."""
    if facts.priced < MANY:
        return f"fewer than {MANY} amounts in euros"
    found = 2 * facts.seen.counts["largest"] > facts.seen.counts["total"]
    return Result(int(found), facts.priced, found, facts.seen.places.get("largest", []) if found else ())


def outside_life(facts: Facts) -> Result | str:
    """Q210."""
    named = [c for c in ("opened_date", "closed_date") if c in facts.accounts.columns]
    if not facts.accounts.height or not any(facts.accounts[c].count() for c in named):
        return "columns opened_date and closed_date of accounts are absent or empty"
    dates = [
        pl.col(c) if c in named else pl.lit(None, dtype=pl.Date).alias(c)
        for c in ("opened_date", "closed_date")
    ]
    joined = facts.seen.accounts().join(
        facts.accounts.select("account_id", *dates), on="account_id", how="inner", maintain_order="left"
    )
    first, last = (pl.col(c).dt.convert_time_zone(facts.zone).dt.date() for c in ("first", "last"))
    wrong = (first < pl.col("opened_date")).fill_null(value=False) | (last > pl.col("closed_date")).fill_null(
        value=False
    )
    odd = joined.filter(wrong).unique("account_id", keep="first", maintain_order=True)
    places = [facts.seen.place(f, r) for f, r in odd.head(5).select("file", "row").iter_rows()]
    return Result(odd.height, joined["account_id"].n_unique(), odd.height > 0, places)


def same_opening(facts: Facts) -> Result | str:
    """Q211."""
    if "opened_date" not in facts.accounts.columns:
        return "column opened_date of accounts is absent or empty"
    opened = facts.accounts["opened_date"]
    if opened.count() < SOME:
        return f"fewer than {SOME} opening days"
    days = opened.drop_nulls().value_counts().sort(["count", "opened_date"], descending=[True, False])
    day, most = days.row(0)
    found = most >= SAME_DAY * opened.count()
    mask = (opened == day).fill_null(value=False)
    places = side_places(facts, "accounts", mask) if found else ()
    return Result(most, opened.count(), found, places, [str(day)] if found else ())


def value_dates(facts: Facts) -> Result | str:
    """Q212."""
    known = facts.seen.counts.get("value date", 0)
    if not known:
        return "column value_date is absent or empty"
    count = facts.seen.counts["apart"]
    return Result(count, known, count >= APART * known and count > 0, facts.seen.places.get("apart", []))


def wrong_way(facts: Facts) -> Result | str:
    """Q213."""
    if "tx_type" not in facts.seen.columns:
        return "column tx_type is absent or empty"
    kinds = facts.seen.kinds()
    of = int(kinds.filter(pl.col("tx_type").is_in([*OUT_ONLY, *IN_ONLY]))["rows"].sum())
    if not of:
        return "no movement of a kind that goes one way only"
    count = int(kinds.filter(gather.wrong_way())["rows"].sum())
    return Result(count, of, count >= WRONG * of and count > 0, facts.seen.places.get("wrong way", []))


PLAUSIBILITY: dict[str, Callable[[Facts], Result | str]] = {
    "Q201": future, "Q202": far_days, "Q203": at_midnight, "Q204": round_amounts, "Q205": no_cents,
    "Q206": one_way, "Q207": without_euros, "Q208": never_euros, "Q209": one_amount, "Q210": outside_life,
    "Q211": same_opening, "Q212": value_dates, "Q213": wrong_way,
}  # fmt: skip
