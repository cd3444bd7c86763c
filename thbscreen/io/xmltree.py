"""Untrusted XML, read piece by piece: no DTD, no entities, no namespace, every element with its place.

Only what a report may hold is built: elements with text and plain attributes. A document type is refused
before anything in it is looked at, so nothing can be expanded or fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from thbscreen.io.codes import data_error

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import IO

PIECE = 1 << 18
#: Deeper files are no reports.
MAX_DEPTH = 40
#: Elements of one detached part, and characters of one text.
MAX_ELEMENTS, MAX_TEXT = 2_000_000, 1 << 20


@dataclass(slots=True)
class XmlElement:
    """One element: its name as written, text without the children's, and the place of its start tag."""

    name: str
    line: int
    column: int
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[XmlElement] = field(default_factory=list)

    def find(self, *path: str) -> XmlElement | None:
        """Gives the first element on a path of names, or None."""
        here: XmlElement | None = self
        for name in path:
            here = next((c for c in here.children if c.name == name), None) if here is not None else None
        return here

    def all(self, name: str) -> list[XmlElement]:
        """Gives the children of a name."""
        return [c for c in self.children if c.name == name]

    def value(self, *path: str) -> str:
        """Gives the trimmed text of the first element on a path; empty when there is none."""
        found = self.find(*path)
        return found.text.strip() if found is not None else ""

    def descendants(self) -> Iterator[XmlElement]:
        """Gives this element and all below it, in the order of the file."""
        waiting = [self]
        while waiting:
            here = waiting.pop()
            yield here
            waiting.extend(reversed(here.children))


class XmlReader:
    """Parses a stream and hands on whole parts.

    Attributes:
        root: the root element without its children, once its start tag was read.
    """

    def __init__(self, stream: IO[bytes], name: str, parts: Collection[tuple[str, ...]] = ()) -> None:
        """Keeps what to read.

        Args:
            stream: bytes of the document.
            name: of the file, for messages.
            parts: paths below the root, such as `("transactions", "transaction")`, whose elements are handed
                on; by default every child of the root is.
        """
        self.root: XmlElement | None = None
        self._stream = stream
        self._name = name
        self._parts = frozenset(parts)
        self._deepest = max((len(p) for p in self._parts), default=1)
        self._stack: list[XmlElement] = []
        self._done: list[XmlElement] = []
        self._elements = 0

    def parts(self) -> Iterator[XmlElement]:
        """Gives the parts in file order, each as soon as it is read.

        Raises:
            DataError: D027 for broken XML, D028 for a document type or entities, D029 for a file that is
                too deep or has a part that is too large.
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.ExternalEntityRefHandler = self._doctype
        self._parser = parser
        while True:
            piece = self._stream.read(PIECE)
            try:
                parser.Parse(piece, not piece)
            except expat.ExpatError as error:
                # The library's text holds no data: it is one of a fixed list.
                raise data_error(
                    "D027",
                    f"not well-formed XML ({expat.errors.messages.get(error.code, 'broken')})",
                    file=f"{self._name}:{error.lineno}:{error.offset + 1}",
                    hint="export the report again; characters that XML does not allow must be taken out",
                ) from None
            except (ValueError, LookupError):
                raise data_error("D027", "the declared encoding is not known", file=self._name) from None
            yield from self._done
            self._done.clear()
            if not piece:
                return

    # --- handlers ---------------------------------------------------------------------------------

    def _doctype(self, *_: object) -> int:
        raise data_error(
            "D028",
            "the file declares a document type or entities",
            file=f"{self._name}:{self._parser.CurrentLineNumber}",
            hint="no report has one; find out where the file comes from before you read it",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        element = XmlElement(name, line, column, attributes=attributes)
        self._elements += 1
        if len(self._stack) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise data_error("D029", "too deep or too large for a report", file=f"{self._name}:{line}")
        if self.root is None:
            self.root = element
        elif len(self._stack) > 1:
            self._stack[-1].children.append(element)
        self._stack.append(element)

    def _end(self, _: str) -> None:
        element = self._stack.pop()
        depth = len(self._stack)
        if not depth or depth > self._deepest:
            return
        path = (*(e.name for e in self._stack[1:]), element.name)
        whole = path in self._parts or (depth == 1 and not any(p[0] == element.name for p in self._parts))
        if whole:
            self._done.append(element)
        if whole or depth == 1:
            if depth > 1:
                self._stack[-1].children.remove(element)
            self._elements = depth

    def _text(self, text: str) -> None:
        if self._stack:
            here = self._stack[-1]
            here.text += text
            if len(here.text) > MAX_TEXT:
                raise data_error("D029", "a text is too long for a report", file=f"{self._name}:{here.line}")


def whole_tree(stream: IO[bytes], name: str) -> XmlElement:
    """Reads a whole document.

    Raises:
        DataError: see `XmlReader.parts`.
    """
    reader = XmlReader(stream, name)
    children = list(reader.parts())
    if reader.root is None:  # pragma: no cover  # expat refuses a document without an element
        raise data_error("D027", "the file holds no element", file=name)
    reader.root.children = children
    return reader.root
