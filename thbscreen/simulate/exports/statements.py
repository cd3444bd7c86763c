"""Statements of banks: camt.053 with batches, and MT940 with German field :86:, one per account and month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from thbscreen.simulate.exports.tables import escaped

_LOCAL = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia")
_CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
#: Domain family and sub-family by kind and channel.
_FAMILIES = {
    "credit_transfer": ("{}CDT", "ESCT"),
    "cross_border": ("{}CDT", "XBCT"),
    "instant_transfer": ("{}RCT", "ESCT"),
    "direct_debit": ("RDDT", "ESDD"),
    "card_purchase": ("CCRD", "POSD"),
    "card_refund": ("CCRD", "POSD"),
    "cash_withdrawal": ("CCRD", "CWDL"),
    "cash_deposit": ("CCRD", "CDPT"),
    "fee": ("MDOP", "FEES"),
    "interest": ("MDOP", "INTR"),
    "cheque": ("RCHQ", "CCHQ"),
    "remittance": ("{}CDT", "ESCT"),
}
#: German business codes by kind, for debits and credits.
_GERMAN = {
    "credit_transfer": ("116", "166"),
    "cross_border": ("116", "166"),
    "instant_transfer": ("118", "168"),
    "direct_debit": ("105", "105"),
    "card_purchase": ("106", "106"),
    "card_refund": ("106", "106"),
    "cash_withdrawal": ("083", "083"),
    "cash_deposit": ("082", "082"),
    "fee": ("808", "808"),
    "interest": ("814", "814"),
    "cheque": ("101", "101"),
    "remittance": ("116", "166"),
}


def _coded(table: dict[str, tuple[str, str]], place: int, otherwise: str) -> pl.Expr:
    words = {kind: pair[place] for kind, pair in table.items()}
    return pl.col("tx_type").replace_strict(words, default=otherwise)


def _tag(name: str, tag: str) -> pl.Expr:
    """Gives an element, or nothing where the column is missing."""
    return (
        pl.when(pl.col(name).is_null())
        .then(pl.lit(""))
        .otherwise(pl.format(f"<{tag}>{{}}</{tag}>", escaped(name)))
    )


def _other_side() -> pl.Expr:
    """Gives the related parties of an entry: the one who is not the account's owner."""
    sides = []
    for direction, word in (("credit", "Dbtr"), ("debit", "Cdtr")):
        name = (
            pl.when(pl.col("cp_name").is_null())
            .then(pl.lit(""))
            .otherwise(pl.format(f"<{word}><Pty><Nm>{{}}</Nm></Pty></{word}>", escaped("cp_name")))
        )
        account = (
            pl.when(pl.col("cp_account_id").is_null())
            .then(pl.lit(""))
            .otherwise(
                pl.format(f"<{word}Acct><Id><IBAN>{{}}</IBAN></Id></{word}Acct>", pl.col("cp_account_id"))
            )
        )
        last = (
            pl.when(pl.col("ultimate_creditor").is_null())
            .then(pl.lit(""))
            .otherwise(
                pl.format("<UltmtCdtr><Pty><Nm>{}</Nm></Pty></UltmtCdtr>", escaped("ultimate_creditor"))
            )
        )
        sides.append(pl.when(pl.col("direction") == direction).then(pl.concat_str(name, account, last)))
    return pl.coalesce(sides)


