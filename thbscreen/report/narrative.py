"""Case narratives: facts only, people by id, possible victims apart from subjects.

A narrative says which patterns were found, on what sums and dates, what may explain them innocently,
what could not be judged and how to handle the case. It holds no names and no word of guilt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from thbscreen.report import proof as proofs
from thbscreen.report.layout import printable
from thbscreen.report.story import APART, CARE, Story
from thbscreen.report.text import count, day, euros, minute, points, words
from thbscreen.rules import ast, bundle

#: So many hits of one rule are told; the others are in the tables.
MOST_HITS = 10
Row = dict[str, Any]

DRAFT = (
    "This is a draft for a person to check. It tells what movements of money show and decides nothing about "
    "anybody. It is confidential: the people it concerns must not learn of it."
)
VICTIM_CARE = (
    "They are not subjects. Do not call, write or send a message to them: somebody else may hold the "
    "telephone or read the post. Acts of a person who was made to act are not to be held against that person."
)
IN_DOUBT = "In doubt a person is handled as a possible victim, also where another role has a larger share."
WEAK = "Judged on some movements only, as columns are often empty: {}."
STANDING_CARE = (
    "Do not freeze, close or refuse anything on this finding alone: it can take away wages and food, and it "
    "warns whoever is in control. Decide together with the FIU or the police."
)
FILES = (
    "evidence.csv: every movement that contributed, with the rules it contributed to.",
    "members.csv: the people and accounts named here, with their possible roles.",
    "proof.csv, of a network: the payments of its patterns in the order of time.",
    "evidence.xlsx: the same tables as sheets, with amounts in euros. drawing.svg: who paid whom.",
    "In evidence.csv, purchases that show health, faith, politics or intimate life are called personal "
    "spending and nothing more.",
    "In all of them, cells that a spreadsheet would run as a formula begin with an apostrophe that is not "
    "in the data, and hidden characters are written out; the exact values are in the Parquet tables and in "
    "the source files.",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all narratives of a run share.

    Attributes:
        not_judged: (rule, title, reason) of rules that could not be judged.
        weak: rules that could be judged on some movements only.
        note: said first, when something was taken out of the narrative.
        rules: digest of the rules and name of the profile of the run, when they are not those of the pack.
        clock: people's clock of the run, when it is not that of the pack.
    """

    pack: bundle.RulePack
    as_of: datetime
    not_judged: tuple[tuple[str, str, str], ...]
    weak: tuple[str, ...] = ()
    note: str = ""
    rules: tuple[str, str] | None = None
    clock: ZoneInfo | None = None

    @property
    def zone(self) -> ZoneInfo:
        """People's clock."""
        return self.clock or ZoneInfo(self.pack.profile.time_zone)


def network_story(
    network: Row,
    members: Sequence[Row],
    hits: Sequence[Row],
    setting: Setting,
    proof: Sequence[Row] = (),
    apart: Collection[str] = (),
) -> Story:
    """Gives the narrative of a suspected network.

    Args:
        network: row of NETWORKS.
        members: its rows of NETWORK_MEMBERS.
        hits: its rows of HITS.
        setting: of the run.
        proof: its rows of NETWORK_PROOF.
        apart: who is handled as a possible victim anywhere in the run.
    """
    out = Story(f"{network['network_id']}: {network['title']}")
    out.paragraph(DRAFT)
    out.paragraph(setting.note)
    victims = [m for m in members if m["role"] == "possible_victim" or m["member_id"] in apart]
    others = [m for m in members if m not in victims]
    out.section("What was found")
    out.paragraph(
        f"{count(len(members), 'member')}, of whom {count(len(victims), 'possible victim')}. "
        f"{euros(network['amount_eur'])} moved, {_span(network, setting.zone)}."
    )
    out.paragraph(network["why"] or "")
    if network["confidence"]:
        out.section(f"How much this rests on: {network['confidence']}")
        out.paragraph("A count of reasons that can be checked, not a probability.")
        out.bullets(network["confidence_why"] or ())
    _patterns(out, hits, setting.zone)
    _proof(out, proof, hits, setting.zone)
    out.section("Members who are not read as possible victims")
    out.paragraph(
        "Shares of roles are read here from hits inside this network alone; the alert of a person also "
        "counts the person's other hits, so the two may differ a little."
    )
    out.bullets(_member(m) for m in others)
    in_doubt = any(m["role"] != "possible_victim" for m in victims)
    _victims(out, [_member(m) for m in victims], in_doubt=in_doubt)
    out.section("What would break this reading")
    out.bullets(network["would_break"] or ())
    _innocent(out, _explanations(hits, setting.pack))
    if network["hubs_removed"]:
        out.section("Left out")
        out.paragraph(
            "Shared by so many customers that they tie nobody together: " + _ids(network["hubs_removed"])
        )
    _ending(out, _cares(hits, setting.pack), setting)
    return out


