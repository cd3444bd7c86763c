"""Loads a profile: everything local, with overrides only inside the bounds that rules set."""

from __future__ import annotations

import dataclasses
import datetime as dt
import zoneinfo
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from thbscreen.diagnostics import Span, suggest
from thbscreen.model.text import fold
from thbscreen.rules import bundle
from thbscreen.rules.accusing import refuse_accusing
from thbscreen.rules.ast import Unit
from thbscreen.rules.context import Context
from thbscreen.rules.evaluate import digest
from thbscreen.rules.lists import list_digest
from thbscreen.rules.literals import LiteralError, parse_value
from thbscreen.rules.overrides import Known, bind_exclusions, bind_goaml, bind_overrides, day, reason
from thbscreen.rules.words import finding, good_entry
from thbscreen.rules.yamltree import MAX_NODES, Map, Node, Scalar, load_tree

KEYS = (
    "profile", "time_zone", "facts", "scoring", "rules", "lists", "lists_from", "lists_key", "exclusions",
    "goaml",
)  # fmt: skip
_FACT_KEYS = ("value", "valid_from", "valid_to", "source", "confidence")
#: Stands for the values of a fact that the profile does not have; rules that need it are then not judged.
UNKNOWN = "unknown"
_FACT_UNITS = {Unit.MONEY, Unit.NUMBER, Unit.SHARE}


@dataclasses.dataclass(slots=True)
class ProfileFile:
    """A profile read in two steps: facts before the rules, overrides after them.

    Attributes:
        facts: dated values by name.
        places: where each rule's override stands.
    """

    ctx: Context
    root: Map | None
    name: str = ""
    time_zone: str = "UTC"
    facts: dict[str, tuple[bundle.DatedValue, ...]] = dataclasses.field(default_factory=dict)
    places: dict[str, Span] = dataclasses.field(default_factory=dict)

    def fact_units(self) -> dict[str, Unit] | None:
        """Gives the unit of every fact; None when the profile is unreadable, so that rules stay silent."""
        if self.root is None:
            return None
        return {name: values[0].value.unit if values else Unit.MONEY for name, values in self.facts.items()}


def read_profile(text: str | bytes, file: str) -> ProfileFile:
    """Reads zone and facts; overrides follow with `finish_profile`."""
    root, findings = load_tree(text, file)
    ctx = Context(findings, {}, max_items=MAX_NODES)
    out = ProfileFile(ctx, root if isinstance(root, Map) else None)
    with findings.reading():
        refuse_accusing(findings, root)
        _head(out, ctx.mapping(root, "the profile", KEYS))
    return out


def _head(out: ProfileFile, mapping: Map | None) -> None:
    if mapping is None:
        return
    ctx = out.ctx
    ctx.require(mapping, ("profile", "time_zone"), "the profile")
    out.name = ctx.text(mapping, "profile")
    zone = ctx.scalar(mapping.get("time_zone"), "'time_zone'")
    if zone is not None:
        out.time_zone = zone.text
        if not _is_zone(zone.text):
            hint = "use a name such as Asia/Nicosia"
            ctx.findings.error("P009", f"unknown time zone '{zone.text[:40]}'", zone.span, help=hint)
    for key, value in ctx.mapping(mapping.get("facts"), "'facts'") or ():
        known = not (isinstance(value, Scalar) and value.text == UNKNOWN)
        out.facts[key.text] = tuple(_fact(ctx, key, value)) if known else ()


