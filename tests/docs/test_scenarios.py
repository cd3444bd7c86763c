"""The page of scenarios says what the catalogue casts, word for word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thbscreen.simulate.catalogue import SCENARIOS
from thbscreen.simulate.groups import Group
from thbscreen.simulate.world import add_public_bodies, build_world

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "scenarios.md"


@pytest.fixture(scope="module")
def page() -> str:
    return " ".join(PAGE.read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def groups() -> dict[str, Group]:
    rng = np.random.default_rng(5)
    world = build_world(rng, 2500, 230)
    add_public_bodies(world, rng)
    return {s.id: s.cast(world, rng) for s in SCENARIOS}


def test_the_page_has_a_section_for_each_scenario_and_none_besides(page: str) -> None:
    headings = [line[4:] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("### ")]
    assert headings == [f"{s.id}: {s.name}" for s in SCENARIOS]


def test_the_page_states_what_each_group_shares_and_how_it_differs(
    page: str, groups: dict[str, Group]
) -> None:
    for name, group in groups.items():
        for told in (*group.shared_traits, *group.differs_in):
            assert told in page, (name, told)


def test_the_page_states_what_a_report_should_give(page: str) -> None:
    for scenario in SCENARIOS:
        if scenario.kind == "positive":
            seen = [scenario.expected[k].replace("_", " ") for k in scenario.expected]
            kind = "network" if scenario.network else "one subject"
            form = str(scenario.typology).replace("_", " ")
            assert f"| {scenario.id} | {scenario.name} | {form} | {kind} | {' | '.join(seen)} |" in page
        elif scenario.twin_of:
            assert f"{scenario.name} Beside {', '.join(scenario.twin_of)}." in page


def test_the_page_names_every_role_that_a_report_may_show(page: str, groups: dict[str, Group]) -> None:
    for group in groups.values():
        if group.kind == "positive" and group.scenario != "P10b":
            for _, shown in group.expected_roles.values():
                assert f"*{shown.replace('_', ' ')}*" in page
