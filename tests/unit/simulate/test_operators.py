from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thbscreen.simulate import evasion
from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Ints
from thbscreen.simulate.evasion import Scene
from thbscreen.simulate.layers import LivingWorld, frame_of
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.moves import Moves, book, read_moves
from thbscreen.simulate.operators import BY_ID, OPERATORS
from thbscreen.simulate.settings import OPERATORS as IDS
from thbscreen.simulate.streams import stream
from thbscreen.simulate.world import OUTSIDE, add_public_bodies, build_world

MEMBERS, HELPERS = 12, 3
#: Operators after which every member's account has gained or lost exactly what it had before.
KEEPS_NET = ("A1", "A2", "A4", "A8", "A12", "A13")
CHANGES = [op for op in OPERATORS if op.legs is not None]


def small_world() -> LivingWorld:
    world = build_world(stream(3, "people"), 900, 90, 0.5, LivingWorld)
    assert isinstance(world, LivingWorld)
    world.begin("public")
    add_public_bodies(world, stream(3, "public"))
    world.begin("others")
    world.strangers(stream(3, "others"), 20, 0.3)
    world.opened[:], world.left[:] = -400, DAYS
    world.main[:] = np.arange(world.parties)
    return world


WORLD = small_world()
ACCOUNTS: Ints = np.arange(MEMBERS, dtype=np.int64)


def legs_of(seed: int) -> pl.DataFrame:
    """Books payments of a made-up group: among members, with others, cash and cards."""
    rng = np.random.default_rng(seed)
    ledger = Ledger(WORLD)
    ledger.group = 0
    ledger.mark("now", "payment")
    n = int(rng.integers(1, 60))
    moment = rng.integers(0, DAYS * DAY_SECONDS, n)
    others = np.concatenate([ACCOUNTS, ACCOUNTS, np.arange(OUTSIDE + 20, OUTSIDE + 35), np.arange(100, 110)])
    text = rng.choice(np.array(["massage 1h", "rent", None], dtype=object), n)
    ledger.pay(moment, rng.choice(others, n), rng.choice(others, n), rng.integers(1, 900_000, n), text=text)
    ledger.cash(moment, rng.choice(ACCOUNTS, n), np.full(n, 2), rng.integers(1, 60, n) * 1000)
    nought = np.zeros(n, dtype=np.int64)
    ledger.shop(rng, moment, rng.choice(ACCOUNTS, n), nought, nought, np.ones(n))
    return frame_of(ledger, "test")


def scene(op: str, strength: int, seed: int) -> Scene:
    helpers = np.arange(20, 20 + HELPERS, dtype=np.int64)
    if op == "A15":
        helpers = np.array([950], dtype=np.int64)
    WORLD.begin(f"test/{op}")
    return Scene(WORLD, np.random.default_rng(seed), strength, ACCOUNTS, helpers, np.arange(300, 340), 7)


def net(moves: Moves, leave_out: Ints | None = None) -> dict[int, int]:
    """Gives what each account gained in all."""
    total: dict[int, int] = {}
    for payer, payee, cents in zip(
        moves.ints("payer"), moves.ints("payee"), moves.ints("cents"), strict=True
    ):
        for side, sign in ((payer, -1), (payee, 1)):
            if side >= 0:
                total[int(side)] = total.get(int(side), 0) + sign * int(cents)
    return {k: v for k, v in total.items() if v and (leave_out is None or k not in leave_out)}


def rows(moves: Moves) -> list[tuple[object, ...]]:
    return sorted(moves.table.rows(), key=repr)


def test_the_table_and_the_command_line_know_the_same_operators() -> None:
    assert tuple(BY_ID) == IDS
    assert all(op.changes and op.holds for op in OPERATORS)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_legs_that_are_read_and_booked_again_are_the_same(seed: int) -> None:
    legs = legs_of(seed)
    again = book(read_moves(legs), WORLD, legs, 0, 1)
    keep = [c for c in legs.columns if c not in ("source", "serial", "reference")]
    assert again.select(keep).sort(keep).equals(legs.select(keep).sort(keep))


@given(seed=st.integers(0, 10_000), strength=st.integers(1, 3), op=st.sampled_from(KEEPS_NET))
@settings(max_examples=15, deadline=None)
def test_operators_that_reroute_or_delay_leave_everybody_with_the_same_money(
    seed: int, strength: int, op: str
) -> None:
    before = read_moves(legs_of(seed))
    change = BY_ID[op].legs
    assert change is not None
    assert net(change(before, scene(op, strength, seed))) == net(before)


