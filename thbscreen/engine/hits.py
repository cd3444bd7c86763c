"""From raw results to the published tables of hits, their members and near misses.

Grain and order: `tables.HITS`, `tables.HIT_MEMBERS`, `tables.NEAR_MISSES`. Codes become the source's own ids
here and nowhere earlier.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from thbscreen.compile.aggregate import leaf_texts
from thbscreen.compile.derive import lookup_values
from thbscreen.compile.found import Judged
from thbscreen.compile.pack import CompiledPack, domain
from thbscreen.compile.parties import party_dictionary
from thbscreen.compile.steps import step_names
from thbscreen.compile.transaction import shown_fields
from thbscreen.compile.view import Context
from thbscreen.engine import evidence, tables
from thbscreen.engine.prepare import Prepared
from thbscreen.engine.run import RunResult
from thbscreen.model import catalogue
from thbscreen.rules import ast

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIELDS = catalogue.rule_fields()
#: Published times of a hit and the raw columns they come from.
_TIMES = (("starts", "starts"), ("ends", "ends"), ("window_starts", "w_starts"), ("window_ends", "w_ends"))
STEPS = {"hit_id": pl.String, "tx_id": pl.String, "step": pl.String}
_SUBJECTS = ("account", "party")


@dataclass(frozen=True)
class HitTables:
    """The three tables of hits, and what their rows stand for.

    Attributes:
        steps: hit_id, tx_id, step; of hits that prove something about a network, rows that stand for a
            named leg, link or step, which is a part of the rule's pattern. Internal.
    """

    hits: pl.DataFrame
    members: pl.DataFrame
    near: pl.DataFrame
    steps: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=STEPS))


def keys_of(rule: ast.Rule) -> tuple[str, ...]:
    """Gives the fields that a rule's hits are keyed by; the first is the subject."""
    detect = rule.detect
    return detect.for_each if isinstance(detect, ast.Aggregate | ast.Sequence) else ("account_id",)


def subject_kind(rule: ast.Rule) -> str:
    """Names what a rule's subject is: account, party, network, or the shared attribute's field."""
    key = keys_of(rule)[0]
    if key == "network_id":
        return "network"
    return domain(key) if domain(key) in _SUBJECTS else key


