"""What firms do: wages with social insurance and tax, invoices, takings, suppliers, rents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thbscreen.simulate import texts
from thbscreen.simulate.clock import (
    DAYS,
    MONTH_COUNT,
    MONTH_STARTS,
    Floats,
    Ints,
    Rng,
    at,
    month_of,
    office,
    working_after,
    working_before,
)
from thbscreen.simulate.ledger import Ledger, days_between, moments
from thbscreen.simulate.places import round_sums
from thbscreen.simulate.world import DOMESTIC, EMPLOYEE, SEASONAL, World


@dataclass(slots=True)
class Pays:
    """Wages that were paid: who, when (local seconds), how much (cents), in which month."""

    person: Ints
    moment: Ints
    cents: Ints
    month: Ints

    def of(self, who: Ints) -> Pays:
        """Gives the wages of some people."""
        mine = np.isin(self.person, who)
        return Pays(self.person[mine], self.moment[mine], self.cents[mine], self.month[mine])

    def since(self, moment: int) -> Pays:
        """Gives the wages paid from a moment (local seconds) on."""
        later = self.moment >= moment
        return Pays(self.person[later], self.moment[later], self.cents[later], self.month[later])


def settle_firms(world: World, rng: Rng) -> None:
    """Fills the declared facts of firms from their staff on file, and gives some of them licences."""
    firms = np.arange(world.people, world.parties)
    size = np.bincount(world.employer[world.employer >= 0], minlength=world.parties)
    told = np.maximum(np.round(size * rng.uniform(0.85, 1.2, world.parties)), 1).astype(np.int64)
    world.staff[firms] = np.where(world.staff[firms] > 0, world.staff[firms], told[firms])
    scale = rng.uniform(2.6, 5.0, world.parties) * 12
    world.turnover[firms] = np.round(np.maximum(size, 1) * 1700 * scale)[firms].astype(np.int64) * 100
    pool = ("accommodation", "wedding_trade", "payroll_bureau", "employment_agency", "travel_agency")
    for firm in rng.choice(firms, len(firms) // 7, replace=False).tolist():
        if firm not in world.taken:
            world.licence[firm] = pool[int(rng.integers(len(pool)))]


def _paydays(world: World, rng: Rng) -> Ints:
    """Gives the payday of each party as employer, by month."""
    start, end = MONTH_STARTS[:-1], MONTH_STARTS[1:]
    style = rng.choice(3, world.parties, p=[0.45, 0.35, 0.20])
    fixed = rng.integers(24, 28, world.parties)
    table = np.empty((world.parties, MONTH_COUNT), dtype=np.int64)
    for month in range(MONTH_COUNT):
        last = int(working_before(np.array([end[month] - 1]))[0])
        early = int(working_after(np.array([start[month] + 2]))[0])
        same = working_before(start[month] + fixed)
        table[:, month] = np.where(style == 0, last, np.where(style == 1, same, early))
    return table


def wages(world: World, ledger: Ledger, rng: Rng) -> Pays:
    """Pays everybody who has an employer, here or elsewhere, and gives what was paid."""
    n = world.people
    payday, outside = _paydays(world, rng), world.other_firms(rng, world.many(90))
    working = np.isin(world.job[:n], [EMPLOYEE, SEASONAL]) & ~world.unpaid[:n]
    person = np.repeat(np.flatnonzero(working), MONTH_COUNT)
    month = np.tile(np.arange(MONTH_COUNT, dtype=np.int64), int(working.sum()))
    elsewhere = rng.integers(0, len(outside), n)
    boss = world.employer[person]
    day = payday[np.where(boss >= 0, boss, elsewhere[person]), month]
    pace = np.where(boss >= 0, boss, elsewhere[person] + 5000)
    second = 9 * 3600 + (pace * 613) % 14_400 + rng.integers(0, 240, len(person))
    served = np.clip((day - np.maximum(world.opened[person], day - 30) + 4) / 30, 0, 1)
    cents = (
        world.income[person]
        * np.where(served > 0.85, 1, served)
        * rng.choice([1, 1, 1, 1.04, 1.1], len(person))
    ).astype(np.int64)
    cut = rng.random(len(person)) < np.where(boss >= 0, world.deduct_share[boss], 0.01)
    cents = np.where(cut, (cents * rng.uniform(0.56, 0.68, len(person))).astype(np.int64), cents)
    text = texts.draw(rng, len(person), "salary", month=month)
    text[cut] = texts.draw(rng, int(cut.sum()), "deduction", month=month[cut])
    live = (served > 0.1) & (day < world.left[person]) & (rng.random(len(person)) > 0.01)
    person, month, cents, text = person[live], month[live], cents[live], text[live]
    moment, boss = at(day, second)[live], boss[live]
    payer = np.where(boss >= 0, world.main[world.wage_payer[boss]], outside[elsewhere[person]])
    ledger.pay(
        moment, payer, world.main[person], cents, text=text, purpose="SALA", device=np.full(len(person), -1)
    )
    _duties(world, ledger, rng, np.where(boss >= 0, world.wage_payer[boss], -1), boss, month, cents)
    return Pays(person, moment, cents, month)


def _duties(
    world: World, ledger: Ledger, rng: Rng, payer: Ints, boss: Ints, month: Ints, cents: Ints
) -> None:
    """Pays social insurance and tax of each month's wages in the middle or at the end of the next."""
    here = payer >= 0
    share = np.where(here, world.social_share[boss], 0)
    due = np.zeros((world.parties, MONTH_COUNT))
    np.add.at(due, (payer[here], month[here]), cents[here] * share[here])
    firm, when = np.nonzero(due > 0)
    base = due[firm, when]
    later = np.minimum(MONTH_STARTS[when + 1] + 27, DAYS + 40)
    for key, rate, pool in (("social", 0.265, "social"), ("tax", 0.06, "tax")):
        jitter = rng.integers(-4, 3, len(firm))
        moment = at(working_before(later + jitter), office(rng, len(firm)))
        text = texts.draw(rng, len(firm), pool, month=when.astype(np.int64))
        ledger.pay(moment, world.main[firm], world.public[key], (base * rate).astype(np.int64), text=text)


