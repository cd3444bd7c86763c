"""Lawful groups beside P2 and P4: who sends for flat-mates, organises events, or passes through."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import DAYS, MONTH_STARTS, Rng, working_after
from thbscreen.simulate.groups import Group, one
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.places import round_sums
from thbscreen.simulate.scenarios.kit import (
    Stage,
    alone,
    arrive,
    busy,
    cast_twin,
    chance,
    count,
    crowd,
    daytime,
    earning,
    every,
    late,
    months,
    office,
    pair,
    spell,
    spread,
)
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import EMPLOYEE, World


def cast_sender(world: World, rng: Rng) -> Group:
    """Casts flat-mates of whom one sends the money of all to their families."""
    who = world.take(rng, alone(world) & earning(world), count(rng, 4, 8))
    world.move_in(who, world.new_address(), int(world.town[who[0]]))
    return cast_twin(
        "T8",
        {"sender": who[:1], "mate": who[1:]},
        (
            "several people at one address give to one account after payday",
            "nearly all of it leaves within a day, abroad",
            "round sums, month after month",
        ),
        (
            "as many families abroad as givers, each sum matched one to one",
            "givers keep most of their pay and spend it themselves",
            "the sender adds money of the own family and keeps nothing",
        ),
        family=world.strangers(rng, len(who), 1.0),
        agent=np.array([world.public["agent_b"]]),
    )


def play_sender(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the givings and what is sent on for each family."""
    s, month = Stage(world, ledger, rng), np.arange(9, dtype=np.int64)
    sender, mates = int(world.main[one(group.roles["sender"])]), s.account(group.roles["mate"])
    names = [world.outside_names[f - 1_000_000][1] for f in group.numbers["family"].tolist()]
    base = round_sums(rng, 100, 300, len(mates) + 1, 10)
    by_agent = chance(rng, 0.6)
    day = MONTH_STARTS[month] + rng.integers(1, 5, len(month))
    for k, mate in enumerate([sender, *mates.tolist()]):
        cents = np.where(rng.random(len(month)) < 0.75, base[k], base[k] + 5000)
        gave = rng.random(len(month)) < 0.9
        s.mark("month", "give")
        if k:
            s.pay(day[gave] - 1, mate, sender, cents[gave], "remit", empty=0.5)
        s.mark("month", "send")
        name = np.full(int(gave.sum()), names[k], dtype=object)
        if by_agent:
            agent = one(group.numbers["agent"])
            s.pay(
                day[gave],
                sender,
                agent,
                cents[gave],
                "remit",
                tx_type="remittance",
                channel="msb",
                behind=name,
            )
        else:
            s.pay(day[gave], sender, int(group.numbers["family"][k]), cents[gave], "remit")


def cast_event(world: World, rng: Rng) -> Group:
    """Casts somebody who organises parties and concerts."""
    who = world.take(rng, busy(world), 1)
    world.licence[one(who)] = "event_organiser" if chance(rng, 0.6) else None
    return cast_twin(
        "T11",
        {"organiser": who, "artist": world.take(rng, busy(world), count(rng, 2, 5))},
        (
            "many small evening payments from people seen once",
            "adverts, rooms and tickets for others",
            "cash takings paid in after the night; private people are paid from it",
        ),
        (
            "payments gather before a few dates and stop after them",
            "halls, sound and drinks are paid to firms with numbers",
            "artists are paid once per event and keep it",
        ),
        guests=crowd(world, rng, count(rng, 80, 200), 0.45, 0.04),
        supplier=world.other_firms(rng, count(rng, 3, 6)),
        event=np.sort(rng.integers(20, DAYS - 5, count(rng, 4, 9))),
    )


