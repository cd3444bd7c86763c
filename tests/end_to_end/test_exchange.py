"""Names and the languages of payment texts exchanged between people change no hit and no alert."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.neutral_texts import phrases
from thbscreen.compile.text import TextPass
from thbscreen.rules.pack import load_pack
from thbscreen.screening import screen

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data"
#: What a hit and an alert are, apart from the texts that they quote.
HIT = ["rule", "subject_id", "starts", "ends", "window_starts", "window_ends", "amount_eur", "tx_ids"]
ALERT = ["rank", "subject_id", "handling", "score", "typology", "leading_role", "third_party", "tx_ids"]
MEMBER = ["rule", "subject_id", "starts", "role", "member_id", "n_tx", "amount_eur"]


@cache
def lists():
    """Gives the lists of words of the pack."""
    return {one.name: one for one in load_pack(None).lists if one.kind == "words" and one.entries}


def found_by(texts: list[str]) -> list[frozenset[str]]:
    """Gives for each text the lists that find it."""
    search = TextPass({("remittance_info", name): one for name, one in lists().items()})
    columns = search.columns(pl.DataFrame({"remittance_info": texts}))
    names = [c.name.partition("~")[2] for c in columns]
    rows = zip(*(c.to_list() for c in columns), strict=True)
    return [frozenset(n for n, flag in zip(names, row, strict=True) if flag) for row in rows]


def words_by_language() -> dict[str, dict[frozenset[str], list[str]]]:
    """Gives texts of each language by the lists that find them: neutral ones, and entries of the lists."""
    said = [(language, text) for language, texts in phrases().items() for text in texts]
    said += [(language, entry.strip("=* ")) for one in lists().values() for language, entry in one.entries]
    out: dict[str, dict[frozenset[str], list[str]]] = {}
    for (language, text), which in zip(said, found_by([text for _, text in said]), strict=True):
        out.setdefault(language, {}).setdefault(which, []).append(text)
    return out


def translated(rows: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    """Gives every account another language: each text becomes one that the same lists find, if there is any.

    Texts of one account that were equal stay equal, and texts that differed differ.
    """
    known = words_by_language()
    seen = rows["remittance_info"].drop_nulls().unique().sort().to_list()
    which = dict(zip(seen, found_by(seen), strict=True))
    number = {text: at for at, text in enumerate(seen)}
    accounts = rows["account_id"].unique().sort().to_list()
    first = draw.permutation(len(accounts)).tolist()
    languages = sorted(known)

    def other(account: int, text: str) -> str:
        for step in range(len(languages)):
            texts = known[languages[(first[account] + step) % len(languages)]].get(which[text])
            if texts:
                return f"{texts[number[text] % len(texts)]} {number[text]}"
        return text

    position = {account: at for at, account in enumerate(accounts)}
    pairs = rows.select("account_id", "remittance_info").drop_nulls().unique()
    new = [other(position[a], t) for a, t in pairs.iter_rows()]
    table = pairs.with_columns(pl.Series("new", new, dtype=pl.String))
    joined = rows.join(table, on=["account_id", "remittance_info"], how="left", maintain_order="left")
    return joined.with_columns(remittance_info=pl.col("new")).drop("new")


def renamed(rows: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    """Exchanges the names of counterparties that no list knows."""
    seen = rows["cp_name"].drop_nulls().unique().sort().to_list()
    people = [n for n, which in zip(seen, found_by(seen), strict=True) if not which]
    assert len(people) > 1_000
    swapped = dict(zip(people, (people[at] for at in draw.permutation(len(people))), strict=True))
    return rows.with_columns(pl.col("cp_name").replace(swapped))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Scans the sample, and the sample after the exchange."""
    folder = tmp_path_factory.mktemp("exchanged")
    draw = np.random.default_rng(11)
    before = pl.read_parquet(SAMPLE / "transactions.parquet")
    after = renamed(translated(before, draw), draw)
    told = pl.col("remittance_info")
    assert after.select(told.is_null()).equals(before.select(told.is_null()))
    changed = (before["remittance_info"] != after["remittance_info"]).drop_nulls()
    assert changed.mean() > 0.95
    after.write_parquet(folder / "transactions.parquet")
    parties = pl.read_csv(SAMPLE / "parties.csv", infer_schema=False)
    names = parties.filter(pl.col("kind") == "natural").select("party_id", "name")
    other = names.with_columns(name=pl.Series(draw.permutation(names["name"].to_numpy()), dtype=pl.String))
    parties.update(other, on="party_id").write_csv(folder / "parties.csv")
    for name in ("accounts.csv", "account_parties.csv"):
        (folder / name).write_bytes((SAMPLE / name).read_bytes())
    return screen([SAMPLE]), screen([folder])


@pytest.mark.slow
def test_hits_and_their_members_are_the_same(results):
    before, after = results
    assert before.hits.height > 300
    for rule in before.hits["rule"].unique().sort():
        one, two = (r.hits.filter(pl.col("rule") == rule).select(HIT).sort(HIT[:4]) for r in results)
        assert one.equals(two), rule
    links = ["hit_id", "rule", "subject_id", "starts"]
    members = [
        r.hits.select(links).join(r.hit_members.drop("rule"), on="hit_id").select(MEMBER) for r in results
    ]
    assert members[0].sort(MEMBER).equals(members[1].sort(MEMBER))
    assert before.hits.height == after.hits.height


@pytest.mark.slow
def test_alerts_and_networks_are_the_same(results):
    before, after = results
    assert before.alerts.height > 10
    assert before.alerts.select(ALERT).equals(after.alerts.select(ALERT))
    one, two = (r.network_members.select("member_id", "role").sort("member_id", "role") for r in results)
    assert one.height > 0
    assert one.equals(two)
