# ruff: noqa: E501  # tables of cases read better in few lines
"""`inspect` tells lists of customers, accounts and holders from movements, and drafts them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.cli_build import run
from tests.unit.io.test_inspect import looked_at

CUSTOMERS = (
    "Customer No;First Name;Last Name;Customer Type;Mobile;E-mail;Street;City;Date of Birth;Occupation;Customer since\n"
    "C1;Anna;Georgiou;Individual;99123456;anna@mail.example;Ledras 1;Nicosia;14/05/1990;nurse;25/01/2020\n"
    "C2;;Kafe Ltd;Company;;;;Limassol;;;26/01/2021\n"
)
ACCOUNTS = (
    "IBAN,Account Type,Currency,Opening Date,Branch,Balance\n"
    "CY17002001280000001200527600,current,EUR,2020-01-05,11,12.50\n"
    "CY17002001280000001200527601,savings,EUR,2021-02-06,12,7.00\n"
)
LINKS = "account,customer id,role,valid from\nA1,C1,owner,2020-01-05\nA1,C2,proxy,2021-01-05\nA2,C1,owner,2020-01-05\n"


def test_a_list_of_customers_is_drafted_and_loads(tmp_path: Path) -> None:
    found = looked_at(tmp_path, CUSTOMERS)
    assert (found.state, found.tables, found.undecided) == ("draft", ["parties"], [])
    for line in (
        'kind: {from: "Customer Type", map: {"Company": legal, "Individual": natural}}',
        'name: {concat: ["First Name", "Last Name"], separator: " "}',
        'address: {concat: ["Street", "City"], separator: ", "}',
        'onboarding_ts: {from: "Customer since", format: "%d/%m/%Y"}',
        'phone: {from: "Mobile"}',
    ):
        assert line in found.draft
    assert "birth" not in found.draft
    assert any("days of birth are not read" in note for note in found.notes)
    assert found.loaded is not None
    assert (found.loaded["read"], found.loaded["loaded"]) == (2, 2)
    assert 'undecided: ["transactions"]' in found.draft


def test_what_a_list_does_not_say_is_left_to_a_person(tmp_path: Path) -> None:
    data = "Customer No;Full Name;Customer Type;Phone;Customer since;Monthly income\n"
    data += "1;Anna;P;99123456;03/04/2020;1.500\n2;Kafe;L;22123456;05/06/2021;2.000\n"
    found = looked_at(tmp_path, data)
    assert found.tables == ["parties"]
    assert found.undecided == ["kind", "declared_monthly_income_eur", "onboarding_ts"]
    assert "Anna" not in found.draft
    assert found.loaded is None
    without = looked_at(tmp_path, "Customer No;Full Name;Phone\n1;Anna;99123456\n2;Maria;22123456\n")
    assert without.undecided == ["kind"]
    assert "kind: {const: legal}" in without.draft


def test_a_list_of_accounts_is_drafted_and_loads(tmp_path: Path) -> None:
    found = looked_at(tmp_path, ACCOUNTS)
    assert (found.tables, found.undecided) == (["accounts"], [])
    assert 'account_id: {from: "IBAN"}' in found.draft
    assert 'opened_date: {from: "Opening Date"}' in found.draft
    assert found.loaded is not None
    assert found.loaded["loaded"] == 2


def test_accounts_with_their_customer_are_two_tables_and_the_role_is_left_to_a_person(tmp_path: Path) -> None:
    data = "Λογαριασμός;Κωδικός Πελάτη;Προϊόν;Ημερομηνία Ανοίγματος\n1001;7;ΟΨΕΩΣ;25/01/2020\n1002;7;ΤΑΜΙΕΥΤΗΡΙΟ;26/02/2021\n"
    found = looked_at(tmp_path, data)
    assert found.tables == ["accounts", "account_parties"]
    assert found.undecided == ["role"]
    assert "role: {const: holder}" in found.draft


def test_a_list_of_holders_is_drafted_and_loads(tmp_path: Path) -> None:
    found = looked_at(tmp_path, LINKS)
    assert (found.tables, found.undecided) == (["account_parties"], [])
    assert 'map: {"owner": holder, "proxy": mandate}' in found.draft
    assert found.loaded is not None
    assert found.loaded["loaded"] == 3


@pytest.mark.parametrize(
    "data",
    [
        "Account,Customer,Date,Amount,Currency,Branch\nA1,C1,2026-01-05,-5.00,EUR,11\nA2,C2,2026-01-15,7.00,EUR,11\n",
        "Account;Date;Debit;Credit;Product;Customer\nA1;25/01/2026;5,00;;current;C1\nA2;26/01/2026;;7,50;current;C2\n",
        "IBAN;Buchungstag;Betrag;Name;Verwendungszweck\nDE89370400440532013000;25.01.2026;-5,00;Kafe;rent\n",
    ],
)
def test_movements_stay_movements(tmp_path: Path, data: str) -> None:
    assert looked_at(tmp_path, data).tables == ["transactions"]


def test_details_of_movements_are_drafted(tmp_path: Path) -> None:
    data = "Account,Date,Amount,Currency,Channel,Merchant,Terminal ID,Location,MCC,IP address,Purpose\n"
    data += "A1,2026-01-15,-5.00,EUR,ATM,Kafe,T1,Nicosia,5812,10.0.0.1,RENT\nA1,2026-01-16,7.00,EUR,Online,Shop,T2,Larnaca,5411,10.0.0.2,SALA\n"
    draft = looked_at(tmp_path, data).draft
    for line in (
        'channel: {from: "Channel", map: {"ATM": atm, "Online": online}}', 'merchant_name: {from: "Merchant"}',
        'terminal_id: {from: "Terminal ID"}', 'location_city: {from: "Location"}', 'ip: {from: "IP address"}',
        'purpose_code: {from: "Purpose"}',
    ):  # fmt: skip
        assert line in draft


def test_a_folder_of_movements_customers_and_holders_gives_one_draft_that_loads(tmp_path: Path) -> None:
    data = "account,booking date,amount,currency,D/C,payee\nA1,2026-01-15,5.00,EUR,D,x\nA2,2026-01-16,7.00,EUR,C,y\n"
    folder = tmp_path / "export"
    folder.mkdir()
    for name, text in (("bookings", data), ("clients", CUSTOMERS), ("holders", LINKS)):
        (folder / f"{name}.csv").write_text(text)
    draft = tmp_path / "bank.yaml"
    shown = run("inspect", str(folder), "--out", str(draft))
    assert shown.exit_code == 0, shown.output
    text = draft.read_text()
    assert "undecided" not in text
    assert "WHAT COULD BE JUDGED\n  ready:" in shown.stdout
    for part in ("  transactions:\n    file: \"bookings.csv\"", "  parties:\n    file: \"clients.csv\"",
                 "  account_parties:\n    file: \"holders.csv\""):  # fmt: skip
        assert part in text
    shown = run("convert", str(folder), "--mapping", str(draft), "--out", str(tmp_path / "out"))
    assert shown.exit_code == 0, shown.output
    assert "parties: 2 read, 2 written" in shown.stderr


JOINT = (
    "Account,Customer No,Opened,Product\nA1,C1,2020-01-05,current\nA1,C2,2020-01-05,current\n"
    "A2,C1,2021-02-06,savings\n"
)


def test_a_list_with_a_row_for_each_holder_gives_accounts_and_who_holds_them(tmp_path: Path) -> None:
    found = looked_at(tmp_path, JOINT)
    assert (found.state, found.tables) == ("draft", ["accounts", "account_parties"])
    assert found.undecided == ["role"]


def test_a_list_whose_rows_of_one_account_differ_gives_only_who_holds_it(tmp_path: Path) -> None:
    found = looked_at(tmp_path, JOINT.replace("C2,2020-01-05", "C2,2022-01-05"))
    assert (found.state, found.tables) == ("draft", ["account_parties"])
