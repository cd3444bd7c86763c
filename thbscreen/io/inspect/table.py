"""Where the table is in a delimited text: delimiter, quote mark, header line, lines above and below."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from thbscreen.io.inspect.forms import date_forms, written
from thbscreen.io.inspect.side_words import side_known
from thbscreen.io.inspect.words import PENDING, TOTALS, folded, meanings

DELIMITERS = (",", ";", "\t", "|", "^", "~")
#: What is written as a day, also in a year that no movement has: such a row is none below the table.
_DAY = re.compile(r"[0-9]{4}([-/.])[0-9]{2}\1[0-9]{2}|[0-9]{2}([-/.])[0-9]{2}\2[0-9]{4}")
#: Most lines above a table.
MOST_ABOVE = 60


@dataclass(slots=True)
class Record:
    """One record: its fields, and the lines of the file from which and to which it goes, from 1."""

    fields: list[str]
    first: int
    last: int


@dataclass(slots=True)
class Table:
    """A table as it was found.

    Attributes:
        delimiter: between fields.
        quote: quote mark, or None.
        header_row: line of the names; 0 when there is none.
        above: lines above the header or the first row that are not part of the table.
        names: names as written; numbers of columns when there is no header.
        rows: rows, all of one width, outer blanks cut.
        odd: rows of another width, blank lines left out.
        footer: lines at the end that are no rows.
        footer_sure: whether these lines are plainly no rows: short ones, or totals.
        score: how well the parts look like columns, for comparing delimiters.
        doubts: what is open about it, in words.
        candidates: delimiters that would do as well.
    """

    delimiter: str
    quote: str | None = '"'
    header_row: int = 0
    above: int = 0
    names: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    odd: int = 0
    footer: int = 0
    footer_sure: bool = True
    score: tuple[int, ...] = ()
    doubts: list[str] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)


def find_table(text: str, *, whole: bool) -> Table | None:
    """Finds the table in a text.

    Args:
        text: whole lines from the beginning of the file.
        whole: whether this is the whole file; otherwise nothing is said of a footer.

    Returns:
        None when no delimiter gives columns.
    """
    plain = text.replace("\r\r\n", "\n").replace("\r\n", "\n")
    found = [t for d in DELIMITERS if d in plain and (t := _with(plain, d, whole=whole)) is not None]
    if not found:
        return None
    found.sort(key=lambda t: t.score, reverse=True)
    best = found[0]
    rivals = [t for t in found[1:] if t.score[:2] >= best.score[:2] or t.score[0] == 3]
    if rivals:
        best.candidates = [best.delimiter, *(t.delimiter for t in rivals)]
    return best


def _records(text: str, delimiter: str, quote: str | None) -> list[Record]:
    out: list[Record] = []
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    line = 0
    try:
        for fields in reader:
            out.append(Record([f.strip() for f in fields], line + 1, reader.line_num))
            line = reader.line_num
    except csv.Error:
        return out
    return out


def _quote(text: str, delimiter: str) -> tuple[str | None, list[str]]:
    """Tells whether quote marks wrap fields or are plain text."""
    if '"' not in text:
        return '"', []
    lines = [line for line in text.split("\n") if '"' in line]
    wraps = sum(line.startswith('"') or f'{delimiter}"' in line or f'{delimiter} "' in line for line in lines)
    if wraps * 2 < len(lines):
        return None, []
    broken = [n for n, line in enumerate(text.split("\n"), 1) if line.count('"') % 2]
    if broken and len(broken) % 2:
        return '"', [f"a quote mark is missing, the first odd line is {broken[0]}; repair the line"]
    return '"', []


def find_rows(rows: Sequence[Sequence[str]]) -> Table | None:
    """Finds the table among the rows of a sheet, which may have titles above and totals below."""
    records = [Record([c.strip() for c in row], n, n) for n, row in enumerate(rows, 1)]
    return _found(records, len(rows[0]) if rows else 0, Table(","), "\n" * len(rows), whole=True)


def _with(text: str, delimiter: str, *, whole: bool) -> Table | None:
    quote, doubts = _quote(text, delimiter)
    records = _records(text, delimiter, quote)
    widths = Counter(len(r.fields) for r in records if len(r.fields) > 1)
    if not widths:
        return None
    width = max(widths, key=lambda w: (widths[w], w))
    return _found(records, width, Table(delimiter, quote, doubts=doubts), text, whole=whole)


def _found(records: list[Record], width: int, table: Table, text: str, *, whole: bool) -> Table | None:
    like = [r for r in records if len(r.fields) == width]
    data = [r for r in like if _is_data(r.fields)]
    begin = data[0] if data else None
    header = _header(records, begin, width)
    if begin is None and header is None:
        return None
    start = header.last if header is not None else (begin.first - 1 if begin is not None else 0)
    table.header_row = header.first if header is not None else 0
    table.above = (header.first if header is not None else start + 1) - 1
    if table.above > MOST_ABOVE:
        return None
    names = list(header.fields) if header is not None else [f"c{n}" for n in range(1, width + 1)]
    if header is not None and len(names) == width + 1 and not names[-1]:
        names = names[:-1]
    table.names = names
    body = [r for r in records if r.first > start and any(r.fields)]
    if whole:
        body, table.footer, table.footer_sure = _without_footer(body, width, text)
    table.rows = [r.fields for r in body if len(r.fields) == width]
    table.odd = len(body) - len(table.rows)
    unnamed = header is not None and not table.names[-1] and len(table.names) > 1
    if unnamed and not any(row[-1] for row in table.rows):
        # a delimiter at the end of each line is no column; with values behind it, it is one without a name
        table.names = table.names[:-1]
        table.rows = [row[:-1] for row in table.rows]
    table.score = _score(table, len(records))
    return table


def _is_data(fields: Sequence[str]) -> bool:
    return any(_typed(f) for f in fields) and len([f for f in fields if f]) > 1


def _typed(text: str) -> bool:
    """Says whether a field is a date, an amount, or what stands in a date's place."""
    return bool(text) and (
        written(text) is not None or bool(date_forms([text])) or text.casefold() in PENDING
    )


