"""Every number of every recipe stands where the recipe says: in the JSON of a tiny real run of its verb.

At the paper's scale the verbs run on files in the official schemas, with the pocket VLM and a scripted judge. A step is
made once for all recipes that have it, with the flags of the first row that asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from paper_files import paper_files, says, sources_of

from burnish.recipes.config import RecipeConfig, ScaleName
from burnish.recipes.plan import NUMBERS, Plan, make_plan
from burnish.recipes.recipe import Recipe, read_recipe
from burnish.recipes.results import find
from burnish.recipes.step_runner import make_steps
from judge_server import judging

FILES = sorted((Path(__file__).parents[2] / "recipes").glob("[sf]*.yaml"), reverse=True)
SCALES: tuple[ScaleName, ...] = ("pocket", "paper")
TINY: Mapping[ScaleName, Mapping[str, int | str]] = {
    "pocket": {
        **{"questions": 8, "bench": 2, "described": 2, "drawn_from": 2, "rank": 2, "sft_pool": 1, "sft_questions": 4},
        **{"composed": 16, "general": 1, "simulated_from": 160, "epochs": 1, "world_steps": 1},
        **{"watched_per_task": 1, "fools_per_task": 1, "asked": 12, "spoken": 4, "steps": 1},
        "fd": "pocket-teacher",  # one that learned from so little gives no score
    },
    "paper": {"rank": 2, "per_source": 2, "sft_questions": 2},
}
"""Smaller values than the recipes'."""
ASKING = ("generation.runs", "make.pairs")
"""What refuses to score what nobody answered: the pocket VLM has no answer to many official questions."""
OURS = (
    *("seva-gains", "seva-price", "seva-settings", "seva-when"),
    *("feedback-as-preference", "fire-teacher", "fire-simulated"),
)
"""Recipes without a paper scale."""
UNDEFINED = {"POPE", "missed", "invented"}
"""F1 is not defined where the answer to no question is yes, and no one said it, nor is a share of no question."""


class Told(NamedTuple):
    """One scale's recipes, and what the verbs told, by file and line of the step."""

    plans: Mapping[str, Plan]
    numbers: Mapping[str, Any]


@pytest.fixture(scope="module", params=SCALES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """All steps that any number is read from, made."""
    folder = tmp_path_factory.mktemp(request.param)
    files_there = [file for file in FILES if request.param == "pocket" or file.stem not in OURS]
    recipes = {file.stem: read_recipe(file, request.param) for file in files_there}
    with judging(says) as judge, pytest.MonkeyPatch.context() as patch:
        for verb in ASKING:
            patch.setattr(f"burnish.{verb}.refuse_unanswered", lambda *_: None)
        given: dict[str, Any] = dict(TINY[request.param])
        if request.param == "paper":
            files = paper_files(folder / "files", sources_of([*recipes.values()]))
            given |= {"llava": "pocket", "llava_next": "pocket", "judge": judge.flag, **files}
        plans = {name: _plan(recipe, given) for name, recipe in recipes.items()}
        yield Told(plans, _make(plans, folder))


def _plan(recipe: Recipe, given: Mapping[str, Any]) -> Plan:
    asked = {*recipe.values, *recipe.models, *recipe.files}
    return make_plan(recipe, {name: value for name, value in given.items() if name in asked}, (0,))


def _make(plans: Mapping[str, Plan], folder: Path) -> dict[str, Any]:
    config = RecipeConfig(recipe="", out=str(folder / "out"), work=str(folder / "work"), processes="one")
    numbers: dict[str, Any] = {}
    for plan in plans.values():
        for cell in plan.cells:
            if cell.key and plan.steps[cell.key].where not in numbers:
                make_steps(Plan({key: plan.steps[key] for key in _needed(plan, cell.key)}), config)
                numbers[plan.steps[cell.key].where] = json.loads((folder / "work" / cell.key / NUMBERS).read_text())
    return numbers


def _needed(plan: Plan, key: str) -> list[str]:
    """The step behind all that it stands on."""
    return [*(one for other in plan.steps if other in plan.steps[key].needs for one in _needed(plan, other)), key]


@pytest.mark.slow
@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_every_number_is_there(told: Told, name: str) -> None:
    """Some may be undefined for so few questions, but no column for all its rows."""
    if name not in told.plans:
        pytest.skip("has no paper scale")
    plan = told.plans[name]
    found: dict[str, list[float | None]] = {}
    for cell in plan.cells:
        if cell.key:
            where = plan.steps[cell.key].where
            found.setdefault(cell.column.name, []).append(find(told.numbers[where], cell.at, where))
    assert found.keys() == {cell.column.name for cell in plan.cells}
    assert {column for column, values in found.items() if all(value is None for value in values)} <= UNDEFINED
