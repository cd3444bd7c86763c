"""A text that speaks of a child or a threat reaches a person, whatever else was found or not."""

from __future__ import annotations

import polars as pl

from tests.support import pack_of, rule_text, run_rows
from thbscreen.engine import scoring, tables
from thbscreen.engine.at_once import review_id, reviews

LIST = """\
list: keywords.threats
title: Threats
kind: words
reviewed: 2026-01-31
sources: [{cite: test, at: page 1, kind: expert}]
entries: {en: [delete the video]}
must_match: [please delete the video]
must_not_match: [delete]
"""
DETECT = """
kind: transaction
where:
  remittance_info: {mentions_list: keywords.threats}
"""
ROW = {
    "account_id": "A1", "booking_ts": "2024-03-01 10:00", "amount_eur": "20", "direction": "debit",
    "tx_type": "credit_transfer", "tx_id": "T1", "remittance_info": "please delete the video",
}  # fmt: skip
PARTIES = [{"account_id": "A1", "party_id": "C1", "kind": "natural"}]
SUBJECTS = pl.DataFrame({"account_id": ["A1"], "subject_id": ["C1"], "subject_kind": ["party"]})


def text_rule(roles: str, *, at_once: bool) -> str:
    text = rule_text(DETECT, roles=roles).replace("family: flow", "family: text")
    return text + "care: No contact.\n" + ("at_once: true\n" if at_once else "")


def found(roles: str = "{account_id: possible_victim}", *, at_once: bool = True, subjects=SUBJECTS):
    pack = pack_of(text_rule(roles, at_once=at_once), lists={"keywords.threats": LIST})
    hits, ready = run_rows(pack, [ROW, {**ROW, "tx_id": "T2", "remittance_info": "rent"}], parties=PARTIES)
    rated = scoring.rate(
        hits.hits, hits.members, ready, subjects, pl.DataFrame({"party_id": ["C1"], "kind": ["natural"]}),
        pack, hits.hits["ends"].max() or pl.Series(["2024-03-01"]).str.to_datetime()[0],
    )  # fmt: skip
    return reviews(hits.hits, hits.members, subjects, pack), hits, rated


def test_one_text_is_enough_to_be_read_and_not_enough_for_an_alert():
    table, hits, rated = found()
    (row,) = table.to_dicts()
    assert (row["subject_id"], row["subject_kind"], row["tx_ids"]) == ("C1", "party", ["T1"])
    assert row["review_id"] == review_id(hits.hits["hit_id"][0])
    assert row["handling"] == "possible victim"
    assert rated.alerts.is_empty()


def test_a_rule_that_does_not_ask_for_it_gives_nothing_to_read():
    table, hits, _ = found(at_once=False)
    assert hits.hits.height == 1
    assert table.equals(tables.REVIEWS.empty())


def test_only_a_role_without_doubt_makes_the_subject_of_a_review_no_possible_victim():
    assert found("{account_id: possible_client}")[0]["handling"].to_list() == ["subject"]
    assert found("{account_id: unknown}")[0]["handling"].to_list() == ["possible victim"]


def test_an_account_without_a_known_holder_is_read_too():
    nobody = SUBJECTS.clear()
    (row,) = found(subjects=nobody)[0].to_dicts()
    assert (row["subject_id"], row["subject_kind"]) == ("A1", "external")


def test_a_review_says_what_to_mind_and_what_may_explain_it():
    (row,) = found()[0].to_dicts()
    assert (row["care"], row["innocent_explanations"]) == ("No contact.", ["It is a test"])
