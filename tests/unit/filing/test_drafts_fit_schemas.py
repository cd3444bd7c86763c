"""Drafts from the sample data fit the schemas of real FIUs, by two validators that share no code."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import pytest
import xmlschema

from tests.unit.filing.filing_build import FITS, ON, SCHEMAS, Cases, needs_schemas, profile
from thbscreen.filing.draft import SHAPES, Draft, Request, make_draft
from thbscreen.filing.xsd import Schema, read_schema
from thbscreen.io.xmltree import whole_tree

REPORTDATA = "goaml-5.0.1-unnamed-fiu-reportdata.xsd"
pytestmark = pytest.mark.filterwarnings("ignore::xmlschema.XMLSchemaImportWarning")


@cache
def schema(name: str) -> Schema:
    return read_schema(SCHEMAS / name)


@cache
def independent(name: str) -> Any:
    """Compiles a schema with the other library, from a text mended by rules of our own for tests."""
    text = (SCHEMAS / name).read_text(encoding="utf-8-sig").replace('vc:minVersion="1.1"', "")
    text = text.replace('value="^', 'value="').replace('*$"', '*"').replace("0-9-+]", "0-9+-]")
    return xmlschema.XMLSchema11(text, allow="none")


def reports(draft: Draft) -> list[bytes]:
    return [data for name, data in draft.files.items() if name.endswith(".xml")]


def schemas_for(name: str, shape: str) -> tuple[str, ...]:
    if shape == "transactions-only":
        return (REPORTDATA,) if name == "unnamed-5.0.1" else ()
    return FITS[name]


@needs_schemas
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", FITS)
def test_a_draft_fits_the_schema_by_lxml_and_by_xmlschema(cases: Cases, name: str, shape: str) -> None:
    draft = cases.draft(name, shape)
    assert [f for f in draft.errors if f.code != "B01"] == []
    for xsd in schemas_for(name, shape):
        for data in reports(draft):
            assert schema(xsd).check(data) == []
            assert [str(e.reason) for e in independent(xsd).iter_errors(io.BytesIO(data))] == []


@needs_schemas
@pytest.mark.parametrize(("name", "number"), [*((name, 1) for name in FITS), ("unnamed-5.0.1", 0)])
def test_drafts_of_the_larger_networks_fit_too(cases: Cases, name: str, number: int) -> None:
    draft = cases.draft(name, "transactions", number)
    for xsd in FITS[name]:
        assert [f for data in reports(draft) for f in schema(xsd).check(data)] == []
    assert draft.gaps == []


@needs_schemas
@pytest.mark.parametrize("name", FITS)
def test_what_our_structural_check_misses_is_missed_by_the_schema_as_well(cases: Cases, name: str) -> None:
    # Without data of clients the gaps are real; both sides name the same number of spots.
    case = cases.network(cases.network_ids()[-1], name)
    bare = type(case)(**{**case.__dict__, "details": type(case.details)()})
    draft = make_draft(bare, profile(name), Request(shape="transactions", on=ON))
    assert draft.gaps
    lines = {f.line for f in draft.gaps}
    refused = {f.line for data in reports(draft) for f in schema(FITS[name][0]).check(data)}
    assert refused
    # The schema stops at the first gap of an element; each of its lines lies in one that we name.
    assert len(refused) <= len(lines) * 2


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_input_gives_equal_bytes(cases: Cases, shape: str) -> None:
    first, again = (cases.draft("unnamed-5.0.1", shape) for _ in range(2))
    assert first.files == again.files


def test_every_movement_is_in_the_report_once_with_its_amount(cases: Cases) -> None:
    case = cases.network(cases.network_ids()[-1], "unnamed-5.0.1")
    (data,) = reports(cases.draft("unnamed-5.0.1", "transactions"))
    made = whole_tree(io.BytesIO(data), "r").all("transaction")
    told = sorted((t.value("transactionnumber"), t.value("amount_local")) for t in made)
    assert told == sorted((m.id, f"{m.amount:.2f}") for m in case.movements)
    ids = [tx for m in case.movements for tx in m.tx_ids]
    assert len(ids) == len(set(ids)) == len({tx for h in case.hits for tx in h["tx_ids"]} | set(ids))


def test_a_possible_victim_is_never_marked_as_suspected(cases: Cases) -> None:
    for shape in SHAPES:
        for data in reports(cases.draft("unnamed-5.0.1", shape)):
            root = whole_tree(io.BytesIO(data), "r")
            flags = [e.text for e in root.descendants() if e.name.endswith("is_suspected")]
            assert flags
            assert set(flags) == {"false"}


def test_possible_victims_stand_behind_subjects_or_only_in_the_narrative(cases: Cases) -> None:
    draft = cases.draft("unnamed-5.0.1", "activity")
    root = whole_tree(io.BytesIO(reports(draft)[0]), "r")
    parties = [e for e in root.descendants() if e.name == "report_party"]
    flags = [p.value("is_suspected") for p in parties]
    assert flags == sorted(flags)
    assert len(parties) == len(draft.case.parties)
    own = profile("unnamed-5.0.1")
    fields = {name: getattr(own, name) for name in own.__slots__}
    quiet = type(own)(**{**fields, "possible_victims": "narrative"})
    data = make_draft(draft.case, quiet, Request(shape="activity", on=ON)).files
    fewer = whole_tree(io.BytesIO(next(d for n, d in data.items() if n.endswith(".xml"))), "r")
    names = [e for e in fewer.descendants() if e.name == "report_party"]
    assert len(names) == len(draft.case.others)


def test_a_case_beyond_the_limit_is_split_and_says_so(cases: Cases) -> None:
    own = profile("unnamed-5.0.1")
    fields = {name: getattr(own, name) for name in own.__slots__}
    small = type(own)(**{**fields, "limits": {"transactions": 20}})
    case = cases.network(cases.network_ids()[-1], "unnamed-5.0.1")
    draft = make_draft(case, small, Request(shape="transactions", on=ON))
    files = [whole_tree(io.BytesIO(d), n) for n, d in draft.files.items() if n.endswith(".xml")]
    sizes = [len(f.all("transaction")) for f in files]
    assert sum(sizes) == len(case.movements) > 20
    assert sizes[:-1] == [20] * (len(sizes) - 1)
    assert 0 < sizes[-1] <= 20
    assert [f.value("entity_reference") for f in files] == [
        f"{case.id}-{n}" for n in range(1, len(sizes) + 1)
    ]
    assert all(f"this is number {n}" in f.value("reason") for n, f in enumerate(files, 1))