class Assembler:
    """Decodes raw results of a run."""

    def __init__(
        self, prepared: Prepared, compiled: CompiledPack, network_ids: pl.Series | None = None
    ) -> None:
        """Keeps the dictionaries; `network_ids` by network code, once networks are known."""
        self.prepared, self.compiled = prepared, compiled
        self.zone = ZoneInfo(prepared.zone)
        self.network_ids = network_ids if network_ids is not None else pl.Series(dtype=pl.String)
        self._done: dict[tuple[int, int], HitTables] = {}

    def dictionary(self, rule: ast.Rule, path: str) -> pl.Series:
        """Gives the strings behind the codes of a rule's key or role field."""
        detect = rule.detect
        if path == "network_id":
            return self.network_ids
        if isinstance(detect, ast.Aggregate) and detect.table == "parties":
            context = Context(
                self.compiled,
                self.prepared.clock,
                self.prepared.dimensions.frame,
                {},
                self.prepared.dictionaries,
            )
            table = self.prepared.parties.unique("party_id", keep="first", maintain_order=True).sort(
                "party_id"
            )
            return party_dictionary(table, path, context)
        if isinstance(detect, ast.Star):
            return self.prepared.dictionaries.get("account", pl.Series(dtype=pl.String))
        head, dot, tail = path.partition(".")
        if isinstance(detect, ast.Sequence) and dot and head in {s.name for s in detect.steps}:
            path = tail
        derives = {d.name: d for d in detect.derive}
        item = derives.get(path.partition(".")[0])
        if isinstance(item, ast.Lookup):
            return lookup_values(self.compiled.lists[item.list_name])
        if isinstance(item, ast.RoleOf):
            return self.dictionary(rule, item.field)
        if isinstance(item, ast.MostCommon):
            path = item.field
        if isinstance(item, ast.Cluster):
            path = "party_id"
        if isinstance(item, ast.Follows):
            path = path.partition(".")[2]
        if path.startswith("cp."):
            path = "party_id" if path == "cp.party_id" else "party." + path[3:]
        return self.prepared.dictionaries.get(domain(path), pl.Series(dtype=pl.String))

    def _decoded_key(self, rule: ast.Rule, path: str, codes: pl.Series) -> pl.Series:
        """Gives the strings of a key; ids of movements are strings from the start."""
        return codes if codes.dtype == pl.String else self.dictionary(rule, path).gather(codes)

    def assemble(self, result: RunResult, *, all_mitigation: bool = False) -> HitTables:
        """Gives hits, members and near misses in their published order; parts seen before are not redone.

        Args:
            result: of the runner.
            all_mitigation: keep mitigating facts of everybody, not only of those whom some other hit names.
        """
        mild = {i for i in result.parts if self.compiled.rules[i].rule.family == "mitigation"}
        known: pl.Series | None = None
        for index in sorted(result.parts, key=lambda i: (i in mild, i)):
            for number, part in enumerate(result.parts[index]):
                if (index, number) in self._done:
                    continue
                kept = part
                if index in mild and not all_mitigation:
                    known = self._named(mild) if known is None else known
                    kept = self._only(self.compiled.rules[index].rule, part, known)
                self._done[index, number] = self._decoded(self.compiled.rules[index].rule, kept)
        done = list(self._done.values())
        near = tables.NEAR_MISSES.conform(pl.concat([tables.NEAR_MISSES.empty(), *(d.near for d in done)]))
        near = near.group_by("rule", maintain_order=True).head(200)
        return HitTables(
            tables.HITS.conform(pl.concat([tables.HITS.empty(), *(d.hits for d in done)])),
            tables.HIT_MEMBERS.conform(pl.concat([tables.HIT_MEMBERS.empty(), *(d.members for d in done)])),
            tables.NEAR_MISSES.conform(near),
            pl.concat([pl.DataFrame(schema=STEPS), *(d.steps for d in done)]).sort("hit_id", "tx_id", "step"),
        )

    def _decoded(self, rule: ast.Rule, part: Judged) -> HitTables:
        rows = list(self._hits(rule, part))
        return HitTables(
            pl.DataFrame(rows, schema=tables.HITS.schema, orient="row"),
            self._members(rule, part, [r["hit_id"] for r in rows]),
            pl.DataFrame(list(self._near(rule, part)), schema=tables.NEAR_MISSES.schema, orient="row"),
            _steps(rule, part, [r["hit_id"] for r in rows]),
        )

    def _named(self, mild: set[int]) -> pl.Series:
        """Gives the ids of everybody whom a hit that is no mitigating fact names."""
        found = [d for (index, _), d in self._done.items() if index not in mild]
        empty = pl.Series("id", [], dtype=pl.String)
        ids = [d.hits["subject_id"].rename("id") for d in found] + [
            d.members["member_id"].rename("id") for d in found
        ]
        return self._ids_of(pl.concat([empty, *ids]).drop_nulls().unique().sort())

    def _only(self, rule: ast.Rule, part: Judged, known: pl.Series) -> Judged:
        """Keeps the mitigating facts of the people in `known`."""
        if part.hits.height == 0:
            return Judged()
        subjects = self._decoded_key(rule, keys_of(rule)[0], part.hits["k0"])
        rows = subjects.is_in(known.implode()).arg_true()
        numbers = pl.DataFrame({"hit": rows.cast(pl.Int64)}).with_row_index("_new")
        kept = part.members.join(numbers, on="hit").with_columns(pl.col("_new").cast(pl.Int64).alias("hit"))
        return Judged(part.hits[rows], kept.drop("_new"), pl.DataFrame())

    def _ids_of(self, named: pl.Series) -> pl.Series:
        """Adds to ids of accounts and customers the customers' other accounts and the accounts' holders."""
        accounts = self.prepared.dictionaries.get("account", pl.Series(dtype=pl.String))
        holder = self.prepared.dimensions.frame["party_id"].head(len(accounts))
        table = pl.DataFrame({"account": accounts, "party": holder})
        mine = pl.col("account").is_in(named.implode()) | pl.col("party").is_in(named.implode())
        people = table.filter(mine)["party"].drop_nulls().unique()
        theirs = table.filter(pl.col("party").is_in(people.implode()))["account"]
        return pl.concat([named.rename("id"), people.rename("id"), theirs.rename("id")]).unique()

    def named_accounts(self, found: HitTables) -> npt.NDArray[np.bool_]:
        """Marks, by account code, the accounts of everybody whom a hit names as subject or member."""
        named = pl.concat([found.hits["subject_id"], found.members["member_id"]]).unique()
        accounts = self.prepared.dictionaries.get("account", pl.Series(dtype=pl.String))
        return accounts.is_in(self._ids_of(named).implode()).to_numpy()

    # --- hits ----------------------------------------------------------------------------------

    def _hits(self, rule: ast.Rule, part: Judged) -> Iterator[dict[str, Any]]:
        keys = keys_of(rule)
        decoded = {
            key: self._decoded_key(rule, key, part.hits[f"k{i}"]).to_list() if part.hits.height else []
            for i, key in enumerate(keys)
        }
        detect = rule.detect
        centre = detect.centre if isinstance(detect, ast.Aggregate | ast.Star) else None
        measures = detect.measures if not isinstance(detect, ast.Transaction) else ()
        units = {m.name: m.unit for m in measures} | {"amount_eur": ast.Unit.MONEY}
        units |= {f: ast.Unit.MONEY for f in shown_fields(rule) if _kind_of(rule, f) == "money"}
        fixed = self._fixed(rule)
        lines = _leaf_lines(rule)
        timeless = isinstance(rule.detect, ast.Aggregate) and rule.detect.table == "parties"
        repeats = isinstance(rule.detect, ast.Aggregate) and rule.detect.repeat is not None
        for n, row in enumerate(part.hits.iter_rows(named=True)):
            key_values = {key: decoded[key][n] for key in keys}
            times = {name: None if timeless else _moment(row[short]) for name, short in _TIMES}
            numbers = {
                m.name: Fraction(row[f"m{i}n"], row[f"m{i}d"]) if row[f"m{i}k"] else None
                for i, m in enumerate(measures)
            }
            shown: dict[str, evidence.Shown] = {
                **({centre: key_values[keys[0]]} if centre else {}), **key_values, **times, **numbers,
                "episodes": Fraction(row["episodes"]), "amount_eur": Fraction(row["amount"]),
                "booking_ts": times["starts"], **self._row_values(rule, row),
            }  # fmt: skip
            yield {
                **fixed,
                **times,
                "hit_id": _hit_id(rule, key_values, row),
                "subject_id": key_values[keys[0]],
                "keys": [{"field": k, "value": v} for k, v in key_values.items()],
                "measures": [
                    *(self._measure(m.name, m.unit, numbers[m.name]) for m in measures),
                    *(self._measure(n, ast.Unit.NUMBER, Fraction(row[n])) for n in ["episodes"] if repeats),
                ],
                "conditions": [_condition(line, row, i) for i, line in enumerate(lines)],
                "tx_ids": row["tx_ids"],
                "n_tx": len(row["tx_ids"]),
                "first": _moment(row["first"]),
                "last": _moment(row["last"]),
                "amount_eur": row["amount"],
                "evidence": evidence.render(rule.evidence, shown, units, self.zone),
            }

    def _row_values(self, rule: ast.Rule, row: dict[str, Any]) -> dict[str, evidence.Shown]:
        """Gives the fields that the evidence of a transaction rule shows."""
        out: dict[str, evidence.Shown] = {}
        for i, name in enumerate(shown_fields(rule)):
            value, kind = row[f"e{i}n"], _kind_of(rule, name)
            if not row[f"e{i}k"]:
                out[name] = None
            elif kind == "text":
                out[name] = str(self.dictionary(rule, name)[value])
            elif kind == "date":
                out[name] = (_EPOCH + dt.timedelta(days=value)).date().isoformat()
            elif kind == "time":
                out[name] = _EPOCH + dt.timedelta(microseconds=value)
            else:
                out[name] = Fraction(value)
        return out

    def _fixed(self, rule: ast.Rule) -> dict[str, Any]:
        return {
            "rule": rule.id,
            "rule_version": rule.version,
            "rule_digest": rule.digest,
            "title": rule.title,
            "family": rule.family,
            "weight": rule.weight,
            "third_party": rule.third_party,
            "typologies": list(rule.typologies),
            "subject_kind": subject_kind(rule),
            "parameters": [
                {"name": p.name, "value": p.value.text or str(p.value.payload)} for p in rule.parameters
            ],
        }

    def _measure(self, name: str, unit: ast.Unit, value: Fraction | None) -> dict[str, Any]:
        scale = 100 if unit is ast.Unit.MONEY else 1
        return {
            "name": name,
            "unit": str(unit),
            "value": None if value is None else float(value / scale),
            "text": evidence.text_of(value, unit, "text", self.zone),
        }

    # --- members and near misses ---------------------------------------------------------------

    def _members(self, rule: ast.Rule, part: Judged, hit_ids: list[str]) -> pl.DataFrame:
        out = []
        for i, (path, role) in enumerate(rule.roles):
            rows = part.members.filter(pl.col("role") == i)
            if rows.height == 0:
                continue
            out.append(
                pl.DataFrame(
                    {
                        "hit_id": pl.Series(hit_ids, dtype=pl.String).gather(rows["hit"]),
                        "rule": [rule.id] * rows.height,
                        "role": [role] * rows.height,
                        "field": [path] * rows.height,
                        "member_id": self.dictionary(rule, path).gather(rows["code"]),
                        "n_tx": rows["n"].cast(pl.Int32),
                        "amount_eur": rows["amount"],
                    }
                )
            )
        return pl.concat([tables.HIT_MEMBERS.empty(), *out])

    def _near(self, rule: ast.Rule, part: Judged) -> Iterator[dict[str, Any]]:
        if part.near.height == 0:
            return
        lines = _leaf_lines(rule)
        subjects = self._decoded_key(rule, keys_of(rule)[0], part.near["k0"]).to_list()
        timeless = isinstance(rule.detect, ast.Aggregate) and rule.detect.table == "parties"
        for n, row in enumerate(part.near.iter_rows(named=True)):
            line = lines[row["line"]]
            yield {
                "rule": rule.id,
                "subject_kind": subject_kind(rule),
                "subject_id": subjects[n],
                "window_starts": None if timeless else _moment(row["w_starts"]),
                "window_ends": None if timeless else _moment(row["w_ends"]),
                "line": line.text,
                "left": _scaled(row["left"], line),
                "right": _scaled(row["right"], line),
                "distance": row["distance"],
                "n_tx": len(row["tx_ids"]),
                "tx_ids": row["tx_ids"],
            }


