"""P10: small sums for online exploitation, and sums extorted from the young. T17 beside it.

The two directions protect opposite people: in the first who pays may be at fault, in the second who pays is
to be protected.
"""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Rng
from thbscreen.simulate.groups import Group, one
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.more_life import live_far
from thbscreen.simulate.places import round_sums
from thbscreen.simulate.scenarios.kit import (
    Stage,
    alone,
    bundled,
    cast_twin,
    chance,
    count,
    earning,
    every,
    late,
    pair,
    spell,
    spread,
    sums,
    take_busy,
    tens,
    young,
)
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import World


def cast_payers(world: World, rng: Rng) -> Group:
    """Casts unrelated people who send small sums to one person far away."""
    start, end = spell(rng, 90, 280)
    payer = take_busy(world, rng, count(rng, 2, 6))
    receiver = world.strangers(rng, 2 if chance(rng, 0.25) else 1, 1.0)
    live_far(world, receiver, 0.9)
    return Group(
        "",
        "positive",
        "P10a",
        "alert",
        {"payer": payer},
        {"payer": ("client", "possible_client")},
        core=("payer",),
        shared_traits=(
            "small sums abroad",
            "words of family support",
            "purchases of games and digital goods",
        ),
        differs_in=(
            "several unrelated people pay one receiver, in the evening, several times a week",
            "no other tie to that country",
        ),
        numbers={"spell": pair(start, end), "receiver": receiver},
    )