def _header(records: Sequence[Record], begin: Record | None, width: int) -> Record | None:
    """Gives the record of names: the last one before the first row that has names and no values."""
    above = [r for r in records if begin is None or r.first < begin.first][: MOST_ABOVE + 1]
    fitting: list[tuple[int, Record]] = []
    for record in reversed(above):
        n = len(record.fields)
        fits = n == width or (n == width + 1 and not record.fields[-1])
        filled = [f for f in record.fields if f]
        known = sum(bool(meanings(f)) or side_known(f) for f in filled)
        if fits and not any(map(_typed, filled)) and (2 * len(filled) >= width or known > 1):
            fitting.append((known, record))
    # Rows without a number or a day, such as the first customers of a list, look like names, too.
    best = max((known for known, _ in fitting), default=0)
    if best > 1 and fitting[0][0] < 2:
        return next(record for known, record in fitting if known == best)
    if begin is None and fitting:
        return fitting[-1][1]
    return fitting[0][1] if fitting else None


def _without_footer(body: list[Record], width: int, text: str) -> tuple[list[Record], int, bool]:
    """Takes away what stands behind the last row; its lines, blank ones too, are counted."""
    dated = _date_column([r.fields for r in body])
    rows = [r for r in body if dated is not None and len(r.fields) > dated and _dated(r.fields[dated])]
    behind = [r for r in body if rows and r.first > rows[-1].last]
    if not behind:
        return body, 0, True
    last = rows[-1].last
    lines = text.count("\n") + (not text.endswith("\n"))
    return [r for r in body if r.first <= last], lines - last, all(_plainly_no_row(r, width) for r in behind)


def footer_of(tail: str, table: Table) -> tuple[int, bool]:
    """Gives the lines behind the last row of a long file, and whether these are plainly no rows."""
    plain = tail.replace("\r\r\n", "\n").replace("\r\n", "\n")
    if table.quote is not None and plain.count(table.quote) % 2:
        return 0, True  # it begins inside a field
    records = [r for r in _records(plain, table.delimiter, table.quote) if any(r.fields)]
    _, lines, sure = _without_footer(records, len(table.names), plain)
    return lines, sure


def _plainly_no_row(record: Record, width: int) -> bool:
    filled = [f for f in record.fields if f]
    words = {word for f in filled for word in folded(f).split()}
    return len(record.fields) != width or len(filled) == 1 or bool(words & TOTALS)


def _dated(text: str) -> bool:
    return bool(date_forms([text])) or text.casefold() in PENDING or _DAY.fullmatch(text) is not None


def _date_column(rows: Sequence[Sequence[str]]) -> int | None:
    shares: Counter[int] = Counter()
    for row in rows[:2000]:
        for n, value in enumerate(row):
            shares[n] += bool(value) and not value.isdigit() and _dated(value)
    best = max(shares, key=lambda n: (shares[n], -n), default=None)
    return best if best is not None and shares[best] * 2 > min(len(rows), 2000) else None


def _score(table: Table, records: int) -> tuple[int, ...]:
    """Scores a delimiter: 2 for a column of dates and 1 for one of amounts, then names and even rows."""
    columns = list(zip(*table.rows[:500], strict=False))
    filled = [[v for v in column if v] for column in columns]
    dates = sum(bool(v) and all(map(_dated, v[:100])) and not all(x.isdigit() for x in v) for v in filled)
    sums = sum(bool(v) and all(written(x) is not None for x in v[:100]) for v in filled)
    known = sum(bool(meanings(n)) for n in table.names)
    even = 100 * len(table.rows) // max(1, records)
    return (2 * bool(dates) + bool(sums), known + (2 if even > 80 else 0), dates + sums, even)
