"""Every named shape of a network rule gives the hits of a slow reading of its parts."""

from __future__ import annotations

import functools

from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import worlds as w
from tests.oracles.agree import agree, numbered, part

SPANS = ("6 hours", "1 days", "2 weeks", "30 minutes", "24 hours", "1 months")
SHARES = ("50%", "60%", "100%", "1%")
WHERES = ("", ", where: {amount_eur: {at_least: 1 EUR}}", ", where: {location_city: {missing: false}}")
DERIVED = "  moved: {sum: %s}\n  moved_by: {sum: %s, where: {link: %s}}\n"
SHAPES = {
    "fan_in_forward": (
        "links:\n  - {name: one, direction: credit, member: giver%s}\n"
        "  - {name: two, direction: debit, member: taker%s}\nforward_within: %s\n",
        "  givers: {distinct: giver}\n  takers: {distinct: taker}\n"
        + DERIVED % ("forwarded", "forwarded", "one"),
        "{hub: unknown, giver: unknown, taker: unknown}",
    ),
    "through_workers": (
        "links:\n  - {name: one, direction: credit, member: payer%s}\n"
        "  - {name: two, direction: debit, member: worker%s}\nforward_within: %s\nshare: SHARE\n",
        "  workers: {distinct: worker}\n  payers: {distinct: payer}\n  moved: {sum: forwarded}\n",
        "{hub: unknown, worker: unknown, payer: employer}",
    ),
    "two_way_return": (
        "links:\n  - {name: one, direction: debit, member: other%s}\n"
        "  - {name: two, direction: credit%s}\nreturn_within: %s\n",
        "  others: {distinct: other}\n  moved: {sum: returned}\n",
        "{hub: unknown, other: unknown}",
    ),
    "funnel_by_place": (
        "links:\n  - {name: one, direction: credit%s}\n  - {name: two, direction: debit%s}\n"
        "forward_within: %s\nplace: location_city\n",
        "  towns: {distinct: location_city, where: {link: one, compare: ['forwarded > 0 EUR']}}\n"
        + DERIVED % ("forwarded", "forwarded", "two"),
        "{hub: unknown}",
    ),
    "shared_attributes": (
        "links:\n  - {name: one, direction: debit, member: holder%s}\n"
        "joined_by: [party.phone_hash, party.address_hash]\nat_most: MOST\n",
        "  holders: {distinct: holder}\n",
        "{hub: unknown, holder: unknown}",
    ),
    "payers_of_one": (
        "links:\n  - {name: one, direction: debit, member: holder%s}\n"
        "joined_by: [party.address_hash]\nat_most: MOST\n",
        "  holders: {distinct: holder}\n  groups: {distinct: cluster}\n",
        "{hub: unknown, holder: unknown}",
    ),
    "rotation": (
        "links:\n  - {name: one, direction: SIDE, member: source%s}\nstep: STEP\nshare: SHARE\n",
        "  turns: {distinct: source}\n",
        "{hub: unknown, source: unknown}",
    ),
}


def block(number, name, span):
    """Gives one rule of a shape; what the number picks makes its neighbours differ."""
    links, measures, _ = SHAPES[name]
    filled = links.replace("%s", WHERES[number % 3], 1)
    if links.count("direction") == 2:
        filled = filled.replace("%s", WHERES[number % 2], 1)
    filled = filled.replace("%s", span, 1)
    filled = filled.replace("SHARE", SHARES[number % 4]).replace("MOST", str(2 + number % 2))
    filled = filled.replace("SIDE", ("credit", "debit")[number % 2]).replace(
        "STEP", ("week", "month")[number % 3 % 2]
    )
    within = "" if name == "rotation" else f"within: {SPANS[number % 5 + 1]}\n"
    return (
        f"kind: network\npattern: {name}\ncentre: hub\nwhere: {('{}', '{own_transfer: false}')[number % 2]}\n"
        f"{filled}{within}measures:\n  rows: {{count: transactions}}\n"
        f"  total: {{sum: amount_eur}}\n{measures}"
        f"flag_when:\n  - rows >= {1 + number % 2}"
    )


@functools.cache
def pack():
    """Loads every shape with every length."""
    both = [(name, SPANS[(i + j) % 6]) for i, name in enumerate(SHAPES) for j in (0, 2, 5)]
    blocks = [block(i, *pair) for i, pair in enumerate(both)]
    return numbered(blocks, [SHAPES[name][2] for name, _ in both])


@part(5)
@given(w.worlds(max_rows=14), st.sampled_from((1, 3)))
def test_shapes_give_the_hits_of_a_slow_reading(world, buckets):
    agree(pack(), world, buckets)
