"""Values of answers as a benchmark's numbers, with intervals in which questions about one picture count as related."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar, final

import numpy as np

from burnish.bench.aggregate import estimate
from burnish.bench.measures import Measures
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import ALL, Asked, Key, ScoredAnswer, answer_cells, in_groups
from burnish.scores import AccuracyScores, Bounds, Estimate, MeasuredScores, PartScore
from burnish.uncertainty import (
    Floats,
    Interval,
    Statistic,
    bootstrap_interval,
    percentiles,
    rate_interval,
    resampled_sums,
)

S = TypeVar("S")
IntervalOf = Callable[[Floats], Interval | None]
"""From sums by picture (numerator, denominator) to the interval of their ratio."""
RATE: IntervalOf = rate_interval
"""Wilson's, where each answer is right or wrong."""
MEAN: IntervalOf = bootstrap_interval
"""The bootstrap, where an answer may be half right."""


ACCURACY = "accuracy"
"""What the mean value of answers is called."""


class AnswerValue(NamedTuple):
    """What one answer is worth."""

    picture: str
    value: float
    """0 to 1, or points."""
    groups: tuple[str, ...] = ()
    """The parts of the benchmark that the question belongs to."""
    id: str = ""
    """The question's."""
    truth: str = ""
    text: str = ""
    """What was said."""


class Scored(NamedTuple, Generic[S]):
    """A benchmark's scores, and the answers that they are added up from."""

    scores: S
    answers: Iterable[ScoredAnswer]
    """May be computed anew each time."""
    recorded: Iterable[str] | None = None
    """The recorded replies, where they are not the answers' own texts; read once."""

    @property
    def texts(self) -> Iterable[str]:
        """What was said, by the model or, in recorded judgements, by the judge."""
        return (answer.text for answer in self.answers) if self.recorded is None else self.recorded


@final
@dataclass(frozen=True)
class Later:
    """Answers that are computed when they are looked at: of a million, most calls need the scores alone."""

    each: Callable[[], Iterator[ScoredAnswer]]

    def __iter__(self) -> Iterator[ScoredAnswer]:
        return self.each()


def sums_by_picture(pictures: Sequence[str], terms: Sequence[Sequence[float]] | Floats) -> Floats:
    """P x K: the sums of each picture's terms, pictures in order of first sight."""
    place = {picture: row for row, picture in enumerate(dict.fromkeys(pictures))}
    sums_PK = np.zeros((len(place), len(terms[0]) if len(terms) else 0))
    np.add.at(sums_PK, [place[picture] for picture in pictures], np.asarray(terms, dtype=np.float64))
    return sums_PK


def part(answers: Sequence[AnswerValue], interval_of: IntervalOf) -> PartScore:
    """The mean value of some answers."""
    sums_P2 = sums_by_picture([a.picture for a in answers], [(a.value, 1) for a in answers])
    return PartScore(
        value=float(sums_P2[:, 0].sum() / sums_P2[:, 1].sum()), interval=bounds(interval_of(sums_P2)), n=len(answers)
    )


def accuracy_scores(
    benchmark: str, answers: Sequence[AnswerValue], interval_of: IntervalOf, counts: Mapping[str, int] | None = None
) -> Scored[AccuracyScores]:
    """The mean value over all answers, and over each group in order of first sight."""
    return accuracy_of(benchmark, lambda: iter(answers), interval_of, counts)


def accuracy_of(
    benchmark: str,
    answers: Callable[[], Iterator[AnswerValue]],
    interval_of: IntervalOf,
    counts: Mapping[str, int] | None = None,
) -> Scored[AccuracyScores]:
    """The same of answers that come by one at a time, as often as they are asked for."""
    whole, groups, places = _Sums(), dict[str, _Sums](), dict[str, int]()
    for answer in answers():
        place = places.setdefault(answer.picture, len(places))
        whole.add(place, answer.value)
        for name in dict.fromkeys(answer.groups):
            groups.setdefault(name, _Sums()).add(place, answer.value)
    found = whole.part(interval_of)
    scores = AccuracyScores(
        benchmark=benchmark,
        accuracy=found.value,
        interval=found.interval,
        n=found.n,
        pictures=len(places),
        groups={name: of.part(interval_of) for name, of in groups.items()},
        counts=dict(counts or {}),
    )
    return Scored(scores, Later(lambda: map(_scored, answers())))


@final
class _Sums:
    """Of the values of some answers, by picture in order of first sight."""

    def __init__(self) -> None:
        self._rows = array("q")  # of each picture's place among all; -1 for one that is not here yet
        self._values, self._counts = array("d"), array("d")

    def add(self, place: int, value: float) -> None:
        while place >= len(self._rows):
            self._rows.append(-1)
        row = self._rows[place]
        if row < 0:
            row = self._rows[place] = len(self._values)
            self._values.append(0.0)
            self._counts.append(0.0)
        self._values[row] += value
        self._counts[row] += 1

    def part(self, interval_of: IntervalOf) -> PartScore:
        """Their mean."""
        sums_P2 = np.stack((np.array(self._values), np.array(self._counts)), axis=1)
        value, n = sums_P2.sum(axis=0)
        return PartScore(value=float(value / n), interval=bounds(interval_of(sums_P2)), n=int(n))


def measured_scores(
    benchmark: str,
    answers: Sequence[ScoredAnswer],
    measures: Measures,
    counts: Mapping[str, int] | None = None,
    note: str = "",
) -> Scored[MeasuredScores]:
    """The ratios that answers add up to, over all of them and over each group in order of first sight."""
    cells: dict[tuple[str, str], list[tuple[str, Term]]] = {}
    for answer in answers:
        for cell, term in answer_cells(answer):
            cells.setdefault((cell.group, cell.metric), []).append((answer.picture, term))
    found = {place: estimate(measures.metrics[place[1]], terms) for place, terms in cells.items()}
    groups = [name for name in dict.fromkeys(group for group, _ in found) if name != ALL]
    used = {metric for _, metric in found}
    scores = MeasuredScores(
        benchmark=benchmark,
        n=len(answers),
        pictures=len({answer.picture for answer in answers}),
        metrics=tuple(metric for name, metric in measures.metrics.items() if name in used),
        whole=_of_group(ALL, found),
        groups={name: _of_group(name, found) for name in groups},
        counts=dict(counts or {}),
        note=note,
    )
    return Scored(scores, tuple(answers))


def _of_group(group: str, found: Mapping[tuple[str, str], Estimate]) -> dict[str, Estimate]:
    return {metric: one for (name, metric), one in found.items() if name == group}


def _scored(answer: AnswerValue) -> ScoredAnswer:
    return ScoredAnswer(
        key=Key("", answer.id),
        asked=Asked(answer.picture, "", answer.truth),
        groups=in_groups(answer.groups),
        terms={ACCURACY: Term(answer.value, 1)},
        text=answer.text,
    )


def bootstrap(sums_PK: Floats, statistic: Statistic) -> Bounds | None:
    """Percentile interval of any function of the column sums; None for a single picture."""
    return bounds(percentiles(statistic(resampled_sums(sums_PK)))) if len(sums_PK) > 1 else None


def bounds(interval: Interval | None) -> Bounds | None:
    """As results store it."""
    return tuple(interval) if interval else None


def known(intervals: Iterable[tuple[str, Bounds | None]]) -> dict[str, Bounds]:
    """The intervals that there are, by name."""
    return {name: interval for name, interval in intervals if interval}
