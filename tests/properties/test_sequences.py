"""Sequences give the hits of a slow telling (laws L7 and L8)."""

from __future__ import annotations

import functools

from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import worlds as w
from tests.oracles.agree import agree, numbered, part

LENGTHS = ("6 hours", "1 days", "24 hours", "30 minutes", "2 weeks", "1 months")
STEPS = {
    "two": ("{direction: credit}", "{direction: debit}"),
    "same kind": ("{direction: credit}", "{direction: credit}"),
    "any": ("{}", "{}"),
    "counterparty": ("{direction: credit}", "{direction: debit}, same: [cp_account_id]"),
    "two fields": ("{}", "{}, same: [tx_type, direction]"),
    "three": ("{direction: credit}", "{mcc: {missing: false}}", "{direction: debit}, same: [tx_type]"),
    "two agree": ("{}", "{}, same: [direction]", "{}, same: [terminal_id]"),
    "absent": ("{direction: credit}", "{direction: debit}, absent: true"),
    "absent, same": ("{}", "{direction: debit}, same: [cp_account_id], absent: true"),
    "three, absent": ("{direction: credit}", "{direction: debit}", "{mcc: 7011}, absent: true"),
    "listed": ("{party.kind: natural}", "{remittance_info: {mentions_list: keywords.rent}}"),
}
KEYS = ("account_id", "account_id", "account_id, tx_type", "cp_account_id", "party_id", "location_city")


def block(number, steps, within):
    """Gives one sequence rule; what the number picks makes its neighbours differ."""
    names = ("first", "second", "third")[: len(steps)]
    lines = ["kind: sequence", f"for_each: [{KEYS[number % len(KEYS)]}]", f"within: {within}"]
    lines.append(f"where: {('{}', '{}', '{own_transfer: false}')[number % 3]}")
    lines.append("steps:")
    lines += [f"  - {{name: {n}, where: {s}}}" for n, s in zip(names, steps, strict=True)]
    if number % 4 == 3:
        lines += ["flag_when:", "  - first.amount_eur >= 1 EUR"]
    if number % 4 == 2 and "absent" not in steps[1]:
        lines += ["flag_when:", "  - any_of:", "      - second.amount_eur >= 50% * first.amount_eur"]
        lines += ["      - second.balance_after < 0 EUR"]
    if number % 3 == 1:
        lines.append(f"repeat: {{times: {1 + number % 2}, within: {LENGTHS[number % 2 + 4]}}}")
    return "\n".join(lines)


@functools.cache
def pack():
    """Loads sequences of every kind of steps with every length."""
    both = [(s, LENGTHS[(i + 2 * j) % 6]) for i, s in enumerate(STEPS.values()) for j in range(3)]
    roles = ("{account_id: unknown, cp_account_id: employer}", "{account_id: unknown}")
    blocks = [block(i, *parts) for i, parts in enumerate(both)]
    return numbered(blocks, [roles[i % 2] for i in range(len(blocks))])


@part(5)
@given(w.worlds(max_rows=12), st.sampled_from((1, 3)))
def test_sequences_give_the_hits_of_a_slow_telling(world, buckets):
    agree(pack(), world, buckets)
