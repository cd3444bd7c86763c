"""A list that is not in the rules: declared, supplied by an institution, hashed, never taken for clean."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tests.unit.rules.folder import put
from tests.unit.rules.hashed_build import DECLARED, FROM, KEY, NAME, RULE, SECRET, folder, hashed
from thbscreen.engine.selftest import run_cases
from thbscreen.errors import UsageError
from thbscreen.model.keys import Key, KeyProblem, KeySource
from thbscreen.rules import bundle
from thbscreen.rules.coverage import coverage
from thbscreen.rules.explain import sentences
from thbscreen.rules.hashlist import lines_of, make
from thbscreen.rules.lists import bind_list
from thbscreen.rules.needs import lists_needed
from thbscreen.rules.pack import check, load_pack, write_lock

WORDS = ("blue teapot", "γλάστρα")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_LISTS_KEY", SECRET)


def listed(rules: Path) -> bundle.WordList:
    return next(found for found in load_pack(rules, "test").lists if found.name == NAME)


def codes(rules: Path) -> list[str]:
    return [d.code for d in check(rules, "test")]


# --- which rules are judged -----------------------------------------------------------------------


def test_a_list_that_nobody_supplies_is_no_fault_and_says_why_its_rules_are_not_judged(
    tmp_path: Path,
) -> None:
    rules = folder(tmp_path)
    assert codes(rules) == []
    pack = load_pack(rules, "test")
    rule = next(r for r in pack.rules if r.id == "THB-CSE-099")
    assert lists_needed(rule, {f.name: f for f in pack.lists}) == (
        "the list keywords.coded is to be supplied by the institution",
    )


def test_a_supplied_list_with_its_key_is_read(tmp_path: Path) -> None:
    found = listed(folder(tmp_path, FROM + KEY, hashed(*WORDS)))
    assert (found.lacking, found.supplied_by, found.words_at_most) == ("", "institution", 2)
    assert found.key is not None


@pytest.mark.parametrize(
    ("profile", "secret", "reason"),
    [
        (FROM, SECRET, "is hashed and the profile names no lists_key"),
        (FROM + "lists_key: {env: NOT_SET_ANYWHERE}\n", SECRET, "NOT_SET_ANYWHERE is not set"),
        (FROM + "lists_key: {file: no-such-file}\n", SECRET, "the file of the key cannot be read"),
        (FROM + KEY, "another key of thirty-two letters", "was made under another key"),
    ],
)
def test_a_list_without_its_key_warns_and_is_not_read(
    tmp_path: Path, profile: str, secret: str, reason: str
) -> None:
    rules = folder(tmp_path, profile, hashed(*WORDS, secret=secret))
    assert codes(rules) == ["W131"]
    found = listed(rules)
    assert reason in found.lacking
    assert found.key is None


def test_a_short_key_is_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = folder(tmp_path, FROM + KEY, hashed(*WORDS))
    monkeypatch.setenv("TEST_LISTS_KEY", SECRET[:31])
    assert "shorter than 32 characters" in listed(rules).lacking


def test_a_key_may_stand_in_a_file_beside_the_profile(tmp_path: Path) -> None:
    rules = folder(tmp_path, FROM + "lists_key: {file: key.txt}\n", hashed(*WORDS))
    put(rules, "profiles/key.txt", f"{SECRET}\n")
    assert listed(rules).lacking == ""


def test_the_lock_is_about_the_rules_and_not_about_what_an_institution_supplies(tmp_path: Path) -> None:
    rules = folder(tmp_path)
    write_lock(rules, "test")
    assert codes(rules) == []
    again = folder(tmp_path, FROM + KEY, hashed(*WORDS))
    assert codes(again) == []


def test_coverage_says_needs_list_until_the_list_is_there(tmp_path: Path) -> None:
    def state(rules: Path) -> tuple[str, str]:
        (row,) = [row for row in coverage(load_pack(rules, "test")) if row.id == "THB-CSE-099"]
        return row.state, row.why

    assert state(folder(tmp_path)) == (
        "needs list",
        "the list keywords.coded is to be supplied by the institution",
    )
    assert state(folder(tmp_path, FROM + KEY, hashed(*WORDS))) == ("runs", "")


def test_the_explanation_names_the_list(tmp_path: Path) -> None:
    pack = load_pack(folder(tmp_path), "test")
    at = [rule.id for rule in pack.rules].index("THB-CSE-099")
    told = sentences(pack.bound[at], pack.rules[at], pack)
    assert "or if the institution does not supply the list keywords.coded." in told


# --- tests inside rules ---------------------------------------------------------------------------


@pytest.mark.parametrize("supplied", [None, hashed("dinner", "green teapot")])
def test_the_tests_of_a_rule_mean_the_same_whatever_an_institution_supplies(
    tmp_path: Path, supplied: str | None
) -> None:
    pack = load_pack(folder(tmp_path, FROM + KEY if supplied else "", supplied), "test")
    outcomes = run_cases(pack, rule_filter="CSE-099")
    assert [(r.case, r.message) for r in outcomes] == [
        ("a coded word", ""),
        ("another word", ""),
        ("no list", ""),
    ]


def test_a_test_gives_only_lists_that_are_supplied(tmp_path: Path) -> None:
    rules = folder(tmp_path)
    put(rules, "cse/THB-CSE-099.yaml", RULE.replace("{keywords.coded: [blue", "{keywords.rent: [blue", 1))
    assert codes(rules) == ["R067"]
    put(rules, "cse/THB-CSE-099.yaml", RULE.replace("[blue teapot]", "['teapot*']", 1))
    assert codes(rules) == ["R067"]


# --- files that are wrong -------------------------------------------------------------------------


def found_in(text: str) -> list[str]:
    return [d.code for d in bind_list(text, "x.yaml")[1].result()]


def test_a_list_to_be_supplied_has_no_entries_and_no_examples() -> None:
    assert found_in(DECLARED) == []
    assert found_in(DECLARED + "entries: [word]\nmust_match: [word]\n") == ["R091", "R091"]
    assert found_in(DECLARED.replace("hashed", "map")) == ["R091"]


def test_a_hashed_list_shows_no_examples_and_only_digests() -> None:
    good = hashed(*WORDS)
    assert found_in(good) == []
    assert found_in(good + "must_match: [blue teapot]\n") == ["R091"]
    assert found_in(good.replace("words_at_most: 2", "words_at_most: 7")) == ["R090"]
    assert found_in(good.replace("kind: hashed", "kind: words"))[0:2] == ["R003", "R091"]


@pytest.mark.parametrize("wrong", ["secretword", "'secretword'", "SECRETWORD", "secretword*"])
def test_a_word_that_stands_in_a_hashed_list_by_mistake_is_not_shown(wrong: str) -> None:
    _, findings = bind_list(hashed(*WORDS) + f"  - {wrong}\n", "x.yaml")
    shown = "".join(d.render() for d in findings.result())
    assert "R090" in shown
    assert "secretword" not in shown.lower()


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ("lists_from: nowhere\n", "P017"),
        ("lists_from: 'a\x00b'\n", "R001"),
        ("lists_key: {env: A, file: b}\n", "P019"),
        ("lists_key: {env: MY KEY}\n", "P019"),
        ("lists_key: [a]\n", "P019"),
        (f"lists_key: {SECRET}\n", "P019"),
        (f"lists_key: {{key: {SECRET}}}\n", "P019"),
        ("lists: {keywords.coded: {add: [word], reason: none}}\n", "P020"),
    ],
)
def test_a_profile_that_names_lists_wrongly_is_refused(tmp_path: Path, profile: str, code: str) -> None:
    found = check(folder(tmp_path, profile), "test")
    assert {d.code for d in found} == {code}
    assert SECRET not in "".join(d.render() for d in found)


def test_a_supplied_list_takes_no_other_place(tmp_path: Path) -> None:
    plain = hashed("x1", name="keywords.rent")
    rules = folder(tmp_path, FROM + KEY)
    put(rules, "profiles/own/keywords/rent.yaml", plain)
    assert codes(rules) == ["P018"]  # the rules bring it
    rules = folder(tmp_path / "b", FROM + KEY, DECLARED)
    assert codes(rules) == ["P018"]  # no entries here either
    of_words = DECLARED.replace("kind: hashed", "kind: words").replace("supplied_by: institution\n", "")
    examples = "entries: [teapot]\nmust_match: [teapot]\nmust_not_match: [tea]\n"
    assert codes(folder(tmp_path / "c", FROM + KEY, of_words + examples)) == ["P018"]
    rules = folder(tmp_path / "d", FROM + KEY, hashed("x1", name="keywords.other"))
    assert codes(rules) == ["R008"]


def test_a_file_outside_the_folder_of_lists_is_refused(tmp_path: Path) -> None:
    rules = folder(tmp_path, FROM + KEY)
    put(rules, "profiles/elsewhere.yaml", hashed(*WORDS))
    place = rules / "profiles" / "own" / "keywords"
    place.mkdir(parents=True)
    (place / "coded.yaml").symlink_to(rules / "profiles" / "elsewhere.yaml")
    assert "R001" in codes(rules)


# --- the key --------------------------------------------------------------------------------------


def test_a_key_is_neither_shown_nor_pickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = load_pack(folder(tmp_path, FROM + KEY, hashed(*WORDS)), "test")
    assert SECRET not in repr(pack)
    packed = pickle.dumps(pack)
    assert SECRET.encode() not in packed
    again = next(found for found in pickle.loads(packed).lists if found.name == NAME)
    assert again.key.secret == SECRET.encode()
    monkeypatch.delenv("TEST_LISTS_KEY")
    with pytest.raises(KeyProblem):
        pickle.loads(packed)


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 31, b"x" * 5000])
def test_a_file_that_holds_no_key_says_so_without_its_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(KeyProblem, match="the key is"):
        KeySource(file=tmp_path / "key").read()


# --- making one -----------------------------------------------------------------------------------


def test_a_list_is_the_same_whatever_the_order_and_names_no_word() -> None:
    assert hashed("blue teapot", "jug") == hashed("jug", "BLUE-TEAPOT")
    assert "teapot" not in hashed("blue teapot")
    entries = [dict.fromkeys(bind_list(hashed("jug", name=n), "x")[0].entries) for n in (NAME, "keywords.b")]  # type: ignore[union-attr]
    assert entries[0].keys().isdisjoint(entries[1])


@pytest.mark.parametrize(
    "line", ["stem*", "a*b", "", "...", "a b c d e f g", "преждевременнейшее"], ids=range(6)
)  # fmt: skip
def test_a_line_that_cannot_be_hashed_is_named_by_its_number(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(
            NAME, [(1, "jug"), (7, line)], Key(SECRET.encode()), title="T", source="S", reviewed="2026-01-31"
        )
    assert "line 7" in str(caught.value)
    assert not line or line not in str(caught.value)


def test_examples_are_tried_and_never_repeated() -> None:
    def tried(**examples: list[tuple[int, str]]) -> str:
        with pytest.raises(UsageError) as caught:
            make(
                NAME, [(1, "jug")], Key(SECRET.encode()), title="T", source="S", reviewed="2026-01-31",
                **examples,
            )  # fmt: skip
        return str(caught.value)

    assert "line 3 of the texts that must match" in tried(must_match=[(2, "a JUG"), (3, "jugs")])
    assert "line 5 of the texts that must not match" in tried(must_not_match=[(4, "jugs"), (5, "jug 2")])


@pytest.mark.parametrize("data", [b"\xff\xfe", b"x" * 2_000_000])
def test_a_file_that_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        lines_of(data, "the file of words")


def test_empty_lines_and_remarks_do_not_count() -> None:
    assert lines_of("\ufeff# no\r\n\r\n  jug \r\nb".encode(), "w") == [(3, "jug"), (4, "b")]