def _steps(rule: ast.Rule, part: Judged, hit_ids: list[str]) -> pl.DataFrame:
    if part.steps.height == 0:
        return pl.DataFrame(schema=STEPS)
    names = pl.Series(step_names(rule.detect), dtype=pl.String)
    return part.steps.select(
        hit_id=pl.Series(hit_ids, dtype=pl.String).gather(part.steps["hit"]),
        tx_id="tx_id",
        step=names.gather(part.steps["step"]),
    )


def _kind_of(rule: ast.Rule, path: str) -> str:
    """Tells whether a field or derived column of a transaction rule is text, money, date, time or whole."""
    head, _, part = path.partition(".")
    item = next((d for d in getattr(rule.detect, "derive", ()) if d.name == head), None)
    if isinstance(item, ast.Lookup | ast.MostCommon):
        return "text"
    if isinstance(item, ast.ForwardedWithin | ast.Fact):
        return "money" if isinstance(item, ast.ForwardedWithin) or item.unit is ast.Unit.MONEY else "whole"
    kind = _FIELDS[path if item is None else part].field.kind
    return "text" if kind == "enum" else kind


def _moment(microseconds: int | None) -> dt.datetime | None:
    return None if microseconds is None else _EPOCH + dt.timedelta(microseconds=microseconds)


