"""One run held against the truth of its world: what became of every planned group, member, alert and network.

Decisions count by group and by person, never by row. A group of several is found when one network joins at
least half of its core members whom the data show; a group of one subject when a core member is an alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from thbscreen.engine.scoring import CONTROLLING
from thbscreen.evaluate import line as lines
from thbscreen.evaluate.truth import PLANNED, Truth
from thbscreen.report.folder import Row, RunFolder

#: What may become of a group, the best first.
FOUND, MERGED, PARTIAL, MISSED, NOT_EVALUABLE = "found", "merged", "partial", "missed", "not evaluable"
OUTCOMES = (FOUND, MERGED, PARTIAL, MISSED, NOT_EVALUABLE)
#: What somebody in a list is by the truth. Whoever is several is the first of them.
PLANNED_ONE, DRAWN_IN, TWIN, ORDINARY = "planned", "drawn in", "twin", "ordinary"
LABELS = (PLANNED_ONE, DRAWN_IN, TWIN, ORDINARY)
Key = tuple[str, str]


@dataclass
class Member:
    """One party of one planned group.

    Attributes:
        label: planned, drawn in (unknowing member of a group to be found) or twin.
        alert: their row of ALERTS, if any; below: their row of BELOW_LINE.
        networks: network id -> their row of NETWORK_MEMBERS.
    """

    group: str
    kind: str
    party: str
    role: str
    expected_role: str
    label: str
    core: bool
    visible: bool
    accounts: set[str] = field(default_factory=set)
    alert: Row | None = None
    below: Row | None = None
    networks: dict[str, Row] = field(default_factory=dict)

    @property
    def keys(self) -> Iterator[Key]:
        """Ids by which tables may name the member."""
        yield "party", self.party
        for account in self.accounts:
            yield "account", account

    def shown(self, best: str | None = None) -> str | None:
        """Gives the role that the run shows: in the group's own network, else as alert, else elsewhere."""
        if best is not None and best in self.networks:
            return str(self.networks[best]["role"])
        if self.alert is not None:
            return str(self.alert["leading_role"])
        return next((str(row["role"]) for _, row in sorted(self.networks.items())), None)

    def shown_controlling(self) -> bool:
        """Tells whether any table names the member first in a controlling role."""
        roles = [row["role"] for row in self.networks.values()]
        roles += [self.alert["leading_role"]] if self.alert is not None else []
        return any(role in CONTROLLING for role in roles)


@dataclass(frozen=True)
class Group:
    """What became of one planned group.

    Attributes:
        row: of the truth.
        outcome: one of `OUTCOMES`.
        best: the network that joins most of its visible core members.
        joined: how many it joins; of: how many visible core members there are.
        context: something of a core member is shown, be it below the line.
        score: largest sum of a member.
        alerted, networked: some member is an alert, or is in a network; of twins either is a false alarm.
        connector_only: it is in networks only because it links others.
        days: from the group's first day to the day on which its first alert could be raised.
    """

    row: Row
    members: tuple[Member, ...]
    outcome: str
    best: str | None
    joined: int
    of: int
    context: bool
    score: float
    alerted: bool
    networked: bool
    connector_only: bool
    days: float | None

    @property
    def evasive(self) -> bool:
        """Its behaviour was changed on purpose."""
        return bool(self.row["ops"])


