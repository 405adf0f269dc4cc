"""Small folders in the layout of the official releases, made for these tests, and a model that is a function."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from standard_files import json_file, lines_file

from burnish.bench.standard.asking import bench
from burnish.cli import main
from burnish.models import Request
from burnish.models.scripted import ScriptedModel

SHORT = "Answer the question using a single word or phrase."
LETTER = "Answer with the option's letter from the given choices directly."


def picture(path: Path, grey: int = 200) -> Path:
    """A plain picture; its grey value tells which it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), (grey, grey, grey)).save(path)
    return path


def picture_text(grey: int) -> str:
    """A plain picture as MMBench's cells hold it."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), (grey, grey, grey)).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def grey_of(request: Request) -> int:
    """The grey value of the picture that a request shows."""
    (shown,) = request.messages[-1].images
    value = shown.getpixel((0, 0))
    assert isinstance(value, tuple)
    return round(value[0])


def use(monkeypatch: pytest.MonkeyPatch, say: Callable[[Request], str]) -> ScriptedModel:
    """Let this function be the model."""
    model = ScriptedModel(say)
    monkeypatch.setattr(bench, "open_model", lambda _: model)
    return model


def asked(out: Path, name: str, data: object, *words: object) -> dict[str, Any]:
    """What `burnish bench standard NAME` writes as JSON."""
    flags = ["--data", data, "--model", "scripted", "--out", out, "--json", out.with_suffix(".json"), *words]
    assert main(["bench", "standard", name, *map(str, flags)]) == 0
    numbers: dict[str, Any] = json.loads(out.with_suffix(".json").read_text())
    return numbers


def not_asked(capsys: pytest.CaptureFixture[str], out: Path, name: str, data: object, *words: object) -> str:
    """The one sentence with which it refuses."""
    flags = ["--data", data, "--model", "scripted", "--out", out, *words]
    assert main(["bench", "standard", name, *map(str, flags)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("burnish: ") and said.count("\n") == 1, said
    return said


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def pope(folder: Path) -> Path:
    """Two pictures, in each split a yes and a no about both; the splits number their questions alike."""
    for grey in (10, 250):
        picture(folder / "val2014" / f"{grey}.jpg", grey)
    for split, absent in (("random", "cat"), ("popular", "person"), ("adversarial", "fork")):
        things = [(10, "cup", "yes"), (10, absent, "no"), (250, "apple", "yes"), (250, absent, "no")]
        rows = [
            {
                "question_id": number,
                "image": f"{grey}.jpg",
                "text": f"Is there {'an' if thing == 'apple' else 'a'} {thing} in the image?",
                "label": label,
            }
            for number, (grey, thing, label) in enumerate(things, start=1)
        ]
        lines_file(folder / f"coco_pope_{split}.json", rows)
    return folder


def mme(folder: Path, tasks: tuple[str, ...]) -> Path:
    """In each task two pictures with two questions, in either of the release's two layouts."""
    for task in tasks:
        root = folder / task
        apart = task in ("posters", "celebrity", "scene", "landmark", "artwork")
        texts, pictures = (root / "questions_answers_YN", root / "images") if apart else (root, root)
        texts.mkdir(parents=True)
        for grey in (10, 250):
            picture(pictures / f"{grey}.{'jpg' if apart else 'png'}", grey)
            lines = [
                f"Is {word} in it? Please answer yes or no.\t{truth}" for word, truth in (("a", "Yes"), ("b", "No"))
            ]
            (texts / f"{grey}.txt").write_text("\n".join(lines) + "\n")
    return folder


def scienceqa(folder: Path) -> Path:
    """Two problems with a picture in the test split, one without, and one of another split."""
    folder.mkdir()
    problem = {"question": "Which is it?", "choices": ["a cat", "a dog"], "subject": "natural science"}
    problems = {
        "3": {**problem, "hint": "Look closely.", "image": "image.png", "answer": 1},
        "5": {**problem, "hint": "", "image": "image.png", "answer": 0},
        "6": {**problem, "hint": "", "image": None, "answer": 0},
        "7": {**problem, "hint": "", "image": "image.png", "answer": 0},
    }
    json_file(folder / "problems.json", problems)
    json_file(folder / "pid_splits.json", {"test": ["3", "5", "6"], "train": ["7"]})
    for key, grey in (("3", 10), ("5", 250)):
        picture(folder / "images" / "test" / key / "image.png", grey)
    return folder
