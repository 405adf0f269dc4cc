"""The viewer in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from viewed import Served, pair, served, write, writing

from browser_tab import Tab

EVIL = "<script>document.title = 'taken'</script><b>bold</b>"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A finished run of 120 pairs, some of them evil, with tables and figures."""
    folder = tmp_path_factory.mktemp("browser")
    records = [
        pair(n, source="ab"[n % 2], margin=n % 10, said=EVIL if n == 3 else f"a red circle, {n}") for n in range(120)
    ]
    with served(write(folder / "run", records).path) as server:
        server.wait(lambda state: bool(state["told"]))
        yield server


@pytest.fixture
def page(tab: Tab, server: Served) -> Page:
    tab.page.goto(server.url)
    return tab.page


def _shows(page: Page, heading: str | re.Pattern[str]) -> None:
    """Wait until the page has this heading, and its script runs."""
    expect(page.locator("#records h2")).to_have_text(heading)
    page.wait_for_load_state()


def test_the_form_filters_sorts_and_searches(page: Page) -> None:
    _shows(page, "Records 1–50 of 120")
    page.get_by_label("Source").select_option("b")  # at once, without the button
    _shows(page, "Records 1–50 of 60 found")
    page.locator("[name=by]").select_option("margin")
    page.get_by_label("from").fill("8")
    page.get_by_role("button", name="Find").click()
    _shows(page, "Records 1–12 of 12 found")
    page.get_by_label("Search").fill("circle 49")
    page.keyboard.press("Enter")
    _shows(page, "1 record")
    assert page.url.endswith("?q=circle+49&source=b&by=margin&least=8")
    page.get_by_role("link", name="All", exact=True).click()
    _shows(page, "Records 1–50 of 120")


def test_keys_turn_pages_and_records(page: Page) -> None:
    for key, heading in (("ArrowRight", "51–100"), ("j", "101–120"), ("k", "51–100")):
        page.keyboard.press(key)
        _shows(page, f"Records {heading} of 120")
    page.locator(".card .where a").first.click()
    expect(page.locator(".pager b")).to_have_text("Record 51 of 120")
    page.wait_for_load_state()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".pager b")).to_have_text("Record 50 of 120")
    page.go_back()
    page.go_back()
    page.keyboard.press("/")
    page.keyboard.type("jjk")  # into the field, where keys are letters
    expect(page.get_by_label("Search")).to_have_value("jjk")


def test_an_answer_full_of_script_is_shown_as_text(page: Page, server: Served) -> None:
    page.goto(f"{server.url}record/4")
    expect(page.locator(".chosen .answer")).to_have_text(EVIL)
    assert page.title() == "p3 · run"
    assert page.locator(".answer b").count() == 0


def test_it_works_without_its_script(browser: Browser, server: Served) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server.url)
        page.get_by_label("Source").select_option("a")
        page.get_by_label("Search").fill("circle")
        page.get_by_role("button", name="Find").click()
        _shows(page, "Records 1–50 of 60 found")
        page.get_by_role("link", name="Next").click()
        _shows(page, "Records 51–60 of 60 found")


def test_new_records_are_told_of_and_loaded_when_asked_for(tab: Tab, tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(0)], done=False).path
    with served(run) as server:
        server.wait(lambda state: bool(state["told"]))
        page = tab.page
        page.goto(server.url)
        _shows(page, "1 record")
        with writing(run, pause_s=0.2):
            expect(page.locator("#news")).to_have_text(re.compile(r"^\d+ new records?$"))
            _shows(page, "1 record")  # nothing moved under the reader's hands
            page.locator("#news a").click()
            _shows(page, re.compile(r"Records 1–\d+ of \d+"))
        page.goto("about:blank")  # which asks the server for nothing more


@pytest.mark.parametrize("width", [1280, 390])
def test_both_themes_fit_their_screens(tab: Tab, server: Served, width: int) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 800})

    def look(scheme: Any, path: str) -> str:
        page.emulate_media(color_scheme=scheme)
        page.goto(server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        drawn = "[...document.images].filter((one) => one.complete).map((one) => one.naturalWidth)"
        assert 0 not in page.evaluate(drawn)
        assert tab.errors == []
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    for path in ("", "?page=2", "record/1"):
        light, dark = (sum(map(int, re.findall(r"\d+", look(scheme, path)))) for scheme in ("light", "dark"))
        assert light > 600
        assert dark < 150
    page.wait_for_load_state("networkidle")
    assert tab.errors == []
