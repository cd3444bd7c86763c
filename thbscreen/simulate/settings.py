"""What a world is to hold: presets, and the words of the command line that change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from thbscreen.errors import UsageError
from thbscreen.simulate.catalogue import SCENARIOS, VISIBILITIES, Scenario
from thbscreen.simulate.streams import stream

PROFILES = ("clean", "bank_a", "bank_b", "bank_c", "bank_d", "bank_e", "fiu")
#: Operators on planned movements; A14 and A15 act on the world as a whole.
OPERATORS = tuple(f"A{k}" for k in range(1, 16))
WORLD_OPERATORS = ("A14", "A15")
STRENGTHS = (1, 2, 3)
SMALLEST, LARGEST = 900, 200_000


class SettingsError(UsageError):
    """A setting that no world can have."""

    def __init__(self, option: str, token: str, text: str, hint: str) -> None:
        """Says what is wrong.

        Args:
            option: option of the command line.
            token: the word that is wrong.
            text: what is wrong with it.
            hint: what to write instead.
        """
        super().__init__(f"{option} '{token}': {text}", hint=hint)


@dataclass(frozen=True, slots=True)
class Dirt:
    """Damage done to exports of banks, in rows per thousand."""

    duplicate: float = 2.0
    overlap: float = 5.0
    no_name: float = 30.0
    masked: float = 10.0
    swapped_day: float = 1.0
    wrong_currency: float = 1.0
    reversal: float = 3.0
    late: float = 10.0
    other_script: float = 50.0
    broken: float = 0.5

    def times(self, factor: float) -> Dirt:
        """Gives all rates times a factor."""
        return Dirt(*(getattr(self, name) * factor for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Preset:
    """Size of a world and how many groups it has.

    Attributes:
        people: natural persons.
        positives: planned networks; None means each scenario once.
        twins: lawful look-alikes; None means each once.
        evasive: share of positives that behave evasively.
        partial: share of positives that the data show in part only (one bank, cash, files without contacts).
        about: one line for people.
    """

    people: int
    positives: int | None
    twins: int | None
    evasive: float
    partial: float
    about: str


PRESETS: dict[str, Preset] = {
    "tiny": Preset(
        2000, None, None, 0.0, 0.0, "2,000 people, 0.25 million rows, each scenario and twin once"
    ),
    "small": Preset(6000, 16, 44, 0.25, 0.2, "6,000 people, 0.7 million rows, 16 positives, 44 twins"),
    "medium": Preset(15_000, 40, 120, 0.5, 0.2, "15,000 people, 1.8 million rows, 40 positives, 120 twins"),
    "large": Preset(
        60_000, 5, 200, 0.4, 0.2, "60,000 people, about 7 million rows, few positives, 200 twins"
    ),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a world depends on.

    Attributes:
        preset: name of the preset that the others started from.
        seed: seed of all streams.
        people: natural persons.
        mix: how many groups of each scenario, by id.
        ops: operators, as (id, strength), put on the positives.
        evasive: share of positives that get operators.
        visibility: what the data show of a positive: one word for all, or `mixed`.
        partial: share of positives that are shown in part, when mixed.
        banks: banks whose accounts are in the data.
        profiles: forms in which the data are written.
        dirt: damage done to exports of banks.
    """

    preset: str = "tiny"
    seed: int = 1
    people: int = 2000
    mix: dict[str, int] = field(default_factory=dict)
    ops: tuple[tuple[str, int], ...] = ()
    evasive: float = 0.0
    visibility: str = "full"
    partial: float = 0.0
    banks: int = 3
    profiles: tuple[str, ...] = ("clean",)
    dirt: Dirt = Dirt()

    @property
    def firms(self) -> int:
        """Legal persons of the world."""
        return max(round(self.people * 160 / 1840), 90)


def _share_out(scenarios: Sequence[Scenario], total: int | None, seed: int) -> dict[str, int]:
    """Draws how many groups each scenario has: evenly, with the rest drawn by the seed."""
    if not scenarios:
        return {}
    if total is None:
        return {s.id: 1 for s in scenarios}
    rng = stream(seed, "mix", scenarios[0].kind)
    base, rest = divmod(total, len(scenarios))
    count = {s.id: base for s in scenarios}
    for k in rng.permutation(len(scenarios))[:rest].tolist():
        count[scenarios[k].id] += 1
    for _ in range(len(scenarios) if base else 0):  # numbers differ from seed to seed, their sum does not
        a, b = (scenarios[k].id for k in rng.choice(len(scenarios), 2, replace=False).tolist())
        if count[a] > 1:
            count[a], count[b] = count[a] - 1, count[b] + 1
    return {s: n for s, n in count.items() if n}


def _named(word: str, kind: str) -> list[Scenario]:
    found = [s for s in SCENARIOS if s.kind == kind and word in (s.id, s.id.rstrip("abcdefgh"))]
    if not found:
        option = "--scenarios" if kind == "positive" else "--twins"
        ids = ", ".join(s.id for s in SCENARIOS if s.kind == kind)
        raise SettingsError(option, word, "no such scenario", f"write all, none, or some of {ids}")
    return found


def _counted(option: str, word: str) -> tuple[str, int]:
    name, _, number = word.partition(":")
    if number and not (number.isdigit() and int(number) <= 10_000):
        raise SettingsError(
            option, word, "what follows the colon must be a whole number", f"for example {name}:3"
        )
    return name.strip(), int(number) if number else 1


