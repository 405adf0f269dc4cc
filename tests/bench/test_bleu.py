"""BLEU by hand, and against captioning's toolkit on the real dialogues."""

import math

import numpy as np
import pytest

from burnish.bench.bleu import corpus_bleu, count_row, sentence_bleu
from burnish.bench.tokens import split_tokens


def _bleu(prediction: str, reference: str) -> tuple[float, ...]:
    return sentence_bleu(prediction.split(), reference.split())


def test_a_text_without_its_last_word_pays_for_being_short() -> None:
    # All 3 words, 2 pairs and 1 triple are right; there is no 4-gram: 1e-15 / 1e-9. The penalty is exp(1 - 4/3).
    penalty = math.exp(-1 / 3)
    expected = (penalty, penalty, penalty, penalty * 1e-6 ** (1 / 4))
    assert _bleu("the cat sat", "the cat sat down") == pytest.approx(expected, abs=1e-8)


def test_a_longer_text_pays_in_precision_alone() -> None:
    # 4 of 5 words, 3 of 4 pairs, 2 of 3 triples, 1 of 2 quadruples.
    expected = (4 / 5, (4 / 5 * 3 / 4) ** (1 / 2), (4 / 5 * 3 / 4 * 2 / 3) ** (1 / 3), (2 / 5 * 1 / 2) ** (1 / 4))
    assert _bleu("the cat sat down again", "the cat sat down") == pytest.approx(expected, abs=1e-8)


def test_a_word_counts_no_more_often_than_in_the_reference() -> None:
    assert _bleu("the the the", "the cat")[0] == pytest.approx(1 / 3)


@pytest.mark.parametrize(("prediction", "reference"), [("", "a b"), ("a", ""), ("", ""), ("a b c d e", "v w x y z")])
def test_nothing_in_common_is_nothing(prediction: str, reference: str) -> None:
    assert _bleu(prediction, reference) == pytest.approx((0, 0, 0, 0), abs=1e-6)


def test_one_right_word_has_a_bleu_1_only() -> None:
    # Without pairs, triples and quadruples each precision is 1e-6: their geometric means follow.
    expected = (1, 1e-6 ** (1 / 2), 1e-12 ** (1 / 3), 1e-18 ** (1 / 4))
    assert _bleu("yes", "yes") == pytest.approx(expected, abs=1e-8)


def test_case_and_signs_make_other_words_in_the_papers_variant() -> None:
    assert _bleu("Yes.", "yes")[0] == pytest.approx(0, abs=1e-6)
    assert split_tokens("Score: 5.\nFeedback:  no") == ["Score:", "5.", "Feedback:", "no"]


def test_a_corpus_adds_up_before_it_divides() -> None:
    # Words: 1 of 1 and 1 of 3, so 2 of 4; lengths 4 and 4. The mean of the sentences' BLEU-1 would be 2/3.
    corpus = [(["yes"], ["yes"]), (["a", "x", "y"], ["a", "b", "c"])]
    assert corpus_bleu(np.array([count_row(*both) for both in corpus]))[0] == pytest.approx(2 / 4)
