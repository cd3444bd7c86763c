"""The codes of input errors: D0xx stop a run, D1xx reject one row.

Messages name file, row and column and never show a value: values are personal data. The page
docs/reference/input-errors.md says for each code what to do; a test keeps both equal.
"""

from __future__ import annotations

from thbscreen.errors import DataError

#: Codes that stop a run.
FILE_CODES: dict[str, str] = {
    "D001": "file or folder cannot be read",
    "D002": "remote address",
    "D003": "not a regular file",
    "D004": "no transactions file",
    "D005": "unknown kind of file",
    "D006": "compressed file",
    "D007": "file too large",
    "D008": "too many rows",
    "D009": "too many columns",
    "D010": "empty file",
    "D011": "column name written twice",
    "D012": "required column missing",
    "D013": "unknown column",
    "D014": "column that is never used",
    "D015": "NUL character",
    "D016": "wrong character encoding",
    "D017": "quote mark in the middle of a field",
    "D018": "quote mark never closed",
    "D019": "last line cut",
    "D020": "unusual line ends",
    "D021": "damaged file",
    "D022": "column type cannot be used",
    "D023": "file changed while it was read",
    "D024": "too many rejected rows",
    "D025": "wrong separator",
    "D026": "two files for one table",
    "D027": "not well-formed XML",
    "D028": "document type or entities in XML",
    "D029": "XML too deep or too large",
    "D030": "XML file that is no report",
    "D031": "message of a kind that is not read",
    "D034": "kind of statement that is not read",
    "D040": "mapping file is not strict YAML",
    "D041": "unknown key in a mapping file",
    "D042": "unknown column in a mapping file",
    "D043": "source column not in the file",
    "D044": "required column not mapped",
    "D045": "value not allowed in a mapping file",
    "D046": "date format not allowed",
    "D047": "regular expression not allowed",
    "D048": "mapped file not found",
    "D060": "workbook that is not read",
    "D061": "undecided mapping",
    "D062": "cells that do not hold their own value",
    "D063": "which sheet",
    "D064": "numbers and text in one column",
    "D065": "XLSX needs a library",
}

#: Codes that reject one row; the text is the reason in rejects.csv.
ROW_CODES: dict[str, str] = {
    "D101": "required value is missing",
    "D102": "not an amount in the declared form",
    "D103": "more decimals than the currency has",
    "D104": "amount is too large",
    "D105": "negative amount where the direction is a column of its own",
    "D106": "sign and direction disagree",
    "D107": "debit and credit are both filled, or both empty",
    "D108": "currency is not three capital letters",
    "D109": "not a date or time in a declared format",
    "D110": "date fits two declared formats with different results",
    "D111": "local time does not exist (clock change)",
    "D112": "year outside 1900 to 2100",
    "D113": "not one of the allowed values",
    "D114": "value is not covered by the map",
    "D115": "not true or false",
    "D116": "not a whole number",
    "D117": "too few fields in the row",
    "D118": "too many fields in the row",
    "D119": "line is not a JSON object",
    "D120": "floating point number is not a whole minor unit",
    "D121": "same id as another row with different content",
    "D122": "amount_eur differs from amount although the currency is EUR",
    "D123": "payer and payee cannot be told apart",
    "D124": "amount is written twice",
}


#: What to do, where the place of the error says nothing better.
HINTS: dict[str, str] = {
    "D001": "check the path and its permissions",
    "D003": "give a regular file or a folder",
    "D008": "screen a shorter period",
    "D009": "export the columns that are needed",
    "D010": "export the file again; a table may have no rows, but needs its header line",
    "D011": "rename one of the columns",
    "D031": "take it out of the folder; docs/how-to/read-statements.md lists the messages that are read",
    "D022": "export the column as text, or as decimal for amounts",
}


def data_error(
    code: str,
    message: str,
    *,
    file: str | None = None,
    row: int | None = None,
    column: str | None = None,
    hint: str | None = None,
) -> DataError:
    """Builds a DataError with its place in front: `trans.csv: row 7: column 'amount': error[D015]: ...`.

    Args:
        code: one of `FILE_CODES`.
        message: what is wrong, without any value from the data.
        file: name of the file.
        row: row, counted from 1 without the header.
        column: column name.
        hint: what to do next; by default the code's own in `HINTS`.
    """
    if code not in FILE_CODES:
        raise AssertionError(code)
    place = [file] if file else []
    place += [f"row {row}"] if row is not None else []
    place += [f"column '{column}'"] if column is not None else []
    return DataError(": ".join([*place, f"error[{code}]: {message}"]), hint=hint or HINTS.get(code))


def reason(code: str, suggestion: str | None = None) -> str:
    """Gives the text of a rejected row, such as `D113: not one of the allowed values`."""
    text = f"{code}: {ROW_CODES[code]}"
    return f"{text}; did you mean '{suggestion}'?" if suggestion else text
