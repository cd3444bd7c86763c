"""Makes a world from its settings: ordinary life, twins, positives, what banks see, and the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from thbscreen.simulate.clock import Flags, Ints
from thbscreen.simulate.evasion import flood
from thbscreen.simulate.groups import Group
from thbscreen.simulate.ids import HIDDEN, banks_of
from thbscreen.simulate.layers import Lives, LivingWorld, ordinary, take_over
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.moves import book
from thbscreen.simulate.operators import hub_of
from thbscreen.simulate.plans import Plan, cast_plans, draw_plans, everybody, play_plans
from thbscreen.simulate.settings import Settings
from thbscreen.simulate.streams import number_of, shares, stream
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.view import View, look

#: Share of all parties whose files hold no contacts, whether they are in a group or not.
_SILENT = 0.04


@dataclass(frozen=True, slots=True)
class Made:
    """A finished world.

    Attributes:
        settings: what it was made from.
        plans: groups as planned, by number.
        groups: groups as cast, by number.
        view: what the banks see.
        leg_names: (phase, kind of leg) by number in column `leg`.
    """

    settings: Settings
    plans: list[Plan]
    groups: dict[int, Group]
    view: View
    leg_names: list[tuple[str, str]]


def make_world(settings: Settings) -> Made:
    """Makes a world.

    Raises:
        SettingsError: the world has too few people for the groups that it is to hold.
    """
    lives = ordinary(settings.seed, settings.people, settings.firms)
    plans = draw_plans(settings)
    groups: dict[int, Group] = {}
    for layer in ("twin", "positive"):
        mine = [p for p in plans if p.scenario.kind == layer]
        if mine:
            lives = _with(lives, layer, mine, groups)
    strength = max((s for p in plans for op, s in p.ops if op == "A15"), default=0)
    if strength:
        lives.daily.append(_flood(lives, strength))
    return Made(settings, plans, groups, _seen(lives, settings, plans, groups), lives.leg_names)


def _with(lives: Lives, layer: str, plans: Sequence[Plan], groups: dict[int, Group]) -> Lives:
    """Adds the groups of one layer, and puts them into `groups`."""
    seed = lives.seed

    def cast(world: LivingWorld) -> None:
        groups.update(cast_plans(world, plans, seed))

    def play(world: LivingWorld, ledger: Ledger, pays: Pays) -> list[pl.DataFrame]:
        return play_plans(world, ledger, pays, plans, groups, seed)

    return take_over(lives, layer, cast, play)


def _flood(lives: Lives, strength: int) -> pl.DataFrame:
    """Gives the tiny payments of a crowd into one hub (A15)."""
    world = lives.world
    payers = world.main[np.flatnonzero(~world.quiet[: world.people])]
    moves = flood(world, lives.seed, hub_of(world, lives.seed), strength, np.unique(payers))
    return book(moves, world, lives.planned[0], -1, number_of("flood"))


def _seen(lives: Lives, settings: Settings, plans: Sequence[Plan], groups: dict[int, Group]) -> View:
    """Applies what the data show of each group, and finishes the world."""
    world, seed = lives.world, lives.seed
    bank = banks_of(world, seed, settings.banks)
    silent = shares(seed, "silent", np.arange(world.parties, dtype=np.int64)) < _SILENT
    for plan in plans:
        who = everybody(groups[plan.number])
        if plan.visibility == "one_bank":
            bank[_out_of_sight(world, who, stream(seed, "banks", plan.group_id))] = HIDDEN
        split = dict(plan.ops).get("A11", 0)
        if split:
            bank[:] = _spread(world, bank, who, split, settings.banks, stream(seed, "split", plan.group_id))
        if plan.visibility == "kyc_missing":
            silent[who] = True
    return look(lives, bank, silent)


def _spread(
    world: LivingWorld, bank: Ints, who: Ints, strength: int, banks: int, rng: np.random.Generator
) -> Ints:
    """Gives banks of accounts after parties went to a bank each (A11), some out of sight."""
    out = bank.copy()
    turn = (np.arange(len(who)) + int(rng.integers(banks))) % banks
    away = rng.random(len(who)) < (0, 0, 1 / 6, 1 / 3)[strength]
    for party, place in zip(who.tolist(), np.where(away, HIDDEN, turn).tolist(), strict=True):
        mine = world.holder == party
        out[mine & (out >= 0)] = place
    return out


def _out_of_sight(world: LivingWorld, who: Ints, rng: np.random.Generator) -> Ints:
    """Draws accounts of two thirds of the parties, which other banks keep; one at least stays in sight."""
    away: Flags = rng.integers(0, 3, len(who)) > 0
    if away.all():
        away[int(rng.integers(len(who)))] = False
    accounts = np.flatnonzero(np.isin(world.holder, who[away]))
    shared = np.isin(accounts, [a for a, p, _ in world.joint if not np.isin(p, who[away])])
    return accounts[~shared].astype(np.int64)
