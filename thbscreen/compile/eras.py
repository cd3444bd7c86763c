"""Accounts that change hands: which row of the dimensions holds on the day of a movement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from thbscreen.compile.view import View

I64 = npt.NDArray[np.int64]


class Eras(Protocol):
    """Accounts whose primary holder is not the same on all days; see `thbscreen.engine.mandates`."""

    def row(self, account: I64, day: I64) -> I64:
        """Gives, per movement, the row of the dimensions that holds on its local day."""
        ...


def on_the_day(view: View, account: I64) -> I64:
    """Gives the row of the dimensions for an account per row: its own where no account changes hands."""
    eras = view.context.eras
    return account if eras is None else eras.row(account, view.local_day)
