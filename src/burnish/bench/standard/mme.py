"""MME (Fu et al., 2023): yes-or-no questions, two a picture, in ten tasks of perception and four of cognition."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

import numpy as np
import tyro

from burnish.bench.measures import RIGHT, Measures, Total, measures
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import BARE, SHORT, framed
from burnish.bench.standard.asking.written import write_text
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import Item, text_lines
from burnish.bench.standard.mme_files import SUMS, TASKS, MissingTasks, MmeRow, read_task, reading, task_files
from burnish.bench.standard.numbers import RATE, Scored, bootstrap, bounds, known
from burnish.errors import SourceError
from burnish.scores import Bounds, Metric, MmeScores, MmeTask
from burnish.sources import Candidate
from burnish.uncertainty import Floats, ratios


@dataclass(frozen=True, kw_only=True)
class ScoreMmeConfig:
    """Score recorded answers to MME: each task's accuracy and accuracy+, the sums for perception and cognition."""

    benchmark: ClassVar[str] = "mme"
    folder: tyro.conf.Positional[str]
    """Folder of MME's 14 files, such as existence.txt. Each line has picture, question, truth and prediction, separated
    by tabs; each picture has two lines."""
    missing: MissingTasks = "refuse"
    """What to do if tasks have no file: refuse, or sum the others."""
    json: str | None = None
    """Also write the scores to this file."""


MmePrompt: TypeAlias = Literal["own", "llava"]


@dataclass(frozen=True, kw_only=True)
class AskMmeConfig(AskConfig):
    """Ask MME's questions: two per picture, in ten tasks of perception and four of cognition."""

    benchmark = "mme"
    prompt: MmePrompt = "own"
    """`own` asks in MME's own words, which end with "Please answer yes or no."; `llava` replaces that sentence by its
    request for a single word."""
    missing: MissingTasks = "refuse"
    """What to do if tasks have no folder: refuse, or sum the others."""


def score_files(config: ScoreMmeConfig) -> Scored[MmeScores]:
    """The scores of a folder of task files. Raises SourceError, naming file and line."""
    paths = task_files(config.folder, config.missing)
    return score({task: read_task(path) for task, path in paths.items()})


def score(pairs: Mapping[str, Sequence[tuple[MmeRow, MmeRow]]]) -> Scored[MmeScores]:
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


def _scored(task: str, pair: tuple[MmeRow, MmeRow]) -> Iterator[ScoredAnswer]:
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


def _terms(pair: tuple[MmeRow, MmeRow]) -> tuple[int, ...]:
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


RELEASE = (
    "MME_Benchmark_release_version is sent on request, as github.com/BradyFU/Awesome-Multimodal-Large-Language-Models "
    "(branch Evaluation) says"
)
_BOTH = dataclasses.replace(RIGHT, name="accuracy_plus", title="accuracy+")
_SUM = Metric(name="", title="", family="sums", unit="points", interval="bootstrap", better="higher")
OWN_WORDS = "Please answer yes or no."
FRAMES = {"own": BARE, "llava": SHORT}
TEXTS, PICTURES = "questions_answers_YN", "images"
"""Five of the tasks have their texts and pictures in folders of their own."""
ENDINGS = (".png", ".jpg", ".jpeg")


def open_mme(config: AskMmeConfig) -> OpenBenchmark:
    """MME as it is asked. Raises SourceError."""
    data = open_data(config, (".",), RELEASE)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: _official(root, config.missing)):
            yield _question(row, data.picture(row, lambda row: row.text("picture")), config)

    return OpenBenchmark(
        frame=FRAMES[config.prompt],
        questions=questions,
        pictures=data,
        write=write,
        score=rescore,
        unit=lambda asked: f"{asked.facts['task']}/{asked.facts['picture']}",
    )


def rescore(predictions: Sequence[AnsweredQuestion]) -> Scored[MmeScores]:
    """The scores of answers, two questions a picture."""
    tasks: dict[str, dict[str, list[MmeRow]]] = {}
    for one in predictions:
        row = MmeRow(one.asked.id, one.fact("picture"), one.asked.answer or "", one.text, one.fact("question"))
        tasks.setdefault(one.fact("task"), {}).setdefault(row.picture, []).append(row)
    return score({task: [(rows[0], rows[1]) for rows in pictures.values()] for task, pictures in tasks.items()})


