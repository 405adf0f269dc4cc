"""CHAIR, AMBER, HallusionBench and MMHal-Bench: the rules' edges by hand, on files in the official schemas."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.standard.chair import chair_terms
from burnish.bench.standard.coco_names import SYNONYMS
from burnish.bench.standard.mmhal import rating
from burnish.bench.standard.object_words import ObjectWords, own_words, singulars
from compared import compared
from releases import asked, picture, use
from standard_files import json_file, lines_file, refused, scored

WORDS = own_words([*SYNONYMS])


def _value(found: dict[str, Any], metric: str, group: str = "") -> float:
    """A number of measured scores."""
    part = found["groups"][group] if group else found["whole"]
    value: float = part[metric]["value"]
    return value


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Two dogs and a puppy.", ["dog", "dog"]),  # each mention counts
        ("People at tables", ["person", "dining table"]),
        ("A man's bike, with knives.", ["bicycle", "knife"]),  # a possessive is no mention
        ("a hot dog on a dog", ["hot dog", "dog"]),  # two words before one
        ("a baby elephant and a baby", ["elephant", "person"]),
        ("a passenger jet", ["airplane"]),
        ("a toilet seat on a chair", ["toilet", "chair"]),
        ("wine glasses, traffic lights and a bow tie", ["wine glass", "traffic light", "tie"]),
        ("skis, scissors, buses and donuts", ["skis", "scissors", "bus", "donut"]),
        ("women ride horses; children ride ponies", ["person", "horse", "person", "horse"]),
        ("A TV. Cats!", ["tv", "cat"]),
        ("a doghouse, cartoon and scar", []),  # a part of a word is none
        ("", []),
    ],
)
def test_the_objects_that_a_description_names(text: str, names: list[str]) -> None:
    assert WORDS.mentions(text) == names


def test_cocos_eighty_names_are_their_own_objects() -> None:
    assert len(SYNONYMS) == 80
    assert all(WORDS.name_of[name] == name for name in SYNONYMS)
    assert [*singulars("buses")] == ["buses", "bus", "buse"]


def test_chair_of_one_description_by_hand() -> None:
    terms = chair_terms(["dog", "cat", "dog", "cup"], ["dog", "chair"])
    assert terms["chair_i"] == (2, 4)  # cat and cup of four mentions
    assert terms["chair_s"] == (1, 1)
    assert terms["recall"] == (1, 2)  # the dog, once
    assert chair_terms([], []) == {"chair_s": (0, 1), "chair_i": (0, 0), "recall": (0, 0)}


def _detections(folder: Path, kinds: tuple[str, ...] = ("dog", "person", "cup")) -> Path:
    """Two pictures in COCO's form: a dog and a person; a cup."""
    there = {1: kinds[:2], 2: kinds[2:]}
    return json_file(
        folder / "instances_val2014.json",
        {
            "images": [{"id": key, "file_name": f"COCO_val2014_{key:012}.jpg"} for key in there],
            "categories": [{"id": place, "name": name} for place, name in enumerate(kinds)],
            "annotations": [
                {"id": 10 * key + kinds.index(name), "image_id": key, "category_id": kinds.index(name)}
                for key, names in there.items()
                for name in names
            ],
        },
    )


def _captions(folder: Path) -> Path:
    said = [{"id": 1, "image_id": 2, "caption": "A mug beside a laptop"}]
    return json_file(folder / "captions_val2014.json", {"annotations": said})


def test_chair_with_annotations_captions_and_synonyms(tmp_path: Path) -> None:
    rows = [
        {"image_id": 1, "caption": "A man walks a dog past a bench."},
        {"image": "COCO_val2014_000000000002.jpg", "text": "A mug and a laptop."},
    ]
    words = ["chair", "--annotations", _detections(tmp_path), "--predictions", lines_file(tmp_path / "p.jsonl", rows)]
    found = scored(tmp_path, *words)
    # the bench and the laptop are not annotated: 2 of 5 mentions, in both descriptions
    assert (_value(found, "chair_i"), _value(found, "chair_s"), _value(found, "recall")) == (2 / 5, 1, 1)
    assert "Burnish's own" in found["note"]

    found = scored(tmp_path, *words, "--captions", _captions(tmp_path))
    assert (_value(found, "chair_i"), _value(found, "chair_s")) == (1 / 5, 1 / 2)

    synonyms = tmp_path / "synonyms.txt"
    synonyms.write_text("dog\nperson, man\ncup\n")  # neither mug nor bench nor laptop is in this list
    found = scored(tmp_path, *words, "--synonyms", synonyms)
    assert (_value(found, "chair_i"), found["note"]) == (0, "")
    assert found["counts"]["descriptions that name no known object"] == 1


