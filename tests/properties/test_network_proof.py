"""Planted patterns in random noise become networks with exactly their members and a proof in order.

What only looks like the pattern, because times run backwards or money does not carry it, does not.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import pack_of, rule_text
from thbscreen import screening
from thbscreen.compile.pack import compile_pack
from thbscreen.engine.hits import Assembler
from thbscreen.engine.memory import from_rows
from thbscreen.engine.payments import link_columns
from thbscreen.engine.prepare import prepare
from thbscreen.engine.readiness import readiness
from thbscreen.engine.run import Runner
from thbscreen.network.proof import faults
from thbscreen.rules.pack import load_pack

EXAMPLES = load_pack(Path(__file__).parents[1] / "examples", "examples", drafts=True)
START = dt.datetime(2024, 3, 4, 8)
COMPANION = """\
kind: aggregate
for_each: account_id
window: whole period
measures: {n: {count: transactions}}
flag_when: [n >= 1]
"""


@cache
def compiled_pack(rule_id: str):
    """The rule of a pattern, and a weak sign beside it, as one pattern alone is no network."""
    rule = next(r for r in EXAMPLES.rules if r.id == rule_id)
    weak = pack_of(rule_text(COMPANION)).rules[0]
    weak = dataclasses.replace(weak, weight=2, typologies=rule.typologies)
    return link_columns(compile_pack(dataclasses.replace(EXAMPLES, rules=(weak, rule))))


def found(
    rule_id: str,
    rows: list[dict[str, Any]],
    parties: list[dict[str, str]],
    accounts: list[dict[str, str]],
    buckets: int = 1,
):
    """Networks, members and proof of rows, as a scan finds them."""
    compiled = compiled_pack(rule_id)
    ordered = sorted(rows, key=lambda r: (r["account_id"], r["booking_ts"]))
    texts = [
        {
            **{k: v for k, v in r.items() if v is not None},
            "tx_id": f"T{n:03}", "booking_ts": r["booking_ts"].isoformat(" "),
            "amount_eur": str(r["amount_eur"]),
        }
        for n, r in enumerate(ordered)
    ]  # fmt: skip
    source = from_rows(texts, accounts, parties, EXAMPLES.profile.time_zone)
    prepared = prepare(source, compiled, buckets=buckets)
    ready = readiness(prepared, compiled)
    hits = Assembler(prepared, compiled).assemble(Runner(prepared, compiled).run())
    networks = screening._networks(prepared, compiled, hits, prepared.last, source.account_parties)
    judged, proof = screening._proven(prepared, compiled, hits, networks, networks.networks, ready)
    return judged, networks.members, proof, hits


# --- what is planted ------------------------------------------------------------------------------------


@dataclasses.dataclass
class Plant:
    """Rows of a pattern, its centre, and whom the network must hold."""

    rule_id: str
    centre: str
    members: set[str]
    rows: list[dict[str, Any]]
    steps: set[str]
    parties: list[dict[str, str]] = dataclasses.field(default_factory=list)
    accounts: list[dict[str, str]] = dataclasses.field(default_factory=list)


def row(account: str, cp: str | None, hours: float, amount: int, direction: str = "debit", **more: Any):
    return {
        "account_id": account, "cp_account_id": cp, "booking_ts": START + dt.timedelta(hours=hours),
        "amount_eur": amount, "direction": direction, "tx_type": "credit_transfer", **more,
    }  # fmt: skip


def collector(n: int, gap: int, *, money: bool = True) -> Plant:
    rows = [row("C", f"P{i}", i % 5 + gap / 60, 100 + i, "credit") for i in range(n)]
    total = sum(r["amount_eur"] for r in rows)
    # Little money is little for the first three payers, too, whom a shorter window holds.
    rows.append(row("C", "K", 20 + gap, total * 9 // 10 if money else 110))
    return Plant(
        "THB-TEST-101", "C", {"C", "K", *(f"P{i}" for i in range(n))}, rows, {"paid_in", "passed_on"}
    )


def workers(n: int, gap: int, *, money: bool = True) -> Plant:
    rows = [row(f"W{i}", "E", i, 1000, "credit", purpose_code="SALA") for i in range(n)]
    rows += [row(f"W{i}", "S", i + gap, 600 + i if money else 400) for i in range(n)]
    return Plant("THB-TEST-102", "S", {"S", "E", *(f"W{i}" for i in range(n))}, rows, {"wage", "onward"})


def two_way(n: int, gap: int, *, money: bool = True) -> Plant:
    rows = [row("X", f"R{i}", i, 500 if money else 150) for i in range(n)]
    rows += [row("X", f"R{i}", i + gap, 300 + i, "credit") for i in range(n)]
    return Plant("THB-TEST-103", "X", {"X", *(f"R{i}" for i in range(n))}, rows, {"there", "back"})


def rotation(n: int, gap: int, *, money: bool = True) -> Plant:
    rows = [row("S", f"A{i}", 24 * 31 * i + gap, 800, "credit") for i in range(n)]
    # Where nobody rules a month, there are no turns.
    rows += [
        row("S", f"A{(i + 1) % n}", 24 * 31 * i + gap + 1, 90 if money else 790, "credit") for i in range(n)
    ]
    return Plant("THB-TEST-106", "S", {"S", *(f"A{i}" for i in range(n))}, rows, {"feed"})


def funnel(n: int, gap: int, *, money: bool = True) -> Plant:
    rows, parties = [], []
    for i in range(n):
        cash = [("Limassol", 0), ("Paphos", 3)]
        rows += [
            row(f"F{i}", None, i + h, 200, "credit", location_city=town) | {"tx_type": "cash_deposit"}
            for town, h in cash
        ]
        drawn = row(f"F{i}", None, i + gap + 4, 390 if money else 250, location_city="Nicosia")
        rows.append(drawn | {"tx_type": "cash_withdrawal"})
        parties.append({"party_id": f"F{i}", "account_id": f"F{i}", "kind": "natural", "phone_hash": "p"})
    members = {f"F{i}" for i in range(n)}
    return Plant("THB-TEST-107", "F0", members, rows, {"paid_in", "drawn"}, parties)


def star(n: int, gap: int, *, money: bool = True) -> Plant:
    rows = []
    for i in range(n):
        day = 24 * 9 * i
        rows += [
            row("O", f"K{i}", day, 5000, "credit"),
            row("O", None, day + gap, 180, mcc="4511"),
            row("O", None, day + 2 * gap, 282, cp_name="Municipality of Aradippou"),
            row("O", f"R{i}", day + 3 * gap, 800 if money else 2900),
        ]
    parties = [{"party_id": "O", "account_id": "O", "kind": "natural"}]
    # The window goes to the last row of a cycle, so every client is in it.
    members = {"O", *(f"{kind}{i}" for i in range(n) for kind in "KR")}
    return Plant("THB-TEST-015", "O", members, rows, {"client_fee", "travel", "fee", "payout"}, parties)


def herd(n: int, gap: int, *, money: bool = True) -> Plant:
    rows = [row(f"H{i}", "S", i * gap, 300) for i in range(n)]
    # One number and one address in turn: nobody shares both with everybody.
    parties = [
        {
            "party_id": f"H{i}", "account_id": f"H{i}", "kind": "natural", "phone_hash": f"p{i // 2}",
            "address_hash": f"a{(i + 1) // 2}",
        }
        for i in range(n)
    ]  # fmt: skip
    accounts = [{"account_id": f"H{i}", "opened_date": "2024-01-10"} for i in range(n)]
    return Plant("THB-TEST-104", "S", {"S", *(f"H{i}" for i in range(n))}, rows, {"feed"}, parties, accounts)


def payers(n: int, gap: int, *, money: bool = True) -> Plant:
    rows = [row(f"B{i}", "F", 24 * i + gap, 40 + i if money else 160, cp_country="PH") for i in range(n)]
    parties = [
        {"party_id": f"B{i}", "account_id": f"B{i}", "kind": "natural", "address_hash": f"a{i}"}
        for i in range(n)
    ]
    return Plant("THB-TEST-105", "F", {"F", *(f"B{i}" for i in range(n))}, rows, {"paid"}, parties)


SHAPES = {
    "collector": collector, "workers": workers, "two-way": two_way, "rotation": rotation, "funnel": funnel,
    "star": star, "herd": herd, "payers": payers,
}  # fmt: skip
#: Shapes in which no payment has to come before another: their time is the length of a window, or turns.
WITHOUT_ORDER = {"rotation", "herd", "payers"}
SIZE, GAP = st.integers(3, 6), st.integers(1, 20)


@st.composite
def noise(draw):
    """Payments among strangers, and at most two of strangers to each leaf of a pattern, all small."""
    rows = []
    for a, b, hours, amount in draw(
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 500), st.integers(1, 40)),
            max_size=25,
        )
    ):
        if a != b:
            rows.append(row(f"N{a}", f"N{b}", hours, amount))
            rows.append(row(f"N{b}", f"N{a}", hours, amount, "credit"))
    return rows


def touching(plant: Plant, picks: list[int]) -> list[dict[str, Any]]:
    """Small payments of strangers to members who are not in the middle."""
    leaves = sorted(plant.members - {plant.centre})
    return [row(leaves[p % len(leaves)], f"N{i}", 30 + i, 5, "credit") for i, p in enumerate(picks)]


def quick(n: int):
    return settings(max_examples=n, deadline=None)


# --- the tests ------------------------------------------------------------------------------------------


@quick(4)
@given(SIZE, GAP, noise())
def test_payers_of_one_are_found_exactly_and_make_a_network_with_signs_of_their_own(n, gap, strangers):
    plant = payers(n, gap)
    _, members, _, hits = found(plant.rule_id, [*strangers, *plant.rows], plant.parties, plant.accounts)
    mine = hits.hits.filter((pl.col("rule") == plant.rule_id) & (pl.col("subject_id") == plant.centre))
    named = hits.members.filter(pl.col("hit_id").is_in(mine["hit_id"].implode()))
    assert {*named["member_id"], plant.centre} == plant.members
    inside = members.filter(pl.col("member_id") == plant.centre)["network_id"]
    held = members.filter(pl.col("network_id").is_in(inside.implode()))
    assert set(held["member_id"]) == plant.members
    assert set(held.filter(pl.col("member_id") != plant.centre)["role"]) == {"possible_client"}


@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {"payers"}))
@quick(4)
@given(SIZE, GAP, noise(), st.lists(st.integers(0, 9), max_size=2), st.sampled_from((1, 3)))
def test_a_planted_pattern_is_a_network_of_exactly_its_members_with_a_proof_in_order(
    shape, n, gap, strangers, picks, buckets
):
    plant = SHAPES[shape](n, gap)
    rows = [*strangers, *plant.rows, *touching(plant, picks)]
    networks, members, proof, hits = found(plant.rule_id, rows, plant.parties, plant.accounts, buckets)
    inside = members.filter(pl.col("member_id") == plant.centre)["network_id"]
    assert len(inside) == 1
    held = members.filter((pl.col("network_id") == inside[0]) & ~pl.col("is_connector"))
    assert set(held["member_id"]) == plant.members
    assert faults(proof) == []
    told = proof.filter(pl.col("network_id") == inside[0])
    planted = hits.hits.filter(pl.col("hit_id").is_in(told["hit_id"].unique().implode()))
    assert told.select("hit_id", "tx_id").sort("hit_id", "tx_id").rows() == sorted(
        (hit, tx) for hit, ids in planted.select("hit_id", "tx_ids").rows() for tx in ids
    )
    assert set(told["step"]) == plant.steps
    assert told["passed_on_eur"].to_list() == slowly_passed_on(told.to_dicts())
    row_of = networks.row(by_predicate=pl.col("network_id") == inside[0], named=True)
    assert row_of["confidence"] in {"strong", "moderate", "weak"}
    assert row_of["confidence_why"]
    assert row_of["twin_tests"]


def slowly_passed_on(rows: list[dict[str, Any]]) -> list[int]:
    """Walks over the payments of each hit with a purse for each ledger."""
    purses: dict[tuple[str, str | None], int] = {}
    out = []
    for r in rows:
        own = (r["hit_id"], r["source"] if r["ledger"] == "source" else r["target"])
        held = purses.get(own, 0)
        taken = min(held, r["amount_eur"]) if r["ledger"] == "source" else 0
        purses[own] = held - taken if r["ledger"] == "source" else held + r["amount_eur"]
        out.append(taken)
    return out


def backwards(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same payments with time running backwards."""
    ends = [min(r["booking_ts"] for r in rows), max(r["booking_ts"] for r in rows)]
    return [{**r, "booking_ts": ends[0] + (ends[1] - r["booking_ts"])} for r in rows]


