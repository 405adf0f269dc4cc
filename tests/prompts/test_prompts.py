"""Prompt files become the conversations of figures A10 to A13, and a wrong file is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from burnish.errors import ConfigError
from burnish.fire.texts import read_feedback, read_response
from burnish.prompts import NAMES, ComposerPrompt, JudgePrompt, StudentPrompt, TeacherPrompt, load, save
from burnish.records import Turn

PICTURE = Image.new("RGB", (4, 4))
TURNS = (
    Turn(response=read_response("Thought: t1\nAnswer: a1\n\n"), feedback=read_feedback("Score: 3.\nFeedback: f1\n")),
    Turn(response=read_response("a2"), feedback=read_feedback("Score: 5.\nFeedback: f2")),
)


def said(prompt: StudentPrompt, turns: tuple[Turn, ...] = TURNS) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in prompt.messages("q?", PICTURE, turns)]


def test_the_student_chats_and_sees_comments_without_scores() -> None:
    again = "\n\nBased on the feedback, answer the question again:"
    assert said(load(StudentPrompt, "fire-student"))[1:] == [
        ("user", "q?"),
        ("assistant", "Thought: t1\nAnswer: a1"),
        ("user", f"f1{again}"),
        ("assistant", "a2"),
        ("user", f"f2{again}"),
    ]


def test_the_student_may_see_scores() -> None:
    assert "Score: 3.\nFeedback: f1" in said(load(StudentPrompt, "fire-student", sees="feedback"))[3][1]


def test_figure_a12_puts_all_rounds_into_one_message() -> None:
    prompt = load(StudentPrompt, "fire-student-rounds")
    (_, text) = said(prompt)[-1]
    assert text == (
        "q?\n\nRound 1\n\nThought: t1\nAnswer: a1\nf1\n\nRound 2\n\na2\nf2"
        "\n\nBased on the feedback, answer the question again:"
    )
    assert said(prompt, ())[-1] == ("user", "q?")


def test_the_teacher_knows_the_truth_and_the_latest_response_alone() -> None:
    messages = load(TeacherPrompt, "fire-teacher").messages("q?", "gt", PICTURE, TURNS, "a3")
    assert [message.role for message in messages] == ["system", "user"]
    assert messages[1].images == (PICTURE,)
    text = messages[1].text
    assert text.startswith("Question: q?\nGroundtruth: gt\n\n")
    assert text.endswith("Here is the student response: a3, now please provide the feedback:")
    assert "without telling the groundtruth answer outright" in text  # the line that figure A13 lost
    assert "a1" not in text


def test_the_teacher_may_see_the_history() -> None:
    prompt = load(TeacherPrompt, "fire-teacher", sees="history")
    messages = prompt.messages("q?", "gt", PICTURE, TURNS, "a3")
    assert [message.role for message in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert "Here is the student response: Thought: t1\nAnswer: a1, now" in messages[1].text
    assert messages[2].text == "Score: 3.\nFeedback: f1"
    assert messages[5].text == "Here is the student response: a3, now please provide the feedback:"


def test_the_composer_is_told_figures_a10_and_a11() -> None:
    system, user = load(ComposerPrompt, "fire-compose").messages("q?", "gt", PICTURE)
    assert "# Round 1\n## Student's response\nThought: <" in system.text
    assert user.text == "Here are the given image, question: q? and groundtruth answer: gt, now generate a dialogue:"


def test_dollars_in_values_stay_as_they_are() -> None:
    messages = load(StudentPrompt, "fire-student").messages("costs $5 or ${groundtruth}?", PICTURE, ())
    assert messages[-1].text == "costs $5 or ${groundtruth}?"


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_prompt_is_the_same_prompt(name: str, tmp_path: Path) -> None:
    kinds = {"judge": JudgePrompt, "teacher": TeacherPrompt, "compose": ComposerPrompt, "student": StudentPrompt}
    kind = next(kind for word, kind in kinds.items() if word in name)
    prompt = load(kind, name)
    save(prompt, tmp_path / "own.yaml")
    assert load(kind, str(tmp_path / "own.yaml")) == prompt
    assert load(kind, str(tmp_path / "own.yaml")).fingerprint == prompt.fingerprint


def test_fingerprints_tell_prompts_apart() -> None:
    prompts = [
        load(StudentPrompt, "fire-student"),
        load(StudentPrompt, "fire-student", sees="feedback"),
        load(StudentPrompt, "fire-student-rounds"),
    ]
    assert len({prompt.fingerprint for prompt in prompts}) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("role: teacher\nquestion: q\nagain: a", "a prompt for the role 'teacher', and a student's is needed"),
        ("role: student\nquestion: q", "lacks 'again'"),
        ("role: student\nquestion: q\nagain: a\nscore: s", "has the key 'score'"),
        ("role: student\nquestion: ${groundtruth}\nagain: a", r"has \$\{groundtruth\} in 'question'"),
        ("role: student\nquestion: q\nagain: 5 $ each", r"has a \$ in 'again'"),
        ("role: student\nquestion: q\nagain: a\nsees: all", "has sees: all; it is one of comment, feedback"),
        ("role: student\nquestion: [q]\nagain: a", "must hold `key: text` lines"),
        ("role: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load(StudentPrompt, str(path))


def test_a_missing_file_lists_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fire-student-rounds"):
        load(StudentPrompt, str(tmp_path / "none.yaml"))
