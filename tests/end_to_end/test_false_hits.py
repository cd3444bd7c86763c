"""Ordinary people hardly ever become alerts, and no rule of weight hits many; the page says the same."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

from benchmarks import false_hits
from benchmarks.false_hits import Counted, count_berka, count_world
from thbscreen.rules.pack import load_pack

ROOT = Path(__file__).parents[2]
BERKA = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared")) / "data" / "berka"
PAGE = false_hits.PAGE.read_text(encoding="utf-8")
#: Most alerts among ordinary customers, and most ordinary customers whom a rule of weight 2 or more may hit.
ALERTS, SHARE = 1 / 1000, 0.02


@cache
def weights() -> dict[str, int]:
    return {rule.id: rule.weight for rule in load_pack(None, drafts=True).rules}


def wrong(found: Counted) -> dict[str, float]:
    """Gives the rules of weight that hit more ordinary customers than they may."""
    return {r: found.share(r) for r in found.people if weights()[r] >= 2 and found.share(r) > SHARE}


@pytest.mark.slow
def test_ordinary_customers_of_the_sample_hardly_ever_become_alerts():
    runs = {rule.id for rule in load_pack(None).rules}
    off = sorted(set(weights()) - runs)
    found = count_world("sample", ROOT / "sample_data", false_hits.TRUTH, off)
    assert found.ordinary > 1_900
    assert found.alerts < ALERTS * found.ordinary
    assert found.at_once < ALERTS * found.ordinary
    assert wrong(found) == {}


@pytest.mark.slow
@pytest.mark.skipif(not BERKA.is_dir(), reason="the Berka files are not here; they are not shipped")
def test_real_ordinary_customers_hardly_ever_become_alerts(tmp_path):
    found = count_berka(BERKA, tmp_path)
    assert found.ordinary == 1_229
    assert found.alerts < ALERTS * found.ordinary
    assert wrong(found) == {}


def _rows(name: str) -> list[list[str]]:
    part = PAGE.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end -->")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_the_page_keeps_its_own_promise_about_alerts():
    data = _rows("data")
    assert len(data) == 4
    for _, ordinary, alerts, at_once, *_ in data:
        most = ALERTS * int(ordinary.replace(",", ""))
        assert int(alerts) < most
        assert int(at_once) < most


def test_the_page_keeps_its_own_promise_about_rules_and_shows_their_weights_of_today():
    known = weights()
    table = _rows("rules")
    assert len(table) > 20
    for rule, _, weight, _, _, share, others, _, _, berka in table:
        found = re.findall(r"THB-[A-Z]+-\d{3}", rule)[0]
        assert int(weight) == known[found], found
        shares = [float(n) for n in [share, *others.split(", "), berka] if n not in {"", "-"}]
        assert int(weight) < 2 or max(shares) <= 100 * SHARE, found


def test_the_page_shows_every_list_of_words():
    shown = {row[0].strip("`") for row in _rows("texts")}
    lists = {x.name for x in load_pack(None).lists if x.kind == "words" and x.entries}
    assert shown == lists
