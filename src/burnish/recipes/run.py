"""Makes the steps of a recipe, each once, and then its table: what `burnish run` calls."""

from __future__ import annotations

import os
from pathlib import Path

from burnish.recipes.config import RecipeConfig
from burnish.recipes.plan import given_values, make_plan, stand_ins
from burnish.recipes.recipe import Recipe, Values, read_recipe
from burnish.recipes.step_runner import LOCK, make_steps
from burnish.store.disk import one_at_a_time


def run_recipe(config: RecipeConfig) -> None:
    """Make what is not there yet, then write the table and the figure, and show the table; or plan all that.

    Raises a BurnishError: for anything wrong with the recipe or with what it needs before the first step. A killed
    call is resumed by a second one, which makes no finished step again; calls at the same time share the steps.
    """
    from burnish.recipes.results import write_results
    from burnish.report.terminal import show

    if config.threads:  # read when PyTorch is imported, which no code before the first step does
        os.environ["OMP_NUM_THREADS"] = str(config.threads)
    recipe = read_recipe(Path(config.recipe), config.scale)
    seeds = config.seeds or recipe.seeds
    given = given_values(recipe, config.value)
    if config.plan:
        _print_plan(recipe, given, seeds, config)
        return
    plan = make_plan(recipe, given, seeds)
    make_steps(plan, config)
    with one_at_a_time(Path(config.work) / LOCK):  # calls that shared the steps end together
        shown = write_results(recipe, plan, given, seeds, work=Path(config.work), out=Path(config.out))
    show([shown.table], shown.files)


def _print_plan(recipe: Recipe, given: Values, seeds: tuple[int, ...], config: RecipeConfig) -> None:
    from burnish.recipes.forecast import forecast
    from burnish.report.recipe_plan_tables import recipe_plan_tables
    from burnish.store.codec import to_json
    from burnish.verbs.output import print_tables, write_json

    given = stand_ins(recipe, given)
    found = forecast(recipe, make_plan(recipe, given, seeds), given, Path(config.work))
    print_tables(recipe_plan_tables(found), write_json(config.json, {**to_json(found), "hours": found.hours}))