def _details() -> pl.Expr:
    """Gives the details of one movement."""
    refs = pl.concat_str(
        pl.lit("<Refs>"),
        pl.format("<AcctSvcrRef>{}</AcctSvcrRef>", pl.col("tx_id")),
        _tag("end_to_end_id", "EndToEndId"),
        pl.lit("</Refs>"),
    )
    parties = _other_side()
    wrapped = (
        pl.when(parties == "")
        .then(pl.lit(""))
        .otherwise(pl.concat_str(pl.lit("<RltdPties>"), parties, pl.lit("</RltdPties>")))
    )
    purpose = (
        pl.when(pl.col("purpose_code").is_null())
        .then(pl.lit(""))
        .otherwise(pl.format("<Purp><Cd>{}</Cd></Purp>", pl.col("purpose_code")))
    )
    text = pl.coalesce("remittance_info", "merchant_name").alias("told")
    told = (
        pl.when(text.is_null())
        .then(pl.lit(""))
        .otherwise(pl.format("<RmtInf><Ustrd>{}</Ustrd></RmtInf>", _clean(text)))
    )
    shop = _tag("mcc", "MrchntCtgyCd")
    place = (
        pl.when(pl.col("terminal_id").is_null())
        .then(pl.lit(""))
        .otherwise(pl.format("<POI><Id><Id>{}</Id></Id></POI>", "terminal_id"))
    )
    inner = pl.when(shop == "").then(pl.lit("")).otherwise(pl.format("<Tx>{}</Tx>", shop))
    no_card = pl.col("terminal_id").is_null() & pl.col("mcc").is_null()
    card = pl.when(no_card).then(pl.lit("")).otherwise(pl.format("<CardTx>{}{}</CardTx>", place, inner))
    amount = pl.format('<Amt Ccy="{}">{}</Amt><CdtDbtInd>{}</CdtDbtInd>', "currency", "amount", _side())
    return pl.concat_str(pl.lit("<TxDtls>"), refs, amount, wrapped, purpose, told, card, pl.lit("</TxDtls>"))


def _clean(text: pl.Expr) -> pl.Expr:
    out = text
    for sign, word in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        out = out.str.replace_all(sign, word, literal=True)
    return out


def _side() -> pl.Expr:
    return pl.when(pl.col("direction") == "credit").then(pl.lit("CRDT")).otherwise(pl.lit("DBIT"))


def _code() -> pl.Expr:
    """Gives the bank transaction code of an entry."""
    way = pl.when(pl.col("direction") == "credit").then(pl.lit("R")).otherwise(pl.lit("I"))
    family = _coded(_FAMILIES, 0, "OTHR").str.replace("{}", way, literal=True)
    counter = pl.col("channel") == "branch"
    family = pl.when(counter & (family == "CCRD")).then(pl.lit("CNTR")).otherwise(family)
    return pl.format(
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{}</Cd><SubFmlyCd>{}</SubFmlyCd></Fmly></Domn></BkTxCd>",
        family,
        _coded(_FAMILIES, 1, "OTHR"),
    )


def camt_entries(rows: pl.DataFrame) -> pl.DataFrame:
    """Gives entries as XML: one per movement, and one per batch of wages of one account and moment.

    Args:
        rows: movements of one bank in the order of booking.

    Returns:
        columns `account_id`, `month` and `entry`, in the order of booking.
    """
    salary = (pl.col("purpose_code") == "SALA") & (pl.col("direction") == "debit")
    minute = _LOCAL.dt.strftime("%Y-%m-%dT%H:%M")
    key = pl.when(salary).then(pl.concat_str("account_id", minute)).otherwise(pl.col("tx_id"))
    made = rows.with_columns(
        key.alias("batch"),
        _details().alias("details"),
        _code().alias("code"),
        _side().alias("side"),
        _LOCAL.dt.strftime("%Y-%m-%dT%H:%M:%S%:z").alias("time"),
        _LOCAL.dt.strftime("%Y-%m").alias("month"),
        pl.col("value_date").dt.strftime("%Y-%m-%d").alias("value"),
    )
    joined = made.group_by("account_id", "month", "batch", "currency", maintain_order=True).agg(
        pl.col("amount").sum().alias("total"),
        pl.col("details").str.join(""),
        pl.col("side").first(),
        pl.col("code").first(),
        pl.col("time").first(),
        pl.col("value").first(),
        pl.len().alias("count"),
        pl.col("tx_id").first(),
        pl.when(pl.col("reversal").first())
        .then(pl.lit("<RvslInd>true</RvslInd>"))
        .otherwise(pl.lit(""))
        .alias("undo"),
    )
    entry = pl.format(
        '<Ntry><Amt Ccy="{}">{}</Amt><CdtDbtInd>{}</CdtDbtInd>{}<Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><DtTm>{}</DtTm></BookgDt><ValDt><Dt>{}</Dt></ValDt><AcctSvcrRef>{}</AcctSvcrRef>{}"
        "<NtryDtls>{}</NtryDtls></Ntry>",
        "currency",
        "total",
        "side",
        "undo",
        "time",
        "value",
        "tx_id",
        "code",
        "details",
    )
    return joined.select("account_id", "month", entry.alias("entry"))


