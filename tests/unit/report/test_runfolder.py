"""The run folder: complete, exact, repeatable, and safe to open."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.unit.engine.scoring_build import Case
from tests.unit.report.report_build import HARMLESS, HOSTILE, NAME, FakeRun, finished, movement, network_row
from thbscreen.engine import tables
from thbscreen.errors import OutputError, UsageError
from thbscreen.io.dataset import TableCounts
from thbscreen.report.cases import readable
from thbscreen.report.runfolder import write_run


def written(folder: Path, run: FakeRun | None = None, *formats: str) -> Path:
    folder.mkdir(exist_ok=True)
    write_run(folder, run or finished(), formats)
    return folder


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def manifest(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return loaded


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_published_table_is_written(tmp_path: Path) -> None:
    folder = written(tmp_path / "out")
    for spec in tables.PUBLISHED:
        assert pl.read_parquet(folder / f"{spec.name}.parquet").schema == pl.Schema(spec.schema)


def test_the_manifest_lists_every_other_file_with_its_hash(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", None, "csv", "ndjson")
    listed = {o["file"]: o for o in manifest(folder)["outputs"]}
    assert set(listed) == files(folder) - {"manifest.json"}
    for name, item in listed.items():
        content = (folder / name).read_bytes()
        assert (item["sha256"], item["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))


def test_two_runs_differ_only_in_the_times_of_the_manifest(tmp_path: Path) -> None:
    one, two = (
        written(tmp_path / "one", None, "csv", "ndjson"),
        written(tmp_path / "two", None, "csv", "ndjson"),
    )
    for name in files(one) - {"manifest.json"}:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    a, b = manifest(one), manifest(two)
    assert a.pop("run") != b.pop("run")
    assert a == b


def test_a_table_of_many_pieces_is_the_same_bytes(tmp_path: Path) -> None:
    run = finished()
    pieces = finished()
    hits = pieces.tables["hits"]
    pieces.tables["hits"] = pl.concat([hits.head(1), hits.slice(1)], rechunk=False)
    one, two = written(tmp_path / "one", run), written(tmp_path / "two", pieces)
    assert (one / "hits.parquet").read_bytes() == (two / "hits.parquet").read_bytes()


def test_the_manifest_names_rules_versions_and_inputs(tmp_path: Path) -> None:
    found = manifest(written(tmp_path / "out"))
    assert found["inputs"] == [
        {"name": "t.csv", "table": "transactions", "sha256": "ab" * 32, "bytes": 999, "rows": 12}
    ]
    assert {"id": "STAR-3", "version": 1, "status": "test", "digest": "d"} in found["rules"]["rules"]
    assert found["profile"]["scoring"]["alert_weight"] == "5"
    assert found["counts"]["hits_per_rule"] == {"MIT-2": 1, "SPEND-2": 1, "STAR-3": 1}
    assert {"thbscreen", "polars", "python", "tzdata"} <= set(found["versions"])


def test_the_mapping_is_named_with_its_hash(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_bytes(b"mapping: x\n")
    (tmp_path / "out").mkdir()
    write_run(tmp_path / "out", finished(), mapping=mapping)
    assert manifest(tmp_path / "out")["mapping"] == {
        "name": "m.yaml", "sha256": hashlib.sha256(b"mapping: x\n").hexdigest(),
    }  # fmt: skip


def test_no_personal_data_outside_tables_and_cases(tmp_path: Path) -> None:
    folder = written(tmp_path / "out")
    for name in ("manifest.json", "summary.json", "quality.json", "rejects.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        assert NAME not in text
        assert "P1" not in text
        assert "cmd|" not in text


def test_file_names_come_from_ids_alone(tmp_path: Path) -> None:
    folder = written(tmp_path / "out")
    assert {p.name for p in (folder / "cases").iterdir()} == {"NW-0123456789ab", "AL-68c37e04ba16"}


def test_an_id_that_cannot_name_a_folder_stops_the_run(tmp_path: Path) -> None:
    run = finished()
    case = Case().hit("STAR-3", "A1")
    bad = pl.DataFrame([network_row(case, network_id="../NW-1")], schema=tables.NETWORKS.schema)
    run.tables["networks"] = bad
    with pytest.raises(OutputError, match="cannot name a folder"):
        written(tmp_path / "out", run)
    assert not (tmp_path / "NW-1").exists()


def test_a_format_that_does_not_exist_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no format 'xlsx'"):
        written(tmp_path / "out", None, "xlsx")
    assert files(tmp_path) == set()


def test_ndjson_holds_exact_values(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", None, "ndjson")
    lines = (folder / "hit_members.ndjson").read_text(encoding="utf-8").splitlines()
    assert HOSTILE in {json.loads(line)["member_id"] for line in lines}
    hit = json.loads((folder / "hits.ndjson").read_text(encoding="utf-8").splitlines()[0])
    assert (hit["tx_ids"], hit["ends"]) == (["T4"], "2026-06-25T12:00:00Z")


def test_csv_copies_give_lists_as_json_and_run_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", None, "csv")
    assert json.loads(rows(folder / "hits.csv")[0]["tx_ids"]) == ["T4"]
    assert HARMLESS in {r["member_id"] for r in rows(folder / "hit_members.csv")}


def test_no_csv_file_holds_a_character_that_steers_or_hides(tmp_path: Path) -> None:
    run = finished()
    run.tables["hits"] = run.tables["hits"].with_columns(tx_ids=pl.lit(["a\u202eb", "\x1b[1m\n"]))
    folder = written(tmp_path / "out", run, "csv")
    for path in folder.rglob("*.csv"):
        assert all(line.isprintable() for line in path.read_text(encoding="utf-8").split("\n")), path
    assert json.loads(rows(folder / "hits.csv")[0]["tx_ids"]) == ["a\u202eb", "\x1b[1m\n"]


def test_parquet_holds_exact_values(tmp_path: Path) -> None:
    run = finished()
    folder = written(tmp_path / "out", run)
    assert_frame_equal(pl.read_parquet(folder / "hits.parquet"), run.tables["hits"])


# --- cases ------------------------------------------------------------------------------------------


def test_evidence_holds_the_contributing_movements_and_no_others(tmp_path: Path) -> None:
    found = rows(written(tmp_path / "out") / "cases/NW-0123456789ab/evidence.csv")
    assert [(r["tx_id"], r["rules"]) for r in found] == [("T1", "STAR-3"), ("T2", "STAR-3")]


def test_evidence_cells_run_nothing_and_numbers_stay_numbers(tmp_path: Path) -> None:
    row = rows(written(tmp_path / "out") / "cases/NW-0123456789ab/evidence.csv")[0]
    assert row["remittance_info"] == HARMLESS
    assert (row["amount"], row["balance_after"]) == ("12.50", "-0.05")


def test_the_source_is_read_once_for_all_cases(tmp_path: Path) -> None:
    run = finished()
    written(tmp_path / "out", run)
    assert run.dataset.calls == 1


def test_a_run_without_findings_has_no_cases(tmp_path: Path) -> None:
    run = finished(Case().customer("P1", "A1"))
    assert not (written(tmp_path / "out", run) / "cases").exists()
    assert run.dataset.calls == 0


def test_amounts_are_written_with_the_decimals_of_their_currency() -> None:
    frame = pl.DataFrame([
        movement("T1", amount=1250, currency="EUR"), movement("T2", amount=1250, currency="JPY"),
        movement("T3", amount=-7, currency="KWD"), movement("T4", amount=5, currency=None),
    ])  # fmt: skip
    found = readable(frame, "Asia/Nicosia")
    assert found["amount"].to_list() == ["12.50", "1250", "-0.007", "0.05"]
    assert found["amount_eur"].to_list() == ["12.50"] * 4


def test_movements_are_in_the_order_of_booking(tmp_path: Path) -> None:
    found = rows(written(tmp_path / "out") / "cases/AL-68c37e04ba16/evidence.csv")
    assert [r["tx_id"] for r in found] == ["T1", "T2", "T3", "T4"]
    assert found[0]["booking_local"] == "2026-06-27 15:00:00"


@pytest.mark.parametrize("mcc", ["5912", "5631", "8062", "8661"])
def test_personal_purchases_tell_nothing_but_time_place_and_amount(mcc: str) -> None:
    telling = {
        "cp_name": "SHOP", "merchant_name": "SHOP", "merchant_id": "M1", "remittance_info": "SHOP 7",
        "terminal_id": "T9", "location_city": "Limassol",
    }  # fmt: skip
    frame = pl.DataFrame([movement("T1", mcc=mcc, **telling), movement("T2", mcc="5411", **telling)])
    personal, other = readable(frame, "Asia/Nicosia").to_dicts()
    assert (personal["mcc"], personal["merchant_name"]) == ("personal spending", "personal spending")
    assert [personal[c] for c in ("cp_name", "merchant_id", "remittance_info", "terminal_id")] == [None] * 4
    assert (personal["location_city"], personal["amount"]) == ("Limassol", "12.50")
    assert {c: other[c] for c in telling} == telling


def test_movements_without_a_merchant_code_are_not_masked() -> None:
    frame = pl.DataFrame([movement("T1", mcc=None, merchant_name="SHOP"), movement("T2", mcc="x")])
    assert readable(frame, "Asia/Nicosia")["cp_name"].to_list() == [NAME, NAME]


def test_a_run_without_movements_has_no_last_day(tmp_path: Path) -> None:
    run = finished(Case().customer("P1", "A1"))
    folder = written(
        tmp_path / "out", replace(run, load=replace(run.load, tables={"transactions": TableCounts()}))
    )
    assert json.loads((folder / "summary.json").read_text(encoding="utf-8"))["data_until"] is None
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["data_until"] is None
