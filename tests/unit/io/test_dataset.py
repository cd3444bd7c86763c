"""Counts add up, formats agree, ids are stable, and look-ups give the same rows."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.unit.io.support import ANY_SHARE, HEADER, ROW, ZONE, mapped, reasons, rows, transactions, write
from thbscreen.errors import DataError
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.limits import Limits
from thbscreen.io.quality import quality

SMALL = Limits(reject_share=1.0, chunk_rows=7, block_bytes=200)


def _canonical(n: int) -> pl.DataFrame:
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    texts = ["rent, May", 'say "hi"', None, "Ενοίκιο Άννα", "two\nlines", "-"]
    return pl.DataFrame(
        {
            "tx_id": [f"T{i:04d}" for i in range(n)],
            "account_id": [f"A{i % 5}" for i in range(n)],
            "booking_ts": [start + timedelta(minutes=i) for i in range(n)],
            "has_time": [True] * n,
            "direction": ["credit" if i % 2 else "debit" for i in range(n)],
            "amount": [Decimal(i + 1) / 4 for i in range(n)],
            "currency": ["EUR"] * n,
            "tx_type": ["fee" if i % 3 else None for i in range(n)],
            "remittance_info": [texts[i % len(texts)] for i in range(n)],
            "balance_after": [Decimal(i - 5) for i in range(n)],
        },
        schema_overrides={"amount": pl.Decimal(18, 2), "balance_after": pl.Decimal(18, 2)},
    )


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col("booking_ts").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        pl.col("has_time").cast(pl.String),
        pl.col("amount", "balance_after").cast(pl.String),
    )


WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    "csv": lambda f, p: _plain(f).write_csv(p),
    "tsv": lambda f, p: _plain(f).write_csv(p, separator="\t"),
    "ndjson": lambda f, p: _plain(f).write_ndjson(p),
    "parquet": lambda f, p: f.write_parquet(p),
}


@pytest.mark.parametrize("limits", [ANY_SHARE, SMALL])
@pytest.mark.parametrize("kind", WRITERS)
def test_all_formats_give_the_same_table(kind: str, limits: Limits, tmp_path: Path) -> None:
    frame = _canonical(100)
    WRITERS[kind](frame, tmp_path / f"transactions.{kind}")
    loaded = rows(open_dataset([tmp_path], None, zone=ZONE, limits=limits))
    expected = frame.with_columns(
        (pl.col("amount", "balance_after") * 100).cast(pl.Int64),
        pl.col("booking_ts").cast(pl.Datetime("us", "UTC")),
    )
    assert_frame_equal(loaded.select(expected.columns), expected)
    assert loaded["_row"].to_list() == list(range(1, 101))
    assert loaded["source_row"].to_list() == list(range(1, 101))
    assert loaded["amount_eur"].equals(loaded["amount"].alias("amount_eur"))


@pytest.mark.parametrize("kind", WRITERS)
def test_several_files_are_one_table_and_absent_columns_are_missing_values(kind: str, tmp_path: Path) -> None:
    frame = _canonical(20)
    WRITERS[kind](frame.head(10), tmp_path / f"transactions_1.{kind}")
    frame.tail(10).drop("tx_type").write_parquet(tmp_path / "transactions_2.parquet")
    dataset = open_dataset([tmp_path], None, zone=ZONE)
    loaded = rows(dataset)
    assert loaded["tx_type"].to_list() == [*frame["tx_type"].head(10).to_list(), *[None] * 10]
    assert loaded["_row"].to_list() == list(range(1, 21))
    assert [f.rows for f in dataset.report().files] == [10, 10]


def test_asking_for_few_columns_gives_few_columns_and_the_same_rows(tmp_path: Path) -> None:
    text = HEADER.replace("\n", ",tx_type,mcc,value_date\n") + "".join(
        f"T{i},A,2026-01-05,debit,1,EUR,{'fee' if i % 3 else 'bad'},5812,{'2026-01-05' if i % 4 else 'x'}\n"
        for i in range(30)
    )
    dataset = transactions(tmp_path, text)
    full = pl.concat(dataset.chunks())
    few = pl.concat(dataset.chunks(["mcc", "purpose_code"]))
    assert set(full.columns) - set(few.columns) == {"tx_type", "value_date"}
    assert few["_row"].equals(full["_row"])
    assert dataset.columns == frozenset(full.columns) - {"_row"}


_CELLS = st.sampled_from(
    ["1.00", "x", "", "0", "credit", "2026-01-05", '"', '"q"', "a,b", "\n", "EUR", "T1", "-1", "é"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(
    st.lists(st.lists(_CELLS, max_size=8), max_size=12), st.booleans(), st.sampled_from([ANY_SHARE, SMALL])
)
def test_every_row_of_a_damaged_file_is_loaded_refused_or_skipped(
    tmp_path: Path, damage: list[list[str]], quoted: bool, limits: Limits
) -> None:
    good = [ROW.strip().split(",")] * 3
    lines = good + damage + good
    out = io.StringIO()
    if quoted:
        csv.writer(out, lineterminator="\n").writerows(lines)
    else:
        out.write("".join(",".join(cells) + "\n" for cells in lines))
    try:
        dataset = transactions(tmp_path, HEADER + out.getvalue(), limits)
        report = dataset.report()
    except DataError as error:
        assert "transactions.csv" in str(error)
        assert not quoted  # correct quoting never makes a file unreadable
        return
    counts = report.tables["transactions"]
    assert counts.adds_up
    assert counts.loaded == rows(dataset).height
    assert report.rejects.height == counts.rejected
    if quoted:
        assert counts.read == len(lines)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 60))
def test_random_bytes_give_a_data_error_or_a_report_that_adds_up(
    tmp_path: Path, junk: bytes, where: int
) -> None:
    whole = (HEADER + ROW * 2).encode()
    place = len(HEADER) + where
    try:
        report = transactions(tmp_path, whole[:place] + junk + whole[place:]).report()
    except DataError:
        return
    assert report.tables["transactions"].adds_up


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 200))
def test_random_bytes_in_ndjson_do_too(tmp_path: Path, junk: bytes, where: int) -> None:
    row = {"tx_id": "T1", "account_id": "A", "booking_ts": "2026-01-05", "direction": "debit", "amount": 1.5}
    whole = (json.dumps(row) + "\n").encode() * 2
    write(tmp_path, "transactions.ndjson", whole[:where] + junk + whole[where:])
    try:
        report = open_dataset([tmp_path], None, zone=ZONE, limits=ANY_SHARE).report()
    except DataError:
        return
    assert report.tables["transactions"].adds_up


NO_ID = HEADER.removeprefix("tx_id,")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 9))
def test_rows_without_id_get_ids_that_do_not_depend_on_their_order(
    tmp_path: Path, mix: random.Random, step: int
) -> None:
    lines = [f"A{i % 2},2026-01-0{1 + i % 3},debit,{1 + i % 2},EUR\n" for i in range(20)]
    first = rows(transactions(tmp_path, NO_ID + "".join(lines)))
    mix.shuffle(lines)
    second = rows(transactions(tmp_path, NO_ID + "".join(lines), Limits(chunk_rows=step, block_bytes=64)))
    keys = ["tx_id", "account_id", "booking_ts", "amount"]
    assert first["tx_id"].n_unique() == 20
    assert_frame_equal(first.select(keys).sort("tx_id"), second.select(keys).sort("tx_id"))


def test_an_empty_extra_column_does_not_change_ids(tmp_path: Path) -> None:
    line = "A,2026-01-01,debit,1,EUR"
    plain = rows(transactions(tmp_path, f"{NO_ID}{line}\n"))["tx_id"]
    wider = rows(transactions(tmp_path, f"{NO_ID.strip()},mcc\n{line},\n"))["tx_id"]
    assert plain.equals(wider)


def test_a_repeated_row_is_skipped_and_a_contradicting_one_refused(tmp_path: Path) -> None:
    lines = [
        ROW,
        ROW.replace("N1", "N2"),
        ROW,
        ROW.replace("N1", "N3"),
        ROW.replace("N1", "N3").replace("12.50", "9"),
    ]
    dataset = transactions(tmp_path, HEADER + "".join(lines))
    assert rows(dataset)["source_row"].to_list() == [1, 2]
    report = dataset.report()
    assert report.skipped == {"same row again (same id, same content)": 1}
    assert reasons(dataset) == [(4, "tx_id", "D121"), (5, "tx_id", "D121")]
    assert report.tables["transactions"].adds_up
    assert report.duplicates == 3


def test_one_file_given_twice_under_two_names_counts_once(tmp_path: Path) -> None:
    write(tmp_path, "transactions_a.csv", HEADER + ROW)
    write(tmp_path, "transactions_b.csv", HEADER + ROW)
    assert rows(open_dataset([tmp_path], None, zone=ZONE)).height == 1


def test_blank_lines_and_rows_of_wrong_length_keep_their_numbers(tmp_path: Path) -> None:
    text = (
        HEADER + ROW + "\n" + "T2,A\n" + ROW.replace("N1", "N3").strip() + ",more\n" + ROW.replace("N1", "N4")
    )
    dataset = transactions(tmp_path, text)
    assert rows(dataset)["source_row"].to_list() == [1, 5]
    assert reasons(dataset) == [(3, None, "D117"), (4, None, "D118")]
    assert dataset.report().skipped == {"blank line": 1}


@pytest.mark.parametrize("end", ["\r\n", "\r\r\n"])
def test_windows_line_ends_and_byte_order_mark_are_understood(end: str, tmp_path: Path) -> None:
    text = "\ufeff" + (HEADER + ROW).replace("\n", end)
    assert rows(transactions(tmp_path, text)).height == 1


def test_headers_compare_without_case_and_blanks(tmp_path: Path) -> None:
    assert rows(transactions(tmp_path, HEADER.upper().replace(",", " , ") + ROW)).height == 1


def test_a_nameless_last_column_is_fine_while_it_is_empty(tmp_path: Path) -> None:
    text = (HEADER + ROW).replace("\n", ",\n")
    assert rows(transactions(tmp_path, text)).height == 1
    with pytest.raises(DataError, match="column 7 holds values"):
        transactions(tmp_path, text + ROW.replace("N1", "N2").strip() + ",x\n").report()


def test_a_folder_name_that_looks_like_a_partition_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "amount=5"
    folder.mkdir()
    _canonical(3).write_parquet(folder / "transactions[1].parquet")
    assert rows(open_dataset([folder], None, zone=ZONE))["amount"].to_list() == [25, 50, 75]


def test_other_files_are_named_in_the_report_and_notes_are_not(tmp_path: Path) -> None:
    for name in ("notes.txt", "truth.parquet", "README.md", "manifest.json", "m.yaml"):
        write(tmp_path, name, "x")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "old").mkdir()
    report = transactions(tmp_path, HEADER + ROW).report()
    assert sorted(report.ignored) == ["notes.txt", "old/", "truth.parquet"]


def test_a_header_alone_is_an_empty_dataset(tmp_path: Path) -> None:
    dataset = transactions(tmp_path, HEADER)
    assert rows(dataset).height == 0
    assert dataset.report().read == 0


def test_fetch_gives_full_rows_of_the_asked_ids(tmp_path: Path) -> None:
    _canonical(50).write_parquet(tmp_path / "transactions.parquet")
    dataset = open_dataset([tmp_path], None, zone=ZONE, limits=SMALL)
    everything = rows(dataset)
    found = dataset.fetch(["T0040", "T0003", "nobody"])
    assert_frame_equal(found, everything.filter(pl.col("tx_id").is_in(["T0003", "T0040"])))


def test_fetch_finds_made_ids_and_leaves_out_refused_rows(tmp_path: Path) -> None:
    made = transactions(tmp_path, NO_ID + "A,2026-01-01,debit,1,EUR\nA,2026-01-01,debit,1,EUR\n")
    ids = rows(made)["tx_id"].to_list()
    assert made.fetch(ids)["tx_id"].to_list() == ids
    twice = transactions(tmp_path, HEADER + ROW + ROW.replace("12.50", "9"))
    assert twice.fetch(["N1"]).height == 0


def test_the_report_names_files_with_their_digest_and_coverage(tmp_path: Path) -> None:
    text = (
        HEADER.replace("\n", ",mcc\n")
        + ROW.replace("\n", ",5812\n")
        + ROW.replace("N1", "N2").replace("\n", ",\n")
    )
    dataset = transactions(tmp_path, text)
    list(dataset.chunks())
    report = dataset.report()
    assert report.coverage["mcc"] == 0.5
    assert [(f.name, f.bytes, f.rows) for f in report.files] == [("transactions.csv", len(text), 2)]
    assert len(report.files[0].sha256) == 64
    assert dataset.size_hint() >= 0


def _with_sides(folder: Path) -> Dataset:
    write(folder, "accounts.csv", "account_id\nA1\nA9\n")
    write(folder, "parties.csv", "party_id,kind\nP1,natural\nP2,natural\n")
    write(folder, "account_parties.csv", "account_id,party_id,role\nA1,P1,holder\nA1,P7,mandate\n")
    future = ROW.replace("N1,A1,2026", "N2,A2,2027").replace("12.50", "300.00")
    return transactions(folder, HEADER + ROW + future)


def test_quality_counts_gaps_without_showing_values(tmp_path: Path) -> None:
    dataset = _with_sides(tmp_path)
    found: dict[str, Any] = quality(dataset, dataset.report(), now=datetime(2026, 6, 1, tzinfo=UTC))
    assert found["references"] == {
        "accounts_in_transactions": 2,
        "accounts_in_transactions_without_account_row": 1,
        "accounts_in_transactions_without_holder": 1,
        "account_rows_without_transactions": 1,
        "links_to_unknown_parties": 1,
        "parties_without_account": 1,
    }
    assert found["plausibility"]["rows_in_the_future"] == 1
    assert found["plausibility"]["share_of_amounts_in_round_hundreds"] == 0.5
    assert found["load"]["tables"]["transactions"]["loaded"] == 2
    assert "A2" not in json.dumps(found)


TRANSFERS = """mapping: 1
perspective: transfer
columns:
  tx_id: {from: id}
  booking_ts: {from: day, format: "%Y-%m-%d"}
  amount: {from: amount}
