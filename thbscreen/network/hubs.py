"""Hubs: subjects and attribute values that tie strangers together; taken out before grouping."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.engine import tables
from thbscreen.model.lookup import distinct
from thbscreen.network.links import ATTRIBUTES, Base

if TYPE_CHECKING:
    from thbscreen.network.codes import Names
    from thbscreen.rules import bundle

#: Licences and registered trades whose customers have nothing to do with one another.
HUB_LICENCES = (
    "accommodation", "bank", "carrier", "e_money_institution", "employment_agency", "hostel",
    "hotel", "immigration_services", "insurance", "landlord", "law_firm", "lawyer",
    "legal_services", "money_remittance", "municipality", "notary", "payment_institution",
    "payment_services", "payroll_bureau", "payroll_services", "property_management", "public_body",
    "reception_centre", "recruitment_agency", "remittance", "remittance_agent", "social_insurance",
    "staffing", "staffing_agency", "student_housing", "telecom", "temporary_work_agency",
    "tour_operator", "trade_union", "travel_agency", "umbrella_payroll", "union", "utility",
    "wedding_planner", "wedding_tourism", "wedding_trade",
)  # fmt: skip
#: NACE divisions of legal persons: energy, water, waste, telecoms, finance, public bodies, schools, health.
HUB_SECTORS = ("35", "36", "37", "38", "61", "64", "65", "66", "84", "85", "86")
#: A counterparty of many flagged subjects stays when patterns link it to at least one in this many.
PATTERN_ONE_IN = 4
#: A detail of more subjects than a household has links them when at least one in so many is flagged.
HOUSEHOLD, FLAGGED_ONE_IN = 6, 3
#: A counterparty that deals with more accounts than this serves strangers.
REACH = 200
#: A node and another in one whole number: codes stay below this.
_NODE = 2**32
#: Roles of who stands in the middle.
GAINING = ("possible_controller", "possible_organiser", "possible_facilitator", "possible_recruiter")
#: A pattern of a network of this weight is about the middle of it.
PATTERN_RULE_WEIGHT = 3
Keys = npt.NDArray[np.int64]


_ROW = ("node", "kind", pl.col("n_subjects").cast(pl.Int32), "why")


@dataclass(frozen=True, slots=True)
class Hubs:
    """What was taken out.

    Attributes:
        table: rows of table HUBS.
        nodes: node, of subjects that link nobody.
        values: attribute, value, hub_id, of attribute values that link nobody.
        employers: node, of employers who only hang on; they are in the table too.
    """

    table: pl.DataFrame
    nodes: pl.DataFrame
    values: pl.DataFrame
    employers: pl.DataFrame


def find_hubs(
    parties: pl.DataFrame,
    flagged: pl.DataFrame,
    *,
    patterns: pl.DataFrame,
    pairs: pl.DataFrame,
    values: pl.DataFrame,
    reach: pl.DataFrame,
    crowded: pl.DataFrame,
    paid_for: pl.DataFrame,
    hub_degree: int,
    centres: pl.DataFrame,
    names: Names,
) -> Hubs:
    """Finds hubs by licence or sector, by plain payments, by reach, by attribute values and machines.

    Args:
        parties: canonical parties; licence and sector_nace are read when present.
        flagged: node.
        patterns: from `links.pattern_links`.
        pairs: from `links.payment_pairs`.
        values: from `links.attribute_values`.
        reach: node, n_accounts, total; with how many accounts a subject deals in all, for how many cents.
        crowded: from `engine.meetings`; machines that link nobody.
        paid_for: from `engine.payments`; who pays for whom.
        hub_degree: more subjects than this make a hub.
        centres: from `centres`.
        names: of the codes that the nodes of all these tables are, `party_id` among them.
    """
    shown, plain = _flagged_contacts(pairs, patterns, flagged, len(names.known))
    degrees = _degrees(shown, plain, len(names.known))
    licences = _licensed(parties)
    # Whom its own pattern names need not be flagged: a licensed planner is the middle of every wedding.
    known = [_contacts(keys, licences) for keys in (shown, plain)]
    named = [way.join(licences, on="node", how="semi") for way in _both_ways(patterns)]
    touched = pl.concat([*known, *named]).unique().group_by("node").agg(n_subjects=pl.len())
    parts = [licences.join(touched, on="node").select(_ROW)]

    def left(frame: pl.DataFrame) -> pl.DataFrame:
        """What no reason before has taken out."""
        return frame.join(pl.concat(parts), on="node", how="anti")

    # Each reason is asked only of whom no reason before took out.
    parts.append(_busy(left(degrees), hub_degree).select(_ROW))
    parts.append(_wide(left(degrees), reach, parties).select(_ROW))
    parts.append(_beside(patterns, pairs, left(reach), _people(parties), hub_degree, centres).select(_ROW))
    asked = pl.concat([flagged.select("node"), *(way.select("node") for way in _both_ways(patterns))])
    parts.append(left(_pays_for_many(paid_for, asked, hub_degree)).select(_ROW))
    nodes = pl.concat(parts)
    large = _large_employers(patterns, left(reach), hub_degree).select(_ROW)
    held = _crowded_values(values, flagged, licences, hub_degree)
    listed = [names.tell(part, "node").rename({"node": "hub_id"}) for part in (nodes, large)]
    columns = ("kind", "hub_id", pl.col("n_subjects").cast(pl.Int32), "why")
    table = pl.concat([part.select(columns) for part in (*listed, held, _machines(crowded))])
    return Hubs(
        tables.HUBS.conform(table),
        nodes.select("node"),
        held.select("attribute", "value", "hub_id"),
        large.select("node"),
    )


def _busy(degrees: pl.DataFrame, hub_degree: int) -> pl.DataFrame:
    """Counterparties of many flagged subjects, few of them by patterns: node, kind, n_subjects, why."""
    few = pl.col("n_pattern") * PATTERN_ONE_IN < pl.col("n_subjects")
    return degrees.filter((pl.col("n_plain") > hub_degree) & few).select(
        "node",
        kind=pl.lit("counterparty"),
        n_subjects="n_subjects",
        why=pl.format("pays or is paid by {} flagged subjects without a pattern among them", "n_plain"),
    )


def _wide(degrees: pl.DataFrame, reach: pl.DataFrame, parties: pl.DataFrame) -> pl.DataFrame:
    """Counterparties that deal with strangers by the hundred: node, kind, n_subjects, why.

    A customer who is a person stays when patterns link it to many of the flagged subjects it deals with: a
    collector may have hundreds of payers.
    """
    rows = degrees.join(reach.filter(pl.col("n_accounts") > REACH), on="node")
    rows = rows.join(_people(parties), on="node", how="left")
    kept = pl.col("person").fill_null(False) & (pl.col("n_pattern") * PATTERN_ONE_IN >= pl.col("n_subjects"))
    return rows.filter((pl.col("n_subjects") > 1) & ~kept).select(
        "node",
        "n_subjects",
        kind=pl.lit("counterparty"),
        why=pl.format("pays or is paid by {} accounts in all the data", "n_accounts"),
    )


def _people(parties: pl.DataFrame) -> pl.DataFrame:
    """Customers who are persons: node, person."""
    none = pl.lit(None, dtype=pl.String)
    kind = pl.col("kind").cast(pl.String) if "kind" in parties.columns else none
    return parties.filter(kind == "natural").select(node="party_id", person=pl.lit(True)).unique()


def centres(base: Base, scoring: bundle.Scoring) -> pl.DataFrame:
    """Gives who stands in the middle by what was found on the own account: node.

    Either a network pattern of weight 3 and another rule, on the account or naming it as one who gains; or
    third-party rules on the account of `min_families` families, not all identity. All share a typology, and
    distinct rules weigh `alert_weight`. No chance payment made these, so of such a customer who is a person
    it is not asked what part of its money patterns show: who arranges marriages or moves people keeps most of
    what it is paid, and what goes to each of them is small beside the rest of a life.

    Args:
        base: from `links.base`.
        scoring: of the profile.
    """
    columns = ("node", "rule", "family", "weight", "typologies", "strong")
    counted = base.hits.filter((pl.col("weight") >= 1) & (pl.col("family") != "mitigation"))
    gains = base.roles.filter(pl.col("role").is_in(GAINING)).select("hit_id", "node")
    named = gains.join(counted.filter("strong").drop("node"), on="hit_id").select(*columns)
    own = counted.select(*columns)
    middle = (pl.col("family") == "network") & (pl.col("weight") >= PATTERN_RULE_WEIGHT)
    rows = [_by_form(own, middle=middle), _by_form(named, middle=pl.lit(False))]
    one = pl.concat(rows).unique(["node", "typologies", "rule"], keep="first", maintain_order=True)
    by_pattern = one.filter(pl.col("middle").any().over("node", "typologies"))
    by_signs = _by_form(own.filter("strong"), middle=middle)
    found = [by_pattern.filter(pl.len().over("node", "typologies") > 1)]
    families = pl.col("family").n_unique().over("node", "typologies") >= scoring.min_families
    beyond = (pl.col("family") != "identity").any().over("node", "typologies")
    found.append(by_signs.filter(families & beyond))
    heavy = pl.col("weight").sum().over("node", "typologies") >= float(scoring.alert_weight)
    return pl.concat([way.filter(heavy).select("node") for way in found]).unique().sort("node")


def _by_form(rows: pl.DataFrame, *, middle: pl.Expr) -> pl.DataFrame:
    """One row per node, typology and rule: with family, weight, and whether it is about the middle."""
    every = rows.with_columns(middle=middle).explode("typologies").drop_nulls(["node", "typologies"])
    return every.select("node", "typologies", "rule", "family", "weight", "middle").unique(
        ["node", "typologies", "rule"], keep="first", maintain_order=True
    )


def _beside(
    patterns: pl.DataFrame,
    pairs: pl.DataFrame,
    reach: pl.DataFrame,
    people: pl.DataFrame,
    hub_degree: int,
    centres: pl.DataFrame,
) -> pl.DataFrame:
    """Counterparties of many for whom what patterns show is a small part: node, kind, n_subjects, why.

    A shop, a landlord or an account for collective top-ups is now and then the payee that a pattern names.
    For somebody who takes what others earn, their money is a large part of all. Whoever only
    hangs on is not asked, nor an employer: wages of others say nothing against what its patterns show. A
    customer who is a person lives an ordinary life beside, so it stays when their money is that part of what
    it gets, or of what it pays: what passes through would count twice against it. `centres` stay.
    """
    reach = reach.join(people.join(centres, on="node", how="semi"), on="node", how="anti")
    both = (("source", "target"), ("target", "source"))
    employers = patterns.filter(pl.col("role") == "employer").select(node="target").unique()
    ways = pl.concat([patterns.select(joins=~pl.col("leaf"), node=one, other=two) for one, two in both])
    ways = ways.group_by("node", "other").agg(pl.col("joins").any())
    ways = ways.join(reach.filter(pl.col("n_accounts") > hub_degree), on="node")
    tied = ways.with_columns(n_subjects=pl.col("joins").sum().over("node"))
    tied = tied.filter(pl.col("n_subjects") > 1).join(employers, on="node", how="anti")
    paid = pl.concat([pairs.select("amount_eur", node=one, other=two) for one, two in both])
    sums = paid.join(tied, on=["node", "other"], how="semi")
    moved = sums.group_by("node").agg(moved=pl.col("amount_eur").sum())
    rows = tied.drop("other", "joins").unique("node").join(moved, on="node", how="left")
    small = pl.col("moved").fill_null(0) * PATTERN_ONE_IN < pl.col("total")
    asked = rows.filter(small).join(people, on="node", how="semi").select("node")
    kept = _one_sided(tied, pairs, asked)
    return (
        rows.filter(small)
        .join(kept, on="node", how="anti")
        .select(
            "node",
            "n_subjects",
            kind=pl.lit("counterparty"),
            why=pl.format(
                "deals with {} accounts; less than a quarter of its money is in patterns", "n_accounts"
            ),
        )
    )


def _one_sided(tied: pl.DataFrame, pairs: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Who gets a large part of its money from those whom patterns tie to it, or pays it to them: node."""
    own = tied.select("node", "other", tie=pl.lit(True))
    found = []
    for node, other in (("target", "source"), ("source", "target")):
        side = pairs.select("amount_eur", node=node, other=other).join(asked, on="node", how="semi")
        side = (
            side.join(own, on=["node", "other"], how="left")
            .group_by("node")
            .agg(moved=pl.col("amount_eur").filter(pl.col("tie")).sum(), total=pl.col("amount_eur").sum())
        )
        large = (pl.col("total") > 0) & (pl.col("moved") * PATTERN_ONE_IN >= pl.col("total"))
        found.append(side.filter(large).select("node"))
    return pl.concat(found).unique()


