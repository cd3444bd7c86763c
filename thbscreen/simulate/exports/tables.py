"""Tables of banks: a semicolon table in cp1253, a workbook with Greek heads, and a card file in UTC."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl

_LOCAL = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia")

#: Column of the table of bank A and the canonical column; amounts stand in two further columns.
BANK_A: tuple[tuple[str, str], ...] = (
    ("Αρ. Κίνησης", "tx_id"),
    ("Λογαριασμός", "account_id"),
    ("Ημερομηνία", "booking_ts"),
    ("Αξία", "value_date"),
    ("Νόμισμα", "currency"),
    ("Είδος", "tx_type"),
    ("Κανάλι", "channel"),
    ("Λογ. Αντισυμβ.", "cp_account_id"),
    ("Αντισυμβαλλόμενος", "cp_name"),
    ("Τελικός δικαιούχος", "ultimate_creditor"),
    ("Σκοπός", "purpose_code"),
    ("Αναφορά", "end_to_end_id"),
    ("Αιτιολογία", "remittance_info"),
    ("MCC", "mcc"),
    ("Αρ. Εμπόρου", "merchant_id"),
    ("Έμπορος", "merchant_name"),
    ("Χώρα Εμπόρου", "merchant_country"),
    ("Τόπος", "location_city"),
    ("Τερματικό", "terminal_id"),
    ("Κάρτα", "card_id"),
    ("Ταμείο", "conductor_id"),
    ("Συσκευή", "device_id"),
)
#: Column of the workbook of bank B and the canonical column; `Πρόσημο` holds the flag.
BANK_B: tuple[tuple[str, str], ...] = (
    ("Αριθμός", "tx_id"),
    ("IBAN", "account_id"),
    ("Ημ/νία Ώρα", "booking_ts"),
    ("Χ/Π", "direction"),
    ("Ποσό", "amount"),
    ("Νόμισμα", "currency"),
    ("Τύπος", "tx_type"),
    ("Μέσο", "channel"),
    ("Προς/Από", "cp_account_id"),
    ("Όνομα", "cp_name"),
    ("Κωδικός σκοπού", "purpose_code"),
    ("Αναφορά", "end_to_end_id"),
    ("Περιγραφή", "remittance_info"),
    ("MCC", "mcc"),
    ("Έμπορος", "merchant_name"),
    ("Κωδ. Εμπόρου", "merchant_id"),
    ("Πόλη", "location_city"),
    ("Τερματικό", "terminal_id"),
    ("Κάρτα", "card_id"),
    ("Συσκευή", "device_id"),
)
#: Column of the card file of bank E and the canonical column; times are in UTC.
BANK_E: tuple[tuple[str, str], ...] = (
    ("msg_id", "tx_id"),
    ("acct", "account_id"),
    ("utc_time", "booking_ts"),
    ("dr_cr", "direction"),
    ("amt", "amount"),
    ("ccy", "currency"),
    ("kind", "tx_type"),
    ("entry_mode", "channel"),
    ("beneficiary", "cp_account_id"),
    ("beneficiary_name", "cp_name"),
    ("ultimate", "ultimate_creditor"),
    ("purpose", "purpose_code"),
    ("e2e", "end_to_end_id"),
    ("narrative", "remittance_info"),
    ("mcc", "mcc"),
    ("mid", "merchant_id"),
    ("merchant", "merchant_name"),
    ("merchant_ctry", "merchant_country"),
    ("city", "location_city"),
    ("tid", "terminal_id"),
    ("pan_token", "card_id"),
    ("teller_ref", "conductor_id"),
    ("device", "device_id"),
)
_KINDS_A = {
    "cash_deposit": "ΚΑΤ",
    "cash_withdrawal": "ΑΝΑ",
    "credit_transfer": "ΜΕΤ",
    "instant_transfer": "ΑΜΕ",
    "cross_border": "ΕΞΩ",
    "direct_debit": "ΑΧΡ",
    "card_purchase": "ΑΓΟ",
    "card_refund": "ΕΠΙ",
    "fee": "ΕΞΟ",
    "remittance": "ΕΜΒ",
    "interest": "ΤΟΚ",
    "cheque": "ΕΠΤ",
    "loan": "ΔΑΝ",
    "crypto": "ΚΡΥ",
    "wallet_load": "ΠΟΡ",
    "preauth": "ΔΕΣ",
    "card_cash_advance": "ΠΡΟ",
    "other": "ΑΛΛ",
}
_TIME_A, _SWAPPED_A, _TIME_B = "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"
_PREAMBLE = ("ΤΡΑΠΕΖΑ Α ΛΤΔ", "Κινήσεις λογαριασμών", "Περίοδος 01/01/2026 - 30/09/2026", "")


def table_a(rows: pl.DataFrame, swapped: pl.Series) -> pl.DataFrame:
    """Gives movements as bank A writes them, all as text; some with day and month in the wrong order."""
    time = pl.when(swapped).then(_LOCAL.dt.strftime(_SWAPPED_A)).otherwise(_LOCAL.dt.strftime(_TIME_A))
    given = rows.with_columns(
        time.alias("booking_ts"),
        pl.col("value_date").dt.strftime("%d/%m/%Y"),
        pl.col("tx_type").replace_strict(_KINDS_A),
    )
    amount = pl.col("amount").cast(pl.String).str.replace(".", ",", literal=True)
    debit = pl.when(pl.col("direction") == "debit").then(amount).alias("Χρέωση")
    credit = pl.when(pl.col("direction") == "credit").then(amount).alias("Πίστωση")
    return given.select(*(pl.col(name).alias(head) for head, name in BANK_A), debit, credit)


def write_a(rows: pl.DataFrame, path: Path, swapped: pl.Series) -> None:
    """Writes the table of bank A: preamble, head, rows and a line of totals, in cp1253.

    Letters that cp1253 lacks become question marks, as such banks write them.
    """
    body = table_a(rows, swapped).write_csv(separator=";", line_terminator="\r\n")
    head = "".join(f"{line}\r\n" for line in _PREAMBLE)
    with path.open("wb") as handle:
        for text in (head, body, f"Σύνολο κινήσεων: {rows.height}\r\n"):
            handle.write(text.encode("cp1253", "replace"))


def mapping_a(table: str) -> str:
    """Gives the mapping of bank A's table."""
    back = "\n".join(f'        "{word}": {kind}' for kind, word in _KINDS_A.items())
    return _mapping(
        "bank-a",
        table,
        f'{{kind: csv, encoding: cp1253, delimiter: ";", decimal: ",", header_row: {len(_PREAMBLE) + 1}, '
        "skip_footer: 1}",
        _columns(
            BANK_A,
            {
                "booking_ts": f'format: "{_TIME_A}"',
                "value_date": 'format: "%d/%m/%Y"',
                "tx_type": f"map:\n{back}",
            },
        ),
        '    sign: {rule: debit_credit_columns, debit: {from: "Χρέωση"}, credit: {from: "Πίστωση"}}\n',
    )


