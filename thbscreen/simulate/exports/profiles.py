"""The forms of export: which bank writes which, what it cannot hold, and how to read it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.simulate import view as seen
from thbscreen.simulate.exports import dirt as damage
from thbscreen.simulate.exports import statements, tables
from thbscreen.simulate.ids import BANKS
from thbscreen.simulate.settings import Settings, SettingsError
from thbscreen.simulate.view import View


@dataclass(frozen=True, slots=True)
class Profile:
    """One form of export.

    Attributes:
        name: word of `--profiles`.
        about: what it is, for people.
        file: file of movements in its folder.
        lost: canonical columns that the form cannot hold, or holds with loss, and how.
        write: writes movements; gives counts of the damage done.
        mapping: gives the mapping for a file of movements; None where none is needed.
    """

    name: str
    about: str
    file: str
    lost: dict[str, str]
    write: Callable[[pl.DataFrame, Path, Settings], dict[str, int]]
    mapping: Callable[[str], str] | None


def _a(rows: pl.DataFrame, path: Path, settings: Settings) -> dict[str, int]:
    done = damage.soil(rows, settings.dirt, settings.seed, "bank_a", text_dates=True)
    twice = damage.repeats(rows.height, settings.dirt.duplicate, settings.seed, "bank_a")
    doubled = _doubled(done.rows, twice)
    tables.write_a(doubled, path, swapped=doubled["swapped"])
    counts = done.counts | {"duplicate": len(twice), "swapped_day": int(doubled["swapped"].sum())}
    text = path.read_bytes().decode("cp1253")
    cut, counts["broken"] = damage.cut_lines(text, 6, settings.dirt.broken, settings.seed, "bank_a", "\r\n")
    path.write_bytes(cut.encode("cp1253"))
    return counts


def _b(rows: pl.DataFrame, path: Path, settings: Settings) -> dict[str, int]:
    done = damage.soil(rows, settings.dirt, settings.seed, "bank_b", text_dates=False)
    twice = damage.repeats(rows.height, settings.dirt.duplicate, settings.seed, "bank_b")
    if rows.height + len(twice) > tables.SHEET_ROWS:
        raise SettingsError(
            "--profiles", "bank_b", f"a workbook holds {tables.SHEET_ROWS} movements", "take a smaller preset"
        )
    tables.write_b(_doubled(done.rows, twice), path)
    return done.counts | {"duplicate": len(twice)}


def _c(rows: pl.DataFrame, path: Path, settings: Settings) -> dict[str, int]:
    done = damage.soil(rows, settings.dirt, settings.seed, "bank_c", text_dates=False)
    undone = damage.reverse(_in_euros(done.rows), settings.dirt.reversal, settings.seed, "bank_c")
    statements.write_camt(undone.rows, path, "BANKC")
    return _statement_counts(done.counts | undone.counts)


def _d(rows: pl.DataFrame, path: Path, settings: Settings) -> dict[str, int]:
    done = damage.soil(rows, settings.dirt, settings.seed, "bank_d", text_dates=False)
    undone = damage.reverse(_in_euros(done.rows), settings.dirt.reversal, settings.seed, "bank_d")
    statements.write_mt940(undone.rows, path)
    return _statement_counts(done.counts | undone.counts)


def _statement_counts(counts: dict[str, int]) -> dict[str, int]:
    return {k: v for k, v in counts.items() if k != "wrong_currency"}


def _in_euros(rows: pl.DataFrame) -> pl.DataFrame:
    """Puts the right currency back: a statement names it once for all entries."""
    return rows.with_columns(pl.lit("EUR").alias("currency"))


def _e(rows: pl.DataFrame, path: Path, settings: Settings) -> dict[str, int]:
    done = damage.soil(rows, settings.dirt, settings.seed, "bank_e", text_dates=False)
    twice = damage.repeats(rows.height, settings.dirt.duplicate, settings.seed, "bank_e")
    tables.write_e(_doubled(done.rows, twice), path)
    counts = done.counts | {"duplicate": len(twice)}
    text = path.read_text(encoding="utf-8")
    cut, counts["broken"] = damage.cut_lines(text, 1, settings.dirt.broken, settings.seed, "bank_e", "\n")
    path.write_text(cut, encoding="utf-8", newline="\n")
    return counts


def _doubled(rows: pl.DataFrame, twice: list[int]) -> pl.DataFrame:
    """Repeats some rows right behind themselves."""
    at = pl.Series(sorted([*range(rows.height), *twice]), dtype=pl.UInt32)
    return rows[at]


_NO_CUSTOMER_DATA: dict[str, str] = {"balance_after": "not written"}
PROFILES: tuple[Profile, ...] = (
    Profile(
        "bank_a",
        "table of bank A: cp1253, semicolons, decimal comma, debit and credit columns, preamble and totals",
        "kiniseis.csv",
        _NO_CUSTOMER_DATA
        | {
            "remittance_info": "letters outside cp1253 become ?",
            "cp_name": "letters outside cp1253 become ?",
            "cp_country": "told from the IBAN",
            "location_country": "not written",
            "ultimate_creditor": "as cp_name",
        },
        _a,
        tables.mapping_a,
    ),
    Profile(
        "bank_b",
        "workbook of bank B: Greek heads, a sign and a flag",
        "kiniseis.xlsx",
        _NO_CUSTOMER_DATA
        | {
            "cp_country": "told from the IBAN",
            "ultimate_creditor": "not written",
            "merchant_country": "not written",
            "location_country": "not written",
            "conductor_id": "not written",
        },
        _b,
        tables.mapping_b,
    ),
    Profile(
        "bank_c",
        "camt.053.001.08 of bank C, wages in batches",
        "statements.xml",
        _NO_CUSTOMER_DATA
        | {
            "tx_id": "stands as bank_ref",
            "cp_country": "told from the IBAN",
            "merchant_id": "not written",
            "merchant_name": "stands as remittance_info",
            "merchant_country": "not written",
            "card_id": "not written",
            "location_city": "not written",
            "location_country": "not written",
            "device_id": "not written",
            "conductor_id": "not written",
            "channel": "online, mobile and ecom are not written",
            "tx_type": "remittance becomes credit_transfer",
            "booking_ts": "wages of one batch have the time of the first",
            "remittance_info": "the merchant's name where there is no text",
        },
        _c,
        None,
    ),
    Profile(
        "bank_d",
        "MT940 of bank D with German field :86: and reversals",
        "statements.sta",
        _NO_CUSTOMER_DATA
        | {
            "booking_ts": "the day only",
            "tx_id": "last 16 signs stand as bank_ref",
            "cp_country": "told from the IBAN",
            "remittance_info": "letters outside SWIFT's become points",
            "cp_name": "27 letters of SWIFT's",
            "ultimate_creditor": "not written",
            "purpose_code": "not written",
            "mcc": "not written",
            "merchant_id": "not written",
            "merchant_name": "stands as remittance_info",
            "merchant_country": "not written",
            "card_id": "not written",
            "terminal_id": "not written",
            "location_city": "not written",
            "location_country": "not written",
            "device_id": "not written",
            "conductor_id": "not written",
            "channel": "not written",
            "tx_type": "cross_border and remittance become credit_transfer",
        },
        _d,
        None,
    ),
    Profile(
        "bank_e",
        "card file of bank E: commas, MCC, times in UTC",
        "cards.csv",
        _NO_CUSTOMER_DATA | {"cp_country": "told from the IBAN", "location_country": "not written"},
        _e,
        tables.mapping_e,
    ),
)
BY_NAME = {p.name: p for p in PROFILES}
#: Where the two periods of the bundle for an FIU part, and how far the second reaches back.
_PARTED = datetime(2026, 5, 31, 21, tzinfo=UTC), datetime(2026, 5, 24, 21, tzinfo=UTC)


def movements_of_bank(view: View, bank: int) -> pl.DataFrame:
    """Gives the canonical movements of one bank with `value_date`, in the order of booking."""
    mine = pl.Series(view.bank == bank).gather(view.legs["account"])
    rows = view.transactions(view.legs.filter(mine))
    local = pl.col("booking_ts").dt.convert_time_zone("Asia/Nicosia")
    return rows.with_columns(local.dt.date().alias("value_date"))


def write_profile(view: View, settings: Settings, name: str, folder: Path) -> dict[str, Any]:
    """Writes one export into an existing folder.

    Args:
        view: the world as banks see it.
        settings: seed and damage.
        name: bank_a to bank_e, or fiu.
        folder: where to.

    Returns:
        what was written, for the manifest: files, how to scan them, and damage by kind.

    Raises:
        SettingsError: the form cannot hold so many movements.
        OSError: a file cannot be written.
    """
    if name == "fiu":
        return _bundle(view, settings, folder)
    profile, bank = BY_NAME[name], "abcde".index(name[-1])
    _customers(view, [bank], folder)
    rows = movements_of_bank(view, bank)
    counts = profile.write(rows, folder / profile.file, settings)
    how = f"thbscreen scan exports/{name} --out out"
    if profile.mapping is not None:
        path = folder.parent / f"{name}.yaml"
        path.write_text(profile.mapping(profile.file), encoding="utf-8", newline="\n")
        how = f"thbscreen scan exports/{name} --mapping exports/{path.name} --out out"
    return {
        "about": profile.about,
        "movements": rows.height,
        "scan": how,
        "damage": counts,
        "lost": profile.lost,
    }


def _customers(view: View, banks: list[int], folder: Path) -> None:
    """Writes the tables of accounts and customers of some banks."""
    codes = [BANKS[b] for b in banks]
    accounts = seen.accounts(view).filter(pl.col("institution").is_in(codes))
    links = seen.links(view).filter(pl.col("account_id").is_in(accounts["account_id"].implode()))
    parties = seen.parties(view).filter(pl.col("party_id").is_in(links["party_id"].implode()))
    accounts.write_csv(folder / "accounts.csv")
    parties.write_csv(folder / "parties.csv")
    links.write_csv(folder / "account_parties.csv")


def _bundle(view: View, settings: Settings, folder: Path) -> dict[str, Any]:
    """Writes the bundle that an FIU gets: statements of all banks, in two periods that overlap by a week."""
    _customers(view, list(range(settings.banks)), folder)
    total, counts = 0, {"overlap": 0}
    for bank in range(settings.banks):
        rows = movements_of_bank(view, bank)
        total += rows.height
        done = damage.soil(rows, settings.dirt, settings.seed, f"fiu/{bank}", text_dates=False)
        undone = damage.reverse(_in_euros(done.rows), settings.dirt.reversal, settings.seed, f"fiu/{bank}")
        for key, n in _statement_counts(done.counts | undone.counts).items():
            counts[key] = counts.get(key, 0) + n
        for period, part in enumerate(
            (
                undone.rows.filter(pl.col("booking_ts") < _PARTED[0]),
                undone.rows.filter(pl.col("booking_ts") >= _PARTED[1]),
            ),
            1,
        ):
            name = f"bank_{'abcde'[bank]}_{period}"
            if bank % 2:
                statements.write_mt940(part, folder / f"{name}.sta")
            else:
                statements.write_camt(part, folder / f"{name}.xml", name.upper())
        counts["overlap"] += undone.rows.filter(
            pl.col("booking_ts").is_between(_PARTED[1], _PARTED[0], closed="left")
        ).height
    return {
        "about": "statements of all banks (camt.053 and MT940), in two periods that overlap by a week",
        "movements": total,
        "scan": "thbscreen scan exports/fiu --out out",
        "damage": counts,
        "lost": BY_NAME["bank_d"].lost,
    }
