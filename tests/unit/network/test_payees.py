"""Payees that two flagged subjects share, and whom next to nobody else pays."""

from __future__ import annotations

import random
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.network.build import RULES, World, cell
from thbscreen.network import links, payees
from thbscreen.network.codes import coded


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


@settings(max_examples=60, deadline=None)
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
    assert fast(world, few, home) == slow


def fast(world: World, few: set[str], home: dict[str, str]) -> set[tuple[str, str]]:
    inputs = world.inputs()
    base = links.base(inputs.hits, inputs.hit_members, inputs.subjects)
    strong = base.hits.filter("strong").select("node", typology="typologies").explode("typology").unique()
    nodes = {"node": [f"C-{r}" if r in home else r for r in sorted(few)]}
    homes = {"node": [f"C-{p}" for p in home], "value": list(home.values())}
    names, c = coded(
        {
            "payments": (links.node_payments(inputs.payments, inputs.subjects), ("source", "target")),
            "forms": (strong, ("node",)),
            "few": (pl.DataFrame(nodes, schema={"node": pl.String}), ("node",)),
            "homes": (pl.DataFrame(homes), ("node",)),
        }
    )
    pairs = links.payment_pairs(c["payments"])
    found = payees.same_payees(c["payments"], pairs, c["forms"], few=c["few"], homes=c["homes"])
    return set(names.tell(found, "source", "target").select("source", "target").rows())
