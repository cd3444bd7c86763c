"""The page of report checks names every code, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from thbscreen.filing import profile
from thbscreen.filing.business import CHECKS
from thbscreen.filing.checklist import ITEMS
from thbscreen.filing.findings import STRUCTURE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "report-checks.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([BN]\d\d) \| (.+?)\. \| (.+) \|$", PAGE, re.MULTILINE)
FOLDER = ROOT / "tests" / "unit" / "filing"
SOURCE = {
    "B": (FOLDER / "test_business_checks.py").read_text(encoding="utf-8"),
    "N": (FOLDER / "test_narrative_checklist.py").read_text(encoding="utf-8"),
}


def test_every_item_and_check_has_its_row_with_the_words_of_the_code() -> None:
    told = {code: text.lower() for code, text, _ in ROWS}
    assert told == {c.id: c.title.lower() for c in CHECKS} | {i: t.lower() for i, (t, _) in ITEMS.items()}


@pytest.mark.parametrize(("code", "tests"), [(code, tests) for code, _, tests in ROWS])
def test_the_tests_of_a_row_exist_and_are_about_it(code: str, tests: str) -> None:
    names = re.findall(r"`(test_\w+)(\[.*?\])?`", tests)
    assert names
    source = SOURCE[code[0]]
    for name, case in names:
        assert f"def {name}(" in source
        if case:  # one case of a table of faults, which has this code as a key
            assert code in case
            assert re.search(rf'^    "{code}": \[', source, re.MULTILINE)


def test_every_code_of_structure_and_of_profiles_is_explained() -> None:
    assert set(re.findall(r"^\| (S\d\d) \|", PAGE, re.MULTILINE)) == set(STRUCTURE)
    text = Path(str(profile.__file__)).read_text(encoding="utf-8")
    assert set(re.findall(r"^\| (F\d{3}) \|", PAGE, re.MULTILINE)) == set(re.findall(r'"(F\d{3})"', text))


def test_every_key_of_a_filing_profile_is_explained() -> None:
    text = (ROOT / "docs" / "how-to" / "draft-a-report.md").read_text(encoding="utf-8")
    assert [key for key in profile.KEYS if f"`{key}`" not in text] == []
