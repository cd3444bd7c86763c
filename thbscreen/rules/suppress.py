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
    from thbscreen.rules.context import Context
    from thbscreen.rules.yamltree import Map, Scalar

KEYS = ("code", "reason")
#: Says that a suppression does nothing; to suppress that would hide what is to be removed.
UNUSED = "W110"


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
        if complete and place.text not in seen:
            message = f"nothing is suppressed: there is no finding {place.text} here"
            ctx.findings.warn(UNUSED, message, place.span, help="remove it from 'suppress'")
