"""POPE (Li et al., 2023): is an object in the picture, yes or no, in three splits of objects chosen in three ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from burnish.bench.metrics import Term, says_yes
from burnish.bench.scored import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.configs import Protocol, ScorePopeConfig
from burnish.bench.standard.numbers import MEAN, RATE, Scored, bootstrap, bounds, known, sums_by_picture
from burnish.bench.standard.pope_files import Question, Splits, read_pope_predictions, read_splits
from burnish.bench.uncertainty import Floats, ratio, ratios
from burnish.scores import PopeScores, PopeSplit

END_TOKEN = "</s>"
RATIOS = ("accuracy", "precision", "recall", "f1", "yes_ratio")
"""Each the ratio of two sums, which stand in two columns side by side."""


class PopeAnswer(NamedTuple):
    """An answer beside its question."""

    id: str
    question: Question
    says: bool
    text: str

    @property
    def picture(self) -> str:
        return self.question.picture

    @property
    def truth(self) -> bool:
        return self.question.truth


def score_files(config: ScorePopeConfig) -> Scored[PopeScores]:
    """The scores of recorded answers. Raises SourceError, naming file and line."""
    splits = read_splits(config.questions)
    return score(splits, read_pope_predictions(config.predictions, splits), config.protocol)


def score(splits: Splits, predictions: Mapping[str, Mapping[str, str]], protocol: Protocol) -> Scored[PopeScores]:
    """The scores of texts by split and question."""
    answers = {
        name: [_read(key, question, predictions[name][key], protocol) for key, question in questions.items()]
        for name, questions in splits.items()
    }
    scores = {name: _split(said) for name, said in answers.items()}
    f1s = [split.f1 for split in scores.values() if split.f1 is not None]
    mean = sum(f1s) / len(f1s) if len(f1s) == len(scores) else None
    whole = PopeScores(splits=scores, mean_f1=mean, interval=_mean_f1_interval(answers), protocol=protocol)
    return Scored(whole, tuple(_scored(name, answer) for name, said in answers.items() for answer in said))


def _read(key: str, question: Question, text: str, protocol: Protocol) -> PopeAnswer:
    return PopeAnswer(key, question, says_yes(read_as(text, protocol)), text)


def _scored(split: str, answer: PopeAnswer) -> ScoredAnswer:
    terms = _terms(answer)
    return ScoredAnswer(
        key=Key("", f"{split}/{answer.id}"),
        asked=Asked(answer.picture, answer.question.text, "yes" if answer.truth else "no"),
        groups=in_groups((split,)),
        terms={name: Term(*terms[2 * i : 2 * i + 2]) for i, name in enumerate(RATIOS)},
        text=answer.text,
    )


def read_as(text: str, protocol: Protocol) -> str:
    """The text that the word no is looked for in: without LLaVA's end token, or with it as SeVa's scorer had it."""
    return text.removesuffix(END_TOKEN) if protocol == "llava" else text


def _terms(answer: PopeAnswer) -> tuple[float, ...]:
    """Numerator and denominator of each of RATIOS; F1 = 2 TP / (predicted yes + actual yes)."""
    hit = answer.truth and answer.says
    right = answer.truth == answer.says
    return (right, 1, hit, answer.says, hit, answer.truth, 2 * hit, answer.truth + answer.says, answer.says, 1)


def _split(answers: Sequence[PopeAnswer]) -> PopeSplit:
    sums = sums_by_picture([answer.picture for answer in answers], [_terms(answer) for answer in answers])
    columns = {name: sums[:, 2 * i : 2 * i + 2] for i, name in enumerate(RATIOS)}
    values = {name: ratio(terms) for name, terms in columns.items()}
    return PopeSplit(
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
            zeros[2 * place : 2 * place + 2] = _terms(answer)[6:8]
            terms.append(zeros)

    def mean_f1(sums_RK: Floats) -> Floats:
        f1s = [ratios(sums_RK[:, column : column + 2]) for column in range(0, sums_RK.shape[1], 2)]
        total: Floats = sum(f1s[1:], start=f1s[0])
        return total / len(f1s)

    return bootstrap(sums_by_picture(pictures, terms), mean_f1)
