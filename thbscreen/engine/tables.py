"""Result tables: columns, types, grain and order. Version 1 of the published schemas.

Every table's rows have one total order, given as `order`; nothing in a table depends on row order of
the input, bucket count, worker count or the clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

SCHEMA_VERSION = 2

_TS = pl.Datetime("us", "UTC")
MEASURE = pl.Struct({"name": pl.String, "unit": pl.String, "value": pl.Float64, "text": pl.String})
CONDITION = pl.Struct({"line": pl.String, "left": pl.Float64, "right": pl.Float64, "holds": pl.Boolean})
KEY = pl.Struct({"field": pl.String, "value": pl.String})
#: One test of a lawful reading: which, its result (found, not found, could not be checked), what was seen.
TWIN_TEST = pl.Struct({"test": pl.String, "result": pl.String, "finding": pl.String})
PARAMETER = pl.Struct({"name": pl.String, "value": pl.String})
ADDEND = pl.Struct(
    {"rule": pl.String, "hit_id": pl.String, "family": pl.String, "points": pl.Float64, "why": pl.String}
)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One published table.

    Attributes:
        grain: what one row is.
        schema: columns in order.
        order: sort columns; prefix "-" means descending.
    """

    name: str
    grain: str
    schema: dict[str, pl.DataType]
    order: tuple[str, ...]

    def empty(self) -> pl.DataFrame:
        """Gives the table without rows."""
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Casts, selects and sorts a frame to this table; raises when a column is missing."""
        out = frame.select([pl.col(c).cast(t) for c, t in self.schema.items()])
        names = [c.lstrip("-") for c in self.order]
        return out.sort(names, descending=[c.startswith("-") for c in self.order], nulls_last=True)


def list_column(rows: Sequence[Sequence[tuple[object, ...]]], schema: Mapping[str, Any]) -> pl.Series:
    """Gives a column of lists, made from one flat table: lists made one by one take most of the time.

    Args:
        rows: for each row of the column its items, each with a value for every name of the schema.
        schema: one name makes lists of values, several make lists of structures.
    """
    flat = [(place, *item) for place, items in enumerate(rows) for item in items]
    table = pl.DataFrame(flat, schema={"_place": pl.Int64(), **schema}, orient="row")
    value = pl.struct(list(schema)) if len(schema) > 1 else pl.col(*schema)
    grouped = table.group_by("_place", maintain_order=True).agg(out=value)
    every = pl.DataFrame({"_place": pl.int_range(len(rows), eager=True)})
    return every.join(grouped, on="_place", how="left", maintain_order="left")["out"].fill_null([])


def _spec(
    name: str, grain: str, order: tuple[str, ...], **schema: pl.DataType | type[pl.DataType]
) -> TableSpec:
    return TableSpec(name, grain, dict(schema), order)  # type: ignore[arg-type]  # polars takes classes as types


HITS = _spec(
    "hits", "one row per rule, subject and episode", ("rule", "subject_id", "starts", "hit_id"),
    hit_id=pl.String, rule=pl.String, rule_version=pl.Int32, rule_digest=pl.String, title=pl.String,
    family=pl.String, weight=pl.Int32, third_party=pl.Boolean, typologies=pl.List(pl.String),
    subject_kind=pl.String, subject_id=pl.String, keys=pl.List(KEY), starts=_TS, ends=_TS,
    window_starts=_TS, window_ends=_TS, measures=pl.List(MEASURE), conditions=pl.List(CONDITION),
    parameters=pl.List(PARAMETER), tx_ids=pl.List(pl.String), n_tx=pl.Int32, first=_TS, last=_TS,
    amount_eur=pl.Int64, evidence=pl.String,
)  # fmt: skip

HIT_MEMBERS = _spec(
    "hit_members", "one row per hit, role and person or account playing it",
    ("hit_id", "role", "field", "member_id"),
    hit_id=pl.String, rule=pl.String, role=pl.String, field=pl.String, member_id=pl.String,
    n_tx=pl.Int32, amount_eur=pl.Int64,
)  # fmt: skip

READINESS = _spec(
    "readiness", "one row per rule", ("rule",),
    rule=pl.String, title=pl.String, status=pl.String, reason=pl.String, missing=pl.List(pl.String),
    weakest_column=pl.String, coverage=pl.Float64, look_back=pl.String, family=pl.String, weight=pl.Int32,
    third_party=pl.Boolean,
)  # fmt: skip

NEAR_MISSES = _spec(
    "near_misses", "one row per rule and subject: nearest window in which exactly one line fails",
    ("rule", "distance", "subject_id"),
    rule=pl.String, subject_kind=pl.String, subject_id=pl.String, window_starts=_TS, window_ends=_TS,
    line=pl.String, left=pl.Float64, right=pl.Float64, distance=pl.Float64, n_tx=pl.Int32,
    tx_ids=pl.List(pl.String),
)  # fmt: skip

REVIEWS = _spec(
    "reviews", "one row per hit that a person reads at once, whatever the score", ("-ends", "review_id"),
    review_id=pl.String, hit_id=pl.String, rule=pl.String, title=pl.String, subject_id=pl.String,
    subject_kind=pl.String, handling=pl.String, starts=_TS, ends=_TS, n_tx=pl.Int32, amount_eur=pl.Int64,
    tx_ids=pl.List(pl.String), evidence=pl.String, care=pl.String, innocent_explanations=pl.List(pl.String),
)  # fmt: skip

ALERTS = _spec(
    "alerts", "one row per subject (customer, or account without one) that crosses the line", ("rank",),
    rank=pl.Int32, alert_id=pl.String, subject_id=pl.String, subject_kind=pl.String,
    accounts=pl.List(pl.String), legal=pl.Boolean, handling=pl.String,
    score=pl.Float64, urgency=pl.Int32, urgency_why=pl.String, families=pl.List(pl.String),
    typology=pl.String,
    typology_scores=pl.List(pl.Struct({"typology": pl.String, "points": pl.Float64})),
    leading_role=pl.String, second_role=pl.String,
    roles=pl.List(pl.Struct({"role": pl.String, "share": pl.Float64})),
    network_id=pl.String, third_party=pl.Boolean, addends=pl.List(ADDEND), hit_ids=pl.List(pl.String),
    tx_ids=pl.List(pl.String), amount_eur=pl.Int64, first=_TS, last=_TS,
    innocent_explanations=pl.List(pl.String), care=pl.List(pl.String), not_judged=pl.List(pl.String),
)  # fmt: skip

BELOW_LINE = _spec(
    "below_line", "one row per subject with hits that count and no alert",
    ("-score", "subject_kind", "subject_id"),
    subject_id=pl.String, subject_kind=pl.String, accounts=pl.List(pl.String), legal=pl.Boolean,
    lacks=pl.String,
    score=pl.Float64, families=pl.List(pl.String), third_party=pl.Boolean, addends=pl.List(ADDEND),
    hit_ids=pl.List(pl.String), amount_eur=pl.Int64, first=_TS, last=_TS,
)  # fmt: skip

NETWORKS = _spec(
    "networks", "one row per suspected network", ("rank",),
    rank=pl.Int32, network_id=pl.String, typology=pl.String, title=pl.String, score=pl.Float64,
    n_members=pl.Int32, n_possible_victims=pl.Int32, n_alerts=pl.Int32, amount_eur=pl.Int64,
    first=_TS, last=_TS, rules=pl.List(pl.String), hit_ids=pl.List(pl.String),
    tx_ids=pl.List(pl.String), why=pl.String, confidence=pl.String, confidence_why=pl.List(pl.String),
    would_break=pl.List(pl.String), twin_tests=pl.List(TWIN_TEST), hubs_removed=pl.List(pl.String),
    note=pl.String,
)  # fmt: skip

NETWORK_MEMBERS = _spec(
    "network_members", "one row per network and member", ("network_id", "role", "member_id"),
    network_id=pl.String, member_id=pl.String, member_kind=pl.String, accounts=pl.List(pl.String),
    role=pl.String,
    second_role=pl.String, roles=pl.List(pl.Struct({"role": pl.String, "share": pl.Float64})),
    is_customer=pl.Boolean, is_connector=pl.Boolean, evidence_for=pl.List(pl.String),
    evidence_against=pl.List(pl.String), hit_ids=pl.List(pl.String), received_eur=pl.Int64, sent_eur=pl.Int64,
)  # fmt: skip

#: Kinds of links that go from one side to the other; a shared detail or a pattern of a rule has no direction.
ONE_WAY_LINKS = ("common payee", "payment", "pays for another", "same main payee")

NETWORK_EDGES = _spec(
    "network_edges", "one row per network, pair, direction and kind of link",
    ("network_id", "source", "target", "kind"),
    network_id=pl.String, source=pl.String, target=pl.String, kind=pl.String, weight=pl.Float64,
    n=pl.Int32, amount_eur=pl.Int64, first=_TS, last=_TS, tx_ids=pl.List(pl.String),
    times=pl.List(_TS), amounts_eur=pl.List(pl.Int64), why=pl.String,
)  # fmt: skip

NETWORK_PROOF = _spec(
    "network_proof", "one row per network, hit of a third-party or network rule, and movement of money",
    ("network_id", "rule", "hit_id", "seq"),
    network_id=pl.String, hit_id=pl.String, rule=pl.String, seq=pl.Int32, tx_id=pl.String, time=_TS,
    source=pl.String, target=pl.String, ledger=pl.String, step=pl.String, amount_eur=pl.Int64,
    passed_on_eur=pl.Int64, what=pl.String,
)  # fmt: skip

HUBS = _spec(
    "hubs", "one row per hub taken out before grouping", ("kind", "hub_id"),
    kind=pl.String, hub_id=pl.String, n_subjects=pl.Int32, why=pl.String,
)  # fmt: skip

#: Payments among flagged accounts and their direct counterparties; internal, input of the network stage.
PAYMENTS = _spec(
    "payments", "one row per paying and receiving account", ("source", "target"),
    source=pl.String, target=pl.String, n=pl.Int32, amount_eur=pl.Int64, first=_TS, last=_TS,
    tx_ids=pl.List(pl.String), times=pl.List(_TS), amounts_eur=pl.List(pl.Int64),
)  # fmt: skip

#: Booked movements of some accounts as proofs and tests read them; internal.
MOVEMENTS = _spec(
    "movements", "one row per booked movement", ("time", "tx_id"),
    tx_id=pl.String, account_id=pl.String, cp_account_id=pl.String, credit=pl.Boolean, time=_TS,
    amount_eur=pl.Int64,
)  # fmt: skip

PUBLISHED = (
    READINESS,
    HITS,
    HIT_MEMBERS,
    REVIEWS,
    ALERTS,
    BELOW_LINE,
    NETWORKS,
    NETWORK_MEMBERS,
    NETWORK_EDGES,
    NETWORK_PROOF,
    HUBS,
    NEAR_MISSES,
)