def play_event(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the sale of tickets, takings, suppliers and artists of each event."""
    s, mine = Stage(world, ledger, rng), int(world.main[one(group.roles["organiser"])])
    artist = s.account(group.roles["artist"])
    for event in group.numbers["event"].tolist():
        n, price = count(rng, 14, 40), int(rng.choice([1000, 1500, 2000, 2500, 5000]))
        day = event - rng.integers(0, 18, n)
        s.mark("before", "ticket_sale")
        s.pay(
            day,
            rng.choice(group.numbers["guests"], n),
            mine,
            price * rng.integers(1, 5, n),
            "ticket",
            clock=late,
        )
        s.mark("before", "advert")
        s.shop(event - rng.integers(1, 15, 4), mine, "adverts", 1.3)
        s.mark("event", "takings")
        s.cash(event + np.array([1, 1, 2]), mine, round_sums(rng, 150, 900, 3, 50), paid_in=True)
        s.mark("event", "supplier")
        bill = (n * price * rng.uniform(0.2, 0.7, 3)).astype(np.int64) + 9000
        s.pay(
            working_after(event + rng.integers(-9, 12, 3)),
            mine,
            rng.choice(group.numbers["supplier"], 3),
            bill,
            "invoice",
            empty=0.05,
            clock=office,
        )
        s.mark("event", "artist")
        who = rng.choice(artist, min(2, len(artist)), replace=False)
        s.pay(np.full(len(who), event + 2), mine, who, round_sums(rng, 100, 500, len(who), 50), "stage")
        s.shop(np.full(2, event), mine, "hotel", 1.3)
    s.mark("year", "duties")
    s.trade_duties(0, DAYS, mine, 120_000)


def cast_passing(world: World, rng: Rng) -> Group:
    """Casts somebody who lives from place to place: remote worker, seafarer, crew, long-stay guest."""
    who = world.take(rng, alone(world), 1)
    start, end = spell(rng, 90, 240)
    arrive(world, who, max(start, 0) + 1)
    world.job[who], world.employer[who], world.unpaid[who], world.housed[who] = EMPLOYEE, -1, True, True
    world.income[who] = round_sums(rng, 1500, 3200, 1, 10)
    world.quiet[who], world.card_rate[who], world.cash_rate[who] = True, 0.4, 0.0
    return cast_twin(
        "T19",
        {"guest": who},
        (
            "a new account, short lets and rooms in several towns",
            "weeks without a movement, then many",
            "cash in other districts, late card use, rides",
        ),
        (
            "one foreign firm or client pays regularly",
            "everything is spent by and for the holder",
            "nobody is paid again and again except hosts",
        ),
        spell=pair(max(start, 0) + 2, end),
        client=world.other_firms(rng, count(rng, 1, 2), 1.0),
        host=world.strangers(rng, count(rng, 2, 4), 0.2),
        friends=crowd(world, rng, 10, 0.5, 0.3),
    )


def play_passing(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books stays between absences, and what is earned elsewhere."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    mine = int(world.main[one(group.roles["guest"])])
    s.mark("stay", "earned")
    month = months(start, end)
    pay = int(world.income[group.roles["guest"][0]])
    s.pay(
        MONTH_STARTS[month] + rng.integers(0, 6, len(month)),
        rng.choice(group.numbers["client"], len(month)),
        mine,
        pay,
        "invoice",
        clock=office,
    )
    here = start
    while here < min(end, DAYS):
        leave = here + count(rng, 12, 30)
        town = int(rng.integers(0, 11))
        s.mark("stay", "room")
        s.shop(np.array([here, here + 1]), mine, "hotel", 1.2, town=town)
        s.pay(
            np.array([here + 2]),
            mine,
            int(rng.choice(group.numbers["host"])),
            round_sums(rng, 250, 700, 1, 10),
            "rent",
            purpose="RENT",
        )
        s.mark("stay", "life")
        for key, n in (("restaurant", 6), ("bar", 4), ("taxi", 4), ("grocery", 4), ("digital", 2)):
            s.shop(
                spread(rng, here, leave, n),
                mine,
                key,
                1.1,
                town=town,
                clock=late if key in ("bar", "taxi") else daytime,
            )
        s.cash(spread(rng, here, leave, 3), mine, round_sums(rng, 40, 200, 3), town=town, clock=late)
        s.chat(
            spread(rng, here, leave, 2),
            rng.choice(group.numbers["friends"], 2),
            mine,
            round_sums(rng, 10, 90, 2),
        )
        here = leave + count(rng, 3, 25)
    s.mark("stay", "flight")
    s.shop(every(rng, start, end, 35, 8), mine, "airline", 1.2)
