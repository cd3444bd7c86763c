"""Puts the keys of rule, list and profile files into the order of writing; nothing else changes.

Values are never written anew: pieces of the source move, so quotes, folds, alignment and the names that
authors chose stay. A comment above a key moves with the key, one behind it stays on its line. What was
moved is read again, and a file whose meaning or comments would not be the same is left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from thbscreen.diagnostics import Diagnostic, Span
from thbscreen.rules.grammar import KINDS_OF_FILE, Form, form_of
from thbscreen.rules.yamltree import Map, Scalar, Seq, load_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from thbscreen.rules.grammar import Kind
    from thbscreen.rules.yamltree import Node

_LINE = re.compile("[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+$")
#: What the fast parser may take for something else: tabs, question marks, marks of byte order, tags.
_READ_APART = re.compile("[\t?\ufeff\x85\u2028\u2029]|!(?!=)")
_FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DASHES = re.compile(r" *(?:- +)+")


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file in the order of writing.

    Attributes:
        text: the new text; the old one when `found` holds an error.
        found: what stands in the way: the file is no YAML, holds no rule, list or profile, or would not
            mean the same.
    """

    text: str
    found: tuple[Diagnostic, ...] = ()


def format_text(data: bytes, file: str) -> Formatted:
    """Gives the text of a file with its keys in the order of writing.

    Args:
        data: content of the file.
        file: name shown in findings.
    """
    old = data.decode("utf-8-sig", "replace")
    root, findings = load_tree(data, file)
    if findings.failed or root is None:
        return Formatted(old, tuple(findings.result()))
    kind = kind_of(root)
    if kind is None:
        findings.error("R003", "the file holds no rule, list or profile", Span(file, 1, 1, 2))
        return Formatted(old, tuple(findings.result()))
    text = old if old.endswith(("\n", "\r")) else old + "\n"
    tree = _compose(text)
    flat = _flow_order(text, tree, kind)
    out = _block_order(flat, tree if flat == text else _compose(flat), kind)
    problem = None if out == text else _changed(text, out, file)
    if problem:
        findings.error("R009", problem, Span(file, 1, 1, 2), help="put the keys into order by hand")
        return Formatted(old, tuple(findings.result()))
    return Formatted(out)


def kind_of(root: Node) -> Kind | None:
    """Tells what a file holds by its key `rule`, `list` or `profile`."""
    if not isinstance(root, Map):
        return None
    return next((kind for kind in KINDS_OF_FILE if root.get(kind) is not None), None)


def _compose(text: str) -> yaml.Node:
    loader = yaml.SafeLoader if _READ_APART.search(text) else _FAST
    node: yaml.Node | None = yaml.compose(text, Loader=loader)
    assert node is not None
    return node


def _changed(old: str, new: str, file: str) -> str | None:
    before, first = load_tree(old, file)
    after, second = load_tree(new, file)
    if first.failed or second.failed or before is None or after is None or not _same(before, after):
        return "this file cannot be put into order without changing what it means"
    if _comments(old) != _comments(new):
        return "this file cannot be put into order without losing a comment"
    return None


def _same(a: Node, b: Node) -> bool:
    """Says whether two trees hold the same, whatever the order of keys."""
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return (a.text, a.quoted) == (b.text, b.quoted)
    if isinstance(a, Seq) and isinstance(b, Seq):
        return len(a.items) == len(b.items) and all(map(_same, a.items, b.items))
    if isinstance(a, Map) and isinstance(b, Map):
        mine, other = ({key.text: value for key, value in m} for m in (a, b))
        return mine.keys() == other.keys() and all(_same(value, other[key]) for key, value in mine.items())
    return False


def _comments(text: str) -> Counter[str]:
    """Counts the comments of a text: what stands behind `#` outside of values."""
    out: Counter[str] = Counter()
    at = 0
    for token in (*yaml.scan(text, Loader=yaml.SafeLoader), None):
        start = len(text) if token is None else token.start_mark.index
        gap = text[at:start]
        # an indicator of a block scalar may have a comment behind it, inside the token
        out.update(found.strip() for found in re.findall(r"#[^\r\n]*", gap))
        if token is not None:
            at = max(at, token.end_mark.index)
    return out


