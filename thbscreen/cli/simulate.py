"""`thbscreen simulate`: makes a world with known truth, checks one, and tells the story of a group."""

from __future__ import annotations

import json
from pathlib import Path

import click

from thbscreen.cli.program import FilePath, debug_option, epilog, say


@click.group(
    invoke_without_command=True,
    epilog=epilog(
        "thbscreen simulate --preset tiny --seed 7 --out world/",
        "thbscreen simulate --preset small --scenarios P1:3,P3 --twins all --out world/",
        "thbscreen simulate --preset tiny --ops A4:2,A8:3 --out world/",
        "thbscreen simulate --preset tiny --scenarios none --out quiet/",
    ),
)
@click.option("--preset", metavar="NAME", default="tiny", show_default=True,
              help="Size of the world: tiny, small, medium or large.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True,
              help="The same seed and options give the same bytes.")  # fmt: skip
@click.option("--out", metavar="DIR", type=FilePath(), help="Folder to make; it appears whole or not at all.")
@click.option("--people", type=int, metavar="N", help="Natural persons, instead of the preset's number.")
@click.option("--scenarios", metavar="LIST", default="all", show_default=True,
              help="Planned networks: all, none, or ids with counts such as P1:3,P3.")  # fmt: skip
@click.option("--twins", metavar="LIST", default="all", show_default=True,
              help="Lawful look-alikes: all, none, or ids such as T1,T4:2.")  # fmt: skip
@click.option("--ops", metavar="LIST",
              help="Evasive operators with strengths 0 to 3 for networks: A4:2,A8:3; none for "
                   "none.")  # fmt: skip
@click.option("--evasive", type=click.FloatRange(0, 1), metavar="SHARE",
              help="Share of networks that behave evasively; all of them when --ops is given.")  # fmt: skip
@click.option("--visibility", metavar="WORD",
              help="What data show: full, one_bank, cash_heavy, kyc_missing or mixed.")  # fmt: skip
@click.option(
    "--banks", type=int, metavar="N", default=3, show_default=True, help="Banks in the data, 3 to 5."
)
@click.option("--profiles", metavar="LIST", default="clean", show_default=True,
              help="Further exports beside data/: some of bank_a to bank_e, and fiu.")  # fmt: skip
@click.option("--dirt", type=click.FloatRange(0, 20), metavar="X", default=1.0, show_default=True,
              help="Factor on the usual damage of those exports; 0 for none.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace an earlier world.")
@click.option("--quiet", is_flag=True, help="Print nothing on stderr but errors.")
@debug_option
@click.pass_context
def simulate(
    context: click.Context, preset: str, seed: int, out: Path | None, people: int | None, scenarios: str,
    twins: str, ops: str | None, evasive: float | None, visibility: str | None, banks: int,
    profiles: str, dirt: float, force: bool, quiet: bool,
) -> None:  # fmt: skip
    """Makes an invented world of banks with known truth.

    The folder holds data/, which can be scanned, and truth/, which says who is in which planned group.
    Everything is invented: finding these groups shows that the program works as meant, not how many real
    cases it would find.
    """
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise click.UsageError("say where to with --out DIR")
    from thbscreen.simulate.folder import make_folder  # noqa: PLC0415  # help needs no tables
    from thbscreen.simulate.settings import settings_of  # noqa: PLC0415

    settings = settings_of(
        preset, seed, people=people, scenarios=scenarios, twins=twins, ops=ops, evasive=evasive,
        visibility=visibility, banks=banks, profiles=[p.strip() for p in profiles.split(",")], dirt=dirt,
    )  # fmt: skip
    made = make_folder(settings, out, force=force)
    click.echo(str(out))
    if not quiet:
        kinds = [p.scenario.kind for p in made.plans]
        n, twins_made = kinds.count("positive"), kinds.count("twin")
        say(
            f"{settings.people} people, {made.view.legs.height} movements, {n} network{'s' * (n != 1)}, "
            f"{twins_made} lawful look-alike{'s' * (twins_made != 1)}; all invented"
        )


@simulate.command(epilog=epilog("thbscreen simulate check world/", "thbscreen simulate check world/ --json"))
@click.argument("folder", metavar="DIR", type=FilePath())
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@debug_option
@click.pass_context
def check(context: click.Context, folder: Path, as_json: bool) -> None:
    """Checks a world: files, money, calendar, truth, and that nothing gives planned groups away.

    Ends with exit code 1 when something does not hold. A leak is a fault of the generator: a single value
    or threshold, or a small tree over all columns, that tells movements of planned networks from others.
    """
    from thbscreen.simulate.verify import check_world  # noqa: PLC0415  # help needs no tables

    checks = check_world(folder)
    if as_json:
        told = [{"name": c.name, "holds": not c.faults, "faults": c.faults, "notes": c.notes} for c in checks]
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for one in checks:
            click.echo(f"{'FAILED' if one.faults else 'ok'}  {one.name}")
            for line in (*one.faults, *one.notes):
                click.echo(f"    {line}")
    if any(c.faults for c in checks):
        context.exit(1)


@simulate.command(
    epilog=epilog("thbscreen simulate explain world/ P1-01", "thbscreen simulate explain world/ T4-01 --all")
)
@click.argument("folder", metavar="DIR", type=FilePath())
@click.argument("group")
@click.option("--all", "everything", is_flag=True, help="List every movement, not only the first sixty.")
@debug_option
def explain(folder: Path, group: str, everything: bool) -> None:
    """Tells the story of a group of a world: what it is, who is in it, and what they did.

    GROUP is a group_id of truth/groups.parquet, such as P1-01 or T4-01.
    """
    from thbscreen.simulate.story import tell_story  # noqa: PLC0415  # help needs no tables

    for line in tell_story(folder, group, 0 if everything else 60):
        click.echo(line)
