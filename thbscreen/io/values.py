"""Turns raw columns into canonical values, as column expressions with a flag for every bad value.

Nothing is rounded, filled or guessed: a value either has the declared form, or its row is flagged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import NamedTuple

import polars as pl

from thbscreen.io.clock import to_utc, twice, utc_of
from thbscreen.io.months import in_english
from thbscreen.model import iban
from thbscreen.model.money import MAX_MINOR_UNITS

UTC = pl.Datetime("us", "UTC")
LOCAL = pl.Datetime("us")
#: About how many tested numbers of accounts are remembered, by file; each piece is held against all of them.
_MOST_KEPT = 250_000
_SEED = 0xD1FF
_NO_REFERENCE = ("NONREF", "NOTPROVIDED")
_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_MOMENT = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_TIME} ?(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?)?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
#: Begin of the first year, and of the one behind the last, in microseconds.
_FIRST_YEAR, _BEYOND = (
    int((datetime(year, 1, 1) - datetime(1970, 1, 1)).total_seconds()) * 1_000_000 for year in (1900, 2101)
)
#: Formats in which no second can stand, so no leap second either.
_NO_SECONDS = re.compile("(?:[^%]|%[YymdHMBb])*")


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition under which a row is refused, with the column and code that say why."""

    column: str
    code: str
    bad: pl.Expr


@dataclass(frozen=True, slots=True)
class Parsed:
    """A canonical value and its flags."""

    value: pl.Expr
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: UTC value, whether a time of day was given, whether the local hour happened twice."""

    value: pl.Expr
    has_time: pl.Expr
    ambiguous: pl.Expr
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """How amounts are written.

    Attributes:
        decimal: decimal mark.
        thousands: thousands mark, or empty.
        free: accept `+5`, `(5)`, `5-` and the minus sign U+2212 (declared sources only).
        currency_sign: sign or code that may stand once before or behind the number, or empty.
    """

    decimal: str = "."
    thousands: str = ""
    free: bool = False
    currency_sign: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """One date format in the reader's notation; `utc` when it ends in a literal Z."""

    text: str
    has_time: bool = field(default=False)
    has_offset: bool = field(default=False)
    utc: bool = field(default=False)


_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_UNIFORM = (
    (f"{_DATE}T{_CLOCK}Z$", Format("%Y-%m-%dT%H:%M:%SZ", has_time=True, utc=True)),
    (f"{_DATE}T{_CLOCK}$", Format("%Y-%m-%dT%H:%M:%S", has_time=True)),
    (f"{_DATE}$", Format("%Y-%m-%d")),
)


