"""Preparation: one order, own hash, packed answers, primary holders."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.support import pack_of, rule_text
from thbscreen.compile.pack import compile_pack
from thbscreen.engine.memory import from_rows
from thbscreen.engine.prepare import prepare, primary_holders, sorted_rows, stable_hash

ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.text("ab", max_size=2)), unique=True, max_size=30
)


@given(ROWS)
def test_rows_are_in_the_order_of_account_time_and_id(rows):
    account = np.array([r[0] for r in rows], np.int64)
    time = np.array([r[1] for r in rows], np.int64)
    order = sorted_rows(account, time, pl.Series([r[2] for r in rows], dtype=pl.String))
    assert [rows[i] for i in order] == sorted(rows)


def test_the_hash_of_an_account_never_changes():
    assert stable_hash("a") == 0xE8B7BE43
    assert stable_hash("ΑΒ-1") == 1874296761


def test_the_primary_holder_is_the_first_holder_and_a_mandate_is_none():
    links = pl.DataFrame(
        {
            "account_id": ["A", "A", "A", "B", "C"],
            "party_id": ["P3", "P2", "P1", "P9", "P4"],
            "role": ["holder", "holder", "mandate", "joint_holder", "mandate"],
        }
    )
    assert primary_holders(links).rows() == [("A", "P2"), ("B", "P9")]


def test_whoever_stands_beside_many_holders_takes_no_place():
    def holder(account: str, party: str, since: str | None = None, until: str | None = None) -> dict:
        return {
            "account_id": account, "party_id": party, "role": "holder",
            "since": since and dt.date.fromisoformat(since), "until": until and dt.date.fromisoformat(until),
        }  # fmt: skip

    beside = [holder(account, "A-SECOND") for account in "ABC"]
    own = [holder(account, f"C-{account}") for account in "ABC"]
    expected = [(account, f"C-{account}") for account in "ABC"]
    assert primary_holders(pl.DataFrame([*beside, *own])).rows() == expected
    later = [holder("A", "A-SECOND", "2026-03-01"), holder("A", "C-A", "2026-01-01")]
    assert primary_holders(pl.DataFrame(later)).rows() == [("A", "C-A")]
    before = [holder("A", "A-FIRST", "2020-01-01", "2024-01-01"), holder("A", "C-A", "2024-01-01")]
    assert primary_holders(pl.DataFrame(before)).rows() == [("A", "C-A")]


DETECT = """
kind: aggregate
where: {tx_type: cash_deposit}
for_each: account_id
window: whole period
measures:
  deposits: {count: transactions}
flag_when:
  - deposits >= 1
"""


def test_every_account_is_whole_in_one_bucket():
    compiled = compile_pack(pack_of(rule_text(DETECT)))
    rows = [
        {"account_id": f"A{i % 7}", "booking_ts": f"2024-03-{1 + i % 28:02d} 10:00", "amount_eur": "5",
         "tx_type": "cash_deposit"} for i in range(60)
    ]  # fmt: skip
    prepared = prepare(from_rows(rows, [], [], "UTC"), compiled, buckets=4)
    seen = [set(prepared.bucket(i)["c:account_id"].to_list()) for i in range(4)]
    assert sum(len(s) for s in seen) == 7 == len(set.union(*seen))
    assert sum(prepared.bucket(i).height for i in range(4)) == 60
