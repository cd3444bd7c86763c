"""Which leg, link or step of its pattern each contributing row of a hit stands for.

A rule names the parts of its pattern: legs and links of a star, links of a shape, steps of a sequence, and
the earlier rows of a `follows` column. Here every contributing row gets the name of its part, so that a
proof can tell what a payment stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.rules import ast

if TYPE_CHECKING:
    from thbscreen.compile.found import Part
    from thbscreen.compile.view import View

I64 = npt.NDArray[np.int64]
#: Rows that stand for no named part.
NO_STEP = -1
#: Columns of a table of steps: number of the hit, transaction, position in `step_names`.
STEPS = {"hit": pl.Int64, "tx_id": pl.String, "step": pl.Int64}


def proven(rule: ast.Rule) -> bool:
    """Says whether hits of a rule prove something about a network: only their steps are worked out."""
    return rule.third_party or rule.family == "network"


def step_names(detect: ast.Detect) -> tuple[str, ...]:
    """Lists the parts of a pattern that have names, in the order in which money moves."""
    match detect:
        case ast.Star():
            return tuple(leg.name for leg in (*detect.legs, *detect.links))
        case ast.Sequence():
            return (*(step.name for step in detect.steps), *_followed(detect.derive))
        case ast.Aggregate():
            return detect.links or _followed(detect.derive)
        case _:
            return _followed(detect.derive)


def _followed(derive: tuple[ast.Derive, ...]) -> tuple[str, ...]:
    return tuple(d.name for d in derive if isinstance(d, ast.Follows))


def first_matched(detect: ast.Aggregate | ast.Sequence) -> int:
    """Gives the position in `step_names` of what the first `follows` column found."""
    return len(detect.steps) if isinstance(detect, ast.Sequence) else 0


def own_steps(view: View, detect: ast.Aggregate, rows: I64) -> I64:
    """Gives the position in `detect.links` of each row of a shape, else `NO_STEP`."""
    out = np.full(len(rows), NO_STEP, np.int64)
    if len(detect.links) == 1:
        out[:] = 0
    for item in detect.derive:
        if isinstance(item, ast.PassedOn) and len(detect.links) == 2:
            out[view.where(item.target)[rows]] = 1
            out[view.where(item.source)[rows]] = 0
    return out


def rests_on_others(derive: tuple[ast.Derive, ...]) -> bool:
    """Says whether derived columns rest on other rows, which then contribute to a hit as well."""
    return any(isinstance(d, ast.Follows | ast.PassedOn) for d in derive)


def matched_rows(view: View, derive: tuple[ast.Derive, ...], rows: I64) -> dict[str, pl.Series]:
    """Gives the other rows that derived columns rest on.

    Returns:
        Per `follows` or passed-on column i: xi (lists of ids), yilow, yihigh (times), and, for money passed
        on, zi beside xi: 0 where the other row brought the money, 1 where it took it.
    """
    out: dict[str, pl.Series] = {}
    ids = view.frame["tx_id"]
    number = pl.DataFrame({"row": rows}).with_row_index("at")
    for i, item in enumerate(d for d in derive if isinstance(d, ast.Follows | ast.PassedOn)):
        if isinstance(item, ast.Follows):
            other = view.follows(item)[rows]
            pairs = pl.DataFrame({"row": rows, "other": other}).filter(pl.col("other") >= 0)
        else:
            moved = view.moved(item)
            pairs = pl.DataFrame({"row": moved.row, "other": moved.other})
        others = pairs["other"].to_numpy()
        pairs = pairs.with_columns(ids.gather(others).alias("x"), pl.Series("y", view.time[others], pl.Int64))
        wanted = [pl.col("x")]
        if isinstance(item, ast.PassedOn):
            brought = view.where(item.source)[others]
            pairs = pairs.with_columns(pl.Series("z", np.where(brought, 0, 1), pl.Int64))
            wanted.append(pl.col("z"))
        lists = pairs.group_by("row").agg(
            *wanted, pl.col("y").min().alias("low"), pl.col("y").max().alias("high")
        )
        table = number.join(lists, on="row", how="left", maintain_order="left")
        out |= {f"x{i}": table["x"], f"y{i}low": table["low"], f"y{i}high": table["high"]}
        if isinstance(item, ast.PassedOn):
            out[f"z{i}"] = table["z"]
    return out


def step_rows(pairs: Part, rule: ast.Rule, own: I64) -> pl.DataFrame:
    """Tells which part of the pattern contributing rows stand for.

    Args:
        pairs: of hits and rows.
        rule: its `detect` is an aggregate or a sequence.
        own: position in `step_names` of the row itself, one per pair, or `NO_STEP`.

    Returns:
        hit, tx_id, step; each once, only named parts, and only for rules that prove something.
    """
    detect = rule.detect
    if not proven(rule) or not isinstance(detect, ast.Aggregate | ast.Sequence) or not step_names(detect):
        return pl.DataFrame(schema=STEPS)
    if "tx_id" not in pairs.later:
        return pl.DataFrame(schema=STEPS)
    extra = [c for c in pairs.later if c[0] in "xz" and c[1:].isdigit()]
    part = pl.DataFrame({c: pairs.later[c] for c in ("tx_id", *extra)} | {"hit": pairs.owner, "step": own})
    parts = [part.select(*STEPS)]
    shaped = isinstance(detect, ast.Aggregate) and bool(detect.links)
    at = first_matched(detect)
    for i, item in enumerate(d for d in detect.derive if isinstance(d, ast.Follows | ast.PassedOn)):
        if isinstance(item, ast.PassedOn):
            both = part.select("hit", tx_id=f"x{i}", step=f"z{i}") if shaped else part.clear().select(*STEPS)
            parts.append(both.explode("tx_id", "step") if shaped else both)
            continue
        # In a shape what was followed is the money that came first.
        found = part.select("hit", tx_id=f"x{i}").explode("tx_id")
        parts.append(found.with_columns(step=pl.lit(0 if shaped else at, dtype=pl.Int64)))
        at += 1
    every = pl.concat([p.select(pl.col(c).cast(t) for c, t in STEPS.items()) for p in parts])
    return every.filter(pl.col("tx_id").is_not_null() & (pl.col("step") >= 0)).unique()
