"""A real browser for the report: Chromium of the system, driven by playwright, without any network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.folders import hostile, large
from thbscreen.report.html.write import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

#: With `required`, a missing browser fails the tests instead of skipping them.
REQUIRED = os.environ.get("THBSCREEN_BROWSER") == "required"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1360, "height": 900}


def _missing(why: str) -> None:
    if REQUIRED:
        pytest.fail(f"{why}, and THBSCREEN_BROWSER says that the browser tests must run")
    pytest.skip(f"{why}; the tests of the report in a browser were not run")


# Not for the whole session: other tests start processes and should have no browser beside them.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        _missing("there is no Chromium on this machine")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed")
    with sync_playwright() as driver:
        # Everything here runs as root on some machines, where Chromium wants no sandbox.
        running = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the report of one of the two folders, made once."""
    makers = {
        "hostile": hostile, "large": large, "greek": hostile,
        "ring": lambda folder: large(folder, alerts=2, members=20),
    }  # fmt: skip
    made: dict[str, Path] = {}

    def give(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("reports") / name
            makers[name](folder)
            made[name] = write_report(folder, language="el" if name == "greek" else "en")
        return made[name]

    return give


@dataclass
class Opened:
    """A page, and everything that it did which a report may not do."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def go(self, route: str) -> Page:
        self.page.goto(f"{self.address}{route}")
        self.page.wait_for_selector("html[data-ready]")
        # A new fragment is no new page: the view changes when the event comes.
        self.page.evaluate("() => new Promise((done) => setTimeout(done))")
        return self.page

    def draw(self, route: str) -> Page:
        page = self.go(route)
        page.wait_for_selector("#drawing[data-ready]")
        return page


@pytest.fixture
def visit(browser: Browser, reports: Callable[[str], Path]) -> Iterator[Callable[..., Opened]]:
    """Opens a report; afterwards nothing may have been said on the console, asked for, or run."""
    contexts: list[BrowserContext] = []
    pages: list[Opened] = []

    def visit(name: str = "hostile", route: str = "", **options: Any) -> Opened:
        context = browser.new_context(**{"viewport": DESKTOP, "offline": True, **options})
        contexts.append(context)
        page = context.new_page()
        opened = Opened(page, reports(name).as_uri())
        page.on("console", lambda message: opened.wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: opened.wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: opened.wrong.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: _asked(opened, request.url))
        pages.append(opened)
        opened.go(route)
        return opened

    yield visit
    hurt = [page.page.evaluate("() => window.hurt") for page in pages]
    for context in contexts:
        context.close()
    assert [page.wrong for page in pages if page.wrong] == []
    assert [h for h in hurt if h is not None] == []


def _asked(opened: Opened, address: str) -> None:
    if address.partition("#")[0] != opened.address:
        opened.wrong.append(f"request: {address}")
