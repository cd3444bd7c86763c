"""Changes that must change no finding: order of rows, strangers, currency, whole weeks, an earlier cut.

The packs are those of the properties, so that every construct is asked; the worlds are as hostile.
"""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.oracles import worlds as w
from tests.oracles.agree import part
from tests.oracles.clocks import Zone
from tests.properties import (
    test_each_construct,
    test_past_and_peers,
    test_sequences,
    test_shapes,
    test_stars,
)
from thbscreen.compile.pack import compile_pack
from thbscreen.engine.hits import Assembler
from thbscreen.engine.prepare import prepare
from thbscreen.engine.run import Runner
from thbscreen.rules import ast
from thbscreen.screening import screen

SAMPLE = Path(__file__).parents[2] / "sample_data"
DAY = 1440 * w.MINUTE
PACKS = {
    "conditions": test_each_construct.conditions,
    "lines": test_each_construct.lines,
    "keys": test_each_construct.keys,
    "past and peers": test_past_and_peers.compared,
    "a row's past": test_past_and_peers.past,
    "sequences": test_sequences.pack,
    "shapes": test_shapes.pack,
    "stars": test_stars.pack,
}
#: What every finding is made of; ids follow from it.
TOLD = ("rule", "keys", "measures", "conditions", "tx_ids", "amount_eur", "starts", "ends", "window_starts",
        "window_ends")  # fmt: skip


@functools.cache
def every_rule():
    """Puts rules of all packs into one pack, a part of each."""
    packs = [make() for make in PACKS.values()]
    rules, taken = [], 0
    for pack in packs:
        for rule in pack.rules[::6]:
            rules.append(dataclasses.replace(rule, id=f"THB-ML-{100 + taken}"))
            taken += 1
    return dataclasses.replace(packs[0], rules=tuple(rules), bound=tuple(rules))


def only(pack, keep):
    """Keeps the rules that pass."""
    return dataclasses.replace(pack, rules=tuple(r for r in pack.rules if keep(r)))


def parts(thing):
    """Walks a bound rule."""
    yield thing
    if dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from parts(getattr(thing, field.name))
    elif isinstance(thing, tuple):
        for item in thing:
            yield from parts(item)


def findings(pack, world, buckets=1, change=lambda table: table):
    """Gives the hits of a pack in a fixed order; `change` may alter the loaded transactions."""
    source = w.source_of(pack, *world)
    source.transactions = change(source.transactions)
    compiled = compile_pack(pack)
    prepared = prepare(source, compiled, buckets=buckets)
    found = Assembler(prepared, compiled).assemble(Runner(prepared, compiled).run())
    keys = pl.col("keys").list.eval(pl.element().struct.field("value")).list.join("|")
    order = ("rule", "window_starts", "window_ends", pl.col("tx_ids").list.join("|"), keys)
    return found.hits.select(TOLD).sort(order, nulls_last=True)


@part(12)
@given(w.worlds(), st.randoms(use_true_random=False), st.sampled_from((1, 2, 5)))
def test_shuffled_rows_and_other_buckets_give_the_same_findings(world, random, buckets):
    rows, accounts, parties = world
    mixed = [list(rows), list(accounts)]
    for table in mixed:
        random.shuffle(table)
    assert findings(every_rule(), (*mixed, parties), buckets).equals(findings(every_rule(), world))


@part(12)
@given(w.worlds(), st.integers(0, 3))
def test_an_unrelated_account_leaves_all_other_findings_as_they_were(world, number):
    rows, accounts, parties = world
    assume(rows)
    times = [r["booking_ts"] for r in rows]
    bare = {**dict.fromkeys(rows[0]), "account_id": "ZZ", "direction": "debit", "amount_eur": "3.00"}
    strangers = [{**bare, "booking_ts": times[i % len(times)], "tx_id": f"Z{i}"} for i in range(number)]
    before = findings(every_rule(), world)
    after = findings(every_rule(), ([*strangers, *rows], accounts, parties))
    named = after["tx_ids"].list.join("+").str.contains("Z")
    assert after.filter(~named).equals(before)


@part(12)
@given(w.worlds(), st.sampled_from(("USD", "RON", "GBP")))
def test_another_currency_at_the_same_value_in_euros_changes_nothing(world, currency):
    def change(table):
        return table.with_columns(
            pl.lit(currency).alias("currency"), (pl.col("amount") * 3 + 7).alias("amount")
        )

    assert findings(every_rule(), world, change=change).equals(findings(every_rule(), world))


