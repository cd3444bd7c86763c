"""Reports with one thing wrong are refused: by the structure, by a business check, or by the schema."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import xmlschema
from lxml import etree

from tests.unit.filing.filing_build import FITS, ON, SCHEMAS, Cases, needs_schemas, profile
from tests.unit.filing.test_drafts_fit_schemas import independent, reports, schema
from thbscreen.filing.draft import Request, checked
from thbscreen.filing.findings import Finding

NAME = "unnamed-5.0.1"
XSD = "goaml-5.0.1-unnamed-fiu.xsd"
Mutation = Callable[[Any], None]
pytestmark = pytest.mark.filterwarnings("ignore::xmlschema.XMLSchemaImportWarning")


def set_text(path: str, text: str) -> Mutation:
    def change(root: Any) -> None:
        root.find(path).text = text

    return change


def drop(path: str) -> Mutation:
    def change(root: Any) -> None:
        found = root.find(path)
        found.getparent().remove(found)

    return change


def add(path: str, name: str, text: str | None, *, first: bool = False) -> Mutation:
    def change(root: Any) -> None:
        parent = root.find(path) if path else root
        made = etree.Element(name)
        made.text = text
        parent.insert(0 if first else len(parent), made)

    return change


def after(path: str, name: str, text: str) -> Mutation:
    def change(root: Any) -> None:
        made = etree.Element(name)
        made.text = text
        root.find(path).addnext(made)

    return change


def twice(path: str) -> Mutation:
    def change(root: Any) -> None:
        found = root.find(path)
        found.addnext(etree.fromstring(etree.tostring(found)))

    return change


def swap(path: str) -> Mutation:
    """Puts an element behind its next sibling."""

    def change(root: Any) -> None:
        found = root.find(path)
        found.getnext().addnext(found)

    return change


def rename(path: str, name: str) -> Mutation:
    def change(root: Any) -> None:
        (root.find(path) if path else root).tag = name

    return change


def attribute(path: str, name: str, value: str) -> Mutation:
    def change(root: Any) -> None:
        root.find(path).set(name, value)

    return change


def both(*changes: Mutation) -> Mutation:
    def change(root: Any) -> None:
        for one in changes:
            one(root)

    return change


T = "transaction"
CLIENT = "transaction/t_from_my_client"
ACCOUNT = f"{CLIENT}/from_account"
PERSON = f"{ACCOUNT}/signatory/t_person"

#: What is wrong -> (mutation, what has to refuse it: the structural check S, a business check B, or both).
MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "header in another order": (swap("report_code"), "S"),
    "reason behind action": (swap("reason"), "S"),
    "date behind the channel": (swap(f"{T}/date_transaction"), "S"),
    "account behind its currency": (swap(f"{ACCOUNT}/account"), "S"),
    "country before the account": (swap(f"{CLIENT}/from_account"), "S"),
    "no reporting entity": (drop("rentity_id"), "S"),
    "no branch although the FIU wants it": (drop("rentity_branch"), "S"),
    "no report code": (drop("report_code"), "S"),
    "no date": (drop("report_date"), "S"),
    "both dates": (after("report_date", "submission_date", "2026-10-05T00:00:00"), "S"),
    "no currency": (drop("currency_code_local"), "S"),
    "no reporter": (drop("reporting_user_code"), "S"),
    "no place": (drop("location"), "S"),
    "no indicators": (drop("report_indicators"), "S"),
    "indicators without an indicator": (drop("report_indicators/indicator"), "S"),
    "a stranger in the header": (add("", "priority", "high"), "S"),
    "a wrapper around the report": (rename("", "reports"), "S"),
    "entity id is zero": (set_text("rentity_id", "0"), "S"),
    "entity id is a word": (set_text("rentity_id", "nine"), "S"),
    "submission code in small letters": (set_text("submission_code", "e"), "S"),
    "code with blanks around it": (set_text("submission_code", " E "), "S"),
    "date without a time": (set_text("report_date", "2026-10-05"), "S"),
    "blank instead of T in a date": (set_text(f"{T}/date_transaction", "2026-05-01 10:00:00"), "S"),
    "a day that does not exist": (set_text(f"{T}/date_transaction", "2026-02-30T10:00:00"), "S"),
    "a date before the calendar of the FIU": (set_text(f"{T}/date_transaction", "1700-01-01T00:00:00"), "S"),
    "decimal comma": (set_text(f"{T}/amount_local", "10,50"), "S"),
    "currency in the amount": (set_text(f"{T}/amount_local", "10.50 EUR"), "S"),
    "exponent in the amount": (set_text(f"{T}/amount_local", "1e3"), "S"),
    "currency in small letters": (set_text("currency_code_local", "eur"), "S"),
    "country in small letters": (set_text(f"{CLIENT}/from_country", "cy"), "S"),
    "reason over the limit": (set_text("reason", "x" * 8001), "S"),
    "transaction number over the limit": (set_text(f"{T}/transactionnumber", "x" * 101), "S"),
    "empty transaction number": (set_text(f"{T}/transactionnumber", ""), "S"),
    "IBAN over 34": (set_text(f"{ACCOUNT}/iban", "C" * 35), "S"),
    "BIC over 11": (set_text(f"{ACCOUNT}/swift", "SAMPCY2NXXXX"), "S"),
    "BIC and bank code": (after(f"{ACCOUNT}/institution_name", "institution_code", "002"), "S"),
    "account number missing": (drop(f"{ACCOUNT}/account"), "S"),
    "client number missing": (drop(f"{ACCOUNT}/client_number"), "S"),
    "status missing": (drop(f"{ACCOUNT}/status_code"), "S"),
    "signatory missing": (drop(f"{ACCOUNT}/signatory"), "S"),
    "primary is false": (set_text(f"{ACCOUNT}/signatory/is_primary", "0"), "S"),
    "last name missing": (drop(f"{PERSON}/last_name"), "S"),
    "birth date missing": (drop(f"{PERSON}/birthdate"), "S"),
    "nationality missing": (drop(f"{PERSON}/nationality1"), "S"),
    "two sides that pay": (twice(CLIENT), "S"),
    "no side that is paid": (drop(f"{T}/t_to_my_client"), "S"),
    "two transactions' worth of dates": (twice(f"{T}/date_transaction"), "S"),
    "channel missing": (drop(f"{T}/transmode_code"), "S"),
    "nil": (attribute("action", "{http://www.w3.org/2001/XMLSchema-instance}nil", "true"), "S"),
    "an attribute of one's own": (attribute("reason", "lang", "en"), "S"),
    "text between elements": (set_text(T, "hello"), "S"),
    # What the schema lets pass.
    "amount of zero": (set_text(f"{T}/amount_local", "0.00"), "B"),
    "negative amount": (set_text(f"{T}/amount_local", "-5.00"), "B"),
    "number used twice": (twice(T), "B"),
    "transaction behind the report": (set_text(f"{T}/date_transaction", "2027-01-01T10:00:00"), "B"),
    "code of a report without transactions": (set_text("report_code", "SAR"), "B"),
    "foreign local currency": (set_text("currency_code_local", "USD"), "B"),
    "no case reference": (drop("entity_reference"), "B"),
    "no reason": (drop("reason"), "B"),
    "empty action": (set_text("action", ""), "B"),
    "wrong check digits": (set_text(f"{ACCOUNT}/iban", "CY00999000020119073914577536"), "B"),
    "BIC of another country": (set_text(f"{ACCOUNT}/swift", "SAMPDEFF"), "B"),
    "placeholder as birth date": (set_text(f"{PERSON}/birthdate", "1900-01-01T00:00:00"), "B"),
    "paper without its end": (drop(f"{PERSON}/identification/expiry_date"), "B"),
    "late": (set_text("report_date", "2027-10-05T00:00:00"), "B"),
    "answer without the FIU's reference": (set_text("report_code", "AIF"), "B"),
}  # fmt: skip


def made_for(cases: Cases, name: str) -> bytes:
    """Gives a draft of three transactions that fits the schemas of a profile."""
    draft = cases.draft(name, "transactions", request=Request(shape="transactions", on=ON))
    (data,) = reports(draft)
    root = etree.fromstring(data)
    sides = ("t_from_my_client", "t_to_my_client")
    fit = [t for t in root.findall("transaction") if all(t.find(side) is not None for side in sides)]
    for extra in set(root.findall("transaction")) - set(fit[-3:]):  # three are enough, and quicker
        root.remove(extra)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


@pytest.fixture(scope="module")
def base(cases: Cases) -> bytes:
    return made_for(cases, NAME)


def mutated(data: bytes, change: Mutation) -> bytes:
    root = etree.fromstring(data)
    change(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def found(data: bytes) -> list[Finding]:
    # B01 is a warning for this profile alone: its schema knows no indicator but the placeholder.
    return [f for f in checked(data, profile(NAME)) if f.severity == "error"]


def test_there_are_enough_mutations() -> None:
    assert len(MUTATIONS) >= 45


def test_the_report_they_are_made_from_is_accepted(base: bytes) -> None:
    assert found(base) == []
    assert found(mutated(base, lambda _: None)) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_report_with_one_fault_is_refused(base: bytes, name: str) -> None:
    change, kind = MUTATIONS[name]
    codes = {f.code[0] for f in found(mutated(base, change))}
    assert kind in codes
    if kind == "B":
        assert "S" not in codes


#: Every real schema with the profile whose drafts fit it.
REAL = [(name, xsd) for name, schemas in FITS.items() for xsd in schemas]


@needs_schemas
@pytest.mark.parametrize(("name", "xsd"), REAL)
def test_every_real_schema_refuses_its_mutated_reports_as_our_checks_do(
    cases: Cases, name: str, xsd: str
) -> None:
    base = made_for(cases, name)
    assert schema(xsd).check(base) == []
    refused, differ = 0, []
    for what, (change, kind) in MUTATIONS.items():
        try:
            data = mutated(base, change)
        except AttributeError:
            assert name != NAME
            continue  # this FIU's reports have no such element
        by_lxml = bool(schema(xsd).check(data))
        by_other = not independent(xsd).is_valid(io.BytesIO(data))
        ours = {f.code[0] for f in checked(data, profile(name)) if f.severity == "error"}
        if not by_lxml == by_other == ("S" in ours) or (name == NAME and by_lxml != (kind == "S")):
            differ.append((what, by_lxml, by_other, ours))
        refused += by_lxml or bool(ours)
    assert differ == []
    assert refused >= 45


@needs_schemas
def test_no_message_of_a_check_shows_a_value_of_the_report(base: bytes) -> None:
    secret = "GEHEIMNISSE"
    for path in (
        "rentity_id",
        "submission_code",
        f"{T}/amount_local",
        "report_date",
        f"{ACCOUNT}/signatory/role",
    ):
        data = mutated(base, set_text(path, secret))
        told = " ".join(f.message + f.path for f in [*schema(XSD).check(data), *found(data)])
        assert told
        assert secret not in told


@needs_schemas
def test_the_schemas_of_the_tests_compile_and_are_not_empty() -> None:
    for path in sorted(SCHEMAS.glob("*.xsd")):
        assert isinstance(independent(path.name), xmlschema.XMLSchema11)
        assert re.search(r"report", " ".join(independent(path.name).elements))
