"""One booking that several messages tell of counts once, and two equal bookings count twice."""

from __future__ import annotations

import itertools
from pathlib import Path

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
    rows,
    side,
    signed,
    statement,
    tag,
)
from tests.unit.io.test_camt import PAYER, proofs, skipped
from thbscreen.io.statements.overlap import AGAIN, REPLACED

DETAILS = [
    detail("10.00", parties=side("Cdtr", "A", OTHER)),
    detail("2.50", parties=side("Cdtr", "B", THIRD)),
]


def note(*entries: str, number: str = "N1") -> str:
    return message(statement(*entries, kind="054", number=number), kind="054")


def report(*entries: str, number: str = "R1") -> str:
    return message(statement(*entries, kind="052", number=number), kind="052")


def ledger(*entries: str, **more: str) -> str:
    return message(statement(*entries, **more))


# --- the same message, and the same kind ------------------------------------------------------------


def test_a_statement_given_twice_counts_once(tmp_path: Path) -> None:
    fee = entry("5.00", "DBIT", detail("", text="fee"))
    text = ledger(fee, fee, opening="10.00", closing="0.00")
    data = opened(tmp_path, a=text, b=text.replace("<MsgId>M1", "<MsgId>M2"))
    assert signed(data) == [-500, -500]
    assert skipped(data) == {AGAIN: 2}
    assert [p["repeat"] for p in proofs(data)] == [False, True]
    assert data.report().statements["breaks"] == []


def test_statements_of_overlapping_periods_share_their_entries(tmp_path: Path) -> None:
    one, two, three = (entry(f"{n}.00", day=f"2026-05-0{n}") for n in (1, 2, 3))
    data = opened(tmp_path, a=ledger(one, two), b=ledger(two, three, number="S2"))
    assert signed(data) == [100, 200, 300]


@pytest.mark.parametrize("number", ["S2", "S1"])
def test_equal_entries_of_two_statements_that_follow_each_other_stay_two(tmp_path: Path, number: str) -> None:
    fee = entry("5.00", "DBIT", detail("", text="fee"))
    data = opened(
        tmp_path, a=ledger(fee, opening="10.00", closing="5.00"),
        b=ledger(fee, opening="5.00", closing="0.00", number=number),
    )  # fmt: skip
    assert signed(data) == [-500, -500]


def test_equal_entries_of_periods_that_do_not_meet_stay_two(tmp_path: Path) -> None:
    def period(begin: str, end: str) -> str:
        return tag(
            "FrToDt", tag("FrDtTm", f"2026-05-04T{begin}:00:00"), tag("ToDtTm", f"2026-05-04T{end}:00:00")
        )

    fee = entry("5.00", "DBIT", detail("", text="fee"))
    data = opened(
        tmp_path, a=ledger(fee, head=period("08", "12")), b=ledger(fee, head=period("12", "18"), number="S2")
    )
    assert signed(data) == [-500, -500]


def test_two_notifications_tell_two_things_unless_a_reference_says_that_they_are_one(tmp_path: Path) -> None:
    plain, named = entry("5.00"), entry("7.00", ref="B7")
    data = opened(tmp_path, a=note(plain, named), b=note(plain, named, number="N2"))
    assert signed(data) == [500, 700, 500]


# --- kinds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", list(itertools.permutations("abc")))
def test_a_booking_in_statement_notification_and_report_counts_once_in_any_order(
    tmp_path: Path, names: tuple[str, str, str]
) -> None:
    booked = entry("12.50", "DBIT", detail("", parties=side("Cdtr", "A", OTHER)), ref="B1")
    texts = (ledger(booked), note(booked), report(booked))
    data = opened(tmp_path, **dict(zip(names, texts, strict=True)))
    assert signed(data) == [-1250]
    assert rows(data)["source_file"].to_list() == [f"{names[0]}.xml"]
    assert skipped(data) == {AGAIN: 2}


def test_two_equal_bookings_are_two_in_every_message(tmp_path: Path) -> None:
    pair = (entry("5.00", "DBIT", detail("", parties=PAYER)),) * 2
    data = opened(tmp_path, a=ledger(*pair), b=note(pair[0]), c=note(pair[1], number="N2"), d=report(*pair))
    assert signed(data) == [-500, -500]


def test_gaps_of_the_ledger_are_filled(tmp_path: Path) -> None:
    first, second, third = (entry(f"{n}.00", ref=f"B{n}") for n in (1, 2, 3))
    data = opened(tmp_path, a=ledger(first), b=note(first, second), c=report(first, second, third))
    assert signed(data) == [100, 200, 300]


def test_a_pending_entry_of_a_report_and_its_booking_are_one(tmp_path: Path) -> None:
    data = opened(tmp_path, a=ledger(entry("1.00")), b=report(entry("1.00", state="PDNG"), entry("2.00")))
    assert signed(data) == [100, 200]


