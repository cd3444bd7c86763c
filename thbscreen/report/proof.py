"""The payments that prove a network, as parts of text: per pattern, in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from thbscreen.report.text import count, euros

Row = dict[str, Any]
#: Patterns and payments that a text tells; the tables have all.
MOST_PATTERNS, MOST_PAYMENTS = 5, 12
ORDER = (
    "Payments of the strongest pattern of each rule, in the order of time. What is said to have come in "
    "before was brought by the payments listed above it, and no cent counts twice."
)


def patterns(proof: Sequence[Row], hits: Sequence[Row]) -> list[Row]:
    """Groups the rows of a proof by pattern.

    Args:
        proof: rows of NETWORK_PROOF of one network.
        hits: rows of HITS with hit_id, title, weight and family.

    Returns:
        rule, title, hit_id, passed_on_eur and payments (rows in order), network rules and heavy rules first.
    """
    about = {h["hit_id"]: h for h in hits}
    by_hit: dict[str, list[Row]] = {}
    for row in sorted(proof, key=lambda r: (r["hit_id"], r["seq"])):
        by_hit.setdefault(row["hit_id"], []).append(row)
    found = [
        {
            "rule": rows[0]["rule"], "hit_id": hit_id, "title": about.get(hit_id, {}).get("title") or "",
            "weight": about.get(hit_id, {}).get("weight") or 0,
            "network": about.get(hit_id, {}).get("family") == "network",
            "passed_on_eur": sum(r["passed_on_eur"] or 0 for r in rows), "payments": rows,
        }
        for hit_id, rows in by_hit.items()
    ]  # fmt: skip
    return sorted(found, key=lambda p: (-p["weight"], not p["network"], p["rule"], p["hit_id"]))


def told(found: Sequence[Row]) -> list[Row]:
    """Gives, of each rule's patterns, the one in which most money can be followed; the first rules only."""
    best: dict[str, Row] = {}
    for pattern in found:
        held = best.setdefault(pattern["rule"], pattern)
        if pattern["passed_on_eur"] > held["passed_on_eur"]:
            best[pattern["rule"]] = pattern
    return list(best.values())[:MOST_PATTERNS]


def payment_lines(pattern: Row, when: Callable[[datetime | None], str]) -> list[str]:
    """Gives one line per payment, the first `MOST_PAYMENTS` of them.

    Args:
        pattern: from `patterns`.
        when: shows a time on people's clock.
    """
    lines = []
    for p in pattern["payments"][:MOST_PAYMENTS]:
        ends = f"{p['source'] or 'not named'} to {p['target'] or 'not named'}"
        lines.append(
            f"{p['seq']}. {when(p['time'])}, {euros(p['amount_eur'])}, {ends}: {p['what']} [{p['tx_id']}]"
        )
    return lines


def further(pattern: Row, where: str) -> str:
    """Says how many payments are not told, and where they are; empty when all are told."""
    more = len(pattern["payments"]) - MOST_PAYMENTS
    return f"{count(more, 'further payment')}: see {where}." if more > 0 else ""
