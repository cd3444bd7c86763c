"""MT942 within the day and MT940 after it: one booking counts once, two equal payments count twice."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.unit.io.statement_support import OWN, entry, mt940
from tests.unit.io.support import rows, write
from tests.unit.io.test_mt_ofx_folder import opened
from thbscreen.io.statements.overlap import AGAIN

RENT = entry("2601050105D7,NTRFNONREF//B1", "rent")
FOOD = entry("2601050105D5,NTRFNONREF//B2", "food")
GIFT = entry("2601050105C20,NTRFNONREF", "gift of Anna")
FEE = entry("2601050105D1,NCHGNONREF", "card fee")


def report(*entries: str, at: str = "1200", number: str = "1/1", own: str = OWN) -> str:
    """Writes a report within the day."""
    head = [f":20:R{at}", f":25:{own}", f":28C:{number}", ":34F:EUR0,", f":13D:260105{at}+0100"]
    return "\r\n".join([*head, *entries, "-", ""])


def amounts(folder: Path, *files: str) -> tuple[list[int], dict[str, Any]]:
    for n, text in enumerate(files):
        write(folder, f"{n}.sta", text)
    data = opened(folder)
    found = sorted(rows(data)["amount"].to_list())
    told = data.report()
    assert told.tables["transactions"].adds_up
    assert rows(data)["tx_id"].n_unique() == len(found)
    return found, told.skipped


@pytest.mark.parametrize("together", [True, False])
def test_entries_that_later_reports_of_the_day_repeat_count_once(tmp_path: Path, together: bool) -> None:
    day = [report(RENT, at="0900"), report(RENT, GIFT, at="1200"), report(RENT, GIFT, FOOD, at="1700")]
    assert amounts(tmp_path, *(["".join(day)] if together else day)) == ([500, 700, 2000], {AGAIN: 3})


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_statement_of_the_day_takes_the_place_of_its_reports(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    day = [report(RENT, GIFT, at="0900"), report(RENT, GIFT, FEE, at="1200"), mt940(RENT, GIFT, FEE)]
    found, skipped = amounts(tmp_path, *(day[i] for i in order))
    assert found == [100, 700, 2000]
    assert skipped == {AGAIN: 5}
    kept = rows(opened(tmp_path))["source_file"].unique().to_list()
    assert kept == [f"{order.index(2)}.sta"]


def test_a_statement_that_words_an_entry_otherwise_is_met_by_day_amount_and_number(tmp_path: Path) -> None:
    fuller = entry("2601050105C20,NTRFNONREF", "gift of Anna to her brother")
    assert amounts(tmp_path, report(GIFT), mt940(fuller)) == ([2000], {AGAIN: 1})


def test_equal_payments_of_one_message_stay_two_in_reports_and_statement(tmp_path: Path) -> None:
    assert amounts(tmp_path, report(FEE, FEE)) == ([100, 100], {})
    again = amounts(tmp_path, report(FEE, at="0900"), report(FEE, FEE), mt940(FEE, FEE))
    assert again == ([100, 100], {AGAIN: 3})


def test_a_report_that_holds_one_more_equal_payment_than_the_one_before_adds_one(tmp_path: Path) -> None:
    assert amounts(tmp_path, report(FEE, RENT, at="0900"), report(FEE, RENT, FEE)) == (
        [100, 100, 700], {AGAIN: 2},
    )  # fmt: skip


def test_reports_that_tell_only_what_is_new_share_no_equal_fee(tmp_path: Path) -> None:
    news = [report(RENT, FEE, at="0900", number="1/1"), report(FOOD, FEE, at="1200", number="2/1")]
    assert amounts(tmp_path, *news) == ([100, 100, 500, 700], {})


def test_a_reference_makes_two_reports_of_news_one_booking(tmp_path: Path) -> None:
    assert amounts(tmp_path, report(RENT, FOOD), report(RENT, GIFT, FEE, at="1500"))[0] == [
        100, 500, 700, 2000,
    ]  # fmt: skip


def test_another_account_is_another_booking(tmp_path: Path) -> None:
    assert amounts(tmp_path, report(RENT), report(RENT, own="NL91ABNA0417164300"))[0] == [700, 700]


def test_entries_of_the_day_that_the_statement_does_not_have_yet_stay(tmp_path: Path) -> None:
    tomorrow = entry("2601060106D3,NTRFNONREF//B9", "bus")
    assert amounts(tmp_path, mt940(RENT), report(RENT, tomorrow)) == ([300, 700], {AGAIN: 1})
