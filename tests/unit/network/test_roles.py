from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from thbscreen.network import roles
from thbscreen.network.roles import Member, Naming
from thbscreen.rules.ast import ROLES


def naming(role: str, weight: float = 3, hits: int = 1) -> Naming:
    return Naming("THB-X-001", role, weight, hits, 2, 10_000, own=False)


def member(*namings: Naming, payers: int = 0, received: int = 0, sent: int = 0) -> Member:
    return Member("A", False, namings=list(namings), payers=payers, received_eur=received, sent_eur=sent)


@given(
    st.dictionaries(st.sampled_from([r for r in ROLES if r != "place"]), st.integers(1, 9)), st.integers(0, 5)
)
def test_shares_add_up_to_one_and_come_largest_first(weights: dict[str, int], payers: int) -> None:
    reading = roles.read(member(*[naming(r, w) for r, w in weights.items()], payers=payers), "laundering")
    shares = [s for _, s in reading.shares]
    assert math.isclose(sum(shares), 1, abs_tol=1e-9)
    assert shares == sorted(shares, reverse=True)


@given(st.integers(1, 9), st.integers(0, 9), st.sampled_from(roles.CONTROLLING), st.integers(0, 5))
def test_a_possible_victim_close_to_a_controlling_role_is_never_labelled_otherwise(
    victim: int, other: int, role: str, payers: int
) -> None:
    named = [naming("possible_victim", victim), *([naming(role, other)] if other else [])]
    reading = roles.read(member(*named, payers=payers), "sexual_exploitation")
    shares = dict(reading.shares)
    ahead = max(shares.get(r, 0) for r in roles.CONTROLLING)
    # Shares are rounded to four digits, hence the small slack around both borders.
    if shares["possible_victim"] >= 0.4001 or shares["possible_victim"] >= ahead - 0.1998:
        assert reading.role == "possible_victim"
    elif shares["possible_victim"] < 0.3999 and shares["possible_victim"] < ahead - 0.2002:
        assert reading.role in roles.CONTROLLING


def test_a_collector_who_is_read_as_victim_by_strong_hits_stays_a_possible_victim() -> None:
    boss = member(naming("possible_victim"), naming("possible_controller"), payers=5, received=90_000)
    assert roles.read(boss, "sexual_exploitation").role == "possible_victim"


def test_a_clear_controller_keeps_the_victim_share_in_the_evidence_against() -> None:
    boss = member(naming("possible_victim", 1), naming("possible_controller", 3, hits=9))
    reading = roles.read(boss, "sexual_exploitation")
    assert reading.role == "possible_controller"
    assert any("possible victim (share" in line for line in roles.evidence_against(boss, reading, {}))


def test_a_member_with_only_client_hits_stays_a_client_even_where_money_meets() -> None:
    reading = roles.read(member(naming("possible_client", 1), payers=9, received=100), "sham_marriage")
    assert reading.shares == (("possible_client", 1.0),)


def test_a_member_that_nothing_reads_is_not_known() -> None:
    assert roles.read(member(), "laundering").role == "unknown"


def test_who_sends_on_what_came_in_is_not_read_as_collector() -> None:
    assert not roles.is_collector(member(payers=4, received=1_000, sent=900))
    assert roles.is_collector(member(payers=4, received=1_000, sent=500))


def test_further_hits_of_one_rule_at_most_double_its_points() -> None:
    assert roles.points(member(naming("possible_victim", 3, hits=50)), "")["possible_victim"] == 6
