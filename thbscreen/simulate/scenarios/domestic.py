"""P6: a worker in a household without a life on the account. T20 beside it is paid as the contract says."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate.clock import DAYS, MONTH_STARTS, Rng
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
    every,
    months,
    out_of_work,
    pair,
    same,
    spell,
    subdue,
    sums,
    tens,
)
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.world import DOMESTIC, World


def cast_servitude(world: World, rng: Rng) -> Group:
    """Casts a household, its worker, and the agency; in part of the cases nothing passes an account."""
    start, end = spell(rng, 150, 330)
    boss = world.take(rng, busy(world) & (world.income > 150_000), 1)
    in_cash = chance(rng, 0.3)
    worker = world.take(rng, alone(world), 0 if in_cash else count(rng, 1, 2))
    world.job[worker], world.income[worker] = DOMESTIC, 31_500
    subdue(world, rng, worker, 0.0)
    world.card_rate[worker] = rng.uniform(0.0, 0.2, len(worker))
    out_of_work(world, worker)
    arrive(world, worker, np.full(len(worker), start + 4))
    world.address[worker], world.town[worker] = world.address[one(boss)], world.town[one(boss)]
    same(rng, world.phone, worker, int(world.phone[one(boss)]), 0.6)
    same(rng, world.device, worker, int(world.device[one(boss)]), 0.6)
    if chance(rng, 0.6):
        world.joint += [(int(a), int(boss[0]), "mandate") for a in world.main[worker].tolist()]
    return Group(
        "",
        "positive",
        "P6",
        "not_evaluable" if in_cash else "alert",
        {"employer": boss, "worker": worker},
        {
            "employer": ("controller", "possible_controller"),
            "worker": ("possible_victim", "possible_victim"),
        },
        core=("worker",),
        shared_traits=(
            "low pay from a household",
            "an agency's fee from the first months' pay",
            "board at home",
        ),
        differs_in=(
            "pay below the contract, later none",
            "the household runs the account, and gets part of the pay back",
            "money home stops; no shopping or telephone of the own",
        ),
        numbers={
            "spell": pair(start, end),
            "agency": world.other_firms(rng, 1),
            "family": world.strangers(rng, 2, 1.0),
            "stop": np.array([start + count(rng, 90, 170)]),
        },
    )


def play_servitude(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books the agency's fee, a few months of pay, and what stops."""
    s, (start, end) = Stage(world, ledger, rng), group.numbers["spell"].tolist()
    boss, agency = int(world.main[one(group.roles["employer"])]), one(group.numbers["agency"])
    stop = min(one(group.numbers["stop"]), end)
    s.mark("arrival", "agency_fee")
    s.pay(np.array([start - 20, start + 2]), boss, agency, sums(rng, 300, 900, 2, 50), "placement", empty=0.1)
    if not len(group.roles["worker"]):
        s.mark("work", "cash_pay")
        day = every(rng, start + 25, end, 30, 2)
        s.cash(day, boss, round_sums(rng, 200, 320, len(day), 20))
        return
    for k, mine in enumerate(s.account(group.roles["worker"]).tolist()):
        month = months(start, stop)
        day = MONTH_STARTS[month] + 28 + rng.integers(0, 9, len(month))
        came = rng.random(len(month)) < 0.85
        cents = round_sums(rng, 150, 290, len(month))
        s.mark("work", "pay")
        s.pay(day[came], boss, mine, cents[came], "wages_home", purpose="SALA" if chance(rng, 0.5) else None)
        s.mark("work", "agency_share")
        first = came & (np.arange(len(month)) < 6)
        part = tens((cents * rng.uniform(0.5, 0.85, len(cents))).astype(np.int64))
        s.pay(day[first] + 1, mine, agency, part[first], "placement", empty=0.3)
        s.mark("work", "money_home")
        sent = came & ~first
        early = came & (np.arange(len(month)) < 2)
        s.pay(day[sent | early] + 3, mine, int(group.numbers["family"][k]), 4000, "remit")
        s.mark("work", "back_to_household")
        back = came & (rng.random(len(month)) < 0.5)
        s.pay(
            day[back] + 2, mine, boss, np.maximum(cents[back] - part[back] - 1000, 2000), "house", empty=0.5
        )


def cast_paid(world: World, rng: Rng) -> Group:
    """Casts a household and a domestic worker who is paid as the contract says."""
    boss = world.take(rng, busy(world) & (world.income > 150_000), 1)
    worker = world.take(rng, alone(world), 1)
    start = count(rng, -40, 90)
    world.job[worker], world.income[worker] = DOMESTIC, round_sums(rng, 309, 340, 1, 1)
    world.quiet[worker], world.housed[worker] = True, True
    out_of_work(world, worker)
    arrive(world, worker, start)
    world.card_rate[worker] = rng.uniform(0.8, 3, 1)
    world.address[worker], world.town[worker] = world.address[one(boss)], world.town[one(boss)]
    same(rng, world.phone, worker, int(world.phone[one(boss)]), 0.2)
    return cast_twin(
        "T20",
        {"household": boss, "worker": worker},
        (
            "low pay from a household, at whose address the worker lives",
            "most of it goes home or, at first, to an agency",
            "hardly any shopping for food",
        ),
        (
            "pay comes every month, at the contract's height, to the own account",
            "the worker's own top-ups, clothes and money home go on all year",
            "nothing goes back to the household",
        ),
        start=np.array([start]),
        agency=world.other_firms(rng, 1),
        family=world.strangers(rng, 1, 1.0),
    )


def play_paid(world: World, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
    """Books pay, money home, agency instalments and small shopping."""
    s, start = Stage(world, ledger, rng), one(group.numbers["start"])
    boss, mine = (int(world.main[one(group.roles[k])]) for k in ("household", "worker"))
    month = months(start, DAYS)
    day = MONTH_STARTS[month] + 27 + rng.integers(0, 3, len(month))
    s.mark("work", "pay")
    s.pay(
        day, boss, mine, int(world.income[group.roles["worker"][0]]), "wages_home", purpose="SALA", empty=0.1
    )
    s.mark("work", "agency_share")
    first = month < month[:1].sum() + 5
    if chance(rng, 0.5):
        s.pay(day[first] + 2, mine, one(group.numbers["agency"]), 10_000, "placement")
    s.mark("work", "money_home")
    s.pay(
        day + rng.integers(1, 6, len(day)),
        mine,
        one(group.numbers["family"]),
        round_sums(rng, 100, 200, len(day)),
        "remit",
    )
    s.mark("work", "own_shopping")
    s.shop(every(rng, start + 3, DAYS, 14, 3), mine, "topup")
    s.shop(every(rng, start + 9, DAYS, 26, 6), mine, "clothes", 0.6)
    s.shop(every(rng, start + 5, DAYS, 9, 3), mine, "corner", 0.7)
    s.cash(day + 4, mine, round_sums(rng, 20, 60, len(day), 20))
