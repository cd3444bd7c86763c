"""Windows as a person would count them: a loop over rows, a loop over what each window holds."""

from __future__ import annotations

from collections import deque
from statistics import median


def window_rows(rows, lower):
    """Lists, per row, the positions of all rows of its group in (lower, time].

    A bound never moves back inside a group.
    """
    out = []
    for group, time, _ in rows:
        bound = max(low for (g, t, _), low in zip(rows, lower, strict=True) if g == group and t <= time)
        out.append([i for i, (g, t, _) in enumerate(rows) if g == group and bound < t <= time])
    return out


def measure(kind, values):
    """Works out one measure over the counted values of a window."""
    match kind:
        case "count":
            return len(values)
        case "sum":
            return sum(values)
        case "distinct":
            return len(set(values))
        case "largest":
            return max(values) if values else None
        case "smallest":
            return min(values) if values else None
        case "median":
            return median(values) if values else None
        case "average":
            return sum(values) / len(values) if values else None


def forwarded_within(rows, hold):
    """First in, first out, cent by cent in queues.

    Args:
        rows: (account, time, credit, cents) in order.
        hold: longest time between credit and debit, both ends included.
    """
    out = [0 if credit else None for _, _, credit, _ in rows]
    queues = {}
    for i, (account, time, credit, amount) in enumerate(rows):
        queue, cents = queues.setdefault(account, deque()), amount
        if credit:
            queue.append([i, time, cents])
            continue
        while cents and queue:
            first = queue[0]
            part = min(cents, first[2])
            if time - first[1] <= hold:
                out[first[0]] += part
            first[2] -= part
            cents -= part
            if first[2] == 0:
                queue.popleft()
    return out


def follows(rows, within):
    """Latest earlier row of the account that is an anchor, agrees and differs, at most `within` back.

    Args:
        rows: (account, time, anchor, same code, different code) in order; code None is missing; a code
            of "any" is not compared.
    """
    out = []
    for i, (account, time, _, same, different) in enumerate(rows):
        found = -1
        for j in range(i - 1, -1, -1):
            a, t, anchor, s, d = rows[j]
            if a != account or not anchor:
                continue
            if same != "any" and (same is None or s is None or s != same):
                continue
            if different != "any" and (different is None or d is None or d == different):
                continue
            found = j if time - t <= within else -1
            break
        out.append(found)
    return out


def cycles(legs, times, within):
    """Greedy cycles: each closing row takes the latest unused row of every other leg, in leg order."""
    used = set()
    out = []
    for closing in legs[-1]:
        if closing in used:
            continue
        taken = []
        for leg in legs[:-1]:
            options = [r for r in leg if r < closing and r not in used and r not in taken]
            if not options or times[closing] - times[options[-1]] > within:
                break
            taken.append(options[-1])
        else:
            out.append((*taken, closing))
            used.update((*taken, closing))
    return out
