"""FollowTheMoney: valid entities, both parties on every payment, roles as words, warnings, no topics."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.report.export_build import HOSTILE, NET, ONCE, OTHER, Folder, hostile, pair
from thbscreen.report.export import export
from thbscreen.report.export.texts import HANDLE, shown

HERE = Path(__file__).parent
MODEL = json.loads((HERE / "ftm_model.json").read_text(encoding="utf-8"))["schemata"]
IBAN = "CY17002001280000001200527600"
Entity = dict[str, Any]


def rich() -> Folder:
    """Customers and outside accounts, valid and invalid IBANs, hostile ids, two networks, a pattern."""
    made = hostile().network(OTHER)
    made.member("P1", "possible_victim").member("P2", accounts=["A1", "A2"])
    made.member("P1", "possible_client", OTHER)
    made.member(IBAN, member_kind="external", accounts=[IBAN], is_customer=False)
    made.member("VN20ZZZZ0000000024159601", member_kind="external", accounts=["VN20ZZZZ0000000024159601"])
    made.member("A9", "possible_client", member_kind="account", accounts=["A9"])
    made.pay("P1", IBAN, ("T1", ONCE, 1250), ("T2", ONCE.replace(month=5), 5)).pay(
        "P2", "P1", ("T3", ONCE, 7)
    )
    made.share("P1", "P2").share("P1", "A9", "payment pattern", first=ONCE, last=ONCE, amount_eur=9)
    return made


def entities(made: Folder, tmp_path: Path, **options: Any) -> list[Entity]:
    return [json.loads(line) for line in written(made, tmp_path, **options).read_text("utf-8").splitlines()]


def written(made: Folder, tmp_path: Path, **options: Any) -> Path:
    out = tmp_path / "made.ftm.json"
    export(made.write(tmp_path / "out"), "ftm", out, **options)
    return out


def of(found: list[Entity], schema: str) -> list[dict[str, list[str]]]:
    return [e["properties"] for e in found if e["schema"] == schema]


def test_every_entity_fits_the_model(tmp_path: Path) -> None:
    found = entities(rich(), tmp_path)
    by_id = {e["id"]: e for e in found}
    assert len(by_id) == len(found)
    assert {e["schema"] for e in found} == set(MODEL)
    for entity in found:
        schema, properties = MODEL[entity["schema"]], entity["properties"]
        assert re.fullmatch(r"[a-z]-[0-9a-f]{24}", entity["id"])
        assert set(schema["required"]) <= set(properties)
        for name, values in properties.items():
            kind = schema["properties"][name]
            assert values and all(isinstance(v, str) and v and v.isprintable() for v in values)
            if kind.startswith("entity:"):
                kinds = [MODEL[by_id[v]["schema"]]["is"] for v in values]
                assert all(kind.removeprefix("entity:") in known for known in kinds), name
            elif kind == "date":
                assert all(re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?", v) for v in values)
            elif kind == "number":
                assert all(re.fullmatch(r"\d+\.\d\d", v) for v in values)


def test_every_payment_has_both_parties_and_its_exact_amount(tmp_path: Path) -> None:
    payments = of(entities(rich(), tmp_path), "Payment")
    assert len(payments) == len(HOSTILE) + 3
    assert all(len(p["payer"]) == len(p["beneficiary"]) == 1 for p in payments)
    (paid,) = (p for p in payments if p["transactionNumber"] == ["T1"])
    assert (paid["amount"], paid["amountEur"], paid["currency"]) == (["12.50"], ["12.50"], ["EUR"])
    assert (paid["date"], paid["recordId"]) == (["2026-03-16T18:07:10"], [NET])
    assert "payerAccount" in paid and "beneficiaryAccount" in paid


def test_the_account_is_left_out_where_a_member_has_several(tmp_path: Path) -> None:
    (paid,) = (p for p in of(entities(rich(), tmp_path), "Payment") if p["transactionNumber"] == ["T3"])
    assert "payerAccount" not in paid
    assert "beneficiaryAccount" in paid


def test_there_is_no_purpose_unless_the_run_folder_has_one(tmp_path: Path) -> None:
    assert all("purpose" not in p for p in of(entities(rich(), tmp_path), "Payment"))


def test_nobody_gets_a_topic_because_a_rule_fired(tmp_path: Path) -> None:
    found = entities(rich(), tmp_path)
    assert all("topics" not in e["properties"] and "keywords" not in e["properties"] for e in found)
    assert "crime" not in json.dumps(found)


def test_a_possible_victim_carries_the_warning_and_others_do_not(tmp_path: Path) -> None:
    parties = {p["name"][0]: p for p in of(entities(pair(), tmp_path), "LegalEntity")}
    victim, other = parties["Customer P1"], parties["Customer P2"]
    assert victim["summary"][0].startswith("HANDLE AS POSSIBLE VICTIM")
    assert victim["notes"][0] == HANDLE
    assert "possible victim 75%, not known 25%" in victim["summary"][0]
    assert "HANDLE" not in json.dumps(other)
    assert "possible controller 75%" in other["summary"][0]
    assert "For: It pays." in other["notes"] and "Against: It is one hit." in other["notes"]


def test_only_a_valid_iban_of_a_country_that_has_them_is_called_one(tmp_path: Path) -> None:
    accounts = of(entities(rich(), tmp_path), "BankAccount")
    assert [a["iban"] for a in accounts if "iban" in a] == [[IBAN]]
    assert {"VN20ZZZZ0000000024159601"} <= {a["accountNumber"][0] for a in accounts if "accountNumber" in a}


def test_names_and_numbers_stay_within_the_models_lengths(tmp_path: Path) -> None:
    found = entities(rich(), tmp_path)
    names = [v for e in found for v in e["properties"].get("name", [])]
    assert max(map(len, names)) == 384
    assert max(len(v) for a in of(found, "BankAccount") for v in a.get("accountNumber", [""])) <= 64


def test_shared_details_link_two_members_without_a_direction(tmp_path: Path) -> None:
    links = {link["role"][0]: link for link in of(entities(rich(), tmp_path), "UnknownLink")}
    assert set(links) == {"shared device", "payment pattern"}
    assert "startDate" not in links["shared device"]
    assert links["payment pattern"]["startDate"] == ["2026-03-16T18:07:10"]


def test_a_network_is_a_note_on_its_members_and_no_organisation(tmp_path: Path) -> None:
    found = entities(pair(), tmp_path)
    (note,) = of(found, "Note")
    assert set(note["entity"]) == {e["id"] for e in found if e["schema"] == "LegalEntity"}
    assert note["name"] == [f"{NET}: Suspected laundering group"]
    assert note["notes"] == ["Would break this reading: The members are one family."]
    assert "decides nothing about anybody" in note["summary"][0]


@pytest.mark.parametrize(
    ("when", "date"),
    [
        (datetime(2026, 1, 9, 22, 0, tzinfo=UTC), "2026-01-10"),  # midnight in Nicosia, winter
        (datetime(2026, 7, 9, 21, 0, tzinfo=UTC), "2026-07-10"),  # midnight in Nicosia, summer
        (datetime(2026, 7, 9, 22, 0, tzinfo=UTC), "2026-07-09T22:00:00"),
    ],
)
def test_a_movement_without_a_time_of_day_keeps_its_day(when: datetime, date: str, tmp_path: Path) -> None:
    made = Folder().network().member("P1").member("P2").pay("P1", "P2", ("T", when, 1))
    assert of(entities(made, tmp_path), "Payment")[0]["date"] == [date]


def test_the_namespace_keeps_two_institutions_apart(tmp_path: Path) -> None:
    one, two = ({e["id"] for e in entities(pair(), tmp_path / n, namespace=n)} for n in ("one", "two"))
    assert not one & two


def test_equal_runs_give_equal_bytes(tmp_path: Path) -> None:
    turned = rich()
    turned.members.reverse()
    turned.edges.reverse()
    first = written(rich(), tmp_path / "a").read_bytes()
    assert written(turned, tmp_path / "b").read_bytes() == first


def test_an_empty_run_gives_an_empty_file(tmp_path: Path) -> None:
    assert written(Folder(), tmp_path).read_bytes() == b""


def test_hostile_ids_are_shown_not_sent(tmp_path: Path) -> None:
    numbers = {p["transactionNumber"][0] for p in of(entities(rich(), tmp_path), "Payment")}
    assert {shown(name) for name in HOSTILE if len(name) < 1024} <= numbers
    assert max(map(len, numbers)) == 1024


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gives a Python that has the package: the one named in THBSCREEN_FTM_PYTHON, or a new environment.

    The package stands apart from the others because it needs an older networkx than they are tested with.
    """
    named = os.environ.get("THBSCREEN_FTM_PYTHON")
    if named:
        return Path(named)
    home = tmp_path_factory.mktemp("ftm") / "venv"
    venv.create(home, with_pip=True)
    made = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = ["-m", "pip", "install", "-q", "--only-binary", ":all:", "--require-hashes", "-r"]
    subprocess.run([made, *install, HERE / "ftm_requirements.lock"], check=True, capture_output=True)
    return made


@pytest.mark.slow
def test_the_package_itself_finds_every_entity_valid_and_changes_none(python: Path, tmp_path: Path) -> None:
    file = written(rich(), tmp_path)
    command = [python, "-W", "ignore", HERE / "ftm_check.py", file, HERE / "ftm_model.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(file.read_text("utf-8").splitlines()) > 60
