"""Plots of an evaluation as SVG: small drawings of our own, so that equal figures give equal bytes.

360 units wide, which is a telephone; on a wide page they grow. Marks differ by shape as well as by colour.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thbscreen.evaluate.numbers import widest
from thbscreen.report.layout import cut

Facts = dict[str, Any]
_WIDE, _LEFT, _RIGHT = 360.0, 14.0, 286.0
_COLOURS = ("#0b57d0", "#c2410c", "#5d8a43", "#6b21a8")
_STYLE = (
    "svg{background:#fff;font:12px system-ui,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif}"
    "text{fill:#1b1f24}.q{fill:#57606a;font-size:11px}.t{font-size:14px;font-weight:600}"
    ".g{stroke:#d0d5dc;fill:none}.l{fill:none;stroke-width:2}@media(prefers-color-scheme:dark)"
    "{svg{background:#14181d}text{fill:#e8ebee}.q{fill:#a5afba}.g{stroke:#3a434d}}"
)


@dataclass(frozen=True, slots=True)
class Dot:
    """A share with its interval; None shares are told as not known."""

    series: int
    share: float | None
    low: float | None
    high: float | None
    text: str


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{_n(x)}" y="{_n(y)}"{attributes}>{html.escape(text)}</text>'


def _mark(series: int, x: float, y: float) -> str:
    colour = _COLOURS[series % len(_COLOURS)]
    shapes: Mapping[int, str] = {
        0: f'<circle cx="{_n(x)}" cy="{_n(y)}" r="5" fill="{colour}"/>',
        1: f'<path d="M{_n(x)} {_n(y - 6)}l6 6l-6 6l-6-6z" fill="{colour}"/>',
        2: f'<rect x="{_n(x - 4.5)}" y="{_n(y - 4.5)}" width="9" height="9" fill="{colour}"/>',
        3: f'<path d="M{_n(x)} {_n(y - 6)}l6 11h-12z" fill="{colour}"/>',
    }
    return shapes[series % len(shapes)]


def _whole(parts: Sequence[str], title: str, height: float, sentence: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(_WIDE)} {_n(height)}" width="100%" '
        f'style="max-width:640px" role="img"><title>{html.escape(sentence)} {html.escape(title)}</title>'
        f"<style>{_STYLE}</style>" + "".join(parts) + "</svg>\n"
    )


def _head(title: str, sentence: str) -> tuple[list[str], float]:
    """Gives the sentence and the title, and where to go on."""
    parts, y = [], 16.0
    for line in _broken(sentence, 58):
        parts.append(_text(_LEFT, y, line, "q"))
        y += 14
    y += 6
    for line in _broken(title, 46):
        parts.append(_text(_LEFT, y, line, "t"))
        y += 18
    return parts, y


def _broken(text: str, most: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def shares(
    title: str, series: Sequence[str], rows: Sequence[tuple[str, Sequence[Dot]]], sentence: str
) -> str:
    """Draws shares from 0 to 100 % with their intervals: a name, and below it one line per series.

    Args:
        title: what is drawn.
        series: names of the marks, for the legend.
        rows: name and its dots.
        sentence: stands first.
    """
    parts, y = _head(title, sentence)
    x = _LEFT + 6
    for n, name in enumerate(series if len(series) > 1 else ()):
        parts += [_mark(n, x, y - 2), _text(x + 10, y + 2, name)]
        x += 30 + 7 * len(name)
    y += 18 if len(series) > 1 else 0
    top = y

    def at(share: float) -> float:
        return _LEFT + 6 + share * (_RIGHT - _LEFT - 12)

    for name, dots in rows:
        y += 16
        parts.append(_text(_LEFT, y, cut(name, 50)))
        for dot in dots:
            y += 16
            colour = _COLOURS[dot.series % len(_COLOURS)]
            if dot.low is not None and dot.high is not None:
                parts.append(
                    f'<path class="l" stroke="{colour}" stroke-opacity=".45" '
                    f'd="M{_n(at(dot.low))} {_n(y - 4)}H{_n(at(dot.high))}"/>'
                )
            if dot.share is not None:
                parts.append(_mark(dot.series, at(dot.share), y - 4))
            parts.append(_text(_WIDE - 6, y, dot.text, "q", "end"))
        y += 6
    grid = [f'<path class="g" d="M{_n(at(s))} {_n(top)}V{_n(y + 4)}"/>' for s in (0, 0.25, 0.5, 0.75, 1)]
    axis = [_text(at(s), y + 18, f"{100 * s:.0f} %", "q", "middle") for s in (0, 0.5, 1)]
    return _whole([*grid, *parts, *axis], title, y + 26, sentence)


def panels(title: str, xs: Sequence[str], lines: Sequence[tuple[str, Sequence[float]]], axis: str,
           sentence: str, marked: int | None = None) -> str:  # fmt: skip
    """Draws one small panel per series over the same places, each with a scale of its own and its numbers.

    Args:
        title: what is drawn.
        xs: words of the places.
        lines: name and value at each place.
        axis: what the places are.
        sentence: stands first.
        marked: place that is in force, drawn as a line through all panels.
    """
    parts, y = _head(title, sentence)
    step = (_WIDE - 2 * _LEFT - 20) / max(1, len(xs) - 1)
    places = [_LEFT + 10 + i * step for i in range(len(xs))]
    top = y
    for n, (name, values) in enumerate(lines):
        y += 18
        parts.append(_text(_LEFT, y, name))
        high = max(values, default=0) or 1
        base = y + 72
        ys = [base - v / high * 44 for v in values]
        path = " ".join(
            f"{'L' if i else 'M'}{_n(x)} {_n(v)}" for i, (x, v) in enumerate(zip(places, ys, strict=True))
        )
        parts.append(f'<path class="g" d="M{_n(_LEFT)} {_n(base)}H{_n(_WIDE - _LEFT)}"/>')
        parts.append(f'<path class="l" stroke="{_COLOURS[n % len(_COLOURS)]}" d="{path}"/>')
        for x, v, value in zip(places, ys, values, strict=True):
            parts.append(_mark(n, x, v))
            parts.append(_text(x, v - 9, _n(value), "q", "middle"))
        y = base + 8
    ticks = [_text(x, y + 10, word, "q", "middle") for x, word in zip(places, xs, strict=True)]
    line = [] if marked is None else [
        f'<path class="g" stroke-dasharray="4 3" d="M{_n(places[marked])} {_n(top)}V{_n(y)}"/>'
    ]  # fmt: skip
    return _whole([*line, *parts, *ticks, _text(_LEFT, y + 28, axis, "q")], title, y + 36, sentence)


# --- the plots of an evaluation ----------------------------------------------------------------------


def _dot(series: int, r: Facts) -> Dot:
    low, high = widest(r)
    text = "none" if not r["of"] else f"{r['n']}/{r['of']}"
    return Dot(series, r["share"], low, high, text)


def _recall(facts: Facts, sentence: str) -> str:
    rows = [
        (name.replace("_", " "), [_dot(0, part["plain"]), _dot(1, part["evasive"])])
        for name, part in facts["recall"]["networks_by_typology"].items()
    ]
    every = facts["recall"]["networks"]
    rows.append(("all networks", [_dot(0, every["plain"]), _dot(1, every["evasive"])]))
    return shares("Planned networks found, by form", ("plain", "evasive"), rows, sentence)


def _variants(facts: Facts, sentence: str) -> str:
    ops: dict[str, list[tuple[str, Facts]]] = {}
    for v in facts["recall"]["by_variant"]:
        ops.setdefault(v["op"], []).append((str(v["strength"]), v))
    rows = [(f"{op}, strength {s}", [_dot(1, v)]) for op, found in ops.items() for s, v in found]
    return shares("Groups found, by what was changed", ("found",), rows, sentence)


def _precision(facts: Facts, sentence: str) -> str:
    p = facts["precision"]
    rows = [(f"first {k} alerts", [_dot(0, r)]) for k, r in p["at"].items()]
    rows += [("all alerts", [_dot(0, p["alerts"])]), ("networks", [_dot(0, p["networks"])])]
    return shares("Share of the list that is right", ("right",), rows, sentence)


def _score_line(facts: Facts, sentence: str) -> str:
    rows = facts["score_line"]
    names = (
        ("planned groups with an alert", "groups_with_alert"), ("lawful groups with an alert",
        "twins_with_alert"),
        ("alerts about ordinary customers", "ordinary"),
    )  # fmt: skip
    marked = next((i for i, r in enumerate(rows) if r["in_force"]), None)
    return panels(
        "If the line lay elsewhere", [f"{r['points']:g}" for r in rows],
        [(name, [r[key] for r in rows]) for name, key in names],
        "points that an alert needs; dashed: in force", sentence, marked,
    )  # fmt: skip


def _near_misses(facts: Facts, sentence: str) -> str:
    rows = facts["near_misses"]
    names = {
        "planned, in a group not found": "planned, in a group not found",
        "planned": "planned, in a group found",
        "twin": "members of lawful groups",
        "ordinary": "ordinary customers",
    }
    return panels(
        "Just outside a rule, and no alert",
        [f"{100 * r['distance']:g} %" for r in rows],
        [(name, [r[key] for r in rows]) for key, name in names.items()],
        "nearer than so much of the threshold",
        sentence,
    )


PLOTS: Mapping[str, Callable[[Facts, str], str]] = {
    "recall.svg": _recall, "variants.svg": _variants, "precision.svg": _precision,
    "score_line.svg": _score_line, "near_misses.svg": _near_misses,
}  # fmt: skip


def plots(facts: Facts) -> dict[str, str]:
    """Gives file name -> drawing; of rules, those that hit somebody."""
    sentence = facts["what_this_does_not_show"]
    made = {name: draw(facts, sentence) for name, draw in PLOTS.items()}
    if not facts["recall"]["by_variant"]:
        del made["variants.svg"]
    titles = {r["rule"]: r["title"] for r in facts["rules"]}
    for rule, rows in facts["curves"].items():
        if any(r[key] for r in rows for key, _ in _CURVE):
            made[f"lines/{rule}.svg"] = panels(
                f"{rule}: {titles.get(rule, '')}",
                [f"{100 * r['moved']:+g}" if r["moved"] else "0" for r in rows],
                [(name, [r[key] for r in rows]) for key, name in _CURVE],
                "all lines of the rule moved, % of their thresholds: looser to the left", sentence,
                next(i for i, r in enumerate(rows) if not r["moved"]),
            )  # fmt: skip
    return made


_CURVE = (
    ("positives", "planned groups hit"), ("twins", "lawful groups hit"),
    ("ordinary_subjects", "ordinary subjects hit"),
)  # fmt: skip
