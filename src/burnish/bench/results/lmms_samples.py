"""What lmms-eval writes with --log_samples: `DATE_samples_TASK.jsonl`, and `DATE_results.json` with its totals.

As in lmms_eval/loggers/evaluation_tracker.py of lmms-eval 0.7.3 (github.com/EvolvingLMMs-Lab/lmms-eval): each line has
`doc_id`, `input`, `target`, `filtered_resps`, and the task's own numbers, of which some are objects with a `score`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from burnish.bench.results.rows import ResultRow, Results, number_of
from burnish.bench.standard.files import Item, document, items

FORM = "give a file DATE_samples_TASK.jsonl, which lmms-eval writes with --log_samples"
NAME = re.compile(r"(?P<date>.*)_samples_(?P<task>.+)\.jsonl")
_NOT_SCORES = ("doc_id", "target", "input", "resps", "filtered_resps", "doc_hash", "prompt_hash", "target_hash")


def read_samples(path: str) -> Results:
    """The samples of one task. Raises SourceError, naming file and line."""
    named = NAME.fullmatch(Path(path).name)
    task = named["task"] if named else Path(path).stem
    totals = Path(path).with_name(f"{named['date']}_results.json") if named else None
    whole = document(str(totals), FORM) if totals and totals.is_file() else Item(path, {})
    return Results([_row(item, task) for item in items(path, FORM)], _lower(whole, task), _note(whole, task))


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


def _lower(whole: Item, task: str) -> frozenset[str]:
    """What lmms-eval says is better the lower it is."""
    higher = _of_task(whole, "higher_is_better", task)
    return frozenset(name for name, better in higher.items() if better is False)


def _note(whole: Item, task: str) -> str:
    """lmms-eval's own totals, which need not be means."""
    own_totals = _of_task(whole, "results", task)
    totals = [
        f"{name.partition(',')[0]} {number:g}"
        for name, value in own_totals.items()
        if "stderr" not in name and not isinstance(value, str) and (number := number_of(value)) is not None
    ]
    return f"lmms-eval's own totals of {task}: {', '.join(totals)}." if totals else ""


def _of_task(whole: Item, name: str, task: str) -> Mapping[str, object]:
    every = whole.values.get(name)
    found = every.get(task) if isinstance(every, dict) else None
    return found if isinstance(found, dict) else {}
