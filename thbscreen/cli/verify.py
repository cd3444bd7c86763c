"""`thbscreen verify`: is a result folder still what was written, and does the work give it again?"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, key_options, read_key, width_of
from thbscreen.errors import RuleError, UsageError
from thbscreen.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from thbscreen.model.keys import Key
    from thbscreen.model.progress import Progress
    from thbscreen.report.verify import Redo, Verified
    from thbscreen.rules.bundle import RulePack

PATH = FilePath()
#: Names of files that are shown of each kind.
_MOST = 20
#: Options of a conversion that can be made again from the manifest alone.
_CONVERT = {"version", "to", "time_zone", "home_country", "pseudonyms"}


@dataclass(frozen=True)
class _Asked:
    """What the command line gives for doing the work again."""

    mapping: Path | None
    rules: Path | None
    profile: str | None
    workers: int
    progress: Progress | None
    key: Key | None


@click.command(
    epilog=epilog(
        "thbscreen verify out/",
        "thbscreen verify out/ data/",
        "thbscreen verify out/ export.csv --mapping mapping.yaml --complete",
        "thbscreen verify out/ data/ --key-file bank.key",
        "thbscreen verify case/ --json",
    )
)
@click.argument("folder", metavar="DIR", type=PATH)
@click.argument("inputs", metavar="[INPUT...]", nargs=-1, type=PATH)
@click.option("--mapping", metavar="FILE", type=PATH, help="The mapping file that was used.")
@click.option("--rules", "rules_dir", metavar="DIR", type=PATH,
              help="The folder of rules that was used, if not those it brings.")  # fmt: skip
@click.option("--profile", metavar="NAME|FILE",
              help="The profile that was used; by default the one of the recorded name.")  # fmt: skip
@key_options("The key that was used, where the scan or the conversion had one.")
@click.option("--workers", metavar="N", type=click.IntRange(1), default=1, show_default=True,
              help="Processes for doing the work again.")  # fmt: skip
@click.option("--files-only", is_flag=True, help="Check hashes only; do not do the work again.")
@click.option("--complete", is_flag=True, help="End with exit code 1 also when something was not checked.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing on stderr but errors.")
@debug_option
def verify(
    folder: Path, inputs: tuple[Path, ...], mapping: Path | None, rules_dir: Path | None, profile: str | None,
    key_file: Path | None, key_env: str | None, workers: int, files_only: bool, complete: bool,
    as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Checks a result folder against its manifest, and against its inputs.

    DIR is a folder that scan, convert or handover made. Every file is hashed and held against the manifest:
    files that differ, are missing or were added are named. With the inputs (or where files of the recorded
    names lie in the current folder) their hashes are checked too, and the scan or conversion is done again
    with the recorded rules, profile, mapping and parameters; the results are compared byte for byte, and
    tables by their rows where bytes differ. What could not be checked is said. The exit code is 1 when
    something differs, and with --complete also when something could not be checked.
    """
    from thbscreen.report.verify import beside, check_inputs, checked, read_manifest  # noqa: PLC0415

    key = read_key(key_file, key_env)
    facts = read_manifest(folder)
    found = checked(folder, facts)
    with ExitStack() as stack:
        progress = None
        if not quiet:
            from thbscreen.cli.progress import Shown  # noqa: PLC0415

            live = sys.stderr.isatty()
            progress = stack.enter_context(Shown(sys.stderr, live=live, width=width_of(sys.stderr)))
        asked = _Asked(mapping, rules_dir, profile, workers, progress, key)
        from thbscreen.report.verify import CONVERTED, recorded_inputs, under_key  # noqa: PLC0415

        recorded = recorded_inputs(facts)
        given = list(inputs) or beside(recorded, [Path()])
        if given:
            hidden = under_key(facts) is not None and found.kind == CONVERTED
            found.inputs = check_inputs(recorded, given, by_content=hidden)
        _again(folder, facts, found, given, asked, files_only=files_only)
    click.echo(json.dumps(found.as_dict(), indent=2) if as_json else "\n".join(_told(folder, found)))
    if not found.holds or (complete and found.unchecked):
        click.get_current_context().exit(1)


