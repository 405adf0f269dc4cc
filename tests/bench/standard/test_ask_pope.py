"""`burnish bench standard pope`: all splits in one run, its prompts, its answers in files, resumption, and refusals."""

import json
from pathlib import Path

import pytest

from builders import write_run
from burnish.bench.standard.pope import AskPopeConfig
from burnish.cli import main
from burnish.models import Request
from burnish.records import Prediction
from burnish.store import Run
from faulty_server import Answer, Faulty, completion, said, serving
from releases import SHORT, asked, grey_of, lines_of, not_asked, picture, pope, use
from standard_files import POPE, scored

SPLITS = ("random", "popular", "adversarial")


def _dark_has_all(request: Request) -> str:
    return "Yes" if grey_of(request) < 100 else "No"


def test_the_splits_are_asked_in_one_run_and_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = use(monkeypatch, _dark_has_all)
    found = asked(tmp_path / "run", "pope", pope(tmp_path / "data"))
    assert model.generate_calls == [12]
    assert (found["benchmark"], found["questions"], found["unanswered"]) == ("pope", 12, {})
    for split in SPLITS:  # by hand: TP 1, FP 1, FN 1, TN 1
        numbers = found["scores"]["splits"][split]
        assert (numbers["accuracy"], numbers["f1"], numbers["yes_ratio"], numbers["n"]) == (0.5, 0.5, 0.5, 4)
    assert set(found["manifest"]["fingerprints"]) == {"model", "template", "source", "prompt"}
    records = list(Run.open(tmp_path / "run").records(Prediction))
    assert {record.question for record in records if record.source == "random"} == {
        f"Is there {thing} in the image?\n{SHORT}" for thing in ("a cup", "a cat", "an apple")
    }


def test_the_files_of_answers_are_scored_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, _dark_has_all)
    data = pope(tmp_path / "data")
    found = asked(tmp_path / "run", "pope", data)
    assert [row["question_id"] for row in lines_of(tmp_path / "run" / "predictions_popular.jsonl")] == [1, 2, 3, 4]
    questions = [data / f"coco_pope_{split}.json" for split in SPLITS]
    answers = [tmp_path / "run" / f"predictions_{split}.jsonl" for split in SPLITS]
    again = scored(tmp_path, "pope", "--questions", *questions, "--predictions", *answers)
    assert again == found["scores"]


def test_sevas_protocol_asks_bare_and_reads_with_the_end_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda request: "No" if grey_of(request) < 100 else "No, there is none.")
    found = asked(tmp_path / "run", "pope", pope(tmp_path / "data"), "--protocol", "seva", "--splits", "random")
    prompts = {record.question for record in Run.open(tmp_path / "run").records(Prediction)}
    assert "Is there a cup in the image?" in prompts
    assert found["scores"]["splits"]["random"]["yes_ratio"] == 0.5  # `No</s>` is no word that says no
    assert found["scores"]["protocol"] == "seva"


def test_an_answer_that_was_cut_has_no_end_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda _: "Nota")
    words = ("--protocol", "seva", "--splits", "random", "--max-new-tokens", "2")
    found = asked(tmp_path / "run", "pope", pope(tmp_path / "data"), *words)
    assert found["scores"]["splits"]["random"]["yes_ratio"] == 0  # "No", cut after two tokens


def test_fewer_pictures_are_asked_with_all_their_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, _dark_has_all)
    found = asked(tmp_path / "run", "pope", pope(tmp_path / "data"), "--limit", "1")
    assert found["questions"] == 6
    assert len({record.image for record in Run.open(tmp_path / "run").records(Prediction)}) == 1


@pytest.mark.parametrize("torn_after", [0, 1, 7, 12])
def test_a_torn_run_equals_an_undisturbed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn_after: int) -> None:
    use(monkeypatch, _dark_has_all)
    data = pope(tmp_path / "data")
    found = asked(tmp_path / "whole", "pope", data)
    whole = Run.open(tmp_path / "whole")
    write_run(tmp_path / "torn", list(whole)[:torn_after], like=whole, done=False)
    again = asked(tmp_path / "torn", "pope", data)
    assert list(Run.open(tmp_path / "torn")) == list(whole)
    assert again["scores"] == found["scores"]
    name = "predictions_random.jsonl"
    assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_broken_picture_is_an_empty_answer_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, _dark_has_all)
    data = pope(tmp_path / "data")
    (data / "val2014" / "250.jpg").write_bytes(b"no picture")
    found = asked(tmp_path / "run", "pope", data, "--splits", "random")
    assert found["unanswered"] == {"broken image": 2}
    assert found["scores"]["splits"]["random"]["yes_ratio"] == 0.5  # no answer is no yes
    assert "Without an answer, and scored as an empty one: broken image 2." in capsys.readouterr().out


