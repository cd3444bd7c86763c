"""Binds `detect`: rows, windows of rows, sequences of rows, or shapes of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from thbscreen.diagnostics import suggest
from thbscreen.rules import ast
from thbscreen.rules.context import Context
from thbscreen.rules.derive import bind_derive
from thbscreen.rules.evaluate import never
from thbscreen.rules.measures import (
    bind_each,
    bind_flag_when,
    bind_headline,
    bind_keys,
    bind_measures,
    bind_repeat,
    bind_window,
)
from thbscreen.rules.patterns import PATTERNS, bind_network, pattern_keys
from thbscreen.rules.sequence import SEQUENCE_KEYS, bind_sequence
from thbscreen.rules.where import bind_where

if TYPE_CHECKING:
    from thbscreen.rules.yamltree import Map, Node

KINDS: dict[str, tuple[str, ...]] = {
    "transaction": ("kind", "derive", "where"),
    "aggregate": (
        "kind", "table", "derive", "where", "for_each", "window", "measures", "each", "flag_when", "headline",
        "repeat",
    ),
    "sequence": SEQUENCE_KEYS,
    # each pattern has its own keys: patterns.pattern_keys
    "network": tuple(dict.fromkeys(key for name in PATTERNS for key in pattern_keys(name))),
}  # fmt: skip


def bind_detect(ctx: Context, node: Node | None, roles: Map | None) -> ast.Detect | None:
    """Binds the part that finds; an unknown kind is R020."""
    mapping = ctx.mapping(node, "'detect'")
    if mapping is None:
        return None
    kind = ctx.scalar(mapping.get("kind"), "'kind'")
    if kind is None:
        ctx.require(mapping, ("kind",), "'detect'")
        return None
    if kind.text not in KINDS:
        hint = suggest(kind.text, [*KINDS])
        ctx.findings.error("R020", f"unknown kind of rule '{kind.text}'", kind.span, help=hint)
        return None
    ctx.mapping(node, f"'detect' of kind {kind.text}", KINDS[kind.text])
    if kind.text == "transaction":
        derive = bind_derive(ctx, mapping.get("derive"))
        ctx.require(mapping, ("where",), "'detect'")
        ctx.columns.add("account_id")
        return ast.Transaction(bind_where(ctx, mapping.get("where")), derive)
    if kind.text == "network":
        return bind_network(ctx, mapping, roles)
    if kind.text == "sequence":
        return bind_sequence(ctx, mapping)
    return _aggregate(ctx, mapping)


def _measures_can_count(
    ctx: Context, mapping: Map, where: ast.Where, measures: tuple[ast.Measure, ...]
) -> None:
    """Refuses a measure none of whose rows can be among the rule's own (R024)."""
    key = mapping.key("measures")
    for measure in measures:
        if key is None or ctx.findings.failed or not measure.where.conditions:
            continue
        both = ast.Where((*where.conditions, *measure.where.conditions))
        field = never(both, ctx.defaults())
        if field is not None:
            message = f"'{measure.name}' counts no row: its tests on '{field}' contradict the rule's own"
            ctx.findings.error("R024", message, key.span)


def _aggregate(ctx: Context, mapping: Map) -> ast.Aggregate | None:
    table = "transactions"
    if mapping.get("table") is not None:
        table = ctx.choice(mapping.get("table"), "'table'", ("transactions", "parties"), "R020") or table
    ctx.table = cast("Literal['transactions', 'parties']", table)
    ctx.require(mapping, ("for_each", "window", "measures", "flag_when"), "'detect'")
    if table == "parties" and (key := mapping.key("derive")) is not None:
        ctx.findings.error("R020", "derived columns belong to movements, not to customers", key.span)
        derive: tuple[ast.Derive, ...] = ()
    else:
        derive = bind_derive(ctx, mapping.get("derive"))
    where = bind_where(ctx, mapping.get("where"))
    for_each = bind_keys(ctx, mapping.get("for_each"))
    window = bind_window(ctx, mapping.get("window"))
    if table == "parties" and window is not None and not isinstance(window, ast.WholePeriod):
        node = mapping.get("window")
        assert node is not None
        ctx.findings.error("R025", "customers have no time: the window is the whole period", node.span)
    if table == "transactions":
        ctx.columns.add("booking_ts")
    measures = bind_measures(ctx, mapping.get("measures"), for_each, None, window)
    _measures_can_count(ctx, mapping, where, measures)
    each = bind_each(ctx, mapping.get("each"), measures)
    flag_when = bind_flag_when(ctx, mapping)
    headline = bind_headline(ctx, mapping.get("headline"))
    repeat = bind_repeat(ctx, mapping.get("repeat"), window)
    if window is None or not for_each:
        return None
    return ast.Aggregate(
        where, for_each, window, measures, flag_when, derive, headline, repeat, ctx.table, each=each
    )
