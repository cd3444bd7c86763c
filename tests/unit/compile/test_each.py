"""Windows that keep only the rows of whoever has enough of them, written out row by row."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import pack_of, rule_text
from thbscreen.compile import windows as kernels
from thbscreen.compile.each import ever_kept, written_out
from thbscreen.rules.pack import RuleError

RULE = """\
kind: aggregate
where: {{}}
for_each: cp_account_id
window: {window}
measures:
  people: {{distinct: party_id}}
  some: {{distinct: party_id, where: {{mcc: 7011}}}}
  n: {{count: transactions}}
{more}
each: {{{each}}}
flag_when: [people >= 2]
"""
PAST = "  past: {usual: n, over: 6 windows, at_least: 3 windows, statistic: median}"


def written(times, who, least, length=None, wanted=lambda f, r, at: np.ones(len(at), np.bool_)):
    """Gives (rows, first of all rows, last of all rows) of each window over one group."""
    time = np.array(times, np.int64)
    group = np.zeros(len(time), np.int64)
    frame = (
        kernels.partitioned(group, time, group)
        if length is None
        else kernels.rolling(group, time, time - length)
    )
    kept = written_out(frame, np.array(who, np.int64), least, wanted, rolling=length is not None)
    out = kept.frame
    return [
        (out.order[out.start[at] : at + 1].tolist(), int(kept.first[i]), int(kept.last[i]))
        for i, at in enumerate(np.flatnonzero(out.last))
    ]


def test_a_window_keeps_the_rows_of_those_of_whom_it_holds_enough():
    assert written([0, 1, 2, 3], [7, 8, 7, 9], 2) == [([0, 2], 0, 3)]


def test_a_rolling_window_ends_at_a_row_that_it_keeps():
    assert written([0, 1, 2, 3, 4, 5], [7, 7, 8, 9, 7, 7], 2, length=3) == [
        ([0, 1], 0, 1),
        ([4, 5], 3, 5),
    ]


def test_rows_of_one_instant_are_inside_together_and_a_row_a_whole_length_earlier_is_not():
    assert written([0, 0, 5], [7, 7, 7], 3, length=5) == []
    assert written([0, 0, 4], [7, 7, 7], 3, length=5) == [([0, 1, 2], 0, 2)]


def test_rows_without_a_value_go():
    assert written([0, 1, 2], [-1, -1, 7], 1) == [([2], 0, 2)]


def test_rows_that_no_window_keeps_are_found_before_any_window_is_written():
    time = np.array([0, 1, 9, 20, 21], np.int64)
    frame = kernels.rolling(np.zeros(5, np.int64), time, time - 5)
    assert ever_kept(frame, np.array([1, 1, 1, 2, 1], np.int64), 2).tolist() == [0, 1]


def test_a_window_that_cannot_matter_is_not_written():
    def few(frame, rows, at):
        return kernels.window_count(frame, np.ones(frame.size, np.bool_), at) >= 4

    assert written([0, 1, 2, 3], [7, 7, 7, 7], 2, 9, few) == [([0, 1, 2, 3], 0, 3)]


@pytest.mark.parametrize(
    ("each", "window", "more", "code", "says"),
    [
        ("of: people, rows: 0", "rolling 7 days", "", "R024", "'rows' can be less than 1"),
        ("of: people, rows: 1.5", "rolling 7 days", "", "R021", "'rows' is a whole number"),
        ("of: n, rows: 2", "rolling 7 days", "", "R040", "'n' is no measure of different values"),
        ("of: some, rows: 2", "rolling 7 days", "", "R040", "'some' is no measure of different values"),
        ("of: peple, rows: 2", "rolling 7 days", "", "R040", "did you mean 'people'?"),
        ("of: people", "rolling 7 days", "", "R003", "lacks the key 'rows'"),
        ("of: people, rows: 2", "calendar week", PAST, "R040", "'past' looks at other windows or groups"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(each, window, more, code, says):
    text = rule_text(RULE.format(each=each, window=window, more=more), roles="{cp_account_id: unknown}")
    with pytest.raises(RuleError) as refused:
        pack_of(text)
    assert f"error[{code}]" in str(refused.value)
    assert says in str(refused.value)
