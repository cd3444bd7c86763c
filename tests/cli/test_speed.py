"""Help comes at once and a check of all rules is quick.

Measured is processor time, which other programs do not take away, of programs that were compiled before.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from thbscreen.rules.paths import default_rules_dir

#: Prints the processor time of the process at its end, after whatever the command itself does.
TIMED = """\
import atexit, sys, time
atexit.register(lambda: print(time.process_time(), file=sys.stderr))
"""
#: What a command may take on an idle core; a busy or slow one is measured by what it needs to load click.
HELP = 0.3
#: A rule with all its tests takes about a hundredth of a second; the rest is for what few rules take too.
CHECK, CHECK_RULE = 1.0, 0.015
CLICK = 0.1


Cpu = Callable[..., float]
MAIN = "from thbscreen.cli import main\nmain()"


@pytest.fixture(scope="module")
def cpu(tmp_path_factory: pytest.TempPathFactory) -> Cpu:
    """Gives a function that gives the least processor time of some runs of a program, in seconds."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("compiled"))}

    def measure(code: str, arguments: Sequence[str] = (), tries: int = 5) -> float:
        times = []
        for _ in range(tries):
            command = [sys.executable, "-c", TIMED + code, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            assert done.returncode in {0, 3}, done.stderr
            times.append(float(done.stderr.split()[-1]))
        return min(times)

    return measure


@pytest.fixture(scope="module")
def slowness(cpu: Cpu) -> float:
    """Says how much slower than an idle core of today this one is; at least 1."""
    return max(1.0, cpu("import click") / CLICK)


@pytest.mark.parametrize("arguments", [["--help"], ["rules", "--help"], ["scan", "--help"]])
def test_help_takes_less_than_three_tenths_of_a_second(
    arguments: list[str], cpu: Cpu, slowness: float
) -> None:
    assert cpu(MAIN, arguments) < HELP * slowness


def test_checking_a_rule_takes_hundredths_of_a_second(cpu: Cpu, slowness: float) -> None:
    most = CHECK + CHECK_RULE * len(list(default_rules_dir().glob("*/*-0*.yaml")))
    assert cpu(MAIN, ["rules", "check"], tries=3) < most * slowness


def test_a_check_loads_tables_only_for_exclusions() -> None:
    code = "import sys\nfrom thbscreen.cli import main\ntry:\n    main(['rules', 'check'])\nfinally:\n"
    code += "    print('polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "False"


def test_help_loads_nothing_heavy() -> None:
    code = """\
import sys
from thbscreen.cli import main
try:
    main(["--help"])
finally:
    heavy = {"polars", "numpy", "yaml", "networkx", "difflib", "zoneinfo", "importlib.metadata"}
    print("loaded:", sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded: []"
