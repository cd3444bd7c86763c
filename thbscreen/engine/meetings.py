"""Who used one machine within minutes of whom, and how many accounts a counterparty deals with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.model.clock import DAY, MICROSECONDS
from thbscreen.model.lookup import distinct, places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from thbscreen.engine.prepare import Prepared

I64 = npt.NDArray[np.int64]
#: Two uses of a machine at most this far apart are one meeting.
MEETING = 10 * MICROSECONDS["minutes"]
#: A pair meets on at least so many local days, and on at least this part of the days on which the one who
#: is there less often is there at all: two regulars of one machine meet by chance, too.
MEETING_DAYS, TOGETHER = 2, 0.5
_MINUTE = MICROSECONDS["minutes"]
_TIMES = pl.List(pl.Datetime("us", "UTC"))
PAIRS = {
    "source": pl.String(), "target": pl.String(), "n": pl.Int64(), "first": pl.Datetime("us", "UTC"),
    "last": pl.Datetime("us", "UTC"), "tx_ids": pl.List(pl.String), "times": _TIMES,
    "amounts_eur": pl.List(pl.Int64),
}  # fmt: skip
REACH = {"account_id": pl.String(), "n_accounts": pl.Int64(), "amount_eur": pl.Int64()}
CROWDED = {"terminal_id": pl.String(), "n_subjects": pl.Int64(), "by_day": pl.Boolean()}


@dataclass(frozen=True, slots=True)
class Meetings:
    """Meetings at machines.

    Attributes:
        pairs: source < target (subjects), n (local days on which they met), first, last, and the movements:
            tx_ids, times, amounts_eur (cents); one row per pair.
        crowded: terminal_id, n_subjects, by_day; machines at which flagged subjects met and that link nobody:
            used by too many flagged subjects, or (`by_day`) by too many customers on a day of a meeting.
    """

    pairs: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PAIRS))
    crowded: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CROWDED))


def meetings(
    prepared: Prepared, subject: pl.Series, flagged: npt.NDArray[np.bool_], hub_degree: int
) -> Meetings:
    """Finds pairs of flagged subjects who use one machine within minutes of each other, again and again.

    Args:
        prepared: the buckets; without the column c:terminal_id nobody meets.
        subject: subject by account code.
        flagged: by account code.
        hub_degree: a machine that more flagged subjects use, and a day on which more customers use it,
            link nobody.

    Notes:
        Movements at local midnight are left out: they have a date and no time. Cost is bounded: at a machine
        that may link there are at most `hub_degree` subjects, and of each of them two movements per minute
        decide.
    """
    names = subject.unique().sort()
    code = subject.cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
    rows = pl.concat(
        [_uses(frame, prepared, code, flagged) for frame in _frames(prepared)] or [_uses_schema()]
    )
    if rows.is_empty():
        return Meetings()
    users = rows.group_by("terminal").agg(users=pl.col("subject").n_unique())
    rows = rows.join(users.filter(pl.col("users") > 1), on="terminal").sort("terminal", "t", "tx_id")
    few = rows.filter(pl.col("users") <= hub_degree)
    met = _within_minutes(few)
    people = _people_per_day(prepared, code, met.select("terminal", "day").unique())
    met = met.join(people, on=["terminal", "day"])
    quiet = met.filter(pl.col("people") <= hub_degree)
    crowded = pl.concat([_busy(rows.filter(pl.col("users") > hub_degree)), _busy_days(met, hub_degree)])
    return Meetings(
        _pairs(quiet, few, names),
        crowded.with_columns(
            terminal_id=prepared.dictionaries["terminal_id"].gather(crowded["terminal"])
        ).select(pl.col(c).cast(t) for c, t in CROWDED.items()),
    )


def reach(prepared: Prepared, accounts: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Tells with how many different accounts some accounts deal, and how much, in all movements.

    Args:
        prepared: the buckets.
        accounts: by account code, whom to count for.

    Returns:
        account_id, n_accounts, amount_eur (cents, in and out; a transfer that stands in two ledgers once);
        accounts without a counterparty are left out.
    """
    if not accounts.any():
        return pl.DataFrame(schema=REACH)
    width = len(accounts) + 1
    has_ledger = np.zeros(width, np.bool_)
    has_ledger[prepared.ledgers] = True
    wanted = np.append(accounts, False)  # code -1 looks up the appended False
    pairs: list[I64] = [np.zeros(0, np.int64)]
    total = np.zeros(width, np.int64)
    for number in range(len(prepared.buckets)):
        frame = prepared.bucket(number)
        if "c:cp_account_id" not in frame.columns:
            continue
        account = frame["c:account_id"].to_numpy().astype(np.int64)
        other = frame["c:cp_account_id"].to_numpy().astype(np.int64)
        once = (other >= 0) & (other != account) & (~frame["_credit"].to_numpy() | ~has_ledger[other])
        amount = frame["amount_eur"].fill_null(0).to_numpy()
        for one, two in ((account, other), (other, account)):
            rows = np.flatnonzero(once & wanted[one])
            pairs.append(distinct(one[rows] * width + two[rows]))
            # Sums of cents stay far below 2 ** 53, where floats are whole.
            total += np.bincount(one[rows], amount[rows], width).astype(np.int64)
    ones = distinct(np.concatenate(pairs)) // width
    counts = np.bincount(ones, minlength=width)
    codes = np.flatnonzero(counts)
    names = prepared.dictionaries["account"].gather(codes)
    found = {"account_id": names, "n_accounts": counts[codes], "amount_eur": total[codes]}
    return pl.DataFrame(found).select(pl.col(c).cast(t) for c, t in REACH.items())


