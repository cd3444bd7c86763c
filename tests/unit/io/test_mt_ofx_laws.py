"""Laws of the readers of MT and OFX: what is written is read back, and no damage goes unseen."""

from __future__ import annotations

import io
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.io.statement_support import OWN, gathered, read
from tests.unit.io.support import FUZZ
from thbscreen.errors import ThbscreenError
from thbscreen.io.recognise import kind_of_text
from thbscreen.io.statements.readers import READERS
from thbscreen.model.iban import with_check_digits

WORD = st.text(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,()\u00e4\u00d6\u00e9",
    min_size=1,
    max_size=12,
)
DAYS = st.integers(1, 28)


def words(most: int) -> st.SearchStrategy[str]:
    """Words with one blank between, none of them a mark or a placeholder."""
    joined = st.lists(
        WORD.filter(lambda w: not w[0].isdigit() and w.strip(".,()") != ""), min_size=1, max_size=most
    )
    # Bare words of the bank's own sort are tested elsewhere.
    return joined.map(" ".join).filter(
        lambda t: (
            t.upper() not in {"NONREF", "NOTPROVIDED", "NOREF", "NOT PROVIDED", "NONE"}
            and not t.upper().startswith(("BEA", "GEA", "IDEAL", "SEPA"))
        )
    )


@dataclass(frozen=True)
class Booking:
    """One booking as a person would write it down."""

    mark: str
    cents: int
    value: int
    booked: int
    name: str
    text: str
    reference: str
    account: str

    @property
    def credit(self) -> bool:
        return self.mark in ("C", "RD")

    @property
    def signed(self) -> int:
        return self.cents if self.credit else -self.cents


BOOKINGS = st.lists(
    st.builds(
        Booking,
        mark=st.sampled_from(["C", "D", "RC", "RD"]),
        cents=st.integers(1, 10**9),
        value=DAYS,
        booked=DAYS,
        name=words(4).map(lambda t: t[:50].strip()),
        text=words(12),
        reference=st.from_regex(r"[A-Z][A-Z0-9-]{3,20}", fullmatch=True),
        account=st.integers(0, 10**18 - 1).map(lambda n: with_check_digits("DE", f"{n:018d}")),
    ),
    max_size=6,
)


def euros(cents: int) -> str:
    return f"{abs(cents) // 100},{abs(cents) % 100:02d}"


def line(b: Booking, code: str = "NTRF", funds: str = "") -> str:
    return f":61:2601{b.value:02d}01{b.booked:02d}{b.mark}{funds}{euros(b.cents)}{code}NONREF"


def cut(text: str, size: int) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


def german(b: Booking) -> list[str]:
    """Sub-fields of 27 characters in lines of 65."""
    text = cut(f"EREF+{b.reference} SVWZ+{b.text}", 27)
    codes = [*range(20, 30), *range(60, 64)]
    parts = "".join(f"?{code}{part}" for code, part in zip(codes, text, strict=False))
    names = "".join(f"?{32 + i}{part}" for i, part in enumerate(cut(b.name, 27)))
    return [
        line(b, funds="R"),
        *wrapped(f"166?00GUTSCHRIFT?109310{parts}?30COBADEFFXXX?31{b.account}{names}?34000"),
    ]


def dutch(b: Booking) -> list[str]:
    text = f"/TRTP/SEPA OVERBOEKING/IBAN/{b.account}/BIC/COBADEFFXXX/NAME/{b.name}"
    return [line(b), *wrapped(f"{text}/REMI/{b.text}/EREF/{b.reference}")]


def rabobank(b: Booking) -> list[str]:
    text = wrapped(f"/EREF/{b.reference}/BENM//NAME/{b.name}/REMI/{b.text}/ISDT/2026-01-01")
    return [f"{line(b, 'N102')}          ", b.account, *text]


def colons(b: Booking) -> list[str]:
    text = f"SEPA OVERBOEKING IBAN: {b.account} BIC: COBADEFFXXX NAAM: {b.name} OMSCHRIJVING: {b.text}"
    return [line(b), *wrapped(f"{text} KENMERK: {b.reference}")]


def wrapped(text: str) -> list[str]:
    first, *more = cut(text, 65)
    return [f":86:{first}", *more]


def plain(b: Booking) -> list[str]:
    return [line(b), *wrapped(b.text)]


def numbered(b: Booking) -> list[str]:
    return [line(b), f":NS:01{b.text}", f"15{b.name}"]


