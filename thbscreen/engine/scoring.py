"""From hits to an ordered list of alerts. The score is a sum that a person can add up on paper.

Points are whole ten-thousandths, so sums are exact and do not depend on the order of rows. A halved
weight is cut down to them: what is left after many half-lives is nothing.

- A hit counts for its own subject: the primary holder of the account, or the account where no holder
  is known. A hit on a thing (a terminal, an employer, a network) counts for the people it names,
  except in the role `place`. Who is named as the controlling side of a third-party or network
  pattern is counted too; who is only named as a possible victim is not.
- Each rule gives its weight once, for the hit that ended last, halved for every full
  `half_after_days` between that hit and the last booking of the data. Further hits of the rule add
  0.25 each, at most `repeat_bonus`. Hits without a date are not aged.
- Mitigating rules take away their weight, in the order of their ids, never below zero.
- A subject is an alert when its points reach `alert_weight` over `min_families` families, or when a
  network pattern of weight 3 meets a hit of another rule and something is left of the sum; a rule of
  the same family that rests on the same movements is no other sign. For a natural person, and for
  anybody of whom nothing is known, one of the hits must show somebody else's gain or control.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any

import polars as pl

from thbscreen.engine import tables
from thbscreen.engine.apart import STRONG, apart
from thbscreen.rules import ast, bundle

#: Points are counted in ten-thousandths.
UNIT = 10_000
REPEAT_STEP = UNIT // 4
#: After so many half-lives nothing is left of a weight anyway.
_MOST_HALVINGS = 16
#: A pattern is live when its hit ended at most so many days before the data's last booking.
LIVE_DAYS = 30
#: So many possible victims in one live third-party pattern of weight 3 make it urgent.
MANY_VICTIMS = 3
#: Above both: a text that a rule wants read at once.
AT_ONCE, AT_ONCE_WHY = 3, "a text that speaks of a child or a threat: read it first"
#: In doubt a person is a possible victim: from this share of what is known on, or this close behind a
#: controlling role.
VICTIM_SHARE, VICTIM_MARGIN = 0.3, 0.2
#: Points of "not known" in every vector of roles, and points that a network's reading is worth.
UNKNOWN_POINTS, NETWORK_POINTS = 0.5, 3.0
CONTROLLING = ("possible_controller", "possible_organiser", "possible_facilitator", "possible_recruiter")

#: What a subject below the line may lack, in the order in which it is looked for.
LACKS = ("points", "families", "third party")

_SUBJECT = ["kind", "subject"]
#: Columns of a hit that travel with it.
_FACTS = [
    "hit_id", "rule", "title", "family", "weight", "third_party", "typologies", "starts", "ends", "tx_ids",
]  # fmt: skip
_EPSILON = 1e-9


_Rows = dict[tuple[str, str], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Scored:
    """What scoring gives.

    Attributes:
        alerts: table ALERTS.
        below: subjects with hits that count but no alert, by what they lack first: points, then
            families, then third party.
        below_line: table BELOW_LINE; the same subjects one by one.
    """

    alerts: pl.DataFrame
    below: dict[str, int]
    below_line: pl.DataFrame


def rate(
    hits: pl.DataFrame,
    hit_members: pl.DataFrame,
    readiness: pl.DataFrame,
    accounts_subjects: pl.DataFrame,
    parties: pl.DataFrame,
    pack: bundle.RulePack,
    as_of: datetime,
    networks: pl.DataFrame | None = None,
    reviews: pl.DataFrame | None = None,
) -> Scored:
    """Gives the alerts in their order and the counts of subjects below the line.

    Args:
        hits: table HITS.
        hit_members: table HIT_MEMBERS.
        readiness: table READINESS; rules that were not judged are named in every alert.
        accounts_subjects: account_id, subject_id, subject_kind: primary holder of each account.
        parties: canonical parties; party_id and kind are used.
        pack: explanations, care notes and the numbers of scoring.
        as_of: time of the last booking in the data, in UTC.
        networks: table NETWORK_MEMBERS, for roles and the network of each subject.
        reviews: table REVIEWS; whoever is handled as a possible victim there is so here.

    Notes:
        `amount_eur` is the largest single hit's, since hits may share movements and sums would count
        money twice.
    """
    people = known_people(hits, accounts_subjects)
    claims = _claims(hits, hit_members, people, pack)
    rules = _rule_points(claims, pack.profile.scoring, as_of)
    judged = _judge(claims, rules, parties, pack.profile.scoring)
    crossing = judged.filter("alert").select(_SUBJECT)
    urgency = _urgency(claims, hit_members, people, pack, as_of)
    at_once = claims.filter(pl.col("rule").is_in([r.id for r in pack.rules if r.at_once]))
    told = _Story(
        claims=_by_subject(claims, crossing, "rule", "hit_id"),
        rules=_by_subject(rules, crossing, "rule"),
        roles=_by_subject(_role_points(hits, hit_members, people, pack, networks), crossing, "role"),
        urgency={(r["kind"], r["subject"]): r for r in urgency.iter_rows(named=True)},
        at_once=frozenset(at_once.select(_SUBJECT).iter_rows()),
        networks=_network_of(networks),
        victims=_read_as_victims(networks),
        threatened=_handled_as_victims(reviews),
        not_judged=sorted(readiness.filter(pl.col("status") == "not judged")["rule"].to_list()),
        pack=pack,
        accounts=_accounts(accounts_subjects),
    )
    rows = [told.alert(r) for r in judged.filter("alert").iter_rows(named=True)]
    below = judged.filter(~pl.col("alert"))
    counts = {lack: below.filter(pl.col("lacks") == lack).height for lack in LACKS}
    return Scored(_ranked(rows), counts, _below_line(below, claims, rules, told.accounts))


def _accounts(accounts_subjects: pl.DataFrame) -> dict[str, list[str]]:
    held = accounts_subjects.group_by("subject_id").agg(pl.col("account_id").unique().sort())
    return dict(held.iter_rows())


def _below_line(
    below: pl.DataFrame, claims: pl.DataFrame, rules: pl.DataFrame, accounts: Mapping[str, list[str]]
) -> pl.DataFrame:
    """Gives table BELOW_LINE."""
    below = below.sort(_SUBJECT)
    told, summed = _by_subject(claims, below, "rule", "hit_id"), _by_subject(rules, below, "rule")
    keys = list(below.select(_SUBJECT).iter_rows())
    text, types = {"text": pl.String()}, tables.ADDEND.to_schema()
    columns = {
        "accounts": [accounts.get(subject, [subject]) for _, subject in keys],
        "families": [_families(summed[key]) for key in keys],
        "hit_ids": [sorted({c["hit_id"] for c in told[key]}) for key in keys],
    }
    addends = [[tuple(a.values()) for a in _addends(summed[key])] for key in keys]
    table = below.select(
        "legal", "lacks", "amount_eur", "first", "last", subject_id="subject", subject_kind="kind",
        third_party="third", score=pl.col("total") / UNIT,
    )  # fmt: skip
    return tables.BELOW_LINE.conform(table.with_columns(
        tables.list_column(addends, types).alias("addends"),
        *(tables.list_column([[(v,) for v in row] for row in rows], text).alias(name)
          for name, rows in columns.items()),
    ))  # fmt: skip


def _ranked(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Gives table ALERTS: urgency first, then score, amount and id."""
    rows.sort(key=lambda r: (-r["urgency"], -r["score"], -r["amount_eur"], r["alert_id"]))
    for rank, row in enumerate(rows, 1):
        row["rank"] = rank
    return tables.ALERTS.conform(pl.DataFrame(rows, schema=tables.ALERTS.schema, orient="row"))


