"""Which words of two answers differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape
from itertools import groupby, takewhile
from typing import NamedTuple

_EAST_ASIAN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_PARTS = re.compile(rf"\s+|[{_EAST_ASIAN}]|[^\W{_EAST_ASIAN}]+|[^\w\s]")
"""White space, single characters of scripts that put no space between words, words, and punctuation marks."""


class Piece(NamedTuple):
    """A part of a text, white space included; all parts together are the text."""

    text: str
    differs: bool


def pieces(text: str, others: Sequence[str]) -> list[Piece]:
    """The text in parts, each with whether at least one of the other texts lacks it there."""
    parts = _PARTS.findall(text)
    words = [i for i, part in enumerate(parts) if not part.isspace()]
    differs = set[int]()
    for other in others:
        differs |= {words[i] for i in _different([parts[i] for i in words], other)}
    # The space between two marked words belongs to the mark: one stroke of the pen, not many.
    differs |= {i for i, part in enumerate(parts) if part.isspace() and {i - 1, i + 1} <= differs}
    strokes = groupby(enumerate(parts), key=lambda part: part[0] in differs)
    return [Piece("".join(part for _, part in stroke), marked) for marked, stroke in strokes]


def marked(text: str, others: Sequence[str]) -> str:
    """The text as HTML, escaped, with `<mark>` around what differs."""
    return "".join(
        f"<mark>{escape(piece.text)}</mark>" if piece.differs else escape(piece.text) for piece in pieces(text, others)
    )


def from_difference(one: str, other: str, width: int) -> tuple[str, str]:
    """Both texts from a few words before the first that differs, where `width` characters would not reach beyond it."""
    shared = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False)))
    if shared <= width // 2 or max(len(one), len(other)) <= width:
        return one, other
    start = one.rfind(" ", 0, shared - width // 4) + 1 or shared - width // 4
    return f"…{one[start:]}", f"…{other[start:]}"


def _different(words: list[str], other: str) -> set[int]:
    other_words = [part for part in _PARTS.findall(other) if not part.isspace()]
    matcher = SequenceMatcher(None, words, other_words, autojunk=False)
    blocks = matcher.get_opcodes()
    return {i for tag, start, end, _, _ in blocks if tag != "equal" for i in range(start, end)}
