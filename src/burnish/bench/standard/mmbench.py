"""MMBench (Liu et al., 2023), English and Chinese: a question is right if it is right in every rotation of its options.

Which option an answer means is found by VLMEvalKit's rules alone (its exact mode); an answer in which they find none
is wrong, and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from burnish.bench.standard.configs import ScoreMmbenchConfig
from burnish.bench.standard.mmbench_files import ROTATION, Question, read_questions
from burnish.bench.standard.numbers import RATE, Answered, Scored, accuracy_scores
from burnish.bench.standard.predictions import read_predictions
from burnish.scores import AccuracyScores

_MARKS = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
BETWEEN = " | "
"""Between the answers to the rotations of a question."""
_LAST_WORDS = 4
"""A letter before the last words of an answer may be the article A, or begin a sentence."""


def score_files(config: ScoreMmbenchConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and line."""
    questions = read_questions(config.questions)
    asked = {str(question.number) for question in questions}
    texts = read_predictions(
        config.predictions, ("question_id", "index"), ("text", "prediction"), asked, source=config.questions
    )
    return score(questions, texts)


def score(questions: Sequence[Question], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by index."""
    said = {question.number: reading(texts[str(question.number)], question.options) for question in questions}
    by_base = groupby(sorted(questions, key=_place), key=lambda question: question.number % ROTATION)
    rotations = [list(group) for _, group in by_base]
    answers = [
        Answered(
            group[0].picture,
            all(said[q.number] == q.answer for q in group),
            group[0].groups,
            id=str(group[0].number % ROTATION),
            truth=BETWEEN.join(q.answer for q in group),
            text=BETWEEN.join(texts[str(q.number)] for q in group),
        )
        for group in rotations
    ]
    counts = {
        "answers without an option": sum(not letter for letter in said.values()),
        "questions in one rotation only": sum(len(group) == 1 for group in rotations),
    }
    return accuracy_scores("MMBench", answers, RATE, counts)


def reading(text: str, options: Mapping[str, str]) -> str:
    """The letter of the option that an answer means, by its letter or else by its text; "" where neither tells."""
    if not text.strip():
        return ""
    words = text.translate(_MARKS).split()
    letters = [letter for letter in options if letter in words]
    if len(letters) == 1 and words.index(letters[0]) >= len(words) - _LAST_WORDS:
        return letters[0]
    named = [letter for letter, option in options.items() if option.lower() in text.lower()]
    return named[0] if len(named) == 1 else ""


def _place(question: Question) -> tuple[int, int]:
    return question.number % ROTATION, question.number
