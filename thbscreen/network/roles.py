"""Role vectors of members: from the roles that hits give and from the place in the flow of money."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from thbscreen.engine.scoring import CONTROLLING, leading
from thbscreen.network import wording
from thbscreen.rules.ast import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thbscreen.network.stage import RuleInfo

#: Points of "not known" that every vector starts with: one weak hit is never certainty.
UNKNOWN_POINTS = 0.5
#: From this share on a role is largely not known.
LARGELY = 0.4
#: Further hits of one rule in one role add a tenth each, up to once more.
REPEAT_STEP, REPEAT_MOST = 0.1, 1.0
#: A collector receives from at least this many members and keeps at least half.
COLLECTOR_PAYERS, COLLECTOR_POINTS = 3, 1.0
#: Places in the flow of money that speak for a role, where no rule says more.
PLACE_POINTS = 0.5
#: A controlling role that one rule gives alone, unless it is a pattern of several people:
#: less than "not known".
LONE_POINTS = 0.4
#: Who feeds a collector pays it at least so often.
FEED_PAYMENTS = 2
_LEAVES = frozenset({"possible_client", "employer"})


@dataclass(slots=True)
class Naming:
    """What the hits of one rule say about a member in one role.

    Attributes:
        pattern: the rule sees several people: it is of family network, or its hits name two others.
    """

    rule: str
    role: str
    weight: float
    hits: int
    n_tx: int
    amount_eur: int
    own: bool
    pattern: bool = True


@dataclass(slots=True)
class Member:
    """Everything the vector and its sentences are made of; money in cents, within the network only.

    Attributes:
        firms: how many of the payers are legal persons: wages and invoices are not collected.
        feeds: payments to members who collect from several.
        onward: gets most of what a collector pays out.
        elsewhere: an account at another institution, of which nothing is known but payments.
        doubted: rules that name it as possible victim in any hit, also in one that counts nothing by itself.
        legal: a legal person, which may employ, lodge or collect and is no possible victim.
    """

    node: str
    is_connector: bool
    namings: list[Naming] = field(default_factory=list)
    own_rules: dict[str, int] = field(default_factory=dict)
    mitigations: list[str] = field(default_factory=list)
    received_eur: int = 0
    sent_eur: int = 0
    n_received: int = 0
    payers: int = 0
    firms: int = 0
    payees: int = 0
    parts_without: int = 0
    onward: bool = False
    elsewhere: bool = False
    doubted: tuple[str, ...] = ()
    feeds: int = 0
    legal: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The roles of one member: shares add up to 1, largest first."""

    role: str
    second_role: str | None
    shares: tuple[tuple[str, float], ...]


def points(member: Member, typology: str) -> dict[str, float]:
    """Gives points per role.

    Notes:
        Per rule and role the weight of the hit, plus a tenth of it for each further hit (at most
        doubled); a controlling role that rests on one rule, unless that sees a pattern of several people,
        and on no place, gets less than what is not known. A collector, and the customer to whom a collector
        pays most of it on, gets one point of organiser in a marriage ring, of controller in another
        network; an account elsewhere may as well be a shop's or a landlord's. Half a point goes by place:
        of possible victim to who pays a collector again and again, or is named as one by any hit, of
        facilitator to who gets money from several and passes most of it on, of client to a named client
        who pays in and gets nothing. Who is only a client or employer gets nothing else.
    """
    out: dict[str, float] = {}
    for n in member.namings:
        more = min(REPEAT_STEP * (n.hits - 1), REPEAT_MOST)
        out[n.role] = out.get(n.role, 0.0) + n.weight * (1 + more)
    if out and set(out) <= _LEAVES:
        return out
    gets_most = member.onward and not member.elsewhere
    if gets_most or (not member.is_connector and is_collector(member)):
        role = "possible_organiser" if typology == "sham_marriage" else "possible_controller"
        out[role] = out.get(role, 0.0) + COLLECTOR_POINTS
    elif rests_on_one_rule(member):
        out |= {r: min(out[r], LONE_POINTS) for r in CONTROLLING if r in out}
    if member.doubted and not member.legal:
        out["possible_victim"] = max(out.get("possible_victim", 0.0), PLACE_POINTS)
    for role, holds in (
        ("possible_victim", feeds_a_collector(member)),
        ("possible_facilitator", passes_on(member)),
        ("possible_client", "possible_client" in out and only_pays_in(member)),
    ):
        if holds:
            out[role] = out.get(role, 0.0) + PLACE_POINTS
    out["unknown"] = out.get("unknown", 0.0) + UNKNOWN_POINTS
    return out


def rests_on_one_rule(member: Member) -> bool:
    """Says whether one rule gives all controlling roles, and sees nobody else in them."""
    told = {n.rule: n.pattern for n in member.namings if n.role in CONTROLLING}
    return len(told) == 1 and not any(told.values())


def has_payers(member: Member) -> bool:
    """Says whether several people among the members pay this one; somebody's employer is none of them."""
    return member.payers - member.firms >= COLLECTOR_PAYERS


def is_collector(member: Member) -> bool:
    """Says whether money of several members meets here and at least half of it stays."""
    return has_payers(member) and member.received_eur >= 2 * member.sent_eur


def feeds_a_collector(member: Member) -> bool:
    """Says whether money goes again and again to a member who collects, from one who does not collect."""
    itself = member.is_connector or has_payers(member)
    return not itself and not member.legal and member.feeds >= FEED_PAYMENTS


