"""Begins or finds the study that a configuration names, tells everybody's link, and serves until it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from sqlalchemy import Engine

from burnish.config import identity
from burnish.errors import ConfigError, RunError
from burnish.ids import content_key
from burnish.progress import tracked
from burnish.records import Json
from burnish.review.asks import ASKS
from burnish.review.config import ReviewConfig
from burnish.review.database import open_database, shown_store
from burnish.review.plan import assign, sample
from burnish.review.study import Study, StudyPlan
from burnish.review.web.app import create_app
from burnish.store import Run
from burnish.store.codec import dump
from burnish.web.guard import is_loopback
from burnish.web.serving import address, listen, serve


class Link(NamedTuple):
    """Where somebody rates."""

    rater: str
    """Empty where whoever opens the page says who they are, as on this machine alone."""
    address: str


Tell: TypeAlias = Callable[[str, Sequence[Link]], None]
"""Takes the store, without a password, and the links: called once, when the page can be opened."""


def serve_review(config: ReviewConfig, tell: Tell) -> None:
    """Serve the page until the process is stopped; the same command goes on with the same study.

    Raises a BurnishError for runs, a store or an address that cannot be used.
    """
    runs = _open_runs(config.runs)
    with open_database(config.store) as engine, listen(config.host, config.port) as listening:
        study = begin_study(config, runs, engine)
        app = create_app(study, ASKS[config.ask], runs, host=config.host)
        tell(shown_store(config.store), _links(config, study, address(config.host, listening)))
        serve(app, listening)


def begin_study(config: ReviewConfig, runs: Sequence[Run], engine: Engine) -> Study:
    """The study that this configuration makes of these runs. Raises RunError for runs without a case."""
    ask = ASKS[config.ask]

    def plan() -> StudyPlan:
        cases = sample(tracked(ask.read(runs), "look for cases", unit="cases"), config.sample, config.seed)
        if not cases:
            raise RunError(f"{', '.join(config.runs)} hold nothing to review: --ask {config.ask} needs {ask.records}.")
        overlap = config.overlap or config.raters
        return StudyPlan(cases, assign(len(cases), raters=config.raters, overlap=overlap, seed=config.seed))

    about: dict[str, Json] = {**identity(config), "runs": [_origin(run) for run in runs]}
    return Study.begin(engine, key=content_key(dump(about).encode()), ask=config.ask, about=about, plan=plan)


def _open_runs(paths: Sequence[str]) -> list[Run]:
    runs = [Run.open(Path(path)) for path in paths]
    names = [run.path.resolve().name for run in runs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ConfigError(f"Two RUNS are called {min(twice)!r}, which is how tables name them: rename one.")
    return runs


def _origin(run: Run) -> dict[str, Json]:
    """What tells the run from others, wherever its folder lies."""
    made = run.manifest
    return {
        "name": run.path.resolve().name,
        "kind": made.kind,
        "config": made.config,
        "seed": made.seed,
        "fingerprints": {**made.fingerprints},
    }


def _links(config: ReviewConfig, study: Study, begin: str) -> list[Link]:
    if is_loopback(config.host):
        return [Link("", begin)]
    return [Link(rater.name, f"{begin}{rater.token}") for rater in study.raters]
