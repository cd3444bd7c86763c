"""Local times become UTC: many rows, few hours, so the zone's rules are asked once for each hour."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HOUR = 3_600_000_000
#: Zones changed at odd seconds before this; such rows take the slow way, as do spans of very many years.
_FROM = int((datetime(1973, 1, 1) - datetime(1970, 1, 1)).total_seconds()) * 1_000_000
_MOST_HOURS = 2_000_000
_FEW = 10_000
#: Hours in a block whose shifts are kept, about a year; blocks that a chunk may span to use them.
_BLOCK, _MOST_BLOCKS = 8_766, 20


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
    start = least // _HOUR
    span = most // _HOUR - start + 1
    if len(local) < _FEW or least < _FROM or span > _MOST_HOURS:
        return _slowly(local, zone)
    hours = (units.fill_null(least) // _HOUR - start).to_numpy()
    shift, plain = _shifts(hours, start, span, zone)
    out = (units + pl.Series(shift[hours])).cast(pl.Datetime("us", "UTC"))
    odd = pl.Series(~plain[hours])
    if not odd.any():
        return out, None
    utc, again = _slowly(local.filter(odd), zone)
    out = out.scatter(odd.arg_true(), utc)
    if again is None:
        return out, None
    return out, pl.repeat(value=False, n=len(local), eager=True).scatter(odd.arg_true(), again)


def _shifts(
    hours: NDArray[np.int64], start: int, span: int, zone: str
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Gives, for each hour that occurs, what to add, and whether that holds for all of the hour."""
    first, last = start // _BLOCK, (start + span - 1) // _BLOCK
    if last - first < _MOST_BLOCKS:
        blocks = [_block(number, zone) for number in range(first, last + 1)]
        shift, plain = (np.concatenate([block[i] for block in blocks]) for i in (0, 1))
        begin = start - first * _BLOCK
        return shift[begin : begin + span], plain[begin : begin + span]
    seen = np.zeros(span, bool)
    seen[hours] = True
    known = np.flatnonzero(seen)
    shift, plain = np.zeros(span, np.int64), np.zeros(span, bool)
    shift[known], plain[known] = _of_hours(known + start, zone)
    return shift, plain


@lru_cache(maxsize=64)
def _block(number: int, zone: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Gives the shifts of all hours of a block, which are asked for by one chunk after the other."""
    return _of_hours(np.arange(number * _BLOCK, (number + 1) * _BLOCK), zone)


def _of_hours(hours: NDArray[np.int64], zone: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    begins = hours * _HOUR
    added: list[NDArray[np.int64]] = []
    good = np.ones(len(hours), bool)
    for moments in (begins, begins + _HOUR - 1):
        utc, again = _slowly(pl.Series(moments).cast(pl.Datetime("us")), zone)
        added.append(utc.to_physical().fill_null(0).to_numpy() - moments)
        good &= utc.is_not_null().to_numpy()
        if again is not None:
            good &= ~again.to_numpy()
    return added[0], good & (added[0] == added[1])


def _slowly(local: pl.Series, zone: str) -> tuple[pl.Series, pl.Series | None]:
    frame = local.to_frame("t").select(
        to_utc(pl.col("t"), zone).alias("utc"), twice(pl.col("t"), zone).fill_null(value=False).alias("again")
    )
    return frame["utc"], frame["again"] if frame["again"].any() else None
