"""Suspected networks for the page: the list, and one block of facts each, with what a drawing needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from thbscreen.report import proof as proofs
from thbscreen.report.folder import Row, RunFolder
from thbscreen.report.html.people import APART, People
from thbscreen.report.html.pool import MINUTE, Pool, local
from thbscreen.report.html.subjects import moved

#: Payments of proofs that are told of one network, when there are few networks and when there are many.
MOST_PROOF, MOST_PROOF_OF_MANY, MANY = 600, 60, 60
#: Payments between two members that the drawing knows one by one; their number and sum are exact.
MOST_PAYMENTS = 400
#: Links that are no payments; a network of hundreds of flat-mates has tens of thousands.
MOST_TIES = 2_000
#: Suggestions how else to read the facts, from the alerts of the members.
MOST_HITS = 60


def overview(run: RunFolder) -> list[Row]:
    """Gives one row per network in the order of rank."""
    columns = (
        "network_id", "rank", "title", "typology", "score", "n_members", "n_possible_victims", "n_alerts",
        "amount_eur", "first", "last", "confidence", "rules",
    )  # fmt: skip
    return local(run.table("networks").select(columns), str(run.zone)).sort("rank").to_dicts()


class Blocks:
    """Makes the facts of each network."""

    def __init__(self, run: RunFolder, who: People, pool: Pool) -> None:
        """Reads the tables once for all networks."""
        self.run, self.who, self.pool, self.zone = run, who, pool, str(run.zone)
        self.members = _by_network(run.table("network_members").sort("network_id", "role", "member_id"))
        edges = run.table("network_edges").sort("network_id", "source", "target", "kind")
        days = pl.col("times").list.eval(
            pl.element().dt.convert_time_zone(self.zone).dt.date().cast(pl.Int32)
        )
        self.edges = _by_network(local(edges.with_columns(times=days), self.zone))
        self.proof = _by_network(local(run.table("network_proof"), self.zone, MINUTE))
        hits = run.table("hits").drop("tx_ids", "measures", "conditions", "parameters", "keys")
        self.hits = {h["hit_id"]: h for h in local(hits, self.zone).iter_rows(named=True)}
        self.alerts = {a["subject_id"]: a for a in run.table("alerts").drop("tx_ids").iter_rows(named=True)}
        self.hubs = {h["hub_id"]: h for h in run.table("hubs").iter_rows(named=True)}
        many = run.table("networks").height > MANY
        self.most_proof = MOST_PROOF_OF_MANY if many else MOST_PROOF

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Gives id and facts of every network."""
        for row in self.run.table("networks").drop("tx_ids").sort("rank").iter_rows(named=True):
            yield row["network_id"], self._facts(row)

    def _facts(self, network: Row) -> dict[str, Any]:
        name, pool = network["network_id"], self.pool
        members = self.members.get(name, [])
        alerts = [self.alerts[m["member_id"]] for m in members if m["member_id"] in self.alerts]
        hits = [self.hits[h] for h in network["hit_ids"] or () if h in self.hits]
        return {
            "why": network["why"], "note": network["note"],
            "confidence_why": pool.all(network["confidence_why"]),
            "would_break": pool.all(network["would_break"]),
            "tests": [[t["test"], t["result"], t["finding"]] for t in network["twin_tests"] or ()],
            "members": [self._member(m) for m in members],
            **self._edges(self.edges.get(name, [])),
            **self._proof(name, hits),
            "hits": _hits(hits), "all_hits": len(hits),
            "innocent": pool.all(_once(a["innocent_explanations"] for a in alerts)),
            "care": pool.all(_once(a["care"] for a in alerts)),
            "hubs": [self._hub(h) for h in network["hubs_removed"] or ()],
            "movements": moved(self.run, name),
        }  # fmt: skip

    def _member(self, member: Row) -> dict[str, Any]:
        alert, who = self.alerts.get(member["member_id"]), member["member_id"]
        apart = who in self.who.apart or (alert is not None and alert["handling"] == APART)
        return {
            "id": who, "kind": member["member_kind"], "accounts": member["accounts"] or [],
            "role": member["role"], "roles": [[r["role"], r["share"]] for r in member["roles"] or ()],
            "apart": apart, "customer": member["is_customer"], "connector": member["is_connector"],
            "alert": alert and alert["alert_id"], "rank": alert and alert["rank"],
            "received": member["received_eur"], "sent": member["sent_eur"],
            "for": self.pool.all(member["evidence_for"]),
            "against": self.pool.all(member["evidence_against"]),
        }  # fmt: skip

    def _edges(self, edges: list[Row]) -> dict[str, Any]:
        flows, ties = [], []
        for e in edges:
            if e["kind"] == "payment":
                paid = sorted(zip(e["times"] or (), e["amounts_eur"] or (), e["tx_ids"] or (), strict=False))
                flows.append([
                    e["source"], e["target"], e["n"], e["amount_eur"], e["first"], e["last"],
                    [list(p) for p in paid[:MOST_PAYMENTS]],
                ])  # fmt: skip
            else:
                ties.append([e["source"], e["target"], e["kind"], self.pool(e["why"])])
        flows.sort(key=lambda f: (-(f[3] or 0), f[0], f[1]))
        return {"flows": flows, "ties": ties[:MOST_TIES], "all_ties": len(ties)}

    def _proof(self, name: str, hits: list[Row]) -> dict[str, Any]:
        found = proofs.patterns(self.proof.get(name, []), hits)
        best = {p["hit_id"] for p in proofs.told(found)}
        # The pattern of each rule in which most money can be followed comes first, as in the narrative.
        ordered = sorted(found, key=lambda p: p["hit_id"] not in best)
        out, left = [], self.most_proof
        for p in ordered:
            told = p["payments"][: max(0, left)]
            left -= len(told)
            if not told:
                break
            out.append({
                "rule": p["rule"], "hit": p["hit_id"], "passed_on": p["passed_on_eur"],
                "all": len(p["payments"]),
                "rows": [
                    [r["seq"], r["time"], r["source"], r["target"], r["amount_eur"], r["passed_on_eur"],
                     self.pool(r["what"]), r["tx_id"]]
                    for r in told
                ],
            })  # fmt: skip
        payments = sum(len(p["payments"]) for p in found)
        return {"proof": out, "all_patterns": len(found), "all_proof": payments}

    def _hub(self, hub: str) -> list[Any]:
        row = self.hubs.get(hub)
        return [hub, row["kind"], row["n_subjects"], row["why"]] if row else [hub, "", None, ""]


def _by_network(frame: pl.DataFrame) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = {}
    for row in frame.iter_rows(named=True):
        out.setdefault(row["network_id"], []).append(row)
    return out


def _hits(hits: list[Row]) -> list[list[Any]]:
    ordered = sorted(hits, key=lambda h: (-(h["weight"] or 0), h["rule"], h["subject_id"], h["hit_id"]))
    names = (
        "hit_id",
        "rule",
        "subject_kind",
        "subject_id",
        "first",
        "last",
        "n_tx",
        "amount_eur",
        "evidence",
    )
    return [[h[n] for n in names] for h in ordered[:MOST_HITS]]


def _once(lists: Any) -> list[str]:
    return list(dict.fromkeys(text for texts in lists for text in texts or ()))
