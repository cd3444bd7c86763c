"""Whole rules through the engine give the hits that a slow reading of their laws gives."""

from __future__ import annotations

import functools

from hypothesis import given, note
from hypothesis import strategies as st

from tests.oracles import rules as slow
from tests.oracles import worlds as w
from tests.oracles.texts import (
    ANCHORS,
    DERIVED,
    DIFFERENT,
    KEYS,
    KEYS_WITH,
    LENGTHS,
    LIMITS,
    LISTS,
    MEASURES,
    MEASURES_WITH,
    PARTY_MEASURES,
    PARTY_WHERE,
    SAME,
    WHERE,
    WINDOWS,
    WITH,
)
from tests.support import pack_of, rule_text


def some(draw, of, most):
    """Draws a few different items."""
    return draw(st.lists(st.sampled_from(of), max_size=most, unique=True))


def together(conditions):
    """Joins conditions into one mapping; of two on the same field the first stays."""
    seen = {}
    for text in conditions:
        seen.setdefault(text.partition(":")[0], text)
    return "{" + ", ".join(seen.values()) + "}"


def derive_lines(draw):
    """Draws derived columns; a follows may use the district, which then comes first."""
    names = [n for n in DERIVED if draw(st.integers(0, 2)) == 0]
    different = draw(st.sampled_from(DIFFERENT))
    same = draw(st.sampled_from(SAME))
    if "pay" in names and "district" in same + different and "district" not in names:
        names.insert(0, "district")
    values = {"length": draw(st.sampled_from(LENGTHS)), "same": same, "different": different,
              "anchor": draw(st.sampled_from(ANCHORS))}  # fmt: skip
    return names, [f"  {n}: {DERIVED[n].format(**values)}" for n in names]


def usable(texts, names):
    """Leaves out texts that name derived columns which the rule does not have."""
    return [
        t for t in texts if not any(n in t for n in DERIVED if n not in names and n in t.split(":", 1)[1])
    ]


def measure_lines(draw, names, keys):
    """Draws measures with and without where and a wider group."""
    pool = (*MEASURES, *(m for n in names for m in MEASURES_WITH[n]))
    conditions = usable((*WHERE, *(c for n in names for c in WITH[n])), names)
    out, units = [], {}
    for i in range(draw(st.integers(1, 4))):
        text = draw(st.sampled_from(pool))
        where = f", where: {together(some(draw, conditions, 2))}" if draw(st.integers(0, 2)) == 0 else ""
        wide = draw(st.integers(0, len(keys) - 1))
        group = f", for_each: [{', '.join(keys[:wide])}]" if wide else ""
        kind, _, of = text.partition(": ")
        money = any(p in of for p in ("amount", "balance", "income", "fwd", "wage"))
        counted = kind in {"count", "distinct", "days_active", "months_active"} or not money
        units[f"m{i}"] = "number" if counted else "money"
        out.append(f"  m{i}: {{{text}{where}{group}}}")
    if len(set(units.values())) == 1 and draw(st.booleans()):
        first, last = next(iter(units)), list(units)[-1]
        units["f"] = "share"
        out.append(f"  f: {{formula: {first} / {last}}}")
    return out, units


def flag_lines(draw, units):
    """Draws lines over the measures, alone and under any_of and none_of; most of them often hold."""
    out = []
    for name, unit in units.items():
        low, *higher = LIMITS[unit]
        odd = draw(st.integers(0, 2)) == 2
        op = draw(st.sampled_from(("!=", ">", "<=", "<", "=="))) if odd else ">="
        out.append(f"{name} {op} {draw(st.sampled_from(higher)) if odd else low}")
    lines = [f"  - {draw(st.sampled_from(out))}" for _ in range(draw(st.sampled_from((1, 1, 1, 2))))]
    if draw(st.integers(0, 3)) == 0:
        word = draw(st.sampled_from(("any_of", "any_of", "none_of")))
        lines.append(f"  - {word}: ['{draw(st.sampled_from(out))}', '{draw(st.sampled_from(out))}']")
    return list(dict.fromkeys(lines))


@st.composite
def aggregates(draw):
    """Draws the text of a whole aggregate rule."""
    names, derived = derive_lines(draw)
    conditions = usable((*WHERE, *(c for n in names for c in WITH[n])), names)
    keys = draw(st.sampled_from((*KEYS, *(k for n in names for k in KEYS_WITH.get(n, ())))))
    measures, units = measure_lines(draw, names, keys)
    lines = ["kind: aggregate", *(["derive:", *derived] if derived else [])]
    few = some(draw, conditions, draw(st.sampled_from((0, 0, 1, 2))))
    lines += [f"where: {together(few)}", f"for_each: [{', '.join(keys)}]"]
    window = draw(st.sampled_from(WINDOWS))
    lines += [f"window: {window}", "measures:", *measures]
    lines += ["flag_when:", *flag_lines(draw, units)]
    if draw(st.booleans()):
        lines.append(f"headline: {draw(st.sampled_from([*units]))}")
    if window != "whole period" and draw(st.integers(0, 3)) == 0:
        length = draw(st.sampled_from(LENGTHS))
        lines.append(f"repeat: {{times: {draw(st.integers(1, 3))}, within: {length}}}")
    roles = some(draw, [*keys, "cp_account_id", *(["pay.cp_account_id"] if "pay" in names else [])], 2)
    return rule_text(
        "\n".join(lines), roles="{" + ", ".join(f"{r}: unknown" for r in roles or keys[:1]) + "}"
    )


@functools.cache
def pack(text):
    """Loads one rule."""
    return pack_of(text, lists=LISTS)


