"""People who pay one another all the time: partners with two purses, parents and children, flat-mates."""

from __future__ import annotations

import numpy as np

from thbscreen.simulate import texts
from thbscreen.simulate.clock import Rng, daytime, late
from thbscreen.simulate.ledger import Ledger, moments
from thbscreen.simulate.life import any_day, natural, repeat_by_rate
from thbscreen.simulate.world import World

#: Share of people who have somebody to whom they send small sums many times a month.
_SHARE = 0.15


def close_pairs(world: World, ledger: Ledger, rng: Rng) -> None:
    """Books small sums that go to and fro between two people, some times a month to some times a week."""
    who = natural(world)
    first = who[(rng.random(len(who)) < _SHARE) & (world.income[who] > 30_000)]
    beside = np.minimum(first + 1, world.people - 1)
    home = (world.household[beside] == world.household[first]) & (world.main[beside] != world.main[first])
    away = world.strangers(rng, len(first), 0.04)
    friend = np.where(rng.random(len(first)) < 0.5, world.main[rng.choice(who, len(first))], away)
    other = np.where(home, world.main[beside], friend)
    pace = np.zeros(world.people)
    pace[first] = rng.gamma(1.3, 4.0, len(first))
    partner = np.zeros(world.people, dtype=np.int64)
    partner[first] = other
    person = repeat_by_rate(rng, first, pace[first], world)
    n = len(person)
    mine, theirs = world.main[person], partner[person]
    back = rng.random(n) < 0.3
    sums = np.where(rng.random(n) < 0.6, rng.integers(1, 12, n) * 500, rng.integers(250, 6000, n))
    second = np.where(rng.random(n) < 0.4, late(rng, n), daytime(rng, n))
    ledger.pay(
        moments(any_day(world, rng, person), second),
        np.where(back, theirs, mine),
        np.where(back, mine, theirs),
        sums,
        text=texts.chat(rng, n, 0.02, 0.6),
    )