def statement(bookings: list[Booking], dialect: object, *, blocks: bool, opening: int = 12345) -> str:
    assert callable(dialect)
    lines = [":20:STARTUMS", f":25:{OWN}", ":28C:00001/001", f":60F:C260101EUR{euros(opening)}"]
    for booking in bookings:
        lines += dialect(booking)
    closing = opening + sum(b.signed for b in bookings)
    lines += [f":62F:{'C' if closing >= 0 else 'D'}260131EUR{euros(closing)}"]
    text = "\r\n".join(lines)
    if blocks:
        return f"{{1:F01COBADEFFAXXX0000000000}}{{2:I940COBADEFFXXXXN}}{{4:\r\n{text}\r\n-}}\r\n"
    return f"{text}\r\n-\r\n"


DIALECTS = {
    german: {"name", "text", "reference", "account"},
    dutch: {"name", "text", "reference", "account"},
    rabobank: {"name", "text", "reference", "account"},
    colons: {"name", "text", "reference", "account"},
    plain: {"text"},
    numbered: {"name", "text"},
}
COLUMNS = {"name": "cp_name", "text": "remittance_info", "reference": "end_to_end_id", "account": "cp_iban"}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.__name__)
@given(bookings=BOOKINGS, blocks=st.booleans())
@settings(max_examples=15)
def test_a_statement_written_in_any_dialect_is_read_back(
    dialect: object, bookings: list[Booking], blocks: bool
) -> None:
    found = read(statement(bookings, dialect, blocks=blocks))
    assert found.refused == [] and found.skipped == []
    for booking, row in zip(bookings, found.values, strict=True):
        assert Decimal(row["amount"]) * 100 == booking.cents
        assert row["direction"] == ("credit" if booking.credit else "debit")
        assert row["value_date"] == f"2026-01-{booking.value:02d}"
        assert row["booking_ts"] == f"2026-01-{booking.booked:02d}"
        for part in DIALECTS[dialect]:  # type: ignore[index]
            assert row[COLUMNS[part]] == getattr(booking, part), part
    assert [proof["balances"] for proof in found.proofs] == ["closes"]


@given(bookings=BOOKINGS, ended=st.booleans(), comma=st.booleans())
@settings(max_examples=20)
def test_an_ofx_statement_is_read_back_with_end_tags_or_without(
    bookings: list[Booking], ended: bool, comma: bool
) -> None:
    def leaf(name: str, value: str) -> str:
        return f"<{name}>{value}" + (f"</{name}>" if ended else "")

    entries = ""
    for i, b in enumerate(bookings):
        amount = f"{'' if b.credit else '-'}{euros(b.cents)}"
        entries += "<STMTTRN>" + leaf("TRNTYPE", "OTHER") + leaf("DTPOSTED", f"202601{b.booked:02d}")
        entries += leaf("TRNAMT", amount if comma else amount.replace(",", ".")) + leaf("FITID", str(i))
        entries += leaf("CHECKNUM", "") + leaf("NAME", b.name) + leaf("MEMO", b.text) + "</STMTTRN>\n"
    text = "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>" + leaf("CURDEF", "EUR") + "<BANKACCTFROM>"
    text += (
        leaf("BANKID", "1") + leaf("ACCTID", "2") + f"</BANKACCTFROM><BANKTRANLIST>{entries}</BANKTRANLIST>"
    )
    found = read(text + "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>", "ofx")
    rows = [
        (Decimal(r["amount"]) * 100, r["direction"], r["cp_name"], r["remittance_info"]) for r in found.values
    ]
    assert rows == [(b.cents, "credit" if b.credit else "debit", b.name, b.text) for b in bookings]
    assert found.statements[0].signed == Decimal(sum(b.signed for b in bookings)) / 100


# --- damage -----------------------------------------------------------------------------------------

FIXED = [
    Booking("C", 1250, 5, 6, "ANNA EXAMPLE", "rent for January", "E-1", with_check_digits("DE", "1" * 18)),
    Booking("D", 99, 7, 7, "SHOP", "groceries", "E-2", with_check_digits("DE", "2" * 18)),
    Booking("RC", 100, 8, 8, "BEN", "taken back", "E-3", with_check_digits("DE", "3" * 18)),
]
SEEDS = {
    "german": statement(FIXED, german, blocks=False),
    "dutch": statement(FIXED, dutch, blocks=True),
    "plain": statement(FIXED, plain, blocks=True) + statement(FIXED[:1], numbered, blocks=True),
    "mt942": (
        ":20:X\n:25:1/2\n:28C:5\n:34F:EUR0,\n:13D:2601051200+0100\n:61:260105C5,NTRF\n"
        ":90D:0EUR0,\n:90C:1EUR5,\n-\n"
    ),
    "mt103": (
        "{1:F01DEUTDEFFAXXX0000000000}{2:I103ABNANL2AXXXXN}{3:{121:2412527e-aefa-455d-8307-851118e145fe}}{4:\n"
        f":20:R\n:32A:260105EUR1234,5\n:50F:/{OWN}\n1/J\n3/DE/X\n:59:/1\nANNA\n:70:/ROC/1\n:72:/BNF/x\n-}}\n"
    ),
    "ofx": (
        "OFXHEADER:100\n\n<OFX><SONRS><DTSERVER>20260101</SONRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1<ACCTID>2"
        "</BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>POS<DTPOSTED>20260105093000[-5:EST]<TRNAMT>-1.50<FITID>1"
        "<NAME>A &amp; B<MEMO></STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>1<DTASOF>20260131</LEDGERBAL>"
        "</STMTRS></OFX>"
    ),
}


