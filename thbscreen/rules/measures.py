"""Binds grouping keys, measures, flag_when lines and windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from thbscreen.diagnostics import Span, suggest
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.comparison import LineError, parse_line, parse_sum
from thbscreen.rules.context import RESERVED, Context
from thbscreen.rules.evaluate import never_lines, number, span_of, walk
from thbscreen.rules.where import bind_where
from thbscreen.rules.yamltree import Map, Node, Scalar, Seq

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD_KINDS = ("sum", "distinct", "largest", "smallest", "average", "median")
ROW_KINDS = ("count", "days_active", "months_active")
COMPARED_KINDS = ("usual", "peers")
MEASURE_KINDS = (*ROW_KINDS, *FIELD_KINDS, "formula", *COMPARED_KINDS)
#: Keys of a measure that compares with other windows, besides its kind.
COMPARED_KEYS = {"usual": ("over", "at_least", "statistic"), "peers": ("alike_by", "at_least", "statistic")}
STATISTICS = ("median", "average")
#: What `usual` and `peers` can compare: numbers that a quiet window has too, namely zero.
COUNTED_KINDS = ("count", "sum", "distinct", "days_active", "months_active")
MAX_WINDOWS = 60
#: Words that evidence and expectations use for something else than a measure.
_FIELD_WORDS = frozenset({"amount_eur", "booking_ts", "account_id", "party_id", "network_id"})
_ADDABLE = {Unit.MONEY, Unit.NUMBER, Unit.SHARE}

# --- keys --------------------------------------------------------------------------------------


def bind_keys(ctx: Context, node: Node | None) -> tuple[str, ...]:
    """Binds the grouping keys of `for_each`: ids and codes, each once."""
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
        elif not ctx.stands_for_origin(info.path, item.span):
            out.append(info.path)
    return tuple(out)


# --- measures ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Links:
    """Legs and links of a network rule as its measures see them.

    Attributes:
        wheres: per name what its rows pass; empty for a star, which keeps the rows of its legs itself.
        star: it is a star of repeated cycles.
    """

    names: tuple[str, ...]
    wheres: Mapping[str, ast.Where]
    star: bool


def bind_measures(
    ctx: Context,
    node: Node | None,
    for_each: tuple[str, ...],
    links: Links | None = None,
    window: ast.Window | None = None,
) -> tuple[ast.Measure, ...]:
    """Binds measures; one that needs others comes after them, whatever the written order.

    Args:
        ctx: state of the rule.
        node: the mapping of name to measure.
        for_each: the rule's grouping keys.
        links: legs and links in a network rule, else None.
        window: of the rule; `usual` and `peers` depend on it.
    """
    mapping = ctx.mapping(node, "'measures'")
    formulas: list[tuple[str, Scalar]] = []
    compared: list[tuple[str, Map, Scalar]] = []
    out: list[ast.Measure] = []
    if mapping is not None and not mapping.entries:
        ctx.findings.error("R006", "'measures' is empty", mapping.span)
    for key, value in mapping or ():
        waiting = {*(n for n, _ in formulas), *(n for n, _, _ in compared)}
        taken = {*ctx.measures, *waiting, *for_each, *RESERVED, *_FIELD_WORDS, *ctx.derived}
        name = ctx.new_name(key, "a measure", taken)
        if isinstance(value, Map) and value.get("formula") is not None:
            ctx.mapping(value, f"measure '{key.text}'", ("formula",))
            text = ctx.scalar(value.get("formula"), "'formula'")
            if name and text:
                formulas.append((name, text))
            else:
                ctx.measures.setdefault(key.text, None)
            continue
        kind = _compared_kind(value)
        if kind is not None and isinstance(value, Map) and (links is None or not links.star):
            if name:
                compared.append((name, value, kind))
            else:
                ctx.measures.setdefault(key.text, None)
            continue
        found = _measure(ctx, name or "_", value, for_each, links)
        ctx.measures.setdefault(key.text, found.unit if found and name else None)
        out += [found] if found and name else []
    for label, value, kind in compared:
        against = _compared(ctx, label, value, kind, out, for_each, window)
        ctx.measures[label] = None if against is None else against.unit
        out += [against] if against else []
    return tuple(out + _formulas(ctx, formulas))


def _compared_kind(node: Node) -> Scalar | None:
    entries = node.entries if isinstance(node, Map) else ()
    return next((key for key, _ in entries if key.text in COMPARED_KINDS), None)


def _compared(
    ctx: Context,
    name: str,
    mapping: Map,
    kind: Scalar,
    known: list[ast.Measure],
    for_each: tuple[str, ...],
    window: ast.Window | None,
) -> ast.Measure | None:
    """Binds a comparison with the group's own past (usual) or with groups like it (peers)."""
    ctx.mapping(mapping, f"measure '{name}'", (kind.text, *COMPARED_KEYS[kind.text]))
    ctx.require(mapping, COMPARED_KEYS[kind.text], f"measure '{name}'")
    wanted: tuple[type, ...] = (ast.Calendar,) if kind.text == "usual" else (ast.Calendar, ast.WholePeriod)
    if window is not None and not isinstance(window, wanted):
        hint = "use calendar day, week or month" + ("" if kind.text == "usual" else ", or whole period")
        message = f"'{kind.text}' compares windows that do not overlap"
        ctx.findings.error("R025", message, kind.span, help=hint)
        return None
    of = ctx.scalar(mapping.get(kind.text), f"'{kind.text}'")
    base = next((m for m in known if of is not None and m.name == of.text), None)
    if of is not None and base is None:
        if ctx.measures.get(of.text, Unit.NUMBER) is not None:
            near = suggest(of.text, [m.name for m in known])
            ctx.findings.error("R048", f"'{kind.text}' names no measure: '{of.text}'", of.span, help=near)
        return None
    if of is not None and base is not None and base.kind not in COUNTED_KINDS:
        hint = "measures that do: " + ", ".join(COUNTED_KINDS)
        ctx.findings.error("R048", f"'{kind.text}' does not go with a {base.kind}", of.span, help=hint)
        return None
    least = _number_of(ctx, mapping, "at_least", "windows" if kind.text == "usual" else "members")
    statistic = ctx.choice(mapping.get("statistic"), "'statistic'", STATISTICS, "R022")
    over = _number_of(ctx, mapping, "over", "windows") if kind.text == "usual" else None
    alike = _alike(ctx, mapping.get("alike_by"), for_each) if kind.text == "peers" else ()
    if base is None or least is None or statistic is None or (kind.text == "usual" and over is None):
        return None
    if kind.text == "peers" and not alike:
        return None
    spans = [span_of(value, ctx.parameters) for value in (least, over) if value is not None]
    if len(spans) == 2 and spans[0] and spans[1] and spans[0][0] > spans[1][1]:
        place = mapping.get("at_least")
        message = "'at_least' asks for more windows than 'over' looks at, so nothing is ever known"
        ctx.findings.error("R024", message, (place or mapping).span)
        return None
    side = cast("Literal['median', 'average']", statistic)
    against = ast.Compared(base.name, side, least, over, alike)
    return ast.Measure(name, _kind(kind.text), base.unit, compared=against)


