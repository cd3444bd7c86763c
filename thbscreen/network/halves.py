"""Groups that are two: halves with a collecting member each, which one weak link joins."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import networkx as nx
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

#: A half has somebody whom at least this many of its own members pay more than they get back.
COLLECTOR_PAYERS = 3
#: What crosses is at most one part in so many of the money inside either half.
CROSSING_ONE_IN = 4

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """One way to part a group; the best sorts first.

    Attributes:
        share: money that crosses, as a part of the money inside the half that has less.
        weight: sum of the link weights that are cut.
        one: codes of the half that has the lowest code, in order.
        other: codes of the other half, in order.
    """

    share: float
    weight: float
    one: tuple[int, ...]
    other: tuple[int, ...]


def weak_cuts(links: Mapping[Pair, float], held: Collection[Pair], paid: Mapping[Pair, float]) -> list[Cut]:
    """Gives every way to part one connected group at one member's weak links, best first.

    Args:
        links: (u, v) with u < v, and weight.
        held: pairs, u < v, that something other than patterns and payments ties: a device, an address, a
            payment on the other's behalf. Such a pair is never parted.
        paid: cents by payer and payee.

    Notes:
        Both halves hang together, and all links that are cut end at one member. The money that crosses is
        some, and at most a quarter of the money inside either half; the links that are cut weigh no more
        than what ties the usual member of either half to it; either half has a collecting member. Nobody who
        pays more across than comes back collects, or passes on what one who collects has paid: so the way
        from a collector to whom it forwards is never cut.
    """
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from((u, v, w) for (u, v), w in sorted(links.items()))
    everybody = frozenset(graph)
    seen: set[frozenset[int]] = set()
    out = []
    for member in sorted(nx.articulation_points(graph)):
        for part in nx.connected_components(graph.subgraph(everybody - {member})):
            one = frozenset(part)
            low = one if min(everybody) in one else everybody - one
            if low in seen:
                continue
            seen.add(low)
            if cut := _judged(low, everybody - low, links, held, paid):
                out.append(cut)
    return sorted(out)


def _judged(
    one: frozenset[int],
    other: frozenset[int],
    links: Mapping[Pair, float],
    held: Collection[Pair],
    paid: Mapping[Pair, float],
) -> Cut | None:
    """Gives the cut between two halves when all conditions of `weak_cuts` are met."""
    if min(len(one), len(other)) <= COLLECTOR_PAYERS or any((u in one) != (v in one) for u, v in held):
        return None
    crossing = {pair: cents for pair, cents in paid.items() if (pair[0] in one) != (pair[1] in one)}
    money = [sum(c for (u, v), c in paid.items() if u in half and v in half) for half in (one, other)]
    crossed = sum(crossing.values())
    if crossed == 0 or CROSSING_ONE_IN * crossed > min(money):
        return None
    weight = sum(w for (u, v), w in links.items() if (u in one) != (v in one))
    if round(weight, 4) > round(min(_usual(links, half) for half in (one, other)), 4):
        return None
    across = {u for u, _ in _more_than_back(crossing)}
    for half in (one, other):
        flows = [(u, v) for u, v in _more_than_back(paid) if u in half and v in half]
        collectors = _collectors(flows)
        if not collectors or collectors & _upstream(across & half, flows):
            return None
    return Cut(crossed / min(money), round(weight, 4), tuple(sorted(one)), tuple(sorted(other)))


def _usual(links: Mapping[Pair, float], half: Collection[int]) -> float:
    """The median, over the members of a half, of what their links into it weigh."""
    ties = dict.fromkeys(half, 0.0)
    for (u, v), w in links.items():
        if u in ties and v in ties:
            ties[u] += w
            ties[v] += w
    return median(ties.values())


def _more_than_back(paid: Mapping[Pair, float]) -> list[Pair]:
    return [(u, v) for (u, v), cents in paid.items() if cents > paid.get((v, u), 0)]


def _collectors(flows: Iterable[Pair]) -> set[int]:
    payers: dict[int, int] = {}
    for _, payee in flows:
        payers[payee] = payers.get(payee, 0) + 1
    return {payee for payee, n in payers.items() if n >= COLLECTOR_PAYERS}


def _upstream(start: Iterable[int], flows: Iterable[Pair]) -> set[int]:
    """Who is in `start`, or pays somebody who is, and so on."""
    into: dict[int, list[int]] = {}
    for payer, payee in flows:
        into.setdefault(payee, []).append(payer)
    found, waiting = set(start), list(start)
    while waiting:
        fresh = set(into.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found


@dataclass(frozen=True, slots=True)
class Parted:
    """Groups after parting.

    Attributes:
        core: as from `groups.group`, with a label of its own for each half.
        attached: as from `groups.attach`; who hung on a group hangs on a half of it.
        between: group, other, source, target, n, amount_eur; payments between core members of two halves.
    """

    core: pl.DataFrame
    attached: pl.DataFrame
    between: pl.DataFrame


def part(
    core: pl.DataFrame,
    glued: pl.DataFrame,
    held: pl.DataFrame,
    pairs: pl.DataFrame,
    *,
    max_nodes: int,
    attach: Callable[[pl.DataFrame], pl.DataFrame],
    qualified: Callable[[pl.DataFrame, pl.DataFrame], set[int]],
) -> Parted:
    """Parts groups of which each half would be a network of its own; see `weak_cuts`.

    Args:
        core: from `groups.group`.
        glued: a, b, weight; from `links.glue`.
        held: source, target; pairs that something other than patterns and payments ties.
        pairs: from `links.payment_pairs`, hubs taken out.
        max_nodes: larger groups are left alone: a hub that was not taken out holds them together.
        attach: gives who hangs on the groups of a core.
        qualified: says which groups of a core, with who hangs on them, would be published.
    """
    whole = attach(core)
    least = 2 * (COLLECTOR_PAYERS + 1)
    asked = core.filter(pl.len().over("group").is_between(least, max_nodes))
    fresh = asked["group"].unique().sort().to_list()
    made: dict[int, int] = {}
    now = core
    while fresh:
        cuts = _cuts(now.filter(pl.col("group").is_in(fresh)), glued, held, pairs)
        good = _first_good(cuts, now, attach, qualified)
        fresh = []
        for label, cut in sorted(good.items()):
            new = int(now["group"].max()) + 1  # type: ignore[arg-type]
            made[new] = made.get(label, label)
            leaves = pl.col("node").is_in(cut.other) & (pl.col("group") == label)
            now = now.with_columns(group=pl.when(leaves).then(new).otherwise("group"))
            fresh += [label, new]
    return _settled(core, now, made, whole, pairs, attach, qualified)


def _cuts(
    core: pl.DataFrame, glued: pl.DataFrame, held: pl.DataFrame, pairs: pl.DataFrame
) -> dict[int, list[Cut]]:
    links, ties, paid = (
        _by_group(core, frame, a, b, value)
        for frame, a, b, value in (
            (glued, "a", "b", "weight"),
            (held.with_columns(one=pl.lit(1)), "source", "target", "one"),
            (pairs, "source", "target", "amount_eur"),
        )
    )
    out = {}
    for label, mine in sorted(links.items()):
        firm = {(min(p), max(p)) for p in ties.get(label, {})}
        if cuts := weak_cuts(mine, firm, paid.get(label, {})):
            out[label] = cuts
    return out


def _by_group(
    core: pl.DataFrame, frame: pl.DataFrame, a: str, b: str, value: str
) -> dict[int, dict[Pair, float]]:
    """Values of pairs inside a group, by group and pair."""
    inside = core.select("group", "node")
    rows = frame.select(a, b, value).join(inside, left_on=a, right_on="node")
    rows = rows.join(inside, left_on=["group", b], right_on=["group", "node"], how="semi")
    out: dict[int, dict[Pair, float]] = {}
    for group, u, v, x in rows.select("group", a, b, value).sort("group", a, b).iter_rows():
        out.setdefault(group, {})[u, v] = x
    return out


def _first_good(
    cuts: Mapping[int, Sequence[Cut]],
    core: pl.DataFrame,
    attach: Callable[[pl.DataFrame], pl.DataFrame],
    qualified: Callable[[pl.DataFrame, pl.DataFrame], set[int]],
) -> dict[int, Cut]:
    """The first cut of each group of which both halves would be published.

    Both halves of all cuts are asked for at once, each pair of halves with labels of its own.
    """
    tried = [(label, cut) for label, mine in sorted(cuts.items()) for cut in mine]
    if not tried:
        return {}
    rows = [
        (2 * at + side, node)
        for at, (_, cut) in enumerate(tried)
        for side, half in enumerate((cut.one, cut.other))
        for node in half
    ]
    schema = {"try": core.schema["group"], "node": core.schema["node"]}
    halves = pl.DataFrame(rows, schema=schema, orient="row").join(core, on="node")
    halves = halves.drop("group").rename({"try": "group"}).select(core.columns).sort("group", "node")
    kept = qualified(halves, attach(halves))
    out: dict[int, Cut] = {}
    for at, (label, cut) in enumerate(tried):
        if 2 * at in kept and 2 * at + 1 in kept:
            out.setdefault(label, cut)
    return out


def _settled(
    core: pl.DataFrame,
    now: pl.DataFrame,
    made: Mapping[int, int],
    whole: pl.DataFrame,
    pairs: pl.DataFrame,
    attach: Callable[[pl.DataFrame], pl.DataFrame],
    qualified: Callable[[pl.DataFrame, pl.DataFrame], set[int]],
) -> Parted:
    """Takes back what would lose a network, places who hung on the whole, and tells what crosses."""
    columns = {"group": core.schema["group"], "parent": core.schema["group"]}
    tree = pl.DataFrame([*made.items(), *((p, p) for p in set(made.values()))], schema=columns, orient="row")
    attached = whole
    if made:
        attached = _all_hang(now, tree, whole, pairs, attach)
        lost = sorted(set(tree["group"]) - qualified(now, attached))
        back = tree.filter(pl.col("group").is_in(lost))["parent"].unique()
        if len(back):
            made = {new: old for new, old in made.items() if old not in back}
            again = tree.filter(pl.col("parent").is_in(back.implode()))
            now = now.join(again, on="group", how="left")
            now = now.with_columns(group=pl.coalesce("parent", "group")).drop("parent")
            return _settled(core, now, made, whole, pairs, attach, qualified)
    own = now.join(tree, on="group").select("group", "parent", "node")
    rows = pairs.join(own, left_on="source", right_on="node").join(
        own.rename({"group": "other"}), left_on=["target", "parent"], right_on=["node", "parent"]
    )
    rows = rows.filter(pl.col("group") != pl.col("other"))
    columns_out = ("group", "other", "source", "target", "n", "amount_eur")
    return Parted(now.sort("group", "node"), attached, rows.select(columns_out).sort(columns_out[:4]))


def _all_hang(
    now: pl.DataFrame,
    tree: pl.DataFrame,
    whole: pl.DataFrame,
    pairs: pl.DataFrame,
    attach: Callable[[pl.DataFrame], pl.DataFrame],
) -> pl.DataFrame:
    """Who hangs on the halves; who hung on the whole alone, on the half with which it moved most money."""
    found = attach(now)
    placed = found.join(tree, on="group")
    lost = whole.join(placed, left_on=["group", "node"], right_on=["parent", "node"], how="anti")
    lost = lost.join(tree, left_on="group", right_on="parent", how="inner", suffix="_half")
    core = now.select("group", other="node")
    both = (("source", "target"), ("target", "source"))
    ways = [pairs.select("amount_eur", node=one, other=two) for one, two in both]
    ways = [way.join(lost.select("node").unique(), on="node", how="semi") for way in ways]
    sums = pl.concat(ways).join(core, on="other").group_by("group", "node").agg(pl.col("amount_eur").sum())
    rows = lost.join(sums, left_on=["group_half", "node"], right_on=["group", "node"], how="left")
    order = ("group", "node", pl.col("amount_eur").fill_null(0), "group_half")
    rows = rows.sort(*order, descending=[False, False, True, False])
    rows = rows.unique(["group", "node"], keep="first", maintain_order=True)
    extra = rows.select(group="group_half", node="node", how="how")
    return pl.concat([found, extra.select(found.columns)]).sort("group", "node", "how")
