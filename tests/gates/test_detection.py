"""The gate of detection: made worlds of several seeds, scanned and held against bounds that are written down.

Bounds and their reasons stand in bounds.json beside this file; what worlds do not show, in docs/detection.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.detection import measured
from thbscreen.evaluate.bounds import read_bounds
from thbscreen.evaluate.evaluation import evaluate

HERE = Path(__file__).parent
#: Seeds whose numbers stand in docs/detection.md; others are for people, who run benchmarks.detection.
SEEDS = (1, 2, 3)


@pytest.mark.slow
def test_recall_and_false_alarms_on_tiny_worlds_stay_inside_their_bounds(tmp_path: Path) -> None:
    pairs = [measured("tiny", seed, tmp_path) for seed in SEEDS]
    facts, _ = evaluate(pairs, bounds=read_bounds(HERE / "bounds.json"))
    outside = [b for b in facts["bounds"] if b["holds"] is not True]
    told = [
        f"{b['figure']} is {b['value']}, at least {b['at_least']}, at most {b['at_most']}" for b in outside
    ]
    assert not told, "\n".join(told)
