"""Every parameter moves hits the way its rule says: `stricter` values flag all subjects that others flag.

The worlds are aimed at the rule: they are the rows of its own positive tests with amounts, times, payers
and rows changed a little, many side by side in one bank, so that thresholds really decide.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from thbscreen.engine.selftest import CaseRun
from thbscreen.model import catalogue
from thbscreen.rules import ast
from thbscreen.rules.evaluate import number
from thbscreen.rules.pack import load_pack, resolve
from thbscreen.rules.steps import stepped

PACK = load_pack()
#: Lists that an institution has to supply; rules that read one find nothing here.
ABSENT = [found.name for found in PACK.lists if found.lacking]
RULES = [rule for rule in PACK.bound if rule.parameters and not any(n in repr(rule.detect) for n in ABSENT)]
MOVING = [(rule, p) for rule in RULES for p in rule.parameters if p.stricter != "neither"]
#: Worlds side by side in one bank, and how many of them must show a hit for a parameter to be tried at all.
WORLDS, ENOUGH = 56, 6
#: Columns whose values belong to one world only.
OWN = frozenset(
    f.name
    for fields in catalogue.TABLES.values()
    for f in fields
    if f.name.endswith(("_id", "_hash")) and f.name != "tx_id"
) | {"network_id"}
MINUTES = (1, -1, 60, -60, 1440, -1440, 4320, -4320, 10080, -20160, 43200)


def numbers(rule):
    """Gives the sums in euros at which a rule's thresholds lie."""
    return [Decimal(p.value.payload) / 100 for p in rule.parameters if p.value.unit is ast.Unit.MONEY]


def other_amount(chance, text, near):
    """Gives an amount beside the old one or beside a threshold of the rule."""
    old = Decimal(text.replace("EUR", "").strip())
    factor = Decimal(chance.choice(("0.2", "0.6", "0.9", "0.99", "1.01", "1.1", "1.5", "3")))
    at = chance.choice((old, old * factor, *near))
    return str(
        max(Decimal("0.01"), at.quantize(Decimal("0.01")) + chance.choice((0, 0, 1, -1)) / Decimal(100))
    )


def other_time(text, minutes):
    """Moves a local time; dates without a time of day stay dates."""
    moved = datetime.fromisoformat(text) + timedelta(minutes=minutes)
    return moved.strftime("%Y-%m-%d %H:%M" if len(text) > 10 else "%Y-%m-%d")


def stretched(chance, rows):
    """Pulls the times of all rows apart or together, so that windows of other lengths are filled."""
    first = min(datetime.fromisoformat(r["booking_ts"]) for r in rows)
    factor = chance.choice((0.3, 0.7, 1, 1, 1, 1, 1.02, 1.3, 2, 4))
    for row in rows:
        after = datetime.fromisoformat(row["booking_ts"]) - first
        row["booking_ts"] = (first + after * factor).strftime("%Y-%m-%d %H:%M")


