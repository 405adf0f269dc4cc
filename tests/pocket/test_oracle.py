"""The oracle hints without telling, is wrong in plausible ways, and takes longer over hard questions."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from functools import cache
from random import Random

import pytest

from burnish.errors import SourceError
from burnish.fire.texts import read_feedback, read_response
from burnish.pocket.oracle import Known, compose, feedback, verdict
from burnish.pocket.oracle.mistakes import mistakes
from burnish.pocket.oracle.verdict import CORRECT
from burnish.pocket.world import SPLITS, Question, matches, normalise, question_at


@cache
def questions() -> list[Question]:
    """Questions of every split; made when a test first needs them."""
    return [question_at(split, index) for split in SPLITS for index in range(120)]


JUNK = (
    "",
    "red",
    "no",
    "left",
    "3",
    "K",
    "red circle",
    "Thought: \nAnswer:",
    "There is a small red circle at the top.",
    "a b c",
)


def known(question: Question) -> Known:
    return Known.of(question.facts, question.question, question.answer)


def asked(answer: str, options: tuple[str, ...], task: str = "attribute") -> Known:
    """A question whose scene does not matter."""
    return dataclasses.replace(known(questions()[0]), task=task, answer=answer, options=options)


def tells(answer: str, comment: str) -> bool:
    """Whether the comment holds the ground truth as a phrase of its own."""
    return re.search(rf"(?<!\w){re.escape(normalise(answer))}(?!\w)", comment.lower()) is not None


def rounds(text: str) -> list[tuple[str, float | None, str]]:
    """Answer, score and comment of each round."""
    found = []
    for part in re.split(r"^# Round \d+\n", text, flags=re.MULTILINE)[1:]:
        response, _, teacher = part.partition("## Teacher's feedback\n")
        said = read_feedback(teacher.strip())
        answer = read_response(response.removeprefix("## Student's response\n").strip()).answer
        found.append((answer, said.score, said.comment))
    return found


@pytest.mark.parametrize("split", SPLITS)
def test_the_ground_truth_never_stands_in_feedback_below_8(split: str) -> None:
    for question in (one for one in questions() if one.id.startswith(f"pocket-{split}")):
        for said in (*JUNK, *mistakes(known(question), Random(1)), question.question):
            found = verdict(known(question), said)
            if not matches(question.answer, said):
                assert not tells(question.answer, found.comment), (question.answer, said, found.comment)
            if found.score >= 8:
                assert (found.score, found.comment) == (10, CORRECT)


def test_the_truth_is_worth_10_and_every_mistake_less_than_8() -> None:
    for question in questions():
        assert verdict(known(question), question.answer).score == 10
        assert all(verdict(known(question), said).score < 8 for said in mistakes(known(question), Random(2)))


def test_a_thought_before_the_answer_does_not_count() -> None:
    question = questions()[0]
    text = feedback(question.facts, question.question, question.answer, f"Thought: red\nAnswer: {question.answer}")
    assert text == "Score: 10.\nFeedback: That is correct."


@pytest.mark.parametrize(
    ("truth", "options", "said", "score", "comment"),
    [
        ("green", ("red", "green", "blue"), "red", 3, "Not red: it is a word of 5 letters."),
        ("green", ("red", "green", "blue"), "7", 1, "The answer must be one color."),
        ("square", ("square", "diamond"), "diamond", 4, "Not diamond: it is a shape of 4 corners."),
        ("square", ("square", "circle"), "circle", 3, "Not circle: it is a shape of 4 corners."),
        ("3", ("0", "1", "2", "3"), "2", 6, "Almost: your number is too low."),
        ("3", ("0", "1", "2", "3"), "5", 4, "Your number is much too high."),
        ("3", ("0", "1", "2", "3"), "9", 3, "Your number is much too high."),
        ("left", ("left", "right", "above", "below"), "right", 4, "Not right: it is the other side."),
        ("left", ("left", "right", "above", "below"), "above", 3, "Not above: compare the columns."),
        ("top left", ("top left", "top", "right"), "top", 5, "The row is correct, the column is wrong."),
        ("top left", ("top left", "top", "right"), "right", 3, "The row and the column are wrong."),
        (
            "red cross",
            ("red cross",),
            "red circle",
            5,
            "The color is correct. Not circle: it is a shape of 12 corners.",
        ),
        ("red cross", ("red cross",), "blue cross", 5, "The shape is correct. Not blue: it is a word of 3 letters."),
        ("yes", ("yes", "no"), "no", 2, "That is wrong. Look again."),
        ("K", ("A", "K", "3"), "A", 3, "That letter is wrong. Read it again."),
    ],
)
def test_verdicts_by_hand(truth: str, options: tuple[str, ...], said: str, score: int, comment: str) -> None:
    assert verdict(asked(truth, options), said) == (score, comment)


@pytest.mark.parametrize(
    ("said", "score", "comment"),
    [
        ("A3X", 5, "Read character 3 again."),  # 2 + 5 * 2 / 3, rounded down
        ("33X", 3, "Read character 1 and 3 again."),  # 2 + 5 * 1 / 3
        ("A3", 3, "There are too few characters."),
        ("A3KK", 3, "There are too many characters."),
    ],
)
def test_lines_of_text_by_hand(said: str, score: int, comment: str) -> None:
    assert verdict(asked("A3K", (), task="reading"), said) == (score, comment)


def test_a_description_hears_what_is_wrong_with_each_sentence() -> None:
    described = (one for one in questions() if one.task.name == "description")
    shapes = ((one, [thing.shape for thing in one.scene.things]) for one in described)
    question = next(one for one, found in shapes if len(found) == len({*found}) == 3)
    first, second, third = (f"{part}." for part in question.answer.rstrip(".").split(". "))
    size, other = ("small", "large") if " small " in second else ("large", "small")
    said = f"{first} {second.replace(size, other)}"
    found = verdict(known(question), said)
    place = third.rstrip(".").partition(" at the ")[2]
    # 1 of 2 statements is right, 1 of 3 objects described: F1 = 2 * 1 / (2 + 3) = 0.4, and 2 + 6 * 0.4 = 4.4
    assert found == (4, f"Check sentence 2: the size is wrong. One object is missing at the {place}.")
    assert verdict(known(question), f"{said} {first}").comment.endswith(f"missing at the {place}.")
    assert "Check sentence 3: it is not true." in verdict(known(question), f"{said} {first}").comment
    assert verdict(known(question), "banana").score == 1


def test_composed_dialogues_end_at_the_truth_and_never_fall() -> None:
    for question in questions()[:200]:
        turns = rounds(compose(question.facts, question.question, question.answer, seed=0))
        assert len(turns) >= 2
        assert matches(question.answer, turns[-1][0])
        assert turns[-1][1] == 10
        scores = [score for _, score, _ in turns if score is not None]
        assert scores == sorted(scores)
        answers = [answer for answer, _, _ in turns]
        assert len(set(answers)) == len(answers)


def test_hard_questions_take_more_rounds() -> None:
    wrong: dict[str, Counter[int]] = {}
    for seed, question in enumerate(questions()):
        wrong.setdefault(known(question).kind, Counter())[len(mistakes(known(question), Random(seed)))] += 1
    assert set(wrong["yes or no"]) == {1}
    assert max(wrong["color"]) == 2
    assert max(wrong["text"]) == 3


def test_a_dialogue_depends_on_its_seed_alone() -> None:
    question = next(one for one in questions() if known(one).kind == "text")
    texts = [compose(question.facts, question.question, question.answer, seed) for seed in (0, 0, 1, 2, 3, 4)]
    assert texts[0] == texts[1]
    assert len(set(texts)) > 1


def test_an_example_of_another_world_is_refused() -> None:
    with pytest.raises(SourceError, match="has no scene of it"):
        feedback({"task": "gqa"}, "What is this?", "a dog", "a cat")
