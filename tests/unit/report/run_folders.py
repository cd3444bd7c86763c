"""Run folders to read: real ones of small data, and hand-made ones with the few rows that a test needs."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import polars as pl

from thbscreen.engine import tables
from thbscreen.engine.exclusions import load_checked
from thbscreen.report.folder import RunFolder, open_folder
from thbscreen.rules import bundle
from thbscreen.screening import screen

ROOT = Path(__file__).resolve().parents[3]
TRUTH = json.loads((ROOT / "tests/expected/sample_data/truth.json").read_text(encoding="utf-8"))
#: The collecting member of the cell that is planted in the sample data, and whom it pays.
COLLECTOR, PAYEE = "P3522141", "P5657710"
#: Rules that the cell is known by.
RULES = ("THB-SEX-010", "THB-SEX-011", "THB-VIC-001", "THB-VIC-010", "THB-VIC-016")
#: A member whom only payments link to the others.
LATER = "P8919283"
_KEYS = (
    "tx_id", "account_id", "cp_account_id", "party_id", "device_id", "card_id", "terminal_id", "address_hash",
    "phone_hash", "email_hash",
)  # fmt: skip

# --- real ones ---------------------------------------------------------------------------------------

Tables = dict[str, pl.DataFrame]


@cache
def cell(tag: str = "") -> Tables:
    """The ledgers of the seven people of the planted cell; a tag makes other people of them."""
    group = next(g for g in TRUTH["groups"] if g["group_id"] == "G2")
    accounts = [a for m in group["members"] for a in m["account_ids"]]
    parties = [m["party_id"] for m in group["members"]]
    rows = {"transactions": pl.read_parquet(ROOT / "sample_data/transactions.parquet")}
    for name in ("accounts", "parties", "account_parties"):
        rows[name] = pl.read_csv(ROOT / f"sample_data/{name}.csv", infer_schema=False)
    out = {}
    for name, frame in rows.items():
        key, wanted = ("party_id", parties) if name == "parties" else ("account_id", accounts)
        mine = frame.filter(pl.col(key).is_in(wanted))
        out[name] = mine.with_columns((pl.col(c) + tag).alias(c) for c in _KEYS if tag and c in mine.columns)
    return out


def account_of(party: str) -> str:
    """The account of a member of the cell."""
    held = cell()["account_parties"].filter(pl.col("party_id") == party.rstrip("xy"))
    return str(held["account_id"][0]) + party[8:]


def together(*parts: Tables) -> Tables:
    return {name: pl.concat([part[name] for part in parts]) for name in parts[0]}


def without(data: Tables, *parties: str) -> Tables:
    """The data without the ledgers of some people, and without the payments to them."""
    gone = [account_of(p) for p in parties]
    rows = data["transactions"]
    rows = rows.filter(
        ~pl.col("account_id").is_in(gone), ~pl.col("cp_account_id").is_in(gone).fill_null(False)
    )
    return {**data, "transactions": rows}


def one_collector() -> Tables:
    """Two cells whose members all pay the first one's collector, who pays them all."""
    mine, other = account_of(COLLECTOR), account_of(f"{COLLECTOR}x")
    data = together(cell(), cell("x"))
    columns = ("account_id", "cp_account_id")
    rows = data["transactions"].with_columns(pl.col(columns).replace(other, mine))
    return {**data, "transactions": rows}


def few_rows() -> Tables:
    """Too little for any alert."""
    data = cell()
    return {**data, "transactions": data["transactions"].sort("tx_id").head(20)}


WORLDS = {
    "cell": cell,
    "one member fewer": lambda: without(cell(), LATER),
    "two cells": lambda: together(cell(), cell("x")),
    "one collector": one_collector,
    "cell again": cell,
    "few rows": few_rows,
}


