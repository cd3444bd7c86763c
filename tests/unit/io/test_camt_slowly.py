"""A slow and obvious reading of whole camt files agrees, and damage never passes in silence."""

from __future__ import annotations

import datetime
import io
import random
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.io.camt_build import (
    OTHER,
    THIRD,
    detail,
    entry,
    message,
    opened,
    side,
    statement,
    tag,
)
from tests.unit.io.support import FUZZ
from tests.unit.io.test_pain_pacs import PAYMENTS, given_back, pacs, pain, transfer
from thbscreen.errors import ThbscreenError
from thbscreen.io.statements.proof import reconciled
from thbscreen.io.statements.readers import READERS
from thbscreen.io.statements.records import Movement, Refused, Skipped, Statement

CENTS = st.integers(0, 10**7).map(lambda n: f"{Decimal(n).scaleb(-2)}")
NAMES = st.sampled_from(["Anna Example", "Παπαδοπούλου", "Иван", "A & B <Ltd>", "", "  two   blanks "])
DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)).map(str)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@st.composite
def entries(draw: st.DrawFn) -> str:
    way = draw(st.sampled_from(["CRDT", "DBIT"]))
    parts = draw(st.lists(CENTS, max_size=3))
    total = draw(CENTS) if len(parts) < 2 or draw(st.booleans()) else str(sum(map(Decimal, parts)))
    names = [draw(NAMES) for _ in parts]
    who = "Dbtr" if way == "CRDT" else "Cdtr"
    accounts = [draw(st.sampled_from([OTHER, THIRD, ""])) for _ in parts]
    details = [
        detail(
            n if draw(st.booleans()) else "",
            parties=side(who, escaped(name), account),
            text=escaped(draw(NAMES)),
        )
        for n, name, account in zip(parts, names, accounts, strict=True)
    ]
    state = draw(st.sampled_from(["BOOK", "BOOK", "BOOK", "PDNG", "INFO"]))
    return entry(
        total, way, *details, day=draw(DAYS), state=state, ref=draw(st.sampled_from(["", "R1", "R2"]))
    )


# --- the slow reading -------------------------------------------------------------------------------


def _all(here: ElementTree.Element, *path: str) -> list[ElementTree.Element]:
    found = [here]
    for name in path:
        found = [child for parent in found for child in parent if child.tag.rpartition("}")[2] == name]
    return found


def _said(here: ElementTree.Element, *path: str) -> str:
    found = _all(here, *path)
    return (found[0].text or "").strip() if found else ""


def slowly(text: str) -> tuple[list[tuple[str, str, str, str, str]], Decimal]:
    """Gives day, direction, amount, name and text of each movement, and the sum of booked entries."""
    out = []
    total = Decimal(0)
    for item in _all(ElementTree.fromstring(text), "BkToCstmrStmt", "Stmt", "Ntry"):
        state, number = _said(item, "Sts", "Cd"), Decimal(_said(item, "Amt"))
        way = _said(item, "CdtDbtInd")
        if state == "INFO" or not number:
            continue
        if state == "BOOK":
            total += number if way == "CRDT" else -number
        details = _all(item, "NtryDtls", "TxDtls")
        amounts = [_said(d, "Amt") for d in details]
        day = _said(item, "BookgDt", "Dt")
        name_path = ("RltdPties", "Dbtr" if way == "CRDT" else "Cdtr", "Pty", "Nm")
        names = [_said(d, *name_path) for d in details]
        texts = [" ".join(_said(d, "RmtInf", "Ustrd").split()) for d in details]
        direction = "credit" if way == "CRDT" else "debit"
        if len(details) > 1 and all(amounts) and sum(map(Decimal, amounts)) == number:
            out += [
                (day, direction, str(Decimal(a)), n, t)
                for a, n, t in zip(amounts, names, texts, strict=True)
                if Decimal(a)
            ]
        else:
            one = names[0] if names and len(set(names)) == 1 else ""
            out.append((day, direction, str(number), one, " ".join(dict.fromkeys(t for t in texts if t))))
    return out, total


def quickly(text: str) -> tuple[list[tuple[str, str, str, str, str]], Decimal]:
    """Gives the same from the reader."""
    out = []
    total = Decimal(0)
    for item in READERS["camt"](io.BytesIO(text.encode()), "a.xml"):
        if isinstance(item, Movement):
            v = item.values
            number = str(Decimal(v["amount"]))
            out.append((v["booking_ts"], v["direction"], number, v.get("cp_name", ""), v["remittance_info"]))
        elif isinstance(item, Statement):
            assert item.signed is not None
            total += item.signed
    return out, total


