"""OFX: values without end tags, empty ones, several accounts, moments, amounts, and what is refused."""

from __future__ import annotations

import pytest

from tests.unit.io.statement_support import OTHER, read
from thbscreen.errors import DataError
from thbscreen.io.statements import ofx as reader
from thbscreen.io.statements import ofx_tree
from thbscreen.io.statements.mt_entry import CLAMPED
from thbscreen.io.statements.octets import NOT_UTF8

HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
ACCOUNT = "<BANKACCTFROM><BANKID>123<ACCTID>45 6<ACCTTYPE>CHECKING</BANKACCTFROM>"


def transaction(**values: str) -> str:
    fields = {"TRNTYPE": "DEBIT", "DTPOSTED": "20260105", "TRNAMT": "-12.50", "FITID": "F1", **values}
    return "<STMTTRN>" + "".join(f"<{k}>{v}" for k, v in fields.items() if v is not None) + "</STMTTRN>"


def ofx(
    *entries: str,
    account: str = ACCOUNT,
    currency: str = "EUR",
    more: str = "",
    server: str = "20260201101112",
) -> str:
    return (
        f"{HEADER}<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>{server}<LANGUAGE>ENG"
        f"<FI><ORG>BANK</FI></SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STMTRS><CURDEF>{currency}\n"
        f"{account}<BANKTRANLIST><DTSTART>20260101<DTEND>20260131{''.join(entries)}</BANKTRANLIST>{more}</STMTRS>"
        "</STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


def one(account: str = ACCOUNT, currency: str = "EUR", **values: str) -> dict[str, str]:
    found = read(ofx(transaction(**values), account=account, currency=currency))
    assert found.refused == []
    (row,) = found.values
    return row


def test_a_plain_entry() -> None:
    row = one(NAME="ANNA &amp; CO", MEMO="rent", VALUEDATE="20260106", REFNUM="R1")
    assert row.pop("tx_id").startswith("m")
    assert row == {
        "account_id": "123/456", "booking_ts": "2026-01-05", "has_time": "false", "value_date": "2026-01-06",
        "direction": "debit", "amount": "12.5", "currency": "EUR", "status": "booked", "bank_ref": "F1",
        "end_to_end_id": "R1", "remittance_info": "rent", "cp_name": "ANNA & CO",
    }  # fmt: skip


def test_balances_and_accounts() -> None:
    found = read(ofx(transaction(), more="<LEDGERBAL><BALAMT>-7,50<DTASOF>20260131</LEDGERBAL>"))
    (statement,) = found.statements
    assert statement.closing is not None
    assert (statement.closing.amount, statement.closing.day, statement.entries) == (-7.5, "2026-01-31", 1)
    (side,) = found.sides
    assert (side["account_id"], side["institution"], side["product"]) == ("123/456", "BANK", "current")


def test_several_accounts_and_the_same_id_in_each() -> None:
    second = ACCOUNT.replace("45 6", OTHER).replace("CHECKING", "SAVINGS")
    text = ofx(transaction())
    rest = ofx(transaction(), account=second, currency="USD").partition("<BANKMSGSRSV1>")[2]
    found = read(text.replace("</BANKMSGSRSV1></OFX>\n", rest))
    assert [row["account_id"] for row in found.values] == ["123/456", OTHER]
    assert [row["currency"] for row in found.values] == ["EUR", "USD"]
    assert len({m.same for m in found.movements}) == 2
    assert [side.get("iban", "") for side in found.sides] == ["", OTHER]


def test_sgml_and_xml_give_the_same() -> None:
    sgml = ofx(transaction(NAME="", MEMO="x"), transaction(FITID="F2", NAME="A"))
    xml = sgml.replace(
        HEADER, '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200"?>\n<!-- <OFX> -->\n'
    )
    leaves = ["CODE", "SEVERITY", "DTSERVER", "LANGUAGE", "ORG", "TRNUID", "CURDEF", "BANKID", "ACCTID"]
    leaves += ["ACCTTYPE", "DTSTART", "DTEND", "TRNTYPE", "DTPOSTED", "TRNAMT", "FITID", "NAME", "MEMO"]
    for leaf in leaves:
        before, *parts = xml.split(f"<{leaf}>")
        ended = []
        for part in parts:
            value, mark, after = part.partition("<")
            ended.append(f"<{leaf}>{value}</{leaf}>{mark}{after}" if value else f"<{leaf}/>{mark}{after}")
        xml = before + "".join(ended)
    assert "</STMTTRN>" in xml and "<NAME/>" in xml
    assert read(xml).values == read(sgml).values
    assert read(xml).sides == read(sgml).sides
    assert [m.same for m in read(xml).movements] == [m.same for m in read(sgml).movements]


def test_empty_values_without_end_tag_swallow_nothing() -> None:
    found = read(
        ofx("<STMTTRN><TRNTYPE>DEBIT<CHECKNUM><NAME><DTPOSTED>20260105<MEMO><TRNAMT>-1<FITID>7</STMTTRN>")
    )
    assert [(row["amount"], row["bank_ref"]) for row in found.values] == [("1", "7")]
    found = read(
        ofx("<STMTTRN><MEMO><CURRENCY><CURRATE>1<CURSYM>USD</CURRENCY><TRNAMT>2<DTPOSTED>20260105</STMTTRN>")
    )
    assert [(row["amount"], row["currency"]) for row in found.values] == [("2", "USD")]


def test_an_entry_without_end_tag_is_not_lost() -> None:
    text = ofx(transaction().replace("</STMTTRN>", ""), transaction(TRNAMT="5"))
    assert [row["amount"] for row in read(text).values] == ["12.5", "5"]
    text = ofx(transaction(), transaction(TRNAMT="5").replace("</STMTTRN>", ""))
    assert [row["amount"] for row in read(text).values] == ["12.5", "5"]


@pytest.mark.parametrize(
    ("written", "direction", "amount"),
    [
        ("-12.50", "debit", "12.5"), ("+12,50", "credit", "12.5"), ("12", "credit", "12"),
        (".5", "credit", "0.5"),
        ("-0,07", "debit", "0.07"), ("\u22125.00", "debit", "5"), ("1.", "credit", "1"),
    ],
)  # fmt: skip
def test_amounts(written: str, direction: str, amount: str) -> None:
    row = one(TRNAMT=written, TRNTYPE="OTHER")
    assert (row["direction"], row["amount"]) == (direction, amount)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"TRNAMT": ""}, "D101"), ({"TRNAMT": "$120"}, "D102"), ({"TRNAMT": "1,234.50"}, "D102"),
        ({"TRNAMT": "1e5"}, "D102"), ({"TRNAMT": "."}, "D102"), ({"TRNAMT": "9" * 16}, "D104"),
        ({"TRNAMT": "1.1234567"}, "D103"), ({"DTPOSTED": ""}, "D101"), ({"DTPOSTED": "05.01.2026"}, "D109"),
        ({"DTPOSTED": "20261305"}, "D109"), ({"DTPOSTED": "202601050960"}, "D109"),
    ],
)  # fmt: skip
def test_a_hopeless_entry_is_refused_with_a_code_and_the_others_stay(
    values: dict[str, str], code: str
) -> None:
    found = read(ofx(transaction(**values), transaction(FITID="F2")))
    assert (found.refused, [m.row for m in found.movements]) == ([(1, code)], [2])
    assert found.statements[0].entries == 2


