"""`#which=`: where a question has several pictures, the number of the one that it is asked about, or `all`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypeVar

from burnish.errors import LineError, SourceError

T = TypeVar("T")
ALL: Literal["all"] = "all"
Which: TypeAlias = int | Literal["all"] | None
"""A number from 1, or all of them; None where the user has not said it, and one picture is all that there may be."""


def read_which(option: str | None, path: str) -> Which:
    """What the option says. Raises SourceError for what is neither a number nor `all`."""
    if option is None or option == ALL:
        return ALL if option else None
    if not option.isascii() or not option.isdecimal() or int(option) < 1:
        raise SourceError(f"#which={option} of {path} is not a number of a picture: give 1 for the first, or all.")
    return int(option)


def chosen(pictures: Sequence[T], which: Which) -> Sequence[T]:
    """Those that are asked about; one at most unless all are. Raises LineError where that cannot be told."""
    if which == ALL or not pictures:
        return pictures
    if which is None and len(pictures) > 1:
        raise LineError(
            "several images",
            f"has {len(pictures)} pictures: choose one with #which=1 and so on, or all of them with #which=all",
        )
    if which is not None and which > len(pictures):
        raise LineError("missing image", f"has {len(pictures)} pictures, and #which= asks for number {which}")
    number = which or 1
    return pictures[number - 1 : number]
