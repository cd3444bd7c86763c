"""Static drawings: who paid whom, roles by shape and words, as an SVG that opens anywhere.

Nothing moves and nothing runs. Who stands where follows from roles, sums and ids alone, so equal tables give
equal bytes. Possible victims stand in a frame of their own.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from thbscreen.report.export.texts import shown as written
from thbscreen.report.layout import cut
from thbscreen.report.look import COLOURS, DRAWING
from thbscreen.report.text import count, euros, words

Row = dict[str, Any]
VICTIM = "possible_victim"
#: Members, arrows and sums that a drawing shows; the tables have all.
MOST_NODES, MOST_FLOWS, MOST_LABELS = 36, 120, 40
#: Where on an arrow its sum may stand, the best place first.
_ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8, 0.14, 0.86)
#: Partners of one subject.
MOST_PARTNERS = 14
#: Columns from left to right: money tends to go this way.
_COLUMNS = (
    ("possible_client", "employer", "place"), (VICTIM,), ("unknown", "possible_recruiter"),
    ("possible_facilitator", "possible_organiser", "possible_controller"),
)  # fmt: skip
_WIDE, _HIGH, _TOP, _ROWS, _R = 310, 92, 90, 9, 15
_NAME = 30
#: Room above a frame, for its words.
_GAP = 30
#: Corners of a shape of radius 1, by role; the shapes of `report.html`. Who is not here is a circle.
_CORNERS: Mapping[str, Sequence[tuple[float, float]]] = {
    "possible_controller": ((0, -1.15), (1.15, 0), (0, 1.15), (-1.15, 0)),
    "possible_recruiter": ((0, -1.1), (1.05, 0.85), (-1.05, 0.85)),
    "possible_organiser": tuple(
        (math.sin(math.pi * n / 5) * (1.25, 0.55)[n % 2], -math.cos(math.pi * n / 5) * (1.25, 0.55)[n % 2])
        for n in range(10)
    ),
    "possible_facilitator": ((-0.55, -0.95), (0.55, -0.95), (1.1, 0), (0.55, 0.95), (-0.55, 0.95), (-1.1, 0)),
    "employer": ((-1, -0.85), (1, -0.85), (1, 0.85), (-1, 0.85)),
    "possible_client": ((0, -1.1), (1.05, -0.3), (0.65, 0.95), (-0.65, 0.95), (-1.05, -0.3)),
    "place": ((-1.1, -0.75), (0.5, -0.75), (1.15, 0), (0.5, 0.75), (-1.1, 0.75)),
    "unknown": ((-0.85, -0.6), (-0.6, -0.85), (0.6, -0.85), (0.85, -0.6), (0.85, 0.6), (0.6, 0.85),
                (-0.6, 0.85), (-0.85, 0.6)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """Somebody or something that pays or is paid.

    Attributes:
        id: by which flows name it.
        name: what is written below it.
        role: one of `thbscreen.rules.ast.ROLES`.
        apart: handled as a possible victim; stands in the frame whatever the role.
        note: second line; by default the role in words.
        column: place from the left, where roles do not say it.
    """

    id: str
    name: str
    role: str = "unknown"
    apart: bool = False
    note: str = ""
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Money from one node to another.

    Attributes:
        weight: by which the largest are chosen and lines are drawn thick; cents.
        label: the sum in words.
    """

    source: str
    target: str
    weight: int
    label: str


@dataclass(slots=True)
class _Plan:
    """Where things stand."""

    at: dict[str, tuple[float, float]] = field(default_factory=dict)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    frames: list[tuple[float, float, float, float]] = field(default_factory=list)
    width: float = 0
    height: float = 0


