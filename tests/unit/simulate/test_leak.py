from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.simulate import plans
from thbscreen.simulate.catalogue import SCENARIOS, Play
from thbscreen.simulate.clock import Rng
from thbscreen.simulate.folder import write_world
from thbscreen.simulate.groups import Group
from thbscreen.simulate.layers import LivingWorld
from thbscreen.simulate.leak import LIFT, TREE, best_thresholds, best_values, find_leaks
from thbscreen.simulate.ledger import Ledger
from thbscreen.simulate.settings import settings_of
from thbscreen.simulate.trade import Pays
from thbscreen.simulate.tree import average_precision, grow, leaves
from thbscreen.simulate.verify import check_world
from thbscreen.simulate.worlds import make_world

ROWS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from([None, None, "P1", "P2"])), min_size=1, max_size=60
)


def slowly(rows: list[tuple[int, str | None]], scope: str, keep: Callable[[int, int], bool]) -> float | None:
    """Gives the best precision over all cuts, one by one."""
    planned = [s is not None and scope in ("all", s) for _, s in rows]
    best = None
    for cut in range(7):
        chosen = [keep(v, cut) for v, _ in rows]
        hits = sum(c and p for c, p in zip(chosen, planned, strict=True))
        if sum(planned) and hits > 0.2 * sum(planned):
            best = max(best or 0.0, hits / sum(chosen))
    return best


@given(ROWS)
def test_the_best_value_and_threshold_are_those_of_the_slow_way(rows: list[tuple[int, str | None]]) -> None:
    values = pl.Series([v for v, _ in rows])
    scope = pl.Series([s for _, s in rows], dtype=pl.String)
    for word in ("all", "P1", "P2"):
        fast = {c.scope: c.precision for c in best_values(values, scope)}.get(word)
        assert fast == pytest.approx(slowly(rows, word, lambda v, c: v == c))
        fast = {c.scope: c.precision for c in best_thresholds(values, scope)}.get(word)
        ways = [slowly(rows, word, k) for k in (lambda v, c: v <= c, lambda v, c: v >= c)]
        assert fast == pytest.approx(max((w for w in ways if w is not None), default=None))


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=50))
def test_average_precision_is_the_area_under_its_steps(rows: list[tuple[int, bool]]) -> None:
    score = np.array([s for s, _ in rows], dtype=np.float64)
    planned = np.array([p for _, p in rows])
    area, found = 0.0, 0
    for level in sorted(set(score.tolist()), reverse=True):
        above = score >= level
        hits = int(planned[above].sum())
        area += (hits - found) / max(planned.sum(), 1) * hits / above.sum()
        found = hits
    assert average_precision(score, planned) == pytest.approx(area)


def test_a_tree_of_depth_three_finds_what_three_questions_can_tell() -> None:
    rng = np.random.default_rng(1)
    features = rng.integers(0, 8, (4000, 5)).astype(np.uint8)
    planned = (features[:, 0] > 5) & (features[:, 3] < 2) & (features[:, 4] > 3)
    tree = grow(features, planned, depth=3, bins=8)
    assert average_precision(leaves(tree, features), planned) > 0.95
    noise = rng.random(4000) < 0.03
    none = grow(features[:2000], noise[:2000], depth=3, bins=8)
    assert average_precision(leaves(none, features[2000:]), noise[2000:]) < 0.1


def own_sums(play: Play) -> Play:
    """Gives a way to play a scenario that draws its sums from a table of its own."""

    def played(world: LivingWorld, ledger: Ledger, rng: Rng, group: Group, pays: Pays) -> None:
        before = len(ledger._parts)
        play(world, ledger, rng, group, pays)
        for part in ledger._parts[before:]:
            part["cents"] = part["cents"] // 10_000 * 10_000 + 3_737

    return played  # type: ignore[return-value]  # a world that lives is a world


@pytest.mark.parametrize("planted", [False, True])
def test_a_scenario_with_sums_of_its_own_is_caught(
    planted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if planted:
        leaky = tuple(replace(s, play=own_sums(s.play)) if s.id == "P2" else s for s in SCENARIOS)
        monkeypatch.setattr(plans, "SCENARIOS", leaky)
    made = make_world(settings_of("tiny", 3, people=900, scenarios="P2:2", twins="T9"))
    found = find_leaks(write_world(made, tmp_path / "w"))
    sums = [leak for leak in found.leaks if leak.column in ("cents_part", "mod_10", "mod_50", "mod_100")]
    assert bool(sums) == planted
    if planted:
        assert not found.passed
        assert max(leak.precision for leak in sums) > LIFT * found.base
        assert found.tree is not None
        assert found.tree > TREE


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_gives_the_planned_groups_of_the_tiny_preset_away(seed: int, tmp_path: Path) -> None:
    world = write_world(make_world(settings_of("tiny", seed)), tmp_path / "w")
    assert [fault for check in check_world(world) for fault in check.faults] == []
