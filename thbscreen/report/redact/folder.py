"""Makes the folder that is handed over: chosen cases at one level, an index page, a manifest of all files."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

import thbscreen
from thbscreen.diagnostics import suggest
from thbscreen.errors import DataError, OutputError, UsageError
from thbscreen.io.digest import sha256_file
from thbscreen.io.publish import MANIFEST
from thbscreen.model.keys import Key
from thbscreen.report import files
from thbscreen.report.casefolder import SAFE, run_identity, write_case
from thbscreen.report.cases import Source, cases_of, handled_as_victims, not_judged
from thbscreen.report.export.output import check_apart, whole_file, whole_folder
from thbscreen.report.files import Written
from thbscreen.report.folder import RunFolder, open_folder, unchanged
from thbscreen.report.narrative import DRAFT, STANDING_CARE, VICTIM_CARE, Setting
from thbscreen.report.redact import COUNTERPART, INTERNAL, LEVELS, SHARING, counterpart, typology
from thbscreen.report.redact.cells import HIGHEST, LEAST, LOWEST
from thbscreen.report.redact.counterpart import Counterpart
from thbscreen.report.redact.pseudonyms import FORM, Pseudonyms
from thbscreen.report.story import Story, document, link
from thbscreen.report.text import count
from thbscreen.rules import bundle

_CASES = (("networks", "network_id"), ("alerts", "alert_id"), ("reviews", "review_id"))
_CSV = ("evidence.csv", "members.csv")
_INDEX = "index.html"
_LEVELS = {
    INTERNAL: "Everything as it is in the run folder, for people who may see personal data.",
    COUNTERPART: counterpart.NOTE,
    SHARING: typology.NOTE,
}
#: Runs of letters and digits that an id may be, in a text.
_TOKEN = re.compile(r"[\w-]{6,}")


@dataclass(frozen=True)
class Request:
    """What is to be handed over.

    Attributes:
        cases: ids of cases or their beginnings; none means all.
        level: one of LEVELS.
        key: of the pseudonyms, at level counterpart.
        mapping: file to make with pseudonyms and their values.
        least: smallest count that is shown, at level sharing.
        drafts: further files by case, put into its folder `draft/`; at level internal.
    """

    cases: tuple[str, ...] = ()
    level: str = INTERNAL
    key: Key | None = None
    mapping: Path | None = None
    least: int = LEAST
    drafts: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    force: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed over: counts, no ids."""

    cases: int
    files: int
    pseudonyms: int


def hand_over(folder: Path, out: Path, pack: bundle.RulePack, request: Request) -> Handed:
    """Writes the folder, whole or not at all.

    Args:
        folder: the run folder.
        out: folder to make.
        pack: rules of the run.
        request: what is wanted.

    Raises:
        UsageError: the call contradicts itself, a case does not exist, or `out` may not be replaced.
        DataError: the run folder cannot be read or was changed.
        OutputError: something cannot be written, or an id would be left in what is handed over.
    """
    _check(out, request)
    run = open_folder(folder)
    check_apart(out, folder)
    chosen = choose(run, request.cases)
    pseudonyms = Pseudonyms(request.key) if request.key is not None else None
    with whole_folder(out, force=request.force, kind="handover") as place:
        cases = place / "cases"
        cases.mkdir(mode=0o700)
        if request.level == INTERNAL:
            written, shown = _as_they_are(run, chosen, cases, request.drafts)
        elif request.level == COUNTERPART and pseudonyms is not None:
            written, shown = _under_pseudonyms(run, chosen, cases, pack, pseudonyms)
        else:
            written, shown = _as_forms(run, chosen, cases, pack, request.least)
        (place / _INDEX).write_text(_index(request.level, shown, written), encoding="utf-8", newline="\n")
        inside = [Written(_INDEX), *(Written(f"cases/{w.path}", w.rows) for w in written)]
        facts = {
            "handover": {"level": request.level, "cases": list(shown), **_of(run, request, pseudonyms)},
            "outputs": files.described(place, inside),
        }
        files.write_json(facts, place / MANIFEST)
        found: set[str] = set()
        if request.level != INTERNAL:
            found = _check_left(place, _ids(run, chosen))
        if request.mapping is not None and pseudonyms is not None:
            _write_mapping(request.mapping, pseudonyms.whose(found), force=request.force)
    return Handed(len(chosen), len(inside) + 1, len(found))


