"""`webdataset:shards/*.tar`: pictures and JSON in tar files, in the layout of WebDataset, never unpacked.

Files of one sample follow one another and share their name up to its first dot: a picture, and `json`, whose fields are
as in a table of questions (`question`, `answer`, `id`, `source`) or hold a conversation (`conversations`, `messages`);
`txt` is a field too. Options: `#question=FIELD` and so on where a field is called otherwise (`#answer=txt` for
captions), `#ask=TEXT` as in `folder:`, `#which=2` or `#which=all` where a sample has several pictures (`7.left.jpg`,
`7.right.jpg`, `7.json`), in the order of the tar file.
"""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, Self

from burnish.errors import ImageError, LineError, SourceError
from burnish.images import MAX_BYTES
from burnish.plain_files import open_plain
from burnish.records import Dropped, Example
from burnish.sources.asks import ask_all, read_asks
from burnish.sources.base import Candidate, Source, dropped_row, refuse_useless, with_picture
from burnish.sources.conversation import NAMES, TurnQuestion, questions, read_messages
from burnish.sources.fields import kind_of, one_line, scalar_field, text_field
from burnish.sources.photos import ENDINGS
from burnish.sources.remote import files_at, is_address, table_at
from burnish.sources.spec import Spec, at_home
from burnish.sources.which import Which, chosen, read_which

ROLES = ("question", "answer", "id", "source")
_TEXTS = (".json", ".txt")
_MEND = "name its fields with #question=FIELD, or ask the same of all with #ask=TEXT"


class _File(NamedTuple):
    """A file in a shard."""

    sample: str
    """The name that files of one sample share."""
    ending: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebDatasetSource(Source):
    """Shards in the order of their names, read in a stream; a picture is read at its place in its shard."""

    pattern: str
    named: Mapping[str, str]
    """The field of a role that is not called like it."""
    asks: tuple[str, ...] = ()
    which: Which = None
    """The pictures that are asked about, where a sample has several."""

    @classmethod
    def from_spec(cls, spec: Spec) -> Self:
        """`webdataset:PATTERN` with its options."""
        options = spec.only("ask", "which", *ROLES)
        named = {role: options[role] for role in ROLES if role in options}
        which = read_which(options.get("which"), spec.path)
        return cls(pattern=at_home(spec.path), named=named, asks=read_asks(options.get("ask")), which=which)

    def candidates(self) -> Iterator[Candidate | Dropped]:
        """One for each sample, or for each question of its conversation."""
        return refuse_useless(self._candidates(), self.pattern, _MEND)

    def load(self, candidate: Candidate) -> Example:
        """Reads the pictures at their places."""
        return with_picture(candidate, *map(_picture_at, (candidate.image, *candidate.more_images)))

    def _candidates(self) -> Iterator[Candidate | Dropped]:
        if not (shards := files_at(self.pattern)):
            raise SourceError(f"{self.pattern} fits no file: give a tar file, or a pattern such as shards/*.tar.")
        for shard in shards:
            for sample, files in groupby(_files(shard), key=lambda file: file.sample):
                yield from self._of_sample(shard, sample, {file.ending: file for file in files})

    def _of_sample(self, shard: str, sample: str, files: Mapping[str, _File]) -> Iterator[Candidate | Dropped]:
        name = f"{Path(shard).stem}/{sample}"
        try:
            first, *more = self._pictures(files)
            values = _values(shard, files)
            plain = Candidate(
                id=scalar_field(values, self._field("id")) or name,
                image=_place(shard, first),
                more_images=tuple(_place(shard, one) for one in more),
                question="",
                answer=scalar_field(values, self._field("answer")),
                source=scalar_field(values, self._field("source")) or _folder_of(shard),
            )
            yield from ask_all(plain, self.asks) if self.asks else self._asked(plain, values, name)
        except LineError as error:
            yield dropped_row(name, Path(shard).stem, error)

    def _pictures(self, files: Mapping[str, _File]) -> Sequence[_File]:
        """The sample's pictures that are asked about. Raises LineError for none, and for several unless chosen."""
        plain = [file for ending, file in files.items() if ending in ENDINGS]
        every = [file for ending, file in files.items() if f".{ending.rpartition('.')[2]}" in ENDINGS]
        if not every:
            raise LineError("no image", f"has no picture, only {', '.join(files)}")
        return plain[:1] if plain and self.which is None else chosen(every, self.which)

    def _asked(self, plain: Candidate, values: Mapping[str, object], name: str) -> Iterator[Candidate | Dropped]:
        talk = next((one for one in NAMES if isinstance(values.get(one), list)), None)
        if talk is None or self._field("question") in values:
            yield replace(plain, question=text_field(values, self._field("question")))
            return
        for found in questions(read_messages(values[talk], talk)):
            if isinstance(found, TurnQuestion):
                key, answer = f"{plain.id}, message {found.number}", plain.answer or found.answer
                yield replace(plain, id=key, question=found.text, answer=answer, before=found.before)
            else:
                yield dropped_row(f"{name}, message {found[0]}", plain.source, found[1])

    def _field(self, role: str) -> str:
        return self.named.get(role, role)


