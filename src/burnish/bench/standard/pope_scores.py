"""POPE (Li et al., 2023): is an object in the picture, yes or no, in three splits of objects chosen in three ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.bench.standard.numbers import MEAN, RATE, Scored, bootstrap, bounds, known, sums_by_picture
from burnish.bench.standard.pope_answers import RATIOS, PopeAnswer, Protocol, read_answer, scored, terms_of
from burnish.bench.standard.pope_files import Splits
from burnish.scores import YesNoScores, YesNoSplit
from burnish.uncertainty import Floats, ratio, ratios


def score(splits: Splits, predictions: Mapping[str, Mapping[str, str]], protocol: Protocol) -> Scored[YesNoScores]:
    """The scores of texts by split and question."""
    answers = {
        name: [read_answer(key, question, predictions[name][key], protocol) for key, question in questions.items()]
        for name, questions in splits.items()
    }
    scores = {name: _split(said) for name, said in answers.items()}
    f1s = [split.f1 for split in scores.values() if split.f1 is not None]
    mean = sum(f1s) / len(f1s) if len(f1s) == len(scores) else None
    whole = YesNoScores(splits=scores, mean_f1=mean, interval=_mean_f1_interval(answers), protocol=protocol)
    return Scored(whole, tuple(scored(name, answer) for name, said in answers.items() for answer in said))


def _split(answers: Sequence[PopeAnswer]) -> YesNoSplit:
    sums = sums_by_picture([answer.picture for answer in answers], [terms_of(answer) for answer in answers])
    columns = {name: sums[:, 2 * i : 2 * i + 2] for i, name in enumerate(RATIOS)}
    values = {name: ratio(terms) for name, terms in columns.items()}
    return YesNoSplit(
        accuracy=values["accuracy"] or 0.0,
        precision=values["precision"],
        recall=values["recall"],
        f1=values["f1"],
        yes_ratio=values["yes_ratio"] or 0.0,
        n=len(answers),
        intervals=known(
            (name, bounds((MEAN if name == "f1" else RATE)(terms)))
            for name, terms in columns.items()
            if values[name] is not None
        ),
    )


def _mean_f1_interval(answers: Mapping[str, Sequence[PopeAnswer]]) -> tuple[float, ...] | None:
    """The splits ask about the same pictures, so that a picture is drawn with all its questions."""
    pictures, terms = [], []
    for place, said in enumerate(answers.values()):
        for answer in said:
            pictures.append(answer.picture)
            zeros = [0.0] * (2 * len(answers))
            zeros[2 * place : 2 * place + 2] = terms_of(answer)[6:8]
            terms.append(zeros)

    def mean_f1(sums_RK: Floats) -> Floats:
        f1s = [ratios(sums_RK[:, column : column + 2]) for column in range(0, sums_RK.shape[1], 2)]
        total: Floats = sum(f1s[1:], start=f1s[0])
        return total / len(f1s)

    return bootstrap(sums_by_picture(pictures, terms), mean_f1)
