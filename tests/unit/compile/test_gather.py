"""Rules that gather rows of all buckets find the same whether hopeless groups are left out first or not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from thbscreen.compile.aggregate import judge
from thbscreen.compile.gather import matters
from thbscreen.compile.pack import compile_pack
from thbscreen.compile.rows import Rows
from thbscreen.compile.sequence import judge_sequence
from thbscreen.model.clock import DAY, clock
from thbscreen.rules import ast
from thbscreen.rules.pack import load_pack

LOCAL = clock("Asia/Nicosia")
BEGIN = 20_500 * DAY


@cache
def gathered_rules():
    found = compile_pack(load_pack(tests=False)).rules
    return [r.rule for r in found if r.scope == "regroup" and _plain(r.rule.detect)]


def _plain(detect):
    if isinstance(detect, ast.Sequence):
        return not detect.derive
    return (
        isinstance(detect, ast.Aggregate)
        and not detect.links
        and not any(isinstance(d, ast.Follows | ast.PassedOn) for d in detect.derive)
        and not isinstance(detect.window, ast.Turns)
        and not any(m.compared or m.kind == "peers" for m in detect.measures)
    )


def _table(rule, seed, rows=400):
    """Makes rows as buckets hand them out: a few large groups, many small ones, missing keys and values."""
    random = np.random.default_rng(seed)
    detect = rule.detect
    time = np.sort(BEGIN + random.integers(0, 40 * DAY, rows))
    columns = {"_t": time, "amount": random.integers(100, 400_000, rows)}
    groups = np.where(random.random(rows) < 0.7, random.integers(0, 4, rows), random.integers(-1, 150, rows))
    for n in range(len(detect.for_each)):
        columns[f"k{n}"] = groups if n == 0 else random.integers(-1, 2, rows)
    if isinstance(detect, ast.Sequence):
        columns["_until"] = time + 5 * DAY
        for n, step in enumerate(detect.steps):
            columns[f"s{n}"] = random.random(rows) < 0.3
            for field in step.same:
                columns |= {f"b:{field}": random.integers(0, 3, rows), f"c:{field}": np.ones(rows, np.bool_)}
        for measure in detect.measures:
            if measure.field:
                name = measure.field
                columns |= {f"n:{name}": columns["amount"], f"d:{name}": np.ones(rows, np.int64)}
                columns[f"h:{name}"] = np.ones(rows, np.bool_)
    else:
        columns["_low"] = time - 20 * DAY
        columns["_period"] = (time - BEGIN) // (10 * DAY)
        for measure in detect.measures:
            if measure.kind != "formula":
                counts = random.random(rows) < 0.6
                value = (
                    columns["amount"] if measure.kind in {"sum", "largest"} else random.integers(0, 60, rows)
                )
                columns |= {f"v:{measure.name}": np.where(counts, value, 0), f"n:{measure.name}": counts}
    frame = pl.DataFrame(columns).with_columns(tx_id=pl.int_range(pl.len()).cast(pl.String))
    return frame.with_columns(pl.Series(f"r{n}", random.integers(0, 9, rows)) for n in range(len(rule.roles)))


def _judged(frame, rule):
    rows = Rows.of(frame)
    if isinstance(rule.detect, ast.Sequence):
        return judge_sequence(rows, rule, rule.detect, LOCAL, BEGIN + 40 * DAY)
    return judge(rows, rule, rule.detect, LOCAL)


def test_leaving_hopeless_groups_out_changes_no_hit_and_no_near_miss():
    left_out = hits = near = 0
    for seed, rule in enumerate(gathered_rules()):
        frame = _table(rule, seed)
        kept = matters(Rows.of(frame), rule.detect)
        if kept is None or not 0 < kept.sum() < len(kept):
            continue
        few = frame.filter(pl.Series(kept))
        slow, fast = _judged(frame, rule), _judged(few, rule)
        for part in ("hits", "members", "near", "steps"):
            assert_frame_equal(getattr(slow, part), getattr(fast, part))
        left_out += frame.height - few.height
        hits, near = hits + slow.hits.height, near + slow.near.height
    assert left_out > 0
    assert hits > 0
    assert near > 0


def test_a_rule_that_measures_over_wider_groups_keeps_every_row():
    payee = ("cp_account_id",)
    rule = next(
        r for r in gathered_rules() if isinstance(r.detect, ast.Aggregate) and r.detect.for_each != payee
    )
    wider = ast.Measure("all", "count", ast.Unit.NUMBER, for_each=payee)
    detect = replace(rule.detect, measures=(*rule.detect.measures, wider))
    assert matters(Rows.of(_table(rule, 1)), rule.detect) is not None
    assert matters(Rows.of(_table(rule, 1)), detect) is None
