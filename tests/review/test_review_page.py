"""The page's answers, without a socket: what is shown, what is kept, and who is kept out."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from review_runs import SCRIPT, dialogue, pair, write_run

from builders import begin, picture
from burnish.records import PreferencePair
from burnish.review import database
from burnish.review.asks import ASKS
from burnish.review.config import AskName, ReviewConfig
from burnish.review.database import open_database
from burnish.review.ratings import Rating, read_ratings
from burnish.review.study import Study
from burnish.review.web import app
from burnish.review.web.app import create_app
from burnish.review.web.serve import begin_study
from burnish.store import Run
from burnish.web.guard import MOST_BYTES


class _Site:
    def __init__(self, client: TestClient, study: Study, store: str) -> None:
        self.client, self.study, self._store = client, study, store
        self.here = f"/{study.raters[0].token}"

    def said(self) -> list[Rating]:
        with open_database(self._store) as engine:
            return list(read_ratings(engine))


@contextmanager
def _site(tmp_path: Path, *runs: Run, ask: AskName = "scores", host: str = "127.0.0.1") -> Iterator[_Site]:
    store = str(tmp_path / "ratings.sqlite")
    config = ReviewConfig(runs=tuple(str(run.path) for run in runs), ask=ask, raters=2, store=store)
    with open_database(store) as engine:
        study = begin_study(config, runs, engine)
        with TestClient(create_app(study, ASKS[ask], runs, host=host), base_url="http://localhost:8000") as client:
            yield _Site(client, study, store)


def _dialogues(tmp_path: Path) -> Run:
    return write_run(
        tmp_path / "hidden-split", [dialogue(n, source="hidden-source", answers=("two", SCRIPT)) for n in (901, 902)]
    )


WHOLE = {"feedback-1": "5", "response-2": "2", "feedback-2": "4"}


def test_texts_are_shown_as_text_and_the_rater_is_blind(tmp_path: Path) -> None:
    with _site(tmp_path, _dialogues(tmp_path)) as site:
        page = site.client.get(f"{site.here}/1").text
    assert "&lt;script&gt;" in page
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/review.js" defer>']
    for hidden in ("hidden-split", "hidden-source", "d901", "d902"):
        assert hidden not in page
    assert "Improvement" in page
    assert "Constructiveness" in page


def test_sides_are_swapped_on_the_page_and_not_in_the_store(tmp_path: Path) -> None:
    run = write_run(tmp_path / "pairs", [pair(n, "the chosen one", "the other") for n in range(12)], kind="pairs")
    seen = set[bool]()
    with _site(tmp_path, run, ask="chosen") as site:
        for position in range(1, 13):
            page = site.client.get(f"{site.here}/{position}").text
            assert 'value="first"' not in page
            chosen_is_a = page.index("the chosen one") < page.index("the other")
            seen.add(chosen_is_a)
            site.client.put(f"{site.here}/{position}/better", json={"value": "a" if chosen_is_a else "b"})
            assert re.search(r'value="(\w)"[^>]* checked', site.client.get(f"{site.here}/{position}").text)
        said = site.said()
    assert seen == {True, False}
    assert [rating.value for rating in said] == ["first"] * 12


def test_the_form_works_without_the_script_and_comes_back_for_what_is_missing(tmp_path: Path) -> None:
    with _site(tmp_path, _dialogues(tmp_path)) as site:
        answer = site.client.post(f"{site.here}/1", data={"feedback-1": "5"}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{site.here}/1")
        answer = site.client.post(f"{site.here}/1", data=WHOLE, follow_redirects=False)
        assert answer.headers["location"] == f"{site.here}/2"
        assert "1 of 2 done" in site.client.get(site.here).text  # goes on where it stopped
        assert "Thank you" in site.client.post(f"{site.here}/2", data=WHOLE).text
        assert {rating.item: rating.value for rating in site.said()} == WHOLE


@pytest.mark.parametrize(("item", "value"), [("feedback-1", "6"), ("feedback-1", ""), ("response-1", "3"), ("x", "3")])
def test_what_the_page_does_not_offer_is_refused(tmp_path: Path, item: str, value: str) -> None:
    with _site(tmp_path, _dialogues(tmp_path)) as site:
        assert site.client.put(f"{site.here}/1/{item}", json={"value": value}).status_code == 422
        assert site.client.post(f"{site.here}/1", data={item: value}).status_code == 422
        assert site.said() == []


def test_pictures_come_from_the_run_and_from_nowhere_else(tmp_path: Path) -> None:
    with _site(tmp_path, _dialogues(tmp_path)) as site:
        found = {site.client.get(f"{site.here}/{place}/picture").content for place in (1, 2)}
        assert found == {picture(901), picture(902)}
        for path in ("3/picture", "../../etc/passwd", "1/../../manifest.json"):
            assert site.client.get(f"{site.here}/{path}").status_code in (404, 422)
        assert site.client.get("/static/../app.py").status_code == 404
        assert site.client.get("/static/%2e%2e/app.py").status_code == 404


def test_without_a_link_nothing_can_be_seen_or_rated(tmp_path: Path) -> None:
    """Another site cannot know the link, and there is no cookie that a browser would send for it."""
    with _site(tmp_path, _dialogues(tmp_path), host="0.0.0.0") as site:
        front = site.client.get("/")
        assert not re.search("[0-9a-f]{40}", front.text)
        assert "set-cookie" not in site.client.get(f"{site.here}/1").headers
        wrong = "/" + "0" * 40
        assert site.client.get(f"{wrong}/1").status_code == 404
        assert site.client.put(f"{wrong}/1/feedback-1", json={"value": "5"}).status_code == 404
        assert site.client.post(f"{wrong}/1", data=WHOLE, headers={"Origin": "https://evil.example"}).status_code == 404
        assert site.said() == []


def test_on_loopback_only_its_own_names_are_answered(tmp_path: Path) -> None:
    with _site(tmp_path, _dialogues(tmp_path)) as site:
        assert site.client.get("/", headers={"Host": "evil.example"}).status_code == 400
        assert len(re.findall('href="/[0-9a-f]{40}"', site.client.get("/").text)) == 2


def test_beyond_loopback_floods_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "REQUESTS_A_MINUTE", 5)
    with _site(tmp_path, _dialogues(tmp_path), host="0.0.0.0") as site:
        codes = [site.client.get("/static/icon.svg").status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2


def test_all_pictures_of_a_question_are_shown(tmp_path: Path) -> None:
    run = write_run(tmp_path / "pairs", [pair(1, "left", "right")], kind="pairs")
    with begin(tmp_path / "two", like=run) as two:
        keys = [two.add_image(picture(number)) for number in (1, 2)]
        two.append([replace(one, image=keys[0], more_images=(keys[1],)) for one in run.records(PreferencePair)])
        two.finish({})
    with _site(tmp_path, two, ask="chosen") as site:
        found = re.findall(r'<img\s+src="([^"]+)"', site.client.get(f"{site.here}/1").text)
        assert [site.client.get(one).content for one in found] == [picture(1), picture(2)]
        assert site.client.get(f"{site.here}/1/picture?number=3").status_code == 404


def test_large_bodies_are_refused_and_every_answer_has_its_headers(tmp_path: Path) -> None:
    with _site(tmp_path, _dialogues(tmp_path)) as site:
        large = site.client.post(f"{site.here}/1", content=b"x" * (MOST_BYTES + 1))
        assert large.status_code == 413
        for answer in (
            large,
            site.client.get("/"),
            site.client.get("/nothing/here/at/all"),
            site.client.get(f"{site.here}/1"),
        ):
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_positions_that_nothing_has_are_not_found(tmp_path: Path) -> None:
    with _site(tmp_path, _dialogues(tmp_path)) as site:
        for position in (0, -1, 3, 1 << 31, 1 << 63, 10**23):
            assert site.client.get(f"{site.here}/{position}").status_code == 404
            assert site.client.get(f"{site.here}/{position}/picture").status_code == 404
            assert site.client.post(f"{site.here}/{position}", data=WHOLE).status_code == 404
            assert site.client.put(f"{site.here}/{position}/feedback-1", json={"value": "5"}).status_code == 404


def test_while_another_process_writes_the_page_asks_to_wait(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(database, "_BUSY_S", 0.01)
    with _site(tmp_path, _dialogues(tmp_path)) as site:
        other = sqlite3.connect(tmp_path / "ratings.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = site.client.put(f"{site.here}/1/feedback-1", json={"value": "5"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "another process is writing to it" in answer.text
        other.execute("ROLLBACK")
        other.close()
        assert site.client.put(f"{site.here}/1/feedback-1", json={"value": "5"}).status_code == 204


def test_a_damaged_case_or_picture_is_a_sentence(tmp_path: Path) -> None:
    run = _dialogues(tmp_path)
    with _site(tmp_path, run) as site:
        for path in (run.path / "images").rglob("*.png"):
            path.write_bytes(b"another")
        answer = site.client.get(f"{site.here}/1/picture")
        assert answer.status_code == 503
        assert "is not the picture that its name says" in answer.text
        with sqlite3.connect(tmp_path / "ratings.sqlite") as store:
            store.execute("UPDATE cases SET content = '[1'")
        store.close()
        answer = site.client.get(f"{site.here}/1")
        assert answer.status_code == 503
        assert "holds a case that cannot be read" in answer.text
