"""A report of runs that can be compared, opened in a real browser: the answer first, the rest folded, nothing lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser_tab import Tab
from builders import answer, by_place, pair, write_run
from burnish.cli import main
from compared_runs import answers_run

SCRIPT = "<script>document.title = 'taken'</script><b>no</b>"
WRONG = {"natural": (range(9), range(24)), "balanced": (range(20), range(1, 21)), "counter": (range(40), range(9))}
"""Of 60 answers, before and after."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report as `burnish report runs/*` makes it, after before before, with pairs among the runs."""
    folder, runs = tmp_path_factory.mktemp("reported"), []
    for name, (before, after) in WRONG.items():
        asked = {"source": f"pocket:{name}", "thing": f"cup of {name}"}
        first = answers_run(folder / name / "before", before, said=SCRIPT, **asked)
        runs += [answers_run(folder / name / "after", after, adapter="runs/seva", baseline=first, **asked), first]
    pairs = [pair(i, answer(f"a red circle, {i}"), [answer(f"a blue square, {i}")]) for i in range(6)]
    runs.append(write_run(folder / "pairs", pairs, pictures=by_place(200)).path)
    words = ["--out", folder / "out", "--json", folder / "numbers.json", "--samples", 20]
    assert main(["report", *map(str, runs), *map(str, words)]) == 0
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> str:
    return (folder / "out" / "index.html").as_uri()


@pytest.fixture
def page(tab: Tab, address: str) -> Iterator[Page]:
    tab.page.goto(address)
    yield tab.page
    assert tab.errors == []
    assert not [url for url in tab.requests if url.startswith("http")]


def _top(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["y"]


def test_the_first_screen_answers_what_came_of_it(page: Page) -> None:
    title = (
        "pocket + seva against pocket: accuracy of yes or no on counter better by 51.7 points, on natural worse by 25.0"
    )
    expect(page.locator("h1")).to_have_text(title)
    assert page.title() == title
    expect(page.locator("header > .lead")).to_contain_text("both gave 180 answers to the same questions")
    told = page.locator(".verdicts > li")
    assert told.locator("> b").all_inner_texts() == ["Worse", "Undecided", "Better"]
    expect(told.last).to_contain_text("on counter: accuracy of yes or no 33.3 → 85.0")
    assert page.locator(".panel .change").all_inner_texts() == ["-25.0", "+0.0", "+51.7"]
    # verdicts and figure are whole on a screen of 800 pixels, and the questions have begun
    assert _top(page.locator(".flips-title")) < 700
    assert _top(page.locator(".flip .answer").first) < 800


def test_three_questions_that_flipped_have_their_pictures_and_answers(page: Page) -> None:
    expect(page.locator(".flips-title")).to_have_text("3 of 31 questions that flipped on counter: 31 won, 0 lost")
    flips = page.locator(".flips .flip")
    assert flips.count() == 3
    for flip in flips.all():
        flip.scroll_into_view_if_needed()
        expect(flip.locator(".rejected .answer")).to_have_text(SCRIPT)  # before, as text
        expect(flip.locator(".chosen .answer")).to_have_text("yes")
        expect(flip.locator(".truth")).to_have_text("Ground truth yes")
        assert flip.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 32
    assert page.locator(".answer b, .answer script").count() == 0


def test_all_else_is_folded_and_says_what_it_holds(page: Page) -> None:
    folds = page.locator("details.fold")
    assert folds.evaluate_all("all => all.filter(one => one.open).length") == 0
    titles = folds.locator("> summary h2").all_inner_texts()
    assert titles[:3] == ["Compared on natural", "Compared on balanced", "Compared on counter"]
    assert titles[3:6] == [f"Answers side by side: {name}" for name in WRONG]
    assert {"Answers: counter/after", "Preference pairs: pairs"} < set(titles)
    assert titles[-1] == "What made these runs"
    expect(page.locator("#s3 > summary .gist")).to_contain_text("verdict better")
    assert not page.locator("table").first.is_visible()


def test_links_open_what_they_lead_to(page: Page) -> None:
    page.locator(".verdicts a").last.click()
    expect(page.locator("#s3 table").first).to_be_visible()
    page.locator("#s3 > summary").click()
    expect(page.locator("#s3 table").first).to_be_hidden()
    page.locator(".verdicts a").last.click()  # the address is the same
    expect(page.locator("#s3 table").first).to_be_visible()
    link = page.locator(".flips .where a").first
    name = link.inner_text()
    link.click()
    expect(page.locator(".card:target .where a")).to_have_text(name)
    expect(page.locator(".card:target")).to_be_in_viewport()
    expect(page.locator(".card:target .answer")).to_have_text("yes")


@pytest.mark.parametrize("place", ["s3", "s9", "records", "r5", "origin"])
def test_an_address_opens_what_it_names(tab: Tab, address: str, place: str) -> None:
    tab.page.goto(f"{address}#{place}")
    inside = tab.page.locator(f"#{place}")
    expect(inside).to_be_in_viewport()
    assert inside.evaluate("one => (one.closest('details') ?? one).open")


def test_the_keyboard_folds_and_unfolds(page: Page) -> None:
    summary = page.locator("#s3 > summary")
    seen = 0
    while seen < 20 and not summary.evaluate("one => one === document.activeElement"):
        page.keyboard.press("Tab")
        seen += 1
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.locator("#s3 table").first).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator("#s3 table").first).to_be_hidden()


def test_all_of_it_is_printed(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.fold").evaluate_all("all => all.every(one => one.open)")


def test_folded_records_are_filtered_and_sorted(page: Page) -> None:
    page.locator("#records > summary").click()
    page.get_by_label("Run").select_option("pairs")
    expect(page.locator("form.filters output")).to_have_text(re.compile(r"^3 of \d+ shown$"))
    assert page.locator("#records .card").count() == 3
    assert page.locator(".flips .flip").count() == 3  # these are no records to be filtered


@pytest.mark.parametrize("width", [1280, 390])
def test_both_themes_fit_their_screens_folded_and_open(tab: Tab, address: str, width: int) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 800})

    def look(scheme: Any) -> int:
        page.emulate_media(color_scheme=scheme)
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", color)))

    assert look("light") > 600
    assert look("dark") < 150


def test_verdicts_stand_in_the_tables_and_numbers_too(folder: Path) -> None:
    markdown = (folder / "out" / "tables.md").read_text()
    assert markdown.startswith("# pocket + seva against pocket: accuracy of yes or no on counter better by 51.7 points")
    assert "\n- Better on counter: accuracy of yes or no 33.3 → 85.0 %, +51.7 points (95 % interval" in markdown
    numbers = json.loads((folder / "numbers.json").read_text())
    assert [(one["place"], one["verdict"]) for one in numbers["verdicts"]] == [
        ("natural", "worse"),
        ("balanced", "undecided"),
        ("counter", "better"),
    ]
    assert set(numbers["runs"]) == {*(f"{name}/{run}" for name in WRONG for run in ("before", "after")), "pairs"}
    assert {"changes.png", "changes.svg"} <= {path.name for path in (folder / "out").iterdir()}
