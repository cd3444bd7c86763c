"""Boundary mutants: a rule changed in one number or one comparator must fail one of its own tests.

A number moves one step up and one step down, and a comparator becomes its strict or loose twin. A mutant
that every inline test of its rule accepts survives: no test stands at that boundary.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from thbscreen.engine.selftest import CaseRun
from thbscreen.rules import ast, bundle
from thbscreen.rules.ast import Unit
from thbscreen.rules.evaluate import digest
from thbscreen.rules.pack import resolve
from thbscreen.rules.steps import stepped, value_of

#: The strict or loose twin of each comparator; equality has none.
TWINS: Mapping[str, str] = {
    ">=": ">", ">": ">=", "<=": "<", "<": "<=",
    "at_least": "above", "above": "at_least", "at_most": "below", "below": "at_most",
}  # fmt: skip
_WHOLE_KINDS = frozenset({"count", "distinct", "days_active", "months_active"})
_PICKED_KINDS = frozenset({"sum", "largest", "smallest"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the rule file a change lies.

    Attributes:
        keys: keys from the top of the rule on, as far as they are certain.
        field: field of a test; line: text of a comparison; token: the value or comparator changed.
        number: which of several equal places, from 0.
    """

    keys: tuple[str, ...]
    token: str
    field: str = ""
    line: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one change.

    Attributes:
        text: the change in one line, unique within the rule.
        rule: as bound, with the change in it.
    """

    text: str
    place: Place
    rule: ast.Rule


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed.

    Attributes:
        reason: why the rule lists it as one that survives; None when it does not.
    """

    text: str
    place: Place
    reason: str | None


@dataclass(frozen=True, slots=True)
class MutantReport:
    """What became of the mutants of one rule.

    Attributes:
        stale: texts that the rule lists as surviving although no such mutant survives.
    """

    rule: ast.Rule
    total: int
    survivors: tuple[Survivor, ...]
    stale: tuple[str, ...]

    @property
    def killed(self) -> int:
        """Mutants that a test noticed."""
        return self.total - len(self.survivors)

    @property
    def unlisted(self) -> tuple[Survivor, ...]:
        """Survivors without a reason."""
        return tuple(s for s in self.survivors if s.reason is None)

    @property
    def failed(self) -> bool:
        """A stable rule has a survivor without a reason, or any rule lists one that does not survive."""
        return bool(self.stale) or (self.rule.status == "stable" and bool(self.unlisted))


# --- making them ---------------------------------------------------------------------------------


def mutants_of(rule: ast.Rule) -> list[Mutant]:
    """Gives the boundary mutants of a bound rule, without those that mean the same as another.

    Args:
        rule: as bound; its parameters hold the values in force.

    Returns:
        In the order of the rule; none means what the rule itself means.
    """
    seen = {_meaning(rule)}
    texts: Counter[tuple[str, ...]] = Counter()
    out = []
    for changed, place, change in _all_changes(rule):
        twin = texts[(*place.keys, place.field, place.line, change)]
        texts[(*place.keys, place.field, place.line, change)] += 1
        meaning = _meaning(changed)
        if meaning in seen:
            continue
        seen.add(meaning)
        where = ".".join(place.keys) + (f" {place.field}" if place.field else "")
        where += f" '{place.line}'" if place.line else ""
        text = f"{where}: {change}" + (f" (place {twin + 1})" if twin else "")
        out.append(Mutant(text, replace(place, number=twin), changed))
    return out


def _all_changes(rule: ast.Rule) -> Iterator[tuple[ast.Rule, Place, str]]:
    for number, parameter in enumerate(rule.parameters):
        for value in stepped(parameter.value):
            changed = list(rule.parameters)
            changed[number] = replace(parameter, value=value)
            place = Place(("parameters", parameter.name), parameter.value.text)
            yield (
                replace(rule, parameters=tuple(changed)),
                place,
                f"{_said(parameter.value)} -> {value.text}",
            )
    for detect, place, change in _changes(rule.detect, Place((), "")):
        yield replace(rule, detect=detect), place, change


def _said(value: ast.Value) -> str:
    return value_of(value.unit, value.payload).text


def _changes(thing: Any, at: Place, *, share: bool = False) -> Iterator[tuple[Any, Place, str]]:
    """Yields every copy of a bound part with one change, its place and what was changed."""
    if isinstance(thing, ast.Value):
        for value in stepped(thing, share=share):
            yield value, replace(at, token=thing.text), f"{_said(thing)} -> {value.text}"
        return
    if isinstance(thing, tuple):
        for number, part in enumerate(thing):
            for changed, place, change in _changes(part, _named(part, at), share=share):
                yield (*thing[:number], changed, *thing[number + 1 :]), place, change
        return
    if not dataclasses.is_dataclass(thing) or isinstance(thing, type | ast.Param | ast.Name):
        return
    if isinstance(thing, ast.Compare):
        at = replace(at, line=" ".join(thing.text.split()))
        share = Unit.SHARE in {thing.left.unit, thing.right.unit}
    elif isinstance(thing, ast.Test):
        at = replace(at, field=thing.field)
    elif not isinstance(thing, ast.BinOp):
        share = False
    if isinstance(thing, ast.Compare | ast.Test) and thing.op in TWINS:
        twin: Any = TWINS[thing.op]
        yield replace(thing, op=twin), replace(at, token=thing.op), f"{thing.op} -> {twin}"
    for f in dataclasses.fields(thing):
        inner = _inside(thing, f.name, at)
        for changed, place, change in _changes(getattr(thing, f.name), inner, share=share):
            yield replace(thing, **{f.name: changed}), place, change