def text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Gives text without outer blanks; empty text is missing."""
    if dtype == pl.String:
        bare = column.str.strip_chars()
        return pl.when(bare.str.len_bytes() > 0).then(bare)
    return column.cast(pl.String)


def without_placeholders(column: pl.Expr) -> pl.Expr:
    """Makes NONREF and NOTPROVIDED missing."""
    return pl.when(~column.is_in(_NO_REFERENCE)).then(column)


def different(column: pl.Series) -> pl.Series:
    """Gives the different values of a text column, told apart by 64-bit hashes, in the order of rows."""
    return column.gather(column.hash(seed=_SEED).arg_unique())


def among(column: pl.Series, some: pl.Series) -> pl.Series:
    """Tells as `is_in`, for values that are there; looks at the rows whose hash is that of one of them."""
    found = column.hash(seed=_SEED).is_in(some.hash(seed=_SEED).implode()) & column.is_not_null()
    return found if column.filter(found).is_in(some.implode()).all() else column.is_in(some.implode())


def placeholders_in(different: pl.Series) -> bool:
    """Tells whether `without_placeholders` makes some of these values missing."""
    return bool(different.is_in(_NO_REFERENCE).any())


def enum(name: str, values: tuple[str, ...]) -> Parsed:
    """Checks a closed set of values; upper and lower case matter."""
    column = pl.col(name)
    return Parsed(column, (Flag(name, "D113", column.is_not_null() & ~column.is_in(values)),))


def flag(name: str, dtype: pl.DataType) -> Parsed:
    """Reads true and false."""
    column = pl.col(name)
    if dtype == pl.Boolean:
        return Parsed(column)
    lower = column.str.to_lowercase()
    value = pl.when(lower == "true").then(True).when(lower == "false").then(False)
    return Parsed(value, (Flag(name, "D115", column.is_not_null() & value.is_null()),))


def whole(name: str, dtype: pl.DataType) -> Parsed:
    """Reads whole numbers."""
    column = pl.col(name)
    if dtype.is_integer():
        value = column.cast(pl.Int64, strict=False)
    else:
        value = pl.when(column.str.contains(r"^-?[0-9]{1,18}$")).then(column).cast(pl.Int64, strict=False)
    return Parsed(value, (Flag(name, "D116", column.is_not_null() & value.is_null()),))


# --- money --------------------------------------------------------------------------------------


def money(frame: pl.DataFrame, name: str, exponent: int | pl.Expr, marks: Marks, *, signed: bool) -> Parsed:
    """Reads amounts as minor units (Int64), exactly.

    Args:
        frame: the rows.
        name: column of the frame: text, Decimal, integer (whole units) or float.
        exponent: decimals of the currency, for all rows or per row.
        marks: how text is written.
        signed: whether negative amounts are allowed.
    """
    dtype = frame.schema[name]
    column = pl.col(name)
    if isinstance(dtype, pl.Decimal):
        parsed = _decimal(name, dtype.scale, exponent)
    elif dtype.is_integer():
        big = column.cast(pl.Int128) * _power(exponent).cast(pl.Int128)
        parsed = Parsed(big.cast(pl.Int64, strict=False))
    elif dtype.is_float():
        scaled = column.cast(pl.Float64) * _power(exponent).cast(pl.Float64)
        exact = (scaled - scaled.round()).abs() <= 1e-6
        value = pl.when(exact & scaled.is_finite()).then(scaled.round()).cast(pl.Int64, strict=False)
        parsed = Parsed(value, (Flag(name, "D120", column.is_not_null() & ~(exact & scaled.is_finite())),))
    else:
        parsed = _money_text(frame, name, exponent, marks)
    held = frame.select(parsed.value.alias(name))[name]
    value = pl.lit(held)
    least, most = held.min(), held.max()
    flags = list(parsed.flags)
    # A missing value of a present cell means that the number did not fit, unless another flag says why.
    if held.null_count() > frame[name].null_count() or not _within(least, most):
        flags.append(
            Flag(name, "D104", (value.abs() > MAX_MINOR_UNITS) | (column.is_not_null() & value.is_null()))
        )
    if not signed and isinstance(least, int) and least < 0:
        flags.append(Flag(name, "D105", value < 0))
    return Parsed(value, tuple(flags))


def _within(least: object, most: object) -> bool:
    """Says whether all amounts between these two are small enough."""
    known = [n for n in (least, most) if isinstance(n, int)]
    return all(-MAX_MINOR_UNITS <= n <= MAX_MINOR_UNITS for n in known)


def _power(exponent: int | pl.Expr) -> pl.Expr:
    if isinstance(exponent, int):
        return pl.lit(10**exponent, dtype=pl.Int64)
    return pl.lit(10, dtype=pl.Int64).pow(exponent)


def _decimal(name: str, scale: int, exponent: int | pl.Expr) -> Parsed:
    units = pl.col(name).to_physical()
    if isinstance(exponent, int) and exponent == scale:
        return Parsed(units.cast(pl.Int64, strict=False))
    scaled = units * _power(exponent).cast(pl.Int128)
    step = pl.lit(10**scale, dtype=pl.Int128)
    return Parsed((scaled // step).cast(pl.Int64, strict=False), (Flag(name, "D103", scaled % step != 0),))


def _money_text(frame: pl.DataFrame, name: str, exponent: int | pl.Expr, marks: Marks) -> Parsed:
    """Reads text step by step, each step once for all rows; flags are there only where a row is bad."""
    column = pl.col(name)
    short = _plain_amounts(frame[name], exponent, marks)
    if short is not None:
        return Parsed(pl.lit(short))
    plain = _plain_sign(_without_currency(column, marks.currency_sign)) if marks.free else column
    point = re.escape(marks.decimal)
    digits = "[0-9]+"
    if marks.thousands:
        mark = _thousands_class(marks.thousands)
        lakh = "|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}" if mark == "," else ""  # Indian: 1,23,456
        digits = f"(?:[0-9]+|[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+{lakh})"
    # Signs are written in other ways by few files; a digit at both ends of every cell leaves nothing to do.
    bare = marks.free and frame.select((~column.str.contains("^-?[0-9][^()+\u2212]*[0-9]$")).any()).item()
    written = frame.select(
        (plain if bare or marks.currency_sign else column).alias("plain"), *_exponent_column(exponent)
    )
    seen = written.with_columns(pl.col("plain").str.contains(f"^-?{digits}(?:{point}[0-9]+)?$").alias("fits"))
    if marks.thousands:
        literal = len(mark) == 1 or mark.startswith("\\")
        away = pl.col("plain").str.replace_all(marks.thousands if literal else mark, "", literal=literal)
        seen = seen.with_columns(away.alias("plain"))
    seen = seen.with_columns(
        (pl.col("plain").str.len_bytes() - 1 - pl.col("plain").str.find(marks.decimal, literal=True))
        .fill_null(0)
        .cast(pl.Int64)
        .alias("decimals"),
        pl.col("plain").str.replace(marks.decimal, "", literal=True).alias("number"),
    )
    places = pl.lit(exponent, dtype=pl.Int64) if isinstance(exponent, int) else pl.col("exponent")
    seen = seen.with_columns((places - pl.col("decimals")).alias("missing"))
    usable = pl.col("fits") & (pl.col("missing") >= 0) & _short("number")
    power = pl.lit(10, dtype=pl.Int64).pow(pl.col("missing").clip(0, 4))
    number = pl.when(usable).then(pl.col("number")).cast(pl.Int64, strict=False)
    found = seen.select(
        (number * power).alias("value"),
        (pl.col("plain").is_not_null() & ~pl.col("fits")).fill_null(value=False).alias("D102"),
        (pl.col("fits") & (pl.col("missing") < 0)).fill_null(value=False).alias("D103"),
    )
    flags = tuple(Flag(name, code, pl.lit(found[code])) for code in ("D102", "D103") if found[code].any())
    return Parsed(pl.lit(found["value"]), flags)


def _plain_amounts(written: pl.Series, exponent: int | pl.Expr, marks: Marks) -> pl.Series | None:
    """Reads a column whose cells all have every decimal of the currency and no odd sign; else None."""
    if not isinstance(exponent, int) or marks.thousands not in ("", ".", ",", " "):
        return None
    whole = "[0-9]{1,9}"
    if marks.thousands:
        whole = f"(?:{whole}|[0-9]{{1,3}}(?:{re.escape(marks.thousands)}[0-9]{{3}}){{1,2}})"
    decimals = f"{re.escape(marks.decimal)}[0-9]{{{exponent}}}" if exponent else ""
    if not written.str.contains(f"^-?{whole}{decimals}$").all():
        return None
    digits = written.str.replace_all(marks.thousands, "", literal=True) if marks.thousands else written
    if exponent:
        digits = digits.str.replace(marks.decimal, "", literal=True)
    return digits.cast(pl.Int64)


def _exponent_column(exponent: int | pl.Expr) -> list[pl.Expr]:
    return [] if isinstance(exponent, int) else [exponent.cast(pl.Int64).alias("exponent")]


def _short(name: str) -> pl.Expr:
    """Says that a number has at most fourteen digits that count; leading zeros do not."""
    column = pl.col(name)
    return (column.str.len_bytes() <= 14) | column.str.contains("^-?0*[0-9]{1,14}$")


def _without_currency(column: pl.Expr, sign: str) -> pl.Expr:
    """Takes the declared sign away where it stands before or behind the number, inside brackets or not."""
    if not sign:
        return column
    mark = re.escape(sign)
    before = column.str.replace(rf"^([+\-\u2212(]?)\s*{mark}\s*", "$1")
    return (
        pl.when(before != column)
        .then(before)
        .otherwise(column.str.replace(rf"\s*{mark}\s*([+\-\u2212)]?)$", "$1"))
    )


def _plain_sign(column: pl.Expr) -> pl.Expr:
    """Writes (5), 5-, +5 and U+2212 as a leading minus or nothing."""
    dashed = column.str.replace("−", "-", literal=True).str.replace(r"^\+\s*", "")
    dashed = dashed.str.replace(r"^\(([^()-]*)\)$", "-$1")
    return dashed.str.replace(r"^([^-]+)-$", "-$1").str.replace(r"^-\s+", "-")


def _thousands_class(mark: str) -> str:
    return "[ \u00a0\u202f\u2009]" if mark == " " else "['\u2019]" if mark == "'" else re.escape(mark)


def converted(amount: pl.Expr, exponent: int | pl.Expr, numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Converts minor units of a currency into euro cents by a rate given as a fraction; halves go up.

    Rate is euros per unit; 128-bit integers keep the product exact.
    """
    top = amount.cast(pl.Int128) * numerator.cast(pl.Int128) * pl.lit(200, dtype=pl.Int128)
    bottom = denominator.cast(pl.Int128) * _power(exponent).cast(pl.Int128)
    return ((top + bottom) // (bottom * pl.lit(2, dtype=pl.Int128))).cast(pl.Int64, strict=False)


# --- time ---------------------------------------------------------------------------------------


def day(name: str, dtype: pl.DataType, formats: tuple[Format, ...], zone: str) -> Parsed:
    """Reads calendar days; ISO 8601 unless formats are declared."""
    column = pl.col(name)
    flags: list[Flag] = []
    if dtype == pl.Date:
        value = column
    elif isinstance(dtype, pl.Datetime):
        value = (column.dt.convert_time_zone(zone) if dtype.time_zone else column).dt.date()
    elif formats:
        words = any("%b" in f.text.lower() for f in formats)
        told = column.map_batches(in_english, return_dtype=pl.String) if words else column
        options = [told.str.strptime(pl.Date, f.text, strict=False, exact=True) for f in formats]
        value = pl.coalesce(options)
        flags += _ambiguity(name, options)
    else:
        shaped = pl.when(column.str.contains(_DAY)).then(column)
        value = shaped.str.strptime(pl.Date, "%Y-%m-%d", strict=False, exact=True)
    flags.append(Flag(name, "D109", column.is_not_null() & value.is_null()))
    flags.append(_years(name, value.dt.year()))
    return Parsed(value, tuple(flags))


def moment(frame: pl.DataFrame, name: str, formats: tuple[Format, ...], zone: str) -> Moment:
    """Reads points in time and gives them in UTC; times without offset belong to `zone`.

    A local hour that happens twice is taken as the first one and marked; one that does not exist is
    flagged. A date alone becomes the start of that local day without a time of day.
    """
    column, dtype = pl.col(name), frame.schema[name]
    yes, no = pl.lit(value=True), pl.lit(value=False)
    if dtype == pl.Date:
        value = _start_of_day(column.cast(LOCAL), zone)
        return Moment(value, no, no, (_years(name, column.dt.year()),))
    if isinstance(dtype, pl.Datetime):
        local = column.cast(pl.Datetime("us", dtype.time_zone))
        if dtype.time_zone:
            value = local.dt.convert_time_zone("UTC")
            return Moment(value, yes, no, (_years(name, value.dt.year()),))
        value = to_utc(local, zone)
        flags = (Flag(name, "D111", local.is_not_null() & value.is_null()), _years(name, local.dt.year()))
        return Moment(value, yes, twice(local, zone), flags)
    return _declared(frame[name], name, formats, zone) if formats else _iso(frame[name], name, zone)


def _iso(written: pl.Series, name: str, zone: str) -> Moment:
    """Reads ISO 8601; a chunk written in one form throughout takes a short way."""
    for shape, form in _UNIFORM:
        if written.str.contains(shape).all():
            return _declared(written, name, (form,), zone)
    column = pl.col(name)
    shaped = pl.when(column.str.contains(_MOMENT)).then(column)
    timed = shaped.str.len_bytes() > 10
    offset = pl.when(timed).then(shaped.str.extract(_OFFSET, 1))
    bare = shaped.str.replace(_OFFSET, "").str.strip_chars_end().str.replace(" ", "T", literal=True)
    bare = pl.when(timed).then(bare)
    parsed = pl.coalesce(
        bare.str.strptime(LOCAL, "%Y-%m-%dT%H:%M:%S%.f", strict=False, exact=True),
        bare.str.strptime(LOCAL, "%Y-%m-%dT%H:%M", strict=False, exact=True),
    )
    date = (
        pl.when(~timed).then(shaped).str.strptime(pl.Date, "%Y-%m-%d", strict=False, exact=True).cast(LOCAL)
    )
    local = pl.when(offset.is_null()).then(parsed)
    value = pl.coalesce(
        to_utc(local, zone),
        (pl.when(offset.is_not_null()).then(parsed) - _offset_length(offset)).dt.replace_time_zone("UTC"),
        _start_of_day(date, zone),
    )
    known = pl.coalesce(parsed, date)
    return Moment(
        value,
        timed,
        twice(local, zone).fill_null(value=False),
        (
            Flag(name, "D109", column.is_not_null() & known.is_null()),
            Flag(name, "D111", known.is_not_null() & value.is_null()),
            _years(name, known.dt.year()),
        ),
    )


def _offset_length(offset: pl.Expr) -> pl.Expr:
    digits = offset.str.replace(":", "", literal=True)
    minutes = digits.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + digits.str.slice(3, 2).cast(
        pl.Int64, strict=False
    )
    signed = (
        pl.when(offset == "Z").then(0).when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes)
    )
    return pl.duration(minutes=signed)


