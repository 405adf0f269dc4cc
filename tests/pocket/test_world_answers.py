"""Which answers are right, and how descriptions are counted, by hand."""

from __future__ import annotations

import pytest

from burnish.pocket.world import Scene, Thing, check_description, matches

SCENE = Scene(
    "objects",
    "white",
    things=(
        Thing("circle", "red", "large", 0),
        Thing("square", "blue", "small", 5),
        Thing("cross", "red", "small", 10),
    ),
)
CIRCLE = "There is a large red circle at the top left."
SQUARE = "There is a small blue square at the center."
CROSS = "There is a small red cross at the center."


def counts(text, question=""):
    check = check_description(SCENE, text, question)
    return check.right, check.hallucinated, check.missing, check.unreadable


@pytest.mark.parametrize("text", ["Top left", " top  left. ", "TOP LEFT", "top left\n"])
def test_case_spaces_and_a_final_stop_do_not_matter(text):
    assert matches("top left", text)


@pytest.mark.parametrize("text", ["top", "left top", "top left corner", ""])
def test_any_other_word_does(text):
    assert not matches("top left", text)


def test_a_full_description_in_any_order_is_all_right():
    assert counts(f"{CROSS} {SQUARE} {CIRCLE}") == (3, 0, 0, 0)
    assert check_description(SCENE, f"{CROSS} {SQUARE} {CIRCLE}").f1 == 1


def test_a_wrong_word_is_a_hallucination_and_leaves_its_object_missing():
    assert counts(f"{CIRCLE} There is a small green square at the center. {CROSS}") == (2, 1, 1, 0)


def test_saying_a_thing_twice_is_a_hallucination():
    assert counts(f"{CIRCLE} {CIRCLE} {SQUARE} {CROSS}") == (3, 1, 0, 0)


def test_sentences_of_another_form_are_unreadable():
    assert counts(f"{CIRCLE} I see a blue square. {CROSS}") == (2, 0, 1, 1)


def test_precision_recall_and_f1():
    check = check_description(SCENE, f"{CIRCLE} There is a large red circle at the bottom. Hello.")
    assert (check.precision, check.recall) == (1 / 3, 1 / 3)  # 1 of 3 sentences, 1 of 3 objects
    assert check.f1 == pytest.approx(2 * 1 / (2 * 1 + 1 + 1 + 2))


def test_an_empty_description_misses_everything():
    check = check_description(SCENE, "")
    assert (check.missing, check.precision, check.recall, check.f1) == (3, 0, 0, 0)


def test_a_part_asks_for_no_more_than_it_names():
    assert counts(f"{CIRCLE} {CROSS}", "Describe the red objects.") == (2, 0, 0, 0)
    assert counts(f"{CIRCLE} {CROSS} {SQUARE}", "Describe the red objects.") == (2, 1, 0, 0)
    assert counts(CROSS, "Describe the crosses.") == (1, 0, 0, 0)
