"""Rights over accounts hold on their days: the holder of the day, and nobody who came too early or late."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thbscreen.compile.pack import compile_pack
from thbscreen.engine import tables
from thbscreen.engine.mandates import (
    eras_of,
    extra_rows,
    holder_eras,
    in_force,
    told_of_holder,
)
from thbscreen.engine.memory import from_rows
from thbscreen.engine.payments import access, subjects
from thbscreen.engine.prepare import Prepared, prepare, primary_holders
from thbscreen.rules.pack import load_pack

DAY = dt.date(2026, 1, 1)
LINKS = {
    "account_id": pl.String,
    "party_id": pl.String,
    "role": pl.String,
    "since": pl.Date,
    "until": pl.Date,
}
Link = tuple[str, str, str, dt.date | None, dt.date | None]


def day(n: int) -> dt.date:
    return DAY + dt.timedelta(days=n)


def links(*rows: Link) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LINKS, orient="row")


def holder_on(rows: pl.DataFrame, account: str, when: dt.date) -> str:
    """Asks the eras for the holder of an account on a day."""
    primary = primary_holders(rows)
    accounts = rows["account_id"].unique().sort()
    table = holder_eras(rows, primary)
    others = extra_rows(table, primary)
    eras = eras_of(table, accounts, others)
    names = pl.concat(
        [pl.DataFrame({"account_id": accounts}).join(primary, on="account_id", how="left"), others]
    )
    code = np.array([accounts.to_list().index(account)])
    at = code if eras is None else eras.row(code, np.array([(when - dt.date(1970, 1, 1)).days]))
    return str(names["party_id"][int(at[0])])


def test_an_account_belongs_to_whoever_held_it_on_the_day() -> None:
    rows = links(
        ("A", "old", "holder", day(-900), day(10)),
        ("A", "new", "holder", day(11), None),
        ("B", "one", "holder", day(-5), None),
    )
    assert [holder_on(rows, "A", day(n)) for n in (-1000, 0, 10, 11, 400)] == [
        "new",
        "old",
        "old",
        "new",
        "new",
    ]
    assert holder_on(rows, "B", day(3)) == "one"


def test_a_joint_holder_stands_in_only_while_the_holder_does_not_hold() -> None:
    rows = links(
        ("A", "first", "holder", day(0), day(10)),
        ("A", "joint", "joint_holder", day(-50), day(20)),
    )
    assert [holder_on(rows, "A", day(n)) for n in (-51, -1, 0, 10, 11, 21)] == [
        "first", "joint", "first", "first", "joint", "first",
    ]  # fmt: skip


def slow(rows: list[Link], primary: str, when: dt.date) -> str:
    """Looks through the holders in their order, one by one."""
    order = {"holder": 0, "joint_holder": 1}
    starts = [s for _, party, role, s, _ in rows if party == primary and s and role in order]
    early = dt.date(1, 1, 1)
    held = sorted(
        (r for r in rows if r[2] in order),
        key=lambda r: (order[r[2]], r[4] is not None, r[3] is not None, r[3] or early, r[1]),
    )
    now = []
    for _, party, _, since, until in held:
        begun = since <= when if since else party == primary or not starts or when >= min(starts)
        begun = begun or bool(not since and until and starts and until < min(starts))
        if begun and (until is None or when <= until):
            now.append(party)
    return primary if primary in now or not now else now[0]


DAYS = st.none() | st.integers(-20, 20).map(day)
ROWS = st.lists(
    st.tuples(
        st.just("A"),
        st.sampled_from("pqr"),
        st.sampled_from(["holder", "joint_holder", "mandate"]),
        DAYS,
        DAYS,
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda r: (r[1], r[2]),
)


@settings(max_examples=80)
@given(ROWS, st.integers(-25, 25))
def test_eras_tell_what_one_tells_by_looking_through_all_rows(rows: list[Link], n: int) -> None:
    frame = links(*rows)
    primary = primary_holders(frame)
    if primary.height:
        assert holder_on(frame, "A", day(n)) == slow(rows, primary["party_id"][0], day(n))


def test_movements_without_account_or_of_other_accounts_keep_their_row() -> None:
    rows = links(("B", "x", "holder", day(0), day(5)), ("B", "y", "holder", day(6), None))
    primary = primary_holders(rows)
    table = holder_eras(rows, primary)
    eras = eras_of(table, pl.Series(["A", "B", "C"]), extra_rows(table, primary))
    assert eras is not None
    at = eras.row(np.array([-1, 0, 1, 1, 2]), np.full(5, (day(0) - dt.date(1970, 1, 1)).days))
    assert at.tolist() == [-1, 0, 3, 3, 2]


# --- who may act on an account -------------------------------------------------------------------------


def moved(rows: list[Link], *movements: tuple[str, int]) -> tuple[Prepared, pl.DataFrame]:
    source = from_rows(
        [
            {"tx_id": f"T{i}", "account_id": account, "booking_ts": f"{day(n)}T10:00:00",
             "direction": "debit", "amount_eur": "5.00", "tx_type": "other"}
            for i, (account, n) in enumerate(movements)
        ],
        [], [], "Asia/Nicosia",
    )  # fmt: skip
    source.account_parties = links(*rows)
    return prepare(source, compile_pack(load_pack(only=["THB-VIC-010"], tests=False))), source.account_parties


HELD: list[Link] = [(a, p, "holder", day(-99), None) for a, p in (("A", "p1"), ("B", "p2"))]


@pytest.mark.parametrize(
    ("since", "until", "linked"),
    [
        (None, None, True),
        (day(-50), day(0), True),  # a movement fell into it
        (day(-50), day(-1), False),  # over before the first
        (day(1), day(9), False),  # no movement of that account fell into it
        (day(11), None, False),  # begins after the last
        (day(5), day(2), False),  # ends before it begins
    ],
)
def test_a_mandate_links_only_when_a_movement_fell_into_it(
    since: dt.date | None, until: dt.date | None, linked: bool
) -> None:
    rows = [*HELD, ("A", "m", "mandate", since, until), ("B", "m", "mandate", None, None)]
    prepared, parties = moved(rows, ("A", 0), ("A", 10), ("B", 4))
    found = access(in_force(parties, prepared), subjects(prepared))
    assert found.rows() == ([] if not linked else found.rows())
    assert (set(found["subject_id"]) == {"m", "p1", "p2"}) is linked
    if linked and until is not None:
        assert found.filter(pl.col("subject_id") == "p1")["last"][0].date() == until


def test_a_former_holder_has_no_access_to_the_next_ones_account() -> None:
    rows: list[Link] = [
        ("A", "m", "holder", day(-99), day(3)), ("A", "p1", "holder", day(4), None),
        ("B", "p2", "holder", day(-99), None), ("B", "m", "mandate", None, None),
        ("C", "p3", "holder", day(-99), None), ("C", "m", "mandate", None, None),
    ]  # fmt: skip
    prepared, parties = moved(rows, ("A", 0), ("A", 10), ("B", 4), ("C", 4))
    assert set(access(in_force(parties, prepared), subjects(prepared))["subject_id"]) == {"m", "p2", "p3"}


def test_a_hit_on_an_account_names_whoever_held_it_then() -> None:
    rows = links(("A", "old", "holder", day(-9), day(9)), ("A", "new", "holder", day(10), None))
    primary = primary_holders(rows)
    table = holder_eras(rows, primary)
    eras = eras_of(table, pl.Series(["A"]), extra_rows(table, primary))
    moments = [(0, 5), (12, 14), (5, 12)]
    stamp = [tuple(dt.datetime.combine(day(n), dt.time(10), dt.UTC) for n in pair) for pair in moments]
    rows_of = {
        "hit_id": ["H1", "H2", "H3"], "subject_id": ["A"] * 3, "subject_kind": ["account"] * 3,
        "first": [s[0] for s in stamp], "last": [s[1] for s in stamp],
    }  # fmt: skip
    empty = tables.HITS.empty()
    hits = tables.HITS.conform(pl.concat([empty, pl.DataFrame(rows_of)], how="diagonal_relaxed"))
    told = told_of_holder(hits, eras, "Asia/Nicosia")
    named = {
        hit: (who, kind) for hit, who, kind in told.select("hit_id", "subject_id", "subject_kind").rows()
    }
    assert named == {"H1": ("old", "party"), "H2": ("new", "party"), "H3": ("A", "account")}
    assert told_of_holder(hits, None, "Asia/Nicosia").equals(hits)
