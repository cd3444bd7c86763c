"""One folder per suspected network and per top alert: movements, members, narrative."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from thbscreen.errors import OutputError
from thbscreen.model import catalogue, money
from thbscreen.report import files
from thbscreen.report.files import Written
from thbscreen.report.narrative import Row, Setting, alert_story, network_story, review_story
from thbscreen.report.run import Run
from thbscreen.report.text import neutralised

#: Alerts with a case folder of their own, from the top.
TOP_ALERTS = 50
#: The same for hits that are read at once, the latest first.
TOP_REVIEWS = 200
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
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
class Case:
    """What one folder is made from."""

    id: str
    tx_ids: tuple[str, ...]
    hits: pl.DataFrame
    members: pl.DataFrame
    story: str
    proof: pl.DataFrame | None = None


def write_cases(run: Run, folder: Path) -> list[Written]:
    """Writes `cases/<id>/` with evidence.csv, members.csv and narrative.txt; reads the source once.

    A network has `proof.csv` beside them.
    """
    apart = handled_as_victims(run)
    cases = [*_review_cases(run, apart), *_network_cases(run, apart), *_alert_cases(run, apart)]
    if not cases:
        return []
    wanted = {tx for case in cases for tx in case.tx_ids}
    rows = readable(run.dataset.fetch(sorted(wanted)), run.pack.profile.time_zone)
    return [item for case in cases for item in _write(case, rows, folder)]


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


def handled_as_victims(run: Run) -> frozenset[str]:
    """Gives who is handled as a possible victim anywhere: members of networks and subjects of alerts.

    Accounts of such people are among the ids.
    """
    members = run.table("network_members")
    read = members.filter(pl.col("role") == "possible_victim")
    listed = pl.concat([run.table(name).select("handling", "subject_id") for name in ("alerts", "reviews")])
    alerted = listed.filter(pl.col("handling") == "possible victim")["subject_id"]
    people = pl.concat([read["member_id"], alerted.rename("member_id")]).unique()
    holders = run.dataset.account_parties
    held = holders.filter(pl.col("party_id").is_in(people.implode()))["account_id"]
    accounts = read["accounts"].explode().drop_nulls()
    return frozenset({*people.to_list(), *held.to_list(), *accounts.to_list()})


def _review_cases(run: Run, apart: frozenset[str]) -> Iterator[Case]:
    members, setting = run.table("hit_members"), _setting(run)
    for review in run.table("reviews").head(TOP_REVIEWS).iter_rows(named=True):
        hits = _hits(run, [review["hit_id"]])
        story = review_story(review, hits.to_dicts(), setting, apart)
        mine = members.filter(pl.col("hit_id") == review["hit_id"])
        yield Case(review["review_id"], tuple(review["tx_ids"] or ()), hits, mine, story)


def _network_cases(run: Run, apart: frozenset[str]) -> Iterator[Case]:
    members, setting, proof = run.table("network_members"), _setting(run), run.table("network_proof")
    for network in run.table("networks").iter_rows(named=True):
        mine = members.filter(pl.col("network_id") == network["network_id"])
        hits = _hits(run, network["hit_ids"])
        proven = proof.filter(pl.col("network_id") == network["network_id"])
        story = network_story(network, mine.to_dicts(), hits.to_dicts(), setting, proven.to_dicts(), apart)
        yield Case(network["network_id"], tuple(network["tx_ids"] or ()), hits, mine, story, proven)


def _alert_cases(run: Run, apart: frozenset[str]) -> Iterator[Case]:
    members, setting = run.table("hit_members"), _setting(run)
    holders = run.dataset.account_parties
    known = holders.select(member_id="account_id", customer="party_id").unique()
    known = known.group_by("member_id").agg(pl.col("customer").sort().str.join(", "))
    for alert in run.table("alerts").head(TOP_ALERTS).iter_rows(named=True):
        hits = _hits(run, alert["hit_ids"])
        mine = members.filter(pl.col("hit_id").is_in(hits["hit_id"].implode()))
        held = holders.filter(pl.col("party_id") == alert["subject_id"])["account_id"].to_list()
        others = mine.filter(~pl.col("member_id").is_in([alert["subject_id"], *held]))
        told = others.join(known, on="member_id", how="left", maintain_order="left")
        story = alert_story(alert, told.to_dicts(), hits.to_dicts(), setting, apart)
        mine = _named(alert, told, apart)
        yield Case(alert["alert_id"], tuple(alert["tx_ids"] or ()), hits, mine, story)


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


def _hits(run: Run, hit_ids: Sequence[str] | None) -> pl.DataFrame:
    wanted = pl.Series(list(hit_ids or ()), dtype=pl.String)
    return run.table("hits").filter(pl.col("hit_id").is_in(wanted.implode()))


def _setting(run: Run) -> Setting:
    ready = run.table("readiness")
    silent = ready.filter(pl.col("status") == "not judged").select("rule", "title", "reason").rows()
    weak = ready.filter(pl.col("status") == "weak")["rule"].to_list()
    return Setting(run.pack, run.as_of, tuple(silent), tuple(weak))


def _write(case: Case, rows: pl.DataFrame, folder: Path) -> Iterator[Written]:
    if not _SAFE.fullmatch(case.id):
        raise OutputError("a case has an id that cannot name a folder", hint="this is a bug")
    place = folder / "cases" / case.id
    place.mkdir(parents=True, mode=0o700)
    used = case.hits.select("rule", tx_id="tx_ids").explode("tx_id").drop_nulls("tx_id")
    rules = used.group_by("tx_id").agg(pl.col("rule").unique().sort().str.join("+").alias("rules"))
    wanted = pl.Series(case.tx_ids, dtype=pl.String)
    evidence = rows.filter(pl.col("tx_id").is_in(wanted.implode()))
    evidence = evidence.join(rules, on="tx_id", how="left", maintain_order="left")
    files.write_csv(evidence, place / "evidence.csv", neutral_already=True)
    files.write_csv(case.members, place / "members.csv")
    if case.proof is not None:
        files.write_csv(case.proof, place / "proof.csv")
    (place / "narrative.txt").write_text(case.story, encoding="utf-8", newline="\n")
    inside = f"cases/{case.id}"
    yield Written(f"{inside}/evidence.csv", evidence.height)
    yield Written(f"{inside}/members.csv", case.members.height)
    if case.proof is not None:
        yield Written(f"{inside}/proof.csv", case.proof.height)
    yield Written(f"{inside}/narrative.txt")
