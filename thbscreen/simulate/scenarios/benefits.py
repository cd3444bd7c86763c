"""P8: benefits in people's names that others draw. T15 (shelter, charity) and T21 (family firm) beside it."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import DAY_SECONDS, DAYS, MONTH_STARTS, Rng, working_after
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
    crowd,
    earning,
    every,
    grown,
    house,
    lowest_pay,
    months,
    office,
    out_of_work,
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
from thbscreen.simulate.world import BENEFIT, World


def cast_claims(world: World, rng: Rng) -> Group:
    """Casts claimants at one or two addresses and whoever draws what they are granted."""
    start, end = spell(rng, 120, 320)
    n = count(rng, 3, 12)
    person, hand = world.take(rng, alone(world), n), take_busy(world, rng, 1)
    out_of_work(world, person)
    subdue(world, rng, person, 0.3)
    world.quiet[person] = True
    world.job[person], world.income[person] = BENEFIT, rng.choice([48_000, 52_000, 56_000, 64_000], n)
    fresh = rng.random(n) < 0.7
    arrive(world, person[fresh], start - rng.integers(5, 60, int(fresh.sum())))
    house(world, rng, person, 1 if n < 7 else 2)
    if chance(rng, 0.4):
        world.family[person[: n // 2]] = True
    same(rng, world.phone, person, int(world.phone[one(hand)]), 0.5)
    same(rng, world.email, person, int(max(world.email[one(hand)], one(hand))), 0.4)
    same(rng, world.device, person, int(world.device[one(hand)]), 0.35)
    away = np.where(rng.random(n) < 0.5, start + rng.integers(40, 120, n), DAYS)
    return Group(
        "",
        "positive",
        "P8",
        "alert",
        {"claimant": person, "hand": hand},
        {
            "claimant": ("possible_victim", "possible_victim"),
            "hand": ("controller", "possible_controller"),
        },
        core=("claimant", "hand"),
        shared_traits=(
            "several people on benefits at one address",
            "one telephone or e-mail",
            "cash on the day it comes",
        ),
        differs_in=(
            "benefits of unrelated people are drawn at one machine minutes apart, or sent to one person",
            "claimants who left show no sign of presence while money keeps coming",
        ),
        numbers={
            "spell": pair(start, end),
            "away": away,
            "way": (rng.random(n) < rng.uniform(0.3, 0.8)).astype(np.int64),
            "machine": world.machines.choose(rng, world.town[hand]),
            "abroad": world.strangers(rng, 1, 1.0),
        },
    )


def play_claims(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books benefits, arrears, the withdrawals of one hand, and the little that comes back."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    hand, machine = int(world.main[one(group.roles["hand"])]), one(group.numbers["machine"])
    month = months(start, end)
    paid = working_after(MONTH_STARTS[1:][month] - 6)
    for k, person in enumerate(group.roles["claimant"].tolist()):
        mine, net = int(world.main[person]), int(world.income[person])
        s.mark("claim", "benefit")
        s.pay(
            paid,
            s.world.public["welfare"],
            mine,
            net,
            "benefit",
            empty=0,
            purpose="SSBE",
            moment=paid * DAY_SECONDS + 25_200,
        )
        cents = np.full(len(paid), net)
        if len(paid) and rng.random() < 0.4:
            s.mark("claim", "arrears")
            s.pay(
                paid[:1],
                s.world.public["welfare"],
                mine,
                net * count(rng, 2, 4),
                "arrears",
                empty=0,
                purpose="SSBE",
                moment=paid[:1] * DAY_SECONDS + 25_260,
            )
            cents[0] += net * 2
        out = tens((cents * rng.uniform(0.72, 0.98, len(paid))).astype(np.int64), 20)
        day = paid + rng.integers(0, 2, len(paid))
        if group.numbers["way"][k]:
            s.mark("draw", "forward")
            s.pay(day, mine, hand, out, "house", empty=0.6)
        else:
            s.mark("draw", "cash_out")
            moment = day * DAY_SECONDS + 64_000 + (day * 53) % 7000 + 80 * k + rng.integers(0, 45, len(day))
            s.cash(day, mine, np.minimum(out, 100_000), machine=machine, moment=moment)
        here = int(min(group.numbers["away"][k], end))
        s.mark("draw", "own_shopping")
        s.shop(every(rng, start, here, count(rng, 12, 30), 4), mine, "grocery", 0.6)
        if rng.random() < 0.4:
            s.mark("draw", "allowance")
            week = every(rng, start + 6, here, 10, 2)
            s.pay(week, hand, mine, round_sums(rng, 20, 60, len(week)), "allowance", empty=0.5)
    s.mark("draw", "paid_in")
    s.cash(paid + 2, hand, round_sums(rng, 300, 900, len(paid), 50), paid_in=True)
    s.mark("draw", "sent_away")
    day = every(rng, start + 20, end, 30, 5)
    s.pay(day, hand, one(group.numbers["abroad"]), sums(rng, 300, 1400, len(day), 50), "remit", empty=0.4)


def cast_shelter(world: World, rng: Rng) -> Group:
    """Casts a charity, church or shelter for people who escaped, with case workers and residents."""
    house_of, staff = world.take(rng, firms(world), 1), world.take(rng, earning(world), count(rng, 2, 3))
    n = count(rng, 6, 16)
    resident = world.take(rng, alone(world), n)
    work_for(world, one(house_of), staff, lowest_pay(rng, len(staff)) + 30_000)
    world.licence[one(house_of)], world.nace[one(house_of)] = "charity", "87.90"
    out_of_work(world, resident)
    world.housed[resident], world.quiet[resident] = True, rng.random(n) < 0.7
    begin = rng.integers(-60, 180, n)
    arrive(world, resident, begin)
    world.card_rate[resident] = rng.gamma(1.6, 0.8, n)
    world.move_in(resident, world.new_address(), int(world.town[one(house_of)]))
    same(rng, world.phone, resident, int(world.phone[one(house_of)]), 0.5)
    same(rng, world.email, resident, int(max(world.email[one(house_of)], one(house_of))), 0.4)
    same(rng, world.device, resident, int(world.device[staff[0]]), 0.3)
    helped = resident[rng.random(n) < 0.3]
    world.joint += [(int(a), int(staff[0]), "mandate") for a in world.main[helped].tolist()]
    return cast_twin(
        "T15",
        {"shelter": house_of, "case_worker": staff, "resident": resident},
        (
            "pays lodging, tickets, telephones and weekly money for many vulnerable people",
            "new accounts at one address with one telephone, device or mandate",
            "residents pass part of an allowance on to one account",
            "marriage papers, visa and lawyer fees for several people",
        ),
        (
            "income from public bodies and donors, with staff, contributions and licence",
            "money flows to residents and outweighs what comes back",
            "residents come and go and then live by themselves",
        ),
        begin=begin,
        stay=rng.integers(30, 160, n),
        donors=crowd(world, rng, count(rng, 15, 40), 0.5, 0.1),
        lawyer=world.other_firms(rng, 2),
        family=world.strangers(rng, n, 0.9),
    )


def play_shelter(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books grants and gifts, what is paid for residents, and what residents do."""
    s, donors = Stage(world, ledger, rng), group.numbers["donors"]
    mine, n = int(world.main[one(group.roles["shelter"])]), len(group.roles["resident"])
    s.mark("house", "grant")
    quarter = working_after(np.array([14, 104, 195]) + rng.integers(0, 9, 3))
    s.pay(quarter, int(world.public["welfare"]), mine, n * 240_000, "grant", empty=0, clock=office)
    s.mark("house", "gift")
    gifts = count(rng, 60, 160)
    s.pay(
        rng.integers(0, DAYS, gifts),
        rng.choice(donors, gifts),
        mine,
        round_sums(rng, 10, 200, gifts),
        "donation",
    )
    s.mark("house", "lodging")
    s.shop(every(rng, 2, DAYS, 6, 2), mine, "hotel", 1.2)
    s.shop(every(rng, 2, DAYS, 5, 1), mine, "grocery", 2.5)
    s.shop(every(rng, 4, DAYS, 7, 2), mine, "topup", 1.5)
    s.shop(every(rng, 6, DAYS, 8, 3), mine, "taxi")
    s.shop(every(rng, 6, DAYS, 8, 3), mine, "pharmacy", 1.3)
    s.mark("house", "ticket")
    s.shop(every(rng, 8, DAYS, 17, 4), mine, "airline", 1.1)
    s.mark("house", "papers")
    day = working_after(every(rng, 5, DAYS, 13, 4))
    s.pay(
        day,
        mine,
        rng.choice(group.numbers["lawyer"], len(day)),
        sums(rng, 60, 400, len(day), 10),
        "papers",
        clock=office,
    )
    for k, person in enumerate(group.roles["resident"].tolist()):
        account, begin = int(world.main[person]), int(world.opened[person])
        leave = begin + int(group.numbers["stay"][k])
        s.mark("stay", "weekly_money")
        week = every(rng, begin + 3, leave, 7)
        s.pay(week, mine, account, round_sums(rng, 25, 60, len(week), 5), "allowance", empty=0.3)
        s.mark("stay", "allowance")
        month = months(begin, DAYS)
        day = working_after(MONTH_STARTS[month] + 11)
        s.pay(day, int(world.public["welfare"]), account, 26_100, "benefit", empty=0.1, purpose="SSBE")
        if rng.random() < 0.5:
            s.mark("stay", "share_of_costs")
            stays = day[day < leave]
            s.pay(stays + rng.integers(0, 3, len(stays)), account, mine, 5000, "share", empty=0.3)
        s.mark("stay", "life")
        for key, step in (("grocery", 9), ("topup", 15), ("clothes", 25), ("fastfood", 14)):
            s.shop(every(rng, begin + 2, DAYS, step, 3), account, key, 0.7)
        send = every(rng, begin + 20, DAYS, 40, 9)
        s.pay(send, account, int(group.numbers["family"][k]), sums(rng, 30, 90, len(send)), "remit")


