"""A judge's prompt: what it is sent, how it is asked again, and what is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from burnish.errors import ConfigError
from burnish.prompts import JudgePrompt, JudgeTask, choose_judge, load

PICTURE = Image.new("RGB", (4, 4))
VALUES = {"question": "q?", "reference": "$5", "answer": "five"}


@pytest.mark.parametrize("task", get_args(JudgeTask))
def test_every_task_has_a_prompt(task: JudgeTask) -> None:
    prompt = choose_judge(task, given=None, model="some/model")
    assert (prompt.task, prompt.sees) == (task, "picture" if task == "answer" else "text")


def test_what_a_judge_is_sent() -> None:
    (message,) = load(JudgePrompt, "judge-grades").messages(VALUES, [])
    assert message.text.startswith("Question: q?\nGround truth: $5\nAnswer to be graded: five\n")
    assert (message.role, message.images) == ("user", ())


def test_it_is_asked_again_with_another_question(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("role: judge\ntask: grades\nsystem: s\nsees: picture\nquestion: ${answer}\nagain: 'not ${reply}'\n")
    system, asked = load(JudgePrompt, str(own)).messages(VALUES, [PICTURE], unread="well, $3")
    assert (system.role, system.text) == ("system", "s")
    assert (asked.text, asked.images) == ("five\n\nnot well, $3", (PICTURE,))


def test_the_pocket_vlm_is_asked_as_its_teacher_was_trained() -> None:
    prompt = choose_judge("grades", given=None, model="pocket")
    assert prompt.sees == "picture"
    (message,) = prompt.messages(VALUES, [PICTURE])
    assert message.text == "Question: q? Answer: $5 Try: five Your feedback:"
    assert choose_judge("pairwise", given=None, model="pocket") == load(JudgePrompt, "judge-pairwise")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("role: judge\ntask: beauty\nquestion: q\nagain: a", "has task: beauty; it is one of mmvet, llava-bench,"),
        ("role: judge\nquestion: q\nagain: a", "lacks 'task'"),
        ("role: judge\ntask: grades\nquestion: q", "lacks 'again'"),
        ("role: judge\ntask: grades\nsees: all\nquestion: q\nagain: a", "has sees: all; it is one of text, picture"),
        (
            "role: judge\ntask: grades\nquestion: ${first}\nagain: a",
            "has ${first} in 'question', which is not one of its values",
        ),
        (
            "role: judge\ntask: grades\nquestion: ${reply}\nagain: a",
            "has ${reply} in 'question', which is not one of its values",
        ),
        ("role: teacher\nquestion: q\nagain: a", "is a prompt for the role 'teacher', and a judge's is needed"),
        ("role: judge\ntask: shr\nquestion: q\nagain: a", "is a prompt for judging shr, not grades"),
    ],
)
def test_a_wrong_prompt_is_refused_by_name(tmp_path: Path, lines: str, sentence: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(lines)
    with pytest.raises(ConfigError) as caught:
        choose_judge("grades", given=str(own), model="m")
    assert sentence in str(caught.value)
