"""What a run folder says of a network, of ways of money, and of what lies around a subject."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.report.run_folders import COLLECTOR, PAYEE, Made, Paid, account_of, screened
from thbscreen.engine import tables
from thbscreen.errors import DataError, UsageError
from thbscreen.report.folder import RunFolder, open_folder
from thbscreen.report.network_text import around_page, network_page, ways_page
from thbscreen.report.network_view import around_facts, find_network, network_facts, ways_facts
from thbscreen.report.page import json_text
from thbscreen.rules.ast import Length

Row = dict[str, Any]
ZONE = ZoneInfo("Asia/Nicosia")
ROLES = {"V": "possible_victim", "W": "possible_victim", "O": "possible_organiser", "U": "unknown"}
PAID: tuple[Paid, ...] = (
    ("V", "O", "T1", 0, 10_000), ("V", "O", "T2", 35, 5_000), ("O", "W", "T3", 1, 2_000),
    ("W", "V", "T4", 2, 100), ("O", "U", "T5", 3, 7_000),
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = Made().network("NW-abc123", ROLES, *PAID, shared=(("V", "W"), ("O", "V")))
    made.network("NW-abd000", {"O": "unknown", "X": "unknown", "Y": "unknown"}, ("O", "X", "T6", 5, 900))
    made.alert("O", score=7, network_id="NW-abc123").alert("U", handling="possible victim", score=5)
    made.hit("H-1", "V-1").add("hit_members", hit_id="H-1", rule="THB-X", role="possible_victim",
                               field="account_id", member_id="V-1")  # fmt: skip
    made.hit("H-2", "Z-1").add("hit_members", hit_id="H-2", rule="THB-X", role="possible_victim",
                               field="account_id", member_id="Z-1")  # fmt: skip
    made.add("hubs", kind="licence", hub_id="HUB", n_subjects=9, why="licence on file: hotel")
    made.add("near_misses", rule="THB-Y", subject_id="O-1", subject_kind="account", line="n >= 5",
             distance=0.2, tx_ids=[])  # fmt: skip
    made.add("readiness", rule="THB-Q", status="not judged")
    made.rows["networks"][0] |= {"hubs_removed": ["HUB"], "hit_ids": ["H-1"]}
    return made.write(tmp_path / "out")


def names(rows: list[Row]) -> list[str]:
    return [r["member_id"] for r in rows]


# --- one network -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["NW-abc123", "abc123", "nw-ABC", "NW-abc"])
def test_a_network_is_found_by_how_its_id_begins(run, wanted):
    assert find_network(run, wanted)["network_id"] == "NW-abc123"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("NW-ab", "'NW-ab' is how 2 networks begin\n  = help: write more of: NW-abc123, NW-abd000"),
        ("NW-abc124", "out has no network 'NW-abc124'\n  = help: did you mean 'NW-abc123'?"),
        ("NW-", "out has no network 'NW-'"),
        ("", "out has no network ''"),
    ],
)
def test_an_id_that_means_no_network_or_several_is_wrong_use(run, wanted, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        find_network(run, wanted)


def test_a_run_without_networks_says_so(tmp_path):
    with pytest.raises(UsageError, match="has no suspected network"):
        find_network(Made().write(tmp_path / "out"), "NW-1")


def test_possible_victims_are_apart_from_the_other_members(run):
    facts = network_facts(run, "NW-abc")
    assert names(facts["others"]) == ["O"]
    assert names(facts["possible_victims"]) == ["V", "W", "U"], "U's own alert says how U is handled"
    text = network_page(facts, ZONE, 100)
    apart = text.index("POSSIBLE VICTIMS, who are not subjects")
    others = text[text.index("MEMBERS WHO ARE NOT READ") : apart]
    assert "possible organiser (1)\n    O: possible organiser 100%; alert AL-O" in others
    assert not re.search(r"^ +[VWU]:", others, re.MULTILINE)
    assert "In doubt a person is handled as a possible victim" in text


def test_months_are_counted_by_direction_on_peoples_clock(run):
    timeline = network_facts(run, "NW-abc")["timeline"]
    assert [(r["month"], r["direction"], r["n"], r["amount_eur"]) for r in timeline] == [
        ("2026-03", "from possible victims", 1, 10_000),
        ("2026-03", "to possible victims", 2, 9_000),
        ("2026-03", "among possible victims", 1, 100),
        ("2026-04", "from possible victims", 1, 5_000),
    ]
    text = network_page(network_facts(run, "NW-abc"), ZONE, 100)
    assert re.search(r"2026-03 +100\.00 \(1\) +90\.00 \(2\) +1\.00 \(1\)  #{24}\n", text)
    assert re.search(r"2026-04 +50\.00 \(1\) +- +-  #{6}\n", text)


def test_a_network_shows_flows_links_hubs_and_what_would_break_it(run):
    text = network_page(network_facts(run, "NW-abc"), ZONE, 100)
    assert re.search(r"V +O +2 +150\.00 +2026-03-01  2026-04-05  paid\n", text)
    assert "same telephone (hashed): O, V, W (2 pairs)" in text
    assert "licence HUB: licence on file: hotel" in text
    assert "WHAT WOULD BREAK THIS READING\n  - One household." in text
    assert "THB-X: Title (1 hit)" in text
    assert "The silence of rules that were not judged says nothing here: THB-Q." in text


def test_links_say_who_pays_for_whom_and_each_why_of_its_own(tmp_path):
    made = Made().network("NW-abc123", ROLES, *PAID)
    for a, b, kind, why in (
        ("O", "V", "pays for another", "paid once for the other"),
        ("O", "W", "pays for another", "paid 2 times for the other"),
        ("V", "W", "shared terminal", "met on 2 days"),
        ("U", "W", "shared terminal", "met on 9 days"),
    ):
        made.add("network_edges", network_id="NW-abc123", source=a, target=b, kind=kind, why=why, weight=0.7,
                 n=1, amount_eur=500, first=None, last=None, tx_ids=[], times=[], amounts_eur=[])  # fmt: skip
    run = made.write(tmp_path / "out")
    page = network_page(network_facts(run, "NW-abc123"), ZONE, 100)
    for told in (
        "O to V: paid once for the other", "O to W: paid 2 times for the other", "met on 2 days: V, W",
        "met on 9 days: U, W",
    ):  # fmt: skip
        assert told in page


# --- ways --------------------------------------------------------------------------------------------


def ways(run: RunFolder, start: str, end: str, **options: Any) -> Row:
    return ways_facts(run, start, end, **({"max_hops": 6, "within": None, "limit": 10} | options))


def test_ways_follow_subjects_over_all_their_accounts_and_networks(run):
    facts = ways(run, "V-1", "X")
    assert (facts["from"]["member_id"], facts["from"]["given"]) == ("V", "V-1")
    (way,) = facts["ways"]
    assert [p["tx_id"] for p in way["payments"]] == ["T1", "T6"]
    assert [p["network_id"] for p in way["payments"]] == ["NW-abc123", "NW-abd000"]
    assert way["at_most_eur"] == 900
    assert way["payments"][0]["pair_n"] == 2
    text = ways_page(facts, ZONE, 100)
    assert "1. at most 9.00 EUR the whole way, 5.0 days under way, arrives 2026-03-06" in text
    assert "100.00 EUR  V (possible victim) to O" in text
    assert "V-1 is an account of V" in text
    assert "Only payments inside published networks are known" in text


def test_no_way_is_an_answer(run):
    facts = ways(run, "X", "V")
    assert facts["ways"] == []
    assert "No way was found" in ways_page(facts, ZONE, 100)


def test_within_bounds_the_time_from_first_payment_to_last(run):
    assert len(ways(run, "V", "X", within=Length(5, "days"))["ways"]) == 1
    assert ways(run, "V", "X", within=Length(4, "days"))["ways"] == []


@pytest.mark.parametrize(("start", "end", "who"), [("nobody", "V", "nobody"), ("V", "no-one", "no-one")])
def test_who_is_in_no_network_is_told(run, start, end, who):
    facts = ways(run, start, end)
    assert facts["ways"] == []
    assert f"{who} is in no published network" in ways_page(facts, ZONE, 100)


def test_ends_in_different_networks_are_told(run):
    assert "They are in no common network: U in NW-abc123; Y in NW-abd000." in ways_page(
        ways(run, "U", "Y"), ZONE, 100
    )


def test_two_names_of_one_subject_are_wrong_use(run):
    with pytest.raises(UsageError, match="the same subject"):
        ways(run, "V", "V-1")


# --- around ------------------------------------------------------------------------------------------


def test_around_a_subject_is_everything_that_was_published(run):
    facts = around_facts(run, "O-1", 1)
    assert facts["subject"]["member_id"] == "O"
    assert facts["subject"]["handling"] == "subject"
    assert [n["network_id"] for n in facts["networks"]] == ["NW-abc123", "NW-abd000"]
    assert names(facts["others"]) == ["X"]
    assert names(facts["possible_victims"]) == ["U", "V", "W"]
    assert {(p["from"], p["to"]) for p in facts["payments"]} == {
        ("V", "O"),
        ("O", "W"),
        ("O", "U"),
        ("O", "X"),
    }
    assert [(s["why"], s["with"]) for s in facts["shared_details"]] == [("same telephone (hashed)", "V")]
    text = around_page(facts, ZONE, 100)
    for part in (
        "AL-O: rank 1, score 7, handled as a subject",
        "THB-Y: n >= 5",
        "O to X: 1 payment, 9.00 EUR",
    ):
        assert part in text


def test_further_steps_reach_further_members(run):
    near, far = (around_facts(run, "V", hops) for hops in (1, 2))
    assert names(near["others"]) == ["O"]
    assert names(far["others"]) == ["O", "X"]
    assert ("O", "X", 2) in {(p["from"], p["to"], p["hops"]) for p in far["payments"]}


def test_a_possible_victim_is_told_apart_at_once(run):
    for who in ("V", "U", "Z-1"):
        facts = around_facts(run, who, 1)
        assert facts["subject"]["handling"] == "possible victim"
        first = around_page(facts, ZONE, 100).splitlines()[0]
        assert first == f"{who}: handle as a possible victim, who is not a subject"


def test_a_hub_and_an_id_of_which_nothing_is_known_are_told(run):
    assert "taken out before grouping: licence on file: hotel" in around_page(
        around_facts(run, "HUB", 1), ZONE, 100
    )
    text = around_page(around_facts(run, "nobody", 1), ZONE, 100)
    assert "Nothing is published of this id. That clears nobody" in text


# --- a real run --------------------------------------------------------------------------------------


def test_a_screened_run_answers_all_three_questions():
    run = screened("cell")
    facts = network_facts(run, run.table("networks")["network_id"][0])
    members = names(facts["others"]) + names(facts["possible_victims"])
    assert len(members) == facts["n_members"]
    assert sum(r["amount_eur"] for r in facts["timeline"]) == facts["amount_eur"]
    found = ways(run, account_of("P8919283"), PAYEE)
    assert [w["members"] for w in found["ways"]] == [["P8919283", COLLECTOR, PAYEE]]
    around = around_facts(run, COLLECTOR, 1)
    assert around["alerts"][0]["alert_id"].startswith("AL-")
    assert around["hits"]
    for page in (
        network_page(facts, ZONE, 100),
        ways_page(found, ZONE, 100),
        around_page(around, ZONE, 100),
    ):
        words = set(re.findall(r"[a-z]+", page.lower()))
        assert not words & {"suspect", "suspects", "offender", "criminal", "mule", "trafficker", "illegal"}


def test_json_is_read_back_and_hides_nothing_that_steers():
    text = json_text({"a": "x\x1b\u202e\n", "b": 1})
    assert json.loads(text) == {"a": "x\x1b\u202e\n", "b": 1}
    assert all(c.isprintable() or c == "\n" for c in text)


# --- reading the folder ------------------------------------------------------------------------------


def test_a_folder_that_is_no_run_is_told(tmp_path):
    (tmp_path / "other").mkdir()
    with pytest.raises(DataError, match="other is not a run folder: it has no manifest"):
        open_folder(tmp_path / "other")
    with pytest.raises(DataError, match="nowhere: there is no such folder"):
        open_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_a_broken_manifest_is_told(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=r"manifest\.json cannot be read"):
        open_folder(tmp_path)


def test_another_version_of_the_tables_is_refused(tmp_path):
    with pytest.raises(
        DataError, match="has version 99 of the run folder's tables; this program reads version"
    ):
        Made().write(tmp_path / "out", schema_version=99)


def test_a_missing_broken_or_other_table_is_told(tmp_path):
    run = Made().write(tmp_path / "out")
    (run.path / "hubs.parquet").unlink()
    (run.path / "alerts.parquet").write_bytes(b"nothing")
    tables.HUBS.empty().write_parquet(run.path / "hits.parquet")
    for name, told in (
        ("hubs", r"out/hubs\.parquet: the run folder has no such table"),
        ("alerts", r"out/alerts\.parquet: the table cannot be read"),
        ("hits", r"out/hits\.parquet: columns of the table are missing"),
    ):
        with pytest.raises(DataError, match=told):
            run.table(name)
