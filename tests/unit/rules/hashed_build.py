"""A folder of rules whose list an institution supplies, and that institution's own folder."""

from __future__ import annotations

from pathlib import Path

from tests.unit.rules.folder import PROFILE, make, put
from thbscreen.model.keys import Key
from thbscreen.rules.hashlist import make as make_list

SECRET = "0123456789abcdef0123456789abcdef"
NAME = "keywords.coded"
DECLARED = """\
list: keywords.coded
kind: hashed
title: Coded words
supplied_by: institution
reviewed: 2026-01-31
sources: [{cite: test, at: page 1, kind: expert}]
"""
RULE = """\
rule: THB-CSE-099
title: A text holds a coded word
version: 1
status: test
family: text
weight: 2
third_party: false
summary: Flags a payment whose text holds a coded word.
sources:
  - {cite: test, at: page 1, kind: guidance}
typologies: [sham_marriage]
roles: {account_id: unknown}
innocent_explanations: [A joke]
detect:
  kind: transaction
  where:
    remittance_info: {mentions_list: keywords.coded}
evidence: "Seen on {booking_ts:date}."
report: {indicator: thb.test, keywords: [coded text]}
tests:
  - name: a coded word
    given:
      lists: {keywords.coded: [blue teapot]}
      transactions:
        defaults: {account_id: A1, amount_eur: 20}
        rows:
          - {booking_ts: 2024-03-01 22:00, remittance_info: BLUE-TEAPOT}
          - {booking_ts: 2024-03-02 22:00}
    expect: [{account_id: A1, tx_ids: T01}]
  - name: another word
    given:
      lists: {keywords.coded: [blue teapot]}
      transactions:
        rows: [{account_id: A1, amount_eur: 20, booking_ts: 2024-03-01 22:00, remittance_info: green teapot}]
    expect: no hits
  - name: no list
    given:
      transactions:
        rows: [{account_id: A1, amount_eur: 20, booking_ts: 2024-03-01 22:00, remittance_info: blue teapot}]
    expect: not judged
"""


def hashed(*words: str, name: str = NAME, secret: str = SECRET) -> str:
    """Gives the text of a hashed list."""
    numbered = list(enumerate(words, 1))
    made = make_list(name, numbered, Key(secret.encode()), title="T", source="S", reviewed="2026-01-31")
    return made.text


def folder(tmp_path: Path, profile: str = "", supplied: str | None = None) -> Path:
    """Writes rules, a profile with further keys, and the supplied list beside the profile."""
    rules = make(tmp_path)
    put(rules, "cse/THB-CSE-099.yaml", RULE)
    put(rules, "lists/keywords/coded.yaml", DECLARED)
    put(rules, "profiles/test.yaml", PROFILE + profile)
    if supplied is not None:
        put(rules, "profiles/own/keywords/coded.yaml", supplied)
    return rules


FROM = "lists_from: own\n"
KEY = "lists_key: {env: TEST_LISTS_KEY}\n"
