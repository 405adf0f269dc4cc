"""TextVQA (Singh et al., 2019), validation: soft accuracy among ten people's answers, all in EvalAI's form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from burnish.bench.standard.configs import ScoreTextvqaConfig
from burnish.bench.standard.files import Item, document, items, listed
from burnish.bench.standard.numbers import MEAN, Answered, Scored, accuracy_scores
from burnish.bench.standard.predictions import FORM, by_id
from burnish.bench.standard.vqa_people import commonest, people_answers
from burnish.bench.standard.vqa_text import consensus, evalai
from burnish.scores import AccuracyScores

RELEASE = "TextVQA_0.5.1_val.json is on textvqa.org/dataset"
_OCR_FIRST = re.compile(r"Question: (.*?) Short answer:", re.DOTALL)


class Question(NamedTuple):
    """What people answered."""

    picture: str
    answers: list[str]


def score_files(config: ScoreTextvqaConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = read_annotations(config.annotations)
    texts = by_id(_predictions(config.predictions), questions, config.predictions, config.annotations)
    return score(questions, texts)


def score(questions: Mapping[str, Question], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    answers = [
        Answered(
            question.picture,
            _worth(texts[key], question.answers),
            id=key,
            truth=commonest(question.answers),
            text=texts[key],
        )
        for key, question in questions.items()
    ]
    return accuracy_scores("TextVQA", answers, MEAN)


def _worth(text: str, answers: Sequence[str]) -> float:
    """An empty answer agrees with nobody, though people's articles become empty too."""
    return consensus(evalai(text), [evalai(answer) for answer in answers]) if text.strip() else 0.0


def read_annotations(path: str) -> dict[str, Question]:
    """The official annotations by picture and question. Raises SourceError."""
    seen: Counter[str] = Counter()
    return {
        _key(item.text("image_id"), item.text("question"), seen): Question(item.text("image_id"), people_answers(item))
        for item in listed(document(path, RELEASE), "data")
    }


def _key(picture: str, question: str, seen: Counter[str]) -> str:
    """Picture and question, lower-cased; a second equal one is numbered, as both have a prediction of their own."""
    key = f"{picture}: {question.lower()}"
    seen[key] += 1
    return key if seen[key] == 1 else f"{key} ({seen[key]})"


def _predictions(path: str) -> Iterator[tuple[Item, str, str]]:
    seen: Counter[str] = Counter()
    for item in items(path, FORM):
        question = item.text("question") if "question" in item.values else asked(item.text("prompt"))
        key = _key(item.key("image_id", "question_id"), question, seen)
        yield item, key, item.text("text", "answer")


def asked(prompt: str) -> str:
    """The question in a prompt of LLaVA's, which may have the picture's OCR tokens before or after it."""
    if prompt.startswith("OCR tokens: ") and (found := _OCR_FIRST.search(prompt)):
        return found[1]
    lines = prompt.split("\n")
    return lines[1] if prompt.startswith("Reference OCR token:") and len(lines) == 3 else lines[0]
