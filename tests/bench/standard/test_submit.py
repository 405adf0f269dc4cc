"""`burnish submit`: the files that servers take, and the workbook that MMBench's does."""

import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from burnish.cli import main
from burnish.store.xlsx import write_sheet
from standard_files import json_file, lines_file, table_file

SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def _sheet(path: Path) -> list[list[str]]:
    """The text of each cell of a workbook."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))  # every part is XML
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [["".join(cell.itertext()) for cell in row] for row in root.iterfind(".//m:row", SPACE)]


def _submit(*words: object) -> int:
    return main(["submit", *map(str, words)])


def test_vqav2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = json_file(tmp_path / "q.json", {"questions": [{"question_id": n, "image_id": 1} for n in (5, 6)]})
    said = lines_file(tmp_path / "p.jsonl", [{"question_id": 6, "text": "The Two dogs."}])
    out = tmp_path / "answers.json"
    words = ["vqav2", "--questions", questions, "--predictions", said, "--out", out]
    assert _submit(*words) == 2
    assert "no prediction for 1 of the 2 questions" in capsys.readouterr().err and not out.exists()
    assert _submit(*words, "--missing", "empty") == 0
    assert json.loads(out.read_text()) == [{"question_id": 5, "answer": ""}, {"question_id": 6, "answer": "2 dogs"}]
    assert "empty ones       1" in capsys.readouterr().out


def test_vizwiz(tmp_path: Path) -> None:
    questions = json_file(tmp_path / "test.json", [{"image": "b.jpg", "question": "q"}, {"image": "a.jpg"}])
    said = [{"question_id": "a.jpg", "text": "Unanswerable"}, {"image": "b.jpg", "text": "a can."}]
    predictions = lines_file(tmp_path / "p.jsonl", said)
    out = tmp_path / "answers.json"
    assert _submit("vizwiz", "--questions", questions, "--predictions", predictions, "--out", out) == 0
    expected = [{"image": "b.jpg", "answer": "can"}, {"image": "a.jpg", "answer": "unanswerable"}]
    assert json.loads(out.read_text()) == expected


def test_mmbench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        ["index", "question", "hint", "A", "B", "C", "category", "image", "split"],
        [1, "what?", "look", "007", "<dog>", "", "c", "AAAA", "test"],
        [1000001, "what?", "", "dog", "cat", "cow", "c", "AAAA", "test"],
    ]
    table = table_file(tmp_path / "test.tsv", rows)
    said = [{"question_id": 1000001, "text": "B"}, {"question_id": 1, "text": 'A & "B"'}]
    words = ["mmbench", "--questions", table, "--predictions", lines_file(tmp_path / "p.jsonl", said), "--out"]
    out = tmp_path / "mmbench.xlsx"
    assert _submit(*words, out) == 0
    assert _sheet(out) == [
        ["index", "question", "A", "B", "C", "prediction", "split"],
        ["1", "what?", "007", "<dog>", "", 'A & "B"', "test"],
        ["1000001", "what?", "dog", "cat", "cow", "B", "test"],
    ]
    assert _submit(*words, tmp_path / "mmbench.json") == 2
    assert "--out must end in .xlsx" in capsys.readouterr().err


def test_equal_tables_are_equal_files_and_odd_characters_do_no_harm(tmp_path: Path) -> None:
    rows = [["a", 1, None], ["\x00é😀\x1f\n", 2, "</t>"]]
    for name in ("one.xlsx", "two.xlsx"):
        write_sheet(tmp_path / name, rows)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert _sheet(tmp_path / "one.xlsx") == [["a", "1", ""], ["é😀\n", "2", "</t>"]]
