"""Tables under a key: nobody is shown, two institutions meet, and the work can be done again with the key."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.cli.cli_build import run
from tests.unit.io.camt_build import OTHER, OWN, detail, entry, message, side, statement

SECRET = "correct-horse-battery-staple-and-more"
ANOTHER = SECRET[::-1]
ONLY = ("--only", "THB-MAR-001")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Statements in a file that is named by the account, one key, and the tables under it."""
    base = tmp_path_factory.mktemp("keys")
    (base / "bank.key").write_text(SECRET)
    (base / "other.key").write_text(ANOTHER)
    for name in ("bank.key", "other.key"):
        (base / name).chmod(0o600)
    (base / "data").mkdir()
    paid = [
        entry("90.00", "DBIT", detail("", parties=side("Cdtr", "Anna Georgiou", OTHER), text="rent of Anna"),
              day=f"2026-05-0{n}", ref=f"R{n}")
        for n in range(1, 4)
    ]  # fmt: skip
    text = message(statement(*paid, entry("x"), number=f"STMT-{OWN}", opening="800.00", closing="500.00"))
    (base / "data" / f"{OWN}_Georgiou.xml").write_text(text)
    shown = hidden(base, "tables")
    assert shown.stderr.count("hashed") == 1
    assert OWN not in shown.stderr
    return base


def hidden(base: Path, name: str, *more: str) -> object:
    key = str(base / "bank.key")
    shown = run("convert", str(base / "data"), "--out", str(base / name), "--key-file", key, *more)
    assert shown.exit_code == 0, shown.output
    return shown


def everything(folder: Path) -> str:
    texts = [p.read_text() for p in folder.iterdir() if p.suffix != ".parquet"]
    return "\n".join([*texts, *(str(pl.read_parquet(p).to_dicts()) for p in folder.glob("*.parquet"))])


def test_nothing_in_the_folder_tells_who_somebody_is(base: Path) -> None:
    shown = everything(base / "tables")
    for word in (OWN, OTHER, OWN[4:], "Georgiou", "Anna", "R1", SECRET):
        assert word not in shown, word
    facts = json.loads((base / "tables" / "quality.json").read_text())
    assert facts["statements"]["each"][0]["balances"] == "gap"
    account = pl.read_parquet(base / "tables" / "transactions.parquet")["account_id"][0]
    assert facts["statements"]["each"][0]["account_id"] == account
    assert facts["pseudonyms"]["cp_name: hashed"] == 3
    file = facts["load"]["files"][0]["name"]
    assert file.startswith("file-")
    assert file.endswith(".xml")
    assert pl.read_csv(base / "tables" / "rejects.csv")["file"].to_list() == [file]


def test_texts_stay_when_asked_and_institutions_are_kept_apart(base: Path) -> None:
    hidden(base, "texts", "--keep-texts", "--institution", "b")
    one, other = (pl.read_parquet(base / n / "transactions.parquet") for n in ("tables", "texts"))
    assert "remittance_info" not in one.columns
    assert other["remittance_info"].to_list() == ["rent of Anna"] * 3
    assert one["cp_account_id"].equals(other["cp_account_id"])
    assert not set(one["tx_id"]) & set(other["tx_id"])


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (["--institution", "a"], "are for tables under a key"),
        (["--key-file", "SHORT"], "the key is shorter than 32 characters"),
        (["--key-env", "NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE is not set"),
        (["--key-file", "SHORT", "--key-env", "X"], "name one place of the key"),
    ],
)
def test_a_key_that_is_none_is_wrong_use(base: Path, tmp_path: Path, how: list[str], told: str) -> None:
    (tmp_path / "short").write_text("short")
    words = [str(tmp_path / "short") if word == "SHORT" else word for word in how]
    shown = run("convert", str(base / "data"), "--out", str(tmp_path / "out"), *words)
    assert shown.exit_code == 2
    assert told in shown.stderr
    assert not (tmp_path / "out").exists()


# --- verify -----------------------------------------------------------------------------------------------


def verified(base: Path, name: str, *more: str) -> tuple[int, dict[str, object]]:
    shown = run("verify", str(base / name), str(base / "data"), "--quiet", "--json", *more)
    assert SECRET not in shown.output
    return shown.exit_code, json.loads(shown.stdout)


def test_tables_under_a_key_are_made_again_with_it_and_not_without(base: Path) -> None:
    code, facts = verified(base, "tables", "--complete", "--key-file", str(base / "bank.key"))
    assert code == 0
    assert set(facts["again"].values()) == {"byte for byte"}
    assert list(facts["inputs"].values()) == ["as recorded"]
    code, facts = verified(base, "tables", "--key-file", str(base / "other.key"))
    assert code == 0
    assert facts["again"] is None
    assert "the key that was given is another one" in facts["not_checked"][0]


def test_a_scan_with_a_key_is_done_again_with_it_and_says_what_is_missing_without(base: Path) -> None:
    key = str(base / "bank.key")
    made = run("scan", str(base / "data"), "--out", str(base / "out"), "--quiet", "--key-file", key, *ONLY)
    assert made.exit_code == 0
    code, facts = verified(base, "out", "--complete", "--key-file", key)
    assert (code, set(facts["again"].values())) == (0, {"byte for byte"})
    code, facts = verified(base, "out")
    assert code == 0
    (told,) = facts["not_checked"]
    check = json.loads((base / "out" / "manifest.json").read_text())["key_check"]
    for part in (f"under a key (key_check {check})", "without that key", "--key-file", "hashes of the files"):
        assert part in told
    assert verified(base, "out", "--complete")[0] == 1


def test_a_key_for_work_that_had_none_is_not_used(base: Path) -> None:
    assert run("convert", str(base / "data"), "--out", str(base / "open"), "--quiet").exit_code == 0
    code, facts = verified(base, "open", "--key-file", str(base / "bank.key"))
    assert code == 0
    assert facts["not_checked"] == ["the work again: a key was given, and the work was done without one"]