def choose(run: RunFolder, wanted: Sequence[str]) -> list[str]:
    """Gives the ids of the cases that are meant, in the order of the run; all for none.

    Raises:
        UsageError: a case does not exist, or more than one is meant.
    """
    known = [i for table, column in _CASES for i in run.table(table)[column].to_list()]
    held = [i for i in known if SAFE.fullmatch(i) and (run.path / "cases" / i / MANIFEST).is_file()]
    if not held:
        raise UsageError(f"{run.name} has no case with a folder", hint="there is nothing to hand over")
    chosen = set()
    for one in wanted:
        start = one.strip().lower()
        found = [i for i in held if start and i.lower().startswith(start)]
        found = [i for i in found if i.lower() == start] or found
        if len(found) != 1:
            few = f"{count(len(found), 'case')} of {run.name} begin with '{one}'" if found else (
                f"{run.name} has no case '{one}' with a folder"
            )  # fmt: skip
            hint = "write more of: " + ", ".join(found[:10]) if found else suggest(one, held)
            raise UsageError(few, hint=hint or f"cases are the folders in {run.name}/cases")
        chosen.add(found[0])
    return [i for i in held if not wanted or i in chosen]


def _check(out: Path, request: Request) -> None:
    if request.level not in LEVELS:
        raise UsageError(f"there is no level '{request.level}'", hint="levels: " + ", ".join(LEVELS))
    if request.level == COUNTERPART and request.key is None:
        raise UsageError(
            "pseudonyms need the institution's key",
            hint="--key-file FILE with at least 32 characters that nobody outside knows; always the same one",
        )
    if request.mapping is not None and request.level != COUNTERPART:
        raise UsageError("only the level counterpart has pseudonyms to map", hint="leave --map out")
    if request.mapping is not None and out.resolve() in (
        request.mapping.resolve(),
        *request.mapping.resolve().parents,
    ):
        raise UsageError("the map would lie in the folder that is handed over", hint="keep it elsewhere")
    if request.drafts and request.level != INTERNAL:
        raise UsageError("a draft names people: for the level internal only", hint="leave --profile out")
    if not LOWEST <= request.least <= HIGHEST:
        raise UsageError(f"--at-least is from {LOWEST} to {HIGHEST}")


def _of(run: RunFolder, request: Request, pseudonyms: Pseudonyms | None) -> dict[str, object]:
    """Gives what a folder says about where it comes from."""
    out: dict[str, object] = {"thbscreen": thbscreen.__version__}
    if request.level != SHARING:
        out["run_manifest_sha256"] = sha256_file(run.path / MANIFEST)
    if pseudonyms is not None:
        out["key_check"] = pseudonyms.check
    return out | ({"at_least": request.least} if request.level == SHARING else {})


# --- levels ------------------------------------------------------------------------------------------


