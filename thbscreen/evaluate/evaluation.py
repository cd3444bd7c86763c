"""An evaluation as plain data: what evaluation.json holds, as docs/reference/evaluation.md tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import thbscreen
from thbscreen.errors import UsageError
from thbscreen.evaluate.bounds import Bound, held
from thbscreen.evaluate.fair import SMALLEST, equal_treatment
from thbscreen.evaluate.match import World, cases
from thbscreen.evaluate.measures import Figures, positives, twins
from thbscreen.evaluate.overlap import Rules
from thbscreen.evaluate.truth import Truth
from thbscreen.report.folder import RunFolder

Facts = dict[str, Any]
SCHEMA_VERSION = 1
#: Stands first in everything that an evaluation writes.
SENTENCE = "These numbers come from planned data: they do not show how many real cases would be found."
#: Cases that one analyst is taken to open on a day, where nothing else is said.
PER_DAY = 10


def evaluate(
    pairs: Sequence[tuple[RunFolder, Truth]],
    *,
    seed: int = 0,
    per_day: int = PER_DAY,
    smallest: int = SMALLEST,
    bounds: Sequence[Bound] = (),
) -> tuple[Facts, list[World]]:
    """Holds runs against the truth of their data.

    Args:
        pairs: run folders with their truths; several are pooled, and intervals are told over them.
        seed: of the bootstrap.
        per_day: cases that an analyst opens a day.
        smallest: smallest group of people that is compared with others.
        bounds: what must hold; told in the result.

    Returns:
        The evaluation as plain data, and the worlds with every group's and member's outcome.

    Raises:
        UsageError: there is no pair, or a day has no case.
        DataError: a table cannot be read.
    """
    if not pairs:
        raise UsageError("there is nothing to evaluate", hint="give a run folder and its truth")
    if per_day < 1:
        raise UsageError("an analyst opens at least one case a day")
    worlds = [World(f"{n}", run, truth) for n, (run, truth) in enumerate(pairs, 1)]
    figures, rules = Figures(worlds, seed), Rules(worlds)
    facts: Facts = {
        "what_this_does_not_show": SENTENCE,
        "schema_version": SCHEMA_VERSION,
        "thbscreen": thbscreen.__version__,
        "bootstrap_seed": seed,
        "worlds": [_world(w) for w in worlds],
        "notes": [note for w in worlds for note in _notes(w)],
        "recall": figures.recall(),
        "outcomes": figures.outcomes(),
        "members": figures.members(),
        "precision": figures.precision(),
        "average_precision": figures.average(),
        "work": figures.work(per_day),
        "twins": figures.twins(),
        "ordinary": figures.ordinary(),
        "roles": figures.roles(),
        "not_judged": figures.not_judged(),
        "near_misses": figures.near_misses(),
        "score_line": figures.score_line(),
        "days_to_alert": figures.days_to_alert(),
        "weak_evidence": figures.weak_evidence(),
        "equal_treatment": equal_treatment(worlds, smallest),
        "rules": rules.facts(),
        "pairs": rules.pairs(),
        "indicators": rules.indicators(),
        "curves": rules.curves(),
    }
    facts["bounds"] = held(facts, bounds)
    return facts, worlds


def _world(world: World) -> Facts:
    manifest = world.run.manifest
    profile, rules = manifest.get("profile") or {}, manifest.get("rules") or {}
    told = world.truth.manifest
    return {
        "name": world.name, "run": world.run.name, "truth": world.truth.name, "seed": world.truth.seed,
        "preset": told.get("preset"), "customers": world.customers, "ordinary": world.ordinary,
        "positives": len(positives(world)), "twins": len(twins(world)), "alerts": len(world.alerts),
        "networks": len(world.networks), "cases": len(cases(world)),
        "rules_digest": rules.get("digest"), "profile": profile.get("name"),
        "data_of_this_truth": _same_data(world),
    }  # fmt: skip


def _same_data(world: World) -> bool | None:
    """Tells whether the scanned files are those of the truth; None where the truth names no hashes."""
    known = world.truth.hashes()
    read = {f.get("sha256") for f in world.run.manifest.get("inputs") or ()}
    return read <= known if known and read else None


def _notes(world: World) -> list[str]:
    out = []
    if _same_data(world) is False:
        out.append(
            f"{world.run.name}: files were scanned whose hashes {world.truth.name} does not name; if the "
            "data were changed on purpose that is meant, otherwise the truth is that of other data"
        )
    visible = [m for m in world.members if m.visible and m.kind == "positive"]
    if visible and not any(m.alert or m.below or m.networks for m in visible) and world.standings:
        out.append(f"{world.run.name}: no planned member has any hit; does the truth belong to these data?")
    if not any(g.row["kind"] == "positive" for g in world.groups):
        out.append(f"{world.truth.name}: nothing is planned to be found, so recall is not known")
    return out
