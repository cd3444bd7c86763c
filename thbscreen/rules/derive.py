"""Binds derived columns: what a rule works out on each row before it filters."""

from __future__ import annotations

from thbscreen.diagnostics import suggest
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.context import RESERVED, RULE_FIELDS, Context, FieldInfo
from thbscreen.rules.where import bind_where
from thbscreen.rules.yamltree import Map, Node

DERIVE_KINDS = (
    "forwarded_within", "follows", "most_common", "lookup", "fact", "first_seen", "since_previous",
)  # fmt: skip
#: First words of field paths; a derived column of such a name would hide the fields.
_TABLE_WORDS = frozenset(path.partition(".")[0] for path in RULE_FIELDS if "." in path)


def bind_derive(ctx: Context, node: Node | None) -> tuple[ast.Derive, ...]:
    """Binds derived columns in written order; later ones may use earlier names."""
    mapping = ctx.mapping(node, "'derive'")
    out: list[ast.Derive] = []
    for key, value in mapping or ():
        name = ctx.new_name(key, "a derived column", {*RULE_FIELDS, *_TABLE_WORDS, *ctx.derived, *RESERVED})
        found = _derived(ctx, name or "_", value)
        if name is None:
            ctx.derived.setdefault(key.text, None)
        else:
            ctx.derived[name] = None if found is None else found[1]
            out += [found[0]] if found else []
    return tuple(out)


def _derived(ctx: Context, name: str, node: Node) -> tuple[ast.Derive, FieldInfo] | None:
    mapping = ctx.mapping(node, f"'{name}'")
    if mapping is None:
        return None
    kind = next((k for k, _ in mapping if k.text in DERIVE_KINDS), None)
    if kind is None:
        first = mapping.entries[0][0] if mapping.entries else None
        hint = suggest(first.text, DERIVE_KINDS) if first else "kinds: " + ", ".join(DERIVE_KINDS)
        what = f"unknown kind of derived column '{first.text}'" if first else "an empty derived column"
        ctx.findings.error("R020", what, first.span if first else mapping.span, help=hint)
        return None
    extra = {
        "most_common": ("where",), "lookup": ("in",), "first_seen": ("over",), "since_previous": ("where",),
    }.get(kind.text, ())  # fmt: skip
    ctx.mapping(node, f"'{name}'", (kind.text, *extra))
    value = mapping.get(kind.text)
    match kind.text:
        case "forwarded_within":
            within = ctx.length(value, "'forwarded_within'")
            ctx.columns |= {"account_id", "booking_ts", "direction", "amount_eur"}
            return (ast.ForwardedWithin(name, within), FieldInfo(name, Unit.MONEY)) if within else None
        case "follows":
            follows = _follows(ctx, name, value)
            return (follows, FieldInfo(name, Unit.TEXT, match=True)) if follows else None
        case "most_common":
            where = bind_where(ctx, mapping.get("where"))
            field = _text_field(ctx, value, "'most_common'")
            return (ast.MostCommon(name, field, where), FieldInfo(name, Unit.TEXT)) if field else None
        case "lookup":
            return _lookup(ctx, name, mapping)
        case "first_seen":
            return _first_seen(ctx, name, mapping)
        case "since_previous":
            return _since_previous(ctx, name, mapping)
        case _:
            return _fact(ctx, name, value)


def _text_field(ctx: Context, node: Node | None, what: str) -> str | None:
    found = ctx.scalar(node, what)
    info = ctx.field(found) if found else None
    if found is None or info is None:
        return None
    if info.unit is not Unit.TEXT or info.match:
        ctx.findings.error("R040", f"{what} needs a field that holds texts", found.span)
        return None
    if what == "'most_common'" and ctx.stands_for_origin(info.path, found.span):
        return None
    return info.path


