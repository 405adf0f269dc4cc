"""From a recorded run to scores: no model is needed, so a new metric reaches old runs too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from burnish.bench.metrics import Term
from burnish.bench.sample_scores import ALL, Asked, Cell, Key, ScoredAnswer, answer_cells
from burnish.bench.scorers import METRICS, score, stands
from burnish.contrast import named_with_contrast
from burnish.errors import RunError
from burnish.progress import tracked
from burnish.records import Dropped, Prediction
from burnish.scores import AnswersResult, Estimate, Level, Metric, Score
from burnish.store import Manifest, Run
from burnish.uncertainty import Floats, bootstrap_interval, rate_interval, ratio


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """All answers of a run as numbers, and what was asked without an answer."""

    manifest: Manifest
    answers: tuple[ScoredAnswer, ...]
    questions: frozenset[tuple[str, str]]
    """Source and id of all that went in, whether answered or dropped."""
    dropped: Mapping[str, int]


def score_answers(run: Run) -> AnswersResult:
    """The scores of a run that `burnish bench answers` made. Raises RunError where it holds no answers."""
    return summarise(read_scored(run))


def read_scored(run: Run) -> ScoredRun:
    """Every answer of the run, scored. Raises RunError for another kind of run, or one without any answer."""
    if run.manifest.kind != "answers":
        raise RunError(f"{run.path} holds {run.manifest.kind}, not answers: give a run of `burnish bench answers`.")
    answers, questions, dropped = [], set(), Counter[str]()
    clean: Prediction | None = None  # of the question whose other answers follow it
    for record in tracked(run, f"score {run.path.name}", len(run), unit="answers"):
        if isinstance(record, Prediction):
            clean = record if not record.distortion else clean
            answers.append(_scored(record, clean))
            questions.add((record.source, record.id))
        elif isinstance(record, Dropped):
            dropped[record.reason] += 1
            questions.add((record.source, record.id))
    if not answers:
        reasons = ", ".join(f"{reason} ({n:,})" for reason, n in dropped.most_common())
        because = f"every question was dropped: {reasons}" if reasons else "it has no record yet"
        raise RunError(f"{run.path} has no answer ({because}).")
    return ScoredRun(run.manifest, tuple(answers), frozenset(questions), dict(dropped.most_common()))


def summarise(scored: ScoredRun) -> AnswersResult:
    """Every metric of every task, group of tasks and of all questions, on clean and on distorted pictures."""
    cells: defaultdict[Cell, list[tuple[str, Term]]] = defaultdict(list)
    for answer in scored.answers:
        for cell, term in answer_cells(answer):
            cells[cell].append((answer.picture, term))
    order = cell_order(cells, [*METRICS])
    used = {cell.metric for cell in cells}
    return AnswersResult(
        model=model_name(scored.manifest),
        questions=len(scored.questions),
        answers=len(scored.answers),
        dropped=scored.dropped,
        distortions=_distortions(scored.answers),
        metrics=tuple(metric for name, metric in METRICS.items() if name in used),
        scores=tuple(
            Score(
                metric=cell.metric,
                group=cell.group,
                level=cell.level,
                distortion=cell.distortion,
                estimate=estimate(METRICS[cell.metric], cells[cell]),
            )
            for cell in order
        ),
    )


def cell_order(cells: Iterable[Cell], metrics: Sequence[str]) -> list[Cell]:
    """Tasks first, each in order of its name, then groups of tasks, then all; clean pictures before distorted."""
    levels: tuple[Level, ...] = ("task", "group", "all")

    def rank(cell: Cell) -> tuple[int, str]:
        return levels.index(cell.level), cell.group

    by_metric = sorted(cells, key=lambda cell: metrics.index(cell.metric))
    clean_first = sorted(by_metric, key=lambda cell: cell.distortion != "")
    return sorted(clean_first, key=rank)


def estimate(metric: Metric, terms: Sequence[tuple[str, Term]]) -> Estimate:
    """The metric over answers, given as picture and term, with its interval.

    Where a share is 0 or 1 every draw of the bootstrap is too: Wilson's interval of as many pictures stands in.
    """
    terms_P2 = by_picture(terms)
    value = ratio(terms_P2)
    extreme = metric.unit == "%" and value in (0.0, 1.0)
    interval = rate_interval(terms_P2) if metric.interval == "wilson" or extreme else bootstrap_interval(terms_P2)
    low, high = interval or (None, None)
    counted = sum(term.denominator > 0 for _, term in terms)
    return Estimate(value=value, low=low, high=high, n=counted)


def by_picture(terms: Sequence[tuple[str, Term]]) -> Floats:
    """P x 2: the sums of numerators and denominators of each picture."""
    rows: dict[str, int] = {}
    picture_N = np.array([rows.setdefault(picture, len(rows)) for picture, _ in terms], dtype=np.intp)
    terms_P2 = np.zeros((len(rows), 2))
    np.add.at(terms_P2, picture_N, np.array([term for _, term in terms], dtype=np.float64).reshape(-1, 2))
    return terms_P2


def model_name(manifest: Manifest) -> str:
    """The model with its adapter and contrast, as the run's flags named them."""
    adapter = manifest.config.get("adapter")
    name = f"{manifest.config.get('model')}{f' + {adapter}' if adapter else ''}"
    return named_with_contrast(name, manifest.config)


def _scored(prediction: Prediction, clean: Prediction | None) -> ScoredAnswer:
    """`clean` is the answer about the clean picture that came before, of this question or another."""
    of_it = clean and prediction.distortion and (clean.source, clean.id) == (prediction.source, prediction.id)
    return ScoredAnswer(
        key=Key(prediction.source, prediction.id, prediction.distortion),
        asked=Asked(prediction.image, prediction.question, prediction.answer),
        groups=_groups(prediction),
        terms={**score(prediction), **(stands(clean, prediction) if clean and of_it else {})},
        text=prediction.text,
    )


def _groups(prediction: Prediction) -> tuple[tuple[Level, str], ...]:
    """The fact `task` (else the source's name), the fact `group` where there is one, and all questions."""
    task, group = prediction.facts.get("task"), prediction.facts.get("group")
    middle: tuple[tuple[Level, str], ...] = (("group", str(group)),) if group else ()
    return (("task", str(task or prediction.source)), *middle, ("all", ALL))


def _distortions(answers: Iterable[ScoredAnswer]) -> tuple[str, ...]:
    asked = dict.fromkeys(answer.key.distortion for answer in answers)
    return tuple(sorted(asked, key=bool))
