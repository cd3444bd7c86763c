"""Planned groups: networks to be found and lawful twins that must stay quiet, with their truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from thbscreen.simulate.clock import Flags, Ints, Rng
from thbscreen.simulate.places import TOWN_SHARES, TOWNS
from thbscreen.simulate.world import EMPLOYEE, World

Role = Literal["controller", "facilitator", "possible_victim", "client", "unwitting", "lawful"]
Expected = Literal["alert", "context", "none", "not_evaluable"]


@dataclass(slots=True)
class Group:
    """One planned group.

    Attributes:
        group_id: id in the truth file.
        kind: positive, or twin (a lawful group of similar looks).
        scenario: what it is.
        expected: what a screening of the whole data should give: alert, context, none or not_evaluable.
        roles: party numbers by part, in the order in which they were cast.
        expected_roles: part to (role, role that a report may show).
        core: parts that a report should join in one network.
        shared_traits: what a twin has in common with its positive, or a positive with daily life.
        differs_in: what tells them apart in the data.
        numbers: other things cast, such as outside accounts and machines.
    """

    group_id: str
    kind: Literal["positive", "twin"]
    scenario: str
    expected: Expected
    roles: dict[str, Ints]
    expected_roles: dict[str, tuple[Role, str]]
    core: tuple[str, ...] = ()
    shared_traits: tuple[str, ...] = ()
    differs_in: tuple[str, ...] = ()
    numbers: dict[str, Ints] = field(default_factory=dict)


def solo(world: World) -> Flags:
    """Tells which persons hold their own account alone."""
    free = np.zeros(world.parties, dtype=bool)
    free[: world.people] = world.main[: world.people] == np.arange(world.people)
    for holder, other, _ in world.joint:
        free[[holder, other]] = False
    return free


def settled(world: World) -> Flags:
    """Tells which persons are employees who have been here for years and use their cards much."""
    busy = world.card_rate > np.quantile(world.card_rate[: world.people], 0.86)
    chosen: Flags = solo(world) & (world.job == EMPLOYEE) & (world.opened < -300) & busy
    return chosen


def take_settled(world: World, rng: Rng) -> Ints:
    """Takes one settled person, who then shops by card as much as the busiest do."""
    who = world.take(rng, settled(world), 1)
    world.card_rate[who] = np.maximum(world.card_rate[who], 8.0)
    return who


def singles(world: World) -> Flags:
    """Tells which working-age persons live outside families and hold their own account."""
    chosen: Flags = solo(world) & ~world.family & (world.age >= 0) & (world.age <= 4)
    return chosen


def employees(world: World) -> Flags:
    """Tells which persons are employees of some standing."""
    chosen: Flags = solo(world) & (world.job == EMPLOYEE) & (world.opened < -100)
    return chosen


def firms(world: World) -> Flags:
    """Tells which parties are firms."""
    return np.arange(world.parties) >= world.people


def some_town(rng: Rng) -> int:
    """Draws a town number, larger towns more often."""
    return int(rng.choice(len(TOWNS), p=TOWN_SHARES))


def one(numbers: Ints) -> int:
    """Gives the only entry."""
    return int(numbers[0])


def staff_of(world: World, firm: int, who: Ints) -> None:
    """Makes `who` the whole staff of a firm; earlier staff work elsewhere."""
    world.employer[world.employer == firm] = -1
    world.employer[who] = firm
    world.job[who] = EMPLOYEE
    world.unpaid[who] = False
    world.staff[firm] = len(who)
