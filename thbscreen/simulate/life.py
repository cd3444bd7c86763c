"""Ordinary life of private customers: homes, shopping, cash, friends, families abroad, travel."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate import texts
from thbscreen.simulate.clock import (
    DAYS,
    MONTH_COUNT,
    MONTH_STARTS,
    Flags,
    Floats,
    Ints,
    Rng,
    at,
    daytime,
    late,
    month_of,
    office,
    working_after,
)
from thbscreen.simulate.ledger import Ledger, days_between, moments
from thbscreen.simulate.places import EVERYDAY, TOWN_SHARES, TRADE_INDEX, TRADES, prices, round_sums
from thbscreen.simulate.world import BENEFIT, DOMESTIC, HOME, PENSIONER, SELF_EMPLOYED, STUDENT, World

#: Days from one large shop to the next.
_SHOP_DAYS = 15
_NIGHT: Flags = np.array([t.night for t in TRADES])


def span(world: World, person: Ints) -> tuple[Ints, Ints]:
    """Gives first and last day (exclusive) of each person inside the window."""
    return np.clip(world.opened[person], 0, DAYS), np.clip(world.left[person], 0, DAYS)


def repeat_by_rate(rng: Rng, who: Ints, rate: Floats, world: World) -> Ints:
    """Repeats each person as often as a Poisson draw with a monthly rate says for the days they live here."""
    start, end = span(world, who)
    return np.repeat(who, rng.poisson(rate * np.maximum(end - start, 0) / 30.4))


def any_day(world: World, rng: Rng, person: Ints, weekend: float = 1.35) -> Ints:
    """Draws one day in the life of each person."""
    start, end = span(world, person)
    return days_between(rng, start, end, weekend)


def natural(world: World) -> Ints:
    """Gives all persons who live an ordinary life here."""
    return np.flatnonzero(~world.quiet[: world.people]).astype(np.int64)


def free(world: World) -> Ints:
    """Gives the persons who live an ordinary life and have no part in a planned group."""
    who = natural(world)
    return who[~np.isin(who, np.fromiter(world.taken, dtype=np.int64, count=len(world.taken)))]


def monthly(world: World, who: Ints) -> tuple[Ints, Ints]:
    """Gives every pair of person and month, as two arrays."""
    return np.repeat(who, MONTH_COUNT), np.tile(np.arange(MONTH_COUNT, dtype=np.int64), len(who))


def shopping(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books card purchases of everyday life: a regular large shop, the rest at random, and a few refunds."""
    regular = natural(world)
    regular = regular[rng.random(len(regular)) < 0.93]
    shops = DAYS // _SHOP_DAYS + 1
    person, turn = np.repeat(regular, shops), np.tile(np.arange(shops, dtype=np.int64), len(regular))
    day = (
        turn * _SHOP_DAYS
        + np.repeat(rng.integers(0, _SHOP_DAYS, len(regular)), shops)
        + rng.integers(-2, 3, len(person))
    )
    factor = np.clip(world.income[person] / 140_000, 0.6, 1.9)
    grocery = np.full(len(person), TRADE_INDEX["grocery"])
    ledger.shop(rng, at(day, daytime(rng, len(day))), world.main[person], grocery, world.town[person], factor)
    who = np.arange(world.people, dtype=np.int64)
    person = repeat_by_rate(rng, who, world.card_rate[who], world)
    trade = rng.choice(len(TRADES), len(person), p=EVERYDAY).astype(np.int64)
    home = rng.random(len(person)) < 0.78
    town = np.where(home, world.town[person], rng.choice(len(TOWN_SHARES), len(person), p=TOWN_SHARES))
    factor = np.clip(world.income[person] / 170_000, 0.45, 1.8)
    second = np.where(_NIGHT[trade], late(rng, len(person)), daytime(rng, len(person)))
    moment = moments(any_day(world, rng, person), second)
    merchant = world.merchants.choose(rng, trade, town)
    cents = prices(rng, trade, factor)
    ledger.buy(moment, world.main[person], merchant, cents)
    back = rng.random(len(person)) < 0.006
    ledger.buy(moment[back] + 86_400 * 3, world.main[person][back], merchant[back], cents[back], refund=True)