def alert_story(
    alert: Row,
    members: Sequence[Row],
    hits: Sequence[Row],
    setting: Setting,
    victims: Collection[str] = (),
) -> Story:
    """Gives the narrative of one alert.

    Args:
        alert: row of ALERTS.
        members: rows of HIT_MEMBERS of its hits, without the subject's own, and `customer`: who holds
            the account, if somebody here does; `read_as`: the role in which the run as a whole reads them.
        hits: its rows of HITS.
        setting: of the run.
        victims: ids of people and accounts that are handled as possible victims anywhere in the run.
    """
    who = subject_words(alert)
    apart = alert["handling"] == "possible victim" or alert["subject_id"] in victims
    out = Story(f"{alert['alert_id']}: {who}" + (", handled as a possible victim" if apart else ""))
    out.paragraph(DRAFT)
    out.paragraph(setting.note)
    out.section("What was found")
    out.paragraph(
        f"{count(len(hits), 'hit')} on {count(len(alert['tx_ids'] or ()), 'movement')}, "
        f"{_span(alert, setting.zone)}. Counting this subject's part alone, the largest hit that speaks for "
        f"the finding is of {euros(alert['amount_eur'])}."
    )
    if alert["urgency_why"]:
        out.paragraph(f"Urgency {alert['urgency']}: {alert['urgency_why']}.")
    if alert["network_id"]:
        out.paragraph(f"Part of the suspected network {alert['network_id']}.")
    _patterns(out, hits, setting.zone)
    out.section(f"Score {points(alert['score'])}")
    out.bullets(f"{points(a['points'])}: {a['why']} ({a['rule']})" for a in alert["addends"])
    reading = f"{who}: {shares(alert)}"
    named = _others(members)
    safe = {m for m, role in named if role == "possible_victim"} | _elsewhere(members, victims)
    if not apart:
        out.section("Subject")
        out.bullets([reading])
    out.section("Others named by these hits")
    out.bullets(f"{m}: {words(role)}" for m, role in named if m not in safe)
    _victims(
        out,
        [reading] * apart + _apart(named, safe, _readings(members)),
        in_doubt=apart and alert["second_role"] in _larger(alert),
    )
    _innocent(out, alert["innocent_explanations"] or ())
    _ending(out, alert["care"] or (), setting)
    return out


def review_story(review: Row, hits: Sequence[Row], setting: Setting, victims: Collection[str] = ()) -> Story:
    """Gives the narrative of a hit that is read at once.

    Args:
        review: row of REVIEWS.
        hits: its row of HITS.
        setting: of the run.
        victims: ids of people and accounts that are handled as possible victims anywhere in the run.
    """
    who = subject_words(review)
    apart = review["handling"] == "possible victim" or review["subject_id"] in victims
    out = Story(f"{review['review_id']}: {who}" + (", handled as a possible victim" if apart else ""))
    out.paragraph(DRAFT)
    out.paragraph(setting.note)
    out.section("To be read at once")
    out.paragraph(
        f"{review['title']}: {count(review['n_tx'], 'movement')} in evidence.csv, to be read by a person at "
        "once. No score stands behind this and none is needed: a text is enough to look. It may be a jest "
        "or a mistake."
    )
    _patterns(out, hits, setting.zone)
    if not apart:
        out.section("Subject")
        out.bullets([who])
    _victims(out, [who] * apart, in_doubt=False)
    _innocent(out, review["innocent_explanations"] or ())
    _ending(out, [review["care"]] if review["care"] else (), setting)
    return out


