"""Makes the steps of a recipe, each once, and then its table: what `burnish run` calls."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

import yaml

from burnish.commands import VERBS
from burnish.errors import BurnishError, RunError
from burnish.lazy import load
from burnish.recipes.config import RecipeConfig
from burnish.recipes.plan import DONE, Plan, Planned, given_values, make_plan, stand_ins
from burnish.recipes.recipe import Recipe, Values, read_recipe
from burnish.store.disk import write_whole

STEP, LOG = "step.yaml", "log.txt"
"""In a step's folder: its flags, and what its verb says."""


def run_recipe(config: RecipeConfig) -> None:
    """Make what is not there yet, then write the table and the figure, and show the table; or plan all that.

    Raises a BurnishError: for anything wrong with the recipe or with what it needs before the first step. A killed
    call is resumed by a second one, which makes no finished step again.
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


def make_steps(plan: Plan, config: RecipeConfig) -> None:
    """All steps of the plan that are not finished, in order, telling how far it is."""
    work = Path(config.work)
    done = [step.key for step in plan.steps.values() if (work / step.key / DONE).exists()]
    print(f"{len(plan.steps)} steps, {len(done)} of them made before, in {work}.", flush=True)
    for number, step in enumerate(plan.steps.values(), 1):
        if step.key in done:
            continue
        print(f"[{number} of {len(plan.steps)}] {step.name} ({step.used_by}): burnish {step.verb}", flush=True)
        began = time.monotonic()
        _make(step, work, config)
        seconds = round(time.monotonic() - began, 1)
        _write(work / step.key / DONE, json.dumps({"seconds": seconds}))
        print(f"    {seconds:.0f} s", flush=True)


def _make(step: Planned, work: Path, config: RecipeConfig) -> None:
    folder = work / step.key
    folder.mkdir(parents=True, exist_ok=True)
    given = yaml.safe_dump(step.values(str(work)), sort_keys=False, allow_unicode=True)
    _write(folder / STEP, f"# burnish {step.verb} --config {folder / STEP}\n{given}")
    with (folder / LOG).open("a", encoding="utf-8") as log:
        if config.apart:
            _make_apart(step, folder, config, log)
        else:
            _make_here(step, work, log)


def _make_here(step: Planned, work: Path, log: TextIO) -> None:
    """In this process. Raises RunError that names the step."""
    try:
        with contextlib.redirect_stdout(log):
            load(VERBS[step.verb].call)(step.config(str(work)))
    except BurnishError as error:
        raise RunError(f"The step {step.name} ({step.used_by}): {error}") from error


def _make_apart(step: Planned, folder: Path, config: RecipeConfig, log: TextIO) -> None:
    """In a process of its own, a training by the launcher."""
    launch = config.launcher_words if step.verb.startswith("train ") else []
    command = [*(launch or [sys.executable]), "-m", "burnish", *step.verb.split(), "--config", str(folder / STEP)]
    code = subprocess.run(command, stdout=log, check=False).returncode
    if code:
        raise RunError(
            f"The step {step.name} ended with code {code}: see above and {folder / LOG}; start again to go on."
        )


def _write(path: Path, text: str) -> None:
    write_whole(path, f"{text}\n".encode(), sync=True)
