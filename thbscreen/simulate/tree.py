"""A small decision tree over binned columns, for the leak test: how far do three questions get?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thbscreen.simulate.clock import Flags, Floats

Bins = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Node:
    """One question (`column` at most `cut`?) with its answers, or a leaf with its share of planned rows."""

    share: float
    column: int = -1
    cut: int = -1
    low: Node | None = None
    high: Node | None = None


def _impurity(hits: Floats, rows: Floats) -> Floats:
    """Gives rows times the Gini impurity."""
    safe = np.maximum(rows, 1)
    out: Floats = 2 * hits * (1 - hits / safe)
    return out


def grow(features: Bins, planned: Flags, *, depth: int, bins: int) -> Node:
    """Grows a tree by the greatest fall of Gini impurity.

    Args:
        features: one column per feature, whole numbers below `bins`.
        planned: what to tell apart.
        depth: how many questions in a row.
        bins: how many different numbers a column holds at most.
    """
    total, hits = float(len(planned)), float(planned.sum())
    share = hits / total if total else 0.0
    if depth == 0 or hits in (0.0, total):
        return Node(share)
    best, where = 1e-9, (-1, -1)
    here = float(_impurity(np.array([hits]), np.array([total]))[0])
    for column in range(features.shape[1]):
        values = features[:, column]
        rows = np.cumsum(np.bincount(values, minlength=bins)).astype(np.float64)
        found = np.cumsum(np.bincount(values[planned], minlength=bins)).astype(np.float64)
        gain = here - _impurity(found, rows) - _impurity(hits - found, total - rows)
        gain[(rows == 0) | (rows == total)] = 0
        cut = int(np.argmax(gain))
        if gain[cut] > best:
            best, where = float(gain[cut]), (column, cut)
    if where[0] < 0:
        return Node(share)
    low = features[:, where[0]] <= where[1]
    return Node(
        share,
        *where,
        grow(features[low], planned[low], depth=depth - 1, bins=bins),
        grow(features[~low], planned[~low], depth=depth - 1, bins=bins),
    )


def leaves(tree: Node, features: Bins) -> Floats:
    """Gives the share of planned rows of the leaf that each row falls into."""
    out = np.full(len(features), tree.share)
    if tree.low is not None and tree.high is not None:
        low = features[:, tree.column] <= tree.cut
        out[low] = leaves(tree.low, features[low])
        out[~low] = leaves(tree.high, features[~low])
    return out


def average_precision(score: Floats, planned: Flags) -> float:
    """Gives the average precision of scores; rows of equal score count as one step."""
    if not planned.any():
        return 0.0
    levels, index = np.unique(-score, return_inverse=True)
    hits = np.cumsum(np.bincount(index, weights=planned, minlength=len(levels)))
    rows = np.cumsum(np.bincount(index, minlength=len(levels)))
    gained = np.diff(np.concatenate([[0.0], hits])) / planned.sum()
    return float((gained * hits / rows).sum())
