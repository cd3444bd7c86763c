"""One set of payments seen twice by rules of one family is one sign."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.engine.apart import Sign, apart, backed

SCHEMA = {"key": pl.String, "rule": pl.String, "family": pl.String, "tx_ids": pl.List(pl.String)}


def pairs(rows):
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return set(apart(frame, ["key"]).iter_rows())


def slowly(rows):
    """Says the same with sets, pair by pair."""
    movements, families = {}, {}
    for key, rule, family, ids in rows:
        movements.setdefault((key, rule), set()).update(ids or [])
        families.setdefault((key, rule), set()).add(family)
    out = set()
    for (key, rule), a in movements.items():
        for (key2, other), b in movements.items():
            if key != key2 or rule == other:
                continue
            same = a and b and 2 * len(a & b) >= min(len(a), len(b))
            if not (same and families[key, rule] == families[key, other]):
                out.add((key, rule, other))
    return out


def test_two_rules_of_one_family_on_the_same_payments_are_one_sign():
    assert pairs([("S", "R1", "network", ["1", "2"]), ("S", "R2", "network", ["1", "2", "3"])]) == set()


def test_half_of_the_fewer_movements_are_the_same_and_less_are_not():
    half = [("S", "R1", "flow", ["1", "2"]), ("S", "R2", "flow", ["2", "3", "4"])]
    third = [("S", "R1", "flow", ["1", "2", "3"]), ("S", "R2", "flow", ["3", "4", "5"])]
    assert pairs(half) == set()
    assert pairs(third) == {("S", "R1", "R2"), ("S", "R2", "R1")}


def test_rules_of_two_families_and_rules_without_movements_are_signs_of_their_own():
    told = {("S", "R1", "R2"), ("S", "R2", "R1")}
    assert pairs([("S", "R1", "flow", ["1"]), ("S", "R2", "spend", ["1"])]) == told
    assert pairs([("S", "R1", "flow", ["1"]), ("S", "R2", "flow", None)]) == told


ROWS = st.lists(
    st.tuples(
        st.sampled_from("ST"),
        st.sampled_from(["R1", "R2", "R3"]),
        st.sampled_from(["flow", "spend"]),
        st.none() | st.lists(st.sampled_from("123456"), max_size=4),
    ),
    max_size=8,
)


@given(ROWS)
def test_pairs_are_those_of_a_slow_reading(rows):
    assert pairs(rows) == slowly(rows)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["R1", "R2", "R3"]),
            st.sampled_from(["network", "flow"]),
            st.sampled_from([2, 3]),
            st.frozensets(st.sampled_from("123456"), max_size=4),
        ),
        unique_by=lambda sign: sign[0],
    )
)
def test_few_signs_at_hand_are_judged_as_tables_are(signs):
    told = pairs([("S", rule, family, sorted(ids)) for rule, family, _, ids in signs])
    strong = {rule for rule, family, weight, _ in signs if (family, weight) == ("network", 3)}
    assert backed([Sign(*sign) for sign in signs]) == any(rule in strong for _, rule, _ in told)
