"""Who crosses the alert line, worked out again from the hits of a run folder, without scanning.

The arithmetic is that of `thbscreen.engine.scoring`; a test holds both against each other. It answers what
would be alerts without a rule, with another line, or on an earlier day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from thbscreen.engine.apart import Sign, backed
from thbscreen.engine.scoring import CONTROLLING, REPEAT_STEP, UNIT
from thbscreen.report.folder import Row, RunFolder

_MOST_HALVINGS = 16
_FALLBACK = {"alert_weight": "5", "min_families": "2", "half_after_days": "180", "repeat_bonus": "1"}


@dataclass(frozen=True, slots=True)
class Line:
    """The numbers of scoring that were in force; points in ten-thousandths."""

    needed: int
    families: int
    half_after_days: int
    most_repeats: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A hit that counts for somebody.

    Attributes:
        ends: last contributing movement.
        third: it shows somebody else's gain or control, and not only as that of a person who is controlled.
        movements: ids of the movements that it rests on.
    """

    hit_id: str
    rule: str
    family: str
    weight: int
    ends: dt.datetime
    third: bool
    movements: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Standing:
    """A subject with hits that count.

    Attributes:
        alert: the run made an alert of them.
        score: the run's sum.
        row: of ALERTS or BELOW_LINE.
    """

    kind: str
    subject: str
    legal: bool
    alert: bool
    score: float
    claims: tuple[Claim, ...]
    row: Row

    @cached_property
    def rules(self) -> frozenset[str]:
        """Rules of the hits."""
        return frozenset(c.rule for c in self.claims)


def line_of(run: RunFolder) -> Line:
    """Gives the numbers of scoring from a run's manifest."""
    profile = run.manifest.get("profile")
    numbers = _FALLBACK | (profile.get("scoring") or {} if isinstance(profile, dict) else {})
    return Line(
        int(float(numbers["alert_weight"]) * UNIT), int(float(numbers["min_families"])),
        int(float(numbers["half_after_days"])), int(float(numbers["repeat_bonus"]) * UNIT),
    )  # fmt: skip


def standings(run: RunFolder) -> list[Standing]:
    """Gives everybody with hits that count: alerts in their order, then those below the line.

    Raises:
        DataError: a table cannot be read.
    """
    as_of = until(run)
    facts = {r["hit_id"]: r for r in _facts(run.table("hits"), as_of)}
    side = (
        run.table("hit_members")
        .filter(pl.col("role").is_in(CONTROLLING))
        .select("hit_id", "member_id")
        .unique()
    )
    leading: dict[str, set[str]] = {}
    for hit, member in side.iter_rows():
        leading.setdefault(hit, set()).add(member)
    out = []
    for name in ("alerts", "below_line"):
        for row in run.table(name).iter_rows(named=True):
            claims = [_claim(facts[h], row, leading) for h in row["hit_ids"] or () if h in facts]
            out.append(
                Standing(
                    row["subject_kind"],
                    row["subject_id"],
                    bool(row["legal"]),
                    name == "alerts",
                    row["score"],
                    tuple(claims),
                    row,
                )
            )
    return out


def until(run: RunFolder) -> dt.datetime:
    """Gives the time of the last booking, in UTC."""
    told = run.manifest.get("data_until")
    if not isinstance(told, str):
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return dt.datetime.fromisoformat(told).astimezone(dt.UTC)


def _facts(hits: pl.DataFrame, as_of: dt.datetime) -> Iterable[Row]:
    ends = pl.coalesce("last", "ends", pl.lit(as_of))
    names = ("hit_id", "rule", "family", "weight", "third_party", "subject_kind", "subject_id", "tx_ids")
    return hits.select(*names, ends=ends).iter_rows(named=True)


def _claim(hit: Row, row: Row, leading: dict[str, set[str]]) -> Claim:
    mine = {row["subject_id"], *(row["accounts"] or ())}
    own = hit["subject_kind"] in {"account", "party"} and hit["subject_id"] in mine
    third = bool(hit["third_party"]) and (own or bool(mine & leading.get(hit["hit_id"], set())))
    return Claim(hit["hit_id"], hit["rule"], hit["family"], hit["weight"], hit["ends"], third,
                 frozenset(hit["tx_ids"] or ()))  # fmt: skip


def judged(claims: Sequence[Claim], line: Line, as_of: dt.datetime, *, legal: bool) -> tuple[bool, int]:
    """Tells whether some hits make an alert, and their sum in ten-thousandths of a point."""
    by_rule: dict[str, list[Claim]] = {}
    for claim in claims:
        by_rule.setdefault(claim.rule, []).append(claim)
    plus = minus = 0
    families, signs, third = set(), [], False
    for own in by_rule.values():
        last = min(own, key=lambda c: (-c.ends.timestamp(), c.hit_id))
        if last.family == "mitigation":
            minus += abs(last.weight) * UNIT
            continue
        days = max(0, (as_of - last.ends).days)
        halvings = min(_MOST_HALVINGS, days // max(1, line.half_after_days))
        plus += last.weight * UNIT // 2**halvings
        plus += min(line.most_repeats, (len(own) - 1) * REPEAT_STEP)
        families.add(last.family)
        signs.append(
            Sign(last.rule, last.family, last.weight, frozenset().union(*(c.movements for c in own)))
        )
        third |= any(c.third for c in own)
    total = max(0, plus - minus)
    network = total > 0 and backed(signs)
    enough = (total >= line.needed and len(families) >= line.families) or network
    return bool(signs and enough and (third or legal)), total


def without(standing: Standing, rule: str) -> list[Claim]:
    """Gives a subject's hits without those of one rule."""
    return [c for c in standing.claims if c.rule != rule]


def at_line(line: Line, points: float) -> Line:
    """Gives the same line at another sum of points."""
    return replace(line, needed=int(points * UNIT))


def first_day(standing: Standing, line: Line) -> dt.datetime | None:
    """Gives when the last booking was there that made the subject an alert for the first time.

    Every day is judged with the hits that had ended by then, as old as they were then. None when the subject
    never crosses the line.
    """
    for moment in sorted({c.ends for c in standing.claims}):
        there = [c for c in standing.claims if c.ends <= moment]
        if judged(there, line, moment, legal=standing.legal)[0]:
            return moment
    return None


def crossing(
    found: Iterable[Standing], line: Line, as_of: dt.datetime,
    claims: Callable[[Standing], Sequence[Claim]] = lambda s: s.claims,
) -> list[Standing]:  # fmt: skip
    """Gives the subjects that some of their hits make an alert."""
    return [s for s in found if judged(claims(s), line, as_of, legal=s.legal)[0]]
