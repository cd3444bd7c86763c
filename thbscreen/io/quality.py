"""Data quality of a dataset as plain data for quality.json; counts and shares, never values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from thbscreen.io.checks.facts import Facts
from thbscreen.io.checks.judge import judged, sentences
from thbscreen.io.identity_report import identity_facts, identity_findings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from thbscreen.io.checks.facts import Asking
    from thbscreen.io.dataset import Dataset, LoadReport

_ROUND = 10_000  # one hundred euros in cents
_MOST_QUARTERS = 5_000_000
#: Accounts that are held, before those of several chunks become one list.
_MERGE = 1_000_000
_QUARTER = 900_000_000  # a quarter of an hour in microseconds


class Observations:
    """What a pass over the transactions saw: days, times, round amounts, accounts."""

    def __init__(self, zone: str) -> None:
        """Starts empty; days and times of day are those of `zone`."""
        self.zone = zone
        self.rows = 0
        self.timed = 0
        self.priced = 0
        self.round = 0
        self._quarters: list[pl.DataFrame] = []
        self._accounts: list[pl.Series] = []

    def add(self, frame: pl.DataFrame, accounts: pl.Series | None = None) -> None:
        """Takes in one canonical chunk.

        Args:
            frame: movements.
            accounts: the different values of account_id, where they are known.
        """
        price = pl.col("amount_eur")
        seen = frame.select(
            timed=pl.col("has_time").sum(), priced=price.count(), round=(price % _ROUND == 0).sum()
        ).row(0, named=True)
        self.rows += frame.height
        self.timed += seen["timed"] or 0
        self.priced += seen["priced"] or 0
        self.round += seen["round"] or 0
        # Local days begin on a quarter of an hour everywhere; few quarters convert faster than many rows.
        clock = frame["booking_ts"].drop_nulls().to_physical()
        if len(clock):
            self._quarters.append(_counted(clock, frame["has_time"]))
        self._accounts.append(frame["account_id"].unique() if accounts is None else accounts)
        if sum(map(len, self._accounts)) > max(_MERGE, 2 * len(self._accounts[0])):
            self._accounts = [self.accounts()]

    def _local(self) -> pl.DataFrame:
        """Gives local start, number of rows and number of exact times of each quarter of an hour."""
        empty = pl.DataFrame(schema={"quarter": pl.Int64, "len": pl.UInt32, "exact": pl.UInt32})
        start = (pl.col("quarter") * _QUARTER).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(self.zone)
        return pl.concat([empty, *self._quarters]).with_columns(start.alias("start"))

    @property
    def midnight(self) -> int:
        """Rows with a time of day that is exactly local midnight."""
        return int(self._local().filter(pl.col("start").dt.time() == pl.time())["exact"].sum() or 0)

    @property
    def universal_midnight(self) -> int:
        """Rows with a time of day that is exactly midnight in Universal Time."""
        per_day = 86_400_000_000 // _QUARTER
        return int(self._local().filter(pl.col("quarter") % per_day == 0)["exact"].sum() or 0)

    def days(self) -> pl.DataFrame:
        """Gives `day` and the number of rows `len`, sorted."""
        return (
            self._local()
            .group_by(pl.col("start").dt.date().alias("day"))
            .agg(pl.col("len").sum())
            .sort("day")
        )

    def accounts(self) -> pl.Series:
        """Gives the distinct accounts."""
        if not self._accounts:
            return pl.Series("account_id", [], dtype=pl.String)
        return pl.concat(self._accounts).unique()


def _counted(clock: pl.Series, timed: pl.Series) -> pl.DataFrame:
    """Counts rows and exact times of each quarter of an hour, in time order."""
    quarters, exact = clock // _QUARTER, (clock % _QUARTER == 0) & timed
    least, most = quarters.min(), quarters.max()
    if not isinstance(least, int) or not isinstance(most, int) or most - least > _MOST_QUARTERS:
        told = pl.DataFrame({"quarter": quarters, "exact": exact})
        return told.group_by("quarter").agg(pl.len(), pl.col("exact").sum()).sort("quarter")
    places = (quarters - least).to_numpy()
    rows = np.bincount(places)
    whole = np.bincount(places[exact.fill_null(value=False).to_numpy()], minlength=len(rows))
    known = np.flatnonzero(rows)
    return pl.DataFrame(
        {"quarter": known + least, "len": rows[known], "exact": whole[known]},
        schema={"quarter": pl.Int64, "len": pl.UInt32, "exact": pl.UInt32},
    )


def quality(
    dataset: Dataset, report: LoadReport, now: datetime | None = None, rules: Iterable[Asking] = ()
) -> dict[str, Any]:
    """Measures completeness, plausibility and references, and runs the named checks.

    Args:
        dataset: a dataset that has been read.
        report: its report.
        now: bookings after this day count as lying in the future; None leaves that out, so that the
            result does not depend on the clock.
        rules: rules of the run; findings name those that they concern.

    Returns:
        Plain data with keys load, completeness, plausibility, references, checks (see
        `thbscreen.io.checks.judge`) and findings (sentences), and statements where there are any; these name
        their accounts.
    """
    seen = dataset.observations()
    checks = judged(_facts(dataset, report, seen, now), rules)
    out: dict[str, Any] = {
        "load": report.as_dict(),
        "completeness": {
            "transactions": {k: round(v, 6) for k, v in sorted(report.coverage.items())},
            "accounts": _filled(dataset.accounts),
            "parties": _filled(dataset.parties),
            "account_parties": _filled(dataset.account_parties),
        },
        "plausibility": _plausibility(seen, now),
        "references": _references(dataset, seen),
        "checks": checks,
    }
    days = seen.days()["day"]
    out["identity"] = identity_facts(dataset, *((days[0], days[-1]) if len(days) else (None, None)))
    if report.statements:
        out["statements"] = report.statements
    out["findings"] = [
        *sentences(checks),
        *identity_findings(out["identity"]),
        *report.statements.get("summary", ()),
    ]
    return out


def _facts(dataset: Dataset, report: LoadReport, seen: Observations, now: datetime | None) -> Facts:
    return Facts(
        seen=dataset.gathered(),
        days=seen.days(),
        timed=seen.timed,
        midnight=max(seen.midnight, seen.universal_midnight),
        priced=seen.priced,
        round=seen.round,
        accounts=dataset.accounts,
        parties=dataset.parties,
        links=dataset.account_parties,
        places=dataset.side_places,
        report=report,
        own_ids=dataset.own_ids(),
        zone=dataset.zone,
        now=now,
    )


def _filled(frame: pl.DataFrame) -> dict[str, float]:
    if not frame.height:
        return {}
    return {c: round(1 - frame[c].null_count() / frame.height, 6) for c in sorted(frame.columns)}


def _plausibility(seen: Observations, now: datetime | None) -> dict[str, Any]:
    days = seen.days()
    known = days["day"].to_list()
    first, last = (known[0], known[-1]) if known else (None, None)
    span = (last - first).days + 1 if first is not None and last is not None else 0
    future = None if now is None else int(days.filter(pl.col("day") > now.date())["len"].sum() or 0)
    return {
        "first_day": str(first) if first else None,
        "last_day": str(last) if last else None,
        "days_without_rows": span - days.height,
        "rows_in_the_future": future,
        "share_with_time": _share(seen.timed, seen.rows),
        "share_of_times_at_midnight": _share(seen.midnight, seen.timed),
        "share_of_amounts_in_round_hundreds": _share(seen.round, seen.priced),
    }


def _references(dataset: Dataset, seen: Observations) -> dict[str, int]:
    used = seen.accounts()
    known = dataset.accounts["account_id"]
    held = dataset.account_parties.filter(pl.col("role").is_in(["holder", "joint_holder"]))["account_id"]
    parties = dataset.parties["party_id"]
    linked = dataset.account_parties["party_id"].unique()
    return {
        "accounts_in_transactions": len(used),
        "accounts_in_transactions_without_account_row": _outside(used, known),
        "accounts_in_transactions_without_holder": _outside(used, held),
        "account_rows_without_transactions": _outside(known, used),
        "links_to_unknown_parties": _outside(linked, parties),
        "parties_without_account": _outside(parties, linked),
    }


def _outside(values: pl.Series, known: pl.Series) -> int:
    return int((~values.is_in(known.unique().implode())).sum())


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
