"""Pages of text about one network, about ways of money, and about what lies around a subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from thbscreen.engine.tables import ONE_WAY_LINKS
from thbscreen.network.around import distances
from thbscreen.report import proof as proofs
from thbscreen.report.narrative import DRAFT, IN_DOUBT, STANDING_CARE, VICTIM_CARE, shares
from thbscreen.report.network_view import DIRECTIONS, ROLES
from thbscreen.report.page import Page, addend_words, money, payment_words
from thbscreen.report.subjects import VICTIM
from thbscreen.report.text import count, euros, minute, points, words

Row = dict[str, Any]
BAR = 24
#: Hits of one rule that are told; JSON has all.
MOST_HITS = 5
APART = "POSSIBLE VICTIMS, who are not subjects: think of their safety first"
#: Who is to be handled as a possible victim, after the id.
HANDLE = ": handle as a possible victim, who is not a subject"
SILENT = "The silence of rules that were not judged says nothing here: "


def network_page(facts: Row, zone: ZoneInfo, width: int) -> str:
    """Gives the page of `network_view.network_facts`."""
    page = Page(width, zone)
    page.heading(f"{facts['network_id']}: {facts['title']}")
    page.wrap(
        f"Rank {facts['rank']}, score {points(facts['score'])}; {page.span(facts)}; "
        f"{euros(facts['amount_eur'])} moved between members."
    )
    page.wrap(facts["why"] or "")
    page.wrap(facts["note"] or "")
    page.wrap(DRAFT)
    if facts["confidence"]:
        page.heading(f"HOW MUCH THIS RESTS ON: {facts['confidence']}")
        page.bullets(facts["confidence_why"] or ())
    page.heading("RULES")
    page.bullets(f"{r['rule']}: {r['title']} ({count(r['n_hits'], 'hit')})" for r in facts["rules"])
    page.heading("MEMBERS WHO ARE NOT READ AS POSSIBLE VICTIMS")
    for role in ROLES:
        _members(page, words(role), [m for m in facts["others"] if m["role"] == role])
    if facts["possible_victims"]:
        page.heading(APART)
        page.wrap(VICTIM_CARE, 2)
        if any(m["role"] != VICTIM for m in facts["possible_victims"]):
            page.wrap(IN_DOUBT, 2)
        _members(page, words(VICTIM), facts["possible_victims"])
    _proof(page, facts["proof"])
    _flows(page, facts["links"])
    _links(page, facts["links"])
    _timeline(page, facts["timeline"])
    page.heading("HUBS TAKEN OUT BEFORE GROUPING")
    page.bullets([f"{h['kind']} {h['hub_id']}: {h['why']}" for h in facts["hubs_removed"]] or ["none"])
    page.heading("WHAT WOULD BREAK THIS READING")
    page.bullets(facts["would_break"] or ["not stated"])
    _ending(page, facts)
    return page.text()


def _ending(page: Page, facts: Row) -> None:
    page.heading("CARE")
    page.wrap(STANDING_CARE, 2)
    if facts["not_judged"]:
        page.wrap(SILENT + ", ".join(facts["not_judged"]) + ".", 2)


def _members(page: Page, role: str, members: Sequence[Row]) -> None:
    if not members:
        return
    page.wrap(f"{role} ({len(members)})", 2)
    for m in members:
        alert = f"; alert {m['alert_id']}" if m["alert_id"] else ""
        page.wrap(f"{m['member_id']}: {shares(m)}{alert}", 4, hang=2)
        accounts = [a for a in m["accounts"] or () if a != m["member_id"]]
        if accounts:
            page.wrap("accounts: " + ", ".join(accounts), 6, hang=2)
        _evidence(page, m, 6)


def _evidence(page: Page, member: Row, indent: int) -> None:
    for name in ("for", "against"):
        for sentence in member[f"evidence_{name}"] or ():
            page.wrap(f"{name}: {sentence}", indent, hang=2)


def _proof(page: Page, found: Sequence[Row]) -> None:
    page.heading("PROOF: payments in order")
    if not found:
        page.wrap("none", 2)
        return
    page.wrap(proofs.ORDER, 2)
    for pattern in proofs.told(found):
        page.wrap(f"{pattern['rule']}: {pattern['title']} [{pattern['hit_id']}]", 2)
        for line in proofs.payment_lines(pattern, lambda moment: minute(moment, page.zone)):
            page.wrap(line, 4, hang=2)
        page.wrap(proofs.further(pattern, "--format json"), 4)


def _flows(page: Page, links: Sequence[Row]) -> None:
    page.heading("FLOWS BETWEEN MEMBERS")
    paid = [e for e in links if e["kind"] == "payment"]
    if not paid:
        page.wrap("none", 2)
        return
    rows = [["from", "to", "payments", "sum in EUR", "first", "last", "why"]]
    rows += [
        [
            e["from"], e["to"], f"{e['n']:,}", money(e["amount_eur"]), page.day(e["first"]),
            page.day(e["last"]), e["why"],
        ]
        for e in paid
    ]  # fmt: skip
    page.table(rows, right=(2, 3))


def _links(page: Page, links: Sequence[Row]) -> None:
    page.heading("OTHER LINKS")
    for e in links:
        if e["kind"] == "payment pattern":
            what = f"{e['from']} and {e['to']}: {e['why']}; {count(e['n'], 'hit')}, {page.span(e)}"
            page.wrap(f"- {what}", 2, hang=2)
    for e in links:
        if e["kind"] in ONE_WAY_LINKS and e["kind"] != "payment":
            page.wrap(f"- {e['from']} to {e['to']}: {e['why']}; {page.span(e)}", 2, hang=2)
    shared = [e for e in links if e["kind"] not in {*ONE_WAY_LINKS, "payment pattern"}]
    for kind, why in sorted({(e["kind"], e["why"]) for e in shared}):
        pairs = [(e["from"], e["to"]) for e in shared if (e["kind"], e["why"]) == (kind, why)]
        for group in _groups(pairs):
            within = sum(a in group for a, _ in pairs)
            page.wrap(f"- {why}: {', '.join(group)} ({count(within, 'pair')})", 2, hang=2)
    if all(e["kind"] == "payment" for e in links):
        page.wrap("none", 2)


def _groups(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Who hangs together by pairs; values are not known here, so a chain of two values is one group."""
    both = [*pairs, *((b, a) for a, b in pairs)]
    left = sorted({a for a, _ in both})
    groups = []
    while left:
        group = sorted(distances(both, left[0]))
        groups.append(group)
        left = [member for member in left if member not in set(group)]
    return groups


