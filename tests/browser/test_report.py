"""The report in a real browser: it opens offline, works by mouse and keys, and stays text."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE, Opened
from tests.browser.folders import BIDI, CLOSING, HOSTILE, IMAGE, LONG, SCRIPT

Visit = Callable[..., Opened]
CASE, NETWORK = "#/case/AL-P1", "#/network/NW-0000000000aa"
ROUTES = ("#/networks", "#/subjects", "#/people", CASE, NETWORK, "#/readiness", "#/quality", "#/run")


def texts(opened: Opened, selector: str) -> list[str]:
    return opened.page.locator(selector).all_inner_texts()


def _place(opened: Opened, how: str, kind: str, which: str) -> tuple[float, float]:
    """Where something of the drawing is on the screen."""
    opened.page.locator("#drawing").scroll_into_view_if_needed()
    x, y = opened.page.evaluate(f"""() => {{
        const holder = document.getElementById("drawing");
        const wanted = ({{ flow = [], role }}) => {which};
        const found = holder._cyreg.cy.{kind}().filter((e) => wanted(e.data()))[0];
        const box = holder.getBoundingClientRect();
        const at = found.{how}();
        return [box.x + at.x, box.y + at.y];
    }}""")
    return x, y


# --- queue -------------------------------------------------------------------------------------------


def test_people_to_protect_are_in_a_list_of_their_own_and_in_no_other(visit: Visit) -> None:
    opened = visit()
    opened.go("#/subjects")
    subjects = " ".join(texts(opened, "table.queue tbody tr"))
    opened.go("#/people")
    (person,) = texts(opened, "table.queue tbody tr")
    assert "V1" in person
    assert "AL-V1" not in subjects
    assert "Do not call" in opened.page.locator("div.note.care").inner_text()


def test_the_queue_is_in_the_order_of_the_run_and_says_how_much_it_shows(visit: Visit) -> None:
    opened = visit("large", "#/subjects")
    ranks = [int(t.replace(",", "")) for t in texts(opened, "table.queue tbody th")]
    assert ranks == sorted(ranks)
    assert len(ranks) == 100
    assert opened.page.locator(".status").inner_text() == "4,000 shown of 4,000 alerts"


def test_what_is_to_be_read_at_once_stands_above_every_list(visit: Visit) -> None:
    for route in ("#/networks", "#/subjects", "#/people"):
        opened = visit(route=route)
        part = opened.page.locator("#at-once")
        assert "To be read at once (1)" in part.inner_text()
        assert "Handle as a possible victim." in part.inner_text()
        assert part.locator("a").get_attribute("href") == "cases/RV-0123456789ab/narrative.txt"
        assert part.bounding_box()["y"] < opened.page.locator("nav.tabs").bounding_box()["y"]
    assert visit("large").page.locator("#at-once").count() == 0


def test_search_and_filters_narrow_the_queue_together(visit: Visit) -> None:
    opened = visit("large", "#/subjects")
    page = opened.page
    page.fill("#search", "C0030")
    assert page.locator(".status").inner_text() == "8 shown of 4,000 alerts"
    page.locator("label", has_text=re.compile("^Form")).locator("select").select_option("sham_marriage")
    found = texts(opened, "table.queue tbody tr")
    assert len(found) == 2
    assert all("sham marriage" in row for row in found)
    page.get_by_role("button", name="Clear").click()
    assert page.locator(".status").inner_text() == "4,000 shown of 4,000 alerts"


def test_a_heading_sorts_both_ways_and_says_so(visit: Visit) -> None:
    opened = visit("large", "#/subjects")
    page = opened.page
    heading = page.locator("th", has_text="Largest hit")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert "customer C00000" in texts(opened, "table.queue tbody tr")[0]
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert "customer C04998" in texts(opened, "table.queue tbody tr")[0]


# --- one case ----------------------------------------------------------------------------------------


def test_the_score_is_a_sum_that_adds_up(visit: Visit) -> None:
    opened = visit(route=CASE)
    rows = texts(opened, "table.sum tbody tr td:nth-child(4)")
    points = [float(text.replace("−", "-")) for text in rows]
    assert sum(points) == float(opened.page.locator("table.sum tfoot strong").inner_text()) == 4.5


def test_evidence_is_cut_with_its_number_and_a_way_to_the_rest(visit: Visit) -> None:
    opened = visit(route=CASE)
    part = opened.page.locator("section", has=opened.page.locator("[id='s-case.evidence']"))
    assert "60 of 70 movements" in part.inner_text()
    assert part.locator("tbody tr").count() == 60
    link = part.locator("a").first.get_attribute("href")
    assert link == "cases/AL-P1/evidence.csv"
    assert (Path(opened.address.removeprefix("file://")).parent / link).is_file()


def test_whoever_may_be_a_victim_is_named_apart_whatever_a_hit_says(visit: Visit) -> None:
    opened = visit(route=CASE)
    part = opened.page.locator("section", has=opened.page.locator("[id='s-case.named']"))
    others, apart = part.locator("table").all()
    assert "V1-1" not in others.inner_text()
    assert "V1-1" in apart.inner_text()
    assert "client" not in apart.inner_text()


def test_near_misses_and_silent_rules_are_told(visit: Visit) -> None:
    opened = visit(route=CASE)
    body = opened.page.locator("main").inner_text()
    assert "16.7 %" in body
    assert "THB-Z Title of THB-Z: why not judged" in body


def test_it_is_told_which_alerts_have_rows_and_where_the_others_are(visit: Visit) -> None:
    opened = visit("large", "#/subjects")
    assert "one by one for the first 50 alerts" in opened.page.locator("main").inner_text()
    part = opened.go("#/case/AL-C00060").locator("section", has=opened.page.locator("[id='s-case.evidence']"))
    assert "15 movements contributed" in part.inner_text()
    assert "first 50 alerts" in part.inner_text()
    assert "this is alert 61 in the order" in part.inner_text()
    assert "alerts.parquet, column tx_ids" in part.inner_text()
    # Among the first, a folder that somebody took out is named.
    part = opened.go("#/case/AL-C00001").locator("section", has=opened.page.locator("[id='s-case.evidence']"))
    assert "cases/AL-C00001" in part.inner_text()
    few = visit(route="#/subjects")
    assert "one by one" not in few.page.locator("main").inner_text()


# --- a network ---------------------------------------------------------------------------------------


def test_pointing_at_an_arrow_shows_its_payments(visit: Visit) -> None:
    opened = visit()
    page = opened.draw(NETWORK)
    x, y = _place(opened, "renderedMidpoint", "edges", "flow[2] === 9")
    page.mouse.move(x + 1, y)
    page.mouse.move(x, y)
    page.locator("#tip").wait_for(state="visible")
    shown = page.locator("#tip").inner_text()
    assert "V1 → P1" in shown.replace("\u2068", "").replace("\u2069", "")
    assert "9 payments, 450.36 EUR" in shown
    assert "and 1 earlier" in shown


def test_the_slider_hides_payments_outside_the_chosen_time(visit: Visit) -> None:
    opened = visit()
    page = opened.draw(NETWORK)
    whole = page.locator("#window").inner_text()
    assert "12 payments, 500.36 EUR" in whole
    page.locator("#time-from").focus()
    for _ in range(45):
        page.keyboard.press("ArrowRight")
    assert "2026-04-15" in page.locator("#window").inner_text()
    assert "2 payments" in page.locator("#window").inner_text()


def test_the_drawing_can_be_walked_and_opened_by_keys(visit: Visit) -> None:
    opened = visit()
    page = opened.draw(NETWORK)
    page.locator("#drawing").focus()
    page.keyboard.press("n")
    told = page.locator("#live").inner_text()
    assert "possible" in told or "not known" in told
    before = page.locator("#drawing canvas").first.screenshot()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(200)
    assert page.locator("#drawing canvas").first.screenshot() != before
    for _ in range(4):
        page.keyboard.press("n")
        if "P1" in page.locator("#live").inner_text():
            break
    page.keyboard.press("Enter")
    page.locator("h1", has_text="customer P1").wait_for()


def test_a_member_can_be_dragged(visit: Visit) -> None:
    opened = visit()
    page = opened.draw(NETWORK)
    tip = page.locator("#tip")
    x, y = _place(opened, "renderedPosition", "nodes", "role === 'possible_controller'")
    page.mouse.move(x + 1, y)
    page.mouse.move(x, y)
    tip.wait_for(state="visible")
    assert "P1" in tip.inner_text()
    page.mouse.down()
    page.mouse.move(x - 60, y - 50, steps=4)
    page.mouse.up()
    assert _place(opened, "renderedPosition", "nodes", "role === 'possible_controller'") == pytest.approx(
        (x - 60, y - 50), abs=3
    )


def test_roles_are_told_by_words_and_shapes(visit: Visit) -> None:
    opened = visit()
    opened.draw(NETWORK)
    assert set(texts(opened, ".legend li")) == {"possible victim", "possible controller", "not known"}
    shapes = opened.page.locator(".legend path").evaluate_all(
        "found => found.map((p) => p.getAttribute('d'))"
    )
    assert len(set(shapes)) == 3


def test_names_in_the_drawing_are_whole_in_any_width(visit: Visit) -> None:
    opened = visit("ring", viewport=PHONE)
    page = opened.draw("#/network/NW-0000000000bb")
    page.wait_for_timeout(300)
    letters = "() => document.getElementById('drawing')._cyreg.cy.nodes()[0].data('font')"
    assert page.evaluate(letters) > 14, "letters are larger than they were when the drawing was arranged"
    drawn = page.locator("#drawing").screenshot()
    # Painting everything anew may change nothing: names were cut where older pictures of them were kept.
    page.evaluate(
        "() => { document.querySelector('#theme').click(); document.querySelector('#theme').click(); }"
    )
    page.wait_for_timeout(300)
    assert page.locator("#drawing").screenshot() == drawn
    outside = page.evaluate("""() => {
        const cy = document.getElementById('drawing')._cyreg.cy;
        return cy.nodes().filter((n) => {
            const box = n.renderedBoundingBox();
            return box.x1 < 0 || box.y1 < 0 || box.x2 > cy.width() || box.y2 > cy.height();
        }).length;
    }""")
    assert outside == 0


def test_possible_victims_are_no_members_among_others(visit: Visit) -> None:
    opened = visit(route=NETWORK)
    part = opened.page.locator("section", has=opened.page.locator("[id='s-network.members']"))
    others, apart = part.locator("table").all()
    assert "V1" not in others.inner_text()
    assert "V1" in apart.inner_text()
    assert "V2" in apart.inner_text()


def test_the_proof_is_in_order_and_opens_by_itself(visit: Visit) -> None:
    opened = visit(route=NETWORK)
    rows = opened.page.locator("details.pattern[open] tbody tr")
    assert [t.split("\t")[0].strip() for t in rows.all_inner_texts()] == [str(n) for n in range(1, 10)]


# --- the page as a whole -------------------------------------------------------------------------------


def test_hostile_texts_stay_text(visit: Visit) -> None:
    opened = visit()
    for route in ROUTES:
        page = opened.draw(route) if route == NETWORK else opened.go(route)
        for script in page.locator("main details").all():
            script.evaluate("(d) => { d.open = true; }")
        assert page.locator("main img, main script, main style, main svg[onload], main iframe").count() == 0
    body = opened.go(CASE).locator("main").inner_text()
    for text in (SCRIPT, IMAGE, CLOSING):
        assert text in body
    assert "\u202e" not in body
    assert (
        BIDI.replace("\u202e", "\\u{202e}").replace("\u2066", "\\u{2066}").replace("\u0007", "\\u{7}") in body
    )
    cut = opened.page.locator("bdi.cut", has_text="a very long").first
    assert cut.inner_text().endswith("…")
    assert LONG[:2000] in str(cut.get_attribute("title"))


def test_the_policy_of_the_page_stops_scripts_styles_and_requests(visit: Visit) -> None:
    opened = visit()
    refused = opened.page.evaluate("""async () => {
        const out = [];
        try { document.body.innerHTML = '<b>x</b>'; out.push('markup'); } catch { /* refused */ }
        try { await fetch('https://203.0.113.9/'); out.push('fetch'); } catch { /* refused */ }
        const style = document.createElement('style');
        style.textContent = 'body { color: red }';
        document.head.append(style);
        if (style.sheet) out.push('style');
        const image = new Image();
        await new Promise((done) => {
            image.onload = image.onerror = done;
            image.src = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
        });
        if (image.naturalWidth) out.push('image');
        return out;
    }""")
    assert refused == []
    said = opened.wrong[:]
    opened.wrong.clear()
    assert said
    assert all(
        "Content Security Policy" in line or "TrustedHTML" in line or "Refused" in line for line in said
    )


def broken(
    visit: Visit, routes: tuple[str, ...], rules: tuple[str, ...] = (), **options: object
) -> list[tuple[str, str, list[str]]]:
    """What axe finds on some pages of the report, by all of its rules or by some."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    opened = visit(**options)
    found = []
    for route in routes:
        page = opened.draw(route) if route == NETWORK else opened.go(route)
        only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
        result = axe.run(page, options={"resultTypes": ["violations"], **only}).response
        found += [(route, v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in result["violations"]]
    return found


def test_nothing_stands_in_the_way_of_assistive_tools(visit: Visit) -> None:
    # The list of subjects is made as that of people to protect.
    routes = tuple(route for route in ROUTES if route != "#/subjects")
    assert broken(visit, routes, color_scheme="light") == []


def test_nor_in_the_dark_on_a_phone(visit: Visit) -> None:
    rules = ("color-contrast", "scrollable-region-focusable", "link-in-text-block", "target-size")
    assert broken(visit, (CASE, NETWORK), rules, color_scheme="dark", viewport=PHONE) == []


def test_a_phone_never_scrolls_sideways(visit: Visit) -> None:
    opened = visit(viewport=PHONE)
    too_wide = "() => document.documentElement.scrollWidth > innerWidth"
    assert [route for route in ROUTES if opened.go(route).evaluate(too_wide)] == []


#: Words that are no English sentence: units, keys, names of files and formats.
NO_ENGLISH = {"EUR", "SHA", "Enter", "Tab", "Esc", "thbscreen", "hash", "scripts", "byte", "json", "parquet",
              "csv", "tx_ids", "Asia", "Nicosia", "Cytoscape", "uPlot", "mcc", "personal", "spending",
              "THB"}  # fmt: skip
#: What the hostile folder has in the place of names that the page knows, such as kinds of subjects.
NO_ENGLISH |= {word for text in (*HOSTILE, "address") for word in re.findall(r"[A-Za-z_]{3,}", text)}


def test_a_page_in_greek_has_english_only_where_it_is_marked(visit: Visit) -> None:
    opened = visit("greek")
    assert opened.page.evaluate("() => document.documentElement.lang") == "el"
    left: set[str] = set()
    marked = 0
    for route in ROUTES:
        page = opened.draw(route) if route == NETWORK else opened.go(route)
        found = page.evaluate("""() => {
            const out = [];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const at = walk.currentNode.parentElement;
                if (!at.closest('script, style, noscript, bdi, code, pre, .mono, .rule, [lang=en]')) {
                    out.push(walk.currentNode.textContent);
                }
            }
            return out;
        }""")
        marked += page.locator("[lang=en]").count()
        words = {word for text in found for word in re.findall(r"[A-Za-z_]{3,}", text)}
        left |= words - NO_ENGLISH
    assert left == set()
    assert marked > 20


def test_keys_lead_through_the_queue(visit: Visit) -> None:
    opened = visit("large", "#/subjects")
    page = opened.page
    page.keyboard.press("/")
    page.keyboard.type("C0000")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    # The address changes before the page does, and a key would still mean the page before.
    for key, subject in (("Enter", "C00001"), ("]", "C00002"), ("[", "C00001")):
        page.keyboard.press(key)
        page.locator("h1", has_text=subject).wait_for()
        assert page.url.endswith(f"#/case/AL-{subject}")
    assert page.evaluate("() => document.activeElement.tagName") == "H1"
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.locator("table.queue").wait_for()
    assert page.input_value("#search") == "C0000"


def test_every_control_is_reached_by_tab(visit: Visit) -> None:
    opened = visit()
    page = opened.draw(NETWORK)
    page.evaluate(
        """() => {
            window.seen = new Set();
            document.addEventListener('focusin', (e) => window.seen.add(e.target));
        }"""
    )
    page.locator("h1").focus()
    for _ in range(100):
        page.keyboard.press("Tab")
    left = page.evaluate("""() =>
        [...document.querySelectorAll('main :is(a, button, input, select, summary), #drawing')]
        .filter((e) => !e.hidden && !window.seen.has(e)).map((e) => e.outerHTML.slice(0, 80))""")
    assert left == []


def test_a_page_prints_whole_and_in_light_colours(visit: Visit) -> None:
    opened = visit(color_scheme="dark")
    page = opened.draw(NETWORK)
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".filters, .tabs, .drawing .tools").first.is_visible()
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert printed.count(b"/Type /Page\n") >= 2