def _as_they_are(
    run: RunFolder, chosen: Sequence[str], cases: Path, drafts: Mapping[str, Mapping[str, bytes]]
) -> tuple[list[Written], dict[str, str]]:
    written = []
    listed = [str(o.get("file")) for o in run.manifest.get("outputs") or () if isinstance(o, dict)]
    rows = {o["file"]: o.get("rows") for o in run.manifest.get("outputs") or ()}
    for case in chosen:
        (cases / case).mkdir(mode=0o700)
        for name in (n for n in listed if n.startswith(f"cases/{case}/")):
            file = unchanged(run, name)
            if file is None or "/" in name.removeprefix(f"cases/{case}/"):
                continue
            (cases / case / file.name).write_bytes(file.read_bytes())
            written.append(Written(f"{case}/{file.name}", rows[name]))
        if drafts.get(case):
            (cases / case / "draft").mkdir(mode=0o700)
        for name, data in drafts.get(case, {}).items():
            (cases / case / "draft" / name).write_bytes(data)
            written.append(Written(f"{case}/draft/{name}"))
    titles = dict(run.table("networks").select("network_id", "title").rows())
    return written, {case: titles.get(case) or _kind(case) for case in chosen}


def _under_pseudonyms(
    run: RunFolder, chosen: Sequence[str], cases: Path, pack: bundle.RulePack, pseudonyms: Pseudonyms
) -> tuple[list[Written], dict[str, str]]:
    hidden = Counterpart(run, pseudonyms, {r.id: r for r in pack.rules})
    source = hidden.source
    also = {pseudonyms.of(m) for m in _safe_members(run)}
    apart = handled_as_victims(source) | also
    names = {pseudonyms.of(case): case for case in chosen}

    def wanted(name: str) -> pl.DataFrame:
        frame = source.table(name)
        column = dict(_CASES).get(name)
        return frame if column is None else frame.filter(pl.col(column).is_in(list(names)))

    written: list[Written] = []
    shown = {}
    identity = run_identity(run.manifest)
    identity.pop("profile")
    for case in cases_of(Source(wanted, source.holders), _setting(run, pack), apart):
        evidence = hidden.evidence(_evidence(run, names[case.id]))
        written += write_case(case.files(evidence), cases, identity, COUNTERPART)
        shown[case.id] = case.story.title.partition(": ")[2]
    return written, shown


def _as_forms(
    run: RunFolder, chosen: Sequence[str], cases: Path, pack: bundle.RulePack, least: int
) -> tuple[list[Written], dict[str, str]]:
    rules = {r.id: r for r in pack.rules}
    members = run.table("network_members").select("accounts", party_id="member_id")
    held = members.explode("accounts").drop_nulls("accounts").select("party_id", account_id="accounts")
    apart = handled_as_victims(Source(run.table, held)) | _safe_members(run)
    written: list[Written] = []
    shown = {}
    for n, case in enumerate(chosen, 1):
        name = f"case-{n}"
        made = typology.typology_case(run, case, name, apart, rules, least, _evidence(run, case))
        written += write_case(made, cases, {"thbscreen": thbscreen.__version__}, SHARING)
        shown[name] = made.story.title.partition(": ")[2]
    return written, shown


def _setting(run: RunFolder, pack: bundle.RulePack) -> Setting:
    until = run.manifest.get("data_until")
    as_of = (
        datetime.fromisoformat(str(until).replace("Z", "+00:00"))
        if until
        else datetime(1970, 1, 1, tzinfo=UTC)
    )
    silent, weak = not_judged(run.table("readiness"))
    digest = str(run.manifest["rules"]["digest"])
    return Setting(
        pack, as_of, silent, weak, note=counterpart.NOTE, rules=(digest, "of the institution"), clock=run.zone
    )


def _evidence(run: RunFolder, case: str) -> pl.DataFrame:
    return pl.read_csv(_file(run, case, "evidence.csv"), infer_schema=False)


def _safe_members(run: RunFolder) -> frozenset[str]:
    """Gives who is put apart in members.csv of a case though no hit of it reads them as a possible victim.

    So another reading of the run shows there, also of accounts whose holder the tables do not name.
    """
    out: set[str] = set()
    for case in choose(run, ()):
        frame = pl.read_csv(_file(run, case, "members.csv"), infer_schema=False)
        if "handling" in frame.columns:
            safe = frame.filter(pl.col("handling") == "possible victim")
            read = safe.filter(pl.col("role") == "possible_victim")["member_id"]
            out |= set(safe["member_id"].drop_nulls().to_list()) - set(read.to_list())
    return frozenset(out)