def test_chair_of_ones_own_kinds_of_objects(tmp_path: Path) -> None:
    annotations = _detections(tmp_path, ("crane", "forklift", "pallet"))
    rows = [{"image_id": 1, "text": "Cranes, pallets and a dog"}, {"image_id": 2, "text": "One pallet"}]
    found = scored(
        tmp_path, "chair", "--annotations", annotations, "--predictions", lines_file(tmp_path / "p.jsonl", rows)
    )
    assert (_value(found, "chair_i"), _value(found, "recall")) == (1 / 3, 2 / 3)  # the dog is no kind of these


def test_chair_refuses_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    annotations = _detections(tmp_path)
    one = lines_file(tmp_path / "p.jsonl", [{"image_id": 9, "text": "x"}])
    said = refused(capsys, "chair", "--annotations", annotations, "--predictions", one)
    assert "p.jsonl, line 1, is for the picture '9', which the annotations do not have" in said
    two = lines_file(tmp_path / "p.jsonl", [{"image_id": 1, "text": "x"}] * 2)
    said = refused(capsys, "chair", "--annotations", annotations, "--predictions", two)
    assert "is the second prediction" in said
    (tmp_path / "synonyms.txt").write_text("dog\nperson\n")
    rows = lines_file(tmp_path / "p.jsonl", [{"image_id": 1, "text": "x"}])
    words = ("chair", "--annotations", annotations, "--predictions", rows, "--synonyms", tmp_path / "synonyms.txt")
    assert "has no line for 'cup'" in refused(capsys, *words)


def test_chair_is_asked_and_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _detections(tmp_path)
    for key in (1, 2):
        picture(tmp_path / "val2014" / f"COCO_val2014_{key:012}.jpg")
    for name, text in {"old": "A dog and a cat.", "new": "A dog."}.items():
        use(monkeypatch, lambda _, text=text: text)
        asked(tmp_path / name, "chair", tmp_path)
    numbers = compared(tmp_path / "old", tmp_path / "new")
    assert (numbers["headline"]["metric"], numbers["title"]) == ("chair_s", "CHAIR")
    assert (numbers["headline"]["before"]["value"], numbers["headline"]["after"]["value"]) == (1, 1 / 2)
    assert (numbers["won"], numbers["lost"]) == (1, 0)  # fewer is better
    score = scored(
        tmp_path,
        *("chair", "--annotations", tmp_path / "instances_val2014.json"),
        *("--predictions", tmp_path / "new" / "predictions.jsonl"),
    )
    assert _value(score, "chair_i") == 1 / 2


def _amber(folder: Path) -> Path:
    """One description, and a question of each kind; made for this test."""
    notes = [
        {"id": 1, "type": "generative", "truth": ["dog", "lawn"], "hallu": ["cat", "ball"]},
        {"id": 2, "type": "discriminative-hallucination", "truth": "no"},
        {"id": 3, "type": "discriminative-attribute-state", "truth": "yes"},
        {"id": 4, "type": "discriminative-attribute-number", "truth": "no"},
        {"id": 5, "type": "discriminative-relation", "truth": "no"},
    ]
    queries = [{"id": note["id"], "image": f"AMBER_{note['id']}.jpg", "query": "Is it?"} for note in notes]
    related = {"dog": ["puppy"], "lawn": ["grass"], "cat": ["kitten"], "ball": [], "car": [], "sky": []}
    (folder / "query").mkdir(parents=True)
    json_file(folder / "annotations.json", notes)
    json_file(folder / "query" / "query_all.json", queries)
    json_file(folder / "relation.json", related)
    (folder / "safe_words.txt").write_text("sky\npicture\n")
    for note in notes:
        picture(folder / "image" / f"AMBER_{note['id']}.jpg", 20 * int(str(note["id"])))
    return folder


def _amber_said(folder: Path, *texts: str) -> Path:
    return json_file(folder / "said.json", [{"id": key, "response": text} for key, text in enumerate(texts, start=1)])


