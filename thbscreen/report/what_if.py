"""The sum of a subject once more without one rule, or with a hit that did not come about.

Everything is computed from published numbers: the addends of a subject, its hits, and the numbers of scoring
in the manifest. Points are whole ten-thousandths, as in `thbscreen.engine.scoring`, whose law this follows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from thbscreen.engine.apart import Sign, backed
from thbscreen.engine.scoring import CONTROLLING, LACKS, REPEAT_STEP, UNIT
from thbscreen.errors import DataError
from thbscreen.report.folder import Row, RunFolder
from thbscreen.rules import ast

PEOPLE = ("account", "party")
MITIGATION = "mitigation"
#: How the last part of a member's field tells what its id names; other members are no people.
_ACCOUNT_FIELDS, _PARTY_FIELDS = ("account_id", "cp_account_id"), ("party_id", "employer_id")


@dataclass(frozen=True, slots=True)
class Line:
    """What a run asked of an alert.

    Attributes:
        points: needed, in ten-thousandths.
        families: needed.
        half_after_days: days after which a weight halves.
        repeat_bonus: most points of further hits of a rule, in ten-thousandths.
        until: last booking of the data.
    """

    points: int
    families: int
    half_after_days: int
    repeat_bonus: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Part:
    """What one rule brings into a sum.

    Attributes:
        plus: points of its last hit.
        more: points of further hits.
        minus: points that it takes away.
        third: one of its hits shows somebody else's gain or control.
        movements: ids of the movements that its hits rest on.
    """

    rule: str
    family: str
    weight: int | None
    plus: int = 0
    more: int = 0
    minus: int = 0
    third: bool = False
    movements: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sum comes to.

    Attributes:
        points: the sum, in ten-thousandths.
        third: somebody else's gain or control shows.
        pattern: a network pattern of weight 3 and a sign apart from it stand for points and families.
        lacks: what keeps it below the line, of `scoring.LACKS`.
        alert: None where it depends on whether the subject is a legal person.
    """

    points: int
    families: tuple[str, ...]
    third: bool
    pattern: bool
    lacks: tuple[str, ...]
    alert: bool | None


def line_of(run: RunFolder) -> Line:
    """Gives the line of a run.

    Raises:
        DataError: the manifest does not say where the line is.
    """
    until = run.manifest.get("data_until")
    try:
        numbers = run.manifest["profile"]["scoring"]
        return Line(
            points=int(Decimal(numbers["alert_weight"]) * UNIT),
            families=int(numbers["min_families"]),
            half_after_days=max(1, int(numbers["half_after_days"])),
            repeat_bonus=int(Decimal(numbers["repeat_bonus"]) * UNIT),
            until=datetime.fromisoformat(until) if until else None,
        )
    except (KeyError, TypeError, ValueError, InvalidOperation):
        raise DataError(
            f"{run.name}/manifest.json does not say where the line of an alert is", hint="scan again"
        ) from None


def parts_of(addends: Sequence[Row], hits: Sequence[Row], third: Collection[str]) -> list[Part]:
    """Gives what each rule brings into a published sum, in the order of its addends.

    Args:
        addends: of a row of ALERTS or BELOW_LINE.
        hits: its rows of HITS.
        third: hit_id of those that show somebody else's gain or control.
    """
    weights = {h["rule"]: h["weight"] for h in hits}
    showing = {h["rule"] for h in hits if h["hit_id"] in third}
    moved: dict[str, set[str]] = {}
    for h in hits:
        moved.setdefault(h["rule"], set()).update(h["tx_ids"] or ())
    found: dict[str, Part] = {}
    for a in addends:
        rule, points = a["rule"], round(a["points"] * UNIT)
        weight = weights.get(rule)
        if a["family"] == MITIGATION:
            # An addend is cut where the sum would fall below 0; the rule's weight is not.
            minus = -points if weight is None else abs(weight) * UNIT
            found[rule] = Part(rule, MITIGATION, weight, minus=minus)
        elif rule in found:
            found[rule] = replace(found[rule], more=found[rule].more + points)
        else:
            movements = frozenset(moved.get(rule, ()))
            found[rule] = Part(
                rule, a["family"], weight, plus=points, third=rule in showing, movements=movements
            )
    return list(found.values())


