"""Lists carry examples of what they find and what they leave alone, and both are held against the entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rules.folder import make, override
from thbscreen.rules.lists import bind_list, cross_warnings
from thbscreen.rules.pack import check
from thbscreen.rules.words import finding, matching

LIST = """\
list: {name}
kind: {kind}
title: Test
reviewed: 2026-01-31
sources: [{{cite: test, at: page 1, kind: expert}}]
entries: {entries}
must_match: {good}
must_not_match: {bad}
"""
RIGHT = {
    "words": ("{el: [χρέος], en: [debt]}", "[XREOS]", "[indebted]"),
    "codes": ("[4511, 3000-3299]", "[3000, 3299, 4511]", "[3300, 300, 30001, '3000-3299x']"),
    "values": ("[hotel, 30-40]", "[hotel, 30-40]", "[35, HOTEL]"),
    "map": ("{limassol: [Λεμεσός]}", "[ΛΕΜΕΣΟΣ]", "[limassol, Lemesos]"),
}


def text(kind: str, name: str = "test.words", **changed: str) -> str:
    entries, good, bad = RIGHT[kind]
    return LIST.format(
        **{"name": name, "kind": kind, "entries": entries, "good": good, "bad": bad, **changed}
    )


def codes(content: str) -> list[str]:
    return [d.code for d in bind_list(content, "x.yaml")[1].result()]


@pytest.mark.parametrize("kind", RIGHT)
def test_a_list_with_right_examples_is_right(kind: str) -> None:
    assert codes(text(kind)) == []


@pytest.mark.parametrize("kind", RIGHT)
@pytest.mark.parametrize("key", ["must_match", "must_not_match"])
def test_no_list_of_any_kind_does_without_examples(kind: str, key: str) -> None:
    lines = [line for line in text(kind).splitlines() if not line.startswith(key + ":")]
    found = bind_list("\n".join(lines), "x.yaml")[1].result()
    assert [(d.code, d.message) for d in found] == [("R003", f"the list lacks the key '{key}'")]


@pytest.mark.parametrize("kind", RIGHT)
def test_an_example_that_the_entries_contradict_is_an_error_at_its_place(kind: str) -> None:
    _, good, bad = RIGHT[kind]
    swapped = bind_list(text(kind, good=bad, bad=good), "x.yaml")[1].result()
    assert {d.code for d in swapped} == {"R018"}
    assert {d.span.line for d in swapped} == {7, 8}


def test_examples_may_be_sorted_by_language() -> None:
    found, _ = bind_list(text("words", good="{el: [Χρέος]}", bad="{en: [indebted], fr: [dettes]}"), "x.yaml")
    assert found is not None
    assert found.must_not_match == ("indebted", "dettes")
    assert found.languages == ("en", "fr")


@pytest.mark.parametrize("empty", ["[]", "{}", "{en: []}", "~"])
def test_empty_examples_are_none(empty: str) -> None:
    assert codes(text("words", bad=empty)) in (["R006"], ["R003"])


def test_a_wrong_entry_is_one_fault_whatever_the_examples_say() -> None:
    assert codes(text("words", entries="['*χρέος']")) == ["R007"]


def test_the_entry_that_found_a_text_is_named_in_whatever_spelling_the_text_is() -> None:
    entries = (("en", "debt"), ("el", "χρέος"), ("ro", "agenție"))
    assert matching(entries, "XREOS 12") == "χρέος"
    assert matching(entries, "AGEN?IE debt") == "debt"
    assert matching(entries, "AGEN?IE") == "agenție"
    assert matching(entries, "agent") is None


@pytest.mark.parametrize(
    ("kind", "entry", "asked", "found"),
    [
        ("codes", "3000-3299", "3100", True),
        ("codes", "3000-3299", "31000", False),
        ("codes", "3000-3299", "310", False),
        ("codes", "3000-3299", "٣١٠٠", False),
        ("values", "30-40", "35", False),
        ("map", "λεμεσοσ", "ΛΕΜΕΣΌΣ", True),
    ],
)
def test_each_kind_of_list_has_its_own_way_of_finding(kind: str, entry: str, asked: str, found: bool) -> None:
    assert (finding(kind, [("any", entry)], asked) == entry) is found


# --- between lists ---------------------------------------------------------------------------------


def crossed(entries: str, bad: str, name: str = "keywords.b") -> list[str]:
    one, _ = bind_list(
        text("words", "keywords.a", entries=entries, good="[борг]", bad="[nothing]"), "keywords/a.yaml"
    )
    two, _ = bind_list(text("words", name, bad=bad), "keywords/b.yaml")
    assert one is not None
    assert two is not None
    return [f"{d.severity} {d.code} {d.span.file} {d.message}" for d in cross_warnings([one, two])]


def test_a_word_that_finds_a_harmless_text_of_another_language_is_pointed_out() -> None:
    assert crossed("{uk: [борг]}", "{mt: [Borg and Sons]}") == [
        "warning W105 keywords/a.yaml the entry 'борг' (uk) matches 'Borg and Sons' (mt)"
    ]


@pytest.mark.parametrize(
    ("entries", "bad", "name"),
    [
        ("{uk: [борг]}", "{uk: [Borg and Sons]}", "keywords.b"),  # the same language: it is meant
        ("{uk: [борг]}", "[Borg and Sons]", "keywords.b"),  # nobody says what language it is
        ("[борг]", "{mt: [Borg and Sons]}", "keywords.b"),
        ("{uk: ['=борг']}", "{mt: [Borg and Sons]}", "keywords.b"),
        ("{uk: [борг], mt: [borg]}", "{mt: [Borg and Sons]}", "keywords.b"),
        ("{uk: [борг]}", "{mt: [Borg and Sons]}", "payees.b"),  # another family
    ],
)
def test_a_word_that_is_meant_to_find_it_is_not(entries: str, bad: str, name: str) -> None:
    assert crossed(entries, bad, name) == []


def test_a_whole_folder_tells_of_words_that_collide(tmp_path: Path) -> None:
    base = make(tmp_path)
    path = base / "lists" / "keywords" / "rent.yaml"
    content = path.read_text(encoding="utf-8").replace("el: [ενοίκιο]", "el: [ενοίκιο], uk: [борг]")
    path.write_text(content, encoding="utf-8")
    other = base / "lists" / "keywords" / "sexual_services.yaml"
    content = other.read_text(encoding="utf-8").replace("[escorted tour]", "{mt: [Borg and Sons]}")
    other.write_text(content, encoding="utf-8")
    assert [(d.code, d.severity) for d in check(base, "test")] == [("W105", "warning")]


# --- what a profile adds ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("mcc.travel: {add: ['3300'], reason: x}", "R018"),
        ("countries.eea: {add: [GB], reason: x}", "R018"),
        ("keywords.rent: {add: {ru: [преждевременнейшее]}, reason: x}", "R028"),
        ("keywords.rent: {add: {en: ['rent* a']}, reason: x}", "R007"),
    ],
)
def test_what_a_profile_changes_is_held_against_the_examples_of_every_kind(
    tmp_path: Path, change: str, code: str
) -> None:
    base = make(tmp_path)
    override(base, f"lists:\n  {change}\n")
    assert [d.code for d in check(base, "test")] == [code]


def test_an_inline_word_is_checked_like_an_entry(tmp_path: Path) -> None:
    base = make(tmp_path)
    path = base / "cash" / "THB-CASH-003.yaml"
    content = path.read_text(encoding="utf-8")
    line = "    tx_type: cash_deposit\n"
    for word, code in (("преждевременнейшее", "R028"), ("'-'", "R024")):
        path.write_text(
            content.replace(line, f"{line}    party.occupation: {{mentions: [{word}]}}\n", 1), "utf-8"
        )
        assert code in {d.code for d in check(base, "test")}
