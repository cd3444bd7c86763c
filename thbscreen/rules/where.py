"""Binds `where`: a mapping of field to tests, all of which must hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from thbscreen.diagnostics import suggest
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.comparison import LineError, parse_line
from thbscreen.rules.context import NAME_FIELDS, NAME_LISTS, RULE_ID, Context, FieldInfo
from thbscreen.rules.evaluate import never, span_of, walk
from thbscreen.rules.words import good_entry
from thbscreen.rules.yamltree import Map, Node, Scalar, Seq

if TYPE_CHECKING:
    from collections.abc import Iterator

_EQUAL = ("is", "is_not", "in", "not_in")
_BOUNDS = ("at_least", "at_most", "above", "below")
_LISTS = ("in_list", "not_in_list", "mentions_list")
#: Which tests go with what a field measures.
TESTS_OF: dict[Unit, tuple[str, ...]] = {
    Unit.TEXT: (*_EQUAL, *_LISTS, "mentions", "missing"),
    Unit.MONEY: (*_EQUAL, *_BOUNDS, "multiple_of", "missing"),
    Unit.NUMBER: (*_EQUAL, *_BOUNDS, "multiple_of", "missing"),
    Unit.SHARE: (*_EQUAL, *_BOUNDS, "missing"),
    Unit.DATE: (*_EQUAL, *_BOUNDS, "missing"),
    Unit.TIME: (*_BOUNDS, "time_of_day", "weekday", "missing"),
    Unit.FLAG: ("is", "is_not", "missing"),
    Unit.LENGTH: (*_BOUNDS, "missing"),
}
ALL_TESTS = (
    *_EQUAL, *_LISTS, *_BOUNDS, "mentions", "time_of_day", "weekday", "multiple_of", "missing", "hit_by",
)  # fmt: skip
_NEGATIVE = {"is_not", "not_in", "not_in_list"}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def bind_where(ctx: Context, node: Node | None, what: str = "'where'") -> ast.Where:
    """Binds a where; what is wrong is reported and left out."""
    mapping = ctx.mapping(node, what)
    if mapping is None:
        return ast.Where()
    conditions: list[ast.Condition] = []
    for key, value in mapping:
        if key.text in {"any_of", "none_of"}:
            items = ctx.sequence(value, f"'{key.text}'")
            wheres = tuple(bind_where(ctx, item, f"an item of '{key.text}'") for item in items)
            conditions.append(ast.AnyOf(wheres) if key.text == "any_of" else ast.NoneOf(wheres))
        elif key.text == "compare":
            conditions += _compare(ctx, value)
        else:
            conditions += _field(ctx, key, value)
    where = ast.Where(tuple(conditions))
    contradicted = never(where, ctx.defaults())
    if contradicted is not None and (at := mapping.key(contradicted)) is not None:
        ctx.findings.error("R024", f"no row can pass: the tests on '{contradicted}' contradict", at.span)
    return where


def _compare(ctx: Context, value: Node) -> Iterator[ast.Condition]:
    for item in ctx.scalars(value, "'compare'"):
        got = parse_line(item.text, ctx.scope(rows=True))
        if isinstance(got, LineError):
            ctx.line_error(got, item)
        elif got is not None:
            names = [p.name for p in walk(got) if isinstance(p, ast.Name)]
            free = next((n for n in names if n in NAME_FIELDS or n == "remittance_info"), None)
            if free:
                hint = "free texts and names are tested through reviewed lists only"
                ctx.findings.error("R014", f"'{free}' may not be compared", item.span, help=hint)
            elif (span := next((n for n in names if _is_length(ctx, n)), None)) is not None:
                hint = "test it by itself, such as {at_least: 30 days}"
                ctx.findings.error(
                    "R023", f"'{span}' is a length of time and cannot be compared", item.span, help=hint
                )
            elif not names:
                ctx.findings.error("R044", "the line names no field of the row", item.span)
            elif not ctx.divides_by_zero(got, item):
                yield got


def _is_length(ctx: Context, name: str) -> bool:
    info = ctx.find_field(name)
    return info is not None and not isinstance(info, str) and info.unit is Unit.LENGTH


def _field(ctx: Context, key: Scalar, value: Node) -> Iterator[ast.Condition]:
    info = ctx.field(key)
    if info is None:
        _check_lists_anyway(ctx, value)
        return
    if not isinstance(value, Map):
        op = "in" if isinstance(value, Seq) else "is"
        yield from _test(ctx, info, op, key, value)
        return
    if not value.entries:
        ctx.findings.error("R006", f"'{key.text}' has no test", key.span)
    for name, operand in value:
        yield from _test(ctx, info, name.text, name, operand)
    names = {name.text for name, _ in value}
    negative = next((name for name, _ in value if name.text in _NEGATIVE), None)
    if negative is not None and info.may_miss and info.unit is not Unit.FLAG and "missing" not in names:
        ctx.findings.warn(
            "W108", f"'{negative.text}' also passes rows where '{key.text}' is missing", negative.span,
            help="say what you want: add missing: false or missing: true",
        )  # fmt: skip


def _check_lists_anyway(ctx: Context, value: Node) -> None:
    """Finds wrong list names under a field that is wrong itself: they are faults of their own."""
    if isinstance(value, Map):
        for name, operand in value:
            if name.text in _LISTS and isinstance(operand, Scalar):
                ctx.list_named(operand, ("words", "codes", "values", "map", "hashed"), name.text)


def _test(ctx: Context, info: FieldInfo, op: str, at: Scalar, operand: Node) -> Iterator[ast.Test]:
    if op not in ALL_TESTS:
        ctx.findings.error("R013", f"unknown test '{op}'", at.span, help=suggest(op, ALL_TESTS, limit=20))
        return
    if op == "hit_by":
        yield from _hit_by(ctx, info, at, operand)
        return
    allowed = ("missing",) if info.match else TESTS_OF[info.unit]
    if op not in allowed:
        ctx.findings.error(
            "R023", f"'{op}' does not go with '{info.path}', {_what(info)}", at.span,
            help="tests that do: " + ", ".join(allowed),
        )  # fmt: skip
        return
    if op != "missing" and not _reviewed(ctx, info, op, at, operand):
        return
    if op != "missing" and not _possible(ctx, info, op, operand):
        return
    bound = _operand(ctx, info, op, operand)
    if bound is not None:
        yield ast.Test(info.path, cast("ast.TestOp", op), bound)


#: What values of some codes look like; anything else would never match.
_SHAPES: dict[str, tuple[re.Pattern[str], str]] = {
    "mcc": (re.compile(r"[0-9]{4}"), "a merchant category code has four digits, such as 0742"),
    "country": (re.compile(r"[A-Z]{2}"), "a country is written with two capital letters, such as CY"),
    "currency": (re.compile(r"[A-Z]{3}"), "a currency is written with three capital letters, such as EUR"),
    "purpose": (re.compile(r"[A-Z0-9]{1,4}"), "a purpose code has up to four capital letters, such as SALA"),
}


def _shape_of(path: str) -> tuple[re.Pattern[str], str] | None:
    name = path.rpartition(".")[2]
    if name in {"purpose_code", "category_purpose"}:
        return _SHAPES["purpose"]
    return _SHAPES.get("country" if name.endswith("country") else name)


def _possible(ctx: Context, info: FieldInfo, op: str, operand: Node) -> bool:
    """Refuses a code that no row can hold (R022)."""
    shape = _shape_of(info.path)
    if shape is None or op not in {*_EQUAL, "mentions"}:
        return True
    if op == "mentions" and shape is _SHAPES["mcc"]:
        return True  # `54*` finds the codes that begin so
    if op == "mentions":
        hint = "use in, or a list of codes"
        ctx.findings.error("R023", f"'{info.path}' holds codes, not words", operand.span, help=hint)
        return False
    wrong = [s for s in ctx.scalars(operand, f"'{op}'") if not shape[0].fullmatch(s.text)]
    for item in wrong:
        message = f"'{info.path}' is never '{item.text[:20]}'"
        ctx.findings.error("R022", message, item.span, help=shape[1])
    return not wrong


def _what(info: FieldInfo) -> str:
    if info.match:
        return "a matched row"
    return {Unit.TEXT: "a text", Unit.MONEY: "an amount of money"}.get(info.unit, f"a {info.unit}")


def _reviewed(ctx: Context, info: FieldInfo, op: str, at: Scalar, operand: Node) -> bool:
    """Names of people and free texts are tested through reviewed lists only (R014, R023)."""
    if info.path in NAME_FIELDS:
        named = operand.text if isinstance(operand, Scalar) else ""
        if op in _LISTS and named.startswith(NAME_LISTS):
            return True
        hint = "only lists of payees, merchants and places may test it: a name can stand for an origin"
        ctx.findings.error("R014", f"'{info.path}' may not be tested like this", at.span, help=hint)
        return False
    if info.path == "remittance_info" and op != "mentions_list":
        hint = "use mentions_list with a reviewed list of words"
        ctx.findings.error("R023", f"'{info.path}' is tested through reviewed lists only", at.span, help=hint)
        return False
    return True


def _operand(
    ctx: Context, info: FieldInfo, op: str, node: Node
) -> ast.Expr | tuple[ast.Expr, ...] | str | bool | None:
    what = f"'{op}' on '{info.path}'"
    if op == "missing":
        found = ctx.choice(node, what, ("true", "false"))
        return None if found is None else found == "true"
    if op in _LISTS:
        name = ctx.scalar(node, what)
        kinds = ("words", "hashed") if op == "mentions_list" else ("codes", "values")
        return None if name is None else ctx.list_named(name, kinds, f"'{op}'")
    if op == "time_of_day":
        return ctx.value(node, Unit.TIME_RANGE, what)
    if op == "weekday":
        return _weekdays(ctx, node, what)
    if op in {"in", "not_in", "mentions"}:
        items = ctx.scalars(node, what)
        good = [item for item in items if op != "mentions" or good_entry(ctx.findings, item)]
        if len(good) < len(items):
            return None
        values = [_value(ctx, info, item, what) for item in items]
        return None if None in values or not values else tuple(v for v in values if v is not None)
    value = _value(ctx, info, node, what)
    span = span_of(value, ctx.parameters) if op == "multiple_of" and value is not None else None
    if span is not None and span[0] <= 0 <= span[1]:
        ctx.findings.error("R024", "nothing is a multiple of 0", node.span)
        return None
    return value


def _value(ctx: Context, info: FieldInfo, node: Node, what: str) -> ast.Expr | None:
    unit = Unit.DATE if info.unit is Unit.TIME else info.unit
    value = ctx.value(node, unit, what)
    if info.values and isinstance(value, ast.Value) and value.payload not in info.values:
        hint = suggest(str(value.payload), info.values, limit=20)
        ctx.findings.error("R022", f"'{info.path}' is never '{value.payload}'", node.span, help=hint)
        return None
    return value


def _weekdays(ctx: Context, node: Node, what: str) -> tuple[ast.Expr, ...] | None:
    found: list[ast.Expr] = []
    for item in ctx.scalars(node, what):
        day = next((d for d in WEEKDAYS if item.text.lower() in {d, d[:3]}), None)
        if day is None:
            hint = "days are " + ", ".join(WEEKDAYS)
            ctx.findings.error("R021", f"'{item.text[:20]}' is not a day of the week", item.span, help=hint)
        else:
            found.append(ast.Value(Unit.TEXT, day, day))
    return tuple(found) or None


def _hit_by(ctx: Context, info: FieldInfo, at: Scalar, operand: Node) -> Iterator[ast.Test]:
    if info.path not in {"account_id", "cp_account_id"}:
        ctx.findings.error("R023", "'hit_by' goes with account_id and cp_account_id only", at.span)
        return
    ids = []
    for item in ctx.scalars(operand, "'hit_by'"):
        if RULE_ID.fullmatch(item.text):
            ids.append(item.text)
            ctx.after.setdefault(item.text, item.span)
        else:
            ctx.findings.error("R016", f"'{item.text[:40]}' is not the id of a rule", item.span)
    if ids:
        yield ast.Test(info.path, "hit_by", tuple(ids))
