"""MME's files: one a task, on each line picture, question, truth and prediction between tabs, two lines a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from burnish.bench.standard.files import text_lines
from burnish.errors import SourceError

MissingTasks: TypeAlias = Literal["refuse", "left-out"]
RELEASE = (
    "MME's files are in Your_Results of eval_tool.zip, which "
    "github.com/BradyFU/Awesome-Multimodal-Large-Language-Models (branch Evaluation) links to"
)

PERCEPTION = (
    *("existence", "count", "position", "color", "posters"),
    *("celebrity", "scene", "landmark", "artwork", "OCR"),
)
COGNITION = ("commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning")
SUMS = {"perception": PERCEPTION, "cognition": COGNITION}
TASKS = (*PERCEPTION, *COGNITION)


class MmeRow(NamedTuple):
    """A question with its recorded answer."""

    where: str
    picture: str
    truth: str
    """yes or no."""
    prediction: str
    question: str


def task_files(folder: str, missing: MissingTasks) -> dict[str, str]:
    """The files of those tasks that have one. Raises SourceError naming the others, unless they are left out."""
    paths = {task: Path(folder) / f"{task}.txt" for task in TASKS}
    without = [f"{task}.txt" for task, path in paths.items() if not path.is_file()]
    if len(without) == len(paths):
        raise SourceError(f"{folder} has no task of MME, such as {without[0]}: {RELEASE}.")
    if without and missing == "refuse":
        mend = "add them, or sum the other tasks with --missing left-out"
        raise SourceError(f"{folder} has no {', '.join(without)}: {mend} ({RELEASE}).")
    return {task: str(path) for task, path in paths.items() if path.is_file()}


def read_task(path: str) -> list[tuple[MmeRow, MmeRow]]:
    """The two questions about each picture. Raises SourceError for a line that is not of this form."""
    rows = [_row(where, line) for where, line in text_lines(path, RELEASE)]
    if not rows:
        raise SourceError(f"{path} is empty: {RELEASE}.")
    pairs = list(zip(rows[::2], rows[1::2], strict=False))
    for first, second in pairs:
        if first.picture != second.picture:
            raise SourceError(f"{second.where}, is about another picture than the line before: each has two lines.")
    if len(rows) % 2:
        raise SourceError(f"{rows[-1].where}, has no second question about {rows[-1].picture}: each has two lines.")
    return pairs


def _row(where: str, line: str) -> MmeRow:
    fields = line.split("\t")
    if len(fields) != 4:
        raise SourceError(
            f"{where}, has {len(fields)} fields between tabs and needs 4 (picture, question, truth, prediction): write "
            "a prediction on one line, without tabs."
        )
    picture, question, truth, prediction = fields
    if truth.lower() not in ("yes", "no"):
        raise SourceError(f"{where}, has the truth {truth!r:.40}, and that must be Yes or No.")
    return MmeRow(where, picture, truth.lower(), prediction, question)


def reading(prediction: str) -> str:
    """yes or no where the answer is that word or has it in its first four characters (yes before no), else other."""
    text = prediction.lower()
    if text in ("yes", "no"):
        return text
    return next((word for word in ("yes", "no") if word in text[:4]), "other")
