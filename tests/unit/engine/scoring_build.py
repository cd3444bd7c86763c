"""Small hand-made inputs for scoring, and its slow twin in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

import polars as pl

from thbscreen.diagnostics import Span
from thbscreen.engine import scoring, tables
from thbscreen.engine.at_once import reviews
from thbscreen.rules import ast, bundle

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
_NOWHERE = Span("rules", 1, 1, 2)

#: id: (family, weight, third_party, typologies, kind of plan)
RULES: dict[str, tuple[str, int, bool, tuple[str, ...], str]] = {
    "FLOW-2": ("flow", 2, False, ("laundering",), "rows"),
    "FLOW-3": ("flow", 3, True, ("labour_exploitation", "laundering"), "rows"),
    "SPEND-1": ("spend", 1, False, ("sexual_exploitation",), "rows"),
    "SPEND-2": ("spend", 2, False, ("sexual_exploitation",), "rows"),
    "TEXT-0": ("text", 0, True, ("sham_marriage",), "rows"),
    "CHILD-1": ("text", 1, False, ("sexual_exploitation",), "rows"),
    "PAIR-2": ("identity", 2, True, ("account_control",), "rows"),
    "STAR-3": ("network", 3, True, ("sham_marriage",), "star"),
    "THING-2": ("network", 2, True, ("labour_exploitation",), "rows"),
    "MIT-2": ("mitigation", -2, False, (), "rows"),
    "MIT-3": ("mitigation", -3, False, (), "rows"),
}
TITLES = {rule: f"Title of {rule}" for rule in RULES}


def rule(name: str) -> ast.Rule:
    family, weight, third, typologies, kind = RULES[name]
    length = ast.Value(ast.Unit.LENGTH, ast.Length(90, "days"))
    detect: ast.Detect = ast.Transaction(ast.Where())
    if kind == "star":
        detect = ast.Star("organiser", ast.Where(), (), (), length, length, (), ())
    return ast.Rule(
        id=name, title=TITLES[name], version=1, status="test", family=family, weight=weight,
        third_party=third, summary="", why="", sources=(), typologies=typologies, roles=(),
        innocent_explanations=("Common story", f"Story of {name}"), care=f"Care for {name}",
        parameters=(), detect=detect, evidence=(), report_indicator="", report_keywords=(), tests=(),
        columns=(), needs_time_of_day=False, look_back=None, after=(), digest="d", span=_NOWHERE,
        at_once=name.startswith("CHILD"),
    )  # fmt: skip


def pack(**numbers: Any) -> bundle.RulePack:
    rules = tuple(rule(name) for name in sorted(RULES))
    profile = bundle.Profile("test", "Asia/Nicosia", (), (), (), (), bundle.Scoring(**numbers), "d", _NOWHERE)
    return bundle.RulePack(rules, rules, (), profile, "digest-of-the-pack")


@dataclass
class Case:
    """Collects rows; money in cents."""

    hits: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[dict[str, str]] = field(default_factory=list)
    parties: list[dict[str, str]] = field(default_factory=list)
    readiness: list[dict[str, Any]] = field(default_factory=list)
    network_members: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    def customer(self, party: str, *accounts: str, kind: str = "natural") -> Case:
        self.parties.append({"party_id": party, "kind": kind})
        for account in accounts:
            self.accounts.append({"account_id": account, "subject_id": party, "subject_kind": "party"})
        return self

    def hit(
        self,
        name: str,
        subject: str,
        *members: tuple[str, str, str],
        days_ago: float | None = 5,
        amount: int = 100_000,
        kind: str = "account",
        tx: tuple[str, ...] | None = None,
    ) -> Case:
        """Adds a hit; members are (role, field, id)."""
        family, weight, third, typologies, _ = RULES[name]
        hit_id = f"H-{len(self.hits):04d}"
        ends = None if days_ago is None else AS_OF - timedelta(days=days_ago)
        self.hits.append({
            "hit_id": hit_id, "rule": name, "rule_version": 1, "rule_digest": "d", "title": TITLES[name],
            "family": family, "weight": weight, "third_party": third, "typologies": list(typologies),
            "subject_kind": kind, "subject_id": subject, "keys": [],
            "starts": None if ends is None else ends - timedelta(days=3), "ends": ends,
            "tx_ids": list(tx if tx is not None else (f"T-{hit_id}",)), "n_tx": 1, "amount_eur": amount,
            "evidence": f"Evidence of {name}.",
        })  # fmt: skip
        for n, (role, path, member) in enumerate(members):
            self.members.append({
                "hit_id": hit_id, "rule": name, "role": role, "field": path, "member_id": member,
                "n_tx": 1, "amount_eur": amount // (n + 2),
            })  # fmt: skip
        return self

    def not_judged(self, name: str) -> Case:
        self.readiness.append({"rule": name, "title": name, "status": "not judged", "reason": "no value"})
        return self

    def in_network(self, network: str, member: str, **shares: float) -> Case:
        roles = [{"role": role, "share": share} for role, share in shares.items()]
        self.network_members.append(
            {"network_id": network, "member_id": member, "role": "unknown", "roles": roles}
        )
        return self

    def rate(self, *, shuffled: int | None = None, with_reviews: bool = False) -> scoring.Scored:
        def frame(spec: tables.TableSpec, rows: list[dict[str, Any]]) -> pl.DataFrame:
            full = [dict.fromkeys(spec.schema) | row for row in rows]
            out = pl.DataFrame(full, schema=spec.schema, orient="row")
            return out if shuffled is None else out.sample(fraction=1, shuffle=True, seed=shuffled)

        names = {"account_id": pl.String, "subject_id": pl.String, "subject_kind": pl.String}
        hits, members = frame(tables.HITS, self.hits), frame(tables.HIT_MEMBERS, self.members)
        subjects = pl.DataFrame(self.accounts, schema=names, orient="row")
        return scoring.rate(
            hits,
            members,
            frame(tables.READINESS, self.readiness),
            subjects,
            pl.DataFrame(self.parties, schema={"party_id": pl.String, "kind": pl.String}, orient="row"),
            pack(**self.numbers),
            AS_OF,
            frame(tables.NETWORK_MEMBERS, self.network_members),
            reviews(hits, members, subjects, pack()) if with_reviews else None,
        )

    def alerts(self) -> list[dict[str, Any]]:
        return self.rate().alerts.to_dicts()

    # --- the slow twin ----------------------------------------------------------------------------

    def person(self, path: str, name: str, value: str) -> tuple[str, str] | None:
        """Who an id stands for: (kind, subject)."""
        last = path.rsplit(".", 1)[-1]
        if RULES[name][4] == "star" or last in {"account_id", "cp_account_id"}:
            for row in self.accounts:
                if row["account_id"] == value:
                    return row["subject_kind"], row["subject_id"]
            return "external", value
        if last in {"party_id", "employer_id"}:
            known = {r["subject_id"] for r in self.accounts}
            known |= {h["subject_id"] for h in self.hits if h["subject_kind"] == "party"}
            return ("party", value) if value in known else None
        return None

    def named(self, hit: dict[str, Any]) -> list[tuple[str, tuple[str, str], int]]:
        """People whom a hit names: (role, person, amount)."""
        out = []
        for m in self.members:
            if m["hit_id"] == hit["hit_id"] and m["role"] != "place":
                who = self.person(m["field"], hit["rule"], m["member_id"])
                if who is not None:
                    out.append((m["role"], who, m["amount_eur"]))
        return out

    def twin(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Score, urgency, amount, roles and rank order of every alert, from the description alone."""
        numbers = bundle.Scoring(**self.numbers)
        claims: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for hit in self.hits:
            helps = hit["family"] == "mitigation"
            if hit["weight"] < 1 and not helps:
                continue
            mine: dict[tuple[str, str], dict[str, Any]] = {}
            thing = hit["subject_kind"] not in {"account", "party"}
            if not thing:
                path = "account_id" if hit["subject_kind"] == "account" else "party_id"
                who = self.person(path, "FLOW-2", hit["subject_id"])
                assert who is not None
                mine[who] = {"hit": hit, "side": True, "own": True, "amount": hit["amount_eur"]}
            for role, who, amount in self.named(hit):
                side = role in scoring.CONTROLLING
                if not (thing or (side and (hit["third_party"] or hit["family"] == "network"))):
                    continue
                known = mine.setdefault(who, {"hit": hit, "side": side, "own": False, "amount": amount})
                known["side"] = known["side"] or side
                if not known["own"]:
                    known["amount"] = max(known["amount"], amount)
            for who, claim in mine.items():
                claims.setdefault(who, []).append(claim)
        out = {}
        for who, found in claims.items():
            judged = self._judge(who, found, numbers)
            if judged is not None:
                out[who] = judged
        return out

    def _judge(
        self, who: tuple[str, str], claims: list[dict[str, Any]], numbers: bundle.Scoring
    ) -> dict[str, Any] | None:
        real = [c for c in claims if c["hit"]["family"] != "mitigation"]
        if not real:
            return None
        plus, minus = Fraction(0), Fraction(0)
        for name in {c["hit"]["rule"] for c in claims}:
            hits = [c["hit"] for c in claims if c["hit"]["rule"] == name]
            if hits[0]["family"] == "mitigation":
                minus += abs(hits[0]["weight"])
                continue
            age = min((AS_OF - (h["ends"] or AS_OF)).days for h in hits)
            worth = Fraction(hits[0]["weight"], 2 ** (max(0, age) // numbers.half_after_days))
            plus += Fraction(floor(worth * 10_000), 10_000)
            plus += min(Fraction(numbers.repeat_bonus), Fraction(len(hits) - 1, 4))
        total = max(Fraction(0), plus - minus)
        by_network = self._backed([c["hit"] for c in real]) and total > 0
        families = {c["hit"]["family"] for c in real}
        by_sum = total >= Fraction(numbers.alert_weight) and len(families) >= numbers.min_families
        legal = who[0] == "party" and any(
            p["party_id"] == who[1] and p["kind"] == "legal" for p in self.parties
        )
        third = any(c["hit"]["third_party"] and c["side"] for c in real)
        if not (by_sum or by_network) or not (legal or third):
            return None
        return {
            "score": float(total),
            "urgency": self._urgency(real),
            "amount": max(c["amount"] for c in real),
            "third": third,
            "families": families,
            "shares": self._shares(who),
            "hit_ids": {c["hit"]["hit_id"] for c in claims},
            "tx_ids": {tx for c in claims for tx in c["hit"]["tx_ids"]},
        }

    def _backed(self, hits: list[dict[str, Any]]) -> bool:
        """Whether a strong network pattern has another sign beside it: other movements, or another family."""
        rules = {h["rule"] for h in hits}
        tx = {r: {t for h in hits if h["rule"] == r for t in h["tx_ids"]} for r in rules}
        for one in rules:
            if RULES[one][:2] != ("network", 3):
                continue
            for other in rules - {one}:
                met, fewer = len(tx[one] & tx[other]), min(len(tx[one]), len(tx[other]))
                if RULES[other][0] != "network" or not fewer or 2 * met < fewer:
                    return True
        return False

    def _urgency(self, real: list[dict[str, Any]]) -> int:
        urgency = 3 if any(c["hit"]["rule"].startswith("CHILD") for c in real) else 0
        for c in real:
            hit = c["hit"]
            if not (hit["third_party"] and c["side"]) or hit["ends"] is None:
                continue
            if AS_OF - hit["ends"] <= timedelta(days=30):
                victims = {who for role, who, _ in self.named(hit) if role == "possible_victim"}
                urgency = max(urgency, 2 if hit["weight"] == 3 and len(victims) >= 3 else 1)
        return urgency

    def _shares(self, who: tuple[str, str]) -> dict[str, float]:
        points: dict[str, float] = {"unknown": 0.5}
        seen: dict[tuple[str, str], set[str]] = {}
        for hit in self.hits:
            if hit["weight"] >= 1 and hit["family"] != "mitigation":
                for role, person, _ in self.named(hit):
                    if person == who:
                        seen.setdefault((role, hit["rule"]), set()).add(hit["hit_id"])
        for (role, name), hits in seen.items():
            points[role] = points.get(role, 0.0) + RULES[name][1] * (1 + min(1.0, (len(hits) - 1) / 10))
        for m in self.network_members:
            if m["member_id"] == who[1]:
                for part in m["roles"]:
                    points[part["role"]] = points.get(part["role"], 0.0) + 3 * part["share"]
        total = sum(points.values())
        return {role: value / total for role, value in points.items()}