# --- order ----------------------------------------------------------------------------------------


def _values(node: yaml.MappingNode) -> dict[str, str | None]:
    return {k.value: v.value if isinstance(v, yaml.ScalarNode) else None for k, v in node.value}


def _order(names: list[str], form: Form | None) -> list[int]:
    """Gives positions in the order of writing; keys that no form knows come last, as they are."""
    if form is None:
        return list(range(len(names)))
    rank = {key: number for number, key in enumerate(form.keys)}
    return sorted(range(len(names)), key=lambda i: rank.get(names[i], len(rank)))


def _inner(node: yaml.Node, form: str) -> Iterator[tuple[yaml.Node, str]]:
    """Gives the nodes right inside a node with the name of what they are built like, "" for nothing known."""
    if isinstance(node, yaml.SequenceNode):
        inside = form[1:-1] if form.startswith("[") else ""
        yield from ((item, inside) for item in node.value)
    elif isinstance(node, yaml.MappingNode):
        if form.startswith("{"):
            yield from ((value, form[1:-1]) for _, value in node.value)
            return
        known = form_of(form, _values(node)) if form and not form.startswith("[") else None
        inner: Mapping[str, str] = known.inner if known else {}
        yield from ((value, inner.get(key.value, "")) for key, value in node.value)


def _form(node: yaml.MappingNode, form: str) -> Form | None:
    return form_of(form, _values(node)) if form and form[0] not in "[{" else None


# --- mappings in braces ---------------------------------------------------------------------------


def _flow_order(text: str, root: yaml.Node, kind: Kind) -> str:
    """Puts the keys of mappings in braces into order; `root` is the text's tree."""
    pieces: list[tuple[int, int, str]] = []

    def visit(node: yaml.Node, form: str) -> None:
        if getattr(node, "flow_style", False):
            pieces.append((node.start_mark.index, node.end_mark.index, _flow(text, node, form)))
            return
        for inside, name in _inner(node, form):
            visit(inside, name)

    visit(root, kind)
    out, at = [], 0
    for start, end, piece in pieces:
        out += [text[at:start], piece]
        at = end
    return "".join([*out, text[at:]])


def _flow(text: str, node: yaml.Node, form: str) -> str:
    if isinstance(node, yaml.ScalarNode):
        return text[node.start_mark.index : node.end_mark.index]
    inner = list(_inner(node, form))
    if isinstance(node, yaml.MappingNode):
        keys = [key for key, _ in node.value]
    else:
        keys = [item for item, _ in inner]
    slots, entries, at = [], [], node.start_mark.index
    for key, (value, name) in zip(keys, inner, strict=True):
        start, end = key.start_mark.index, max(key.end_mark.index, value.end_mark.index)
        head = text[start : value.start_mark.index] if value is not key else ""
        entries.append((head + _flow(text, value, name)) if value.end_mark.index > start else text[start:end])
        slots.append(text[at:start])
        at = end
    slots.append(text[at : node.end_mark.index])
    order = list(range(len(entries)))
    if isinstance(node, yaml.MappingNode) and not any("#" in slot for slot in slots):
        order = _order([key.value for key in keys], _form(node, form))
    return "".join(slot + entries[i] for slot, i in zip(slots, order, strict=False)) + slots[-1]


# --- mappings in lines ----------------------------------------------------------------------------


def _block_order(text: str, root: yaml.Node, kind: Kind) -> str:
    """Puts the keys of mappings in lines into order; `root` is the text's tree."""
    lines = _LINE.findall(text)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return text
    first = root.start_mark.line
    head = next((n + 1 for n in reversed(range(first)) if _ends_head(lines[n])), 0)
    body = _Lines(lines).ordered(root, kind, head, len(lines))
    return "".join([*lines[:head], *body])


def _ends_head(line: str) -> bool:
    """Says whether the lines up to this one belong to the file and not to its first key."""
    return not line.strip() or line.startswith(("---", "%"))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


