"""The page about simulated worlds, made from what the program itself goes by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thbscreen.simulate.exports.profiles import PROFILES
from thbscreen.simulate.leak import INTENDED, LIFT, PURITY, RECALL, TREE
from thbscreen.simulate.operators import OPERATORS
from thbscreen.simulate.settings import PRESETS, Dirt

#: What each column of the truth says, by table.
TRUTH: dict[str, dict[str, str]] = {
    "groups": {
        "group_id": "id of the group, such as P1-01",
        "kind": "positive (a planned network) or twin (a lawful group that looks like one)",
        "scenario": "id of the [scenario](scenarios.md)",
        "name": "what it is, in plain words",
        "typology": "the rules' word for it; missing for twins",
        "twin_of": "scenarios that a twin looks like; empty for positives",
        "ops": "evasive operators; empty when it behaves as the scenario says",
        "strength": "the greatest strength of its operators, 0 without any",
        "visibility": "full, one_bank, cash_heavy or kyc_missing",
        "start": "day of its first planned movement",
        "end": "day of its last one",
        "expected": "what a report should say: alert, context, none or not_evaluable",
        "network": "whether a network is expected, not one subject",
        "n_members": "how many parties belong to it",
        "shared_traits": "what it has in common with daily life, or a twin with its counterpart",
        "differs_in": "what tells it apart in the data",
        "seed_path": "names of the random streams it was drawn from",
    },
    "members": {
        "group_id": "group",
        "party_id": "party",
        "account_id": "one of the party's accounts; missing when it is not in the data",
        "part": "part in the scenario",
        "role": "controller, facilitator, possible_victim, client, unwitting or lawful",
        "expected_role": "the word that a report may show",
        "core": "whether a network should join the party",
        "visible": "whether the account has planned movements in the data",
        "since": "day of its first planned movement",
        "until": "day of its last one",
    },
    "legs": {
        "group_id": "group",
        "tx_id": "movement",
        "phase": "phase of the scenario, or `evasion`",
        "leg_kind": "what the movement is for",
        "visible": "whether it is in the data",
        "is_camouflage": "whether an operator added it to hide others",
    },
    "links": {
        "group_id": "group",
        "a": "one party",
        "b": "another party",
        "kind": "what ties them: device, phone, address, email or payment",
    },
    "people": {
        "party_id": "natural person in the data",
        "name_origin": "where the name comes from",
        "language": "language of texts",
        "district": "district of the home",
        "permit": "kind of residence",
        "income_band": "monthly net income in euros",
        "job": "occupation",
    },
}
_ABOUT = {
    "groups": "One row per planned group.",
    "members": "One row per group, party and account.",
    "legs": "One row per planned movement. Pay that an employer books for everybody is not among them.",
    "links": "One row per group, pair of members and tie.",
    "people": "One row per natural person. No column of it is in the data: it serves to compare alert rates.",
}
_DIRT = {
    "duplicate": "rows that stand twice (tables)",
    "overlap": "rows in both periods of the bundle; a fixed week",
    "no_name": "name of the counterparty missing",
    "masked": "account of the counterparty masked",
    "swapped_day": "day and month in the wrong order, where that cannot be a date (table of bank A)",
    "wrong_currency": "another currency (tables)",
    "reversal": "mistaken bookings, undone at once (statements)",
    "late": "booked two days after the value date",
    "other_script": "name in another script",
    "broken": "lines cut in the middle (tables of banks A and E)",
}


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def _presets() -> Iterator[str]:
    rows = [
        (f"`{name}`", preset.about, f"{preset.evasive:.0%}", f"{preset.partial:.0%}")
        for name, preset in PRESETS.items()
    ]
    yield from _table(("preset", "what it holds", "networks that evade", "networks seen in part"), rows)


def _truth() -> Iterator[str]:
    for name, columns in TRUTH.items():
        yield f"### {name}.parquet"
        yield ""
        yield _ABOUT[name]
        yield ""
        yield from _table(("column", "meaning"), [(f"`{c}`", told) for c, told in columns.items()])


def _exports() -> Iterator[str]:
    yield from _table(
        ("profile", "form", "read with"),
        [
            (f"`{p.name}`", p.about, f"`exports/{p.name}.yaml`" if p.mapping else "no mapping needed")
            for p in PROFILES
        ]
        + [("`fiu`", "statements of all banks, in two periods that overlap by a week", "no mapping needed")],
    )
    yield "Columns that a form cannot hold, or holds otherwise:"
    yield ""
    for p in PROFILES:
        told = "; ".join(f"`{column}` {how}" for column, how in p.lost.items())
        yield f"- `{p.name}`: {told}."
    yield ""
    dirt = Dirt()
    yield "Damage in rows per thousand, before `--dirt`:"
    yield ""
    rows = [(_DIRT[name], f"{getattr(dirt, name):g}") for name in dirt.__slots__]
    yield from _table(("damage", "per thousand"), rows)


_HEAD = """# Simulated worlds

What [`thbscreen simulate`](cli.md#thbscreen-simulate) makes; how to use it is in
[make a world](../how-to/simulate-a-world.md). Everything is invented. Finding these groups shows that the
program works as meant; it says nothing about how many real cases it would find.

## Presets

"""
_FILES = """Everybody lives first, as if nothing were planned. Twins, and then networks, take over people;
whatever those have to do with others is lived again, and nobody else's movements change. Every process has
a random stream named after it, so adding one leaves the others as they were. A world without its networks
holds the same rows, byte for byte, for everybody whom they never touched.

## Files

`data/` holds the canonical tables, `exports/` what single banks hand over, `truth/` the following. The
manifest `truth/manifest.json` has the settings, counts, base rates, the damage done to exports, and the
SHA-256 of every file. All ids are those of the data.

"""
_OPERATORS = """## Operators

An operator changes the payments of a network, or facts of its members, with a strength from 1 to 3. They
combine. Both legs of a payment always carry the same money.

"""
_LEAKS = f"""## Leak test

`thbscreen simulate check` fails

- when a single value or threshold of any column reaches {LIFT:g} times the base rate at more than
  {RECALL:.0%} of all planned movements or members;
- when more than {PURITY:.0%} of the rows with one value or threshold belong to one scenario, and they are
  more than {RECALL:.0%} of its movements;
- or when a decision tree of depth 3 over all columns, grown on half of the accounts, reaches an average
  precision above {TREE:g} on the other half.

Columns are the raw ones and what is simply made from them: hour, weekday, day, minute and second, parts and
remainders of amounts, lengths of texts, places in the file, beginnings and ends of ids, ages of accounts,
and how often a pair pays. A failure is mended in the generator. Meant to tell something:

"""


def page() -> str:
    """Gives docs/reference/simulated-worlds.md without its first note."""
    lines = [
        *_HEAD.splitlines(),
        *_presets(),
        *_FILES.splitlines(),
        *_truth(),
        *_OPERATORS.splitlines(),
        *_table(
            ("operator", "name", "what changes", "what stays"),
            [(op.id, op.name, op.changes, op.holds) for op in OPERATORS],
        ),
        "## Exports",
        "",
        *_exports(),
        *_LEAKS.splitlines(),
        *(f"- `{column}`: {why}" for column, why in INTENDED.items()),
        "",
    ]
    return "\n".join(lines)
