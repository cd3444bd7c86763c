"""Whole rules through the engine give the hits that a slow reading of their laws gives."""

from __future__ import annotations

import functools

from hypothesis import given, note
from hypothesis import strategies as st

from tests.oracles import rules as slow
from tests.oracles import worlds as w
from tests.support import pack_of, rule_text

SOURCES = "sources: [{cite: test, at: page 1, kind: expert}]"
LISTS = {
    "places.districts": f"list: places.districts\nkind: map\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: {limassol: [limassol, Λεμεσός], larnaca: [larnaca], paphos: [paphos]}\n",
    "mcc.lodging": f"list: mcc.lodging\nkind: codes\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: [7011, 3500-3599]\n",
    "keywords.rent": f"list: keywords.rent\nkind: words\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: {en: [rent, escort], el: ['ενοικ*']}\n",
    "payees.towns": f"list: payees.towns\nkind: words\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: {el: [δήμος, dimos]}\n",
}

LENGTHS = ("1 days", "6 hours", "24 hours", "30 minutes", "2 weeks", "1 months")
DERIVED = {
    "fwd": "{{forwarded_within: {length}}}",
    "district": "{{lookup: location_city, in: places.districts}}",
    "home": "{{most_common: location_city, where: {{tx_type: card_purchase}}}}",
    "wage": "{{fact: minimum_wage}}",
    "pay": "{{follows: {{where: {anchor}, within: {length}{same}{different}}}}}",
}
ANCHORS = ("{direction: credit}", "{}", "{tx_type: cash_deposit}", "{mcc: {in_list: mcc.lodging}}",
           "{amount_eur: {at_least: 1 EUR}}", "{party.kind: natural}")  # fmt: skip
SAME = ("", "", ", same: [cp_account_id]", ", same: [district]", ", same: [amount_eur]",
        ", same: [value_date]", ", same: [location_city, terminal_id]")  # fmt: skip
DIFFERENT = ("", "", ", different: [location_city]", ", different: [district]", ", different: [mcc]",
             ", different: [balance_after]")  # fmt: skip
WHERE = (
    "direction: credit", "direction: {is_not: credit}", "tx_type: [cash_deposit, cash_withdrawal]",
    "tx_type: {not_in: [cash_deposit], missing: false}", "mcc: {in_list: mcc.lodging}",
    "mcc: {not_in_list: mcc.lodging}", "mcc: {mentions: ['7011', '54*']}", "amount_eur: {at_least: 1 EUR}",
    "amount_eur: {below: 99.99 EUR, above: 0.01 EUR}", "amount_eur: {is_not: 1 EUR}",
    "amount_eur: {multiple_of: 0.50 EUR}", "amount_eur: {missing: true}", "amount_eur: [1 EUR, 2.50 EUR]",
    "amount_eur: {not_in: [1 EUR]}", "balance_after: {at_most: 0 EUR}", "balance_after: {missing: false}",
    "booking_ts: {time_of_day: 22:00-06:00}", "booking_ts: {time_of_day: 02:00-03:30}",
    "booking_ts: {weekday: [sunday, sat]}", "booking_ts: {at_least: 2024-01-01}",
    "booking_ts: {below: 2024-03-31}", "value_date: {at_least: 2024-03-31}", "value_date: 2024-01-01",
    "value_date: {missing: true}", "remittance_info: {mentions_list: keywords.rent}",
    "cp_name: {mentions_list: payees.towns}", "cp_account_id: {missing: false}", "own_transfer: false",
    "own_transfer: true", "own_transfer: {missing: false}", "own_transfer: {is_not: true}",
    "same_address: true", "same_address: {missing: true}", "party.kind: natural",
    "party.kind: {is_not: natural}", "party.kind: {missing: true}",
    "party.declared_monthly_income_eur: {above: 10 EUR}", "party.declared_employees: {at_least: 5}",
    "party.declared_employees: {multiple_of: 5}", "party.declared_employees: [1, 7]",
    "party.incorporation_date: {at_least: 2024-03-31}", "party.incorporation_date: {is_not: 2024-03-31}",
    "party.onboarding_ts: {at_least: 2024-03-31}", "party.onboarding_ts: {below: 2024-01-01}",
    "party.onboarding_ts: {time_of_day: 22:00-06:00}", "party.onboarding_ts: {weekday: sunday}",
    "party.onboarding_ts: {missing: true}", "party.occupation: {mentions: [student]}",
    "party.occupation: {mentions_list: keywords.rent}", "party.licence: {not_in: [wedding_trade]}",
    "party_id: C-A1", "party_id: {missing: true}", "cp.kind: legal", "cp.kind: {is_not: legal}",
    "cp.declared_monthly_income_eur: {at_most: 10 EUR}", "cp.employer_id: {missing: false}",
    "cp.onboarding_ts: {at_least: 2024-01-01}", "account.opened_date: {at_least: 2024-01-01}",
    "account.opened_date: {missing: false}", "account.age_days: {at_most: 1}", "cp.age_days: {below: 90}",
    "account.age_days: {missing: true}", "cp.party_id: C-A1", "any_of: [{direction: debit}, {mcc: 7011}]",
    "any_of: [{own_transfer: true}, {party.kind: natural, direction: credit}]",
    "none_of: [{mcc: 7011}, {cp.kind: legal}]", "none_of: [{any_of: [{tx_type: card_purchase}]}]",
    'compare: ["amount_eur >= 10% * balance_after"]', 'compare: ["amount_eur / balance_after < 1"]',
    'compare: ["amount_eur > party.declared_monthly_income_eur"]', 'compare: ["booking_ts >= 2024-01-01"]',
    'compare: ["value_date == 2024-01-01"]', 'compare: ["location_city == terminal_id"]',
    'compare: ["cp_account_id == account_id"]', 'compare: ["account.age_days <= cp.age_days + 1"]',
    'compare: ["party.employer_id == cp.party_id"]', 'compare: ["account.opened_date < value_date"]',
    'compare: ["party_id != cp.party_id"]', 'compare: ["account.opened_date <= booking_ts"]',
)  # fmt: skip
WITH = {
    "fwd": ("fwd: {above: 0 EUR}", "fwd: {missing: true}", 'compare: ["fwd >= 50% * amount_eur"]'),
    "district": ("district: limassol", "district: {not_in: [paphos]}", "district: {missing: true}",
                 'compare: ["district == home"]', 'compare: ["district != pay.location_city"]'),
    "home": ("home: Limassol", "home: {missing: false}", 'compare: ["home != location_city"]'),
    "wage": ('compare: ["amount_eur < wage"]', 'compare: ["amount_eur / wage >= 1%"]',
             "wage: {missing: true}", "wage: {at_least: 1000 EUR}"),
    "pay": ("pay: {missing: false}", "pay: {missing: true}", "pay.cp_account_id: X1",
            "pay.location_city: {is_not: Paphos}", "pay.amount_eur: {at_least: 1 EUR}",
            "pay.booking_ts: {missing: false}", "pay.booking_ts: {at_least: 2024-03-31}",
            "pay.booking_ts: {time_of_day: 22:00-06:00}", "pay.tx_id: T01",
            'compare: ["amount_eur >= 60% * pay.amount_eur"]',
            'compare: ["pay.cp_account_id == cp_account_id"]',
            'compare: ["pay.location_city != location_city"]', 'compare: ["pay.booking_ts < booking_ts"]'),
}  # fmt: skip
KEYS = (
    ("account_id",), ("account_id",), ("account_id",), ("account_id", "tx_type"),
    ("account_id", "cp_account_id"), ("cp_account_id",),
    ("cp_account_id", "account_id"), ("party_id",), ("terminal_id", "account_id"), ("mcc",), ("cp_name",),
    ("party.employer_id", "cp_account_id"), ("cp.employer_id",), ("cp.party_id", "party_id"),
    ("party.address_hash",), ("account_id", "location_city", "terminal_id"),
)  # fmt: skip
KEYS_WITH = {
    "district": (("account_id", "district"), ("district",)),
    "home": (("account_id", "home"), ("home",)),
    "pay": (("account_id", "pay.cp_account_id"), ("pay.location_city",), ("pay.tx_id",)),
}
WINDOWS = (*(f"rolling {n}" for n in LENGTHS), "rolling 1 days", "rolling 6 hours",
           "calendar day", "calendar week", "calendar month", "whole period")  # fmt: skip
