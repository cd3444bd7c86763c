"""One folder per suspected network and per top alert: movements, members, narrative, drawing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.model import catalogue, money
from thbscreen.report.casefolder import CaseFiles, write_case
from thbscreen.report.drawing import Node, network_drawing, subject_drawing
from thbscreen.report.files import Written
from thbscreen.report.narrative import (
    Row,
    Setting,
    alert_story,
    network_story,
    review_story,
    subject_words,
)
from thbscreen.report.run import Run
from thbscreen.report.story import Story
from thbscreen.report.text import neutralised

#: Alerts with a case folder of their own, from the top.
TOP_ALERTS = 50
#: The same for hits that are read at once, the latest first.
TOP_REVIEWS = 200
_MONEY = tuple(f.name for f in catalogue.TRANSACTIONS if f.kind == "money")
#: Purchases that show health, faith, politics or intimate life: codes and ranges of codes (ISO 18245).
PERSONAL_MCC = (
    (5047, 5047), (5122, 5122), (5621, 5621), (5631, 5631), (5912, 5912), (5975, 5977), (7298, 7298),
    (8011, 8099), (8651, 8651), (8661, 8661),
)  # fmt: skip
PERSONAL = "personal spending"
#: Columns of such a purchase that would tell what it was.
_TELLING = ("cp_account_id", "cp_iban", "cp_name", "merchant_id", "remittance_info", "terminal_id")
_CURRENCY = {"amount": "currency", "orig_amount": "orig_currency", "balance_after": "currency"}


@dataclass(frozen=True, slots=True)
class Source:
    """What cases are made from.

    Attributes:
        table: gives a published table by its name.
        holders: account_id and party_id, as far as they are known.
    """

    table: Callable[[str], pl.DataFrame]
    holders: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Case:
    """What one folder is made from, without its movements.

    Attributes:
        subject: who stands in the middle of the drawing; None for a network.
        edges: of a network, rows of NETWORK_EDGES.
        apart: who is handled as a possible victim anywhere in the run.
    """

    id: str
    tx_ids: tuple[str, ...]
    hits: pl.DataFrame
    members: pl.DataFrame
    story: Story
    apart: Collection[str]
    subject: Node | None = None
    proof: pl.DataFrame | None = None
    edges: pl.DataFrame | None = None

    def files(self, evidence: pl.DataFrame) -> CaseFiles:
        """Puts the movements to it."""
        title = self.story.title
        if self.subject is None:
            edges = [] if self.edges is None else self.edges.to_dicts()
            drawing = network_drawing(title, self.members.to_dicts(), edges, self.apart)
        else:
            drawing = subject_drawing(title, self.subject, evidence, self.apart)
        tables = {"evidence": evidence, "members": self.members}
        if self.proof is not None:
            tables["proof"] = self.proof
        return CaseFiles(self.id, self.story, tables, drawing)


def write_cases(run: Run, folder: Path, identity: Mapping[str, Any]) -> list[Written]:
    """Writes `cases/<id>/` of every network, top alert and top review; reads the source once.

    Args:
        run: what was found.
        folder: the run folder that is being made.
        identity: of the run, for the manifests.
    """
    source = source_of(run)
    cases = cases_of(source, _setting(run), handled_as_victims(source))
    if not cases:
        return []
    wanted = {tx for case in cases for tx in case.tx_ids}
    rows = readable(run.dataset.fetch(sorted(wanted)), run.pack.profile.time_zone)
    out = []
    for case in cases:
        evidence = with_rules(case, rows)
        out += write_case(case.files(evidence), folder / "cases", identity)
    return [Written(f"cases/{item.path}", item.rows) for item in out]


def source_of(run: Run) -> Source:
    """Gives what the cases of a finished run are made from."""
    return Source(run.table, run.dataset.account_parties)


def cases_of(source: Source, setting: Setting, apart: frozenset[str]) -> list[Case]:
    """Gives every case that has a folder.

    Args:
        source: tables and holders of accounts.
        setting: of the run.
        apart: who is handled as a possible victim anywhere in it.
    """
    return [
        *_review_cases(source, setting, apart), *_network_cases(source, setting, apart),
        *_alert_cases(source, setting, apart),
    ]  # fmt: skip


def readable(rows: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Gives canonical movements as people read them.

    Amounts are decimal, `booking_local` is the time on people's clock, and rows are in the order of
    booking, account and id. Personal purchases are masked as `discreet` does.
    """
    rows = discreet(rows.sort("booking_ts", "account_id", "tx_id"))
    text = [c for c, t in rows.schema.items() if t == pl.String]
    local = pl.col("booking_ts").dt.convert_time_zone(zone).dt.strftime("%Y-%m-%d %H:%M:%S")
    plain = rows.with_columns(
        *(_decimal(name, _CURRENCY.get(name), rows.columns) for name in _MONEY if name in rows.columns),
        booking_local=local,
    )
    return plain.with_columns(neutralised(plain.select(text))).drop("_row", strict=False)


