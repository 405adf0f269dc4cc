"""`burnish bench standard scienceqa`, `mmbench`, `seed`: options, rotations, pictures in cells, refusals."""

from pathlib import Path

import pytest

from burnish.records import Prediction
from burnish.store import Run
from releases import (
    LETTER,
    MMBENCH_HEADER,
    asked,
    grey_of,
    lines_of,
    mmbench,
    not_asked,
    picture,
    picture_text,
    scienceqa,
    use,
)
from standard_files import json_file, scored


def _prompts(run: Path) -> dict[str, str]:
    return {record.id: record.question for record in Run.open(run).records(Prediction)}


def test_mmbench_is_right_where_every_rotation_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # on the dark picture it knows the answer; on the bright one it always says B, right in one rotation of two
    use(monkeypatch, lambda request: "cat" if grey_of(request) < 100 else "B")
    data = mmbench(tmp_path / "data")
    found = asked(tmp_path / "run", "mmbench", data)
    assert (found["scores"]["accuracy"], found["scores"]["n"], found["scores"]["pictures"]) == (0.5, 2, 2)
    assert found["scores"]["counts"]["questions in one rotation only"] == 0
    assert found["scores"]["groups"]["animals"]["value"] == 1
    prompts = _prompts(tmp_path / "run")
    assert prompts["1000000"] == f"Look.\nWhich?\nA. dog\nB. cat\n{LETTER}"
    assert prompts["1"] == f"Who?\nA. Ann\nB. Bob\n{LETTER}"  # neither the hint nan nor the option None is any
    predictions = tmp_path / "run" / "predictions.jsonl"
    words = ("mmbench", "--questions", data / "mmbench_dev_20230712.tsv", "--predictions", predictions)
    assert scored(tmp_path, *words) == found["scores"]


def test_chinese_questions_end_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "A")
    asked(tmp_path / "run", "mmbench", mmbench(tmp_path / "data", "MMBench_DEV_CN.tsv"), "--language", "cn")
    assert _prompts(tmp_path / "run")["0"] == "Look.\nWhich?\nA. cat\nB. dog\n请直接回答选项字母。"


def test_all_rotations_of_a_question_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "A")
    found = asked(tmp_path / "run", "mmbench", mmbench(tmp_path / "data"), "--limit", "1")
    assert (found["questions"], found["scores"]["n"]) == (2, 1)


def test_mmbenchs_test_set_has_no_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "A")
    file = mmbench(tmp_path / "data") / "mmbench_dev_20230712.tsv"
    rows = [line.split("\t") for line in file.read_text().splitlines()]
    kept = [[cell for name, cell in zip(MMBENCH_HEADER, row, strict=True) if name != "answer"] for row in rows]
    (tmp_path / "mmbench_test_20230712.tsv").write_text("".join("\t".join(row) + "\n" for row in kept))
    found = asked(tmp_path / "run", "mmbench", tmp_path, "--split", "test")
    assert found["scores"] is None
    assert [row["question_id"] for row in lines_of(tmp_path / "run" / "predictions.jsonl")] == [0, 1, 1000000, 1000001]


def test_mmbenchs_faults_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = not_asked(capsys, tmp_path / "run", "mmbench", tmp_path)
    assert "has none of mmbench_dev_20230712.tsv" in said and "github.com/open-compass/MMBench" in said
    file = mmbench(tmp_path / "data") / "mmbench_dev_20230712.tsv"
    file.write_text(file.read_text().replace(picture_text(10), "?!"))
    said = not_asked(capsys, tmp_path / "run", "mmbench", tmp_path / "data")
    assert "line 2, has an `image` that is not a picture as base64 text" in said


def test_scienceqa_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "B")
    data = scienceqa(tmp_path / "data")
    found = asked(tmp_path / "run", "scienceqa", data)
    assert (found["scores"]["accuracy"], found["scores"]["n"]) == (0.5, 2)
    assert _prompts(tmp_path / "run") == {
        "3": f"Context: Look closely.\nWhich is it?\nA. a cat\nB. a dog\n{LETTER}",
        "5": f"Which is it?\nA. a cat\nB. a dog\n{LETTER}",
    }
    words = ("--problems", data / "problems.json", "--splits", data / "pid_splits.json")
    predictions = tmp_path / "run" / "predictions.jsonl"
    assert scored(tmp_path, "scienceqa", *words, "--predictions", predictions) == found["scores"]


def test_scienceqas_faults_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = scienceqa(tmp_path / "data")
    said = not_asked(capsys, tmp_path / "run", "scienceqa", data, "--split", "train")
    assert "images/train/7/image.png" in said and "github.com/lupantech/ScienceQA" in said
    (data / "pid_splits.json").unlink()
    assert "pid_splits.json is not there" in not_asked(capsys, tmp_path / "run", "scienceqa", data)


def test_seed_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    use(monkeypatch, lambda _: "B")
    choices = {f"choice_{letter}": f"option {letter}" for letter in "abcd"}
    common = {"question": "Which?", "question_type_id": 1, **choices}
    questions = [
        {**common, "question_id": "101", "data_id": "p.jpg", "data_type": "image", "answer": "B"},
        {**common, "question_id": "102", "data_id": "p.jpg", "data_type": "image", "answer": "C"},
        {**common, "question_id": "v1", "data_id": "v.mp4", "data_type": "video", "answer": "A"},
    ]
    file = json_file(tmp_path / "SEED-Bench.json", {"questions": questions, "question_type": {"Scene": 1}})
    assert "SEED-Bench-image.zip" in not_asked(capsys, tmp_path / "run", "seed", tmp_path)
    picture(tmp_path / "SEED-Bench-image" / "p.jpg")
    found = asked(tmp_path / "run", "seed", tmp_path)
    assert (found["scores"]["accuracy"], found["scores"]["groups"]["Scene"]["n"]) == (0.5, 2)
    assert _prompts(tmp_path / "run")["101"] == f"Which?\nA. option a\nB. option b\nC. option c\nD. option d\n{LETTER}"
    predictions = tmp_path / "run" / "predictions.jsonl"
    assert scored(tmp_path, "seed", "--questions", file, "--predictions", predictions) == found["scores"]