def speaking_against(hits: Iterable[Row]) -> list[Part]:
    """Gives the parts of somebody of whom nothing but mitigating facts is known; they have no sum."""
    weights = {h["rule"]: h["weight"] for h in hits if h["family"] == MITIGATION}
    return [Part(rule, MITIGATION, weight, minus=abs(weight) * UNIT) for rule, weight in weights.items()]


def showing_third_party(
    hits: Iterable[Row], members: Mapping[str, Sequence[Row]], who: str, kind: str, accounts: Collection[str]
) -> set[str]:
    """Gives the hits that show somebody else's gain or control and count so for the subject.

    Args:
        hits: those that count for it.
        members: rows of HIT_MEMBERS by hit.
        who: the subject.
        kind: `subject_kind` of its row.
        accounts: of the subject.
    """

    def meant(member: Row) -> bool:
        last = member["field"].rpartition(".")[2]
        if last in _ACCOUNT_FIELDS:
            return member["member_id"] in accounts
        return last in _PARTY_FIELDS and kind == "party" and member["member_id"] == who

    found = set()
    for h in hits:
        named = members.get(h["hit_id"], ())
        # A hit on a person counts for its subject and its controlling side; one on a thing for all it names.
        side = h["subject_kind"] in PEOPLE or any(m["role"] in CONTROLLING and meant(m) for m in named)
        if h["third_party"] and side:
            found.add(h["hit_id"])
    return found


def judge(parts: Sequence[Part], line: Line, legal: bool | None) -> Verdict:
    """Gives what a sum comes to.

    Args:
        parts: one per rule.
        line: of the run.
        legal: whether the subject is a legal person; None if that is not known.
    """
    real = [p for p in parts if p.family != MITIGATION]
    total = max(0, sum(p.plus + p.more - p.minus for p in parts)) if real else 0
    pattern = total > 0 and backed([_sign(p) for p in real])
    names = {p.family for p in real}
    families = tuple(f for f in ast.FAMILIES if f in names)
    third = any(p.third for p in real)
    enough = bool(real) and total >= line.points
    wide = bool(real) and len(families) >= line.families
    pattern = pattern and not (enough and wide)
    missing = (not (enough or pattern), not (wide or pattern), not third and legal is not True)
    lacks = tuple(lack for lack, is_missing in zip(LACKS, missing, strict=True) if is_missing)
    depends = lacks == LACKS[2:] and legal is None
    return Verdict(total, families, third, pattern, lacks, None if depends else not lacks)


def pattern_alone(parts: Sequence[Part]) -> bool:
    """Tells whether there is a network pattern of weight 3 and no sign apart from it."""
    signs = [_sign(p) for p in parts if p.family != MITIGATION]
    return any(sign.strong for sign in signs) and not backed(signs)


def without(parts: Sequence[Part], rule: str) -> list[Part]:
    """Gives the parts as if a rule had no hit."""
    return [p for p in parts if p.rule != rule]


def with_hit(
    parts: Sequence[Part],
    rule: str,
    family: str,
    weight: int,
    *,
    third: bool,
    ends: datetime | None,
    line: Line,
) -> list[Part]:
    """Gives the parts as if a rule had one hit more, on the subject itself.

    Args:
        parts: one per rule.
        rule: id of the rule.
        family: of the rule.
        weight: of the rule.
        third: the rule shows somebody else's gain or control.
        ends: last movement of the hit; None is not aged.
        line: of the run.
    """
    known = next((p for p in parts if p.rule == rule), None)
    others = without(parts, rule)
    if family == MITIGATION:
        return [*others, Part(rule, family, weight, minus=abs(weight) * UNIT)]
    if weight < 1:
        return list(parts)
    worth = _aged(weight, ends, line)
    if known is None:
        return [*others, Part(rule, family, weight, plus=worth, third=third)]
    more = min(line.repeat_bonus, known.more + REPEAT_STEP)
    return [*others, replace(known, plus=max(known.plus, worth), more=more, third=known.third or third)]


def _sign(part: Part) -> Sign:
    return Sign(part.rule, part.family, part.weight, part.movements)


def _aged(weight: int, ends: datetime | None, line: Line) -> int:
    days = max(0, (line.until - ends).days) if ends is not None and line.until is not None else 0
    return weight * UNIT >> days // line.half_after_days
