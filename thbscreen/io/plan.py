"""Second step of loading: canonical names to checked canonical values.

A plan belongs to one file. It turns raw chunks into canonical chunks and says for every row that is
left out why. What is refused never depends on which columns a caller asks for: every column whose
values can be wrong is always read and checked; only plain text columns are left out when not needed.
"""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from thbscreen.io import values
from thbscreen.io.codes import reason
from thbscreen.io.files import reading
from thbscreen.io.raw import ROW, ZERO_AMOUNT, RawChunk, RawSource
from thbscreen.io.shape import CREDIT, DEBIT, LEG, UNCOVERED, Shape, legs
from thbscreen.io.values import Flag, Marks, Parsed
from thbscreen.io.workbook import XlsxSource
from thbscreen.model.catalogue import TABLES, Field
from thbscreen.model.money import DEFAULT_EXPONENT, EXPONENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from thbscreen.io.mapping import Section

_WHY, _STATUS, _TWICE = "\x00why", "\x00status", "\x00twice"
_NOT_BOOKED = ("pending", "reversed", "returned")
ALWAYS = ("tx_id", "account_id", "booking_ts", "has_time", "direction", "amount", "currency", "amount_eur")
#: Where a row was found; a table that was converted before brings it along.
LINEAGE = ("source_file", "source_row")
_CHECKED_TEXT = ("currency", "orig_currency")
#: Account numbers: blanks go, IBAN letters become capital.
_ACCOUNTS = ("account_id", "cp_account_id", "cp_iban", "iban")
#: Columns with few different values in most files; what can be told of these is told once for each.
_FEW = ("account_id", "cp_iban", *_CHECKED_TEXT)
_EURO = pl.Series("currency", ["EUR"])
_PLACEHOLDERS = (
    "end_to_end_id",
    "uetr",
    "bank_ref",
    "batch_id",
    "cp_account_id",
    "cp_iban",
    "cp_name",
    "remittance_info",
)
REJECTS = {"file": pl.String, "row": pl.Int64, "column": pl.String, "reason": pl.String}
TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "enum": pl.String(),
    "money": pl.Int64(),
    "time": values.UTC,
    "date": pl.Date(),
    "flag": pl.Boolean(),
    "whole": pl.Int64(),
    "share": pl.Float64(),
}


@dataclass(slots=True)
class Loaded:
    """One canonical chunk and what was left out of it.

    Attributes:
        frame: `ROW` (row in the file), `LEG` for transfers, and canonical columns.
        read: source rows read.
        loaded: source rows in the frame.
        skipped: source rows left out by rule, by reason.
        rejects: refused rows with file, row, column and reason.
        notes: things that were settled by rule and are worth knowing, counted.
        accounts: the different values of `account_id`, where they are known.
        partners: those of `cp_account_id`, where they are known; all are IBANs as written in `cp_iban`.
    """

    frame: pl.DataFrame
    read: int
    loaded: int
    rejects: pl.DataFrame
    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    accounts: pl.Series | None = None
    partners: pl.Series | None = None


def together(parts: Sequence[Loaded]) -> Loaded:
    """Joins what pieces of one file gave."""
    if len(parts) == 1:
        return parts[0]
    return Loaded(
        pl.concat([part.frame for part in parts]),
        sum(part.read for part in parts),
        sum(part.loaded for part in parts),
        pl.concat([part.rejects for part in parts]),
        sum((part.skipped for part in parts), Counter()),
        sum((part.notes for part in parts), Counter()),
        _together([part.accounts for part in parts]),
        _together([part.partners for part in parts]),
    )


def _together(parts: Sequence[pl.Series | None]) -> pl.Series | None:
    known = [part for part in parts if part is not None]
    return pl.concat(known).unique() if len(known) == len(parts) else None


class _Told(NamedTuple):
    """Decimals of amounts, and the different values of the columns that have few."""

    amount: int | pl.Expr
    original: int | pl.Expr
    different: dict[str, pl.Series]


