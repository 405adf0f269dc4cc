"""Whether the chosen answer of a pair is really better than a rejected one (SeVa); sides shuffled.

Every rejected answer makes a case of its own. `first` in the store is the chosen answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.records import PreferencePair
from burnish.review.asks.base import BETTER, CHOICES, Criterion, RatingScale, RatingTask, split_of
from burnish.review.cases import BETWEEN, Passage, ReviewCase, TextPart
from burnish.store import Run


def read_chosen(runs: Sequence[Run]) -> Iterator[ReviewCase]:
    """A case for each rejected answer of the pairs."""
    for run in runs:
        for pair in run.records(PreferencePair):
            for rejected in pair.rejected:
                yield ReviewCase(
                    ask="chosen",
                    split=split_of(run, pair.facts),
                    source=pair.source,
                    record=f"{pair.id} {rejected.distortion}",
                    image=BETWEEN.join(pair.images),
                    question=pair.question,
                    truth=pair.answer,
                    passages=(_passage(pair.chosen.text), _passage(rejected.answer.text)),
                    items=(BETTER,),
                )


def _passage(text: str) -> Passage:
    return Passage(speaker="answer", parts=(TextPart(label="", text=text),))


CHOSEN = RatingTask(
    title="Compare two answers",
    records="preference pairs",
    template="choice.html",
    level="nominal",
    rubrics={
        BETTER: RatingScale(
            "Comparison",
            "Which answer fits this picture better?",
            (
                Criterion("Correctness", "Does it say what is in the picture, and nothing that is not?"),
                Criterion("Completeness", "Does it answer the question in full?"),
            ),
        )
    },
    options=CHOICES,
    read=read_chosen,
)
