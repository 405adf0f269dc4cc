"""From recorded answers to scores, with the arithmetic by hand."""

import dataclasses
from pathlib import Path

import pytest
from answer_runs import find, prediction, write_run

from burnish.bench.aggregate import score_answers
from burnish.bench.sample_scores import ALL
from burnish.errors import RunError
from burnish.pocket.world import make, scene_from_json, scene_to_json
from burnish.pocket.world.scene import COLORS, SHAPES, Scene, Thing
from burnish.recipes.recipe import read_recipe
from burnish.recipes.results import find as find_number
from burnish.records import Dropped
from burnish.scores import AnswersResult
from burnish.store.codec import from_json, to_json
from burnish.uncertainty import wilson

RECIPES = Path(__file__).parents[2] / "recipes"


def test_tasks_groups_and_all_questions(tmp_path: Path) -> None:
    run = write_run(
        tmp_path / "run",
        [
            prediction(1, "two", "2", task="counting", group="seen", tokens=1),
            prediction(2, "three", "2", task="counting", group="seen", tokens=3),
            prediction(3, "a red car", "the red bus", task="naming", group="new", tokens=4),
            prediction(4, "dog", "dog", source="zoo", tokens=4),
        ],
        adapter="a",
    )
    result = score_answers(run)
    assert [(s.level, s.group) for s in result.scores if s.metric == "exact_match"] == [
        ("task", "counting"),
        ("task", "naming"),
        ("task", "zoo"),
        ("group", "new"),
        ("group", "seen"),
        ("all", ALL),
    ]
    counting = find(result, "exact_match", "counting")
    assert (counting.value, counting.n) == (0.5, 2)
    assert (counting.low, counting.high) == wilson(1, 2)
    assert find(result, "exact_match", ALL).value == 2 / 4
    assert find(result, "soft_accuracy", "naming").value == pytest.approx(1 / 2)  # "red" of 2 and of 2 words
    assert find(result, "soft_accuracy", ALL).value == pytest.approx((1 + 0 + 1 / 2 + 1) / 4)
    assert find(result, "tokens", ALL).value == (1 + 3 + 4 + 4) / 4
    assert (result.model, result.questions, result.answers, result.distortions) == ("m + a", 4, 4, ("",))


def test_clean_and_distorted_pictures_are_scored_apart(tmp_path: Path) -> None:
    records = [
        prediction(1, "red", "blue", distortion="noise:500"),
        prediction(1, "red", "red"),
        prediction(2, "red", "red"),
        prediction(2, "red", "red", distortion="noise:500"),
    ]
    result = score_answers(write_run(tmp_path / "run", records))
    assert result.distortions == ("", "noise:500")
    assert (result.questions, result.answers) == (2, 4)
    assert find(result, "exact_match", "quiz").value == 1
    assert find(result, "exact_match", "quiz", "noise:500").value == 1 / 2


def test_pope_by_hand(tmp_path: Path) -> None:
    # Truth and answer: yes/yes twice, yes/no once, no/yes once, no/no twice, and one question that is none of them.
    outcomes = [
        ("yes", "Yes."),
        ("yes", "yes, there is"),
        ("yes", "no"),
        ("no", "yes"),
        ("no", "No."),
        ("no", "not it"),
    ]
    records = [prediction(i, truth, text) for i, (truth, text) in enumerate([*outcomes, ("red", "red")])]
    result = score_answers(write_run(tmp_path / "run", records))
    values = {
        name: find(result, f"pope_{name}", ALL) for name in ("accuracy", "precision", "recall", "f1", "yes_ratio")
    }
    assert values["accuracy"].value == 4 / 6
    assert values["precision"].value == 2 / 3  # 2 of the 3 times it said yes
    assert values["recall"].value == 2 / 3
    assert values["f1"].value == pytest.approx(2 * 2 / (3 + 3))
    assert values["yes_ratio"].value == 3 / 6
    assert {name: estimate.n for name, estimate in values.items()} == {
        "accuracy": 6,
        "precision": 3,
        "recall": 3,
        "f1": 4,  # the two questions answered with a right no say nothing about F1
        "yes_ratio": 6,
    }
    assert (values["precision"].low, values["precision"].high) == wilson(2, 3)