def _statements(rows: pl.DataFrame) -> pl.DataFrame:
    """Gives opening and closing balance of each account and month, in the order of accounts and months."""
    signed = pl.when(pl.col("direction") == "credit").then(pl.col("amount")).otherwise(-pl.col("amount"))
    return (
        rows.with_columns(_LOCAL.dt.strftime("%Y-%m").alias("month"), signed.alias("signed"))
        .group_by("account_id", "month", maintain_order=True)
        .agg(
            (pl.col("balance_after").first() - pl.col("signed").first()).alias("opening"),
            pl.col("balance_after").last().alias("closing"),
            _LOCAL.dt.date().min().alias("first"),
            _LOCAL.dt.date().max().alias("last"),
        )
        .sort("account_id", "month")
    )


def write_camt(rows: pl.DataFrame, path: Path, label: str) -> None:
    """Writes camt.053.001.08 statements, one per account and month, in one file.

    Args:
        rows: canonical movements with `value_date`, in the order of booking.
        path: file to write.
        label: beginning of the statements' ids.
    """
    entries = (
        camt_entries(rows)
        .group_by("account_id", "month", maintain_order=True)
        .agg(pl.col("entry").str.join(""))
    )
    joined = _statements(rows).join(entries, on=["account_id", "month"], how="left")
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_CAMT}"><BkToCstmrStmt>')
        handle.write(f"<GrpHdr><MsgId>{label}</MsgId><CreDtTm>2026-10-01T05:00:00Z</CreDtTm></GrpHdr>\n")
        for n, row in enumerate(joined.iter_rows(named=True), 1):
            handle.write("".join(_camt_statement(n, row, label)))
        handle.write("</BkToCstmrStmt></Document>\n")


def _camt_statement(n: int, row: dict[str, object], label: str) -> Iterator[str]:
    yield f"<Stmt><Id>{label}-{n}</Id><CreDtTm>2026-10-01T05:00:00Z</CreDtTm>"
    yield f"<FrToDt><FrDtTm>{row['first']}T00:00:00Z</FrDtTm>"
    yield f"<ToDtTm>{row['last']}T23:59:59Z</ToDtTm></FrToDt>"
    yield f"<Acct><Id><IBAN>{row['account_id']}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    for code, money, day in (("OPBD", row["opening"], row["first"]), ("CLBD", row["closing"], row["last"])):
        yield (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{money}</Amt>'
            f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )
    yield f"{row['entry']}</Stmt>\n"


#: Letters that SWIFT messages hold; others become a point.
_NOT_SWIFT = r"[^A-Za-z0-9/\-?:().,'+ ]"
_TEXT_SUBFIELDS = ("20", "21", "22", "23", "24", "25", "26", "27", "28", "29")


def _subfields(text: pl.Expr) -> pl.Expr:
    """Cuts a text into sub-fields of 27 characters."""
    pieces = [
        pl.when(text.str.len_chars() > k * 27)
        .then(pl.format(f"?{code}{{}}", text.str.slice(k * 27, 27)))
        .otherwise(pl.lit(""))
        for k, code in enumerate(_TEXT_SUBFIELDS)
    ]
    return pl.concat_str(pieces)


