"""Why a subject is where it is, why a rule has no hit of it, what was nearly one, and what would change it.

Facts are plain data, in the order in which people read them; `thbscreen.report.explain_text` makes a page of
them. Every number is in the tables of the run folder or is computed from numbers that are. Amounts are as
in the tables, times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from thbscreen.compile.aggregate import NEAREST
from thbscreen.diagnostics import suggest
from thbscreen.engine.scoring import LACKS, UNIT
from thbscreen.errors import DataError, UsageError
from thbscreen.report import subjects, what_if
from thbscreen.report.folder import Row, RunFolder, unchanged
from thbscreen.report.what_if import MITIGATION, PEOPLE, Line, Part, Verdict

ALERT, BELOW, UNSCORED, NOTHING, THING = (
    "alert", "below the line", "no hit counts", "nothing published", "a thing, which has no score",
)  # fmt: skip
#: What becomes of a subject under a changed sum.
STAYS, FALLS, DEPENDS = "an alert", "below the line", "below the line unless it is a legal person"
#: Why a rule has no hit of a subject.
OFF, NOT_JUDGED, NEAR, FAR = "switched off", "not judged", "near miss", "no near miss"

_HIT = (
    "hit_id", "rule", "rule_version", "title", "family", "weight", "third_party", "subject_kind",
    "subject_id", "first", "last", "starts", "ends", "window_starts", "window_ends", "measures",
    "conditions", "parameters", "n_tx", "amount_eur", "tx_ids", "evidence",
)  # fmt: skip
_SIGNS = re.compile(r"(>=|<=|==|!=|>|<)")
_RULE_FACTS = ("family", "weight", "third_party", "title")


def explain_facts(run: RunFolder, given: str, rule: str | None = None) -> Row:
    """Gives why, why not, near misses and what would change it, of one subject.

    Args:
        run: the folder.
        given: a customer, an account, the id of an alert or review, or a thing that a rule groups by.
        rule: tell of this rule alone.

    Raises:
        UsageError: the subject is empty, or the run has no such rule.
        DataError: a table cannot be read.
    """
    if not given.strip():
        raise UsageError("the subject is empty", hint="give the id of a customer or an account")
    asked = None if rule is None else find_rule(run, rule)
    line = what_if.line_of(run)
    who = _Who.of(run, given)
    rows = _standing_rows(run, who.id)
    counted = {hit for _, row in rows for hit in row["hit_ids"] or ()}
    hits = _hits(run, who, counted)
    near = _near_misses(run, who)
    rules = _rule_facts(run)
    standings = [_standing(run, kind, row, line, hits, who) for kind, row in rows]
    base = _Base.of(standings, hits, line)
    for row in near:
        row |= {"would_give": base.with_hits([row], rules)}
    shown = [h for h in hits if asked in (None, h["rule"])]
    shown_near = [n for n in near if asked in (None, n["rule"])]
    return {
        "subject": who.facts(run),
        "rule": None if asked is None else _rule(run, asked, rules),
        "line": {"alert_weight": line.points / UNIT, "min_families": line.families},
        "state": _state(who, rows, hits, near, run),
        "standings": [s.facts(asked, near) for s in standings],
        "reviews": run.table("reviews").filter(pl.col("subject_id").is_in(who.names)).to_dicts(),
        "hits": shown,
        "why_not": None if asked is None or shown else _why_not(run, asked, shown_near),
        "near_misses": shown_near,
        "together": _together(near, base, rules) if asked is None else None,
        "networks": _networks(run, who.id),
        "rows": _evidence_rows(run, who, shown, shown_near, standings),
        "readiness": _readiness(run, asked),
        **_words(run, who),
    }


# --- the rule ----------------------------------------------------------------------------------------


def find_rule(run: RunFolder, wanted: str) -> str:
    """Gives the id of a rule that the run used or that its profile switched off.

    Raises:
        UsageError: there is no such rule; the message names the closest.
    """
    manifest = run.manifest
    listed = [r["id"] for r in (manifest.get("rules") or {}).get("rules") or ()]
    known = {*listed, *run.table("readiness")["rule"].to_list(), *_switched_off(run)}
    found = {r.upper(): r for r in known}.get(wanted.strip().upper())
    if found is None:
        hint = (
            suggest(wanted.strip().upper(), sorted(known)) or f"the rules are in {run.name}/readiness.parquet"
        )
        raise UsageError(f"{run.name} was made without a rule '{wanted}'", hint=hint)
    return str(found)


def _switched_off(run: RunFolder) -> dict[str, str | None]:
    """Gives the rules that the profile switched off, with the reason."""
    switched = (run.manifest.get("profile") or {}).get("switched") or ()
    return {s["rule"]: s.get("reason") for s in switched if s.get("enabled") is False}


def _rule_facts(run: RunFolder) -> dict[str, Row]:
    """Gives family, weight, third party and title by rule, from readiness or from a hit of anybody."""
    ready = run.table("readiness").filter(pl.col("weight").is_not_null()).select("rule", *_RULE_FACTS)
    hits = run.table("hits").unique("rule", keep="first", maintain_order=True).select("rule", *_RULE_FACTS)
    return {row["rule"]: row for row in [*hits.to_dicts(), *ready.to_dicts()]}


def _rule(run: RunFolder, rule: str, rules: Mapping[str, Row]) -> Row:
    ready = run.table("readiness").filter(pl.col("rule") == rule).to_dicts()
    judged = {n: ready[0][n] for n in ("status", "reason", "missing")} if ready else {}
    profile = run.manifest.get("profile") or {}
    known = rules.get(rule, {})
    return {
        "rule": rule,
        **{name: known.get(name) for name in _RULE_FACTS},
        "title": (ready[0]["title"] if ready else None) or known.get("title"),
        **{"status": None, "reason": None, "missing": None}, **judged,
        "changed_values": [v for v in profile.get("values") or () if v.get("rule") == rule],
        "exclusions": [
            e for e in profile.get("exclusions") or () if e.get("rule") == rule and e.get("rows")
        ],
    }  # fmt: skip


def _readiness(run: RunFolder, asked: str | None) -> list[Row]:
    """Gives rules that could not be judged, or on some movements only."""
    rows = run.table("readiness").filter(pl.col("status").is_in(["not judged", "weak"]))
    rows = rows.filter(pl.col("rule") == asked) if asked else rows
    return rows.select("rule", "title", "status", "reason", "missing").to_dicts()


# --- the subject -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Who:
    """Who is meant: its id, the id that was given, all ids that stand for it, its accounts."""

    id: str
    given: str
    networks: tuple[str, ...]
    accounts: tuple[str, ...]
    names: tuple[str, ...]
    roles: Mapping[str, Collection[str]]
    things: tuple[str, ...]

    @classmethod
    def of(cls, run: RunFolder, given: str) -> _Who:
        found = subjects.find(run, given)
        who = found["member_id"]
        accounts = subjects.accounts_of(run, who)
        names = sorted({who, *accounts})
        kinds = [run.table(t).filter(pl.col("subject_id") == who)["subject_kind"] for t in _BY_KIND]
        kinds += [run.table("hubs").filter(pl.col("hub_id") == who)["kind"]]
        things = sorted({k for k in pl.concat(kinds).to_list() if k not in {*PEOPLE, "external", None}})
        return cls(
            who, given, tuple(found["networks"]), tuple(accounts), tuple(names),
            subjects.roles_in_hits(run, names), tuple(things),
        )  # fmt: skip

    def facts(self, run: RunFolder) -> Row:
        alerts = run.table("alerts").filter(pl.col("subject_id") == self.id).to_dicts()
        return {
            "member_id": self.id, "given": self.given, "accounts": list(self.accounts),
            "things": list(self.things),
            "handling": subjects.handling(self.id, subjects.victims(run), alerts, self.roles),
        }  # fmt: skip


_BY_KIND = ("hits", "near_misses")


def _standing_rows(run: RunFolder, who: str) -> list[tuple[str, Row]]:
    mine = pl.col("subject_id") == who
    found = [
        (kind, run.table(name).filter(mine)) for kind, name in ((ALERT, "alerts"), (BELOW, "below_line"))
    ]
    return [(kind, row) for kind, rows in found for row in rows.to_dicts()]


def _state(
    who: _Who, rows: Sequence[tuple[str, Row]], hits: Sequence[Row], near: Sequence[Row], run: RunFolder
) -> str:
    if rows:
        return rows[0][0]
    if who.things:
        return THING
    if hits:
        return UNSCORED
    return UNSCORED if near or who.networks or _is_hub(run, who.id) else NOTHING


def _is_hub(run: RunFolder, who: str) -> bool:
    return bool((run.table("hubs")["hub_id"] == who).any())


def _networks(run: RunFolder, who: str) -> list[Row]:
    """Networks with the subject's possible role in each."""
    mine = run.table("network_members").filter(pl.col("member_id") == who)
    about = {n["network_id"]: n for n in run.table("networks").to_dicts()}
    names = ("network_id", "role", "second_role", "roles", "evidence_for", "evidence_against")
    return [
        {name: m[name] for name in names} | {n: about[m["network_id"]][n] for n in ("title", "would_break")}
        for m in mine.to_dicts()
    ]


