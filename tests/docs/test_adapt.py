"""The worked profile of a bank in the documentation loads and does what its page says."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from thbscreen.engine.exclusions import findings, load_checked
from thbscreen.rules import bundle
from thbscreen.rules.explain import sentences
from thbscreen.rules.overrides import changes, looser
from thbscreen.rules.paths import default_rules_dir

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "adapt-to-your-institution.md"
TEXT = PAGE.read_text(encoding="utf-8")
#: A day between the approvals and the expiry on the page.
TODAY = dt.date(2026, 12, 1)


def bank(tmp_path: Path, old: str = "", new: str = "") -> Path:
    """Follows the page: the shipped profile under another name, with the page's keys in place of goaml."""
    shipped = (default_rules_dir() / "profiles" / "cyprus.yaml").read_text(encoding="utf-8")
    kept = shipped[: shipped.index("\n# Codes of the list")].replace(
        "profile: cyprus", "profile: example-bank"
    )
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert old in block
    path = tmp_path / "bank.yaml"
    path.write_text(kept + "\n" + block.replace(old, new, 1), encoding="utf-8")
    return path


def shown(profile: Path, today: dt.date = TODAY) -> list[str]:
    found = findings(None, profile, today=today)
    return [d.render() for d in found if d.span.file == "bank.yaml"]


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> bundle.RulePack:
    """The pack under the profile on the page, loaded once."""
    return load_checked(None, bank(tmp_path_factory.mktemp("bank")), today=TODAY)


def test_the_profile_on_the_page_loads_without_a_finding(tmp_path: Path, adapted: bundle.RulePack) -> None:
    assert shown(bank(tmp_path)) == []
    assert "THB-LAB-003" not in {rule.id for rule in adapted.rules}
    assert [e.name for e in adapted.profile.exclusions] == ["payroll-bureau"]
    assert set(adapted.profile.indicators) == {"thb.sham_marriage", "thb.labour_exploitation"}
    words = {entry for _, entry in next(f for f in adapted.lists if f.name == "keywords.rent").entries}
    assert "flat share" in words
    assert "rents" not in words


def test_the_values_on_the_page_are_looser_as_it_says(adapted: bundle.RulePack) -> None:
    assert [(c.rule, c.parameter) for c in looser(adapted)] == [
        ("THB-ML-001", "min_deposits"), ("THB-ML-001", "window")
    ]  # fmt: skip
    assert len(changes(adapted)) == 2


def test_the_explanation_on_the_page_is_what_the_program_says(adapted: bundle.RulePack) -> None:
    at = [rule.id for rule in adapted.bound].index("THB-ML-001")
    quoted = next(b for b in re.findall(r"```text\n(.*?)\n```", TEXT, re.DOTALL) if b.startswith("Set by"))
    assert quoted in sentences(adapted.bound[at], adapted.rules[at], adapted)


def test_the_exclusion_expires_as_the_page_says(tmp_path: Path) -> None:
    profile = bank(tmp_path)
    last = dt.date(2027, 6, 30)
    assert not [d for d in shown(profile, last) if "P012" in d]
    (found,) = shown(profile, last + dt.timedelta(days=1))
    assert "error[P012]: the exclusion 'payroll-bureau' expired on 2027-06-30" in found


def test_a_review_that_is_due_warns_as_the_page_says(tmp_path: Path) -> None:
    profile = bank(tmp_path, "    expires: 2027-06-30", "    expires: 2029-06-30")
    found = shown(profile, dt.date(2027, 10, 2))
    assert len(found) == 2
    assert all("warning[W120]" in d for d in found)


def test_the_wide_exclusion_on_the_page_is_refused_in_its_words(tmp_path: Path) -> None:
    wide = re.search(r"With `where: (\{.*?\}\})`", TEXT)
    assert wide is not None
    found = shown(bank(tmp_path, "{account_id: [ACC-PAYROLL-1, ACC-PAYROLL-2]}", wide[1]))
    quoted = next(b for b in re.findall(r"```text\n(.*?)\n```", TEXT, re.DOTALL) if "P014" in b)
    assert len(found) == 1
    assert quoted in found[0]


@pytest.mark.parametrize("command", ["check", "test", "lock", "explain"])
def test_commands_on_the_page_exist(command: str) -> None:
    from thbscreen.cli.rules import rules

    assert f"rules {command}" in TEXT
    assert command in rules.commands
