"""An evaluation for people: the same blocks become a page on the screen, Markdown, and the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from thbscreen.evaluate.match import LABELS, OUTCOMES
from thbscreen.evaluate.numbers import widest
from thbscreen.report.page import Page

Facts = dict[str, Any]
#: Rows of long tables that are shown; evaluation.json has all.
MOST_RULES, MOST_PAIRS = 20, 12
#: Below this share intervals get a digit more.
SMALL = 0.1


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (kind h), paragraph (p), table (t, its first row the heads) or drawing (d)."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def heading(text: str) -> Block:
    """Gives a heading."""
    return Block("h", text)


def words(text: str) -> Block:
    """Gives a paragraph."""
    return Block("p", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Block:
    """Gives a table; the first column is text, the others are numbers."""
    return Block("t", rows=(tuple(head), *(tuple(r) for r in rows)))


def percent(value: float | None) -> str:
    """Gives a share as percent, one digit; a dash when nothing was counted."""
    return "-" if value is None else f"{100 * value:.1f} %"


def interval(r: Mapping[str, Any]) -> str:
    """Gives the interval of a share in percent."""
    low, high = widest(r)
    if low is None or high is None:
        return "-"
    digits = 1 if high < SMALL else 0
    return f"{100 * low:.{digits}f} to {100 * high:.{digits}f}"


def share_cells(r: Mapping[str, Any]) -> tuple[str, str, str]:
    """Gives share, counts and interval of a share as cells."""
    return percent(r["share"]), f"{r['n']:,} of {r['of']:,}", interval(r)


def markdown(blocks: Iterable[Block], *, first: str, folder: str = "plots") -> str:
    """Gives Markdown.

    Args:
        blocks: what is told.
        first: the first line.
        folder: where drawings lie, seen from the page.
    """
    out = [first, ""]
    for block in blocks:
        if block.kind == "h":
            out += [f"## {block.text}", ""]
        elif block.kind == "p":
            out += [block.text, ""]
        elif block.kind == "d":
            name, _, alt = block.text.partition(": ")
            out += [f"![{alt}]({folder}/{name})", ""]
        elif len(block.rows) > 1:
            head, *rows = block.rows
            out.append("| " + " | ".join(head) + " |")
            out.append("|---" + "".join("|---" if h == "why" else "|--:" for h in head[1:]) + "|")
            out += ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows] + [""]
    return "\n".join(out).rstrip("\n") + "\n"


def screen(blocks: Iterable[Block], width: int, *, first: str) -> str:
    """Gives the page for a terminal."""
    page = Page(width, ZoneInfo("UTC"))
    page.wrap(first)
    for block in blocks:
        if block.kind == "h":
            page.heading(block.text.upper())
        elif block.kind == "p":
            page.wrap(block.text, 2)
        elif block.kind == "t" and len(block.rows) > 1:
            page.table(block.rows, right=range(1, len(block.rows[0])))
    return page.text()


# --- what is told ------------------------------------------------------------------------------------


def on_screen(facts: Facts) -> Iterator[Block]:
    """Gives what the screen shows: the figures that decide, what became of groups, and who was raised."""
    yield from _summary(facts)
    yield from _recall(facts)
    yield from _outcomes(facts)
    yield from _quiet(facts)
    yield words("The list, roles, lines, rules and equal treatment are in evaluation.md.")


def blocks(facts: Facts, *, short: bool = False) -> Iterator[Block]:
    """Gives everything of an evaluation, the figures that decide first; or those alone."""
    yield from _summary(facts)
    if short:
        return
    yield from _recall(facts)
    yield from _outcomes(facts)
    yield from _precision(facts)
    yield from _quiet(facts)
    yield from _roles(facts)
    yield from _lines(facts)
    yield from _rules(facts)
    yield from _fair(facts)


def _summary(facts: Facts) -> Iterator[Block]:
    yield heading("In short")
    for note in facts["notes"]:
        yield words(f"Note: {note}.")
    worlds = facts["worlds"]
    total = {k: sum(w[k] for w in worlds) for k in ("customers", "positives", "twins", "alerts", "networks")}
    seeds = [str(w["seed"]) for w in worlds if w["seed"] is not None]
    yield words(
        f"{len(worlds)} {'world' if len(worlds) == 1 else 'worlds'}"
        + (f" ({'seed' if len(seeds) == 1 else 'seeds'} {', '.join(seeds)})" if seeds else "")
        + f": {total['customers']:,} customers, {total['positives']} groups to be found, {total['twins']} "
        f"lawful groups of similar looks, {total['alerts']} alerts, {total['networks']} networks. "
        + (
            "Intervals are of 95 %: the wider of Wilson's and of worlds drawn again with replacement."
            if len(worlds) >= 3
            else "Intervals are of 95 % (Wilson); one seed proves little, so give three or more."
        )
    )
    r, p = facts["recall"], facts["precision"]
    rows: list[tuple[str, ...]] = [
        ("networks found, plain", *share_cells(r["networks"]["plain"])),
        ("networks found, evasive", *share_cells(r["networks"]["evasive"])),
        ("single subjects found", *share_cells(r["one_subject"]["all"])),
        ("alerts that are right", *share_cells(p["alerts"])),
        *((f"the same, first {k}", *share_cells(found)) for k, found in p["at"].items()),
        ("networks that are right", *share_cells(p["networks"])),
        ("lawful groups raised", *share_cells(facts["twins"]["all"])),
        ("ordinary customers alerted", *share_cells(facts["ordinary"]["alerted"])),
        ("roles shown as planned", *share_cells(facts["roles"]["accuracy"])),
        ("alerts on weak evidence only", *share_cells(facts["weak_evidence"]["all"])),
        ("rules not judged", *share_cells(facts["not_judged"]["rules"])),
    ]
    yield table(("figure", "share", "count", "95 %"), rows)
    n = facts["roles"]["victims_shown_as_controlling"]
    yield words(
        f"Possible victims shown in a controlling role: {n} of {facts['roles']['victims_planned']}"
        + (", which must be none." if n else ", as it must be.")
    )
    if facts["bounds"]:
        yield heading("Bounds")
        yield table(
            ("figure", "value", "bound", "holds", "why"),
            (
                (
                    b["figure"],
                    "-" if b["value"] is None else f"{b['value']:g}",
                    ", ".join(
                        f"{word} {b[key]:g}"
                        for key, word in (("at_least", "at least"), ("at_most", "at most"))
                        if b[key] is not None
                    ),
                    {None: "not known", True: "yes", False: "NO"}[b["holds"]],
                    b["why"],
                )
                for b in facts["bounds"]
            ),
        )


def _recall(facts: Facts) -> Iterator[Block]:
    r = facts["recall"]
    yield heading("Groups found")
    yield words(
        "A group of several is found when one network joins at least half of its core members whom the "
        "data show, and holds none of another group; a group of one subject when a core member is an "
        "alert."
    )
    yield Block("d", "recall.svg: share of groups found by form, plain and evasive")
    head = ("", "plain", "count", "evasive", "count", "also merged", "also in part")
    for title, key in (
        ("form", "networks_by_typology"), ("scenario", "by_scenario"), ("visibility", "by_visibility"),
    ):  # fmt: skip
        names = "networks by form" if key == "networks_by_typology" else f"by {title}"
        yield table(
            (names, *head[1:]),
            (
                (
                    name.replace("_", " "),
                    percent(part["plain"]["share"]), f"{part['plain']['n']} of {part['plain']['of']}",
                    percent(part["evasive"]["share"]), f"{part['evasive']['n']} of {part['evasive']['of']}",
                    percent(part["found_or_merged"]["share"]), percent(part["found_or_part"]["share"]),
                )
                for name, part in r[key].items()
            ),
        )  # fmt: skip
    if r["by_variant"]:
        yield heading("Changed on purpose")
        yield Block("d", "variants.svg: share of groups found by what was changed and how strongly")
        yield table(
            ("what was changed", "strength", "found", "count", "95 %"),
            ((v["op"], str(v["strength"]), *share_cells(v)) for v in r["by_variant"]),
        )


def _outcomes(facts: Facts) -> Iterator[Block]:
    yield heading("What became of them")
    o = facts["outcomes"]
    yield table(
        ("scenario", *OUTCOMES),
        [
            *((s, *(str(c[x]) for x in OUTCOMES)) for s, c in o["by_scenario"].items()),
            ("all", *(str(o["all"][x]) for x in OUTCOMES)),
        ],
    )
    yield words(
        f"Of {o['context']['groups']} groups of which the data can show context only, "
        f"{o['context']['shown']} are shown at all and {o['context']['alerted']} have an alert. Of "
        f"{o['not_expected']['groups']} of which nothing can be expected, {o['not_expected']['alerted']} "
        "have one."
    )
    yield table(
        ("members by planned role", "in an alert or network", "count", "95 %"),
        ((role.replace("_", " "), *share_cells(part)) for role, part in facts["members"].items()),
    )
    d = facts["days_to_alert"]
    yield words(
        "Days from a group's first day to the first alert about a member, had every day been scanned: "
        "where the group has an alert."
    )
    yield table(
        ("form", "groups", "a quarter within", "half within", "three quarters within"),
        (
            (
                name.replace("_", " "),
                str(m["n"]),
                *(_days(m[k]) for k in ("quarter", "median", "three_quarters")),
            )
            for name, m in (*d["by_typology"].items(), ("all", d["all"]))
        ),
    )


def _days(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _number(m: Facts) -> tuple[str, str]:
    if m["mean"] is None:
        return "-", "-"
    low, high = (m["boot_low"], m["boot_high"]) if m["boot_low"] is not None else (m["least"], m["most"])
    return f"{m['mean']:.2f}", f"{low:.2f} to {high:.2f}"


def _precision(facts: Facts) -> Iterator[Block]:
    p, a, work = facts["precision"], facts["average_precision"], facts["work"]
    yield heading("How much of the list is right")
    yield Block("d", "precision.svg: share of alerts that are right, at places of the list")
    yield words(
        "An alert is right when it is about a planned member who knows or is exploited; members who were "
        "drawn in without knowing, lawful groups and ordinary people count as wrong. Shorter lists count "
        "as far as they go."
    )
    yield table(
        ("alerts", "right", "count", "95 %"),
        [
            *((f"first {k}", *share_cells(r)) for k, r in p["at"].items()),
            ("all", *share_cells(p["alerts"])),
            *((f"of form {t.replace('_', ' ')}", *share_cells(r)) for t, r in p["by_typology"].items()),
            ("networks", *share_cells(p["networks"])), ("cases", *share_cells(p["cases"])),
            ("form of found groups told rightly", *share_cells(p["typology_right"])),
        ],
    )  # fmt: skip
    yield words(
        "Alerts are about: " + ", ".join(f"{n} {label}" for label, n in p["alerts_are"].items()) + "."
    )
    yield table(
        ("over the whole list", "mean", "interval"),
        [
            ("average precision of people", *_number(a["people"])),
            ("average precision of cases", *_number(a["cases"])),
            (f"groups first met a day, {work['cases_a_day']} cases a day", *_number(work["groups_a_day"])),
        ],
    )
    if work["days"]:
        yield table(
            ("analyst day", "groups first met, mean"),
            ((str(d["day"]), f"{d['groups']:.2f}") for d in work["days"][:10]),
        )


def _quiet(facts: Facts) -> Iterator[Block]:
    t = facts["twins"]
    yield heading("Lawful groups of similar looks")
    yield words("One counts once, when any member is an alert or in a network that is shown.")
    yield table(
        ("lawful groups", "raised", "count", "95 %"),
        [
            ("all", *share_cells(t["all"])), ("by an alert", *share_cells(t["alerted"])),
            ("in a network", *share_cells(t["in_network"])),
            ("only as a link between others", *share_cells(t["in_network_as_connector_only"])),
            *((name, *share_cells(r)) for name, r in t["by_scenario"].items() if r["n"]),
        ],
    )  # fmt: skip
    if t["inseparable"]:
        yield words("Pairs that the mean score does not part, both seen fully and plain:")
        yield table(
            ("lawful", "score", "of", "its score"),
            ((x["twin"], f"{x['score']:.2f}", x["of"], f"{x['of_score']:.2f}") for x in t["inseparable"]),
        )
    o = facts["ordinary"]
    yield heading("Ordinary customers")
    if o["alerts_about_outsiders"]:
        yield words(
            f"Besides, {o['alerts_about_outsiders']} alerts are about ordinary people who are no customers "
            "in the data; "
            "they count as wrong above."
        )
    yield table(
        ("outside every planned group", "share", "count", "95 %"),
        (
            (name, f"{1000 * r['share']:.2f} in 1,000" if r["share"] is not None else "-",
            *share_cells(r)[1:])
            for name, r in (
                ("alerts", o["alerted"]), ("in a network", o["in_network"]),
                ("in a network, not only as a link", o["in_network_not_as_connector"]),
                ("read at once", o["at_once"]),
            )
        ),
    )  # fmt: skip


def _roles(facts: Facts) -> Iterator[Block]:
    r = facts["roles"]
    yield heading("Roles")
    yield table(
        ("roles of planned members who are shown", "share", "count", "95 %"),
        [("as planned", *share_cells(r["accuracy"])),
         ("on the planned side", *share_cells(r["accuracy_by_side"]))],
    )  # fmt: skip
    shown = sorted({name for part in r["expected_shown"].values() for name in part})
    yield table(
        ("planned", *(f"shown {s.replace('_', ' ')}" for s in shown)),
        (
            (e.replace("_", " "), *(str(part.get(s, 0)) for s in shown))
            for e, part in r["expected_shown"].items()
        ),
    )
    yield words(
        f"Possible victims shown in a controlling role: {r['victims_shown_as_controlling']}; alerted and "
        f"not handled as possible victims: {r['victims_alerted_as_subject']}; planned: "
        f"{r['victims_planned']}."
    )


def _lines(facts: Facts) -> Iterator[Block]:
    yield heading("Above and below the line")
    yield Block("d", "score_line.svg: what would be alerts if the line lay elsewhere")
    yield table(
        ("points an alert needs", "groups with an alert", "lawful groups with one",
        *(f"{x} alerts" for x in LABELS)),
        (
            (
                f"{x['points']:g}{' (in force)' if x['in_force'] else ''}", str(x["groups_with_alert"]),
                str(x["twins_with_alert"]), *(str(x[label]) for label in LABELS),
            )
            for x in facts["score_line"]
        ),
    )  # fmt: skip
    yield words("Subjects that are no alert and miss a rule by one line, by how much of its threshold:")
    yield Block("d", "near_misses.svg: subjects that miss a rule by one line, by distance")
    labels = [k for k in facts["near_misses"][0] if k != "distance"]
    yield table(
        ("nearer than", *labels),
        ((percent(x["distance"]), *(str(x[label]) for label in labels)) for x in facts["near_misses"]),
    )
    n = facts["not_judged"]
    yield table(
        ("not judged", "share", "count", "95 %"),
        [
            ("rules", *share_cells(n["rules"])), ("their weight", *share_cells(n["weight"])),
            ("rules on thinly filled columns", *share_cells(n["weak_rules"])),
            ("groups that the data cannot show", *share_cells(n["groups_not_evaluable"])),
        ],
    )  # fmt: skip


def _rules(facts: Facts) -> Iterator[Block]:
    yield heading("What rules add")
    rules = facts["rules"]
    fired = [r for r in rules if r["positives"] or r["twins"] or r["ordinary_subjects"]]
    silent = sum(r["judged_in"] > 0 for r in rules) - sum(r["judged_in"] > 0 for r in fired)
    yield words(
        f"{len(fired)} rules hit somebody, {silent} were judged and hit nobody. Alerts that would be lost "
        "without a rule are worked out again from the hits; networks are left as they are."
    )
    order = sorted(
        fired, key=lambda r: (-r["right_lost_without"] + r["wrong_lost_without"], -r["positives"], r["rule"])
    )
    yield table(
        ("rule", "weight", "groups", "lawful", "ordinary", "right alerts lost without", "wrong",
        "covered by"),
        (
            (
                r["rule"], str(r["weight"]), str(r["positives"]), str(r["twins"]),
                str(r["ordinary_subjects"]),
                str(r["right_lost_without"]), str(r["wrong_lost_without"]), str(len(r["covered_by"])),
            )
            for r in order[:MOST_RULES]
        ),
    )  # fmt: skip
    idle = [
        r["rule"] for r in fired
        if not r["alerts_lost_without"] and not r["alerts_gained_without"] and r["covered_by"]
    ]  # fmt: skip
    if idle:
        yield words(
            "Changed no alert here, and fired for nobody (one in ten at most) whom another rule did not "
            "name: "
            + ", ".join(idle) + "."
        )  # fmt: skip
    yield table(
        ("fire together", "and", "subjects of both", "Jaccard"),
        (
            (p["first"], p["second"], str(p["both"]), f"{p['jaccard']:.2f}")
            for p in facts["pairs"][:MOST_PAIRS]
        ),
    )


def _fair(facts: Facts) -> Iterator[Block]:
    e = facts["equal_treatment"]
    yield heading("Equal treatment")
    if not e["worlds"]:
        yield words("The truth says nothing of people's names, languages or districts, so this is not known.")
        return
    yield words(
        f"Ordinary people only. Groups of fewer than {e['smallest_group']} are not compared; a ratio "
        f"above {e['ratio_to_explain']:g} is to be explained. The last column is the probability that the "
        "furthest two of so many groups differ so much by chance."
    )
    yield table(
        ("trait and outcome", "highest", "rate", "lowest", "rate", "ratio", "to explain", "chance"),
        (
            (
                f"{c['trait'].replace('_', ' ')}, {c['outcome']}", c["highest"] or "-",
                percent(c["highest_rate"]),
                c["lowest"] or "-", percent(c["lowest_rate"]),
                "-" if c["ratio"] is None else f"{c['ratio']:.2f}", "yes" if c["flagged"] else "no",
                "-" if c["chance"] is None else f"{c['chance']:.2f}",
            )
            for c in e["compared"]
        ),
    )  # fmt: skip
