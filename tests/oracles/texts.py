"""Pieces of rule texts, at least one for each construct of the language, and the lists that they name."""

from __future__ import annotations

SOURCES = "sources: [{cite: test, at: page 1, kind: expert}]"
LISTS = {
    "places.districts": f"list: places.districts\nkind: map\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: {limassol: [limassol, Λεμεσός], larnaca: [larnaca], paphos: [paphos]}\n"
    "must_match: [PAPHOS]\nmust_not_match: [Nicosia]\n",
    "mcc.lodging": f"list: mcc.lodging\nkind: codes\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: [7011, 3500-3599]\nmust_match: [3500]\nmust_not_match: [3600]\n",
    "mcc.exact": f"list: mcc.exact\nkind: values\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: ['5411', 7000-7020]\nmust_match: ['5411']\nmust_not_match: ['7011']\n",
    "keywords.rent": f"list: keywords.rent\nkind: words\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: {en: [rent, escort], el: ['ενοικ*']}\nmust_match: [rent]\nmust_not_match: [parents]\n",
    "payees.towns": f"list: payees.towns\nkind: words\ntitle: t\nreviewed: 2026-01-31\n{SOURCES}\n"
    "entries: {el: [δήμος, dimos]}\nmust_match: [DIMOS]\nmust_not_match: [demos]\n",
}

LENGTHS = ("1 days", "6 hours", "24 hours", "30 minutes", "2 weeks", "1 months")
DERIVED = {
    "fwd": "{{forwarded_within: {length}}}",
    "district": "{{lookup: location_city, in: places.districts}}",
    "home": "{{most_common: location_city, where: {{tx_type: card_purchase}}}}",
    "wage": "{{fact: minimum_wage}}",
    "pay": "{{follows: {{where: {anchor}, within: {length}{same}{different}}}}}",
}
ANCHORS = ("{direction: credit}", "{}", "{tx_type: cash_deposit}", "{mcc: {in_list: mcc.lodging}}",
           "{amount_eur: {at_least: 1 EUR}}", "{party.kind: natural}")  # fmt: skip
SAME = ("", "", ", same: [cp_account_id]", ", same: [district]", ", same: [amount_eur]",
        ", same: [value_date]", ", same: [location_city, terminal_id]")  # fmt: skip
DIFFERENT = ("", "", ", different: [location_city]", ", different: [district]", ", different: [mcc]",
             ", different: [balance_after]")  # fmt: skip
