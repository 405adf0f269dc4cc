"""What a recipe says: its rows and columns, the steps behind them at each scale, and what the paper found.

    title, reference        what is measured, and the table or figure of the paper: "SeVa, table 1"
    rows                    by name, the values in which a row differs from the others; `published: NAME` is the
                            paper's name of it, where that is another, and `repeats: N` takes only the first N seeds
    groups                  by name, values too: the rows stand once in each group
    published               the paper's `columns` and `rows`
    figure                  dots (a panel per column), curves (the same, the rows being in order), turns (a line per
                            row, the columns being in order), heat (a panel per group, a field per row and column) or
                            tradeoff (two columns as axes, a numbered disc per row)
    axis                    what the numbers of a figure of turns or heat are
    baseline                the row that a figure of dots draws as a line, for the others to be read against
    scales: pocket | paper
      seeds, values         repetitions, and values by name
      models, files         what the user has to give, by name, with words that say what it is; files must be there
      steps                 by name: `verb`, and its flags as in a file for --config
      numbers               by name: the `step` and where `at` its JSON a number is; `times`, `digits`, and the
                            `unit` that the figure shows (% where `times` is 100)
      columns               names of numbers, or of columns with a `number` and values of their own (`with`)
      drawn                 the columns that the figure shows; all without it
      rows, groups, axis    instead of those above; `baseline` too
      plan                  what `--plan` cannot find out before anything is there: `places`, where each model and file
                            comes from; `examples`, how many a file has (or by the names of its sources); `tokens` of a
                            reply by step; `prompt`, the tokens of a picture with its question by model; `shapes`, by
                            model, a config.json to count its parameters by

`{name}` in any value stands for another value, for a row's, group's or column's, for the seed, for what the user
gives, or for the folder that a step makes, which is then made before. Only what a table asks for is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from burnish.errors import ConfigError
from burnish.recipes.config import ScaleName
from burnish.recipes.document import Document, Keys, read_document

Values: TypeAlias = Mapping[str, Any]
FigureKind: TypeAlias = Literal["dots", "curves", "turns", "heat", "tradeoff"]

TOP = ("title", "reference", "note", "figure", "axis", "baseline", "rows", "groups", "published", "scales")
SCALE = (
    *("seeds", "values", "models", "files", "steps", "numbers", "columns", "drawn", "axis", "baseline"),
    *("rows", "groups", "note", "plan"),
)
AHEAD = ("places", "examples", "tokens", "prompt", "shapes")
NUMBER = ("step", "at", "times", "digits", "unit")
FIGURES: tuple[FigureKind, ...] = get_args(FigureKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a verb, its flags still with names in braces."""

    verb: str
    flags: Values
    where: str
    """File and line."""
    places: Mapping[str, str]
    """Those of each flag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number in the JSON of a step."""

    step: str
    """The step's name, or a value that holds it; a row in which that is null has no such number."""
    at: str
    """Keys joined by points; `[metric=tokens,group=all]` finds an object in a list, a number the item at that place."""
    times: float = 1
    digits: int = 2
    unit: str | None = None
    """What the figure shows behind a column's name; without it, % for a share that is taken times 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the table."""

    name: str
    number: Number
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table."""

    name: str
    group: str
    """Empty without groups; else the name begins with it."""
    values: Values
    published: str
    """The paper's row that stands beside it."""
    repeats: int | None = None
    """With how many of the seeds, from the first, a row that costs much is made; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the paper found; None where its table has a dash."""

    columns: tuple[str, ...]
    rows: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What is known of models and files that are not there, by their names in the recipe."""

    places: Mapping[str, str]
    examples: Mapping[str, Any]
    tokens: Mapping[str, int]
    """Of a reply, by the names of steps."""
    prompt: Mapping[str, int]
    shapes: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An experiment at one scale."""

    name: str
    title: str
    reference: str
    note: str
    figure: FigureKind
    axis: str
    baseline: str
    published: Published
    scale: ScaleName
    seeds: tuple[int, ...]
    values: Values
    models: Mapping[str, str]
    files: Mapping[str, str]
    steps: Mapping[str, Step]
    columns: tuple[Column, ...]
    drawn: tuple[str, ...]
    rows: tuple[Row, ...]
    ahead: Ahead
    file: Path