def test_entries_without_account_or_currency_are_refused() -> None:
    assert read(ofx(transaction(), account="")).refused == [(1, "D101")]
    assert read(ofx(transaction(), currency="")).refused == [(1, "D101")]


@pytest.mark.parametrize(
    ("written", "booked", "timed"),
    [
        ("20260105", "2026-01-05", "false"), ("20260105093000", "2026-01-05T09:30:00+00:00", "true"),
        ("20260105093000.123[-5:EST]", "2026-01-05T09:30:00-05:00", "true"),
        ("202601050930[+5.30:IST]", "2026-01-05T09:30:00+05:30", "true"),
        ("20260105093000[-3.5:NST]", "2026-01-05T09:30:00-03:30", "true"),
        ("20260105120000[0:GMT]", "2026-01-05", "false"), ("20260105000000", "2026-01-05", "false"),
        ("20260105101112.000[-5:EST]", "2026-01-05", "false"),
        ("20260105093000[Nicosia]", "2026-01-05", "false"), ("20260105 ", "2026-01-05", "false"),
    ],
)  # fmt: skip
def test_moments(written: str, booked: str, timed: str) -> None:
    row = one(DTPOSTED=written)
    assert (row["booking_ts"], row["has_time"]) == (booked, timed)


def test_a_day_that_no_calendar_has_becomes_the_last_of_its_month() -> None:
    found = read(ofx(transaction(DTPOSTED="20120231")))
    assert (found.values[0]["booking_ts"], found.notes) == ("2012-02-29", [CLAMPED])


