"""What a run folder has to hand over: networks, members, links between them, and each payment once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from thbscreen.engine import tables
from thbscreen.errors import DataError, UsageError
from thbscreen.io.digest import sha256_file
from thbscreen.report.export.payments import payments_of
from thbscreen.report.export.texts import NAMESPACE, key
from thbscreen.report.folder import RunFolder, unchanged
from thbscreen.report.text import words

USED = ("networks", "network_members", "network_edges", "alerts")
APART = "possible victim"
NAMED = "named in a network"


@dataclass(frozen=True, slots=True)
class Handover:
    """The networks to hand over; every frame has one order, and nothing depends on the clock.

    Attributes:
        networks: table NETWORKS with `key`; in the order of rank.
        memberships: network_id, member_id, key, role, second_role, share; one row per network and member.
        members: one row per member, in the order of ids; see `_members`.
        links: one row per pair, direction and kind of link, with `key`, `source_key`, `target_key` and the
            list `networks`; times, amounts and ids of payments stay lists.
        payments: one row per payment; see `payments_of`.
        zone: people's clock of the run.
        namespace: part of every key.
        digest: SHA-256 of the run folder's manifest, so that a file can be traced to its run.
    """

    networks: pl.DataFrame
    memberships: pl.DataFrame
    members: pl.DataFrame
    links: pl.DataFrame
    payments: pl.DataFrame
    zone: ZoneInfo
    namespace: str
    digest: str

    @property
    def victims(self) -> int:
        """Members to be handled as possible victims."""
        return int((self.members["handling"] == APART).sum())


def read_handover(folder: RunFolder, network_ids: Sequence[str] = (), namespace: str = NAMESPACE) -> Handover:
    """Reads what is to be handed over.

    Args:
        folder: a run folder.
        network_ids: the networks wanted; all when empty.
        namespace: part of every key.

    Raises:
        UsageError: there is no such network.
        DataError: a table cannot be read, or is not the one that the scan wrote.
    """
    for name in USED:
        unchanged(folder, f"{name}.parquet")
    networks = _chosen(folder.table("networks"), network_ids)
    inside = pl.col("network_id").is_in(networks["network_id"].implode())
    members = folder.table("network_members").filter(inside)
    links = _links(folder.table("network_edges").filter(inside), networks, namespace)
    payments = payments_of(links, members, folder, networks["network_id"].to_list(), namespace)
    ranked = members.join(networks.select("network_id", "rank"), on="network_id").sort("rank", "member_id")
    return Handover(
        networks=networks.with_columns(_keys("network", networks["network_id"], namespace)),
        memberships=_memberships(ranked, namespace),
        members=_members(ranked, payments, folder.table("alerts"), namespace),
        links=links,
        payments=payments,
        zone=folder.zone,
        namespace=namespace,
        digest=sha256_file(folder.path / "manifest.json"),
    )


def _chosen(networks: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    known = networks["network_id"].to_list()
    for name in wanted:
        if name not in known:
            hint = "this run has: " + ", ".join(known[:10]) if known else "this run has no suspected network"
            raise UsageError(f"there is no network '{name}' in this run", hint=hint)
    chosen = networks.filter(pl.col("network_id").is_in(list(wanted))) if wanted else networks
    return chosen.sort("rank")


def _keys(kind: str, ids: pl.Series, namespace: str) -> pl.Series:
    return pl.Series("key", [key(kind, text, namespace=namespace) for text in ids.to_list()], dtype=pl.String)


def _links(edges: pl.DataFrame, networks: pl.DataFrame, namespace: str) -> pl.DataFrame:
    """One row per source, target and kind: a pair may stand in two networks with the same payments."""
    rank = networks.select("network_id", "rank")
    once = edges.join(rank, on="network_id").sort("source", "target", "kind", "rank")
    grouped = once.group_by("source", "target", "kind", maintain_order=True)
    rest = [c for c in tables.NETWORK_EDGES.schema if c not in {"network_id", "source", "target", "kind"}]
    merged = grouped.agg(pl.col("network_id").alias("networks"), pl.col(rest).first())
    lengths = (pl.col(c).list.len() != pl.col("n") for c in ("tx_ids", "times", "amounts_eur"))
    if merged.filter((pl.col("kind") == "payment") & pl.any_horizontal(lengths)).height:
        raise DataError("network_edges.parquet does not hold each payment of a link", hint="scan again")
    ends = {
        end: pl.Series(
            f"{end}_key", [key("member", m, namespace=namespace) for m in merged[end]], dtype=pl.String
        )
        for end in ("source", "target")
    }
    named = [
        key("link", *row, namespace=namespace) for row in merged.select("source", "target", "kind").rows()
    ]
    return merged.with_columns(*ends.values(), pl.Series("key", named, dtype=pl.String))


def _leading_share(rows: pl.DataFrame) -> pl.Series:
    shares = [
        next((item["share"] for item in roles or () if item["role"] == role), None)
        for role, roles in rows.select("role", "roles").rows()
    ]
    return pl.Series("share", shares, dtype=pl.Float64)


def _memberships(ranked: pl.DataFrame, namespace: str) -> pl.DataFrame:
    rows = ranked.with_columns(_keys("member", ranked["member_id"], namespace), _leading_share(ranked))
    return rows.select("network_id", "member_id", "key", "role", "second_role", "share")


def _members(
    ranked: pl.DataFrame, payments: pl.DataFrame, alerts: pl.DataFrame, namespace: str
) -> pl.DataFrame:
    """One row per member: who stands in two networks is one person.

    Roles come from the network in which the member reads as possible victim, else from the one to look at
    first. Money is counted once over all payments handed over.

    Returns:
        key, member_id, kind, handling (`possible victim`, `subject` for other alerts, `named in a network`),
        role and second_role (words), share (of the role), roles (text), networks (list), in_networks
        (text, role by network), is_customer, is_connector, accounts (list), evidence_for and
        evidence_against (lists), received, sent (euro cents).
    """
    rows = ranked.with_columns(_leading_share(ranked))
    first = rows.sort("member_id", pl.col("role") != "possible_victim", "rank").group_by(
        "member_id", maintain_order=True
    )
    chosen = first.agg(pl.col("member_kind", "role", "second_role", "share", "roles").first())
    over_all = rows.group_by("member_id", maintain_order=True).agg(
        pl.col("network_id").alias("networks"),
        pl.col("role").alias("_each"),
        pl.col("is_customer").any(),
        pl.col("is_connector").all(),
        pl.col("accounts").explode().drop_nulls().unique().sort(),
        pl.col("evidence_for", "evidence_against").explode().drop_nulls().unique(maintain_order=True),
    )
    handled = alerts.select(member_id="subject_id", _handling="handling").unique("member_id", keep="first")
    sums = (
        payments.group_by(member_id=side).agg(pl.col("amount").sum().alias(name))
        for side, name in (("target", "received"), ("source", "sent"))
    )
    joined = chosen.join(over_all, on="member_id")
    for other in (handled, *sums):
        joined = joined.join(other, on="member_id", how="left")
    joined = joined.sort("member_id")
    apart = pl.col("_each").list.contains("possible_victim") | (pl.col("_handling") == APART)
    handling = pl.when(apart.fill_null(False)).then(pl.lit(APART)).otherwise(pl.col("_handling"))
    texts = _role_texts(joined)
    return joined.with_columns(
        _keys("member", joined["member_id"], namespace),
        *texts,
        handling=handling.fill_null(pl.lit(NAMED)),
        kind=pl.col("member_kind"),
        received=pl.col("received").fill_null(0),
        sent=pl.col("sent").fill_null(0),
    ).drop("_each", "_handling", "member_kind")


def _role_texts(rows: pl.DataFrame) -> list[pl.Series]:
    """Roles as people read them; the vector as one line, and the role in each network."""
    vectors, places = [], []
    for roles, networks, each in rows.select("roles", "networks", "_each").rows():
        vectors.append(", ".join(f"{words(r['role'])} {round(r['share'] * 100)}%" for r in roles or ()))
        places.append("; ".join(f"{n}: {words(r)}" for n, r in zip(networks, each, strict=True)))
    return [
        pl.Series("role", [words(r) for r in rows["role"]], dtype=pl.String),
        pl.Series("second_role", [words(r) if r else None for r in rows["second_role"]], dtype=pl.String),
        pl.Series("roles", vectors, dtype=pl.String),
        pl.Series("in_networks", places, dtype=pl.String),
    ]
