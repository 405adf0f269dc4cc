"""How far two texts are apart, in characters put in, left out or changed (Levenshtein, 1966)."""

from __future__ import annotations


def edit_distance(one: str, other: str) -> int:
    """The fewest single changes that turn one text into the other."""
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        here = [row]
        for column, found in enumerate(other, start=1):
            here.append(min(above[column] + 1, here[-1] + 1, above[column - 1] + (letter != found)))
        above = here
    return above[-1]
