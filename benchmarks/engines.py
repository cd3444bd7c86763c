"""Engines that judge one row after the other, on the first rows of a benchmark's movements.

Runs in an environment of its own, which `benchmarks/scan.py --engines` makes from engines-requirements.txt:

    python benchmarks/engines.py MOVEMENTS.parquet 100000

Five plain rules about one row are written in the language of each engine; polars answers the same five over
whole columns. Prints, per engine, processor seconds and how often each rule held, as one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import polars as pl

Rows = list[dict[str, Any]]
#: Columns that the rules read; amounts as floating-point euros, which all engines know.
COLUMNS = ("direction", "tx_type", "channel", "mcc", "amount")


def with_polars(frame: pl.DataFrame) -> list[int]:
    """Answers the rules over columns."""
    cash = pl.col("tx_type") == "cash_deposit"
    rules = [
        cash & (pl.col("amount") >= 500) & (pl.col("amount") < 10_000),
        (pl.col("direction") == "credit") & (pl.col("amount") >= 2_000),
        pl.col("mcc").is_in(["7011", "4511"]) & (pl.col("amount") >= 50),
        (pl.col("channel") == "atm") & (pl.col("direction") == "debit") & (pl.col("amount") >= 250),
        pl.col("tx_type").is_in(["instant_transfer", "cross_border"]) & (pl.col("amount") > 300),
    ]
    return list(
        frame.select(r.fill_null(value=False).sum().alias(str(i)) for i, r in enumerate(rules)).row(0)
    )


def with_rule_engine(rows: Rows) -> list[int]:
    """Answers the rules with rule-engine."""
    import rule_engine  # noqa: PLC0415  # each engine is loaded only for itself

    context = rule_engine.Context(default_value=None)
    texts = [
        'tx_type == "cash_deposit" and amount >= 500 and amount < 10000',
        'direction == "credit" and amount >= 2000',
        'mcc in ["7011", "4511"] and amount >= 50',
        'channel == "atm" and direction == "debit" and amount >= 250',
        'tx_type in ["instant_transfer", "cross_border"] and amount > 300',
    ]
    rules = [rule_engine.Rule(text, context=context) for text in texts]
    return [sum(rule.matches(row) for row in rows) for rule in rules]


def with_json_logic(rows: Rows) -> list[int]:
    """Answers the rules with json-logic."""
    from json_logic import jsonLogic  # noqa: PLC0415

    def var(name: str) -> dict[str, Any]:
        return {"var": name}

    rules = [
        {"and": [{"==": [var("tx_type"), "cash_deposit"]}, {">=": [var("amount"), 500]},
                 {"<": [var("amount"), 10_000]}]},
        {"and": [{"==": [var("direction"), "credit"]}, {">=": [var("amount"), 2_000]}]},
        {"and": [{"in": [var("mcc"), ["7011", "4511"]]}, {">=": [var("amount"), 50]}]},
        {"and": [{"==": [var("channel"), "atm"]}, {"==": [var("direction"), "debit"]},
                 {">=": [var("amount"), 250]}]},
        {"and": [{"in": [var("tx_type"), ["instant_transfer", "cross_border"]]},
                 {">": [var("amount"), 300]}]},
    ]  # fmt: skip
    return [sum(bool(jsonLogic(rule, row)) for row in rows) for rule in rules]


def with_zen(rows: Rows) -> list[int]:
    """Answers the rules with zen-engine's expressions."""
    import zen  # noqa: PLC0415

    texts = [
        "tx_type == 'cash_deposit' and amount >= 500 and amount < 10000",
        "direction == 'credit' and amount >= 2000",
        "mcc in ['7011', '4511'] and amount >= 50",
        "channel == 'atm' and direction == 'debit' and amount >= 250",
        "tx_type in ['instant_transfer', 'cross_border'] and amount > 300",
    ]
    rules = [zen.compile_expression(text) for text in texts]
    return [sum(bool(rule.evaluate(row)) for row in rows) for rule in rules]


def with_business_rules(rows: Rows) -> list[int]:
    """Answers the rules with business-rules."""
    from business_rules.engine import check_conditions_recursively  # noqa: PLC0415
    from business_rules.variables import (  # noqa: PLC0415
        BaseVariables,
        numeric_rule_variable,
        string_rule_variable,
    )

    class Movement(BaseVariables):  # type: ignore[misc]  # the package has no types
        def __init__(self, row: dict[str, Any]) -> None:
            self.row = row

        @string_rule_variable
        def direction(self) -> str:
            return self.row["direction"] or ""

        @string_rule_variable
        def tx_type(self) -> str:
            return self.row["tx_type"] or ""

        @string_rule_variable
        def channel(self) -> str:
            return self.row["channel"] or ""

        @string_rule_variable
        def mcc(self) -> str:
            return self.row["mcc"] or ""

        @numeric_rule_variable
        def amount(self) -> float:
            return self.row["amount"]

    def text(name: str, value: str) -> dict[str, Any]:
        return {"name": name, "operator": "equal_to", "value": value}

    def money(operator: str, value: float) -> dict[str, Any]:
        return {"name": "amount", "operator": operator, "value": value}

    rules = [
        {"all": [text("tx_type", "cash_deposit"), money("greater_than_or_equal_to", 500),
                 money("less_than", 10_000)]},
        {"all": [text("direction", "credit"), money("greater_than_or_equal_to", 2_000)]},
        {"all": [{"any": [text("mcc", "7011"), text("mcc", "4511")]}, money("greater_than_or_equal_to", 50)]},
        {"all": [text("channel", "atm"), text("direction", "debit"), money("greater_than_or_equal_to", 250)]},
        {"all": [{"any": [text("tx_type", "instant_transfer"), text("tx_type", "cross_border")]},
                 money("greater_than", 300)]},
    ]  # fmt: skip
    return [sum(bool(check_conditions_recursively(rule, Movement(row))) for row in rows) for rule in rules]


ENGINES: dict[str, Callable[[Rows], list[int]]] = {
    "zen-engine": with_zen,
    "json-logic": with_json_logic,
    "business-rules": with_business_rules,
    "rule-engine": with_rule_engine,
}


def main() -> None:
    """Measures and prints; an engine that answers differently ends the program."""
    path, count = sys.argv[1], int(sys.argv[2])
    frame = pl.scan_parquet(path).select(COLUMNS).with_columns(pl.col("amount").cast(pl.Float64)).head(count)
    table = frame.collect()
    rows = table.to_dicts()
    began = time.process_time()
    expected = with_polars(table)
    found: dict[str, Any] = {"polars": {"cpu": time.process_time() - began, "held": expected}}
    for name, work in ENGINES.items():
        began = time.process_time()
        held = work(rows)
        found[name] = {"cpu": time.process_time() - began, "held": held}
        if held != expected:
            raise SystemExit(f"{name} found {held} and polars {expected}")
    print(json.dumps({"rows": table.height, "engines": found}))


if __name__ == "__main__":
    main()
