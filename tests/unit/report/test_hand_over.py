"""Cases handed over: nobody is left in what leaves the house, and everything opens without the program."""

from __future__ import annotations

import hashlib
import html
import json
import re
import tempfile
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.engine.scoring_build import Case, pack
from tests.unit.report.report_build import HARMLESS, HOSTILE, NAME, FakeRun, finished, movement
from thbscreen.errors import DataError, UsageError
from thbscreen.model import catalogue
from thbscreen.model.keys import Key
from thbscreen.report.redact import COUNTERPART, INTERNAL, SHARING, counterpart
from thbscreen.report.redact.cells import HIDDEN, band, few, protected
from thbscreen.report.redact.counterpart import Counterpart, _Sentence
from thbscreen.report.redact.folder import Request, hand_over
from thbscreen.report.redact.pseudonyms import FORM, Pseudonyms
from thbscreen.report.runfolder import write_run
from thbscreen.rules import ast
from thbscreen.rules.accusing import accusing_words

ONE, TWO = Key(b"1" * 32), Key(b"2" * 32)
NETWORK, ALERT = "NW-0123456789ab", "AL-68c37e04ba16"
IBAN, PHONE, TEXT = "CY17 0020 0128 0000 0012 0052 7600", "+357 99 123456", "For Maria, room 4, do not tell"


def rows(**values: Any) -> list[dict[str, Any]]:
    """Movements with something in every column that could tell who somebody is."""
    telling = {f.name: f"secret-{f.name}-17" for f in catalogue.TRANSACTIONS if f.kind == "text"}
    codes = {
        "currency": "EUR", "orig_currency": "USD", "cp_country": "CY", "merchant_country": "GR",
        "location_country": "CY", "purpose_code": "RENT", "category_purpose": "SALA", "mcc": "5462",
    }  # fmt: skip
    common = telling | codes | {"cp_name": NAME, "cp_iban": IBAN, "remittance_info": TEXT, "device_id": PHONE}
    common |= {
        "tx_type": "credit_transfer",
        "channel": "mobile",
        "status": "booked",
        "merchant_name": HOSTILE,
    }
    common = {c: v for c, v in common.items() if c not in {"tx_id", "direction"}} | {"account_id": "A1"}
    return [movement(f"T{n}", **common | {"_row": n} | values) for n in (1, 2, 3, 4)]


def written(folder: Path, run: FakeRun | None = None) -> Path:
    run = run or finished()
    run.dataset.rows = pl.DataFrame(rows()) if run.dataset.rows.width < 20 else run.dataset.rows
    folder.mkdir(parents=True)
    write_run(folder, run)
    return folder


def handed(tmp: Path, level: str, name: str = "handed", **request: Any) -> Path:
    source = tmp / "run"
    if not source.exists():
        written(source)
    key = ONE if level == COUNTERPART else None
    hand_over(source, tmp / name, pack(), Request(level=level, **{"key": key} | request))
    return tmp / name


def contents(folder: Path) -> dict[str, str]:
    """Every text of a folder, those inside workbooks and names of files too."""
    out = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        out[f"name {name}"] = name
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                out |= {f"{name}/{part}": book.read(part).decode() for part in book.namelist()}
        else:
            out[name] = path.read_bytes().decode()
    return out


def folded(text: str) -> str:
    """Text as somebody would search it: no case, no blanks, no marks, no escapes."""
    text = html.unescape(text).replace("\\", "")
    text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in text if c.isalnum())


def left(folder: Path, secrets: list[str]) -> list[tuple[str, str]]:
    wanted = [(s, folded(s)) for s in secrets]
    return [
        (name, secret)
        for name, text in contents(folder).items()
        for secret, plain in wanted
        if plain and plain in folded(text)
    ]


