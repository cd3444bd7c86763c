"""Screens bank movements for signs of trafficking in human beings; offline, explained, repeatable.

Public names are loaded when first used, so that `import thbscreen` costs almost nothing:

    screen        runs the whole job from files to a run folder (`thbscreen.screening.screen`)
    __version__   version of the package
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thbscreen.screening import screen as screen

__version__ = "0.1.0"

__all__ = ["__version__", "screen"]

#: Public name -> module that defines it.
_LAZY = {"screen": "thbscreen.screening"}


def __getattr__(name: str) -> object:
    """Loads a public name on first use; polars and networkx stay unloaded until then."""
    if name not in _LAZY:
        message = f"module 'thbscreen' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    """Lists the public names, also those not loaded yet."""
    return sorted(__all__)
