"""Which signs are signs of their own: the same payments seen twice by rules of one family are one sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

#: A pattern of a network of this weight makes an alert together with a sign of its own.
STRONG = 3


@dataclass(frozen=True, slots=True)
class Sign:
    """What a rule shows of one subject.

    Attributes:
        weight: of the rule; None where it is not known.
        movements: ids of the movements that its hits rest on.
    """

    rule: str
    family: str
    weight: int | None
    movements: frozenset[str]

    @property
    def strong(self) -> bool:
        """A network pattern of weight 3."""
        return self.family == "network" and self.weight == STRONG


def backed(signs: Sequence[Sign]) -> bool:
    """Tells whether a strong pattern has a sign apart from it, for one subject with one sign per rule.

    The same law as `apart`, for few signs at hand; a test holds both against each other.
    """
    return any(
        one.rule != other.rule and _apart(one, other) for one in signs if one.strong for other in signs
    )


def _apart(one: Sign, other: Sign) -> bool:
    fewer = min(len(one.movements), len(other.movements))
    same = fewer > 0 and 2 * len(one.movements & other.movements) >= fewer
    return one.family != other.family or not same


def apart(rows: pl.DataFrame, keys: list[str], sign: str = "rule") -> pl.DataFrame:
    """Gives the pairs of signs that do not rest on the same movements, or are of different families.

    Two signs rest on the same movements when at least half of the movements of the one with fewer are
    movements of the other, too. A sign without movements, such as one about shared details, rests apart from
    every other.

    Args:
        rows: the columns of `keys`, `sign`, family, tx_ids; one row per hit.
        keys: what the signs are about, such as a subject or a group.
        sign: column that names a sign: a rule, or whose hits they are.

    Returns:
        The columns of `keys`, `sign`, other: both orders of each pair.
    """
    on, other = [*keys, sign], f"{sign}_other"
    real = rows.select(*on, tx="tx_ids").explode("tx").drop_nulls("tx").unique()
    sizes = real.group_by(on).agg(size=pl.len())
    signs = rows.group_by(on).agg(families=pl.col("family").unique().sort()).join(sizes, on=on, how="left")
    signs = signs.with_columns(pl.col("size").fill_null(0))
    pairs = signs.join(signs, on=keys, suffix="_other").filter(pl.col(sign) != pl.col(other))
    met = real.join(real, on=[*keys, "tx"], suffix="_other").filter(pl.col(sign) != pl.col(other))
    shared = met.group_by(*on, other).agg(shared=pl.len())
    told = pairs.join(shared, on=[*on, other], how="left")
    fewer = pl.min_horizontal("size", "size_other")
    same = (fewer > 0) & (2 * pl.col("shared").fill_null(0) >= fewer)
    alike = pl.col("families") == pl.col("families_other")
    return told.filter(~(same & alike)).select(*on, other=other)