def secrets_of(run: Path) -> list[str]:
    """Every id, name, number and text of the source rows and of the run folder."""
    out = {NAME, HOSTILE, IBAN, PHONE, TEXT, NETWORK, ALERT}
    closed = {*counterpart.KEPT, "has_time", "source_row", "_row"}
    for row in rows():
        out |= {str(v) for c, v in row.items() if isinstance(v, str) and c not in closed}
    for name in ("alerts", "hits", "networks", "hit_members", "network_members"):
        frame = pl.read_parquet(run / f"{name}.parquet")
        for column in {"alert_id", "hit_id", "network_id", "member_id", "subject_id"} & set(frame.columns):
            out |= set(frame[column].drop_nulls().to_list())
    # Two letters are in every text; a test with longer ids is below.
    return sorted(s for s in out if len(folded(s)) > 4)


@pytest.mark.parametrize("level", [COUNTERPART, SHARING])
def test_nothing_of_the_source_or_the_run_is_left_in_any_byte(tmp_path: Path, level: str) -> None:
    folder = handed(tmp_path, level)
    secrets = secrets_of(tmp_path / "run")
    assert len(secrets) > 20
    assert left(handed(tmp_path, INTERNAL, "all"), secrets), "the search must be able to find something"
    assert left(folder, secrets) == []


ODD = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@given(st.lists(ODD, min_size=4, max_size=4, unique=True))
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_somebody_is_called_is_not_left(odd: list[str]) -> None:
    members, texts = [f"Zq7{o}7qZ" for o in odd], [f"Xw3{o}3wX" for o in odd]
    case = Case().customer("P1", "A1")
    named = [("possible_victim", "recruited", member) for member in members]
    case.hit("STAR-3", "A1", ("possible_organiser", "organiser", "A1"), *named, tx=("T1", "T2"))
    run = finished(case.hit("SPEND-2", "A1", tx=("T2", "T3")))
    moves = zip(rows(), members, texts, strict=True)
    run.dataset.rows = pl.DataFrame(
        [row | {"cp_name": m, "remittance_info": t, "cp_account_id": m} for row, m, t in moves]
    )
    run.tables["network_members"] = run.tables["network_members"].with_columns(
        member_id=pl.col("member_id").replace(HOSTILE, members[0])
    )
    with tempfile.TemporaryDirectory() as place:
        written(Path(place) / "run", run)
        for level in (COUNTERPART, SHARING):
            assert left(handed(Path(place), level, level), [*members, *texts]) == []


def test_the_same_person_has_the_same_pseudonym_in_every_file(tmp_path: Path) -> None:
    folder = handed(tmp_path, COUNTERPART)
    account = Pseudonyms(ONE).of("A1")
    for case in (folder / "cases").iterdir():
        for name in ("evidence.csv", "narrative.txt", "narrative.md", "narrative.html"):
            assert account in (case / name).read_text(encoding="utf-8").replace("\\", ""), (case.name, name)


def test_pseudonyms_differ_under_another_key_and_are_no_plain_hashes() -> None:
    one, two = Pseudonyms(ONE), Pseudonyms(TWO)
    assert one.of("A1") == Pseudonyms(ONE).of("A1")
    assert one.of("A1") != two.of("A1")
    assert FORM.fullmatch(one.of("A1"))
    plain = {hashlib.new(kind, b"A1").hexdigest()[:12] for kind in ("sha256", "sha1", "md5")}
    assert one.of("A1")[3:] not in plain
    assert one.name("Elena Γεωργίου") == one.name("ELENA  γεωργιου")
    assert one.of("AL-68c37e04ba16").startswith("AL-ps-")


def test_an_account_is_named_alike_in_tables_and_in_sentences(tmp_path: Path) -> None:
    source = written(tmp_path / "run")
    rule = next(r for r in pack().rules if r.id == "SPEND-2")
    text = ("Paid to ", ast.Slot("cp", "text"), " EUR ", ast.Slot("n", "money"), ".")
    made = _Sentence(text)
    names = Pseudonyms(ONE)
    assert (
        made.told("Paid to A1 EUR EUR 1,200.00.", names.of) == f"Paid to {names.of('A1')} EUR EUR 1,200.00."
    )
    assert made.told("Paid to A1, whose name is Maria.", names.of) is None
    hidden = Counterpart(_open(source), names, {rule.id: rule})
    assert names.of("A1") in hidden.table("hits")["subject_id"].to_list()