payer: {account_id: {from: src}, name: {from: src_name}}
payee: {account_id: {from: dst}}
"""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("ABC"), st.integers(0, 9)), max_size=15),
    st.booleans(),
)
def test_each_transfer_becomes_a_debit_and_a_credit(
    tmp_path: Path, moves: list[tuple[str, str, int]], with_ids: bool
) -> None:
    text = "id,day,amount,src,src_name,dst\n" + "".join(
        f"X{i},2026-01-05,{amount},{a},n{a},{b}\n" for i, (a, b, amount) in enumerate(moves)
    )
    mapping = TRANSFERS if with_ids else TRANSFERS.replace("  tx_id: {from: id}\n", "")
    dataset = mapped(tmp_path, text, mapping, Limits(reject_share=1.0, chunk_rows=4, block_bytes=80))
    legs = rows(dataset)
    moved = [(a, b, 100 * n) for a, b, n in moves if n]
    debits, credits = (legs.filter(direction=d).sort("_row") for d in ("debit", "credit"))
    assert list(debits.select("account_id", "cp_account_id", "amount").iter_rows()) == moved
    assert list(credits.select("cp_account_id", "account_id", "amount").iter_rows()) == moved
    assert debits["batch_id"].equals(credits["batch_id"])
    assert legs["tx_id"].n_unique() == legs.height
    assert credits["cp_name"].to_list() == [f"n{a}" for a, _, _ in moved]
    assert debits["cp_name"].null_count() == debits.height
    assert dataset.report().tables["transactions"].adds_up
    assert dataset.report().loaded == len(moved)
    assert dataset.fetch(legs["tx_id"].to_list()).height == legs.height
    own = sum(a == b for a, b, _ in moves)
    assert dataset.report().notes.get("transfer from an account to itself", 0) == own


def test_a_transfer_without_payee_is_refused_whole(tmp_path: Path) -> None:
    dataset = mapped(tmp_path, "id,day,amount,src,src_name,dst\nX,2026-01-05,1,A,a,\n", TRANSFERS)
    assert rows(dataset).height == 0
    assert dataset.report().rejected == 1


def test_a_key_inside_a_value_is_never_named(tmp_path):
    path = tmp_path / "transactions.ndjson"
    good = '{"account_id":"A","booking_ts":"2024-01-01","direction":"credit","amount":"5"}\n'
    path.write_text(good + '{"account_id":{"MARKER-7":1},"booking_ts":"2024-01-01"}\n', encoding="utf-8")
    with pytest.raises(DataError) as refused:
        open_dataset([path], None, zone="UTC")
    assert "row 2" in str(refused.value)
    assert "MARKER-7" not in str(refused.value)
