"""Makes small statements and messages of ISO 20022 for tests, part by part."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.io.dataset import Dataset, open_dataset

if TYPE_CHECKING:
    from thbscreen.io.limits import Limits

OWN = "CY17002001280000001200527600"
OTHER = "DE65261964603287767307"
THIRD = "NL26VAYB8060476890"
ZONE = "Asia/Nicosia"
BODIES = {
    "053": ("BkToCstmrStmt", "Stmt"),
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def tag(name: str, *inner: str) -> str:
    """Writes one element."""
    return f"<{name}>{''.join(inner)}</{name}>"


def amount(number: str, currency: str = "EUR", name: str = "Amt") -> str:
    return f'<{name} Ccy="{currency}">{number}</{name}>'


def side(name: str, who: str, iban: str = "") -> str:
    """Writes a party in the form of newer versions, and its account."""
    account = tag(f"{name}Acct", tag("Id", tag("IBAN", iban))) if iban else ""
    return tag(name, tag("Pty", tag("Nm", who))) + account


def detail(
    number: str = "", *inner: str, refs: str = "", parties: str = "", text: str = "", currency: str = "EUR"
) -> str:
    return tag(
        "TxDtls",
        tag("Refs", refs) if refs else "",
        amount(number, currency) if number else "",
        *inner,
        tag("RltdPties", parties) if parties else "",
        tag("RmtInf", tag("Ustrd", text)) if text else "",
    )


def entry(
    number: str,
    way: str = "CRDT",
    *details: str,
    day: str = "2026-05-04",
    state: str = "BOOK",
    ref: str = "",
    more: str = "",
    batch: str = "",
    currency: str = "EUR",
) -> str:
    """Writes an entry; `day` of more than ten characters is a point in time."""
    when = tag("DtTm" if len(day) > 10 else "Dt", day)
    return tag(
        "Ntry",
        amount(number, currency),
        tag("CdtDbtInd", way),
        more,
        tag("Sts", tag("Cd", state)),
        tag("BookgDt", when),
        tag("ValDt", tag("Dt", day[:10])),
        tag("AcctSvcrRef", ref) if ref else "",
        tag("NtryDtls", batch, *details) if details or batch else "",
    )


def balance(kind: str, number: str, day: str = "2026-05-04", currency: str = "EUR") -> str:
    way = "DBIT" if number.startswith("-") else "CRDT"
    return tag(
        "Bal", tag("Tp", tag("CdOrPrtry", tag("Cd", kind))), amount(number.removeprefix("-"), currency),
        tag("CdtDbtInd", way), tag("Dt", tag("Dt", day)),
    )  # fmt: skip


def statement(
    *entries: str,
    opening: str = "",
    closing: str = "",
    kind: str = "053",
    account: str = OWN,
    number: str = "S1",
    day: str = "2026-05-04",
    head: str = "",
    owner: str = "",
) -> str:
    """Writes one statement, report or notification."""
    return tag(
        BODIES[kind][1],
        tag("Id", number),
        head,
        tag("Acct", tag("Id", tag("IBAN", account)), tag("Ccy", "EUR"), owner),
        balance("OPBD", opening, day) if opening else "",
        balance("CLBD", closing, day) if closing else "",
        *entries,
    )


def message(*statements: str, kind: str = "053", version: str = "08", prefix: str = "") -> str:
    body = tag(BODIES[kind][0], tag("GrpHdr", tag("MsgId", "M1")), *statements)
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"
    if not prefix:
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{space}">{body}</Document>'
    body = body.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
    return f'<{prefix}:Document xmlns:{prefix}="{space}">{body}</{prefix}:Document>'


def opened(folder: Path, limits: Limits | None = None, **files: str | bytes) -> Dataset:
    """Writes files and opens the folder; names get the ending .xml."""
    for name, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.xml").write_bytes(data)
    return open_dataset([folder], None, zone=ZONE, limits=limits)


def rows(dataset: Dataset) -> pl.DataFrame:
    """Reads everything that is to be screened."""
    frame = pl.concat(dataset.chunks())
    return frame.filter(~pl.col("_row").is_in(dataset.drop_rows().implode()))


def signed(dataset: Dataset) -> list[int]:
    """Gives loaded amounts in cents, debits below zero, in the order of files."""
    frame = rows(dataset)
    return frame.select(
        pl.when(pl.col("direction") == "debit").then(-pl.col("amount")).otherwise(pl.col("amount"))
    ).to_series().to_list()  # fmt: skip
