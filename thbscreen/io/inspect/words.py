# ruff: noqa: E501  # lists of words
"""Words that banks write above columns and into them, by what they mean; in a dozen languages, no data."""

from __future__ import annotations

import unicodedata

#: Canonical column to names of columns. Names in the first group say it outright; those in the second are
#: usual and mean it only when nothing else in the file does.
COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "booking_ts": (
        ("booking date", "booked", "date booked", "posting date", "posted date", "date posted", "date processed",
         "processing date", "completed date", "book date", "booking time", "booking_ts", "boekdatum",
         "Buchungstag", "Buchungsdatum", "Buchung", "Datum verrekening", "Ημερομηνία Καταχώρησης", "Ημ/νία Καταχώρησης",
         "Ημερομηνία Λογιστικής Εγγραφής", "date de comptabilisation", "date comptable", "date d'opération",
         "date operation", "könyvelés dátuma", "könyvelési dátum", "datum zaúčtování", "datum provedení",
         "data księgowania", "data contabile", "fecha contable", "data înregistrării", "дата на осчетоводяване",
         "дата проводки", "bogføringsdato", "bokföringsdag", "bokføringsdato", "kirjauspäivä"),
        ("date", "day", "txn date", "tran date", "transaction date", "trans date", "date of transaction", "started date", "datetime",
         "timestamp", "date time", "Datum", "Transaktionsdatum", "Umsatztag", "Belegdatum", "transactiedatum",
         "Datum verrichting", "Ημερομηνία", "Ημ/νία", "Ημερομηνία Συναλλαγής", "Ημερομηνία Κίνησης",
         "Ημερομηνία/Ώρα Συναλλαγής", "date de transaction", "Tranzakció dátuma", "dátum", "tranzakció ideje",
         "datum transakce", "data transakcji", "data operacji", "data operazione", "data", "fecha",
         "fecha operación", "fecha de operación", "data tranzacției", "дата", "dato", "päivämäärä"),
    ),
    "value_date": (
        ("value date", "valuta", "valuta date", "Valutadatum", "Wertstellung", "Wertstellungsdatum", "Rentedatum",
         "valutadatum", "date de valeur", "date valeur", "Értéknap", "datum valuty", "data waluty", "data valuta",
         "fecha valor", "data valutei", "вальор", "Ημερομηνία Αξίας", "Ημ/νία Αξίας", "Valeur", "Βαλέρ"),
        (),
    ),
    "amount": (
        ("amount", "amt", "transaction amount", "booked amount", "Betrag", "Buchungsbetrag", "Umsatz", "bedrag",
         "transactiebedrag", "Ποσό", "Ποσό Συναλλαγής", "Ποσό Κίνησης", "montant", "montant de l'opération",
         "Tranzakció összege", "összeg", "částka", "objem", "kwota", "kwota transakcji", "kwota operacji",
         "importo", "importe", "suma", "сума", "сумма", "beløb", "belopp", "beløp", "määrä"),
        ("value", "sum", "Αξία", "somme", "valor", "Summe"),
    ),
    "direction": (
        ("direction", "+/-", "debit/credit", "credit/debit", "d/c", "c/d", "dr/cr", "cr/dr", "debit credit indicator",
         "credit debit indicator", "cdtdbtind", "dbcr", "Soll/Haben", "S/H", "Af Bij", "af/bij", "Χ/Π",
         "Χρέωση/Πίστωση", "Πίστωση/Χρέωση", "débit/crédit", "sens", "Bevétel/Kiadás", "terhelés/jóváírás",
         "T/J", "směr", "směr platby", "strona", "dare/avere", "D/A", "дебит/кредит", "code d/c"),
        ("sign", "side", "in/out", "type d/c", "Τύπος", "indicator"),
    ),
    "debit": (
        ("debit", "debits", "debit amount", "withdrawal", "withdrawals", "withdrawal amt", "withdrawal amount", "paid out", "money out", "Soll", "Belastung", "Lastschrift",
         "debet", "Χρέωση", "Χρεώσεις", "Ποσό Χρέωσης", "débit", "montant débit", "terhelés", "na vrub", "obciążenia",
         "obciążenie", "dare", "addebiti", "cargo", "дебит", "дебет"),
        ("out",),
    ),
    "credit": (
        ("credit", "credits", "credit amount", "deposit", "deposits", "deposit amt", "deposit amount", "paid in", "money in", "Haben", "Gutschrift",
         "Πίστωση", "Πιστώσεις", "Ποσό Πίστωσης", "crédit", "montant crédit", "jóváírás", "ve prospěch", "uznania",
         "uznanie", "avere", "accrediti", "abono", "кредит"),
        ("in",),
    ),
    "balance_after": (
        ("balance", "balance after", "running balance", "account balance", "closing balance", "Saldo",
         "Kontostand", "Saldo na trn", "available balance", "indicative balance", "saldo na mutatie", "Υπόλοιπο", "Λογιστικό Υπόλοιπο", "Διαθέσιμο Υπόλοιπο", "Προοδευτικό Υπόλοιπο",
         "solde", "Egyenleg", "zůstatek", "saldo po operacji", "салдо", "saldo contabile", "остаток"),
        (),
    ),
    "currency": (
        ("currency", "ccy", "currency code", "Währung", "Waehrung", "Buchungswährung", "munt", "valuta munt",
         "muntsoort", "Νόμισμα", "devise", "Tranzakció devizaneme", "Devizanem", "měna", "waluta", "divisa",
         "moneda", "valutakod", "валута", "валюта", "valuuttakoodi"),
        (),
    ),
    "account_id": (
        ("account", "account number", "account no", "account id", "account_id", "own account", "iban",
         "IBAN/BBAN", "Auftragskonto", "IBAN Auftragskonto", "Kontonummer Auftraggeber", "Eigenes Konto",
         "rekening", "rekeningnummer", "eigen rekening", "Λογαριασμός", "Αριθμός Λογαριασμού", "Αρ. Λογαριασμού", "Αρ. Λογ/σμού", "acct", "acct no", "a/c no", "compte",
         "numéro de compte", "Számlaszám", "saját számla", "číslo účtu", "vlastní účet", "numer rachunku",
         "rachunek", "conto", "cuenta", "сметка", "счет", "счёт", "Umsatz getätigt von", "kredietkaart"),
        ("card number", "Kartennummer", "Αριθμός Κάρτας"),
    ),
    "cp_account_id": (
        ("counterparty account", "counterparty iban", "partner iban", "payee account number", "beneficiary account", "partner account", "Kontonummer",
         "IBAN Zahlungsbeteiligter", "Kontonummer/IBAN", "Gegenkonto", "tegenrekening", "Tegenrekening IBAN/BBAN",
         "Λογαριασμός Αντισυμβαλλομένου", "Λογαριασμός Δικαιούχου", "compte contrepartie", "Partner számlaszáma",
         "protiúčet", "číslo protiúčtu", "rachunek kontrahenta", "conto controparte", "cuenta contraparte"),
        ("counterparty",),
    ),
    "cp_name": (
        ("counterparty name", "partner name", "Namn", "counterparty", "beneficiary", "beneficiary name", "payee", "payee name", "name",
         "Beguenstigter/Zahlungspflichtiger", "Begünstigter/Zahlungspflichtiger", "Name Zahlungsbeteiligter",
         "Auftraggeber/Empfänger", "Naam tegenpartij", "naam / omschrijving", "Αντισυμβαλλόμενος", "Δικαιούχος",
         "Όνομα Δικαιούχου", "bénéficiaire", "nom contrepartie", "Partner neve", "název protiúčtu",
         "nazwa kontrahenta", "kontrahent", "controparte", "beneficiario", "контрагент"),
        (),
    ),
    "cp_bic": (
        ("counterparty bic", "BIC tegenpartij", "BIC (SWIFT-Code)", "BLZ", "bic", "swift"), (),
    ),
    "remittance_info": (
        ("description", "details", "narrative", "narration", "particulars", "payment reference", "Rubrik", "memo", "reference text", "remittance", "remittance information",
         "payment details", "transaction description", "Verwendungszweck", "Transaktionsbeschreibung",
         "Buchungsdetails", "omschrijving", "Omschrijving-1", "mededelingen", "toelichting", "Αιτιολογία",
         "Περιγραφή", "Περιγραφή Κίνησης", "libellé", "communication", "Közlemény", "zpráva pro příjemce",
         "popis", "tytuł", "opis operacji", "opis", "descrizione", "causale", "concepto", "descriere",
         "описание", "основание", "назначение платежа", "tekst", "text"),
        ("reference", "notes", "info", "Handelaar", "Részletek"),
    ),
    "tx_type": (
        ("type", "transaction type", "payment type", "kind", "Buchungstext", "Umsatzart", "mutatiesoort",
         "Τύπος Συναλλαγής", "Είδος Συναλλαγής", "type d'opération", "Tranzakció típusa", "typ transakce",
         "typ transakcji", "rodzaj operacji", "tipo operazione", "вид операция"),
        ("code", "method"),
    ),
    "status": (("status", "state", "Κατάσταση", "statut", "stav", "stato", "estado", "статус"), ()),
    "tx_id": (
        ("transaction id", "tx_id", "transaction reference", "unique id", "Buchungsreferenz", "Volgnr",
         "Transactiereferentie", "Κωδικός Συναλλαγής", "Αριθμός Συναλλαγής", "numer transakcji", "ID transakce"),
        (),
    ),
    "end_to_end_id": (("end to end id", "endtoendid", "end-to-end id", "Kundenreferenz (End-to-End)"), ()),
    "mcc": (("mcc", "merchant category code", "merchant category"), ()),
    "card_id": (("card", "card id", "kártyaszám", "Κάρτα"), ()),
    "orig_amount": (("Originalbetrag", "Oorspr bedrag", "original amount", "instructed amount"), ()),
    "orig_currency": (("Originalwährung", "Oorspr munt", "original currency"), ()),
    "merchant_name": (("merchant", "merchant name", "Händler", "Händlername", "Έμπορος", "Επωνυμία Εμπόρου", "commerçant"), ()),
    "merchant_id": (("merchant id", "merchant number", "mid", "Κωδικός Εμπόρου"), ()),
    "merchant_country": (("merchant country", "merchant country code", "Χώρα Εμπόρου"), ()),
    "terminal_id": (("terminal", "terminal id", "tid", "atm id", "pos id", "terminal number", "Τερματικό", "Κωδικός Τερματικού"), ()),
    "location_city": (("location", "merchant city", "atm city", "transaction city", "transaction location", "city of transaction", "Πόλη Συναλλαγής"), ("city", "town", "Πόλη", "Ort")),
    "location_country": (("location country", "transaction country", "country of transaction", "Χώρα Συναλλαγής"), ()),
    "cp_country": (("counterparty country", "beneficiary country", "partner country", "Χώρα Δικαιούχου"), ()),
    "purpose_code": (("purpose code", "iso purpose", "purpose", "Κωδικός Σκοπού"), ()),
    "channel": (("channel", "channel code", "delivery channel", "Kanal", "Κανάλι", "canal"), ()),
    "uetr": (("uetr",), ()),
    "bank_ref": (("bank reference", "bank ref", "account servicer reference", "Bankreferenz", "Αναφορά Τράπεζας"), ()),
    "device_id": (("device", "device id", "device fingerprint", "Συσκευή"), ()),
    "ip": (("ip", "ip address", "Διεύθυνση IP"), ()),
    "conductor_id": (("conductor", "conductor id", "depositor id", "transactor id"), ()),
    "batch_id": (("batch", "batch id", "batch number"), ()),
    "ultimate_debtor": (("ultimate debtor",), ()),
    "ultimate_creditor": (("ultimate creditor",), ()),
    "payer": (
        ("sender", "sender account", "sender_account", "payer", "payer account", "debtor account", "from account",
         "orig_acct", "nameorig", "originator account", "λογαριασμός εντολέα"), (),
    ),
    "payee": (
        ("receiver", "receiver account", "receiver_account", "payee account", "creditor account", "to account",
         "bene_acct", "namedest", "beneficiary account number", "λογαριασμός παραλήπτη"), (),
    ),
}  # fmt: skip

