"""Who may import whom. Imports run one way, and some libraries live in one room only."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "thbscreen"

BASE = {"errors", "diagnostics"}
#: Room -> rooms that it may import besides itself, written out so that a change here is a decision.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": {"diagnostics"},  # for types only; see the test below
    "diagnostics": set(),
    "ahead": set(),
    "model": BASE,
    "io": BASE | {"ahead", "model"},
    "simulate": BASE | {"model", "io"},
    "rules": BASE | {"model"},
    "compile": BASE | {"model", "rules"},
    "engine": BASE | {"ahead", "model", "rules", "compile"},
    "network": BASE | {"model", "rules", "compile", "engine"},
    "report": BASE | {"model", "io", "rules", "compile", "engine", "network"},
    "filing": BASE | {"model", "io", "rules", "report"},
    "screening": BASE | {"model", "io", "rules", "compile", "engine", "network", "report"},
    # reads run folders, whose reader lies in report, and publishes its own by io
    "evaluate": BASE | {"model", "io", "engine", "network", "report"},
    "cli": BASE
    | {
        "model",
        "io",
        "simulate",
        "rules",
        "compile",
        "engine",
        "network",
        "report",
        "filing",
        "screening",
        "evaluate",
    },
    "__main__": {"cli"},
    "__init__": {"screening"},  # lazily
}
#: `from thbscreen import __version__` costs nothing and is open to every room.
FREE = {"__init__"}

#: Third-party library -> rooms that may import it.
ONLY_IN: dict[str, set[str]] = {
    "networkx": {"network"},
    "polars": {
        "ahead", "model", "io", "simulate", "compile", "engine", "network", "report", "filing", "screening",
        "evaluate", "cli",
    },
    "numpy": {"model", "io", "simulate", "compile", "engine", "network", "evaluate"},
    "yaml": {"model", "rules"},  # the strict loader lies in model
    "click": {"cli"},
}  # fmt: skip

#: The condition nodes of a rule: only compile may make expressions from them.
CONDITION_NODES = {"Test", "AnyOf", "NoneOf", "BinOp"}
NEVER_WITH_THE_NETWORK = {
    "socket",
    "http",
    "urllib",
    "ssl",
    "ftplib",
    "smtplib",
    "requests",
    "httpx",
    "aiohttp",
}


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def label(path: Path) -> str:
    return path.relative_to(PACKAGE.parent).as_posix()


def imported(path: Path) -> list[tuple[int, str]]:
    """Gives (line, dotted name) for every import, names taken from a package included."""
    package = ("thbscreen", *path.relative_to(PACKAGE).parts[:-1])
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *((node.module,) if node.module else ())))
            found += [(node.lineno, f"{module}.{alias.name}") for alias in node.names]
    return found


def rooms_used(path: Path) -> set[tuple[int, str]]:
    used = set()
    for line, name in imported(path):
        top, _, rest = name.partition(".")
        if top != "thbscreen":
            continue
        target = rest.partition(".")[0]
        is_room = (PACKAGE / target).is_dir() or (PACKAGE / f"{target}.py").is_file()
        used.add((line, target if target and is_room else "__init__"))
    return used


def test_every_module_lies_in_a_known_room() -> None:
    assert {room(path) for path in sources()} <= set(MAY_IMPORT)


def test_the_table_of_rooms_has_no_circle() -> None:
    done: set[str] = {"errors"}  # errors and diagnostics know each other's types only
    waiting = {name: may - FREE - {"errors"} for name, may in MAY_IMPORT.items() if name != "errors"}
    while waiting:
        ready = {name for name, may in waiting.items() if may <= done | {name}}
        assert ready, f"these rooms import in a circle: {sorted(waiting)}"
        done |= ready
        waiting = {name: may for name, may in waiting.items() if name not in ready}


def test_imports_run_one_way() -> None:
    wrong = [
        f"{label(path)}:{line}: {room(path)} must not import {target}"
        for path in sources()
        for line, target in sorted(rooms_used(path))
        if target not in MAY_IMPORT[room(path)] | FREE | {room(path)}
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_stays_in_its_rooms(library: str) -> None:
    wrong = [
        f"{label(path)}:{line}: only {', '.join(sorted(ONLY_IN[library]))} may import {library}"
        for path in sources()
        for line, name in imported(path)
        if name.partition(".")[0] == library and room(path) not in ONLY_IN[library]
    ]
    assert not wrong, "\n".join(wrong)


def reads_conditions(node: ast.AST) -> bool:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return bool(names & CONDITION_NODES)


def builds_expressions(node: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Attribute)
        and isinstance(n.value, ast.Name)
        and n.value.id == "pl"
        and n.attr in {"col", "lit", "when"}
        for n in ast.walk(node)
    )


def test_rule_conditions_become_expressions_only_in_compile() -> None:
    wrong = [
        f"{label(path)}:{node.lineno}: {node.name} turns a rule's conditions into expressions"
        for path in sources()
        if room(path) != "compile"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and reads_conditions(node) and builds_expressions(node)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_search_for_conditions_finds_them_in_compile() -> None:
    found = [
        node
        for path in sources()
        if room(path) == "compile"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and reads_conditions(node)
    ]
    assert found


def test_nothing_opens_a_network_connection() -> None:
    wrong = [
        f"{label(path)}:{line}: imports {name}; thbscreen works offline"
        for path in sources()
        for line, name in imported(path)
        if name.partition(".")[0] in NEVER_WITH_THE_NETWORK
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_prints_outside_cli_and_report() -> None:
    wrong = [
        f"{label(path)}:{node.lineno}: prints"
        for path in sources()
        if room(path) not in {"cli", "report"}
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not wrong, "\n".join(wrong)


def loaded_after(code: str) -> set[str]:
    """Gives the top-level modules that a fresh interpreter holds after some code."""
    program = f"import sys\n{code}\nsys.stdout.write('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


HEAVY = {"polars", "numpy", "networkx", "pyarrow"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_after("import thbscreen; thbscreen.__version__; dir(thbscreen)") & (
        HEAVY | {"yaml", "click"}
    )


def test_showing_help_loads_nothing_heavy() -> None:
    code = "from thbscreen.cli import main\nfrom click.testing import CliRunner\n"
    code += "assert CliRunner().invoke(main, ['--help']).exit_code == 0"
    assert not loaded_after(code) & HEAVY


def test_public_names_load_on_first_use() -> None:
    import thbscreen
    from thbscreen.screening import screen

    assert thbscreen.screen is screen


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    import thbscreen

    with pytest.raises(AttributeError, match="no attribute 'scren'"):
        thbscreen.scren  # type: ignore[attr-defined]  # noqa: B018  # the access is what is tested
