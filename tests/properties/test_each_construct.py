"""Every construct of the language on its own, many beside each other in one pack, against its slow reading.

`test_whole_rules` mixes constructs at random; here none can be missed, because each is a rule of its own.
"""

from __future__ import annotations

import functools
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import worlds as w
from tests.oracles.agree import agree, numbered, part
from tests.oracles.texts import (
    DERIVED,
    KEYS,
    KEYS_WITH,
    MEASURES,
    MEASURES_WITH,
    PARTY_MEASURES,
    PARTY_WHERE,
    WHERE,
    WINDOWS,
    WITH,
)

VALUES = {
    "length": "6 hours",
    "anchor": "{direction: credit}",
    "same": "",
    "different": ", different: [location_city]",
}
COLUMNS = {name: f"  {name}: {text.format(**VALUES)}" for name, text in DERIVED.items()}
BUCKETS = st.sampled_from((1, 3))


def derive_block(names=tuple(COLUMNS)):
    """Gives the block of derived columns."""
    return "\n".join(["derive:", *(COLUMNS[n] for n in names)])


@functools.cache
def conditions():
    """One transaction rule per test and comparison of a row."""
    plain = [f"kind: transaction\nwhere: {{{c}}}" for c in WHERE]
    derived = [
        f"kind: transaction\n{derive_block()}\nwhere: {{{c}}}" for c in itertools.chain(*WITH.values())
    ]
    return numbered(plain + derived)


@part(8)
@given(w.worlds(), BUCKETS)
def test_each_test_of_a_row_alone(world, buckets):
    agree(conditions(), world, buckets)


@part(8)
@given(w.worlds(max_rows=2))
def test_each_test_of_a_customer_alone(world):
    agree(party_conditions(), world, 1)


@functools.cache
def party_conditions():
    """One rule over customers per test, and one for all measures."""
    one = "kind: aggregate\ntable: parties\nwhere: {{{where}}}\nfor_each: [{keys}]\nwindow: whole period\n"
    one += "measures: {{{measures}}}\nflag_when: [n >= 1]"
    blocks = [one.format(where=c, keys="party_id", measures="n: {count: parties}") for c in PARTY_WHERE]
    every = ", ".join(f"m{i}: {{{m}}}" for i, m in enumerate(PARTY_MEASURES))
    few = ", ".join(f"w{i}: {{{m}, where: {{licence: wedding_trade}}}}" for i, m in enumerate(PARTY_MEASURES))
    wide = ", ".join(f"g{i}: {{{m}, for_each: [kind]}}" for i, m in enumerate(PARTY_MEASURES))
    measures = f"n: {{count: parties}}, {every}, {few}"
    blocks += [one.format(where="", keys=k, measures=measures) for k in ("kind", "phone_hash", "employer_id")]
    blocks.append(one.format(where="", keys="kind, phone_hash", measures=f"{measures}, {wide}"))
    return numbered(blocks, roles="{party_id: unknown}")


def aggregate(keys, window, *, names=(), where="", tail="", every=MEASURES):
    """Gives an aggregate rule with all measures, each with and without a where, and over the wider group."""
    lines = ["kind: aggregate", *([derive_block(names)] if names else [])]
    lines += [f"where: {{{where}}}", f"for_each: [{', '.join(keys)}]", f"window: {window}", "measures:"]
    lines.append("  rows: {count: transactions}")
    for i, m in enumerate(every):
        lines.append(f"  m{i}: {{{m}}}")
        lines.append(f"  w{i}: {{{m}, where: {{any_of: [{{direction: debit}}, {{mcc: 7011}}]}}}}")
        if len(keys) > 1:
            lines.append(f"  g{i}: {{{m}, for_each: [{keys[0]}]}}")
    lines += ["  f: {formula: (rows - m1 / 1 EUR) * 2 / w0}", "flag_when:", "  - rows >= 1"]
    return "\n".join([*lines, *([tail] if tail else [])])


@functools.cache
def windows():
    """Every window with every measure, for one key and for two."""
    pairs = (("account_id",), ("account_id", "cp_account_id"), ("cp_account_id",))
    return numbered([aggregate(keys, window) for window in dict.fromkeys(WINDOWS) for keys in pairs])


@part(12)
@given(w.worlds(max_rows=8), BUCKETS)
def test_each_measure_in_each_window(world, buckets):
    agree(windows(), world, buckets)


