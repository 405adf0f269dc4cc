"""The words around a benchmark's question: LLaVA-1.5's where it has none of its own."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

BARE = "${question}"
SHORT = "${question}\nAnswer the question using a single word or phrase."
OPTION = "${question}\nAnswer with the option's letter from the given choices directly."
OPTION_CN = "${question}\n请直接回答选项字母。"
VIZWIZ = (
    "${question}\nWhen the provided information is insufficient, respond with 'Unanswerable'.\n"
    "Answer the question using a single word or phrase."
)
WITH_OCR = "${question}\nReference OCR token: ${tokens}\nAnswer the question using a single word or phrase."
LETTERS = "ABCDE"


def framed(frame: str, question: str) -> str:
    """The prompt: the question in its frame."""
    return Template(frame).substitute(question=question)


def frame_of(prompt: str) -> str:
    """The frame that a whole prompt was made with, by how it ends; `BARE` for one that ends in no known words."""
    if "Reference OCR token: " in prompt:
        return WITH_OCR
    ends = (VIZWIZ, SHORT, OPTION, OPTION_CN)  # VizWiz's longer end first
    return next((frame for frame in ends if prompt.endswith(frame.removeprefix(BARE))), BARE)


def with_options(question: str, options: Sequence[str]) -> str:
    """The question with its options on lines of their own: "A. a dog"."""
    lines = (f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False))
    return "\n".join((question, *lines))
