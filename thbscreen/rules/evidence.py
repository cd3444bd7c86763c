"""Binds evidence sentences: text with `{name}` and `{name:format}`, nothing more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast, get_args

from thbscreen.diagnostics import suggest
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.context import HIT_TIMES, Context
from thbscreen.rules.yamltree import Node, Scalar, token_span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thbscreen.diagnostics import Span

FORMATS: tuple[str, ...] = get_args(ast.EvidenceFormat)
MAX_TEXT = 2_000
_SLOT = re.compile(r"\{([^{}]*)\}")
_INSIDE = re.compile(r"\s*([^\W0-9][\w.]*)\s*(?::\s*(\w*)\s*)?")
_DEFAULT: dict[Unit, ast.EvidenceFormat] = {
    Unit.MONEY: "money", Unit.SHARE: "percent", Unit.NUMBER: "count", Unit.DATE: "date", Unit.TIME: "date",
}  # fmt: skip
_FITS: dict[Unit, tuple[str, ...]] = {
    Unit.MONEY: ("money", "text"),
    Unit.SHARE: ("percent", "count", "text"),
    Unit.NUMBER: ("count", "percent", "text"),
    Unit.DATE: ("date", "month", "text"),
    Unit.TIME: ("date", "month", "time", "text"),
}


def bind_evidence(
    ctx: Context, node: Node | None, detect: ast.Detect | None, roles: tuple[str, ...]
) -> tuple[str | ast.Slot, ...]:
    """Binds the evidence text; unknown names are R045, unknown formats R046, stray braces R047."""
    found = ctx.scalar(node, "'evidence'")
    if found is None:
        return ()
    if len(found.text) > MAX_TEXT:
        ctx.findings.error("R007", f"the evidence text is longer than {MAX_TEXT} characters", found.span)
        return ()
    known = _known(ctx, detect, roles)
    out: list[str | ast.Slot] = []
    at = 0
    for slot in _SLOT.finditer(found.text):
        out += _plain(ctx, found, at, slot.start())
        bound = _slot(ctx, found, slot, known, detect)
        out += [bound] if bound else []
        at = slot.end()
    out += _plain(ctx, found, at, len(found.text))
    return tuple(out)


def _known(ctx: Context, detect: ast.Detect | None, roles: tuple[str, ...]) -> Mapping[str, Unit | None]:
    """Lists the names that an evidence text may show, with their units (None is poisoned)."""
    if isinstance(detect, ast.Transaction):
        return {}
    known: dict[str, Unit | None] = dict.fromkeys(HIT_TIMES, Unit.TIME)
    known["episodes"] = Unit.NUMBER
    if isinstance(detect, ast.Aggregate | ast.Sequence):
        known |= dict.fromkeys(detect.for_each, Unit.TEXT)
    if isinstance(detect, ast.Aggregate) and detect.centre:
        known[detect.centre] = Unit.TEXT
    if isinstance(detect, ast.Sequence):
        known |= {f"{s}.amount_eur": Unit.MONEY for s in ctx.steps}
    if isinstance(detect, ast.Star):
        known |= dict.fromkeys(roles, Unit.TEXT)
    return known | ctx.measures


def _plain(ctx: Context, found: Scalar, start: int, end: int) -> list[str | ast.Slot]:
    text = found.text[start:end]
    for brace in "{}":
        if brace in text:
            span = token_span(ctx.findings, found, start + text.index(brace), 1)
            hint = "braces hold one name, such as {total:money}"
            ctx.findings.error("R047", f"a single '{brace}' in the evidence text", span, help=hint)
            return []
    return [" ".join(text.split("\n"))] if text else []


def _slot(
    ctx: Context, found: Scalar, slot: re.Match[str], known: Mapping[str, Unit | None],
    detect: ast.Detect | None,
) -> ast.Slot | None:  # fmt: skip
    span = token_span(ctx.findings, found, slot.start(), len(slot.group()))
    inside = _INSIDE.fullmatch(slot.group(1))
    if inside is None:
        hint = "braces hold one name, such as {total:money}"
        ctx.findings.error("R047", f"'{slot.group()[:40]}' is no name with a format", span, help=hint)
        return None
    name = str(inside.group(1))
    form: str | None = inside.group(2)
    unit: Unit | None
    if detect is None:
        return None  # the names are unknown because 'detect' failed
    if isinstance(detect, ast.Transaction):
        info = ctx.find_field(name)
        unit = info.unit if info is not None and not isinstance(info, str) and not info.match else None
        unit = None if unit in {Unit.FLAG, Unit.LENGTH} else unit
        poisoned, names = info == "poisoned", ctx.field_names()
    else:
        unit, names = known.get(name) or _of_step(ctx, name), [*known]
        poisoned = name in known and unit is None
    if poisoned:
        return None
    if unit is None:
        if not ctx.forbidden(name, span):
            message = f"unknown value '{{{name}}}' in the evidence text"
            ctx.findings.error("R045", message, span, help=suggest(name, names))
        return None
    return _formatted(ctx, name, form, unit, span)


def _of_step(ctx: Context, name: str) -> Unit | None:
    """Gives the unit of a number of a step's row."""
    found = ctx.scope().name(name) if "." in name else None
    return found if isinstance(found, Unit) else None


def _formatted(ctx: Context, name: str, form: str | None, unit: Unit, span: Span) -> ast.Slot | None:
    if form is None:
        return ast.Slot(name, _DEFAULT.get(unit, "text"))
    if form not in FORMATS:
        hint = suggest(form, FORMATS)
        ctx.findings.error("R046", f"unknown format '{form}' in the evidence text", span, help=hint)
        return None
    fits = _FITS.get(unit, ("text", "list"))
    if form not in fits:
        hint = "formats that do: " + ", ".join(fits)
        ctx.findings.error("R046", f"'{name}' is a {unit}; '{form}' does not go with it", span, help=hint)
        return None
    return ast.Slot(name, cast("ast.EvidenceFormat", form))
