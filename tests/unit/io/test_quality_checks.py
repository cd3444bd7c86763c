"""Each named check of quality finds what it is for, passes where nothing is wrong, and never guesses."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.io.camt_build import entry, message, statement
from tests.unit.io.support import HEADER, ROW, ZONE, transactions, write
from thbscreen.io.checks.judge import FOUND, NOT_JUDGED, PASSED
from thbscreen.io.checks.named import CHECKS, FAMILIES
from thbscreen.io.dataset import Dataset, open_dataset
from thbscreen.io.limits import Limits
from thbscreen.io.quality import quality
from thbscreen.model.iban import with_check_digits
from thbscreen.rules.accusing import accusing_words

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
FIRST = dt.date(2026, 1, 5)
DAYS, OWN = 182, ("A1", "A2", "A3")
Row = dict[str, Any]


@dataclass
class World:
    """A small bank in which nothing is wrong: half a year, twenty movements a day, three accounts."""

    rows: list[Row] = field(default_factory=list)
    accounts: list[Row] = field(default_factory=list)
    parties: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)

    def judged(self, folder: Path, limits: Limits | None = None) -> dict[str, Any]:
        """Writes it down, reads it as a scan does, and gives what quality.json holds."""
        for name, table in (
            ("transactions", self.rows), ("accounts", self.accounts), ("parties", self.parties),
            ("account_parties", self.links),
        ):  # fmt: skip
            if table:
                write(folder, f"{name}.csv", table_text(table))
        for name, text in self.more.items():
            write(folder, name, text)
        dataset = open_dataset([folder], None, zone=ZONE, limits=limits or Limits(reject_share=1.0))
        dataset.checked = True
        for _ in dataset.chunks(()):
            pass
        return quality(dataset, dataset.report(), NOW)


def table_text(table: list[Row]) -> str:
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in table for name in row))
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def sound() -> World:
    world = World()
    for n, account in enumerate(OWN):
        world.accounts.append(
            {"account_id": account, "iban": with_check_digits("CY", f"0020012800000012{n:08d}"),
             "currency": "EUR", "opened_date": f"201{n}-05-0{n + 1}"}
        )  # fmt: skip
        world.parties.append({"party_id": f"P{n}", "kind": "natural"})
        world.links.append({"account_id": account, "party_id": f"P{n}", "role": "holder"})
    world.links.append({"account_id": "A1", "party_id": "P2", "role": "mandate"})
    kinds = ["card_purchase"] * 4 + ["cash_withdrawal"] * 2 + ["cash_deposit"] * 2 + ["credit_transfer"] * 12
    balance: Counter[str] = Counter()
    for day in range(DAYS):
        date = str(FIRST + dt.timedelta(day))
        for n, kind in enumerate(kinds):
            amount = 1_00 + (day * 37 + n * 131) % 9_973
            pair = n >= 18
            if pair:
                amount = 5_00 + day * 7
            account = OWN[n - 18] if pair else OWN[(day + n) % 3]
            credit = n == 19 if pair else kind == "cash_deposit" or (kind == "credit_transfer" and n % 2 == 1)
            balance[account] += amount if credit else -amount
            row = {
                "tx_id": f"T{day}-{n}", "account_id": account,
                "booking_ts": f"{date}T{6 + n // 2:02d}:{(day * 7 + n) % 59 + 1:02d}:00Z",
                "value_date": date, "direction": "credit" if credit else "debit",
                "amount": f"{amount // 100}.{amount % 100:02d}", "currency": "EUR", "tx_type": kind,
                "channel": {"card": "pos", "cash": "atm", "cred": "online"}[kind[:4]],
                "cp_account_id": "", "cp_iban": "", "cp_name": "", "remittance_info": "", "mcc": "",
                "balance_after": f"{balance[account] / 100:.2f}",
            }  # fmt: skip
            if kind == "card_purchase":
                row["mcc"] = "5411"
            if kind == "credit_transfer":
                row["cp_name"] = "Example " + "x" * ((day + n) % 23)
                row["remittance_info"] = "Invoice " + "9" * ((day * 3 + n) % 17)
                row["cp_account_id"] = OWN[1 - (n - 18)] if pair else f"X{(day + n) % 40}"
                if not pair:
                    row["cp_iban"] = with_check_digits("CY", f"0020012800000099{(day + n) % 40:08d}")
            world.rows.append(row)
    return world


SOUND = sound()


def copied() -> World:
    return World(*([dict(row) for row in table] for table in
                   (SOUND.rows, SOUND.accounts, SOUND.parties, SOUND.links)))  # fmt: skip


def without(name: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        for row in world.rows:
            del row[name]

    return change


def each_row(change: Callable[[Row, int], None]) -> Callable[[World], None]:
    def changed(world: World) -> None:
        for n, row in enumerate(world.rows):
            change(row, n)

    return changed


def kept(wanted: Callable[[Row], bool]) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.rows = [row for row in world.rows if wanted(row)]

    return change


def put(n: int, **values: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.rows[n] |= values

    return change


def _day(row: Row) -> str:
    return str(row["booking_ts"])[:10]


def _halved(world: World) -> None:
    world.rows = [r for n, r in enumerate(world.rows) if not (n % 20 == 19 and n < 200)]


def _again(world: World) -> None:
    world.rows += [row | {"tx_id": f"again {n}"} for n, row in enumerate(world.rows[:7])]


def _drop_column(table: str, name: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        for row in getattr(world, table):
            del row[name]

    return change


def _cut(row: Row, _: int) -> None:
    if row["remittance_info"]:
        row["remittance_info"] = (row["remittance_info"] + "x" * 40)[:35]


def _card_gone(row: Row) -> bool:
    return not (row["tx_type"] == "card_purchase" and _day(row).startswith("2026-03"))


def _accounts(n: int, **values: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.accounts[n] |= values

    return change


def _many_accounts(world: World) -> None:
    world.accounts += [{"account_id": f"B{n}", "opened_date": "2020-01-01"} for n in range(30)]


def _added(table: str, **values: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        getattr(world, table).append(values)

    return change


def _copy_of_file(world: World) -> None:
    world.more["transactions_2.csv"] = table_text(world.rows)


ROWS = DAYS * 20
TX = "transactions.csv"
BAD_IBAN = "CY17002001280000001200527601"
Expected = tuple[str, int, int, list[tuple[str, int]]]
#: What is done to the sound world, and of each check that must find it: count, of, and the places it names.
CASES: dict[str, tuple[list[Callable[[World], None]], list[Expected]]] = {
    "values of rows": (
        [
            each_row(lambda r, n: r.update(mcc="" if n % 20 < 3 else r["mcc"])),
            each_row(_cut),
            each_row(lambda r, n: r.update(booking_ts=f"{_day(r)}T00:00:00Z") if n % 4 == 0 else None),
            each_row(lambda r, n: r.update(value_date="2026-08-15") if n in (3, 4, 40, 41) else None),
            put(9, cp_iban=BAD_IBAN, cp_account_id=""),
            each_row(lambda r, n: r.update(cp_account_id=r["account_id"]) if n in (8, 28, 48) else None),
            each_row(lambda r, n: r.update(amount="7.77") if n in (30, 31, 32, 33) else None),
        ],
        [
            ("Q101", 1, 6, [(TX, 1)]),
            ("Q108", 12 * DAYS, 24 * DAYS, []),
            ("Q203", ROWS // 4, ROWS, []),
            ("Q212", 4, ROWS, [(TX, 4), (TX, 5), (TX, 41), (TX, 42)]),
            ("Q307", 1, 10 * DAYS, [(TX, 10)]),
            ("Q310", 3, 12 * DAYS, [(TX, 9), (TX, 29), (TX, 49)]),
            ("Q502", 4, ROWS - 3, [(TX, 31), (TX, 32), (TX, 33), (TX, 34)]),
        ],
    ),
    "rows of their own": (
        [
            put(ROWS - 1, booking_ts="2026-12-24T10:00:00Z"),
            put(5, booking_ts="1900-01-01T10:00:00Z"),
            put(7, currency="USD"),
            put(11, amount="99999999.99"),
            each_row(lambda r, n: r.update(direction="credit") if n % 20 == 0 else None),
            put(20, account_id="A9"),
            put(100, account_id="00A-2"),
            put(30, tx_id="T0-3"),
        ],
        [
            ("Q201", 1, ROWS, [(TX, ROWS)]),
            ("Q202", 1, ROWS, [(TX, 6)]),
            ("Q207", 1, ROWS, [(TX, 8)]),
            ("Q209", 1, ROWS - 1, [(TX, 12)]),
            ("Q213", DAYS, 8 * DAYS, [(TX, 1 + 20 * n) for n in range(5)]),
            ("Q301", 2, 5, [(TX, 21), (TX, 101)]),
            ("Q401", 2, ROWS, [(TX, 4), (TX, 31)]),
            ("Q404", 1, 5, [(TX, 101)]),
        ],
    ),
    "what is not there": (
        [
            _halved,
            kept(lambda r: _day(r) not in ("2026-02-10", "2026-03-03")),
            kept(lambda r: _day(r) != "2026-04-14" or r["tx_id"].endswith(("-1", "-3"))),
            kept(_card_gone),
        ],
        [
            ("Q102", 2, DAYS, []),
            ("Q104", 1, DAYS, []),
            ("Q106", 2, 35, []),
            ("Q309", 10, 2 * DAYS - 10 - 4 - 2, [(TX, 19), (TX, 38), (TX, 57), (TX, 76), (TX, 95)]),
        ],
    ),
    "a month and cash": (
        [
            kept(lambda r: not _day(r).startswith("2026-03")),
            kept(lambda r: not r["tx_type"].startswith("cash")),
            each_row(lambda r, _: r.update(currency="USD")),
        ],
        [("Q103", 1, 7, []), ("Q107", 1, 3, []), ("Q208", 16 * (DAYS - 31), 16 * (DAYS - 31), [])],
    ),
    "days, whole amounts, credits": (
        [each_row(lambda r, _: r.update(booking_ts=_day(r), amount=r["amount"][:-3], direction="credit"))],
        [("Q109", ROWS, ROWS, []), ("Q205", ROWS, ROWS, []), ("Q206", ROWS, ROWS, [])],
    ),
    "side tables": (
        [
            _added("accounts", account_id="A4"),
            _many_accounts,
            _accounts(1, opened_date="2026-02-01"),
            _accounts(2, closed_date="2026-02-01", iban=BAD_IBAN),
            _accounts(0, currency="USD"),
            lambda w: w.links.pop(1) and None,
            _added("links", account_id="A1", party_id="P9", role="joint_holder"),
            _added("links", account_id="A1", party_id="P8", role="signatory"),
            _added("links", account_id="A9", party_id="P1", role="holder"),
            _added("parties", party_id="P7", kind="legal"),
        ],
        [
            ("Q105", 31, 34, [("accounts.csv", n) for n in range(4, 9)]),
            ("Q210", 2, 3, [(TX, 2), (TX, 3)]),
            ("Q211", 30, 33, [("accounts.csv", n) for n in range(5, 10)]),
            ("Q302", 1, 3, [(TX, 2)]),
            ("Q303", 1, 4, [("account_parties.csv", 4)]),
            ("Q304", 1, 2, [("account_parties.csv", 5)]),
            ("Q305", 1, 6, [("account_parties.csv", 6)]),
            ("Q306", 1, 4, [("parties.csv", 4)]),
            ("Q308", 1, 3, [("accounts.csv", 3)]),
            ("Q501", sum(r["account_id"] == "A1" for r in SOUND.rows), ROWS, [(TX, 1)]),
        ],
    ),
    "again, and round": (
        [each_row(lambda r, n: r.update(amount="300.00") if n % 20 else None), _again, _copy_of_file],
        [
            ("Q204", 2 * (ROWS - DAYS + 6), 2 * (ROWS + 7), []),
            ("Q402", 7, ROWS + 7, [(TX, ROWS + 1 + n) for n in range(5)]),
            ("Q403", 1, 5, []),
        ],
    ),
}


@pytest.fixture(scope="module")
def sound_checks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return copied().judged(tmp_path_factory.mktemp("sound"))


def by_id(found: dict[str, Any]) -> dict[str, Any]:
    return {item["id"]: item for item in found["checks"]["each"]}


def test_a_sound_world_has_no_finding_and_nothing_is_judged_without_its_data(
    sound_checks: dict[str, Any],
) -> None:
    states = {name: item["state"] for name, item in by_id(sound_checks).items()}
    few_opened = {"Q211": "fewer than 20 opening days"}
    lacks = {name: item["lacks"] for name, item in by_id(sound_checks).items() if "lacks" in item}
    assert lacks == few_opened | {"Q503": "no statement with an opening and a closing balance"}
    assert {name for name, state in states.items() if state == FOUND} == set()
    assert sound_checks["findings"] == []
    assert sound_checks["checks"]["passed"] == len(CHECKS) - 2


@pytest.mark.parametrize("case", CASES)
def test_a_check_finds_what_it_is_for_and_says_where(case: str, tmp_path: Path) -> None:
    changes, expected = CASES[case]
    world = copied()
    for change in changes:
        change(world)
    found = world.judged(tmp_path)
    items = by_id(found)
    told = [
        (name, items[name].get("count"), items[name].get("of"),
         [(p["file"], p["row"]) for p in items[name].get("examples", ())])
        for name, *_ in expected
    ]  # fmt: skip
    assert told == expected
    for name, count, of, _ in expected:
        assert items[name]["state"] == FOUND
        assert items[name]["share"] == round(count / of, 6)
        assert items[name]["why"]
        assert items[name]["ask"]
        assert any(line.startswith(f"{name} ") for line in found["findings"])


def test_every_check_has_a_case_in_which_it_finds_something() -> None:
    elsewhere = {"Q503"}  # statements: the last test of this file
    assert {name for _, expected in CASES.values() for name, *_ in expected} | elsewhere == set(CHECKS)


#: What is taken away, and the checks that then are not judged, besides those of the sound world.
LACKS: dict[str, tuple[list[Callable[[World], None]], set[str]]] = {
    "columns": (
        [without(c) for c in ("tx_id", "tx_type", "value_date", "balance_after", "cp_iban", "cp_account_id",
                              "cp_name", "remittance_info")],
        {"Q101", "Q107", "Q108", "Q212", "Q213", "Q307", "Q309", "Q310", "Q401", "Q502"},
    ),
    "tx_type and channel": ([without("tx_type"), without("channel")], {"Q101", "Q106", "Q107", "Q213"}),
    "side tables": (
        [lambda w: w.accounts.clear(), lambda w: w.links.clear(), lambda w: w.parties.clear()],
        {"Q105", "Q210", "Q301", "Q302", "Q303", "Q304", "Q305", "Q306", "Q308", "Q309", "Q501"},
    ),
    "columns of accounts": (
        [_drop_column("accounts", c) for c in ("opened_date", "currency", "iban")], {"Q210", "Q308", "Q501"},
    ),
    "times and a long period": (
        [each_row(lambda r, _: r.update(booking_ts=_day(r))), kept(lambda r: _day(r) < "2026-01-09")],
        {"Q102", "Q103", "Q104", "Q106", "Q107", "Q108", "Q203", "Q204", "Q205", "Q206", "Q209"} - {"Q204"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LACKS)
def test_a_check_that_lacks_its_data_is_not_judged_and_says_what_it_lacks(case: str, tmp_path: Path) -> None:
    taken, expected = LACKS[case]
    world = copied()
    for take in taken:
        take(world)
    found = by_id(world.judged(tmp_path))
    silent = {name for name, item in found.items() if item["state"] == NOT_JUDGED}
    assert silent == expected | {"Q211", "Q503"}
    assert all(found[name]["lacks"] for name in silent)
    assert not {"count", "share", "says"} & set().union(*(found[name] for name in silent))


def test_without_movements_no_check_is_judged(tmp_path: Path) -> None:
    write(tmp_path, "transactions.csv", HEADER)
    dataset = open_dataset([tmp_path], None, zone=ZONE)
    found = quality(dataset, dataset.report(), NOW)
    assert {item["lacks"] for item in found["checks"]["each"]} == {"no movement was loaded"}
    assert found["checks"]["not_judged"] == len(CHECKS)


def test_findings_show_no_value_of_the_data(tmp_path: Path) -> None:
    world = copied()
    for change in [*CASES["values of rows"][0], *CASES["side tables"][0], *CASES["again, and round"][0]]:
        change(world)
    world.rows[50] |= {"account_id": "SECRET7", "cp_name": "Xanthippe", "remittance_info": "Xanthippe" * 4}
    found = world.judged(tmp_path)
    assert found["checks"]["found"] > 5
    written = json.dumps(found["checks"]) + " ".join(found["findings"])
    for value in ("SECRET7", "Xanthippe", "A1", "P9", "X7", "5411", "7.77"):
        assert value not in written


def test_checks_speak_neutrally_and_have_stable_names() -> None:
    assert list(CHECKS) == sorted(CHECKS)
    for check in CHECKS.values():
        text = f"{check.title}. {check.means}. {check.why}. {check.ask}."
        assert not accusing_words(text)
        assert check.family in FAMILIES
        assert FAMILIES.index(check.family) == int(check.id[1]) - 1


def test_a_finding_names_the_rules_that_need_the_columns(tmp_path: Path) -> None:
    @dataclass
    class Rule:
        id: str
        columns: tuple[str, ...]
        needs_time_of_day: bool = False

    rules = [Rule("R1", ("mcc",)), Rule("R2", ("party.kind",)), Rule("R3", ("amount_eur",), True)]
    dataset = transactions(tmp_path, HEADER + "N1,A1,2026-01-05,credit,12.50,USD\n")
    write(tmp_path, "account_parties.csv", "account_id,party_id,role\nA7,P1,holder\n")
    dataset = open_dataset([tmp_path], None, zone=ZONE)
    found = by_id(quality(dataset, dataset.report(), None, rules))
    assert found["Q109"]["rules"] == ["R3"]
    assert found["Q207"]["rules"] == ["R3"]
    assert found["Q302"]["rules"] == ["R2"]
    assert found["Q201"]["state"] == NOT_JUDGED


# --- slow twins -----------------------------------------------------------------------------------------

SMALL = Limits(reject_share=1.0, chunk_rows=5, block_bytes=300)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["A1", "A2", "A3"]), st.sampled_from(["A1", "A2", "A3", "A4", "X"]),
        st.sampled_from(["credit", "debit"]), st.integers(1, 3), st.sampled_from(["EUR", "USD"]),
        st.integers(-4, 4),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


def made(folder: Path, moves: list[tuple[str, str, str, int, str, int]]) -> Dataset:
    lines = [
        f"N{n},{a},2026-01-05T10:00:00Z,{way},{amount}.00,{currency},{cp},{balance}.00\n"
        for n, (a, cp, way, amount, currency, balance) in enumerate(moves)
    ]
    write(folder, TX, HEADER.replace("\n", ",cp_account_id,balance_after\n") + "".join(lines))
    write(folder, "accounts.csv", "account_id\nA1\nA2\nA3\nA4\n")
    dataset = open_dataset([folder], None, zone=ZONE, limits=SMALL)
    dataset.checked = True
    return dataset


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(MOVES)
def test_one_sided_payments_repeats_and_balances_are_those_of_slow_loops(
    tmp_path: Path, moves: list[tuple[str, str, str, int, str, int]]
) -> None:
    seen = made(tmp_path, moves).gathered()

    active = {a for a, *_ in moves}
    inside = [m for m in moves if m[1] in active and m[1] != "X" and m[1] != m[0]]
    sides: dict[tuple[Any, ...], int] = defaultdict(int)
    for a, cp, way, amount, currency, _ in inside:
        payer, payee = (cp, a) if way == "credit" else (a, cp)
        sides[payer, payee, amount, currency] += 1 if way == "credit" else -1
    assert seen.halves()[:2] == (sum(map(abs, sides.values())), len(inside))

    again = len(moves) - len({(a, c, w, n, u, b) for a, c, w, n, u, b in moves})
    assert seen.repeated()[:2] == (again, len(moves))

    broken = steps = 0
    for key in {(m[0], m[4]) for m in moves}:
        chain = [((1 if m[2] == "credit" else -1) * m[3], m[5]) for m in moves if (m[0], m[4]) == key]
        pairs = list(pairwise(chain))
        steps += len(pairs)
        broken += min(
            sum(b != a + signed for (_, a), (signed, b) in pairs),
            sum(a != b + signed for (signed, a), (_, b) in pairs),
        )
    assert seen.balances()[:2] == (broken, steps)


def test_of_many_payments_some_are_compared_and_both_sides_stay_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thbscreen.io.checks.gather.HASHES", 100)
    pairs = [(f"A{1 + n % 3}", f"A{2 + n % 3}", amount) for n, amount in enumerate(range(1, 301))]
    moves = [m for a, b, n in pairs for m in ((a, b, "debit", n, "EUR", 0), (b, a, "credit", n, "EUR", 0))]
    seen = made(tmp_path, moves).gathered()
    count, of, places = seen.halves()
    assert seen.judged > 1
    assert (count, places) == (0, [])
    assert 0 < of < len(moves)
    assert of % 2 == 0
    lonely = made(tmp_path, moves[::2]).gathered()
    assert 0 < lonely.halves()[0] < len(moves[::2])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "bb", "Ωμέγα", ""]), st.sampled_from("AB"), st.integers(0, 400)))
)
def test_lengths_accounts_and_conditions_are_those_of_slow_loops(
    tmp_path: Path, found: list[tuple[str, str, int]]
) -> None:
    first = dt.date(2026, 1, 1)
    lines = [
        f"N{n},{account},{first + dt.timedelta(days)}T23:30:00Z,credit,{n + 1}.50,EUR,{text},{first}\n"
        for n, (text, account, days) in enumerate(found)
    ]
    head = HEADER.replace("\n", ",remittance_info,value_date\n")
    dataset = transactions(tmp_path, head + "".join(lines), SMALL)
    seen = dataset.gathered()
    lengths = Counter(len(text) for text, *_ in found if text)
    assert seen.lengths().get("remittance_info", {}) == dict(lengths)
    rows = dict(seen.accounts().select("account_id", "rows").iter_rows())
    assert rows == dict(Counter(account for _, account, _ in found))
    assert seen.counts.get("apart", 0) == sum(days > 28 for *_, days in found)
    starts = {account: n + 1 for n, (_, account, _) in reversed(list(enumerate(found)))}
    assert dict(seen.accounts().select("account_id", "row").iter_rows()) == starts


def test_unasked_columns_are_read_for_the_checks_and_not_handed_on(tmp_path: Path) -> None:
    dataset = transactions(tmp_path, HEADER.replace("\n", ",cp_name,mcc\n") + ROW.replace("\n", ",n,5411\n"))
    plain = next(dataset.chunks({"mcc"})).columns
    dataset.checked = True
    assert next(dataset.chunks({"mcc"})).columns == plain
    assert "cp_name" not in plain


def test_passed_and_not_judged_are_counted_apart(tmp_path: Path) -> None:
    dataset = transactions(tmp_path, HEADER + ROW)
    checks = quality(dataset, dataset.report(), NOW)["checks"]
    states = Counter({FOUND: 0}) | Counter(item["state"] for item in checks["each"])
    assert dict(states) | {FOUND: states[FOUND]} == {
        FOUND: checks["found"],
        PASSED: checks["passed"],
        NOT_JUDGED: checks["not_judged"],
    }
    assert checks["not_judged"] > 10


def test_a_statement_that_does_not_balance_is_found(tmp_path: Path) -> None:
    paid = entry("12.50", "DBIT")
    write(tmp_path, "may.xml", message(statement(paid, opening="20.00", closing="7.50")))
    later = {"number": "S2", "day": "2026-06-01", "opening": "7.50", "closing": "9.00"}
    write(tmp_path, "june.xml", message(statement(entry("1.00", day="2026-06-01"), **later)))
    dataset = open_dataset([tmp_path], None, zone=ZONE)
    found = by_id(quality(dataset, dataset.report(), NOW))["Q503"]
    assert (found["state"], found["count"], found["of"]) == (FOUND, 1, 2)
    assert found["details"] == ["june.xml"]
