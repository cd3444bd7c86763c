"""Ordinary things that worlds of any size hold besides those of the sample; scenarios use the same ones.

Each process takes (world, ledger, rng) like those of `life` and `society`. What a planned group does must
also be done, for its own reasons, by people who are in none: cash over the counter by somebody else, small
sums abroad in the evening, fines, agency fees, pocket money, passing one's pay on, papers, loans, deposits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thbscreen.simulate import texts
from thbscreen.simulate.clock import (
    DAYS,
    MONTH_STARTS,
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
from thbscreen.simulate.life import any_day, monthly, natural, repeat_by_rate
from thbscreen.simulate.places import EVERYDAY, TRADE_INDEX, TRADES, round_sums
from thbscreen.simulate.world import DOMESTIC, EMPLOYEE, OUTSIDE, SEASONAL, SELF_EMPLOYED, STUDENT, World

Clock = Callable[[Rng, int], Ints]
#: Countries where friends, relatives, teachers and makers live whom people pay in small sums.
FAR = ("PH", "TH", "CO", "PH", "VN", "GE", "KE", "TH", "RO", "CO")


def _some(rng: Rng, who: Ints, share: float) -> Ints:
    """Draws a share of people."""
    return who[rng.random(len(who)) < share]


def _often(world: World, rng: Rng, who: Ints, low: float, high: float) -> Ints:
    """Repeats people by monthly rates of their own between two bounds."""
    return repeat_by_rate(rng, who, rng.uniform(low, high, len(who)), world)


def _when(world: World, rng: Rng, person: Ints, clock: Clock) -> tuple[Ints, Ints]:
    """Draws a moment in the life of each person, and its month."""
    day = any_day(world, rng, person)
    return moments(day, clock(rng, len(person))), month_of(np.maximum(day, 0))


def _sums(rng: Rng, low: int, high: int, n: int, step: int = 10) -> Ints:
    """Draws sums, most of them round."""
    odd = (rng.uniform(low, high, n) * 100).astype(np.int64)
    return np.where(rng.random(n) < 0.15, odd, round_sums(rng, low, high, n, step)).astype(np.int64)


def live_far(world: World, entity: Ints, share: float) -> None:
    """Lets a share of accounts elsewhere lie far away; which ones and where follows from their numbers."""
    for account, number in zip(entity.tolist(), world.marks(entity).tolist(), strict=True):
        if number * 7919 % 1000 < 1000 * share:
            world.outside_country[account - OUTSIDE] = FAR[number * 31 % len(FAR)]


def counter_cash(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books cash over the counter: savings, takings of shops, and what people pay in for others."""
    who = natural(world)
    person = _often(world, rng, _some(rng, who, 0.09), 0.15, 1.0)
    # Whoever pays in for others is of the household, or one friend; for a shop one of two of its staff.
    size = np.bincount(world.household[who], minlength=int(world.household.max()) + 1)
    order = np.argsort(world.household[who], kind="stable")
    after = np.empty(world.parties, dtype=np.int64)
    after[who[order]] = np.roll(who[order], -1)
    mate = np.where(size[world.household[person]] > 1, after[person], rng.permutation(who)[person % len(who)])
    stood = np.where(rng.random(len(person)) < 0.25, mate, person)
    town = np.where(rng.random(len(person)) < 0.12, world.town[mate], world.town[person])
    day = working_after(any_day(world, rng, person, 1.0))
    _counter(world, ledger, rng, person, day, town, _sums(rng, 40, 800, len(person)), stood)
    shop = np.flatnonzero(np.isin(np.array(world.nace, dtype=object), ["56.10", "47.11", "10.71", "96.02"]))
    staff = [np.flatnonzero(world.employer == f)[:2] for f in shop.tolist()]
    shop, staff = shop[[len(x) > 0 for x in staff]], [x for x in staff if len(x)]
    firm = np.repeat(np.arange(len(shop)), rng.poisson(5, len(shop)))
    day = working_after(days_between(rng, np.zeros(len(firm), dtype=np.int64), np.full(len(firm), DAYS), 1.0))
    cents = (rng.lognormal(6.0, 0.7, len(firm)) * 100).astype(np.int64) // 500 * 500 + 500
    clerk = np.array([staff[f][k % len(staff[f])] for k, f in enumerate(firm.tolist())], dtype=np.int64)
    _counter(world, ledger, rng, shop[firm], day, world.town[shop[firm]], cents, clerk)


