"""Bounds of figures: what must hold, each with its reason, in a JSON file.

    {"bounds": [{"figure": "recall.networks.plain", "at_least": 0.9, "why": "..."},
                {"figure": "recall.by_typology.*.plain", "at_least": 0.8, "why": "..."}]}

A figure is a path into evaluation.json; `*` stands for every name at its place, and each must hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thbscreen.errors import DataError

Facts = dict[str, Any]
_KEYS = {"figure", "at_least", "at_most", "why"}


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure must keep.

    Attributes:
        figure: path into the evaluation.
        at_least, at_most: limits, each may be missing but not both.
        why: the reason, for people.
    """

    figure: str
    at_least: float | None
    at_most: float | None
    why: str


def read_bounds(path: Path) -> list[Bound]:
    """Reads bounds from a file.

    Raises:
        DataError: the file cannot be read, or a bound lacks a figure, a limit or a reason.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror})") from None
    except ValueError as error:
        line = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise DataError(f"{path.name}{line} is not JSON") from None
    rows = told.get("bounds") if isinstance(told, dict) else None
    if not isinstance(rows, list) or not rows:
        raise DataError(f"{path.name} has no list 'bounds'", hint="docs/reference/evaluation.md shows one")
    return [_bound(path.name, n, row) for n, row in enumerate(rows, 1)]


def _bound(name: str, number: int, row: Any) -> Bound:
    place = f"{name}: bound {number}"
    if not isinstance(row, dict):
        raise DataError(f"{place} is not an object")
    if strange := sorted(set(row) - _KEYS):
        raise DataError(f"{place} has the key '{strange[0]}'", hint="known are " + ", ".join(sorted(_KEYS)))
    texts = row.get("figure"), row.get("why")
    if not all(isinstance(t, str) and t.strip() for t in texts):
        raise DataError(f"{place} needs 'figure' and 'why' as texts")
    limits = row.get("at_least"), row.get("at_most")
    if limits == (None, None):
        raise DataError(f"{place} needs 'at_least' or 'at_most'")
    for limit in limits:
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float)):
            raise DataError(f"{place} has a limit that is not a number")
    return Bound(str(texts[0]), *limits, str(texts[1]))


def held(facts: Facts, bounds: Sequence[Bound]) -> list[Facts]:
    """Gives every bound with the figure's value and whether it holds; a `*` gives one row per name.

    A share counts by its `share`, a mean by its `mean`. A figure that is not known, since nothing was
    counted, neither holds nor fails: `holds` is None.

    Raises:
        DataError: there is no such figure.
    """
    out = []
    for bound in bounds:
        found = list(_values(facts, bound.figure.split("."), ()))
        if not found:
            raise DataError(
                f"the evaluation has no figure '{bound.figure}'",
                hint="docs/reference/evaluation.md lists the figures",
            )
        for path, value in found:
            holds = None
            if value is not None:
                low = bound.at_least is None or value >= bound.at_least
                holds = low and (bound.at_most is None or value <= bound.at_most)
            out.append({
                "figure": ".".join(path), "value": value, "at_least": bound.at_least,
                "at_most": bound.at_most, "holds": holds, "why": bound.why,
            })  # fmt: skip
    return out


def _values(
    part: Any, path: Sequence[str], walked: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], float | None]]:
    if not path:
        yield from ((walked, value) for value in _number(part))
        return
    if not isinstance(part, dict):
        return
    names: Iterable[str] = sorted(part) if path[0] == "*" else [path[0]] if path[0] in part else []
    for name in names:
        yield from _values(part[name], path[1:], (*walked, name))


def _number(part: Any) -> Iterator[float | None]:
    if isinstance(part, dict):
        for name in ("share", "mean", "median"):
            if name in part:
                yield part[name]
                return
    elif part is None or (isinstance(part, int | float) and not isinstance(part, bool)):
        yield part
