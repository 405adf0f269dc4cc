"""Two models on the same questions: differences with their own intervals, wins and losses, and a verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from burnish.bench.metrics import Term
from burnish.bench.scorers import METRICS
from burnish.bench.scoring import (
    Cell,
    Key,
    ScoredAnswer,
    ScoredRun,
    answer_cells,
    by_picture,
    cell_order,
    estimate,
    model_name,
)
from burnish.bench.uncertainty import Floats, Interval, difference_interval, mcnemar, swap_test
from burnish.errors import RunError
from burnish.scores import CONFIDENCE, Change, Comparison, Direction, Estimate, Metric, PairedScore, Verdict


class _PairedTerm(NamedTuple):
    picture: str
    before: Term
    after: Term


class _Outcome(NamedTuple):
    wins: int
    losses: int


def compare(run: ScoredRun, baseline: ScoredRun, path: str) -> Comparison:
    """Pairs every answer with the baseline's to the same question under the same distortion.

    `path` is the baseline's folder, for the message and the record. Distortions that only one run has are left out.
    Raises RunError where the two runs did not ask the same questions.
    """
    _refuse_other_questions(run, baseline, path)
    before, after = _by_key(baseline.answers), _by_key(run.answers)
    shared = {key.distortion for key in before} & {key.distortion for key in after}
    cells: defaultdict[Cell, list[_PairedTerm]] = defaultdict(list)
    for key in after:
        for cell, term in _paired_cells(before[key], after[key]) if key in before else ():
            cells[cell].append(term)
    return Comparison(
        baseline=path,
        baseline_model=model_name(baseline.manifest),
        unpaired=sum(key.distortion in shared for key in after.keys() ^ before.keys()),
        scores=tuple(_paired_score(cell, cells[cell]) for cell in cell_order(cells)),
    )


def _by_key(answers: Iterable[ScoredAnswer]) -> dict[Key, ScoredAnswer]:
    return {answer.key: answer for answer in answers}


def _refuse_other_questions(run: ScoredRun, baseline: ScoredRun, path: str) -> None:
    other = run.questions ^ baseline.questions
    if other:
        source, example = min(other)
        raise RunError(
            f"--baseline {path} was asked other questions: {len(other):,} stand in one of the two runs only, such as "
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


def _paired_cells(before: ScoredAnswer, after: ScoredAnswer) -> list[tuple[Cell, _PairedTerm]]:
    old = dict(answer_cells(before))
    return [(cell, _PairedTerm(after.picture, old[cell], term)) for cell, term in answer_cells(after) if cell in old]


def _paired_score(cell: Cell, pairs: Sequence[_PairedTerm]) -> PairedScore:
    metric = METRICS[cell.metric]
    pairs = [pair for pair in pairs if pair.before.denominator or pair.after.denominator]
    before = [(pair.picture, pair.before) for pair in pairs]
    after = [(pair.picture, pair.after) for pair in pairs]
    before_P2, after_P2 = by_picture(before), by_picture(after)
    old, new = estimate(metric, before), estimate(metric, after)
    interval = difference_interval(before_P2, after_P2)
    difference = _difference(old, new, interval, n=len(pairs))
    outcome = _outcome(metric, pairs)
    test, p_value = _test(metric, outcome, before_P2, after_P2)
    return PairedScore(
        metric=cell.metric,
        group=cell.group,
        level=cell.level,
        distortion=cell.distortion,
        before=old,
        after=new,
        difference=difference,
        wins=outcome and outcome.wins,
        losses=outcome and outcome.losses,
        p_value=p_value,
        test=test,
        verdict=verdict(metric.better, difference, p_value),
    )


def _difference(before: Estimate, after: Estimate, interval: Interval | None, n: int) -> Estimate:
    if before.value is None or after.value is None:
        return Estimate(value=None, low=None, high=None, n=n)
    low, high = interval or (None, None)
    return Estimate(value=after.value - before.value, low=low, high=high, n=n)


def _outcome(metric: Metric, pairs: Sequence[_PairedTerm]) -> _Outcome | None:
    """Questions won and lost, where the metric is a mean over the same questions for both models."""
    if any(pair.before.denominator != 1 or pair.after.denominator != 1 for pair in pairs):
        return None
    sign = -1 if metric.better == "lower" else 1
    changes = [sign * (pair.after.numerator - pair.before.numerator) for pair in pairs]
    return _Outcome(wins=sum(change > 0 for change in changes), losses=sum(change < 0 for change in changes))


def _test(
    metric: Metric, outcome: _Outcome | None, before_P2: Floats, after_P2: Floats
) -> tuple[Literal["mcnemar", "swap"], float | None]:
    """McNemar's test needs right or wrong answers that are independent: one question a picture."""
    single = np.array_equal(before_P2[:, 1], np.ones(len(before_P2)))
    if metric.interval == "wilson" and outcome is not None and single:
        return "mcnemar", mcnemar(outcome.wins, outcome.losses)
    return "swap", swap_test(before_P2, after_P2)


def change(better: Direction, before: float, after: float, interval: Interval | None, p_value: float | None) -> Change:
    """A number against the baseline's, for FIRE-Bench; `interval` is the difference's."""
    low, high = interval or (None, None)
    difference = Estimate(value=after - before, low=low, high=high, n=0)
    return Change(
        before=before,
        after=after,
        difference=after - before,
        interval=tuple(interval) if interval else None,
        ratio=after / before if before else None,
        p_value=p_value,
        verdict=verdict(better, difference, p_value),
    )


def verdict(better: Direction, difference: Estimate, p_value: float | None) -> Verdict:
    """A change is called where its interval leaves 0 out *and* the test agrees: on few pictures the bootstrap errs."""
    if difference.low is None or difference.high is None or p_value is None or p_value >= 1 - CONFIDENCE:
        return "undecided"
    if difference.low <= 0 <= difference.high:
        return "undecided"
    rose = difference.low > 0
    if better == "neither":
        return "higher" if rose else "lower"
    return "better" if rose == (better == "higher") else "worse"
