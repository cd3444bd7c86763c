"""Run folders for the browser: one full of hostile texts, and one as large as a report must bear."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from tests.unit.report.run_folders import START, Made, Paid
from thbscreen.io.dataset import _REPEAT
from thbscreen.report import files
from thbscreen.report.folder import RunFolder

#: Would run, load or steer something if it ever became more than text.
SCRIPT = "<script>window.hurt=1</script>"
IMAGE = '"><img src=x onerror="window.hurt=2">'
CLOSING = '</script></style><svg onload="window.hurt=3">'
FORMULA = '=HYPERLINK("http://203.0.113.9/","x")'
BIDI = "user\u202egnp.exe\u2066\u0007"
TEMPLATE = "{{constructor.constructor('window.hurt=4')()}} ${window.hurt=5} %3Cimg%3E"
LONG = "a very long text " * 400
HOSTILE = (SCRIPT, IMAGE, CLOSING, FORMULA, BIDI, TEMPLATE, LONG)

QUALITY: dict[str, Any] = {
    "load": {"tables": {"transactions": {"read": 9, "loaded": 8, "rejected": 1, "skipped": {_REPEAT: 0}}}},
    "completeness": {"transactions": {"amount": 1.0, "mcc": 0.004}},
    "findings": ["One day has no rows."],
    "plausibility": {"share_with_time": 1.0, "rows_in_the_future": None},
    "references": {"parties_without_account": 2},
}  # fmt: skip


def _finish(folder: RunFolder, **summary: Any) -> RunFolder:
    files.write_json(QUALITY, folder.path / "quality.json")
    found = {
        "transactions": {"read": 9, "loaded": 8, "rejected": 1, "skipped": 0},
        "readiness": {"ready": 1, "weak": 1, "not judged": 1}, "hits": 3, "near_misses": 1,
        "below_the_line": {"points": 4, "families": 0},
    } | summary  # fmt: skip
    files.write_json(found, folder.path / "summary.json")
    return folder


def _readiness(made: Made) -> Made:
    for rule, status in (("THB-X", "ready"), ("THB-Y", "weak"), ("THB-Z", "not judged")):
        made.add(
            "readiness", rule=rule, title=f"Title of {rule}", status=status, reason=f"why {status}",
            missing=["mcc"] if status == "not judged" else [], weakest_column="mcc", coverage=0.4,
            look_back="30 days",
        )  # fmt: skip
    return made


def _case(folder: RunFolder, case_id: str, rows: list[dict[str, Any]], named: list[dict[str, Any]]) -> None:
    place = folder.path / "cases" / case_id
    place.mkdir(parents=True)
    files.write_csv(pl.DataFrame(rows), place / "evidence.csv")
    files.write_csv(pl.DataFrame(named), place / "members.csv")


def movement(n: int, **values: Any) -> dict[str, Any]:
    """One row of evidence.csv."""
    when = START + timedelta(days=n)
    return {
        "tx_id": f"T{n}", "account_id": "A1", "direction": "debit" if n % 3 else "credit",
        "amount": f"{10 + n}.00", "currency": "EUR", "amount_eur": f"{10 + n}.00",
        "tx_type": "credit_transfer", "cp_name": "Somebody", "cp_account_id": "A2", "remittance_info": "rent",
        "booking_local": when.strftime("%Y-%m-%d %H:%M:%S"), "rules": "THB-X" if n % 2 else "THB-X+THB-Y",
    } | values  # fmt: skip


def hostile(folder: Path) -> RunFolder:
    """Hostile texts wherever data come into a run: ids, names, narratives, findings, kinds, reasons."""
    made = _readiness(Made())
    roles = {"P1": "possible_controller", "V1": "possible_victim", "V2": "possible_victim", IMAGE: "unknown"}
    payments: list[Paid] = [("V1", "P1", SCRIPT, n * 7, 5000 + n) for n in range(9)]
    payments += [("V2", "P1", "X2", 20, 900), ("P1", IMAGE, "X3", 40, 4000), (IMAGE, "V2", "X4", 41, 100)]
    made.network(
        "NW-0000000000aa", roles, *payments, shared=(("V1", "V2"),), confidence="moderate",
        confidence_why=[CLOSING],
        twin_tests=[{"test": "own_spending", "result": "not found", "finding": SCRIPT}],
    )  # fmt: skip
    made.rows["networks"][0] |= {"title": SCRIPT, "why": CLOSING, "hit_ids": ["H1"], "hubs_removed": [SCRIPT]}
    for n, text in enumerate(HOSTILE):
        made.rows["network_members"][n % 4].setdefault("evidence_for", []).append(text)
    for seq, paid in enumerate(payments[:9], 1):
        made.add(
            "network_proof", network_id="NW-0000000000aa", hit_id="H1", rule="THB-X", seq=seq, tx_id=paid[2],
            time=START + timedelta(days=paid[3]), source="V1", target="P1", ledger="source", step="",
            amount_eur=paid[4], passed_on_eur=10 * seq, what=CLOSING,
        )  # fmt: skip
    made.hit("H1", "A1", evidence=CLOSING, title=IMAGE, n_tx=9)
    made.hit("H2", BIDI, rule="THB-Y", day=9, evidence=LONG, subject_kind=TEMPLATE)
    common = {"network_id": "NW-0000000000aa", "families": ["flow"], "typology": "labour_exploitation"}
    made.alert(
        "P1", score=4.5, accounts=["A1"], urgency=2, urgency_why=SCRIPT, hit_ids=["H1", "H2"],
        tx_ids=["T1"], **common,
        addends=[
            {"rule": "THB-X", "hit_id": "H1", "family": "flow", "points": 3.0, "why": SCRIPT},
            {"rule": "THB-Y", "hit_id": "H2", "family": "spend", "points": 2.25, "why": FORMULA},
            {"rule": "THB-Z", "hit_id": "H2", "family": "mitigation", "points": -0.75, "why": BIDI},
        ],
        roles=[{"role": "possible_controller", "share": 0.8}, {"role": "unknown", "share": 0.2}],
        typology_scores=[{"typology": "labour_exploitation", "points": 4.5}], not_judged=["THB-Z"],
        innocent_explanations=[LONG, "A lawful reading."], care=[IMAGE],
    )  # fmt: skip
    made.rows["alerts"][-1]["leading_role"] = "possible_controller"
    made.alert("V1", handling="possible victim", score=3.0, urgency=1, **common)
    made.alert(SCRIPT, score=2.0, urgency=0, families=[IMAGE], typology=IMAGE)
    made.alert(LONG, score=1.0)
    made.add(
        "reviews", review_id="RV-0123456789ab", hit_id="H1", rule="THB-X", title=SCRIPT, subject_id=CLOSING,
        subject_kind="party", handling="possible victim", starts=START, ends=START, n_tx=1, tx_ids=["T1"],
    )  # fmt: skip
    made.add(
        "near_misses", rule="THB-Y", subject_kind="account", subject_id="A1", window_starts=START,
        window_ends=START, line=f"share >= $least {SCRIPT}", left=0.5, right=0.6, distance=0.1667, n_tx=3,
    )  # fmt: skip
    made.add(
        "hit_members",
        hit_id="H1",
        rule="THB-X",
        role="possible_controller",
        field="account_id",
        member_id="A1",
    )
    made.add("hubs", kind="address", hub_id=SCRIPT, n_subjects=30, why=IMAGE)
    run = _finish(
        made.write(
            folder, inputs=[{"name": SCRIPT, "table": "t", "sha256": "ab" * 32, "bytes": 1, "rows": 2}]
        )
    )
    rows = [movement(n, cp_name=HOSTILE[n % 7], remittance_info=HOSTILE[(n + 3) % 7]) for n in range(70)]
    none: list[str] = []
    named = [
        {"member_id": who, "role": role, "rules": rules, "n_hits": len(rules), "handling": handling}
        for who, role, rules, handling in (
            ("P1", "possible_controller", none, "subject"),
            (IMAGE, "unknown", ["THB-X"], "named by a hit"),
            ("V1-1", "possible_client", ["THB-X"], "named by a hit"),
        )
    ]
    _case(run, "AL-P1", rows, named)
    _case(run, "NW-0000000000aa", rows[:5], named)
    return run


def large(folder: Path, alerts: int = 5_000, members: int = 200) -> RunFolder:
    """So many alerts, each with hits, addends and near misses, and a network of so many members."""
    made = _readiness(Made())
    roles = {
        f"M{n}": ("possible_controller" if n < 4 else "possible_victim" if n % 3 else "unknown")
        for n in range(members)
    }
    paid: list[Paid] = []
    for n in range(4, members):
        for turn in range(6):
            to = n % 4 if turn % 2 else (n * 7 + turn) % members
            if to != n:
                paid += [
                    (f"M{n}", f"M{to}", f"T{n}-{turn}-{i}", (n + 9 * i) % 180, 5_000 + 37 * n)
                    for i in range(4)
                ]
    shared = tuple((f"M{n}", f"M{n + 1}") for n in range(4, members - 1, 2))
    made.network("NW-0000000000bb", roles, *paid, shared=shared, confidence="strong")
    typologies = ("labour_exploitation", "sexual_exploitation", "sham_marriage", "account_control")
    for n in range(alerts):
        hits = [f"H{n}-{i}" for i in range(3)]
        for i, hit in enumerate(hits):
            made.hit(
                hit,
                f"A{n}",
                day=(n + 5 * i) % 150,
                rule=("THB-X", "THB-Y")[i % 2],
                n_tx=5,
                evidence=f"Finding {i} on A{n}: EUR {n}.00 in 5 payments between two days.",
            )
        made.alert(
            f"C{n:05}", score=12 - math.floor(n / 500), urgency=2 - min(2, n // 900), hit_ids=hits,
            urgency_why="lately",
            handling="possible victim" if n % 5 == 4 else "subject", typology=typologies[n % 4],
            families=["flow", "network"], amount_eur=100_00 + n, tx_ids=[f"T{n}-{i}" for i in range(15)],
            roles=[{"role": "unknown", "share": 1.0}], innocent_explanations=["Rent", "A family loan"],
            care=["Do not call."],
            addends=[
                {"rule": "THB-X", "hit_id": hits[0], "family": "flow", "points": 3.0, "why": "weight 3"}
            ] * 4,
        )  # fmt: skip
    return _finish(made.write(folder))


def kept(folder: Path) -> dict[str, Any]:
    """The manifest of a folder."""
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found