def _number_of(ctx: Context, mapping: Map, key: str, noun: str) -> ast.Expr | None:
    """Reads `6 windows`, `30 members` or `$history windows`: a whole number from 1 on."""
    found = ctx.scalar(mapping.get(key), f"'{key}'")
    if found is None:
        return None
    text = found.text.strip()
    head = text.removesuffix(noun).removesuffix(noun.removesuffix("s")).strip()
    inside = Scalar(head, found.span, found.quoted, found.offset, 0)
    value = ctx.value(inside, Unit.NUMBER, f"'{key}'") if head != text else None
    span = span_of(value, ctx.parameters) if value is not None else None
    if head == text or span is None or span[0] < 1 or any(end.denominator != 1 for end in span):
        if head == text or value is not None:
            message = f"'{key}' is a whole number of {noun} from 1 on"
            ctx.findings.error("R021", message, found.span, help=f"write it like 6 {noun}")
        return None
    if key == "over" and span[1] > MAX_WINDOWS:
        ctx.findings.error("R024", f"'over' reaches over more than {MAX_WINDOWS} windows", found.span)
        return None
    return value


def _alike(ctx: Context, node: Node | None, for_each: tuple[str, ...]) -> tuple[str, ...]:
    """Binds the fields in which peers agree: facts of the customer or the account that is judged."""
    out: list[str] = []
    for item in ctx.scalars(node, "'alike_by'"):
        info = ctx.field(item)
        if info is None:
            continue
        if not info.path.startswith(("party.", "account.")) or info.unit is not Unit.TEXT:
            hint = "name facts such as party.occupation or account.product"
            ctx.findings.error("R040", f"'{item.text}' does not make peers", item.span, help=hint)
        elif for_each[:1] not in {("account_id",), ("party_id",)}:
            hint = "peers are accounts or customers: for_each begins with account_id or party_id"
            ctx.findings.error("R042", "this rule's groups are no customers", item.span, help=hint)
        elif info.path in out:
            ctx.findings.error("R019", f"'{item.text}' is there twice", item.span)
        elif not ctx.stands_for_origin(info.path, item.span):
            out.append(info.path)
    return tuple(out)


def _formulas(ctx: Context, waiting: list[tuple[str, Scalar]]) -> list[ast.Measure]:
    out = []
    names = {name for name, _ in waiting}
    uses = {name: names & _words(text.text) for name, text in waiting}
    while waiting:
        ready = next((f for f in waiting if not uses[f[0]] & names), waiting[0])
        waiting.remove(ready)
        names.discard(ready[0])
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


def _words(formula: str) -> set[str]:
    return set(formula.replace("$", " $").translate(str.maketrans("+-*/()", "      ")).split())


