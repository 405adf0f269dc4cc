"""Dialogues that were written in one go: what is read, what is forgiven, and a reason for each that is turned down."""

import contextlib
import json
import time
from pathlib import Path

import pytest

from burnish.fire.parser import Rejection, check_rise, check_roles, check_secret, read_rounds
from burnish.fire.texts import read_feedback, read_response, write_feedback
from burnish.records import Feedback, Response, Turn
from patience import LONG_CPU_S

REAL = Path(__file__).resolve().parents[3] / "shared/data/fire-human-rated/dialogues.json"


def written(number: int, thought: str = "I look.", answer: str = "two", score: str = "3", comment: str = "No.") -> str:
    """One round as figure A10 has it."""
    return (
        f"# Round {number}\n## Student's response\nThought: {thought}\nAnswer: {answer}\n"
        f"## Teacher's feedback\nScore: {score}\nFeedback: {comment}\n"
    )


def test_rounds_are_read_and_stored_in_fires_published_form() -> None:
    text = written(1) + written(2, "I count\nagain.", "three\n\n1. one", "8.5/10.", "Nearly. Count on.")
    first, second = read_rounds(text)
    assert first == Turn(
        response=Response(text="Thought: I look.\nAnswer: two", thought="I look.", answer="two"),
        feedback=Feedback(text="Score: 3.\nFeedback: No.", score=3.0, comment="No."),
    )
    assert second.response.text == "Thought: I count\nagain.\nAnswer: three\n\n1. one"
    assert second.feedback == Feedback(
        text="Score: 8.5.\nFeedback: Nearly. Count on.", score=8.5, comment="Nearly. Count on."
    )


def test_a_score_of_eight_and_a_half_survives_writing() -> None:
    assert [write_feedback(score, "Good.") for score in (8.5, 8, 10.0)] == [
        "Score: 8.5.\nFeedback: Good.",
        "Score: 8.\nFeedback: Good.",
        "Score: 10.\nFeedback: Good.",
    ]
    assert read_feedback(write_feedback(8.5, "Good.")).score == 8.5


@pytest.mark.parametrize(
    "text",
    [
        written(1),
        f"Sure, here is the dialogue:\n\n{written(1)}\n",
        f"```markdown\n{written(1)}```",
        f"```\n{written(1)}\n```\n",
        written(1).replace("\n", "\n\n"),
        written(1).replace("\n", "  \r\n"),
        written(1).replace("# ", "### "),
        written(1).replace("# Round 1", "**Round 1:**").replace("## Student's response", "**Student’s Response**"),
        written(1).replace("Thought:", "**Thought:**").replace("Answer:", "**Answer**:").replace("Score:", "*Score*:"),
        written(1).replace("Score: 3", "**Score: 3/10**").replace("Answer: two", "**Answer: two**"),
        written(1).replace("two", "**two**").replace("Score: 3", "Score: **3 out of 10**."),
        written(1) + "\n---\n",
        written(1).replace("## Teacher", "---\n## Teacher"),
    ],
)
def test_emphasis_blank_lines_and_what_stands_before_round_1_are_forgiven(text: str) -> None:
    assert read_rounds(text) == read_rounds(written(1))


def lacking(line: str) -> str:
    """A round without the line that begins so."""
    return "".join(kept for kept in written(1).splitlines(keepends=True) if not kept.startswith(line))


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("", "no round 1", "No line says"),
        ("I see a cat.", "no round 1", "No line says"),
        ("Thought: I look.\nAnswer: two", "no round 1", "No line says"),
        (written(2), "no round 1", "No line says"),
        (written(1) + written(3), "rounds out of order", "Round 3 stands where round 2 belongs"),
        (written(1) + written(1), "rounds out of order", "Round 1 stands where round 2 belongs"),
        (lacking("## Student"), "missing part", "'Thought:' where \"Student's response\" belongs"),
        (lacking("Thought"), "missing part", "'Answer:' where 'Thought:' belongs"),
        (lacking("Answer"), "missing part", "\"Teacher's feedback\" where 'Answer:' belongs"),
        (lacking("## Teacher"), "missing part", "'Score:' where \"Teacher's feedback\" belongs"),
        (lacking("Score"), "missing part", "'Feedback:' where 'Score:' belongs"),
        (lacking("Feedback"), "missing part", "Round 1 ends without 'Feedback:'"),
        (written(1) + "# Round 2\n...", "text out of place", "Round 2 has '...' outside its parts"),
        (written(1) + "# Round 2\n", "missing part", 'Round 2 ends without "Student\'s response"'),
        (written(1, answer="two\nAnswer: three"), "repeated part", "'Answer:' twice"),
        (written(1, comment="No.\nFeedback: Look."), "repeated part", "'Feedback:' twice"),
        (written(1).replace("Thought", "Hm.\nThought"), "text out of place", "'Hm.' outside its parts"),
        (written(1, thought=""), "empty part", "nothing behind 'Thought:'"),
        (written(1, answer="** **"), "empty part", "nothing behind 'Answer:'"),
        (written(1, comment=" "), "empty part", "nothing behind 'Feedback:'"),
        (written(1, score=""), "no score", "not a number from 0 to 10: ''"),
        (written(1, score="high"), "no score", "'high'"),
        (written(1, score="11"), "no score", "'11'"),
        (written(1, score="3 or 4"), "no score", "'3 or 4'"),
        (written(1, score="3/5"), "no score", "'3/5'"),
        (written(1, score="3\nbecause"), "no score", "because"),
        (written(1) + "\nThis is how they talk.", "text after the last round", "'This is how they talk.'"),
        (written(1) + "# The end", "text after the last round", "'# The end'"),
        (written(1) + "## Note\n" + written(2), "text out of place", "'## Note'"),
        (written(1, thought="I see.\n* Answer: two"), "label inside a text", "round 1 holds 'Answer:' itself"),
    ],
)
def test_every_other_difference_is_turned_down_with_its_reason(text: str, reason: str, detail: str) -> None:
    with pytest.raises(Rejection) as caught:
        read_rounds(text)
    assert caught.value.reason == reason
    assert detail in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_comment_of_several_paragraphs_is_read_where_a_round_follows() -> None:
    turns = read_rounds(written(1, comment="No.\n\nCount the cats.") + written(2, score="10"))
    assert turns[0].feedback.comment == "No.\n\nCount the cats."


