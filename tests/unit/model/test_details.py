"""Details of customers: spellings of one are equal, two are not, and what is no value never links."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.model import contact, details, iban, people, postal
from thbscreen.model.details import Reader

SECRET = b"0123456789abcdef0123456789abcdef"


# --- telephones and e-mails ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["99123456", "99 12 34 56", "+357 99-123-456", "00357 99123456", "(+357) 99.123.456", "tel. 99123456",
     "\uff19\uff19123456", "+35799123456\u200e"],
)  # fmt: skip
def test_spellings_of_one_telephone_number_are_equal(text: str) -> None:
    assert contact.phone(text, "CY") == "+35799123456"


def test_a_number_without_country_code_belongs_to_the_home_country_or_cannot_be_read() -> None:
    assert contact.phone("6912345678", "GR") == "+306912345678"
    assert contact.phone("6912345678", None) is None
    assert contact.phone("0030 6912345678", None) == "+306912345678"


def test_two_extensions_of_one_switchboard_are_two_numbers() -> None:
    one, two = (contact.phone(f"22123456 ext {n}", "CY") for n in (12, 13))
    assert one == "+35722123456;ext=12" != two


@pytest.mark.parametrize("text", ["99123456 / 99654321", "1", "abc", "+", "9" * 400, "12:30", "\x00"])
def test_what_is_no_telephone_number_is_not_read(text: str) -> None:
    assert contact.phone(text, "CY") is None


@pytest.mark.parametrize(
    ("one", "two", "equal"),
    [
        ("Maria.G@Gmail.com", "mariag@googlemail.com", True),
        ("maria+bank@gmail.com", "maria@gmail.com", True),
        ("maria+bank@hotmail.com", "maria@hotmail.com", True),
        ("maria.g@hotmail.com", "mariag@hotmail.com", False),  # points count there
        ("maria+bank@bank.com.cy", "maria@bank.com.cy", False),  # may be a mailbox of its own
        ("Maria <MARIA@Example.org>", "mailto:maria@example.org", True),
        ("a@παράδειγμα.gr", "a@xn--hxajbheg2az3al.gr", True),
        ("a@example.org.", "a@example.org", True),
    ],
)
def test_an_e_mail_loses_only_what_its_provider_ignores(one: str, two: str, equal: bool) -> None:
    first, second = contact.email(one), contact.email(two)
    assert first is not None
    assert second is not None
    assert (first == second) is equal


@pytest.mark.parametrize(
    "text", ["a@b", "a b@c.d", "@c.d", "a@b@c.d", "a..b@c.de", "+tag@gmail.com", "a@-.x"]
)
def test_what_is_no_address_of_a_mailbox_is_not_read(text: str) -> None:
    assert contact.email(text) is None


# --- postal addresses -----------------------------------------------------------------------------------

DOORS = [
    [
        "Ledras 12, Flat 3, 1011 Nicosia", "Λήδρας 12, Διαμ. 3, 1011 Λευκωσία",
        "12 Ledras Street, Apt. 3, Nicosia 1011, Cyprus", "LEDRAS STR. 12 #3 CY-1011 LEFKOSIA",
        "Οδός Λήδρας 12, διαμέρισμα 3, 1011 Λευκωσία, Κύπρος",
    ],
    ["Ledras 12, Flat 4, 1011 Nicosia"],
    ["Ledras 12, 1011 Nicosia"],
    ["Ledras 3, Flat 12, 1011 Nicosia"],
    ["Ledras 12A, 1011 Nicosia", "Ledras 12 A 1011 Nicosia", "Λήδρας 12-Α, 1011 Λευκωσία"],
    ["Ledras 12/3, 1011 Nicosia"],
    [
        "Ledras 12, 3rd floor, 1011 Nicosia", "Λήδρας 12, 3ος όροφος, 1011 Λευκωσία",
        "Floor 3, Ledras 12, Nicosia 1011",
    ],
    ["Ledras Avenue 12, 1011 Nicosia", "Λεωφ. Λήδρας 12, 1011 Λευκωσία"],
    ["Leof. Makariou III 5, ground floor, 1065 Nicosia", "Λεωφόρος Μακαρίου ΙΙΙ 5, ισόγειο, 1065 Λευκωσία"],
    ["Makariou II Avenue 5, ground floor, 1065 Nicosia"],
    ["28th October Avenue 5, 3035 Limassol", "Λεωφόρος 28ης October 5, 3035 Λεμεσός"],
    ["P.O. Box 12345, 3012 Limassol", "Τ.Θ. 12345, 3012 Λεμεσός", "PO Box 12345 Lemesos 3012"],
    ["Πατησίων 76, 104 34 Αθήνα", "Patision 76, 10434 Athens, Greece"],
    ["ул. Ленина 5, кв. 12", "Ulitsa Lenina 5, kv 12"],
]  # fmt: skip


def test_spellings_of_one_door_are_equal_and_no_two_doors_are() -> None:
    forms = [{postal.address(text) for text in door} for door in DOORS]
    assert all(len(found) == 1 and None not in found for found in forms)
    assert len({form for found in forms for form in found}) == len(DOORS)


@pytest.mark.parametrize(
    "text", ["Nicosia", "1011 Nicosia", "Limassol, Cyprus", "12", "Ledras, Nicosia", "x" * 500]
)
def test_what_names_no_door_is_not_read(text: str) -> None:
    assert postal.address(text) is None


@given(st.integers(1, 400), st.integers(1, 60), st.integers(1, 60))
def test_two_flats_are_never_one(house: int, one: int, two: int) -> None:
    first, second = (postal.address(f"Ledras {house}, Flat {flat}, 1011 Nicosia") for flat in (one, two))
    assert (first == second) is (one == two)


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Γιώργος Παπαδόπουλος", "PAPADOPOULOS, Giorgos"),  # ELOT 743
        ("Γιώργος Παπαδόπουλος", "Yiorgos Papadopoulos"),  # older registers
        ("Ευαγγελία Μπακογιάννη", "Evangelia Bakogianni"),
        ("Χαραλάμπους", "Charalampous"),
        ("Χαραλάμπους", "Haralambous"),
        ("Георгий Щербаков", "Georgii Shcherbakov"),  # ICAO 9303
        ("Юлия", "Yuliya"),  # BGN/PCGN
        ("Юлия", "Iuliia"),
        ("Николай", "Nikolay"),
        ("Жанна Чехова", "Žanna Čehova"),  # ISO 9
        ("Мария", "Μαρία"),
        ("A.B.C. Trading S.A.", "ABC TRADING"),
        ("Dr. Müller Jürgen", "Jurgen Muller"),
        ("Papad\u03bfpoulos", "Papadopoulos"),  # a Greek omicron inside
    ],
)
def test_names_meet_under_a_standard(one: str, two: str) -> None:
    assert people.name_keys(one) & people.name_keys(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Γιώργος", "Георгий"),
        ("Maria", "Mara"),
        ("Anna Maria", "Anna"),
        ("unknown", "unknown"),
        ("Ann Lee", "Anne Lee"),
    ],
)
def test_other_names_do_not_meet(one: str, two: str) -> None:
    assert not people.name_keys(one) & people.name_keys(two)


@given(st.text(max_size=40))
def test_the_key_of_a_name_is_one_of_its_forms_and_stays_itself(text: str) -> None:
    key = people.name_key(text)
    assert not key or key in people.name_keys(text)


# --- placeholders, the institution's own, digests --------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["0000000", "n/a", "N.A.", "Unknown", "-", "", "99999999", "1234567", "ΑΓΝΩΣΤΟ", "нет"]
)
@pytest.mark.parametrize("kind", details.KINDS)
def test_what_stands_for_no_value_has_no_form(kind: details.Kind, text: str) -> None:
    assert Reader("CY").read(kind, text).outcome == "placeholder"


def test_a_number_that_is_a_placeholder_behind_its_country_code_is_one() -> None:
    assert Reader("CY").read("phone", "+357 99 999999").outcome == "placeholder"
    assert Reader("CY").read("email", "noreply@somewhere.org").outcome == "placeholder"


def test_what_is_the_institutions_own_has_no_form_in_any_spelling() -> None:
    own = {"phone": ("800 11 111",), "email": ("@bank.com.cy",), "address": ("Ledras 1, 1011 Nicosia",)}
    reader = Reader("CY", own)
    assert reader.read("phone", "+357 80011111").outcome == "own"
    assert reader.read("email", "Teller7@BANK.com.cy").outcome == "own"
    assert reader.read("address", "Οδός Λήδρας 1, Λευκωσία 1011").outcome == "own"
    assert reader.read("address", "Ledras 1, Flat 2, 1011 Nicosia").outcome == "read"


def test_a_digest_is_the_hmac_that_another_program_can_make() -> None:
    made = details.digest(SECRET, "phone", "+35799123456")
    message = b"entry\0detail.1.phone\0+35799123456"
    assert made == hmac.new(SECRET, message, hashlib.sha256).hexdigest()
    assert made != details.digest(SECRET, "name", "+35799123456")
    assert details.key_check(SECRET) != details.key_check(SECRET[::-1])


def test_the_salt_of_a_run_without_key_does_not_depend_on_the_order() -> None:
    assert details.salt(["b", "a", "a"]) == details.salt(["a", "b"]) != details.salt(["a"])


@given(st.sampled_from(details.KINDS), st.text(max_size=60))
def test_any_text_is_read_without_a_fault_and_its_form_stays_itself(kind: details.Kind, text: str) -> None:
    reader = Reader("CY")
    found = reader.read(kind, text)
    if found.form is not None and kind in {"phone", "email", "id"}:
        assert reader.read(kind, found.form).form in {found.form, None}


# --- IBANs -------------------------------------------------------------------------------------------------


LENGTHS = {"CY": 24, "GR": 23, "DE": 18, "GB": 18, "NO": 11, "ES": 20, "FR": 23, "XX": 20}
ANY_BBAN = st.sampled_from(sorted(LENGTHS)).flatmap(
    lambda c: st.tuples(st.just(c), st.text("0123456789", min_size=LENGTHS[c] - 1, max_size=LENGTHS[c]))
)


@given(ANY_BBAN)
def test_an_iban_is_valid_where_python_stdnum_says_so(number_of: tuple[str, str]) -> None:
    from stdnum import iban as twin

    country, bban = number_of
    number = iban.with_check_digits(country, bban)
    known = iban.structure(country) is not None
    assert iban.is_valid(number) == (twin.is_valid(number) if known else True)


def test_the_parts_of_an_iban_follow_the_registry() -> None:
    cyprus = iban.structure("CY")
    assert cyprus is not None
    assert (cyprus.length, cyprus.bank, cyprus.account) == (28, (4, 7), (12, 28))
    assert iban.structure("XX") is None
    assert iban.is_valid(iban.with_check_digits("BE", "539007547034"))
    assert not iban.is_valid(iban.with_check_digits("BE", "539007547035"))  # the national digits are wrong
    assert iban.compact("IBAN: cy17 0020-0128 0000.0012 0052 7600") == "CY17002001280000001200527600"
