"""Warnings about rules that load and yet deserve a second look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thbscreen.rules import ast
from thbscreen.rules.context import ALWAYS

if TYPE_CHECKING:
    from thbscreen.rules.context import Context
    from thbscreen.rules.yamltree import Map


def warnings(ctx: Context, root: Map, rule: ast.Rule) -> None:
    """Adds the warnings of one bound rule to its findings.

    W101 no negative test; W102 no test of a missing value. Both are warnings for a draft only:
    from the status `test` on they are its gate (R071).
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
