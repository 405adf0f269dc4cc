"""What one answer is worth, by hand, and by POPE's published rule."""

import pytest

from burnish.bench.metrics import (
    answers_yes,
    exact_match,
    normal_words,
    says_clearly,
    says_yes,
    soft_accuracy,
    token_f1,
    yes_no,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Answer:  two.", ["answer", "2"]),
        ("a red car, an apple!", ["red", "car", "apple"]),
        ("1,000", ["1000"]),
        ("10,20", ["10", "20"]),
        ("3.5%", ["3.5"]),
        ("at 10:30.", ["at", "10:30"]),
        ("-5 degrees", ["-5", "degrees"]),
        ("5-7", ["5", "7"]),
        ("the dog's bowl", ["dogs", "bowl"]),
        ("Größe: ÄRGER", ["größe", "ärger"]),
        ("一只狗", ["一只狗"]),
        ("!?", []),
        ("", []),
    ],
)
def test_normalisation(text: str, words: list[str]) -> None:
    assert normal_words(text) == words


@pytest.mark.parametrize(
    ("answer", "truth", "value"),
    [
        ("A dog.", "dog", 1),
        ("Two", "2", 1),
        ("a red dog", "dog", 0),
        ("5", "-5", 0),
        ("", "dog", 0),
        ("", "", 0),  # no answer equals nothing
        ("%", "%", 1),
        ("%", "$", 0),
        ("the", "a", 0),  # nothing but articles: compared as they are
    ],
)
def test_exact_match(answer: str, truth: str, value: float) -> None:
    assert exact_match(answer, [truth]) == value


def test_exact_match_takes_any_of_several_truths() -> None:
    assert exact_match("grey", ["gray", "grey"]) == 1
    assert exact_match("green", ["gray", "grey"]) == 0


def test_soft_accuracy_of_several_people_is_their_number_over_three() -> None:
    people = ["red"] * 6 + ["dark red"] * 3 + ["brown"]
    assert soft_accuracy("Red.", people) == 1  # min(6 / 3, 1)
    assert soft_accuracy("dark red", people) == 1  # 3 / 3
    assert soft_accuracy("brown", people) == pytest.approx(1 / 3)
    assert soft_accuracy("blue", people) == 0


def test_soft_accuracy_of_two_people_is_their_share() -> None:
    assert soft_accuracy("red", ["red", "blue"]) == 1 / 2
    assert soft_accuracy("red", ["red", "red"]) == 1


def test_token_f1_by_hand() -> None:
    # "large red circle" against "small red circle here": 2 shared words of 3 and of 4: 2 * 2 / (3 + 4).
    assert token_f1("The large red circle", "a small red circle here") == pytest.approx(4 / 7)
    # Repeats count as often as the truth has them: {red: 2} and {red: 1} share 1: 2 / 3.
    assert token_f1("red red", "red") == pytest.approx(2 / 3)
    assert token_f1("", "red") == 0
    assert token_f1("?", "?") == 1
    assert token_f1("", "") == 0
    assert soft_accuracy("red red", ["red"]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("answer", "yes"),
    [
        ("yes", True),
        ("no", False),
        ("No, there is none.", False),
        ("There is not a dog", False),
        ("There is no dog. Yes.", False),
        ("Yes. There is no cat.", True),  # only the first sentence counts
        ("Nothing of the kind", True),  # not one of the three words
        ("NO", True),  # POPE's rule knows No and no only
        ("maybe", True),
        ("", True),
    ],
)
def test_popes_rule(answer: str, yes: bool) -> None:
    assert says_yes(answer) == yes


@pytest.mark.parametrize(("answer", "yes"), [("maybe", True), ("no", False), (" \n", None), ("", None)])
def test_an_empty_answer_is_no_yes(answer: str, yes: bool | None) -> None:
    assert answers_yes(answer) is yes


def test_an_empty_answer_equals_nothing() -> None:
    assert exact_match("", ["the"]) == soft_accuracy("", ["the"]) == soft_accuracy(" ", ["", "", "the"]) == 0


@pytest.mark.parametrize(("truth", "value"), [("yes", True), ("No.", False), ("true", None), ("yes, red", None)])
def test_only_yes_and_no_are_existence_truths(truth: str, value: bool | None) -> None:
    assert yes_no(truth) is value


@pytest.mark.parametrize(
    ("answer", "clearly"),
    [("Yes, there is no other.", True), ("no", False), ("I see none", None), ("", None), ("A NO, not a yes", False)],
)
def test_an_answer_is_clear_by_its_first_yes_or_no(answer: str, clearly: bool | None) -> None:
    assert says_clearly(answer) is clearly
