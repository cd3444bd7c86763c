"""Ways of money: the search gives what listing all chains gives, and nothing runs against time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.engine import tables
from thbscreen.network.around import distances
from thbscreen.network.paths import Payment, Way, Ways, find_ways, published_payments
from thbscreen.rules.ast import Length

START, END = "A", "E"


def pay(*steps: tuple[str, str, int, int]) -> list[Payment]:
    return [Payment(f"T{n}", a, b, when, amount) for n, (a, b, when, amount) in enumerate(steps)]


def ways(payments: list[Payment], start: str = START, end: str = END, **options: int) -> Ways:
    full = {"max_hops": 6, "limit": 10} | options
    return find_ways(payments, start, end, **full)  # type: ignore[arg-type]  # all are numbers


def shown(found: Ways) -> list[str]:
    return [" ".join(p.tx_id for p in way.payments) for way in found.ways]


# --- the slow twin -----------------------------------------------------------------------------------


def every_chain(payments: list[Payment], start: str, end: str, max_hops: int) -> list[tuple[Payment, ...]]:
    """All chains, one payment after the other, never the same member twice."""
    chains: list[tuple[Payment, ...]] = []

    def go(chain: tuple[Payment, ...], at: str) -> None:
        if at == end:
            if chain[0].time >= chain[-1].since:
                chains.append(chain)
            return
        if len(chain) == max_hops:
            return
        seen = {start, *(p.target for p in chain)}
        for p in payments:
            if p.source == at and p.target not in seen and (not chain or p.time >= chain[-1].time):
                go((*chain, p), p.target)

    go((), start)
    return chains


def slowly(payments: list[Payment], start: str, end: str, max_hops: int) -> list[Way]:
    best: dict[tuple[str, ...], tuple[object, tuple[Payment, ...]]] = {}
    for chain in every_chain(payments, start, end, max_hops):
        members = (start, *(p.target for p in chain))
        least = min(p.amount for p in chain)
        key = (chain[-1].time, -least, [(-p.time, p.tx_id) for p in reversed(chain)])
        if members not in best or key < best[members][0]:  # type: ignore[operator]  # keys are alike
            best[members] = (key, chain)
    found = [Way(members, chain) for members, (_, chain) in best.items()]
    return sorted(
        found,
        key=lambda w: (
            w.payments[-1].time, -min(p.amount for p in w.payments), len(w.payments), w.members,
        ),
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> list[Payment]:
    """Few members, many ties of times and amounts, amounts that are not known, and loops."""
    length = draw(st.sampled_from([None, 0, 2, 4]))
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from("ABCDE"), st.sampled_from("ABCDE"), st.integers(0, 7), st.integers(0, 3)
            ),
            max_size=14,
        )
    )
    far = -100
    return [
        Payment(f"T{n:02d}", a, b, when, amount, far if length is None else when - length, "N")
        for n, (a, b, when, amount) in enumerate(rows)
    ]


@given(worlds(), st.integers(1, 5), st.integers(1, 4), st.randoms(use_true_random=False))
def test_the_search_gives_the_first_of_all_ways_in_order(payments, max_hops, limit, random):
    wanted = slowly(payments, START, END, max_hops)
    mixed = list(payments)
    random.shuffle(mixed)
    found = ways(mixed, max_hops=max_hops, limit=limit)
    assert list(found.ways) == wanted[:limit]
    assert (found.more, found.complete) == (len(wanted) > limit, True)


@given(worlds(), st.integers(0, 6))
def test_a_search_that_is_cut_short_gives_the_first_ways_all_the_same(payments, steps):
    wanted = slowly(payments, START, END, 5)
    found = find_ways(payments, START, END, max_hops=5, limit=3, steps=steps)
    assert list(found.ways) == wanted[: len(found.ways)]
    assert not found.complete or list(found.ways) == wanted[:3]


@given(worlds())
def test_no_way_runs_against_time_or_visits_a_member_twice(payments):
    for way in ways(payments, limit=100).ways:
        assert all(a.time <= b.time and a.target == b.source for a, b in pairwise(way.payments))
        assert len(set(way.members)) == len(way.members)
        assert way.payments[0].time >= way.payments[-1].since


# --- single facts ------------------------------------------------------------------------------------


def test_a_payment_before_the_one_it_would_follow_is_no_way():
    assert ways(pay(("A", "B", 5, 100), ("B", "E", 4, 100))).ways == ()


def test_payments_at_one_moment_may_follow_each_other():
    assert shown(ways(pay(("A", "B", 5, 100), ("B", "E", 5, 100)))) == ["T0 T1"]


def test_a_loop_is_left_out():
    found = ways(pay(("A", "B", 1, 9), ("B", "C", 2, 9), ("C", "B", 3, 9), ("B", "E", 4, 9)))
    assert shown(found) == ["T0 T3"]


def test_at_most_the_smallest_payment_can_have_gone_the_whole_way():
    assert ways(pay(("A", "B", 1, 500), ("B", "E", 2, 120))).ways[0].at_most == 120


def test_an_amount_that_is_not_known_leaves_the_most_not_known():
    assert ways(pay(("A", "B", 1, 500), ("B", "E", 2, 0))).ways[0].at_most is None


def test_ways_come_by_arrival_and_then_by_the_amount_that_can_have_travelled():
    found = ways(
        pay(
            ("A", "B", 1, 50), ("B", "E", 3, 50), ("A", "C", 1, 70), ("C", "E", 3, 70),
            ("A", "D", 1, 10), ("D", "E", 2, 10),
        )
    )  # fmt: skip
    assert shown(found) == ["T4 T5", "T2 T3", "T0 T1"]


def test_of_one_way_the_chain_is_shown_that_arrives_first_carries_most_and_is_shortest():
    found = ways(
        pay(
            ("A", "B", 1, 90), ("A", "B", 2, 90), ("A", "B", 3, 10), ("B", "E", 4, 80), ("B", "E", 5, 90),
        )
    )  # fmt: skip
    assert shown(found) == ["T1 T3"]


def test_a_payment_of_two_networks_counts_once():
    twice = [Payment("T1", "A", "E", 1, 5, network=n) for n in ("NW-b", "NW-a")]
    found = ways(twice)
    assert [p.network for w in found.ways for p in w.payments] == ["NW-a"]


@pytest.mark.parametrize(("max_hops", "n"), [(1, 0), (2, 1)])
def test_longer_ways_than_asked_for_are_left_out(max_hops, n):
    assert len(ways(pay(("A", "B", 1, 5), ("B", "E", 2, 5)), max_hops=max_hops).ways) == n


def test_a_dense_network_is_searched_in_a_moment():
    members = [f"M{n:02d}" for n in range(40)]
    payments = [
        Payment(f"T{a}{b}", a, b, (7 * i + 11 * j) % 300, 100 + (i * j) % 9)
        for i, a in enumerate(members)
        for j, b in enumerate(members)
        if a != b
    ]
    begun = time.perf_counter()
    found = ways(payments, "M00", "M39")
    assert (len(found.ways), found.more) == (10, True)
    assert time.perf_counter() - begun < 5


def edges(*rows: dict[str, object]) -> pl.DataFrame:
    blank = dict.fromkeys(tables.NETWORK_EDGES.schema)
    return pl.DataFrame([blank | row for row in rows], schema=tables.NETWORK_EDGES.schema, orient="row")


@pytest.mark.parametrize(("length", "n"), [(Length(30, "days"), 1), (Length(720, "hours"), 0), (None, 1)])
def test_days_are_steps_of_the_calendar_and_hours_are_elapsed_time(length, n):
    # The clocks go back on 25 October 2026: 30 days later at the same hour are 721 hours.
    first = datetime(2026, 10, 1, 9, tzinfo=UTC)
    later = first + timedelta(days=30, hours=1)
    rows = [
        {"network_id": "N", "source": a, "target": b, "kind": "payment", "tx_ids": [t], "times": [when],
         "amounts_eur": [5]}
        for a, b, t, when in (("A", "B", "T1", first), ("B", "E", "T2", later))
    ]  # fmt: skip
    assert len(ways(published_payments(edges(*rows), "Asia/Nicosia", length)).ways) == n


def test_links_that_are_no_payments_carry_no_money():
    row = {"network_id": "N", "source": "A", "target": "E", "kind": "shared device", "tx_ids": []}
    assert published_payments(edges(row), "Asia/Nicosia") == []


def test_distances_stop_where_they_are_told_to():
    pairs = [("A", "B"), ("B", "C"), ("C", "A"), ("C", "D")]
    assert distances(pairs, "A", 2) == {"A": 0, "B": 1, "C": 2}
    assert distances(pairs, "A") == {"A": 0, "B": 1, "C": 2, "D": 3}
    assert distances(pairs, "A", 0) == {"A": 0}