def test_what_is_missing_is_named_with_its_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = pope(tmp_path / "data")
    (data / "val2014" / "250.jpg").unlink()
    said = not_asked(capsys, tmp_path / "run", "pope", data)
    assert "val2014/250.jpg, the picture of" in said and "val2014.zip of cocodataset.org" in said
    assert not (tmp_path / "run").exists()
    (data / "coco_pope_popular.json").unlink()
    said = not_asked(capsys, tmp_path / "run", "pope", data, "--images", data / "val2014", "--splits", "popular")
    assert "has no *pope_popular.json" in said and "github.com/RUCAIBox/POPE" in said
    assert "is not a folder" in not_asked(capsys, tmp_path / "run", "pope", tmp_path / "nowhere")
    assert "is not a folder" in not_asked(capsys, tmp_path / "run", "pope", data, "--images", tmp_path / "nowhere")
    assert "--splits needs names" in not_asked(capsys, tmp_path / "run", "pope", data, "--splits", "a", "a")


def test_pictures_stay_inside_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, _dark_has_all)
    data = pope(tmp_path / "data")
    picture(tmp_path / "secret.jpg")
    file = data / "coco_pope_random.json"
    file.write_text(file.read_text().replace("250.jpg", "../../secret.jpg"))
    found = asked(tmp_path / "run", "pope", data, "--splits", "random")
    assert found["unanswered"] == {"outside the root": 2}


def test_the_small_model_is_asked_really(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["--model", "pocket", "--device", "cpu", "--max-new-tokens", "6", "--out", out, "--limit", "1"]
    assert main(["bench", "standard", "pope", "--data", str(pope(tmp_path / "data")), *map(str, words)]) == 0
    records = list(Run.open(out).records(Prediction))
    assert len(records) == 6 and all(record.n_tokens > 0 for record in records)
    assert (out / "report" / "tables.md").is_file()


def test_a_model_at_an_endpoint_is_asked(tmp_path: Path) -> None:
    faulty = Faulty(lambda number, _: Answer(completion("Yes")) if number else Answer(said("broken"), status=400))
    data = pope(tmp_path / "data")
    with serving(faulty) as address:
        words = ["--data", data, "--model", f"{address}#llava", "--splits", "random", "--out", tmp_path / "run"]
        assert main(["bench", "standard", "pope", *map(str, words), "--json", str(tmp_path / "scores.json")]) == 0
    found = json.loads((tmp_path / "scores.json").read_text())
    assert found["unanswered"] == found["replies"]["left_out"] == {"refused": 1}
    assert found["scores"]["splits"]["random"]["yes_ratio"] == 3 / 4  # no answer is no yes
    assert len(faulty.calls) == 4 and len(lines_of(tmp_path / "run" / "predictions_random.jsonl")) == 4


def test_the_real_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not POPE.is_dir():
        pytest.skip(f"{POPE} is not there: the real POPE questions are read where they lie, never copied")
    rows = [row for split in SPLITS for row in lines_of(POPE / f"coco_pope_{split}.json")]
    for name in {row["image"] for row in rows}:
        picture(tmp_path / "pictures" / name)  # the real ones are not on this machine
    use(monkeypatch, lambda _: "Yes")
    found = asked(tmp_path / "run", "pope", POPE, "--images", tmp_path / "pictures", "--limit", "20")
    assert found["questions"] == 20 * 6 * 3
    assert found["scores"]["mean_f1"] == pytest.approx(2 / 3)  # half of the truths are yes


def test_flags_that_cannot_work_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--limit must be at least 1" in not_asked(capsys, tmp_path / "run", "pope", tmp_path, "--limit", "0")
    assert "--seed must be 0 or more" in not_asked(capsys, tmp_path / "run", "pope", tmp_path, "--seed", "-1")
    assert AskPopeConfig(data="d", model="pocket", out="o").decoding.temperature == 0
