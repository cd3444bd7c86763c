"""The lock shows every change of meaning, and nothing else."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.rules.folder import APPROVED, make, override, put
from tests.unit.rules.samples import CASH, STAR, lists, rule
from thbscreen.errors import OutputError, RuleError
from thbscreen.rules import bundle, lock
from thbscreen.rules import pack as packs
from thbscreen.rules.binder import bind_text
from thbscreen.rules.pack import check, load_pack, write_lock
from thbscreen.rules.paths import default_rules_dir


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make(tmp_path)


@pytest.fixture
def locked(base: Path) -> Path:
    write_lock(base, "test")
    return base


def change(base: Path, old: str, new: str, text: str = CASH) -> None:
    assert old in text
    put(base, "cash/THB-CASH-003.yaml", text.replace(old, new, 1))


def shown(base: Path) -> str:
    return "\n".join(d.render() for d in check(base, "test"))


# --- the file -------------------------------------------------------------------------------------


def test_a_folder_without_a_lock_has_no_findings_about_it(base: Path) -> None:
    change(base, "value: 3, min", "value: 4, min")
    assert check(base, "test") == []


def test_the_lock_has_one_line_for_each_rule_and_list(locked: Path) -> None:
    lines = (locked / "rules.lock").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# Made by `thbscreen rules lock`")
    assert [line.split("  ")[:2] for line in lines[1:]] == [
        ["THB-CASH-003", "1"], ["THB-MAR-001", "1"], ["countries.eea", "-"], ["house_numbers", "-"],
        ["keywords.rent", "-"], ["keywords.sexual_services", "-"], ["mcc.dating_escort", "-"],
        ["mcc.travel", "-"], ["payees.municipalities", "-"], ["places.districts", "-"],
    ]  # fmt: skip
    assert lines[1].split("  ")[2] == load_pack(locked, "test").bound[0].digest
    assert check(locked, "test") == []


def test_writing_the_lock_again_changes_nothing(locked: Path) -> None:
    before = (locked / "rules.lock").read_bytes()
    assert write_lock(locked, "test") == (locked / "rules.lock", 0)
    assert (locked / "rules.lock").read_bytes() == before


def test_a_new_rule_is_one_new_line(locked: Path) -> None:
    put(locked, "cash/THB-CASH-004.yaml", CASH.replace("THB-CASH-003", "THB-CASH-004"))
    before = set((locked / "rules.lock").read_text(encoding="utf-8").splitlines())
    assert write_lock(locked, "test")[1] == 1
    assert len(set((locked / "rules.lock").read_text(encoding="utf-8").splitlines()) - before) == 1


def test_a_lock_that_cannot_be_written_leaves_the_old_one(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(locked, "cash/THB-CASH-004.yaml", CASH.replace("THB-CASH-003", "THB-CASH-004"))
    before = (locked / "rules.lock").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="lock cannot be written"):
        write_lock(locked, "test")
    assert (locked / "rules.lock").read_bytes() == before
    assert [p.name for p in locked.iterdir() if p.is_file()] == ["rules.lock"]


def test_what_a_profile_changes_is_not_in_the_lock(locked: Path) -> None:
    text = f"rules:\n  THB-CASH-003: {{parameters: {{min_deposits: 5}}, reason: back-test, {APPROVED}}}\n"
    override(locked, text + "lists:\n  mcc.travel: {add: ['4722'], reason: agency code}\n")
    assert check(locked, "test") == []
    assert write_lock(locked, "test")[1] == 0


# --- findings -------------------------------------------------------------------------------------


def test_a_changed_meaning_without_a_raised_version_is_refused(base: Path) -> None:
    text = CASH.replace("version: 1", "version: 2")
    put(base, "cash/THB-CASH-003.yaml", text)
    write_lock(base, "test")
    change(base, "value: 3, min", "value: 4, min", text)
    message = (
        "rules/cash/THB-CASH-003.yaml:3:10: error[V002]: the meaning of THB-CASH-003 changed but version is "
        "still 2\n"
        "  |\n"
        "3 | version: 2\n"
        "  |          ^\n"
        "  = help: raise version to 3, then run: thbscreen rules lock"
    )
    assert shown(base) == message
    before = (base / "rules.lock").read_bytes()
    with pytest.raises(RuleError) as caught:
        write_lock(base, "test")
    assert str(caught.value) == message
    assert (base / "rules.lock").read_bytes() == before


def test_a_raised_version_waits_for_the_lock(locked: Path) -> None:
    change(locked, "version: 1", "version: 2", CASH.replace("value: 3, min", "value: 4, min"))
    assert shown(locked) == (
        "rules/cash/THB-CASH-003.yaml:3:10: error[V001]: the lock does not know version 2 of THB-CASH-003\n"
        "  |\n"
        "3 | version: 2\n"
        "  |          ^\n"
        "  = help: run: thbscreen rules lock"
    )
    assert write_lock(locked, "test")[1] == 1
    assert check(locked, "test") == []


def test_a_new_rule_waits_for_the_lock(locked: Path) -> None:
    put(locked, "cash/THB-CASH-004.yaml", CASH.replace("THB-CASH-003", "THB-CASH-004"))
    (found,) = check(locked, "test")
    assert (found.code, found.message) == ("V001", "the lock does not know the rule THB-CASH-004")


def test_a_rule_that_is_gone_is_refused_because_ids_are_never_used_again(locked: Path) -> None:
    (locked / "cash" / "THB-CASH-003.yaml").unlink()
    line = (locked / "rules.lock").read_text(encoding="utf-8").splitlines()[1]
    expected = (
        "rules/rules.lock:2:1: error[V003]: the lock names the rule THB-CASH-003, which is gone\n"
        "  |\n"
        f"2 | {line}\n"
        "  | ^^^^^^^^^^^^\n"
        "  = help: a retired rule stays, so that no id ever means something else"
    )
    assert shown(locked) == expected
    with pytest.raises(RuleError, match="V003"):
        write_lock(locked, "test")


def test_a_rule_that_is_retired_stays_in_the_lock(locked: Path) -> None:
    (locked / "cash" / "THB-CASH-003.yaml").unlink()
    text = CASH.replace("status: test", "status: retired\nretired: {on: 2026-01-31, reason: x}")
    put(locked, "retired/THB-CASH-003.yaml", text)
    assert check(locked, "test") == []
    assert write_lock(locked, "test")[1] == 0


def test_a_version_that_went_down_is_refused(base: Path) -> None:
    put(base, "cash/THB-CASH-003.yaml", CASH.replace("version: 1", "version: 4"))
    write_lock(base, "test")
    put(base, "cash/THB-CASH-003.yaml", CASH.replace("version: 1", "version: 3"))
    assert shown(base) == (
        "rules/cash/THB-CASH-003.yaml:3:10: error[V004]: the version of THB-CASH-003 went down from 4 to 3\n"
        "  |\n"
        "3 | version: 3\n"
        "  |          ^\n"
        "  = help: versions only rise: write 4, or 5 for a change of meaning"
    )
    with pytest.raises(RuleError, match="V004"):
        write_lock(base, "test")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("THB-CASH-003  0  " + "a" * 64, "is no line of a lock"),
        ("THB-CASH-003  -  " + "a" * 64, "is no line of a lock"),
        ("mcc.travel  1  " + "a" * 64, "is no line of a lock"),
        ("THB-CASH-009  1  " + "a" * 63, "is no line of a lock"),
        ("THB-MAR-001  1  " + "a" * 64, "stands twice in the lock"),
    ],
)
def test_a_line_that_is_none_is_refused(locked: Path, line: str, what: str) -> None:
    path = locked / "rules.lock"
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    (found,) = check(locked, "test")
    assert (found.code, found.message) == ("V005", f"'{line[:60]}' {what}")
    assert str(found.span) == "rules/rules.lock:12:1"
    with pytest.raises(RuleError, match="V005"):
        write_lock(locked, "test")


def test_a_lock_that_is_no_text_is_refused(locked: Path) -> None:
    (locked / "rules.lock").write_bytes(b"\xff\xfe")
    assert "rules/rules.lock:1:1: error[V005]: the lock cannot be read: it is not UTF-8 text" in shown(locked)


def test_a_changed_list_is_seen_and_then_locked(locked: Path) -> None:
    path = locked / "lists" / "mcc" / "travel.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("4511", "4512"), encoding="utf-8")
    (found,) = check(locked, "test")
    assert (found.code, found.message) == ("V006", "the entries of the list 'mcc.travel' changed")
    assert found.help == "if that is meant, run: thbscreen rules lock"
    assert write_lock(locked, "test")[1] == 1
    assert check(locked, "test") == []


def test_lists_may_come_and_go(locked: Path) -> None:
    text = (locked / "lists" / "mcc" / "travel.yaml").read_text(encoding="utf-8")
    put(locked, "lists/mcc/hotels.yaml", text.replace("mcc.travel", "mcc.hotels"))
    assert [(d.code, d.message) for d in check(locked, "test")] == [
        ("V001", "the lock does not know the list 'mcc.hotels'")
    ]
    write_lock(locked, "test")
    (locked / "lists" / "mcc" / "hotels.yaml").unlink()
    assert [(d.code, d.message) for d in check(locked, "test")] == [
        ("V003", "the lock names the list 'mcc.hotels', which is gone")
    ]
    write_lock(locked, "test")
    assert check(locked, "test") == []


def test_a_rule_that_does_not_load_is_not_held_against_the_lock(locked: Path) -> None:
    change(locked, "kind: aggregate", "kind: nothing")
    assert [d.code for d in check(locked, "test")] == ["R020"]


def test_a_scan_does_not_ask_for_the_lock(locked: Path) -> None:
    change(locked, "value: 3, min", "value: 4, min")
    assert len(load_pack(locked, "test").rules) == 2


# --- what is meaning and what is not --------------------------------------------------------------


@cache
def shipped() -> bundle.RulePack:
    return load_pack(drafts=True)


def digest(text: str) -> str:
    rule, found = bind_text(text, "x", lists())
    assert rule is not None, [d.render() for d in found]
    return rule.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: A rule", "title: Another rule"),
        ("version: 1", "version: 9"),
        ("status: test", "status: draft"),
        ("summary: Flags movements", "summary: Flags all movements"),
        ("at: page 12", "at: page 13"),
        ("  - A shop that", "  - A bakery that"),
        ("care: The holder", "care: A holder"),
        ("means: deposits in the window", "means: how many"),
        ('evidence: "{deposits} cash', 'evidence: "{deposits} bank'),
        ("keywords: [cash]", "keywords: [money]"),
        ("- name: three deposits", "- name: 3 deposits"),
        ("detect:\n", "detect: # a comment\n"),
        ("10000 EUR, min", "10000.00 EUR, min"),
        ("value: 80%", "value: 80.0%"),
        ("- deposits >= $min_deposits", "- deposits  >=  $min_deposits"),
        (
            "    - deposits >= $min_deposits\n    - total > $threshold\n",
            "    - total > $threshold\n    - deposits >= $min_deposits\n",
        ),
        (
            "    largest: {largest: amount_eur}\n    deposits: {count: transactions}\n",
            "    deposits: {count: transactions}\n    largest: {largest: amount_eur}\n",
        ),
        (
            "at_least: $near * $threshold, below: $threshold",
            "below: $threshold, at_least: $near * $threshold",
        ),
    ],
)
def test_texts_order_and_spelling_are_no_meaning(old: str, new: str) -> None:
    assert old in CASH
    assert digest(CASH.replace(old, new, 1)) == digest(CASH)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rule: THB-CASH-003", "rule: THB-CASH-004"),
        ("value: 3, min", "value: 4, min"),
        ("min: 2, max: 10", "min: 1, max: 10"),
        ("min: 2, max: 10", "min: 2, max: 11"),
        ("max: 10, stricter: lower", "max: 10, stricter: neither"),
        ("value: 7 days", "value: 8 days"),
        ("deposits >=", "deposits >"),
        ("weight: 2", "weight: 1"),
        ("family: flow", "family: spend"),
        ("possible_controller", "unknown"),
        ("weight: 2\n", "weight: 2\nthird_party: true\n"),
        ("[laundering]", "[recruitment]"),
        ("indicator: thb.test", "indicator: thb.other"),
        ("headline: total", "headline: deposits"),
        ("for_each: account_id", "for_each: conductor_id"),
        ("window: rolling $window", "window: calendar week"),
        ("tx_type: cash_deposit\n    amount", "tx_type: cash_withdrawal\n    amount"),
    ],
)
def test_whatever_is_found_or_may_be_set_is_meaning(old: str, new: str) -> None:
    assert old in CASH
    text = CASH.replace(old, new, 1)
    if "calendar" in new:
        text = re.sub(r"  window: \{.*\n", "", text)
    assert digest(text) != digest(CASH)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mcc.travel", "mcc.dating_escort"),
        ("centre: organiser", "centre: client"),
        ("    - {name: travel, direction: debit", "    - {name: travel, direction: credit"),
    ],
)
def test_lists_legs_and_roles_of_a_star_are_meaning(old: str, new: str) -> None:
    assert old in STAR
    text = STAR.replace(old, new, 1)
    if "centre" in new:
        text = text.replace("member: client", "member: organiser")
    rule, _ = bind_text(text, "x", lists())
    assert rule is None or rule.digest != digest(STAR)


def test_the_first_measure_has_a_meaning_where_no_headline_is_named() -> None:
    text = CASH.replace("  headline: total\n", "")
    first = "    largest: {largest: amount_eur}\n"
    moved = text.replace(first, "", 1).replace(
        "    total: {sum: amount_eur}\n", "    total: {sum: amount_eur}\n" + first
    )
    assert digest(moved) != digest(text)


SEQUENCE = rule(
    """  kind: sequence
  for_each: account_id
  within: 72 hours
  steps:
    - {name: wage, where: {direction: credit}}
    - {name: cash, where: {direction: debit}}
  flag_when:
    - cash.amount_eur >= 20% * wage.amount_eur
    - cash.amount_eur < wage.amount_eur
