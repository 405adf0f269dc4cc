"""The answers in a run of `burnish bench answers`."""

from __future__ import annotations

from burnish.bench.aggregate import model_name, read_scored
from burnish.bench.compare.inputs import Only, Side, by_key, kept_picture
from burnish.bench.measures import Measures
from burnish.bench.scorers import METRICS
from burnish.bench.scorers.existence import STRICT_ACCURACY
from burnish.store import Run
from burnish.store.codec import dump

MEASURES = Measures(
    METRICS,
    headline=("exact_match", "statement_f1", STRICT_ACCURACY.name, "words"),
    flips=("exact_match", "statement_f1"),
)
YES_OR_NO = MEASURES._replace(headline=(STRICT_ACCURACY.name,))
"""Where every question is one of yes or no."""


def read_answers(run: Run, only: Only) -> Side:
    """The answers of a run. Raises RunError for one without any."""
    scored = read_scored(run)
    distorted = any(answer.key.distortion for answer in scored.answers)
    return Side(
        path=run.path,
        name=model_name(run.manifest),
        benchmark="answers",
        title="answers",
        questions=str(run.manifest.settings.get("source", "")),
        measures=YES_OR_NO if all(STRICT_ACCURACY.name in answer.terms for answer in scored.answers) else MEASURES,
        answers=by_key(scored.answers, run.path, only),
        asked=scored.questions,
        rules={"seed of distorted pictures": str(run.manifest.seed) if distorted else ""},
        settings={name: dump(value) for name, value in run.manifest.config.items()},
        seed=run.manifest.seed,
        fingerprints=run.manifest.fingerprints,
        version=run.manifest.version,
        picture_of=lambda answer: kept_picture([run], answer.picture),
    )