def test_thoughts_must_not_name_the_roles_but_where_the_question_does() -> None:
    turns = read_rounds(written(1) + written(2, "The Teacher's hint says so.", score="9"))
    with pytest.raises(Rejection, match="round 2 names the teacher") as caught:
        check_roles(turns, "How many cats?", "3")
    assert caught.value.reason == "role named in a thought"
    check_roles(turns, "What does the teacher hold?", "3")
    check_roles(turns[:1], "How many cats?", "3")
    check_roles(read_rounds(written(1, "I see a steamer of studentships.")), "?", "3")


def test_the_ground_truth_may_be_told_only_from_the_threshold_on() -> None:
    told = read_rounds(written(1, score="7.5", comment="It is a Red\nfox, is it not?") + written(2, score="10"))
    with pytest.raises(Rejection, match=r"round 1 \(score 7.5\) reveals") as caught:
        check_secret(told, "a red fox.", below=8)
    assert caught.value.reason == "answer told"
    check_secret(told, "a red fo", below=8)  # no word of the comment
    check_secret(told, "a red fox", below=7.5)
    check_secret(told, "", below=8)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (["3", "8"], None),
        (["3", "2", "4"], None),
        (["3", "9", "3"], "no rise"),
        (["3", "3"], "no rise"),
        (["8"], "one turn"),
        (["1", "2", "3", "4", "5", "6"], None),
        (["1", "2", "3", "4", "5", "6", "7"], "too many turns"),
    ],
)
def test_the_papers_filter(scores: list[str], reason: str | None) -> None:
    turns = read_rounds("".join(written(number, score=score) for number, score in enumerate(scores, start=1)))
    if reason is None:
        check_rise(turns, longest=6)
        return
    with pytest.raises(Rejection) as caught:
        check_rise(turns, longest=6)
    assert caught.value.reason == reason


def test_the_real_dialogues_put_into_the_form_are_read_back() -> None:
    if not REAL.exists():
        pytest.skip(f"the real data {REAL} is not on this machine")
    named = 0
    for item in json.loads(REAL.read_text()):
        said = [message["value"] for message in item["conversations"]]
        text = "".join(
            f"# Round {i // 2 + 1}\n## Student's response\n{said[i]}## Teacher's feedback\n{said[i + 1]}"
            for i in range(0, len(said), 2)
        )
        turns = read_rounds(text)
        assert [(turn.response.thought, turn.response.answer) for turn in turns] == [
            (response.thought, response.answer) for response in map(read_response, said[0::2])
        ]
        assert [(turn.feedback.score, turn.feedback.comment) for turn in turns] == [
            (feedback.score, feedback.comment) for feedback in map(read_feedback, said[1::2])
        ]
        check_rise(turns, longest=6)
        try:
            check_roles(turns, item["question"]["value"], item["groundtruth"]["value"])
        except Rejection:
            named += 1
    assert named == 3  # what the paper's authors kept against their own prompt


def test_only_the_marks_that_open_a_text_are_left_out() -> None:
    [turn] = read_rounds(written(1, answer="**Two** or **three**", comment="It is **not** two."))
    assert (turn.response.answer, turn.feedback.comment) == ("Two or **three**", "It is **not** two.")


@pytest.mark.parametrize("filler", [" ", "#", "*", "-", "\n", "* ", "Round 1 ", "Answer: "])
def test_a_long_meaningless_text_is_read_at_once(filler: str) -> None:
    text = written(1, thought=f"I look. {filler * 200_000}") + filler * 200_000
    began = time.process_time()
    with contextlib.suppress(Rejection):
        read_rounds(text)
    assert time.process_time() - began < LONG_CPU_S
