"""Several rules together: stages that read each other's hits, and rules over networks."""

from __future__ import annotations

from dataclasses import replace

from tests.oracles.rules import Judge, party_hits, transaction_hits
from tests.oracles.sequences import Steps
from tests.oracles.stars import Star
from thbscreen.rules import ast


def whole_hits(rule, world):
    """Gives the hits of one rule in their common form; a transaction rule's with keys and ids only."""
    match rule.detect:
        case ast.Transaction():
            return [{"keys": (account,), "tx_ids": ids} for account, ids in transaction_hits(rule, world)]
        case ast.Star():
            return Star(rule, world).hits()
        case ast.Sequence():
            return Steps(rule, world).hits()
        case ast.Aggregate(table="parties"):
            return [{"keys": key, "numbers": numbers} for key, numbers in party_hits(rule, world)]
        case ast.Aggregate():
            return Judge(rule, world).hits()


def pack_hits(world):
    """Gives the hits of every rule of a pack; a rule waits for those whose hits it reads."""
    out, waiting = {}, list(world.pack.rules)
    while waiting:
        rule = next(r for r in waiting if not any(w.id in r.after for w in waiting))
        waiting.remove(rule)
        out[rule.id] = whole_hits(rule, world_for(rule, world, out))
    return out


def world_for(rule, world, found):
    """Gives the world as a rule sees it: with the accounts that the rules before it hit.

    Hits are about accounts when the first key of their rule is one; others hit the accounts that they name.
    """
    hits = {}
    for earlier in world.pack.rules:
        if earlier.id in rule.after:
            key = getattr(earlier.detect, "for_each", ("account_id",))[0]
            accounts = key in {"account_id", "cp_account_id"}
            hits[earlier.id] = (
                {h["keys"][0] for h in found[earlier.id]}
                if accounts
                else {
                    name
                    for h in found[earlier.id]
                    for (path, name) in h.get("members", ())
                    if path in {"account_id", "cp_account_id"}
                }
            )
    return replace(world, hits=hits)


def has_near(rule):
    """Tells whether a rule has near misses with times: windows of rows have."""
    return isinstance(rule.detect, ast.Aggregate) and rule.detect.table == "transactions"
