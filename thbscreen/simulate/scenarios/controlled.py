"""P5: accounts in the names of people, run by another hand. T13, T14 and T18 beside it."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Ints, Rng, working_after
from thbscreen.simulate.groups import Group, firms, one
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.places import round_sums
from thbscreen.simulate.positives import visit_sums
from thbscreen.simulate.scenarios.kit import (
    Stage,
    alone,
    arrive,
    cast_twin,
    chance,
    count,
    crowd,
    every,
    house,
    late,
    lowest_pay,
    months,
    office,
    out_of_work,
    pair,
    same,
    spell,
    spread,
    students_too,
    subdue,
    sums,
    take_busy,
    tens,
    young,
)
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import BENEFIT, EMPLOYEE, PENSIONER, World

WAGE, AID, MIXED = 0, 1, 2


def cast_herd(world: World, rng: Rng) -> Group:
    """Casts accounts with wages, benefits or small credits that another hand empties, and who runs them."""
    start, end = spell(rng, 110, 300)
    n = count(rng, 4, 14)
    account, sink = world.take(rng, alone(world), n), take_busy(world, rng, 2 if n > 9 else 1)
    helper = take_busy(world, rng, int(chance(rng, 0.5)))
    source = rng.choice([WAGE, AID, MIXED], n, p=rng.dirichlet([1.5, 1.0, 1.0]))
    subdue(world, rng, account, 0.25)
    out_of_work(world, account)
    earns = account[source == WAGE]
    world.unpaid[earns], world.job[earns], world.income[earns] = False, EMPLOYEE, lowest_pay(rng, len(earns))
    world.job[account[source == AID]], world.income[account[source == AID]] = BENEFIT, 56_000
    batches = rng.integers(start, start + 70, count(rng, 1, 3))
    scattered = chance(rng, 0.4)
    came = rng.choice(batches, n) + rng.integers(0, 45 if scattered else 4, n)
    fresh = rng.random(n) < 0.75
    arrive(world, account[fresh], came[fresh])
    world.left[account] = np.minimum(DAYS, np.maximum(end, world.opened[account] + 45))
    # In some groups nothing but one telephone number in the files ties the accounts together.
    only_phone = chance(rng, 0.4)
    same(rng, world.phone, account, int(world.phone[sink[0]]), 0.65)
    if not only_phone:
        same(rng, world.device, account, int(world.device[(helper if len(helper) else sink)[0]]), 0.6)
        house(world, rng, account, count(rng, 1, 3))
    return Group(
        "",
        "positive",
        "P5",
        "alert",
        {"account": account, "sink": sink, "helper": helper},
        {
            "account": ("possible_victim", "possible_victim"),
            "sink": ("controller", "possible_controller"),
            "helper": ("facilitator", "possible_facilitator"),
        },
        core=("account", "sink"),
        shared_traits=(
            "young accounts",
            "one telephone, device or address",
            "money leaves soon after it comes",
        ),
        differs_in=(
            "most of all incomes ends with one or two people",
            "small sums come back",
            "little own life",
        ),
        numbers={
            "spell": pair(start, end),
            "source": source,
            "buyers": crowd(world, rng, 60, 0.4, 0.1),
            "split": np.array([count(rng, 0, 1)]),
            "abroad": world.strangers(rng, 1, 1.0),
        },
    )


def play_herd(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books incomes, their way to whoever runs the accounts, and what comes back."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    sinks, helper = s.account(group.roles["sink"]), s.account(group.roles["helper"])
    keep = rng.uniform(0.02, 0.3)
    for k, person in enumerate(group.roles["account"].tolist()):
        mine, first = int(world.main[person]), max(int(world.opened[person]), start)
        last = int(world.left[person])
        moment, cents = _income(s, group, k, pays, first, last)
        sink = int(sinks[k % len(sinks)])
        passed = tens((cents * rng.uniform(1 - keep - 0.12, 1 - keep, len(cents))).astype(np.int64), 5)
        when = (
            moment
            + (rng.gamma(1.3, 14, len(cents)) * 3600).astype(np.int64)
            + rng.integers(60, 10_800, len(cents))
        )
        cash = rng.random(len(cents)) < 0.2
        s.mark("run", "forward")
        s.pay(
            (when // DAY_SECONDS)[~cash], mine, sink, passed[~cash], "forward", empty=0.5, moment=when[~cash]
        )
        s.mark("run", "cash_out")
        s.cash((when // DAY_SECONDS)[cash], mine, np.clip(passed[cash] // 2000 * 2000, 2000, 100_000))
        if rng.random() < 0.5:
            s.mark("run", "allowance")
            week = every(rng, first + 10, last, count(rng, 7, 14), 2)
            s.pay(week, sink, mine, round_sums(rng, 15, 50, len(week), 5), "allowance", empty=0.5)
    s.mark("run", "share")
    for one_helper in helper.tolist():
        day = every(rng, start + 10, end, 20, 4)
        s.pay(day, int(sinks[0]), one_helper, sums(rng, 80, 400, len(day)), "forward", empty=0.5)
    s.mark("run", "sent_away")
    day = every(rng, start + 20, end, 26, 5)
    s.pay(
        day,
        int(sinks[0]),
        one(group.numbers["abroad"]),
        sums(rng, 500, 1900, len(day), 50),
        "remit",
        empty=0.4,
    )
    s.mark("run", "cash_out")
    day = every(rng, start + 15, end, 15, 4)
    s.cash(day, int(sinks[0]), round_sums(rng, 200, 600, len(day), 20))


def _income(s: Stage, group: Group, k: int, pays: Pays, first: int, last: int) -> tuple[Ints, Ints]:
    """Gives moments and sums of the income of one account, booking those that are not wages."""
    rng, person = s.rng, int(group.roles["account"][k])
    mine, kind = int(s.world.main[person]), int(group.numbers["source"][k])
    if kind == WAGE:
        wages = pays.of(np.array([person]))
        under = wages.moment >= first * DAY_SECONDS
        return wages.moment[under], wages.cents[under]
    if kind == AID:
        month = months(first, last)
        day = working_after(np.array([25, 53, 84, 114, 145, 175, 206, 237, 267])[month])
        if not s.world.quiet[person]:
            return day * DAY_SECONDS + 40_000, np.full(len(day), int(s.world.income[person]))
        s.mark("run", "benefit")
        moment = day * DAY_SECONDS + 7 * 3600
        cents = np.full(len(day), int(s.world.income[person]))
        s.pay(day, s.world.public["welfare"], mine, cents, "benefit", empty=0, purpose="SSBE", moment=moment)
        return moment, cents
    n = rng.poisson(max(last - first, 7) / 7 * 2.5)
    day = spread(rng, first + 3, last, n)
    day = np.sort(day[day >= 0])
    moment, cents = day * DAY_SECONDS + late(rng, len(day)), visit_sums(rng, len(day))
    s.mark("run", "small_credit")
    s.chat_at(day, moment, rng.choice(group.numbers["buyers"], len(day)), mine, cents)
    return moment, cents


def cast_carer(world: World, rng: Rng) -> Group:
    """Casts a parent with students, a guardian, or a carer with mandates."""
    hand = take_busy(world, rng, 1)
    old = chance(rng, 0.5)
    pool = world.job == PENSIONER if old else students_too(world)
    held = world.take(
        rng, pool & (world.main == np.arange(world.parties)) & (world.opened < 0), count(rng, 2, 4)
    )
    same(rng, world.phone, held, int(world.phone[one(hand)]), 0.8)
    same(rng, world.device, held, int(world.device[one(hand)]), 0.8)
    world.joint += [(int(a), int(hand[0]), "mandate") for a in world.main[held].tolist()]
    return cast_twin(
        "T13",
        {"carer": hand, "holder": held},
        (
            "one hand on several accounts: telephone, device, mandate",
            "money moves between the hand and the accounts on fixed days",
            "cash from several accounts at one machine on one day",
        ),
        (
            "few accounts, long open",
            "what leaves is small and spent for the holder: pharmacy, doctor, food, tuition",
            "the hand gives as well as takes",
        ),
        old=np.array([int(old)]),
        college=world.other_firms(rng, 1),
    )


def play_carer(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books upkeep or shopping for the holders by the hand that runs their accounts."""
    s, hand = Stage(world, ledger, rng), int(world.main[one(group.roles["carer"])])
    machine = int(world.machines.choose(rng, world.town[group.roles["carer"]])[0])
    old = bool(one(group.numbers["old"]))
    for k, account in enumerate(s.account(group.roles["holder"]).tolist()):
        if old:
            s.mark("care", "repaid_shopping")
            day = every(rng, 5, DAYS, 15, 3)
            s.pay(day, account, hand, sums(rng, 30, 160, len(day), 5), "spouse")
            s.mark("care", "cash_for_holder")
            day = every(rng, 2, DAYS, 30, 1)
            s.cash(
                day,
                account,
                round_sums(rng, 60, 220, len(day)),
                machine=machine,
                moment=day * DAY_SECONDS + 36_000 + 70 * k,
            )
            for key, step in (("pharmacy", 12), ("grocery", 7), ("doctor", 40)):
                s.shop(every(rng, 0, DAYS, step, 2), account, key)
        else:
            s.mark("care", "upkeep")
            s.monthly(0, DAYS, hand, account, int(round_sums(rng, 300, 650, 1, 50)[0]), "support", day=1)
            week = every(rng, 0, DAYS, 7, 1)
            s.pay(week, hand, account, round_sums(rng, 20, 60, len(week)), "allowance")
            s.mark("care", "tuition")
            s.pay(
                np.array([26, 160]), account, one(group.numbers["college"]), 95_000, "tuition", clock=office
            )