def network_drawing(
    title: str, members: Sequence[Row], edges: Iterable[Row], apart: Collection[str] = ()
) -> str:
    """Draws a network.

    Args:
        title: heading; no names.
        members: rows of NETWORK_MEMBERS.
        edges: rows of NETWORK_EDGES; payments become arrows, other links are left out.
        apart: who is handled as a possible victim anywhere.
    """
    paid = [e for e in edges if e["kind"] == "payment" and e["source"] != e["target"]]
    moved: dict[str, int] = {}
    for e in paid:
        for side in (e["source"], e["target"]):
            moved[side] = moved.get(side, 0) + (e["amount_eur"] or 0)
    ranked = sorted(members, key=lambda m: (-moved.get(m["member_id"], 0), m["member_id"]))
    shown, rest = ranked[:MOST_NODES], ranked[MOST_NODES:]
    nodes = [
        Node(m["member_id"], m["member_id"], m["role"], m["role"] == VICTIM or m["member_id"] in apart)
        for m in shown
    ]
    flows = [
        Flow(e["source"], e["target"], e["amount_eur"] or 0, f"{euros(e['amount_eur'])} ({e['n']})")
        for e in paid
    ]
    left = [f"{len(rest)} further members with smaller sums"] if rest else []
    return draw(title, nodes, flows, left)


def subject_drawing(title: str, subject: Node, evidence: pl.DataFrame, apart: Collection[str] = ()) -> str:
    """Draws one subject between those who pay it and those whom it pays in the evidence.

    Args:
        title: heading; no names.
        subject: in the middle.
        evidence: movements as `thbscreen.report.cases.readable` gives them.
        apart: who is handled as a possible victim anywhere.
    """
    found = _partners(evidence)
    kept = found[:MOST_PARTNERS]
    nodes, flows = [Node(subject.id, subject.name, subject.role, subject.apart, subject.note, 1)], []
    for n, (credit, account, kind, moves, cents, known) in enumerate(kept):
        place = f"{n}"
        name = account or words(kind or "payment")
        note = "" if account else "no account named"
        safe = account in apart
        role = VICTIM if safe else "unknown" if account else "place"
        nodes.append(Node(place, name, role, safe, note, 0 if credit else 2))
        ends = (place, subject.id) if credit else (subject.id, place)
        total = euros(cents) if known else "sum in EUR not known"
        flows.append(Flow(*ends, cents, f"{total} ({moves})"))
    left = [f"{len(found) - len(kept)} further partners with smaller sums"] if len(found) > len(kept) else []
    return draw(title, nodes, flows, left)


def _partners(evidence: pl.DataFrame) -> list[tuple[bool, str | None, str | None, int, int, bool]]:
    """Credit or debit, account, kind where no account is named, movements, cents, all of them known."""
    have = set(evidence.columns)
    if not {"direction", "amount_eur"} <= have or evidence.is_empty():
        return []
    text = pl.lit(None, dtype=pl.String)
    account = pl.col("cp_account_id") if "cp_account_id" in have else text
    kind = pl.col("tx_type") if "tx_type" in have else text
    cents = (
        pl.col("amount_eur").cast(pl.String).str.replace(".", "", literal=True).cast(pl.Int64, strict=False)
    )
    grouped = (
        evidence.select(
            credit=pl.col("direction") == "credit", account=account,
            kind=pl.when(account.is_null()).then(kind), cents=cents,
        )
        .group_by("credit", "account", "kind")
        .agg(pl.len(), pl.col("cents").sum(), known=pl.col("cents").is_not_null().all())
    )  # fmt: skip
    rows = grouped.rows()
    return sorted(rows, key=lambda r: (-r[4], not r[0], r[1] or "", r[2] or ""))


