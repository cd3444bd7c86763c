"""What serves strangers is taken out before grouping and listed with its reason."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from tests.unit.network.build import World, cell, ring

Glue = Callable[[World], None]
CORE_A, CORE_B = ({f"C-X{t}", *(f"C-V{t}{i}" for i in range(3))} for t in "ab")


def two_cells() -> World:
    return cell(cell(tag="a"), tag="b")


def people(world: World) -> list[str]:
    return [s["account_id"] for s in world.subjects]


def pays_everybody(kind: str = "legal", **facts: str) -> Glue:
    """Somebody who pays everybody and is paid by everybody, and whom strong hits of both groups name."""

    def add(world: World) -> None:
        members = people(world)
        world.customer("HUB", kind=kind, **facts)
        for a in members:
            world.pay_on("HUB", a, (40, 90_000), (10, 90_000)).pay_on(a, "HUB", (39, 50_000), (9, 52_000))
        for t in "ab":
            world.hit("THB-SEX-012", f"V{t}0", {"HUB": "possible_controller"}, own="possible_victim")

    return add


def one_telephone(world: World) -> None:
    for p in world.parties:
        p["phone_hash"] = "centre"
    for i in range(25):
        world.customer(f"N{i}", phone_hash="centre")


def one_courier(world: World) -> None:
    held = [p["party_id"] for p in world.parties]
    held += [p["party_id"] for i in range(25) for p in world.customer(f"N{i}").parties[-1:]]
    world.conductors += [{"conductor_id": "courier", "subject_id": s} for s in held]


def wide_payee(**reach: int) -> Glue:
    """An account of another bank that hits of both groups name, and that deals with many others."""

    def add(world: World) -> None:
        for t in "ab":
            world.pay_on(f"V{t}0", "PAYEE", (9, 50_000), (2, 52_000))
            world.hit("THB-SEX-012", f"V{t}0", {"PAYEE": "possible_controller"}, own="possible_victim")
        world.reach.append({"account_id": "PAYEE", **reach})

    return add


@pytest.mark.parametrize(
    ("add", "kind", "why"),
    [
        (pays_everybody(licence="payroll_bureau"), "licence", "payroll bureau"),
        (pays_everybody(licence="landlord"), "licence", "landlord"),
        (pays_everybody("natural", licence="landlord"), "licence", "landlord"),
        (pays_everybody(sector_nace="35.11"), "sector", "utility"),
        (pays_everybody(licence="money_remittance"), "licence", "money remittance"),
        (one_telephone, "shared telephone", "telephone of 33 subjects"),
        (one_courier, "shared conductor", "conductor of 33 subjects"),
        (wide_payee(n_accounts=300, amount_eur=1_000), "counterparty", "300 accounts in all the data"),
        (wide_payee(n_accounts=40, amount_eur=9_000_000), "counterparty", "less than a quarter"),
    ],
    ids=[
        "payroll bureau", "landlord firm", "landlord", "utility", "money remitter", "call-centre telephone",
        "bank's courier", "unlicensed payee of hundreds", "busy payee",
    ],
)  # fmt: skip
def test_a_hub_never_merges_two_planted_groups_and_is_listed_with_its_reason(
    add: Glue, kind: str, why: str
) -> None:
    world = two_cells()
    add(world)
    t = world.run()
    found = [set(g["member_id"]) for _, g in t.members.group_by("network_id", maintain_order=True)]
    assert sorted(f >= CORE_A for f in found) == sorted(f >= CORE_B for f in found) == [False, True]
    assert t.hubs["kind"].to_list() == [kind]
    assert why in t.hubs["why"].item()
    assert t.hubs["n_subjects"].item() > 1


def test_a_payee_of_one_member_of_either_group_is_no_hub_and_links_two_networks() -> None:
    world = two_cells()
    wide_payee(n_accounts=9, amount_eur=300_000)(world)
    t = world.run()
    assert t.hubs.is_empty()
    assert len(t.networks) == 2
    assert t.members["member_id"].to_list().count("PAYEE") == 1
    assert t.networks["note"].str.contains("linked to NW-").all()


def test_the_same_payee_joins_two_groups_where_it_deals_with_few_others() -> None:
    world = two_cells()
    wide_payee(n_accounts=9, amount_eur=700_000)(world)
    for t in "ab":
        world.pay_on(f"V{t}1", "PAYEE", (9, 50_000), (2, 52_000))
        world.hit("THB-SEX-012", f"V{t}1", {"PAYEE": "possible_controller"}, own="possible_victim")
    found = world.run()
    assert len(found.networks) == 1
    assert found.hubs.is_empty()


def test_a_person_with_hundreds_of_payers_stays_where_patterns_tie_it_to_the_flagged_ones() -> None:
    world = cell().customer("B")
    world.reach.append({"account_id": "X", "n_accounts": 300, "amount_eur": 600_000})
    t = world.run()
    assert t.hubs.is_empty()
    assert "C-X" in set(t.members["member_id"])


@pytest.mark.parametrize("from_others", [1_000_000, 1_500_000])
def test_a_collector_with_a_busy_life_stays_while_its_payers_bring_a_quarter_of_what_it_gets(
    from_others: int,
) -> None:
    # Three people bring 4,500 euros; what X spends says nothing about whom it takes money from.
    world = cell().customer("B").pay("B", "X", from_others).pay("X", "SHOP", 9_000_000)
    world.reach.append({"account_id": "X", "n_accounts": 40, "amount_eur": 10_450_000 + from_others})
    t = world.run()
    assert t.hubs.is_empty() == (450_000 + from_others <= 450_000 * 4)
    assert len(t.networks) == int(t.hubs.is_empty())


def test_an_employer_of_many_others_stays_with_each_group_and_joins_none() -> None:
    world = two_cells()
    for h in list(world.hits):
        if h["rule"] == "THB-SEX-012":
            world.hit_members.append({
                "hit_id": h["hit_id"], "rule": h["rule"], "role": "employer", "field": "pay.cp_account_id",
                "member_id": "EMP", "n_tx": 3, "amount_eur": 300_000,
            })  # fmt: skip
    world.reach.append({"account_id": "EMP", "n_accounts": 12, "amount_eur": 90_000_000})
    assert len(world.run().networks) == 1
    world.reach[-1]["n_accounts"] = 90
    t = world.run()
    assert len(t.networks) == 2
    assert t.members.filter(pl.col("member_id") == "EMP")["network_id"].n_unique() == 2
    ((kind, hub, n, why),) = t.hubs.select("kind", "hub_id", "n_subjects", "why").rows()
    assert (kind, hub) == ("employer", "EMP")
    assert 4 * n < 90
    assert why == "pays and is paid by 90 accounts, fewer than a quarter of them in patterns: it joins nobody"


def test_a_detail_of_many_of_whom_few_are_flagged_links_nobody() -> None:
    world = two_cells()
    for member in ("C-Va0", "C-Vb0"):
        world.devices.append({"device_id": "public", "subject_id": member})
    assert len(world.run().networks) == 1
    for i in range(8):
        world.customer(f"R{i}").devices.append({"device_id": "public", "subject_id": f"C-R{i}"})
    t = world.run()
    assert len(t.networks) == 2
    assert t.hubs["why"].str.contains("shared device of 10 subjects, of whom 2 are flagged").any()


def test_a_few_strangers_on_a_device_of_flagged_people_do_not_hide_it() -> None:
    world = cell(victims=5)
    for i in range(5):
        world.devices.append({"device_id": "d", "subject_id": f"C-V{i}"})
    for i in range(5):
        world.customer(f"R{i}").devices.append({"device_id": "d", "subject_id": f"C-R{i}"})
    assert world.run().hubs.is_empty()


def test_a_machine_that_links_nobody_is_listed() -> None:
    world = cell()
    world.crowded.append({"terminal_id": "ATM1", "n_subjects": 60, "by_day": True})
    world.crowded.append({"terminal_id": "ATM2", "n_subjects": 30, "by_day": False})
    assert world.run().hubs.select("kind", "hub_id", "n_subjects", "why").rows() == [
        ("shared terminal", "ATM1", 60, "up to 60 customers used the machine on a day of a meeting"),
        ("shared terminal", "ATM2", 30, "30 flagged subjects used the machine"),
    ]


def test_a_group_that_stays_too_large_is_not_called_a_ring() -> None:
    t = ring(spouses=100).run()
    assert t.networks["title"].to_list() == ["Linked subjects, hub not excluded"]
    assert t.networks["note"].item().startswith("hub not excluded: 102 subjects")
    small = ring().run()
    assert small.networks["title"].to_list() == ["Suspected sham-marriage ring"]


def test_hubs_that_touch_a_network_are_named_beside_it() -> None:
    world = two_cells()
    pays_everybody(licence="payroll_bureau")(world)
    t = world.run()
    assert t.networks["hubs_removed"].to_list() == [["C-HUB"], ["C-HUB"]]
    assert t.hubs.filter(pl.col("hub_id") == "C-HUB").height == 1


def test_sharing_an_account_with_several_flagged_people_makes_a_member_by_itself() -> None:
    world = cell(victims=3).customer("J", party="C-JOINT")
    world.access += [{"access_id": "C-JOINT", "subject_id": s} for s in ("C-V0", "C-V1", "C-JOINT")]
    t = world.run()
    assert t.members.filter("is_connector")["member_id"].to_list() == ["C-JOINT"]
    agent = cell(victims=3).customer("J", party="C-JOINT", licence="law_firm")
    agent.access = world.access
    assert "C-JOINT" not in set(agent.run().members["member_id"])


def arranger(world: World, *rules: str, pattern: str = "THB-SEX-012") -> World:
    """O pays three people little beside a busy life; some signs are found on its own account."""
    world.customer("O").customer("B").pay("B", "O", 900_000, 900_000).pay("O", "SHOP", 700_000, 800_000)
    for i in range(3):
        world.customer(f"S{i}").pay("O", f"S{i}", 80_000)
    names = {f"S{i}": "possible_victim" for i in range(3)}
    world.hit(pattern, "O", names, own="possible_organiser", field="member")
    for rule in rules:
        world.hit(rule, "O")
    world.reach.append({"account_id": "O", "n_accounts": 40, "amount_eur": 3_540_000})
    return world


@pytest.mark.parametrize(
    ("pattern", "rules", "stays"),
    [
        ("THB-SEX-012", ("THB-SEX-008",), True),
        ("THB-SEX-012", (), False),
        ("THB-SEX-012", ("THB-LAB-003",), False),
        ("THB-SEX-012", ("THB-SEX-001", "THB-LAB-006"), False),
        ("THB-MAR-001", ("THB-MAR-002",), True),
        ("THB-MAR-001", (), False),
        ("THB-MAR-001", ("THB-SEX-008",), False),
        ("THB-MAR-004", ("THB-MAR-002",), False),
    ],
    ids=[
        "two signs of a third party", "one sign", "a sign of another form", "signs of no third party",
        "a network pattern and a sign of its form", "a network pattern alone",
        "a network pattern and a sign of another form", "no pattern, one sign of a third party",
    ],
)  # fmt: skip
def test_a_person_whose_own_signs_are_enough_for_a_network_is_no_hub(
    pattern: str, rules: tuple[str, ...], stays: bool
) -> None:
    t = arranger(World(), *rules, pattern=pattern).run()
    assert t.hubs.is_empty() == stays
    assert ("C-O" in set(t.members["member_id"])) == stays


@pytest.mark.parametrize(("role", "stays"), [("possible_organiser", True), ("possible_victim", False)])
def test_others_may_name_whom_a_network_pattern_is_about_as_somebody_who_gains(
    role: str, stays: bool
) -> None:
    world = arranger(World(), pattern="THB-MAR-001")
    world.hit("THB-MAR-004", "S0", {"O": role}, own="possible_victim")
    assert world.run().hubs.is_empty() == stays


def test_what_others_name_alone_makes_no_middle() -> None:
    world = arranger(World(), pattern="THB-MAR-004")
    for rule in ("THB-MAR-001", "THB-MAR-004"):
        world.hit(rule, "S0", {"O": "possible_organiser"}, own="possible_victim")
    assert world.run().hubs["hub_id"].to_list() == ["C-O"]


def test_a_firm_of_which_patterns_show_a_small_part_is_a_hub_whatever_its_signs() -> None:
    world = arranger(World(), "THB-SEX-008")
    next(p for p in world.parties if p["party_id"] == "C-O")["kind"] = "legal"
    assert world.run().hubs["hub_id"].to_list() == ["C-O"]
