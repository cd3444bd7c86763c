"""Which slow reading answers for which construct of the language; a construct without one fails the suite."""

from __future__ import annotations

from tests.oracles import derived, packs, rows, rules, sequences, stars, turns

DERIVES = {
    "ForwardedWithin": derived.forwarded,
    "Follows": derived.follows,
    "MostCommon": derived.most_common,
    "Lookup": derived.lookup,
    "Fact": derived.fact,
    "FirstSeen": derived.first_seen,
    "SincePrevious": derived.since_previous,
    "PassedOn": derived.passed_on,
    "RoleOf": derived.column,
    "Cluster": derived.clusters,
}
MEASURES = {
    **dict.fromkeys(("count", "days_active", "months_active", "formula"), rules.measured),
    **dict.fromkeys(("sum", "distinct", "largest", "smallest", "average", "median"), rules.measured),
    **dict.fromkeys(("usual", "peers"), rules.Judge.compared),
    "times": sequences.Steps.hits,
    "step": sequences.Steps.numbers,
}
TESTS = {
    **dict.fromkeys(("is", "is_not", "in", "not_in", "in_list", "not_in_list", "missing"), rows.holds),
    **dict.fromkeys(("at_least", "at_most", "above", "below", "multiple_of"), rows.holds),
    **dict.fromkeys(("mentions", "mentions_list", "time_of_day", "weekday"), rows.holds),
    "hit_by": packs.world_for,
}
CONDITIONS = {
    "Test": rows.holds,
    "AnyOf": rows.Facts.passes,
    "NoneOf": rows.Facts.passes,
    "Compare": rows.compared,
}
LINES = dict.fromkeys(("Compare", "AnyLine", "NoneLine"), rules.judged)
WINDOWS = {
    "Rolling": rules.Judge.inside,
    "Calendar": rules.Judge.inside,
    "WholePeriod": rules.Judge.inside,
    "Turns": turns.turns,
}
DETECTS = {
    "Transaction": rules.transaction_hits,
    "Aggregate": rules.Judge.hits,
    "Star": stars.Star.hits,
    "Sequence": sequences.Steps.hits,
}
#: Parts of rules that are judged on top of windows.
PARTS = {
    "Repeat": (rules.Judge.repeated, sequences.Steps.repeated),
    "Each": (rules.Judge.kept,),
    "Leg": (stars.Star.takes,),
    "Step": (sequences.Steps.found,),
    "Compared": (rules.Judge.compared,),
}
