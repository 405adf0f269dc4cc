"""A run filled with what a model says about its inputs: in chunks, or in a flow where the model's calls overlap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from burnish.loop.chunks import fill
from burnish.loop.flow import Asked, Flow, Maker
from burnish.models import Decoding, Model, StreamingModel
from burnish.progress import Progress
from burnish.records import Example, Record
from burnish.sources import Inputs
from burnish.store import Run


def fill_by_asking(
    run: Run, inputs: Inputs, model: Model, decoding: Decoding, maker: Maker, *, label: str, per_input: int = 1
) -> None:
    """Append `per_input` records for every input that the run does not hold yet.

    An input that its source had to drop counts as one Dropped record, followed by copies of it up to `per_input`.
    Raises ModelError, ServerError or SourceError; the next call goes on from there.
    """
    if isinstance(model, StreamingModel):
        with Progress(label, len(inputs), done=len(run) // per_input) as progress:
            flow = Flow(run, inputs, maker, per_input=per_input, progress=progress)
            model.stream(flow.requests(), decoding, flow.keep)
        return

    def make(examples: Sequence[Example]) -> Sequence[Sequence[Record]]:
        builds = [maker.requests(example) for example in examples]
        replies = iter(model.generate([build() for some in builds for build in some], decoding))
        return maker.records(
            [Asked(example, tuple(islice(replies, len(some)))) for example, some in zip(examples, builds, strict=True)]
        )

    fill(run, inputs, make, label=label, per_input=per_input)
