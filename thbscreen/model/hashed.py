"""How a list finds words that nobody can read in it: digests under a key, compared with digests of a text.

A text is folded and cut into words as for every list of words. Each run of up to so many words that stand
side by side is hashed (HMAC-SHA256) together with the name of the list, and looked up. So a hashed list
finds what the same words would find in the open, in every spelling; beginnings (`stem*`) cannot be hashed.
Signs without letters, such as a picture, are words here too, since some codes are written so.
"""

from __future__ import annotations

import hmac
import unicodedata
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from thbscreen.model.entries import AS_WRITTEN, STEM, forms, patterns
from thbscreen.model.spelling import MAX_SPELLINGS, ManySpellingsError
from thbscreen.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Most words of one entry.
MAX_WORDS = 6
#: Letters of a digest as it is written.
DIGEST_LENGTH = 64
_SIGN = "So"


class EntryError(ValueError):
    """An entry cannot be hashed; the message does not show it."""


class Hasher:
    """Hashes the words of one list under one key."""

    def __init__(self, key: bytes, name: str) -> None:
        """Keeps the state after key and name, which all digests share."""
        self._entry = hmac.new(key, f"entry\0{name}\0".encode(), "sha256")
        self._check = hmac.new(key, f"check\0{name}".encode(), "sha256").hexdigest()

    @property
    def check(self) -> str:
        """What a list carries to show whether a key is its own."""
        return self._check

    def fits(self, check: str) -> bool:
        """Says whether a list with this check was made under the key."""
        return hmac.compare_digest(self._check.encode(), check.encode())

    def digest(self, phrase: str) -> bytes:
        """Gives the digest of folded words with one blank between them."""
        state = self._entry.copy()
        state.update(phrase.encode("utf-8", "surrogatepass"))
        return state.digest()


def spelled(entry: str) -> set[str]:
    """Gives every spelling of an entry: folded words with one blank between them.

    `=word` is taken as it is written. An entry that holds signs is too, in whatever letters its words are.

    Raises:
        EntryError: it is a beginning, has too many words or spellings, or nothing that could be found.
    """
    text = entry.strip()
    if STEM in text:
        raise EntryError("a beginning ('*') cannot be hashed; write each form out")
    signs = _with_signs(fold(text.removeprefix(AS_WRITTEN)))
    if any(map(_is_sign, signs)):
        out = {" ".join(signs)}
    else:
        try:
            found = patterns(text)
        except ManySpellingsError:
            raise EntryError(_TOO_MANY) from None
        if sum(prod(map(len, one.words)) for one in found) > MAX_SPELLINGS:
            raise EntryError(_TOO_MANY)
        out = {" ".join(row) for one in found for row in product(*one.words)}
    if not out or out == {""}:
        raise EntryError("there is no letter, digit or sign")
    if words_in(out) > MAX_WORDS:
        raise EntryError(f"more than {MAX_WORDS} words")
    return out


_TOO_MANY = f"more than {MAX_SPELLINGS} spellings; begin the line with '=' and write the spellings out"


def words_in(phrases: Iterable[str]) -> int:
    """Gives the number of words of the longest phrase."""
    return max((phrase.count(" ") + 1 for phrase in phrases), default=0)


def phrases(text: str, at_most: int) -> set[str]:
    """Gives every run of up to so many words of a text, in each way to read it."""
    out: set[str] = set()
    for words in _readings(fold(text)):
        for start in range(len(words)):
            phrase = ""
            for word in words[start : start + at_most]:
                if not word:
                    break
                phrase = f"{phrase} {word}" if phrase else word
                out.add(phrase)
    return out


def _readings(folded: str) -> Iterator[list[str]]:
    yield from forms(folded)
    if not folded.isascii():
        signs = _with_signs(folded)
        if any(map(_is_sign, signs)):
            yield signs


def _with_signs(folded: str) -> list[str]:
    """Gives the words of a folded text and, between them, every sign as a word of its own."""
    out: list[str] = []
    inside = False
    for letter in folded:
        if letter.isalnum() and inside:
            out[-1] += letter
        elif letter.isalnum() or _is_sign(letter):
            out.append(letter)
        inside = letter.isalnum()
    return out


def _is_sign(word: str) -> bool:
    return len(word) == 1 and unicodedata.category(word) == _SIGN
