"""The three networks to be found. Persons are taken from the population before anything happens."""

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
)
from thbscreen.simulate.groups import Group, employees, firms, one, singles, some_town, staff_of, take_settled
from thbscreen.simulate.ledger import Ledger, days_between
from thbscreen.simulate.places import DISTRICT_SEATS, TRADE_INDEX, round_sums
from thbscreen.simulate.society import wedding_fees
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import World

_CASES = 9
_VISIT_SUMS: Ints = np.array([50, 60, 80, 100, 100, 120, 150, 150, 200, 250, 300], dtype=np.int64) * 100


def _controlled(world: World, who: Ints, cards: float) -> None:
    """Takes the own life of accounts that another hand runs, down to few card rows."""
    world.quiet[who], world.housed[who] = True, True
    world.card_rate[who], world.cash_rate[who] = cards, 0.0
    world.left[who], world.employer[who], world.unpaid[who] = DAYS, -1, True


def visit_sums(rng: Rng, n: int) -> Ints:
    """Draws sums of evening visits in cents."""
    return rng.choice(_VISIT_SUMS, n)


def cast_ring(world: World, rng: Rng) -> Group:
    """Casts the organiser of marriages of convenience, a helper, clients and recruited spouses."""
    organiser, helper = take_settled(world, rng), take_settled(world, rng)
    client = world.take(rng, employees(world), 6)
    spouse = world.take(rng, singles(world), _CASES)
    fee_day = working_after(30 + np.arange(_CASES) * 24 + rng.integers(-4, 5, _CASES))
    _controlled(world, spouse, 3.0)
    world.opened[spouse] = fee_day - rng.integers(2, 12, _CASES)
    world.left[spouse] = np.minimum(fee_day + rng.integers(30, 80, _CASES), DAYS)
    world.phone[spouse[[2, 4, 6]]] = world.phone[helper]
    world.move_in(spouse[[0, 1, 3, 4]], world.new_address(), int(world.town[one(helper)]))
    return Group(
        "G1",
        "positive",
        "sham_marriage_ring",
        "alert",
        {"organiser": organiser, "helper": helper, "client": client, "spouse": spouse},
        {
            "organiser": ("controller", "possible_organiser"),
            "helper": ("facilitator", "possible_facilitator"),
            "client": ("client", "client"),
            "spouse": ("possible_victim", "possible_victim"),
        },
        core=("organiser", "helper", "spouse"),
        shared_traits=("fees at town halls", "air tickets", "sums of 500 to 1,500 euros to new accounts"),
        differs_in=(
            "many unrelated new accounts are paid by one private person",
            "most of the clients' money is kept",
        ),
        numbers={
            "fee_day": fee_day,
            "client_abroad": world.strangers(rng, 3, 1.0),
            "recruiter": world.strangers(rng, 1, 1.0),
            "landlord": world.strangers(rng, 1),
        },
    )


