"""The column twin of folding and word matching agrees with the plain one on every text."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.compile.text import TextPass, fold_series, word_form
from thbscreen.diagnostics import Span
from thbscreen.model.entries import word_matches
from thbscreen.model.text import fold, words
from thbscreen.rules import bundle

LETTERS = "abcABC ΑΒΓάςσΣ абвЁй İıßłøđ ŞşȚț é\u0301 \u200b\u00ad\u202e ﬁ ａ 𝐚 -_.,1٣€"
TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.text(st.one_of(st.sampled_from(LETTERS), st.characters(exclude_categories=["Cs"])), max_size=16),
    )
)


def _list(*entries: str) -> bundle.WordList:
    pairs = tuple(("any", e) for e in entries)
    return bundle.WordList("test.words", "t", "words", pairs, (), (), "", (), "d", Span("t", 1, 1, 2))


def _pass(texts: list[str | None], *entries: str) -> list[bool]:
    chunk = pl.DataFrame({"remittance_info": pl.Series(texts, dtype=pl.String)})
    found = _list(*entries)
    return TextPass({("remittance_info", found.name): found}).columns(chunk)[0].to_list()


@given(TEXTS)
def test_folding_a_column_equals_folding_each_text(texts):
    series = pl.Series("t", texts, dtype=pl.String)
    assert fold_series(series).to_list() == [None if t is None else fold(t) for t in texts]


@given(TEXTS)
def test_the_word_form_of_a_column_equals_the_word_form_of_each_text(texts):
    kept = [t for t in texts if t is not None]
    folded = pl.Series("t", [fold(t) for t in kept], dtype=pl.String)
    assert word_form(folded).to_list() == [words(fold(t)) for t in kept]


ENTRY = st.sampled_from(["escort", "escort*", "call girl", "γάμος", "γαμ*", "эскорт*", "dama de companie"])
WORDS = (
    "escort", "Escorts", "call", "GIRL", "ΓΆΜΟΣ", "γάμου", "Эскорт-услуги", "escоrt", "x", "-", "dama", "de",
    "companie", "call-girl", "es\u200bcort",
)  # fmt: skip
SENTENCE = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)


@given(
    st.lists(st.one_of(st.none(), SENTENCE), max_size=12),
    st.lists(ENTRY, min_size=1, max_size=3, unique=True),
)
def test_one_pass_over_all_lists_equals_asking_each_entry_of_each_text(texts, entries):
    expected = [t is not None and any(word_matches(fold(t), e) for e in entries) for t in texts]
    assert _pass(texts, *entries) == expected


@pytest.mark.parametrize(
    ("text", "entry", "expected"),
    [
        ("ΣΥΝΟΔΌΣ 2 ΏΡΕΣ", "συνοδο*", True),
        ("Эскорт-услуги", "эскорт*", True),
        ("Ford Escortt spare part", "escort", False),
        ("εsсоrt", "escort", True),
        ("e s c o r t", "escort", False),
        (None, "escort", False),
        ("POLITIKOY GAMOY", "πολιτικού γάμου", True),
        ("D?VIDA", "dívida", True),
        ("D.VIDA", "dívida", False),
        ("x D.VIDA d�vida", "dívida", True),
        ("C?S?TORIE - FICTIV.", "căsătorie fictivă", True),
        ("zhil'yo", "жильё", True),
    ],
)
def test_known_spellings(text, entry, expected):
    assert _pass([text], entry) == [expected]


def test_an_absent_column_mentions_nothing():
    found = _list("x")
    flags = TextPass({("cp_name", found.name): found}).columns(pl.DataFrame({"a": [1, 2]}))
    assert flags[0].to_list() == [False, False]