def write(predictions: Sequence[AnsweredQuestion], folder: Path) -> None:
    """The folder that MME's eval_tool and `burnish score mme` read, a file a task."""
    for task in dict.fromkeys(one.fact("task") for one in predictions):
        lines = ("\t".join(_fields(one)) for one in predictions if one.fact("task") == task)
        write_text(folder / "predictions" / f"{task}.txt", "".join(f"{line}\n" for line in lines))


def _fields(one: AnsweredQuestion) -> tuple[str, ...]:
    """Picture, question, truth and prediction; an answer of several lines would not stand on one."""
    truth = (one.asked.answer or "").capitalize()
    return one.fact("picture"), one.fact("question"), truth, " ".join(one.text.split("\n")).replace("\t", " ")


def _official(root: Path, missing: MissingTasks) -> Iterator[Item]:
    without = [task for task in TASKS if not (root / task).is_dir()]
    if len(without) == len(TASKS):
        raise SourceError(f"{root} has no folder of a task of MME, such as {without[0]}: {RELEASE}.")
    if without and missing == "refuse":
        raise SourceError(
            f"{root} has no folder {', '.join(without)}: add it, or sum the other tasks with --missing left-out "
            f"({RELEASE})."
        )
    for task in TASKS:
        if task not in without:
            yield from _rows_of(root, task)


def _rows_of(root: Path, task: str) -> Iterator[Item]:
    texts, pictures = (
        root / task / name if (root / task / name).is_dir() else root / task for name in (TEXTS, PICTURES)
    )
    files = sorted(texts.glob("*.txt"))
    if not files:
        raise SourceError(f"{texts} has no text of questions, such as 0001.txt: {RELEASE}.")
    for file in files:
        named = (pictures / f"{file.stem}{ending}" for ending in ENDINGS)
        picture = next((path for path in named if path.is_file()), pictures / f"{file.stem}{ENDINGS[0]}")
        lines = list(text_lines(str(file), RELEASE))
        if len(lines) != 2:
            raise SourceError(f"{file} has {len(lines)} lines of questions, and each picture of MME has two.")
        for where, line in lines:
            question, tab, truth = line.rpartition("\t")
            if not tab:
                raise SourceError(f"{where}, has no tab: it needs a question, a tab, and Yes or No.")
            fields = {"category": task, "question": question, "answer": truth}
            yield Item(where, {**fields, "question_id": picture.name, "picture": str(picture.relative_to(root))})


def _question(row: Item, picture: str, config: AskMmeConfig) -> Candidate:
    task, question, truth = row.text("category"), row.text("question"), row.text("answer").strip().lower()
    if truth not in ("yes", "no"):
        raise row.fault(f"has the truth {truth!r:.40}, and that must be Yes or No")
    if task not in TASKS:
        raise row.fault(f"is of the task {task!r:.40}, which MME does not have: {', '.join(TASKS)}")
    name = row.text("question_id").rpartition("/")[2]
    body = question.replace(OWN_WORDS, "").strip() if config.prompt == "llava" else question
    return Candidate(
        id=f"{task}/{name}: {question}",
        image=picture,
        question=framed(FRAMES[config.prompt], body),
        answer=truth,
        source=task,
        facts={"task": task, "picture": name, "question": question},
    )


def mme_measures(groups: Collection[str]) -> Measures:
    """The sums of the tasks that are there, and both accuracies."""
    return measures(RIGHT, _BOTH, totals=_sums(groups))


def _sums(groups: Collection[str]) -> list[Total]:
    """100 (accuracy + accuracy+), added up over the tasks that are there."""
    return [
        Total(
            dataclasses.replace(_SUM, name=name, title=name),
            tuple((100.0, task, metric) for task in tasks if task in groups for metric in (RIGHT.name, _BOTH.name)),
        )
        for name, tasks in SUMS.items()
        if any(task in groups for task in tasks)
    ]


BENCHMARK = Benchmark(
    title="MME",
    what="perception and cognition",
    score=Way(ScoreMmeConfig, score_files),
    ask=Way(AskMmeConfig, open_mme),
    measures=mme_measures,
    rescore=lambda predictions, _: rescore(predictions),
    unit=lambda key: key.partition(": ")[0],
)