def test_strict_existence_by_hand(tmp_path: Path) -> None:
    # What POPE's rule takes for a yes is wrong here unless it says so, the empty answer too.
    outcomes = [
        ("yes", "Yes."),
        ("yes", "there is"),
        ("yes", "no"),
        ("no", ""),
        ("no", "No, there is none"),
        ("no", "yes"),
    ]
    records = [prediction(i, truth, text) for i, (truth, text) in enumerate(outcomes)]
    result = score_answers(write_run(tmp_path / "run", records))
    values = {
        name: find(result, name, ALL).value
        for name in ("existence_accuracy", "existence_f1", "missed", "invented", "neither", "pope_accuracy")
    }
    assert values == {
        "existence_accuracy": 2 / 6,
        "existence_f1": pytest.approx(2 * 1 / (2 + 3)),  # one of two clear yes is right, of three that are there
        "missed": 2 / 3,
        "invented": 2 / 3,
        "neither": 2 / 6,
        "pope_accuracy": 3 / 6,
    }


def test_precision_of_a_model_that_never_says_yes_is_undefined(tmp_path: Path) -> None:
    records = [prediction(1, "yes", "no"), prediction(2, "no", "no")]
    result = score_answers(write_run(tmp_path / "run", records))
    precision = find(result, "pope_precision", ALL)
    assert (precision.value, precision.low, precision.high, precision.n) == (None, None, None, 0)
    assert find(result, "pope_recall", ALL).value == 0
    assert find(result, "pope_f1", ALL).value == 0


def test_questions_on_one_picture_widen_the_interval(tmp_path: Path) -> None:
    def width(pictures: int) -> float:
        records = [
            prediction(i, "red", "red" if i % pictures < pictures / 2 else "blue", picture=i % pictures)
            for i in range(40)
        ]
        estimate = find(score_answers(write_run(tmp_path / str(pictures), records)), "exact_match", ALL)
        assert estimate.value == 1 / 2 and estimate.low is not None and estimate.high is not None
        return estimate.high - estimate.low

    assert width(4) > 2 * width(40)  # 4 pictures, each all right or all wrong, are no 40 observations


def test_a_perfect_score_is_not_certain(tmp_path: Path) -> None:
    records = [prediction(i, "yes", "yes", picture=i % 10) for i in range(20)]
    result = score_answers(write_run(tmp_path / "run", records))
    for metric in ("exact_match", "soft_accuracy", "pope_f1"):
        estimate = find(result, metric, ALL)
        assert estimate.value == 1
        assert (estimate.low, estimate.high) == wilson(10, 10)  # ten pictures


def test_several_peoples_answers(tmp_path: Path) -> None:
    people = ["grey", "grey", "silver", "white"]
    records = [prediction(1, "grey", "silver", answers=people), prediction(2, "grey", "gray", answers=people)]
    result = score_answers(write_run(tmp_path / "run", records))
    assert find(result, "exact_match", ALL).value == 1 / 2  # one person said silver
    assert find(result, "soft_accuracy", ALL).value == pytest.approx((1 / 3) / 2)


def test_answers_without_a_token_count_have_no_length(tmp_path: Path) -> None:
    result = score_answers(write_run(tmp_path / "run", [prediction(1, "red", "red", tokens=0)]))
    assert "tokens" not in {metric.name for metric in result.metrics}


def test_descriptions_are_checked_statement_by_statement(tmp_path: Path) -> None:
    scene = Scene(
        kind="objects",
        background="white",
        things=(
            Thing(shape="circle", color="red", size="small", cell=0, dx=0, dy=0),
            Thing(shape="square", color="blue", size="large", cell=5, dx=0, dy=0),
        ),
    )
    right, truth = "There is a small red circle at the top left.", "There is a large blue square at the center."
    texts = [
        f"{right} There is a large green cross at the top.",  # 1 right, 1 hallucinated, 1 missing
        f"{right} {truth} Lovely!",  # 2 right, 1 unreadable
    ]
    records = [
        prediction(i, f"{right} {truth}", text, task="description", scene=scene_to_json(scene), picture=i)
        for i, text in enumerate(texts)
    ]
    result = score_answers(write_run(tmp_path / "run", records))
    assert find(result, "statement_precision", ALL).value == 3 / 5
    assert find(result, "statement_recall", ALL).value == 3 / 4
    assert find(result, "statement_f1", ALL).value == pytest.approx(2 * 3 / (5 + 4))
    assert find(result, "hallucination_rate", ALL).value == 1 / 5
    assert "exact_match" not in {metric.name for metric in result.metrics}  # a description has many right wordings


