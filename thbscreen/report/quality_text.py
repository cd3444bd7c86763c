"""What the checks of data quality found, as lines for a terminal: findings, and what was not judged."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Most findings, and most reasons for not judging, that are shown.
FINDINGS, REASONS = 5, 3


def quality_lines(checks: Mapping[str, Any], where: str) -> list[tuple[str, int]]:
    """Gives lines and by how much they are indented; no value of the data is in them.

    Args:
        checks: what stands under `checks` in quality.json.
        where: where all of it can be read.
    """
    found = [item for item in checks["each"] if item["state"] == "found"]
    found.sort(key=lambda item: item["level"] != "warning")
    out: list[tuple[str, int]] = []
    for item in found[:FINDINGS]:
        out.append((f"{item['id']} {item['level']}: {item['says']}", 2))
        rules = f" ({len(item['rules'])} of them)" if item["rules"] else ""
        out.append((f"why this may be: {item['why']}; for the rules: {item['means']}{rules}", 4))
        if item["examples"]:
            places = ", ".join(f"{place['file']} row {place['row']}" for place in item["examples"][:3])
            out.append((f"first: {places}", 4))
    if len(found) > FINDINGS:
        out.append((f"{len(found) - FINDINGS} more findings: {where}", 2))
    passed = checks["passed"]
    silent = _not_judged(checks)
    out.append(
        (f"{passed} {'check' if passed == 1 else 'checks'} passed" + (f"; {silent}" if silent else ""), 2)
    )
    return out


def _not_judged(checks: Mapping[str, Any]) -> str:
    reasons: dict[str, list[str]] = defaultdict(list)
    for item in checks["each"]:
        if item["state"] == "not judged":
            reasons[item["lacks"]].append(item["id"])
    if not reasons:
        return ""
    told = sorted(reasons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    parts = [f"{lacks} ({', '.join(names)})" for lacks, names in told[:REASONS]]
    more = len(told) - REASONS
    parts += [f"{more} other {'reason' if more == 1 else 'reasons'}"] if more > 0 else []
    return f"{checks['not_judged']} not judged: " + "; ".join(parts)
