"""The lawful twin of every form of network, lived by invented people for half a year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random

from tests.end_to_end.lawful_lives import at, household
from tests.end_to_end.look_alikes import earner, got, paid, rent
from tests.end_to_end.planted_forms import DAY, HALF, HOUR, adverts, fee, ticket
from tests.end_to_end.small_world import World

Life = Callable[[World, Random], None]


def firm(w: World, name: str, life: str, n: int, wage: int = 1000, **more: object) -> list[str]:
    """Adds an employer who pays social insurance, and its workers with a wage and a life of their own."""
    w.customer(name, life, kind="legal", sector_nace="55.10", age_band="", declared_employees=n + 2)
    people = []
    for month in HALF:
        got(w, name, at(month, 3), n * wage * 2, "Customers Ltd", "invoice")
        paid(w, name, at(month, 28), n * wage * 0.2, "Social Insurance Services", "contributions")
        paid(w, name, at(month, 28), n * wage * 0.05, "Tax Department", "PAYE")
    for i in range(n):
        who = w.customer(
            f"{name} {i}", life, employer_id=name, declared_monthly_income_eur=wage, **more
        )  # fmt: skip
        household(w, who, "Larnaca", HALF)
        for month in HALF:
            text = {"remittance_info": "salary", "purpose_code": "SALA"}
            w.pay(name, who, at(month, 25, 9, i), wage + i, **text)
        people.append(who)
    return people


def of_trade(licence: str) -> Life:
    """Somebody with a licence who arranges weddings or papers for couples, with every leg of a ring."""

    def live(w: World, rng: Random) -> None:
        who = w.customer(
            licence, licence, kind="legal", age_band="", licence=licence, sector_nace="96.09"
        )  # fmt: skip
        for case in range(10):
            day = dt.datetime(2025, 1, 8, 11) + 14 * case * DAY
            client = w.customer(f"{licence} client {case}", licence)
            other = w.customer(f"{licence} other {case}", licence)
            w.pay(client, who, day - 3 * DAY, round(rng.uniform(3000, 8000), 2))
            ticket(w, who, day + HOUR, round(rng.uniform(40, 350), 2), other)
            fee(w, who, day + 4 * DAY, 281.92, "Paphos", "civil marriage")
            w.pay(who, other, day + 6 * DAY, round(rng.uniform(500, 900), 2), remittance_info="refund")

    return live


def church(w: World, rng: Random) -> None:
    """A helper pays for the papers of parishioners and gives them a little."""
    helper = earner(w, "helper", "church helper", "priest", 1300, "Nicosia")
    for k in range(8):
        fee(w, helper, at(1 + k % 6, 5 + k), 128.15, "Nicosia", "documents")
        w.pay(helper, w.customer(f"parishioner {k}", "church helper"), at(1 + k % 6, 8 + k), 50)


def couple(w: World, rng: Random) -> None:
    """A real couple whose families pay."""
    bride = earner(w, "bride", "couple", "nurse", 1500, "Larnaca")
    groom = earner(w, "groom", "couple", "cook", 1400, "Larnaca", address_hash="address of bride")
    for i in range(4):
        relative = earner(w, f"relative {i}", "couple", "clerk", 1700, "Larnaca")
        w.pay(relative, bride, at(3, 10 + i), 3000, remittance_info="for the wedding")
    ticket(w, bride, at(3, 12), 420, groom)
    fee(w, bride, at(3, 20), 281.92, "Larnaca", "civil marriage")
    w.pay(bride, groom, at(3, 25), 800)


def alone(w: World, rng: Random) -> None:
    """Somebody who works alone at night, pays own adverts and rent and keeps the money."""
    who = w.customer("alone", "works alone", declared_monthly_income_eur="2500", occupation="self-employed")
    household(w, who, "Limassol", HALF)
    for day in range(160):
        for _ in range(rng.randint(0, 2)):
            when = dt.datetime(2025, 1, 3, rng.choice((20, 21, 22, 15)), rng.randint(0, 59)) + day * DAY
            text = rng.choice(("massage", "escort", ""))
            got(w, who, when, rng.randrange(80, 250, 10), f"guest {rng.randint(0, 90)}", text)
    adverts(w, who, 5)
    for month in HALF:
        rent(w, who, month, 800, "landlord of alone")


def stall_and_massage(w: World, rng: Random) -> None:
    """A market stall and a licensed massage therapist."""
    stall = w.customer("stall", "stall or massage", occupation="trader")
    massage = w.customer("therapist", "stall or massage", occupation="therapist", licence="massage")
    for who, sum_, text in ((stall, 15, "fruit"), (massage, 45, "massage")):
        household(w, who, "Paphos", HALF)
        for day in range(160):
            when = dt.datetime(2025, 1, 3, rng.randint(9, 18), rng.randint(0, 59)) + day * DAY
            got(w, who, when, sum_ + rng.choice((0, 5)), f"customer {rng.randint(0, 90)}", text)
        for month in HALF:
            paid(w, who, at(month, 2), 600, f"supplier of {who}")


def flat_share(w: World, rng: Random) -> None:
    """Four flatmates pay their part to the tenant, who pays the rent."""
    tenant = earner(w, "tenant", "flat-share", "clerk", 1400, "Nicosia", address_hash="flat")
    for i in range(4):
        mate = earner(w, f"mate {i}", "flat-share", "waiter", 1100, "Nicosia", address_hash="flat")
        for month in HALF:
            w.pay(mate, tenant, at(month, 28, 12, i), 350, remittance_info="rent")
    for month in HALF:
        rent(w, tenant, month, 1700, "landlord of the flat")


def tips(w: World, rng: Random) -> None:
    """Students behind a bar put tips together and share them."""
    head = earner(w, "head of the bar", "shared tips", "barman", 1300, "Ayia Napa")
    for i in range(5):
        who = earner(w, f"bar {i}", "shared tips", "student", 900, "Ayia Napa", age_band="18-24")
        for week in range(20):
            w.pay(who, head, dt.datetime(2025, 1, 5, 2, i) + 7 * week * DAY, rng.choice((20, 30, 40)))
            w.pay(head, who, dt.datetime(2025, 1, 6, 12, i) + 7 * week * DAY, rng.choice((25, 30, 35)))


def staff_house(w: World, rng: Random) -> None:
    """Staff housing: one landlord with a licence and one without; rent below the legal share."""
    house = w.customer("staff house", "staff housing", kind="legal", age_band="", licence="accommodation")
    lady = earner(w, "landlady", "staff housing", "retired", 900, "Larnaca")
    for name, landlord, sum_ in (("hotel", house, 230), ("farm", lady, 240)):
        for i, who in enumerate(firm(w, name, "staff housing", 10, address_hash=f"house of {name}")):
            for month in HALF:
                w.pay(who, landlord, at(month, 26, 10, i), sum_, remittance_info="rent")


def dues(w: World, rng: Random) -> None:
    """Members of a union pay their dues on payday."""
    for i, who in enumerate(firm(w, "factory", "union dues", 12)):
        for month in HALF:
            paid(w, who, at(month, 25, 18, i), 12, "Workers Union")


def club(w: World, rng: Random) -> None:
    """A savings club: everybody pays whoever has the turn."""
    people = firm(w, "cleaners", "savings club", 6)
    for turn, payee in enumerate(people):
        for i, who in enumerate(people):
            if who != payee:
                w.pay(who, payee, at(1 + turn, 26, 12, i), 100)


def canteen(w: World, rng: Random) -> None:
    """Workers pay for lunch every week."""
    cook = w.customer("canteen", "canteen", kind="legal", age_band="", sector_nace="56.29")
    for i, who in enumerate(firm(w, "yard", "canteen", 10)):
        for week in range(22):
            w.pay(who, cook, dt.datetime(2025, 1, 6, 13, i) + 7 * week * DAY, 25)


def remitter(w: World, rng: Random) -> None:
    """A licensed agent sends home what workers bring, sum by sum."""
    agent = w.customer("agent", "remitter", kind="legal", age_band="", licence="remittance_agent")
    for i, who in enumerate(firm(w, "site", "remitter", 10)):
        for month in HALF:
            w.pay(who, agent, at(month, 26, 11, i), 500 + 10 * i, remittance_info="to family")
            more = {"cp_country": "NP", "tx_type": "remittance"}
            paid(w, agent, at(month, 26, 16, i), 495 + 10 * i, f"family of {who}", **more)


def bureau(w: World, rng: Random) -> None:
    """A payroll bureau pays the workers of four firms."""
    office = w.customer("bureau", "payroll bureau", kind="legal", age_band="", licence="payroll_bureau")
    for f in range(4):
        name = w.customer(f"client firm {f}", "payroll bureau", kind="legal", age_band="")
        for month in HALF:
            got(w, name, at(month, 2), 9000, "Clients")
            w.pay(name, office, at(month, 24), 5000, remittance_info="payroll")
        for i in range(5):
            who = w.customer(f"{name} {i}", "payroll bureau", employer_id=name)
            household(w, who, "Nicosia", HALF)
            for month in HALF:
                w.pay(office, who, at(month, 25, 9, i), 950, remittance_info="salary", purpose_code="SALA")


def on_the_road(w: World, rng: Random) -> None:
    """Salespeople bank takings where they sell and eat there, and pay their firm."""
    for i in range(4):
        who = earner(w, f"sales {i}", "salespeople", "sales", 1600, "Nicosia")
        for day in range(0, 150, 3):
            for j, town in enumerate(rng.sample(("Limassol", "Paphos", "Larnaca"), 2)):
                when = dt.datetime(2025, 1, 3, 11 + 3 * j) + day * DAY
                w.cash(who, when, rng.randrange(100, 400, 20), town, "credit")
                w.card(who, when + HOUR, 12, "5814", town)
            paid(w, who, dt.datetime(2025, 1, 4) + day * DAY, 450, "Wholesale Sales Ltd", "takings")


def chain(w: World, rng: Random) -> None:
    """Four branches of one shop bank their takings and pay the head office."""
    head = w.customer("chain", "shop chain", kind="legal", age_band="", phone_hash="office")
    for i, town in enumerate(("Limassol", "Paphos", "Larnaca", "Nicosia")):
        who = w.customer(f"branch {i}", "shop chain", kind="legal", age_band="", phone_hash="office")
        for day in range(0, 160, 2):
            when = dt.datetime(2025, 1, 3, 19) + day * DAY
            w.cash(who, when, rng.randrange(800, 1500, 50), town, "credit")
        for week in range(21):
            w.pay(who, head, dt.datetime(2025, 1, 6, 9, i) + 7 * week * DAY, 3000)


def studying_elsewhere(w: World, rng: Random) -> None:
    """A parent pays in at home for three children who draw it in another town."""
    home = {"address_hash": "home"}
    parent = earner(w, "parent", "students elsewhere", "teacher", 2200, "Paphos", **home)
    for i in range(3):
        who = w.customer(
            f"child {i}", "students elsewhere", occupation="student", age_band="18-24", **home
        )  # fmt: skip
        for week in range(22):
            w.cash(who, dt.datetime(2025, 1, 4, 10, i) + 7 * week * DAY, 100, "Paphos", "credit")
            w.cash(who, dt.datetime(2025, 1, 5, 18, i) + 7 * week * DAY, 80, "Nicosia")
            w.card(who, dt.datetime(2025, 1, 7, 13, 5 * i) + 7 * week * DAY, 18, "5411", "Nicosia")
        for month in HALF:
            rent(w, who, month, 300, f"landlord of {who}")
            w.pay(parent, who, at(month, 1, 9, i), 350)


def reception(w: World, rng: Random) -> None:
    """Accounts opened on one day in a reception centre; everybody pays somebody else afterwards."""
    for i in range(12):
        who = w.customer(
            f"arrived {i}", "reception day", opened="2025-01-15", branch="Nicosia", address_hash="centre",
            phone_hash="office of the centre" if i < 9 else f"phone of arrived {i}",
        )  # fmt: skip
        for month in range(2, 7):
            got(w, who, at(month, 5, 9, i), 260, "Asylum Service", "allowance", tx_type="credit_transfer")
            w.card(who, at(month, 6, 12 + i % 8, i), 60, "5411", "Nicosia")
            paid(w, who, at(month, 7, 12, i), 100, f"own payee of {who}")
            w.cash(who, at(month, 8, 9 + i % 9, 3 * i), 60, "Nicosia")


def induction(w: World, rng: Random) -> None:
    """New staff open accounts on one day and live in one hostel; each has a landlord of the own later."""
    new = {"opened": "2025-01-03", "address_hash": "staff hostel"}
    for i, who in enumerate(firm(w, "company", "induction day", 8, **new)):
        for month in HALF:
            paid(w, who, at(month, 26, 17, i), 380 + 7 * i, f"landlord of {who}", "rent")


def hall(w: World, rng: Random) -> None:
    """Ten students of one hall pay its rent from one machine in the library."""
    for i in range(10):
        who = w.customer(
            f"in hall {i}", "student hall", occupation="student", age_band="18-24", opened="2024-09-15",
            address_hash="hall",
        )  # fmt: skip
        household(w, who, "Nicosia", HALF)
        for month in HALF:
            got(w, who, at(month, 2, 10, i), 600, f"parent of {who}")
            paid(w, who, at(month, 3, 11, 3 * i), 300, "University Hall", "rent", device_id="library")


def carer(w: World, rng: Random) -> None:
    """A carer with a registered mandate draws cash for three old people and is paid by them."""
    who = earner(w, "carer", "carer", "carer", 1300, "Limassol")
    for i in range(3):
        old = w.customer(f"old {i}", "carer", age_band="75+", declared_monthly_income_eur="900")
        w.holders.append({"account_id": old, "party_id": who, "role": "mandate", "since": "2023-01-01"})
        household(w, old, "Limassol", HALF)
        for month in HALF:
            got(w, old, at(month, 1), 900, "Social Insurance Services", "pension", tx_type="credit_transfer")
            for day in (4, 11, 18, 25):
                w.row(
                    old, at(month, day, 10, 5 * i), 60, "debit", "cash_withdrawal", channel="branch",
                    location_city="Limassol", location_country="CY", terminal_id="counter", conductor_id=who,
                )  # fmt: skip
            w.pay(old, who, at(month, 28, 9, i), 150, remittance_info="care")


def tenants(w: World, rng: Random) -> None:
    """Tenants of one flat follow one another; one landlord's payments say what they are for, one's do not."""
    for n, text in ((3, "rent"), (6, "")):
        landlord = earner(w, f"landlord of {n}", "tenants who change", "retired", 1200, "Larnaca")
        for turn in range(n):
            who = earner(w, f"tenant {turn} of {n}", "tenants who change", "cook", 1200, "Larnaca")
            for month in range(turn * 6 // n + 1, (turn + 1) * 6 // n + 1):
                w.pay(who, landlord, at(month, 27), 420, remittance_info=text)
                w.pay(who, landlord, at(month, 12), 40 + 7 * month, remittance_info=text and "electricity")


TWINS: dict[str, Life] = {
    "2.1 wedding planner": of_trade("wedding_trade"),
    "2.1 immigration lawyer": of_trade("legal_services"),
    "2.1 travel agency": of_trade("travel_agency"),
    "2.1 church or embassy helper": church,
    "2.1 real couple whose families pay": couple,
    "2.2 works alone": alone,
    "2.2 market stall or massage therapist": stall_and_massage,
    "2.2 flat-share with rent to one tenant": flat_share,
    "2.2 student bar staff with shared tips": tips,
    "2.3 staff housing": staff_house,
    "2.3 union dues": dues,
    "2.3 savings club with rotating payee": club,
    "2.3 canteen": canteen,
    "2.3 remittance agent": remitter,
    "2.3 payroll bureau": bureau,
    "2.4 travelling salespeople": on_the_road,
    "2.4 shop chain with branches": chain,
    "2.4 family with students elsewhere": studying_elsewhere,
    "2.5 reception day": reception,
    "2.5 induction day": induction,
    "2.5 student hall": hall,
    "2.5 carer": carer,
    "2.7 landlord whose tenants change": tenants,
}


def live(world: World) -> dict[str, set[str]]:
    """Lives every lawful life and gives its customers by its name."""
    rng, people = Random(5), {}
    for name, life in TWINS.items():
        before = set(world.of)
        life(world, rng)
        people[name] = set(world.of) - before
    return people
