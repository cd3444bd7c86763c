"""Which networks of one run are which of another: new, grown, shrunk, merged, split, gone; and why.

Two networks belong together when they have the same id, or at least `COMMON` members in common who are at
least `SHARE` of the smaller one; connectors do not count. Whatever belongs together, directly or through
others, is one change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from thbscreen.report.folder import Row, RunFolder

COMMON, SHARE = 2, 0.5
NEW, GROWN, SHRUNK, MERGED, SPLIT = "new", "grown", "shrunk", "merged", "split"
RESHAPED, GONE, CHANGED, UNCHANGED = "merged and split", "gone", "same members", "unchanged"
#: In the order in which they are told.
KINDS = (NEW, GROWN, MERGED, SPLIT, RESHAPED, SHRUNK, GONE, CHANGED, UNCHANGED)
PAYMENT = "payment"


@dataclass(frozen=True)
class _Network:
    row: Row
    members: dict[str, Row]
    edges: list[Row]

    @property
    def id(self) -> str:
        return str(self.row["network_id"])

    @property
    def core(self) -> set[str]:
        return {m for m, row in self.members.items() if not row["is_connector"]}


@dataclass(frozen=True)
class _Side:
    """One run.

    Attributes:
        homes: networks of each member.
        apart: subjects whose alert is handled as that of a possible victim.
        paid, linked, hits: what its networks' edges and its hits know already.
        until: end of its data.
    """

    networks: dict[str, _Network]
    homes: dict[str, list[str]]
    apart: frozenset[str]
    paid: frozenset[tuple[str, str, str]]
    linked: frozenset[tuple[str, str, str]]
    hits: frozenset[str]
    until: datetime | None


def changes(old: RunFolder, new: RunFolder) -> list[Row]:
    """Gives one row per network or group of networks that belong together, in the order of `KINDS`.

    Raises:
        DataError: a table cannot be read.
    """
    before, after = _side(old), _side(new)
    rows = [_change(o, n, before, after) for o, n in _groups(before, after)]
    return sorted(rows, key=lambda r: (KINDS.index(r["kind"]), _ids(r["now"]), _ids(r["before"])))


def _ids(networks: Iterable[Row]) -> list[str]:
    return [n["network_id"] for n in networks]


def _side(run: RunFolder) -> _Side:
    edges = run.table("network_edges")
    members = run.table("network_members").partition_by("network_id", as_dict=True)
    per_network = edges.partition_by("network_id", as_dict=True)
    networks = {}
    for row in run.table("networks").iter_rows(named=True):
        key = (row["network_id"],)
        mine = members.get(key, run.table("network_members").clear())
        networks[row["network_id"]] = _Network(
            row,
            {m["member_id"]: m for m in mine.iter_rows(named=True)},
            per_network.get(key, edges.clear()).to_dicts(),
        )
    paid = edges.filter(pl.col("kind") == PAYMENT).select("source", "target", "tx_ids").explode("tx_ids")
    links = edges.filter(pl.col("kind") != PAYMENT).select("source", "target", "kind")
    until = run.manifest.get("data_until")
    victims = run.table("alerts").filter(pl.col("handling") == "possible victim")
    homes: dict[str, list[str]] = {}
    for name in sorted(networks):
        for member in networks[name].members:
            homes.setdefault(member, []).append(name)
    return _Side(
        networks, homes, frozenset(victims["subject_id"].to_list()), frozenset(paid.rows()),
        frozenset(links.rows()), frozenset(run.table("hits")["hit_id"].to_list()),
        datetime.fromisoformat(until) if until else None,
    )  # fmt: skip


def _groups(before: _Side, after: _Side) -> list[tuple[list[_Network], list[_Network]]]:
    """Networks of both runs that belong together, directly or through others."""
    near: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for o in before.networks.values():
        # Only networks that share a member can belong together; an id comes from members, too.
        shared = {name for member in o.members for name in after.homes.get(member, ())}
        for name in shared | ({o.id} & after.networks.keys()):
            if _related(o, after.networks[name]):
                near.setdefault(("old", o.id), []).append(("new", name))
                near.setdefault(("new", name), []).append(("old", o.id))
    seen: set[tuple[str, str]] = set()
    groups = []
    for start in [
        *(("old", i) for i in sorted(before.networks)),
        *(("new", i) for i in sorted(after.networks)),
    ]:
        if start in seen:
            continue
        group, waiting = {start}, [start]
        while waiting:
            further = [key for key in near.get(waiting.pop(), ()) if key not in group]
            group.update(further)
            waiting += further
        seen |= group
        old, new = (sorted(name for side, name in group if side == which) for which in ("old", "new"))
        groups.append(([before.networks[i] for i in old], [after.networks[i] for i in new]))
    return groups


def _related(old: _Network, new: _Network) -> bool:
    common = len(old.core & new.core)
    close = common >= COMMON and common >= SHARE * min(len(old.core), len(new.core))
    return old.id == new.id or close


def _kind(old: list[_Network], new: list[_Network], added: Collection[str], left: Collection[str]) -> str:
    if not old or not new:
        return NEW if new else GONE
    if len(old) > 1 or len(new) > 1:
        return RESHAPED if len(old) > 1 and len(new) > 1 else MERGED if len(old) > 1 else SPLIT
    if added or left:
        return GROWN if added else SHRUNK
    return UNCHANGED if _alike(old[0], new[0]) else CHANGED


def _alike(old: _Network, new: _Network) -> bool:
    def facts(n: _Network) -> tuple[Any, ...]:
        roles = {m: (r["role"], r["second_role"], r["roles"], r["accounts"]) for m, r in n.members.items()}
        edges = [(e["source"], e["target"], e["kind"], e["n"], e["amount_eur"], e["tx_ids"]) for e in n.edges]
        return n.id, n.row["typology"], n.row["score"], sorted(n.row["hit_ids"]), roles, edges

    return facts(old) == facts(new)


def _change(old: list[_Network], new: list[_Network], before: _Side, after: _Side) -> Row:
    were, are = _members(old), _members(new)
    added, left = sorted(are.keys() - were.keys()), sorted(were.keys() - are.keys())
    kind = _kind(old, new, added, left)
    grows, falls = kind in {MERGED, RESHAPED}, kind in {SPLIT, RESHAPED}
    links_now = _links(set(added), old if grows else [])
    linked_then = _links(set(left), new if falls else [])
    return {
        "kind": kind,
        "before": [_told(n) for n in old],
        "now": [_told(n) for n in new],
        "added": [_person(are[m], after, before) for m in added],
        "left": [_person(were[m], before, after) for m in left],
        "other_roles": _roles(were, are),
        "new_payments": _payments(new, links_now, before),
        "new_links": _others(new, links_now, before.linked),
        "lost_payments": _payments(old, linked_then, after),
        "lost_links": _others(old, linked_then, after.linked),
        "further_payments": _count(new, links_now, before),
    }


def _members(networks: Iterable[_Network]) -> dict[str, Row]:
    return {member: row for n in networks for member, row in n.members.items()}


def _told(network: _Network) -> Row:
    names = (
        "network_id", "title", "typology", "score", "n_members", "n_possible_victims", "amount_eur", "first",
        "last", "rules",
    )  # fmt: skip
    return {name: network.row[name] for name in names} | {"members": sorted(network.members)}


def _person(member: Row, own: _Side, other: _Side) -> Row:
    apart = member["role"] == "possible_victim" or member["member_id"] in own.apart
    return {
        "member_id": member["member_id"], "role": member["role"], "second_role": member["second_role"],
        "roles": member["roles"], "handle_as_possible_victim": apart,
        "in_other_run": next(iter(other.homes.get(member["member_id"], ())), None),
        "hits_of_this_run_only": sorted(set(member["hit_ids"] or ()) - other.hits),
    }  # fmt: skip


def _roles(were: dict[str, Row], are: dict[str, Row]) -> list[Row]:
    return [
        {"member_id": m, "before": were[m]["role"], "now": are[m]["role"]}
        for m in sorted(were.keys() & are.keys())
        if were[m]["role"] != are[m]["role"]
    ]


_Chosen = Callable[[Row], bool]


def _links(people: set[str], parts: list[_Network]) -> _Chosen:
    """Tells links that touch some people, or that join parts which are apart in the other run."""
    homes: dict[str, set[str]] = {}
    for part in parts:
        for member in part.members:
            homes.setdefault(member, set()).add(part.id)

    def chosen(edge: Row) -> bool:
        if edge["source"] in people or edge["target"] in people:
            return True
        source, target = homes.get(edge["source"]), homes.get(edge["target"])
        return bool(source and target and not source & target)

    return chosen


def _unknown(edge: Row, other: _Side) -> list[int]:
    if edge["kind"] != PAYMENT:
        return []
    ids = edge["tx_ids"] or ()
    return [i for i, tx in enumerate(ids) if (edge["source"], edge["target"], tx) not in other.paid]


def _payments(networks: list[_Network], chosen: _Chosen, other: _Side) -> list[Row]:
    """Payments that the other run's networks do not have, per pair: ids, dates, sum."""
    rows: dict[tuple[str, str], Row] = {}
    for network in networks:
        for edge in network.edges:
            at = _unknown(edge, other) if chosen(edge) else []
            if not at:
                continue
            times = [edge["times"][i] for i in at]
            rows[edge["source"], edge["target"]] = {
                "from": edge["source"], "to": edge["target"], "n": len(at),
                "amount_eur": sum(edge["amounts_eur"][i] for i in at),
                "first": min(times), "last": max(times),
                "n_after_other_run": sum(other.until is None or t > other.until for t in times),
                "tx_ids": [edge["tx_ids"][i] for i in at], "times": times,
                "amounts_eur": [edge["amounts_eur"][i] for i in at],
            }  # fmt: skip
    return [rows[pair] for pair in sorted(rows)]


def _others(networks: list[_Network], chosen: _Chosen, known: Collection[tuple[str, str, str]]) -> list[Row]:
    """Patterns and shared details that the other run's networks do not have."""
    rows = {
        (e["source"], e["target"], e["kind"]): {
            "from": e["source"], "to": e["target"], "kind": e["kind"], "why": e["why"],
        }
        for n in networks
        for e in n.edges
        if e["kind"] != PAYMENT and chosen(e) and (e["source"], e["target"], e["kind"]) not in known
    }  # fmt: skip
    return [rows[key] for key in sorted(rows)]


def _count(networks: list[_Network], chosen: _Chosen, other: _Side) -> Row:
    """Number and sum of payments among members who were there before, too."""
    once = {
        (e["source"], e["target"], e["tx_ids"][i]): e["amounts_eur"][i]
        for n in networks
        for e in n.edges
        if not chosen(e)
        for i in _unknown(e, other)
    }
    return {"n": len(once), "amount_eur": sum(once.values())}
