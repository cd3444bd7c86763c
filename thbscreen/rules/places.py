"""Finding the place of a value or comparator in a rule file again, after binding has let go of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thbscreen.rules.yamltree import Map, Scalar, Seq, load_tree, token_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from thbscreen.diagnostics import Span
    from thbscreen.rules.yamltree import Node


class RuleText:
    """The text of one rule file, in which places are looked up.

    Args:
        text: content of the file.
        file: name shown to people.
    """

    def __init__(self, text: bytes | str, file: str) -> None:
        """Reads the file; one that is no YAML has no places."""
        self.root, self.findings = load_tree(text, file)

    def find(
        self, keys: Sequence[str], token: str, *, field: str = "", line: str = "", number: int = 0
    ) -> Span | None:
        """Gives the place of a token, or None when it is not certain that it is there.

        Args:
            keys: keys from `parameters` or from inside `detect` on; those that the file spells in another
                way are passed over.
            token: a value or comparator as written.
            field: the field whose test holds the token.
            line: the comparison that holds the token, blanks folded.
            number: which of several equal places, from 0.
        """
        node = self.root
        if not isinstance(node, Map):
            return None
        if keys and keys[0] == "parameters":
            keys = [*keys, "value"]
        else:
            node = node.get("detect")
        for key in keys:
            node = _down(node, key)
        if node is None:
            return None
        if line:
            found = [s for s in _scalars(node) if " ".join(s.text.split()) == line]
        elif field:
            found = [s for test in _tests(node, field) for s in _scalars(test, keys=True) if s.text == token]
        else:
            found = [s for s in _scalars(node) if token in s.text]
        if not found:
            return None
        scalar = found[number] if number < len(found) else found[0]
        start = scalar.text.find(token)
        return scalar.span if start < 0 else token_span(self.findings, scalar, start, len(token))


def _down(node: Node | None, key: str) -> Node | None:
    """Goes down by a key, by the name of an item, or by a key one step further down."""
    if isinstance(node, Seq):
        for item in node.items:
            name = item.get("name") if isinstance(item, Map) else None
            if isinstance(name, Scalar) and name.text == key:
                return item
        return node
    if not isinstance(node, Map):
        return node
    direct = node.get(key)
    if direct is not None:
        return direct
    below = (value.get(key) for _, value in node if isinstance(value, Map))
    return next((found for found in below if found is not None), node)


def _scalars(node: Node, *, keys: bool = False) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Seq):
        for item in node.items:
            yield from _scalars(item, keys=keys)
    else:
        for key, value in node:
            if keys:
                yield key
            yield from _scalars(value, keys=keys)


def _tests(node: Node, field: str) -> Iterator[Node]:
    if isinstance(node, Seq):
        for item in node.items:
            yield from _tests(item, field)
    elif isinstance(node, Map):
        for key, value in node:
            if key.text == field:
                yield value
            else:
                yield from _tests(value, field)
