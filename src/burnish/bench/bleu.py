"""BLEU (Papineni et al., 2002) of one text or of many, with one reference each.

FIRE reports the *mean of sentence BLEU*; the BLEU of the literature counts n-grams over the whole corpus first. Both
are computed as captioning's evaluation toolkit (pycocoevalcap) computes them, its two small constants included: they
keep a text that is shorter than n words from dividing by 0, and give it a BLEU-n that is not quite 0.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

ORDER = 4
"""Longest n-gram: BLEU-1 to BLEU-4."""
COLUMNS = 2 * ORDER + 2
"""Of a text's row of counts."""
_ADDED_MATCHES = 1e-15
_ADDED_NGRAMS = 1e-9

NGram: TypeAlias = tuple[str, ...]


class BleuCounts(NamedTuple):
    """What BLEU sees of a text, or, added up, of a corpus."""

    matches: tuple[int, ...]
    """n-grams that the reference has too, none more often than there; for n = 1 to ORDER."""
    ngrams: tuple[int, ...]
    """All n-grams of the prediction."""
    length: int
    reference_length: int
    """Of the closest reference, which is the only one."""


def ngram_counts(tokens: Sequence[str]) -> Counter[NGram]:
    """How often each n-gram occurs, for n = 1 to ORDER."""
    return Counter(tuple(tokens[i : i + n]) for n in range(1, ORDER + 1) for i in range(len(tokens) - n + 1))


def count(prediction: Sequence[str], reference: Sequence[str]) -> BleuCounts:
    """The counts of one prediction."""
    shared = ngram_counts(prediction) & ngram_counts(reference)
    matches = [0] * ORDER
    for ngram, times in shared.items():
        matches[len(ngram) - 1] += times
    ngrams = tuple(max(0, len(prediction) - n) for n in range(ORDER))
    return BleuCounts(tuple(matches), ngrams, len(prediction), len(reference))


def bleu(counts: BleuCounts) -> tuple[float, ...]:
    """BLEU-1 to BLEU-4, 0 to 1: geometric means of the n-gram precisions, times the penalty for being too short."""
    scores, product = [], 1.0
    for n, (matches, ngrams) in enumerate(zip(counts.matches, counts.ngrams, strict=True), start=1):
        product *= (matches + _ADDED_MATCHES) / (ngrams + _ADDED_NGRAMS)
        scores.append(product ** (1 / n))
    ratio = (counts.length + _ADDED_MATCHES) / (counts.reference_length + _ADDED_NGRAMS)
    penalty = math.exp(min(0.0, 1 - 1 / ratio))
    return tuple(score * penalty for score in scores)


def sentence_bleu(prediction: Sequence[str], reference: Sequence[str]) -> tuple[float, ...]:
    """BLEU-1 to BLEU-4 of one text; their means over all texts are FIRE's BLEU (tables 2 and 3)."""
    return bleu(count(prediction, reference))


def corpus_bleu(rows_NK: NDArray[np.float64]) -> tuple[float, ...]:
    """BLEU-1 to BLEU-4 of all predictions together, given by their rows of counts."""
    return bleu(_from_row([int(total) for total in rows_NK.sum(axis=0)]))


def count_row(prediction: Sequence[str], reference: Sequence[str]) -> tuple[int, ...]:
    """The counts of one prediction, one after the other: over several texts, each is added up for itself."""
    counts = count(prediction, reference)
    return (*counts.matches, *counts.ngrams, counts.length, counts.reference_length)


def bleu_of_sums(sums_RK: NDArray[np.float64]) -> NDArray[np.float64]:
    """R x ORDER: BLEU of each of R corpora, given by the sums of their texts' rows."""
    return np.array([bleu(_from_row([int(total) for total in row])) for row in sums_RK]).reshape(-1, ORDER)


def _from_row(row: Sequence[int]) -> BleuCounts:
    return BleuCounts(tuple(row[:ORDER]), tuple(row[ORDER : 2 * ORDER]), row[-2], row[-1])
