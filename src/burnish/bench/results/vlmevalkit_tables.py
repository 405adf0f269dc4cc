"""What VLMEvalKit keeps of a model and data set: `MODEL/MODEL_DATASET….xlsx` (or .tsv, .csv), one row per question.

As in vlmeval/dataset/image_mcq.py, image_yorn.py and image_vqa.py (github.com/open-compass/VLMEvalKit): `index`,
`question`, `answer`, `prediction`, and after scoring `hit` (options), `score` (yes or no) or `eval_score` (short
answers).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from burnish.bench.metrics import exact_match
from burnish.bench.results.rows import ResultRow, Results, number_of
from burnish.bench.standard.files import Item, official, table
from burnish.errors import SourceError
from burnish.store.xlsx import read_sheet

FORM = "give a table that VLMEvalKit writes, with `index` and `prediction`"
SCORES = ("hit", "score", "eval_score")
ENDINGS = (".xlsx", ".tsv", ".csv")
_MADE = re.compile(r"_(?:[\w.-]+_result|auxmatch|score|detailed_results|results)$")
"""What VLMEvalKit puts behind the names of tables that it has scored."""


def read_table(path: str) -> Results:
    """The answers of one data set. Raises SourceError, naming file and row."""
    rows = list(_rows(path))
    if not rows:
        raise SourceError(f"{path} holds no row: {FORM}.")
    scored = next((name for name in SCORES if all(number_of(row.values.get(name)) is not None for row in rows)), "")
    unscored = f"{path} has no scores of VLMEvalKit's: exact match with `answer`."
    note = f"`{scored}` is VLMEvalKit's." if scored else unscored
    return Results([_row(row, _task(path), scored) for row in rows], note=note)


def model_of(path: str) -> str:
    """VLMEvalKit's name of the model: the folder, with which the file's name begins; else empty."""
    file = Path(path).resolve()
    return next((one.name for one in file.parents[:2] if one.name and file.name.startswith(f"{one.name}_")), "")


def _task(path: str) -> str:
    return _MADE.sub("", Path(path).stem.removeprefix(f"{model_of(path)}_"))


def _rows(path: str) -> Iterator[Item]:
    if not path.lower().endswith(".xlsx"):
        yield from table(path, FORM)
        return
    try:
        header, *rows = read_sheet(official(path, FORM))
    except ValueError as error:
        raise SourceError(f"{path} cannot be read as an Excel workbook ({error}): {FORM}.") from error
    for number, cells in enumerate(rows, start=2):
        cells_by_name = zip(map(str, header), cells, strict=False)
        yield Item(f"{path}, row {number}", {name: cell for name, cell in cells_by_name if cell not in (None, "")})


def _row(item: Item, task: str, scored: str) -> ResultRow:
    values = item.values
    text, truth = (_text(values.get(name)) for name in ("prediction", "answer"))
    if "prediction" not in values and not scored:
        raise item.fault(f"has no `prediction`: {FORM}")
    number = number_of(values.get(scored)) if scored else exact_match(text, [truth])
    return ResultRow(
        task=task,
        id=_text(item.values.get("index")) or item.key("index"),
        question=_text(values.get("question")),
        truth=truth,
        text=text,
        scores={} if number is None else {scored or "exact_match": float(number)},
        group=_text(values.get("category")),
        picture=_text(values.get("image_path")),
    )


def _text(value: object) -> str:
    """A cell as text: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
