"""MT103 and its Polish form: parties, legs, references, and what is refused."""

from __future__ import annotations

import pytest

from tests.unit.io.statement_support import OTHER, OWN, Read, read
from thbscreen.errors import DataError
from thbscreen.io.recognise import kind_of_text
from thbscreen.io.statements import mt103 as reader

UETR = "2412527e-aefa-455d-8307-851118e145fe"
PARTIES = f":50K:/{OWN}\nJohn Example\nStreet 1\n:59:/{OTHER}\nAnna Example\nTown\n"
HEAD = "{1:F01DEUTDEFFAXXX0000000000}{2:I103ABNANL2AXXXXN}"


def message(
    fields: str = PARTIES, *, head: str = HEAD, block3: str = f"{{3:{{121:{UETR}}}}}", day: str = "260105"
) -> str:
    return f"{head}{block3}{{4:\n:20:REF1\n:23B:CRED\n:32A:{day}EUR1234,5\n{fields}-}}\n"


def legs(data: str) -> tuple[dict[str, str], dict[str, str]]:
    found = read(data)
    assert found.refused == []
    debit, credit = found.values
    assert (debit["direction"], credit["direction"]) == ("debit", "credit")
    return debit, credit


def test_a_payment_gives_the_payers_debit_and_the_payees_credit() -> None:
    debit, credit = legs(message(PARTIES + ":70:rent\n"))
    assert (debit["account_id"], debit["cp_iban"], debit["cp_name"]) == (OWN, OTHER, "Anna Example")
    assert (credit["account_id"], credit["cp_iban"], credit["cp_name"]) == (OTHER, OWN, "John Example")
    assert debit["batch_id"] == credit["batch_id"] == debit["uetr"] == UETR
    for leg in (debit, credit):
        assert (leg["amount"], leg["currency"], leg["value_date"]) == ("1234.5", "EUR", "2026-01-05")
        assert (leg["remittance_info"], leg["bank_ref"], leg["tx_type"]) == ("rent", "REF1", "cross_border")
    assert (debit["cp_bic"], credit["cp_bic"]) == ("ABNANL2A", "DEUTDEFF")


@pytest.mark.parametrize(
    ("payer", "account", "name"),
    [
        (f":50A:/{OWN}\nDEUTDEFF\n", OWN, ""), (f":50:/{OWN}\nJ EXAMPLE\nTOWN\n", OWN, "J EXAMPLE"),
        (f":50F:/{OWN}\n1/JOHN\n1/EXAMPLE\n2/STREET 1\n3/DE/TOWN\n", OWN, "JOHN EXAMPLE"),
        (f":50K:/{OWN}\n\nJ EXAMPLE\n\nTOWN\n", OWN, "J EXAMPLE"), (f":50K://{OWN}\nJ\n", OWN, "J"),
        (":50K:/123-456\nJ\n", "123-456", "J"), (f":50F:/{OWN}\n1/J\n3/DE\n", OWN, "J"),
    ],
)  # fmt: skip
def test_the_payer_in_every_form(payer: str, account: str, name: str) -> None:
    debit, credit = legs(message(f"{payer}:59:/{OTHER}\nANNA\n"))
    assert debit["account_id"] == credit["cp_account_id"] == account
    assert credit.get("cp_name", "") == name


@pytest.mark.parametrize(
    ("payee", "name"),
    [
        (f":59A:/{OTHER}\nABNANL2A\n", ""), (f":59F:/{OTHER}\n1/ANNA\n2/STREET\n3/NL/TOWN\n", "ANNA"),
        (f":59:/{OTHER}\nANNA EXAMPLE\nSTREET\n", "ANNA EXAMPLE"),
    ],
)  # fmt: skip
def test_the_payee_in_every_form(payee: str, name: str) -> None:
    debit, _ = legs(message(f":50K:/{OWN}\nJ\n{payee}"))
    assert (debit["cp_iban"], debit.get("cp_name", "")) == (OTHER, name)


def test_banks_of_both_sides() -> None:
    debit, credit = legs(message(PARTIES + ":52A:/1\nCOBADEFFXXX\n:57A:INGBNL2A\n"))
    assert (debit["cp_bic"], credit["cp_bic"]) == ("INGBNL2A", "COBADEFFXXX")
    debit, _ = legs(message(PARTIES + ":57D:SOME BANK\nTOWN\n"))
    assert "cp_bic" not in debit


def test_a_party_without_account_has_no_leg() -> None:
    found = read(message(f":50K:J EXAMPLE\nTOWN\n:59:/{OTHER}\nANNA\n"))
    (credit,) = found.values
    assert (credit["account_id"], credit["cp_name"], credit["direction"]) == (OTHER, "J EXAMPLE", "credit")
    assert found.notes == [reader.NO_ACCOUNT]
    found = read(message(f":50F:CCPT/CY/P123456\n1/J\n:59:/{OTHER}\nANNA\n"))
    assert "P123456" not in str(found)  # papers are not taken over
    assert read(message(":50K:J\n:59:ANNA\n")).refused == [(1, "D101")]


