"""Proofs in order, tests of lawful readings, and what a finding rests on."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.engine import tables
from thbscreen.network import twins, wording
from thbscreen.network.confidence import MODERATE, STRONG, WEAK, Basis, weigh
from thbscreen.network.proof import faults, followed, proof_table
from thbscreen.network.twins import FOUND, NOT_FOUND, UNCHECKED, Answer, Movement, Person, Setting
from thbscreen.rules import ast
from thbscreen.rules.accusing import accusing_words

DAY0 = datetime(2026, 3, 1, 9, tzinfo=UTC)
Paid = tuple[str, str | None, bool, int, int]


def frame(spec: tables.TableSpec, rows: list[dict[str, Any]]) -> pl.DataFrame:
    full = [dict.fromkeys(spec.schema) | row for row in rows]
    return spec.conform(pl.DataFrame(full, schema=spec.schema, orient="row"))


def prove(*paid: Paid, members: tuple[str, ...] = ("A", "B"), third_party: bool = True) -> pl.DataFrame:
    """The proof of one hit; paid: ledger, other account, credit, hour, cents."""
    ids = [f"T{n}" for n in range(len(paid))]
    moved = [
        {"tx_id": tx, "account_id": a, "cp_account_id": b, "credit": credit,
         "time": DAY0 + timedelta(hours=hour), "amount_eur": cents}
        for tx, (a, b, credit, hour, cents) in zip(ids, paid, strict=True)
    ]  # fmt: skip
    hit = {"hit_id": "H", "rule": "R", "third_party": third_party, "family": "flow", "tx_ids": ids}
    roles = [{"network_id": "N", "member_id": m, "role": "possible_victim"} for m in members]
    return proof_table(
        frame(tables.NETWORKS, [{"network_id": "N", "hit_ids": ["H"]}]),
        frame(tables.NETWORK_MEMBERS, roles),
        frame(tables.HITS, [hit]),
        frame(tables.HIT_MEMBERS, [{"hit_id": "H", "role": "place", "member_id": "TOWN"}]),
        pl.DataFrame({"hit_id": ["H", "H"], "tx_id": ["T0", "T0"], "step": ["fee", "costs"]}),
        frame(tables.MOVEMENTS, moved),
        pl.DataFrame({"account_id": ["A-1"], "subject_id": ["A"]}),
    )


def test_payments_stand_in_the_order_of_time_and_then_of_id() -> None:
    proof = prove(("A", "B", False, 5, 1), ("A", "B", False, 1, 2), ("A", "B", False, 1, 3))
    assert proof.select("seq", "tx_id").rows() == [(1, "T1"), (2, "T2"), (3, "T0")]
    assert faults(proof) == []


def test_only_money_that_came_in_before_is_passed_on_and_no_cent_twice() -> None:
    proof = prove(
        ("A", "B", False, 0, 500), ("B2", "A", True, 1, 999), ("A", "B", True, 2, 1000),
        ("A", "B", False, 3, 700), ("A", "B", False, 4, 700), ("A", "B", True, 5, 100),
    )  # fmt: skip
    assert proof["passed_on_eur"].to_list() == [0, 0, 0, 700, 300, 0]
    assert followed(proof).select("n_patterns", "n_followed", "passed_on_eur", "paid_eur").row(0) == (
        1, 1, 1000, 1900,
    )  # fmt: skip


def test_what_two_ledgers_tell_of_one_payment_counts_in_each_ledger_once() -> None:
    proof = prove(("A", "B", False, 0, 500), ("B", "A", True, 0, 500), ("B", None, False, 1, 900))
    assert proof["passed_on_eur"].to_list() == [0, 0, 500]


def test_only_members_and_whom_the_hit_names_are_named() -> None:
    proof = prove(("A-1", "X9", False, 0, 5), ("A", "TOWN", False, 1, 5), ("A", None, True, 2, 5))
    assert proof.select("source", "target").rows() == [("A", None), ("A", "TOWN"), (None, "A")]
    assert proof["what"].to_list() == [
        "costs, fee: possible victim pays somebody else",
        "possible victim pays place",
        "an unnamed account or cash pays possible victim",
    ]


def test_a_rule_about_nobody_else_proves_nothing() -> None:
    assert prove(("A", "B", False, 0, 5), third_party=False).is_empty()


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 50)), min_size=1, max_size=12),
    st.integers(0, 11),
    st.integers(1, 60),
)
def test_money_that_did_not_come_before_and_other_orders_are_noticed(moves, at, more) -> None:
    proof = prove(*(("A", "B", credit, hour, cents) for credit, hour, cents in moves))
    assert faults(proof) == []
    debits = proof.with_row_index("i").filter(pl.col("ledger") == "source")["i"].to_list()
    if debits:
        row = debits[at % len(debits)]
        wrong = pl.when(pl.int_range(pl.len()) == row).then(pl.col("passed_on_eur") + more)
        spoilt = proof.with_columns(passed_on_eur=wrong.otherwise("passed_on_eur"))
        # More than the greatest possible part is passed on, here or by what follows.
        assert faults(spoilt) != []
    if proof["time"].n_unique() > 1:
        times = proof["time"].reverse()
        assert (
            faults(proof.with_columns(times.alias("time"))) != []
            or times.to_list() == proof["time"].to_list()
        )
    assert faults(proof.with_columns(pl.col("seq") + 1)) != []


# --- lawful readings ------------------------------------------------------------------------------------


def person(node: str, role: str = "possible_victim", *moves: tuple[int, bool, str | None, int], **more: Any):
    """A member; moves: day, credit, other, cents."""
    ledger = [
        Movement(DAY0 + timedelta(days=d), f"{node}{n:02}", credit, other, cents)
        for n, (d, credit, other, cents) in enumerate(moves)
    ]
    base = {"is_customer": True, "is_connector": False, "received": 0, "ledger": ledger}
    return Person(node, role, **(base | more))


READY = Setting({f"THB-MIT-00{n}": "ready" for n in range(1, 7)}, {}, licences_known=True)
SILENT = Setting(dict.fromkeys(READY.status, "not judged"), {"THB-MIT-001": "column purpose_code is missing"})


def test_social_insurance_is_asked_of_the_employers_whose_account_is_here() -> None:
    pays = person("E", "employer", (0, False, "V", 9), facts=frozenset({"THB-MIT-001"}))
    pays_not = person("E", "employer", (0, False, "V", 9))
    assert twins.social_insurance([pays], READY).result == FOUND
    assert twins.social_insurance([pays_not], READY).result == NOT_FOUND
    assert twins.social_insurance([person("E", "employer")], READY).result == UNCHECKED
    assert twins.social_insurance([person("V")], READY).result == UNCHECKED
    told = twins.social_insurance([pays], SILENT)
    assert (told.result, "column purpose_code is missing" in told.finding) == (UNCHECKED, True)


def test_own_spending_is_found_where_half_of_the_possible_victims_show_it() -> None:
    spends = person("V1", "possible_victim", (0, False, "SHOP", 900), facts=frozenset({"THB-MIT-002"}))
    spends_not = [person(f"W{i}", "possible_victim", (0, False, "C", 100)) for i in range(2)]
    boss = person("C", "possible_controller", facts=frozenset({"THB-MIT-002"}))
    assert twins.own_spending([boss, spends, spends_not[0]], READY).result == FOUND
    told = twins.own_spending([boss, spends, *spends_not], READY)
    assert told.result == NOT_FOUND
    assert "18% of what they paid out went to other members" in told.finding
    assert twins.own_spending([boss], READY).result == UNCHECKED
    assert twins.own_spending([spends], Setting()).result == UNCHECKED


def tenant(node: str, *sums: int, pay: int = 200_000, every: int = 30) -> Person:
    moves = [(0, True, "EMP", pay)]
    for n, cents in enumerate(sums):
        moves += [(every * n + 1, False, "L", cents), (every * n + 2, True, "EMP", pay)]
    return person(node, "possible_victim", *moves)


LORD = person("L", "possible_controller")


@pytest.mark.parametrize(
    ("one", "result"),
    [
        (tenant("T1", 50_000, 50_000, 48_000), FOUND),
        (tenant("T1", 50_000, 40_000, 50_000), NOT_FOUND),
        (tenant("T1", 50_000, 50_000, 50_000, every=7), NOT_FOUND),
        (tenant("T1", 50_000, 50_000, 50_000, pay=60_000), NOT_FOUND),
        (tenant("T1", 50_000), NOT_FOUND),
    ],
    ids=["a lease", "uneven", "every week", "nearly all the pay", "once"],
)
def test_even_sums_are_a_lease_when_even_monthly_and_bearable(one: Person, result: str) -> None:
    other = person("T2", "possible_victim", (1, False, "L", 90_000), (2, False, "L", 10_000))
    assert twins.even_sums([LORD, one, other]).result == result


def test_even_sums_need_a_common_payee_and_heed_the_rule_for_landlords() -> None:
    alone = tenant("T1", 50_000, 50_000)
    assert twins.even_sums([LORD, alone]).result == UNCHECKED
    others = [tenant("T1", 90_000, 10_000), tenant("T2", 90_000, 10_000)]
    assert twins.even_sums([LORD, *others]).result == NOT_FOUND
    lord = person("L", "possible_controller", facts=frozenset({"THB-MIT-004"}))
    assert twins.even_sums([lord, *others]).result == FOUND


def agent(*, keeps: float = 0.0, days: int = 2, role: str = "possible_facilitator") -> Person:
    moves: list[tuple[int, bool, str | None, int]] = []
    for n in range(4):
        came = 10_000 + n
        moves += [(20 * n, True, f"M{n}", came), (20 * n + days, False, f"X{n}", round(came * (1 - keeps)))]
    return person("A", role, *moves)


FROM = [person(f"M{n}", "unknown") for n in range(4)]


def test_one_to_one_forwarding_is_found_when_each_sum_goes_on_whole_and_soon() -> None:
    assert twins.one_to_one([agent(), *FROM]).result == FOUND
    assert twins.one_to_one([agent(keeps=0.05), *FROM]).result == FOUND
    assert twins.one_to_one([agent(keeps=0.06), *FROM]).result == NOT_FOUND
    assert twins.one_to_one([agent(days=8), *FROM]).result == NOT_FOUND
    assert twins.one_to_one([agent(role="possible_victim"), *FROM]).result == UNCHECKED, (
        "nobody in the middle"
    )
    assert twins.one_to_one([agent()]).result == UNCHECKED, "no money from members"


def test_one_payment_out_forwards_one_credit_only() -> None:
    moves = [(0, True, "M0", 100), (0, True, "M1", 100), (1, False, "X", 100)]
    one = person("A", "possible_controller", *moves)
    came = [m for m in one.ledger if m.credit]
    assert [m.other for m in twins.forwarded(came, one.ledger)] == ["M0"]


def test_money_that_went_out_before_it_came_is_not_forwarded() -> None:
    one = person("A", "possible_controller", (0, False, "X", 100), (1, True, "M0", 100))
    assert twins.forwarded([one.ledger[1]], one.ledger) == []


def slowly_forwarded(came: list[twins.Movement], ledger: list[twins.Movement]) -> list[twins.Movement]:
    """The same by going through all movements for each credit."""
    used: set[str] = set()
    out = []
    for credit in came:
        for m in ledger:
            later = (credit.time, credit.tx_id) < (m.time, m.tx_id)
            soon = m.time <= credit.time + twins.ONWARD_WITHIN
            fits = m.other is not None and twins.SAME_SUM * credit.cents <= m.cents <= credit.cents
            if not m.credit and m.tx_id not in used and later and soon and fits:
                used.add(m.tx_id)
                out.append(credit)
                break
    return out


def test_what_is_forwarded_is_the_same_as_when_all_movements_are_gone_through_for_each_credit() -> None:
    draw = random.Random(9)
    some = 0
    for _ in range(300):
        rows = sorted(
            twins.Movement(
                DAY0 + timedelta(days=draw.randrange(20)), f"T{n:02d}", draw.random() < 0.5,
                draw.choice(["M0", "X", None]), draw.choice([0, 94, 95, 96, 100]),
            )
            for n in draw.sample(range(60), draw.randrange(40))
        )  # fmt: skip
        came = [m for m in rows if m.credit and m.other == "M0" and m.cents > 0]
        found = twins.forwarded(came, rows)
        assert found == slowly_forwarded(came, rows)
        some += len(found)
    assert some > 300


def test_a_licence_is_asked_of_customers_in_the_middle_and_of_licensed_hubs() -> None:
    boss = person("C", "possible_controller")
    assert twins.licence([boss], [], READY).result == NOT_FOUND
    assert twins.licence([boss], ["HUB"], READY).result == FOUND
    assert twins.licence([person("C", "possible_controller", licence=True)], [], READY).result == FOUND
    known = person("C", "possible_controller", facts=frozenset({"THB-MIT-005"}))
    assert twins.licence([known], [], READY).result == FOUND
    assert twins.licence([person("V", licence=True)], [], READY).result == UNCHECKED
    assert twins.licence([boss], [], Setting()).result == UNCHECKED
    outside = person("C", "possible_controller", is_customer=False)
    assert twins.licence([outside], [], READY).result == UNCHECKED


@pytest.mark.parametrize("form", [*ast.TYPOLOGIES, ""])
def test_every_form_asks_its_tests_and_tells_each_result(form: str) -> None:
    found = twins.answers(form, [person("V")], [], READY)
    assert [a.test for a in found] == list(wording.twin_tests(form))
    told = wording.would_break(form, [(a.test, a.result, a.finding) for a in found])
    for answer, text in zip(found, told, strict=False):
        assert text.startswith(wording.question(answer.test))
        assert f"Tested: {answer.result}." in text
    assert all(text.endswith("To be asked.") for text in told[len(found) :])
    assert len(told) > len(found)
    assert accusing_words(" ".join(told)) == []


# --- what a finding rests on ----------------------------------------------------------------------------

FULL = {
    "n_rules": 4, "n_families": 3, "agreeing": 2, "n_patterns": 3, "n_followed": 1, "passed_on_eur": 100,
    "paid_eur": 150, "named_twice": 3, "n_members": 6, "judged": 5, "silent": 0,
}  # fmt: skip


def answered(found: int = 0, unchecked: int = 0, missed: int = 2) -> list[Answer]:
    results = [FOUND] * found + [UNCHECKED] * unchecked + [NOT_FOUND] * missed
    return [Answer("licence", result, "Seen.") for result in results]


@pytest.mark.parametrize(
    ("changes", "answers", "level"),
    [
        ({}, answered(), STRONG),
        ({"n_rules": 2}, answered(), STRONG),
        ({"n_families": 2}, answered(), STRONG),
        ({"n_rules": 2, "agreeing": 1}, answered(), MODERATE),
        ({"n_rules": 2, "agreeing": 1, "n_followed": 0}, answered(), WEAK),
        ({"named_twice": 2}, answered(), STRONG),
        ({}, answered(found=1), MODERATE),
        ({}, answered(found=2), WEAK),
        ({"n_rules": 2, "agreeing": 1}, answered(found=1), WEAK),
        ({}, answered(unchecked=2), STRONG),
        ({}, answered(unchecked=3), MODERATE),
        ({"silent": 5}, answered(), STRONG),
        ({"silent": 6}, answered(), MODERATE),
        ({"hub_left": True}, answered(), STRONG),
        ({"hub_left": True, "agreeing": 1}, answered(), MODERATE),
        ({"excused": ("THB-MIT-009",), "agreeing": 1}, answered(), MODERATE),
    ],
)
def test_levels_follow_from_counted_reasons(changes, answers, level) -> None:
    found, why = weigh(Basis(**(FULL | changes)), answers)
    assert found == level
    assert len([w for w in why if w.startswith(("Speaks for it", "Little"))]) == 4
    against = (
        sum(a.result == FOUND for a in answers) + len(changes.get("excused", ())) + ("hub_left" in changes)
    )
    assert sum(w.startswith("Speaks against it") for w in why) == against
    assert accusing_words(" ".join(why)) == []
    assert "%" not in " ".join(why), "reasons are counted; nothing here is a probability"


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_a_lawful_reading_that_is_found_never_makes_a_finding_stronger(found, unchecked, missed) -> None:
    order = (WEAK, MODERATE, STRONG)
    before, _ = weigh(Basis(**FULL), answered(found, unchecked, missed + 1))
    after, _ = weigh(Basis(**FULL), answered(found + 1, unchecked, missed))
    assert order.index(after) <= order.index(before)
