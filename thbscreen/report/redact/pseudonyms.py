"""Keyed pseudonyms: the same value gets the same one in all files and cases under one key.

A pseudonym is the beginning of an HMAC-SHA-256 under the institution's key. Without the key nobody can try
out account numbers or names until one fits, as is possible with a plain hash.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

import polars as pl

from thbscreen.errors import OutputError
from thbscreen.model.hashed import Hasher
from thbscreen.model.keys import Key
from thbscreen.model.text import fold
from thbscreen.report.text import neutralised

#: Name under which the key is used, so that a list hashed under the same key tells nothing here.
_USE = "pseudonyms of hand-over"
_LETTERS = 12
_MARK = "ps-"
#: Ids that the program makes; their kind stays to be seen.
_OWN = re.compile(r"(NW|AL|RV|H)-(?=[0-9a-f]{6,64}\Z)")
#: A pseudonym in a text.
FORM = re.compile(rf"{_MARK}[a-z2-7]{{{_LETTERS}}}")


class Pseudonyms:
    """Gives pseudonyms under one key and remembers whose they are."""

    def __init__(self, key: Key) -> None:
        """Keeps the state after the key."""
        self._hasher = Hasher(key.secret, _USE)
        self._made: dict[str, str] = {}
        self._known: dict[tuple[str, str], str] = {}

    @property
    def check(self) -> str:
        """Shows whether a key is the one that was used; says nothing else about it."""
        return self._hasher.check[:16]

    def of(self, value: str) -> str:
        """Gives the pseudonym of an id, reference, number or code, in whatever column it stands."""
        return self._give("id", value, value)

    def name(self, value: str) -> str:
        """Gives the pseudonym of a name; spelling in capitals or with accents makes no difference."""
        folded = " ".join(fold(value).split())
        return self._give("name", folded or value, value)

    def whose(self, found: Iterable[str]) -> list[tuple[str, str]]:
        """Gives pseudonym and value, in order, for those that were found in a text by `FORM`."""
        return sorted((one, self._made[one]) for one in set(found) if one in self._made)

    def _give(self, kind: str, told: str, value: str) -> str:
        known = self._known.get((kind, value))
        if known is not None:
            return known
        digest = self._hasher.digest(f"{kind}\0{told}")
        code = _MARK + base64.b32encode(digest).decode().lower()[:_LETTERS]
        first = self._made.setdefault(code, told if kind == "name" else value)
        if first != (told if kind == "name" else value):
            raise OutputError("two values have the same pseudonym", hint="take another key")
        own = _OWN.match(value) if kind == "id" else None
        self._known[kind, value] = made = f"{own.group()}{code}" if own else code
        return made


def as_shown(values: pl.Series) -> pl.Series:
    """Gives texts as `evidence.csv` shows them, so that the tables and the CSV file name somebody alike."""
    return neutralised(values.to_frame())[values.name]
