"""Which groups are published as networks: several signs that agree."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from tests.unit.network.build import AS_OF, World, cell, ring
from thbscreen.engine.apart import apart
from thbscreen.network import RuleInfo, enough
from thbscreen.rules.bundle import Scoring

DEVICE = RuleInfo("One device, several accounts", "identity", 3, ("account_control",), True)
CARDS = RuleInfo("Cards at one machine", "identity", 2, ("labour_exploitation",), True)
PATTERN = RuleInfo("Money in, fee and money out", "network", 3, ("sham_marriage", "recruitment"), True)
COSTS = RuleInfo("Wedding costs of strangers", "spend", 2, ("sham_marriage",))
TICKETS = RuleInfo("Tickets for newcomers", "spend", 2, ("recruitment",))
WAGES = RuleInfo("Pay is drawn at once", "flow", 2, ("labour_exploitation",))
SHORT_PAY = RuleInfo("Less than the wage", "spend", 2, ("labour_exploitation",))
PATTERN_OF_TURNS = RuleInfo("One after the other", "network", 2, ("sexual_exploitation",), True)
TAKINGS = RuleInfo("Takings go on to one payee", "flow", 2, ("sexual_exploitation",), True)


def signs(*rules: RuleInfo, members: int = 3, world: World | None = None) -> World:
    """Customers on one telephone, each with a hit of every given rule."""
    world = world or World()
    for i in range(members):
        world.customer(f"A{i}", phone_hash="p")
        for n, rule in enumerate(rules):
            put(world, n, rule, f"A{i}")
    return world


def put(world: World, number: int, rule: RuleInfo, subject: str) -> None:
    world.hit("THB-SEX-001", subject)
    world.hits[-1] |= {
        "rule": f"THB-TST-{number:03}", "title": rule.title, "family": rule.family, "weight": rule.weight,
        "third_party": rule.third_party, "typologies": list(rule.typologies),
    }  # fmt: skip


def on(world: World, *tx_ids: str) -> World:
    """Lets all hits rest on the same movements."""
    for hit in world.hits:
        hit["tx_ids"] = list(tx_ids)
    return world


def found(world: World, scoring: Scoring | None = None) -> int:
    return len(world.run(scoring).networks)


#: Neither weight nor the number of families stands in the way.
EASY = Scoring(alert_weight=Decimal(1), min_families=1)


def test_a_family_that_shares_a_device_is_no_network() -> None:
    assert found(signs(DEVICE)) == 0
    assert found(signs(DEVICE), EASY) == 0


def test_a_family_that_shares_a_device_with_an_unrelated_indicator_is_no_network() -> None:
    assert found(signs(DEVICE, WAGES)) == 0


def test_one_network_pattern_alone_is_no_network() -> None:
    assert found(signs(PATTERN)) == 0
    assert found(signs(PATTERN), EASY) == 0


def test_a_network_pattern_with_a_second_rule_of_its_typology_is_a_network() -> None:
    assert found(signs(PATTERN, COSTS)) == 1


def test_any_typology_that_the_pattern_and_the_second_rule_share_is_enough() -> None:
    assert found(signs(PATTERN, TICKETS)) == 1


def test_a_network_pattern_with_an_unrelated_indicator_is_no_network() -> None:
    assert found(signs(PATTERN, WAGES)) == 0


def test_two_rules_that_agree_with_one_another_but_not_with_the_pattern_do_not_back_it() -> None:
    world = signs(WAGES, SHORT_PAY, members=4)
    put(world, 2, PATTERN, "A0")
    assert found(world) == 0


def test_a_weak_rule_of_many_members_does_not_take_the_backing_from_a_pattern() -> None:
    world = signs(RuleInfo("Adverts", "text", 1, ("sexual_exploitation",)), members=12)
    put(world, 1, PATTERN, "A0")
    put(world, 2, COSTS, "A0")
    assert world.run().networks["typology"].to_list() == ["sexual_exploitation"]


def test_a_network_rule_below_weight_three_is_no_pattern_that_a_second_rule_backs() -> None:
    light = RuleInfo("Money in and out", "network", 2, ("sham_marriage",), True)
    heavy = RuleInfo("Wedding costs of strangers", "spend", 3, ("sham_marriage",))
    assert found(signs(light, heavy)) == 0
    assert found(signs(light, heavy), EASY) == 0


def test_two_third_party_rules_of_two_families_are_a_network() -> None:
    assert found(signs(DEVICE, TAKINGS)) == 1


@pytest.mark.parametrize("both", [0, 1, 2, 3])
def test_a_shared_detail_and_a_sign_of_somebody_elses_gain_are_one_matter_when_they_see_two_of_the_same(
    both: int,
) -> None:
    world = signs(DEVICE, COSTS)
    for i in range(3):
        world.customer(f"B{i}", phone_hash="p")
        put(world, 2, TAKINGS, f"A{i}" if i < both else f"B{i}")
    assert found(world) == (1 if both > 1 else 0)


def test_two_signs_of_somebody_elses_gain_need_not_see_the_same_people() -> None:
    world = signs(TAKINGS)
    for i in range(3):
        world.customer(f"B{i}", phone_hash="p")
        put(world, 2, PATTERN_OF_TURNS, f"B{i}")
    assert found(world, EASY) == 1


def test_two_third_party_rules_about_shared_details_are_no_network() -> None:
    assert found(signs(DEVICE, CARDS, COSTS)) == 0
    assert found(signs(DEVICE, CARDS), EASY) == 0


def test_a_pattern_that_shows_no_third_party_does_not_count_as_a_third_party_rule() -> None:
    shown = RuleInfo("Money goes round", "network", 3, ("laundering",), True)
    hidden = RuleInfo("Money goes round", "network", 3, ("laundering",))
    for other in (DEVICE, TAKINGS):
        assert found(signs(other, shown)) == 1
        assert found(signs(other, hidden)) == 0


def test_signs_below_the_alert_weight_are_no_network() -> None:
    light = RuleInfo("Wedding talk", "text", 1, ("sham_marriage",))
    assert found(signs(PATTERN, light)) == 0
    assert found(signs(PATTERN, light), Scoring(alert_weight=Decimal(4))) == 1


def test_further_hits_of_the_same_rules_do_not_make_up_for_missing_weight() -> None:
    light = RuleInfo("Wedding talk", "text", 1, ("sham_marriage",))
    assert found(signs(PATTERN, light, members=20)) == 0


def test_signs_of_fewer_families_than_asked_for_are_no_network_unless_they_back_a_pattern() -> None:
    assert found(signs(DEVICE, TAKINGS), Scoring(min_families=3)) == 0
    assert found(signs(PATTERN, COSTS), Scoring(min_families=3)) == 1
    assert found(signs(PATTERN, PATTERN)) == 1


def test_third_party_hits_that_each_name_somebody_else_are_no_network() -> None:
    apart = signs(DEVICE)
    for i in range(3):
        put(apart, 1, TAKINGS, f"A{i}")
        name(apart, f"LANDLORD{i}")
    assert found(apart) == 0
    together = signs(DEVICE)
    for i in range(3):
        put(together, 1, TAKINGS, f"A{i}")
        name(together, "COLLECTOR" if i else "LANDLORD")
    assert found(together) == 1


def name(world: World, member: str) -> None:
    """Lets the last hit name somebody else as controlling."""
    hit = world.hits[-1]
    world.hit_members.append({
        "hit_id": hit["hit_id"], "rule": hit["rule"], "role": "possible_controller", "field": "cp_account_id",
        "member_id": member, "n_tx": 3, "amount_eur": 100_000,
    })  # fmt: skip


def test_age_of_the_signs_does_not_undo_a_network() -> None:
    world = signs(PATTERN, COSTS)
    for h in world.hits:
        h["ends"] = AS_OF.replace(year=2025)
    assert found(world) == 1


def test_a_mitigating_fact_is_no_second_sign() -> None:
    mild = RuleInfo("A wedding business", "mitigation", -2, ("sham_marriage",))
    lenient = Scoring(alert_weight=Decimal(3), min_families=1)
    assert found(signs(PATTERN, mild), lenient) == 0


def test_a_sign_on_a_client_is_no_second_sign_of_the_ring() -> None:
    world = ring()
    world.hits[-1]["subject_id"] = "K0"
    assert found(world) == 0
    world.hits[-1]["subject_id"] = "S0"
    assert found(world) == 1


def test_what_was_found_on_payers_counts_where_they_alone_make_the_group() -> None:
    world = World()
    payers = {f"K{i}": "possible_client" for i in range(2)}
    for payer in payers:
        world.customer(payer)
    world.hit("THB-MAR-001", "R", payers, own="possible_facilitator", field="member", kind="external")
    assert found(world) == 0
    put(world, 1, COSTS, "K0")
    assert found(world) == 1
    world.hits[-1]["subject_id"] = "ELSEWHERE"
    assert found(world) == 0


def test_a_group_that_is_not_published_leaves_the_others_as_they_are() -> None:
    alone, beside = cell().run(), signs(DEVICE, world=cell()).run()
    assert len(beside.networks) == 1
    for name in ("networks", "members", "edges"):
        assert getattr(beside, name).equals(getattr(alone, name)), name


def test_the_same_payments_seen_by_two_rules_of_one_family_are_one_sign() -> None:
    again = RuleInfo("Money in and money out", "network", 2, ("sham_marriage",), True)
    assert found(signs(PATTERN, again)) == 1
    assert found(on(signs(PATTERN, again), "T1", "T2")) == 0
    assert found(on(signs(PATTERN, COSTS), "T1", "T2")) == 1


def test_third_party_rules_on_the_same_payments_are_two_signs_when_several_customers_show_them() -> None:
    again = RuleInfo("Takings go on at once", "flow", 2, ("sexual_exploitation",), True)
    alone = signs(TAKINGS, again, COSTS, members=1)
    alone.customer("A1", phone_hash="p")
    put(alone, 3, WAGES, "A1")
    assert found(on(alone, "T1", "T2")) == 0
    assert found(signs(TAKINGS, again, COSTS, members=3)) == 1


def test_a_crowd_of_customers_is_not_compared_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def counting(rows: pl.DataFrame, keys: list[str], sign: str = "rule") -> pl.DataFrame:
        compared.append(rows["node"].n_unique() if sign == "node" else 0)
        return apart(rows, keys, sign)

    monkeypatch.setattr(enough, "apart", counting)
    again = RuleInfo("Takings go on at once", "flow", 2, ("sexual_exploitation",), True)
    assert found(signs(TAKINGS, again, COSTS, members=20)) == 1
    assert max(compared) == 20
    monkeypatch.setattr(enough, "MOST_COMPARED", 5)
    compared.clear()
    assert found(signs(TAKINGS, again, COSTS, members=20)) == 1
    assert max(compared) == 5
