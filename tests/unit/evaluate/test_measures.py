"""The figures, held against sums made by hand."""

from __future__ import annotations

import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evaluate.worlds import MEMBERS, made, truth_folder, world
from thbscreen.errors import DataError
from thbscreen.evaluate.bounds import Bound, held, read_bounds
from thbscreen.evaluate.evaluation import SENTENCE, evaluate
from thbscreen.evaluate.fair import equal_treatment
from thbscreen.evaluate.numbers import average_precision, bootstrap, chance, ratio, wilson
from thbscreen.evaluate.overlap import together
from thbscreen.evaluate.truth import read_truth


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("w")
    return evaluate([(made().write(folder / "r"), read_truth(truth_folder(folder / "t")))])[0]


def counts(r: dict[str, Any]) -> tuple[int, int]:
    return r["n"], r["of"]


def test_recall_counts_groups_that_can_be_found(facts: dict[str, Any]) -> None:
    recall = facts["recall"]
    assert counts(recall["all"]) == (2, 4)  # R1 and R3 of R1 to R4
    assert counts(recall["networks"]["plain"]) == (1, 1)
    assert counts(recall["networks"]["evasive"]) == (0, 1)
    assert counts(recall["one_subject"]["all"]) == (1, 2)
    assert counts(recall["networks"]["found_or_part"]) == (2, 2)
    assert counts(recall["by_typology"]["domestic_servitude"]["all"]) == (1, 2)
    assert [(v["op"], v["strength"], v["n"], v["of"]) for v in recall["by_variant"]] == [("A4", 2, 0, 1)]
    assert facts["outcomes"]["all"] == {
        "found": 2, "merged": 0, "partial": 1, "missed": 1, "not evaluable": 1,
    }  # fmt: skip


def test_members_are_counted_by_planned_role_where_the_data_show_them(facts: dict[str, Any]) -> None:
    assert {role: counts(r) for role, r in facts["members"].items()} == {
        "client": (0, 1), "controller": (2, 2), "lawful": (0, 1),
        "possible_victim": (3, 7),  # B, C and J of B, C, D, G, H, J, K; I is not seen
    }  # fmt: skip


def test_precision_average_precision_and_work(facts: dict[str, Any]) -> None:
    assert counts(facts["precision"]["alerts"]) == (2, 4)
    assert counts(facts["precision"]["at"]["100"]) == (2, 4)
    assert counts(facts["precision"]["networks"]) == (1, 2)
    assert counts(facts["precision"]["cases"]) == (2, 5)
    # A, J, M, O and below the line B; of A to K without I, who is not seen
    assert facts["average_precision"]["people"]["mean"] == pytest.approx((1 + 1 + 3 / 5) / 10, abs=1e-6)
    assert facts["average_precision"]["cases"]["mean"] == pytest.approx((1 + 1) / 4)
    assert facts["work"]["groups_a_day"]["mean"] == 2.0  # five cases, one day


def test_quiet_ones(facts: dict[str, Any]) -> None:
    assert counts(facts["twins"]["all"]) == (1, 2)
    assert counts(facts["ordinary"]["alerted"]) == (1, 25)
    assert counts(facts["ordinary"]["in_network"]) == (1, 25)
    assert counts(facts["ordinary"]["in_network_not_as_connector"]) == (0, 25)
    assert facts["twins"]["inseparable"] == []  # T1 has 7 points, R1 has 9


def test_roles_and_a_possible_victim_shown_as_controlling(facts: dict[str, Any]) -> None:
    roles = facts["roles"]
    assert counts(roles["accuracy"]) == (4, 5)  # A, B, F, J; C is shown as possible controller
    assert roles["victims_shown_as_controlling"] == 1
    assert roles["victims_planned"] == 9


def test_not_judged_near_misses_and_weak_evidence(facts: dict[str, Any]) -> None:
    assert counts(facts["not_judged"]["rules"]) == (1, 3)
    assert counts(facts["not_judged"]["weight"]) == (1, 6)
    assert counts(facts["not_judged"]["groups_not_evaluable"]) == (1, 5)
    near = {n["distance"]: n for n in facts["near_misses"]}
    assert (near[0.02]["planned, in a group not found"], near[0.05]["planned, in a group not found"]) == (
        0,
        1,
    )
    assert (near[0.2]["twin"], near[0.3]["twin"]) == (0, 1)
    assert near[0.5]["planned"] == 0  # A is an alert
    assert counts(facts["weak_evidence"]["all"]) == (0, 4)
    assert counts(facts["weak_evidence"]["networks_of_weak_confidence"]) == (1, 2)


