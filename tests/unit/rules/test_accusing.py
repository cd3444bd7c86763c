"""Words that accuse somebody are found whatever is tried first to find them sooner."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from thbscreen.rules.accusing import _SIGNS, ACCUSING, accusing_words


@given(st.from_regex(ACCUSING, alphabet=st.characters(max_codepoint=127)))
def test_every_text_with_an_accusing_word_shows_one_of_its_signs(text: str) -> None:
    """The signs only save the search in texts that cannot hold such a word."""
    plain = text.replace("_", " ")
    assert accusing_words(text) == [(m.start(), m.group()) for m in ACCUSING.finditer(plain)]
    assert not ACCUSING.search(plain) or any(sign in plain.lower() for sign in _SIGNS)