def house_help(world: World, ledger: Ledger, rng: Rng) -> None:
    """Pays live-in domestic workers from private accounts."""
    n = world.people
    worker = np.flatnonzero((world.job[:n] == DOMESTIC) & ~world.quiet[:n])
    rich = np.flatnonzero((world.job[:n] == EMPLOYEE) & (world.income[:n] > 150_000) & ~world.quiet[:n])
    boss = rng.choice(rich, len(worker), replace=False)
    person, payer = np.repeat(worker, MONTH_COUNT), np.repeat(boss, MONTH_COUNT)
    month = np.tile(np.arange(MONTH_COUNT, dtype=np.int64), len(worker))
    day = MONTH_STARTS[1:][month] - 1 - np.repeat(rng.integers(0, 4, len(worker)), MONTH_COUNT)
    ledger.pay(
        at(day, office(rng, len(day))),
        world.main[payer],
        world.main[person],
        world.income[person],
        text=texts.draw(rng, len(day), "wages_home", month=month),
        purpose="SALA",
    )


def commerce(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books invoices, card settlements, takings in cash, suppliers, rents and value added tax of firms."""
    firms = np.arange(world.people, world.parties)
    clients, landlords = world.other_firms(rng, world.many(220), 0.12), world.other_firms(rng, world.many(60))
    size = np.maximum(np.bincount(world.employer[world.employer >= 0], minlength=world.parties)[firms], 1.2)
    monthly = size * 1500.0 * 100 * rng.uniform(1.8, 3.2, len(firms))
    flows = (("in", 2.6, 0.62, clients), ("out", 2.2, 0.28, clients))
    for direction, rate, share, others in flows:
        count = rng.poisson(rate * MONTH_COUNT, len(firms))
        firm = np.repeat(np.arange(len(firms)), count)
        near = rng.random(len(firm)) < 0.25
        other = np.where(near, rng.choice(firms, len(firm)), rng.choice(others, len(firm)))
        day = working_after(
            days_between(rng, np.zeros(len(firm), dtype=np.int64), np.full(len(firm), DAYS), 1.0)
        )
        cents = (monthly[firm] * share / rate * rng.lognormal(-0.4, 0.9, len(firm))).astype(np.int64)
        mine = world.main[firms[firm]]
        payer, payee = (other, mine) if direction == "in" else (mine, other)
        text = texts.draw(rng, len(firm), "invoice", month=month_of(day), empty=0.08)
        ledger.pay(moments(day, office(rng, len(firm))), payer, payee, cents, text=text)
    _takings(world, ledger, rng, firms, monthly)
    _standing(world, ledger, rng, firms, landlords, monthly)


def _takings(world: World, ledger: Ledger, rng: Rng, firms: Ints, monthly: Floats) -> None:
    shops = np.flatnonzero(
        np.isin([world.nace[f] for f in firms], ["55.10", "56.10", "47.11", "10.71", "45.20", "96.02"])
    )
    for rate, paid_in in ((2.2, False), (3.4, True)):
        firm = np.repeat(shops, rng.poisson(rate * MONTH_COUNT, len(shops)))
        day = working_after(
            days_between(rng, np.zeros(len(firm), dtype=np.int64), np.full(len(firm), DAYS), 1.0)
        )
        cents = (monthly[firm] * 0.16 / rate * rng.lognormal(-0.2, 0.6, len(firm))).astype(np.int64)
        who = world.main[firms[firm]]
        if paid_in:
            cents = np.minimum(cents // 1000 * 1000 + 500 * rng.integers(0, 4, len(firm)), 900_000)
            machine = np.array([world.machines.low[world.town[f]] for f in firms[firm]], dtype=np.int64)
            ledger.cash(
                moments(day, office(rng, len(firm))),
                who,
                machine + rng.integers(0, 2, len(firm)),
                cents,
                True,
            )
        else:
            text = texts.draw(rng, len(firm), "takings")
            ledger.pay(
                moments(day, np.full(len(firm), 3600 * 7)), world.public["acquirer"], who, cents, text=text
            )


def _standing(world: World, ledger: Ledger, rng: Rng, firms: Ints, landlords: Ints, monthly: Floats) -> None:
    firm = np.repeat(np.arange(len(firms)), MONTH_COUNT)
    month = np.tile(np.arange(MONTH_COUNT, dtype=np.int64), len(firms))
    start = MONTH_STARTS[month]
    landlord = rng.choice(landlords, len(firms))
    rent = (monthly * 0.05 // 5000 * 5000 + 30_000).astype(np.int64)
    mine = world.main[firms[firm]]
    day = working_after(start + rng.integers(1, 6, len(firms))[firm])
    text = texts.draw(rng, len(firm), "rent", month=month)
    ledger.pay(at(day, office(rng, len(firm))), mine, landlord[firm], rent[firm], text=text, purpose="RENT")
    power = (monthly[firm] * 0.012 * rng.uniform(0.6, 1.5, len(firm))).astype(np.int64)
    ledger.pay(
        at(working_after(start + 11), office(rng, len(firm))),
        mine,
        world.public["power"],
        power,
        text=texts.draw(rng, len(firm), "utility"),
        tx_type="direct_debit",
        channel=None,
    )
    _quarterly(world, ledger, rng, firms, monthly)


def _quarterly(world: World, ledger: Ledger, rng: Rng, firms: Ints, monthly: Floats) -> None:
    """Books value added tax each quarter, and what owners draw."""
    firm = np.repeat(np.arange(len(firms)), MONTH_COUNT)
    month = np.tile(np.arange(MONTH_COUNT, dtype=np.int64), len(firms))
    start, mine = MONTH_STARTS[month], world.main[firms[firm]]
    quarter = month % 3 == 1
    vat = (monthly[firm] * 0.12 * rng.uniform(0.5, 1.2, len(firm))).astype(np.int64)
    ledger.pay(
        at(working_before(start + 9), office(rng, len(firm)))[quarter],
        mine[quarter],
        world.public["tax"],
        vat[quarter],
        text=texts.draw(rng, int(quarter.sum()), "tax", month=month[quarter]),
    )
    owner = rng.choice(np.flatnonzero((world.job == EMPLOYEE) & ~world.quiet), len(firms))
    world.joint += [(int(f), int(o), "beneficial_owner") for f, o in zip(firms, owner, strict=True)]
    draws = round_sums(rng, 800, 2600, len(firm), 50)
    paid = rng.random(len(firm)) < 0.35
    ledger.pay(
        at(working_after(start + 26), office(rng, len(firm)))[paid],
        mine[paid],
        world.main[owner[firm]][paid],
        draws[paid],
        text="drawings",
    )
