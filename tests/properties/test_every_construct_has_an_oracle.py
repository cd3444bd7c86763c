"""No construct goes unread: each has a slow reading, and each is in a pack that is compared with it."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from tests.oracles import registry
from tests.properties import (
    test_each_construct,
    test_past_and_peers,
    test_sequences,
    test_shapes,
    test_stars,
)
from thbscreen.rules import ast
from thbscreen.rules.patterns import PATTERNS

KINDS = {
    "derived columns": (ast.Derive, registry.DERIVES),
    "measures": (ast.MeasureKind, registry.MEASURES),
    "tests": (ast.TestOp, registry.TESTS),
    "conditions": (ast.Condition, registry.CONDITIONS),
    "lines": (ast.FlagLine, registry.LINES),
    "windows": (ast.Window, registry.WINDOWS),
    "kinds of rules": (ast.Detect, registry.DETECTS),
}
PACKS = (
    test_each_construct.conditions, test_each_construct.party_conditions, test_each_construct.windows,
    test_each_construct.kept, test_each_construct.keys, test_each_construct.lines, test_each_construct.stages,
    test_each_construct.networks, test_past_and_peers.compared, test_past_and_peers.past,
    test_sequences.pack, test_shapes.pack, test_stars.pack,
)  # fmt: skip


def names(union) -> set[str]:
    """Gives the members of a union of classes or of a literal."""
    return {a if isinstance(a, str) else a.__name__ for a in typing.get_args(union)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_construct_has_a_slow_reading(kind):
    union, oracles = KINDS[kind]
    assert set(oracles) == names(union)
    assert all(callable(found) for found in oracles.values())


def parts(thing):
    """Walks a bound rule."""
    yield thing
    if dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from parts(getattr(thing, field.name))
    elif isinstance(thing, tuple):
        for item in thing:
            yield from parts(item)


@pytest.fixture(scope="module")
def compared():
    """Everything that the packs hold which the properties compare."""
    return [p for pack in PACKS for rule in pack().rules for p in parts(rule.detect)]


def test_every_construct_is_compared_with_its_slow_reading(compared):
    classes = {type(p).__name__ for p in compared}
    kinds = {p.kind for p in compared if isinstance(p, ast.Measure)}
    ops = {p.op for p in compared if isinstance(p, ast.Test)}
    for union in (ast.Derive, ast.Condition, ast.FlagLine, ast.Window, ast.Detect):
        assert names(union) - classes == set()
    assert names(ast.MeasureKind) - kinds == set()
    assert names(ast.TestOp) - ops == set()
    assert set(registry.PARTS) - classes == set()


def test_every_operator_step_and_choice_is_compared(compared):
    assert {p.op for p in compared if isinstance(p, ast.Compare)} == {">=", "<=", ">", "<", "==", "!="}
    assert {p.op for p in compared if isinstance(p, ast.BinOp)} == {"+", "-", "*", "/"}
    assert {p.step for p in compared if isinstance(p, ast.Calendar)} == {"day", "week", "month"}
    assert {p.step for p in compared if isinstance(p, ast.Turns)} == {"week", "month"}
    assert {p.statistic for p in compared if isinstance(p, ast.Compared)} == {"median", "average"}
    lengths = {p.unit for p in compared if isinstance(p, ast.Length)}
    assert lengths == {"minutes", "hours", "days", "weeks", "months"}
    assert any(p.absent for p in compared if isinstance(p, ast.Step))
    assert any(p.same for p in compared if isinstance(p, ast.Step))
    assert any(p.for_each for p in compared if isinstance(p, ast.Measure))
    assert any(p.where.conditions for p in compared if isinstance(p, ast.Measure))
    assert {p.table for p in compared if isinstance(p, ast.Aggregate)} == {"transactions", "parties"}


def test_every_named_shape_is_compared(compared):
    found = {p.pattern for p in compared if isinstance(p, ast.Aggregate)} - {None}
    assert found | {"star"} == set(PATTERNS)