def test_details_of_a_notification_replace_a_batch_of_the_ledger(tmp_path: Path) -> None:
    bare = entry("12.50", "DBIT", ref="B1", batch=tag("Btch", tag("NbOfTxs", "2")))
    data = opened(
        tmp_path,
        a=ledger(bare, opening="12.50", closing="0.00"),
        b=note(entry("12.50", "DBIT", *DETAILS, ref="B1")),
    )
    assert rows(data)["cp_name"].to_list() == ["A", "B"]
    assert signed(data) == [-1000, -250]
    assert skipped(data) == {REPLACED: 1}
    assert proofs(data)[0]["balances"] == "closes"


@pytest.mark.parametrize("by", ["reference", "batch"])
def test_several_notifications_that_add_up_replace_a_batch_of_the_ledger(tmp_path: Path, by: str) -> None:
    ref, batch = ("B1", "") if by == "reference" else ("", tag("Btch", tag("PmtInfId", "P1")))
    bare = entry("12.50", "DBIT", ref=ref, batch=tag("Btch", tag("PmtInfId", "P1"), tag("NbOfTxs", "2")))
    parts = [entry(n, "DBIT", detail("", parties=side("Cdtr", w, OTHER)), ref=ref, batch=batch)
             for n, w in (("10.00", "A"), ("2.50", "B"))]  # fmt: skip
    data = opened(tmp_path, a=ledger(bare), b=note(*parts))
    assert rows(data)["cp_name"].to_list() == ["A", "B"]
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    data = opened(wrong, a=ledger(bare), b=note(parts[0]))
    assert sorted(signed(data)) == [-1250, -1000]  # they do not add up, so nothing is taken for the same


def test_a_bare_notification_leaves_the_details_of_the_ledger(tmp_path: Path) -> None:
    data = opened(tmp_path, a=ledger(entry("12.50", "DBIT", *DETAILS)), b=note(entry("12.50", "DBIT")))
    assert signed(data) == [-1000, -250]


def test_other_references_are_other_bookings_where_references_are_shared(tmp_path: Path) -> None:
    data = opened(
        tmp_path, a=ledger(entry("1.00", ref="B1"), entry("9.00", ref="B9")),
        b=note(entry("9.00", ref="B9"), entry("1.00", ref="B2")),
    )  # fmt: skip
    assert sorted(signed(data)) == [100, 100, 900]


def test_other_accounts_are_other_bookings(tmp_path: Path) -> None:
    other = message(statement(entry("1.00", ref="B1"), account=OTHER, kind="054"), kind="054")
    assert signed(opened(tmp_path, a=ledger(entry("1.00", ref="B1")), b=other)) == [100, 100]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["CRDT", "DBIT"]), st.integers(1, 2)), max_size=6),
    st.booleans(),
    st.data(),
)
def test_parts_of_the_ledger_in_other_messages_change_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    booked: list[tuple[int, str, int]],
    named: bool,
    data: st.DataObject,
) -> None:
    entries = [
        entry(f"{n}.00", way, detail("", parties=PAYER), day=f"2026-05-0{day}", ref=f"B{i}" if named else "")
        for i, (n, way, day) in enumerate(booked)
    ]
    some = data.draw(st.lists(st.sampled_from(range(len(entries))), unique=True) if entries else st.just([]))
    rest = data.draw(st.lists(st.sampled_from(range(len(entries))), unique=True) if entries else st.just([]))
    folder = tmp_path_factory.mktemp("parts")
    read = opened(
        folder, c=ledger(*entries), a=note(*(entries[i] for i in some)), b=report(*(entries[i] for i in rest))
    )
    whole = sorted(n * 100 * (1 if way == "CRDT" else -1) for n, way, _ in booked)
    assert sorted(signed(read)) == whole
    assert read.report().tables["transactions"].adds_up


@pytest.mark.parametrize("held", [1, 3])
def test_entries_that_wait_in_files_are_compared_like_those_in_memory(
    held: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry(f"{n}.00", ref=f"R{n}") for n in range(1, 5)]
    texts = {"a": ledger(*entries), "b": note(*entries), "c": ledger(*entries[2:], number="S2")}

    def read(name: str) -> tuple[object, ...]:
        (tmp_path / name).mkdir()
        data = opened(tmp_path / name, **texts)
        return rows(data).rows(), skipped(data), proofs(data)

    expected = read("memory")
    monkeypatch.setattr("thbscreen.io.statements.overlap._TAKEN", 1)
    monkeypatch.setattr("thbscreen.io.statements.overlap._HELD", held)
    assert read("files") == expected
    assert len(expected[0]) == len(entries)  # type: ignore[arg-type]
