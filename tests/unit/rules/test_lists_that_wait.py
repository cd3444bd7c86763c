"""The page on lists that wait is followed; without the list see the tests inside the rule."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support import run_rows
from thbscreen.rules.pack import load_pack
from thbscreen.rules.paths import default_rules_dir

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "keep-a-list-out-of-the-rules.md"
PEOPLE = [
    {"account_id": "A1", "party_id": "C1", "kind": "natural", "phone_hash": "hash-two"},
    {"account_id": "A2", "party_id": "C2", "kind": "natural", "phone_hash": "hash-three"},
]
ROW = {"account_id": "A1", "booking_ts": "2026-01-01 10:00", "amount_eur": "5"}


def test_contact_details_are_compared_once_the_institution_has_the_list(tmp_path) -> None:
    (block,) = re.findall(
        r"```text\n(list: adverts\.contacts\n.*?)```", PAGE.read_text(encoding="utf-8"), re.S
    )
    path = tmp_path / "my-lists" / "adverts" / "contacts.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(block, encoding="utf-8")
    own = (default_rules_dir() / "profiles" / "cyprus.yaml").read_text(encoding="utf-8")
    profile = tmp_path / "cyprus.yaml"
    profile.write_text(own + "\nlists_from: my-lists\n", encoding="utf-8")
    tables, ready = run_rows(load_pack(None, profile, ["THB-SEX-022"]), [ROW], [], PEOPLE)
    assert "not judged" not in set(ready["status"])
    assert tables.hits["subject_id"].to_list() == ["C1"]
