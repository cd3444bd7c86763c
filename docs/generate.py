"""Writes what the documentation takes from the code: `python docs/generate.py [--check]`.

reference/run-folder.md comes from the table specifications, columns.md from the field catalogue, cli.md
from the commands' own help, the schemas and rules/ from the rules, and the output shown in README from a
scan of the sample data. The other way round, the program's own copy of the error texts comes from
reference/errors.md. With
`--check` nothing is written, and the exit code is 1 if a page is stale.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from thbscreen.cli import main as thbscreen_command
from thbscreen.engine import tables
from thbscreen.evaluate.evaluation import SENTENCE
from thbscreen.evaluate.folder import read_evaluation
from thbscreen.evaluate.told import blocks, heading, markdown, words
from thbscreen.io.checks.judge import VERSION as CHECKS_VERSION
from thbscreen.io.checks.named import CHECKS, FAMILIES
from thbscreen.model import catalogue
from thbscreen.rules.coverage import coverage
from thbscreen.rules.coverage import page as coverage_matrix
from thbscreen.rules.document import pages
from thbscreen.rules.grammar import KINDS_OF_FILE, Kind
from thbscreen.rules.pack import load_pack
from thbscreen.rules.schema import lists_in, schema
from thbscreen.simulate.reference import page as world_page

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

ROOT = Path(__file__).resolve().parents[1]
EVALUATED = ROOT / "docs" / "detection"
#: The evaluations behind docs/detection.md: fresh worlds of some size, and those of CI.
MAIN, GATE = "medium", "tiny"
NOTE = "<!-- Made by docs/generate.py; edit that file or the code it reads, not this page. -->"

#: What a column means, for columns that mean the same in every table.
MEANINGS = {
    "accounts": "the accounts of the subject or member",
    "legal": "the subject is a legal person, of whom the line asks for no third party",
    "addends": "everything that was added or subtracted, with rule, hit, family, points and reason",
    "alert_id": "id of the alert",
    "amount_eur": "sum of the contributing movements, in euro cents",
    "amounts_eur": "amount of each payment, in euro cents, in the order of `times`",
    "care": "what to mind when handling this subject",
    "conditions": "each line of the rule with both sides and whether it holds (empty: not known)",
    "confidence": "strong, moderate or weak: a count of reasons, never a probability",
    "confidence_why": "the reasons, for and against, and what stayed open",
    "coverage": "share of movements in which the weakest column is filled, 0 to 1",
    "distance": "how far the failing line is from holding, as a share of its threshold",
    "ends": "last contributing movement",
    "evidence": "the finding as a sentence, made from facts only",
    "evidence_against": "what speaks against the role",
    "evidence_for": "what speaks for the role",
    "families": "families of indicators that were hit",
    "family": "family of the rule; an alert needs more than one",
    "field": "column or role name that gave the member",
    "first": "first movement",
    "handling": "how the subject is to be treated: as a possible victim or as a subject",
    "hit_id": "id of the hit",
    "hit_ids": "hits behind this row",
    "hub_id": "the account or attribute value that was taken out",
    "hubs_removed": "hubs taken out before grouping that touched this network",
    "innocent_explanations": "lawful readings of the same facts; read them first",
    "is_connector": "not hit by any rule, but joins members that are",
    "is_customer": "is a customer of the institution that was scanned",
    "keys": "values of the rule's grouping keys",
    "kind": "kind of link or hub",
    "lacks": "what it lacks first: points, families, or a third party's gain or control",
    "last": "last movement",
    "leading_role": "role with the largest share",
    "ledger": "whose ledger the movement stands in: that of `source` or of `target`",
    "left": "value of the line's left side",
    "line": "the one line of the rule that does not hold",
    "look_back": "longest span of time that the rule looks at",
    "measures": "numbers that the rule computed, with unit and display text",
    "member_id": "the customer, account or other holder of the role",
    "member_kind": "what `member_id` names",
    "missing": "columns that the rule needs and the data lack",
    "n": "number of payments or other links",
    "n_alerts": "members that are alerts by themselves",
    "n_members": "number of members",
    "n_possible_victims": "members whose leading role is possible victim",
    "n_subjects": "subjects that the hub touches",
    "n_tx": "number of contributing movements",
    "network_id": "id of the suspected network",
    "not_judged": "rules that could not be judged, so that silence is not read as clearance",
    "note": "remarks on how the network was formed",
    "parameters": "thresholds in force",
    "passed_on_eur": "of a payment out of a ledger, euro cents that came in before in the same hit",
    "rank": "place in the order in which to look, from 1, without ties",
    "reason": "why the rule is weak or not judged",
    "received_eur": "received from other members, in euro cents",
    "review_id": "id of the review",
    "right": "value of the line's right side",
    "role": "role that the member may play",
    "roles": "every role with its share; shares add up to 1",
    "rule": "id of the rule",
    "rule_digest": "hash of the rule's meaning",
    "rule_version": "version of the rule",
    "rules": "rules hit inside the network",
    "score": "sum of the addends",
    "second_role": "role with the second largest share",
    "sent_eur": "sent to other members, in euro cents",
    "seq": "place in the order of time inside the hit, from 1; equal times by id",
    "source": "where the link starts: the payer, for payments",
    "starts": "first contributing movement",
    "status": "ready, weak or not judged",
    "step": "leg, link or step of the rule's pattern; empty when the rule names none",
    "subject_id": "customer, or account without a known customer",
    "subject_kind": "what `subject_id` names",
    "target": "where the link ends: the payee, for payments",
    "third_party": "somebody else's gain or control shows in the pattern",
    "time": "time of the movement",
    "times": "time of each payment",
    "title": "short title for people",
    "twin_tests": "tests of lawful readings that the data can answer, with result and finding",
    "tx_id": "the movement, by the source's own id",
    "tx_ids": "contributing movements, by the source's own id",
    "typologies": "forms of exploitation that the rule speaks for",
    "typology": "leading form of exploitation",
    "typology_scores": "points for each form of exploitation",
    "urgency": "urgency class; higher is more urgent",
    "urgency_why": "why it is urgent",
    "weakest_column": "needed column that is filled least",
    "weight": "weight of the row in the sum",
    "what": "what the movement is, for people",
    "why": "reason, for people",
    "window_ends": "last movement of the window whose numbers are shown",
    "window_starts": "first movement of the window whose numbers are shown",
    "would_break": "facts that would break the hypothesis, with the result where data could tell",
}

#: Where one table means something narrower.
SPECIAL = {
    (
        "alerts",
        "amount_eur",
    ): "largest hit that speaks for the finding, the subject's part alone, in euro cents",
    (
        "hits",
        "subject_id",
    ): "account, or other thing that the rule groups by: a device, a cash machine, a network",
    (
        "near_misses",
        "subject_id",
    ): "account, or other thing that the rule groups by: a device, a cash machine, a network",
    ("hits", "weight"): "weight of the rule, 0 to 3; below zero it speaks against",
    ("readiness", "weight"): "weight of the rule, 0 to 3; below zero it speaks against",
    ("readiness", "third_party"): "a hit of the rule shows somebody else's gain or control",
    ("network_edges", "weight"): "strength of the link, 0 to 1, before ageing",
    ("network_edges", "amount_eur"): "sum of the payments, in euro cents",
    ("networks", "amount_eur"): "moved between members, in euro cents",
    ("networks", "why"): "what joins the members, for people",
    ("network_proof", "source"): "the payer, when it is a member of the network or named by the hit",
    ("network_proof", "target"): "the payee, when it is a member of the network or named by the hit",
    ("network_proof", "amount_eur"): "sum of the movement, in euro cents",
    ("hubs", "why"): "why it counts as a hub",
    ("hubs", "kind"): "what the hub is",
}

RUN_FOLDER_HEAD = """# The run folder

