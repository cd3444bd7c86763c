"""Alerts for the page: the queue with one short row each, and one block of facts each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import polars as pl

from thbscreen.report.folder import Row, RunFolder
from thbscreen.report.html import evidence
from thbscreen.report.html.people import APART, People
from thbscreen.report.html.pool import Pool, local

#: Hits and near misses that are told of one alert; the tables have all.
MOST_HITS, MOST_NEAR = 60, 20
_HIT = (
    "hit_id", "rule", "subject_kind", "subject_id", "first", "last", "n_tx", "amount_eur", "evidence",
)  # fmt: skip


def queue(run: RunFolder, who: People) -> list[Row]:
    """Gives one row per alert in the order of rank, with what filters and columns of the queue need."""
    columns = (
        "alert_id", "rank", "subject_id", "subject_kind", "score", "urgency", "urgency_why", "typology",
        "leading_role", "second_role", "network_id", "families", "amount_eur", "first", "last", "handling",
    )  # fmt: skip
    rules = pl.col("addends").list.eval(pl.element().struct.field("rule").unique(maintain_order=True))
    frame = run.table("alerts").with_columns(rules=rules, n_tx=pl.col("tx_ids").list.len())
    frame = local(frame.select(*columns, "rules", "n_tx"), str(run.zone))
    rows = frame.sort("rank").to_dicts()
    for row in rows:
        row["apart"] = row.pop("handling") == APART or row["subject_id"] in who.apart
    return rows


class Blocks:
    """Makes the facts of each alert."""

    def __init__(self, run: RunFolder, who: People, pool: Pool) -> None:
        """Reads the tables once for all alerts."""
        self.run, self.who, self.pool = run, who, pool
        zone = str(run.zone)
        hits = run.table("hits")
        hits = hits.with_columns(
            first=pl.coalesce("first", "starts"), last=pl.coalesce("last", "ends")
        ).with_columns(against=pl.col("family") == "mitigation")
        self.hits = {h["hit_id"]: h for h in local(hits.select(*_HIT, "against"), zone).iter_rows(named=True)}
        self.titles = dict(hits.select("rule", "title").unique("rule").iter_rows())
        self.near = self._near(zone)
        self.roles = self._roles()
        self.parts = self._parts()

    def _near(self, zone: str) -> dict[str, list[Row]]:
        near = local(run_near(self.run), zone).sort("distance", "rule", "subject_id", nulls_last=True)
        out: dict[str, list[Row]] = {}
        for row in near.iter_rows(named=True):
            out.setdefault(row["subject_id"], []).append(row)
        return out

    def _roles(self) -> dict[str, Counter[str]]:
        """Roles that hits give, with the number of their holders, by hit."""
        out: dict[str, Counter[str]] = {}
        counted = self.run.table("hit_members").group_by("hit_id", "role").len().sort("hit_id", "role")
        for hit, role, n in counted.iter_rows():
            out.setdefault(hit, Counter())[role] = n
        return out

    def _parts(self) -> dict[str, list[Row]]:
        """Rows of network members by member."""
        out: dict[str, list[Row]] = {}
        for row in self.run.table("network_members").sort("network_id").iter_rows(named=True):
            out.setdefault(row["member_id"], []).append(row)
        return out

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Gives id and facts of every alert."""
        for row in self.run.table("alerts").drop("tx_ids").sort("rank").iter_rows(named=True):
            yield row["alert_id"], self._facts(row)

    def _facts(self, alert: Row) -> dict[str, Any]:
        pool, subject = self.pool, alert["subject_id"]
        hits = [self.hits[h] for h in alert["hit_ids"] or () if h in self.hits]
        hits.sort(key=lambda h: (h["against"], h["rule"], h["first"], h["hit_id"]))
        return {
            "accounts": sorted(self.who.accounts.get(subject, ())),
            "third_party": alert["third_party"],
            "typologies": [[t["typology"], t["points"]] for t in alert["typology_scores"] or ()],
            "roles": [[r["role"], r["share"]] for r in alert["roles"] or ()],
            "readings": [
                {
                    "network": part["network_id"], "for": pool.all(part["evidence_for"]),
                    "against": pool.all(part["evidence_against"]),
                }
                for part in self.parts.get(subject, ())
            ],
            "addends": [
                [a["points"], pool(a["why"]), a["rule"], a["hit_id"], a["family"]]
                for a in alert["addends"] or ()
            ],
            "hits": [self._hit(hit) for hit in hits[:MOST_HITS]],
            "all_hits": len(hits),
            "spans": _spans(hits),
            **self._others(alert),
            "innocent": pool.all(alert["innocent_explanations"]),
            "care": pool.all(alert["care"]),
            "not_judged": pool.all(alert["not_judged"]),
            **self._nearest(subject),
            "movements": moved(self.run, alert["alert_id"]),
        }  # fmt: skip

    def _hit(self, hit: Row) -> list[Any]:
        return [hit[name] for name in _HIT]

    def _others(self, alert: Row) -> dict[str, Any]:
        """Who else is named; without a case folder only how many, as nobody knows whose accounts they are."""
        named = self.who.others.get(alert["alert_id"])
        if named is None:
            roles: Counter[str] = Counter()
            for hit in alert["hit_ids"] or ():
                roles.update(self.roles.get(hit, {}))
            return {"named": None, "named_roles": sorted(roles.items())}
        return {
            "named": [
                [n.member_id, n.role, n.rules, n.n_hits, n.apart or n.member_id in self.who.apart]
                for n in named
            ]
        }

    def _nearest(self, subject: str) -> dict[str, Any]:
        found = [
            row for who in {subject, *self.who.accounts.get(subject, ())} for row in self.near.get(who, ())
        ]
        found.sort(key=lambda n: (n["distance"] is None, n["distance"] or 0, n["rule"], n["subject_id"]))
        names = (
            "rule",
            "subject_id",
            "window_starts",
            "window_ends",
            "line",
            "left",
            "right",
            "distance",
            "n_tx",
        )
        return {"near": [[n[name] for name in names] for n in found[:MOST_NEAR]], "all_near": len(found)}


def _spans(hits: list[Row]) -> list[list[Any]]:
    """When each rule was hit: rule, and first and last day of each hit."""
    by_rule: dict[str, list[list[str]]] = {}
    for hit in hits:
        if hit["first"]:
            by_rule.setdefault(hit["rule"], []).append([hit["first"], hit["last"] or hit["first"]])
    return [[rule, spans[:MOST_HITS]] for rule, spans in by_rule.items()]


def run_near(run: RunFolder) -> pl.DataFrame:
    """Gives the near misses without their movements."""
    return run.table("near_misses").drop("tx_ids")


def moved(run: RunFolder, case_id: str) -> dict[str, Any] | None:
    """Gives the movements behind a case as plain data; None where there is no case folder."""
    found = evidence.movements(run, case_id)
    if found is None:
        return None
    return {"all": found.all, "columns": list(found.columns), "rows": found.rows, "weeks": found.weeks}
