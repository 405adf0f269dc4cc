"""Addresses such as `s3://bucket/photos` or `hf://datasets/NAME/data.jsonl`: tables and pictures that lie elsewhere.

They are read through fsspec, by the package that the user has installed for them (s3fs, gcsfs, …) and with its login.
What was read is kept on this disk (`$XDG_CACHE_HOME/burnish/remote`, else below `~/.cache`) and fetched anew when it
changes. Web addresses (http, https) are none of these: pictures there are downloaded by the user.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias, final

from burnish.errors import BurnishError, ImageError, SourceError
from burnish.images import MAX_BYTES, read_inside
from burnish.plain_files import cache_folder
from burnish.sources.fields import one_line
from burnish.sources.spec import at_home

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_ADDRESS = re.compile(r"(?!https?://)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WITHIN = "::"
"""What stands between an address and the archive that it is in: `zip://q.jsonl::s3://bucket/all.zip`."""


def is_address(text: str) -> bool:
    """Whether this is read through fsspec."""
    return _ADDRESS.match(text) is not None


@final
@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder that pictures are read from; nothing outside it ever is."""

    address: str

    def read(self, relative: str) -> bytes:
        """The content of the file at a path below the folder. Raises ImageError."""
        address = self._inside(relative)
        try:
            return fetched(address, most_bytes=MAX_BYTES).read_bytes()
        except SourceError as error:
            missing = isinstance(error.__cause__, FileNotFoundError)
            raise ImageError("missing image" if missing else "unreadable image", str(error)) from error

    def names(self) -> list[str]:
        """The paths of all files below the folder. Raises SourceError."""
        with _explained(self.address):
            system, path = _opened(self.address)
            begin = f"{path.rstrip('/')}/" if path.strip("/") else path
            return [str(name).removeprefix(begin).lstrip("/") for name in system.find(path)]

    def _inside(self, relative: str) -> str:
        """The address of a file in the folder. Raises ImageError for one outside."""
        head, within, archive = self.address.partition(_WITHIN)
        begin = head.rstrip("/") + "/" if not head.endswith("://") else head
        below = relative.removeprefix(begin) if is_address(relative) else relative
        if is_address(below) or below.startswith("/") or _WITHIN in below or ".." in PurePosixPath(below).parts:
            raise ImageError("outside the root", f"{relative!r} points outside {self.address}: keep pictures under it.")
        return f"{begin}{below}{within}{archive}"


Root: TypeAlias = Path | RemoteFolder
"""What paths of pictures are relative to."""


def read_picture(root: Root, relative: str) -> bytes:
    """The content of a picture's file under the root. Raises ImageError."""
    return root.read(relative) if isinstance(root, RemoteFolder) else read_inside(root, relative)


def table_at(place: str) -> Path:
    """The table at a path, or a copy of the one at an address. Raises SourceError."""
    return fetched(place) if is_address(place) else Path(at_home(place))


def files_at(pattern: str) -> list[str]:
    """The files that a path or address with `*` fits, in the order of their names; one without fits itself.

    Raises SourceError where the address cannot be read.
    """
    if not glob.has_magic(pattern) or _WITHIN in pattern:
        return [pattern]
    if not is_address(pattern):
        return sorted(glob.glob(pattern))  # noqa: PTH207
    with _explained(pattern):
        system, path = _opened(pattern)
        return sorted(str(system.unstrip_protocol(name)) for name in system.glob(path))


def root_at(place: str | None, table: str) -> Root:
    """The folder that an option names; without one, that of the table. Raises SourceError if a package is missing."""
    if place is None:
        if not is_address(table):
            return Path(at_home(table)).parent
        head, within, archive = table.partition(_WITHIN)
        place = f"{head[: head.rindex('/') + 1]}{within}{archive}"
    if not is_address(place):
        return Path(at_home(place))
    with _explained(place):
        _opened(place)
    return RemoteFolder(place)


def fetched(address: str, most_bytes: int | None = None) -> Path:
    """Where the copy of a file at an address lies, fetched if it is not there or is another. Raises SourceError."""
    with _explained(address):
        system, path = _opened(address)
        size = system.info(path).get("size")
        if most_bytes is not None and (size or 0) > most_bytes:
            raise SourceError(f"{address} has more than {most_bytes:,} bytes.")
        version = hashlib.sha256(f"{address}\n{system.ukey(path)}".encode()).hexdigest()
        copy = _kept() / version[:2] / version / (PurePosixPath(address.partition(_WITHIN)[0]).name or "file")
        if not copy.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            beside = copy.with_name(f"{os.getpid()}.tmp")
            system.get_file(path, str(beside))
            beside.replace(copy)
    return copy


def _kept() -> Path:
    return cache_folder() / "remote"


def _opened(address: str) -> tuple[AbstractFileSystem, str]:
    head, within, archive = address.partition(_WITHIN)
    system = _system(
        f"{head.partition('://')[0]}://{within}{archive}" if within else address.partition("://")[0] + "://"
    )
    return system, str(system._strip_protocol(head))


@lru_cache(maxsize=32)
def _system(begin: str) -> Any:
    """The file system of an address's protocol, or of the archive that it is in."""
    from fsspec.core import url_to_fs

    return url_to_fs(begin)[0]


@contextmanager
def _explained(address: str) -> Iterator[None]:
    """Make one sentence of whatever goes wrong there."""
    try:
        yield
    except BurnishError:
        raise
    except FileNotFoundError as error:
        raise SourceError(f"{address} is not there.") from error
    except ImportError as error:
        raise SourceError(f"{address} needs a package for such addresses: {one_line(error).rstrip('.')}.") from error
    except Exception as error:  # every cloud's package has errors of its own
        raise SourceError(f"{address} cannot be read: {one_line(error).rstrip('.')}.") from error
