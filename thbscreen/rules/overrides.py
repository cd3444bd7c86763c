"""What an institution changes: values inside the bounds, rules switched, rows excluded, goAML codes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from thbscreen.diagnostics import Span, suggest
from thbscreen.rules import ast, bundle
from thbscreen.rules.cases import out_of_bounds
from thbscreen.rules.context import Context
from thbscreen.rules.evaluate import number
from thbscreen.rules.where import bind_where
from thbscreen.rules.yamltree import Map, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}", re.ASCII)
#: What stands for a code that nobody has looked up yet.
TO_BE_FILLED = "to be filled"
#: Says that an exclusion stops a rule's own test; found where tests are run.
SILENCED = "P014"


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What a profile may name.

    Attributes:
        rules: by id; None when the rule itself does not load.
        bounds: where each parameter's bounds are set, by rule and parameter.
        lists: by name; None when the list does not load.
        today: the day against which expiry and review are held (ISO day).
    """

    rules: Mapping[str, ast.Rule | None]
    bounds: Mapping[str, Mapping[str, Span]]
    lists: Mapping[str, bundle.WordList | None]
    today: str


def day(ctx: Context, node: Node | None, what: str) -> str | None:
    """Reads an ISO day; None when there is none or it is wrong (R021)."""
    if node is None or (isinstance(node, Scalar) and node.absent):
        return None
    found = ctx.scalar(node, what)
    if found is None:
        return None
    if not _DAY.fullmatch(found.text):
        ctx.findings.error("R021", f"{what} is a day such as 2026-01-31", found.span)
        return None
    value = ctx.literal(found, ast.Unit.DATE, what)
    return None if value is None else str(value.payload)


#: What a text holds that nobody has written yet.
NOT_FILLED = frozenset({"", "to be filled"})
#: An exclusion is reviewed at least this often, in days.
MAX_EXCLUSION = 731


def reason(ctx: Context, mapping: Map, key: Scalar) -> str | None:
    """Gives the reason of a change; a change without one is P005."""
    node = mapping.get("reason")
    if node is None:
        ctx.findings.error(
            "P005", f"'{key.text}' is changed without a reason", key.span, help="add reason: why"
        )
        return None
    found = ctx.text(mapping, "reason")
    if isinstance(node, Scalar) and not node.absent and found.lower() in NOT_FILLED:
        ctx.findings.error("P005", f"the reason of '{key.text}' is not filled in", node.span, help="say why")
        return None
    return found or None


# --- overrides ------------------------------------------------------------------------------------


def bind_overrides(
    ctx: Context, node: Node | None, known: Known, places: dict[str, Span]
) -> Iterator[bundle.Override]:
    """Binds the changes of rules and notes in `places` where each stands."""
    for key, value in ctx.mapping(node, "'rules'") or ():
        if not _usable(ctx, key, known):
            continue
        mapping = ctx.mapping(value, f"'{key.text}'", ("parameters", "enabled", "reason", "approved"))
        if mapping is None:
            continue
        places[key.text] = key.span
        why = reason(ctx, mapping, key)
        if why is None:
            continue
        switch = ctx.choice(mapping.get("enabled"), "'enabled'", ("true", "false"))
        rule = known.rules[key.text]
        values = () if rule is None else tuple(_values(ctx, mapping, rule, known.bounds.get(key.text, {})))
        starts = switch == "true" and rule is not None and rule.status == "draft"
        needed = starts or switch == "false" or mapping.get("parameters") is not None
        approved = _approval(ctx, mapping, key, needed=needed, today=known.today)
        yield bundle.Override(key.text, values, None if switch is None else switch == "true", why, approved)