def _inside(thing: object, name: str, at: Place) -> Place:
    """Gives the place of a field of a bound part; parts of lines and tests stay where they are."""
    plain = isinstance(thing, ast.Compare | ast.Test | ast.BinOp | ast.AnyOf | ast.NoneOf | ast.Where)
    hidden = name in {"lines", "conditions", "wheres"}
    return at if plain or hidden else replace(at, keys=(*at.keys, name))


def _named(part: object, at: Place) -> Place:
    """Adds the author's own name of a measure, a derived column or a leg."""
    name = getattr(part, "name", None)
    return replace(at, keys=(*at.keys, name)) if isinstance(name, str) else at


# --- meaning -------------------------------------------------------------------------------------


def _meaning(rule: ast.Rule) -> str:
    """Gives a hash that is equal for equal meanings, also of `> 3` and `>= 4` where things are counted."""
    detect = resolve(rule, None).detect
    kinds = {m.name: m for m in getattr(detect, "measures", ())}
    return digest(_plain(detect, kinds))


def _plain(thing: Any, measures: Mapping[str, ast.Measure]) -> Any:
    if isinstance(thing, tuple):
        return tuple(_plain(part, measures) for part in thing)
    if not dataclasses.is_dataclass(thing) or isinstance(thing, type):
        return thing
    if isinstance(thing, ast.Compare):
        if _whole(thing.left, measures) and isinstance(thing.right, ast.Value):
            return replace(thing, **_loose(thing.op, thing.right, "op", "right"))
        return thing
    if isinstance(thing, ast.Test):
        if thing.op in {"above", "below"} and isinstance(thing.operand, ast.Value):
            return replace(thing, **_loose(thing.op, thing.operand, "op", "operand"))
        return thing
    changes = {f.name: _plain(getattr(thing, f.name), measures) for f in dataclasses.fields(thing)}
    return replace(thing, **changes)


def _loose(op: str, value: ast.Value, op_key: str, value_key: str) -> dict[str, Any]:
    """Gives the loose twin of a strict comparison with a whole number; anything else as it is."""
    payload = value.payload
    by = {">": 1, "above": 1, "<": -1, "below": -1}.get(op)
    cents = value.unit is Unit.MONEY and isinstance(payload, int)
    counted = value.unit is Unit.NUMBER and isinstance(payload, Decimal) and payload == int(payload)
    if by is None or not (cents or counted):
        return {op_key: op, value_key: value}
    assert isinstance(payload, int | Decimal)
    return {op_key: TWINS[op], value_key: value_of(value.unit, payload + by)}


def _whole(expr: ast.Expr, measures: Mapping[str, ast.Measure]) -> bool:
    """Tells whether an expression is always a whole number: a count, or cents."""
    match expr:
        case ast.Name():
            measure = measures.get(expr.name)
            if measure is None:
                return expr.unit in {Unit.MONEY, Unit.NUMBER}
            if measure.expr is not None:
                return _whole(measure.expr, measures)
            return measure.kind in _WHOLE_KINDS or measure.kind in _PICKED_KINDS
        case ast.Value():
            return isinstance(expr.payload, int) or expr.payload == int(str(expr.payload).split(".")[0])
        case ast.BinOp():
            return expr.op != "/" and _whole(expr.left, measures) and _whole(expr.right, measures)
        case _:
            return False


# --- judging them --------------------------------------------------------------------------------


def run_mutants(pack: bundle.RulePack, *, rule_filter: str | None = None) -> Iterator[MutantReport]:
    """Runs every inline test against every mutant of its rule, rule by rule.

    Args:
        pack: loaded rules; the numbers in force are those that move.
        rule_filter: only rules whose id contains this text.

    Yields:
        One report per rule, in rule order.
    """
    for rule in pack.bound:
        if rule_filter is None or rule_filter.lower() in rule.id.lower():
            yield _report(pack, rule)


def _report(pack: bundle.RulePack, bound: ast.Rule) -> MutantReport:
    resolved = {rule.id: rule for rule in pack.rules}
    effective = replace(bound, parameters=resolved[bound.id].parameters)
    # The numbers in force move; what a profile hides of the data is no matter of the rule.
    plain = replace(pack, profile=replace(pack.profile, overrides=(), exclusions=()))
    runs = [_Baseline(plain, effective, case) for case in bound.tests if case.expect != "not judged"]
    # Tests that expect a hit look at more numbers; they notice a change first.
    runs.sort(key=lambda r: isinstance(r.run.case.expect, str))
    listed = dict(bound.surviving)
    mutants = mutants_of(effective)
    survivors = []
    for mutant in mutants:
        versions = {p: resolve(mutant.rule, None, p) for p in {r.run.case.parameters for r in runs}}
        killer = next((n for n, r in enumerate(runs) if r.notices(versions[r.run.case.parameters])), None)
        if killer is None:
            survivors.append(Survivor(mutant.text, mutant.place, listed.get(mutant.text)))
        else:
            runs.insert(0, runs.pop(killer))
    alive = {s.text for s in survivors}
    stale = tuple(text for text in listed if text not in alive)
    return MutantReport(bound, len(mutants), tuple(survivors), stale)


class _Baseline:
    """One inline test, prepared once, with the verdict on the rule itself."""

    def __init__(self, pack: bundle.RulePack, rule: ast.Rule, case: ast.Case) -> None:
        self.run = CaseRun(pack, rule, case)
        self.passes = not self.run.message()

    def notices(self, changed: ast.Rule) -> bool:
        """Says whether the verdict on a changed rule differs from that on the rule itself."""
        if changed.digest == self.run.rule.digest:
            return False
        return (not self.run.message(changed)) is not self.passes


__all__ = ["Mutant", "MutantReport", "Place", "Survivor", "mutants_of", "run_mutants"]
