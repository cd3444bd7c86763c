"""Binds the inline tests of a rule: small tables and the hits that must come out."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Literal

from thbscreen.diagnostics import suggest
from thbscreen.model import catalogue
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.context import HIT_TIMES, Context
from thbscreen.rules.evaluate import number
from thbscreen.rules.literals import LiteralError, as_unit
from thbscreen.rules.words import good_entry, hashable
from thbscreen.rules.yamltree import Map, Node, Scalar, Seq

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONEY = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,2})?( EUR)?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,12}", re.ASCII)
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?", re.ASCII)
_SIGNED = frozenset({"balance_after"})
Row = tuple[tuple[str, str | None], ...]
Hits = tuple[tuple[tuple[str, str], ...], ...]

#: Columns of each test table; a customer row may name an account, which then exists and is theirs.
COLUMNS: dict[str, dict[str, catalogue.Field]] = {
    name: {f.name: f for f in fields} for name, fields in catalogue.TABLES.items()
}
COLUMNS["parties"]["account_id"] = COLUMNS["accounts"]["account_id"]
# linking gives this column in a run; a small test cannot link, so it says what linking would have found
COLUMNS["transactions"]["network_id"] = catalogue.DERIVED["network_id"]


def bind_cases(
    ctx: Context, node: Node | None, detect: ast.Detect | None, roles: tuple[str, ...]
) -> tuple[ast.Case, ...]:
    """Binds the tests; wrong tables, columns, values and expectations are R060 to R066."""
    out: list[ast.Case] = []
    names: set[str] = set()
    known = _expectable(ctx, detect, roles)
    for item in ctx.sequence(node, "'tests'"):
        case = _case(ctx, item, known)
        if case is None:
            continue
        if case.name in names:
            ctx.findings.error("R019", f"a second test is called '{case.name}'", case.span)
        names.add(case.name)
        out.append(case)
    if out and node is not None and all(isinstance(case.expect, str) for case in out):
        hint = "add a test with the rows that must be found"
        ctx.findings.error("R066", "no test expects a hit", node.span, help=hint)
    return tuple(out)


def _expectable(ctx: Context, detect: ast.Detect | None, roles: tuple[str, ...]) -> set[str] | None:
    """Lists what a test may expect of a hit; None when that is unknown because 'detect' failed."""
    if detect is None:
        return None
    shared = {"tx_ids", "members", "account_id"}
    if isinstance(detect, ast.Transaction):
        return shared | set(ctx.field_names()) | set(COLUMNS["transactions"])
    if isinstance(detect, ast.Star):
        keys = {detect.centre, *roles}
    else:
        keys = set(detect.for_each)
        keys |= {detect.centre} if isinstance(detect, ast.Aggregate) and detect.centre else set()
    return shared | keys | set(ctx.measures) | {*HIT_TIMES, "episodes"}


def _case(ctx: Context, node: Node, known: set[str] | None) -> ast.Case | None:
    allowed = ("name", "parameters", "given", "expect", "evidence", "known_gap")
    mapping = ctx.mapping(node, "a test", allowed)
    if mapping is None:
        return None
    ctx.require(mapping, ("name", "given", "expect"), "a test")
    name = ctx.text(mapping, "name")
    evidence = ctx.scalar(mapping.get("evidence"), "'evidence'")
    gap = ctx.choice(mapping.get("known_gap"), "'known_gap'", ("true", "false"))
    given = ctx.mapping(mapping.get("given"), "'given'")
    tables = tuple(_tables(ctx, given)) if given else ()
    lists = tuple(_lists(ctx, given.get("lists"))) if given else ()
    expect = _expect(ctx, mapping.get("expect"), known)
    parameters = tuple(_parameters(ctx, mapping.get("parameters")))
    if not name or expect is None:
        return None
    text = evidence.text if evidence else None
    return ast.Case(name, parameters, tables, expect, text, gap == "true", mapping.span, lists)


def _parameters(ctx: Context, node: Node | None) -> Iterator[tuple[str, str]]:
    for key, value in ctx.mapping(node, "'parameters'") or ():
        if key.text not in ctx.parameters:
            hint = suggest(key.text, [*ctx.parameters])
            ctx.findings.error("R010", f"unknown parameter '{key.text}'", key.span, help=hint)
            continue
        parameter = ctx.parameters[key.text]
        found = ctx.scalar(value, f"'{key.text}'")
        if parameter is None or found is None:
            continue
        if ctx.literal(found, parameter.value.unit, f"'{key.text}'") is None:
            continue
        outside = out_of_bounds(parameter, as_unit(found.text, parameter.value.unit))
        if outside:
            ctx.findings.error("R064", f"{key.text} = {found.text} is {outside}", found.span)
        yield key.text, found.text


def out_of_bounds(parameter: ast.Parameter, value: ast.Value) -> str | None:
    """Says how a value lies outside a parameter's bounds, or None when it lies inside."""
    at, low, high = (number(v, {}) for v in (value, parameter.min, parameter.max))
    assert at is not None
    assert low is not None
    assert high is not None
    if at < low:
        return f"below the smallest allowed value {parameter.min.text}"
    return f"above the largest allowed value {parameter.max.text}" if at > high else None


# --- tables --------------------------------------------------------------------------------------


