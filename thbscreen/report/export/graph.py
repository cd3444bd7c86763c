"""Nodes and edges of the graph files: attributes with their types, in one order for GraphML and GEXF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from thbscreen.engine.tables import ONE_WAY_LINKS
from thbscreen.model.money import to_text
from thbscreen.report.export.handover import APART, Handover
from thbscreen.report.export.texts import CAUTION, listed
from thbscreen.report.text import count, euros

#: Attribute: type. Types as GraphML and GEXF both name them.
NODE_ATTRIBUTES = {
    "member_id": "string", "member_kind": "string", "handling": "string", "role": "string",
    "second_role": "string", "share": "double", "roles": "string", "networks": "string",
    "in_networks": "string", "is_customer": "boolean", "is_connector": "boolean", "accounts": "string",
    "received_cents": "long", "sent_cents": "long", "evidence_for": "string", "evidence_against": "string",
}  # fmt: skip
EDGE_ATTRIBUTES = {
    "networks": "string", "kind": "string", "two_way": "boolean", "strength": "double", "n": "int",
    "amount_cents": "long", "amount_eur": "double", "first": "string", "last": "string", "times": "string",
    "amounts_cents": "string", "tx_ids": "string", "why": "string",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """One member: id (an XML name), label, and values in the order of NODE_ATTRIBUTES; None is missing."""

    id: str
    label: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """One link: its ends as node ids, values in the order of EDGE_ATTRIBUTES, and the times of payments."""

    id: str
    source: str
    target: str
    label: str
    kind: str
    weight: float
    times: tuple[str, ...]
    values: tuple[Any, ...]


def utc(moment: datetime | None) -> str | None:
    """Gives ISO 8601 in UTC with a final Z; a missing time stays missing."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def label_of(member_id: str, handling: str) -> str:
    """Gives what a chart shows of a member: the id, and the warning where there is one."""
    return f"{member_id} [handle as possible victim]" if handling == APART else member_id


def nodes(handover: Handover) -> Iterator[Node]:
    """Gives the members in the order of their ids."""
    for m in handover.members.iter_rows(named=True):
        yield Node(
            m["key"],
            label_of(m["member_id"], m["handling"]),
            (
                m["member_id"], m["kind"], m["handling"], m["role"], m["second_role"], m["share"], m["roles"],
                "; ".join(m["networks"]), m["in_networks"], m["is_customer"], m["is_connector"],
                listed(m["accounts"]), m["received"], m["sent"], listed(m["evidence_for"]),
                listed(m["evidence_against"]),
            ),
        )  # fmt: skip


def edges(handover: Handover) -> Iterator[Edge]:
    """Gives the links in the order of source, target and kind."""
    for e in handover.links.iter_rows(named=True):
        times = tuple(t for t in map(utc, e["times"] or ()) if t is not None)
        payment = e["kind"] == "payment"
        label = f"{count(e['n'], 'payment')}, {euros(e['amount_eur'])}" if payment else e["kind"]
        two_way = e["kind"] not in ONE_WAY_LINKS
        values = (
            "; ".join(e["networks"]), e["kind"], two_way, e["weight"], e["n"], e["amount_eur"],
            None if e["amount_eur"] is None else float(to_text(e["amount_eur"])), utc(e["first"]),
            utc(e["last"]), listed(times), listed(e["amounts_eur"] or ()), listed(e["tx_ids"] or ()),
            e["why"],
        )  # fmt: skip
        yield Edge(
            e["key"], e["source_key"], e["target_key"], label, e["kind"], e["weight"] or 0.0, times, values
        )


def about(handover: Handover) -> dict[str, str]:
    """Gives what a receiver must know of the whole graph: caution, networks, and the run it came from."""
    told = [
        {
            "network_id": n["network_id"], "title": n["title"], "typology": n["typology"], "rank": n["rank"],
            "score": n["score"], "members": n["n_members"], "possible_victims": n["n_possible_victims"],
            "amount_cents": n["amount_eur"], "first": utc(n["first"]), "last": utc(n["last"]),
            "why": n["why"], "would_break": n["would_break"], "note": n["note"],
        }
        for n in handover.networks.iter_rows(named=True)
    ]  # fmt: skip
    return {"caution": CAUTION, "networks": listed(told), "run_manifest_sha256": handover.digest}


def plain(value: Any) -> str:
    """Gives a value as XML Schema writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