class Plan:
    """How one file becomes rows of one canonical table."""

    def __init__(
        self, table: str, source: RawSource, shape: Shape, section: Section | None, zone: str
    ) -> None:
        """Keeps the pieces and works out which canonical columns there will be."""
        self.table = table
        self.source = source
        self.shape = shape
        self.section = section
        self.zone = section.zone if section is not None and section.zone else zone
        self.transfer = section is not None and section.perspective == "transfer"
        self.fields = {f.name: f for f in TABLES[table]}
        self.times_are_dates = False
        self.times_checked = False
        self._ibans = values.ProvedIbans()
        self.columns = self._available()
        self._always = self._always_needed()

    def _available(self) -> frozenset[str]:
        names = {n for n in self.shape.exprs if n in self.fields}
        if self.transfer:
            sides = {n[6:] for n in self.shape.exprs if n.startswith(("payer.", "payee."))}
            names |= {f"cp_{side}" for side in sides} | {"account_id", "direction", "batch_id"}
        if self.table == "transactions":
            names |= {*ALWAYS, "source_file", "source_row"}
            if "cp_iban" in names:
                names |= {"cp_account_id", "cp_country"}
        return frozenset(names)

    def _always_needed(self) -> frozenset[str]:
        """Names shape columns that can refuse a row, or that others are made from."""
        out = set()
        for name in self.shape.exprs:
            known = self.fields.get(name)
            checked = known is None or known.kind != "text" or known.required or name in _CHECKED_TEXT
            if checked or name in LINEAGE or UNCOVERED + name in self.shape.exprs:
                out.add(name)
        if self.table == "transactions" and "tx_id" not in self.shape.exprs:
            out |= set(self.shape.exprs)  # the id is made from the whole content
        out |= {
            n for n in self.shape.exprs if n in ("tx_id", "batch_id") or n.startswith(("payer.", "payee."))
        }
        return frozenset(out)

    def needed(self, wanted: Collection[str] | None) -> list[str]:
        """Gives shape columns to compute for the wanted canonical columns."""
        if wanted is None:
            return list(self.shape.exprs)
        extra = set(wanted)
        if extra & {"cp_account_id", "cp_country"}:
            extra.add("cp_iban")
        if "cp_iban" in extra:
            extra.add("cp_account_id")
        return [n for n in self.shape.exprs if n in self._always or n in extra]

    def raw_columns(self, names: Collection[str]) -> frozenset[str]:
        """Gives the raw columns that the shape columns need."""
        return frozenset(raw for name in names for raw in self.shape.raw[name])

    # --- one chunk --------------------------------------------------------------------------------

    def load(self, chunk: RawChunk, names: list[str], keep: pl.Expr | None = None) -> Loaded:
        """Converts one raw chunk.

        Args:
            chunk: raw rows that hold at least `raw_columns(names)`.
            names: shape columns to convert, from `needed`.
            keep: only rows where this holds over shape columns are converted (for look-ups).
        """
        with reading(self.source.file.name):
            frame = self.shape.columns(chunk.frame, names, spaces=chunk.spaces, bare=chunk.bare)
            if self.transfer:
                frame = legs(frame, names)
            if keep is not None:
                frame = frame.filter(keep)
            notes: Counter[str] = Counter()
            different = {n: self._different(frame[n]) for n in _FEW if n in frame.columns}
            exprs, flags = self._convert(frame, notes, different)
            checked = (
                frame.lazy()
                .select(
                    pl.col(ROW),
                    *([pl.col(LEG)] if self.transfer else []),
                    *(expr.alias(name) for name, expr in exprs.items()),
                    *(flag.bad.fill_null(value=False).alias(f"\x00{i}") for i, flag in enumerate(flags)),
                )
                .collect()
            )
            loaded = self._sorted_out(chunk, frame, checked, flags, notes)
            if loaded.frame.height == frame.height:  # what was told of all rows holds for those that stay
                if "account_id" in different and exprs["account_id"].meta.is_column():  # all are plain
                    loaded.accounts = different["account_id"]
                if "cp_account_id" not in frame.columns:
                    loaded.partners = different.get("cp_iban")
            return loaded

    def _different(self, column: pl.Series) -> pl.Series:
        constant = not self.shape.raw.get(column.name, True)
        return column.head(1) if constant else values.different(column)

    def _sorted_out(
        self,
        chunk: RawChunk,
        frame: pl.DataFrame,
        checked: pl.DataFrame,
        flags: list[Flag],
        notes: Counter[str],
    ) -> Loaded:
        marks = [f"\x00{i}" for i in range(len(flags))]
        hit = [i for i, name in enumerate(marks) if checked[name].any()]
        skipped: Counter[str] = Counter({"blank line": chunk.blank} if chunk.blank else {}) + chunk.skipped
        good = checked.drop(marks)
        rejects = self._bad_rows(chunk)
        if hit:
            why: pl.Expr = pl.coalesce(pl.when(pl.col(marks[i])).then(pl.lit(i, dtype=pl.Int32)) for i in hit)
            if _STATUS in checked.columns:  # rows that are not booked are left out whatever else they hold
                why = pl.when(~pl.col(_STATUS).is_in(_NOT_BOOKED).fill_null(value=False)).then(why)
            reasons = checked.select(why.alias(_WHY))[_WHY]
            rejects = pl.concat([rejects, self._refused(frame, reasons, flags)])
            good = good.filter(reasons.is_null())
        if self.table == "transactions":
            good = self._skip(good, skipped)
        if _TWICE in good.columns and (n := int(good[_TWICE].sum() or 0)):
            notes["local time happens twice (clock change); the first was taken"] += n
        rejects = rejects.unique(subset=["row"], keep="first", maintain_order=True)
        loaded = good[ROW].n_unique() if self.transfer else good.height
        return Loaded(good.drop(_STATUS, _TWICE, strict=False), chunk.read, loaded, rejects, skipped, notes)

    def _skip(self, frame: pl.DataFrame, skipped: Counter[str]) -> pl.DataFrame:
        """Leaves out rows that are not booked and rows without an amount."""
        per_row = 2 if self.transfer else 1
        if _STATUS in frame.columns:
            status = frame[_STATUS]
            for value, count in status.drop_nulls().value_counts().iter_rows():
                if value != "booked":
                    skipped[f"status {value}"] += count // per_row
            frame = frame.filter(status.is_null() | (status == "booked"))
        zero = frame["amount"] == 0
        count = int(zero.sum())
        if count:
            skipped[ZERO_AMOUNT] += count // per_row
            frame = frame.filter(~zero)
        return frame

    def _bad_rows(self, chunk: RawChunk) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "file": [self.source.file.name] * len(chunk.bad),
                "row": [row for row, _ in chunk.bad],
                "column": [None] * len(chunk.bad),
                "reason": [reason(code) for _, code in chunk.bad],
            },
            schema=REJECTS,
        )

    def _refused(self, frame: pl.DataFrame, reasons: pl.Series, flags: list[Flag]) -> pl.DataFrame:
        """Gives file, row, column and reason of refused rows; enum reasons suggest the nearest value."""
        mask = reasons.is_not_null()
        bad = frame.filter(mask).with_columns(reasons.filter(mask).alias(_WHY))
        parts = [pl.DataFrame(schema=REJECTS)]
        for (index,), rows in bad.group_by(_WHY, maintain_order=True):
            flag = flags[int(str(index))]
            text: pl.Expr = pl.lit(reason(flag.code))
            known = self.fields.get(flag.column)
            if flag.code == "D113" and known is not None and flag.column in rows.columns:
                written = rows[flag.column].unique().to_list()
                hints = {w: reason("D113", _nearest(w, known)) for w in written}
                text = pl.col(flag.column).replace_strict(
                    list(hints), list(hints.values()), return_dtype=pl.String
                )
            parts.append(
                rows.select(
                    pl.lit(self.source.file.name).alias("file"),
                    pl.col(ROW).alias("row"),
                    pl.lit(_shown_column(flag.column)).alias("column"),
                    text.alias("reason"),
                )
            )
        return pl.concat(parts).sort("row", maintain_order=True)

    @property
    def may_have_times(self) -> bool:
        """False when the mapping declares formats of the booking time, and none has a time of day."""
        formats = self._formats("booking_ts")
        return not formats or any(form.has_time for form in formats)

    def times(self, chunk: RawChunk) -> pl.DataFrame:
        """Gives the column `t`: booking times of a raw chunk that came with a time of day."""
        with reading(self.source.file.name):
            frame = self.shape.columns(chunk.frame, ["booking_ts"], spaces=chunk.spaces, bare=chunk.bare)
            moment = values.moment(frame, "booking_ts", self._formats("booking_ts"), self.zone)
            return frame.lazy().filter(moment.has_time).select(moment.value.alias("t")).drop_nulls().collect()

    # --- values -----------------------------------------------------------------------------------

    def _convert(
        self, frame: pl.DataFrame, notes: Counter[str], different: dict[str, pl.Series]
    ) -> tuple[dict[str, pl.Expr], list[Flag]]:
        exprs: dict[str, pl.Expr] = {}
        flags = [
            Flag(name.removeprefix(UNCOVERED), "D114", pl.col(name))
            for name in frame.columns
            if name.startswith(UNCOVERED)
        ]
        exponents = self._exponents(different)
        for name, known in self.fields.items():
            if name in LINEAGE and name in frame.columns:
                # told by a table that was converted before; what cannot be read is told anew
                exprs[name] = (
                    pl.col(name) if known.kind == "text" else values.whole(name, frame.schema[name]).value
                )
            elif name in frame.columns:
                self._convert_one(frame, known, exponents, exprs, flags)
        if self.table == "transactions":
            self._amounts(frame, exponents, exprs, flags)
            self._counterparty(frame, different, exprs, notes)
            if "status" in frame.columns:
                exprs[_STATUS] = exprs["status"]
            if self.transfer:
                self._transfer(frame, exprs, flags, notes)
        return exprs, flags

    def _convert_one(
        self,
        frame: pl.DataFrame,
        known: Field,
        exponents: _Told,
        exprs: dict[str, pl.Expr],
        flags: list[Flag],
    ) -> None:
        name, dtype = known.name, frame.schema[known.name]
        formats = self._formats(name)
        if known.kind == "text":
            parsed = Parsed(self._text(frame, name, exponents.different.get(name)))
            if name in _CHECKED_TEXT and exponents.different[name].str.contains("^[A-Z]{3}$").eq(False).any():
                parsed = Parsed(parsed.value, (Flag(name, "D108", ~pl.col(name).str.contains("^[A-Z]{3}$")),))
        elif known.kind == "enum":
            told = self.shape.told.get(name)  # what a value map can give need not be looked for in each row
            sure = told is not None and told <= set(known.values)
            parsed = Parsed(pl.col(name)) if sure else values.enum(name, known.values)
        elif known.kind == "money":
            if name == "amount" and self.table == "transactions":
                return
            exponent = exponents.original if name == "orig_amount" else exponents.amount
            exponent = DEFAULT_EXPONENT if name not in ("orig_amount", "balance_after") else exponent
            parsed = values.money(frame, name, exponent, self._marks(name), signed=name == "balance_after")
        elif known.kind == "time":
            moment = values.moment(frame, name, formats, self.zone)
            parsed = Parsed(moment.value, moment.flags)
            if name == "booking_ts" and self.table == "transactions":
                exprs[_TWICE] = moment.ambiguous
                if "has_time" not in frame.columns:
                    exprs["has_time"] = pl.lit(value=False) if self.times_are_dates else moment.has_time
        elif known.kind == "date":
            parsed = values.day(name, dtype, formats, self.zone)
        elif known.kind == "flag":
            parsed = values.flag(name, dtype)
            if name == "has_time":
                parsed = Parsed(parsed.value.fill_null(value=False), parsed.flags)
        else:
            parsed = values.whole(name, dtype)
        exprs[name] = parsed.value
        if known.required:
            flags.append(Flag(name, "D101", pl.col(name).is_null()))
        flags += parsed.flags

    def _text(self, frame: pl.DataFrame, name: str, different: pl.Series | None) -> pl.Expr:
        column = pl.col(name)
        if name in _ACCOUNTS:
            different = values.different(frame[name]) if different is None else different
            if not values.all_plain(different):
                column = pl.lit(values.account_numbers(frame[name]))
            elif not values.placeholders_in(different):
                return column
        if name in _PLACEHOLDERS:
            column = values.without_placeholders(column)
        return column

    def _formats(self, name: str) -> tuple[values.Format, ...]:
        spec = self.section.columns.get(name) if self.section is not None else None
        return spec.formats if spec is not None else ()

    def _marks(self, name: str) -> Marks:
        if self.section is None:
            return Marks()
        side = {DEBIT: self.section.debit, CREDIT: self.section.credit}
        spec = side.get(name) or self.section.columns.get(name)
        source = self.section.input
        decimal = spec.decimal if spec is not None and spec.decimal is not None else source.decimal
        thousands = spec.thousands if spec is not None and spec.thousands is not None else source.thousands
        sign = spec.currency_sign if spec is not None and spec.currency_sign else source.currency_sign
        marks = Marks(decimal, thousands, free=True, currency_sign=sign)
        if isinstance(self.source, XlsxSource) and spec is not None:
            return self.source.marks(spec.source, marks)
        return marks

    def _exponents(self, different: dict[str, pl.Series]) -> _Told:
        amount = _exponent(different, "currency")
        original = _exponent(different, "orig_currency") if "orig_currency" in different else amount
        return _Told(amount, original, different)

    # --- transactions -----------------------------------------------------------------------------

    def _amounts(
        self, frame: pl.DataFrame, exponents: _Told, exprs: dict[str, pl.Expr], flags: list[Flag]
    ) -> None:
        rule = self.section.sign if self.section is not None else "flag_column"
        if rule == "debit_credit_columns":
            amount, direction = self._two_columns(frame, exponents, flags)
            exprs["direction"] = direction
        else:
            signed = rule in ("signed", "signed_and_flag")
            parsed = values.money(frame, "amount", exponents.amount, self._marks("amount"), signed=signed)
            flags += [Flag("amount", "D101", pl.col("amount").is_null()), *parsed.flags]
            amount = parsed.value.abs() if signed else parsed.value
            if rule == "signed" and self.section is not None:
                below, above = (
                    ("debit", "credit") if self.section.negative == "debit" else ("credit", "debit")
                )
                exprs["direction"] = pl.when(parsed.value < 0).then(pl.lit(below)).otherwise(pl.lit(above))
            elif rule == "signed_and_flag":
                credit = exprs["direction"] == "credit"
                wrong = (credit & (parsed.value < 0)) | (~credit & (parsed.value > 0))
                flags.append(Flag("amount", "D106", wrong))
        exprs["amount"] = amount
        if "currency" not in frame.columns:
            exprs["currency"] = pl.lit("EUR")
        else:
            flags.append(Flag("currency", "D101", pl.col("currency").is_null()))
        self._euros(frame, exponents, exprs, flags)

    def _two_columns(
        self, frame: pl.DataFrame, exponents: _Told, flags: list[Flag]
    ) -> tuple[pl.Expr, pl.Expr]:
        sides = []
        below = self.section.negative if self.section is not None else ""
        for name, side in ((DEBIT, "debit"), (CREDIT, "credit")):
            minus = below == side
            parsed = values.money(frame, name, exponents.amount, self._marks(name), signed=minus)
            flags += parsed.flags
            if minus:
                flags.append(Flag(name, "D106", parsed.value > 0))
            sides.append(-parsed.value if minus else parsed.value)
        debit, credit = sides
        paid, got = (debit != 0).fill_null(value=False), (credit != 0).fill_null(value=False)
        empty = pl.col(DEBIT).is_null() & pl.col(CREDIT).is_null()
        flags.append(Flag(DEBIT, "D107", (paid & got) | empty))
        direction = pl.when(got).then(pl.lit("credit")).otherwise(pl.lit("debit"))
        return pl.when(paid).then(debit).when(got).then(credit).otherwise(
            pl.lit(0, dtype=pl.Int64)
        ), direction

    def _euros(
        self, frame: pl.DataFrame, exponents: _Told, exprs: dict[str, pl.Expr], flags: list[Flag]
    ) -> None:
        given = exprs.get("amount_eur")
        if given is None and exponents.different.get("currency", _EURO).to_list() == ["EUR"]:
            exprs["amount_eur"] = exprs["amount"]  # all are in euros
            return
        is_euro = exprs["currency"] == "EUR"
        if given is not None:
            flags.append(
                Flag("amount_eur", "D122", is_euro & given.is_not_null() & (given != exprs["amount"]))
            )
        other = given if given is not None else pl.lit(None, dtype=pl.Int64)
        rates = self.section.rates if self.section is not None else {}
        if rates:
            names = list(rates)
            tops = [r.rate.numerator for r in rates.values()]
            bottoms = [r.rate.denominator for r in rates.values()]
            currency = exprs["currency"]
            top = currency.replace_strict(names, tops, default=None, return_dtype=pl.Int64)
            bottom = currency.replace_strict(names, bottoms, default=None, return_dtype=pl.Int64)
            other = pl.coalesce(other, values.converted(exprs["amount"], exponents.amount, top, bottom))
        exprs["amount_eur"] = pl.when(is_euro).then(exprs["amount"]).otherwise(other)

    def _counterparty(
        self,
        frame: pl.DataFrame,
        different: dict[str, pl.Series],
        exprs: dict[str, pl.Expr],
        notes: Counter[str],
    ) -> None:
        """Keeps cp_iban only if its check digits hold; account and country follow from it where missing."""
        if "cp_iban" not in exprs:
            return
        if exprs["cp_iban"].meta.is_column():  # all are as they were written
            ibans = frame["cp_iban"]
        else:
            ibans = frame.select(exprs["cp_iban"].alias("cp_iban"))["cp_iban"]
            different["cp_iban"] = values.different(ibans)
        wrong = self._ibans.wrong(different["cp_iban"])
        written = proved = pl.lit(ibans)
        if len(wrong):
            bad = values.among(ibans, wrong)
            notes["cp_iban left out because its check digits do not hold"] += int(bad.sum() or 0)
            proved = pl.when(pl.lit(~bad)).then(written)
        for name, told in (("cp_account_id", written), ("cp_country", proved.str.slice(0, 2))):
            exprs[name] = pl.coalesce(exprs[name], told) if name in exprs else told
        exprs["cp_iban"] = proved

    def _transfer(
        self, frame: pl.DataFrame, exprs: dict[str, pl.Expr], flags: list[Flag], notes: Counter[str]
    ) -> None:
        flags.append(Flag("payee.account_id", "D101", pl.col("cp_account_id").is_null()))
        own = frame.select(exprs["account_id"].eq(exprs["cp_account_id"]).alias("self"))["self"]
        n = int(own.sum() or 0) // 2
        if n:
            notes["transfer from an account to itself"] += n


def _exponent(different: dict[str, pl.Series], column: str) -> int | pl.Expr:
    """Gives the decimals for all rows if they agree, else an expression per row."""
    found = {EXPONENTS.get(c, DEFAULT_EXPONENT) for c in different.get(column, _EURO).drop_nulls()}
    if len(found) <= 1:
        return found.pop() if found else DEFAULT_EXPONENT
    return pl.col(column).replace_strict(EXPONENTS, default=DEFAULT_EXPONENT, return_dtype=pl.Int64)


def _nearest(written: str | None, known: Field) -> str | None:
    close = difflib.get_close_matches((written or "").casefold(), known.values, n=1, cutoff=0.6)
    return close[0] if close else None


def _shown_column(name: str) -> str:
    return {DEBIT: "sign.debit", CREDIT: "sign.credit"}.get(name, name)
