"""Makes millions of plain movements quickly, for measuring speed and memory; no group is planned in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from thbscreen.simulate.clock import Ints, Rng
from thbscreen.simulate.places import TOWN_NAMES

_CHUNK = 1_000_000
_ROWS_PER_ACCOUNT = 50
_SPAN_SECONDS = 180 * 86_400
_TOWNS = TOWN_NAMES[:6]
_START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
_MCC = ("5411", "5812", "5814", "5541", "5912", "7011", "4511", "5651")
_FIRST = (
    "Payment of invoice and delivery",
    "ΠΛΗΡΩΜΗ ΛΟΓΑΡΙΑΣΜΟΥ και έξοδα",
    "Перевод за услуги и товары",
    "Plata facturii pentru luna",
    "Family support and school fees",
    "rent share and electricity",
    "thanks for dinner and petrol",
    "massage after football and gym",
)
#: Share of rows by kind: card, cash out, cash in, salary, transfer in, transfer out, direct debit.
_KINDS = np.array([0.46, 0.14, 0.03, 0.04, 0.13, 0.14, 0.06])
_TYPES = (
    "card_purchase",
    "cash_withdrawal",
    "cash_deposit",
    "credit_transfer",
    "instant_transfer",
    "instant_transfer",
    "direct_debit",
)
_CHANNELS = ("pos", "atm", "atm", "online", "mobile", "mobile", None)
_LARGEST = np.array([90, 300, 900, 2600, 400, 400, 120], dtype=np.int64) * 100


def _pick(values: tuple[str | None, ...], index: Ints, when: Ints | None = None) -> pl.Series:
    """Looks values up by number; missing where `when` is 0."""
    chosen = index if when is None else np.where(when != 0, index, len(values))
    return pl.Series([*values, None], dtype=pl.String).gather(pl.Series(chosen))


def _chunk(rng: Rng, first: int, rows: int, accounts: int) -> pl.DataFrame:
    """Makes one chunk: a slice of time over all accounts."""
    kind = rng.choice(len(_KINDS), rows, p=_KINDS).astype(np.int64)
    card, cash, transfer = kind == 0, (kind == 1) | (kind == 2), kind >= 3
    credit = np.isin(kind, [2, 3, 4])
    account, other = rng.integers(0, accounts, rows), rng.integers(0, accounts, rows)
    cents = 100 + (rng.random(rows) ** 2 * _LARGEST[kind]).astype(np.int64)
    cents = np.where(cash, cents // 1000 * 1000 + 2000, np.where(kind == 3, cents // 2 + 90_000, cents))
    text = rng.integers(0, len(_FIRST), rows)
    number = rng.integers(1000, 10_000, rows)
    place = rng.integers(0, len(_TOWNS), rows)
    terminal = rng.integers(0, 4000, rows)
    frame = pl.DataFrame(
        {
            "n": np.arange(first, first + rows),
            "account": account,
            "other": other,
            "cents": cents,
            "number": number,
            "second": rng.integers(0, _SPAN_SECONDS, rows),
            "terminal": terminal,
            "transfer": transfer,
            "at": card | cash,
            "mcc_row": card,
            "cashed": cash,
            "direction": _pick(("debit", "credit"), credit.astype(np.int64)),
            "tx_type": _pick(_TYPES, kind),
            "channel": _pick(_CHANNELS, kind),
            "text": _pick(_FIRST, text, transfer.astype(np.int64)),
            "mcc": _pick(_MCC, rng.integers(0, len(_MCC), rows), card.astype(np.int64)),
            "location_city": _pick(_TOWNS, place, (card | cash).astype(np.int64)),
            "purpose_code": _pick(("SALA",), np.zeros(rows, dtype=np.int64), (kind == 3).astype(np.int64)),
        }
    )
    return _canonical(frame)


def _canonical(frame: pl.DataFrame) -> pl.DataFrame:
    """Gives drawn numbers their canonical columns, types and texts."""
    when = ((pl.lit(_START) + pl.col("second")) * 1_000_000).cast(pl.Datetime("us", "UTC"))
    hundred = pl.lit(100).cast(pl.Decimal(18, 2))
    return frame.select(
        pl.format("B{}", pl.col("n")).alias("tx_id"),
        pl.format("AC{}", pl.col("account") + 10_000_000).alias("account_id"),
        when.alias("booking_ts"),
        "direction",
        (pl.col("cents").cast(pl.Decimal(28, 2)) / hundred).cast(pl.Decimal(18, 2)).alias("amount"),
        pl.lit("EUR").alias("currency"),
        "tx_type",
        "channel",
        pl.when("transfer").then(pl.format("AC{}", pl.col("other") + 10_000_000)).alias("cp_account_id"),
        pl.when("transfer").then(pl.format("Holder {}", pl.col("other"))).alias("cp_name"),
        pl.when("transfer").then(pl.lit("CY")).alias("cp_country"),
        "purpose_code",
        pl.when("transfer")
        .then(pl.format("{} {} ref {}", pl.col("text"), pl.col("number"), pl.col("second") % 997))
        .when("mcc_row")
        .then(
            pl.format("POS {} {} purchase {}", pl.col("terminal"), pl.col("location_city"), pl.col("second"))
        )
        .alias("remittance_info"),
        pl.when("transfer").then(pl.format("DEV{}", pl.col("account"))).alias("device_id"),
        "mcc",
        "location_city",
        pl.when("at")
        .then(
            pl.format(
                "{}{}", pl.when("cashed").then(pl.lit("ATM")).otherwise(pl.lit("POS")), pl.col("terminal")
            )
        )
        .alias("terminal_id"),
        pl.when("at").then(pl.format("CRD{}", pl.col("account"))).alias("card_id"),
    )


def make_bulk_world(folder: Path, rows: int, seed: int) -> None:
    """Writes transactions.parquet, accounts.parquet, parties.parquet and account_parties.parquet.

    One natural person per account, some with employer, occupation and a recent opening; one in 40 is a firm.
    With these tables every shipped rule has its columns.

    Args:
        folder: existing folder to write into.
        rows: number of movements, at least 1.
        seed: seed of the random streams.

    Raises:
        ValueError: rows is below 1.
        OSError: a file cannot be written.
    """
    make_bulk(folder / "transactions.parquet", rows, seed)
    n = max(rows // _ROWS_PER_ACCOUNT, 1)
    rng = np.random.default_rng([seed, 1])
    number = pl.int_range(n, dtype=pl.Int64, eager=True)
    opened = pl.Series(rng.integers(16_000, 20_500, n)).cast(pl.Int32).cast(pl.Date)
    firm = pl.Series(np.arange(n) % 40 == 0)
    account = pl.format("AC{}", number + 10_000_000)
    party = pl.format("P{}", number)
    base = pl.DataFrame({"n": number, "opened_date": opened, "firm": firm}).with_columns(
        account.alias("account_id"), party.alias("party_id")
    )
    base.select("account_id", "opened_date").write_parquet(folder / "accounts.parquet")
    base.select("account_id", "party_id", pl.lit("holder").alias("role")).write_parquet(
        folder / "account_parties.parquet"
    )
    base.select(
        "party_id",
        pl.when("firm").then(pl.lit("legal")).otherwise(pl.lit("natural")).alias("kind"),
        pl.format("AD{}", pl.col("n") // 3).alias("address_hash"),
        pl.format("PH{}", pl.col("n")).alias("phone_hash"),
        pl.when(~pl.col("firm")).then(pl.format("P{}", pl.col("n") // 40 * 40)).alias("employer_id"),
        pl.when(pl.col("firm") & (pl.col("n") % 400 == 0)).then(pl.lit("accommodation")).alias("licence"),
        pl.when("firm").then(pl.lit("55.10")).alias("sector_nace"),
    ).write_parquet(folder / "parties.parquet")


def make_bulk(path: Path, rows: int, seed: int) -> None:
    """Writes a Parquet file of canonical movements, in chunks, with bounded memory.

    About 50 rows per account over 180 days of 2026; texts of 30 to 60 characters in several scripts on
    transfers; rows are in no order. The same rows and seed give the same bytes.

    Args:
        path: file to write.
        rows: number of movements, at least 1.
        seed: seed of the random streams, one per chunk.

    Raises:
        ValueError: rows is below 1.
        OSError: the file cannot be written.
    """
    if rows < 1:
        raise ValueError("rows must be at least 1")
    accounts = max(rows // _ROWS_PER_ACCOUNT, 1)
    starts = range(0, rows, _CHUNK)
    streams = np.random.SeedSequence(seed).spawn(len(starts))

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        for number, first in enumerate(starts):
            yield _chunk(np.random.default_rng(streams[number]), first, min(_CHUNK, rows - first), accounts)

    schema = _chunk(np.random.default_rng(0), 0, 1, 1).schema
    frames = register_io_source(source, schema=schema)
    frames.sink_parquet(
        path, compression="zstd", compression_level=1, row_group_size=_CHUNK // 4, maintain_order=True
    )
