"""An answer to a question of POPE: whether it says yes, and what it adds to the scores."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from burnish.bench.metrics import Term, answers_yes
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.pope_files import PopeQuestion

Protocol: TypeAlias = Literal["llava", "seva"]
END_TOKEN = "</s>"
RATIOS = ("accuracy", "precision", "recall", "f1", "yes_ratio")
"""Each the ratio of two sums, which stand in two columns side by side."""


class PopeAnswer(NamedTuple):
    """An answer beside its question."""

    id: str
    question: PopeQuestion
    says: bool | None
    """None for an empty answer: it is wrong whatever the truth is, and no yes."""
    text: str

    @property
    def picture(self) -> str:
        return self.question.picture

    @property
    def truth(self) -> bool:
        return self.question.truth


def read_answer(key: str, question: PopeQuestion, text: str, protocol: Protocol) -> PopeAnswer:
    """The answer with what it says."""
    return PopeAnswer(key, question, _is_yes(text, protocol), text)


@lru_cache(maxsize=1 << 14)
def _is_yes(text: str, protocol: Protocol) -> bool | None:
    """Most answers are one of a few words."""
    answer = text.removesuffix(END_TOKEN).strip()
    return answers_yes(read_as(text, protocol)) if answer else None


def scored(split: str, answer: PopeAnswer) -> ScoredAnswer:
    """What the answer adds to each of RATIOS."""
    terms = terms_of(answer)
    return ScoredAnswer(
        key=Key("", f"{split}/{answer.id}"),
        asked=Asked(answer.picture, answer.question.text, "yes" if answer.truth else "no"),
        groups=in_groups((split,)),
        terms={name: Term(*terms[2 * i : 2 * i + 2]) for i, name in enumerate(RATIOS)},
        text=answer.text,
    )


def read_as(text: str, protocol: Protocol) -> str:
    """The text that the word no is looked for in: without LLaVA's end token, or with it as SeVa's scorer had it."""
    return text.removesuffix(END_TOKEN) if protocol == "llava" else text


def terms_of(answer: PopeAnswer) -> tuple[float, ...]:
    """Numerator and denominator of each of RATIOS; F1 = 2 TP / (predicted yes + actual yes)."""
    yes = answer.says is True
    hit = answer.truth and yes
    right = answer.truth == answer.says
    return (right, 1, hit, yes, hit, answer.truth, 2 * hit, answer.truth + yes, yes, 1)
