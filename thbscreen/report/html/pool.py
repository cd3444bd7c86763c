"""Small helpers of the page's data: texts that come again and again, and times on people's clock."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import polars as pl

from thbscreen.report.layout import printable

DAY, MINUTE = "%Y-%m-%d", "%Y-%m-%d %H:%M"


class Pool:
    """Gives each text a number, so that the page holds it once.

    Attributes:
        texts: the texts, by their numbers.
    """

    def __init__(self) -> None:
        """Begins without any text."""
        self.texts: list[str] = []
        self._known: dict[str, int] = {}

    def __call__(self, text: str | None) -> int:
        """Gives the number of a text."""
        text = text or ""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = len(self.texts)
            self.texts.append(text)
        return found

    def all(self, texts: Iterable[str] | None) -> list[int]:
        """Gives the numbers of several texts."""
        return [self(text) for text in texts or ()]


def local(frame: pl.DataFrame, zone: str, form: str = DAY) -> pl.DataFrame:
    """Gives a frame whose times are texts on people's clock; empty where a time is not known."""
    times = [c for c, t in frame.schema.items() if isinstance(t, pl.Datetime)]
    if not times:
        return frame
    return frame.with_columns(pl.col(times).dt.convert_time_zone(zone).dt.strftime(form).fill_null(""))


def shown(value: Any) -> Any:
    r"""Gives plain data for JSON: hidden and reordering characters as `\u{202e}`, no number that is none."""
    if isinstance(value, str):
        return value if value.isprintable() else printable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return value
