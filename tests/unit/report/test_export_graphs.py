"""GraphML and GEXF: read back with networkx and with a plain XML parser, nothing is lost or changed."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.report.export_build import HOSTILE, NET, ONCE, Folder, hostile, pair
from thbscreen.report.export import export
from thbscreen.report.export.texts import shown

GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"
GEXF = "{http://gexf.net/1.3}"
READERS = {"graphml": nx.read_graphml, "gexf": nx.read_gexf}
FORMS = pytest.mark.parametrize("form", ["graphml", "gexf"])


def written(made: Folder, form: str, place: Path) -> Path:
    out = place / f"made.{form}"
    export(made.write(place / "out"), form, out)
    return out


def read(made: Folder, form: str, place: Path) -> Any:
    return READERS[form](written(made, form, place))


def by_member(graph: Any) -> dict[str, dict[str, Any]]:
    return {data["member_id"]: data for _, data in graph.nodes(data=True)}


def links(graph: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Edges with member ids at their ends, in one order."""
    name = {node: data["member_id"] for node, data in graph.nodes(data=True)}
    found = [(name[u], name[v], data) for u, v, data in graph.edges(data=True)]
    return sorted(found, key=lambda e: (e[0], e[1], e[2]["kind"]))


@FORMS
def test_networkx_finds_members_with_their_roles(form: str, tmp_path: Path) -> None:
    members = by_member(read(pair(), form, tmp_path))
    assert {name: (m["role"], m["share"]) for name, m in members.items()} == {
        "P1": ("possible victim", 0.75),
        "P2": ("possible controller", 0.75),
    }
    assert members["P2"]["received_cents"] == 1255
    assert members["P1"]["is_customer"] is True
    assert json.loads(members["P1"]["accounts"]) == ["A-P1"]


@FORMS
def test_networkx_finds_links_with_weights_and_times(form: str, tmp_path: Path) -> None:
    graph = read(pair(), form, tmp_path)
    assert graph.is_directed()
    (paid, shared) = links(graph)
    assert (paid[:2], paid[2]["kind"], paid[2]["weight"], paid[2]["n"]) == (("P1", "P2"), "payment", 0.5, 2)
    assert (paid[2]["amount_cents"], paid[2]["amount_eur"]) == (1255, 12.55)
    assert (paid[2]["first"], paid[2]["last"]) == ("2026-03-16T18:07:10Z", "2026-05-16T18:07:10Z")
    assert json.loads(paid[2]["times"]) == [paid[2]["first"], paid[2]["last"]]
    assert json.loads(paid[2]["amounts_cents"]) == [1250, 5]
    assert json.loads(paid[2]["tx_ids"]) == ["T1", "T2"]
    assert (shared[2]["kind"], shared[2]["two_way"], shared[2]["weight"]) == ("shared device", True, 1.0)
    assert "first" not in shared[2]


@FORMS
def test_who_pays_for_whom_has_a_direction_and_a_shared_detail_has_none(form: str, tmp_path: Path) -> None:
    made = pair().share("P1", "P2", "shared address").share("P2", "P1", "pays for another", why="paid once")
    found = {(a, b, e["kind"]): e["two_way"] for a, b, e in links(read(made, form, tmp_path))}
    assert found["P2", "P1", "pays for another"] is False
    assert found["P1", "P2", "shared address"] is True


@FORMS
def test_a_possible_victim_is_marked_in_what_a_chart_shows(form: str, tmp_path: Path) -> None:
    members = by_member(read(pair(), form, tmp_path))
    assert members["P1"]["label"] == "P1 [handle as possible victim]"
    assert members["P1"]["handling"] == "possible victim"
    assert members["P2"]["label"] == "P2"


@FORMS
def test_hostile_ids_survive_as_far_as_xml_allows(form: str, tmp_path: Path) -> None:
    graph = read(hostile(), form, tmp_path)
    assert set(by_member(graph)) == {shown(name) for name in HOSTILE}
    assert graph.number_of_nodes() == len(HOSTILE)
    found = {(u, v, data["amount_cents"]) for u, v, data in links(graph)}
    assert found == {(shown(name), shown(HOSTILE[n - 1]), n + 1) for n, name in enumerate(HOSTILE)}
    ids = {tx for _, _, data in links(graph) for tx in json.loads(data["tx_ids"])}
    assert ids == set(HOSTILE)


@FORMS
def test_nothing_hidden_is_left_in_the_file(form: str, tmp_path: Path) -> None:
    text = written(hostile(), form, tmp_path).read_text(encoding="utf-8")
    assert [c for c in text if not c.isprintable() and c != "\n"] == []


def test_the_replacement_of_characters_is_the_one_of_all_other_outputs() -> None:
    assert shown("a\x1b\u202e\ufffe") == "a\\u{1b}\\u{202e}\\u{fffe}"


@FORMS
def test_equal_runs_give_equal_bytes(form: str, tmp_path: Path) -> None:
    one = written(hostile(), form, tmp_path / "a").read_bytes()
    turned = hostile()
    turned.members.reverse()
    turned.edges.reverse()
    assert written(turned, form, tmp_path / "b").read_bytes() == one


