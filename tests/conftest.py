"""What tests of several rooms need."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

import burnish  # noqa: F401 - before any library imports torchvision, which it lets stand beside any build of torch
from browser_tab import Tab
from patience import HANG_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

os.environ["BURNISH_VERBOSE"] = "1"
"""Tests read every table that a verb could print; what it prints of itself is `test_few_tables.py`'s."""
SLOW = Path(__file__).with_name("slow")
"""All tests in this folder are slow, beside those that are marked so."""
FEW_DOTS = 50
"""Per inch."""
USUAL_DOTS: dict[str, int] = {}
"""As they were before the first test that draws."""
CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests run where BURNISH_SLOW is set, as `make test-slow` sets it."""
    for item in items:
        if SLOW in item.path.parents:
            item.add_marker("slow")
    if "BURNISH_SLOW" not in os.environ:
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def pytest_collection_finish() -> None:
    """Each training collects garbage as it begins, and need not look through all modules of all libraries for it."""
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Figures for print take long to draw: those of tests have few pixels, but where print is what is tested."""
    if plots := cast("Any", sys.modules.get("burnish.report.plots")):
        usual = USUAL_DOTS.setdefault("DPI", plots.DPI)
        plots.DPI = usual if item.get_closest_marker("for_print") else FEW_DOTS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window, driven by Playwright; it waits as long as a busy machine needs."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: Debian's package is chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * HANG_S)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=1000 * HANG_S)
        opened.new_context = _patient(opened)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def shared_tab(browser: Browser) -> Iterator[Tab]:
    """One page for a module's tests, as each new one costs a second."""
    with browser.new_context() as context:
        tab = Tab(context.new_page(), [], [])
        tab.page.on("request", lambda request: tab.requests.append(request.url))
        tab.page.on("console", lambda message: tab.errors.append(message.text))
        tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
        yield tab


@pytest.fixture
def tab(shared_tab: Tab) -> Tab:
    """The module's page, empty and of a laptop's size."""
    shared_tab.page.goto("about:blank")
    shared_tab.page.set_viewport_size({"width": 1280, "height": 800})
    shared_tab.page.emulate_media(color_scheme="light")
    shared_tab.requests.clear()
    shared_tab.errors.clear()
    return shared_tab


def _patient(browser: Browser) -> Any:
    """The browser's `new_context`, whose pages wait as long: a limit of its own in each test would be forgotten."""
    plain = browser.new_context

    def new_context(**options: Any) -> BrowserContext:
        context = plain(**options)
        context.set_default_timeout(1000 * HANG_S)
        return context

    return new_context