def passes_on(member: Member) -> bool:
    """Says whether money of several members meets here and more than half of it goes on to members."""
    several = has_payers(member) and not member.is_connector
    return several and 2 * member.sent_eur > member.received_eur > 0


def only_pays_in(member: Member) -> bool:
    """Says whether money goes from here to members and none comes back."""
    return member.sent_eur > 0 and member.received_eur == 0


def read(member: Member, typology: str) -> Reading:
    """Gives the shares, the leading role and the second one; in doubt, possible victim leads."""
    weights = {role: p for role, p in points(member, typology).items() if p > 0}
    total = sum(weights[r] for r in ROLES if r in weights)
    exact = {role: weights[role] / total for role in ROLES if role in weights}
    ranked = sorted(exact, key=lambda r: (-exact[r], ROLES.index(r)))
    lead = leading(exact, legal=member.legal)
    second = next((r for r in ranked if r != lead), None)
    # Four digits that add up to 1 and keep the order: round down, then hand the rest to the largest.
    units = [int(exact[r] * 10_000) for r in ranked]
    rest = 10_000 - sum(units)
    shares = [(u + (i < rest)) / 10_000 for i, u in enumerate(units)]
    return Reading(lead, second, tuple(zip(ranked, shares, strict=True)))


def evidence_for(member: Member, rules: Mapping[str, RuleInfo]) -> list[str]:
    """Gives what speaks for the reading, as sentences with numbers; no names, no ids of subjects."""
    out = []
    for n in sorted(member.namings, key=lambda n: (-n.weight, n.rule, n.role)):
        where = "own " if n.own else ""
        what = f"{wording.count(n.hits, where + 'hit')} of {_named(n.rule, rules)}"
        paid = f" ({wording.count(n.n_tx, 'payment')}, {wording.money(n.amount_eur)})" if n.n_tx else ""
        how = "Named without a role" if n.role == "unknown" else f"Read as {wording.role_words(n.role)}"
        out.append(f"{how} by {what}{paid}.")
    victim = {n.rule for n in member.namings if n.role == "possible_victim"}
    out += [
        f"Also named as possible victim by {_named(r, rules)}." for r in member.doubted if r not in victim
    ]
    told = {n.rule for n in member.namings if n.own}
    for rule in sorted(set(member.own_rules) - told):
        out.append(
            f"{wording.count(member.own_rules[rule], 'own hit').capitalize()} of {_named(rule, rules)}."
        )
    if member.payers:
        what = wording.count(member.n_received, "payment")
        who = wording.count(member.payers, "member")
        out.append(f"Received {wording.money(member.received_eur)} in {what} from {who} of the group.")
    if member.payees:
        who = wording.count(member.payees, "member")
        out.append(f"Sent {wording.money(member.sent_eur)} to {who} of the group.")
    if feeds_a_collector(member):
        times = wording.count(member.feeds, "payment")
        out.append(f"Place in the flow: {times} to a member who collects from several.")
    if passes_on(member):
        share = wording.percent(min(1.0, member.sent_eur / member.received_eur))
        out.append(
            f"Place in the flow: gets money from several members and passes {share} of it on to members."
        )
    if only_pays_in(member) and any(n.role == "possible_client" for n in member.namings):
        out.append("Place in the flow: pays in and gets nothing back.")
    if member.onward:
        out.append("Gets the largest part of what a member pays out who collects from others.")
    if member.parts_without > 1:
        out.append(f"Without this member the group falls into {member.parts_without} parts.")
    return out


def evidence_against(member: Member, reading: Reading, rules: Mapping[str, RuleInfo]) -> list[str]:
    """Gives what speaks against the reading, as sentences with numbers; no names, no ids of subjects."""
    out = [f"Mitigating: {_named(rule, rules)}." for rule in sorted(set(member.mitigations))]
    shares = dict(reading.shares)
    if member.is_connector:
        out.append("Not flagged: it only moves money with, or shares details with, several flagged members.")
    elif not member.own_rules:
        out.append("No hit of its own: it is known only through hits on other members.")
    if member.onward:
        out.append("Known by position only: rent, a loan or family support would look the same.")
    if reading.role in CONTROLLING:
        if not member.received_eur:
            out.append("No money from other members arrived here in the data.")
        elif member.sent_eur >= 0.7 * member.received_eur:
            share = wording.percent(min(1.0, member.sent_eur / member.received_eur))
            out.append(f"Sent on {share} of what came from members: it may act under somebody's orders.")
    if reading.role != "possible_victim" and shares.get("possible_victim"):
        out.append(f"May be a possible victim (share {wording.percent(shares['possible_victim'])}).")
    for role in CONTROLLING:
        if reading.role == "possible_victim" and shares.get(role):
            out.append(f"Also read as {wording.role_words(role)} (share {wording.percent(shares[role])}).")
    if reading.role == "unknown" and rests_on_one_rule(member):
        out.append("One rule alone reads a controlling role here: too little to show it.")
    if sum(n.hits for n in member.namings) == 1:
        out.append("The role rests on a single hit.")
    if shares.get("unknown", 0.0) >= LARGELY:
        out.append(f"The role is largely not known (share {wording.percent(shares['unknown'])}).")
    return out


def _named(rule: str, rules: Mapping[str, RuleInfo]) -> str:
    info = rules.get(rule)
    return f"{rule} ({info.title})" if info else rule
