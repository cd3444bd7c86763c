"""First step of loading: raw columns to canonical names, still as written.

A canonical file passes through by name; a mapped file goes through its column sources. Both give
one frame with canonical names that the second step (`thbscreen.io.plan`) checks and converts.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import polars as pl

from thbscreen.diagnostics import suggest
from thbscreen.io.codes import data_error
from thbscreen.io.raw import ROW
from thbscreen.io.values import text
from thbscreen.model.catalogue import FORBIDDEN_REASON, TABLES, forbidden_input

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from thbscreen.io.mapping import ColumnSpec, Section
    from thbscreen.io.raw import RawSource

#: Prefix of helper columns that say a value map does not cover the row.
UNCOVERED = "\x00map "
DEBIT, CREDIT = "\x00debit", "\x00credit"
LEG = "\x00leg"
_FEW_WORDS = 6
_CP = {
    "account_id": "cp_account_id",
    "name": "cp_name",
    "iban": "cp_iban",
    "country": "cp_country",
    "bic": "cp_bic",
}


def fold_header(name: str) -> str:
    """Gives the form in which column names are compared: NFC, trimmed, case folded."""
    return unicodedata.normalize("NFC", name).strip().casefold()


class Shape:
    """How one file's raw columns become canonical columns.

    Attributes:
        exprs: canonical (or helper) column to its expression over the raw frame.
        dtypes: type of each of them.
        raw: raw columns that are needed for each canonical column.
        by_words: columns that are made of one column of text, and only once for each different word.
        told: all that columns with a value map can hold, besides nothing.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self.exprs: dict[str, pl.Expr] = {}
        self.dtypes: dict[str, pl.DataType] = {}
        self.raw: dict[str, frozenset[str]] = {}
        self.by_words: set[str] = set()
        self.told: dict[str, frozenset[str]] = {}

    def add(self, name: str, expr: pl.Expr, dtype: pl.DataType, raw: Iterable[str]) -> None:
        """Adds one column."""
        self.exprs[name], self.dtypes[name], self.raw[name] = expr, dtype, frozenset(raw)

    def columns(
        self, raw_frame: pl.DataFrame, names: Iterable[str], *, spaces: bool = False, bare: bool = False
    ) -> pl.DataFrame:
        """Computes the named columns and keeps the row number; empty text becomes missing.

        Args:
            raw_frame: rows as the reader gave them.
            names: columns to compute.
            spaces: whether no cell begins or ends with a blank other than the space.
            bare: whether no cell begins or ends with a blank, and empty ones are missing.
        """
        wanted = list(names)
        schema = raw_frame.schema
        needed = sorted({raw for n in wanted for raw in self.raw[n] if schema[raw] == pl.String})
        trimmed = raw_frame
        if not bare:
            outer = _with_outer_spaces(raw_frame, needed) if spaces else needed
            trimmed = _without_empty(raw_frame.with_columns(pl.col(outer).str.strip_chars()), needed)
        exprs = {
            n: _of_words(trimmed, self.exprs[n], self.dtypes[n]) if n in self.by_words else self.exprs[n]
            for n in wanted
        }
        frame = trimmed.select(pl.col(ROW), *(expr.alias(n) for n, expr in exprs.items()))
        made = [n for n in wanted if frame.schema[n] == pl.String and not self.exprs[n].meta.is_column()]
        return _without_empty(frame, made)


def _with_outer_spaces(frame: pl.DataFrame, texts: Sequence[str]) -> list[str]:
    """Gives the columns in which some cell begins or ends with a space."""
    if not texts:
        return []
    space = (pl.col(texts).str.starts_with(" ") | pl.col(texts).str.ends_with(" ")).any()
    return [n for n, found in zip(texts, frame.select(space).row(0), strict=True) if found]


def _without_empty(frame: pl.DataFrame, texts: Sequence[str]) -> pl.DataFrame:
    """Makes empty text missing."""
    if not texts:
        return frame
    empty = frame.select((pl.col(n).str.len_bytes() == 0).any() for n in texts).row(0)
    fill = [n for n, found in zip(texts, empty, strict=True) if found]
    return frame.with_columns(pl.when(pl.col(n).str.len_bytes() > 0).then(pl.col(n)).alias(n) for n in fill)


