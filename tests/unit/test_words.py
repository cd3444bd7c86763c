"""Nothing that people read accuses anybody, and no rule may rest on who somebody is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.rules.samples import CASH, LIST_TEXTS, lists, rule
from thbscreen.errors import ThbscreenError
from thbscreen.io.mapping_file import read_mapping
from thbscreen.model.catalogue import forbidden_input
from thbscreen.rules.accusing import accusing_words
from thbscreen.rules.binder import bind_text
from thbscreen.rules.lists import bind_list
from thbscreen.rules.pack import check

ROOT = Path(__file__).resolve().parents[2]
#: Everything that can write into an output: whole packages, and the module that explains rules.
SOURCES = sorted(
    path
    for part in ("report", "network", "engine", "evaluate", "cli", "rules", "screening.py")
    for path in (
        [ROOT / "thbscreen" / part] if part.endswith(".py") else (ROOT / "thbscreen" / part).rglob("*.py")
    )
    if path.name != "accusing.py"
)
#: Words that may stand in the code after all, by file, with the reason.
ALLOWED: dict[tuple[str, str], str] = {}


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Gives the string constants of a module with their lines; docstrings are read by nobody outside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    commands = {  # click shows the docstrings of commands
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.decorator_list and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and (id(node) not in docstrings or id(node) in commands):
            yield node.lineno, node.value


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_no_text_of_the_program_accuses_anybody(path: Path) -> None:
    found = [
        (line, word)
        for line, text in texts(path)
        for _, word in accusing_words(text)
        if (label(path), word.lower()) not in ALLOWED
    ]
    assert found == []


def test_the_copy_of_the_error_texts_names_such_words_only_to_refuse_them() -> None:
    text = (ROOT / "thbscreen" / "rules" / "codes.json").read_text(encoding="utf-8")
    assert {word for _, word in accusing_words(text)} == {"culprit"}


# --- texts of rules, lists and profiles -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Cash of a trafficker", "trafficker"),
        ("TRAFFICKERS' cash", "TRAFFICKERS"),
        ("money_mules", "mules"),
        ("Deposits by crimin\u200bals", "criminals"),
        ("λογαριασμός του διακινητή", "διακινητή"),
        ("счёт преступника", "преступника"),
        ("where the victim is paid", "the victim"),
        ("the pimp’s account", "pimp"),
    ],
)
def test_an_accusing_word_is_found_however_it_is_written(text: str, word: str) -> None:
    assert [found for _, found in accusing_words(text)] in ([word], [word.casefold()])


@pytest.mark.parametrize(
    "text",
    [
        "trafficking in human beings", "a suspected network", "the holder may be a victim", "possible_victim",
        "forced criminality", "section 15 of the Criminal Code", "criminal law", "emulest", "victim support",
        "the holder may be the victim", "Deposits just below the threshold", "the victim support service",
    ],
)  # fmt: skip
def test_set_phrases_and_careful_words_are_no_accusations(text: str) -> None:
    assert accusing_words(text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: A rule", "title: A culprit's rule"),
        ("summary: Flags movements", "summary: Flags pimps by movements"),
        ("- A shop that banks", "- A crook that banks"),
        ("care: The holder", "care: The offender"),
        ("means: threshold", "means: what criminals know"),
        ("{deposits} cash deposits", "{deposits} deposits by a mule"),
        ("keywords: [cash]", "keywords: [cash mules]"),
        ("indicator: thb.test", "indicator: thb.pimp"),
        ("- name: two are not enough", "- name: a guilty man"),
        ("    deposits: {count", "    pimps: {count: transactions}\n    deposits: {count"),
        ("parameters:\n", "parameters:\n  mule: {value: 1, min: 1, max: 2, stricter: lower, means: x}\n"),
    ],
)
def test_an_accusing_word_anywhere_in_a_rule_is_an_error(old: str, new: str) -> None:
    assert old in CASH
    bound, found = bind_text(CASH.replace(old, new, 1), "x.yaml", lists())
    assert bound is None
    assert "R029" in {d.code for d in found}


def test_titles_of_works_and_rows_of_tests_are_left_alone() -> None:
    text = CASH.replace("OSCE, Following the Money, 2019", "How traffickers move money, 2019")
    text = text.replace("defaults: {account_id: A1,", "defaults: {account_id: mule,", 1)
    _, found = bind_text(text, "x.yaml", lists())
    assert "R029" not in {d.code for d in found}


def test_a_list_may_look_for_any_word_and_its_own_title_may_not_hold_it() -> None:
    text = "list: a.b\nkind: words\ntitle: TITLE\nreviewed: 2026-01-31\n"
    text += "sources: [{cite: x, at: page 1, kind: law}]\nentries: {en: [pimp]}\n"
    text += "must_match: [a pimp]\nmust_not_match: [pimple]\n"
    assert bind_list(text.replace("TITLE", "Words of a trade"), "x.yaml")[0] is not None
    assert [d.code for d in bind_list(text.replace("TITLE", "What pimps write"), "x.yaml")[1].result()] == [
        "R029"
    ]


def test_the_reasons_of_a_profile_are_texts_that_people_read(tmp_path: Path) -> None:
    put(tmp_path, "cash/THB-CASH-003.yaml", CASH)
    profile = "profile: test\ntime_zone: UTC\nrules: {THB-CASH-003: {enabled: false, reason: REASON, "
    profile += "approved: {by: MLCO, on: 2026-01-01, review: 2099-01-01}}}\n"
    put(tmp_path, "profiles/test.yaml", profile.replace("REASON", "no cash here"))
    assert check(tmp_path / "rules", "test") == []
    put(tmp_path, "profiles/test.yaml", profile.replace("REASON", "too many criminals"))
    assert [d.code for d in check(tmp_path / "rules", "test")] == ["R029"]


def put(folder: Path, name: str, text: str) -> None:
    path = folder / "rules" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# --- inputs that are never used -------------------------------------------------------------------

TRAITS = (
    "citizenship", "nationality", "birthplace", "place_of_birth", "country_of_birth", "ethnicity", "race",
    "religion", "sex", "gender", "language", "mother_tongue", "asylum_status", "refugee_status",
    "migration_status", "ιθαγένεια", "υπηκοότητα", "φύλο", "θρήσκευμα", "гражданство", "национальность",
)  # fmt: skip
NAMES = ("first_name", "surname", "last_name", "full_name", "given_name", "maiden_name", "patronymic")
AGGREGATE = """\
  kind: aggregate
  where: {WHERE}
  derive: {DERIVE}
  for_each: [account_idKEY]
  window: rolling 7 days
  measures:
    n: {count: transactions}
    m: {MEASURE}
  flag_when:
    - n >= 3
