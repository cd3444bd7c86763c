"""inspect: habits of exports that the first set of banks did not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.io.support import ZONE, rows, write
from thbscreen.io.dataset import open_dataset
from thbscreen.io.files import list_inputs
from thbscreen.io.inspect.look import Look, look
from thbscreen.io.recognise import recognised

HEAD = "IBAN Auftragskonto,Currency,"
OWN = "DE89370400440532013000,EUR,"


def looked(folder: Path, text: str) -> Look:
    return look(recognised(list_inputs([write(folder, "export.csv", text)])[0])[0], ZONE)


def loaded(folder: Path, text: str) -> tuple[Look, list[str], list[int]]:
    """Inspects, takes the draft as it is, and gives local times and amounts."""
    found = looked(folder, text)
    assert found.undecided == [], found.draft
    mapping = write(folder, "draft.yaml", found.draft)
    frame = rows(open_dataset([folder / "export.csv"], mapping, zone=ZONE))
    local = frame["booking_ts"].dt.convert_time_zone(ZONE).dt.strftime("%Y-%m-%d %H:%M").to_list()
    signed = [a if d == "credit" else -a for a, d in frame.select("amount", "direction").iter_rows()]
    return found, local, signed


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (("09:10 AM", "11:45 PM"), ["2026-01-13 09:10", "2026-01-14 23:45"]),
        (("9:10am", "12:05am"), ["2026-01-13 09:10", "2026-01-14 00:05"]),
        (("09:10:11", "23:45:00"), ["2026-01-13 09:10", "2026-01-14 23:45"]),
    ],
)
def test_a_column_of_times_beside_the_day_is_joined_with_it(
    tmp_path: Path, times: tuple[str, str], expected: list[str]
) -> None:
    text = (
        f"{HEAD}Booking Date,Time,Amount,D/C\n{OWN}01/13/2026,{times[0]},12.50,D\n"
        f"{OWN}01/14/2026,{times[1]},1500.00,C\n"
    )
    found, local, signed = loaded(tmp_path, text)
    assert 'concat: ["Booking Date", "Time"]' in found.draft
    assert local == expected
    assert signed == [-1250, 150000]


def test_morning_and_afternoon_in_one_column_are_read(tmp_path: Path) -> None:
    text = (
        f"{HEAD}Booking Date,Amount,D/C\n{OWN}01/13/2026 09:10 PM,1.00,D\n{OWN}01/14/2026 12:00 AM,2.00,C\n"
    )
    assert loaded(tmp_path, text)[1] == ["2026-01-13 21:10", "2026-01-14 00:00"]


def test_a_column_of_plus_and_minus_says_the_direction(tmp_path: Path) -> None:
    text = f"{HEAD}Booking Date,+/-,Amount\n{OWN}2026-01-13,-,12.50\n{OWN}2026-01-14,+,1500.00\n"
    found = looked(tmp_path, text)
    assert 'map: {"+": credit, "-": debit}' in found.draft
    assert loaded(tmp_path, text)[2] == [-1250, 150000]


def test_a_column_that_is_called_time_and_holds_none_is_left_alone(tmp_path: Path) -> None:
    text = f"{HEAD}Booking Date,Time,Amount,D/C\n{OWN}2026-01-13,soon,12.50,D\n{OWN}2026-01-14,late,1.00,C\n"
    assert "concat" not in looked(tmp_path, text).draft


_LEDGER = [(-1000, 9000), (2500, 11500), (-700, 10800), (-50, 10750)]


def _flagged(out: str, into: str) -> str:
    rows_of = "".join(
        f"{OWN}01/1{n}/2026,{abs(move) / 100:.2f},{out if move < 0 else into},{balance / 100:.2f}\n"
        for n, (move, balance) in enumerate(_LEDGER)
    )
    return f"{HEAD}Booking Date,Amount,D/C,Balance\n{rows_of}"


def test_words_of_direction_that_the_running_balance_contradicts_are_left_to_a_person(tmp_path: Path) -> None:
    assert looked(tmp_path, _flagged("D", "C")).undecided == []
    found = looked(tmp_path, _flagged("C", "D"))
    assert found.undecided == ["direction"]
    assert "only if the words mean the opposite" in found.draft
    assert 'map: {"C": debit, "D": credit}' in found.draft


def test_columns_of_debit_and_credit_that_the_running_balance_contradicts_are_left_to_a_person(
    tmp_path: Path,
) -> None:
    text = f"{HEAD}Booking Date,%s,%s,Balance\n" + "".join(
        f"{OWN}01/1{n}/2026,{-move if move < 0 else ''},{move if move > 0 else ''},{balance}\n"
        for n, (move, balance) in enumerate((m / 100, b / 100) for m, b in _LEDGER)
    )
    assert looked(tmp_path, text % ("Debit", "Credit")).undecided == []
    found = looked(tmp_path, text % ("Credit", "Debit"))
    assert found.undecided == ["sign"]
    assert 'debit: {from: "Credit"}, credit: {from: "Debit"}' in found.draft


def test_a_file_with_names_and_no_rows_is_told_so(tmp_path: Path) -> None:
    assert "no rows below it" in looked(tmp_path, "Date;Details;Amount;Balance\n").why


def _worded(out: str, into: str, balance: str = "") -> str:
    lines = "".join(
        f"{OWN}01/1{n}/2026,{abs(move):.2f}{out if move < 0 else into},{held:.2f}{balance}\n"
        for n, (move, held) in enumerate(_LEDGER)
    )
    return f"{HEAD}Booking Date,Amount,Balance\n{lines}"


@pytest.mark.parametrize(("out", "into"), [(" DR", " CR"), ("Dr", "Cr"), (" S", " H"), (" D", " C")])
def test_words_behind_amounts_say_which_way_the_money_went(tmp_path: Path, out: str, into: str) -> None:
    found, _, signed = loaded(tmp_path, _worded(out, into, into))
    assert signed == [100 * move for move, _ in _LEDGER]
    assert "balance_after" in found.draft


def test_words_behind_amounts_that_the_balance_contradicts_or_some_lack_are_left_open(tmp_path: Path) -> None:
    assert looked(tmp_path, _worded(" CR", " DR")).undecided == ["direction"]
    assert looked(tmp_path, _worded("", " CR")).undecided == ["sign", "direction"]
    assert "balance_after" not in looked(tmp_path, _worded(" DR", " CR", " DR")).draft


def test_letters_behind_numbers_of_another_column_are_no_direction(tmp_path: Path) -> None:
    text = f"{HEAD}Booking Date,Seat,Amount\n{OWN}01/13/2026,12 C,5.00\n{OWN}01/14/2026,13 D,6.00\n"
    found = looked(tmp_path, text)
    assert "direction" in found.undecided
    assert "Seat" not in found.draft


def test_names_that_end_in_a_currency_are_known(tmp_path: Path) -> None:
    text = (
        "IBAN;Datum;Gutschrift in CHF;Lastschrift in CHF;Saldo in CHF\n"
        "DE89370400440532013000;15.01.2024;;50.00;950.00\nDE89370400440532013000;16.01.2024;150.00;;1100.00\n"
        "DE89370400440532013000;17.01.2024;;1.00;1099.00\n"
    )
    found, _, signed = loaded(tmp_path, text)
    assert signed == [-5000, 15000, -100]
    assert "currency: CHF" in found.draft
    assert "balance_after" in found.draft
