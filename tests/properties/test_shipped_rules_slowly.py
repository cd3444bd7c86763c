"""The shipped rules find, in the tables of their own tests, what a slow reading finds: every number of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.oracles import rules as slow
from tests.oracles import worlds as w
from thbscreen.rules import ast
from thbscreen.rules.pack import load_pack, resolve

PACK = load_pack()


def every_customer_has_an_account(rule):
    """The worlds of the slow reading hold customers by their accounts; some tests have others, too."""
    rows = [row for case in rule.tests for name, rows in case.tables if name == "parties" for row in rows]
    return all("account_id" in dict(row) for row in rows)


#: Rules over networks and rules that read others' hits need more than one rule to be run.
ALONE = [
    r
    for r in PACK.bound
    if isinstance(r.detect, ast.Aggregate)
    and not r.after
    and r.family != "mitigation"
    and "network_id" not in r.detect.for_each
    and every_customer_has_an_account(r)
]


def instant(text):
    """Gives the instant of a local time as written in a test."""
    return slow.Zone(PACK.profile.time_zone).instant(dt.datetime.fromisoformat(text))


def money(row):
    """Takes the unit away from amounts."""
    return {
        k: v.replace("EUR", "").strip() if isinstance(v, str) and v.endswith("EUR") else v for k, v in row
    }


def tables_of(case, prefix=""):
    """Gives the tables of a case as the engine and the slow reading take them."""
    tables = {name: [money(row) for row in rows] for name, rows in case.tables}
    rows = [
        {"direction": "credit", "tx_id": f"T{i:02d}", **row, "booking_ts": instant(row["booking_ts"])}
        for i, row in enumerate(tables.get("transactions", []), 1)
    ]
    for row in rows:
        row["tx_id"] = prefix + row["tx_id"]
    parties = [
        {"party_id": f"C-{p['account_id']}", "kind": "natural", **p} for p in tables.get("parties", [])
    ]
    return rows, tables.get("accounts", []), parties


def both(rule, world):
    """Gives the engine's and the slow reading's hits of one rule."""
    loaded = replace(PACK, rules=(rule,))
    expected = w.shown(slow.Judge(rule, w.slow_world(loaded, *world)).hits(), rule)
    return w.comparable(w.engine_hits(loaded, *world, 3), rule), expected


def apart():
    """Gives the tests with other parameters, which the one bank below cannot hold.

    Against what they expect all tests are run alone elsewhere.
    """
    for rule in ALONE:
        for n, case in enumerate(rule.tests):
            if case.parameters:
                yield pytest.param(rule, case, id=f"{rule.id} {n}")


@pytest.mark.parametrize(("rule", "case"), [*apart()])
def test_a_test_with_other_parameters(rule, case):
    actual, expected = both(resolve(rule, PACK.profile, case.parameters), tables_of(case))
    assert actual == expected
    assert expected or case.expect in {"no hits", "not judged"} or case.known_gap


@pytest.mark.parametrize("rule", ALONE, ids=lambda r: r.id)
def test_all_tests_of_a_rule_as_one_bank(rule):
    rows, accounts, parties = [], {}, {}
    for n, case in enumerate(rule.tests):
        more_rows, more_accounts, more_parties = tables_of(case, f"{n}-")
        rows += more_rows
        accounts |= {a["account_id"]: a for a in more_accounts}
        parties |= {p["account_id"]: p for p in more_parties}
    one_by_one = {p["party_id"]: p for p in parties.values()}
    held = [{**one_by_one[p["party_id"]], "account_id": a} for a, p in parties.items()]
    actual, expected = both(resolve(rule, PACK.profile), (rows, list(accounts.values()), held))
    assert actual == expected
    if not expected:  # side by side the tests hide one another's hits
        case = next(c for c in rule.tests if c.expect not in {"no hits", "not judged"} and not c.known_gap)
        actual, expected = both(resolve(rule, PACK.profile, case.parameters), tables_of(case))
        assert actual == expected
        assert expected
