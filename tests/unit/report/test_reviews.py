"""What is to be read at once stands at the top and has a folder of its own, with or without alerts."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.engine.scoring_build import Case
from tests.unit.report.report_build import finished
from thbscreen.report.runfolder import write_run
from thbscreen.report.terminal import render


def one_text() -> Case:
    return (
        Case().customer("P7", "A7").hit("CHILD-1", "A7", ("possible_victim", "account_id", "A7"), tx=("T1",))
    )


def test_the_terminal_shows_it_first_and_nothing_where_there_is_nothing() -> None:
    shown = render(finished(one_text()))
    first, second = shown.index("TO BE READ AT ONCE"), shown.index("SUSPECTED NETWORKS")
    assert first < second
    assert "P7" in shown[first:second]
    assert "HANDLE AS POSSIBLE VICTIM" in shown[first:second]
    assert "none" in shown[shown.index("ALERTS") :].splitlines()[1]
    assert "TO BE READ AT ONCE" not in render(finished())


def test_its_folder_holds_the_movements_and_a_narrative_that_accuses_nobody(tmp_path: Path) -> None:
    write_run(tmp_path, finished(one_text()))
    counts = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    (review,) = counts["top_reviews"]
    assert counts["reviews"] == 1
    story = (tmp_path / "cases" / review / "narrative.txt").read_text(encoding="utf-8")
    assert f"{review}: customer P7, handled as a possible victim" in story
    assert "Care for CHILD-1" in story
    assert "Common story" in story
    assert "\nSubject" not in story
    evidence = (tmp_path / "cases" / review / "evidence.csv").read_text(encoding="utf-8")
    assert len(evidence.splitlines()) == 2
    assert "T1" in evidence