`thbscreen scan … --out DIR` writes one folder. It appears whole, by one rename, or not at all; an existing
folder is replaced only with `--force`. The folder is readable by its owner only (files 0600, folders 0700),
because it holds personal data.

Tables are Parquet files. Amounts are whole euro cents, times are UTC. Rows have one total order, given
below, and nothing in a table depends on the order of the input rows, on the number of buckets or workers,
or on the clock.

| file | holds |
|---|---|
| `manifest.json` | versions, hashes of inputs, rules and tables, what the profile changes; written last |
| `summary.json` | the counts and the top of both lists, for other programs |
| `quality.json` | rows loaded and left out; [checks of data quality](data-quality.md); who is who; balances |
| `rejects.csv` | each rejected row by file, row and column, with the reason and without its values |
| `report.html` | all of it for people, in one file; see [Read the report](../how-to/read-the-report.md) |
| `cases/<id>/` | per network, top alert and top review: opens without the program, see below |

| file in `cases/<id>/` | holds |
|---|---|
| `narrative.txt`, `.md`, `.html` | what was found, as text, Markdown and a page with the drawing |
| `evidence.csv`, `members.csv`, `proof.csv` | movements, who is named, for networks payments in order |
| `evidence.xlsx` | the same tables as sheets: text never runs, amounts are numbers, in euros |
| `drawing.svg` | who paid whom; roles by shape and words, possible victims in a frame |
| `manifest.json` | SHA-256 of each file, program, rules and profile of the run, level of redaction |

