"""Answers to a standard benchmark as VLMEvalKit keeps and scores them: `{model}_{dataset}.xlsx`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from burnish.errors import RunError
from burnish.export.base import DatasetCard, ExportTally, kept_records
from burnish.records import Json, Prediction
from burnish.store import Run
from burnish.store.xlsx import write_sheet

SheetValue: TypeAlias = str | int | None
RowOf: TypeAlias = Callable[[Prediction], dict[str, SheetValue]]
"""What VLMEvalKit's table of a benchmark has beside index, question and prediction."""
_USAGE = """\
# Answers for VLMEvalKit

Put the workbook where VLMEvalKit keeps a model's answers, `outputs/MODEL/`, and let it score them:

```sh
python run.py --data DATASET --model MODEL --mode eval --reuse
```
"""


def export_vlmevalkit(run: Run, folder: Path, tally: ExportTally) -> DatasetCard:
    """One workbook, one row an answer. Raises RunError for a benchmark whose table cannot be made of a run."""
    dataset, columns = _dataset(run)
    rows = list(_rows(run, tally, columns))
    header = list(dict.fromkeys(name for row in rows for name in row))
    path = folder / f"{_model(run.manifest.config)}_{dataset}.xlsx"
    write_sheet(path, [header, *([row.get(name) for name in header] for row in rows)])
    return DatasetCard({}, _USAGE)


def _rows(run: Run, tally: ExportTally, columns: RowOf) -> Iterator[dict[str, SheetValue]]:
    for record in kept_records(run, tally):
        if isinstance(record, Prediction):
            own = columns(record)
            question = str(record.facts.get("question", record.question))
            yield {"index": tally.rows, "question": question, **own, "prediction": record.text}
            tally.rows += 1


def _yes_or_no(record: Prediction) -> dict[str, SheetValue]:
    """POPE and MME: MME's pictures are told apart by their path."""
    picture = str(record.facts["picture"])
    return {"answer": record.answer.capitalize(), "category": record.source, "image_path": picture}


def _options(record: Prediction) -> dict[str, SheetValue]:
    """MMBench, whose index is the official one."""
    options, groups = record.facts.get("options"), record.facts.get("groups")
    letters = {name: str(text) for name, text in options.items()} if isinstance(options, dict) else {}
    names = zip(("category", "l2-category"), groups if isinstance(groups, list) else (), strict=False)
    return {
        "index": int(record.id),
        **letters,
        "answer": record.answer or None,
        **{name: str(group) for name, group in names},
    }


def _people(record: Prediction) -> dict[str, SheetValue]:
    """TextVQA: the ten people's answers as Python writes a list, which VLMEvalKit reads back."""
    answers = record.facts["answers"]
    return {"answer": repr([str(answer) for answer in answers] if isinstance(answers, list) else [])}


def _one_answer(record: Prediction) -> dict[str, SheetValue]:
    return {"answer": record.answer}


def _dataset(run: Run) -> tuple[str, RowOf]:
    """VLMEvalKit's name of the benchmark, and what its table has."""
    if run.manifest.kind != "standard" or run.summary is None:
        raise RunError(f"{run.path} holds no answers to a benchmark: give a finished run of `burnish bench standard`.")
    config, name = run.manifest.config, str(run.summary["benchmark"])
    table = f"{config.get('split')}_{config.get('language')}".upper()
    known: Mapping[str, tuple[str, RowOf]] = {
        "pope": ("POPE", _yes_or_no),
        "mme": ("MME", _yes_or_no),
        "mmbench": (f"MMBench_{table}", _options),
        "textvqa": ("TextVQA_VAL", _people),
        "gqa": ("GQA_TestDev_Balanced", _one_answer),
    }
    if name not in known:
        raise RunError(
            f"{run.path} holds answers to {name}, and VLMEvalKit takes of a run {', '.join(known)} alone: it does not "
            "have the others, or finds their questions by numbers of its own."
        )
    return known[name]


def _model(config: Mapping[str, Json]) -> str:
    """The model's name, and its adapter's, as a part of a file's name."""
    names = [str(config[name]).rstrip("/").rpartition("/")[2] for name in ("model", "adapter") if config.get(name)]
    return re.sub(r"[^\w.-]", "-", "-".join(names))
