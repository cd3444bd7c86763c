"""The strict loader: YAML text to a tree of nodes that know their places.

Nothing is guessed: `NO`, `0742` and `22:00` stay the text they are. Anchors, aliases, tags, merge
keys and further documents are refused. Whatever the bytes are, only diagnostics come out.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from thbscreen.diagnostics import Diagnostic, Span, sort_diagnostics
from thbscreen.model.strictyaml import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES = 1024 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 40
MAX_FINDINGS = 50
#: After so many errors nothing more is looked for in a file.
MAX_LOOKED_FOR = 200
MAX_MESSAGE = 300
#: Longer lines are not shown beside what is wrong with them.
MAX_LINE = 10_000

_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


class _TooMany(Exception):  # noqa: N818 -- control flow inside this file only
    """Ends the reading of a file that has so many errors that the rest is not worth the time."""


@dataclass(slots=True)
class Findings:
    """Collects what is wrong with one file, and knows its lines.

    Attributes:
        file: name shown to people.
        lines: the file's lines.
        items: what was found so far.
        later: reason and place of each suppression of what only a look at several files can find, by code.
    """

    file: str
    lines: list[str] = field(default_factory=list)
    items: list[Diagnostic] = field(default_factory=list)
    later: dict[str, tuple[str, Span]] = field(default_factory=dict)
    _seen: set[tuple[str, Span]] = field(default_factory=set)
    _reading: bool = False

    def error(
        self, code: str, message: str, span: Span, *, help: str | None = None, note: str | None = None
    ) -> None:
        """Adds an error; a second one with the same code at the same place is dropped."""
        self._add(Diagnostic(code, _cut(message), span, self.line(span.line), help and _cut(help), note))

    def warn(self, code: str, message: str, span: Span, *, help: str | None = None) -> None:
        """Adds a warning."""
        self._add(Diagnostic(code, _cut(message), span, self.line(span.line), help, severity="warning"))

    def _add(self, found: Diagnostic) -> None:
        if not self.items:
            self._seen.clear()
        if len(self.items) >= MAX_LOOKED_FOR or (found.code, found.span) in self._seen:
            return
        self._seen.add((found.code, found.span))
        self.items.append(found)
        if len(self.items) == MAX_LOOKED_FOR and found.severity == "error" and self._reading:
            raise _TooMany

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Ends its block quietly when there are so many errors that the rest is not worth the time."""
        self._reading = True
        try:
            yield
        except _TooMany:
            pass
        finally:
            self._reading = False

    def clear(self) -> None:
        """Forgets what was found."""
        self.items.clear()

    def line(self, number: int) -> str:
        """Gives a line as it is shown: characters that would disturb a terminal are replaced."""
        line = self.lines[number - 1] if 1 <= number <= len(self.lines) else ""
        return _shown(line) if len(line) <= MAX_LINE else ""

    @property
    def failed(self) -> bool:
        """Says whether there is an error among the findings."""
        return any(d.severity == "error" for d in self.items)

    def result(self) -> list[Diagnostic]:
        """Gives the findings in order, at most `MAX_FINDINGS`."""
        return sort_diagnostics(self.items)[:MAX_FINDINGS]


def _shown(text: str) -> str:
    """Replaces characters that would disturb a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in text)


def _cut(text: str) -> str:
    """Keeps a message short whatever a file's author put into a name."""
    text = _shown(text.replace("\t", " "))
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE - 1]}…"


@dataclass(slots=True)
class Scalar:
    """A single value as written; not frozen, because there are many and freezing costs time.

    Attributes:
        text: the characters of the value, unquoted.
        span: its place, quotes included; for a value over several lines, its first line.
        quoted: it stood in quotes or in a block.
        offset: characters between the start of the span and the value (1 for an opening quote).
        last_line: line on which it ends.
    """

    text: str
    span: Span
    quoted: bool = False
    offset: int = 0
    last_line: int = 0

    @property
    def absent(self) -> bool:
        """Says whether nothing was given: empty, `~` or `null` without quotes."""
        return not self.quoted and self.text in {"", "~", "null"}


