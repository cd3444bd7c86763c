"""Warnings about rules that load and yet deserve a second look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from thbscreen.rules import ast
from thbscreen.rules.context import ALWAYS
from thbscreen.rules.yamltree import Node, Scalar, Seq, token_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from thbscreen.rules.context import Context
    from thbscreen.rules.yamltree import Map

#: Words that accuse; no text that people read may hold them.
ACCUSING = re.compile(
    r"\b(?:suspects?|offenders?|criminals?|prostitutes?|illegal(?:ly)?|guilty|mules?|perpetrators?|traffickers?)\b",
    re.IGNORECASE,
)


def accusing_words(text: str) -> list[tuple[int, str]]:
    """Gives every accusing word of a text with its position."""
    return [(found.start(), found.group()) for found in ACCUSING.finditer(text)]


def warnings(ctx: Context, root: Map, rule: ast.Rule) -> None:
    """Adds the warnings of one bound rule to its findings.

    W101 no negative test; W102 no test of a missing value; W109 an accusing word in a text. The first two
    are warnings for a draft only: from the status `test` on they are its gate (R071).
    """
    tests = root.key("tests")
    place = tests.span if tests else root.span
    gated = rule.status in {"test", "stable"}
    if rule.tests and not gated and not has_negative(rule):
        ctx.findings.warn(
            "W101", "no test shows what must not be flagged", place, help="add a test that expects no hits"
        )
    if rule.tests and not gated and not has_missing(rule):
        ctx.findings.warn(
            "W102", "no test shows what happens when a value is missing", place,
            help="leave a column out of one row, or set it to ~",
        )  # fmt: skip
    for scalar in _shown(root):
        for start, word in accusing_words(scalar.text):
            ctx.findings.warn(
                "W109", f"'{word}' accuses somebody", token_span(ctx.findings, scalar, start, len(word)),
                help="say what the money does, and possible_... for roles",
            )  # fmt: skip


def has_negative(rule: ast.Rule) -> bool:
    """Says whether a test shows what must not be flagged."""
    return any(case.expect == "no hits" for case in rule.tests)


def has_missing(rule: ast.Rule) -> bool:
    """Says whether a test lacks a value that the rule reads; true when no row can lack any."""
    read = {c.rpartition(".")[2] for c in rule.columns} - ALWAYS
    return not read or any(_lacks_a_value(case, rule.columns) for case in rule.tests)


def _lacks_a_value(case: ast.Case, columns: tuple[str, ...]) -> bool:
    if case.expect == "not judged":
        return True
    read = {c.rpartition(".")[2] for c in columns} - ALWAYS
    for _, rows in case.tables:
        cells = [{name for name, value in row if value is not None} for row in rows]
        filled = set().union(*cells) if cells else set()
        named = filled | {name for row in rows for name, _ in row}
        if any((named & read) - row for row in cells):
            return True
    return False


def _shown(root: Map) -> Iterator[Scalar]:
    """Lists the texts that analysts read."""
    for key in ("title", "summary", "why", "innocent_explanations", "care", "evidence"):
        yield from _scalars(root.get(key))
    yield from _scalars(getattr(root.get("report"), "get", lambda _: None)("keywords"))


def _scalars(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Seq):
        for item in node.items:
            yield from _scalars(item)