def _pays_for_many(paid_for: pl.DataFrame, involved: pl.DataFrame, hub_degree: int) -> pl.DataFrame:
    """Whoever pays for many others, such as an agency or an employer: node, kind, n_subjects, why."""
    asked = paid_for.join(involved, left_on="target", right_on="node", how="semi").select("source").unique()
    counted = paid_for.join(asked, on="source", how="semi")
    counted = counted.group_by(node="source").agg(n_subjects=pl.col("target").n_unique())
    return counted.filter(pl.col("n_subjects") > hub_degree).select(
        "node",
        "n_subjects",
        kind=pl.lit("payer for others"),
        why=pl.format("pays tickets, fees, rents or the like for {} people", "n_subjects"),
    )


def _large_employers(patterns: pl.DataFrame, reach: pl.DataFrame, hub_degree: int) -> pl.DataFrame:
    """Employers of many of whom patterns name few: node, kind, n_subjects, why.

    A payroll bureau, a hotel or a farm with one gang among its workers pays them as it pays all others. It
    stays as whose wages they are, and joins nobody.
    """
    named = patterns.filter((pl.col("role") == "employer") & ~pl.col("leaf"))
    named = named.select("hit_id", node="target")
    # A hit over a payee names workers and employer: its other members are whose wages these are.
    workers = patterns.filter(pl.col("role") == "possible_victim").select("hit_id", other="target")
    own = patterns.select("hit_id", other="source")
    few = named.join(pl.concat([workers, own]).unique(), on="hit_id").filter(
        pl.col("node") != pl.col("other")
    )
    few = few.group_by("node").agg(n_subjects=pl.col("other").n_unique())
    rows = few.join(reach.filter(pl.col("n_accounts") > hub_degree), on="node")
    rows = rows.filter(pl.col("n_subjects") * PATTERN_ONE_IN < pl.col("n_accounts"))
    return rows.select(
        "node",
        pl.col("n_subjects").cast(pl.Int32),
        kind=pl.lit("employer"),
        why=pl.format(
            "pays and is paid by {} accounts, fewer than a quarter of them in patterns: it joins nobody",
            "n_accounts",
        ),
    )


