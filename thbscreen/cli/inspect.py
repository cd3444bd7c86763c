"""`thbscreen inspect`: what files are, a draft of a mapping, and which rules they can be judged by."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, profile_option, say, width_of
from thbscreen.cli.rules_read import RULES, readiness_rows
from thbscreen.errors import DataError, OutputError, ThbscreenError, UsageError
from thbscreen.report.layout import columns as lined_up
from thbscreen.report.layout import cut, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thbscreen.io.dataset import Dataset
    from thbscreen.io.files import InputFile
    from thbscreen.io.inspect.look import Look

#: How many missing columns and reasons are shown.
_MOST = 8
#: State of a file that cannot be read as what it is.
DAMAGED = "damaged"


@click.command(
    epilog=epilog(
        "thbscreen inspect export.csv",
        "thbscreen inspect export.csv --out mapping.yaml",
        "thbscreen inspect export.csv --mapping mapping.yaml",
        "thbscreen inspect statements/",
        "thbscreen inspect data/ --json",
    )
)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=FilePath())
@click.option(
    "--out",
    metavar="FILE",
    type=FilePath(),
    help="Write the draft of a mapping to this file; it must not exist.",
)
@click.option(
    "--mapping", metavar="FILE", type=FilePath(),
    help="Look at what the files give with this mapping, instead of drafting one.",
)  # fmt: skip
@RULES
@profile_option
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@debug_option
def inspect(
    inputs: tuple[Path, ...], out: Path | None, mapping: Path | None, folder: Path | None, profile: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Looks at files before a scan: form, encoding, columns, signs, and what can be judged on them.

    INPUT is a file or a folder. For a table with other column names a draft of a mapping is printed, in which
    whatever the file does not prove is left to a person: such a draft is not taken by a scan until that
    person has decided. Lists of customers, accounts and holders are drafted, too, and a folder with movements
    and such lists gives one draft. Values are never shown, only their shapes: letters as A, digits as 9. For
    files that can be loaded, it says which rules can be judged, which only weakly, which not, and which
    missing column would unlock most; and what the named checks of data quality find, with the usual innocent
    causes.
    """
    from thbscreen.io.files import list_inputs  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.io.probe import check_parquet  # noqa: PLC0415
    from thbscreen.io.recognise import recognised  # noqa: PLC0415
    from thbscreen.rules.pack import load_pack  # noqa: PLC0415

    pack = load_pack(folder, profile, tests=False)
    found, ignored = list_inputs(inputs)
    if not found:
        raise _nothing(ignored)
    check_parquet(inputs)
    looks = [] if mapping is not None else _looks(recognised(found), pack.profile.time_zone)
    drafts = [item for item in looks if item.draft]
    whole = _together(inputs, drafts)
    if out is not None and len(drafts) != 1 and not whole:
        raise UsageError(
            f"--out takes one draft, and there are {len(drafts)}",
            hint="inspect one file at a time, or leave --out away",
        )
    ready, checks = _ready(inputs, mapping, looks, pack, whole)
    if out is not None:
        _write(out, whole or drafts[0].draft)
    if as_json:
        facts = {"files": [item.as_dict() for item in looks], "ignored": ignored, "draft": whole,
                 "readiness": ready, "quality": checks}  # fmt: skip
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        _end(looks, ready)
        return
    width = max(60, width_of(sys.stdout, 100))
    for item in looks:
        _show(item, width, draft=out is None and not whole)
    if whole and out is None:
        click.echo("\none draft of a mapping for these files:\n")
        click.echo("\n".join(printable(line) for line in whole.splitlines()))
    _show_ready(ready, looks, width)
    _show_quality(checks, width)
    if out is not None:
        many = len(drafts) > 1
        open_points = [
            f"{section.table}.{key}" if many else key
            for item in drafts for section in item.sections for key in section.undecided
        ]  # fmt: skip
        say(f"the draft is {out}" + ("; it leaves open: " + ", ".join(open_points) if open_points else ""))
    _end(looks, ready)


def _together(inputs: Sequence[Path], drafts: Sequence[Look]) -> str:
    """Gives one draft for several files: one of movements, and one for each other table; else nothing."""
    from thbscreen.io.inspect.draft import write_tables  # noqa: PLC0415  # tables are loaded when needed

    sections = [section for item in drafts for section in item.sections]
    tables = [section.table for section in sections]
    if len(drafts) < 2 or len(set(tables)) != len(tables) or "transactions" not in tables:
        return ""
    if len({section.file for section in sections}) != len(drafts):
        return ""
    return write_tables(inputs[0].name or "draft", sections)


