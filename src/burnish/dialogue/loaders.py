"""Dialogues wherever they lie: in a run that Burnish made, or in a file of FIRE's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Protocol, final

from burnish.errors import RunError
from burnish.records import Dialogue, Dropped
from burnish.sources.fire import FireSource, open_fire
from burnish.store import Run
from burnish.store.codec import fingerprint_of


class DialogueSet(Protocol):
    """Dialogues in an order that never changes; they are streamed, and may be read any number of times."""

    @property
    def path(self) -> Path:
        """The run's folder, or the file."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hex digest of all that iterating gives, in order; the first use reads everything once."""
        ...

    def __iter__(self) -> Iterator[Dialogue | Dropped]:
        """Every dialogue, and in the place of one that cannot be used, or was not made, its reason.

        Raises RunError or SourceError for a run or file that is damaged.
        """
        ...

    def picture(self, image: str) -> bytes:
        """The file content of the picture that a dialogue's `image` names. Raises ImageError or RunError."""
        ...


def open_dialogues(path: str) -> DialogueSet:
    """The dialogues of a run's folder, of a FIRE file, or of a FIRE file as a source: `fire:FILE#root=DIR`.

    Raises RunError for a folder that is not a run, SourceError where there is no such file.
    """
    return RunDialogues(Run.open(Path(path))) if Path(path).is_dir() else FireDialogues(open_fire(path))


@final
class RunDialogues:
    """The dialogues of a run, finished or not; a dialogue's `image` is the key of its picture."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._run.path

    @cached_property
    def fingerprint(self) -> str:
        """Of the run's records."""
        return fingerprint_of(self)

    def __iter__(self) -> Iterator[Dialogue | Dropped]:
        """The run's records, none of which may be of another kind."""
        for record in self._run:
            if not isinstance(record, Dialogue | Dropped):
                held = self._run.manifest.kind
                raise RunError(f"{self.path} holds {held}, not dialogues: give a run of dialogues, or a FIRE file.")
            yield record

    def picture(self, image: str) -> bytes:
        """The picture with this key."""
        return self._run.image(image)


@final
class FireDialogues:
    """The dialogues of a FIRE file; a dialogue's `image` is its picture's path, relative to the file's root."""

    def __init__(self, source: FireSource) -> None:
        self._source = source

    @property
    def path(self) -> Path:
        """The file."""
        return self._source.path

    @cached_property
    def fingerprint(self) -> str:
        """Of the file's items, as they are read."""
        return fingerprint_of(self)

    def __iter__(self) -> Iterator[Dialogue | Dropped]:
        """The file's items."""
        return self._source.dialogues()

    def picture(self, image: str) -> bytes:
        """The content of the picture's file, which lies inside the root."""
        return self._source.picture(image)
