"""Freed memory, given back to the system.

A pass over all parts frees a gigabyte in pieces that the C library keeps for later. What comes after a pass
works on tables of its own, so the two would add up.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable


def release() -> None:
    """Gives back what was freed, where the C library knows how (glibc); does nothing elsewhere."""
    trim = _trim()
    if trim is not None:
        trim(0)


def _trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return found