WHERE = (
    "direction: credit", "direction: {is_not: credit}", "tx_type: [cash_deposit, cash_withdrawal]",
    "tx_type: {not_in: [cash_deposit], missing: false}", "mcc: {in_list: mcc.lodging}",
    "mcc: {not_in_list: mcc.lodging}", "mcc: {in_list: mcc.exact}",
    "mcc: {mentions: ['7011', '54*']}", "amount_eur: {at_least: 1 EUR}",
    "amount_eur: {below: 99.99 EUR, above: 0.01 EUR}", "amount_eur: {is_not: 1 EUR}",
    "amount_eur: {multiple_of: 0.50 EUR}", "amount_eur: {missing: true}", "amount_eur: [1 EUR, 2.50 EUR]",
    "amount_eur: {not_in: [1 EUR]}", "balance_after: {at_most: 0 EUR}", "balance_after: {missing: false}",
    "booking_ts: {time_of_day: 22:00-06:00}", "booking_ts: {time_of_day: 02:00-03:30}",
    "booking_ts: {weekday: [sunday, sat]}", "booking_ts: {at_least: 2024-01-01}",
    "booking_ts: {below: 2024-03-31}", "value_date: {at_least: 2024-03-31}", "value_date: 2024-01-01",
    "value_date: {missing: true}", "remittance_info: {mentions_list: keywords.rent}",
    "cp_name: {mentions_list: payees.towns}", "cp_account_id: {missing: false}", "own_transfer: false",
    "own_transfer: true", "own_transfer: {missing: false}", "own_transfer: {is_not: true}",
    "same_address: true", "same_address: {missing: true}", "party.kind: natural",
    "party.kind: {is_not: natural}", "party.kind: {missing: true}",
    "party.declared_monthly_income_eur: {above: 10 EUR}", "party.declared_employees: {at_least: 5}",
    "party.declared_employees: {multiple_of: 5}", "party.declared_employees: [1, 7]",
    "party.incorporation_date: {at_least: 2024-03-31}", "party.incorporation_date: {is_not: 2024-03-31}",
    "party.onboarding_ts: {at_least: 2024-03-31}", "party.onboarding_ts: {below: 2024-01-01}",
    "party.onboarding_ts: {time_of_day: 22:00-06:00}", "party.onboarding_ts: {weekday: sunday}",
    "party.onboarding_ts: {missing: true}", "party.occupation: {mentions: [student]}",
    "party.occupation: {mentions_list: keywords.rent}", "party.licence: {not_in: [wedding_trade]}",
    "party_id: C-A1", "party_id: {missing: true}", "cp.kind: legal", "cp.kind: {is_not: legal}",
    "cp.declared_monthly_income_eur: {at_most: 10 EUR}", "cp.employer_id: {missing: false}",
    "cp.onboarding_ts: {at_least: 2024-01-01}", "account.opened_date: {at_least: 2024-01-01}",
    "account.opened_date: {missing: false}", "account.age_days: {at_most: 1}", "cp.age_days: {below: 90}",
    "account.age_days: {missing: true}", "cp.party_id: C-A1", "any_of: [{direction: debit}, {mcc: 7011}]",
    "any_of: [{own_transfer: true}, {party.kind: natural, direction: credit}]",
    "none_of: [{mcc: 7011}, {cp.kind: legal}]", "none_of: [{any_of: [{tx_type: card_purchase}]}]",
    'compare: ["amount_eur >= 10% * balance_after"]', 'compare: ["amount_eur / balance_after < 1"]',
    'compare: ["amount_eur > party.declared_monthly_income_eur"]', 'compare: ["booking_ts >= 2024-01-01"]',
    'compare: ["value_date == 2024-01-01"]', 'compare: ["location_city == terminal_id"]',
    'compare: ["cp_account_id == account_id"]', 'compare: ["account.age_days <= cp.age_days + 1"]',
    'compare: ["party.employer_id == cp.party_id"]', 'compare: ["account.opened_date < value_date"]',
    'compare: ["party_id != cp.party_id"]', 'compare: ["account.opened_date <= booking_ts"]',
)  # fmt: skip
WITH = {
    "fwd": ("fwd: {above: 0 EUR}", "fwd: {missing: true}", 'compare: ["fwd >= 50% * amount_eur"]'),
    "district": ("district: limassol", "district: {not_in: [paphos]}", "district: {missing: true}",
                 'compare: ["district == home"]', 'compare: ["district != pay.location_city"]'),
    "home": ("home: Limassol", "home: {missing: false}", 'compare: ["home != location_city"]'),
    "wage": ('compare: ["amount_eur < wage"]', 'compare: ["amount_eur / wage >= 1%"]',
             "wage: {missing: true}", "wage: {at_least: 1000 EUR}"),
    "pay": ("pay: {missing: false}", "pay: {missing: true}", "pay.cp_account_id: X1",
            "pay.location_city: {is_not: Paphos}", "pay.amount_eur: {at_least: 1 EUR}",
            "pay.booking_ts: {missing: false}", "pay.booking_ts: {at_least: 2024-03-31}",
            "pay.booking_ts: {time_of_day: 22:00-06:00}", "pay.tx_id: T01",
            'compare: ["amount_eur >= 60% * pay.amount_eur"]',
            'compare: ["pay.cp_account_id == cp_account_id"]',
            'compare: ["pay.location_city != location_city"]', 'compare: ["pay.booking_ts < booking_ts"]'),
}  # fmt: skip
KEYS = (
    ("account_id",), ("account_id",), ("account_id",), ("account_id", "tx_type"),
    ("account_id", "cp_account_id"), ("cp_account_id",),
    ("cp_account_id", "account_id"), ("party_id",), ("terminal_id", "account_id"), ("mcc",),
    ("party.employer_id", "cp_account_id"), ("cp.employer_id",), ("cp.party_id", "party_id"),
    ("party.address_hash",), ("account_id", "location_city", "terminal_id"),
)  # fmt: skip
KEYS_WITH = {
    "district": (("account_id", "district"), ("district",)),
    "home": (("account_id", "home"), ("home",)),
    "pay": (("account_id", "pay.cp_account_id"), ("pay.location_city",), ("pay.tx_id",)),
}
WINDOWS = (*(f"rolling {n}" for n in LENGTHS), "rolling 1 days", "rolling 6 hours",
           "calendar day", "calendar week", "calendar month", "whole period")  # fmt: skip