def world(chance, rule, place):
    """Gives the tables of one world: a positive test of the rule, changed a little."""
    case = chance.choice([c for c in rule.tests if not isinstance(c.expect, str)])
    tables = {name: [dict(row) for row in rows] for name, rows in case.tables}
    rows = tables.get("transactions", [])
    near = numbers(rule)
    payees = sorted({r["cp_account_id"] for r in rows if r.get("cp_account_id")})
    if rows:
        stretched(chance, rows)
    sums = [r["amount_eur"] for r in rows if r.get("amount_eur")]
    if sums and chance.random() < 0.25:
        old = chance.choice(sums)
        new = other_amount(chance, old, near)
        for row in rows:
            if row.get("amount_eur") == old and chance.random() < 0.6:
                row["amount_eur"] = new
    wild = chance.choice((0.0, 0.0, 0.03, 0.1, 0.25))
    for row in rows:
        if row.get("amount_eur") and chance.random() < wild:
            row["amount_eur"] = other_amount(chance, row["amount_eur"], near)
        if chance.random() < wild:
            row["booking_ts"] = other_time(row["booking_ts"], chance.choice(MINUTES))
        if row.get("cp_account_id") and chance.random() < wild / 2:
            row["cp_account_id"] = chance.choice(payees)
    for _ in range(chance.choice((0, 0, 1, 2)) if rows else 0):
        again = dict(chance.choice(rows))
        again["booking_ts"] = other_time(again["booking_ts"], chance.choice(MINUTES))
        rows.append(again)
    if len(rows) > 1 and chance.random() < 0.3:
        rows.pop(chance.randrange(len(rows)))
    for account in tables.get("accounts", []):
        if account.get("opened_date") and chance.random() < 0.4:
            account["opened_date"] = other_time(
                account["opened_date"], chance.choice((-1, 1, -60, 60, -240)) * 1440
            )
    for table in tables.values():
        for row in table:
            row.pop("tx_id", None)
            row.update({k: f"{v}.{place}" for k, v in row.items() if k in OWN and v is not None})
    return tables


@cache
def bank(rule_id):
    """Gives a prepared bank of many worlds for one rule."""
    rule = next(r for r in RULES if r.id == rule_id)
    chance = random.Random(rule_id)
    tables: dict[str, list] = {}
    for place in range(WORLDS):
        for name, rows in world(chance, rule, place).items():
            tables.setdefault(name, []).extend(rows)
    case = ast.Case(
        "worlds",
        (),
        tuple((name, tuple(tuple(row.items()) for row in rows)) for name, rows in tables.items()),
        "no hits",
        None,
        known_gap=False,
        span=rule.span,
    )
    return CaseRun(replace(PACK, profile=replace(PACK.profile, overrides=())), rule, case)


FLAGGED: dict[str, frozenset[str]] = {}


def subjects(rule, name, value):
    """Gives the subjects that a rule with one other parameter value flags in its bank."""
    changed = tuple(replace(p, value=value) if p.name == name else p for p in rule.parameters)
    resolved = resolve(replace(rule, parameters=changed), None)
    if resolved.digest not in FLAGGED:
        found = bank(rule.id).found(resolved).hits
        mine = (s for r, s in found.select("rule", "subject_id").iter_rows() if r == rule.id)
        FLAGGED[resolved.digest] = frozenset(mine)
    return FLAGGED[resolved.digest]


def ladder(parameter):
    """Gives values from the laxest to the strictest: the bounds, and one step beside the rule's own."""
    p = parameter
    low, high = number(p.min, {}), number(p.max, {})
    values = [p.min, *stepped(p.value), p.value, p.max]
    inside = {number(v, {}): v for v in values if low <= number(v, {}) <= high}
    return [inside[at] for at in sorted(inside, reverse=p.stricter == "lower")]


@pytest.mark.parametrize(("rule", "parameter"), MOVING, ids=lambda x: getattr(x, "id", None) or x.name)
def test_a_stricter_value_flags_every_subject_that_a_laxer_one_flags(rule, parameter):
    values = ladder(parameter)
    found = [subjects(rule, parameter.name, value) for value in values]
    for lax, strict, value in zip(found, found[1:], values[1:], strict=False):
        assert lax <= strict, f"{parameter.name} = {value.text} loses subjects of the laxer value"
    worlds = {subject.rpartition(".")[2] for flagged in found for subject in flagged}
    assert len(worlds) >= ENOUGH, "proved nothing: too few worlds have a hit"
    assert found[0] != found[-1], "proved nothing: no value changes what is flagged"


def test_parameters_without_a_direction_are_counted(capsys):
    sides = Counter(p.stricter for rule in RULES for p in rule.parameters)
    with capsys.disabled():
        sys.stdout.write(f"\n{sides['neither']} of {sides.total()} parameters have no direction: not tried\n")
    assert sides["lower"] + sides["higher"] == len(MOVING) > 0