@dataclass(frozen=True, slots=True)
class Seq:
    """A list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping; keys are unique."""

    entries: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """Gives the value of a key, or None."""
        return next((value for k, value in self.entries if k.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """Gives the key as written, or None."""
        return next((k for k, _ in self.entries if k.text == key), None)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        """Goes over the entries in the author's order."""
        return iter(self.entries)


Node = Scalar | Seq | Map


def token_span(findings: Findings, scalar: Scalar, start: int, length: int) -> Span:
    """Gives the place of a part of a scalar: `length` characters from `start` of its text.

    Falls back to the whole scalar when escapes or folded lines make the place unknowable.
    """
    span = scalar.span
    if scalar.last_line in {0, span.line}:
        line = findings.lines[span.line - 1] if span.line <= len(findings.lines) else ""
        begin = span.column - 1 + scalar.offset
        if line[begin : begin + len(scalar.text)] == scalar.text:
            column = begin + start + 1
            return Span(span.file, span.line, column, column + max(1, length))
        return span
    token = scalar.text[start : start + length]
    for number in range(span.line, min(scalar.last_line, len(findings.lines)) + 1):
        found = findings.lines[number - 1].find(token) if token.strip() else -1
        if found >= 0:
            return Span(span.file, number, found + 1, found + 1 + len(token))
    return span


class _Refused(Exception):  # noqa: N818 -- control flow inside this file only
    """Ends the reading of a file."""


#: Characters that turn the direction in which a text is shown.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def load_tree(data: bytes | str, file: str) -> tuple[Node | None, Findings]:
    """Reads one YAML document.

    Args:
        data: content of the file.
        file: name shown in diagnostics.

    Returns:
        The root node (None when the file cannot be used at all) and the findings.
    """
    findings = Findings(file)
    try:
        text = _decode(data, findings)
        findings.lines = _LINE_BREAK.split(text)
        if (turned := _TURNS.search(text)) is not None:
            lines = _LINE_BREAK.split(text[: turned.start()])
            place = Span(file, len(lines), len(lines[-1]) + 1, len(lines[-1]) + 2)
            help = "remove it: with it a text reads otherwise than it is stored"
            findings.error("R001", "a character here turns the direction of the text", place, help=help)
            raise _Refused
        whole = text if text.endswith("\n") else text + "\n"  # parsers disagree on what such an end means
        with findings.reading():
            return parsed(whole, lambda events: _Builder(findings).build(events)), findings
    except _Refused:
        pass
    except yaml.MarkedYAMLError as error:
        _syntax_error(error, findings)
    except yaml.reader.ReaderError as error:
        _wrong_character(error, text, findings)
    except Exception as error:  # whatever a hostile file makes the scanner raise is a finding
        reason = type(error).__name__
        findings.error("R001", f"the file is not readable YAML ({reason})", Span(file, 1, 1, 2))
    return None, findings


def _decode(data: bytes | str, findings: Findings) -> str:
    start = Span(findings.file, 1, 1, 2)
    size = len(data) if isinstance(data, bytes) else len(data.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        findings.error("R001", f"the file is larger than {MAX_BYTES // 1024} KiB", start)
        raise _Refused
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        lines = _LINE_BREAK.split(before)
        column = len(lines[-1]) + 1
        place = Span(findings.file, len(lines), column, column + 1)
        findings.error("R001", "the file is not UTF-8 text", place, help="save the file as UTF-8")
        raise _Refused from None


def _wrong_character(error: yaml.reader.ReaderError, text: str, findings: Findings) -> None:
    lines = _LINE_BREAK.split(text[: error.position])
    place = Span(findings.file, len(lines), len(lines[-1]) + 1, len(lines[-1]) + 2)
    code = ord(text[error.position]) if error.position < len(text) else 0
    help = "remove it; it may have come along when the text was copied"
    findings.error("R001", f"YAML does not allow the character U+{code:04X}", place, help=help)


def _syntax_error(error: yaml.MarkedYAMLError, findings: Findings) -> None:
    # an unclosed quote is found at the end of the file, but it begins at the context mark
    unclosed = error.problem is not None and "unexpected end of stream" in error.problem
    mark = error.context_mark if unclosed and error.context_mark else error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    what = " ".join(str(error.problem or error.context or "syntax").split())
    if unclosed:
        what = "a quote is opened and never closed" if "scalar" in str(error.context) else what
    what = "".join(c if c.isprintable() else "\ufffd" for c in what)[:200]
    # a file that ends too early is marked behind its last line
    line = min(line, len(findings.lines))
    column = min(column, len(findings.lines[line - 1]) + 1)
    findings.error("R001", f"not valid YAML: {what}", Span(findings.file, line, column, column + 1))


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    is_map: bool
    span: Span
    items: list[Node] = field(default_factory=list)


_WRITE_OUT = "write the value out"


class _Builder:
    """Turns parse events into nodes with an own stack, so that depth cannot hurt."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.file = findings.file
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.nodes = 0
        self.documents = 0

    def build(self, events: Iterable[yaml.Event]) -> Node | None:
        stack, scalar = self.stack, yaml.ScalarEvent
        for event in events:
            if event.__class__ is scalar:  # most events are; the parser makes no classes below these
                if event.anchor or event.tag or self.nodes >= MAX_NODES:
                    self._node(event)
                self.nodes += 1
                if stack:
                    stack[-1].items.append(self._scalar(event))
                else:
                    self.root = self._scalar(event)
            elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
                span = self._node(event)
                if len(self.stack) >= MAX_DEPTH:
                    self._fail("R009", f"values are nested more than {MAX_DEPTH} deep", span)
                self.stack.append(_Open(isinstance(event, yaml.MappingStartEvent), span))
            elif isinstance(event, yaml.CollectionEndEvent):
                self._place(self._close(self.stack.pop()))
            elif isinstance(event, yaml.AliasEvent):
                self._fail("R002", "YAML aliases (*) are not used here", self._span(event), _WRITE_OUT)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._document(event)
        if self.root is None or (isinstance(self.root, Scalar) and self.root.absent):
            self._fail("R001", "the file is empty", Span(self.findings.file, 1, 1, 2))
        return self.root

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return Span(self.findings.file, 1, 1, 2)
        line, column = start.line + 1, start.column + 1
        if end.line == start.line:
            stop = end.column + 1
        else:
            lines = self.findings.lines
            stop = len(lines[start.line].rstrip()) + 1 if line <= len(lines) else 0
        return Span(self.findings.file, line, column, max(column + 1, stop))

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        style = event.style
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        line, column, last = start.line + 1, start.column + 1, end.line + 1
        if last == line:
            stop = end.column + 1
            stop = stop if stop > column else column + 1
        else:
            stop = max(column + 1, len(self.findings.lines[start.line].rstrip()) + 1)
        span = Span(self.file, line, column, stop)
        if not style:
            return Scalar(event.value, span, False, 0, last)  # by place, for speed
        return Scalar(event.value, span, True, 1 if style in {"'", '"'} else 0, last)

    def _fail(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        self.findings.error(code, message, span, help=help)
        raise _Refused

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            self._fail("R002", "a second document begins here", self._span(event), "one file, one document")
        if event.version or event.tags:
            self._fail("R002", "YAML directives (%) are not used here", self._span(event))

    def _node(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> Span:
        """Counts a value, refuses what hides its meaning, and gives its place."""
        span = self._span(event)
        self.nodes += 1
        if event.anchor:
            self._fail("R002", "YAML anchors (&) are not used here", span, _WRITE_OUT)
        if event.tag:
            self._fail("R002", "YAML tags (!) are not used here", span)
        if self.nodes > MAX_NODES:
            self._fail("R009", f"the file has more than {MAX_NODES} values", span)
        return span

    def _place(self, node: Node) -> None:
        if self.stack:
            self.stack[-1].items.append(node)
        else:
            self.root = node

    def _close(self, opened: _Open) -> Node:
        if not opened.is_map:
            return Seq(tuple(opened.items), opened.span)
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        for key, value in zip(opened.items[::2], opened.items[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.findings.error("R009", "a key must be a plain word", key.span)
            elif key.text in seen:
                first = f"first given on line {seen[key.text]}; keep one"
                self.findings.error("R005", f"'{key.text}' is given twice", key.span, help=first)
            else:
                seen[key.text] = key.span.line
                if isinstance(value, Scalar) and not value.text and not value.quoted:
                    value.span = key.span  # nothing has no place of its own: parsers put it anywhere
                entries.append((key, value))
        return Map(tuple(entries), opened.span)
