"""What a result is when it is compared: every answer as numbers, and what must be equal in the other result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from burnish.bench.measures import Measures
from burnish.bench.sample_scores import Key, ScoredAnswer
from burnish.errors import RunError
from burnish.scores import Judging
from burnish.store import Run

Only: TypeAlias = frozenset[Key] | None
"""The answers that are read; None for all."""
PicturePath: TypeAlias = Callable[[ScoredAnswer], Path | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One result."""

    path: Path
    name: str
    """Who answered."""
    benchmark: str
    title: str
    """The benchmark as a person reads it."""
    questions: str
    """Where the questions come from, as the result tells it: a source, a file of dialogues; empty where it does not."""
    measures: Measures
    answers: Mapping[Key, ScoredAnswer]
    asked: frozenset[tuple[str, str]]
    """Source and id of all questions that went in, whether answered or dropped."""
    rules: Mapping[str, str]
    """What must be equal: prompts, scoring rules, judges. Empty where the result does not tell."""
    settings: Mapping[str, str]
    """What may differ, and is told."""
    seed: int | None
    fingerprints: Mapping[str, str]
    version: str
    picture_of: PicturePath
    judging: Judging | None = None
    """Who judged the answers; None where no one did."""


def by_key(answers: Iterable[ScoredAnswer], path: Path, only: Only) -> dict[Key, ScoredAnswer]:
    """The answers by question, in the order of the questions' ids, so that the same draws are made whatever the order.

    Raises RunError for a result that has two answers to one question, or none at all.
    """
    found: dict[Key, ScoredAnswer] = {}
    for answer in answers:
        if answer.key in found:
            raise RunError(f"{path} mixes question sets: it has two answers to question {answer.key.id!r}.")
        if only is None or answer.key in only:
            found[answer.key] = answer
    if not found:
        raise RunError(f"{path} holds no answer that can be compared.")
    return dict(sorted(found.items()))


def kept_picture(runs: Iterable[Run], image: str) -> Path | None:
    """Where the first of the runs that has a picture keeps it."""
    for run in runs:
        try:
            return run.image_path(image)
        except RunError:
            continue
    return None
