"""Fixtures made for these tests, in the schemas of the official releases; none of their content is the releases'."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from burnish.cli import main

POPE = Path("/work/shared/data/pope")


def json_file(path: Path, value: object) -> Path:
    """One JSON document."""
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def lines_file(path: Path, rows: Iterable[object]) -> Path:
    """JSON lines."""
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return path


def table_file(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Tab-separated values, the first row the header."""
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def scored(folder: Path, *words: object) -> dict[str, Any]:
    """The JSON that `burnish score WORDS` writes."""
    out = folder / "scores.json"
    assert main(["score", *map(str, words), "--json", str(out)]) == 0
    numbers: dict[str, Any] = json.loads(out.read_text())
    answers = numbers.pop("recorded")["answers"]  # what `burnish compare` pairs, which has tests of its own
    assert len({answer["id"] for answer in answers}) == len(answers)
    assert numbers.pop("replies")["answered"] > 0
    return numbers


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one sentence with which `burnish score WORDS` refuses its input."""
    assert main(["score", *map(str, words)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("burnish: ") and said.count("\n") == 1
    return said


def pope_file(split: str) -> Path:
    """A real file of POPE's questions, where this machine has them."""
    path = POPE / f"coco_pope_{split}.json"
    if not path.is_file():
        pytest.skip(f"{path} is not there: the real POPE questions are read where they lie, never copied")
    return path


def ten(**counts: int) -> list[str]:
    """Ten people's answers: ten(cat=7, dog=3)."""
    answers = [word for word, count in counts.items() for _ in range(count)]
    assert len(answers) == 10
    return answers