#: Pairs of words for money in and money out. A pair of single letters is believed under a name that says so.
DIRECTIONS: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(credit.split("|")), frozenset(debit.split("|")))
    for credit, debit in (
        ("C|CR|CRDT|credit|kredit|crédit", "D|DR|DB|DBIT|debit|debet|débit"),
        ("Π|Πίστωση|ΠΙΣΤΩΣΗ", "Χ|Χρέωση|ΧΡΕΩΣΗ"), ("H|Haben", "S|Soll"), ("Bij", "Af"),
        ("inflow|in|incoming|money in", "outflow|out|outgoing|money out"), ("I", "O"),
        ("jóváírás|J|Bevétel", "terhelés|T|Kiadás"), ("PRIJEM|příjem", "VYDAJ|výdaj|VYBER"),
        ("uznanie|uznania", "obciążenie|obciążenia"), ("avere", "dare"), ("abono", "cargo"),
        ("кредит", "дебит|дебет"), ("deposit", "withdrawal"), ("received", "sent"), ("+", "-"),
    )
)  # fmt: skip
#: What stands instead of a date, or as a state, in rows that are not booked.
PENDING = frozenset(
    {"pending", "ausstehend", "vorgemerkt", "offen", "in behandeling", "εκκρεμεί", "σε εκκρεμότητα", "en attente",
     "függőben", "čekající", "oczekujące", "in attesa", "pendiente", "în așteptare", "в изчакване", "в обработке"}
)  # fmt: skip
BOOKED = frozenset(
    {"booked", "completed", "posted", "settled", "gebucht", "umsatz gebucht", "geboekt", "καταχωρήθηκε",
     "ολοκληρώθηκε", "könyvelt", "zaúčtováno", "zaksięgowane", "contabilizzato"}
)  # fmt: skip

