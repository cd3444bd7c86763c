"""What `thbscreen str` and its `check` do: files in, a draft folder or findings out."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from thbscreen.errors import DataError, UsageError
from thbscreen.filing.business import Context, check_business, not_checked
from thbscreen.filing.case import read_case
from thbscreen.filing.details import Details, read_details
from thbscreen.filing.draft import Draft, Request, make_draft
from thbscreen.filing.findings import Finding, ordered
from thbscreen.filing.narrative import Options
from thbscreen.filing.profile import read_profile
from thbscreen.filing.structure import check_structure, version_of
from thbscreen.filing.xsd import read_schema
from thbscreen.io.publish import MANIFEST, Staging
from thbscreen.io.xmltree import whole_tree
from thbscreen.report.export.output import check_apart
from thbscreen.report.folder import open_folder
from thbscreen.report.text import count
from thbscreen.rules.pack import load_pack

#: A report is at most so large; FIUs take about 20 MB.
MAX_BYTES = 200 << 20


@dataclass(frozen=True, slots=True)
class Done:
    """What was found, and lines that say so to a person."""

    findings: tuple[Finding, ...]
    summary: tuple[str, ...]

    @property
    def errors(self) -> list[Finding]:
        """Findings that would have the file refused."""
        return [f for f in self.findings if f.severity == "error"]


def draft_report(folder: Path, out: Path, options: Mapping[str, Any]) -> Done:
    """Writes the draft of one case.

    Args:
        folder: the run folder.
        out: folder to make.
        options: of the command, by their names.

    Raises:
        UsageError: the call contradicts itself, or `out` exists.
        ProfileError: the filing profile does not load, or has keys to be filled.
        DataError: the run folder or a file cannot be read.
        OutputError: the draft cannot be written.
    """
    profile = read_profile(options["profile"])
    schema = read_schema(options["xsd"]) if options.get("xsd") else None
    run = open_folder(folder)
    check_apart(out, folder)
    _check_replaceable(out)
    pack = load_pack(options.get("rules_dir"), tests=False)
    details = read_details(options["details"]) if options.get("details") else Details()
    case = read_case(
        run, pack, network=options["network"], subject=options["subject"], data=options.get("data") or (),
        mapping=options.get("mapping"), details=details,
    )  # fmt: skip
    texts = Options(options.get("action", ""), tuple(options["earlier"]), options["reviewed"])
    request = Request(options["shape"], options["on"], options["fiu_ref"], tuple(options["confirmed"]), texts)
    made = make_draft(case, profile, request)
    found = [f for findings in made.findings.values() for f in findings]
    if schema is not None:
        reports = [data for name, data in made.files.items() if name.endswith(".xml")]
        found += [f for data in reports for f in schema.check(data)]
    with Staging(out, force=options.get("force", False)) as staging:
        made.write(staging.path)
    open_items = [c.id for c in made.checks if not c.passed]
    lines = [
        f"{count(len(case.movements), 'movement')} of {count(len(case.parties), 'party', 'parties')}, "
        f"{count(len(case.victims), 'possible victim')} apart; "
        f"{count(sum(n.endswith('.xml') for n in made.files), 'report file')}",
    ]
    if made.gaps:
        lines.append(f"not fileable yet: {count(len(made.gaps), 'mandatory element')} without data")
    lines += [f"against {schema.name}: {_counted(found, 'X01')}"] if schema is not None else []
    lines += [f"the narrative misses: {', '.join(open_items)}"] if open_items else []
    lines.append("read checklist.md first; an officer reviews, edits and files")
    return Done(tuple(found), tuple(lines))


def drafts_of(folder: Path, cases: Sequence[str], options: Mapping[str, Any]) -> dict[str, Draft]:
    """Makes the drafts of some cases, to go with them; a text to be read at once has none.

    Args:
        folder: the run folder.
        cases: ids of networks, alerts and reviews.
        options: profile, data, mapping, details, rules_dir and on, as of `draft_report`.

    Raises:
        ProfileError: the filing profile does not load, or has keys to be filled.
        DataError: the run folder or a file cannot be read.
    """
    profile = read_profile(options["profile"])
    run = open_folder(folder)
    pack = load_pack(options["rules_dir"]) if options.get("rules_dir") else load_pack()
    details = read_details(options["details"]) if options.get("details") else Details()
    networks = set(run.table("networks")["network_id"].to_list())
    alerts = set(run.table("alerts")["alert_id"].to_list())
    out = {}
    for case_id in cases:
        if case_id not in networks | alerts:
            continue
        case = read_case(
            run, pack, network=case_id if case_id in networks else None,
            subject=case_id if case_id in alerts else None, data=options.get("data") or (),
            mapping=options.get("mapping"), details=details,
        )  # fmt: skip
        out[case_id] = make_draft(case, profile, Request(on=options.get("on")))
    return out


def _check_replaceable(out: Path) -> None:
    """Raises UsageError when `out` is a result folder of another kind."""
    if not (out / MANIFEST).is_file():
        return
    try:
        facts = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        facts = None
    if not isinstance(facts, dict) or "draft" not in facts:
        raise UsageError(f"{out.name} exists and is not a draft", hint="choose another folder with --out")


def check_report(
    file: Path,
    *,
    profile: str | None = None,
    xsd: Path | None = None,
    version: str | None = None,
    used: Path | None = None,
    attachments: Sequence[Path] = (),
    today: date | None = None,
) -> Done:
    """Checks a report file.

    Args:
        file: the report.
        profile: filing profile; keys that are still to be filled leave their checks out.
        xsd: the FIU's own schema.
        version: of the element table; by default the profile's, or found in the file.
        used: text file with one case reference a line.
        attachments: files that go with the report.
        today: last day that a date may have.

    Raises:
        DataError: a file cannot be read, or is no XML that may be read.
        UsageError: a library is missing.
        ProfileError: the profile does not load.
    """
    rules = read_profile(profile, drafting=False) if profile else None
    data = _bytes(file)
    root = whole_tree(io.BytesIO(data), file.name)
    for number, path in enumerate(attachments, 1):
        if not path.is_file():
            raise DataError(f"attachment {number} is not a file", hint="check the path")
    earlier = (
        frozenset(line.strip() for line in _bytes(used).decode("utf-8", "replace").splitlines())
        if used
        else ()
    )
    context = Context(rules, today, frozenset(earlier), tuple(attachments))
    known = version or (rules.version if rules is not None and rules.version else version_of(root))
    found = [*check_structure(root, rules, known), *check_business(root, rules, context)]
    lines = [
        f"structure of goAML {known}: {_counted(found, 'S')}",
        f"business checks: {_counted(found, 'B')}",
    ]
    left = [c.id for c in not_checked(context)]
    if left:
        lines.append(f"not checked, for lack of what they need or switched off: {', '.join(left)}")
    if xsd is not None:
        schema = read_schema(xsd)
        against = schema.check(data)
        found += against
        lines += [f"{schema.name}: {change}" for change in schema.changes]
        lines.append(f"against {schema.name} ({schema.engine}): {_counted(against, 'X')}")
    else:
        lines.append("the FIU's own schema was not given (--xsd)")
    return Done(tuple(ordered(found)), tuple(lines))


def _counted(found: Sequence[Finding], code: str) -> str:
    counts = Counter(f.severity for f in found if f.code.startswith(code))
    if not counts:
        return "nothing found"
    return ", ".join(count(counts[s], s) for s in ("error", "warning") if counts[s])


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path.name}: is larger than a report may be", hint="split it")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror})", hint="check the path") from None
