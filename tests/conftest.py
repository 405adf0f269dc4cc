"""What tests of several rooms need."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

import burnish  # noqa: F401 - before any library imports torchvision, which it lets stand beside any build of torch
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


def _patient(browser: Browser) -> Any:
    """The browser's `new_context`, whose pages wait as long: a limit of its own in each test would be forgotten."""
    plain = browser.new_context

    def new_context(**options: Any) -> BrowserContext:
        context = plain(**options)
        context.set_default_timeout(1000 * HANG_S)
        return context

    return new_context
