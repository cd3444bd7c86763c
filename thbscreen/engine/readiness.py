"""Readiness before results: which rules this data can judge, only weakly, or not at all (law L10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from thbscreen.compile.pack import CompiledPack
from thbscreen.engine import tables
from thbscreen.engine.prepare import Prepared
from thbscreen.model import catalogue
from thbscreen.model.expected import EXPECTED
from thbscreen.rules import ast, bundle
from thbscreen.rules.needs import judgeable, list_named, named, unread_lists

#: Below this share of rows with a value, where one may be expected, a rule is judged only weakly.
WEAK = 0.5
#: Columns that lawfully stay empty in most rows: only special payments carry a purpose, only orders a device.
WEAK_FOR = {
    "purpose_code": 0.02,
    "category_purpose": 0.02,
    "device_id": 0.1,
    "ultimate_creditor": 0.02,
    "on_behalf_of": 0.02,
}

_FIELDS = catalogue.rule_fields()
_FACT, _LIST = "fact ", "list "
_UNTIMED = "bookings have a date but no time of day"


def _transaction_share(prepared: Prepared, column: str) -> float:
    counts = prepared.coverage.get(column)
    if not counts:
        return 0.0
    kinds = [k for k in counts if k in EXPECTED.get(column, ())] or list(counts)
    total, filled = (sum(counts[k][i] for k in kinds) for i in (0, 1))
    if filled == 0:
        total, filled = (sum(pair[i] for pair in counts.values()) for i in (0, 1))
    return filled / total if total else 0.0


def _dimension_share(prepared: Prepared, path: str) -> float:
    frame = prepared.dimensions.frame
    if path not in frame.columns or len(prepared.ledgers) == 0:
        return 0.0
    values = frame[path].gather(prepared.ledgers)
    return float(values.is_not_null().mean() or 0.0)  # type: ignore[arg-type]  # a Boolean mean is a float


def _party_table_share(prepared: Prepared, column: str) -> float:
    table = prepared.parties
    if column not in table.columns or table.height == 0:
        return 0.0
    return float(table[column].is_not_null().mean() or 0.0)  # type: ignore[arg-type]


def share_known(prepared: Prepared, rule: ast.Rule, path: str) -> float:
    """Gives the share of rows with a value where one belongs, 0 for an absent column."""
    if isinstance(rule.detect, ast.Aggregate) and rule.detect.table == "parties":
        return _party_table_share(prepared, path.rpartition(".")[2])
    known = _FIELDS.get(path)
    if known is None or path == "network_id":
        return 1.0
    if known.source == "transaction":
        return 1.0 if known.field.required or path == "tx_id" else _transaction_share(prepared, path)
    derived = {**_NEEDED, "own_transfer": "party_id"}
    path = derived.get(path, path)
    if path.startswith("cp."):
        path = "party." + path[3:]
    return _dimension_share(prepared, "party_id" if path == "party.party_id" else path)


#: Facts that most customers rightly lack; a low share of them says nothing.
_SPARSE = frozenset(
    {"party.licence", "party.sector_nace", "party.employer_id", "cp.licence", "cp.sector_nace", "cp.kind"}
)


def readiness(prepared: Prepared, compiled: CompiledPack) -> pl.DataFrame:
    """Judges every rule's readiness on this data; schema and order are `tables.READINESS`."""
    facts = {name: _days_known(prepared, values) for name, values in compiled.pack.profile.facts}
    rows = [_one(prepared, item.rule, facts, compiled.lists) for item in compiled.rules]
    return tables.READINESS.conform(pl.DataFrame(rows, schema=tables.READINESS.schema, orient="row"))


def _days_known(prepared: Prepared, values: Sequence[bundle.DatedValue]) -> float:
    """Gives the share of the data's days, by UTC, for which the profile has a value of a fact."""
    if prepared.first is None or prepared.last is None:
        return 1.0 if values else 0.0
    first, last = prepared.first.date().toordinal(), prepared.last.date().toordinal()
    known = 0
    for value in values:
        start = dt.date.fromisoformat(value.valid_from).toordinal() if value.valid_from else first
        end = dt.date.fromisoformat(value.valid_to).toordinal() if value.valid_to else last
        known += max(0, min(end, last) - max(start, first) + 1)
    return known / (last - first + 1)


def _enough(name: str) -> float:
    """Gives the share of values from which on a column is not called sparse; a fact has gaps or has none."""
    return 1.0 if name.startswith(_FACT) else WEAK_FOR.get(name, WEAK)