def _words(run: RunFolder, who: _Who) -> Row:
    """Lawful readings and care, as the run published them for the subject."""
    listed = [
        run.table(name).filter(pl.col("subject_id") == who.id).to_dicts() for name in ("alerts", "reviews")
    ]
    rows = [row for found in listed for row in found]
    cares = [
        c for row in rows for c in ([row["care"]] if isinstance(row["care"], str) else row["care"] or ())
    ]
    return {
        "innocent_explanations": _unique(e for row in rows for e in row["innocent_explanations"] or ()),
        "care": _unique(cares),
    }


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


# --- hits --------------------------------------------------------------------------------------------


def _hits(run: RunFolder, who: _Who, counted: Collection[str]) -> list[Row]:
    """Hits of the subject, hits that name it, and for each whether it counts and why not."""
    own = run.table("hits").filter(pl.col("subject_id").is_in(who.names))["hit_id"].to_list()
    rows = subjects.hits_by_id(run, {*own, *who.roles, *counted}).to_dicts()
    alerts = run.table("alerts").select("alert_id", "hit_ids").rows()
    out = []
    for row in rows:
        roles = [] if who.things else sorted(who.roles.get(row["hit_id"], ()))
        counts = row["hit_id"] in counted
        out.append(
            {name: row[name] for name in _HIT}
            | {
                "roles": roles, "counts": counts,
                "why_it_does_not_count": None if counts else _why_uncounted(row, who, roles),
                "alerts": [alert for alert, ids in alerts if row["hit_id"] in (ids or ())],
            }
        )  # fmt: skip
    return out


