"""What is known only once networks exist: hits of rules about a network reach it."""

from __future__ import annotations

import polars as pl

from tests.unit.network.build import ring
from thbscreen.engine import tables
from thbscreen.engine.hits import subject_kind
from thbscreen.network.finish import with_network_hits
from thbscreen.rules.pack import load_pack


def network_hit(network: str, number: int, weight: int = 3) -> dict:
    return dict.fromkeys(tables.HITS.schema) | {
        "hit_id": f"N{number}", "rule": "THB-MAR-015", "family": "network", "weight": weight,
        "subject_kind": "network", "subject_id": network, "tx_ids": ["FEE1", f"FEE{number}"],
    }  # fmt: skip


def added(*hits: dict) -> tuple[dict, dict]:
    networks = ring().run().networks
    table = tables.HITS.conform(pl.DataFrame(list(hits), schema=tables.HITS.schema, orient="row"))
    (before,), (after,) = networks.to_dicts(), with_network_hits(networks, table).to_dicts()
    return before, after


def test_a_rule_about_a_network_adds_its_weight_once_and_its_rows_always() -> None:
    network = ring().run().networks["network_id"].item()
    before, after = added(network_hit(network, 1), network_hit(network, 2))
    assert after["score"] == before["score"] + 3
    assert after["rules"] == sorted([*before["rules"], "THB-MAR-015"])
    assert set(after["hit_ids"]) == {*before["hit_ids"], "N1", "N2"}
    assert set(after["tx_ids"]) == {*before["tx_ids"], "FEE1", "FEE2"}


def test_hits_about_another_network_or_without_weight_add_nothing() -> None:
    network = ring().run().networks["network_id"].item()
    for hit in (network_hit("NW-000000000000", 1), network_hit(network, 1, weight=0)):
        before, after = added(hit)
        assert after == before


def test_the_shipped_rules_over_networks_call_their_subject_a_network() -> None:
    kinds = {rule.id: subject_kind(rule) for rule in load_pack().rules}
    assert kinds["THB-MAR-015"] == "network"
    assert "network_id" not in kinds.values()
    assert {"network", "account", "party", "device_id"} <= set(kinds.values())
