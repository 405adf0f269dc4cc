"""`#ask=TEXT`: what is asked about every picture, for data without questions.

Given several times, or as `#ask=@FILE` with a question on each line, every picture gets all of them; `--per-image K`
takes K of these at random, by the seed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from burnish.errors import SourceError
from burnish.sources.base import Candidate
from burnish.sources.files import read_lines
from burnish.sources.spec import at_home

FILE_MARK = "@"


def read_asks(option: str | None) -> tuple[str, ...]:
    """The questions of the option, each once. Raises SourceError for a file of questions that cannot be used."""
    asks = [ask for line in (option or "").split("\n") for ask in _of_line(line.strip())]
    return tuple(dict.fromkeys(asks))


def ask_all(candidate: Candidate, asks: tuple[str, ...]) -> list[Candidate]:
    """The candidate with each of the questions; ids tell several apart."""
    if len(asks) == 1:
        return [replace(candidate, question=asks[0])]
    return [replace(candidate, id=f"{candidate.id}, ask {i}", question=ask) for i, ask in enumerate(asks, start=1)]


def _of_line(line: str) -> list[str]:
    if not line.startswith(FILE_MARK):
        return [line] if line else []
    path = Path(at_home(line.removeprefix(FILE_MARK)))
    try:
        asks = [text.decode("utf-8").strip() for _, text in read_lines(path)]
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8 text: save it as UTF-8, a question on each line.") from error
    if not asks:
        raise SourceError(f"{path} is empty: give a file with a question on each line.")
    return asks
