"""A run of `burnish bench answers` against its --baseline: what both were asked, answer by answer."""

from __future__ import annotations

from collections.abc import Iterable

from burnish.bench.aggregate import ScoredRun, model_name
from burnish.bench.paired import paired_scores, paired_terms
from burnish.bench.sample_scores import Key, ScoredAnswer
from burnish.bench.scorers import METRICS
from burnish.errors import RunError
from burnish.scores import BaselineComparison


def compare(run: ScoredRun, baseline: ScoredRun, path: str) -> BaselineComparison:
    """Pairs every answer with the baseline's to the same question under the same distortion.

    `path` is the baseline's folder, for the message and the record. Distortions that only one run has are left out.
    Raises RunError where the two runs did not ask the same questions.
    """
    _refuse_other_questions(run, baseline, path)
    before, after = _by_key(baseline.answers), _by_key(run.answers)
    shared = {key.distortion for key in before} & {key.distortion for key in after}
    return BaselineComparison(
        baseline=path,
        baseline_model=model_name(baseline.manifest),
        unpaired=sum(key.distortion in shared for key in after.keys() ^ before.keys()),
        scores=paired_scores(paired_terms(before, after), METRICS),
    )


def _by_key(answers: Iterable[ScoredAnswer]) -> dict[Key, ScoredAnswer]:
    return {answer.key: answer for answer in answers}


def _refuse_other_questions(run: ScoredRun, baseline: ScoredRun, path: str) -> None:
    other = run.questions ^ baseline.questions
    if other:
        source, example = min(other)
        raise RunError(
            f"--baseline {path} was asked other questions: {len(other):,} are in one of the two runs only, such as "
            f"{example!r} of {source}; make both from the same SOURCE with the same sampling flags and --seed."
        )
    asked = {answer.key[:2]: answer.asked for answer in baseline.answers}
    for answer in run.answers:
        if asked.get(answer.key[:2], answer.asked) != answer.asked:
            raise RunError(
                f"--baseline {path} was asked something else under the id {answer.key.id!r} of {answer.key.source}: "
                "picture, question or ground truth differ; make both runs from the same SOURCE."
            )
    distorted = any(answer.key.distortion for answer in run.answers)
    if distorted and run.manifest.seed != baseline.manifest.seed:
        raise RunError(
            f"--baseline {path} saw other distorted pictures: its --seed is {baseline.manifest.seed}, "
            f"this run's {run.manifest.seed}; make both with the same one."
        )
