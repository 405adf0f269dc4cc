"""Runs of answers that can be compared, written by the real store and scored by the real bench."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from burnish.bench.aggregate import score_answers
from burnish.config import runtime
from burnish.images import encode_png
from burnish.records import Prediction
from burnish.store import Run, new_manifest
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
    with Run.begin(folder, new_manifest("answers", config, seed=0, fingerprints={})) as run:
        for number in range(QUESTIONS):
            picture = encode_png(Image.new("RGB", (32, 24), (4 * number, 90, 40)))
            one = Prediction(
                id=f"q{number}",
                image=run.add_image(picture),
                question=f"Is there a {thing}, {number}?",
                answer="yes",
                text=said if number in wrong else "yes",
                source=("cups", "mugs")[number % 2],
                n_tokens=2,
            )
            run.append([one])
        run.finish(to_json(score_answers(run)))
    return folder
