"""What all scenarios share: who can be cast, how a life changes, and how planned movements are booked.

Amounts, hours, channels, merchants and texts come from the samplers of ordinary life; a scenario only decides
who, when and how often.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from thbscreen.simulate import texts
from thbscreen.simulate.clock import (
    DAY_SECONDS,
    DAYS,
    MONTH_STARTS,
    Flags,
    Ints,
    Rng,
    daytime,
    late,
    month_of,
    office,
    working_after,
    working_before,
)
from thbscreen.simulate.groups import Expected, Group, Role, solo
from thbscreen.simulate.ledger import Ledger, days_between, moments
from thbscreen.simulate.places import TRADE_INDEX, round_sums
from thbscreen.simulate.world import EMPLOYEE, SEASONAL, SELF_EMPLOYED, STUDENT, World

__all__ = ["daytime", "late", "office"]
Clock = Callable[[Rng, int], Ints]
Money = Ints | int


def count(rng: Rng, low: int, high: int) -> int:
    """Draws a whole number from low to high, both included."""
    return int(rng.integers(low, high + 1))


def chance(rng: Rng, share: float) -> bool:
    """Tells yes with a probability."""
    return bool(rng.random() < share)


def spell(rng: Rng, shortest: int, longest: int) -> tuple[int, int]:
    """Draws first and last day (exclusive) of a stretch; it may begin before or end after the window."""
    length = count(rng, shortest, longest)
    start = count(rng, -length // 4, max(DAYS - length * 2 // 3, -length // 4 + 1))
    return start, start + length


def pair(start: int, end: int) -> Ints:
    """Keeps a stretch as an array, to be stored in a group."""
    return np.array([start, end], dtype=np.int64)


def spread(rng: Rng, start: int, end: int, n: int, weekend: float = 1.35) -> Ints:
    """Draws n days of a stretch, -1 where it lies outside the window."""
    return days_between(rng, np.full(n, start), np.full(n, end), weekend)


def every(rng: Rng, start: int, end: int, step: int, jitter: int = 1) -> Ints:
    """Gives days of a stretch in steps, each moved by up to `jitter` days."""
    day = np.arange(start + int(rng.integers(0, step)), end, step, dtype=np.int64)
    return day + rng.integers(-jitter, jitter + 1, len(day))


def months(start: int, end: int) -> Ints:
    """Gives the numbers of the months that begin in a stretch and in the window."""
    first = MONTH_STARTS[:-1]
    return np.flatnonzero((first >= start) & (first < end)).astype(np.int64)


# --- who ------------------------------------------------------------------------------------------


def apart(world: World) -> Flags:
    """Tells which parties hold their own account alone and share no home with anybody in a group."""
    homes = np.zeros(int(world.household.max()) + 1, dtype=bool)
    homes[world.household[np.fromiter(world.taken, dtype=np.int64, count=len(world.taken))]] = True
    chosen: Flags = solo(world) & ~homes[world.household]
    return chosen


def grown(world: World) -> Flags:
    """Tells which persons of working age could be cast: an account alone, no home shared with a group."""
    chosen: Flags = apart(world) & (world.age >= 0) & (world.age <= 4)
    return chosen


def busy(world: World) -> Flags:
    """Tells which grown persons have been here for long, have an income and use their cards much."""
    half = np.quantile(world.card_rate[: world.people], 0.6)
    working = np.isin(world.job, [EMPLOYEE, SELF_EMPLOYED])
    chosen: Flags = grown(world) & working & (world.opened < -200) & (world.card_rate > half)
    return chosen


def alone(world: World) -> Flags:
    """Tells which grown persons live outside families."""
    chosen: Flags = grown(world) & ~world.family
    return chosen


def young(world: World) -> Flags:
    """Tells which persons are under 25 with an account of their own."""
    chosen: Flags = apart(world) & (world.age == 0)
    return chosen


def earning(world: World) -> Flags:
    """Tells which persons are employees, here for some months."""
    chosen: Flags = grown(world) & np.isin(world.job, [EMPLOYEE, SEASONAL]) & (world.opened < -60)
    return chosen


def take_busy(world: World, rng: Rng, n: int) -> Ints:
    """Takes settled persons who, like the busiest of all, shop by card every few days."""
    who = world.take(rng, busy(world), n)
    world.card_rate[who] = np.maximum(world.card_rate[who], rng.uniform(6, 18, n))
    return who


def some_customers(world: World, rng: Rng, n: int) -> Ints:
    """Draws accounts of people with an ordinary life here; they stay what they are and are not taken."""
    able = np.flatnonzero(grown(world) & (world.opened < 0) & ~world.quiet)
    taken = np.fromiter(world.taken, dtype=np.int64, count=len(world.taken))
    able = able[~np.isin(able, taken)]
    drawn: Ints = world.main[rng.choice(able, min(n, len(able)), replace=False)]
    return drawn


def crowd(world: World, rng: Rng, n: int, here: float = 0.4, abroad: float = 0.05) -> Ints:
    """Draws accounts of n people, a share of them customers of this bank and the rest elsewhere."""
    inside = some_customers(world, rng, round(n * here))
    return rng.permutation(np.concatenate([inside, world.strangers(rng, n - len(inside), abroad)]))


# --- how a life changes ---------------------------------------------------------------------------


def arrive(world: World, who: Ints, day: Ints | int) -> None:
    """Lets people's accounts begin on a day, at the latest two weeks before the end of the window."""
    world.opened[who], world.left[who] = np.minimum(day, DAYS - 14), DAYS