def test_the_country_of_a_party_without_bank_and_iban() -> None:
    found = read(message(f":50F:/1\n1/J\n3/CY/NICOSIA\n:59:/{OTHER}\nANNA\n", head="{1:}{2:I103}"))
    assert found.values[1]["cp_country"] == "CY"


def test_references_purpose_and_amount_before_conversion() -> None:
    more = (
        ":33B:USD1400,\n:36:1,1\n:70:/INV/7///ROC/98I"
        + "A" * 18
        + "\nU87/PURP/RENT\n:72:/BNF/for you\n//and me\n/REC/x\n"
    )
    debit, _ = legs(message(PARTIES + more))
    assert debit["end_to_end_id"] == "98I" + "A" * 18 + " U87"
    assert (debit["orig_currency"], debit["orig_amount"], debit["purpose_code"]) == ("USD", "1400", "RENT")
    assert debit["remittance_info"].endswith("for you and me")
    full = ":70:/INV/abc/SDF-96//1234-234///ROC/98I\nU87\n"
    assert legs(message(PARTIES + full))[0]["end_to_end_id"] == "98IU87"


def test_the_input_time_is_taken_where_the_message_has_one() -> None:
    head = "{1:F01ABNANL2AAXXX0000000000}{2:O1031432260104DEUTDEFFAXXX00000000002601041433N}"
    debit, credit = legs(message(head=head))
    assert (debit["booking_ts"], debit["has_time"]) == ("2026-01-04T14:32:00", "true")
    assert (debit["cp_bic"], credit["cp_bic"]) == ("ABNANL2A", "DEUTDEFF")
    assert legs(message())[0]["booking_ts"] == "2026-01-05"


def test_copies_of_a_payment_share_their_keys_and_equal_orders_do_not() -> None:
    found = read(message() + message())
    assert [m.same for m in found.movements[:2]] == [m.same for m in found.movements[2:]]
    found = read(message(block3="") + message(block3=""))
    assert len({m.same for m in found.movements}) == 4
    assert len({m.values["batch_id"] for m in found.movements}) == 2
    again = read(message(block3=""))
    assert [m.same for m in again.movements] == [m.same for m in found.movements[:2]]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (":32A:260105EUR1234,5\n", "", "D101"), ("EUR1234,5", "EUR1.234,5", "D102"),
        ("260105", "261305", "D109"),
        ("EUR1234,5", "EUR12345678901234567,", "D104"), (":32A:260105EUR", ":32A:EUR", "D102"),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_read_is_refused_and_the_next_one_is_read(
    old: str, new: str, code: str
) -> None:
    broken = message().replace(old, new)
    assert broken != message()
    found = read(broken + message(block3=""))
    assert (found.refused, len(found.movements)) == ([(1, code)], 2)


def test_bare_messages_and_messages_of_other_types() -> None:
    bare = message().split("{4:\n")[1].replace("-}\n", "")
    assert kind_of_text(bare.encode()) == "mt103"
    assert len(read(bare + bare).movements) == 4
    found = read(message() + message(head=HEAD.replace("I103", "I202")))
    assert (len(found.movements), found.skipped) == (2, [reader.OTHER_KIND])
    with pytest.raises(DataError, match=r"D021"):
        read("nothing", "mt103")


POLISH = """:01:43216
:02:{total}
:03:{count}
:04:24900005
:05:sender name

sender address
:07:26-01-05-12
"""


def polish(payer: str = "61109010140000071219812874", payee: str = "27114020040000300201355387") -> str:
    return (
        "{1:F0124900005xxxx0001000001}{2:I100ALBPPLPWxxxxN1}{4:\n:20:265765\n:32A:260105EUR234,34\n"
        f":50:sender name\n\nsender address\n:52D:{payer}\n{payer}\nEUR234,34\n:57A:ALBPPLPW\n"
        f":59:/{payee}\nben name\n\nben address\n:70:title1\n title2\n:71A:BN1\n:72: 00 00\n-}}\n"
    )


def pla(total: str, count: str, *messages: str) -> Read:
    return read(POLISH.format(total=total, count=count) + "".join(messages))


def test_polish_accounts_without_country_become_ibans_if_their_check_digits_hold() -> None:
    found = pla("234,34", "1", polish())
    debit, credit = found.values
    assert debit["account_id"] == "PL61109010140000071219812874"
    assert debit["cp_iban"] == "PL27114020040000300201355387"
    assert (credit["cp_name"], debit["remittance_info"]) == ("sender name", "title1 title2")
    assert debit["tx_type"] == "credit_transfer"
    assert found.notes == []
    debit, _ = pla("234,34", "1", polish(payer="62109010140000071219812874")).values
    assert debit["account_id"] == "62109010140000071219812874"


def test_the_polish_header_states_how_many_payments_there_are() -> None:
    (statement,) = pla("468,68", "2", polish(), polish()).statements
    assert (statement.declared_entries, statement.entries) == (2, 2)
    assert statement.signed is not None and statement.declared_debit == -statement.signed
    assert pla("468,68", "2", polish()).proofs[0]["counts"] == "differ"
