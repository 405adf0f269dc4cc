"""What one answer is worth: pure functions of the answer's text and the ground truth.

Every metric of Burnish is a ratio of two sums over questions, so an answer is worth a `Term`, its share of either
sum. Accuracy is right answers over questions; precision is true positives over positives; F1 is twice the true
positives over predicted plus actual positives. One interval and one test then serve them all (`uncertainty.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_WORD = re.compile(r"(?<!\w)-?\d+(?:[.:/]\d+)*|\w+")
"""A number (sign, decimals, clock times and fractions kept) or a word; all other characters only separate."""
_IN_NUMBER = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_ARTICLES = frozenset(("a", "an", "the"))
_NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBER_WORDS)}


class Term(NamedTuple):
    """One answer's share of a metric: the metric is the sum of numerators over the sum of denominators."""

    numerator: float
    denominator: float


def normal_words(text: str) -> list[str]:
    """Lower-case words without punctuation and articles, numbers to ten as digits, as VQA's scorers compare.

    "The answer: Two." gives ["answer", "2"]; "1,000" gives ["1000"]; "3.5" and "-5" stay whole.
    """
    joined = _APOSTROPHE.sub("", _IN_NUMBER.sub("", text.lower()))
    return [_DIGITS.get(word, word) for word in _WORD.findall(joined) if word not in _ARTICLES]


def equal(answer: str, truth: str) -> bool:
    """Whether two answers are the same after normalisation; texts without any word are compared as they are.

    An empty answer equals nothing: it is none.
    """
    if not answer.strip():
        return False
    words, true_words = normal_words(answer), normal_words(truth)
    return words == true_words if words or true_words else answer.strip() == truth.strip()


def exact_match(answer: str, truths: Sequence[str]) -> float:
    """1 where the answer equals one of the truths after normalisation, else 0."""
    return float(any(equal(answer, truth) for truth in truths))


def soft_accuracy(answer: str, truths: Sequence[str]) -> float:
    """Partial credit, 0 to 1.

    Several truths are the answers of several people: min(people who gave this answer / 3, 1), the accuracy of VQA
    (Antol et al., 2015, section 3), with fewer than three people divided by their number. For one truth: `token_f1`.
    """
    if len(truths) == 1:
        return token_f1(answer, truths[0])
    return min(sum(equal(answer, truth) for truth in truths) / min(3, len(truths)), 1.0)


def token_f1(answer: str, truth: str) -> float:
    """Harmonic mean of precision and recall of the truth's words, repeats counted (SQuAD; Rajpurkar et al., 2016)."""
    words, true_words = Counter(normal_words(answer)), Counter(normal_words(truth))
    total = words.total() + true_words.total()
    return 2 * (words & true_words).total() / total if total else float(equal(answer, truth))


def yes_no(truth: str) -> bool | None:
    """True for a ground truth of "yes", False for "no", None for any other: not an existence question."""
    return {"yes": True, "no": False}.get(" ".join(normal_words(truth)))


def says_yes(answer: str) -> bool:
    """The rule of Li et al. (2023): in the first sentence the word no, No or not means no, all else means yes."""
    words = answer.partition(".")[0].replace(",", "").split(" ")
    return not {"No", "not", "no"} & set(words)


def answers_yes(answer: str) -> bool | None:
    """The same of a model's reply: None for an empty one, which is no answer, though the rule would call it a yes."""
    return says_yes(answer) if answer.strip() else None


def says_clearly(answer: str) -> bool | None:
    """True or False by the first yes or no among the answer's words; None for an answer that has neither."""
    return next((word == "yes" for word in normal_words(answer) if word in ("yes", "no")), None)