def _usable(ctx: Context, name: Scalar, known: Known) -> bool:
    if name.text not in known.rules:
        hint = suggest(name.text, sorted(known.rules))
        ctx.findings.error("P001", f"unknown rule '{name.text[:40]}'", name.span, help=hint)
        return False
    rule = known.rules[name.text]
    if rule is not None and rule.status == "retired":
        hint = "a retired rule does not run; take it out of the profile"
        ctx.findings.error("P001", f"the rule '{name.text}' is retired", name.span, help=hint)
        return False
    return True


def _values(
    ctx: Context, mapping: Map, rule: ast.Rule, bounds: Mapping[str, Span]
) -> Iterator[tuple[str, ast.Value]]:
    known = {p.name: p for p in rule.parameters}
    for key, node in ctx.mapping(mapping.get("parameters"), "'parameters'") or ():
        if key.text not in known:
            hint = suggest(key.text, sorted(known))
            message = f"{rule.id} has no parameter '{key.text[:40]}'"
            ctx.findings.error("P002", message, key.span, help=hint)
            continue
        parameter = known[key.text]
        found = ctx.scalar(node, f"'{key.text}'")
        value = ctx.literal(found, parameter.value.unit, f"'{key.text}'") if found else None
        if found is None or value is None:
            continue
        outside = out_of_bounds(parameter, value)
        if outside:
            place = bounds.get(key.text)
            note = f"the bounds are set in {place}" if place else None
            ctx.findings.error("P003", f"{key.text} = {found.text} is {outside}", found.span, note=note)
            continue
        yield key.text, value


def _approval(ctx: Context, mapping: Map, key: Scalar, *, needed: bool, today: str) -> bundle.Approval | None:
    node = mapping.get("approved")
    if node is None:
        if needed:
            hint = "add approved: {by: who, on: day, review: day}"
            ctx.findings.error("P015", f"'{key.text}' is changed without approval", key.span, help=hint)
        return None
    found = ctx.mapping(node, "'approved'", ("by", "on", "review"))
    if found is None:
        return None
    ctx.require(found, ("by", "on", "review"), "'approved'")
    by, start, review = ctx.text(found, "by"), *(day(ctx, found.get(k), f"'{k}'") for k in ("on", "review"))
    if not by or start is None or review is None:
        return None
    if by.lower() in NOT_FILLED:
        ctx.findings.error("P015", f"who approved '{key.text}' is not filled in", _at(found, "by"))
    elif start > today:
        ctx.findings.error("P015", f"'{key.text}' is approved on a day that has not come", _at(found, "on"))
    elif review <= start:
        ctx.findings.error(
            "P015", f"the review of '{key.text}' is not after its approval", _at(found, "review")
        )
    elif review < today:
        ctx.findings.warn(
            "W120", f"the review of '{key.text}' was due on {review}", _at(found, "review"),
            help="review the change, then write the new day",
        )  # fmt: skip
    return bundle.Approval(by, start, review)


def _at(mapping: Map, key: str) -> Span:
    node = mapping.get(key)
    return node.span if node is not None else mapping.span


class Change(NamedTuple):
    """A parameter whose value in force is not the rule's own.

    Attributes:
        effect: looser finds less than the rule by itself, stricter finds more, unclear can do both.
    """

    rule: str
    parameter: str
    value: ast.Value
    default: ast.Value
    effect: Literal["looser", "stricter", "unclear"]


def changes(pack: bundle.RulePack) -> list[Change]:
    """Lists every changed value of the rules in a pack, in the order of rules and parameters."""
    out = []
    given = {o.rule: dict(o.parameters) for o in pack.profile.overrides}
    for rule in pack.bound:
        for parameter in rule.parameters:
            value = given.get(rule.id, {}).get(parameter.name)
            if value is not None and value.payload != parameter.value.payload:
                out.append(Change(rule.id, parameter.name, value, parameter.value, _effect(parameter, value)))
    return out


def _effect(parameter: ast.Parameter, value: ast.Value) -> Literal["looser", "stricter", "unclear"]:
    now, default = number(value, {}), number(parameter.value, {})
    if parameter.stricter == "neither" or now is None or default is None:
        return "unclear"
    return "stricter" if (now < default) == (parameter.stricter == "lower") else "looser"