@st.composite
def damaged(draw: st.DrawFn, seed: bytes, edits: int) -> bytes:
    """Replaces, inserts, deletes, repeats or swaps some bytes."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, edits))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        size = draw(st.integers(0, 30))
        piece = draw(
            st.one_of(
                st.binary(max_size=4), st.sampled_from([b"\r\n:", b"<", b"-}", b"{1:", b"0" * 40, b"?"])
            )
        )
        kind = draw(st.sampled_from(["replace", "insert", "delete", "repeat", "cut"]))
        if kind == "replace":
            data[at : at + len(piece)] = piece
        elif kind == "insert":
            data[at:at] = piece
        elif kind == "delete":
            del data[at : at + size]
        elif kind == "repeat":
            data[at:at] = data[at : at + size]
        else:
            del data[at:]
    return bytes(data)


def survives(data: bytes, kind: str) -> None:
    """Reads damaged bytes: an error must be one of ours and show none of them."""
    for reader in {kind, kind_of_text(data)} & set(READERS):
        try:
            for _ in READERS[reader](io.BytesIO(data), "file"):
                pass
        except ThbscreenError as error:
            assert str(error).startswith("file")
            assert not any(word in str(error) for word in ("ANNA", "rent", "1250", OWN))


@pytest.mark.parametrize("name", SEEDS)
@given(draw=st.data())
@settings(max_examples=40)
def test_damaged_files_are_read_or_refused_and_nothing_else(name: str, draw: st.DataObject) -> None:
    seed = SEEDS[name].encode()
    survives(draw.draw(damaged(seed, 4)), kind_of_text(seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
@given(draw=st.data())
@settings(max_examples=700 * FUZZ)
def test_thousands_of_damaged_files_are_read_or_refused(name: str, draw: st.DataObject) -> None:
    seed = SEEDS[name].encode()
    survives(draw.draw(damaged(seed, 12)), kind_of_text(seed))


@given(st.binary(max_size=300), st.sampled_from(["mt940", "mt103", "ofx"]))
def test_any_bytes_are_read_or_refused(data: bytes, kind: str) -> None:
    survives(data, kind)


def net(data: bytes) -> tuple[Decimal, bool] | None:
    """Sum of what is loaded, and whether every balance closes; none when the file is refused."""
    try:
        found = gathered(list(READERS["mt940"](io.BytesIO(data), "file")))
    except ThbscreenError:
        return None
    closes = bool(found.proofs) and all(proof["balances"] == "closes" for proof in found.proofs)
    booked = [m.values for m in found.movements if m.values["status"] == "booked"]
    signs = {"credit": 1, "debit": -1}
    return sum((signs[v["direction"]] * Decimal(v["amount"]) for v in booked), Decimal(0)), closes


@pytest.mark.parametrize("name", ["german", "dutch"])
def test_no_single_byte_changes_a_sum_without_a_gap(name: str) -> None:
    seed = SEEDS[name].encode()
    whole = net(seed)
    assert whole == (Decimal("10.51"), True)
    unseen = []
    for at in range(len(seed)):
        for new in (b"", b"9", b"\n"):
            found = net(seed[:at] + new + seed[at + 1 :])
            if found is not None and found[0] != whole[0] and found[1]:
                unseen.append((at, new))
    assert unseen == []


@given(bookings=BOOKINGS.filter(bool), draw=st.data())
@settings(max_examples=20)
def test_a_changed_or_missing_entry_is_the_gap_that_the_balances_show(
    bookings: list[Booking], draw: st.DataObject
) -> None:
    whole = statement(bookings, german, blocks=False)
    at = draw.draw(st.integers(0, len(bookings) - 1))
    gone = bookings[at]
    lines = "\r\n".join(german(gone)) + "\r\n"
    (proof,) = read(whole.replace(lines, "", 1)).proofs
    assert (proof["balances"], Decimal(proof["gap"])) == ("gap", Decimal(gone.signed) / 100)
    extra = draw.draw(st.integers(1, 10**6))
    # One booking's amount grows by hand; the first entry of that line is the one that changes.
    (proof,) = read(whole.replace(f"R{euros(gone.cents)}N", f"R{euros(gone.cents + extra)}N", 1)).proofs
    assert proof["balances"] == "gap"
    assert abs(Decimal(proof["gap"])) * 100 == extra