def _timeline(page: Page, rows: Sequence[Row]) -> None:
    page.heading("TIMELINE: payments between members per month")
    used = [d for d in DIRECTIONS if any(r["direction"] == d for r in rows)]
    if not used:
        page.wrap("none", 2)
        return
    sums: dict[str, dict[str, Row]] = {}
    for r in rows:
        sums.setdefault(r["month"], {})[r["direction"]] = r
    totals = {month: sum(r["amount_eur"] for r in found.values()) for month, found in sums.items()}
    most = max(totals.values()) or 1
    table = [["month", *(f"{d}, EUR (n)" for d in used), ""]]
    for month, found in sorted(sums.items()):
        cells = [f"{money(found[d]['amount_eur'])} ({found[d]['n']})" if d in found else "-" for d in used]
        table.append([month, *cells, "#" * round(BAR * totals[month] / most)])
    page.table(table, right=range(1, len(used) + 1))


# --- ways of money -----------------------------------------------------------------------------------


def ways_page(facts: Row, zone: ZoneInfo, width: int) -> str:
    """Gives the page of `network_view.ways_facts`."""
    page = Page(width, zone)
    start, end = facts["from"], facts["to"]
    page.heading(f"WAYS OF MONEY from {start['member_id']} to {end['member_id']}")
    for side in (start, end):
        if side["given"] != side["member_id"]:
            page.wrap(
                f"{side['given']} is an account of {side['member_id']}; ways are followed for the "
                "subject, all its accounts in the network together."
            )
    outside = [side for side in (start, end) if not side["networks"]]
    for side in outside:
        page.wrap(
            f"{side['member_id']} is in no published network: nothing is known here of its payments. "
            "Ids are written as in network_members.parquet."
        )
    if not outside and not set(start["networks"]) & set(end["networks"]):
        page.wrap(f"They are in no common network: {_where(start)}; {_where(end)}.")
    longest = f", within {facts['within']}" if facts["within"] else ""
    bounds = f"at most {count(facts['max_hops'], 'payment')}{longest}"
    if not facts["ways"] and not outside:
        page.wrap(f"No way was found, each payment not earlier than the one before it ({bounds}).")
    if facts["ways"]:
        page.wrap(
            f"{count(len(facts['ways']), 'way')} with {bounds}, by arrival and then by amount"
            + ("; there are more" if facts["more"] else "")
            + ". Each is shown by the chain of payments that arrives first. It shows that money can have "
            "gone this way, not that it did; the smallest payment bounds what can have gone all the way."
        )
    if not facts["complete"]:
        page.wrap("The search was cut short; what is shown comes first, and there may be more ways.")
    for n, way in enumerate(facts["ways"], 1):
        _way(page, n, way, set(facts["possible_victims"]))
    page.heading("Note")
    page.wrap(facts["note"], 2)
    if facts["possible_victims"]:
        page.wrap(f"Possible victims, {', '.join(facts['possible_victims'])}: {VICTIM_CARE}", 2)
    return page.text()


