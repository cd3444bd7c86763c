"""A possible victim is in no list of subjects, in no output, whichever table says who it is."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.unit.engine.scoring_build import Case
from tests.unit.report import run_folders
from tests.unit.report.report_build import FakeRun, finished
from thbscreen.report import cases
from thbscreen.report.folder import open_folder
from thbscreen.report.network_text import network_page
from thbscreen.report.network_view import network_facts
from thbscreen.report.summary import summary
from thbscreen.report.terminal import render
from thbscreen.rules.ast import ROLES
from thbscreen.screening import ScreenResult, screen

#: Sections of narratives that list people who are not read as possible victims.
LISTS = ("Members who are not read as possible victims", "Subject", "Others named by these hits")


def listed(story: str) -> str:
    """What stands in the lists of people who are not apart."""
    out, lines = [], story.splitlines()
    for title in LISTS:
        if title in lines:
            start = lines.index(title) + 2
            stop = next((i for i in range(start, len(lines)) if lines[i].startswith("---")), len(lines) + 1)
            out += lines[start : stop - 1]
    return "\n".join(line for line in out if line.startswith("- "))


def named_in(text: str, ids: set[str]) -> set[str]:
    """Ids that begin a line of a list, bare, in words, or as the holder in brackets."""
    found = set()
    for line in text.splitlines():
        head = line.removeprefix("- ").split(":")[0]
        found |= {i for i in ids if re.search(rf"(?<![\w-]){re.escape(i)}(?![\w-])", head)}
    return found


# --- every mixture of roles, made by hand ----------------------------------------------------------------


def mixed(in_network: str, handling: str, in_hit: str) -> FakeRun:
    """P1 heads a ring; P2 is a member, is named by the ring's hit, and has an alert of its own."""
    case = Case().customer("P1", "A1").customer("P2", "A2")
    case.hit("STAR-3", "A1", ("possible_organiser", "organiser", "A1"), (in_hit, "recruited", "A2"))
    case.hit("SPEND-2", "A1").hit("STAR-3", "A2", ("possible_facilitator", "organiser", "A2"))
    run = finished(case.hit("SPEND-2", "A2"))
    two = pl.col("member_id") != "P1"
    members = run.tables["network_members"].with_columns(
        member_id=pl.when(two).then(pl.lit("P2")).otherwise("member_id"),
        accounts=pl.when(two).then(pl.lit(["A2"])).otherwise("accounts"),
        role=pl.when(two).then(pl.lit(in_network)).otherwise("role"),
    )
    alerts = run.tables["alerts"].with_columns(
        handling=pl.when(pl.col("subject_id") == "P2").then(pl.lit(handling)).otherwise("handling")
    )
    assert "P2" in alerts["subject_id"].to_list()
    run.tables |= {"network_members": members, "alerts": alerts}
    return run


HANDLINGS, IN_HITS = ("subject", "possible victim"), ("possible_victim", "possible_client")
MIXTURES = [
    m for m in itertools.product(ROLES, HANDLINGS, IN_HITS)
    if m[0] == "possible_victim" or m[1] == "possible victim"
]  # fmt: skip


def made_from(run, apart):
    source, setting = cases.source_of(run), cases._setting(run)
    return [
        *cases._network_cases(source, setting, apart),
        *cases._alert_cases(source, setting, apart),
    ]


@pytest.mark.parametrize(("in_network", "handling", "in_hit"), MIXTURES)
def test_who_is_a_possible_victim_anywhere_is_apart_everywhere(in_network, handling, in_hit):
    run = mixed(in_network, handling, in_hit)
    apart = cases.handled_as_victims(cases.source_of(run))
    assert {"P2", "A2"} <= apart
    made = made_from(run, apart)
    assert len(made) == 3
    for case in made:
        assert named_in(listed(case.story.text()), {"P2", "A2"}) == set(), case.id
        assert re.search(r"^- (customer )?(P2|A2)\b", case.story.text(), re.MULTILINE), "told, but apart"
        shown = case.members.filter(pl.col("member_id").is_in(["P2", "A2"]))
        if "handling" in case.members.columns:
            assert set(shown["handling"]) == {"possible victim"}


def test_whom_one_hit_doubts_and_the_run_reads_otherwise_is_apart_and_the_reading_is_told():
    run = mixed("possible_controller", "subject", "possible_victim")
    made = made_from(run, frozenset())
    told = [line for case in made for line in case.story.text().splitlines() if line.startswith("- A2")]
    assert any("; the run as a whole reads it as possible controller" in line for line in told)


def test_who_is_apart_nowhere_stays_in_the_lists():
    run = mixed("possible_facilitator", "subject", "possible_client")
    run.tables["alerts"] = run.tables["alerts"].with_columns(handling=pl.lit("subject"))
    apart = cases.handled_as_victims(cases.source_of(run))
    assert apart == frozenset()
    made = made_from(run, apart)
    assert all(named_in(listed(case.story.text()), {"P1", "P2", "A2"}) for case in made)


# --- a real run ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scanned(tmp_path_factory) -> ScreenResult:
    folder = tmp_path_factory.mktemp("apart")
    (folder / "data").mkdir()
    for name, table in run_folders.cell().items():
        table.write_parquet(folder / "data" / f"{name}.parquet")
    with mock.patch("thbscreen.screening.load_checked", lambda *_, **__: run_folders._pack()):
        return screen([folder / "data"], out=folder / "out")


def test_no_case_of_a_run_lists_a_possible_victim(scanned):
    apart = set(cases.handled_as_victims(cases.source_of(scanned)))
    assert len(apart) > 5
    stories = sorted(Path(scanned.out).glob("cases/*/narrative.txt"))
    assert len(stories) > 3
    for story in stories:
        assert named_in(listed(story.read_text(encoding="utf-8")), apart) == set(), story


def test_the_terminal_lists_possible_victims_under_their_own_heading(scanned):
    apart = set(cases.handled_as_victims(cases.source_of(scanned)))
    text = render(scanned, width=120)
    subjects = text[text.index("ALERTS") : text.index("POSSIBLE VICTIMS, who are not subjects")]
    assert not any(i in subjects for i in apart)


def test_network_show_lists_them_apart_and_proves_in_order(scanned):
    run = open_folder(Path(scanned.out))
    apart = set(cases.handled_as_victims(cases.source_of(scanned)))
    facts = network_facts(run, scanned.networks["network_id"][0])
    assert {m["member_id"] for m in facts["others"]}.isdisjoint(apart)
    text = network_page(facts, ZoneInfo("Asia/Nicosia"), 100)
    others = text[
        text.index("MEMBERS WHO ARE NOT READ") : text.index("POSSIBLE VICTIMS, who are not subjects")
    ]
    assert not any(i in others for i in apart)
    assert f"HOW MUCH THIS RESTS ON: {facts['confidence']}" in text
    assert "PROOF: payments in order" in text
    assert "Tested: " in text
    for pattern in facts["proof"]:
        moments = [(p["time"], p["tx_id"]) for p in pattern["payments"]]
        assert moments == sorted(moments)


def test_the_summary_names_nobody(scanned):
    assert not any(i in str(summary(scanned)) for i in cases.handled_as_victims(cases.source_of(scanned)))