def test_a_higher_line_leaves_nobody_and_a_lower_one_asks_for_two_families(facts: dict[str, Any]) -> None:
    at = {row["points"]: row for row in facts["score_line"]}
    assert (at[5]["planned"], at[5]["twin"], at[5]["ordinary"], at[5]["in_force"]) == (2, 1, 1, True)
    assert at[3]["planned"] == 2  # B has three points of one family
    assert at[5.5]["planned"] == 0
    assert at[5]["groups_with_alert"] == 2


def test_without_either_rule_every_alert_is_lost(facts: dict[str, Any]) -> None:
    rules = {r["rule"]: r for r in facts["rules"]}
    assert [rules[r]["alerts_lost_without"] for r in ("THB-X", "THB-Y")] == [4, 4]
    assert [rules[r]["right_lost_without"] for r in ("THB-X", "THB-Y")] == [2, 2]
    assert rules["THB-X"]["groups_lost_without"] == 2
    assert (rules["THB-X"]["positives"], rules["THB-X"]["twins"], rules["THB-X"]["ordinary_subjects"]) == (
        2,
        1,
        1,
    )
    assert rules["THB-Y"]["covered_by"] == ["THB-X"]
    pair = facts["pairs"][0]
    assert (pair["both"], pair["either"], pair["of_second"]) == (4, 5, 1.0)


def test_recall_of_an_indicator_by_scenario_leaves_out_rules_that_were_not_judged(
    facts: dict[str, Any],
) -> None:
    assert facts["indicators"]["THB-X"] == {"P1": [1, 1], "P3": [0, 1], "P6": [1, 2]}
    assert "THB-Z" not in facts["indicators"]


def test_a_line_moved_looser_takes_near_misses_in(facts: dict[str, Any]) -> None:
    curve = {c["moved"]: c for c in facts["curves"]["THB-X"]}
    assert (curve[0.0]["positives"], curve[-0.05]["positives"], curve[-0.05]["twins"]) == (2, 3, 1)
    assert curve[-0.3]["twins"] == 2


def test_equal_figures_are_equal_bytes_and_the_sentence_stands_first(tmp_path: Path) -> None:
    from thbscreen.evaluate.folder import write_evaluation

    pairs = [(made().write(tmp_path / "r"), read_truth(truth_folder(tmp_path / "t")))] * 3
    for name in ("a", "b"):
        write_evaluation(*evaluate(pairs, seed=4), tmp_path / name)
    first, second = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()}
        for n in ("a", "b")
    )
    assert first == second
    assert (tmp_path / "a" / "evaluation.md").read_text().startswith(SENTENCE)
    assert (
        next(iter(json.loads((tmp_path / "a" / "evaluation.json").read_text()))) == "what_this_does_not_show"
    )
    drawings = sorted((tmp_path / "a" / "plots").rglob("*.svg"))
    assert [d.name for d in drawings] == [
        "THB-X.svg", "THB-Y.svg", "near_misses.svg", "precision.svg", "recall.svg", "score_line.svg",
        "variants.svg",
    ]  # fmt: skip
    assert all(SENTENCE in d.read_text() for d in drawings)


# --- numbers -----------------------------------------------------------------------------------------


def test_wilson_is_that_of_the_textbook() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10)[0] == 0.0


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 5))
def test_average_precision_is_the_mean_of_precisions_at_right_places(right: list[bool], more: int) -> None:
    of = sum(right) + more
    slow = [sum(right[: i + 1]) / (i + 1) for i in range(len(right)) if right[i]]
    found = average_precision(right, of)
    assert found is None if of == 0 else found == pytest.approx(sum(slow) / of)


def test_the_interval_over_worlds_holds_the_share_and_needs_three() -> None:
    parts = [(9, 10), (5, 10), (10, 10), (7, 10)]
    r = ratio(parts, seed=1)
    assert r["share"] == 0.775
    assert r["boot_low"] < 0.775 < r["boot_high"]
    assert (r["least"], r["most"]) == (0.5, 1.0)
    assert ratio(parts, seed=1) == r
    assert ratio(parts[:2])["boot_low"] is None
    assert bootstrap([1.0, 1.0, 1.0], lambda some: sum(some) / len(some), 0) == {
        "boot_low": 1.0, "boot_high": 1.0,
    }  # fmt: skip


