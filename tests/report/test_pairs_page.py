"""The page of pairs: what it shows, and that nothing it shows can act."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from builders import answer, by_place, dropped, pair, write_run
from burnish.distort import parse
from burnish.records import PreferencePair
from burnish.report.diff import marked
from burnish.report.opening import plain_opening
from burnish.report.page import report_page, sample
from burnish.report.section import NamedRun
from burnish.report.sections import section_of
from burnish.store import Run

EVIL = """<script>alert("1")</script><img src=x onerror='alert(2)'>"""


class _Elements(HTMLParser):
    """Every tag with its attributes, as a browser would find them; unclosed ones are an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("img", "meta", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _page(run: Run, count: int = 10) -> str:
    named, section = NamedRun("run", run), section_of("run", run)
    return report_page(plain_opening([named], [], [section]), [section], [named], samples=count, seed=0)


def _urls(html: str) -> list[str]:
    """Where the pictures come from; figures aside."""
    images = [attributes for tag, attributes in _Elements(html).found if tag == "img"]
    return [image["src"] or "" for image in images if image.get("class") != "drawing"]


def _picture(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB")


@pytest.mark.parametrize(
    ("text", "others", "html"),
    [
        ("a red car", ["a blue car"], "a <mark>red</mark> car"),
        ("a red car", ["a red car"], "a red car"),
        ("dark red car", ["car"], "<mark>dark red</mark> car"),  # one stroke over both words and their space
        ("a red car", ["a red bus", "a blue car"], "a <mark>red car</mark>"),
        ("yes.", ["no."], "<mark>yes</mark>."),  # punctuation is a word of its own
        ("two\nlines", ["two  words"], "two\n<mark>lines</mark>"),
        ("红车", ["蓝车"], "<mark>红</mark>车"),
        ("", ["x"], ""),
        ("a < b", ["a > b"], "a <mark>&lt;</mark> b"),
        ("x", [""], "<mark>x</mark>"),
    ],
)
def test_differing_words_are_marked(text: str, others: list[str], html: str) -> None:
    assert marked(text, others) == html


def test_every_text_is_escaped(tmp_path: Path) -> None:
    evil = pair(1, answer(EVIL), [answer(f"{EVIL}!")], question=EVIL, source=EVIL, truth=EVIL)
    html = _page(write_run(tmp_path / "<b>run", [evil, dropped(1, EVIL, source=f"{EVIL}2")]))
    elements = _Elements(html).found
    tags = [tag for tag, _ in elements]
    assert tags.count("script") == 1  # the page's own
    assert {"b onerror", "iframe", "link"}.isdisjoint(tags)
    assert all(not name.startswith("on") for _, attributes in elements for name in attributes)
    assert all((attributes["src"] or "").startswith("data:image/") for tag, attributes in elements if tag == "img")
    assert html.count("&lt;script&gt;") >= 6  # question, two answers, truth, source, reason


def test_nothing_outside_the_file_is_needed_or_allowed(tmp_path: Path) -> None:
    html = _page(write_run(tmp_path / "run", [pair(1, answer("a"), [answer("b")])]))
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:|//|/|\.)""", html)
    assert "default-src &#39;none&#39;; img-src data:" in html


def test_the_distorted_picture_is_made_again_from_its_seed(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [pair(3, answer("a"), [answer("b")], distortions=["invert"])])
    urls = _urls(_page(run))
    clean, distorted = map(_picture, urls)
    assert clean.getpixel((0, 0)) == (0, 40, 90)
    assert distorted.getpixel((0, 0)) == (255, 215, 165)


def test_noise_in_pixel_space_can_be_seen(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [pair(3, answer("a"), [answer("b")], distortions=[parse("noise:500").spec])])
    urls = _urls(_page(run))
    colors = _picture(urls[1]).getcolors(maxcolors=5000)
    assert colors is not None and len(colors) > 500  # of 32 x 32 pixels; the clean picture has one


def test_a_damaged_and_a_missing_picture_cost_no_page(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [pair(n, answer(f"a{n}"), [answer("b")]) for n in range(3)])
    torn, gone, _ = (run.image_path(one.image) for one in run.records(PreferencePair))
    torn.write_bytes(b"torn")
    gone.unlink()
    html = _page(Run.open(run.path))
    assert len(_urls(html)) == 2  # those of the third pair
    assert html.count("The picture cannot be shown.") == 4
    assert "is not the picture that its name says" in html and "holds no picture" in html
    assert all(f"a{n}" in html for n in range(3))


def test_large_pictures_become_small_files(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [pair(1, answer("a"), [answer("b")])], pictures=by_place(600))
    urls = _urls(_page(run))
    assert [max(_picture(url).size) for url in urls] == [336, 336]
    assert all(url.startswith("data:image/webp") and len(url) < 100_000 for url in urls)


def test_many_negatives_stand_beside_the_chosen_answer(tmp_path: Path) -> None:
    html = _page(write_run(tmp_path / "run", [pair(1, answer("a b"), [answer("a"), answer("b"), answer("c d")])]))
    figures = [attributes.get("class") for tag, attributes in _Elements(html).found if tag == "figure"]
    assert figures == ["chosen", "rejected", "rejected", "rejected"]
    assert "flip:1" in html and "grey" in html and "invert" in html


def test_the_page_tells_the_runs_numbers_and_origin(tmp_path: Path) -> None:
    records = [pair(1, answer("dog", tokens=2, logp=-1.25), [answer("cat", tokens=2)], truth="a dog"), dropped(1, "x")]
    html = _page(write_run(tmp_path / "run", records))
    for told in ("50.0 %", "2 tokens, log p -1.2", "a dog", "p1</a>\n · quiz", "ab" * 32, "seed 7"):
        assert told in html
    assert "not finished" not in html
    assert "not finished" in _page(write_run(tmp_path / "unfinished", records, done=False))


def test_a_run_whose_examples_were_all_dropped_says_so(tmp_path: Path) -> None:
    html = _page(write_run(tmp_path / "run", [dropped(1, "equal answers")]))
    assert "No record to show" in html and "equal answers" in html
    _Elements(html)


def test_very_long_answers_are_cut(tmp_path: Path) -> None:
    html = _page(write_run(tmp_path / "run", [pair(1, answer("word " * 100_000), [answer("b")])]))
    assert len(html) < 110_000


def test_samples_are_drawn_evenly_and_keep_their_order() -> None:
    pairs = [pair(i, answer("a"), [answer("b")]) for i in range(50)]
    drawn = [[int(one.id[1:]) for one in sample(pairs, 10, seed)] for seed in range(400)]
    assert all(ids == sorted(set(ids)) and len(ids) == 10 for ids in drawn)
    times = [sum(ids.count(i) for ids in drawn) for i in range(50)]
    # Each pair is in 400 * 10 / 50 = 80 samples, give or take sqrt(400 * 0.2 * 0.8) = 8: five of these are 40.
    assert all(40 <= n <= 120 for n in times)
    assert sample(pairs, 10, 3) == sample(pairs, 10, 3)
    assert sample(pairs, 100, 0) == pairs
    assert sample(pairs, 0, 0) == []
