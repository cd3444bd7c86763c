"""Every form of network is found with its members beside its lawful twins, of whom nobody is in a network."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pytest

from tests.end_to_end.lawful_twins import TWINS, live
from tests.end_to_end.planted_forms import FORMS, plant
from tests.end_to_end.small_world import World
from thbscreen.screening import ScreenResult, screen

#: The whole pack is loaded and run over one small world: about ten seconds of work.
pytestmark = pytest.mark.slow

NAMES = [form.__name__ for form in FORMS]


@dataclass
class Found:
    """What was planted and lived, by name, and what a scan finds in it."""

    forms: dict[str, set[str]]
    twins: dict[str, set[str]]
    result: ScreenResult

    def members(self, form: str) -> pl.DataFrame:
        """Members of the networks that hold somebody of a form."""
        members = self.result.network_members
        ids = members.filter(pl.col("member_id").is_in(list(self.forms[form])))["network_id"].unique()
        return members.filter(pl.col("network_id").is_in(ids.implode()))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    world = World()
    forms, twins = plant(world), live(world)
    return Found(forms, twins, screen([world.write(tmp_path_factory.mktemp("forms"))]))


@pytest.mark.parametrize("form", NAMES)
def test_a_form_is_one_network_of_exactly_its_members(found: Found, form: str) -> None:
    members = found.members(form)
    assert members["network_id"].n_unique() == 1
    core = members.filter(~pl.col("is_connector"))
    assert set(core["member_id"]) == found.forms[form]


@pytest.mark.parametrize("twin", TWINS)
def test_nobody_of_a_lawful_twin_is_in_a_network(found: Found, twin: str) -> None:
    assert found.twins[twin]
    assert not set(found.result.network_members["member_id"]) & found.twins[twin]


def test_no_other_network_is_published(found: Found) -> None:
    assert found.result.networks.height == len(FORMS)


def test_who_is_used_is_read_as_possible_victim_and_who_gains_is_not(found: Found) -> None:
    roles = dict(found.result.network_members.select("member_id", "role").iter_rows())
    used = ("spouse", "taken", "worker", "young")
    assert {r for who, r in roles.items() if who.startswith(used)} == {"possible_victim"}
    gain = {
        "organiser": "possible_organiser", "collector": "possible_controller", "sink": "possible_controller",
        "herdsman": "possible_controller", "firm": "employer",
    }  # fmt: skip
    assert {who: roles[who] for who in gain} == gain
    clients = {r for who, r in roles.items() if who.startswith(("client", "payer"))}
    assert clients == {"possible_client"}


def test_landlords_utilities_and_town_halls_are_no_members(found: Found) -> None:
    members = set(found.result.network_members["member_id"])
    assert not {m for m in members if m.startswith(("of landlord", "Municipality"))} | (members & {"EAC"})


def test_tickets_for_others_are_links_with_their_payments(found: Found) -> None:
    edges = found.result.network_edges.filter(pl.col("kind") == "pays for another")
    assert set(edges["target"]) == {f"spouse{i}" for i in range(10)}
    assert set(edges["source"]) == {"organiser"}
    assert edges["tx_ids"].list.len().to_list() == [1] * 10
    assert edges["weight"].max() <= 0.7
