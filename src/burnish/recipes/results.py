"""A recipe's table in the paper's layout, the paper's numbers beside it, as Markdown and JSON, and its figure."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from burnish.errors import RunError
from burnish.jsons import read_json
from burnish.plain_files import read_plain
from burnish.recipes.plan import MADE, NUMBERS, Plan, TableCell
from burnish.recipes.recipe import Recipe, Row, Values
from burnish.report.tables import NOTHING, PLUS_MINUS, Table, to_markdown
from burnish.store.manifest import read_manifest

_PART = re.compile(r'"[^"]*"|\[[^\]]*\]|[^."\[\]]+')


class RecipeReport(NamedTuple):
    """What was written, and the table to show."""

    table: Table
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeNumbers:
    """A recipe's numbers: by row and column, one per seed; None where the verb leaves it undefined."""

    recipe: Recipe
    seeds: tuple[int, ...]
    values: Mapping[tuple[str, str], tuple[float | None, ...]]
    once: frozenset[tuple[str, str]] = frozenset()
    """Those that all seeds read from the same step, such as a model before training: nothing was repeated."""

    @property
    def fewer_seeds(self) -> list[Row]:
        """The rows that were made with fewer seeds than the others."""
        return [row for row in self.recipe.rows if row.repeats and row.repeats < len(self.seeds)]

    def mean(self, row: str, column: str) -> float | None:
        """Over the seeds for which it is defined; None for none."""
        known = [value for value in self.values[row, column] if value is not None]
        return statistics.fmean(known) if known else None

    def deviation(self, row: str, column: str) -> float | None:
        """The standard deviation (of a sample) over the seeds; None for fewer than two, or if nothing was repeated."""
        known = [value for value in self.values[row, column] if value is not None]
        return statistics.stdev(known) if len(known) > 1 and (row, column) not in self.once else None


def write_results(
    recipe: Recipe, plan: Plan, given: Values, seeds: tuple[int, ...], *, work: Path, out: Path
) -> RecipeReport:
    """Read every cell's number, and write table and figure into `out`. Raises RunError for a number that is missing."""
    from burnish.recipes.figures import draw
    from burnish.report.plots import save

    told = {key: _read(work / key / NUMBERS) for key in {cell.key for cell in plan.cells if cell.key}}
    measured = measure(recipe, plan.cells, told, seeds)
    table = make_table(measured, given)
    out.mkdir(parents=True, exist_ok=True)
    markdown, numbers = out / f"{recipe.name}.md", out / f"{recipe.name}.json"
    picture, drawing = save(draw(measured), out / f"{recipe.name}.png")
    markdown.write_text(f"{to_markdown(table)}\n\n![{recipe.title}]({picture.name})\n", encoding="utf-8")
    text = json.dumps(as_json(measured, plan, given, work), indent=2, ensure_ascii=False)
    numbers.write_text(f"{text}\n", encoding="utf-8")
    return RecipeReport(table, (markdown, numbers, picture, drawing))


def measure(
    recipe: Recipe, cells: Sequence[TableCell], told: Mapping[str, Any], seeds: tuple[int, ...]
) -> RecipeNumbers:
    """Every cell's number, in the unit of its column."""
    values: dict[tuple[str, str], tuple[float | None, ...]] = {}
    steps: dict[tuple[str, str], set[str]] = {}
    for cell in cells:
        number = cell.column.number
        found = find(told[cell.key], cell.at, cell.key) if cell.key else None
        value = None if found is None else number.times * found
        place = (cell.row.name, cell.column.name)
        values[place] = (*values.get(place, ()), value)
        steps.setdefault(place, set()).add(cell.key)
    once = frozenset(place for place, keys in steps.items() if len(keys) == 1)
    return RecipeNumbers(recipe=recipe, seeds=seeds, values=values, once=once)


def find(numbers: Any, at: str, step: str) -> float | None:
    """The number at a place such as `scores[metric=tokens,group=all].estimate.value` or `rows."0.5".n`.

    None where that is undefined, and where a mapping or list on the way is empty: nothing was counted. Raises RunError
    where there is none.
    """
    here = numbers
    for part in _PART.findall(at):
        if here in ({}, []):
            return None
        try:
            here = _inside(here, part)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, StopIteration) as error:
            raise RunError(f"The step {step} has no number at {at!r}: there is no {part!r}.") from error
    if here is not None and not isinstance(here, int | float):
        raise RunError(f"The step {step} has no number at {at!r}, but {type(here).__name__}.")
    return here


