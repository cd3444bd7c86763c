"""The catalogue of indicators: which of the field's indicators a rule asks, and why the others are not asked.

The files lie in the folder `indicators` of the rules. What they claim is held against the rules that are
there, so that coverage never rests on a sentence alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from thbscreen.diagnostics import Span
from thbscreen.rules.accusing import refuse_accusing
from thbscreen.rules.context import RULE_ID, Context
from thbscreen.rules.yamltree import MAX_NODES, Findings, Map, Node, Seq, load_tree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from thbscreen.rules import ast

FOLDER = "indicators"
KEYS = ("id", "form", "title", "status", "off_because", "needs", "reason")
Status = Literal["rule", "needs list", "needs column", "not expressible"]
STATUSES: tuple[Status, ...] = ("rule", "needs list", "needs column", "not expressible")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of the field.

    Attributes:
        id: also the id of its rule, where there is one.
        form: form of exploitation or supporting pattern, a code of the list `typologies`.
        status: `rule` where a rule asks it; otherwise what stands in the way.
        off_because: why its rule does not run unless a profile switches it on; empty when it runs.
        needs: the list or column that is missing.
        reason: why it cannot be asked, or not without what is missing.
    """

    id: str
    form: str
    title: str
    status: Status
    off_because: str
    needs: str
    reason: str
    span: Span = dataclasses.field(compare=False)


def bind_indicators(
    text: str | bytes, file: str, forms: Collection[str] | None = None
) -> tuple[tuple[Indicator, ...], Findings]:
    """Reads one file of indicators: a list of entries.

    Args:
        text: content of the file.
        file: name shown in diagnostics.
        forms: the known forms; None takes any.

    Returns:
        Its indicators (none when there is an error) and the findings.
    """
    root, findings = load_tree(text, file)
    ctx = Context(findings, {}, max_items=MAX_NODES)
    found: list[Indicator | None] = []
    with findings.reading():
        refuse_accusing(findings, root)
        if root is not None and not isinstance(root, Seq):
            findings.error("R006", "indicators must be a list of entries", root.span)
        elif root is not None:
            found = [_entry(ctx, item, forms) for item in ctx.sequence(root, "the indicators")]
    good = tuple(i for i in found if i is not None)
    return (() if findings.failed else good), findings


def _entry(ctx: Context, node: Node, forms: Collection[str] | None) -> Indicator | None:
    mapping = ctx.mapping(node, "an indicator", KEYS)
    if mapping is None:
        return None
    ctx.require(mapping, ("id", "form", "title", "status"), "an indicator")
    name = ctx.scalar(mapping.get("id"), "'id'")
    if name is not None and not RULE_ID.fullmatch(name.text):
        ctx.findings.error("R007", f"'{name.text[:40]}' is not the id of an indicator", name.span)
    form = (
        ctx.choice(mapping.get("form"), "'form'", forms) if forms is not None else ctx.text(mapping, "form")
    )
    status = ctx.choice(mapping.get("status"), "'status'", STATUSES)
    if name is None or form is None or status is None:
        return None
    known = cast("Status", status)
    _explained(ctx, mapping, known)
    texts = {key: ctx.text(mapping, key) for key in ("title", "off_because", "needs", "reason")}
    return Indicator(id=name.text, form=form, status=known, span=name.span, **texts)


def _explained(ctx: Context, mapping: Map, status: Status) -> None:
    """An indicator without a rule says why; only one with a rule can be off."""
    if status != "rule":
        ctx.require(
            mapping, ("reason",) if status == "not expressible" else ("needs", "reason"), "an indicator"
        )
        if (off := mapping.key("off_because")) is not None:
            ctx.findings.error("R080", "only the rule of an indicator can be off", off.span)


def check_against_rules(
    indicators: Sequence[tuple[Indicator, Findings]],
    rules: Mapping[str, ast.Rule | None],
    own: Iterable[tuple[str, Findings, Span]],
) -> None:
    """Reports every claim about rules that does not hold (R080), and rules that no entry names (W130).

    Args:
        indicators: every entry, with the findings of its file.
        rules: by id; None for a rule that is wrong.
        own: every rule that loads: id, findings of its file and its place.
    """
    seen: dict[str, Indicator] = {}
    for indicator, findings in indicators:
        first = seen.setdefault(indicator.id, indicator)
        if first is not indicator:
            note = f"the other one is {first.span}"
            findings.error("R080", f"there are two entries {indicator.id}", indicator.span, note=note)
        elif problem := _untrue(indicator, rules):
            findings.error("R080", problem, indicator.span)
    if not seen:
        return
    for identity, findings, span in own:
        rule = rules.get(identity)
        if identity not in seen and rule is not None and rule.family != "mitigation":
            help = f"add an entry to a file in the folder '{FOLDER}'"
            findings.warn("W130", f"no entry of the catalogue names {identity}", span, help=help)


def _untrue(indicator: Indicator, rules: Mapping[str, ast.Rule | None]) -> str | None:
    """Says what an entry claims and the rules do not bear out."""
    name, there = indicator.id, indicator.id in rules
    if indicator.status != "rule":
        return f"{name} is called '{indicator.status}', and there is a rule {name}" if there else None
    if not there:
        return f"{name} is said to have a rule, and there is none"
    rule = rules[name]
    if rule is None:
        return None
    if indicator.off_because and rule.status != "draft":
        return f"{name} is said to be off, and its rule runs: only a draft is off by default"
    return None
