"""Makes a hashed list from words in a plain file; nothing it says shows a word."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from thbscreen.errors import RuleError, UsageError
from thbscreen.model.hashed import EntryError, Hasher, phrases, spelled, words_in
from thbscreen.rules.lists import LIST_NAME, bind_list
from thbscreen.rules.yamltree import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thbscreen.model.keys import Key

#: Most digests of one list, so that its file can be read.
MAX_DIGESTS = 12_000


@dataclass(frozen=True, slots=True)
class Made:
    """A hashed list.

    Attributes:
        text: content of its file.
        words: entries that were hashed.
        digests: of all their spellings.
        words_at_most: of the longest entry.
    """

    text: str
    words: int
    digests: int
    words_at_most: int


def lines_of(data: bytes, what: str) -> list[tuple[int, str]]:
    """Gives the lines of a plain file with their numbers, without empty ones and those that begin with #.

    Raises:
        UsageError: the file is no text in UTF-8, or too long.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{what} is longer than {MAX_BYTES // 1024} KiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{what} is not UTF-8 text") from None
    lines = ((number, line.strip()) for number, line in enumerate(text.split("\n"), 1))
    return [(number, line) for number, line in lines if line and not line.startswith("#")]


def make(
    name: str,
    words: Iterable[tuple[int, str]],
    key: Key,
    *,
    title: str,
    source: str,
    reviewed: str,
    must_match: Iterable[tuple[int, str]] = (),
    must_not_match: Iterable[tuple[int, str]] = (),
) -> Made:
    """Hashes words under a key.

    Args:
        name: of the list; its digests are of no use under another.
        words: numbered lines.
        key: is not in the result, only what shows whether another key is the same.
        title: of the list.
        source: where the words come from.
        reviewed: day on which somebody last read the words (ISO day).
        must_match: numbered texts that an entry must find.
        must_not_match: numbered texts that none may find.

    Raises:
        UsageError: a line cannot be hashed, or an example is not as it must be; named by its number.
    """
    if not LIST_NAME.fullmatch(name):
        raise UsageError("the name of a list is written group.name")
    found, count = _spelled(words)
    hasher = Hasher(key.secret, name)
    most = words_in(found)
    _try(found, most, must_match, must_not_match)
    digests = sorted(hasher.digest(phrase).hex() for phrase in found)
    head = [
        "# Made by `thbscreen rules hash-list`. The words are not in this file, and neither is the key.",
        f"list: {name}",
        f"title: {_quoted(title)}",
        "kind: hashed",
        f"reviewed: {reviewed}",
        "sources:",
        f"  - {{cite: {_quoted(source)}, at: whole list, kind: expert}}",
        f"words_at_most: {most}",
        f"key_check: {hasher.check}",
        "entries:",
    ]
    text = "\n".join([*head, *(f"  - {one}" for one in digests)]) + "\n"
    _, findings = bind_list(text, "the new list")
    if findings.failed:
        raise RuleError(findings.result())
    return Made(text, count, len(digests), most)


def _spelled(words: Iterable[tuple[int, str]]) -> tuple[set[str], int]:
    out: set[str] = set()
    count = 0
    for number, word in words:
        try:
            out |= spelled(word)
        except EntryError as error:
            raise UsageError(f"line {number} of the words: {error}") from None
        count += 1
        if len(out) > MAX_DIGESTS:
            raise UsageError(
                f"the words have more than {MAX_DIGESTS} spellings by line {number}",
                hint="make two lists, or begin words with '=' that need no other spelling",
            )
    if not out:
        raise UsageError("there is no word in the file")
    return out, count


def _try(
    found: set[str],
    most: int,
    wanted: Iterable[tuple[int, str]],
    unwanted: Iterable[tuple[int, str]],
) -> None:
    for number, text in wanted:
        if found.isdisjoint(phrases(text, most)):
            raise UsageError(f"line {number} of the texts that must match: no entry matches it")
    for number, text in unwanted:
        if not found.isdisjoint(phrases(text, most)):
            raise UsageError(f"line {number} of the texts that must not match: an entry matches it")


def _quoted(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
