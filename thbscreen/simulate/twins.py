"""Lawful twins: groups that look like a network to be found, and must stay quiet."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate import texts
from thbscreen.simulate.clock import (
    DAY_SECONDS,
    DAYS,
    MONTH_COUNT,
    MONTH_STARTS,
    Ints,
    Rng,
    at,
    daytime,
    late,
    office,
    working_after,
    working_before,
)
from thbscreen.simulate.groups import Group, Role, employees, firms, one, singles, some_town, staff_of
from thbscreen.simulate.ledger import Ledger, days_between
from thbscreen.simulate.life import free
from thbscreen.simulate.places import TRADE_INDEX, round_sums
from thbscreen.simulate.positives import visit_sums
from thbscreen.simulate.society import savings_circle, wedding_fees
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import EMPLOYEE, SELF_EMPLOYED, STUDENT, World


def _twin(
    number: int,
    scenario: str,
    parts: dict[str, Ints],
    shared: tuple[str, ...],
    differs: tuple[str, ...],
    **numbers: Ints,
) -> Group:
    roles: dict[str, tuple[Role, str]] = dict.fromkeys(parts, ("unwitting", "unknown"))
    return Group(f"T{number}", "twin", scenario, "none", parts, roles, (), shared, differs, numbers)


def cast_planner(world: World, rng: Rng) -> Group:
    """Casts a wedding planner with a registered trade, her couples and her artists."""
    firm, couple = world.take(rng, firms(world), 1), world.take(rng, employees(world), 8)
    artist = world.take(rng, employees(world), 3)
    world.licence[one(firm)], world.nace[one(firm)] = "wedding_trade", "96.09"
    staff_of(world, one(firm), world.take(rng, employees(world), 2))
    return _twin(
        1,
        "wedding_planner",
        {"planner": firm, "couple": couple, "artist": artist},
        (
            "many fees at one town hall",
            "air tickets",
            "large credits from couples",
            "modest sums to private people",
        ),
        (
            "registered trade on file",
            "venues, caterers, value added tax and social insurance are paid",
            "the same artists return",
        ),
        abroad=world.strangers(rng, 9, 1.0),
        venue=world.other_firms(rng, 6),
    )


def play_planner(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books seventeen weddings of the season."""
    firm = int(world.main[one(group.roles["planner"])])
    couple = rng.permutation(np.concatenate([world.main[group.roles["couple"]], group.numbers["abroad"]]))
    n = len(couple)
    day = working_after(np.sort(rng.integers(60, 265, n)))
    price = round_sums(rng, 3500, 9000, n, 100)
    for before, share in ((40, 0.4), (8, 0.6)):
        ledger.pay(
            at(day - before + rng.integers(-5, 6, n), daytime(rng, n)),
            couple,
            firm,
            (price * share).astype(np.int64),
            text=texts.draw(rng, n, "couple"),
        )
    hall = np.where(rng.random(n) < 0.65, int(world.halls[4]), rng.choice(world.halls, n))
    ledger.pay(
        at(day - rng.integers(0, 9, n), office(rng, n)),
        firm,
        hall,
        wedding_fees(rng, n),
        text=texts.draw(rng, n, "wedding_fee"),
    )
    for share in (0.38, 0.2):
        ledger.pay(
            at(working_after(day + rng.integers(-3, 5, n)), office(rng, n)),
            firm,
            rng.choice(group.numbers["venue"], n),
            (price * share * rng.uniform(0.8, 1.2, n)).astype(np.int64),
            text=texts.draw(rng, n, "supplier"),
        )
    fly = day[rng.random(n) < 0.6]
    ledger.shop(
        rng,
        at(fly - rng.integers(4, 14, len(fly)), office(rng, len(fly))),
        firm,
        np.full(len(fly), TRADE_INDEX["airline"]),
        np.zeros(len(fly), dtype=np.int64),
        np.full(len(fly), 1.4),
    )
    ledger.pay(
        at(day + rng.integers(1, 5, n), office(rng, n)),
        firm,
        rng.choice(world.main[group.roles["artist"]], n),
        round_sums(rng, 300, 900, n, 50),
        text=texts.draw(rng, n, "supplier"),
    )


