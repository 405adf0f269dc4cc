"""What all formats share: what was seen of the run, pairs one by one, and pictures laid beside the data."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from burnish.errors import RunError
from burnish.images import decode, encode_png, own_file
from burnish.progress import Progress
from burnish.records import Dropped, PreferencePair, Record, TextMessage
from burnish.store import Run

IMAGE_TAG = "<image>"
MEDIA_TAGS = (IMAGE_TAG, "<video>", "<audio>")
"""Where the trainers' formats put pictures, films and sounds into text: none may stand there by chance."""

SHAREGPT = {"user": "human", "assistant": "gpt", "system": "system"}
"""What LLaVA and its descendants call who speaks."""


@dataclass
class ExportTally:
    """What an export has met so far: nothing is left out uncounted."""

    records: int = 0
    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Records or negatives without a row, by reason."""
    distortions: Counter[str] = field(default_factory=Counter)
    """Negatives by the distortion that made them."""
    pictures: int = 0
    """Files of pictures that were laid beside the rows."""


class DatasetCard(NamedTuple):
    """The README of an export, as far as its format decides it."""

    front: Mapping[str, Any]
    """YAML front matter, as the Hugging Face hub reads it."""
    usage: str
    """Markdown: what the rows are, and how to train on them."""


class Exporter(Protocol):
    """Writes one format. A new one is a new file, a line in `verb.EXPORTERS` and a test."""

    def __call__(self, run: Run, folder: Path, tally: ExportTally) -> DatasetCard:
        """Write all files of the export into the empty `folder`. Raises RunError or OSError."""
        ...


class PreferenceRow(NamedTuple):
    """One chosen answer against one rejected: all that a trainer of pairs needs."""

    id: str
    """Unique in the export: source, example and distortion."""
    images: tuple[str, ...]
    """Keys of its pictures: mostly one."""
    prompt: tuple[TextMessage, ...]
    """The messages before the answer, without marks of pictures; the last is the question."""
    chosen: str
    rejected: str
    distortion: str
    """Empty for pairs that no distortion made."""
    seed: int
    """By which the distorted picture is drawn again."""
    distorted_image: int
    """Number, from 1, of the one picture of several that was distorted; 0 where all were."""


def kept_records(run: Run, tally: ExportTally) -> Iterator[Record]:
    """The records that are no Dropped, each counted, with progress shown."""
    with Progress("export", len(run), unit="records") as progress:
        for record in run:
            tally.records += 1
            if isinstance(record, Dropped):
                tally.left_out[record.reason] += 1
            else:
                if isinstance(record, PreferencePair):
                    tally.distortions.update(rejected.distortion for rejected in record.rejected)
                yield record
            progress.advance()


def comparisons(run: Run, tally: ExportTally) -> Iterator[PreferenceRow]:
    """Every pair's negatives one by one, for the formats that know one chosen and one rejected answer a row.

    A message's `<image>` is taken out, because the exporter sets it where the format wants it. A row in whose text
    a media tag remains is left out: its reader would look for another picture. Raises RunError for other records.
    """
    for record in kept_records(run, tally):
        if not isinstance(record, PreferencePair):
            raise RunError(f"{run.path} holds more than preference pairs ({record.id!r}): export it --to parquet.")
        prompt = tuple(map(_without_tag, (*record.before, TextMessage("user", record.question))))
        for number, rejected in enumerate(record.rejected, start=1):
            texts = (*(one.text for one in prompt), record.chosen.text, rejected.answer.text)
            if any(tag in text for tag in MEDIA_TAGS for text in texts):
                tally.left_out["media tag in the text"] += 1
                continue
            tally.rows += 1
            yield PreferenceRow(
                id=f"{record.source}/{record.id}/{rejected.distortion or number}",
                images=record.images,
                prompt=prompt,
                chosen=record.chosen.text,
                rejected=rejected.answer.text,
                distortion=rejected.distortion,
                seed=rejected.seed,
                distorted_image=record.distorted_image,
            )


def with_tags(comparison: PreferenceRow, tag: str) -> list[TextMessage]:
    """The messages with each picture's mark before the text of the first of the user's."""
    prompt, tags = comparison.prompt, tag * len(comparison.images)
    first = next(place for place, one in enumerate(prompt) if one.speaker == "user")
    return [one._replace(text=tags + one.text) if place == first else one for place, one in enumerate(prompt)]


def _without_tag(one: TextMessage) -> TextMessage:
    return one._replace(text=one.text.replace(IMAGE_TAG, "").strip()) if IMAGE_TAG in one.text else one


def place_image(run: Run, folder: Path, key: str, tally: ExportTally) -> str:
    """Lay the picture into the export as it is (as a hard link where the disk allows it); return its relative path."""
    source = run.image_path(key)
    relative = f"images/{source.parent.name}/{source.name}"
    lay_image(run, key, folder / relative, tally)
    return relative


def place_all_as_seen(run: Run, folder: Path, comparison: PreferenceRow, tally: ExportTally) -> list[str]:
    """Lay all pictures of a comparison into the export as the model saw them; return their relative paths."""
    return [place_as_seen(run, folder, key, tally) for key in comparison.images]


def place_as_seen(run: Run, folder: Path, key: str, tally: ExportTally) -> str:
    """Lay the picture into the export as the model saw it, for tools that read files as they are stored.

    One whose file does not look so to every program becomes a PNG: turned upright, over white, of 8 bits a colour.
    """
    relative = f"images/{key[:2]}/{key}-seen.png"
    if (folder / relative).exists():
        return relative
    seen = decode(run.image(key))
    if own_file(seen):
        return place_image(run, folder, key, tally)
    (folder / relative).parent.mkdir(parents=True, exist_ok=True)
    (folder / relative).write_bytes(encode_png(seen))
    tally.pictures += 1
    return relative


def lay_image(run: Run, key: str, target: Path, tally: ExportTally) -> None:
    """Link or copy the picture to `target`. Raises FileExistsError where another file has that name already."""
    source, data = run.image_path(key), run.image(key)
    if target.exists():
        if not (target.samefile(source) or (target.is_file() and target.read_bytes() == data)):
            raise FileExistsError(errno.EEXIST, "another picture has this name", str(target))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another disk, or one without links
        target.write_bytes(data)
    tally.pictures += 1


def write_json_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line, streamed."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_json_list(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON list of objects, an object per line, streamed."""
    with path.open("w", encoding="utf-8") as file:
        separator = "[\n"
        for row in rows:
            file.write(separator + json.dumps(row, ensure_ascii=False))
            separator = ",\n"
        file.write("\n]\n" if separator == ",\n" else "[]\n")
