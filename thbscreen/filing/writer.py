"""Writes a report: plain data in, XML in the order of the element table out.

Equal data are equal bytes: two blanks per level, LF, no time of writing, nothing that is not in the data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Union
from xml.sax.saxutils import escape

from thbscreen.filing.elements import VERSIONS, Element, load_table
from thbscreen.filing.profile import FilingProfile

#: A value, elements inside, or an element that comes several times.
Tree = Mapping[str, Union[str, "Tree", Sequence[Union[str, "Tree"]], None]]


class Shared(dict[str, "str | Tree | Sequence[str | Tree] | None"]):
    """Elements that come again and again, such as a client's account; they are written out once."""


#: What XML 1.0 allows.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ReportWriter:
    """Writes trees of one profile's version.

    Attributes:
        shortened: paths of texts that were cut to their longest length, as `type.element`.
    """

    def __init__(self, profile: FilingProfile) -> None:
        """Keeps the profile."""
        self.profile = profile
        self.table = profile.table
        self.shortened: set[str] = set()
        self._written: dict[tuple[int, str, int], tuple[Shared, list[str]]] = {}

    def document(self, root: str, owner: str, tree: Tree) -> bytes:
        """Gives the document.

        Args:
            root: name of the root element.
            owner: its type in the element table.
            tree: its elements; what the version does not know is left out.

        Raises:
            KeyError: an element that no version knows, which is a bug.
        """
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{root}>"]
        self._inside(owner, tree, 1, lines)
        lines += [f"</{root}>", ""]
        return "\n".join(lines).encode("utf-8")

    def _inside(self, owner: str, tree: Tree, depth: int, lines: list[str]) -> None:
        for name in tree:
            if self.table.element(owner, name) is None and not _somewhere(owner, name):
                raise KeyError(f"{owner}.{name}")
        for element in {e.name: e for e in self.table.types[owner].elements()}.values():
            if f"{owner}.{element.name}" in self.profile.schema.off:
                continue
            value = tree.get(element.name)
            if _absent(value) and self._wanted(owner, element.name, tree):
                value = self.profile.constants[f"{owner}.{element.name}"]
            if value is None or _absent(value):
                continue
            if isinstance(value, Mapping | str):
                self._one(owner, element, value, depth, lines)
            else:
                for item in value:
                    self._one(owner, element, item, depth, lines)

    def _wanted(self, owner: str, name: str, tree: Tree) -> bool:
        """Tells whether a constant of the profile fills an element of a part that is there at all."""
        return f"{owner}.{name}" in self.profile.constants and bool(tree)

    def _one(self, owner: str, element: Element, value: str | Tree, depth: int, lines: list[str]) -> None:
        pad = "  " * depth
        if isinstance(value, str):
            text = escape(self._fitting(owner, element, value))
            lines.append(f"{pad}<{element.name}>{text}</{element.name}>")
            return
        lines.append(f"{pad}<{element.name}>")
        before = len(lines)
        if isinstance(value, Shared):
            lines += self._again(element.of, value, depth + 1)
        else:
            self._inside(element.of, value, depth + 1, lines)
        if len(lines) == before:
            lines.pop()
        else:
            lines.append(f"{pad}</{element.name}>")

    def _again(self, owner: str, value: Shared, depth: int) -> list[str]:
        key = (id(value), owner, depth)
        if key not in self._written:
            made: list[str] = []
            self._inside(owner, value, depth, made)
            self._written[key] = (value, made)  # the value is kept, so that its id stays its own
        return self._written[key][1]

    def _fitting(self, owner: str, element: Element, value: str) -> str:
        text = _ILLEGAL.sub("", value)
        if element.kind == "text":
            _, high = self.profile.length(owner, element)
            if high is not None and len(text) > high:
                self.shortened.add(f"{owner}.{element.name}")
                text = shortened(text, high)
        return text


def shortened(text: str, most: int) -> str:
    """Cuts a text at a blank so that it has at most so many characters."""
    if len(text) <= most:
        return text
    cut = text[:most]
    if not text[most].isspace():
        head, blank, _ = cut.rpartition(" ")
        cut = head if blank else cut
    return cut.rstrip()


def _absent(value: object) -> bool:
    return value is None or (isinstance(value, str | Mapping | Sequence) and not value)


def _somewhere(owner: str, name: str) -> bool:
    """Tells whether some version knows an element of a type."""
    tables = [load_table(version) for version in VERSIONS]
    return any(owner in t.types and t.element(owner, name) is not None for t in tables)