def cash(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books cash from machines, often in the days after pay, and small deposits."""
    who = np.arange(world.people, dtype=np.int64)
    person = repeat_by_rate(rng, who, world.cash_rate[who], world)
    start, end = span(world, person)
    day = days_between(rng, start, end)
    soon = rng.random(len(person)) < 0.4
    day = np.where(
        soon & (day >= 0), np.maximum(MONTH_STARTS[month_of(day)] + rng.integers(-3, 3, len(day)), 0), day
    )
    town = np.where(
        rng.random(len(person)) < 0.82,
        world.town[person],
        rng.choice(len(TOWN_SHARES), len(person), p=TOWN_SHARES),
    )
    sums = np.array([20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 300, 400, 600], dtype=np.int64)
    weight = np.array([12, 5, 9, 14, 8, 7, 18, 5, 5, 9, 4, 2, 2]) / 100
    cents = rng.choice(sums, len(person), p=weight) * 100
    ledger.cash(
        moments(day, daytime(rng, len(day))), world.main[person], world.machines.choose(rng, town), cents
    )
    saver = repeat_by_rate(rng, natural(world), np.full(len(natural(world)), 0.09), world)
    put = round_sums(rng, 50, 900, len(saver))
    ledger.cash(
        moments(any_day(world, rng, saver), daytime(rng, len(saver))),
        world.main[saver],
        world.machines.choose(rng, world.town[saver]),
        put,
        True,
    )


def incomes(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books pensions, benefits, upkeep of students and homemakers, and fees earned by the self-employed."""
    who = natural(world)
    for job, key, pool, code in (
        (PENSIONER, "pensions", "pension", "PENS"),
        (BENEFIT, "welfare", "benefit", "SSBE"),
    ):
        person, month = monthly(world, who[world.job[who] == job])
        day = working_after(MONTH_STARTS[1:][month] - 6)
        ledger.pay(
            at(day, np.full(len(day), 7 * 3600)),
            world.public[key],
            world.main[person],
            world.income[person],
            text=texts.draw(rng, len(day), pool, month=month),
            purpose=code,
        )
    student = who[np.isin(world.job[who], [STUDENT, HOME])]
    parents = np.where(
        rng.random(len(student)) < 0.35,
        rng.choice(world.main[who], len(student)),
        world.strangers(rng, len(student), 0.6),
    )
    person, month = monthly(world, student)
    day = (
        MONTH_STARTS[month]
        + np.repeat(rng.integers(0, 25, len(student)), MONTH_COUNT)
        + rng.integers(0, 4, len(person))
    )
    money = np.maximum(world.income[person], 30_000) + round_sums(rng, 0, 150, len(person), 50)
    sent = rng.random(len(person)) < 0.9
    ledger.pay(
        at(day, daytime(rng, len(day)))[sent],
        np.repeat(parents, MONTH_COUNT)[sent],
        world.main[person][sent],
        money[sent],
        text=texts.draw(rng, int(sent.sum()), "support", month=month[sent], empty=0.3),
    )
    _earned_fees(world, ledger, rng)


def _earned_fees(world: World, ledger: Ledger, rng: Rng) -> None:
    who = natural(world)
    trader = who[world.job[who] == SELF_EMPLOYED]
    person = repeat_by_rate(rng, trader, np.full(len(trader), 4.0), world)
    clients = np.where(
        rng.random(len(person)) < 0.6,
        rng.choice(world.main[who], len(person)),
        rng.choice(world.strangers(rng, world.many(400)), len(person)),
    )
    cents = (world.income[person] / 4 * rng.lognormal(-0.2, 0.7, len(person)) // 500 * 500 + 1500).astype(
        np.int64
    )
    ledger.pay(
        moments(any_day(world, rng, person, 0.9), daytime(rng, len(person))),
        clients,
        world.main[person],
        cents,
        text=texts.chat(rng, len(person), 0.03, 0.3),
    )


def homes(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books rents, the shares of flat-mates, utilities and telephone bills."""
    who = natural(world)
    able = who[(world.income[who] >= 60_000) & ~world.housed[who] & (world.job[who] != DOMESTIC)]
    _, first = np.unique(world.household[able], return_index=True)
    head = able[first]
    renting = head[rng.random(len(head)) < 0.56]
    private = world.strangers(rng, world.many(240), 0.04)
    landlord = np.where(
        rng.random(len(renting)) < 0.12,
        rng.choice(world.main[who[-world.many(60) :]], len(renting)),
        rng.choice(private, len(renting)),
    )
    rent = np.clip(
        world.income[renting] * rng.uniform(0.26, 0.42, len(renting)) // 1000 * 1000, 25_000, 95_000
    ).astype(np.int64)
    standing = rng.integers(0, 9, len(renting))
    person, month = monthly(world, renting)
    jitter = np.where(
        np.repeat(rng.random(len(renting)) < 0.5, MONTH_COUNT), 0, rng.integers(0, 4, len(person))
    )
    day = working_after(MONTH_STARTS[month] + np.repeat(standing, MONTH_COUNT) + jitter)
    ledger.pay(
        at(day, office(rng, len(day))),
        world.main[person],
        np.repeat(landlord, MONTH_COUNT),
        np.repeat(rent, MONTH_COUNT),
        text=texts.draw(rng, len(day), "rent", month=month, empty=0.15),
        purpose="RENT",
    )
    _shared_rents(world, ledger, rng, renting, rent)
    _bills(world, ledger, rng, head)


def _shared_rents(world: World, ledger: Ledger, rng: Rng, renting: Ints, rent: Ints) -> None:
    """Books what flat-mates give to the one of them who pays the rent."""
    who = natural(world)
    payer_of = dict(
        zip(world.household[renting].tolist(), zip(renting.tolist(), rent.tolist(), strict=True), strict=True)
    )
    mates = [
        p
        for p in who.tolist()
        if not world.family[p] and payer_of.get(int(world.household[p]), (p, 0))[0] != p
    ]
    mate = np.array(mates, dtype=np.int64)
    if len(mate):
        size = np.bincount(world.household[who])[world.household[mate]]
        lead = np.array([payer_of[int(world.household[p])][0] for p in mates], dtype=np.int64)
        share = (
            np.array([payer_of[int(world.household[p])][1] for p in mates], dtype=np.int64)
            // size
            // 500
            * 500
        )
        person, month = monthly(world, mate)
        day = MONTH_STARTS[month] + rng.integers(0, 8, len(person))
        ledger.pay(
            at(day, daytime(rng, len(day))),
            world.main[person],
            world.main[np.repeat(lead, MONTH_COUNT)],
            np.repeat(share, MONTH_COUNT),
            text=texts.draw(rng, len(day), "share", month=month, empty=0.2),
        )


def _bills(world: World, ledger: Ledger, rng: Rng, head: Ints) -> None:
    for key, share, every, pool, mean in (
        ("power", 0.8, 2, "utility", 96),
        ("water", 0.55, 3, "utility", 38),
    ):
        payer = head[rng.random(len(head)) < share]
        person, month = monthly(world, payer)
        due = (month + person) % every == 0
        day = working_after(MONTH_STARTS[month] + 8 + person % 12)[due]
        cents = (rng.gamma(6, mean / 6, int(due.sum())) * 100 + 900).astype(np.int64)
        ledger.pay(
            at(day, office(rng, len(day))),
            world.main[person[due]],
            world.public[key],
            cents,
            text=texts.draw(rng, len(day), pool),
            tx_type="direct_debit",
            channel=None,
        )
    who = natural(world)
    caller = who[rng.random(len(who)) < 0.4]
    person, month = monthly(world, caller)
    day = working_after(MONTH_STARTS[month] + 4 + person % 17)
    price = (1490 + 500 * (person % 5)).astype(np.int64)
    company = np.where(person % 3 > 0, world.public["telecom_a"], world.public["telecom_b"])
    ledger.pay(
        at(day, office(rng, len(day))),
        world.main[person],
        company,
        price,
        text=texts.draw(rng, len(day), "telecom"),
        tx_type="direct_debit",
        channel=None,
    )


def friends(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books payments between private people: half to steady contacts, half seen once."""
    who = natural(world)
    person = repeat_by_rate(rng, who, np.full(len(who), 0.5), world)
    contact = np.where(rng.random((world.people, 3)) < 0.5, rng.choice(who, (world.people, 3)), -1)
    outsider = world.strangers(rng, world.many(700), 0.05)
    known = np.where(contact >= 0, world.main[np.maximum(contact, 0)], rng.choice(outsider, contact.shape))
    once = np.where(
        rng.random(len(person)) < 0.4,
        world.main[rng.choice(who, len(person))],
        rng.choice(outsider, len(person)),
    )
    steady = rng.random(len(person)) < 0.5
    other = np.where(steady, known[person, rng.integers(0, 3, len(person))], once)
    sums = np.where(
        rng.random(len(person)) < 0.7,
        rng.integers(1, 16, len(person)) * 500,
        round_sums(rng, 40, 300, len(person)),
    )
    odd = rng.random(len(person)) < 0.3
    cents = np.where(odd, (rng.lognormal(3.1, 0.8, len(person)) * 100).astype(np.int64) + 100, sums)
    night = rng.random(len(person)) < 0.45
    second = np.where(night, late(rng, len(person)), daytime(rng, len(person)))
    moment = moments(any_day(world, rng, person), second)
    incoming = rng.random(len(person)) < 0.4
    mine = world.main[person]
    ledger.pay(
        moment,
        np.where(incoming, other, mine),
        np.where(incoming, mine, other),
        cents,
        text=texts.chat(rng, len(person)),
    )


def families_abroad(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books remittances in the week after pay, through agents and by transfer."""
    who = natural(world)
    sender = who[
        (rng.random(len(who)) < np.where(world.age[who] <= 2, 0.25, 0.08)) & (world.income[who] > 30_000)
    ]
    person, month = monthly(world, sender)
    sent = rng.random(len(person)) < 0.8
    person, month = person[sent], month[sent]
    day = MONTH_STARTS[month] + rng.integers(-2, 7, len(person))
    cents = np.minimum(round_sums(rng, 100, 300, len(person)), world.income[person] // 2 // 1000 * 1000)
    agent = rng.choice([world.public[k] for k in ("agent_a", "agent_b", "agent_c")], len(person))
    family = np.zeros(world.people, dtype=np.int64)
    family[sender] = world.strangers(rng, len(sender), 1.0)
    through = np.zeros(world.people, bool)
    through[sender] = rng.random(len(sender)) < 0.6
    text = texts.draw(rng, len(person), "remit", month=month, empty=0.3)
    moment = at(day, daytime(rng, len(day)))
    via = through[person]
    label = np.array([world.outside_names[f - 1_000_000][1] for f in family[person]], dtype=object)
    ledger.pay(
        moment[via],
        world.main[person[via]],
        agent[via],
        cents[via],
        text=text[via],
        tx_type="remittance",
        channel="msb",
        behind=label[via],
    )
    ledger.pay(moment[~via], world.main[person[~via]], family[person[~via]], cents[~via], text=text[~via])


def partners(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books household money between partners, and standing orders to one's own savings."""
    who = natural(world)
    couple = [
        (a, b)
        for a, b in zip(who[:-1].tolist(), who[1:].tolist(), strict=True)
        if world.family[a] and world.household[a] == world.household[b] and world.main[a] != world.main[b]
    ]
    pair = np.array(couple, dtype=np.int64)[rng.random(len(couple)) < 0.22]
    giver, month = monthly(world, pair[:, 0])
    taker = np.repeat(pair[:, 1], MONTH_COUNT)
    share = np.repeat(rng.choice([0.15, 0.25, 0.4, 0.6, 0.75], len(pair)), MONTH_COUNT)
    cents = (np.maximum(world.income[giver], 40_000) * share // 1000 * 1000).astype(np.int64)
    day = MONTH_STARTS[1:][month] - rng.integers(0, 5, len(giver))
    ledger.pay(
        at(day, daytime(rng, len(day))),
        world.main[giver],
        world.main[taker],
        cents,
        text=texts.draw(rng, len(day), "spouse", month=month, empty=0.4),
    )
    saving = np.array([a for a, p in enumerate(world.product) if p == "savings"], dtype=np.int64)
    account, month = (
        np.repeat(saving, MONTH_COUNT),
        np.tile(np.arange(MONTH_COUNT, dtype=np.int64), len(saving)),
    )
    owner = world.holder[account]
    put = np.maximum(world.income[owner] // 20 // 1000 * 1000, 2000)
    day = working_after(MONTH_STARTS[month] + 1 + owner % 5)
    ledger.pay(
        at(day, np.full(len(day), 6 * 3600)),
        world.main[owner],
        account,
        put,
        text=texts.draw(rng, len(day), "savings", month=month),
    )


def travel(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books tickets, hotel nights in the season, and the trips and hired cars of people at work."""
    who = natural(world)
    flyer = repeat_by_rate(rng, who, np.full(len(who), 0.085), world)
    trade = np.where(rng.random(len(flyer)) < 0.8, TRADE_INDEX["airline"], TRADE_INDEX["travel"])
    ledger.shop(
        rng,
        moments(any_day(world, rng, flyer), daytime(rng, len(flyer))),
        world.main[flyer],
        trade,
        world.town[flyer],
        rng.choice([1.0, 1.0, 1.9], len(flyer)),
    )
    guest = repeat_by_rate(rng, who, np.full(len(who), 0.05), world)
    day = days_between(rng, np.full(len(guest), 110), np.full(len(guest), 268))
    town = rng.choice(np.array([3, 7, 8, 9, 10], dtype=np.int64), len(guest))
    hotel = np.full(len(guest), TRADE_INDEX["hotel"])
    ledger.shop(
        rng,
        moments(day, daytime(rng, len(guest))),
        world.main[guest],
        hotel,
        town,
        rng.choice([1.0, 2.0, 3.0], len(guest)),
    )
    some = rng.random(len(guest)) < 0.4
    ledger.cash(
        moments(day, late(rng, len(guest)))[some],
        world.main[guest][some],
        world.machines.choose(rng, town[some]),
        round_sums(rng, 40, 150, int(some.sum())),
    )
    _work_trips(world, ledger, rng)


def _work_trips(world: World, ledger: Ledger, rng: Rng) -> None:
    who, able = natural(world), free(world)
    rep = rng.choice(
        able[(world.income[able] > 130_000) & (world.opened[able] < -200)], world.many(8), replace=False
    )
    trip = repeat_by_rate(rng, rep, np.full(len(rep), 3.2), world)
    day, town = any_day(world, rng, trip, 0.4), rng.integers(0, len(TOWN_SHARES), len(trip))
    ledger.shop(
        rng,
        moments(day, daytime(rng, len(trip))),
        world.main[trip],
        np.full(len(trip), TRADE_INDEX["hotel"]),
        town,
        np.ones(len(trip)),
    )
    ledger.cash(
        moments(day, late(rng, len(trip))),
        world.main[trip],
        world.machines.choose(rng, town),
        round_sums(rng, 20, 80, len(trip)),
    )
    driver = repeat_by_rate(
        rng,
        who[world.job[who] == SELF_EMPLOYED],
        np.full(int((world.job[who] == SELF_EMPLOYED).sum()), 0.3),
        world,
    )
    hired = np.where(rng.random(len(driver)) < 0.5, TRADE_INDEX["vans"], TRADE_INDEX["carhire"])
    ledger.shop(
        rng,
        moments(any_day(world, rng, driver), daytime(rng, len(driver))),
        world.main[driver],
        hired,
        world.town[driver],
        np.ones(len(driver)),
    )
