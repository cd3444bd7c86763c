"""Who stands near whom: distances along pairs."""

from __future__ import annotations

from collections.abc import Iterable


def distances(pairs: Iterable[tuple[str, str]], start: str, most: int | None = None) -> dict[str, int]:
    """Gives how many steps away everybody is who can be reached.

    Args:
        pairs: steps that can be taken, in one direction each.
        start: who is 0 steps away.
        most: farthest distance that is looked at; None for no bound.

    Example:
        >>> distances([("A", "B"), ("B", "C")], "A", 1)
        {'A': 0, 'B': 1}
    """
    near: dict[str, list[str]] = {}
    for source, target in pairs:
        near.setdefault(source, []).append(target)
    found = {start: 0}
    ring = [start]
    while ring and (most is None or found[ring[0]] < most):
        step = found[ring[0]] + 1
        reached = sorted(
            {target for member in ring for target in near.get(member, ()) if target not in found}
        )
        found |= dict.fromkeys(reached, step)
        ring = reached
    return found