def subdue(world: World, rng: Rng, who: Ints, life: float) -> None:
    """Takes most of the own life of people away; a share `life` keeps some of it."""
    n = len(who)
    keep = rng.random(n) < life
    world.quiet[who] = ~keep
    world.housed[who] = True
    world.card_rate[who] = world.card_rate[who] * rng.uniform(0.1, 0.9, n) * (0.3 + life)
    world.cash_rate[who] = np.where(keep, world.cash_rate[who] * 0.5, 0.0)


def out_of_work(world: World, who: Ints) -> None:
    """Ends the employment of people."""
    world.employer[who], world.unpaid[who] = -1, True


def work_for(world: World, firm: int, who: Ints, net: Ints) -> None:
    """Puts people on the payroll of a firm, beside the staff it has, at a net monthly pay in cents."""
    world.employer[who], world.unpaid[who], world.income[who] = firm, False, net
    world.job[who] = EMPLOYEE


def lowest_pay(rng: Rng, n: int) -> Ints:
    """Draws net monthly pay at and a little above the legal minimum of 2026, in cents."""
    return rng.choice(np.array([97_900, 97_900, 100_000, 104_000, 108_800, 108_800, 112_000]), n)


def house(world: World, rng: Rng, who: Ints, homes: int, town: int | None = None) -> None:
    """Lets people live together in a number of dwellings, drawn at random."""
    place = int(world.town[who[0]]) if town is None else town
    which = rng.integers(0, homes, len(who))
    for k in range(homes):
        if (which == k).any():
            world.move_in(who[which == k], world.new_address(), place)


def same(rng: Rng, column: Ints, who: Ints, value: int, share: float) -> None:
    """Writes one telephone, e-mail or device into the files of a share of people."""
    column[who[rng.random(len(who)) < share]] = value


def cast_twin(
    scenario: str,
    parts: dict[str, Ints],
    shared: tuple[str, ...],
    differs: tuple[str, ...],
    expected: Expected = "none",
    **numbers: Ints,
) -> Group:
    """Makes the record of a lawful group."""
    roles: dict[str, tuple[Role, str]] = dict.fromkeys(parts, ("lawful", "neutral"))
    return Group("", "twin", scenario, expected, parts, roles, (), shared, differs, numbers)