@pytest.mark.parametrize("shape", sorted(set(SHAPES) - WITHOUT_ORDER))
@quick(3)
@given(SIZE, GAP, noise())
def test_the_same_payments_backwards_are_no_pattern(shape, n, gap, strangers):
    plant = SHAPES[shape](n, gap)
    # Of cycles that come one after the other, the end of one would be the beginning of the next.
    rows = plant.rows if shape != "star" else SHAPES[shape](1, gap).rows
    look_alike(plant, [*strangers, *backwards(rows)])


@pytest.mark.parametrize("shape", sorted(WITHOUT_ORDER))
@quick(3)
@given(SIZE, GAP, noise())
def test_the_same_payments_over_too_long_a_time_are_no_pattern(shape, n, gap, strangers):
    plant = SHAPES[shape](n, gap)
    # Turns that stand years apart do not follow one another, and windows hold one payment each.
    slow = [
        {**r, "booking_ts": r["booking_ts"] + dt.timedelta(days=70 * place)}
        for place, r in enumerate(plant.rows)
    ]
    look_alike(plant, [*strangers, *slow])


@pytest.mark.parametrize("shape", sorted(set(SHAPES) - {"herd"}))
@quick(3)
@given(SIZE, GAP, noise())
def test_the_same_payments_without_the_money_are_no_pattern(shape, n, gap, strangers):
    plant = SHAPES[shape](n, gap, money=False)
    look_alike(plant, [*strangers, *plant.rows])


def look_alike(plant: Plant, rows: list[dict[str, Any]]) -> None:
    _, members, proof, hits = found(plant.rule_id, rows, plant.parties, plant.accounts)
    mine = hits.hits.filter(
        (pl.col("rule") == plant.rule_id) & pl.col("subject_id").is_in(list(plant.members))
    )
    assert mine.is_empty()
    assert not set(members["member_id"]) & plant.members
    assert faults(proof) == []