def cast_family_firm(world: World, rng: Rng) -> Group:
    """Casts a family and its firm: relatives on the payroll, one address, money that moves in circles."""
    firm, n = world.take(rng, firms(world), 1), count(rng, 4, 7)
    kin = world.take(rng, grown(world) & (world.opened < -200), n)
    work_for(world, one(firm), kin, round_sums(rng, 900, 1600, n))
    world.left[kin] = DAYS
    world.move_in(kin, int(world.address[kin[0]]), int(world.town[kin[0]]))
    world.family[kin] = True
    same(rng, world.phone, kin, int(world.phone[kin[0]]), 0.4)
    same(rng, world.device, kin, int(world.device[kin[0]]), 0.4)
    world.address[firm] = world.address[kin[0]]
    world.joint += [(int(firm[0]), int(kin[0]), "signatory")]
    return cast_twin(
        "T21",
        {"firm": firm, "relative": kin},
        (
            "several people of one address on one payroll",
            "part of the wages goes back to the firm or its owner",
            "one telephone and device for several accounts; money in circles",
        ),
        (
            "loans and shares of the house are named and repaid",
            "contributions and taxes in proportion",
            "each lives from the own account",
        ),
        loan=round_sums(rng, 100, 350, n, 50),
    )


def play_family_firm(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books loans to the firm, repayments and household money."""
    s, firm = Stage(world, ledger, rng), int(world.main[one(group.roles["firm"])])
    kin = s.account(group.roles["relative"])
    for k, account in enumerate(kin.tolist()):
        s.mark("family", "loan")
        begin, loan = count(rng, 0, 90), int(group.numbers["loan"][k])
        s.monthly(begin, begin + 130, account, firm, loan, "loan", day=28)
        s.mark("family", "repaid")
        s.monthly(begin + 130, DAYS, firm, account, loan, "loan", day=12)
        if k:
            s.mark("family", "household")
            s.monthly(
                0, DAYS, account, int(kin[0]), int(round_sums(rng, 100, 300, 1, 50)[0]), "spouse", day=3
            )
    s.mark("family", "own_money")
    day = working_after(every(rng, 10, DAYS, 35, 9))
    s.pay(day, int(kin[0]), firm, round_sums(rng, 500, 3000, len(day), 500), "loan", empty=0.1, clock=office)
    day = working_after(every(rng, 30, DAYS, 45, 9))
    s.pay(day, firm, int(kin[0]), round_sums(rng, 500, 2500, len(day), 500), "loan", empty=0.1, clock=office)
