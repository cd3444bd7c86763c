"""Tiny prepared buckets for tests."""

from __future__ import annotations

import numpy as np
import polars as pl

from thbscreen.compile.pack import compile_pack
from thbscreen.compile.view import Context, View
from thbscreen.diagnostics import Span
from thbscreen.model.clock import clock
from thbscreen.rules import ast, bundle

HOUR = 3_600_000_000
SPAN = Span("test", 1, 1, 2)


def profile(facts=(), zone="UTC"):
    """Gives a profile without overrides."""
    return bundle.Profile("test", zone, facts, (), (), (), bundle.Scoring(), "digest", SPAN)


def view_of(account, hour, credit, cents, facts=(), **codes):
    """Gives a view over rows sorted by account and hour; codes are small integers or None."""
    n = len(account)
    n_accounts = (max(account) + 1) if n else 0
    pack = compile_pack(bundle.RulePack((), (), (), profile(facts), "digest"))
    name = "@row0"
    condition = (ast.Test("direction", "is", ast.Value(ast.Unit.TEXT, "credit")),)
    pack.row_tests[condition] = name
    frame = pl.DataFrame(
        {
            "c:account_id": pl.Series(account, dtype=pl.Int32),
            "_t": pl.Series([h * HOUR for h in hour], dtype=pl.Int64),
            "_credit": pl.Series(credit, dtype=pl.Boolean),
            "amount_eur": pl.Series(cents, dtype=pl.Int64),
            "tx_id": pl.Series([f"T{i:02d}" for i in range(n)], dtype=pl.String),
            "@class": pl.Series([int(c) for c in credit], dtype=pl.UInt16),
            **{
                f"c:{k}": pl.Series([-1 if v is None else v for v in vs], dtype=pl.Int32)
                for k, vs in codes.items()
            },
        }
    )
    dims = pl.DataFrame({"party_id": pl.Series([None] * (n_accounts + 1), dtype=pl.String)})
    dictionaries = {k: pl.Series([str(i) for i in range(5)]) for k in codes}
    context = Context(
        pack, clock(pack.pack.profile.time_zone), dims, {}, dictionaries, np.array([[False], [True]])
    )
    assert np.all(np.diff(frame["c:account_id"].to_numpy()) >= 0)
    return View(frame, context)


view_of.span = SPAN
