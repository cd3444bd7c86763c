"""Rules against each other: who fires together, what each adds, and where its line could lie.

Everything is worked out from hits and near misses of run folders; nothing is scanned again. Networks are
left as they are, since one rule less may join them otherwise: for that, scan with a profile that switches
the rule off and compare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from thbscreen.evaluate import line as lines
from thbscreen.evaluate.match import ORDINARY, PLANNED_ONE, TWIN, Key, World, subject_keys
from thbscreen.evaluate.measures import positives
from thbscreen.evaluate.numbers import rounded
from thbscreen.report.folder import RunFolder

Facts = dict[str, Any]
#: Pairs below this share of common subjects are not told; at or above the second, one adds little to the
#: other.
TELLING, COVERED = 0.2, 0.9
#: How far a line is moved: loosened (below zero) as far as near misses are kept, tightened above.
STEPS = (-0.5, -0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, 0.5)


def together(fired: Mapping[str, set[Any]]) -> list[Facts]:
    """Gives pairs of rules that fire for the same subjects.

    Args:
        fired: rule -> subjects.

    Returns:
        first, second, both (subjects), either, jaccard, and the share of each one's subjects that the other
        has; the most alike first.
    """
    out = []
    for a, b in combinations(sorted(fired), 2):
        both = len(fired[a] & fired[b])
        either = len(fired[a] | fired[b])
        if both and max(both / len(fired[a]), both / len(fired[b])) >= TELLING:
            out.append({
                "first": a, "second": b, "both": both, "either": either, "jaccard": rounded(both / either),
                "of_first": rounded(both / len(fired[a])), "of_second": rounded(both / len(fired[b])),
            })  # fmt: skip
    return sorted(out, key=lambda p: (-p["jaccard"], -p["both"], p["first"], p["second"]))


def fired_for(name: str, found: Iterable[lines.Standing]) -> dict[str, set[tuple[str, str]]]:
    """Gives rule -> (run, subject) for everybody with a hit that counts."""
    out: dict[str, set[tuple[str, str]]] = {}
    for standing in found:
        for rule in standing.rules:
            out.setdefault(rule, set()).add((name, standing.subject))
    return out


def added(found: Sequence[lines.Standing], run: RunFolder) -> dict[str, tuple[set[str], set[str]]]:
    """Gives rule -> subjects that would be no alert without it, and subjects that would be one."""
    line, until = lines.line_of(run), lines.until(run)
    out: dict[str, tuple[set[str], set[str]]] = {}
    for standing in found:
        for rule in standing.rules:
            still, _ = lines.judged(lines.without(standing, rule), line, until, legal=standing.legal)
            lost, gained = out.setdefault(rule, (set(), set()))
            if standing.alert and not still:
                lost.add(standing.subject)
            elif still and not standing.alert:
                gained.add(standing.subject)
    return out


def of_runs(runs: Sequence[RunFolder], known: Sequence[Sequence[lines.Standing]] = ()) -> Facts:
    """Gives overlap and what each rule adds, without any truth: `rules` and `pairs`.

    Args:
        runs: run folders.
        known: their standings, where they are known already.
    """
    fired: dict[str, set[tuple[str, str]]] = {}
    lost, gained, hits = Counter[str](), Counter[str](), Counter[str]()
    alerts = 0
    facts: dict[str, tuple[str, str, int]] = {}
    for n, run in enumerate(runs):
        found = known[n] if known else lines.standings(run)
        alerts += sum(s.alert for s in found)
        for rule, subjects in fired_for(str(n), found).items():
            fired.setdefault(rule, set()).update(subjects)
        for rule, (less, more) in added(found, run).items():
            lost[rule] += len(less)
            gained[rule] += len(more)
        rows = run.table("hits").group_by("rule").len()
        hits.update(dict(rows.iter_rows()))
        for rule, title, family, weight in (
            run.table("readiness").select("rule", "title", "family", "weight").iter_rows()
        ):
            facts[rule] = (title, family, weight)
    pairs = together(fired)
    return {
        "alerts": alerts,
        "rules": [
            {
                "rule": rule, "title": facts.get(rule, ("", "", 0))[0],
                "family": facts.get(rule, ("", "", 0))[1], "weight": facts.get(rule, ("", "", 0))[2],
                "hits": hits[rule], "subjects": len(subjects), "alerts_lost_without": lost[rule],
                "alerts_gained_without": gained[rule], "covered_by": covering(rule, pairs),
            }
            for rule, subjects in sorted(fired.items())
        ],
        "pairs": pairs,
    }  # fmt: skip


def covering(rule: str, pairs: Iterable[Facts]) -> list[str]:
    """Gives rules that fire for nearly everybody for whom a rule does."""
    return sorted(
        {p["second"] for p in pairs if p["first"] == rule and p["of_first"] >= COVERED}
        | {p["first"] for p in pairs if p["second"] == rule and p["of_second"] >= COVERED}
    )


# --- with truth --------------------------------------------------------------------------------------


class Rules:
    """What each rule does in worlds whose truth is known.

    Attributes:
        worlds: runs with their truths.
        hit: rule -> subject's (world, label, groups) of its hits, in order.
    """

    def __init__(self, worlds: Sequence[World]) -> None:
        """Reads hits and near misses."""
        self.worlds = worlds
        self.named = {w.name: _named(w) for w in worlds}
        self._judged = {w.name: _judged(w) for w in worlds}
        self._overlap = of_runs([w.run for w in worlds], [w.standings for w in worlds])
        self._known: dict[tuple[str, frozenset[Key]], tuple[list[str], list[str], bool]] = {}

    def facts(self) -> list[Facts]:
        """Gives one row per rule: where it fired, what it adds, and in how many worlds it was judged."""
        listed = {r["rule"]: r for r in self._overlap["rules"]}
        fired: dict[str, Facts] = {}
        effects = self._effects()
        judged, told = Counter[str](), dict[str, tuple[str, str, int]]()
        for world in self.worlds:
            for row in world.run.table("readiness").iter_rows(named=True):
                judged[row["rule"]] += row["status"] != "not judged"
                told[row["rule"]] = row["title"], row["family"], row["weight"]
        for rule in told:
            keys = [(w.name, k) for w in self.worlds for k in self.named[w.name].get(rule, ())]
            fired[rule] = self._where(keys)
        none = {
            "subjects": 0,
            "alerts_lost_without": 0,
            "alerts_gained_without": 0,
            "covered_by": [],
            "hits": 0,
        }
        nothing = {"groups_lost_without": 0, "right_lost_without": 0, "wrong_lost_without": 0}
        return [
            {
                "rule": rule, "title": title, "family": family, "weight": weight,
                "judged_in": judged[rule], "worlds": len(self.worlds), **fired[rule],
                **{k: listed.get(rule, none)[k] for k in none}, **effects.get(rule, nothing),
            }
            for rule, (title, family, weight) in sorted(told.items())
        ]  # fmt: skip

    def pairs(self) -> list[Facts]:
        """Gives pairs of rules that fire together; see `together`."""
        return list(self._overlap["pairs"])

    def _where(self, keys: Iterable[tuple[str, frozenset[Key]]]) -> Facts:
        positive: set[tuple[str, str]] = set()
        twin: set[tuple[str, str]] = set()
        ordinary: set[tuple[str, frozenset[Key]]] = set()
        for name, one in keys:
            planned, lawful, plain = self._told(name, one)
            positive |= {(name, g) for g in planned}
            twin |= {(name, g) for g in lawful}
            if plain:
                ordinary.add((name, one))
        return {"positives": len(positive), "twins": len(twin), "ordinary_subjects": len(ordinary)}

    def _told(self, name: str, keys: frozenset[Key]) -> tuple[list[str], list[str], bool]:
        if (name, keys) not in self._known:
            world = next(w for w in self.worlds if w.name == name)
            self._known[name, keys] = (
                world.groups_of(keys, PLANNED_ONE), world.groups_of(keys, TWIN), world.label(keys) == ORDINARY
            )  # fmt: skip
        return self._known[name, keys]

    def _effects(self) -> dict[str, Counter[str]]:
        out: dict[str, Counter[str]] = {}
        for world in self.worlds:
            left = _alerted(world, {s.subject for s in world.standings if s.alert})
            keys = {s.subject: subject_keys(s.row) for s in world.standings}
            for rule, (less, _) in added(world.standings, world.run).items():
                count = out.setdefault(rule, Counter())
                count["right_lost_without"] += sum(world.label(keys[s]) == PLANNED_ONE for s in less)
                count["wrong_lost_without"] += sum(world.label(keys[s]) != PLANNED_ONE for s in less)
                without = _alerted(world, {s.subject for s in world.standings if s.alert} - less)
                count["groups_lost_without"] += len(left - without)
        names = ("groups_lost_without", "right_lost_without", "wrong_lost_without")
        return {rule: Counter({n: c[n] for n in names}) for rule, c in out.items()}

    def indicators(self) -> dict[str, dict[str, list[int]]]:
        """Gives rule -> scenario -> [groups in which it fired for a member, groups that the data show].

        Rules that no world could judge are left out: nothing is known of them.
        """
        by_scenario: dict[str, dict[str, set[str]]] = {}
        for world in self.worlds:
            for g in positives(world):
                by_scenario.setdefault(g.row["scenario"], {}).setdefault(world.name, set()).add(
                    g.row["group_id"]
                )
        out: dict[str, dict[str, list[int]]] = {}
        for rule in sorted(set().union(*self._judged.values())):
            for scenario, groups in sorted(by_scenario.items()):
                n = of = 0
                for world in self.worlds:
                    mine = groups.get(world.name, set())
                    if rule in self._judged[world.name]:
                        of += len(mine)
                        hit = {
                            g
                            for k in self.named[world.name].get(rule, ())
                            for g in world.groups_of(k, PLANNED_ONE)
                        }
                        n += len(hit & mine)
                out.setdefault(rule, {})[scenario] = [n, of]
        return out

    def curves(self) -> dict[str, list[Facts]]:
        """Gives rule -> what it would hit with its lines moved together by a share of their thresholds.

        Tighter: hits of which a line that holds would no longer hold are gone. Looser: near misses come in,
        of which one line alone fails, and that by no more. Groups are those of the truth; a rule that hits
        nobody is left out.
        """
        moves: dict[str, list[tuple[float, str, frozenset[Key]]]] = {}
        for world in self.worlds:
            for rule, margin, keys in _margins(world):
                moves.setdefault(rule, []).append((margin, world.name, keys))
        out = {}
        for rule, rows in sorted(moves.items()):
            out[rule] = [
                {"moved": step, **self._where([(w, k) for at, w, k in rows if at >= step])} for step in STEPS
            ]
        return out


def _alerted(world: World, subjects: set[str]) -> set[str]:
    """Gives the planned groups with a member among some subjects of alerts."""
    rows = [s.row for s in world.standings if s.subject in subjects]
    return {g for row in rows for g in world.groups_of(subject_keys(row), PLANNED_ONE)}


def _judged(world: World) -> set[str]:
    rows = world.run.table("readiness").select("rule", "status").iter_rows()
    return {rule for rule, status in rows if status != "not judged"}


def _named(world: World) -> dict[str, set[frozenset[Key]]]:
    """Gives rule -> whom its hits are about: the subject, or the members where the subject is a thing."""
    members: dict[str, set[Key]] = {}
    for hit, member in world.run.table("hit_members").select("hit_id", "member_id").iter_rows():
        members.setdefault(hit, set()).update({("account", member), ("party", member)})
    out: dict[str, set[frozenset[Key]]] = {}
    for hit, rule, kind, subject in (
        world.run.table("hits").select("hit_id", "rule", "subject_kind", "subject_id").iter_rows()
    ):
        plain = kind in {"account", "party"}
        keys = frozenset({(kind, subject)}) if plain else frozenset(members.get(hit, set()))
        out.setdefault(rule, set()).add(keys)
    return out


def _margins(world: World) -> Iterable[tuple[str, float, frozenset[Key]]]:
    """Gives rule, how far a subject is inside (0 and more) or outside its lines, and whom it is about."""
    hits = world.run.table("hits").select("rule", "subject_kind", "subject_id", "conditions")
    for rule, kind, subject, conditions in hits.iter_rows():
        if kind in {"account", "party"}:
            sides = [
                abs(c["left"] - c["right"]) / abs(c["right"])
                for c in conditions or ()
                if c["holds"] and c["left"] is not None and c["right"]
            ]
            yield rule, min(sides, default=float("inf")), frozenset({(kind, subject)})
    near = world.run.table("near_misses").select("rule", "subject_kind", "subject_id", "distance")
    for rule, kind, subject, distance in near.iter_rows():
        if kind in {"account", "party"} and distance:
            yield rule, -distance, frozenset({(kind, subject)})


__all__ = ["Rules", "added", "covering", "fired_for", "of_runs", "together"]
