"""Every Greek and Cyrillic word of every shipped list is found in each way in which it is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

import polars as pl
import pytest

from benchmarks.neutral_texts import greeklish, romanised, without_accents
from thbscreen.compile.text import TextPass
from thbscreen.model.entries import AS_WRITTEN, STEM
from thbscreen.rules.lists import bind_list
from thbscreen.rules.paths import default_rules_dir

#: Capital letters that look like a Latin one, by script.
GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))
CYRILLIC = dict(zip("АВЕКМНОРСТУХІ", "ABEKMHOPCTYXI", strict=True))
#: Fewest letters of a single word in Latin letters; shorter ones are common strings.
SHORTEST = 4


def is_greek(text: str) -> bool:
    return any("\u0370" <= c <= "\u03ff" or "\u1f00" <= c <= "\u1fff" for c in text)


def is_cyrillic(text: str) -> bool:
    return any("\u0400" <= c <= "\u04ff" for c in text)


@cache
def lists():
    found = [
        bind_list(p.read_bytes(), p.name)[0] for p in sorted((default_rules_dir() / "lists").rglob("*.yaml"))
    ]
    return {one.name: one for one in found if one is not None and one.kind == "words" and one.entries}


@cache
def native() -> list[tuple[str, str]]:
    """Gives (list, entry) of every entry in Greek or Cyrillic letters."""
    return [(n, e) for n, one in lists().items() for _, e in one.entries if is_greek(e) or is_cyrillic(e)]


def plain(entry: str) -> str:
    return entry.removeprefix(AS_WRITTEN).removesuffix(STEM).strip()


def capitals(text: str) -> str:
    return without_accents(text).upper()


def in_latin(text: str, written: str) -> str | None:
    """Gives a Latin spelling, or None for a single word that is too short in it to be looked for."""
    return None if " " not in text and len(written) < SHORTEST else written


def borrowed(text: str, which: Callable[[list[int]], list[int]]) -> str | None:
    """Puts Latin look-alikes for some letters of each word; None when a word would have no other left."""
    table = GREEK if is_greek(text) else CYRILLIC
    out = []
    for word in capitals(text).split():
        places = [at for at, c in enumerate(word) if c in table]
        chosen = set(which(places)) if len(word) > 3 else set()
        if len(chosen) == len(word):
            return None
        out.append("".join(table[c] if at in chosen else c for at, c in enumerate(word)))
    return " ".join(out)


#: How a text may be written; None where a way does not apply to it.
WAYS: dict[str, Callable[[str], str | None]] = {
    "as written": lambda t: t,
    "in capitals": str.upper,
    "in capitals without accents": capitals,
    "in small letters without accents": lambda t: without_accents(t).lower(),
    "with loose accents": lambda t: unicodedata.normalize("NFD", t),
    "with the first letter borrowed": lambda t: borrowed(t, lambda places: places[:1]),
    "with the last letter borrowed": lambda t: borrowed(t, lambda places: places[-1:]),
    "with every letter borrowed that can be": lambda t: borrowed(t, lambda places: places),
    "with a zero-width character": lambda t: f"{t[:2]}\u200b{t[2:]}",
    "inside a text": lambda t: f"REF/12-{t}, 03.2026",
}
LATIN: dict[str, Callable[[str], str | None]] = {
    "in Latin letters by sound": lambda t: in_latin(t, greeklish(t, 0) if is_greek(t) else romanised(t)),
    "in Latin letters by look": lambda t: in_latin(t, greeklish(t, 1)) if is_greek(t) else None,
    "in Latin capitals": lambda t: in_latin(t, (greeklish(t, 0) if is_greek(t) else romanised(t)).upper()),
}


def missed(
    ways: dict[str, Callable[[str], str | None]], entries: list[tuple[str, str]], way: str
) -> list[str]:
    """Gives the texts that their own list does not find."""
    said = [(name, ways[way](plain(entry))) for name, entry in entries]
    asked = [(name, text) for name, text in said if text is not None]
    search = TextPass({("remittance_info", name): one for name, one in lists().items()})
    columns = search.columns(pl.DataFrame({"remittance_info": [text for _, text in asked]}))
    found = {c.name.partition("~")[2]: c for c in columns}
    assert len(asked) > len(entries) / 2
    return [f"{name}: {text}" for at, (name, text) in enumerate(asked) if not found[name][at]]


def test_there_are_many_greek_and_cyrillic_words() -> None:
    assert len(native()) > 300


@pytest.mark.parametrize("way", WAYS)
def test_every_native_word_is_found(way: str) -> None:
    assert missed(WAYS, native(), way) == []


@pytest.mark.parametrize("way", LATIN)
def test_every_native_word_is_found_in_latin_letters(way: str) -> None:
    several = [(name, entry) for name, entry in native() if not entry.startswith(AS_WRITTEN)]
    if way.endswith("look"):
        several = [(name, entry) for name, entry in several if is_greek(entry)]
    assert missed(LATIN, several, way) == []
