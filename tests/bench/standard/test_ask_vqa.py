"""`burnish bench standard vqav2`, `vizwiz`, `textvqa`, `gqa`: prompts, files, scores by hand, test sets, refusals."""

import json
from pathlib import Path

import pytest

from burnish.records import Prediction
from burnish.store import Run
from releases import SHORT, asked, gqa, lines_of, not_asked, textvqa, use, vizwiz, vqav2
from standard_files import json_file, scored


def _prompts(run: Path) -> dict[str, str]:
    return {record.id: record.question for record in Run.open(run).records(Prediction)}


def test_vqav2_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda request: "A dog." if "What" in request.messages[-1].text else "Two")
    data = vqav2(tmp_path / "data")
    found = asked(tmp_path / "run", "vqav2", data)
    # "A dog." is dog in EvalAI's form: nine of ten times 1 of the others said so, min(1/3, 1); once none. "2": no one
    # said 2, and where all agree nothing is brought to one form, but the submission already is: two is 2, so 0
    assert found["scores"]["groups"]["other"]["value"] == pytest.approx(0.9 / 3)
    assert found["scores"]["groups"]["number"]["value"] == 0
    assert _prompts(tmp_path / "run")["42000"] == f"What is it?\n{SHORT}"
    submission = tmp_path / "run" / "submission.json"
    assert json.loads(submission.read_text()) == [
        {"question_id": 42000, "answer": "dog"},
        {"question_id": 42001, "answer": "2"},
    ]
    annotations = data / "v2_mscoco_val2014_annotations.json"
    words = ("vqav2", "--annotations", annotations, "--predictions", submission)
    assert scored(tmp_path, *words) == found["scores"]
    assert lines_of(tmp_path / "run" / "predictions.jsonl")[0]["text"] == "A dog."


def test_a_test_set_of_vqav2_is_submitted_not_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, lambda _: "cat")
    found = asked(tmp_path / "run", "vqav2", vqav2(tmp_path / "data", "test-dev2015"), "--split", "test-dev2015")
    assert found["scores"] is None and found["questions"] == 2
    assert "The truth is not in the files" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "run" / "submission.json").read_text())) == 2


def test_vqav2s_missing_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = vqav2(tmp_path / "data")
    (data / "v2_mscoco_val2014_annotations.json").unlink()
    said = not_asked(capsys, tmp_path / "run", "vqav2", data)
    assert "v2_mscoco_val2014_annotations.json is not there" in said and "visualqa.org" in said
    said = not_asked(capsys, tmp_path / "run", "vqav2", data, "--split", "test2015")
    assert "v2_OpenEnded_mscoco_test2015_questions.json is not there" in said


def test_vqav2s_questions_need_their_annotations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = vqav2(tmp_path / "data")
    file = data / "v2_mscoco_val2014_annotations.json"
    file.write_text(file.read_text().replace("42001", "42009"))
    assert "item 2 of `questions`, has no annotation" in not_asked(capsys, tmp_path / "run", "vqav2", data)


def test_vizwiz_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "Unanswerable")
    found = asked(tmp_path / "run", "vizwiz", vizwiz(tmp_path))
    assert found["scores"]["accuracy"] == 1
    assert _prompts(tmp_path / "run") == {
        "a.jpg": f"What is it?\nWhen the provided information is insufficient, respond with 'Unanswerable'.\n{SHORT}"
    }
    submission = tmp_path / "run" / "submission.json"
    assert json.loads(submission.read_text()) == [{"image": "a.jpg", "answer": "unanswerable"}]
    words = ("vizwiz", "--annotations", tmp_path / "val.json", "--predictions", submission)
    assert scored(tmp_path, *words) == found["scores"]
    assert asked(tmp_path / "test-run", "vizwiz", tmp_path, "--split", "test")["scores"] is None


def test_textvqa_with_and_without_the_words_that_were_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "Nokia")
    data = textvqa(tmp_path / "data")
    bare = asked(tmp_path / "bare", "textvqa", data, "--ocr", "none")
    assert bare["scores"]["accuracy"] == 0.5
    assert _prompts(tmp_path / "bare")["7"] == f"What brand?\n{SHORT}"
    json_file(data / "TextVQA_Rosetta_OCR_v0.2_val.json", {"data": [{"image_id": "f1", "ocr_tokens": ["NOKIA", "8"]}]})
    found = asked(tmp_path / "run", "textvqa", data)
    assert _prompts(tmp_path / "run")["7"] == f"What brand?\nReference OCR token: NOKIA, 8\n{SHORT}"
    assert found["manifest"]["fingerprints"]["prompt"] != bare["manifest"]["fingerprints"]["prompt"]
    words = ("--annotations", data / "TextVQA_0.5.1_val.json", "--predictions", tmp_path / "run" / "predictions.jsonl")
    assert scored(tmp_path, "textvqa", *words) == found["scores"]


def test_textvqas_missing_words_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = not_asked(capsys, tmp_path / "run", "textvqa", textvqa(tmp_path / "data"))
    assert "TextVQA_Rosetta_OCR_v0.2_val.json is not there" in said and "--ocr none asks without it" in said


def test_gqa_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    use(monkeypatch, lambda request: "Red." if "colour" in request.messages[-1].text else "maybe")
    shown = gqa(tmp_path) / "images" / "n1.jpg"
    shown.rename(tmp_path / "away.jpg")
    assert "images.zip of cs.stanford.edu" in not_asked(capsys, tmp_path / "run", "gqa", tmp_path)
    (tmp_path / "away.jpg").rename(shown)
    found = asked(tmp_path / "run", "gqa", tmp_path)
    assert found["scores"]["accuracy"] == 0.5 and found["scores"]["groups"]["open"]["value"] == 1
    predictions = tmp_path / "run" / "predictions.jsonl"
    assert lines_of(predictions)[0] == {"questionId": "001", "prediction": "red"}
    words = ("gqa", "--questions", tmp_path / "testdev_balanced_questions.json", "--predictions", predictions)
    assert scored(tmp_path, *words) == found["scores"]
