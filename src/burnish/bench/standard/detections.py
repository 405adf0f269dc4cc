"""Which objects are in which picture, from detection annotations in COCO's form (instances_val2014.json)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from burnish.bench.standard.files import Item, listed, official
from burnish.errors import SourceError
from burnish.jsons import read_json
from burnish.sources.files import open_file

RELEASE = "COCO's instances_val2014.json is in annotations_trainval2014.zip of cocodataset.org/#download"
_KEPT = frozenset(
    ("images", "annotations", "categories", "id", "file_name", "image_id", "category_id", "name"),
)
"""What is kept of each object: the outlines of a large file would take gigabytes."""


class DetectedPicture(NamedTuple):
    """A picture and what is in it."""

    picture: str
    """Its file name."""
    objects: tuple[str, ...]
    """Names of kinds of objects, each once, in the order of the annotations."""


def read_detections(path: str) -> list[DetectedPicture]:
    """Every annotated picture, in the file's order of pictures. Raises SourceError, naming file and item."""
    whole = _read(path)
    names = {row.key("id"): row.text("name").strip() for row in listed(whole, "categories")}
    pictures = {row.key("id"): row.text("file_name") for row in listed(whole, "images")}
    objects: dict[str, dict[str, None]] = {key: {} for key in pictures}
    for row in listed(whole, "annotations"):
        picture, kind = row.key("image_id"), row.key("category_id")
        if picture not in pictures:
            raise row.fault(f"is of the picture {picture}, which `images` does not list")
        if not names.get(kind):
            raise row.fault(f"is of the category {kind}, which `categories` does not name")
        objects[picture][names[kind]] = None
    return [DetectedPicture(pictures[key], tuple(found)) for key, found in objects.items()]


def _read(path: str) -> Item:
    with open_file(official(path, RELEASE)) as file:
        try:
            value = read_json(file.read(), _slim)
        except ValueError as error:
            raise SourceError(f"{path} is broken JSON: {error}.") from error
    if not isinstance(value, dict):
        raise SourceError(f"{Path(path)} holds a JSON {type(value).__name__}, and it must be one object: {RELEASE}.")
    return Item(path, value)


def _slim(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in pairs if name in _KEPT}
