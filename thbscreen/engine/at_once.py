"""What a person is to read at once, whatever the score: texts that speak of a child or of a threat.

A rule with `at_once: true` asks for it. Its hits are listed apart from the alerts, since one text is
enough to look and never enough to add up; whether they weigh in a score as well is said by their weight.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.engine import scoring, tables

if TYPE_CHECKING:
    from thbscreen.rules import bundle


def rules_at_once(pack: bundle.RulePack) -> list[str]:
    """Gives the ids of the rules whose hits are read at once."""
    return [rule.id for rule in pack.rules if rule.at_once]


def review_id(hit_id: str) -> str:
    """Gives the id of a review; it stays the same from run to run, as the hit's does."""
    return "RV-" + sha256(hit_id.encode()).hexdigest()[:12]


def reviews(
    hits: pl.DataFrame, hit_members: pl.DataFrame, accounts_subjects: pl.DataFrame, pack: bundle.RulePack
) -> pl.DataFrame:
    """Gives table REVIEWS: one row per hit of a rule whose hits are read at once.

    Args:
        hits: table HITS.
        hit_members: table HIT_MEMBERS.
        accounts_subjects: account_id, subject_id, subject_kind: primary holder of each account.
        pack: care notes and explanations.

    Notes:
        Whoever the text was written to or by may be the one who is threatened: the subject is handled as a
        possible victim unless the rule reads its account in another role and in no doubt.
    """
    found = hits.filter(pl.col("rule").is_in(rules_at_once(pack)))
    if found.is_empty():
        return tables.REVIEWS.empty()
    people = scoring.known_people(hits, accounts_subjects)
    held = scoring.as_people(found.select("hit_id", space="subject_kind", id="subject_id"), people)
    read = hit_members.join(
        found.select("hit_id", "subject_id"),
        left_on=["hit_id", "member_id"],
        right_on=["hit_id", "subject_id"],
    )
    roles = read.group_by("hit_id").agg(roles=pl.col("role").unique().sort())
    told = pl.DataFrame(
        [(rule.id, rule.care, list(rule.innocent_explanations)) for rule in pack.rules if rule.at_once],
        schema={"rule": pl.String(), "care": pl.String(), "innocent_explanations": pl.List(pl.String())},
        orient="row",
    )
    other = pl.col("roles").list.eval(~pl.element().is_in(["possible_victim", "unknown"])).list.all()
    known = (pl.col("roles").list.len() > 0) & other
    rows = (
        found.join(held.select("hit_id", "subject", "kind"), on="hit_id", how="left")
        .with_columns(
            subject_id=pl.coalesce("subject", "subject_id"), subject_kind=pl.coalesce("kind", "subject_kind")
        )
        .join(roles, on="hit_id", how="left")
        .join(told, on="rule")
        .with_columns(
            handling=pl.when(known.fill_null(False))
            .then(pl.lit("subject"))
            .otherwise(pl.lit("possible victim"))
        )
    )
    ids = pl.Series([review_id(hit) for hit in rows["hit_id"].to_list()], dtype=pl.String)
    return tables.REVIEWS.conform(rows.with_columns(review_id=ids))
