"""What is shipped: the wheel's content, the lock file, and a run of the installed product."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import thbscreen

ROOT = Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"https?:|git\+|ssh:|file:|\w@\w|index-url|find-links|trusted-host", re.IGNORECASE)
LOCK_LIKE = (
    "*.lock",
    "*requirements*.txt",
    "constraints*.txt",
    "pylock*.toml",
    "pip.conf",
    "uv.toml",
    ".pypirc",
)


def lock_like_files() -> list[Path]:
    return sorted({path for pattern in LOCK_LIKE for path in ROOT.glob(pattern) if path.name != "uv.lock"})


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_there_is_a_lock_file_to_check() -> None:
    assert ROOT / "requirements-dev.lock" in lock_like_files()


@pytest.mark.parametrize("path", lock_like_files(), ids=lambda path: path.name)
def test_lock_files_hold_no_address(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if ADDRESS.search(line)]
    assert not found, f"{path.name} holds an address in lines {found}"


def test_every_locked_version_has_a_hash() -> None:
    text = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_knows_every_direct_dependency() -> None:
    table = project()["project"]
    assert isinstance(table, dict)
    wanted = [*table["dependencies"], *table["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=!~ ;\[]", item)[0].lower().replace("_", "-") for item in wanted}
    text = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    assert names <= locked


def test_every_dependency_has_a_lower_bound() -> None:
    table = project()["project"]
    assert isinstance(table, dict)
    wanted = [*table["dependencies"], *table["optional-dependencies"]["dev"]]
    assert [item for item in wanted if ">=" not in item] == []


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_the_wheel_holds_every_rule_file(wheel: Path) -> None:
    wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rules").rglob("*.yaml")}
    assert wanted
    assert {f"thbscreen/_data/{name}" for name in wanted} <= names_in(wheel)


@pytest.mark.slow
def test_the_wheel_holds_the_sample_data(wheel: Path) -> None:
    shipped = {name for name in names_in(wheel) if name.startswith("thbscreen/_data/sample_data/")}
    assert any("transactions" in name for name in shipped)


@pytest.mark.slow
def test_the_wheel_holds_all_parts_of_the_report_and_the_licences_of_its_libraries(wheel: Path) -> None:
    folder = ROOT / "thbscreen" / "report" / "html"
    parts = {p.relative_to(ROOT).as_posix() for p in folder.glob("*/*") if "__pycache__" not in p.parts}
    assert {name.rpartition("/")[2] for name in parts} >= {"cytoscape.LICENSE.txt", "page.html", "el.json"}
    assert parts <= names_in(wheel)


@pytest.mark.slow
def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    assert "thbscreen/py.typed" in names_in(wheel)


@pytest.mark.slow
def test_the_wheel_puts_one_package_on_the_path(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names_in(wheel)}
    assert tops == {"thbscreen", f"thbscreen-{thbscreen.__version__}.dist-info"}


@pytest.mark.slow
def test_the_same_files_give_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gives the directory of the commands of a clean environment that holds only the wheel."""
    home = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(home, with_pip=True)
    bin_dir = home / ("Scripts" if sys.platform == "win32" else "bin")
    run(bin_dir / "python", "-m", "pip", "install", "-q", wheel, cwd=home)
    return bin_dir


@pytest.mark.slow
def test_the_installed_product_finds_its_rules_from_any_directory(installed: Path, tmp_path: Path) -> None:
    from_wheel = run(installed / "thbscreen", "rules", "list", cwd=tmp_path)
    assert "THB-MAR-001" in from_wheel


@pytest.mark.slow
def test_the_installed_product_runs_as_a_module(installed: Path, tmp_path: Path) -> None:
    assert thbscreen.__version__ in run(installed / "python", "-m", "thbscreen", "--version", cwd=tmp_path)


@pytest.mark.slow
def test_the_checkout_runs_without_the_script(tmp_path: Path) -> None:
    assert thbscreen.__version__ in run(sys.executable, ROOT / "cli.py", "--version", cwd=tmp_path)
