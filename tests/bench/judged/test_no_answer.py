"""An empty answer is none: no judge is asked about it, and each benchmark's rule stands for the reply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from burnish.cli import main
from judge_server import answers_file, bench, judgements, judging, numbers


def test_an_answer_wins_over_none_and_the_judge_is_asked_about_two(tmp_path: Path) -> None:
    one = answers_file(tmp_path / "one.jsonl", {"1": "a cat", "2": "", "3": " \n", "4": "a dog"})
    two = answers_file(tmp_path / "two.jsonl", {"1": "a hat", "2": "a bat", "3": "", "4": ""})
    with judging(lambda _: "Verdict: first") as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", "--answers", one, two) == 0
        assert len(judge.asked) == 2, "both orders of question 1"
    found = numbers(tmp_path / "run")
    [pair] = found["pairs"]
    assert (pair["wins"], pair["ties"], pair["losses"], pair["contradictions"]) == (1, 2, 1, 1)
    assert (found["bias"]["first"], found["bias"]["second"], found["bias"]["tie"]) == (2, 0, 0)
    assert (found["judging"]["n"], found["judging"]["settled"]) == (2, 6)


def test_an_empty_answer_of_mmvet_is_graded_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = tmp_path / "mm-vet.json"
    part = {"imagename": "a.png", "question": "Which?", "answer": "x", "capability": ["ocr"]}
    questions.write_text(json.dumps({"v1_0": part, "v1_1": {**part, "imagename": "b.png"}}))
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"v1_0": "x", "v1_1": ""}))
    with judging(lambda _: "1.0") as judge:
        words = ["--questions", questions, "--answers", answers]
        assert bench("mmvet", judge.flag, tmp_path / "run", *words) == 0
        assert len(judge.asked) == 1
    assert numbers(tmp_path / "run")["scores"]["total"] == 50
    assert [one.settled for one in judgements(tmp_path / "run")] == ["", "0.0"]
    assert "1 more were not asked about: there was no answer to judge" in " ".join(capsys.readouterr().out.split())
    scored = ["score", "mmvet", "--questions", str(questions), "--judgements", str(tmp_path / "run" / "grades.json")]
    assert main(scored) == 0


def test_where_no_answer_is_there_at_all_there_is_no_result(tmp_path: Path) -> None:
    one, two = (answers_file(tmp_path / f"{name}.jsonl", {"1": "", "2": ""}) for name in ("one", "two"))
    with judging(lambda _: "Verdict: tie") as judge:
        assert bench("pairwise", judge.flag, tmp_path / "run", "--answers", one, two) == 2
        assert judge.asked == []
