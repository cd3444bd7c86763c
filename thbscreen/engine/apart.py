"""Which rules rest on other movements than one another: one set of payments seen twice is one sign."""

from __future__ import annotations

import polars as pl


def apart(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Gives the pairs of rules that do not rest on the same movements.

    Two rules rest on the same movements when at least half of the movements of the one with fewer are
    movements of the other, too. A rule without movements, such as one about shared details, rests apart from
    every other.

    Args:
        rows: the columns of `keys`, rule, tx_ids; one row per hit.
        keys: what the rules are about, such as a subject or a group.

    Returns:
        The columns of `keys`, rule, other: both orders of each pair.
    """
    real = rows.select(*keys, "rule", tx="tx_ids").explode("tx").drop_nulls("tx").unique()
    sizes = real.group_by(*keys, "rule").agg(size=pl.len())
    rules = rows.select(*keys, "rule").unique().join(sizes, on=[*keys, "rule"], how="left")
    rules = rules.with_columns(pl.col("size").fill_null(0))
    pairs = rules.join(rules, on=keys, suffix="_other").filter(pl.col("rule") != pl.col("rule_other"))
    met = real.join(real, on=[*keys, "tx"], suffix="_other").filter(pl.col("rule") != pl.col("rule_other"))
    shared = met.group_by(*keys, "rule", "rule_other").agg(shared=pl.len())
    told = pairs.join(shared, on=[*keys, "rule", "rule_other"], how="left")
    fewer = pl.min_horizontal("size", "size_other")
    same = (fewer > 0) & (2 * pl.col("shared").fill_null(0) >= fewer)
    return told.filter(~same).select(*keys, "rule", other="rule_other")
