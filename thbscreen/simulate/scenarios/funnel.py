"""P4: cash comes in where the holder has no life. P7: small sums of people sent to beg. T16 and T7 beside."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import DAY_SECONDS, DAYS, MONTH_COUNT, MONTH_STARTS, Rng, working_after
from thbscreen.simulate.groups import Group, one
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.places import DISTRICT_SEATS, round_sums
from thbscreen.simulate.scenarios.kit import (
    Stage,
    alone,
    arrive,
    bundled,
    busy,
    cast_twin,
    chance,
    count,
    earning,
    every,
    grown,
    house,
    office,
    out_of_work,
    pair,
    same,
    spell,
    spread,
    subdue,
    sums,
    take_busy,
    tens,
)
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import SELF_EMPLOYED, World


def cast_funnel(world: World, rng: Rng) -> Group:
    """Casts accounts that others pay cash into in several districts, and who empties them."""
    start, end = spell(rng, 80, 220)
    n = count(rng, 2, 4)
    funnel, sink = world.take(rng, alone(world), n), take_busy(world, rng, 1)
    subdue(world, rng, funnel, 0.55)
    fresh = rng.random(n) < 0.5
    arrive(world, funnel[fresh], start - rng.integers(2, 40, int(fresh.sum())))
    same(rng, world.phone, funnel, int(world.phone[one(sink)]), 0.35)
    same(rng, world.device, funnel, int(world.device[one(sink)]), 0.35)
    depositor = world.take(rng, alone(world), count(rng, 1, 3))
    seats = rng.permutation(DISTRICT_SEATS)[: count(rng, 3, 4)]
    return Group(
        "",
        "positive",
        "P4",
        "alert",
        {"funnel": funnel, "sink": sink, "depositor": depositor},
        {
            "funnel": ("possible_victim", "possible_victim"),
            "sink": ("controller", "possible_controller"),
            "depositor": ("possible_victim", "possible_victim"),
        },
        core=("funnel", "sink"),
        shared_traits=(
            "small cash deposits in several towns",
            "sums far below any threshold",
            "cash taken out elsewhere",
        ),
        differs_in=(
            "different people pay in, in three districts where the holder has no life",
            "nearly all is gone in a day or two, at one machine or to one payee",
        ),
        numbers={
            "spell": pair(start, end),
            "seats": seats,
            "others": world.strangers(rng, count(rng, 3, 6), 0.0),
            "exit": world.machines.choose(rng, world.town[sink]),
            "abroad": world.strangers(rng, 1, 1.0),
        },
    )


def play_funnel(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books deposits of several people and the way out."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    funnels, sink = s.account(group.roles["funnel"]), int(world.main[one(group.roles["sink"])])
    people = np.concatenate([group.roles["depositor"], group.numbers["others"]])
    seat = rng.choice(group.numbers["seats"], len(people))
    account, when, money = [], [], []
    for k, person in enumerate(people.tolist()):
        n = rng.poisson(max(end - start, 7) / 7 * rng.uniform(0.8, 2.6))
        day = spread(rng, start, end, n, 1.0)
        cents = sums(rng, 60, 480, n, 10)
        mine = np.full(n, int(funnels[k % len(funnels)]))
        desk = rng.random(n) < 0.45
        s.mark("in", "cash_at_counter")
        s.counter(day[desk], mine[desk], int(seat[k]), cents[desk], person)
        s.mark("in", "cash_at_machine")
        s.cash(day[~desk], mine[~desk], tens(cents[~desk]), paid_in=True, town=int(seat[k]))
        account.append(mine)
        when.append(np.where(day >= 0, day * DAY_SECONDS + 15 * 3600, -1))
        money.append(cents)
    out, end_of, total = bundled(np.concatenate(account), np.concatenate(when), np.concatenate(money))
    rate = rng.uniform(0.72, 1.0, len(out))
    by_cash = rng.random(len(out)) < 0.6
    cents = tens((total * rate).astype(np.int64), 10)
    moment = end_of + rng.integers(0, 30 * 3600, len(out))
    s.mark("out", "cash_out")
    s.cash(
        (moment // DAY_SECONDS)[by_cash],
        out[by_cash],
        np.maximum(cents[by_cash] // 2000 * 2000, 2000),
        machine=one(group.numbers["exit"]),
        moment=moment[by_cash],
    )
    s.mark("out", "onward")
    rest = ~by_cash
    s.pay(
        (moment // DAY_SECONDS)[rest], out[rest], sink, cents[rest], "forward", empty=0.6, moment=moment[rest]
    )
    s.mark("out", "sent_away")
    day = every(rng, start + 10, end, 18, 4)
    s.pay(day, sink, one(group.numbers["abroad"]), sums(rng, 300, 1200, len(day), 50), "remit", empty=0.5)


def cast_begging(world: World, rng: Rng) -> Group:
    """Casts people sent to beg and sell trifles, and who takes the takings and pays fines and coaches."""
    start, end = spell(rng, 80, 240)
    collector, helper = take_busy(world, rng, 1), world.take(rng, busy(world), int(chance(rng, 0.5)))
    n = count(rng, 2, 6)
    person = world.take(rng, alone(world), n)
    subdue(world, rng, person, 0.4)
    out_of_work(world, person)
    fresh = rng.random(n) < 0.7
    arrive(world, person[fresh], start - rng.integers(0, 15, int(fresh.sum())))
    house(world, rng, person, 1)
    same(rng, world.phone, person, int(world.phone[one(collector)]), 0.5)
    if chance(rng, 0.5):
        world.job[collector] = SELF_EMPLOYED
    return Group(
        "",
        "positive",
        "P7",
        "alert",
        {"collector": collector, "helper": helper, "person": person},
        {
            "collector": ("controller", "possible_controller"),
            "helper": ("facilitator", "possible_facilitator"),
            "person": ("possible_victim", "possible_victim"),
        },
        core=("collector", "person"),
        shared_traits=(
            "many small deposits of coins and notes",
            "several towns",
            "looks like a street trade",
        ),
        differs_in=(
            "deposits of several people end in one private account",
            "one payer settles fines, coaches and tickets of all",
            "no supplier, contribution or tax is paid",
        ),
        numbers={
            "spell": pair(start, end),
            "others": world.strangers(rng, count(rng, 1, 4)),
            "police": world.outside([("ΑΣΤΥΝΟΜΙΑ ΚΥΠΡΟΥ ΕΞΩΔΙΚΑ", "Police fines")], ["CY"]),
            "court": world.outside([("ΕΠΑΡΧΙΑΚΟ ΔΙΚΑΣΤΗΡΙΟ", "District Court")], ["CY"]),
            "family": world.strangers(rng, 2, 1.0),
            "landlord": world.strangers(rng, 1),
        },
    )


def play_begging(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books daily takings, their way to one account, fines, transport and money sent to one place."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    collector = int(world.main[one(group.roles["collector"])])
    for mine in s.account(group.roles["person"]).tolist():
        n = rng.poisson((end - start) * rng.uniform(0.25, 0.7))
        day = np.sort(spread(rng, start, end, n, 1.3))
        cents = (
            (rng.gamma(3.0, 13, n) * 100).astype(np.int64) // 100 * 100 + rng.choice([0, 0, 50, 20], n) + 500
        )
        town = DISTRICT_SEATS[(np.maximum(day, 0) // 5 + mine) % len(DISTRICT_SEATS)]
        s.mark("work", "takings")
        s.cash(day, mine, cents, paid_in=True, town=town)
        _, when, total = bundled(
            np.full(n, mine), np.where(day >= 0, day * DAY_SECONDS + 80_000, -1), cents, 7 * DAY_SECONDS
        )
        s.mark("work", "forward")
        passed = tens((total * rng.uniform(0.7, 0.97, len(total))).astype(np.int64), 5)
        s.pay(
            when // DAY_SECONDS + rng.integers(0, 2, len(when)), mine, collector, passed, "forward", empty=0.6
        )
    s.mark("work", "takings_at_counter")
    for other in group.numbers["others"].tolist():
        n = rng.poisson((end - start) / 7 * 1.6)
        cents = (rng.gamma(3.0, 22, n) * 100).astype(np.int64) // 50 * 50 + 1000
        s.counter(spread(rng, start, end, n, 1.0), collector, int(rng.choice(DISTRICT_SEATS)), cents, other)
    _begging_costs(s, group, collector, start, end)


def _begging_costs(s: Stage, group: Group, collector: int, start: int, end: int) -> None:
    """Books fines, transport, the flat, help and money sent to one place."""
    rng = s.rng
    s.mark("costs", "fine")
    day = working_after(every(rng, start + 5, end, count(rng, 9, 24), 4))
    body = np.where(rng.random(len(day)) < 0.75, one(group.numbers["police"]), one(group.numbers["court"]))
    s.pay(
        day,
        collector,
        body,
        rng.choice([5000, 8500, 10_000, 15_000, 30_000], len(day)),
        "fine",
        empty=0.1,
        clock=office,
    )
    s.mark("costs", "transport")
    s.shop(np.array([start - 3, end - 4]), collector, "airline", 2.4)
    s.shop(every(rng, start, end, 11, 3), collector, "travel", 0.5)
    s.shop(every(rng, start, end, 5, 2), collector, "fuel", 1.2, town=int(rng.choice(DISTRICT_SEATS)))
    s.mark("costs", "rent")
    s.rent(start, end, collector, one(group.numbers["landlord"]), int(round_sums(rng, 350, 600, 1)[0]))
    s.mark("costs", "allowance")
    for mine in s.account(group.roles["person"]).tolist():
        if rng.random() < 0.5:
            week = every(rng, start, end, 7, 2)
            s.pay(week, collector, mine, round_sums(rng, 10, 30, len(week), 5), "allowance", empty=0.5)
    s.mark("costs", "sent_away")
    givers = [
        collector,
        *s.account(group.roles["helper"]).tolist(),
        *s.account(group.roles["person"][:2]).tolist(),
    ]
    for giver in givers:
        day = every(rng, start + 12, end, 30, 6)
        cents = sums(rng, 60, 500 if giver == collector else 120, len(day), 10)
        s.pay(day, giver, int(group.numbers["family"][giver % 2]), cents, "remit", empty=0.4)


def cast_trader(world: World, rng: Rng) -> Group:
    """Casts a market trader, kiosk, taxi driver or car wash that pays in takings."""
    who = world.take(rng, grown(world) & (world.opened < -100), 1)
    world.job[who], world.employer[who], world.left[who] = SELF_EMPLOYED, -1, DAYS
    world.card_rate[who] = np.maximum(world.card_rate[who], rng.uniform(2, 7, 1))
    helper = world.take(rng, earning(world), count(rng, 0, 2))
    world.licence[one(who)] = [None, "street_trade", "taxi"][count(rng, 0, 2)]
    return cast_twin(
        "T16",
        {"trader": who, "helper": helper},
        (
            "many cash deposits of tens to hundreds of euros",
            "coins and odd sums, sums below every threshold",
            "helpers pay in for the trader; markets in other towns in season",
        ),
        (
            "one or two places all the year",
            "suppliers, contributions and tax are paid",
            "money stays and is spent by the trader",
        ),
        supplier=world.other_firms(rng, 4),
        second=np.array([int(rng.choice(DISTRICT_SEATS))]),
    )


def play_trader(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books takings, suppliers, duties and a car."""
    s, person = Stage(world, ledger, rng), one(group.roles["trader"])
    account, home = int(world.main[person]), int(world.town[person])
    n = count(rng, 60, 170)
    day = spread(rng, 0, DAYS, n, 1.2)
    odd = chance(rng, 0.5)
    cents = (rng.gamma(2.2, 60 if odd else 160, n) * 100).astype(np.int64) // 50 * 50 + 1000
    season = (np.maximum(day, 0) > 130) & (rng.random(n) < 0.25)
    helped = (rng.random(n) < 0.3) & (len(group.roles["helper"]) > 0)
    town = np.where(season, one(group.numbers["second"]), home)
    s.mark("trade", "takings")
    s.cash(day[~helped], account, cents[~helped], paid_in=True, town=town[~helped])
    if helped.any():
        s.counter(
            day[helped],
            account,
            town[helped],
            cents[helped],
            rng.choice(group.roles["helper"], int(helped.sum())),
        )
    s.mark("trade", "supplier")
    day = working_after(every(rng, 0, DAYS, 8, 2))
    s.pay(
        day,
        account,
        rng.choice(group.numbers["supplier"], len(day)),
        (rng.lognormal(5.7, 0.5, len(day)) * 100).astype(np.int64),
        "invoice",
        empty=0.1,
        clock=office,
    )
    s.mark("trade", "duties")
    s.trade_duties(0, DAYS, account, 125_000)
    s.mark("trade", "costs")
    s.shop(every(rng, 0, DAYS, 6, 2), account, "fuel", 1.1)
    for helper in s.account(group.roles["helper"]).tolist():
        s.monthly(0, DAYS, account, helper, int(round_sums(rng, 200, 500, 1, 50)[0]), "wages_home", day=27)
    fine = spread(rng, 0, DAYS, 2, 1.0)
    s.pay(working_after(fine), account, int(world.halls[home % len(world.halls)]), 8500, "fine", clock=office)


