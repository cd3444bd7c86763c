"""What an institution changes is bounded, has a reason and an approval, and is shown in every run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.unit.rules.folder import APPROVED, PROFILE, make, override, put
from tests.unit.rules.samples import CASH
from thbscreen.errors import ProfileError, UsageError
from thbscreen.rules.overrides import Looser, changes, looser
from thbscreen.rules.pack import check, load_pack
from thbscreen.rules.paths import default_rules_dir

TODAY = dt.date(2025, 1, 31)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path)


def shown(base: Path) -> str:
    return "\n".join(d.render() for d in check(base, "test", today=TODAY))


def values(text: str, approved: str = APPROVED) -> str:
    return f"rules:\n  THB-CASH-003: {{parameters: {{{text}}}, reason: back-test, {approved}}}\n"


# --- overrides ------------------------------------------------------------------------------------


def test_a_changed_value_needs_an_approval(base: Path) -> None:
    override(base, "rules:\n  THB-CASH-003: {parameters: {min_deposits: 4}, reason: back-test}\n")
    assert shown(base) == (
        "rules/profiles/test.yaml:8:3: error[P015]: 'THB-CASH-003' is changed without approval\n"
        "  |\n"
        "8 |   THB-CASH-003: {parameters: {min_deposits: 4}, reason: back-test}\n"
        "  |   ^^^^^^^^^^^^\n"
        "  = help: add approved: {by: who, on: day, review: day}"
    )


def test_a_rule_that_is_switched_off_needs_an_approval(base: Path) -> None:
    override(base, "rules:\n  THB-CASH-003: {enabled: false, reason: no cash here}\n")
    assert "error[P015]: 'THB-CASH-003' is changed without approval" in shown(base)


def test_a_reason_alone_changes_nothing_and_needs_no_approval(base: Path) -> None:
    override(base, "rules:\n  THB-CASH-003: {enabled: true, reason: looked at and kept}\n")
    assert shown(base) == ""


@pytest.mark.parametrize(
    ("approved", "message"),
    [
        ("approved: {by: MLCO, on: 2024-06-01}", "error[R003]: 'approved' lacks the key 'review'"),
        (
            "approved: {by: MLCO, on: June, review: 2025-06-01}",
            "error[R021]: 'on' is a day such as 2026-01-31",
        ),
        (
            "approved: {by: MLCO, on: 2025-02-01, review: 2025-06-01}",
            "error[P015]: 'THB-CASH-003' is approved on a day that has not come",
        ),
        (
            "approved: {by: MLCO, on: 2024-06-01, review: 2024-06-01}",
            "error[P015]: the review of 'THB-CASH-003' is not after its approval",
        ),
        ("approved: MLCO", "error[R006]: 'approved' must be a mapping"),
    ],
)
def test_an_approval_says_who_and_when_in_days_that_can_be(base: Path, approved: str, message: str) -> None:
    override(base, values("min_deposits: 4", approved))
    assert message in shown(base)


def test_a_review_that_is_due_warns_and_does_not_stop(base: Path) -> None:
    override(base, values("min_deposits: 4", "approved: {by: MLCO, on: 2024-01-01, review: 2025-01-30}"))
    assert "warning[W120]: the review of 'THB-CASH-003' was due on 2025-01-30" in shown(base)
    assert load_pack(base, "test", today=TODAY).profile.overrides[0].enabled is None
    assert [d.code for d in check(base, "test", today=TODAY)] == ["W120"]
    assert check(base, "test", today=dt.date(2025, 1, 30)) == []


def test_a_value_outside_the_bounds_reads_as_in_the_rules_own_words(base: Path) -> None:
    override(base, values("min_deposits: 1"))
    text = shown(base)
    assert text.startswith(
        "rules/profiles/test.yaml:8:45: error[P003]: min_deposits = 1 is below the smallest allowed value 2\n"
    )
    assert text.endswith("  = note: the bounds are set in rules/cash/THB-CASH-003.yaml:18:33")


def test_a_change_without_a_reason_is_refused(base: Path) -> None:
    override(base, f"rules:\n  THB-CASH-003: {{enabled: false, {APPROVED}}}\n")
    assert "error[P005]: 'THB-CASH-003' is changed without a reason" in shown(base)


# --- looser and stricter --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "effect"),
    [
        ("min_deposits: 4", "looser"),
        ("min_deposits: 2", "stricter"),
        ("window: 5 days", "looser"),
        ("window: 10 days", "stricter"),
        ("near: 85%", "looser"),
        ("threshold: 8000 EUR", "unclear"),
    ],
)
def test_a_change_is_looser_when_the_rule_finds_less_by_it(base: Path, value: str, effect: str) -> None:
    override(base, values(value))
    pack = load_pack(base, "test")
    (found,) = changes(pack)
    assert found.effect == effect
    assert looser(pack) == ([Looser(*found[:4])] if effect == "looser" else [])


def test_a_value_that_is_the_rules_own_is_no_change(base: Path) -> None:
    override(base, values("min_deposits: 3, threshold: 10000.00 EUR"))
    assert changes(load_pack(base, "test")) == []


def test_looser_values_are_those_of_rules_that_run(base: Path) -> None:
    override(base, values("min_deposits: 4"))
    assert [(c.rule, c.parameter) for c in looser(load_pack(base, "test"))] == [
        ("THB-CASH-003", "min_deposits")
    ]
    assert looser(load_pack(base, "test", ["THB-MAR-001"])) == []


# --- lists ----------------------------------------------------------------------------------------


def test_a_removal_that_breaks_the_lists_own_example_is_refused(base: Path) -> None:
    path = base / "lists" / "keywords" / "rent.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[ΕΝΟΙΚΙΟ]", "[Rent March]"), encoding="utf-8")
    override(base, "lists:\n  keywords.rent: {remove: [rent], reason: too many}\n")
    assert shown(base) == (
        "rules/profiles/test.yaml:8:3: error[R018]: with these changes no entry matches 'Rent March', "
        "which must match\n"
        "  |\n"
        "8 |   keywords.rent: {remove: [rent], reason: too many}\n"
        "  |   ^^^^^^^^^^^^^\n"
        "  = help: leave the entry in, or change the list itself with its examples"
    )
    override(base, "lists:\n  keywords.rent: {remove: [rent], add: {en: ['rent*']}, reason: too many}\n")
    assert shown(base) == ""


def test_an_addition_that_matches_what_must_not_match_is_refused(base: Path) -> None:
    path = base / "lists" / "keywords" / "rent.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[Parents]", "[Car hire]"), encoding="utf-8")
    override(base, "lists:\n  keywords.rent: {add: {en: [hire]}, reason: case 2024/17}\n")
    assert "error[R018]: the entry 'hire' matches 'Car hire', which must not match" in shown(base)


def test_changes_of_a_list_keep_the_other_entries(base: Path) -> None:
    override(base, "lists:\n  keywords.rent: {add: {el: [μίσθωμα]}, remove: [rent], reason: local use}\n")
    found = next(f for f in load_pack(base, "test").lists if f.name == "keywords.rent")
    assert found.entries == (("el", "ενοίκιο"), ("el", "μίσθωμα"))


def test_a_code_that_is_its_own_example_may_be_taken_out_by_name(base: Path) -> None:
    """A bank in Germany takes Cyprus out of the countries at home."""
    path = base / "lists" / "countries" / "home.yaml"
    text = (default_rules_dir() / "lists" / "countries" / "home.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("cite: derived", "cite: test"), encoding="utf-8")
    override(base, "lists:\n  countries.home: {add: [DE], remove: [CY], reason: our customers live there}\n")
    assert shown(base) == ""
    found = next(f for f in load_pack(base, "test").lists if f.name == "countries.home")
    assert found.entries == (("any", "DE"),)


def test_nothing_may_be_left_of_a_list_of_codes(base: Path) -> None:
    path = base / "lists" / "countries" / "home.yaml"
    text = (default_rules_dir() / "lists" / "countries" / "home.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("cite: derived", "cite: test"), encoding="utf-8")
    override(base, "lists:\n  countries.home: {remove: [CY], reason: our customers live elsewhere}\n")
    assert "error[R024]: nothing is left of 'countries.home'" in shown(base)


def test_an_example_that_the_removal_does_not_name_still_holds(base: Path) -> None:
    """Ranges: whoever takes airlines out of a list is told that it no longer finds one of them."""
    head = "list: mcc.tickets\nkind: codes\ntitle: Test\nreviewed: 2026-01-31\n"
    head += "sources: [{cite: test, at: page 1, kind: expert}]\n"
    put(
        base,
        "lists/mcc/tickets.yaml",
        head + "entries: [3000-3299, 4722]\nmust_match: [3001]\nmust_not_match: [3300]\n",
    )
    override(base, "lists:\n  mcc.tickets: {remove: [3000-3299], reason: no cards here}\n")
    assert "error[R018]: with these changes no entry matches '3001', which must match" in shown(base)


# --- goAML ----------------------------------------------------------------------------------------


def test_an_indicator_has_the_code_of_the_fius_own_list(base: Path) -> None:
    override(base, "goaml:\n  indicators: {thb.test: SM-1}\n")
    assert load_pack(base, "test").profile.indicators == {"thb.test": "SM-1"}


@pytest.mark.parametrize("empty", ["to be filled", "~", "''", ""])
def test_a_code_that_nobody_looked_up_yet_is_empty(base: Path, empty: str) -> None:
    override(base, f"goaml:\n  indicators:\n    thb.test: {empty}\n")
    assert load_pack(base, "test").profile.indicators == {"thb.test": ""}


def test_an_indicator_that_no_rule_reports_is_refused(base: Path) -> None:
    override(base, "goaml:\n  indicators: {thb.tset: SM-1}\n")
    assert shown(base) == (
        "rules/profiles/test.yaml:8:16: error[P016]: no rule reports the indicator 'thb.tset'\n"
        "  |\n"
        "8 |   indicators: {thb.tset: SM-1}\n"
        "  |                ^^^^^^^^\n"
        "  = help: did you mean 'thb.test'?"
    )


def test_a_broken_rule_keeps_its_indicator_unjudged(base: Path) -> None:
    put(base, "cash/THB-CASH-003.yaml", CASH.replace("kind: aggregate", "kind: nothing"))
    override(base, "goaml:\n  indicators: {thb.other: SM-1}\n")
    assert [d.code for d in check(base, "test")] == ["R020"]


def test_the_shipped_profile_names_every_indicator_and_invents_no_code() -> None:
    pack = load_pack(drafts=True)
    assert set(pack.profile.indicators) == {rule.report_indicator for rule in pack.bound}
    assert set(pack.profile.indicators.values()) == {""}


# --- drafts and retired rules ---------------------------------------------------------------------


def draft(base: Path) -> None:
    text = CASH.replace("THB-CASH-003", "THB-CASH-004").replace("status: test", "status: draft")
    put(base, "cash/THB-CASH-004.yaml", text)


def test_a_draft_runs_only_when_asked_for(base: Path) -> None:
    draft(base)
    usual = ["THB-CASH-003", "THB-MAR-001"]
    assert [r.id for r in load_pack(base, "test").rules] == usual
    assert [r.id for r in load_pack(base, "test", ["THB-CASH-004"]).rules] == ["THB-CASH-004"]
    assert len(load_pack(base, "test", drafts=True).rules) == 3
    override(base, f"rules: {{THB-CASH-004: {{enabled: true, reason: trial, {APPROVED}}}}}\n")
    assert [r.id for r in load_pack(base, "test").rules] == ["THB-CASH-003", "THB-CASH-004", "THB-MAR-001"]


def test_to_switch_a_draft_on_needs_an_approval(base: Path) -> None:
    draft(base)
    override(base, "rules: {THB-CASH-004: {enabled: true, reason: trial}}\n")
    assert "error[P015]: 'THB-CASH-004' is changed without approval" in shown(base)


def test_values_of_a_draft_do_not_switch_it_on(base: Path) -> None:
    draft(base)
    override(base, values("min_deposits: 4").replace("THB-CASH-003", "THB-CASH-004"))
    assert [r.id for r in load_pack(base, "test").rules] == ["THB-CASH-003", "THB-MAR-001"]


def retire(base: Path) -> None:
    text = CASH.replace("status: test", "status: retired\nretired: {on: 2025-01-01, reason: too many}")
    put(base, "retired/THB-CASH-003.yaml", text)
    (base / "cash" / "THB-CASH-003.yaml").unlink()


def test_a_retired_rule_keeps_its_id_and_does_not_run(base: Path) -> None:
    retire(base)
    assert shown(base) == ""
    assert [r.id for r in load_pack(base, "test", drafts=True).rules] == ["THB-MAR-001"]
    with pytest.raises(UsageError, match="the rule 'THB-CASH-003' is retired"):
        load_pack(base, "test", ["THB-CASH-003"])


def test_to_ask_for_a_rule_that_is_switched_off_is_a_usage_error(base: Path) -> None:
    override(base, f"rules: {{THB-CASH-003: {{enabled: false, reason: no cash, {APPROVED}}}}}\n")
    with pytest.raises(
        UsageError, match="the rule 'THB-CASH-003' is switched off by the profile 'test-bank'"
    ):
        load_pack(base, "test", ["THB-CASH-003"])


def test_a_profile_does_not_change_a_retired_rule(base: Path) -> None:
    retire(base)
    override(base, values("min_deposits: 4"))
    assert shown(base) == (
        "rules/profiles/test.yaml:8:3: error[P001]: the rule 'THB-CASH-003' is retired\n"
        "  |\n"
        f"8 |   THB-CASH-003: {{parameters: {{min_deposits: 4}}, reason: back-test, {APPROVED}}}\n"
        "  |   ^^^^^^^^^^^^\n"
        "  = help: a retired rule does not run; take it out of the profile"
    )


def test_the_shipped_profile_loads_from_its_own_folder() -> None:
    assert load_pack(default_rules_dir(), "cyprus").profile.name == "cyprus"
    with pytest.raises((ProfileError, UsageError)):
        load_pack(default_rules_dir(), "nowhere")


def test_the_profile_without_changes_is_the_one_of_the_other_tests(base: Path) -> None:
    assert load_pack(base, "test").profile.overrides == ()
    assert (base / "profiles" / "test.yaml").read_text(encoding="utf-8") == PROFILE
