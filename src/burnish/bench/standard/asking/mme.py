"""MME's questions: a folder a task, in which each picture has a text of two lines, a question and its truth on each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from burnish.bench.standard import mme
from burnish.bench.standard.asking.base import Benchmark, Said
from burnish.bench.standard.asking.configs import AskMmeConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import BARE, SHORT, framed
from burnish.bench.standard.asking.written import write_text
from burnish.bench.standard.configs import MissingTasks
from burnish.bench.standard.files import Item, text_lines
from burnish.bench.standard.mme_files import TASKS, Row
from burnish.bench.standard.numbers import Scored
from burnish.errors import SourceError
from burnish.scores import MmeScores
from burnish.sources import Candidate

RELEASE = (
    "MME_Benchmark_release_version is sent on request, as github.com/BradyFU/Awesome-Multimodal-Large-Language-Models "
    "(branch Evaluation) tells"
)
OWN_WORDS = "Please answer yes or no."
FRAMES = {"own": BARE, "llava": SHORT}
TEXTS, PICTURES = "questions_answers_YN", "images"
"""Five of the tasks have their texts and pictures in folders of their own."""
ENDINGS = (".png", ".jpg", ".jpeg")


def open_mme(config: AskMmeConfig) -> Benchmark:
    """MME as it is asked. Raises SourceError."""
    data = open_data(config, (".",), RELEASE)

    def questions() -> Iterator[Candidate]:
        for row in data.rows(lambda root: _official(root, config.missing)):
            yield _question(row, data.picture(row, lambda row: row.text("picture")), config)

    return Benchmark(
        frame=FRAMES[config.prompt],
        questions=questions,
        pictures=data,
        write=write,
        score=score,
        unit=lambda asked: f"{asked.facts['task']}/{asked.facts['picture']}",
    )


def score(said: Sequence[Said]) -> Scored[MmeScores]:
    """The scores of answers, two questions a picture."""
    tasks: dict[str, dict[str, list[Row]]] = {}
    for one in said:
        row = Row(one.asked.id, one.fact("picture"), one.asked.answer or "", one.text, one.fact("question"))
        tasks.setdefault(one.fact("task"), {}).setdefault(row.picture, []).append(row)
    return mme.score({task: [(rows[0], rows[1]) for rows in pictures.values()] for task, pictures in tasks.items()})


def write(said: Sequence[Said], folder: Path) -> None:
    """The folder that MME's eval_tool and `burnish score mme` read, a file a task."""
    for task in dict.fromkeys(one.fact("task") for one in said):
        lines = ("\t".join(_fields(one)) for one in said if one.fact("task") == task)
        write_text(folder / "predictions" / f"{task}.txt", "".join(f"{line}\n" for line in lines))


def _fields(one: Said) -> tuple[str, ...]:
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
            yield from _task(root, task)


def _task(root: Path, task: str) -> Iterator[Item]:
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