def table_b(rows: pl.DataFrame) -> pl.DataFrame:
    """Gives movements as bank B writes them: a sign and a flag, all as text."""
    signed = pl.when(pl.col("direction") == "debit").then(-pl.col("amount")).otherwise(pl.col("amount"))
    given = rows.with_columns(
        _LOCAL.dt.strftime(_TIME_B).alias("booking_ts"),
        signed.cast(pl.String).alias("amount"),
        pl.col("direction").replace_strict({"debit": "Χ", "credit": "Π"}),
    )
    return given.select(pl.col(name).alias(head) for head, name in BANK_B)


def mapping_b(table: str) -> str:
    """Gives the mapping of bank B's workbook."""
    return _mapping(
        "bank-b",
        table,
        "{kind: xlsx}",
        _columns(
            BANK_B,
            {
                "booking_ts": f'format: "{_TIME_B}"',
                "direction": 'map: {"Χ": debit, "Π": credit}',
            },
        ),
        "    sign: {rule: signed_and_flag, negative: debit}\n",
    )


def write_e(rows: pl.DataFrame, path: Path) -> None:
    """Writes the card file of bank E: commas, UTF-8, times in UTC, movements without a card as well."""
    given = rows.with_columns(
        pl.col("booking_ts").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        pl.col("direction").replace_strict({"debit": "DR", "credit": "CR"}),
    )
    given.select(pl.col(name).alias(head) for head, name in BANK_E).write_csv(path)


