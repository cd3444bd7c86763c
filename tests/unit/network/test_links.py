"""Links beside hits: machines, conductors, a common payee, allowance loops; weights and decay."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import combinations, pairwise, permutations
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.network.build import AS_OF, World, cell, ring
from thbscreen.network import NetworkTables, links, motifs
from thbscreen.network.codes import coded


def flagged(world: World, *accounts: str, **facts: str) -> World:
    for a in accounts:
        world.customer(a, **facts).hit("THB-SEX-001", a)
    return world


def joined(world: World) -> bool:
    """Whether Z belongs to the group of the cell."""
    return "C-Z" in set(world.run().members["member_id"])


def edge(t: NetworkTables, kind: str) -> dict[str, object]:
    return t.edges.filter(pl.col("kind") == kind).row(0, named=True)


# --- machines and counters ---


def test_two_flagged_subjects_at_one_machine_within_minutes_group() -> None:
    world = flagged(cell(), "Z")
    assert not joined(world)
    assert joined(world.meet("C-V0", "C-Z", 30, 0))


def test_a_meeting_keeps_its_movements_and_loses_half_its_weight_in_180_days() -> None:
    world = flagged(cell(), "Z").meet("C-V0", "C-Z", 181, 180)
    found = edge(world.run(), "shared terminal")
    assert (found["weight"], found["n"], found["amount_eur"]) == (0.35, 2, 10_000)
    assert found["tx_ids"] == ["M-C-V0-C-Z-181", "M-C-V0-C-Z-180"]


def test_an_unflagged_subject_is_not_joined_by_a_machine() -> None:
    assert not joined(cell().customer("Z").meet("C-V0", "C-Z", 30, 0))


def test_one_person_at_the_counter_for_two_flagged_subjects_groups_them() -> None:
    world = flagged(cell(), "Z")
    world.conductors += [{"conductor_id": "K", "subject_id": s} for s in ("C-V0", "C-Z")]
    found = edge(world.run(), "shared conductor")
    assert (found["source"], found["target"], found["weight"]) == ("C-V0", "C-Z", 0.7)


def test_a_shared_device_counts_by_when_both_were_last_seen_with_it() -> None:
    seen = pl.DataFrame(
        {"device_id": ["d", "d"], "subject_id": ["A", "B"], "last": [AS_OF, AS_OF - timedelta(days=180)]}
    )
    none = seen.clear().rename({"device_id": "conductor_id"})
    no_access = seen.clear().rename({"device_id": "access_id"})
    parties = pl.DataFrame(schema={"party_id": pl.String})
    values = links.attribute_values(parties, seen, none, no_access)
    pairs = links.attribute_pairs(values, pl.DataFrame({"node": ["A", "B"]}))
    assert pairs["last"].to_list() == [AS_OF - timedelta(days=180)]


# --- a common payee ---


def forwarders(
    world: World, *accounts: str, to: str = "SINK", amounts: tuple[int, ...] = (80_000, 90_000)
) -> World:
    """Pay comes in, and most of it goes on to one account the next day, twice."""
    for a in accounts:
        days = [30 * (i + 1) for i in range(len(amounts))]
        world.pay_on("WORK", a, *((d, 100_000) for d in days))
        world.pay_on(a, to, *((d - 1, c) for d, c in zip(days, amounts, strict=True)))
    return world


def test_two_flagged_subjects_who_pass_money_on_to_one_account_group_with_it() -> None:
    t = forwarders(flagged(cell(), "Z"), "V0", "Z").run()
    assert {"C-Z", "SINK"} <= set(t.members["member_id"])
    assert "SINK" in t.members.filter("is_connector")["member_id"].to_list()
    found = edge(t, "common payee")
    assert (found["n"], found["amount_eur"], len(found["times"])) == (2, 170_000, 2)  # type: ignore[arg-type]


def test_one_forwarder_alone_makes_no_common_payee() -> None:
    assert not joined(forwarders(flagged(cell(), "Z"), "Z"))


def test_an_unflagged_forwarder_does_not_count() -> None:
    assert not joined(forwarders(cell().customer("Z"), "V0", "Z"))


def test_money_passed_on_once_is_no_habit() -> None:
    assert not joined(forwarders(flagged(cell(), "Z"), "V0", "Z", amounts=(80_000,)))


def test_less_than_half_of_what_came_in_is_not_passed_on() -> None:
    assert not joined(forwarders(flagged(cell(), "Z"), "V0", "Z", amounts=(40_000, 41_000)))


def test_a_small_part_of_all_that_came_in_makes_no_common_payee() -> None:
    world = forwarders(flagged(cell(), "Z"), "V0", "Z")
    for a in ("V0", "Z"):
        world.pay_on("SALE", a, (200, 600_000))
    assert not joined(world)


def test_equal_sums_a_month_apart_are_like_rent() -> None:
    assert not joined(forwarders(flagged(cell(), "Z"), "V0", "Z", amounts=(60_000, 60_000, 60_000)))


def test_what_is_paid_before_the_money_came_is_not_passed_on() -> None:
    world = flagged(cell(), "Z")
    for a in ("V0", "Z"):
        world.pay_on("WORK", a, (60, 100_000), (30, 100_000)).pay_on(a, "SINK", (61, 80_000), (31, 90_000))
    assert not joined(world)


def test_a_common_payee_that_deals_with_many_others_links_nobody() -> None:
    world = forwarders(flagged(cell(), "Z"), "V0", "Z")
    world.reach.append({"account_id": "SINK", "n_accounts": 26, "amount_eur": 100})
    assert not joined(world)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_common_payees_are_those_that_a_slow_search_finds(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    names = [f"A{i}" for i in range(6)]
    flagged(world, *names[:4])
    for s, t in combinations(names, 2):
        for one, two in ((s, t), (t, s)):
            moves = [(rng.randrange(12), rng.choice((50, 80, 100))) for _ in range(rng.randrange(4))]
            if moves:
                world.pay_on(one, two, *moves)
    payments, flags, found = shapes(world, [f"C-{a}" for a in names[:4]], "common payee")
    assert found == slow_common_payees(payments, flags)


def shapes(world: World, flagged_ones: list[str], kind: str, legal: tuple[str, ...] = ()) -> tuple[
    pl.DataFrame, pl.DataFrame, set[tuple[str, str]]
]:  # fmt: skip
    """Payments between subjects, the flagged ones, and the pairs that one shape of payments links."""
    inputs = world.inputs()
    payments = links.node_payments(inputs.payments, inputs.subjects)
    flags = pl.DataFrame({"node": flagged_ones}, schema={"node": pl.String})
    firms = pl.DataFrame({"node": list(legal)}, schema={"node": pl.String})
    node = ("node",)
    names, c = coded(
        {"payments": (payments, ("source", "target")), "flags": (flags, node), "firms": (firms, node)}
    )
    pairs = links.payment_pairs(c["payments"])
    nobody = c["flags"].clear()
    found = motifs.ties(c["payments"], pairs, c["flags"], closed=nobody, legal=c["firms"])
    mine = names.tell(found.filter(pl.col("kind") == kind), "source", "target")
    return payments, flags, set(mine.select("source", "target").rows())


def slow_common_payees(payments: pl.DataFrame, flags: pl.DataFrame) -> set[tuple[str, str]]:
    rows = sorted(
        (s, t, time, tx, cents)
        for s, t, txs, times, amounts in payments.select(
            "source", "target", "tx_ids", "times", "amounts_eur"
        ).iter_rows()
        for tx, time, cents in zip(txs, times, amounts, strict=True)
    )
    within = timedelta(days=3)
    marked = set(flags["node"])
    habits: dict[tuple[str, str], list[tuple[object, int, int]]] = {}
    for s, t, time, _, cents in rows:
        if s in marked:
            came = [r for r in rows if r[1] == s and time - within <= r[2] <= time]
            went = [r for r in rows if r[0] == s and r[1] == t and time - within <= r[2] <= time]
            inflow, outflow = sum(r[4] for r in came), sum(r[4] for r in went)
            if inflow and outflow >= inflow / 2 and cents <= inflow:
                n_before = sum(r[1] == s and r[2] <= time for r in rows)
                habits.setdefault((s, t), []).append((time, cents, n_before))
    often = {p for p in {r[:2] for r in rows} if sum(r[:2] == p for r in rows) > 1 and p[0] in marked}
    several = {t for _, t in often if sum(q[1] == t for q in often) > 1}
    kept = set()
    for (s, t), seen in habits.items():
        came = sum(r[4] for r in rows if r[1] == s)
        went = sum(r[4] for r in rows if r[:2] == (s, t))
        habit = len({n for _, _, n in seen}) > 1 and not rent(seen) and went >= came / 4
        if habit and (s, t) in often and t in several:
            kept.add((s, t))
    return {p for p in kept if sum(q[1] == p[1] for q in kept) > 1}


def rent(seen: list[tuple[object, int, int]]) -> bool:
    times = sorted(t for t, _, _ in seen)  # type: ignore[type-var]
    apart = all(b - a >= timedelta(days=25) for a, b in pairwise(times))  # type: ignore[operator]
    return len({c for _, c, _ in seen}) == 1 and apart


# --- allowance loops ---


def loop(
    world: World,
    one: str = "Z",
    two: str = "V1",
    *,
    small: int = 2_000,
    ago: tuple[int, ...] = (28, 21, 14, 7),
) -> World:
    world.pay_on(one, two, (60, 80_000), (30, 90_000))
    return world.pay_on(two, one, *((d, small) for d in ago))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_allowance_loops_are_those_that_a_slow_search_finds(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    names = [f"A{i}" for i in range(5)]
    flagged(world, *names[:4])
    for one, two in permutations(names, 2):
        large = rng.random() < 0.5
        sums = (100, 120) if large else (10, 20, 26, 40)
        step = rng.choice((3, 7, 20, 32))
        start = rng.randrange(10, 70)
        moves = [
            (start + step * i + rng.choice((0, 0, 1)), rng.choice(sums)) for i in range(rng.randrange(6))
        ]
        if moves:
            world.pay_on(one, two, *moves)
    people = [f"C-{a}" for a in names]
    payments, _, found = shapes(world, people[:4], "allowance loop", legal=(people[3],))
    assert found == slow_loops(payments, set(people[:4]), {people[3]})


def slow_loops(payments: pl.DataFrame, marked: set[str], legal: set[str]) -> set[tuple[str, str]]:
    """Looks at every pair of flagged subjects: large sums there, small, regular ones back after them."""
    moves = {
        (s, t): sorted(zip(times, cents, strict=True))
        for s, t, times, cents in payments.select("source", "target", "times", "amounts_eur").iter_rows()
    }
    out = set()
    for one, two in permutations(sorted(marked), 2):
        there, back = moves.get((one, two), []), moves.get((two, one), [])
        if one in legal or len(there) < 2 or len(back) < 3:
            continue
        gaps = sorted(b[0] - a[0] for a, b in pairwise(back))
        after = [t for t, _ in back if any(s <= t <= s + timedelta(days=31) for s, _ in there)]
        usual = median(g / timedelta(days=1) for g in gaps)
        if (
            median(c for _, c in back) <= median(c for _, c in there) / 4
            and gaps[-1] / timedelta(days=1) <= 3 * usual
            and usual <= 31
            and len(after) >= 3
            and len({t.date() for t, _ in back}) >= 3
        ):
            out.add((one, two))
    return out


def two_flagged() -> World:
    return flagged(cell(), "Z")


def test_large_sums_one_way_and_a_regular_small_one_back_group() -> None:
    assert joined(loop(two_flagged()))


@pytest.mark.parametrize(
    "change",
    [
        {"small": 30_000}, {"ago": (28, 21)}, {"ago": (90, 83, 76)}, {"ago": (28, 27, 26, 1)},
    ],
    ids=["not small", "too few", "before any large sum", "not regular"],
)  # fmt: skip
def test_other_payments_back_and_forth_are_no_allowance(change: dict[str, object]) -> None:
    assert not joined(loop(two_flagged(), **change))  # type: ignore[arg-type]


def test_wages_and_what_staff_pay_the_firm_are_no_allowance() -> None:
    world = cell().customer("Z", kind="legal").hit("THB-SEX-001", "Z")
    assert not joined(loop(world))


# --- weights ---


def test_age_does_not_decide_who_belongs_together_but_where_a_large_group_is_cut() -> None:
    patterns = pl.DataFrame({
        "source": ["A", "B"], "target": ["B", "C"], "leaf": [False, False],
        "ends": [AS_OF, AS_OF - timedelta(days=360)],
    })  # fmt: skip
    nothing = pl.DataFrame(schema={"source": pl.String, "target": pl.String, "n": pl.Int64, "last": AS_TYPE})
    shared = pl.DataFrame(
        schema=dict.fromkeys(("source", "target", "attribute", "value", "outer"), pl.String)
    )
    shared = shared.with_columns(last=pl.lit(None, AS_TYPE), itself=pl.lit(False))
    ties = pl.DataFrame(schema={"source": pl.String, "target": pl.String, **motifs.TIES})
    pairs = links.glue(
        patterns, nothing, shared, ties,
        pl.DataFrame({"node": ["A", "B", "C"]}), age=(AS_OF, 180),
    )  # fmt: skip
    assert pairs.rows() == [("A", "B", 0.8, 0.8), ("B", "C", 0.8, 0.2)]


AS_TYPE = pl.Datetime("us", "UTC")


def test_several_accounts_of_one_customer_are_one_subject_and_stay_visible() -> None:
    world = cell().customer("V0b", "C-V0").customer("V0c", "C-V0")
    world.pay_on("V0b", "X", (9, 7_000)).pay_on("V0c", "V0b", (8, 6_000))
    t = world.run()
    row = t.members.filter(pl.col("member_id") == "C-V0").row(0, named=True)
    assert row["accounts"] == ["V0", "V0b", "V0c"]
    assert t.edges.filter(pl.col("source") == pl.col("target")).is_empty()


def test_a_joint_holder_of_several_accounts_joins_their_holders_and_itself() -> None:
    world = cell(victims=3)
    for i in range(3):
        world.access.append({"access_id": "C-JOINT", "subject_id": f"C-V{i}"})
    world.customer("J", party="C-JOINT").access.append({"access_id": "C-JOINT", "subject_id": "C-JOINT"})
    t = world.run()
    (why,) = set(t.edges.filter(pl.col("kind") == "shared access")["why"].to_list())
    assert why == "same joint holder or mandate (customer)"
    assert {"C-V0", "C-V1", "C-V2"} <= set(t.members["member_id"])


# --- payments for somebody else ---


def test_who_pays_a_ticket_or_rent_for_another_flagged_subject_joins_it() -> None:
    assert not joined(flagged(cell(), "Z"))
    world = flagged(cell(), "Z").pay_for("C-Z", "C-V0", 20, 10)
    found = edge(world.run(), "pays for another")
    assert (found["source"], found["target"], found["weight"]) == ("C-Z", "C-V0", 0.6736)
    assert found["tx_ids"] == ["O-C-Z-C-V0-20", "O-C-Z-C-V0-10"]
    assert found["why"] == "paid 2 times for the other: ticket, fee, rent or the like"


def test_an_unflagged_payer_counts_only_where_it_pays_for_two_flagged_subjects() -> None:
    world = cell().customer("Z").pay_for("C-Z", "C-V0", 5)
    assert "C-Z" not in set(world.run().members["member_id"])
    world.pay_for("C-Z", "C-V1", 5)
    assert "C-Z" in set(world.run().members["member_id"])


def test_whom_only_a_pattern_names_joins_those_who_pay_its_tickets() -> None:
    world = flagged(ring(), "Z")
    assert not joined(world)
    assert joined(world.pay_for("C-Z", "C-S0", 5))


def test_whom_nothing_flags_is_not_drawn_in_by_somebody_who_pays_for_it() -> None:
    world = cell().customer("Z").pay_for("C-V0", "C-Z", 5)
    assert "C-Z" not in set(world.run().members["member_id"])


def test_who_pays_for_many_others_joins_nobody_and_is_listed() -> None:
    world = cell(cell(tag="a"), tag="b").customer("AGENCY")
    for tag in "ab":
        world.pay_for("C-AGENCY", f"C-V{tag}0", 5)
    assert len(world.run().networks) == 1
    for i in range(30):
        world.pay_for("C-AGENCY", f"C-S{i}", 5)
    t = world.run()
    assert len(t.networks) == 2
    assert t.hubs.select("kind", "hub_id", "n_subjects", "why").rows() == [
        ("payer for others", "C-AGENCY", 32, "pays tickets, fees, rents or the like for 32 people")
    ]
