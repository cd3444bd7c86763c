"""What is said of finished networks: how lawful readings were tested, and how much the finding rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from thbscreen.engine import tables
from thbscreen.network import links, twins, wording
from thbscreen.network.confidence import Basis, weigh
from thbscreen.network.hubs import HUB_LICENCES
from thbscreen.network.proof import followed
from thbscreen.network.twins import Movement, Person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thbscreen.network.stage import RuleInfo

Row = dict[str, Any]
_HUB_NOTE = "hub not excluded"


@dataclass(frozen=True, slots=True)
class Basics:
    """What findings are made of.

    Attributes:
        members, edges, hubs, proof: tables NETWORK_MEMBERS, NETWORK_EDGES, HUBS and NETWORK_PROOF.
        hits: table HITS, mitigating facts among them.
        movements: table MOVEMENTS, with the whole ledgers of members.
        subjects: account_id, subject_id.
        parties: party_id, and licence when it is known.
        readiness: table READINESS.
        rules: by rule id.
    """

    members: pl.DataFrame
    edges: pl.DataFrame
    hubs: pl.DataFrame
    proof: pl.DataFrame
    hits: pl.DataFrame
    movements: pl.DataFrame
    subjects: pl.DataFrame
    parties: pl.DataFrame
    readiness: pl.DataFrame
    rules: Mapping[str, RuleInfo]


def with_findings(networks: pl.DataFrame, b: Basics) -> pl.DataFrame:
    """Fills confidence, its reasons, the tests of lawful readings and what would break a reading.

    Args:
        networks: table NETWORKS.
        b: see `Basics`.

    Returns:
        Table NETWORKS, same rows and order.
    """
    if networks.is_empty():
        return networks
    setting = _setting(b)
    people = _people(b)
    licensed = set(b.hubs.filter(pl.col("kind") == "licence")["hub_id"].to_list())
    facts = {row["network_id"]: row for row in followed(b.proof).iter_rows(named=True)}
    counted, named = _counted(networks, b), _named(b.members)
    status = dict(b.readiness.select("rule", "status").iter_rows())
    rows = []
    for network in networks.iter_rows(named=True):
        mine = people.get(network["network_id"], [])
        touching = [h for h in network["hubs_removed"] or () if h in licensed]
        answers = twins.answers(network["typology"], mine, touching, setting)
        key = network["network_id"]
        basis = _basis(network, mine, counted[key], facts.get(key, {}), named[key], status, b.rules)
        level, why = weigh(basis, answers)
        told = [(a.test, a.result, a.finding) for a in answers]
        rows.append({
            "network_id": network["network_id"], "confidence": level, "confidence_why": why,
            "would_break": wording.would_break(network["typology"], told),
            "twin_tests": [{"test": t, "result": r, "finding": f} for t, r, f in told],
        })  # fmt: skip
    names = ("network_id", "confidence", "confidence_why", "would_break", "twin_tests")
    filled = pl.DataFrame(rows, schema={name: tables.NETWORKS.schema[name] for name in names})
    return tables.NETWORKS.conform(networks.drop(names[1:]).join(filled, on="network_id"))


def _setting(b: Basics) -> twins.Setting:
    rows = b.readiness.select("rule", "status", "reason").iter_rows()
    found = {rule: (status, reason or "") for rule, status, reason in rows}
    licence = b.parties["licence"] if "licence" in b.parties.columns else pl.Series([], dtype=pl.String)
    return twins.Setting(
        {rule: status for rule, (status, _) in found.items()},
        {rule: reason for rule, (_, reason) in found.items()},
        bool(licence.is_not_null().any()),
    )


def _people(b: Basics) -> dict[str, list[Person]]:
    """Members per network, in the order of their ids."""
    wanted = b.members.select(node="member_id").unique()
    mild = b.hits.filter(pl.col("family") == "mitigation").select("rule", "subject_id")
    mild = links.to_node(mild, "subject_id", b.subjects, "node").join(wanted, on="node", how="semi")
    facts: dict[str, set[str]] = {}
    for rule, node in mild.select("rule", "node").unique().iter_rows():
        facts.setdefault(node, set()).add(rule)
    ledgers = _ledgers(b, wanted)
    licensed = _licensed(b.parties)
    paid = b.edges.filter(pl.col("kind") == "payment")
    payers = paid.group_by("network_id", "target").agg(pl.col("source").n_unique())
    n_payers = {(network, node): n for network, node, n in payers.iter_rows()}
    out: dict[str, list[Person]] = {}
    for m in b.members.sort("network_id", "member_id").iter_rows(named=True):
        node = m["member_id"]
        out.setdefault(m["network_id"], []).append(
            Person(
                node, m["role"], m["is_customer"], m["is_connector"], m["received_eur"],
                facts=frozenset(facts.get(node, ())), licence=node in licensed,
                ledger=ledgers.get(node, ()), payers=n_payers.get((m["network_id"], node), 0),
            )
        )  # fmt: skip
    return out


def _ledgers(b: Basics, wanted: pl.DataFrame) -> dict[str, list[Movement]]:
    rows = links.to_node(b.movements, "account_id", b.subjects, "node")
    rows = rows.join(wanted, on="node", how="semi")
    rows = links.to_node(rows, "cp_account_id", b.subjects, "other").sort("node", "time", "tx_id")
    out: dict[str, list[Movement]] = {}
    columns = ("node", "time", "tx_id", "credit", "other", pl.col("amount_eur").fill_null(0))
    for node, *values in rows.select(columns).iter_rows():
        out.setdefault(node, []).append(Movement(*values))
    return out


def _licensed(parties: pl.DataFrame) -> set[str]:
    if "licence" not in parties.columns:
        return set()
    folded = pl.col("licence").cast(pl.String).str.to_lowercase().str.strip_chars()
    known = parties.filter(folded.str.replace_all(r"[\s\-]+", "_").is_in(HUB_LICENCES))
    return set(known["party_id"].drop_nulls().to_list())


def _counted(networks: pl.DataFrame, b: Basics) -> dict[str, list[Row]]:
    """Rules that count in each network: rule, family, third_party, typologies."""
    inside = networks.select("network_id", hit_id="hit_ids").explode("hit_id").drop_nulls()
    kept = b.hits.filter(pl.col("family") != "mitigation")
    rows = inside.join(kept.select("hit_id", "rule", "family", "third_party", "typologies"), on="hit_id")
    rows = rows.unique(["network_id", "rule"], keep="first").sort("network_id", "rule")
    out: dict[str, list[Row]] = {network: [] for network in networks["network_id"].to_list()}
    for row in rows.iter_rows(named=True):
        out[row["network_id"]].append(row)
    return out


def _named(members: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Per network: members (connectors left out), and how many of them more than one hit names."""
    real = ~pl.col("is_connector")
    twice = real & (pl.col("hit_ids").list.len() > 1)
    counted = members.group_by("network_id").agg(n=real.sum(), twice=twice.sum())
    return {network: (n, many) for network, n, many in counted.iter_rows()}