def discreet(rows: pl.DataFrame) -> pl.DataFrame:
    """Gives the movements with personal purchases shown as `personal spending` and no more.

    Time, place and amount stay. Nothing else is needed to follow a pattern, and what somebody buys at a
    pharmacy or gives to a parish is nobody's business here.
    """
    if "mcc" not in rows.columns:
        return rows
    code = pl.col("mcc").cast(pl.Int64, strict=False)
    personal = pl.any_horizontal(code.is_between(first, last) for first, last in PERSONAL_MCC)
    personal = personal.fill_null(False)
    named = [c for c in ("mcc", "merchant_name") if c in rows.columns]
    telling = [c for c in _TELLING if c in rows.columns]
    return rows.with_columns(
        *(pl.when(personal).then(pl.lit(PERSONAL)).otherwise(pl.col(c)).alias(c) for c in named),
        *(pl.when(~personal).then(pl.col(c)).alias(c) for c in telling),
    )


def _decimal(name: str, currency: str | None, columns: Sequence[str]) -> pl.Expr:
    """Gives minor units as decimal text."""
    default = money.DEFAULT_EXPONENT
    places = pl.lit(default)
    if currency is not None and currency in columns:
        places = pl.col(currency).replace_strict(money.EXPONENTS, default=default, return_dtype=pl.Int64)
        places = places.fill_null(default)
    value = pl.col(name)
    scale = pl.lit(10, dtype=pl.Int64).pow(places)
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    decimals = pl.lit(".") + (value.abs() % scale).cast(pl.String).str.zfill(places)
    whole = sign + (value.abs() // scale).cast(pl.String)
    return pl.when(places > 0).then(whole + decimals).otherwise(whole).alias(name)


def handled_as_victims(source: Source) -> frozenset[str]:
    """Gives who is handled as a possible victim anywhere: members of networks and subjects of alerts.

    Accounts of such people are among the ids.
    """
    members = source.table("network_members")
    read = members.filter(pl.col("role") == "possible_victim")
    listed = pl.concat(
        [source.table(name).select("handling", "subject_id") for name in ("alerts", "reviews")]
    )
    alerted = listed.filter(pl.col("handling") == "possible victim")["subject_id"]
    people = pl.concat([read["member_id"], alerted.rename("member_id")]).unique()
    holders = source.holders
    held = holders.filter(pl.col("party_id").is_in(people.implode()))["account_id"]
    accounts = read["accounts"].explode().drop_nulls()
    return frozenset({*people.to_list(), *held.to_list(), *accounts.to_list()})


def _review_cases(source: Source, setting: Setting, apart: frozenset[str]) -> Iterator[Case]:
    members = source.table("hit_members")
    for review in source.table("reviews").head(TOP_REVIEWS).iter_rows(named=True):
        hits = _hits(source, [review["hit_id"]])
        story = review_story(review, hits.to_dicts(), setting, apart)
        mine = members.filter(pl.col("hit_id") == review["hit_id"])
        subject = _in_the_middle(review, "unknown", apart)
        yield Case(review["review_id"], tuple(review["tx_ids"] or ()), hits, mine, story, apart, subject)


def _network_cases(source: Source, setting: Setting, apart: frozenset[str]) -> Iterator[Case]:
    members, proof = source.table("network_members"), source.table("network_proof")
    edges = source.table("network_edges")
    for network in source.table("networks").iter_rows(named=True):
        mine = members.filter(pl.col("network_id") == network["network_id"])
        hits = _hits(source, network["hit_ids"])
        proven = proof.filter(pl.col("network_id") == network["network_id"])
        story = network_story(network, mine.to_dicts(), hits.to_dicts(), setting, proven.to_dicts(), apart)
        links = edges.filter(pl.col("network_id") == network["network_id"])
        yield Case(
            network["network_id"], tuple(network["tx_ids"] or ()), hits, mine, story, apart, proof=proven,
            edges=links,
        )  # fmt: skip


def _alert_cases(source: Source, setting: Setting, apart: frozenset[str]) -> Iterator[Case]:
    members = source.table("hit_members")
    holders = source.holders
    known = holders.select(member_id="account_id", customer="party_id").unique()
    known = known.group_by("member_id").agg(pl.col("customer").sort().str.join(", "))
    read = _read_as(source)
    for alert in source.table("alerts").head(TOP_ALERTS).iter_rows(named=True):
        hits = _hits(source, alert["hit_ids"])
        mine = members.filter(pl.col("hit_id").is_in(hits["hit_id"].implode()))
        held = holders.filter(pl.col("party_id") == alert["subject_id"])["account_id"].to_list()
        others = mine.filter(~pl.col("member_id").is_in([alert["subject_id"], *held]))
        told = others.join(known, on="member_id", how="left", maintain_order="left")
        told = told.join(read, on="member_id", how="left", maintain_order="left")
        story = alert_story(alert, told.to_dicts(), hits.to_dicts(), setting, apart)
        mine = _named(alert, told, apart)
        subject = _in_the_middle(alert, alert["leading_role"], apart)
        yield Case(alert["alert_id"], tuple(alert["tx_ids"] or ()), hits, mine, story, apart, subject)


def _read_as(source: Source) -> pl.DataFrame:
    """Gives `member_id`, people and accounts, and `read_as`: the role in a network, else that of an alert."""
    networks = source.table("network_members").select("member_id", "accounts", read_as="role")
    alerts = source.table("alerts").select("accounts", member_id="subject_id", read_as="leading_role")
    people = pl.concat([networks, alerts.select(networks.columns)])
    accounts = people.select(pl.col("accounts").alias("member_id"), "read_as").explode("member_id")
    both = pl.concat([people.drop("accounts"), accounts]).drop_nulls("member_id")
    return both.unique("member_id", keep="first", maintain_order=True)


def _in_the_middle(listed: Row, role: str, apart: Collection[str]) -> Node:
    """Gives the subject of an alert or a review, who stands in the frame of possible victims in doubt."""
    safe = listed["handling"] == "possible victim" or listed["subject_id"] in apart
    role = "possible_victim" if safe else role or "unknown"
    return Node("subject", subject_words(listed), role, safe)


def _named(alert: Row, members: pl.DataFrame, victims: frozenset[str]) -> pl.DataFrame:
    """The subject, then one row per other person or account and role in the hits of an alert."""
    own = pl.DataFrame(
        {"member_id": [alert["subject_id"]], "role": [alert["leading_role"]], "rules": [[]], "n_hits": [0]},
        schema={"member_id": pl.String, "role": pl.String, "rules": pl.List(pl.String), "n_hits": pl.Int64},
    )
    named = members.group_by("member_id", "role").agg(
        rules=pl.col("rule").unique().sort(), n_hits=pl.col("hit_id").n_unique().cast(pl.Int64)
    )
    safe = members.filter(
        (pl.col("role") == "possible_victim")
        | pl.col("member_id").is_in(sorted(victims))
        | pl.col("customer").str.split(", ").list.eval(pl.element().is_in(sorted(victims))).list.any()
    )["member_id"]
    apart = pl.col("member_id").is_in(safe.implode())
    shown = pl.when(apart).then(pl.lit("possible victim")).otherwise(pl.lit("named by a hit"))
    named = named.with_columns(handling=shown).sort("handling", "role", "member_id")
    handling = "possible victim" if alert["subject_id"] in victims else alert["handling"]
    return pl.concat([own.with_columns(handling=pl.lit(handling)), named])


def _hits(source: Source, hit_ids: Sequence[str] | None) -> pl.DataFrame:
    wanted = pl.Series(list(hit_ids or ()), dtype=pl.String)
    return source.table("hits").filter(pl.col("hit_id").is_in(wanted.implode()))


def _setting(run: Run) -> Setting:
    return Setting(run.pack, run.as_of, *not_judged(run.table("readiness")))


def not_judged(ready: pl.DataFrame) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    """Gives rules that were not judged, with title and reason, and ids of those that were judged weakly."""
    silent = ready.filter(pl.col("status") == "not judged").select("rule", "title", "reason").rows()
    return tuple(silent), tuple(ready.filter(pl.col("status") == "weak")["rule"].to_list())


def with_rules(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """Gives the movements of a case, each with the rules to whose hits it contributed."""
    used = case.hits.select("rule", tx_id="tx_ids").explode("tx_id").drop_nulls("tx_id")
    rules = used.group_by("tx_id").agg(pl.col("rule").unique().sort().str.join("+").alias("rules"))
    wanted = pl.Series(case.tx_ids, dtype=pl.String)
    evidence = rows.filter(pl.col("tx_id").is_in(wanted.implode()))
    return evidence.join(rules, on="tx_id", how="left", maintain_order="left")