def mix_of(words: str, kind: str, total: int | None, seed: int) -> dict[str, int]:
    """Reads how many groups of each scenario are wanted.

    Args:
        words: `all`, `none`, or ids with counts such as `P1:3,P3`.
        kind: positive or twin.
        total: for `all`, how many groups in all; None for each scenario once.
        seed: seed of the world.

    Raises:
        SettingsError: a word names no scenario of the kind.
    """
    if words.strip() == "none":
        return {}
    if words.strip() == "all":
        return _share_out([s for s in SCENARIOS if s.kind == kind], total, seed)
    out: dict[str, int] = {}
    for word in words.split(","):
        name, count = _counted("--scenarios" if kind == "positive" else "--twins", word.strip())
        for scenario in _named(name, kind):
            out[scenario.id] = out.get(scenario.id, 0) + count
    return {s: n for s, n in out.items() if n}


def ops_of(words: str) -> tuple[tuple[str, int], ...]:
    """Reads operators with strengths, such as `A4:2,A8:3`; `none` gives none and `all` each at strength 2.

    Raises:
        SettingsError: no such operator, or a strength that is not 0 to 3.
    """
    if words.strip() in ("none", ""):
        return ()
    if words.strip() == "all":
        return tuple((op, 2) for op in OPERATORS)
    out: list[tuple[str, int]] = []
    for word in words.split(","):
        name, strength = _counted("--ops", word.strip())
        if name not in OPERATORS:
            raise SettingsError("--ops", name, "no such operator", f"write some of {', '.join(OPERATORS)}")
        if strength > 3:
            raise SettingsError("--ops", word.strip(), "a strength goes from 0 to 3", f"for example {name}:2")
        if strength:
            out.append((name, strength))
    return tuple(out)


def settings_of(
    preset: str, seed: int, *, people: int | None = None, scenarios: str = "all", twins: str = "all",
    ops: str | None = None, evasive: float | None = None, visibility: str | None = None, banks: int = 3,
    profiles: Sequence[str] = ("clean",), dirt: float = 1.0,
) -> Settings:  # fmt: skip
    """Makes settings from a preset and what the command line changes.

    Args:
        preset: tiny, small, medium or large.
        seed: seed of the world, 0 or above.
        people: natural persons instead of the preset's.
        scenarios: mix of positives.
        twins: mix of twins.
        ops: operators for the positives; by default the preset's share draws some at random; `none`, or
            strength 0 only, leaves all plain.
        evasive: share of positives with operators; all of them when only `ops` is given.
        visibility: one word for all positives, or mixed.
        banks: banks in the data.
        profiles: forms of export.
        dirt: factor on the usual rates of damage.

    Raises:
        SettingsError: something does not exist or does not fit.
    """
    if preset not in PRESETS:
        raise SettingsError("--preset", preset, "no such preset", f"write one of {', '.join(PRESETS)}")
    base = PRESETS[preset]
    _check(people, visibility, banks, profiles)
    wanted = ops_of(ops or "none")
    if ops is not None and not wanted and evasive:
        raise SettingsError(
            "--evasive", f"{evasive:g}", f"--ops {ops or 'none'} changes nothing", "leave one out"
        )
    if evasive is None:
        evasive = base.evasive if ops is None else float(bool(wanted))
    mix = mix_of(scenarios, "positive", base.positives, seed) | mix_of(twins, "twin", base.twins, seed)
    visible = visibility or ("mixed" if base.partial else "full")
    made = Settings(
        preset=preset, seed=seed, people=people or base.people, mix=mix, ops=wanted, evasive=evasive,
        visibility=visible, partial=base.partial if visible == "mixed" else 0.0, banks=banks,
        profiles=tuple(profiles), dirt=Dirt().times(dirt),
    )  # fmt: skip
    return made if made.partial or visible != "mixed" else replace(made, partial=0.5)


def _check(people: int | None, visibility: str | None, banks: int, profiles: Sequence[str]) -> None:
    if people is not None and not SMALLEST <= people <= LARGEST:
        raise SettingsError(
            "--people", str(people), f"a world has {SMALLEST} to {LARGEST} people", "leave it out"
        )
    if visibility not in (None, "mixed", *VISIBILITIES):
        words = ", ".join(("mixed", *VISIBILITIES))
        raise SettingsError("--visibility", str(visibility), "no such visibility", f"write one of {words}")
    if not 3 <= banks <= 5:
        raise SettingsError("--banks", str(banks), "the data come from 3 to 5 banks", "write 3, 4 or 5")
    for profile in profiles:
        if profile not in PROFILES:
            raise SettingsError(
                "--profiles", profile, "no such profile", f"write some of {', '.join(PROFILES)}"
            )
        if profile.startswith("bank_") and "abcde".index(profile[-1]) >= banks:
            need = "abcde".index(profile[-1]) + 1
            raise SettingsError(
                "--profiles", profile, f"this world has {banks} banks only", f"add --banks {need}"
            )


def number_of_groups(settings: Settings, kind: str) -> int:
    """Counts the groups of a kind that are wanted."""
    kinds = {s.id: s.kind for s in SCENARIOS}
    return int(np.sum([n for s, n in settings.mix.items() if kinds[s] == kind], dtype=np.int64))
