"""The sentences of a description, and the label that SHR's judge gives to each."""

from __future__ import annotations

from typing import NamedTuple

HEADING = "Judgement:"
LABELS = ("hallucination", "correct", "cannot judge")


class LabelledDescription(NamedTuple):
    """One description with what the judge said of it."""

    response: str
    judgement: str


def sentences(description: str) -> list[str]:
    """The parts between full stops; one that is empty, or that an earlier one contains, is dropped."""
    kept: list[str] = []
    for part in description.split("."):
        sentence = part.strip()
        if sentence and not any(sentence in earlier for earlier in kept):
            kept.append(f"{sentence}.")
    return kept


def labels(judged: LabelledDescription) -> list[str] | None:
    """The label of each sentence, in lower case; None where the judge did not label each sentence exactly once.

    After the line "Judgement:", a judgement's lines are "1. hallucination: <reason>".
    """
    lines = [line for line in judged.judgement.split("\n") if line]
    heading = next((i for i, line in enumerate(lines) if HEADING in line), None)
    if heading is None:
        return None
    unnumbered = [line.partition(" ")[2].strip() for line in lines[heading + 1 :]]
    found = [line.partition(":")[0].lower() for line in unnumbered if line]
    return found if len(found) == len(sentences(judged.response)) else None
