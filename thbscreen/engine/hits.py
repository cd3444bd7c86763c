"""From raw results to the published tables of hits, their members and near misses.

Grain and order: `tables.HITS`, `tables.HIT_MEMBERS`, `tables.NEAR_MISSES`. Codes become the source's own ids
here and nowhere earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
        hits = self._hits(rule, part)
        return HitTables(
            hits,
            self._members(rule, part, hits["hit_id"]),
            self._near(rule, part),
            _steps(rule, part, hits["hit_id"]),
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

    def _hits(self, rule: ast.Rule, part: Judged) -> pl.DataFrame:
        """Gives table HITS of a rule, in the order of its raw hits."""
        raw, detect = part.hits, rule.detect
        if raw.height == 0:
            return tables.HITS.empty()
        keys = {k: self._decoded_key(rule, k, raw[f"k{i}"]) for i, k in enumerate(keys_of(rule))}
        timeless = isinstance(detect, ast.Aggregate) and detect.table == "parties"
        times = {name: _moments(raw[short], timeless) for name, short in _TIMES}
        measures = () if isinstance(detect, ast.Transaction) else detect.measures
        numbers = {m.name: _numbers(raw, f"m{i}") for i, m in enumerate(measures)}
        told = [(m.name, m.unit, numbers[m.name]) for m in measures]
        if isinstance(detect, ast.Aggregate) and detect.repeat is not None:
            told.append(("episodes", ast.Unit.NUMBER, _whole(raw["episodes"])))
        first_key = next(iter(keys.values()))
        made = pl.DataFrame({
            **times, "tx_ids": raw["tx_ids"], "first": _moments(raw["first"]), "last": _moments(raw["last"]),
            "hit_id": pl.Series(_hit_ids(rule, keys, raw), dtype=pl.String), "subject_id": first_key,
            "amount_eur": raw["amount"], "evidence": self._evidence(rule, raw, keys, times, numbers),
            "keys": _lists([_struct(tables.KEY, raw.height, field=k, value=v) for k, v in keys.items()],
                           tables.KEY, raw.height),
            "measures": _lists([self._measure(*m) for m in told], tables.MEASURE, raw.height),
            "conditions": _lists([_condition(line, raw, i) for i, line in enumerate(_leaf_lines(rule))],
                                 tables.CONDITION, raw.height),
        })  # fmt: skip
        fixed = [pl.lit(v, tables.HITS.schema[k]).alias(k) for k, v in self._fixed(rule).items()]
        made = made.with_columns(*fixed, pl.col("tx_ids").list.len().alias("n_tx"))
        return made.select(pl.col(c).cast(t) for c, t in tables.HITS.schema.items())

    def _evidence(
        self,
        rule: ast.Rule,
        raw: pl.DataFrame,
        keys: dict[str, pl.Series],
        times: dict[str, pl.Series],
        numbers: dict[str, evidence.Numbers],
    ) -> pl.Series:
        detect = rule.detect
        units = {} if isinstance(detect, ast.Transaction) else {m.name: m.unit for m in detect.measures}
        units["amount_eur"] = ast.Unit.MONEY
        units |= {f: ast.Unit.MONEY for f in shown_fields(rule) if _kind_of(rule, f) == "money"}
        centre = detect.centre if isinstance(detect, ast.Aggregate | ast.Star) else None
        shown: dict[str, evidence.Shown] = {
            **({centre: next(iter(keys.values()))} if centre else {}), **keys, **times, **numbers,
            "episodes": _whole(raw["episodes"]), "amount_eur": _whole(raw["amount"]),
            "booking_ts": times["starts"], **self._row_values(rule, raw),
        }  # fmt: skip
        return evidence.render(rule.evidence, shown, units, self.zone.key, raw.height)

    def _row_values(self, rule: ast.Rule, raw: pl.DataFrame) -> dict[str, evidence.Shown]:
        """Gives the fields that the evidence of a transaction rule shows."""
        out: dict[str, evidence.Shown] = {}
        for i, name in enumerate(shown_fields(rule)):
            kind = _kind_of(rule, name)
            if kind not in ("text", "date", "time"):
                out[name] = _numbers(raw, f"e{i}", whole=True)
                continue
            values = raw.select(pl.when(f"e{i}k").then(f"e{i}n")).to_series()
            if kind == "text":
                out[name] = self.dictionary(rule, name).gather(values)
            elif kind == "date":
                out[name] = values.cast(pl.Int32).cast(pl.Date).dt.to_string("iso")
            else:
                out[name] = _moments(values)
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

    def _measure(self, name: str, unit: ast.Unit, values: evidence.Numbers) -> pl.Series:
        """Gives a measure as structs: cents become euros, the value is the nearest binary fraction."""
        scale = 100 if unit is ast.Unit.MONEY else 1
        return _struct(
            tables.MEASURE, len(values), name=name, unit=str(unit),
            value=[None if v is None else v[0] / (v[1] * scale) for v in values],
            text=evidence.texts(values, unit, "text", self.zone.key),
        )  # fmt: skip

    # --- members and near misses ---------------------------------------------------------------

    def _members(self, rule: ast.Rule, part: Judged, hit_ids: pl.Series) -> pl.DataFrame:
        out = []
        for i, (path, role) in enumerate(rule.roles):
            rows = part.members.filter(pl.col("role") == i)
            if rows.height == 0:
                continue
            out.append(
                pl.DataFrame(
                    {
                        "hit_id": hit_ids.gather(rows["hit"]),
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

    def _near(self, rule: ast.Rule, part: Judged) -> pl.DataFrame:
        raw = part.near
        if raw.height == 0:
            return tables.NEAR_MISSES.empty()
        lines = _leaf_lines(rule)
        scale = np.array([_scale(line) for line in lines])[raw["line"].to_numpy()]
        timeless = isinstance(rule.detect, ast.Aggregate) and rule.detect.table == "parties"
        return pl.DataFrame({
            "rule": [rule.id] * raw.height, "subject_kind": [subject_kind(rule)] * raw.height,
            "subject_id": self._decoded_key(rule, keys_of(rule)[0], raw["k0"]),
            "window_starts": _moments(raw["w_starts"], timeless),
            "window_ends": _moments(raw["w_ends"], timeless),
            "line": pl.Series([line.text for line in lines]).gather(raw["line"]),
            "left": _scaled(raw["left"], scale), "right": _scaled(raw["right"], scale),
            "distance": raw["distance"], "n_tx": raw["tx_ids"].list.len().cast(pl.Int32),
            "tx_ids": raw["tx_ids"],
        }, schema_overrides=tables.NEAR_MISSES.schema)  # fmt: skip


def _steps(rule: ast.Rule, part: Judged, hit_ids: pl.Series) -> pl.DataFrame:
    if part.steps.height == 0:
        return pl.DataFrame(schema=STEPS)
    names = pl.Series(step_names(rule.detect), dtype=pl.String)
    return part.steps.select(
        hit_id=hit_ids.gather(part.steps["hit"]),
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


def _moments(microseconds: pl.Series, timeless: bool = False) -> pl.Series:
    """Gives moments of UTC; none where a rule looks at customers and not at time."""
    known = microseconds.clear(microseconds.len()) if timeless else microseconds
    return known.cast(pl.Int64).cast(pl.Datetime("us", "UTC"))


def _numbers(raw: pl.DataFrame, name: str, *, whole: bool = False) -> evidence.Numbers:
    """Gives a column of exact numbers: numerator and denominator, or None where it is not known."""
    num, known = raw[f"{name}n"].to_list(), raw[f"{name}k"].to_list()
    den = [1] * len(num) if whole else raw[f"{name}d"].to_list()
    return [(n, d) if k else None for n, d, k in zip(num, den, known, strict=True)]


def _whole(values: pl.Series) -> evidence.Numbers:
    return [(v, 1) for v in values.to_list()]


def _struct(dtype: pl.Struct, height: int, **fields: Any) -> pl.Series:
    """Gives a column of structs; a single text stands in every row."""
    types = dict(dtype)
    parts = [
        pl.Series(k, [v] * height if isinstance(v, str) else v, dtype=types[k]) for k, v in fields.items()
    ]
    return pl.DataFrame(parts).to_struct()


def _lists(parts: list[pl.Series], dtype: pl.Struct, height: int) -> pl.Series:
    """Gives a column of lists, of each part one item."""
    if not parts:
        return pl.Series([[]] * height, dtype=pl.List(dtype))
    frame = pl.DataFrame({str(i): part for i, part in enumerate(parts)})
    return frame.select(pl.concat_list(pl.all())).to_series()


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


def _condition(line: ast.Compare, raw: pl.DataFrame, number: int) -> pl.Series:
    """Gives a leaf line with both sides and its truth at the shown window."""
    scale = _scale(line)
    return _struct(
        tables.CONDITION, raw.height, line=line.text, left=_scaled(raw[f"c{number}l"], scale),
        right=_scaled(raw[f"c{number}r"], scale), holds=raw[f"c{number}h"],
    )  # fmt: skip


def _scaled(values: pl.Series, scale: float | npt.NDArray[np.float64]) -> pl.Series:
    """Gives numbers for display; what is not a number is not known.

    numpy divides; polars would multiply with one hundredth, which no binary fraction is.
    """
    return pl.Series(values.cast(pl.Float64).to_numpy() / scale).fill_nan(None)


def _scale(line: ast.Compare) -> float:
    return 100.0 if ast.Unit.MONEY in {line.left.unit, line.right.unit} else 1.0


def _hit_ids(rule: ast.Rule, keys: dict[str, pl.Series], raw: pl.DataFrame) -> list[str]:
    """Gives ids made of the rule, its version, the keys and the shown window."""
    columns = [values.cast(pl.String).to_list() for values in keys.values()]
    texts = [
        "\x1f".join([rule.id, str(rule.version), *map(str, row)])
        for row in zip(*columns, raw["w_starts"].to_list(), raw["w_ends"].to_list(), strict=True)
    ]
    if isinstance(rule.detect, ast.Transaction | ast.Sequence):  # several may lie in one instant
        texts = ["\x1f".join([text, *ids]) for text, ids in zip(texts, raw["tx_ids"].to_list(), strict=True)]
    return ["H-" + sha256(text.encode()).hexdigest()[:16] for text in texts]


__all__ = ["Assembler", "HitTables", "keys_of", "subject_kind"]
