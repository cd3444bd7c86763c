"""Payees that two flagged subjects share and hardly anybody else pays: they link whoever pays them."""

from __future__ import annotations

import polars as pl

from thbscreen.network.motifs import conform, single, told

#: Recruiters, drivers, keepers and recruited people are paid by the hands of one ring. One such payee may be
#: a cleaner or a friend of both; it takes another for both to be more than chance.
LEAST_SHARED = 2
#: A payee that deals with more accounts than a large household has is a trade or somebody many know.
PAYEE_REACH = 6
WEIGHT = 0.7
KIND = "same payees"


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
