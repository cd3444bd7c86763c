"""What links subjects: patterns of hits, plain payments, shared attributes. Columns only, no graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.model import catalogue

if TYPE_CHECKING:
    from datetime import datetime

PATTERN_WEIGHT = 0.8
ONE_PAYMENT, REPEATED_PAYMENTS = 0.3, 0.5
#: Pairs of subjects group from this sum of link weights on, and never by plain payments alone.
GROUP_FROM = 0.5
#: Column of the parties table, "device", "conductor" or "access", by kind of link: (kind, weight, words).
ATTRIBUTES = {
    "phone_hash": ("shared telephone", 0.9, "same telephone (hashed)"),
    "email_hash": ("shared e-mail", 0.9, "same e-mail address (hashed)"),
    "device": ("shared device", 1.0, "same device (pseudonymous)"),
    "conductor": ("shared conductor", 0.7, "same person at the counter (pseudonymous)"),
    "access": ("shared access", 0.7, "same joint holder or mandate (customer)"),
    "address_hash": ("shared address", 0.3, "same address (hashed)"),
}
#: Roles whose links can attach a subject to a group without joining two groups.
LEAF_ROLES = ("possible_client", "employer")
#: A member below one euro, or below one hundredth of the usual member of the hit, is no member.
MIN_CENTS, MIN_SHARE = 100, 0.01

_PERSON_FIELDS = frozenset({
    "account_id", "cp_account_id", "cp_iban", "party_id", "employer_id", "conductor_id", "iban",
    "on_behalf_of",
})  # fmt: skip
_OTHER_FIELDS = sorted(
    {f.name for fields in catalogue.TABLES.values() for f in fields} - _PERSON_FIELDS
    | {name.rsplit(".", 1)[-1] for name in catalogue.DERIVED} - _PERSON_FIELDS
)
_PERSON_KINDS = ("account", "party", "customer", "person", "natural", "legal", "external")


@dataclass(frozen=True, slots=True)
class Base:
    """Hits and roles over nodes. A node is a party id, or an account id where no party is known.

    Attributes:
        hits: hit_id, rule, title, family, weight, third_party, typologies, starts, ends, tx_ids,
            node (missing when the hit's subject is a thing, such as a terminal), strong.
        roles: hit_id, rule, node, role, n_tx, amount_eur, on_file (an employer known from the file, not
            from payments); `place` left out.
        flagged: node, of every subject with a hit of weight 1 or more outside mitigation.
    """

    hits: pl.DataFrame
    roles: pl.DataFrame
    flagged: pl.DataFrame


def to_node(frame: pl.DataFrame, column: str, subjects: pl.DataFrame, name: str) -> pl.DataFrame:
    """Adds `name`: the subject of an account id; an id without a subject stands for itself."""
    index = subjects.select(pl.col("account_id").alias(column), pl.col("subject_id").alias(name))
    index = index.sort(column, name).unique(column, keep="first", maintain_order=True)
    joined = frame.join(index, on=column, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(name, column).alias(name))


def base(hits: pl.DataFrame, hit_members: pl.DataFrame, subjects: pl.DataFrame) -> Base:
    """Maps hits and their members onto nodes.

    Args:
        hits: table HITS.
        hit_members: table HIT_MEMBERS.
        subjects: account_id, subject_id.
    """
    known = pl.concat([subjects["account_id"], subjects["subject_id"]]).unique()
    first_key = pl.col("keys").list.first().struct.field("field").str.split(".").list.last()
    person = (
        pl.col("subject_id").is_in(known.implode())
        | pl.col("subject_kind").is_in(_PERSON_KINDS)
        | first_key.is_in(sorted(_PERSON_FIELDS)).fill_null(False)
    )
    nodes = to_node(hits.with_columns(person.alias("_person")), "subject_id", subjects, "node")
    nodes = nodes.select(
        "hit_id",
        "rule",
        "title",
        "family",
        "weight",
        "third_party",
        "typologies",
        # A calendar period may be longer than what moved in it; what moved is what is told.
        pl.coalesce("first", "starts").alias("starts"),
        pl.coalesce("last", "ends").alias("ends"),
        "tx_ids",
        pl.when("_person").then("node").alias("node"),
        (
            (pl.col("third_party") | (pl.col("family") == "network"))
            & (pl.col("weight") >= 1)
            & (pl.col("family") != "mitigation")
        )
        .fill_null(False)
        .alias("strong"),
    ).sort("hit_id")
    usable = ~pl.col("field").str.split(".").list.last().is_in(_OTHER_FIELDS) & (pl.col("role") != "place")
    roles = to_node(hit_members.filter(usable), "member_id", subjects, "node")
    on_file = pl.col("field").str.split(".").list.last() == "employer_id"
    roles = roles.group_by("hit_id", "rule", "node", "role").agg(
        pl.col("n_tx", "amount_eur").sum(), on_file.all().alias("on_file")
    )
    counted = nodes.filter((pl.col("weight") >= 1) & (pl.col("family") != "mitigation"))
    of_things = roles.join(counted.filter(pl.col("node").is_null()), on="hit_id", how="semi")
    flagged = pl.concat([counted.select("node"), of_things.select("node")]).drop_nulls().unique().sort("node")
    return Base(nodes, roles.sort("hit_id", "node", "role"), flagged)


def pattern_links(b: Base, hub_degree: int) -> pl.DataFrame:
    """Gives the links that a third-party or network pattern itself makes.

    Args:
        b: from `base`.
        hub_degree: a thing that more members share links none of them.

    Returns:
        hit_id, rule, title, source (the hit's subject), target (the member), role, leaf, own_role
        (the subject's, when that makes the leaf), network (family), n_tx, amount_eur, starts,
        ends; one row per hit, member and role.

    Notes:
        A hit on a thing (a terminal, a device) links its members to the first of them. Members with
        next to no money in the hit are left out: anybody can send a cent. Clients hang on a group and
        do not join groups, and so do employers known only from the file; an employer whose own
        payments make the pattern joins.
    """
    strong = b.hits.filter("strong").select(
        "hit_id", "title", "node", "starts", "ends", (pl.col("family") == "network").alias("network")
    )
    rows = _members_with_source(b.roles, strong, hub_degree)
    own_leaf = pl.col("own_leaf").fill_null(False) & ~pl.col("network")
    leaf = _hangs() | own_leaf
    return rows.select(
        "hit_id",
        "rule",
        "title",
        "source",
        pl.col("node").alias("target"),
        "role",
        leaf.alias("leaf"),
        pl.when(own_leaf).then("own_role").alias("own_role"),
        "network",
        "n_tx",
        "amount_eur",
        "starts",
        "ends",
    ).sort("hit_id", "target", "role")


def _hangs() -> pl.Expr:
    return (pl.col("role") == "possible_client") | ((pl.col("role") == "employer") & pl.col("on_file"))


def _members_with_source(roles: pl.DataFrame, strong: pl.DataFrame, hub_degree: int) -> pl.DataFrame:
    """Roles of strong hits beside the hit's subject, or beside its first member when that is a thing."""
    rows = roles.filter(pl.col("role") != "unknown").join(strong.rename({"node": "source"}), on="hit_id")
    usual = pl.col("amount_eur").median().over("hit_id", "role")
    # A sum of 0 means that no rate was given, not that nothing was paid.
    tiny = (pl.col("amount_eur") > 0) & (
        (pl.col("amount_eur") < MIN_CENTS) | (pl.col("amount_eur") < MIN_SHARE * usual)
    )
    hangs = _hangs()
    own_role_is_leaf = (
        rows.filter(pl.col("node") == pl.col("source"))
        .group_by("hit_id")
        .agg(hangs.all().alias("own_leaf"), pl.col("role").min().alias("own_role"))
    )
    rows = rows.with_columns(pl.col("node").n_unique().over("hit_id").alias("_n")).filter(
        ~tiny.fill_null(False)
    )
    rows = rows.filter(pl.col("source").is_not_null() | (pl.col("_n") <= hub_degree))
    first = pl.when(~hangs).then("node").min().over("hit_id")
    rows = rows.with_columns(pl.coalesce("source", first).alias("source"))
    rows = rows.drop_nulls("source").filter(pl.col("node") != pl.col("source"))
    return rows.join(own_role_is_leaf, on="hit_id", how="left")


def node_payments(payments: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """Gives table PAYMENTS with nodes for accounts; payments within one node are left out."""
    rows = to_node(to_node(payments, "source", subjects, "_s"), "target", subjects, "_t")
    rows = rows.drop("source", "target").rename({"_s": "source", "_t": "target"})
    return rows.filter(pl.col("source") != pl.col("target"))


def payment_pairs(payments: pl.DataFrame) -> pl.DataFrame:
    """Gives payments per paying and receiving node: source, target, n, amount_eur, first, last.

    Args:
        payments: from `node_payments`; nodes are codes.
    """
    rows = payments.select("source", "target", "n", "amount_eur", "first", "last")
    # One whole number per pair sorts and groups several times faster than two columns.
    rows = rows.with_columns(pair=pl.col("source").cast(pl.UInt64) * 2**32 + pl.col("target")).sort("pair")
    if rows.height and (rows["pair"] != rows["pair"].shift()).all():
        return rows.drop("pair")
    out = rows.group_by("pair", maintain_order=True).agg(
        pl.col("source", "target").first(), pl.col("n", "amount_eur").sum(),
        pl.col("first").min(), pl.col("last").max(),
    )  # fmt: skip
    return out.drop("pair")


def attribute_values(
    parties: pl.DataFrame, devices: pl.DataFrame, conductors: pl.DataFrame, access: pl.DataFrame
) -> pl.DataFrame:
    """Gives who holds which attribute value: attribute, value, node, last, holders, itself.

    `holders` counts the subjects of the value; `itself` says that the node is who has the access.

    Args:
        parties: canonical parties.
        devices: device_id, subject_id and, when known, last (time of the last use).
        conductors: conductor_id, subject_id and, when known, last.
        access: access_id, subject_id; see `engine.payments.access`.
    """
    undated = pl.lit(None, dtype=pl.Datetime("us", "UTC"))
    parts = [
        parties.select(
            pl.lit(c).alias("attribute"),
            pl.col(c).cast(pl.String).alias("value"),
            pl.col("party_id").alias("node"),
            last=undated,
        )
        for c in ATTRIBUTES
        if c in parties.columns
    ]
    parts += [
        seen.select(
            pl.lit(name).alias("attribute"),
            pl.col(f"{name}_id").cast(pl.String).alias("value"),
            pl.col("subject_id").cast(pl.String).alias("node"),
            last="last" if "last" in seen.columns else undated,
        )
        for name, seen in (("device", devices), ("conductor", conductors), ("access", access))
    ]
    rows = pl.concat(parts).drop_nulls(["value", "node"]).filter(pl.col("value") != "")
    rows = rows.group_by("attribute", "value", "node").agg(pl.col("last").max())
    rows = rows.with_columns(
        pl.len().over("attribute", "value").alias("holders"),
        itself=(pl.col("attribute") == "access") & (pl.col("value") == pl.col("node")),
    )
    return rows.filter(pl.col("holders") > 1).sort("attribute", "value", "node")


def attribute_pairs(values: pl.DataFrame, involved: pl.DataFrame) -> pl.DataFrame:
    """Gives pairs that share an attribute: source < target, attribute, value, last, outer, itself.

    `last` is the time until which both were seen with the value, missing where it has no date; `outer` is the
    end that is not involved, and `itself` says that it has the access that the other end gave.

    Args:
        values: from `attribute_values`, hubs already taken out, so that no value has many holders.
        involved: node; flagged subjects and those named by a pattern.
    """
    marked = values.join(involved.with_columns(pl.lit(True).alias("inside")), on="node", how="left")
    marked = marked.with_columns(pl.col("inside").fill_null(False))
    marked = marked.filter(pl.col("inside").any().over("attribute", "value"))
    keys = ["attribute", "value"]
    sides = marked.select(*keys, source="node", a="inside", last_a="last", self_a="itself")
    other = marked.select(*keys, target="node", b="inside", last_b="last", self_b="itself")
    pairs = sides.join(other, on=keys)
    pairs = pairs.filter((pl.col("source") < pl.col("target")) & (pl.col("a") | pl.col("b")))
    outer = pl.when(~pl.col("a")).then("source").when(~pl.col("b")).then("target")
    itself = pl.when(~pl.col("a")).then("self_a").when(~pl.col("b")).then("self_b").otherwise(False)
    until = pl.min_horizontal("last_a", "last_b")
    found = pairs.select("source", "target", *keys, last=until, outer=outer, itself=itself)
    return found.sort("source", "target", *keys)


def decay(last: pl.Expr, as_of: datetime, half_after_days: int) -> pl.Expr:
    """Gives the factor of a link by age: 0.5 per `half_after_days` before `as_of`; undated links keep 1."""
    days = (pl.lit(as_of) - last).dt.total_days().clip(lower_bound=0)
    return (pl.lit(0.5) ** (days / half_after_days)).fill_null(1.0)


def glue(
    patterns: pl.DataFrame,
    pairs: pl.DataFrame,
    shared: pl.DataFrame,
    ties: pl.DataFrame,
    flagged: pl.DataFrame,
    *,
    age: tuple[datetime, int],
) -> pl.DataFrame:
    """Gives the pairs strong enough to group: a < b, weight (before decay), aged (after decay).

    Args:
        patterns: from `pattern_links`, hubs taken out.
        pairs: from `payment_pairs`, hubs taken out.
        shared: from `attribute_pairs`.
        ties: from `motifs`.
        flagged: node.
        age: time of the last booking, and days after which a weight halves.

    Notes:
        Age does not decide who belongs together: a ring would fall apart, and change its id, merely because
        the data go on for some months after it was busy. It decides where a group that is too large is
        cut: `aged` is what communities are sought by. Plain payments only strengthen a pair that something
        else links. An unflagged holder of shared attributes counts when different values tie it to at least
        two flagged subjects: one value alone already links the flagged ones with one another.
    """
    first, second = pl.min_horizontal("source", "target"), pl.max_horizontal("source", "target")
    motif = patterns.filter(~pl.col("leaf")).select(
        a=first, b=second, kind=pl.lit("pattern"), w=pl.lit(PATTERN_WEIGHT), last="ends"
    )
    weights = {name: w for name, (_, w, _) in ATTRIBUTES.items()}
    attribute = shared.select(
        a="source",
        b="target",
        kind=pl.col("attribute"),
        w=pl.col("attribute").replace_strict(weights, return_dtype=pl.Float64),
        last="last",
    )
    shaped = ties.select(a=first, b=second, kind="kind", w="weight", last="last")
    other = pl.concat([motif, attribute, shaped])
    other = other.group_by("a", "b", "kind").agg(
        pl.col("w").max(), pl.when(pl.col("last").is_not_null().all()).then(pl.col("last").max())
    )
    both = pairs.join(flagged, left_on="source", right_on="node", how="semi")
    both = both.join(flagged, left_on="target", right_on="node", how="semi")
    plain = both.group_by(a=first, b=second).agg(
        w=pl.when(pl.col("n").sum() > 1).then(REPEATED_PAYMENTS).otherwise(ONE_PAYMENT),
        last=pl.col("last").max(),
    )
    plain = plain.join(other, on=["a", "b"], how="semi")
    columns = ("a", "b", "w", "last")
    every = pl.concat([other.select(columns), plain.select(columns)])
    every = every.with_columns(aged=pl.col("w") * decay(pl.col("last"), *age))
    summed = every.group_by("a", "b").agg(
        pl.col("w").sort().sum().round(4).alias("weight"), pl.col("aged").sort().sum().round(4)
    )
    strong = summed.filter(pl.col("weight") >= GROUP_FROM)
    return _without_idle_connectors(strong, shared).sort("a", "b")


def _without_idle_connectors(strong: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    outer = shared.drop_nulls("outer").rename({"source": "a", "target": "b"})
    rows = outer.join(strong, on=["a", "b"], how="semi")
    people = pl.when(pl.col("a") == pl.col("outer")).then("b").otherwise("a").n_unique()
    # Whoever has access to accounts of several is not one of those who share it: it is what they share.
    ties = rows.group_by("outer").agg(
        people=people, values=pl.struct("attribute", "value").n_unique(), itself=pl.col("itself").any()
    )
    alone = (pl.col("people") < 2) | ((pl.col("values") < 2) & ~pl.col("itself"))
    idle = rows.join(ties.filter(alone), on="outer", how="semi")
    return strong.join(idle.select("a", "b").unique(), on=["a", "b"], how="anti")
