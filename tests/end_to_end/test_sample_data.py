"""The main job on the sample data: three networks found, roles only possible, lawful twins below the line."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from thbscreen.screening import ScreenResult, screen

ROOT = Path(__file__).parents[2]
EXPECTED = json.loads((ROOT / "tests" / "expected" / "sample_data" / "expected_findings.json").read_text())
TRUTH = json.loads((ROOT / "tests" / "expected" / "sample_data" / "truth.json").read_text())
CONTROLLING = {"possible_controller", "possible_organiser", "possible_facilitator", "possible_recruiter"}


@pytest.fixture(scope="module")
def result() -> ScreenResult:
    return screen([ROOT / "sample_data"])


def _network_of(result, expected) -> str:
    shares = {
        n: len(set(rows["member_id"]) & set(expected["core_members"])) / len(expected["core_members"])
        for (n,), rows in result.network_members.group_by("network_id")
    }
    best = max(shares, key=lambda n: shares[n])
    assert shares[best] >= expected["min_core_share"]
    return best


@pytest.mark.parametrize("expected", EXPECTED["networks"], ids=lambda e: e["group_id"])
def test_each_planned_network_is_found_under_its_typology(result, expected):
    found = _network_of(result, expected)
    row = result.networks.row(by_predicate=pl.col("network_id") == found, named=True)
    assert row["typology"] == expected["typology"]
    assert set(expected["must_alert"]) <= set(result.alerts["subject_id"])


def test_nothing_else_is_published_as_a_network(result):
    assert result.networks.height == len(EXPECTED["networks"])


@pytest.mark.parametrize("expected", EXPECTED["networks"], ids=lambda e: e["group_id"])
def test_possible_victims_are_never_shown_as_controlling(result, expected):
    protected = expected["never_shown_as_controller"]
    members = result.network_members.filter(pl.col("member_id").is_in(protected))
    assert members.height > 0
    assert not set(members["role"]) & CONTROLLING
    alerts = result.alerts.filter(pl.col("subject_id").is_in(protected))
    assert set(alerts["handling"]) <= {"possible victim"}


def test_roles_are_named_as_possible(result):
    allowed = CONTROLLING | {"possible_victim", "employer", "possible_client", "place", "unknown"}
    assert set(result.network_members["role"]) <= allowed
    assert set(result.alerts["leading_role"]) <= allowed


@pytest.mark.parametrize("twin", EXPECTED["no_alert"], ids=lambda t: t["group_id"])
def test_lawful_twins_stay_below_the_line(result, twin):
    assert not set(twin["parties"]) & set(result.alerts["subject_id"])
    core = result.network_members.filter(~pl.col("is_connector") & pl.col("role").ne("employer"))
    assert not set(twin["parties"]) & set(core["member_id"])


def test_ordinary_people_hardly_ever_become_alerts(result):
    planned = {m["party_id"] for g in TRUTH["groups"] if g["kind"] == "positive" for m in g["members"]}
    others = set(result.alerts.filter(pl.col("subject_kind") == "party")["subject_id"]) - planned
    assert len(others) <= 2, "more than one in a thousand of the 2,000 customers"


def test_a_possible_victim_of_a_network_is_handled_as_one_in_the_alerts(result):
    victims = result.network_members.filter(pl.col("role") == "possible_victim")["member_id"]
    alerts = result.alerts.filter(pl.col("subject_id").is_in(victims.implode()))
    assert set(alerts["handling"]) == {"possible victim"}


def test_every_alert_is_the_sum_of_its_addends(result):
    for alert in result.alerts.iter_rows(named=True):
        assert alert["score"] == pytest.approx(max(0.0, sum(a["points"] for a in alert["addends"])))


def test_alerts_rest_on_two_families_and_somebody_elses_gain(result):
    for alert in result.alerts.iter_rows(named=True):
        motif = any(a["family"] == "network" and a["points"] >= 1.5 for a in alert["addends"])
        assert len(set(alert["families"]) - {"mitigation"}) >= 2 or motif
        assert alert["third_party"]


def test_numbers_of_a_hit_can_be_recomputed_from_the_rows_it_names(result):
    hits = result.hits.filter(pl.col("rule") == "THB-MAR-002")
    assert hits.height > 0
    for hit in hits.iter_rows(named=True):
        rows = result.dataset.fetch(hit["tx_ids"])
        assert rows.height == hit["n_tx"] == len(hit["tx_ids"])
        assert rows["amount_eur"].sum() == hit["amount_eur"]
        shown = rows.filter(pl.col("booking_ts").is_between(hit["window_starts"], hit["window_ends"]))
        measures = {m["name"]: m["value"] for m in hit["measures"]}
        assert measures["fees"] == shown.height
        assert measures["paid"] == pytest.approx(shown["amount_eur"].sum() / 100)


def test_alerts_are_in_a_strict_total_order(result):
    keys = [
        (-a["urgency"], -a["score"], -a["amount_eur"], a["alert_id"])
        for a in result.alerts.iter_rows(named=True)
    ]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert result.alerts["rank"].to_list() == list(range(1, len(keys) + 1))