def play_ring(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the cases: client's money, ticket, fee, pay-out, cash; a fifth of the legs is missing."""
    organiser, helper = (int(world.main[one(group.roles[r])]) for r in ("organiser", "helper"))
    spouse, fee_day = world.main[group.roles["spouse"]], group.numbers["fee_day"]
    by_helper = np.isin(np.arange(_CASES), [3, 5, 7])
    payer = np.where(by_helper, helper, organiser)
    loose = rng.permutation(np.array([3, 5, 7, 8]))
    fees, tickets, rewards = (~np.isin(np.arange(_CASES), loose[k]) for k in ([0], [1, 2], [2, 3]))
    hall = np.where(rng.random(_CASES) < 0.75, one(world.halls), rng.choice(world.halls, _CASES))
    ledger.pay(
        at(fee_day, office(rng, _CASES))[fees],
        payer[fees],
        hall[fees],
        wedding_fees(rng, _CASES)[fees],
        text=texts.draw(rng, int(fees.sum()), "wedding_fee", empty=0.3),
    )
    trade = np.where(rng.random(_CASES) < 0.8, TRADE_INDEX["airline"], TRADE_INDEX["travel"])
    before = at(fee_day - rng.integers(4, 11, _CASES), daytime(rng, _CASES))
    town = world.town[world.holder[payer]]
    ledger.shop(
        rng, before[tickets], payer[tickets], trade[tickets], town[tickets], np.ones(int(tickets.sum()))
    )
    ledger.shop(
        rng,
        at(fee_day[:2] + rng.integers(168, 200, 2), daytime(rng, 2)),
        payer[:2],
        trade[:2],
        town[:2],
        np.ones(2),
    )
    paid_day = fee_day + rng.integers(1, 7, _CASES)
    reward = round_sums(rng, 500, 1500, _CASES, 50)
    paid = at(paid_day, daytime(rng, _CASES))
    ledger.pay(
        paid[rewards],
        organiser,
        spouse[rewards],
        reward[rewards],
        text=texts.draw(rng, int(rewards.sum()), "gift", empty=0.3),
    )
    for share, lag in ((0.45, 1), (0.42, 2)):
        machine = world.machines.choose(rng, world.town[group.roles["spouse"]])
        money = np.minimum((reward * share // 1000 * 1000).astype(np.int64), 70_000)
        ledger.cash(
            at(paid_day + lag, daytime(rng, _CASES))[rewards],
            spouse[rewards],
            machine[rewards],
            money[rewards],
        )
    _ring_clients(world, ledger, rng, group, organiser)
    _ring_helper(world, ledger, rng, group, organiser, helper)


def _ring_clients(world: World, ledger: Ledger, rng: Rng, group: Group, organiser: int) -> None:
    """Books one to three instalments per client; one client pays in cash, which the organiser pays in."""
    clients = rng.permutation(
        np.concatenate([world.main[group.roles["client"]], group.numbers["client_abroad"]])
    )
    total = round_sums(rng, 5000, 10_000, _CASES, 100)
    parts = rng.permutation(np.array([1, 1, 1, 1, 2, 2, 2, 3, 3]))
    case = np.repeat(np.arange(_CASES), parts)
    number = np.arange(len(case)) - np.searchsorted(case, case, side="left")
    cents = (total / parts // 1000 * 1000).astype(np.int64)[case]
    day = working_after(group.numbers["fee_day"][case] - 15 + number * 6 + rng.integers(-2, 3, len(case)))
    in_cash = case == int(rng.integers(3, _CASES))
    label = texts.draw(rng, len(case), "agreed", empty=0.3)
    moment = at(day, daytime(rng, len(case)))
    keep = ~in_cash
    ledger.pay(moment[keep], clients[case][keep], organiser, cents[keep], text=label[keep])
    machine = world.machines.choose(rng, world.town[world.holder[np.full(int(in_cash.sum()), organiser)]])
    ledger.cash(moment[in_cash], organiser, machine, cents[in_cash] // 2000 * 1000, True)


def _ring_helper(world: World, ledger: Ledger, rng: Rng, group: Group, organiser: int, helper: int) -> None:
    fee_day = group.numbers["fee_day"]
    some = np.sort(rng.choice(_CASES, 7, replace=False))
    ledger.pay(
        at(fee_day[some] - rng.integers(1, 5, 7), daytime(rng, 7)),
        helper,
        one(group.numbers["recruiter"]),
        round_sums(rng, 220, 320, 7),
        text=texts.draw(rng, 7, "forward", empty=0.4),
    )
    month = np.arange(1, 8)
    ledger.pay(
        at(MONTH_STARTS[month] + rng.integers(3, 25, 7), daytime(rng, 7)),
        organiser,
        helper,
        round_sums(rng, 500, 1100, 7, 50),
        text=texts.draw(rng, 7, "forward", empty=0.5),
    )
    ledger.pay(
        at(working_after(MONTH_STARTS[month] + 3), office(rng, 7)),
        helper,
        one(group.numbers["landlord"]),
        42_000,
        text=texts.draw(rng, 7, "rent", month=month.astype(np.int64)),
        purpose="RENT",
    )
    own = world.strangers(rng, 1)
    ledger.pay(
        at(np.array([70, 130, 190, 235]), office(rng, 4)),
        organiser,
        one(own),
        round_sums(rng, 3000, 6000, 4, 500),
        text=texts.draw(rng, 4, "own"),
    )


def cast_cell(world: World, rng: Rng) -> Group:
    """Casts five accounts that take evening payments, the account that collects, and the one behind it."""
    women, collector = world.take(rng, singles(world), 5), take_settled(world, rng)
    controller = take_settled(world, rng)
    start = 62 + np.arange(5) * 21 + rng.integers(0, 8, 5)
    _controlled(world, women, 2.4)
    world.opened[women] = start - np.array([9, 28, 12, 31, 10]) - rng.integers(0, 3, 5)
    world.phone[women[[0, 2]]] = world.phone[collector]
    world.device[women[[1, 2, 3]]] = world.device[collector]
    world.move_in(women[:3], world.new_address(), int(world.town[one(collector)]))
    world.move_in(women[3:], world.new_address(), 7)
    buyers = np.concatenate(
        [
            rng.choice(world.main[np.flatnonzero(employees(world))], 70, replace=False),
            world.strangers(rng, 80, 0.1),
        ]
    )
    return Group(
        "G2",
        "positive",
        "sexual_exploitation_cell",
        "alert",
        {"account": women, "collector": collector, "controller": controller},
        {
            "account": ("possible_victim", "possible_victim"),
            "collector": ("facilitator", "possible_facilitator"),
            "controller": ("controller", "possible_controller"),
        },
        core=("account", "collector"),
        shared_traits=(
            "small evening payments from many people",
            "adverts",
            "hotel nights",
            "words in texts",
        ),
        differs_in=(
            "nearly all is forwarded within two days to one account",
            "several rents, paid by somebody else",
        ),
        numbers={
            "start": start,
            "buyers": buyers,
            "landlord": world.strangers(rng, 3),
            "abroad": world.strangers(rng, 1, 1.0),
        },
    )


def play_cell(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books visits, the way of the money through the collector, adverts, rents and stays in several towns."""
    women = world.main[group.roles["account"]]
    collector, controller = (int(world.main[one(group.roles[r])]) for r in ("collector", "controller"))
    start, buyers = group.numbers["start"], group.numbers["buyers"]
    end = np.minimum(start + rng.integers(76, 96, 5), DAYS - 4)
    which = np.repeat(np.arange(6), [*rng.integers(38, 47, 5), 54])
    low, high = np.append(start, 80)[which], np.append(end, 200)[which]
    moment = at(days_between(rng, low, high), late(rng, len(which)))
    cents = visit_sums(rng, len(which))
    payee = np.append(women, collector)[which]
    label = np.where(which == 5, texts.visit(rng, len(which), 0.66), texts.visit(rng, len(which), 0.45))
    ledger.pay(moment, rng.choice(buyers, len(which)), payee, cents, text=label)
    sender, when, taken = _bundled(payee[which < 5], moment[which < 5], cents[which < 5], DAY_SECONDS)
    passed = (taken * rng.uniform(0.7, 0.95, len(taken)) // 500 * 500).astype(np.int64)
    sent = when + 36_000 + rng.integers(0, 20_000, len(when))
    ledger.pay(
        sent,
        sender,
        collector,
        passed,
        text=texts.draw(rng, len(sent), "forward", empty=0.55),
    )
    direct = which == 5
    inflow = np.concatenate([sent, moment[direct]]), np.concatenate([passed, cents[direct]])
    _, when, total = _bundled(np.full(len(inflow[0]), collector), inflow[0], inflow[1], 2 * DAY_SECONDS)
    onward = (total * rng.uniform(0.66, 0.82, len(total)) // 1000 * 1000).astype(np.int64)
    ledger.pay(
        when + rng.integers(1, 6, len(when)) * 3600,
        collector,
        controller,
        onward,
        text=texts.draw(rng, len(when), "forward", empty=0.6),
    )
    _cell_costs(world, ledger, rng, group, collector, controller)
    _cell_stays(world, ledger, rng, np.array([collector, women[3], women[0]]), (start, end), women)
    for k in (1, 2, 3):
        week = np.arange(int(start[k]) + 6, int(end[k]), 7)
        ledger.pay(
            at(week, daytime(rng, len(week))),
            collector,
            int(women[k]),
            round_sums(rng, 20, 50, len(week)),
            text=texts.draw(rng, len(week), "allowance", empty=0.4),
        )


def _bundled(account: Ints, moment: Ints, cents: Ints, step: int) -> tuple[Ints, Ints, Ints]:
    """Adds up money per account and stretch of time from noon to noon: account, end of stretch, sum."""
    stretch = (moment - DAY_SECONDS // 2) // step
    key, index = np.unique(account * 100_000 + stretch, return_inverse=True)
    total = np.bincount(index, weights=cents).astype(np.int64)
    return key // 100_000, (key % 100_000 + 1) * step + DAY_SECONDS // 2 - 10_000, total


def _cell_costs(
    world: World, ledger: Ledger, rng: Rng, group: Group, collector: int, controller: int
) -> None:
    for account, count in ((collector, 44), (controller, 18)):
        trade = np.where(rng.random(count) < 0.6, TRADE_INDEX["adverts"], TRADE_INDEX["dating"])
        day = days_between(rng, np.full(count, 60), np.full(count, 250), 1.0)
        ledger.shop(
            rng,
            at(day, late(rng, count)),
            account,
            trade,
            np.zeros(count, dtype=np.int64),
            np.full(count, 1.3),
        )
    month = np.repeat(np.arange(2, MONTH_COUNT), 3)
    landlord = np.tile(group.numbers["landlord"], MONTH_COUNT - 2)
    day = working_after(
        MONTH_STARTS[month] + np.tile([1, 3, 5], MONTH_COUNT - 2) + rng.integers(0, 3, len(month))
    )
    cents = np.tile(round_sums(rng, 420, 700, 3), MONTH_COUNT - 2)
    ledger.pay(
        at(day, office(rng, len(day))),
        controller,
        landlord,
        cents,
        text=texts.draw(rng, len(day), "rent", month=month.astype(np.int64), empty=0.2),
        purpose="RENT",
    )
    sent = np.arange(3, MONTH_COUNT)
    ledger.pay(
        at(MONTH_STARTS[sent] + rng.integers(4, 24, len(sent)), daytime(rng, len(sent))),
        controller,
        one(group.numbers["abroad"]),
        round_sums(rng, 600, 1200, len(sent), 50),
        text=texts.draw(rng, len(sent), "remit", empty=0.4),
    )


def _cell_stays(
    world: World, ledger: Ledger, rng: Rng, payer: Ints, time: tuple[Ints, Ints], women: Ints
) -> None:
    """Books hotel nights that change town every week, with cash used and paid in where they were."""
    start, end = time
    for account, guest, k in ((int(payer[0]), int(women[0]), 0), (int(payer[1]), int(payer[1]), 3)):
        day = np.arange(int(start[k]) + 3, int(end[k]) - 3, 8) + rng.integers(
            0, 3, len(range(int(start[k]) + 3, int(end[k]) - 3, 8))
        )
        n = len(day)
        town = DISTRICT_SEATS[(np.arange(n) + int(rng.integers(5))) % 5]
        hotel = np.full(n, TRADE_INDEX["hotel"])
        ledger.shop(rng, at(day, daytime(rng, n)), account, hotel, town, np.full(n, 1.2))
        ledger.cash(
            at(day, late(rng, n) + 3600), guest, world.machines.choose(rng, town), round_sums(rng, 20, 60, n)
        )
        some = rng.random(n) < 0.55
        ledger.cash(
            at(day + 1, daytime(rng, n))[some],
            account,
            world.machines.choose(rng, town[some]),
            round_sums(rng, 100, 450, int(some.sum()), 50),
            True,
        )


def cast_gang(world: World, rng: Rng) -> Group:
    """Casts a small staffing firm, sixteen workers in one house, and the manager of the house."""
    firm, sink = world.take(rng, firms(world), 1), take_settled(world, rng)
    worker = world.take(rng, singles(world), 16)
    _controlled(world, worker, 0.12)
    staff_of(world, one(firm), np.append(worker, sink))
    world.nace[one(firm)], world.staff[one(firm)] = "78.20", 6
    world.opened[firm] = -310 + rng.integers(0, 60, 1)
    world.social_share[firm], world.deduct_share[firm] = 0.11, 0.4
    world.income[worker] = round_sums(rng, 900, 1060, 16)
    world.opened[worker] = np.repeat([11, 53, 150], [7, 6, 3]) + rng.integers(0, 3, 16)
    world.left[worker[:3]] = 150
    world.move_in(worker, world.new_address(), some_town(rng))
    world.phone[worker[rng.permutation(16)[:9]]] = world.phone[sink]
    world.device[worker[rng.permutation(16)[:6]]] = world.device[sink]
    return Group(
        "G3",
        "positive",
        "labour_gang_master",
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
            "more than half of each wage goes to one private person",
            "almost no own spending",
            "no social insurance in proportion",
        ),
        numbers={
            "landlord": world.strangers(rng, 2),
            "abroad": world.strangers(rng, 1, 1.0),
            "trader": world.strangers(rng, 1),
        },
    )


def play_gang(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books what happens to the wages: most goes to the manager, the rest is drawn at one machine."""
    worker = group.roles["worker"]
    sink = int(world.main[one(group.roles["sink"])])
    mine = pays.of(worker)
    n = len(mine.person)
    share = 0.55 + 0.36 * rng.beta(2.6, 1.6, n)
    passed = (mine.cents * share // 1000 * 1000).astype(np.int64)
    lag = np.where(
        rng.random(n) < 0.8, rng.integers(3600, 40 * 3600, n), rng.integers(40 * 3600, 71 * 3600, n)
    )
    ledger.pay(
        mine.moment + lag,
        world.main[mine.person],
        sink,
        passed,
        text=texts.draw(rng, n, "house", month=mine.month, empty=0.5),
    )
    order = np.searchsorted(worker, mine.person)
    in_row = (order % 2 == 0) & (rng.random(n) < 0.92)
    machine = world.machines.choose(rng, np.full(1, world.town[worker[0]]))
    rest = ((mine.cents - passed) * rng.uniform(0.7, 0.95, n) // 1000 * 1000).astype(np.int64)
    day = mine.moment // DAY_SECONDS
    together = at(day, 63_000 + (day * 37) % 5400 + order * 50 + rng.integers(0, 25, n))
    alone = at(day + rng.integers(0, 4, n), daytime(rng, n))
    other = world.machines.choose(rng, np.full(n, world.town[worker[0]]))
    ledger.cash(
        np.where(in_row, together, alone),
        world.main[mine.person],
        np.where(in_row, one(machine), other),
        rest,
    )
    fed = worker[[3, 4, 5, 6, 8, 9, 11, 13]]
    week = np.arange(24, DAYS, 7)
    person, day = np.repeat(fed, len(week)), np.tile(week, len(fed))
    given = (day > world.opened[person] + 10) & (rng.random(len(person)) < 0.9)
    ledger.pay(
        at(day, daytime(rng, len(day)))[given],
        sink,
        world.main[person[given]],
        rng.integers(10, 17, int(given.sum())) * 100,
        text=texts.draw(rng, int(given.sum()), "allowance", empty=0.5),
    )
    _house_costs(world, ledger, rng, group, sink)


def _house_costs(world: World, ledger: Ledger, rng: Rng, group: Group, sink: int) -> None:
    month = np.repeat(np.arange(MONTH_COUNT), 2)
    day = working_after(MONTH_STARTS[month] + 4 + np.tile([0, 2], MONTH_COUNT))
    ledger.pay(
        at(day, office(rng, len(day))),
        sink,
        np.tile(group.numbers["landlord"], MONTH_COUNT),
        np.tile(round_sums(rng, 600, 850, 2, 50), MONTH_COUNT),
        text=texts.draw(rng, len(day), "rent", month=month.astype(np.int64)),
        purpose="RENT",
    )
    sent = np.arange(1, MONTH_COUNT)
    for key, low, high in (("abroad", 700, 1300), ("trader", 2500, 3800)):
        ledger.pay(
            at(MONTH_STARTS[sent] + rng.integers(5, 22, len(sent)), daytime(rng, len(sent))),
            sink,
            one(group.numbers[key]),
            round_sums(rng, low, high, len(sent), 50),
            text=texts.draw(rng, len(sent), "forward", empty=0.5),
        )
    for trade, every, factor in (("vans", 30, 1.3), ("fuel", 6, 1.2), ("grocery", 5, 2.6)):
        day = np.arange(13, DAYS, every) + rng.integers(0, 3, len(range(13, DAYS, every)))
        n = len(day)
        town = np.full(n, world.town[world.holder[sink]])
        ledger.shop(
            rng, at(day, daytime(rng, n)), sink, np.full(n, TRADE_INDEX[trade]), town, np.full(n, factor)
        )