def _why_uncounted(hit: Row, who: _Who, roles: Sequence[str]) -> str:
    if hit["family"] == MITIGATION:
        return "it speaks against, and no other hit counts from which it could take away"
    if (hit["weight"] or 0) < 1:
        return "its rule has the weight 0: it is read, not counted"
    if hit["subject_id"] in who.names and hit["subject_kind"] not in PEOPLE:
        return "it counts for the people whom it names"
    if hit["subject_id"] in who.names:
        return "it counts for the first holder of the account"
    if "possible_victim" in roles:
        return "who is only named as a possible victim by a hit of somebody else is not counted for it"
    return "only its own hits count, and third-party and network hits that name it on the controlling side"


# --- standing ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Standing:
    """A row of ALERTS or BELOW_LINE, and what its sum is made of."""

    kind: str
    row: Row
    parts: tuple[Part, ...]
    line: Line
    legal: bool | None
    of: int

    def facts(self, asked: str | None, near: Sequence[Row]) -> Row:
        verdict = what_if.judge(self.parts, self.line, self.legal)
        rules = [p.rule for p in self.parts if asked in (None, p.rule)]
        names = (
            "subject_id", "subject_kind", "accounts", "score", "families", "third_party", "addends",
            "hit_ids", "amount_eur", "first", "last",
        )  # fmt: skip
        more = (
            "alert_id", "rank", "handling", "urgency", "urgency_why", "typology", "leading_role",
            "second_role", "roles", "network_id",
        )  # fmt: skip
        return {
            "standing": self.kind,
            **{name: self.row[name] for name in names},
            **({name: self.row[name] for name in more} | {"of": self.of} if self.kind == ALERT else {}),
            "by_network_pattern": verdict.pattern,
            "network_pattern_alone": what_if.pattern_alone(self.parts),
            "legal_person": self.legal,
            **_short(verdict, self.line),
            "without": [self._without(rule) for rule in rules],
        }

    def _without(self, rule: str) -> Row:
        left = what_if.without(self.parts, rule)
        verdict = what_if.judge(left, self.line, self.legal)
        part = next(p for p in self.parts if p.rule == rule)
        outcome = outcome_of(verdict)
        return {
            "rule": rule, "speaks_against": part.family == MITIGATION, "third_party": part.third,
            "then": _then(verdict, self.line),
            "decisive": outcome != (STAYS if self.kind == ALERT else FALLS),
        }  # fmt: skip


