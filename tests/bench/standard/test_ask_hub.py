"""Benchmarks from data sets of the `datasets` library, with the columns that lmms-lab gave them on the Hub."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets import Dataset, Features, Image, List
from PIL import Image as Pictures

from burnish.records import Prediction
from burnish.store import Run
from releases import LETTER, SHORT, asked, grey_of, not_asked, use
from standard_files import ten

GREYS = (10, 250)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the library converts goes to the test's folder, quietly."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def _data(folder: Path, columns: dict[str, list[Any]], *, several: bool = False) -> str:
    """A Parquet file of two rows with pictures."""

    def encoded(grey: int) -> dict[str, Any]:
        buffer = io.BytesIO()
        Pictures.new("RGB", (8, 6), (grey,) * 3).save(buffer, format="PNG")
        return {"bytes": buffer.getvalue(), "path": None}

    bare = Dataset.from_dict(columns)
    pictures = [[encoded(grey)] if several else encoded(grey) for grey in GREYS]
    features = Features({**bare.features, "image": List(Image()) if several else Image()})
    Dataset.from_dict({**columns, "image": pictures}, features=features).to_parquet(folder / "test.parquet")
    return f"huggingface:{folder / 'test.parquet'}"


def _dark(request: Any) -> str:
    return "Yes" if grey_of(request) < 100 else "No"


def test_pope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, _dark)
    columns = {
        "question_id": ["1", "1"],
        "question": ["Is there a cup in the image?", "Is there a cat in the image?"],
        "answer": ["yes", "yes"],
        "image_source": ["COCO_1", "COCO_2"],
        "category": ["popular", "random"],
    }
    found = asked(tmp_path / "run", "pope", _data(tmp_path, columns))
    assert {name: split["accuracy"] for name, split in found["scores"]["splits"].items()} == {"popular": 1, "random": 0}
    prompts = {record.id: record.question for record in Run.open(tmp_path / "run").records(Prediction)}
    assert prompts["popular/1"] == f"Is there a cup in the image?\n{SHORT}"


def test_mme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "Yes")
    columns = {
        "question_id": ["count/0006.png"] * 2,
        "question": ["Are there two? Please answer yes or no.", "Are there three? Please answer yes or no."],
        "answer": ["Yes", "No"],
        "category": ["count"] * 2,
    }
    found = asked(tmp_path / "run", "mme", _data(tmp_path, columns))
    assert found["scores"]["tasks"]["count"]["score"] == 50


def test_ten_peoples_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda request: "cat" if grey_of(request) < 100 else "dog")
    people = [{"answer": answer, "answer_confidence": "yes"} for answer in ten(cat=10)]
    columns = {
        "question_id": [1, 2],
        "image_id": [7, 8],
        "question": ["What?", "Who?"],
        "answers": [people, people],
        "answer_type": ["other", "other"],
    }
    assert asked(tmp_path / "vqav2", "vqav2", _data(tmp_path, columns))["scores"]["accuracy"] == 0.5
    tokens = {**columns, "answers": [ten(cat=10)] * 2, "image_id": ["a", "b"], "ocr_tokens": [["X"], []]}
    assert asked(tmp_path / "textvqa", "textvqa", _data(tmp_path, tokens))["scores"]["accuracy"] == 0.5
    prompts = {record.id: record.question for record in Run.open(tmp_path / "textvqa").records(Prediction)}
    assert prompts["1"] == f"What?\nReference OCR token: X\n{SHORT}"


def test_scienceqa_is_over_the_questions_with_a_picture_and_counts_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, lambda _: "B")
    columns = {"question": ["Which?"] * 3, "choices": [["x", "y"]] * 3, "answer": [1, 1, 1], "subject": ["art"] * 3}
    buffer = io.BytesIO()
    Pictures.new("RGB", (8, 6)).save(buffer, format="PNG")
    pictures = [{"bytes": buffer.getvalue(), "path": None}, None, {"bytes": buffer.getvalue(), "path": None}]
    features = Features({**Dataset.from_dict(columns).features, "image": Image()})
    Dataset.from_dict({**columns, "image": pictures}, features=features).to_parquet(tmp_path / "test.parquet")
    found = asked(tmp_path / "run", "scienceqa", f"huggingface:{tmp_path / 'test.parquet'}")
    assert (found["questions"], found["left_out"], found["unanswered"]) == (2, {"no picture": 1}, {})
    assert (found["scores"]["n"], found["scores"]["accuracy"]) == (2, 1)
    assert (
        "Left out, because it is no part of the benchmark: no picture 1."
        in (tmp_path / "run/report/tables.md").read_text()
    )


def test_scienceqa_without_ids_and_seed_with_lists_of_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "B")
    columns = {
        "question": ["Which?", "Who?"],
        "choices": [["x", "y"], ["x", "y"]],
        "answer": [1, 0],
        "hint": ["", "Look."],
        "subject": ["social science"] * 2,
    }
    assert asked(tmp_path / "sqa", "scienceqa", _data(tmp_path, columns))["scores"]["accuracy"] == 0.5
    choices = {f"choice_{letter}": [letter, letter] for letter in "abcd"}
    rows = {
        "question_id": ["1", "2"],
        "data_id": ["p", "q"],
        "data_type": ["image", "image"],
        "question": ["Which?", "Which?"],
        "question_type_id": [1, 2],
        "answer": ["B", "C"],
        **choices,
    }
    found = asked(tmp_path / "seed", "seed", _data(tmp_path, rows, several=True))
    assert found["scores"]["accuracy"] == 0.5


def test_mmbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "A")
    columns = {
        "index": [3, 4],
        "question": ["Which?", "Who?"],
        "hint": [None, "Look."],
        "A": ["x", "x"],
        "B": ["y", "y"],
        "answer": ["A", "B"],
        "category": ["c", "c"],
    }
    found = asked(tmp_path / "run", "mmbench", _data(tmp_path, columns))
    assert found["scores"]["accuracy"] == 0.5
    assert found["scores"]["counts"]["questions in one rotation only"] == 2
    prompts = {record.id: record.question for record in Run.open(tmp_path / "run").records(Prediction)}
    assert prompts["3"] == f"Which?\nA. x\nB. y\n{LETTER}"


def test_a_table_without_pictures_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Dataset.from_dict({"question": ["What?"]}).to_parquet(tmp_path / "test.parquet")
    said = not_asked(capsys, tmp_path / "run", "gqa", f"huggingface:{tmp_path / 'test.parquet'}")
    assert "has no column `image`, only question" in said
    assert "has no option #ask" in not_asked(capsys, tmp_path / "run", "gqa", "huggingface:x#ask=what")
