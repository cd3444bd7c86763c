"""False hits of the pack on ordinary people, per rule, and of the word lists on ordinary texts, per language.

    python -m benchmarks.false_hits --dir /tmp/false-hits [--berka FOLDER] [--seed 7 8] [--write]

Scans the sample data, worlds of the same kind from other seeds (made once in `--dir`), and, where the folder
is given, the Berka files (see docs/how-to/screen-berka.md). With `--write` the tables go into
docs/reference/false-hits.md. A customer counts as ordinary unless the truth of the world plans it as part of
a group that should be found; the lawful groups of similar looks are ordinary.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.neutral_texts import phrases, rows
from thbscreen.compile.text import TextPass
from thbscreen.rules import bundle
from thbscreen.rules.pack import load_pack
from thbscreen.screening import ScreenResult, screen
from thbscreen.simulate.sample import SEED, make_sample, write_sample

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "false-hits.md"
TRUTH = ROOT / "tests" / "expected" / "sample_data" / "truth.json"
#: Roles of those whose account it is.
HOLDERS = ("holder", "joint_holder")
BERKA = ("trans", "account", "client", "disp")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a scan found about ordinary customers.

    Attributes:
        name: of the data.
        ordinary: customers who hold an account with a movement and are in no planned group.
        alerts: those of them who became an alert.
        at_once: those of them with a text that a person reads at once.
        hits: hits about ordinary customers, by rule.
        people: ordinary customers with such a hit, by rule.
        not_judged: rules that these data cannot answer.
    """

    name: str
    ordinary: int
    alerts: int
    at_once: int
    hits: Counter[str]
    people: Counter[str]
    not_judged: frozenset[str]

    def share(self, rule: str) -> float:
        """Gives the share of ordinary customers whom a rule hits."""
        return self.people[rule] / self.ordinary


def count(name: str, results: list[ScreenResult], planned: frozenset[str], moving: set[str]) -> Counted:
    """Counts hits about ordinary customers: those who hold one of the moving accounts and are not planned.

    A hit on an account is about its holders, unless one of them is planned; a hit on a customer about that
    customer; a hit on anything else (a device, a telephone, a network) about the customers it names.
    """
    first = results[0]
    links = first.dataset.account_parties.filter(
        pl.col("role").is_in(HOLDERS), pl.col("account_id").is_in(list(moving))
    )
    holders: dict[str, set[str]] = {}
    for account, party in links.select("account_id", "party_id").iter_rows():
        holders.setdefault(account, set()).add(party)
    ordinary = frozenset().union(*holders.values()) - planned

    def about(subject: str) -> set[str]:
        found = holders.get(subject, {subject})
        return set() if found & planned else found & ordinary

    hits, people = Counter[str](), Counter[str]()
    for result in results:
        seen: dict[str, set[str]] = {}
        members = dict(result.hit_members.group_by("hit_id").agg("member_id").iter_rows())
        for hit in result.hits.select("hit_id", "rule", "subject_id", "subject_kind").iter_rows(named=True):
            plain = hit["subject_kind"] in {"account", "party"}
            named = [hit["subject_id"]] if plain else members.get(hit["hit_id"], [])
            if who := set().union(*map(about, named)):
                hits[hit["rule"]] += 1
                seen.setdefault(hit["rule"], set()).update(who)
        people.update({rule: len(who) for rule, who in seen.items()})
    ready = first.readiness.filter(pl.col("status") == "not judged")["rule"]
    alerts, reviews = (set(t["subject_id"]) for t in (first.alerts, first.reviews))
    return Counted(
        name,
        len(ordinary),
        len(set().union(*map(about, alerts))),
        len(set().union(*map(about, reviews))),
        hits,
        people,
        frozenset(ready),
    )


def count_world(name: str, data: Path, truth: Path, drafts: list[str] | None = None) -> Counted:
    """Scans a world with all rules that run, and by themselves with those that are off."""
    groups = json.loads(truth.read_text(encoding="utf-8"))["groups"]
    planned = {m["party_id"] for g in groups if g["kind"] == "positive" for m in g["members"]}
    results = [screen([data])]
    if drafts:
        results.append(without(screen([data], only=drafts), results[0]))
    moving = set(pl.read_parquet(data / "transactions.parquet", columns=["account_id"])["account_id"])
    return count(name, results, frozenset(planned), moving)


def without(result: ScreenResult, other: ScreenResult) -> ScreenResult:
    """Leaves out the hits of rules that the other scan has judged too."""
    from dataclasses import replace  # noqa: PLC0415  # one use

    judged = other.readiness["rule"].implode()
    return replace(result, hits=result.hits.filter(~pl.col("rule").is_in(judged)))


def count_berka(folder: Path, work: Path) -> Counted:
    """Scans the Berka files, packed or not; all customers there are ordinary."""
    data = work / "berka"
    data.mkdir(parents=True, exist_ok=True)
    for name in BERKA:
        plain, packed = folder / f"{name}.asc", folder / f"{name}.asc.gz"
        content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
        (data / f"{name}.asc").write_bytes(content)
    mapping = ROOT / "sample_data" / "mappings" / "berka.yaml"
    moved = pl.read_csv(data / "trans.asc", separator=";", columns=["account_id"], infer_schema=False)
    return count("Berka", [screen([data], mapping=mapping)], frozenset(), set(moved["account_id"]))