def cast_reception(world: World, rng: Rng) -> Group:
    """Casts people whose accounts are opened on one day: a reception centre, or a firm's first day."""
    n, day = count(rng, 9, 18), count(rng, 8, 200)
    helper = world.take(rng, firms(world), 1)
    who = world.take(rng, alone(world), n)
    aid = chance(rng, 0.55)
    arrive(world, who, day + (rng.random(n) < 0.15))
    out_of_work(world, who)
    world.housed[who] = True
    world.move_in(who, world.new_address(), int(world.town[one(helper)]))
    same(rng, world.phone, who, int(world.phone[one(helper)]), 0.4)
    same(rng, world.email, who, int(max(world.email[one(helper)], one(helper))), 0.3)
    world.card_rate[who] = rng.gamma(2.0, 1.0, n)
    if aid:
        world.job[who], world.income[who] = BENEFIT, 26_100
        world.quiet[who] = True
    else:
        world.licence[one(helper)] = None
        work = rng.random(n) < 0.9
        world.employer[who[work]], world.unpaid[who[work]] = one(helper), False
        world.job[who], world.income[who] = EMPLOYEE, lowest_pay(rng, n)
    return cast_twin(
        "T14",
        {"helper": helper, "newcomer": who},
        (
            "a dozen accounts opened within hours at one branch, one address",
            "one telephone or e-mail of the helper in many files",
            "equal sums on one day, cash at one machine that evening",
        ),
        (
            "different payees afterwards, no sum returns to the helper",
            "own shopping and top-ups",
            "people move on at different times",
        ),
        aid=np.array([int(aid)]),
        family=world.strangers(rng, n, 0.9),
        landlord=world.strangers(rng, 4),
    )


