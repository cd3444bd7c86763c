"""CSV for the import of i2 Analyst's Notebook: entities.csv and links.csv."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from thbscreen.engine.tables import ONE_WAY_LINKS
from thbscreen.report.export.csvfile import decimal, utc, write_table
from thbscreen.report.export.graph import label_of
from thbscreen.report.export.handover import APART, Handover
from thbscreen.report.export.texts import HANDLE, listed

TYPES = {"party": "Customer", "account": "Account", "external": "Outside account"}
#: Values of the column `direction`; none begins with a character that a spreadsheet would run.
ONE_WAY, NO_WAY = "end 1 to end 2", "none"


def write_i2(handover: Handover, folder: Path) -> dict[str, int]:
    """Writes both files and gives their rows."""
    written = {"entities.csv": entities(handover), "links.csv": links(handover)}
    for name, frame in written.items():
        write_table(frame, folder / name, bom=True, line_end="\r\n")
    return {name: frame.height for name, frame in written.items()}


def entities(handover: Handover) -> pl.DataFrame:
    """One row per member, in the order of their ids."""
    rows = handover.members
    return rows.select(
        pl.col("key").alias("entity_id"),
        _labels(rows).alias("label"),
        pl.col("kind").replace(TYPES).alias("type"),
        "member_id",
        "handling",
        "role",
        "second_role",
        "share",
        "roles",
        pl.col("networks").list.join("; "),
        "in_networks",
        "is_customer",
        "is_connector",
        pl.Series("accounts", [listed(a) for a in rows["accounts"].to_list()], dtype=pl.String),
        decimal("received").alias("received_eur"),
        decimal("sent").alias("sent_eur"),
        pl.col("evidence_for").list.join(" "),
        pl.col("evidence_against").list.join(" "),
        pl.when(pl.col("handling") == APART).then(pl.lit(HANDLE)).alias("note"),
    )


def links(handover: Handover) -> pl.DataFrame:
    """One row per payment in the order of time, then one row per other link."""
    local = pl.col("time").dt.convert_time_zone(handover.zone.key)
    paid = handover.payments.select(
        link_id="key", end1="source_key", end2="target_key", type=pl.lit("payment"),
        direction=pl.lit(ONE_WAY), date=local.dt.strftime("%Y-%m-%d"), time=local.dt.strftime("%H:%M:%S"),
        zone=pl.lit(handover.zone.key), utc=utc("time"), amount=decimal("amount"), currency=pl.lit("EUR"),
        n=pl.lit(1, pl.Int32), weight="weight", networks=pl.col("networks").list.join("; "), tx_id="tx_id",
        payer_account="payer_account", payee_account="payee_account", description="purpose",
    )  # fmt: skip
    started = pl.col("first").dt.convert_time_zone(handover.zone.key)
    others = handover.links.filter(pl.col("kind") != "payment")
    # A pattern's sum holds payments that stand above, so that it has no amount here.
    other = others.select(
        link_id="key", end1="source_key", end2="target_key", type="kind",
        direction=pl.when(pl.col("kind").is_in(ONE_WAY_LINKS)).then(pl.lit(ONE_WAY)).otherwise(pl.lit(NO_WAY)),
        date=started.dt.strftime("%Y-%m-%d"), time=started.dt.strftime("%H:%M:%S"),
        zone=pl.when(pl.col("first").is_not_null()).then(pl.lit(handover.zone.key)), utc=utc("first"),
        n="n", weight="weight", networks=pl.col("networks").list.join("; "), description="why",
    )  # fmt: skip
    every = pl.concat([paid, other], how="diagonal")
    named = handover.members.select(
        "key", label=_labels(handover.members), type=pl.col("kind").replace(TYPES)
    )
    for end in ("end1", "end2"):
        ends = named.select(pl.col("key").alias(end), pl.col("label", "type").name.prefix(f"{end}_"))
        every = every.join(ends, on=end, how="left", maintain_order="left")
    order = ["link_id", "end1", "end1_label", "end1_type", "end2", "end2_label", "end2_type"]
    return every.select(*order, *(c for c in paid.columns if c not in order))


def _labels(members: pl.DataFrame) -> pl.Series:
    rows = members.select("member_id", "handling").rows()
    return pl.Series([label_of(*row) for row in rows], dtype=pl.String)