class _Lines:
    """Moves the lines of one file; every method gives as many lines as it was asked for."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def last_line(self, node: yaml.Node) -> int:
        """Gives the last line that a node's content stands on."""
        if isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}:
            last = int(node.end_mark.line) - (node.end_mark.column == 0)
            keeps = "+" in self.lines[node.start_mark.line][node.start_mark.column :].split("#")[0]
            while not keeps and last > node.start_mark.line and not self.lines[last].strip():
                last -= 1
            return last
        if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
            end: int = node.end_mark.line
            return end
        if isinstance(node, yaml.SequenceNode):
            return self.last_line(node.value[-1])
        key, value = node.value[-1]
        return max(int(key.end_mark.line), self.last_line(value))

    def split(self, low: int, high: int, column: int) -> int:
        """Parts the lines between two entries: comments that stand deeper than `column` end the first."""
        at = low
        for n in range(low, high):
            line = self.lines[n]
            if line.strip():
                if _indent(line) <= column:
                    break
                at = n + 1
        return at

    def ordered(self, node: yaml.Node, form: str, low: int, high: int) -> list[str]:
        """Gives lines `low` to `high` with the mappings among them in order; `node` stands inside."""
        if getattr(node, "flow_style", True) or not node.value:
            return self.lines[low:high]
        if isinstance(node, yaml.SequenceNode):
            return self.items(node, form, low, high)
        assert isinstance(node, yaml.MappingNode)
        return self.entries(node, form, low, high)

    def items(self, node: yaml.SequenceNode, form: str, low: int, high: int) -> list[str]:
        """Orders the mappings of a list; the items stay where they are."""
        column, out, at = node.start_mark.column, [], low
        inner = list(_inner(node, form))
        for number, (item, name) in enumerate(inner):
            start = item.start_mark.line
            after = inner[number + 1][0].start_mark.line if number + 1 < len(inner) else high
            end = self.split(self.last_line(item) + 1, after, column)
            out += self.lines[at:start] + self.ordered(item, name, start, end)
            at = end
        return out + self.lines[at:high]

    def entries(self, node: yaml.MappingNode, form: str, low: int, high: int) -> list[str]:
        """Orders one mapping and those inside it."""
        column = node.start_mark.column
        starts = [key.start_mark.line for key, _ in node.value]
        inner = list(_inner(node, form))
        bounds, at = [], low
        for number, (value, _) in enumerate(inner):
            after = starts[number + 1] if number + 1 < len(starts) else high
            last = max(node.value[number][0].end_mark.line, self.last_line(value))
            end = self.split(last + 1, after, column)
            bounds.append((at, starts[number], end))
            at = end
        tail = self.lines[at:high]
        heads = [self.lines[a:b] for a, b, _ in bounds]
        bodies = []
        for (_, start, end), (value, name) in zip(bounds, inner, strict=True):
            inside = value.start_mark.line if value.start_mark.line > start else end
            rest = self.ordered(value, name, start + 1, end) if inside < end else self.lines[start + 1 : end]
            bodies.append([self.lines[start], *rest])
        prefix = bodies[0][0][:column]
        in_list = bool(_DASHES.fullmatch(prefix))
        movable = all(not body[0][:column].strip() for body in bodies[1:])
        order = list(range(len(bodies)))
        if movable and (in_list or not prefix.strip()):
            order = _order([key.value for key, _ in node.value], _form(node, form))
        if order == list(range(len(bodies))):
            return [line for head, body in zip(heads, bodies, strict=True) for line in (*head, *body)] + tail
        return self.moved(heads, bodies, order, prefix if in_list else None, column) + tail

    def moved(
        self, heads: list[list[str]], bodies: list[list[str]], order: list[int], dash: str | None, column: int
    ) -> list[str]:
        """Puts entries with the comments above them into a new order.

        Blank lines part places, not entries, so they stay where they were. `dash` is what stands before
        the first key of a mapping that is an item of a list.
        """
        blanks = [[line for line in head if not line.strip()] for head in heads]
        comments = [[line for line in head if line.strip()] for head in heads]
        out: list[str] = []
        for place, number in enumerate(order):
            first, *rest = bodies[number]
            above = comments[number]
            if dash is not None:
                first = (dash if place == 0 else " " * column) + first[column:]
                if place == 0:
                    above = [" " * dash.index("-") + line.lstrip(" ") for line in above]
            out += [*blanks[place], *above, first, *rest]
        return out
