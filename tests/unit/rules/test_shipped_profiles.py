"""Each profile that ships loads without a finding, and holds what its first lines promise."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache

import pytest

from tests.unit.rules.resting import absences, every_test, newness, rests_on, shares
from thbscreen.diagnostics import Diagnostic
from thbscreen.engine.exclusions import findings
from thbscreen.rules import ast, bundle
from thbscreen.rules.overrides import Known, changes, looser
from thbscreen.rules.pack import load_pack, resolve
from thbscreen.rules.paths import default_rules_dir
from thbscreen.rules.profile import changed_list, finish_profile, read_profile

#: A day on which every approval holds and nothing is due for review.
TODAY = dt.date(2026, 11, 26)
FOLDER = default_rules_dir() / "profiles"
NAMES = ["cyprus", "example-bank", "fiu", "generic-eu"]
#: Lists that hold names of Cyprus; what reads them is of no use elsewhere before they are filled.
CYPRIOT = frozenset(
    {
        "payees.colleges",
        "payees.migration_offices",
        "payees.municipal_dues",
        "payees.municipalities",
        "payees.social_insurance",
        "payees.tax",
        "payees.utilities",
        "places.districts",
    }
)


@cache
def base() -> bundle.RulePack:
    """Every rule of the pack under the profile of Cyprus, drafts too."""
    return load_pack(None, "cyprus", drafts=True, today=TODAY)


@cache
def read(name: str, today: dt.date = TODAY) -> tuple[bundle.Profile | None, list[Diagnostic]]:
    """Binds a profile to the rules, which are loaded once, and gives what is found wrong with it."""
    text = (FOLDER / f"{name}.yaml").read_bytes()
    file = read_profile(text, f"{name}.yaml")
    rules = {rule.id: rule for rule in base().bound}
    lists = {found.name: found for found in base().lists}
    profile = finish_profile(file, Known(rules, {}, lists, today.isoformat()))
    return profile, file.ctx.findings.result()


@cache
def pack_of(name: str) -> bundle.RulePack:
    """Gives the rules that run under a profile, with its values and lists."""
    profile, found = read(name)
    assert profile is not None, [d.render() for d in found]
    switched = {o.rule: o.enabled for o in profile.overrides}
    bound = [
        r for r in base().bound
        if switched.get(r.id) is not False and (r.status != "draft" or switched.get(r.id))
    ]  # fmt: skip
    added, removed = dict(profile.list_additions), dict(profile.list_removals)
    lists = [changed_list(x, added.get(x.name, ()), removed.get(x.name, ())) for x in base().lists]
    rules = tuple(resolve(rule, profile) for rule in bound)
    return bundle.RulePack(rules, tuple(bound), tuple(lists), profile, "")


def all_rules() -> tuple[ast.Rule, ...]:
    return base().rules


def on(profile: str) -> set[str]:
    return {rule.id for rule in pack_of(profile).rules}


def off(profile: str) -> set[str]:
    return {o.rule for o in pack_of(profile).profile.overrides if o.enabled is False}


def reasons(profile: str) -> dict[str, str]:
    return {o.rule: o.reason for o in pack_of(profile).profile.overrides}


# --- all of them ----------------------------------------------------------------------------------


def test_these_are_the_profiles_that_ship() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_profile_has_no_finding(name: str) -> None:
    assert [d.render() for d in read(name)[1] if d.severity != "suppressed"] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_pack_loads_whole_under_a_shipped_profile(name: str) -> None:
    assert [d.render() for d in findings(None, name, today=TODAY) if d.severity != "suppressed"] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_that_runs_reads_the_hits_of_one_that_is_off(name: str) -> None:
    missing = {rule.id: set(rule.after) - on(name) for rule in pack_of(name).rules}
    assert {rule: gone for rule, gone in missing.items() if gone} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_is_called_like_its_file(name: str) -> None:
    assert pack_of(name).profile.name == name


@pytest.mark.parametrize("name", NAMES)
def test_every_report_indicator_of_the_pack_waits_for_a_code(name: str) -> None:
    assert set(pack_of(name).profile.indicators) == {rule.report_indicator for rule in all_rules()}


@pytest.mark.parametrize("name", ["cyprus", "fiu", "generic-eu"])
def test_no_code_of_an_fiu_is_made_up(name: str) -> None:
    assert set(pack_of(name).profile.indicators.values()) == {""}


@pytest.mark.parametrize("name", ["fiu", "generic-eu", "example-bank"])
def test_every_profile_knows_the_same_facts_by_name(name: str) -> None:
    assert {n for n, _ in pack_of(name).profile.facts} == {n for n, _ in pack_of("cyprus").profile.facts}


# --- an FIU ---------------------------------------------------------------------------------------


def test_an_fiu_judges_by_the_facts_of_cyprus() -> None:
    assert pack_of("fiu").profile.facts == pack_of("cyprus").profile.facts
    assert pack_of("fiu").profile.time_zone == pack_of("cyprus").profile.time_zone


def test_no_rule_that_runs_for_an_fiu_rests_on_what_is_absent() -> None:
    assert {rule.id: found for rule in pack_of("fiu").rules if (found := absences(rule))} == {}


def test_an_fiu_switches_off_nothing_but_what_rests_on_absence_or_weighs_the_whole_account() -> None:
    rules = {rule.id: rule for rule in all_rules()}
    mitigating = {i for i in off("fiu") if rules[i].family == "mitigation"}
    assert mitigating == {"THB-MIT-001", "THB-MIT-002", "THB-MIT-004"}
    # Nor can a rule run that reads the hits of one which rests on absence.
    absent = {i for i in off("fiu") if absences(rules[i]) or any(absences(rules[a]) for a in rules[i].after)}
    assert off("fiu") - mitigating - absent == set()


def test_mitigating_facts_for_an_fiu_stand_on_file() -> None:
    left = [rule for rule in pack_of("fiu").rules if rule.weight < 0]
    parts = {rule.id: {t.field.rpartition(".")[2] for t in every_test(rule.detect)} for rule in left}
    assert left
    assert {rule for rule, read in parts.items() if not read & {"licence", "sector_nace"}} == set()
    assert not any(map(shares, left))


def test_the_reasons_of_an_fiu_speak_of_what_a_report_holds() -> None:
    assert {rule: why for rule, why in reasons("fiu").items() if "report" not in why} == {}


def test_an_fiu_looks_back_further_and_at_more_accounts_than_a_bank() -> None:
    bank, fiu = pack_of("cyprus").profile.scoring, pack_of("fiu").profile.scoring
    assert fiu.half_after_days > bank.half_after_days
    assert fiu.max_network_nodes > bank.max_network_nodes
    assert fiu.hub_degree > bank.hub_degree
    assert fiu.alert_weight > bank.alert_weight
    lines = (FOLDER / "fiu.yaml").read_text(encoding="utf-8").splitlines()
    numbers = [at for at, line in enumerate(lines) if re.match(r"  [a-z_]+: [0-9]+$", line)]
    assert len(numbers) == 6
    unexplained = [lines[at] for at in numbers if not lines[at - 1].startswith("  # ")]
    assert unexplained == ["  min_families: 2"], "every number that is not the bank's has its reason above it"


def test_a_measure_wanted_small_is_recognised_as_absence() -> None:
    found = {rule.id: absences(rule) for rule in all_rules()}
    assert found["THB-VIC-003"] == ["living: living < $max_living"]
    assert found["THB-LAB-008"] == ["dues: dues == 0"]
    assert found["THB-DOM-001"] == ["paid: part < $share"]
    assert found["THB-MAR-008"] == ["nothing follows: anything"]
    assert found["THB-LAB-024"] == ["silence: since_pay"]


def test_shares_of_a_whole_and_largest_numbers_of_people_are_not_taken_for_absence() -> None:
    rules = {rule.id: rule for rule in all_rules()}
    assert absences(rules["THB-ML-005"]) == []
    assert absences(rules["THB-VIC-004"]) == []
    assert absences(rules["THB-CSE-001"]) == []
    assert shares(rules["THB-ML-005"])


# --- anywhere in the European Union ----------------------------------------------------------------


def test_no_rule_elsewhere_in_the_union_rests_on_a_list_of_cyprus() -> None:
    assert {rule.id for rule in pack_of("generic-eu").rules if rests_on(rule, CYPRIOT)} == set()


def test_a_rule_is_off_elsewhere_only_for_its_list_or_for_a_rule_that_is_off() -> None:
    rules = {rule.id: rule for rule in all_rules()}
    for identity in off("generic-eu"):
        rule = rules[identity]
        assert rests_on(rule, CYPRIOT) or set(rule.after) & off("generic-eu"), identity


def test_the_reason_names_a_list_that_the_rule_reads() -> None:
    rules = {rule.id: rule for rule in all_rules()}
    for identity, why in reasons("generic-eu").items():
        read = {str(t.operand) for t in every_test(rules[identity].detect)}
        named = {name for name in CYPRIOT if name in why}
        districts = "places.districts" in named and "places.districts" in repr(rules[identity].detect)
        assert named & read or districts or set(rules[identity].after) & off("generic-eu"), identity


def test_lists_that_say_they_are_of_cyprus_are_among_those() -> None:
    titled = {found.name for found in pack_of("cyprus").lists if re.search("Cypr", found.title)}
    assert titled
    assert titled <= CYPRIOT


def test_what_is_national_is_unknown_and_the_rest_holds_for_the_whole_union() -> None:
    facts = dict(pack_of("generic-eu").profile.facts)
    known = {name for name, values in facts.items() if values}
    assert known == {"cash_threshold"}
    assert all(v.source in {"AMLD4", "AMLR"} and v.valid_from for v in facts["cash_threshold"])
    listed = next(found for found in pack_of("generic-eu").lists if found.name == "sources")
    assert {"amld4", "amlr"} <= {code for _, code in listed.entries}


def test_home_is_the_whole_union_until_somebody_sets_a_country() -> None:
    home = next(found for found in pack_of("generic-eu").lists if found.name == "countries.home")
    sepa = next(found for found in pack_of("generic-eu").lists if found.name == "countries.sepa")
    assert len({code for _, code in home.entries}) == 27
    assert {code for _, code in home.entries} < {code for _, code in sepa.entries}


def test_the_time_zone_must_be_set_and_says_so() -> None:
    lines = (FOLDER / "generic-eu.yaml").read_text(encoding="utf-8").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("time_zone:"))
    assert "SET THIS" in lines[at - 1]


# --- the example of a bank -------------------------------------------------------------------------


def test_the_example_bank_judges_by_the_facts_of_cyprus() -> None:
    assert pack_of("example-bank").profile.facts == pack_of("cyprus").profile.facts
    assert pack_of("example-bank").profile.scoring == pack_of("cyprus").profile.scoring


def test_the_example_bank_shows_each_kind_of_change() -> None:
    profile = pack_of("example-bank").profile
    assert changes(pack_of("example-bank"))
    assert looser(pack_of("example-bank"))
    assert {o.enabled for o in profile.overrides} == {None, False, True}
    assert all(o.approved is not None for o in profile.overrides)
    assert profile.list_additions
    assert profile.list_removals
    assert [e.name for e in profile.exclusions] == ["payroll-bureau"]
    assert on("example-bank") - on("cyprus") == {"THB-CRM-001"}


def test_the_codes_of_the_example_bank_cannot_be_taken_for_real_ones() -> None:
    codes = list(pack_of("example-bank").profile.indicators.values())
    assert all(re.fullmatch(r"EXAMPLE-[0-9]{2}", code) for code in codes)
    assert len(set(codes)) == len(codes)


def test_the_exclusion_of_the_example_bank_ends_within_two_years() -> None:
    (exclusion,) = pack_of("example-bank").profile.exclusions
    last = dt.date.fromisoformat(exclusion.expires)
    assert last <= TODAY + dt.timedelta(days=731)
    assert "P012" not in {d.code for d in read("example-bank", last)[1]}
    assert "P012" in {d.code for d in read("example-bank", last + dt.timedelta(days=1))[1]}


# --- what the documentation says of them -----------------------------------------------------------


def test_the_page_on_profiles_names_each_and_the_rules_that_read_with_care() -> None:
    page = (default_rules_dir().parent / "docs" / "reference" / "profiles.md").read_text(encoding="utf-8")
    assert {name for name in NAMES if f"## {name}" not in page} == set()
    new = {rule.id for rule in pack_of("fiu").rules if newness(rule)}
    assert {rule for rule in new if rule not in page} == set()
    assert f"So {len(off('fiu'))} rules are off" in page


def test_the_help_names_the_profiles() -> None:
    page = (default_rules_dir().parent / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    (start,) = {" ".join(found.split()) for found in re.findall(r"Local facts.*?\[default", page, re.DOTALL)}
    assert {name for name in NAMES if name not in start} == set()
