"""What a judge's replies say, and which say nothing that can be read."""

import pytest

from burnish.bench.judged.consistency import reading
from burnish.bench.judged.pairwise import verdict
from burnish.bench.standard.mmvet_files import score_in
from burnish.fire.texts import grade

LINES = "A1,1,2,3,4\nA2,5,6,7,8\nA3,9,10,1,2"
READ = {"A1": [1, 2, 3, 4], "A2": [5, 6, 7, 8], "A3": [9, 10, 1, 2]}


@pytest.mark.parametrize(
    "said",
    [
        LINES,
        f"OUTPUT: both are fine.\n\nSIMPLIFIED FORMAT:\n{LINES}\n",
        "A1,[1],[2],[3],[4]\n**A2**, 5, 6, 7, 8\n- A3, 9, 10, 1, 2.",
        f"{LINES}\n{LINES}",  # in both forms that figure 8 asks for
        f"A1,[wording],[content],[sentiment],[overall]\n{LINES}",
    ],
)
def test_consistency_is_read_in_the_outputs_order(said: str) -> None:
    assert reading(said) == READ  # wording, content, sentiment, overall


@pytest.mark.parametrize(
    "said",
    [
        "",
        "A1,1,2,3,4\nA2,5,6,7,8",  # no A3
        "A1,1,2,3\nA2,5,6,7,8\nA3,9,10,1,2",  # three numbers
        "A1,1,2,3,4,5\nA2,5,6,7,8\nA3,9,10,1,2",
        "A1,0,2,3,4\nA2,5,6,7,8\nA3,9,10,1,2",  # 1 is the least
        "A1,1,2,3,11\nA2,5,6,7,8\nA3,9,10,1,2",
        "A1,1,2,3,-4\nA2,5,6,7,8\nA3,9,10,1,2",
        "A1,1,2,3,4.5\nA2,5,6,7,8\nA3,9,10,1,2",
        "A1,1,2,3,1-10\nA2,5,6,7,8\nA3,9,10,1,2",
        f"{LINES}\nA1,4,3,2,1",  # two that differ: which is meant?
        "A1,[wording],[content],[sentiment],[overall]",
    ],
)
def test_consistency_that_cannot_be_read(said: str) -> None:
    assert reading(said) is None


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Verdict: first", "first"),
        ("The second is vague.\n**Verdict: Second**", "second"),
        ('Verdict: "tie".', "tie"),
        ("verdict:\nfirst", "first"),
        ("Verdict: first\nSo: Verdict: first", "first"),
        ("Verdict: first … no, Verdict: second", None),
        ("The first is better", None),
        ("Verdict: firstly", None),
        ("My verdict first weighs the facts.", None),
        ("Verdict: neither", None),
        ("", None),
    ],
)
def test_the_verdict_of_a_comparison(said: str, named: str | None) -> None:
    assert verdict(said) == named


@pytest.mark.parametrize(
    ("said", "score"),
    [("0.5", 0.5), ("1", 1.0), ("0.7 because", 0.7), ("1.1", None), ("-0.1", None), ("nan", None), ("Score 0.5", None)],
)
def test_the_number_of_mmvet(said: str, score: float | None) -> None:
    assert score_in(said) == score


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("Score: 7.\nFeedback: nearly", 7.0),
        ("**Score:** 8.5/10", 8.5),
        ("7", None),  # may as well be an answer to the question that was asked about the picture
        ("Score: 11", None),
        ("Score: 5-6", None),
        ("Feedback: good", None),
    ],
)
def test_a_grade_stands_behind_its_label(said: str, score: float | None) -> None:
    assert grade(said) == score
