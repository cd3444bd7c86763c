"""A small world of tables that tests fill row by row and write as a bank would export them."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class World:
    """Rows of the four tables; `of` tells which life a customer leads."""

    transactions: list[dict[str, object]] = field(default_factory=list)
    accounts: list[dict[str, object]] = field(default_factory=list)
    parties: list[dict[str, object]] = field(default_factory=list)
    holders: list[dict[str, object]] = field(default_factory=list)
    of: dict[str, str] = field(default_factory=dict)

    def customer(
        self, name: str, life: str, *, opened: str = "2021-03-01", branch: str = "Larnaca", **file: object
    ) -> str:
        """Adds a customer with one account, both under one name, and gives the name."""
        own = {f"{part}_hash": f"{part} of {name}" for part in ("address", "phone", "email")}
        self.parties.append({"party_id": name, "kind": "natural", "age_band": "25-34", **own, **file})
        self.accounts.append(
            {
                "account_id": name,
                "institution": "A",
                "country": "CY",
                "currency": "EUR",
                "product": "current",
                "branch": branch,
                "opened_date": opened,
            }
        )
        self.holders.append({"account_id": name, "party_id": name, "role": "holder", "since": opened})
        self.of[name] = life
        return name

    def row(
        self, account: str, when: dt.datetime, sum_: float, direction: str, tx_type: str, **more: object
    ) -> None:
        """Adds a movement; what is ordered online or by telephone comes from a device of one's own."""
        ordered = direction == "debit" and more.get("channel") in {"online", "mobile"}
        device = {"device_id": f"device of {account}"} if ordered else {}
        self.transactions.append(
            {
                "tx_id": f"T{len(self.transactions):06d}",
                "account_id": account,
                "booking_ts": when.isoformat(),
                "direction": direction,
                "amount": f"{sum_:.2f}",
                "currency": "EUR",
                "status": "booked",
                "tx_type": tx_type,
                **device,
                **more,
            }
        )

    def pay(self, payer: str, payee: str, when: dt.datetime, sum_: float, **more: object) -> None:
        """Adds both sides of a transfer between customers."""
        kind = {"tx_type": "credit_transfer", "channel": "online", **more}
        tx_type = str(kind.pop("tx_type"))
        for account, other, direction in ((payer, payee, "debit"), (payee, payer, "credit")):
            side = {"cp_account_id": other, "cp_name": other, "cp_country": "CY", **kind}
            self.row(account, when, sum_, direction, tx_type, **side)

    def card(self, account: str, when: dt.datetime, sum_: float, mcc: str, town: str, **more: object) -> None:
        """Adds a purchase by card in a shop of a town."""
        self.row(
            account,
            when,
            sum_,
            "debit",
            "card_purchase",
            channel="pos",
            mcc=mcc,
            location_city=town,
            location_country="CY",
            merchant_country="CY",
            card_id=f"card of {account}",
            merchant_name=f"SHOP {mcc} {town.upper()}",
            merchant_id=f"{mcc}-{town}",
            terminal_id=f"pos {mcc} {town}",
            **more,
        )

    def cash(self, account: str, when: dt.datetime, sum_: float, town: str, direction: str = "debit") -> None:
        """Adds cash drawn or paid in at a machine of a town."""
        self.row(
            account,
            when,
            sum_,
            direction,
            "cash_withdrawal" if direction == "debit" else "cash_deposit",
            channel="atm",
            location_city=town,
            location_country="CY",
            terminal_id=f"machine {town}",
            conductor_id=account,
            card_id=f"card of {account}",
        )

    def write(self, folder: Path) -> Path:
        """Writes the tables as CSV."""
        tables = {
            "transactions": self.transactions,
            "accounts": self.accounts,
            "parties": self.parties,
            "account_parties": self.holders,
        }
        for name, rows in tables.items():
            columns = list(dict.fromkeys(key for row in rows for key in row))
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
        return folder
