"""Makes drafts: the report files of one case, their texts, and what a reviewer has to look at.

A draft is a folder: `report-*.xml` (or `transactions-*.xml`), `narrative.txt`, `action.txt`, `figures.csv`,
`checklist.md` and `manifest.json`. Equal input gives equal bytes; nothing is filed and nothing is sent.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import thbscreen
from thbscreen.errors import UsageError
from thbscreen.filing.business import check_business
from thbscreen.filing.case import CONTROLLER, VICTIM, FilingCase, Movement, Party
from thbscreen.filing.checklist import NarrativeCheck, check_narrative
from thbscreen.filing.findings import Finding, ordered
from thbscreen.filing.narrative import Narrative, Options, write_narrative
from thbscreen.filing.profile import FilingProfile
from thbscreen.filing.sides import SideBuilder, report_party, start_of
from thbscreen.filing.structure import check_structure
from thbscreen.filing.writer import ReportWriter
from thbscreen.io.publish import MANIFEST
from thbscreen.io.xmltree import whole_tree
from thbscreen.report.text import FORMULA

SHAPES = ("transactions", "activity", "multi-party", "transactions-only")
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be drafted.

    Attributes:
        shape: one of SHAPES.
        on: date of the report; None takes the end of the data.
        fiu_reference: reference of the FIU's request that is answered.
        confirmed: ids of parties whom an officer confirms as suspected; nobody is by default.
        options: texts that the officer adds.
    """

    shape: str = "transactions"
    on: date | None = None
    fiu_reference: str = ""
    confirmed: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Draft:
    """A finished draft.

    Attributes:
        files: bytes by name, in writing order.
        findings: of structure and business checks, by file.
        narrative: the texts.
        checks: the narrative checklist with results.
        notes: what a reviewer should look at.
    """

    case: FilingCase
    files: dict[str, bytes]
    findings: dict[str, list[Finding]]
    narrative: Narrative
    checks: tuple[NarrativeCheck, ...]
    notes: tuple[str, ...]

    @property
    def gaps(self) -> list[Finding]:
        """Mandatory elements whose data are missing: the report cannot be filed like this."""
        return [f for found in self.findings.values() for f in found if f.code == "S03"]

    @property
    def errors(self) -> list[Finding]:
        """Everything that would have the file refused."""
        return [f for found in self.findings.values() for f in found if f.severity == "error"]

    def write(self, folder: Path) -> None:
        """Writes all files into an existing empty folder, the manifest last."""
        for name, data in self.with_manifest().items():
            (folder / name).write_bytes(data)

    def with_manifest(self) -> dict[str, bytes]:
        """Gives all files, and a manifest of them as the last."""
        facts = {
            "draft": {"case": self.case.id, "fileable": not self.errors, "thbscreen": thbscreen.__version__},
            "outputs": [
                {"file": n, "sha256": hashlib.sha256(d).hexdigest(), "bytes": len(d)}
                for n, d in sorted(self.files.items())
            ],
        }
        text = json.dumps(facts, indent=2, sort_keys=True) + "\n"
        return {**self.files, MANIFEST: text.encode()}


def make_draft(case: FilingCase, profile: FilingProfile, request: Request) -> Draft:
    """Makes the draft of a case.

    Raises:
        UsageError: the shape does not exist, somebody confirmed is no party, or a possible victim was
            confirmed as suspected.
    """
    if request.shape not in SHAPES:
        raise UsageError(f"there is no shape '{request.shape}'", hint="shapes: " + ", ".join(SHAPES))
    _check_confirmed(case, request.confirmed)
    builder = SideBuilder(case, profile)
    writer = ReportWriter(profile)
    narrative = write_narrative(case, profile, request.options)
    parts = _parts(case, profile, request)
    files: dict[str, bytes] = {}
    stem = _UNSAFE.sub("-", case.id).strip("-")
    for n, movements in enumerate(parts, 1):
        told = narrative
        if len(parts) > 1:
            options = Options(
                request.options.action, request.options.earlier, request.options.reviewed, (n, len(parts))
            )
            told = write_narrative(case, profile, options)
        suffix = f"-{n}" if len(parts) > 1 else ""
        name = f"{'transactions' if request.shape == 'transactions-only' else 'report'}-{stem}{suffix}.xml"
        files[name] = _document(builder, writer, movements, told, request, case.id + suffix)
    findings = {name: checked(data, profile) for name, data in files.items()}
    checks = tuple(check_narrative(case, profile, narrative, request.options))
    notes = _notes(case, profile, request, builder, writer)
    blank = sum(data.count(b">-</") for data in files.values())
    if blank:
        notes = (*notes, f"{blank:,} elements hold '-', which tells the FIU that nothing is known.")
    if narrative.left_out:
        parts_out = "; ".join(narrative.left_out)
        told_of = (
            f"Left out of the narrative for length: {parts_out}. The whole text is in narrative-long.txt."
        )
        notes = (*notes, told_of)
    files["narrative.txt"] = (narrative.reason + "\n").encode()
    if narrative.left_out:
        files["narrative-long.txt"] = (narrative.long + "\n").encode()
    files["action.txt"] = (narrative.action + "\n").encode()
    files["figures.csv"] = _figures(narrative)
    files["checklist.md"] = _checklist(case, profile, findings, checks, notes).encode()
    return Draft(case, files, findings, narrative, checks, notes)


