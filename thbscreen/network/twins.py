"""Tests of the lawful readings of a network, each answered from the rows and files of its members.

A lawful twin looks like the pattern and is none: an employer who pays social insurance, people who live
from their own account, a landlord, an agent, a licensed business. Each test is answered with `found` (it
speaks for the lawful reading), `not found`, or `could not be checked`, which is told as no answer.

Source: docs/explanation/networks.md
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from thbscreen.engine.scoring import CONTROLLING
from thbscreen.network import wording

FOUND, NOT_FOUND, UNCHECKED = "found", "not found", "could not be checked"
#: Rules of mitigating facts that answer a test; see docs/rules.
RULES_OF = {
    "social_insurance": ("THB-MIT-001",),
    "own_spending": ("THB-MIT-002",),
    "even_sums": ("THB-MIT-004",),
    "licence": ("THB-MIT-003", "THB-MIT-005", "THB-MIT-006"),
}
#: Even sums: the smallest is at least this part of the largest, ..
EVEN = 0.9
#: .. they come at most about once a month, ..
MONTHLY = timedelta(days=20)
#: .. and take at most this part of what came in meanwhile, from `BEFORE` the first of them on.
BEARABLE, BEFORE = 0.5, timedelta(days=35)
#: One to one: a sum of at least this part of the credit goes out in time.
SAME_SUM, ONWARD_WITHIN = 0.95, timedelta(days=7)
#: One to one is found when so much of the money was forwarded like that, in at least so many payments.
ONE_TO_ONE, LEAST_FORWARDED = 0.8, 3
#: Somebody in the middle receives from at least this many members.
MIDDLE_PAYERS = 3


class Movement(NamedTuple):
    """A movement in a member's ledger; `other` is a subject or None, cents are 0 without a rate."""

    time: datetime
    tx_id: str
    credit: bool
    other: str | None
    cents: int


@dataclass(slots=True)
class Person:
    """A member as the tests see it.

    Attributes:
        facts: rules of mitigating facts that hit it.
        licence: a licence or trade is on file.
        ledger: its movements in order, empty when its account is not in the data.
        payers: members from whom it received.
    """

    node: str
    role: str
    is_customer: bool
    is_connector: bool
    received: int
    facts: frozenset[str] = frozenset()
    licence: bool = False
    ledger: Sequence[Movement] = ()
    payers: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all networks.

    Attributes:
        status: ready, weak or not judged, by rule id; rules that are not in the pack are absent.
        reason: why a rule was not judged, by rule id.
        licences_known: some customer has a licence on file.
    """

    status: Mapping[str, str] = field(default_factory=dict)
    reason: Mapping[str, str] = field(default_factory=dict)
    licences_known: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Result of one test: which, `found`, `not found` or `could not be checked`, and what was seen."""

    test: str
    result: str
    finding: str


def answers(
    typology: str, people: Sequence[Person], licensed_hubs: Sequence[str], setting: Setting
) -> list[Answer]:
    """Asks every test that applies to a form of exploitation.

    Args:
        typology: of the network.
        people: members, in the order of their ids.
        licensed_hubs: licensed businesses that were taken out and touched the network.
        setting: of the run.
    """
    return [_ask(test, people, licensed_hubs, setting) for test in wording.twin_tests(typology)]


def _ask(test: str, people: Sequence[Person], hubs: Sequence[str], setting: Setting) -> Answer:
    match test:
        case "social_insurance":
            return social_insurance(people, setting)
        case "own_spending":
            return own_spending(people, setting)
        case "even_sums":
            return even_sums(people)
        case "one_to_one":
            return one_to_one(people)
        case _:
            return licence(people, hubs, setting)


def _judged(test: str, setting: Setting) -> str:
    """Says why no rule of a test could be judged; empty when one could."""
    known = [r for r in RULES_OF[test] if r in setting.status]
    if any(setting.status[r] != "not judged" for r in known):
        return ""
    if not known:
        return f"No rule for it is among the rules that ran ({', '.join(RULES_OF[test])})."
    return f"{known[0]} could not be judged: {setting.reason.get(known[0]) or 'columns are missing'}."


def _have(people: Sequence[Person], test: str) -> int:
    return sum(bool(p.facts & set(RULES_OF[test])) for p in people)


def social_insurance(people: Sequence[Person], setting: Setting) -> Answer:
    """Asks whether the employers pay social insurance or tax in proportion to the wages."""
    test = "social_insurance"
    employers = [p for p in people if p.role == "employer"]
    seen = [p for p in employers if p.ledger]
    if not employers:
        return Answer(test, UNCHECKED, "No employer is known in this network.")
    if not seen:
        return Answer(test, UNCHECKED, "The employer's account is not in these data.")
    if silent := _judged(test, setting):
        return Answer(test, UNCHECKED, silent)
    n = _have(seen, test)
    result = FOUND if 2 * n >= len(seen) else NOT_FOUND
    return Answer(
        test, result, f"{n} of {wording.count(len(seen), 'employer')} pays it in proportion (THB-MIT-001)."
    )


def own_spending(people: Sequence[Person], setting: Setting) -> Answer:
    """Asks whether the possible victims live an ordinary life from their own accounts."""
    test = "own_spending"
    victims = [p for p in people if p.role == "possible_victim" and p.ledger]
    if not victims:
        return Answer(test, UNCHECKED, "No account of a possible victim is in these data.")
    if silent := _judged(test, setting):
        return Answer(test, UNCHECKED, silent)
    n = _have(victims, test)
    inside = {p.node for p in people if not p.is_connector}
    out = sum(m.cents for p in victims for m in p.ledger if not m.credit)
    kept = sum(m.cents for p in victims for m in p.ledger if not m.credit and m.other in inside)
    seen = f" {wording.percent(kept / out)} of what they paid out went to other members." if out else ""
    whom = wording.count(len(victims), "possible victim")
    result = FOUND if 2 * n >= len(victims) else NOT_FOUND
    return Answer(test, result, f"{n} of {whom} shows ordinary spending of the own (THB-MIT-002).{seen}")