def _basis(
    network: Row,
    people: list[Person],
    rules: list[Row],
    money: Row,
    named: tuple[int, int],
    status: Mapping[str, str],
    infos: Mapping[str, RuleInfo],
) -> Basis:
    form = network["typology"]
    speaking = [r for r, info in infos.items() if form in info.typologies and info.family != "mitigation"]
    silent = sum(status.get(rule) == "not judged" for rule in speaking)
    asked = {r for test in wording.twin_tests(form) for r in twins.RULES_OF.get(test, ())}
    strong = [p for p in people if p.role != "employer" and not p.is_connector]
    facts = {rule for p in strong for rule in p.facts if rule in infos and form in infos[rule].typologies}
    facts -= asked
    # One member's mitigating fact does not excuse twenty others: most must share it.
    excused = sorted(r for r in facts if 2 * sum(r in p.facts for p in strong) >= len(strong))
    return Basis(
        n_rules=len(rules),
        n_families=len({r["family"] for r in rules}),
        agreeing=sum(
            (r["third_party"] or r["family"] == "network") and form in (r["typologies"] or ()) for r in rules
        ),
        n_patterns=money.get("n_patterns", 0),
        n_followed=money.get("n_followed", 0),
        passed_on_eur=money.get("passed_on_eur", 0),
        paid_eur=money.get("paid_eur", 0),
        named_twice=named[1],
        n_members=named[0],
        judged=len(speaking) - silent,
        silent=silent,
        excused=tuple(excused),
        hub_left=(network["note"] or "").startswith(_HUB_NOTE),
    )