def canonical_shape(source: RawSource, table: str) -> Shape:
    """Builds the shape of a file that already has canonical names.

    Raises:
        DataError: D011, D012, D013, D014 or D022.
    """
    known = {f.name: f for f in TABLES[table]}
    shape = Shape()
    file = source.file.name
    if source.schema and known.keys().isdisjoint(map(fold_header, source.schema)):
        # What stands there may be the first row, so it is not shown.
        raise data_error(
            "D013", "no column has a canonical name, or the file has no line of names", file=file,
            hint="thbscreen inspect drafts a mapping, also for a file without names",
        )  # fmt: skip
    for written, dtype in source.schema.items():
        name = fold_header(written)
        trait = forbidden_input(written)
        if trait is not None:
            raise data_error(
                "D014",
                f"the file holds a column about {trait}; it is not read",
                file=file,
                column=written,
                hint=f"{FORBIDDEN_REASON}; remove the column before export",
            )
        if name not in known:
            raise data_error(
                "D013",
                "unknown column",
                file=file,
                column=header_text(written),
                hint=suggest(name, sorted(known)) or "name the column in a mapping, or remove it",
            )
        if name in shape.exprs:
            raise data_error("D011", "the file holds this column twice", file=file, column=name)
        _check_type(dtype, known[name].kind, file, written)
        column, kind = pl.col(written), known[name].kind
        shape.add(name, _typed(column, dtype, kind), _after(dtype, kind), [written])
    for name, field in known.items():
        if field.required and name not in shape.exprs:
            raise data_error(
                "D012",
                "required column is missing",
                file=file,
                column=name,
                hint=f"{field.meaning}; a mapping can build it from other columns",
            )
    return shape


def header_text(name: str) -> str:
    """Gives a header for a message; odd or long headers are shown cut, control characters as code points."""
    shown = "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in name)
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _check_type(dtype: pl.DataType, kind: str, file: str, column: str) -> None:
    numbers = dtype.is_integer() or isinstance(dtype, pl.Decimal) or dtype.is_float()
    textual = dtype in (pl.String, pl.Null) or isinstance(dtype, (pl.Categorical, pl.Enum))
    allowed = {
        "text": textual or dtype.is_integer(),
        "enum": textual,
        "money": textual or numbers,
        "time": textual or dtype == pl.Date or isinstance(dtype, pl.Datetime),
        "date": textual or dtype == pl.Date or isinstance(dtype, pl.Datetime),
        "flag": textual or dtype == pl.Boolean,
        "whole": textual or dtype.is_integer(),
        "share": textual or numbers,
    }[kind]
    if not allowed:
        raise data_error(
            "D022", f"a column of this type cannot hold {kind} values", file=file, column=header_text(column)
        )


def _typed(column: pl.Expr, dtype: pl.DataType, kind: str) -> pl.Expr:
    """Keeps text, which `Shape.columns` trims, and types that fit the kind; all else becomes trimmed text."""
    if _after(dtype, kind) == dtype:
        return column
    if isinstance(dtype, (pl.Categorical, pl.Enum)):
        column, dtype = column.cast(pl.String), pl.String()
    return text(column, dtype)


def _after(dtype: pl.DataType, kind: str) -> pl.DataType:
    textual = dtype in (pl.String, pl.Null) or isinstance(dtype, (pl.Categorical, pl.Enum))
    return pl.String() if textual or kind in ("text", "enum") else dtype


# --- mapped files -------------------------------------------------------------------------------


