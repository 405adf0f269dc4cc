"""Two sets of answers to the same questions: differences with their own intervals, wins and losses, and a verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from burnish.bench.aggregate import by_picture, cell_order, estimate
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import ALL, Cell, Key, ScoredAnswer, answer_cells
from burnish.scores import CONFIDENCE, Change, Direction, Estimate, Metric, PairedScore, Verdict
from burnish.uncertainty import (
    Floats,
    Interval,
    difference_interval,
    mcnemar,
    percentiles,
    ratios,
    resampled_sums,
    swap_test,
)


class PairedTerm(NamedTuple):
    """What two answers to one question add to a number."""

    picture: str
    before: Term
    after: Term


class _WinsAndLosses(NamedTuple):
    wins: int
    losses: int


def paired_terms(before: Mapping[Key, ScoredAnswer], after: Mapping[Key, ScoredAnswer]) -> dict[Cell, list[PairedTerm]]:
    """What the answers in both add to each number that both have."""
    cells: defaultdict[Cell, list[PairedTerm]] = defaultdict(list)
    for key in after:
        for cell, term in _paired_cells(before[key], after[key]) if key in before else ():
            cells[cell].append(term)
    return dict(cells)


def _paired_cells(before: ScoredAnswer, after: ScoredAnswer) -> Iterator[tuple[Cell, PairedTerm]]:
    old = dict(answer_cells(before))
    return ((cell, PairedTerm(after.picture, old[cell], term)) for cell, term in answer_cells(after) if cell in old)


def paired_scores(cells: Mapping[Cell, Sequence[PairedTerm]], metrics: Mapping[str, Metric]) -> tuple[PairedScore, ...]:
    """Every number before and after, in the order of tables."""
    return tuple(paired_score(cell, cells[cell], metrics[cell.metric]) for cell in cell_order(cells, [*metrics]))


def paired_score(cell: Cell, pairs: Sequence[PairedTerm], metric: Metric) -> PairedScore:
    """One number before and after."""
    pairs = [pair for pair in pairs if pair.before.denominator or pair.after.denominator]
    before = [(pair.picture, pair.before) for pair in pairs]
    after = [(pair.picture, pair.after) for pair in pairs]
    before_P2, after_P2 = by_picture(before), by_picture(after)
    old, new = estimate(metric, before), estimate(metric, after)
    interval = difference_interval(before_P2, after_P2)
    difference = difference_of(old, new, interval, n=len(pairs))
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


def paired_total(metric: Metric, parts: Sequence[tuple[float, Sequence[PairedTerm]]]) -> PairedScore:
    """A weighted sum of ratios before and after: whole pictures are drawn, and swapped, for all of them at once."""
    pictures = dict.fromkeys(pair.picture for _, pairs in parts for pair in pairs)
    rows = {picture: row for row, picture in enumerate(pictures)}
    sums_2PK = np.zeros((2, len(rows), 2 * len(parts)))
    for i, (_, pairs) in enumerate(parts):
        for pair in pairs:
            sums_2PK[:, rows[pair.picture], 2 * i : 2 * i + 2] += (pair.before, pair.after)
    before_PK, after_PK = sums_2PK

    def total(sums_RK: Floats) -> Floats:
        ratios_TR = [weight * ratios(sums_RK[:, 2 * i : 2 * i + 2]) for i, (weight, _) in enumerate(parts)]
        return np.asarray(np.sum(ratios_TR, axis=0))

    drawn = resampled_sums(np.hstack((before_PK, after_PK))) if len(rows) > 1 else np.zeros((0, 4 * len(parts)))
    old_R, new_R = (total(side) for side in np.hsplit(drawn, 2))
    n = sum(len(pairs) for _, pairs in parts)
    old, new = (
        _total(total(side.sum(axis=0)[None]), draws, n) for side, draws in ((before_PK, old_R), (after_PK, new_R))
    )
    difference = difference_of(old, new, percentiles(new_R - old_R), n)
    p_value = swap_test(before_PK, after_PK, total)
    return PairedScore(
        metric=metric.name,
        group=ALL,
        level="all",
        distortion="",
        before=old,
        after=new,
        difference=difference,
        wins=None,
        losses=None,
        p_value=p_value,
        test="swap",
        verdict=verdict(metric.better, difference, p_value),
    )


def _total(value_1: Floats, drawn_R: Floats, n: int) -> Estimate:
    low, high = percentiles(drawn_R) or (None, None)
    value = float(value_1[0])
    return Estimate(value=value if np.isfinite(value) else None, low=low, high=high, n=n)


def difference_of(before: Estimate, after: Estimate, interval: Interval | None, n: int) -> Estimate:
    """After minus before, with its own interval; undefined where either is."""
    if before.value is None or after.value is None:
        return Estimate(value=None, low=None, high=None, n=n)
    low, high = interval or (None, None)
    return Estimate(value=after.value - before.value, low=low, high=high, n=n)


def _outcome(metric: Metric, pairs: Sequence[PairedTerm]) -> _WinsAndLosses | None:
    """Questions won and lost, where the metric is a mean over the same questions for both models."""
    if any(pair.before.denominator != 1 or pair.after.denominator != 1 for pair in pairs):
        return None
    sign = -1 if metric.better == "lower" else 1
    changes = [sign * (pair.after.numerator - pair.before.numerator) for pair in pairs]
    return _WinsAndLosses(wins=sum(change > 0 for change in changes), losses=sum(change < 0 for change in changes))


def _test(
    metric: Metric, outcome: _WinsAndLosses | None, before_P2: Floats, after_P2: Floats
) -> tuple[Literal["mcnemar", "swap"], float | None]:
    """McNemar's test needs right or wrong answers that are independent: one question per picture."""
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
