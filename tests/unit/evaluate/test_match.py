"""What becomes of groups, members and alerts, worked out on paper."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.unit.evaluate.worlds import GROUPS, MEMBERS, made, member, run, truth_folder, world
from thbscreen.errors import DataError
from thbscreen.evaluate.match import World, cases
from thbscreen.evaluate.truth import read_truth


@pytest.fixture
def one(tmp_path: Path) -> World:
    return world(tmp_path)


def test_each_group_comes_out_as_on_paper(one: World) -> None:
    assert {g.row["group_id"]: (g.outcome, g.joined, g.of) for g in one.groups} == {
        "R1": ("found", 3, 4),  # A, B and C of four
        "R2": ("partial", 1, 3),  # F of three whom the data show
        "R3": ("found", 0, 1),  # J is an alert
        "R4": ("missed", 0, 1),
        "R5": ("not evaluable", 0, 1),
        "T1": ("not evaluable", 0, 0),
        "T2": ("not evaluable", 0, 0),
    }


def test_a_lawful_group_is_raised_by_an_alert(one: World) -> None:
    assert {g.row["group_id"]: (g.alerted, g.networked) for g in one.groups if g.row["kind"] == "twin"} == {
        "T1": (True, False), "T2": (False, False),
    }  # fmt: skip


def test_alerts_and_networks_are_labelled(one: World) -> None:
    assert [(a["subject_id"], a["label"]) for a in one.alerts] == [
        ("A", "planned"), ("J", "planned"), ("M", "twin"), ("O", "ordinary"),
    ]  # fmt: skip
    assert [(n["network_id"], n["right"], n["groups"]) for n in one.networks] == [
        ("N1", True, ["R1"]), ("N2", False, []),
    ]  # fmt: skip


def test_half_of_the_core_is_enough_and_less_is_part(tmp_path: Path) -> None:
    more = [*MEMBERS, member("R1", "A2", "facilitator", "possible_facilitator")]
    more += [member("R1", "A3", "facilitator", "possible_facilitator")]
    assert world(tmp_path, "half", members=more).groups[0].outcome == "found"  # 3 of 6
    more += [member("R1", "A4", "facilitator", "possible_facilitator")]
    assert world(tmp_path, "less", members=more).groups[0].outcome == "partial"  # 3 of 7


def test_core_members_of_two_groups_in_one_network_are_merged(tmp_path: Path) -> None:
    mixed = [m | {"group_id": "R2"} if m["party_id"] == "C" else m for m in MEMBERS]
    found = world(tmp_path, members=mixed).groups
    assert found[0].outcome == "merged"  # A and B of three, and C of the other


def test_somebody_who_belongs_to_both_groups_merges_nothing(tmp_path: Path) -> None:
    both = [*MEMBERS, member("R2", "A", "controller", "possible_controller")]
    assert world(tmp_path, members=both).groups[0].outcome == "found"


def test_whoever_is_planned_and_lawful_counts_as_planned(tmp_path: Path) -> None:
    both = [*MEMBERS, member("R4", "M", "facilitator", "possible_facilitator")]
    assert [a["label"] for a in world(tmp_path, members=both).alerts][2] == "planned"


def test_members_who_knew_nothing_are_drawn_in(tmp_path: Path) -> None:
    drawn = [*MEMBERS, member("R1", "O", "unwitting", "neutral", core=False)]
    assert [a["label"] for a in world(tmp_path, members=drawn).alerts][3] == "drawn in"


def test_a_case_is_a_network_opened_once_or_an_alert_alone(one: World) -> None:
    assert [(c["case"], c["groups"], c["right"]) for c in cases(one)] == [
        ("N1", ["R1"], True), ("AL-J", ["R3"], True), ("AL-M", [], False), ("AL-O", [], False),
        ("N2", [], False),
    ]  # fmt: skip


def test_days_run_from_the_first_day_of_the_group_to_the_hit_that_completes_the_alert(one: World) -> None:
    assert [g.days for g in one.groups[:3]] == [30.0, None, 31.0]  # 10 before, 20 or 21 after


def test_somebody_outside_belongs_to_the_group_in_whose_plan_half_of_the_movements_are(
    tmp_path: Path,
) -> None:
    told = truth_folder(tmp_path / "t")
    legs = [{"group_id": "R1", "tx_id": t, "visible": True, "is_camouflage": t == "c"} for t in "abc"]
    legs.append({"group_id": "T1", "tx_id": "d", "visible": True, "is_camouflage": False})
    pl.DataFrame(legs).write_parquet(told / "legs.parquet")
    other = made()
    for name, moved in (("X1", "abyz"), ("X2", "acxyz"), ("X3", "d")):
        other.alert(name, subject_kind="external", accounts=[name], tx_ids=list(moved))
    found = World("1", other.write(tmp_path / "r"), read_truth(told))
    assert [a["label"] for a in found.alerts][4:] == ["planned", "ordinary", "twin"]
    assert len(found.members) == len(MEMBERS)  # nobody is added to the plan


def test_ordinary_customers_are_those_in_no_group(one: World) -> None:
    assert one.ordinary == 40 - 15


# --- reading -----------------------------------------------------------------------------------------


def test_a_folder_without_groups_is_refused(tmp_path: Path) -> None:
    truth_folder(tmp_path / "t")
    (tmp_path / "t" / "groups.parquet").unlink()
    with pytest.raises(DataError, match=r"t: the truth folder has no groups\.parquet"):
        read_truth(tmp_path / "t")


@pytest.mark.parametrize(
    ("name", "column", "value", "message"),
    [
        ("groups", "kind", "other", r"groups\.parquet: row 1: 'kind' has a word that is not known"),
        ("groups", "expected", None, r"row 1: 'expected' is empty"),
        ("members", "role", "boss", r"members\.parquet: row 1: 'role' has a word"),
        ("members", "group_id", "R9", r"members\.parquet: row 1 names a group that groups\.parquet does not"),
    ],
)
def test_a_wrong_cell_is_named_by_file_row_and_column(
    tmp_path: Path, name: str, column: str, value: str | None, message: str
) -> None:
    folder = truth_folder(tmp_path / "t")
    frame = pl.read_parquet(folder / f"{name}.parquet")
    first = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(value)).otherwise(column).alias(column)
    frame.with_columns(first).write_parquet(folder / f"{name}.parquet")
    with pytest.raises(DataError, match=message):
        read_truth(folder)


def test_a_missing_column_and_a_wrong_kind_are_named(tmp_path: Path) -> None:
    folder = truth_folder(tmp_path / "t")
    frame = pl.read_parquet(folder / "members.parquet")
    frame.drop("core").write_parquet(folder / "members.parquet")
    with pytest.raises(DataError, match="the column 'core' is missing"):
        read_truth(folder)
    frame.with_columns(core=pl.lit("perhaps")).write_parquet(folder / "members.parquet")
    with pytest.raises(DataError, match="the column 'core' is not true or false"):
        read_truth(folder)


def test_two_groups_with_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="2 rows share their group_id"):
        read_truth(truth_folder(tmp_path / "t", groups=[*GROUPS, GROUPS[0]]))


def test_a_truth_of_other_data_is_not_taken_silently(tmp_path: Path) -> None:
    from thbscreen.evaluate.evaluation import evaluate

    wrong = truth_folder(tmp_path / "t", files={"transactions.parquet": "a" * 64})
    folder = made().write(tmp_path / "r", inputs=[{"name": "x", "table": "transactions", "sha256": "b" * 64}])
    facts, _ = evaluate([(folder, read_truth(wrong))])
    assert facts["worlds"][0]["data_of_this_truth"] is False
    assert "otherwise the truth is that of other data" in facts["notes"][0]
    right = truth_folder(tmp_path / "t2", files={"transactions.parquet": "b" * 64})
    facts, _ = evaluate([(folder, read_truth(right))])
    assert facts["worlds"][0]["data_of_this_truth"] is True
    assert facts["notes"] == []


def test_members_of_nobody_in_the_run_are_told(tmp_path: Path) -> None:
    from thbscreen.evaluate.evaluation import evaluate

    strangers = [m | {"party_id": m["party_id"] + "9", "account_id": None} for m in MEMBERS]
    truth = read_truth(truth_folder(tmp_path / "t", members=strangers))
    facts, _ = evaluate([(run(tmp_path / "r"), truth)])
    assert any("does the truth belong to these data?" in note for note in facts["notes"])
