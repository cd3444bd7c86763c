"""The names of the checks: what each looks at, why what it finds may be innocent, and what to ask for."""

from __future__ import annotations

from dataclasses import dataclass

COMPLETE, PLAUSIBLE, REFERS = "completeness", "plausibility", "references"
UNIQUE, AGREES = "uniqueness", "consistency"
FAMILIES = (COMPLETE, PLAUSIBLE, REFERS, UNIQUE, AGREES)
NOTE, WARNING = "note", "warning"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check.

    Attributes:
        id: stable: a number is never given to another check.
        family: one of `FAMILIES`.
        level: note, or warning when sums or links may be wrong.
        unit: what is counted.
        title: what is wrong when it finds something.
        means: what it means for the rules.
        columns: columns whose rules it concerns, as rules name them; `party.*` stands for all of a table.
        why: usual innocent causes.
        ask: what to ask the sender, or what to look at.
    """

    id: str
    family: str
    level: str
    unit: str
    title: str
    means: str
    columns: tuple[str, ...]
    why: str
    ask: str


def _c(
    number: str, family: str, level: str, unit: str, title: str, means: str, columns: str, why: str, ask: str
) -> Check:  # fmt: skip
    return Check(number, family, level, unit, title, means, tuple(columns.split()), why, ask)


_ALL = (
    _c("Q101", COMPLETE, NOTE, "columns", "columns are mostly empty where they belong",
       "rules on these columns see only the filled part", "",
       "another system holds them, or the export fills them for one kind of movement only",
       "ask which system holds the column and export it with the movements"),
    _c("Q102", COMPLETE, WARNING, "days", "days of the week that always have movements have none",
       "windows over these days count less than happened", "",
       "public holidays, a closed bank, or one daily file that was not delivered",
       "compare the days with the calendar of the bank; ask for the missing daily files"),
    _c("Q103", COMPLETE, WARNING, "months", "months between the first and the last have no movement",
       "windows, habits and comparisons across the gap are wrong", "",
       "monthly files of which one was not delivered, or two periods put together",
       "ask for the missing months, or scan the periods apart"),
    _c("Q104", COMPLETE, WARNING, "days", "days have far fewer movements than the same day of other weeks",
       "windows over these days count less than happened", "",
       "a holiday, a day that was exported before it was over, or a cut file",
       "ask whether the export ran to the end of these days"),
    _c("Q105", COMPLETE, NOTE, "accounts", "accounts have no movement",
       "nothing can be said about these accounts", "",
       "dormant or closed accounts, a list of all accounts beside movements of some, or numbers in two "
       "ways of writing",
       "ask whether the movements were selected by account; compare how numbers are written"),
    _c("Q106", COMPLETE, WARNING, "months", "a kind of movement or channel is there in other months only",
       "rules on that kind see nothing in that month", "tx_type channel",
       "cards, cash machines or instant payments come from another system, whose delivery failed once",
       "ask for that month's delivery of the system that holds this kind"),
    _c("Q107", COMPLETE, NOTE, "kinds", "cash, cards or transfers are absent altogether",
       "rules on them cannot find anything, whatever happened", "tx_type",
       "the data come from one product, such as a card system or one with transfers only",
       "ask for the movements of the other systems"),
    _c("Q108", COMPLETE, NOTE, "texts", "many texts end at the same length, so they may be cut",
       "words behind the cut are not seen, and names differ from whole ones", "remittance_info cp_name",
       "fields of fixed length (35, 70, 140 characters) in the export or on the way",
       "ask for the whole text, for example camt.053 in place of a print"),
    _c("Q109", COMPLETE, NOTE, "rows", "no movement has a time of day",
       "rules about nights and minutes are not judged", "@time",
       "statements give days; times are in the payment or card system",
       "ask for the time of the order or authorisation"),
    _c("Q201", PLAUSIBLE, WARNING, "rows", "movements are booked after the day of the run",
       "they lie at the end of every window", "",
       "standing orders and card payments that are announced, or day and month exchanged",
       "check the date format; leave announced movements out or give them the status pending"),
    _c("Q202", PLAUSIBLE, WARNING, "rows", "a few movements lie more than a year away from all others",
       "the period seems longer than it is, and look-back windows see nothing", "",
       "day, month and year exchanged, a placeholder such as 1900-01-01 or 2099-12-31, or a test row",
       "look at the named rows; correct the format or take them out"),
    _c("Q203", PLAUSIBLE, NOTE, "rows", "many movements are booked exactly at midnight",
       "rules about nights may take dates for times", "@time",
       "dates were turned into times, here or in Universal Time; or a batch runs at midnight",
       "ask whether the source holds times; otherwise map the column as a date"),
    _c("Q204", PLAUSIBLE, WARNING, "rows", "almost all amounts are round hundreds",
       "every line in euros is a hundred times off if the decimal mark is wrong", "amount_eur",
       "amounts in cents read as euros, a wrong decimal mark, rounded or invented data",
       "hold one amount against a statement on paper"),
    _c("Q205", PLAUSIBLE, NOTE, "rows", "no amount has cents",
       "rules on exact amounts see rounded ones", "amount_eur",
       "amounts were rounded on export, or the currency is used without them",
       "ask whether the export rounds"),
    _c("Q206", PLAUSIBLE, WARNING, "rows", "almost all movements go one way",
       "rules on money passing through see half of it, or the sign is read the wrong way", "direction",
       "the export selects credits or debits, a sign rule is wrong, or these are collecting accounts",
       "ask whether both directions were exported; look at the sign rule of the mapping"),
    _c("Q207", PLAUSIBLE, WARNING, "rows", "movements have no amount in euros",
       "rules on amounts leave them out", "amount_eur",
       "foreign currency without rates in the mapping",
       "add amount_eur, or rates with their source and day in the mapping"),
    _c("Q208", PLAUSIBLE, NOTE, "rows", "no movement is in euros",
       "all amounts rest on the rates that were given", "amount_eur currency",
       "accounts in another currency, or the currency column was mapped from the wrong field",
       "check the currency column, and the rates"),
    _c("Q209", PLAUSIBLE, WARNING, "rows", "one movement is larger than all others together",
       "sums and comparisons follow this one amount", "amount_eur",
       "a wrong decimal mark in one row, a test row, or the sale of a property or firm",
       "look at the largest amount in your own file"),
    _c("Q210", PLAUSIBLE, WARNING, "accounts", "accounts have movements before opening or after closing",
       "the age of these accounts is wrong", "account.opened_date account.age_days",
       "the account moved to another branch or system and its opening day was set anew",
       "ask for the first opening day"),
    _c("Q211", PLAUSIBLE, NOTE, "accounts", "many accounts opened on one day",
       "new accounts cannot be told from old ones", "account.opened_date account.age_days",
       "the day on which accounts were taken over from another system or bank",
       "ask for the first opening day"),
    _c("Q212", PLAUSIBLE, NOTE, "rows", "value date and booking lie more than four weeks apart",
       "rules that order by booking see late what happened early", "value_date booking_ts",
       "corrections with an old value date, deposits that end later, or day and month exchanged in one",
       "check the date formats of both columns"),
    _c("Q213", PLAUSIBLE, WARNING, "rows", "movements go the wrong way for their kind",
       "rules on kinds and directions see the opposite", "direction tx_type",
       "a sign rule read the wrong way (card accounts), refunds and reversals under the original's kind",
       "look at the sign rule; give refunds a kind of their own"),
    _c("Q301", REFERS, WARNING, "accounts", "accounts with movements have no row in accounts",
       "their age, product and holder are not known", "account.* party.*",
       "lists from different days or branches, or account numbers in two ways of writing",
       "ask for the accounts of the same day; compare how numbers are written"),
    _c("Q302", REFERS, WARNING, "accounts", "accounts with movements have no holder",
       "rules on customers leave them out, and nobody can be named as subject", "party.*",
       "internal accounts of the bank, or links that were exported for part of the customers",
       "ask for holders of these accounts, or take internal accounts out"),
    _c("Q303", REFERS, WARNING, "links", "holders of accounts have no row in parties",
       "nothing is known of these customers", "party.*",
       "customers who left, joint holders, or lists from different days",
       "ask for the customers of the same day as the links"),
    _c("Q304", REFERS, NOTE, "links", "mandates are held by people without a row in parties",
       "who controls an account is known by number alone", "party.*",
       "holders of mandates who are no customers themselves are kept in another list",
       "ask for the register of mandates with its people"),
    _c("Q305", REFERS, NOTE, "links", "links name accounts without a row in accounts",
       "a customer's accounts are not all known", "account.*",
       "closed accounts, or accounts of another branch", "ask for all accounts of these customers"),
    _c("Q306", REFERS, NOTE, "parties", "customers have no account",
       "nothing can be said about these customers", "",
       "former customers, holders of mandates, or links that are missing",
       "ask whether the links were exported for all customers"),
    _c("Q307", REFERS, NOTE, "rows", "counterparties' IBANs fail their check digits",
       "they are kept as plain numbers; their country is not known", "cp_iban cp_country",
       "domestic numbers or telephone numbers in the field, masked numbers, or digits lost on the way",
       "ask which numbers the field holds; invented data have invented digits"),
    _c("Q308", REFERS, NOTE, "accounts", "IBANs of own accounts fail their check digits",
       "payments between them may not be linked", "",
       "invented or masked numbers", "compare a number with a statement"),
    _c("Q309", REFERS, WARNING, "rows", "payments between two accounts of the data have one side only",
       "flows between customers are seen from one side", "cp_account_id",
       "the other account was exported for another period, batches book one sum, or charges make the "
       "amounts differ", "ask for both accounts over the same period"),
    _c("Q310", REFERS, WARNING, "rows", "the counterparty is the account itself",
       "who paid whom is not known", "cp_account_id cp_iban",
       "the column of the own account was mapped as counterparty, or interest and fees name the own account",
       "look at the mapping of cp_account_id"),
    _c("Q401", UNIQUE, WARNING, "rows", "ids are used more than once",
       "repeats are left out; rows that contradict each other are rejected", "",
       "overlapping exports, both sides of a transfer under one id, or ids that start anew each year",
       "ask what makes an id unique; see rejects.csv"),
    _c("Q402", UNIQUE, NOTE, "rows", "movements say the same as others under another id",
       "counts and sums may be too high", "",
       "equal purchases on one day without a time, fees booked twice, or an overlapping export with new ids",
       "ask whether exports overlap"),
    _c("Q403", UNIQUE, WARNING, "files", "two files have the same content",
       "where rows have no ids of their own, everything counts twice", "",
       "a file was delivered or copied twice", "take one of them out"),
    _c("Q404", UNIQUE, WARNING, "accounts", "one account number seems to be written in two ways",
       "one account's movements are judged as two", "account_id",
       "leading zeros or marks lost in one system", "write numbers in one way before the scan"),
    _c("Q501", AGREES, NOTE, "rows", "movements are in another currency than their account",
       "sums by account add what was converted", "currency",
       "accounts in several currencies, or the original amount in place of the booked one",
       "ask whether amount is what was booked"),
    _c("Q502", AGREES, WARNING, "rows", "running balances do not follow from the movements",
       "movements are missing, doubled, or read with the wrong sign", "balance_after",
       "rows in another order than they were booked, pending rows, or several movements of one moment",
       "ask for the order of booking; compare the named rows with a statement"),
    _c("Q503", AGREES, WARNING, "statements", "statements do not balance, or jump from one to the next",
       "sums of these accounts are not to be relied on", "",
       "a page or statement is missing, or entries were rejected",
       "ask for the statements again; see statements in quality.json"),
)  # fmt: skip
CHECKS: dict[str, Check] = {check.id: check for check in _ALL}
