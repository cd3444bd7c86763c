"""A finished run made by hand, with hostile texts in every place that comes from data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from tests.unit.engine.scoring_build import AS_OF, Case, pack
from thbscreen.engine import tables
from thbscreen.engine.at_once import reviews
from thbscreen.engine.exclusions import Excluded
from thbscreen.io.dataset import FileReport, LoadReport, TableCounts
from thbscreen.rules import bundle

#: A cell that runs in a spreadsheet, steers a terminal and turns letters around.
HOSTILE = "=cmd|' /C calc'!A0\x1b[31m\u202egnp"
#: The same as people may see it.
HARMLESS = "'=cmd|' /C calc'!A0\\u{1b}[31m\\u{202e}gnp"
NAME = "Marker Name of a Person"


@dataclass
class FakeDataset:
    rows: pl.DataFrame
    account_parties: pl.DataFrame
    calls: int = 0

    def fetch(self, tx_ids: Collection[str]) -> pl.DataFrame:
        self.calls += 1
        return self.rows.filter(pl.col("tx_id").is_in(list(tx_ids)))


@dataclass
class FakeRun:
    pack: bundle.RulePack
    load: LoadReport
    quality: dict[str, Any]
    as_of: datetime
    started: datetime
    dataset: FakeDataset
    tables: dict[str, pl.DataFrame]
    below: dict[str, int] = field(default_factory=dict)
    excluded: tuple[Excluded, ...] = ()

    def table(self, name: str) -> pl.DataFrame:
        return self.tables[name]


def movement(tx_id: str, **values: Any) -> dict[str, Any]:
    return {
        "tx_id": tx_id, "account_id": "A1", "booking_ts": AS_OF - timedelta(days=3), "has_time": True,
        "direction": "debit", "amount": 1250, "currency": "EUR", "amount_eur": 1250, "balance_after": -5,
        "cp_name": NAME, "remittance_info": HOSTILE, "source_file": "t.csv", "source_row": 7, "_row": 7,
    } | values  # fmt: skip


def load_report() -> LoadReport:
    rejects = pl.DataFrame({"file": ["t.csv"], "row": [9], "column": ["amount"], "reason": ["not a number"]})
    counts = TableCounts(read=12, loaded=10, rejected=1, skipped=Counter({"same row again": 1}))
    return LoadReport(
        files=(FileReport("t.csv", "transactions", "ab" * 32, 999, 12),), ignored=(),
        tables={"transactions": counts}, rejects=rejects,
        coverage={"mcc": 0.25}, duplicates=0, notes={}, rates=(),
    )  # fmt: skip


def network_row(case: Case, **values: Any) -> dict[str, Any]:
    return dict.fromkeys(tables.NETWORKS.schema) | {
        "rank": 1, "network_id": "NW-0123456789ab", "typology": "sham_marriage",
        "title": "Suspected sham-marriage ring", "score": 3.0, "n_members": 2, "n_possible_victims": 1,
        "n_alerts": 1, "amount_eur": 123_456, "first": AS_OF - timedelta(days=9), "last": AS_OF,
        "rules": ["STAR-3"], "hit_ids": [h["hit_id"] for h in case.hits if h["rule"] == "STAR-3"],
        "tx_ids": ["T1", "T2"], "why": "Joined by payments.", "would_break": ["One wedding only."],
        "hubs_removed": ["HUB"], "note": "",
    } | values  # fmt: skip


def members() -> list[dict[str, Any]]:
    blank: dict[str, Any] = dict.fromkeys(tables.NETWORK_MEMBERS.schema)
    return [
        blank | {
            "network_id": "NW-0123456789ab", "member_id": "P1", "member_kind": "party", "accounts": ["A1"],
            "role": "possible_organiser", "roles": [{"role": "possible_organiser", "share": 1.0}],
            "evidence_for": ["It pays."], "evidence_against": ["It is one hit."],
        },
        blank | {
            "network_id": "NW-0123456789ab", "member_id": HOSTILE, "member_kind": "external",
            "accounts": [HOSTILE], "role": "possible_victim",
            "roles": [{"role": "possible_victim", "share": 1.0}],
        },
    ]  # fmt: skip


def finished(case: Case | None = None, **values: Any) -> FakeRun:
    """A run with one ring: its organiser is an alert, one of its possible victims has a hostile id."""
    if case is None:
        case = Case().customer("P1", "A1").not_judged("THING-2")
        case.hit(
            "STAR-3",
            "A1",
            ("possible_organiser", "organiser", "A1"),
            ("possible_victim", "recruited", HOSTILE),
            tx=("T1", "T2"),
        )
        case.hit("SPEND-2", "A1", tx=("T2", "T3")).hit("MIT-2", "A1", tx=("T4",))
    rated = case.rate()

    def frame(spec: tables.TableSpec, rows: list[dict[str, Any]]) -> pl.DataFrame:
        return spec.conform(
            pl.DataFrame([dict.fromkeys(spec.schema) | r for r in rows], schema=spec.schema, orient="row")
        )

    found = {spec.name: spec.empty() for spec in tables.PUBLISHED}
    found["hits"] = frame(tables.HITS, case.hits)
    found["hit_members"] = frame(tables.HIT_MEMBERS, case.members)
    found["readiness"] = frame(tables.READINESS, case.readiness)
    found["alerts"] = rated.alerts
    if any(h["rule"] == "STAR-3" for h in case.hits):
        found["networks"] = frame(tables.NETWORKS, [network_row(case)])
        found["network_members"] = frame(tables.NETWORK_MEMBERS, members())
    if any(h["rule"].startswith("CHILD") for h in case.hits):
        subjects = pl.DataFrame(
            case.accounts, schema=dict.fromkeys(("account_id", "subject_id", "subject_kind"), pl.String)
        )
        found["reviews"] = reviews(found["hits"], found["hit_members"], subjects, pack())
    rows = pl.DataFrame([movement(f"T{n}", _row=n) for n in (3, 1, 4, 2)])
    names = {"account_id": pl.String, "subject_id": pl.String}
    holders = pl.DataFrame(case.accounts, schema_overrides=names, schema=None if case.accounts else names)
    holders = holders.select("account_id", party_id="subject_id")
    full: dict[str, Any] = {
        "pack": pack(), "load": load_report(), "quality": {"findings": []}, "as_of": AS_OF,
        "started": datetime(2026, 7, 1, tzinfo=UTC), "dataset": FakeDataset(rows, holders), "tables": found,
        "below": rated.below,
    } | values  # fmt: skip
    return FakeRun(**full)
