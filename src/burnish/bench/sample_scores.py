"""One answer as numbers, whichever benchmark asked: what a result is added up from, and what two results share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from burnish.bench.metrics import Term
from burnish.scores import Level

ALL = "all questions"


class Cell(NamedTuple):
    """Which number it is: a metric of a group of questions under a distortion."""

    level: Level
    group: str
    distortion: str
    metric: str


class Key(NamedTuple):
    """Which answer it is, in any result over the same questions."""

    source: str
    id: str
    distortion: str = ""


class Asked(NamedTuple):
    """What must be equal in two results for their answers to be a pair; empty where a result does not tell."""

    picture: str
    question: str
    truth: str


class ScoredAnswer(NamedTuple):
    """One answer as numbers."""

    key: Key
    asked: Asked
    groups: tuple[tuple[Level, str], ...]
    terms: Mapping[str, Term]
    """By metric."""
    text: str = ""

    @property
    def picture(self) -> str:
        return self.asked.picture


def answer_cells(answer: ScoredAnswer) -> list[tuple[Cell, Term]]:
    """The numbers that an answer enters, and what it adds to each."""
    return [
        (Cell(level, group, answer.key.distortion, name), term)
        for level, group in answer.groups
        for name, term in answer.terms.items()
    ]


def in_groups(groups: tuple[str, ...]) -> tuple[tuple[Level, str], ...]:
    """A benchmark's own groups, and all questions."""
    return (*(("task", group) for group in groups), ("all", ALL))
