"""`--to vlmevalkit`: the workbook's name and columns, read back from its XML; and runs that it does not take."""

from __future__ import annotations

import json
import zipfile
from dataclasses import make_dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from builders import write_run
from burnish.cli import main
from burnish.records import Dropped, Json, Prediction

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _run(folder: Path, benchmark: str, predictions: list[Prediction | Dropped], **config: Json) -> Path:
    """A finished run of `bench standard`."""
    given = {"model": "org/llava-7b", "adapter": None, **config}
    flags = make_dataclass("Flags", given)(**given)
    return write_run(folder / "run", predictions, kind="standard", config=flags, summary={"benchmark": benchmark}).path


def _answered(key: str, text: str, answer: str, source: str, **facts: Json) -> Prediction:
    return Prediction(id=key, image="", question=f"{key}?", answer=answer, text=text, source=source, facts=facts)


def _sheet(folder: Path, run: Path, name: str) -> list[dict[str, str]]:
    """The rows of the workbook that the export writes."""
    out, counts = folder / "out", folder / "counts.json"
    assert main(["export", str(run), "--to", "vlmevalkit", "--out", str(out), "--json", str(counts)]) == 0
    with zipfile.ZipFile(out / name) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    rows = [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{SPACE}row")]
    header, *cells = rows
    return [dict(zip(header, row, strict=True)) for row in cells]


def test_yes_or_no(tmp_path: Path) -> None:
    predictions = [
        _answered("random/1", "Yes, there is", "yes", "random", picture="1.jpg"),
        _answered("popular/1", "No", "no", "popular", picture="1.jpg"),
        Dropped(id="popular/2", source="popular", reason="refused"),
    ]
    rows = _sheet(tmp_path, _run(tmp_path, "pope", predictions), "llava-7b_POPE.xlsx")
    common = {"image_path": "1.jpg"}
    assert rows == [
        {
            "index": "0",
            "question": "random/1?",
            "answer": "Yes",
            "category": "random",
            **common,
            "prediction": "Yes, there is",
        },
        {"index": "1", "question": "popular/1?", "answer": "No", "category": "popular", **common, "prediction": "No"},
    ]
    assert json.loads((tmp_path / "counts.json").read_text())["left_out"] == {"refused": 1}


def test_mmbenchs_index_is_the_official_one(tmp_path: Path) -> None:
    facts: dict[str, Json] = {"question": "Which?", "options": {"A": "x", "B": "y"}, "groups": ["c", "coarse"]}
    run = _run(
        tmp_path, "mmbench", [_answered("1000003", "B", "A", "c", **facts)], split="dev", language="cn", adapter="a/b"
    )
    (row,) = _sheet(tmp_path, run, "llava-7b-b_MMBench_DEV_CN.xlsx")
    expected = {"index": "1000003", "question": "Which?", "A": "x", "B": "y", "answer": "A", "category": "c"}
    assert row == {**expected, "l2-category": "coarse", "prediction": "B"}


def test_ten_peoples_answers_are_a_list(tmp_path: Path) -> None:
    run = _run(tmp_path, "textvqa", [_answered("7", "Nokia", "nokia", "textvqa", answers=["nokia", "it's"])])
    (row,) = _sheet(tmp_path, run, "llava-7b_TextVQA_VAL.xlsx")
    assert row["answer"] == """['nokia', "it's"]"""


def test_other_runs_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--to", "vlmevalkit", "--out", str(tmp_path / "out")]
    run = _run(tmp_path, "shr", [_answered("1", "A dog.", "", "shr")])
    assert main(["export", str(run), *words]) == 2
    assert "holds answers to shr, and VLMEvalKit takes of a run pope, mme" in capsys.readouterr().err
    (run / "done.json").unlink()
    assert main(["export", str(run), *words]) == 2
    assert "give a finished run of `burnish bench standard`" in capsys.readouterr().err
