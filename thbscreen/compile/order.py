"""Order and distinct values of whole numbers, by the ways that are fastest for the arrays of a bucket.

numpy's own `unique` hashes, which costs fifty times a sort where most values differ; its stable sort
compares, where rows mostly stand in few groups.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
_DIGIT = 16


def distinct(values: I64) -> I64:
    """Gives the different values, in order."""
    if len(values) == 0:
        return values.astype(np.int64)
    ordered = np.sort(values)
    new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def rows_in_any(rows: list[I64], size: int) -> I64:
    """Gives the rows, of so many, that are in at least one of some lists, in order."""
    there = np.zeros(size, np.bool_)
    for each in rows:
        there[each] = True
    return np.flatnonzero(there)


def stable_order(numbers: I64) -> I64:
    """Gives the order of whole numbers from 0, equal ones as they stood; sorts by digits."""
    if len(numbers) < 2 or bool(np.all(numbers[1:] >= numbers[:-1])):
        return np.arange(len(numbers), dtype=np.int64)
    largest = int(numbers.max())
    if int(numbers.min()) < 0 or largest >= 1 << (2 * _DIGIT):
        return np.argsort(numbers, kind="stable")
    order = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    if largest >> _DIGIT:
        high = (numbers >> _DIGIT).astype(np.uint16)[order]
        order = order[np.argsort(high, kind="stable")]
    return order


def numbered_by_value(values: npt.NDArray[np.integer]) -> I64:
    """Gives equal values equal numbers 0, 1, 2..., in the order of the values."""
    n = len(values)
    if n == 0:
        return np.zeros(0, np.int64)
    least, largest = int(values.min()), int(values.max())
    if largest - least < 4 * n + 1024:
        there = np.zeros(largest - least + 1, np.bool_)
        there[values - least] = True
        place: I64 = np.cumsum(there, dtype=np.int64) - 1
        numbers: I64 = place[values - least]
        return numbers
    dense: I64 = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return dense
