"""Engine and slow interpreter side by side, for many rules at once."""

from __future__ import annotations

import itertools

from hypothesis import settings

from tests.oracles import packs as slow
from tests.oracles import worlds as w
from tests.oracles.rules import Judge
from tests.oracles.texts import LISTS
from tests.support import pack_of, rule_text


def part(of):
    """Runs a part of the usual examples: a pack holds many rules, so a few worlds go a long way."""
    return settings(max_examples=settings.default.max_examples // of)


def numbered(blocks, roles="{account_id: unknown}"):
    """Loads one pack of rules from their detect blocks; `roles` may be one text for all or one for each."""
    each = [roles] * len(blocks) if isinstance(roles, str) else roles
    texts = [
        rule_text(text, rule_id=f"THB-ML-{i:03d}", roles=role)
        for i, (text, role) in enumerate(zip(blocks, each, strict=True), 100)
    ]
    return pack_of(*texts, lists=LISTS)


def agree(pack, world, buckets, networks=None):
    """Checks hits and near misses of every rule of a pack; gives how many hits there were."""
    plain = w.slow_world(pack, *world, networks=networks)
    found = w.engine_hits(pack, *world, buckets, networks)
    expected = slow.pack_hits(plain)
    for rule in pack.rules:
        actual = w.comparable(found, rule)
        wanted = w.shown(expected[rule.id], rule)
        told = [{k: h[k] for k in wanted[0]} for h in actual] if wanted else actual
        told.sort(key=w.order_of)
        assert told == wanted, difference(rule, told, wanted)
        if slow.has_near(rule):
            judge = Judge(rule, slow.world_for(rule, plain, expected))
            told, wanted = w.near_misses(found, rule), judge.near()
            assert told == wanted, difference(rule, told, wanted)
    return sum(map(len, expected.values()))


def difference(rule, told, wanted):
    """Says in a few lines in which hits, and where in them, two readings of a rule differ."""
    lines = [f"{rule.id}: {len(told)} from the engine, {len(wanted)} from the slow reading"]
    for at, pair in enumerate(itertools.zip_longest(told, wanted)):
        one, other = (hit or {} for hit in pair)
        for name in dict.fromkeys((*one, *other)):
            if one.get(name) != other.get(name):
                lines.append(f"hit {at}, {name}: {one.get(name)!r}, slow {other.get(name)!r}")
    return "\n".join([*lines[:12], str(rule.detect)])
