"""Derived columns one row at a time: queues, searches backwards, counts, look-ups.

Every function gives a value per transaction id, None where it is missing.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from fractions import Fraction

from thbscreen.model.text import fold
from thbscreen.rules import ast


def column(facts, item):
    """Works out one derived column."""
    match item:
        case ast.ForwardedWithin():
            return forwarded(facts, item)
        case ast.Follows():
            return follows(facts, item)
        case ast.MostCommon():
            return most_common(facts, item)
        case ast.Lookup():
            return lookup(facts, item)
        case ast.Fact():
            return {r["tx_id"]: fact(facts, item, r) for r in facts.world.rows}
        case ast.FirstSeen():
            return first_seen(facts, item)
        case ast.SincePrevious():
            return since_previous(facts, item)
        case ast.PassedOn():
            return passed_on(facts, item)
        case ast.RoleOf():
            rows = facts.world.rows
            return {
                r["tx_id"]: facts.value(r, item.field) if facts.passes(item.where, r) else None for r in rows
            }
        case ast.Cluster():
            return clusters(facts, item)


def by_account(rows):
    """Gives the rows of each account in their order."""
    out = defaultdict(list)
    for row in rows:
        out[row["account_id"]].append(row)
    return out.values()


def forwarded(facts, item):
    """Cents of each credit that left in time, first in first out; None on debits."""
    pieces = fifo(facts.world.rows, lambda r: r["account_id"], lambda r: r["direction"] == "credit")
    out = {
        r["tx_id"]: 0 if r["direction"] == "credit" and r.get("amount_eur") is not None else None
        for r in facts.world.rows
    }
    for paid_in, paid_out, cents in pieces:
        if paid_out["booking_ts"] <= facts.world.zone.after(paid_in["booking_ts"], item.within.payload):
            out[paid_in["tx_id"]] += cents
    return out


def fifo(rows, purse, pays_in):
    """Gives (row in, row out, cents): what each outgoing row took of which incoming row, oldest first.

    What no seen incoming row covers came from an opening balance and is left out.
    """
    out, queues = [], defaultdict(deque)
    for row in rows:
        queue, cents = queues[purse(row)], row.get("amount_eur") or 0
        if pays_in(row):
            queue.append([row, cents])
            continue
        while cents and queue:
            part = min(cents, queue[0][1])
            if part:
                out.append((queue[0][0], row, part))
            queue[0][1] -= part
            cents -= part
            if queue[0][1] == 0:
                queue.popleft()
    return out


def moved(facts, item):
    """Gives (row in, row out, cents) of the money that went from the source to the target in time."""
    world = facts.world
    if item.same is None:
        pieces = fifo(world.rows, lambda r: r["account_id"], lambda r: r["direction"] == "credit")
    else:
        rows = [
            r for r in world.rows
            if facts.value(r, item.same) is not None
            and (facts.passes(item.source, r) or facts.passes(item.target, r))
        ]  # fmt: skip
        pieces = fifo(
            rows,
            lambda r: (r["account_id"], facts.value(r, item.same)),
            lambda r: facts.passes(item.source, r),
        )
    out = []
    for paid_in, paid_out, cents in pieces:
        latest = world.zone.after(paid_in["booking_ts"], item.within.payload)
        ends = [facts.value(r, item.elsewhere) if item.elsewhere else None for r in (paid_in, paid_out)]
        apart = item.elsewhere is None or (None not in ends and ends[0] != ends[1])
        sides = facts.passes(item.source, paid_in) and facts.passes(item.target, paid_out)
        if sides and apart and paid_out["booking_ts"] <= latest:
            out.append((paid_in, paid_out, cents))
    return out


def passed_on(facts, item):
    """Cents of a row of either side that went from source to target in time."""
    out = {}
    for row in facts.world.rows:
        either = facts.passes(item.source, row) or facts.passes(item.target, row)
        out[row["tx_id"]] = 0 if either and row.get("amount_eur") is not None else None
    for paid_in, paid_out, cents in moved(facts, item):
        out[paid_in["tx_id"]] += cents
        out[paid_out["tx_id"]] += cents
    return out


def shared(facts, item):
    """Of what a row of the target drew on, the share that its counterparty got in time."""
    pieces, out = moved(facts, item), {}
    for row in facts.world.rows:
        sources = {a["tx_id"]: a for a, b, _ in pieces if b is row}
        had = sum(a["amount_eur"] for a in sources.values())
        got = sum(
            c for a, b, c in pieces
            if a["tx_id"] in sources and b.get("cp_account_id") == row.get("cp_account_id")
        )  # fmt: skip
        out[row["tx_id"]] = Fraction(got, had) if had else None
    return out


def follows(facts, item):
    """The latest earlier row of the account that passes and agrees, if it is near enough."""
    out = {}
    for rows in by_account(facts.world.rows):
        for i, row in enumerate(rows):
            found = next((r for r in reversed(rows[:i]) if _agrees(facts, item, r, row)), None)
            earliest = facts.world.zone.before(row["booking_ts"], item.within.payload)
            out[row["tx_id"]] = None if found is None or found["booking_ts"] < earliest else found
    return out


def _agrees(facts, item, earlier, row):
    if not facts.passes(item.where, earlier):
        return False
    same = [(facts.value(earlier, f), facts.value(row, f)) for f in item.same]
    different = [(facts.value(earlier, f), facts.value(row, f)) for f in item.different]
    if any(None in pair for pair in same + different):
        return False
    return all(a == b for a, b in same) and all(a != b for a, b in different)


def most_common(facts, item):
    """The account's most frequent value; of equally frequent ones the first in text order."""
    counts = defaultdict(Counter)
    for row in facts.world.rows:
        found = facts.value(row, item.field)
        if found is not None and facts.passes(item.where, row):
            counts[row["account_id"]][found] += 1
    best = {a: min(c, key=lambda v: (-c[v], v)) for a, c in counts.items()}
    return {r["tx_id"]: best.get(r["account_id"]) for r in facts.world.rows}


