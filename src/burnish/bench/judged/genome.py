"""What SHR's judge knows of pictures: Visual Genome's regions and SHR's further facts, or ground truths."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from burnish.bench.judged.answers import Given
from burnish.bench.judged.configs import ShrConfig
from burnish.bench.standard.files import Item, items, listed
from burnish.errors import SourceError

REGIONS = "region_descriptions.json is in region_descriptions.json.zip of Visual Genome's downloads"
IMAGE_DATA = "image_data.json is in image_data.json.zip of Visual Genome's downloads"
FACTUAL = "shr_factual_part1.jsonl and shr_factual_part2.jsonl are in the SHR data of github.com/opendatalab/HA-DPO"


class PictureFacts(NamedTuple):
    """What is known of one picture, as lines of text."""

    regions: str
    factual: str = ""


class _Size(NamedTuple):
    """Of a picture, in pixels."""

    width: float
    height: float


def ground_truths(given: Mapping[str, Given], path: str) -> dict[str, PictureFacts]:
    """Each answer's ground truth. Raises SourceError for an answer without one."""
    for key, answer in given.items():
        if not answer.truth:
            raise SourceError(f"{path} has no ground truth for {key}: give --regions and --image-data.")
    return {key: PictureFacts(answer.truth) for key, answer in given.items()}


def read_known(config: ShrConfig, asked: Collection[str]) -> dict[str, PictureFacts]:
    """Visual Genome's regions of the pictures that are asked about, and their further facts. Raises SourceError."""
    sizes = {
        key: _Size(item.number("width"), item.number("height"))
        for item in items(config.image_data or "", IMAGE_DATA)
        if (key := item.key("image_id")) in asked
    }
    _check_all_there(sizes, asked, config.image_data or "", IMAGE_DATA)
    regions: dict[str, str] = {}
    for item in items(config.regions or "", REGIONS):
        found = list(listed(item, "regions"))
        if found and (key := found[0].key("image_id")) in asked:
            regions[key] = "\n".join(_line(region, sizes[key]) for region in found if region.text("phrase"))
    _check_all_there(regions, asked, config.regions or "", REGIONS)
    factual = _factual(config.factual, asked)
    return {key: PictureFacts(lines, factual.get(key, "")) for key, lines in regions.items()}


def _check_all_there(found: Collection[str], asked: Collection[str], path: str, release: str) -> None:
    missing = next((key for key in asked if key not in found), None)
    if missing is not None:
        raise SourceError(f"{path} has no picture {missing}, of which there is a description: {release}.")


def _line(region: Item, size: _Size) -> str:
    """ "[0.1, 0.25, 0.5, 0.75]: a red car": the box in shares of the picture."""
    left, top = region.number("x"), region.number("y")
    right, bottom = left + region.number("width"), top + region.number("height")
    corners = left / size.width, top / size.height, right / size.width, bottom / size.height
    return f"{[round(corner, 2) for corner in corners]}: {region.text('phrase')}"


def _factual(paths: Collection[str], asked: Collection[str]) -> dict[str, str]:
    """The further facts of pictures; each line of a file is {"picture's id": ["fact", …]}."""
    return {
        key: "\n".join(map(str, item.sequence(key)))
        for path in paths
        for item in items(path, FACTUAL)
        for key in item.values
        if key in asked
    }