To pass cases on, or take people out of them first, see [Hand a case on](../how-to/hand-a-case-on.md).

CSV files are for people and their spreadsheets: lists are JSON text, a cell that would run as formula begins
with an apostrophe, and characters that steer a terminal or hide something are written as `\\u{1b}`. In
`evidence.csv`, purchases that show health, faith, politics or intimate life have no merchant and are called
`personal spending`. Exact values are in the Parquet tables and in your source files.

The tables:

| file | holds |
|---|---|
"""


def type_name(dtype: PolarsDataType) -> str:
    """Gives a column type in words that need no knowledge of polars."""
    if isinstance(dtype, pl.List):
        return f"list of {type_name(dtype.inner)}"
    if isinstance(dtype, pl.Struct):
        return "{" + ", ".join(f"{f.name}: {type_name(f.dtype)}" for f in dtype.fields) + "}"
    if isinstance(dtype, pl.Datetime):
        return "time (UTC)"
    plain: dict[object, str] = {pl.String: "text", pl.Float64: "number", pl.Boolean: "true or false"}
    return plain.get(dtype.base_type(), "whole number")


def meaning(table: str, column: str) -> str:
    """Gives what a column means; raises KeyError when nobody has written it down."""
    return SPECIAL.get((table, column)) or MEANINGS[column]


def run_folder() -> str:
    """Gives the page on the run folder."""
    out = [NOTE, "", RUN_FOLDER_HEAD.strip()]
    out += [f"| `{spec.name}.parquet` | {spec.grain} |" for spec in tables.PUBLISHED]
    out += ["", f"The schemas below are version {tables.SCHEMA_VERSION}."]
    for spec in tables.PUBLISHED:
        order = ", ".join(f"`{c.lstrip('-')}`{' (descending)' * c.startswith('-')}" for c in spec.order)
        out += ["", f"## {spec.name}", "", f"Grain: {spec.grain}. Order: {order}.", ""]
        out += ["| column | type | meaning |", "|---|---|---|"]
        out += [f"| `{c}` | {type_name(t)} | {meaning(spec.name, c)} |" for c, t in spec.schema.items()]
    return "\n".join(out) + "\n"


COLUMNS_HEAD = """# Columns of the input

One row of `transactions` is one movement on one account, seen from `account_id`. A file with these names
needs no mapping. Optional columns may be missing; rules that need one are then reported as not judged. Some
columns are refused: see [what we never use](../explanation/what-we-never-use.md).

