"""OFX as elements: SGML of OFX 1 (end tags may be missing) and XML of OFX 2, read piece by piece.

An element without text and without end tag may be an empty value or hold others. It is taken to hold others
only once its own end tag comes; else what seemed to be inside it belongs to the element around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from thbscreen.io.codes import data_error
from thbscreen.io.statements.octets import NOT_UTF8, decoded, utf8_pieces
from thbscreen.io.statements.records import Note

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import IO

#: Open elements and bytes of one value at most.
MAX_DEPTH, MAX_VALUE = 200, 1 << 20
#: Children of one element that is kept whole.
MAX_CHILDREN = 10_000
_TOKEN = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[(?P<data>.*?)\]\]>|<(?P<other>\?|!(?!--|\[CDATA\[))[^>]*>"
    rb"|<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9._-]*)(?P<more>[^<>]*)>",
    re.DOTALL,
)
#: How far the header is looked for.
HEAD = 1 << 14
_ENCODING = re.compile(
    rb"CHARSET:[ ]*([A-Za-z0-9-]{1,20})|<\?xml[^>]*encoding=[\"']([A-Za-z0-9-]{1,20})[\"']"
)
_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot|apos|nbsp)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "nbsp": " "}


@dataclass(slots=True)
class Element:
    """One element: its name in capitals, its text, what is in it."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def find(self, *path: str) -> Element | None:
        """Gives the first element on a path of names, or None."""
        here: Element | None = self
        for name in path:
            here = next((c for c in here.children if c.name == name), None) if here is not None else None
        return here

    def value(self, *path: str) -> str:
        """Gives the text of the first element on a path that has text; empty when there is none."""
        *above, last = path
        here = self.find(*above)
        return (
            next((c.text for c in here.children if c.name == last and c.text), "") if here is not None else ""
        )


@dataclass(slots=True)
class Begin:
    """An element that is reported when it begins, before what is in it."""

    name: str


@dataclass(slots=True)
class Whole:
    """An element that is complete."""

    element: Element


def elements(
    stream: IO[bytes], name: str, begins: Collection[str], wholes: Collection[str], groups: Collection[str]
) -> Iterator[Begin | Whole | Note]:
    """Reads a file and hands on some elements; what is handed on is not kept.

    Args:
        stream: bytes of the file.
        name: of the file, for messages.
        begins: elements that are reported when they begin.
        wholes: elements that are reported when they end.
        groups: elements that are known to hold others.

    Raises:
        DataError: D015, D016, D021 for a file that is cut or has no OFX element, D028 for a document type or
            entities, D029 for one that is too deep or large.
    """
    rest = b""
    pieces = utf8_pieces(stream, name)
    for piece in pieces:
        rest += piece
        if len(rest) > HEAD or b"<OFX>" in rest.upper():
            break
    tree = _Tree(name, frozenset(begins), frozenset(wholes), frozenset(groups))
    tree.encoding = _declared(rest)
    for piece in chain([b""], pieces):
        rest += piece
        used = 0
        for found in _TOKEN.finditer(rest, 0, _closed(rest)):
            # Text behind the last tag of a piece may go on in the next one.
            if found.end() == len(rest):
                break
            tree.text(rest[used : found.start()])
            yield from tree.token(found)
            used = found.end()
        rest = rest[used:]
        if len(rest) > MAX_VALUE + len(piece):
            raise data_error("D029", "a value is too long for a statement", file=f"{name}:{tree.line}")
    used, last = 0, _closed(rest)
    for found in _TOKEN.finditer(rest, 0, last):
        tree.text(rest[used : found.start()])
        yield from tree.token(found)
        used = found.end()
    tree.text(rest[used:last])
    yield from tree.end()


def _declared(head: bytes) -> str:
    """Gives the code page that the header names; empty when it names none or one that does not exist."""
    before = head[:at] if (at := head.upper().find(b"<OFX>")) >= 0 else head[:HEAD]
    found = _ENCODING.search(before)
    if found is None:
        return ""
    named = (found[1] or found[2]).decode("ascii").lower()
    named = f"cp{named}" if named.isdigit() else named.replace("8859-", "iso8859-").replace("iso-iso", "iso")
    try:
        "".encode(named)
        b"".decode(named)
    except (LookupError, UnicodeError, ValueError):
        return ""
    return "" if named.startswith("utf") else named


def _closed(octets: bytes) -> int:
    """Gives where a comment or a CDATA section begins that does not end here; else the length."""
    for begin, end in ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>")):
        at = octets.rfind(begin)
        if at >= 0 and octets.find(end, at) < 0:
            return at
    return len(octets)