def _nothing(ignored: Sequence[str]) -> DataError:
    from thbscreen.io.codes import data_error  # noqa: PLC0415  # help needs no codes

    below = any(name.endswith("/") for name in ignored)
    return data_error(
        "D004",
        "there is no file to look at",
        hint="give files" + (", or the folders inside it: they are not read by themselves" if below else ""),
    )


def _looks(files: Sequence[InputFile], zone: str) -> list[Look]:
    """Looks at every file; one that cannot be read does not keep the others from being looked at."""
    from thbscreen.io.inspect.look import Look, look  # noqa: PLC0415  # tables are loaded when needed

    out = []
    for file in files:
        try:
            out.append(look(file, zone))
        except ThbscreenError as error:
            if len(files) == 1:
                raise
            out.append(Look(file.name, file.kind or "unknown", DAMAGED, str(error)))
    return out


def _end(looks: Sequence[Look], ready: dict[str, Any] | None) -> None:
    """Ends with the exit code for input that cannot be read, when there was some, or nothing was loaded."""
    refused = ready is not None and "error" in ready and not any(item.draft for item in looks)
    if refused or any(item.state == DAMAGED for item in looks):
        click.get_current_context().exit(DataError.exit_code)


def _write(out: Path, text: str) -> None:
    """Writes the draft whole or not at all, and replaces nothing."""
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{out.name} exists already", hint="choose another name for the draft") from None
    except OSError as error:
        raise OutputError(f"{out.name}: cannot be written ({error.strerror})") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        out.unlink(missing_ok=True)
        raise OutputError(f"{out.name}: cannot be written ({error.strerror})") from None


# --- readiness ------------------------------------------------------------------------------------------