def _frames(prepared: Prepared) -> Iterator[pl.DataFrame]:
    for number in range(len(prepared.buckets)):
        frame = prepared.bucket(number)
        if "c:terminal_id" in frame.columns:
            yield frame.select("c:account_id", "c:terminal_id", "_t", "tx_id", "amount_eur").filter(
                pl.col("c:terminal_id") >= 0
            )


def _uses_schema() -> pl.DataFrame:
    whole = dict.fromkeys(("terminal", "subject", "t", "day"), pl.Int64)
    return pl.DataFrame(schema={**whole, "tx_id": pl.String, "amount_eur": pl.Int64})


def _uses(frame: pl.DataFrame, prepared: Prepared, code: I64, flagged: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Movements of flagged accounts at machines, with the local day; dated-only ones are left out."""
    frame = frame.filter(pl.Series(flagged[frame["c:account_id"].to_numpy()], dtype=pl.Boolean))
    times = frame["_t"].to_numpy()
    local = prepared.clock.local(times)
    rows = pl.DataFrame(
        {
            "terminal": frame["c:terminal_id"].cast(pl.Int64),
            "subject": pl.Series(code[frame["c:account_id"].to_numpy()], dtype=pl.Int64),
            "t": pl.Series(times, dtype=pl.Int64),
            "day": pl.Series(local // DAY, dtype=pl.Int64),
            "tx_id": frame["tx_id"],
            "amount_eur": frame["amount_eur"],
        }
    )
    return rows.filter(pl.Series(local % DAY != 0, dtype=pl.Boolean))


def _within_minutes(rows: pl.DataFrame) -> pl.DataFrame:
    """Two different subjects at one machine within minutes: terminal, day, a, b (subject codes), i, j (rows).

    Of one subject's movements within a minute only the first and the last decide; nothing is lost by that.
    """
    told = rows.with_row_index("row")
    minute = pl.col("t") // _MINUTE
    ends = told.group_by("terminal", "subject", minute.alias("minute"), maintain_order=True).agg(
        pl.col("row").first(), last=pl.col("row").last()
    )
    kept = distinct(np.concatenate([ends["row"].to_numpy(), ends["last"].to_numpy()]).astype(np.int64))
    terminal, t, who, day = (rows[c].to_numpy()[kept] for c in ("terminal", "t", "subject", "day"))
    upper = _last_within(terminal, t)
    ahead = upper - np.arange(len(t)) - 1
    first = np.repeat(np.arange(len(t)), ahead)
    second = np.arange(len(first)) - np.repeat(np.cumsum(ahead) - ahead, ahead) + first + 1
    other = who[first] != who[second]
    first, second = first[other], second[other]
    swap = who[first] > who[second]
    a, b = np.where(swap, second, first), np.where(swap, first, second)
    return pl.DataFrame(
        {
            "terminal": terminal[a], "day": day[first], "a": who[a], "b": who[b], "i": kept[a], "j": kept[b],
        },
        schema=dict.fromkeys(("terminal", "day", "a", "b", "i", "j"), pl.Int64),
    )  # fmt: skip


def _last_within(terminal: I64, t: I64) -> I64:
    """Per row, sorted by machine and time, the position behind the last row of the machine in reach."""
    if len(t) == 0:
        return np.zeros(0, np.int64)
    key = np.searchsorted(distinct(terminal), terminal)
    return places(key, t, key, t + MEETING, "right")


def _people_per_day(prepared: Prepared, code: I64, wanted: pl.DataFrame) -> pl.DataFrame:
    """How many different customers used a machine on a day: terminal, day, people."""
    seen = []
    for frame in _frames(prepared) if wanted.height else ():
        near = frame.with_columns(terminal=pl.col("c:terminal_id").cast(pl.Int64))
        near = near.join(wanted.select("terminal").unique(), on="terminal", how="semi")
        days = pl.Series("day", prepared.clock.day(near["_t"].to_numpy()), dtype=pl.Int64)
        subject = pl.Series("subject", code[near["c:account_id"].to_numpy()], dtype=pl.Int64)
        near = near.select("terminal").with_columns(days, subject)
        seen.append(near.join(wanted, on=["terminal", "day"], how="semi").unique())
    if not seen:
        return wanted.with_columns(people=pl.lit(0, pl.Int64))
    counted = pl.concat(seen).group_by("terminal", "day").agg(people=pl.col("subject").n_unique())
    return counted.with_columns(pl.col("people").cast(pl.Int64))


def _busy(rows: pl.DataFrame) -> pl.DataFrame:
    """Machines of too many flagged subjects, where at least two of them were within minutes."""
    terminal, t, who = (rows[c].to_numpy() for c in ("terminal", "t", "subject"))
    near = (terminal[1:] == terminal[:-1]) & (t[1:] - t[:-1] <= MEETING) & (who[1:] != who[:-1])
    met = rows.select("terminal", n_subjects=pl.col("users").cast(pl.Int64))[1:].filter(
        pl.Series(near, dtype=pl.Boolean)
    )
    return met.unique().with_columns(by_day=pl.lit(False)).sort("terminal")


def _busy_days(met: pl.DataFrame, hub_degree: int) -> pl.DataFrame:
    busy = met.filter(pl.col("people") > hub_degree)
    rows = busy.group_by("terminal").agg(n_subjects=pl.col("people").max(), by_day=pl.lit(True))
    return rows.sort("terminal")


def _pairs(met: pl.DataFrame, rows: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    """Pairs that meet often enough, with the movements of their meetings."""
    visits = rows.select("terminal", "day", "subject").unique()
    where = met.select("a", "b", "terminal").unique()
    keys = ["a", "b"]
    often = met.group_by(keys).agg(n=pl.col("day").n_unique())
    for side in keys:
        there = where.join(visits, left_on=[side, "terminal"], right_on=["subject", "terminal"])
        often = often.join(there.group_by(keys).agg(pl.col("day").n_unique().alias(f"days_{side}")), on=keys)
    rarer = pl.min_horizontal("days_a", "days_b")
    often = often.filter((pl.col("n") >= MEETING_DAYS) & (pl.col("n") >= TOGETHER * rarer))
    told = met.join(often.select(*keys, "n"), on=keys)
    moves = pl.concat([told.select(*keys, "n", row="i"), told.select(*keys, "n", row="j")]).unique()
    moves = moves.join(
        rows.with_row_index("row").select(pl.col("row").cast(pl.Int64), "t", "tx_id", "amount_eur"), on="row"
    )
    time = pl.col("t").cast(pl.Datetime("us", "UTC"))
    out = (
        moves.sort(*keys, "t", "tx_id")
        .group_by(keys, maintain_order=True)
        .agg(
            n=pl.col("n").first(),
            first=time.first(),
            last=time.last(),
            tx_ids="tx_id",
            times=time,
            amounts_eur=pl.col("amount_eur").fill_null(0),
        )
    )
    out = out.with_columns(source=names.gather(out["a"]), target=names.gather(out["b"]))
    return out.select(pl.col(c).cast(t) for c, t in PAIRS.items()).sort("source", "target")
