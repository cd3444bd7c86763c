"""FollowTheMoney entities, one JSON object per line. Roles are words in notes; there are never topics."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import polars as pl

from thbscreen.model import iban
from thbscreen.model.money import to_text
from thbscreen.report.export.handover import APART, Handover
from thbscreen.report.export.texts import CAUTION, HANDLE, key, shortened, shown

Entity = dict[str, Any]
#: The model's longest name, account number, other string and text, in characters.
LONGEST_NAME, LONGEST_NUMBER, LONGEST_STRING, LONGEST_TEXT = 384, 64, 1024, 65_000
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write_ftm(handover: Handover, stream: TextIO) -> None:
    """Writes the entities; parties and accounts first, payments last."""
    for entity in entities(handover):
        stream.write(_JSON.encode(entity) + "\n")


def entities(handover: Handover) -> Iterator[Entity]:
    """Gives parties, their accounts and who holds them, networks, shared details, and each payment.

    A party is a LegalEntity: the run folder does not say who is a person and who is a company. The holder of
    an account elsewhere is not known and is a LegalEntity named after the account, so that every payment
    has both parties.
    """
    members = handover.members.select("key", "member_id", "kind", "accounts").rows()
    for row in handover.members.iter_rows(named=True):
        yield _party(row)
    accounts = {account: "" for *_, held in members for account in held}
    for account in sorted(accounts):
        accounts[account] = key("account", account, namespace=handover.namespace)
        yield _account(account, accounts[account])
    for member, _, kind, held in members:
        for account in held:
            yield _holds(handover, member, accounts[account], kind)
    yield from _networks(handover)
    links = handover.links.filter(pl.col("kind") != "payment")
    for link in links.with_columns(moment(c, handover.zone) for c in ("first", "last")).iter_rows(named=True):
        yield _link(link)
    for payment in handover.payments.with_columns(moment("time", handover.zone)).iter_rows(named=True):
        yield _payment(payment, accounts)


def _entity(identity: str, schema: str, **values: Sequence[str | None] | str | None) -> Entity:
    """Gives an entity without empty values; values are cleaned of what cannot be seen."""
    properties = {}
    for name, given in values.items():
        several = [given] if given is None or isinstance(given, str) else given
        kept = list(dict.fromkeys(shortened(shown(text), LONGEST_TEXT) for text in several if text))
        if kept:
            properties[name] = kept
    return {"id": identity, "schema": schema, "properties": properties}


def _party(row: dict[str, Any]) -> Entity:
    customer = row["kind"] == "party"
    name = f"Customer {row['member_id']}" if customer else f"Holder of account {row['member_id']}"
    apart = row["handling"] == APART
    read = f"Read by the pattern of payments as: {row['roles']} ({row['in_networks']})."
    return _entity(
        row["key"],
        "LegalEntity",
        name=shortened(shown(name), LONGEST_NAME),
        summary=f"{HANDLE} {read}" if apart else read,
        notes=[
            HANDLE if apart else None,
            CAUTION,
            *(f"For: {text}" for text in row["evidence_for"]),
            *(f"Against: {text}" for text in row["evidence_against"]),
        ],
    )


def _account(account: str, identity: str) -> Entity:
    number, text = iban.normalise(account), shown(account)
    return _entity(
        identity,
        "BankAccount",
        name=shortened(text, LONGEST_NAME),
        accountNumber=text if len(text) <= LONGEST_NUMBER else None,
        iban=number if iban.length_of(number[:2]) and iban.is_valid(number) else None,
    )


def _holds(handover: Handover, member: str, account: str, kind: str) -> Entity:
    role = "account holder" if kind == "party" else "account holder, not known to the institution"
    identity = key("ownership", member, account, namespace=handover.namespace)
    return _entity(identity, "Ownership", owner=member, asset=account, role=role)


def _networks(handover: Handover) -> Iterator[Entity]:
    inside = handover.memberships.group_by("network_id", maintain_order=True).agg("key")
    members = dict(inside.rows())
    for network in handover.networks.iter_rows(named=True):
        yield _entity(
            network["key"],
            "Note",
            name=f"{network['network_id']}: {network['title']}",
            summary=CAUTION,
            description=network["why"],
            notes=[f"Would break this reading: {text}" for text in network["would_break"] or ()],
            entity=members.get(network["network_id"], []),
        )


def _link(link: dict[str, Any]) -> Entity:
    return _entity(
        link["key"],
        "UnknownLink",
        subject=link["source_key"],
        object=link["target_key"],
        role=link["kind"],
        summary=link["why"],
        startDate=link["first"],
        endDate=link["last"],
        recordId=link["networks"],
    )


def _payment(row: dict[str, Any], accounts: dict[str, str]) -> Entity:
    """Gives one payment; written out, as there may be a hundred thousand of them."""
    amount = [to_text(row["amount"])]
    properties = {"payer": [row["source_key"]], "beneficiary": [row["target_key"]]}
    for name, account in (("payerAccount", "payer_account"), ("beneficiaryAccount", "payee_account")):
        if row[account] in accounts:
            properties[name] = [accounts[row[account]]]
    properties |= {"amount": amount, "amountEur": amount, "currency": ["EUR"]}
    for name, column, most in (
        ("date", "time", LONGEST_STRING),
        ("transactionNumber", "tx_id", LONGEST_STRING),
        ("purpose", "purpose", LONGEST_TEXT),
    ):
        if row[column]:
            properties[name] = [shortened(shown(row[column]), most)]
    properties["recordId"] = row["networks"]
    return {"id": row["key"], "schema": "Payment", "properties": properties}


def moment(column: str, zone: ZoneInfo) -> pl.Expr:
    """Gives a time in UTC as the model wants it; a time that is local midnight is a day.

    Movements without a time of day are booked at local midnight, which in UTC would be the day before.
    """
    local = pl.col(column).dt.convert_time_zone(zone.key)
    day = pl.when(local == local.dt.truncate("1d")).then(local.dt.strftime("%Y-%m-%d"))
    return day.otherwise(pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%S")).alias(column)