@pytest.mark.parametrize(
    ("kind", "amount", "tx_type", "channel"),
    [
        ("ATM", "-1", "cash_withdrawal", "atm"), ("ATM", "1", "cash_deposit", "atm"),
        ("Fee", "-1", "fee", ""),
        ("POS", "-1", "card_purchase", "pos"), ("POS", "1", "card_refund", "pos"),
        ("INT", "1", "interest", ""),
        ("CHECK", "-1", "cheque", ""), ("XFER", "-1", "credit_transfer", ""), ("OTHER", "1", "other", ""),
        ("DIRECTDEBIT", "-1", "direct_debit", ""), ("CREDIT", "1", "", ""), ("ODD", "1", "", ""),
    ],
)  # fmt: skip
def test_types_become_kinds_of_movement(kind: str, amount: str, tx_type: str, channel: str) -> None:
    row = one(TRNTYPE=kind, TRNAMT=amount)
    assert (row.get("tx_type", ""), row.get("channel", "")) == (tx_type, channel)


def test_names_go_where_they_belong() -> None:
    shop = one(TRNTYPE="POS", NAME="SHOP 7", SIC="5411")
    assert (shop["merchant_name"], shop["mcc"]) == ("SHOP 7", "5411")
    assert "cp_name" not in shop
    cash = one(TRNTYPE="ATM", NAME="MACHINE 7", MEMO="cash")
    assert cash["remittance_info"] == "MACHINE 7 cash"
    assert "cp_name" not in cash
    paid = one(
        NAME="", PAYEE="<NAME>ANNA<ADDR1>x</PAYEE>", BANKACCTTO=f"<BANKID>9<ACCTID>{OTHER}</BANKACCTTO>"
    )
    assert (paid["cp_name"], paid["cp_iban"]) == ("ANNA", OTHER)
    card = one("<CCACCTFROM><ACCTID>4111</CCACCTFROM>", NAME="ANNA")
    assert (card["account_id"], card["cp_name"]) == ("4111", "ANNA")


def test_a_card_account() -> None:
    text = ofx(transaction(NAME="SHOP"), account="<CCACCTFROM><ACCTID>4111</CCACCTFROM>")
    found = read(text.replace("STMTRS>", "CCSTMTRS>").replace("STMTTRNRS>", "CCSTMTTRNRS>"))
    assert (found.values[0]["merchant_name"], found.sides[0]["product"]) == ("SHOP", "card")


def test_what_is_settled_by_rule_is_noted() -> None:
    assert read(ofx(transaction(TRNTYPE="CREDIT"))).notes == [reader.SIGN]
    assert read(ofx(transaction(DTPOSTED="20260105120000"))).notes == [reader.STAMPED]
    found = read(ofx(transaction(CURRENCY="<CURRATE>1.1<CURSYM>USD</CURRENCY>")))
    assert (found.values[0]["currency"], found.notes) == ("USD", [reader.OTHER_CURRENCY])
    assert found.statements[0].signed is None
    assert read(ofx(transaction(CORRECTFITID="F0", CORRECTACTION="DELETE"))).skipped == [reader.DELETED]
    assert read(ofx(transaction(CORRECTFITID="F0", CORRECTACTION="REPLACE"))).notes == [reader.REPLACES]
    found = read(ofx(transaction(NAME="M\u00fcller")).replace("CHARSET:1252", "").encode("cp1252"))
    assert (found.values[0]["cp_name"], found.notes) == ("M\u00fcller", [NOT_UTF8])


