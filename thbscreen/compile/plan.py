"""What one rule shares with the others of its pack: the plan behind `rules explain --plan`.

The engine works out equal parts once. Each part of a rule is listed here with every rule that has an
equal one, as plain data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from thbscreen.compile.pack import CompiledPack, Scope, compile_pack
from thbscreen.rules import ast
from thbscreen.rules.explain import teller

PartKind = Literal["row test", "word list", "code", "column", "customer fact", "derived", "window"]
KINDS: tuple[PartKind, ...] = (
    "row test", "word list", "code", "column", "customer fact", "derived", "window",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a plan.

    Attributes:
        kind: row test: a Boolean column, answered while the rows are read; word list: one pass over a
            text; code: ids and words as numbers; column: read from the source; customer fact: looked up
            once for each account; derived: worked out on the sorted rows; window: its length.
        name: of a row test, the column that holds the answer; else empty.
        what: the part, for people.
        rules: ids of all rules with an equal part, this one included, in order.
    """

    kind: PartKind
    name: str
    what: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the engine runs one rule.

    Attributes:
        scope: where its rows lie together; see `CompiledRule`.
        stage: 1, or one more than the rules whose hits it reads.
        after: those rules.
        parts: by kind, then in the order of the rule.
    """

    rule: str
    scope: Scope
    stage: int
    after: tuple[str, ...]
    parts: tuple[Part, ...]


def plan(compiled: CompiledPack, rule_id: str) -> Plan:
    """Gives the plan of a rule.

    Raises:
        KeyError: the pack has no such rule.
    """
    found = {item.rule.id: item for item in compiled.rules}
    item = found[rule_id]
    mine = dict(_parts(compiled, item.rule))
    using: dict[object, list[str]] = {key: [] for key in mine}
    for other in compiled.rules:
        for key, _ in _parts(compiled, other.rule):
            if key in using and (not using[key] or using[key][-1] != other.rule.id):
                using[key].append(other.rule.id)
    parts = [replace(part, rules=tuple(using[key])) for key, part in mine.items()]
    parts.sort(key=lambda part: KINDS.index(part.kind))
    return Plan(rule_id, item.scope, item.stage, item.rule.after, tuple(parts))


def _parts(compiled: CompiledPack, rule: ast.Rule) -> Iterator[tuple[object, Part]]:
    """Gives each part of a rule once, with a key that is equal for equal parts."""
    alone = compile_pack(replace(compiled.pack, rules=(rule,)))
    tell = teller(rule, rule)
    for conditions in alone.row_tests:
        said = tell.where(ast.Where(conditions))
        yield ("row test", conditions), Part("row test", compiled.row_tests[conditions], said, ())
    for field, listed in alone.words:
        yield ("word list", field, listed), Part("word list", "", f"{field} against {listed}", ())
    for field in sorted(alone.codes):
        yield ("code", field), Part("code", "", field, ())
    for field in sorted(alone.fetched - set(alone.codes)):
        yield ("column", field), Part("column", "", field, ())
    for field in sorted(alone.account_fields):
        yield ("customer fact", field), Part("customer fact", "", field, ())
    for derive in getattr(rule.detect, "derive", ()):
        yield ("derived", derive), Part("derived", "", tell.derive(derive), ())
    for key, said in _windows(rule):
        yield ("window", key), Part("window", "", said, ())


def _windows(rule: ast.Rule) -> Iterator[tuple[object, str]]:
    """Gives the windows of a rule: what groups the rows, and how far back one start index reaches."""
    tell = teller(rule, rule)
    match rule.detect:
        case ast.Aggregate():
            keys = rule.detect.for_each
            yield (keys, rule.detect.window), f"{tell.window(rule.detect.window)}, by {' and '.join(keys)}"
        case ast.Sequence():
            said = f"at most {tell.expr(rule.detect.within)} from first to last, by "
            yield (rule.detect.for_each, rule.detect.within), said + " and ".join(rule.detect.for_each)
        case ast.Star():
            yield (
                ("cycle", rule.detect.cycle_within),
                f"cycles of at most {tell.expr(rule.detect.cycle_within)}",
            )
            yield ("star", rule.detect.within), f"in every {tell.expr(rule.detect.within)}, by centre"
        case ast.Transaction():
            return