def test_amber_by_hand(tmp_path: Path) -> None:
    data = _amber(tmp_path / "data")
    said = _amber_said(
        tmp_path, "A puppy and two kittens, a car under the sky. The dog runs.", "No", "No", "Yes", "no."
    )
    words = ("amber", "--questions", data, "--predictions", said, "--words", "plain")
    found = scored(tmp_path, *words)
    # nouns: puppy, kitten, car, sky (never counted as wrong), dog: kitten and car are not there
    assert _value(found, "chair") == 2 / 5
    assert _value(found, "cover") == 1 / 2  # the dog, not the lawn
    assert _value(found, "hal") == 1
    assert _value(found, "cog") == 1 / 2  # the cat that people would imagine, not the ball
    # right: the first alone; said no: the first two; truly no: the first, third and fourth
    assert _value(found, "accuracy") == 1 / 4
    assert (_value(found, "precision"), _value(found, "recall")) == (1 / 2, 1 / 3)
    assert _value(found, "f1") == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    assert _value(found, "amber_score") == pytest.approx((1 - 2 / 5 + 2 / 5) / 2)  # F1 is 2/5, too
    assert _value(found, "accuracy", "existence") == 1
    assert [_value(found, "accuracy", name) for name in ("attribute", "state", "number", "relation")] == [0, 0, 0, 0]
    assert found["counts"]["answers that are neither Yes nor No"] == 1
    assert "not AMBER's numbers" in found["note"]
    found = scored(tmp_path, *words, "--reading", "first")
    assert _value(found, "accuracy", "relation") == 1 and found["counts"]["answers that are neither Yes nor No"] == 0


def test_amber_of_one_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _amber(tmp_path / "data")
    said = json_file(tmp_path / "said.json", [{"id": 3, "response": "Yes"}, {"id": 4, "response": "No"}])
    found = scored(tmp_path, "amber", "--questions", data, "--predictions", said, "--task", "attribute")
    assert "amber_score" not in found["whole"], "of both tasks together alone"
    assert (_value(found, "accuracy"), found["n"]) == (1, 2) and "chair" not in found["whole"]
    use(monkeypatch, lambda _: "No")
    run = asked(tmp_path / "run", "amber", data, "--task", "discriminative")
    assert (run["questions"], _value(run["scores"], "recall")) == (4, 1)
    written = json.loads((tmp_path / "run" / "predictions.json").read_text())
    assert written[0] == {"id": 2, "response": "No"}
    use(monkeypatch, lambda _: "A dog.")
    run = asked(tmp_path / "described", "amber", data, "--task", "generative", "--words", "plain")
    assert (_value(run["scores"], "chair"), _value(run["scores"], "cover")) == (0, 1 / 2)


def test_amber_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = _amber(tmp_path / "data")
    monkeypatch.setitem(sys.modules, "nltk", None)
    said = refused(capsys, "amber", "--questions", data, "--predictions", _amber_said(tmp_path, *"abcde"))
    assert "the package nltk is not installed: pip install nltk" in said and "--words plain" in said
    json_file(data / "relation.json", {"dog": []})
    words = ("amber", "--questions", data, "--predictions", _amber_said(tmp_path, *"abcde"), "--words", "plain")
    assert "has 'lawn' as `truth`, which relation.json lacks" in refused(capsys, *words)


FIGURES = [
    # category, set, figure, question, truth, with a picture
    ("VD", "0", "0", "0", "1", "1"),
    ("VD", "0", "0", "1", "0", "1"),
    ("VD", "0", "1", "0", "0", "1"),
    ("VS", "0", "0", "0", "1", "0"),
    ("VS", "0", "1", "0", "1", "1"),
]


def _hallusion(folder: Path) -> Path:
    rows = []
    for category, group, figure, question, truth, shown in FIGURES:
        names = {"category": category, "subcategory": "chart", "set_id": group, "figure_id": figure}
        rows.append(
            {**names, "question_id": question, "question": "Is it so?", "gt_answer": truth, "visual_input": shown}
        )
        if shown != "0":
            picture(folder / "hallusion_bench" / category / "chart" / f"{group}_{figure}.png", 30 + 60 * int(figure))
    return json_file(folder / "HallusionBench.json", rows)


