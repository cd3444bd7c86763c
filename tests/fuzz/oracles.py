"""Slow, obvious readings of damaged files, to hold the sums of the readers against.

Each gives what a plain library of the format finds. Tables are compared row by row: every row must be loaded
with its amount or be listed as rejected. Statements are compared by sums where nothing is
said to be amiss.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb

from thbscreen.model.money import EXPONENTS

#: Totals by direction, in minor units.
Totals = Counter[str]
_PLAIN = re.compile(r"^[0-9]+(\.[0-9]+)?$")


class NoOracle(Exception):  # noqa: N818  # it is no error
    """The slow reading says nothing about this file."""


def minor(text: str, currency: str = "EUR") -> int | None:
    """Gives an amount in minor units; None when it is none."""
    text = text.strip()
    if not _PLAIN.match(text):
        return None
    number = Decimal(text).scaleb(EXPONENTS.get(currency, 2))
    return int(number) if number == number.to_integral_value() else None


def rows_total(rows: list[dict[str, str]], rejected: set[int]) -> Totals:
    """Adds up the rows of a table that were not rejected; the same row again counts once."""
    out: Totals = Counter()
    seen: set[tuple[Any, ...]] = set()
    for n, row in enumerate(rows, 1):
        if n in rejected:
            continue
        clean = {k.strip().casefold(): (v or "").strip() for k, v in row.items() if k is not None}
        amount = minor(clean.get("amount", ""), clean.get("currency", "EUR"))
        if amount is None:
            raise AssertionError(f"row {n} was loaded and has no plain amount")
        key = (*sorted((k, v) for k, v in clean.items() if k not in ("amount", "account_id")), amount)
        if clean.get("tx_id") and key in seen:
            continue
        seen.add(key)
        out[clean.get("direction", "")] += amount
    return out


def read_csv(data: bytes, rejected: set[int], mark: str) -> Totals:
    """Reads delimited text with the csv module, one record after the other."""
    if re.search(rb"\r(?!\n)", data):
        raise NoOracle  # to the csv module, a lone CR ends a line
    try:
        text = data.decode("utf-8-sig")
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise NoOracle from None
    names, body = [n.strip() for n in records[0]], records[1:]
    rows = [dict(zip(names, record, strict=False)) if record else {"amount": ""} for record in body]
    blank = {n for n, record in enumerate(body, 1) if not "".join(record).strip() and len(record) <= 1}
    return rows_total(rows, rejected | blank)


def read_ndjson(data: bytes, rejected: set[int]) -> Totals:
    """Reads one JSON object per line."""
    rows: list[dict[str, str]] = []
    blank: set[int] = set()
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise NoOracle from None
    for n, line in enumerate(lines, 1):
        if not line.strip():
            blank.add(n)
        try:
            found = json.loads(line, parse_float=str, parse_int=str) if n not in rejected | blank else {}
        except (ValueError, RecursionError):
            raise AssertionError(f"line {n} was loaded and is no JSON") from None

        def text(value: Any) -> str:
            if isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]{1,4}", value):
                return format(Decimal(value), "f")
            return "" if value is None else str(value)

        rows.append({k: text(v) for k, v in found.items()} if isinstance(found, dict) else {"amount": ""})
    return rows_total(rows, rejected | blank)


def read_parquet(path: Path, rejected: set[int]) -> Totals:
    """Reads Parquet with DuckDB."""
    try:
        with duckdb.connect() as base:
            base.execute("set threads = 1")
            found = base.execute(
                "select direction, amount, currency, tx_id, booking_ts, remittance_info from read_parquet(?)",
                [str(path)],
            )
            rows = found.fetchall()
    except (duckdb.Error, UnicodeDecodeError, ValueError):
        raise NoOracle from None
    names = ("direction", "amount", "currency", "tx_id", "booking_ts", "remittance_info")
    return rows_total(
        [{k: "" if v is None else str(v) for k, v in zip(names, row, strict=True)} for row in rows], rejected
    )


def read_xlsx(data: bytes, rejected: set[int]) -> Totals:
    """Reads the cells of the first sheet with the XML parser."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            root = ElementTree.fromstring(package.read("xl/worksheets/sheet1.xml"))
    except (
        zipfile.BadZipFile,
        KeyError,
        ElementTree.ParseError,
        ValueError,
        RuntimeError,
        OSError,
        EOFError,
    ):
        raise NoOracle from None
    table: dict[int, dict[str, str]] = {}
    for cell in root.iterfind(".//{*}c"):
        place = re.fullmatch(r"([A-Z]+)([0-9]+)", cell.get("r", ""))
        if place is None:
            raise NoOracle
        value = "".join(t.text or "" for t in cell.iter() if t.tag.rpartition("}")[2] in ("t", "v"))
        if place[1] in table.setdefault(int(place[2]), {}):
            raise NoOracle  # two cells in one place
        table[int(place[2])][place[1]] = value
    if not table:
        raise NoOracle
    first = min(table)
    names = table[first]
    rows = []
    blank = set()
    for n in range(first + 1, max(table) + 1):
        row = {names.get(c, c): v for c, v in table.get(n, {}).items()}
        if not "".join(row.values()).strip():
            blank.add(n - first)
        try:
            row["amount"] = format(Decimal(str(float(row.get("amount", "")))), "f")
        except (ValueError, InvalidOperation):
            row["amount"] = ""
        rows.append(row)
    return rows_total(rows, rejected | blank)


