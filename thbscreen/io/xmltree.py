"""Untrusted XML, read piece by piece: no DTD, no entities, no namespace, every element with its place.

Only what a report may hold is built: elements with text and plain attributes. A document type is refused
before anything in it is looked at, so nothing can be expanded or fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.parsers import expat

from thbscreen.io.codes import data_error

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import IO

    from thbscreen.errors import DataError

#: What the parser says when a file ends too early.
_CUT = frozenset(
    expat.errors.codes[said]
    for said in (
        expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR, expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)  # fmt: skip
PIECE = 1 << 18
#: Deeper files are no reports.
MAX_DEPTH = 40
#: Elements of one detached part, and characters of one text.
MAX_ELEMENTS, MAX_TEXT = 2_000_000, 1 << 20
#: Names that are remembered.
MAX_NAMES = 10_000


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
                raise _broken(error.code, f"{self._name}:{error.lineno}:{error.offset + 1}") from None
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


#: Bytes that one part of a streamed message may take before it ends.
MAX_PART = 48 << 20
#: Before the root element stands no more than this.
MAX_PROLOG = 1 << 20
#: What a streamed part becomes: children by local name, those of one name in a list where there are several.
#: Elements without children are their trimmed text; the currency of the first amount of a name stands beside
#: it under its name with an `@`.
Node = dict[str, Any]


class MessageStream:
    """Reads one message piece by piece, by local names, at the speed of the C library.

    Containers such as `Stmt` are handed on child by child, so that a statement of any length takes the memory
    of one piece. A document type stands before the root or nowhere, so the beginning is read by a parser that
    refuses it, and the rest can hold no entity.
    """

    def __init__(self, stream: IO[bytes], name: str, containers: Collection[str]) -> None:
        """Keeps what to read.

        Args:
            stream: bytes of the document.
            name: of the file, for messages.
            containers: local names of elements whose children are handed on one by one; the root is one.
        """
        self._stream = stream
        self._name = name
        self._containers = frozenset(containers)
        self._local: dict[str, str] = {}
        self._open: list[ElementTree.Element] = []

    def parts(self) -> Iterator[tuple[str, Node | str | None]]:
        """Gives `("<Stmt", None)` at a container's beginning, `(name, content)` of parts, `(">Stmt", None)`.

        Raises:
            DataError: D027 for broken XML, D028 for a document type or entities, D029 for a file that is
                too deep or has a part that is too large.
        """
        builder = ElementTree.TreeBuilder()
        # An element around the root, so that what was read so far can be looked at at any time.
        around = builder.start("", {})
        parser = ElementTree.XMLParser(target=builder)
        since = 0
        for piece in self._pieces():
            self._parse(parser, piece)
            since += len(piece)
            self._check_depth(around)
            for part in self._harvest(around[0], whole=False, depth=0) if len(around) else ():
                since = 0
                yield part
            if since > MAX_PART:
                raise data_error("D029", "one part is too large for a message", file=self._name)
        self._parse(parser, b"")
        yield from self._harvest(around[0], whole=True, depth=0)

    def _parse(self, parser: ElementTree.XMLParser, piece: bytes) -> None:
        try:
            if piece:
                parser.feed(piece)
                if hasattr(parser, "flush"):  # newer expat may keep a piece back
                    parser.flush()
            else:
                parser.close()
        except ElementTree.ParseError as error:
            line, column = error.position
            raise _broken(error.code, f"{self._name}:{line}:{column + 1}") from None
        except (ValueError, LookupError):
            raise data_error("D027", "the declared encoding is not known", file=self._name) from None

    def _pieces(self) -> Iterator[bytes]:
        """Gives the bytes, the first ones once the root element was found behind no document type."""
        began = False

        def refuse(*_: object) -> int:
            raise data_error(
                "D028", "the file declares a document type or entities",
                file=f"{self._name}:{guard.CurrentLineNumber}",
                hint="no message has one; find out where the file comes from before you read it",
            )  # fmt: skip

        def begin(*_: object) -> None:
            nonlocal began
            began = True

        guard = expat.ParserCreate()
        guard.StartElementHandler = begin
        guard.StartDoctypeDeclHandler = refuse
        guard.EntityDeclHandler = refuse
        guard.ExternalEntityRefHandler = refuse
        seen: list[bytes] = []
        size = 0
        while not began:
            piece = self._stream.read(1 << 12)
            try:
                guard.Parse(piece, not piece)
            except expat.ExpatError as error:
                if not began:
                    raise _broken(error.code, f"{self._name}:{error.lineno}:{error.offset + 1}") from None
            except (ValueError, LookupError):
                raise data_error("D027", "the declared encoding is not known", file=self._name) from None
            size += len(piece)
            if size > MAX_PROLOG:
                raise data_error("D029", "no root element at the beginning", file=self._name)
            seen.append(piece)
        yield b"".join(seen)
        while piece := self._stream.read(PIECE):
            yield piece

    def _check_depth(self, here: ElementTree.Element | None) -> None:
        depth = 0
        while here is not None and len(here):
            here = here[-1]
            depth += 1
            if depth > MAX_DEPTH:
                raise data_error("D029", "too deep for a message", file=self._name)

    def _harvest(
        self, here: ElementTree.Element, *, whole: bool, depth: int
    ) -> Iterator[tuple[str, Node | str | None]]:
        name = self._local_name(here.tag)
        if len(self._open) == depth:
            self._open.append(here)
            yield f"<{name}", None
        ready = len(here) if whole else len(here) - 1
        for i, child in enumerate(here):
            done = i < ready
            inner = self._local_name(child.tag)
            if inner in self._containers:
                yield from self._harvest(child, whole=done, depth=depth + 1)
            elif done:
                yield inner, self._content(child, 0)
        if ready > 0:
            del here[:ready]
        if whole:
            del self._open[depth:]
            yield f">{name}", None

    def _content(self, element: ElementTree.Element, depth: int) -> Node | str:
        if not len(element):
            return (element.text or "").strip()
        if depth > MAX_DEPTH:
            raise data_error("D029", "too deep for a message", file=self._name)
        out: Node = {}
        local = self._local
        for child in element:
            name = local.get(child.tag) or self._local_name(child.tag)
            if len(child):
                content: Any = self._content(child, depth + 1)
            else:
                content = (child.text or "").strip()
                currency = child.get("Ccy")  # `attrib` would make a dictionary for each element
                if currency is not None and f"{name}@" not in out:
                    out[f"{name}@"] = currency.strip()
            before = out.get(name)
            if before is None:
                out[name] = content
            elif before.__class__ is list:
                before.append(content)
            else:
                out[name] = [before, content]
        return out

    def _local_name(self, tag: str) -> str:
        name = self._local.get(tag)
        if name is None:
            name = tag.rpartition("}")[2]
            if len(self._local) < MAX_NAMES:
                self._local[tag] = name
        return name


def _broken(code: int, place: str) -> DataError:
    if code in _CUT:
        what = "the XML ends before its last element does: the file is empty or cut"
        return data_error("D027", what, file=place, hint="export or copy it again")
    # The library's text holds no data: it is one of a fixed list.
    return data_error(
        "D027",
        f"not well-formed XML ({expat.errors.messages.get(code, 'broken')})",
        file=place,
        hint="export the file again; characters that XML does not allow must be taken out, and the encoding "
        "that the first line names must be that of the text",
    )
