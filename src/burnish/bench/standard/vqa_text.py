"""How the scorers of VQA compare short answers: their normal forms, and the accuracy among ten people's answers.

The official scorers' quirks are kept: at most 32 full stops are removed (they pass the flag re.UNICODE in the place
of a count), "none" is the number 0, and "somebody'd" loses its apostrophe.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache, lru_cache

PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
PEOPLE = 10
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
_FULL_STOP = re.compile(r"\.(?!\d)")
_MOST_FULL_STOPS = 32
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS)} | {"none": "0"}
_ARTICLES = frozenset(("a", "an", "the"))
_CONTRACTED = """
    ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've
    he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've
    o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's
    someone'd someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've
    there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's
    what've when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've
    wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've
"""
_CONTRACTIONS = {
    word[:i] + word[i + 1 :]: word for word in _CONTRACTED.split() for i, mark in enumerate(word) if mark == "'"
} | {"somebody'd": "somebodyd"}
"""From each word with one of its apostrophes left out to the word; the last entry is the official table's own."""


def without_punctuation(text: str) -> str:
    """Marks are deleted where the text has them beside a space or has a comma in a number, else they become spaces."""
    comma = _COMMA_IN_NUMBER.search(text)
    cleaned = text
    for mark in PUNCTUATION:
        cleaned = cleaned.replace(mark, "" if comma or f"{mark} " in text or f" {mark}" in text else " ")
    return _FULL_STOP.sub("", cleaned, count=_MOST_FULL_STOPS)


def plain_words(text: str) -> str:
    """Lower-case words, numbers to ten as digits, articles dropped, apostrophes of contractions put back."""
    digits = (_DIGITS.get(word, word) for word in text.lower().split())
    return " ".join(_CONTRACTIONS.get(word, word) for word in digits if word not in _ARTICLES)


def evalai(text: str) -> str:
    """The form of EvalAI's answer processor, which TextVQA compares and which submissions hold."""
    lowered = text.lower().replace(",", "").replace("?", "").replace("'s", " 's").strip()
    return plain_words(without_punctuation(_one_line(lowered)))


def consensus(answer: str, answers: Sequence[str]) -> float:
    """Mean over the ten people of min(how many of the other nine gave this answer / 3, 1)."""
    return _shared(answers.count(answer), len(answers))


@cache
def _shared(same: int, people: int) -> float:
    """The consensus where so many of the people gave the answer."""
    those, others = min((same - 1) / 3, 1.0), min(same / 3, 1.0)
    return math.fsum([those] * same + [others] * (people - same)) / people


def vqa_accuracy(answer: str, answers: Sequence[str]) -> float:
    """VQAv2's accuracy: all answers are brought to one form only if the people's answers differ.

    An empty answer agrees with nobody, though people's articles become empty too.
    """
    if not answer.strip():
        return 0.0
    given, people = _one_line(answer), [_one_line(other) for other in answers]
    if len(set(people)) > 1:
        given, *people = map(_in_one_form, (given, *people))
    return consensus(given, people)


@lru_cache(maxsize=1 << 14)
def _in_one_form(text: str) -> str:
    """People give the same short answers again and again."""
    return plain_words(without_punctuation(text))


@lru_cache(maxsize=1 << 14)
def _one_line(text: str) -> str:
    return text.replace("\n", " ").replace("\t", " ").strip()
