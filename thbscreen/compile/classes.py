"""Classes of rows: the shared row tests of a run, answered once per kind of row instead of once per row.

A row test reads words, dates and times of one transaction. Few kinds of rows differ in them: every text is
known by the lists that it mentions, every time by the answers for its minute, every other field by the
answers for its value. Rows that agree in all of these are one class, and one row of it speaks for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.pack import condition_expr, tests_of
from thbscreen.compile.where import LOCAL, is_time, leaf, text_key, words_of
from thbscreen.rules import ast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from thbscreen.compile.pack import CompiledPack
    from thbscreen.compile.text import TextPass
    from thbscreen.model.clock import Clock

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
#: Gives, for a text field of a chunk, a code per row (-1 missing) and the value of each code.
Coder = Callable[[str], tuple[npt.NDArray[np.int32], pl.Series]]
_MINUTE = 60_000_000
#: Products of numbers of values up to here are counted in a table, larger ones are put in order.
_TABLE = 1 << 22
#: A column whose values are tested one by one must have at most one distinct value in so many rows.
_REPEATED = 4


@dataclass(frozen=True)
class Classes:
    """Rows of one chunk by class.

    Attributes:
        number: class per row.
        answers: per class (line) and shared row test (column), whether it holds; no two lines are equal.
    """

    number: npt.NDArray[np.int32]
    answers: Bool


class Classifier:
    """Answers the shared row tests of a pack, chunk by chunk.

    Args:
        compiled: the pack.
        text: the pass over its lists of words.
        local: clock of the profile's zone.
    """

    def __init__(self, compiled: CompiledPack, text: TextPass, local: Clock) -> None:
        """Sorts the tests by the field that they read."""
        self.compiled, self.text, self.local = compiled, text, local
        self.by_field: dict[str, list[ast.Test]] = {}
        self.mentioned: list[tuple[str, str]] = []
        for test in dict.fromkeys(t for c in compiled.row_tests for t in tests_of(ast.Where(c))):
            if not isinstance(test, ast.Test):
                continue
            found = words_of(test, compiled.lists)
            if found is None:
                self.by_field.setdefault(test.field, []).append(test)
            elif (test.field, found.name) not in self.mentioned:
                self.mentioned.append((test.field, found.name))

    def classes(
        self, chunk: pl.DataFrame, code: Callable[[str], tuple[npt.NDArray[np.int32], pl.Series]]
    ) -> Classes:
        """Gives the classes of a chunk.

        Args:
            chunk: canonical rows with every column that the pack reads.
            code: gives, for a text field, a code per row (-1 missing) and the value of each code.
        """
        tests = len(self.compiled.row_tests)
        if tests == 0 or chunk.height == 0:
            one = min(chunk.height, 1)
            return Classes(np.zeros(chunk.height, np.int32), np.zeros((one, tests), np.bool_))
        key = _Key(chunk.height)
        for field, tests_of_field in self.by_field.items():
            key.add(*self._kinds(chunk, field, tests_of_field, code))
        mentions = self.text.found(chunk)
        for bits in self._mentions(chunk.height, mentions):
            key.add(*_dense(bits))
        rows, number = key.result()
        answers = self._answers(chunk, rows, mentions)
        packed = np.packbits(answers, axis=1)
        _, first, same = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        return Classes(same.ravel().astype(np.int32)[number], answers[first])

    # --- kinds of values -------------------------------------------------------------------------

    def _kinds(
        self,
        chunk: pl.DataFrame,
        field: str,
        tests: list[ast.Test],
        code: Coder,
    ) -> tuple[I64, int]:
        """Gives a number per row, equal only where all tests of the field answer the same, and how many."""
        if all(test.op == "missing" for test in tests):
            return chunk[field].is_null().to_numpy().astype(np.int64), 2
        if is_time(field):
            return self._kinds_of_times(chunk[field], tests)
        if chunk.schema[field] != pl.String:
            return self._kinds_of_answers(chunk.select(field), tests)
        codes, values = code(field)
        if len(values) * _REPEATED > chunk.height:
            return self._kinds_of_answers(chunk.select(field), tests)
        known = pl.concat([values.rename(field), pl.Series(field, [None], dtype=pl.String)]).to_frame()
        kinds, size = self._kinds_of_answers(known, tests)
        return kinds[codes], size

    def _kinds_of_times(self, times: pl.Series, tests: list[ast.Test]) -> tuple[I64, int]:
        """Asks one time of every minute that occurs: no test on a clock sees seconds."""
        if times.null_count() or any(
            test.op in {"is", "is_not", "in", "not_in", "missing"} for test in tests
        ):
            return self._kinds_of_answers(self._with_clock(times), tests)
        minute = self.local.local(times.to_physical().to_numpy()) // _MINUTE
        number, size = _dense(minute - int(minute.min(initial=0)))
        if size * _REPEATED > len(minute):
            return self._kinds_of_answers(self._with_clock(times), tests)
        first = np.zeros(size, np.int64)
        first[number] = np.arange(len(number))
        kinds, size = self._kinds_of_answers(self._with_clock(times.gather(first)), tests)
        return kinds[number], size

    def _with_clock(self, times: pl.Series) -> pl.DataFrame:
        physical = times.to_physical()
        wall = pl.Series(LOCAL, self.local.local(physical.fill_null(0).to_numpy())).cast(pl.Datetime("us"))
        return times.to_frame().with_columns(
            pl.when(times.is_not_null()).then(wall).otherwise(None).alias(LOCAL)
        )

    def _kinds_of_answers(self, table: pl.DataFrame, tests: list[ast.Test]) -> tuple[I64, int]:
        key = _Key(table.height)
        lists = self.compiled.lists
        answers = table.select(leaf(test, lists, money=False).alias(str(n)) for n, test in enumerate(tests))
        for column in answers.get_columns():
            key.add(column.to_numpy().astype(np.int64), 2)
        rows, number = key.result()
        return number, len(rows)

    def _mentions(self, height: int, mentions: dict[tuple[str, str], I64]) -> Iterator[I64]:
        """Gives numbers per row whose bits say which lists its texts mention."""
        for start in range(0, len(self.mentioned), 62):
            bits = np.zeros(height, np.int64)
            for bit, asked in enumerate(self.mentioned[start : start + 62]):
                bits[mentions[asked]] |= 1 << bit
            yield bits

    # --- answers ---------------------------------------------------------------------------------

    def _answers(self, chunk: pl.DataFrame, rows: I64, mentions: dict[tuple[str, str], I64]) -> Bool:
        """Answers every row test for some rows."""
        fields = sorted(set(self.by_field) & set(chunk.columns))
        # No rule may ask for a field, and of a frame without columns no row can be taken.
        part = chunk.select(fields)[rows] if fields else pl.DataFrame()
        columns = []
        for field, name in self.mentioned:
            found = mentions[(field, name)]
            there = np.isin(rows, found) if len(found) else np.zeros(len(rows), np.bool_)
            columns.append(pl.Series(text_key(field, name), there))
        if "booking_ts" in part.columns:
            columns.append(self._with_clock(part["booking_ts"])[LOCAL])
        work = part.with_columns(columns) if part.width else pl.DataFrame(columns)
        out = np.zeros((len(rows), len(self.compiled.row_tests)), np.bool_)
        tests = [
            pl.all_horizontal([condition_expr(c, self.compiled.lists) for c in conditions]).alias(name)
            for conditions, name in self.compiled.row_tests.items()
        ]
        if tests:
            for n, column in enumerate(work.select(tests).get_columns()):
                out[:, n] = column.to_numpy()
        return out


class _Key:
    """Joins numbers per row into one number that is equal only where all of them are."""

    def __init__(self, height: int) -> None:
        self.number, self.size = np.zeros(height, np.int64), 1

    def add(self, number: I64, size: int) -> None:
        """Joins another number, which lies between 0 and `size`, itself outside."""
        if self.size * size > _TABLE:
            self.number, self.size = _dense(self.number)
        if self.size * size >= 2**62:
            number, size = _dense(number)
        self.number, self.size = self.number * size + number, self.size * size

    def result(self) -> tuple[I64, I64]:
        """Gives one row of each distinct number, and per row the position of its number's row."""
        number, size = _dense(self.number)
        first = np.zeros(size, np.int64)
        first[number] = np.arange(len(number))
        return first, number


def _dense(number: I64) -> tuple[I64, int]:
    """Gives equal numbers equal positions 0, 1, 2... in their order, and how many there are."""
    if len(number) == 0:
        return number, 0
    if int(number.min()) >= 0 and int(number.max()) < _TABLE:
        there = np.zeros(int(number.max()) + 1, np.bool_)
        there[number] = True
        place = np.cumsum(there) - 1
        return place[number], int(place[-1]) + 1
    found, place = np.unique(number, return_inverse=True)
    return place.astype(np.int64), len(found)
