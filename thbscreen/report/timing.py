"""Where the time of a run went, as a page of text and as a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from thbscreen.engine.prepare import HOT_ROWS
from thbscreen.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from thbscreen.engine.timing import Timing

#: Rules that are shown, the longest first.
SHOWN = 25
_BAR = 24


def page(timing: Timing) -> str:
    """Gives stages and rules with a bar for their share of the time."""
    whole = sum(s.cpu for s in timing.stages)
    out = ["Where the time went", f"  {'stage':<34}{'CPU s':>9}{'wall s':>9}  share of CPU time"]
    for stage in timing.stages:
        out.append(f"  {stage.name:<34}{stage.cpu:>9.2f}{stage.wall:>9.2f}  {_bar(stage.cpu, whole)}")
    judged = sum(s.seconds for s in timing.rules.values())
    out += ["", f"  {'rule':<16}{'CPU s':>9}{'rows':>14}{'hits':>9}  share of all rules"]
    order = sorted(timing.rules.items(), key=lambda item: (-item[1].seconds, item[0]))
    for name, spent in order[:SHOWN]:
        bar = _bar(spent.seconds, judged)
        out.append(f"  {name:<16}{spent.seconds:>9.3f}{spent.rows:>14,}{spent.hits:>9,}  {bar}")
    rest = order[SHOWN:]
    if rest:
        seconds = sum(s.seconds for _, s in rest)
        rows, hits = sum(s.rows for _, s in rest), sum(s.hits for _, s in rest)
        out.append(
            f"  {f'{len(rest)} others':<16}{seconds:>9.3f}{rows:>14,}{hits:>9,}  {_bar(seconds, judged)}"
        )
    out += [
        "",
        f"  Rules asked {timing.asked:,} questions about rows; {timing.made:,} had to be worked out, "
        "the others were answered from memory.",
        "  A column that several rules share counts for the rule that asked first.",
    ]
    if timing.hot:
        out.append(
            f"  Accounts with more than {HOT_ROWS:,} movements: {timing.hot:,}; quality.json names them."
        )
    return "\n".join(out)


def _bar(part: float, whole: float) -> str:
    share = part / whole if whole > 0 else 0.0
    return f"{'#' * round(share * _BAR):<{_BAR}} {share:>4.0%}"


def write(timing: Timing, path: Path) -> None:
    """Writes the measures as JSON.

    Raises:
        OutputError: the file cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(json.dumps(timing.as_dict(), indent=2) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror})", hint="name another file"
        ) from error
