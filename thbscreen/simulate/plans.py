"""Which groups a world has and how they behave: scenario, operators, and what the data show of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from thbscreen.simulate.catalogue import SCENARIOS, Scenario
from thbscreen.simulate.clock import Rng
from thbscreen.simulate.groups import Group
from thbscreen.simulate.layers import LivingWorld, frame_of
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.operators import behave, prepare
from thbscreen.simulate.settings import OPERATORS, STRENGTHS, WORLD_OPERATORS, Settings, SettingsError
from thbscreen.simulate.streams import stream
from thbscreen.simulate.trade import Pays

PARTIAL = ("one_bank", "cash_heavy", "kyc_missing")


@dataclass(frozen=True, slots=True)
class Plan:
    """One group before it is cast.

    Attributes:
        number: number in the whole world; column `group` of movements.
        group_id: name in the truth.
        scenario: what it is.
        ops: operators with strengths, in the order of their numbers.
        visibility: what the data show of it.
    """

    number: int
    group_id: str
    scenario: Scenario
    ops: tuple[tuple[str, int], ...]
    visibility: str

    @property
    def strength(self) -> int:
        """The greatest strength of its operators; 0 without any."""
        return max((s for _, s in self.ops), default=0)

    @property
    def seed_path(self) -> str:
        """Names of the streams that it was drawn from."""
        return f"group/{self.group_id}"


def _some_ops(rng: Rng) -> tuple[tuple[str, int], ...]:
    """Draws one to three operators of one strength."""
    pool = [op for op in OPERATORS if op not in WORLD_OPERATORS]
    count = int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))
    strength = int(rng.choice(STRENGTHS))
    chosen = sorted(rng.choice(len(pool), count, replace=False).tolist())
    return tuple((pool[k], strength) for k in chosen)


def draw_plans(settings: Settings) -> list[Plan]:
    """Draws the groups of a world: twins first, then positives, each in the order of the catalogue.

    About the stated share of positives gets operators; the stated share of the others is shown in part.
    """
    plans: list[Plan] = []
    for kind in ("twin", "positive"):
        wanted = [s for s in SCENARIOS if s.kind == kind for _ in range(settings.mix.get(s.id, 0))]
        rng = stream(settings.seed, "plans", kind)
        order = rng.permutation(len(wanted)).tolist()
        evasive = set(order[: round(len(wanted) * settings.evasive)]) if kind == "positive" else set()
        partial = set(order[::-1][: round(len(wanted) * settings.partial)]) if kind == "positive" else set()
        turn: dict[str, int] = {}
        for k, scenario in enumerate(wanted):
            turn[scenario.id] = turn.get(scenario.id, 0) + 1
            own = stream(settings.seed, "plan", scenario.id, turn[scenario.id])
            ops = settings.ops or _some_ops(own)
            seen = settings.visibility
            if seen == "mixed":
                seen = PARTIAL[int(own.integers(3))] if k in partial else "full"
            plans.append(
                Plan(
                    number=len(plans),
                    group_id=f"{scenario.id}-{turn[scenario.id]:02d}",
                    scenario=scenario,
                    ops=ops if k in evasive else (),
                    visibility=seen if kind == "positive" else "full",
                )
            )
    return plans


def cast_plans(world: LivingWorld, plans: Sequence[Plan], seed: int) -> dict[int, Group]:
    """Casts groups and gives them by number.

    Raises:
        SettingsError: the world has too few people for so many groups.
    """
    out: dict[int, Group] = {}
    for plan in plans:
        world.begin(f"cast/{plan.group_id}")
        try:
            group = plan.scenario.cast(world, stream(seed, "cast", plan.group_id))
            group = replace(group, group_id=plan.group_id, scenario=plan.scenario.id)
            out[plan.number] = prepare(world, stream(seed, "prepare", plan.group_id), group, plan.ops)
        except ValueError as fault:
            raise SettingsError(
                "--people",
                str(world.people),
                f"too few people for {plan.group_id} ({fault})",
                "ask for more people or fewer groups",
            ) from None
    return out


def play_plans(
    world: LivingWorld, ledger: Ledger, pays: Pays, plans: Sequence[Plan], groups: dict[int, Group], seed: int
) -> list[pl.DataFrame]:
    """Books the movements of groups, one table each."""
    frames = []
    for plan in plans:
        world.begin(f"play/{plan.group_id}")
        ledger.group = plan.number
        rng = stream(seed, "play", plan.group_id)
        group = groups[plan.number]
        plan.scenario.play(world, ledger, rng, group, pays)
        frame = frame_of(ledger, f"play/{plan.group_id}")
        cash = plan.visibility == "cash_heavy"
        frames.append(behave(frame, world, ledger, group, plan.number, seed, plan.ops, cash))
    ledger.group = -1
    return frames


def everybody(group: Group) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Gives the parties of a group."""
    parts = [np.asarray(p, dtype=np.int64) for p in group.roles.values()]
    return np.unique(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)