def cast_circle(world: World, rng: Rng) -> Group:
    """Casts a savings circle."""
    who = world.take(rng, earning(world), count(rng, 6, 12))
    return cast_twin(
        "T7",
        {"member": who},
        (
            "equal sums from several people to one account in a week",
            "the receiver changes month by month",
            "who receives passes on or draws most of it soon",
        ),
        (
            "each receives once, a closed set of people",
            "what is paid in equals what is paid out",
            "members keep most of their pay and live from it",
        ),
        each=rng.choice(np.array([100, 150, 200, 250, 300]), 1),
        turn=rng.permutation(len(who)).astype(np.int64),
    )


def play_circle(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the turns, and what each does with the sum."""
    s, members = Stage(world, ledger, rng), world.main[group.roles["member"]]
    each = one(group.numbers["each"]) * 100
    for month in range(min(MONTH_COUNT, len(members))):
        taker = int(members[group.numbers["turn"][month]])
        givers = members[members != taker]
        day = MONTH_STARTS[month] + 1 + rng.integers(0, 6, len(givers))
        s.mark("turn", "give")
        s.pay(day, givers, taker, each, "circle", empty=0.2)
        s.mark("turn", "use")
        spent = int(MONTH_STARTS[month]) + 9
        if chance(rng, 0.5):
            s.cash(np.array([spent, spent + 1]), taker, round_sums(rng, 200, 600, 2, 20))
        else:
            s.shop(np.array([spent, spent + 2]), taker, "electronics", 2.5)