def local_today(zone: str) -> dt.date:
    """Gives today's date in a time zone; in UTC when there is no such zone."""
    return dt.datetime.now(zoneinfo.ZoneInfo(zone) if _is_zone(zone) else dt.UTC).date()


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _fact(ctx: Context, key: Scalar, node: Node) -> Iterator[bundle.DatedValue]:
    last: bundle.DatedValue | None = None
    for item in ctx.sequence(node, f"'{key.text}'"):
        mapping = ctx.mapping(item, f"a value of '{key.text}'", _FACT_KEYS)
        if mapping is None:
            continue
        ctx.require(mapping, ("value", "source"), f"a value of '{key.text}'")
        found = ctx.scalar(mapping.get("value"), "'value'")
        start, end = (day(ctx, mapping.get(k), f"'{k}'") for k in ("valid_from", "valid_to"))
        try:
            value = parse_value(found.text) if found else None
        except LiteralError:
            value = None
        if value is None or value.unit not in _FACT_UNITS:
            if found is not None:
                ctx.findings.error("R021", "a fact is money, a share or a number", found.span)
            continue
        confidence = ctx.text(mapping, "confidence") if mapping.get("confidence") else ""
        dated = bundle.DatedValue(value, start, end, ctx.text(mapping, "source"), confidence)
        wrong = _wrong_dates(last, dated)
        if wrong:
            ctx.findings.error("P007", f"'{key.text}': {wrong}", mapping.span)
        last = dated
        yield dated


def _wrong_dates(last: bundle.DatedValue | None, now: bundle.DatedValue) -> str | None:
    if now.valid_to is not None and (now.valid_from or "") > now.valid_to:
        return "the value ends before it begins"
    if last is None:
        return None
    if last.value.unit is not now.value.unit:
        return "all values of a fact have one unit"
    if last.valid_to is None or last.valid_to >= (now.valid_from or ""):
        return "values follow each other in time and do not overlap"
    return None


# --- overrides, lists, scoring -----------------------------------------------------------------


def finish_profile(read: ProfileFile, known: Known) -> bundle.Profile | None:
    """Binds overrides, list changes, exclusions, goAML codes and scoring numbers.

    Args:
        read: the profile after `read_profile`.
        known: what the profile may name.

    Returns:
        The profile, or None when it has errors.
    """
    found = None
    with read.ctx.findings.reading():
        found = _whole(read, known)
    return None if read.ctx.findings.failed else found


def _whole(read: ProfileFile, known: Known) -> bundle.Profile | None:
    ctx, root = read.ctx, read.root
    if root is None:
        return None
    overrides = tuple(bind_overrides(ctx, root.get("rules"), known, read.places))
    additions, removals = _list_changes(ctx, root.get("lists"), known.lists)
    scoring = _scoring(ctx, root.get("scoring"))
    exclusions = tuple(bind_exclusions(ctx, root.get("exclusions"), known))
    goaml = tuple(bind_goaml(ctx, root.get("goaml"), known))
    if ctx.findings.failed:
        return None
    facts = tuple(read.facts.items())
    content = (read.name, read.time_zone, facts, overrides, additions, removals, scoring)
    whole = digest((*content, exclusions, goaml))
    return bundle.Profile(*content, digest=whole, span=root.span, exclusions=exclusions, goaml=goaml)


Additions = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
Removals = tuple[tuple[str, tuple[str, ...]], ...]


def _list_changes(
    ctx: Context, node: Node | None, lists: Mapping[str, bundle.WordList | None]
) -> tuple[Additions, Removals]:
    additions: dict[str, tuple[tuple[str, str], ...]] = {}
    removals: dict[str, tuple[str, ...]] = {}
    for key, value in ctx.mapping(node, "'lists'") or ():
        if key.text not in lists:
            if not ctx.forbidden(key.text, key.span):
                hint = suggest(key.text, sorted(lists))
                ctx.findings.error("P004", f"unknown list '{key.text}'", key.span, help=hint)
            continue
        mapping = ctx.mapping(value, f"'{key.text}'", ("add", "remove", "reason"))
        if mapping is None or reason(ctx, mapping, key) is None:
            continue
        found = lists[key.text]
        if found is None:
            continue
        if found.supplied_by or found.kind == "hashed":
            hint = "change the institution's own file; a hashed list is made anew from all its words"
            message = f"'{key.text}' is supplied as a whole and not changed here"
            ctx.findings.error("P020", message, key.span, help=hint)
            continue
        additions[key.text] = tuple(_added(ctx, mapping.get("add"), found))
        removals[key.text] = tuple(_removed(ctx, mapping.get("remove"), found))
        _still_right(ctx, key, found, additions[key.text], removals[key.text])
    return tuple(additions.items()), tuple((k, v) for k, v in removals.items() if v)


