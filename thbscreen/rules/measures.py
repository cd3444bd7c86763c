"""Binds derived columns, measures, flag_when lines and windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from thbscreen.diagnostics import Span, suggest
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.comparison import LineError, parse_line, parse_sum
from thbscreen.rules.context import RESERVED, RULE_FIELDS, Context, FieldInfo
from thbscreen.rules.evaluate import number, span_of, walk
from thbscreen.rules.where import bind_where
from thbscreen.rules.yamltree import Map, Node, Scalar, Seq

if TYPE_CHECKING:
    from collections.abc import Iterable

DERIVE_KINDS = ("forwarded_within", "follows", "most_common", "lookup", "fact")
FIELD_KINDS = ("sum", "distinct", "largest", "smallest", "average", "median")
ROW_KINDS = ("count", "days_active", "months_active")
MEASURE_KINDS = (*ROW_KINDS, *FIELD_KINDS, "formula")
#: Kinds of measures that the design knows and this version does not.
NOT_YET = {"usual": "own past", "peers": "peer groups"}
#: First words of field paths; a derived column of such a name would hide the fields.
_TABLE_WORDS = frozenset(path.partition(".")[0] for path in RULE_FIELDS if "." in path)
#: Words that evidence and expectations use for something else than a measure.
_FIELD_WORDS = frozenset({"amount_eur", "booking_ts", "account_id", "party_id", "network_id"})
_ADDABLE = {Unit.MONEY, Unit.NUMBER, Unit.SHARE}

# --- derive ------------------------------------------------------------------------------------


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
    extra = {"most_common": ("where",), "lookup": ("in",)}.get(kind.text, ())
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
    return info.path


def _follows(ctx: Context, name: str, node: Node | None) -> ast.Follows | None:
    mapping = ctx.mapping(node, "'follows'", ("where", "within", "same", "different"))
    if mapping is None:
        return None
    ctx.require(mapping, ("where", "within"), "'follows'")
    ctx.columns |= {"account_id", "booking_ts"}
    where = bind_where(ctx, mapping.get("where"))
    within = ctx.length(mapping.get("within"), "'within'")
    same, different = (_compared_fields(ctx, mapping.get(key), key) for key in ("same", "different"))
    if len(different) > 1:
        node = mapping.get("different")
        assert node is not None
        hint = "keep one; two follows columns can ask for one difference each"
        ctx.findings.error("R025", "'different' takes one field", node.span, help=hint)
    return ast.Follows(name, where, within, same, different) if within else None


def _compared_fields(ctx: Context, node: Node | None, key: str) -> tuple[str, ...]:
    """Reads the fields in which a matched row agrees or differs."""
    out: list[str] = []
    for item in ctx.scalars(node, f"'{key}'"):
        info = ctx.field(item)
        if info is None:
            continue
        if info.match or info.unit is Unit.FLAG:
            message = f"'{item.text}' cannot be compared with a matched row"
            ctx.findings.error("R040", message, item.span, help="name a field that holds values")
        elif info.path in out:
            ctx.findings.error("R019", f"'{item.text}' is there twice", item.span)
        elif info.path == "remittance_info":
            ctx.findings.error("R023", "free text cannot be compared", item.span)
        else:
            out.append(info.path)
    return tuple(out)


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


# --- measures ----------------------------------------------------------------------------------


def bind_measures(
    ctx: Context, node: Node | None, for_each: tuple[str, ...], links: Iterable[str] | None = None
) -> tuple[ast.Measure, ...]:
    """Binds measures; a formula comes after the measures it uses, whatever the written order.

    Args:
        ctx: state of the rule.
        node: the mapping of name to measure.
        for_each: the rule's grouping keys.
        links: names of legs and links in a network rule, else None.
    """
    mapping = ctx.mapping(node, "'measures'")
    formulas: list[tuple[str, Scalar]] = []
    out: list[ast.Measure] = []
    if mapping is not None and not mapping.entries:
        ctx.findings.error("R006", "'measures' is empty", mapping.span)
    for key, value in mapping or ():
        taken = {*ctx.measures, *(n for n, _ in formulas), *for_each, *RESERVED, *_FIELD_WORDS, *ctx.derived}
        name = ctx.new_name(key, "a measure", taken)
        if isinstance(value, Map) and value.get("formula") is not None:
            ctx.mapping(value, f"measure '{key.text}'", ("formula",))
            text = ctx.scalar(value.get("formula"), "'formula'")
            if name and text:
                formulas.append((name, text))
            else:
                ctx.measures.setdefault(key.text, None)
            continue
        found = _measure(ctx, name or "_", value, for_each, None if links is None else tuple(links))
        ctx.measures.setdefault(key.text, found.unit if found and name else None)
        out += [found] if found and name else []
    return tuple(out + _formulas(ctx, formulas))


def _formulas(ctx: Context, waiting: list[tuple[str, Scalar]]) -> list[ast.Measure]:
    out = []
    while waiting:
        names = {name for name, _ in waiting}
        ready = next((f for f in waiting if not any(_mentions(f[1].text, n) for n in names)), waiting[0])
        waiting.remove(ready)
        name, text = ready
        got = parse_sum(text.text, ctx.scope())
        if isinstance(got, LineError):
            ctx.line_error(got, text)
            got = None
        elif got is not None and ctx.divides_by_zero(got, text):
            got = None
        ctx.measures[name] = None if got is None else got.unit
        if got is not None:
            out.append(ast.Measure(name, "formula", got.unit, expr=got))
    return out


def _mentions(text: str, name: str) -> bool:
    return name in text.replace("$", " $").translate(str.maketrans("+-*/()", "      ")).split()


def _measure(
    ctx: Context, name: str, node: Node, for_each: tuple[str, ...], links: tuple[str, ...] | None
) -> ast.Measure | None:
    mapping = ctx.mapping(node, f"measure '{name}'")
    if mapping is None:
        return None
    kind = next((k for k, _ in mapping if k.text in MEASURE_KINDS), None)
    if kind is None:
        _unknown_kind(ctx, mapping)
        return None
    ctx.mapping(node, f"measure '{name}'", (kind.text, "where", "for_each"))
    link, where = _measure_where(ctx, mapping.get("where"), links)
    target = ctx.scalar(mapping.get(kind.text), f"'{kind.text}'")
    wider = _wider(ctx, mapping.get("for_each"), for_each)
    if target is None:
        return None
    field: str | None
    if kind.text in ROW_KINDS:
        looked_at = _row_target(ctx, kind, target, links)
        if looked_at is None:
            return None
        unit = Unit.NUMBER
        field = "cycles" if looked_at == "cycles" else None
    else:
        checked = _field_target(ctx, kind, target, links)
        if checked is None:
            return None
        field, unit = checked
    if links is not None and not _of_a_star(ctx, kind, target, mapping):
        return None
    if kind.text in {"months_active", "days_active"}:
        ctx.columns.add("booking_ts")
    return ast.Measure(name, _kind(kind.text), unit, field, where, wider, link)


#: What a star can measure.
_STAR = frozenset(
    {("count", "cycles"), ("count", "transactions"), ("distinct", "member"), ("sum", "amount_eur")}
)


def _of_a_star(ctx: Context, kind: Scalar, target: Scalar, mapping: Map) -> bool:
    """Refuses measures that a star does not know, and rows asked for where cycles are counted (R040)."""
    if (kind.text, target.text) not in _STAR:
        hint = "a star knows count of cycles or transactions, distinct member, sum of amount_eur, formulas"
        message = f"a network rule does not measure '{kind.text}' of '{target.text}'"
        ctx.findings.error("R040", message, kind.span, help=hint)
        return False
    key = mapping.key("where")
    if target.text == "cycles" and key is not None:
        hint = "a cycle is made of all legs; put limits on rows into the legs"
        ctx.findings.error("R040", "cycles are counted without 'where'", key.span, help=hint)
        return False
    return True


def _kind(text: str) -> ast.MeasureKind:
    return text  # type: ignore[return-value]


def _unknown_kind(ctx: Context, mapping: Map) -> None:
    first = mapping.entries[0][0] if mapping.entries else None
    hint: str | None
    if first is None:
        ctx.findings.error("R020", "an empty measure", mapping.span)
    elif first.text in NOT_YET:
        hint = f"comparing with {NOT_YET[first.text]} is not part of this version"
        ctx.findings.error("R020", f"unknown kind of measure '{first.text}'", first.span, help=hint)
    elif not ctx.forbidden(first.text, first.span):
        hint = suggest(first.text, MEASURE_KINDS)
        ctx.findings.error("R020", f"unknown kind of measure '{first.text}'", first.span, help=hint)


def _measure_where(
    ctx: Context, node: Node | None, links: tuple[str, ...] | None
) -> tuple[str | None, ast.Where]:
    if links is None or not isinstance(node, Map):
        return None, bind_where(ctx, node)
    named = ctx.scalar(node.get("link"), "'link'")
    rest = Map(tuple((k, v) for k, v in node if k.text != "link"), node.span)
    where = bind_where(ctx, rest)
    if named is not None and named.text not in links:
        hint = suggest(named.text, links)
        ctx.findings.error("R053", f"unknown leg or link '{named.text}'", named.span, help=hint)
        return None, where
    return (named.text if named else None), where


def _wider(ctx: Context, node: Node | None, for_each: tuple[str, ...]) -> tuple[str, ...] | None:
    if node is None:
        return None
    keys = ctx.scalars(node, "'for_each'")
    names = tuple(k.text for k in keys)
    if not names or (names != for_each[: len(names)] or len(names) >= len(for_each)):
        span = keys[0].span if keys else node.span
        hint = "it must be the first keys of the rule's for_each, fewer than all"
        ctx.findings.error("R042", "'for_each' of a measure is no wider group of the rule", span, help=hint)
        return None
    return names


def _row_target(ctx: Context, kind: Scalar, target: Scalar, links: tuple[str, ...] | None) -> str | None:
    known = ["parties"] if ctx.table == "parties" else ["transactions"]
    if links is not None and kind.text == "count":
        known.append("cycles")
    if target.text in known:
        return target.text
    ctx.findings.error(
        "R040", f"'{kind.text}' looks at {' or '.join(known)}, not at '{target.text}'", target.span,
        help="use distinct to count different values of a field",
    )  # fmt: skip
    return None


def _field_target(
    ctx: Context, kind: Scalar, target: Scalar, links: tuple[str, ...] | None
) -> tuple[str, Unit] | None:
    if links is not None and target.text == "member":
        if kind.text != "distinct":
            ctx.findings.error("R040", f"members are counted with distinct, not '{kind.text}'", kind.span)
            return None
        return "member", Unit.NUMBER
    info = ctx.field(target)
    if info is None:
        return None
    wrong = (
        info.match
        or (kind.text == "distinct" and info.unit is Unit.FLAG)
        or (kind.text != "distinct" and info.unit not in _ADDABLE)
    )
    if wrong:
        hint = (
            "use distinct to count different values" if not info.match else "name a field of the matched row"
        )
        if kind.text in {"largest", "smallest"} and info.unit in {Unit.DATE, Unit.TIME}:
            hint = "the evidence knows {starts} and {ends} without a measure"
        if info.unit is Unit.FLAG:
            hint = "count the rows instead: {count: transactions, where: {" + target.text + ": true}}"
        ctx.findings.error("R040", f"'{kind.text}' does not go with '{target.text}'", target.span, help=hint)
        return None
    return info.path, Unit.NUMBER if kind.text == "distinct" else info.unit


# --- lines and windows ---------------------------------------------------------------------------


def bind_lines(ctx: Context, node: Node | None, what: str = "'flag_when'") -> tuple[ast.FlagLine, ...]:
    """Binds comparison lines; mappings `any_of` and `none_of` hold further lines."""
    out: list[ast.FlagLine] = []
    items = (node,) if isinstance(node, Scalar) else ctx.sequence(node, what)
    for item in items:
        if isinstance(item, Map):
            mapping = ctx.mapping(item, f"an item of {what}", ("any_of", "none_of"))
            for key, value in mapping or ():
                if key.text in {"any_of", "none_of"}:
                    lines = bind_lines(ctx, value, f"'{key.text}'")
                    out.append(ast.AnyLine(lines) if key.text == "any_of" else ast.NoneLine(lines))
            continue
        if isinstance(item, Seq):
            ctx.findings.error("R006", f"an item of {what} must be a line such as 'count >= 3'", item.span)
            continue
        if (line := _line(ctx, item)) is not None:
            out.append(line)
    return tuple(out)


def _line(ctx: Context, item: Scalar) -> ast.Compare | None:
    if item.absent:
        ctx.findings.error("R006", "an empty line", item.span)
        return None
    got = parse_line(item.text, ctx.scope())
    if isinstance(got, LineError):
        ctx.line_error(got, item)
        return None
    if got is not None and ctx.divides_by_zero(got, item):
        return None
    if got is not None and not any(isinstance(p, ast.Name) for p in walk(got)):
        ctx.findings.error("R044", "the line names no measure, so it is the same for everyone", item.span)
        return None
    return got


def bind_headline(ctx: Context, node: Node | None) -> str | None:
    """Binds the measure that picks the window shown for an episode (R043)."""
    found = ctx.scalar(node, "'headline'")
    if found is None:
        return None
    if found.text not in ctx.measures:
        hint = suggest(found.text, [*ctx.measures])
        ctx.findings.error("R043", f"'headline' names no measure: '{found.text}'", found.span, help=hint)
        return None
    return found.text


def bind_window(ctx: Context, node: Node | None) -> ast.Window | None:
    """Binds `rolling 7 days`, `rolling $span`, `calendar day|week|month` or `whole period`."""
    found = ctx.scalar(node, "'window'")
    if found is None:
        return None
    words = found.text.split()
    if words == ["whole", "period"]:
        return ast.WholePeriod()
    if words and words[0] == "calendar":
        steps: dict[str, Literal["day", "week", "month"]] = {"day": "day", "week": "week", "month": "month"}
        if len(words) == 2 and words[1] in steps:
            return ast.Calendar(steps[words[1]])
        ctx.findings.error("R025", "a calendar window is a day, a week or a month", found.span)
        return None
    if words and words[0] == "rolling":
        start = found.text.index("rolling") + len("rolling")
        rest = found.text[start:]
        shift = start + len(rest) - len(rest.lstrip())
        # the same place, without the first word, so that carets stand under the length
        inside = Scalar(rest.strip(), _shifted(found, shift), found.quoted, 0, 0)
        length = ctx.length(inside, "the window")
        return ast.Rolling(length) if length else None
    hint = "write rolling 7 days, calendar month or whole period"
    ctx.findings.error("R025", f"'{found.text[:40]}' is not a window", found.span, help=hint)
    return None


def _shifted(found: Scalar, by: int) -> Span:
    span = found.span
    column = min(span.column + found.offset + by, span.end_column - 1)
    return Span(span.file, span.line, column, max(column + 1, span.end_column - found.offset))


def bind_repeat(ctx: Context, node: Node | None, window: ast.Window | None) -> ast.Repeat | None:
    """Binds `{times: 2, within: 60 days}`; fewer than one time is R024, and a part of one R021."""
    mapping = ctx.mapping(node, "'repeat'", ("times", "within"))
    if mapping is None:
        return None
    ctx.require(mapping, ("times", "within"), "'repeat'")
    if isinstance(window, ast.WholePeriod):
        hint = "count what must come often in a measure instead"
        ctx.findings.error("R025", "the whole period comes once and never repeats", mapping.span, help=hint)
        return None
    times = ctx.value(mapping.get("times"), Unit.NUMBER, "'times'")
    within = ctx.length(mapping.get("within"), "'within'")
    place = mapping.get("times")
    if times is not None and place is not None:
        span, fixed = span_of(times, ctx.parameters), number(times, ctx.defaults())
        if span is not None and span[0] < 1:
            ctx.findings.error("R024", "'times' can be less than 1, and then nothing is asked", place.span)
            return None
        if fixed is not None and fixed.denominator != 1:
            ctx.findings.error("R021", "'times' is a whole number", place.span, help="write it like 2")
            return None
    return ast.Repeat(times, within) if times and within else None
