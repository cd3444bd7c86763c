"""Every broken input is one clear error that names the place and shows no value."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.unit.io.support import HEADER, ROW, ZONE, transactions, write
from thbscreen.errors import DataError
from thbscreen.io.codes import data_error
from thbscreen.io.dataset import open_dataset
from thbscreen.io.limits import Limits
from thbscreen.io.publish import Staging

#: A name and an account number that appear in the data and must never appear in a message.
NAME, ACCOUNT = "Xanthippe", "CY99SECRET77"
SECRET = f"{NAME},{ACCOUNT},2026-01-05,credit,1.00,EUR\n"
WIDE = HEADER.replace("\n", ",remittance_info\n")
MAP = """mapping: 1
columns:
  account_id: {from: account}
  booking_ts: {from: day, format: "%d/%m/%Y"}
  amount: {from: amount}
  direction: {from: side, map: {C: credit, D: debit}}
"""
EXPORT = f"account,day,amount,side\n{ACCOUNT},05/01/2026,1.00,C\n"


def _parquet(folder: Path, frame: pl.DataFrame) -> None:
    frame.write_parquet(folder / "transactions.parquet")


def _typed(**columns: object) -> pl.DataFrame:
    base = {
        "tx_id": [NAME],
        "account_id": [ACCOUNT],
        "booking_ts": ["2026-01-05"],
        "direction": ["credit"],
        "amount": ["1.00"],
    }
    return pl.DataFrame(base | columns)


def _cut_parquet(folder: Path) -> None:
    _parquet(folder, _typed())
    path = folder / "transactions.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def _text(name: str, content: str | bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        write(folder, name, content)

    return make


def _mapping(text: str, data: str = EXPORT) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        write(folder, "map.yaml", text)
        write(folder, "export.csv", data)

    return make


def _link_to_device(folder: Path) -> None:
    (folder / "transactions.csv").symlink_to("/dev/null")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "transactions.csv")


def _twins(folder: Path) -> None:
    write(folder, "transactions.csv", HEADER + SECRET)
    _parquet(folder, _typed())


BROKEN: dict[str, tuple[Callable[[Path], None], str, list[str]]] = {
    "no file at all": (lambda _: None, "D004", ["transactions"]),
    "only other files": (_text("payments.csv", HEADER), "D004", ["transactions"]),
    "empty file": (_text("transactions.csv", ""), "D010", ["transactions.csv"]),
    "blank header": (_text("transactions.csv", "\n" + SECRET), "D010", ["transactions.csv"]),
    "nameless column": (
        _text("transactions.csv", HEADER.replace("direction", "") + SECRET),
        "D010",
        ["column 4"],
    ),
    "name twice": (
        _text("transactions.csv", HEADER.replace("currency", "amount") + SECRET),
        "D011",
        ["'amount'"],
    ),
    "required column missing": (
        _text("transactions.csv", HEADER.replace("amount", "amount_eur") + SECRET),
        "D012",
        ["transactions.csv", "'amount'"],
    ),
    "misspelt column": (
        _text("transactions.csv", HEADER.replace("\n", ",remitance_info\n") + SECRET),
        "D013",
        ["'remitance_info'", "remittance_info"],
    ),
    "protected trait": (
        _text("transactions.csv", HEADER.replace("\n", ",Customer Nationality\n")),
        "D014",
        ["'Customer Nationality'", "citizenship"],
    ),
    "NUL": (_text("transactions.csv", HEADER + SECRET.replace("1.00", "1\0")), "D015", ["transactions.csv"]),
    "wrong code page": (
        _text("transactions.csv", (WIDE + SECRET.strip() + ",Άννα\n").encode("cp1253")),
        "D016",
        ["transactions.csv", "row 1", "cp1253"],
    ),
    "UTF-16 not declared": (
        _text("transactions.csv", (HEADER + SECRET).encode("utf-16")),
        "D016",
        ["UTF-16"],
    ),
    "quote inside a field": (
        _text("transactions.csv", WIDE + SECRET.strip() + f',x {NAME} "y" z\n'),
        "D017",
        ["row 1"],
    ),
    "text behind a closing quote": (
        _text("transactions.csv", WIDE + SECRET.strip() + f',"x"{NAME}\n'),
        "D017",
        ["row 1"],
    ),
    "unclosed quote": (
        _text("transactions.csv", WIDE + SECRET.strip() + ",\n" + SECRET.strip() + f',"{NAME}\n'),
        "D018",
        ["row 2"],
    ),
    "cut last line": (_text("transactions.csv", HEADER + SECRET + SECRET[:20]), "D019", ["row 2"]),
    "CR line ends": (
        _text("transactions.csv", (HEADER + SECRET).replace("\n", "\r")),
        "D020",
        ["transactions.csv"],
    ),
    "semicolons": (_text("transactions.csv", (HEADER + SECRET).replace(",", ";")), "D025", ["delimiter"]),
    "compressed": (
        _text("transactions.csv.gz", gzip.compress((HEADER + SECRET).encode())),
        "D006",
        ["transactions.csv.gz"],
    ),
    "text called Parquet": (_text("transactions.parquet", HEADER + SECRET), "D021", ["transactions.parquet"]),
    "cut Parquet": (_cut_parquet, "D021", ["transactions.parquet"]),
    "nested Parquet column": (lambda f: _parquet(f, _typed(amount=[[1.0]])), "D022", ["'amount'"]),
    "float account number": (lambda f: _parquet(f, _typed(account_id=[1.0])), "D022", ["'account_id'"]),
    "NDJSON of lists": (_text("transactions.ndjson", f'["{NAME}"]\n'), "D010", ["transactions.ndjson"]),
    "cut NDJSON": (
        _text(
            "transactions.ndjson",
            f'{{"tx_id":"a","account_id":"b","booking_ts":"2026-01-05",'
            f'"direction":"credit","amount":1}}\n{{"tx_id":"{NAME}","acc',
        ),
        "D019",
        ["row 2"],
    ),
    "NDJSON key twice": (
        _text("transactions.ndjson", f'{{"tx_id":"{NAME}","tx_id":"b"}}\n'),
        "D011",
        ["transactions.ndjson"],
    ),
    "device file": (_link_to_device, "D003", ["transactions.csv"]),
    "pipe": (_pipe, "D003", ["transactions.csv"]),
    "one table in two formats": (_twins, "D026", ["transactions.parquet"]),
    "too many columns": (
        _text("transactions.csv", ",".join(f"c{i}" for i in range(60)) + "\n"),
        "D009",
        ["50"],
    ),
    "too many refused rows": (
        _text("transactions.csv", HEADER + SECRET.replace("1.00", NAME)),
        "D024",
        ["transactions.csv", "row 1", "'amount'", "D102"],
    ),
    "refused accounts": (
        lambda f: (
            write(f, "transactions.csv", HEADER + ROW),
            write(f, "accounts.csv", f"account_id,opened_date\n{ACCOUNT},{NAME}\n"),
        ),
        "D024",
        ["accounts.csv", "row 1", "'opened_date'"],
    ),
    "mapping is a tangle": (_mapping("a: &x [*x]\n"), "D040", ["map.yaml:1"]),
    "mapping with key twice": (_mapping(MAP + "columns: {}\n"), "D040", ["map.yaml:7", "line 2"]),
    "mapping without version": (_mapping(MAP.replace("mapping: 1\n", "")), "D045", ["mapping: 1"]),
    "mapping with unknown key": (
        _mapping(MAP.replace("columns:", "colums:")),
        "D041",
        ["'colums'", "columns"],
    ),
    "mapping with unknown column": (
        _mapping(MAP.replace("  amount:", "  ammount:")),
        "D042",
        ["'ammount'", "amount"],
    ),
    "mapping without required column": (
        _mapping(MAP.replace("  amount: {from: amount}\n", "")),
        "D044",
        ["'amount'"],
    ),
    "mapping to a column that is not there": (
        _mapping(MAP.replace("from: account", "from: acount")),
        "D043",
        ["export.csv", "'acount'", "account"],
    ),
    "mapping with look-alike letters": (
        _mapping(MAP.replace("from: side", "from: Χ"), EXPORT.replace("side", "X")),
        "D043",
        ["U+03A7", "U+0058"],
    ),
    "mapping of a protected trait": (
        _mapping(MAP + "  remittance_info: {from: gender}\n"),
        "D014",
        ["'gender'"],
    ),
    "mapping with bad date format": (_mapping(MAP.replace("%d/%m", "%Q/%m")), "D046", ["'%Q'"]),
    "mapping with date format without year": (_mapping(MAP.replace("/%Y", "")), "D046", ["year"]),
    "mapping with bad regex": (
        _mapping(MAP + '  tx_id: {from: account, regex: "((("}\n'),
        "D047",
        ["map.yaml"],
    ),
    "mapping with two groups": (
        _mapping(MAP + '  tx_id: {from: account, regex: "(a)(b)"}\n'),
        "D047",
        ["one group"],
    ),
    "mapping with unknown time zone": (
        _mapping(MAP + "defaults: {timezone: Asia/Nikosia}\n"),
        "D045",
        ["Asia/Nicosia"],
    ),
    "mapping with equal marks": (_mapping(MAP + 'input: {decimal: ",", thousands: ","}\n'), "D045", ["same"]),
    "map that misses a value": (
        _mapping(MAP, EXPORT.replace(",C\n", f",{NAME}\n")),
        "D024",
        ["D114", "'direction'"],
    ),
    "mapped file is missing": (
        _mapping(
            "mapping: 1\ntables:\n  transactions:\n    file: a.csv\n"
            + "".join(f"    {line}\n" for line in MAP.splitlines()[1:])
        ),
        "D048",
        ["a.csv"],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_input_is_one_clear_error_and_leaves_nothing_behind(case: str, tmp_path: Path) -> None:
    make, code, expected = BROKEN[case]
    folder = tmp_path / "in"
    folder.mkdir()
    make(folder)
    declared = folder / "map.yaml"
    inputs = [folder / "export.csv"] if (folder / "export.csv").exists() else [folder]
    with pytest.raises(DataError) as caught, Staging(tmp_path / "out", force=False):
        dataset = open_dataset(
            inputs, declared if declared.exists() else None, zone=ZONE, limits=Limits(columns=50)
        )
        dataset.report()
    message = str(caught.value)
    assert f"[{code}]" in message
    for part in expected:
        assert part in message
    assert NAME not in message
    assert ACCOUNT not in message
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize(
    "address", ["https://example.org/transactions.csv", "s3://bucket/transactions.parquet"]
)
def test_remote_addresses_are_refused(address: str) -> None:
    with pytest.raises(DataError, match="D002"):
        open_dataset([Path(address)], None, zone=ZONE)


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere.*D001"):
        open_dataset([tmp_path / "nowhere"], None, zone=ZONE)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "transactions.csv", HEADER + ROW)
    dataset = open_dataset([tmp_path], None, zone=ZONE)
    path.write_text(HEADER + ROW + ROW.replace("N1", "N2"))
    with pytest.raises(DataError, match=r"transactions\.csv.*D023"):
        list(dataset.chunks())


def test_a_file_above_the_size_limit_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "transactions.csv", HEADER + ROW)
    with pytest.raises(DataError, match="D007"):
        open_dataset([tmp_path], None, zone=ZONE, limits=Limits(file_bytes=10))


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "transactions.csv", HEADER + ROW + ROW.replace("N1", "N2"))
    with pytest.raises(DataError, match="D008"):
        open_dataset([tmp_path], None, zone=ZONE, limits=Limits(rows=1)).report()


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "bomb.csv.gz", gzip.compress(b"a" * 20_000_000))
    declared = write(tmp_path, "map.yaml", MAP + "input: {compression: gzip}\n")
    with pytest.raises(DataError, match="D007"):
        open_dataset([tmp_path / "bomb.csv.gz"], declared, zone=ZONE)


def test_the_exception_chain_holds_no_data_either(tmp_path: Path) -> None:
    write(tmp_path, "transactions.parquet", HEADER + SECRET)
    with pytest.raises(DataError) as caught:
        open_dataset([tmp_path], None, zone=ZONE)
    assert caught.value.__suppress_context__


def test_a_compressed_file_with_the_ending_of_text_is_named_as_such(tmp_path: Path) -> None:
    packed = tmp_path / "transactions.csv"
    packed.write_bytes(gzip.compress(b"account_id,booking_ts,direction,amount\n"))
    with pytest.raises(DataError, match="the file is compressed"):
        open_dataset([packed], None, zone="Asia/Nicosia")


@pytest.mark.parametrize("code", ["D001", "D010", "D011", "D022"])
def test_errors_that_explain_nothing_themselves_say_what_to_do(code: str) -> None:
    assert data_error(code, "wrong").hint
    assert data_error(code, "wrong", hint="do this").hint == "do this"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CY17002001280000001200527600,2026-01-05,MARIA MUSTER,debit,10.00\n", "D013"),
        ("MARIA MUSTER,2026-01-05,CY17002001280000001200527600,debit,10.00\n", "D013"),
        ("MARIA MUSTER,2026-01-05,MARIA MUSTER,debit,10.00\n", "D011"),
    ],
)
def test_a_first_row_in_the_place_of_the_names_is_not_shown(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(DataError) as caught:
        transactions(tmp_path, text * 2)
    shown = str(caught.value)
    assert f"[{code}]" in shown
    assert not [word for word in ("MUSTER", "CY17", "2026") if word in shown], shown


def test_a_first_row_in_the_place_of_the_names_is_not_shown_beside_a_mapping(tmp_path: Path) -> None:
    path = write(tmp_path, "export.csv", "CY17002001280000001200527600,2026-01-05,MARIA MUSTER,10.00\n" * 2)
    names = {"account_id": "Account", "booking_ts": "Date", "amount": "Amount", "direction": "D/C"}
    lines = "".join(f"  {name}: {{from: {column}}}\n" for name, column in names.items())
    mapping = write(tmp_path, "map.yaml", f"mapping: 1\ncolumns:\n{lines}")
    with pytest.raises(DataError) as caught:
        open_dataset([path], mapping, zone=ZONE)
    shown = str(caught.value)
    assert "[D043]" in shown
    assert not [word for word in ("MUSTER", "CY17", "2026", "10.00") if word in shown], shown
    write(tmp_path, "export.csv", "Account,Day,Amount,D/C\n" + "A,2026-01-05,10.00,debit\n")
    with pytest.raises(DataError, match=r"known names: Account, Amount, D/C, Day"):
        open_dataset([path], mapping, zone=ZONE)
