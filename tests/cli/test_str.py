"""`thbscreen str` and `str check`: what they print, write and end with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.sample_scan import SAMPLE, sample_scan
from thbscreen.cli import main
from thbscreen.filing.draft import SHAPES
from thbscreen.filing.profile import read_profile
from thbscreen.rules.accusing import accusing_words

ROOT = Path(__file__).resolve().parents[2]


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_scan(tmp_path_factory)


@pytest.fixture(scope="module")
def network(out: Path) -> str:
    return json.loads((out / "summary.json").read_text())["top_networks"][-1]


def test_a_draft_is_a_folder_with_everything_an_officer_needs(
    out: Path, network: str, tmp_path: Path
) -> None:
    done = run(
        "str",
        out,
        "--network",
        network,
        "--profile",
        "example",
        "--out",
        tmp_path / "d",
        "--data",
        SAMPLE,
        "--date",
        "2026-10-05",
        "--shape",
        "activity",
    )
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 'd'}\n"
    assert "an officer reviews, edits and files" in done.stderr
    names = {p.name for p in (tmp_path / "d").iterdir()}
    assert names >= {f"report-{network}.xml", "narrative.txt", "action.txt", "figures.csv", "checklist.md",
                     "manifest.json"}  # fmt: skip
    manifest = json.loads((tmp_path / "d" / "manifest.json").read_text())
    assert {o["file"] for o in manifest["outputs"]} == names - {"manifest.json"}
    assert manifest["draft"]["fileable"] is True
    for name in names:
        assert accusing_words(done.stderr) == []
        assert not {"P0", "CY"} & {name[:2]}
    assert (
        run("str", "check", tmp_path / "d" / f"report-{network}.xml", "--profile", "example").exit_code == 0
    )


def test_a_draft_without_the_data_lists_the_gaps_and_ends_with_1(
    out: Path, network: str, tmp_path: Path
) -> None:
    done = run("str", out, "--network", network[:6], "--profile", "example", "--out", tmp_path / "d")
    assert done.exit_code == 1
    assert "not fileable yet" in done.stderr
    text = (tmp_path / "d" / "checklist.md").read_text()
    assert "`report/transaction/t_from_my_client/from_account/opened` is missing" in text
    assert "give the scanned files with --data" in text


def test_the_long_and_the_short_form_do_the_same(out: Path, network: str, tmp_path: Path) -> None:
    for name, form in (("a", ["str"]), ("b", ["str", "draft"])):
        run(*form, out, "--network", network, "--profile", "example", "--out", tmp_path / name)
    first, second = (
        {p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("a", "b")
    )  # fmt: skip
    assert first == second


def test_an_unfilled_profile_stops_with_3_and_writes_nothing(out: Path, network: str, tmp_path: Path) -> None:
    done = run("str", out, "--network", network, "--profile", "cyprus", "--out", tmp_path / "d")
    assert done.exit_code == 3
    assert "cyprus.yaml:9:10: error[F004]: the key 'version' is still to be filled" in done.stderr
    assert "lookup lists" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        (["--network", "NW-nothing"], 2, "no network"),
        (["--subject", "P-nobody"], 2, "no alert of that subject"),
        ([], 2, "name one case"),
        (["--network", "NW", "--subject", "P"], 2, "name one case"),
        (["--network", "{network}", "--profile", "nowhere"], 2, "no filing profile 'nowhere'"),
        (["--network", "{network}", "--data", str(ROOT / "rules")], 4, "D004"),
        (["--network", "{network}", "--details", "absent.csv"], 4, "absent.csv"),
        (["--network", "{network}", "--confirmed", "P-nobody"], 2, "no party of the case"),
        (["--network", "{network}", "--date", "5.10.2026"], 2, "2026"),
        (["--network", "{network}", "--action", "absent.txt"], 2, "absent.txt"),
        (["--network", "{network}", "--xsd", "absent.xsd"], 4, "absent.xsd"),
    ],
)
def test_a_wrong_call_says_what_to_do_and_writes_nothing(
    out: Path, network: str, tmp_path: Path, more: list[str], code: int, says: str
) -> None:
    chosen = [m.replace("{network}", network) for m in more]
    profile = [] if "--profile" in chosen else ["--profile", "example"]
    done = run("str", out, "--out", tmp_path / "d", *profile, *chosen)
    assert done.exit_code == code, done.output
    assert says in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_data_that_were_not_scanned_are_refused(out: Path, network: str, tmp_path: Path) -> None:
    other = tmp_path / "data"
    other.mkdir()
    for file in SAMPLE.glob("*.csv"):
        (other / file.name).write_bytes(file.read_bytes() + (b"\n" if file.name == "parties.csv" else b""))
    (other / "transactions.parquet").write_bytes((SAMPLE / "transactions.parquet").read_bytes())
    done = run(
        "str", out, "--network", network, "--profile", "example", "--out", tmp_path / "d", "--data", other
    )
    assert done.exit_code == 4
    assert "parties.csv is not the file that was scanned" in done.stderr


def test_a_possible_victim_cannot_be_confirmed_as_suspected(out: Path, network: str, tmp_path: Path) -> None:
    import polars as pl

    members = pl.read_parquet(out / "network_members.parquet").filter(pl.col("network_id") == network)
    apart = members.filter(pl.col("role") == "possible_victim")["member_id"][0]
    base = ["str", out, "--network", network, "--profile", "example", "--data", SAMPLE, "--shape", "activity"]
    refused = run(*base, "--out", tmp_path / "d", "--confirmed", apart)
    assert refused.exit_code == 2
    assert "a possible victim cannot be confirmed" in refused.stderr
    assert apart not in refused.stderr
    other = members.filter((pl.col("role") != "possible_victim") & ~pl.col("is_connector"))["member_id"][0]
    assert run(*base, "--out", tmp_path / "d", "--confirmed", other).exit_code == 0
    text = (tmp_path / "d" / f"report-{network}.xml").read_text()
    assert text.count("<is_suspected>true</is_suspected>") == 1


def test_an_earlier_draft_is_replaced_only_when_asked_and_other_folders_never(
    out: Path, network: str, tmp_path: Path
) -> None:
    base = ["str", out, "--network", network, "--profile", "example", "--shape", "activity"]
    assert run(*base, "--out", tmp_path / "d").exit_code == 0
    assert run(*base, "--out", tmp_path / "d").exit_code == 2
    assert run(*base, "--out", tmp_path / "d", "--force").exit_code == 0
    before = (out / "manifest.json").read_bytes()
    assert run(*base, "--out", out, "--force").exit_code == 2
    assert run(*base, "--out", out / "draft").exit_code == 2
    assert (out / "manifest.json").read_bytes() == before


def test_check_tells_place_and_code_and_no_value(tmp_path: Path) -> None:
    file = tmp_path / "r.xml"
    file.write_text("<report>\n<rentity_id>SECRET</rentity_id>\n</report>", encoding="utf-8")
    done = run("str", "check", file)
    assert done.exit_code == 1
    assert "r.xml:2:1: error[S05]: report/rentity_id: is not a whole number in its limits" in done.stdout
    assert "SECRET" not in done.output
    assert "not checked" in done.stderr
    assert "--xsd" in done.stderr


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [("<report>", 4, "D027"), ("<!DOCTYPE a><a/>", 4, "D028"), ("<reports/>", 1, "S09")],
)
def test_check_of_what_is_no_report(tmp_path: Path, text: str, code: int, says: str) -> None:
    file = tmp_path / "r.xml"
    file.write_text(text, encoding="utf-8")
    done = run("str", "check", file)
    assert done.exit_code == code
    assert says in done.output


def test_check_finds_a_reference_that_was_used_and_an_attachment_that_does_not_fit(
    out: Path, network: str, tmp_path: Path
) -> None:
    run(
        "str",
        out,
        "--network",
        network,
        "--profile",
        "example",
        "--out",
        tmp_path / "d",
        "--shape",
        "activity",
    )
    used, odd = tmp_path / "used.txt", tmp_path / "with blank.csv"
    used.write_text(f"OLD-1\n{network}\n", encoding="utf-8")
    odd.write_text("x", encoding="utf-8")
    report = tmp_path / "d" / f"report-{network}.xml"
    done = run("str", "check", report, "--used", used, "--attachment", odd, "--today", "2026-01-01")
    assert {c for c in ("B04", "B10", "B20") if f"[{c}]" in done.stdout} == {"B04", "B10", "B20"}
    assert done.exit_code == 0  # warnings, as no profile makes errors of them


def test_a_shipped_profile_can_be_printed_and_filled(tmp_path: Path) -> None:
    text = run("str", "profile", "example").stdout
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    assert read_profile(tmp_path / "mine.yaml").fiu == "example"
    assert "to be filled" in run("str", "profile", "cyprus").stdout
    wrong = run("str", "profile", "cypris")
    assert (wrong.exit_code, "names: cyprus, example" in wrong.stderr) == (2, True)


def test_the_shapes_of_the_command_are_those_of_the_drafts() -> None:
    from thbscreen.cli import report_draft

    assert report_draft.SHAPES == SHAPES


def test_help_shows_examples_and_exit_codes() -> None:
    for command in (["str"], ["str", "draft"], ["str", "check"]):
        text = run(*command, "--help").output
        assert "Examples:" in text
        assert "Exit codes:" in text