def checked(data: bytes, profile: FilingProfile) -> list[Finding]:
    """Gives what the structural and the business checks say about a document."""
    root = whole_tree(io.BytesIO(data), "draft")
    return ordered([*check_structure(root, profile, profile.version), *check_business(root, profile)])


def _check_confirmed(case: FilingCase, confirmed: Sequence[str]) -> None:
    roles = {p.id: p.role for p in case.parties}
    for identity in confirmed:
        if identity not in roles:
            raise UsageError(
                "a confirmed id is no party of the case", hint="ids are in members.csv of the case"
            )
        if roles[identity] == VICTIM:
            raise UsageError(
                "a possible victim cannot be confirmed as suspected here",
                hint="change the element in the draft by hand, after advice from the FIU or the police",
            )


def _parts(case: FilingCase, profile: FilingProfile, request: Request) -> list[Sequence[Movement]]:
    """Splits the movements by the FIU's limit; an activity report has none."""
    if request.shape == "activity":
        return [()]
    most = profile.limits.get("transactions") or max(len(case.movements), 1)
    moves = case.movements
    return [moves[i : i + most] for i in range(0, len(moves), most)] or [()]


def _document(
    builder: SideBuilder, writer: ReportWriter, movements: Sequence[Movement], narrative: Narrative,
    request: Request, reference: str,
) -> bytes:  # fmt: skip
    profile = builder.profile
    multi = request.shape == "multi-party"
    made = [_confirmed(builder, builder.transaction(m, multi_party=multi), m, request) for m in movements]
    if request.shape == "transactions-only":
        return writer.document(
            profile.transactions_root, "reportdata", {"transactions": {"transaction": made}}
        )
    on = request.on or builder.case.until.astimezone(profile.zone).date()
    kind = "activity" if request.shape == "activity" else "transactions"
    tree: dict[str, Any] = {
        "schema_version": profile.header.get("schema_version"),
        "rentity_id": profile.rentity_id,
        "rentity_branch": profile.header.get("rentity_branch"),
        "submission_code": "E",
        "report_code": profile.report_codes.get(kind),
        "entity_reference": reference,
        "fiu_ref_number": request.fiu_reference,
        profile.date_element: start_of(on),
        "currency_code_local": profile.currency,
        "reporting_user_code": profile.header.get("reporting_user_code"),
        "location": dict(profile.location),
        "reason": narrative.reason,
        "action": narrative.action,
        "report_indicators": {"indicator": indicators(builder.case, profile)},
    }
    if request.shape == "activity":
        tree["activity"] = {"report_parties": {"report_party": _report_parties(builder, request)}}
    else:
        tree["transaction"] = made
    return writer.document("report", "report", tree)


def indicators(case: FilingCase, profile: FilingProfile) -> list[str]:
    """Gives the FIU's codes of what was found, most weight first; rule ids are never codes."""
    words = {rule.id: rule.report_indicator for rule in case.pack.rules}
    found = sorted({(-int(h["weight"]), words.get(h["rule"], "")) for h in case.hits})
    codes = [profile.indicators.get(word, "") for _, word in found]
    return [code for code in dict.fromkeys([*codes, *profile.predicate_offences]) if code]


