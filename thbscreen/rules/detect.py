"""Binds `detect`: rows, windows of rows, or a star of repeated cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from thbscreen.diagnostics import suggest
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.context import Context
from thbscreen.rules.evaluate import never_lines
from thbscreen.rules.measures import (
    bind_derive,
    bind_headline,
    bind_lines,
    bind_measures,
    bind_repeat,
    bind_window,
)
from thbscreen.rules.where import bind_where
from thbscreen.rules.yamltree import Map, Node, Scalar

if TYPE_CHECKING:
    from thbscreen.diagnostics import Span

KINDS: dict[str, tuple[str, ...]] = {
    "transaction": ("kind", "derive", "where"),
    "aggregate": (
        "kind", "table", "derive", "where", "for_each", "window", "measures", "flag_when", "headline",
        "repeat",
    ),
    "network": (
        "kind", "centre", "where", "legs", "cycle_within", "links", "within", "measures", "flag_when",
        "headline",
    ),
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
        return _star(ctx, mapping, roles)
    return _aggregate(ctx, mapping)


def _flag_when(ctx: Context, mapping: Map) -> tuple[ast.FlagLine, ...]:
    lines = bind_lines(ctx, mapping.get("flag_when"))
    name = never_lines(lines, ctx.defaults())
    if name is not None and (key := mapping.key("flag_when")) is not None:
        ctx.findings.error("R024", f"nothing can be flagged: the lines on '{name}' contradict", key.span)
    _warn_extremes(ctx, mapping, lines)
    return lines


def _warn_extremes(ctx: Context, mapping: Map, lines: tuple[ast.FlagLine, ...]) -> None:
    """W104: one odd row moves an extreme, and the pattern around it is hidden."""
    measures = mapping.get("measures")
    if not isinstance(measures, Map):
        return
    extremes = set()
    for key, value in measures:
        if isinstance(value, Map):
            for kind in ("smallest", "largest"):
                of = value.get(kind)
                # the largest declared income is one value per customer, not an extreme of rows
                if isinstance(of, Scalar) and "." not in of.text:
                    extremes.add(key.text)
    for line in lines:
        if isinstance(line, ast.Compare):
            sides = (line.left, line.right)
            named = [s.name for s in sides if isinstance(s, ast.Name) and s.name in extremes]
            if named and (span := _line_span(mapping, line.text)) is not None:
                message = f"the line tests the extreme '{named[0]}': one odd row can hide the pattern"
                ctx.findings.warn("W104", message, span, help="put limits on rows into where")


def _line_span(mapping: Map, text: str) -> Span | None:
    node = mapping.get("flag_when")
    items = getattr(node, "items", (node,))
    return next((i.span for i in items if isinstance(i, Scalar) and " ".join(i.text.split()) == text), None)


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
    for_each = _keys(ctx, mapping.get("for_each"))
    window = bind_window(ctx, mapping.get("window"))
    if table == "parties" and window is not None and not isinstance(window, ast.WholePeriod):
        node = mapping.get("window")
        assert node is not None
        ctx.findings.error("R025", "customers have no time: the window is the whole period", node.span)
    if table == "transactions":
        ctx.columns.add("booking_ts")
    measures = bind_measures(ctx, mapping.get("measures"), for_each)
    flag_when = _flag_when(ctx, mapping)
    headline = bind_headline(ctx, mapping.get("headline"))
    repeat = bind_repeat(ctx, mapping.get("repeat"), window)
    if window is None or not for_each:
        return None
    return ast.Aggregate(where, for_each, window, measures, flag_when, derive, headline, repeat, ctx.table)


def _keys(ctx: Context, node: Node | None) -> tuple[str, ...]:
    out: list[str] = []
    for item in ctx.scalars(node, "'for_each'"):
        info = ctx.field(item)
        if info is None:
            continue
        if info.unit is not Unit.TEXT or info.match:
            ctx.findings.error(
                "R040", f"'{item.text}' cannot group rows", item.span, help="use an id or a code"
            )
        elif info.path in out:
            ctx.findings.error("R019", f"'{item.text}' is a key twice", item.span)
        elif info.path == "remittance_info":
            ctx.findings.error("R023", "free text cannot group rows", item.span)
        else:
            out.append(info.path)
    return tuple(out)


# --- star --------------------------------------------------------------------------------------


def _star(ctx: Context, mapping: Map, roles: Map | None) -> ast.Star | None:
    ctx.require(mapping, ("centre", "legs", "cycle_within", "within", "measures", "flag_when"), "'detect'")
    ctx.columns |= {"account_id", "cp_account_id", "booking_ts", "direction"}
    where = bind_where(ctx, mapping.get("where"))
    names = [key.text for key, _ in roles or ()]
    centre = ctx.scalar(mapping.get("centre"), "'centre'")
    if centre is not None and roles is not None and centre.text not in names:
        hint = suggest(centre.text, names)
        ctx.findings.error(
            "R051", f"'roles' does not name the centre '{centre.text}'", centre.span, help=hint
        )
    taken: set[str] = set()
    legs = _legs(ctx, mapping.get("legs"), "'legs'", taken, names)
    links = _legs(ctx, mapping.get("links"), "'links'", taken, names)
    if mapping.get("legs") is not None and len(legs) == 1 and not ctx.findings.failed:
        node = mapping.get("legs")
        assert node is not None
        ctx.findings.error("R052", "a cycle needs at least two legs", node.span)
    cycle = ctx.length(mapping.get("cycle_within"), "'cycle_within'")
    within = ctx.length(mapping.get("within"), "'within'")
    measures = bind_measures(ctx, mapping.get("measures"), (), taken)
    flag_when = _flag_when(ctx, mapping)
    headline = bind_headline(ctx, mapping.get("headline"))
    if centre is None or cycle is None or within is None:
        return None
    return ast.Star(centre.text, where, legs, links, cycle, within, measures, flag_when, headline)


def _legs(
    ctx: Context, node: Node | None, what: str, taken: set[str], roles: list[str]
) -> tuple[ast.Leg, ...]:
    out = []
    for item in ctx.sequence(node, what):
        leg = ctx.mapping(item, f"an item of {what}", ("name", "direction", "member", "where"))
        if leg is None:
            continue
        ctx.require(leg, ("name", "direction"), f"an item of {what}")
        key = ctx.scalar(leg.get("name"), "'name'")
        name = ctx.new_name(key, "a leg", taken) if key else None
        direction = ctx.choice(leg.get("direction"), "'direction'", ("credit", "debit"), "R022")
        member = ctx.scalar(leg.get("member"), "'member'")
        if member is not None and roles and member.text not in roles:
            hint = suggest(member.text, roles)
            ctx.findings.error("R051", f"'roles' does not name '{member.text}'", member.span, help=hint)
        where = bind_where(ctx, leg.get("where"))
        if name:
            taken.add(name)
        if name and direction:
            side = cast("Literal['credit', 'debit']", direction)
            out.append(ast.Leg(name, side, where, member.text if member else None))
    return tuple(out)
