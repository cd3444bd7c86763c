"""Equal treatment: whether ordinary people are raised alike, whatever they are called.

What people are told apart by stands in the truth only. A difference is told when it is larger than a ratio;
whether it could be chance is told beside it, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from thbscreen.evaluate.match import World, subject_keys
from thbscreen.evaluate.numbers import chance, rounded
from thbscreen.evaluate.truth import TRAITS

Facts = dict[str, Any]
#: Largest ratio of two rates that needs no explanation, and smallest group that is compared.
RATIO, SMALLEST = 1.25, 500
OUTCOMES = ("alert", "network", "hits")


def equal_treatment(worlds: Sequence[World], smallest: int = SMALLEST) -> Facts:
    """Gives rates of ordinary people by group, for each trait and outcome.

    Outcomes: an alert; member of a network; hits that count (an alert, or below the line). Only people in no
    planned group are counted, since those are chosen by plan.

    Args:
        worlds: runs with their truths; those without people.parquet are left out.
        smallest: groups with fewer people are shown and not compared.
    """
    known = [w for w in worlds if w.truth.people is not None]
    told: dict[str, dict[str, dict[str, list[int]]]] = {}
    for world in known:
        _count(world, told)
    compared = [
        _compared(trait, outcome, told[trait], smallest)
        for trait in TRAITS if trait in told for outcome in OUTCOMES
    ]  # fmt: skip
    return {
        "worlds": len(known), "ratio_to_explain": RATIO, "smallest_group": smallest,
        "groups": {
            trait: {
                group: {"people": counts["people"][0], **{o: counts[o][0] for o in OUTCOMES}}
                for group, counts in sorted(groups.items())
            }
            for trait, groups in told.items()
        },
        "compared": compared,
        "flagged": [c for c in compared if c["flagged"]],
    }  # fmt: skip


def _count(world: World, told: dict[str, dict[str, dict[str, list[int]]]]) -> None:
    planned = {m.party for m in world.members}
    named: dict[str, set[str]] = {o: set() for o in OUTCOMES}
    for standing in world.standings:
        for kind, name in subject_keys(standing.row):
            if kind == "party":
                named["hits"].add(name)
                if standing.alert:
                    named["alert"].add(name)
    for network in world.networks:
        named["network"].update(m["member_id"] for m in network["members"])
    assert world.truth.people is not None  # the caller keeps those that have it
    people = world.truth.people
    ordinary = people.filter(~pl.col("party_id").is_in(sorted(planned))).with_columns(
        pl.col("party_id").is_in(sorted(named[o])).alias(f"~{o}") for o in OUTCOMES
    )
    for trait in (t for t in TRAITS if t in people.columns):
        own = pl.col(trait).cast(pl.String).fill_null("not told").alias("~group")
        sums = [pl.col(f"~{o}").sum().alias(f"~{o}") for o in OUTCOMES]
        for value, n, *counted in ordinary.group_by(own).agg(pl.len(), *sums).iter_rows():
            counts = told.setdefault(trait, {}).setdefault(value, {k: [0] for k in ("people", *OUTCOMES)})
            for key, more in zip(("people", *OUTCOMES), (n, *counted), strict=True):
                counts[key][0] += more


def _compared(trait: str, outcome: str, groups: dict[str, dict[str, list[int]]], smallest: int) -> Facts:
    """Compares the groups with the highest and the lowest rate."""
    sizes = {g: (c[outcome][0], c["people"][0]) for g, c in groups.items() if c["people"][0] >= smallest}
    empty: Facts = {
        "trait": trait, "outcome": outcome, "groups": len(sizes), "highest": None, "highest_rate": None,
        "lowest": None, "lowest_rate": None, "ratio": None, "chance": None, "flagged": False,
    }  # fmt: skip
    if len(sizes) < 2:
        return empty
    rate: Callable[[str], float] = lambda g: sizes[g][0] / sizes[g][1]  # noqa: E731  # used four times
    high, low = max(sorted(sizes), key=rate), min(sorted(sizes), key=rate)
    if not sizes[high][0]:
        return empty
    ratio = rate(high) / rate(low) if sizes[low][0] else None
    pairs = len(sizes) * (len(sizes) - 1) // 2  # the two were picked as the furthest apart of so many pairs
    return empty | {
        "highest": high, "highest_rate": rounded(rate(high)), "lowest": low,
        "lowest_rate": rounded(rate(low)),
        "ratio": None if ratio is None else rounded(ratio),
        "chance": rounded(min(1.0, pairs * chance(*sizes[high], *sizes[low]))),
        "flagged": ratio is None or ratio > RATIO,
    }  # fmt: skip