def _inside(values: Any, part: str) -> Any:
    """One step down: an item of a list by its place or its fields, a value by its key, or `*`, the only value."""
    if part.startswith("["):
        wanted = [condition.split("=", 1) for condition in part[1:-1].split(",")]
        return next(item for item in values if all(str(item[name]) == value for name, value in wanted))
    if part == "*":
        (only,) = values.values()
        return only
    return values[int(part) if isinstance(values, list) else part.strip('"')]


def make_table(measured: RecipeNumbers, given: Values) -> Table:
    """The rows with ours, then the paper's numbers; below them the models that were given."""
    recipe, published = measured.recipe, measured.recipe.published
    beside = ("paper's row",) if any(row.published != row.name for row in recipe.rows) else ()
    rows = []
    for row in recipe.rows:
        ours = [_cell(measured, row.name, column.name, column.number.digits) for column in recipe.columns]
        known = published.rows.get(row.published, (None,) * len(published.columns))
        theirs = [NOTHING if value is None else f"{value:g}" for value in known]
        name = (row.published if row.published in published.rows else NOTHING,) if beside else ()
        rows.append((row.name, *ours, *name, *theirs))
    first_theirs = 1 + len(recipe.columns)
    columns = ("", *(column.name for column in recipe.columns), *beside, *(f"paper: {c}" for c in published.columns))
    return Table(
        title=f"{recipe.reference}: {recipe.title}",
        columns=columns,
        rows=tuple(rows),
        text_columns=frozenset({0, first_theirs} if beside else {0}),
        note=f"{_conditions(measured)}{_models(recipe, given)} {recipe.note}".strip(),
    )


def _conditions(measured: RecipeNumbers) -> str:
    seeds = ", ".join(map(str, measured.seeds))
    spreads = any(measured.deviation(*place) is not None for place in measured.values)
    spread = "; ± is the standard deviation over seeds" if spreads else ""
    world = "the pocket world" if measured.recipe.scale == "pocket" else "real models and data"
    plural = "s" if len(measured.seeds) > 1 else ""
    paper = (
        f" The columns “paper” are those of {measured.recipe.reference}." if measured.recipe.published.columns else ""
    )
    fewer = ", ".join(f"“{row.name}” ({row.repeats})" for row in measured.fewer_seeds)
    fewer = f"; with fewer seeds: {fewer}" if fewer else ""
    return f"Measured on {world}, seed{plural} {seeds}{spread}{fewer}.{paper}"


def _models(recipe: Recipe, given: Values) -> str:
    named = ", ".join(f"{name} {given[name]}" for name in recipe.models if name in given)
    return f" Models: {named}." if named else ""


def _cell(measured: RecipeNumbers, row: str, column: str, digits: int) -> str:
    mean, deviation = measured.mean(row, column), measured.deviation(row, column)
    if mean is None:
        return NOTHING
    spread = "" if deviation is None else f"{PLUS_MINUS}{deviation:.{digits}f}"
    return f"{round(mean, digits) or 0.0:.{digits}f}{spread}"


def as_json(measured: RecipeNumbers, plan: Plan, given: Values, work: Path) -> dict[str, Any]:
    """The table's numbers, each with the step that it comes from."""
    recipe = measured.recipe
    keys = {(cell.row.name, cell.column.name, cell.seed): cell.key for cell in plan.cells}
    return {
        "recipe": recipe.name,
        "title": recipe.title,
        "reference": recipe.reference,
        "scale": recipe.scale,
        "seeds": list(measured.seeds),
        "given": dict(given),
        "rows": {
            row.name: {
                column.name: {
                    "mean": measured.mean(row.name, column.name),
                    "deviation": measured.deviation(row.name, column.name),
                    "seeds": list(measured.values[row.name, column.name]),
                    "steps": [keys[row.name, column.name, seed] for seed in measured.seeds],
                }
                for column in recipe.columns
            }
            for row in recipe.rows
        },
        "published": {
            name: dict(zip(recipe.published.columns, values, strict=True))
            for name, values in recipe.published.rows.items()
        },
        "steps": {
            key: {"verb": step.verb, "flags": dict(step.flags), "version": _version(work / key / MADE)}
            for key, step in plan.steps.items()
        },
    }


def _version(folder: Path) -> str | None:
    """The code that made a run; None for what is not a run, as tables of statistics."""
    try:
        return read_manifest(folder).version
    except RunError:
        return None


def _read(path: Path) -> Any:
    try:
        return read_json(read_plain(path))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read ({error}): delete its folder, and run the recipe again.") from error
