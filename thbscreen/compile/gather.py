"""Groups of rows from all buckets that cannot be a hit, found before the rows are put in order.

Rules that group by something else than the account see rows of every bucket. Most of their groups, such as
households of one, reach in all their rows less than a hit or a near miss needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from thbscreen.compile.bounds import COUNTED, bounds, reaches
from thbscreen.compile.windows import group_ids
from thbscreen.rules import ast

if TYPE_CHECKING:
    from thbscreen.compile.rows import Rows

I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


def compares_groups(detect: ast.Detect) -> bool:
    """Tells whether a rule compares its groups with each other, or measures over rows outside of them."""
    return isinstance(detect, ast.Aggregate) and any(
        m.kind == "peers" or m.for_each not in {None, detect.for_each} for m in detect.measures
    )


def matters(rows: Rows, detect: ast.Detect) -> Bool | None:
    """Tells which rows belong to a group that may be a hit or a near miss; None for all.

    Args:
        rows: of all buckets, in any order; see `aggregate.rows_of` and `sequence.rows_of_sequence`.
        detect: groups rows by something else than the account.
    """
    if not isinstance(detect, ast.Aggregate | ast.Sequence) or rows.height == 0:
        return None
    if compares_groups(detect):
        return None
    keys = [rows[f"k{i}"] for i in range(len(detect.for_each))]
    complete: Bool = np.logical_and.reduce([key >= 0 for key in keys])
    at = np.flatnonzero(complete)
    group = group_ids([key[at] for key in keys])
    size = int(group.max(initial=-1)) + 1
    kept = np.ones(size, np.bool_)
    if isinstance(detect, ast.Sequence):
        for number, step in enumerate(detect.steps):
            if not step.absent:
                kept &= np.bincount(group[rows[f"s{number}"][at].astype(np.bool_)], minlength=size) > 0
    else:
        for bound in sorted(bounds(detect), key=lambda b: b.measure.kind not in COUNTED):
            still = kept[group]
            at, group = at[still], group[still]
            name = bound.measure.name
            counts, values = rows[f"n:{name}"][at].astype(np.bool_), rows[f"v:{name}"][at].astype(np.int64)
            kept &= reaches(bound, group[counts], values[counts], size)
    out = np.zeros(rows.height, np.bool_)
    out[at[kept[group]]] = True
    return out
