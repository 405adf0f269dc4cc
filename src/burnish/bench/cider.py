"""CIDEr-D (Vedantam et al., 2015): how alike two texts are, weighing the n-grams that few references have."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, final

from burnish.bench.bleu import ORDER

SIGMA = 6.0
"""Width, in tokens, of the penalty for another length than the reference's."""
SCALE = 10.0
_BITS = 32
"""Of a token's number in that of an n-gram."""


class _Vector(NamedTuple):
    """A text's n-grams with their TF-IDF weights."""

    weights: tuple[dict[int, float], ...]
    """For n = 1 to ORDER."""
    norms: tuple[float, ...]
    length: int


@final
class CiderD:
    """Scores texts by how often all references have each n-gram, which is all that is kept of these.

    An n-gram weighs log(N / the number of the N references that have it), so a score depends on all references, and
    a single pair always has 0.
    """

    def __init__(self, references: Iterable[Sequence[str]]) -> None:
        self._ids: dict[str, int] = {}
        self._frequency: dict[int, int] = {}
        self._documents = 0
        for reference in references:
            self._documents += 1
            for ngram in {ngram for of_order in self._ngrams(reference) for ngram in of_order}:
                self._frequency[ngram] = self._frequency.get(ngram, 0) + 1

    def score(self, prediction: Sequence[str], reference: Sequence[str]) -> float:
        """CIDEr-D of a prediction against its one reference, 0 to 10."""
        return _similarity(self._vector(prediction), self._vector(reference))

    def _ngrams(self, tokens: Sequence[str]) -> list[list[int]]:
        """Each n-gram, for n = 1 to ORDER, as one number made of its tokens': far smaller than as a tuple of texts."""
        ids = [self._ids.setdefault(token, len(self._ids) + 1) for token in tokens]
        orders = [ids]
        for n in range(1, ORDER):
            orders.append([(first << _BITS) | last for first, last in zip(orders[-1], ids[n:], strict=False)])
        return orders

    def _vector(self, tokens: Sequence[str]) -> _Vector:
        found = self._frequency
        weights = tuple(
            {ngram: times * math.log(self._documents / found.get(ngram, 1)) for ngram, times in Counter(of).items()}
            for of in self._ngrams(tokens)
        )
        norms = tuple(math.sqrt(sum(weight**2 for weight in one.values())) for one in weights)
        return _Vector(weights, norms, len(tokens))


def cider_d(predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> list[float]:
    """CIDEr-D of each prediction against its one reference; CIDEr is their mean."""
    cider = CiderD(references)
    return [cider.score(prediction, reference) for prediction, reference in zip(predictions, references, strict=True)]


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
