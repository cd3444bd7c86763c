"""Where a group may be parted, against every way to part it, asked one by one."""

from __future__ import annotations

from itertools import combinations
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from thbscreen.network.halves import weak_cuts

Pair = tuple[int, int]


def joined(nodes: set[int], pairs: list[Pair]) -> bool:
    """Whether one can go from the least node to every other."""
    found = {min(nodes)}
    for _ in nodes:
        found |= {b for p in pairs for a, b in (p, p[::-1]) if a in found and b in nodes}
    return found == nodes


def net(paid: dict[Pair, int], u: int, v: int) -> bool:
    return paid.get((u, v), 0) > paid.get((v, u), 0)


def may_part(
    one: set[int], other: set[int], links: dict[Pair, float], held: set[Pair], paid: dict[Pair, int]
) -> bool:
    cut = [p for p in links if len(one & set(p)) == 1]
    if not all(joined(half, list(links)) for half in (one, other)):
        return False
    if not set.intersection(*(set(p) for p in cut)) or any(len(one & set(p)) == 1 for p in held):
        return False
    across = sum(paid[p] for p in paid if len(one & set(p)) == 1)
    for mine, theirs in ((one, other), (other, one)):
        inside = sum(paid[p] for p in paid if mine >= set(p))
        usual = median(sum(links[p] for p in links if n in p and mine >= set(p)) for n in mine)
        if len(mine) < 4 or across == 0 or across > inside / 4 or sum(links[p] for p in cut) > usual:
            return False
        collectors = {n for n in mine if sum(net(paid, m, n) for m in mine) >= 3}
        if not collectors:
            return False
        # Everybody to whom money of a collector may have come, step by step.
        reached = set(collectors)
        for _ in mine:
            reached |= {v for u in reached for v in mine if net(paid, u, v)}
        if any(net(paid, u, v) for u in reached for v in theirs):
            return False
    return True


def every_way(links: dict[Pair, float], held: set[Pair], paid: dict[Pair, int]) -> set[tuple[int, ...]]:
    nodes = {n for p in links for n in p}
    rest = sorted(nodes - {min(nodes)})
    halves = [{min(nodes), *some} for size in range(len(rest)) for some in combinations(rest, size)]
    return {tuple(sorted(one)) for one in halves if may_part(one, nodes - one, links, held, paid)}


@st.composite
def two_stars(draw: st.DrawFn) -> tuple[dict[Pair, float], set[Pair], dict[Pair, int]]:
    """Two stars with a link between them, and some noise; often one may be parted from the other."""
    sizes = [draw(st.integers(3, 4)) for _ in range(2)]
    paid: dict[Pair, int] = {}
    links: dict[Pair, float] = {}
    stars, start = [], 0
    for size in sizes:
        stars.append(list(range(start, start + size + 1)))
        for leaf in stars[-1][1:]:
            links[start, leaf] = draw(st.sampled_from([1.0, 2.0]))
            paid[leaf, start] = draw(st.integers(5, 20))
        start += size + 1
    node = st.integers(0, start - 1)
    u, v = draw(st.sampled_from(stars[0])), draw(st.sampled_from(stars[1]))
    links[u, v] = draw(st.sampled_from([0.5, 1.0, 1.5]))
    paid[draw(st.sampled_from([(u, v), (v, u)]))] = draw(st.integers(0, 12))
    other = st.tuples(node, node).filter(lambda p: p[0] < p[1])
    for p in draw(st.lists(other, max_size=2)):
        links.setdefault(p, 0.5)
    for p in draw(st.lists(st.tuples(node, node).filter(lambda p: p[0] != p[1]), max_size=3)):
        paid.setdefault(p, draw(st.integers(0, 9)))
    return links, draw(st.sets(other, max_size=1)), paid


@given(two_stars())
def test_a_group_is_parted_exactly_where_every_way_says(
    world: tuple[dict[Pair, float], set[Pair], dict[Pair, int]],
) -> None:
    links, held, paid = world
    found = weak_cuts(links, held, paid)
    assert {cut.one for cut in found} == every_way(links, held, paid)
    assert found == sorted(found)
    assert all(set(cut.one) | set(cut.other) == {n for p in links for n in p} for cut in found)
