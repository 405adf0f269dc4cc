"""`pairs from-dialogues`: which answers are preferred, to which prompt, and what training makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import tiny_models
from builders import always, write_run
from burnish import cli
from burnish.errors import ConfigError, RunError
from burnish.fire.texts import read_feedback, read_response
from burnish.images import encode_png
from burnish.make.from_dialogues import FromDialoguesConfig, pairs_from_dialogues
from burnish.records import Dialogue, Dropped, PreferencePair, Record, TextMessage, Turn
from burnish.store import Run
from burnish.train.dialogue_config import ShowMaskConfig
from burnish.train.show_mask import PLAIN, show_mask


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """As much of the configuration of `burnish simulate` as tells of its student."""

    student: str = "pocket"
    student_prompt: str | None = None


RISING = (("Thought: It is round.\nAnswer: a ball", 2), ("a wheel", 5), ("Thought: Spokes.\nAnswer: a clock", 9))
FALLING = (("two", 4), ("three", 1), ("four", 10), ("four or five", 6))


def turns(told: Sequence[tuple[str, float]]) -> tuple[Turn, ...]:
    return tuple(
        Turn(response=read_response(said), feedback=read_feedback(f"Score: {score}.\nFeedback: Hint {i}."))
        for i, (said, score) in enumerate(told, start=1)
    )


def dialogue(name: str, told: Sequence[tuple[str, float]]) -> Dialogue:
    return Dialogue(id=name, image="", question="What is it?", answer="truth", turns=turns(told), source="s")


def write(path: Path, *told: Dialogue | Dropped, student: str = "pocket") -> Path:
    one = always(encode_png(tiny_models.picture(1)))
    return write_run(path, told, kind="simulate", config=Simulated(student=student), pictures=one).path


def made(path: Path, out: Path, **flags: object) -> list[Record]:
    config = FromDialoguesConfig(runs=(str(path),), out=str(out), **flags)  # type: ignore[arg-type]
    return [*Run.open(pairs_from_dialogues(config).run)]


def shown(pair: Record) -> tuple[str, str, list[str]]:
    assert isinstance(pair, PreferencePair)
    return pair.id, pair.chosen.text, [one.answer.text for one in pair.rejected]


def test_the_right_answer_is_chosen_for_the_question_and_each_better_one_within(tmp_path: Path) -> None:
    first, second, third = made(write(tmp_path / "run", dialogue("a", RISING)), tmp_path / "out")
    assert shown(first) == ("a first", "a clock", ["a ball", "a wheel"])  # without thoughts
    assert shown(second) == ("a turn 2", "a wheel", ["Thought: It is round.\nAnswer: a ball"])
    assert shown(third) == ("a turn 3", "Thought: Spokes.\nAnswer: a clock", ["a wheel"])
    assert isinstance(first, PreferencePair) and isinstance(third, PreferencePair)
    assert (first.question, first.before, first.answer) == ("What is it?", (), "truth")
    assert first.facts == {"chosen_score": 9.0, "rejected_scores": [2.0, 5.0]}
    # the pocket student's prompt has its rounds in one message
    assert (
        third.question == "What is it? Try 1: a ball Feedback: Hint 1. Try 2: a wheel Feedback: Hint 2. Answer again:"
    )


def test_a_teacher_that_is_satisfied_with_what_is_wrong_may_be_held_to_the_truth(tmp_path: Path) -> None:
    path = write(tmp_path / "run", replace(dialogue("a", RISING), answer="A clock."), dialogue("b", RISING))
    first, third, other = made(path, tmp_path / "out", keep="chosen-right")
    assert [shown(one)[:2] for one in (first, third)] == [
        ("a first", "a clock"), ("a turn 3", "Thought: Spokes.\nAnswer: a clock")
    ]  # fmt: skip
    assert isinstance(other, Dropped) and (other.id, other.reason) == ("b", "no rejected answer")
    path = write(tmp_path / "right first", replace(dialogue("a", RISING), answer="a wheel"))
    (only,) = made(path, tmp_path / "both", keep="rejected-wrong", learn="first")
    assert shown(only) == ("a first", "a clock", ["a ball"])


def test_a_conversation_stands_before_the_question(tmp_path: Path) -> None:
    path = write(tmp_path / "run", dialogue("a", RISING[1:]), student="llava-hf/a-model")
    (pair,) = made(path, tmp_path / "out", learn="refined")
    assert isinstance(pair, PreferencePair)
    system, *before = pair.before
    assert system.speaker == "system"
    assert before == [TextMessage("user", "What is it?"), TextMessage("assistant", "a wheel")]
    assert pair.question == "Hint 1.\n\nBased on the feedback, answer the question again:"


def test_what_training_reads_is_what_the_student_was_sent(tmp_path: Path) -> None:
    path = write(tmp_path / "run", dialogue("a", RISING[1:]), student="llava-hf/a-model")
    made(path, tmp_path / "out", learn="refined")
    text = show_mask(ShowMaskConfig(run=str(tmp_path / "out"), role="pairs", model="pocket"), PLAIN)
    head, numbers, _, prompt, *_ = text.split("\n")
    assert head.startswith("a turn 2 of ") and "trained: answer 1" in numbers and ", answer 2 " in numbers
    assert prompt.startswith("[1], ")
    assert "<|user|>[<image> x 16]What is it?<|assistant|>a wheel</s><|user|>Hint 1." in text
    assert "«Answer: a clock</s>»" in text and "«a wheel</s>»" in text


def test_a_worse_answer_is_never_chosen(tmp_path: Path) -> None:
    first, third = made(write(tmp_path / "run", dialogue("a", FALLING)), tmp_path / "out")
    assert shown(first) == ("a first", "four", ["two", "three"])
    assert shown(third) == ("a turn 3", "four", ["three"])
    (close,) = made(tmp_path / "run", tmp_path / "close", margin=9, learn="first")
    assert shown(close) == ("a first", "four", ["three"])
    (short,) = made(tmp_path / "run", tmp_path / "short", match_length=0, learn="first")
    assert shown(short) == ("a first", "four", ["two", "three"])


@pytest.mark.parametrize(
    ("told", "learn", "reason"),
    [
        ((("two", 9),), "both", "one turn"),
        ((("two", 4), ("three", 2)), "both", "no score rises"),
        ((("two", 4), ("three", 7)), "first", "never right"),
        ((("two", 4), ("two", 8)), "both", "no rejected answer"),
    ],
)
def test_every_dialogue_without_a_pair_keeps_its_reason(
    tmp_path: Path, told: Sequence[tuple[str, float]], learn: str, reason: str
) -> None:
    gone = Dropped(id="b", source="s", reason="right at once")
    lost, kept = made(write(tmp_path / "run", dialogue("a", told), gone), tmp_path / "out", learn=learn)
    assert isinstance(lost, Dropped)
    assert (lost.reason, kept) == (reason, gone)


def test_the_flag_of_pairs_is_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = str(write(tmp_path / "run", dialogue("a", RISING))), str(tmp_path / "out")
    assert cli.main(["pairs", "--out", out, "--learn", "first", "--from-dialogues", run]) == 0
    assert len(Run.open(Path(out))) == 1
    page = (Path(out) / "report" / "index.html").read_text()
    assert f"burnish pairs from-dialogues {run} --out {out} --learn first" in page
    assert cli.main(["pairs", f"--from-dialogues={run}", "--out", out]) == 2
    assert "learn was" in capsys.readouterr().err


def test_what_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--margin must be above 0"):
        FromDialoguesConfig(runs=("x",), out="y", margin=0)
    write_run(tmp_path / "run", [], kind="simulate", config=Simulated(), done=False)
    with pytest.raises(RunError, match="is not finished"):
        made(tmp_path / "run", tmp_path / "out")
