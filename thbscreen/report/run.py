"""What the reports need to know of a run; `thbscreen.screening.ScreenResult` is one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import polars as pl

from thbscreen.engine.exclusions import Excluded
from thbscreen.io.dataset import LoadReport
from thbscreen.rules import bundle


class Rows(Protocol):
    """Where the movements came from."""

    @property
    def account_parties(self) -> pl.DataFrame:
        """Who holds which account."""

    def fetch(self, tx_ids: Collection[str]) -> pl.DataFrame:
        """Gives the full canonical rows of some movements."""


class Run(Protocol):
    """A finished run; tables as in `thbscreen.engine.tables`."""

    @property
    def pack(self) -> bundle.RulePack:
        """Rules, lists and profile that were in force."""

    @property
    def load(self) -> LoadReport:
        """What was read and what became of it."""

    @property
    def quality(self) -> Mapping[str, Any]:
        """Data quality as plain data: counts and shares, never values."""

    @property
    def as_of(self) -> datetime:
        """Time of the last booking, in UTC."""

    @property
    def below(self) -> Mapping[str, int]:
        """Subjects with hits that are no alert, by what they lack first."""

    @property
    def excluded(self) -> Sequence[Excluded]:
        """Rows that the profile's exclusions hid, by exclusion and rule."""

    @property
    def started(self) -> datetime:
        """When the run began, in UTC."""

    @property
    def dataset(self) -> Rows:
        """Gives the evidence rows."""

    def table(self, name: str) -> pl.DataFrame:
        """Gives a published table by its name."""
