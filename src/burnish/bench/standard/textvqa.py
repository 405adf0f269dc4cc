"""TextVQA (Singh et al., 2019), validation: soft accuracy among ten people's answers, all in EvalAI's form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from burnish.bench.measures import SOFT, measures
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import SHORT, WITH_OCR, framed
from burnish.bench.standard.asking.written import PREDICTIONS, number, write_lines
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, document, items, listed
from burnish.bench.standard.numbers import MEAN, AnswerValue, Scored, accuracy_scores
from burnish.bench.standard.predictions import FORM, by_id
from burnish.bench.standard.vqa_people import answers_of, commonest, commonest_fact, people_answers, people_facts
from burnish.bench.standard.vqa_text import consensus, evalai
from burnish.scores import AccuracyScores
from burnish.sources import Candidate


@dataclass(frozen=True, kw_only=True)
class ScoreTextvqaConfig:
    """Score recorded answers to TextVQA's validation questions: soft accuracy, all answers in EvalAI's form."""

    benchmark: ClassVar[str] = "textvqa"
    annotations: str
    """TextVQA_0.5.1_val.json, or a part of it in the same form."""
    predictions: str
    """JSON lines with `image_id`, `question` and `text`, or LLaVA's with `question_id` (the picture), `prompt` and
    `text`."""
    json: str | None = None
    """Also write the scores to this file."""


OcrTokens: TypeAlias = Literal["rosetta", "none"]


@dataclass(frozen=True, kw_only=True)
class AskTextvqaConfig(AskConfig):
    """Ask TextVQA's validation questions."""

    benchmark = "textvqa"
    ocr: OcrTokens = "rosetta"
    """Whether the question lists the words that the OCR system Rosetta read, as in LLaVA's evaluation. Numbers with and
    without are not comparable."""


RELEASE = "TextVQA_0.5.1_val.json is on textvqa.org/dataset"
_OCR_FIRST = re.compile(r"Question: (.*?) Short answer:", re.DOTALL)


class TextVqaQuestion(NamedTuple):
    """What people answered."""

    picture: str
    answers: list[str]


def score_files(config: ScoreTextvqaConfig) -> Scored[AccuracyScores]:
    """The scores of recorded answers. Raises SourceError, naming file and item."""
    questions = read_annotations(config.annotations)
    texts = by_id(_predictions(config.predictions), questions, config.predictions, config.annotations)
    return score(questions, texts)


def score(questions: Mapping[str, TextVqaQuestion], texts: Mapping[str, str]) -> Scored[AccuracyScores]:
    """The scores of answers by question."""
    answers = [
        AnswerValue(
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


def read_annotations(path: str) -> dict[str, TextVqaQuestion]:
    """The official annotations by picture and question. Raises SourceError."""
    seen: Counter[str] = Counter()
    return {
        _key(item.text("image_id"), item.text("question"), seen): TextVqaQuestion(
            item.text("image_id"), people_answers(item)
        )
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


FILE = "TextVQA_0.5.1_val.json"
OCR_FILE = "TextVQA_Rosetta_OCR_v0.2_val.json"
OCR_RELEASE = f"{OCR_FILE} is on textvqa.org/dataset; --ocr none asks without it"
PICTURES = "TextVQA's pictures are in train_val_images.zip of textvqa.org/dataset"


def open_textvqa(config: AskTextvqaConfig) -> OpenBenchmark:
    """TextVQA as it is asked. Raises SourceError."""
    data = open_data(config, ("train_images", "train_val_images/train_images", "."), PICTURES)
    tokens = cache(_tokens)  # the questions are read several times

    def official(root: Path) -> Iterator[Item]:
        read = tokens(root) if config.ocr == "rosetta" else {}
        for item in listed(document(str(root / FILE), RELEASE), "data"):
            found = read.get(item.key("image_id"))
            yield Item(item.where, {**item.values, "ocr_tokens": found} if found is not None else item.values)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield _question(row, data.picture(row, lambda row: f"{row.key('image_id')}.jpg"), config.ocr)

    frame = WITH_OCR if config.ocr == "rosetta" else SHORT
    return OpenBenchmark(frame=frame, questions=questions, pictures=data, write=write, score=rescore)


def rescore(predictions: Sequence[AnsweredQuestion]) -> Scored[AccuracyScores] | None:
    """The scores of answers; None for a data set without people's answers."""
    if any(one.asked.answer is None for one in predictions):
        return None
    questions = {one.asked.id: TextVqaQuestion(one.fact("picture"), answers_of(one.asked)) for one in predictions}
    return score(questions, {one.asked.id: one.text for one in predictions})


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """Lines by picture and question, as `burnish score textvqa` reads them."""
    rows = (
        {
            "question_id": number(one.asked.id),
            "image_id": one.fact("picture"),
            "question": one.fact("question"),
            "text": one.text,
        }
        for one in predictions
    )
    write_lines(folder / PREDICTIONS, rows)


def _tokens(root: Path) -> dict[str, list[object]]:
    """The words that Rosetta read, by picture."""
    rows = listed(document(str(root / OCR_FILE), OCR_RELEASE), "data")
    return {row.key("image_id"): row.sequence("ocr_tokens") for row in rows}


def _question(row: Item, picture: str, ocr: OcrTokens) -> Candidate:
    question, facts = row.text("question"), people_facts(row)
    body = question
    if ocr == "rosetta":
        body = f"{question}\nReference OCR token: {', '.join(map(str, row.sequence('ocr_tokens')))}"
    return Candidate(
        id=row.key("question_id"),
        image=picture,
        question=framed(SHORT, body),
        answer=commonest_fact(facts),
        source="textvqa",
        facts={"picture": row.key("image_id"), "question": question, **facts},
    )


BENCHMARK = Benchmark(
    title="TextVQA",
    what="VQAv2's rule, in EvalAI's form",
    score=Way(ScoreTextvqaConfig, score_files),
    ask=Way(AskTextvqaConfig, open_textvqa),
    measures=lambda _: measures(SOFT),
    rescore=lambda predictions, _: rescore(predictions),
)