def _folder_of(shard: str) -> str:
    """The name of the folder that a shard is in."""
    path = PurePosixPath(shard) if is_address(shard) else Path(shard).resolve()
    return path.parent.name.lower()


def _place(shard: str, picture: _File) -> str:
    return json.dumps([shard, picture.offset, picture.size])


def _picture_at(place: str) -> bytes:
    """The content of a picture's file. Raises ImageError."""
    shard, offset, size = json.loads(place)
    if size > MAX_BYTES:
        raise ImageError("file too large", f"A picture in {shard} has more than {MAX_BYTES:,} bytes.")
    try:
        return _read(shard, offset, size)
    except OSError as error:
        raise ImageError("unreadable image", f"{shard} cannot be read: {error.strerror}.") from error


def _files(shard: str) -> Iterator[_File]:
    """The plain files of a shard. Raises SourceError for what is not a tar file, or is compressed."""
    try:
        with _opened(shard) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                if member.isfile():
                    path = PurePosixPath(member.name)
                    stem, dot, ending = path.name.partition(".")
                    sample = str(path.with_name(stem)) if stem else member.name
                    yield _File(sample, f"{dot}{ending}".lower(), member.offset_data, member.size)
                tar.members = []  # type: ignore[attr-defined]  # a long shard would fill the memory with them
    except (tarfile.TarError, OSError) as error:
        raise SourceError(
            f"{shard} cannot be read as a tar file ({one_line(error)}): give shards that are not compressed."
        ) from error


def _values(shard: str, files: Mapping[str, _File]) -> Mapping[str, object]:
    """The fields of a sample. Raises LineError for texts that cannot be read."""
    values: dict[str, object] = {}
    for ending in _TEXTS:
        if (file := files.get(ending)) is None:
            continue
        if file.size > MAX_BYTES:
            raise LineError("file too large", f"has a {ending} of more than {MAX_BYTES:,} bytes")
        try:
            text = _read(shard, file.offset, file.size).decode("utf-8")
            found = json.loads(text) if ending == ".json" else {"txt": text.strip()}
        except UnicodeDecodeError as error:
            raise LineError("not UTF-8", f"has a {ending} that is not UTF-8 text") from error
        except (ValueError, RecursionError) as error:
            raise LineError("broken JSON", f"has broken JSON: {error}") from error
        if not isinstance(found, dict):
            raise LineError("no JSON object", f"has a JSON {kind_of(found)}, not an object")
        values |= found
    return values


@lru_cache(maxsize=1024)
def _copy_of(shard: str) -> Path:
    """Where a shard lies on this disk; asked for once a process, as each picture would ask again."""
    return table_at(shard)


def _opened(shard: str) -> BinaryIO:
    """The shard for reading. Raises OSError, also for a pipe, which would be waited for."""
    return os.fdopen(open_plain(_copy_of(shard), os.O_RDONLY, follow=True), "rb")


def _read(shard: str, offset: int, size: int) -> bytes:
    with _opened(shard) as file:
        file.seek(offset)
        return file.read(size)
