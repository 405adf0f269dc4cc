"""What every verb that generates does: begin a run or go on with it, fill it, and finish it with what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from burnish.config import RunFlags
from burnish.generation.batched import live_in_batches
from burnish.generation.driver import Beside, Counts, Lives, usual_note
from burnish.generation.replicas import ReplicaTask, fill_by_replicas
from burnish.generation.script import Begin
from burnish.generation.serving import SERVING
from burnish.generation.streamed import live_in_streams
from burnish.models import Model, ModelRuntime, StreamingModel
from burnish.progress import Progress
from burnish.replies import is_lost, refuse_unanswered
from burnish.sources import Inputs
from burnish.store import Run, new_manifest
from burnish.store.codec import to_json

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
BATCH = 64
"""Inputs whose lives are open together where a local model is asked: several full batches, so that sorting by length
pays, and little to lose."""
OPEN_PER_PLACE = 8
"""Lives that are open at a time for each call that may be."""


def begin_run(
    kind: str, config: RunFlags, fingerprints: Mapping[str, str], *, seed: int, folder: Path | None = None
) -> Run:
    """The run that the configuration names, or one in a `folder` within it, begun or gone on with; a context manager.

    With --retry-dropped, what was lost at an endpoint is to be made anew. Raises RunError.
    """
    manifest = new_manifest(kind, config, seed=seed, fingerprints=fingerprints)
    run = Run.begin(folder or Path(config.out), manifest, restart=config.restart and folder is None)
    if isinstance(config, ModelRuntime) and config.retry_dropped and any(map(is_lost, run)):
        run.set_aside()
    return run


def make_run(
    kind: str,
    config: RunFlags,
    fingerprints: Mapping[str, str],
    *,
    seed: int,
    fill: Callable[[Run], None],
    score: Callable[[Run], T],
) -> T:
    """Fill the run that the configuration names, unless it is finished, and score it.

    Raises NothingAnswered where no reply is an answer. A killed call is resumed by a second one.
    """
    with begin_run(kind, config, fingerprints, seed=seed) as run:
        if run.summary is None:
            fill(run)
        refuse_unanswered(run.path, run)
        result = score(run)
        run.finish(to_json(result))
    return result


def fill(
    run: Run,
    inputs: Inputs,
    begin: Begin,
    models: Sequence[Model],
    *,
    label: str,
    unit: str = "examples",
    per_input: int = 1,
    batch: int = BATCH,
    window: int | None = None,
    beside: Beside | None = None,
    note: Callable[[Counts], str] = usual_note,
    replicas: ReplicaTask | None = None,
) -> None:
    """Append the records of every input that the run does not hold yet: `per_input` of each, in the inputs' order.

    `models` are all that the lives ask. Where all are local, the lives of `batch` inputs are open together, and batches
    of them are asked; with `replicas`, processes of their own ask them. Where all are endpoints, replies are handed on
    one by one. Where there is one, `window` says how many lives are open, and others take the places of those that end.
    What lives leave `beside` their records is written with these. An input that its source had to drop
    counts as one Dropped record, followed by copies of it up to `per_input`. Raises ModelError, ServerError or
    SourceError; the next call goes on from there.
    """
    if serving := SERVING.get():
        serving.serve(run, inputs, begin, per_input=per_input, batch=batch, beside=beside)
    if replicas and replicas.config.replicas:
        fill_by_replicas(run, inputs, replicas, label=label, unit=unit, per_input=per_input, batch=batch, beside=beside)
        return
    asked = list({id(model): model for model in models}.values())
    streams = [model for model in asked if isinstance(model, StreamingModel)]
    streamed = bool(streams) and len(streams) == len(asked)
    places = OPEN_PER_PLACE * sum(model.places for model in streams) if streamed else batch
    room = window if window and streams else places
    with Progress(label, len(inputs), done=len(run) // per_input, unit=unit) as progress:
        lives = Lives(
            run,
            inputs,
            begin,
            room=room,
            block=0 if streamed or (streams and window) else batch,
            progress=progress,
            per_input=per_input,
            beside=beside,
            note=note,
        )
        if streamed:
            live_in_streams(lives, streams)
        else:
            live_in_batches(lives)
