"""`thbscreen rules tune`: what other values of a rule would have kept and dropped."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, profile_option, say, width_of
from thbscreen.errors import DataError, UsageError
from thbscreen.report.layout import columns, printable

if TYPE_CHECKING:
    from thbscreen.engine.tuning import Decided, Setting, Tuning
    from thbscreen.rules.bundle import RulePack

PATH = FilePath()
#: Settings shown at most, and the largest file of subjects in bytes.
SHOWN, MAX_BYTES = 8, 16 * 1024 * 1024


@click.command(
    epilog=epilog(
        "thbscreen rules tune THB-SEX-010 --confirmed confirmed.txt --cleared cleared.txt --data data/",
        "thbscreen rules tune THB-ML-001 --confirmed yes.csv --cleared no.csv --data in.csv --mapping m.yaml",
        "thbscreen rules tune THB-VIC-001 --truth world/truth --data world/data --curves",
    )
)
@click.argument("rule_id", metavar="ID")
@click.option("--confirmed", metavar="FILE", type=PATH,
              help="Subjects rightly flagged: one id a line, or rows of hits.csv.")  # fmt: skip
@click.option("--cleared", metavar="FILE", type=PATH,
              help="Subjects that turned out harmless, in the same form.")  # fmt: skip
@click.option("--truth", metavar="DIR", type=PATH,
              help="Truth folder of the data instead: planned members, and lawful ones.")  # fmt: skip
@click.option("--curves", is_flag=True,
              help="Show each parameter from its loosest to its strictest value.")  # fmt: skip
@click.option("--data", "inputs", metavar="PATH", type=PATH, multiple=True, required=True,
              help="Folder or file of data; may be given several times.")  # fmt: skip
@click.option("--mapping", metavar="FILE", type=PATH, help="Mapping file, for columns with other names.")
@click.option(
    "--rules", "folder", metavar="DIR", type=PATH, help="Folder of rules; by default those it brings."
)
@profile_option
@click.option("--quiet", is_flag=True, help="Print nothing on stderr but errors.")
@debug_option
def tune(
    rule_id: str,
    confirmed: Path | None,
    cleared: Path | None,
    truth: Path | None,
    curves: bool,
    inputs: tuple[Path, ...],
    mapping: Path | None,
    folder: Path | None,
    profile: str,
    quiet: bool,
) -> None:
    """Tries other values of a rule's parameters on data with known outcomes.

    Values move inside the bounds that the rule sets. Shown are those that keep the most confirmed subjects
    and flag the fewest cleared ones, and what to paste into the profile. Nothing is changed. Outcomes come
    from two files, or from the truth of a made world: then members of planned groups of the rule's forms
    count as confirmed, and members of lawful groups as cleared.
    """
    if (truth is None) == (confirmed is None and cleared is None) or (confirmed is None) != (cleared is None):
        raise click.UsageError("give --confirmed and --cleared, or --truth")
    from thbscreen.engine.tuning import tune as find  # noqa: PLC0415  # tables are loaded when needed
    from thbscreen.io.dataset import open_dataset  # noqa: PLC0415
    from thbscreen.rules.pack import home_country, load_pack  # noqa: PLC0415

    pack = load_pack(folder, profile, only=[rule_id.upper()], tests=False)
    decided = _decided(pack, rule_id.upper(), confirmed, cleared, truth)
    zone, home = pack.profile.time_zone, home_country(pack)
    dataset = open_dataset(list(inputs), mapping, zone=zone, home=home)
    if quiet:
        found = find(pack, rule_id.upper(), dataset, *decided)
    else:
        from thbscreen.cli.progress import Shown  # noqa: PLC0415

        with Shown(sys.stderr, live=sys.stderr.isatty(), width=width_of(sys.stderr)) as progress:
            found = find(pack, rule_id.upper(), dataset, *decided, progress=progress)
    if truth is not None:
        from thbscreen.evaluate.evaluation import SENTENCE  # noqa: PLC0415

        click.echo(SENTENCE)
    for line in _report(found, pack, decided, planned=truth is not None):
        click.echo(printable(line))
    for line in _curves(found) if curves else ():
        click.echo(printable(line))
    for path, unknown in ((confirmed, found.unknown_confirmed), (cleared, found.unknown_cleared)):
        if unknown and path is not None:
            say(f"{_lines(unknown)} of {path.name}: not in the data, left out", "warning")


def _decided(
    pack: RulePack, rule_id: str, confirmed: Path | None, cleared: Path | None, truth: Path | None
) -> list[list[Decided]]:
    from thbscreen.engine.tuning import Decided, read_decided  # noqa: PLC0415  # tables are loaded when needed

    if truth is None:
        return [read_decided(_text(path), rule_id) for path in (confirmed, cleared) if path is not None]
    from thbscreen.evaluate.truth import decided_by, read_truth  # noqa: PLC0415

    rule = next(r for r in pack.rules if r.id == rule_id)
    sides = decided_by(read_truth(truth), rule.typologies)
    return [[Decided(name, n) for n, name in enumerate(side, 1)] for side in sides]


def _curves(found: Tuning) -> Iterator[str]:
    """Gives each parameter alone: what its values flag, above and below the one in force."""
    more = {"lower": "; lower finds more", "higher": "; higher finds more"}
    for parameter in found.rule.parameters:
        at = found.by_value(parameter.name)
        yield ""
        yield f"{parameter.name}: {parameter.means}{more.get(parameter.stricter, '')}"
        rows = [("confirmed", "cleared", "all", "value")]
        rows += [
            _row(s, found, f"{value.text}{' (in force)' if s is found.current else ''}") for value, s in at
        ]
        yield from columns([list(r) for r in rows], frozenset({0, 1, 2}), [12, 12, 8, 40])


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read ({error.strerror})") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{path.name} is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not UTF-8 text") from None


def _lines(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    rest = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"line{'s' * (len(numbers) > 1)} {shown}{rest}"


def _report(
    found: Tuning, pack: RulePack, decided: Sequence[Sequence[Decided]], *, planned: bool
) -> Iterator[str]:
    rule, now = found.rule, found.current
    yield f"{rule.id}, version {rule.version}: {rule.title}"
    for word, known, given in (
        ("confirmed", found.confirmed, decided[0]),
        ("cleared", found.cleared, decided[1]),
    ):
        yield f"  {word}: {known} subjects in the data, {len(given)} in the {'truth' if planned else 'file'}"
    yield f"  tried {len(found.settings)} settings inside the bounds of {len(rule.parameters)} parameters"
    yield ""
    best = found.better[:SHOWN]
    rows = [("confirmed", "cleared", "all", "values"), _row(now, found, "in force now")]
    rows += [_row(s, found, ", ".join(f"{n} {v.text}" for n, v in s.changes)) for s in best]
    yield from columns([list(r) for r in rows], frozenset({0, 1, 2}), [12, 12, 8, 90])
    yield ""
    if now.kept < found.confirmed and (not best or best[0].kept < found.confirmed):
        yield "No setting inside the bounds flags every confirmed subject."
    if not best:
        yield "No setting inside the bounds is better than the values in force."
        return
    yield "To take over the first one, put this into your profile, with a reason and an approval of your own:"
    yield ""
    yield from _override(best[0], found, pack)


def _row(setting: Setting, found: Tuning, text: str) -> tuple[str, str, str, str]:
    kept, cleared = f"{setting.kept} of {found.confirmed}", f"{setting.cleared} of {found.cleared}"
    return kept, cleared, str(setting.flagged), text


def _override(setting: Setting, found: Tuning, pack: RulePack) -> Iterator[str]:
    """Gives the lines of the profile, with what it says about the rule already."""
    values = {n: v.text for o in pack.profile.overrides if o.rule == found.rule.id for n, v in o.parameters}
    values |= {name: value.text for name, value in setting.changes}
    yield "rules:"
    yield f"  {found.rule.id}:"
    yield f"    parameters: {{{', '.join(f'{name}: {text}' for name, text in values.items())}}}"
    yield "    reason: to be filled"
    yield "    approved: {by: to be filled, on: to be filled, review: to be filled}"
