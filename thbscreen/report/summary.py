"""summary.json: the counts and the top of both lists, for other programs; no names, no ids of people."""

from __future__ import annotations

from typing import Any

import polars as pl

import thbscreen
from thbscreen.engine import tables
from thbscreen.report.run import Run
from thbscreen.rules.explain import value_text
from thbscreen.rules.overrides import looser

TOP = 20
STATUSES = ("ready", "weak", "not judged")


def summary(run: Run) -> dict[str, Any]:
    """Gives the summary of a run as plain data; it is the same for the same input and rules."""
    alerts, networks, readiness = (run.table(n) for n in ("alerts", "networks", "readiness"))
    load = run.load
    apart = alerts.filter(pl.col("handling") == "possible victim").height
    return {
        "schema_version": tables.SCHEMA_VERSION,
        "tool": {"name": "thbscreen", "version": thbscreen.__version__},
        "rule_pack": run.pack.digest,
        "profile": run.pack.profile.name,
        "looser_values": [
            {"rule": c.rule, "parameter": c.parameter, "value": value_text(c.value),
             "default": value_text(c.default)}
            for c in looser(run.pack)
        ],
        "excluded_rows": _excluded(run),
        "data_until": run.as_of.isoformat().replace("+00:00", "Z") if load.loaded else None,
        "transactions": {
            "read": load.read, "loaded": load.loaded, "rejected": load.rejected,
            "skipped": sum(load.skipped.values()),
        },
        "readiness": {s: readiness.filter(pl.col("status") == s).height for s in STATUSES},
        "hits": run.table("hits").height,
        "near_misses": run.table("near_misses").height,
        "reviews": run.table("reviews").height,
        "alerts": {"all": alerts.height, "subjects": alerts.height - apart, "possible_victims": apart},
        "below_the_line": dict(run.below),
        "networks": networks.height,
        "top_reviews": run.table("reviews")["review_id"].head(TOP).to_list(),
        "top_alerts": alerts["alert_id"].head(TOP).to_list(),
        "top_networks": networks["network_id"].head(TOP).to_list(),
    }  # fmt: skip


def _excluded(run: Run) -> dict[str, int]:
    """Gives rows hidden by each exclusion, added up over the rules that it names."""
    out: dict[str, int] = {}
    for item in run.excluded:
        out[item.exclusion] = out.get(item.exclusion, 0) + (item.rows or 0)
    return out
