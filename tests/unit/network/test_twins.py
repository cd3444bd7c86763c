"""Lawful twins: what looks like a network of the catalogue and is none is not published.

Every twin carries what its life may set off by mistake: the hits that the shape resembles, and the payments
and shared details that could tie strangers. Twins with a licence or trade on file lose the middle as a hub;
the others show one sign and not several that agree.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.network.build import World, cell, gang, ring

Make = Callable[[], World]


def star(
    middle: str, around: list[str], *, rule: str = "", role: str = "possible_controller", **facts: str
) -> World:
    """People who pay the middle again and again; `rule` hits each of them and names the middle."""
    w = World().customer(middle, **facts)
    for a in around:
        w.customer(a).pay_on("SHOP", a, (60, 90_000), (30, 90_000)).pay_on(
            a, middle, (59, 30_000), (29, 31_000)
        )
        if rule:
            w.hit(rule, a, {middle: role}, own="possible_victim")
    return w


def names(n: int, tag: str = "A") -> list[str]:
    return [f"{tag}{i}" for i in range(n)]


def wedding_trade(licence: str) -> Make:
    def make() -> World:
        w = ring()
        next(p for p in w.parties if p["party_id"] == "C-O")["licence"] = licence
        return w

    return make


def church_helper() -> World:
    w = World().customer("H")
    for i in range(6):
        w.customer(f"S{i}").pay("H", f"S{i}", 5_000).hit("THB-MAR-002", "H")
    return w


def couple_whose_families_pay() -> World:
    w = (
        World()
        .customer("A", phone_hash="p", address_hash="a")
        .customer("B", phone_hash="p", address_hash="a")
    )
    for i in range(4):
        w.customer(f"F{i}").pay(f"F{i}", "A", 200_000, 100_000)
    return w.hit("THB-MAR-002", "A").hit("THB-MAR-002", "B").hit("THB-SEX-001", "B")


def self_employed() -> World:
    w = World().customer("A").hit("THB-SEX-001", "A").hit("THB-SEX-008", "A")
    for i in range(40):
        w.pay(f"B{i}", "A", 10_000)
    return w.pay("A", "LANDLORD", 60_000, 60_000)


def trader() -> World:
    w = World().customer("A").hit("THB-SEX-001", "A")
    for i in range(60):
        w.pay(f"B{i}", "A", 4_000, 3_000)
    return w


def flat_share() -> World:
    w = World()
    for a in ["T", *names(4)]:
        w.customer(a, address_hash="flat").hit("THB-SEX-001", a)
    for a in names(4):
        w.pay_on("WORK", a, (61, 70_000), (31, 70_000)).pay_on(a, "T", (60, 40_000), (30, 40_000))
    return w.pay("T", "LANDLORD", 160_000, 160_000)


def shared_tips() -> World:
    w = World()
    for a in ["T", *names(5)]:
        w.customer(a).hit("THB-SEX-001", a)
    for a in names(5):
        w.pay_on("BAR", a, (21, 40_000), (14, 40_000)).pay_on("T", a, (20, 6_000), (13, 5_000))
        w.pay_on(a, "T", (20, 9_000), (13, 8_000))
    return w


def staff_housing() -> World:
    """Workers pay rent to one account; the rule on pay that goes on fires for each of them."""
    return star("HOUSE", names(6), rule="THB-LAB-004", kind="legal")


def union_dues() -> World:
    return star("UNION", names(8), rule="THB-LAB-004", kind="legal", licence="trade_union")


def savings_club() -> World:
    """Everybody pays whoever has the turn."""
    w, club = World(), names(6)
    for a in club:
        w.customer(a).pay_on("WORK", a, *((30 * m + 1, 100_000) for m in range(6)))
        w.hit("THB-LAB-006", a)
        for turn, payee in enumerate(club):
            if payee != a:
                w.pay_on(a, payee, (30 * turn, 10_000))
    return w


def canteen() -> World:
    w = World().customer("FIRM", kind="legal").hit("THB-SEX-001", "FIRM")
    for a in names(6):
        w.customer(a).hit("THB-LAB-006", a)
        w.pay_on("FIRM", a, (60, 100_000), (30, 100_000)).pay_on(
            a, "FIRM", *((7 * d, 2_000) for d in range(1, 8))
        )
    return w


def licensed_middle(licence: str) -> Make:
    def make() -> World:
        w = gang()
        next(p for p in w.parties if p["party_id"] == "C-G")["licence"] = licence
        return w.hit("THB-LAB-006", "W0")

    return make


def payroll_bureau() -> World:
    w = World().customer("BUREAU", kind="legal", licence="payroll_bureau")
    for a in names(8):
        w.customer(a).pay("BUREAU", a, 100_000, 100_000).hit("THB-LAB-006", a)
    return w.hit("THB-LAB-004", "BUREAU", dict.fromkeys(names(8), "possible_victim"))


def selling_on_the_road() -> World:
    w = World()
    for a in names(4):
        w.customer(a).hit("THB-SEX-001", a).hit("THB-MAR-002", a).pay_on(
            a, "FIRM", (20, 70_000), (10, 50_000)
        )
    return w


def shop_chain() -> World:
    w = World().customer("CHAIN", kind="legal")
    for a in names(5):
        w.customer(a, kind="legal", phone_hash="office").hit("THB-SEX-001", a)
        w.pay_on(a, "CHAIN", (20, 700_000), (10, 500_000))
    return w


def family_of_students() -> World:
    w = World().customer("P", address_hash="home", phone_hash="p")
    for a in names(2):
        w.customer(a, address_hash="home", phone_hash="p").pay("P", a, 50_000, 50_000, 50_000)
        w.hit("THB-SEX-001", a)
    return w.hit("THB-SEX-008", "P")


def reception_day() -> World:
    """One address and telephone of the reception centre, and different payees afterwards."""
    w = World()
    for a in names(20):
        w.customer(a, address_hash="centre", phone_hash="centre").hit("THB-LAB-003", a)
        w.pay(a, f"OWN{a}", 30_000, 30_000)
    return w


def student_hall() -> World:
    w = World()
    for a in names(15):
        w.customer(a, address_hash="hall").hit("THB-SEX-001", a)
        w.devices.append({"device_id": "reading room", "subject_id": f"C-{a}"})
    return w


def carer() -> World:
    w = World().customer("CARER")
    for a in names(3):
        w.customer(a).hit("THB-LAB-003", a)
        w.devices += [{"device_id": "d", "subject_id": f"C-{x}"} for x in (a, "CARER")]
        w.conductors += [{"conductor_id": "k", "subject_id": f"C-{x}"} for x in (a, "CARER")]
    return w


def landlord_whose_tenants_change() -> World:
    w = World().customer("L").hit("THB-SEX-001", "L")
    for turn, a in enumerate(names(5)):
        w.customer(a).hit("THB-LAB-006", a)
        w.pay_on("WORK", a, *((60 * turn + d + 1, 100_000) for d in (0, 30)))
        w.pay_on(a, "L", *((60 * turn + d, 25_000) for d in (0, 30)))
    return w


TWINS: dict[str, Make] = {
    "2.1 wedding planner or hotel": wedding_trade("wedding_trade"),
    "2.1 immigration lawyer": wedding_trade("legal_services"),
    "2.1 travel agency": wedding_trade("travel_agency"),
    "2.1 church or embassy helper": church_helper,
    "2.1 real couple whose families pay": couple_whose_families_pay,
    "2.2 self-employed, nobody collects": self_employed,
    "2.2 massage therapist or market stall": trader,
    "2.2 flat-share with rent to one tenant": flat_share,
    "2.2 student bar staff with shared tips": shared_tips,
    "2.3 staff housing": staff_housing,
    "2.3 union dues": union_dues,
    "2.3 savings club with rotating payee": savings_club,
    "2.3 canteen": canteen,
    "2.3 remittance agent": licensed_middle("remittance_agent"),
    "2.3 payroll bureau": payroll_bureau,
    "2.4 travelling salespeople": selling_on_the_road,
    "2.4 shop chain with branches": shop_chain,
    "2.4 family with students elsewhere": family_of_students,
    "2.5 reception or induction day": reception_day,
    "2.5 student hall": student_hall,
    "2.5 carer": carer,
    "2.7 landlord whose tenants change": landlord_whose_tenants_change,
}


@pytest.mark.parametrize("make", TWINS.values(), ids=TWINS)
def test_a_lawful_twin_is_not_published(make: Make) -> None:
    assert make().run().networks.is_empty()


@pytest.mark.parametrize("make", TWINS.values(), ids=TWINS)
def test_a_lawful_twin_beside_a_real_pattern_changes_nothing_about_it(make: Make) -> None:
    alone = cell(tag="real").run().members
    world, twin = cell(tag="real"), make()
    for rows in ("hits", "hit_members", "payments", "subjects", "parties", "devices", "conductors"):
        getattr(world, rows).extend(getattr(twin, rows))
    for i, h in enumerate(twin.hits):
        new = f"twin{i:04}"
        for m in twin.hit_members:
            if m["hit_id"] == h["hit_id"]:
                m["hit_id"] = new
        h["hit_id"] = new
    assert set(world.run().members["member_id"]) == set(alone["member_id"])
