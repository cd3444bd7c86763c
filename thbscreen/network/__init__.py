"""Suspected networks: links, hubs, groups, roles and ids. The only place that imports networkx."""

from __future__ import annotations

from thbscreen.network.stage import (
    NetworkInputs,
    NetworkTables,
    RuleInfo,
    build_networks,
    with_alert_counts,
)

__all__ = ["NetworkInputs", "NetworkTables", "RuleInfo", "build_networks", "with_alert_counts"]
