"""MME (Fu et al., 2023): yes-or-no questions, two a picture, in ten tasks of perception and four of cognition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from burnish.bench.metrics import Term
from burnish.bench.scored import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.configs import ScoreMmeConfig
from burnish.bench.standard.mme_files import SUMS, TASKS, Row, read_task, reading, task_files
from burnish.bench.standard.numbers import RATE, Scored, bootstrap, bounds, known
from burnish.scores import Bounds, MmeScores, MmeTask
from burnish.uncertainty import Floats, ratios


def score_files(config: ScoreMmeConfig) -> Scored[MmeScores]:
    """The scores of a folder of task files. Raises SourceError, naming file and line."""
    paths = task_files(config.folder, config.missing)
    return score({task: read_task(path) for task, path in paths.items()})


def score(pairs: Mapping[str, Sequence[tuple[Row, Row]]]) -> Scored[MmeScores]:
    """The scores of each task's questions, two a picture."""
    terms = {task: np.array([_terms(pair) for pair in of_task], dtype=float) for task, of_task in pairs.items()}
    tasks = {
        task: _task(terms[task], sum(reading(row.prediction) == "other" for pair in of_task for row in pair))
        for task, of_task in pairs.items()
    }
    there = {name: [task for task in group if task in tasks] for name, group in SUMS.items()}
    sums = {name: sum(tasks[task].score for task in group) if group else None for name, group in there.items()}
    scores = MmeScores(
        perception=sums["perception"],
        cognition=sums["cognition"],
        tasks=tasks,
        left_out=tuple(task for task in TASKS if task not in tasks),
        intervals=known((name, _sum_interval([terms[task] for task in group])) for name, group in there.items()),
    )
    answers = (answer for task, of_task in pairs.items() for pair in of_task for answer in _scored(task, pair))
    return Scored(scores, tuple(answers))


def _scored(task: str, pair: tuple[Row, Row]) -> Iterator[ScoredAnswer]:
    """Each question with half of its picture, so that both together count it once."""
    both = _terms(pair)[2]
    alike = pair[0].question == pair[1].question
    for row in pair:
        question = f"{row.question} ({row.truth})" if alike else row.question
        yield ScoredAnswer(
            key=Key("", f"{task}/{row.picture}: {question}"),
            asked=Asked(f"{task}/{row.picture}", row.question, row.truth),
            groups=in_groups((task,)),
            terms={"accuracy": Term(reading(row.prediction) == row.truth, 1), "accuracy_plus": Term(both / 2, 1 / 2)},
            text=row.prediction,
        )


def _terms(pair: tuple[Row, Row]) -> tuple[int, ...]:
    """A picture's right answers, questions, whether both are right, and itself."""
    right = sum(reading(row.prediction) == row.truth for row in pair)
    return right, 2, right == 2, 1


def _scores(sums_R4: Floats) -> Floats:
    """100 (accuracy + accuracy+) in each of R draws."""
    return 100 * (ratios(sums_R4[:, :2]) + ratios(sums_R4[:, 2:]))


def _task(terms_P4: Floats, other: int) -> MmeTask:
    right, questions, both, pictures = terms_P4.sum(axis=0)
    return MmeTask(
        score=float(100 * (right / questions + both / pictures)),
        accuracy=float(right / questions),
        accuracy_plus=float(both / pictures),
        n=int(questions),
        other=other,
        intervals=known(
            [
                ("score", bootstrap(terms_P4, _scores)),
                ("accuracy", bounds(RATE(terms_P4[:, :2]))),
                ("accuracy_plus", bounds(RATE(terms_P4[:, 2:]))),
            ]
        ),
    )


def _sum_interval(tasks: Sequence[Floats]) -> Bounds | None:
    """Of the sum of the tasks' scores: all their pictures are drawn together, each task in columns of its own."""
    if not tasks:
        return None
    blocks = [
        [terms if i == j else np.zeros((len(terms), 4)) for j in range(len(tasks))] for i, terms in enumerate(tasks)
    ]

    def total(sums_RK: Floats) -> Floats:
        return np.asarray(sum(_scores(sums_RK[:, 4 * j : 4 * j + 4]) for j in range(len(tasks))))

    return bootstrap(np.block(blocks), total)
