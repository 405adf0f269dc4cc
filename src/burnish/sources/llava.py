"""`llava:file.json`: conversations about pictures in the format of LLaVA-665K, as a JSON array or as JSONL.

An item is `{"id", "image", "conversations": [{"from": "human" | "gpt", "value"}, …]}`. Every human turn is a question
of its own, as in SeVa (section 4.1); its answer is the turn that follows. The source's name is the first folder of
the picture's path (`coco`, `gqa`, `ocr_vqa`, `textvqa`, `vg`), and `text` for items without a picture, which are
dropped. Options: `#root=DIR` where the pictures do not lie beside the file; `#strip=NAME+NAME` for the sources
whose questions lose the request for a short answer (`ocr_vqa`, as SeVa had it, unless given; `none` for none).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

from burnish.errors import LineError
from burnish.images import read_inside
from burnish.records import Dropped, Example
from burnish.sources.base import Candidate, Source, dropped_row, key_of, refuse_useless, with_picture
from burnish.sources.fields import scalar_field, text_field
from burnish.sources.json_items import json_items
from burnish.sources.spec import Spec, at_home
from burnish.sources.tables import Row

SHORT_ANSWER = "Answer the question using a single word or phrase."
"""What LLaVA-665K puts behind the questions of its VQA parts."""
IMAGE_TOKEN = "<image>"


@dataclass(frozen=True, slots=True, kw_only=True)
class LlavaSource(Source):
    """Conversations in the format of LLaVA-665K, read in a stream: the real file has a gigabyte."""

    path: Path
    root: Path
    """What picture paths are relative to; nothing outside it is ever opened."""
    strip: frozenset[str] = frozenset({"ocr_vqa"})
    """Names of sources whose questions lose SHORT_ANSWER."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`llava:PATH` with its options."""
        options = spec.only("root", "strip")
        path = Path(at_home(spec.path))
        strip = frozenset(options.get("strip", "ocr_vqa").split("+")) - {"none"}
        return cls(path=path, root=Path(at_home(options.get("root", str(path.parent)))), strip=strip)

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each human turn, and a Dropped for each item or turn that cannot be used."""
        questions = (outcome for row in json_items(self.path) for outcome in self._questions(row))
        return refuse_useless(questions, str(self.path), "give a file in the format of LLaVA-665K")

    def load(self, candidate: Candidate) -> Example:
        """Reads the picture's file."""
        return with_picture(candidate, read_inside(self.root, candidate.image))

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
        for number, message in enumerate(item.messages):
            place = f"{row.place}, message {number + 1}"
            try:
                if _speaker(message) == "human":
                    yield Candidate(
                        id=key_of(place),
                        image=item.image,
                        question=self._question(message, source),
                        answer=_reply(item.messages[number + 1 : number + 2]),
                        source=source,
                        facts={"item": item.id} if item.id else {},
                    )
            except LineError as error:
                yield dropped_row(place, source, error)

    def _source_of(self, row: Row) -> str:
        """The data set that an item comes from: in LLaVA-665K, the first folder of its picture's path."""
        if isinstance(row.values, LineError):
            return self._name
        try:
            folders = PurePosixPath(text_field(row.values, "image").lower().lstrip("/")).parts[:-1]
        except LineError:
            return "text" if row.values.get("image") is None else self._name
        return folders[0] if folders else self._name

    def _question(self, message: Mapping[str, object], source: str) -> str:
        text = text_field(message, "value").replace(IMAGE_TOKEN, "").strip()
        if source in self.strip:
            text = text.removesuffix(SHORT_ANSWER).rstrip()
        if not text:
            raise LineError("no question", "asks nothing")
        return text


class _Item(NamedTuple):
    """One conversation about one picture."""

    id: str | None
    image: str
    messages: Sequence[Mapping[str, object]]


def _item(row: Row) -> _Item:
    if isinstance(row.values, LineError):
        raise row.values
    image = text_field(row.values, "image")
    messages = row.values.get("conversations")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise LineError("no conversation", "has no list of messages as 'conversations'")
    if not any(message.get("from") == "human" for message in messages):
        raise LineError("no question", "has no message from 'human'")
    return _Item(scalar_field(row.values, "id"), image, messages)


def _speaker(message: Mapping[str, object]) -> str:
    speaker = text_field(message, "from")
    if speaker not in ("human", "gpt"):
        raise LineError("unknown speaker", f"is from {speaker!r}, not from 'human' or 'gpt'")
    return speaker


def _reply(following: Sequence[Mapping[str, object]]) -> str | None:
    """The answer in the message that follows a question, if there is one: SeVa needs none."""
    return scalar_field(following[0], "value") if following and following[0].get("from") == "gpt" else None
