"""Parquet: `datasets.load_dataset` finds it in every way that people call it, with pictures and every field."""

from __future__ import annotations

import json
import math
from pathlib import Path

import datasets
import pytest
from awkward_run import MakerConfig, colour_of, fill, picture
from PIL import Image

from builders import always, begin, write_run
from burnish.errors import RunError
from burnish.export import ExportConfig, export_run, shards
from burnish.records import Answer, Dialogue, Feedback, Prediction, PreferencePair, Response, Turn
from burnish.store import Run


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def export(run: Run, tmp_path: Path) -> Path:
    return export_run(ExportConfig(run=str(run.path), to="parquet", out=str(tmp_path / "out"))).folder


@pytest.mark.parametrize("way", ["folder", "data_files", "data_dir"])
def test_it_opens_with_pictures(run: Run, tmp_path: Path, way: str) -> None:
    folder = str(export(run, tmp_path))
    if way == "folder":
        rows = datasets.load_dataset(folder, split="train")
    elif way == "data_files":
        rows = datasets.load_dataset("parquet", data_files=f"{folder}/data/*.parquet", split="train")
    else:
        rows = datasets.load_dataset("parquet", data_dir=folder, split="train")
    assert isinstance(rows.features["image"], datasets.Image)
    rows = list(rows)
    assert all(isinstance(row["image"], Image.Image) for row in rows)
    assert [colour_of(row["image"]) for row in rows] == ["red", "green", "red", "blue"]
    assert [row["id"] for row in rows] == ["0", "2", "4", "5"]


def test_no_field_is_lost(run: Run, tmp_path: Path) -> None:
    rows = list(datasets.load_dataset(str(export(run, tmp_path)), split="train"))
    for row, pair in zip(rows, run.records(PreferencePair), strict=True):
        assert row["question"] == pair.question
        assert row["source"] == pair.source
        assert row["answer"] == pair.answer
        assert json.loads(row["facts"]) == pair.facts
        assert row["chosen"]["text"] == pair.chosen.text
        assert row["chosen"]["token_ids"] == list(pair.chosen.token_ids)
        assert row["chosen"]["ref_logp"] == pair.chosen.ref_logp
        assert [one["distortion"] for one in row["rejected"]] == [one.distortion for one in pair.rejected]
        assert [one["seed"] for one in row["rejected"]] == [2**62] * len(pair.rejected)
        assert [one["answer"]["text"] for one in row["rejected"]] == [one.answer.text for one in pair.rejected]


def test_predictions(tmp_path: Path) -> None:
    asked = Prediction(id="p", image="", question="q", answer="yes", text="no", source="s", facts={"task": "t"})
    run = write_run(tmp_path / "run", [asked], config=MakerConfig(), pictures=always(picture("blue")), done=False)
    (row,) = datasets.load_dataset(str(export(run, tmp_path)), split="train")
    assert (row["text"], row["answer"], json.loads(row["facts"])) == ("no", "yes", {"task": "t"})
    assert colour_of(row["image"]) == "blue"


def test_dialogues_with_scores_that_are_missing(tmp_path: Path) -> None:
    turns = tuple(
        Turn(
            response=Response(text=answer, thought="", answer=answer),
            feedback=Feedback(text="c", score=score, comment="c"),
        )
        for answer, score in (("a", 3.0), ("b", None), ("c", math.nan))
    )
    talk = Dialogue(id="d", image="", question="q", answer="a", turns=turns, source="s")
    run = write_run(tmp_path / "run", [talk], config=MakerConfig(), pictures=always(picture("green")), done=False)
    (row,) = datasets.load_dataset(str(export(run, tmp_path)), split="train")
    assert [turn["response"]["answer"] for turn in row["turns"]] == ["a", "b", "c"]
    scores = [turn["feedback"]["score"] for turn in row["turns"]]
    assert scores[:2] == [3.0, None]
    assert math.isnan(scores[2])


def test_kinds_are_not_mixed(run: Run, tmp_path: Path) -> None:
    pair = PreferencePair(id="0", image="", question="", chosen=Answer(text="a"), rejected=(), source="")
    asked = Prediction(id="1", image="", question="q", answer="a", text="t", source="s")
    mixed = write_run(tmp_path / "mixed", [pair, asked], config=MakerConfig(), done=False)
    with pytest.raises(RunError, match="holds PreferencePair and Prediction records"):
        export(mixed, tmp_path)


def test_large_runs_become_several_files_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "BATCH_ROWS", 2)
    monkeypatch.setattr(shards, "SHARD_BYTES", 1)  # so that every batch ends its file
    with begin(tmp_path / "run", "pairs", MakerConfig()) as run:
        fill(run)
    folder = export(run, tmp_path)
    assert sorted(path.name for path in (folder / "data").iterdir()) == [
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
    ]
    rows = datasets.load_dataset(str(folder), split="train")
    assert [row["id"] for row in rows] == ["0", "2", "4", "5"]
