"""Which sequences are computed together: none pays for another's length."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import TypeVar

PADDING = 256
"""Tokens of padding that are computed rather than that sequences of another length are computed apart."""

T = TypeVar("T", bound=Sized)


def of_like_length(sequences: Sequence[T]) -> list[Sequence[T]]:
    """The sequences in their order, parted where it saves padding."""
    if len(sequences) < 2:
        return [sequences] if sequences else []
    ends = [_padded(sequences[:place]) + _padded(sequences[place:]) for place in range(1, len(sequences))]
    place = 1 + ends.index(min(ends))
    if _padded(sequences) - min(ends) <= PADDING:
        return [sequences]
    return [*of_like_length(sequences[:place]), *of_like_length(sequences[place:])]


def _padded(sequences: Sequence[Sized]) -> int:
    return len(sequences) * max(map(len, sequences))