def alert_id(kind: str, subject: str) -> str:
    """Gives the id of a subject's alert; it stays the same from run to run."""
    return "AL-" + sha256(f"{kind}\x1f{subject}".encode()).hexdigest()[:12]


def leading(shares: Mapping[str, float], *, legal: bool = False) -> str:
    """Gives the role to print first; in doubt, possible victim.

    Args:
        shares: share by role, adding up to 1.
        legal: a legal person: nobody doubts on its behalf, so its largest share leads.

    Notes:
        A possible victim leads from a share of 0.3 on of all but `unknown`, which speaks for nobody, and
        whenever neither a controlling role nor that of a client is more than 0.2 ahead: who clearly pays for
        the abuse of others is not handled as a victim.
    """
    victim = 0.0 if legal else shares.get("possible_victim", 0.0)
    ahead = max(shares.get(role, 0.0) for role in (*CONTROLLING, "possible_client"))
    enough = VICTIM_SHARE * (1 - shares.get("unknown", 0.0))
    if victim > 0 and victim >= min(enough, ahead - VICTIM_MARGIN) - _EPSILON:
        return "possible_victim"
    return min(shares, key=lambda r: (-shares[r], ast.ROLES.index(r)))


# --- who is meant -----------------------------------------------------------------------------------


def known_people(hits: pl.DataFrame, accounts_subjects: pl.DataFrame) -> pl.DataFrame:
    """Ids that stand for people: space (account or party), id, kind, subject; one row per id."""
    ordered = accounts_subjects.sort("account_id", "subject_id")
    index = ordered.unique("account_id", keep="first", maintain_order=True)
    accounts = index.select(
        space=pl.lit("account"), id="account_id", kind="subject_kind", subject="subject_id"
    )
    known = index.select("subject_id", "subject_kind").sort("subject_id", "subject_kind")
    held = known.unique("subject_id", keep="first", maintain_order=True).select(
        space=pl.lit("party"), id="subject_id", kind="subject_kind", subject="subject_id"
    )
    other = hits.filter(pl.col("subject_kind") == "party").select(
        space=pl.lit("party"), id="subject_id", kind=pl.lit("party"), subject="subject_id"
    )
    every = pl.concat([accounts, held, other], how="vertical_relaxed")
    return every.unique(["space", "id"], keep="first", maintain_order=True)


