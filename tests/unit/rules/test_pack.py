"""A folder of rules, lists and a profile loads whole, or says everything that is wrong."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.rules.folder import APPROVED, PROFILE, make, override, put
from tests.unit.rules.samples import CASH, STAR
from thbscreen.errors import ProfileError, RuleError, UsageError
from thbscreen.model.text import fold
from thbscreen.rules import bundle
from thbscreen.rules.explain import sentences
from thbscreen.rules.pack import check, load_pack, resolve
from thbscreen.rules.paths import default_rules_dir, profile_path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path)


def codes(base: Path) -> list[str]:
    return [d.code for d in check(base, "test")]


def test_a_right_folder_gives_no_finding(base: Path) -> None:
    assert check(base, "test") == []


def test_rules_may_lie_in_the_folder_itself(base: Path) -> None:
    before = load_pack(base, "test")
    for path in [p for p in base.rglob("THB-*.yaml") if p.parent != base]:
        path.rename(base / path.name)
    assert [r.digest for r in load_pack(base, "test").rules] == [r.digest for r in before.rules]


def test_a_folder_without_rules_is_refused_and_not_judged_clean(base: Path) -> None:
    for path in base.rglob("THB-*.yaml"):
        path.unlink()
    with pytest.raises(UsageError, match="holds no rules"):
        load_pack(base, "test")
    with pytest.raises(UsageError, match="holds no rules"):
        check(base, "test")


def test_rules_come_in_the_order_of_their_ids_with_values_in(base: Path) -> None:
    pack = load_pack(base, "test")
    assert [r.id for r in pack.rules] == ["THB-CASH-003", "THB-MAR-001"]
    assert "Param(" not in repr(pack.rules)
    assert "Param(" in repr(pack.bound)


def test_loading_twice_gives_the_same_digest(base: Path) -> None:
    assert load_pack(base, "test").digest == load_pack(base, "test").digest


def test_a_changed_list_changes_the_digest_of_the_pack(base: Path) -> None:
    before = load_pack(base, "test")
    override(base, "lists:\n  mcc.travel: {add: ['4722'], reason: agency code}\n")
    after = load_pack(base, "test")
    assert after.digest != before.digest
    travel = next(found for found in after.lists if found.name == "mcc.travel")
    assert ("any", "4722") in travel.entries


def test_an_override_inside_the_bounds_is_in_force(base: Path) -> None:
    override(
        base, f"rules:\n  THB-CASH-003: {{parameters: {{min_deposits: 5}}, reason: back-test, {APPROVED}}}\n"
    )
    pack = load_pack(base, "test")
    effective = {p.name: p.value.payload for p in pack.rules[0].parameters}
    assert effective["min_deposits"] == Decimal(5)
    assert pack.rules[0].digest != pack.bound[0].digest


def test_a_value_outside_the_bounds_names_the_place_of_the_bounds(base: Path) -> None:
    override(base, f"rules:\n  THB-CASH-003: {{parameters: {{min_deposits: 1}}, reason: more, {APPROVED}}}\n")
    with pytest.raises(ProfileError) as caught:
        load_pack(base, "test")
    (found,) = caught.value.diagnostics
    assert found.code == "P003"
    assert str(found.note).startswith("the bounds are set in rules/cash/THB-CASH-003.yaml:18:")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rules: {THB-CASH-004: {enabled: false, reason: x}}\n", "P001"),
        (f"rules: {{THB-CASH-003: {{parameters: {{min_deposit: 3}}, reason: x, {APPROVED}}}}}\n", "P002"),
        ("lists: {mcc.travl: {add: ['1'], reason: x}}\n", "P004"),
        ("rules: {THB-CASH-003: {enabled: false}}\n", "P005"),
        ("lists: {mcc.travel: {remove: ['9999'], reason: x}}\n", "P006"),
        ("lists: {mcc.dating_escort: {remove: ['7273'], reason: x}}\n", "R024"),
        ("scoring: {min_families: 0}\n", "P008"),
        ("scoring: {min_families: 1.5}\n", "P008"),
        ("scoring: {half_after_days: inf}\n", "P008"),
        ("scoring: {alert_wait: 5}\n", "R004"),
        (f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: x}}, reason: x, {APPROVED}}}}}\n", "R021"),
        (
            "rules: {THB-MAR-001: {parameters: {payout_min: 1000 EUR, payout_max: 500 EUR}, reason: x, "
            + APPROVED
            + "}}\n",
            "P010",
        ),
    ],
)
def test_a_profile_that_contradicts_the_rules_is_refused(base: Path, text: str, code: str) -> None:
    override(base, text)
    assert codes(base) == [code]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Asia/Nicosia", "Asia/Nikosia", "P009"),
        ("valid_to: 2025-12-31", "valid_to: 2026-06-01", "P007"),
        ("value: 1088 EUR", "value: 50%", "P007"),
        ("2025-12-31", "2025-13-31", "R021"),
    ],
)
def test_a_profile_whose_facts_cannot_be_is_refused(base: Path, old: str, new: str, code: str) -> None:
    put(base, "profiles/test.yaml", PROFILE.replace(old, new, 1))
    assert code in codes(base)


def test_a_rule_that_is_switched_off_is_not_loaded(base: Path) -> None:
    override(base, f"rules: {{THB-CASH-003: {{enabled: false, reason: no cash here, {APPROVED}}}}}\n")
    assert [r.id for r in load_pack(base, "test").rules] == ["THB-MAR-001"]


def reading(base: Path, reader: str, other: str) -> None:
    text = CASH.replace("THB-CASH-003", reader)
    text = text.replace("    tx_type: cash_deposit\n", f"    account_id: {{hit_by: [{other}]}}\n", 1)
    put(base, f"cash/{reader}.yaml", text)


def test_a_chosen_rule_brings_the_rules_it_reads(base: Path) -> None:
    reading(base, "THB-CASH-004", "THB-CASH-003")
    assert [r.id for r in load_pack(base, "test", ["THB-CASH-004"]).rules] == ["THB-CASH-003", "THB-CASH-004"]


def test_a_chosen_rule_that_does_not_exist_is_a_usage_error(base: Path) -> None:
    with pytest.raises(UsageError, match="THB-CASH-999"):
        load_pack(base, "test", ["THB-CASH-999"])


def test_a_rule_that_others_read_cannot_be_switched_off(base: Path) -> None:
    reading(base, "THB-CASH-004", "THB-CASH-003")
    override(base, f"rules: {{THB-CASH-003: {{enabled: false, reason: no cash here, {APPROVED}}}}}\n")
    assert codes(base) == ["P011"]


def test_rules_that_read_each_other_are_refused(base: Path) -> None:
    reading(base, "THB-CASH-004", "THB-CASH-005")
    reading(base, "THB-CASH-005", "THB-CASH-004")
    assert set(codes(base)) == {"R027"}


def test_a_rule_that_reads_itself_is_refused(base: Path) -> None:
    reading(base, "THB-CASH-004", "THB-CASH-004")
    assert codes(base) == ["R027"]


def test_a_rule_that_reads_an_unknown_rule_is_refused(base: Path) -> None:
    reading(base, "THB-CASH-004", "THB-CASH-033")
    (found,) = check(base, "test")
    assert (found.code, found.help) == ("R016", "did you mean 'THB-CASH-003'?")


def test_file_names_must_be_those_of_their_content(base: Path) -> None:
    put(base, "cash/THB-CASH-009.yaml", CASH.replace("THB-CASH-003", "THB-CASH-008"))
    put(base, "lists/mcc/other.yaml", (base / "lists/mcc/travel.yaml").read_text(encoding="utf-8"))
    assert codes(base) == ["R008", "R008"]


def test_two_rules_with_one_id_are_refused(base: Path) -> None:
    put(base, "other/THB-CASH-003.yaml", CASH)
    (found,) = check(base, "test")
    assert found.code == "R008"
    assert found.note == "the other one is rules/cash/THB-CASH-003.yaml:1:1"


def test_a_broken_list_is_one_fault_however_many_rules_use_it(base: Path) -> None:
    put(base, "lists/mcc/travel.yaml", "list: mcc.travel\nkind: codes\n")
    assert {d.span.file for d in check(base, "test")} == {"rules/lists/mcc/travel.yaml"}


def test_a_broken_rule_keeps_the_profile_silent_about_it(base: Path) -> None:
    put(base, "cash/THB-CASH-003.yaml", CASH.replace("kind: aggregate", "kind: nothing"))
    override(base, f"rules: {{THB-CASH-003: {{parameters: {{min_deposits: 1}}, reason: x, {APPROVED}}}}}\n")
    assert codes(base) == ["R020"]


def test_all_faults_of_all_files_come_in_one_error(base: Path) -> None:
    put(base, "cash/THB-CASH-003.yaml", CASH.replace("headline: total", "headline: totl"))
    put(base, "marriage/THB-MAR-001.yaml", STAR.replace("mcc.travel", "mcc.travl"))
    with pytest.raises(RuleError) as caught:
        load_pack(base, "test")
    assert [d.code for d in caught.value.diagnostics] == ["R043", "R012"]
    assert not isinstance(caught.value, ProfileError)


def test_a_file_that_leads_out_of_the_folder_is_not_followed(base: Path, tmp_path: Path) -> None:
    put(tmp_path, "outside/THB-CASH-007.yaml", CASH)
    (base / "cash" / "THB-CASH-007.yaml").symlink_to(tmp_path / "outside" / "THB-CASH-007.yaml")
    assert codes(base) == ["R001"]


def test_the_other_ending_of_yaml_files_is_refused_not_ignored(base: Path) -> None:
    put(base, "cash/THB-CASH-007.yml", CASH)
    assert codes(base) == ["R001"]


def test_a_missing_profile_names_the_known_ones(base: Path) -> None:
    with pytest.raises(UsageError, match="known names: test"):
        load_pack(base, "zzz")


def test_a_profile_may_lie_anywhere(base: Path, tmp_path: Path) -> None:
    put(tmp_path, "mine.yaml", PROFILE)
    assert load_pack(base, tmp_path / "mine.yaml").profile.name == "test-bank"
    assert profile_path(str(tmp_path / "mine.yaml"), base) == tmp_path / "mine.yaml"


def test_a_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        load_pack(tmp_path / "nothing")


# --- lists -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("reviewed: 2026-01-31", "reviewed: 2026", "R021"),
        ("kind: words", "kind: word", "R020"),
        ("entries: {", "entries: {xx: [], ", "R006"),
        ("[rent]", "['*rent']", "R007"),
        ("[rent]", "['--']", "R024"),
        ("[rent]", "['=']", "R024"),
        ("[rent]", "['преждевременнейшее']", "R028"),
        ("must_match: [ΕΝΟΙΚΙΟ]", "must_match: [salary]", "R018"),
        ("must_not_match: [Parents]", "must_not_match: [Rent a car]", "R018"),
        ("must_match: [ΕΝΟΙΚΙΟ]\n", "", "R003"),
        ("must_not_match: [Parents]", "must_not_match: {}", "R006"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused(base: Path, old: str, new: str, code: str) -> None:
    path = base / "lists" / "keywords" / "rent.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert codes(base) == [code]


@pytest.mark.parametrize("entry", ["3299-3000", "300-3299", "0-99999"])
def test_a_range_of_codes_must_be_one(base: Path, entry: str) -> None:
    path = base / "lists" / "mcc" / "travel.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("3000-3299", entry), encoding="utf-8")
    assert codes(base) == ["R021"]


def test_a_text_has_one_place_on_a_map(base: Path) -> None:
    path = base / "lists" / "places" / "districts.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("larnaka", "LEMESÓS"), encoding="utf-8")
    assert codes(base) == ["R005"]


def test_a_list_of_a_protected_trait_is_refused(base: Path) -> None:
    path = base / "lists" / "countries" / "citizenship.yaml"
    text = (base / "lists" / "countries" / "eea.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("countries.eea", "countries.citizenship"), encoding="utf-8")
    assert codes(base) == ["R014"]


# --- explain ---------------------------------------------------------------------------------------


def test_a_rule_is_explained_with_the_values_in_force_and_who_set_them(base: Path) -> None:
    override(
        base, f"rules:\n  THB-CASH-003: {{parameters: {{min_deposits: 5}}, reason: back-test, {APPROVED}}}\n"
    )
    pack = load_pack(base, "test")
    text = sentences(pack.bound[0], pack.rules[0], pack)
    assert "THB-CASH-003, version 1 (medium)" in text
    assert "amount_eur is at least 80 % [near] of 10 000 EUR [threshold]" in text
    assert "deposits is at least 5 [min_deposits, changed here]" in text
    assert "Set by test-bank: min_deposits 5 (default 3, so fewer hits), because: back-test." in text
    assert "Approved by MLCO on 2024-06-01, to be reviewed by 2999-06-01." in text
    assert "Not judged if tx_type is missing from the data." in text
    assert "A shop that banks its daily takings" in text


def test_every_kind_of_part_has_its_words(base: Path) -> None:
    pack = load_pack(base, "test")
    text = sentences(pack.bound[1], pack.rules[1], pack)
    assert "A cycle is a debit 'travel'" in text
    assert "(the other side is 'recruited')" in text
    assert "kept = client_fees divided by payouts" in text


# --- what is shipped -------------------------------------------------------------------------------


def test_the_shipped_rules_load_without_a_finding_that_stops() -> None:
    found = [d for d in check() if d.severity == "error"]
    assert not found, "\n".join(d.render() for d in found)


def test_every_shipped_rule_can_be_explained() -> None:
    pack = load_pack()
    assert default_rules_dir().is_dir()
    for bound, resolved in zip(pack.bound, pack.rules, strict=True):
        text = sentences(bound, resolved, pack)
        assert bound.id in text
        assert "Param(" not in text


def test_a_rule_reads_the_same_after_every_single_key_is_taken_away() -> None:
    from thbscreen.rules.binder import REQUIRED, bind_text
    from thbscreen.rules.yamltree import Map, load_tree

    pack = load_pack()
    lists = {found.name: found for found in pack.lists}
    for path in sorted(default_rules_dir().glob("*/THB-*.yaml"))[:6]:
        text = path.read_text(encoding="utf-8")
        root, _ = load_tree(text, path.name)
        assert isinstance(root, Map)
        lines = text.splitlines(keepends=True)
        starts = [key.span.line - 1 for key, _ in root] + [len(lines)]
        for (key, _), start, end in zip(root, starts, starts[1:], strict=False):
            rule, found = bind_text("".join(lines[:start] + lines[end:]), path.name, lists)
            if key.text in REQUIRED:
                assert rule is None
                assert any(d.code == "R003" and f"'{key.text}'" in d.message for d in found)


def test_scoring_numbers_of_the_profile_are_read(base: Path) -> None:
    override(base, "scoring: {alert_weight: 4.5, min_families: 3}\n")
    assert load_pack(base, "test").profile.scoring == bundle.Scoring(Decimal("4.5"), 3)


def test_a_rule_cannot_ask_for_accounts_hit_by_a_rule_about_something_else(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(default_rules_dir(), folder, ignore=shutil.ignore_patterns("rules.lock"))
    place = folder / "sexual_exploitation" / "THB-SEX-004.yaml"
    asked = "    account_id: {hit_by: [THB-SEX-019]}\n    direction: debit\n    mcc:"
    place.write_text(place.read_text(encoding="utf-8").replace("    direction: debit\n    mcc:", asked, 1))
    assert [(d.code, d.message) for d in check(folder)] == [
        ("R027", "THB-SEX-019 finds 'merchant_id', not accounts, so no account is ever hit by it")
    ]


def test_every_work_that_is_cited_is_in_the_list_of_sources() -> None:
    pack = load_pack(None, "cyprus")
    known = {code for found in pack.lists if found.name == "sources" for _, code in found.entries}
    cited = {s.cite for rule in pack.bound for s in rule.sources}
    cited |= {s.cite for found in pack.lists for s in found.sources}
    cited |= {
        code.strip() for _, values in pack.profile.facts for v in values for code in v.source.split(",")
    }
    assert {c for c in cited if fold(c) not in known} == set()


def test_an_explanation_tells_the_reason_and_the_works_in_full() -> None:
    pack = load_pack(None, "cyprus")
    at = [r.id for r in pack.bound].index("THB-MAR-015")
    text = sentences(pack.bound[at], pack.rules[at], pack)
    assert "133 marriages [CY-2024b]" in text
    assert " ".join(pack.bound[at].why.split()) in text


def test_a_pack_is_loaded_once_until_something_changes(tmp_path: Path) -> None:
    base = make(tmp_path)
    first = load_pack(base, "test")
    assert load_pack(base, "test") is first
    assert load_pack(base, "test", drafts=True) is not first
    file = base / "cash" / "THB-CASH-003.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("title: ", "title: Now ", 1), encoding="utf-8")
    again = load_pack(base, "test")
    assert again is not first
    assert any(rule.title.startswith("Now ") for rule in again.rules)
    profile = base / "profiles" / "test.yaml"
    profile.write_text(profile.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert load_pack(base, "test") is not again


def test_a_pack_that_does_not_load_is_read_again(tmp_path: Path) -> None:
    base = make(tmp_path)
    file = base / "cash" / "THB-CASH-003.yaml"
    good = file.read_text(encoding="utf-8")
    file.write_text("rule: [", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(RuleError):
            load_pack(base, "test")
    file.write_text(good, encoding="utf-8")
    assert load_pack(base, "test").rules


def test_rules_in_force_are_what_putting_the_values_in_gives() -> None:
    for profile in ("cyprus", "fiu"):
        pack = load_pack(None, profile, drafts=True)
        assert pack.rules == tuple(resolve(rule, pack.profile) for rule in pack.bound)
