"""What makers and benches share: how a question is put, and the loop, examples in, records out, resumable anywhere.

Work goes in chunks of a fixed number of inputs. A chunk torn by a kill is made again whole, because what a
model answers can depend (in the last digits) on its neighbours in a batch, and only its missing records are
appended. So a run that was killed any number of times holds the records of an undisturbed one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import tyro

from burnish.distort import Distortion, parse
from burnish.errors import ConfigError
from burnish.ids import stable_seed
from burnish.images import decode
from burnish.models import Decoding, Message, Model, ModelOptions, Request
from burnish.progress import Progress
from burnish.records import Dropped, Example, Record
from burnish.sources import ExampleStream, Inputs
from burnish.store import Run

MakeRecords: TypeAlias = Callable[[Sequence[Example]], Sequence[Sequence[Record]]]
"""From some examples to the records of each: as many records for every example."""


CHUNK = 64
"""Inputs in a chunk: several full batches, so that sorting by length pays, and little to lose."""


@dataclass(frozen=True, kw_only=True)
class Asking(ModelOptions):
    """Which model is asked, and about which distorted copies of a picture."""

    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """A distortion of the picture that every question is asked about too; repeat the flag for several."""
    max_new_tokens: int = 512
    """Longest answer, in tokens."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.distortions, self.decoding  # noqa: B018 - both check their values

    @property
    def distortions(self) -> tuple[Distortion, ...]:
        """The distortions that `distort` names."""
        return parse_distortions(self.distort)

    @property
    def decoding(self) -> Decoding:
        """How answers are generated: greedily."""
        return Decoding(max_new_tokens=self.max_new_tokens)


def parse_distortions(specs: Sequence[str]) -> tuple[Distortion, ...]:
    """The distortions that the `--distort` flags name. Raises ConfigError for one that is given twice."""
    distortions = tuple(parse(spec) for spec in specs)
    names = [distortion.spec for distortion in distortions]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise ConfigError(f"--distort {min(repeated)} is given twice: name each distortion once.")
    return distortions


def clean_request(example: Example) -> Request:
    """The example's question about its picture."""
    return Request(messages=(Message(role="user", text=example.question, images=(decode(example.image),)),))


def distorted_request(example: Example, distortion: Distortion, seed: int) -> Request:
    """The same question about the distorted picture."""
    picture = distortion.image(decode(example.image), seed)
    message = Message(role="user", text=example.question, images=(picture,))
    return Request(messages=(message,), pixel_transform=distortion.pixels(seed))


def distortion_seed(run_seed: int, example: Example, distortion: Distortion) -> int:
    """The seed of a distortion of this picture for this question, the same in every run with this `--seed`."""
    return stable_seed(run_seed, example.source, example.id, distortion.spec)


def fingerprints(model: Model, inputs: ExampleStream) -> dict[str, str]:
    """Hex digests, by name, of what decides the answers beside the configuration."""
    return {
        "model": model.fingerprint,
        "template": model.template_fingerprint,
        "source": inputs.fingerprint,
    }


def fill(run: Run, inputs: Inputs, make: MakeRecords, *, label: str, per_input: int = 1, chunk: int = CHUNK) -> None:
    """Append `per_input` records for every input that the run does not hold yet.

    An input that its source had to drop counts as one Dropped record, followed by copies of it up to `per_input`,
    so that the record at position p always belongs to input p // per_input.
    """
    done = len(run)
    first = done // per_input // chunk * chunk
    outcomes = inputs.from_index(first)
    position = first * per_input
    with Progress(label, len(inputs), done=done // per_input) as progress:
        while batch := list(islice(outcomes, chunk)):
            records = [record for made in _make_chunk(batch, make, per_input) for record in made]
            fresh = records[max(0, done - position) :]
            run.append(fresh)
            position += len(records)
            dropped = sum(isinstance(record, Dropped) for record in fresh)
            progress.advance(len(fresh) // per_input, f"{dropped} of the last {len(fresh)} dropped")


def _make_chunk(outcomes: Sequence[Example | Dropped], make: MakeRecords, per_input: int) -> Iterator[Sequence[Record]]:
    made = iter(make([outcome for outcome in outcomes if isinstance(outcome, Example)]))
    for outcome in outcomes:
        yield [outcome] * per_input if isinstance(outcome, Dropped) else next(made)
