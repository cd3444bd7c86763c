"""The key of a scan: where it may be, what is said about it, and what never is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.cli_build import Fake, run

SECRET = "correct-horse-battery-staple-and-more"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    return Fake().install(monkeypatch)


def key_file(folder: Path, text: str = SECRET, mode: int = 0o600) -> Path:
    path = folder / "bank.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_key_of_a_file_reaches_the_run_and_no_message(fake: Fake, tmp_path: Path) -> None:
    shown = run("scan", "x", "--out", "out", "--key-file", str(key_file(tmp_path, f" {SECRET}\n")))
    assert shown.exit_code == 0
    assert fake.options["key"].secret == SECRET.encode()
    assert SECRET not in shown.stdout + shown.stderr + repr(fake.options)
    assert "warning" not in shown.stderr


def test_the_key_may_come_from_the_environment(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANK_KEY", SECRET)
    assert run("scan", "x", "--out", "out", "--quiet", "--key-env", "BANK_KEY").exit_code == 0
    assert fake.options["key"].secret == SECRET.encode()


def test_a_key_that_others_may_read_is_warned_of(fake: Fake, tmp_path: Path) -> None:
    shown = run("scan", "x", "--out", "out", "--key-file", str(key_file(tmp_path, mode=0o644)))
    assert shown.exit_code == 0
    assert "warning: other users of this machine may read the file of the key" in shown.stderr
    assert fake.options["key"] is not None


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (["--key-file", "SHORT"], "the key is shorter than 32 characters"),
        (["--key-file", "GONE"], "the file of the key cannot be read"),
        (["--key-env", "NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE is not set"),
        (["--key-file", "SHORT", "--key-env", "X"], "name one place of the key"),
    ],
)
def test_a_key_that_is_none_is_wrong_use(fake: Fake, tmp_path: Path, how: list[str], told: str) -> None:
    places = {"SHORT": str(key_file(tmp_path, "short")), "GONE": str(tmp_path / "gone")}
    shown = run("scan", "x", "--out", "out", *(places.get(word, word) for word in how))
    assert shown.exit_code == 2
    assert told in shown.stderr
    assert fake.inputs == ()
