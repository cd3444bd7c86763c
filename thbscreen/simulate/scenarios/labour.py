"""P3: workers whose wage does not stay with them. T4, T5, T6 and T12 beside it."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import (
    DAY_SECONDS,
    DAYS,
    MONTH_COUNT,
    Ints,
    Rng,
    working_after,
    working_before,
)
from thbscreen.simulate.groups import Group, firms, one
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.places import round_sums
from thbscreen.simulate.scenarios.kit import (
    Stage,
    alone,
    arrive,
    cast_twin,
    chance,
    count,
    earning,
    every,
    house,
    lowest_pay,
    office,
    pair,
    same,
    spell,
    subdue,
    sums,
    take_busy,
    tens,
    work_for,
)
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import BENEFIT, SEASONAL, STUDENT, World

TO_SINK, BY_CASH, CUT = 0, 1, 2


def cast_gang(world: World, rng: Rng) -> Group:
    """Casts a labour provider, its workers in one or a few houses, and who manages the houses."""
    start, end = spell(rng, 130, 330)
    firm, n = world.take(rng, firms(world), 1), count(rng, 6, 26)
    sink, worker = take_busy(world, rng, 2 if n > 16 else 1), world.take(rng, alone(world), n)
    way = rng.choice([TO_SINK, BY_CASH, CUT], n, p=rng.dirichlet([2.5, 1.6, 1.0]))
    subdue(world, rng, worker, 0.3)
    own_card = rng.random(n) < 0.4
    world.card_rate[worker[own_card]] = np.maximum(
        world.card_rate[worker[own_card]], rng.uniform(0.6, 2.5, int(own_card.sum()))
    )
    work_for(
        world,
        one(firm),
        np.concatenate([worker, sink]),
        np.append(lowest_pay(rng, n), np.full(len(sink), 165_000)),
    )
    later = rng.integers(start + 30, max(end - 45, start + 31), count(rng, 0, 2))
    batches = np.sort(np.append(later, start + count(rng, 0, 15)))
    fresh = rng.random(n) < 0.8
    came = rng.choice(batches, n) + rng.integers(0, 5, n)
    arrive(world, worker[fresh], came[fresh])
    gone = fresh & (rng.random(n) < 0.25)
    world.left[worker[gone]] = np.minimum(
        world.opened[worker[gone]] + rng.integers(60, 190, int(gone.sum())), DAYS
    )
    world.left[worker] = np.minimum(world.left[worker], np.maximum(end, world.opened[worker] + 30))
    world.nace[one(firm)] = str(rng.choice(["78.20", "81.21", "01.13", "41.20"]))
    world.social_share[firm] = rng.choice([0.0, 0.15, 0.6, 1.0])
    # Deductions stay just inside the quarter that the law allows, or are written on some of the pay slips.
    cut = worker[way == CUT]
    world.income[cut] = tens((world.income[cut] * rng.uniform(0.75, 0.79, len(cut))).astype(np.int64), 5)
    world.deduct_share[firm] = rng.choice([0.006, 0.3])
    house(world, rng, worker, 1 if n < 12 else count(rng, 1, 3))
    same(rng, world.phone, worker, int(world.phone[sink[0]]), 0.35)
    same(rng, world.device, worker, int(world.device[sink[0]]), 0.3)
    return Group(
        "",
        "positive",
        "P3",
        "alert",
        {"firm": firm, "worker": worker, "sink": sink},
        {
            "firm": ("facilitator", "employer"),
            "worker": ("possible_victim", "possible_victim"),
            "sink": ("controller", "possible_controller"),
        },
        core=("firm", "worker", "sink"),
        shared_traits=(
            "accounts opened in batches",
            "one employer, one address, one payday",
            "cash after payday",
        ),
        differs_in=(
            "much of each wage ends with one private person, by transfer or as cash paid in the day after",
            "little own spending",
            "vans, fuel, food and rents for many are paid by that person",
        ),
        numbers={
            "spell": pair(start, end),
            "way": way,
            "landlord": world.strangers(rng, count(rng, 1, 3)),
            "recruiter": world.strangers(rng, 1, 1.0),
            "client": world.other_firms(rng, 2),
            "driver": world.strangers(rng, 1),
        },
    )


def play_gang(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books what happens to the wages, allowances, and the costs of the houses."""
    s, worker = Stage(world, ledger, rng), group.roles["worker"]
    start = int(group.numbers["spell"][0])
    mine = pays.of(worker).since(start * DAY_SECONDS)
    n, order = len(mine.person), np.searchsorted(worker, mine.person)
    way, sinks = group.numbers["way"][order], s.account(group.roles["sink"])
    sink = sinks[order % len(sinks)]
    share = 0.45 + 0.5 * rng.beta(2.2, 1.6, n)
    passed = tens((mine.cents * share).astype(np.int64))
    lag = (rng.gamma(1.4, 16, n) * 3600).astype(np.int64) + 1800
    by_transfer = way == TO_SINK
    s.mark("pay", "forward")
    when = (mine.moment + lag)[by_transfer]
    s.pay(
        when // DAY_SECONDS,
        world.main[mine.person[by_transfer]],
        sink[by_transfer],
        passed[by_transfer],
        "house",
        empty=0.5,
        moment=when,
    )
    _cash_round(s, group, mine, np.where(way == BY_CASH, passed, 0), sinks)
    s.mark("pay", "own_cash")
    rest = np.maximum(mine.cents - passed, 0) * rng.uniform(0.4, 0.95, n) // 1000 * 1000
    row = (order % 2 == 0) & (rng.random(n) < 0.75)
    day = mine.moment // DAY_SECONDS
    machine = int(world.machines.choose(rng, np.full(1, world.town[worker[0]]))[0])
    together = day * DAY_SECONDS + 62_000 + (day * 37) % 9000 + order * 55 + rng.integers(0, 40, n)
    cents = np.minimum(rest.astype(np.int64), 80_000)
    s.cash(day[row], world.main[mine.person[row]], cents[row], machine=machine, moment=together[row])
    s.cash(day[~row] + rng.integers(0, 6, int((~row).sum())), world.main[mine.person[~row]], cents[~row])
    s.mark("pay", "allowance")
    fed = worker[rng.random(len(worker)) < 0.45]
    for person in fed.tolist():
        week = every(rng, max(int(world.opened[person]), start) + 9, int(world.left[person]), 7)
        s.pay(
            week,
            int(sinks[0]),
            int(world.main[person]),
            rng.integers(3, 7, len(week)) * 500,
            "allowance",
            empty=0.5,
        )
    _houses(s, group, sinks)


