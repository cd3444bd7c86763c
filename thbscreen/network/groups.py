"""Groups: linear components first, then one small graph per component; who else hangs on them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import networkx as nx
import polars as pl

from thbscreen.model.components import components
from thbscreen.network.links import LEAF_ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Above this many links a group is cut by link strength alone: community search would take minutes.
COMMUNITY_LINKS = 20_000
MIN_MEMBERS = 3
#: A connector moves at least this with each of at least two members, more than once.
CONNECTOR_CENTS = 1_000
#: A collecting member is paid repeatedly by at least this many members.
COLLECTOR_PAYERS = 3
#: Whom the money is for gets this part of all that a collecting member pays out, in so many payments.
ONWARD_SHARE, ONWARD_PAYMENTS = 0.3, 3
#: Even sums, the smallest at least this part of the largest, so far apart are a rent or an instalment.
RENT_EVEN, RENT_GAP = 0.9, timedelta(days=20)
FADED = 0.001
_SEED = 7

Pair = tuple[int, int, float]


def group(
    pairs: pl.DataFrame, patterns: pl.DataFrame, strong: pl.DataFrame, outer: pl.DataFrame, max_nodes: int
) -> pl.DataFrame:
    """Gives the core of every group that is large enough: group, node, size_before, is_connector.

    Args:
        pairs: a, b, weight, aged; from `links.glue`.
        patterns: from `links.pattern_links`, hubs taken out.
        strong: node; subjects and members of third-party or network-family hits.
        outer: node; unflagged holders of shared attributes.
        max_nodes: larger components are split into communities.
    """
    centres = patterns.filter(pl.col("network") & pl.col("leaf")).select(node="source")
    nodes = pl.concat([pairs.select(node="a"), pairs.select(node="b"), centres]).unique().sort("node")
    nodes = nodes.with_columns(code=pl.int_range(pl.len(), dtype=pl.Int64))
    coded = pairs.join(nodes.rename({"node": "a", "code": "u"}), on="a")
    coded = coded.join(nodes.rename({"node": "b", "code": "v"}), on="b").sort("u", "v")
    labels = components(len(nodes), coded["u"].to_numpy(), coded["v"].to_numpy())
    nodes = nodes.with_columns(label=pl.Series(labels, dtype=pl.Int64))
    nodes = nodes.with_columns(size_before=pl.len().over("label"))
    nodes = _split_large(nodes, coded, max_nodes)
    leaves = patterns.filter(pl.col("network") & (pl.col("leaf")) & (pl.col("role") == "possible_client"))
    extra = leaves.join(nodes.select(source="node", label="label"), on="source")
    extra = extra.group_by("label").agg(extra=pl.col("target").n_unique())
    marked = nodes.join(strong.with_columns(strong=pl.lit(True)), on="node", how="left").join(
        extra, on="label", how="left"
    )
    size = pl.len().over("label") + pl.col("extra").fill_null(0)
    kept = marked.filter(pl.col("strong").any().over("label") & (size >= MIN_MEMBERS))
    kept = kept.join(outer.with_columns(is_connector=pl.lit(True)), on="node", how="left")
    return kept.select(
        pl.col("label").alias("group"), "node", "size_before", pl.col("is_connector").fill_null(False)
    ).sort("group", "node")


def _split_large(nodes: pl.DataFrame, coded: pl.DataFrame, max_nodes: int) -> pl.DataFrame:
    large = nodes.filter(pl.col("size_before") > max_nodes).select("code", "label")
    if large.is_empty():
        return nodes
    # A weight that has faded to nothing still links: communities are sought by positive weights only.
    aged = pl.col("aged").clip(lower_bound=FADED).alias("weight")
    links = coded.join(large.rename({"code": "u"}), on="u").select("u", "v", aged, "label")
    moved: dict[int, int] = {}
    for (_,), part in sorted(links.partition_by("label", as_dict=True).items()):
        rows = list(zip(part["u"].to_list(), part["v"].to_list(), part["weight"].to_list(), strict=True))
        for community in split(rows, max_nodes):
            moved |= dict.fromkeys(community, community[0])
    new = pl.DataFrame(
        {"code": list(moved), "new": list(moved.values())}, schema={"code": pl.Int64, "new": pl.Int64}
    )
    out = nodes.join(new, on="code", how="left").with_columns(label=pl.coalesce("new", "label"))
    return out.drop("new").sort("node")


def split(pairs: Sequence[Pair], max_nodes: int) -> list[list[int]]:
    """Splits one component into connected communities; each is sorted, ordered by its first code.

    Args:
        pairs: u, v, weight; integer codes, so that no order depends on text hashing.
        max_nodes: size aimed at; a community may stay larger.

    Notes:
        Louvain with a fixed seed; above `COMMUNITY_LINKS` links, strongest links first are joined
        up to `max_nodes`.

    Source:
        Blondel et al. 2008, "Fast unfolding of communities in large networks".
    """
    ordered = sorted(pairs)
    if len(ordered) > COMMUNITY_LINKS:
        return _capped(ordered, max_nodes)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(sorted({c for u, v, _ in ordered for c in (u, v)}))
    graph.add_weighted_edges_from(ordered)
    found = nx.community.louvain_communities(graph, weight="weight", seed=_SEED)
    parts = [
        sorted(part) for community in found for part in nx.connected_components(graph.subgraph(community))
    ]
    return sorted(parts)


def _capped(ordered: list[Pair], max_nodes: int) -> list[list[int]]:
    parent = {c: c for u, v, _ in ordered for c in (u, v)}
    size = dict.fromkeys(parent, 1)

    def root(c: int) -> int:
        while parent[c] != c:
            parent[c] = parent[parent[c]]
            c = parent[c]
        return c

    for u, v, _ in sorted(ordered, key=lambda p: -p[2]):
        a, b = root(u), root(v)
        if a != b and size[a] + size[b] <= max_nodes:
            low, high = min(a, b), max(a, b)
            parent[high] = low
            size[low] += size[high]
    parts: dict[int, list[int]] = {}
    for c in sorted(parent):
        parts.setdefault(root(c), []).append(c)
    return sorted(parts.values())


def attach(
    core: pl.DataFrame,
    patterns: pl.DataFrame,
    pairs: pl.DataFrame,
    flagged: pl.DataFrame,
    *,
    payments: pl.DataFrame,
    businesses: pl.DataFrame,
    legal: pl.DataFrame,
) -> pl.DataFrame:
    """Gives who hangs on a group without joining groups: group, node, how.

    Args:
        core: group, node.
        patterns: from `links.pattern_links`, hubs taken out.
        pairs: from `links.payment_pairs`, hubs taken out.
        flagged: node.
        payments: table PAYMENTS with nodes for accounts.
        businesses: node; who is paid by direct debit or card.
        legal: node; legal persons, whose wages and invoices nobody collects.

    Notes:
        A client hangs on the group by one pattern, an employer by patterns with two members. A
        payee further on is who gets the largest part, at least `ONWARD_SHARE`, of all that a collecting
        member pays out, again and again, and not in even monthly sums like a landlord: behind a collector
        stands whom the money is for. A connector is unflagged and no business, moves money repeatedly with
        two flagged members or more, and with no flagged subject outside that one group.
    """
    groups = core.select("group", "node")
    leaf = patterns.filter("leaf")
    sides = [
        leaf.filter(pl.col("role").is_in(LEAF_ROLES)).select(inner="source", node="target", how="role"),
        leaf.select(inner="target", node="source", how="own_role"),
    ]
    hanging = pl.concat(sides).drop_nulls("how")
    hanging = hanging.join(groups.rename({"node": "inner"}), on="inner").join(groups, on="node", how="anti")
    hanging = hanging.group_by("group", "node", "how").agg(members=pl.col("inner").n_unique())
    hanging = hanging.filter((pl.col("how") != "employer") | (pl.col("members") > 1))
    hanging = hanging.select("group", "node", "how")
    onward = _onward(groups, pairs, payments, legal).join(hanging, on=["group", "node"], how="anti")
    hanging = pl.concat([hanging, onward])
    connectors = _connectors(groups, pairs, flagged).join(hanging, on="node", how="anti")
    connectors = connectors.join(businesses, on="node", how="anti")
    every = pl.concat([hanging, connectors]).sort("group", "node", "how")
    return every.unique(["group", "node"], keep="first", maintain_order=True)


def _onward(
    groups: pl.DataFrame, pairs: pl.DataFrame, payments: pl.DataFrame, legal: pl.DataFrame
) -> pl.DataFrame:
    inside = pairs.join(groups.rename({"node": "source"}), on="source")
    inside = inside.join(groups.rename({"node": "target"}), on=["group", "target"], how="semi")
    people = inside.filter(pl.col("n") > 1).join(legal, left_on="source", right_on="node", how="anti")
    payers = people.group_by("group", "target").agg(payers=pl.col("source").n_unique())
    collectors = payers.filter(pl.col("payers") >= COLLECTOR_PAYERS).select("group", source="target")
    paid = pairs.join(collectors, on="source").with_columns(
        total=pl.col("amount_eur").sum().over("group", "source")
    )
    paid = paid.join(groups.select(target="node"), on="target", how="anti").filter(
        (pl.col("n") >= ONWARD_PAYMENTS) & (pl.col("amount_eur") >= ONWARD_SHARE * pl.col("total"))
    )
    paid = paid.join(_like_rent(payments, paid), on=["source", "target"], how="anti")
    paid = paid.sort("group", "source", "amount_eur", "target", descending=[False, False, True, False])
    first = paid.unique(["group", "source"], keep="first", maintain_order=True)
    return first.select("group", node="target", how=pl.lit("onward")).unique().sort("group", "node")


def _like_rent(payments: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Pairs of which the sums are even and about a month apart: source, target."""
    rows = payments.join(asked.select("source", "target").unique(), on=["source", "target"], how="semi")
    single = rows.select("source", "target", "times", "amounts_eur").explode("times", "amounts_eur")
    single = single.drop_nulls("times").sort("source", "target", "times")
    seen = single.group_by("source", "target", maintain_order=True).agg(
        even=pl.col("amounts_eur").min() >= RENT_EVEN * pl.col("amounts_eur").max(),
        apart=(pl.col("times").diff().min() >= RENT_GAP).fill_null(False),
    )
    return seen.filter(pl.col("even") & pl.col("apart")).select("source", "target")


