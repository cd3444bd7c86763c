"""Loads a folder of rules, its lists and one profile together, or says everything that is wrong."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from thbscreen.diagnostics import Diagnostic, Span, sort_diagnostics, suggest
from thbscreen.errors import ProfileError, RuleError, UsageError
from thbscreen.rules import ast, bundle, gates, indicators, lock
from thbscreen.rules.binder import bind_file, without_tests
from thbscreen.rules.binding import bind_files
from thbscreen.rules.context import Context
from thbscreen.rules.evaluate import (
    contradiction,
    digest,
    look_back,
    needs_time_of_day,
    rule_digest,
    substitute,
)
from thbscreen.rules.lists import bind_list, cross_warnings
from thbscreen.rules.literals import as_unit
from thbscreen.rules.needs import hits_read
from thbscreen.rules.overrides import Hidden, Known, hide, narrowed
from thbscreen.rules.paths import default_rules_dir, profile_path
from thbscreen.rules.profile import ProfileFile, changed_list, finish_profile, local_today, read_profile
from thbscreen.rules.supplied import supply
from thbscreen.rules.suppress import suppress_between
from thbscreen.rules.yamltree import MAX_BYTES, Findings

#: Packs that were loaded, by the state of their files, the one used last at the end; they are never changed.
_LOADED: dict[str, bundle.RulePack] = {}
MOST_KEPT = 8
#: Folders of the rules that hold something else than rules.
NOT_RULES = ("lists", "profiles", "translations", indicators.FOLDER)


def load_pack(
    rules_dir: Path | None = None,
    profile: str | Path = "cyprus",
    only: Sequence[str] = (),
    *,
    drafts: bool = False,
    today: dt.date | None = None,
    tests: bool = True,
) -> bundle.RulePack:
    """Loads every rule that the profile enables, with the values in force.

    Args:
        rules_dir: folder of rules; None for the shipped ones.
        profile: name of a profile in the folder, or path of a profile file.
        only: ids of rules to load; rules whose hits they read are loaded too.
        drafts: also those drafts that neither `only` names nor the profile switches on.
        today: day against which expiries are held; None for today in the profile's time zone.
        tests: False when the rules' own tests are not needed: files that are as they were when the lock was
            written are then read without them, which takes a third of the time.

    Raises:
        RuleError: with every diagnostic of every file; ProfileError when only the profile is wrong.
        UsageError: there is no such folder, profile or rule, or a rule of `only` may not run.
    """
    key = _state(rules_dir, profile, (tuple(only), drafts, today))
    # What was read with its tests serves as well where none are needed.
    for kept in (f"{key} with tests",) if tests else (f"{key} with tests", f"{key} without"):
        if (loaded := _LOADED.pop(kept, None)) is not None:
            return _LOADED.setdefault(kept, loaded)  # at the end: the one used last is given up last
    loading = _Loading.of(rules_dir, profile, today, tests=tests)
    found = loading.diagnostics()
    errors = [d for d in found if d.severity == "error"]
    if errors:
        only_profile = all(d.span.file == loading.read.ctx.findings.file for d in errors)
        raise (ProfileError if only_profile else RuleError)([d for d in found if d.severity != "suppressed"])
    pack = loading.pack(only, drafts=drafts)
    if key is not None:
        while len(_LOADED) >= MOST_KEPT:
            _LOADED.pop(next(iter(_LOADED)), None)
        _LOADED[f"{key} with tests" if tests else f"{key} without"] = pack
    return pack


def home_country(pack: bundle.RulePack) -> str | None:
    """Gives the country of telephone numbers without country code: the only entry of `countries.home`."""
    entries = [entry for found in pack.lists if found.name == "countries.home" for _, entry in found.entries]
    return entries[0] if len(entries) == 1 else None


def _state(rules_dir: Path | None, profile: str | Path, asked: tuple[object, ...]) -> str | None:
    """Gives a hash of everything that a pack is loaded from; None where it cannot be told.

    A program that screens many batches loads the same pack again and again, and reading it takes seconds.
    """
    base = rules_dir or default_rules_dir()
    hour = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H")  # days end, and approvals with them
    out = hashlib.sha256(repr((str(base), str(profile), asked, hour)).encode())
    try:
        own = profile_path(profile, base)
        chosen = own.read_bytes()
        for path in sorted(p for p in base.rglob("*.y*ml") if p.is_file()):
            for part in (path.relative_to(base).as_posix().encode(), path.read_bytes()):
                out.update(len(part).to_bytes(8, "big") + part)
    except (OSError, UsageError):
        return None
    # Lists and keys from elsewhere may change without a trace here.
    if b"lists_from" in chosen or b"lists_key" in chosen:
        return None
    out.update(chosen)
    return out.hexdigest()


def check(
    rules_dir: Path | None = None, profile: str | Path = "cyprus", *, today: dt.date | None = None
) -> list[Diagnostic]:
    """Gives every finding about rules, lists, the profile and the lock, warnings included, in order.

    Args:
        rules_dir: folder of rules; None for the shipped ones.
        profile: name of a profile in the folder, or path of a profile file.
        today: day against which expiries are held; None for today in the profile's time zone.
    """
    return checked(rules_dir, profile, today=today)[0]


def checked(
    rules_dir: Path | None = None, profile: str | Path = "cyprus", *, today: dt.date | None = None
) -> tuple[list[Diagnostic], bundle.RulePack | None]:
    """Checks like `check`; when all is well and the profile has exclusions, gives the pack to try them on.

    The pack holds drafts too.
    """
    loading = _Loading.of(rules_dir, profile, today)
    found = loading.diagnostics()
    failed = any(d.severity == "error" for d in found)
    excluding = not failed and loading.profile is not None and bool(loading.profile.exclusions)
    pack = loading.pack((), drafts=True) if excluding else None
    return sort_diagnostics([*found, *loading.lock_findings()]), pack


def write_lock(rules_dir: Path | None = None, profile: str | Path = "cyprus") -> tuple[Path, int]:
    """Writes the lock file of a folder of rules.

    Returns:
        The file and how many of its lines are new or changed.

    Raises:
        RuleError: rules do not load, or a meaning changed and its version did not (V002 to V004).
        OutputError: the file cannot be written.
    """
    loading = _Loading.of(rules_dir, profile, None)
    found = [*loading.diagnostics(), *loading.lock_findings(accept=True)]
    mine = loading.read.ctx.findings.file
    if any(d.severity == "error" and d.span.file != mine for d in found):
        raise RuleError([d for d in sort_diagnostics(found) if d.span.file != mine])
    return lock.write(loading.base, loading.locked(sealed=True))


def resolve(
    rule: ast.Rule, profile: bundle.Profile | None, case_parameters: Sequence[tuple[str, str]] = ()
) -> ast.Rule:
    """Puts the values in force into a bound rule: defaults, then the profile, then a test's own.

    Args:
        rule: as bound.
        profile: None for the rule's defaults.
        case_parameters: (name, raw text) of an inline test.

    Returns:
        The rule without parameters in `detect` and without the rows that exclusions hide; `parameters`
        hold the effective values, and digest, look-back and the need for times of day follow them.
    """
    values = {p.name: p.value for p in rule.parameters}
    for override in profile.overrides if profile else ():
        if override.rule == rule.id:
            values |= dict(override.parameters)
    for name, text in case_parameters:
        values[name] = as_unit(text, values[name].unit)
    parameters = tuple(dataclasses.replace(p, value=values[p.name]) for p in rule.parameters)
    detect = substitute(rule.detect, values)
    for exclusion in profile.exclusions if profile else ():
        for identity, where in exclusion.wheres:
            if identity == rule.id:
                detect = hide(detect, where)
    out = dataclasses.replace(
        rule,
        detect=detect,
        parameters=parameters,
        needs_time_of_day=needs_time_of_day(rule.detect, values),
        look_back=look_back(rule.detect, values),
    )
    return dataclasses.replace(out, digest=rule_digest(out))


def _in_force(rule: ast.Rule, profile: bundle.Profile) -> ast.Rule:
    """Gives what `resolve` gives for a rule as it was bound; what stays as it is is not worked out again."""
    changed = any(o.rule == rule.id and o.parameters for o in profile.overrides)
    if changed or any(identity == rule.id for e in profile.exclusions for identity, _ in e.wheres):
        return resolve(rule, profile)
    values = {p.name: p.value for p in rule.parameters}
    return dataclasses.replace(rule, detect=substitute(rule.detect, values))


def under(pack: bundle.RulePack, profile: bundle.Profile) -> bundle.RulePack:
    """Gives the same rules with the values and exclusions of another profile; lists stay as they are."""
    rules = tuple(resolve(rule, profile) for rule in pack.bound)
    return dataclasses.replace(pack, profile=profile, rules=rules)


def hidden(pack: bundle.RulePack) -> list[Hidden]:
    """Tells for every exclusion and rule of a pack which rows are hidden that the rule would look at."""
    exclusions = pack.profile.exclusions
    if not exclusions:
        return []
    plain = dataclasses.replace(pack.profile, exclusions=())
    present = {rule.id for rule in pack.rules} & {rule for e in exclusions for rule, _ in e.wheres}
    bare = {rule.id: resolve(rule, plain).detect for rule in pack.bound if rule.id in present}
    return [
        Hidden(exclusion, rule, narrowed(bare[rule], where))
        for exclusion in exclusions
        for rule, where in exclusion.wheres
        if rule in bare
    ]


@dataclass(slots=True)
class _Loading:
    """Everything read from one folder so far.

    Attributes:
        lists: in force, with those that the institution supplies.
        brought: those of the folder alone, which the lock is about.
        texts: content and shown name of each rule's file.
    """

    base: Path
    read: ProfileFile
    profile: bundle.Profile | None = None
    rules: dict[str, ast.Rule | None] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)
    lists: dict[str, bundle.WordList | None] = field(default_factory=dict)
    findings: list[Findings] = field(default_factory=list)
    catalogue: list[tuple[indicators.Indicator, Findings]] = field(default_factory=list)
    brought: Mapping[str, bundle.WordList | None] = field(default_factory=dict)
    texts: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, rules_dir: Path | None, profile: str | Path, today: dt.date | None, *, tests: bool = True
    ) -> _Loading:
        base = rules_dir or default_rules_dir()
        if not base.is_dir():
            raise UsageError(f"there is no folder of rules '{base}'")
        path = profile_path(profile, base)
        data, problem = _content(path)
        read = read_profile(data, _shown(path, base))
        if problem:
            read.ctx.findings.clear()
            read.ctx.findings.error("R001", problem, _start(read.ctx.findings.file))
        loading = cls(base, read)
        if not loading.files():
            raise UsageError(
                f"the folder '{base}' holds no rules",
                hint="rules are .yaml files in it or in folders below it, beside lists/ and profiles/",
            )
        loading.load_lists(warn=tests)
        loading.load_supplied(path)
        loading.load_rules(tests=tests)
        loading.load_indicators()
        bounds = {identity: ctx.bounds for identity, ctx in loading.contexts.items()}
        day = (today or local_today(read.time_zone)).isoformat()
        loading.profile = finish_profile(read, Known(loading.rules, bounds, loading.lists, day))
        loading.cross_checks()
        loading.findings.append(read.ctx.findings)
        return loading

    def diagnostics(self) -> list[Diagnostic]:
        return sort_diagnostics(d for f in self.findings for d in f.result())

    # --- files ---

    def files(self, folder: str = "") -> list[Path]:
        """Gives the files of a folder of the rules, or with no name those of the rules themselves."""
        out = []
        for path in sorted(self.base.rglob("*")):
            parts = path.relative_to(self.base).parts
            if any(p.startswith((".", "_")) for p in parts) or not path.is_file():
                continue
            wanted = parts[0] == folder if folder else parts[0] not in NOT_RULES
            if wanted and path.suffix in {".yaml", ".yml"}:
                out.append(path)
        return out

    def open(self, path: Path) -> tuple[bytes, str, str | None]:
        name = _shown(path, self.base)
        if path.suffix == ".yml":
            return b"", name, "the file's name must end in .yaml"
        if not path.resolve().is_relative_to(self.base.resolve()):
            return b"", name, "the file lies outside the folder of rules"
        data, problem = _content(path)
        return data, name, problem

    def load_lists(self, *, warn: bool) -> None:
        folder = self.base / "lists"
        for path in self.files("lists"):
            data, name, problem = self.open(path)
            expected = ".".join(path.relative_to(folder).with_suffix("").parts)
            if problem:
                self.refuse(name, problem)
                self.lists[expected] = None
                continue
            found, findings = bind_list(data, name)
            if found is not None and found.name != expected:
                findings.error("R008", f"this file must hold the list '{expected}'", found.span)
                found = None
            self.lists[expected] = found
            self.findings.append(findings)
        if warn:
            between = cross_warnings(found for found in self.lists.values() if found is not None)
            self.findings.append(Findings("", items=suppress_between(between, self.findings)))

    def load_supplied(self, profile: Path) -> None:
        self.brought = self.lists
        supplied = supply(self.brought, self.read, profile)
        self.lists = supplied.lists
        self.findings += supplied.findings

    def load_rules(self, *, tests: bool) -> None:
        good = {name: found for name, found in self.lists.items() if found is not None}
        broken = [name for name, found in self.lists.items() if found is None]
        units = self.read.fact_units()
        seals = set() if tests else lock.seals(self.base)
        places: dict[str, Span] = {}
        readable: list[tuple[Path, bytes, str]] = []
        for path in self.files():
            data, name, problem = self.open(path)
            if problem:
                self.refuse(name, problem)
                self.rules.setdefault(path.stem, None)
                continue
            readable.append((path, data, name))
        parts = [_unsealed(data, name, seals) for _, data, name in readable]
        bound = bind_files(parts, good, units, broken)
        for (path, data, name), (rule, ctx) in zip(readable, bound, strict=True):
            self.findings.append(ctx.findings)
            identity = rule.id if rule else path.stem
            if rule is not None and rule.id != path.stem:
                ctx.findings.error("R008", f"this file must be called {rule.id}.yaml", rule.span)
            if identity in places:
                note = f"the other one is {places[identity]}"
                span = rule.span if rule else _start(name)
                ctx.findings.error("R008", f"there are two rules {identity}", span, note=note)
                continue
            places[identity] = rule.span if rule else _start(name)
            self.rules[identity] = rule
            self.contexts[identity] = ctx
            self.texts[identity] = data, name
            if rule is not None:
                gates.place(ctx, rule, path.relative_to(self.base).parts[0])

    def load_indicators(self) -> None:
        known = self.lists.get("typologies")
        forms = None if known is None else [text for _, text in known.entries]
        for path in self.files(indicators.FOLDER):
            data, name, problem = self.open(path)
            if problem:
                self.refuse(name, problem)
                continue
            found, findings = indicators.bind_indicators(data, name, forms)
            self.catalogue += [(indicator, findings) for indicator in found]
            self.findings.append(findings)
        own = [
            (name, ctx.findings, rule.span)
            for name, ctx in self.contexts.items()
            if (rule := self.rules[name])
        ]
        indicators.check_against_rules(self.catalogue, self.rules, own)

    def refuse(self, name: str, problem: str) -> None:
        findings = Findings(name)
        findings.error("R001", problem, _start(name))
        self.findings.append(findings)

    # --- between files ---

    def cross_checks(self) -> None:
        for identity, ctx in self.contexts.items():
            for other, span in ctx.after.items():
                if other not in self.rules:
                    hint = suggest(other, sorted(self.rules))
                    ctx.findings.error("R016", f"there is no rule '{other}'", span, help=hint)
                elif problem := gates.unreadable(self.rules[identity], self.rules[other]):
                    ctx.findings.error("R074", problem, span, help="read a rule that runs")
                elif (subject := self.subject(other)) not in {None, *ast.ACCOUNTS} and self.names_none(other):
                    message = f"{other} finds '{subject}', not accounts, so no account is ever hit by it"
                    hint = "name a rule whose for_each begins with an account, or that gives one a role"
                    ctx.findings.error("R027", message, span, help=hint)
                elif identity in self.reads(other):
                    message = f"{identity} and {other} read each other's hits"
                    if identity == other:
                        message = f"{identity} reads its own hits"
                    ctx.findings.error(
                        "R027", message, span, help="rules run in stages; a circle has no first"
                    )
        if self.profile is not None:
            self.check_profile(self.profile)

    def subject(self, identity: str) -> str | None:
        """Names the field that a rule's hits are about; None when the rule itself is wrong."""
        rule = self.rules.get(identity)
        if rule is None:
            return None
        detect = rule.detect
        return detect.for_each[0] if isinstance(detect, ast.Aggregate) else "account_id"

    def names_none(self, identity: str) -> bool:
        """Tells whether a rule gives no account a role."""
        rule = self.rules.get(identity)
        return rule is not None and not any(path in ast.ACCOUNTS for path, _ in rule.roles)

    def reads(self, start: str) -> set[str]:
        """Gives the rules whose hits a rule reads, directly or through others, itself included."""
        return hits_read({identity: ctx.after for identity, ctx in self.contexts.items()}, [start])

    def check_profile(self, profile: bundle.Profile) -> None:
        findings = self.read.ctx.findings
        off = self.off(profile, drafts=False)
        for override in profile.overrides:
            rule = self.rules[override.rule]
            place = self.read.places[override.rule]
            if rule is None:
                continue
            name = contradiction(resolve(rule, profile).detect, {})
            if name:
                message = f"with these values {rule.id} can never flag: the tests on '{name}' contradict"
                findings.error("P010", message, place)
            readers = [i for i, r in self.rules.items() if r and override.rule in r.after and i not in off]
            if override.enabled is False and readers:
                message = f"{override.rule} cannot be switched off: {readers[0]} reads its hits"
                findings.error("P011", message, place, help=f"switch {readers[0]} off too")

    # --- the lock ---

    def locked(self, *, sealed: bool = False) -> lock.Lock:
        rules = {
            i: lock.Entry(r.version, r.digest, self.seal(r) if sealed else "")
            for i, r in sorted(self.rules.items())
            if r is not None
        }
        lists = {name: found.digest for name, found in sorted(self.brought.items()) if found is not None}
        return lock.Lock(rules, lists)

    def seal(self, rule: ast.Rule) -> str:
        """Gives the seal of a rule that is the same when its file is read without its tests; else nothing."""
        data, name = self.texts[rule.id]
        short = without_tests(data)
        if short is None:
            return ""
        ctx = self.contexts[rule.id]
        again, _ = bind_file(short, name, ctx.lists, ctx.facts, ctx.broken_lists, tests=False)
        return lock.seal(data) if again == dataclasses.replace(rule, tests=()) else ""

    def lock_findings(self, *, accept: bool = False) -> list[Diagnostic]:
        places = {i: c.findings for i, c in self.contexts.items()}
        return lock.compare(self.base, self.rules, places, self.locked(), accept=accept)

    # --- the pack ---

    def off(self, profile: bundle.Profile, *, drafts: bool) -> set[str]:
        """Gives the rules that do not run: switched off, retired, or a draft that nobody switched on."""
        switched = {o.rule: o.enabled for o in profile.overrides}
        return {
            identity
            for identity, rule in self.rules.items()
            if switched.get(identity) is False
            or (rule is not None and rule.status == "retired")
            or (rule is not None and rule.status == "draft" and not drafts and not switched.get(identity))
        }

    def pack(self, only: Sequence[str], *, drafts: bool) -> bundle.RulePack:
        profile = self.profile
        assert profile is not None
        off = self.off(profile, drafts=drafts or bool(only))
        wanted = set(self.rules)
        if only:
            for identity in only:
                if identity not in self.rules:
                    raise UsageError(
                        f"there is no rule '{identity}'", hint=suggest(identity, sorted(self.rules))
                    )
                if identity in off:
                    retired = (rule := self.rules[identity]) is not None and rule.status == "retired"
                    why = "retired" if retired else f"switched off by the profile '{profile.name}'"
                    raise UsageError(f"the rule '{identity}' is {why}")
            wanted = set().union(*(self.reads(identity) for identity in only))
        bound = [
            rule
            for identity, rule in sorted(self.rules.items())
            if rule is not None and identity in wanted and identity not in off
        ]
        rules = tuple(_in_force(rule, profile) for rule in bound)
        lists = _changed(self.lists, profile)
        meaning = (tuple(r.digest for r in rules), tuple(found.digest for found in lists), profile.digest)
        known = tuple(indicator for indicator, _ in self.catalogue)
        return bundle.RulePack(rules, tuple(bound), lists, profile, digest(meaning), known)


