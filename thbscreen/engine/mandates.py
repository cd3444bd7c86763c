"""Who holds an account, and who may act on it, on the day of a movement.

Rights over accounts have a first and a last day. A movement belongs to whoever held the account on its day,
and a right that no movement fell into links nobody.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.engine import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from thbscreen.engine.prepare import Prepared

I64 = npt.NDArray[np.int64]
_RANK = {"holder": 0, "joint_holder": 1}
_EPOCH = dt.date(1970, 1, 1)
#: Wider than any day of the data, which lies between 1900 and 2100.
_DAYS = 1 << 20
_ALWAYS = -(1 << 19)
_TS = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Eras:
    """Accounts whose primary holder is not the same on all days.

    Attributes:
        keys: account code and first day of an era in one number, sorted.
        rows: row of the dimensions that holds in the era; same length.
        table: account_id, party_id, first (day since 1970-01-01), of every era.
    """

    keys: I64
    rows: I64
    table: pl.DataFrame

    def row(self, account: I64, day: I64) -> I64:
        """Gives, per movement, the row of the dimensions that holds on its day.

        Args:
            account: account code, -1 for none.
            day: local day since 1970-01-01.
        """
        at = np.searchsorted(self.keys, account * _DAYS + (day - _ALWAYS), side="right") - 1
        known = (at >= 0) & (self.keys[np.maximum(at, 0)] // _DAYS == account) & (account >= 0)
        return np.where(known, self.rows[np.maximum(at, 0)], account)


def dated(account_parties: pl.DataFrame) -> pl.DataFrame:
    """Gives account_id, party_id, role, since, until; days that the source lacks are missing."""
    days = (
        pl.col(c) if c in account_parties.columns else pl.lit(None, dtype=pl.Date).alias(c)
        for c in ("since", "until")
    )
    return account_parties.select("account_id", "party_id", "role", *days)


def holder_eras(account_parties: pl.DataFrame, primary: pl.DataFrame) -> pl.DataFrame:
    """Gives the eras of accounts that change hands.

    The primary holder is that of `primary_holders` on every day on which they hold the account, and on days
    on which nobody is known to; on other days it is whoever held it then, in the same order.

    Args:
        account_parties: canonical.
        primary: account_id, party_id.

    Returns:
        account_id, party_id, first (day since 1970-01-01; very early for the first era); accounts with one
        era are left out.
    """
    rows = (
        dated(account_parties)
        .filter(pl.col("role").is_in(list(_RANK)))
        .drop_nulls(["account_id", "party_id"])
    )
    rows = rows.join(primary.rename({"party_id": "_primary"}), on="account_id")
    mine = pl.col("party_id") == pl.col("_primary")
    ends = (mine & pl.col("until").is_not_null()).any().over("account_id")
    begins = pl.col("since").filter(mine).min().over("account_id")
    before = (pl.col("since") < begins) | (pl.col("since").is_null() & (pl.col("until") < begins))
    earlier = (~mine & before).any().over("account_id")
    several = pl.col("party_id").n_unique().over("account_id") > 1
    asked = rows.filter(several & (ends | earlier.fill_null(value=False)))
    asked = asked.with_columns(_rank=pl.col("role").replace_strict(_RANK, return_dtype=pl.Int32))
    asked = asked.sort(
        "account_id", "_rank", pl.col("until").is_not_null(), "since", "party_id", nulls_last=False
    )
    out: list[tuple[str, str, int]] = []
    for (account,), held in asked.group_by("account_id", maintain_order=True):
        found = list(_eras(held["_primary"][0], list(held.select("party_id", "since", "until").iter_rows())))
        if len({party for party, _ in found}) > 1:
            out += ((str(account), party, first) for party, first in found)
    return pl.DataFrame(
        out, schema={"account_id": pl.String, "party_id": pl.String, "first": pl.Int64}, orient="row"
    )


def _eras(primary: str, held: list[tuple[str, dt.date | None, dt.date | None]]) -> Iterator[tuple[str, int]]:
    starts = {_day(since) for _, since, _ in held if since} | {
        _day(until) + 1 for _, _, until in held if until
    }
    last = ""
    for day in [_ALWAYS, *sorted(starts)]:
        now = _on(day, primary, held)
        if now != last:
            yield now, day
        last = now


def _on(day: int, primary: str, held: list[tuple[str, dt.date | None, dt.date | None]]) -> str:
    begins = min((_day(s) for party, s, _ in held if party == primary and s), default=None)
    others = ""
    for party, since, until in held:
        over = until is not None and day > _day(until)
        # A right without a first day is older than one that has one only if it ended before that began.
        undated = party == primary or begins is None or day >= begins
        undated |= begins is not None and until is not None and _day(until) < begins
        begun = undated if since is None else day >= _day(since)
        if begun and not over:
            if party == primary:
                return primary
            others = others or party
    return others or primary


def _day(date: dt.date) -> int:
    return (date - _EPOCH).days


def eras_of(table: pl.DataFrame, accounts: pl.Series, extra: pl.DataFrame) -> Eras | None:
    """Puts eras into the form in which movements ask for them; None when no account changes hands.

    Args:
        table: from `holder_eras`.
        accounts: account ids by code.
        extra: account_id, party_id of the rows of the dimensions behind those of the accounts, in order.
    """
    if not table.height:
        return None
    codes = pl.DataFrame({"account_id": accounts}).with_row_index("code")
    places = extra.with_row_index("at").with_columns(at=pl.col("at") + len(accounts))
    rows = table.join(codes, on="account_id").join(places, on=["account_id", "party_id"], how="left")
    rows = rows.with_columns(pl.col("code").cast(pl.Int64)).sort("code", "first")
    keys = rows["code"].to_numpy() * _DAYS + (rows["first"].to_numpy() - _ALWAYS)
    row = rows.select(pl.coalesce(pl.col("at").cast(pl.Int64), "code").alias("r"))["r"].to_numpy()
    return Eras(keys.astype(np.int64), row.astype(np.int64), table)


def extra_rows(table: pl.DataFrame, primary: pl.DataFrame) -> pl.DataFrame:
    """Gives account_id, party_id of holders of some era who are not the primary holder, in order."""
    others = (
        table.select("account_id", "party_id")
        .unique()
        .join(primary, on=["account_id", "party_id"], how="anti")
    )
    return others.sort("account_id", "party_id")


def in_force(account_parties: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    """Gives the rights over accounts that some movement fell into.

    Args:
        account_parties: canonical.
        prepared: the movements.

    Returns:
        account_id, party_id, role, since, until, and last: for a right that ended before the last movement of
        the data, the time of its end. A right over an account without movements counts when it held on some
        day of the data; one without days counts.
    """
    rows = dated(account_parties)
    rows = rows.filter((pl.col("until") >= pl.col("since")).fill_null(value=True))
    if prepared.first is None or prepared.last is None:
        return rows.with_columns(last=pl.lit(None, dtype=_TS))
    clock = prepared.clock
    first, final = (
        _EPOCH + dt.timedelta(days=int(clock.day(np.array([_micros(t)]))[0]))
        for t in (prepared.first, prepared.last)
    )
    inside = (pl.col("since") <= final).fill_null(value=True) & (pl.col("until") >= first).fill_null(
        value=True
    )
    partly = (pl.col("since") > first).fill_null(value=False) | (pl.col("until") < final).fill_null(
        value=False
    )
    rows = rows.filter(inside).with_row_index("_n").with_columns(_partly=partly)
    days = _days_of(prepared, rows.filter("_partly")["account_id"].unique())
    met = rows.filter("_partly").join(days, on="account_id")
    held = (pl.col("since") <= pl.col("day")).fill_null(value=True) & (
        pl.col("until") >= pl.col("day")
    ).fill_null(value=True)
    used = met.filter(held)["_n"].unique()
    quiet = ~pl.col("account_id").is_in(days["account_id"].unique().implode())
    rows = rows.filter(~pl.col("_partly") | quiet | pl.col("_n").is_in(used.implode()))
    ended = pl.when(pl.col("until") < final).then(
        pl.col("until").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )
    return rows.select("account_id", "party_id", "role", "since", "until", last=ended)


def _days_of(prepared: Prepared, accounts: pl.Series) -> pl.DataFrame:
    """Gives the days on which some accounts move: account_id, day."""
    names = prepared.dictionaries.get("account", pl.Series(dtype=pl.String))
    asked = names.is_in(accounts.implode()).to_numpy()
    parts = []
    for number in range(len(prepared.buckets)):
        frame = prepared.bucket(number).select("c:account_id", "_t")
        rows = frame.filter(pl.Series(asked[frame["c:account_id"].to_numpy()]))
        day = pl.Series("day", prepared.clock.day(rows["_t"].to_numpy()))
        parts.append(pl.DataFrame({"code": rows["c:account_id"], "day": day}).unique())
    empty = pl.DataFrame(schema={"account_id": pl.String, "day": pl.Date})
    found = (
        part.select(
            names.gather(part["code"]).alias("account_id"), pl.col("day").cast(pl.Int32).cast(pl.Date)
        )
        for part in parts
        if part.height
    )
    return pl.concat([empty, *found])


def _micros(time: dt.datetime) -> int:
    return (time - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def told_of_holder(hits: pl.DataFrame, eras: Eras | None, zone: str) -> pl.DataFrame:
    """Names, as the subject of a hit on an account, whoever held it when the movements were made.

    Args:
        hits: table HITS.
        eras: of accounts that change hands.
        zone: of local days.

    Returns:
        The same hits; only the subject of hits that lie within one era of somebody else than today's holder
        is another. A hit that spans a change stays with the account.
    """
    if eras is None:
        return hits
    day = {
        name: pl.col(column).dt.convert_time_zone(zone).dt.date().cast(pl.Int32).cast(pl.Int64)
        for name, column in (("_a", "first"), ("_b", "last"))
    }
    told = eras.table.sort("account_id", "first").with_columns(
        _until=pl.col("first").shift(-1).over("account_id").fill_null(_DAYS) - 1
    )
    changed = hits.filter(pl.col("subject_kind") == "account").with_columns(**day)
    found = changed.select("hit_id", "subject_id", "_a", "_b").join(
        told.rename({"account_id": "subject_id", "first": "_from"}), on="subject_id"
    )
    found = found.filter((pl.col("_a") >= pl.col("_from")) & (pl.col("_b") <= pl.col("_until")))
    joined = hits.join(
        found.select("hit_id", _holder="party_id"), on="hit_id", how="left", maintain_order="left"
    )
    named = joined.with_columns(
        subject_id=pl.coalesce("_holder", "subject_id"),
        subject_kind=pl.when(pl.col("_holder").is_not_null()).then(pl.lit("party")).otherwise("subject_kind"),
    ).drop("_holder")
    return tables.HITS.conform(named)
