"""Where examples come from: pictures with questions, named `kind:path`, sampled and streamed."""

from burnish.sources.base import Candidate, Source
from burnish.sources.examples import PICTURED, SEVERAL, TRAINING, ExampleStream, Inputs, Scope, stream
from burnish.sources.registry import KINDS, open_source
from burnish.sources.sampling import Questions, Sampling

__all__ = [
    "KINDS",
    "PICTURED",
    "SEVERAL",
    "TRAINING",
    "Candidate",
    "ExampleStream",
    "Inputs",
    "Questions",
    "Sampling",
    "Scope",
    "Source",
    "open_source",
    "stream",
]
