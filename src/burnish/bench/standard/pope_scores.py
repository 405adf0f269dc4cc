"""POPE (Li et al., 2023): is an object in the picture, yes or no, in three splits of objects chosen in three ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from burnish.bench.sample_scores import ScoredAnswer
from burnish.bench.standard.numbers import MEAN, RATE, Later, Scored, bootstrap, bounds, known
from burnish.bench.standard.pope_answers import END_TOKEN, RATIOS, PopeAnswer, Protocol, read_answer, scored, terms_of
from burnish.bench.standard.pope_files import RecordedSplit
from burnish.scores import YesNoScores, YesNoSplit
from burnish.uncertainty import Floats, ratio, ratios

_F1 = slice(2 * RATIOS.index("f1"), 2 * RATIOS.index("f1") + 2)


class _SplitSums(NamedTuple):
    """What the answers of one split add up to."""

    pictures: tuple[str, ...]
    """In order of first sight."""
    sums_PK: Floats
    """Two columns for each of RATIOS."""
    n: int


def score(splits: Mapping[str, RecordedSplit], protocol: Protocol) -> Scored[YesNoScores]:
    """The scores of answers by split."""

    def answers(name: str) -> Iterator[PopeAnswer]:
        return (read_answer(key, question, text, protocol) for key, question, text in splits[name].each())

    def each() -> Iterator[ScoredAnswer]:
        return (scored(name, answer) for name in splits for answer in answers(name))

    sums = {name: _sums(answers(name)) for name in splits}
    scores = {name: _split(of_split) for name, of_split in sums.items()}
    f1s = [split.f1 for split in scores.values() if split.f1 is not None]
    mean = sum(f1s) / len(f1s) if len(f1s) == len(scores) else None
    interval = _mean_f1_interval([*sums.values()])
    texts = (text.removesuffix(END_TOKEN) for one in splits.values() for text in one.texts)
    return Scored(YesNoScores(splits=scores, mean_f1=mean, interval=interval, protocol=protocol), Later(each), texts)


def _sums(answers: Iterator[PopeAnswer]) -> _SplitSums:
    """Answers of one kind (what is true, what is said) add the same, so that they need only be counted by picture."""
    places: dict[str, int] = {}
    kinds: dict[tuple[bool, object], int] = {}
    terms: list[tuple[float, ...]] = []
    counts: dict[tuple[int, int], int] = {}
    for answer in answers:
        kind = kinds.setdefault((answer.truth, answer.says), len(kinds))
        if kind == len(terms):
            terms.append(terms_of(answer))
        cell = places.setdefault(answer.picture, len(places)), kind
        counts[cell] = counts.get(cell, 0) + 1
    counts_PK = np.zeros((len(places), len(terms)))
    for cell, count in counts.items():
        counts_PK[cell] = count
    return _SplitSums(tuple(places), counts_PK @ np.array(terms, dtype=np.float64), sum(counts.values()))


def _split(of_split: _SplitSums) -> YesNoSplit:
    columns = {name: of_split.sums_PK[:, 2 * i : 2 * i + 2] for i, name in enumerate(RATIOS)}
    values = {name: ratio(terms) for name, terms in columns.items()}
    return YesNoSplit(
        accuracy=values["accuracy"] or 0.0,
        precision=values["precision"],
        recall=values["recall"],
        f1=values["f1"],
        yes_ratio=values["yes_ratio"] or 0.0,
        n=of_split.n,
        intervals=known(
            (name, bounds((MEAN if name == "f1" else RATE)(terms)))
            for name, terms in columns.items()
            if values[name] is not None
        ),
    )


def _mean_f1_interval(splits: Sequence[_SplitSums]) -> tuple[float, ...] | None:
    """The splits ask about the same pictures, so that a picture is drawn with all its questions."""
    rows = {picture: row for row, picture in enumerate(dict.fromkeys(p for one in splits for p in one.pictures))}
    sums_PK = np.zeros((len(rows), 2 * len(splits)))
    for place, one in enumerate(splits):
        sums_PK[[rows[picture] for picture in one.pictures], 2 * place : 2 * place + 2] = one.sums_PK[:, _F1]

    def mean_f1(sums_RK: Floats) -> Floats:
        f1s = [ratios(sums_RK[:, column : column + 2]) for column in range(0, sums_RK.shape[1], 2)]
        total: Floats = sum(f1s[1:], start=f1s[0])
        return total / len(f1s)

    return bootstrap(sums_PK, mean_f1)