def _again(
    folder: Path, facts: Mapping[str, Any], found: Verified, given: Sequence[Path], asked: _Asked, *,
    files_only: bool,
) -> None:  # fmt: skip
    """Does the work again, or says why not."""
    from thbscreen.report.verify import CONVERTED, RUN, compared  # noqa: PLC0415  # tables when needed

    if found.kind not in (RUN, CONVERTED):
        found.unchecked.append(f"the work again: a {found.kind} is not made from input files")
        return
    why = _hindrance(found, given, files_only=files_only)
    if why:
        found.unchecked.append(f"the work again: {why}")
        return
    mapping, why = _mapping(facts, given, asked)
    redo: Redo | None = None
    why = why or _key(folder, facts, found, asked)
    if not why:
        redo, why = (
            _rescan(folder, facts, mapping, asked) if found.kind == RUN else _reconvert(facts, mapping, asked)
        )
    if redo is None:
        found.unchecked.append(f"the work again: {why}")
        return
    with tempfile.TemporaryDirectory(prefix=".thbscreen-") as work:
        redo(given, Path(work) / "again")
        found.again = compared(folder, Path(work) / "again")


def _hindrance(found: Verified, given: Sequence[Path], *, files_only: bool) -> str:
    if files_only:
        return "not asked for (--files-only)"
    if not found.inputs:
        return (
            "no inputs were given, and none of the recorded names lie in the current folder"
            if not given
            else ("the manifest records no inputs")
        )
    wrong = [name for name, state in found.inputs.items() if state != "as recorded"]
    return f"{len(wrong)} of {len(found.inputs)} inputs are absent or not as recorded" if wrong else ""


def _mapping(facts: Mapping[str, Any], given: Sequence[Path], asked: _Asked) -> tuple[Path | None, str]:
    """Finds the mapping that was used, and checks its hash."""
    from thbscreen.io.digest import sha256_file  # noqa: PLC0415  # tables are loaded when needed

    recorded = facts.get("mapping")
    if not isinstance(recorded, dict):
        return None, "a mapping was given, and the manifest records none" if asked.mapping else ""
    name = str(recorded.get("name"))
    places = [Path(), *(p if p.is_dir() else p.parent for p in given)]
    path = asked.mapping or next((p / name for p in places if (p / name).is_file()), None)
    if path is None:
        return None, f"the mapping {name} was not given (--mapping)"
    if sha256_file(path) != recorded.get("sha256"):
        return None, f"{path.name} is not the mapping that was used"
    return path, ""


def _key(folder: Path, facts: Mapping[str, Any], found: Verified, asked: _Asked) -> str:
    """Says why the key that is given, or none, is not that of the work; empty when it is."""
    from thbscreen.model.details import key_check  # noqa: PLC0415  # details need their libraries
    from thbscreen.report.verify import under_key  # noqa: PLC0415

    recorded = under_key(facts, folder)
    if recorded is None:
        return "a key was given, and the work was done without one" if asked.key else ""
    if asked.key is not None and key_check(asked.key.secret) == recorded:
        return ""
    given = "without that key" if asked.key is None else "the key that was given is another one"
    told = f"the {found.kind} was made under a key (key_check {recorded}): {given}"
    return (
        f"{told}, digests cannot be made again; name it with --key-file or --key-env. What can be proved "
        "without it was: the hashes of the files above, and of the inputs"
    )


def _reconvert(
    facts: Mapping[str, Any], mapping: Path | None, asked: _Asked
) -> tuple[Redo | None, str]:  # fmt: skip
    from thbscreen.report.converted import FORMS, convert  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.under_key import Under  # noqa: PLC0415

    how = facts["convert"]
    if not isinstance(how, dict) or set(how) - _CONVERT or how.get("to") not in FORMS:
        return None, "it was converted with options that the manifest alone does not bring back"

    hidden = how.get("pseudonyms")
    under = None
    if isinstance(hidden, dict) and asked.key is not None:
        under = Under(asked.key, str(hidden.get("institution", "")), bool(hidden.get("texts_kept")))

    def redo(inputs: Sequence[Path], out: Path) -> None:
        convert(
            inputs, out, mapping=mapping, to=how["to"], zone=str(how.get("time_zone")),
            home=how.get("home_country"), under=under, progress=asked.progress,
        )  # fmt: skip

    return redo, ""


