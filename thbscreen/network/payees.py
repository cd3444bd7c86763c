"""Payees that flagged subjects share: a few whom hardly anybody else pays, or one that gets most of it."""

from __future__ import annotations

import polars as pl

from thbscreen.network.motifs import conform, single, told

#: Recruiters, drivers, keepers and recruited people are paid by the hands of one ring. One such payee may be
#: a cleaner or a friend of both; it takes another for both to be more than chance.
LEAST_SHARED = 2
#: A payee that deals with more accounts than a large household has is a trade or somebody many know.
PAYEE_REACH = 6
#: Whom half of all payments go to, again and again and in uneven sums, gets what comes in. What came as cash
#: has no payer, so that nobody sees it passed on; a rent or an instalment is even.
MAIN_SHARE, MAIN_PAYMENTS, EVEN = 0.5, 6, 0.9
#: A hit of this weight says enough about an account whose money somebody else gets, whoever that is.
HEAVY = 3
WEIGHT, MAIN_WEIGHT = 0.7, 0.8
KIND, MAIN_KIND = "same payees", "same main payee"


def same_payees(
    payments: pl.DataFrame,
    pairs: pl.DataFrame,
    forms: pl.DataFrame,
    *,
    few: pl.DataFrame,
    homes: pl.DataFrame,
) -> pl.DataFrame:
    """Gives pairs of flagged subjects who pay the same payees, whom next to nobody else deals with, as ties.

    Args:
        payments: table PAYMENTS with nodes for accounts.
        pairs: from `links.payment_pairs`, hubs taken out.
        forms: node, typology; of strong hits on each subject, hubs taken out. Two subjects must share one.
        few: node, of payees that deal with at most `PAYEE_REACH` accounts in all the data and are no firm.
        homes: node, value; who lives where. What people of one home both pay says nothing.

    Returns:
        Ties as from `motifs.ties`, source < target; the payments are those of both to these payees.
    """
    paid = pairs.select("source", "target").join(few, left_on="target", right_on="node", how="semi")
    paid = paid.join(forms.select("node").unique(), left_on="source", right_on="node", how="semi")
    both = paid.join(paid.rename({"source": "other"}), on="target").filter(pl.col("source") < pl.col("other"))
    # Whoever pays the other has no third party in common with it.
    both = both.filter((pl.col("target") != pl.col("source")) & (pl.col("target") != pl.col("other")))
    shared = pl.col("target").n_unique().over("source", "other") >= LEAST_SHARED
    both = both.filter(shared)
    alike = forms.rename({"node": "source"}).join(forms.rename({"node": "other"}), on="typology")
    both = both.join(alike.select("source", "other").unique(), on=["source", "other"], how="semi")
    home = homes.rename({"node": "source"}).join(homes.rename({"node": "other"}), on="value")
    both = both.join(home.select("source", "other").unique(), on=["source", "other"], how="anti")
    sides = [both.select("source", "other", payer=side, payee="target") for side in ("source", "other")]
    keys = pl.concat(sides)
    moved = single(payments, keys.select(source="payer", target="payee").unique(), ["source", "target"])
    rows = keys.join(moved, left_on=["payer", "payee"], right_on=["source", "target"])
    rows = rows.select("source", pl.col("other").alias("target"), "t", "tx_id", "amount")
    counted = both.group_by("source", target="other").agg(payees=pl.col("target").n_unique())
    why = pl.format("both pay {} payees whom hardly anybody else deals with", "payees")
    out = told(rows, KIND, "").join(counted, on=["source", "target"], how="left")
    return conform(out.with_columns(weight=pl.lit(WEIGHT), why=why))


def main_payees(
    payments: pl.DataFrame, pairs: pl.DataFrame, forms: pl.DataFrame, *, closed: pl.DataFrame
) -> pl.DataFrame:
    """Gives flagged subjects and the payee that gets most of what two or more of them pay, as ties.

    Args:
        payments: table PAYMENTS with nodes for accounts.
        pairs: from `links.payment_pairs`, hubs taken out.
        forms: node, typology; as for `same_payees`, of hits of weight `HEAVY` as well.
        closed: node, of firms and of unflagged subjects that deal with too many others.

    Returns:
        Ties as from `motifs.ties`, from each payer to the payee; the payments are all between the two.
    """
    payers = forms.select("node").unique()
    own = payments.join(payers, left_on="source", right_on="node", how="semi")
    total = own.group_by("source").agg(total=pl.col("amount_eur").sum())
    often = pairs.filter(pl.col("n") >= MAIN_PAYMENTS).join(total, on="source")
    often = often.filter(pl.col("amount_eur") >= MAIN_SHARE * pl.col("total"))
    often = often.join(closed, left_on="target", right_on="node", how="anti").select("source", "target")
    moved = single(own, often, ["source", "target"])
    even = pl.col("amount").min() >= EVEN * pl.col("amount").max()
    uneven = moved.group_by("source", "target").agg(even=even).filter(~pl.col("even"))
    alike = uneven.join(forms, left_on="source", right_on="node")
    several = alike.filter(pl.col("source").n_unique().over("target", "typology") > 1)
    kept = several.select("source", "target").unique()
    why = "most of what is paid goes to the same payee as that of another, again and again"
    out = told(moved.join(kept, on=["source", "target"], how="semi"), MAIN_KIND, why)
    return conform(out.with_columns(weight=pl.lit(MAIN_WEIGHT)))
