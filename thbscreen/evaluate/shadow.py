"""Two rule sets or profiles on the same data, held against the truth: who is won and who is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from thbscreen.errors import UsageError
from thbscreen.evaluate.match import LABELS, OUTCOMES, Group, World
from thbscreen.evaluate.truth import Truth
from thbscreen.report.folder import RunFolder

Facts = dict[str, Any]
_RANK = {outcome: n for n, outcome in enumerate(OUTCOMES)}


def shadow(old: RunFolder, new: RunFolder, truth: Truth) -> Facts:
    """Compares two runs over the same data by what was planned.

    Args:
        old: the run to measure against.
        new: the other one.
        truth: of the data of both.

    Returns:
        `groups` whose outcome differs (with both), `twins` raised by one run alone, `alerts` by label with
        how many are new and gone, `victims_shown_as_controlling` of both, and `rules`: what each rule that
        differs hit.

    Raises:
        UsageError: the runs read different data.
        DataError: a table cannot be read.
    """
    if _files(old) != _files(new):
        raise UsageError(
            "the two runs read different data, so the truth cannot tell the rules apart",
            hint="scan the same files with both sets of rules",
        )
    before, after = World("before", old, truth), World("now", new, truth)
    groups = [
        {
            "group_id": b.row["group_id"], "scenario": b.row["scenario"], "ops": b.row["ops"],
            "before": b.outcome,
            "now": a.outcome, "better": _RANK[a.outcome] < _RANK[b.outcome],
        }
        for b, a in zip(before.groups, after.groups, strict=True)
        if b.row["kind"] == "positive" and b.outcome != a.outcome
    ]  # fmt: skip
    return {
        "groups": groups,
        "outcomes": {name: _outcomes(w) for name, w in (("before", before), ("now", after))},
        "twins": _one_sided(before, after, lambda g: g.alerted or g.networked),
        "alerts": _alerts(before, after),
        "victims_shown_as_controlling": {
            name: sorted({m.group for m in w.members if m.kind == "positive"
                          and "possible_victim" in {m.role, m.expected_role} and m.shown_controlling()})
            for name, w in (("before", before), ("now", after))
        },
        "rules": _rules(before, after),
    }  # fmt: skip


def _files(run: RunFolder) -> list[tuple[str, str]]:
    return sorted((f["table"], f["sha256"]) for f in run.manifest.get("inputs") or ())


def _outcomes(world: World) -> dict[str, int]:
    found = [g.outcome for g in world.groups if g.row["kind"] == "positive" and g.row["expected"] == "alert"]
    return {o: found.count(o) for o in OUTCOMES}


def _one_sided(before: World, after: World, raised: Callable[[Group], bool]) -> Facts:
    def some(world: World) -> Mapping[str, str]:
        return {
            g.row["group_id"]: g.row["scenario"] for g in world.groups
            if g.row["kind"] == "twin" and g.row["expected"] != "alert" and raised(g)
        }  # fmt: skip

    b, a = some(before), some(after)
    return {
        "before": len(b), "now": len(a),
        "new": [{"group_id": g, "scenario": a[g]} for g in sorted(a.keys() - b.keys())],
        "gone": [{"group_id": g, "scenario": b[g]} for g in sorted(b.keys() - a.keys())],
    }  # fmt: skip


def _alerts(before: World, after: World) -> Facts:
    sides = [{a["alert_id"]: a["label"] for a in w.alerts} for w in (before, after)]
    b, a = sides
    return {
        label: {
            "before": sum(v == label for v in b.values()), "now": sum(v == label for v in a.values()),
            "new": sum(v == label and i not in b for i, v in a.items()),
            "gone": sum(v == label and i not in a for i, v in b.items()),
        }
        for label in LABELS
    }  # fmt: skip


def _rules(before: World, after: World) -> list[Facts]:
    """Rules whose hits name other planned groups, lawful groups or ordinary people than before."""
    from thbscreen.evaluate.overlap import Rules  # noqa: PLC0415  # one use

    names = ("positives", "twins", "ordinary_subjects")
    sides = [{r["rule"]: r for r in Rules([w]).facts()} for w in (before, after)]
    out = []
    for rule in sorted(sides[0].keys() | sides[1].keys()):
        counts = [{n: side[rule][n] if rule in side else None for n in names} for side in sides]
        if counts[0] != counts[1]:
            out.append({"rule": rule, "before": counts[0], "now": counts[1]})
    return out


def shadow_blocks(facts: Facts) -> list[tuple[str, list[list[str]] | str]]:
    """Gives what is told on the screen: (heading, table rows or a sentence)."""
    out: list[tuple[str, list[list[str]] | str]] = []
    rows = [["planned groups", *OUTCOMES]]
    rows += [[name, *(str(facts["outcomes"][name][o]) for o in OUTCOMES)] for name in ("before", "now")]
    out.append(("AGAINST THE TRUTH", rows))
    if facts["groups"]:
        head = [["group", "scenario", "changed on purpose", "before", "now"]]
        head += [
            [g["group_id"], g["scenario"], " ".join(g["ops"]) or "-", g["before"], g["now"]]
            for g in facts["groups"]
        ]
        out.append(("PLANNED GROUPS WITH ANOTHER OUTCOME", head))
    head = [["alerts about", "before", "now", "new", "gone"]]
    head += [
        [label, *(str(c[k]) for k in ("before", "now", "new", "gone"))]
        for label, c in facts["alerts"].items()
    ]
    t = facts["twins"]
    head.append(
        ["lawful groups raised", *(str(n) for n in (t["before"], t["now"], len(t["new"]), len(t["gone"])))]
    )
    out.append(("WHO IS RAISED", head))
    for word in ("new", "gone"):
        if t[word]:
            told = ", ".join(f"{g['group_id']} ({g['scenario']})" for g in t[word])
            out.append(("", f"lawful groups, {word}: {told}"))
    if facts["rules"]:
        names = ("positives", "twins", "ordinary_subjects")
        head = [["rule", "planned groups", "lawful groups", "ordinary subjects"]]
        head += [
            [r["rule"], *(f"{_told(r['before'][n])} -> {_told(r['now'][n])}" for n in names)]
            for r in facts["rules"]
        ]
        out.append(("RULES THAT HIT OTHERS", head))
    v = facts["victims_shown_as_controlling"]
    n = len(v["now"])
    text = f"Groups with a possible victim shown in a controlling role: {len(v['before'])} before, {n} now."
    out.append(("", text + (" There must be none." if n else "")))
    return out


def _told(n: int | None) -> str:
    return "off" if n is None else str(n)