# --- statements and messages: totals alone ----------------------------------------------------------------


def _root(data: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise NoOracle from None


def _told(text: str | None) -> int:
    found = minor((text or "").strip().lstrip("+"))
    if found is None:
        raise NoOracle
    return found


def read_camt(data: bytes) -> Totals:
    """Adds up the booked entries."""
    out: Totals = Counter()
    for entry in _root(data).iterfind(".//{*}Ntry"):
        state = "".join((entry.findtext("{*}Sts") or "", entry.findtext("{*}Sts/{*}Cd") or "")).strip()
        if state in ("", "BOOK"):
            way = {"CRDT": "credit", "DBIT": "debit"}.get((entry.findtext("{*}CdtDbtInd") or "").strip(), "?")
            out[way] += _told(entry.findtext("{*}Amt"))
    return out


def read_pain(data: bytes) -> Totals:
    """Adds up the orders."""
    amounts = [_told(e.text) for e in _root(data).iterfind(".//{*}CdtTrfTxInf/{*}Amt/{*}InstdAmt")]
    return Counter({"debit": sum(amounts)})


def read_pacs(data: bytes) -> Totals:
    """Adds up the transfers and returns, as both legs."""
    root = _root(data)
    sent = [_told(e.text) for e in root.iterfind(".//{*}CdtTrfTxInf/{*}IntrBkSttlmAmt")]
    back = [_told(e.text) for e in root.iterfind(".//{*}TxInf/{*}RtrdIntrBkSttlmAmt")]
    return Counter({"debit": sum(sent + back), "credit": sum(sent + back)})


def read_goaml(data: bytes) -> Totals:
    """Adds up the amounts of transactions as debits: the sound file has one client, who pays."""
    amounts = [_told(e.findtext("amount_local")) for e in _root(data).iter("transaction")]
    return Counter({"debit": sum(amounts)})


_ENTRY = re.compile(r"^:61:\d{6}(?:\d{4})?(R?[CD])[A-Z]?(\d+,\d*)", re.MULTILINE)


def read_mt(data: bytes) -> Totals:
    """Adds up lines 61."""
    out: Totals = Counter()
    text = data.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    if len(re.findall(r":61:", text)) != len(_ENTRY.findall(text)):
        raise NoOracle
    for mark, amount in _ENTRY.findall(text):
        credit = (mark[-1] == "C") != (mark[0] == "R")
        out["credit" if credit else "debit"] += _told(amount.replace(",", ".").rstrip("."))
    return out


def read_mt103(data: bytes) -> Totals:
    """Adds up fields 32A, as both legs."""
    text = data.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    found = re.findall(r"^:32A:\d{6}[A-Z]{3}(\d+,\d*)$", text, re.MULTILINE)
    if len(found) != len(re.findall(r":32A", text)):
        raise NoOracle
    total = sum(_told(amount.replace(",", ".").rstrip(".")) for amount in found)
    return Counter({"debit": total, "credit": total})


def read_ofx(data: bytes) -> Totals:
    """Adds up TRNAMT."""
    out: Totals = Counter()
    found = re.findall(r"<TRNAMT>\s*([^<\r\n]*)", data.decode("latin-1"))
    if len(found) != len(re.findall("<STMTTRN>", data.decode("latin-1"))):
        raise NoOracle
    for text in found:
        sign = text.strip()[:1]
        out["debit" if sign == "-" else "credit"] += _told(text.strip().lstrip("+-").replace(",", "."))
    return out


def read_coda(data: bytes) -> Totals:
    """Adds up records 21 with the detail number 0."""
    out: Totals = Counter()
    for line in data.decode("latin-1").replace("\r", "\n").split("\n"):
        if line[:2] == "21" and line[6:10] == "0000":
            if line[31:32] not in ("0", "1") or not re.fullmatch("[0-9]{14}0", line[32:47]):
                raise NoOracle
            out["debit" if line[31] == "1" else "credit"] += int(line[32:46])
    return out


SUMS = {
    "camt": read_camt, "pain": read_pain, "pacs": read_pacs, "mt940": read_mt, "mt942": read_mt,
    "mt103": read_mt103, "ofx": read_ofx, "coda": read_coda, "goaml": read_goaml,
}  # fmt: skip
#: What each reader is held against, for people.
ORACLES = {
    "csv": "every row against the csv module",
    "ndjson": "every line against the json module",
    "parquet": "every row against DuckDB",
    "xlsx": "every row against the cells in the XML",
    "camt": "entries in the XML, unless balances or counts say that something is amiss",
    "pain": "amounts in the XML, unless stated sums differ",
    "pacs": "amounts in the XML, unless stated counts differ",
    "mt940": "lines 61, unless balances say that something is amiss",
    "mt942": "lines 61, unless stated sums differ",
    "mt103": "fields 32A",
    "ofx": "fields TRNAMT",
    "coda": "records 21 of whole movements, unless balances, totals or counts say that something is amiss",
    "goaml": "amount_local in the XML",
}