Kinds: *money* is a decimal amount; *time* and *date* are ISO 8601, a time without a zone is local to the
profile; *flag* is true or false; *enum* is one of the values given.
"""


def columns() -> str:
    """Gives the page on the input columns."""
    out = [NOTE, "", COLUMNS_HEAD.strip()]
    for table, fields in catalogue.TABLES.items():
        out += [
            "",
            f"## {table}",
            "",
            "| column | kind | needed | rules may test it | meaning |",
            "|---|---|---|---|---|",
        ]
        for field in fields:
            values = f": {', '.join(f'`{v}`' for v in field.values)}" if field.values else ""
            needed, testable = ("yes" if flag else "" for flag in (field.required, field.rule_input))
            out.append(f"| `{field.name}` | {field.kind} | {needed} | {testable} | {field.meaning}{values} |")
    out += ["", "## Worked out while loading", "", "Rules may test these as if they were columns.", ""]
    out += ["| name | kind | meaning |", "|---|---|---|"]
    out += [f"| `{name}` | {field.kind} | {field.meaning} |" for name, field in catalogue.DERIVED.items()]
    return "\n".join(out) + "\n"


def contexts(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[click.Context]:
    """Gives the context of a command and of all commands below it, as a call would make them."""
    settings = {**command.context_settings, "terminal_width": 100, "max_content_width": 100}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            sub = command.get_command(context, word)
            if sub is not None and not sub.hidden:
                yield from contexts(sub, word, context)


def cli() -> str:
    """Gives the page on the commands: the help of each, 100 columns wide."""
    out = [
        NOTE,
        "",
        "# Commands",
        "",
        "`python cli.py …` in a checkout is the same program as `thbscreen …`.",
        "",
    ]
    out += ["Exit codes are in [exit-codes.md](exit-codes.md)."]
    for context in contexts(thbscreen_command, "thbscreen"):
        text = "\n".join(line.rstrip() for line in context.get_help().splitlines())
        out += ["", f"## {context.command_path}", "", "```text", text, "```"]
    return "\n".join(out) + "\n"


OUTPUT = re.compile(r"(<!-- output: scan -->\n```text\n).*?^(```)$", re.DOTALL | re.MULTILINE)
SHOWN_ALERTS = 3


def shorten(lines: list[str]) -> list[str]:
    """Leaves out all but the first alerts of a summary."""
    start = next((n for n, line in enumerate(lines) if line.startswith("ALERTS")), len(lines))
    end = next((n for n, line in enumerate(lines) if n > start and not line), len(lines))
    entries = [n for n in range(start, end) if re.match(r" *\d+  ", lines[n])]
    if len(entries) <= SHOWN_ALERTS:
        return lines
    return [*lines[: entries[SHOWN_ALERTS]], " …", *lines[end:]]


def sample_summary() -> str:
    """Gives the summary of a scan of the sample data, without the progress."""
    command = [sys.executable, str(ROOT / "cli.py"), "scan", str(ROOT / "sample_data"), "--out", "out"]
    plain = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}} | {"PYTHONUTF8": "1"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command, cwd=folder, env=plain, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    text = done.stderr.decode()
    if done.returncode:
        raise SystemExit(f"the scan of the sample data ended with exit code {done.returncode}:\n{text}")
    lines = shorten(text[text.index("WHAT COULD BE JUDGED") :].splitlines())
    return "\n".join(line.rstrip() for line in lines).strip()


def readme() -> str:
    """Gives README with the output of today's scan."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return OUTPUT.sub(lambda found: f"{found[1]}{sample_summary()}\n{found[2]}", text)


CODE = re.compile(
    r"^### ([RPVW]\d{3})\n\n(.+?)\n\n- wrong: (.+?)\n- right: (.+?)(?=\n\n|\n*\Z)", re.MULTILINE | re.DOTALL
)


