"""Who is who: one account under many numbers, one detail in many spellings, digests under a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.io.support import ZONE, rows, write
from thbscreen.errors import DataError
from thbscreen.io.accountbook import AccountBook
from thbscreen.io.contacts import with_details
from thbscreen.io.counterparties import Counterparties
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.identity_report import counterparties_line
from thbscreen.io.pseudonyms import TREATMENTS, Pseudonymiser, detail_digest, pseudonymise
from thbscreen.io.quality import quality
from thbscreen.io.statements.owners import owner_rows
from thbscreen.io.statements.records import Side
from thbscreen.model import iban
from thbscreen.model.catalogue import TABLES
from thbscreen.model.details import Reader
from thbscreen.model.keys import Key, KeySource

KEY = Key(b"0123456789abcdef0123456789abcdef")
OTHER = Key(b"fedcba9876543210fedcba9876543210")
OWN = iban.with_check_digits("CY", "002001280000001200527600")
SAME_NUMBER_ELSEWHERE = iban.with_check_digits("CY", "003001280000001200527600")
LOCAL_AS_IBAN = iban.with_check_digits("CY", "002001280000007788990011")


# --- accounts ----------------------------------------------------------------------------------------------


def book() -> AccountBook:
    accounts = pl.DataFrame(
        {
            "account_id": [OWN, "002/7788990011", "0012345678", "351-12-345"],
            "iban": [None, None, iban.with_check_digits("CY", "005001280000001200527699"), None],
            "bic": ["BCYPCY2N", None, None, None],
        }
    )
    return AccountBook(accounts, pl.DataFrame({"account_id": ["A-1"]}))


def meant(written: str, bic: str | None = None) -> str | None:
    frame = pl.DataFrame({"n": [written], "b": [bic]}, schema={"n": pl.String, "b": pl.String})
    found = book().look_up(frame, "n", "b")["meant"].to_list()
    return found[0] if found else None


@pytest.mark.parametrize(
    ("written", "bic", "account"),
    [
        (OWN.lower(), None, OWN),
        ("IBAN: " + " ".join(OWN[i : i + 4] for i in range(0, 28, 4)), None, OWN),
        (OWN[:4] + "-" + OWN[4:], None, OWN),
        (OWN[4:], None, OWN),
        ("1200527600", None, OWN),
        ("00-1200527600", "BCYPCY2N010", OWN),
        ("1200527600", "HEBACY2N", None),  # the same number at another bank
        (SAME_NUMBER_ELSEWHERE, None, None),
        (OWN[:2] + "00" + OWN[4:], None, None),  # check digits do not hold
        (iban.with_check_digits("CY", "005001280000001200527699"), None, "0012345678"),
        ("12345678", None, "0012345678"),
        ("351 12 345", None, "351-12-345"),
        ("a1", None, "A-1"),
        ("002 / 007788990011", None, "002/7788990011"),
        (LOCAL_AS_IBAN, None, "002/7788990011"),
        (iban.with_check_digits("CY", "003001280000007788990011"), None, None),
        ("5276", None, None),
        ("", None, None),
    ],
)
def test_a_number_means_an_account_only_when_it_can_mean_no_other(
    written: str, bic: str | None, account: str | None
) -> None:
    assert meant(written, bic) == account


def test_a_number_of_two_accounts_means_neither() -> None:
    two = AccountBook(
        pl.DataFrame({"account_id": ["12-345678", "1234-5678"]}), pl.DataFrame({"account_id": [""]})
    )
    assert two.several == 1
    assert not two.look_up(pl.DataFrame({"n": ["12345678"]}), "n").height


def slow(ids: list[str], written: str) -> str | None:
    """Looks for the account, one by one, that is the same when only letters and digits count."""
    if written in ids:
        return None  # it is the id itself, which nobody replaces

    def bare(text: str) -> str:
        return "".join(c for c in text if c.isascii() and c.isalnum()).upper()

    def number(text: str) -> str:
        digits = bare(text).lstrip("0")
        return digits if bare(text).isdigit() and len(digits) >= 6 else ""

    found = {i for i in ids if bare(i) == bare(written) or (number(written) and number(i) == number(written))}
    return found.pop() if len(found) == 1 else None


NUMBER = st.text("01 -.", min_size=5, max_size=9).map(str.strip).filter(lambda t: any(c.isalnum() for c in t))


@settings(max_examples=40)
@given(st.lists(NUMBER, min_size=1, max_size=4, unique=True), st.lists(NUMBER, min_size=1, max_size=6))
def test_columns_look_numbers_up_as_one_by_one(ids: list[str], written: list[str]) -> None:
    empty = pl.DataFrame({"account_id": pl.Series([], dtype=pl.String)})
    found = AccountBook(pl.DataFrame({"account_id": ids}), empty).look_up(pl.DataFrame({"n": written}), "n")
    expected = {w: a for w in written if (a := slow(ids, w)) is not None}
    assert dict(found.select("n", "meant").iter_rows()) == expected


TX = "tx_id,account_id,booking_ts,direction,amount,currency,cp_account_id,cp_name,cp_iban\n"


def folder(tmp_path: Path, **tables: str) -> Path:
    tmp_path.mkdir(exist_ok=True)
    for name, text in tables.items():
        write(tmp_path, f"{name}.csv", text)
    return tmp_path


def opened(path: Path, **more: Any) -> Dataset:
    return open_dataset([path], None, zone=ZONE, home="CY", **more)


def test_movements_name_accounts_as_the_account_table_does(tmp_path: Path) -> None:
    spaced = " ".join(OWN[i : i + 4] for i in range(0, 28, 4))
    data = opened(
        folder(
            tmp_path,
            transactions=TX + f"T1,1000001,2026-01-05,debit,5,EUR,{spaced},Maria,\n"
            f"T2,{OWN},2026-01-05,credit,5,EUR,100-0001,,\n"
            f"T3,{OWN},2026-01-06,debit,5,EUR,elsewhere,,{OWN}\n",
            accounts=f"account_id,iban\nA,{OWN}\n1000001,\n",
            account_parties=f"account_id,party_id,role\n{OWN},P1,holder\n1000001,P2,holder\n",
        )
    )
    assert rows(data).select("account_id", "cp_account_id").rows() == [
        ("1000001", "A"),
        ("A", "1000001"),
        ("A", "A"),
    ]
    assert data.account_parties["account_id"].to_list() == ["A", "1000001"]
    assert data.counterparties() == {
        "accounts": 2, "of_customers": 2, "may_be_customers": 0, "same_name_only": 0, "names_not_compared": 0,
    }  # fmt: skip


def test_an_iban_of_anybody_is_written_in_one_way_and_a_national_number_as_it_is(tmp_path: Path) -> None:
    spaced = " ".join(LOCAL_AS_IBAN[i : i + 4] for i in range(0, 28, 4))
    odd = [
        LOCAL_AS_IBAN.lower(),
        spaced,
        f"IBAN: {spaced}",
        f"iban{LOCAL_AS_IBAN}",
        LOCAL_AS_IBAN[:4] + "-" + LOCAL_AS_IBAN[4:],
    ]
    kept = [
        "351-12-345678",
        "BANK/12-34",
        LOCAL_AS_IBAN[:2] + "00-" + LOCAL_AS_IBAN[4:],
        "ac12cdef-3456-7890-abcd-ef1234567890",
    ]
    lines = "".join(f"T{i},A,2026-01-05,debit,5,EUR,{n},,\n" for i, n in enumerate([*odd, *kept]))
    data = opened(folder(tmp_path, transactions=TX + lines))
    assert rows(data)["cp_account_id"].to_list() == [LOCAL_AS_IBAN] * len(odd) + kept


# --- counterparties that may be customers -------------------------------------------------------------------


def test_a_name_makes_a_counterparty_a_perhaps_only_with_another_sign() -> None:
    met = Counterparties(
        pl.DataFrame({"party_id": ["P1", "P2"], "name": ["Γιώργος Παπαδόπουλος", "Μαρία Γεωργίου"]})
    )
    met.add(
        pl.DataFrame(
            {
                "cp_account_id": ["****7600", "****1111", SAME_NUMBER_ELSEWHERE, None, OWN],
                "cp_name": ["Giorgos Papadopoulos", "PAPADOPOULOS Giorgos", "Yiorgos Papadopoulos",
                            "Maria Georgiou", "Giorgos Papadopoulos"],
            }
        )
    )  # fmt: skip
    found = met.counts(
        pl.Series([OWN]),
        pl.DataFrame({"account_id": [OWN]}),
        pl.DataFrame({"account_id": [OWN], "party_id": ["P1"]}),
    )
    assert found["of_customers"] == 1
    assert found["may_be_customers"] == 1  # the masked number ends like the customer's
    assert found["same_name_only"] == 3


def test_the_line_of_the_screen_says_how_many_counterparties_are_customers() -> None:
    facts = {"counterparties": {"accounts": 4563, "of_customers": 2075, "may_be_customers": 0}}
    assert counterparties_line(facts) == "counterparties: 2,075 of 4,563 are customers"
    facts["counterparties"]["may_be_customers"] = 7
    assert "7 more may be" in str(counterparties_line(facts))
    assert counterparties_line({"counterparties": {"accounts": 0}}) is None
    assert counterparties_line(None) is None


# --- details ------------------------------------------------------------------------------------------------

PARTIES = (
    "party_id,kind,name,phone,phone_hash,email,address,id_number\n"
    'P1,natural,Anna,99 123456,,A.B@gmail.com,"Ledras 12, Flat 3, 1011 Nicosia",AB 123456\n'
    'P2,natural,Anna,+35799123456,,ab+x@gmail.com,"Λήδρας 12, Διαμ. 3, 1011 Λευκωσία",ab123456\n'
    'P3,natural,Zoe,0000000,,n/a,"Ledras 12, Flat 4, 1011 Nicosia",0\n'
    "P4,natural,Eva,no idea,,,somewhere,\n"
    "P5,natural,Ida,800 11 111,,teller@bank.com.cy,,\n"
)
ONE = TX + "T1,A,2026-01-05,debit,5,EUR,,,\n"


def test_spellings_meet_flats_stay_apart_and_nothing_is_lost(tmp_path: Path) -> None:
    data = opened(folder(tmp_path, transactions=ONE, parties=PARTIES), key=KEY)
    found = {r["party_id"]: r for r in data.parties.to_dicts()}
    for column in ("phone_hash", "email_hash", "address_hash", "id_hash"):
        assert found["P1"][column] == found["P2"][column] is not None
    assert found["P3"]["address_hash"] != found["P1"]["address_hash"]
    assert found["P3"]["phone_hash"] is None
    assert found["P3"]["email_hash"] is None
    assert (found["P4"]["phone"], found["P4"]["phone_hash"]) == ("no idea", None)
    assert found["P1"]["phone_hash"] == detail_digest(KEY, "phone", "0035799123456", Reader("CY"))
    facts = quality(data, data.report())
    counts = facts["identity"]["details"]["phone"]
    assert (counts["values_given"], counts["read"], counts["placeholder"], counts["unreadable"]) == (
        5,
        3,
        1,
        1,
    )
    assert facts["identity"]["customers"]["with_the_paper_of_another_customer"] == 2
    assert any("1 telephone numbers of customers cannot be read" in line for line in facts["findings"])
    text = str(facts["identity"]) + str(facts["findings"])
    assert "99123456" not in text
    assert "no idea" not in text


def test_the_bank_names_what_is_its_own_and_its_country_in_the_mapping(tmp_path: Path) -> None:
    folder(tmp_path, transactions=ONE, parties=PARTIES)
    mapping = write(
        tmp_path,
        "map.yaml",
        "mapping: 1\nidentity: {home_country: CY, own: {phone: ['+357 80011111'], email: ['@bank.com.cy']}}\n"
        "columns:\n"
        + "".join(
            f"  {c}: {{from: {c}}}\n" for c in ("account_id", "booking_ts", "direction", "amount", "currency")
        ),
    )
    data = open_dataset([tmp_path / f for f in ("transactions.csv", "parties.csv")], mapping, zone=ZONE)
    counts = data.details.counts
    assert counts["phone"]["own"] == counts["email"]["own"] == 1
    wrong = write(
        tmp_path, "bad.yaml", mapping.read_text().replace("home_country: CY", "home_country: Cyprus")
    )
    with pytest.raises(DataError, match=r"bad.yaml:2:\d+: error\[D045\].*home_country"):
        open_dataset([tmp_path / "transactions.csv"], wrong, zone=ZONE)


def test_digests_that_came_with_the_data_are_compared_as_they_are() -> None:
    theirs = detail_digest(KEY, "phone", "99123456", Reader("CY"))
    empty = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"  # SHA-256 of nothing
    parties = pl.DataFrame(
        {
            "party_id": list("abcdefg"),
            "phone": ["+357 99 123456", None, None, None, None, None, "99123456"],
            "phone_hash": [
                None,
                str(theirs).upper(),
                empty,
                "0",
                "7fc96b4eb7abcd43",
                "+35799123456",
                "f" * 63 + "0",
            ],
        }
    )
    made = with_details(parties, Reader("CY"), KEY)
    found = made.parties["phone_hash"].to_list()
    assert found[0] == found[1] == theirs
    assert found[2:5] == [None, None, "7fc96b4eb7abcd43"]
    counts = made.counts["phone"]
    assert counts["digests_of_no_value"] == 2
    assert counts["digests_that_look_like_values"] == 1
    assert counts["differs_from_the_digest_given"] == 1
    assert with_details(parties, Reader("CY"), OTHER).parties["phone_hash"][0] != theirs


def test_a_digest_in_the_column_in_the_open_is_not_hashed_again() -> None:
    parties = pl.DataFrame(
        {"party_id": ["a", "b", "c"], "phone": ["7FC96B4EB7ABCD43", "7fc96b4eb7abcd43", "1" * 16]}
    )
    made = with_details(parties, Reader("CY"), KEY)
    assert made.parties["phone_hash"].to_list() == ["7fc96b4eb7abcd43"] * 2 + [None]
    assert made.counts["phone"]["digest"] == 2


def test_a_run_without_key_gives_the_same_digests_in_any_order_of_rows() -> None:
    parties = pl.DataFrame({"party_id": ["a", "b"], "phone": ["99123456", "99654321"]})
    one, two = (
        with_details(p, Reader("CY"), None).parties.sort("party_id") for p in (parties, parties.reverse())
    )
    assert one.equals(two)
    assert one["phone_hash"].null_count() == 0


# --- tables without anybody's name --------------------------------------------------------------------------


def test_every_canonical_column_has_its_treatment() -> None:
    assert {t: set(c) for t, c in TREATMENTS.items()} == {t: {f.name for f in fs} for t, fs in TABLES.items()}
    with pytest.raises(KeyError):
        Pseudonymiser(KEY).table("parties", pl.DataFrame({"party_id": ["1"], "nickname": ["x"]}))


def test_tables_of_two_banks_meet_under_one_key_and_show_nobody() -> None:
    a, counts = pseudonymise(
        {
            "transactions": pl.DataFrame(
                {"tx_id": ["T"], "account_id": [OWN], "cp_account_id": [LOCAL_AS_IBAN],
                 "cp_iban": [LOCAL_AS_IBAN], "cp_name": ["Anna Georgiou"],
                 "remittance_info": ["rent Anna"], "amount": [1]}
            ),
            "accounts": pl.DataFrame({"account_id": [OWN], "iban": [OWN]}),
            "parties": pl.DataFrame({"party_id": ["1"], "name": ["Maria"], "phone": ["x1"]}),
            "account_parties": pl.DataFrame({"account_id": [OWN], "party_id": ["1"], "role": ["holder"]}),
        },
        KEY,
        institution="bank a",
        reader=Reader("CY"),
    )  # fmt: skip
    b, _ = pseudonymise(
        {
            "accounts": pl.DataFrame({"account_id": [LOCAL_AS_IBAN.lower()], "iban": [None]}),
            "parties": pl.DataFrame({"party_id": ["1"], "name": ["Άννα Γεωργίου"], "phone": ["99123456"]}),
        },
        KEY,
        institution="bank b",
        reader=Reader("CY"),
    )
    moved = a["transactions"]
    assert moved["cp_account_id"][0] == b["accounts"]["account_id"][0]
    assert moved["cp_name"][0] == b["parties"]["name_hash"][0]
    assert moved["account_id"][0] == a["accounts"]["account_id"][0] == a["account_parties"]["account_id"][0]
    assert a["parties"]["party_id"][0] == a["account_parties"]["party_id"][0] != b["parties"]["party_id"][0]
    assert moved["cp_country"].to_list() == ["CY"]
    assert {"cp_iban", "remittance_info"}.isdisjoint(moved.columns)
    assert {"phone", "name"}.isdisjoint(a["parties"].columns)
    shown = str([t.to_dicts() for t in (*a.values(), *b.values())])
    assert not any(text in shown for text in (OWN, "Anna", "Maria", "99123456", LOCAL_AS_IBAN[4:]))
    assert counts["phone: unreadable, left out"] == 1


def test_hashed_tables_are_a_dataset_in_which_the_same_customers_are_linked(tmp_path: Path) -> None:
    data = opened(folder(tmp_path / "open", transactions=ONE, parties=PARTIES))
    made, _ = pseudonymise({"transactions": rows(data), "parties": data.parties}, KEY, reader=Reader("CY"))
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for name, frame in made.items():
        frame.select(c for c in frame.columns if not c.startswith("_")).drop(
            "amount_eur", "amount", strict=False
        ).with_columns(
            *([pl.lit("5").str.to_decimal(scale=2).alias("amount")] if name == "transactions" else [])
        ).write_parquet(hidden / f"{name}.parquet")
    again = opened(hidden, key=KEY)

    def linked(d: Dataset, column: str) -> int:
        return d.parties.filter(pl.col(column).is_not_null() & pl.col(column).is_duplicated()).height

    for column in ("phone_hash", "email_hash", "address_hash", "id_hash"):
        assert linked(again, column) == linked(data, column) == 2


# --- a name alone -------------------------------------------------------------------------------------------


def owner(account: str, **told: str) -> str:
    found = list(owner_rows(account, "Anna Georgiou", "natural", told))
    return next(s.values["party_id"] for s in found if isinstance(s, Side) and s.table == "parties")


def test_a_name_alone_makes_nobody_one() -> None:
    assert owner("A1") == owner("A1")
    assert owner("A1") != owner("A2")
    assert owner("A1", id_number="AB 123456") == owner("A2", id_number="ab123456")
    assert owner("A1", address="Ledras 12, 1011 Nicosia") == owner(
        "A2", address="12 Ledras Str, Nicosia 1011"
    )
    assert owner("A1", phone="+357 99 123456") == owner("A2", phone="0035799123456")
    assert owner("A1", address="Ledras 12, 1011 Nicosia") != owner("A2", address="Ledras 13, 1011 Nicosia")


# --- keys ---------------------------------------------------------------------------------------------------


def test_a_key_that_others_may_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "k"
    file.write_bytes(KEY.secret)
    file.chmod(0o600)
    assert not KeySource(file=file).seen_by_others()
    file.chmod(0o644)
    assert KeySource(file=file).seen_by_others()
    assert not KeySource(env="X").seen_by_others()
    assert "0123" not in repr(KeySource(file=file).read())
