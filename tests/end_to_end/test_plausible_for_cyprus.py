"""What is ordinary in Cyprus is no sign: short ways, the season, money sent home, weddings, support in cash.

The whole shipped pack looks at lawful lives of each kind. None becomes an alert or part of a network, and no
rule of consequence fires on one.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import polars as pl
import pytest

from tests.end_to_end.lawful_lives import LIVES, world
from tests.end_to_end.small_world import World
from tests.support import run_rows
from thbscreen.rules import bundle
from thbscreen.rules.pack import load_pack
from thbscreen.screening import ScreenResult, screen

#: The whole pack is loaded and run: about ten seconds of work.
pytestmark = pytest.mark.slow

TODAY = dt.date(2026, 11, 26)
KINDS = ["hotel in season", "monthly remitter", "commuter", "wedding", "tourists' cards", "asylum support"]
#: Hits of consequence that we know of and leave, with the reason.
KNOWN = {
    (
        "THB-SEX-010",
        "wedding",
    ): "more than eleven guests give by transfer; no list of words would tell a gift safely",
}
#: Rules that first fired on these lives and were tightened, with what would bring them back.
TIGHTENED = {
    "THB-BEN-001": "asylum support",
    "THB-MAR-012": "asylum support",
    "THB-VIC-003": "asylum support",
    "THB-ML-004": "commuter",
}


@pytest.fixture(scope="module")
def lives() -> World:
    return world()


@pytest.fixture(scope="module")
def result(lives, tmp_path_factory) -> ScreenResult:
    return screen([lives.write(tmp_path_factory.mktemp("lives"))])


def hits_of_consequence(result: ScreenResult) -> pl.DataFrame:
    """Every customer in a hit of weight 2 or more: as its subject, at a shared place, or as a member."""
    hits = result.hits.filter(pl.col("weight") >= 2)
    subjects = hits.select("hit_id", "rule", member_id="subject_id")
    members = result.hit_members.join(hits.select("hit_id", "rule"), on="hit_id").select(
        "hit_id", "rule", "member_id"
    )
    return pl.concat([subjects, members]).unique()


def test_every_kind_of_life_is_there(lives) -> None:
    assert {kind for kind in lives.of.values() if kind != "control"} == set(KINDS)
    assert len(LIVES) == len(KINDS)


def test_nearly_all_rules_could_judge_these_lives(result) -> None:
    silent = set(result.readiness.filter(pl.col("status") == "not judged")["rule"])
    # telephone and card data that this world has not; see the readiness table
    assert len(silent) <= 8, sorted(silent)
    assert not silent & set(TIGHTENED)


def test_no_lawful_life_becomes_an_alert(result) -> None:
    assert result.alerts.select("subject_id", "score").rows() == []


def test_no_lawful_life_becomes_part_of_a_network(result) -> None:
    assert result.networks.height == 0


@pytest.mark.parametrize("kind", KINDS)
def test_no_rule_of_consequence_fires_on_a_life_that_is_ordinary_in_cyprus(result, lives, kind: str) -> None:
    own = {name for name, of in lives.of.items() if of == kind}
    places = {str(p["address_hash"]) for p in lives.parties if p["party_id"] in own}
    found = hits_of_consequence(result).filter(pl.col("member_id").is_in([*own, *places]))
    assert {rule for rule in found["rule"] if (rule, kind) not in KNOWN} == set()


def test_what_is_known_still_fires_so_that_the_list_holds_nothing_that_is_over(result, lives) -> None:
    found = hits_of_consequence(result)
    seen = {
        (rule, lives.of[member])
        for rule, member in found.select("rule", "member_id").rows()
        if member in lives.of
    }
    assert set(KNOWN) <= seen


def test_the_same_world_shows_what_must_be_found(result) -> None:
    assert result.hits.filter(pl.col("rule") == "THB-MAR-002")["subject_id"].to_list() == ["payer"]


def test_no_hit_of_consequence_has_a_place_or_machine_for_its_subject(result, lives) -> None:
    subjects = set(result.hits.filter(pl.col("weight") >= 2)["subject_id"])
    assert subjects <= set(lives.of)


# --- a ring over several banks --------------------------------------------------------------------


@cache
def fiu() -> bundle.RulePack:
    """Gives the one rule asked for, under the profile of an FIU."""
    return load_pack(None, "fiu", ["THB-LAB-014"], today=TODAY)


def _collector(banks: str) -> tuple[list[dict], list[dict], list[dict]]:
    """Six workers of one employer at three banks pay one account equal sums; some of the banks are seen."""
    workers = [(f"{bank}{number}", bank) for bank in "ABC" for number in range(2)]
    seen = [(name, bank) for name, bank in workers if bank in banks]
    payment = {"amount_eur": "300", "direction": "debit", "tx_type": "credit_transfer", "cp_account_id": "C"}
    rows = [
        {
            "tx_id": f"{name}-{month}",
            "booking_ts": f"2025-{month:02d}-03 10:00",
            "account_id": name,
            **payment,
        }
        for month in (1, 2, 3, 4)
        for name, _ in seen
    ]
    accounts = [{"account_id": name, "institution": bank} for name, bank in seen]
    person = {"kind": "natural", "employer_id": "farm"}
    people = [{"account_id": name, "party_id": name, **person} for name, _ in seen]
    return rows, accounts, people


@pytest.mark.parametrize(("banks", "found"), [("A", 0), ("B", 0), ("AB", 0), ("ABC", 1)])
def test_a_ring_over_three_banks_is_seen_by_who_holds_the_reports_of_all(banks: str, found: int) -> None:
    tables, ready = run_rows(fiu(), *_collector(banks))
    assert "not judged" not in set(ready["status"])
    assert tables.hits.height == found
