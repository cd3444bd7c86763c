"""Transaction rules: each row that passes is a hit on its account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thbscreen.compile.aggregate import Judged, contributions, member_rows
from thbscreen.compile.steps import matched_rows
from thbscreen.rules import ast

if TYPE_CHECKING:
    from thbscreen.compile.view import View


def judge_rows(view: View, rule: ast.Rule, detect: ast.Transaction) -> Judged:
    """Gives one hit per row that passes, with e0n, e0k.. for the fields that its evidence shows."""
    view.use(detect.derive)
    rows = np.flatnonzero(view.where(detect.where))
    time = view.time[rows]
    table = pl.DataFrame(
        {
            "tx_id": view.frame["tx_id"].gather(rows),
            "_t": time,
            "amount": np.where(view.amount.known, view.amount.num, 0)[rows],
            **matched_rows(view, detect.derive, rows),
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
    for i, slot in enumerate(shown_fields(rule)):
        value, known = view.value_codes(slot)
        columns |= {f"e{i}n": value[rows], f"e{i}k": known[rows]}
    return Judged(pl.DataFrame(columns), member_rows(table, rule, index, index), pl.DataFrame())


def shown_fields(rule: ast.Rule) -> tuple[str, ...]:
    """Lists the fields of the row that the evidence of a transaction rule shows."""
    names = (s.name for s in rule.evidence if isinstance(s, ast.Slot))
    return tuple(dict.fromkeys(names)) if isinstance(rule.detect, ast.Transaction) else ()
