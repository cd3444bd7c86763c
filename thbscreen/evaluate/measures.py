"""The figures of an evaluation, as plain data: counts beside every share, and intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from thbscreen.engine.scoring import CONTROLLING
from thbscreen.evaluate import line as lines
from thbscreen.evaluate.match import (
    FOUND,
    LABELS,
    MERGED,
    MISSED,
    NOT_EVALUABLE,
    ORDINARY,
    OUTCOMES,
    PARTIAL,
    PLANNED_ONE,
    TWIN,
    Group,
    Member,
    World,
    cases,
    subject_keys,
)
from thbscreen.evaluate.numbers import average_precision, mean, middle, ratio, rounded

Facts = dict[str, Any]
#: Places of the list at which precision is told; near misses are counted up to these distances.
PLACES = (50, 100, 200)
DISTANCES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
#: Other sums of points that an alert might need.
LINES = (3, 4, 4.5, 5, 5.5, 6, 7, 8, 10, 12)
#: Planned roles that a report shall show in no role, and the words for it.
NEUTRAL = {"neutral", "unknown", "place"}
_NEUTRAL_SHOWN = {"unknown", "place", "employer", None}


def positives(world: World) -> list[Group]:
    """Gives the groups whose finding is expected and possible."""
    return [
        g for g in world.groups
        if g.row["kind"] == "positive" and g.row["expected"] == "alert" and g.outcome != NOT_EVALUABLE
    ]  # fmt: skip


def twins(world: World) -> list[Group]:
    """Gives the lawful groups that must stay quiet; those for which another finding is right are left out."""
    return [g for g in world.groups if g.row["kind"] == "twin" and g.row["expected"] != "alert"]


class Figures:
    """Figures over worlds.

    Attributes:
        worlds: runs with their truths.
        seed: of the bootstrap.
    """

    def __init__(self, worlds: Sequence[World], seed: int) -> None:
        """Keeps the worlds."""
        self.worlds, self.seed = worlds, seed

    def share(self, of: Callable[[World], Iterable[Any]], counts: Callable[[Any], bool]) -> Facts:
        """Gives a share with intervals: of what each world gives, how many count."""
        parts = []
        for world in self.worlds:
            every = list(of(world))
            parts.append((sum(map(counts, every)), len(every)))
        return ratio(parts, self.seed)

    # --- recall --------------------------------------------------------------------------------------

    def recall(self) -> Facts:
        """Gives recall of groups: over all, and by everything that tells them apart."""
        return {
            **self._plain_and_evasive(lambda g: True),
            "networks": self._plain_and_evasive(lambda g: g.row["network"]),
            "one_subject": self._plain_and_evasive(lambda g: not g.row["network"]),
            "by_typology": self._by(lambda g: g.row["typology"] or "none"),
            "networks_by_typology": self._by(lambda g: g.row["typology"] or "none", networks=True),
            "by_scenario": self._by(lambda g: g.row["scenario"]),
            "by_visibility": self._by(lambda g: g.row["visibility"]),
            "by_variant": self._by_variant(),
        }

    def _plain_and_evasive(self, wanted: Callable[[Group], bool]) -> Facts:
        def some(keep: Callable[[Group], bool]) -> Facts:
            return self.share(
                lambda w: [g for g in positives(w) if wanted(g) and keep(g)], lambda g: g.outcome == FOUND
            )

        return {
            "all": some(lambda g: True), "plain": some(lambda g: not g.evasive),
            "evasive": some(lambda g: g.evasive),
            "found_or_merged": self.share(
                lambda w: filter(wanted, positives(w)), lambda g: g.outcome in {FOUND, MERGED}
            ),
            "found_or_part": self.share(
                lambda w: filter(wanted, positives(w)), lambda g: g.outcome in {FOUND, MERGED, PARTIAL}
            ),
        }  # fmt: skip

    def _by(self, name: Callable[[Group], str], *, networks: bool = False) -> Facts:
        every = [g for w in self.worlds for g in positives(w) if g.row["network"] or not networks]

        def one(wanted: str) -> Facts:
            return self._plain_and_evasive(lambda g: name(g) == wanted and (g.row["network"] or not networks))

        return {n: one(n) for n in sorted({name(g) for g in every})}

    def _by_variant(self) -> list[Facts]:
        """Recall by what was changed and how strongly; a group with two changes counts for both."""
        kinds = sorted(
            {(op, g.row["strength"]) for w in self.worlds for g in positives(w) for op in g.row["ops"]},
            key=lambda k: (len(k[0]), k),
        )

        def one(op: str, strength: int) -> Facts:
            return self._groups(
                positives, lambda g: op in g.row["ops"] and g.row["strength"] == strength,
                lambda g: g.outcome == FOUND,
            )  # fmt: skip

        return [{"op": op, "strength": strength, **one(op, strength)} for op, strength in kinds]

    def _groups(
        self,
        of: Callable[[World], list[Group]],
        keep: Callable[[Group], bool],
        counts: Callable[[Group], bool],
    ) -> Facts:
        return self.share(lambda w: filter(keep, of(w)), counts)

    def outcomes(self) -> Facts:
        """Gives how many groups came out how, also those of which no alert is expected."""
        groups = [g for w in self.worlds for g in w.groups if g.row["kind"] == "positive"]
        alert = [g for g in groups if g.row["expected"] in {"alert", "not_evaluable"}]
        by: dict[str, Counter[str]] = {}
        for g in alert:
            by.setdefault(g.row["scenario"], Counter())[g.outcome] += 1
        total = Counter(g.outcome for g in alert)
        context = [g for g in groups if g.row["expected"] == "context"]
        silent = [g for g in groups if g.row["expected"] in {"none", "not_evaluable"}]
        return {
            "all": {o: total[o] for o in OUTCOMES},
            "by_scenario": {s: {o: c[o] for o in OUTCOMES} for s, c in sorted(by.items())},
            "context": {
                "groups": len(context), "shown": sum(g.context for g in context),
                "alerted": sum(g.alerted for g in context),
            },
            "not_expected": {"groups": len(silent), "alerted": sum(g.alerted for g in silent)},
        }  # fmt: skip

    def members(self) -> Facts:
        """Gives the share of visible members by role who are an alert or in a network."""

        def one(role: str) -> Facts:
            return self.share(
                lambda w: [m for m in self._visible(w) if m.role == role],
                lambda m: m.alert is not None or bool(m.networks),
            )

        return {r: one(r) for r in sorted({m.role for w in self.worlds for m in self._visible(w)})}

    @staticmethod
    def _visible(world: World) -> list[Member]:
        wanted = {g.row["group_id"] for g in positives(world)}
        return [m for m in world.members if m.visible and m.group in wanted]

    # --- precision -----------------------------------------------------------------------------------

    def precision(self) -> Facts:
        """Gives precision of alerts, at places of the list, by typology, and of networks."""
        names = sorted({a["typology"] for w in self.worlds for a in w.alerts})

        def of_form(name: str) -> Facts:
            return self.share(lambda w: [a for a in w.alerts if a["typology"] == name], _right)

        return {
            "alerts": self.share(lambda w: w.alerts, _right),
            "at": {str(k): self._at(k) for k in PLACES},
            "by_typology": {n: of_form(n) for n in names},
            "networks": self.share(lambda w: w.networks, lambda n: n["right"]),
            "cases": self.share(cases, lambda c: c["right"]),
            "alerts_are": {
                label: sum(a["label"] == label for w in self.worlds for a in w.alerts) for label in LABELS
            },
            "typology_right": self.share(_with_typology, lambda pair: pair[0] == pair[1]),
        }  # fmt: skip

    def _at(self, k: int) -> Facts:
        found = self.share(lambda w: w.alerts[:k], _right)
        shortest = min((len(w.alerts) for w in self.worlds), default=0)
        return found | {"shortest_list": shortest}

    def average(self) -> Facts:
        """Gives average precision over the list of people, and over cases by the groups they bring."""
        subjects = [average_precision(*_ranked_people(w)) for w in self.worlds]
        groups = [
            average_precision([bool(c["groups"]) for c in cases(w)], max(
                len(positives(w)), sum(bool(c["groups"]) for c in cases(w))) if positives(w) else 0)
            for w in self.worlds
        ]  # fmt: skip
        return {"people": mean(subjects, self.seed), "cases": mean(groups, self.seed)}

    def work(self, per_day: int) -> Facts:
        """Gives planned groups first met per analyst day, when so many cases are opened a day in order."""
        days: dict[int, list[int]] = {}
        totals, rates = [], []
        for world in self.worlds:
            met = [len(c["groups"]) for c in cases(world)]
            n_days = -(-len(met) // per_day)
            for day in range(n_days):
                days.setdefault(day + 1, []).append(sum(met[day * per_day : (day + 1) * per_day]))
            totals.append(len(met))
            rates.append(sum(met) / n_days if n_days else None)
        n = len(self.worlds)
        return {
            "cases_a_day": per_day, "cases": sum(totals), "groups_a_day": mean(rates, self.seed),
            "days": [{"day": d, "worlds": len(v), "groups": rounded(sum(v) / n)} for d, v in days.items()],
        }  # fmt: skip

    # --- twins and ordinary people -------------------------------------------------------------------

    def twins(self) -> Facts:
        """Gives the share of lawful groups that were raised, by kind, and pairs that scores do not part."""
        names = sorted({g.row["scenario"] for w in self.worlds for g in twins(w)})

        def one(name: str) -> Facts:
            return self._groups(twins, lambda g: g.row["scenario"] == name, _raised)

        return {
            "all": self.share(twins, _raised),
            "alerted": self.share(twins, lambda g: g.alerted),
            "in_network": self.share(twins, lambda g: g.networked),
            "in_network_as_connector_only": self.share(twins, lambda g: g.connector_only),
            "by_scenario": {n: one(n) for n in names},
            "inseparable": self._inseparable(),
            "other_finding_expected": self.share(
                lambda w: [g for g in w.groups if g.row["kind"] == "twin" and g.row["expected"] == "alert"],
                _raised,
            ),
        }  # fmt: skip

    def _inseparable(self) -> list[Facts]:
        """Pairs in which the lawful group has at least the mean score of the other, all data being there."""
        full = [
            g for w in self.worlds for g in w.groups
            if g.row["visibility"] == "full" and not g.evasive and g.row["expected"] != "not_evaluable"
        ]  # fmt: skip
        scores: dict[str, list[float]] = {}
        for g in full:
            scores.setdefault(g.row["scenario"], []).append(g.score)
        pairs = sorted({
            (g.row["scenario"], p) for g in full if g.row["kind"] == "twin" for p in g.row["twin_of"]
        })  # fmt: skip
        out = []
        for twin, positive in pairs:
            if positive in scores:
                mine, theirs = (sum(scores[s]) / len(scores[s]) for s in (twin, positive))
                if mine >= theirs:
                    out.append(
                        {"twin": twin, "of": positive, "score": rounded(mine), "of_score": rounded(theirs)}
                    )
        return out

    def ordinary(self) -> Facts:
        """Gives the share of customers outside every planned group who are alerts, or in a network."""

        def people(world: World) -> set[str]:
            return {a["subject_id"] for a in world.alerts if a["label"] == ORDINARY and not _outside(a)}

        def inside(world: World, connectors: bool) -> set[str]:
            return {
                m["member_id"] for n in world.networks for m in n["members"]
                if m["is_customer"] and m["is_connector"] <= connectors
                and world.label(_keys(m)) == ORDINARY
            }  # fmt: skip

        def part(names: Callable[[World], set[str]]) -> Facts:
            return ratio([(len(names(w)), max(w.ordinary, len(names(w)))) for w in self.worlds], self.seed)

        return {
            "alerted": part(people), "in_network": part(lambda w: inside(w, True)),
            "in_network_not_as_connector": part(lambda w: inside(w, False)),
            "alerts_about_outsiders": sum(
                a["label"] == ORDINARY and _outside(a) for w in self.worlds for a in w.alerts
            ),
            "at_once": part(lambda w: {
                r["subject_id"] for r in w.run.table("reviews").iter_rows(named=True)
                if w.label([("party", r["subject_id"]), ("account", r["subject_id"])]) == ORDINARY
            }),
        }  # fmt: skip

    # --- roles ---------------------------------------------------------------------------------------

    def roles(self) -> Facts:
        """Gives how often the shown role is the planned one, and possible victims shown as controlling."""
        shown = {w.name: list(_shown(w)) for w in self.worlds}
        confusion: dict[str, Counter[str]] = {}
        for pairs in shown.values():
            for member, role in pairs:
                confusion.setdefault(member.expected_role, Counter())[role] += 1
        victims = [
            m for w in self.worlds for m in w.members
            if m.kind == "positive" and "possible_victim" in {m.role, m.expected_role}
        ]  # fmt: skip
        named = [m for m in victims if m.shown_controlling()]
        alerts = [m.alert for m in victims if m.alert is not None]
        return {
            "accuracy": self.share(lambda w: shown[w.name], lambda p: _same(p[0].expected_role, p[1])),
            "accuracy_by_side": self.share(
                lambda w: shown[w.name], lambda p: _side(p[0].expected_role) == _side(p[1])
            ),
            "expected_shown": {e: dict(sorted(c.items())) for e, c in sorted(confusion.items())},
            "victims_shown_as_controlling": len({(m.group, m.party) for m in named}),
            "victims_planned": len(victims),
            "victims_alerted_as_subject": sum(a["handling"] != "possible victim" for a in alerts),
        }  # fmt: skip

    # --- what was not judged, and what nearly was ----------------------------------------------------

    def not_judged(self) -> Facts:
        """Gives the share of rules, and of their weight, that the data could not answer."""
        tables = [w.run.table("readiness") for w in self.worlds]
        statuses = [list(t.select("status", "weight").iter_rows()) for t in tables]
        return {
            "rules": ratio([(sum(s == "not judged" for s, _ in t), len(t)) for t in statuses], self.seed),
            "weak_rules": ratio([(sum(s == "weak" for s, _ in t), len(t)) for t in statuses], self.seed),
            "weight": ratio(
                [(sum(max(w or 0, 0) for s, w in t if s == "not judged"),
                  sum(max(w or 0, 0) for _, w in t)) for t in statuses], self.seed,
            ),
            "groups_not_evaluable": self.share(
                lambda w: [g for g in w.groups if g.row["kind"] == "positive"],
                lambda g: g.outcome == NOT_EVALUABLE,
            ),
        }  # fmt: skip

    def near_misses(self) -> list[Facts]:
        """Gives who stands just outside a rule, by distance: subjects that are no alert, each once."""
        nearest: dict[tuple[str, str], tuple[float, str]] = {}
        for world in self.worlds:
            alerted = {key for a in world.alerts for key in subject_keys(a)}
            missed = {g.row["group_id"] for g in positives(world) if g.outcome in {MISSED, PARTIAL}}
            table = world.run.table("near_misses").select("subject_kind", "subject_id", "distance")
            for kind, subject, distance in table.iter_rows():
                key = ("party" if kind == "party" else "account"), subject
                if distance is None or key in alerted:
                    continue
                label = world.label([key])
                if label == PLANNED_ONE and missed & set(world.groups_of([key], PLANNED_ONE)):
                    label = "planned, in a group not found"
                known = nearest.get((world.name, subject))
                if known is None or distance < known[0]:
                    nearest[world.name, subject] = distance, label
        labels = ("planned, in a group not found", *LABELS)
        return [
            {"distance": d, **{
                label: sum(at <= d and of == label for at, of in nearest.values()) for label in labels
            }}
            for d in DISTANCES
        ]  # fmt: skip

    def score_line(self) -> list[Facts]:
        """Gives what would be alerts if the line lay elsewhere, worked out again from the hits."""
        out = []
        for points in LINES:
            counts: Counter[str] = Counter()
            groups: set[tuple[str, str]] = set()
            raised: set[tuple[str, str]] = set()
            for world in self.worlds:
                over = lines.crossing(world.standings, lines.at_line(world.line, points), world.until)
                for standing in over:
                    keys = subject_keys(standing.row)
                    counts[world.label(keys)] += 1
                    groups |= {(world.name, g) for g in world.groups_of(keys, PLANNED_ONE)}
                    raised |= {(world.name, g) for g in world.groups_of(keys, TWIN)}
            in_force = all(w.line.needed == lines.at_line(w.line, points).needed for w in self.worlds)
            out.append({
                "points": points, "in_force": in_force, "groups_with_alert": len(groups),
                "twins_with_alert": len(raised), **{label: counts[label] for label in LABELS},
            })  # fmt: skip
        return out

    def days_to_alert(self) -> Facts:
        """Gives days from a group's first day to the first alert about a member, by typology."""
        found = [(g.row["typology"] or "none", g.days) for w in self.worlds for g in positives(w)]
        known = [(t, d) for t, d in found if d is not None]
        names = sorted({t for t, _ in known})
        return {
            "all": middle([d for _, d in known]),
            "by_typology": {n: middle([d for t, d in known if t == n]) for n in names},
        }

    def weak_evidence(self) -> Facts:
        """Gives the share of alerts that rest on weak evidence only."""
        weak = {
            w.name: dict(w.run.table("readiness").select("rule", "status").iter_rows()) for w in self.worlds
        }
        weights = {
            w.name: dict(w.run.table("readiness").select("rule", "weight").iter_rows()) for w in self.worlds
        }

        def rules(world: World) -> list[tuple[str, set[str]]]:
            return [
                (world.name, {a["rule"] for a in alert["addends"] or () if a["points"] > 0})
                for alert in world.alerts
            ]

        def light(pair: tuple[str, set[str]]) -> bool:
            return all((weights[pair[0]].get(r) or 0) <= 1 for r in pair[1])

        def thin(pair: tuple[str, set[str]]) -> bool:
            return all(weak[pair[0]].get(r) == "weak" for r in pair[1])

        return {
            "all": self.share(rules, lambda p: light(p) or thin(p)),
            "only_weight_1": self.share(rules, light), "only_weak_columns": self.share(rules, thin),
            "networks_of_weak_confidence": self.share(
                lambda w: w.networks, lambda n: n["confidence"] == "weak"
            ),
        }  # fmt: skip


