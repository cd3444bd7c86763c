"""The lists of words read every language alike: ordinary texts of all of them are found equally seldom."""

from __future__ import annotations

import os
import statistics
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from benchmarks.neutral_texts import TOPICS, phrases, rows
from thbscreen.compile.text import TextPass
from thbscreen.rules.lists import bind_list
from thbscreen.rules.paths import default_rules_dir

ROOT = Path(__file__).parents[3]
STATEMENTS = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared")) / "data" / "statements"

#: Lists that name everyday things by design, and the topics they are about. They count only beside
#: structure, leave payments out, or recognise a payee; they must find no text about anything else.
EVERYDAY: dict[str, frozenset[str]] = {
    "keywords.rent": frozenset({"rent"}),
    "keywords.wages": frozenset({"wages"}),
    "keywords.domestic_work": frozenset({"house help"}),
    "keywords.sexual_services_harmless": frozenset({"physiotherapy"}),
    "keywords.support_pretexts": frozenset(
        {"bonus", "school fees", "school trip", "books", "kindergarten", "university", "birthday gift",
         "wedding gift", "medicine", "hospital", "for the family", "pocket money"}
    ),
    "payees.colleges": frozenset({"university"}),
    "payees.municipal_dues": frozenset({"water", "kindergarten", "parking fine"}),
    "payees.organisations": frozenset(
        {"car insurance", "loan instalment", "school fees", "school trip", "books", "kindergarten",
         "restaurant", "hotel", "hospital", "donation"}
    ),
    "payees.tax": frozenset({"tax"}),
    "payees.utilities": frozenset({"electricity", "water", "telephone", "internet"}),
}  # fmt: skip
#: Everyday lists in which the customer's own language is read. Payees write their names themselves.
BALANCED = [name for name in EVERYDAY if name.startswith("keywords.")]
#: No language may have more than this many times the hits of the median language of a list: one topic more of
#: the few that a list is about is less than that, a word that only one language has is more.
TIMES = 2.0
#: Most neutral rows in 10,000 that a list which speaks against somebody may find in any language.
BOUND = 5
WRITTEN = {
    "el": "Greek", "en": "English", "ru": "Russian", "uk": "Ukrainian", "ro": "Romanian", "bg": "Bulgarian",
    "lv": "Latvian", "tr": "Turkish", "es": "Spanish", "pt": "Portuguese", "fr": "French", "hi": "Hindi",
    "vi": "Vietnamese", "ne": "Nepali", "bn": "Bengali", "fil": "Filipino",
}  # fmt: skip


@cache
def lists():
    """Gives the shipped lists of words by name; a list that an institution must supply has none."""
    found = {}
    for path in sorted((default_rules_dir() / "lists").rglob("*.yaml")):
        one, _ = bind_list(path.read_bytes(), path.name)
        if one is not None and one.kind == "words" and one.entries:
            found[one.name] = one
    return found


def found_by(texts: list[str]) -> dict[str, list[bool]]:
    """Gives per list which of the texts it finds."""
    search = TextPass({("remittance_info", name): one for name, one in lists().items()})
    columns = search.columns(pl.DataFrame({"remittance_info": texts}))
    return {c.name.partition("~")[2]: c.to_list() for c in columns}


@cache
def per_ten_thousand() -> pl.DataFrame:
    """Counts hits: one row per list, one column per language and way of writing."""
    counts = {language: found_by(rows(said)) for language, said in phrases().items()}
    names = sorted(lists())
    table = {"list": names} | {k: [sum(v[name]) for name in names] for k, v in counts.items()}
    return pl.DataFrame(table)


def test_every_language_says_every_topic_once() -> None:
    for language, said in phrases().items():
        assert len(said) == len(TOPICS) == len(set(TOPICS)), language


def test_a_list_finds_only_the_everyday_texts_that_it_is_about() -> None:
    for language, said in phrases().items():
        for name, flags in found_by(list(said)).items():
            topics = {t for t, flag in zip(TOPICS, flags, strict=True) if flag}
            assert topics <= EVERYDAY.get(name, frozenset()), f"{name}, {language}"


@pytest.mark.skipif(not STATEMENTS.is_dir(), reason="the statements of real banks are not here")
def test_no_list_that_speaks_against_somebody_finds_a_line_of_real_statements() -> None:
    lines = [
        line
        for path in sorted(STATEMENTS.rglob("*.*"))
        if path.parent != STATEMENTS
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    ]
    assert len(lines) > 1_000
    found = found_by(lines)
    wrong = {name: [lines[i] for i, flag in enumerate(v) if flag] for name, v in found.items()}
    assert {name: texts for name, texts in wrong.items() if texts and name not in EVERYDAY} == {}


@pytest.mark.slow
def test_neutral_texts_of_all_languages_are_found_equally_seldom() -> None:
    table = per_ten_thousand()
    for row in table.iter_rows(named=True):
        name = row.pop("list")
        if name not in EVERYDAY:
            assert max(row.values()) <= BOUND, name
        elif name in BALANCED:
            own = {WRITTEN[language] for language in lists()[name].languages if language in WRITTEN}
            known = [n for language, n in row.items() if language in own]
            assert max(row.values()) <= TIMES * statistics.median(known), name
