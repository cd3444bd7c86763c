"""Slow twin of word matching: walks text and entry letter by letter and keeps no spelling anywhere.

It shares with the program only what a folded text is and which Latin letters a native one has.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby

from thbscreen.model.spelling import CYRILLIC, GREEK
from thbscreen.model.text import fold

TABLE = GREEK | CYRILLIC
MARKS = "?.\ufffd"
LOOKS_LIKE = {"o": "0", "i": "1", "l": "1", "e": "3", "a": "4", "s": "5"}


def mentions(entry: str, text: str) -> bool:
    """Says whether a text mentions an entry of a list of words."""
    entry = entry.strip()
    exact, stem = entry.startswith("="), entry.endswith("*")
    wanted = _cut(_visible(entry.replace("*", " ")), marks=False)
    if not wanted:
        return False
    folded = fold(text)
    readings = [_cut(folded, marks=False), _cut(folded, marks=True)]
    ways = [[(word, "any") for word in wanted]]
    if not exact and any("ь" in word.lower()[1:-1] for word in wanted):
        ways.append([piece for word in wanted for piece in _at_soft_signs(word)])
    return any(_stands(way, said, stem=stem, exact=exact) for way in ways for said in readings)


def _visible(text: str) -> str:
    """Puts letters and their marks together and drops what vanishes."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if fold(c))


def _cut(text: str, *, marks: bool) -> list[str]:
    """Cuts a text into words; with marks, these belong to words and runs of them alone do not count."""

    def inside(c: str) -> bool:
        return c.isalnum() or (marks and c in MARKS)

    words = ["".join(run) for yes, run in groupby(text, inside) if yes]
    return [w for w in words if any(c.isalnum() for c in w)]


def _at_soft_signs(word: str) -> list[tuple[str, str]]:
    pieces = [p for p in word.lower().split("ь") if p]
    return [(word, "any")] if len(pieces) < 2 else [(p, "latin") for p in pieces]


def _stands(way: list[tuple[str, str]], said: list[str], *, stem: bool, exact: bool) -> bool:
    fewest = 4 if len(way) == 1 else 1
    for start in range(len(said) - len(way) + 1):
        here = said[start : start + len(way)]
        if all(
            _is(word, kind, token, exact=exact, fewest=fewest, open_end=stem and number == len(way) - 1)
            for number, ((word, kind), token) in enumerate(zip(way, here, strict=True))
        ):
            return True
    return False


def _is(word: str, kind: str, token: str, *, exact: bool, fewest: int, open_end: bool) -> bool:
    ends = range(1, len(token) + 1) if open_end else [len(token)]
    if any(c in MARKS for c in token):
        return not exact and token[1:2] != "." and any(_damaged(word, token[:end]) for end in ends)
    for end in ends:
        part = token[:end]
        if kind == "any" and part == fold(word):
            return True
        if not exact and len(part) >= fewest and _native(word) and _latin(_keys(word), part):
            return True
        if not exact and kind == "any" and _digits(fold(word), part):
            return True
    return False


def _keys(word: str) -> list[str]:
    """Gives the letters of a word: Cyrillic with their marks, all others folded."""
    keys = [c if c in CYRILLIC else fold(c) for c in word.lower()]
    return keys if fold("".join(keys)) == fold(word) else list(fold(word))


def _native(word: str) -> bool:
    letters = [k for k in _keys(word) if not k.isdigit()]
    return bool(letters) and all(k in TABLE for k in letters)


def _latin(keys: list[str], text: str) -> bool:
    """Says whether a text is a Latin spelling of the letters, to the end of both."""
    if not keys:
        return not text
    one, two = TABLE.get(keys[0], (keys[0],)), TABLE.get("".join(keys[:2]), ()) if len(keys) > 1 else ()
    return any(text.startswith(s) and _latin(keys[1:], text[len(s) :]) for s in one) or any(
        text.startswith(s) and _latin(keys[2:], text[len(s) :]) for s in two
    )


def _digits(word: str, text: str) -> bool:
    """Says whether digits stand for one letter of a word, for it wherever it comes, or for all they can."""
    if len(word) < 6 or len(word) != len(text) or not (word.isascii() and word.isalpha()):
        return False
    swapped, kept = [], set()
    for letter, c in zip(word, text, strict=True):
        if c == LOOKS_LIKE.get(letter):
            swapped.append(letter)
        elif c == letter:
            kept.add(letter)
        else:
            return False
    if len(swapped) == 1:
        return True
    everywhere = bool(swapped) and not set(swapped) & kept
    return everywhere and (len(set(swapped)) == 1 or set(swapped) == set(word) & set("oieas"))


def _damaged(word: str, text: str) -> bool:
    """Says whether a text is a Latin word of which letters outside ASCII were lost, but not too much."""
    letters = list(word.lower())
    lost = longest = run = 0
    for c in letters:
        here = fold(c)
        if not here.isascii():
            return False
        if text[:1] and text[0] in MARKS:
            if c.isascii():
                return False
            lost, run, text = lost + 1, 0, text[1:]
        elif text.startswith(here):
            run, text = run + len(here), text[len(here) :]
        else:
            return False
        longest = max(longest, run)
    return not text and len(letters) >= 6 and 0 < 3 * lost <= len(letters) and longest >= 4
