"""A small strict reader for YAML files that people write: nodes with positions, no guessing.

Every scalar stays text: `NO`, `012`, `12:30` and `2023-01-31` mean what is written. Anchors,
aliases, tags, a second document, duplicate keys and keys that are not text are refused, so a file
means what it looks like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_BYTES = 1 << 20
MAX_NODES = 100_000
MAX_DEPTH = 40


#: Above this many characters an error is told in the words of the fast parser, as it was found.
_READ_TWICE = 200_000
#: What the fast parser takes for something else than the one that is always there: tabs, marks of byte
#: order inside the text, question marks inside braces, tags.
_READ_APART = re.compile("[\t?\ufeff]|!(?!=)")
#: Between quotes both read it the same.
_QUOTED = re.compile(r'(?<=[\s,\[{])"[^"\\\n\t\ufeff]*"(?=[\s,\]}:])')
_FAST: Any = getattr(yaml, "CSafeLoader", None)
T = TypeVar("T")


def parsed(text: str, build: Callable[[Iterable[yaml.Event]], T]) -> T:
    """Reads the events of a text with the fast parser, where there is one and both read the same.

    What goes wrong is read once more by the parser written in Python, so that messages and places do not
    depend on the machine. Both give their events one by one, so depth cannot hurt either.

    Args:
        text: a whole file.
        build: makes something of the events; called a second time when the first parser fails.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    if _FAST is not None and not (_READ_APART.search(text) and _READ_APART.search(_QUOTED.sub("", text))):
        try:
            return build(iter(_FAST(text).get_event, None))
        except yaml.YAMLError:
            if len(text) > _READ_TWICE:
                raise
        except UnicodeError:  # half a surrogate pair, which the other parser names
            pass
    return build(yaml.parse(text, Loader=yaml.SafeLoader))


class StrictYamlError(Exception):
    """The text is not strict YAML; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        """Keeps what is wrong and where."""
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as written; `quoted` tells `'null'` from `null`."""

    text: str
    quoted: bool
    line: int
    column: int

    @property
    def is_null(self) -> bool:
        """True for nothing, `~` and `null` without quotes."""
        return not self.quoted and self.text in ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping in written order; each entry keeps its key's node for positions."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int

    def get(self, key: str) -> Node | None:
        """Gives the value of a key, or None."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Listing | Block


def load(data: bytes) -> Node:
    """Reads one document.

    Args:
        data: the file's bytes, UTF-8.

    Raises:
        StrictYamlError: for anything that is not strict YAML.
    """
    if len(data) > MAX_BYTES:
        raise StrictYamlError(f"the file is larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StrictYamlError("the file is not UTF-8", data.count(b"\n", 0, error.start) + 1) from None
    try:
        return parsed(text, lambda events: _Builder().build(events))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise StrictYamlError(error.problem or "not YAML", line, column) from None
    except yaml.YAMLError:
        raise StrictYamlError("the file holds characters that YAML does not allow") from None


class _Builder:
    """Builds nodes from parse events with an explicit stack, so depth cannot hurt."""

    def __init__(self) -> None:
        self.stack: list[tuple[yaml.Event, list[Node]]] = []
        self.root: Node | None = None
        self.count = 0
        self.documents = 0

    def build(self, events: Iterable[yaml.Event]) -> Node:
        for event in events:
            self._take(event)
        if self.root is None:
            raise StrictYamlError("the file is empty")
        return self.root

    def _take(self, event: yaml.Event) -> None:
        line, column = _place(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise StrictYamlError("one file holds one document", line, column)
        elif isinstance(event, yaml.AliasEvent):
            raise StrictYamlError("aliases are not allowed; write the value again", line, column)
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, line, column)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            start, items = self.stack.pop()
            self._put(_close(start, items))

    def _node(self, event: yaml.NodeEvent, line: int, column: int) -> None:
        self.count += 1
        if self.count > MAX_NODES or len(self.stack) > MAX_DEPTH:
            raise StrictYamlError("the file is too large or too deep", line, column)
        if event.anchor is not None:
            raise StrictYamlError("anchors are not allowed", line, column)
        if getattr(event, "tag", None) is not None:
            raise StrictYamlError("tags are not allowed", line, column)
        if isinstance(event, yaml.ScalarEvent):
            self._put(Scalar(event.value, bool(event.style), line, column))
        else:
            self.stack.append((event, []))

    def _put(self, node: Node) -> None:
        if self.stack:
            self.stack[-1][1].append(node)
        else:
            self.root = node


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _close(start: yaml.Event, items: list[Node]) -> Node:
    line, column = _place(start)
    if isinstance(start, yaml.SequenceStartEvent):
        return Listing(tuple(items), line, column)
    entries: list[tuple[Scalar, Node]] = []
    seen: dict[str, int] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise StrictYamlError("a key must be plain text", key.line, key.column)
        if key.text in seen:
            raise StrictYamlError(
                f"the key '{key.text}' is written twice (first on line {seen[key.text]})",
                key.line,
                key.column,
            )
        seen[key.text] = key.line
        entries.append((key, value))
    return Block(tuple(entries), line, column)
