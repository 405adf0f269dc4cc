"""The page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from review_runs import SCRIPT, dialogue, dialogues_run, write_run
from served import flags, served

from browser_tab import Tab
from burnish.review.database import open_database
from burnish.review.ratings import read_ratings


def _values(store: Path) -> list[str]:
    with open_database(str(store)) as engine:
        return sorted(rating.value for rating in read_ratings(engine))


def test_a_case_is_rated_by_keyboard_alone_and_is_there_after_a_reload(browser: Browser, tmp_path: Path) -> None:
    store = tmp_path / "ratings.sqlite"
    with served(*flags(dialogues_run(tmp_path / "run").path, store)) as server, browser.new_context() as context:
        page = context.new_page()
        page.goto(server.links()[0])
        for key in "54":
            page.keyboard.press(key)
        expect(page.locator("#state")).to_have_text("Saved")
        page.reload()
        expect(page.locator('input[name="feedback-1"][value="5"]')).to_be_checked()
        expect(page.locator('input[name="response-2"][value="4"]')).to_be_checked()
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Case 2 of 3")
        expect(page.locator(".far label")).to_have_text("1 of 3 done")
        for heading in ("Case 3 of 3", "Thank you."):
            page.wait_for_load_state()
            for key in ("1", "2", "1", "ArrowUp", "2", "Enter"):  # up again from the button, to think again
                page.keyboard.press(key)
            expect(page.locator("h1")).to_have_text(heading)
    assert _values(store) == ["1", "1", "2", "2", "2", "2", "3", "4", "5"]


def test_two_rate_at_once(browser: Browser, tmp_path: Path) -> None:
    store = tmp_path / "ratings.sqlite"
    with served(*flags(dialogues_run(tmp_path / "run").path, store)) as server:
        contexts = [browser.new_context() for _ in range(2)]
        pages = [context.new_page() for context in contexts]
        for page, link in zip(pages, server.links(), strict=True):
            page.goto(link)
        for one, other in zip("123", "555", strict=True):
            pages[0].keyboard.press(one)
            pages[1].keyboard.press(other)
        for page in pages:
            page.keyboard.press("Enter")
            expect(page.locator("h1")).to_have_text("Case 2 of 3")
        for context in contexts:
            context.close()
    assert _values(store) == ["1", "2", "3", "5", "5", "5"]


def test_of_two_models_answers_the_better_is_chosen_by_keyboard_whichever_side_it_stands_on(
    browser: Browser, tmp_path: Path
) -> None:
    store, numbers = tmp_path / "ratings.sqlite", range(8)
    good = write_run(tmp_path / "alpha", [dialogue(n, answers=("two", f"three of {n}")) for n in numbers])
    bad = write_run(tmp_path / "beta", [dialogue(n, answers=("two", f"nine of {n}")) for n in numbers])
    words = [str(bad.path), *flags(good.path, store, ask="models", sample=8, raters=1)]
    keys = list[str]()
    with served(*words) as server, browser.new_context() as context:
        page = context.new_page()
        page.goto(server.links()[0])
        for position in numbers:
            expect(page.locator("h1")).to_have_text(f"Case {position + 1} of 8")
            page.wait_for_load_state()
            left, right = page.locator(".sides section").all_inner_texts()
            assert ("three of" in left) != ("three of" in right)
            assert not {"alpha", "beta"} & set(re.findall(r"\w+", page.content()))  # whose it is, is not told
            keys.append("t" if position == 7 else "a" if "three of" in left else "b")
            page.keyboard.press(keys[-1])
            expect(page.locator("#state")).to_have_text("Saved")
            page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Thank you.")
    assert {*keys} == {"a", "b", "t"}  # the sides are shuffled
    assert _values(store) == [*["second"] * 7, "tie"]


def test_an_answer_full_of_script_is_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [dialogue(1, answers=(SCRIPT, SCRIPT))])
    with served(*flags(run.path, tmp_path / "ratings.sqlite")) as server, browser.new_context() as context:
        page = context.new_page()
        page.goto(server.links()[0])
        expect(page.locator(".part.answer span").first).to_have_text(SCRIPT)
        assert page.title().startswith("Case 1")
        assert page.locator(".part b b, .part span b").count() == 0


def test_a_rating_given_while_the_server_is_gone_is_sent_when_it_is_back(browser: Browser, tmp_path: Path) -> None:
    store, run = tmp_path / "ratings.sqlite", dialogues_run(tmp_path / "run")
    with browser.new_context() as context:
        page = context.new_page()
        with served(*flags(run.path, store)) as server:
            page.goto(server.links()[0])
            server.kill()
        page.keyboard.press("4")
        expect(page.locator("#state")).to_contain_text("Not saved yet")
        with served(*flags(run.path, store), port=int(server.url.rpartition(":")[2])):
            expect(page.locator("#state")).to_have_text("Saved")
    assert _values(store) == ["4"]


@pytest.mark.parametrize("width", [1280, 390])
def test_both_themes_fit_their_screens(tab: Tab, tmp_path: Path, width: int) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 800})

    def look(scheme: Any) -> str:
        page.emulate_media(color_scheme=scheme)
        page.goto(server.links()[0])
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("document.querySelector('img').naturalWidth") == 48
        assert tab.errors == []
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    with served(*flags(dialogues_run(tmp_path / "run").path, tmp_path / "ratings.sqlite")) as server:
        light, dark = (sum(map(int, re.findall(r"\d+", look(scheme)))) for scheme in ("light", "dark"))
    assert light > 600
    assert dark < 150