def mapped_shape(source: RawSource, section: Section, mapping_name: str) -> Shape:
    """Builds the shape of a file with a mapping.

    For the transfer perspective the frame holds `payer.*` and `payee.*` columns besides the shared ones.

    Raises:
        DataError: D022 or D043.
    """
    shape = Shape()
    kinds = {f.name: f.kind for f in TABLES[section.table]}
    every = [*section.columns.values(), *section.payer.values(), *section.payee.values()]
    every += [spec for spec in (section.debit, section.credit) if spec is not None]
    finder = _Finder(source, mapping_name, {fold_header(name) for spec in every for name in spec.source})
    for name, spec in section.columns.items():
        _add_spec(shape, finder, name, spec, kinds[name])
        if name in section.defaults:
            filled = shape.exprs[name]
            if shape.dtypes[name] == pl.String:
                shape.exprs[name] = filled.fill_null(pl.lit(section.defaults[name]))
                if name in shape.told:
                    shape.told[name] |= {section.defaults[name]}
    for name, value in section.defaults.items():
        if name not in shape.exprs:
            shape.add(name, pl.lit(value), pl.String(), ())
    for side, specs in (("payer", section.payer), ("payee", section.payee)):
        for name, spec in specs.items():
            _add_spec(shape, finder, f"{side}.{name}", spec, "text")
    for name, maybe in ((DEBIT, section.debit), (CREDIT, section.credit)):
        if maybe is not None:
            _add_spec(shape, finder, name, maybe, "money")
    return shape


class _Finder:
    """Finds source columns by folded name."""

    def __init__(self, source: RawSource, mapping_name: str, wanted: Collection[str]) -> None:
        self.file = source.file.name
        self.schema = source.schema
        self.mapping_name = mapping_name
        self.by_name: dict[str, list[str]] = {}
        for written in source.schema:
            self.by_name.setdefault(fold_header(written), []).append(written)
        self.named = not self.by_name.keys().isdisjoint(wanted)

    def find(self, wanted: str, line: int) -> str:
        found = self.by_name.get(fold_header(wanted), [])
        if len(found) == 1:
            return found[0]
        place = f"{self.mapping_name} line {line}"
        if f"{fold_header(wanted)}#1" in self.by_name:
            raise data_error(
                "D011",
                f"several columns match '{header_text(wanted)}' of {place}",
                file=self.file,
                hint=f"write '{header_text(wanted)}#1' for the first of them, '#2' for the second",
            )
        if found:
            raise data_error("D011", f"two columns match '{header_text(wanted)}' of {place}", file=self.file)
        raise data_error(
            "D043",
            f"the file has no such column ({place})",
            file=self.file,
            column=header_text(wanted),
            hint=self._hint(wanted),
        )

    def _hint(self, wanted: str) -> str | None:
        folded = fold_header(wanted)
        twin = next(
            (w for f, ws in self.by_name.items() for w in ws if _skeleton(f) == _skeleton(folded)), None
        )
        if twin is not None:
            return (
                f"the file's column looks the same but has other letters: mapping {_points(wanted)}, "
                f"file {_points(twin)}"
            )
        if not self.named:
            # What stands there may be the first row, so it is not shown.
            return "the file has no column of the mapping; without a line of names, declare input: {names: …}"
        return suggest(wanted, [header_text(name) for name in self.schema])


#: Letters that print alike in Greek, Cyrillic and Latin; used only to explain an error.
_LOOKALIKES = str.maketrans(
    "αβεζηικμνορτυχ" + "авеіјкмнорстухѕ",
    "abezhikmnoptyx" + "abeijkmhopctyxs",
)


def _skeleton(name: str) -> str:
    return name.translate(_LOOKALIKES)


def _points(name: str) -> str:
    return " ".join(f"U+{ord(c):04X}" for c in name[:12])


def _add_spec(shape: Shape, finder: _Finder, name: str, spec: ColumnSpec, kind: str) -> None:
    found = [finder.find(column, spec.line) for column in spec.source]
    if spec.how == "const":
        expr: pl.Expr = pl.lit(spec.const, dtype=pl.String)
        dtype: pl.DataType = pl.String()
    elif spec.how == "from" and spec.regex is None and not spec.values:
        dtype = finder.schema[found[0]]
        _check_type(dtype, kind, finder.file, found[0])
        expr, dtype = _typed(pl.col(found[0]), dtype, kind), _after(dtype, kind)
    else:
        expr, dtype = _joined(found, spec, finder), pl.String()
    if spec.regex is not None:
        expr = text(expr.str.extract(spec.regex, 1), pl.String())
    if spec.values:
        if _one_root(expr) and not _few_words(expr, spec):
            shape.by_words |= {name, UNCOVERED + name}
        told = {value for _, value in spec.values} | set(spec.other or ())
        shape.told[name] = frozenset(value for value in told if value is not None)
        expr, uncovered = _valued(expr, spec)
        if uncovered is not None:
            shape.add(UNCOVERED + name, uncovered, pl.Boolean(), found)
    shape.add(name, expr, dtype, found)