@given(st.integers(0, 6), st.integers(0, 6), st.integers(1, 6), st.integers(1, 6))
def test_chance_is_fishers_sum_over_all_tables(a: int, b: int, of_a: int, of_b: int) -> None:
    a, b = min(a, of_a), min(b, of_b)
    total = a + b
    ways = {
        x: math.comb(of_a, x) * math.comb(of_b, total - x)
        for x in range(max(0, total - of_b), min(of_a, total) + 1)
    }
    slow = sum(w for w in ways.values() if w <= ways[a]) / sum(ways.values())
    assert chance(a, of_a, b, of_b) == pytest.approx(slow)


@given(st.dictionaries(st.sampled_from("abcd"), st.sets(st.integers(0, 5), min_size=1), max_size=4))
def test_pairs_of_rules_are_those_of_a_slow_count(fired: dict[str, set[int]]) -> None:
    found = {(p["first"], p["second"]): (p["both"], p["either"]) for p in together(fired)}
    slow = {}
    for a, b in combinations(sorted(fired), 2):
        both, either = fired[a] & fired[b], fired[a] | fired[b]
        if both and 5 * len(both) >= min(len(fired[a]), len(fired[b])):
            slow[a, b] = (len(both), len(either))
    assert found == slow


# --- bounds and equal treatment ----------------------------------------------------------------------


def test_a_bound_holds_fails_or_is_not_known(facts: dict[str, Any]) -> None:
    rows = held(
        facts,
        [
            Bound("recall.networks.plain", 0.9, None, "why"),
            Bound("twins.all", None, 0.02, "why"),
            Bound("twins.other_finding_expected", None, 0.5, "why"),
            Bound("recall.networks_by_typology.*.plain", 0.9, None, "why"),
            Bound("roles.victims_shown_as_controlling", None, 0, "why"),
        ],
    )
    assert [(r["figure"], r["holds"]) for r in rows] == [
        ("recall.networks.plain", True), ("twins.all", False), ("twins.other_finding_expected", None),
        ("recall.networks_by_typology.labour_exploitation.plain", None),
        ("recall.networks_by_typology.sham_marriage.plain", True),
        ("roles.victims_shown_as_controlling", False),
    ]  # fmt: skip
    with pytest.raises(DataError, match=r"no figure 'recall\.everything'"):
        held(facts, [Bound("recall.everything", 1, None, "why")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"b\.json:1:2 is not JSON"),
        ("{}", "has no list 'bounds'"),
        ('{"bounds": [{"figure": "x", "at_least": 1}]}', "bound 1 needs 'figure' and 'why'"),
        ('{"bounds": [{"figure": "x", "why": "y"}]}', "needs 'at_least' or 'at_most'"),
        ('{"bounds": [{"figure": "x", "why": "y", "at_least": "1"}]}', "a limit that is not a number"),
        ('{"bounds": [{"figure": "x", "why": "y", "least": 1}]}', "has the key 'least'"),
    ],
)
def test_a_wrong_file_of_bounds_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "b.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_bounds(tmp_path / "b.json")


def test_rates_by_group_leave_planned_people_out_and_name_what_is_unequal(tmp_path: Path) -> None:
    people = [{"party_id": f"O{i}", "language": "el", "district": "Nicosia"} for i in range(20)]
    people += [{"party_id": "O", "language": "en", "district": None}]
    people += [{"party_id": f"X{i}", "language": "en", "district": "Paphos"} for i in range(9)]
    people += [{"party_id": m["party_id"], "language": "en", "district": "Paphos"} for m in MEMBERS]
    told = equal_treatment([world(tmp_path, people=people)], smallest=10)
    assert told["groups"]["language"] == {
        "el": {"people": 20, "alert": 0, "network": 0, "hits": 0},
        "en": {"people": 10, "alert": 1, "network": 0, "hits": 1},
    }
    first = next(c for c in told["compared"] if (c["trait"], c["outcome"]) == ("language", "alert"))
    assert (first["highest"], first["lowest"], first["ratio"], first["flagged"]) == ("en", "el", None, True)
    assert first["chance"] == pytest.approx(1 / 3, abs=1e-6)
    assert told["groups"]["district"]["not told"]["alert"] == 1
    assert next(c for c in told["compared"] if c["trait"] == "district")["groups"] == 1
