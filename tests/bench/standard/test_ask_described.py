"""`burnish bench standard mmvet`, `llava-bench`, `shr`: the answers that a judge reads."""

import json
from pathlib import Path

import pytest

from burnish.store import Run
from releases import asked, grey_of, lines_of, llava_bench, mmvet, not_asked, picture, use
from standard_files import json_file


def test_mmvets_answers_are_one_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda request: f"{request.messages[-1].text} {grey_of(request)}")
    found = asked(tmp_path / "run", "mmvet", mmvet(tmp_path))
    assert found["scores"] is None and found["questions"] == 2
    said = json.loads((tmp_path / "run" / "predictions.json").read_text())
    assert said == {"v1_0": "What is x? 10", "v1_1": "What is x? 11"}


def test_llava_benchs_answers_are_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "A volcano.")
    asked(tmp_path / "run", "llava-bench", llava_bench(tmp_path))
    assert lines_of(tmp_path / "run" / "predictions.jsonl") == [
        {"question_id": 0, "prompt": "Where is it?", "text": "A volcano."},
        {"question_id": 1, "prompt": "Describe this photo in detail.", "text": "A volcano."},
    ]


def test_shrs_pictures_lie_in_two_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, lambda request: f"{request.messages[-1].text} {grey_of(request)}")
    json_file(tmp_path / "val_images_final.json", [{"image_id": 521}, {"image_id": 2811}])
    picture(tmp_path / "VG_100K" / "521.jpg", 10)
    assert "2811.jpg, the picture of" in not_asked(capsys, tmp_path / "run", "shr", tmp_path)
    picture(tmp_path / "VG_100K_2" / "2811.jpg", 250)
    asked(tmp_path / "run", "shr", tmp_path)
    said = json.loads((tmp_path / "run" / "predictions.json").read_text())
    assert Run.open(tmp_path / "run").manifest.config["beams"] == 5
    assert said == {"521": "Describe this image in detail. 10", "2811": "Describe this image in detail. 250"}
