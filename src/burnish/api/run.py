"""A run for Python and notebooks: its records as objects, as a data set, and as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, final

from burnish.api.display import show_records_of
from burnish.images import decode
from burnish.records import Dropped, Judgement, pictures_of
from burnish.store import Run as Store

if TYPE_CHECKING:
    from datasets import Dataset
    from PIL.Image import Image

    from burnish.api.cells import NotebookCell
    from burnish.records import Json, Record


@final
class Run:
    """What a verb made: `for record in run`, `run[0]`, `run.picture(record)`, `run.to_dataset()`.

    A run is read as it is now, finished or not. Raises RunError for a folder that is not a run, or is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self._store = Store.open(Path(path))
        show_records_of(self._store)

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._store.path

    @property
    def kind(self) -> str:
        """What it holds: "pairs", "dialogues", "answers" …"""
        return self._store.manifest.kind

    @property
    def settings(self) -> dict[str, Json]:
        """All flags that it was made with, by name."""
        return dict(self._store.manifest.settings)

    @property
    def summary(self) -> dict[str, Json] | None:
        """Its counts and scores; None until it is finished."""
        return self._store.summary

    def __len__(self) -> int:
        """Records, dropped ones included."""
        return len(self._store)

    def __iter__(self) -> Iterator[Record]:
        """All records in order: PreferencePair, Dialogue, Prediction, Judgement, or Dropped with its reason."""
        return iter(self._store)

    def __getitem__(self, index: int) -> Record:
        """The record at this place; negative places count from the end."""
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"{self.path} has {len(self)} records, none at {index}.")
        return self._store.at(place)

    def kept(self) -> Iterator[Record]:
        """The records that something came of: all but the dropped ones."""
        return (record for record in self if not isinstance(record, Dropped))

    def picture(self, record: Record) -> Image:
        """The picture that a pair, a dialogue or a prediction is about, undistorted."""
        if isinstance(record, Dropped | Judgement):
            raise TypeError(f"A {type(record).__name__} has no picture.")
        return decode(self._store.image(record.image))

    def pictures(self, record: Record) -> list[Image]:
        """All pictures that a record is about, undistorted: one, or those of a question about several."""
        return [decode(self._store.image(key)) for key in pictures_of(record)]

    def show(self, record: Record | None = None) -> NotebookCell:
        """A record with its pictures, as notebooks display it; default: the first that was not dropped."""
        from burnish.api.cells import record_cell

        found = record if record is not None else next(self.kept(), None)
        return record_cell(self._store, self[0] if found is None else found)

    def to_dataset(self) -> Dataset:
        """The records as a `datasets.Dataset` with decoded pictures, the columns of `burnish export --to parquet`."""
        from burnish.api.dataset import to_dataset

        return to_dataset(self._store)

    def __repr__(self) -> str:
        state = "" if self.summary is not None else ", unfinished"
        return f"Run({str(self.path)!r}: {len(self):,} {self.kind}{state})"

    def _repr_html_(self) -> str:
        from burnish.api.cells import run_cell

        return run_cell(self._store).html
