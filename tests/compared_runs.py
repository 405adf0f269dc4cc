"""Runs of answers that can be compared, written by the real store and scored by the real bench."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from builders import png, write_run
from burnish.bench.aggregate import score_answers
from burnish.config import runtime
from burnish.records import Prediction
from burnish.store.codec import to_json

QUESTIONS = 60


@dataclass(frozen=True, kw_only=True)
class Config:
    """Some of the flags of `burnish bench answers`."""

    source: str
    model: str = "pocket"
    adapter: str | None = None
    baseline: str | None = runtime(None)


def answers_run(
    folder: Path,
    wrong: Collection[int],
    *,
    source: str = "pocket:counter/existence#per_task=60",
    adapter: str | None = None,
    baseline: Path | None = None,
    thing: str = "cup",
    said: str = "no",
) -> Path:
    """Sixty questions about a thing to which yes is right, those in `wrong` answered with `said`; each has a picture of
    its own."""
    config = Config(source=source, adapter=adapter, baseline=str(baseline) if baseline else None)
    answers = (
        Prediction(
            id=f"q{number}",
            image="",
            question=f"Is there a {thing}, {number}?",
            answer="yes",
            text=said if number in wrong else "yes",
            source=("cups", "mugs")[number % 2],
            n_tokens=2,
        )
        for number in range(QUESTIONS)
    )
    return write_run(
        folder,
        answers,
        kind="answers",
        config=config,
        fingerprints={},
        pictures=lambda place, _: png((4 * place, 90, 40), 32, 24),
        summary=lambda run: to_json(score_answers(run)),
    ).path