def _declared(written: pl.Series, name: str, formats: tuple[Format, ...], zone: str) -> Moment:
    """Reads declared forms step by step, each step once for all rows; flags only where a row is bad."""
    usable = in_english(written) if any("%b" in form.text.lower() for form in formats) else written
    seconds = not all(_NO_SECONDS.fullmatch(form.text) for form in formats)
    if seconds and written.str.contains(":60", literal=True).any():
        # A leap second would silently become the next minute.
        frame = usable.to_frame("t")
        usable = frame.select(pl.when(~pl.col("t").str.contains(r":60(?:[^0-9]|$)")).then(pl.col("t")))["t"]
    found = [_one_form(usable, form, zone) for form in formats]
    value, local, timed, again = found[0]
    several: list[pl.Expr] = []
    if len(found) > 1:
        several = [pl.lit(one.local) for one in found]
        value, local, timed = (
            pl.select(pl.coalesce(pl.lit(one[i]) for one in found)).to_series() for i in (0, 1, 2)
        )
        known = [one.again for one in found if one.again is not None]
        again = pl.select(pl.any_horizontal(known)).to_series() if known else None
    flags: list[Flag] = []
    if local.null_count() > written.null_count():
        flags.append(Flag(name, "D109", pl.lit(written.is_not_null() & local.is_null())))
    flags += _ambiguity(name, several)
    if value.null_count() > local.null_count():
        flags.append(Flag(name, "D111", pl.lit(local.is_not_null() & value.is_null())))
    units = local.to_physical()
    least, most = units.min(), units.max()  # whole numbers: Python has no year 0
    if isinstance(least, int) and isinstance(most, int) and not _FIRST_YEAR <= least <= most < _BEYOND:
        flags.append(_years(name, pl.lit(local.dt.year())))
    return Moment(
        pl.lit(value), pl.lit(timed), pl.lit(value=False) if again is None else pl.lit(again), tuple(flags)
    )


