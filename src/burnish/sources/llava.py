"""`llava:file.json`: conversations about pictures in the format of LLaVA-665K, as a JSON array or as JSONL.

An item is `{"id", "image", "conversations": [{"from": "human" | "gpt", "value"}, …]}`, or has a list of one picture,
`images`, `messages`, `role` and `content`, as other tools write them. Every human turn is a question of its own, as in
SeVa (section 4.1); its answer is the turn that follows. The source's name is the first folder of the picture's path
(`coco`, `gqa`, `ocr_vqa`, `textvqa`, `vg`), and `text` for items without a picture, which only supervised training
takes. Options: `#root=DIR` where the pictures do not lie beside the file; `#strip=NAME+NAME` for the sources whose
questions lose the request for a short answer (`ocr_vqa`, as SeVa had it, unless given; `none` for none).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

from burnish.errors import ImageError, LineError
from burnish.records import Dropped, Example
from burnish.sources.base import Candidate, Source, dropped_row, key_of, refuse_useless, with_picture, without_picture
from burnish.sources.conversation import Messages, Question, is_asked, questions, read_messages
from burnish.sources.embedded import MISSING, picture_bytes
from burnish.sources.fields import scalar_field, text_field
from burnish.sources.json_items import Row, json_items
from burnish.sources.photos import ENDINGS
from burnish.sources.remote import RemoteFolder, Root, read_picture, root_at, table_at
from burnish.sources.spec import Spec

TEXT = "text"
"""The source of items without a picture."""
FOUND_AS = "found as"
"""The fact that tells where a picture was found that is not where its item says."""
_TALKS = ("conversations", "messages")
_PICTURES = ("image", "images")
_DATA = "data:"
SHORT_ANSWER = "Answer the question using a single word or phrase."
"""What LLaVA-665K puts behind the questions of its VQA parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LlavaSource(Source):
    """Conversations in the format of LLaVA-665K, read in a stream: the real file has a gigabyte."""

    path: Path
    root: Root
    """What picture paths are relative to; nothing outside it is ever opened."""
    strip: frozenset[str] = frozenset({"ocr_vqa"})
    """Names of sources whose questions lose SHORT_ANSWER."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`llava:PATH` with its options."""
        options = spec.only("root", "strip")
        path = table_at(spec.path)
        strip = frozenset(options.get("strip", "ocr_vqa").split("+")) - {"none"}
        return cls(path=path, root=root_at(options.get("root"), spec.path), strip=strip)

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each human turn, and a Dropped for each item or turn that cannot be used."""
        questions = (outcome for row in json_items(self.path) for outcome in self._questions(row))
        return refuse_useless(questions, str(self.path), "give a file in the format of LLaVA-665K")

    def load(self, candidate: Candidate) -> Example:
        """Reads the picture's file, or one that has the same name and another ending, as OCR-VQA's GIFs have."""
        if not candidate.image:
            return without_picture(candidate)
        try:
            return with_picture(candidate, picture_bytes(candidate.image, self.root, None))
        except ImageError as error:
            if error.reason != MISSING or (beside := self._beside(candidate.image)) is None:
                raise
            candidate = replace(candidate, facts={**candidate.facts, FOUND_AS: beside})
            return with_picture(candidate, read_picture(self.root, beside))

    def _beside(self, image: str) -> str | None:
        """The path of a picture that differs in its ending alone."""
        if isinstance(self.root, RemoteFolder):  # each look would be a call
            return None
        paths = (str(PurePosixPath(image).with_suffix(ending)) for ending in ENDINGS)
        return next((path for path in paths if (self.root / path).is_file()), None)

    @property
    def _name(self) -> str:
        return self.path.stem.lower()

    def _questions(self, row: Row) -> Iterator[Candidate | Dropped]:
        source = self._source_of(row)
        try:
            item = _item(row)
        except LineError as error:
            yield dropped_row(row.place, source, error)
            return
        for found in questions(item.messages):
            if not isinstance(found, Question):
                number, fault = found
                yield dropped_row(f"{row.place}, message {number}", source, fault)
                continue
            yield Candidate(
                id=key_of(f"{row.place}, message {found.number}"),
                image=item.image,
                question=self._question(found.text, source),
                answer=found.answer,
                source=source,
                before=found.before,
                facts={"item": item.id} if item.id else {},
            )

    def _source_of(self, row: Row) -> str:
        """The data set that an item comes from: in LLaVA-665K, the first folder of its picture's path."""
        if isinstance(row.values, LineError):
            return self._name
        try:
            image = _picture(row.values)
        except LineError:
            return self._name
        if not image:
            return TEXT
        path, root = (
            PurePosixPath(image),
            self.root.address if isinstance(self.root, RemoteFolder) else self.root.resolve(),
        )
        inside = path.relative_to(root) if path.is_relative_to(root) else path
        folders = [] if image.startswith(_DATA) else PurePosixPath(str(inside).lower().lstrip("/")).parts[:-1]
        return folders[0] if folders else self._name

    def _question(self, text: str, source: str) -> str:
        """Without the request for a short answer where the source loses that; as it is where nothing would be left."""
        return (text.removesuffix(SHORT_ANSWER).rstrip() if source in self.strip else text) or text


class _Item(NamedTuple):
    """One conversation, about one picture or none."""

    id: str | None
    image: str
    messages: Messages


def _item(row: Row) -> _Item:
    if isinstance(row.values, LineError):
        raise row.values
    image = _picture(row.values)
    name = next((one for one in _TALKS if one in row.values), _TALKS[0])
    messages = read_messages(row.values.get(name), name)
    if not is_asked(messages):
        raise LineError("no question", "has no message from 'human' or 'user'")
    return _Item(scalar_field(row.values, "id"), image, messages)


def _picture(values: Mapping[str, object]) -> str:
    """The picture's path with `/`, or a data URL; empty for an item without one. Raises LineError for several."""
    name = next((one for one in _PICTURES if values.get(one)), _PICTURES[0])
    value = values.get(name)
    if isinstance(value, list):
        if len(value) > 1:
            raise LineError("several images", f"has {len(value)} pictures as {name!r}, and one is read")
        value = value[0] if value else None
    if value is None or value == "":
        return ""
    text = text_field({name: value}, name)
    return text if "/" in text else text.replace("\\", "/")