def _added(ctx: Context, node: Node | None, found: bundle.WordList) -> Iterator[tuple[str, str]]:
    if isinstance(node, Map):
        groups = [(key.text, value) for key, value in node]
    elif found.kind == "map" and node is not None:
        ctx.findings.error("R006", "additions to a map are 'value: [texts]'", node.span)
        return
    else:
        groups = [("any", node)] if node is not None else []
    for group, value in groups:
        for item in ctx.scalars(value, "'add'"):
            if found.kind == "words" and not good_entry(ctx.findings, item):
                continue
            yield group, fold(item.text) if found.kind == "map" else item.text


def _removed(ctx: Context, node: Node | None, found: bundle.WordList) -> Iterator[str]:
    known = {entry for _, entry in found.entries}
    for item in ctx.scalars(node, "'remove'"):
        text = fold(item.text) if found.kind == "map" else item.text
        if text in known:
            yield text
        else:
            hint = suggest(text, sorted(known))
            ctx.findings.error(
                "P006", f"'{found.name}' has no entry '{item.text[:60]}'", item.span, help=hint
            )


def _still_right(
    ctx: Context,
    key: Scalar,
    found: bundle.WordList,
    added: Collection[tuple[str, str]],
    removed: Collection[str],
) -> None:
    changed = changed_list(found, tuple(added), tuple(removed))
    if not changed.entries:
        ctx.findings.error("R024", f"nothing is left of '{found.name}'", key.span)
        return
    for text in found.must_not_match:
        if entry := finding(found.kind, added, text):
            message = f"the entry '{entry}' matches '{text[:80]}', which must not match"
            ctx.findings.error("R018", message, key.span)
    # An example that is the very entry taken out, such as a country, only says that the entry is there.
    named = set(removed) if found.kind in {"codes", "values"} else set()
    for text in found.must_match:
        if text not in named and removed and finding(found.kind, changed.entries, text) is None:
            message = f"with these changes no entry matches '{text[:80]}', which must match"
            hint = "leave the entry in, or change the list itself with its examples"
            ctx.findings.error("R018", message, key.span, help=hint)


def changed_list(
    found: bundle.WordList, added: tuple[tuple[str, str], ...], removed: tuple[str, ...]
) -> bundle.WordList:
    """Gives a list with a profile's additions and removals."""
    kept = tuple(pair for pair in found.entries if pair[1] not in removed)
    entries = kept + tuple(pair for pair in added if pair not in kept)
    return dataclasses.replace(found, entries=entries, digest=list_digest(found.name, found.kind, entries))


_SCORING = {f.name: f for f in dataclasses.fields(bundle.Scoring)}
_LIMITS: dict[str, tuple[Decimal | int, int]] = {
    "alert_weight": (Decimal("0.5"), 100),
    "min_families": (1, 7),
    "half_after_days": (1, 3650),
    "repeat_bonus": (0, 10),
    "max_network_nodes": (5, 10_000),
    "hub_degree": (3, 100_000),
}


def _scoring(ctx: Context, node: Node | None) -> bundle.Scoring:
    values: dict[str, Decimal | int] = {}
    for key, value in ctx.mapping(node, "'scoring'", tuple(_SCORING)) or ():
        found = ctx.scalar(value, f"'{key.text}'") if key.text in _SCORING else None
        if found is None:
            continue
        whole = not isinstance(_SCORING[key.text].default, Decimal)
        low, high = _LIMITS[key.text]
        try:
            number = Decimal(found.text) if len(found.text) < 20 else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or not low <= number <= high or (whole and number % 1):
            kind = "whole number" if whole else "number"
            ctx.findings.error("P008", f"'{key.text}' is a {kind} from {low} to {high}", found.span)
            continue
        values[key.text] = int(number) if whole else number
    return dataclasses.replace(bundle.Scoring(), **values)  # type: ignore[arg-type]
