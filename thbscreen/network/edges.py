"""Edges inside suspected networks: each payment with its time and amount, patterns, shared details."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from thbscreen.engine import tables
from thbscreen.network import links

if TYPE_CHECKING:
    from thbscreen.network.publish import Material

_COLUMNS = ("group", *(name for name in tables.NETWORK_EDGES.schema if name != "network_id"))
_EMPTY = {
    name: pl.lit([], dtype=tables.NETWORK_EDGES.schema[name]) for name in ("tx_ids", "times", "amounts_eur")
}


def edge_table(m: Material, people: pl.DataFrame) -> pl.DataFrame:
    """Gives table NETWORK_EDGES with `group` in place of the id.

    Args:
        m: material of the stage.
        people: group, node, of every member.
    """
    inside = people.select("group", "node")
    parts = [_payments(m, inside), _patterns(m, inside), _shared(m, inside), _ties(m, inside)]
    spec = tables.NETWORK_EDGES.schema
    cast = [pl.col("group").cast(pl.Int64), *(pl.col(c).cast(spec[c]) for c in _COLUMNS[1:])]
    return pl.concat([p.select(cast) for p in parts]).sort("group", "source", "target", "kind")


def _inside(frame: pl.DataFrame, inside: pl.DataFrame) -> pl.DataFrame:
    """Rows whose both ends are members of one group."""
    out = frame.join(inside, left_on="source", right_on="node")
    return out.join(inside, left_on=["group", "target"], right_on=["group", "node"], how="semi")


def _payments(m: Material, inside: pl.DataFrame) -> pl.DataFrame:
    rows = _inside(m.payments, inside)
    keys = ["group", "source", "target"]
    sums = rows.group_by(keys).agg(
        pl.col("n", "amount_eur").sum(), pl.col("first").min(), pl.col("last").max()
    )
    single = rows.select(*keys, "tx_ids", "times", "amounts_eur").explode("tx_ids", "times", "amounts_eur")
    single = single.drop_nulls("tx_ids").sort(*keys, "times", "tx_ids")
    single = single.group_by(keys, maintain_order=True).agg("tx_ids", "times", "amounts_eur")
    out = sums.join(single, on=keys, how="left").with_columns(
        pl.col(c).fill_null(e) for c, e in _EMPTY.items()
    )
    weight = pl.when(pl.col("n") > 1).then(links.REPEATED_PAYMENTS).otherwise(links.ONE_PAYMENT)
    aged = weight * links.decay(pl.col("last"), m.inputs.as_of, m.scoring.half_after_days)
    why = pl.when(pl.col("n") > 1).then(pl.lit("repeated payments")).otherwise(pl.lit("one payment"))
    return out.with_columns(kind=pl.lit("payment"), weight=aged.round(4), why=why)


def _patterns(m: Material, inside: pl.DataFrame) -> pl.DataFrame:
    rows = _inside(m.patterns, inside).sort("group", "hit_id", "source", "target", "role")
    keys = ["group", "source", "target"]
    # A member with two roles in one hit is one link.
    once = rows.unique([*keys, "hit_id"], keep="first", maintain_order=True)
    told = once.with_columns(said=pl.format("{} ({})", "rule", "title"))
    out = told.group_by(keys).agg(
        n=pl.col("hit_id").n_unique(),
        amount_eur=pl.col("amount_eur").sum(),
        first=pl.col("starts").min(),
        last=pl.col("ends").max(),
        why=pl.col("said").unique().sort().str.join("; "),
    )
    aged = links.PATTERN_WEIGHT * links.decay(pl.col("last"), m.inputs.as_of, m.scoring.half_after_days)
    return out.with_columns(kind=pl.lit("payment pattern"), weight=aged.round(4), **_EMPTY)


def _ties(m: Material, inside: pl.DataFrame) -> pl.DataFrame:
    aged = pl.col("weight") * links.decay(pl.col("last"), m.inputs.as_of, m.scoring.half_after_days)
    return _inside(m.ties, inside).with_columns(aged.round(4).alias("weight"))


def _shared(m: Material, inside: pl.DataFrame) -> pl.DataFrame:
    keys = ["source", "target", "attribute"]
    latest = pl.when(pl.col("last").is_not_null().all()).then(pl.col("last").max())
    rows = _inside(m.shared.group_by(keys).agg(latest), inside)

    def look_up(position: int, kind: pl.DataType) -> pl.Expr:
        return pl.col("attribute").replace_strict(
            {a: v[position] for a, v in links.ATTRIBUTES.items()}, return_dtype=kind
        )

    missing = pl.lit(None, dtype=tables.NETWORK_EDGES.schema["first"])
    aged = look_up(1, pl.Float64()) * links.decay(pl.col("last"), m.inputs.as_of, m.scoring.half_after_days)
    return rows.with_columns(
        kind=look_up(0, pl.String()),
        weight=aged.round(4),
        why=look_up(2, pl.String()),
        n=pl.lit(1),
        amount_eur=pl.lit(0),
        first=missing,
        **_EMPTY,
    )
