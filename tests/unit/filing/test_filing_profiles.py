"""Filing profiles: faults with their place, and the shipped ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.filing.filing_build import PROFILES
from thbscreen.errors import ProfileError, UsageError
from thbscreen.filing.profile import SHIPPED, TO_BE_FILLED, read_profile, shipped_profiles

GOOD = (PROFILES / "unnamed-5.0.1.yaml").read_text(encoding="utf-8")


def faults(tmp_path: Path, text: str) -> str:
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError) as error:
        read_profile(file)
    return str(error.value)


#: Code -> (what is replaced, by what, what the message names).
FAULTS = {
    "F001": ("fiu: unnamed", "fiu: unnamed\nfiu: again", "'fiu' is written twice"),
    "F002": ("country: CY", "country: CY\nkeywords: [a]", "did you mean 'key_words'?"),
    "F003": ('version: "5.0"', 'version: "6.0"', "one of: 4.0, 5.0"),
    "F004": ("rentity_id: 9001", "rentity_id: to be filled", "the key 'rentity_id' is still to be filled"),
    "F005": ("    - report.location", "    - report.locations", "did you mean 'location'?"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_told_with_its_place_and_what_to_do(tmp_path: Path, code: str) -> None:
    old, new, names = FAULTS[code]
    assert old in GOOD
    told = faults(tmp_path, GOOD.replace(old, new, 1))
    assert re.match(rf"p\.yaml:\d+:\d+: error\[{code}\]", told)
    assert names in told


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("country: CY", "country: [CY]", "F003"),
        ("time_zone: Asia/Nicosia", "time_zone: Asia/Nicosie", "F003"),
        ("limits: {transactions: 2000", "limits: {transactions: many", "F003"),
        ("limits: {transactions: 2000", "limits: {movements: 2000", "F002"),
        ("B03: error", "B03: fatal", "F003"),
        ("text: {ascii_only: false", "text: {ascii_only: perhaps", "F003"),
        ("text: {ascii_only: false", "text: {language: el", "F003"),
        ("text: {ascii_only: false", "text: {reserve: 2", "F003"),
        ("report.rentity_branch: 1-255", "report.rentity_branch: short", "F003"),
        ("fiu: unnamed", "", "F004"),
        ("unknown: {text", "unknown: {words", "F002"),
        ("  signatory.role: A", "  signatory.rule: A", "F005"),
        ("funds_codes: {cash: C,", "funds_codes: {coins: C,", "F002"),
    ],
)
def test_other_faults_of_a_profile(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert old in GOOD
    assert f"error[{code}]" in faults(tmp_path, GOOD.replace(old, new, 1))


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    told = faults(
        tmp_path, GOOD.replace("rentity_id: 9001", "rentity_id: to be filled").replace("B03: error", "B03: x")
    )
    assert told.index("F004") < told.index("F003")


def test_there_is_a_hint_for_a_misspelt_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'cyprus'"):
        read_profile("cypris")


def test_the_cyprus_profile_stops_with_every_key_that_is_to_be_filled() -> None:
    text = (SHIPPED / "cyprus.yaml").read_text(encoding="utf-8")
    with pytest.raises(ProfileError) as error:
        read_profile("cyprus")
    told = [d for d in error.value.diagnostics if d.code == "F004"]
    body = "\n".join(line.partition("#")[0] for line in text.splitlines())
    assert len(told) == body.count(TO_BE_FILLED) == len(error.value.diagnostics)
    assert all("portal" in str(d.help) for d in told)
    for key in ("version", "rentity_id", "report_codes.transactions", "indicators.thb.sexual_exploitation",
                "key_words", "funds_codes.cash", "transmode_codes.atm", "account_types.current",
                "text.ascii_only", "text.language"):  # fmt: skip
        assert any(f"'{key}'" in d.message for d in told), key


def test_no_code_of_an_fiu_is_part_of_the_program() -> None:
    profile = read_profile("cyprus", drafting=False)
    maps = (
        profile.report_codes,
        profile.indicators,
        profile.transmode_codes,
        profile.funds_codes,
        profile.account_types,
        profile.account_status,
        profile.signatory_roles,
        profile.constants,
    )
    assert not any(maps)
    example = read_profile("example")
    codes = [*example.report_codes.values(), *example.indicators.values(), *example.funds_codes.values(),
             *example.transmode_codes.values()]  # fmt: skip
    assert codes
    assert all(code.startswith("EX") for code in codes)
    assert shipped_profiles() == ["cyprus", "example"]


def test_every_indicator_of_the_rules_has_a_key_in_the_shipped_profiles() -> None:
    from thbscreen.rules.pack import load_pack

    words = {rule.report_indicator for rule in load_pack().rules}
    for name in shipped_profiles():
        text = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")
        assert [w for w in sorted(words) if f"  {w}: " not in text] == []
