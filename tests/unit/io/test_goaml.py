"""goAML reports as input: what is taken, what is not, and what is refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.errors import DataError
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.goaml_parts import facts_comment, facts_of

PERSON = """<gender>F</gender><first_name>{first}</first_name><last_name>{last}</last_name>
<birthdate>{born}T00:00:00</birthdate><birth_place>Somewhere</birth_place><ssn>{ssn}</ssn>
<nationality1>XX</nationality1><residence>CY</residence>
<phones><phone><tph_number>99 1</tph_number></phone></phones>
<occupation>student</occupation>"""
ACCOUNT = """<institution_name>Bank</institution_name><swift>{bic}</swift><branch>Main</branch>
<account>{number}</account><currency_code>EUR</currency_code><client_number>C1</client_number>
<personal_account_type>CUR</personal_account_type>
<signatory><is_primary>1</is_primary><t_person>{person}</t_person><role>H</role></signatory>
<opened>2025-01-01T00:00:00</opened><status_code>A</status_code>"""
PROFILE = """filing_profile: test
transmode_codes: {atm: ATM, online: WEB, branch: SAME, mobile: SAME}
funds_codes: {cash: CASH, transfer: TRF, card: CARD}
account_types: {current: CUR}
signatory_roles: {holder: H}
party_roles: {payer: FROM, payee: TO}
unknown: {text: UNBEKANNT}
"""


def person(ssn: str = "1", first: str = "Anna", last: str = "Example", born: str = "2005-06-01") -> str:
    return PERSON.format(ssn=ssn, first=first, last=last, born=born)


def account(number: str, bic: str = "BANKCY2N", who: str = "") -> str:
    return ACCOUNT.format(number=number, bic=bic, person=who or person())


def client(end: str, number: str, *, funds: str = "TRF", who: str = "", bic: str = "BANKCY2N") -> str:
    return (
        f"<t_{end}_my_client><{end}_funds_code>{funds}</{end}_funds_code><{end}_account>"
        f"{account(number, bic, who)}</{end}_account><{end}_country>CY</{end}_country></t_{end}_my_client>"
    )


def other(end: str, inner: str, *, funds: str = "TRF", country: str = "DE") -> str:
    return (
        f"<t_{end}><{end}_funds_code>{funds}</{end}_funds_code>{inner}"
        f"<{end}_country>{country}</{end}_country></t_{end}>"
    )


def transaction(number: str, sides: str, *, amount: str = "10.00", more: str = "", mode: str = "WEB") -> str:
    return (
        f"<transaction><transactionnumber>{number}</transactionnumber><transaction_location>Nicosia"
        f"</transaction_location><transaction_description>rent</transaction_description>"
        f"<date_transaction>2026-05-01T10:30:00</date_transaction><transmode_code>{mode}</transmode_code>"
        f"<amount_local>{amount}</amount_local>{sides}{more}</transaction>"
    )


def report(*transactions: str, entity: str = "9001") -> str:
    return (
        f"<report><rentity_id>{entity}</rentity_id><report_date>2026-10-01T00:00:00</report_date>"
        f"<currency_code_local>EUR</currency_code_local>{''.join(transactions)}</report>"
    )


def opened(folder: Path, **files: str) -> Dataset:
    for name, text in files.items():
        (folder / f"{name}.xml").write_text(text, encoding="utf-8")
    (folder / "profile.yaml").write_text(PROFILE, encoding="utf-8")
    return open_dataset([folder], folder / "profile.yaml", zone="Asia/Nicosia")


def rows(data: Dataset) -> pl.DataFrame:
    return pl.concat(list(data.chunks()))


FOREIGN = (
    "<to_account><swift>BANKDEFF</swift><account>77</account>"
    "<account_name>UNBEKANNT</account_name></to_account>"
)


def test_a_client_side_gives_one_movement_in_its_ledger(tmp_path: Path) -> None:
    data = opened(tmp_path, a=report(transaction("1", client("from", "11") + other("to", FOREIGN))))
    (row,) = rows(data).to_dicts()
    assert row["account_id"] == "BANKCY2N/11"
    assert (row["direction"], row["amount"], row["currency"]) == ("debit", 1000, "EUR")
    assert (row["channel"], row["tx_type"]) == ("online", "cross_border")
    assert (row["cp_account_id"], row["cp_country"], row["cp_bic"]) == ("BANKDEFF/77", "DE", "BANKDEFF")
    assert row.get("cp_name") is None  # the words for an unknown name are no name
    assert row["remittance_info"] == "rent"
    assert row["booking_ts"].isoformat() == "2026-05-01T07:30:00+00:00"
    (holder,) = data.parties.to_dicts()
    assert (holder["kind"], holder["name"], holder["age_band"]) == ("natural", "Anna Example", "18-24")
    assert data.account_parties["role"].to_list() == ["holder"]
    assert data.accounts["product"].to_list() == ["current"]


def test_an_internal_payment_gives_both_ledgers(tmp_path: Path) -> None:
    sides = client("from", "11") + client("to", "12", who=person("2", "Bela"))
    found = rows(opened(tmp_path, a=report(transaction("1", sides))))
    assert sorted(found["direction"]) == ["credit", "debit"]
    assert found["tx_type"].to_list() == ["credit_transfer"] * 2


def test_reports_of_two_banks_on_one_payment_give_each_ledger_once(tmp_path: Path) -> None:
    iban, far = "CY02999000020119073914577536", "DE89370400440532013000"
    ours = client("from", iban) + other(
        "to", f"<to_account><swift>BANKDEFF</swift><account>{far}</account></to_account>"
    )
    theirs = other("from", f"<from_account><swift>BANKCY2N</swift><account>{iban}</account></from_account>")
    theirs += client("to", far, who=person("2", "Bela"), bic="BANKDEFF")
    data = opened(
        tmp_path, a=report(transaction("1", ours)), b=report(transaction("77", theirs), entity="9002")
    )
    found = rows(data).sort("direction")
    assert found["account_id"].to_list() == [far, iban]
    assert found["cp_account_id"].to_list() == [iban, far]


def test_the_same_person_at_two_banks_is_one_customer(tmp_path: Path) -> None:
    one = transaction("1", client("from", "11") + other("to", FOREIGN))
    two = transaction(
        "2", client("from", "22", who=person("1", "ANNA"), bic="OTHRCY2N") + other("to", FOREIGN)
    )
    data = opened(tmp_path, a=report(one), b=report(two, entity="9002"))
    assert data.parties.height == 1
    assert data.account_parties.height == 2
    assert data.report().notes[
        "value of an account or a person that two reports tell differently; the first was taken"
    ]


def test_cash_and_card_are_known_by_their_codes(tmp_path: Path) -> None:
    cash = "<from_person><first_name>UNBEKANNT</first_name><last_name>UNBEKANNT</last_name></from_person>"
    shop = "<to_entity><name>A SHOP</name></to_entity>"
    data = opened(tmp_path, a=report(
        transaction("1", other("from", cash, funds="CASH") + client("to", "11", funds="CASH"), mode="ATM"),
        transaction("2", client("from", "11", funds="CARD") + other("to", shop, funds="CARD"), mode="SAME"),
    ))  # fmt: skip
    found = rows(data).sort("tx_id")
    assert found["tx_type"].to_list() == ["cash_deposit", "card_purchase"]
    assert found["channel"].to_list() == ["atm", None]  # a code with two meanings has none
    assert found["merchant_name"].to_list() == [None, "A SHOP"]


def test_a_comment_of_facts_fills_what_no_element_holds(tmp_path: Path) -> None:
    more = "<comments>facts: kind=card_purchase; mcc=5411; payer_device=DEV%3B1; no_text=1</comments>"
    data = opened(
        tmp_path, a=report(transaction("1", client("from", "11") + other("to", FOREIGN), more=more))
    )
    (row,) = rows(data).to_dicts()
    assert (row["tx_type"], row["mcc"], row["device_id"]) == ("card_purchase", "5411", "DEV;1")
    assert row.get("remittance_info") is None


@given(
    st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), st.text(min_size=1, max_size=20), max_size=5)
)
def test_facts_come_back_from_a_comment_as_they_went_in(facts: dict[str, str]) -> None:
    kept = {label: value.strip() for label, value in facts.items() if value.strip()}
    assert facts_of(facts_comment(kept.items())) == kept


def test_multi_party_transactions_need_codes_of_roles(tmp_path: Path) -> None:
    def party(role: str, kind: str, inner: str) -> str:
        return f"<party><role>{role}</role><{kind}>{inner}</{kind}><country>CY</country></party>"

    far = "<swift>BANKDEFF</swift><account>77</account>"
    known = party("FROM", "account_my_client", account("11")) + party("TO", "account", far)
    strange = party("X", "account_my_client", account("11")) + party("TO", "account", far)
    data = opened(tmp_path, a=report(*(
        transaction(str(n), f"<involved_parties>{sides}</involved_parties>")
        for n, sides in enumerate([known] * 200 + [strange])
    )))  # fmt: skip
    assert rows(data).height == 200
    assert data.report().rejects["reason"].to_list() == ["D123: payer and payee cannot be told apart"]
    assert data.report().tables["transactions"].adds_up


def test_traits_and_papers_are_not_taken_over(tmp_path: Path) -> None:
    data = opened(
        tmp_path,
        a=report(transaction("1", client("from", "11", who=person("SECRETNUMBER")) + other("to", FOREIGN))),
    )
    everything = str([t.to_dicts() for t in (data.parties, data.accounts, data.account_parties, rows(data))])
    for secret in ("SECRETNUMBER", "XX", "Somewhere", "'F'", "2005"):
        assert secret not in everything


def test_an_activity_gives_people_and_no_movements_and_a_transactions_only_file_works(tmp_path: Path) -> None:
    party = f"<report_party><person>{person('5')}</person></report_party>"
    activity = f"<activity><report_parties>{party}</report_parties></activity>"
    made = transaction("1", client("from", "11") + other("to", FOREIGN))
    only = f"<reportdata><transactions>{made}</transactions></reportdata>"
    data = opened(tmp_path, a=report(activity), b=only)
    assert rows(data).height == 1
    assert data.parties.height == 2
    assert rows(data)["tx_id"].to_list() == ["BANKCY2N/1/D"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<html><body/></html>", "D030"),
        ("<report><rentity_id>", "D027"),
        ('<!DOCTYPE report [<!ENTITY x "y">]><report/>', "D028"),
        (f"<report>{'<a>' * 60}{'</a>' * 60}</report>", "D029"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(DataError, match=rf"a\.xml.*error\[{code}\]"):
        opened(tmp_path, a=text)


def test_reports_beside_tables_and_a_mapping_of_columns_are_refused(tmp_path: Path) -> None:
    text = report(transaction("1", client("from", "11") + other("to", FOREIGN)))
    (tmp_path / "transactions.csv").write_text("account_id\n", encoding="utf-8")
    with pytest.raises(DataError, match="D026"):
        opened(tmp_path, a=text)
    (tmp_path / "transactions.csv").unlink()
    (tmp_path / "m.yaml").write_text("mapping: x\n", encoding="utf-8")
    with pytest.raises(DataError, match="filing profile"):
        open_dataset([tmp_path], tmp_path / "m.yaml", zone="Asia/Nicosia")


def test_a_wrong_amount_rejects_its_row_and_says_where(tmp_path: Path) -> None:
    sides = client("from", "11") + other("to", FOREIGN)
    made = [transaction(str(n), sides, amount="1,5" if n == 150 else "10.00") for n in range(200)]
    found = opened(tmp_path, a=report(*made)).report()
    assert found.rejects.select("file", "row", "column").rows() == [("a.xml", 151, "amount")]