@given(seed=st.integers(0, 10_000), strength=st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_blurred_sums_keep_what_a_pair_moves_in_all_when_it_pays_more_than_once(
    seed: int, strength: int
) -> None:
    before = read_moves(legs_of(seed)).pick(read_moves(legs_of(seed)).transfers())
    after = evasion.other_sums(before, scene("A3", strength, seed))
    pair = ["payer", "payee"]

    def sums(moves: Moves) -> pl.DataFrame:
        chosen = pl.col("cents") >= 500
        return moves.table.group_by(pair).agg(pl.col("cents").sum(), chosen.sum().alias("n")).sort(pair)

    old, new = sums(before), sums(after)
    more = old["n"] != 1
    assert new.filter(more)["cents"].equals(old.filter(more)["cents"])
    assert after.table.height == before.table.height
    assert (after.ints("cents") > 0).all()
    assert (after.ints("cents") != before.ints("cents")).any() or (before.ints("cents") < 500).all()


@given(seed=st.integers(0, 10_000), strength=st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_collectors_in_turn_together_get_and_pay_what_one_did(seed: int, strength: int) -> None:
    before = read_moves(legs_of(seed))
    used = scene("A5", strength, seed)
    after = evasion.more_collectors(before, used)
    sink = evasion.collector_of(before, ACCOUNTS)
    together = np.append(used.helpers, sink)
    assert net(after, together) == net(before, together)
    gained = [sum(v for k, v in net(m).items() if k in together) for m in (before, after)]
    assert gained[0] == gained[1]


@given(
    seed=st.integers(0, 10_000),
    ops=st.lists(st.sampled_from([o.id for o in CHANGES]), min_size=1, max_size=6),
)
@settings(max_examples=20, deadline=None)
def test_operators_combine_and_every_payment_stays_whole_and_in_the_window(seed: int, ops: list[str]) -> None:
    legs = legs_of(seed)
    moves = read_moves(legs)
    for k, op in enumerate(ops):
        change = BY_ID[op].legs
        assert change is not None
        moves = change(moves, scene(op, 1 + k % 3, seed + k))
    booked = book(moves, WORLD, legs, 0, 1)
    assert (booked["cents"] > 0).all()
    assert booked["moment"].is_between(0, DAYS * DAY_SECONDS - 1).all()
    both = booked.filter((pl.col("reference") >= 0) & (pl.col("other") < OUTSIDE))
    pairs = both.group_by("reference").agg(
        pl.len(), pl.col("cents").n_unique().alias("sums"), pl.col("credit").n_unique().alias("ways"),
        pl.col("account").sort().alias("mine"), pl.col("other").sort().alias("theirs"),
    )  # fmt: skip
    assert pairs.filter((pl.col("len") != 2) | (pl.col("sums") != 1) | (pl.col("ways") != 2)).is_empty()
    assert pairs.filter(pl.col("mine") != pl.col("theirs")).is_empty()


@pytest.mark.parametrize("op", [o.id for o in CHANGES])
def test_an_operator_is_a_function_of_its_payments_and_stream(op: str) -> None:
    change, before = BY_ID[op].legs, read_moves(legs_of(8))
    assert change is not None
    known = rows(before)
    first, second = (change(before, scene(op, 3, 5)) for _ in range(2))
    assert rows(first) == rows(second)
    assert rows(before) == known
    assert rows(first) != known


def test_extra_hops_pass_everything_on_within_a_day() -> None:
    before = read_moves(legs_of(4))
    used = scene("A4", 3, 1)
    after = evasion.extra_hops(before, used)
    table = after.table
    into = table.filter(pl.col("payee").is_in(used.helpers.tolist()))
    out = table.filter(pl.col("payer").is_in(used.helpers.tolist()))
    assert into.height == out.height > 0
    lag = out["moment"] - into["moment"]
    assert lag.is_between(2 * 3600, 26 * 3600).all()
    direct = used.inside(after) & np.isin(after.ints("payer"), ACCOUNTS)
    assert direct.sum() < used.inside(before).sum()


def test_more_strength_moves_more_payments_by_more_days() -> None:
    before = read_moves(legs_of(8))
    moved = []
    for strength in (1, 2, 3):
        after = evasion.other_times(before, scene("A1", strength, 2))
        moved.append(int(np.abs(after.ints("moment") - before.ints("moment")).max()))
    assert moved == sorted(moved)
    assert moved[0] <= 2 * DAY_SECONDS < moved[2] <= 10 * DAY_SECONDS


def test_under_round_sums_nothing_stays_at_or_just_above_one() -> None:
    before = read_moves(legs_of(21))
    after = evasion.under_round_sums(before, scene("A13", 3, 2))
    step = evasion.ROUND_SUMS

    def above(moves: Moves) -> int:
        cents = moves.ints("cents")[moves.transfers()]
        low = step[np.maximum(np.searchsorted(step, cents, side="right") - 1, 0)]
        return int(((cents >= low) & (cents < low * 1.05)).sum())

    big = before.ints("cents")[before.transfers()] >= step[0]
    assert big.any()
    assert above(after) <= above(before)
    assert after.table.height > before.table.height


def test_what_the_state_pays_is_not_split() -> None:
    before = read_moves(legs_of(21))
    pension = before.changed(purpose=["PENS"] * before.table.height)
    assert evasion.under_round_sums(pension, scene("A13", 3, 2)).table.equals(pension.table)


def test_other_words_take_the_words_and_nothing_else() -> None:
    before = read_moves(legs_of(9))
    after = evasion.other_words(before, scene("A8", 3, 2))
    assert after.table.drop("text").equals(before.table.drop("text"))
    texts = after.table["text"].drop_nulls()
    assert not texts.str.contains("massage").any()


def test_a_flood_is_tiny_payments_of_many_people_into_one_hub() -> None:
    moves = evasion.flood(WORLD, 1, 950, 1, np.arange(400, dtype=np.int64))
    assert 990 <= moves.table.height <= 1000
    assert set(moves.table["payee"]) == {950}
    assert moves.table["cents"].max() < 1000  # type: ignore[operator]  # a column of whole numbers
    assert moves.table["payer"].n_unique() > 300
