"""How short answers are compared: normal forms and the accuracy among ten people, by hand."""

import pytest

from burnish.bench.standard.vqa_text import consensus, evalai, plain_words, vqa_accuracy, without_punctuation
from standard_files import ten


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("red/blue", "red blue"),
        ("red /blue", "red blue"),  # beside a space the mark is deleted
        ("1,000", "1000"),
        ("1,000 a-b", "1000 ab"),  # a comma in a number deletes every mark
        ("a-b", "a b"),
        ("3.5", "3.5"),
        ("U.S.A.", "USA"),
        ("it's 5 o'clock:", "it's 5 o'clock:"),  # apostrophe and colon are no marks
        ("." * 33, "."),  # 32 are removed
    ],
)
def test_punctuation(text: str, cleaned: str) -> None:
    assert without_punctuation(text) == cleaned


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Two  dogs", "2 dogs"),
        ("none", "0"),
        ("ten an a", "10"),
        ("eleven", "eleven"),
        ("dont", "don't"),
        ("couldnt've", "couldn't've"),
        ("couldntve", "couldntve"),  # two apostrophes are missing
        ("yall'd've", "y'all'd've"),
        ("somebody'd", "somebodyd"),  # the official table has it the wrong way round
        ("Im", "im"),  # its key has a capital, and words are lower-case by then
    ],
)
def test_words(text: str, words: str) -> None:
    assert plain_words(text) == words


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("The dog's bone?", "dog 's bone"),
        ("1,000", "1000"),
        ("Coca-Cola\nZero", "coca cola 0"),
        (" Yes. ", "yes"),
    ],
)
def test_the_form_of_evalai(text: str, form: str) -> None:
    assert evalai(text) == form


@pytest.mark.parametrize(
    ("others", "accuracy"),
    [
        (0, 0.0),
        (1, (9 * 1 / 3 + 1 * 0) / 10),  # for the one who said it, none of the other nine did
        (2, (8 * 2 / 3 + 2 * 1 / 3) / 10),
        (3, (7 * 1 + 3 * 2 / 3) / 10),
        (4, 1.0),
        (10, 1.0),
    ],
)
def test_accuracy_among_ten(others: int, accuracy: float) -> None:
    assert consensus("cat", ["cat"] * others + ["dog"] * (10 - others)) == pytest.approx(accuracy)


def test_answers_are_normalised_only_if_people_differ() -> None:
    assert vqa_accuracy("The Cat.", ten(cat=10)) == 0
    assert vqa_accuracy("The Cat.", ten(cat=9, dog=1)) == 1
    assert vqa_accuracy(" cat\n", ten(cat=10)) == 1  # outer space is stripped in any case
    assert vqa_accuracy("2", ["two"] * 5 + ["2"] * 5) == 1
    assert vqa_accuracy("2", ["two"] * 10) == 0