def test_a_remark_that_names_members_of_a_network_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _open(written(tmp_path / "run"))
    networks = pl.DataFrame({"network_id": ["NW-1"], "note": ["linked to NW-2 by payments: C-1 to C-2"]})
    monkeypatch.setattr(type(run), "table", lambda self, name: networks)
    assert Counterpart(run, Pseudonyms(ONE), {}).table("networks")["note"].to_list() == [""]


def _open(folder: Path) -> Any:
    from thbscreen.report.folder import open_folder

    return open_folder(folder)


def test_amounts_times_kinds_and_countries_stay(tmp_path: Path) -> None:
    folder = handed(tmp_path, COUNTERPART)
    case = next(p for p in (folder / "cases").iterdir() if p.name.startswith("NW-"))
    row = pl.read_csv(case / "evidence.csv", infer_schema=False).row(0, named=True)
    kept = (
        "amount",
        "currency",
        "tx_type",
        "channel",
        "cp_country",
        "purpose_code",
        "mcc",
        "remittance_info",
    )
    assert [row[k] for k in kept] == [
        "12.50", "EUR", "credit_transfer", "mobile", "CY", "RENT", "5462", "withheld",
    ]  # fmt: skip
    assert "source_file" not in row
    assert "location_city" not in row


def test_a_code_that_is_none_is_withheld(tmp_path: Path) -> None:
    run = finished()
    run.dataset.rows = pl.DataFrame(rows(purpose_code=NAME, cp_country="Maria", mcc=TEXT))
    written(tmp_path / "run", run)
    assert left(handed(tmp_path, COUNTERPART), [NAME, TEXT, "Maria"]) == []


def test_every_column_of_a_movement_has_a_decision() -> None:
    groups = (
        counterpart.KEPT,
        counterpart.NAMED_BY_ID,
        counterpart.NAMED,
        counterpart.TEXTS,
        counterpart.LEFT_OUT,
    )
    counts = Counter(name for group in groups for name in group)
    assert set(counts) - {"booking_local", "rules"} == {f.name for f in catalogue.TRANSACTIONS}
    assert set(counts.values()) == {1}


def test_the_map_is_written_on_request_only_and_outside(tmp_path: Path) -> None:
    handed(tmp_path, COUNTERPART, mapping=tmp_path / "map.csv")
    found = dict(pl.read_csv(tmp_path / "map.csv", infer_schema=False).rows())
    assert found[Pseudonyms(ONE).of("A1")] == "A1"
    assert list(tmp_path.rglob("map.csv")) == [tmp_path / "map.csv"]
    with pytest.raises(UsageError, match="the map would lie in the folder"):
        handed(tmp_path, COUNTERPART, "again", mapping=tmp_path / "again" / "map.csv")


def test_without_a_key_the_level_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="key") as caught:
        handed(tmp_path, COUNTERPART, key=None)
    assert "--key-file" in str(caught.value.hint)
    assert not (tmp_path / "handed").exists()


def test_possible_victims_stand_apart_at_every_level(tmp_path: Path) -> None:
    for level in (INTERNAL, COUNTERPART):
        folder = handed(tmp_path, level, level)
        case = next(p for p in (folder / "cases").iterdir() if p.name.startswith("NW-"))
        page = (case / "narrative.html").read_text(encoding="utf-8")
        others, _, rest = page.partition('<section class="apart">')
        victim = html.escape(HARMLESS[1:])
        if level == COUNTERPART:
            victim = Pseudonyms(ONE).of(HARMLESS)
        assert rest.startswith("<h2>Possible victims</h2>")
        assert victim in rest
        members = others.partition("Members who are not read")[2]
        assert victim not in members
        assert "possible victims, not subjects" in (case / "drawing.svg").read_text(encoding="utf-8")
    shared = "".join(contents(handed(tmp_path, SHARING)).values())
    assert "possible victim: fewer than 5" in shared