def _standing(run: RunFolder, kind: str, row: Row, line: Line, hits: Sequence[Row], who: _Who) -> _Standing:
    mine = [h for h in hits if h["hit_id"] in (row["hit_ids"] or ())]
    named: dict[str, list[Row]] = {}
    members = run.table("hit_members").filter(pl.col("hit_id").is_in([h["hit_id"] for h in mine]))
    for m in members.to_dicts():
        named.setdefault(m["hit_id"], []).append(m)
    third = what_if.showing_third_party(
        mine, named, who.id, row["subject_kind"], row["accounts"] or (who.id,)
    )
    parts = tuple(what_if.parts_of(row["addends"] or (), mine, third))
    return _Standing(kind, row, parts, line, row["legal"], run.table("alerts").height)


def outcome_of(verdict: Verdict) -> str:
    """Gives `STAYS`, `FALLS` or `DEPENDS`."""
    if verdict.alert is None:
        return DEPENDS
    return STAYS if verdict.alert else FALLS


def _short(verdict: Verdict, line: Line) -> Row:
    """What is missing, each thing by itself: points, families, a third party."""
    return {
        "lacks": list(verdict.lacks),
        "short": {
            "points": max(0, line.points - verdict.points) / UNIT if LACKS[0] in verdict.lacks else 0,
            "families": max(0, line.families - len(verdict.families)) if LACKS[1] in verdict.lacks else 0,
            "third_party": LACKS[2] in verdict.lacks,
        },
    }


def _then(verdict: Verdict, line: Line) -> Row:
    return {
        "score": verdict.points / UNIT, "families": list(verdict.families), "third_party": verdict.third,
        "by_network_pattern": verdict.pattern, **_short(verdict, line), "outcome": outcome_of(verdict),
    }  # fmt: skip


# --- near misses -------------------------------------------------------------------------------------


def _near_misses(run: RunFolder, who: _Who) -> list[Row]:
    rows = run.table("near_misses").filter(pl.col("subject_id").is_in(who.names))
    titles = dict(run.table("readiness").select("rule", "title").rows())
    return [row | {"title": titles.get(row["rule"]), "needs": needs(row)} for row in rows.to_dicts()]


def sign_of(line: str | None) -> str | None:
    """Gives the sign between the two sides of a rule's line."""
    found = _SIGNS.search(line or "")
    return None if found is None else found.group(1)


def needs(row: Row) -> Row | None:
    """Gives what the failing line of a near miss asks for: `sign`, `value`, and how far `away` it is."""
    sign = sign_of(row["line"])
    if sign is None or row["left"] is None or row["right"] is None:
        return None
    return {"sign": sign, "value": row["right"], "away": abs(row["right"] - row["left"])}


