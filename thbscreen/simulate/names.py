"""Invented names of people and firms, of many origins, in the scripts in which banks hold them."""

from __future__ import annotations

from collections.abc import Sequence

from thbscreen.simulate.clock import Rng

Pair = tuple[str, str]
#: Per origin: given names, first parts, and last parts of family names, each as (on file, Latin).
_Origin = tuple[tuple[Pair, ...], tuple[Pair, ...], tuple[Pair, ...]]


def _same(*words: str) -> tuple[Pair, ...]:
    return tuple((w, w) for w in words)


_GREEK: _Origin = (
    (
        ("Άννα", "Anna"),
        ("Μαρία", "Maria"),
        ("Ελένη", "Eleni"),
        ("Δέσπω", "Despo"),
        ("Ζήνα", "Zina"),
        ("Ανδρέας", "Andreas"),
        ("Πέτρος", "Petros"),
        ("Λοΐζος", "Loizos"),
        ("Σάββας", "Savvas"),
        ("Ρένος", "Renos"),
    ),
    (
        ("Παπαλε", "Papale"),
        ("Χατζημε", "Hatzime"),
        ("Καραζα", "Karaza"),
        ("Μαυροκο", "Mavroko"),
        ("Στυλβα", "Stylva"),
        ("Κοντομα", "Kontoma"),
        ("Λαμπρι", "Lampri"),
        ("Φωτολε", "Fotole"),
        ("Δροσε", "Drose"),
        ("Ασπρομε", "Asprome"),
    ),
    (("ρίδης", "rides"), ("νόπουλος", "nopoulos"), ("λάκης", "lakis"), ("σίου", "siou"), ("τάκη", "taki")),
)
_SLAVIC: _Origin = (
    (
        ("Олена", "Olena"),
        ("Ирина", "Irina"),
        ("Дарья", "Darya"),
        ("Милена", "Milena"),
        ("Ваня", "Vanya"),
        ("Игорь", "Igor"),
        ("Олег", "Oleh"),
        ("Борис", "Boris"),
        ("Максим", "Maksym"),
        ("Петър", "Petar"),
    ),
    (
        ("Берево", "Berevo"),
        ("Стоми", "Stomi"),
        ("Коваре", "Kovare"),
        ("Лугано", "Lugano"),
        ("Заримо", "Zarimo"),
        ("Тихове", "Tikhove"),
        ("Драгине", "Dragine"),
        ("Велико", "Veliko"),
        ("Мороше", "Moroshe"),
        ("Саване", "Savane"),
    ),
    (("в", "v"), ("ненко", "nenko"), ("ски", "ski"), ("лев", "lev"), ("чук", "chuk")),
)
_LATIN: _Origin = (
    _same(
        "Ioana",
        "Mihai",
        "Liga",
        "Janis",
        "Teresa",
        "Duarte",
        "Emma",
        "George",
        "Ewa",
        "Marek",
        "Inés",
        "Ștefan",
    ),
    _same("Valde", "Morga", "Ciobe", "Ozole", "Ferna", "Hartwe", "Kowade", "Lumina", "Pereste", "Brante"),
    _same("scu", "nu", "lis", "des", "ley", "ska", "zar", "ton"),
)
_SOUTH_ASIAN: _Origin = (
    _same(
        "Anjali", "Sita", "Nimal", "Ravi", "Gurpreet", "Imran", "Farhana", "Bikash", "Sunil", "Priya", "Kamal"
    ),
    _same("Thara", "Gurung", "Wickre", "Sandha", "Rahma", "Koira", "Mehro", "Bhatta", "Jayasu", "Chowdi"),
    _same("sena", "la", "tra", "ni", "wal", "dhar", "ratne"),
)
_OTHER: _Origin = (
    _same("Maricel", "Jun", "Linh", "Minh", "Amal", "Karim", "Yousef", "Grace", "Emeka", "Aysel", "Deniz"),
    _same("Dela", "Santo", "Nguye", "Haddo", "Okafe", "Mansu", "Tranve", "Bautis", "Yilda", "Khali"),
    _same("ra", "no", "n", "ri", "bi", "ta", "mar"),
)
_ORIGINS: tuple[_Origin, ...] = (_GREEK, _SLAVIC, _LATIN, _SOUTH_ASIAN, _OTHER)
ORIGIN_SHARES = (0.46, 0.14, 0.16, 0.14, 0.10)

_FIRST = (
    "Akamas",
    "Lefkara",
    "Vouni",
    "Salamia",
    "Kition",
    "Amathea",
    "Pentadak",
    "Kourias",
    "Troodia",
    "Meneou",
    "Aspro",
    "Petra",
    "Halkon",
    "Thalia",
    "Ornithi",
    "Pyrgos",
    "Galini",
    "Marathia",
)
_SECOND = (
    "Trading",
    "Services",
    "Foods",
    "Hospitality",
    "Constructions",
    "Gardens",
    "Transport",
    "Textiles",
    "Studios",
    "Marine",
    "Interiors",
    "Supplies",
    "Works",
    "Partners",
)


def pick(rng: Rng, items: Sequence[str], n: int) -> list[str]:
    """Draws n items with repetition."""
    return [items[i] for i in rng.integers(0, len(items), n).tolist()]


def family_name(rng: Rng, origin: int) -> Pair:
    """Gives one invented family name of an origin, as (on file, Latin)."""
    _, first, last = _ORIGINS[origin]
    a, b = first[int(rng.integers(len(first)))], last[int(rng.integers(len(last)))]
    return a[0] + b[0], a[1] + b[1]


def person(rng: Rng, origin: int, family: Pair) -> tuple[str, ...]:
    """Gives the name of a person as different payers write it; the first is the name on file."""
    given = _ORIGINS[origin][0]
    own = given[int(rng.integers(len(given)))]
    native, latin = f"{own[0]} {family[0]}", f"{own[1]} {family[1]}"
    on_file = native if rng.random() < 0.6 else latin
    return on_file, latin.upper(), f"{family[1].upper()} {own[1].upper()}", f"{own[1][0]}. {family[1]}"


def strangers(rng: Rng, n: int) -> list[tuple[str, ...]]:
    """Draws n people who bank elsewhere."""
    origins = rng.choice(len(_ORIGINS), n, p=ORIGIN_SHARES)
    return [person(rng, int(o), family_name(rng, int(o))) for o in origins]


def firms(rng: Rng, n: int) -> list[tuple[str, ...]]:
    """Draws n names of firms as written by different payers."""
    out: list[tuple[str, ...]] = []
    for first, second, number in zip(
        pick(rng, _FIRST, n), pick(rng, _SECOND, n), rng.integers(1, 99, n), strict=True
    ):
        name = f"{first} {second} {'' if number > 45 else str(number) + ' '}Ltd"
        out.append((name, name.upper(), name.replace("Ltd", "Limited")))
    return out