class Looser(NamedTuple):
    """A value in force that finds less than the rule's own would."""

    rule: str
    parameter: str
    value: ast.Value
    default: ast.Value


def looser(pack: bundle.RulePack) -> list[Looser]:
    """Lists the values that are looser than the rules' own, for the header of every run."""
    return [Looser(*change[:4]) for change in changes(pack) if change.effect == "looser"]


# --- exclusions -----------------------------------------------------------------------------------


def bind_exclusions(ctx: Context, node: Node | None, known: Known) -> Iterator[bundle.Exclusion]:
    """Binds the exclusions; one past its last day is P012, one that hides every row P013."""
    seen: set[str] = set()
    keys = ("name", "rules", "where", "reason", "expires")
    for item in ctx.sequence(node, "'exclusions'"):
        mapping = ctx.mapping(item, "an exclusion", keys)
        if mapping is None:
            continue
        ctx.require(mapping, keys, "an exclusion")
        name = ctx.scalar(mapping.get("name"), "'name'")
        last = day(ctx, mapping.get("expires"), "'expires'")
        ids = [s for s in ctx.scalars(mapping.get("rules"), "'rules'") if _usable(ctx, s, known)]
        wheres = tuple(_wheres(ctx, mapping, ids, known))
        why = ctx.text(mapping, "reason")
        if name is None:
            continue
        if not _NAME.fullmatch(name.text):
            hint = "names are lower-case letters, digits, - and _, beginning with a letter"
            message = f"'{name.text[:40]}' is not a name for an exclusion"
            ctx.findings.error("R007", message, name.span, help=hint)
        elif name.text in seen:
            ctx.findings.error("R019", f"there are two exclusions '{name.text}'", name.span)
        seen.add(name.text)
        if last is not None and last < known.today:
            ctx.findings.error(
                "P012", f"the exclusion '{name.text[:40]}' expired on {last}", _at(mapping, "expires"),
                help="take it out, or review it and write the new day",
            )  # fmt: skip
        elif last is not None and _days(known.today, last) > MAX_EXCLUSION:
            ctx.findings.error(
                "P012", f"the exclusion '{name.text[:40]}' would hold for more than two years",
                _at(mapping, "expires"), help="write a day within two years; it can be renewed then",
            )  # fmt: skip
        if last is not None:
            line = ctx.findings.line(name.span.line)
            yield bundle.Exclusion(name.text, wheres, why, last, name.span, line)