def test_objects_named_in_descriptions_by_hand(tmp_path: Path) -> None:
    scene = Scene(
        kind="objects",
        background="white",
        things=(
            Thing(shape="circle", color="red", size="small", cell=0),
            Thing(shape="cross", color="blue", size="large", cell=5),
        ),
    )
    texts = {
        "Describe the picture.": "Two red circles and a green square; the red circle is small.",  # 1 of 3 is not there
        "Describe the red objects.": "A blue cross, an orange one and a Red\ncircle.",  # there, if not asked about
        "Describe it.": "Nothing much, though blue crosses would be nice.",
        "Describe all.": "A circle.",  # names no color, so no object
    }
    records = [
        dataclasses.replace(
            prediction(i, "", text, task="description", scene=scene_to_json(scene), picture=i), question=question
        )
        for i, (question, text) in enumerate(texts.items())
    ]
    result = score_answers(write_run(tmp_path / "run", records))
    assert find(result, "chair_i", ALL).value == 1 / (3 + 2 + 1)
    assert find(result, "chair_s", ALL).value == 1 / 4
    assert find(result, "cover", ALL).value == (1 + 1 + 1 + 0) / (2 + 1 + 2 + 2)


def test_the_worlds_own_truths_are_perfect(tmp_path: Path) -> None:
    examples = [make("heldout", i) for i in range(16)]
    records = [
        prediction(i, e.answer or "", e.answer or "", picture=i, **dict(e.facts)) for i, e in enumerate(examples)
    ]
    result = score_answers(write_run(tmp_path / "run", records))
    assert {s.estimate.value for s in result.scores if s.metric == "exact_match"} == {1}
    assert find(result, "statement_f1", "description").value == 1
    assert find(result, "hallucination_rate", ALL).value == 0
    assert (find(result, "chair_s", ALL).value, find(result, "chair_i", ALL).value) == (0, 0)
    assert find(result, "cover", "description").value == 1


@pytest.mark.parametrize("name", ["objectives", "mdpo"])
def test_recipes_compare_objectives_by_the_objects_that_descriptions_name(tmp_path: Path, name: str) -> None:
    """Two true descriptions, one of them with an object more that is not there."""
    first, second = (make("counter", i, "description") for i in range(2))
    things = [scene_from_json(example.facts["scene"]).things for example in (first, second)]
    there = {(thing.color, thing.shape) for thing in things[1]}
    color, shape = next((color, shape) for color in COLORS for shape in SHAPES if (color, shape) not in there)
    said = [f"{first.answer}", f"{second.answer} There is a small {color} {shape} at the top."]
    records = [
        prediction(i, example.answer or "", text, **dict(example.facts))
        for i, (example, text) in enumerate(zip((first, second), said, strict=True))
    ]
    numbers = to_json(score_answers(write_run(tmp_path / "run", records)))
    columns = read_recipe(RECIPES / f"{name}.yaml", "pocket").columns
    at = {column.name: column.number.at for column in columns}
    found = {measure: find_number(numbers, at[measure], "step") for measure in ("CHAIRs", "CHAIRi", "Cover")}
    assert found == {"CHAIRs": 1 / 2, "CHAIRi": 1 / (sum(map(len, things)) + 1), "Cover": 1}


def test_a_description_of_no_known_scene_is_refused_in_a_sentence(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [prediction(1, "a dog", "a dog", task="description")])
    with pytest.raises(RunError, match=r"'q1' has the task 'description' .* no scene"):
        score_answers(run)


def test_what_was_dropped_is_counted_by_reason(tmp_path: Path) -> None:
    dropped = [Dropped(id=f"d{i}", source="quiz", reason=reason) for i, reason in enumerate(["x", "broken", "x"])]
    result = score_answers(write_run(tmp_path / "run", [*dropped, prediction(1, "red", "red")]))
    assert dict(result.dropped) == {"x": 2, "broken": 1}
    assert (result.questions, result.answers) == (4, 1)


def test_a_run_without_answers_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no answer \(it has no record yet\)"):
        score_answers(write_run(tmp_path / "empty", []))
    dropped = [Dropped(id="1", source="quiz", reason="broken image")]
    with pytest.raises(RunError, match=r"every question was dropped: broken image \(1\)"):
        score_answers(write_run(tmp_path / "dropped", dropped))
    with pytest.raises(RunError, match="holds pairs, not answers"):
        score_answers(write_run(tmp_path / "pairs", [prediction(1, "red", "red")], kind="pairs"))


def test_scores_survive_their_way_to_disk(tmp_path: Path) -> None:
    records = [prediction(1, "yes", "no"), prediction(2, "red", "red")]
    result = score_answers(write_run(tmp_path / "run", records))
    assert from_json(AnswersResult, to_json(result)) == result
    broken = to_json(result)
    broken["metrics"][0]["better"] = "sideways"
    with pytest.raises(ValueError, match="'sideways' is not one of its values"):
        from_json(AnswersResult, broken)