class World:
    """A run and the truth of its data.

    Attributes:
        members: every planned party, one per group.
        groups: every planned group, in the order of the truth.
        alerts: rows of ALERTS in order, each with `label` and `groups`, the planned groups it belongs to.
        networks: rows of NETWORKS in order, with `label`, `groups` and `members`.
    """

    def __init__(self, name: str, run: RunFolder, truth: Truth) -> None:
        """Holds one against the other.

        Raises:
            DataError: a table of the run folder cannot be read.
        """
        self.name, self.run, self.truth = name, run, truth
        kinds = dict(truth.groups.select("group_id", "kind").iter_rows())
        self.members = _members(truth.members, kinds)
        self._by_key: dict[Key, list[Member]] = {}
        for member in self.members:
            for key in member.keys:
                self._by_key.setdefault(key, []).append(member)
        self._name_outsiders(kinds)
        self.line, self.until = lines.line_of(run), lines.until(run)
        self.standings = lines.standings(run)
        self.alerts = [self._alert(s) for s in self.standings if s.alert]
        for standing in self.standings:
            if not standing.alert:
                for member in self.who(_subject_keys(standing.row)):
                    member.below = standing.row
        self.networks = self._networks()
        by_group: dict[str, list[Member]] = {}
        for member in self.members:
            by_group.setdefault(member.group, []).append(member)
        self.groups = [self._group(r, by_group.get(r["group_id"], [])) for r in truth.groups.to_dicts()]

    def _name_outsiders(self, kinds: dict[str, str]) -> None:
        """Names people who are no customers, and whom the truth cannot name, by the movements that show them.

        Whoever has at least half of those movements in the plan of one group belongs to it.
        """
        legs = self.truth.legs
        if legs is None:
            return
        planned = legs.filter("visible")
        if "is_camouflage" in legs.columns:
            planned = planned.filter(~pl.col("is_camouflage"))
        group_of = dict(planned.select("tx_id", "group_id").iter_rows())
        for name, moved in _outsiders(self.run).items():
            counts: dict[str, int] = {}
            for group in (group_of.get(tx) for tx in moved):
                if group is not None:
                    counts[group] = counts.get(group, 0) + 1
            best = min(counts, key=lambda g: (-counts[g], g)) if counts else None
            if best is not None and 2 * counts[best] >= len(moved) and ("account", name) not in self._by_key:
                label = PLANNED_ONE if kinds[best] == "positive" else TWIN
                outsider = Member(best, kinds[best], name, "", "", label, False, True, {name})
                self._by_key["account", name] = [outsider]

    # --- naming --------------------------------------------------------------------------------------

    def who(self, keys: Iterable[Key]) -> list[Member]:
        """Gives the planned members that some ids name, each once."""
        found = {id(m): m for key in keys for m in self._by_key.get(key, ())}
        return list(found.values())

    def label(self, keys: Iterable[Key]) -> str:
        """Gives what somebody is by the truth."""
        labels = {m.label for m in self.who(keys)}
        return next((label for label in LABELS if label in labels), ORDINARY)

    def groups_of(self, keys: Iterable[Key], *labels: str) -> list[str]:
        """Gives the groups in which some ids are members with one of the labels."""
        return sorted({m.group for m in self.who(keys) if m.label in labels})

    @cached_property
    def customers(self) -> int:
        """Customers in the data that the run loaded; 0 where the manifest does not say."""
        counts = self.run.manifest.get("counts")
        rows = counts.get("rows") if isinstance(counts, dict) else None
        return int(rows.get("parties", {}).get("loaded", 0)) if isinstance(rows, dict) else 0

    @cached_property
    def ordinary(self) -> int:
        """Customers who are in no planned group; those whom the truth lists, where nothing else is known."""
        inside = {m.party for m in self.members}
        listed = self.truth.people.height if self.truth.people is not None else 0
        return max(0, (self.customers or listed) - len(inside))

    # --- tables --------------------------------------------------------------------------------------

    def _alert(self, standing: lines.Standing) -> Row:
        keys = _subject_keys(standing.row)
        for member in self.who(keys):
            member.alert = standing.row
        return standing.row | {
            "label": self.label(keys), "groups": self.groups_of(keys, PLANNED_ONE),
            "twins": self.groups_of(keys, TWIN),
        }  # fmt: skip

    def _networks(self) -> list[Row]:
        rows: dict[str, list[Row]] = {}
        for row in self.run.table("network_members").iter_rows(named=True):
            rows.setdefault(row["network_id"], []).append(row)
            for member in self.who(_member_keys(row)):
                member.networks[row["network_id"]] = row
        return [self._network(n, rows.get(n["network_id"], [])) for n in
                self.run.table("networks").sort("rank").iter_rows(named=True)]  # fmt: skip

    def _network(self, network: Row, members: list[Row]) -> Row:
        core = [_member_keys(m) for m in members if not m["is_connector"]]
        planned = sum(self.label(keys) == PLANNED_ONE for keys in core)
        counts: dict[str, int] = {}
        for keys in core:
            for group in self.groups_of(keys, PLANNED_ONE):
                counts[group] = counts.get(group, 0) + 1
        return network | {
            "members": members, "planned": planned, "of": len(core),
            "right": bool(core) and 2 * planned >= len(core) and max(counts.values(), default=0) >= 2,
            "groups": sorted(g for g, n in counts.items() if n >= 2),
            "twins": sorted({g for m in members for g in self.groups_of(_member_keys(m), TWIN)}),
        }  # fmt: skip

    # --- groups --------------------------------------------------------------------------------------

    def _group(self, row: Row, members: list[Member]) -> Group:
        core = [m for m in members if m.core and m.visible]
        joined: dict[str, int] = {}
        for member in core:
            for network in member.networks:
                joined[network] = joined.get(network, 0) + 1
        best = min(joined, key=lambda n: (-joined[n], n)) if joined else None
        inside = joined[best] if best is not None else 0
        alerts = [m for m in members if m.alert is not None]
        rows = [r for m in members for r in m.networks.values()]
        scores = [r["score"] for m in members for r in (m.alert, m.below) if r is not None]
        return Group(
            row, tuple(members), self._outcome(row, core, best, inside), best, inside, len(core),
            any(m.alert or m.below or m.networks for m in core), max(scores, default=0.0),
            bool(alerts), bool(rows), not alerts and bool(rows) and all(r["is_connector"] for r in rows),
            self._days(row, alerts),
        )  # fmt: skip

    def _outcome(self, row: Row, core: list[Member], best: str | None, inside: int) -> str:
        if row["expected"] == "not_evaluable" or not core:
            return NOT_EVALUABLE
        alerted = any(m.alert is not None for m in core)
        several = row["network"] and len(core) > 1
        found = (inside >= 2 and 2 * inside >= len(core)) if several else alerted
        if found and row["network"] and best is not None and self._others(row["group_id"], best):
            return MERGED
        return FOUND if found else PARTIAL if alerted or inside else MISSED

    def _others(self, group: str, network: str) -> set[str]:
        """Gives the other groups whose core members a network holds; people of both do not count."""
        mine = {m.party for m in self.members if m.group == group}
        return {
            m.group for m in self.members
            if network in m.networks and m.core and m.kind == "positive" and m.party not in mine
        }  # fmt: skip

    def _days(self, row: Row, alerts: list[Member]) -> float | None:
        if row["start"] is None or not alerts:
            return None
        rows = {m.alert["alert_id"] for m in alerts if m.alert is not None}
        moments = [
            lines.first_day(s, self.line) for s in self.standings if s.alert and s.row["alert_id"] in rows
        ]
        known = [m.date() for m in moments if m is not None]
        return float((min(known) - row["start"]).days) if known else None


