"""The list of hostile files: each is one clear error that shows no data, or loads; nothing is left behind."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from tests.cli.cli_build import run
from tests.unit.io.hostile import ACCOUNT, HEAVY, HOSTILE, NAME, TX, many, parquet, put
from tests.unit.io.support import ZONE
from thbscreen.errors import DataError, OutputError, ThbscreenError
from thbscreen.io.dataset import open_dataset
from thbscreen.io.files import list_inputs
from thbscreen.io.inspect.look import look
from thbscreen.io.publish import Staging
from thbscreen.io.recognise import recognised

CASES = [pytest.param(name, marks=[pytest.mark.slow] if name in HEAVY else []) for name in HOSTILE]


def scanned(inputs: Path, out: Path) -> None:
    """Reads everything as a scan does before it judges, and publishes a note of it."""
    with Staging(out, force=False) as staging:
        report = open_dataset([inputs], None, zone=ZONE).report()
        (staging.path / "manifest.json").write_text(str(report.loaded))


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_is_one_clear_error_or_loads_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    make, code = HOSTILE[case]
    folder = tmp_path / "in"
    folder.mkdir()
    make(folder)
    if code is None:
        scanned(folder, tmp_path / "out")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "out"]
    else:
        with pytest.raises(DataError) as caught:
            scanned(folder, tmp_path / "out")
        said = f"{caught.value}"
        assert re.search(rf"error\[{code}\d*\]: .", said), said
        assert NAME not in said
        assert ACCOUNT not in said
        assert said.replace("\n", "").isprintable()
        assert len(said) < 2000
        assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize("case", CASES)
def test_inspect_looks_at_a_hostile_file_or_refuses_it_and_shows_no_value(case: str, tmp_path: Path) -> None:
    make, _ = HOSTILE[case]
    make(tmp_path)
    try:
        files = recognised(list_inputs([tmp_path])[0])
        told = [json.dumps(look(file, ZONE).as_dict()) for file in files]
    except ThbscreenError as error:
        told = [str(error)]
    for text in told:
        assert NAME not in text
        assert ACCOUNT not in text
        assert text.isprintable() or text.replace("\n", "").isprintable()


@contextmanager
def somebody_else() -> Iterator[None]:
    """Takes away the rights of the superuser, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    try:
        os.seteuid(65534)
    except OSError:
        pytest.skip("the user of this run may not become another one")
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_may_not_be_read_is_named_with_the_reason(what: str, tmp_path: Path) -> None:
    for parent in [tmp_path, *tmp_path.parents][:4]:  # beside other workers one folder deeper
        parent.chmod(parent.stat().st_mode | 0o055)
    folder = tmp_path / "in"
    folder.mkdir()
    put(TX, many(2))(folder)
    (folder / TX if what == "file" else folder).chmod(0)
    try:
        with somebody_else(), pytest.raises(DataError, match=r"D001.*Permission denied") as caught:
            open_dataset([folder], None, zone=ZONE).report()
        assert ("in" if what == "folder" else TX) in str(caught.value)
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("when", ["grows", "is cut", "vanishes", "becomes a folder"])
def test_a_file_that_changes_while_it_is_read_is_refused(kind: str, when: str, tmp_path: Path) -> None:
    (put(TX, many(3)) if kind == "csv" else parquet())(tmp_path)
    path = next(tmp_path.iterdir())
    dataset = open_dataset([tmp_path], None, zone=ZONE)
    data = path.read_bytes()
    path.unlink()
    if when == "becomes a folder":
        path.mkdir()
    elif when != "vanishes":
        path.write_bytes(data + b"\n" if when == "grows" else data[: len(data) // 2])
    with pytest.raises(DataError, match=r"D0(01|03|19|21|23)") as caught:
        list(dataset.chunks())
    assert path.name in str(caught.value)
    assert NAME not in str(caught.value)


def test_a_path_longer_than_the_system_allows_is_refused(tmp_path: Path) -> None:
    for long in (tmp_path / ("x" * 300), tmp_path.joinpath(*["y" * 200] * 30)):
        with pytest.raises(DataError, match="D001"):
            open_dataset([long], None, zone=ZONE)
        with pytest.raises((OutputError, DataError)), Staging(long, force=False):
            pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EFBIG, "File too large"),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
    pl.exceptions.ComputeError("File too large (os error 27)"),
])  # fmt: skip
def test_a_full_disk_while_results_are_written_leaves_nothing(error: Exception, tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="cannot be written"),
        Staging(tmp_path / "out", force=False) as staging,
    ):
        (staging.path / "alerts.parquet").write_bytes(b"half")
        raise error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "case", ["nested Parquet column", "empty folder", "folder that looks like partitions"]
)
def test_inspect_ends_with_the_code_for_input_that_cannot_be_read(case: str, tmp_path: Path) -> None:
    HOSTILE[case][0](tmp_path)
    shown = run("inspect", str(tmp_path))
    assert shown.exit_code == DataError.exit_code
    assert re.search(r"error\[D0(04|22)\]", shown.output)