def _facts(rule: ast.Rule) -> list[ast.Fact]:
    return [item for item in getattr(rule.detect, "derive", ()) if isinstance(item, ast.Fact)]


def _one(
    prepared: Prepared,
    rule: ast.Rule,
    facts: Mapping[str, float],
    lists: Mapping[str, bundle.WordList],
) -> dict[str, object]:
    shares = {c: share_known(prepared, rule, c) for c in rule.columns}
    shares |= {named(fact): facts[fact.fact] for fact in _facts(rule)}
    unread = unread_lists(rule, lists)
    shares |= {list_named(name): 0.0 for name in unread}
    missing = sorted(c for c, s in shares.items() if s == 0.0)
    lacking = _lacking([c for c in missing if not c.startswith(_LIST)], unread.values())
    ranked = sorted((s / _enough(c), c) for c, s in shares.items() if c not in _SPARSE)
    weakest = ranked[0][1] if ranked else None
    coverage = shares[weakest] if weakest else 1.0
    status, reason = "ready", "every column it needs is there"
    untimed = rule.needs_time_of_day and prepared.has_time[1] == 0
    if not judgeable(rule, missing):
        status, reason = "not judged", f"{lacking}; {_UNTIMED}" if untimed else lacking
    elif untimed:
        status, reason = "not judged", _UNTIMED
    elif missing:
        status, reason = "weak", lacking
    elif weakest is not None and coverage < _enough(weakest):
        status, reason = "weak", _sparse(weakest, coverage)
    return {
        "rule": rule.id,
        "title": rule.title,
        "status": status,
        "reason": reason,
        "missing": missing,
        "weakest_column": weakest,
        "coverage": round(coverage, 4),
        "look_back": str(rule.look_back) if rule.look_back else None,
        "family": rule.family,
        "weight": rule.weight,
        "third_party": rule.third_party,
    }


def unlocks(rows: Iterable[Mapping[str, object]], rules: Iterable[ast.Rule]) -> list[dict[str, object]]:
    """Ranks the columns without values by what they would unlock.

    Args:
        rows: rows of table READINESS.
        rules: the rules that were asked about.

    Returns:
        For each column, the most useful first: `column`; `alone`, the number of rules that could be judged
        if only it were filled; `weight`, the sum of their weights where these speak for a finding; and
        `waiting`, the number of rules that are not judged and lack it, together with others or alone.
    """
    known = {rule.id: rule for rule in rules}
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        rule, missing = known.get(str(row["rule"])), row["missing"]
        if row["status"] != "not judged" or rule is None or not isinstance(missing, Sequence):
            continue
        wanted = [c for c in missing if c in _FIELDS and not _derived(c)]
        for column in wanted:
            entry = found.setdefault(column, {"alone": 0, "weight": 0, "waiting": 0})
            entry["waiting"] += 1
            gone = {c for c in missing if c != column and not (_derived(c) and _follows(c, column))}
            if judgeable(rule, gone) and not str(row["reason"]).endswith(_UNTIMED):
                entry["alone"] += 1
                entry["weight"] += max(0, rule.weight)
    order = sorted(found, key=lambda c: (-found[c]["alone"], -found[c]["weight"], -found[c]["waiting"], c))
    return [{"column": column, **found[column]} for column in order]


#: Columns that are worked out, by what they need.
_NEEDED = {
    "account.age_days": "account.opened_date",
    "cp.age_days": "account.opened_date",
    "same_address": "party.address_hash",
}


def _derived(path: str) -> bool:
    return _FIELDS[path].source == "derived" if path in _FIELDS else False


def _follows(path: str, column: str) -> bool:
    """Says whether a worked-out column is known once another is: who has facts on file is known, too."""
    return _NEEDED.get(path) == column or (path == "party_id" and column.startswith("party."))


def _lacking(missing: Sequence[str], unread: Iterable[str]) -> str:
    columns = [name for name in missing if not name.startswith(_FACT)]
    facts = [name.removeprefix(_FACT) for name in missing if name.startswith(_FACT)]
    told = ["no value in " + ", ".join(columns)] if columns else []
    told += ["the profile has no value for these days of " + ", ".join(facts)] if facts else []
    return "; ".join((*unread, *told))


def _sparse(name: str, share: float) -> str:
    if name.startswith(_FACT):
        return f"the profile has a value of {name.removeprefix(_FACT)} for {share:.0%} of the days"
    return f"{name} is filled in {share:.0%} of the rows where it may be expected"
