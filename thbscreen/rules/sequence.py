"""Binds rules of kind sequence: steps that follow each other within a length of time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.derive import bind_derive, compared_fields
from thbscreen.rules.evaluate import walk
from thbscreen.rules.measures import bind_flag_when, bind_keys, bind_repeat
from thbscreen.rules.where import bind_where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thbscreen.rules.context import Context
    from thbscreen.rules.yamltree import Map, Node

SEQUENCE_KEYS = ("kind", "derive", "where", "for_each", "steps", "within", "flag_when", "repeat")
STEP_KEYS = ("name", "where", "same", "absent")
#: The number of sequences that a hit holds, which evidence, lines and tests may name.
TIMES = "times"


def bind_sequence(ctx: Context, mapping: Map) -> ast.Sequence | None:
    """Binds steps, their fields in lines, and repetition."""
    ctx.require(mapping, ("for_each", "steps", "within"), "'detect'")
    ctx.columns |= {"account_id", "booking_ts"}
    derive = bind_derive(ctx, mapping.get("derive"))
    where = bind_where(ctx, mapping.get("where"))
    for_each = bind_keys(ctx, mapping.get("for_each"))
    steps = _steps(ctx, mapping.get("steps"))
    within = ctx.length(mapping.get("within"), "'within'")
    ctx.steps = {step.name for step in steps if not step.absent}
    flag_when = bind_flag_when(ctx, mapping) if mapping.get("flag_when") is not None else ()
    # lines judge one sequence; how often it comes is asked with repeat
    ctx.measures[TIMES] = Unit.NUMBER
    repeat = bind_repeat(ctx, mapping.get("repeat"), None)
    if within is None or not for_each or not steps:
        return None
    return ast.Sequence(for_each, steps, within, flag_when, repeat, derive, where, _measures(ctx, flag_when))


def _steps(ctx: Context, node: Node | None) -> tuple[ast.Step, ...]:
    out: list[ast.Step] = []
    items = ctx.sequence(node, "'steps'")
    taken: set[str] = {TIMES, *ctx.derived}
    for number, item in enumerate(items):
        mapping = ctx.mapping(item, "a step", STEP_KEYS)
        if mapping is None:
            continue
        ctx.require(mapping, ("name", "where"), "a step")
        key = ctx.scalar(mapping.get("name"), "'name'")
        name = ctx.new_name(key, "a step", taken) if key else None
        where = bind_where(ctx, mapping.get("where"))
        same = compared_fields(ctx, mapping.get("same"), "same")
        absent = ctx.choice(mapping.get("absent"), "'absent'", ("true", "false")) == "true"
        _check_place(ctx, mapping, number, len(items), absent=absent)
        if name:
            taken.add(name)
            out.append(ast.Step(name, where, same, absent))
    if node is not None and len(items) == 1:
        ctx.findings.error("R052", "a sequence needs at least two steps", node.span)
    return tuple(out)


def _check_place(ctx: Context, mapping: Map, number: int, count: int, *, absent: bool) -> None:
    """R054: what stays away can only be judged at the end, and the first step agrees with nothing."""
    key = mapping.key("absent")
    if absent and key is not None and (number == 0 or number < count - 1):
        hint = "a step that must stay away is the last one"
        ctx.findings.error("R054", "'absent' stands on a step that is not the last", key.span, help=hint)
    key = mapping.key("same")
    if number == 0 and key is not None:
        hint = "put it on a later step: its row agrees with the row of the first step"
        ctx.findings.error("R054", "'same' stands on the first step", key.span, help=hint)


def _measures(ctx: Context, lines: tuple[ast.FlagLine, ...]) -> tuple[ast.Measure, ...]:
    names = [part.name for part in walk(lines) if isinstance(part, ast.Name)]
    return (ast.Measure(TIMES, "times", Unit.NUMBER), *_step_fields(ctx, names))


def _step_fields(ctx: Context, names: Iterable[str]) -> list[ast.Measure]:
    out: dict[str, ast.Measure] = {}
    for name in names:
        step, dot, field = name.partition(".")
        info = ctx.find_field(field) if dot and step in ctx.steps else None
        if info is not None and not isinstance(info, str):
            out[name] = ast.Measure(name, "step", info.unit, field=info.path, link=step)
    return list(out.values())


def with_evidence(ctx: Context, detect: ast.Sequence, evidence: tuple[str | ast.Slot, ...]) -> ast.Sequence:
    """Adds the fields of steps that only the evidence names, so that the engine works them out."""
    known = {m.name for m in detect.measures}
    names = [s.name for s in evidence if isinstance(s, ast.Slot) and s.name not in known]
    return dataclasses.replace(detect, measures=(*detect.measures, *_step_fields(ctx, names)))