#: Columns that can only be the account of the statement itself.
_OWN = ("own account", "Auftragskonto", "IBAN Auftragskonto", "Eigenes Konto", "eigen rekening", "saját számla",
        "vlastní účet", "IBAN/BBAN", "Umsatz getätigt von")  # fmt: skip
_FEES = ("fee", "fees", "charges", "commission", "Gebühr", "Gebühren", "kosten", "Kosten op verrichting", "Προμήθεια",
         "Έξοδα", "frais", "díj", "jutalék", "poplatek", "opłata", "prowizja", "commissioni", "comisión")  # fmt: skip
#: What stands in a row that adds up others.
_TOTALS = ("total", "totals", "sum", "summe", "gesamt", "totaal", "σύνολο", "σύνολα", "összesen", "celkem", "suma",
           "razem", "totale", "saldo", "balance", "υπόλοιπο", "solde", "opening", "closing", "итого", "общо")  # fmt: skip


#: Names of columns that hold the time of day beside a column of days.
_CLOCKS = ("time", "time of day", "transaction time", "booking time", "Uhrzeit", "Zeit", "tijd", "Tijdstip", "Ώρα",
           "Ώρα Συναλλαγής", "heure", "hora", "ora", "godzina", "čas", "időpont", "tid", "klo", "час", "время")  # fmt: skip
