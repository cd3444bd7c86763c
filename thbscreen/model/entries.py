"""How an entry of a list of words finds a text: whole words, beginnings and phrases, in every spelling."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from thbscreen.model.spelling import DAMAGE, LOST, MIN_SPELLED, damaged, latin, with_digits
from thbscreen.model.text import fold, words

#: An entry that begins so is looked for as it is written, in no other letters.
AS_WRITTEN = "="
#: An entry that ends so finds every word that begins with it.
STEM = "*"

_WORD = re.compile(r"[^\W_]+")
_MARKED = re.compile(rf"(?:[^\W_]|[{re.escape(DAMAGE)}])+")
_LOST = str.maketrans(dict.fromkeys(DAMAGE, LOST))
#: Letter that an apostrophe stands for in Latin spelling.
_SOFT_SIGN = "ь"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words that must stand side by side.

    Attributes:
        words: per word, its spellings, folded; `?` is a damaged letter.
        stem: the last word of the text only has to begin so.
    """

    words: tuple[frozenset[str], ...]
    stem: bool


@lru_cache(maxsize=20_000)
def patterns(entry: str) -> tuple[Pattern, ...]:
    """Gives the patterns of an entry; a text with any of them mentions the entry.

    `word` is a whole word, `stem*` a beginning, `two words` a phrase, `=word` is found in no other
    spelling than the written one (capitals, accents and disguised letters aside). An entry without
    letters and digits has no pattern.

    Raises:
        ManySpellingsError: a word of the entry has too many.
    """
    text = entry.strip()
    stem = text.endswith(STEM)
    as_written = text.startswith(AS_WRITTEN)
    written, folded = _split(text.replace(STEM, " "))
    if not folded:
        return ()
    if as_written:
        return (Pattern(tuple(frozenset({word}) for word in folded), stem),)
    fewest = MIN_SPELLED if len(folded) == 1 else 1
    spelled = [_spellings(one, other, fewest) for one, other in zip(written, folded, strict=True)]
    out = [Pattern(tuple(spelled), stem)]
    if any(_SOFT_SIGN in one[1:-1] for one in folded):
        pieces = [
            piece
            for one, spellings in zip(written, spelled, strict=True)
            for piece in _pieces(one, spellings)
        ]
        out.append(Pattern(tuple(pieces), stem))
    return tuple(out)


def _split(text: str) -> tuple[list[str], list[str]]:
    """Gives the words of an entry as written, composed, and folded; one for one."""
    folded = words(fold(text)).split()
    composed = "".join(c for c in unicodedata.normalize("NFKC", text).lower() if fold(c))
    written = _WORD.findall(composed)
    if [fold(word) for word in written] != folded:
        written = folded
    return written, folded


def _spellings(word: str, folded: str, fewest: int) -> frozenset[str]:
    other = {spelled for spelled in latin(word) if len(spelled) >= fewest}
    return frozenset({folded} | other | with_digits(word) | damaged(word))


def _pieces(word: str, spellings: frozenset[str]) -> list[frozenset[str]]:
    """Cuts a word where an apostrophe may stand for a soft sign; other words stay whole."""
    parts = [part for part in word.split(_SOFT_SIGN) if part]
    return [spellings] if len(parts) < 2 else [latin(part) for part in parts]


def forms(folded: str) -> tuple[list[str], list[str]]:
    """Gives the words of a folded text, and again with damage marks as letters.

    In the second form a run of letters, digits and damage marks is one word (`marked`) and every mark is
    `?`. A text without a mark beside a letter has no second form.
    """
    plain = _WORD.findall(folded)
    runs = marked(folded)
    return plain, [] if runs == plain else [readable(run) for run in runs]


def marked(folded: str) -> list[str]:
    """Gives the runs of letters, digits and damage marks that hold a letter or a digit."""
    if not any(mark in folded for mark in DAMAGE):
        return _WORD.findall(folded)
    return [run for run in _MARKED.findall(folded) if _WORD.search(run)]


def readable(run: str) -> str:
    """Gives a marked run with `?` for every mark; nothing when its second character is a point.

    Such a run is taken for an initial and a name.
    """
    return "" if run[1:2] == "." else run.translate(_LOST)


def stands(pattern: Pattern, text: list[str]) -> bool:
    """Says whether a pattern stands in the words of a text."""
    size = len(pattern.words)
    *first, last = pattern.words
    for at in range(len(text) - size + 1):
        if all(text[at + i] in spellings for i, spellings in enumerate(first)):
            end = text[at + size - 1]
            if end in last or (pattern.stem and end.startswith(tuple(last))):
                return True
    return False


def word_matches(folded_text: str, entry: str) -> bool:
    """Says whether a folded text mentions an entry."""
    return any(stands(pattern, form) for pattern in patterns(entry) for form in forms(folded_text) if form)