MEASURES = (
    "count: transactions", "sum: amount_eur", "distinct: cp_account_id", "distinct: mcc",
    "largest: amount_eur", "smallest: amount_eur", "average: amount_eur", "median: amount_eur",
    "days_active: transactions", "months_active: transactions", "sum: balance_after",
    "median: balance_after", "smallest: balance_after", "distinct: party.occupation",
    "largest: party.declared_employees", "largest: party.declared_monthly_income_eur",
    "average: account.age_days", "smallest: cp.age_days", "distinct: cp.kind", "distinct: tx_id",
    "distinct: booking_ts", "distinct: value_date",
    "distinct: amount_eur", "distinct: party.declared_employees",
    "distinct: account.opened_date",
)  # fmt: skip
MEASURES_WITH = {
    "fwd": ("sum: fwd", "largest: fwd"),
    "district": ("distinct: district",),
    "home": ("distinct: home",),
    "wage": ("average: wage", "smallest: wage"),
    "pay": ("sum: pay.amount_eur", "distinct: pay.cp_account_id", "distinct: pay.location_city",
            "distinct: pay.tx_id", "distinct: pay.booking_ts"),
}  # fmt: skip
#: The first limit often holds.
LIMITS = {"money": ("0.01 EUR", "1 EUR", "100 EUR"), "number": ("1", "2", "3"), "share": ("10%", "50%")}
PARTY_WHERE = (
    "kind: natural", "kind: {is_not: natural}", "licence: {missing: true}", "licence: wedding_trade",
    "declared_monthly_income_eur: {at_least: 100 EUR}", "declared_employees: {below: 5}",
    "declared_turnover: {above: 1 EUR}", "incorporation_date: {above: 2024-01-01}",
    "onboarding_ts: {weekday: sunday}", "onboarding_ts: {time_of_day: 22:00-03:00}",
    "onboarding_ts: {at_most: 2024-03-30}", "occupation: {mentions: ['driv*']}",
    "occupation: {mentions_list: keywords.rent}", "occupation: {not_in: [student], missing: false}",
    "none_of: [{kind: legal}, {licence: wedding_trade}]", "phone_hash: {missing: false}",
    'compare: ["employer_id == party_id"]', 'compare: ["declared_monthly_income_eur < declared_turnover"]',
    'compare: ["incorporation_date <= onboarding_ts"]', 'compare: ["declared_employees / 2 >= 1"]',
    "any_of: [{compare: ['phone_hash != address_hash']}, {kind: legal}]",
)  # fmt: skip
PARTY_MEASURES = (
    "count: parties", "distinct: party_id", "distinct: address_hash", "distinct: declared_employees",
    "sum: declared_monthly_income_eur", "largest: declared_monthly_income_eur",
    "smallest: declared_employees", "average: declared_employees",
    "median: declared_monthly_income_eur", "distinct: onboarding_ts",
)  # fmt: skip
