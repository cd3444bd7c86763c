"""Shapes of payments that link by themselves: a common payee of what comes in, and allowance loops.

Both respect the order of time: money goes on after it came, an allowance comes after the money it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thbscreen.engine import tables
from thbscreen.model.clock import DAY
from thbscreen.model.lookup import places

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOTIF_WEIGHT, MEETING_WEIGHT, FOR_OTHERS_WEIGHT = 0.8, 0.7, 0.7
#: Money goes on when, within this time, at least this part of what came in goes to one payee.
FORWARD_WITHIN, FORWARD_SHARE = 3 * DAY, 0.5
#: It is a habit from so many different incoming payments on.
FORWARD_TIMES = 2
#: ... and it is more than chance when in all at least this part of all that came in goes to the payee.
FORWARD_ALL = 0.25
#: Sums at least this far apart, the smallest at least this part of the largest, look like rent with bills, an
#: instalment or a standing order.
RENT_GAP, RENT_EVEN = 25 * DAY, 0.9
#: An allowance: so many payments, each of them at most this part of what usually goes the other way, soon
#: after such a payment, and no gap longer than so many usual gaps.
LOOP_TIMES, LOOP_SHARE, LOOP_AFTER, LOOP_GAPS = 3, 0.25, 31 * DAY, 3
_ROWS = ("source", "target", "t", "tx_id", "amount")
_LISTS = ("tx_ids", "times", "amounts_eur")
#: Columns beside source and target, which are of the type of the nodes that came in.
TIES = {
    "kind": pl.String(), "weight": pl.Float64(), "n": pl.Int64(), "amount_eur": pl.Int64(),
    "why": pl.String(),
    **{name: tables.NETWORK_EDGES.schema[name] for name in ("first", "last", *_LISTS)},
}  # fmt: skip


def ties(
    payments: pl.DataFrame,
    pairs: pl.DataFrame,
    flagged: pl.DataFrame,
    *,
    closed: pl.DataFrame,
    legal: pl.DataFrame,
) -> pl.DataFrame:
    """Gives the links that payments make by their shape and order.

    Args:
        payments: table PAYMENTS with nodes for accounts (`links.node_payments`).
        pairs: from `links.payment_pairs`, hubs taken out.
        flagged: node, hubs taken out.
        closed: node, of unflagged subjects that deal with too many others to be a common payee.
        legal: node, of legal persons; what they pay is no takings that somebody takes away.

    Returns:
        source, target, kind, weight (before decay), n (payments), amount_eur, first, last, why, tx_ids,
        times, amounts_eur; the payments are those that make the shape.
    """
    found = [
        _common_payees(payments, pairs, flagged, closed),
        _allowance_loops(payments, pairs, flagged, legal),
    ]
    return pl.concat(found).sort("source", "target", "kind")


def meetings(met: pl.DataFrame, flagged: pl.DataFrame) -> pl.DataFrame:
    """Gives meetings at machines as ties.

    Args:
        met: from `engine.meetings`.
        flagged: node, hubs taken out; both ends must be among them.
    """
    rows = met.join(flagged, left_on="source", right_on="node", how="semi")
    rows = rows.join(flagged, left_on="target", right_on="node", how="semi")
    why = pl.format("used one machine within minutes of each other on {} days", pl.col("n").cast(pl.String))
    return conform(
        rows.with_columns(
            kind=pl.lit("shared terminal"),
            weight=pl.lit(MEETING_WEIGHT),
            amount_eur=pl.col("amounts_eur").list.sum(),
            why=why,
        )
    )


def payments_for_others(paid: pl.DataFrame, involved: pl.DataFrame) -> pl.DataFrame:
    """Gives payments for somebody else as ties.

    Args:
        paid: from `engine.payments.paid_for`, hubs taken out.
        involved: node, of flagged subjects and those a pattern names, hubs taken out. Whom it was paid for
            must be among them, and so must the payer, unless it pays for two of them or more.
    """
    rows = paid.join(involved, left_on="target", right_on="node", how="semi")
    known = involved.select(source="node", known=pl.lit(True))
    rows = rows.join(known, on="source", how="left")
    several = pl.col("target").n_unique().over("source") > 1
    times = pl.when(pl.col("n") == 1).then(pl.lit("paid once")).otherwise(pl.format("paid {} times", "n"))
    rows = rows.filter(pl.col("known").fill_null(False) | several)
    return conform(
        rows.with_columns(
            kind=pl.lit("pays for another"),
            weight=pl.lit(FOR_OTHERS_WEIGHT),
            why=pl.format("{} for the other: ticket, fee, rent or the like", times),
        )
    )


def conform(frame: pl.DataFrame) -> pl.DataFrame:
    """Gives source, target and the columns of `TIES`."""
    return frame.select("source", "target", *(pl.col(c).cast(t) for c, t in TIES.items()))


def _none(payments: pl.DataFrame) -> pl.DataFrame:
    """No ties, of nodes of the same type."""
    return (
        payments.select("source", "target")
        .clear()
        .with_columns(pl.lit(None, t).alias(c) for c, t in TIES.items())
    )


def single(payments: pl.DataFrame, keys: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Single payments of some pairs, in order of time: source, target, t, tx_id, amount (cents)."""
    rows = payments.join(keys, on=on, how="semi").select("source", "target", *_LISTS)
    rows = rows.explode(*_LISTS).drop_nulls("tx_ids")
    rows = rows.select(
        "source", "target", pl.col("times").cast(pl.Int64).alias("t"), pl.col("tx_ids").alias("tx_id"),
        pl.col("amounts_eur").fill_null(0).alias("amount"),
    )  # fmt: skip
    return rows.sort("source", "target", "t", "tx_id")


