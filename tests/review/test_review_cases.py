"""What people are shown and asked, read from runs."""

from pathlib import Path

import pytest
from review_runs import dialogue, pair, write_run

from burnish.errors import RunError
from burnish.fire.texts import read_feedback, read_response
from burnish.records import Dialogue, Turn
from burnish.review.asks import ASKS
from burnish.review.cases import TextPart, case_key


def test_every_feedback_is_rated_and_every_response_but_the_first(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [dialogue(1, answers=("two", "five", "three"))])
    (case,) = ASKS["scores"].read([run])
    assert case.items == ("feedback-1", "response-2", "feedback-2", "response-3", "feedback-3")
    assert [passage.item for passage in case.passages] == ["", *case.items]
    assert case.passages[2].parts == (
        TextPart(label="Thought", text="I look, time 2."),
        TextPart(label="Answer", text="five"),
    )
    assert case.passages[3].parts == (
        TextPart(label="Score", text="4"),
        TextPart(label="Feedback", text="Count again, 1."),
    )
    assert (case.question, case.truth) == ("How many shapes, 1?", "three")


def test_a_feedback_whose_score_cannot_be_read_is_shown_as_it_was_written(tmp_path: Path) -> None:
    turn = Turn(response=read_response("three"), feedback=read_feedback("Score: high\nFeedback: Fine."))
    odd = Dialogue(id="d1", image="", question="?", answer="3", turns=(turn,), source="s")
    (case,) = ASKS["scores"].read([write_run(tmp_path / "run", [odd])])
    assert case.passages[0].parts == (TextPart(label="Answer", text="three"),)
    assert case.passages[1].parts == (TextPart(label="Feedback", text="Score: high\nFeedback: Fine."),)


def test_a_dialogue_names_its_split_or_belongs_to_its_run(tmp_path: Path) -> None:
    run = write_run(
        tmp_path / "mine", [dialogue(1, fire={"split": "fire_1m"}), dialogue(2), dialogue(3, fire={"split": 4})]
    )
    assert [case.split for case in ASKS["scores"].read([run])] == ["fire_1m", "mine", "mine"]


def test_two_models_are_compared_by_the_question_and_only_where_they_differ(tmp_path: Path) -> None:
    first = write_run(tmp_path / "first", [dialogue(n, answers=("no", f"{n} it is")) for n in (1, 2, 3)])
    others = [dialogue(3, answers=("no", "nine")), dialogue(2, answers=("yes", "2 it is")), dialogue(7)]
    second = write_run(tmp_path / "second", others)
    (case,) = ASKS["models"].read([first, second])  # 1 and 7 have one answer; the answers to 2 are equal
    assert case.record == "d3"
    assert [passage.parts[-1].text for passage in case.passages] == ["3 it is", "nine"]
    assert case.items == ("better",)


def test_models_that_were_asked_different_questions_are_not_compared(tmp_path: Path) -> None:
    first = write_run(tmp_path / "first", [dialogue(1, answers=("one", "two"))])
    from dataclasses import replace

    second = write_run(tmp_path / "second", [replace(dialogue(1), question="What colour?")])
    with pytest.raises(RunError, match="do not ask the same under 'd1'"):
        list(ASKS["models"].read([first, second]))


def test_every_rejected_answer_stands_against_the_chosen_one(tmp_path: Path) -> None:
    run = write_run(tmp_path / "pairs", [pair(1, "a cat", "a dog", "a cow")], kind="pairs")
    cases = list(ASKS["chosen"].read([run]))
    assert [[passage.parts[0].text for passage in case.passages] for case in cases] == [
        ["a cat", "a dog"],
        ["a cat", "a cow"],
    ]
    assert cases[0].truth is None
    assert len({case_key(case) for case in cases}) == 2


def test_swapped_sides_swap_what_a_choice_means() -> None:
    for name in ("models", "chosen"):
        options = {option.shown: option for option in ASKS[name].options}
        assert [options[key].value(swapped=False) for key in "abtx"] == ["first", "second", "tie", "neither"]
        assert [options[key].value(swapped=True) for key in "abtx"] == ["second", "first", "tie", "neither"]
