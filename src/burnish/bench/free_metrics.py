"""FIRE-Bench in free dialogues: AT, ADR, ATR, RR and accuracy by turn, over sources and seeds, with intervals.

Each metric is a ratio of two sums over dialogues (`free_rules.py`); with several seeds a number is the mean of the
seeds' ratios. Arrays carry their axes: P pictures (or R draws of them), S seeds, M metrics, and 2 for the numerator and
the denominator. A draw takes pictures, for all seeds, both models and all metrics at once.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from burnish.bench.free_rules import CURVE, REFINEMENTS, FreeRules
from burnish.bench.free_run import FreeRun, Played
from burnish.bench.paired import change
from burnish.errors import ConfigError
from burnish.scores import BETTER, Bounds, Change, FreeBaseline, FreeNumbers, FreeScores
from burnish.uncertainty import Floats, percentiles, resampled_sums, swap_test, wilson

METRICS = (*REFINEMENTS, *CURVE)
SHARES = frozenset(("RR", *CURVE))
"""Metrics from 0 to 1."""
COMPARED = (*REFINEMENTS, CURVE[0], CURVE[-1])
"""What is tested against the baseline."""


class _Seeds(NamedTuple):
    """The same dialogues, or some of them, of the student and of the baseline, by seed."""

    after: Sequence[Sequence[Played]]
    before: Sequence[Sequence[Played]]
    """Empty without a baseline."""

    def only(self, key: Callable[[Played], str], name: str) -> _Seeds:
        after, before = ([[one for one in seed if key(one) == name] for seed in side] for side in self)
        return _Seeds(after, before)


def free_scores(runs: Sequence[FreeRun], rules: FreeRules, baseline: Sequence[FreeRun] = ()) -> FreeScores:
    """All numbers of one student's dialogues, a run for each seed, against the baseline's of the same seeds.

    A baseline with one seed stands beside each of the student's. Raises ConfigError for other numbers of seeds.
    """
    refuse_other_seeds(baseline, len(runs))
    before = list(baseline) * (len(runs) if len(baseline) == 1 else 1)
    seeds = _Seeds([run.dialogues for run in runs], [run.dialogues for run in before])
    played = [one for run in runs for one in run.dialogues]
    everyone = _numbers(seeds)
    return FreeScores(
        **{field.name: getattr(everyone, field.name) for field in dataclasses.fields(FreeNumbers)},
        name=runs[0].student,
        teacher=runs[0].teacher,
        right_at_once=sum(one.worth.right_at_once for one in played),
        failed=sum(one.worth.failed for one in played),
        unscored=sum(one.worth.unscored for one in played),
        dropped=dict(sum((Counter(run.dropped) for run in runs), Counter[str]()).most_common()),
        rules={field.name: getattr(rules, field.name) for field in dataclasses.fields(FreeRules)},
        by_source=_by(seeds, lambda one: one.source),
        by_group=_by(seeds, lambda one: _fact(one, "group")),
        columns=_by_source(played, "stands_for"),
        groups=_by_source(played, "group"),
        baseline=_baseline(seeds, baseline),
        seeds=_each(seeds) if len(runs) > 1 else (),
    )


def refuse_other_seeds(baseline: Sequence[FreeRun], seeds: int) -> None:
    """Raise ConfigError unless the baseline is of one seed, or of as many as the student."""
    if len(baseline) not in (0, 1, seeds):
        which = baseline[0].path
        raise ConfigError(f"--baseline {which} is of {len(baseline)} seeds, the student of {seeds}: give as many.")


def _by(seeds: _Seeds, key: Callable[[Played], str]) -> dict[str, FreeNumbers]:
    names = sorted({key(one) for seed in seeds.after for one in seed} - {""})
    return {name: _numbers(seeds.only(key, name)) for name in names}


def _each(seeds: _Seeds) -> tuple[FreeNumbers, ...]:
    return tuple(_numbers(_Seeds([after], seeds.before[i : i + 1])) for i, after in enumerate(seeds.after))


def _fact(one: Played, name: str) -> str:
    return str(one.facts.get(name) or "")


def _by_source(played: Iterable[Played], name: str) -> dict[str, str]:
    """A fact by source, of the sources that have it."""
    return {one.source: _fact(one, name) for one in played if _fact(one, name)}


def _baseline(seeds: _Seeds, runs: Sequence[FreeRun]) -> FreeBaseline | None:
    if not runs:
        return None
    asked, also = (Counter(one.asked for seed in side for one in seed) for side in seeds)
    return FreeBaseline(
        path=runs[0].path,
        name=runs[0].student,
        in_both=(asked & also).total(),
        numbers=_numbers(_Seeds([run.dialogues for run in runs], [])),
    )


def _numbers(seeds: _Seeds) -> FreeNumbers:
    """All metrics of some dialogues."""
    rows = _rows(seeds)
    after_PSM2, before_PSM2 = _sums(seeds.after, rows), _sums(seeds.before, rows)
    after_1SM, before_1SM = (_ratios(sums.sum(axis=0)[None]) for sums in (after_PSM2, before_PSM2))
    draws = _draw(after_PSM2, before_PSM2)
    values = _by_name(after_1SM, before_1SM)
    drawn = _by_name(*draws) if draws else {}
    return FreeNumbers(
        AT=_number(values["AT"].mean()) if seeds.before else None,
        **{name: _number(values[name].mean()) for name in REFINEMENTS},
        accuracy_by_turn=tuple(float(values[name].mean()) for name in CURVE),
        n=sum(map(len, seeds.after)),
        kept=round(float(after_PSM2[:, :, 0, 1].sum())),
        intervals={name: bounds for name in drawn if (bounds := _bounds(name, values, drawn, after_PSM2))},
        deviations=_deviations(values),
        changes=_changes(after_PSM2, before_PSM2, draws) if seeds.before else {},
    )


def _rows(seeds: _Seeds) -> dict[str, int]:
    """A row for each picture of any dialogue."""
    pictures = dict.fromkeys(one.asked.picture for side in seeds for seed in side for one in seed)
    return {picture: row for row, picture in enumerate(pictures)}


def _sums(side: Sequence[Sequence[Played]], rows: Mapping[str, int]) -> Floats:
    """P x S x M x 2."""
    sums_PSM2 = np.zeros((len(rows), len(side), len(METRICS), 2))
    for seed, dialogues in enumerate(side):
        for one in dialogues:
            sums_PSM2[rows[one.asked.picture], seed] += [one.worth.terms[name] for name in METRICS]
    return sums_PSM2


def _ratios(sums_RSM2: Floats) -> Floats:
    """R x S x M; nan where a denominator is 0."""
    ratios = np.full(sums_RSM2.shape[:-1], np.nan)
    np.divide(sums_RSM2[..., 0], sums_RSM2[..., 1], out=ratios, where=sums_RSM2[..., 1] != 0)
    return ratios


def _by_name(after_RSM: Floats, before_RSM: Floats) -> dict[str, Floats]:
    """R x S for each metric; AT (equation 1) only where there is a baseline."""
    named = {name: after_RSM[:, :, i] for i, name in enumerate(METRICS)}
    if before_RSM.shape[1]:
        named["AT"] = named["turns"] / before_RSM[:, :, METRICS.index("turns")]
    return named


def _draw(after_PSM2: Floats, before_PSM2: Floats) -> tuple[Floats, Floats] | None:
    """R x S x M of both sides, the same pictures drawn for both; None for a single picture."""
    pictures = len(after_PSM2)
    if pictures < 2:
        return None
    flat = [side.reshape(pictures, -1) for side in (after_PSM2, before_PSM2)]
    sums = resampled_sums(np.hstack(flat))
    after, before = np.split(sums, [flat[0].shape[1]], axis=1)
    return (
        _ratios(after.reshape(len(sums), *after_PSM2.shape[1:])),
        _ratios(before.reshape(len(sums), *before_PSM2.shape[1:])),
    )


def _deviations(values: Mapping[str, Floats]) -> dict[str, float]:
    """Over the seeds, of a sample (divided by their number minus 1)."""
    return {
        name: float(by_seed_1S[0].std(ddof=1))
        for name, by_seed_1S in values.items()
        if by_seed_1S.shape[1] > 1 and np.isfinite(by_seed_1S).all()
    }


def _changes(after_PSM2: Floats, before_PSM2: Floats, draws: tuple[Floats, Floats] | None) -> dict[str, Change]:
    made = ((name, _change(name, METRICS.index(name), after_PSM2, before_PSM2, draws)) for name in COMPARED)
    return {name: change for name, change in made if change}


def _change(
    name: str, metric: int, after_PSM2: Floats, before_PSM2: Floats, draws: tuple[Floats, Floats] | None
) -> Change | None:
    """None where the number is undefined on either side."""
    pictures, seeds = after_PSM2.shape[:2]

    def mean_of_seeds(sums_RK: Floats) -> Floats:
        means_R: Floats = _ratios(sums_RK.reshape(len(sums_RK), seeds, 2)).mean(axis=1)
        return means_R

    sides = [side[:, :, metric].reshape(pictures, -1) for side in (after_PSM2, before_PSM2)]
    after, before = (_number(mean_of_seeds(side.sum(axis=0)[None])[0]) for side in sides)
    if after is None or before is None:
        return None
    interval = percentiles((draws[0] - draws[1])[:, :, metric].mean(axis=1)) if draws else None
    return change(BETTER[name], before, after, interval, swap_test(sides[1], sides[0], mean_of_seeds))


def _bounds(name: str, values: Mapping[str, Floats], drawn: Mapping[str, Floats], after_PSM2: Floats) -> Bounds | None:
    """Where a share is 0 or 1 every draw is too: Wilson's interval of as many pictures stands in.

    None where all draws agree on another number: dialogues that are all alike do not tell how they would differ.
    """
    value = float(values[name].mean())
    if name in SHARES and value in (0.0, 1.0):
        pictures = np.count_nonzero(after_PSM2[:, :, METRICS.index(name), 1].sum(axis=1))
        return tuple(wilson(value * pictures, float(pictures)))
    interval = percentiles(drawn[name].mean(axis=1))
    return tuple(interval) if interval and interval.low < interval.high else None


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
