from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thbscreen.model.components import components


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    n = draw(st.integers(1, 40))
    node = st.integers(0, n - 1)
    return n, draw(st.lists(st.tuples(node, node), max_size=60))


def label(n: int, edges: list[tuple[int, int]]) -> list[int]:
    left = np.array([u for u, _ in edges], dtype=np.int64)
    right = np.array([v for _, v in edges], dtype=np.int64)
    return [int(c) for c in components(n, left, right)]


@given(graphs())
def test_labels_are_the_smallest_code_of_the_component_that_networkx_finds(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    n, edges = graph
    slow = nx.Graph()
    slow.add_nodes_from(range(n))
    slow.add_edges_from(edges)
    expected = {node: min(part) for part in nx.connected_components(slow) for node in part}
    assert label(n, edges) == [expected[i] for i in range(n)]


def test_a_long_path_in_random_order_is_one_component() -> None:
    n = 50_000
    order = np.random.default_rng(1).permutation(n).astype(np.int64)
    assert set(components(n, order[:-1], order[1:]).tolist()) == {0}


def test_a_code_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        label(2, [(0, 2)])


def test_ends_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        components(3, np.array([0], dtype=np.int64), np.array([], dtype=np.int64))
