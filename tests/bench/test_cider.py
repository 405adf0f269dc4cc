"""CIDEr-D by hand."""

import math

import pytest

from burnish.bench.cider import cider_d


def _cider(predictions: list[str], references: list[str]) -> list[float]:
    return cider_d([text.split() for text in predictions], [text.split() for text in references])


def test_two_words_that_are_right_have_half_of_ten() -> None:
    # Cosine 1 for single words and for pairs, 0 for the triples and quadruples that are not there.
    assert _cider(["a b", "c d"], ["a b", "c d"]) == pytest.approx([5, 5])


def test_repeats_are_clipped_and_another_length_is_punished() -> None:
    # Every n-gram weighs log 2. Words: (min(2, 1) * 1 + 1 * 1) / (sqrt 5 * sqrt 2); pairs: 1 / (sqrt 2 * 1).
    expected = 10 * math.exp(-1 / 72) * (2 / math.sqrt(10) + 1 / math.sqrt(2)) / 4
    assert _cider(["a b a", "c d"], ["a b", "c d"])[0] == pytest.approx(expected)


def test_a_word_of_every_reference_weighs_nothing() -> None:
    assert _cider(["a x", "a y"], ["a b", "a c"]) == [0, 0]


def test_rare_words_weigh_more_than_common_ones() -> None:
    # "a" is in 2 of 3 references and weighs log 1.5, "b" in one and weighs log 3.
    common, rare = math.log(3 / 2), math.log(3)
    norm = math.hypot(common, rare)
    [only_rare, only_common, _] = _cider(["b", "a", "z"], ["a b", "a c", "d"])
    # one word instead of two: the penalty is exp(-1 / 72)
    assert only_rare == pytest.approx(10 * math.exp(-1 / 72) * rare / norm / 4)
    assert only_common == pytest.approx(10 * math.exp(-1 / 72) * common / norm / 4)


@pytest.mark.parametrize(("prediction", "reference"), [("", "a b"), ("a", ""), ("", "")])
def test_an_empty_text_is_like_nothing(prediction: str, reference: str) -> None:
    assert _cider([prediction, "c d"], [reference, "c d"])[0] == 0


def test_a_single_pair_has_nothing_to_be_rare_among() -> None:
    assert _cider(["a b"], ["a b"]) == [0]
