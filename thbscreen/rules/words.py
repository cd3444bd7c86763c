"""Entries and examples of lists: what can be wrong with them, and which entry finds a text."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from thbscreen.model.entries import AS_WRITTEN, STEM, forms, patterns, stands
from thbscreen.model.hashed import EntryError
from thbscreen.model.hashed import spelled as spelled_out
from thbscreen.model.spelling import MAX_SPELLINGS, ManySpellingsError
from thbscreen.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thbscreen.rules.yamltree import Findings, Scalar


def good_entry(findings: Findings, item: Scalar) -> bool:
    """Says whether an entry can find anything and not too much (R007, R024, R028)."""
    text = item.text.strip()
    if STEM in text[:-1]:
        hint = "write stem* for a beginning"
        findings.error("R007", "'*' may only end an entry", item.span, help=hint)
        return False
    try:
        found = patterns(text)
    except ManySpellingsError as error:
        message = f"'{error}' has more than {MAX_SPELLINGS} spellings in Latin letters"
        hint = f"write '{AS_WRITTEN}{text[:40]}' to find it only so, and its Latin spellings as entries"
        findings.error("R028", message, item.span, help=hint)
        return False
    if not found:
        findings.error("R024", "the entry holds no letter and no digit", item.span)
    return bool(found)


def hashable(word: str) -> str | None:
    """Says why a word cannot stand in a hashed list; None when it can."""
    try:
        spelled_out(word)
    except EntryError as error:
        return str(error)
    return None


def matching(entries: Iterable[tuple[str, str]], text: str) -> str | None:
    """Gives the first entry of a list of words that a text mentions, in whatever spelling, or None."""
    entries = tuple(entries)
    begun, beginnings = _index(entries)
    first = len(entries)
    for form in forms(fold(text)):
        possible = {place for word in form for place in begun.get(word, ())}
        for place in sorted(possible.union(beginnings if form else ())):
            if place < first and any(stands(pattern, form) for pattern in patterns(entries[place][1])):
                first = place
    return entries[first][1] if first < len(entries) else None


@lru_cache(maxsize=256)
def _index(entries: tuple[tuple[str, str], ...]) -> tuple[dict[str, list[int]], list[int]]:
    """Gives the places of entries by their first word, and of those that are a beginning of one word."""
    begun: dict[str, list[int]] = {}
    beginnings = []
    for place, (_, entry) in enumerate(entries):
        for pattern in patterns(entry):
            if pattern.stem and len(pattern.words) == 1:
                beginnings.append(place)
            for spelled in pattern.words[0]:
                begun.setdefault(spelled, []).append(place)
    return begun, beginnings


def finding(kind: str, entries: Iterable[tuple[str, str]], text: str) -> str | None:
    """Gives the first entry of a list of any kind that finds a text, or None.

    Args:
        kind: of the list.
        entries: (language, entry) pairs; for a map (value, folded text) pairs.
        text: a payment text, a code, a value, or a text on the map.
    """
    if kind == "words":
        return matching(entries, text)
    if kind == "map":
        text = fold(text)
    return next((entry for _, entry in entries if entry == text or _in_range(kind, entry, text)), None)


def _in_range(kind: str, entry: str, text: str) -> bool:
    low, dash, high = entry.partition("-")
    if kind != "codes" or not dash or not (low + high + text).isdecimal() or not text.isascii():
        return False
    return len(low) == len(high) == len(text) and low <= text <= high
