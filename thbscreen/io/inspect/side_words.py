# ruff: noqa: E501  # lists of words
"""Words that banks write above columns of customers and accounts, and for kinds and roles; no data."""

from __future__ import annotations

from thbscreen.io.inspect.words import COLUMNS, folded

#: Canonical columns of parties, accounts and account_parties to names of columns.
_PARTIES: dict[str, tuple[str, ...]] = {
    "party_id": (
        "party id", "customer id", "customer number", "customer no", "customer nr", "customer", "cust id", "cust no",
        "customer code", "cif", "cif number", "client id", "client number", "client no", "client", "client code",
        "Kundennummer", "Kunden-Nr", "Kundennr", "Kunde", "Κωδικός Πελάτη", "Αριθμός Πελάτη", "Πελάτης", "Αρ. Πελάτη",
        "numéro client", "numéro de client", "client numéro", "klantnummer", "klant", "codice cliente", "numer klienta",
        "código cliente", "kundenummer", "kundnummer", "asiakasnumero", "ügyfélszám", "číslo klienta", "клиентски номер",
        "номер клиента", "cod client",
    ),
    "kind": (
        "kind", "customer type", "client type", "party type", "person type", "entity type", "customer kind",
        "type of customer", "legal type", "natural/legal", "Kundenart", "Personenart", "Τύπος Πελάτη", "Είδος Πελάτη",
        "Είδος Προσώπου", "type", "Τύπος", "type de client", "type client", "klanttype", "tipo cliente", "kundetype", "kundtyp",
    ),
    "name": (
        "name", "full name", "customer name", "client name", "party name", "legal name", "Kundenname", "Ονοματεπώνυμο",
        "Όνομα Πελάτη", "Επωνυμία", "nom", "nom complet", "naam", "klantnaam", "nominativo", "ragione sociale", "nazwa",
        "navn", "namn", "nimi", "ονομα", "имя", "име",
    ),
    "first_name": ("first name", "given name", "forename", "Vorname", "Όνομα", "prénom", "voornaam", "nome", "imię", "fornavn", "förnamn", "etunimi"),
    "last_name": ("last name", "surname", "family name", "Nachname", "Επώνυμο", "nom de famille", "achternaam", "cognome", "nazwisko", "etternavn", "efternamn", "sukunimi"),
    "age_band": ("age band", "age group", "age range", "Altersgruppe", "Ηλικιακή Ομάδα"),
    "birth_date": ("date of birth", "birth date", "birthdate", "dob", "born", "Geburtsdatum", "Geburtstag", "Ημερομηνία Γέννησης", "Ημ/νία Γέννησης", "date de naissance", "geboortedatum", "data di nascita", "data urodzenia", "fødselsdato", "födelsedatum"),
    "residence_country": ("country of residence", "residence country", "residence", "country", "country code", "Land", "Wohnsitzland", "Χώρα", "Χώρα Διαμονής", "Χώρα Κατοικίας", "pays", "pays de résidence", "paese", "kraj"),
    "address": ("address", "postal address", "home address", "Adresse", "Anschrift", "Διεύθυνση", "adres", "indirizzo", "dirección", "adresse postale", "osoite"),
    "street": ("street", "address line 1", "address 1", "Straße", "Strasse", "Οδός", "rue", "straat", "via", "ulica", "gate", "gata"),
    "postcode": ("postcode", "post code", "postal code", "zip", "zip code", "PLZ", "Postleitzahl", "ΤΚ", "Τ.Κ.", "Ταχυδρομικός Κώδικας", "code postal", "cap", "kod pocztowy", "postnummer"),
    "city": ("city", "town", "Ort", "Stadt", "Πόλη", "ville", "plaats", "città", "miasto", "poststed", "ort", "kaupunki"),
    "phone": ("phone", "phone number", "phone no", "telephone", "telephone number", "tel", "mobile", "mobile phone", "mobile number", "cell", "Telefon", "Telefonnummer", "Handy", "Τηλέφωνο", "Κινητό", "Κινητό Τηλέφωνο", "téléphone", "telefoon", "telefono", "teléfono", "puhelin", "телефон"),
    "email": ("email", "e-mail", "email address", "e-mail address", "mail", "E-Mail-Adresse", "Ηλεκτρονικό Ταχυδρομείο", "Ηλ. Ταχυδρομείο", "courriel", "correo"),
    "id_number": ("id number", "id no", "identity number", "identity card", "id card", "id card number", "passport", "passport number", "passport no", "document number", "tax number", "tax id", "tin", "vat number", "registration number", "company registration", "Ausweisnummer", "Steuernummer", "ΑΦΜ", "Α.Φ.Μ.", "ΑΔΤ", "Αριθμός Ταυτότητας", "Αριθμός Διαβατηρίου", "numéro de pièce"),
    "occupation": ("occupation", "profession", "job", "job title", "Beruf", "Επάγγελμα", "beroep", "professione", "profesión", "zawód", "yrke", "stilling"),
    "employer_id": ("employer id", "employer number", "employer customer id", "Κωδικός Εργοδότη"),
    "declared_monthly_income_eur": ("declared monthly income", "monthly income", "declared monthly income eur", "net monthly income", "Monatseinkommen", "Μηνιαίο Εισόδημα", "Δηλωθέν Μηνιαίο Εισόδημα", "revenu mensuel", "maandinkomen"),
    "sector_nace": ("nace", "nace code", "sector nace", "sector", "sector code", "industry code", "Branche", "Κωδικός NACE", "ΚΑΔ", "Κλάδος", "code nace"),
    "licence": ("licence", "license", "registered trade", "Άδεια", "Lizenz"),
    "declared_turnover": ("turnover", "annual turnover", "declared turnover", "yearly turnover", "Umsatz", "Jahresumsatz", "Κύκλος Εργασιών", "chiffre d'affaires", "omzet"),
    "declared_employees": ("employees", "number of employees", "declared employees", "staff", "headcount", "Mitarbeiter", "Αριθμός Εργαζομένων", "Εργαζόμενοι", "effectif", "aantal werknemers"),
    "incorporation_date": ("incorporation date", "date of incorporation", "incorporated", "founded", "Gründungsdatum", "Ημερομηνία Σύστασης", "date de création"),
    "onboarding_ts": ("onboarding date", "onboarded", "onboarding", "customer since", "client since", "relationship start", "Kunde seit", "Πελάτης Από", "Έναρξη Συνεργασίας", "client depuis", "klant sinds"),
}  # fmt: skip
_ACCOUNTS: dict[str, tuple[str, ...]] = {
    "account_id": (*COLUMNS["account_id"][0], "acct", "acct no", "account ref", "Kontonummer", "Konto", "konto", "kontonr"),
    "iban": ("iban",),
    "bic": ("bic", "swift", "bic code", "swift code"),
    "institution": ("institution", "bank", "bank name", "bank code", "BLZ", "Τράπεζα", "banque"),
    "country": ("country", "account country", "country code", "Land", "Χώρα", "pays"),
    "currency": COLUMNS["currency"][0],
    "product": ("product", "product name", "product code", "account type", "type of account", "Produkt", "Kontoart", "Kontotyp", "Προϊόν", "Τύπος Λογαριασμού", "Είδος Λογαριασμού", "produit", "type de compte", "tipo conto", "rekeningtype", "kontotype"),
    "branch": ("branch", "branch code", "branch name", "Filiale", "Κατάστημα", "agence", "kantoor", "filial", "filiale", "oddział"),
    "opened_date": ("opened", "opening date", "open date", "opened date", "date opened", "opened on", "account opened", "account opening date", "Eröffnungsdatum", "Eröffnet am", "Kontoeröffnung", "Ημερομηνία Ανοίγματος", "Ημ/νία Ανοίγματος", "date d'ouverture", "openingsdatum", "data apertura", "data otwarcia", "åpnet", "öppnat"),
    "closed_date": ("closed", "closing date", "close date", "closed date", "date closed", "closed on", "account closed", "Schließungsdatum", "Geschlossen am", "Ημερομηνία Κλεισίματος", "date de clôture", "sluitingsdatum", "data chiusura"),
}  # fmt: skip
_LINKS: dict[str, tuple[str, ...]] = {
    "account_id": _ACCOUNTS["account_id"],
    "party_id": (*_PARTIES["party_id"], "owner", "holder", "account holder", "owner id", "holder id", "owner customer id", "Kontoinhaber", "Δικαιούχος", "titulaire"),
    "role": ("role", "capacity", "relationship", "relation", "relation type", "holder type", "holder role", "authority", "Rolle", "Ιδιότητα", "Ρόλος", "Σχέση", "rôle", "qualité", "rol"),
    "since": ("since", "from", "valid from", "from date", "start date", "start", "mandate from", "gültig ab", "Από", "Ισχύς Από", "depuis", "vanaf"),
    "until": ("until", "to", "valid to", "valid until", "to date", "end date", "end", "mandate to", "gültig bis", "Έως", "Ισχύς Έως", "jusqu'à", "tot"),
}  # fmt: skip
#: Columns that only a table of this kind has; each says that a file is one.
TELLING = {
    "parties": frozenset(_PARTIES) - {"party_id", "residence_country", "city"},
    "accounts": frozenset({"product", "branch", "opened_date", "closed_date", "institution"}),
    "account_parties": frozenset({"role", "since", "until"}),
}

