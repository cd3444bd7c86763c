"""How values are written: dates, amounts and their marks. Every reading that fits is kept, not the first."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from thbscreen.io.months import greek_month

#: Years that movements have; a reading of dates outside is none.
FIRST_YEAR, LAST_YEAR = 1980, 2079
#: Most distinct values that are looked at.
MOST = 5_000
_MONTHS = {
    name: n
    for n, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep september", "oct october", "nov november", "dec december"), 1
    )
    for name in names.split()
}  # fmt: skip
_DATE = re.compile(
    r"(?P<a>\d{1,4})(?P<s>[./ -])(?P<b>\d{1,2}|[A-Za-z\u0370-\u03ff]{3,11})(?P=s)(?P<c>\d{4}|\d{1,2})"
    r"(?P<end>\.?)"
    r"(?:(?P<gap>[T ]|, )(?P<h>\d{1,2}):(?P<m>\d{2})(?P<sec>:\d{2})?(?P<frac>\.\d{1,9})?"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_TIME = re.compile(r"(?P<h>\d{1,2}):(?P<m>\d{2})(?P<sec>:\d{2})?(?P<frac>\.\d{1,9})?(?P<half> ?[AaPp][Mm])?")
_COMPACT = re.compile(r"\d{6}|\d{8}")
_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
)
_NUMBER = r"\d(?:[\d.,'’\u00a0\u202f\u2009 ]*\d)?"
#: A currency sign, a code of three letters, or what some countries write instead.
_BESIDE = r"(?:[$£€¥₤₺₴₽]|[A-Z]{3}|kr|Kr|Kč|zł|Ft|lei|Lei|лв|руб|Fr)?"
_AMOUNT = re.compile(
    rf"(?P<open>\(?)(?P<lead>[+\-−]?)\s*(?P<before>{_BESIDE})\s*(?P<lead2>[+\-−]?)"
    rf"(?P<number>{_NUMBER})\s*(?P<after>{_BESIDE})\s*(?P<trail>[+\-−]?)(?P<close>\)?)"
)


@dataclass(frozen=True, slots=True)
class DateForm:
    """One reading of a column of dates.

    Attributes:
        form: format for a mapping; empty for ISO 8601, which needs none.
        days: the days that come out, by written value.
        timed: whether it has a time of day.
    """

    form: str
    days: tuple[dt.date, ...]
    timed: bool


def date_forms(values: Sequence[str]) -> list[DateForm]:
    """Gives every reading that fits all values, the usual first; readings of the same days are one."""
    some = list(dict.fromkeys(values))[:MOST]
    if not some:
        return []
    if all(_ISO.fullmatch(v) for v in some):
        days = [_day(v[:4], v[5:7], v[8:10]) for v in some]
        if None not in days:
            return [DateForm("", tuple(d for d in days if d), any(len(v) > 10 for v in some))]
        return []
    out: dict[tuple[dt.date, ...], DateForm] = {}
    for form, parts in (*_compact(some), *_separated(some)):
        days = [_day(*p) for p in parts]
        if None not in days:
            found = tuple(d for d in days if d)
            out.setdefault(found, DateForm(form, found, "%H" in form or "%I" in form))
    return list(out.values())


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        y = int(year) if len(year) == 4 else 2000 + int(year) if int(year) < 70 else 1900 + int(year)
        found = dt.date(y, _MONTHS.get(month.lower()) or greek_month(month) or int(month), int(day))
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


_Parts = list[tuple[str, str, str]]


def _compact(some: Sequence[str]) -> Iterator[tuple[str, _Parts]]:
    if not all(_COMPACT.fullmatch(v) for v in some) or len({len(v) for v in some}) > 1:
        return
    wide = len(some[0]) == 8
    year = "%Y" if wide else "%y"
    n = 4 if wide else 2
    yield f"{year}%m%d", [(v[:n], v[n : n + 2], v[n + 2 :]) for v in some]
    yield f"%d%m{year}", [(v[4:], v[2:4], v[:2]) for v in some]
    yield f"%m%d{year}", [(v[4:], v[:2], v[2:4]) for v in some]


def _separated(some: Sequence[str]) -> Iterator[tuple[str, _Parts]]:
    found = [m for v in some if (m := _DATE.fullmatch(v)) is not None]
    if len(found) < len(some):
        return
    habits = {
        (
            m["s"],
            m["end"],
            m["gap"],
            bool(m["sec"]),
            bool(m["frac"]),
            m["zone"] is not None,
            m["b"].isdigit(),
            _half(m),
        )
        for m in found
    }
    if len(habits) > 1 or next(iter(habits))[5]:
        return
    mark, end, gap, seconds, fraction, _, digits, half = next(iter(habits))
    time = f"{gap}{_clock(half, seconds=seconds, fraction=fraction)}" if gap else ""
    first = {len(m["a"]) for m in found}
    last = {len(m["c"]) for m in found}
    month = "%m" if digits else "%b" if all(len(m["b"]) == 3 for m in found) else "%B"
    orders = []
    if last in ({4}, {2}):
        year = "%Y" if last == {4} else "%y"
        orders.append((f"%d{mark}{month}{mark}{year}", "cba"))
        if digits:
            orders.append((f"%m{mark}%d{mark}{year}", "cab"))
    if first in ({4}, {2}):
        year = "%Y" if first == {4} else "%y"
        orders.append((f"{year}{mark}{month}{mark}%d", "abc"))
        if digits and first == {4}:
            orders.append((f"{year}{mark}%d{mark}%m", "acb"))
    for form, order in orders:
        y, mo, d = order[0], order[1], order[2]
        yield f"{form}{end}{time}", [(m[y], m[mo], m[d]) for m in found]


def _half(m: re.Match[str]) -> str:
    """Gives how morning and afternoon are told: behind a blank, at once, or not."""
    return "" if not m["half"] else " %p" if m["half"].startswith(" ") else "%p"


def _clock(half: str, *, seconds: bool, fraction: bool) -> str:
    return f"{'%I' if half else '%H'}:%M{':%S' * seconds}{'%.f' * fraction}{half}"


def time_form(values: Sequence[str]) -> str:
    """Gives the one form of times of day that fits all values; empty when there is none."""
    found = [m for v in dict.fromkeys(values) if (m := _TIME.fullmatch(v)) is not None]
    if not found or len(found) < len(dict.fromkeys(values)):
        return ""
    habits = {(bool(m["sec"]), bool(m["frac"]), _half(m)) for m in found}
    if len(habits) > 1 or any(int(m["h"]) > (12 if m["half"] else 23) or int(m["m"]) > 59 for m in found):
        return ""
    seconds, fraction, half = habits.pop()
    return _clock(half, seconds=seconds, fraction=fraction)


def largest_parts(values: Iterable[str]) -> tuple[int, int] | None:
    """Gives the largest first and the largest second number of dates: above 12 a part is no month."""
    found = [m for v in values if (m := _DATE.fullmatch(v)) is not None and m["b"].isdigit()]
    if not found:
        return None
    return max(int(m["a"]) for m in found), max(int(m["b"]) for m in found)


# --- amounts ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """One amount as it is written: the number alone, its sign, and what stands beside it."""

    number: str
    negative: bool
    beside: str
    plus: bool


def written(value: str) -> Written | None:
    """Takes an amount apart; None when it is none."""
    m = _AMOUNT.fullmatch(value)
    if m is None or bool(m["open"]) != bool(m["close"]):
        return None
    signs = [s for s in (m["lead"], m["lead2"], m["trail"], m["open"]) if s]
    if len(signs) > 1 or (m["before"] and m["after"]):
        return None
    return Written(m["number"], bool(signs) and signs[0] != "+", m["before"] or m["after"], "+" in signs)


@dataclass(frozen=True, slots=True)
class Marks:
    """Decimal and thousands mark, as a mapping names them; empty for no thousands mark."""

    decimal: str
    thousands: str


ALL_MARKS = tuple(
    Marks(decimal, thousands)
    for decimal in (".", ",")
    for thousands in ("", ".", ",", "'", " ")
    if thousands != decimal
)


def read(number: str, marks: Marks) -> tuple[int, int] | None:
    """Gives digits and decimals of a number under some marks, as the loader reads it; None when it cannot."""
    classes = {" ": "[ \u00a0\u202f\u2009]", "'": "['\u2019]"}
    whole = r"\d+"
    if marks.thousands:
        mark = classes.get(marks.thousands, re.escape(marks.thousands))
        lakh = r"|\d{1,2}(?:,\d{2})+,\d{3}" if mark == "," else ""
        whole = rf"(?:\d+|\d{{1,3}}(?:{mark}\d{{3}})+{lakh})"
    m = re.fullmatch(rf"({whole})(?:{re.escape(marks.decimal)}(\d+))?", number)
    if m is None:
        return None
    fraction = m[2] or ""
    digits = int(re.sub(r"\D", "", m[1]) + fraction) if len(number) < 40 else None
    if digits is None:
        return None
    while fraction and digits % 10 == 0:
        digits, fraction = digits // 10, fraction[:-1]
    return digits, len(fraction)


def marks_of(columns: Sequence[Sequence[str]]) -> tuple[list[Marks], bool]:
    """Gives the marks under which all numbers of all columns can be read, one for each different result.

    Returns:
        The readings, and whether any number has a decimal part under the first.
    """
    distinct = [list(dict.fromkeys(numbers))[:MOST] for numbers in columns]
    flat = [n for numbers in distinct for n in numbers]
    out: dict[tuple[tuple[int, int] | None, ...], Marks] = {}
    for marks in ALL_MARKS:
        results = tuple(read(n, marks) for n in flat)
        if None not in results:
            out.setdefault(results, marks)
    if not out:
        return [], False
    first = next(iter(out))
    return list(out.values()), any(out[first].decimal in n for n in flat)


def shape(value: str) -> str:
    """Gives the shape of a value: letters are A, digits 9; runs are cut."""
    marks = "".join("9" if c.isdigit() else "A" if c.isalpha() else " " if c.isspace() else c for c in value)
    short = re.sub(r"(A|9| )\1{4,}", lambda m: m[1] * 3 + "…", marks)
    return short if len(short) <= 32 else short[:31] + "…"
