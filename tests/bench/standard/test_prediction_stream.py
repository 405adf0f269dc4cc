"""Predictions that are taken as questions go by, and the array in a document that is read one object at a time."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish.bench.standard.files import Item, streamed
from burnish.bench.standard.prediction_stream import Predictions
from burnish.errors import SourceError
from standard_files import lines_file


def _said(folder: Path, *rows: tuple[object, str]) -> Predictions:
    path = lines_file(folder / "said.jsonl", [{"id": key, "text": text} for key, text in rows])
    return Predictions(str(path), ("id",), ("text",))


def _asked(*keys: object) -> Iterator[Item]:
    return (Item(f"asked.json, item {i}", {"id": key}) for i, key in enumerate(keys, start=1))


def test_each_question_has_its_words_every_time(tmp_path: Path) -> None:
    """Ids are alike as text and as numbers, but 7 and 007 are two."""
    long = "a dog that lies on a sofa"
    said = _said(tmp_path, (7, "a dog"), ("007", "a dog"), ("x", long))
    first, again = ([(key, text) for key, _, text in said.beside(_asked("7", "007", "x"), "q")] for _ in range(2))
    assert first == again == [("7", "a dog"), ("007", "a dog"), ("x", long)]
    assert [*said] == ["a dog", "a dog", long]
    assert {type(text) for _, text in again} == {str}


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ((1, 2), "said.jsonl, line 3, is for question 3, which questions.json does not have"),
        ((1, 2, 3, 4, 5), "has no prediction for 2 of the 5 questions of questions.json, such as question 4"),
        ((1, 2, 3, 2), "asked.json, item 4, is the second question 2"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, asked: tuple[int, ...], complaint: str) -> None:
    said = _said(tmp_path, (1, "a"), (2, "b"), (3, "c"))
    with pytest.raises(SourceError, match=complaint):
        list(said.beside(_asked(*asked), "questions.json"))


def test_two_predictions_for_one_question_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 2, is the second prediction for question 1"):
        _said(tmp_path, (1, "a"), ("1", "b"))


def _streamed(folder: Path, text: str) -> list[dict[str, object]]:
    path = folder / "document.json"
    path.write_text(text)
    return [dict(item.values) for item in streamed(str(path), "rows", "get it")]


def test_a_documents_array_is_read_wherever_it_stands(tmp_path: Path) -> None:
    rows = [{"n": n, "text": "rows [1]" * 50_000} for n in range(6)]  # longer than what is read at once
    document = {"info": {"rows": [1]}, "before": ["rows"], "rows": rows, "after": {"a": []}}
    for indent in (None, 1):
        assert _streamed(tmp_path, json.dumps(document, indent=indent)) == rows
    assert _streamed(tmp_path, '{"rows": []}') == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "must be one object with a list `rows`"),
        ("{}", "has no `rows`: it has nothing"),
        ('{"other": 1}', "has no `rows`: it has other"),
        ('{"rows": {}}', "has {} as `rows`, and that must be a list"),
        ('{"rows": [1]}', "item 1 of `rows`, is not a JSON object"),
        ('{"rows": [{}, {}', "is broken JSON at line 1"),
        ('{"rows": [], }', "is broken JSON at line 1"),
        ('{"rows": []} {}', "is broken JSON at line 1"),
        ('{"a" 1, "rows": []}', "is broken JSON at line 1"),
    ],
)
def test_what_is_no_such_document_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SourceError, match=complaint):
        _streamed(tmp_path, text)
