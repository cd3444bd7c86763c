"""Small hand-made inputs for the network stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from thbscreen.engine import tables
from thbscreen.engine.meetings import CROWDED, PAIRS, REACH, Meetings
from thbscreen.engine.payments import FOR_OTHERS
from thbscreen.network import NetworkInputs, NetworkTables, RuleInfo, build_networks
from thbscreen.rules.bundle import Scoring

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)

RULES = {
    "THB-MAR-001": RuleInfo("Money in, ticket, fee and money out", "network", 3, ("sham_marriage",), True),
    "THB-SEX-012": RuleInfo("Takings go on to one payee", "flow", 3, ("sexual_exploitation",), True),
    "THB-LAB-004": RuleInfo("Pay goes on to one payee", "flow", 3, ("labour_exploitation",), True),
    "THB-ML-004": RuleInfo("Cash goes out as it comes", "flow", 3, ("sexual_exploitation",)),
    "THB-SEX-001": RuleInfo("Adverts", "spend", 1, ("sexual_exploitation",)),
    # Second signs: alone below the alert weight, they make a group of one pattern a network.
    "THB-MAR-002": RuleInfo("Wedding costs of strangers", "spend", 2, ("sham_marriage",)),
    "THB-MAR-004": RuleInfo("Modest sums to new accounts", "flow", 2, ("sham_marriage",), True),
    "THB-SEX-008": RuleInfo("Stays follow the adverts", "spend", 2, ("sexual_exploitation",), True),
    "THB-LAB-003": RuleInfo("Cards at one machine on payday", "identity", 2, ("labour_exploitation",), True),
    "THB-LAB-006": RuleInfo("Little is spent beside pay", "flow", 2, ("labour_exploitation",)),
    "THB-MIT-001": RuleInfo("Social insurance in proportion", "mitigation", -2, ("labour_exploitation",)),
}


@dataclass
class World:
    """Collects rows; every helper returns the world, money is in cents."""

    hits: list[dict[str, Any]] = field(default_factory=list)
    hit_members: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    subjects: list[dict[str, str]] = field(default_factory=list)
    parties: list[dict[str, Any]] = field(default_factory=list)
    devices: list[dict[str, str]] = field(default_factory=list)
    conductors: list[dict[str, str]] = field(default_factory=list)
    access: list[dict[str, str]] = field(default_factory=list)
    paid_for: list[dict[str, Any]] = field(default_factory=list)
    met: list[dict[str, Any]] = field(default_factory=list)
    crowded: list[dict[str, Any]] = field(default_factory=list)
    reach: list[dict[str, Any]] = field(default_factory=list)
    businesses: list[dict[str, Any]] = field(default_factory=list)

    def customer(
        self, account: str, party: str | None = None, kind: str = "natural", **columns: str
    ) -> World:
        party = party or f"C-{account}"
        self.subjects.append({"account_id": account, "subject_id": party, "subject_kind": "party"})
        if party not in {p["party_id"] for p in self.parties}:
            self.parties.append({"party_id": party, "kind": kind, **columns})
        return self

    def hit(
        self,
        rule: str,
        subject: str,
        members: dict[str, str] | None = None,
        *,
        own: str | None = None,
        days_ago: int = 5,
        amount: int = 100_000,
        kind: str = "account",
        field: str = "cp_account_id",
        amounts: dict[str, int] | None = None,
    ) -> World:
        info = RULES[rule]
        hit_id = f"H{len(self.hits):05d}-{rule}-{subject}"
        ends = AS_OF - timedelta(days=days_ago)
        self.hits.append({
            "hit_id": hit_id, "rule": rule, "rule_version": 1, "rule_digest": "d", "title": info.title,
            "family": info.family, "weight": info.weight, "third_party": info.third_party,
            "typologies": list(info.typologies), "subject_kind": kind, "subject_id": subject, "keys": [],
            "starts": ends - timedelta(days=10), "ends": ends, "tx_ids": [f"T-{hit_id}"], "n_tx": 3,
            "amount_eur": amount,
        })  # fmt: skip
        row = {"hit_id": hit_id, "rule": rule, "n_tx": 3}
        if own:
            self.hit_members.append(
                {**row, "role": own, "field": "account_id", "member_id": subject, "amount_eur": amount}
            )
        for member, role in (members or {}).items():
            money = (amounts or {}).get(member, amount)
            self.hit_members.append(
                {**row, "role": role, "field": field, "member_id": member, "amount_eur": money}
            )
        return self

    def pay(self, source: str, target: str, *cents: int, days_ago: int = 5) -> World:
        times = [AS_OF - timedelta(days=days_ago, hours=h) for h in reversed(range(len(cents)))]
        self.payments.append({
            "source": source, "target": target, "n": len(cents), "amount_eur": sum(cents), "first": times[0],
            "last": times[-1], "tx_ids": [f"P-{source}-{target}-{i}" for i in range(len(cents))],
            "times": times, "amounts_eur": list(cents),
        })  # fmt: skip
        return self

    def pay_on(self, source: str, target: str, *moves: tuple[float, int]) -> World:
        """Payments at given days before the last booking: (days ago, cents)."""
        moves = tuple(sorted(moves, reverse=True))
        times = [AS_OF - timedelta(days=ago) for ago, _ in moves]
        cents = [c for _, c in moves]
        self.payments.append({
            "source": source, "target": target, "n": len(cents), "amount_eur": sum(cents), "first": times[0],
            "last": times[-1], "tx_ids": [f"P-{source}-{target}-{i}" for i in range(len(cents))],
            "times": times, "amounts_eur": cents,
        })  # fmt: skip
        return self

    def meet(self, one: str, two: str, *days_ago: int) -> World:
        """Two subjects at one machine within minutes on some days."""
        times = [AS_OF - timedelta(days=d) for d in sorted(days_ago, reverse=True)]
        self.met.append({
            "source": min(one, two), "target": max(one, two), "n": len(times), "first": times[0],
            "last": times[-1], "tx_ids": [f"M-{one}-{two}-{d}" for d in days_ago], "times": times,
            "amounts_eur": [5_000] * len(times),
        })  # fmt: skip
        return self

    def pay_for(self, payer: str, person: str, *days_ago: int) -> World:
        """One subject pays a ticket or a rent for another on some days."""
        times = [AS_OF - timedelta(days=d) for d in sorted(days_ago, reverse=True)]
        self.paid_for.append({
            "source": payer, "target": person, "n": len(times), "amount_eur": 5_000 * len(times),
            "first": times[0], "last": times[-1], "tx_ids": [f"O-{payer}-{person}-{d}" for d in days_ago],
            "times": times, "amounts_eur": [5_000] * len(times),
        })  # fmt: skip
        return self

    def inputs(self) -> NetworkInputs:
        def table(spec: tables.TableSpec, rows: list[dict[str, Any]]) -> pl.DataFrame:
            return pl.DataFrame([{c: r.get(c) for c in spec.schema} for r in rows], schema=spec.schema)

        names = ["party_id", "kind", "licence", "sector_nace", "phone_hash", "email_hash", "address_hash"]
        text = dict.fromkeys(names, pl.String)
        subjects = dict.fromkeys(["account_id", "subject_id", "subject_kind"], pl.String)
        return NetworkInputs(
            hits=table(tables.HITS, self.hits),
            hit_members=table(tables.HIT_MEMBERS, self.hit_members),
            payments=table(tables.PAYMENTS, self.payments),
            subjects=pl.DataFrame(self.subjects, schema=subjects),
            parties=pl.DataFrame([{c: p.get(c) for c in names} for p in self.parties], schema=text),
            devices=pl.DataFrame(self.devices, schema={"device_id": pl.String, "subject_id": pl.String}),
            as_of=AS_OF,
            rules=RULES,
            conductors=pl.DataFrame(
                self.conductors, schema={"conductor_id": pl.String, "subject_id": pl.String}
            ),
            access=pl.DataFrame(self.access, schema={"access_id": pl.String, "subject_id": pl.String}),
            paid_for=pl.DataFrame(self.paid_for, schema=FOR_OTHERS),
            meetings=Meetings(
                pl.DataFrame(self.met, schema=PAIRS), pl.DataFrame(self.crowded, schema=CROWDED)
            ),
            reach=pl.DataFrame(self.reach, schema=REACH),
            businesses=pl.DataFrame(self.businesses, schema={"account_id": pl.String}),
        )

    def run(self, scoring: Scoring | None = None) -> NetworkTables:
        return build_networks(self.inputs(), scoring or Scoring())


def ring(world: World | None = None, tag: str = "", spouses: int = 3) -> World:
    """A sham-marriage ring: clients pay the organiser, who pays spouses and a recruiter."""
    w = world or World()
    centre = f"O{tag}"
    w.customer(centre)
    members = {f"S{tag}{i}": "possible_victim" for i in range(spouses)}
    members |= {f"K{tag}{i}": "possible_client" for i in range(spouses)} | {f"R{tag}": "possible_recruiter"}
    for i in range(spouses):
        w.customer(f"S{tag}{i}").customer(f"K{tag}{i}")
        w.pay(f"K{tag}{i}", centre, 400_000, 300_000).pay(centre, f"S{tag}{i}", 80_000)
    w.pay(centre, f"R{tag}", 30_000, 30_000)
    w.hit("THB-MAR-001", centre, members, own="possible_organiser", field="member")
    return w.hit("THB-MAR-002", centre)


def cell(world: World | None = None, tag: str = "", victims: int = 3) -> World:
    """A cell: each possible victim sends takings on to one collector and gets an allowance."""
    w = world or World()
    w.customer(f"X{tag}")
    for i in range(victims):
        v = f"V{tag}{i}"
        w.customer(v).pay(v, f"X{tag}", 50_000, 60_000, 40_000).pay(f"X{tag}", v, 3_000)
        w.hit("THB-SEX-012", v, {f"X{tag}": "possible_controller"}, own="possible_victim")
    return w.hit("THB-SEX-008", f"V{tag}0")


def gang(world: World | None = None, tag: str = "", workers: int = 4) -> World:
    """A gang-master scheme: an employer pays workers, whose pay goes on to one account."""
    w = world or World()
    w.customer(f"E{tag}", kind="legal").customer(f"G{tag}")
    for i in range(workers):
        v = f"W{tag}{i}"
        w.customer(v).pay(f"E{tag}", v, 100_000, 100_000).pay(v, f"G{tag}", 80_000, 80_000)
        w.hit("THB-LAB-004", v, {f"G{tag}": "possible_controller"}, own="possible_victim")
        hit = w.hits[-1]["hit_id"]
        w.hit_members.append({
            "hit_id": hit, "rule": "THB-LAB-004", "role": "employer", "field": "party.employer_id",
            "member_id": f"C-E{tag}", "n_tx": 2, "amount_eur": 200_000,
        })  # fmt: skip
    return w.hit("THB-LAB-003", f"W{tag}0")