def weekly(rule):
    """Tells whether a rule means the same in every week: no months, no dates, no facts."""
    for p in parts(rule.detect):
        if isinstance(p, ast.Length) and p.unit == "months":
            return False
        if isinstance(p, ast.Calendar | ast.Turns) and p.step == "month":
            return False
        if isinstance(p, ast.Value | ast.Name) and p.unit in {ast.Unit.DATE, ast.Unit.TIME}:
            return False
        if isinstance(p, ast.Fact) or (isinstance(p, ast.Measure) and p.kind == "months_active"):
            return False
        path = getattr(p, "field", None) or ""
        if isinstance(path, str) and path.endswith(("age_days", "opened_date")):
            return False
        if isinstance(p, ast.Name) and p.name.endswith("age_days"):
            return False
    return True


@functools.cache
def weekly_rules():
    """The rules that mean the same in every week."""
    return only(every_rule(), weekly)


@part(12)
@given(w.worlds(), st.integers(1, 7))
def test_all_times_some_weeks_later_give_the_same_findings_later(world, weeks):
    rows, accounts, parties = world
    assume(rows)
    first = min(r["booking_ts"] for r in rows)
    # from May to August, and weeks later at most in September: clocks do not change
    may = [
        {**r, "booking_ts": w.at("2024-05-06 07:10") + (r["booking_ts"] - first) % (90 * DAY)} for r in rows
    ]
    later = [{**r, "booking_ts": r["booking_ts"] + weeks * 7 * DAY} for r in may]
    before = findings(weekly_rules(), (may, accounts, parties))
    after = findings(weekly_rules(), (later, accounts, parties))
    moments = pl.col("starts", "ends", "window_starts", "window_ends")
    assert after.with_columns(moments - pl.duration(weeks=weeks)).equals(before)


def forgets(rule):
    """Tells whether a rule needs nothing older than its look-back: no queues, habits, repeats and cycles."""
    remembers = (ast.ForwardedWithin, ast.PassedOn, ast.MostCommon, ast.FirstSeen, ast.SincePrevious)
    if isinstance(rule.detect, ast.Star) or getattr(rule.detect, "repeat", None) is not None:
        return False
    if isinstance(getattr(rule.detect, "window", None), ast.WholePeriod | ast.Turns):
        return False
    return not any(
        isinstance(p, remembers) or (isinstance(p, ast.Measure) and p.kind == "usual")
        for p in parts(rule.detect)
    )


@functools.cache
def forgetful_rules():
    """The rules that need nothing older than their look-back."""
    return only(every_rule(), forgets)


@part(12)
@given(w.worlds(max_rows=24), st.data())
def test_a_later_batch_with_the_look_back_before_it_gives_the_findings_of_the_whole(world, data):
    rows, accounts, parties = world
    assume(rows)
    cut = data.draw(st.sampled_from(sorted({r["booking_ts"] for r in rows})))
    zone = Zone("Asia/Nicosia")
    for rule in forgetful_rules().rules[data.draw(st.integers(0, 4)) :: 5]:
        pack = only(forgetful_rules(), lambda r, i=rule.id: r.id == i)
        back = rule.look_back or ast.Length(0, "minutes")
        late = [r for r in rows if r["booking_ts"] >= zone.before(cut, back)]
        later = pl.col("starts").dt.epoch("us") > cut
        whole, batch = findings(pack, world), findings(pack, (late, accounts, parties))
        assert batch.filter(later).equals(whole.filter(later)), rule.detect


@pytest.mark.slow
def test_the_sample_in_another_currency_gives_the_same_findings(tmp_path):
    rows = pl.read_parquet(SAMPLE / "transactions.parquet")
    third = pl.int_range(pl.len()) % 3 == 0
    rows.with_columns(
        pl.col("amount").alias("amount_eur"),
        pl.when(third).then(pl.lit("USD")).otherwise("currency").alias("currency"),
        pl.when(third).then(pl.col("amount") * 2).otherwise("amount").cast(pl.Decimal(18, 2)).alias("amount"),
    ).write_parquet(tmp_path / "transactions.parquet")
    for name in ("accounts", "parties", "account_parties"):
        (tmp_path / f"{name}.csv").write_bytes((SAMPLE / f"{name}.csv").read_bytes())
    before, after = screen([SAMPLE]), screen([tmp_path])
    assert after.hits.equals(before.hits)
    assert after.alerts.equals(before.alerts)