def _file(run: RunFolder, case: str, name: str) -> Path:
    file = unchanged(run, f"cases/{case}/{name}")
    if file is None:
        raise DataError(f"{run.name}/cases/{case}/{name} is not a file of the scan", hint="scan again")
    return file


def _kind(case: str) -> str:
    return "Text to be read at once" if case.startswith("RV-") else "Alert on one subject"


# --- around them -------------------------------------------------------------------------------------


def _index(level: str, shown: Mapping[str, str], written: Sequence[Written]) -> str:
    """Gives the page to begin with: what this is, how to handle it, and every case with its files."""
    story = Story("Cases handed over")
    story.paragraph(DRAFT)
    story.paragraph(_LEVELS[level])
    story.section("How to handle it")
    care = [STANDING_CARE, "Possible victims stand apart in every file. " + VICTIM_CARE]
    story.bullets(
        [*(care if level != SHARING else care[1:]), "manifest.json holds the SHA-256 of every file."]
    )
    rows = []
    for case, title in shown.items():
        mine = [w.path for w in written if w.path.startswith(f"{case}/")]
        mine.sort(key=lambda path: (not path.endswith("narrative.html"), path))
        links = ", ".join(_link(path, case) for path in mine)
        rows.append(f"<tr><td>{html.escape(case)}</td><td>{html.escape(title)}</td><td>{links}</td></tr>")
    table = (
        '<section><h2>Cases</h2><div class="wide"><table><thead><tr><th>case</th><th>what</th>'
        "<th>files</th></tr></thead><tbody>\n" + "\n".join(rows) + "\n</tbody></table></div></section>"
    )
    return document(story.title, story.body() + "\n" + table)


def _link(path: str, case: str) -> str:
    return link(f"cases/{path}", path.removeprefix(f"{case}/"))


def _ids(run: RunFolder, chosen: Iterable[str]) -> set[str]:
    """Gives every id of the chosen cases that can be told from other words."""
    out: set[str] = set(chosen)
    for case in chosen:
        for name in _CSV:
            frame = pl.read_csv(_file(run, case, name), infer_schema=False)
            for column in frame.columns:
                if column in {*counterpart.NAMED_BY_ID, "member_id", "network_id", "hit_id"}:
                    out |= set(frame[column].drop_nulls().to_list())
    for table, columns in (("hits", ("hit_id", "subject_id")), ("hit_members", ("member_id",))):
        for column in columns:
            out |= set(run.table(table)[column].drop_nulls().to_list())
    return {i.lower() for i in out if _TOKEN.fullmatch(i) and any(c.isdigit() for c in i)}


def _check_left(place: Path, ids: Collection[str]) -> set[str]:
    """Looks for ids in every file once more, and gives the pseudonyms that are there.

    Raises:
        OutputError: an id is left.
    """
    pseudonyms: set[str] = set()
    for path in sorted(place.rglob("*")):
        for text in _texts(path) if path.is_file() else ():
            if not set(_TOKEN.findall(text.lower())).isdisjoint(ids):
                raise OutputError(
                    f"an id would be left in {path.name}: nothing was written", hint="this is a bug; tell it"
                )
            pseudonyms |= set(FORM.findall(text))
    return pseudonyms


def _texts(path: Path) -> list[str]:
    data = path.read_bytes()
    if path.suffix != ".xlsx":
        return [html.unescape(data.decode("utf-8")), str(path)]
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return [html.unescape(book.read(name).decode("utf-8")) for name in book.namelist()]


def _write_mapping(out: Path, rows: Sequence[tuple[str, str]], *, force: bool) -> None:
    frame = pl.DataFrame(rows, {"pseudonym": pl.String, "value": pl.String}, orient="row")
    with whole_file(out, force=force) as stream:
        stream.write(files.csv_text(frame))
