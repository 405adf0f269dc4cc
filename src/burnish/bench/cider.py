"""CIDEr-D (Vedantam et al., 2015): how alike two texts are, weighing the n-grams that few references have."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from burnish.bench.bleu import ORDER, NGram, ngram_counts

SIGMA = 6.0
"""Width, in tokens, of the penalty for another length than the reference's."""
SCALE = 10.0


class _Vector(NamedTuple):
    """A text's n-grams with their TF-IDF weights."""

    weights: tuple[dict[NGram, float], ...]
    """For n = 1 to ORDER."""
    norms: tuple[float, ...]
    length: int


def cider_d(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> list[float]:
    """CIDEr-D of each prediction against its one reference, 0 to 10; CIDEr is their mean.

    An n-gram weighs log(N / the number of the N references that have it), so a score depends on all references, and
    a single pair always has 0.
    """
    # the n-grams are counted again below: kept, they would take far more memory than the texts
    frequency = Counter(ngram for reference in references for ngram in ngram_counts(reference))
    documents = len(references)

    def vector(tokens: Sequence[str]) -> _Vector:
        weights: tuple[dict[NGram, float], ...] = tuple({} for _ in range(ORDER))
        for ngram, times in ngram_counts(tokens).items():
            weights[len(ngram) - 1][ngram] = times * math.log(documents / max(1, frequency[ngram]))
        norms = tuple(math.sqrt(sum(weight**2 for weight in one.values())) for one in weights)
        return _Vector(weights, norms, len(tokens))

    return [
        _similarity(vector(prediction), vector(reference))
        for prediction, reference in zip(predictions, references, strict=True)
    ]


def _similarity(prediction: _Vector, reference: _Vector) -> float:
    """The mean over n of the clipped cosine, times a Gaussian of the difference in length, times 10."""
    cosines = []
    for n in range(ORDER):
        norm = prediction.norms[n] * reference.norms[n]
        truth = reference.weights[n]
        shared = ((weight, truth[ngram]) for ngram, weight in prediction.weights[n].items() if ngram in truth)
        product = sum(min(weight, true) * true for weight, true in shared)
        cosines.append(product / norm if norm else 0.0)
    penalty = math.exp(-((prediction.length - reference.length) ** 2) / (2 * SIGMA**2))
    return SCALE * penalty * sum(cosines) / ORDER
