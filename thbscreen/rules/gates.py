"""What a rule's status promises: each step from draft to stable has a gate, and retired rules stay apart.

draft: one test that expects a hit (R066). test: also one that expects none, and one with a missing value.
stable: also a place in every source, one exact evidence text, and a measured hit rate. retired: a day and
a reason, in the folder `retired`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from thbscreen.rules.lint import has_missing, has_negative
from thbscreen.rules.overrides import day
from thbscreen.rules.yamltree import Scalar

if TYPE_CHECKING:
    from thbscreen.rules import ast
    from thbscreen.rules.context import Context
    from thbscreen.rules.yamltree import Map, Node

#: Keys of a rule that only its status asks for.
KEYS = ("retired", "measured", "mutants_that_survive")
RETIRED_KEYS = ("on", "reason")
MEASURED_KEYS = ("on", "rows", "hits", "command")
MUTANT_KEYS = ("mutant", "reason")
FOLDER = "retired"
_COUNT = re.compile(r"[0-9]{1,12}", re.ASCII)


def check(ctx: Context, root: Map, rule: ast.Rule) -> None:
    """Holds a bound rule against the gate of its status (R071 to R073)."""
    _measured(ctx, root.get("measured"))
    _mutants(ctx, root.get("mutants_that_survive"))
    _retired(ctx, root, rule.status)
    if rule.status in {"test", "stable"}:
        lacks = [] if has_negative(rule) else ["a test that expects no hits"]
        lacks += [] if has_missing(rule) else ["a test in which a value is missing"]
        if lacks:
            _lacking(ctx, root, "R071", rule.status, lacks, "add it, or call the rule a draft")
    if rule.status == "stable":
        lacks = [] if all(has_place(s) for s in rule.sources) else ["a place in every source (at: page 31)"]
        lacks += [] if any(c.evidence is not None for c in rule.tests) else ["a test of the evidence text"]
        lacks += [] if root.get("measured") is not None else ["a hit rate under 'measured'"]
        if lacks:
            _lacking(ctx, root, "R072", rule.status, lacks, "add it, or leave the status at test")


def has_place(source: ast.Source) -> bool:
    """Says whether a source tells where in it."""
    return source.at not in {"", "to be filled"}


def _lacking(ctx: Context, root: Map, code: str, status: str, lacks: list[str], help: str) -> None:
    node = root.get("status")
    span = node.span if node is not None else root.span
    ctx.findings.error(code, f"status '{status}' needs {' and '.join(lacks)}", span, help=help)


def _retired(ctx: Context, root: Map, status: str) -> None:
    node, place = root.get("retired"), root.key("retired")
    if node is None and status == "retired":
        at = root.get("status")
        hint = "add retired: {on: 2026-01-31, reason: why}"
        span = at.span if at is not None else root.span
        ctx.findings.error("R073", "a retired rule says when and why: 'retired' is missing", span, help=hint)
    if node is None:
        return
    if status != "retired" and place is not None:
        ctx.findings.error(
            "R073",
            f"'retired' is given, but the status is '{status}'",
            place.span,
            help="write status: retired",
        )
    _entry(ctx, node, "'retired'", RETIRED_KEYS)


def _measured(ctx: Context, node: Node | None) -> None:
    mapping = _entry(ctx, node, "'measured'", MEASURED_KEYS)
    for key in ("rows", "hits"):
        found = ctx.scalar(mapping.get(key), f"'{key}'") if mapping is not None else None
        if found is not None and not _COUNT.fullmatch(found.text):
            ctx.findings.error("R007", f"'{key}' must be a whole number", found.span)


def _mutants(ctx: Context, node: Node | None) -> None:
    for item in ctx.sequence(node, "'mutants_that_survive'"):
        _entry(ctx, item, "a mutant that survives", MUTANT_KEYS)


def surviving(ctx: Context, root: Map) -> tuple[tuple[str, str], ...]:
    """Gives the mutants that the rule lists as surviving, each with its reason."""
    listed = root.get("mutants_that_survive")
    entries = [
        ctx.mapping(item, "a mutant that survives") for item in ctx.sequence(listed, "'mutants_that_survive'")
    ]
    return tuple((ctx.text(e, "mutant"), ctx.text(e, "reason")) for e in entries if e is not None)


def _entry(ctx: Context, node: Node | None, what: str, keys: tuple[str, ...]) -> Map | None:
    mapping = ctx.mapping(node, what, keys)
    if mapping is None:
        return None
    ctx.require(mapping, keys, what)
    if "on" in keys:
        day(ctx, mapping.get("on"), "'on'")
    for key in keys:
        value = mapping.get(key)
        if isinstance(value, Scalar) and not value.absent and not value.text.strip():
            ctx.findings.error("R006", f"'{key}' is empty", value.span)
    return mapping


def place(ctx: Context, rule: ast.Rule, folder: str) -> None:
    """Reports a retired rule outside the folder `retired`, and another one inside it (R073)."""
    if (folder == FOLDER) != (rule.status == "retired"):
        wrong = folder == FOLDER
        message = (
            f"the status is '{rule.status}', but the folder is '{FOLDER}'"
            if wrong
            else f"a retired rule lies in the folder '{FOLDER}'"
        )
        hint = "move the file out" if wrong else f"move the file to {FOLDER}/{rule.id}.yaml"
        ctx.findings.error("R073", message, rule.span, help=hint)


def unreadable(reader: ast.Rule | None, other: ast.Rule | None) -> str | None:
    """Says why a rule may not read another one's hits; None when it may."""
    if reader is None or other is None or reader.status == "retired":
        return None
    if other.status == "retired":
        return f"{reader.id} reads the hits of {other.id}, which is retired and never runs"
    if other.status == "draft" and reader.status != "draft":
        return f"{reader.id} reads the hits of {other.id}, which is a draft and runs only when asked for"
    return None
