"""Local times become UTC: many rows, few minutes, so the zone's rules are asked once for each minute."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

_MINUTE = 60_000_000
#: Zones changed at odd seconds before this; such rows take the slow way, as do spans of very many years.
_FROM = int((datetime(1973, 1, 1) - datetime(1970, 1, 1)).total_seconds()) * 1_000_000
_MOST_MINUTES = 15_000_000
_FEW = 10_000


def to_utc(local: pl.Expr, zone: str) -> pl.Expr:
    """Gives UTC; an hour that happens twice is taken as the first, one that does not exist is missing."""
    zoned = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")


def twice(local: pl.Expr, zone: str) -> pl.Expr:
    """Says whether a local time happens twice."""
    first = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return first != local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")


def utc_of(local: pl.Series, zone: str) -> tuple[pl.Series, pl.Series | None]:
    """Gives UTC of local times as `to_utc`, and which of them happen twice; None when none does.

    Args:
        local: times without zone, in microseconds.
        zone: whose clock they show.
    """
    units = local.to_physical()
    least, most = units.min(), units.max()
    if not isinstance(least, int) or not isinstance(most, int):
        return local.dt.replace_time_zone("UTC"), None
    span = most // _MINUTE - least // _MINUTE + 1
    if len(local) < _FEW or least < _FROM or span > _MOST_MINUTES:
        return _slowly(local, zone)
    start = least // _MINUTE
    minutes = (units.fill_null(least) // _MINUTE - start).to_numpy()
    seen = np.zeros(span, bool)
    seen[minutes] = True
    known = np.flatnonzero(seen)
    utc, again = _slowly(pl.Series((known + start) * _MINUTE).cast(pl.Datetime("us")), zone)
    shift = np.zeros(span, np.int64)
    missing = utc.is_null().to_numpy()
    shift[known] = utc.to_physical().fill_null(0).to_numpy() - (known + start) * _MINUTE
    out = (units + pl.Series(shift[minutes])).cast(pl.Datetime("us", "UTC"))
    if missing.any():
        gone = np.zeros(span, bool)
        gone[known] = missing
        out = out.to_frame("t").select(pl.when(~pl.Series(gone[minutes])).then(pl.col("t")))["t"]
    if again is None:
        return out, None
    both = np.zeros(span, bool)
    both[known] = again.fill_null(value=False).to_numpy()
    return out, pl.Series(both[minutes]) & local.is_not_null()


def _slowly(local: pl.Series, zone: str) -> tuple[pl.Series, pl.Series | None]:
    frame = local.to_frame("t").select(
        to_utc(pl.col("t"), zone).alias("utc"), twice(pl.col("t"), zone).fill_null(value=False).alias("again")
    )
    return frame["utc"], frame["again"] if frame["again"].any() else None