def test_nobody_is_accused_at_any_level(tmp_path: Path) -> None:
    for level in (INTERNAL, COUNTERPART, SHARING):
        for name, text in contents(handed(tmp_path, level, level)).items():
            assert accusing_words(text) == [], name


def test_the_manifests_hold_the_hash_of_every_file(tmp_path: Path) -> None:
    for level in (INTERNAL, COUNTERPART, SHARING):
        folder = handed(tmp_path, level, level)
        for manifest in folder.rglob("manifest.json"):
            place = manifest.parent
            listed = {o["file"]: o["sha256"] for o in json.loads(manifest.read_text())["outputs"]}
            there = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()} - {
                "manifest.json"
            }
            assert set(listed) == there
            assert all(hashlib.sha256((place / f).read_bytes()).hexdigest() == h for f, h in listed.items())


@pytest.mark.parametrize("level", [INTERNAL, COUNTERPART, SHARING])
def test_the_same_run_gives_the_same_bytes(tmp_path: Path, level: str) -> None:
    one, two = (contents(handed(tmp_path, level, name)) for name in ("one", "two"))
    assert one == two


def test_pages_load_and_run_nothing(tmp_path: Path) -> None:
    for level in (INTERNAL, COUNTERPART, SHARING):
        for name, text in contents(handed(tmp_path, level, level)).items():
            if name.endswith((".html", ".svg")) and not name.startswith("name "):
                assert not re.search(
                    r"<script|<img|<link|javascript:|\son\w+=|https?://(?!www\.w3\.org)", text
                ), name
                assert "default-src 'none'" in text or name.endswith(".svg")


def test_a_changed_run_folder_is_not_handed_over(tmp_path: Path) -> None:
    file = written(tmp_path / "run") / "cases" / NETWORK / "evidence.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("12.50", "99.50"), encoding="utf-8")
    for level in (INTERNAL, COUNTERPART):
        with pytest.raises(DataError, match="not the file that the scan wrote"):
            handed(tmp_path, level)
    assert not (tmp_path / "handed").exists()


def test_a_case_is_named_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    folder = handed(tmp_path, INTERNAL, cases=("nw-0123",))
    assert [p.name for p in (folder / "cases").iterdir()] == [NETWORK]
    with pytest.raises(UsageError, match="has no case"):
        handed(tmp_path, INTERNAL, "other", cases=("NW-9",))


# --- small cells -------------------------------------------------------------------------------------


@given(st.dictionaries(st.text(max_size=4), st.integers(0, 40), max_size=6), st.integers(3, 12))
def test_a_small_count_can_be_any_small_number_for_whoever_reads(counts: dict[str, int], least: int) -> None:
    made = protected(counts, least)
    small = {name for name, n in counts.items() if 0 < n < least}
    assert {name for name, text in made.shown.items() if text == few(least)} == small
    for name in small:
        for other in range(1, least):
            assert protected({**counts, name: other}, least) == made
    if not small and sum(counts.values()) >= least:
        assert made.total == f"{sum(counts.values()):,}"
    else:
        assert made.total == HIDDEN


def test_sums_are_bands() -> None:
    assert [band(c) for c in (0, 99_999, 100_000, 499_999, 5_000_00, 500_000_00)] == [
        "under 1,000 EUR", "under 1,000 EUR", "1,000 to 4,999 EUR", "1,000 to 4,999 EUR",
        "5,000 to 9,999 EUR", "500,000 EUR and more",
    ]  # fmt: skip


def test_no_small_number_no_day_and_no_sum_is_in_a_form(tmp_path: Path) -> None:
    for name, text in contents(handed(tmp_path, SHARING)).items():
        if name.endswith((".txt", ".md", ".csv")) and not name.startswith("name "):
            assert not re.search(r"\d{4}-\d\d-\d\d|\d\.\d\d", text), name
            assert not re.search(r"(?<![-\w.,$])[1-4] (?:hits?|members?|payments?)", text), name