def _common_payees(
    payments: pl.DataFrame, pairs: pl.DataFrame, flagged: pl.DataFrame, closed: pl.DataFrame
) -> pl.DataFrame:
    often = pairs.filter(pl.col("n") >= FORWARD_TIMES).join(
        flagged, left_on="source", right_on="node", how="semi"
    )
    often = often.join(closed, left_on="target", right_on="node", how="anti")
    often = often.filter(pl.col("source").n_unique().over("target") > 1).select("source", "target")
    out = single(payments, often, ["source", "target"])
    came = single(payments, often.select(target="source").unique(), ["target"])
    passed = out.filter(pl.Series(_passed_on(out, came), dtype=pl.Boolean))
    if passed.is_empty():
        return _none(payments)
    keys = ["source", "target"]
    last_in = _last_before(came, passed)
    with_in = passed.with_columns(pl.Series("last_in", last_in))
    habits = with_in.group_by(keys).agg(
        times=pl.col("last_in").n_unique(),
        rent=(pl.col("amount").min() >= RENT_EVEN * pl.col("amount").max())
        & (pl.col("t").diff().min().fill_null(0) >= RENT_GAP),
    )
    habits = habits.filter((pl.col("times") >= FORWARD_TIMES) & ~pl.col("rent"))
    every_in = came.group_by(source="target").agg(came=pl.col("amount").sum())
    every_out = out.group_by(keys).agg(went=pl.col("amount").sum())
    habits = habits.join(every_in, on="source").join(every_out, on=keys)
    habits = habits.filter(pl.col("went") >= FORWARD_ALL * pl.col("came"))
    habits = habits.filter(pl.col("source").n_unique().over("target") > 1)
    why = "money goes on to the same payee within three days of coming in, again and again"
    return told(with_in.join(habits, on=keys, how="semi"), "common payee", why)


def _codes(*columns: pl.Series) -> list[NDArray[np.int64]]:
    every = pl.concat([c.alias("node") for c in columns])
    dense = every.rank("dense").cast(pl.Int64).to_numpy()
    ends = np.cumsum([len(c) for c in columns])[:-1]
    return np.split(dense, ends)


