"""Values have exactly the declared form, or their row is refused by number and code."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.io.support import ANY_SHARE, HEADER, ZONE, mapped, reasons, rows, transactions, write
from thbscreen.io import values
from thbscreen.io.dataset import open_dataset
from thbscreen.io.values import Marks, money
from thbscreen.model.money import MAX_MINOR_UNITS, to_text


def _one(
    folder: Path, **values: str
) -> tuple[dict[str, Any] | None, list[tuple[int | None, str | None, str]], Any]:
    base = {
        "tx_id": "T1",
        "account_id": "A1",
        "booking_ts": "2026-01-05T10:00:00Z",
        "direction": "credit",
        "amount": "12.50",
        "currency": "EUR",
    }
    row = base | values
    dataset = transactions(folder, ",".join(row) + "\n" + ",".join(f'"{v}"' for v in row.values()) + "\n")
    frame = rows(dataset)
    return (frame.row(0, named=True) if frame.height else None), reasons(dataset), dataset.report()


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.5", "EUR", 1250),
        ("0.01", "EUR", 1),
        ("1250", "JPY", 1250),
        ("1.005", "KWD", 1005),
        ("100000000000.00", "EUR", 10**13),
        ("0012.50", "EUR", 1250),
    ],
)
def test_amounts_become_minor_units_of_their_currency(
    amount: str, currency: str, minor: int, tmp_path: Path
) -> None:
    row, refused, _ = _one(tmp_path, amount=amount, currency=currency)
    assert refused == []
    assert row is not None
    assert row["amount"] == minor
    assert row["amount_eur"] == (minor if currency == "EUR" else None)


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("1e3", "EUR", "D102"),
        ("NaN", "EUR", "D102"),
        ("inf", "EUR", "D102"),
        ("+5", "EUR", "D102"),
        ("1,50", "EUR", "D102"),
        ("1.234,50", "EUR", "D102"),
        ("€5", "EUR", "D102"),
        ("12.505", "EUR", "D103"),
        ("1.5", "JPY", "D103"),
        ("100000000000.01", "EUR", "D104"),
        ("999999999999999999999", "EUR", "D104"),
        ("-1.00", "EUR", "D105"),
        ("", "EUR", "D101"),
    ],
)
def test_amounts_that_are_not_exact_are_refused(
    amount: str, currency: str, code: str, tmp_path: Path
) -> None:
    row, refused, _ = _one(tmp_path, amount=amount, currency=currency)
    assert row is None
    assert refused == [(1, "amount", code)]


@given(
    st.lists(st.tuples(st.integers(1, MAX_MINOR_UNITS), st.sampled_from(["EUR", "JPY", "KWD"])), min_size=1)
)
def test_mixed_currencies_read_back_exactly(amounts: list[tuple[int, str]]) -> None:
    frame = pl.DataFrame(
        {
            "a": [to_text(m, c) for m, c in amounts],
            "e": [{"EUR": 2, "JPY": 0, "KWD": 3}[c] for _, c in amounts],
        }
    )
    parsed = money(frame, "a", pl.col("e"), Marks(), signed=False)
    assert frame.select(parsed.value.alias("v"))["v"].to_list() == [m for m, _ in amounts]
    assert not any(frame.select(f.bad.any().alias("b")).item() for f in parsed.flags)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            pl.Series([12.5, 0.1 + 0.2, 12.505, float("nan"), float("inf"), 1e15]),
            [1250, 30, None, None, None, None],
        ),
        (pl.Series([12, 10**12, 3]), [1200, None, 300]),
        (pl.Series([Decimal("12.5000"), Decimal("12.5050")]), [1250, None]),
        (pl.Series([Decimal("12"), Decimal("100000000001")]), [1200, None]),
    ],
)
def test_parquet_numbers_are_exact_or_refused(
    values: pl.Series, expected: list[int | None], tmp_path: Path
) -> None:
    n = len(values)
    frame = pl.DataFrame(
        {
            "tx_id": [f"T{i}" for i in range(n)],
            "account_id": ["A"] * n,
            "booking_ts": [date(2026, 1, 5)] * n,
            "direction": ["debit"] * n,
            "amount": values,
        }
    )
    frame.write_parquet(tmp_path / "transactions.parquet")
    dataset = open_dataset([tmp_path], None, zone=ZONE, limits=ANY_SHARE)
    loaded = dict(rows(dataset).select("tx_id", "amount").iter_rows())
    assert [loaded.get(f"T{i}") for i in range(n)] == expected


@pytest.mark.parametrize(
    ("text", "utc", "timed"),
    [
        ("2026-01-05T10:00:00Z", datetime(2026, 1, 5, 10, tzinfo=UTC), True),
        ("2026-01-05T10:00:00+02:00", datetime(2026, 1, 5, 8, tzinfo=UTC), True),
        ("2026-01-05 10:00:00.5-0330", datetime(2026, 1, 5, 13, 30, 0, 500_000, tzinfo=UTC), True),
        ("2026-01-05 10:00", datetime(2026, 1, 5, 8, tzinfo=UTC), True),
        ("2026-07-05T10:00:00", datetime(2026, 7, 5, 7, tzinfo=UTC), True),
        ("2026-01-05", datetime(2026, 1, 4, 22, tzinfo=UTC), False),
        ("2024-10-27 03:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC), True),
    ],
)
def test_times_become_utc(text: str, utc: datetime, timed: bool, tmp_path: Path) -> None:
    row, refused, _ = _one(tmp_path, booking_ts=text)
    assert refused == []
    assert row is not None
    assert (row["booking_ts"], row["has_time"]) == (utc, timed)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2024-03-31 03:30", "D111"),
        ("2026-02-30", "D109"),
        ("05/01/2026", "D109"),
        ("2026-01-05 25:00", "D109"),
        ("2026-01-05T10:00:60Z", "D109"),
        ("2026-1-5", "D109"),
        ("1899-12-31", "D112"),
        ("2101-01-01", "D112"),
        ("", "D101"),
    ],
)
def test_times_that_mean_nothing_are_refused(text: str, code: str, tmp_path: Path) -> None:
    row, refused, _ = _one(tmp_path, booking_ts=text)
    assert row is None
    assert refused == [(1, "booking_ts", code)]


def test_the_repeated_hour_is_counted(tmp_path: Path) -> None:
    _, _, report = _one(tmp_path, booking_ts="2024-10-27 03:30")
    assert report.notes == {"local time happens twice (clock change); the first was taken": 1}


@pytest.mark.parametrize(("text", "hint"), [("Credit", "credit"), ("debt", "debit"), ("zzz", None)])
def test_unknown_values_are_refused_with_the_nearest_one(text: str, hint: str | None, tmp_path: Path) -> None:
    _, refused, report = _one(tmp_path, direction=text)
    assert refused == [(1, "direction", "D113")]
    reason = report.rejects["reason"][0]
    assert text not in reason
    assert (f"did you mean '{hint}'?" in reason) if hint else "did you mean" not in reason


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("currency", "eur", "D108"),
        ("currency", "", "D101"),
        ("value_date", "2026-13-01", "D109"),
        ("has_time", "yes", "D115"),
        ("tx_type", "cash", "D113"),
        ("amount_eur", "12.51", "D122"),
        ("balance_after", "x", "D102"),
        ("account_id", " ", "D101"),
    ],
)
def test_other_columns_are_checked_as_strictly(column: str, value: str, code: str, tmp_path: Path) -> None:
    _, refused, _ = _one(tmp_path, **{column: value})
    assert refused == [(1, column, code)]


@pytest.mark.parametrize(
    ("status", "why"),
    [("pending", "status pending"), ("reversed", "status reversed"), ("returned", "status returned")],
)
def test_rows_that_are_not_booked_are_skipped_and_counted(status: str, why: str, tmp_path: Path) -> None:
    row, refused, report = _one(tmp_path, status=status, booking_ts="later")
    assert (row, refused) == (None, [])
    assert report.skipped == {why: 1}


def test_zero_amounts_are_skipped_and_counted(tmp_path: Path) -> None:
    row, _, report = _one(tmp_path, amount="0.00")
    assert row is None
    assert report.skipped == {"zero amount": 1}


def test_references_that_say_nothing_are_missing(tmp_path: Path) -> None:
    row, _, _ = _one(tmp_path, end_to_end_id="NOTPROVIDED", bank_ref="NONREF", remittance_info="  rent  ")
    assert row is not None
    assert (row["end_to_end_id"], row["bank_ref"], row["remittance_info"]) == (None, None, "rent")


def test_ibans_lose_blanks_and_small_letters_and_other_numbers_do_not(tmp_path: Path) -> None:
    row, _, _ = _one(tmp_path, account_id="cy17 0020 0128 0000 0012 0052 7600", cp_account_id="wallet a7")
    assert row is not None
    assert (row["account_id"], row["cp_account_id"]) == ("CY17002001280000001200527600", "wallet a7")


def test_an_iban_whose_check_digits_fail_is_only_an_account_number(tmp_path: Path) -> None:
    row, _, report = _one(tmp_path, cp_iban="CY17 0020 0128 0000 0012 0052 7601")
    assert row is not None
    assert (row["cp_iban"], row["cp_account_id"], row["cp_country"]) == (
        None,
        "CY17002001280000001200527601",
        None,
    )
    assert report.notes == {"cp_iban left out because its check digits do not hold": 1}


def test_a_valid_iban_gives_account_and_country(tmp_path: Path) -> None:
    row, _, _ = _one(tmp_path, cp_iban="GB82 WEST 1234 5698 7654 32")
    assert row is not None
    assert (row["cp_account_id"], row["cp_country"]) == ("GB82WEST12345698765432", "GB")


def test_a_file_of_midnights_holds_dates(tmp_path: Path) -> None:
    text = HEADER + "".join(f"T{i},A,2026-01-{i:02d}T00:00:00,credit,1,EUR\n" for i in range(1, 9))
    dataset = transactions(tmp_path, text)
    assert not rows(dataset)["has_time"].any()
    assert "file whose times are all midnight; taken as dates without time" in dataset.report().notes


def test_one_other_time_means_that_midnights_are_times(tmp_path: Path) -> None:
    text = HEADER + "T1,A,2026-01-01T00:00:00,credit,1,EUR\nT2,A,2026-01-01T00:00:01,credit,1,EUR\n"
    assert rows(transactions(tmp_path, text))["has_time"].to_list() == [True, True]


def test_a_given_has_time_column_is_respected(tmp_path: Path) -> None:
    row, _, _ = _one(tmp_path, booking_ts="2026-01-05T00:00:00", has_time="true")
    assert row is not None
    assert row["has_time"] is True


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("1.234,56", 123_456),
        ("+50,00", 5_000),
        ("(12,00)", -1_200),
        ("12,00-", -1_200),
        ("−3,5", -350),
        ("-1.234.567,00", -123_456_700),
        ("1234,5", 123_450),
    ],
)
def test_declared_marks_are_understood(written: str, minor: int, tmp_path: Path) -> None:
    dataset = mapped(tmp_path, f"a;d;m\nX;05/01/2026;{written}\n", _signed('decimal: ",", thousands: "."'))
    row = rows(dataset).row(0, named=True)
    assert (row["amount"], row["direction"]) == (abs(minor), "debit" if minor < 0 else "credit")


@pytest.mark.parametrize("written", ["1,234.56", "1.23,4", "12.34", "1..234", "--5", "(5", "5,", "1 234,00"])
def test_other_marks_are_refused_and_never_scale(written: str, tmp_path: Path) -> None:
    dataset = mapped(tmp_path, f"a;d;m\nX;05/01/2026;{written}\n", _signed('decimal: ",", thousands: "."'))
    assert rows(dataset).height == 0
    assert reasons(dataset) == [(1, "amount", "D102")]


def test_thousands_may_be_any_blank(tmp_path: Path) -> None:
    text = "a;d;m\nX;05/01/2026;1 234,00\nX;05/01/2026;1\u202f234,00\nX;05/01/2026;1\u00a0234,00\n"
    dataset = mapped(tmp_path, text, _signed('decimal: ",", thousands: space'))
    assert rows(dataset)["amount"].to_list() == [123_400] * 3


def _signed(marks: str) -> str:
    return f"""mapping: 1
