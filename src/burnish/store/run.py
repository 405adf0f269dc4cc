"""The run: a manifest, append-only records, and pictures under their content's name.

    RUN/manifest.json           what made the run: configuration, seed, fingerprints, version
    RUN/records/00000.jsonl     records, one JSON line each, 10,000 lines a file
    RUN/images/ab/abcd….png     pictures, named by the SHA-256 of their bytes
    RUN/journal.jsonl           replies of models for records that need several and are not yet there
    RUN/notes.json              what was found out on the way: how an endpoint had to be asked
    RUN/before/records/         the records of a finished run, while some of them are made anew
    RUN/done.json               the summary, written last: with it the run is finished
    RUN/lock                    held by the one process that writes, with its process id

A process may be killed at any moment. Small files and pictures appear whole or not at all; a picture is there
before the record that names it; and of records and journal only the last line can be torn, which the next start
cuts off. So what a run holds is always a beginning of what an undisturbed run holds.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, final

from burnish.errors import ImageError, RunError
from burnish.ids import content_key
from burnish.images import MAX_BYTES
from burnish.jsons import read_json
from burnish.plain_files import read_plain
from burnish.records import Json, Record
from burnish.store import manifest as manifests
from burnish.store.codec import dump, from_line, to_line
from burnish.store.disk import explained, lock, refuse_links, write_whole
from burnish.store.extensions import EXTENSIONS, extension_of
from burnish.store.journal import NAME as JOURNAL
from burnish.store.journal import Journal, JournalEntry, delete_journal
from burnish.store.lines import Line, Lines, delete_lines
from burnish.store.manifest import Manifest, read_manifest, refuse_changes, write_manifest

R = TypeVar("R", bound=Record)

_DONE = "done.json"
_BEFORE = "before"
_NOTES = "notes.json"
_LOCK = "lock"
_KEY = re.compile("[0-9a-f]{64}")


@final
class Run:
    """A folder of records and pictures; a context manager that holds the lock while it may write.

    Made by `Run.begin` (to write) or `Run.open` (to read what is there now). Every method that touches the disk
    raises RunError, with one sentence, for a full disk, a missing permission or a damaged file.
    """

    def __init__(self, path: Path, manifest: Manifest, *, lock_descriptor: int | None) -> None:
        self._path, self._manifest, self._lock = path, manifest, lock_descriptor
        self._lines = Lines(path / "records")
        self._summary = _read_summary(path)
        self._opened_journal: Journal | None = None

    @classmethod
    def begin(cls, path: Path, manifest: Manifest, *, restart: bool = False) -> Run:
        """Create the run, or go on with it where it stopped; a finished run of the same configuration is simply done.

        `restart` deletes what an earlier run made in this folder. Raises RunLocked while another process writes,
        ConfigChanged when the run was begun differently, RunError for a folder that holds something else.
        """
        with explained(path, "written"):
            refuse_links(path)
            _refuse_other_folders(path)
            (path / "records").mkdir(parents=True, exist_ok=True)
            descriptor = lock(path / _LOCK)
            try:
                exists = (path / manifests.NAME).exists()
                if restart and exists:
                    _delete_contents(path)
                if restart or not exists:
                    write_manifest(path, manifest)
                begun = read_manifest(path)
                refuse_changes(path, begun, manifest)
                run = cls(path, begun, lock_descriptor=descriptor)
                run._lines.cut_torn()
                return run
            except BaseException:
                os.close(descriptor)
                raise

    @classmethod
    def open(cls, path: Path) -> Run:
        """Read a run, finished or not, without a lock; records appended later are not seen."""
        with explained(path, "read"):
            return cls(path, read_manifest(path), lock_descriptor=None)

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._path

    @property
    def manifest(self) -> Manifest:
        """What made the run, as it was first begun."""
        return self._manifest

    @property
    def summary(self) -> dict[str, Json] | None:
        """What `finish` was given; None until then."""
        return self._summary

    def __len__(self) -> int:
        """Records in the run."""
        return len(self._lines)

    def append(self, records: Iterable[Record]) -> None:
        """Add records in order; each has left this process before the next is taken, and survives its death."""
        self._require_writing()
        for record in records:
            try:
                line = to_line(record)
                with explained(self._path, "written"):
                    self._lines.append(line)
            except ValueError as error:
                raise RunError(f"Record {record.id!r} cannot be stored in {self._path}: {error}.") from error
            with explained(self._path, "written"):
                if self._opened_journal is not None:
                    self._opened_journal.forget(before=len(self._lines))

    def append_lines(self, lines: Iterable[bytes]) -> None:
        """Add records as another run holds them, in order, each as `append` does."""
        self._require_writing()
        with explained(self._path, "written"):
            for line in lines:
                self._lines.append(line)

    def lines(self, start: int) -> Iterator[bytes]:
        """The records from this place on, as the run holds them: for `append_lines` of another."""
        with explained(self._path, "read"):
            yield from (line.text for line in self._lines.starting_at(start))

    def set_aside(self) -> None:
        """Begin the records anew, with those that are there kept aside until the run is finished; see `before`."""
        self._require_lock()
        with explained(self._path, "written"):
            (self._path / _DONE).unlink(missing_ok=True)
            (self._path / _BEFORE).mkdir(exist_ok=True)
            if not (self._path / _BEFORE / "records").exists():
                self._lines.close()
                (self._path / "records").rename(self._path / _BEFORE / "records")
                (self._path / "records").mkdir()
            self._lines, self._summary = Lines(self._path / "records"), None

    @property
    def aside(self) -> Path | None:
        """Where what was set aside is; None where nothing was."""
        folder = self._path / _BEFORE
        return folder if (folder / "records").exists() else None

    def before(self, start: int) -> Iterator[Record] | None:
        """The records that were set aside, from this place on; None where none were."""
        if self.aside is None:
            return None
        return (_record(line) for line in islice(Lines(self.aside / "records"), start, None))

    def reply(self, part: JournalEntry) -> Json:
        """The reply that `keep_reply` was given for this part, by this process or an earlier one; None without."""
        return self._journal().get(part)

    def keep_replies(self, replies: Mapping[JournalEntry, Json]) -> None:
        """Keep what models said for records that are not yet in the run, until they are; all of it or nothing.

        The replies have left this process when the call returns, and survive its death.
        """
        try:
            with explained(self._path, "written"):
                self._journal().put(replies)
        except ValueError as error:
            raise RunError(f"Replies cannot be stored in {self._path}: {error}.") from error

    def keep_reply(self, part: JournalEntry, reply: Json) -> None:
        """Keep one reply, as `keep_replies` does."""
        self.keep_replies({part: reply})

    @property
    def notes(self) -> tuple[str, ...]:
        """What `note` was given, by this process or an earlier one, each once."""
        return _read_notes(self._path)

    def note(self, texts: Iterable[str]) -> None:
        """Keep what was found out on the way, and is not part of a record; it survives the death of this process."""
        self._require_lock()
        noted = self.notes
        new = [text for text in texts if text not in noted]
        if new:
            with explained(self._path, "written"):
                write_whole(self._path / _NOTES, dump([*noted, *new]).encode(), sync=False)

    def _journal(self) -> Journal:
        if self._opened_journal is None:
            self._require_writing()
            with explained(self._path, "written"):
                self._opened_journal = Journal(self._path / JOURNAL, begin=len(self))
        return self._opened_journal

    def add_image(self, data: bytes) -> str:
        """Keep a picture's file content, once, and return the key by which records name it."""
        self._require_writing()
        key = content_key(data)
        path = self._image_folder(key) / f"{key}.{extension_of(data)}"
        with explained(self._path, "written"):
            # The size tells a whole file from one that a power failure left empty.
            if not path.is_file() or path.stat().st_size != len(data):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, data, sync=False)
        return key

    def take_image(self, path: Path) -> None:
        """Move a picture here that another run has kept, under the name that it has there."""
        self._require_writing()
        target = self._image_folder(path.stem) / path.name
        with explained(target, "written"):
            if target.is_file() and target.stat().st_size == path.stat().st_size:
                path.unlink()
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.rename(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                write_whole(target, path.read_bytes(), sync=False)
                path.unlink()

    def image(self, key: str) -> bytes:
        """The file content of the picture with this key.

        Raises ImageError where that is another content, or a file too large.
        """
        path = self.image_path(key)
        with explained(path, "read"):
            data = read_plain(path, follow=False, most_bytes=MAX_BYTES)
        if content_key(data) != key:
            raise ImageError("damaged image", f"{path} is not the picture that its name says: copy the run again.")
        return data

    def image_path(self, key: str) -> Path:
        """Where the picture with this key lies. Raises ImageError where a link, a pipe or a large file has its name."""
        if _KEY.fullmatch(key):  # a run from elsewhere must not name files outside its folder
            for extension in EXTENSIONS:
                path = self._image_folder(key) / f"{key}.{extension}"
                with explained(path, "read"):
                    if os.path.lexists(path):
                        _refuse_strange(path)
                        return path
        raise RunError(f"{self._path} holds no picture {key}: copy the run again, with its images.")

    def _image_folder(self, key: str) -> Path:
        return self._path / "images" / key[:2]

    def __iter__(self) -> Iterator[Record]:
        """All records in order, one at a time from the disk. RunError names the file and line that is damaged."""
        with explained(self._path, "read"):
            for line in self._lines:
                yield _record(line)

    def at(self, index: int) -> Record:
        """The record at this place, from 0 to `len` - 1."""
        with explained(self._path, "read"):
            return _record(self._lines.at(index))

    def holding(self, text: str) -> Iterator[tuple[int, Record | None]]:
        """Every place in order, with its record where that may hold the text somewhere, in small or capital letters.

        A sieve, ten times as fast as reading every record: what it lets through is still to be looked at.
        """
        wanted = json.dumps(text, ensure_ascii=False)[1:-1].casefold()
        with explained(self._path, "read"):
            for index, line in enumerate(self._lines):
                yield index, _record(line) if wanted in line.text.decode(errors="replace").casefold() else None

    def records(self, kind: type[R]) -> Iterator[R]:
        """The records of one kind, in order."""
        return (record for record in self if isinstance(record, kind))

    def finish(self, summary: Mapping[str, Json]) -> None:
        """Mark the run as finished: all records are on the disk itself before the mark is.

        A finished run may be given a new summary, because its records can be scored anew.
        """
        self._require_lock()
        with explained(self._path, "written"):
            self._lines.close()
            self._close_journal()
            delete_journal(self._path)
            if (self._path / _BEFORE).exists():
                shutil.rmtree(self._path / _BEFORE)
            write_whole(self._path / _DONE, dump(dict(summary)).encode(), sync=True)
        self._summary = dict(summary)

    def _require_lock(self) -> None:
        if self._lock is None:
            raise RunError(f"{self._path} is open for reading only: begin the run to write to it.")

    def _require_writing(self) -> None:
        self._require_lock()
        if self._summary is not None:
            raise RunError(f"{self._path} is finished: give another --out, or --restart to start again.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with explained(self._path, "written"):
                self._lines.close()
                self._close_journal()
        finally:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _close_journal(self) -> None:
        if self._opened_journal is not None:
            self._opened_journal.close()
            self._opened_journal = None


def _refuse_other_folders(path: Path) -> None:
    """Raise RunError unless `path` is free, a run, or what a kill left before there was a manifest."""
    if not path.exists() or (path / manifests.NAME).exists():
        return
    if not path.is_dir():
        raise RunError(f"{path} is a file: give --out a folder.")
    others = {entry.name for entry in path.iterdir()} - {_LOCK, "records", f"{manifests.NAME}.tmp"}
    others |= {f"records/{entry.name}" for entry in (path / "records").glob("*")}
    if others:
        raise RunError(f"{path} is not a run, and {min(others)} is in it: give --out a new folder.")


def _delete_contents(path: Path) -> None:
    """Delete what a run made, in an order that leaves a sound beginning of the old run after a kill."""
    read_manifest(path)  # so that the files of another program are never taken for a run's
    (path / _DONE).unlink(missing_ok=True)
    (path / _NOTES).unlink(missing_ok=True)
    delete_journal(path)
    delete_lines(path / "records")
    if (path / _BEFORE).exists():
        shutil.rmtree(path / _BEFORE)
    if (path / "images").exists():
        shutil.rmtree(path / "images")


def _refuse_strange(path: Path) -> None:
    """Raise ImageError unless a plain file of reasonable size has the name of a picture."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        what = "a link to another place" if stat.S_ISLNK(status.st_mode) else "a folder, a pipe or a device"
        raise ImageError(
            "outside the run", f"{path} is {what}, and not a picture: copy the run again, with its images."
        )
    if status.st_size > MAX_BYTES:
        raise ImageError("file too large", f"{path} has more than {MAX_BYTES:,} bytes.")


def _record(line: Line) -> Record:
    try:
        return from_line(line.text)
    except ValueError as error:
        raise RunError(f"{line.path}, line {line.number}, is not a record: {error}.") from error


def _read_notes(path: Path) -> tuple[str, ...]:
    notes = path / _NOTES
    try:
        texts = json.loads(notes.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise RunError(f"{notes} cannot be read: {error}.") from error
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise RunError(f"{notes} holds no list of texts: delete it.")
    return tuple(texts)


def _read_summary(path: Path) -> dict[str, Json] | None:
    done = path / _DONE
    try:
        summary = read_json(read_plain(done, follow=False))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise RunError(f"{done} cannot be read: {error}.") from error
    if not isinstance(summary, dict):
        raise RunError(f"{done} is not a summary: it holds {type(summary).__name__} where an object belongs.")
    return summary


def first_picture(runs: Iterable[Run], key: str) -> bytes | None:
    """The file content of a picture in the first of the runs that has it; None where none has.

    Raises ImageError where that is another content, or a file too large.
    """
    for run in runs:
        try:
            return run.image(key)
        except RunError:
            continue
    return None