# --- bookings -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scenario is played: short ways to book movements on given days."""

    world: World
    ledger: Ledger
    rng: Rng

    def account(self, parties: Ints) -> Ints:
        """Gives the accounts of parties."""
        return self.world.main[parties]

    def mark(self, phase: str, kind: str) -> None:
        """Says what comes next; see `Ledger.mark`."""
        self.ledger.mark(phase, kind)

    def pay(
        self,
        day: Ints,
        payer: Money,
        payee: Money,
        cents: Money,
        pool: str | texts.Texts | None = None,
        *,
        empty: float = 0.35,
        clock: Clock = daytime,
        purpose: str | None = None,
        tx_type: str | None = None,
        channel: str | None = "online",
        device: Ints | None = None,
        behind: texts.Texts | None = None,
        moment: Ints | None = None,
    ) -> None:
        """Books transfers on days at drawn hours (or at given moments), with texts of a pool."""
        n = len(day)
        if n == 0:
            return
        when = moments(day, clock(self.rng, n)) if moment is None else moment
        if isinstance(pool, str):
            pool = texts.draw(self.rng, n, pool, month=month_of(np.maximum(day, 0)), empty=empty)
        self.ledger.pay(
            when,
            payer,
            payee,
            cents,
            text=pool,
            purpose=purpose,
            tx_type=tx_type,
            channel=channel,
            device=device,
            behind=behind,
        )

    def chat(self, day: Ints, payer: Money, payee: Money, cents: Money, *, clock: Clock = daytime) -> None:
        """Books transfers with the texts of friends."""
        self.pay(day, payer, payee, cents, texts.chat(self.rng, len(day)), clock=clock)

    def chat_at(self, day: Ints, moment: Ints, payer: Money, payee: Money, cents: Money) -> None:
        """Books transfers at given moments with the texts of friends."""
        self.pay(day, payer, payee, cents, texts.chat(self.rng, len(day)), moment=moment)

    def monthly(
        self,
        start: int,
        end: int,
        payer: Money,
        payee: Money,
        cents: int,
        pool: str,
        *,
        day: int = 4,
        empty: float = 0.15,
        purpose: str | None = None,
        jitter: int = 2,
        tx_type: str | None = None,
    ) -> None:
        """Books one equal sum a month, about the same day, while a stretch lasts."""
        month = months(start, end)
        when = working_after(MONTH_STARTS[month] + day + self.rng.integers(0, jitter + 1, len(month)))
        self.pay(when, payer, payee, cents, pool, empty=empty, clock=office, purpose=purpose, tx_type=tx_type)

    def rent(self, start: int, end: int, payer: Money, landlord: Money, cents: int) -> None:
        """Books a monthly rent."""
        self.monthly(start, end, payer, landlord, cents, "rent", purpose="RENT")

    def shop(
        self,
        day: Ints,
        account: Money,
        key: str,
        factor: float = 1.0,
        *,
        town: Ints | int | None = None,
        clock: Clock = daytime,
    ) -> None:
        """Books card purchases of one trade, at home unless a town is given."""
        n = len(day)
        if n == 0:
            return
        side = np.broadcast_to(np.asarray(account, dtype=np.int64), (n,))
        where = self.world.town[self.world.holder[side]] if town is None else np.broadcast_to(town, (n,))
        trade = np.full(n, TRADE_INDEX[key])
        moment = moments(day, clock(self.rng, n))
        self.ledger.shop(self.rng, moment, side, trade, where, np.full(n, factor))

    def cash(
        self,
        day: Ints,
        account: Money,
        cents: Ints,
        *,
        paid_in: bool = False,
        town: Ints | int | None = None,
        machine: Ints | int | None = None,
        clock: Clock = daytime,
        moment: Ints | None = None,
    ) -> None:
        """Books cash at machines, in a town or at one machine; at home by default."""
        n = len(day)
        if n == 0:
            return
        side = np.broadcast_to(np.asarray(account, dtype=np.int64), (n,))
        where = self.world.town[self.world.holder[side]] if town is None else np.broadcast_to(town, (n,))
        place = self.world.machines.choose(self.rng, where) if machine is None else machine
        when = moments(day, clock(self.rng, n)) if moment is None else moment
        self.ledger.cash(when, side, np.broadcast_to(place, (n,)), cents, paid_in)

    def counter(
        self, day: Ints, account: Money, town: Ints | int, cents: Ints, conductor: Money, paid_in: bool = True
    ) -> None:
        """Books cash over the counter of a branch on working days, by whoever stood there."""
        n = len(day)
        text = texts.draw(self.rng, n, "counter", empty=0.5)
        self.ledger.counter(
            moments(np.where(day >= 0, working_after(day), -1), office(self.rng, n)),
            account,
            np.broadcast_to(np.asarray(town, dtype=np.int64), (n,)),
            cents,
            conductor,
            paid_in=paid_in,
            text=text,
        )

    def trade_duties(self, start: int, end: int, account: int, monthly_cents: int) -> None:
        """Books social insurance, income tax and sometimes value added tax of somebody self-employed."""
        quarter = months(start, end)
        quarter = quarter[quarter % 3 == int(self.rng.integers(3))]
        for key, rate in (("social", 0.166), ("tax", float(self.rng.uniform(0.03, 0.12)))):
            day = working_before(MONTH_STARTS[quarter] + self.rng.integers(6, 27, len(quarter)))
            due = np.maximum(monthly_cents * 3 * rate * self.rng.uniform(0.8, 1.2, len(quarter)), 4000)
            self.pay(day, account, self.world.public[key], due.astype(np.int64), key, empty=0.1, clock=office)


def bundled(account: Ints, moment: Ints, cents: Ints, step: int = DAY_SECONDS) -> tuple[Ints, Ints, Ints]:
    """Adds up money per account and stretch of time from noon to noon: account, end of stretch, sum."""
    kept = moment >= 0
    account, moment, cents = account[kept], moment[kept], cents[kept]
    stretch = (moment - DAY_SECONDS // 2) // step + 1
    key, index = np.unique(account * 100_000 + stretch, return_inverse=True)
    total = np.bincount(index, weights=cents).astype(np.int64)
    return key // 100_000, (key % 100_000) * step + DAY_SECONDS // 2, total


def tens(cents: Ints, step: int = 10) -> Ints:
    """Rounds sums down to multiples of `step` euros."""
    rounded: Ints = (cents // (step * 100) * step * 100).astype(np.int64)
    return rounded


def sums(rng: Rng, low: int, high: int, n: int, step: int = 10) -> Ints:
    """Draws sums like those of daily life: multiples of `step` euros, some with odd cents."""
    even = round_sums(rng, low, high, n, step)
    odd = (rng.uniform(low, high, n) * 100).astype(np.int64)
    return np.where(rng.random(n) < 0.12, odd, even).astype(np.int64)


def students_too(world: World) -> Flags:
    """Tells which persons are students with an account of their own."""
    chosen: Flags = apart(world) & (world.job == STUDENT)
    return chosen
