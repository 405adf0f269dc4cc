"""The answers in a run of another harness's results, by that harness's own numbers."""

from __future__ import annotations

from burnish.bench.compare.inputs import Only, Side, by_key
from burnish.bench.results.importing import measures_of, scored
from burnish.errors import RunError
from burnish.records import Prediction
from burnish.scores import MeasuredScores, StandardResult
from burnish.store import Run
from burnish.store.codec import dump, from_json


def read_results(run: Run, only: Only) -> Side:
    """All answers of a run. Raises RunError for one that is not finished."""
    if run.summary is None:
        raise RunError(f"{run.path} is not finished: give the command that makes it again.")
    result = from_json(StandardResult, run.summary)
    scores = from_json(MeasuredScores, result.scores) if isinstance(result.scores, dict) else None
    lower = (
        frozenset(metric.name for metric in scores.metrics if metric.better == "lower") if scores else frozenset[str]()
    )
    records = list(run.records(Prediction))
    answers = [scored(record) for record in records]
    prints = run.manifest.fingerprints
    return Side(
        path=run.path,
        name=str(records[0].facts["model"]) if records else "",
        benchmark=result.benchmark,
        title=result.title,
        questions="",
        measures=measures_of(answers, lower),
        answers=by_key(answers, run.path, only),
        asked=frozenset(answer.key[:2] for answer in answers),
        rules={name: digest for name, digest in prints.items() if name == "lmms-eval"},
        settings={name: dump(run.manifest.config.get(name)) for name in ("model", "adapter")},
        seed=run.manifest.seed,
        fingerprints=prints,
        version=run.manifest.version,
        picture_of=lambda _: None,
    )
