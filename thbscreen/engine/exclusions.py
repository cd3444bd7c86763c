"""What a profile's exclusions do: that no rule falls silent under them, and how many rows they hide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from thbscreen.compile.parties import party_rows
from thbscreen.compile.view import View
from thbscreen.diagnostics import Diagnostic, sort_diagnostics
from thbscreen.engine.run import Runner
from thbscreen.engine.selftest import run_case
from thbscreen.errors import ProfileError
from thbscreen.rules import ast, bundle
from thbscreen.rules.overrides import SILENCED
from thbscreen.rules.pack import checked, hidden, load_pack, under


def load_checked(
    rules_dir: Path | None = None,
    profile: str | Path = "cyprus",
    only: Sequence[str] = (),
    *,
    drafts: bool = False,
    today: dt.date | None = None,
    tests: bool = True,
) -> bundle.RulePack:
    """Loads a pack like `load_pack`, and refuses exclusions that stop a rule's own test.

    Raises:
        RuleError: as `load_pack`; ProfileError when an exclusion silences a rule.
        UsageError: there is no such folder, profile or rule.
    """
    pack = load_pack(rules_dir, profile, only, drafts=drafts, today=today, tests=tests)
    if pack.profile.exclusions and not tests:
        pack = load_pack(rules_dir, profile, only, drafts=drafts, today=today)
    found = silenced(pack)
    if found:
        raise ProfileError(found)
    return pack


def findings(
    rules_dir: Path | None = None, profile: str | Path = "cyprus", *, today: dt.date | None = None
) -> list[Diagnostic]:
    """Gives every finding about rules, lists, lock and profile, exclusions that silence a rule included."""
    found, pack = checked(rules_dir, profile, today=today)
    return found if pack is None else sort_diagnostics([*found, *silenced(pack)])


def silenced(pack: bundle.RulePack) -> list[Diagnostic]:
    """Finds exclusions under which a rule's own test no longer finds what it must find (P014).

    Only tests that expect hits are run, and only of rules that an exclusion names, with the rules' own
    values: what an institution tunes is judged by its bounds.
    """
    exclusions = pack.profile.exclusions
    if not exclusions:
        return []
    plain = replace(pack.profile, overrides=(), exclusions=())
    out = []
    for rule in pack.bound:
        mine = tuple(e for e in exclusions if any(identity == rule.id for identity, _ in e.wheres))
        stopped: dict[bundle.Exclusion, list[ast.Case]] = {}
        for case in rule.tests if mine else ():
            if isinstance(case.expect, str) or case.known_gap:
                continue
            if _passes(pack, replace(plain, exclusions=mine), rule, case) or not _passes(
                pack, plain, rule, case
            ):
                continue
            alone = (e for e in mine if not _passes(pack, replace(plain, exclusions=(e,)), rule, case))
            stopped.setdefault(next(alone, mine[-1]), []).append(case)
        out += [_silencing(exclusion, rule, cases) for exclusion, cases in stopped.items()]
    return sort_diagnostics(out)


def _passes(pack: bundle.RulePack, profile: bundle.Profile, rule: ast.Rule, case: ast.Case) -> bool:
    return run_case(under(pack, profile), rule, case).passed


def _silencing(exclusion: bundle.Exclusion, rule: ast.Rule, cases: Sequence[ast.Case]) -> Diagnostic:
    more = f"; it stops {len(cases) - 1} more" if len(cases) > 1 else ""
    return Diagnostic(
        SILENCED,
        f"the exclusion '{exclusion.name}' stops the rule's own test '{cases[0].name}' ({rule.id})",
        exclusion.span,
        exclusion.source_line,
        "narrow its 'where'; to stop the rule, switch it off under 'rules' with reason and approval",
        f"the test is in {cases[0].span}{more}",
    )


@dataclass(frozen=True, slots=True)
class Excluded:
    """What one exclusion hid from one rule in a run.

    Attributes:
        rows: movements (customers, for a rule over them) that the rule would have looked at; None when the
            rule was not judged. A row that two exclusions hide counts for both.
        expires: last day of the exclusion (ISO day).
    """

    exclusion: str
    rule: str
    rows: int | None
    reason: str
    expires: str


def count_hidden(runner: Runner) -> tuple[Excluded, ...]:
    """Counts the rows that each exclusion hid, after everything has run."""
    items = hidden(runner.compiled.pack)
    if not items:
        return ()
    judged = {item.rule.id: item for item in runner.rules}
    rows = {n: 0 for n, item in enumerate(items) if item.rule in judged}
    over_rows = [n for n in rows if judged[items[n].rule].scope != "parties"]
    for bucket in range(len(runner.prepared.buckets)) if over_rows else ():
        view = View(runner.prepared.bucket(bucket), runner.context)
        for n in over_rows:
            detect = items[n].detect
            view.use(() if isinstance(detect, ast.Star) else detect.derive)
            rows[n] += int(view.where(detect.where).sum())
    for n in rows:
        detect = items[n].detect
        if n not in over_rows and isinstance(detect, ast.Aggregate):
            rule = judged[items[n].rule].rule
            rows[n] = party_rows(runner.prepared.parties, rule, detect, runner.context).height
    return tuple(
        Excluded(i.exclusion.name, i.rule, rows.get(n), i.exclusion.reason, i.exclusion.expires)
        for n, i in enumerate(items)
    )
