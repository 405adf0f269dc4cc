"""Which of two models' refined answers is better: A, B, as good as each other, or both bad; sides shuffled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from burnish.errors import RunError
from burnish.records import Dialogue
from burnish.review.asks.base import BETTER, CHOICES, Criterion, RatingScale, RatingTask, split_of
from burnish.review.asks.scores import response_parts
from burnish.review.cases import Passage, ReviewCase, TextPart
from burnish.store import Run


class _Refined(NamedTuple):
    """A model's last response to a question; what is needed of the other run, which is held in memory."""

    question: str
    image: str
    parts: tuple[TextPart, ...]


def read_models(runs: Sequence[Run]) -> Iterator[ReviewCase]:
    """A case for each question that both runs have a dialogue on; answers that are equal word for word are left out.

    The first run's answer is `first`. Raises RunError where one id names two questions.
    """
    first, second = runs
    others = {dialogue.id: _refined(dialogue) for dialogue in second.records(Dialogue)}
    for dialogue in first.records(Dialogue):
        mine, other = _refined(dialogue), others.get(dialogue.id)
        if other is None or mine == other:
            continue
        if mine[:2] != other[:2]:
            raise RunError(
                f"{first.path} and {second.path} do not ask the same under {dialogue.id!r}: compare runs of one source."
            )
        yield ReviewCase(
            ask="models",
            split=split_of(first, dialogue.facts),
            source=dialogue.source,
            record=dialogue.id,
            image=dialogue.image,
            question=dialogue.question,
            truth=dialogue.answer,
            passages=tuple(Passage(speaker="answer", parts=answer.parts) for answer in (mine, other)),
            items=(BETTER,),
        )


def _refined(dialogue: Dialogue) -> _Refined:
    return _Refined(dialogue.question, dialogue.image, response_parts(dialogue.turns[-1].response))


MODELS = RatingTask(
    title="Compare two answers",
    records="two runs of dialogues on the same questions, with answers that differ",
    template="choice.html",
    level="nominal",
    rubrics={
        BETTER: RatingScale(
            "Comparison",
            "Which answer is better?",
            (
                Criterion("Correctness", "Is what it says true of the picture and of the question?"),
                Criterion("Completeness", "Does it answer all that was asked?"),
            ),
        )
    },
    options=CHOICES,
    read=read_models,
)