def draw(
    title: str, nodes: Sequence[Node], flows: Sequence[Flow], left_out: Sequence[str] = (), *,
    bands: bool = False,
) -> str:  # fmt: skip
    """Gives the SVG.

    Args:
        title: heading.
        nodes: whom to show.
        flows: money between them; flows of others are left out.
        left_out: what the drawing does not show, as clauses.
        bands: labels are bands and not sums; lines are equally thick.
    """
    ids = {n.id for n in nodes}
    inside = [f for f in flows if f.source in ids and f.target in ids]
    inside.sort(key=lambda f: (-f.weight, f.source, f.target))
    if len(inside) > MOST_FLOWS:
        left_out = [*left_out, f"{len(inside) - MOST_FLOWS} further links with smaller sums"]
        inside = inside[:MOST_FLOWS]
    plan = _plan(nodes, inside)
    body = [_frame(*frame) for frame in plan.frames]
    lines, sums = _arrows(plan, inside)
    body += lines + [_node(n, *plan.at[n.id]) for n in nodes] + sums
    told = "Arrows show who paid whom in EUR, and in how many payments." if flows else ""
    if bands:
        told = "Arrows show who paid whom: how many payments, and in which band their sum lies."
    if len(inside) > MOST_LABELS:
        told += f" Sums are written at the {MOST_LABELS} largest."
    foot = [*([told] if told else []), *(f"Not drawn: {text}; see the tables." for text in left_out)]
    height = plan.height + 24 * len(foot) + 10
    for n, line in enumerate(foot):
        body.append(f'<text class="quiet" x="24" y="{plan.height + 20 + 20 * n:.0f}">{_escaped(line)}</text>')
    apart = f"{sum(n.apart for n in nodes)} of them in a frame of possible victims"
    spoken = f"{count(len(nodes), 'mark')}, {apart}; {count(len(inside), 'arrow')}. {told}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" '
        f'viewBox="0 0 {plan.width:.0f} {height:.0f}" '
        f'width="{plan.width:.0f}" height="{height:.0f}" role="img" aria-labelledby="d-title d-text">\n'
        f'<title id="d-title">{_escaped(title)}</title>\n<desc id="d-text">{_escaped(spoken)}</desc>\n'
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0L10 5L0 10z"/></marker></defs>\n'
        f'<text class="head" x="24" y="34">{_escaped(cut(title, max(30, int(plan.width / 9))))}</text>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def alone(drawing: str) -> str:
    """Gives a drawing with its colours in it, as a file of its own."""
    head, mark, rest = drawing.partition(">\n")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{mark}<style>{COLOURS}{DRAWING}</style>\n{rest}'


# --- places ------------------------------------------------------------------------------------------


def _plan(nodes: Sequence[Node], flows: Sequence[Flow]) -> _Plan:
    """Puts columns side by side, tall ones in several, and orders each by where its partners stand."""
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        columns.setdefault(_column(node), []).append(node)
    order = {n.id: float(i) for i, n in enumerate(nodes)}
    beside: dict[str, list[str]] = {}
    for flow in flows:
        beside.setdefault(flow.source, []).append(flow.target)
        beside.setdefault(flow.target, []).append(flow.source)
    for _ in range(4):  # so that fewer arrows cross
        for column in columns.values():
            mean = {n.id: _mean([order[o] for o in beside.get(n.id, ())], order[n.id]) for n in column}
            column.sort(key=lambda n: (n.apart, mean[n.id], n.id))
            order |= {n.id: i * (len(nodes) / len(column)) for i, n in enumerate(column)}
    pieces: list[list[Node]] = []
    low: list[float] = []
    for _, column in sorted(columns.items()):
        parts = math.ceil(len(column) / _ROWS)
        size = math.ceil(len(column) / parts)
        pieces += [column[i : i + size] for i in range(0, len(column), size)]
        low += [n % 2 * _HIGH / 2 for n in range(parts)]  # so that names stand beside gaps
    tallest = max((len(p) for p in pieces), default=1)
    plan = _Plan(
        width=max(len(pieces) * _WIDE + 20, 560),
        height=_TOP + tallest * _HIGH + _GAP + max(low, default=0) + 20,
    )
    for x, piece in enumerate(pieces):
        top = _TOP + (tallest - len(piece)) * _HIGH / 2 + low[x]
        for y, node in enumerate(piece):
            at = (x * _WIDE + _WIDE / 2 + 10, top + y * _HIGH + _R + 12 + _GAP * node.apart)
            plan.at[node.id] = at
            plan.boxes.append((at[0] - 106, at[1] - _R - 2, at[0] + 106, at[1] + _R + 32))
        safe = [plan.at[n.id] for n in piece if n.apart]
        plan.frames += _frames(piece, plan.at) if safe else []
    return plan


def _column(node: Node) -> int:
    if node.column is not None:
        return 2 * node.column
    if node.apart:
        return 2
    return next((2 * n for n, roles in enumerate(_COLUMNS) if node.role in roles), 4)