@functools.cache
def kept():
    """Rules that keep only the rows of those of whom a window holds enough, often near to or past a line."""
    spans = (
        "rolling 6 hours",
        "rolling 1 days",
        "rolling 2 weeks",
        "calendar day",
        "calendar week",
        "whole period",
    )
    head = (
        "kind: aggregate\nderive: {pay: {follows: {where: {direction: credit}, within: 1 days}}}\nwhere: {}\n"
    )
    head += "for_each: [%s]\nwindow: %s\nmeasures:\n  rows: {count: transactions}\n  who: {distinct: %s}\n"
    head += "  total: {sum: amount_eur}\n  ins: {count: transactions, where: {direction: credit}}\n"
    head += "  middle: {median: amount_eur}\n  least: {smallest: amount_eur}\n"
    head += "  days: {days_active: transactions}\n"
    head += "each: {of: who, rows: %s}\nflag_when:\n  - %s\n  - %s\n%s"
    whose = ("cp_account_id", "mcc", "location_city", "pay.cp_account_id", "direction")
    first = ("rows >= 1", "who >= 2", "rows >= 4", "ins <= 1", "total >= 40 EUR")
    second = ("days >= 1", "who <= 2", "rows / who >= 2", "days >= 2")
    out = []
    for i, (key, span) in enumerate(
        itertools.product(("account_id", "cp_account_id", "account_id, mcc"), spans)
    ):
        for j in range(3):
            tail = ("", "headline: ins", "repeat: {times: 2, within: 2 weeks}")[(i + j) % 3]
            tail = "" if span == "whole period" else tail
            picks = (whose[(i + j) % 5], 1 + (i + 2 * j) % 3, first[(i + 3 * j) % 5], second[(i + j) % 4])
            out.append(head % (key, span, *picks, tail))
    return numbered(out)


@part(8)
@given(w.worlds(), BUCKETS)
def test_each_way_to_keep_whoever_has_enough_rows(world, buckets):
    agree(kept(), world, buckets)


@functools.cache
def keys():
    """Every kind of grouping key, with derived columns and their measures."""
    derived = tuple(itertools.chain(*MEASURES_WITH.values()))
    every = dict.fromkeys((*KEYS, *itertools.chain(*KEYS_WITH.values())))
    measures = ("count: transactions", "sum: amount_eur", *derived)
    return numbered([aggregate(k, "rolling 1 days", names=tuple(COLUMNS), every=measures) for k in every])


@part(12)
@given(w.worlds(max_rows=8), BUCKETS)
def test_each_kind_of_key_and_derived_column(world, buckets):
    agree(keys(), world, buckets)


@functools.cache
def derived():
    """Every derived column with every length of time, and matched rows that agree or differ in each way."""
    lengths = ("30 minutes", "6 hours", "24 hours", "1 days", "2 weeks", "1 months")
    same = ("", ", same: [cp_account_id]", ", same: [amount_eur]", ", same: [value_date, mcc]")
    different = ("", ", different: [location_city]", ", different: [balance_after]", ", different: [mcc]")
    out = []
    for i, (a, b) in enumerate(itertools.product(same, different)):
        length = lengths[i % len(lengths)]
        pay = f"follows: {{where: {{direction: credit}}, within: {length}{a}{b}}}"
        out.append(
            f"kind: aggregate\nderive:\n  pay: {{{pay}}}\n  fwd: {{forwarded_within: {length}}}\n"
            "where: {}\nfor_each: account_id\nwindow: calendar day\nmeasures:\n"
            "  rows: {count: transactions}\n  paid: {sum: pay.amount_eur}\n"
            "  payers: {distinct: pay.cp_account_id}\n"
            "  early: {count: transactions, where: {pay: {missing: true}}}\n"
            "  left: {sum: fwd}\nflag_when:\n  - rows >= 1"
        )
    return numbered(out)


@part(8)
@given(w.worlds(), BUCKETS)
def test_each_way_to_match_earlier_rows(world, buckets):
    agree(derived(), world, buckets)


LINES = (
    "rows >= 4", "rows > 3", "rows == 5", "rows <= 1", "rows != 2", "total >= 40 EUR", "total < 1 EUR",
    "total / rows > 20 EUR", "2 * rows >= 7", "share >= 90%", "share <= 20%", "places >= 3", "days > 1",
    "rows >= total / 10 EUR",
)  # fmt: skip
BOTH = ("rows >= 2", "places >= 1", "any_of: [rows >= 9, total > 1 EUR]", "none_of: [days > 3, rows > 6]")