def _connectors(groups: pl.DataFrame, pairs: pl.DataFrame, flagged: pl.DataFrame) -> pl.DataFrame:
    def way(node: str, other: str) -> pl.DataFrame:
        rows = pairs.select("n", "amount_eur", node=node, other=other)
        rows = rows.join(flagged, left_on="other", right_on="node", how="semi")
        return rows.join(flagged, on="node", how="anti").join(groups, on="node", how="anti")

    ways = pl.concat([way("source", "target"), way("target", "source")])
    # Whoever has nothing to do with a group is asked no further: that is nearly everybody.
    near = ways.join(groups, left_on="other", right_on="node", how="semi").select("node").unique()
    ways = ways.join(near, on="node", how="semi")
    sums = ways.group_by("node", "other").agg(pl.col("n", "amount_eur").sum())
    sums = sums.filter((pl.col("n") > 1) & (pl.col("amount_eur") >= CONNECTOR_CENTS))
    placed = sums.join(groups.rename({"node": "other"}), on="other", how="left")
    tied = (
        placed.group_by("node")
        .agg(
            pl.col("group").drop_nulls().n_unique().alias("groups"),
            pl.col("group").is_null().any().alias("outside"),
            pl.len().alias("members"),
            pl.col("group").drop_nulls().min().alias("group"),
        )
        .filter((pl.col("groups") == 1) & ~pl.col("outside") & (pl.col("members") > 1))
    )
    return tied.select("group", "node", how=pl.lit("connector"))


def cut_points(nodes: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Gives, for members without whom the group falls apart, into how many parts it falls.

    Args:
        nodes: members of one group.
        links: pairs of members; others are ignored.
    """
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted(nodes))
    graph.add_edges_from((u, v) for u, v in sorted(links) if u in graph and v in graph)
    before = nx.number_connected_components(graph)
    out: dict[str, int] = {}
    for node in sorted(nx.articulation_points(graph)):
        rest = graph.subgraph(set(graph) - {node})
        parts = nx.number_connected_components(rest) - (before - 1)
        out[node] = parts
    return out