#: Signs that stand alone as words, and names made of signs.
_SIGNS = {"+": "plus sign", "-": "minus sign", "−": "minus sign", "+/-": "plus minus", "-/+": "plus minus"}


def folded(name: str) -> str:
    """Gives a name in the form in which it is looked up: no marks, no case, single blanks."""
    name = _SIGNS.get(name.strip(), name)
    text = unicodedata.normalize(
        "NFKD", name.replace("ł", "l").replace("Ł", "l").replace("ø", "o")
    ).casefold()
    bare = "".join(c for c in text if not unicodedata.combining(c)).replace("ς", "σ")
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


_LOOKUP: dict[str, list[tuple[str, bool]]] = {}
for _column, (_plain, _usual) in COLUMNS.items():
    for _words, _outright in ((_plain, True), (_usual, False)):
        for _word in _words:
            _LOOKUP.setdefault(folded(_word), []).append((_column, _outright))
OWN_ACCOUNT, FEES, CLOCKS = (frozenset(map(folded, words)) for words in (_OWN, _FEES, _CLOCKS))
TOTALS = frozenset(map(folded, _TOTALS))
#: Names as they are written, for telling whether a decoding is right.
SPELLED = frozenset(
    unicodedata.normalize("NFC", word).casefold()
    for plain, usual in COLUMNS.values()
    for word in (*plain, *usual)
    if not word.isascii()
)


def meanings(name: str) -> list[tuple[str, bool]]:
    """Gives what a column of this name may be, each with whether the name says it outright."""
    return list(dict.fromkeys(_LOOKUP.get(folded(name), [])))


def direction_of(values: frozenset[str]) -> tuple[dict[str, str], bool] | None:
    """Gives a value map for words of one pair, and whether they are words rather than letters."""
    for credit, debit in DIRECTIONS:
        known = {folded(w): "credit" for w in credit} | {folded(w): "debit" for w in debit}
        found = {value: known.get(folded(value), "") for value in sorted(values)}
        if all(found.values()):
            return found, all(len(folded(value)) > 2 for value in values)
    return None
