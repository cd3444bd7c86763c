"""Sets warnings of one file aside, each with the author's reason.

suppress:
  - {code: W104, reason: "the largest declared income is one value for each customer"}
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from thbscreen.diagnostics import suggest
from thbscreen.rules.codes import warning_codes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from thbscreen.diagnostics import Diagnostic, Span
    from thbscreen.rules.context import Context
    from thbscreen.rules.yamltree import Findings, Map, Scalar

KEYS = ("code", "reason")
#: Says that a suppression does nothing; to suppress that would hide what is to be removed.
UNUSED = "W110"
#: Warnings that only a look at several files can give.
BETWEEN_FILES = frozenset({"W105"})


def suppress(ctx: Context, root: Map, *, complete: bool) -> None:
    """Marks the warnings that the key `suppress` names, with its reason.

    Unknown codes and codes of errors are R016, a missing reason is R003, a suppression of nothing is W110.

    Args:
        ctx: state after everything else of the file was read.
        root: the whole file.
        complete: the file is without errors, so that all its warnings are known.
    """
    reasons: dict[str, str] = {}
    places: list[Scalar] = []
    for item in ctx.sequence(root.get("suppress"), "'suppress'"):
        mapping = ctx.mapping(item, "a suppression", KEYS)
        if mapping is None:
            continue
        ctx.require(mapping, KEYS, "a suppression")
        code, reason = ctx.scalar(mapping.get("code"), "'code'"), ctx.text(mapping, "reason")
        if code is None:
            continue
        known = [c for c in warning_codes() if c != UNUSED]
        if code.text not in known:
            hint = suggest(code.text, known) if code.text.startswith("W") else None
            hint = hint or "only warnings, whose codes begin with W, can be suppressed"
            ctx.findings.error("R016", f"unknown warning '{code.text[:40]}'", code.span, help=hint)
        elif code.text in reasons:
            ctx.findings.error("R019", f"'{code.text}' is suppressed twice", code.span)
        elif mapping.get("reason") is not None and not reason and not ctx.findings.failed:
            ctx.findings.error("R006", "'reason' is empty", mapping.span, help="say why in a few words")
        elif reason:
            reasons[code.text] = reason
            places.append(code)
    seen = {d.code for d in ctx.findings.items if d.severity == "warning"}
    ctx.findings.items[:] = [
        dataclasses.replace(d, severity="suppressed", reason=reasons[d.code])
        if d.severity == "warning" and d.code in reasons
        else d
        for d in ctx.findings.items
    ]
    for place in places:
        if place.text in BETWEEN_FILES:
            ctx.findings.later[place.text] = (reasons[place.text], place.span)
        elif complete and place.text not in seen:
            _unused(ctx.findings, place.text, place.span)


def _unused(findings: Findings, code: str, span: Span) -> None:
    message = f"nothing is suppressed: there is no finding {code} here"
    findings.warn(UNUSED, message, span, help="remove it from 'suppress'")


def suppress_between(found: Iterable[Diagnostic], files: Iterable[Findings]) -> list[Diagnostic]:
    """Marks warnings about several files that the file they stand in suppresses.

    Args:
        found: warnings with a code of `BETWEEN_FILES`.
        files: what was found in each file; a suppression without effect is added there (W110).
    """
    reasons = {
        (file.file, code): (reason, span, file)
        for file in files
        for code, (reason, span) in file.later.items()
    }
    out, used = [], set()
    for d in found:
        key = (d.span.file, d.code)
        if key in reasons:
            used.add(key)
            out.append(dataclasses.replace(d, severity="suppressed", reason=reasons[key][0]))
        else:
            out.append(d)
    for key, (_, span, file) in reasons.items():
        if key not in used and not file.failed:
            _unused(file, key[1], span)
    return out
