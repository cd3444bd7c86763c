"""The catalogue of indicators says nothing about the rules that is not so, and coverage tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rules.folder import APPROVED, make, override, put
from tests.unit.rules.samples import CASH
from thbscreen.rules.coverage import STATES, counts, coverage, page
from thbscreen.rules.indicators import bind_indicators
from thbscreen.rules.pack import check, load_pack

HAS_RULE = "- {id: THB-CASH-003, form: laundering, title: Cash in small parts, status: rule}\n"
NEEDS = (
    "- {id: THB-CASH-004, form: laundering, title: Adverts, status: needs list, needs: a list of sites, "
    "reason: nobody publishes one}\n"
)
NEVER = (
    "- {id: THB-CASH-005, form: laundering, title: Fear, status: not expressible, "
    "reason: no data of a bank shows it}\n"
)
FILE = "indicators/CASH.yaml"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    rules = make(tmp_path)
    (rules / "marriage" / "THB-MAR-001.yaml").unlink()
    return rules


def found(base: Path, text: str) -> list[str]:
    put(base, FILE, text)
    return [d.render() for d in check(base, "test")]


def codes(text: str) -> list[str]:
    return [d.code for d in bind_indicators(text, "X.yaml")[1].result()]


def test_a_true_catalogue_has_no_finding(base: Path) -> None:
    assert found(base, HAS_RULE + NEEDS + NEVER) == []


def test_a_rule_that_is_not_there_is_found(base: Path) -> None:
    (text,) = found(base, HAS_RULE + HAS_RULE.replace("003", "009"))
    assert text == (
        "rules/indicators/CASH.yaml:2:8: error[R080]: "
        "THB-CASH-009 is said to have a rule, and there is none\n"
        "  |\n"
        "2 | - {id: THB-CASH-009, form: laundering, title: Cash in small parts, status: rule}\n"
        "  |        ^^^^^^^^^^^^"
    )


def test_a_rule_that_is_there_all_the_same_is_found(base: Path) -> None:
    (text,) = found(base, NEVER.replace("005", "003"))
    assert "error[R080]: THB-CASH-003 is called 'not expressible', and there is a rule THB-CASH-003" in text


def test_a_rule_said_to_be_off_that_runs_is_found(base: Path) -> None:
    off = HAS_RULE.replace("status: rule", "status: rule, off_because: the form is thin")
    (text,) = found(base, off)
    assert "error[R080]: THB-CASH-003 is said to be off, and its rule runs" in text
    put(base, "cash/THB-CASH-003.yaml", CASH.replace("status: test", "status: draft"))
    assert found(base, off) == []


def test_an_entry_given_twice_is_found(base: Path) -> None:
    (text,) = found(base, HAS_RULE + HAS_RULE)
    assert "error[R080]: there are two entries THB-CASH-003" in text
    assert "= note: the other one is rules/indicators/CASH.yaml:1:8" in text


def test_a_rule_that_the_catalogue_does_not_name_is_warned_of_once_there_is_a_catalogue(base: Path) -> None:
    assert check(base, "test") == []
    (text,) = found(base, NEEDS)
    assert "warning[W130]: no entry of the catalogue names THB-CASH-003" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HAS_RULE.replace("status: rule", "status: perhaps"), ["R007"]),
        (NEEDS.replace("needs: a list of sites, ", ""), ["R003"]),
        (NEVER.replace(", reason: no data of a bank shows it", ""), ["R003"]),
        (NEEDS.replace("status:", "off_because: thin, status:"), ["R080"]),
        (HAS_RULE.replace("THB-CASH-003", "CASH3"), ["R007"]),
        ("entries: 1", ["R006"]),
        ("[]", ["R006"]),
        (HAS_RULE.replace("Cash in", "The trafficker's cash in"), ["R029"]),
        (HAS_RULE.replace("title", "titel"), ["R003", "R004"]),
    ],
)
def test_a_wrong_entry_is_found(text: str, expected: list[str]) -> None:
    assert sorted(codes(text)) == expected
    assert bind_indicators(text, "X.yaml")[0] == ()


def test_an_unknown_form_is_found_where_the_forms_are_known() -> None:
    _, findings = bind_indicators(HAS_RULE, "X.yaml", ["recruitment"])
    assert [d.code for d in findings.result()] == ["R007"]


def test_coverage_tells_what_runs_and_what_stands_in_the_way(base: Path) -> None:
    put(base, FILE, NEVER + NEEDS + HAS_RULE)
    pack = load_pack(base, "test", drafts=True)
    first, second, third = coverage(
        pack, {"THB-CASH-003": ("weak", "amount_eur is filled in 3% of the rows")}
    )
    assert (first.id, first.state, first.judged) == ("THB-CASH-003", "runs", "weak")
    assert first.columns == pack.rules[0].columns
    assert (second.state, second.why) == ("needs list", "a list of sites: nobody publishes one")
    assert (third.state, third.weight) == ("not expressible", None)
    assert counts([first, second, third]) == {
        "laundering": dict.fromkeys(STATES, 0) | {"runs": 1, "needs list": 1, "not expressible": 1}
    }


def test_coverage_names_rules_that_the_catalogue_does_not(base: Path) -> None:
    (row,) = coverage(load_pack(base, "test", drafts=True))
    assert (row.id, row.state) == ("THB-CASH-003", "runs")


@pytest.mark.parametrize(("off", "state"), [("", "draft"), (", off_because: the form is thin", "off")])
def test_a_draft_does_not_run_unless_a_profile_switches_it_on(base: Path, off: str, state: str) -> None:
    put(base, "cash/THB-CASH-003.yaml", CASH.replace("status: test", "status: draft"))
    put(base, FILE, HAS_RULE.replace("status: rule", f"status: rule{off}"))
    (row,) = coverage(load_pack(base, "test", drafts=True))
    assert row.state == state
    override(base, f"rules:\n  THB-CASH-003: {{enabled: true, reason: asked for, {APPROVED}}}\n")
    (row,) = coverage(load_pack(base, "test", drafts=True))
    assert row.state == "runs"


def test_the_page_counts_what_it_lists(base: Path) -> None:
    put(base, FILE, NEVER + NEEDS + HAS_RULE)
    text = page(coverage(load_pack(base, "test", drafts=True)), link="../rules/")
    assert "| Laundering | 1 | 0 | 0 | 1 | 0 | 1 | 3 |\n" in text
    assert "| [THB-CASH-003](../rules/THB-CASH-003.md) | Cash in small parts | runs |" in text
    assert "| THB-CASH-004 | Adverts | needs list |  |  | see below |" in text
    assert "- THB-CASH-004, needs list: a list of sites: nobody publishes one" in text
