"""The page that tells what changed from one run to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from thbscreen.report.compare_networks import CHANGED, KINDS, UNCHANGED
from thbscreen.report.narrative import VICTIM_CARE, shares, subject_words
from thbscreen.report.page import Page, named_ids, payment_words
from thbscreen.report.text import count, euros, points, words

Row = dict[str, Any]
#: Pairs, people and alerts that are told of one change; JSON has all.
MOST = 12
RULE = (
    "Networks belong together when they have the same id, or at least two common members who are at least "
    "half of the smaller one, connectors not counted."
)


def compare_page(facts: Row, zone: ZoneInfo, width: int) -> str:
    """Gives the page of `thbscreen.report.compare.compare`."""
    page = Page(width, zone)
    page.heading(f"FROM {_run(page, facts['before'])}")
    page.wrap(f"TO   {_run(page, facts['now'])}")
    page.wrap(_verdict(facts))
    _other(page, facts["other"])
    _networks(page, facts["networks"])
    _alerts(page, facts["alerts"])
    _hits(page, facts["hits"])
    return page.text()


def _run(page: Page, run: Row) -> str:
    n = run["counts"]
    return (
        f"{run['folder']}: data to {_date(page, run['data_until'])}, {count(n['networks'], 'network')}, "
        f"{count(n['alerts'], 'alert')}, {count(n['hits'], 'hit')}"
    )


def _date(page: Page, text: str | None) -> str:
    return page.day(datetime.fromisoformat(text)) if text else "no movement"


def _verdict(facts: Row) -> str:
    differ = facts["other"]["differ"]
    if not differ:
        same = "Data, rules, profile and program are the same"
        return f"{same}, and nothing changed." if not facts["changed"] else f"{same}, yet results differ."
    result = "What was found changed." if facts["changed"] else "What was found did not change."
    if len(differ) == 1:
        return (
            f"{result} Only the {differ[0]} {'differs' if differ[0] in {'profile', 'program'} else 'differ'}."
        )
    return (
        f"{result} These differ: {', '.join(differ)}. Which of them caused a change, this comparison cannot "
        "tell; scan the same data with both sets of rules to see."
    )


# --- what else differs -------------------------------------------------------------------------------


def _other(page: Page, other: Row) -> None:
    page.heading("WHAT ELSE DIFFERS")
    lines = [*_data(page, other["data"]), *_rules(other["rules"]), *_profile(other["profile"])]
    lines += [f"program: {_pair(row)}" for row in other["program"]]
    lines += [f"readiness of {_pair(row)}" for row in other["readiness"]]
    page.bullets(lines or ["nothing"])


def _pair(row: Row) -> str:
    before, now = ("none" if row[k] is None else row[k] for k in ("before", "now"))
    return f"{row['name']} {before} -> {now}"


def _data(page: Page, data: Row) -> list[str]:
    if not data:
        return []
    until = data["data_until"]
    lines = [f"data to {_date(page, until['before'])} -> {_date(page, until['now'])}"]
    if until["before"] == until["now"]:
        lines = ["data: other files, to the same last movement"]
    lines += [f"rows of {_pair(row)}" for row in data["rows_loaded"]]
    return lines + ["mapping file"] * data["mapping_differs"]


def _rules(rules: Row) -> list[str]:
    if not rules:
        return []
    lines = [f"rules added: {', '.join(rules['added'])}"] * bool(rules["added"])
    lines += [f"rules no longer run: {', '.join(rules['removed'])}"] * bool(rules["removed"])
    alike: dict[str, list[str]] = {}
    for r in rules["changed"]:
        alike.setdefault(_rule(r), []).append(r["rule"])
    lines += [
        f"{'rule' if len(ids) == 1 else 'rules'} {', '.join(ids)}: {what}" for what, ids in alike.items()
    ]
    named = [f"lists: {', '.join(rules['lists'])}"] * bool(rules["lists"])
    return lines + named


def _rule(row: Row) -> str:
    what = [
        f"{name} {row[f'{name}_before']} -> {row[f'{name}_now']}"
        for name in ("version", "status")
        if row[f"{name}_before"] != row[f"{name}_now"]
    ]
    return ", ".join(what + ["meaning"] * row["meaning_differs"] + [_pair(p) for p in row["parameters"]])


def _profile(profile: Row) -> list[str]:
    rows = [row for name, part in profile.items() for row in part if name != "names"]
    names = [row for row in profile.get("names", ()) if row["name"] != "digest"]
    lines = [f"profile: {_pair(row)}" for row in (*names, *rows)]
    return lines or ["profile: its facts or values"] * bool(profile)


# --- networks ----------------------------------------------------------------------------------------


def _networks(page: Page, rows: Sequence[Row]) -> None:
    counts = Counter(r["kind"] for r in rows)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
    page.heading(f"NETWORKS: {told or 'none in either run'}")
    if rows:
        page.wrap(RULE, 2)
    for r in rows:
        if r["kind"] != UNCHANGED:
            _network(page, r)
    same = [r["now"][0]["network_id"] for r in rows if r["kind"] == UNCHANGED]
    if same:
        page.lines.append("")
        page.wrap(f"UNCHANGED  {', '.join(same[:MOST])}", 2, hang=2)
        _more(page, len(same), 4)


def _network(page: Page, r: Row) -> None:
    before, now = (" + ".join(n["network_id"] for n in r[k]) for k in ("before", "now"))
    ids = before or now
    if before and now and before != now:
        ids = f"{before} -> {now}"
    page.lines.append("")
    page.wrap(f"{r['kind'].upper()}  {ids}: {(r['now'] or r['before'])[0]['title']}", 2, hang=2)
    if r["before"] and r["now"]:
        members = _arrow([[str(n["n_members"]) for n in r[k]] for k in ("before", "now")])
        scores = _arrow([[points(n["score"]) for n in r[k]] for k in ("before", "now")])
        page.wrap(f"members {members}, score {scores}", 4)
    else:
        n = (r["now"] or r["before"])[0]
        page.wrap(
            f"{count(n['n_members'], 'member')}, score {points(n['score'])}, "
            f"{euros(n['amount_eur'])} moved between them, {page.span(n)}", 4,
        )  # fmt: skip
    _people(page, "joined" if r["before"] else "members", r["added"])
    _people(page, "left" if r["now"] else "members", r["left"])
    for role in r["other_roles"]:
        page.wrap(f"{role['member_id']}: {words(role['before'])} -> {words(role['now'])}", 4)
    _links(page, r)


def _arrow(sides: Sequence[Sequence[str]]) -> str:
    """Gives `3 + 4 -> 9`."""
    return " -> ".join(" + ".join(side) for side in sides)


def _people(page: Page, word: str, people: Sequence[Row]) -> None:
    """Possible victims come last, in a list of their own."""
    victims = [p for p in people if p["handle_as_possible_victim"]]
    for title, group in (
        (word, [p for p in people if not p["handle_as_possible_victim"]]),
        (f"{word}, possible victims, who are not subjects", victims),
    ):
        if not group:
            continue
        page.wrap(f"{title} ({len(group)})", 4)
        for p in group[:MOST]:
            home = f"; in {p['in_other_run']} in the other run" if p["in_other_run"] else ""
            hits = p["hits_of_this_run_only"]
            own = f"; {count(len(hits), 'hit')} of this run only" if hits else ""
            page.wrap(f"- {p['member_id']}: {shares(p)}{home}{own}", 6, hang=2)
        _more(page, len(group), 6)


def _links(page: Page, r: Row) -> None:
    lost = "payments that are no longer between them in this run's networks"
    _payments(page, "payments that newly link them", r["new_payments"], "the first run's data end")
    _other_links(page, "other new links", r["new_links"])
    _payments(page, lost, r["lost_payments"], "the second run's data end")
    _other_links(page, "other links no longer there", r["lost_links"])
    further = r["further_payments"]
    if further["n"]:
        what = f"{count(further['n'], 'further payment')}, {euros(further['amount_eur'])}"
        page.wrap(f"{what}, among members who were there before", 4)
    if r["added"] and not r["new_payments"]:
        page.wrap("no payment is new: look at the hits, the links and what else differs", 4)
    if r["kind"] == CHANGED and not further["n"]:
        page.wrap("the same payments: the score, hits or readings of roles differ", 4)


def _payments(page: Page, title: str, rows: Sequence[Row], end: str) -> None:
    if not rows:
        return
    n, amount, after = (sum(r[k] for r in rows) for k in ("n", "amount_eur", "n_after_other_run"))
    page.wrap(f"{title}: {count(n, 'payment')}, {euros(amount)}; {after:,} booked after {end}", 4, hang=2)
    for r in rows[:MOST]:
        page.wrap(f"- {payment_words(r, page)} [{named_ids(r['tx_ids'])}]", 6, hang=2)
    _more(page, len(rows), 6, "pair")


def _other_links(page: Page, title: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    page.wrap(f"{title} ({len(rows)})", 4)
    page.bullets((f"{r['from']} and {r['to']}: {r['why']}" for r in rows[:MOST]), 6)
    _more(page, len(rows), 6, "link")


def _more(page: Page, n: int, indent: int, one: str = "") -> None:
    if n > MOST:
        what = count(n - MOST, one) if one else str(n - MOST)
        page.wrap(f"and {what} more: see --format json", indent)


# --- alerts and hits ---------------------------------------------------------------------------------


def _alerts(page: Page, alerts: Row) -> None:
    told = ", ".join(f"{len(alerts[k])} {k}" for k in ("new", "gone", "changed"))
    page.heading(f"ALERTS: {told}, {alerts['unchanged']} unchanged")
    for kind in ("new", "gone", "changed"):
        rows = alerts[kind]
        apart = [r for r in rows if "possible victim" in {r.get("handling"), *_handlings(r)}]
        others = [r for r in rows if r not in apart]
        for title, group in ((kind, others), (f"{kind}, possible victims, who are not subjects", apart)):
            if group:
                page.wrap(f"{title} ({len(group)})", 2)
                page.bullets((_changed(r) if kind == "changed" else _alert(r) for r in group[:MOST]), 4)
                _more(page, len(group), 4)
    if any(
        "possible victim" in {r.get("handling"), *_handlings(r)}
        for k in ("new", "changed")
        for r in alerts[k]
    ):
        page.wrap("Possible victims: " + VICTIM_CARE, 2)


def _handlings(row: Row) -> set[str]:
    return {row[k]["handling"] for k in ("before", "now") if k in row}


def _alert(row: Row) -> str:
    rules = ", ".join(row["rules"])
    return f"{subject_words(row)}: score {points(row['score'])}, {words(row['leading_role'])}; {rules}"


def _changed(row: Row) -> str:
    before, now = row["before"], row["now"]
    what = [f"score {points(before['score'])} -> {points(now['score'])}"] * (before["score"] != now["score"])
    what += [
        f"{words(name)} {_plain(before[name])} -> {_plain(now[name])}"
        for name in ("handling", "urgency", "leading_role")
        if before[name] != now[name]
    ]
    parts = [f"{a['rule']} {points(a['before'])} -> {points(a['now'])}" for a in row["addends"]]
    return f"{subject_words(row)}: {', '.join(what)}" + (f" ({', '.join(parts)})" if parts else "")


def _plain(value: Any) -> str:
    return words(value) if isinstance(value, str) else str(value)


def _hits(page: Page, rows: Sequence[Row]) -> None:
    sums = {k: sum(r[k] for r in rows) for k in ("new", "gone", "changed", "unchanged")}
    page.heading("HITS: " + ", ".join(f"{n:,} {k}" for k, n in sums.items()))
    names = ("before", "now", "new", "gone", "changed")
    different = [r for r in rows if r["new"] or r["gone"] or r["changed"]]
    if different:
        table = [["rule", *names, "title"]]
        table += [[r["rule"], *(f"{r[k]:,}" for k in names), r["title"]] for r in different]
        page.table(table, right=range(1, 1 + len(names)))