def _outside(alert: Facts) -> bool:
    """Tells whether an alert is about somebody who is no customer in the data."""
    return bool(alert["subject_kind"] == "external")


def _right(alert: Facts) -> bool:
    return bool(alert["label"] == PLANNED_ONE)


def _raised(group: Group) -> bool:
    return group.alerted or group.networked


def _keys(member: Facts) -> list[tuple[str, str]]:
    own = "party" if member["member_kind"] == "party" else "account"
    return [(own, member["member_id"]), *(("account", a) for a in member["accounts"] or ())]


def _with_typology(world: World) -> list[tuple[str, str]]:
    """Gives (planned, shown) typology of groups that were found; the network's counts before an alert's."""
    by_id = {n["network_id"]: n["typology"] for n in world.networks}
    out = []
    for g in positives(world):
        if g.outcome in {FOUND, MERGED} and g.row["typology"]:
            alerts = sorted((m.alert for m in g.members if m.alert is not None), key=lambda a: a["rank"])
            shown = by_id.get(g.best or "") or (alerts[0]["typology"] if alerts else "")
            out.append((g.row["typology"], shown))
    return out


def _ranked_people(world: World) -> tuple[list[bool], int]:
    """Gives whether each subject of the list, and then below the line, is planned; and how many there are."""
    wanted = {
        m.party for g in positives(world) for m in g.members if m.label == PLANNED_ONE and m.visible
    }  # fmt: skip
    listed: list[bool] = []
    seen: set[str] = set()
    for standing in world.standings:
        mine = {m.party for m in world.who(subject_keys(standing.row))} & wanted
        listed.append(bool(mine - seen))
        seen |= mine
    return listed, len(wanted)


def _shown(world: World) -> Iterable[tuple[Member, str]]:
    """Gives planned members of positive groups whom the run shows, with the role it shows."""
    best = {g.row["group_id"]: g.best for g in world.groups}
    for member in world.members:
        if member.kind == "positive" and (role := member.shown(best.get(member.group))) is not None:
            yield member, role


def _same(expected: str, shown: str) -> bool:
    return shown in _NEUTRAL_SHOWN if expected in NEUTRAL else expected == shown


def _side(role: str) -> str:
    if role in CONTROLLING:
        return "controlling"
    return "neutral" if role in NEUTRAL or role in _NEUTRAL_SHOWN else role