"""
)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("    - cash.amount_eur >= 20% * wage.amount_eur\n    - cash.amount_eur < wage.amount_eur\n",
         "    - cash.amount_eur < wage.amount_eur\n    - cash.amount_eur >= 20% * wage.amount_eur\n", True),
        ('"Seen."', '"Seen {starts:date}."', True),
        ("{name: wage, where: {direction: credit}}", "{where: {direction: credit}, name: wage}", True),
        ("within: 72 hours", "within: 71 hours", False),
        ("where: {direction: debit}}", "where: {direction: debit}, same: [currency]}", False),
    ],
)  # fmt: skip
def test_the_meaning_of_a_sequence_is_its_steps_and_lines(old: str, new: str, same: bool) -> None:
    assert old in SEQUENCE
    assert (digest(SEQUENCE.replace(old, new, 1)) == digest(SEQUENCE)) == same


def shuffled(node: Any, rng: random.Random) -> Any:
    """Gives the same document with the keys of every mapping in another order; `~` stays what it is."""
    if isinstance(node, dict):
        keys = list(node)
        rng.shuffle(keys)
        return {key: shuffled(node[key], rng) for key in keys}
    if isinstance(node, list):
        return [shuffled(item, rng) for item in node]
    return None if node in {"~", "null"} else node


def dump(node: Any) -> str:
    return yaml.dump(node, Dumper=yaml.CDumper, sort_keys=False, allow_unicode=True, width=10_000)


#: Measures and derived columns may name earlier ones, and without a headline the first measure counts.
ORDERED = ("measures", "derive", "parameters")


def in_order(node: Any, original: Any) -> Any:
    if isinstance(node, dict):
        keys = list(node)
        for name in ORDERED:
            if isinstance(original.get(name), dict):
                node[name] = {k: node[name][k] for k in original[name]}
        return {k: in_order(node[k], original[k]) for k in keys}
    return node


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_keys_is_no_meaning_in_shipped_rules(seed: int) -> None:
    pack = shipped()
    found = {f.name: f for f in pack.lists}
    digests = {rule.id: rule.digest for rule in pack.bound}
    rng = random.Random(seed)
    for path in rng.sample(sorted(default_rules_dir().glob("*/THB-*.yaml")), 12):
        original = yaml.load(path.read_text(encoding="utf-8"), yaml.CBaseLoader)
        other = in_order(shuffled(original, rng), original)
        second, findings = bind_text(dump(other), path.name, found)
        assert second is not None, [d.render() for d in findings]
        assert second.digest == digests[second.id]


def test_every_change_of_a_number_in_shipped_rules_is_a_change_of_meaning() -> None:
    pack = shipped()
    found = {f.name: f for f in pack.lists}
    digests = {rule.id: rule.digest for rule in pack.bound}
    for path in sorted(default_rules_dir().glob("*/THB-*.yaml"))[::3]:
        text = path.read_text(encoding="utf-8")
        before = digests[path.stem]
        values = re.findall(r"^ +value: (\d+)( EUR| days| hours)?$", text, re.MULTILINE)
        for number, unit in set(values):
            old = f"value: {number}{unit}\n"
            changed, _ = bind_text(
                text.replace(old, f"value: {int(number) + 1}{unit}\n", 1), path.name, found
            )
            assert changed is None or changed.digest != before, f"{path.name}: {old}"


def test_a_lock_with_both_sides_of_a_merge_is_one_finding(locked: Path) -> None:
    path = locked / "rules.lock"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n", encoding="utf-8")
    (finding,) = check(locked, "test")
    assert finding.code == "V005"
    assert "both sides of a merge" in finding.message
    with pytest.raises(RuleError, match="both sides of a merge"):
        write_lock(locked, "test")
    path.write_text(text, encoding="utf-8")
    assert check(locked, "test") == []


# --- seals: rules that a scan reads without their tests ---------------------------------------------


def quick(base: Path) -> bundle.RulePack:
    """Loads without tests, also what was loaded with them before."""
    packs._LOADED.clear()
    return load_pack(base, "test", tests=False)


def test_without_a_lock_every_test_is_read(base: Path) -> None:
    assert all(rule.tests for rule in quick(base).rules)


def test_a_sealed_rule_is_the_same_without_its_tests(locked: Path) -> None:
    whole = load_pack(locked, "test")
    assert all(rule.tests for rule in whole.rules)
    assert quick(locked) == replace(
        whole,
        rules=tuple(replace(rule, tests=()) for rule in whole.rules),
        bound=tuple(replace(rule, tests=()) for rule in whole.bound),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("expect: no hits", "expect: some hits"),  # a test that does not bind
        ("tests:\n", "tests: []\nmore:\n"),
        ("title: ", "titel: "),
    ],
)
def test_a_change_after_the_lock_is_read_with_its_tests(locked: Path, old: str, new: str) -> None:
    quick(locked)
    change(locked, old, new)
    with pytest.raises(RuleError) as whole:
        load_pack(locked, "test")
    with pytest.raises(RuleError, match="THB-CASH-003"):
        quick(locked)
    assert "error[" in str(whole.value)


def test_another_version_of_the_program_reads_the_tests_itself(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "__version__", "0.0.0")
    assert all(rule.tests for rule in quick(locked).rules)


def test_rules_whose_tests_do_not_come_last_are_not_sealed(base: Path) -> None:
    head, _, tests = CASH.partition("\ntests:\n")
    put(base, "cash/THB-CASH-003.yaml", f"tests:\n{tests.rstrip()}\n{head}\n")
    write_lock(base, "test")
    assert check(base, "test") == []
    assert {rule.id: bool(rule.tests) for rule in quick(base).rules} == {
        "THB-CASH-003": True, "THB-MAR-001": False,
    }  # fmt: skip


def test_a_lock_without_seals_is_as_good(locked: Path) -> None:
    path = locked / "rules.lock"
    path.write_text(re.sub("  [0-9a-f]{16}$", "", path.read_text(), flags=re.MULTILINE), encoding="utf-8")
    assert check(locked, "test") == []
    assert all(rule.tests for rule in quick(locked).rules)


# --- what is shipped ------------------------------------------------------------------------------


def test_the_shipped_lock_is_that_of_the_shipped_rules() -> None:
    path = default_rules_dir() / lock.NAME
    assert path.is_file(), "run: thbscreen rules lock"
    assert [d.render() for d in check() if d.code.startswith("V")] == []


def test_every_shipped_rule_has_its_seal() -> None:
    sealed = lock.seals(default_rules_dir())
    files = sorted(default_rules_dir().glob("*/THB-*.yaml"))
    assert [f.name for f in files if lock.seal(f.read_bytes()) not in sealed] == [], (
        "run: thbscreen rules lock"
    )


def test_the_shipped_rules_mean_the_same_without_their_tests() -> None:
    whole, short = shipped(), load_pack(drafts=True, tests=False)
    assert not any(rule.tests for rule in short.rules)
    assert short.rules == tuple(replace(rule, tests=()) for rule in whole.rules)