def test_the_theme_can_be_turned(visit: Visit) -> None:
    opened = visit(route=CASE, color_scheme="light")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    before = opened.page.evaluate(ground)
    opened.page.click("#theme")
    assert opened.page.evaluate(ground) != before
    assert opened.page.locator(".chart canvas").count() == 1


def test_five_thousand_alerts_and_two_hundred_members_do_not_stall(visit: Visit) -> None:
    began = time.monotonic()
    opened = visit("large", "#/subjects")
    loaded = time.monotonic() - began
    page = opened.page
    took = page.evaluate("""() => {
        const box = document.getElementById('search');
        const began = performance.now();
        box.value = 'C03'; box.dispatchEvent(new Event('input'));
        return performance.now() - began;
    }""")
    began = time.monotonic()
    opened.draw("#/network/NW-0000000000bb")
    drawn = time.monotonic() - began
    phone = visit("large", viewport=PHONE)
    phone.draw("#/network/NW-0000000000bb")
    used = phone.page.evaluate("""() => {
        const cy = document.getElementById('drawing')._cyreg.cy;
        const box = cy.nodes().renderedBoundingBox({ includeLabels: false });
        return [box.w / cy.width(), box.h / cy.height()];
    }""")
    assert min(used) > 0.5, "a tall frame is used, too"
    # Ten times what it takes on a quiet machine: a stall is no question of speed.
    assert (loaded < 15, took < 500, drawn < 20) == (True, True, True), (loaded, took, drawn)
    assert page.evaluate("() => document.querySelectorAll('main *').length") < 20_000