def _outsiders(run: RunFolder) -> dict[str, set[str]]:
    """Gives the movements behind everybody outside whom an alert is about or a network holds."""
    out: dict[str, set[str]] = {}
    external = pl.col("subject_kind") == "external"
    for name, moved in run.table("alerts").filter(external).select("subject_id", "tx_ids").iter_rows():
        out.setdefault(name, set()).update(moved or ())
    inside = run.table("network_members").filter(pl.col("member_kind") == "external")["member_id"]
    edges = run.table("network_edges").select("source", "target", "tx_ids")
    known = set(inside.to_list())
    for source, target, moved in edges.iter_rows():
        for name in {source, target} & known:
            out.setdefault(name, set()).update(moved or ())
    return out


def _members(rows: pl.DataFrame, kinds: dict[str, str]) -> list[Member]:
    found: dict[tuple[str, str], Member] = {}
    for row in rows.iter_rows(named=True):
        kind = kinds[row["group_id"]]
        key = row["group_id"], row["party_id"]
        one = found.setdefault(key, Member(
            row["group_id"], kind, row["party_id"], row["role"], row["expected_role"], _label(kind, row),
            row["core"],
            row["visible"],
        ))  # fmt: skip
        one.core, one.visible = one.core or row["core"], one.visible or row["visible"]
        if row["account_id"] is not None:
            one.accounts.add(row["account_id"])
    return list(found.values())


def _label(kind: str, row: Row) -> str:
    if kind == "twin":
        return TWIN
    return PLANNED_ONE if row["core"] or row["role"] in PLANNED else DRAWN_IN


def _subject_keys(row: Row) -> list[Key]:
    """Gives the ids of a row of ALERTS or BELOW_LINE."""
    own = "party" if row["subject_kind"] == "party" else "account"
    return [(own, row["subject_id"]), *(("account", a) for a in row["accounts"] or ())]


def _member_keys(row: Row) -> list[Key]:
    """Gives the ids of a row of NETWORK_MEMBERS."""
    own = "party" if row["member_kind"] == "party" else "account"
    return [(own, row["member_id"]), *(("account", a) for a in row["accounts"] or ())]


subject_keys, member_keys = _subject_keys, _member_keys


def cases(world: World) -> list[dict[str, Any]]:
    """Gives what is opened when somebody works down the list of alerts: one row per case, in that order.

    An alert inside a network opens the whole network, once; networks without an alert come last. Columns:
    case, network (bool), groups (to be found, met for the first time), right (bool).
    """
    of_alert = {
        key: row["network_id"] for n in world.networks for row in n["members"] for key in _member_keys(row)
    }
    by_id = {n["network_id"]: n for n in world.networks}
    met: set[str] = set()
    opened: set[str] = set()
    out: list[dict[str, Any]] = []

    def add(case: str, network: bool, groups: Iterable[str], right: bool) -> None:
        new = sorted(set(groups) - met)
        met.update(new)
        out.append({"case": case, "network": network, "groups": new, "right": right})

    for alert in world.alerts:
        network = next((of_alert[k] for k in _subject_keys(alert) if k in of_alert), None)
        if network is None:
            add(alert["alert_id"], False, alert["groups"], alert["label"] == PLANNED_ONE)
        elif network not in opened:
            opened.add(network)
            found = by_id[network]
            add(network, True, {*found["groups"], *alert["groups"]}, found["right"])
    for network in world.networks:
        if network["network_id"] not in opened:
            add(network["network_id"], True, network["groups"], network["right"])
    return out
