"""Payees that flagged subjects share: a few whom next to nobody else pays, or one that gets most of it."""

from __future__ import annotations

import random
from collections.abc import Set
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.network.build import RULES, World, cell
from thbscreen.network import links, payees
from thbscreen.network.codes import Names, coded


def sharing(
    world: World | None = None,
    *,
    rule: str = "THB-SEX-008",
    shared: tuple[str, ...] = ("R1", "R2"),
    reach: int = 2,
    **facts: str,
) -> World:
    """Z, on whose account a strong sign was found, and V0 of a cell pay the same payees."""
    w = (world or cell()).customer("Z", **facts).hit(rule, "Z")
    for r in shared:
        w.pay("V0", r, 20_000).pay("Z", r, 25_000, 30_000)
        w.reach.append({"account_id": r, "n_accounts": reach, "amount_eur": 75_000})
    return w


def feeding(
    world: World | None = None,
    *,
    rule: str = "THB-SEX-008",
    cents: tuple[int, ...] = (),
    beside: int = 10_000,
) -> World:
    """Z and Y, who have nothing to do with a cell but strong signs, pay most of all they pay to one payee."""
    w = world or cell()
    cents = cents or (20_000, 25_000, 30_000, 20_000, 25_000, 30_000)
    for a in ("Z", "Y"):
        w.customer(a).pay(a, "SINK", *cents).pay(a, f"OTHER{a}", beside)
    return w.hit("THB-SEX-012", "Y", own="possible_victim").hit(rule, "Z")


def fed(world: World) -> bool:
    members = [set(g["member_id"]) for _, g in world.run().members.group_by("network_id")]
    return any({"C-Z", "C-Y", "SINK"} <= found for found in members)


def joined(world: World) -> bool:
    return "C-Z" in set(world.run().members["member_id"])


def test_two_subjects_of_one_form_who_pay_the_same_two_payees_group() -> None:
    t = sharing().run()
    assert "C-Z" in set(t.members["member_id"])
    found = t.edges.filter(pl.col("kind") == "same payees").row(0, named=True)
    assert (found["source"], found["target"]) == ("C-V0", "C-Z")
    assert (found["n"], found["amount_eur"], len(found["times"])) == (6, 150_000, 6)
    assert found["why"] == "both pay 2 payees whom hardly anybody else deals with"


@pytest.mark.parametrize(
    "change",
    [
        {"shared": ("R1",)}, {"reach": 7}, {"rule": "THB-LAB-004"}, {"rule": "THB-SEX-001"},
    ],
    ids=["one payee", "payees of seven accounts", "signs of another form", "a weak sign"],
)  # fmt: skip
def test_these_payees_say_nothing(change: dict[str, object]) -> None:
    assert not joined(sharing(**change))  # type: ignore[arg-type]


def test_payees_of_six_accounts_still_count() -> None:
    assert joined(sharing(reach=6))


def test_firms_and_whom_people_pay_by_card_do_not_count() -> None:
    assert not joined(sharing(cell().customer("R1", kind="legal")))
    world = sharing()
    world.businesses.append({"account_id": "R1"})
    assert not joined(world)


def test_people_of_one_home_pay_the_same_payees() -> None:
    world = sharing(address_hash="home")
    assert joined(world)
    next(p for p in world.parties if p["party_id"] == "C-V0")["address_hash"] = "home"
    assert not joined(world)


def test_whoever_pays_the_other_is_no_payee_of_both() -> None:
    world = cell().customer("Z").hit("THB-SEX-008", "Z")
    world.pay("V0", "Z", 20_000).pay("V0", "R1", 20_000).pay("Z", "R1", 20_000)
    for r in ("Z", "R1"):
        world.reach.append({"account_id": r, "n_accounts": 2, "amount_eur": 40_000})
    assert not joined(world)


def test_two_subjects_of_one_form_whose_money_goes_to_one_payee_group_with_it() -> None:
    t = feeding().run()
    rows = t.edges.filter(pl.col("kind") == "same main payee").sort("source")
    assert rows.select("source", "target", "n").rows() == [("C-Y", "SINK", 6), ("C-Z", "SINK", 6)]
    assert fed(feeding())


@pytest.mark.parametrize(
    "change",
    [
        {"cents": (20_000, 25_000, 30_000, 20_000, 25_000)},
        {"cents": (20_000, 18_000, 20_000, 19_000, 20_000, 20_000)},
        {"beside": 151_000}, {"rule": "THB-LAB-004"}, {"rule": "THB-SEX-001"},
    ],
    ids=["five payments", "even sums", "less than half", "signs of another form", "a weak sign"],
)  # fmt: skip
def test_this_money_says_nothing(change: dict[str, object]) -> None:
    assert not fed(feeding(**change))  # type: ignore[arg-type]