def _counter(
    world: World, ledger: Ledger, rng: Rng, party: Ints, day: Ints, town: Ints, cents: Ints, stood: Ints
) -> None:
    n = len(party)
    text = texts.draw(rng, n, "counter", empty=0.5)
    ledger.counter(moments(day, office(rng, n)), world.main[party], town, cents, stood, text=text)


def small_sums_abroad(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books small evening payments abroad: friends, creators, games, relatives, godchildren."""
    who = natural(world)
    sender = _some(rng, who, 0.07)
    # Private people abroad are hardly ever paid by two customers; a few teachers and makers are, by many.
    friend = world.strangers(rng, 2 * len(sender), 1.0)
    known = world.strangers(rng, max(world.people // 1500, 1), 1.0)
    live_far(world, np.concatenate([friend, known]), 0.6)
    person = _often(world, rng, sender, 0.3, 3.5)
    own = friend[np.searchsorted(sender, person) * 2 + (rng.random(len(person)) < 0.25)]
    whom = np.where(rng.random(len(person)) < 0.03, rng.choice(known, len(person)), own)
    moment, month = _when(world, rng, person, late)
    cents = _sums(rng, 10, 150, len(person), 5)
    text = texts.draw(rng, len(person), "little", month=month, empty=0.5)
    agent = rng.random(len(person)) < 0.3
    name = np.array([world.outside_names[f - 1_000_000][1] for f in whom.tolist()], dtype=object)
    ledger.pay(
        moment[agent],
        world.main[person[agent]],
        world.public["agent_b"],
        cents[agent],
        text=text[agent],
        tx_type="remittance",
        channel="msb",
        behind=name[agent],
    )
    ledger.pay(moment[~agent], world.main[person[~agent]], whom[~agent], cents[~agent], text=text[~agent])


def fines_and_papers(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books fines, certificates and translations, lawyers, and tuition."""
    bodies = {
        "fine": world.outside([("ΑΣΤΥΝΟΜΙΑ ΚΥΠΡΟΥ ΕΞΩΔΙΚΑ", "Police fines")], ["CY"]),
        "papers": world.outside([("Migration Department", "ΤΜΗΜΑ ΜΕΤΑΝΑΣΤΕΥΣΗΣ")], ["CY"]),
        "legal": world.other_firms(rng, max(world.people // 150, 4)),
        "tuition": world.other_firms(rng, max(world.people // 300, 3)),
    }
    who = natural(world)
    for pool, share, low, high in (
        ("fine", 0.16, 30, 300),
        ("papers", 0.1, 30, 300),
        ("legal", 0.05, 200, 2500),
        ("tuition", 0.06, 150, 1500),
    ):
        person = _often(world, rng, _some(rng, who, share), 0.08, 0.5)
        moment, month = _when(world, rng, person, office)
        ledger.pay(
            moment,
            world.main[person],
            rng.choice(bodies[pool], len(person)),
            _sums(rng, low, high, len(person), 5),
            text=texts.draw(rng, len(person), pool, month=month, empty=0.1),
        )


def placement_fees(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books what new workers, and households that take one on, pay to agencies by instalments."""
    who = natural(world)
    agency = world.other_firms(rng, max(world.people // 400, 3))
    new = who[np.isin(world.job[who], [DOMESTIC, SEASONAL]) & (world.opened[who] > -60)]
    worker = _some(rng, new, 0.4)
    turn = np.tile(np.arange(4), len(worker))
    person = np.repeat(worker, 4)
    day = np.maximum(world.opened[person], 0) + 28 + turn * 30 + rng.integers(0, 6, len(person))
    cents = np.minimum(_sums(rng, 80, 250, len(person)), world.income[person] // 2 // 1000 * 1000)
    keep = (rng.random(len(person)) < 0.8) & (cents > 0)
    ledger.pay(
        at(day, daytime(rng, len(day)))[keep],
        world.main[person[keep]],
        agency[person[keep] % len(agency)],
        cents[keep],
        text=texts.draw(rng, int(keep.sum()), "placement", empty=0.2),
    )
    rich = _some(rng, who[(world.income[who] > 180_000) & (world.job[who] == EMPLOYEE)], 0.03)
    moment, _ = _when(world, rng, rich, office)
    ledger.pay(
        moment,
        world.main[rich],
        rng.choice(agency, len(rich)),
        _sums(rng, 300, 1200, len(rich), 50),
        text=texts.draw(rng, len(rich), "placement", empty=0.1),
    )


def odd_jobs(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books credits of people who teach, sell second-hand things or work on the side, many by evening."""
    who = natural(world)
    seller = _some(rng, who, 0.05)
    person = _often(world, rng, seller, 0.8, 7.0)
    buyer = world.strangers(rng, max(world.people // 2, 60))
    regular = rng.random(len(person)) < 0.4
    payer = np.where(
        regular,
        buyer[(person * 13 + rng.integers(0, 6, len(person))) % len(buyer)],
        rng.choice(buyer, len(person)),
    )
    inside = rng.random(len(person)) < 0.35
    payer = np.where(inside, world.main[rng.choice(who, len(person))], payer)
    evening = rng.random(len(person)) < 0.6
    day = any_day(world, rng, person)
    second = np.where(evening, late(rng, len(person)), daytime(rng, len(person)))
    cents = rng.choice(np.array([15, 20, 25, 30, 40, 50, 50, 60, 80, 100, 120, 150, 200]) * 100, len(person))
    month, kind = month_of(np.maximum(day, 0)), person * 11 % 10
    for pool, trades in (
        ("odd_jobs", (0, 1, 2, 3, 4, 5)),
        ("therapy", (6,)),
        ("drive", (7, 8)),
        ("ticket", (9,)),
    ):
        mine = np.isin(kind, trades)
        text = texts.draw(rng, int(mine.sum()), pool, month=month[mine], empty=0.4)
        ledger.pay(moments(day, second)[mine], payer[mine], world.main[person[mine]], cents[mine], text=text)


def pocket_money(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books weekly sums that parents give the young, and couples give one another."""
    who = natural(world)
    young = who[(world.job[who] == STUDENT) | (world.age[who] == 0)]
    taker = _some(rng, young, 0.12)
    giver = rng.choice(who[world.income[who] > 90_000], len(taker))
    weeks = DAYS // 7
    day = np.tile(np.arange(weeks) * 7, len(taker)) + np.repeat(rng.integers(0, 7, len(taker)), weeks)
    given = rng.random(len(day)) < 0.8
    cents = np.repeat(rng.choice(np.array([10, 15, 20, 20, 25, 30, 40, 50]) * 100, len(taker)), weeks)
    ledger.pay(
        at(day, daytime(rng, len(day)))[given],
        np.repeat(world.main[giver], weeks)[given],
        np.repeat(world.main[taker], weeks)[given],
        cents[given],
        text=texts.draw(rng, int(given.sum()), "allowance", empty=0.4),
    )


def short_words(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books payments among private people with short or unclear texts, to steady contacts and once."""
    who = natural(world)
    outside = world.strangers(rng, max(world.people // 2, 60))
    for pool, rate, low, high in (
        ("forward", 0.12, 20, 700),
        ("agreed", 0.03, 50, 2500),
        ("gift", 0.03, 20, 400),
        ("worry", 0.02, 10, 200),
        ("stake", 0.02, 30, 900),
        ("house", 0.04, 30, 500),
        ("visits", 0.004, 40, 200),
        ("clinic", 0.006, 200, 3000),
        ("legal", 0.01, 100, 1500),
    ):
        person = repeat_by_rate(rng, who, np.full(len(who), rate), world)
        steady = outside[(person * 17 + rng.integers(0, 2, len(person))) % len(outside)]
        once = np.where(
            rng.random(len(person)) < 0.5,
            world.main[rng.choice(who, len(person))],
            rng.choice(outside, len(person)),
        )
        other = np.where(rng.random(len(person)) < 0.5, steady, once)
        night = rng.random(len(person)) < 0.45
        day = any_day(world, rng, person)
        second = np.where(night, late(rng, len(person)), daytime(rng, len(person)))
        mine, back = world.main[person], rng.random(len(person)) < 0.4
        ledger.pay(
            moments(day, second),
            np.where(back, other, mine),
            np.where(back, mine, other),
            _sums(rng, low, high, len(person)),
            text=texts.draw(rng, len(person), pool, month=month_of(np.maximum(day, 0)), empty=0.4),
        )


def shared_purses(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books pay that goes on to a partner, parent or own account elsewhere in the days after payday."""
    who = natural(world)
    giver = _some(rng, who[(world.income[who] > 80_000) & (world.job[who] == EMPLOYEE)], 0.03)
    taker = world.strangers(rng, len(giver), 0.1)
    person, month = monthly(world, giver)
    n = len(person)
    share = np.repeat(rng.uniform(0.4, 0.85, len(giver)), n // max(len(giver), 1))
    day = MONTH_STARTS[1:][month] - rng.integers(-3, 3, n)
    ledger.pay(
        at(day, daytime(rng, n)),
        world.main[person],
        np.repeat(taker, n // max(len(giver), 1)),
        (world.income[person] * share // 1000 * 1000).astype(np.int64),
        text=texts.draw(rng, n, "house", month=month, empty=0.5),
    )


def loans_and_deposits(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books loans among private people with repayments, and deposits of flats, paid and given back."""
    who = natural(world)
    borrower = _some(rng, who, 0.03)
    lender = np.where(
        rng.random(len(borrower)) < 0.4,
        rng.choice(world.main[who], len(borrower)),
        world.strangers(rng, len(borrower), 0.1),
    )
    start = rng.integers(-60, 200, len(borrower))
    each = round_sums(rng, 50, 300, len(borrower), 10)
    ledger.pay(at(start, daytime(rng, len(start))), lender, world.main[borrower], each * 5, text="loan")
    for turn in range(1, 6):
        day = start + 30 * turn + rng.integers(-2, 3, len(start))
        ledger.pay(
            at(day, daytime(rng, len(day))),
            world.main[borrower],
            lender,
            each,
            text=texts.draw(rng, len(day), "loan", empty=0.3),
        )
    mover = _some(rng, who, 0.05)
    landlord, day = world.strangers(rng, len(mover), 0.02), rng.integers(5, DAYS - 5, len(mover))
    rent = round_sums(rng, 250, 700, len(mover))
    back = rng.random(len(mover)) < 0.4
    text = texts.draw(rng, len(mover), "deposit")
    ledger.pay(
        at(day, daytime(rng, len(day)))[~back],
        world.main[mover][~back],
        landlord[~back],
        rent[~back],
        text=text[~back],
    )
    ledger.pay(
        at(day, daytime(rng, len(day)))[back],
        landlord[back],
        world.main[mover][back],
        rent[back],
        text=text[back],
    )


def trips_together(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books tickets and rooms that one pays for several, and what the others give back."""
    who = natural(world)
    lead = _some(rng, who[(world.opened[who] < 0) & (world.income[who] > 90_000)], 0.05)
    day = rng.integers(10, DAYS - 10, len(lead))
    for key, count in (("airline", 3), ("hotel", 2)):
        person = np.repeat(lead, count)
        when = np.repeat(day, count) + rng.integers(0, 4, len(person))
        trade = np.full(len(person), TRADE_INDEX[key])
        town = rng.integers(0, 11, len(person))
        ledger.shop(
            rng, at(when, daytime(rng, len(when))), world.main[person], trade, town, np.full(len(person), 1.3)
        )
    friend = np.repeat(lead, rng.integers(1, 5, len(lead)))
    payer = np.where(
        rng.random(len(friend)) < 0.5,
        rng.choice(world.main[who], len(friend)),
        rng.choice(world.strangers(rng, 60, 0.05), len(friend)),
    )
    place = np.searchsorted(lead, friend)
    when = day[place] + rng.integers(0, 12, len(friend))
    ledger.pay(
        at(when, late(rng, len(when))),
        payer,
        world.main[friend],
        _sums(rng, 50, 320, len(friend), 5),
        text=texts.chat(rng, len(friend)),
    )


def bursts(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books bursts of gift cards, digital goods, coins, bets and top-ups of people who just like them."""
    who = natural(world)
    for key, share, low, high in (
        ("gifts", 0.05, 0.4, 2.5),
        ("crypto", 0.03, 0.4, 3.0),
        ("betting", 0.05, 0.5, 6.0),
        ("topup", 0.1, 0.5, 3.0),
        ("digital", 0.05, 0.5, 3.0),
        ("taxi", 0.04, 1.0, 8.0),
        ("cosmetics", 0.04, 0.5, 3.0),
        ("vans", 0.01, 0.3, 1.0),
    ):
        person = _often(world, rng, _some(rng, who, share), low, high)
        moment, _ = _when(world, rng, person, late)
        ledger.shop(
            rng,
            moment,
            world.main[person],
            np.full(len(person), TRADE_INDEX[key]),
            world.town[person],
            rng.choice([0.7, 1.0, 1.0, 2.0], len(person)),
        )


def daily_cards(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books the card of people who pay nearly everything with it."""
    who = natural(world)
    person = _often(world, rng, _some(rng, who[world.income[who] > 60_000], 0.04), 5, 16)
    trade = rng.choice(len(TRADES), len(person), p=EVERYDAY).astype(np.int64)
    moment, _ = _when(world, rng, person, daytime)
    factor = np.clip(world.income[person] / 170_000, 0.45, 1.8)
    ledger.shop(rng, moment, world.main[person], trade, world.town[person], factor)


def coins(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books small takings in coins and notes of people who work for themselves, and tips of employees."""
    who = natural(world)
    trader = _some(rng, who[world.job[who] == SELF_EMPLOYED], 0.35)
    waiter = _some(rng, who[np.isin(world.job[who], [EMPLOYEE, SEASONAL])], 0.03)
    for member, low, high, mean in ((trader, 1.0, 8.0, 70), (waiter, 0.8, 4.0, 35)):
        person = _often(world, rng, member, low, high)
        cents = (rng.gamma(2.5, mean / 2.5, len(person)) * 100).astype(np.int64) // 50 * 50 + 500
        away = rng.random(len(person)) < 0.2
        town = np.where(away, rng.integers(0, 11, len(person)), world.town[person])
        moment, _ = _when(world, rng, person, daytime)
        machine = world.machines.choose(rng, town)
        ledger.cash(moment, world.main[person], machine, cents, True)


def lodgers(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books rents that owners of a second flat or a spare room receive from people elsewhere and here."""
    who = natural(world)
    owner = _some(rng, who[(world.opened[who] < -300) & (world.income[who] > 100_000)], 0.025)
    home = np.repeat(owner, rng.integers(1, 4, len(owner)))
    lodger = np.where(
        rng.random(len(home)) < 0.25,
        rng.choice(world.main[who], len(home)),
        world.strangers(rng, len(home), 0.1),
    )
    begin = np.where(rng.random(len(home)) < 0.6, -30, rng.integers(0, 150, len(home)))
    rent = round_sums(rng, 200, 700, len(home))
    for month in range(len(MONTH_STARTS) - 1):
        day = np.full(len(home), MONTH_STARTS[month]) + home % 9 + rng.integers(0, 3, len(home))
        on = (day > begin) & (rng.random(len(home)) < 0.97)
        ledger.pay(
            at(day, daytime(rng, len(day)))[on],
            lodger[on],
            world.main[home[on]],
            rent[on],
            text=texts.draw(rng, int(on.sum()), "rent", month=np.full(int(on.sum()), month), empty=0.2),
            purpose="RENT",
        )


def causes(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books gifts to charities and churches, and what bands and clubs earn for an evening."""
    who = natural(world)
    charity = world.other_firms(rng, max(world.people // 400, 3))
    person = _often(world, rng, _some(rng, who, 0.08), 0.1, 1.0)
    moment, month = _when(world, rng, person, daytime)
    ledger.pay(
        moment,
        world.main[person],
        rng.choice(charity, len(person)),
        _sums(rng, 5, 100, len(person), 5),
        text=texts.draw(rng, len(person), "donation", month=month, empty=0.2),
    )
    band = _often(world, rng, _some(rng, who, 0.012), 0.3, 2.5)
    moment, _ = _when(world, rng, band, office)
    ledger.pay(
        moment,
        rng.choice(world.other_firms(rng, 12), len(band)),
        world.main[band],
        _sums(rng, 80, 700, len(band), 10),
        text=texts.draw(rng, len(band), "stage", empty=0.1),
    )


#: Run after the processes of `life`, `trade` and `society`, in worlds other than the sample.
MORE_LIFE: tuple[Callable[[World, Ledger, Rng], None], ...] = (
    counter_cash,
    small_sums_abroad,
    fines_and_papers,
    placement_fees,
    odd_jobs,
    short_words,
    pocket_money,
    shared_purses,
    loans_and_deposits,
    trips_together,
    bursts,
    daily_cards,
    coins,
    lodgers,
    causes,
)
