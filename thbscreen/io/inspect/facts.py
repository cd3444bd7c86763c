"""What is known of each column, and the parts of a draft that are made from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from thbscreen.io.inspect.forms import DateForm, Written, date_forms, written
from thbscreen.io.inspect.words import PENDING, meanings
from thbscreen.model.catalogue import forbidden_input

#: From how many cells on a few odd ones do not change what a column is, and which share must be even.
_LONG, MOST, _LOOK = 20, 0.9, 200


@dataclass(slots=True)
class Column:
    """One column of the file.

    Attributes:
        name: as a mapping names it.
        values: filled values, in the order of rows.
        cells: all cells, empty ones too.
        dates: readings as dates.
        pending: what stands instead of a date in rows that are pending; empty when nothing does.
        amounts: the cells as amounts; None when they are none.
        odd: filled cells that are no date or amount although almost all others are; their rows are refused.
        regex: what a mapping must cut out of the file's column to get these cells; empty for all of it.
    """

    name: str
    cells: list[str]
    values: list[str] = field(default_factory=list)
    dates: list[DateForm] = field(default_factory=list)
    pending: str = ""
    amounts: list[Written] | None = None
    odd: int = 0
    regex: str = ""

    def __post_init__(self) -> None:
        """Looks at the cells."""
        self.values = [c for c in self.cells if c]
        words = {v for v in self.values if v.casefold() in PENDING}
        if len(words) == 1 and len(words) < len(set(self.values)):
            good = self.values
            self.dates = date_forms([v for v in self.values if v not in words])
            self.pending = words.pop() if self.dates else ""
        else:
            good = self._almost(lambda v: bool(date_forms([v])))
            self.dates = date_forms(good)
        taken = [w for v in self._almost(lambda v: written(v) is not None) if (w := written(v)) is not None]
        self.amounts = taken or None
        if self.dates or self.amounts:
            kept = len(taken) if self.amounts else len(good)
            self.odd = len(self.values) - kept

    def _almost(self, fits: Callable[[str], bool]) -> list[str]:
        """Gives the cells that fit, if all or almost all of them do."""
        first = self.values[:_LOOK]
        if sum(map(fits, first)) < MOST * len(first):
            return []
        good = [v for v in self.values if fits(v)]
        enough = len(good) == len(self.values) or len(self.values) >= _LONG
        return good if enough and len(good) >= MOST * len(self.values) else []

    @property
    def filled(self) -> float:
        """Share of filled cells."""
        return len(self.values) / len(self.cells) if self.cells else 0.0


@dataclass(slots=True)
class Part:
    """One line of a draft: a key with its value, or with candidates when a person must choose."""

    key: str
    value: str
    sure: bool
    why: str = ""
    candidates: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Roles:
    """What was found.

    Attributes:
        columns: canonical columns in the order of a draft.
        input: marks and currency sign.
        sign: how direction is written.
        defaults: constants that the file lacks.
        perspective: leg or transfer.
        sides: payer and payee, for transfers.
        notes: things worth knowing.
        balance: steps of a running balance that hold, steps, and the meaning of a minus that makes them.
    """

    columns: list[Part] = field(default_factory=list)
    input: list[Part] = field(default_factory=list)
    sign: Part = field(default_factory=lambda: Part("sign", "", sure=False))
    defaults: list[Part] = field(default_factory=list)
    perspective: Part = field(default_factory=lambda: Part("perspective", "leg", sure=True))
    sides: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    balance: tuple[int, int, str] | None = None

    def parts(self) -> list[Part]:
        """Gives every part."""
        return [*self.input, self.perspective, self.sign, *self.defaults, *self.columns]


def quoted(text: str) -> str:
    """Gives a text as a YAML scalar."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    # a line end in a column's name would otherwise leave the comment or the value that it stands in
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in plain) + '"'


class Finder:
    """Assigns columns; `named` is false for a file without header, in which nothing is sure."""

    def __init__(self, columns: Sequence[Column], *, named: bool, numbers: bool) -> None:
        """Asks each column's name what it may be; columns about protected traits are left out."""
        self.columns = [c for c in columns if forbidden_input(c.name) is None]
        self.named = named
        self.unnamed = "no name says so" if named else "the file has no names of columns"
        self.numbers = numbers
        self.out = Roles()
        self.likely: list[str] = []
        left = [c.name for c in columns if forbidden_input(c.name) is not None]
        if left:
            self.out.notes.append(
                f"{len(left)} column(s) about a protected trait are left out and never read"
            )
        odd = [c for c in self.columns if c.odd]
        self.out.notes += [
            f"column {c.name}: {c.odd} of {len(c.values)} cells are not like the rest and would be rejected"
            for c in odd
        ]
        self.claims: dict[str, list[tuple[Column, bool]]] = {}
        plain = {c.name.strip().casefold() for c in self.columns}
        for column in self.columns:
            name = bare(column.name)[0]
            short = name.removesuffix(" in")  # `Saldo in CHF`, unless there is a column `Saldo`
            for role, outright in meanings(name if short.casefold() in plain else short):
                self.claims.setdefault(role, []).append((column, outright))

    def pick(self, role: str, kind: str) -> tuple[Column | None, list[Column]]:
        """Gives the one column of a role, or the candidates when there are several or only likely ones."""
        fits = [(c, o) for c, o in self.claims.get(role, []) if self._fits(c, kind)]
        first = [c for c, outright in fits if outright]
        if len(first) == 1:
            return first[0], first
        if not first and len(fits) == 1:
            return fits[0][0], [fits[0][0]]
        if fits:
            return None, first or [c for c, _ in fits]
        return None, []

    @staticmethod
    def _fits(column: Column, kind: str) -> bool:
        if kind == "date":
            return bool(column.dates)
        if kind == "amount":
            return column.amounts is not None
        return bool(column.values)


def bare(name: str) -> tuple[str, str]:
    """Gives a name without a currency behind it, and that currency: `Amount (EUR)`."""
    text = name.rsplit("#", 1)[0] if name.rsplit("#", 1)[-1].isdigit() else name
    words = text.replace("(", " ").replace(")", " ").replace("[", " ").replace("]", " ").split()
    if len(words) > 1 and len(words[-1]) == 3 and words[-1].isalpha() and words[-1].isupper():
        return " ".join(words[:-1]), words[-1]
    return text, ""


def source(column: Column, more: str = "") -> str:
    """Gives a column as a source in a mapping."""
    cut = f", regex: {quoted(column.regex)}" if column.regex else ""
    return f"{{from: {quoted(column.name)}{cut}{more}}}"
