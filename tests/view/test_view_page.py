"""The viewer's answers, without a socket: what is shown, what is refused, and who is kept out."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from viewed import dropped, index_of, pair, write

from builders import picture, write_run
from burnish.ids import content_key
from burnish.view import app
from burnish.view.app import create_app

EVIL = """<script>alert("1")</script><img src=x onerror='alert(2)'>"""


@contextmanager
def _site(run: Path, *, told: bool = False, host: str = "127.0.0.1", secret: str = "") -> Iterator[TestClient]:
    made = create_app(run, index_of(run, told=told), host=host, secret=secret)
    with TestClient(made, base_url="http://localhost:8001", follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A site of 120 pairs and one dropped example."""
    records = [pair(number, source="ab"[number % 2]) for number in range(120)]
    run = write(tmp_path_factory.mktemp("page") / "run", [*records, dropped(1, "too long")])
    with _site(run.path) as client:
        yield client


def _questions(page: str) -> list[str]:
    return re.findall(r'<h3 class="question">(.*?)</h3>', page)


def _link(page: str, rel: str) -> str:
    return re.findall(rf'<a href="([^"]*)" rel="{rel}">', page)[0].replace("&amp;", "&")


def test_pages_follow_each_other_and_keep_what_was_chosen(many: TestClient) -> None:
    first = many.get("/", params={"source": "a", "by": "tokens", "order": "falling"}).text
    assert "Records 1–50 of 60 found" in first
    second = many.get(_link(first, "next")).text
    assert "Records 51–60 of 60 found" in second
    assert len(set(_questions(first) + _questions(second))) == 60
    assert 'rel="next"' not in second
    assert parse_qs(urlsplit(_link(second, "prev")).query) == {
        "source": ["a"], "by": ["tokens"], "order": ["falling"]
    }  # fmt: skip
    assert "<option selected>a</option>" in second
    assert '<option value="falling" selected>' in second


def test_what_is_dropped_is_shown_to_those_who_ask(many: TestClient) -> None:
    page = many.get("/").text
    assert "Records 1–50 of 120<" in page
    assert "120 records</a> of 121 examples: choose a reason" in page
    assert _questions(many.get("/", params={"label": "too long"}).text) == ["too long"]


def test_a_record_has_a_link_of_its_own(many: TestClient) -> None:
    page = many.get("/record/2").text
    assert _questions(page) == ["What is it, 1?"]
    assert (_link(page, "prev"), _link(page, "next")) == ("/record/1", "/record/3")
    by_id = many.get("/record", params={"id": "p1"})
    assert (by_id.status_code, by_id.headers["location"]) == (307, "/record/2")
    assert 'rel="next"' not in many.get("/record/121").text


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/?page=4", 404, "There is no page 4: 120 records were found."),
        ("/?page=0", 422, "page is &#39;0&#39;"),
        ("/?page=x", 422, "page is &#39;x&#39;"),
        ("/?page=99999999999999999999", 422, "page is"),
        ("/?by=tokens&least=few", 422, "from is &#39;few&#39;, which is not a number."),
        ("/?by=tokens&order=up", 422, "order is &#39;up&#39;, which is neither rising nor falling."),
        ("/?by=x&order=rising", 422, "by is &#39;x&#39;, which is not one of the numbers: tokens, margin."),
        (f"/?q={'x' * 501}", 422, "q is"),
        (f"/?q={EVIL}&page=9", 404, "There is no page 9"),
        (f"/?source={EVIL}", 200, "No record was found"),
        ("/record/0", 404, "There is no record 0: the run has 121 so far."),
        ("/record/122", 404, "There is no record 122"),
        ("/record/99999999999999999999", 404, "There is no record 99,999"),
        ("/record/x", 422, "number is &#39;x&#39;"),
        ("/record?id=p999", 404, "There is no record &#39;p999&#39;"),
        ("/record", 422, "id is"),
        ("/nowhere", 404, "Not Found"),
    ],
)
def test_bad_addresses_are_answered_in_a_sentence(many: TestClient, path: str, status: int, sentence: str) -> None:
    answer = many.get(path)
    assert answer.status_code == status
    assert sentence in answer.text
    assert "<script>alert" not in answer.text


def test_nothing_can_be_changed(many: TestClient) -> None:
    for path in ("/", "/record/1", "/state", f"/picture/{content_key(picture(1))}"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert many.request(method, path).status_code in (405, 413)


def test_texts_are_shown_as_text(tmp_path: Path) -> None:
    evil = pair(1, said=EVIL, source=EVIL)
    run = write(tmp_path / "<b>run", [evil, dropped(1, EVIL)])
    with _site(run.path, told=True) as client:
        for path in ("/", "/record/1", f"/?q={EVIL}", f"/?label={EVIL}"):
            page = client.get(path).text
            assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/view.js" defer>']
            assert "<img src=x" not in page and "<b>run" not in page
            assert "&lt;script&gt;" in page


def test_pictures_come_from_the_run_and_from_nowhere_else(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1)]).path
    outside = tmp_path / "secret.png"
    outside.write_bytes(picture(9))
    key = content_key(picture(1))
    link = run / "images" / "ff" / f"{'f' * 64}.png"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    with _site(run) as client:
        found = client.get(f"/picture/{key}")
        assert (found.content, found.headers["content-type"]) == (picture(1), "image/png")
        assert "immutable" in found.headers["cache-control"]
        assert client.get(f"/picture/{'f' * 64}").status_code == 422  # a link that leads out
        tricks = ("0" * 64, key.upper(), f"{key}.png", "..%2f..%2fmanifest.json", "%2e%2e/manifest.json", "%00")
        for name in (*tricks, "../../manifest.json", "a" * 10_000):
            assert client.get(f"/picture/{name}").status_code == 404
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fapp.py"):
            assert client.get(path).status_code == 404


