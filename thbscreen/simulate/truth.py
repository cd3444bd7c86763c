"""The truth of a world, written apart from the data: planned groups, members, and a first expectation."""

from __future__ import annotations

from typing import Any

import numpy as np

from thbscreen.simulate.export import Ids, Tables
from thbscreen.simulate.groups import Group
from thbscreen.simulate.world import World

_TYPOLOGY = {
    "sham_marriage_ring": "sham_marriage",
    "sexual_exploitation_cell": "sexual_exploitation",
    "labour_gang_master": "labour_exploitation",
}
_NOTE = (
    "Invented data. Finding these groups shows that the program works as meant; it says nothing about "
    "how many real cases it would find."
)


def _ordinary_share(tables: Tables, account: int, number: int) -> float | None:
    """Gives the share of rows outside the plan, in the months (of 30 days) that have planned rows."""
    mine = tables.account == account
    months = np.unique(tables.month[mine & (tables.group == number)])
    rows = mine & np.isin(tables.month, months)
    total = int(rows.sum())
    return round(float((rows & (tables.group != number)).sum()) / total, 2) if total else None


def _members(world: World, tables: Tables, ids: Ids, group: Group, number: int) -> list[dict[str, Any]]:
    out = []
    for part, parties in group.roles.items():
        role, expected_role = group.expected_roles[part]
        for party in parties.tolist():
            account = int(world.main[party])
            out.append(
                {
                    "party_id": ids.parties[party],
                    "account_ids": [ids.accounts[account]],
                    "part": part,
                    "role": role,
                    "expected_role": expected_role,
                    "core": part in group.core,
                    "ordinary_share": _ordinary_share(tables, account, number),
                }
            )
    return out


def truth(world: World, tables: Tables, ids: Ids, groups: list[Group], seed: int) -> dict[str, Any]:
    """Gives the truth as plain values for JSON."""
    return {
        "note": _NOTE,
        "seed": seed,
        "transactions": tables.transactions.height,
        "parties": tables.parties.height,
        "groups": [
            {
                "group_id": g.group_id,
                "kind": g.kind,
                "scenario": g.scenario,
                "expected": g.expected,
                "shared_traits": list(g.shared_traits),
                "differs_in": list(g.differs_in),
                "members": _members(world, tables, ids, g, number),
            }
            for number, g in enumerate(groups)
        ],
    }


def _network(group: dict[str, Any]) -> dict[str, Any]:
    """Gives what a report should say of one planned network."""
    # Someone recruited whose pay was in cash leaves no trace, so no screening can join that person by money.
    core = [
        m
        for m in group["members"]
        if m["core"] and not (m["role"] == "possible_victim" and m["ordinary_share"] is None)
    ]
    leading = ("possible_organiser", "possible_controller", "possible_facilitator")
    behind = [m for m in group["members"] if m["role"] == "controller" and not m["core"]]
    return {
        "group_id": group["group_id"],
        "typology": _TYPOLOGY[group["scenario"]],
        "core_members": sorted(m["party_id"] for m in core),
        "min_core_share": 0.5,
        "never_shown_as_controller": sorted(m["party_id"] for m in core if m["role"] == "possible_victim"),
        "should_also_join": sorted(m["party_id"] for m in behind),
        "must_alert": sorted(m["party_id"] for m in core if m["expected_role"] in leading),
    }


def expected_findings(told: dict[str, Any]) -> dict[str, Any]:
    """Gives a first draft of what a screening of the world must find, from its truth."""
    groups = told["groups"]
    quiet = [
        {"group_id": g["group_id"], "parties": sorted(m["party_id"] for m in g["members"])}
        for g in groups
        if g["kind"] == "twin"
    ]
    networks = [_network(g) for g in groups if g["kind"] == "positive"]
    return {"note": _NOTE, "draft": True, "networks": networks, "no_alert": quiet}
