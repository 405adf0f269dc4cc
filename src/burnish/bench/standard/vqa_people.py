"""The ten people's answers to a question, as the files of VQAv2, TextVQA and VizWiz have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from burnish.bench.standard.files import Item
from burnish.bench.standard.vqa_text import PEOPLE


def people_answers(question: Item) -> list[str]:
    """The field `answers`: texts, or objects with an `answer`. Raises SourceError unless there are ten."""
    answers = [answer.get("answer") if isinstance(answer, dict) else answer for answer in question.sequence("answers")]
    texts = [answer for answer in answers if isinstance(answer, str)]
    if len(texts) != PEOPLE or len(answers) != PEOPLE:
        raise question.fault(f"has {len(texts)} people's answers, and the rule needs {PEOPLE}")
    return texts


def commonest(answers: Sequence[str]) -> str:
    """What most people said."""
    return Counter(answers).most_common(1)[0][0]
