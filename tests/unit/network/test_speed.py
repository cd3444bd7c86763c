from __future__ import annotations

import time
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from tests.unit.network.build import AS_OF, RULES
from thbscreen.engine import tables
from thbscreen.network import NetworkInputs, build_networks
from thbscreen.rules.bundle import Scoring

SUBJECTS, PAYMENTS, STRONG, PAYEES = 200_000, 1_000_000, 50_000, 5_000


def fill(frame: pl.DataFrame, spec: tables.TableSpec) -> pl.DataFrame:
    missing = [pl.lit(None, dtype=t).alias(c) for c, t in spec.schema.items() if c not in frame.columns]
    return spec.conform(frame.with_columns(missing))


def big_inputs() -> NetworkInputs:
    rng = np.random.default_rng(0)

    def ids(codes: np.ndarray) -> pl.Series:
        return pl.Series(codes).cast(pl.String).str.zfill(8)

    everyone, subjects = ids(np.arange(SUBJECTS)), np.arange(STRONG)
    payments = pl.DataFrame({
        "source": ids(rng.integers(0, SUBJECTS, PAYMENTS)),
        "target": ids(rng.integers(0, SUBJECTS, PAYMENTS)),
    }).with_columns(
        n=pl.lit(1), amount_eur=pl.lit(5_000), first=pl.lit(AS_OF), last=pl.lit(AS_OF),
        times=pl.concat_list(pl.lit(AS_OF)),
        tx_ids=pl.concat_list(pl.concat_str("source", "target")), amounts_eur=pl.concat_list(pl.lit(5_000)),
    )  # fmt: skip
    strong = pl.DataFrame({"hit_id": [f"H{i}" for i in subjects], "subject_id": ids(subjects)}).with_columns(
        rule=pl.lit("THB-LAB-004"), family=pl.lit("flow"), weight=pl.lit(3), third_party=pl.lit(True)
    )
    weak = pl.DataFrame({"hit_id": [f"G{i}" for i in range(SUBJECTS)], "subject_id": everyone}).with_columns(
        rule=pl.lit("THB-SEX-001"), family=pl.lit("spend"), weight=pl.lit(1), third_party=pl.lit(False)
    )
    # A second third-party rule of another family: one pattern alone would be no network.
    second = strong.with_columns(
        pl.concat_str(pl.lit("S"), "hit_id").alias("hit_id"),
        rule=pl.lit("THB-LAB-003"),
        family=pl.lit("identity"),
    )
    hits = pl.concat([strong, second, weak]).with_columns(
        starts=pl.lit(AS_OF - timedelta(days=9)), ends=pl.lit(AS_OF), subject_kind=pl.lit("account"),
        title=pl.lit("t"), typologies=pl.concat_list(pl.lit("labour_exploitation")),
        tx_ids=pl.concat_list("hit_id"),
    )  # fmt: skip
    payees = strong.select("hit_id", "rule", member_id=ids(SUBJECTS - 1 - rng.integers(0, PAYEES, STRONG)))
    members = payees.with_columns(
        role=pl.lit("possible_controller"),
        field=pl.lit("cp_account_id"),
        n_tx=pl.lit(3),
        amount_eur=pl.lit(90_000),
    )
    return NetworkInputs(
        hits=fill(hits, tables.HITS),
        hit_members=fill(members, tables.HIT_MEMBERS),
        payments=fill(payments, tables.PAYMENTS),
        subjects=pl.DataFrame({"account_id": everyone, "subject_id": everyone}).with_columns(
            subject_kind=pl.lit("account")
        ),
        parties=pl.DataFrame(schema={"party_id": pl.String, "kind": pl.String}),
        devices=pl.DataFrame(schema={"device_id": pl.String, "subject_id": pl.String}),
        as_of=AS_OF,
        rules=RULES,
    )


@pytest.mark.performance
def test_a_million_payments_among_flagged_subjects_take_less_than_twenty_seconds() -> None:
    inputs = big_inputs()
    # Time of the processor: by the clock a busy machine would fail what is fast enough.
    start = time.process_time()
    t = build_networks(inputs, Scoring())
    assert time.process_time() - start < 20
    assert len(t.networks) > 1_000
