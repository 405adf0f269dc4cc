"""Begins or finds the study that a configuration names, tells everybody's link, and serves until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from sqlalchemy import Engine, make_url

from burnish.config import identity
from burnish.errors import ConfigError, RunError
from burnish.ids import content_key
from burnish.records import Json
from burnish.review.asks import ASKS
from burnish.review.config import ReviewConfig
from burnish.review.database import open_database
from burnish.review.plan import assign, sample
from burnish.review.study import Plan, Study
from burnish.review.web.app import create_app
from burnish.review.web.guard import is_loopback
from burnish.store import Run
from burnish.store.codec import dump


def serve_review(config: ReviewConfig) -> None:
    """Serve the page until the process is stopped; the same command goes on with the same study.

    Raises a BurnishError for runs, a store or an address that cannot be used.
    """
    runs = _open_runs(config.runs)
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with (
        open_database(config.store) as engine,
        socket.create_server((config.host, config.port), family=family) as listening,
    ):
        study = begin_study(config, runs, engine)
        app = create_app(study, ASKS[config.ask], runs, host=config.host)
        _tell(config, study, listening.getsockname()[1])
        settings = uvicorn.Config(app, log_level="warning", proxy_headers=False, server_header=False)
        uvicorn.Server(settings).run(sockets=[listening])


def begin_study(config: ReviewConfig, runs: Sequence[Run], engine: Engine) -> Study:
    """The study that this configuration makes of these runs. Raises RunError for runs without a case."""
    ask = ASKS[config.ask]

    def plan() -> Plan:
        cases = sample(ask.read(runs), config.sample, config.seed)
        if not cases:
            raise RunError(f"{', '.join(config.runs)} hold nothing to review: --ask {config.ask} needs {ask.records}.")
        overlap = config.overlap or config.raters
        return Plan(cases, assign(len(cases), raters=config.raters, overlap=overlap, seed=config.seed))

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


def _tell(config: ReviewConfig, study: Study, port: int) -> None:
    host = f"[{config.host}]" if ":" in config.host else config.host
    print(f"Ratings are kept in {_without_password(config.store)}. Stop with Ctrl-C; the same command goes on.")
    if is_loopback(config.host):
        print(f"\n  http://{host}:{port}/")
    else:
        print("\nA link for each rater. Whoever has it can rate in their name; put HTTPS before it on open networks.\n")
        for rater in study.raters:
            print(f"  {rater.name:10}  http://{host}:{port}/{rater.token}")
    print(flush=True)


def _without_password(store: str) -> str:
    return make_url(store).render_as_string(hide_password=True) if "://" in store else store