@pytest.mark.parametrize(
    ("header", "page"),
    [
        (HEADER.replace("CHARSET:1252", "CHARSET:1253"), "cp1253"),
        (HEADER.replace("CHARSET:1252", "CHARSET:ISO-8859-7"), "iso8859-7"),
        ('<?xml version="1.0" encoding="windows-1253"?>\n<?OFX OFXHEADER="200"?>\n', "cp1253"),
    ],
)  # fmt: skip
def test_the_code_page_that_the_header_names_is_taken(header: str, page: str) -> None:
    text = ofx(transaction(NAME="\u0391\u03bd\u03bd\u03b1")).replace(HEADER, header)
    for found in (read(text.encode(page)), read(text)):
        assert (found.values[0]["cp_name"], found.notes) == ("\u0391\u03bd\u03bd\u03b1", [])
    odd = text.replace("1253", "9999").replace("8859-7", "9999")
    assert read(odd.encode(page), "ofx").notes == [NOT_UTF8]


def test_investments_beside_accounts_are_left_out_and_counted() -> None:
    text = ofx(transaction())
    more = ofx(transaction()).partition("<BANKMSGSRSV1>")[2].replace("STMTRS>", "INVSTMTRS>")
    found = read(text.replace("</BANKMSGSRSV1></OFX>\n", more))
    assert (len(found.movements), found.skipped, found.notes) == (1, [reader.LEFT_OUT], [reader.LEFT_OUT])


def test_a_list_of_accounts_gives_accounts() -> None:
    found = read(
        f"<OFX><ACCTINFORS><ACCTINFO><BANKACCTINFO>{ACCOUNT}</BANKACCTINFO></ACCTINFO></ACCTINFORS></OFX>"
    )
    assert ([s["account_id"] for s in found.sides], found.notes) == (["123/456"], [reader.ONLY_ACCOUNTS])


def test_expected_entries_are_pending_and_do_not_count_in_the_sum() -> None:
    pending = transaction(DTTRAN="20260106", DTPOSTED="").replace("STMTTRN>", "STMTTRNP>")
    found = read(ofx(transaction(), pending, transaction(TRNTYPE="HOLD")))
    assert [row["status"] for row in found.values] == ["booked", "pending", "pending"]
    assert found.statements[0].pending == {"debit": 25}
    assert (found.statements[0].entries, found.statements[0].signed) == (1, -12.5)


def test_an_id_of_the_bank_marks_a_booking_and_equal_entries_without_id_are_numbered() -> None:
    found = read(ofx(transaction(), transaction(), transaction(FITID=""), transaction(FITID="")))
    assert len({m.same for m in found.movements}) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ofx(transaction())[:-8], "D021"), (ofx(transaction())[:-150], "D021"), (HEADER, "D021"),
        ("<OFX></OFX>", "D021"),
        (ofx(transaction()).replace("<OFX>", "<!DOCTYPE a [<!ENTITY b 'c'>]><OFX>"), "D028"),
        (ofx("<A>" * 300), "D029"), (ofx(transaction(NAME="x" * (1 << 20) + "y")), "D029"),
        (ofx(transaction()).replace("STMTRS>", "INVSTMTRS>"), "D034"), (ofx("\0"), "D015"),
    ],
)  # fmt: skip
def test_files_that_are_refused_say_which_file_and_show_no_data(text: str, code: str) -> None:
    with pytest.raises(DataError) as caught:
        read(text, "ofx")
    message = str(caught.value)
    assert message.startswith("file.sta") and f"error[{code}]" in message
    assert not any(value in message for value in ("456", "12.5", "BANK"))


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_the_size_of_pieces_changes_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = ofx(
        "<!-- <STMTTRN> -->",
        transaction(NAME="<![CDATA[A <B> C]]>", MEMO="caf\u00e9 &lt;x&gt; &#233;"),
        transaction(),
    )
    whole = read(text)
    assert whole.values[0]["cp_name"] == "A <B> C"
    assert whole.values[0]["remittance_info"] == "caf\u00e9 <x> \u00e9"
    monkeypatch.setattr("thbscreen.io.statements.octets.PIECE", size)
    assert read(text).values == whole.values


def test_characters_that_no_text_may_hold_become_blanks() -> None:
    assert ofx_tree._character(ofx_tree._ENTITY.match("&#0;")) == " "  # type: ignore[arg-type]
    assert ofx_tree._character(ofx_tree._ENTITY.match("&#xD800;")) == " "  # type: ignore[arg-type]
    assert ofx_tree._character(ofx_tree._ENTITY.match("&#x10FFFF;")) == "\U0010ffff"  # type: ignore[arg-type]