def _tables(ctx: Context, given: Map) -> Iterator[tuple[str, tuple[Row, ...]]]:
    if not given.entries:
        ctx.findings.error("R060", "the test gives no rows", given.span)
    for key, value in given:
        if key.text == "lists":
            continue
        if key.text not in COLUMNS:
            hint = suggest(key.text, [*COLUMNS, "lists"])
            ctx.findings.error("R061", f"unknown table '{key.text}'", key.span, help=hint)
            continue
        table = ctx.mapping(value, f"'{key.text}'", ("defaults", "rows"))
        if table is None:
            continue
        ctx.require(table, ("rows",), f"'{key.text}'")
        defaults = _row(ctx, table.get("defaults"), key.text) if table.get("defaults") else {}
        rows = [_row(ctx, row, key.text) for row in ctx.sequence(table.get("rows"), "'rows'")]
        merged = [defaults | row for row in rows]
        yield key.text, tuple(tuple(row.items()) for row in merged)


def _lists(ctx: Context, node: Node | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Binds the words that stand for lists of an institution while the test runs (R067)."""
    for key, value in ctx.mapping(node, "'lists'") or ():
        found = ctx.lists.get(key.text)
        items = ctx.scalars(value, f"'{key.text}'")
        if found is None or not found.supplied_by:
            if key.text not in ctx.broken_lists:
                supplied = sorted(name for name, one in ctx.lists.items() if one.supplied_by)
                hint = suggest(key.text, supplied) or "a test gives only lists that an institution supplies"
                ctx.findings.error("R067", f"a test cannot give '{key.text}'", key.span, help=hint)
            continue
        problems = [(s, hashable(s.text)) for s in items if found.kind == "hashed"]
        for item, problem in problems:
            if problem:
                ctx.findings.error("R067", f"'{item.text[:40]}' cannot be hashed: {problem}", item.span)
        good = [s for s in items if found.kind != "words" or good_entry(ctx.findings, s)]
        if good and not any(problem for _, problem in problems):
            yield key.text, tuple(s.text for s in good)


def _row(ctx: Context, node: Node | None, table: str) -> dict[str, str | None]:
    out: dict[str, str | None] = {}
    for key, value in ctx.mapping(node, f"a row of '{table}'") or ():
        known = COLUMNS[table].get(key.text)
        if known is None:
            if not ctx.forbidden(key.text, key.span):
                hint = suggest(key.text, sorted(COLUMNS[table]))
                ctx.findings.error("R062", f"'{table}' has no column '{key.text}'", key.span, help=hint)
            continue
        if isinstance(value, Scalar) and value.absent:
            out[key.text] = None
            continue
        found = ctx.scalar(value, f"'{key.text}'")
        if found is None:
            continue
        wrong = _wrong_cell(known, found.text)
        if wrong:
            ctx.findings.error("R063", f"'{key.text}' cannot be read: {wrong}", found.span)
        else:
            out[key.text] = found.text
    return out


def _wrong_cell(known: catalogue.Field, text: str) -> str | None:
    """Says what is wrong with a cell of a test table, or None."""
    match known.kind:
        case "enum":
            return None if text in known.values else "it is one of " + ", ".join(known.values)
        case "money":
            if not _MONEY.fullmatch(text):
                return "write an amount like 120 or 99.50"
            return (
                "the direction says the sign" if text.startswith("-") and known.name not in _SIGNED else None
            )
        case "time" | "date":
            return _wrong_time(text, date_only=known.kind == "date")
        case "flag":
            return None if text in {"true", "false"} else "write true or false"
        case "whole":
            return None if _WHOLE.fullmatch(text) else "write a whole number"
        case _:
            return None


def _wrong_time(text: str, *, date_only: bool) -> str | None:
    found = _TIME.fullmatch(text)
    if found is None or (date_only and found.group(2)):
        return "write 2024-03-31" if date_only else "write 2024-03-31 22:15 or 2024-03-31"
    try:
        dt.datetime.fromisoformat(f"{found.group(1)} {found.group(2) or '00:00'}")
    except ValueError:
        return "there is no such time"
    return None


# --- expectations --------------------------------------------------------------------------------


def _expect(
    ctx: Context, node: Node | None, known: set[str] | None
) -> Literal["no hits", "not judged"] | Hits | None:
    if isinstance(node, Scalar):
        text = " ".join(node.text.split())
        if text == "no hits":
            return "no hits"
        if text == "not judged":
            return "not judged"
        hint = "write no hits, not judged, or a list of hits"
        ctx.findings.error("R065", f"'expect' cannot be '{text[:40]}'", node.span, help=hint)
        return None
    if node is not None and not isinstance(node, Seq):
        ctx.findings.error("R065", "'expect' is no list of hits", node.span)
        return None
    return tuple(_hit(ctx, item, known) for item in ctx.sequence(node, "'expect'")) if node else None


def _hit(ctx: Context, node: Node, known: set[str] | None) -> tuple[tuple[str, str], ...]:
    out = []
    for key, value in ctx.mapping(node, "an expected hit") or ():
        if known is not None and key.text not in known:
            hint = suggest(key.text, sorted(known))
            ctx.findings.error("R065", f"a hit of this rule has no '{key.text}'", key.span, help=hint)
            continue
        found = ctx.scalar(value, f"'{key.text}'")
        if found is None:
            continue
        unit = ctx.measures.get(key.text)
        if unit in {Unit.MONEY, Unit.NUMBER, Unit.SHARE} and not _readable(found.text, unit):
            ctx.findings.error("R063", f"'{key.text}' is a {unit} and cannot be read", found.span)
        out.append((key.text, found.text))
    return tuple(out)


def _readable(text: str, unit: Unit) -> bool:
    if unit is Unit.MONEY:
        return _MONEY.fullmatch(text) is not None
    try:
        as_unit(text, unit)
    except LiteralError:
        return False
    return True
