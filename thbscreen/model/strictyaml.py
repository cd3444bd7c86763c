"""A small strict reader for YAML files that people write: nodes with positions, no guessing.

Every scalar stays text: `NO`, `012`, `12:30` and `2023-01-31` mean what is written. Anchors,
aliases, tags, a second document, duplicate keys and keys that are not text are refused, so a file
means what it looks like.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

MAX_BYTES = 1 << 20
MAX_NODES = 100_000
MAX_DEPTH = 40


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
    return _Builder().build(text)


class _Builder:
    """Builds nodes from parse events with an explicit stack, so depth cannot hurt."""

    def __init__(self) -> None:
        self.stack: list[tuple[yaml.Event, list[Node]]] = []
        self.root: Node | None = None
        self.count = 0
        self.documents = 0

    def build(self, text: str) -> Node:
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):  # the C loader can crash on depth
                self._take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise StrictYamlError(error.problem or "not YAML", line, column) from None
        except yaml.YAMLError:
            raise StrictYamlError("the file holds characters that YAML does not allow") from None
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
            self._put(Scalar(event.value, event.style is not None, line, column))
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
