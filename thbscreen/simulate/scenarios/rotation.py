"""P9: people feed one account in turns and move on. P11: a labour house also used for evening visits."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import DAY_SECONDS, DAYS, Ints, Rng
from thbscreen.simulate.groups import Group, one
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.places import round_sums
from thbscreen.simulate.positives import visit_sums
from thbscreen.simulate.scenarios import exploitation, labour
from thbscreen.simulate.scenarios.kit import (
    Stage,
    alone,
    arrive,
    bundled,
    chance,
    count,
    crowd,
    every,
    late,
    lowest_pay,
    out_of_work,
    same,
    spread,
    subdue,
    sums,
    take_busy,
    tens,
)
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import EMPLOYEE, World


def cast_relay(world: World, rng: Rng) -> Group:
    """Casts one account that several people feed, one after the other, at one address."""
    turns = count(rng, 4, 8)
    length = rng.integers(24, 62, turns)
    first = count(rng, -30, max(DAYS - int(length.sum()) - 10, 5))
    begin = first + np.concatenate([[0], np.cumsum(length)[:-1]]) - rng.integers(0, 6, turns)
    source, sink = world.take(rng, alone(world), turns), take_busy(world, rng, 1)
    subdue(world, rng, source, 0.4)
    out_of_work(world, source)
    waged = rng.random(turns) < 0.5
    world.unpaid[source[waged]], world.job[source[waged]] = False, EMPLOYEE
    world.income[source[waged]] = lowest_pay(rng, int(waged.sum()))
    fresh = rng.random(turns) < 0.7
    arrive(world, source[fresh], (begin - rng.integers(2, 30, turns))[fresh])
    world.move_in(source, world.new_address(), int(world.town[one(sink)]))
    same(rng, world.phone, source, int(world.phone[one(sink)]), 0.25)
    same(rng, world.device, source, int(world.device[one(sink)]), 0.25)
    return Group(
        "",
        "positive",
        "P9",
        "alert",
        {"source": source, "sink": sink},
        {
            "source": ("possible_victim", "possible_victim"),
            "sink": ("controller", "possible_controller"),
        },
        core=("source", "sink"),
        shared_traits=("monthly sums of people of one address to one person", "payers follow one another"),
        differs_in=(
            "sums differ and take far more than a rent from what comes in",
            "no deposit, each account falls silent after its turn",
        ),
        numbers={
            "begin": begin.astype(np.int64),
            "end": (begin + length + rng.integers(0, 8, turns)).astype(np.int64),
            "waged": waged.astype(np.int64),
            "buyers": crowd(world, rng, 60, 0.4, 0.1),
            "landlord": world.strangers(rng, 1),
            "lodger": some_lodgers(world, rng),
            "abroad": world.strangers(rng, 1, 1.0),
        },
    )


def some_lodgers(world: World, rng: Rng) -> Ints:
    """Draws accounts elsewhere that really pay a room at the same person's: the landlord look."""
    return world.strangers(rng, count(rng, 0, 2))


def play_relay(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books each turn: what comes in, what goes to the one account; and that account's own costs."""
    s, numbers = Stage(world, ledger, rng), group.numbers
    sink = int(world.main[one(group.roles["sink"])])
    first, last = int(numbers["begin"].min()), int(numbers["end"].max())
    for k, person in enumerate(group.roles["source"].tolist()):
        mine, begin, end = int(world.main[person]), int(numbers["begin"][k]), int(numbers["end"][k])
        n = rng.poisson((end - begin) / 7 * (1.2 if numbers["waged"][k] else 3.5))
        day = spread(rng, begin, end, n)
        day = np.sort(day[day >= 0])
        moment, cents = day * DAY_SECONDS + late(rng, len(day)), visit_sums(rng, len(day))
        s.mark("turn", "credit")
        s.chat_at(day, moment, rng.choice(numbers["buyers"], len(day)), mine, cents)
        wage = pays.of(np.array([person]))
        inside = (wage.moment >= begin * DAY_SECONDS) & (wage.moment < end * DAY_SECONDS)
        moment, cents = (
            np.concatenate([moment, wage.moment[inside]]),
            np.concatenate([cents, wage.cents[inside]]),
        )
        _, when, total = bundled(np.full(len(moment), mine), moment, cents, count(rng, 4, 9) * DAY_SECONDS)
        passed = tens((total * rng.uniform(0.5, 0.92, len(total))).astype(np.int64), 5)
        s.mark("turn", "forward")
        s.pay(when // DAY_SECONDS + rng.integers(0, 3, len(when)), mine, sink, passed, "house", empty=0.5)
        s.mark("turn", "cash")
        own = every(rng, begin + 4, end, 9, 3)
        s.cash(own, mine, round_sums(rng, 20, 60, len(own), 20))
        s.mark("turn", "ticket")
        if chance(rng, 0.6):
            s.shop(np.array([begin - 4, end + 1]), sink, "airline")
    for lodger in numbers["lodger"].tolist():
        s.mark("house", "lodger")
        s.rent(first, last, lodger, sink, int(round_sums(rng, 200, 320, 1)[0]))
    s.mark("house", "rent")
    s.rent(first, last, sink, one(numbers["landlord"]), int(round_sums(rng, 450, 750, 1)[0]))
    s.mark("house", "sent_away")
    day = every(rng, first + 20, last, 25, 5)
    s.pay(day, sink, one(numbers["abroad"]), sums(rng, 400, 1500, len(day), 50), "remit", empty=0.4)


def cast_mixed(world: World, rng: Rng) -> Group:
    """Casts a labour scheme and a cell that share a landlord, a driver and a telephone."""
    gang, cell = labour.cast_gang(world, rng), exploitation.cast_cell(world, rng)
    cell.numbers["landlord"] = np.append(cell.numbers["landlord"], gang.numbers["landlord"][:1])
    gang.numbers["driver"] = cell.numbers["driver"]
    sink, controller = gang.roles["sink"], cell.roles["controller"]
    world.phone[cell.roles["collector"]] = world.phone[sink[0]]
    home = gang.roles["worker"][0]
    near = cell.roles["account"][: count(rng, 1, 3)]
    world.address[near], world.town[near] = world.address[home], world.town[home]
    numbers = {f"gang.{k}": v for k, v in gang.numbers.items()} | {
        f"cell.{k}": v for k, v in cell.numbers.items()
    }
    return Group(
        "",
        "positive",
        "P11",
        "alert",
        {**gang.roles, **cell.roles, "sink": sink, "controller": controller},
        {**gang.expected_roles, **cell.expected_roles},
        core=(*gang.core, *cell.core),
        shared_traits=(*gang.shared_traits, *cell.shared_traits),
        differs_in=(
            *gang.differs_in,
            "two kinds of takings meet in one house, landlord, driver and telephone",
        ),
        numbers=numbers,
    )


def play_mixed(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books both parts, and money between those who run them."""
    for part, play in (("gang", labour.play_gang), ("cell", exploitation.play_cell)):
        numbers = {k.split(".", 1)[1]: v for k, v in group.numbers.items() if k.startswith(f"{part}.")}
        half = Group(
            "", "positive", "P11", "alert", group.roles, group.expected_roles, group.core, (), (), numbers
        )
        play(world, ledger, rng, half, pays)
    s = Stage(world, ledger, rng)
    s.mark("work", "between_the_two")
    begin, end = group.numbers["cell.spell"].tolist()
    day = every(rng, begin, end, 16, 4)
    collector, sink = (int(world.main[group.roles[k][0]]) for k in ("collector", "sink"))
    s.pay(day, collector, sink, sums(rng, 150, 600, len(day), 50), "forward", empty=0.5)