def _cash_round(s: Stage, group: Group, mine: Pays, passed: Ints, sinks: Ints) -> None:
    """Books wages drawn in cash on and after payday, and what is paid in by the manager a day later."""
    rng, given = s.rng, np.flatnonzero(passed > 0)
    if not len(given):
        return
    day = mine.moment[given] // DAY_SECONDS + rng.integers(0, 3, len(given))
    s.mark("pay", "hand_back_drawn")
    for part in (0.5, 0.5):
        cents = np.maximum(tens((passed[given] * part).astype(np.int64), 20), 2000)
        s.cash(day, s.world.main[mine.person[given]], cents)
    s.mark("pay", "hand_back_paid_in")
    month, index = np.unique(mine.month[given], return_inverse=True)
    total = np.bincount(index, weights=passed[given]).astype(np.int64)
    last = np.zeros(len(month), dtype=np.int64)
    np.maximum.at(last, index, day)
    for part in range(3):
        cents = tens((total * rng.uniform(0.16, 0.3, len(month))).astype(np.int64), 50)
        s.cash(last + 1 + part, int(sinks[0]), np.minimum(cents, 600_000), paid_in=True)


def _houses(s: Stage, group: Group, sinks: Ints) -> None:
    """Books rents, vans, food, recruiter, and money of the firms that use the workers."""
    rng, (start, end) = s.rng, group.numbers["spell"].tolist()
    sink, firm = int(sinks[0]), int(s.world.main[one(group.roles["firm"])])
    for landlord in group.numbers["landlord"].tolist():
        s.mark("house", "rent")
        s.rent(start, end, sink, landlord, int(round_sums(rng, 480, 900, 1, 50)[0]))
    s.mark("arrival", "recruiter")
    day = np.unique(np.maximum(s.world.opened[group.roles["worker"]], start) // 4 * 4)
    s.pay(day + 3, sink, one(group.numbers["recruiter"]), sums(rng, 300, 1600, len(day), 50), "forward")
    s.mark("arrival", "ticket")
    s.shop(day - 5, sink, "airline", 2.0)
    s.mark("house", "van")
    s.shop(every(rng, start, end, 29, 3), sink, "vans", 1.2)
    s.shop(every(rng, start, end, 6, 2), sink, "fuel", 1.3)
    s.mark("house", "food")
    s.shop(every(rng, start, end, 5, 1), sink, "grocery", float(rng.uniform(1.5, 2.8)))
    s.mark("house", "driver")
    day = every(rng, start, end, 14, 3)
    s.pay(day, sink, one(group.numbers["driver"]), sums(rng, 60, 200, len(day)), "drive")
    s.mark("work", "client_invoice")
    for client in group.numbers["client"].tolist():
        bill = len(group.roles["worker"]) * 90_000
        day = working_after(every(rng, start, end, 30, 4))
        s.pay(
            day,
            client,
            firm,
            (bill * rng.uniform(0.7, 1.1, len(day))).astype(np.int64),
            "invoice",
            clock=office,
        )
    s.mark("work", "to_the_top")
    day = every(rng, start, end, 25, 5)
    away = one(group.numbers["recruiter"])
    s.pay(day, sink, away, sums(rng, 600, 2200, len(day), 50), "remit", empty=0.5)


def cast_hotel(world: World, rng: Rng) -> Group:
    """Casts a hotel or farm whose seasonal workers live in a rented staff house."""
    boss, landlord = world.take(rng, firms(world), 1), world.take(rng, firms(world), 1)
    n = count(rng, 8, 22)
    worker = world.take(rng, alone(world), n)
    work_for(world, one(boss), worker, lowest_pay(rng, n))
    world.job[worker] = SEASONAL
    world.nace[one(boss)], world.nace[one(landlord)] = str(rng.choice(["55.10", "56.10", "01.13"])), "68.20"
    world.licence[one(landlord)] = "accommodation"
    batches = np.sort(rng.integers(40, 130, count(rng, 1, 3)))
    arrive(world, worker, rng.choice(batches, n) + rng.integers(0, 3, n))
    world.housed[worker] = True
    house(world, rng, worker, 1 if n < 14 else 2)
    same(rng, world.phone, worker, int(world.phone[one(boss)]), 0.2)
    return cast_twin(
        "T4",
        {"hotel": boss, "landlord": landlord, "worker": worker},
        (
            "accounts opened in batches",
            "one employer, one address, one payday",
            "equal sums to one payee right after payday",
            "one machine near the house; a telephone of the employer on file",
        ),
        (
            "rent within the legal share of pay, to a landlord with a licence",
            "own shopping, different for each",
            "money to different families; contributions in proportion",
        ),
        family=world.strangers(rng, n, 1.0),
        rent=round_sums(rng, 90, 180, 1),
    )


def play_hotel(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books rent of the staff house, money to families, and cash after payday."""
    s, worker = Stage(world, ledger, rng), group.roles["worker"]
    mine = pays.of(worker)
    n, order = len(mine.person), np.searchsorted(worker, mine.person)
    day = mine.moment // DAY_SECONDS
    s.mark("pay", "rent")
    when = mine.moment + rng.integers(3600, 66 * 3600, n)
    full = mine.cents > 5 * one(group.numbers["rent"])
    s.pay(
        day[full],
        world.main[mine.person[full]],
        int(world.main[one(group.roles["landlord"])]),
        one(group.numbers["rent"]),
        "rent",
        empty=0.1,
        purpose="RENT",
        moment=when[full],
    )
    s.mark("pay", "family")
    send = rng.random(n) < 0.7
    cents = np.minimum(round_sums(rng, 150, 400, n), mine.cents // 2)
    s.pay(
        day[send] + rng.integers(0, 8, int(send.sum())),
        world.main[mine.person[send]],
        group.numbers["family"][order[send]],
        cents[send],
        "remit",
    )
    s.mark("pay", "cash")
    machine = int(world.machines.choose(rng, np.full(1, world.town[worker[0]]))[0])
    near = rng.random(n) < 0.6
    s.cash(
        day[near] + rng.integers(0, 3, int(near.sum())),
        world.main[mine.person[near]],
        round_sums(rng, 40, 300, int(near.sum())),
        machine=machine,
    )
    s.mark("life", "shopping")
    for person in worker.tolist():
        step = count(rng, 4, 9)
        s.shop(
            every(rng, int(world.opened[person]) + 2, int(world.left[person]), step, 2),
            int(world.main[person]),
            str(rng.choice(["grocery", "corner", "fastfood", "clothes"])),
        )


def cast_hostel(world: World, rng: Rng) -> Group:
    """Casts the people of one hostel, student hall or house of many flats, and its landlord."""
    landlord, n = world.take(rng, firms(world), 1), count(rng, 8, 20)
    who = world.take(rng, alone(world), n)
    world.licence[one(landlord)], world.nace[one(landlord)] = "accommodation", "55.90"
    world.housed[who] = True
    world.move_in(who, world.new_address(), int(world.town[one(landlord)]))
    new = rng.random(n) < 0.5
    arrive(world, who[new], count(rng, -60, 60) + rng.integers(0, 9, int(new.sum())))
    student = rng.random(n) < 0.4
    world.job[who[student]], world.income[who[student]] = STUDENT, 60_000
    same(rng, world.phone, who, int(world.phone[one(landlord)]), 0.15)
    return cast_twin(
        "T5",
        {"landlord": landlord, "resident": who},
        (
            "many people at one address, several new",
            "equal monthly sums to one landlord",
            "the telephone of the house on file for some",
        ),
        (
            "no common payee beyond rent",
            "employers, families and shopping differ",
            "the landlord is a firm with a licence and ordinary costs",
        ),
        rent=round_sums(rng, 180, 330, 1),
    )


def play_hostel(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books rents and deposits of the house."""
    s, payee = Stage(world, ledger, rng), int(world.main[one(group.roles["landlord"])])
    rent = one(group.numbers["rent"])
    for person in group.roles["resident"].tolist():
        begin, account = int(world.opened[person]), int(world.main[person])
        s.mark("stay", "rent")
        s.monthly(
            begin,
            int(world.left[person]),
            account,
            payee,
            rent + 1000 * (person % 4),
            "rent",
            day=1 + person % 6,
            purpose="RENT",
        )
        s.mark("stay", "deposit")
        s.pay(np.array([begin + 2]), account, payee, np.array([rent]), "deposit")


def cast_bureau(world: World, rng: Rng) -> Group:
    """Casts a payroll bureau, or a cleaning, care or staffing firm, and the workers it pays."""
    bureau, n = world.take(rng, firms(world), 1), count(rng, 10, 24)
    own_staff = chance(rng, 0.5)
    client = world.take(rng, firms(world), 1 if own_staff else 3)
    worker = world.take(rng, earning(world), n)
    sector, licence = [
        ("69.20", "payroll_bureau"),
        ("81.21", None),
        ("78.20", "employment_agency"),
        ("88.10", None),
    ][0 if not own_staff else count(rng, 1, 3)]
    world.nace[one(bureau)], world.licence[one(bureau)] = sector, licence
    pay = lowest_pay(rng, n)
    if own_staff:
        work_for(world, one(bureau), worker, pay)
    else:
        for k in range(3):
            work_for(world, int(client[k]), worker[k::3], pay[k::3] + 15_000)
        world.wage_payer[client] = one(bureau)
    return cast_twin(
        "T6",
        {"payer": bureau, "client_firm": client, "worker": worker},
        (
            "one account pays many low wages on one day",
            "money of a few firms comes in and goes out as wages",
            "clients pay no wages themselves",
            "vans and fuel for the workers",
        ),
        (
            "social insurance and tax in proportion to the wages",
            "workers keep and spend their wages",
            "rents, phones and food are paid by each worker",
        ),
        outside=world.other_firms(rng, 4),
        own_staff=np.array([int(own_staff)]),
    )


def play_bureau(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books what clients send before payday, and vans of a firm with staff of its own."""
    s, bureau = Stage(world, ledger, rng), int(world.main[one(group.roles["payer"])])
    own = bool(one(group.numbers["own_staff"]))
    if own:
        s.mark("work", "client_invoice")
        for client in [*group.numbers["outside"].tolist(), int(world.main[group.roles["client_firm"][0]])]:
            day = working_after(every(rng, 3, DAYS, 30, 4))
            cents = (len(group.roles["worker"]) * 36_000 * rng.uniform(0.8, 1.2, len(day))).astype(np.int64)
            s.pay(day, client, bureau, cents, "invoice", empty=0.05, clock=office)
        s.mark("work", "van")
        s.shop(every(rng, 0, DAYS, 30, 3), bureau, "vans")
        s.shop(every(rng, 0, DAYS, 5, 2), bureau, "fuel", 1.2)
        return
    s.mark("work", "client_payroll")
    for firm in group.roles["client_firm"].tolist():
        mine = pays.of(np.flatnonzero(world.employer == firm))
        total = np.bincount(mine.month, weights=mine.cents, minlength=MONTH_COUNT)
        first = np.full(MONTH_COUNT, DAYS * DAY_SECONDS)
        np.minimum.at(first, mine.month, mine.moment)
        day = working_before(first // DAY_SECONDS - 1)
        s.pay(
            day,
            int(world.main[firm]),
            bureau,
            (total * 1.36).astype(np.int64),
            "invoice",
            empty=0.05,
            clock=office,
        )


def cast_landlord(world: World, rng: Rng) -> Group:
    """Casts somebody who lets flats or rooms, and tenants who follow one another."""
    owner, n = take_busy(world, rng, 1), count(rng, 5, 11)
    tenant = world.take(rng, alone(world) & np.isin(world.job, [0, 1, STUDENT, BENEFIT]), n)
    world.housed[tenant] = True
    rooms = chance(rng, 0.5)
    if rooms:
        world.move_in(tenant, world.new_address(), int(world.town[one(owner)]))
    begin = np.where(rng.random(n) < 0.5, -30, rng.integers(0, 180, n))
    begin = np.maximum(begin, world.opened[tenant] + 2)
    return cast_twin(
        "T12",
        {"landlord": owner, "tenant": tenant},
        (
            "a star of monthly sums to one private person",
            "payers follow one another, some share the address",
            "a large part of small incomes leaves soon after payday",
        ),
        (
            "each sum is one rent, the same every month",
            "deposits come first and go back at the end",
            "repairs, council tax and loan of the house are paid from it",
        ),
        begin=begin,
        end=np.minimum(begin + rng.integers(75, 320, n), DAYS),
        rent=round_sums(rng, 190 if rooms else 350, 320 if rooms else 700, n),
        builder=world.other_firms(rng, 2),
    )


def play_landlord(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books deposits, rents, deposits back, and the costs of the house."""
    s, owner = Stage(world, ledger, rng), int(world.main[one(group.roles["landlord"])])
    for k, person in enumerate(group.roles["tenant"].tolist()):
        begin, end, rent = (int(group.numbers[key][k]) for key in ("begin", "end", "rent"))
        account = int(world.main[person])
        s.mark("let", "deposit")
        s.pay(np.array([begin]), account, owner, np.array([rent]), "deposit")
        s.mark("let", "rent")
        s.rent(begin, end, account, owner, rent)
        s.mark("let", "deposit_back")
        if end < DAYS:
            s.pay(np.array([end + 3]), owner, account, np.array([rent - 1000 * (k % 5)]), "deposit")
    s.mark("let", "costs")
    day = working_after(every(rng, 0, DAYS, 35, 9))
    s.pay(
        day,
        owner,
        rng.choice(group.numbers["builder"], len(day)),
        sums(rng, 80, 900, len(day)),
        "invoice",
        clock=office,
    )
    s.monthly(
        0, DAYS, owner, int(world.other_firms(rng, 1)[0]), int(round_sums(rng, 400, 900, 1)[0]), "loan", day=8
    )
