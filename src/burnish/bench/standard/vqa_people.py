"""The ten people's answers to a question, as the files of VQAv2, TextVQA and VizWiz have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.bench.standard.asking.frames import framed
from burnish.bench.standard.files import Item
from burnish.bench.standard.vqa_text import PEOPLE
from burnish.records import Json
from burnish.sources import Candidate


def people_answers(question: Item) -> list[str]:
    """The field `answers`: texts, or objects with an `answer`. Raises SourceError unless there are ten."""
    answers = [answer.get("answer") if isinstance(answer, dict) else answer for answer in question.sequence("answers")]
    texts = [answer for answer in answers if isinstance(answer, str)]
    if len(texts) != PEOPLE or len(answers) != PEOPLE:
        raise question.fault(f"has {len(texts)} people's answers, and the rule needs {PEOPLE}")
    return texts


def commonest(answers: Sequence[str]) -> str:
    """What most people said; of equally many, what was said first."""
    return max(answers, key=answers.count)


def people_facts(row: Item) -> dict[str, Json]:
    """The ten people's answers as a record keeps them; nothing where there are none."""
    return {"answers": [*people_answers(row)]} if row.values.get("answers") else {}


def commonest_fact(facts: Mapping[str, Json]) -> str | None:
    """The answer that most people gave."""
    answers = facts.get("answers")
    return commonest([str(answer) for answer in answers]) if isinstance(answers, list) else None


def answers_of(asked: Candidate) -> list[str]:
    """The ten people's answers."""
    answers = asked.facts["answers"]
    return [str(answer) for answer in answers] if isinstance(answers, list) else []


def question_of_people(row: Item, key: str, picture: str, frame: str) -> Candidate:
    """A question of VQAv2 or VizWiz in a frame, with what people answered."""
    facts, kind = people_facts(row), str(row.values.get("answer_type") or row.values.get("category") or "")
    return Candidate(
        id=key,
        image=picture,
        question=framed(frame, row.text("question")),
        answer=commonest_fact(facts),
        source=kind or "vqa",
        facts={"picture": row.key("image_id", "image", "question_id"), "kind": kind, **facts},
    )
