"""Small folders in the layout of the official releases, made for these tests, and a model that is a function."""

import base64
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from burnish.bench.standard.asking import bench
from burnish.cli import main
from burnish.models import Request
from burnish.models.scripted import ScriptedModel
from standard_files import json_file, lines_file, ten

SHORT = "Answer the question using a single word or phrase."
LETTER = "Answer with the option's letter from the given choices directly."
MMBENCH_HEADER = ["index", "question", "hint", "A", "B", "C", "D", "answer", "category", "l2-category", "image"]


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
    monkeypatch.setattr(bench, "open_asked", lambda _: model)
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


def mmbench(folder: Path, name: str = "mmbench_dev_20230712.tsv") -> Path:
    """Two questions in two rotations each; the later rows name an earlier row's picture by its index."""
    folder.mkdir(exist_ok=True)
    rows = [
        [0, "Which?", "Look.", "cat", "dog", "", "", "A", "animals", "coarse", picture_text(10)],
        [1, "Who?", "nan", "Ann", "Bob", "None", "", "B", "people", "coarse", picture_text(250)],
        [1_000_000, "Which?", "Look.", "dog", "cat", "", "", "B", "animals", "coarse", 0],
        [1_000_001, "Who?", "nan", "Bob", "Ann", "None", "", "A", "people", "coarse", 1],
    ]
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows([MMBENCH_HEADER, *rows])
    return folder


def people(**counts: int) -> list[dict[str, Any]]:
    """Ten people's answers as VQAv2 and VizWiz have them."""
    return [{"answer": answer, "answer_id": number} for number, answer in enumerate(ten(**counts), start=1)]


def vqav2(folder: Path, split: str = "val2014") -> Path:
    """Two questions about one picture; the answers are those of val2014 alone."""
    pictures = "test2015" if split.startswith("test") else split
    picture(folder / pictures / f"COCO_{pictures}_000000000042.jpg")
    questions = [
        {"image_id": 42, "question": "What is it?", "question_id": 42000},
        {"image_id": 42, "question": "How many?", "question_id": 42001},
    ]
    json_file(folder / f"v2_OpenEnded_mscoco_{split}_questions.json", {"questions": questions})
    kinds = (("other", people(cat=9, dog=1)), ("number", people(two=10)))
    rows = [
        {"question_id": 42000 + i, "image_id": 42, "answer_type": kind, "answers": people}
        for i, (kind, people) in enumerate(kinds)
    ]
    if split == "val2014":
        json_file(folder / f"v2_mscoco_{split}_annotations.json", {"annotations": rows})
    return folder


def vizwiz(folder: Path) -> Path:
    """One question, in val with answers and in test."""
    asked = {"image": "a.jpg", "question": "What is it?"}
    told = {**asked, "answers": people(unanswerable=8, can=2), "answer_type": "other"}
    for split, row in (("val", told), ("test", asked)):
        picture(folder / split / "a.jpg")
        json_file(folder / f"{split}.json", [row])
    return folder


def textvqa(folder: Path) -> Path:
    """Two questions about one picture, without the words that were read in it."""
    rows = [
        {"image_id": "f1", "question": "What brand?", "question_id": 7, "answers": ten(nokia=10)},
        {"image_id": "f1", "question": "What year?", "question_id": 8, "answers": ten(**{"1999": 10})},
    ]
    folder.mkdir(exist_ok=True)
    json_file(folder / "TextVQA_0.5.1_val.json", {"data": rows})
    picture(folder / "train_images" / "f1.jpg")
    return folder


def gqa(folder: Path) -> Path:
    """An open question and one of yes and no, about one picture."""
    questions = {
        "001": {"imageId": "n1", "question": "What colour?", "answer": "red", "types": {"structural": "query"}},
        "002": {"imageId": "n1", "question": "Is it?", "answer": "yes", "types": {"structural": "verify"}},
    }
    picture(folder / "images" / "n1.jpg")
    json_file(folder / "testdev_balanced_questions.json", questions)
    return folder


def mmvet(folder: Path) -> Path:
    """Two questions that need all six capabilities between them."""
    asked = {"question": "What is x?", "answer": "-1<AND>-5", "imagesource": "web"}
    needed = (["ocr", "math", "rec"], ["know", "gen", "spat"])
    for i in range(len(needed)):
        picture(folder / "images" / f"v1_{i}.png", 10 + i)
    rows = {f"v1_{i}": {**asked, "imagename": f"v1_{i}.png", "capability": of} for i, of in enumerate(needed)}
    json_file(folder / "mm-vet.json", rows)
    return folder


def llava_bench(folder: Path) -> Path:
    """Two questions about one picture, its caption, and the reference's answers."""
    asked = (("conv", "Where is it?"), ("detail", "Describe this photo in detail."))
    picture(folder / "images" / "001.jpg")
    rows = [
        {"question_id": i, "image": "001.jpg", "category": kind, "text": text} for i, (kind, text) in enumerate(asked)
    ]
    lines_file(folder / "questions.jsonl", rows)
    lines_file(folder / "context.jsonl", [{"image": "001.jpg", "caption": "a volcano"}])
    lines_file(folder / "answers_gpt4.jsonl", [{"question_id": i, "text": "It is a volcano."} for i in range(2)])
    return folder
