"""From a recipe to the steps that its table needs, each once, in an order in which they can be made."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from burnish.commands import VERBS
from burnish.errors import ConfigError
from burnish.flag_errors import known_names
from burnish.flags import parse_values
from burnish.ids import content_key
from burnish.lazy import load
from burnish.pocket.defaults import usual_values
from burnish.recipes.recipe import Column, Recipe, Row, Step, Values
from burnish.yamls import read_yaml

WORK = "<work>"
"""Stands for the working folder in a plan, so that a step has the same name wherever the folder is."""
STAND_IN = "<missing-{}>"
"""Stands for a model or file that nobody gave, where only a plan is asked for."""
MADE, NUMBERS, DONE = "made", "numbers.json", "done.json"
"""In a step's folder: what its verb makes, the numbers that it tells, and, written last, that it is finished."""
DEEPEST = 32
"""Names within names, after which there must be a circle."""
_NAME = re.compile(r"\{(\w+)\}")
_FOLDER = re.compile(rf"{WORK}/([\w-]+)")
_KEY_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One call of a verb with all its flags."""

    key: str
    """Its folder's name: the verb and a digest of all that decides what it makes."""
    name: str
    """The step's name in the recipe."""
    verb: str
    flags: Values
    used_by: str
    """Row and seed for which it is made first."""
    where: str

    @property
    def needs(self) -> set[str]:
        """The keys of the steps whose results its flags name."""
        return {*_FOLDER.findall(json.dumps(self.flags))}

    def config(self, work: str = WORK) -> Any:
        """The verb's configuration, in this working folder. Raises a BurnishError for flags that cannot work."""
        verb = VERBS[self.verb]
        prog, usual = f"burnish {self.verb}", usual_values(self.verb)
        return parse_values(load(verb.config), prog, self.values(work), self.where, usual)

    def values(self, work: str) -> dict[str, Any]:
        """The flags by name, those for the results included."""
        home = f"{work}/{self.key}"
        placed: dict[str, Any] = json.loads(json.dumps(self.flags).replace(WORK, json.dumps(work)[1:-1]))
        return {**placed, "out": f"{home}/{MADE}", "json": f"{home}/{NUMBERS}"}


