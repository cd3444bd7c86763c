"""What changed from one run to another: networks, alerts, hits; and what else differs, so that causes show.

Facts are plain data; `thbscreen.report.compare_text` makes a page of them. Nothing here depends on ranks,
row order or the clock: two runs over the same data with the same rules compare equal.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from thbscreen.engine import tables
from thbscreen.report.compare_networks import UNCHANGED, changes
from thbscreen.report.folder import Row, RunFolder

_ALERT = ("score", "handling", "urgency", "leading_role")
_WHAT_A_HIT_SAYS = ("starts", "ends", "tx_ids", "amount_eur", "weight", "evidence")


def compare(old: RunFolder, new: RunFolder) -> Row:
    """Compares two runs.

    Args:
        old: the earlier run, or the one to measure against.
        new: the other one.

    Returns:
        `changed`: whether networks, alerts or hits differ; and the differences.

    Raises:
        DataError: a table cannot be read.
    """
    networks, alerts, hits = changes(old, new), _alerts(old, new), _hits(old, new)
    found = any(n["kind"] != UNCHANGED for n in networks) or any(alerts[k] for k in _KINDS_OF_ALERTS)
    return {
        "schema_version": tables.SCHEMA_VERSION,
        "before": _run(old), "now": _run(new),
        "changed": found or any(r["new"] or r["gone"] or r["changed"] for r in hits),
        "other": other_differences(old, new),
        "networks": networks, "alerts": alerts, "hits": hits,
    }  # fmt: skip


def _run(run: RunFolder) -> Row:
    return {
        "folder": run.name, "data_until": run.manifest.get("data_until"),
        "thbscreen": _part(run, "versions").get("thbscreen"), "rules": _part(run, "rules").get("digest"),
        "profile": _part(run, "profile").get("name"),
        "counts": {name: run.table(name).height for name in ("networks", "alerts", "hits")},
    }  # fmt: skip


def _part(run: RunFolder, name: str) -> Row:
    part = run.manifest.get(name)
    return part if isinstance(part, dict) else {}


# --- alerts ------------------------------------------------------------------------------------------

_KINDS_OF_ALERTS = ("new", "gone", "changed")


def _alerts(old: RunFolder, new: RunFolder) -> Row:
    before, after = ({r["alert_id"]: r for r in run.table("alerts").to_dicts()} for run in (old, new))
    both = _highest_first(after, before.keys() & after.keys())
    different = [(before[i], after[i]) for i in both if _says(before[i]) != _says(after[i])]
    return {
        "new": [_alert(after[i]) for i in _highest_first(after, after.keys() - before.keys())],
        "gone": [_alert(before[i]) for i in _highest_first(before, before.keys() - after.keys())],
        "changed": [
            {
                **{name: b[name] for name in ("alert_id", "subject_id", "subject_kind")},
                "before": {name: b[name] for name in _ALERT}, "now": {name: a[name] for name in _ALERT},
                "addends": _addends(b, a),
            }
            for b, a in different
        ],
        "unchanged": len(both) - len(different),
    }  # fmt: skip


def _highest_first(alerts: Mapping[str, Row], ids: Iterable[str]) -> list[str]:
    return sorted(ids, key=lambda i: (-alerts[i]["score"], i))


def _says(alert: Row) -> tuple[Any, ...]:
    return tuple(alert[name] for name in _ALERT)


def _alert(alert: Row) -> Row:
    names = ("alert_id", "subject_id", "subject_kind", *_ALERT, "families", "typology", "network_id")
    return {name: alert[name] for name in names} | {
        "rules": sorted({a["rule"] for a in alert["addends"] or () if a["points"] > 0})
    }


def _addends(before: Row, after: Row) -> list[Row]:
    """Points per rule that differ."""
    sums = [Counter[str](), Counter[str]()]
    for total, alert in zip(sums, (before, after), strict=True):
        for addend in alert["addends"] or ():
            total[addend["rule"]] += addend["points"]
    return [
        {"rule": rule, "before": sums[0][rule], "now": sums[1][rule]}
        for rule in sorted(sums[0].keys() | sums[1].keys())
        if sums[0][rule] != sums[1][rule]
    ]


# --- hits --------------------------------------------------------------------------------------------


def _hits(old: RunFolder, new: RunFolder) -> list[Row]:
    """Counts per rule: before, now, new, gone, changed, unchanged.

    A hit is the same when its id is. Of the others of one rule and one subject, those that overlap in time
    are one hit that changed: more data, or another version of the rule, may move its window.
    """
    before, after = (_by_rule(run.table("hits")) for run in (old, new))
    rows = []
    for rule in sorted(before.keys() | after.keys()):
        b, a = before.get(rule, []), after.get(rule, [])
        matched = list(_matched(b, a))
        changed = sum(_content(x) != _content(y) for x, y in matched)
        rows.append(
            {
                "rule": rule, "title": (a or b)[0]["title"], "before": len(b), "now": len(a),
                "new": len(a) - len(matched), "gone": len(b) - len(matched), "changed": changed,
                "unchanged": len(matched) - changed,
                "new_ids": _unmatched(a, [y for _, y in matched]),
                "gone_ids": _unmatched(b, [x for x, _ in matched]),
            }
        )  # fmt: skip
    return rows


def _by_rule(hits: pl.DataFrame) -> dict[str, list[Row]]:
    names = ("hit_id", "rule", "title", "subject_kind", "subject_id", "keys", *_WHAT_A_HIT_SAYS)
    out: dict[str, list[Row]] = {}
    for row in hits.select(names).iter_rows(named=True):
        out.setdefault(row["rule"], []).append(row)
    return out


def _content(hit: Row) -> tuple[Any, ...]:
    return tuple(hit[name] for name in _WHAT_A_HIT_SAYS)


def _matched(before: list[Row], after: list[Row]) -> Iterable[tuple[Row, Row]]:
    known = {h["hit_id"]: h for h in before}
    yield from ((known[h["hit_id"]], h) for h in after if h["hit_id"] in known)
    same = known.keys() & {h["hit_id"] for h in after}
    waiting: dict[str, list[Row]] = {}
    for hit in before:
        if hit["hit_id"] not in same:
            waiting.setdefault(_key(hit), []).append(hit)
    for hit in after:
        if hit["hit_id"] in same:
            continue
        others = waiting.get(_key(hit), [])
        partner = next((o for o in others if _overlap(o, hit)), None)
        if partner is not None:
            others.remove(partner)
            yield partner, hit


def _key(hit: Row) -> str:
    return json.dumps([hit["subject_kind"], hit["subject_id"], hit["keys"]])


def _overlap(a: Row, b: Row) -> bool:
    if None in (a["starts"], a["ends"], b["starts"], b["ends"]):
        return (a["starts"], a["ends"]) == (b["starts"], b["ends"])
    return bool(a["starts"] <= b["ends"] and b["starts"] <= a["ends"])


def _unmatched(hits: Iterable[Row], matched: Iterable[Row]) -> list[str]:
    return sorted({h["hit_id"] for h in hits} - {h["hit_id"] for h in matched})


# --- what else differs -------------------------------------------------------------------------------


def other_differences(old: RunFolder, new: RunFolder) -> Row:
    """Gives what differs beside findings: data, rules, profile, program; and which of them do.

    Only what differs is listed.
    """
    parts = {
        "data": _data(old, new), "rules": _rules(old, new), "profile": _profile(old, new),
        "program": _pairs(_part(old, "versions"), _part(new, "versions")),
    }  # fmt: skip
    return {
        **parts,
        "readiness": _readiness(old, new),
        "differ": [name for name, part in parts.items() if part],
    }


def _pairs(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Row]:
    """What differs between two flat mappings: name, before, now; None where it is missing."""
    return [
        {"name": name, "before": before.get(name), "now": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def _data(old: RunFolder, new: RunFolder) -> Row:
    def files(run: RunFolder) -> list[tuple[str, str]]:
        return sorted((f["table"], f["sha256"]) for f in run.manifest.get("inputs") or ())

    def mapping(run: RunFolder) -> str | None:
        found = run.manifest.get("mapping")
        return found["sha256"] if found else None

    if files(old) == files(new) and mapping(old) == mapping(new):
        return {}
    until, rows = (run.manifest.get("data_until") for run in (old, new)), (_loaded(r) for r in (old, new))
    return {
        "data_until": dict(zip(("before", "now"), until, strict=True)),
        "rows_loaded": _pairs(*rows),
        "mapping_differs": mapping(old) != mapping(new),
    }


def _loaded(run: RunFolder) -> dict[str, int]:
    rows = _part(run, "counts").get("rows") or {}
    return {table: counts["loaded"] for table, counts in rows.items()}


def _rules(old: RunFolder, new: RunFolder) -> Row:
    before, after = ({r["id"]: r for r in _part(run, "rules").get("rules") or ()} for run in (old, new))
    lists = ({r["name"]: r["digest"] for r in _part(run, "rules").get("lists") or ()} for run in (old, new))
    changed = [
        {
            "rule": rule, "version_before": before[rule]["version"], "version_now": after[rule]["version"],
            "status_before": before[rule]["status"], "status_now": after[rule]["status"],
            "meaning_differs": before[rule]["digest"] != after[rule]["digest"],
            "parameters": _parameters(old, new, rule),
        }
        for rule in sorted(before.keys() & after.keys())
        if before[rule] != after[rule]
    ]  # fmt: skip
    found = {
        "added": sorted(after.keys() - before.keys()), "removed": sorted(before.keys() - after.keys()),
        "changed": changed, "lists": [row["name"] for row in _pairs(*lists)],
    }  # fmt: skip
    return found if any(found.values()) else {}


def _parameters(old: RunFolder, new: RunFolder, rule: str) -> list[Row]:
    """Thresholds that differ, as far as hits of both runs show them."""
    sides = []
    for run in (old, new):
        shown = run.table("hits").filter(pl.col("rule") == rule)["parameters"].head(1).to_list()
        if not shown:
            return []
        sides.append({p["name"]: p["value"] for p in shown[0] or ()})
    return _pairs(*sides)


def _profile(old: RunFolder, new: RunFolder) -> Row:
    before, after = _part(old, "profile"), _part(new, "profile")
    if before == after:
        return {}
    plain = ({k: p.get(k) for k in ("name", "digest", "time_zone")} for p in (before, after))

    def values(profile: Row) -> dict[str, str]:
        return {f"{v['rule']} {v['parameter']}": v["value"] for v in profile.get("values") or ()}

    def switched(profile: Row) -> dict[str, bool]:
        return {v["rule"]: v["enabled"] for v in profile.get("switched") or ()}

    def exclusions(profile: Row) -> dict[str, Any]:
        return {f"{v['name']} {v['rule']}": v["rows"] for v in profile.get("exclusions") or ()}

    return {
        "names": _pairs(*plain),
        "scoring": _pairs(before.get("scoring") or {}, after.get("scoring") or {}),
        "values": _pairs(values(before), values(after)),
        "switched": _pairs(switched(before), switched(after)),
        "lists": _pairs(*({name: name for name in p.get("lists") or ()} for p in (before, after))),
        "exclusions": _pairs(exclusions(before), exclusions(after)),
    }


def _readiness(old: RunFolder, new: RunFolder) -> list[Row]:
    """Rules whose readiness differs; a rule that cannot be judged any more says nothing by its silence."""
    sides = (dict(run.table("readiness").select("rule", "status").rows()) for run in (old, new))
    return [row for row in _pairs(*sides) if row["before"] and row["now"]]
