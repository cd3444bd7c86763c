"""A world small enough for paper: five planned groups, two lawful ones, two ordinary people."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl

from tests.unit.report.run_folders import START, Made
from thbscreen.evaluate.match import World
from thbscreen.evaluate.truth import read_truth
from thbscreen.report.folder import RunFolder

FIRST_DAY = START.date() - dt.timedelta(days=10)


def group(group_id: str, **values: Any) -> dict[str, Any]:
    plain = {
        "kind": "positive", "scenario": "P1", "name": "a ring", "typology": "sham_marriage", "twin_of": [],
        "ops": [], "strength": 0, "visibility": "full", "start": FIRST_DAY, "end": FIRST_DAY,
        "expected": "alert", "network": True,
    }  # fmt: skip
    return {"group_id": group_id} | plain | values


def member(group_id: str, party: str, role: str, expected: str, **values: Any) -> dict[str, Any]:
    plain = {"account_id": f"{party}-1", "core": True, "visible": True}
    return {"group_id": group_id, "party_id": party, "role": role, "expected_role": expected} | plain | values


GROUPS = [
    group("R1"),
    group("R2", scenario="P3", typology="labour_exploitation", ops=["A4"], strength=2),
    group("R3", scenario="P6", typology="domestic_servitude", network=False),
    group("R4", scenario="P6", typology="domestic_servitude", network=False),
    group("R5", scenario="P1", expected="not_evaluable"),
    group("T1", kind="twin", scenario="T1", typology=None, twin_of=["P1"], expected="none"),
    group("T2", kind="twin", scenario="T4", typology=None, twin_of=["P3"], expected="none"),
]
VICTIM = ("possible_victim", "possible_victim")
MEMBERS = [
    member("R1", "A", "controller", "possible_organiser"), member("R1", "B", *VICTIM),
    member("R1", "C", *VICTIM), member("R1", "D", *VICTIM),
    member("R1", "E", "client", "possible_client", core=False),
    member("R1", "L", "lawful", "neutral", core=False),
    member("R2", "F", "controller", "possible_controller"), member("R2", "G", *VICTIM),
    member("R2", "H", *VICTIM), member("R2", "I", *VICTIM, visible=False),
    member("R3", "J", *VICTIM), member("R4", "K", *VICTIM), member("R5", "Q", *VICTIM),
    member("T1", "M", "lawful", "neutral", core=False), member("T2", "N", "lawful", "neutral", core=False),
]  # fmt: skip
PEOPLE = [
    {"party_id": p, "language": "el" if i % 2 else "en", "district": "Nicosia"}
    for i, p in enumerate("ABCDEFGHIJKLMNOPQ")
]


def truth_folder(
    folder: Path, groups: list[dict[str, Any]] = GROUPS, members: list[dict[str, Any]] = MEMBERS,
    people: list[dict[str, Any]] | None = PEOPLE, **manifest: Any,
) -> Path:  # fmt: skip
    folder.mkdir(parents=True)
    kinds = {"twin_of": pl.List(pl.String), "ops": pl.List(pl.String), "typology": pl.String}
    pl.DataFrame(groups, schema_overrides=kinds, infer_schema_length=None).write_parquet(
        folder / "groups.parquet"
    )
    pl.DataFrame(members, schema_overrides={"account_id": pl.String}).write_parquet(
        folder / "members.parquet"
    )
    if people is not None:
        pl.DataFrame(people).write_parquet(folder / "people.parquet")
    (folder / "manifest.json").write_text(json.dumps({"seed": 5, **manifest}), encoding="utf-8")
    return folder


def addend(rule: str, points: float, hit: str) -> dict[str, Any]:
    return {"rule": rule, "hit_id": hit, "family": "flow", "points": points, "why": "w"}


def made() -> Made:
    """Rank 1 A, 2 J, 3 M (lawful), 4 O (ordinary); B is below the line; N1: A, B, C; N2: F and P."""
    run = Made(manifest={"counts": {"rows": {"parties": {"loaded": 40}}}})
    for day, (subject, role) in enumerate(
        (("A", "possible_organiser"), ("J", "possible_victim"), ("M", "unknown"), ("O", "unknown"))
    ):
        run.alert(
            subject, score=9.0 - day, leading_role=role, accounts=[f"{subject}-1"], legal=False,
            handling="possible victim" if role == "possible_victim" else "subject",
            typology="sham_marriage", hit_ids=[f"H{subject}1", f"H{subject}2"],
            addends=[addend("THB-X", 3, f"H{subject}1"), addend("THB-Y", 2, f"H{subject}2")],
        )  # fmt: skip
        run.hit(f"H{subject}1", f"{subject}-1", day=day, rule="THB-X", weight=3, last=None)
        run.hit(f"H{subject}2", f"{subject}-1", day=day + 20, rule="THB-Y", family="spend", weight=2)
    run.add(
        "below_line", subject_id="B", subject_kind="party", accounts=["B-1"], legal=False, lacks="points",
        score=3.0, families=["flow"], third_party=True, hit_ids=["HB1"],
        addends=[addend("THB-X", 3, "HB1")],
    )  # fmt: skip
    run.hit("HB1", "B-1", day=1, rule="THB-X", weight=3)
    for rule, weight, status in (("THB-X", 3, "ready"), ("THB-Y", 2, "weak"), ("THB-Z", 1, "not judged")):
        run.add(
            "readiness", rule=rule, title="Title", status=status, weight=weight, family="flow", missing=[]
        )
    run.network(
        "N1", {"A": "possible_organiser", "B": "possible_victim", "C": "possible_controller"},
        ("A", "B", "X1", 0, 100), confidence="weak",
    )  # fmt: skip
    run.network(
        "N2", {"F": "possible_controller", "P": "unknown"}, ("F", "P", "X2", 0, 100), connectors=("P",)
    )
    run.add("near_misses", rule="THB-X", subject_kind="account", subject_id="K-1", distance=0.04, tx_ids=[])
    run.add("near_misses", rule="THB-X", subject_kind="account", subject_id="N-1", distance=0.25, tx_ids=[])
    run.add("near_misses", rule="THB-X", subject_kind="account", subject_id="A-1", distance=0.01, tx_ids=[])
    return run


def world(tmp_path: Path, name: str = "1", **truth: Any) -> World:
    return World(
        name, run(tmp_path / f"run-{name}"), read_truth(truth_folder(tmp_path / f"t-{name}", **truth))
    )


def run(folder: Path) -> RunFolder:
    return made().write(folder)