"""


def with_input(place: str, name: str) -> str:
    parts = {
        "WHERE": "direction: credit", "DERIVE": "home: {most_common: mcc}", "KEY": "",
        "MEASURE": "distinct: cp_account_id",
    }  # fmt: skip
    parts |= {
        "where": {"WHERE": f"{name}: x"},
        "nested where": {"WHERE": f"none_of: [{{any_of: [{{{name}: x}}]}}]"},
        "comparison": {"WHERE": f'compare: ["{name} == cp_country"]'},
        "derived column": {"DERIVE": f"home: {{most_common: {name}}}"},
        "for_each": {"KEY": f", {name}"},
        "measure": {"MEASURE": f"distinct: {name}"},
        "where of a measure": {"MEASURE": f"count: transactions, where: {{{name}: x}}"},
    }.get(place, {})
    text = AGGREGATE
    for word, part in parts.items():
        text = text.replace(word, part)
    text = rule(text)
    if place == "role":
        return text.replace(
            "roles: {account_id: unknown}", f"roles: {{account_id: unknown, {name}: unknown}}"
        )
    if place == "row of a test":
        return text.replace("amount_eur: 5,", f"amount_eur: 5, {name}: x,")
    return text


PLACES = (
    "where", "nested where", "comparison", "derived column", "for_each", "measure", "where of a measure",
    "role", "row of a test",
)  # fmt: skip


def test_the_rule_without_such_an_input_is_right() -> None:
    assert [d.render() for d in bind_text(with_input("", ""), "x", lists())[1] if d.severity == "error"] == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("prefix", ["", "party.", "cp."])
def test_no_part_of_a_rule_takes_a_protected_trait(place: str, prefix: str) -> None:
    for name in (*TRAITS, *NAMES, "name"):
        if prefix and place == "row of a test":
            continue  # such a row has plain columns
        if not prefix and name == "name":
            continue
        _, found = bind_text(with_input(place, prefix + name), "x.yaml", lists())
        assert "R014" in {d.code for d in found}, (place, prefix + name, [d.render() for d in found])


@pytest.mark.parametrize("name", TRAITS)
def test_no_column_name_of_a_bank_hides_a_protected_trait(name: str) -> None:
    for spelled in (name, name.upper(), f"customer_{name}", f"{name}_code", name.replace("_", " ").title()):
        assert forbidden_input(spelled), spelled


@pytest.mark.parametrize("name", ["essex_branch", "racecourse", "account_name", "company_name", "bank_name"])
def test_other_column_names_are_left_alone(name: str) -> None:
    assert forbidden_input(name) is None


@pytest.mark.parametrize("trait", TRAITS[:17])
def test_no_list_is_about_a_protected_trait(trait: str) -> None:
    kind, entries = LIST_TEXTS["countries.eea"]
    text = f"list: {trait}\nkind: {kind}\ntitle: Test\nreviewed: 2026-01-31\n"
    text += f"sources: [{{cite: test, at: page 1, kind: expert}}]\nentries: {entries}\n"
    assert "R014" in {d.code for d in bind_list(text, "x.yaml")[1].result()}
    assert "R014" in {
        d.code
        for d in bind_list(text.replace(f"list: {trait}", f"list: words.{trait}"), "x.yaml")[1].result()
    }


@pytest.mark.parametrize("trait", TRAITS)
def test_no_exclusion_hides_people_by_a_protected_trait(trait: str, tmp_path: Path) -> None:
    put(tmp_path, "cash/THB-CASH-003.yaml", CASH)
    profile = "profile: test\ntime_zone: UTC\nexclusions:\n  - name: some\n    rules: [THB-CASH-003]\n"
    profile += f"    where: {{party.{trait}: x}}\n    reason: none\n    expires: 2099-01-01\n"
    put(tmp_path, "profiles/test.yaml", profile)
    assert "R014" in {d.code for d in check(tmp_path / "rules", "test")}


@pytest.mark.parametrize("trait", TRAITS)
def test_no_mapping_reads_a_protected_trait(trait: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "mapping: test\ntransactions:\n  columns:\n    tx_id: ID\n    account_id: ACC\n    booking_ts: TS\n"
        f"    direction: DIR\n    amount: AMT\n    {trait}: X\n",
        encoding="utf-8",
    )
    with pytest.raises(ThbscreenError):
        read_mapping(path)
    path.write_text(
        path.read_text(encoding="utf-8").replace(f"    {trait}: X\n", f"    mcc: '{trait}'\n"),
        encoding="utf-8",
    )
    with pytest.raises(ThbscreenError):
        read_mapping(path)