def _joined(found: Sequence[str], spec: ColumnSpec, finder: _Finder) -> pl.Expr:
    parts = []
    for column in found:
        dtype = finder.schema[column]
        _check_type(dtype, "text", finder.file, column)
        parts.append(_typed(pl.col(column), dtype, "text"))
    if spec.how == "coalesce":
        return pl.coalesce(parts)
    if spec.how == "concat":
        return text(pl.concat_str(parts, separator=spec.separator, ignore_nulls=True), pl.String())
    return parts[0]


def _valued(expr: pl.Expr, spec: ColumnSpec) -> tuple[pl.Expr, pl.Expr | None]:
    """Applies a value map; the second expression marks filled values that it does not cover."""
    table = {unicodedata.normalize("NFC", key): value for key, value in spec.values if key}
    missing = dict(spec.values).get("")
    other = spec.other[0] if spec.other is not None else None
    if _few_words(expr, spec):
        # A few comparisons are cheaper than a look-up.
        marks = [(expr == word).cast(pl.UInt32) * n for n, word in enumerate(table, 1)]
        number = pl.sum_horizontal(pl.lit(0, dtype=pl.UInt32), *marks)
        number = pl.when(expr.is_not_null()).then(number).otherwise(pl.lit(len(table) + 1, dtype=pl.UInt32))
        told = pl.lit(pl.Series([other, *table.values(), missing], dtype=pl.String)).gather(number)
        return told, None if spec.other is not None else number == 0
    value = expr.replace_strict(
        list(table), list(table.values()), default=pl.lit(other, dtype=pl.String), return_dtype=pl.String
    )
    out = pl.when(expr.is_not_null()).then(value).otherwise(pl.lit(missing, dtype=pl.String))
    if spec.other is not None:
        return out, None
    uncovered = (expr.is_not_null() & ~expr.is_in(list(table))).fill_null(value=False)
    return out, uncovered


def _few_words(expr: pl.Expr, spec: ColumnSpec) -> bool:
    return expr.meta.is_column() and sum(bool(key) for key, _ in spec.values) <= _FEW_WORDS


def _one_root(expr: pl.Expr) -> bool:
    return len(set(expr.meta.root_names())) == 1


def _of_words(frame: pl.DataFrame, expr: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Computes something of one column once for each different word, where it is text and words are few."""
    name = expr.meta.root_names()[0]
    column = frame[name]
    words = column.unique() if column.dtype == pl.String else column
    if 4 * len(words) >= len(column):
        return expr
    told = words.to_frame(name).select(expr.alias("\x00told")).to_series()
    return pl.lit(column.replace_strict(words, told, return_dtype=dtype))


def legs(frame: pl.DataFrame, shape_names: Iterable[str]) -> pl.DataFrame:
    """Makes two rows of each transfer: the payer's debit and the payee's credit.

    Adds `account_id`, `direction`, `cp_*` and the helper column LEG (0 debit, 1 credit).
    """
    names = list(shape_names)
    shared = [n for n in names if not n.startswith(("payer.", "payee."))]
    sides = {s: {n[6:] for n in names if n.startswith(f"{s}.")} for s in ("payer", "payee")}
    described = [k for k in _CP if k in sides["payer"] | sides["payee"]]
    out = []
    for leg, (own, other, direction) in enumerate(
        (("payer", "payee", "debit"), ("payee", "payer", "credit"))
    ):
        cp = [
            (pl.col(f"{other}.{k}") if k in sides[other] else pl.lit(None, dtype=pl.String)).alias(_CP[k])
            for k in described
        ]
        out.append(
            frame.select(
                ROW,
                *shared,
                *cp,
                pl.col(f"{own}.account_id").alias("account_id"),
                pl.lit(direction).alias("direction"),
                pl.lit(leg, dtype=pl.Int64).alias(LEG),
            )
        )
    return pl.concat(out)
