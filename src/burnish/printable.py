"""Texts that others wrote, made safe to print: they may not steer the terminal, nor turn what is read around."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset("\n\u200c\u200d")
"""New lines, and the two joiners without which some scripts and emoji fall apart."""
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
"""The control characters of ASCII, and Unicode's pictures of them: ␛ for escape."""
_UNKNOWN = "\ufffd"


def printable(text: str) -> str:
    """The text with its control characters as pictures of themselves, its tabs and odd spaces as plain ones.

    Invisible characters that change the direction of reading, and what no font can show, become
    the replacement character.
    """
    if text.isprintable():
        return text
    return "".join(char if char in _KEPT or char.isprintable() else _shown(char) for char in text)


def one_line(text: str) -> str:
    """The same on one line: a row of spaces and new lines is one space."""
    return " ".join(printable(text).split())


def _shown(char: str) -> str:
    if char == "\t" or unicodedata.category(char) == "Zs":
        return " "
    if unicodedata.category(char) in ("Zl", "Zp"):
        return "\n"
    return chr(_PICTURES[ord(char)]) if ord(char) in _PICTURES else _UNKNOWN
