"""1 to 5 for every feedback and every refined response of a dialogue (FIRE, figure A1).

The first response refines nothing and is only read, as in the figure. The paper's criteria are in our own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from burnish.records import Dialogue, Feedback, Response
from burnish.review.asks.base import Criterion, Option, RatingScale, RatingTask, split_of
from burnish.review.cases import Passage, ReviewCase, TextPart
from burnish.store import Run

_RESPONSE = RatingScale(
    "Response",
    "How good is this refined response?",
    (
        Criterion("Improvement", "Does it put right what the feedback named, compared with the response before?"),
        Criterion("Correctness", "Is what it says true of the picture and of the question?"),
        Criterion("Completeness", "Does it answer all that was asked?"),
    ),
)
_FEEDBACK = RatingScale(
    "Feedback",
    "How good is this feedback?",
    (
        Criterion("Correctness", "Does it judge the response rightly, by the picture and the ground truth?"),
        Criterion("Relevance", "Does it speak of this response and of what matters in it?"),
        Criterion("Clarity", "Can it be understood at first reading?"),
        Criterion("Constructiveness", "Does it say what to do better, and how?"),
    ),
)
_LABELS = ("very poor", "poor", "average", "good", "excellent")


def read_scores(runs: Sequence[Run]) -> Iterator[ReviewCase]:
    """A case for each dialogue of the runs."""
    for run in runs:
        for dialogue in run.records(Dialogue):
            yield dialogue_case(run, dialogue)


def dialogue_case(run: Run, dialogue: Dialogue) -> ReviewCase:
    """The dialogue as it is shown and rated."""
    passages: list[Passage] = []
    for number, turn in enumerate(dialogue.turns, start=1):
        rated = f"response-{number}" if number > 1 else ""
        passages.append(Passage(speaker="student", parts=response_parts(turn.response), item=rated))
        passages.append(Passage(speaker="teacher", parts=_feedback_parts(turn.feedback), item=f"feedback-{number}"))
    return ReviewCase(
        ask="scores",
        split=split_of(run, dialogue.facts),
        source=dialogue.source,
        record=dialogue.id,
        image=dialogue.image,
        question=dialogue.question,
        truth=dialogue.answer,
        passages=tuple(passages),
        items=tuple(passage.item for passage in passages if passage.item),
    )


def response_parts(response: Response) -> tuple[TextPart, ...]:
    """Thought and answer; only the answer where there is no thought."""
    answer = TextPart(label="Answer", text=response.answer)
    return (TextPart(label="Thought", text=response.thought), answer) if response.thought else (answer,)


def _feedback_parts(feedback: Feedback) -> tuple[TextPart, ...]:
    """Score and comment; the whole text where the score cannot be read, since the comment may lack a part of it."""
    if feedback.score is None:
        return (TextPart(label="Feedback", text=feedback.text.strip()),)
    return (TextPart(label="Score", text=f"{feedback.score:g}"), TextPart(label="Feedback", text=feedback.comment))


SCORES = RatingTask(
    title="Rate feedback and refined responses",
    records="dialogues",
    template="scores.html",
    level="ordinal",
    rubrics={"response": _RESPONSE, "feedback": _FEEDBACK},
    options=tuple(Option(str(n), label, str(n), str(n)) for n, label in enumerate(_LABELS, start=1)),
    read=read_scores,
)