def _machines(crowded: pl.DataFrame) -> pl.DataFrame:
    why = (
        pl.when("by_day")
        .then(pl.format("up to {} customers used the machine on a day of a meeting", "n_subjects"))
        .otherwise(pl.format("{} flagged subjects used the machine", "n_subjects"))
    )
    return crowded.select(
        kind=pl.lit("shared terminal"), hub_id="terminal_id", n_subjects="n_subjects", why=why
    )


def _both_ways(frame: pl.DataFrame) -> list[pl.DataFrame]:
    return [frame.select(node="target", other="source"), frame.select(node="source", other="target")]


def _flagged_contacts(
    pairs: pl.DataFrame, patterns: pl.DataFrame, flagged: pl.DataFrame, n: int
) -> tuple[Keys, Keys]:
    """Nodes with the flagged subjects they have to do with, by patterns, and by plain payments alone.

    Each contact is one whole number, `_NODE` times the node plus the flagged subject, in order and once:
    hashing two columns of a million rows takes several times longer.
    """
    marked = np.zeros(n, np.bool_)
    marked[flagged["node"].to_numpy()] = True

    def both_ways(frame: pl.DataFrame) -> Keys:
        ends = [frame[c].to_numpy().astype(np.int64) for c in ("source", "target")]
        return distinct(np.concatenate([a[marked[b]] * _NODE + b[marked[b]] for a, b in (ends, ends[::-1])]))

    shown, every = both_ways(patterns), both_ways(pairs)
    at = np.minimum(np.searchsorted(shown, every), max(len(shown) - 1, 0))
    return shown, every[shown[at] != every] if len(shown) else every