class _Read(NamedTuple):
    """What one form gives: UTC, the local time, whether it has a time of day, what happens twice."""

    value: pl.Series
    local: pl.Series
    timed: pl.Series
    again: pl.Series | None


def _one_form(written: pl.Series, form: Format, zone: str) -> _Read:
    again = None
    if form.has_offset:
        value = _timed(written, UTC, form)
        local = value.dt.replace_time_zone(None)
    elif form.utc:
        local = _timed(written, LOCAL, form)
        value = local.dt.replace_time_zone("UTC")
    elif form.has_time:
        local = _timed(written, LOCAL, form)
        value, again = utc_of(local, zone)
    else:
        local = written.str.strptime(pl.Date, form.text, strict=False, exact=True).cast(LOCAL)
        value, _ = utc_of(local, zone)
        if value.null_count() > local.null_count():
            value = local.to_frame("t").select(_start_of_day(pl.col("t"), zone))["t"]
    timed = local.is_not_null()
    if timed.all():
        timed = pl.repeat(form.has_time, len(local), dtype=pl.Boolean, eager=True)
    else:
        timed = pl.select(pl.when(timed).then(form.has_time)).to_series()
    return _Read(value, local, timed, again)


def _timed(written: pl.Series, dtype: pl.Datetime, form: Format) -> pl.Series:
    """Reads times of day; they differ so much that keeping those that were read costs more than it saves."""
    return written.str.strptime(dtype, form.text, strict=False, exact=True, cache=False)