def mt940_entries(rows: pl.DataFrame) -> pl.DataFrame:
    """Gives entries as lines :61: and :86:; columns `account_id`, `month` and `entry`."""
    day = _LOCAL.dt.strftime("%m%d")
    side = pl.when(pl.col("direction") == "credit").then(pl.lit("C")).otherwise(pl.lit("D"))
    side = (
        pl.when(pl.col("reversal"))
        .then(pl.when(side == "C").then(pl.lit("RD")).otherwise(pl.lit("RC")))
        .otherwise(side)
    )
    german = (
        pl.when(pl.col("direction") == "credit")
        .then(_coded(_GERMAN, 1, "999"))
        .otherwise(_coded(_GERMAN, 0, "999"))
    )
    amount = pl.col("amount").cast(pl.String).str.replace(".", ",", literal=True)
    told = (
        pl.coalesce("remittance_info", "merchant_name")
        .str.replace_all(_NOT_SWIFT, ".")
        .str.replace_all("?", ".", literal=True)
    )
    reference = (
        pl.when(pl.col("end_to_end_id").is_null())
        .then(pl.lit(""))
        .otherwise(pl.format("EREF+{}", "end_to_end_id"))
    )
    told = pl.when(told.is_null()).then(pl.lit("")).otherwise(pl.format("SVWZ+{}", told))
    name = pl.col("cp_name").str.replace_all(_NOT_SWIFT, ".").str.slice(0, 27)
    words = pl.concat_str(
        pl.format("{}?00{}", german, pl.col("tx_type").str.to_uppercase().str.replace_all("_", " ")),
        _subfields(reference.str.pad_end(27)),
        _shifted(told),
        pl.when(pl.col("cp_account_id").is_null())
        .then(pl.lit(""))
        .otherwise(pl.format("?31{}", "cp_account_id")),
        pl.when(name.is_null()).then(pl.lit("")).otherwise(pl.format("?32{}", name)),
    )
    entry = pl.format(
        ":61:{}{}{}{}NTRFNONREF//{}\r\n:86:{}\r\n",
        pl.col("value_date").dt.strftime("%y%m%d"),
        day,
        side,
        amount,
        pl.col("tx_id").str.slice(-16),
        _lines(words),
    )
    return rows.select("account_id", _LOCAL.dt.strftime("%Y-%m").alias("month"), entry.alias("entry"))


def _shifted(text: pl.Expr) -> pl.Expr:
    """Cuts a text into sub-fields from ?21 on, after the reference."""
    pieces = [
        pl.when(text.str.len_chars() > k * 27)
        .then(pl.format(f"?{code}{{}}", text.str.slice(k * 27, 27)))
        .otherwise(pl.lit(""))
        for k, code in enumerate(_TEXT_SUBFIELDS[1:])
    ]
    return pl.concat_str(pieces)


def _lines(text: pl.Expr) -> pl.Expr:
    """Breaks field :86: into lines of 65 characters."""
    pieces = [
        pl.when(text.str.len_chars() > k * 65)
        .then(pl.concat_str(pl.lit("\r\n" if k else ""), text.str.slice(k * 65, 65)))
        .otherwise(pl.lit(""))
        for k in range(6)
    ]
    return pl.concat_str(pieces)


def write_mt940(rows: pl.DataFrame, path: Path) -> None:
    """Writes MT940 statements, one per account and month; a day is all that they say of time.

    Args:
        rows: canonical movements with `value_date`, in the order of booking.
        path: file to write.
    """
    entries = (
        mt940_entries(rows)
        .group_by("account_id", "month", maintain_order=True)
        .agg(pl.col("entry").str.join(""))
    )
    joined = _statements(rows).join(entries, on=["account_id", "month"], how="left")
    with path.open("w", encoding="ascii", errors="replace", newline="") as handle:
        number: dict[str, int] = {}
        for row in joined.iter_rows(named=True):
            account = str(row["account_id"])
            number[account] = number.get(account, 0) + 1
            handle.write("".join(_mt940_statement(row, number[account])))


def _mt940_statement(row: dict[str, object], number: int) -> Sequence[str]:
    def balance(tag: str, day: object, money: object) -> str:
        return f":{tag}:C{f'{day:%y%m%d}'}EUR{str(money).replace('.', ',')}\r\n"

    return (
        f":20:STMT{number}\r\n:25:{row['account_id']}\r\n:28C:{number}/1\r\n",
        balance("60F", row["first"], row["opening"]),
        str(row["entry"]),
        balance("62F", row["last"], row["closing"]),
        "-\r\n",
    )
