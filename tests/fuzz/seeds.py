"""Sound files for each reader, which are then damaged."""

from __future__ import annotations

import io

import polars as pl

from tests.unit.io.camt_build import OTHER, OWN, THIRD, detail, entry, message, side, statement
from tests.unit.io.coda_build import info, move
from tests.unit.io.coda_build import statement as coda
from tests.unit.io.hostile import sheet_of, workbook
from tests.unit.io.test_goaml import FOREIGN, client, other, report, transaction
from tests.unit.io.test_mt103 import message as mt103
from tests.unit.io.test_mt_ofx_laws import SEEDS as _TEXTS
from tests.unit.io.test_pain_pacs import PAYMENTS, given_back, pacs, pain, transfer

_ROWS = [
    (f"N{n}", f"CY17002001280000001200527{n % 3}00", f"2026-0{1 + n % 6}-1{n % 9}",
     ("credit", "debit")[n % 2],
     f"{(n * 7919) % 4000}.{n % 100:02d}", "EUR", ("rent", "", "κ, λ", 'say "hello"', "two\nlines")[n % 5])
    for n in range(1, 25)
]  # fmt: skip
NAMES = ("tx_id", "account_id", "booking_ts", "direction", "amount", "currency", "remittance_info")


def _quoted(value: str, mark: str) -> str:
    return '"' + value.replace('"', '""') + '"' if set(value) & {mark, '"', "\n"} else value


def _table(mark: str) -> bytes:
    lines = [NAMES, *_ROWS]
    return "".join(mark.join(_quoted(v, mark) for v in row) + "\n" for row in lines).encode()


def _ndjson() -> bytes:
    import json  # only here

    rows = [dict(zip(NAMES, row, strict=True)) for row in _ROWS]
    lines = [json.dumps(r if n % 2 else r | {"amount": float(r["amount"])}) for n, r in enumerate(rows)]
    return ("\n".join(lines) + "\n").encode()


def _parquet(compression: str) -> bytes:
    frame = pl.DataFrame(_ROWS, schema=list(NAMES), orient="row")
    frame = frame.with_columns(pl.col("amount").cast(pl.Decimal(18, 2)), pl.col("booking_ts").str.to_date())
    out = io.BytesIO()
    frame.write_parquet(out, compression=compression)  # type: ignore[arg-type]  # a closed set of names
    return out.getvalue()


def _sheet() -> str:
    def cell(column: int, row: int, value: str) -> str:
        place = f"{'ABCDEFG'[column]}{row}"
        if column == NAMES.index("amount") and row > 1:
            return f'<c r="{place}"><v>{value}</v></c>'
        value = value.replace("&", "&amp;").replace("<", "&lt;")
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'

    return "".join(
        f'<row r="{n}">' + "".join(cell(i, n, v) for i, v in enumerate(row)) + "</row>"
        for n, row in enumerate([NAMES, *_ROWS], 1)
    )


def _camt() -> bytes:
    entries = [
        entry(
            "12.50", "DBIT", detail("", parties=side("Cdtr", "Anna Example", OTHER), text="rent"), ref="R1"
        ),
        entry("100.00", "CRDT", detail("60.00", text="a"), detail("40.00", text="b"), ref="R2"),
        entry("7.25", "CRDT", detail("", parties=side("Dbtr", "Κ", THIRD)), ref="R3"),
    ]
    return message(statement(*entries, opening="20.00", closing="114.75")).encode()


_CODA = coda(
    move(1, 100_000, text="invoice", name="Example NV", account=OTHER)
    + info(1, "001Example", structured=True),
    move(2, 30_500, debit=True, code="10107000"),
    move(2, 10_000, debit=True, code="50107000", detail=1),
    move(2, 20_500, debit=True, code="50107000", detail=2, text="wage"),
    more=True,
)
#: Reader to sound files with their endings.
SEEDS: dict[str, list[tuple[str, bytes]]] = {
    "csv": [("transactions.csv", _table(",")), ("transactions.tsv", _table("\t"))],
    "ndjson": [("transactions.ndjson", _ndjson())],
    "parquet": [("transactions.parquet", _parquet(c)) for c in ("zstd", "uncompressed", "snappy")],
    "xlsx": [("transactions.xlsx", workbook({}, sheet_of(_sheet())))],
    "camt": [("a.xml", _camt())],
    "pain": [("a.xml", pain(*PAYMENTS, total="12.50").encode())],
    "pacs": [
        ("a.xml", pacs(transfer(), transfer("3.10", ref="E2", uetr="")).encode()),
        ("a.xml", pacs(given_back(parties=True), kind="004").encode()),
    ],
    "mt940": [("a.sta", _TEXTS[name].encode()) for name in ("german", "dutch", "plain")],
    "mt942": [("a.sta", _TEXTS["mt942"].encode())],
    "mt103": [
        ("a.fin", (mt103() + mt103(block3="").replace("REF1", "REF2")).encode()),
        ("a.fin", _TEXTS["mt103"].encode()),
    ],
    "ofx": [("a.ofx", _TEXTS["ofx"].encode())],
    "coda": [("a.cod", (_CODA + coda(move(1, 9_990), opening=69_500, number=2)).encode())],
    "goaml": [
        ("a.xml", report(
            transaction("T1", client("from", "1") + other("to", FOREIGN)),
            transaction("T2", client("from", "2") + other("to", FOREIGN), amount="7.75"),
        ).encode()),
    ],
}  # fmt: skip
#: Accounts that occur in the seeds; only here so that a test can look for them in messages.
ACCOUNTS = (OWN, OTHER, THIRD)