def _rescan(
    folder: Path, facts: Mapping[str, Any], mapping: Path | None, asked: _Asked
) -> tuple[Redo | None, str]:  # fmt: skip
    from thbscreen.report.runfolder import FORMATS  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.screening import screen  # noqa: PLC0415

    wanted = asked.profile or str(facts["profile"]["name"])
    only, why = _rules(folder, facts, wanted, asked.rules)
    if only is None:
        return None, why
    formats = [end for end in FORMATS if any(o["file"] == f"hits.{end}" for o in facts["outputs"])]

    def redo(inputs: Sequence[Path], out: Path) -> None:
        screen(
            list(inputs), out=out, mapping=mapping, rules=asked.rules, profile=wanted, only=only,
            formats=formats, workers=asked.workers, progress=asked.progress, key=asked.key,
        )  # fmt: skip

    return redo, ""


def _rules(
    run: Path, facts: Mapping[str, Any], profile: str, folder: Path | None
) -> tuple[list[str] | None, str]:  # fmt: skip
    """Gives the ids to which the rules must be narrowed, empty for all; None and why when they are others."""
    from thbscreen.engine.exclusions import load_checked  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.report.verify import locked_lists  # noqa: PLC0415

    recorded = facts["rules"]
    ids = [str(rule["id"]) for rule in recorded["rules"]]
    why = "the rules do not load here"
    for only in ([], ids):
        try:
            pack = load_checked(folder, profile, only=only, tests=False)
        except UsageError as error:
            why = str(error.message)
            continue
        except RuleError:
            continue
        if pack.digest == recorded["digest"]:
            locked = locked_lists(run, pack.lists)
            return (None, locked) if locked else (only, "")
        why = _differences(facts, pack)
    return None, f"{why}; name the rules and the profile of that run (--rules, --profile)"


def _differences(facts: Mapping[str, Any], pack: RulePack) -> str:
    """Says in what rules and profile here differ from the recorded ones."""
    here = {rule.id: rule.digest for rule in pack.rules}
    there = {str(r["id"]): str(r["digest"]) for r in facts["rules"]["rules"]}
    other = sum(here.get(i) != digest for i, digest in there.items())
    lists = {item.name: item.digest for item in pack.lists}
    changed = sum(lists.get(str(i["name"])) != i["digest"] for i in facts["rules"]["lists"])
    parts = [
        f"{other} of its {len(there)} rules" if other else "",
        f"{changed} of its lists" if changed else "",
        "its profile" if pack.profile.digest != facts["profile"]["digest"] else "",
    ]
    told = ", ".join(part for part in parts if part) or "the choice of its rules"
    return f"the run used others than are here: {told}"


# --- for people -----------------------------------------------------------------------------------------


def _told(folder: Path, found: Verified) -> list[str]:
    files = found.files
    made = f", made with thbscreen {found.made_with}" if found.made_with else ""
    same = files.listed - len(files.differ) - len(files.missing)
    out = [f"{folder.name or folder}: {found.kind}{made}",
           f"  manifest   SHA-256 {found.manifest_sha256}",
           f"  files      {same:,} of {files.listed:,} as the manifest says"]  # fmt: skip
    out += _names("differs", files.differ) + _names("missing", files.missing) + _names("added", files.extra)
    if found.inputs:
        good = sum(state == "as recorded" for state in found.inputs.values())
        out.append(f"  inputs     {good:,} of {len(found.inputs):,} as recorded")
        for state in ("differs", "absent"):
            out += _names(state, [n for n, s in found.inputs.items() if s == state])
    if found.again is not None:
        from thbscreen.report.verify import DIFFERS, ROWS, SAME  # noqa: PLC0415  # tables when needed

        parts = [f"{len(found.again.of(SAME)):,} files {SAME}"]
        if rows := found.again.of(ROWS):
            parts.append(f"{len(rows):,} tables {ROWS}")
        if wrong := found.again.of(DIFFERS):
            parts.append(f"{len(wrong):,} other than before")
        out.append("  done again " + ", ".join(parts))
        out += _names("differs", found.again.of(DIFFERS))
    out += [f"  NOT CHECKED {why}" for why in found.unchecked]
    out.append("  the folder holds" if found.holds else "  the folder DOES NOT HOLD")
    return out


def _names(what: str, names: Sequence[str]) -> list[str]:
    shown = [f"    {what}: {printable(name)}" for name in names[:_MOST]]
    return shown + ([f"    and {len(names) - _MOST:,} more"] if len(names) > _MOST else [])
