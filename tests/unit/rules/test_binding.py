"""Reading rules on two cores gives what reading them one after the other gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SHIPPED = sorted((Path(__file__).parents[3] / "rules").rglob("*-0*.yaml"))

#: A process of its own, since copies of processes with threads (polars) are not safe.
SCRIPT = """\
import sys
from pathlib import Path
from thbscreen.rules import binding
from thbscreen.rules.binding import bind_files

files = [(Path(name).read_bytes(), name, True) for name in sys.argv[1:]]
files.insert(3, (b"rule: [", "broken.yaml", True))
files.append((b"rule: THB-X-001", "short.yaml", True))

def shape(bound):
    return [(rule, ctx.findings.result(), ctx.findings.lines, ctx.after, ctx.bounds) for rule, ctx in bound]

one = shape(bind_files(files, {}, None, apart=False))
assert shape(bind_files(files, {}, None, apart=True)) == one
assert one[3][1] and one[-1][1] and any(rule is not None for rule, *_ in one)
"""


def test_two_processes_give_the_same_rules_and_findings_in_the_same_order() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT, *map(str, SHIPPED)], check=True)


def test_what_the_second_process_cannot_do_is_done_by_the_first() -> None:
    dying = """
import os
first, binding.bind_file = os.getpid(), lambda *a, **k: os._exit(9) if os.getpid() != first else kept(*a, **k)
from thbscreen.rules.binder import bind_file as kept
assert shape(bind_files(files, {}, None, apart=True)) == one
"""
    subprocess.run([sys.executable, "-c", SCRIPT + dying, *map(str, SHIPPED[:6])], check=True)


def test_a_process_with_tables_loaded_is_never_copied() -> None:
    code = "import polars, thbscreen.rules.binding as b\nassert not b._may_fork()\n"
    subprocess.run([sys.executable, "-c", code], check=True)