def _leaf_lines(rule: ast.Rule) -> list[ast.Compare]:
    lines = () if isinstance(rule.detect, ast.Transaction) else rule.detect.flag_when
    out: list[ast.Compare] = []

    def walk(items: tuple[ast.FlagLine, ...]) -> None:
        for item in items:
            if isinstance(item, ast.Compare):
                out.append(item)
            else:
                walk(item.lines)

    walk(lines)
    assert len(out) == len(leaf_texts(lines))  # both walk the same tree
    return out


def _condition(line: ast.Compare, row: dict[str, Any], number: int) -> dict[str, Any]:
    """Gives a leaf line with both sides and its truth at the shown window."""
    left, right = _scaled(row[f"c{number}l"], line), _scaled(row[f"c{number}r"], line)
    return {"line": line.text, "left": left, "right": right, "holds": row[f"c{number}h"]}


def _scaled(value: float | None, line: ast.Compare) -> float | None:
    if value is None or value != value:  # noqa: PLR0124  # not a number
        return None
    money = ast.Unit.MONEY in {line.left.unit, line.right.unit}
    return value / 100 if money else value


def _hit_id(rule: ast.Rule, keys: dict[str, Any], row: dict[str, Any]) -> str:
    text = "\x1f".join(
        [rule.id, str(rule.version), *map(str, keys.values()), str(row["w_starts"]), str(row["w_ends"])]
    )
    if isinstance(rule.detect, ast.Transaction | ast.Sequence):  # several may lie in one instant
        text += "\x1f" + "\x1f".join(row["tx_ids"])
    return "H-" + sha256(text.encode()).hexdigest()[:16]


__all__ = ["Assembler", "HitTables", "keys_of", "subject_kind"]
