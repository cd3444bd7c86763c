"""Working with bound values: putting parameters in, bounds that contradict, time needs, digests."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

from thbscreen.rules import ast
from thbscreen.rules.literals import minutes

T = TypeVar("T")
#: Spelling, and what follows from lines and evidence.
_TEXTS = {
    ("Value", "text"), ("Compare", "text"), ("Exclusion", "source_line"), ("Sequence", "measures"),
}  # fmt: skip


def substitute(thing: T, values: Mapping[str, ast.Value]) -> T:
    """Gives a copy of a bound part in which every parameter with a value is that value."""
    return _substitute(thing, values)  # type: ignore[no-any-return]


def _substitute(thing: Any, values: Mapping[str, ast.Value]) -> Any:
    if isinstance(thing, ast.Param):
        return values.get(thing.name, thing)
    if isinstance(thing, tuple):
        parts = tuple(_substitute(part, values) for part in thing)
        return parts if any(new is not old for new, old in zip(parts, thing, strict=True)) else thing
    changes = {}
    for name in _parts_of(type(thing)) or ():
        old = getattr(thing, name)
        if (new := _substitute(old, values)) is not old:
            changes[name] = new
    return dataclasses.replace(thing, **changes) if changes else thing


_PARTS: dict[type, tuple[str, ...] | None] = {}


def _parts_of(kind: type) -> tuple[str, ...] | None:
    """Names the fields of a dataclass; None for any other type. Asked for every part of every rule."""
    if kind not in _PARTS:
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else None
        _PARTS[kind] = None if fields is None else tuple(f.name for f in fields if f.name != "span")
    return _PARTS[kind]


def walk(thing: object) -> Iterator[object]:
    """Goes over a bound part and everything inside it, places aside: what holds others comes before them."""
    waiting = [thing]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, tuple):
            waiting += reversed(part)
        elif (names := _parts_of(type(part))) is not None:
            waiting += [getattr(part, name) for name in reversed(names)]


#: Parts of a rule whose order means nothing, however the author wrote it.
_UNORDERED = frozenset(
    {
        ("Where", "conditions"), ("AnyOf", "wheres"), ("NoneOf", "wheres"), ("AnyLine", "lines"),
        ("NoneLine", "lines"), ("Transaction", "derive"), ("Aggregate", "derive"), ("Sequence", "derive"),
        ("Aggregate", "measures"), ("Aggregate", "flag_when"), ("Sequence", "flag_when"), ("Star", "links"),
        ("Star", "measures"), ("Star", "flag_when"), ("Follows", "same"), ("Follows", "different"),
        ("Step", "same"), ("Compared", "alike_by"), ("Cluster", "fields"),
    }
)  # fmt: skip
#: Tests against a set of values.
_SETS = frozenset({"in", "not_in", "mentions", "weekday", "hit_by"})


def canonical(thing: object) -> object:
    """Gives plain data that is equal for equal meanings.

    Without places, the author's spelling, the order of what has none, and parts of rules that are at their
    defaults, so that the language may grow without changing what is written in it.
    """
    if isinstance(thing, Enum):
        return thing.value
    if isinstance(thing, Decimal):
        return format(thing.normalize(), "f")
    if isinstance(thing, tuple | list):
        return [canonical(part) for part in thing]
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return [type(thing).__name__, dict(_named_parts(thing))]
    return thing


def _named_parts(thing: Any) -> Iterator[tuple[str, object]]:
    name = type(thing).__name__
    for part, default, unordered in _meant(type(thing)):
        value = getattr(thing, part)
        if value == default:
            continue
        if part == "measures" and name in {"Aggregate", "Star"} and thing.headline is None and value:
            yield "headline", value[0].name  # the first one shows, so this order has a meaning
        found = canonical(value)
        loose = unordered or (part == "operand" and thing.op in _SETS)
        if loose and isinstance(value, tuple) and isinstance(found, list):
            found = sorted(found, key=_as_text)
        yield part, found


def _meant(kind: type) -> tuple[tuple[str, object, bool], ...]:
    """Gives the parts of a dataclass that mean something: name, default that means nothing, if unordered.

    Outside of the parts of rules every value is told, also a default.
    """
    if kind in _MEANT:
        return _MEANT[kind]
    grows = kind.__module__.startswith(ast.__name__)
    _MEANT[kind] = tuple(
        (f.name, f.default if grows else _NO_DEFAULT, (kind.__name__, f.name) in _UNORDERED)
        for f in dataclasses.fields(kind)
        if f.name != "span" and (kind.__name__, f.name) not in _TEXTS
    )
    return _MEANT[kind]


_MEANT: dict[type, tuple[tuple[str, object, bool], ...]] = {}
#: Equal to no value.
_NO_DEFAULT = object()


def _as_text(thing: object) -> str:
    return json.dumps(thing, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(thing: object) -> str:
    """Gives the SHA-256 of the canonical form, as hexadecimal text."""
    return hashlib.sha256(_as_text(canonical(thing)).encode("utf-8")).hexdigest()


def rule_digest(rule: ast.Rule) -> str:
    """Gives the hash of a rule's meaning: what it finds, what that counts for, what a profile may change.

    In it: id, detection with the parameters' values put in, weight, family, `third_party`, `at_once`, roles,
    typologies, report indicator, and each parameter's name, bounds and `stricter`. Not in it: version,
    status, title and all other texts, evidence, keywords, sources and tests.
    """
    values = {p.name: p.value for p in rule.parameters}
    meaning = substitute(rule.detect, values)
    tunable = tuple(sorted((p.name, canonical(p.min), canonical(p.max), p.stricter) for p in rule.parameters))
    counts_for: tuple[object, ...] = (rule.weight, rule.family, rule.third_party, tuple(sorted(rule.roles)))
    if rule.at_once:  # not in the hash of other rules, which is the same as before there was such a key
        counts_for = (*counts_for, "at once")
    told_as = (tuple(sorted(rule.typologies)), rule.report_indicator)
    return digest((rule.id, meaning, counts_for, told_as, tunable))


def number(expr: ast.Expr, values: Mapping[str, ast.Value]) -> Fraction | None:
    """Works out an expression without names: money in cents, lengths in minutes; None if it cannot be."""
    match expr:
        case ast.Value():
            payload = expr.payload
            if isinstance(payload, ast.Length):
                return Fraction(minutes(payload))
            if isinstance(payload, bool) or not isinstance(payload, int | Decimal):
                return None
            return Fraction(payload)
        case ast.Param():
            value = values.get(expr.name)
            return None if value is None else number(value, values)
        case ast.BinOp():
            left, right = number(expr.left, values), number(expr.right, values)
            if left is None or right is None or (expr.op == "/" and right == 0):
                return None
            return {
                "+": lambda: left + right, "-": lambda: left - right,
                "*": lambda: left * right, "/": lambda: left / right,
            }[expr.op]()  # fmt: skip
        case _:
            return None


def span_of(
    expr: ast.Expr, parameters: Mapping[str, ast.Parameter | None]
) -> tuple[Fraction, Fraction] | None:
    """Gives the smallest and the largest value that the bounds of parameters allow.

    None when a name of the data stands in the expression, or when it divides by something that may be 0.
    """
    match expr:
        case ast.Value():
            fixed = number(expr, {})
            return None if fixed is None else (fixed, fixed)
        case ast.Param():
            found = parameters.get(expr.name)
            ends = [number(v, {}) for v in (found.min, found.max)] if found else []
            known = [e for e in ends if e is not None]
            return (min(known), max(known)) if len(known) == 2 else None
        case ast.BinOp():
            left, right = span_of(expr.left, parameters), span_of(expr.right, parameters)
            if left is None or right is None or (expr.op == "/" and right[0] <= 0 <= right[1]):
                return None
            if expr.op == "+":
                return left[0] + right[0], left[1] + right[1]
            if expr.op == "-":
                return left[0] - right[1], left[1] - right[0]
            corners = [a * b if expr.op == "*" else a / b for a in left for b in right]
            return min(corners), max(corners)
        case _:
            return None


def may_divide_by_zero(thing: object, parameters: Mapping[str, ast.Parameter | None]) -> bool:
    """Says whether some value of the parameters inside their bounds divides by zero."""
    spans = (span_of(p.right, parameters) for p in walk(thing) if isinstance(p, ast.BinOp) and p.op == "/")
    return any(span is not None and span[0] <= 0 <= span[1] for span in spans)


@dataclasses.dataclass(slots=True)
class _Range:
    """Bounds on one thing; each is (value, 1 when the value itself is excluded)."""

    low: tuple[Fraction, int] | None = None
    high: tuple[Fraction, int] | None = None

    def add(self, op: str, at: Fraction) -> None:
        strict = int(op in {"above", ">", "below", "<"})
        if op in {"at_least", "above", ">=", ">", "is", "=="}:
            self.low = (at, strict) if self.low is None else max(self.low, (at, strict))
        if op in {"at_most", "below", "<=", "<", "is", "=="}:
            # the stricter of two bounds at one value is the one that excludes it
            keep = self.high is not None and (self.high[0], -self.high[1]) <= (at, -strict)
            self.high = self.high if keep else (at, strict)

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        at_one_point = self.low[0] == self.high[0]
        return self.low[0] > self.high[0] or (at_one_point and bool(self.low[1] or self.high[1]))


def never(where: ast.Where, values: Mapping[str, ast.Value]) -> str | None:
    """Names a field whose tests contradict each other, so that no row can pass; None if all is well."""
    ranges: dict[str, _Range] = {}
    equal: dict[str, set[object]] = {}
    barred: dict[str, set[object]] = {}
    missing: dict[str, set[bool]] = {}
    tests = [test for test in where.conditions if isinstance(test, ast.Test)]
    tests += [test for c in where.conditions if isinstance(c, ast.NoneOf) for test in _barred(c)]
    for test in tests:
        if test.op == "missing":
            missing.setdefault(test.field, set()).add(test.operand is True)
        elif test.op not in _NEGATIVE:
            missing.setdefault(test.field, set()).add(False)
        if isinstance(test.operand, ast.Value | ast.Param | ast.BinOp):
            at = _ordinal(test.operand) if _is_day(test.operand) else number(test.operand, values)
            if at is not None:
                ranges.setdefault(test.field, _Range()).add(test.op, at)
        options = test.operand if isinstance(test.operand, tuple) else (test.operand,)
        found: set[object] = {o.payload if isinstance(o, ast.Value) else o for o in options}
        if test.op in {"is", "in"}:
            equal[test.field] = equal[test.field] & found if test.field in equal else found
        elif test.op in {"is_not", "not_in"}:
            barred.setdefault(test.field, set()).update(found)
    for field, span in ranges.items():
        if span.empty:
            return field
    for field, both in missing.items():
        if len(both) > 1:
            return field
    return next((f for f, options in equal.items() if not options - barred.get(f, set())), None)


_NEGATIVE = frozenset({"is_not", "not_in", "not_in_list"})


def _barred(condition: ast.NoneOf) -> Iterator[ast.Test]:
    """Gives what `none_of` says about one field at a time, as negative tests."""
    for where in condition.wheres:
        if len(where.conditions) == 1 and isinstance(test := where.conditions[0], ast.Test):
            if test.op == "is":
                yield dataclasses.replace(test, op="is_not")
            elif test.op == "in":
                yield dataclasses.replace(test, op="not_in")


def _is_day(expr: object) -> bool:
    return isinstance(expr, ast.Value) and expr.unit is ast.Unit.DATE


def _ordinal(expr: object) -> Fraction | None:
    """Gives a day as a number."""
    if not isinstance(expr, ast.Value):
        return None
    return Fraction(dt.date.fromisoformat(str(expr.payload)).toordinal())


def never_lines(lines: tuple[ast.FlagLine, ...], values: Mapping[str, ast.Value]) -> str | None:
    """Names a measure whose lines contradict each other; None if all is well."""
    ranges: dict[str, _Range] = {}
    for line in lines:
        if isinstance(line, ast.Compare) and isinstance(line.left, ast.Name):
            at = number(line.right, values)
            if at is not None:
                ranges.setdefault(line.left.name, _Range()).add(line.op, at)
    return next((name for name, span in ranges.items() if span.empty), None)


def contradiction(detect: ast.Detect, values: Mapping[str, ast.Value]) -> str | None:
    """Names a field or measure of a rule whose conditions cannot hold together; None if all is well."""
    for part in walk(detect):
        if isinstance(part, ast.Where) and (found := never(part, values)):
            return found
    return never_lines(getattr(detect, "flag_when", ()), values)


def lengths(detect: ast.Detect, values: Mapping[str, ast.Value]) -> list[ast.Length]:
    """Lists every length that bounds how far back or how finely a rule looks."""
    found: list[ast.Expr] = []
    for part in walk(detect):
        match part:
            case ast.Rolling():
                found.append(part.length)
            case ast.ForwardedWithin() | ast.Follows() | ast.Repeat() | ast.PassedOn() | ast.Sequence():
                found.append(part.within)
            case ast.FirstSeen():
                found.append(part.over)
            case ast.Star():
                found += [part.within, part.cycle_within]
            case _:
                pass
    resolved = [values.get(e.name) if isinstance(e, ast.Param) else e for e in found]
    return [v.payload for v in resolved if isinstance(v, ast.Value) and isinstance(v.payload, ast.Length)]


def needs_time_of_day(detect: ast.Detect, values: Mapping[str, ast.Value]) -> bool:
    """Says whether date-only data are too coarse: a time-of-day test, or a length in minutes or hours."""
    if any(isinstance(part, ast.Test) and part.op == "time_of_day" for part in walk(detect)):
        return True
    return any(length.unit in {"minutes", "hours"} for length in lengths(detect, values))


def _windows_before(detect: ast.Detect, values: Mapping[str, ast.Value]) -> int:
    """Gives how many windows before the judged one `usual` looks at."""
    compared = [p.over for p in walk(detect) if isinstance(p, ast.Compared) and p.over is not None]
    known = [number(over, values) for over in compared]
    return max((int(n) for n in known if n is not None), default=0)


def look_back(detect: ast.Detect, values: Mapping[str, ast.Value]) -> ast.Length | None:
    """Gives the longest length, calendar steps included; None for plain row rules and whole periods."""
    found = lengths(detect, values)
    steps: dict[str, ast.LengthUnit] = {"day": "days", "week": "weeks", "month": "months"}
    before = _windows_before(detect, values)
    found += [ast.Length(1 + before, steps[p.step]) for p in walk(detect) if isinstance(p, ast.Calendar)]
    return max(found, key=minutes, default=None)
