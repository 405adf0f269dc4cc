"""What benches of recorded answers share: the questions, and which of them several models answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from burnish.bench.judged.answers import IDS, QUESTIONS, Given, ModelAnswers, optional
from burnish.bench.judged.configs import AnswerFlags
from burnish.bench.standard.files import items
from burnish.errors import SourceError

FORM = "give JSON lines with `question_id`, `question` (or `text`) and `image`"


class JudgedQuestion(NamedTuple):
    """A question as a judge needs it."""

    text: str
    image: str
    """The picture's name; the question's id where nothing tells the picture."""


class Both(NamedTuple):
    """Two answers to one question."""

    asked: JudgedQuestion
    first: Given
    second: Given


def read_questions(config: AnswerFlags) -> dict[str, JudgedQuestion]:
    """The questions of --questions by id; empty without it. Raises SourceError."""
    if config.questions is None:
        return {}
    return {
        key: JudgedQuestion(item.text(*QUESTIONS, "text"), optional(item, ("image",)) or key)
        for item in items(config.questions, FORM)
        for key in [item.key(*IDS)]
    }


def both(first: ModelAnswers, second: ModelAnswers, questions: Mapping[str, JudgedQuestion]) -> list[Both]:
    """The questions that both answered, in the first's order.

    Raises SourceError where there is none, where nothing tells a question, or the two tell different ones.
    """
    shared = [key for key in first.by_id if key in second.by_id]
    if not shared:
        raise SourceError(f"{first.path} and {second.path} answer no question in common: compare answers to the same.")
    return [Both(_asked(key, first, second, questions), first.by_id[key], second.by_id[key]) for key in shared]


def _asked(
    key: str, first: ModelAnswers, second: ModelAnswers, questions: Mapping[str, JudgedQuestion]
) -> JudgedQuestion:
    if questions:
        if key not in questions:
            raise SourceError(f"--questions has no question {key}, which {first.path} answers: give all of them.")
        return questions[key]
    one, other = first.by_id[key], second.by_id[key]
    if one.question and other.question and one.question.split() != other.question.split():
        raise SourceError(f"{first.path} and {second.path} answer different questions as {key}: compare the same ones.")
    text = one.question or other.question
    if not text:
        raise SourceError(f"Neither {first.path} nor {second.path} has question {key}: give --questions.")
    return JudgedQuestion(text, one.image or other.image or key)


def name_apart(answers: Sequence[ModelAnswers]) -> list[ModelAnswers]:
    """The same, with names that differ: by file or folder, and by as many of the folders above as that takes.

    Raises SourceError where one file or folder is there twice.
    """
    paths = [one.path.resolve() for one in answers]
    if (twice := Counter(paths).most_common(1)[0])[1] > 1:
        raise SourceError(f"{twice[0]} is named twice: answers cannot be compared with themselves.")
    names, depth = [one.name for one in answers], 1
    while len({*names}) < len(names):
        depth += 1
        names = ["/".join(path.parts[-depth:]) for path in paths]
    return [replace(one, name=name) for one, name in zip(answers, names, strict=True)]