def subject_words(alert: Row) -> str:
    """Names the subject by its id: `customer C-1`, `account A-1`, `account X-1 of another bank`."""
    kind = {"party": "customer {}", "external": "account {} of another bank"}.get(
        alert["subject_kind"], "account {}"
    )
    return kind.format(printable(alert["subject_id"]))


def shares(row: Row) -> str:
    """Gives the vector of roles: at least the two largest and `not known`, with their shares."""
    found = [(r["role"], r["share"]) for r in row["roles"] or ()]
    first = row.get("leading_role") or row.get("role")
    found.sort(key=lambda r: (r[0] != first, -r[1]))
    shown = [r for i, r in enumerate(found) if i < 2 or r[0] == "unknown"]
    return ", ".join(f"{words(role)} {share:.0%}" for role, share in shown) or "not known"


# --- parts ------------------------------------------------------------------------------------------


def _larger(alert: Row) -> set[str]:
    """Roles whose share is larger than the one that is printed first."""
    found = {r["role"]: r["share"] for r in alert["roles"] or ()}
    return {role for role, share in found.items() if share > found.get(alert["leading_role"], 0)}


def _span(row: Row, zone: ZoneInfo) -> str:
    first, last = day(row["first"], zone), day(row["last"], zone)
    return f"on {first}" if first == last else f"from {first} to {last}"


def _patterns(out: Story, hits: Sequence[Row], zone: ZoneInfo) -> None:
    # What speaks against comes last, as in the sum.
    for _, rule in sorted({(h["family"] == "mitigation", h["rule"]) for h in hits}):
        mine = sorted((h for h in hits if h["rule"] == rule), key=lambda h: (h["subject_id"], h["hit_id"]))
        against = "Speaks against: " if mine[0]["family"] == "mitigation" else ""
        out.section(f"{against}{rule} (version {mine[0]['rule_version']}): {mine[0]['title']}")
        out.bullets(_hit(h, zone) for h in mine[:MOST_HITS])
        if len(mine) > MOST_HITS:
            out.paragraph(f"{count(len(mine) - MOST_HITS, 'further hit')} of this rule: see hits.parquet.")


def _proof(out: Story, proof: Sequence[Row], hits: Sequence[Row], zone: ZoneInfo) -> None:
    found = proofs.patterns(proof, hits)
    if not found:
        return
    out.section("The payments in order")
    out.paragraph(proofs.ORDER)
    for pattern in proofs.told(found):
        out.paragraph(f"{pattern['rule']}: {pattern['title']} [{pattern['hit_id']}]")
        out.bullets(proofs.payment_lines(pattern, lambda moment: minute(moment, zone)))
        out.paragraph(proofs.further(pattern, "proof.csv"))
    out.paragraph(f"All {count(len(found), 'pattern')} are in proof.csv.")


def _hit(hit: Row, zone: ZoneInfo) -> str:
    first, last = hit["first"] or hit["starts"], hit["last"] or hit["ends"]
    when = day(first, zone)
    if last is not None and day(last, zone) != when:
        when += f" to {day(last, zone)}"
    facts = f"{count(hit['n_tx'] or 0, 'movement')}, {euros(hit['amount_eur'])}"
    who = f"{words(hit['subject_kind'])} {hit['subject_id']}"
    return f"{who}, {when}, {facts}: {hit['evidence']} [{hit['hit_id']}]"


def _member(member: Row) -> str:
    accounts = [a for a in member["accounts"] or () if a != member["member_id"]]
    text = str(member["member_id"]) + (f" ({_ids(accounts)})" if accounts else "")
    text += f": {shares(member)}."
    if member["evidence_for"]:
        text += " For: " + " ".join(member["evidence_for"])
    if member["evidence_against"]:
        text += " Against: " + " ".join(member["evidence_against"])
    return text


