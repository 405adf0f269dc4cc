"""A run filled with what a model says about its inputs: in chunks, or in a flow where the model's calls overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from burnish.loop.chunks import fill
from burnish.loop.flow import Asked, Flow, Maker
from burnish.models import Call, Decoding, Model, Reply, StreamingModel
from burnish.progress import Progress
from burnish.records import Example, Record
from burnish.sources import Inputs
from burnish.store import Run


def fill_by_asking(run: Run, inputs: Inputs, model: Model, maker: Maker, *, label: str, per_input: int = 1) -> None:
    """Append `per_input` records for every input that the run does not hold yet.

    An input that its source had to drop counts as one Dropped record, followed by copies of it up to `per_input`.
    Raises ModelError, ServerError or SourceError; the next call goes on from there.
    """
    if isinstance(model, StreamingModel):
        with Progress(label, len(inputs), done=len(run) // per_input) as progress:
            flow = Flow(run, inputs, maker, per_input=per_input, progress=progress)
            model.stream(flow.calls(), flow.keep)
        return

    def make(examples: Sequence[Example]) -> Sequence[Sequence[Record]]:
        calls = [maker.calls(example) for example in examples]
        replies = iter(_replies(model, [call for some in calls for call in some]))
        return maker.records(
            [Asked(example, tuple(islice(replies, len(some)))) for example, some in zip(examples, calls, strict=True)]
        )

    fill(run, inputs, make, label=label, per_input=per_input)


def _replies(model: Model, calls: Sequence[Call]) -> list[Reply]:
    """In the order of the calls; those with one decoding are answered together."""
    numbers: defaultdict[Decoding, list[int]] = defaultdict(list)
    for number, call in enumerate(calls):
        numbers[call.decoding].append(number)
    replies: dict[int, Reply] = {}
    for decoding, alike in numbers.items():
        said = model.generate([calls[number].build() for number in alike], decoding)
        replies.update(zip(alike, said, strict=True))
    return [replies[number] for number in range(len(calls))]
