"""What a run folder explains of a subject: why, why not, near misses, and what would change it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.report.run_folders import START, Made
from thbscreen.compile.aggregate import NEAREST
from thbscreen.errors import DataError, UsageError
from thbscreen.io.digest import sha256_file
from thbscreen.report.explain import explain_facts, find_rule
from thbscreen.report.explain_text import explain_page, movement_words, sides
from thbscreen.report.folder import RunFolder, open_folder
from thbscreen.report.narrative import STANDING_CARE, VICTIM_CARE
from thbscreen.report.page import json_text
from thbscreen.rules.accusing import accusing_words

Row = dict[str, Any]
ZONE = ZoneInfo("Asia/Nicosia")
PROFILE = {
    "name": "cyprus", "digest": "d", "time_zone": "Asia/Nicosia",
    "scoring": {"alert_weight": "5", "min_families": "2", "half_after_days": "180", "repeat_bonus": "1"},
    "switched": [{"rule": "THB-OFF-001", "enabled": False, "reason": "no such trade here"}],
    "values": [{"rule": "THB-SPD-002", "parameter": "min", "value": "4", "default": "3", "reason": "a test"}],
    "exclusions": [{"name": "own-shops", "rule": "THB-SPD-002", "rows": 7}],
}  # fmt: skip
#: rule: family, weight, third party, status, reason, missing
RULES: dict[str, tuple[str, int, bool, str, str, list[str]]] = {
    "THB-FLW-003": ("flow", 3, True, "ready", "", []),
    "THB-SPD-002": ("spend", 2, False, "weak", "mcc is filled in 9% of the rows", []),
    "THB-SPD-001": ("spend", 1, False, "ready", "", []),
    "THB-IDN-002": ("identity", 2, True, "ready", "", []),
    "THB-TXT-000": ("text", 0, False, "ready", "", []),
    "THB-MIT-002": ("mitigation", -2, False, "ready", "", []),
    "THB-CSH-001": ("flow", 2, True, "not judged", "no value in conductor_id", ["conductor_id"]),
}
HOLDS = {"line": "deposits >= $min", "left": 4.0, "right": 3.0, "holds": True}


class Run(Made):
    """A run folder whose sums, hits and rules belong together."""

    def rules(self) -> Run:
        for rule, (family, weight, third, status, reason, missing) in RULES.items():
            self.add("readiness", rule=rule, title=f"Title of {rule}", status=status, reason=reason,
                     missing=missing, family=family, weight=weight, third_party=third)  # fmt: skip
        return self

    def found(self, rule: str, subject: str, hit_id: str, **values: Any) -> Run:
        family, weight, third, *_ = RULES[rule]
        self.hit(hit_id, subject, **{
            "rule": rule, "title": f"Title of {rule}", "family": family, "weight": weight,
            "third_party": third, "conditions": [HOLDS], "parameters": [{"name": "min", "value": "3"}],
        } | values)  # fmt: skip
        return self

    def listed(self, table: str, subject: str, *hit_ids: str, **values: Any) -> Run:
        """Adds an alert or a row below the line, with one addend for each hit."""
        hits = [h for i in hit_ids for h in self.rows["hits"] if h["hit_id"] == i]
        addends = [
            {"rule": h["rule"], "hit_id": h["hit_id"], "family": h["family"], "points": float(h["weight"]),
             "why": f"{h['title']}: weight {h['weight']}"} for h in hits
        ]  # fmt: skip
        row = {
            "subject_id": subject, "subject_kind": "party", "accounts": [f"{subject}-1"], "legal": False,
            "addends": addends,
            "score": sum(a["points"] for a in addends), "hit_ids": list(hit_ids),
            "families": sorted({h["family"] for h in hits} - {"mitigation"}),
            "third_party": any(h["third_party"] for h in hits), "first": START, "last": START,
        } | values  # fmt: skip
        if table == "alerts":
            self.alert(subject, **{k: v for k, v in row.items() if k != "subject_id"})
        else:
            self.add(table, **row)
        return self

    def near(self, subject: str, rule: str, **values: Any) -> Run:
        self.add("near_misses", **{
            "rule": rule, "subject_kind": "account", "subject_id": subject, "line": "deposits >= $min",
            "left": 2.0, "right": 3.0, "distance": 1 / 3, "window_starts": START, "window_ends": START,
            "n_tx": 2, "tx_ids": ["N1", "N2"],
        } | values)  # fmt: skip
        return self

    def done(self, folder: Path, **manifest: Any) -> RunFolder:
        return self.write(folder, **{"profile": PROFILE} | manifest)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = Run().rules()
    made.found("THB-FLW-003", "P-1", "H1", tx_ids=["T1", "T2"]).found(
        "THB-SPD-002", "P-1", "H2", tx_ids=["T3"]
    )
    made.found("THB-SPD-001", "P-1", "H3")
    made.listed("alerts", "P", "H1", "H2", "H3", care=["Do not call."], innocent_explanations=["A tour"],
                rank=1, leading_role="unknown", roles=[{"role": "unknown", "share": 1.0}])  # fmt: skip
    made.found("THB-SPD-002", "B-1", "H4").listed("below_line", "B", "H4", lacks="points")
    made.near("B-1", "THB-FLW-003", distance=0.25).near("B-1", "THB-SPD-001", line="part < $max")
    made.found("THB-TXT-000", "Z-1", "H5")
    made.found("THB-FLW-003", "V-1", "H6", third_party=True)
    made.listed("alerts", "V", "H6", handling="possible victim", care=["Mind the telephone."],
                innocent_explanations=["A couple with one account"])  # fmt: skip
    made.found("THB-IDN-002", "DEV-1", "H7", subject_kind="device_id")
    for role, member in (("possible_victim", "B-1"), ("possible_controller", "P-1")):
        made.add(
            "hit_members", hit_id="H7", rule="THB-IDN-002", role=role, field="account_id", member_id=member
        )
    return made.done(tmp_path / "out")


def page(run: RunFolder, subject: str, rule: str | None = None) -> str:
    return explain_page(explain_facts(run, subject, rule), ZONE, 400)


def part(text: str, heading: str) -> str:
    """A part of the page, from its heading to the next one."""
    found = re.search(rf"^{re.escape(heading)}.*?(?=\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
    assert found is not None, heading
    return found.group()


# --- standing ----------------------------------------------------------------------------------------


def test_an_alert_is_told_with_rank_and_score_as_a_sum(run):
    told = part(page(run, "P"), "WHERE IT STANDS")
    assert "alert AL-P: rank 1 of 2, score 6, handled as a subject" in told
    assert "- 3: Title of THB-FLW-003: weight 3 (THB-FLW-003)" in told
    assert "= 6 over 2 families (flow, spend); somebody else's gain or control shows" in told
    assert "The line: 5 points over 2 families" in told


@pytest.mark.parametrize("given", ["P", "P-1", "AL-P"])
def test_a_customer_an_account_and_an_alert_are_the_same_subject(run, given):
    facts = explain_facts(run, given)
    assert facts["subject"]["member_id"] == "P"
    assert [s["standing"] for s in facts["standings"]] == ["alert"]
    assert [h["hit_id"] for h in facts["hits"] if h["counts"]] == ["H1", "H3", "H2"]


def test_below_the_line_everything_that_is_lacking_is_told(run):
    told = page(run, "B-1")
    assert "B-1 is an account of B." in told
    assert (
        "It lacks: 3 points (2 of 5); 1 family (1 of 2); a hit that shows somebody else's gain or control."
        in told
    )


def test_of_a_legal_person_no_third_party_is_asked_and_nothing_hangs_on_a_guess(tmp_path):
    made = Run().rules().found("THB-FLW-003", "L-1", "H1").found("THB-SPD-002", "L-1", "H2")
    made.listed("alerts", "L", "H1", "H2", legal=True)
    made.found("THB-SPD-002", "M-1", "H3", third_party=False).listed(
        "below_line", "M", "H3", legal=True, lacks="points"
    )
    made.near("M-1", "THB-FLW-003").near("M-1", "THB-SPD-001")
    run = made.done(tmp_path / "out")
    (alert,) = explain_facts(run, "L")["standings"]
    assert [w["then"]["outcome"] for w in alert["without"]] == ["below the line", "below the line"]
    told = page(run, "M")
    assert "It lacks: 3 points (2 of 5); 1 family (1 of 2)." in told
    # Where the row says who is a legal person, only ids without a row are told with a condition.
    assert "unless it is a legal person" not in told
    natural = Run().rules().found("THB-SPD-002", "N-1", "H", third_party=False)
    natural.listed("below_line", "N", "H", lacks="points").near("N-1", "THB-CSH-001")
    natural.near("N-1", "THB-IDN-002")
    assert "unless it is a legal person" not in page(natural.done(tmp_path / "natural"), "N")


def test_an_id_of_which_nothing_is_published_is_not_cleared(run):
    told = page(run, "nobody")
    assert "Nothing is published of this id. That clears nobody" in told
    assert "ask for each account, too" in told
    assert "WHAT WOULD CHANGE IT" not in told
    assert explain_facts(run, "nobody")["state"] == "nothing published"


def test_hits_that_add_nothing_give_no_standing_and_say_why(run):
    told = page(run, "Z-1")
    assert "Neither an alert nor below the line: no hit that adds points counts for it." in told
    assert "does not count here: its rule has the weight 0: it is read, not counted" in told


def test_a_thing_has_no_score_and_its_hits_name_the_alerts_that_count_them(tmp_path):
    made = Run().rules().found("THB-IDN-002", "DEV-1", "H7", subject_kind="device_id")
    made.add("hit_members", hit_id="H7", rule="THB-IDN-002", role="possible_controller",
             field="party_id", member_id="P")  # fmt: skip
    made.listed("alerts", "P", "H7")
    run = made.done(tmp_path / "out")
    told = page(run, "DEV-1")
    assert "device id: a thing, which has no score" in told
    assert "HITS, which count for the people whom they name" in told
    assert "it counts for the people whom it names (alerts: AL-P)" in told
    (standing,) = explain_facts(run, "P")["standings"]
    assert standing["without"][0]["third_party"], "the subject is on the controlling side of the thing's hit"


def test_who_is_only_named_as_a_possible_victim_is_told_why_it_does_not_count(run):
    told = part(page(run, "B"), "HITS THAT DO NOT COUNT HERE")
    assert "named as possible victim" in told
    assert "who is only named as a possible victim by a hit of somebody else is not counted for it" in told


# --- hits --------------------------------------------------------------------------------------------


def test_each_condition_is_told_with_values_against_thresholds(run):
    told = page(run, "P", "THB-FLW-003")
    assert "deposits >= $min: 4 >= 3, holds" in told
    assert "thresholds in force: min 3" in told
    assert "movements: T1, T2" in told
    assert "THB-SPD-001" not in part(told, "HITS THAT COUNT")


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        (4.0, 3.0, ("4", "3")), (0.1234567, 0.5, ("0.1235", "0.5")), (None, 3.0, ("not known", "3")),
        (0.249999, 0.25, ("0.249999", "0.25")), (0.25, 0.25, ("0.25", "0.25")),
        (1e9, 2.5, ("1000000000", "2.5")),
    ],
)  # fmt: skip
def test_two_numbers_that_differ_never_look_equal(left, right, told):
    assert sides(left, right) == told


def test_rows_are_those_of_the_case_and_others_are_ids(tmp_path):
    made = Run().rules().found("THB-FLW-003", "P-1", "H1", tx_ids=["T1", "T9"])
    made.listed("alerts", "P", "H1")
    folder = made.done(tmp_path / "out").path
    case = folder / "cases" / "AL-P"
    case.mkdir(parents=True)
    (case / "evidence.csv").write_text(
        "tx_id,account_id,booking_ts,has_time,direction,amount,currency,tx_type,cp_account_id,booking_local\n"
        'T1,P-1,2026-03-01T09:00:00Z,true,debit,"12.50",EUR,credit_transfer,X-1,2026-03-01 11:00:00\n'
        'T2,P-1,2026-03-01T09:00:00Z,true,debit,"1.00",EUR,credit_transfer,X-1,2026-03-01 11:00:00\n'
    )
    run = open_folder(folder)
    told = page(run, "P")
    assert "2026-03-01 11:00, 12.50 EUR, P-1 to X-1, credit transfer [T1]" in told
    assert "movements: T9" in told
    (row,) = explain_facts(run, "P")["rows"]
    assert (row["case"], row["tx_id"], row["amount"]) == ("AL-P", "T1", "12.50")


def test_rows_that_somebody_changed_are_refused(tmp_path):
    made = Run().rules().found("THB-FLW-003", "P-1", "H1").listed("alerts", "P", "H1")
    folder = made.done(tmp_path / "out").path
    file = folder / "cases" / "AL-P" / "evidence.csv"
    file.parent.mkdir(parents=True)
    file.write_text("tx_id\nH1\n")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["outputs"] = [{"file": "cases/AL-P/evidence.csv", "sha256": sha256_file(file)}]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert explain_facts(open_folder(folder), "P")["rows"] == [{"case": "AL-P", "tx_id": "H1"}]
    file.write_text("tx_id\nH1\nH2\n")
    with pytest.raises(DataError, match="is not the file that the scan wrote"):
        explain_facts(open_folder(folder), "P")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"direction": "credit", "cp_account_id": "X"}, "X to A, not known"),
        (
            {"direction": "debit", "tx_type": "card_purchase", "merchant_name": "Shop"},
            "from A, card purchase at Shop",
        ),
        ({"direction": "credit", "tx_type": "cash_deposit"}, "to A, cash deposit"),
    ],
)  # fmt: skip
def test_a_movement_is_told_from_payer_to_payee(row, told):
    common = {"tx_id": "T", "account_id": "A", "amount": "1.00", "currency": "EUR", "has_time": "false",
              "booking_local": "2026-03-01 00:00:00"}  # fmt: skip
    assert movement_words(common | row) == f"2026-03-01, 1.00 EUR, {told} [T]"


# --- why not -----------------------------------------------------------------------------------------


def test_a_rule_that_was_not_judged_says_why_and_what_is_missing(run):
    told = part(page(run, "P", "THB-CSH-001"), "WHY IT HAS NO HIT HERE")
    assert "not judged: no value in conductor_id. The silence of the rule says nothing here." in told
    assert "missing: conductor_id" in told


def test_a_near_miss_is_told_with_its_line_both_sides_and_distance(run):
    told = page(run, "B", "THB-FLW-003")
    assert "One line does not hold; see the near miss." in part(told, "WHY IT HAS NO HIT HERE")
    near = part(told, "NEAR MISSES")
    assert "deposits >= $min: 2 >= 3, does not hold" in near
    assert "distance 25.0% of the threshold; it needs at least 3, which is 1 away" in near
    assert "movements: N1, N2" in near


def test_without_hit_and_near_miss_the_page_does_not_pretend_to_know_why(run):
    found = part(page(run, "V", "THB-SPD-001"), "WHY IT HAS NO HIT HERE")
    assert (
        "Two lines or more do not hold, one line misses by more than 25% of its threshold, or no movement"
        in found
    )
    assert "the run folder does not say which" in found
    assert "nearest" not in found


def test_a_rule_that_groups_by_a_thing_says_so(run):
    assert "The rule groups by device_id: ask for the id of such a thing." in page(run, "V", "THB-IDN-002")


def test_a_full_list_of_near_misses_is_told(tmp_path):
    made = Run().rules()
    for n in range(NEAREST):
        made.near(f"X-{n}", "THB-SPD-001")
    told = page(made.done(tmp_path / "out"), "V", "THB-SPD-001")
    assert f"only the {NEAREST} nearest near misses are kept, and there are as many" in told


def test_a_rule_that_the_profile_switched_off_is_an_answer(run):
    told = part(page(run, "P", "thb-off-001"), "WHY IT HAS NO HIT HERE")
    assert "The profile of this run switches the rule off." in told
    assert "reason: no such trade here" in told


def test_weak_rules_changed_values_and_exclusions_are_told(run):
    told = part(page(run, "P", "THB-SPD-002"), "RULE THB-SPD-002: Title of THB-SPD-002")
    assert "family spend, weight 2" in told
    assert "judged only weakly: mcc is filled in 9% of the rows" in told
    assert "min is 4 by the profile, otherwise 3: a test" in told
    assert "the exclusion own-shops hides 7 movements of all from it" in told


@pytest.mark.parametrize(
    ("wanted", "hint"), [("THB-FLW-004", "did you mean 'THB-FLW-003'?"), ("xyz", "known names: THB-")]
)
def test_an_unknown_rule_is_wrong_use_with_the_closest_id(run, wanted, hint):
    with pytest.raises(UsageError, match="out was made without a rule") as error:
        find_rule(run, wanted)
    assert hint in str(error.value)


@pytest.mark.parametrize("given", ["", "  "])
def test_an_empty_subject_is_wrong_use(run, given):
    with pytest.raises(UsageError, match="the subject is empty"):
        explain_facts(run, given)


def test_a_run_that_does_not_say_where_its_line_is_cannot_be_explained(tmp_path):
    run = Run().rules().write(tmp_path / "out")
    with pytest.raises(DataError, match="does not say where the line of an alert is"):
        explain_facts(run, "P")


# --- what would change it ----------------------------------------------------------------------------


def test_decisive_rules_of_an_alert_are_named_with_the_sum_without_them(run):
    told = part(page(run, "P"), "WHAT WOULD CHANGE IT")
    assert "decisive: THB-FLW-003, THB-SPD-002" in told
    assert "- without THB-FLW-003: 3 points, 1 family (spend), no third party: below the line" in told
    assert "- without THB-SPD-001: 5 points, 2 families (flow, spend): an alert" in told


def test_what_near_misses_would_supply_is_told_for_those_below_the_line(run):
    told = part(page(run, "B"), "WHAT WOULD CHANGE IT")
    assert "lacking: 3 points (2 of 5); 1 family (1 of 2)" in told
    assert "- THB-FLW-003: 5 points, 2 families (flow, spend): an alert" in told
    assert "- THB-SPD-001: 3 points, 1 family (spend), no third party: below the line" in told
    assert "- all of them: 6 points, 2 families (flow, spend): an alert" in told


def test_a_near_miss_long_ago_would_give_half(tmp_path):
    made = Run().rules().near("B-1", "THB-FLW-003", window_ends=START - timedelta(days=170))
    (near,) = explain_facts(made.done(tmp_path / "out"), "B-1")["near_misses"]
    assert near["would_give"]["score"] == 1.5


def test_a_rule_whose_weight_is_not_published_is_not_guessed(tmp_path):
    run = Run().near("B-1", "THB-UNK-001").done(tmp_path / "out")
    assert "- THB-UNK-001: its weight is not in this run folder" in page(run, "B-1")
    assert explain_facts(run, "B-1")["near_misses"][0]["would_give"] is None


def test_what_speaks_against_is_told_where_it_keeps_somebody_below_the_line(tmp_path):
    made = Run().rules()
    for n, rule in enumerate(("THB-FLW-003", "THB-SPD-002", "THB-MIT-002")):
        made.found(rule, "B-1", f"H{n}")
    made.listed("below_line", "B", "H0", "H1", "H2", lacks="points")
    told = part(page(made.done(tmp_path / "out"), "B"), "WHAT WOULD CHANGE IT")
    assert "- without THB-MIT-002: 5 points, 2 families (flow, spend): an alert" in told
    assert "without THB-FLW-003" not in told


# --- people ------------------------------------------------------------------------------------------


def order(text: str, *headings: str) -> list[int]:
    return [text.index(h) for h in headings]


def test_care_and_innocent_explanations_come_first_for_a_possible_victim(run):
    told = page(run, "V")
    assert told.startswith(
        f"V: handle as a possible victim, who is not a subject\naccounts: V-1\n{VICTIM_CARE}\n"
    )
    at = order(
        told,
        VICTIM_CARE,
        "A couple with one account",
        STANDING_CARE,
        "Mind the telephone.",
        "WHERE IT STANDS",
    )
    assert at == sorted(at)


def test_innocent_explanations_and_care_are_told_of_everybody(run):
    told = page(run, "P")
    at = order(told, "WHERE IT STANDS", "HITS THAT COUNT", "WHAT WOULD CHANGE IT", "A tour", "Do not call.")
    assert at == sorted(at)
    assert "thbscreen rules explain RULE, here for THB-IDN-002, THB-SPD-002" in part(
        page(run, "B"), "WHAT MAY EXPLAIN THIS INNOCENTLY"
    )


@pytest.mark.parametrize("subject", ["P", "B", "V", "Z-1", "DEV-1", "nobody"])
def test_no_page_accuses_anybody_and_nothing_in_it_steers_a_terminal(run, subject):
    told = page(run, subject)
    assert list(accusing_words(told)) == []
    assert all(c.isprintable() or c == "\n" for c in page(run, subject + "\x1b[31m\u202e"))


def test_the_facts_are_json(run):
    for subject, rule in (("P", None), ("B", "THB-FLW-003"), ("nobody", "THB-CSH-001")):
        facts = json.loads(json_text(explain_facts(run, subject, rule)))
        assert list(facts) == [
            "subject", "rule", "line", "state", "standings", "reviews", "hits", "why_not", "near_misses",
            "together", "networks", "rows", "readiness", "innocent_explanations", "care",
        ]  # fmt: skip