def error_codes() -> str:
    """Gives the program's copy of the page on errors: cause, wrong and right for each code."""
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    plain = [
        [" ".join(re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", part).split()) for part in found.groups()]
        for found in CODE.finditer(page)
    ]
    texts = {
        code: {"cause": cause, "wrong": wrong, "right": right} for code, cause, wrong, right in sorted(plain)
    }
    return json.dumps(texts, ensure_ascii=False, indent=1) + "\n"


def json_schema(kind: Kind) -> str:
    """Gives the JSON Schema of one kind of file, as `rules schema` prints it."""
    return json.dumps(schema(kind, lists_in(ROOT / "rules")), ensure_ascii=False, indent=1) + "\n"


@cache
def rule_pages() -> dict[str, str]:
    """Gives the pages about the shipped rules, as `rules doc` writes them."""
    made = pages(load_pack(ROOT / "rules", drafts=True))
    return {f"docs/rules/{name}": f"{NOTE}\n\n{text}" for name, text in made.items()}


def coverage_page() -> str:
    """Gives the matrix of indicators, forms, needed columns and states."""
    measured = (EVALUATED / MAIN / "evaluation.json").is_file()
    fired = read_evaluation(EVALUATED / MAIN)["indicators"] if measured else None
    rows = coverage(load_pack(ROOT / "rules", drafts=True), measured=fired)
    link = "../detection.md" if measured else ""
    return f"{NOTE}\n\n{coverage_matrix(rows, link='../rules/', detection=link)}"


def detection() -> str:
    """Gives the page on detection, from the evaluations and the remarks in docs/detection."""
    facts, gate = (read_evaluation(EVALUATED / name) for name in (MAIN, GATE))
    head, remarks = ((EVALUATED / f"{name}.txt").read_text(encoding="utf-8") for name in ("head", "remarks"))
    named = [block for block in blocks(facts) if block.kind != "h" or block.text != "In short"]
    small = [block for block in blocks(gate, short=True) if block.kind != "h"]
    page = markdown([words(head.strip()), *named, heading("What CI holds"), *small], first=SENTENCE,
                    folder=f"detection/{MAIN}")  # fmt: skip
    return f"{NOTE}\n\n# Detection\n\n{page}\n{remarks}"


def rule_page(name: str) -> str:
    """Gives one page about a rule."""
    return rule_pages()[name]


def rule_page_names() -> list[str]:
    """Lists the pages that there must be, without reading any rule."""
    files = [p for p in sorted((ROOT / "rules").glob("*/THB-*.yaml")) if p.parent.name != "retired"]
    return ["docs/rules/index.md", *(f"docs/rules/{path.stem}.md" for path in files)]


def left_over() -> list[str]:
    """Lists pages about rules that are no longer there."""
    found = sorted((ROOT / "docs" / "rules").glob("*.md"))
    return [name for path in found if (name := path.relative_to(ROOT).as_posix()) not in PAGES]


def simulated_worlds() -> str:
    """Gives docs/reference/simulated-worlds.md."""
    return f"{NOTE}\n\n{world_page()}"


DATA_QUALITY_HEAD = """# Checks of data quality

Every scan, and `thbscreen inspect` on what can be loaded, runs {n} named checks over the data. What they
find stands on the screen, in `report.html` and in `quality.json`. A finding stops nothing: it says what the
silence, or the noise, of the rules may rest on.

A check is *passed*, *found*, or *not judged* because a column or file that it needs is absent or empty. Not
judged is never passed. Findings hold counts, shares, days, names of columns and files, and rows by file and
number; never a value of the data.

Under `checks` in `quality.json` (version {version}):

| key | holds |
|---|---|
| `version` | version of what stands under `checks` |
| `found`, `passed`, `not_judged` | how many checks are in each state |
| `each` | one entry per check, ordered by id |

| key in `each` | when | holds |
|---|---|---|
| `id`, `family`, `level`, `title` | always | stable id; family; `warning` when sums or links may be wrong |
| `state` | always | `found`, `passed` or `not judged` |
| `lacks` | not judged | what is absent |
| `count`, `of`, `unit`, `share` | judged | how many of how many; a few may be usual and pass |
| `says` | found | one sentence |
| `details` | found | days, columns, kinds or files that it is about, ten at most |
| `examples` | found | `file` and `row` of the first, five at most |
| `means`, `columns`, `rules` | found | what it means for the rules; columns; ids of rules |
| `why`, `ask` | found | usual innocent causes; what to ask the sender |

`findings` beside it has the same as sentences, warnings first, and `plausibility`, `references` and
`completeness` the plain numbers. `hot_accounts`, there only when an account has more than 50,000 movements,
holds that `limit`, their `number`, and `accounts`, the hundred with the most (`account_id`, `movements`).
Q201 compares with the day of the run; all else depends on the data alone.
Of more than 10 million movements, Q309 and Q402 compare one in so many, picked by their content.

A million movements take about three seconds of CPU time more: ten million took 18 s more to read and 9 s to
judge.
"""


def data_quality() -> str:
    """Gives the page about the checks of data quality."""
    out = [NOTE, "", DATA_QUALITY_HEAD.format(n=len(CHECKS), version=CHECKS_VERSION)]
    for family in FAMILIES:
        out += [
            f"## {family.capitalize()}",
            "",
            "| id | level | found when | for the rules | why this may be | ask |",
        ]
        out += ["|---|---|---|---|---|---|"]
        out += [
            f"| {c.id} | {c.level} | {c.title} | {c.means} | {c.why} | {c.ask} |"
            for c in CHECKS.values()
            if c.family == family
        ]
        out.append("")
    return "\n".join(out)


PAGES: dict[str, Callable[[], str]] = {
    "thbscreen/rules/codes.json": error_codes,
    "docs/reference/run-folder.md": run_folder,
    "docs/reference/columns.md": columns,
    "docs/reference/cli.md": cli,
    "docs/reference/data-quality.md": data_quality,
    "docs/reference/coverage.md": coverage_page,
    "docs/reference/simulated-worlds.md": simulated_worlds,
    "docs/detection.md": detection,
    "README.md": readme,
    **{f"docs/reference/{kind}-schema.json": partial(json_schema, kind) for kind in KINDS_OF_FILE},
    **{name: partial(rule_page, name) for name in rule_page_names()},
}


def main(argv: list[str] | None = None) -> int:
    """Writes the pages, or with `--check` names the stale ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page is stale")
    check = parser.parse_args(argv).check
    stale = []
    for name, page in PAGES.items():
        path, text = ROOT / name, page()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    for name in left_over():
        stale.append(name)
        if not check:
            (ROOT / name).unlink()
            print(f"removed {name}")
    if check and stale:
        print(f"stale: {', '.join(stale)}; run: python docs/generate.py", file=sys.stderr)
    return int(check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