def _degrees(shown: Keys, plain: Keys, n: int) -> pl.DataFrame:
    """How many flagged subjects a node has to do with: node, n_subjects, n_plain, n_pattern."""
    by_pattern, by_payment = (np.bincount(keys // _NODE, minlength=n) for keys in (shown, plain))
    node = np.flatnonzero(by_pattern + by_payment)
    return pl.DataFrame(
        {
            "node": pl.Series(node, dtype=pl.UInt32),
            "n_subjects": (by_pattern + by_payment)[node],
            "n_plain": by_payment[node],
            "n_pattern": by_pattern[node],
        }
    )


def _contacts(keys: Keys, wanted: pl.DataFrame) -> pl.DataFrame:
    """The contacts of some nodes: node, other."""
    mine = keys[np.isin(keys // _NODE, wanted["node"].to_numpy())]
    ends = {"node": mine // _NODE, "other": mine % _NODE}
    return pl.DataFrame(ends, schema=dict.fromkeys(ends, pl.UInt32))


def _licensed(parties: pl.DataFrame) -> pl.DataFrame:
    """Parties whose trade is to serve strangers: node, kind, why."""
    columns = set(parties.columns)
    none = pl.lit(None, dtype=pl.String)
    licence = pl.col("licence").cast(pl.String) if "licence" in columns else none
    sector = pl.col("sector_nace").cast(pl.String) if "sector_nace" in columns else none
    legal = pl.col("kind") == "legal" if "kind" in columns else pl.lit(False)
    folded = licence.str.to_lowercase().str.strip_chars().str.replace_all(r"[\s\-]+", "_")
    division = sector.str.strip_chars().str.extract(r"^(?:[A-Z]\.?)?(\d\d)", 1)
    rows = parties.select(
        pl.col("party_id").alias("node"),
        folded.is_in(HUB_LICENCES).fill_null(False).alias("by_licence"),
        (division.is_in(HUB_SECTORS) & legal).fill_null(False).alias("by_sector"),
        folded.alias("trade"),
    ).filter(pl.col("by_licence") | pl.col("by_sector"))
    why = (
        pl.when("by_licence")
        .then(pl.format("licence or registered trade on file: {}", pl.col("trade").str.replace_all("_", " ")))
        .otherwise(pl.lit("utility, telecoms, finance, education, health or public body by its sector"))
    )
    kind = pl.when("by_licence").then(pl.lit("licence")).otherwise(pl.lit("sector"))
    return rows.select("node", kind=kind, why=why).unique("node").sort("node")


def _public() -> pl.Expr:
    """A detail that more than a household shares, few of them flagged, belongs to a place or an office."""
    return (pl.col("n_subjects") > HOUSEHOLD) & (pl.col("n_flagged") * FLAGGED_ONE_IN < pl.col("n_subjects"))


def _crowded_values(
    values: pl.DataFrame, flagged: pl.DataFrame, licensed: pl.DataFrame, hub_degree: int
) -> pl.DataFrame:
    """Attribute values of too many subjects, or of a licensed business; the value itself is never shown."""
    marked = values.join(flagged.with_columns(flagged=pl.lit(True)), on="node", how="left")
    marked = marked.join(licensed.select("node", agent=pl.lit(True)), on="node", how="left")
    held = (
        marked.group_by("attribute", "value")
        .agg(pl.len().alias("n_subjects"), n_flagged=pl.col("flagged").sum(), agent=pl.col("agent").any())
        .filter(
            (pl.col("n_flagged") > 0)
            & ((pl.col("n_subjects") > hub_degree) | pl.col("agent").fill_null(False) | _public())
        )
        .sort("attribute", "value")
    )
    names = {name: words for name, (words, _, _) in ATTRIBUTES.items()}
    digests = [
        hashlib.sha256(f"{a}\n{v}".encode()).hexdigest()[:12]
        for a, v in zip(held["attribute"].to_list(), held["value"].to_list(), strict=True)
    ]
    why = (
        pl.when(pl.col("n_subjects") > hub_degree)
        .then(pl.format("{} of {} subjects", pl.col("attribute").replace(names), "n_subjects"))
        .when(~pl.col("agent").fill_null(False))
        .then(
            pl.format(
                "{} of {} subjects, of whom {} are flagged",
                pl.col("attribute").replace(names),
                "n_subjects",
                "n_flagged",
            )
        )
        .otherwise(pl.format("{} of a licensed business or public body", pl.col("attribute").replace(names)))
    )
    held = held.with_columns(
        kind=pl.col("attribute").replace(names), why=why, digest=pl.Series(digests, dtype=pl.String)
    )
    return held.with_columns(hub_id=pl.format("{} {}", pl.col("kind").str.strip_prefix("shared "), "digest"))