def as_people(frame: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Adds kind and subject by `space` and `id`; an account that nobody knows stands for itself."""
    out = frame.join(people, on=["space", "id"], how="left", maintain_order="left")
    outside = (pl.col("space") == "account") & pl.col("subject").is_null()
    out = out.with_columns(
        kind=pl.when(outside).then(pl.lit("external")).otherwise("kind"),
        subject=pl.when(outside).then("id").otherwise("subject"),
    )
    return out.filter(pl.col("subject").is_not_null())


def _members(
    hits: pl.DataFrame, hit_members: pl.DataFrame, people: pl.DataFrame, pack: bundle.RulePack
) -> pl.DataFrame:
    """People named by hits, places left out: hit_id, role, amount_eur, kind, subject."""
    stars = [r.id for r in pack.rules if isinstance(r.detect, ast.Star)]
    last = pl.col("field").str.split(".").list.last()
    space = (
        pl.when(pl.col("rule").is_in(stars) | last.is_in(["account_id", "cp_account_id"]))
        .then(pl.lit("account"))
        .when(last.is_in(["party_id", "employer_id", "on_behalf_of"]))
        .then(pl.lit("party"))
    )
    named = hit_members.filter(pl.col("role") != "place").select(
        "hit_id", "role", "amount_eur", space=space, id="member_id"
    )
    named = named.join(hits.select("hit_id"), on="hit_id", how="semi")
    return as_people(named, people).select("hit_id", "role", "amount_eur", *_SUBJECT)


def _claims(
    hits: pl.DataFrame, hit_members: pl.DataFrame, people: pl.DataFrame, pack: bundle.RulePack
) -> pl.DataFrame:
    """Hits that count for a subject: one row per hit and subject.

    Columns kind, subject, hit_id, rule, title, family, weight, third, typologies, starts, ends,
    amount_eur, tx_ids; `third` is true when the hit shows somebody else's gain or control and the
    subject is its subject or on its controlling side.
    """
    counted = hits.filter((pl.col("weight") >= 1) | (pl.col("family") == "mitigation"))
    is_person = pl.col("subject_kind").is_in(["account", "party"])
    own = counted.filter(is_person).select(
        "hit_id", "amount_eur", space="subject_kind", id="subject_id", side=pl.lit(True)
    )
    own = as_people(own, people).select("hit_id", "amount_eur", "side", *_SUBJECT)
    about = counted.select(
        "hit_id", thing=~is_person, pattern=pl.col("third_party") | (pl.col("family") == "network")
    )
    side = pl.col("role").is_in(CONTROLLING)
    named = _members(counted, hit_members, people, pack).join(about, on="hit_id")
    named = named.filter(pl.col("thing") | (side & pl.col("pattern")))
    named = named.select("hit_id", "amount_eur", *_SUBJECT, side=side)
    # The subject's own row comes first, so that its amount is the whole hit's.
    every = pl.concat([own.select("hit_id", "amount_eur", *_SUBJECT, "side", own=pl.lit(True)),
                       named.with_columns(own=pl.lit(False))])  # fmt: skip
    once = every.group_by("hit_id", *_SUBJECT).agg(
        pl.col("side").any(),
        amount_eur=pl.coalesce(
            pl.col("amount_eur").filter("own").max(), pl.col("amount_eur").filter(~pl.col("own")).max()
        ),
    )
    return (
        once.join(_moved(counted).select(_FACTS), on="hit_id")
        .with_columns(third=pl.col("third_party") & pl.col("side"))
        .drop("third_party", "side")
        .sort(*_SUBJECT, "rule", "hit_id")
    )


def _moved(hits: pl.DataFrame) -> pl.DataFrame:
    """Counts a hit from its first to its last contributing movement, not from edge to edge of a period."""
    return hits.with_columns(
        pl.coalesce("first", "starts").alias("starts"), pl.coalesce("last", "ends").alias("ends")
    )


# --- points -----------------------------------------------------------------------------------------


def _rule_points(claims: pl.DataFrame, scoring: bundle.Scoring, as_of: datetime) -> pl.DataFrame:
    """One row per subject and rule: hit_id of the last hit, n, days, halvings, points, more, minus."""
    end = pl.col("ends").fill_null(as_of)
    ordered = claims.with_columns(end.alias("ends")).sort(
        *_SUBJECT, "rule", "ends", "hit_id", descending=[False, False, False, True, False]
    )
    last = ordered.group_by(*_SUBJECT, "rule", maintain_order=True).agg(
        pl.col("hit_id", "title", "family", "weight", "typologies").first(),
        days=(pl.lit(as_of) - pl.col("ends").first()).dt.total_days().clip(0),
        n=pl.len().cast(pl.Int64),
    )
    helps = pl.col("family") == "mitigation"
    halvings = (pl.col("days") // max(1, scoring.half_after_days)).clip(0, _MOST_HALVINGS)
    most = int(scoring.repeat_bonus * UNIT)
    worth = pl.col("weight").cast(pl.Int64) * UNIT
    return last.with_columns(halvings=halvings.cast(pl.Int64)).with_columns(
        points=pl.when(helps).then(0).otherwise(worth // pl.lit(2).pow("halvings")).cast(pl.Int64),
        more=pl.when(helps).then(0).otherwise(((pl.col("n") - 1) * REPEAT_STEP).clip(0, most)),
        minus=pl.when(helps).then(worth.abs()).otherwise(0),
    )


def _judge(
    claims: pl.DataFrame, rules: pl.DataFrame, parties: pl.DataFrame, scoring: bundle.Scoring
) -> pl.DataFrame:
    """One row per subject with a hit that counts: total, alert, lacks, third, amount, first, last."""
    real = pl.col("family") != "mitigation"
    sums = rules.group_by(_SUBJECT).agg(
        families=pl.col("family").filter(real).n_unique(),
        total=(pl.col("points").sum() + pl.col("more").sum() - pl.col("minus").sum()).clip(0),
    )
    facts = claims.filter(real).group_by(_SUBJECT).agg(
        third=pl.col("third").any(),
        amount_eur=pl.col("amount_eur").max().fill_null(0),
        first=pl.col("starts").min(),
        last=pl.col("ends").max(),
    )  # fmt: skip
    # Only a customer is known to be a firm: an account elsewhere may have the number of some customer.
    legal = parties.filter(pl.col("kind") == "legal").select(
        kind=pl.lit("party"), subject="party_id", legal=True
    )
    out = facts.join(sums, on=_SUBJECT).join(legal.unique(_SUBJECT), on=_SUBJECT, how="left")
    out = out.join(_backed(claims.filter(real)), on=_SUBJECT, how="left")
    out = out.with_columns(pl.col("legal", "backed").fill_null(False))
    needed = int(scoring.alert_weight * UNIT)
    network = pl.col("backed") & (pl.col("total") > 0)
    enough = (pl.col("total") >= needed) | network
    wide = (pl.col("families") >= scoring.min_families) | network
    guarded = pl.col("third") | pl.col("legal")
    lacks = (
        pl.when(~enough).then(pl.lit("points"))
        .when(~wide).then(pl.lit("families"))
        .when(~guarded).then(pl.lit("third party"))
    )  # fmt: skip
    return out.with_columns(lacks=lacks).with_columns(alert=pl.col("lacks").is_null()).sort(_SUBJECT)


def _backed(claims: pl.DataFrame) -> pl.DataFrame:
    """Subjects with a network pattern of weight 3 and a sign apart from it: backed is true."""
    motif = claims.filter((pl.col("family") == "network") & (pl.col("weight") == STRONG))
    motif = motif.select(*_SUBJECT, "rule").unique()
    pairs = apart(claims.join(motif.select(_SUBJECT), on=_SUBJECT, how="semi"), _SUBJECT)
    found = pairs.join(motif, on=[*_SUBJECT, "rule"], how="semi").select(_SUBJECT).unique()
    return found.with_columns(backed=pl.lit(True))


def _urgency(
    claims: pl.DataFrame,
    hit_members: pl.DataFrame,
    people: pl.DataFrame,
    pack: bundle.RulePack,
    as_of: datetime,
) -> pl.DataFrame:
    """Subjects of live third-party patterns: urgency 1 or 2, and most possible victims in one of them."""
    recent = pl.lit(as_of) - pl.col("ends") <= pl.duration(days=LIVE_DAYS)
    live = claims.filter(pl.col("third") & (pl.col("weight") >= 1) & recent)
    named = _members(live.select("hit_id").unique(), hit_members, people, pack)
    victims = named.filter(pl.col("role") == "possible_victim").select("hit_id", *_SUBJECT).unique()
    counts = victims.group_by("hit_id").agg(victims=pl.len())
    live = live.join(counts, on="hit_id", how="left").with_columns(pl.col("victims").fill_null(0))
    heavy = pl.when(pl.col("weight") == 3).then("victims").otherwise(0)
    return live.group_by(_SUBJECT).agg(
        victims=heavy.max(),
        urgency=pl.when(heavy.max() >= MANY_VICTIMS).then(2).otherwise(1),
    )


def _role_points(
    hits: pl.DataFrame,
    hit_members: pl.DataFrame,
    people: pl.DataFrame,
    pack: bundle.RulePack,
    networks: pl.DataFrame | None,
) -> pl.DataFrame:
    """Points by kind, subject, role and rule.

    A rule gives its weight and a tenth more for each further hit, at most twice its weight. A
    network's reading of its member counts as one hit of weight 3, divided by the shares.
    """
    counted = hits.filter((pl.col("weight") >= 1) & (pl.col("family") != "mitigation"))
    named = _members(counted, hit_members, people, pack).unique(["hit_id", "role", *_SUBJECT])
    named = named.join(counted.select("hit_id", "rule", "weight"), on="hit_id")
    per_rule = named.group_by(*_SUBJECT, "role", "rule").agg(pl.col("weight").first(), n=pl.len())
    more = ((pl.col("n").cast(pl.Float64) - 1) / 10).clip(0, 1)
    points = per_rule.select(*_SUBJECT, "role", "rule", points=pl.col("weight") * (1 + more))
    if networks is not None and not networks.is_empty():
        read = networks.select("network_id", "roles", subject="member_id").explode("roles").unnest("roles")
        kinds = people.select("subject", "kind").unique()
        inside = read.join(kinds, on="subject", how="left").drop_nulls("role")
        inside = inside.select(
            "subject",
            "role",
            pl.col("kind").fill_null("external"),
            rule="network_id",
            points=pl.col("share") * NETWORK_POINTS,
        )
        points = pl.concat([points, inside.select(points.columns)], how="vertical_relaxed")
    return points.sort(*_SUBJECT, "role", "rule")


# --- words ------------------------------------------------------------------------------------------


def _by_subject(frame: pl.DataFrame, wanted: pl.DataFrame, *order: str) -> _Rows:
    kept = frame.join(wanted, on=_SUBJECT, how="semi").sort(*_SUBJECT, *order)
    grouped = groupby(kept.iter_rows(named=True), key=lambda r: (r["kind"], r["subject"]))
    return {key: list(rows) for key, rows in grouped}


def _network_of(networks: pl.DataFrame | None) -> dict[str, str]:
    if networks is None:
        return {}
    ordered = networks.sort("member_id", "network_id", descending=[False, True])
    return dict(zip(ordered["member_id"], ordered["network_id"], strict=True))


def _read_as_victims(networks: pl.DataFrame | None) -> frozenset[str]:
    """Members whom some network reads as possible victims: the two stages must not contradict each other."""
    if networks is None:
        return frozenset()
    return frozenset(networks.filter(pl.col("role") == "possible_victim")["member_id"].to_list())


def _handled_as_victims(reviews: pl.DataFrame | None) -> frozenset[str]:
    if reviews is None:
        return frozenset()
    return frozenset(reviews.filter(pl.col("handling") == "possible victim")["subject_id"].to_list())


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


@dataclass(frozen=True)
class _Story:
    """Everything that is told of a subject, by (kind, subject)."""

    claims: _Rows
    rules: _Rows
    roles: _Rows
    urgency: dict[tuple[str, str], dict[str, Any]]
    at_once: frozenset[tuple[str, ...]]
    networks: dict[str, str]
    victims: frozenset[str]
    threatened: frozenset[str]
    not_judged: list[str]
    pack: bundle.RulePack
    accounts: Mapping[str, list[str]]

    def alert(self, row: dict[str, Any]) -> dict[str, Any]:
        """Gives one row of ALERTS, without its rank."""
        key = (row["kind"], row["subject"])
        addends = _addends(self.rules[key])
        by_id = {rule.id: rule for rule in self.pack.rules}
        named = [by_id[r] for r in _unique(a["rule"] for a in addends) if r in by_id]
        claims = self.claims[key]
        sums = _typologies(self.rules[key])
        reading = _reading(
            self.roles.get(key, []), in_doubt=row["subject"] in self.victims, legal=row["legal"]
        )
        if row["subject"] in self.threatened:
            reading["handling"] = "possible victim"
        return {
            "rank": 0,
            "alert_id": alert_id(*key),
            "subject_id": row["subject"],
            "subject_kind": row["kind"],
            "accounts": self.accounts.get(row["subject"], [row["subject"]]),
            "legal": row["legal"],
            "score": row["total"] / UNIT,
            **self._urgency(key),
            "families": _families(self.rules[key]),
            "typology": sums[0]["typology"] if sums else "",
            "typology_scores": sums,
            **reading,
            "network_id": self.networks.get(row["subject"]),
            "third_party": row["third"],
            "addends": addends,
            "hit_ids": sorted({c["hit_id"] for c in claims}),
            "tx_ids": sorted({tx for c in claims for tx in c["tx_ids"] or ()}),
            "amount_eur": row["amount_eur"],
            "first": row["first"],
            "last": row["last"],
            "innocent_explanations": _unique(
                e for r in named if r.family != "mitigation" for e in r.innocent_explanations
            ),
            "care": _unique(r.care for r in named),
            "not_judged": self.not_judged,
        }

    def _urgency(self, key: tuple[str, str]) -> dict[str, Any]:
        found = self.urgency.get(key)
        if key in self.at_once:
            return {"urgency": AT_ONCE, "urgency_why": AT_ONCE_WHY}
        if found is None:
            return {"urgency": 0, "urgency_why": ""}
        why = f"somebody else's gain or control within the last {LIVE_DAYS} days of the data"
        if found["urgency"] == 2:
            why += f", {found['victims']} possible victims in one pattern"
        return {"urgency": found["urgency"], "urgency_why": why}


def _families(rules: list[dict[str, Any]]) -> list[str]:
    found = {r["family"] for r in rules}
    return [family for family in ast.FAMILIES if family in found and family != "mitigation"]


def _addends(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is added, heaviest first, then what is taken away."""
    out, total = [], 0
    for r in sorted(rules, key=lambda r: (-r["points"], r["rule"])):
        if r["family"] == "mitigation":
            continue
        total += r["points"] + r["more"]
        out.append(_addend(r, r["points"], _why(r)))
        if r["more"]:
            hits = "1 further hit" if r["n"] == 2 else f"{r['n'] - 1} further hits"
            most = f", at most {r['more'] / UNIT:g}" if r["more"] < (r["n"] - 1) * REPEAT_STEP else ""
            out.append(_addend(r, r["more"], f"{r['title']}: {hits}, 0.25 each{most}"))
    for r in sorted(rules, key=lambda r: r["rule"]):
        if r["family"] == "mitigation":
            taken = min(r["minus"], total)
            total -= taken
            less = "" if taken == r["minus"] else ", cut so that the sum does not fall below 0"
            out.append(_addend(r, -taken, f"Speaks against: {r['title']}, takes away {-r['weight']}{less}"))
    return out


def _addend(rule: dict[str, Any], points: int, why: str) -> dict[str, Any]:
    return {
        "rule": rule["rule"], "hit_id": rule["hit_id"], "family": rule["family"],
        "points": points / UNIT, "why": why,
    }  # fmt: skip


def _why(rule: dict[str, Any]) -> str:
    text = f"{rule['title']}: weight {rule['weight']}"
    if rule["halvings"]:
        times = {1: "once", 2: "twice"}.get(rule["halvings"], f"{rule['halvings']} times")
        text += f", halved {times} because the last hit ended {rule['days']} days before the last booking"
    return text


def _typologies(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[str, int] = {}
    for r in rules:
        if r["family"] != "mitigation":
            for name in r["typologies"] or ():
                sums[name] = sums.get(name, 0) + r["points"] + r["more"]
    place = {name: i for i, name in enumerate(ast.TYPOLOGIES)}
    ranked = sorted(sums, key=lambda t: (-sums[t], place.get(t, len(place)), t))
    return [{"typology": t, "points": sums[t] / UNIT} for t in ranked]


def _reading(rows: list[dict[str, Any]], *, in_doubt: bool = False, legal: bool = False) -> dict[str, Any]:
    """Roles as shares that add up to 1, the two that are shown first, and how the subject is handled.

    Args:
        rows: points by role.
        in_doubt: a network reads the subject as a possible victim, which then leads here too.
        legal: the subject is a legal person.
    """
    points: dict[str, float] = {"unknown": UNKNOWN_POINTS}
    for row in rows:
        points[row["role"]] = points.get(row["role"], 0.0) + row["points"]
    total = sum(points.values())
    shares = {role: points[role] / total for role in ast.ROLES if role in points}
    ranked = sorted(shares, key=lambda r: (-shares[r], ast.ROLES.index(r)))
    lead = "possible_victim" if in_doubt and "possible_victim" in shares else leading(shares, legal=legal)
    # Four digits that add up to 1 and keep the order: cut, then hand the rest to the largest.
    units = {r: int(shares[r] * UNIT) for r in ranked}
    rest = UNIT - sum(units.values())
    parts = [(r, (units[r] + (i < rest)) / UNIT) for i, r in enumerate(ranked)]
    return {
        "handling": "possible victim" if lead == "possible_victim" else "subject",
        "leading_role": lead,
        "second_role": next((r for r in ranked if r != lead), None),
        "roles": [{"role": r, "share": share} for r, share in parts],
    }
