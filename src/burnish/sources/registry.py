"""The kinds of sources by name: a new kind is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from burnish.sources.base import Source
from burnish.sources.fire import FireSource
from burnish.sources.folder import open_folder
from burnish.sources.huggingface import HuggingFaceSource
from burnish.sources.llava import LlavaSource
from burnish.sources.pocket import PocketSource
from burnish.sources.spec import Spec, parse_spec, split_specs
from burnish.sources.webdataset import WebDatasetSource

KINDS: Mapping[str, Callable[[Spec], Source]] = {
    "llava": LlavaSource.from_spec,
    "folder": open_folder,
    "fire": FireSource.from_spec,
    "huggingface": HuggingFaceSource.from_spec,
    "webdataset": WebDatasetSource.from_spec,
    "pocket": PocketSource.from_spec,
}


def open_source(text: str) -> Source:
    """The source that `kind:path#option=value` names. Raises SourceError where it cannot be understood."""
    spec = parse_spec(text, KINDS)
    return KINDS[spec.kind](spec)


def open_sources(text: str) -> list[Source]:
    """The sources of a comma-joined list."""
    return [open_source(one) for one in split_specs(text, KINDS)]