def lookup(facts, item):
    """The map's value of a text, compared folded."""
    table = {fold(text): value for value, text in facts.world.lists[item.list_name].entries}
    texts = {r["tx_id"]: facts.value(r, item.field) for r in facts.world.rows}
    return {k: None if v is None else table.get(fold(v)) for k, v in texts.items()}


def fact(facts, item, row):
    """The profile's value in force on the row's local day."""
    day = facts.world.day(row).isoformat()
    for dated in dict(facts.world.pack.profile.facts)[item.fact]:
        if (dated.valid_from or "") <= day <= (dated.valid_to or "9"):
            return Fraction(dated.value.payload)
    return None


def first_seen(facts, item):
    """Whether no earlier row of the account, as far back as asked, has the value."""
    out, world = {}, facts.world
    for rows in by_account(world.rows):
        for i, row in enumerate(rows):
            value = facts.value(row, item.field)
            earliest = world.zone.before(row["booking_ts"], item.over.payload)
            seen = value in [facts.value(r, item.field) for r in rows[:i] if r["booking_ts"] >= earliest]
            unknown = value is None or (not seen and earliest < world.first)
            out[row["tx_id"]] = None if unknown else not seen
    return out


@dataclass(frozen=True)
class Since:
    """The time between two instants, which is compared with a length by stepping back from the later."""

    earlier: int
    later: int

    def holds(self, op, length, zone):
        """Judges a test against a length (law L2)."""
        back = zone.before(self.later, length)
        return {
            "at_least": self.earlier <= back,
            "above": self.earlier < back,
            "at_most": self.earlier >= back,
            "below": self.earlier > back,
        }[op]


def since_previous(facts, item):
    """The time since the account's previous row that passes."""
    out = {}
    for rows in by_account(facts.world.rows):
        for i, row in enumerate(rows):
            before = next((r for r in reversed(rows[:i]) if facts.passes(item.where, r)), None)
            out[row["tx_id"]] = None if before is None else Since(before["booking_ts"], row["booking_ts"])
    return out


def clusters(facts, item):
    """The cluster of the account's holder, found by walking from customer to customer."""
    held = set(facts.world.holders.values())  # customers are the holders of accounts
    parties = {k: v for k, v in facts.world.parties.items() if k in held}
    fields = [f.removeprefix("party.") for f in item.fields]
    most = int(item.at_most.payload)
    shared = defaultdict(set)
    for party, details in parties.items():
        for name in fields:
            if details.get(name) is not None:
                shared[name, details[name]].add(party)
    beside = defaultdict(set)
    for people in shared.values():
        if len(people) <= most:
            for party in people:
                beside[party] |= people
    named = {}
    for party in sorted(parties):
        waiting = [party]
        while waiting:
            one = waiting.pop()
            if one not in named:
                named[one] = party
                waiting += beside[one]
    return {r["tx_id"]: named.get(facts.world.holders.get(r["account_id"])) for r in facts.world.rows}