def _where(side: Row) -> str:
    return f"{side['member_id']} in {', '.join(side['networks'])}"


def _way(page: Page, n: int, way: Row, victims: set[str]) -> None:
    days = (way["arrives"] - way["departs"]).total_seconds() / 86_400
    most = "not known, as a payment has no amount in euros"
    if way["at_most_eur"] is not None:
        most = f"at most {euros(way['at_most_eur'])}"
    under_way = f"{days:.1f} days under way" if way["departs"] != way["arrives"] else "at once"
    page.heading(f"{n}. {most} the whole way, {under_way}, arrives {page.day(way['arrives'])}")
    for p in way["payments"]:
        sides = [f"{s} (possible victim)" if s in victims else s for s in (p["from"], p["to"])]
        when = p["time"].astimezone(page.zone).strftime("%Y-%m-%d %H:%M")
        page.wrap(
            f"{when}  {euros(p['amount_eur'])}  {sides[0]} to {sides[1]}  [{p['tx_id']}, {p['network_id']}; "
            f"all between them: {count(p['pair_n'], 'payment')}, {euros(p['pair_amount_eur'])}]",
            3,
            hang=2,
        )


# --- around a subject --------------------------------------------------------------------------------


def around_page(facts: Row, zone: ZoneInfo, width: int) -> str:
    """Gives the page of `network_view.around_facts`."""
    page = Page(width, zone)
    subject = facts["subject"]
    apart = subject["handling"] == "possible victim"
    page.heading(subject["member_id"] + HANDLE * apart)
    if subject["given"] != subject["member_id"]:
        page.wrap(f"{subject['given']} is an account of {subject['member_id']}.")
    elif subject["accounts"] and subject["accounts"] != [subject["member_id"]]:
        page.wrap("accounts: " + ", ".join(subject["accounts"]))
    if apart:
        page.wrap(VICTIM_CARE)
    nothing = not any(facts[k] for k in ("alerts", "hits", "networks", "near_misses", "hub"))
    if nothing:
        page.wrap("Nothing is published of this id. That clears nobody, and ids are written as in the data.")
    else:
        _alerts(page, subject, facts["alerts"])
        _hits(page, facts["hits"])
        _parts(page, facts["networks"])
        if facts["networks"]:
            _near(page, facts)
        _near_misses(page, facts["near_misses"])
    if facts["hub"]:
        page.heading("HUB")
        page.bullets(f"taken out before grouping: {h['why']}" for h in facts["hub"])
    page.heading("Note")
    page.wrap(facts["note"], 2)
    if facts["not_judged"]:
        page.wrap(SILENT + ", ".join(facts["not_judged"]) + ".", 2)
    return page.text()


