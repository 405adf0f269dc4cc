"""`burnish make-pope`: who is asked about, by hand; the seed; and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.standard.detections import DetectedPicture, read_detections
from burnish.bench.standard.pope_making import questions, text_of
from burnish.cli import main
from releases import asked, lines_of, picture, use
from standard_files import json_file

KINDS = ("person", "cup", "apple", "dog", "fork")

SCENES = [
    DetectedPicture("1.jpg", ("person", "cup")),
    DetectedPicture("2.jpg", ("person", "cup", "fork")),
    DetectedPicture("3.jpg", ("person", "dog")),
    DetectedPicture("4.jpg", ("apple", "fork")),
]
"""In pictures: person 3, cup 2, fork 2 (seen after cup), dog 1, apple 1. Beside person: cup 2, fork 1, dog 1; beside
cup: person 2, fork 1; beside fork: person, cup and apple, each once; beside dog: person; beside apple: fork."""


def _asked(split: str, objects: int = 2) -> dict[str, list[str]]:
    """The absent objects by picture, in the order of asking."""
    found: dict[str, list[str]] = {}
    for question in questions(SCENES, split, objects, seed=0):
        if question["label"] == "no":
            words = str(question["text"]).removeprefix("Is there a").removeprefix("n").split()
            found.setdefault(str(question["image"]), []).append(words[0])
    return found


def test_popular_takes_what_most_pictures_have() -> None:
    assert _asked("popular") == {
        "1.jpg": ["fork", "dog"],
        "2.jpg": ["dog", "apple"],
        "3.jpg": ["cup", "fork"],
        "4.jpg": ["person", "cup"],
    }


def test_adversarial_takes_what_is_most_often_beside() -> None:
    found = _asked("adversarial")
    assert found["1.jpg"][0] == "fork"  # of what is beside person, the cup is there
    assert found["1.jpg"][1] in {"dog", "apple"}  # nothing beside cup is left: any other is drawn
    assert found["2.jpg"] == ["dog", "apple"]
    assert found["3.jpg"][0] == "cup" and found["3.jpg"][1] in {"fork", "apple"}
    assert found["4.jpg"][0] in {"person", "cup", "dog"}  # apple was beside fork alone, which is there
    assert found["4.jpg"][1] == ("cup" if found["4.jpg"][0] == "person" else "person")


def test_random_takes_any_that_is_not_there() -> None:
    seen = {name for seed in range(20) for name in _absent(seed)}
    assert seen == {"apple", "dog", "fork"}  # all that 1.jpg lacks, and nothing that it has


def _absent(seed: int) -> set[str]:
    rows = [row for row in questions(SCENES, "random", 1, seed) if row["image"] == "1.jpg" and row["label"] == "no"]
    return {str(row["text"]).removeprefix("Is there a").removeprefix("n").split()[0] for row in rows}


def test_the_article_fits_the_word() -> None:
    assert text_of("apple") == "Is there an apple in the image?"
    assert text_of("Umbrella") == "Is there an Umbrella in the image?"
    assert text_of("hair drier") == "Is there a hair drier in the image?"


def _coco(folder: Path, scenes: list[tuple[str, ...]]) -> Path:
    """Annotations of these scenes, with an outline and a second object of the first kind in each picture."""
    annotations: list[dict[str, Any]] = []
    for number, scene in enumerate(scenes, start=1):
        for name in (*scene, *scene[:1]):
            row = {"image_id": number, "category_id": KINDS.index(name) + 1, "segmentation": [[1.0, 2.0]], "iscrowd": 0}
            annotations.append({"id": len(annotations), **row})
    whole = {
        "info": {"id": "none"},
        "images": [{"id": i, "file_name": f"{i}.jpg", "width": 8} for i in range(1, len(scenes) + 1)],
        "annotations": annotations,
        "categories": [{"id": i, "name": name} for i, name in enumerate(KINDS, start=1)],
    }
    return json_file(folder / "instances.json", whole)


def test_annotations_become_scenes(tmp_path: Path) -> None:
    assert read_detections(str(_coco(tmp_path, [scene.objects for scene in SCENES]))) == SCENES


SCENE_OF_THREE = ("person", "cup", "apple")


def _made(tmp_path: Path, out: str, *words: str) -> Path:
    scenes = [SCENE_OF_THREE, ("dog", "fork", "cup"), ("person", "dog"), ("fork", "apple", "dog")]
    file = _coco(tmp_path, scenes)
    flags = ["--out", str(tmp_path / out), "--pictures", "3", "--objects", "2", *words]
    assert main(["make-pope", str(file), *flags, "--json", str(tmp_path / "counts.json")]) == 0
    return tmp_path / out


def test_the_files_are_asked_and_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = _made(tmp_path, "made")
    assert json.loads((tmp_path / "counts.json").read_text()) == {
        "files": [f"{out}/own_pope_{split}.json" for split in ("random", "popular", "adversarial")],
        "pictures": 3,
        "questions": 12,
        "eligible": 4,
    }
    rows = lines_of(out / "own_pope_random.json")
    assert [row["question_id"] for row in rows] == list(range(1, 13))
    assert [row["label"] for row in rows] == ["yes", "no"] * 6
    for split in ("popular", "adversarial"):  # the same pictures and objects in each split
        assert lines_of(out / f"own_pope_{split}.json")[::2] == rows[::2]
    for i in range(1, 5):
        picture(out / "images" / f"{i}.jpg")
    use(monkeypatch, lambda _: "Yes")
    found = asked(tmp_path / "run", "pope", out)
    assert found["scores"]["mean_f1"] == pytest.approx(2 / 3)


def test_the_seed_decides(tmp_path: Path) -> None:
    first, again, other = _made(tmp_path, "a"), _made(tmp_path, "b"), _made(tmp_path, "c", "--seed", "1")
    name = "own_pope_random.json"
    assert (first / name).read_bytes() == (again / name).read_bytes() != (other / name).read_bytes()


def test_what_cannot_be_made_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(file: Path, *words: str) -> str:
        assert main(["make-pope", str(file), "--out", str(tmp_path / "out"), *words]) == 2
        return capsys.readouterr().err

    assert "annotations_trainval2014.zip" in refused(tmp_path / "nothing.json")
    file = _coco(tmp_path, [SCENE_OF_THREE, SCENE_OF_THREE])
    assert "has 2 pictures with 3 kinds of objects or more, and 500 are asked for" in refused(file)
    said = refused(file, "--pictures", "2")
    assert "1.jpg has 3 of the 3 kinds of objects" in said or "2.jpg has 3 of the 3 kinds" in said
    assert "--objects must be at least 1" in refused(file, "--objects", "0")
    whole = json.loads(file.read_text())
    whole["annotations"][0]["category_id"] = 99
    json_file(file, whole)
    assert "item 1 of `annotations`, is of the category 99" in refused(file)
    whole["annotations"][0]["image_id"] = 99
    json_file(file, whole)
    assert "is of the picture 99" in refused(file)
    file.write_text("[1]")
    assert "must be one object" in refused(file)