@functools.cache
def lines():
    """Rules that often miss one line narrowly, alone and beside a second line, and repeated ones."""
    head = "kind: aggregate\nwhere: {}\nfor_each: [%s]\nwindow: %s\nmeasures:\n"
    head += "  rows: {count: transactions}\n  total: {sum: amount_eur}\n  places: {distinct: location_city}\n"
    head += "  days: {days_active: transactions}\n  ins: {sum: amount_eur, where: {direction: credit}}\n"
    head += "  share: {formula: ins / total}\nflag_when:\n"
    out = []
    spans = ("rolling 6 hours", "rolling 1 days", "calendar day", "calendar week", "whole period")
    pairs = [(line, spans[(i + j) % len(spans)]) for i, line in enumerate(LINES) for j in (0, 2, 3)]
    for i, (line, span) in enumerate(pairs):
        key = ("account_id", "cp_account_id", "account_id, direction")[i % 3]
        second = f"  - {BOTH[i % len(BOTH)]}\n" if i % 2 else ""
        tail = "repeat: {times: 2, within: 2 weeks}" if i % 4 == 1 and span != "whole period" else ""
        tail += "headline: places" if i % 4 == 3 and not tail else ""
        out.append(head % (key, span) + f"  - {line}\n" + second + tail)
    return numbered(out)


@part(8)
@given(w.worlds(), BUCKETS)
def test_each_line_and_its_near_misses(world, buckets):
    agree(lines(), world, buckets)


@functools.cache
def stages():
    """Rules that read each other's hits, two stages deep, of one's own account and of the other side."""
    count = "for_each: %s\nwindow: calendar day\nmeasures: {n: {count: transactions}}\nflag_when: [n >= 2]"
    hit = "kind: aggregate\nwhere: {%s: {hit_by: [%s]}}\n" + count % "account_id"
    return numbered(
        [
            "kind: transaction\nwhere: {amount_eur: {at_least: 10 EUR}}",
            "kind: aggregate\nwhere: {}\n" + count % "cp_account_id",
            hit % ("account_id", "THB-ML-100"),
            hit % ("cp_account_id", "THB-ML-100, THB-ML-101"),
            "kind: transaction\nwhere: {none_of: [{account_id: {hit_by: [THB-ML-103]}}]}",
            "kind: transaction\nwhere: {any_of: [{cp_account_id: {hit_by: [THB-ML-102]}}, {mcc: 7011}]}",
            "kind: aggregate\nwhere: {}\n" + count % "location_city",
            hit % ("account_id", "THB-ML-106"),
        ]
    )


@part(4)
@given(w.worlds(), BUCKETS)
def test_rules_that_read_the_hits_of_others(world, buckets):
    agree(stages(), world, buckets)


@functools.cache
def networks():
    """Rules over suspected networks, alone, with a second key and with a wider measure."""
    plain = "kind: aggregate\nwhere: {}\nfor_each: [%s]\nwindow: %s\nmeasures:\n"
    plain += "  n: {count: transactions}\n  people: {distinct: account_id}\n%s"
    plain += "  inside: {count: transactions, where: {compare: ['cp.party_id == party_id']}}\n"
    plain += "flag_when:\n  - n >= 2"
    wide = "  all: {sum: amount_eur, for_each: [network_id]}\n"
    return numbered(
        [plain % ("network_id", span, "") for span in ("rolling 1 days", "calendar week", "whole period")]
        + [plain % ("network_id, location_city", span, wide) for span in ("rolling 6 hours", "calendar day")]
    )


@part(4)
@given(w.worlds(), st.dictionaries(st.sampled_from(("A1", "A2", "A3", "X1")), st.sampled_from("NM")), BUCKETS)
def test_rules_over_networks(world, names, buckets):
    agree(networks(), world, buckets, names)


@pytest.mark.slow
@settings(max_examples=4)
@given(w.worlds(max_rows=40), BUCKETS)
def test_everything_again_on_larger_worlds(world, buckets):
    for pack in (conditions(), windows(), kept(), keys(), derived(), lines(), stages()):
        agree(pack, world, buckets)