def play_payers(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books small payments abroad, partly through agents, and digital purchases."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    receivers = group.numbers["receiver"]
    for k, mine in enumerate(s.account(group.roles["payer"]).tolist()):
        begin = start + count(rng, 0, max((end - start) // 3, 1))
        last = min(begin + count(rng, 50, 200), end)
        n = rng.poisson(max(last - begin, 7) / 7 * rng.uniform(1.6, 4.8))
        day = spread(rng, begin, last, n)
        cents = np.where(rng.random(n) < 0.25, rng.integers(1000, 20_000, n), round_sums(rng, 10, 150, n, 5))
        receiver = int(receivers[k % len(receivers)])
        agent = rng.random(n) < 0.35
        name = np.full(int(agent.sum()), world.outside_names[receiver - 1_000_000][1], dtype=object)
        s.mark("pay", "sent_by_agent")
        s.pay(
            day[agent],
            mine,
            world.public["agent_b"],
            cents[agent],
            "little",
            empty=0.5,
            clock=late,
            tx_type="remittance",
            channel="msb",
            behind=name,
        )
        s.mark("pay", "sent")
        s.pay(day[~agent], mine, receiver, cents[~agent], "little", empty=0.5, clock=late)
        s.mark("pay", "digital")
        s.shop(spread(rng, begin, last, n // 4), mine, "digital", clock=late)


def cast_extortion(world: World, rng: Rng) -> Group:
    """Casts young people who pay under pressure and the account that collects."""
    start, end = spell(rng, 50, 180)
    payer = world.take(rng, young(world) & (world.opened < max(start, 30)), count(rng, 4, 9))
    pressed = chance(rng, 0.4)
    collector = world.take(rng, alone(world) & ~young(world), 1) if pressed else take_busy(world, rng, 1)
    role = ("possible_victim", "possible_victim") if pressed else ("controller", "possible_controller")
    return Group(
        "",
        "positive",
        "P10b",
        "alert",
        {"payer": payer, "collector": collector},
        {"payer": ("possible_victim", "possible_victim"), "collector": role},  # type: ignore[dict-item]
        core=("collector",),
        shared_traits=("small round sums of young people", "gift cards and coins bought", "series that grow"),
        differs_in=(
            "many unrelated young people pay one person a few times and stop at once",
            "spent within a day",
        ),
        numbers={
            "spell": pair(max(start, 0), max(end, 40)),
            "others": world.strangers(rng, count(rng, 4, 18), 0.3),
            "exit": world.strangers(rng, 1, 1.0),
        },
    )


def play_extortion(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books series of small payments that grow and stop, and what is done with the money."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    collector = int(world.main[one(group.roles["collector"])])
    payers = np.concatenate([s.account(group.roles["payer"]), group.numbers["others"]])
    when, money = [], []
    for payer in payers.tolist():
        n, first = count(rng, 1, 6), count(rng, start, min(end, DAYS) - 4)
        gap = np.cumsum(rng.integers(1, 40, n)) * 3600
        moment = first * DAY_SECONDS + 66_000 + gap
        cents = np.sort(rng.choice([1000, 2000, 2000, 3000, 5000, 5000, 7500, 10_000, 15_000, 25_000], n))
        s.mark("press", "paid")
        s.pay(
            moment // DAY_SECONDS,
            payer,
            collector,
            cents,
            "worry" if chance(rng, 0.35) else "little",
            empty=0.6,
            moment=moment,
        )
        when.append(moment)
        money.append(cents)
    joined, sums_of = np.concatenate(when), np.concatenate(money)
    _, end_of, total = bundled(np.full(len(joined), collector), joined, sums_of)
    out = tens((total * rng.uniform(0.6, 0.98, len(total))).astype(np.int64), 5)
    way = rng.random(len(total))
    day = (end_of + rng.integers(0, 20 * 3600, len(total))) // DAY_SECONDS
    s.mark("press", "gift_card")
    s.shop(day[way < 0.45], collector, "gifts", 2.2)
    s.mark("press", "coins")
    s.shop(day[(way >= 0.35) & (way < 0.7)], collector, "crypto", 0.7, clock=late)
    s.mark("press", "sent_away")
    s.pay(day[way >= 0.7], collector, one(group.numbers["exit"]), out[way >= 0.7], "forward", empty=0.6)


def cast_deceived(world: World, rng: Rng) -> Group:
    """Casts somebody who loses money to a scam, a feigned romance, or games of chance."""
    who = world.take(rng, earning(world), 1)
    start, end = spell(rng, 40, 160)
    return cast_twin(
        "T17",
        {"payer": who},
        (
            "series of growing payments to one person or site abroad, late in the day",
            "gift cards, coins and bets",
            "words of family, medicine or pleading",
        ),
        (
            "it is the own money: wages, savings, a loan; no credits of others before",
            "one payer, nobody is collected from",
            "rent and shopping go on as before",
        ),
        spell=pair(start, end),
        receiver=world.strangers(rng, 2, 1.0),
        kind=np.array([count(rng, 0, 2)]),
        friend=world.strangers(rng, 1),
    )


def play_deceived(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the series that grows, small winnings or coins, and money borrowed from a friend."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    mine, kind = int(world.main[one(group.roles["payer"])]), one(group.numbers["kind"])
    n = count(rng, 8, 30)
    day = np.sort(spread(rng, start, end, n))
    if kind == 2:
        s.mark("loss", "bets")
        s.shop(np.repeat(day, 2), mine, "betting", 2.0, clock=late)
        back = day[rng.random(n) < 0.2]
        s.pay(back + 2, int(world.other_firms(rng, 1, 1.0)[0]), mine, sums(rng, 30, 400, len(back)), "stake")
    else:
        cents = tens(
            (np.linspace(30, rng.uniform(200, 2000), n) * rng.uniform(0.7, 1.3, n) * 100).astype(np.int64)
        )
        s.mark("loss", "sent")
        s.pay(
            day,
            mine,
            rng.choice(group.numbers["receiver"], n),
            cents,
            "little" if kind else "stake",
            empty=0.3,
            clock=late,
        )
        s.mark("loss", "gift_card")
        s.shop(day[rng.random(n) < 0.4], mine, "gifts", 2.0)
        s.shop(day[rng.random(n) < 0.25], mine, "crypto", 1.5, clock=late)
    s.mark("loss", "borrowed")
    day = every(rng, start + 20, end, 40, 9)
    s.pay(day, one(group.numbers["friend"]), mine, round_sums(rng, 200, 1500, len(day), 100), "loan")
