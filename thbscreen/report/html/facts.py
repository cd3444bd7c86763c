"""All that the page shows, as plain data: an index that is read at once, and blocks read when opened."""

from __future__ import annotations

from typing import Any

from thbscreen.report.cases import TOP_ALERTS
from thbscreen.report.folder import RunFolder
from thbscreen.report.html import networks, subjects
from thbscreen.report.html.evidence import json_file
from thbscreen.report.html.people import people
from thbscreen.report.html.pool import Pool, local
from thbscreen.report.narrative import DRAFT, IN_DOUBT, STANDING_CARE, VICTIM_CARE
from thbscreen.report.proof import ORDER

#: Standing texts of the program; a language may have its own as `said.<name>`.
SAID = {
    "draft": DRAFT, "victims": VICTIM_CARE, "doubt": IN_DOUBT, "care": STANDING_CARE, "order": ORDER,
}  # fmt: skip
Block = tuple[str, dict[str, Any]]


def facts(run: RunFolder, *, beside: bool) -> tuple[dict[str, Any], list[Block]]:
    """Gives the index and the blocks.

    Args:
        run: the folder.
        beside: the page will lie in the run folder, so that links to its files lead somewhere.

    Returns:
        The index, and (id, facts) of every alert and network. Money is whole euro cents, times are texts on
        people's clock, and equal run folders give equal facts.

    Raises:
        DataError: a table or a file cannot be read.
    """
    who, pool = people(run), Pool()
    blocks = [*subjects.Blocks(run, who, pool), *networks.Blocks(run, who, pool)]
    index = {
        "beside": beside,
        "top": TOP_ALERTS,
        "texts": pool.texts,
        "reviews": _reviews(run),
        "alerts": subjects.queue(run, who),
        "networks": networks.overview(run),
        "rules": _rules(run),
        "readiness": run.table("readiness").sort("rule").to_dicts(),
        "hubs": run.table("hubs").sort("kind", "hub_id").to_dicts(),
        "said": SAID,
        "quality": json_file(run, "quality.json"),
        "summary": json_file(run, "summary.json"),
        "run": identity(run),
    }  # fmt: skip
    return index, blocks


def _reviews(run: RunFolder) -> list[dict[str, Any]]:
    """What a person is to read at once, the latest first."""
    columns = (
        "review_id",
        "rule",
        "title",
        "subject_id",
        "subject_kind",
        "handling",
        "first",
        "last",
        "n_tx",
    )
    frame = run.table("reviews").rename({"starts": "first", "ends": "last"}).select(columns)
    return local(frame, str(run.zone)).to_dicts()


def _rules(run: RunFolder) -> dict[str, dict[str, Any]]:
    """Title, family, weight and version by rule."""
    out: dict[str, dict[str, Any]] = {
        row["rule"]: {"title": row["title"]}
        for row in run.table("readiness").select("rule", "title").iter_rows(named=True)
    }
    hits = run.table("hits").select("rule", "title", "family", "weight", "rule_version", "third_party")
    for row in hits.unique("rule").sort("rule").iter_rows(named=True):
        out[row["rule"]] = {
            "title": row["title"], "family": row["family"], "weight": row["weight"],
            "version": row["rule_version"], "third_party": row["third_party"],
        }  # fmt: skip
    return dict(sorted(out.items()))


def identity(run: RunFolder) -> dict[str, Any]:
    """Gives what a run is known by: versions, inputs, rules and profile.

    When the run took place stays in manifest.json, so that the same input and rules give the same page.
    """
    m = run.manifest
    profile, rules = m.get("profile") or {}, m.get("rules") or {}
    return {
        "versions": m.get("versions") or {}, "data_until": m.get("data_until"),
        "time_zone": str(run.zone), "inputs": m.get("inputs") or [], "mapping": m.get("mapping"),
        "rules_digest": rules.get("digest"), "n_rules": len(rules.get("rules") or ()),
        "lists": len(rules.get("lists") or ()),
        "profile": {
            "name": profile.get("name"), "digest": profile.get("digest"),
            "scoring": profile.get("scoring") or {}, "values": profile.get("values") or [],
            "switched": profile.get("switched") or [], "exclusions": profile.get("exclusions") or [],
        },
        "schema_version": m.get("schema_version"),
    }  # fmt: skip
