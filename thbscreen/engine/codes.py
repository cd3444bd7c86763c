"""Codes of values: of each chunk its own at first, of one dictionary per domain at last."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.pack import domain

#: Values that wait at least before they are made one with those of earlier chunks.
_AT_ONCE = 4_000_000
#: Values are few beside a dictionary that is so many times larger.
_FEW = 4

I64 = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.integer]


@dataclass
class Local:
    """Codes of one chunk before the dictionaries are known.

    Attributes:
        frame: the chunk's rows, or the file of them.
        values: what the codes of each column stand for, one row of lists, or the file of it.
        answers: what the row tests say of each class of rows.
    """

    frame: pl.DataFrame | Path
    values: pl.DataFrame | Path
    answers: npt.NDArray[np.bool_]

    def words(self) -> dict[str, pl.Series]:
        """Gives, by column, the value of each code."""
        frame = (
            self.values if isinstance(self.values, pl.DataFrame) else pl.read_ipc(self.values.read_bytes())
        )
        return {path: frame[path][0] for path in frame.columns}


def put_away(frame: pl.DataFrame, path: Path | None) -> pl.DataFrame | Path:
    """Writes a table to a file when there is to be one, and gives where the table is now."""
    if path is None:
        return frame
    frame.write_ipc(path)
    return path


def taken_back(kept: pl.DataFrame | Path) -> pl.DataFrame:
    """Gives a table that was put away, and removes its file."""
    if isinstance(kept, pl.DataFrame):
        return kept
    frame = pl.read_ipc(kept.read_bytes())
    kept.unlink()
    return frame


def merge_dictionaries(parts: list[Local], extra: dict[str, list[pl.Series]]) -> dict[str, pl.Series]:
    """Joins the chunks' dictionaries per domain, in the order of values."""
    found: dict[str, Dictionary] = defaultdict(Dictionary)
    for name, series in extra.items():
        for values in series:
            found[name].add(values)
    for part in parts:
        for path, values in part.words().items():
            found[domain(path)].add(values)
    return {name: words.whole().sort() for name, words in found.items()}


class Dictionary:
    """Different values of many chunks, in memory that follows how many differ and not how many were given."""

    def __init__(self) -> None:
        """Starts empty."""
        self._held = pl.Series("v", [], dtype=pl.String)
        self._waiting: list[pl.Series] = []

    def add(self, values: pl.Series) -> None:
        """Takes more values; they are made one with the others when they are as many as those."""
        self._waiting.append(values.cast(pl.String).rename("v"))
        if sum(map(len, self._waiting)) > max(len(self._held), _AT_ONCE):
            self._held, self._waiting = self.whole(), []

    def whole(self) -> pl.Series:
        """Gives every different value once."""
        return pl.concat([self._held, *self._waiting]).drop_nulls().unique()


def mapping(part: Local, dictionaries: dict[str, pl.Series]) -> dict[str, I64]:
    """Gives, by column, the final code of each code of a chunk; the last one is for missing values."""
    found = {
        path: np.append(positions(values, dictionaries[domain(path)]), -1)
        for path, values in part.words().items()
    }
    if isinstance(part.values, Path):
        part.values.unlink()
    return found


def positions(values: pl.Series, full: pl.Series) -> I64:
    """Gives the position of each value in a dictionary in text order that holds all of them.

    Few values are sought one by one, in steps that grow with the logarithm of the dictionary, so that many
    chunks do not each pay for the dictionary of all.
    """
    asked = values.cast(pl.String)
    if len(asked) * _FEW < len(full):
        return full.search_sorted(asked).cast(pl.Int64).to_numpy()
    table = full.to_frame("v").with_columns(at=pl.int_range(pl.len(), dtype=pl.Int64))
    return asked.to_frame("v").join(table, on="v", how="left", maintain_order="left")["at"].to_numpy()


def merge_answers(
    parts: list[npt.NDArray[np.bool_]], tests: int
) -> tuple[npt.NDArray[np.bool_], list[Numbers]]:
    """Joins the chunks' classes of rows: answers per class, and per chunk its own number -> class."""
    packed = [np.packbits(part, axis=1) for part in parts]
    every = np.concatenate([np.zeros((1, -(-tests // 8)), np.uint8), *packed])
    found, number = np.unique(every, axis=0, return_inverse=True)
    answers = (
        np.unpackbits(found, axis=1, count=tests).astype(np.bool_)
        if tests
        else np.zeros((len(found), 0), np.bool_)
    )
    ends = np.cumsum([1, *(len(p) for p in packed)])
    kind = np.uint16 if len(found) < 2**16 else np.int32  # few classes sort faster
    number = number.ravel().astype(kind)
    return answers, [number[a:b] for a, b in pairwise(ends)]