MEASURES = (
    "count: transactions", "sum: amount_eur", "distinct: cp_account_id", "distinct: mcc",
    "largest: amount_eur", "smallest: amount_eur", "average: amount_eur", "median: amount_eur",
    "days_active: transactions", "months_active: transactions", "sum: balance_after",
    "median: balance_after", "smallest: balance_after", "distinct: party.occupation",
    "largest: party.declared_employees", "largest: party.declared_monthly_income_eur",
    "average: account.age_days", "smallest: cp.age_days", "distinct: cp.kind", "distinct: tx_id",
    "distinct: booking_ts", "distinct: value_date",
    "distinct: amount_eur", "distinct: party.declared_employees",
    "distinct: account.opened_date",
)  # fmt: skip
MEASURES_WITH = {
    "fwd": ("sum: fwd", "largest: fwd"),
    "district": ("distinct: district",),
    "home": ("distinct: home",),
    "wage": ("average: wage", "smallest: wage"),
    "pay": ("sum: pay.amount_eur", "distinct: pay.cp_account_id", "distinct: pay.location_city",
            "distinct: pay.tx_id", "distinct: pay.booking_ts"),
}  # fmt: skip
#: The first limit often holds.
LIMITS = {"money": ("0.01 EUR", "1 EUR", "100 EUR"), "number": ("1", "2", "3"), "share": ("10%", "50%")}


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


PARTY_WHERE = (
    "kind: natural", "kind: {is_not: natural}", "licence: {missing: true}", "licence: wedding_trade",
    "declared_monthly_income_eur: {at_least: 100 EUR}", "declared_employees: {below: 5}",
    "declared_turnover: {above: 1 EUR}", "incorporation_date: {above: 2024-01-01}",
    "onboarding_ts: {weekday: sunday}", "onboarding_ts: {time_of_day: 22:00-03:00}",
    "onboarding_ts: {at_most: 2024-03-30}", "occupation: {mentions: ['driv*']}",
    "occupation: {mentions_list: keywords.rent}", "occupation: {not_in: [student], missing: false}",
    "none_of: [{kind: legal}, {licence: wedding_trade}]", "phone_hash: {missing: false}",
    'compare: ["employer_id == party_id"]', 'compare: ["declared_monthly_income_eur < declared_turnover"]',
    'compare: ["incorporation_date <= onboarding_ts"]', 'compare: ["declared_employees / 2 >= 1"]',
    "any_of: [{compare: ['phone_hash != address_hash']}, {kind: legal}]",
)  # fmt: skip
PARTY_MEASURES = (
    "count: parties", "distinct: party_id", "distinct: address_hash", "distinct: declared_employees",
    "sum: declared_monthly_income_eur", "largest: declared_monthly_income_eur",
    "smallest: declared_employees", "average: declared_employees",
    "median: declared_monthly_income_eur", "distinct: onboarding_ts",
)  # fmt: skip


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
