"""A wrong flag gives one sentence: which flag, what is wrong, and where flags are explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cli import main


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("pairs S --model m --out o --limit three", "--limit is three, but takes a whole number"),
        ("pairs S --model m --out o --limit=", "--limit is , but takes a whole number"),
        ("train dpo R --model m --out o --lr fast", "--lr is fast, but takes a number"),
        ("bench sampled S --model m --out o --temperatures 0 hot", "--temperatures is 0 hot, but takes numbers"),
        ("run R --scale big", "--scale is big, but takes one of pocket, paper"),
        ("pairs S --model m --out o --limt 3", "There is no flag --limt (did you mean --limit?)"),
        ("pairs S --model m --out o --xyzzy", "There is no flag --xyzzy"),
        ("pairs S --out o --modle m", "There is no flag --modle, and --model must be given"),
        ("pairs S more --model m --out o", "more belongs to no flag"),
        ("pairs S --model m --out", "--out has no value"),
        ("simulate S --teacher oracle", "--out and --student must be given"),
        ("run", "RECIPE must be given"),
        ("compare", "BEFORE and AFTER must be given"),
    ],
)
def test_a_wrong_flag_is_one_sentence(words: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 2
    verb = " ".join(word for word in words.split()[:2] if word.islower())
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"burnish: {sentence}: `burnish {verb} --help` explains every flag.\n")


def test_a_files_value_names_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "flags.yaml"
    file.write_text("limit: three\n")
    words = ["pairs", "S", "--model", "m", "--out", "o", "--config", str(file)]
    assert main(words) == 2
    assert f"burnish: {file}: --limit is three, but takes a whole number" in capsys.readouterr().err
    assert main([*words, "--limit", "four"]) == 2
    assert "burnish: --limit is four, but" in capsys.readouterr().err
