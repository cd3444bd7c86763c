"""Payment texts: small pools per purpose and language; some use sensitive words innocently."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from thbscreen.simulate.clock import Ints, Rng

Texts = NDArray[np.object_]

POOLS: dict[str, tuple[str, ...]] = {
    "salary": ("SALARY {m}", "Μισθός {m}", "ΜΙΣΘΟΔΟΣΙΑ {m}", "payroll {m}", "Wages {m}", "net pay {m}"),
    "deduction": (
        "Wages {m} less accommodation and transport",
        "salary {m} minus advance",
        "μισθός {m} μείον προκαταβολή",
        "Wages {m} less visa fee deduction",
        "pay {m} after deduction food and house",
    ),
    "rent": (
        "Rent {m}",
        "ΕΝΟΙΚΙΟ {m}",
        "enoikio {m}",
        "rent flat {m}",
        "аренда {m}",
        "chirie {m}",
        "house rent",
    ),
    "share": (
        "my share of rent {m}",
        "rent share",
        "half rent and internet",
        "flat {m}",
        "ρεύμα και ενοίκιο",
    ),
    "pension": ("ΣΥΝΤΑΞΗ {m}", "PENSION {m}"),
    "benefit": ("ΕΕΕ {m}", "Benefit {m}", "ΕΠΙΔΟΜΑ {m}"),
    "support": (
        "for studies",
        "Family support",
        "za kvartiru i edu",
        "upkeep {m}",
        "mama i papa",
        "φοιτητικά {m}",
    ),
    "remit": (
        "family support",
        "for family",
        "padala",
        "for mother",
        "school fees",
        "house at home",
        "ghar kharcha",
    ),
    "utility": ("ΛΟΓ. ΡΕΥΜΑΤΟΣ", "Electricity bill", "water bill", "ΥΔΑΤΟΠΡΟΜΗΘΕΙΑ", "bill payment"),
    "telecom": ("monthly plan", "ΛΟΓΑΡΙΑΣΜΟΣ ΤΗΛΕΦΩΝΟΥ", "internet and phone"),
    "council": (
        "ΦΟΡΟΣ ΣΚΥΒΑΛΩΝ 2026",
        "refuse tax 2026",
        "Municipal tax",
        "property tax and refuse",
        "permit",
    ),
    "wedding_fee": (
        "civil wedding fee",
        "ΤΕΛΗ ΠΟΛΙΤΙΚΟΥ ΓΑΜΟΥ",
        "marriage application",
        "politikos gamos",
        "fee",
    ),
    "invoice": (
        "INV {k}",
        "Invoice {k}/26",
        "ΤΙΜΟΛΟΓΙΟ {k}",
        "payment of invoice {k}",
        "order {k}",
        "εξόφληση τιμ. {k}",
        "inv {k} advert campaign",
        "inv {k} escort vehicle hire",
        "inv {k} wedding flowers",
        "inv {k} massage tables",
    ),
    "takings": ("CARD SETTLEMENT {k}", "POS batch {k}", "merchant settlement"),
    "social": ("ΕΙΣΦΟΡΕΣ {m}", "contributions {m}", "SI contributions {m}"),
    "tax": ("ΦΠΑ {m}", "VAT {m}", "PAYE {m}", "income tax"),
    "friends": (
        "thanks",
        "dinner",
        "for yesterday",
        "pizza",
        "ευχαριστώ",
        "ta xrosto",
        "δώρο",
        "football",
        "birthday",
        "petrol",
        "tickets concert",
        "for the kids",
        "спасибо",
        "за ужин",
        "mersi",
        "bike",
        "sofa",
        "groceries",
    ),
    "innocent": (
        "Ford Escort brake discs",
        "massage after football",
        "visa fee appointment",
        "wedding gift",
        "δώρο γάμου",
        "ticket back from Athens",
        "loan back thanks",
        "room 12 deposit back",
        "girl guides fees",
        "airport escort desk",
        "advance for the car",
        "hotel wages May",
        "masaz voucher",
        "model fair stand",
        "agency photos",
        "extra hour babysitting",
        "session with trainer",
        "companion card zoo",
        "thesis papers printing",
        "βάφτιση και γάμος",
        "подарок на свадьбу",
    ),
    "visits": (
        "massage",
        "massage 1h",
        "μασάζ",
        "masaj 1 ora",
        "escort",
        "escort 2h",
        "incall",
        "outcall",
        "массаж",
        "συνοδός",
        "session",
        "rantevou",
    ),
    "therapy": ("massage", "massage session", "μασάζ", "masaz platis", "sports massage", "massage 60 min"),
    "forward": ("", "for the house", "transfer", "as agreed", "today", "ok", "money", "for you"),
    "house": (
        "house and transport",
        "rent and van",
        "loan back",
        "for house",
        "agency fee",
        "ticket back",
        "for boss",
        "ενοίκιο και εισιτήριο",
    ),
    "allowance": ("food", "for week", "pocket money", "φαγητό", "week"),
    "agreed": (
        "documents",
        "as agreed",
        "first part",
        "balance",
        "χαρτιά",
        "kagaz",
        "services",
        "for papers",
        "rest of the fee",
    ),
    "gift": ("good luck", "for you", "thank you", "δώρο", "as promised", "welcome"),
    "club": ("team fees {m}", "class trip", "συνδρομή {m}", "gift for teacher", "club shirt"),
    "circle": ("susu {m}", "saving group {m}", "κοινό ταμείο", "paluwagan {m}"),
    "couple": (
        "wedding deposit",
        "wedding balance",
        "booking ceremony",
        "γάμος προκαταβολή",
        "our wedding in Cyprus",
    ),
    "spouse": ("home", "for the house {m}", "σπίτι", "shopping", "κοινά έξοδα", "bills {m}"),
    "savings": ("savings", "αποταμίευση", "to savings {m}"),
    "own": ("first deposit", "own funds", "transfer of own money"),
    "wages_home": ("salary {m}", "μισθός {m}", "house help {m}"),
    "supplier": ("venue {k}", "catering {k}", "flowers {k}", "photographer {k}", "music {k}"),
    # From here on: pools of the worlds of any size; the sample draws none of them.
    "papers": (
        "certificate",
        "translation and stamp",
        "apostille {k}",
        "documents {k}",
        "μετάφραση εγγράφων",
        "πιστοποιητικό",
        "traducere acte",
        "certidao",
    ),
    "legal": ("legal services {k}", "lawyer {k}", "αμοιβή δικηγόρου", "retainer {k}", "court filing {k}"),
    "placement": ("placement fee", "agency fee {k}", "registration", "έξοδα γραφείου", "instalment {k}"),
    "fine": ("ΕΞΩΔΙΚΟ {k}", "fine {k}", "traffic fine {k}", "πρόστιμο {k}", "notice {k}"),
    "deposit": ("deposit for flat", "εγγύηση", "key deposit", "deposit and first month", "deposit back"),
    "donation": ("donation", "δωρεά", "for your work", "στήριξη", "standing gift {m}"),
    "grant": ("grant {m}", "ΕΠΙΧΟΡΗΓΗΣΗ {m}", "programme {k} instalment", "contract {k}"),
    "little": (
        "for school",
        "medicine",
        "birthday",
        "family",
        "phone card",
        "for you",
        "game",
        "allowance",
        "👍",
    ),
    "worry": ("please", "last one", "sent", "ok now stop", "delete", "τέλος", "that is all i have"),
    "ticket": ("ticket {k}", "booking {k}", "table for 6", "entrance x2", "εισιτήριο {k}", "early bird"),
    "stage": (
        "performance {k}",
        "festival fee {k}",
        "αμοιβή συναυλίας",
        "wedding music",
        "set {k}",
        "tour {k}",
    ),
    "loan": ("loan", "loan repayment {k}", "δάνειο", "loan to the firm", "instalment {k}"),
    "clinic": ("treatment plan {k}", "clinic invoice {k}", "stage {k} of agreement", "hospital deposit"),
    "counter": ("CASH DEPOSIT", "ΚΑΤΑΘΕΣΗ ΜΕΤΡΗΤΩΝ", "takings", "cash", "ΜΕΤΡΗΤΑ"),
    "odd_jobs": (
        "lesson",
        "lessons {m}",
        "guitar lesson",
        "nails",
        "haircut at home",
        "repair",
        "pram",
        "phone",
        "dog walking",
        "cleaning",
        "photos",
        "gel nails",
        "μάθημα",
        "second hand",
    ),
    "drive": ("transport", "rides this week", "fuel", "airport", "van", "for driving", "μεταφορικά"),
    "arrears": ("ΕΕΕ ΑΝΑΔΡΟΜΙΚΑ", "Benefit arrears", "ΕΠΙΔΟΜΑ ΑΝΑΔΡΟΜΙΚΑ"),
    "tuition": ("tuition {k}", "δίδακτρα", "semester fee {k}", "college {k}"),
    "stake": ("transfer", "account top up", "for the exchange", "investment", "order {k}"),
}
_MONTH_WORDS = ("JAN 2026", "02/2026", "March", "ΑΠΡΙΛΙΟΣ", "May 26", "06/26", "July", "AUG 2026", "Σεπτ.")


@cache
def _table(pool: str) -> Texts:
    """Gives the texts of a pool by template, month and running number."""
    return np.array(
        [[[t.format(m=m, k=k) for k in range(101, 141)] for m in _MONTH_WORDS] for t in POOLS[pool]],
        dtype=object,
    )


def draw(
    rng: Rng, n: int, pool: str, *, month: Ints | None = None, empty: float = 0.0, upper: float = 0.2
) -> Texts:
    """Draws n texts of a pool.

    Args:
        rng: source of randomness.
        n: how many.
        pool: name of the pool.
        month: month number of each text for templates that name one; January when missing.
        empty: share without a text (None).
        upper: share written in capitals.
    """
    words = _table(pool)
    months = np.zeros(n, dtype=np.int64) if month is None else month
    out: Texts = words[rng.integers(0, len(words), n), months, rng.integers(0, 40, n)]
    capital = rng.random(n) < upper
    out[capital] = [str(t).upper() for t in out[capital]]
    out[(rng.random(n) < empty) | (out == "")] = None
    return out


def chat(rng: Rng, n: int, innocent: float = 0.03, empty: float = 0.45) -> Texts:
    """Draws texts of payments between private people, a few with sensitive words in innocent use."""
    out = draw(rng, n, "friends", empty=empty)
    odd = rng.random(n) < innocent
    out[odd] = draw(rng, int(odd.sum()), "innocent")
    return out


def visit(rng: Rng, n: int, words: float) -> Texts:
    """Draws texts of payments for evening visits: a share with service words, the rest as among friends."""
    out = chat(rng, n)
    named = rng.random(n) < words
    out[named] = draw(rng, int(named.sum()), "visits")
    return out