@cache
def _place() -> Path:
    place = Path(tempfile.mkdtemp(prefix="thbscreen-folders-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


@cache
def _pack() -> bundle.RulePack:
    """The rules, read once: reading them takes most of the time of a small screening."""
    return load_checked(None, "cyprus", only=RULES)


@cache
def screened(world: str) -> RunFolder:
    """The run folder of one of `WORLDS`, screened with the shipped rules, once for all tests."""
    folder = _place() / world
    (folder / "data").mkdir(parents=True)
    for name, frame in WORLDS[world]().items():
        frame.write_parquet(folder / "data" / f"{name}.parquet")
    with mock.patch("thbscreen.screening.load_checked", lambda *_, **__: _pack()):
        screen([folder / "data"], out=folder / "out")
    return open_folder(folder / "out")


# --- hand-made ones ----------------------------------------------------------------------------------

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
#: from, to, tx_id, day after `START`, cents
Paid = tuple[str, str, str, int, int]


@dataclass
class Made:
    """Collects rows of a run folder."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> Made:
        self.rows.setdefault(table, []).append(values)
        return self

    def network(
        self, network_id: str, roles: dict[str, str], *payments: Paid, connectors: tuple[str, ...] = (),
        shared: tuple[tuple[str, str], ...] = (), **values: Any,
    ) -> Made:  # fmt: skip
        """Adds a network; accounts are `<member>-1`, shared pairs have the same telephone."""
        moments = [START + timedelta(days=p[3]) for p in payments] or [START]
        self.add(
            "networks", network_id=network_id, rank=len(self.rows.get("networks", ())) + 1,
            title="Suspected network", typology="laundering", score=5.0, n_members=len(roles), n_alerts=0,
            n_possible_victims=sum(r == "possible_victim" for r in roles.values()),
            amount_eur=sum(p[4] for p in payments), first=min(moments), last=max(moments), rules=["THB-X"],
            hit_ids=[], tx_ids=[], why="Joined by payments.", would_break=["One household."],
            hubs_removed=[], note="", **values,
        )  # fmt: skip
        for member, role in roles.items():
            self.add(
                "network_members", network_id=network_id, member_id=member, member_kind="party",
                accounts=[f"{member}-1"], role=role, roles=[{"role": role, "share": 1.0}], is_customer=True,
                is_connector=member in connectors, evidence_for=[], evidence_against=[], hit_ids=[],
            )  # fmt: skip
        pairs: dict[tuple[str, str], list[Paid]] = {}
        for p in payments:
            pairs.setdefault((p[0], p[1]), []).append(p)
        for (source, target), paid in pairs.items():
            times = [START + timedelta(days=p[3]) for p in paid]
            self.add(
                "network_edges", network_id=network_id, source=source, target=target, kind="payment",
                n=len(paid), amount_eur=sum(p[4] for p in paid), first=min(times), last=max(times),
                tx_ids=[p[2] for p in paid], times=times, amounts_eur=[p[4] for p in paid], why="paid",
            )  # fmt: skip
        for source, target in shared:
            self.add(
                "network_edges", network_id=network_id, source=source, target=target, kind="shared telephone",
                n=1, amount_eur=0, tx_ids=[], times=[], amounts_eur=[], why="same telephone (hashed)",
            )  # fmt: skip
        return self

    def hit(self, hit_id: str, subject: str, *, day: int = 0, rule: str = "THB-X", **values: Any) -> Made:
        when = START + timedelta(days=day)
        return self.add("hits", **{
            "hit_id": hit_id, "rule": rule, "title": "Title", "family": "flow", "weight": 2,
            "third_party": True, "subject_kind": "account", "subject_id": subject,
            "keys": [{"field": "account_id", "value": subject}],
            "starts": when, "ends": when + timedelta(days=5), "first": when, "last": when, "tx_ids": [hit_id],
            "n_tx": 1, "amount_eur": 100, "evidence": "Evidence.", "parameters": [],
        } | values)  # fmt: skip

    def alert(self, subject: str, *, score: float = 5.0, handling: str = "subject", **values: Any) -> Made:
        return self.add("alerts", **{
            "alert_id": f"AL-{subject}", "rank": len(self.rows.get("alerts", ())) + 1, "subject_id": subject,
            "subject_kind": "party", "score": score, "handling": handling, "urgency": 0, "hit_ids": [],
            "leading_role": "possible_victim" if handling == "possible victim" else "unknown",
            "addends": [{"rule": "THB-X", "hit_id": "H", "family": "flow", "points": score, "why": "w"}],
            "first": START, "last": START, "innocent_explanations": [],
        } | values)  # fmt: skip

    def write(self, folder: Path, **manifest: Any) -> RunFolder:
        folder.mkdir(parents=True)
        for spec in tables.PUBLISHED:
            rows = [dict.fromkeys(spec.schema) | row for row in self.rows.get(spec.name, ())]
            frame = spec.conform(pl.DataFrame(rows, schema=spec.schema, orient="row"))
            frame.write_parquet(folder / f"{spec.name}.parquet")
        found = {
            "schema_version": tables.SCHEMA_VERSION, "versions": {"thbscreen": "0.1.0"}, "inputs": [],
            "mapping": None, "data_until": "2026-03-31T00:00:00Z",
            "rules": {"digest": "d", "rules": [], "lists": []},
            "profile": {"name": "cyprus", "digest": "d", "time_zone": "Asia/Nicosia"}, "counts": {"rows": {}},
        } | self.manifest | manifest  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(found), encoding="utf-8")
        return open_folder(folder)
