"""Stars of repeated cycles, told step by step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from tests.oracles.rows import Facts
from tests.oracles.rules import judged, number


@dataclass
class Window:
    """Whole cycles that end by one instant, and the rows of links in the same time."""

    rows: dict
    cycles: int
    start: int
    end: int
    numbers: dict
    lines: list
    flagged: bool

    @property
    def every(self):
        """All rows, each once."""
        return {r["tx_id"]: r for rows in self.rows.values() for r in rows}


class Star:
    """Judges one star rule over a world."""

    def __init__(self, rule, world):
        self.rule, self.star, self.world = rule, rule.detect, world
        self.facts = Facts(world, ())

    def takes(self, leg, row):
        """Tells whether a row is one of a leg's."""
        return (
            row["direction"] == leg.direction
            and self.facts.passes(self.star.where, row)
            and self.facts.passes(leg.where, row)
            and (leg.member is None or row.get("cp_account_id") is not None)
        )

    def cycles(self, rows):
        """Builds cycles of one account: a closing row takes the latest unused row of every other leg."""
        used, out = set(), []
        *others, closing_leg = self.star.legs
        for i, closing in enumerate(rows):
            if closing["tx_id"] in used or not self.takes(closing_leg, closing):
                continue
            earliest = self.world.zone.before(closing["booking_ts"], self.star.cycle_within.payload)
            cycle = {closing_leg.name: closing}
            for leg in others:
                taken = used | {r["tx_id"] for r in cycle.values()}
                free = [r for r in rows[:i] if self.takes(leg, r) and r["tx_id"] not in taken]
                if not free or free[-1]["booking_ts"] < earliest:
                    break
                cycle[leg.name] = free[-1]
            else:
                used |= {r["tx_id"] for r in cycle.values()}
                out.append(cycle)
        return out

    def windows(self, account):
        """Gives the windows of an account: one per instant at which a cycle closes."""
        rows = [r for r in self.world.rows if r["account_id"] == account]
        cycles, last = self.cycles(rows), self.star.legs[-1].name
        for end in sorted({c[last]["booking_ts"] for c in cycles}):
            begin = self.world.zone.before(end, self.star.within.payload)
            held = [
                c for c in cycles
                if c[last]["booking_ts"] <= end and min(r["booking_ts"] for r in c.values()) > begin
            ]  # fmt: skip
            if not held:
                continue
            found = {leg.name: [c[leg.name] for c in held] for leg in self.star.legs}
            for link in self.star.links:
                found[link.name] = [r for r in rows if self.takes(link, r) and begin < r["booking_ts"] <= end]
            start = min(r["booking_ts"] for c in held for r in c.values())
            window = Window(found, len(held), start, end, {}, [], flagged=False)
            for m in self.star.measures:
                window.numbers[m.name] = self.measured(m, window)
            window.flagged, window.lines = judged(self.star.flag_when, window.numbers)
            yield window

    def measured(self, measure, window):
        """Works out one measure."""
        if measure.kind == "formula":
            return number(measure.expr, window.numbers.get)
        if measure.field == "cycles":
            return Fraction(window.cycles)
        rows = window.rows[measure.link] if measure.link else window.every.values()
        rows = [r for r in rows if self.facts.passes(measure.where, r)]
        match measure.kind:
            case "count":
                return Fraction(len(rows))
            case "distinct":
                return Fraction(len({r["cp_account_id"] for r in rows if r.get("cp_account_id") is not None}))
            case "sum":
                return Fraction(sum(r.get("amount_eur") or 0 for r in rows))

    def hits(self):
        """Gives every hit: windows of one account that overlap are one episode (law L6)."""
        out = []
        for account in sorted({r["account_id"] for r in self.world.rows}):
            episodes = []
            for window in self.windows(account):
                if not window.flagged:
                    continue
                if episodes and window.start <= episodes[-1][-1].end:
                    episodes[-1].append(window)
                else:
                    episodes.append([window])
            out += [self._hit(account, episode) for episode in episodes]
        return out

    def _hit(self, account, episode):
        headline = self.star.headline or self.star.measures[0].name

        def rank(window):
            shown = window.numbers[headline]
            return (shown is not None, shown or 0, window.end)

        best = max(episode, key=rank)
        rows = {i: r for w in episode for i, r in w.every.items()}
        return {
            "keys": (account,),
            "times": [episode[0].start, episode[-1].end, best.start, best.end],
            "episodes": 1,
            "numbers": best.numbers,
            "lines": best.lines,
            "tx_ids": sorted(rows),
            "amount": sum(r.get("amount_eur") or 0 for r in rows.values()),
            "members": self._members(account, episode, rows),
        }

    def _members(self, account, episode, rows):
        played, out = {name for name, _ in self.rule.roles}, Counter()
        for role in played & {leg.member for leg in (*self.star.legs, *self.star.links)}:
            legs = [leg.name for leg in (*self.star.legs, *self.star.links) if leg.member == role]
            for name in legs:
                for row in {r["tx_id"]: r for w in episode for r in w.rows[name]}.values():
                    out[role, row["cp_account_id"]] += 1
        if self.star.centre in played:
            out[self.star.centre, account] = len(rows)
        return dict(out)
