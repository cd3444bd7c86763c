"""Turns raw columns into canonical values, as column expressions with a flag for every bad value.

Nothing is rounded, filled or guessed: a value either has the declared form, or its row is flagged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from thbscreen.model import iban
from thbscreen.model.money import MAX_MINOR_UNITS

UTC = pl.Datetime("us", "UTC")
LOCAL = pl.Datetime("us")
_NO_REFERENCE = ("NONREF", "NOTPROVIDED")
_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_MOMENT = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_TIME} ?(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?)?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


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


def money(name: str, dtype: pl.DataType, exponent: int | pl.Expr, marks: Marks, *, signed: bool) -> Parsed:
    """Reads amounts as minor units (Int64), exactly.

    Args:
        name: column of the frame.
        dtype: its type; text, Decimal, integer (whole units) or float.
        exponent: decimals of the currency, for all rows or per row.
        marks: how text is written.
        signed: whether negative amounts are allowed.
    """
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
        parsed = _money_text(name, exponent, marks)
    flags = list(parsed.flags)
    value = parsed.value
    # A missing value of a present cell means that the number did not fit, unless another flag says why.
    flags.append(
        Flag(name, "D104", (value.abs() > MAX_MINOR_UNITS) | (column.is_not_null() & value.is_null()))
    )
    if not signed:
        flags.append(Flag(name, "D105", value < 0))
    return Parsed(value, tuple(flags))


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


def _money_text(name: str, exponent: int | pl.Expr, marks: Marks) -> Parsed:
    column = pl.col(name)
    plain = _plain_sign(_without_currency(column, marks.currency_sign)) if marks.free else column
    point = re.escape(marks.decimal)
    digits = "[0-9]+"
    if marks.thousands:
        mark = _thousands_class(marks.thousands)
        digits = f"(?:[0-9]+|[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+)"
        stripped = plain.str.replace_all(mark, "")
    else:
        stripped = plain
    fits = plain.str.contains(f"^-?{digits}(?:{point}[0-9]+)?$")
    decimals = stripped.str.extract(f"{point}([0-9]+)$").str.len_chars().fill_null(0).cast(pl.Int64)
    missing = (
        pl.lit(exponent, dtype=pl.Int64) - decimals if isinstance(exponent, int) else exponent - decimals
    )
    number = stripped.str.replace(marks.decimal, "", literal=True)
    usable = fits & (missing >= 0) & number.str.contains("^-?0*[0-9]{1,14}$")
    value = pl.when(usable).then(number).cast(pl.Int64, strict=False) * pl.lit(10, dtype=pl.Int64).pow(
        missing.clip(0, 4)
    )
    return Parsed(
        value,
        (
            Flag(name, "D102", column.is_not_null() & ~fits),
            Flag(name, "D103", fits & (missing < 0)),
        ),
    )


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
        options = [column.str.strptime(pl.Date, f.text, strict=False, exact=True) for f in formats]
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
        value = _to_utc(local, zone)
        flags = (Flag(name, "D111", local.is_not_null() & value.is_null()), _years(name, local.dt.year()))
        return Moment(value, yes, _twice(local, zone), flags)
    return _declared(name, formats, zone) if formats else _iso(frame[name], name, zone)


def _iso(written: pl.Series, name: str, zone: str) -> Moment:
    """Reads ISO 8601; a chunk written in one form throughout takes a short way."""
    for shape, form in _UNIFORM:
        if written.str.contains(shape).all():
            return _declared(name, (form,), zone)
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
        _to_utc(local, zone),
        (pl.when(offset.is_not_null()).then(parsed) - _offset_length(offset)).dt.replace_time_zone("UTC"),
        _start_of_day(date, zone),
    )
    known = pl.coalesce(parsed, date)
    return Moment(
        value,
        timed,
        _twice(local, zone).fill_null(value=False),
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


def _declared(name: str, formats: tuple[Format, ...], zone: str) -> Moment:
    column = pl.col(name)
    # A leap second would silently become the next minute.
    usable = pl.when(~column.str.contains(r":60(?:[^0-9]|$)")).then(column)
    values, known, twice, timed = [], [], [], []
    for form in formats:
        if form.has_offset:
            value = usable.str.strptime(UTC, form.text, strict=False, exact=True)
            local = value.dt.replace_time_zone(None)
        elif form.utc:
            local = usable.str.strptime(LOCAL, form.text, strict=False, exact=True)
            value = local.dt.replace_time_zone("UTC")
        elif form.has_time:
            local = usable.str.strptime(LOCAL, form.text, strict=False, exact=True)
            value = _to_utc(local, zone)
            twice.append(_twice(local, zone).fill_null(value=False))
        else:
            local = usable.str.strptime(pl.Date, form.text, strict=False, exact=True).cast(LOCAL)
            value = _start_of_day(local, zone)
        values.append(value)
        known.append(local)
        timed.append(pl.when(local.is_not_null()).then(form.has_time))
    value, local = pl.coalesce(values), pl.coalesce(known)
    return Moment(
        value,
        pl.coalesce(timed),
        pl.any_horizontal(twice) if twice else pl.lit(value=False),
        (
            Flag(name, "D109", column.is_not_null() & local.is_null()),
            *_ambiguity(name, known),
            Flag(name, "D111", local.is_not_null() & value.is_null()),
            _years(name, local.dt.year()),
        ),
    )


def _ambiguity(name: str, options: list[pl.Expr]) -> list[Flag]:
    if len(options) < 2:
        return []
    return [Flag(name, "D110", pl.min_horizontal(options) != pl.max_horizontal(options))]


def _to_utc(local: pl.Expr, zone: str) -> pl.Expr:
    zoned = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")


def _twice(local: pl.Expr, zone: str) -> pl.Expr:
    first = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return first != local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")


def _start_of_day(midnight: pl.Expr, zone: str) -> pl.Expr:
    # Some zones skip midnight on the day of the clock change; the day then starts an hour later.
    return pl.coalesce(_to_utc(midnight, zone), _to_utc(midnight + pl.duration(hours=1), zone))


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
    return values.alias("iban").to_frame().join(table, on="iban", how="left", maintain_order="left")["holds"]


def _national(table: pl.DataFrame) -> pl.DataFrame:
    """Tests the national check digits of the few countries that have ones we know."""
    asked = pl.col("holds") & pl.col("iban").str.slice(0, 2).is_in(sorted(iban.NATIONAL))
    numbers = table.filter(asked)["iban"].to_list()
    wrong = [number for number in numbers if not iban.national_holds(number)]
    return table.with_columns(holds=pl.col("holds") & ~pl.col("iban").is_in(wrong))