def even_sums(people: Sequence[Person]) -> Answer:
    """Asks whether what members pay to one of them looks like rent under a lease."""
    test = "even_sums"
    by_node = {p.node: p for p in people}
    paid: dict[str, dict[str, list[Movement]]] = {}
    for p in people:
        if p.role in {"employer", "possible_client"} or p.is_connector:
            continue
        for m in p.ledger:
            if not m.credit and m.other in by_node and m.other != p.node:
                paid.setdefault(m.other, {}).setdefault(p.node, []).append(m)
    several = {payee: payers for payee, payers in paid.items() if len(payers) > 1}
    if not several:
        return Answer(test, UNCHECKED, "No member is seen to be paid by several others.")
    payee = min(several, key=lambda n: (-len(several[n]), n))
    if by_node[payee].facts & set(RULES_OF[test]):
        return Answer(test, FOUND, "The common payee collects even, bearable rents (THB-MIT-004).")
    payers = several[payee]
    n = sum(like_a_lease(rows, by_node[node].ledger, payee) for node, rows in payers.items())
    result = FOUND if 2 * n >= len(payers) else NOT_FOUND
    whom = wording.count(len(payers), "payer")
    return Answer(
        test, result, f"{n} of {whom} of the common payee sends even monthly sums within half of the income."
    )


def like_a_lease(payments: Sequence[Movement], ledger: Sequence[Movement], payee: str) -> bool:
    """Says whether payments to one payee are even, monthly and a bearable part of what came in."""
    if len(payments) < 2:
        return False
    sums = [m.cents for m in payments]
    gaps = [b.time - a.time for a, b in pairwise(payments)]
    first, last = payments[0].time, payments[-1].time
    income = sum(
        m.cents for m in ledger if m.credit and m.other != payee and first - BEFORE <= m.time <= last
    )
    return min(sums) >= EVEN * max(sums) and min(gaps) >= MONTHLY and sum(sums) <= BEARABLE * income


def middle(people: Sequence[Person]) -> list[Person]:
    """Gives who stands in the middle: members who may control, and members whom several others pay."""
    return [
        p for p in people
        if not p.is_connector and p.role not in {"possible_client", "employer"}
        and (p.role in CONTROLLING or p.payers >= MIDDLE_PAYERS)
    ]  # fmt: skip


def one_to_one(people: Sequence[Person]) -> Answer:
    """Asks whether somebody in the middle forwards each sum as it came, like an agent who keeps nothing."""
    test = "one_to_one"
    inside = {p.node for p in people}
    seen = []
    for p in middle(people):
        came = [m for m in p.ledger if m.credit and m.other in inside and m.cents > 0]
        if came:
            pairs = forwarded(came, p.ledger)
            seen.append((sum(m.cents for m in came), sum(m.cents for m in pairs), len(pairs)))
    if not seen:
        return Answer(test, UNCHECKED, "No account in the middle is in these data with money from members.")
    total, sent, n = max(seen)
    alike = sent >= ONE_TO_ONE * total and n >= LEAST_FORWARDED
    share = wording.percent(sent / total)
    return Answer(
        test, FOUND if alike else NOT_FOUND,
        f"{share} of {wording.money(total)} from members went on sum by sum within "
        f"{ONWARD_WITHIN.days} days ({wording.count(n, 'payment')}).",
    )  # fmt: skip


def forwarded(came: Sequence[Movement], ledger: Sequence[Movement]) -> list[Movement]:
    """Gives the credits of which nearly the whole sum goes out soon in one payment; each payment serves one.

    Args:
        came: credits, in order.
        ledger: all movements, in order.
    """
    paid = [m for m in ledger if not m.credit and m.other is not None]
    used: set[str] = set()
    out = []
    for credit in came:
        # Only what lies in the days after it: an account with many movements is not gone through for each.
        for n in range(bisect_left(paid, credit.time, key=_time), len(paid)):
            m = paid[n]
            if m.time > credit.time + ONWARD_WITHIN:
                break
            if m.tx_id in used or (m.time, m.tx_id) <= (credit.time, credit.tx_id):
                continue
            if SAME_SUM * credit.cents <= m.cents <= credit.cents:
                used.add(m.tx_id)
                out.append(credit)
                break
    return out


def _time(movement: Movement) -> datetime:
    return movement.time


def licence(people: Sequence[Person], hubs: Sequence[str], setting: Setting) -> Answer:
    """Asks whether a licence or trade on file explains that money of several people meets."""
    test = "licence"
    asked = [*middle(people), *(p for p in people if p.role == "employer")]
    if hubs:
        return Answer(
            test, FOUND, f"{wording.count(len(hubs), 'licensed business', 'licensed businesses')} stood "
            "between members and was taken out before grouping.",
        )  # fmt: skip
    known = [p for p in asked if p.is_customer]
    n = sum(p.licence for p in known) or _have(known, test)
    if n:
        return Answer(
            test, FOUND, f"{wording.count(n, 'member')} in the middle has a licence or trade on file."
        )
    if not known:
        return Answer(test, UNCHECKED, "Nobody in the middle is a customer here, so there is no file to ask.")
    if not setting.licences_known:
        return Answer(test, UNCHECKED, "No customer of these data has a licence on file (column licence).")
    return Answer(
        test, NOT_FOUND, f"None of {wording.count(len(known), 'member')} in the middle has one on file."
    )