def unmapped(case: FilingCase, profile: FilingProfile) -> list[str]:
    """Gives indicators of hits for which the profile has no code."""
    words = {rule.id: rule.report_indicator for rule in case.pack.rules}
    found = {words.get(h["rule"], "") for h in case.hits}
    return sorted(word for word in found if word and not profile.indicators.get(word))


def _report_parties(builder: SideBuilder, request: Request) -> list[dict[str, Any]]:
    """Gives subjects first and possible victims behind them, or not at all when the profile says so."""
    case, profile = builder.case, builder.profile
    chosen: list[Party] = list(case.others)
    if profile.possible_victims == "party":
        chosen += case.victims
    out = []
    for party in chosen:
        tree = dict(report_party(builder, party))
        if party.id in request.confirmed and profile.table.element("report_party_type", "is_suspected"):
            tree["is_suspected"] = "true"
        if party.role == CONTROLLER:
            tree["significance"] = "5"
        out.append(tree)
    return out


def _confirmed(
    builder: SideBuilder, tree: dict[str, Any], movement: Movement, request: Request
) -> dict[str, Any]:
    """Marks the sides of parties whom an officer has confirmed."""
    for prefix, number in (("from", movement.payer), ("to", movement.payee)):
        party = builder.case.party_of(number) if number else None
        if party is None or party.id not in request.confirmed:
            continue
        for name in (f"t_{prefix}_my_client", f"t_{prefix}"):
            if name in tree and builder.profile.table.element(name, f"{prefix}_is_suspected"):
                tree[name][f"{prefix}_is_suspected"] = "true"
    return tree


def _notes(
    case: FilingCase, profile: FilingProfile, request: Request, builder: SideBuilder, writer: ReportWriter
) -> tuple[str, ...]:
    notes = list(builder.notes)
    notes += [f"{path} was cut to the longest text that the FIU takes." for path in sorted(writer.shortened)]
    notes += [f"The indicator '{word}' has no code in the profile." for word in unmapped(case, profile)]
    if request.on is None:
        notes.append("The date of the report is the end of the data; give the day of filing with --date.")
    if not case.complete:
        notes.append("Names and accounts are not in the run folder; give the scanned files with --data.")
    if not request.options.action:
        notes.append(
            "The action taken is the standing sentence; write what the institution did with --action."
        )
    notes.append("The texts say that no customer was told; strike that out if it is not so.")
    return tuple(notes)


def _figures(narrative: Narrative) -> bytes:
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    table.writerow(["figure", "what", "source"])
    for row in narrative.figures:
        table.writerow([f"'{cell}" if re.match(_FORMULA, cell) else cell for cell in row])
    return stream.getvalue().encode()


_FORMULA = FORMULA.replace(r"\x{feff}", "\ufeff")


def _checklist(
    case: FilingCase, profile: FilingProfile, findings: dict[str, list[Finding]],
    checks: Sequence[NarrativeCheck], notes: Sequence[str],
) -> str:  # fmt: skip
    gaps = [f for found in findings.values() for f in found if f.code == "S03"]
    errors = [f for found in findings.values() for f in found if f.severity == "error"]
    lines = [
        f"# Review of the draft for {case.id}", "",
        f"Profile {profile.name}, goAML {profile.version}. A named officer reviews, edits and files.", "",
        "Not fileable yet: see the missing elements and errors below." if errors
        else "No error was found by our own checks. The FIU's own schema and rules decide.", "",
        "## Missing elements", "",
    ]  # fmt: skip
    lines += _summed(gaps) or ["None."]
    lines += ["", "## Other findings of the checks", ""]
    others = [f for found in findings.values() for f in found if f.code != "S03"]
    lines += _summed(others) or ["None."]
    lines += ["", "## To look at", ""] + ([f"- {note}" for note in notes] or ["Nothing."])
    lines += ["", "## The narrative", ""]
    lines += [
        f"- [{'x' if c.passed else ' '}] {c.id}: {c.text}" + (f" ({c.note})" if c.note else "")
        for c in checks
    ]
    return "\n".join(lines) + "\n"


def _summed(findings: Sequence[Finding]) -> list[str]:
    counts: dict[tuple[str, str, str, str], int] = {}
    for f in findings:
        key = (f.code, f.severity, f.path, f.message)
        counts[key] = counts.get(key, 0) + 1
    return [
        f"- {severity} {code}, {n} time{'' if n == 1 else 's'}: `{path}` {message}"
        for (code, severity, path, message), n in sorted(counts.items())
    ]
