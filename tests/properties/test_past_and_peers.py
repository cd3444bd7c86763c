"""Own past, peers, values seen for the first time and time since the last one, against slow readings."""

from __future__ import annotations

import functools
import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import worlds as w
from tests.oracles.agree import agree, numbered, part

BASES = (
    "count: transactions", "sum: amount_eur", "distinct: cp_account_id", "days_active: transactions",
    "count: transactions, where: {direction: credit}",
)  # fmt: skip
OVER = ((1, 1), (2, 1), (3, 2), (6, 3))


def usual(number, base, step):
    """Gives a rule that compares each window with the group's own past."""
    over, least = OVER[number % len(OVER)]
    statistic = ("median", "average")[number % 2]
    key = ("account_id", "party_id", "account_id, direction", "cp_account_id")[number % 4]
    limit = "1 EUR" if "sum" in base else "1"
    return (
        f"kind: aggregate\nwhere: {{}}\nfor_each: [{key}]\nwindow: calendar {step}\nmeasures:\n"
        f"  now: {{{base}}}\n"
        f"  past: {{usual: now, over: {over} windows, at_least: {least} windows, statistic: {statistic}}}\n"
        f"  times: {{formula: now / past}}\nflag_when:\n"
        + (f"  - now >= {limit}", "  - now > 2 * past", "  - past >= 0 * now")[number % 3]
    )


def peers(number, base, span):
    """Gives a rule that compares each window with those of peers."""
    alike = ("party.occupation", "account.currency", "party.kind, party.occupation")[number % 3]
    key = ("account_id", "party_id", "account_id, direction")[number % 3]
    limit = "1 EUR" if "sum" in base else "1"
    return (
        f"kind: aggregate\nwhere: {{}}\nfor_each: [{key}]\nwindow: {span}\nmeasures:\n"
        f"  now: {{{base}}}\n"
        f"  beside: {{peers: now, alike_by: [{alike}], at_least: {1 + number % 3} members, "
        f"statistic: {('median', 'average')[number % 2]}}}\n"
        f"flag_when:\n" + (f"  - now >= {limit}", "  - now > 1.5 * beside", "  - now <= beside")[number % 3]
    )


@functools.cache
def compared():
    """Every base, in every step, with every statistic."""
    steps = ("day", "week", "month")
    spans = ("calendar day", "calendar month", "whole period")
    blocks = [usual(i, *pair) for i, pair in enumerate(itertools.product(BASES, steps))]
    blocks += [peers(i, *pair) for i, pair in enumerate(itertools.product(BASES, spans))]
    return numbered(blocks)


@part(5)
@given(w.worlds(max_rows=14), st.sampled_from((1, 3)))
def test_windows_compared_with_others(world, buckets):
    agree(compared(), world, buckets)


NEW = ("cp_account_id", "location_city", "mcc", "amount_eur", "party.kind", "tx_type", "value_date")
SPANS = ("6 hours", "1 days", "30 minutes", "24 hours", "2 weeks", "1 months")
NEW_TESTS = ("{new: true}", "{new: false}", "{new: {is_not: true}}", "{new: {missing: true}}",
             "{none_of: [{new: true}]}")  # fmt: skip
GAP_TESTS = ("at_least", "at_most", "above", "below")


@functools.cache
def past():
    """First seen and since the previous one, with every test."""
    blocks = [
        f"kind: transaction\nderive:\n  new: {{first_seen: {field}, over: {SPANS[(i + j) % len(SPANS)]}}}\n"
        f"where: {test}"
        for i, field in enumerate(NEW)
        for j, test in enumerate(NEW_TESTS)
        if (i + j) % 2
    ]
    before = ("", ", where: {direction: credit}", ", where: {amount_eur: {at_least: 1 EUR}}")
    blocks += [
        f"kind: transaction\nderive:\n  gap: {{since_previous: transactions{before[i % 3]}}}\n"
        f"where: {{gap: {{{test}: {span}}}}}"
        for i, (test, span) in enumerate(itertools.product(GAP_TESTS, SPANS))
    ]
    blocks += [
        f"kind: transaction\nderive:\n  gap: {{since_previous: transactions}}\n"
        f"where: {{gap: {{missing: {x}}}}}"
        for x in ("true", "false")
    ]
    return numbered(blocks)


@part(5)
@given(w.worlds(max_rows=14), st.sampled_from((1, 3)))
def test_rows_compared_with_the_account_s_earlier_rows(world, buckets):
    agree(past(), world, buckets)
