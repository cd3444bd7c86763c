"""What a draft is made from: parties, movements and hits of one network or one subject of a run folder.

The run folder holds no names and no accounts' data. They come from the source files (`--data`), which must
be those that were scanned. Without them the movements are read from the case's evidence.csv, and what is
missing for a report is told as a gap, never made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from thbscreen.diagnostics import suggest
from thbscreen.errors import DataError, UsageError
from thbscreen.filing.details import Details
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.digest import sha256_file
from thbscreen.model import money
from thbscreen.report.cases import discreet
from thbscreen.report.folder import Row, RunFolder, unchanged
from thbscreen.report.network_view import find_network
from thbscreen.rules import ast, bundle

VICTIM, CONTROLLER, UNCLEAR = "possible_victim", "possible_controller", "unclear"
#: Words for the three roles that a report knows.
ROLE_WORDS = {VICTIM: "possible victim", CONTROLLER: "possible controller", UNCLEAR: "role not known"}
#: Columns of hit_members whose members are accounts or customers.
_NAMES_ACCOUNTS = {"account_id", "cp_account_id", "party_id"}
_CONTROLLING = {"possible_controller", "possible_facilitator", "possible_organiser", "possible_recruiter"}


@dataclass(frozen=True, slots=True)
class Party:
    """A customer, or an account of another bank, that a case names.

    Attributes:
        id: as in the run folder.
        role: possible_victim, possible_controller or unclear.
        shares: the roles with their shares, for people.
        customer: has an account at the bank that was scanned.
        accounts: that belong to the party and matter to the case.
        kind: natural, legal or empty when not known.
        name: as in the data; empty when not known.
        why: what speaks for the reading.
        facts: further columns of the customer's row.
    """

    id: str
    role: str
    shares: str
    customer: bool
    accounts: tuple[str, ...]
    kind: str = ""
    name: str = ""
    why: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Movement:
    """One payment: both legs in one when both ledgers are in the case.

    Attributes:
        id: transaction number: that of the payer's leg, where there is one.
        time: booking time, UTC.
        amount: in `currency`, positive.
        payer: account that paid; empty for cash and for payers without an account number.
        payee: account that was paid; empty likewise.
        own: which sides are ledgers of the bank: payer, payee or both.
        row: columns of the (first) leg.
        other: columns of the second leg, when there is one.
    """

    id: str
    time: datetime
    amount: Decimal
    currency: str
    payer: str
    payee: str
    own: frozenset[str]
    row: Mapping[str, Any]
    other: Mapping[str, Any] | None = None

    @property
    def tx_ids(self) -> tuple[str, ...]:
        """Ids of the legs."""
        return (str(self.row["tx_id"]), *((str(self.other["tx_id"]),) if self.other is not None else ()))


@dataclass(frozen=True)
class FilingCase:
    """One network or subject with everything that a draft may say.

    Attributes:
        id: of the network or alert.
        typologies: forms of exploitation, leading one first.
        hits: that speak for the finding, ordered.
        against: hits that speak against it.
        links: (payer, payee, first, last, count, cents) of payments between parties, by first date.
        urgency: why it is urgent; empty when it is not.
        complete: whether accounts and customers are known, so that strict sides can be filled.
        left_out: movements of the case that could not be read.
        until: end of the data.
    """

    id: str
    title: str
    typologies: tuple[str, ...]
    parties: tuple[Party, ...]
    movements: tuple[Movement, ...]
    hits: tuple[Row, ...]
    against: tuple[Row, ...]
    links: tuple[tuple[str, str, datetime, datetime, int, int], ...]
    explanations: tuple[str, ...]
    tests: tuple[str, ...]
    not_judged: tuple[str, ...]
    urgency: str
    until: datetime
    pack: bundle.RulePack
    accounts: Mapping[str, Mapping[str, Any]]
    holders: Mapping[str, tuple[tuple[str, str], ...]]
    customers: Mapping[str, Mapping[str, Any]]
    details: Details
    complete: bool
    left_out: int = 0

    @property
    def victims(self) -> tuple[Party, ...]:
        """Possible victims, apart from the others."""
        return tuple(p for p in self.parties if p.role == VICTIM)

    @property
    def others(self) -> tuple[Party, ...]:
        """Everybody else."""
        return tuple(p for p in self.parties if p.role != VICTIM)

    def party_of(self, account: str) -> Party | None:
        """Gives the party that an account belongs to."""
        return next((p for p in self.parties if account in p.accounts or account == p.id), None)


def read_case(
    run: RunFolder,
    pack: bundle.RulePack,
    *,
    network: str | None = None,
    subject: str | None = None,
    data: Sequence[Path] = (),
    mapping: Path | None = None,
    details: Details | None = None,
) -> FilingCase:
    """Collects a case.

    Args:
        run: the run folder.
        pack: rules, for the indicators of the hits.
        network: id of a network, or its beginning.
        subject: id of a subject that is an alert; exactly one of the two is given.
        data: the files or folders that were scanned.
        mapping: the mapping that was used for them.
        details: what the bank knows of its clients beside the scanned data.

    Raises:
        UsageError: no such network or subject, or not exactly one is named.
        DataError: a file cannot be read, or the data are not those that were scanned.
    """
    if (network is None) == (subject is None):
        raise UsageError("name one case", hint="--network ID or --subject ID")
    dataset = _dataset(run, data, mapping)
    customers, accounts, rights = _registers(dataset)
    holders = _ranked(rights)
    if network is not None:
        head, members = _network(run, network)
    else:
        head, members = _subject(run, str(subject), holders)
    alerts = {row["subject_id"]: row for row in run.table("alerts").iter_rows(named=True)}
    hits = run.table("hits").filter(pl.col("hit_id").is_in(list(head["hit_ids"])))
    rows = hits.sort("first", "rule", "subject_id", "hit_id").to_dicts()
    speak = [h for h in rows if h["family"] != "mitigation"]
    wanted = {tx for h in speak for tx in h["tx_ids"] or ()} | _proved(run, head)
    frame = (
        discreet(dataset.fetch(wanted)) if dataset is not None else _evidence(run, head["case_id"], wanted)
    )
    movements = paired(frame.to_dicts(), set(accounts) | _own_accounts(members))
    holders = _ranked(rights, frame["booking_ts"]) if dataset is not None else holders
    parties = [_party(m, alerts, customers) for m in members]
    parties.sort(key=lambda p: (p.role == VICTIM, p.role == UNCLEAR, p.id))
    ready = run.table("readiness").filter(pl.col("status") == "not judged")
    return FilingCase(
        id=head["case_id"], title=head["title"], typologies=_typologies(head, speak),
        parties=tuple(parties), movements=tuple(movements), hits=tuple(speak),
        against=tuple(h for h in rows if h["family"] == "mitigation"),
        links=_links(movements, parties), explanations=_explanations(speak, pack), tests=head["tests"],
        not_judged=tuple(f"{r['rule']} ({r['title']})" for r in ready.iter_rows(named=True)),
        urgency=_urgency(parties, alerts), until=_until(run, rows), pack=pack,
        accounts=accounts, holders=holders, customers=customers,
        details=details or Details(), complete=dataset is not None,
        left_out=len(wanted) - sum(len(m.tx_ids) for m in movements),
    )  # fmt: skip


# --- the case in the run folder -------------------------------------------------------------------------


def _network(run: RunFolder, wanted: str) -> tuple[Row, list[Row]]:
    row = find_network(run, wanted)
    members = run.table("network_members").filter(pl.col("network_id") == row["network_id"]).to_dicts()
    tests = tuple(row["would_break"] or ())
    return {**row, "case_id": row["network_id"], "tests": tests}, members


def _subject(
    run: RunFolder, wanted: str, holders: Mapping[str, tuple[tuple[str, str], ...]]
) -> tuple[Row, list[Row]]:
    alerts = run.table("alerts")
    found = alerts.filter((pl.col("subject_id") == wanted) | (pl.col("alert_id") == wanted)).to_dicts()
    if not found:
        known = alerts["subject_id"].to_list()
        raise UsageError(f"{run.name} has no alert of that subject", hint=_nearest(wanted, known))
    alert = found[0]
    named = run.table("hit_members").filter(
        pl.col("hit_id").is_in(list(alert["hit_ids"])) & pl.col("field").is_in(sorted(_NAMES_ACCOUNTS))
    )
    subject = alert["subject_id"]
    members = {subject: {
        "member_id": subject, "role": alert["leading_role"], "roles": alert["roles"], "evidence_for": [],
        "is_customer": alert["subject_kind"] == "party", "accounts": [],
    }}  # fmt: skip
    rows = named.select("member_id", "role").unique().rows()
    for account, role in sorted(rows, key=lambda r: (r[0], r[1] != VICTIM)):
        holder = holders[account][0][0] if account in holders else account
        member = members.setdefault(holder, {
            "member_id": holder, "role": role, "roles": [], "evidence_for": [], "accounts": [],
            "is_customer": account in holders,
        })  # fmt: skip
        if account != holder and account not in member["accounts"]:
            member["accounts"].append(account)
    head = {
        **alert, "case_id": alert["alert_id"], "tests": (),
        "title": f"Alert on one subject: {str(alert['typology']).replace('_', ' ')}",
    }  # fmt: skip
    return head, list(members.values())


def _nearest(wanted: str, known: Sequence[str]) -> str:
    return suggest(wanted, list(known)) or "subjects are in alerts.parquet and in the list that scan prints"


def _proved(run: RunFolder, head: Row) -> set[str]:
    if "network_id" not in head or not head["case_id"].startswith("NW-"):
        return set()
    proof = run.table("network_proof").filter(pl.col("network_id") == head["case_id"])
    return set(proof["tx_id"].drop_nulls().to_list())


def _until(run: RunFolder, hits: Sequence[Row]) -> datetime:
    stated = run.manifest.get("data_until")
    if isinstance(stated, str):
        return datetime.fromisoformat(stated.replace("Z", "+00:00"))
    return max((h["last"] or h["ends"] for h in hits), default=datetime(1970, 1, 1, tzinfo=UTC))


def _typologies(head: Row, hits: Sequence[Row]) -> tuple[str, ...]:
    named = [t for h in hits for t in h["typologies"] or ()]
    return tuple(dict.fromkeys([head["typology"], *sorted(set(named), key=lambda t: (-named.count(t), t))]))


def _explanations(hits: Iterable[Row], pack: bundle.RulePack) -> tuple[str, ...]:
    hit = {h["rule"] for h in hits}
    rules: list[ast.Rule] = [rule for rule in pack.rules if rule.id in hit]
    return tuple(dict.fromkeys(e for rule in rules for e in rule.innocent_explanations))


def _urgency(parties: Sequence[Party], alerts: Mapping[str, Row]) -> str:
    urgent = [alerts[p.id] for p in parties if p.id in alerts and alerts[p.id]["urgency"]]
    urgent.sort(key=lambda a: (-a["urgency"], a["rank"]))
    return str(urgent[0]["urgency_why"] or "") if urgent else ""


def _party(member: Row, alerts: Mapping[str, Row], customers: Mapping[str, Mapping[str, Any]]) -> Party:
    identity = member["member_id"]
    alert = alerts.get(identity)
    apart = member["role"] == VICTIM or (alert is not None and alert["handling"] == "possible victim")
    role = VICTIM if apart else CONTROLLER if member["role"] in _CONTROLLING else UNCLEAR
    facts = customers.get(identity, {})
    shares = ", ".join(
        f"{str(r['role']).replace('_', ' ').replace('unknown', 'not known')} {r['share']:.0%}"
        for r in sorted(member["roles"] or (), key=lambda r: (-r["share"], r["role"]))[:2]
    )
    return Party(
        identity, role, shares, bool(member["is_customer"]), tuple(member["accounts"] or ()),
        str(facts.get("kind") or ""), str(facts.get("name") or ""), tuple(member["evidence_for"] or ()),
        facts,
    )  # fmt: skip


def _own_accounts(members: Sequence[Row]) -> set[str]:
    return {a for m in members if m["is_customer"] for a in m["accounts"] or ()}


# --- movements --------------------------------------------------------------------------------------------


def _dataset(run: RunFolder, data: Sequence[Path], mapping: Path | None) -> Dataset | None:
    """Opens the scanned data again, after a look at the hashes that the run noted."""
    if not data:
        return None
    dataset = open_dataset(list(data), mapping, zone=str(run.zone))
    noted = {i["name"]: i["sha256"] for i in run.manifest.get("inputs", ()) if isinstance(i, dict)}
    for files in dataset.inputs().values():
        for file in files:
            if noted.get(file.name) != sha256_file(file.path):
                raise DataError(
                    f"{file.name} is not the file that was scanned",
                    hint=f"give the data of the run that made {run.name}, or scan again",
                )
    return dataset


def _registers(
    dataset: Dataset | None,
) -> tuple[dict[str, Row], dict[str, Row], list[Row]]:
    if dataset is None:
        return {}, {}, []
    customers = {r["party_id"]: r for r in dataset.parties.iter_rows(named=True)}
    accounts = {r["account_id"]: r for r in dataset.accounts.iter_rows(named=True)}
    return customers, accounts, dataset.account_parties.to_dicts()


def _ranked(rights: Iterable[Row], times: pl.Series | None = None) -> dict[str, tuple[tuple[str, str], ...]]:
    """Gives party and role by account, holders first.

    Args:
        rights: rows of account_parties.
        times: of the movements of the case; rights that were over before them, or began after them, are left
            out, unless the account had nobody else.
    """
    first, last = (None, None) if times is None or not len(times) else (times.min(), times.max())
    order = {"holder": 0, "joint_holder": 1, "signatory": 2, "mandate": 3}
    holders: dict[str, list[tuple[bool, int, str, str]]] = {}
    for r in rights:
        since, until = r.get("since"), r.get("until")
        over = isinstance(first, datetime) and until is not None and until < first.date()
        ahead = isinstance(last, datetime) and since is not None and since > last.date()
        row = (over or ahead, order.get(r["role"], 9), r["party_id"], r["role"])
        holders.setdefault(r["account_id"], []).append(row)
    out = {}
    for account, rows in holders.items():
        now = [row for row in rows if not row[0]] or rows
        out[account] = tuple((party, role) for _, _, party, role in sorted(now))
    return out


def _evidence(run: RunFolder, case_id: str, wanted: set[str]) -> pl.DataFrame:
    """Reads the movements of a case from its evidence.csv."""
    file = unchanged(run, f"cases/{case_id}/evidence.csv")
    if file is None:
        raise UsageError(
            f"{run.name} has no evidence of {case_id}; only networks and the first alerts have a folder",
            hint="give the data that were scanned with --data",
        )
    rows = pl.read_csv(file, infer_schema=False)
    rows = rows.filter(pl.col("tx_id").is_in(sorted(wanted)))
    return rows.with_columns(
        pl.col("booking_ts")
        .str.strptime(pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S%.fZ")
        .dt.replace_time_zone("UTC"),
        *(pl.col(c).str.to_decimal(scale=3) for c in ("amount", "balance_after") if c in rows.columns),
    )


def _amount(value: object, currency: str) -> Decimal:
    """Gives an amount: minor units from a dataset, decimal units from evidence.csv."""
    places = money.EXPONENTS.get(currency, money.DEFAULT_EXPONENT)
    if isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-places))
    return Decimal(int(str(value))).scaleb(-places)


def paired(rows: Sequence[Row], own: set[str]) -> list[Movement]:
    """Makes payments of ledger rows: the debit and the credit of one payment become one.

    Two rows are one payment when payer, payee, amount, currency and either the payer's reference or the
    booking minute's day agree, one is a debit and one a credit. What has no partner stays alone.
    """
    waiting: dict[tuple[Any, ...], list[tuple[str, Row]]] = {}
    made: list[tuple[Row, Row | None]] = []
    for row in sorted(rows, key=lambda r: (r["booking_ts"], str(r["tx_id"]))):
        other = row.get("cp_account_id") or ""
        if not other:
            made.append((row, None))
            continue
        debit = row["direction"] == "debit"
        ends = (row["account_id"], other) if debit else (other, row["account_id"])
        same = row.get("end_to_end_id") or row["booking_ts"].date()
        key = (*ends, row["amount"], row["currency"], same)
        partner = next((w for w in waiting.get(key, []) if w[0] != row["direction"]), None)
        if partner is None:
            waiting.setdefault(key, []).append((row["direction"], row))
        else:
            waiting[key].remove(partner)
            made.append((row, partner[1]) if debit else (partner[1], row))
    made += [(row, None) for rest in waiting.values() for _, row in rest]
    out = [_movement(first, second, own) for first, second in made]
    return sorted(out, key=lambda m: (m.time, m.id))


def _movement(row: Row, other: Row | None, own: set[str]) -> Movement:
    debit = row["direction"] == "debit"
    account, partner = str(row["account_id"]), str(row.get("cp_account_id") or "")
    payer, payee = (account, partner) if debit else (partner, account)
    mine = {"payer" if debit else "payee"}
    if partner and (other is not None or partner in own):
        mine = {"payer", "payee"}
    currency = str(row.get("currency") or "EUR")
    return Movement(
        str(row["tx_id"]), row["booking_ts"], _amount(row["amount"], currency), currency, payer, payee,
        frozenset(mine), row, other,
    )  # fmt: skip


def _links(
    movements: Sequence[Movement], parties: Sequence[Party]
) -> tuple[tuple[str, str, datetime, datetime, int, int], ...]:
    """Adds up the payments between parties of the case, ordered by their first date."""
    owner = {a: p.id for p in parties for a in (*p.accounts, p.id)}
    found: dict[tuple[str, str], list[Movement]] = {}
    for m in movements:
        ends = owner.get(m.payer), owner.get(m.payee)
        if ends[0] and ends[1] and ends[0] != ends[1] and m.currency == "EUR":
            found.setdefault((ends[0], ends[1]), []).append(m)
    out = [
        (a, b, ms[0].time, ms[-1].time, len(ms), int(sum(m.amount for m in ms) * 100))
        for (a, b), ms in found.items()
    ]
    return tuple(sorted(out, key=lambda link: (link[2], link[0], link[1])))


def local_day(moment: datetime, zone: Any) -> date:
    """Gives the day on people's clock."""
    return moment.astimezone(zone).date()