def _others(members: Sequence[Row]) -> list[tuple[str, str]]:
    # A network is no member of itself, and its members are in its own narrative.
    found = {(m["member_id"], m["role"], m["customer"]) for m in members if m["field"] != "network_id"}
    ordered = sorted(found, key=lambda m: (ast.ROLES.index(m[1]), m[0]))
    return [(_with_customer(member, who), role) for member, role, who in ordered]


def _with_customer(member: str, who: str | None) -> str:
    return f"{member} (customer {who})" if who else member


def _elsewhere(members: Sequence[Row], victims: Collection[str]) -> set[str]:
    """Others whom another case of the run handles as possible victims, as they are named here."""
    return {
        _with_customer(m["member_id"], m["customer"])
        for m in members
        if m["member_id"] in victims or any(c in victims for c in (m["customer"] or "").split(", "))
    }


def _readings(members: Sequence[Row]) -> dict[str, str]:
    """The role in which the run as a whole reads the others, as they are named here."""
    return {_with_customer(m["member_id"], m["customer"]): m["read_as"] for m in members if m.get("read_as")}


def _apart(named: Sequence[tuple[str, str]], safe: Collection[str], readings: Mapping[str, str]) -> list[str]:
    """Possible victims among the others; whoever has another role too is told to have it."""
    out = []
    for member in dict.fromkeys(m for m, _ in named if m in safe):
        also = [words(role) for m, role in named if m == member and role != "possible_victim"]
        text = member + (f"; other hits name it as {' and '.join(also)}" if also else "")
        whole = readings.get(member, "possible_victim")
        if whole != "possible_victim":
            text += f"; the run as a whole reads it as {words(whole)}"
        out.append(text)
    return out


def _victims(out: Story, people: Sequence[str], *, in_doubt: bool = False) -> None:
    if people:
        out.section(APART)
        out.paragraph(VICTIM_CARE)
        out.paragraph(IN_DOUBT if in_doubt else "")
        out.bullets(people)


def _innocent(out: Story, explanations: Iterable[str]) -> None:
    out.section("What may explain this innocently")
    out.bullets(explanations)


def _ending(out: Story, cares: Iterable[str], setting: Setting) -> None:
    out.section(CARE)
    out.bullets([STANDING_CARE, *cares])
    out.section("What was not judged")
    if setting.not_judged:
        out.paragraph("The silence of these rules says nothing about this case.")
        out.bullets(f"{rule} ({title}): {reason}" for rule, title, reason in setting.not_judged)
    else:
        out.paragraph("Every rule could be judged on these data.")
    if setting.weak:
        out.paragraph(WEAK.format(", ".join(setting.weak)))
    out.section("Basis")
    digest, profile = setting.rules or (setting.pack.digest, setting.pack.profile.name)
    out.bullets([
        f"Data up to {day(setting.as_of, setting.zone)}; dates in {setting.zone.key}.",
        f"Rules {digest[:12]}, profile {profile}; everything else is in manifest.json.",
        *FILES,
    ])  # fmt: skip


def _ids(values: Sequence[str]) -> str:
    shown = ", ".join(values[:10])
    return shown if len(values) <= 10 else f"{shown} and {len(values) - 10} more"


def _rules(hits: Sequence[Row], pack: bundle.RulePack) -> list[ast.Rule]:
    hit = {h["rule"] for h in hits}
    return [rule for rule in pack.rules if rule.id in hit]


def _explanations(hits: Sequence[Row], pack: bundle.RulePack) -> list[str]:
    rules = [rule for rule in _rules(hits, pack) if rule.family != "mitigation"]
    return list(dict.fromkeys(e for rule in rules for e in rule.innocent_explanations))


def _cares(hits: Sequence[Row], pack: bundle.RulePack) -> list[str]:
    return list(dict.fromkeys(rule.care for rule in _rules(hits, pack) if rule.care))