def cast_couples(world: World, rng: Rng) -> Group:
    """Casts two couples who really marry; one of each has just come to the country."""
    first, second = world.take(rng, employees(world) & ~world.family, 2), world.take(rng, singles(world), 2)
    day = working_after(np.array([72, 141]) + rng.integers(0, 12, 2))
    world.opened[second], world.left[second], world.job[second] = day - rng.integers(6, 14, 2), DAYS, EMPLOYEE
    world.income[second] = np.maximum(world.income[second], 97_000)
    for k in (0, 1):
        world.move_in(np.array([first[k], second[k]]), world.new_address(), int(world.town[first[k]]))
        world.family[[first[k], second[k]]] = True
    return _twin(
        2,
        "genuine_weddings",
        {"first": first, "second": second},
        ("large sum from abroad", "ticket, fee and about 1,000 euros to a new account within three weeks"),
        ("one fee each", "gifts of guests", "shared home and household money for months afterwards"),
        day=day,
        family=world.strangers(rng, 6, 1.0),
        caterer=world.other_firms(rng, 2),
    )


def play_couples(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books two weddings and the life after them."""
    first, second = world.main[group.roles["first"]], world.main[group.roles["second"]]
    day = group.numbers["day"]
    family = group.numbers["family"].reshape(2, 3)
    for k in (0, 1):
        ledger.pay(
            at(day[k] - np.array([17, 12, 9]), daytime(rng, 3)),
            family[k],
            int(first[k]),
            round_sums(rng, 1500, 5200, 3, 100),
            text=texts.draw(rng, 3, "support"),
        )
        guest = np.concatenate([rng.choice(world.main[free(world)], 10), world.strangers(rng, 12, 0.4)])
        ledger.pay(
            at(day[k] + rng.integers(-2, 8, 22), daytime(rng, 22)),
            guest,
            int(first[k]),
            round_sums(rng, 50, 300, 22, 50),
            text=texts.draw(rng, 22, "gift", empty=0.2),
        )
        _life_together(world, ledger, rng, int(first[k]), int(second[k]), int(day[k]))
    _wedding_day(world, ledger, rng, group)


def _life_together(world: World, ledger: Ledger, rng: Rng, first: int, second: int, day: int) -> None:
    """Books the household money that both give each other for months after the wedding."""
    month = np.flatnonzero(MONTH_STARTS[:-1] > day)
    shared = at(MONTH_STARTS[month] + rng.integers(1, 9, len(month)), daytime(rng, len(month)))
    ledger.pay(
        shared,
        second,
        first,
        round_sums(rng, 250, 400, len(month), 50),
        text=texts.draw(rng, len(month), "spouse", month=month.astype(np.int64)),
    )
    ledger.pay(
        shared + 5 * DAY_SECONDS,
        first,
        second,
        round_sums(rng, 100, 300, len(month), 50),
        text=texts.draw(rng, len(month), "spouse", month=month.astype(np.int64)),
    )


def _wedding_day(world: World, ledger: Ledger, rng: Rng, group: Group) -> None:
    first, second = world.main[group.roles["first"]], world.main[group.roles["second"]]
    day = group.numbers["day"]
    ledger.shop(
        rng,
        at(day - 13, daytime(rng, 2)),
        first,
        np.full(2, TRADE_INDEX["airline"]),
        np.zeros(2, dtype=np.int64),
        np.ones(2),
    )
    ledger.pay(
        at(day, office(rng, 2)),
        first,
        rng.choice(world.halls, 2),
        wedding_fees(rng, 2),
        text=texts.draw(rng, 2, "wedding_fee"),
    )
    ledger.pay(
        at(day + 2, daytime(rng, 2)),
        first,
        second,
        round_sums(rng, 900, 1100, 2, 50),
        text=texts.draw(rng, 2, "gift"),
    )
    ledger.pay(
        at(working_after(day + 3), office(rng, 2)),
        first,
        group.numbers["caterer"],
        round_sums(rng, 2500, 4800, 2, 100),
        text=texts.draw(rng, 2, "supplier"),
    )


def cast_bureau(world: World, rng: Rng) -> Group:
    """Casts a payroll bureau that pays eighteen workers of three firms."""
    bureau, client = world.take(rng, firms(world), 1), world.take(rng, firms(world), 3)
    worker = world.take(rng, employees(world), 18)
    world.licence[one(bureau)], world.nace[one(bureau)] = "payroll_bureau", "69.20"
    staff_of(world, one(bureau), world.take(rng, employees(world), 2))
    for k in range(3):
        staff_of(world, int(client[k]), worker[k * 6 : k * 6 + 6])
    world.wage_payer[client] = one(bureau)
    return _twin(
        3,
        "payroll_bureau",
        {"bureau": bureau, "client_firm": client, "worker": worker},
        (
            "one account pays many low and middle wages",
            "client firms themselves pay no wages and no contributions",
        ),
        ("registered bureau", "social insurance and tax in proportion", "workers keep their wages"),
    )


def play_bureau(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the money that client firms send to their bureau before payday."""
    bureau = int(world.main[one(group.roles["bureau"])])
    for firm in group.roles["client_firm"].tolist():
        mine = pays.of(np.flatnonzero(world.employer == firm))
        total = np.bincount(mine.month, weights=mine.cents, minlength=MONTH_COUNT)
        first = np.full(MONTH_COUNT, DAYS * DAY_SECONDS)
        np.minimum.at(first, mine.month, mine.moment)
        day = working_before(first // DAY_SECONDS - 1)
        ledger.pay(
            at(day, office(rng, MONTH_COUNT)),
            int(world.main[firm]),
            bureau,
            (total * 1.36).astype(np.int64),
            text=texts.draw(rng, MONTH_COUNT, "invoice"),
        )


def cast_hotel(world: World, rng: Rng) -> Group:
    """Casts a hotel whose fifteen seasonal workers live in one rented staff house."""
    hotel, landlord = world.take(rng, firms(world), 1), world.take(rng, firms(world), 1)
    worker = world.take(rng, singles(world), 15)
    staff_of(world, one(hotel), worker)
    world.nace[one(hotel)], world.nace[one(landlord)] = "55.10", "68.20"
    world.licence[one(landlord)] = "accommodation"
    world.income[worker] = round_sums(rng, 970, 1150, 15)
    world.opened[worker] = np.repeat([73, 80, 101], [7, 5, 3]) + rng.integers(0, 3, 15)
    world.left[worker], world.housed[worker] = DAYS, True
    world.card_rate[worker] = np.maximum(world.card_rate[worker], 4.0)
    world.move_in(worker, world.new_address(), some_town(rng))
    return _twin(
        4,
        "staff_housing",
        {"hotel": hotel, "landlord": landlord, "worker": worker},
        (
            "accounts opened in batches",
            "one employer, one address, one payday",
            "equal sums to one payee after payday",
            "one near machine",
        ),
        (
            "rent below a quarter of pay to a licensed landlord",
            "own shopping",
            "money to different families",
            "contributions paid",
        ),
        family=world.strangers(rng, 15, 1.0),
    )


def play_hotel(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books rent of the staff house, money to families, and cash after payday."""
    worker = group.roles["worker"]
    mine = pays.of(worker)
    n = len(mine.person)
    payee = int(world.main[one(group.roles["landlord"])])
    ledger.pay(
        mine.moment + rng.integers(3600, 66 * 3600, n),
        world.main[mine.person],
        payee,
        22_000,
        text=texts.draw(rng, n, "rent", month=mine.month, empty=0.1),
        purpose="RENT",
    )
    order = np.searchsorted(worker, mine.person)
    send = (order % 4 > 0) & (rng.random(n) < 0.85)
    ledger.pay(
        (mine.moment + rng.integers(1, 6, n) * DAY_SECONDS)[send],
        world.main[mine.person[send]],
        group.numbers["family"][order[send]],
        round_sums(rng, 150, 350, int(send.sum())),
        text=texts.draw(rng, int(send.sum()), "remit", empty=0.4),
    )
    near = (order % 2 == 0) & (rng.random(n) < 0.8)
    machine = world.machines.choose(rng, np.full(1, world.town[worker[0]]))
    evening = mine.moment // DAY_SECONDS * DAY_SECONDS + rng.integers(0, 2, n) * DAY_SECONDS + daytime(rng, n)
    ledger.cash(
        evening[near],
        world.main[mine.person[near]],
        np.full(int(near.sum()), one(machine)),
        round_sums(rng, 60, 200, int(near.sum())),
    )


def _duties(world: World, ledger: Ledger, rng: Rng, account: int, monthly: int) -> None:
    """Books rent of rooms, social insurance and tax of a self-employed person."""
    month = np.arange(MONTH_COUNT, dtype=np.int64)
    landlord = world.strangers(rng, 1)
    ledger.pay(
        at(working_after(MONTH_STARTS[month] + 3), office(rng, MONTH_COUNT)),
        account,
        one(landlord),
        48_000,
        text=texts.draw(rng, MONTH_COUNT, "rent", month=month),
        purpose="RENT",
    )
    for key, rate in (("social", 0.166), ("tax", 0.08)):
        quarter = month[month % 3 == 2]
        ledger.pay(
            at(working_before(MONTH_STARTS[quarter] + 9), office(rng, len(quarter))),
            account,
            world.public[key],
            np.full(len(quarter), int(monthly * 3 * rate)),
            text=texts.draw(rng, len(quarter), "social" if key == "social" else "tax", month=quarter),
        )


def _self_employed(world: World, rng: Rng) -> Ints:
    who = world.take(rng, singles(world) & (world.opened < -60), 1)
    world.job[who], world.housed[who], world.left[who] = SELF_EMPLOYED, True, DAYS
    world.card_rate[who] = np.maximum(world.card_rate[who], 6.0)
    return who


def cast_therapist(world: World, rng: Rng) -> Group:
    """Casts a massage therapist."""
    who = _self_employed(world, rng)
    world.licence[one(who)] = "massage_therapist"
    clients = np.concatenate(
        [
            rng.choice(world.main[np.flatnonzero(employees(world))], 26, replace=False),
            world.strangers(rng, 22),
        ]
    )
    return _twin(
        5,
        "massage_therapist",
        {"therapist": who},
        ("evening credits from many people", "service words in texts"),
        ("keeps the money", "regular clients", "pays own rent, social insurance and tax"),
        clients=clients,
    )


def play_therapist(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books treatments and the costs of the trade."""
    account, n = int(world.main[one(group.roles["therapist"])]), 132
    day = days_between(rng, np.zeros(n, dtype=np.int64), np.full(n, DAYS), 0.9)
    ledger.pay(
        at(day, late(rng, n) - 7200),
        rng.choice(group.numbers["clients"], n),
        account,
        rng.integers(8, 19, n) * 500,
        text=texts.draw(rng, n, "therapy", empty=0.25),
    )
    _duties(world, ledger, rng, account, 95_000 + 20_000)


def cast_independent(world: World, rng: Rng) -> Group:
    """Casts a self-employed person who sells evening visits, keeps the money and works for nobody else."""
    who = _self_employed(world, rng)
    clients = np.concatenate(
        [
            rng.choice(world.main[np.flatnonzero(employees(world))], 34, replace=False),
            world.strangers(rng, 40, 0.1),
        ]
    )
    return _twin(
        7,
        "self_employed_sex_worker",
        {"self_employed": who},
        (
            "evening credits of 50 to 300 euros from many people",
            "adverts",
            "service words in texts",
            "hotel nights",
        ),
        ("keeps the money", "one own rent", "social insurance and tax", "nobody else gains"),
        clients=clients,
    )


def play_independent(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books visits, adverts, three hotel nights and the costs of the trade."""
    account, n = int(world.main[one(group.roles["self_employed"])]), 118
    day = days_between(rng, np.zeros(n, dtype=np.int64), np.full(n, DAYS))
    ledger.pay(
        at(day, late(rng, n)),
        rng.choice(group.numbers["clients"], n),
        account,
        visit_sums(rng, n),
        text=texts.visit(rng, n, 0.45),
    )
    day = days_between(rng, np.zeros(52, dtype=np.int64), np.full(52, DAYS), 1.0)
    trade = np.where(rng.random(52) < 0.6, TRADE_INDEX["adverts"], TRADE_INDEX["dating"])
    ledger.shop(rng, at(day, late(rng, 52)), account, trade, np.zeros(52, dtype=np.int64), np.full(52, 1.2))
    ledger.shop(
        rng,
        at(np.array([151, 152, 204]), daytime(rng, 3)),
        account,
        np.full(3, TRADE_INDEX["hotel"]),
        np.array([7, 7, 9]),
        np.ones(3),
    )
    _duties(world, ledger, rng, account, 160_000)


def cast_students(world: World, rng: Rng) -> Group:
    """Casts four students who share a flat."""
    who = world.take(rng, singles(world), 4)
    world.job[who], world.age[who], world.housed[who], world.income[who] = STUDENT, 0, True, 60_000
    world.opened[who] = np.array([-118, -117, -110, -95]) + rng.integers(0, 4, 4)
    world.left[who] = DAYS
    world.move_in(who, world.new_address(), some_town(rng))
    return _twin(
        6,
        "student_flat",
        {"student": who},
        ("shared address", "equal sums to one private account", "young accounts"),
        ("sums equal the lease", "upkeep from families abroad", "own shopping"),
        landlord=world.strangers(rng, 1),
    )


def play_students(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the rent of the flat and the shares of the others."""
    student = world.main[group.roles["student"]]
    month = np.arange(MONTH_COUNT, dtype=np.int64)
    ledger.pay(
        at(working_after(MONTH_STARTS[month] + 4), office(rng, MONTH_COUNT)),
        int(student[0]),
        one(group.numbers["landlord"]),
        96_000,
        text=texts.draw(rng, MONTH_COUNT, "rent", month=month),
        purpose="RENT",
    )
    payer, when = np.repeat(student[1:], MONTH_COUNT), np.tile(month, 3)
    day = MONTH_STARTS[when] + rng.integers(0, 5, len(when))
    ledger.pay(
        at(day, daytime(rng, len(day))),
        payer,
        int(student[0]),
        24_000,
        text=texts.draw(rng, len(day), "share", month=when),
    )


def cast_trader(world: World, rng: Rng) -> Group:
    """Casts a market trader who pays in cash takings."""
    who = _self_employed(world, rng)
    return _twin(
        8,
        "market_trader",
        {"trader": who},
        ("many cash deposits of some hundred euros", "sums below every threshold"),
        ("one town, steady through the year", "suppliers, contributions and tax paid"),
        supplier=world.other_firms(rng, 4),
    )


def play_trader(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books takings paid in at two machines, and suppliers."""
    person = one(group.roles["trader"])
    account, n = int(world.main[person]), 140
    day = days_between(rng, np.zeros(n, dtype=np.int64), np.full(n, DAYS), 1.2)
    machine = world.machines.low[world.town[person]] + rng.integers(0, 2, n)
    ledger.cash(at(day, daytime(rng, n)), account, machine, rng.integers(20, 150, n) * 500, True)
    day = working_after(np.sort(rng.integers(3, DAYS - 3, 40)))
    ledger.pay(
        at(day, office(rng, 40)),
        account,
        rng.choice(group.numbers["supplier"], 40),
        (rng.lognormal(5.9, 0.5, 40) * 100).astype(np.int64),
        text=texts.draw(rng, 40, "invoice"),
    )
    _duties(world, ledger, rng, account, 130_000)


def cast_circle(world: World, rng: Rng) -> Group:
    """Casts a savings circle of eight."""
    who = world.take(rng, employees(world) & (world.left == DAYS), 8)
    return _twin(
        9,
        "savings_circle",
        {"member": who},
        ("equal sums from several people to one account in a week",),
        ("each receives once", "a closed set of people", "what is paid in equals what is paid out"),
    )


def play_circle(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the turns of the circle."""
    savings_circle(world, ledger, rng, world.main[group.roles["member"]], 200)
