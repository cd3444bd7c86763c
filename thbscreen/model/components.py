"""Connected components over integer codes, linear in the edges per round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def components(n: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Gives each node the smallest code of its connected component.

    Args:
        n: number of nodes; codes are 0 to n - 1.
        left: one end of each undirected edge.
        right: the other end; same length as `left`. Loops and repeats are allowed.

    Returns:
        One label per node. Equal labels mean the same component.

    Raises:
        ValueError: the ends differ in length, or a code lies outside 0 to n - 1.

    Notes:
        Every round hooks the root with the larger code under the smallest neighbouring root, then
        jumps pointers until all nodes point at roots. Two rounds at least halve the number of
        roots that still have an edge, so the rounds grow with the logarithm of n, also on paths
        and stars.
    """
    if len(left) != len(right):
        raise ValueError("both ends of the edges need the same length")
    if len(left) and (min(left.min(), right.min()) < 0 or max(left.max(), right.max()) >= n):
        raise ValueError("an edge names a node outside the range of codes")
    parent = np.arange(n, dtype=np.int64)
    low, high = np.minimum(left, right), np.maximum(left, right)
    while True:
        open_edges = low != high
        low, high = low[open_edges], high[open_edges]
        if not len(low):
            return parent
        np.minimum.at(parent, high, low)
        parent = _compress(parent)
        a, b = parent[low], parent[high]
        low, high = np.minimum(a, b), np.maximum(a, b)


def _compress(parent: NDArray[np.int64]) -> NDArray[np.int64]:
    while True:
        grand = parent[parent]
        if np.array_equal(grand, parent):
            return parent
        parent = grand