@given(aggregates(), w.worlds(), st.sampled_from((1, 3)))
def test_aggregate_rules_give_the_hits_of_a_slow_reading(text, world, buckets):
    note(text)
    loaded = pack(text)
    rule = loaded.rules[0]
    expected = w.shown(slow.Judge(rule, w.slow_world(loaded, *world)).hits(), rule)
    assert w.comparable(w.engine_hits(loaded, *world, buckets), rule) == expected


@st.composite
def transactions(draw):
    """Draws the text of a whole transaction rule."""
    names, derived = derive_lines(draw)
    conditions = usable((*WHERE, *(c for n in names for c in WITH[n])), names)
    lines = ["kind: transaction", *(["derive:", *derived] if derived else [])]
    lines += [f"where: {together(some(draw, conditions, 3))}"]
    return rule_text("\n".join(lines), evidence="{booking_ts} {amount_eur} {mcc} {value_date} {party.kind}")


@given(transactions(), w.worlds(), st.sampled_from((1, 3)))
def test_transaction_rules_give_the_hits_of_a_slow_reading(text, world, buckets):
    note(text)
    loaded = pack(text)
    found = w.engine_hits(loaded, *world, buckets).hits
    actual = sorted(zip(found["subject_id"].to_list(), found["tx_ids"].to_list(), strict=True))
    assert actual == slow.transaction_hits(loaded.rules[0], w.slow_world(loaded, *world))


@st.composite
def party_rules(draw):
    """Draws the text of a rule over customers."""
    keys = draw(
        st.sampled_from((("phone_hash",), ("address_hash", "phone_hash"), ("employer_id",), ("kind",)))
    )
    measures = []
    for i in range(draw(st.integers(1, 3))):
        where = f", where: {together(some(draw, PARTY_WHERE, 2))}" if draw(st.booleans()) else ""
        wide = f", for_each: [{keys[0]}]" if len(keys) > 1 and draw(st.booleans()) else ""
        measures.append(f"  m{i}: {{{draw(st.sampled_from(PARTY_MEASURES))}{where}{wide}}}")
    unit = " EUR" if "income" in measures[0].split(",")[0] and "distinct" not in measures[0] else ""
    return rule_text(
        "\n".join(
            [
                "kind: aggregate",
                "table: parties",
                f"where: {together(some(draw, PARTY_WHERE, 2))}",
                f"for_each: [{', '.join(keys)}]",
                "window: whole period",
                "measures:",
                *measures,
                "flag_when:",
                f"  - m0 {draw(st.sampled_from(('>=', '<', '!=')))} {draw(st.sampled_from((1, 2)))}{unit}",
            ]
        ),
        roles="{party_id: unknown}",
    )


@given(party_rules(), w.worlds(max_rows=2))
def test_rules_over_customers_give_the_hits_of_a_slow_reading(text, world):
    note(text)
    loaded = pack(text)
    rule = loaded.rules[0]
    money = {m.name for m in rule.detect.measures if m.unit == "money"}
    expected = [
        (key, {n: None if v is None else float(v / 100 if n in money else v) for n, v in numbers.items()})
        for key, numbers in slow.party_hits(rule, w.slow_world(loaded, *world))
    ]
    found = w.engine_hits(loaded, *world, 1).hits.to_dicts()
    actual = [
        (tuple(k["value"] for k in h["keys"]), {m["name"]: m["value"] for m in h["measures"]}) for h in found
    ]
    assert sorted(actual, key=lambda h: h[0]) == expected


PLAIN = """
kind: aggregate
{derive}where: {{}}
for_each: [{keys}]
window: {window}
measures:
  rows: {{count: transactions}}
  total: {{sum: amount_eur}}
  middle: {{median: amount_eur, where: {{direction: debit}}}}
  kinds: {{distinct: tx_type}}
{wider}flag_when:
  - rows >= {least}
{tail}"""
REPEAT = "repeat: {times: 2, within: 1 days}\n"
FOLLOWING = """\
derive:
  pay: {{follows: {{where: {{direction: credit}}, within: {0}, different: [tx_type]}}}}
  fwd: {{forwarded_within: {0}}}
  home: {{most_common: location_city, where: {{direction: credit}}}}
"""
DERIVED_MEASURES = """\
  out: {sum: fwd}
  homely: {count: transactions, where: {compare: ["home == location_city"]}}
"""


@st.composite
def plain_rules(draw):
    """Draws rules that every row passes, so that windows are full and episodes many."""
    several = ("account_id, direction", "direction", "direction, account_id")
    keys = draw(st.sampled_from(("account_id", *several)))
    window = draw(st.sampled_from(WINDOWS))
    derive = FOLLOWING.format(draw(st.sampled_from(LENGTHS))) if draw(st.booleans()) else ""
    wider = f"  all: {{sum: amount_eur, for_each: {keys.split(',')[0]}}}\n" if "," in keys else ""
    headline = draw(st.sampled_from(("", "headline: total\n", "headline: middle\n", "headline: kinds\n")))
    repeat = "" if window == "whole period" else draw(st.sampled_from(("", "", REPEAT)))
    return rule_text(
        PLAIN.format(
            keys=keys,
            derive=derive,
            window=window,
            least=draw(st.integers(1, 3)),
            wider=(DERIVED_MEASURES if derive else "") + wider,
            tail=headline + repeat,
        )
    )


@given(plain_rules(), w.worlds(max_rows=24), st.sampled_from((1, 3)))
def test_full_windows_give_the_episodes_of_a_slow_reading(text, world, buckets):
    note(text)
    loaded = pack(text)
    rule = loaded.rules[0]
    expected = w.shown(slow.Judge(rule, w.slow_world(loaded, *world)).hits(), rule)
    assert w.comparable(w.engine_hits(loaded, *world, buckets), rule) == expected
