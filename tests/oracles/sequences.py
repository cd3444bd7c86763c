"""Rows that follow each other, told step by step (laws L7 and L8)."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from tests.oracles.rows import Facts
from tests.oracles.rules import judged, number


class Steps:
    """Judges one sequence rule over a world."""

    def __init__(self, rule, world):
        self.rule, self.detect, self.world = rule, rule.detect, world
        self.facts = Facts(world, self.detect.derive)
        rows = [r for r in world.rows if self.facts.passes(self.detect.where, r)]
        self.rows = sorted(rows, key=lambda r: (r["booking_ts"], r["tx_id"]))

    def key(self, row):
        """Gives a row's key, None where a part is missing (law L5)."""
        values = tuple(self.facts.value(row, f) for f in self.detect.for_each)
        return None if None in values else values

    def until(self, first):
        """Gives the latest time at which a later step counts."""
        return self.world.zone.after(first["booking_ts"], self.detect.within.payload)

    def agrees(self, step, first, row):
        """Tells whether a row has the first row's values, which must be known, in the fields of a step."""
        pairs = [(self.facts.value(first, f), self.facts.value(row, f)) for f in step.same]
        return all(a is not None and a == b for a, b in pairs)

    def found(self, rows):
        """Gives the sequences of one group, each a list of rows, in the order of their first rows."""
        first_step, *later = self.detect.steps
        chains = [[r] for r in rows if self.facts.passes(first_step.where, r)]
        for step in later:
            grown = []
            for chain in chains:
                first = chain[0]
                after = rows[rows.index(chain[-1]) + 1 :]
                found = [
                    r for r in after
                    if r["booking_ts"] <= self.until(first)
                    and self.facts.passes(step.where, r)
                    and self.agrees(step, first, r)
                ]  # fmt: skip
                if step.absent:
                    over = self.until(first) <= self.world.last
                    known = all(self.facts.value(first, f) is not None for f in step.same)
                    grown += [chain] if over and known and not found else []
                elif found:
                    grown.append([*chain, found[0]])
            # a later row serves one start, the latest before it
            chains = [
                c for i, c in enumerate(grown)
                if step.absent or not any(o[-1] is c[-1] for o in grown[i + 1 :])
            ]  # fmt: skip
        return chains

    def numbers(self, chain):
        """Gives the fields of steps that lines and evidence name."""
        place = {step.name: i for i, step in enumerate(self.detect.steps)}
        out = {}
        for m in self.detect.measures:
            if m.kind == "step":
                value = self.facts.value(chain[place[m.link]], m.field)
                out[m.name] = None if value is None else Fraction(value)
        return out

    def end(self, chain):
        """Gives when a sequence is over: at its last row, or when what must stay away had its time."""
        return self.until(chain[0]) if self.detect.steps[-1].absent else chain[-1]["booking_ts"]

    def hits(self):
        """Gives every hit: sequences that share a stretch of rows are one, or those that come often."""
        out = []
        for key in sorted({k for r in self.rows if (k := self.key(r)) is not None}):
            rows = [r for r in self.rows if self.key(r) == key]
            flagged = [c for c in self.found(rows) if judged(self.detect.flag_when, self.numbers(c))[0]]
            runs = self.repeated(flagged) if self.detect.repeat else self.merged(rows, flagged)
            out += [self._hit(key, run) for run in runs]
        return out

    def merged(self, rows, chains):
        """Joins sequences of which one begins before the others have ended (law L6)."""
        place = {r["tx_id"]: i for i, r in enumerate(rows)}
        out, reach = [], -1
        for chain in chains:
            if out and place[chain[0]["tx_id"]] <= reach:
                out[-1].append(chain)
            else:
                out.append([chain])
            reach = max(reach, place[chain[-1]["tx_id"]])
        return out

    def repeated(self, chains):
        """Joins runs of sequences of which enough begin within the length."""
        repeat = self.detect.repeat
        firsts = [c[0]["booking_ts"] for c in chains]
        runs = []
        for i, first in enumerate(firsts):
            low = self.world.zone.before(first, repeat.within.payload)
            near = [j for j in range(i + 1) if firsts[j] > low]
            if len(near) < number(repeat.times):
                continue
            if runs and near[0] <= runs[-1][-1]:
                runs[-1] = sorted({*runs[-1], *near})
            else:
                runs.append(near)
        return [[chains[i] for i in run] for run in runs]

    def _hit(self, key, run):
        shown = run[-1]
        rows = {r["tx_id"]: r for chain in run for r in chain}
        numbers = self.numbers(shown)
        lines = judged(self.detect.flag_when, numbers)[1]
        return {
            "keys": key,
            "times": [
                run[0][0]["booking_ts"], max(map(self.end, run)), shown[0]["booking_ts"], self.end(shown),
            ],
            "episodes": 1,
            "numbers": {
                m.name: Fraction(len(run)) if m.kind == "times" else numbers[m.name]
                for m in self.detect.measures
            },
            "lines": lines,
            "tx_ids": sorted(r["tx_id"] for r in self.facts.with_matches(rows.values())),
            "amount": sum(r.get("amount_eur") or 0 for r in rows.values()),
            "members": self._members(run),
        }  # fmt: skip

    def _members(self, run):
        place = {step.name: i for i, step in enumerate(self.detect.steps)}
        out = Counter()
        for path, _ in self.rule.roles:
            head, _, field = path.partition(".")
            some = [c[place[head]] for c in run] if head in place else [r for c in run for r in c]
            for row in {r["tx_id"]: r for r in some}.values():
                if (found := self.facts.value(row, field if head in place else path)) is not None:
                    out[path, found] += 1
        return dict(out)
