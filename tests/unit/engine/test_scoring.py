"""Scoring: the sum, the line, the order and the roles."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engine.scoring_build import RULES, Case
from thbscreen.engine import scoring, tables
from thbscreen.rules.ast import ROLES

VICTIMS = [("possible_victim", "cp_account_id", f"V{n}") for n in range(3)]


def only(case: Case) -> dict[str, Any]:
    alerts = case.alerts()
    assert len(alerts) == 1
    return alerts[0]


def points(alert: dict[str, Any]) -> list[tuple[str, float]]:
    return [(a["rule"], a["points"]) for a in alert["addends"]]


def one(kind: str = "natural") -> Case:
    return Case().customer("P1", "A1", "A2", kind=kind)


# --- the line ---------------------------------------------------------------------------------------


def test_no_hits_give_no_alerts() -> None:
    rated = Case().rate()
    assert rated.alerts.is_empty()
    assert rated.alerts.schema == tables.ALERTS.schema
    assert rated.below == {"points": 0, "families": 0, "third party": 0}


def test_two_families_and_five_points_are_an_alert() -> None:
    assert only(one().hit("FLOW-3", "A1").hit("SPEND-2", "A1"))["score"] == 5


def test_one_point_less_is_below_the_line() -> None:
    rated = one().hit("FLOW-3", "A1").hit("SPEND-1", "A1").rate()
    assert rated.alerts.is_empty()
    assert rated.below["points"] == 1


def test_five_points_of_one_family_are_below_the_line() -> None:
    rated = one().hit("FLOW-3", "A1").hit("FLOW-2", "A1").rate()
    assert rated.alerts.is_empty()
    assert rated.below["families"] == 1


def test_a_strong_network_pattern_and_another_rule_are_an_alert() -> None:
    assert only(one().hit("STAR-3", "A1").hit("SPEND-1", "A1"))["score"] == 4


def test_a_second_rule_of_its_family_on_the_same_movements_does_not_back_a_pattern() -> None:
    case = one().hit("STAR-3", "A1", tx=("T1", "T2"))
    assert case.hit("THING-2", "A1", tx=("T2", "T1", "T3")).alerts() == []
    case = one().hit("STAR-3", "A1", tx=("T1", "T2"))
    assert only(case.hit("THING-2", "A1", tx=("T2", "T3", "T4"), days_ago=5).hit("STAR-3", "A1", tx=("T5",)))


def test_a_rule_of_another_family_on_the_same_movements_backs_a_pattern() -> None:
    assert only(one().hit("STAR-3", "A1", tx=("T1",)).hit("SPEND-1", "A1", tx=("T1",)))["score"] == 4


def test_a_strong_network_pattern_alone_is_below_the_line() -> None:
    assert one().hit("STAR-3", "A1").hit("STAR-3", "A1", days_ago=200).rate().below["points"] == 1


def test_a_natural_person_without_a_third_party_is_below_the_line() -> None:
    case = one().hit("FLOW-2", "A1").hit("SPEND-2", "A1").hit("SPEND-1", "A1")
    rated = case.rate()
    assert rated.alerts.is_empty()
    assert rated.below["third party"] == 1


def test_a_legal_person_needs_no_third_party() -> None:
    alert = only(one("legal").hit("FLOW-2", "A1").hit("SPEND-2", "A1").hit("SPEND-1", "A1"))
    assert not alert["third_party"]


def test_an_account_of_another_bank_counts_as_a_natural_person() -> None:
    case = Case().hit("FLOW-2", "X9").hit("SPEND-2", "X9").hit("SPEND-1", "X9")
    assert case.rate().below["third party"] == 1
    assert only(case.hit("FLOW-3", "X9"))["subject_kind"] == "external"


def test_an_account_of_another_bank_with_the_number_of_a_firm_is_no_firm() -> None:
    case = Case().customer("FIRM", "A1", kind="legal")
    assert case.hit("FLOW-2", "FIRM").hit("SPEND-2", "FIRM").hit("SPEND-1", "FIRM").alerts() == []
    assert only(
        Case()
        .customer("FIRM", "A1", kind="legal")
        .hit("FLOW-2", "A1")
        .hit("SPEND-2", "A1")
        .hit("SPEND-1", "A1")
    )


def test_hits_of_weight_zero_never_count() -> None:
    case = one().hit("FLOW-2", "A1").hit("SPEND-2", "A1").hit("SPEND-1", "A1").hit("TEXT-0", "A1")
    assert case.rate().below["third party"] == 1


def test_accounts_of_one_holder_are_added_up() -> None:
    alert = only(one().hit("FLOW-3", "A1").hit("SPEND-2", "A2"))
    assert (alert["subject_id"], alert["subject_kind"]) == ("P1", "party")


def test_the_numbers_of_the_profile_are_used() -> None:
    case = one().hit("FLOW-3", "A1")
    case.numbers = {"alert_weight": 3, "min_families": 1}
    assert only(case)["score"] == 3


# --- the sum ----------------------------------------------------------------------------------------


def test_the_addends_add_up_to_the_score() -> None:
    case = one().hit("FLOW-3", "A1").hit("FLOW-3", "A1", days_ago=50).hit("SPEND-2", "A1").hit("PAIR-2", "A1")
    alert = only(case.hit("MIT-2", "A1"))
    assert points(alert) == [("FLOW-3", 3), ("FLOW-3", 0.25), ("PAIR-2", 2), ("SPEND-2", 2), ("MIT-2", -2)]
    assert sum(p for _, p in points(alert)) == alert["score"] == 5.25


def test_repeats_add_at_most_the_bonus() -> None:
    case = one().hit("SPEND-2", "A1")
    for _ in range(9):
        case.hit("FLOW-3", "A1")
    alert = only(case)
    assert points(alert) == [("FLOW-3", 3), ("FLOW-3", 1), ("SPEND-2", 2)]
    assert "8 further hits, 0.25 each, at most 1" in alert["addends"][1]["why"]


@pytest.mark.parametrize(
    ("days", "worth"), [(179.9, 3.0), (180, 1.5), (359, 1.5), (360, 0.75), (720, 0.1875)]
)
def test_a_weight_is_halved_for_every_full_half_life(days: float, worth: float) -> None:
    alert = only(
        one("legal")
        .hit("FLOW-3", "A1", days_ago=days)
        .hit("SPEND-2", "A1")
        .hit("PAIR-2", "A1")
        .hit("SPEND-1", "A1")
    )
    assert dict(points(alert))["FLOW-3"] == worth


def test_the_hit_that_ended_last_gives_the_weight() -> None:
    case = one().hit("FLOW-3", "A1", days_ago=400).hit("FLOW-3", "A1", days_ago=10).hit("SPEND-2", "A1")
    assert points(only(case))[0] == ("FLOW-3", 3)


def test_a_hit_without_a_date_is_not_aged() -> None:
    case = one().hit("FLOW-3", "A1", days_ago=None).hit("SPEND-2", "A1")
    assert only(case)["score"] == 5


def test_what_is_left_of_a_weight_after_many_half_lives_is_nothing() -> None:
    case = one().hit("STAR-3", "A1", days_ago=29).hit("FLOW-2", "A1", days_ago=29)
    case.numbers = {"half_after_days": 1, "repeat_bonus": 0}
    assert case.rate().below["points"] == 1


def test_mitigation_is_cut_where_the_sum_reaches_zero() -> None:
    case = one("legal").hit("SPEND-2", "A1").hit("FLOW-2", "A1").hit("MIT-2", "A1").hit("MIT-3", "A1")
    case.numbers = {"alert_weight": 0}
    alert = only(case)
    assert points(alert)[2:] == [("MIT-2", -2), ("MIT-3", -2)]
    assert alert["score"] == 0
    assert "does not fall below 0" in alert["addends"][-1]["why"]


def test_mitigation_takes_a_subject_below_the_line() -> None:
    assert one().hit("FLOW-3", "A1").hit("SPEND-2", "A1").hit("MIT-2", "A1").rate().below["points"] == 1


def test_mitigation_alone_is_no_subject() -> None:
    assert sum(one().hit("MIT-2", "A1").rate().below.values()) == 0


def test_the_reason_names_the_age() -> None:
    alert = only(one().hit("FLOW-3", "A1", days_ago=200).hit("SPEND-2", "A1").hit("PAIR-2", "A1"))
    why = next(a["why"] for a in alert["addends"] if a["rule"] == "FLOW-3")
    told = ": weight 3, halved once because the last hit ended 200 days before the last booking"
    assert why == "Title of FLOW-3" + told


def test_the_amount_is_the_largest_single_hits() -> None:
    assert only(one().hit("FLOW-3", "A1", amount=70).hit("SPEND-2", "A1", amount=90))["amount_eur"] == 90


# --- who is meant -----------------------------------------------------------------------------------


def test_a_hit_on_a_terminal_counts_for_the_people_it_names() -> None:
    named = [
        ("place", "terminal_id", "M7"),
        ("possible_controller", "account_id", "A1"),
        ("possible_victim", "account_id", "V1"),
    ]
    case = one().hit("THING-2", "M7", *named, kind="terminal_id").hit("FLOW-3", "A1")
    assert {a["subject_id"] for a in case.alerts()} == {"P1"}


def test_an_employer_that_is_no_customer_is_not_a_subject() -> None:
    case = Case(numbers={"alert_weight": 1, "min_families": 1})
    case.hit("THING-2", "M7", ("employer", "party.employer_id", "E1"), kind="terminal_id")
    assert case.alerts() == []


def test_an_employer_that_is_a_customer_may_be_a_subject() -> None:
    case = one("legal")
    case.numbers = {"alert_weight": 1, "min_families": 1}
    case.hit("THING-2", "M7", ("employer", "party.employer_id", "P1"), kind="terminal_id")
    assert only(case)["subject_id"] == "P1"


def test_the_controlling_side_of_a_third_party_pattern_is_counted() -> None:
    case = Case().customer("W", "A9")
    case.hit("PAIR-2", "A9", ("possible_controller", "cp_account_id", "X1")).hit("FLOW-3", "X1")
    alert = only(case)
    assert (alert["subject_id"], alert["score"], alert["third_party"]) == ("X1", 5, True)


def test_who_is_only_named_as_possible_victim_gets_no_points() -> None:
    case = one().hit("STAR-3", "A1", *VICTIMS).hit("FLOW-3", "A1")
    case.hit("SPEND-2", "V0").hit("FLOW-2", "V0")
    assert [a["subject_id"] for a in case.alerts()] == ["P1"]


def test_the_controlling_side_of_a_plain_pattern_is_not_counted() -> None:
    case = Case(numbers={"alert_weight": 1, "min_families": 1})
    case.customer("W", "A9", kind="legal").customer("C", "A8", kind="legal")
    case.hit("FLOW-2", "A9", ("possible_controller", "cp_account_id", "A8"))
    assert [a["subject_id"] for a in case.alerts()] == ["W"]


def test_being_named_as_possible_victim_is_no_third_party_element() -> None:
    case = one().hit("THING-2", "M7", ("possible_victim", "account_id", "A1"), kind="terminal_id")
    rated = case.hit("FLOW-2", "A1").hit("SPEND-2", "A1").rate()
    assert rated.alerts.is_empty()
    assert rated.below["third party"] == 1


def test_places_are_nobody() -> None:
    case = Case(numbers={"alert_weight": 1, "min_families": 1})
    case.hit("THING-2", "N1", ("place", "cp_account_id", "X1"), kind="network")
    assert case.alerts() == []


# --- roles ------------------------------------------------------------------------------------------


def test_who_is_named_nowhere_has_an_unknown_role() -> None:
    alert = only(one().hit("FLOW-3", "A1").hit("SPEND-2", "A1"))
    assert alert["roles"] == [{"role": "unknown", "share": 1.0}]
    assert (alert["leading_role"], alert["second_role"], alert["handling"]) == ("unknown", None, "subject")


def test_in_doubt_a_person_is_a_possible_victim() -> None:
    case = one().hit("FLOW-3", "A1", ("possible_controller", "account_id", "A1"))
    case.hit("PAIR-2", "A1", ("possible_victim", "account_id", "A1"))
    alert = only(case)
    assert (alert["leading_role"], alert["second_role"]) == ("possible_victim", "possible_controller")
    assert alert["handling"] == "possible victim"


def test_a_clear_controller_is_a_subject() -> None:
    case = one().hit("FLOW-3", "A1", ("possible_controller", "account_id", "A1"))
    case.hit("STAR-3", "A1", ("possible_controller", "organiser", "A1"))
    case.hit("SPEND-1", "A1", ("possible_victim", "account_id", "A1"))
    assert only(case)["handling"] == "subject"


def test_the_reading_of_the_network_is_part_of_the_roles() -> None:
    case = one().hit("FLOW-3", "A1").hit("SPEND-2", "A1").in_network("NW-1", "P1", possible_victim=1.0)
    alert = only(case)
    assert (alert["network_id"], alert["leading_role"]) == ("NW-1", "possible_victim")


@given(st.dictionaries(st.sampled_from(ROLES), st.integers(1, 20), min_size=1))
def test_in_doubt_a_possible_victim_leads_and_else_the_largest_share(parts: dict[str, int]) -> None:
    total = sum(parts.values())
    lead = scoring.leading({role: n / total for role, n in parts.items()})
    victim = parts.get("possible_victim", 0)
    known = total - parts.get("unknown", 0)
    ahead = max(parts.get(role, 0) for role in (*scoring.CONTROLLING, "possible_client"))
    in_doubt = victim > 0 and (10 * victim >= 3 * known or 10 * (ahead - victim) <= 2 * total)
    assert (lead == "possible_victim") if in_doubt else (parts[lead] == max(parts.values()))


def test_what_is_not_known_does_not_outweigh_a_sign_of_a_possible_victim() -> None:
    shares = {"possible_controller": 0.524, "unknown": 0.238, "possible_victim": 0.238}
    assert scoring.leading(shares) == "possible_victim"
    assert scoring.leading({"possible_controller": 0.74, "unknown": 0.06, "possible_victim": 0.2}) == (
        "possible_controller"
    )


# --- order ------------------------------------------------------------------------------------------


def test_live_patterns_with_many_possible_victims_come_first() -> None:
    case = Case().customer("P1", "A1").customer("P2", "A2").customer("P3", "A3")
    case.hit("FLOW-3", "A1", days_ago=40).hit("STAR-3", "A1", days_ago=31).hit("SPEND-2", "A1")
    case.hit("FLOW-3", "A2", days_ago=30).hit("SPEND-2", "A2")
    case.hit("FLOW-3", "A3", *VICTIMS, days_ago=30).hit("SPEND-2", "A3")
    found = [(a["rank"], a["subject_id"], a["urgency"]) for a in case.alerts()]
    assert found == [(1, "P3", 2), (2, "P2", 1), (3, "P1", 0)]
    assert "3 possible victims in one pattern" in case.alerts()[0]["urgency_why"]


def test_a_text_that_is_read_at_once_comes_before_everything_and_is_no_alert_by_itself() -> None:
    case = Case().customer("P1", "A1").customer("P3", "A3").customer("P4", "A4")
    case.hit("FLOW-3", "A1", days_ago=400).hit("SPEND-2", "A1").hit("STAR-3", "A1").hit("CHILD-1", "A1")
    case.hit("FLOW-3", "A3", *VICTIMS, days_ago=30).hit("SPEND-2", "A3")
    case.hit("CHILD-1", "A4")
    found = [(a["rank"], a["subject_id"], a["urgency"]) for a in case.alerts()]
    assert found == [(1, "P1", 3), (2, "P3", 2)]
    assert case.alerts()[0]["urgency_why"] == "a text that speaks of a child or a threat: read it first"


def test_whoever_a_threat_speaks_to_is_handled_as_a_possible_victim_in_the_alerts_too() -> None:
    case = Case().customer("P1", "A1").hit("CHILD-1", "A1")
    case.hit("STAR-3", "A1", ("possible_organiser", "organiser", "A1")).hit("SPEND-2", "A1")
    alone = only(case)
    assert (alone["leading_role"], alone["handling"]) == ("possible_organiser", "subject")
    (told,) = case.rate(with_reviews=True).alerts.to_dicts()
    assert (told["leading_role"], told["handling"]) == ("possible_organiser", "possible victim")


def test_equal_scores_are_ordered_by_amount_and_then_by_id() -> None:
    case = Case()
    for n, amount in enumerate([100, 300, 100]):
        case.customer(f"P{n}", f"A{n}").hit("FLOW-3", f"A{n}", amount=amount).hit(
            "SPEND-2", f"A{n}", amount=1
        )
    alerts = case.alerts()
    assert [a["amount_eur"] for a in alerts] == [300, 100, 100]
    assert alerts[1]["alert_id"] < alerts[2]["alert_id"]


def test_an_alert_keeps_its_id() -> None:
    assert (
        scoring.alert_id("party", "P1")
        == scoring.alert_id("party", "P1")
        != scoring.alert_id("account", "P1")
    )
    assert scoring.alert_id("party", "P1").startswith("AL-")


# --- what travels along ------------------------------------------------------------------------------


def test_innocent_explanations_and_care_come_once_and_in_order() -> None:
    alert = only(one().hit("SPEND-2", "A1").hit("FLOW-3", "A1"))
    assert alert["innocent_explanations"] == ["Common story", "Story of FLOW-3", "Story of SPEND-2"]
    assert alert["care"] == ["Care for FLOW-3", "Care for SPEND-2"]


def test_rules_that_were_not_judged_are_named() -> None:
    assert only(one().hit("SPEND-2", "A1").hit("FLOW-3", "A1").not_judged("STAR-3"))["not_judged"] == [
        "STAR-3"
    ]


def test_typologies_are_scored_beside_the_total() -> None:
    alert = only(one().hit("SPEND-2", "A1").hit("FLOW-3", "A1"))
    assert [(t["typology"], t["points"]) for t in alert["typology_scores"]] == [
        ("labour_exploitation", 3), ("laundering", 3), ("sexual_exploitation", 2),
    ]  # fmt: skip
    assert alert["typology"] == "labour_exploitation"


def test_the_movements_of_all_hits_are_named_once() -> None:
    alert = only(one().hit("SPEND-2", "A1", tx=("T2", "T1")).hit("FLOW-3", "A1", tx=("T3", "T1")))
    assert alert["tx_ids"] == ["T1", "T2", "T3"]


# --- against the twin --------------------------------------------------------------------------------

_ACCOUNTS = st.sampled_from(["A1", "A2", "A3", "A4", "X1", "X2"])
_MEMBER = st.one_of(
    st.tuples(
        st.sampled_from(ROLES),
        st.sampled_from(["account_id", "cp_account_id", "pay.cp_account_id"]),
        _ACCOUNTS,
    ),
    st.tuples(
        st.sampled_from(ROLES),
        st.sampled_from(["party_id", "party.employer_id"]),
        st.sampled_from(["P1", "P2", "E9"]),
    ),
    st.tuples(st.sampled_from(ROLES), st.just("terminal_id"), st.sampled_from(["A1", "M1"])),
)
_HIT = st.tuples(
    st.sampled_from(sorted(RULES)),
    st.one_of(
        st.tuples(st.just("account"), _ACCOUNTS),
        st.tuples(st.just("party"), st.sampled_from(["P1", "P2", "P7"])),
        st.tuples(st.sampled_from(["terminal_id", "network"]), st.just("M1")),
    ),
    st.lists(_MEMBER, max_size=4, unique=True),
    st.one_of(st.none(), st.sampled_from([0, 29.5, 30, 30.5, 179, 180, 181, 365, 3000])),
    st.integers(0, 5),
)
_NUMBERS = st.fixed_dictionaries({
    "alert_weight": st.sampled_from([0, 2, 5]),
    "min_families": st.integers(1, 3),
    "half_after_days": st.sampled_from([1, 30, 180]),
    "repeat_bonus": st.sampled_from([0, 1]),
})  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    case = Case(numbers=draw(_NUMBERS))
    case.customer("P1", "A1", "A2").customer("P2", "A3", kind="legal")
    for name, (kind, subject), members, days, amount in draw(st.lists(_HIT, max_size=14)):
        stars = [("organiser" if RULES[name][4] == "star" else path, m) for _, path, m in members]
        named = [(role, path, m) for (role, _, _), (path, m) in zip(members, stars, strict=True)]
        tx = draw(
            st.none() | st.lists(st.sampled_from(["T1", "T2", "T3"]), max_size=3, unique=True).map(tuple)
        )
        case.hit(name, subject, *dict.fromkeys(named), days_ago=days, amount=amount, kind=kind, tx=tx)
    if draw(st.booleans()):
        case.in_network("NW-1", draw(_ACCOUNTS), possible_victim=0.5, unknown=0.5)
    return case


@given(cases())
def test_alerts_are_what_the_description_says(case: Case) -> None:
    expected = case.twin()
    found = case.alerts()
    order = sorted(
        expected,
        key=lambda w: (
            -expected[w]["urgency"], -expected[w]["score"], -expected[w]["amount"], scoring.alert_id(*w),
        ),
    )  # fmt: skip
    assert [(a["subject_kind"], a["subject_id"]) for a in found] == order
    for alert, who in zip(found, order, strict=True):
        twin = expected[who]
        assert alert["score"] == twin["score"]
        assert (alert["urgency"], alert["amount_eur"]) == (twin["urgency"], twin["amount"])
        assert sum(a["points"] for a in alert["addends"]) == pytest.approx(alert["score"], abs=1e-9)
        assert alert["third_party"] == twin["third"]
        assert set(alert["families"]) == twin["families"]
        assert (set(alert["hit_ids"]), set(alert["tx_ids"])) == (twin["hit_ids"], twin["tx_ids"])
        assert {r["role"]: r["share"] for r in alert["roles"]} == pytest.approx(twin["shares"], abs=0.001)
        assert sum(r["share"] for r in alert["roles"]) == pytest.approx(1)


@given(cases(), st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(case: Case, seed: int) -> None:
    assert case.rate(shuffled=seed).alerts.equals(case.rate().alerts)


@given(cases(), st.sampled_from(["MIT-2", "MIT-3"]))
def test_mitigation_never_makes_an_alert(case: Case, name: str) -> None:
    before = {a["alert_id"]: a["score"] for a in case.alerts()}
    after = {a["alert_id"]: a["score"] for a in case.hit(name, "A1").alerts()}
    assert all(alert in before and value <= before[alert] for alert, value in after.items())


def test_a_firm_is_never_handled_as_a_possible_victim_in_doubt() -> None:
    for kind, handling in (("natural", "possible victim"), ("legal", "subject")):
        case = Case().customer("P1", "A1", kind=kind).hit("FLOW-3", "A1").hit("SPEND-2", "A1")
        case.hit("PAIR-2", "A1", ("possible_victim", "account_id", "A1"))
        for _ in range(4):
            case.hit("STAR-3", "A1", ("employer", "account_id", "A1"))
        assert only(case)["handling"] == handling


def test_who_is_below_the_line_is_told_with_the_sum_and_what_is_lacking() -> None:
    case = Case().customer("P1", "A1", "A2").customer("P2", "A3")
    case.hit("SPEND-2", "A1").hit("MIT-2", "A1").hit("FLOW-3", "A3").hit("SPEND-2", "A3")
    rated = case.rate()
    assert rated.alerts["subject_id"].to_list() == ["P2"]
    assert rated.alerts["accounts"].to_list() == [["A3"]]
    (row,) = rated.below_line.to_dicts()
    assert (row["subject_id"], row["accounts"], row["lacks"]) == ("P1", ["A1", "A2"], "points")
    assert sum(a["points"] for a in row["addends"]) == row["score"] == 0.0
    assert row["hit_ids"] == ["H-0000", "H-0001"]
    assert sum(rated.below.values()) == rated.below_line.height
