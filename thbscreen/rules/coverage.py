"""Coverage: for each indicator of the catalogue, what stands behind it and what it needs.

Grain of a row: one indicator; rules outside the catalogue follow at the end, so that nothing that runs is
left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from thbscreen.rules.document import code, escaped, table
from thbscreen.rules.needs import lists_needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from thbscreen.rules import ast, bundle

#: What may be said of an indicator, in the order in which counts are told.
STATES = ("runs", "off", "draft", "needs list", "needs column", "not expressible")
MEANING = {
    "runs": "a rule asks it in every scan",
    "off": "there is a rule; it runs only where a profile switches it on, for the reason given",
    "draft": "there is a rule; it is not measured or reviewed enough to run by default",
    "needs list": "it could be asked with a list that an institution or authority must supply",
    "needs column": "it could be asked with data that the columns do not hold",
    "not expressible": "no data of a bank shows it",
}


@dataclass(frozen=True, slots=True)
class Covered:
    """One indicator.

    Attributes:
        state: one of `STATES`.
        weight, family, columns: of its rule; None and empty without one.
        why: why it does not run, or what is missing; empty when it runs.
        judged: ready, weak or not judged on the data that were asked about; empty when none were.
        judged_why: reason of `judged`.
        measured: planned groups of made worlds in which the rule fired, by scenario: [fired, all]; empty when
            it was not measured.
    """

    id: str
    form: str
    title: str
    state: str
    family: str
    weight: int | None
    columns: tuple[str, ...]
    why: str
    judged: str = ""
    judged_why: str = ""
    measured: Mapping[str, Sequence[int]] = field(default_factory=dict)


def coverage(
    pack: bundle.RulePack,
    judged: Mapping[str, tuple[str, str]] | None = None,
    measured: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
) -> list[Covered]:
    """Gives every indicator of the catalogue, and every rule that it does not name.

    Args:
        pack: loaded with its drafts.
        judged: (status, reason) of readiness by rule, for the data that are asked about.
        measured: rule -> scenario -> [groups in which it fired, groups], from an evaluation.
    """
    switched = {o.rule: o.enabled for o in pack.profile.overrides}
    rules = {rule.id: rule for rule in pack.rules}
    lists = {found.name: found for found in pack.lists}
    judged = judged or {}
    out = []
    for i in sorted(pack.indicators, key=lambda i: i.id):
        rule = rules.get(i.id)
        state, why = _state(i.status, i.off_because, rule, lists, on=bool(switched.get(i.id)))
        why = why or ": ".join(text for text in (i.needs, i.reason) if text)
        out.append(_covered(i.id, i.form, i.title, state, why, rule, judged))
    named = {i.id for i in pack.indicators}
    for rule in pack.rules:
        if rule.id not in named:
            state, why = _state("rule", "", rule, lists, on=bool(switched.get(rule.id)))
            form = rule.family if rule.family == "mitigation" else (rule.typologies or ("",))[0]
            out.append(_covered(rule.id, form, rule.title, state, why, rule, judged))
    return [replace(row, measured=(measured or {}).get(row.id, {})) for row in out]


def _covered(
    identity: str,
    form: str,
    title: str,
    state: str,
    why: str,
    rule: ast.Rule | None,
    judged: Mapping[str, tuple[str, str]],
) -> Covered:
    status, reason = judged.get(identity, ("", ""))
    if rule is None:
        return Covered(identity, form, title, state, "", None, (), why, status, reason)
    return Covered(
        identity, form, title, state, rule.family, rule.weight, rule.columns, why, status, reason
    )  # fmt: skip


def _state(
    status: str,
    off: str,
    rule: ast.Rule | None,
    lists: Mapping[str, bundle.WordList],
    *,
    on: bool,
) -> tuple[str, str]:
    if status != "rule":
        return status, ""
    if rule is None:
        return "off", "switched off by the profile"
    if unread := lists_needed(rule, lists):
        return "needs list", "; ".join(unread)
    if rule.status != "draft" or on:
        return "runs", ""
    return ("off", off) if off else ("draft", "not measured or reviewed enough to run by default")


def counts(rows: Sequence[Covered]) -> dict[str, dict[str, int]]:
    """Gives form -> state -> number of indicators, forms in order of name."""
    out: dict[str, Counter[str]] = {}
    for row in rows:
        out.setdefault(row.form, Counter())[row.state] += 1
    return {form: {state: out[form][state] for state in STATES} for form in sorted(out)}


def recall(row: Covered) -> str:
    """Gives how often a rule fired in planned groups: `P1 3/4; none of 12 others`, or `unmeasured`."""
    if not any(of for _, of in row.measured.values()):
        return "unmeasured"
    fired = [f"{name} {n}/{of}" for name, (n, of) in row.measured.items() if n]
    rest = sum(of for n, of in row.measured.values() if not n)
    if not fired:
        return f"none of {rest}"
    return ", ".join(fired) + (f"; none of {rest} others" if rest else "")


def page(rows: Sequence[Covered], *, link: str = "", detection: str = "") -> str:
    """Gives the matrix as Markdown: counts by form, then the indicators of each form.

    Args:
        rows: from `coverage`.
        link: folder of the rules' pages, for links; empty for none.
        detection: page that tells how recall was measured; empty when nothing is measured.
    """
    out = ["# Coverage", ""]
    out += [
        "Which indicators of the field the rules ask, what each needs, and why the others are not asked.",
        "",
    ]
    out += [f"- **{state}**: {meaning}" for state, meaning in MEANING.items()] + [""]
    if detection:
        out += [
            "**fired in** tells in how many planned groups of made worlds, by scenario, the rule fired "
            "for a member, of "
            f"those that the data show; [Detection]({detection}) tells how. It does not show how many real "
            "cases it "
            "would fire in. A rule that is off was not run, and no scenario may hold what a rule looks "
            "for: 'none' "
            "is then no fault.",
            "",
        ]
    by_form = counts(rows)
    total = [str(sum(c[state] for c in by_form.values())) for state in STATES]
    lines = [
        (_named(form), *(str(c[state]) for state in STATES), str(sum(c.values())))
        for form, c in by_form.items()
    ]
    out += table(("form", *STATES, "all"), [*lines, ("**all**", *total, str(len(rows)))])
    for form in by_form:
        out += [f"## {_named(form)}", ""]
        inside = [row for row in rows if row.form == form]
        out += table(
            ("indicator", "title", "state", "family", "weight", *(["fired in"] if detection else []),
            "needs"),
            [
                (
                    f"[{r.id}]({link}{r.id}.md)" if link and r.family else r.id,
                    escaped(r.title), r.state, r.family, "" if r.weight is None else str(r.weight),
                    *(([recall(r)] if r.family else [""]) if detection else []),
                    ", ".join(map(code, r.columns)) if r.family else "see below",
                )
                for r in inside
            ],
        )  # fmt: skip
        out += [f"- {r.id}, {r.state}: {escaped(r.why)}" for r in inside if r.why]
        out += [""] if out[-1] else []
    return "\n".join(out).rstrip("\n") + "\n"


def _named(form: str) -> str:
    return escaped(form.replace("_", " ").capitalize())