@dataclass(frozen=True)
class _Base:
    """The sum to which hits are added: the subject's own, or what speaks against where nothing counts."""

    parts: tuple[Part, ...]
    line: Line
    legal: bool | None

    @classmethod
    def of(cls, standings: Sequence[_Standing], hits: Sequence[Row], line: Line) -> _Base:
        if standings:
            return cls(standings[0].parts, line, standings[0].legal)
        return cls(tuple(what_if.speaking_against(hits)), line, None)

    def with_hits(self, near: Sequence[Row], rules: Mapping[str, Row]) -> Row | None:
        """Gives what the sum would be if near misses had been hits; None if a weight is not known."""
        parts = list(self.parts)
        for row in near:
            about = rules.get(row["rule"])
            if about is None or about["weight"] is None or row["subject_kind"] not in PEOPLE:
                return None
            parts = what_if.with_hit(
                parts, row["rule"], about["family"], about["weight"], third=bool(about["third_party"]),
                ends=row["window_ends"], line=self.line,
            )  # fmt: skip
        return _then(what_if.judge(parts, self.line, self.legal), self.line)


def _together(near: Sequence[Row], base: _Base, rules: Mapping[str, Row]) -> Row | None:
    """The sum if all near misses that can be weighed had been hits; None for fewer than two."""
    weighed = [row for row in near if row["would_give"] is not None]
    return base.with_hits(weighed, rules) if len(weighed) > 1 else None


def _why_not(run: RunFolder, rule: str, near: Sequence[Row]) -> Row:
    """Why a rule has no hit of the subject."""
    off = _switched_off(run)
    ready = run.table("readiness").filter(pl.col("rule") == rule).to_dicts()
    kept = run.table("near_misses").filter(pl.col("rule") == rule)
    kinds = pl.concat(
        [kept["subject_kind"], run.table("hits").filter(pl.col("rule") == rule)["subject_kind"]]
    )
    facts: Row = {
        "reason": None, "missing": [],
        "groups_by": sorted(k for k in kinds.drop_nulls().unique().to_list() if k not in PEOPLE),
        "kept_only_the_nearest": NEAREST if kept.height >= NEAREST else None,
    }  # fmt: skip
    if rule in off and not ready:
        return facts | {"why": OFF, "reason": off[rule]}
    if ready and ready[0]["status"] == "not judged":
        return facts | {"why": NOT_JUDGED, "reason": ready[0]["reason"], "missing": ready[0]["missing"] or []}
    return facts | {"why": NEAR if near else FAR}


# --- rows --------------------------------------------------------------------------------------------


def _evidence_rows(
    run: RunFolder, who: _Who, hits: Sequence[Row], near: Sequence[Row], standings: Sequence[_Standing]
) -> list[Row]:
    """Movements of the hits and near misses, as evidence.csv of the cases has them; each once.

    Where no case holds a movement its id alone is known, in `tx_ids`.
    """
    wanted = {tx for row in (*hits, *near) for tx in row["tx_ids"] or ()}
    hit_ids = {h["hit_id"] for h in hits}
    cases = [s.row["alert_id"] for s in standings if s.kind == ALERT] + list(who.networks)
    networks = run.table("networks").select("network_id", "hit_ids").rows()
    cases += [network for network, ids in networks if hit_ids.intersection(ids or ())]
    reviews = run.table("reviews").filter(pl.col("hit_id").is_in(sorted(hit_ids)))
    cases += [*reviews["review_id"].to_list(), *(alert for h in hits for alert in h["alerts"])]
    found: dict[str, Row] = {}
    for case in dict.fromkeys(cases):
        for row in _evidence(run, case, wanted - found.keys()):
            found[row["tx_id"]] = {"case": case, **{k: v for k, v in row.items() if v is not None}}
    return sorted(found.values(), key=lambda r: (r.get("booking_ts") or "", r["tx_id"]))


def _evidence(run: RunFolder, case: str, wanted: Collection[str]) -> list[dict[str, Any]]:
    name = f"cases/{case}/evidence.csv"
    file = unchanged(run, name) or run.path / name
    if not wanted or "/" in case or not file.is_file():
        return []
    try:
        rows = pl.read_csv(file, infer_schema=False)
        return rows.filter(pl.col("tx_id").is_in(sorted(wanted))).to_dicts()
    except (pl.exceptions.PolarsError, OSError):
        raise DataError(f"{run.name}/{name}: the movements cannot be read", hint="scan again") from None
