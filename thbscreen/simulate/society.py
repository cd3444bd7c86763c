"""Rarer ordinary things: town hall fees, adverts, clubs, savings circles, short stays, several homes."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate import texts
from thbscreen.simulate.clock import (
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
from thbscreen.simulate.ledger import Ledger, days_between, moments
from thbscreen.simulate.life import any_day, free, monthly, natural, repeat_by_rate
from thbscreen.simulate.places import TRADE_INDEX, round_sums
from thbscreen.simulate.world import World


def wedding_fees(rng: Rng, n: int) -> Ints:
    """Draws fees of civil weddings in cents: ordinary, special procedure, or the latter with extras."""
    extra = 28_192 + np.round(rng.uniform(20, 400, n) * 100).astype(np.int64)
    special = np.where(rng.random(n) < 0.5, 28_192, extra)
    return np.where(rng.random(n) < 0.35, 12_815, special).astype(np.int64)


def town_halls(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books yearly town taxes, small permits, and the wedding fees of ordinary couples with their tickets."""
    who = natural(world)
    payer = who[rng.random(len(who)) < 0.3]
    person = np.repeat(payer, rng.choice([1, 2, 3], len(payer), p=[0.7, 0.24, 0.06]))
    hall = world.halls[(world.town[person] * 5 // 9) % len(world.halls)]
    cents = (rng.gamma(5, 27, len(person)) * 100 + 1500).astype(np.int64)
    ledger.pay(
        moments(working_after(any_day(world, rng, person)), office(rng, len(person))),
        world.main[person],
        hall,
        cents,
        text=texts.draw(rng, len(person), "council", empty=0.2),
    )
    able = free(world)
    couple = rng.choice(
        able[(world.age[able] <= 2) & (world.opened[able] < 0)], max(len(who) // 32, 4), replace=False
    )
    day = working_after(days_between(rng, np.full(len(couple), 10), np.full(len(couple), DAYS)))
    hall = rng.choice(world.halls, len(couple))
    ledger.pay(
        at(day, office(rng, len(day))),
        world.main[couple],
        hall,
        wedding_fees(rng, len(couple)),
        text=texts.draw(rng, len(couple), "wedding_fee", empty=0.3),
    )
    away = couple[rng.random(len(couple)) < 0.6]
    ledger.shop(
        rng,
        at(day[: len(away)] - rng.integers(3, 30, len(away)), daytime(rng, len(away))),
        world.main[away],
        np.full(len(away), TRADE_INDEX["airline"]),
        world.town[away],
        np.full(len(away), 1.8),
    )
    guest = np.repeat(couple, rng.integers(0, 9, len(couple)))
    when = np.repeat(day, np.bincount(guest, minlength=world.people)[couple])
    giver = np.where(
        rng.random(len(guest)) < 0.5,
        rng.choice(world.main[who], len(guest)),
        rng.choice(world.strangers(rng, world.many(150), 0.3), len(guest)),
    )
    ledger.pay(
        at(when + rng.integers(-3, 9, len(guest)), daytime(rng, len(guest))),
        giver,
        world.main[guest],
        round_sums(rng, 50, 300, len(guest), 50),
        text=texts.draw(rng, len(guest), "gift", empty=0.3),
    )


def online_adverts(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books dating subscriptions, and adverts of people who sell, rent out or freelance."""
    who = natural(world)
    for key, share, rate in (("dating", 0.035, 1.3), ("adverts", 0.03, 1.8)):
        member = who[rng.random(len(who)) < share]
        person = repeat_by_rate(rng, member, rng.gamma(2, rate / 2, len(member)), world)
        trade = np.full(len(person), TRADE_INDEX[key])
        ledger.shop(
            rng,
            moments(any_day(world, rng, person), late(rng, len(person))),
            world.main[person],
            trade,
            world.town[person],
            np.full(len(person), 0.9),
        )


def clubs(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books small equal sums that many people pay to the treasurer of a team, class or club."""
    who = free(world)
    treasurer = rng.choice(who[world.opened[who] < -200], world.many(6), replace=False)
    for boss in treasurer.tolist():
        size = int(rng.integers(9, 22))
        members = np.where(
            rng.random(size) < 0.6, rng.choice(world.main[who], size), world.strangers(rng, size)
        )
        payer, month = np.tile(members, MONTH_COUNT), np.repeat(np.arange(MONTH_COUNT, dtype=np.int64), size)
        paid = rng.random(len(payer)) < 0.6
        payer, month = payer[paid], month[paid]
        day = MONTH_STARTS[month] + rng.integers(0, 12, len(payer))
        fee = int(rng.integers(3, 12)) * 500
        ledger.pay(
            at(day, late(rng, len(day))),
            payer,
            int(world.main[boss]),
            fee,
            text=texts.draw(rng, len(day), "club", month=month, empty=0.2),
        )
        out = np.arange(MONTH_COUNT)
        hall = world.other_firms(rng, 1)
        ledger.pay(
            at(MONTH_STARTS[out] + 15, office(rng, MONTH_COUNT)),
            int(world.main[boss]),
            int(hall[0]),
            np.full(MONTH_COUNT, fee * size // 3),
            text=texts.draw(rng, MONTH_COUNT, "invoice"),
        )


def savings_circle(world: World, ledger: Ledger, rng: Rng, members: Ints, each: int) -> None:
    """Books a savings circle: every month all members pay the same sum to the one whose turn it is."""
    turns = rng.permutation(members)
    for month in range(min(MONTH_COUNT, len(members))):
        taker = int(turns[month])
        givers = members[members != taker]
        day = MONTH_STARTS[month] + 2 + rng.integers(0, 4, len(givers))
        label = texts.draw(rng, len(givers), "circle", month=np.full(len(givers), month), empty=0.2)
        ledger.pay(
            at(day, daytime(rng, len(givers))),
            world.main[givers],
            int(world.main[taker]),
            each * 100,
            text=label,
        )


def circles(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books two savings circles among ordinary people."""
    who = free(world)
    for size, each in ((7, 150), (10, 100)) * world.many(1):
        members = np.sort(
            rng.choice(who[(world.opened[who] < 0) & (world.left[who] == DAYS)], size, replace=False)
        )
        savings_circle(world, ledger, rng, members, each)


def short_stays(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books one-off sums to people with new accounts (deposits back, gifts), soon taken in cash."""
    who = natural(world)
    fresh = who[(world.opened[who] >= 0) & (world.opened[who] < 235)]
    person = fresh[rng.random(len(fresh)) < 0.45]
    payer = np.where(
        rng.random(len(person)) < 0.5,
        rng.choice(world.main[who], len(person)),
        world.strangers(rng, len(person), 0.4),
    )
    day = world.opened[person] + rng.integers(1, 14, len(person))
    cents = round_sums(rng, 400, 1500, len(person), 50)
    label = texts.draw(rng, len(person), "gift", empty=0.4)
    ledger.pay(at(day, daytime(rng, len(day))), payer, world.main[person], cents, text=label)
    for part, lag in ((0.5, 1), (0.35, 3)):
        money = np.minimum((cents * part // 2000 * 2000).astype(np.int64), 60_000)
        ledger.cash(
            at(day + lag, daytime(rng, len(day))),
            world.main[person],
            world.machines.choose(rng, world.town[person]),
            money,
        )


def two_homes(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books rents to a second landlord: parents of students, people between flats, the divorced."""
    who = free(world)
    payer = rng.choice(
        who[(world.income[who] > 140_000) & (world.opened[who] < -100)],
        max(len(who) // 120, 2),
        replace=False,
    )
    landlord = world.strangers(rng, len(payer), 0.3)
    person, month = monthly(world, payer)
    day = working_after(MONTH_STARTS[month] + 3 + person % 9)
    rent = np.repeat(round_sums(rng, 300, 600, len(payer)), MONTH_COUNT)
    ledger.pay(
        at(day, office(rng, len(day))),
        world.main[person],
        np.repeat(landlord, MONTH_COUNT),
        rent,
        text=texts.draw(rng, len(day), "rent", month=month),
        purpose="RENT",
    )


def bank_fees(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books a yearly card fee and quarterly account fees of some accounts."""
    account = np.repeat(world.main[: world.people], 3)
    quarter = np.tile(np.array([2, 5, 8]), world.people)
    charged = (account * 7 + quarter) % 5 < 2
    day = MONTH_STARTS[1:][quarter] - 1
    ledger.fee(
        at(day, np.full(len(day), 4 * 3600))[charged],
        account[charged],
        np.full(int(charged.sum()), 350),
        "ΕΞΟΔΑ ΛΟΓΑΡΙΑΣΜΟΥ",
    )
