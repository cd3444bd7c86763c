"""A hashed list finds what the same words find in the open, read letter by letter."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import text as slow
from tests.properties.test_text_matching import CHARACTERS, ENTRIES, texts
from thbscreen.compile.text import TextPass
from thbscreen.diagnostics import Span
from thbscreen.model.hashed import DIGEST_LENGTH, Hasher, phrases, spelled
from thbscreen.model.text import fold
from thbscreen.rules import bundle
from thbscreen.rules.supplied import standing_in

WHOLE = tuple(entry for entry in ENTRIES if not entry.endswith("*"))
SAID = st.lists(texts(WHOLE) | CHARACTERS | st.none(), min_size=1, max_size=12)
WORLD = st.lists(st.sampled_from(WHOLE), min_size=1, max_size=4, unique=True).flatmap(
    lambda entries: st.tuples(st.just(tuple(entries)), SAID)
)


def declared(name="test.coded"):
    return bundle.WordList(
        name, "t", "hashed", (), (), (), "", (), "d", Span("t", 1, 1, 2), supplied_by="institution"
    )


def found(said, *lists):
    asked = {("remittance_info", one.name): one for one in lists}
    columns = TextPass(asked).columns(pl.DataFrame({"remittance_info": pl.Series(said, dtype=pl.String)}))
    return {c.name.partition("~")[2]: c.to_list() for c in columns}


def hashed(entries, name="test.coded"):
    return standing_in([declared(name)], [(name, entries)])[0]


@given(WORLD)
@settings(max_examples=100, deadline=None)
def test_a_hashed_list_finds_what_its_words_find_letter_by_letter(world):
    entries, said = world
    expected = [t is not None and any(slow.mentions(e, t) for e in entries) for t in said]
    assert found(said, hashed(entries)) == {"test.coded": expected}


@given(WORLD)
@settings(max_examples=40, deadline=None)
def test_lists_in_the_open_and_hashed_ones_are_answered_side_by_side(world):
    entries, said = world
    pairs = tuple(("any", e) for e in entries)
    plain = bundle.WordList("test.open", "t", "words", pairs, (), (), "", (), "d", Span("t", 1, 1, 2))
    both = found(said, plain, hashed(entries))
    assert both["test.open"] == both["test.coded"]
    assert list(both) == ["test.coded", "test.open"]


SIGNS = "🫖🍕✨\u2603"


@given(
    st.lists(st.sampled_from([*SIGNS, "tea", "Pot", " ", "-", "\ufe0f", "\u200d", "🏽"]), max_size=8),
    st.lists(st.sampled_from([*SIGNS, "tea", "pot"]), min_size=1, max_size=3),
)
@settings(deadline=None)
def test_a_sign_is_a_word_where_an_entry_holds_one(said, entry):
    """The slow twin writes a blank around every sign and compares runs of pieces."""

    def pieces(text):
        spaced = "".join(f" {c} " if unicodedata.category(c) == "So" else c for c in fold(text))
        return "".join(c if c.isalnum() or unicodedata.category(c) == "So" else " " for c in spaced).split()

    if not set(entry) & set(SIGNS):
        return
    text, wanted = "".join(said), [fold(piece) for piece in entry]
    runs = pieces(text)
    expected = any(runs[i : i + len(wanted)] == wanted for i in range(len(runs)))
    assert found([text], hashed((" ".join(entry),)))["test.coded"] == [expected]


@given(CHARACTERS, st.integers(1, 6))
@settings(deadline=None)
def test_every_text_is_cut_without_a_fault(text, at_most):
    assert all(0 <= phrase.count(" ") < at_most for phrase in phrases(text, at_most))


def test_a_digest_is_the_one_of_the_standard():
    """The form is written down for those who make lists with other tools."""
    key = b"k" * 32
    hasher = Hasher(key, "keywords.coded")
    message = b"entry\0keywords.coded\0blue teapot"
    assert hasher.digest("blue teapot").hex() == hmac.new(key, message, hashlib.sha256).hexdigest()
    assert hasher.check == hmac.new(key, b"check\0keywords.coded", hashlib.sha256).hexdigest()
    assert len(hasher.check) == DIGEST_LENGTH
    assert hasher.fits(hasher.check)
    assert not hasher.fits("é" * DIGEST_LENGTH)


def test_a_list_whose_key_is_not_there_finds_nothing():
    (absent,) = standing_in([declared()], [])
    assert found(["jug", None], absent) == {"test.coded": [False, False]}
    assert absent.lacking


def test_an_absent_column_mentions_nothing():
    columns = TextPass({("remittance_info", "test.coded"): hashed(("jug",))}).columns(
        pl.DataFrame({"a": [1, 2]})
    )
    assert columns[0].to_list() == [False, False]


@pytest.mark.parametrize("entry", WHOLE)
def test_every_spelling_that_is_hashed_is_found(entry):
    for said in sorted(spelled(entry))[:20]:
        assert found([said], hashed((entry,)))["test.coded"] == [True]
