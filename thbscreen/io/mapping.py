"""Mapping files: what a source's columns mean, declared and never guessed.

A mapping names columns, formats, marks, signs and value maps. It holds no program: a column comes
from one column, a constant, a join of columns, the first filled column, or one regular expression.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from thbscreen.io.delimited import Dialect
from thbscreen.io.values import Format

if TYPE_CHECKING:
    from pathlib import Path

Perspective = Literal["leg", "transfer"]
SignRule = Literal["signed", "flag_column", "debit_credit_columns", "signed_and_flag"]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """Where one canonical column comes from.

    Attributes:
        how: one column, a constant, the joined or the first filled of several columns.
        source: names of source columns.
        const: the constant.
        separator: between joined parts.
        regex: pattern with one group that is cut out of the text.
        values: value map, from trimmed source text; empty text means a missing value.
        other: value for everything that the map does not name; None when there is no `else`.
        formats: declared date formats.
        decimal: decimal mark.
        thousands: thousands mark.
        line: line in the mapping file.
        currency_sign: sign or code that may stand beside an amount.
    """

    how: Literal["from", "const", "concat", "coalesce"]
    source: tuple[str, ...] = ()
    const: str | None = None
    separator: str = " "
    regex: str | None = None
    values: tuple[tuple[str, str | None], ...] = ()
    other: tuple[str | None] | None = None
    formats: tuple[Format, ...] = ()
    decimal: str | None = None
    thousands: str | None = None
    line: int = 0
    currency_sign: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """Euros per unit of a currency, as the user states it."""

    currency: str
    rate: Fraction
    text: str
    on: str
    source: str


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How the source file is written.

    Attributes:
        kind: kind of file, where the mapping says it.
        dialect: how delimited text is written; header line, footer and names hold for XLSX too.
        gzip: whether the text is packed.
        decimal: decimal mark.
        thousands: thousands mark, or empty.
        currency_sign: sign or code that may stand beside an amount, or empty.
        sheet: sheet of a workbook: its name, or its number from 1.
        continue_text: column whose text goes on in rows in which nothing else is filled.
    """

    kind: str | None = None
    dialect: Dialect = field(default_factory=Dialect)
    gzip: bool = False
    decimal: str = "."
    thousands: str = ""
    currency_sign: str = ""
    sheet: str | None = None
    continue_text: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """The mapping of one table.

    Attributes:
        table: canonical table.
        file: exact file name, or None when every given file belongs to the table.
        input: how the file is written.
        perspective: one row is one leg, or one transfer with payer and payee.
        columns: canonical column to its source.
        payer: for transfers: account_id, name, iban, country, bic of the payer.
        payee: the same for the payee.
        defaults: value of canonical columns where the source has none.
        zone: zone of times without offset.
        sign: how direction and amount are written.
        negative: direction of negative amounts under the rule `signed`; which of two columns carries a minus
            in every row under the rule `debit_credit_columns`, or empty.
        debit: source of debits under `debit_credit_columns`.
        credit: source of credits under `debit_credit_columns`.
        reject_share: share of rejected rows above which the table is refused.
        rates: stated exchange rates.
    """

    table: str
    file: str | None = None
    input: InputSpec = field(default_factory=InputSpec)
    perspective: Perspective = "leg"
    columns: dict[str, ColumnSpec] = field(default_factory=dict)
    payer: dict[str, ColumnSpec] = field(default_factory=dict)
    payee: dict[str, ColumnSpec] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    zone: str | None = None
    sign: SignRule = "flag_column"
    negative: Literal["debit", "credit", ""] = "debit"
    debit: ColumnSpec | None = None
    credit: ColumnSpec | None = None
    reject_share: float | None = None
    rates: dict[str, Rate] = field(default_factory=dict)

    def specs(self) -> list[tuple[str, ColumnSpec]]:
        """Gives every column source with the name it is shown under."""
        out = list(self.columns.items())
        out += [(f"payer.{k}", v) for k, v in self.payer.items()]
        out += [(f"payee.{k}", v) for k, v in self.payee.items()]
        out += [(k, v) for k, v in (("sign.debit", self.debit), ("sign.credit", self.credit)) if v]
        return out


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file.

    Attributes:
        name: name given in the file.
        path: where it is.
        sections: by canonical table.
        single: true when the file maps only transactions, for every input file.
        home: country of telephone numbers without country code.
        own: details of the institution itself, by kind, which link no customers.
    """

    name: str
    path: Path
    sections: dict[str, Section]
    single: bool
    home: str | None = None
    own: dict[str, tuple[str, ...]] = field(default_factory=dict)