class _Tree:
    def __init__(
        self, name: str, begins: frozenset[str], wholes: frozenset[str], groups: frozenset[str]
    ) -> None:
        self.line = 1
        self.encoding = ""
        self._name = name
        self._begins, self._wholes, self._groups = begins, wholes, groups
        self._stack: list[Element] = []
        self._leaf: Element | None = None
        self._seen = self._ended = False
        self._notes = 0

    def text(self, octets: bytes) -> None:
        """Adds text to the value that is open."""
        self.line += octets.count(b"\n")
        if self._leaf is None or not octets.strip():
            return
        if len(self._leaf.text) + len(octets) > MAX_VALUE:
            raise data_error("D029", "a value is too long for a statement", file=f"{self._name}:{self.line}")
        text, other = decoded(octets, self.encoding)
        self._notes += other
        self._leaf.text = " ".join(f"{self._leaf.text} {_ENTITY.sub(_character, text)}".split())

    def token(self, found: re.Match[bytes]) -> Iterator[Begin | Whole | Note]:
        """Takes one tag, comment or instruction."""
        while self._notes:
            self._notes -= 1
            yield Note(NOT_UTF8)
        if found["data"] is not None:
            self.text(found["data"])
            return
        if found["other"] == b"!":
            raise data_error(
                "D028", "the file declares a document type or entities", file=f"{self._name}:{self.line}",
                hint="no statement has one; find out where the file comes from before you read it",
            )  # fmt: skip
        self.line += found[0].count(b"\n")
        if found["name"] is None:
            return
        name = found["name"].decode("ascii").upper()
        if found["end"]:
            yield from self._close(name)
        elif name == "OFX" or self._seen:
            yield from self._open(name, empty=found["more"].rstrip().endswith(b"/"))

    def _open(self, name: str, *, empty: bool) -> Iterator[Begin | Whole | Note]:
        self._seen = True
        # A value that has text ends where the next tag begins.
        leaf = self._leaf
        if (
            leaf is not None
            and leaf.text
            and leaf.name not in self._groups
            and self._stack
            and self._stack[-1] is leaf
        ):
            self._stack.pop()
            if leaf.name in self._wholes:
                yield Whole(leaf)
        if name in self._wholes and name in self._groups and any(e.name == name for e in self._stack):
            yield from self._close(name)  # its end tag is missing
        element = Element(name)
        if self._stack:
            siblings = self._stack[-1].children
            siblings.append(element)
            if len(siblings) > MAX_CHILDREN:
                raise data_error("D029", "too many values in one element", file=f"{self._name}:{self.line}")
        if name in self._begins:
            yield Begin(name)
        self._leaf = None if empty else element
        if not empty:
            self._stack.append(element)
        if len(self._stack) > MAX_DEPTH:
            raise data_error("D029", "too deep for a statement", file=f"{self._name}:{self.line}")

    def _close(self, name: str) -> Iterator[Begin | Whole | Note]:
        self._leaf = None
        at = next((i for i in range(len(self._stack) - 1, -1, -1) if self._stack[i].name == name), None)
        if at is None:
            return  # end tag of a value that the next tag has ended already
        element, unended = self._stack[at], self._stack[at + 1 :]
        del self._stack[at:]
        above = element
        for inner in unended:
            if inner.name in self._groups:
                above = inner
            else:
                above.children += inner.children  # an empty value: what came after it was not in it
                inner.children = []
        for inner in reversed(unended):
            if inner.name in self._wholes:
                yield Whole(inner)
        if name == "OFX" and not self._stack:
            self._ended = True
        if name in self._wholes:
            if self._stack:
                self._stack[-1].children = [c for c in self._stack[-1].children if c is not element]
            yield Whole(element)

    def end(self) -> Iterator[Note]:
        """Checks that the file is whole."""
        if not self._seen:
            raise data_error(
                "D021",
                "the file holds no OFX element",
                file=self._name,
                hint="export the statement as OFX again",
            )
        if not self._ended:
            raise data_error(
                "D021", "the file ends before its last element does; it is cut",
                file=f"{self._name}:{self.line}", hint="export or copy it again",
            )  # fmt: skip
        for _ in range(self._notes):
            yield Note(NOT_UTF8)


def _character(found: re.Match[str]) -> str:
    if found[1] is not None:
        return _NAMED[found[1]]
    code = int(found[2]) if found[2] is not None else int(found[3], 16)
    plain = 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800 or 0xE000 <= code < 0x110000
    return chr(code) if plain else " "
