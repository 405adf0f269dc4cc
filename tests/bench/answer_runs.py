"""Runs of recorded answers for tests, written by the real store."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from burnish.records import Json, Prediction, Record
from burnish.scores import AnswersResult, Estimate
from burnish.store import Run, new_manifest


@dataclass(frozen=True, kw_only=True)
class _Config:
    model: str = "m"
    adapter: str | None = None


def write_run(folder: Path, records: Iterable[Record], *, kind: str = "answers", seed: int = 0, **config: str) -> Run:
    """Writes the records into a run in `folder` and opens it for reading."""
    manifest = new_manifest(kind, _Config(**config), seed=seed, fingerprints={})
    with Run.begin(folder, manifest) as run:
        run.append(records)
    return Run.open(folder)


def prediction(
    number: int,
    answer: str,
    text: str,
    *,
    distortion: str = "",
    picture: int | None = None,
    source: str = "quiz",
    tokens: int = 2,
    **facts: Json,
) -> Prediction:
    """The answer `text` to question `number`, whose ground truth is `answer`; each on its own picture by default."""
    return Prediction(
        id=f"q{number}",
        image=f"picture {number if picture is None else picture}",
        question=f"question {number}?",
        answer=answer,
        text=text,
        source=source,
        distortion=distortion,
        n_tokens=tokens,
        facts=facts,
    )


def find(result: AnswersResult, metric: str, group: str, distortion: str = "") -> Estimate:
    """The one estimate of a metric over a group of questions."""
    (score,) = [s for s in result.scores if (s.metric, s.group, s.distortion) == (metric, group, distortion)]
    return score.estimate
