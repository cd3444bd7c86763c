"""Small hostile worlds in two shapes: for the engine, and for the slow interpreter of rules."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import numpy as np
import polars as pl
from hypothesis import strategies as st

from tests.oracles import rules as slow
from thbscreen.compile.pack import compile_pack
from thbscreen.engine.hits import Assembler
from thbscreen.engine.memory import from_rows
from thbscreen.engine.prepare import prepare
from thbscreen.engine.run import Runner
from thbscreen.model import catalogue

MINUTE = 60_000_000
KINDS = {f.name: f.kind for fields in catalogue.TABLES.values() for f in fields}


def at(text):
    """Gives an instant written in UTC in microseconds."""
    return (dt.datetime.fromisoformat(text) - slow.EPOCH) // slow.MICRO


#: The nights of Nicosia in which clocks change, the year's end, a leap day, and an ordinary day.
MOMENTS = tuple(
    at(t)
    for t in (
        "2024-03-31 00:30", "2024-10-27 00:00", "2024-10-26 00:30", "2023-12-31 21:50", "2024-02-29 10:00",
        "2024-03-30 00:45", "2024-05-15 12:00",
    )
)  # fmt: skip
#: Minutes between rows: none, the lengths of the windows, and a minute beside them.
STEPS = (60, 1, 0, 30, 29, 31, 90, 180, 359, 360, 361, 690, 720, 1380, 1439, 1440, 1441, 0, 10080, 43200)


def maybe(*values):
    """Gives one of the values or nothing."""
    return st.sampled_from((None, *values))


ROW = st.fixed_dictionaries(
    {
        "account_id": st.sampled_from(("A1", "A1", "A1", "A2", "A2", "A3")),
        "booking_ts": st.sampled_from(STEPS),
        "direction": st.sampled_from(("credit", "debit")),
        "amount_eur": maybe("0.01", "1.00", "1.00", "2.50", "10.00", "99.99", "100.00"),
        "cp_account_id": maybe("A1", "A2", "A3", "X1", "X2"),
        "tx_type": maybe("cash_deposit", "cash_withdrawal", "card_purchase"),
        "location_city": maybe("Limassol", "Λεμεσός", "LARNACA", "Paphos", "Nowhere"),
        "terminal_id": maybe("M1", "M2"),
        "mcc": maybe("7011", "5411", "3500", "701"),
        "balance_after": maybe("-5.00", "0.00", "1.00", "20.00"),
        "value_date": maybe("2024-03-31", "2024-01-01"),
        "remittance_info": maybe("ESCORT 2h", "rent", "Ενοίκιο Μάρτιος", "escorted tour"),
        "cp_name": maybe("Dimos Paphou", "Someone"),
        "purpose_code": maybe("SALA", "RENT"),
    }
)
PARTY = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("natural", "legal")),
        "employer_id": maybe("E1", "E2", "C-A3"),
        "address_hash": maybe("h1", "h2"),
        "phone_hash": maybe("p1", "p2"),
        "declared_monthly_income_eur": maybe("10.00", "100.00"),
        "declared_employees": maybe("1", "5"),
        "incorporation_date": maybe("2024-03-31", "2020-01-01"),
        "onboarding_ts": maybe("2024-03-31 02:30", "2024-01-01 00:00"),
        "licence": maybe("wedding_trade"),
        "occupation": maybe("student", "driver"),
    }
)


#: How rows lie in time and among accounts.
SHAPES = ("spread", "spread", "spread", "hot", "tied", "crossed")
SIZES = (1.0, 1.0, 1.0, 0.5, 0.0)


@st.composite
def worlds(draw, max_rows=16):
    """Draws the tables of a small bank as rows of text; times are instants in microseconds.

    Rows lie around one moment, some steps after each other, so that windows hold several and end sharply.
    On purpose there are: no row at all, one row, one account that holds every row but one (hot), rows of one
    instant (tied), rows of different accounts at equal times (crossed), missing values in every column that
    may miss them, equal amounts, customers without an account, and rows in the file's order, reversed or
    shuffled, with ids that do not follow the time.
    """
    size = round(max_rows * draw(st.sampled_from(SIZES))) or draw(st.sampled_from((0, 1, 1)))
    rows = draw(st.lists(ROW, min_size=size, max_size=size))
    shape = draw(st.sampled_from(SHAPES))
    moment = draw(st.sampled_from(MOMENTS)) - draw(st.sampled_from((0, 360, 1440, *STEPS))) * MINUTE
    for i, row in enumerate(rows):
        step = row["booking_ts"]
        row["booking_ts"] = moment
        if shape == "hot":
            row["account_id"] = "A1" if i else "A2"
        still = shape == "tied" or (shape == "crossed" and i % 2 == 0)
        moment += 0 if still else step * MINUTE * (1 if step < 10080 else draw(st.sampled_from((0, 0, 1))))
    order = draw(st.permutations(range(len(rows))))
    for row, n in zip(rows, order, strict=True):
        row["tx_id"] = f"T{n:02d}"
    match draw(st.sampled_from(("as it is", "reversed", "shuffled"))):
        case "reversed":
            rows.reverse()
        case "shuffled":
            rows.sort(key=lambda r: r["tx_id"])
    return rows, *draw(customers())


@st.composite
def customers(draw):
    """Draws accounts, and customers of which some hold two accounts and one may hold none."""
    parties = []
    for account in ("A1", "A2", "A3", "X1", None):
        if draw(st.booleans()):
            party = {"account_id": account, **draw(PARTY)}
            party["party_id"] = draw(st.sampled_from((f"C-{account}", "C-A1"))) if account else "C-0"
            known = next((p for p in parties if p["party_id"] == party["party_id"]), None)
            parties.append(party if known is None else {**known, "account_id": account})
    opened = {a: draw(maybe("2024-03-30", "2023-12-31")) for a in ("A1", "A2", "X2")}
    return [{"account_id": a, "opened_date": d} for a, d in opened.items()], parties


def plain(name, text, zone):
    """Gives a cell as the slow interpreter wants it."""
    kind = KINDS.get(name)
    if text is None or not isinstance(text, str):
        return text
    match kind:
        case "money":
            return int(Fraction(text) * 100)
        case "whole":
            return int(text)
        case "date":
            return dt.date.fromisoformat(text)
        case "time":
            return zone.instant(dt.datetime.fromisoformat(text))
        case _:
            return text


def slow_world(pack, rows, accounts, parties, networks=None):
    """Gives the world of the slow interpreter."""
    zone = slow.Zone(pack.profile.time_zone)
    people = {}
    for p in parties:
        people.setdefault(p["party_id"], {k: plain(k, v, zone) for k, v in p.items() if k != "account_id"})
    return slow.World(
        pack,
        [{k: plain(k, v, zone) for k, v in r.items()} for r in rows],
        {a["account_id"]: {k: plain(k, v, zone) for k, v in a.items()} for a in accounts},
        people,
        {p["account_id"]: p["party_id"] for p in parties if p["account_id"]},
        networks=networks or {},
    )


def source_of(pack, rows, accounts, parties):
    """Gives the tables to the engine; no text decides about a repeated hour, because times are instants."""
    dated = [{**r, "booking_ts": "2024-01-01 00:00"} for r in rows]
    source = from_rows(dated, accounts, parties, pack.profile.time_zone)
    moments = pl.Series("booking_ts", [r["booking_ts"] for r in rows], dtype=pl.Int64)
    source.transactions = source.transactions.with_columns(moments.cast(pl.Datetime("us", "UTC")))
    return source


def engine_hits(pack, rows, accounts, parties, buckets, networks=None):
    """Gives the engine's hit tables; every rule runs, whatever readiness would say.

    Args:
        pack: the rules.
        rows: with times as instants in microseconds.
        accounts: rows of text.
        parties: rows of text.
        buckets: to cut the accounts into.
        networks: network by account; rules over networks run only when it is given.
    """
    compiled = compile_pack(pack)
    prepared = prepare(source_of(pack, rows, accounts, parties), compiled, buckets=buckets)
    runner = Runner(prepared, compiled)
    runner.run()
    names = pl.Series("network_id", sorted(set((networks or {}).values())), dtype=pl.String)
    if networks is not None:
        code = {name: i for i, name in enumerate(names)}
        found = [code.get(networks.get(a), -1) for a in prepared.dictionaries["account"]]
        runner.run_networks(np.array(found, np.int64))
    return Assembler(prepared, compiled, names).assemble(runner.result)


def comparable(found, rule):
    """Gives the engine's hits of one rule in the form of the slow interpreter, sorted."""
    members = {}
    for m in found.members.filter(pl.col("rule") == rule.id).iter_rows(named=True):
        members.setdefault(m["hit_id"], {})[m["field"], m["member_id"]] = m["n_tx"]
    out = []
    for hit in found.hits.filter(pl.col("rule") == rule.id).iter_rows(named=True):
        moments = [hit[c] for c in ("starts", "ends", "window_starts", "window_ends")]
        known = [m for m in moments if m is not None]
        numbers = {m["name"]: m["value"] for m in hit["measures"]}
        out.append(
            {
                "keys": tuple(k["value"] for k in hit["keys"]),
                "times": [(m.replace(tzinfo=None) - slow.EPOCH) // slow.MICRO for m in known],
                "episodes": int(numbers.pop("episodes", 1)),
                "numbers": numbers,
                "lines": [c["holds"] for c in hit["conditions"]],
                "tx_ids": hit["tx_ids"],
                "amount": hit["amount_eur"],
                "members": members.get(hit["hit_id"], {}),
            }
        )
    return sorted(out, key=order_of)


def shown(hits, rule):
    """Gives the slow interpreter's hits with numbers as the hit table shows them."""
    money = {m.name for m in getattr(rule.detect, "measures", ()) if m.unit == "money"}

    def float_of(name, value):
        return None if value is None else float(value / 100 if name in money else value)

    out = [
        {**h, "numbers": {n: float_of(n, v) for n, v in h["numbers"].items()}} if "numbers" in h else h
        for h in hits
    ]
    return sorted(out, key=order_of)


def order_of(hit):
    """Sorts hits alike, whatever an interpreter tells of them."""
    return (hit["keys"], hit.get("times", 0), hit.get("tx_ids", 0))


def near_misses(found, rule):
    """Gives the engine's near misses of one rule in the form of the slow interpreter, sorted."""
    out = []
    for near in found.near.filter(pl.col("rule") == rule.id).iter_rows(named=True):
        moments = [near["window_starts"], near["window_ends"]]
        out.append(
            {
                "subject": near["subject_id"],
                "times": [(m.replace(tzinfo=None) - slow.EPOCH) // slow.MICRO for m in moments],
                "line": near["line"],
                "sides": [near["left"], near["right"]],
                "distance": near["distance"],
                "tx_ids": near["tx_ids"],
            }
        )
    return sorted(out, key=str)
