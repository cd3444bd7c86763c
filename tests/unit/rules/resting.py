"""What a rule rests on, read from its structure: movements that are not there, or lists of one country."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from thbscreen.rules import ast
from thbscreen.rules.needs import judgeable

#: Measures that further movements make larger, never smaller.
GROWING = frozenset({"count", "sum", "distinct", "days_active", "months_active"})
#: Stands for a column without any value.
NOTHING = "nothing.at_all"


class Part(NamedTuple):
    """A measure in a line, and whether the line is easier met when it grows (up) or falls (down)."""

    measure: ast.Measure
    up: bool
    denominator: bool


def _parts(expr: ast.Expr, up: bool, known: Mapping[str, ast.Measure], under: bool = False) -> Iterator[Part]:
    match expr:
        case ast.Name() if (found := known.get(expr.name)) is not None:
            if found.expr is not None:
                yield from _parts(found.expr, up, known, under)
            else:
                yield Part(found, up, under)
        case ast.BinOp():
            yield from _parts(expr.left, up, known, under)
            turned = not up if expr.op in "-/" else up
            yield from _parts(expr.right, turned, known, under or expr.op == "/")
        case _:
            return


def _lines(lines: Sequence[ast.FlagLine]) -> Iterator[ast.Compare]:
    for line in lines:
        match line:
            case ast.AnyLine():
                yield from _lines(line.lines)
            case ast.NoneLine():
                raise AssertionError("a line under none_of: say here what it rests on")
            case ast.Compare():
                yield line


def _of_line(line: ast.Compare, known: Mapping[str, ast.Measure]) -> list[Part]:
    more = line.op in {">=", ">"}
    return [*_parts(line.left, more, known), *_parts(line.right, not more, known)]


def _among(inner: ast.Measure, outer: ast.Measure) -> bool:
    """Tells whether every row of one measure is a row of another."""
    same = outer.link in {None, inner.link}
    return same and all(condition in inner.where.conditions for condition in outer.where.conditions)


def _on_file(measure: ast.Measure, rule: ast.Rule) -> bool:
    """Tells whether a measure reads the customer's file or a fact of the profile, not movements."""
    facts = {item.name for item in getattr(rule.detect, "derive", ()) if isinstance(item, ast.Fact)}
    return measure.field in facts or (measure.field or "").startswith("party.declared")


def little(rule: ast.Rule) -> Iterator[tuple[ast.Measure, str]]:
    """Gives the measures of a rule that it wants small, so that unseen movements would take a hit away.

    A measure bounded from above rests on absence when nothing else in the rule asks for rows of it (the rule
    would hold with none at all), when it is held against a fact or the customer's file (too little pay, too
    few people), or when it must be exactly so much (one row and no other). Not meant are shares of a whole,
    whose rows must be there, and largest numbers of people, where as many must be there.
    """
    known = {m.name: m for m in getattr(rule.detect, "measures", ())}
    lines = [(line, _of_line(line, known)) for line in _lines(getattr(rule.detect, "flag_when", ()))]
    asked = [
        p.measure
        for line, parts in lines
        for p in parts
        if p.up or p.denominator or (line.op == "==" and _number(line.right) >= 1)
    ]
    for line, parts in lines:
        against = [p for p in parts if p.up and _on_file(p.measure, rule)]
        for part in parts:
            if part.measure.kind not in GROWING or part.denominator:
                continue
            exact = line.op == "==" and part.measure.kind in {"count", "sum"}
            low = not part.up or line.op == "=="
            there = any(_among(other, part.measure) for other in asked)
            if exact or (low and (not there or against)):
                yield part.measure, line.text


def _number(expr: ast.Expr) -> float:
    return float(str(expr.payload)) if isinstance(expr, ast.Value) else 0.0


def absences(rule: ast.Rule) -> list[str]:
    """Says what a rule rests on that can only be seen where every movement of an account is there."""
    out = [f"{measure.name}: {line}" for measure, line in little(rule)]
    if isinstance(rule.detect, ast.Sequence):
        out += [f"nothing follows: {step.name}" for step in rule.detect.steps if step.absent]
    out += [
        f"{m.name}: {m.kind}" for m in getattr(rule.detect, "measures", ()) if m.kind in {"usual", "peers"}
    ]
    quiet = {i.name for i in getattr(rule.detect, "derive", ()) if isinstance(i, ast.SincePrevious)}
    out += [
        f"silence: {t.field}"
        for t in every_test(rule.detect)
        if t.field in quiet and t.op in {"above", "at_least"}
    ]
    return out


def shares(rule: ast.Rule) -> bool:
    """Tells whether a line divides by movements: a share of a whole, of which a report may hold a part."""
    known = {m.name: m for m in getattr(rule.detect, "measures", ())}
    lines = _lines(getattr(rule.detect, "flag_when", ()))
    return any(p.denominator and p.measure.kind in GROWING for line in lines for p in _of_line(line, known))


def newness(rule: ast.Rule) -> bool:
    """Tells whether a rule asks that somebody was not seen before."""
    new = {i.name for i in getattr(rule.detect, "derive", ()) if isinstance(i, ast.FirstSeen)}
    return any(test.field in new for test in every_test(rule.detect))


# --- lists ----------------------------------------------------------------------------------------


def every_test(value: object) -> Iterator[ast.Test]:
    """Gives every test anywhere in a detection."""
    match value:
        case ast.Test():
            yield value
        case tuple():
            for item in value:
                yield from every_test(item)
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                yield from every_test(getattr(value, field.name))


def _reads(test: ast.Test, lists: Collection[str]) -> bool:
    return test.op in {"in_list", "not_in_list", "mentions_list"} and test.operand in lists


def _emptied(value: Any, lists: Collection[str]) -> Any:
    """Gives a part of a rule as if nothing were on the lists."""
    match value:
        case ast.Test() if _reads(value, lists) and value.op != "not_in_list":
            return ast.Test(NOTHING, "is", "x")
        case ast.Lookup() if value.list_name in lists:
            return dataclasses.replace(value, field=NOTHING)
        case tuple():
            return tuple(_emptied(item, lists) for item in value)
        case ast.Star():
            # what stands beside the legs is wanted too
            legs = (*value.legs, *value.links)
            changed = {f.name: _emptied(getattr(value, f.name), lists) for f in dataclasses.fields(value)}
            return dataclasses.replace(value, **{**changed, "legs": _emptied(legs, lists)})
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            changed = {f.name: _emptied(getattr(value, f.name), lists) for f in dataclasses.fields(value)}
            return dataclasses.replace(value, **changed)
        case _:
            return value


def rests_on(rule: ast.Rule, lists: Collection[str]) -> bool:
    """Tells whether a rule says nothing, or something wrong, where lists hold nothing of a country.

    It does when no row could pass without them, or when it wants few rows of a kind that they tell apart.
    Lists that only leave rows out, or that are one way of several, are not meant.
    """
    if not judgeable(dataclasses.replace(rule, detect=_emptied(rule.detect, lists)), {NOTHING}):
        return True
    return any(_reads(test, lists) for measure, _ in little(rule) for test in every_test(measure))
