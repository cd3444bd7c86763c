"""The summary on a terminal fits, accuses nobody and cannot be steered by the data."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.unit.engine.scoring_build import Case
from tests.unit.report.report_build import HOSTILE, FakeRun, finished
from thbscreen.engine import tables
from thbscreen.io.dataset import TableCounts
from thbscreen.report.layout import printable
from thbscreen.report.terminal import Look, render
from thbscreen.report.text import FORMULA, neutral, points
from thbscreen.rules.accusing import accusing_words


def shown(run: FakeRun | None = None, width: int = 80, out: Path | None = Path("out")) -> str:
    return render(run or finished(), width=width, out=out)


def hostile() -> FakeRun:
    case = Case()
    for n in range(12):
        case.hit("FLOW-3", f"{n}{HOSTILE}" * 5).hit("SPEND-2", f"{n}{HOSTILE}" * 5)
    return finished(case)


@pytest.mark.parametrize("width", [20, 40, 60, 75, 76, 80, 120, 300])
@pytest.mark.parametrize("run", [finished, hostile])
def test_every_line_fits_the_width(run: type, width: int) -> None:
    text = shown(run(), width)
    assert max(len(line) for line in text.splitlines()) <= max(40, min(width, 120))


def test_nothing_from_the_data_can_steer_the_terminal() -> None:
    text = shown(hostile(), 120)
    assert all(c.isprintable() or c == "\n" for c in text)


def test_the_score_is_shown_as_the_sum_it_is() -> None:
    assert re.search(
        r"1 +P1 +3 +3\+2-2 +sham marriage\n +urgent 1 · .*\n +spend, network · Title of STAR-3", shown()
    )


def test_a_possible_victim_is_shown_as_one_without_colour() -> None:
    case = Case().customer("P1", "A1").hit("FLOW-3", "A1", ("possible_victim", "account_id", "A1"))
    text = shown(finished(case.hit("SPEND-2", "A1")))
    assert "urgent 1 · HANDLE AS POSSIBLE VICTIM · possible victim 86%, not known 14%" in text
    assert "do not call or write to possible victims" in text


def test_the_first_case_to_read_is_named() -> None:
    assert "read out/cases/NW-0123456789ab/narrative.txt" in shown()


def test_longer_lists_say_so() -> None:
    assert "ALERTS  12, the first 10 shown" in shown(hostile())


def test_rules_that_were_not_judged_are_counted() -> None:
    assert "0 ready, 0 weak, 1 not judged (their silence says nothing" in shown()


def test_rejected_rows_are_counted() -> None:
    assert "12 read, 10 loaded, 1 rejected, 1 skipped (see rejects.csv and quality.json)" in shown(width=100)


def test_an_input_without_rows_has_no_last_day() -> None:
    run = finished(Case().customer("P1", "A1"))
    text = shown(replace(run, load=replace(run.load, tables={"transactions": TableCounts()})))
    assert "no movement was loaded" in text
    assert "data to" not in text
    assert "check the input" in text


def test_the_columns_that_most_rules_wait_for_are_named_first() -> None:
    run = finished(Case().customer("P1", "A1"))
    missing = [["mcc", "own_transfer"], ["cp_name", "mcc"]]
    rows = [{"rule": f"R-{n}", "status": "not judged", "missing": m} for n, m in enumerate(missing)]
    run.tables["readiness"] = tables.READINESS.conform(
        pl.DataFrame(
            [dict.fromkeys(tables.READINESS.schema) | r for r in rows], schema=tables.READINESS.schema
        )
    )
    assert "rules wait for: mcc (2 rules), cp_name (1 rule); each rule's" in shown(run, 120)


def test_the_most_urgent_class_is_explained_after_the_one_it_builds_on() -> None:
    case = Case()
    for n in range(3):
        case.customer(f"V{n}", f"B{n}")
    victims = [("possible_victim", "cp_account_id", f"B{n}") for n in range(3)]
    case.customer("P1", "A1").hit("STAR-3", "A1", ("possible_organiser", "organiser", "A1"), *victims)
    text = shown(finished(case.hit("SPEND-2", "A1")), 120)
    assert text.index("urgent 1: somebody") < text.index("urgent 2: as urgent 1")


def test_subjects_below_the_line_are_counted_by_what_they_lack() -> None:
    case = Case().hit("FLOW-2", "A1").hit("SPEND-1", "A2").hit("FLOW-3", "A3").hit("FLOW-2", "A3")
    assert "BELOW THE LINE\n  3 subjects (2 for lack of points, 1 for lack of a second family)" in shown(
        finished(case), 100
    )


def test_silence_is_not_clearance() -> None:
    assert "this clears nobody" in shown(finished(Case().customer("P1", "A1")))


def test_paint_changes_looks_and_not_words() -> None:
    looks: set[str] = set()

    def paint(text: str, look: Look) -> str:
        looks.add(look)
        return f"<{text}>"

    painted = render(finished(), width=80, out=Path("out"), paint=paint)
    assert painted.replace("<", "").replace(">", "") == shown()
    assert {"heading", "urgent", "faint"} <= looks


def test_nobody_is_accused() -> None:
    assert accusing_words(shown() + shown(hostile())) == []


# --- text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (5.25, "5.25"), (0.1875, "0.1875"), (10.0, "10"), (0.0, "0")]
)
def test_points_have_no_needless_digits(value: float, text: str) -> None:
    assert points(value) == text


def test_letters_of_every_script_stay_as_they_are() -> None:
    assert printable("ΔΗΜΟΣ ĽŽ Ж 東 é") == "ΔΗΜΟΣ ĽŽ Ж 東 é"


@pytest.mark.parametrize(
    "char", ["\x00", "\x1b", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\n", "\r"]
)
def test_characters_that_hide_something_are_shown(char: str) -> None:
    assert printable(f"a{char}b") == f"a\\u{{{ord(char):x}}}b"


@pytest.mark.parametrize(
    "cell",
    [
        "=1",
        "+357",
        "-1",
        "@x",
        "|x",
        "%x",
        "\tx",
        "\rx",
        "\nx",
        " =1",
        "\u00a0=1",
        "\ufeff=1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
    ],
)
def test_a_cell_that_would_run_gets_an_apostrophe(cell: str) -> None:
    import polars as pl

    assert pl.DataFrame({"c": [cell]}).select(neutral("c")).item() == "'" + cell


@pytest.mark.parametrize("cell", ["a=1", "1-2", "", "Δ", "'=1", " a"])
def test_a_harmless_cell_stays_as_it_is(cell: str) -> None:
    import polars as pl

    assert pl.DataFrame({"c": [cell]}).select(neutral("c")).item() == cell


def test_the_pattern_of_formulas_is_anchored() -> None:
    assert FORMULA.startswith("^")
