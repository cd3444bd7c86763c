"""Element tables, the writer, XML that is not trusted, letters, and the schema's own validation."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.unit.filing.filing_build import FITS, SCHEMAS, needs_schemas, profile
from thbscreen.errors import DataError, UsageError
from thbscreen.filing.details import read_details
from thbscreen.filing.elements import VERSIONS, load_table
from thbscreen.filing.latin import is_plain, latin, plain
from thbscreen.filing.structure import check_structure
from thbscreen.filing.writer import ReportWriter, shortened
from thbscreen.filing.xsd import read_schema
from thbscreen.io.xmltree import whole_tree

XS = "{http://www.w3.org/2001/XMLSchema}"
TYPES = (
    "t_account_my_client", "t_account", "t_person_my_client", "t_person", "t_entity_my_client", "t_entity",
    "t_address", "t_phone", "t_person_identification", "t_party", "report_party_type", "t_foreign_currency",
    "t_trans_item", "t_person_registration_in_report",
)  # fmt: skip


# --- element tables -----------------------------------------------------------------------------------


def names_in_order(node: Any, root: Any) -> list[str]:
    out: list[str] = []
    for child in node:
        if child.tag == f"{XS}element":
            out.append(child.get("name"))
        elif child.tag == f"{XS}extension":
            base = root.find(f"{XS}complexType[@name='{child.get('base')}']")
            out += names_in_order(base, root) + names_in_order(child, root)
        elif isinstance(child.tag, str):
            out += names_in_order(child, root)
    return out


@needs_schemas
@pytest.mark.parametrize("name", FITS)
def test_the_tables_have_the_elements_and_the_order_of_every_schema(name: str) -> None:
    table = load_table(profile(name).version)
    for file in FITS[name]:
        root = etree.parse(SCHEMAS / file).getroot()
        seen = 0
        for kind in TYPES:
            found = root.find(f"{XS}complexType[@name='{kind}']")
            if found is None:
                continue
            seen += 1
            names = list(dict.fromkeys(names_in_order(found, root)))
            assert [n for n in table.order(kind) if n in names] == names, kind
            for element in found.iter(f"{XS}element"):
                ours = table.element(kind, element.get("name"))
                if ours is not None and ours.least:  # what we demand is demanded here too, or is a branch
                    assert element.get("minOccurs", "1") != "0" or kind.endswith("_report"), (kind, ours.name)
        assert seen >= 12
        header = list(dict.fromkeys(c.get("name") for c in root.find(f"{XS}element").iter(f"{XS}element")))
        ours = [n for n in table.order("report") if n in header]
        assert ours == [n for n in header if n in ours]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_type_that_a_table_names_is_in_it(version: str) -> None:
    table = load_table(version)
    missing = [
        e.of
        for g in table.types.values()
        for e in g.elements()
        if e.kind == "type" and e.of not in table.types
    ]
    assert missing == []
    assert table.at("report.location.city") is not None
    assert table.at("report.location.town.x") is None


def test_what_4_0_lacks_is_not_in_its_table() -> None:
    old, new = load_table("4.0"), load_table("5.0")
    for path in (
        "report.schema_version",
        "report.report_date",
        "transaction.transaction_is_suspicious",
        "t_from.from_is_suspected",
        "report_party_type.is_suspected",
        "t_person.full_name_frn",
    ):
        assert old.at(path) is None
        assert new.at(path) is not None


# --- writer ---------------------------------------------------------------------------------------------


@given(st.text(max_size=200))
def test_any_text_gives_well_formed_xml_that_reads_back(text: str) -> None:
    writer = ReportWriter(profile("unnamed-5.0.1"))
    data = writer.document("report", "report", {"reason": text, "rentity_id": "1"})
    root = whole_tree(io.BytesIO(data), "r")
    kept = "".join(c for c in text if c in "\t\n\r" or ("\x20" <= c <= "\ud7ff") or "\ue000" <= c <= "\ufffd"
                   or c >= "\U00010000")  # fmt: skip
    assert root.value("reason") == kept.replace("\r\n", "\n").replace("\r", "\n").strip()
    etree.fromstring(data)


@given(
    st.permutations(["reason", "action", "rentity_id", "report_code", "submission_code", "entity_reference"])
)
def test_the_order_of_the_data_does_not_matter(names: list[str]) -> None:
    tree = dict.fromkeys(names, "1")
    data = ReportWriter(profile("unnamed-5.0.1")).document("report", "report", tree)
    made = [c.name for c in whole_tree(io.BytesIO(data), "r").children]
    assert made == [n for n in load_table("5.0").order("report") if n in names]


def test_an_element_that_no_version_knows_is_a_bug_and_one_of_another_version_is_left_out() -> None:
    writer = ReportWriter(profile("indonesia-4.0.2"))
    data = writer.document("report", "report", {"rentity_id": "1", "schema_version": "5.0.1"})
    assert b"schema_version" not in data
    with pytest.raises(KeyError, match=r"report\.rentity"):
        writer.document("report", "report", {"rentity": "1"})


@given(st.text(alphabet="ab ", max_size=60), st.integers(1, 50))
def test_a_text_is_cut_between_words_where_there_is_a_blank(text: str, most: int) -> None:
    cut = shortened(text, most)
    assert len(cut) <= most
    assert text.startswith(cut)
    if len(text) > most and " " in text[:most].strip() and cut:
        assert text[len(cut)].isspace()


# --- untrusted XML --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<report><a></report>", "D027"),
        (b"<report>\x01</report>", "D027"),
        (b'<?xml version="1.0" encoding="x-unknown"?><report/>', "D027"),
        (b"", "D027"),
        (b'<!DOCTYPE report [<!ENTITY a "b">]><report>&a;</report>', "D028"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "D028"),
        (b"<report>&unknown;</report>", "D027"),
        (b"<a>" * 60 + b"</a>" * 60, "D029"),
    ],
)
def test_xml_that_could_do_harm_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(DataError, match=rf"error\[{code}\]") as error:
        whole_tree(io.BytesIO(data), "r.xml")
    assert "r.xml" in str(error.value)


def test_a_bomb_of_entities_is_refused_before_it_grows() -> None:
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    data = f'<!DOCTYPE r [<!ENTITY l0 "x">{levels}]><r>&l11;</r>'.encode()
    with pytest.raises(DataError, match="D028"):
        whole_tree(io.BytesIO(data), "r.xml")


def test_a_finding_names_line_and_column() -> None:
    root = whole_tree(io.BytesIO(b"<report>\n  <rentity_id>1</rentity_id>\n    <nonsense/>\n</report>"), "r")
    found = next(f for f in check_structure(root, None, "5.0") if f.code == "S01")
    assert (found.line, found.column) == (3, 5)
    assert found.shown("r.xml").startswith("r.xml:3:5: error[S01]: report/nonsense: ")


# --- letters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
        ("Ευαγγελία Χατζηπαύλου", "Evangelia Chatzipavlou"),
        ("ΜΠΑΜΠΗΣ", "BAMPIS"),
        ("Αύγουστος", "Avgoustos"),
        ("Ελευθέριος", "Eleftherios"),
        ("Άγγελος", "Angelos"),
        ("Θεόδωρος Ψαράς", "Theodoros Psaras"),
        ("Юлия Щукина", "Iuliia Shchukina"),
        ("Łódź, Ørsted, Weiß", "Lodz, Orsted, Weiss"),
        ("€50 – “x” …", 'EUR50 - "x" ...'),
    ],
)
def test_letters_become_latin_ones(text: str, expected: str) -> None:
    assert latin(text) == expected


@given(st.text(max_size=80))
def test_latin_text_is_ascii_and_stays_as_it_is(text: str) -> None:
    made = latin(text)
    assert made.isascii()
    assert latin(made) == made


@given(st.text(max_size=80))
def test_plain_text_holds_nothing_hidden(text: str) -> None:
    assert is_plain(plain(text), ascii_only=False, line_breaks=True)
    assert is_plain(plain(text, line_breaks=False), ascii_only=False, line_breaks=False)
    assert is_plain(latin(plain(text, line_breaks=False)), ascii_only=True, line_breaks=False)


# --- the FIU's schema -----------------------------------------------------------------------------------

SMALL = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="report">
<xs:complexType><xs:sequence><xs:element name="a" type="xs:string"/></xs:sequence>{}</xs:complexType>
</xs:element></xs:schema>"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "fiu.xsd"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_lxml_a_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def missing(name: str) -> Any:
        if name.startswith("lxml"):
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(UsageError, match=r"thbscreen\[goaml\]"):
        read_schema(written(tmp_path, SMALL.format("")))


def test_a_schema_that_takes_in_other_files_or_entities_is_refused(tmp_path: Path) -> None:
    inner = '<xs:include schemaLocation="http://example.org/x.xsd"/>'
    with pytest.raises(DataError, match="takes in other files"):
        read_schema(written(tmp_path, SMALL.format("").replace("<xs:element", inner + "<xs:element", 1)))
    with pytest.raises(DataError, match="D028"):
        read_schema(written(tmp_path, '<!DOCTYPE x [<!ENTITY a "b">]>' + SMALL.format("")))
    with pytest.raises(DataError, match="is no XML schema"):
        read_schema(written(tmp_path, "<report/>"))
    with pytest.raises(DataError, match="D027"):
        read_schema(written(tmp_path, "<xs:schema"))
    with pytest.raises(DataError, match="does not compile"):
        read_schema(written(tmp_path, SMALL.format("").replace("xs:string", "xs:strange")))


def test_a_schema_with_assertions_goes_to_the_library_that_knows_them(tmp_path: Path) -> None:
    made = read_schema(written(tmp_path, SMALL.format("<xs:assert test=\"a = 'x'\"/>")))
    assert made.engine == "xmlschema"
    assert made.check(b"<report><a>x</a></report>") == []
    (found,) = made.check(b"<report><a>secret</a></report>")
    assert found.code == "X01"
    assert "secret" not in found.message


def test_patterns_are_read_as_the_fiu_means_them_and_that_is_told(tmp_path: Path) -> None:
    limited = SMALL.format("").replace(
        '<xs:element name="a" type="xs:string"/>',
        """<xs:element name="a">