def test_half_of_the_money_is_enough_and_so_is_a_sign_of_weight_three_that_shows_nobody() -> None:
    assert fed(feeding(beside=150_000, rule="THB-ML-004").hit("THB-SEX-008", "Y"))


def test_a_sign_that_shows_nobody_is_not_enough_where_a_few_payees_are_shared() -> None:
    assert not joined(sharing(rule="THB-ML-004"))


def test_a_firm_or_an_account_that_many_pay_is_no_main_payee() -> None:
    assert not fed(feeding(cell().customer("SINK", party="SINK", kind="legal")))
    world = feeding()
    world.reach.append({"account_id": "SINK", "n_accounts": 26, "amount_eur": 900_000})
    assert not fed(world)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_main_payees_are_those_that_a_slow_search_finds(seed: int) -> None:
    rng = random.Random(seed)
    world, people = World(), [f"A{i}" for i in range(5)]
    forms: dict[str, set[str]] = {}
    paid: dict[tuple[str, str], list[int]] = {}
    for p in people:
        world.customer(p)
        rules = rng.sample(("THB-SEX-008", "THB-LAB-004", "THB-SEX-001"), rng.randrange(1, 3))
        for rule in rules:
            world.hit(rule, p)
        forms[p] = {t for r in rules if RULES[r].third_party for t in RULES[r].typologies}
        for r in ("R0", "R1", "R2"):
            if rng.random() < 0.7:
                n = rng.choice((2, 5, 6, 9))
                paid[p, r] = [rng.choice((90, 100)) if rng.random() < 0.8 else 50 for _ in range(n)]
                world.pay(p, r, *paid[p, r])
    main = {
        (p, r)
        for (p, r), cents in paid.items()
        if len(cents) >= 6
        and min(cents) < 0.9 * max(cents)
        and r != "R2"
        and sum(cents) >= sum(sum(c) for (q, _), c in paid.items() if q == p) / 2
    }
    slow = {(f"C-{p}", r) for p, r in main if any(q != p and r == s and forms[p] & forms[q] for q, s in main)}
    c, names = tables(world, closed={"R2"})
    found = payees.main_payees(c["payments"], c["pairs"], c["forms"], closed=c["closed"])
    assert set(names.tell(found, "source", "target").select("source", "target").rows()) == slow


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_pairs_with_the_same_payees_are_those_that_a_slow_search_finds(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    people, receivers = [f"A{i}" for i in range(5)], [f"R{i}" for i in range(5)]
    forms: dict[str, set[str]] = {}
    home = {p: rng.choice(("H1", "H2", "H3", "H4")) for p in people}
    for p in people:
        world.customer(p, address_hash=home[p])
        rules = rng.sample(("THB-SEX-008", "THB-LAB-004", "THB-SEX-001"), rng.randrange(3))
        for rule in rules:
            world.hit(rule, p)
        strong = [r for r in rules if RULES[r].third_party]
        forms[p] = {t for r in strong for t in RULES[r].typologies}
    paid = {(p, r) for p in people for r in (*receivers, *people) if p != r and rng.random() < 0.5}
    for p, r in sorted(paid):
        world.pay(p, r, 10_000)
    few = {r for r in (*receivers, *people) if rng.random() < 0.7}
    slow = {
        (f"C-{a}", f"C-{b}")
        for a, b in combinations(people, 2)
        if forms[a] & forms[b]
        and home[a] != home[b]
        and len({r for r in few - {a, b} if {(a, r), (b, r)} <= paid}) >= payees.LEAST_SHARED
    }
    c, names = tables(world, few=few, home=home)
    found = payees.same_payees(c["payments"], c["pairs"], c["forms"], few=c["few"], homes=c["homes"])
    assert set(names.tell(found, "source", "target").select("source", "target").rows()) == slow


def tables(
    world: World, *, few: Set[str] = frozenset(), home: dict[str, str] | None = None,
    closed: Set[str] = frozenset(),
) -> tuple[dict[str, pl.DataFrame], Names]:  # fmt: skip
    """What the functions read, with codes for names."""
    inputs = world.inputs()
    base = links.base(inputs.hits, inputs.hit_members, inputs.subjects)
    strong = base.hits.filter("strong").select("node", typology="typologies").explode("typology").unique()
    home, one = home or {}, {"node": pl.String}
    nodes = [f"C-{r}" if r in home else r for r in sorted(few)]
    homes = {"node": [f"C-{p}" for p in home], "value": list(home.values())}
    names, c = coded(
        {
            "payments": (links.node_payments(inputs.payments, inputs.subjects), ("source", "target")),
            "forms": (strong, ("node",)),
            "few": (pl.DataFrame({"node": nodes}, schema=one), ("node",)),
            "homes": (pl.DataFrame(homes, schema={**one, "value": pl.String}), ("node",)),
            "closed": (pl.DataFrame({"node": sorted(closed)}, schema=one), ("node",)),
        }
    )
    return {**c, "pairs": links.payment_pairs(c["payments"])}, names
