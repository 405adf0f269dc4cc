"""Which words of two answers differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape

_EAST_ASIAN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_PARTS = re.compile(rf"\s+|[{_EAST_ASIAN}]|[^\W{_EAST_ASIAN}]+|[^\w\s]")
"""White space, single characters of scripts that put no space between words, words, and punctuation marks."""


def marked(text: str, others: Sequence[str]) -> str:
    """The text as HTML, escaped, with `<mark>` around the words that at least one of the other texts lacks there."""
    parts = _PARTS.findall(text)
    words = [i for i, part in enumerate(parts) if not part.isspace()]
    differs = set[int]()
    for other in others:
        differs |= {words[i] for i in _different([parts[i] for i in words], other)}
    # The space between two marked words belongs to the mark: one stroke of the pen, not many.
    differs |= {i for i, part in enumerate(parts) if part.isspace() and {i - 1, i + 1} <= differs}
    return "".join(_strokes(parts, differs))


def _different(words: list[str], other: str) -> set[int]:
    other_words = [part for part in _PARTS.findall(other) if not part.isspace()]
    matcher = SequenceMatcher(None, words, other_words, autojunk=False)
    blocks = matcher.get_opcodes()
    return {i for tag, start, end, _, _ in blocks if tag != "equal" for i in range(start, end)}


def _strokes(parts: Sequence[str], differs: set[int]) -> list[str]:
    strokes = []
    for i, part in enumerate(parts):
        begins, ends = i in differs and i - 1 not in differs, i in differs and i + 1 not in differs
        strokes.append(f"{'<mark>' if begins else ''}{escape(part)}{'</mark>' if ends else ''}")
    return strokes