_KINDS = {
    "natural": ("natural", "natural person", "person", "individual", "private", "private individual", "retail", "privat", "Privatperson", "natürliche Person", "φυσικό", "φυσικό πρόσωπο", "ιδιώτης", "particulier", "personne physique", "persona fisica", "natuurlijk persoon", "fysisk person", "osoba fizyczna"),
    "legal": ("legal", "legal person", "legal entity", "company", "corporate", "corporation", "business", "firm", "organisation", "organization", "sme", "juristische Person", "Firma", "Unternehmen", "νομικό", "νομικό πρόσωπο", "εταιρεία", "εταιρία", "επιχείρηση", "société", "entreprise", "personne morale", "persona giuridica", "bedrijf", "rechtspersoon", "juridisk person", "osoba prawna"),
}  # fmt: skip
_ROLES = {
    "holder": ("holder", "owner", "primary", "primary holder", "main holder", "account holder", "sole owner", "Inhaber", "Kontoinhaber", "δικαιούχος", "κύριος δικαιούχος", "titulaire"),
    "joint_holder": ("joint", "joint holder", "joint owner", "co holder", "co owner", "secondary", "Mitinhaber", "συνδικαιούχος", "cotitulaire"),
    "signatory": ("signatory", "authorised signatory", "authorized signatory", "director", "Zeichnungsberechtigter", "εξουσιοδοτημένος υπογράφων", "υπογράφων"),
    "mandate": ("mandate", "power of attorney", "poa", "attorney", "proxy", "authorised", "authorized", "authorised person", "mandatary", "Bevollmächtigter", "Vollmacht", "πληρεξούσιος", "εξουσιοδοτημένος", "mandataire"),
    "card_user": ("card user", "card holder", "cardholder", "additional card", "Karteninhaber", "κάτοχος κάρτας"),
    "beneficial_owner": ("beneficial owner", "ubo", "ultimate beneficial owner", "wirtschaftlich Berechtigter", "πραγματικός δικαιούχος", "bénéficiaire effectif"),
}  # fmt: skip


def _looked_up(words: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {folded(word): column for column, names in words.items() for word in (column, *names)}


_LOOKUP = {
    "parties": _looked_up(_PARTIES),
    "accounts": _looked_up(_ACCOUNTS),
    "account_parties": _looked_up(_LINKS),
}
WORDS = {"kind": _looked_up(_KINDS), "role": _looked_up(_ROLES)}


def side_meaning(table: str, name: str) -> str:
    """Gives what a column of this name is in a table of customers or accounts; empty when nothing says so."""
    return _LOOKUP[table].get(folded(name), "")


def side_known(name: str) -> bool:
    """Says whether a name is known in any of the three tables."""
    return any(folded(name) in words for words in _LOOKUP.values())