def test_distorted_pictures_are_those_of_the_run(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(200, spec="invert")]).path
    key = content_key(picture(200))
    with _site(run) as client:
        drawn = client.get(f"/picture/{key}", params={"distortion": "invert", "seed": 200})
        assert Image.open(io.BytesIO(drawn.content)).convert("RGB").getpixel((0, 0)) == (55, 165, 95)
        shown = re.findall(r'<img[^>]* src="([^"]*)"', client.get("/").text)
        assert shown == [f"/picture/{key}", f"/picture/{key}?distortion=invert&amp;seed=200"]
        for spec in ("grey", "invert+invert", "invert " * 100, "nothing"):  # none of them was made
            answer = client.get(f"/picture/{key}", params={"distortion": spec})
            assert answer.status_code in (404, 422)
        for seed in ("-1", str(1 << 63), "x"):
            assert client.get(f"/picture/{key}", params={"distortion": "invert", "seed": seed}).status_code == 422
        assert client.get(f"/picture/{'0' * 64}", params={"distortion": "invert"}).status_code == 404


def test_a_picture_that_is_missing_is_no_failure_of_the_page(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1)]).path
    for path in (run / "images").rglob("*.png"):
        path.unlink()
    with _site(run) as client:
        assert client.get("/").status_code == 200
        assert client.get(f"/picture/{content_key(picture(1))}").status_code == 404


def test_the_first_page_has_the_reports_tables_and_figures(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(number) for number in range(60)]).path
    with _site(run) as client:
        assert "Tables and figures are being made" in client.get("/").text
    with _site(run, told=True) as client:
        page = client.get("/").text
        assert "Answer length" in page and "What made this run" in page and "seed 7" in page
        (figure,) = re.findall(r'<img class="drawing" src="(figure/[^"]*)"', page)
        drawn = client.get(f"/{figure}")
        assert drawn.headers["content-type"] == "image/svg+xml" and b"<svg" in drawn.content
        assert "Answer length" not in client.get("/?page=2").text
        assert client.get("/figure/nothing").status_code == 404


def test_what_cannot_be_told_yet_is_left_out_with_a_sentence(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [dropped(1)], kind="compose", done=False)
    with _site(run.path, told=True) as client:
        page = client.get("/").text
    assert "No tables and figures are shown: " in page and "has no scores yet" in page


def test_a_training_has_its_curves_and_no_records(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [], kind="dpo", done=False)
    (run.path / "log.jsonl").write_text('{"step": 1, "loss": 0.7}\n{"step": 2, "loss": 0.6}\n')
    with _site(run.path, told=True) as client:
        page = client.get("/").text
        assert "Training, 2 steps" in page and 'class="drawing"' in page
        assert "No record" not in page and "filters" not in page
        before = client.get("/state").json()["told"]
        with (run.path / "log.jsonl").open("a") as log:
            log.write('{"step": 3, "loss": 0.5}\n')
        index_of(run.path, told=True)
        assert client.get("/state").json()["told"] != before
        assert "Training, 3 steps" in client.get("/").text


def test_beyond_loopback_nothing_is_seen_without_the_secret(tmp_path: Path) -> None:
    run, secret = write(tmp_path / "run", [pair(1)]).path, "5ec7e7" * 6
    with _site(run, host="0.0.0.0", secret=secret) as client:
        page = client.get(f"/{secret}/").text
        assert f'href="/{secret}/record/1"' in page and f'src="/{secret}/picture/' in page
        assert client.get(f"/{secret}/state").status_code == 200
        for path in ("/", "/state", "/record/1", "/static/view.css", f"/{'0' * 36}/", f"/{secret[:-1]}/"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert secret not in answer.text and "a red circle" not in answer.text


def test_beyond_loopback_floods_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "REQUESTS_A_MINUTE", 5)
    run = write(tmp_path / "run", [pair(1)]).path
    with _site(run, host="0.0.0.0", secret="5ec7e7") as client:
        assert [client.get("/guess/").status_code for _ in range(7)] == [404] * 5 + [429] * 2


def test_on_loopback_only_its_own_names_are_answered(many: TestClient) -> None:
    assert many.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_every_answer_has_its_headers(many: TestClient) -> None:
    for path in ("/", "/state", "/nowhere", "/static/view.js", "/static/page.css", "/?page=x"):
        headers = many.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_run_that_changed_under_the_reader_is_told_of(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1), pair(2)]).path
    with _site(run) as client:
        (run / "records" / "00000.jsonl").write_bytes(b"")
        answer = client.get("/")
        assert answer.status_code == 503
        assert "has become shorter than it was" in answer.text


def test_pages_without_the_index_say_so(tmp_path: Path) -> None:
    run = write(tmp_path / "run", [pair(1)]).path
    with _site(run) as client:
        for path in tmp_path.glob("run.sqlite*"):
            path.unlink()
        answer = client.get("/")
        assert answer.status_code == 503
        assert "start `burnish view` again" in answer.text
