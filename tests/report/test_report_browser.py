"""The page of a report, opened from disk in a real browser: found, sorted, linked, safe, and fit for every screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser_tab import Tab
from builders import always, answer, by_place, pair, png, write_run
from burnish.records import Dialogue, Feedback, Response, Turn
from burnish.report import ReportConfig
from burnish.report.pages import write_report

WORDS = ("none", "single", "double", "triple", "fourth", "fifth")
EVIL = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\"><b>bold</b>"


@dataclass(frozen=True, kw_only=True)
class _Config:
    source: str = "dialogues.json"


def _dialogue(number: int, *scores: float) -> Dialogue:
    turns = tuple(
        Turn(
            response=Response(text=f"Thought: hm\nAnswer: {i}", thought=f"thinking of {number}", answer=f"it is {i}"),
            feedback=Feedback(text=f"Score: {score:g}", score=score, comment="a very long comment " * 30),
        )
        for i, score in enumerate(scores)
    )
    return Dialogue(id=f"d{number}", image="", question="How many?", answer="3", turns=turns, source="counting")


def _dialogues(folder: Path) -> None:
    records = [_dialogue(i, *scores) for i, scores in enumerate([(2, 5, 9), (4, 3), (8,)])]
    write_run(folder, records, kind="dialogues", config=_Config(), pictures=always(png((90, 40, 20), 500, 300)))


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report of pairs and dialogues."""
    folder = tmp_path_factory.mktemp("reported")
    pairs = [
        pair(
            i,
            answer(EVIL if i == 0 else f"a red circle, {WORDS[i]}", tokens=3, logp=-1.0),
            [answer(f"a blue square, {WORDS[i]}", tokens=3, logp=-2.0 - i)],
            source=("quiz", "riddle")[i % 2],
        )
        for i in range(6)
    ]
    write_run(folder / "pairs", pairs, pictures=by_place(200))
    _dialogues(folder / "talks")
    runs = (str(folder / "pairs"), str(folder / "talks"))
    write_report(ReportConfig(runs=runs, out=str(folder / "out"), samples=20))
    return (folder / "out" / "index.html").as_uri()


@pytest.fixture
def opened(tab: Tab, reported: str) -> Tab:
    tab.page.goto(reported)
    return tab


def _ids(page: Page) -> list[str]:
    return page.locator(".card .where a").all_inner_texts()


def _shown(page: Page, text: str) -> None:
    expect(page.locator("form.filters output")).to_have_text(text)


def test_records_are_filtered(opened: Tab) -> None:
    page = opened.page
    _shown(page, "9 of 9 shown")
    page.get_by_label("Source").select_option("riddle")
    _shown(page, "3 of 9 shown")
    assert _ids(page) == ["p1", "p3", "p5"]
    page.get_by_label("Search").fill("TRIPLE square")
    assert _ids(page) == ["p3"]
    page.get_by_label("Search").fill("")
    page.get_by_label("Source").select_option("all")
    page.get_by_label("Run").select_option("talks")
    _shown(page, "3 of 9 shown")


def test_records_are_sorted_and_those_without_the_number_come_last(opened: Tab) -> None:
    page = opened.page
    page.locator("[name=by]").select_option("margin")
    page.get_by_label("Order").select_option("falling")
    assert _ids(page)[:6] == ["p5", "p4", "p3", "p2", "p1", "p0"]
    page.get_by_label("Order").select_option("rising")
    assert _ids(page)[:6] == ["p0", "p1", "p2", "p3", "p4", "p5"]
    page.locator("[name=by]").select_option("last score")
    assert _ids(page)[:3] == ["d1", "d2", "d0"]
    page.get_by_label("Order").select_option("")
    assert _ids(page) == ["p0", "p1", "p2", "p3", "p4", "p5", "d0", "d1", "d2"]


def test_a_range_of_a_number_is_chosen(opened: Tab) -> None:
    page = opened.page
    page.locator("[name=by]").select_option("margin")
    page.get_by_label("from").fill("2")
    assert _ids(page) == ["p1", "p2", "p3", "p4", "p5"]  # dialogues have no margin
    page.get_by_label("to", exact=True).fill("3.5")
    assert _ids(page) == ["p1", "p2"]


def test_a_link_leads_to_its_record(opened: Tab) -> None:
    page = opened.page
    page.set_viewport_size({"width": 800, "height": 500})
    link = page.get_by_role("link", name="d2")
    address = link.evaluate("link => link.href")
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator(".card:target .where a")).to_have_text("d2")
    expect(page.locator(".card:target")).to_be_in_viewport()


def test_what_models_say_is_text(opened: Tab) -> None:
    page = opened.page
    expect(page.locator(".card").first.locator(".chosen .answer")).to_have_text(EVIL)
    assert page.locator(".answer b, .answer img, .answer script").count() == 0
    assert page.title() != "taken"


def test_nothing_is_loaded_from_anywhere(opened: Tab, reported: str) -> None:
    page = opened.page
    page.wait_for_load_state("networkidle")
    assert [url for url in opened.requests if not url.startswith("data:")] == [reported]
    assert opened.errors == []
    assert page.evaluate("[...document.images].every(i => i.loading === 'lazy' || i.naturalWidth > 0)")
    # Its policy would stop it, too.
    assert not page.evaluate("fetch('https://example.org').then(() => true, () => false)")


def test_a_dialogue_reads_as_a_chat(opened: Tab) -> None:
    card = opened.page.locator("#r7")
    assert card.locator(".rise meter").evaluate_all("bars => bars.map(bar => bar.value)") == [2, 5, 9]
    thought = card.locator("details p").first
    expect(thought).not_to_be_visible()
    card.locator("summary").first.click()
    expect(thought).to_have_text("thinking of 0")
    bubbles = [card.locator(name).first.bounding_box() for name in (".student", ".teacher")]
    assert bubbles[0] and bubbles[1]
    assert bubbles[0]["x"] < bubbles[1]["x"]  # the student at the left, the teacher at the right


def test_the_keyboard_reaches_everything(opened: Tab) -> None:
    page = opened.page
    seen = list[str]()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("(e => e.name || e.textContent.trim())(document.activeElement)"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", seen[-1]
        if seen[-1] == "d2":
            break
    assert {"q", "run", "source", "by", "least", "most", "order", "p0", "Thought", "d2"} <= set(seen)
    page.locator("[name=q]").focus()
    page.keyboard.type("circle fourth")
    _shown(page, "1 of 9 shown")


@pytest.mark.parametrize("width", [1280, 390])
def test_both_themes_fit_their_screens(tab: Tab, reported: str, width: int) -> None:
    page = tab.page
    page.set_viewport_size({"width": width, "height": 800})

    def look(scheme: Any) -> int:
        page.emulate_media(color_scheme=scheme)
        page.goto(reported)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.locator(".card").last.scroll_into_view_if_needed()
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", color)))

    assert look("light") > 600
    assert look("dark") < 150
