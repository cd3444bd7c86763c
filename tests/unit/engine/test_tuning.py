"""Tuning: which values are tried, what they are held against, and what is refused."""

from __future__ import annotations

import pytest

from tests.support import pack_of, rule_text
from thbscreen.engine.memory import from_rows
from thbscreen.engine.tuning import Decided, Tuning, grid, read_decided, tune
from thbscreen.errors import DataError, UsageError
from thbscreen.rules import ast
from thbscreen.rules.literals import parse_value

DETECT = """
kind: aggregate
where:
  direction: credit
  amount_eur: {at_least: $least}
for_each: account_id
window: rolling $window
measures:
  rows: {count: transactions}
flag_when:
  - rows >= $times
"""
PARAMETERS = """\
  least: {value: 100 EUR, min: 20 EUR, max: 500 EUR, stricter: lower, means: smallest sum}
  times: {value: 2, min: 2, max: 4, stricter: lower, means: how often}
  window: {value: 7 days, min: 1 days, max: 30 days, stricter: higher, means: length of the window}
"""
PARTIES = [{"account_id": a, "party_id": f"C{a}", "kind": "natural"} for a in ("A1", "A2", "A3")]
ID = "THB-ML-901"


def movements(account: str, amount: str, days: tuple[int, ...]) -> list[dict[str, str | None]]:
    return [
        {"account_id": account, "booking_ts": f"2024-05-{d:02d} 10:00", "amount_eur": amount} for d in days
    ]


#: A1: four sums of 400; A2: two sums of 150 at once; A3: four sums of 50.
ROWS = [
    *movements("A1", "400", (1, 2, 3, 4)),
    *movements("A2", "150", (1, 1)),
    *movements("A3", "50", (1, 2, 3, 4)),
]


def decided(*names: str) -> list[Decided]:
    return [Decided(name, n) for n, name in enumerate(names, 1)]


def tuned(yes: tuple[str, ...], no: tuple[str, ...], detect: str = DETECT, **given: str) -> Tuning:
    pack = pack_of(rule_text(detect, parameters=given.pop("parameters", PARAMETERS), **given))
    source = from_rows(ROWS, [], PARTIES, pack.profile.time_zone)
    return tune(pack, ID, source, decided(*yes), decided(*no))


def shown(setting: object) -> dict[str, str]:
    return {name: value.text for name, value in setting.changes}  # type: ignore[attr-defined]


def test_a_stricter_wish_is_met_by_the_smallest_change() -> None:
    found = tuned(("A1",), ("A2",))
    assert (found.current.kept, found.current.cleared, found.current.flagged) == (1, 1, 2)
    best = found.better[0]
    assert (best.kept, best.cleared, best.flagged) == (1, 0, 1)
    assert shown(best) == {"least": "200 EUR"}


def test_a_looser_value_that_finds_a_confirmed_subject_is_found() -> None:
    found = tuned(("A1", "A3"), ("A2",))
    assert (found.current.kept, found.confirmed) == (1, 2)
    assert found.better[0].kept == 2


def test_a_pair_does_what_no_value_does_alone() -> None:
    found = tuned(("A1", "A3"), ("A2",))
    best = found.better[0]
    assert (best.kept, best.cleared) == (2, 0)
    assert set(shown(best)) == {"least", "times"}


def test_when_nothing_is_better_nothing_is_proposed() -> None:
    assert tuned(("A1", "A2"), ("A3",)).better == ()


def test_a_customer_stands_for_the_accounts_they_hold() -> None:
    found = tuned(("CA1",), ("CA2",))
    assert (found.current.kept, found.current.cleared) == (1, 1)


def test_subjects_that_the_data_do_not_know_are_counted_by_line() -> None:
    found = tuned(("A1", "nobody"), ("nothing", "A2"))
    assert (found.unknown_confirmed, found.unknown_cleared) == ((2,), (1,))
    assert (found.confirmed, found.cleared) == (1, 1)


def test_without_any_known_subject_there_is_nothing_to_tune() -> None:
    with pytest.raises(DataError, match="no confirmed and no cleared subject") as error:
        tuned(("secret-one",), ("secret-two",))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("yes", "no", "message"),
    [
        ((), ("A2",), "no confirmed subject"),
        (("A1",), (), "no cleared subject"),
        (("A1",), ("CA1",), "1 confirmed subjects are also cleared"),
    ],
)
def test_decisions_that_prove_nothing_are_refused(
    yes: tuple[str, ...], no: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        tuned(yes, no)


def test_a_rule_without_parameters_cannot_be_tuned() -> None:
    plain = DETECT.replace("$least", "100 EUR").replace("$window", "7 days").replace("$times", "2")
    with pytest.raises(UsageError, match="has no parameters"):
        tuned(("A1",), ("A2",), plain, parameters="")


def test_data_that_the_rule_cannot_judge_are_refused() -> None:
    detect = DETECT.replace("  direction: credit\n", "  direction: credit\n  mcc: {missing: false}\n")
    with pytest.raises(DataError, match="cannot be judged on these data: no value in mcc"):
        tuned(("A1",), ("A2",), detect)


def test_data_without_movements_are_refused() -> None:
    pack = pack_of(rule_text(DETECT, parameters=PARAMETERS))
    with pytest.raises(DataError, match="no movements"):
        tune(pack, ID, from_rows([], [], PARTIES, "Asia/Nicosia"), decided("A1"), decided("A2"))


@pytest.mark.parametrize(
    ("value", "low", "high", "tried"),
    [
        ("3", "2", "10", ["2", "5", "6", "8", "10"]),
        ("2", "2", "4", ["3", "4"]),
        ("60%", "40%", "100%", ["40%", "45%", "50%", "55%", "70%", "80%", "90%", "100%"]),
        ("7 days", "1 days", "15 days", [f"{n} days" for n in (1, 2, 4, 6, 9, 11, 13, 15)]),
        ("100 EUR", "99 EUR", "101 EUR", ["99 EUR", "101 EUR"]),
    ],
)  # fmt: skip
def test_values_to_try_are_round_and_inside_the_bounds(
    value: str, low: str, high: str, tried: list[str]
) -> None:
    parsed = [parse_value(t) for t in (value, low, high)]
    found = [v.text for v, _ in grid(ast.Parameter("p", *parsed, "lower", ""))]
    assert found == tried


def test_a_list_of_subjects_has_one_a_line() -> None:
    assert read_decided("\ufeffA1\n# a remark\n\n  A2 \n", ID) == [Decided("A1", 1), Decided("A2", 4)]


def test_rows_of_hits_count_for_their_own_rule() -> None:
    text = (
        '"hit_id","rule","subject_id"\n"H1","THB-ML-901","A1"\n"H2","THB-ML-001","A2"\n"H3","THB-ML-901",""\n'
    )
    assert read_decided(text, ID) == [Decided("A1", 2)]


def test_a_damaged_row_of_hits_is_named_by_its_line() -> None:
    with pytest.raises(DataError, match="line 3 has another number of columns"):
        read_decided("rule,subject_id\nTHB-ML-901,A1\nTHB-ML-901\n", ID)
