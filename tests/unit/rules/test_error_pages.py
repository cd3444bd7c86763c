"""The reference of error codes and the code that gives them are equal, and each code is shown somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.rules.test_broken_rules import CASES, STAR_CASES

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### ([RPVW]\d{3})\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def codes_in_code() -> set[str]:
    sources = (ROOT / "thbscreen" / "rules").glob("*.py")
    return {
        code for path in sources for code in re.findall(r'"([RPVW]\d{3})"', path.read_text(encoding="utf-8"))
    }


def test_every_code_has_its_section_and_every_section_its_code() -> None:
    assert set(SECTIONS) == codes_in_code()


def test_no_code_has_two_sections() -> None:
    heads = re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)
    assert len(heads) == len(set(heads))


@pytest.mark.parametrize("code", sorted(SECTIONS))
def test_a_section_says_the_cause_and_shows_wrong_and_right(code: str) -> None:
    cause, _, examples = SECTIONS[code].strip().partition("\n\n- wrong: ")
    assert cause.endswith((".", "page."))
    assert "\n- right: " in examples


def test_every_code_about_rules_comes_out_in_a_test() -> None:
    shown = {code for _, _, codes in (CASES | STAR_CASES).values() for code in codes}
    tests = Path(__file__).parent
    others = "".join(
        p.read_text(encoding="utf-8") for p in tests.glob("test_*.py") if p.name != Path(__file__).name
    )
    shown |= {code for code in SECTIONS if f'"{code}"' in others or f"[{code}]" in others}
    assert set(SECTIONS) - shown == set()
