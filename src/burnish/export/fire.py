"""Dialogues as FIRE publishes them: one JSON list of items beside their pictures, as the `fire` source reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from burnish.errors import RunError
from burnish.export.base import DatasetCard, ExportTally, kept_records, lay_image, place_image, write_json_list
from burnish.fire.schema import FRAME, write_item
from burnish.records import Dialogue
from burnish.store import Run

NAME = "dialogues.json"
_RESERVED = frozenset({NAME, "README.md", "export.json"})
_USAGE = f"""\
# Feedback-refinement dialogues in FIRE's form

`{NAME}` is a list of items with `image`, `question`, `conversations` (responses of the student and feedback of the
teacher in turn), `groundtruth`, `source`, `round` and `score`; a score that cannot be read from its text is `null`.
Items that were made by Burnish have an `id`, and `facts` where there are any. Pictures' paths begin in this folder.

```sh
burnish import THIS_FOLDER/{NAME} --out RUN
```
"""


def export_fire(run: Run, folder: Path, tally: ExportTally) -> DatasetCard:
    """One item per dialogue; one that was imported is the item that it was."""
    write_json_list(folder / NAME, _items(run, folder, tally))
    return DatasetCard({}, _USAGE)


def _items(run: Run, folder: Path, tally: ExportTally) -> Iterator[dict[str, Any]]:
    for record in kept_records(run, tally):
        if not isinstance(record, Dialogue):
            raise RunError(f"{run.path} holds more than dialogues ({record.id!r}): export it --to parquet.")
        tally.rows += 1
        yield write_item(record, _place(run, folder, record, tally))


def _place(run: Run, folder: Path, dialogue: Dialogue, tally: ExportTally) -> str:
    """Lay the dialogue's picture where its item had it, or else under its content's name; return the path."""
    frame = dialogue.facts.get(FRAME)
    named = frame.get("image") if isinstance(frame, dict) else None
    if isinstance(named, str) and _is_ours_to_use(named):
        try:
            lay_image(run, dialogue.image, folder / named, tally)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):  # another picture, or a folder, has the name
            return place_image(run, folder, dialogue.image, tally)
        return named
    return place_image(run, folder, dialogue.image, tally)


def _is_ours_to_use(path: str) -> bool:
    """Whether the path stays in the export's folder and leaves the export's own files alone."""
    parts = path.split("/")
    sound = "\0" not in path and "\\" not in path and not {"", ".", ".."} & set(parts)
    return sound and parts[0] not in _RESERVED