def play_reception(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the living allowance by cheque or the wage, cash on that day, and lives that part afterwards."""
    s, who = Stage(world, ledger, rng), group.roles["newcomer"]
    machine = int(world.machines.choose(rng, np.full(1, world.town[who[0]]))[0])
    for k, person in enumerate(who.tolist()):
        mine, first = int(world.main[person]), int(world.opened[person])
        if one(group.numbers["aid"]):
            s.mark("stay", "allowance")
            month = months(first, DAYS)
            day = working_after(np.array([11, 42, 70, 101, 131, 162, 192, 223, 254])[month])
            s.pay(
                day,
                world.public["welfare"],
                mine,
                int(world.income[person]),
                "benefit",
                empty=0,
                purpose="SSBE",
                tx_type="cheque",
                channel="branch",
                clock=office,
            )
        else:
            wages = pays.of(np.array([person]))
            day = wages.moment // DAY_SECONDS
        s.mark("stay", "cash")
        came = rng.random(len(day)) < 0.85
        second = 58_000 + rng.integers(0, 7500, len(day))
        s.cash(
            day[came],
            mine,
            round_sums(rng, 60, 200, int(came.sum())),
            machine=machine,
            moment=(day * DAY_SECONDS + second)[came],
        )
        s.mark("stay", "life")
        step = count(rng, 4, 11)
        for key in rng.choice(
            ["grocery", "corner", "topup", "fastfood", "clothes", "pharmacy"], 3, replace=False
        ):
            s.shop(every(rng, first + 1, DAYS, step, 2), mine, str(key), 0.7)
        s.mark("stay", "family")
        send = every(rng, first + 30, DAYS, count(rng, 28, 70), 8)
        s.pay(send, mine, int(group.numbers["family"][k]), sums(rng, 30, 120, len(send)), "remit")
        if rng.random() < 0.4:
            move = first + count(rng, 40, 120)
            s.rent(
                move,
                DAYS,
                mine,
                int(rng.choice(group.numbers["landlord"])),
                int(round_sums(rng, 150, 280, 1)[0]),
            )


def cast_hired(world: World, rng: Rng) -> Group:
    """Casts a young person whose account passes strangers' money on for a cut: another typology."""
    who = world.take(rng, young(world) & (world.opened < 200), 1)
    start, _ = spell(rng, 20, 60)
    start = max(start, int(world.opened[one(who)]) + 10, 5)
    return cast_twin(
        "T18",
        {"holder": who},
        (
            "a young holder, money passes through within hours",
            "round credits from people seen once",
            "texts are short or missing",
        ),
        (
            "payers are many unknown people, not wages or visits",
            "money goes to exchanges and abroad, not to one private person",
            "one account alone; the own life goes on beside it",
        ),
        expected="context",
        spell=pair(start, min(start + count(rng, 15, 60), DAYS)),
        payers=world.strangers(rng, count(rng, 8, 25), 0.6),
        exit=world.strangers(rng, 2, 1.0),
    )


def play_hired(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books credits of strangers and where they go."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    mine, payers = int(world.main[one(group.roles["holder"])]), group.numbers["payers"]
    n = len(payers)
    day = spread(rng, start, end, n)
    cents = sums(rng, 150, 1900, n, 50)
    s.mark("pass", "in")
    s.pay(day, payers, mine, cents, "stake", empty=0.5)
    out = tens((cents * rng.uniform(0.85, 0.95, n)).astype(np.int64))
    crypto = rng.random(n) < 0.4
    live = np.where(day >= 0, day + rng.integers(0, 2, n), -1)
    s.mark("pass", "out")
    s.pay(
        live[~crypto],
        mine,
        rng.choice(group.numbers["exit"], n)[~crypto],
        out[~crypto],
        "stake",
        empty=0.6,
        clock=late,
    )
    for bought in live[crypto].tolist():
        s.shop(np.array([bought]), mine, "crypto", 4.0, clock=late)
