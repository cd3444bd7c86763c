"""Where the shipped rules and profiles lie: inside the installed package, or beside the checkout."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from thbscreen.diagnostics import suggest
from thbscreen.errors import UsageError


def default_rules_dir() -> Path:
    """Gives the folder of the shipped rules.

    Raises:
        UsageError: there is none, which means that the installation is broken.
    """
    installed = Path(str(resources.files("thbscreen"))) / "_data" / "rules"
    if installed.is_dir():
        return installed
    root = Path(__file__).resolve().parents[2]
    if (root / "pyproject.toml").is_file() and (root / "rules").is_dir():
        return root / "rules"
    raise UsageError(
        "the shipped rules are missing", hint="install thbscreen again, or name a folder of rules"
    )


def profile_path(name: str | Path, rules_dir: Path | None = None) -> Path:
    """Gives the file of a profile: a path as it is, a name looked up in the rules' `profiles`.

    Raises:
        UsageError: there is no such file.
    """
    given = Path(name)
    is_path = isinstance(name, Path) or given.suffix in {".yaml", ".yml"} or len(given.parts) > 1
    folder = (rules_dir or default_rules_dir()) / "profiles"
    found = given if is_path else folder / f"{name}.yaml"
    if found.is_file():
        return found
    known = sorted(p.stem for p in folder.glob("*.yaml"))
    hint = suggest(given.stem, known) or "profiles lie in the folder 'profiles' of the rules"
    raise UsageError(f"there is no profile '{name}'", hint=hint)