def _hallusion_said(file: Path, folder: Path, *texts: str) -> Path:
    rows = json.loads(file.read_text())
    said = [{**row, "model_prediction": text} for row, text in zip(rows, texts, strict=True)]
    return json_file(folder / "result.json", said)


def test_hallusionbench_by_question_figure_and_pair(tmp_path: Path) -> None:
    file = _hallusion(tmp_path)
    said = _hallusion_said(file, tmp_path, "Yes.", "No, it is not", "Yes", "I cannot tell", "yes")
    found = scored(tmp_path, "hallusionbench", "--questions", file, "--predictions", said)
    # wrong: the third alone; unclear is right for the question without the figure that it needs
    assert _value(found, "accuracy") == 4 / 5
    assert found["whole"]["figures"]["value"] == pytest.approx(2 / 3)  # VD 0 and VS 1 right, VD 1 wrong; VS 0 is none
    assert _value(found, "pairs") == pytest.approx(2 / 3)  # VD question 0 is wrong about its second figure
    assert _value(found, "accuracy", "VS: chart") == 1
    assert found["counts"]["answers with neither yes nor no"] == 1
    seen = scored(tmp_path, "hallusionbench", "--questions", file, "--predictions", said, "--part", "pictures")
    assert (seen["n"], _value(seen, "accuracy")) == (4, 3 / 4)


def test_an_empty_answer_is_right_nowhere(tmp_path: Path) -> None:
    """Also where "I cannot tell" would be: at questions that need a figure and have none."""
    file = _hallusion(tmp_path)
    said = _hallusion_said(file, tmp_path, "", "", "Yes", "", "")  # the third is wrong
    assert _value(scored(tmp_path, "hallusionbench", "--questions", file, "--predictions", said), "accuracy") == 0
    unsure = _hallusion_said(file, tmp_path, *["I cannot tell"] * 5)
    assert _value(scored(tmp_path, "hallusionbench", "--questions", file, "--predictions", unsure), "accuracy") > 0


def test_hallusionbench_is_asked_where_there_is_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _hallusion(tmp_path)
    use(monkeypatch, lambda _: "Yes")
    run = asked(tmp_path / "run", "hallusionbench", tmp_path)
    assert run["questions"] == 4 and _value(run["scores"], "accuracy") == 2 / 4
    use(monkeypatch, lambda _: "No")
    asked(tmp_path / "no", "hallusionbench", tmp_path)
    numbers = compared(tmp_path / "run", tmp_path / "no")
    assert (numbers["won"], numbers["lost"], numbers["pictures"]) == (2, 2, 2)  # the figures of a set are related


@pytest.mark.parametrize(
    ("reply", "points"),
    [
        ("Rating: 5, very good", 5),
        ("… so it is\nRATING: 0", 0),
        ("Rating: 4. Again: Rating: 4", 4),  # one rating, however often
        ("Rating: 4 or Rating: 5", None),
        ("Rating: 7", None),
        ("I rate it 5", None),
        ("", None),
    ],
)
def test_the_rating_that_mmhal_reads(reply: str, points: int | None) -> None:
    assert rating(reply) == points


def test_mmhal_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"question_type": kind, "image_id": f"i{i}", "image_src": f"https://x.org/{i}.jpg", "question": "What?"}
        | {"gt_answer": "a cup", "image_content": ["cup"], "model_answer": ""}
        for i, kind in enumerate(("attribute", "counting", "attribute"))
    ]
    questions = json_file(tmp_path / "response_template.json", rows)
    replies = [
        {"choices": [{"message": {"content": "Rating: 6"}}]},
        {"content": "Rating: 2"},
        {"content": "no idea"},
    ]
    words = ("mmhal", "--questions", questions, "--judgements")
    found = scored(tmp_path, *words, json_file(tmp_path / "judged.json", replies))
    assert _value(found, "rating") == (6 + 2 + 0) / 3 and _value(found, "hallucinated") == pytest.approx(2 / 3)
    assert _value(found, "rating", "attribute") == 3
    assert found["counts"] == {"replies without one rating, which count 0": 1}
    said = refused(capsys, *words, json_file(tmp_path / "judged.json", replies[:2]))
    assert "has 2 judgements for the 3 questions" in said


def test_words_of_two_names_go_to_the_first() -> None:
    words = ObjectWords.of({"cup": ("mug",), "glass": ("mug", "tumbler")})
    assert words.mentions("mugs and tumblers") == ["cup", "glass"]
