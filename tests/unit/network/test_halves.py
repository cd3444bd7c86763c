"""Two groups that one weak link joins are two networks; the way from a collector upwards is not cut."""

from __future__ import annotations

import random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.unit.network.build import World, gang
from thbscreen.network import NetworkTables
from thbscreen.network.halves import weak_cuts


def gangs(*sums: int, payer: str = "Wa0", payee: str = "Gb") -> World:
    """Two gang-master schemes; a worker of one is seen to pay the collector of the other, too."""
    w = gang(gang(tag="a"), tag="b")
    w.pay(payer, payee, *sums)
    return w.hit("THB-LAB-004", payer, {payee: "possible_controller"}, own="possible_victim")


def cores(t: NetworkTables) -> list[set[str]]:
    found = t.members.group_by("network_id").agg(pl.col("member_id"))["member_id"].to_list()
    return sorted((set(members) for members in found), key=sorted)


def team(tag: str, workers: int = 4) -> set[str]:
    return {f"C-W{tag}{i}" for i in range(workers)} | {f"C-G{tag}", f"C-E{tag}"}


def test_one_payment_of_a_worker_to_another_collector_does_not_make_two_groups_one() -> None:
    t = gangs(9_000).run()
    assert cores(t) == [team("a"), team("b")]


def test_each_of_the_two_networks_names_the_other_and_what_leads_there() -> None:
    t = gangs(9_000).run()
    (one, note), (other, back) = t.networks.select("network_id", "note").iter_rows()
    assert note == f"linked to {other} by payments: C-Wa0 to C-Gb (1 payment, 90.00 EUR)"
    assert back == note.replace(other, one)


def test_the_ids_are_those_of_the_groups_without_the_link() -> None:
    apart = gang(gang(tag="a"), tag="b").run()
    assert set(gangs(9_000).run().networks["network_id"]) == set(apart.networks["network_id"])


def test_a_large_part_of_the_money_across_keeps_a_group_whole() -> None:
    whole = team("a") | team("b")
    assert cores(gangs(*[100_000] * 4).run()) == [whole]


def test_a_collector_who_pays_on_is_not_cut_from_whom_it_pays() -> None:
    whole = team("a") | team("b")
    assert cores(gangs(9_000, payer="Ga").run()) == [whole]


def test_a_courier_between_a_collector_and_another_is_not_cut_off() -> None:
    w = gangs(9_000)
    w.pay("Ga", "Wa0", *[90_000] * 3)
    assert cores(w.run()) == [team("a") | team("b")]


@pytest.mark.parametrize("way", ["address_hash", "phone_hash"])
def test_a_shared_detail_across_speaks_for_one_hand(way: str) -> None:
    w = gangs(9_000)
    for party in w.parties:
        if party["party_id"] in {"C-Wa0", "C-Gb"}:
            party[way] = "same"
    assert cores(w.run()) == [team("a") | team("b")]


def test_a_half_that_would_be_no_network_of_its_own_stays() -> None:
    w = gangs(9_000)
    backing = [h["hit_id"] for h in w.hits if h["rule"] == "THB-LAB-003" and h["subject_id"] == "Wb0"]
    w.hits = [h for h in w.hits if h["hit_id"] not in backing]
    assert cores(w.run()) == [team("a") | team("b")]


def test_branches_of_a_tree_stay_with_whom_they_all_pay() -> None:
    w = World()
    for tag in "abc":
        gang(w, tag=tag)
    w.customer("BOSS")
    for tag in "abc":
        w.pay(f"G{tag}", "BOSS", 60_000, 60_000)
        w.hit("THB-LAB-004", f"G{tag}", {"BOSS": "possible_controller"}, own="possible_facilitator")
    assert cores(w.run()) == [team("a") | team("b") | team("c") | {"C-BOSS"}]


def test_three_groups_in_a_row_are_three_networks() -> None:
    w = gang(gangs(9_000), tag="c")
    w.pay("Wb0", "Gc", 9_000)
    w.hit("THB-LAB-004", "Wb0", {"Gc": "possible_controller"}, own="possible_victim")
    t = w.run()
    assert cores(t) == [team("a"), team("b"), team("c")]
    assert sorted(t.networks["note"].str.count_matches("linked to")) == [1, 1, 2]


def test_whoever_deals_with_both_halves_stays_a_member_of_one() -> None:
    w = gangs(9_000)
    w.customer("SHOP").pay("SHOP", "Wa1", 4_000, 4_000).pay("SHOP", "Wb1", 9_000, 9_000)
    t = w.run()
    assert cores(t) == [team("a"), team("b") | {"C-SHOP"}]


@pytest.mark.parametrize("seed", range(2))
def test_the_halves_do_not_depend_on_the_order_of_rows(seed: int) -> None:
    w = gangs(9_000).customer("SHOP").pay("SHOP", "Wa1", 4_000, 4_000).pay("SHOP", "Wb1", 9_000, 9_000)
    first = w.run()
    rng = random.Random(seed)
    for rows in (w.hits, w.hit_members, w.payments, w.subjects, w.parties):
        rng.shuffle(rows)
    second = w.run()
    for name in ("networks", "members", "edges", "hubs"):
        assert_frame_equal(getattr(first, name), getattr(second, name))


def test_the_cut_with_the_least_money_comes_first() -> None:
    stars = dict.fromkeys([(0, 1), (0, 2), (0, 3), (0, 4), (9, 5), (9, 6), (9, 7), (9, 8)], 1.0)
    links = {(min(p), max(p)): w for p, w in stars.items()} | {(4, 10): 1.0, (8, 10): 1.0}
    paid = {(b, 0): 100 for b in range(1, 5)} | {(b, 9): 100 for b in range(5, 9)}
    paid |= {(10, 4): 7, (10, 8): 9}
    assert [(cut.one, round(cut.share, 4)) for cut in weak_cuts(links, set(), paid)] == [
        ((0, 1, 2, 3, 4), 7 / 400), ((0, 1, 2, 3, 4, 10), 9 / 400),
    ]  # fmt: skip
