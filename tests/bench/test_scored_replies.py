"""`burnish score` tells what became of the recorded replies; none of them an answer is no score, and exit code 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders import write_run
from burnish.bench.free_rules import FreeRules
from burnish.cli import main
from burnish.records import Dropped
from fire_items import made_item


def pope(root: Path, *texts: str) -> list[str]:
    """The words that score these answers to as many questions of POPE."""
    rows = [{"question_id": i, "image": f"{i}.jpg", "text": "A cat?", "label": "yes"} for i in range(len(texts))]
    said = [{"question_id": i, "text": text} for i, text in enumerate(texts)]
    for name, lines in (("coco_pope_random.json", rows), ("said.jsonl", said)):
        (root / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return ["pope", "--questions", str(root / "coco_pope_random.json"), "--predictions", str(root / "said.jsonl")]


def fixed(root: Path, *texts: str) -> list[str]:
    """The same for a teacher's feedback to as many dialogues of one turn."""
    (root / "fire.json").write_text(json.dumps([made_item(5, image=f"{i}.png") for i in range(len(texts))]))
    said = [{"id": i, "turn": 1, "role": "teacher", "text": text} for i, text in enumerate(texts)]
    (root / "said.jsonl").write_text("".join(json.dumps(line) + "\n" for line in said))
    return ["fixed", "--references", str(root / "fire.json"), "--predictions", str(root / "said.jsonl")]


def scored(root: Path, words: list[str]) -> tuple[int, dict[str, Any]]:
    code = main(["score", *words, "--json", str(root / "scores.json")])
    return code, json.loads((root / "scores.json").read_text())


@pytest.mark.parametrize("kind", [pope, fixed], ids=["standard", "fixed"])
def test_replies_are_counted_and_said_first(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: Any) -> None:
    code, told = scored(tmp_path, kind(tmp_path, "yes", " \n", "no", "yes"))
    assert code == 0 and len(told) > 1
    assert {name: told["replies"][name] for name in ("asked", "answered", "empty")} == {
        "asked": 4,
        "answered": 3,
        "empty": 1,
    }
    out = capsys.readouterr().out
    assert out.lstrip().startswith("Of 4 replies 1 (25.0 %) are not whole answers: 1 empty.")
    assert "Replies" in out


@pytest.mark.parametrize("kind", [pope, fixed], ids=["standard", "fixed"])
def test_no_answer_is_no_score(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: Any) -> None:
    code, told = scored(tmp_path, kind(tmp_path, "", " "))
    assert code == 2
    assert [*told] == ["replies"] and told["replies"]["empty"] == 2
    assert "said.jsonl has no answer (replies: 2 empty)" in " ".join(capsys.readouterr().err.split())


def test_free_dialogues_count_both_roles_and_what_is_no_dialogue(tmp_path: Path) -> None:
    (tmp_path / "fire.json").write_text(json.dumps([made_item(4, 9), {"image": "x.png"}]))
    code, told = scored(tmp_path, ["free", str(tmp_path / "fire.json")])
    assert code == 0 and told["replies"]["asked"] == told["replies"]["answered"] == 4
    assert sum(told["replies"]["left_out"].values()) == 1
    lost = Dropped(id="1", source="s", reason="refused", replies=("refused",))
    run = write_run(tmp_path / "run", [lost], kind="dialogues", config=FreeRules())
    code, told = scored(tmp_path, ["free", str(run.path)])
    assert code == 2 and [*told] == ["replies"]
    assert (told["replies"]["refused"], told["replies"]["left_out"]) == (1, {"refused": 1})