def read_recipe(file: Path, scale: ScaleName) -> Recipe:
    """The recipe in `file` at one scale. Raises ConfigError that names file and line."""
    document = read_document(file)
    top = document.section((), TOP)
    here: Keys = ("scales", scale)
    document.section(("scales",), ("pocket", "paper"))
    own = document.section(here, SCALE)
    if not own:
        raise ConfigError(f"{file} has no {scale} scale: add `{scale}:` below `scales:`.")
    columns = tuple(_column(document, here, entry) for entry in document.items((*here, "columns")))
    if not columns:
        raise ConfigError(f"{file} measures nothing at {scale} scale: add `columns:` there, or take the other scale.")
    figure = top.get("figure")
    if figure not in FIGURES:
        raise ConfigError(f"{document.where(('figure',))}: `figure` must be one of {', '.join(FIGURES)}.")
    drawn = tuple(document.items((*here, "drawn"))) or tuple(column.name for column in columns)
    if figure == "tradeoff" and len(drawn) != 2:
        raise ConfigError(f"{document.where(here)}: a trade-off has two axes: name two columns under `drawn:`.")
    rows = _rows(document, here)
    baseline = str(own.get("baseline", top.get("baseline", "")))
    if baseline and baseline not in (row.name for row in rows):
        where = document.where((*here, "baseline") if "baseline" in own else ("baseline",))
        raise ConfigError(f"{where}: `baseline` must be the name of a row, and {baseline!r} is none.")
    return Recipe(
        name=file.stem,
        title=_text(document, ("title",)),
        reference=_text(document, ("reference",)),
        note=" ".join(str(text) for text in (top.get("note"), own.get("note")) if text),
        figure=figure,
        axis=str(own.get("axis", top.get("axis", ""))),
        baseline=baseline,
        published=_published(document),
        scale=scale,
        seeds=tuple(document.items((*here, "seeds"))) or (0,),
        values=document.section((*here, "values")),
        models=document.section((*here, "models")),
        files=document.section((*here, "files")),
        steps=_steps(document, (*here, "steps")),
        columns=columns,
        drawn=drawn,
        rows=rows,
        ahead=_ahead(document, (*here, "plan")),
        file=file,
    )


def _ahead(document: Document, keys: Keys) -> Ahead:
    document.section(keys, AHEAD)
    return Ahead(**{name: document.section((*keys, name)) for name in AHEAD})


def _text(document: Document, keys: Keys) -> str:
    text = document.values.get(keys[0])
    if not isinstance(text, str):
        raise ConfigError(f"{document.file} has no `{keys[0]}:`, a line of words.")
    return text


def _steps(document: Document, keys: Keys) -> dict[str, Step]:
    steps = {}
    for name in document.section(keys):
        flags = dict(document.section((*keys, name)))
        where = document.where((*keys, name))
        if "verb" not in flags:
            raise ConfigError(f"{where}: the step {name!r} has no `verb:`.")
        places = {flag: document.where((*keys, name, flag)) for flag in flags}
        steps[name] = Step(verb=str(flags.pop("verb")), flags=flags, where=where, places=places)
    return steps


def _column(document: Document, scale: Keys, entry: Any) -> Column:
    """From the name of a number, or a mapping with a name of its own."""
    place = document.where((*scale, "columns"))
    given = {"name": entry, "number": entry} if isinstance(entry, str) else entry
    if not isinstance(given, dict) or not {"name", "number"} <= set(given) <= {"name", "number", "with"}:
        raise ConfigError(f"{place}: a column is the name of a number, or has a `name`, a `number` and perhaps `with`.")
    numbers = document.section((*scale, "numbers"))
    if given["number"] not in numbers:
        raise ConfigError(f"{place}: there is no number {given['number']!r}; there are {', '.join(numbers)}.")
    fields = document.section((*scale, "numbers", given["number"]), NUMBER)
    if not {"step", "at"} <= set(fields):
        raise ConfigError(f"{document.where((*scale, 'numbers', given['number']))}: a number has a `step` and an `at`.")
    return Column(name=str(given["name"]), number=Number(**fields), values=given.get("with", {}))


def _rows(document: Document, scale: Keys) -> tuple[Row, ...]:
    """All rows, or all of each group."""
    own = document.section(scale)
    at: Keys = (*scale, "rows") if "rows" in own else ("rows",)
    grouped: Keys = (*scale, "groups") if "groups" in own else ("groups",)
    rows = []
    for group in document.section(grouped) or ("",):
        for name in document.section(at):
            outer, inner = dict(document.section((*grouped, group))), dict(document.section((*at, name)))
            published = [str(outer.pop("published", group)), str(inner.pop("published", name))]
            full, theirs = (", ".join(filter(None, pair)) for pair in ((str(group), str(name)), published))
            repeats = inner.pop("repeats", None)
            if repeats is not None and (not isinstance(repeats, int) or repeats < 1):
                raise ConfigError(f"{document.where((*at, name))}: `repeats` must be a number of seeds, such as 1.")
            values = {**outer, **inner}
            rows.append(Row(name=full, group=str(group), published=theirs, values=values, repeats=repeats))
    if not rows:
        raise ConfigError(f"{document.file} has no `rows:`, by name, each with the values that are its own.")
    return tuple(rows)


def _published(document: Document) -> Published:
    document.section(("published",), ("columns", "rows"))
    columns = tuple(map(str, document.items(("published", "columns"))))
    named = document.section(("published", "rows"))
    rows = {str(name): tuple(document.items(("published", "rows", name))) for name in named}
    for name, values in rows.items():
        if len(values) != len(columns):
            place = document.where(("published", "rows", name))
            raise ConfigError(f"{place}: {name!r} has {len(values)} numbers for {len(columns)} columns.")
    return Published(columns=columns, rows=cast("dict[str, tuple[float | None, ...]]", rows))
