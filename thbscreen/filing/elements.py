"""The element tables of goAML: what stands where in a report, how often and how long.

The tables are data (`tables/goaml-*.txt`), one per version. The order of a type is the order of the file:
the writer and the structural check both go by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

TABLES = Path(__file__).parent / "tables"
VERSIONS = ("4.0", "5.0")
_OFTEN: dict[str, tuple[int, int | None]] = {"1": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}
_RANGE = re.compile(r"(\d*)\.\.(\d*)")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type.

    Attributes:
        least: how often at least.
        most: how often at most; None without a limit.
        kind: text, int, decimal, date, flag, one, country, currency, code, type.
        low: least characters of a text, or least value of an int.
        high: most characters, or largest value.
        of: code list, or type of the elements inside.
    """

    name: str
    least: int
    most: int | None
    kind: str
    low: int | None = None
    high: int | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Elements in order, or branches of which one is taken."""

    kind: Literal["sequence", "choice"]
    least: int
    most: int | None
    items: tuple[Element | Group, ...]

    def elements(self) -> Iterator[Element]:
        """Gives all elements in order, also those of groups inside."""
        for item in self.items:
            if isinstance(item, Element):
                yield item
            else:
                yield from item.elements()


@dataclass(frozen=True, slots=True)
class ElementTable:
    """All types of one version."""

    version: str
    types: Mapping[str, Group]

    def element(self, owner: str, name: str) -> Element | None:
        """Gives an element of a type, or None."""
        return next((e for e in self.types[owner].elements() if e.name == name), None)

    def order(self, owner: str) -> list[str]:
        """Gives the names of a type in the order of the file."""
        return list(dict.fromkeys(e.name for e in self.types[owner].elements()))

    def at(self, path: str) -> Element | None:
        """Gives the element on a path such as `report.location.city`, or None; the root is not an element."""
        owner, *names = path.split(".")
        found: Element | None = None
        for name in names:
            found = self.element(owner, name) if owner in self.types else None
            if found is None:
                return None
            owner = found.of if found.kind == "type" else ""
        return found


@lru_cache(maxsize=len(VERSIONS))
def load_table(version: str) -> ElementTable:
    """Reads the table of a version: `4.0` or `5.0`."""
    lines = (TABLES / f"goaml-{version}.txt").read_text(encoding="utf-8").splitlines()
    types: dict[str, Group] = {}
    name = ""
    stack: list[tuple[str, int, int | None, list[Element | Group]]] = []
    for line in [*lines, ""]:
        words = line.split()
        if not words or words[0] == "#" or line.startswith("#"):
            if name and stack:
                types[name] = Group("sequence", 1, 1, tuple(stack.pop()[3]))
                name = ""
        elif not line.startswith(" "):
            name = words[0]
            stack = [("sequence", 1, 1, [])]
        elif words[0] == ")":
            kind, least, most, items = stack.pop()
            made = Group("choice" if kind == "choice" else "sequence", least, most, tuple(items))
            stack[-1][3].append(made)
        elif words[0].startswith("("):
            stack.append((words[0][1:], *_often(words[1]), []))
        else:
            stack[-1][3].append(_element(words))
    return ElementTable(version, types)


def _often(text: str) -> tuple[int, int | None]:
    if text in _OFTEN:
        return _OFTEN[text]
    least, _, most = text.partition("-")
    return int(least), int(most)


def _element(words: list[str]) -> Element:
    name, often, kind, *rest = words
    least, most = _often(often)
    low = high = None
    of = ""
    if rest and kind in {"text", "int", "decimal"}:
        found = _RANGE.fullmatch(rest[0])
        if found is None:
            raise AssertionError(words)
        low, high = (int(part) if part else None for part in found.groups())
    elif rest:
        of = rest[0]
    return Element(name, least, most, kind, low, high, of)


def token(name: str) -> str:
    """Gives a name as the patterns of `content_pattern` know it."""
    return f"<{name}>"


@lru_cache(maxsize=512)
def content_pattern(group: Group) -> re.Pattern[str]:
    """Gives the pattern that the children of a type match, each written as `token(name)`."""
    return re.compile(_pattern(group))


def _pattern(item: Element | Group) -> str:
    if isinstance(item, Element):
        body = f"(?:{re.escape(token(item.name))})"
    else:
        parts = [_pattern(part) for part in item.items]
        body = f"(?:{('|' if item.kind == 'choice' else '').join(parts)})"
    if (item.least, item.most) == (1, 1):
        return body
    return f"{body}{{{item.least},{'' if item.most is None else item.most}}}"
