"""The page of `thbscreen.report.explain`: standing, hits, why not, near misses, what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from thbscreen.compile.bounds import NEAR as NEAR_SHARE
from thbscreen.report import explain
from thbscreen.report.narrative import DRAFT, STANDING_CARE, VICTIM_CARE, shares
from thbscreen.report.network_text import HANDLE, MOST_HITS
from thbscreen.report.page import Page, addend_words, named_ids
from thbscreen.report.text import count, euros, points, words

Row = dict[str, Any]
#: Movements told of one hit; more when one rule is asked for. JSON has all.
MOST_ROWS, MOST_ROWS_OF_ONE = 4, 20
#: Hits of one rule when one rule is asked for.
MOST_HITS_OF_ONE = 20
THIRD = "somebody else's gain or control"
INNOCENT, CARE = "WHAT MAY EXPLAIN THIS INNOCENTLY", "CARE"
_ASKS = {
    ">=": "at least {}", ">": "more than {}", "<=": "at most {}", "<": "less than {}", "==": "exactly {}",
    "!=": "anything but {}",
}  # fmt: skip
_NOTHING = "Nothing is published of this id. That clears nobody, and ids are written as in the data."
_FAR = (
    "The rule could be judged, and no hit and no near miss of it is published here. Two lines or more do not "
    "hold, one line misses by more than {:.0%} of its threshold, or no movement passes its filter: the run "
    "folder does not say which. Only rules that count over a span of time have near misses."
)


def explain_page(facts: Row, zone: ZoneInfo, width: int) -> str:
    """Gives the page of `explain.explain_facts`."""
    page = Page(width, zone)
    subject = facts["subject"]
    apart = subject["handling"] == "possible victim"
    page.heading(subject["member_id"] + HANDLE * apart)
    if subject["given"] != subject["member_id"]:
        whose = "an account" if subject["given"] in subject["accounts"] else "the case"
        page.wrap(f"{subject['given']} is {whose} of {subject['member_id']}.")
    if subject["accounts"] and subject["accounts"] != [subject["member_id"]]:
        page.wrap("accounts: " + ", ".join(subject["accounts"]))
    if apart:
        page.wrap(VICTIM_CARE)
        _innocent(page, facts)
        _care(page, facts)
    _standing(page, facts)
    _rule(page, facts)
    rows = {row["tx_id"]: row for row in facts["rows"]}
    _hits(page, facts, rows)
    _why_not(page, facts)
    _near(page, facts, rows)
    _changes(page, facts)
    if not apart:
        _innocent(page, facts)
    _readiness(page, facts)
    if not apart:
        _care(page, facts)
    page.heading("Note")
    page.wrap(DRAFT, 2)
    return page.text()


# --- where it stands ---------------------------------------------------------------------------------


def _standing(page: Page, facts: Row) -> None:
    page.heading("WHERE IT STANDS")
    for s in facts["standings"]:
        _one_standing(page, s, facts["line"])
    if not facts["standings"]:
        page.wrap(_no_standing(facts), 2)
    for r in facts["reviews"]:
        page.wrap(
            f"read at once, whatever the score: {r['title']} ({r['rule']}) [{r['review_id']}]", 2, hang=2
        )
    for n in facts["networks"]:
        page.wrap(f"in network {n['network_id']} ({n['title']}): {shares(n)}", 2, hang=2)


def _one_standing(page: Page, s: Row, line: Row) -> None:
    if s["standing"] == explain.ALERT:
        page.wrap(
            f"alert {s['alert_id']}: rank {s['rank']} of {s['of']}, score {points(s['score'])}, handled as a "
            f"{s['handling']}; {shares(s)}; {page.span(s)}", 2, hang=2,
        )  # fmt: skip
        if s["urgency"]:
            page.wrap(f"urgency {s['urgency']}: {s['urgency_why']}", 4)
    else:
        page.wrap(f"below the line: score {points(s['score'])}; {page.span(s)}", 2, hang=2)
    page.bullets(map(addend_words, s["addends"] or ()), 4)
    page.wrap(f"= {_sum_words(s)}", 4, hang=2)
    page.wrap(line_words(line), 4, hang=2)
    if s["by_network_pattern"]:
        page.wrap("Here a network pattern of weight 3 and another sign make it an alert.", 4, hang=2)
    if s["lacks"]:
        page.wrap(f"It lacks: {lacking(s, line)}.", 4, hang=2)


def _sum_words(s: Mapping[str, Any]) -> str:
    families = s["families"] or []
    named = f" ({', '.join(families)})" if families else ""
    shown = f"{THIRD} shows" if s["third_party"] else f"{THIRD} does not show"
    return f"{points(s['score'])} over {count(len(families), 'family', 'families')}{named}; {shown}"


def line_words(line: Row) -> str:
    """Says what an alert needs."""
    return (
        f"The line: {_points(line['alert_weight'])} over "
        f"{count(line['min_families'], 'family', 'families')}, or a network pattern of weight 3 and "
        "another sign (the same payments seen by two rules of one family are one sign); and for anybody but "
        f"a legal person a hit that shows {THIRD}."
    )


def lacking(s: Mapping[str, Any], line: Row) -> str:
    """Says what a subject lacks, each thing with how much of it."""
    short, told = s["short"], []
    if short["points"]:
        told.append(f"{_points(short['points'])} ({points(s['score'])} of {points(line['alert_weight'])})")
    if short["families"]:
        has = f"{len(s['families'])} of {line['min_families']}"
        told.append(f"{count(short['families'], 'family', 'families')} ({has})")
    if short["third_party"]:
        told.append(f"a hit that shows {THIRD}")
    return "; ".join(told)


def _points(value: float) -> str:
    return f"{points(value)} {'point' if value == 1 else 'points'}"


def _no_standing(facts: Row) -> str:
    subject = facts["subject"]
    if facts["state"] == explain.THING:
        kinds = ", ".join(map(words, subject["things"]))
        return f"{kinds}: a thing, which has no score. Its hits count for the people whom they name."
    if facts["state"] == explain.NOTHING:
        return _NOTHING + " " + _ASK_ACCOUNTS
    if facts["hits"]:
        return "Neither an alert nor below the line: no hit that adds points counts for it."
    return (
        "Neither an alert nor below the line: no hit of it is published. That clears nobody. " + _ASK_ACCOUNTS
    )


_ASK_ACCOUNTS = (
    "Accounts are known here only of subjects with hits that count or in a network; hits and near misses are "
    "filed by account, so ask for each account, too."
)


# --- hits --------------------------------------------------------------------------------------------


def _rule(page: Page, facts: Row) -> None:
    rule = facts["rule"]
    if rule is None:
        return
    page.heading(f"RULE {rule['rule']}" + (f": {rule['title']}" if rule["title"] else ""))
    if rule["weight"] is not None:
        third = f"; shows {THIRD}" if rule["third_party"] else ""
        page.wrap(f"family {rule['family']}, weight {rule['weight']}{third}", 2)
    if rule["status"] == "weak":
        page.wrap(f"judged only weakly: {rule['reason']}", 2)
    for c in rule["changed_values"]:
        why = f": {c['reason']}" if c.get("reason") else ""
        page.wrap(
            f"{c['parameter']} is {c['value']} by the profile, otherwise {c['default']}{why}", 2, hang=2
        )
    for e in rule["exclusions"]:
        page.wrap(f"the exclusion {e['name']} hides {count(e['rows'], 'movement')} of all from it", 2, hang=2)


def _hits(page: Page, facts: Row, rows: Mapping[str, Row]) -> None:
    one = facts["rule"] is not None
    if (one and not facts["hits"]) or facts["state"] == explain.NOTHING:
        return
    thing = facts["state"] == explain.THING
    uncounted = "HITS, which count for the people whom they name" if thing else "HITS THAT DO NOT COUNT HERE"
    for heading, counts in (("HITS THAT COUNT", True), (uncounted, False)):
        mine = [h for h in facts["hits"] if h["counts"] is counts]
        if not mine and (thing or not counts):
            continue
        page.heading(heading)
        if not mine:
            page.wrap("none", 2)
        for _, rule in sorted({(h["family"] == "mitigation", h["rule"]) for h in mine}):
            _hits_of(page, [h for h in mine if h["rule"] == rule], rows, one=one)


def _hits_of(page: Page, hits: Sequence[Row], rows: Mapping[str, Row], *, one: bool) -> None:
    first = hits[0]
    against = "speaks against: " if first["family"] == "mitigation" else ""
    page.wrap(f"{first['rule']}: {against}{first['title']}", 2, hang=2)
    most = MOST_HITS_OF_ONE if one else MOST_HITS
    for h in hits[:most]:
        roles = [words(r) for r in h["roles"] if r != "unknown"]
        named = f"; named as {' and '.join(roles)}" if roles else ""
        what = f"{page.span(h)}, {count(h['n_tx'] or 0, 'movement')}, {euros(h['amount_eur'])}"
        if not h["tx_ids"] and h["first"] is None:
            what = "from facts of customers, without movements"
        page.wrap(f"- {what}{named}: {h['evidence']} [{h['hit_id']}]", 4, hang=2)
        if h["why_it_does_not_count"]:
            also = f" (alerts: {', '.join(h['alerts'])})" if h["alerts"] else ""
            page.wrap(f"does not count here: {h['why_it_does_not_count']}{also}", 6, hang=2)
        for condition in h["conditions"] or ():
            page.wrap(condition_words(condition), 6, hang=2)
        if h["parameters"]:
            told = ", ".join(f"{p['name']} {p['value']}" for p in h["parameters"])
            page.wrap(f"thresholds in force: {told}", 6, hang=2)
        _movements(page, h["tx_ids"] or (), rows, 6, MOST_ROWS_OF_ONE if one else MOST_ROWS)
    if len(hits) > most:
        page.wrap(f"{count(len(hits) - most, 'further hit')}: see --format json", 4)


def condition_words(condition: Mapping[str, Any]) -> str:
    """Gives `deposits >= $min_deposits: 4 >= 3, holds`."""
    sign = explain.sign_of(condition["line"]) or "against"
    left, right = sides(condition["left"], condition["right"])
    holds = {True: "holds", False: "does not hold", None: "not known"}[condition["holds"]]
    return f"{condition['line']}: {left} {sign} {right}, {holds}"


def sides(left: float | None, right: float | None) -> tuple[str, str]:
    """Gives two numbers with at most four decimals, and with all of them where these would look equal."""
    shown = tuple("not known" if v is None else points(v) for v in (left, right))
    if left != right and shown[0] == shown[1]:
        return repr(left), repr(right)
    return shown[0], shown[1]


def _movements(page: Page, ids: Sequence[str], rows: Mapping[str, Row], indent: int, most: int) -> None:
    known = sorted((rows[i] for i in ids if i in rows), key=lambda r: (r.get("booking_ts") or "", r["tx_id"]))
    for row in known[:most]:
        page.wrap(movement_words(row), indent, hang=2)
    if len(known) > most:
        page.wrap(f"{count(len(known) - most, 'further movement')} in cases/: see --format json", indent)
    others = [i for i in ids if i not in rows]
    if others:
        page.wrap(f"movements: {named_ids(others)}", indent, hang=2)


def movement_words(row: Mapping[str, Any]) -> str:
    """Gives a row of evidence.csv as `2026-03-18 11:13, 170.00 EUR, A to B, credit transfer [M1]`."""
    local = row.get("booking_local") or "not known"
    when = local[:10] if row.get("has_time") == "false" else local[:16]
    ends = [row.get("account_id") or "not named", row.get("cp_account_id")]
    credit = row.get("direction") == "credit"
    way = f"{ends[1]} to {ends[0]}" if credit else f"{ends[0]} to {ends[1]}"
    if ends[1] is None:
        way = f"to {ends[0]}" if credit else f"from {ends[0]}"
    what = [words(row["tx_type"])] if row.get("tx_type") else []
    what += [f"at {row['merchant_name']}"] if row.get("merchant_name") else []
    amount = f"{row.get('amount') or 'not known'} {row.get('currency') or ''}".strip()
    return f"{when}, {amount}, {way}, {' '.join(what) or 'not known'} [{row['tx_id']}]"


# --- why not and near misses -------------------------------------------------------------------------


def _why_not(page: Page, facts: Row) -> None:
    found = facts["why_not"]
    if found is None:
        return
    page.heading("WHY IT HAS NO HIT HERE")
    if found["why"] == explain.OFF:
        page.wrap("The profile of this run switches the rule off.", 2)
        page.wrap(f"reason: {found['reason']}" if found["reason"] else "", 2)
    elif found["why"] == explain.NOT_JUDGED:
        page.wrap(f"not judged: {found['reason']}. The silence of the rule says nothing here.", 2, hang=2)
        if found["missing"]:
            page.wrap("missing: " + ", ".join(found["missing"]), 2, hang=2)
    elif found["why"] == explain.NEAR:
        page.wrap("One line does not hold; see the near miss.", 2)
    else:
        page.wrap(_FAR.format(float(NEAR_SHARE)), 2)
        if found["kept_only_the_nearest"]:
            n = found["kept_only_the_nearest"]
            page.wrap(f"Of this rule only the {n} nearest near misses are kept, and there are as many.", 2)
    if found["groups_by"]:
        kinds = ", ".join(found["groups_by"])
        page.wrap(f"The rule groups by {kinds}: ask for the id of such a thing.", 2)


def _near(page: Page, facts: Row, rows: Mapping[str, Row]) -> None:
    if not facts["near_misses"]:
        return
    page.heading("NEAR MISSES, in which one line of a rule does not hold")
    for n in facts["near_misses"]:
        page.wrap(f"{n['rule']}: {n['title'] or 'no title'} ({n['subject_id']})", 2, hang=2)
        page.wrap(condition_words(n | {"holds": False}), 4, hang=2)
        distance = "not known" if n["distance"] is None else f"{n['distance']:.1%} of the threshold"
        page.wrap(f"distance {distance}; {_needs_words(n)}", 4, hang=2)
        span = page.day(n["window_starts"]), page.day(n["window_ends"])
        page.wrap(f"window: {span[0]} to {span[1]}, {count(n['n_tx'] or 0, 'movement')}", 4, hang=2)
        _movements(page, n["tx_ids"] or (), rows, 4, MOST_ROWS)


def _needs_words(near: Row) -> str:
    asks = near["needs"]
    if asks is None:
        return "what it needs is not known"
    value = _ASKS[asks["sign"]].format(sides(near["right"], near["left"])[0])
    return f"it needs {value}, which is {points(asks['away'])} away"


# --- what would change it ----------------------------------------------------------------------------


def _changes(page: Page, facts: Row) -> None:
    if facts["state"] in (explain.NOTHING, explain.THING):
        return
    page.heading("WHAT WOULD CHANGE IT")
    for s in facts["standings"]:
        if s["lacks"]:
            page.wrap(f"lacking: {lacking(s, facts['line'])}", 2, hang=2)
        if s["network_pattern_alone"]:
            page.wrap(
                "A network pattern of weight 3 is there: with a hit of another family, or one on other "
                "payments, neither points nor families would be lacking.", 2, hang=2,
            )  # fmt: skip
        _without(page, s, facts)
    if all(s["standing"] != explain.ALERT for s in facts["standings"]):
        _with(page, facts)


def _without(page: Page, s: Row, facts: Row) -> None:
    alert, all_rules = s["standing"] == explain.ALERT, facts["rule"] is None
    # Taking away a hit lifts nobody above the line, and taking away what speaks against leaves an alert one.
    mine = [w for w in s["without"] if not all_rules or w["speaks_against"] is not alert]
    if not mine:
        return
    decisive = [w["rule"] for w in mine if w["decisive"]]
    if all_rules and alert:
        page.wrap("decisive: " + (", ".join(decisive) or "no single rule"), 2, hang=2)
    page.wrap("Without one rule, everything else as it is:", 2)
    for w in mine:
        page.wrap(f"- without {w['rule']}: {_then_words(w['then'])}", 4, hang=2)


def _then_words(then: Row) -> str:
    third = "" if then["third_party"] else ", no third party"
    families = then["families"]
    named = f" ({', '.join(families)})" if families else ""
    sum_ = f"{_points(then['score'])}, {count(len(families), 'family', 'families')}{named}{third}"
    return f"{sum_}: {then['outcome']}" + (", by the network pattern" if then["by_network_pattern"] else "")


def _with(page: Page, facts: Row) -> None:
    near = facts["near_misses"]
    people = [n for n in near if n["subject_kind"] in ("account", "party")]
    if not people:
        if facts["rule"] is None:
            page.wrap("No near miss of it is published that could give what is lacking.", 2)
        return
    page.wrap("If the failing line of a near miss held, everything else as it is:", 2)
    for n in people:
        if n["would_give"] is None:
            page.wrap(f"- {n['rule']}: its weight is not in this run folder", 4, hang=2)
        else:
            page.wrap(f"- {n['rule']}: {_then_words(n['would_give'])}", 4, hang=2)
    if facts["together"] is not None:
        page.wrap(f"- all of them: {_then_words(facts['together'])}", 4, hang=2)


# --- words -------------------------------------------------------------------------------------------


def _innocent(page: Page, facts: Row) -> None:
    told, rules = facts["innocent_explanations"], _rules_that_speak_for(facts)
    if not told and not rules:
        return
    page.heading(INNOCENT)
    page.bullets(told)
    if not told:
        page.wrap(
            "Stored with alerts only. The page of each rule tells it: thbscreen rules explain RULE, here for "
            + ", ".join(rules) + ".", 2, hang=2,
        )  # fmt: skip
    for n in facts["networks"]:
        page.wrap(f"What would break the reading of {n['network_id']}:", 2)
        page.bullets(n["would_break"] or ["not stated"], 4)


def _rules_that_speak_for(facts: Row) -> list[str]:
    rows = [*facts["hits"], *(a for s in facts["standings"] for a in s["addends"] or ())]
    return sorted({row["rule"] for row in rows if row["family"] != "mitigation"})


def _care(page: Page, facts: Row) -> None:
    page.heading(CARE)
    page.bullets([STANDING_CARE, *facts["care"]])


def _readiness(page: Page, facts: Row) -> None:
    if facts["rule"] is not None:
        return
    page.heading("WHAT WAS NOT JUDGED, whose silence says nothing here")
    silent = [r for r in facts["readiness"] if r["status"] == "not judged"]
    page.bullets([f"{r['rule']}: {r['reason']}" for r in silent] or ["every rule could be judged"])
    weak = [r["rule"] for r in facts["readiness"] if r["status"] == "weak"]
    if weak:
        page.wrap(f"judged only weakly: {', '.join(weak)}", 2, hang=2)
