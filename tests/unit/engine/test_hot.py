"""Accounts with far more movements than others are told by number and named once."""

from __future__ import annotations

from thbscreen.compile.pack import compile_pack
from thbscreen.engine import prepare as preparation
from thbscreen.engine.hot import hot_accounts, hot_sentence
from thbscreen.engine.memory import from_rows
from thbscreen.engine.prepare import prepare
from thbscreen.engine.timing import Timing
from thbscreen.report import timing
from thbscreen.rules.pack import load_pack
from thbscreen.screening import ROWS_PER_WORKER, workers_for


def _prepared(monkeypatch, buckets):
    monkeypatch.setattr(preparation, "HOT_ROWS", 3)
    rows = [
        {"account_id": account, "booking_ts": f"2026-01-{day:02d} 10:00", "amount_eur": "10"}
        for account, days in (("A-1", 3), ("B-2", 5), ("C-3", 4), ("D-4", 1))
        for day in range(1, days + 1)
    ]
    pack = load_pack(tests=False)
    source = from_rows(rows, [], [], pack.profile.time_zone)
    return prepare(source, compile_pack(pack), buckets=buckets)


def test_accounts_above_the_limit_are_named_the_busiest_first_for_any_number_of_buckets(monkeypatch):
    one = _prepared(monkeypatch, 1)
    told = hot_accounts(one)["hot_accounts"]
    assert told["number"] == 2
    assert told["accounts"] == [
        {"account_id": "B-2", "movements": 5},
        {"account_id": "C-3", "movements": 4},
    ]
    assert hot_accounts(_prepared(monkeypatch, 3)) == {"hot_accounts": told}
    (sentence,) = hot_sentence(one)
    assert sentence.startswith("2 accounts have more than")
    assert "B-2" not in sentence


def test_without_such_an_account_nothing_is_said(monkeypatch):
    prepared = _prepared(monkeypatch, 1)
    prepared.hot.clear()
    assert hot_accounts(prepared) == {}
    assert hot_sentence(prepared) == []


def test_the_page_of_times_counts_them():
    assert "quality.json names them" not in timing.page(Timing())
    assert "movements: 2; quality.json names them" in timing.page(Timing(hot=2))
    assert Timing(hot=2).as_dict()["hot_accounts"] == 2


def test_few_rows_get_one_process_whatever_was_asked():
    assert workers_for(0, 4) == 1
    assert workers_for(2 * ROWS_PER_WORKER - 1, 2) == 1
    assert workers_for(2 * ROWS_PER_WORKER, 2) == 2
    assert workers_for(100 * ROWS_PER_WORKER, 2) == 2
    assert workers_for(100 * ROWS_PER_WORKER, 1) == 1