@FORMS
def test_an_empty_run_gives_a_valid_empty_graph(form: str, tmp_path: Path) -> None:
    graph = read(Folder(), form, tmp_path)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (0, 0)


def test_graphml_types_every_key_and_names_the_networks(tmp_path: Path) -> None:
    root = ET.parse(written(pair(), "graphml", tmp_path)).getroot()
    assert root.tag == f"{GRAPHML}graphml"
    kinds = {key.get("attr.type") for key in root.iter(f"{GRAPHML}key")}
    assert kinds == {"string", "double", "int", "long", "boolean"}
    declared = {key.get("id") for key in root.iter(f"{GRAPHML}key")}
    assert {data.get("key") for data in root.iter(f"{GRAPHML}data")} <= declared
    told = {data.get("key"): data.text for data in root.findall(f"{GRAPHML}graph/{GRAPHML}data")}
    (network,) = json.loads(told["graph.networks"] or "")
    assert (network["network_id"], network["possible_victims"]) == (NET, 1)
    assert "decides nothing about anybody" in (told["graph.caution"] or "")


def test_gexf_edges_are_there_from_the_first_to_the_last_payment(tmp_path: Path) -> None:
    root = ET.parse(written(pair(), "gexf", tmp_path)).getroot()
    assert (root.tag, root.get("version")) == (f"{GEXF}gexf", "1.3")
    graph = root.find(f"{GEXF}graph")
    assert graph is not None
    assert (graph.get("mode"), graph.get("timeformat")) == ("dynamic", "date")
    paid, shared = graph.iter(f"{GEXF}edge")
    assert (paid.get("start"), paid.get("end")) == ("2026-03-16T18:07:10Z", "2026-05-16T18:07:10Z")
    assert [s.get("start") for s in paid.iter(f"{GEXF}spell")] == [paid.get("start"), paid.get("end")]
    assert (paid.get("kind"), shared.get("kind")) == ("payment", "shared device")
    assert (shared.get("start"), list(shared.iter(f"{GEXF}spell"))) == (None, [])
    declared = {a.get("id") for a in root.iter(f"{GEXF}attribute")}
    assert {a.get("for") for a in root.iter(f"{GEXF}attvalue")} <= declared


def test_a_link_that_age_has_made_weightless_keeps_a_weight_that_gephi_draws(tmp_path: Path) -> None:
    made = pair()
    made.edges[0]["weight"] = 0.0
    paid, _ = links(read(made, "gexf", tmp_path))
    assert (paid[2]["weight"], paid[2]["strength"]) == (0.0001, 0.0)


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
PAYMENTS = st.lists(st.tuples(NAMES, st.integers(0, 10**7), st.integers(0, 10**11)), min_size=1, max_size=3)


@st.composite
def worlds(draw: st.DrawFn) -> Folder:
    names = draw(st.lists(NAMES, min_size=2, max_size=5, unique=True))
    made = Folder().network()
    for name in names:
        made.member(name, draw(st.sampled_from(["possible_victim", "possible_client", "unknown"])))
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda p: p[0] != p[1])
    for source, target in draw(st.lists(pairs, unique=True, max_size=5)):
        sent = [(tx, ONCE + timedelta(seconds=s), cents) for tx, s, cents in draw(PAYMENTS)]
        made.pay(source, target, *sent, weight=draw(st.integers(1, 10_000)) / 10_000)
    return made


def expected(made: Folder) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """The slow twin: what the file should say, straight from the rows."""

    def stamp(when: datetime) -> str:
        return when.isoformat().replace("+00:00", "Z")

    roles = {
        m["member_id"]: m["role"].replace("unknown", "not known").replace("_", " ") for m in made.members
    }
    told = [
        (
            shown(e["source"]), shown(e["target"]), e["weight"], e["n"], e["amount_eur"],
            list(map(stamp, e["times"])), e["amounts_eur"], e["tx_ids"],
        )
        for e in made.edges
    ]  # fmt: skip
    return {shown(name): role for name, role in roles.items()}, told


@pytest.mark.parametrize("form", ["graphml", "gexf"])
@given(made=worlds())
@settings(max_examples=25)
def test_any_network_comes_back_as_it_was(form: str, made: Folder) -> None:
    shown_ids = [shown(m["member_id"]) for m in made.members]
    if len(set(shown_ids)) < len(shown_ids):
        return
    roles, told = expected(made)
    with TemporaryDirectory() as place:
        graph = read(made, form, Path(place))
    assert {name: data["role"] for name, data in by_member(graph).items()} == roles
    found = [
        (
            u, v, data["weight"], data["n"], data["amount_cents"], json.loads(data["times"]),
            json.loads(data["amounts_cents"]), json.loads(data["tx_ids"]),
        )
        for u, v, data in links(graph)
    ]  # fmt: skip
    assert sorted(found) == sorted(told)
