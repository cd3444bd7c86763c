"""Run folders made by hand: networks, members and links, with a manifest that fits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.engine import tables
from thbscreen.io.digest import sha256_file
from thbscreen.report import files

NET = "NW-0123456789ab"
OTHER = "NW-ba9876543210"
#: XML specials, controls, bidi, characters that XML forbids, formulas, quotes, blanks, and a long one.
HOSTILE = (
    "<&>\"']]>", "\x00\x1b[31m", "\u202egnp\u2066", "\ufffe\uffff", "=cmd|'/C calc'!A0", "+1", "@x", "-2",
    "\tx", "\rx", "a\nb", 'ends with \\', 'a\\"b', "x,y;z", " lead", "Ωμέγα 名", "'=x", "x" * 5000,
)  # fmt: skip
ONCE = datetime(2026, 3, 16, 18, 7, 10, tzinfo=UTC)


@dataclass
class Folder:
    """Collects rows and writes them as a run folder."""

    networks: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    evidence: dict[str, pl.DataFrame] = field(default_factory=dict)

    def network(self, network_id: str = NET, **values: Any) -> Folder:
        self.networks.append(
            {
                "rank": len(self.networks) + 1, "network_id": network_id, "typology": "laundering",
                "title": "Suspected laundering group", "score": 7.5, "n_members": 2,
                "n_possible_victims": 1, "n_alerts": 1, "amount_eur": 1250, "first": ONCE, "last": ONCE,
                "rules": ["THB-ML-001"], "hit_ids": ["H-1"], "tx_ids": ["T1"], "why": "Joined by payments.",
                "would_break": ["The members are one family."], "hubs_removed": [], "note": "",
            } | values
        )  # fmt: skip
        return self

    def member(self, member_id: str, role: str = "unknown", network_id: str = NET, **values: Any) -> Folder:
        self.members.append(
            {
                "network_id": network_id, "member_id": member_id, "member_kind": "party",
                "accounts": [f"A-{member_id}"], "role": role, "second_role": "unknown",
                "roles": [{"role": role, "share": 0.75}, {"role": "unknown", "share": 0.25}],
                "is_customer": True, "is_connector": False, "evidence_for": ["It pays."],
                "evidence_against": ["It is one hit."], "hit_ids": [], "received_eur": 0, "sent_eur": 0,
            } | values
        )  # fmt: skip
        return self

    def pay(self, source: str, target: str, *payments: tuple[str, datetime, int], **values: Any) -> Folder:
        times = [when for _, when, _ in payments]
        self.edges.append(
            {
                "network_id": NET, "source": source, "target": target, "kind": "payment", "weight": 0.5,
                "n": len(payments), "amount_eur": sum(cents for _, _, cents in payments),
                "first": min(times), "last": max(times), "tx_ids": [tx for tx, _, _ in payments],
                "times": times, "amounts_eur": [cents for _, _, cents in payments],
                "why": "repeated payments",
            } | values
        )  # fmt: skip
        return self

    def share(self, source: str, target: str, kind: str = "shared device", **values: Any) -> Folder:
        self.edges.append(
            {
                "network_id": NET, "source": source, "target": target, "kind": kind, "weight": 1.0, "n": 1,
                "amount_eur": 0, "first": None, "last": None, "tx_ids": [], "times": [], "amounts_eur": [],
                "why": "same device (pseudonymous)",
            } | values
        )  # fmt: skip
        return self

    def write(self, path: Path) -> Path:
        """Writes the tables, the evidence and the manifest."""
        path.mkdir(parents=True)
        rows = {
            "networks": self.networks, "network_members": self.members, "network_edges": self.edges,
            "alerts": self.alerts,
        }  # fmt: skip
        outputs = []
        for spec in tables.PUBLISHED:
            given = [dict.fromkeys(spec.schema) | row for row in rows.get(spec.name, [])]
            frame = spec.conform(pl.DataFrame(given, schema=spec.schema, orient="row"))
            files.write_parquet(frame, path / f"{spec.name}.parquet")
            outputs.append(f"{spec.name}.parquet")
        for network_id, frame in self.evidence.items():
            (path / "cases" / network_id).mkdir(parents=True)
            outputs.append(f"cases/{network_id}/evidence.csv")
            files.write_csv(frame, path / outputs[-1])
        manifest = {
            "schema_version": tables.SCHEMA_VERSION,
            "profile": {"time_zone": "Asia/Nicosia"},
            "outputs": [{"file": name, "sha256": sha256_file(path / name)} for name in outputs],
        }
        (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return path


def pair() -> Folder:
    """Two members: a possible victim pays another twice, and they share a device."""
    made = Folder().network().member("P1", "possible_victim").member("P2", "possible_controller")
    later = ONCE.replace(month=5)
    return made.pay("P1", "P2", ("T1", ONCE, 1250), ("T2", later, 5)).share("P1", "P2")


def hostile() -> Folder:
    """Members with strange ids in a ring, each with one payment of a strange id."""
    made = Folder().network()
    for number, name in enumerate(HOSTILE):
        role = "possible_victim" if number % 2 else "possible_client"
        made.member(name, role, member_kind="external", accounts=[name], is_customer=False)
        made.pay(name, HOSTILE[number - 1], (name, ONCE, number + 1), weight=0.25)
    return made