def _changed(
    lists: Mapping[str, bundle.WordList | None], profile: bundle.Profile
) -> tuple[bundle.WordList, ...]:
    added, removed = dict(profile.list_additions), dict(profile.list_removals)
    return tuple(
        changed_list(found, added.get(name, ()), removed.get(name, ()))
        if name in added or name in removed
        else found
        for name, found in sorted(lists.items())
        if found is not None
    )


def _unsealed(data: bytes, name: str, seals: Collection[str]) -> tuple[bytes, str, bool]:
    """Gives what is to be read of a rule file: all of it, or what comes before its tests, and which it is."""
    short = without_tests(data) if seals and lock.seal(data) in seals else None
    return (data, name, True) if short is None else (short, name, False)


def _content(path: Path) -> tuple[bytes, str | None]:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1), None
    except OSError as error:
        return b"", f"the file cannot be read: {error.strerror or 'unknown reason'}"


def _shown(path: Path, base: Path) -> str:
    """Gives a file's name as people see it: from the folder of rules on, or the name alone."""
    try:
        return (Path(base.resolve().name) / path.resolve().relative_to(base.resolve())).as_posix()
    except ValueError:
        return path.name if path.is_absolute() else path.as_posix()


def _start(file: str) -> Span:
    return Span(file, 1, 1, 2)
