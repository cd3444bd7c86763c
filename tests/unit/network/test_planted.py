"""Planted groups in random graphs: found with exact members, whatever the noise, order and buckets."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import pack_of, rule_text
from tests.unit.network.build import World, cell, gang
from thbscreen.compile.pack import compile_pack
from thbscreen.engine.meetings import MEETING, Meetings, meetings, reach
from thbscreen.engine.memory import from_rows
from thbscreen.engine.payments import conductors, devices, link_columns, payments, subjects
from thbscreen.engine.prepare import Prepared, prepare

PLANTED = {
    "ca": {"C-Xca", *(f"C-Vca{i}" for i in range(4))},
    "cb": {"C-Xcb", *(f"C-Vcb{i}" for i in range(3))},
    "ga": {"C-Gga", "C-Ega", *(f"C-Wga{i}" for i in range(4))},
}


def planted() -> World:
    return gang(cell(cell(tag="ca", victims=4), tag="cb"), tag="ga")


def noise(world: World, rng: random.Random, people: int, links: int) -> None:
    """Payments with a heavy tail of degrees among flagged strangers and the planted, and weak hits."""
    planted_accounts = [s["account_id"] for s in world.subjects]
    names = [f"N{i}" for i in range(people)]
    for a in names:
        world.customer(a, address_hash=f"a{rng.randrange(people // 3)}")
        if rng.random() < 0.7:
            world.hit("THB-SEX-001", a)
    everybody = names + planted_accounts
    known = {(p["source"], p["target"]) for p in world.payments}
    for _ in range(links):
        # The first names get most of the links.
        one = names[min(int(rng.paretovariate(0.8)) - 1, people - 1)]
        two = rng.choice(everybody)
        if one != two and (one, two) not in known and (two, one) not in known:
            known |= {(one, two), (two, one)}
            moves = [(rng.uniform(1, 90), 100 * rng.randrange(10, 900)) for _ in range(rng.randrange(1, 3))]
            world.pay_on(*((one, two) if rng.random() < 0.5 else (two, one)), *moves)


def hub(world: World, rng: random.Random) -> None:
    """A payer, a telephone, a device or a counter person that serves strangers."""
    people = [p["party_id"] for p in world.parties]
    kind = rng.choice(("payer", "telephone", "device", "counter"))
    crowd = [*people, *(f"C-Q{i}" for i in range(26))]
    for i in range(26):
        world.customer(f"Q{i}")
    if kind == "payer":
        world.customer("HUB", kind="legal", licence=rng.choice(("landlord", "payroll_bureau", "utility")))
        for a in sorted({s["account_id"] for s in world.subjects} - {"HUB"}):
            world.pay_on("HUB", a, (40, 90_000), (10, 80_000)).pay_on(a, "HUB", (39, 60_000), (9, 61_000))
    elif kind == "telephone":
        for p in world.parties:
            p["phone_hash"] = "hub"
    elif kind == "device":
        world.devices += [{"device_id": "hub", "subject_id": s} for s in crowd]
    else:
        world.conductors += [{"conductor_id": "hub", "subject_id": s} for s in crowd]


def groups_of(world: World) -> list[set[str]]:
    t = world.run()
    kept = t.members.filter(~pl.col("is_connector"))
    return [set(g["member_id"]) for _, g in kept.group_by("network_id", maintain_order=True)]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_planted_groups_are_found_with_exact_members_in_heavy_tailed_noise(seed: int) -> None:
    rng = random.Random(seed)
    world = planted()
    noise(world, rng, 60, 250)
    found = groups_of(world)
    assert sorted(map(sorted, found)) == sorted(map(sorted, PLANTED.values()))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_a_hub_put_in_merges_no_two_planted_groups(seed: int) -> None:
    rng = random.Random(seed)
    world = planted()
    noise(world, rng, 40, 120)
    hub(world, rng)
    found = groups_of(world)
    for members in PLANTED.values():
        assert sum(bool(members & f) for f in found) == 1
    assert all(sum(bool(members & f) for members in PLANTED.values()) <= 1 for f in found)


# --- what preparation gives: the same for any order of rows and any number of buckets ---

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
PACK = link_columns(compile_pack(pack_of(rule_text("kind: transaction\nwhere: {direction: debit}"))))


def rows_of(rng: random.Random, n: int) -> list[dict[str, str]]:
    out = []
    for i in range(n):
        minutes = rng.randrange(6) * 24 * 60 + rng.randrange(40)
        out.append({
            "tx_id": f"T{i:03}", "account_id": f"A{rng.randrange(6)}",
            "direction": rng.choice(("debit", "credit")),
            "booking_ts": (START + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M"),
            "amount_eur": str(rng.randrange(1, 500)), "terminal_id": f"M{rng.randrange(3)}",
            "cp_account_id": f"A{rng.randrange(9)}", "device_id": f"D{rng.randrange(4)}",
            "conductor_id": f"K{rng.randrange(4)}",
        })  # fmt: skip
    return out


def prepared_of(rows: list[dict[str, str]], buckets: int = 1) -> Prepared:
    return prepare(from_rows(rows, [], [], "Asia/Nicosia"), PACK, buckets=buckets)


def all_of(prepared: Prepared, hub_degree: int = 25) -> tuple[Meetings, list[pl.DataFrame]]:
    names = prepared.dictionaries["account"]
    some = names.is_in(["A0", "A1", "A2", "A3"]).to_numpy()
    met = meetings(prepared, subjects(prepared)["subject_id"], some, hub_degree)
    return met, [
        payments(prepared, some), devices(prepared), conductors(prepared), reach(prepared, some), met.pairs,
        met.crowded,
    ]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_any_row_order_and_bucket_count_gives_the_same_links(seed: int) -> None:
    rng = random.Random(seed)
    rows = rows_of(rng, 60)
    _, first = all_of(prepared_of(rows))
    rng.shuffle(rows)
    _, second = all_of(prepared_of(rows, buckets=rng.choice((2, 3, 7))))
    for a, b in zip(first, second, strict=True):
        assert a.equals(b)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2, 3, 25]))
def test_meetings_are_those_that_a_slow_search_finds(seed: int, hub_degree: int) -> None:
    rows = rows_of(random.Random(seed), 50)
    met, _ = all_of(prepared_of(rows), hub_degree)
    assert set(met.pairs.select("source", "target", "n").rows()) == slow_meetings(rows, hub_degree)


def slow_meetings(rows: list[dict[str, str]], hub_degree: int) -> set[tuple[str, str, int]]:
    uses = [
        (
            r["terminal_id"],
            datetime.strptime(r["booking_ts"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC),
            r["account_id"],
        )
        for r in rows
    ]
    some = [u for u in uses if u[2] in {"A0", "A1", "A2", "A3"}]
    users = {m: {a for n, _, a in some if n == m} for m, _, _ in some}
    days: dict[tuple[str, str], set[object]] = {}
    where: dict[tuple[str, str], set[str]] = {}
    for m, t, a in some:
        for n, u, b in some:
            near = m == n and a < b and abs(t - u) <= timedelta(microseconds=MEETING)
            if not near or len(users[m]) > hub_degree:
                continue
            day = min(t, u).date()
            if len({x for k, v, x in uses if k == m and v.date() == day}) <= hub_degree:
                days.setdefault((a, b), set()).add(day)
                where.setdefault((a, b), set()).add(m)
    out = set()
    for (a, b), met in days.items():
        there = [len({t.date() for m, t, x in some if x == who and m in where[a, b]}) for who in (a, b)]
        if len(met) >= 2 and 2 * len(met) >= min(there):
            out.add((a, b, len(met)))
    return out


def test_dated_only_movements_meet_nobody() -> None:
    rows = [r | {"booking_ts": r["booking_ts"][:10]} for r in rows_of(random.Random(1), 60)]
    met, _ = all_of(prepared_of(rows))
    assert met.pairs.is_empty()


def test_pay_day_at_a_busy_machine_links_nobody_and_is_listed() -> None:
    at = ("2026-01-05 08:00", "2026-02-05 08:00")
    base = {"direction": "debit", "amount_eur": "50", "terminal_id": "M1"}
    rows = [base | {"tx_id": f"{a}{t}", "account_id": a, "booking_ts": t} for a in ("A0", "A1") for t in at]
    met, _ = all_of(prepared_of(rows))
    assert met.pairs.select("source", "target", "n").rows() == [("A0", "A1", 2)]
    crowd = [
        base | {"tx_id": f"c{i}{t}", "account_id": f"B{i}", "booking_ts": t} for i in range(24) for t in at
    ]
    met, _ = all_of(prepared_of(rows + crowd))
    assert met.pairs.is_empty()
    assert met.crowded.rows() == [("M1", 26, True)]


def test_a_column_that_is_absent_links_nobody() -> None:
    rows = [
        {k: v for k, v in r.items() if k not in {"terminal_id", "conductor_id"}}
        for r in rows_of(random.Random(2), 30)
    ]
    prepared = prepared_of(rows)
    met, _ = all_of(prepared)
    assert met.pairs.is_empty()
    assert conductors(prepared).is_empty()


def test_reach_counts_accounts_and_money_of_a_transfer_in_two_ledgers_once() -> None:
    base = {"booking_ts": "2026-01-05 08:00", "amount_eur": "10"}
    rows = [
        base | {"tx_id": "1", "account_id": "A0", "direction": "debit", "cp_account_id": "A1"},
        base | {"tx_id": "2", "account_id": "A1", "direction": "credit", "cp_account_id": "A0"},
        base | {"tx_id": "3", "account_id": "A1", "direction": "credit", "cp_account_id": "X"},
    ]
    prepared = prepared_of(rows)
    wanted = (prepared.dictionaries["account"] == "A1").to_numpy()
    assert reach(prepared, wanted).rows() == [("A1", 2, 2_000)]
    assert reach(prepared, np.zeros(len(wanted), np.bool_)).is_empty()
