"""What makers and benches share: how a question is put, and the loop, examples in, records out, resumable anywhere.

`asking.py` puts questions, and `filling.py` fills a run with what a model says to them: by `chunks.py` for a model that
answers in batches, by `flow.py` for one at an endpoint, whose calls overlap.
"""

from burnish.loop.asking import (
    Asking,
    clean_request,
    distorted_request,
    fingerprints,
    parse_distortions,
)
from burnish.loop.chunks import fill
from burnish.loop.filling import fill_by_asking
from burnish.loop.flow import Asked

__all__ = [
    "Asked",
    "Asking",
    "clean_request",
    "distorted_request",
    "fill",
    "fill_by_asking",
    "fingerprints",
    "parse_distortions",
]