def _ready(
    inputs: Sequence[Path], mapping: Path | None, looks: Sequence[Look], pack: Any, whole: str
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Judges readiness where the files can be loaded: as they are, with a mapping, or a decided draft.

    Returns:
        Readiness, and the checks of data quality; None where nothing can be loaded.
    """
    import datetime as dt  # noqa: PLC0415  # only here
    import tempfile  # noqa: PLC0415

    from thbscreen.engine.readiness import unlocks  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.io.quality import quality  # noqa: PLC0415

    drafts = [item for item in looks if item.draft]
    loadable = mapping is not None or all(item.state in ("canonical", "read") for item in looks)
    draft = whole or (drafts[0].draft if len(looks) == len(drafts) == 1 else "")
    decided = len(looks) == len(drafts) and bool(draft) and not any(item.undecided for item in drafts)
    decided = decided and all((item.loaded or {}).get("loaded") for item in drafts)
    decided = decided and any("transactions" in item.tables for item in drafts)
    if not (loadable or decided) or (not looks and mapping is None):
        return None, None
    checks: dict[str, Any] = {}

    def checked(dataset: Dataset) -> None:
        now = dt.datetime.now(dt.UTC)
        checks.update(quality(dataset, dataset.report(), now, pack.rules)["checks"])

    try:
        with tempfile.TemporaryDirectory(prefix=".thbscreen-") as work:
            if decided:
                mapping = Path(work) / "draft.yaml"
                mapping.write_text(draft, encoding="utf-8")
            rows, compiled = readiness_rows(pack, inputs, mapping, look=checked)
    except ThbscreenError as error:
        if mapping is not None and not decided:
            raise
        return {"error": str(error)}, None
    named = {status: [r for r in rows if r["status"] == status] for status in ("ready", "weak", "not judged")}
    ready = {
        "rules": {status: [r["rule"] for r in part] for status, part in named.items()},
        "reasons": {str(r["rule"]): r["reason"] for status in ("weak", "not judged") for r in named[status]},
        "missing_columns": unlocks(rows, [item.rule for item in compiled.rules]),
    }
    return ready, checks


def _show_ready(ready: dict[str, Any] | None, looks: Sequence[Look], width: int) -> None:
    if ready is None and any(item.draft for item in looks):
        click.echo(
            "\nWHAT COULD BE JUDGED\n  decide what is open; then: thbscreen inspect INPUT --mapping FILE"
        )
        return
    if ready is None:
        return
    click.echo("\nWHAT COULD BE JUDGED")
    if "error" in ready:
        click.echo(_indented(str(ready["error"]), 2))
        return
    rules = ready["rules"]
    for status in ("ready", "weak", "not judged"):
        names = ", ".join(rules[status])
        click.echo(cut(f"  {status}: {len(rules[status])}" + (f" ({names})" if names else ""), width))
    if ready["missing_columns"]:
        click.echo("  missing columns, the one that would unlock most first:")
        table = [["column", "rules by itself", "their weight", "rules that wait"]]
        table += [
            [str(c["column"]), str(c["alone"]), str(c["weight"]), str(c["waiting"])]
            for c in ready["missing_columns"][:_MOST]
        ]
        for line in lined_up(table, frozenset({1, 2, 3}), [40, 15, 12, 15]):
            click.echo(f"    {line}")
    click.echo("  each rule with its reason: thbscreen rules list --for INPUT, or --json here")


def _show_quality(checks: dict[str, Any] | None, width: int) -> None:
    if checks is None:
        return
    import textwrap  # noqa: PLC0415  # only here

    from thbscreen.report.quality_text import quality_lines  # noqa: PLC0415

    click.echo("\nDATA QUALITY")
    for line, indent in quality_lines(checks, "--json"):
        pad = " " * indent
        for row in textwrap.wrap(printable(line), width, initial_indent=pad, subsequent_indent=pad):
            click.echo(row)


# --- one file -------------------------------------------------------------------------------------------


def _show(item: Look, width: int, *, draft: bool) -> None:
    click.echo(f"\n{printable(item.file)}: {item.kind}" + (f", {item.why}" if item.why else ""))
    if item.encoding is not None:
        sure = "" if item.encoding.sure else "UNSURE: "
        also = f" (the same in {', '.join(item.encoding.alike[:4])})" if item.encoding.alike else ""
        others = "" if item.encoding.sure else f"; candidates: {', '.join(item.encoding.candidates)}"
        click.echo(f"  encoding: {sure}{item.encoding.name}{also}, {item.encoding.why}{others}")
    if item.table is not None and item.state != "read":
        click.echo(f"  rows looked at: {len(item.table.rows):,}")
    if item.columns:
        table = [["column", "taken as", "holds", "filled", "readable", "shapes"]]
        table += [
            [c["name"], c["column"] or "-", c["holds"], f"{c['filled']:.0%}", f"{c['readable']:.0%}",
             " | ".join(c["shapes"])]
            for c in item.columns
        ]  # fmt: skip
        for line in lined_up(table, frozenset({3, 4}), [28, 16, 7, 6, 8, width]):
            click.echo(cut(f"    {line}", width))
    if item.roles is not None and item.roles.balance is not None:
        held, steps, _ = item.roles.balance
        click.echo(f"  running balance: holds in {held} of {steps} steps")
    for note in item.notes:
        _say_whole(f"  note: {printable(note)}", width)
    if item.undecided:
        _say_whole(f"  left to you: {', '.join(item.undecided)}", width)
    if item.loaded is not None:
        _show_loaded(item.loaded)
    if item.draft and draft:
        click.echo("\n  draft of a mapping:\n")
        click.echo("\n".join(printable(line) for line in item.draft.splitlines()))


def _say_whole(line: str, width: int) -> None:
    """Says what a person must act on: on several lines rather than cut."""
    import textwrap  # noqa: PLC0415  # only here

    for row in textwrap.wrap(line, width, subsequent_indent="    ", break_on_hyphens=False):
        click.echo(row)


def _show_loaded(loaded: dict[str, Any]) -> None:
    if "error" in loaded:
        click.echo(_indented(f"with this draft: {loaded['error']}", 2))
        return
    skipped = sum(loaded["skipped"].values())
    click.echo(
        f"  with this draft: {loaded['read']:,} rows read, {loaded['loaded']:,} loaded, "
        f"{loaded['rejected']:,} rejected, {skipped:,} skipped"
    )
    for reason in loaded["reasons"][:_MOST]:
        click.echo(f"    {reason['rows']:,} x column {reason['column']}: {reason['reason']}")


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + printable(line) for line in text.splitlines())
