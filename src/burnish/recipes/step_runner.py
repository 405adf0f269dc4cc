"""Makes the steps of a plan, each once: alone, or beside other calls with the same working folder."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple, TextIO

import yaml

from burnish.commands import VERBS
from burnish.errors import BurnishError, RunError, RunLocked
from burnish.lazy import load
from burnish.recipes.config import RecipeConfig
from burnish.recipes.plan import DONE, Plan, Planned
from burnish.store.disk import lock, write_whole

STEP, LOG, LOCK = "step.yaml", "log.txt", "lock"
"""In a step's folder: its flags, what its verb says, and the lock of the call that makes it."""
WAIT = 1.0
"""Seconds until a call with nothing to do looks again whether another one has finished a step."""


class _Taken(NamedTuple):
    """A step that is this call's to make, and the descriptor of its lock."""

    step: Planned
    lock: int


def make_steps(plan: Plan, config: RecipeConfig) -> None:
    """All steps of the plan that are not finished, in order, telling how far it is.

    A step that another call with the same working folder makes is left to that call, and taken over if it dies.
    """
    work = Path(config.work)
    missing = [step for step in plan.steps.values() if not _is_made(step.key, work)]
    print(f"{len(plan.steps)} steps, {len(plan.steps) - len(missing)} of them made before, in {work}.", flush=True)
    places = {key: f"[{number} of {len(plan.steps)}]" for number, key in enumerate(plan.steps, 1)}
    waiting = False
    while missing := [step for step in missing if not _is_made(step.key, work)]:
        taken = _take(missing, work)
        if taken:
            _make_taken(taken, places[taken.step.key], work, config)
        else:  # what the first one needs is made, so another call makes it
            if not waiting:
                print(
                    f"{places[missing[0].key]} {missing[0].name}: waiting for another call, which makes it", flush=True
                )
            sleep(WAIT)
        waiting = not taken


def _is_made(key: str, work: Path) -> bool:
    return (work / key / DONE).exists()


def _take(missing: Iterable[Planned], work: Path) -> _Taken | None:
    """The first step that has what it needs and that no other call makes."""
    for step in missing:
        if all(_is_made(key, work) for key in step.needs):
            (work / step.key).mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(RunLocked):
                taken = _Taken(step, lock(work / step.key / LOCK))
                if not _is_made(step.key, work):
                    return taken
                os.close(taken.lock)  # another call finished it a moment ago
    return None


def _make_taken(taken: _Taken, place: str, work: Path, config: RecipeConfig) -> None:
    step = taken.step
    print(f"{place} {step.name} ({step.used_by}): burnish {step.verb}", flush=True)
    began = monotonic()
    try:
        _make(step, work, config)
        seconds = round(monotonic() - began, 1)
        _write(work / step.key / DONE, json.dumps({"seconds": seconds}))
    finally:
        os.close(taken.lock)
    print(f"    {seconds:.0f} s", flush=True)


def _make(step: Planned, work: Path, config: RecipeConfig) -> None:
    folder = work / step.key
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
