"""What lmms-eval writes with --log_samples: `DATE_samples_TASK.jsonl`, and `DATE_results.json` with its totals.

As in lmms_eval/loggers/evaluation_tracker.py of lmms-eval 0.7.3 (github.com/EvolvingLMMs-Lab/lmms-eval): each line has
`doc_id`, `input`, `target`, `filtered_resps`, and the task's own numbers, of which some are objects with a `score`.

What stands beside an answer under a metric's name need not be that metric. For questions of yes or no, precision,
recall, F1 and yes-ratio all have the same score there, whether the answer is right, and are computed from answers and
truths at the end. So a number keeps its name where its mean is lmms-eval's own total.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isclose
from pathlib import Path
from statistics import fmean

from burnish.bench.results.rows import ResultRow, Results, number_of
from burnish.bench.standard.files import Item, document, items
from burnish.errors import SourceError

FORM = "give a file DATE_samples_TASK.jsonl, which lmms-eval writes with --log_samples"
NAME = re.compile(r"(?P<date>.*)_samples_(?P<task>.+)\.jsonl")
_NOT_SCORES = ("doc_id", "target", "input", "resps", "filtered_resps", "doc_hash", "prompt_hash", "target_hash")


def read_samples(path: str) -> Results:
    """The samples of one task. Raises SourceError, naming file and line, also for a task with several filters."""
    named = NAME.fullmatch(Path(path).name)
    task = named["task"] if named else Path(path).stem
    file = Path(path).with_name(f"{named['date']}_results.json") if named else None
    whole = document(str(file), FORM) if file and file.is_file() else Item(path, {})
    rows = [_row(item, task) for item in items(path, FORM)]
    if len({row.id for row in rows}) < len(rows):
        raise SourceError(
            f"{path} has several answers to one question: lmms-eval writes one per filter of a task, and not which "
            "filter it is; give the task one filter."
        )
    totals = _totals(whole, task)
    names = _true_names(rows, totals)
    lower = frozenset(names[name] for name in _lower(whole, task) if name in names)
    return Results([_renamed(row, names) for row in rows], lower, _note(totals, task))


def _row(item: Item, task: str) -> ResultRow:
    scores, group = dict[str, float](), ""
    for name, value in item.values.items():
        if name in _NOT_SCORES:
            continue
        inner = value if isinstance(value, dict) else {"score": value}
        if (number := number_of(inner.get("score"))) is not None:
            scores[name] = number
            group = group or str(inner.get("category", ""))
    return ResultRow(
        task=task,
        id=item.key("doc_id"),
        question=_text(item.values.get("input")),
        truth=_text(item.values.get("target")),
        text=_text(item.values.get("filtered_resps", item.values.get("resps"))),
        scores=scores,
        group=group,
    )


def _text(value: object) -> str:
    """The text, or the first of a list of texts, however deep it stands."""
    while isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else "" if value in (None, []) else str(value)


def _true_names(rows: Sequence[ResultRow], totals: Mapping[str, float]) -> Mapping[str, str]:
    """What to call each number; those are missing that only repeat another one under a name which is not theirs."""
    every = dict.fromkeys(name for row in rows for name in row.scores)
    values = {name: tuple(row.scores.get(name) for row in rows) for name in every}
    names = {name: name for name in every if name in totals and _is_mean(values[name], totals[name])}
    for name in every:
        if name not in names and values[name] not in [values[other] for other in names]:
            names[name] = f"{name}, per answer" if name in totals else name
    return names


def _is_mean(values: Sequence[float | None], total: float) -> bool:
    """Whether the total is the mean, or that in percent."""
    mean = fmean(value for value in values if value is not None)
    return any(isclose(total, scale * mean, rel_tol=1e-4, abs_tol=1e-9) for scale in (1, 100))


def _renamed(row: ResultRow, names: Mapping[str, str]) -> ResultRow:
    return row._replace(scores={names[name]: value for name, value in row.scores.items() if name in names})


def _lower(whole: Item, task: str) -> frozenset[str]:
    """What lmms-eval says is better the lower it is."""
    higher = _of_task(whole, "higher_is_better", task)
    return frozenset(name for name, better in higher.items() if better is False)


def _totals(whole: Item, task: str) -> Mapping[str, float]:
    """lmms-eval's own totals, which need not be means."""
    return {
        name.partition(",")[0]: number
        for name, value in _of_task(whole, "results", task).items()
        if "stderr" not in name and not isinstance(value, str) and (number := number_of(value)) is not None
    }


def _note(totals: Mapping[str, float], task: str) -> str:
    own = ", ".join(f"{name} {number:g}" for name, number in totals.items())
    return f"lmms-eval's own totals of {task}: {own}." if own else ""


def _of_task(whole: Item, name: str, task: str) -> Mapping[str, object]:
    every = whole.values.get(name)
    found = every.get(task) if isinstance(every, dict) else None
    return found if isinstance(found, dict) else {}
