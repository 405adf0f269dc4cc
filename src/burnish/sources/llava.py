"""`llava:file.json`: conversations about pictures in the format of LLaVA-665K, as a JSON array or as JSONL.

An item is `{"id", "image", "conversations": [{"from": "human" | "gpt", "value"}, …]}`, or has a list of one picture,
`images`, `messages`, `role` and `content`, as other tools write them (of several pictures `#which=1` asks about the
first, `#which=all` about all of them together). Every human turn is a question of its own, as in
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
from burnish.records import Dropped, Example, Json
from burnish.sources.base import Candidate, Source, dropped_row, key_of, refuse_useless, with_picture, without_picture
from burnish.sources.conversation import Messages, TurnQuestion, is_asked, questions, read_messages
from burnish.sources.embedded import MISSING, picture_bytes
from burnish.sources.fields import scalar_field, text_field
from burnish.sources.json_items import FileRow, json_items
from burnish.sources.photos import ENDINGS
from burnish.sources.remote import RemoteFolder, Root, read_picture, root_at, table_at
from burnish.sources.spec import Spec
from burnish.sources.which import Which, chosen, read_which

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
    which: Which = None
    """The pictures that are asked about, where an item has several."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`llava:PATH` with its options."""
        options = spec.only("root", "strip", "which")
        path = table_at(spec.path)
        strip = frozenset(options.get("strip", "ocr_vqa").split("+")) - {"none"}
        root, which = root_at(options.get("root"), spec.path), read_which(options.get("which"), spec.path)
        return cls(path=path, root=root, strip=strip, which=which)

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each human turn, and a Dropped for each item or turn that cannot be used."""
        questions = (outcome for row in json_items(self.path) for outcome in self._questions(row))
        return refuse_useless(questions, str(self.path), "give a file in the format of LLaVA-665K")

    def load(self, candidate: Candidate) -> Example:
        """Reads the pictures' files, or those that have the same name and another ending, as OCR-VQA's GIFs have."""
        if not candidate.image:
            return without_picture(candidate)
        found = [self._found(image) for image in (candidate.image, *candidate.more_images)]
        if elsewhere := [beside for _, beside in found if beside]:
            found_as: Json = elsewhere[0] if len(found) == 1 else [*elsewhere]
            candidate = replace(candidate, facts={**candidate.facts, FOUND_AS: found_as})
        return with_picture(candidate, *(data for data, _ in found))

    def _found(self, image: str) -> tuple[bytes, str]:
        """A picture's file content, and where it was found if that is not where the item says."""
        try:
            return picture_bytes(image, self.root), ""
        except ImageError as error:
            if error.reason != MISSING or (beside := self._beside(image)) is None:
                raise
            return read_picture(self.root, beside), beside

    def _beside(self, image: str) -> str | None:
        """The path of a picture that differs in its ending alone."""
        if isinstance(self.root, RemoteFolder):  # each look would be a call
            return None
        paths = (str(PurePosixPath(image).with_suffix(ending)) for ending in ENDINGS)
        return next((path for path in paths if (self.root / path).is_file()), None)

    @property
    def _name(self) -> str:
        return self.path.stem.lower()

    def _questions(self, row: FileRow) -> Iterator[Candidate | Dropped]:
        source = self._source_of(row)
        try:
            item = self._item(row)
        except LineError as error:
            yield dropped_row(row.place, source, error)
            return
        for found in questions(item.messages):
            if not isinstance(found, TurnQuestion):
                number, fault = found
                yield dropped_row(f"{row.place}, message {number}", source, fault)
                continue
            yield Candidate(
                id=key_of(f"{row.place}, message {found.number}"),
                image=item.pictures[0] if item.pictures else "",
                more_images=item.pictures[1:],
                question=self._question(found.text, source),
                answer=found.answer,
                source=source,
                before=found.before,
                facts={"item": item.id} if item.id else {},
            )

    def _source_of(self, row: FileRow) -> str:
        """The data set that an item comes from: in LLaVA-665K, the first folder of its picture's path."""
        if isinstance(row.values, LineError):
            return self._name
        try:
            pictures = _pictures(row.values)
        except LineError:
            return self._name
        if not pictures:
            return TEXT
        image = pictures[0]
        path, root = (
            PurePosixPath(image),
            self.root.address if isinstance(self.root, RemoteFolder) else self.root.resolve(),
        )
        inside = path.relative_to(root) if path.is_relative_to(root) else path
        folders = [] if image.startswith(_DATA) else PurePosixPath(str(inside).lower().lstrip("/")).parts[:-1]
        return folders[0] if folders else self._name

    def _item(self, row: FileRow) -> _LlavaItem:
        if isinstance(row.values, LineError):
            raise row.values
        pictures = tuple(chosen(_pictures(row.values), self.which))
        name = next((one for one in _TALKS if one in row.values), _TALKS[0])
        messages = read_messages(row.values.get(name), name)
        if not is_asked(messages):
            raise LineError("no question", "has no message from 'human' or 'user'")
        return _LlavaItem(scalar_field(row.values, "id"), pictures, messages)

    def _question(self, text: str, source: str) -> str:
        """Without the request for a short answer where the source loses that; as it is where nothing would be left."""
        return (text.removesuffix(SHORT_ANSWER).rstrip() if source in self.strip else text) or text


class _LlavaItem(NamedTuple):
    """One conversation, about pictures or none."""

    id: str | None
    pictures: tuple[str, ...]
    messages: Messages


def _pictures(values: Mapping[str, object]) -> tuple[str, ...]:
    """The paths of an item's pictures with `/`, or data URLs. Raises LineError for what is no text."""
    name = next((one for one in _PICTURES if values.get(one)), _PICTURES[0])
    value = values.get(name)
    texts = [text_field({name: one}, name) for one in (value if isinstance(value, list) else [value]) if one]
    return tuple(text if "/" in text else text.replace("\\", "/") for text in texts)
