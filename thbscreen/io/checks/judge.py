"""Runs the named checks over what was gathered, and says what each found, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thbscreen.io.checks.complete import COMPLETENESS
from thbscreen.io.checks.facts import share
from thbscreen.io.checks.linked import LINKED
from thbscreen.io.checks.named import CHECKS, WARNING, Check
from thbscreen.io.checks.plausible import PLAUSIBILITY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from thbscreen.io.checks.facts import Asking, Facts, Result

#: Version of the data under `checks` in quality.json.
VERSION = 1
FOUND, PASSED, NOT_JUDGED = "found", "passed", "not judged"
#: Most details, such as days, that are listed.
DETAILS = 10
#: Stands among a check's columns for rules that need a time of day.
TIME = "@time"


def judged(facts: Facts, rules: Iterable[Asking] = ()) -> dict[str, Any]:
    """Runs every check.

    Args:
        facts: what to look at.
        rules: rules of the run, to say whom a finding concerns.

    Returns:
        `version`, numbers `found`, `passed` and `not_judged`, and `each`: for each check, by id, its `id`,
        `family`, `state`, `level` and `title`; when judged `count`, `of`, `unit`, `share`; when found also
        `says`, `details`, `examples` (file and row), `means`, `columns`, `rules`, `why`, `ask`; when not
        judged `lacks`.
    """
    run: dict[str, Callable[[Facts], Result | str]] = {**COMPLETENESS, **PLAUSIBILITY, **LINKED}
    asking = list(rules)
    each = []
    for name, check in CHECKS.items():
        result = run[name](facts) if facts.seen.rows else "no movement was loaded"
        each.append(_told(check, result, asking))
    return {
        "version": VERSION,
        "found": sum(item["state"] == FOUND for item in each),
        "passed": sum(item["state"] == PASSED for item in each),
        "not_judged": sum(item["state"] == NOT_JUDGED for item in each),
        "each": each,
    }


def _told(check: Check, result: Result | str, rules: Sequence[Asking]) -> dict[str, Any]:
    out: dict[str, Any] = {"id": check.id, "family": check.family}
    out |= {"state": NOT_JUDGED, "level": check.level, "title": check.title}
    if isinstance(result, str):
        return out | {"lacks": result}
    out |= {"state": FOUND if result.found else PASSED, "count": result.count, "of": result.of}
    out |= {"unit": check.unit, "share": round(share(result), 6)}
    if not result.found:
        return out
    columns = check.columns if result.columns is None else result.columns
    return out | {
        "says": _sentence(check, result),
        "details": list(result.details[:DETAILS]),
        "examples": [{"file": file, "row": row} for file, row in result.places],
        "means": check.means,
        "columns": [c for c in columns if c != TIME],
        "rules": [rule.id for rule in rules if _concerned(rule, columns)],
        "why": check.why,
        "ask": check.ask,
    }


def _sentence(check: Check, result: Result) -> str:
    listed = ", ".join(result.details[:3])
    more = f" and {len(result.details) - 3} more" if len(result.details) > 3 else ""
    number = f"{result.count:,} of {result.of:,} {check.unit}" if result.of else f"{result.count:,}"
    return f"{check.title} ({number}{': ' if listed else ''}{listed}{more})"


def _concerned(rule: Asking, columns: Sequence[str]) -> bool:
    """Says whether a rule needs one of the columns, as itself or as that of the counterparty."""
    for column in columns:
        if column == TIME and rule.needs_time_of_day:
            return True
        whole = column.removesuffix("*")
        if any(c == column or (column.endswith(".*") and c.startswith(whole)) for c in rule.columns):
            return True
    return False


def sentences(checks: Mapping[str, Any]) -> list[str]:
    """Gives what was found as sentences with the usual causes, warnings first."""
    found = [item for item in checks["each"] if item["state"] == FOUND]
    return [
        f"{item['id']} {item['says']}. Why this may be: {item['why']}."
        for item in sorted(found, key=lambda item: item["level"] != WARNING)
    ]
