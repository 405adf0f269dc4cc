"""VQAv2's and VizWiz's questions, and what both share with TextVQA: ten people's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from burnish.bench.standard import vizwiz, vqa_people, vqav2
from burnish.bench.standard.asking.base import Benchmark, Said
from burnish.bench.standard.asking.configs import AskVizwizConfig, AskVqav2Config
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import SHORT, VIZWIZ, framed
from burnish.bench.standard.asking.written import (
    PREDICTIONS,
    SUBMISSION,
    number,
    write_answers,
    write_document,
    write_lines,
)
from burnish.bench.standard.files import Item, document, items, listed
from burnish.bench.standard.numbers import Scored
from burnish.bench.standard.vqa_text import evalai
from burnish.records import Json
from burnish.scores import AccuracyScores
from burnish.sources import Candidate

VQAV2_FILES = "VQAv2's questions and annotations are on visualqa.org/download.html"
COCO = "COCO's pictures are val2014.zip and test2015.zip of cocodataset.org/#download"
VIZWIZ_FILES = "val.json and test.json are in Annotations.zip of vizwiz.org/tasks-and-datasets/vqa"
VIZWIZ_PICTURES = "VizWiz's pictures are val.zip and test.zip of vizwiz.org/tasks-and-datasets/vqa"


def open_vqav2(config: AskVqav2Config) -> Benchmark:
    """VQAv2 as it is asked. Raises SourceError."""
    split = config.split
    pictures = "test2015" if split.startswith("test") else split
    data = open_data(config, (pictures, "."), COCO)

    annotations = cache(_annotations)  # large, and the questions are read several times

    def official(root: Path) -> Iterator[Item]:
        people = annotations(root, split)
        whole = document(str(root / f"v2_OpenEnded_mscoco_{split}_questions.json"), VQAV2_FILES)
        for item in listed(whole, "questions"):
            said = people.get(item.key("question_id"))
            if people and said is None:
                raise item.fault("has no annotation: take questions and annotations of the same release")
            yield Item(item.where, {**item.values, **(said or {})})

    def name_of(row: Item) -> str:
        return f"COCO_{pictures}_{row.key('image_id').zfill(12)}.jpg"

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            yield _question(row, row.key("question_id"), data.picture(row, name_of), SHORT)

    return Benchmark(frame=SHORT, questions=questions, pictures=data, write=write_vqav2, score=score_vqav2)


def open_vizwiz(config: AskVizwizConfig) -> Benchmark:
    """VizWiz as it is asked. Raises SourceError."""
    data = open_data(config, (config.split, "."), VIZWIZ_PICTURES)

    def official(root: Path) -> Iterator[Item]:
        return items(str(root / f"{config.split}.json"), VIZWIZ_FILES)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(official):
            key = row.key("image", "question_id")
            yield _question(row, key, data.picture(row, lambda row: row.text("image")), VIZWIZ)

    return Benchmark(frame=VIZWIZ, questions=questions, pictures=data, write=write_vizwiz, score=score_vizwiz)


def score_vqav2(said: Sequence[Said]) -> Scored[AccuracyScores] | None:
    """The scores of answers in EvalAI's form, as LLaVA submits them; None for a test set."""
    if any(one.asked.answer is None for one in said):
        return None
    questions = {
        one.asked.id: vqav2.Question(one.fact("picture"), one.fact("kind"), answers_of(one.asked)) for one in said
    }
    return vqav2.score(questions, {one.asked.id: evalai(one.text) for one in said})


def score_vizwiz(said: Sequence[Said]) -> Scored[AccuracyScores] | None:
    """The scores of answers in EvalAI's form, as LLaVA submits them; None for a test set."""
    if any(one.asked.answer is None for one in said):
        return None
    questions = {one.asked.id: vizwiz.Question(one.fact("kind"), answers_of(one.asked)) for one in said}
    return vizwiz.score(questions, {one.asked.id: evalai(one.text) for one in said})


def write_vqav2(said: Sequence[Said], folder: Path) -> None:
    """The model's own words, and the answers as its server takes them."""
    write_answers(said, folder)
    rows = [{"question_id": number(one.asked.id), "answer": evalai(one.text)} for one in said]
    write_document(folder / SUBMISSION, rows)


def write_vizwiz(said: Sequence[Said], folder: Path) -> None:
    """The model's own words, and the answers as its server takes them."""
    own = ({"image": one.asked.id, "prompt": one.asked.question, "text": one.text} for one in said)
    write_lines(folder / PREDICTIONS, own)
    write_document(folder / SUBMISSION, [{"image": one.asked.id, "answer": evalai(one.text)} for one in said])


def people_facts(row: Item) -> dict[str, Json]:
    """The ten people's answers as a record keeps them; nothing where there are none."""
    return {"answers": [*vqa_people.people_answers(row)]} if row.values.get("answers") else {}


def commonest(facts: Mapping[str, Json]) -> str | None:
    """The answer that most people gave."""
    answers = facts.get("answers")
    return vqa_people.commonest([str(answer) for answer in answers]) if isinstance(answers, list) else None


def answers_of(asked: Candidate) -> list[str]:
    """The ten people's answers."""
    answers = asked.facts["answers"]
    return [str(answer) for answer in answers] if isinstance(answers, list) else []


def _annotations(root: Path, split: str) -> dict[str, dict[str, object]]:
    """What people said, by question; of a test set nothing is published."""
    if split.startswith("test"):
        return {}
    rows = listed(document(str(root / f"v2_mscoco_{split}_annotations.json"), VQAV2_FILES), "annotations")
    return {
        row.key("question_id"): {"answers": vqa_people.people_answers(row), "answer_type": row.text("answer_type")}
        for row in rows
    }


def _question(row: Item, key: str, picture: str, frame: str) -> Candidate:
    facts, kind = people_facts(row), str(row.values.get("answer_type") or row.values.get("category") or "")
    return Candidate(
        id=key,
        image=picture,
        question=framed(frame, row.text("question")),
        answer=commonest(facts),
        source=kind or "vqa",
        facts={"picture": row.key("image_id", "image", "question_id"), "kind": kind, **facts},
    )