def _sums(
    keys: NDArray[np.int64], t: NDArray[np.int64], amount: NDArray[np.int64],
    asked: NDArray[np.int64], at: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Sum of amounts of a key in the time up to and including `at`, and the position behind the last."""
    order = np.lexsort((t, keys))
    keys, t, amount = keys[order], t[order], amount[order]
    total = np.concatenate([[0], np.cumsum(amount)])
    until = places(keys, t, asked, at, "right")
    since = places(keys, t, asked, at - FORWARD_WITHIN, "left")
    return total[until] - total[since], until


def _passed_on(out: pl.DataFrame, came: pl.DataFrame) -> NDArray[np.bool_]:
    """Marks payments that, with those to the same payee before, pass on most of what has just come in."""
    own, other = _codes(out["source"], came["target"])
    t, amount = out["t"].to_numpy(), out["amount"].to_numpy()
    inflow, _ = _sums(other, came["t"].to_numpy(), came["amount"].to_numpy(), own, t)
    pair = out.select(pl.struct("source", "target").rle_id()).to_series().cast(pl.Int64).to_numpy()
    outflow, _ = _sums(pair, t, amount, pair, t)
    found: NDArray[np.bool_] = (inflow > 0) & (outflow >= FORWARD_SHARE * inflow) & (amount <= inflow)
    return found


def _last_before(came: pl.DataFrame, passed: pl.DataFrame) -> NDArray[np.int64]:
    own, other = _codes(passed["source"], came["target"])
    t = came["t"].to_numpy()
    return _sums(other, t, np.zeros(len(t), np.int64), own, passed["t"].to_numpy())[1]


def _allowance_loops(
    payments: pl.DataFrame, pairs: pl.DataFrame, flagged: pl.DataFrame, legal: pl.DataFrame
) -> pl.DataFrame:
    """A pays S large sums again and again, S pays A small sums regularly: source A, target S."""
    both = pairs.join(flagged, left_on="source", right_on="node", how="semi")
    both = both.join(flagged, left_on="target", right_on="node", how="semi")
    large = both.filter(pl.col("n") >= FORWARD_TIMES).join(
        legal, left_on="source", right_on="node", how="anti"
    )
    small = both.filter(pl.col("n") >= LOOP_TIMES).select(source="target", target="source")
    found = large.join(small, on=["source", "target"]).select("source", "target")
    if found.is_empty():
        return _none(payments)
    keys = ["source", "target"]
    there = single(payments, found, keys)
    back = single(payments, found.select(source="target", target="source"), keys)
    back = back.rename({"source": "target", "target": "source"})
    usual = there.group_by(keys).agg(usual=pl.col("amount").median())
    back = back.join(usual, on=keys).sort("t")
    before = there.select(*keys, "t", since="t").sort("t")
    back = back.join_asof(before, on="t", by=keys, check_sortedness=False).sort(*keys, "t", "tx_id")
    gap = pl.col("t").diff()
    regular = back.group_by(keys, maintain_order=True).agg(
        small=pl.col("amount").median() <= LOOP_SHARE * pl.col("usual").first(),
        days=(pl.col("t") // DAY).n_unique(),
        after=(pl.col("t") - pl.col("since") <= LOOP_AFTER).fill_null(False).sum(),
        steady=gap.max() <= LOOP_GAPS * gap.median(),
        usual_gap=gap.median(),
    )
    kept = regular.filter(
        pl.col("small") & pl.col("steady") & (pl.col("days") >= LOOP_TIMES)
        & (pl.col("after") >= LOOP_TIMES) & (pl.col("usual_gap") <= LOOP_AFTER)
    ).select(keys)  # fmt: skip
    every = pl.concat([there.select(_ROWS), back.select(_ROWS)]).join(kept, on=keys, how="semi")
    return told(every, "allowance loop", "large sums go one way and small ones come back regularly")


def told(rows: pl.DataFrame, kind: str, why: str) -> pl.DataFrame:
    """Gives a tie for each source and target of single payments (see `single`)."""
    time = pl.col("t").cast(pl.Datetime("us", "UTC"))
    out = (
        rows.sort("source", "target", "t", "tx_id")
        .group_by("source", "target", maintain_order=True)
        .agg(
            n=pl.len(),
            amount_eur=pl.col("amount").sum(),
            first=time.min(),
            last=time.max(),
            tx_ids="tx_id",
            times=time,
            amounts_eur="amount",
        )
    )
    return conform(out.with_columns(kind=pl.lit(kind), weight=pl.lit(MOTIF_WEIGHT), why=pl.lit(why)))