def _alerts(page: Page, subject: Row, alerts: Sequence[Row]) -> None:
    page.heading("ALERT")
    for a in alerts:
        if a["subject_id"] != subject["member_id"]:
            page.wrap(f"its hits count in alert {a['alert_id']} of {a['subject_id']}", 2)
            continue
        page.wrap(
            f"{a['alert_id']}: rank {a['rank']}, score {points(a['score'])}, "
            f"handled as a {a['handling']}; {shares(a)}; {page.span(a)}", 2, hang=2,
        )  # fmt: skip
        if a["urgency"]:
            page.wrap(f"urgency {a['urgency']}: {a['urgency_why']}", 4)
        page.bullets(map(addend_words, a["addends"]), 4)
        page.wrap("What may explain this innocently:", 4)
        page.bullets(a["innocent_explanations"] or ["not stated"], 6)
    if not alerts:
        page.wrap("none", 2)


def _hits(page: Page, hits: Sequence[Row]) -> None:
    page.heading("HITS")
    for _, rule in sorted({(h["family"] == "mitigation", h["rule"]) for h in hits}):
        mine = [h for h in hits if h["rule"] == rule]
        against = "speaks against: " if mine[0]["family"] == "mitigation" else ""
        page.wrap(f"{rule}: {against}{mine[0]['title']}", 2)
        for h in mine[:MOST_HITS]:
            named = f"; named as {' and '.join(words(r) for r in h['roles'])}" if h["roles"] else ""
            facts = f"{count(h['n_tx'] or 0, 'movement')}, {euros(h['amount_eur'])}"
            page.wrap(f"- {page.span(h)}, {facts}{named}: {h['evidence']} [{h['hit_id']}]", 4, hang=2)
        if len(mine) > MOST_HITS:
            page.wrap(f"{count(len(mine) - MOST_HITS, 'further hit')}: see --format json", 4)
    if not hits:
        page.wrap("none", 2)


def _parts(page: Page, parts: Sequence[Row]) -> None:
    page.heading("NETWORKS")
    for p in parts:
        page.wrap(f"{p['network_id']}: {p['title']}, {count(p['n_members'], 'member')}", 2)
        page.wrap(f"here: {shares(p)}", 4, hang=2)
        _evidence(page, p, 4)
    if not parts:
        page.wrap("none", 2)


def _near(page: Page, facts: Row) -> None:
    hops = facts["hops"]
    page.heading(f"WHO PAYS OR IS PAID inside networks, up to {count(hops, 'step')} away")
    for name, people in (("others", facts["others"]), ("possible victims", facts["possible_victims"])):
        page.wrap(f"{name} ({len(people)})", 2)
        page.bullets(
            (f"{p['member_id']}, {count(p['hops'], 'step')}: " + _readings(p["networks"]) for p in people), 4
        )
    page.heading("PAYMENTS")
    page.bullets([payment_words(e, page) for e in facts["payments"]] or ["none"])
    page.heading("PATTERNS WITH OTHERS")
    page.bullets([f"{e['from']} and {e['to']}: {e['why']}" for e in facts["patterns"]] or ["none"])
    page.heading("SHARED DETAILS, whose values are never shown")
    page.bullets([f"{e['why']} with {e['with']}" for e in facts["shared_details"]] or ["none"])


def _readings(networks: Iterable[Row]) -> str:
    return "; ".join(f"{shares(n)} in {n['network_id']}" for n in networks)


def _near_misses(page: Page, rows: Sequence[Row]) -> None:
    if rows:
        page.heading("NEAR MISSES, in which one line of a rule does not hold")
        page.bullets(f"{r['rule']}: {r['line']} ({page.day(r['window_ends'])})" for r in rows)
