"""Transaction rules: each row that passes is a hit on its account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from thbscreen.compile.aggregate import later_of, part_of
from thbscreen.compile.found import Judged, contributions, member_rows
from thbscreen.compile.rows import Rows
from thbscreen.rules import ast

if TYPE_CHECKING:
    from thbscreen.compile.view import View


def judge_rows(view: View, rule: ast.Rule, detect: ast.Transaction) -> Judged:
    """Gives one hit per row that passes, with e0n, e0k.. for the fields that its evidence shows."""
    view.use(detect.derive)
    rows = view.rows(detect.where)
    if len(rows) == 0:
        return Judged()
    time = view.time[rows]
    table = Rows(
        len(rows), {"_t": time, "amount": view.cents[rows]}, later_of(view, rule, detect.derive, rows)
    )
    index = np.arange(len(rows), dtype=np.int64)
    part = part_of(table, index, index)
    columns = {
        "k0": view.account[rows],
        "w_starts": time,
        "w_ends": time,
        "starts": time,
        "ends": time,
        "episodes": np.ones(len(rows), np.int64),
        **contributions(part, len(rows)),
    }
    for i, slot in enumerate(shown_fields(rule)):
        value, known = view.value_codes(slot)
        columns |= {f"e{i}n": value[rows], f"e{i}k": known[rows]}
    return Judged(pl.DataFrame(columns), member_rows(part, rule), pl.DataFrame())


def shown_fields(rule: ast.Rule) -> tuple[str, ...]:
    """Lists the fields of the row that the evidence of a transaction rule shows."""
    names = (s.name for s in rule.evidence if isinstance(s, ast.Slot))
    return tuple(dict.fromkeys(names)) if isinstance(rule.detect, ast.Transaction) else ()
