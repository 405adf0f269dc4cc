"""Agreement of ratings on a scale: rank correlation, Krippendorff's alpha, and what else a judge goes by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from burnish.bench.standard.numbers import bounds
from burnish.scores import CalibrateJudged, Correlation, Judging
from burnish.uncertainty import SEED, Floats, Interval, percentiles

DRAWS = 1000


class RatedTurn(NamedTuple):
    """One turn, rated by people (or by the oracle) and by the judge."""

    dialogue: str
    """Turns of one dialogue are related."""
    speaker: str
    human: float
    length: float
    """Characters."""
    forth: int | None
    """By the judge, with the scale from 1 to 5; None where it cannot be read."""
    back: int | None
    """With the scale from 5 to 1."""
    again: int | None
    """As `forth`, asked anew."""


def calibration(ratings: Sequence[RatedTurn], judged_by: Judging, raters: str) -> CalibrateJudged:
    """All numbers, over the turns of which both ratings can be read."""
    read = [one for one in ratings if one.forth is not None and one.back is not None]
    table = np.array([(one.human, one.forth, one.back, one.length) for one in read], dtype=np.float64).reshape(-1, 4)
    number = partial(_number, table, [one.dialogue for one in read])
    twice = [one for one in ratings if one.forth is not None and one.again is not None]
    pairs = np.array([(one.forth, one.again) for one in twice], dtype=np.float64).reshape(-1, 2)

    return CalibrateJudged(
        judging=judged_by,
        raters=raters,
        left_out=len(ratings) - len(read),
        spearman=number(lambda t: spearman(t[:, 0], _given(t))),
        alpha=number(lambda t: krippendorff(t[:, 0], _given(t))),
        bias=number(lambda t: float((_given(t) - t[:, 0]).mean())),
        length_bias=number(lambda t: spearman(t[:, 3], _given(t) - t[:, 0])),
        order_bias=number(lambda t: float((t[:, 2] - t[:, 1]).mean())),
        again=number(lambda t: krippendorff(t[:, 1], t[:, 2])),
        retest=_number(pairs, [one.dialogue for one in twice], lambda t: krippendorff(t[:, 0], t[:, 1])),
        speakers={
            name: Correlation(value=spearman(of[:, 0], _given(of)), interval=None, n=len(of))
            for name in dict.fromkeys(one.speaker for one in read)
            for of in [table[[one.speaker == name for one in read]]]
        },
    )


def _number(table: Floats, dialogues: Sequence[str], statistic: Callable[[Floats], float | None]) -> Correlation:
    value = statistic(table) if len(table) else None
    return Correlation(value=value, interval=bounds(_drawn(table, dialogues, statistic)), n=len(table))


def _given(table: Floats) -> Floats:
    """The judge's mean rating of both orders."""
    return np.asarray(table[:, 1:3].mean(axis=1))


def _drawn(table: Floats, dialogues: Sequence[str], statistic: Callable[[Floats], float | None]) -> Interval | None:
    """Percentiles over whole dialogues drawn with replacement; None for a single one."""
    rows: dict[str, list[int]] = {}
    for row, dialogue in enumerate(dialogues):
        rows.setdefault(dialogue, []).append(row)
    if len(rows) < 2:
        return None
    of, draws = [np.array(places) for places in rows.values()], np.random.default_rng(SEED)
    values = []
    for _ in range(DRAWS):
        drawn = np.concatenate([of[place] for place in draws.integers(len(of), size=len(of))])
        value = statistic(table[drawn])
        values.append(np.nan if value is None else value)
    return percentiles(np.array(values))


def ranks(values: Floats) -> Floats:
    """From 1; equal values share the mean of their ranks."""
    _, place_N, counts_U = np.unique(values, return_inverse=True, return_counts=True)
    last_U = counts_U.cumsum()
    return np.asarray((last_U - (counts_U - 1) / 2)[place_N])


def spearman(one: Floats, other: Floats) -> float | None:
    """Rank correlation (Spearman, 1904); None where one side always says the same."""
    a, b = ranks(one) - (len(one) + 1) / 2, ranks(other) - (len(other) + 1) / 2
    whole = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / whole if whole else None


def krippendorff(one: Floats, other: Floats) -> float | None:
    """Alpha of two raters for ratings with equal steps (Krippendorff, 2004, section 11.3); None for one rating alone.

    1 less the mean squared difference within turns over that between any two of all ratings.
    """
    pooled = np.concatenate((one, other))
    n = len(pooled)
    within = float(((one - other) ** 2).mean()) if len(one) else 0.0
    between = 2 * float(n * (pooled**2).sum() - pooled.sum() ** 2) / (n * (n - 1)) if n > 1 else 0.0
    return 1 - within / between if between else None