<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="^[a-z0-9-+]*$"/></xs:restriction>
</xs:simpleType></xs:element>""",
    )
    made = read_schema(written(tmp_path, limited))
    assert made.check(b"<report><a>ab-1+</a></report>") == []
    assert [f.code for f in made.check(b"<report><a>AB</a></report>")] == ["X01"]
    assert len(made.changes) == 2


# --- details of clients ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("party,ssn\n", "the first column must be called 'id'"),
        ("id,snn\n", "did you mean 'ssn'?"),
        ("id,phone.number\n", "no element of a client"),
        ("id,fax.number\n", "no element of a client"),
        ("id,ssn\nP1,1\nP1,2\n", "row 2: this id is there twice"),
        ("id,ssn\nP1\n", "row 1: has 1 cells"),
    ],
)
def test_a_wrong_file_of_details_is_told_without_its_values(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_details(file)
    assert told in str(error.value)
    assert str(error.value).startswith("clients.csv")


def test_days_become_times_and_empty_cells_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("id,birthdate,ssn,phone.tph_number\nP1,1980-05-01,,99\n", encoding="utf-8")
    made = read_details(file)
    assert made.of("P1") == {"birthdate": "1980-05-01T00:00:00"}
    assert made.of("P1", "phone") == {"tph_number": "99"}
    assert made.of("P2") == {}
