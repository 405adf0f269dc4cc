"""The one parser of scores, feedback and responses: made texts whose reading is known, and all the real ones."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from burnish.fire.texts import read_feedback, read_response, read_score, write_feedback, write_response
from burnish.records import Feedback, Response
from fire_items import real_items
from patience import LONG_CPU_S


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", 5),
        ("5.", 5),
        ("5/10", 5),
        ("8.5", 8.5),
        ("8.5.", 8.5),
        ("8.5/10.", 8.5),
        ("8.5/10.0", 8.5),
        ("0", 0),
        ("10", 10),
        ("10/10.", 10),
        ("7 out of 10", 7),
        (" **6** ", 6),
        ("Score: 7 out of 10", 7),
        ("Score: 7 Out Of 10.\nFeedback: no", 7),
        ("Score: 5.\nFeedback: Count 3 of 4 again.\n", 5),
        ("score : 5", 5),
        ("SCORE=5", 5),
        ("Score 5", 5),
        ("Score:\n5\nFeedback: no", 5),
        ("**Score:** 6\n**Feedback:** no", 6),
        ("**Score: 6.**\nFeedback: no", 6),
        ("**Score**: **6/10**\nno", 6),
        ("## Score: 6\n## Feedback\nno", 6),
        ("- no\n\nScore: 6", 6),
        ("Score: 4. Feedback: Look again.", 4),
        ("Score: 4 Feedback: Look again.", 4),
        ("Score: 4/10; **Feedback:** Look again.", 4),
        ("Score: 4,\r\nFeedback: Look again.", 4),
        ("Feedback: The score is fine.\nScore: 9.", 9),
    ],
)
def test_scores_that_are_read(text: str, score: float) -> None:
    assert read_score(text) == score


@pytest.mark.parametrize(
    "text",
    [
        "",
        "five",
        "-5",
        "5-6",
        "5 or 6",
        "5.5.5",
        "5/5",
        "5%",
        "11",
        "10.5",
        "7/20",
        "7/100",
        "70/100",
        "99999999999999999999999999999999",
        "Score: 5-6",
        "Score: 5 to 6.",
        "Score: 11.",
        "Score: 7/20",
        "Score: 7 out of 20",
        "Score: -3.",
        "Score: N/A\nFeedback: You have 3 of 10 right.",
        "Score: eight.\nFeedback: 8",
        "Score:\nFeedback: 8 cats",
        "Feedback: You named 8 cats.",
        "Your score: 8",  # no label at the line's beginning, and no number alone
        "5\nFeedback: no",
    ],
)
def test_scores_that_nobody_should_guess(text: str) -> None:
    assert read_score(text) is None


def test_a_second_score_does_not_replace_the_first() -> None:
    assert read_score("Score: 4.\nFeedback: A better answer would have\nScore: 9.") == 4


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("Score: 5.\nFeedback: Look again.\n", "Look again."),
        ("Score: 4. Feedback: Look again.", "Look again."),
        ("**Score:** 5\n\n**Feedback:** Look *again*.", "Look *again*."),
        ("## Score: 5\n## Feedback:\n1. Look.\n2. Count.", "1. Look.\n2. Count."),
        ("Score: 5.\nLook again.", "Look again."),
        ("Look again.\nScore: 5.", "Look again."),
        ("Score: 5.", ""),
        ("Look again.", "Look again."),
        ("Score: 5.\nFeedback: My feedback: count.", "My feedback: count."),
    ],
)
def test_comments(text: str, comment: str) -> None:
    assert read_feedback(text).comment == comment


def test_feedback_keeps_its_text_as_it_was() -> None:
    text = "\n Score: x.\nFeedback: Look.\n\n"
    assert read_feedback(text) == Feedback(text=text, score=None, comment="Look.")


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("Thought: I see two.\nAnswer: two\n\n", "I see two.", "two"),
        ("Thought: I see two. Answer: two", "I see two.", "two"),
        ("**Thought:** I see.\n**Answer:** two", "I see.", "two"),
        ("### Thought:\nI see.\n\n### Answer:\ntwo\nor three", "I see.", "two\nor three"),
        ("Thought: So the answer: blue, is wrong.\nAnswer: red", "So the answer: blue, is wrong.", "red"),
        ("Thought:\nAnswer: red", "", "red"),
        ("Thought: I see.\nAnswer:", "I see.", ""),
        ("Answer: red", "", "red"),
        ("\nanswer : red", "", "red"),
        (" red ", "", "red"),
        ("I think.\nAnswer: red", "", "I think.\nAnswer: red"),  # no thought is named, so nothing is cut off
        ("Thought: I only think.", "", "Thought: I only think."),
        ("", "", ""),
    ],
)
def test_responses(text: str, thought: str, answer: str) -> None:
    assert read_response(text) == Response(text=text, thought=thought, answer=answer)


def test_what_is_written_is_read_back() -> None:
    assert read_feedback(write_feedback(7, "Look: a cat.")) == Feedback(
        text="Score: 7.\nFeedback: Look: a cat.", score=7.0, comment="Look: a cat."
    )
    assert read_response(write_response("I see.", "two\ncats")) == Response(
        text="Thought: I see.\nAnswer: two\ncats", thought="I see.", answer="two\ncats"
    )
    assert write_response("", "two") == "two"


@pytest.mark.parametrize(
    "text",
    [
        "Score: 5" + 300_000 * " " + "x",
        "Score" + 300_000 * " *",
        "Score: " + 300_000 * "5" + "-",
        "5" + 300_000 * " " + "x",
        300_000 * "\n" + "x",
        300_000 * "** ",
        300_000 * "Feedback",
        "Thought: " + 300_000 * " " + "x",
        "Thought: " + 300_000 * "* #",
        "Thought:" + 300_000 * "\n",
    ],
    ids=range(10),
)
def test_reading_takes_time_in_proportion_to_the_length(text: str) -> None:
    """Each took minutes, or for ever, where two repetitions could share a stretch of text."""
    start = time.process_time()
    assert read_feedback(text).score is None
    assert read_response(text).text == text
    assert time.process_time() - start < LONG_CPU_S


def test_every_real_feedback_has_a_score_and_five_were_stored_wrongly() -> None:
    wrong, forms, read = [], Counter[str](), 0
    for item in real_items():
        texts = [message["value"] for message in item["conversations"][1::2]]
        for text, stored in zip(texts, item["score"], strict=True):
            feedback = read_feedback(text)
            assert feedback.score is not None, text
            assert feedback.comment
            forms["N/10" if "/10" in text.splitlines()[0] else "N"] += 1
            read += 1
            if feedback.score != stored:
                wrong.append((text.splitlines()[0], stored))
    assert read == 329
    assert forms == {"N": 324, "N/10": 5}
    assert wrong == [
        ("Score: 6/10.", 0),
        ("Score: 9/10.", 0),
        ("Score: 10/10.", 1),
        ("Score: 9/10.", 0),
        ("Score: 10/10.", 1),
    ]


def test_every_real_response_has_a_thought_and_an_answer() -> None:
    texts = [message["value"] for item in real_items() for message in item["conversations"][::2]]
    assert len(texts) == 329
    for text in texts:
        response = read_response(text)
        assert response.thought, text
        assert response.answer, text
        assert "Answer:" not in response.thought + response.answer, text