def _days(first: str, last: str) -> int:
    return (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days


def _wheres(ctx: Context, mapping: Map, ids: list[Scalar], known: Known) -> Iterator[tuple[str, ast.Where]]:
    """Binds the condition once for each table that the rules read."""
    bound: dict[str, ast.Where] = {}
    for identity in ids:
        rule = known.rules[identity.text]
        if rule is None or mapping.get("where") is None:
            continue
        parties = isinstance(rule.detect, ast.Aggregate) and rule.detect.table == "parties"
        table: Literal["transactions", "parties"] = "parties" if parties else "transactions"
        if table not in bound:
            bound[table] = _condition(ctx, mapping, known, table)
        yield rule.id, bound[table]


def _condition(
    ctx: Context, mapping: Map, known: Known, table: Literal["transactions", "parties"]
) -> ast.Where:
    good = {key: found for key, found in known.lists.items() if found is not None}
    broken = [key for key, found in known.lists.items() if found is None]
    inner = Context(ctx.findings, good, table=table, broken_lists=broken)
    before = len(ctx.findings.items)
    where = bind_where(inner, mapping.get("where"))
    for span in inner.after.values():
        ctx.findings.error("R023", "'hit_by' cannot stand in an exclusion", span)
    key, name = mapping.key("where"), mapping.get("name")
    if len(ctx.findings.items) == before and _holds_always(where):
        what = f"the exclusion '{name.text[:40]}'" if isinstance(name, Scalar) else "the exclusion"
        hint = "say which rows under where, or switch the rule off with its reason"
        place = key.span if key is not None else mapping.span
        ctx.findings.error("P013", f"{what} hides every row", place, help=hint)
    return where


def _holds_always(where: ast.Where) -> bool:
    return all(isinstance(c, ast.AnyOf) and any(map(_holds_always, c.wheres)) for c in where.conditions)


def hide(detect: ast.Detect, where: ast.Where) -> ast.Detect:
    """Gives a rule's detection without the rows that pass a condition.

    The rows are neither looked at nor matched as earlier rows. Sums of money passed on still follow every
    booked movement, since the money was there.
    """

    def without(old: ast.Where) -> ast.Where:
        return ast.Where((*old.conditions, ast.NoneOf((where,))))

    changes: dict[str, object] = {"where": without(detect.where)}
    if not isinstance(detect, ast.Star):
        changes["derive"] = tuple(_with_wheres(item, without) for item in detect.derive)
    return dataclasses.replace(detect, **changes)  # type: ignore[arg-type]


def _with_wheres(item: ast.Derive, change: Callable[[ast.Where], ast.Where]) -> ast.Derive:
    wheres = {f.name: getattr(item, f.name) for f in dataclasses.fields(item)}
    changed = {name: change(value) for name, value in wheres.items() if isinstance(value, ast.Where)}
    return dataclasses.replace(item, **changed) if changed else item  # type: ignore[arg-type]


class Hidden(NamedTuple):
    """The rows that an exclusion hides from a rule.

    Attributes:
        detect: the rule's detection without any exclusion, narrowed to the rows that are hidden.
    """

    exclusion: bundle.Exclusion
    rule: str
    detect: ast.Detect


def narrowed(detect: ast.Detect, where: ast.Where) -> ast.Detect:
    """Gives a detection that looks only at those of its rows that pass a condition."""
    return dataclasses.replace(detect, where=ast.Where((*_looked_at(detect), *where.conditions)))


def _looked_at(detect: ast.Detect) -> tuple[ast.Condition, ...]:
    """Gives the conditions that every row passes which a rule looks at."""
    own = detect.where.conditions
    match detect:
        case ast.Star():
            return (*own, ast.AnyOf(tuple(_leg(leg) for leg in (*detect.legs, *detect.links))))
        case ast.Sequence():
            return (*own, ast.AnyOf(tuple(step.where for step in detect.steps)))
        case _:
            return own


def _leg(leg: ast.Leg) -> ast.Where:
    side = ast.Test("direction", "is", ast.Value(ast.Unit.TEXT, leg.direction, leg.direction))
    return ast.Where((side, *leg.where.conditions))


# --- goAML ----------------------------------------------------------------------------------------


def bind_goaml(ctx: Context, node: Node | None, known: Known) -> Iterator[tuple[str, str]]:
    """Binds the codes of the FIU's own list; an indicator that no rule reports is P016."""
    mapping = ctx.mapping(node, "'goaml'", ("indicators",))
    if mapping is None:
        return
    whole = all(rule is not None for rule in known.rules.values())
    used = {rule.report_indicator for rule in known.rules.values() if rule is not None}
    for key, value in ctx.mapping(mapping.get("indicators"), "'indicators'") or ():
        if key.text not in used:
            if whole:
                hint = suggest(key.text, sorted(used), limit=20)
                message = f"no rule reports the indicator '{key.text[:60]}'"
                ctx.findings.error("P016", message, key.span, help=hint)
            continue
        if isinstance(value, Scalar) and (value.absent or value.text in {"", TO_BE_FILLED}):
            yield key.text, ""
        elif (code := ctx.scalar(value, f"'{key.text}'")) is not None:
            yield key.text, code.text.strip()
