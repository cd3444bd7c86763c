"""Different numbers, and places in rows sorted by a key and a time, for times of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def distinct(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Gives different keys in order; on many whole numbers a sort is far faster than np.unique.

    Example:
        >>> distinct(np.array([3, 1, 3])).tolist()
        [1, 3]
    """
    keys = np.sort(keys)
    found: NDArray[np.int64] = keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]
    return found


def places(
    keys: NDArray[np.int64],
    t: NDArray[np.int64],
    asked: NDArray[np.int64],
    at: NDArray[np.int64],
    side: Literal["left", "right"],
) -> NDArray[np.int64]:
    """Gives where in sorted rows a key and a time would stand.

    Args:
        keys: of the rows, which are sorted by key and then by time; small whole numbers from 0 on.
        t: times of the rows, microseconds.
        asked: keys that are looked for.
        at: their times.
        side: before ("left") or behind ("right") rows of just that key and time.

    Notes:
        A key times the length of all time does not fit into 64 bits for a large bank: a year has 3 * 10 ** 13
        microseconds. So times are numbered first.

    Example:
        >>> one = np.array([0, 0, 1]), np.array([5, 9, 5])
        >>> places(*one, np.array([0]), np.array([9]), "right").tolist()
        [2]
    """
    times = distinct(np.concatenate([t, at]))
    joined = keys * len(times) + np.searchsorted(times, t)
    wanted = asked * len(times) + np.searchsorted(times, at)
    found: NDArray[np.int64] = np.searchsorted(joined, wanted, side=side).astype(np.int64)
    return found
