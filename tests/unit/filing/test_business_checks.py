"""Each business check B01 to B23 finds its fault, and nothing where there is none."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.unit.filing.filing_build import PROFILES, profile
from thbscreen.filing.business import CHECKS, Context, check_business, not_checked
from thbscreen.filing.profile import FilingProfile, read_profile
from thbscreen.io.xmltree import whole_tree

ACCOUNT = """<institution_name>Bank</institution_name><swift>SAMPCY2N</swift>
<account>CY02999000020119073914577536</account><currency_code>EUR</currency_code>
<iban>CY02999000020119073914577536</iban>
<signatory><is_primary>1</is_primary><t_person><first_name>A</first_name><last_name>B</last_name>
<birthdate>1980-05-01T00:00:00</birthdate><nationality1>CY</nationality1>
<identification><type>A</type><number>1</number><issue_date>2020-01-01T00:00:00</issue_date>
<expiry_date>2030-01-01T00:00:00</expiry_date><issue_country>CY</issue_country></identification>
</t_person><role>A</role></signatory><status_code>A</status_code>"""
TRANSACTION = f"""<transaction><transactionnumber>M1</transactionnumber>
<date_transaction>2026-09-01T10:00:00</date_transaction><transmode_code>AA</transmode_code>
<amount_local>100.00</amount_local>
<t_from_my_client><from_funds_code>E</from_funds_code><from_account>{ACCOUNT}</from_account>
<from_country>CY</from_country></t_from_my_client>
<t_to><to_funds_code>E</to_funds_code><to_account><swift>BANKDEFF</swift><account>1</account></to_account>
<to_country>DE</to_country></t_to></transaction>"""
REPORT = f"""<report><report_code>STR</report_code><entity_reference>NW-1</entity_reference>
<report_date>2026-10-01T00:00:00</report_date><currency_code_local>EUR</currency_code_local>
<reason>why</reason><action>what</action>{TRANSACTION}
<report_indicators><indicator>X1</indicator></report_indicators></report>"""
PARTY = (
    "<activity><report_parties><report_party><reason>r</reason></report_party></report_parties></activity>"
)
ACTIVITY = REPORT.replace(TRANSACTION, PARTY).replace(">STR<", ">SAR<")
FOREIGN = """<from_foreign_currency><foreign_currency_code>USD</foreign_currency_code>
<foreign_amount>110.00</foreign_amount><foreign_exchange_rate>{}</foreign_exchange_rate>
</from_foreign_currency>"""


def part(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def edit(old: str, new: str, base: str = REPORT) -> Callable[[], str]:
    return lambda: part(base, old, new)


#: Check -> reports that it must find something in.
FAULTS: dict[str, list[Callable[[], str]]] = {
    "B01": [edit(">X1<", ">-<"), edit(">X1<", ">X9<")],
    "B02": [edit(">X1<", ">X2<")],
    "B03": [edit("<reason>why</reason>", ""), edit("<action>what</action>", "<action> </action>")],
    "B04": [edit("<entity_reference>NW-1</entity_reference>", ""), edit(">NW-1<", ">OLD-1<")],
    "B05": [edit("<currency_code_local>EUR", "<currency_code_local>USD")],
    "B06": [edit(">STR<", ">SAR<"), edit(">SAR<", ">STR<", ACTIVITY)],
    "B07": [lambda: REPORT.replace("t_from_my_client", "t_from")],
    "B08": [
        edit("<t_to>", "<t_from></t_from><t_to>"),
        edit("<t_to>", "<involved_parties></involved_parties><t_to>"),
        lambda: part(REPORT, REPORT[REPORT.find("<t_from_my") : REPORT.find("</transaction>")],
                     "<involved_parties><party><role>A</role></party></involved_parties>"),
    ],
    "B09": [edit(TRANSACTION, TRANSACTION * 2)],
    "B10": [edit(">2026-09-01T", ">2026-10-02T"), edit(">2026-10-01T", ">2026-12-31T")],
    "B11": [edit(">100.00<", ">0<"), edit(">100.00<", ">-100.00<")],
    "B12": [
        lambda: REPORT.replace("from_account>", "from_person>").replace("to_account>", "to_person>"),
        lambda: REPORT.replace("_code>E<", "_code>C<"),
    ],
    "B13": [
        edit("<is_primary>1</is_primary>", ""),
        lambda: part(REPORT, REPORT[REPORT.find("<signatory>") : REPORT.find("<status_code>")], ""),
    ],
    "B14": [
        edit("<status_code>A", "<status_code>C"),
        edit("<status_code>A", "<closed>2026-01-01T00:00:00</closed><status_code>A"),
    ],
    "B15": [
        edit("<nationality1>CY</nationality1>", "<nationality1>-</nationality1>"),
        edit("<birthdate>1980-05-01", "<birthdate>1900-01-01"),
        edit("<birthdate>1980-05-01", "<birthdate>2040-01-01"),
        edit("<birthdate>1980-05-01T00:00:00</birthdate>", ""),
    ],
    "B16": [
        edit("<issue_country>CY</issue_country>", "<issue_country>-</issue_country>"),
        edit("<number>1</number>", ""),
        edit("<identification>", "<passport_number>1</passport_number><identification>"),
    ],
    "B17": [
        edit("<iban>CY02", "<iban>CY03"),
        edit("SAMPCY2N", "SAMP"),
        edit("SAMPCY2N", "SAMPDE2N"),
        edit("<account>CY02999000020119073914577536", "<account>CY02999000020641707186750714"),
    ],
    "B18": [
        edit("<from_account>", FOREIGN.format("2.0") + "<from_account>"),
        edit("<currency_code>EUR", "<currency_code>USD"),
    ],
    "B19": [edit(TRANSACTION, "".join(TRANSACTION.replace(">M1<", f">M{i}<") for i in range(4)))],
    "B21": [edit(">STR<", ">AIFT<")],
    "B22": [edit("<reason>r</reason>", "", ACTIVITY)],
    "B23": [edit(">2026-09-01T", ">2026-06-01T")],
}  # fmt: skip


@pytest.fixture(scope="module")
def strict() -> FilingProfile:
    own = profile("unnamed-5.0.1")
    fields = {name: getattr(own, name) for name in own.__slots__}
    return FilingProfile(
        **{
            **fields,
            "predicate_offences": ("X1", "X9"),
            "code_lists": {"report_indicator_type": {"X1", "X2"}},
            "limits": {
                "transactions": 3,
                "late_days": 60,
                "attachments": 2,
                "attachment_bytes": 10,
                "file_bytes": 15,
            },
        }
    )


def context(rules: FilingProfile | None, *files: Path) -> Context:
    return Context(rules, date(2026, 10, 30), frozenset({"OLD-1"}), files)


def codes(text: str, rules: FilingProfile | None, *files: Path) -> set[str]:
    root = whole_tree(io.BytesIO(text.encode()), "r")
    return {f.code for f in check_business(root, rules, context(rules, *files))}


def test_every_check_has_a_fault_here() -> None:
    assert {c.id for c in CHECKS} == set(FAULTS) | {"B20"}
    assert [c.id for c in CHECKS] == [f"B{n:02d}" for n in range(1, 24)]


@pytest.mark.parametrize("text", [REPORT, ACTIVITY])
def test_a_sound_report_passes_every_check(strict: FilingProfile, text: str) -> None:
    assert codes(text, strict) == set()


@pytest.mark.parametrize(
    ("check", "number"), [(c, n) for c, made in FAULTS.items() for n in range(len(made))]
)
def test_a_check_finds_its_fault(strict: FilingProfile, check: str, number: int) -> None:
    assert check in codes(FAULTS[check][number](), strict)


def test_b20_attachments_fit_in_number_size_and_name(strict: FilingProfile, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv", "with blank.csv", "λ.csv", "large.csv")]
    for file in files:
        file.write_text("x" if file.name != "large.csv" else "x" * 20)
    good, second, third, blank, greek, large = files
    assert codes(REPORT, strict, good, second) == set()
    for wrong in ([good, second, third], [blank], [greek], [large]):
        assert codes(REPORT, strict, *wrong) == {"B20"}


def test_a_check_that_lacks_what_it_needs_is_named_and_silent() -> None:
    left = {c.id for c in not_checked(Context())}
    assert left == {"B02", "B05", "B06", "B12", "B14", "B19", "B20", "B23"}
    for check in left - {"B20"}:
        assert not codes(FAULTS[check][0](), None) & left


def test_the_severity_is_a_warning_unless_the_profile_says_otherwise(tmp_path: Path) -> None:
    text = (PROFILES / "unnamed-5.0.1.yaml").read_text(encoding="utf-8").partition("\nchecks:")[0]
    for given, expected in (("", "warning"), ("checks: {B09: error}", "error"), ("checks: {B09: off}", None)):
        file = tmp_path / "p.yaml"
        file.write_text(f"{text}\n{given}\n", encoding="utf-8")
        root = whole_tree(io.BytesIO(FAULTS["B09"][0]().encode()), "r")
        found = [f.severity for f in check_business(root, read_profile(file)) if f.code == "B09"]
        assert found == ([expected] if expected else [])


def test_a_transactions_only_file_is_not_asked_for_a_header(strict: FilingProfile) -> None:
    text = f"<reportdata><transactions>{TRANSACTION}</transactions></reportdata>"
    assert codes(text, strict) == set()
    assert codes(text.replace(">100.00<", ">0<"), strict) == {"B11"}