@settings(max_examples=40, deadline=None)
@given(st.lists(entries(), max_size=3), st.sampled_from(["", "ns2"]))
def test_the_slow_reading_agrees(parts: list[str], prefix: str) -> None:
    text = message(statement(*parts), prefix=prefix)
    assert quickly(text) == slowly(text)


# --- damage -------------------------------------------------------------------------------------------


def _whole() -> str:
    parts = [
        entry("12.50", "DBIT", detail("10.00", parties=side("Cdtr", "A", OTHER)), detail("2.50")),
        entry("100.00", "CRDT", detail("", parties=side("Dbtr", "Anna", OTHER), text="rent"), ref="R1"),
        entry("7.25", "CRDT", more=tag("RvslInd", "true")),
        entry("3.00", "DBIT", state="PDNG"),
    ]
    return message(statement(*parts, opening="0.00", closing="94.75"))


def read(data: bytes, kind: str = "camt") -> tuple[list[Decimal], list[str]]:
    """Gives signed booked amounts and what each statement's balances show; every error is one of ours."""
    amounts: list[Decimal] = []
    shown: list[str] = []
    for item in READERS[kind](io.BytesIO(data), "a.xml"):
        if isinstance(item, Movement) and not item.values.get("status"):
            way = 1 if item.values["direction"] == "credit" else -1
            amounts.append(Decimal(item.values["amount"]) * way)
        elif isinstance(item, Statement):
            shown.append(str(reconciled(item)["balances"]))
        else:
            assert not isinstance(item, (Refused, Skipped)) or item.row >= 1
    return amounts, shown


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Flips, drops, doubles or moves a few bytes."""
    out = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        at = chance.randrange(len(out))
        match chance.randrange(5):
            case 0:
                out[at] ^= 1 << chance.randrange(8)
            case 1:
                out[at] = chance.choice(b"0123456789<>&;\"'/ABCDE.\x00\xff")
            case 2:
                del out[at : at + chance.choice([1, 2, 10, 200])]
            case 3:
                out[at:at] = out[at : at + chance.choice([1, 5, 50])]
            case _:
                del out[at:]
        if not out:
            break
    return bytes(out)


def passes_in_silence(data: bytes, expected: list[Decimal]) -> bool:
    """Says that damaged data was read as whole although its sum is another one."""
    try:
        amounts, shown = read(data)
    except ThbscreenError:
        return False
    return shown == ["closes"] and sum(amounts) != sum(expected)


def check_damage(cases: int, seed: int) -> None:
    whole = _whole().encode()
    expected, shown = read(whole)
    assert shown == ["closes"]
    chance = random.Random(seed)
    for case in range(cases):
        data = damaged(whole, chance)
        assert not passes_in_silence(data, expected), f"case {case} of seed {seed}"


def test_damage_is_an_error_or_a_gap() -> None:
    check_damage(1500, 20)


@pytest.mark.slow
def test_much_damage_is_an_error_or_a_gap() -> None:
    check_damage(8_000 * FUZZ, 21)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("pain", pain(*PAYMENTS, total="12.50")),
        ("pacs", pacs(transfer())),
        ("pacs", pacs(given_back(parties=True), kind="004")),
    ],
)
def test_damage_of_orders_and_transfers_is_one_of_our_errors_or_shows_in_the_sums(
    kind: str, text: str
) -> None:
    chance = random.Random(22)
    for case in range(400):
        data = damaged(text.encode(), chance)
        try:
            items = list(READERS[kind](io.BytesIO(data), "a.xml"))
        except ThbscreenError:
            continue
        said = next(item for item in items if isinstance(item, Statement))
        if kind == "pain" and reconciled(said)["sums"] == "agree" and said.declared_debit == Decimal("12.50"):
            read = sum(Decimal(m.values["amount"]) for m in items if isinstance(m, Movement))
            assert read == Decimal("12.50"), f"case {case}"


def test_each_digit_of_an_amount_is_held_by_the_balances() -> None:
    text = _whole()
    for number in ("12.50", "100.00", "7.25"):
        at = text.index(f">{number}<") + 1
        for i, digit in enumerate(number):
            if digit != ".":
                other = "1" if digit != "1" else "2"
                changed = text[: at + i] + other + text[at + i + 1 :]
                assert read(changed.encode())[1] == ["gap"]


def test_damage_beside_the_sums_is_read_by_the_whole_way(tmp_path: Path) -> None:
    chance = random.Random(5)
    whole = _whole().encode()
    for case in range(25):
        folder = tmp_path / str(case)
        folder.mkdir()
        try:
            report = opened(folder, a=damaged(whole, chance)).report()
        except ThbscreenError as error:
            assert "Anna" not in str(error)
            continue
        assert report.tables["transactions"].adds_up
