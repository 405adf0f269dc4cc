"""TextVQA's validation questions, with or without the words that an OCR system read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from burnish.bench.standard import textvqa
from burnish.bench.standard.asking.base import Benchmark, Said
from burnish.bench.standard.asking.configs import AskTextvqaConfig, OcrTokens
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import SHORT, WITH_OCR, framed
from burnish.bench.standard.asking.vqa import answers_of, commonest, people_facts
from burnish.bench.standard.asking.written import PREDICTIONS, number, write_lines
from burnish.bench.standard.files import Item, document, listed
from burnish.bench.standard.numbers import Scored
from burnish.scores import AccuracyScores
from burnish.sources import Candidate

FILE = "TextVQA_0.5.1_val.json"
OCR_FILE = "TextVQA_Rosetta_OCR_v0.2_val.json"
OCR_RELEASE = f"{OCR_FILE} is on textvqa.org/dataset; --ocr none asks without it"
PICTURES = "TextVQA's pictures are in train_val_images.zip of textvqa.org/dataset"


def open_textvqa(config: AskTextvqaConfig) -> Benchmark:
    """TextVQA as it is asked. Raises SourceError."""
    data = open_data(config, ("train_images", "train_val_images/train_images", "."), PICTURES)
    tokens = cache(_tokens)  # the questions are read several times

    def official(root: Path) -> Iterator[Item]:
        read = tokens(root) if config.ocr == "rosetta" else {}
        for item in listed(document(str(root / FILE), textvqa.RELEASE), "data"):
            found = read.get(item.key("image_id"))
            yield Item(item.where, {**item.values, "ocr_tokens": found} if found is not None else item.values)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield _question(row, data.picture(row, lambda row: f"{row.key('image_id')}.jpg"), config.ocr)

    frame = WITH_OCR if config.ocr == "rosetta" else SHORT
    return Benchmark(frame=frame, questions=questions, pictures=data, write=write, score=score)


def score(said: Sequence[Said]) -> Scored[AccuracyScores] | None:
    """The scores of answers; None for a data set without people's answers."""
    if any(one.asked.answer is None for one in said):
        return None
    questions = {one.asked.id: textvqa.Question(one.fact("picture"), answers_of(one.asked)) for one in said}
    return textvqa.score(questions, {one.asked.id: one.text for one in said})


def write(said: Sequence[Said], folder: Path) -> None:
    """Lines by picture and question, as `burnish score textvqa` reads them."""
    rows = (
        {
            "question_id": number(one.asked.id),
            "image_id": one.fact("picture"),
            "question": one.fact("question"),
            "text": one.text,
        }
        for one in said
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
        answer=commonest(facts),
        source="textvqa",
        facts={"picture": row.key("image_id"), "question": question, **facts},
    )