def made(work: Path, seed: int) -> tuple[Path, Path]:
    """Gives the folders of a world, made when it is not there yet."""
    data, told = work / f"world-{seed}", work / f"truth-{seed}"
    if not (told / "truth.json").exists():
        write_sample(make_sample(seed), data, told)
    return data, told / "truth.json"


# --- tables -----------------------------------------------------------------------------------------


def share(value: float) -> str:
    """Writes a share in percent."""
    return f"{100 * value:.2f}"


def rules_table(pack: bundle.RulePack, off: set[str], worlds: list[Counted], berka: Counted | None) -> str:
    """Gives the rules that hit somebody ordinary, the most frequent first."""
    counted = [*worlds, *([berka] if berka else [])]
    hit = [r for r in pack.rules if any(c.hits[r.id] for c in counted)]
    most = {r.id: max(c.share(r.id) for c in counted) for r in hit}
    hit.sort(key=lambda r: (-max(w.share(r.id) for w in worlds), -most[r.id], r.id))
    lines = [
        "| rule | runs | weight | hits | customers | % | % in other worlds | Berka hits | customers | % |",
        "|---|---|--:|--:|--:|--:|---|--:|--:|--:|",
    ]
    first, *others = worlds
    for r in hit:
        cells = [
            f"[{r.id}](../rules/{r.id}.md) {r.title}",
            "no" if r.id in off else "yes",
            str(r.weight),
            str(first.hits[r.id]),
            str(first.people[r.id]),
            share(first.share(r.id)),
            ", ".join(share(o.share(r.id)) for o in others) or "-",
        ]
        if berka is None or r.id in berka.not_judged:
            cells += ["not judged", "", ""]
        else:
            cells += [str(berka.hits[r.id]), str(berka.people[r.id]), share(berka.share(r.id))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def summary(worlds: list[Counted], berka: Counted | None) -> str:
    """Gives one line per data."""
    heads = ("ordinary customers", "alerts among them", "read at once", "rules that hit one", "not judged")
    lines = [f"| data | {' | '.join(heads)} |", "|---|--:|--:|--:|--:|--:|"]
    for c in [*worlds, *([berka] if berka else [])]:
        numbers = (c.ordinary, c.alerts, c.at_once, len(c.people), len(c.not_judged))
        lines.append(f"| {c.name} | " + " | ".join(f"{n:,}" for n in numbers) + " |")
    return "\n".join(lines)


def texts_table(pack: bundle.RulePack, count: int = 10_000) -> str:
    """Gives the hits of every list of words on neutral rows of each language."""
    lists = {one.name: one for one in pack.lists if one.kind == "words" and one.entries}
    search = TextPass({("remittance_info", name): one for name, one in lists.items()})
    found: dict[str, dict[str, int]] = {name: {} for name in lists}
    languages = phrases()
    for language, said in languages.items():
        for column in search.columns(pl.DataFrame({"remittance_info": rows(said, count)})):
            if n := int(column.sum()):
                found[column.name.partition("~")[2]][language] = n
    lines = [f"| list | languages with hits, of {len(languages)} | hits per 10,000 rows |", "|---|--:|---|"]
    for name, hits in found.items():
        told: dict[int, list[str]] = {}
        for language, n in hits.items():
            told.setdefault(n, []).append(language)
        text = "; ".join(f"{n}: {', '.join(who)}" for n, who in sorted(told.items(), reverse=True))
        lines.append(f"| `{name}` | {len(hits)} | {text or 'none'} |")
    return "\n".join(lines)


def write(name: str, text: str) -> None:
    """Puts a table between its two markers of the page."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dir", type=Path, required=True, help="folder for worlds; kept between runs")
    parser.add_argument("--seed", type=int, nargs="*", default=[7, 8], help="further worlds")
    parser.add_argument("--berka", type=Path, help="folder with the Berka files")
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    return parser.parse_args()


def main() -> None:
    """Counts, prints and, when asked, writes the page."""
    args = arguments()
    every, runs = load_pack(None, drafts=True), {r.id for r in load_pack(None).rules}
    off = {r.id for r in every.rules} - runs
    worlds = [count_world(f"sample data (seed {SEED})", ROOT / "sample_data", TRUTH, sorted(off))]
    for seed in args.seed:
        data, told = made(args.dir, seed)
        worlds.append(count_world(f"the same with seed {seed}", data, told, sorted(off)))
    berka = count_berka(args.berka, args.dir) if args.berka else None
    tables = {
        "data": summary(worlds, berka),
        "rules": rules_table(every, off, worlds, berka),
        "texts": texts_table(every),
    }
    for name, text in tables.items():
        print(text, end="\n\n")
        if args.write:
            write(name, text)


if __name__ == "__main__":
    main()
