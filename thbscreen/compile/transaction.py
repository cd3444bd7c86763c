"""Transaction rules: each row that passes is a hit on its account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thbscreen.compile.aggregate import Judged, contributions, member_rows

if TYPE_CHECKING:
    from thbscreen.compile.view import View
    from thbscreen.rules import ast


def judge_rows(view: View, rule: ast.Rule, detect: ast.Transaction) -> Judged:
    """Gives one hit per row that passes."""
    view.use(detect.derive)
    rows = np.flatnonzero(view.where(detect.where))
    time = view.time[rows]
    table = pl.DataFrame(
        {
            "tx_id": view.frame["tx_id"].gather(rows),
            "amount": np.where(view.amount.known, view.amount.num, 0)[rows],
            **{f"r{i}": view.code(path)[rows] for i, (path, _) in enumerate(rule.roles)},
        }
    )
    index = np.arange(len(rows), dtype=np.int64)
    columns = {
        "k0": view.account[rows],
        "w_starts": time,
        "w_ends": time,
        "starts": time,
        "ends": time,
        "episodes": np.ones(len(rows), np.int64),
        **contributions(table, index, index, len(rows)),
    }
    return Judged(pl.DataFrame(columns), member_rows(table, rule, index, index), pl.DataFrame())
