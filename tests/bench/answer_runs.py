"""Runs of recorded answers for tests, written by the real store."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import builders
from burnish.records import Record
from burnish.scores import AnswersResult, Estimate
from burnish.store import Run


@dataclass(frozen=True, kw_only=True)
class _Config:
    model: str = "m"
    adapter: str | None = None


def write_run(folder: Path, records: Iterable[Record], *, kind: str = "answers", seed: int = 0, **config: str) -> Run:
    """An unfinished run of the records, opened for reading."""
    return builders.write_run(
        folder, records, kind=kind, config=_Config(**config), seed=seed, fingerprints={}, done=False
    )


prediction = builders.prediction


def find(result: AnswersResult, metric: str, group: str, distortion: str = "") -> Estimate:
    """The one estimate of a metric over a group of questions."""
    (score,) = [s for s in result.scores if (s.metric, s.group, s.distortion) == (metric, group, distortion)]
    return score.estimate