def _follows(ctx: Context, name: str, node: Node | None) -> ast.Follows | None:
    mapping = ctx.mapping(node, "'follows'", ("where", "within", "same", "different"))
    if mapping is None:
        return None
    ctx.require(mapping, ("where", "within"), "'follows'")
    ctx.columns |= {"account_id", "booking_ts"}
    where = bind_where(ctx, mapping.get("where"))
    within = ctx.length(mapping.get("within"), "'within'")
    same, different = (compared_fields(ctx, mapping.get(key), key) for key in ("same", "different"))
    if len(different) > 1:
        node = mapping.get("different")
        assert node is not None
        hint = "keep one; two follows columns can ask for one difference each"
        ctx.findings.error("R025", "'different' takes one field", node.span, help=hint)
    return ast.Follows(name, where, within, same, different) if within else None


def compared_fields(ctx: Context, node: Node | None, key: str) -> tuple[str, ...]:
    """Reads the fields in which two rows are compared, such as `same: [cp_account_id]`."""
    out: list[str] = []
    for item in ctx.scalars(node, f"'{key}'"):
        info = ctx.field(item)
        if info is None:
            continue
        if info.match or info.unit in {Unit.FLAG, Unit.LENGTH}:
            message = f"'{item.text}' cannot be compared with another row"
            ctx.findings.error("R040", message, item.span, help="name a field that holds values")
        elif info.path in out:
            ctx.findings.error("R019", f"'{item.text}' is there twice", item.span)
        elif info.path == "remittance_info":
            ctx.findings.error("R023", "free text cannot be compared", item.span)
        elif not ctx.stands_for_origin(info.path, item.span):
            out.append(info.path)
    return tuple(out)


def _first_seen(ctx: Context, name: str, mapping: Map) -> tuple[ast.FirstSeen, FieldInfo] | None:
    ctx.require(mapping, ("over",), "'first_seen'")
    ctx.columns |= {"account_id", "booking_ts"}
    found = ctx.scalar(mapping.get("first_seen"), "'first_seen'")
    fields = compared_fields(ctx, found, "first_seen")
    over = ctx.length(mapping.get("over"), "'over'")
    if not fields or over is None:
        return None
    return ast.FirstSeen(name, fields[0], over), FieldInfo(name, Unit.FLAG)


def _since_previous(ctx: Context, name: str, mapping: Map) -> tuple[ast.SincePrevious, FieldInfo] | None:
    ctx.columns |= {"account_id", "booking_ts"}
    found = ctx.scalar(mapping.get("since_previous"), "'since_previous'")
    where = bind_where(ctx, mapping.get("where"))
    if found is None:
        return None
    if found.text != "transactions":
        hint = "write since_previous: transactions, and say in where which ones"
        ctx.findings.error(
            "R040", f"'since_previous' looks at transactions, not at '{found.text}'", found.span, help=hint
        )
        return None
    return ast.SincePrevious(name, where), FieldInfo(name, Unit.LENGTH)


def _lookup(ctx: Context, name: str, mapping: Map) -> tuple[ast.Lookup, FieldInfo] | None:
    ctx.require(mapping, ("in",), "'lookup'")
    field = _text_field(ctx, mapping.get("lookup"), "'lookup'")
    listed = ctx.scalar(mapping.get("in"), "'in'")
    found = ctx.list_named(listed, ("map",), "'lookup'") if listed else None
    if field is None or found is None:
        return None
    return ast.Lookup(name, field, found), FieldInfo(name, Unit.TEXT)


def _fact(ctx: Context, name: str, node: Node | None) -> tuple[ast.Fact, FieldInfo] | None:
    found = ctx.scalar(node, "'fact'")
    if found is None:
        return None
    ctx.columns.add("booking_ts")
    if ctx.facts is None:
        return ast.Fact(name, found.text, Unit.MONEY), FieldInfo(name, Unit.MONEY)
    unit = ctx.facts.get(found.text)
    if unit is None:
        hint = suggest(found.text, sorted(ctx.facts))
        ctx.findings.error("R016", f"the profile has no fact '{found.text}'", found.span, help=hint)
        return None
    return ast.Fact(name, found.text, unit), FieldInfo(name, unit)