def _frames(
    piece: Sequence[Node], at: Mapping[str, tuple[float, float]]
) -> list[tuple[float, float, float, float]]:
    """Frames around possible victims that stand below one another."""
    out: list[tuple[float, float, float, float]] = []
    run: list[tuple[float, float]] = []
    for node in [*piece, None]:
        if node is not None and node.apart:
            run.append(at[node.id])
        elif run:
            x, top, bottom = run[0][0], run[0][1], run[-1][1]
            out.append((x - 120, top - _R - 16, x + 120, bottom + _R + 40))
            run = []
    return out


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


# --- marks -------------------------------------------------------------------------------------------


def _node(node: Node, x: float, y: float) -> str:
    role = node.role if node.role in _CORNERS or node.role == VICTIM else "unknown"
    corners = _CORNERS.get(role)
    mark = f'class="node {role}"'
    shape = f'<circle {mark} cx="{x:.1f}" cy="{y:.1f}" r="{_R}"/>'
    if corners is not None:
        points = " ".join(f"{x + a * _R:.1f},{y + b * _R:.1f}" for a, b in corners)
        shape = f'<polygon {mark} points="{points}"/>'
    note = node.note or words(node.role)
    if node.apart and node.role != VICTIM:
        note = "handled as a possible victim"
    name = cut(written(node.name), _NAME)
    return (
        f"<g><title>{_escaped(f'{node.name}: {note}')}</title>{shape}"
        f'<text x="{x:.1f}" y="{y + _R + 14:.1f}" text-anchor="middle">{_escaped(name)}</text>'
        f'<text class="quiet" x="{x:.1f}" y="{y + _R + 28:.1f}" text-anchor="middle">{_escaped(note)}</text>'
        "</g>"
    )


def _frame(left: float, top: float, right: float, bottom: float) -> str:
    return (
        f'<rect class="frame" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}" rx="10"/>'
        f'<text class="apart" x="{left + 8:.1f}" y="{top - 5:.1f}">possible victims, not subjects</text>'
    )


def _arrows(plan: _Plan, flows: Sequence[Flow]) -> tuple[list[str], list[str]]:
    """Curved lines with a tip, and their sums where they cover least."""
    most = max((f.weight for f in flows), default=0) or 1
    lines, sums = [], []
    taken = list(plan.boxes)
    for n, flow in enumerate(flows):
        point = _curve(plan.at[flow.source], plan.at[flow.target])
        (x1, y1), (cx, cy), (x2, y2) = point(0.0), point(None), point(1.0)
        wide = 1 + 4 * math.sqrt(max(flow.weight, 0) / most)
        lines.append(
            f'<path class="flow" d="M{x1:.1f} {y1:.1f}Q{cx:.1f} {cy:.1f} {x2:.1f} {y2:.1f}" '
            f'stroke-width="{wide:.1f}" marker-end="url(#tip)"/>'
        )
        if n >= MOST_LABELS:
            continue
        half = 3.2 * len(flow.label)
        places = [point(t) for t in _ALONG]
        boxes = [(x - half, y - 11, x + half, y + 4) for x, y in places]
        at = min(range(len(boxes)), key=lambda i: (sum(_meet(boxes[i], b) for b in taken), i))
        taken.append(boxes[at])
        x, y = places[at]
        sums.append(
            f'<text class="sum" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{_escaped(flow.label)}</text>'
        )
    return lines, sums


def _curve(
    start: tuple[float, float], end: tuple[float, float]
) -> Callable[[float | None], tuple[float, float]]:
    """Gives points of a curve by share of its way, and its control point for None; ends stop at the marks."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    far = math.hypot(dx, dy) or 1.0
    bow = 60.0 + far * 0.12 if abs(dx) < _WIDE / 2 else 16.0
    control = ((start[0] + end[0]) / 2 - dy / far * bow, (start[1] + end[1]) / 2 + dx / far * bow)
    first, last = _towards(start, control), _towards(end, control)

    def point(t: float | None) -> tuple[float, float]:
        if t is None:
            return control
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        return (a * first[0] + b * control[0] + c * last[0], a * first[1] + b * control[1] + c * last[1])

    return point


def _towards(start: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    dx, dy = other[0] - start[0], other[1] - start[1]
    far = math.hypot(dx, dy) or 1.0
    return (start[0] + dx / far * (_R + 5), start[1] + dy / far * (_R + 5))


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _escaped(text: str) -> str:
    return html.escape(written(text), quote=True)