def mapping_e(table: str) -> str:
    """Gives the mapping of bank E's card file."""
    return _mapping(
        "bank-e", table, "{kind: csv}", _columns(BANK_E, {"direction": "map: {DR: debit, CR: credit}"}), ""
    )


def _columns(columns: tuple[tuple[str, str], ...], more: dict[str, str]) -> list[str]:
    out = []
    for head, name in columns:
        extra = more.get(name)
        if extra and extra.startswith("map:\n"):
            out.append(
                f'      {name}:\n        from: "{head}"\n        {extra.replace(chr(10), chr(10) + "  ")}'
            )
        else:
            out.append(f'      {name}: {{from: "{head}"' + (f", {extra}" if extra else "") + "}")
    return out


def _mapping(name: str, table: str, how: str, columns: list[str], sign: str) -> str:
    """Gives a mapping of one bank's table of movements, and of its canonical tables of customers."""
    lines = "\n".join(columns)
    return (
        f"mapping: 1\nname: {name}\ndefaults: {{timezone: Asia/Nicosia}}\ntables:\n  transactions:\n"
        f"    file: {table}\n    input: {how}\n{sign}    columns:\n{lines}\n{_CUSTOMERS}"
    )


_ACCOUNTS = (
    "account_id",
    "institution",
    "country",
    "currency",
    "product",
    "branch",
    "opened_date",
    "closed_date",
)
_PARTIES = (
    "party_id",
    "kind",
    "name",
    "age_band",
    "residence_country",
    "address_hash",
    "phone_hash",
    "email_hash",
    "occupation",
    "employer_id",
    "declared_monthly_income_eur",
    "sector_nace",
    "licence",
    "declared_turnover",
    "declared_employees",
    "incorporation_date",
    "onboarding_ts",
)
_LINKS = ("account_id", "party_id", "role", "since")


def _same(table: str, columns: tuple[str, ...]) -> str:
    lines = "\n".join(f"      {c}: {{from: {c}}}" for c in columns)
    return f"  {table}:\n    file: {table}.csv\n    input: {{kind: csv}}\n    columns:\n{lines}\n"


_CUSTOMERS = _same("accounts", _ACCOUNTS) + _same("parties", _PARTIES) + _same("account_parties", _LINKS)

# --- workbook -------------------------------------------------------------------------------------

#: Rows that one sheet of a workbook can hold, without its head.
SHEET_ROWS = 1_048_575
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELS = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_BOOK_RELS = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_BOOK = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Κινήσεις" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_CHUNK = 50_000


def write_b(rows: pl.DataFrame, path: Path) -> None:
    """Writes the workbook of bank B: one sheet of texts; the same rows give the same bytes.

    Raises:
        ValueError: a sheet cannot hold so many rows.
    """
    table = table_b(rows)
    if table.height > SHEET_ROWS:
        raise ValueError(f"a sheet holds {SHEET_ROWS} rows")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        for name, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELS),
            ("xl/workbook.xml", _BOOK),
            ("xl/_rels/workbook.xml.rels", _BOOK_RELS),
        ):
            book.writestr(_member(name), text)
        with book.open(_member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            heads = "".join(f'<c t="inlineStr"><is><t>{escape(h)}</t></is></c>' for h in table.columns)
            begin = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            begin += f'<worksheet xmlns="{_MAIN}"><sheetData>'
            sheet.write(f"{begin}<row>{heads}</row>".encode())
            for first in range(0, table.height, _CHUNK):
                sheet.write("".join(_sheet_rows(table.slice(first, _CHUNK)).to_list()).encode())
            sheet.write(b"</sheetData></worksheet>")


def _member(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def escaped(name: str) -> pl.Expr:
    """Gives a text column with the signs of XML written out."""
    out = pl.col(name).cast(pl.String)
    for sign, word in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        out = out.str.replace_all(sign, word, literal=True)
    return out


def _sheet_rows(table: pl.DataFrame) -> pl.Series:
    """Gives each row as XML; empty cells are there, without a value."""
    cells = [
        pl.when(pl.col(name).is_null())
        .then(pl.lit("<c/>"))
        .otherwise(pl.format('<c t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>', escaped(name)))
        for name in table.columns
    ]
    made = table.select(pl.concat_str(pl.lit("<row>"), *cells, pl.lit("</row>")).alias("row"))
    return made["row"]
