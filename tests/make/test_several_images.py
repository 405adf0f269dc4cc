"""Questions about several pictures: read, asked, distorted one or all, stored, exported, brought back, trained on."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
import torch
from PIL import Image

import burnish
import tiny_models
from burnish.bench import answers
from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.cli import main
from burnish.distort import parse
from burnish.export import ExportConfig, export_run
from burnish.export.verb import Format
from burnish.generation.questions import clean_request, distorted_request
from burnish.images import encode_png
from burnish.make import pairs
from burnish.make.importing_pairs import ImportPairsConfig, import_pairs
from burnish.make.pairs import PairsConfig, make_pairs
from burnish.models import Request
from burnish.models.local import LocalModel
from burnish.models.scripted import ScriptedModel
from burnish.records import Dropped, Example, Prediction, PreferencePair, TextMessage
from burnish.report.cards import card_of
from burnish.sources import PICTURED, SEVERAL, Questions, stream
from burnish.sources.pair_files import open_pairs
from burnish.store import Run
from burnish.store.codec import to_line
from burnish.train.batch_layout import APART, TreeLayout
from burnish.train.encode import Collator
from burnish.train.examples import Preferences, TrainingExample
from burnish.train.logps import answer_logps
from judge_server import bench, judging

COLOURS = {"left": (200, 10, 10), "right": (10, 10, 200)}
TALK = (("human", "<image>\n<image>\nWhat differs?"), ("gpt", "The colour."), ("human", "How?"), ("gpt", "It is blue."))


def _written(root: Path, picture: object = ("left.png", "right.png")) -> str:
    for name, colour in COLOURS.items():
        Image.new("RGB", (8, 6), colour).save(root / f"{name}.png")
    talk = [{"from": speaker, "value": text} for speaker, text in TALK]
    (root / "two.json").write_text(json.dumps([{"image": picture, "conversations": talk}]))
    return f"llava:{root}/two.json#which=all"


def _colours(request: Request) -> str:
    """What the model says: the red of each picture that it sees, and how many messages."""
    reds = [image.getpixel((0, 0))[0] for message in request.messages for image in message.images]
    return " ".join(map(str, (*reds, len(request.messages))))


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for verb in (pairs, answers):
        monkeypatch.setattr(verb, "open_asked", lambda _: ScriptedModel(_colours))
    return _written(tmp_path)


def _made(source: str, out: Path, **flags: object) -> Run:
    config = PairsConfig(source=source, model="scripted", distort=("invert",), out=str(out), **flags)  # type: ignore[arg-type]
    return Run.open(make_pairs(config).run)


def _said(run: Run) -> dict[str, tuple[str, str]]:
    found = [record for record in run if isinstance(record, PreferencePair)]
    return {pair.question: (pair.chosen.text, pair.rejected[0].answer.text) for pair in found}


def test_all_pictures_are_distorted_or_the_one_that_is_named(two: str, tmp_path: Path) -> None:
    every = _made(two, tmp_path / "all")
    assert _said(every) == dict.fromkeys(("What differs?", "How?"), ("200 10 1", "55 245 1"))
    right = _made(two, tmp_path / "right", distort_image="2", context=True)
    assert _said(right) == {"What differs?": ("200 10 1", "200 245 1"), "How?": ("200 10 3", "200 245 3")}
    pair = next(one for one in right.records(PreferencePair) if one.question == "How?")
    assert pair.before == (TextMessage("user", "What differs?"), TextMessage("assistant", "The colour."))
    assert [right.image(key) for key in pair.images] == [(tmp_path / f"{name}.png").read_bytes() for name in COLOURS]
    clean, rejected = card_of(pair, 0).views
    assert [[of.distortion for of in view] for view in (clean, rejected)] == [["", ""], ["", "invert"]]


def test_a_picture_that_is_not_there_is_not_distorted_and_counted(two: str, tmp_path: Path) -> None:
    run = _made(two, tmp_path / "third", distort_image="2", limit=1)
    assert len([*run.records(PreferencePair)]) == 1
    config = AnswersConfig(
        source=two, model="scripted", distort=("invert",), distort_image="3", out=str(tmp_path / "answers")
    )
    with pytest.raises(Exception, match="no picture to distort"):
        bench_answers(config)


def test_answers_about_several_pictures_keep_them(two: str, tmp_path: Path) -> None:
    config = AnswersConfig(
        source=two, model="scripted", distort=("invert",), distort_image="1", out=str(tmp_path / "answers"), limit=1
    )
    bench_answers(config)
    clean, inverted = Run.open(tmp_path / "answers").records(Prediction)
    assert (clean.text, inverted.text) == ("200 10 1", "55 10 1")
    assert (clean.distorted_image, inverted.distorted_image) == (0, 1)
    assert len(set(clean.images)) == 2
    shown = burnish.Run(tmp_path / "answers").pictures(clean)
    assert [picture.getpixel((0, 0)) for picture in shown] == [*COLOURS.values()]


def test_a_verb_that_takes_one_picture_says_so_and_counts(two: str) -> None:
    (kept, _), (left_out, _) = (stream(two, Questions(source=two), scope) for scope in (SEVERAL, PICTURED))
    assert isinstance(kept, Example) and len(kept.images) == 2
    assert isinstance(left_out, Dropped) and left_out.reason == "several images"
    unsaid = two.removesuffix("#which=all")
    with pytest.raises(Exception, match="has 2 pictures: choose one with #which=1"):
        list(stream(unsaid, Questions(source=unsaid), SEVERAL))
    second = f"{unsaid}#which=2"
    (one, _) = stream(second, Questions(source=second), PICTURED)
    assert isinstance(one, Example) and one.images == (_right(two),)


def _right(source: str) -> bytes:
    return Path(source.partition(":")[2].partition("#")[0]).with_name("right.png").read_bytes()


@pytest.mark.parametrize("to", ["trl", "swift", "llamafactory", "llava", "parquet"])
def test_several_pictures_leave_and_come_back(two: str, tmp_path: Path, to: Format) -> None:
    run = _made(two, tmp_path / "run", limit=1, distort_image="2")
    folder = export_run(ExportConfig(run=str(run.path), to=to, out=str(tmp_path / "out"))).folder
    (file,) = (path for name in ("*.parquet", "pairs.json*", "burnish_pairs.json") for path in folder.rglob(name))
    if to == "parquet":
        import pyarrow.parquet as pq

        (row,) = pq.read_table(file).to_pylist()
        assert [one["bytes"] for one in (row["image"], *row["more_images"])][1] == _right(two)
        return
    if to != "trl":
        assert file.read_text().count("<image>") == (4 if to == "llava" else 2)
    result = import_pairs(ImportPairsConfig(source=str(file), out=str(tmp_path / "back")), open_pairs(str(file)))
    (came,) = Run.open(result.run).records(PreferencePair)
    (went,) = run.records(PreferencePair)
    assert (came.images, came.question, came.chosen.text) == (went.images, went.question, went.chosen.text)
    assert came.distorted_image == (2 if to == "trl" else 0)


def test_a_record_about_one_picture_is_stored_as_ever(two: str, tmp_path: Path) -> None:
    run = _made(two.replace("=all", "=1"), tmp_path / "one", limit=1)
    (pair,) = run.records(PreferencePair)
    assert b"image" in to_line(pair) and b"more_images" not in to_line(pair) and b"distorted_image" not in to_line(pair)


@pytest.mark.parametrize("family", ["llava", "qwen2_5_vl"])
def test_both_readings_of_a_training_weigh_what_answering_does(family: str, two: str, tmp_path: Path) -> None:
    model, processor = tiny_models.FAMILIES[family]()
    local = LocalModel(model, processor, fingerprint=lambda: "")
    left, right = (encode_png(tiny_models.picture(seed, *size)) for seed, size in ((1, (40, 28)), (2, (28, 56))))
    example = Example(id="1", image=left, more_images=(right,), question="What differs?", source="test")
    answers_A = [[5, 6, 7], [8, 9]]
    [expected_A] = local.score([clean_request(example)], [answers_A])
    row = {"id": "1", "picture": "1", "question": example.question, "answers": answers_A}
    for reading in (TreeLayout(even_length=1), APART):
        batch = Collator(local.encoder, {"1": example.images}.__getitem__, 0, reading)([row])
        with torch.no_grad():
            found_EA = answer_logps(model, batch)
        torch.testing.assert_close(found_EA[0], torch.tensor(expected_A), atol=1e-4, rtol=0)
    plain, one, both = (
        local.encoder.encode_request(request).pictures["pixel_values"].float()
        for request in (
            clean_request(example),
            *(distorted_request(example, parse("noise:500"), 1, number) for number in (2, 0)),
        )
    )
    changed = (plain != one).flatten(1).any(dim=1)
    grid = local.encoder.encode_request(clean_request(example)).pictures.get("image_grid_thw")
    first = 1 if grid is None else int(grid[0].prod())
    assert not changed[:first].any() and changed[first:].all()
    assert one[first:].equal(both[first:])


def test_training_opens_all_pictures_of_a_pair(two: str, tmp_path: Path) -> None:
    run = _made(two, tmp_path / "run", limit=1, distort_image="2")
    found = Preferences(run, model_fingerprint="")
    (example,) = (one for one in found.read() if isinstance(one, TrainingExample))
    assert found.open(example.picture) == example.images == tuple((tmp_path / f"{n}.png").read_bytes() for n in COLOURS)
    assert example.distorted_image == 2


def test_a_judge_sees_all_pictures_and_its_preference_keeps_them(
    two: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        monkeypatch.setattr(answers, "open_asked", lambda _, said=name: ScriptedModel(lambda _: said))
        bench_answers(AnswersConfig(source=two, model="scripted", out=str(tmp_path / name), limit=1))
    prompt = (files("burnish.prompts") / "judge-pairwise.yaml").read_text().replace("task:", "sees: picture\ntask:", 1)
    (tmp_path / "judge.yaml").write_text(prompt)
    flags = ["--judge-prompt", tmp_path / "judge.yaml", "--answers", tmp_path / "a", tmp_path / "b"]
    with judging(lambda text: "Verdict: first" if "[First answer]\nb" in text else "Verdict: second") as judge:
        assert bench("pairwise", judge.flag, tmp_path / "judged", *flags) == 0
    shown = [sum(part["type"] == "image_url" for part in body["messages"][-1]["content"]) for body in judge.bodies]
    assert shown == [2, 2]
    assert main(["import", "pairs", f"judged:{tmp_path}/judged", "--out", str(tmp_path / "back")]) == 0
    back = Run.open(tmp_path / "back")
    (pair,) = back.records(PreferencePair)
    assert (pair.chosen.text, [back.image(key) for key in pair.images][1]) == ("b", _right(two))
