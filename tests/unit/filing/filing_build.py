"""What the tests of drafts share: the sample's run folder, made-up data of clients, profiles and schemas."""

from __future__ import annotations

import csv
import os
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from tests.sample_scan import SAMPLE
from thbscreen.filing.case import FilingCase, read_case
from thbscreen.filing.details import read_details
from thbscreen.filing.draft import Draft, Request, make_draft
from thbscreen.filing.profile import FilingProfile, read_profile
from thbscreen.report.folder import open_folder
from thbscreen.rules.pack import load_pack

ROOT = Path(__file__).resolve().parents[3]
PROFILES = Path(__file__).parent / "profiles"
SCHEMAS = Path(os.environ.get("THBSCREEN_SHARED", ROOT.parent / "shared")) / "data" / "goaml" / "xsd"
#: Profile -> schemas that its drafts must fit.
FITS = {
    "unnamed-5.0.1": ("goaml-5.0.1-unnamed-fiu.xsd",),
    "emirates-5.0.2": ("goaml-5.0.2-uae-patched.xsd", "goaml-5.0.2-uae-pristine.xsd"),
    "indonesia-4.0.2": ("goaml-4.0.2-indonesia.xsd",),
}
needs_schemas = pytest.mark.skipif(
    not SCHEMAS.is_dir(), reason="the FIUs' schemas are not here; THBSCREEN_SHARED names their folder"
)
ON = date(2026, 10, 5)


@cache
def profile(name: str) -> FilingProfile:
    return read_profile(PROFILES / f"{name}.yaml")


def write_details(path: Path) -> Path:
    """Writes made-up birth dates, papers and telephones for every customer of the sample."""
    papers = {
        "unnamed": ("A", "1"), "emirates": ("PASSP", "PRSNL"), "indonesia": ("PAS", "R")
    }[path.stem.partition("-")[0]]  # fmt: skip
    forms = {"unnamed": "A", "emirates": "-", "indonesia": "PT"}[path.stem.partition("-")[0]]
    directors = {"unnamed": "A", "emirates": "DIR", "indonesia": "DIR"}[path.stem.partition("-")[0]]
    person = {
        "gender": "-",
        "birthdate": "1980-05-01",
        "nationality1": "CY",
        "birth_place": "Nicosia",
        "ssn": "1234567890123456",
        "id_number": "X1234567",
        "source_of_wealth": "wages",
        "phone.tph_country_prefix": "357",
        "phone.tph_number": "99000000",
        "address.address": "1 Example Street",
        "address.city": "Nicosia",
        "address.country_code": "CY",
        "identification.type": papers[0],
        "identification.number": "K0000000",
        "identification.issue_date": "2020-01-01",
        "identification.expiry_date": "2030-01-01",
        "identification.issue_country": "CY",
    }
    entity = {
        "commercial_name": "Example Trading", "incorporation_legal_form": forms,
        "incorporation_number": "HE000000", "phone.tph_country_prefix": "357", "phone.tph_number": "22000000",
        "address.address": "1 Example Street", "address.city": "Nicosia", "address.country_code": "CY",
        "director": "D1", "director_role": directors,
    }  # fmt: skip
    director = {**person, "first_name": "Example", "last_name": "Director", "residence": "CY",
                "occupation": "director"}  # fmt: skip
    columns = ["id", *dict.fromkeys([*director, *entity, "signatory"])]
    with (SAMPLE / "parties.csv").open(encoding="utf-8") as stream:
        kinds = {row["party_id"]: row["kind"] for row in csv.DictReader(stream)}
    with (SAMPLE / "account_parties.csv").open(encoding="utf-8") as stream:
        held = [(row["account_id"], row["party_id"]) for row in csv.DictReader(stream)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, columns, restval="")
        table.writeheader()
        table.writerow({"id": "D1", **director})
        for identity, kind in kinds.items():
            table.writerow({"id": identity, **(person if kind == "natural" else entity)})
        for account in sorted({a for a, p in held if kinds[p] == "legal"}):
            table.writerow({"id": account, "signatory": "D1"})
    return path


class Cases:
    """Cases of one run folder, read once each."""

    def __init__(self, run: Path, work: Path) -> None:
        self.run = open_folder(run)
        self.work = work
        self.pack = load_pack()
        self._known: dict[tuple[str, str], FilingCase] = {}

    def network_ids(self) -> list[str]:
        return self.run.table("networks")["network_id"].to_list()

    def network(self, network: str, name: str) -> FilingCase:
        if (network, name) not in self._known:
            file = self.work / f"{name}.csv"
            if not file.exists():
                write_details(file)
            self._known[network, name] = read_case(
                self.run, self.pack, network=network, data=[SAMPLE], details=read_details(file)
            )
        return self._known[network, name]

    def draft(self, name: str, shape: str, number: int = -1, request: Request | None = None) -> Draft:
        """Gives a draft of a network; by default the last one, which has the fewest movements."""
        case = self.network(self.network_ids()[number], name)
        return make_draft(case, profile(name), request or Request(shape=shape, on=ON))
