"""CSV for Neo4j: nodes.csv and relationships.csv for `neo4j-admin`, load.cypher for a running database."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from thbscreen.report.export.csvfile import decimal, utc, write_table
from thbscreen.report.export.graph import label_of
from thbscreen.report.export.handover import APART, Handover
from thbscreen.report.export.texts import HANDLE, key, listed

LABELS = {"party": "Member;Customer", "account": "Member;Account", "external": "Member;OutsideAccount"}
NETWORK = "Network"
PAID, PATTERN, SHARES, IN_NETWORK = "PAID", "PATTERN", "SHARES", "IN_NETWORK"

_NODE = ["key:ID", ":LABEL"]
_MEMBER = [
    "label", "member_id", "member_kind", "handling", "role", "second_role", "share:double", "roles",
    "is_customer:boolean", "is_connector:boolean", "accounts", "received_cents:long", "sent_cents:long",
    "evidence_for", "evidence_against", "note",
]  # fmt: skip
_NETWORK = [
    "network_id", "rank:int", "title", "typology", "score:double", "n_members:int",
    "n_possible_victims:int", "amount_cents:long", "amount_eur", "first:datetime", "last:datetime", "why",
    "would_break", "note",
]  # fmt: skip
#: Columns of each type of relationship, beside its ends, type and key.
RELATIONSHIPS = {
    PAID: [
        "networks", "weight:double", "time:datetime", "local_date:date", "amount_cents:long", "amount_eur",
        "tx_id", "payer_account", "payee_account", "purpose",
    ],
    PATTERN: [
        "networks", "weight:double", "n:int", "amount_cents:long", "amount_eur", "first:datetime",
        "last:datetime", "why",
    ],
    SHARES: ["networks", "kind", "weight:double", "n:int", "why"],
    IN_NETWORK: ["role", "second_role", "share:double"],
}  # fmt: skip
_ENDS = [":START_ID", ":END_ID", ":TYPE", "key"]


def write_neo4j(handover: Handover, folder: Path) -> dict[str, int | None]:
    """Writes the three files and gives the rows of the tables."""
    written = {"nodes.csv": nodes(handover), "relationships.csv": relationships(handover)}
    for name, frame in written.items():
        write_table(_without_escapes(frame), folder / name)
    (folder / "load.cypher").write_text(load_script(), encoding="utf-8", newline="\n")
    return {**{name: frame.height for name, frame in written.items()}, "load.cypher": None}


def nodes(handover: Handover) -> pl.DataFrame:
    """One row per member in the order of ids, then one row per network in the order of rank."""
    m = handover.members
    labels = [label_of(*row) for row in m.select("member_id", "handling").rows()]
    members = m.select(
        pl.col("key").alias("key:ID"),
        pl.col("kind").replace_strict(LABELS, default="Member").alias(":LABEL"),
        pl.Series("label", labels, dtype=pl.String),
        "member_id",
        pl.col("kind").alias("member_kind"),
        "handling",
        "role",
        "second_role",
        pl.col("share").alias("share:double"),
        "roles",
        pl.col("is_customer").alias("is_customer:boolean"),
        pl.col("is_connector").alias("is_connector:boolean"),
        pl.Series("accounts", [listed(a) for a in m["accounts"].to_list()], dtype=pl.String),
        pl.col("received").alias("received_cents:long"),
        pl.col("sent").alias("sent_cents:long"),
        pl.col("evidence_for", "evidence_against").list.join(" "),
        pl.when(pl.col("handling") == APART).then(pl.lit(HANDLE)).alias("note"),
    )
    networks = handover.networks.select(
        pl.col("key").alias("key:ID"),
        pl.lit(NETWORK).alias(":LABEL"),
        "network_id",
        pl.col("rank").alias("rank:int"),
        "title",
        "typology",
        pl.col("score").alias("score:double"),
        pl.col("n_members").alias("n_members:int"),
        pl.col("n_possible_victims").alias("n_possible_victims:int"),
        *_money("amount_eur"),
        utc("first").alias("first:datetime"),
        utc("last").alias("last:datetime"),
        "why",
        pl.col("would_break").list.join(" "),
        "note",
    )
    every = pl.concat([members, networks], how="diagonal")
    return every.select(list(dict.fromkeys([*_NODE, *_MEMBER, *_NETWORK])))


def relationships(handover: Handover) -> pl.DataFrame:
    """Payments in the order of time, then patterns, shared details and memberships."""
    networks = pl.col("networks").list.join("; ")
    paid = handover.payments.select(
        *_ends(PAID), networks, pl.col("weight").alias("weight:double"), utc("time").alias("time:datetime"),
        pl.col("time").dt.convert_time_zone(handover.zone.key).dt.strftime("%Y-%m-%d").alias("local_date:date"),
        *_money("amount"), "tx_id", "payer_account", "payee_account", "purpose",
    )  # fmt: skip
    drawn = handover.links.filter(pl.col("kind") != "payment").with_columns(networks)
    drawn = drawn.with_columns(
        pl.col("weight").alias("weight:double"),
        pl.col("n").alias("n:int"),
        utc("first").alias("first:datetime"),
        utc("last").alias("last:datetime"),
        *_money("amount_eur"),
    )
    pattern = pl.col("kind") == "payment pattern"
    parts = [
        drawn.filter(chosen).select(*_ends(kind), *RELATIONSHIPS[kind])
        for kind, chosen in ((PATTERN, pattern), (SHARES, ~pattern))
    ]
    inside = handover.memberships.join(
        handover.networks.select("network_id", target_key="key"), on="network_id", maintain_order="left"
    )
    pairs = inside.select("key", "target_key").rows()
    named = [key("in network", *pair, namespace=handover.namespace) for pair in pairs]
    inside = inside.rename({"key": "source_key", "share": "share:double"})
    inside = inside.with_columns(pl.Series("key", named, dtype=pl.String))
    parts.append(inside.select(*_ends(IN_NETWORK), *RELATIONSHIPS[IN_NETWORK]))
    every = pl.concat([paid, *parts], how="diagonal")
    columns = [*_ENDS, *(c for columns in RELATIONSHIPS.values() for c in columns)]
    return every.select(list(dict.fromkeys(columns)))


def _ends(kind: str) -> list[pl.Expr]:
    return [
        pl.col("source_key").alias(":START_ID"),
        pl.col("target_key").alias(":END_ID"),
        pl.lit(kind).alias(":TYPE"),
        pl.col("key"),
    ]


def _money(cents: str) -> list[pl.Expr]:
    """Whole cents to compute with, and the same as text to look at; Neo4j has no exact decimals."""
    return [pl.col(cents).alias("amount_cents:long"), decimal(cents).cast(pl.String).alias("amount_eur")]


def _without_escapes(frame: pl.DataFrame) -> pl.DataFrame:
    r"""Writes a backslash before a quote or at the end as `\u{5c}`: LOAD CSV takes `\"` for a quote."""
    text = [c for c, t in frame.schema.items() if t == pl.String]
    return frame.with_columns(pl.col(text).str.replace_all(r"\\(\"|$)", r"\u{5c}${1}"))


def load_script() -> str:
    """Gives the Cypher that loads both files into a running database; running it twice changes nothing."""
    out = [
        "// Loads nodes.csv and relationships.csv; both must lie in the import folder of the database.",
        "// Members that must be handled as possible victims have it in `handling`, `label` and `note`.",
        "CREATE CONSTRAINT member_key IF NOT EXISTS FOR (m:Member) REQUIRE m.key IS UNIQUE;",
        "CREATE CONSTRAINT network_key IF NOT EXISTS FOR (n:Network) REQUIRE n.key IS UNIQUE;",
    ]
    for labels in (*LABELS.values(), "Member", NETWORK):
        first, *more = labels.split(";")
        columns = _NETWORK if first == NETWORK else _MEMBER
        sets = [*(f"x:{label}" for label in more), *(_set("x", c) for c in columns)]
        out += [
            "",
            "LOAD CSV WITH HEADERS FROM 'file:///nodes.csv' AS row",
            f"WITH row WHERE row.`:LABEL` = '{labels}'",
            f"MERGE (x:{first} {{key: row.`key:ID`}})",
            "SET " + ",\n    ".join(sets) + ";",
        ]
    for kind, columns in RELATIONSHIPS.items():
        end = NETWORK if kind == IN_NETWORK else "Member"
        out += [
            "",
            "LOAD CSV WITH HEADERS FROM 'file:///relationships.csv' AS row",
            f"WITH row WHERE row.`:TYPE` = '{kind}'",
            "MATCH (a:Member {key: row.`:START_ID`})",
            f"MATCH (b:{end} {{key: row.`:END_ID`}})",
            f"MERGE (a)-[r:{kind} {{key: row.key}}]->(b)",
            "SET " + ",\n    ".join(_set("r", c) for c in columns) + ";",
        ]
    return "\n".join(out) + "\n"


def _set(variable: str, column: str) -> str:
    name, _, kind = column.partition(":")
    turned = {
        "": "{}", "int": "toInteger({})", "long": "toInteger({})", "double": "toFloat({})",
        "boolean": "toBoolean({})", "datetime": "datetime({})", "date": "date({})",
    }[kind]  # fmt: skip
    return f"{variable}.{name} = " + turned.format(f"row.`{column}`")