class TableCell(NamedTuple):
    """One number of the table."""

    row: Row
    column: Column
    seed: int
    key: str
    """The step that it is read from; empty where the row has none, and so no number."""
    at: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps by key, each after those that it needs, and the cells that they fill."""

    steps: dict[str, Planned] = field(default_factory=dict)
    cells: list[TableCell] = field(default_factory=list)


def make_plan(recipe: Recipe, given: Values, seeds: tuple[int, ...]) -> Plan:
    """What to make for the table. `given` are the user's values by name.

    Raises ConfigError that names every model and file that is missing, a verb or name that does not exist, and flags
    that a verb refuses: all before anything is made.
    """
    planner = _Planner(recipe, given)
    for row in recipe.rows:
        for column in recipe.columns:
            for place, seed in enumerate(seeds):
                if row.repeats is None or place < row.repeats:
                    planner.add(row, column, seed)
                else:
                    planner.plan.cells.append(TableCell(row, column, seed, key="", at=""))
    planner.refuse_missing()
    for step in _unlike(planner.plan.steps.values()):
        step.config()
    return planner.plan


def _unlike(steps: Iterable[Planned]) -> Iterable[Planned]:
    """Of steps that differ in nothing but their seed and the folders of other steps, the first."""
    first = dict[str, Planned]()
    for step in steps:
        first.setdefault(_FOLDER.sub(WORK, json.dumps([step.verb, {**step.flags, "seed": None}])), step)
    return first.values()


def stand_ins(recipe: Recipe, given: Values) -> dict[str, Any]:
    """What is given, and in the place of each model and file that is not, something to plan with."""
    needed = [*recipe.models, *recipe.files]
    return {name: STAND_IN.format(name) for name in needed if not given.get(name)} | {
        name: value for name, value in given.items() if value
    }


def given_values(recipe: Recipe, words: tuple[str, ...]) -> dict[str, Any]:
    """What `--value NAME=VALUE` and the environment give. Raises ConfigError for a name that the recipe has not."""
    needs = {**recipe.models, **recipe.files}
    places = {name: os.environ[f"BURNISH_{name.upper()}"] for name in needs if f"BURNISH_{name.upper()}" in os.environ}
    values = {name: _scalar(name, value) for name, _, value in (word.partition("=") for word in words)}
    for name in values:
        if name not in needs and name not in recipe.values:
            known = ", ".join([*needs, *recipe.values])
            raise ConfigError(f"--value {name}=… is not a value of {recipe.file}: it has {known}.")
    return {**places, **values}


def _scalar(name: str, text: str) -> Any:
    """A number, null or text as YAML has them; `{name}`, which YAML takes for a mapping, is a name here too."""
    if text.startswith("{"):
        return text
    try:
        return read_yaml(text)
    except ValueError as error:
        raise ConfigError(
            f"--value {name}={text} cannot be read as YAML: {error}; put quotes around a text."
        ) from error


class _Planner:
    """Collects steps; models and files that were not given are collected too, to be told all at once."""

    def __init__(self, recipe: Recipe, given: Values) -> None:
        self.recipe, self.given = recipe, given
        self.plan = Plan()
        self._missing: dict[str, str] = {}

    def add(self, row: Row, column: Column, seed: int) -> None:
        """One cell, with the steps that it needs."""
        values = {**self.recipe.values, **self.given, **row.values, **column.values, "seed": seed}
        scope = _Scope(self, values, f"{row.name}, seed {seed}")
        name = scope.filled(column.number.step)
        key = scope.step(str(name)) if name else ""
        self.plan.cells.append(TableCell(row, column, seed, key, str(scope.filled(column.number.at))))

    def need(self, name: str) -> str:
        """What the user gave for a model or file."""
        what = self.recipe.models.get(name) or self.recipe.files[name]
        place = str(self.given.get(name, ""))
        if not place:
            self._missing[name] = what
        if not place or place == STAND_IN.format(name) or name in self.recipe.models:
            return place
        file = Path(place).expanduser()
        if not file.exists():
            raise ConfigError(f"{name}={place} is not there: give the place of {what}.")
        return str(file)

    def refuse_missing(self) -> None:
        """Raise ConfigError unless all that is needed was given."""
        if self._missing:
            needs = "; ".join(f"{name} ({what})" for name, what in self._missing.items())
            first = next(iter(self._missing))
            raise ConfigError(
                f"{self.recipe.file} at {self.recipe.scale} scale needs {needs}: give each as --value {first}=PLACE "
                f"or set BURNISH_{first.upper()}."
            )


@dataclass(frozen=True)
class _Scope:
    """The names that one cell knows."""

    planner: _Planner
    values: Values
    used_by: str

    def step(self, name: str, depth: int = 0) -> str:
        """The key of a step, which is planned if it is new."""
        steps = self.planner.recipe.steps
        if name not in steps:
            raise ConfigError(f"{self.planner.recipe.file} has no step {name!r}: its steps are {', '.join(steps)}.")
        step = steps[name]
        _refuse_unknown(step)
        flags = {flag: self.filled(value, step.where, depth + 1) for flag, value in step.flags.items()}
        flags = {flag: value for flag, value in flags.items() if value is not None}
        text = json.dumps([step.verb, flags], sort_keys=True)
        key = f"{step.verb.replace(' ', '-')}-{content_key(text.encode())[:_KEY_DIGITS]}"
        planned = Planned(key=key, name=name, verb=step.verb, flags=flags, used_by=self.used_by, where=step.where)
        self.planner.plan.steps.setdefault(key, planned)
        return key

    def filled(self, value: Any, where: str = "", depth: int = 0) -> Any:
        """A value with every `{name}` replaced; one that is nothing but a name keeps its kind."""
        if isinstance(value, list):
            return [self.filled(item, where, depth) for item in value]
        if not isinstance(value, str):
            return value
        if whole := _NAME.fullmatch(value):
            return self._named(whole[1], where, depth)
        return _NAME.sub(lambda found: str(self._named(found[1], where, depth)), value)

    def _named(self, name: str, where: str, depth: int) -> Any:
        recipe = self.planner.recipe
        if depth > DEEPEST:
            raise ConfigError(f"{where}: {{{name}}} refers to itself.")
        if name in self.values and name not in {**recipe.models, **recipe.files}:
            return self.filled(self.values[name], where, depth + 1)
        if name in recipe.models or name in recipe.files:
            return self.planner.need(name)
        if name in recipe.steps:
            return f"{WORK}/{self.step(name, depth)}/{MADE}"
        raise ConfigError(f"{where or recipe.file}: nothing is called {{{name}}}: no value, step, model or file.")


def _refuse_unknown(step: Step) -> None:
    """Raise ConfigError for a verb that does not exist, or a flag that the verb has not."""
    if step.verb not in VERBS:
        raise ConfigError(f"{step.where}: there is no verb {step.verb!r}: `burnish --help` lists all.")
    known = [one.name for one in dataclasses.fields(load(VERBS[step.verb].config))]
    for flag in step.flags:
        if flag not in known:
            place = step.places.get(flag, step.where)
            raise ConfigError(f"{place}: burnish {step.verb} has no {flag!r}: {known_names(flag, known)}")
