"""Lawful lives that resemble what the pack seeks: none becomes an alert or part of a network."""

from __future__ import annotations

import polars as pl
import pytest

from tests.end_to_end.look_alikes import LIVES, world
from tests.end_to_end.small_world import World
from thbscreen.screening import ScreenResult, screen

#: The whole pack is loaded and run: about ten seconds of work.
pytestmark = pytest.mark.slow

#: Rules that made alerts of these lives and were tightened, with the life.
TIGHTENED = {
    "THB-VIC-001": {"domestic carer", "refugee family", "student house"},
    "THB-VIC-010": {"refugee family"},
    "THB-VIC-016": {"refugee family"},
    "THB-LAB-014": {"seasonal farm"},
}


@pytest.fixture(scope="module")
def lives() -> World:
    return world()


@pytest.fixture(scope="module")
def result(lives, tmp_path_factory) -> ScreenResult:
    return screen([lives.write(tmp_path_factory.mktemp("lives"))])


def test_there_are_ten_lives(lives) -> None:
    assert len(LIVES) == len(set(lives.of.values())) == 10


def test_no_life_becomes_an_alert(result) -> None:
    assert result.alerts.select("subject_id", "score").rows() == []


def test_no_life_becomes_part_of_a_network(result) -> None:
    assert result.networks.height == 0


def test_no_text_of_theirs_goes_to_a_person_at_once(result) -> None:
    assert result.reviews.height == 0


def test_the_rules_that_were_tightened_could_judge_and_leave_these_lives_alone(result, lives) -> None:
    silent = set(result.readiness.filter(pl.col("status") == "not judged")["rule"])
    assert not silent & set(TIGHTENED)
    hits = result.hits.select("hit_id", "rule", member_id="subject_id")
    more = result.hit_members.join(result.hits.select("hit_id", "rule"), on="hit_id")
    named = pl.concat([hits, more.select("hit_id", "rule", "member_id")])
    found = {(rule, lives.of.get(who)) for rule, who in named.select("rule", "member_id").rows()}
    assert not found & {(rule, life) for rule, of in TIGHTENED.items() for life in of}
