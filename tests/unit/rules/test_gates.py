"""A rule's status is a promise with a gate: draft, test, stable, retired."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rules.folder import make, put
from tests.unit.rules.samples import CASH, lists
from thbscreen.rules.binder import bind_text
from thbscreen.rules.pack import check

NEGATIVE = CASH[CASH.index("  - name: two are not enough") :]
MEASURED = "measured: {on: 2026-01-31, rows: 41210, hits: 3, command: thbscreen scan sample_data}\n"
STABLE = CASH.replace("status: test", "status: stable").replace("tests:\n", MEASURED + "tests:\n", 1)
STABLE = STABLE.replace(
    "    expect:\n      - {account_id: A1, deposits: 3",
    "    evidence: three cash deposits\n    expect:\n      - {account_id: A1, deposits: 3",
    1,
)


def codes(text: str) -> list[str]:
    return [d.code for d in bind_text(text, "THB.yaml", lists())[1]]


def shown(text: str) -> str:
    return "\n".join(d.render() for d in bind_text(text, "THB.yaml", lists())[1])


def status(text: str, name: str) -> str:
    return text.replace("status: test", f"status: {name}", 1)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path)


# --- draft and test -------------------------------------------------------------------------------


def test_a_draft_needs_one_test_that_expects_a_hit_and_is_warned_of_the_rest() -> None:
    only_positive = CASH.replace(NEGATIVE, "").replace("amount_eur: ~", "amount_eur: 1")
    assert codes(status(only_positive, "draft")) == ["W101", "W102"]
    start = CASH.index("  - name: three deposits")
    assert codes(status(CASH[:start] + NEGATIVE, "draft")) == ["R066"]


@pytest.mark.parametrize("name", ["test", "stable"])
def test_a_rule_that_is_no_draft_shows_what_must_not_be_flagged(name: str) -> None:
    text = (STABLE if name == "stable" else CASH).replace(NEGATIVE, "")
    assert shown(text) == (
        f"THB.yaml:4:9: error[R071]: status '{name}' needs a test that expects no hits\n"
        "  |\n"
        f"4 | status: {name}\n"
        f"  |         {'^' * len(name)}\n"
        "  = help: add it, or call the rule a draft"
    )


def test_a_rule_that_is_no_draft_shows_what_a_missing_value_does() -> None:
    text = CASH.replace("amount_eur: ~", "amount_eur: 1")
    assert "error[R071]: status 'test' needs a test in which a value is missing" in shown(text)


def test_a_test_that_cannot_be_judged_counts_as_one_with_a_missing_value() -> None:
    text = CASH.replace("amount_eur: ~", "amount_eur: 1") + NEGATIVE.replace("two are", "none is").replace(
        "expect: no hits", "expect: not judged"
    )
    assert codes(text) == []


# --- stable ---------------------------------------------------------------------------------------


def test_a_stable_rule_that_keeps_all_its_promises_loads() -> None:
    assert shown(STABLE) == ""


@pytest.mark.parametrize(
    ("old", "new", "lacks"),
    [
        (MEASURED, "", "a hit rate under 'measured'"),
        ("at: page 12, ", "", "a place in every source (at: page 31)"),
        ("at: page 12, ", "at: to be filled, ", "a place in every source (at: page 31)"),
        ("    evidence: three cash deposits\n", "", "a test of the evidence text"),
    ],
)
def test_a_stable_rule_lacks_nothing(old: str, new: str, lacks: str) -> None:
    assert old in STABLE
    found = [d for d in bind_text(STABLE.replace(old, new, 1), "THB.yaml", lists())[1] if d.code == "R072"]
    assert [d.render() for d in found] == [
        f"THB.yaml:4:9: error[R072]: status 'stable' needs {lacks}\n"
        "  |\n"
        "4 | status: stable\n"
        "  |         ^^^^^^\n"
        "  = help: add it, or leave the status at test"
    ]


def test_what_a_stable_rule_lacks_comes_in_one_error() -> None:
    text = status(CASH.replace("at: page 12, ", ""), "stable")
    assert codes(text) == ["R072", "W106"]
    assert "(at: page 31) and a test of the evidence text and a hit rate under 'measured'" in shown(text)


def test_a_test_rule_needs_none_of_what_a_stable_one_does() -> None:
    assert codes(status(STABLE.replace("status: stable", "status: test").replace(MEASURED, ""), "test")) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("rows: 41210", "rows: many", "R007"),
        ("hits: 3", "hits: -1", "R007"),
        ("on: 2026-01-31", "on: January", "R021"),
        (", hits: 3", "", "R003"),
        ("hits: 3", "hits: 3, share: 1", "R004"),
    ],
)
def test_a_measured_hit_rate_says_when_on_how_many_rows_and_how(old: str, new: str, code: str) -> None:
    assert code in codes(STABLE.replace(old, new, 1))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{mutant: 'deposits >= 3 -> deposits > 3', reason: both mean the same here}", []),
        ("{mutant: 'deposits >= 3 -> deposits > 3'}", ["R003"]),
        ("{mutant: x, reason: y, by: z}", ["R004"]),
    ],
)
def test_a_mutant_that_survives_is_listed_with_a_reason(entry: str, expected: list[str]) -> None:
    text = STABLE.replace("tests:\n", f"mutants_that_survive:\n  - {entry}\ntests:\n", 1)
    assert codes(text) == expected


# --- retired --------------------------------------------------------------------------------------

RETIRED = status(CASH, "retired\nretired: {on: 2026-01-31, reason: never told two cases apart}")


def test_a_retired_rule_says_when_and_why() -> None:
    assert codes(RETIRED) == []
    assert shown(status(CASH, "retired")) == (
        "THB.yaml:4:9: error[R073]: a retired rule says when and why: 'retired' is missing\n"
        "  |\n"
        "4 | status: retired\n"
        "  |         ^^^^^^^\n"
        "  = help: add retired: {on: 2026-01-31, reason: why}"
    )
    assert "R003" in codes(RETIRED.replace(", reason: never told two cases apart", ""))
    assert "R021" in codes(RETIRED.replace("2026-01-31", "last year"))


def test_a_rule_that_is_not_retired_does_not_say_so() -> None:
    text = status(RETIRED.replace("status: retired", "status: test"), "test")
    assert "error[R073]: 'retired' is given, but the status is 'test'" in shown(text)


def test_a_retired_rule_lies_in_the_folder_for_them(base: Path) -> None:
    put(base, "cash/THB-CASH-003.yaml", RETIRED)
    (found,) = check(base, "test")
    assert (found.code, found.message) == ("R073", "a retired rule lies in the folder 'retired'")
    assert found.help == "move the file to retired/THB-CASH-003.yaml"
    (base / "cash" / "THB-CASH-003.yaml").unlink()
    put(base, "retired/THB-CASH-003.yaml", RETIRED)
    assert check(base, "test") == []
    put(base, "retired/THB-CASH-003.yaml", CASH)
    (found,) = check(base, "test")
    assert (found.code, found.message) == ("R073", "the status is 'test', but the folder is 'retired'")


def reading(base: Path, other: str, name: str = "test") -> None:
    text = status(CASH.replace("THB-CASH-003", "THB-CASH-009"), name)
    text = text.replace("    tx_type: cash_deposit\n", f"    account_id: {{hit_by: [{other}]}}\n", 1)
    put(base, "cash/THB-CASH-009.yaml", text)


def test_a_rule_does_not_read_the_hits_of_a_retired_one(base: Path) -> None:
    (base / "cash" / "THB-CASH-003.yaml").unlink()
    put(base, "retired/THB-CASH-003.yaml", RETIRED)
    reading(base, "THB-CASH-003")
    (found,) = check(base, "test")
    assert found.render() == (
        "rules/cash/THB-CASH-009.yaml:23:27: error[R074]: THB-CASH-009 reads the hits of THB-CASH-003, which "
        "is retired and never runs\n"
        "   |\n"
        "23 |     account_id: {hit_by: [THB-CASH-003]}\n"
        "   |                           ^^^^^^^^^^^^\n"
        "  = help: read a rule that runs"
    )


def test_only_a_draft_reads_the_hits_of_a_draft(base: Path) -> None:
    put(base, "cash/THB-CASH-003.yaml", status(CASH, "draft"))
    reading(base, "THB-CASH-003")
    assert [d.code for d in check(base, "test")] == ["R074"]
    reading(base, "THB-CASH-003", "draft")
    assert check(base, "test") == []
