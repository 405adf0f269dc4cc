"""Whatever goes wrong is one sentence: the last net of the command line, and what used to fall through to it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from PIL import Image

from burnish import cli
from burnish.errors import ConfigError, SourceError
from burnish.flags import refuse_broken_words
from burnish.redaction import redacted
from burnish.sources import Sampling, stream


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What is said, in one line, by a call that ends with 2."""
    assert cli.main(list(words)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    return said


def test_a_fault_of_burnish_is_one_sentence_and_a_file(monkeypatch, capsys, tmp_path: Path) -> None:
    def broken(_name: str) -> object:
        raise KeyError("postgresql://me:secret@host/name")

    monkeypatch.setattr(cli, "load", broken)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(cli.tempfile, "tempdir", None)
    assert cli.main(["view", "run"]) == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "This is a fault of Burnish (KeyError" in said
    assert "secret" not in said
    [log] = tmp_path.glob("burnish-fault-*.log")
    assert str(log) in said
    text = log.read_text()
    assert "Traceback (most recent call last)" in text
    assert "burnish view run" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "text",
    [
        "a: 2024-13-45\n",  # a text, and no key of the verb
        "a: !!int abc\n",
        "a: !!float abc\n",
        "a: !!bool perhaps\n",
        "a: !!timestamp noon\n",
        "a: " + "[" * 400 + "]" * 400 + "\n",
        "a: &a [*a]\n",
        "b: &b [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"{chr(99 + i)}: &{chr(99 + i)} [{','.join([f'*{chr(98 + i)}'] * 10)}]\n" for i in range(7)),
        "\0",
        "a: b: c\n",
        "? [a]\n: b\n",
        "- 1\n",
        "<<: 3\n",
    ],
)
@pytest.mark.parametrize("verb", ["pairs", "recipe"])
def test_yaml_that_cannot_be_read_is_one_sentence(tmp_path: Path, capsys, verb: str, text: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    words = (
        ["pairs", "pocket", "--config", str(file)]
        if verb == "pairs"
        else ["run", str(file), "--out", str(tmp_path / "o")]
    )
    assert str(file) in run(capsys, *words)


def test_a_recipe_that_uses_itself(tmp_path: Path, capsys) -> None:
    (tmp_path / "a.yaml").write_text("uses: b.yaml\n")
    (tmp_path / "b.yaml").write_text("uses: ../" + tmp_path.name + "/a.yaml\n")
    assert "uses itself" in run(capsys, "run", str(tmp_path / "a.yaml"), "--out", str(tmp_path / "o"))


def test_a_value_that_is_no_yaml(tmp_path: Path, capsys) -> None:
    recipe = Path(__file__).parents[1] / "recipes" / "seva-table1.yaml"
    said = run(capsys, "run", str(recipe), "--out", str(tmp_path / "o"), "--value", "a=[1")
    assert "--value a=[1 cannot be read as YAML" in said


@pytest.mark.parametrize("words", [["pairs", "pocket", "--config"], ["compare"], ["simulate", "--config"]])
def test_a_pipe_is_not_waited_for(tmp_path: Path, capsys, words: list[str]) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    words = [*words, str(pipe)] + (["other.json"] if words == ["compare"] else [])
    assert "a pipe or a device" in run(capsys, *words)


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("q.jsonl", "folder:{}"),
        ("q.csv", "folder:{}"),
        ("q.parquet", "folder:{}"),
        ("q.json", "llava:{}"),
        ("q.json", "fire:{}"),
        ("q.txt", "folder:photos#ask=@{}"),
        ("t.csv", "folder:photos#ask=What?#truths={}"),
        ("photos/a.png", "folder:photos#ask=What?"),
    ],
)
def test_nor_in_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, spec: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "photos" / "b.png")
    os.mkfifo(name)
    try:
        outcomes = list(stream(spec.format(name), Sampling()))
    except SourceError as error:
        assert "is a pipe or a device" in str(error)
    else:
        assert [getattr(one, "reason", "") for one in outcomes] == ["", "missing image"]


def test_a_name_that_is_not_utf8(capsys) -> None:
    broken = os.fsdecode(b"r\xe9sultats")
    assert "is not UTF-8 text" in run(capsys, "show", broken)
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        refuse_broken_words(["--out", broken])


def test_a_flag_that_is_no_number(capsys) -> None:
    said = run(capsys, "train", "dpo", "x", "--model", "pocket", "--out", "o", "--weight-decay", "nan")
    assert "--weight-decay is nan" in said


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("postgresql://me:secret@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql://me:se/c@ret@host/db", "postgresql://me:***@host/db"),
        ("http://me:secret@host:8000/v1#name", "http://me:***@host:8000/v1#name"),
        ("http://host:8000/v1#org/name@main", "http://host:8000/v1#org/name@main"),
        ("http://host/v1?key=secret#name", "http://host/v1?key=***#name"),
        ("http://host/v1?api-version=3&api_key=secret&x=1", "http://host/v1?api-version=3&api_key=***&x=1"),
        ("see 'https://host/v1?token=secret' and more", "see 'https://host/v1?token=***' and more"),
        ("key=secret in no address", "key=secret in no address"),
    ],
)
def test_what_is_secret_in_addresses_is_hidden(text: str, safe: str) -> None:
    assert redacted(text) == safe


def test_a_password_is_in_no_message(capsys) -> None:
    for store in (
        "postgresql://me:secret@127.0.0.1:1/db",
        "mysql://me:secret@host/db",
        "postgresql://me:secret@h:port/d",
    ):
        assert "secret" not in run(capsys, "review", "summary", "--store", store)
    said = run(
        capsys, "pairs", "pocket", "--model", "http://me:secret@127.0.0.1:1/v1#x", "--out", "o", "--distort", "flip"
    )
    assert "secret" not in said


def test_a_port_that_is_none(capsys) -> None:
    said = run(capsys, "bench", "answers", "pocket", "--model", "http://127.0.0.1:99999/v1#x", "--out", "o")
    assert re.search(r"port 99999|99999", said)


def test_where_every_example_was_dropped_the_exit_code_says_so(tmp_path: Path, capsys) -> None:
    (tmp_path / "q.jsonl").write_text('{"image": "a.png", "question": "?"}\n')
    source = f"folder:{tmp_path / 'q.jsonl'}#root={tmp_path / 'nowhere'}"
    assert cli.main(["pairs", source, "--model", "pocket", "--distort", "flip", "--out", str(tmp_path / "out")]) == 2
    assert "missing image (1)" in capsys.readouterr().err.splitlines()[-1]
