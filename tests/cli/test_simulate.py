from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result

from tests.cli.cli_build import run
from thbscreen.rules.accusing import accusing_words
from thbscreen.simulate.reference import _DIRT, TRUTH, page
from thbscreen.simulate.settings import Dirt

SMALL = ("simulate", "--people", "900", "--scenarios", "P1,P10b", "--twins", "T9", "--seed", "3")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "w"
    shown = run(*SMALL, "--profiles", "clean,bank_c", "--out", str(out))
    assert shown.exit_code == 0
    assert shown.stdout == f"{out}\n"
    assert "900 people" in shown.stderr
    assert "all invented" in shown.stderr
    return out


def test_data_and_truth_lie_apart_and_the_manifest_names_them(world: Path) -> None:
    assert sorted(p.name for p in world.iterdir()) == ["data", "exports", "truth"]
    told = json.loads((world / "truth" / "manifest.json").read_text(encoding="utf-8"))
    there = {p.relative_to(world).as_posix() for p in world.rglob("*") if p.is_file()}
    assert set(told["sha256"]) == there - {"truth/manifest.json"}
    assert told["settings"]["seed"] == 3
    assert told["exports"]["bank_c"]["scan"] == "thbscreen scan exports/bank_c --out out"
    assert told["counts"]["positives"] == 2
    assert not accusing_words(json.dumps(told))


def test_an_earlier_world_is_replaced_with_force_only_and_other_folders_never(
    world: Path, tmp_path: Path
) -> None:
    again = run(*SMALL, "--out", str(world))
    assert again.exit_code == 2
    assert "--force" in again.stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")
    other = run(*SMALL, "--out", str(tmp_path / "mine"), "--force")
    assert other.exit_code == 2
    assert (tmp_path / "mine" / "notes.txt").read_text() == "x"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scenarios", "P99"), "--scenarios 'P99': no such scenario"),
        (("--twins", "P1"), "--twins 'P1': no such scenario"),
        (("--scenarios", "P1:x"), "must be a whole number"),
        (("--ops", "A99:2"), "--ops 'A99': no such operator"),
        (("--ops", "A4:7"), "a strength goes from 0 to 3"),
        (("--preset", "huge"), "--preset 'huge': no such preset"),
        (("--people", "12"), "--people '12'"),
        (("--visibility", "dim"), "--visibility 'dim'"),
        (("--profiles", "bank_z"), "--profiles 'bank_z'"),
        (("--profiles", "bank_e"), "add --banks 5"),
        (("--banks", "9"), "3 to 5 banks"),
        (("--people", "900", "--scenarios", "P3:60"), "too few people for P3-"),
    ],
)
def test_what_no_world_can_have_is_refused_with_what_to_write(
    options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    shown = run("simulate", *options, "--out", str(tmp_path / "w"))
    assert shown.exit_code == 2
    assert said in shown.stderr
    assert "help:" in shown.stderr
    assert not (tmp_path / "w").exists()


def test_a_world_needs_a_place() -> None:
    assert "--out" in run("simulate").stderr


def checked(world: Path) -> tuple[Result, list[dict[str, object]]]:
    shown = run("simulate", "check", str(world), "--json")
    return shown, json.loads(shown.stdout)


def test_a_world_that_was_changed_is_found_out(world: Path, tmp_path: Path) -> None:
    copy = tmp_path / "w"
    for path in world.rglob("*"):
        if path.is_file():
            to = copy / path.relative_to(world)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())
    before = [c["name"] for c in checked(copy)[1] if not c["holds"]]
    rows = pl.read_parquet(copy / "data" / "transactions.parquet")
    pair = rows.filter(pl.col("end_to_end_id").is_not_null())["tx_id"][-1]
    more = pl.when(pl.col("tx_id") == pair).then(pl.col("amount") + 1).otherwise("amount")
    rows.with_columns(more.cast(pl.Decimal(18, 2)).alias("amount")).write_parquet(
        copy / "data" / "transactions.parquet"
    )
    (copy / "data" / "accounts.csv").unlink()
    assert run("simulate", "check", str(copy)).exit_code == 4
    (copy / "data" / "accounts.csv").write_bytes((world / "data" / "accounts.csv").read_bytes())
    shown, told = checked(copy)
    assert shown.exit_code == 1
    failed = [str(c["name"]) for c in told if not c["holds"] and c["name"] not in before]
    assert any("files" in name for name in failed)
    assert any("money" in name for name in failed)


def test_a_folder_that_is_no_world_is_refused(tmp_path: Path) -> None:
    shown = run("simulate", "check", str(tmp_path))
    assert shown.exit_code == 4
    assert "not a world" in shown.stderr


def test_the_story_of_a_group_names_members_ties_and_movements(world: Path) -> None:
    shown = run("simulate", "explain", str(world), "P1-01")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("P1-01: sham marriage ring (planned network, scenario P1)\n")
    for word in ("WHO", "TIES", "MOVEMENTS", "Expected: a screening should raise an alert."):
        assert word in shown.stdout
    assert "All of this is invented." in shown.stdout
    legs = pl.read_parquet(world / "truth" / "legs.parquet").filter(pl.col("group_id") == "P1-01")
    every = run("simulate", "explain", str(world), "P1-01", "--all").stdout
    assert all(f"[{tx}]" in every for tx in legs.filter("visible")["tx_id"])
    twin = run("simulate", "explain", str(world), "T9-01").stdout
    assert "It resembles P2 and is lawful." in twin
    assert not accusing_words(every + twin)


def test_an_unknown_group_is_refused_with_those_there_are(world: Path) -> None:
    shown = run("simulate", "explain", str(world), "P9-09")
    assert shown.exit_code == 2
    assert "P1-01" in shown.stderr


def test_the_page_says_what_every_column_of_the_truth_and_every_damage_is(world: Path) -> None:
    for name, columns in TRUTH.items():
        assert list(columns) == pl.read_parquet(world / "truth" / f"{name}.parquet").columns, name
    assert set(_DIRT) == set(Dirt.__slots__)
    assert not accusing_words(page())
