"""Plots of benchmarks/scan.py as SVG: growth with the rows, and all lines of one size beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from thbscreen.evaluate.plots import _COLOURS, _LEFT, _WIDE, _head, _mark, _n, _text, _whole

#: Sides of the box of a plot of growth, and the room that the words under it take.
_BOX_LEFT, _BOX_RIGHT, _HIGH = 52.0, 346.0, 190.0
_BARS = 150.0


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a plot of growth: (rows, value), by rows; values above 0."""

    name: str
    points: tuple[tuple[int, float], ...]


def _powers(low: float, high: float) -> list[int]:
    return list(range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1))


def _short(number: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g} {letter}"
    return f"{number:g}"


def growth(title: str, unit: str, series: Sequence[Series], sentence: str, straight: str = "") -> str:
    """Draws values over rows, both axes in powers of ten.

    Args:
        title: what is drawn.
        unit: of the values.
        series: at most four; those without a point are left out.
        sentence: stands first.
        straight: name of the series from whose first point a broken line shows growth in step with the rows.
    """
    drawn = [one for one in series if any(v > 0 for _, v in one.points)]
    parts, top = _head(title, sentence)
    every = [(x, v) for one in drawn for x, v in one.points if v > 0]
    if not every:
        return _whole(parts, title, top + 8, sentence)
    xs, ys = (
        _powers(min(x for x, _ in every), max(x for x, _ in every)),
        _powers(min(v for _, v in every), max(v for _, v in every)),
    )
    xs, ys = (p if len(p) > 1 else [p[0], p[0] + 1] for p in (xs, ys))
    top += 6
    base = top + _HIGH

    def across(rows: float) -> float:
        return _BOX_LEFT + (math.log10(rows) - xs[0]) / (xs[-1] - xs[0]) * (_BOX_RIGHT - _BOX_LEFT)

    def up(value: float) -> float:
        return base - (math.log10(value) - ys[0]) / (ys[-1] - ys[0]) * _HIGH

    for power in xs:
        x = across(10.0**power)
        parts.append(f'<path class="g" d="M{_n(x)} {_n(top)}V{_n(base)}"/>')
        parts.append(_text(x, base + 15, _short(10.0**power), "q", "middle"))
    for power in ys:
        y = up(10.0**power)
        parts.append(f'<path class="g" d="M{_n(_BOX_LEFT)} {_n(y)}H{_n(_BOX_RIGHT)}"/>')
        parts.append(_text(_BOX_LEFT - 5, y + 4, _short(10.0**power), "q", "end"))
    for one in drawn:
        if one.name == straight:
            (first, value), last = one.points[0], one.points[-1][0]
            end = min(value * last / first, 10.0 ** ys[-1])
            until = first * end / value
            parts.append(
                f'<path class="g" stroke-dasharray="4 3" '
                f'd="M{_n(across(first))} {_n(up(value))}L{_n(across(until))} {_n(up(end))}"/>'
            )
    y = base + 34
    parts.append(_text(_LEFT, y, f"rows across, {unit} up", "q"))
    for n, one in enumerate(drawn):
        places = [(across(x), up(v)) for x, v in one.points if v > 0]
        path = "L".join(f"{_n(x)} {_n(v)}" for x, v in places)
        parts.append(f'<path class="l" stroke="{_COLOURS[n % len(_COLOURS)]}" d="M{path}"/>')
        parts += [_mark(n, x, v) for x, v in places]
        y += 18
        parts += [_mark(n, _LEFT + 6, y - 4), _text(_LEFT + 20, y, one.name)]
    if straight:
        parts.append(_text(_LEFT, y + 18, "broken line: in step with the rows", "q"))
        y += 18
    return _whole(parts, title, y + 14, sentence)


def bars(title: str, values: Mapping[str, float], unit: str, sentence: str) -> str:
    """Draws one bar per name, in powers of ten from a tenth of the least, each with its number."""
    parts, y = _head(title, sentence)
    known = {name: value for name, value in values.items() if value > 0}
    if known:
        low = math.floor(math.log10(min(known.values()))) - 1
        high = max(math.log10(max(known.values())), low + 1)
        for n, (name, value) in enumerate(known.items()):
            y += 18
            parts.append(_text(_LEFT, y, name))
            wide = max(2.0, (math.log10(value) - low) / (high - low) * (_WIDE - 2 * _LEFT - _BARS / 2))
            parts.append(
                f'<rect x="{_n(_LEFT)}" y="{_n(y + 5)}" width="{_n(wide)}" height="10" '
                f'fill="{_COLOURS[n % len(_COLOURS)]}"/>'
            )
            parts.append(_text(_LEFT + wide + 6, y + 14, f"{_number(value)} {unit}", "q"))
            y += 20
    return _whole(parts, title, y + 12, sentence)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"