input: {{delimiter: ";", {marks}}}
sign: {{rule: signed}}
columns:
  account_id: {{from: a}}
  booking_ts: {{from: d, format: "%d/%m/%Y"}}
  amount: {{from: m}}
"""


def test_a_date_that_fits_two_formats_differently_is_refused(tmp_path: Path) -> None:
    mapping = _signed('decimal: "."').replace('format: "%d/%m/%Y"', 'formats: ["%d/%m/%Y", "%m/%d/%Y"]')
    dataset = mapped(tmp_path, "a;d;m\nX;05/01/2026;1\nX;25/01/2026;1\nX;05/05/2026;1\n", mapping)
    assert reasons(dataset) == [(1, "booking_ts", "D110")]
    assert rows(dataset)["source_row"].to_list() == [2, 3]


def test_side_tables_are_typed_and_their_repeats_skipped(tmp_path: Path) -> None:
    write(
        tmp_path,
        "accounts.csv",
        "account_id,opened_date\nA,2020-01-02\nA,2020-01-02\nB,\nC,2020-01-01\nC,2020-01-02\n",
    )
    write(
        tmp_path,
        "parties.csv",
        "party_id,kind,declared_employees,declared_monthly_income_eur\nP,legal,12,1000.5\nQ,robot,,\n",
    )
    dataset = transactions(tmp_path, HEADER)
    assert dataset.accounts.rows() == [("A", date(2020, 1, 2)), ("B", None)]
    assert dataset.parties.rows(named=True) == [
        {"party_id": "P", "kind": "legal", "declared_employees": 12, "declared_monthly_income_eur": 100_050}
    ]
    assert dataset.account_parties.columns == ["account_id", "party_id", "role"]
    counts = dataset.report().tables
    assert all(c.adds_up for c in counts.values())
    assert reasons(dataset) == [(4, "account_id", "D121"), (5, "account_id", "D121"), (2, "kind", "D113")]


def test_ibans_told_chunk_by_chunk_are_told_as_all_at_once() -> None:
    """Numbers come again, right and wrong, after both were remembered."""
    proved = values.ProvedIbans()
    right, wrong = "CY17002001280000001200527600", "CY18002001280000001200527600"
    for chunk in ([right, None], [wrong, right], [wrong, None, right], [right]):
        written = pl.Series(chunk, dtype=pl.String)
        expected = set(written.filter(~values.iban_holds(written)))
        for _ in range(2):  # the second time all are remembered
            assert set(proved.wrong(written.unique())) == expected


def test_a_column_of_plain_amounts_is_read_as_its_cells_beside_an_odd_one() -> None:
    """The short way for a whole column and the long way for any cell give the same units."""
    marks = values.Marks(",", ".", free=True)
    plain = ["1.234,56", "0,05", None, "-7,00", "123456789,10", "007,00"]
    short = pl.DataFrame({"a": plain})
    long = pl.DataFrame({"a": [*plain, "+1"]})
    read = [
        f.select(values.money(f, "a", 2, marks, signed=True).value.alias("a"))["a"] for f in (short, long)
    ]
    assert read[0].to_list() == read[1].to_list()[:-1] == [123456, 5, None, -700, 12345678910, 700]


_TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=14)), max_size=40)


@given(_TEXTS, st.lists(st.text(max_size=14), max_size=10))
def test_different_values_and_those_among_others_are_as_sets_tell(
    cells: list[str | None], some: list[str]
) -> None:
    column = pl.Series("c", cells, dtype=pl.String)
    assert values.different(column).to_list() == list(dict.fromkeys(cells))
    told = values.among(column, pl.Series("s", some, dtype=pl.String))
    assert told.fill_null(value=False).to_list() == [c in set(some) for c in cells]


@pytest.mark.parametrize("refused", [False, True])
def test_counterparties_are_the_same_whether_their_accounts_stand_beside_their_ibans_or_not(
    tmp_path: Path, *, refused: bool
) -> None:
    """Where only the IBAN is there, its different values are taken over for the account's."""
    ibans = [
        "CY17002001280000001200527600",
        "CY18002001280000001200527600",
        "",
        "GB82 WEST 1234 5698 7654 32",
    ]
    head = "tx_id,account_id,booking_ts,direction,amount,currency,cp_iban"
    rows_ = [f"T{i},{ibans[0]},2026-01-05,debit,5,EUR,{ibans[i % 4]}" for i in range(40)]
    if refused:  # then it is not met
        rows_.append(f"T99,{ibans[0]},2026-01-05,debit,x,EUR,DE89370400440532013000")
    both = [r + "," + r.rsplit(",", 1)[1] for r in rows_]
    found = []
    for name, text in (("alone", [head, *rows_]), ("beside", [head + ",cp_account_id", *both])):
        folder = tmp_path / name
        folder.mkdir()
        dataset = transactions(folder, "\n".join([*text, ""]))
        assert len(list(dataset.chunks())) == 1
        found.append((dataset.counterparties(), rows(dataset)["cp_account_id"].to_list()))
    assert found[0] == found[1]
    assert found[0][0]["accounts"] == 3
    assert found[0][0]["of_customers"] == 1


def test_rows_without_a_report_are_those_with_one(tmp_path: Path) -> None:
    dataset = transactions(tmp_path, HEADER + "N1,A1,2026-01-05,credit,12.50,EUR\nN2,A2,x,credit,1,EUR\n")
    assert pl.concat(dataset.mapped()).equals(pl.concat(dataset.chunks()))
