"""Which groups several signs support, and so become networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from thbscreen.engine.apart import apart
from thbscreen.network.hubs import PATTERN_RULE_WEIGHT

if TYPE_CHECKING:
    from thbscreen.network.publish import Material

#: So many customers of a group are held against one another at most.
MOST_COMPARED = 60
#: Members that a rule about shared details and another rule both name, for the two to be of one matter.
SAME_PEOPLE = 2


def enough_signs(m: Material, hits: pl.DataFrame) -> pl.DataFrame:
    """Gives the groups that several signs support: no single indicator makes a network.

    The distinct rules of a group must weigh `alert_weight`, and there must be a network pattern of weight 3
    with another rule beside it that shares a typology with the pattern; or rules of `min_families` families,
    two of them third-party rules, one of which is not about shared details (a family shares a device, a
    telephone and an address, so such a rule needs one that sees two of the same people) and whose hits do
    not go apart: new colleagues who share an office machine and pay rent each to a landlord of their own
    are no network. Both times the same payments seen by two rules of one family are one sign, unless
    several customers show it. Age plays no part: it lowers scores, not membership.

    Args:
        m: material; base, core, attached, patterns, inputs and scoring are used.
        hits: group and the columns of `base.hits`, of the hits that count in a group.

    Returns:
        group, of those that are kept.
    """
    rules = hits.unique(["group", "rule"], keep="first", maintain_order=True)
    counted = rules.group_by("group").agg(
        weight=pl.col("weight").sum(),
        families=pl.col("family").n_unique(),
    )
    pairs = apart(hits, ["group"])
    counted = counted.join(_backed_patterns(rules, pairs), on="group", how="left")
    counted = counted.join(_third_parties(m, hits, pairs), on="group", how="left")
    counted = counted.join(_agreed_patterns(m, hits), on="group", how="left")
    agreed = pl.col("third") & (pl.col("families") >= m.scoring.min_families) & pl.col("agreed")
    return counted.filter(
        (pl.col("weight") >= float(m.scoring.alert_weight)) & (pl.col("backed") | agreed).fill_null(False)
    ).select("group")


def _backed_patterns(rules: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """group, backed: whether a network pattern of weight 3 and a rule apart from it share a typology.

    The typology of the group is not asked for: many members with one weak rule may turn it elsewhere.
    """
    motif = rules.filter((pl.col("family") == "network") & (pl.col("weight") >= PATTERN_RULE_WEIGHT))
    forms = rules.select("group", "rule", "typologies").explode("typologies").drop_nulls("typologies")
    own = pairs.join(motif, on=["group", "rule"], how="semi").join(forms, on=["group", "rule"])
    shared = own.join(
        forms, left_on=["group", "other", "typologies"], right_on=["group", "rule", "typologies"]
    )
    return shared.select("group").unique().with_columns(backed=pl.lit(True))


def _third_parties(m: Material, hits: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """group, third: whether two third-party rules are signs of their own.

    They are when they lie apart, or when the movements of several customers show them, of `MOST_COMPARED` at
    most; and a rule about shared details speaks only beside one that sees two of the same people.
    """
    third = hits.filter("third_party")
    third = third.join(_of_same_people(m, third), on="group", how="semi")
    asked = third.select("group", "rule").unique()
    both = pairs.join(asked, on=["group", "rule"], how="semi")
    both = both.join(asked, left_on=["group", "other"], right_on=["group", "rule"], how="semi")
    several = asked.group_by("group").len().filter(pl.col("len") > 1)
    known = m.inputs.subjects.filter(pl.col("subject_kind") != "external").select(node="subject_id").unique()
    own = third.join(several, on="group", how="semi").join(known, on="node", how="semi")
    # Pairs grow with the square: of a group that a hub holds together, the first customers answer for all.
    own = own.filter(pl.col("node").rank("dense").over("group") <= MOST_COMPARED)
    people = apart(own, ["group"], "node")
    found = pl.concat([both.select("group"), people.select("group")]).unique()
    return found.with_columns(third=pl.lit(True))


def _of_same_people(m: Material, third: pl.DataFrame) -> pl.DataFrame:
    """group, of those where two third-party rules may speak about the same people.

    A rule about shared details that names one member only has no more than this one to share.
    """
    named = third.select("group", "hit_id").join(m.base.roles.select("hit_id", "node"), on="hit_id")
    seen = pl.concat([third.select("group", "hit_id", "node"), named.select("group", "hit_id", "node")])
    inside = pl.concat([m.core.select("group", "node"), m.attached.select("group", "node")])
    seen = seen.join(inside.unique(), on=["group", "node"], how="semi")
    rules = third.select("hit_id", "rule", details=pl.col("family") == "identity").unique()
    seen = seen.join(rules, on="hit_id").select("group", "rule", "details", "node").unique()
    pairs = seen.join(seen, on=["group", "node"], suffix="_other")
    met = pairs.filter(pl.col("details") & ~pl.col("details_other")).group_by("group", "rule", "rule_other")
    sharing = seen.group_by("group", "rule").agg(sharing=pl.len())
    same = met.len().join(sharing, on=["group", "rule"])
    same = same.filter(pl.col("len") >= pl.min_horizontal("sharing", SAME_PEOPLE)).select("group")
    other = third.filter(pl.col("family") != "identity").group_by("group").agg(pl.col("rule").n_unique())
    return pl.concat([same, other.filter(pl.col("rule") > 1).select("group")]).unique()


def _agreed_patterns(m: Material, hits: pl.DataFrame) -> pl.DataFrame:
    """group, agreed: whether hits of one third-party rule, not about shared details, do not go apart.

    They go apart when each names somebody else; they agree when they meet in one member, or name nobody.
    """
    asked = hits.filter(pl.col("third_party") & (pl.col("family") != "identity"))
    others = m.base.roles.select("hit_id", other="node").join(asked.select("hit_id", "node"), on="hit_id")
    naming = others.filter(pl.col("other").ne_missing(pl.col("node")))["hit_id"].unique()
    core = m.core.select("group", "node")
    inside = m.patterns.join(core, left_on="source", right_on="node")
    inside = inside.join(core, left_on=["group", "target"], right_on=["group", "node"], how="semi")
    ends = pl.concat(
        [
            inside.select("group", "rule", node=one, other=two)
            for one, two in (("source", "target"), ("target", "source"))
        ]
    )
    met = ends.group_by("group", "rule", "node").agg(several=pl.col("other").n_unique() > 1)
    met = met.filter("several").select("group", "rule").unique().with_columns(meet=pl.lit(True))
    rules = asked.group_by("group", "rule").agg(names=pl.col("hit_id").is_in(naming.implode()).any())
    rules = rules.join(met, on=["group", "rule"], how="left")
    return rules.group_by("group").agg(agreed=(pl.col("meet").fill_null(False) | ~pl.col("names")).any())