def _measure(
    ctx: Context, name: str, node: Node, for_each: tuple[str, ...], links: Links | None
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
    if links is not None and links.star and not _of_a_star(ctx, kind, target, mapping):
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
    elif not ctx.forbidden(first.text, first.span):
        hint = suggest(first.text, MEASURE_KINDS)
        ctx.findings.error("R020", f"unknown kind of measure '{first.text}'", first.span, help=hint)


def _measure_where(ctx: Context, node: Node | None, links: Links | None) -> tuple[str | None, ast.Where]:
    """Binds the where of a measure; in a network rule `link: name` keeps the rows of one leg or link."""
    if links is None or not isinstance(node, Map):
        return None, bind_where(ctx, node)
    named = ctx.scalar(node.get("link"), "'link'")
    rest = Map(tuple((k, v) for k, v in node if k.text != "link"), node.span)
    where = bind_where(ctx, rest)
    if named is not None and named.text not in links.names:
        hint = suggest(named.text, links.names)
        ctx.findings.error("R053", f"unknown leg or link '{named.text}'", named.span, help=hint)
        return None, where
    if named is not None and not links.star:
        return None, ast.Where((*links.wheres[named.text].conditions, *where.conditions))
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


def _row_target(ctx: Context, kind: Scalar, target: Scalar, links: Links | None) -> str | None:
    known = ["parties"] if ctx.table == "parties" else ["transactions"]
    if links is not None and links.star and kind.text == "count":
        known.append("cycles")
    if target.text in known:
        return target.text
    ctx.findings.error(
        "R040", f"'{kind.text}' looks at {' or '.join(known)}, not at '{target.text}'", target.span,
        help="use distinct to count different values of a field",
    )  # fmt: skip
    return None


def _field_target(ctx: Context, kind: Scalar, target: Scalar, links: Links | None) -> tuple[str, Unit] | None:
    if links is not None and links.star and target.text == "member":
        if kind.text != "distinct":
            ctx.findings.error("R040", f"members are counted with distinct, not '{kind.text}'", kind.span)
            return None
        return "member", Unit.NUMBER
    info = ctx.field(target)
    if info is None:
        return None
    wrong = (
        info.match
        or (kind.text == "distinct" and info.unit in {Unit.FLAG, Unit.LENGTH})
        or (kind.text != "distinct" and info.unit not in _ADDABLE)
    )
    if wrong:
        hint = (
            "use distinct to count different values" if not info.match else "name a field of the matched row"
        )
        if kind.text in {"largest", "smallest"} and info.unit in {Unit.DATE, Unit.TIME}:
            hint = "the evidence knows {starts} and {ends} without a measure"
        if info.unit is Unit.LENGTH:
            hint = "test it in where, such as {at_least: 30 days}, and count the rows"
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


def bind_flag_when(ctx: Context, mapping: Map) -> tuple[ast.FlagLine, ...]:
    """Binds `flag_when`; lines that contradict are R024, a line on an extreme is W104."""
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


def bind_each(ctx: Context, node: Node | None, measures: tuple[ast.Measure, ...]) -> ast.Each | None:
    """Binds `{of: people, rows: 3}`: a distinct measure, and how many rows each of its values must have."""
    mapping = ctx.mapping(node, "'each'", ("of", "rows"))
    if mapping is None:
        return None
    ctx.require(mapping, ("of", "rows"), "'each'")
    if ctx.table == "parties":
        hint = "count in a measure how many customers there are"
        ctx.findings.error("R025", "each customer is one row of its table", mapping.span, help=hint)
        return None
    of = ctx.scalar(mapping.get("of"), "'of'")
    rows = _times(ctx, mapping.get("rows"), "rows")
    if of is None or rows is None:
        return None
    usable = [m.name for m in measures if m.kind == "distinct" and not m.where.conditions and not m.for_each]
    if of.text not in usable:
        if of.text not in {n for n, unit in ctx.measures.items() if unit is None}:
            near = suggest(of.text, usable) if usable else "write one, such as people: {distinct: party_id}"
            message = f"'{of.text}' is no measure of different values over all rows of the window"
            ctx.findings.error("R040", message, of.span, help=near)
        return None
    wider = next((m.name for m in measures if m.for_each or m.compared is not None), None)
    if wider is not None:
        message = f"'each' leaves rows out of windows, and '{wider}' looks at other windows or groups"
        ctx.findings.error("R040", message, mapping.span, help="keep one of them")
        return None
    return ast.Each(of.text, rows)


def _times(ctx: Context, node: Node | None, key: str) -> ast.Expr | None:
    """Reads how often something must be: less than once is R024, and a part of one R021."""
    times = ctx.value(node, Unit.NUMBER, f"'{key}'")
    if times is None or node is None:
        return None
    span, fixed = span_of(times, ctx.parameters), number(times, ctx.defaults())
    if span is not None and span[0] < 1:
        ctx.findings.error("R024", f"'{key}' can be less than 1, and then nothing is asked", node.span)
        return None
    if fixed is not None and fixed.denominator != 1:
        ctx.findings.error("R021", f"'{key}' is a whole number", node.span, help="write it like 2")
        return None
    return times


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
    times = _times(ctx, mapping.get("times"), "times")
    within = ctx.length(mapping.get("within"), "'within'")
    return ast.Repeat(times, within) if times and within else None
