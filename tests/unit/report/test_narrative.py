"""Narratives: facts only, possible victims apart, no names, no accusing words."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.unit.engine.scoring_build import Case
from tests.unit.report.report_build import HOSTILE, NAME, FakeRun, finished
from thbscreen.report.runfolder import write_run
from thbscreen.report.story import WIDTH
from thbscreen.rules.accusing import accusing_words

NETWORK, ALERT = "NW-0123456789ab", "AL-68c37e04ba16"


def story(folder: Path, case: str, run: FakeRun | None = None) -> str:
    write_run(folder, run or finished())
    return (folder / "cases" / case / "narrative.txt").read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """Gives the text under a heading, up to the next one."""
    lines = text.splitlines()
    start = lines.index(title)
    stop = next((i for i in range(start + 2, len(lines)) if lines[i].startswith("---")), len(lines) + 1)
    return "\n".join(lines[start + 2 : stop - 1])


def test_nobody_is_accused_and_nobody_named(tmp_path: Path) -> None:
    text = story(tmp_path, NETWORK) + (tmp_path / "cases" / ALERT / "narrative.txt").read_text(
        encoding="utf-8"
    )
    assert accusing_words(text) == []
    assert NAME not in text


def test_possible_victims_stand_apart_from_other_members(tmp_path: Path) -> None:
    text = story(tmp_path, NETWORK)
    assert "P1 (A1): possible organiser 100%" in section(text, "Members who are not read as possible victims")
    apart = section(text, "Possible victims")
    assert "Do not call, write or send a message" in apart
    assert "cmd|" in apart
    assert "cmd|" not in section(text, "Members who are not read as possible victims")


def test_a_subject_read_as_possible_victim_is_in_no_list_of_subjects(tmp_path: Path) -> None:
    case = Case().customer("P1", "A1").hit("FLOW-3", "A1", ("possible_victim", "account_id", "A1"))
    text = story(tmp_path, ALERT, finished(case.hit("SPEND-2", "A1")))
    assert text.startswith(f"{ALERT}: customer P1, handled as a possible victim\n")
    assert "\nSubject\n" not in text
    assert "customer P1: possible victim" in section(text, "Possible victims")


def test_the_own_accounts_of_a_subject_are_not_others(tmp_path: Path) -> None:
    assert section(story(tmp_path, ALERT), "Others named by these hits").strip() == "- nothing"


def test_the_sum_is_told_line_by_line(tmp_path: Path) -> None:
    told = section(story(tmp_path, ALERT), "Score 3")
    assert "- 3: Title of STAR-3: weight 3 (STAR-3)" in told
    assert "- -2: Speaks against: Title of MIT-2, takes away 2 (MIT-2)" in told


def test_innocent_explanations_and_what_was_not_judged_are_told(tmp_path: Path) -> None:
    text = story(tmp_path, NETWORK)
    assert "- Story of STAR-3" in section(text, "What may explain this innocently")
    assert "- One wedding only." in section(text, "What would break this reading")
    assert "- THING-2 (THING-2): no value" in section(text, "What was not judged")


def test_a_mitigating_rule_explains_nothing_itself(tmp_path: Path) -> None:
    text = story(tmp_path, ALERT)
    assert "Story of MIT-2" not in text
    assert "\nSpeaks against: MIT-2 (version 1): Title of MIT-2\n" in text


def test_nothing_from_the_data_can_steer_a_terminal(tmp_path: Path) -> None:
    text = story(tmp_path, NETWORK)
    assert HOSTILE not in text
    assert "\\u{1b}[31m\\u{202e}" in text
    assert all(c.isprintable() or c == "\n" for c in text)


def test_lines_fit(tmp_path: Path) -> None:
    assert max(len(line) for line in story(tmp_path, NETWORK).splitlines()) <= WIDTH


def test_ids_of_rules_and_hits_are_never_broken_at_a_line_end(tmp_path: Path) -> None:
    run = finished()
    text = "Read as client by a hit of THB-MAR-001 and then some more words. " * 6
    run.tables["network_members"] = run.tables["network_members"].with_columns(evidence_for=pl.lit([text]))
    assert story(tmp_path, NETWORK, run).count("THB-MAR-001") == 12


def test_what_speaks_against_comes_after_what_speaks_for(tmp_path: Path) -> None:
    text = story(tmp_path, ALERT)
    assert text.index("SPEND-2 (version") < text.index("Speaks against: MIT-2")


def test_a_network_is_not_named_as_one_of_the_others(tmp_path: Path) -> None:
    case = Case().customer("P1", "A1")
    case.hit(
        "STAR-3", "A1", ("possible_organiser", "organiser", "A1"), ("unknown", "network_id", "NW-1"),
        ("possible_facilitator", "cp_account_id", "X9"),
    )  # fmt: skip
    told = section(story(tmp_path, ALERT, finished(case.hit("SPEND-2", "A1"))), "Others named by these hits")
    assert "NW-1" not in told
    assert "X9: possible facilitator" in told


def test_handling_in_doubt_is_explained(tmp_path: Path) -> None:
    case = Case().customer("P1", "A1")
    case.hit("STAR-3", "A1", ("possible_organiser", "organiser", "A1"))
    case.hit("SPEND-2", "A1", ("possible_victim", "account_id", "A1"))
    assert "In doubt a person is handled as a possible victim" in story(tmp_path, ALERT, finished(case))


def test_rules_that_were_judged_weakly_are_named(tmp_path: Path) -> None:
    run = finished()
    run.tables["readiness"] = run.tables["readiness"].with_columns(status=pl.lit("weak"))
    assert "Judged on some movements only, as columns are often empty: THING-2." in story(
        tmp_path, ALERT, run
    )


def test_accounts_of_others_are_told_with_their_customers(tmp_path: Path) -> None:
    case = Case().customer("P1", "A1").customer("P2", "A2")
    case.hit(
        "STAR-3", "A1", ("possible_organiser", "organiser", "A1"), ("possible_victim", "recruited", "A2")
    )
    text = story(tmp_path, ALERT, finished(case.hit("SPEND-2", "A1")))
    assert "- A2 (customer P2)" in section(text, "Possible victims")


def test_a_possible_victim_whom_other_hits_name_otherwise_is_told_to_be_both(tmp_path: Path) -> None:
    case = Case().customer("P1", "A1").hit("STAR-3", "A1", ("possible_victim", "recruited", "X9"))
    case.hit("SPEND-2", "A1", ("possible_controller", "cp_account_id", "X9"))
    text = section(story(tmp_path, ALERT, finished(case)), "Possible victims")
    assert "- X9; other hits name it as possible controller" in text
