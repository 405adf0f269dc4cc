"""The JSON formats, held to the rules of their readers (ms-swift 3, LLaMA-Factory 0.9, LLaVA 1.5 with POVID)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from awkward_run import WANTED, colour_of
from datasets import load_dataset
from PIL import Image

from burnish.export import ExportConfig, export_run
from burnish.export.verb import Format
from burnish.store import Run

Row = tuple[str, str, str, str]


def export(run: Run, tmp_path: Path, to: Format) -> Path:
    return export_run(ExportConfig(run=str(run.path), to=to, out=str(tmp_path / "out"))).folder


def opened(folder: Path, relative: str) -> str:
    assert not Path(relative).is_absolute()
    with Image.open(folder / relative) as image:
        return colour_of(image)


def test_swift(run: Run, tmp_path: Path) -> None:
    folder = export(run, tmp_path, "swift")
    rows = [json.loads(line) for line in (folder / "pairs.jsonl").read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        assert set(row) == {"messages", "rejected_response", "images"}
        user, assistant = row["messages"]
        assert (set(user), user["role"]) == ({"role", "content"}, "user")
        assert (set(assistant), assistant["role"]) == ({"role", "content"}, "assistant")
        assert user["content"].count("<image>") == len(row["images"]) == 1
        assert user["content"].startswith("<image>")
        # its reader deletes rows whose answers are equal, and a tag elsewhere would ask for another picture
        assert row["rejected_response"] != assistant["content"]
        assert "<image>" not in assistant["content"] + row["rejected_response"]
        question = user["content"].removeprefix("<image>")
        found.append((question, assistant["content"], row["rejected_response"], opened(folder, row["images"][0])))
    assert found == WANTED


def test_swift_is_read_by_the_loader_it_uses(run: Run, tmp_path: Path) -> None:
    folder = export(run, tmp_path, "swift")
    rows = load_dataset("json", data_files=str(folder / "pairs.jsonl"), split="train", cache_dir=str(tmp_path / "c"))
    assert [row["rejected_response"] for row in rows] == [rejected for _, _, rejected, _ in WANTED]


def test_llamafactory(run: Run, tmp_path: Path) -> None:
    folder = export(run, tmp_path, "llamafactory")
    ((name, entry),) = json.loads((folder / "dataset_info.json").read_text()).items()
    assert name == "burnish_pairs"
    assert (entry["formatting"], entry["ranking"]) == ("sharegpt", True)
    columns = entry["columns"]
    data = str(folder / entry["file_name"])
    # as its loader does for a local file
    rows = load_dataset("json", data_files=data, split="train", cache_dir=str(tmp_path / "cache"))
    found = [_llamafactory_row(folder, row, columns) for row in rows]
    assert found == WANTED


def _llamafactory_row(folder: Path, row: dict[str, Any], columns: dict[str, str]) -> Row:
    """The checks of LLaMA-Factory's ShareGPT converter and its picture plugin."""
    messages, chosen, rejected = row[columns["messages"]], row[columns["chosen"]], row[columns["rejected"]]
    assert len(messages) % 2 == 1, "a ranking example ends with the user's turn"
    assert [message["from"] for message in messages] == ["human"]
    assert isinstance(chosen, dict)
    assert isinstance(rejected, dict)
    assert chosen["from"] == rejected["from"] == "gpt"
    for answer in (chosen, rejected):  # every conversation must hold as many tags as there are pictures
        text = "".join(message["value"] for message in [*messages, answer])
        assert text.count("<image>") == len(row[columns["images"]]) == 1
    question = messages[0]["value"].removeprefix("<image>")
    return question, chosen["value"], rejected["value"], opened(folder, row[columns["images"]][0])


def test_llava(run: Run, tmp_path: Path) -> None:
    folder = export(run, tmp_path, "llava")
    rows = json.loads((folder / "pairs.json").read_text(encoding="utf-8"))
    assert isinstance(rows, list)
    found = []
    for row in rows:
        assert set(row) == {"id", "image", "conversations", "rejected_conversations"}
        human, chosen = row["conversations"]
        assert row["rejected_conversations"][0] == human, "the prompt is the same for both answers"
        rejected = row["rejected_conversations"][1]
        assert [human["from"], chosen["from"], rejected["from"]] == ["human", "gpt", "gpt"]
        assert human["value"].startswith("<image>\n")
        text = human["value"] + chosen["value"] + rejected["value"]
        assert text.count("<image>") == 1
        question = human["value"].removeprefix("<image>\n")
        found.append((question, chosen["value"], rejected["value"], opened(folder, row["image"])))
    assert found == WANTED
    assert [row["id"] for row in rows] == ["ocr/0/noise:800", "ocr/2/noise:800", "ocr/2/moco", "ocr/5/moco"]


@pytest.mark.parametrize(("to", "name"), [("llava", "pairs.json"), ("llamafactory", "burnish_pairs.json")])
def test_text_stays_readable_in_the_files(run: Run, tmp_path: Path, to: Format, name: str) -> None:
    assert "Grün — 猫 «?»" in (export(run, tmp_path, to) / name).read_text(encoding="utf-8")