def _ambiguity(name: str, options: list[pl.Expr]) -> list[Flag]:
    if len(options) < 2:
        return []
    return [Flag(name, "D110", pl.min_horizontal(options) != pl.max_horizontal(options))]


def _start_of_day(midnight: pl.Expr, zone: str) -> pl.Expr:
    # Some zones skip midnight on the day of the clock change; the day then starts an hour later.
    return pl.coalesce(to_utc(midnight, zone), to_utc(midnight + pl.duration(hours=1), zone))


def _years(name: str, year: pl.Expr) -> Flag:
    return Flag(name, "D112", (year < 1900) | (year > 2100))


# --- account numbers ----------------------------------------------------------------------------


def account(column: pl.Expr) -> pl.Expr:
    """Removes blanks and makes letters capital where the result has the shape of an IBAN."""
    bare = column.str.replace_all(r"\s", "").str.to_uppercase()
    return pl.when(bare.str.contains(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")).then(bare).otherwise(column)


def account_numbers(values: pl.Series) -> pl.Series:
    """Writes IBANs without points, hyphens, slashes and the word IBAN, where their check digits then hold.

    Other numbers stay as `account` leaves them: in a national number a hyphen may mean something.
    """
    plain = values.alias("v").to_frame().select(account(pl.col("v")).alias("v"))
    odd = plain["v"].unique().drop_nulls()
    odd = odd.filter(odd.str.contains(r"[.\-:/\u2010-\u2015\u00ad\u200b-\u200f\u2060\ufeff]|(?i)^\s*IBAN"))
    bare = pl.col("v").str.replace_all(iban.NOISE, "").str.to_uppercase()
    named = bare.str.starts_with("IBAN") & bare.str.slice(4).str.contains(iban.SHAPE)
    table = odd.to_frame().with_columns(c=pl.when(named).then(bare.str.slice(4)).otherwise(bare))
    table = table.filter(pl.col("c").str.contains(iban.SHAPE))
    if not table.height:
        return plain["v"].alias(values.name)
    table = table.filter(iban_holds(table["c"]))
    out = plain.join(table, on="v", how="left", maintain_order="left")
    return out.select(pl.coalesce("c", "v").alias(values.name))[values.name]


def all_plain(different: pl.Series) -> bool:
    """Tells whether `account_numbers` leaves all of these numbers as they are."""
    return not different.str.contains(r"[^0-9A-Z]|^IBAN").any()


class ProvedIbans:
    """Tests IBANs chunk by chunk; what was found is remembered, as most come again."""

    def __init__(self) -> None:
        """Starts with none."""
        self._known = self._wrong = pl.Series("iban", [], dtype=pl.String)
        self._lock = Lock()  # what is known only grows, and what is wrong of it with it

    def wrong(self, different: pl.Series) -> pl.Series:
        """Gives those of different normalised IBANs for which `iban_holds` is false."""
        asked = different.drop_nulls().alias("iban")
        with self._lock:
            fresh, wrong = asked.filter(~asked.is_in(self._known.implode())), self._wrong
            if len(fresh):
                wrong = pl.concat([wrong, fresh.filter(~iban_holds(fresh))])
                if len(self._known) < _MOST_KEPT:
                    self._wrong, self._known = wrong, pl.concat([self._known, fresh])
        return asked.filter(asked.is_in(wrong.implode())) if len(wrong) else wrong


def iban_holds(values: pl.Series) -> pl.Series:
    """Tells for each normalised IBAN whether structure and check digits hold; null for null.

    The columnar twin of `thbscreen.model.iban.is_valid`.
    """
    unique = values.unique().drop_nulls().alias("iban").to_frame()
    country = pl.col("iban").str.slice(0, 2)
    shaped = pl.col("iban").str.contains(iban.SHAPE)
    found = unique.filter(shaped).select(country.unique())["iban"].to_list()
    known = {c: s for c in found if (s := iban.structure(c)) is not None}
    fits = pl.coalesce(
        *(pl.when(country == c).then(pl.col("iban").str.contains(s.pattern)) for c, s in known.items()),
        shaped,
    )
    rest = pl.col("iban").str.slice(4) + pl.col("iban").str.slice(0, 4)
    letters = [chr(c) for c in range(ord("A"), ord("Z") + 1)]
    digits = rest.str.replace_many(letters, [str(int(c, 36)) for c in letters])
    usable = unique.with_columns(digits=pl.when(shaped & fits).then(digits))
    remainder = pl.lit(0, dtype=pl.Int64)
    for start in range(0, 68, 12):
        part = pl.col("digits").str.slice(start, 12)
        number = part.cast(pl.Int64, strict=False).fill_null(0)
        remainder = (
            remainder * pl.lit(10, dtype=pl.Int64).pow(part.str.len_bytes().cast(pl.Int64)) + number
        ) % 97
    table = usable.select("iban", holds=(remainder == 1).fill_null(value=False))
    if iban.NATIONAL & set(found):
        table = _national(table)
    wrong = table.filter(~pl.col("holds"))["iban"]
    if not len(wrong):
        return values.is_not_null().to_frame("h").select(pl.when("h").then(pl.col("h")))["h"]
    return ~values.is_in(wrong.implode())


def _national(table: pl.DataFrame) -> pl.DataFrame:
    """Tests the national check digits of the few countries that have ones we know."""
    asked = pl.col("holds") & pl.col("iban").str.slice(0, 2).is_in(sorted(iban.NATIONAL))
    numbers = table.filter(asked)["iban"].to_list()
    wrong = [number for number in numbers if not iban.national_holds(number)]
    return table.with_columns(holds=pl.col("holds") & ~pl.col("iban").is_in(wrong))
