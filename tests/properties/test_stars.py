"""Stars of cycles give the hits of a slow telling, on worlds where cycles compete for rows and instants."""

from __future__ import annotations

import functools
import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import worlds as w
from tests.oracles.agree import agree, part
from tests.oracles.texts import LISTS
from tests.support import pack_of, rule_text

LEGS = {
    "plain": ("credit {}", "debit {}"),
    "alike": ("debit {}", "debit {}"),
    "three": ("debit {}", "credit {mcc: {missing: false}}", "debit {}"),
    "sharp": ("credit {amount_eur: {at_least: 1 EUR}}", "debit {none_of: [{cp.kind: legal}]}"),
}
SPANS = (("6 hours", "1 days"), ("1 days", "2 weeks"), ("30 minutes", "24 hours"), ("2 weeks", "6 hours"))
MEASURES = """
  rounds: {count: cycles}
  rows: {count: transactions}
  total: {sum: amount_eur}
  all_people: {distinct: member}
  people: {distinct: member, where: {link: last}}
  firsts: {count: transactions, where: {link: first}}
  fees: {sum: amount_eur, where: {link: fee}}
  payers: {distinct: member, where: {link: fee}}
  large: {count: transactions, where: {amount_eur: {at_least: 10 EUR}}}
  large_pay: {sum: amount_eur, where: {link: last, amount_eur: {at_least: 10 EUR}}}
  kept: {formula: fees / total}"""
LINES = ("rounds >= 1", "rounds >= 2", "rounds == 1", "rows <= 5", "total >= 2 EUR", "large >= 1")
HEADLINES = ("", "headline: total", "headline: rounds", "headline: kept")


def star(number, legs, spans, line):
    """Gives the text of one star rule; what the number picks makes its neighbours differ."""
    names = ("first", "middle", "last") if len(legs) == 3 else ("first", "last")
    parts = []
    for name, leg in zip(names, legs, strict=True):
        side, _, where = leg.partition(" ")
        member = ", member: receiver" if name == "last" and number % 3 else ""
        parts.append(f"  - {{name: {name}, direction: {side}, where: {where}{member}}}")
    where = ("{}", "{party.kind: natural}", "{}", "{own_transfer: false}")[number % 4]
    detect = [
        f"kind: network\ncentre: hub\nwhere: {where}\nlegs:",
        *parts,
        f"cycle_within: {spans[0]}\nwithin: {spans[1]}\nlinks:",
        "  - {name: fee, direction: credit, where: {}, member: giver}",
        f"measures:{MEASURES}\nflag_when:\n  - {line}",
        HEADLINES[number % 5 % 4],
    ]
    played = "hub: possible_organiser, giver: possible_client" + (", receiver: unknown" if number % 3 else "")
    return rule_text("\n".join(detect), rule_id=f"THB-ML-{100 + number}", roles=f"{{{played}}}")


@functools.cache
def pack():
    """Loads stars of every kind of legs, lengths and lines."""
    pairs = itertools.product(LEGS.values(), SPANS)
    combined = [(*pair, LINES[(i + j) % len(LINES)]) for i, pair in enumerate(pairs) for j in (0, 1)]
    return pack_of(*(star(i, *parts) for i, parts in enumerate(combined)), lists=LISTS)


@part(5)
@given(w.worlds(max_rows=14), st.sampled_from((1, 3)))
def test_stars_give_the_hits_of_a_slow_telling(world, buckets):
    agree(pack(), world, buckets)
