"""The README's example: its very lines, run on a tiny model and a directory of pictures."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import tiny_models
from burnish.cli import main

README = Path(__file__).resolve().parents[1] / "README.md"


def _commands(model: Path) -> list[list[str]]:
    """The words of every `burnish` line of the block that sets `M=`, with another model."""
    (block,) = (part for part in README.read_text(encoding="utf-8").split("```")[1::2] if "\nM=" in part)
    lines = [line for line in block.splitlines()[1:] if line.startswith("burnish ")]
    return [[word.replace("$M", str(model)) for word in shlex.split(line)[1:]] for line in lines]


def test_its_example_runs_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("photos", "held-out"):
        (tmp_path / folder).mkdir()
        for number in range(3):
            tiny_models.picture(number + len(folder)).save(tmp_path / folder / f"{number}.png")
    commands = _commands(tiny_models.tiny_llava(tmp_path / "model"))
    assert [words[0] for words in commands] == ["pairs", "train", "bench", "bench", "compare"]
    for words in commands:
        assert main(words) == 0, words
    assert "answers changed" in " ".join(capsys.readouterr().out.split())
    page = (tmp_path / "runs" / "after" / "compared" / "index.html").read_text()
    assert "Release gate (--fail-if worse): passed" in page and "What is in this picture?" in page
